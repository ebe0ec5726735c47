"""Renewed statistics are those of the maps, and the network stays the same function."""

import copy

import torch
from torch import nn

from models.batchnorm_statistics import renew_statistics
from tests.models.networks import noise, rule_model


def drifted(model: nn.Module) -> nn.Module:
    """Statistics that fit no map, as after training with frozen BatchNorm."""
    torch.manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.3)
            module.running_var.uniform_(0.5, 2)
    return model.double().eval()


@torch.no_grad()
def test_a_layer_has_the_mean_and_the_variance_of_its_input_and_the_same_output():
    norm = drifted(nn.Sequential(nn.BatchNorm2d(2)))
    x = torch.tensor([[[[0.0, 2.0]], [[5.0, 5.0]]], [[[4.0, 6.0]], [[5.0, 5.0]]]]).double()
    expected = norm(x)
    renew_statistics(norm, [x[:1], x[1:]])
    torch.testing.assert_close(norm[0].running_mean, torch.tensor([3.0, 5.0]).double())
    torch.testing.assert_close(norm[0].running_var, torch.tensor([5.0, 0.0]).double())
    torch.testing.assert_close(norm(x), expected)


@torch.no_grad()
def test_the_network_stays_the_same_in_eval_mode_and_becomes_it_in_training_mode():
    model = drifted(rule_model("tiny"))
    images, others = noise(5, 2, 3, 64, 96).double(), noise(6, 1, 3, 64, 64).double()
    on_others, expected = model(others), model(images)
    before = (copy.deepcopy(model).train()(images) - expected).abs().max()
    renew_statistics(model, [images])
    assert not model.training
    torch.testing.assert_close(model(others), on_others)
    after = (model.train()(images) - expected).abs().max()
    assert after < 0.01 * before
