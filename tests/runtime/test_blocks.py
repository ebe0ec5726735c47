"""Gradients and statistics in one block each: cleared, spoilt and restored together."""

import torch
from torch import nn

from runtime.blocks import Gradients, Restorable

NAN = float("nan")


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Conv2d(5, 2, 1)
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def test_gradients_in_a_block_are_those_of_a_plain_backward():
    images = torch.randn(2, 3, 6, 6)
    plain, blocked = network(), network()
    gradients = Gradients(blocked.parameters())
    for _ in range(2):
        gradients.clear()
        for model in (plain, blocked):
            model.zero_grad() if model is plain else None
            model(images).square().sum().backward()
    for one, two in zip(plain.parameters(), blocked.parameters(), strict=True):
        assert torch.equal(one.grad, two.grad)
        assert two.grad.stride() == two.stride()
    total = sum(parameter.grad.abs().sum() for parameter in plain.parameters())
    assert torch.isclose(gradients.block.abs().sum(), total)


def test_a_gradient_that_is_not_finite_is_found():
    model = network()
    gradients = Gradients(model.parameters())
    assert gradients.finite()
    model[2].bias.grad[1] = float("inf")
    assert not gradients.finite()
    gradients.clear()
    assert gradients.finite()


def test_a_gradient_whose_square_is_infinite_is_found_too():
    model = network()
    gradients = Gradients(model.parameters())
    model[2].bias.grad[1] = -1e19  # its square is 1e38, and the largest float32 3.4e38
    assert gradients.finite()
    model[2].bias.grad[1] = -1e20
    assert not gradients.finite()


def test_gradients_are_spoilt_on_the_word_of_a_flag():
    gradients = Gradients(network().parameters())
    gradients.spoil_unless(torch.tensor(True))
    assert gradients.finite()
    gradients.spoil_unless(torch.tensor(False))
    assert not gradients.finite()


def test_statistics_go_back_where_a_step_was_not_healthy():
    first, second, counter = torch.tensor([1.0, 2.0]), torch.tensor([[3.0]]), torch.tensor(4)
    statistics = Restorable([first, second, counter])
    assert (first.tolist(), second.tolist()) == ([1.0, 2.0], [[3.0]])
    first.fill_(5.0)
    statistics.keep()
    first[0], second[0] = NAN, 6.0
    counter += 1
    statistics.restore_unless(torch.tensor(True))
    assert (second.item(), counter.item()) == (6.0, 5)
    statistics.restore_unless(torch.tensor(False))
    assert (first.tolist(), second.tolist(), counter.item()) == ([5.0, 5.0], [[3.0]], 4)
    second[0] = 7.0
    statistics.restore()
    assert second.item() == 3.0
