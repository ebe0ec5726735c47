"""Convolutions over maps of several sizes give what they give for the stack of these maps."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from models.levels import Levels, convolve_levels, is_split, stack
from tests.models.networks import noise

SIDES = st.tuples(st.integers(1, 90), st.integers(1, 90))
TAPS = st.sampled_from([(3, 3), (3, 1), (1, 3), (1, 1), (5, 3)])
CHANNELS, OUT = 2, 3


def maps(sides: list[tuple[int, int]]) -> Levels:
    """Random maps in doubles that gradients are wanted of."""
    return tuple(
        noise(number, 2, CHANNELS, *side).double().requires_grad_()
        for number, side in enumerate(sides)
    )


def kernel_and_bias(num_levels: int, taps: tuple[int, int]) -> tuple[Tensor, Tensor]:
    kernel = noise(100, OUT, num_levels * CHANNELS, *taps).double().requires_grad_()
    return kernel, noise(101, OUT).double().requires_grad_()


def reference(levels: Levels, kernel: Tensor, bias: Tensor | None) -> Tensor:
    enlarged = [
        F.interpolate(level, levels[0].shape[-2:], mode="bilinear", align_corners=False)
        for level in levels
    ]
    padding = (kernel.shape[2] // 2, kernel.shape[3] // 2)
    return F.conv2d(torch.cat(enlarged, 1), kernel, bias, padding=padding)


@given(first=SIDES, halvings=st.integers(0, 3), taps=TAPS, with_bias=st.booleans())
def test_levels_of_a_pyramid_are_convolved_as_their_stack(
    first: tuple[int, int], halvings: int, taps: tuple[int, int], with_bias: bool
) -> None:
    sides = [(-(-first[0] // 2**n), -(-first[1] // 2**n)) for n in range(halvings + 1)]
    levels, (kernel, bias) = maps(sides), kernel_and_bias(len(sides), taps)
    given_bias = bias if with_bias else None
    result = convolve_levels(levels, kernel, given_bias)
    expected = reference(levels, kernel, given_bias)
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-5)
    wanted = [*levels, kernel]
    upstream = noise(7, *expected.shape).double()
    torch.testing.assert_close(
        torch.autograd.grad(result, wanted, upstream),
        torch.autograd.grad(expected, wanted, upstream),
        rtol=0,
        atol=1e-3,
    )


@given(first=SIDES, second=SIDES, third=SIDES)
def test_levels_may_have_any_sizes(
    first: tuple[int, int], second: tuple[int, int], third: tuple[int, int]
) -> None:
    levels, (kernel, bias) = maps([first, second, third]), kernel_and_bias(3, (3, 3))
    result = convolve_levels(levels, kernel, bias)
    torch.testing.assert_close(result, reference(levels, kernel, bias), rtol=0, atol=1e-5)


def test_a_map_doubled_and_summed_over_three_columns_is_as_by_hand() -> None:
    first = torch.zeros(1, 1, 1, 4)
    small = torch.tensor([[[[0.0, 4.0]]]])  # enlarged: 0 1 3 4
    kernel = torch.ones(1, 2, 1, 3)
    result = convolve_levels((first, small), kernel, torch.tensor([10.0]))
    assert result.flatten().tolist() == [11, 14, 18, 17]


def test_what_inference_has_prepared_serves_training_too() -> None:
    kernel, bias = (part.detach().float() for part in kernel_and_bias(2, (3, 3)))
    first, second = (level.detach().float() for level in maps([(177, 159), (89, 80)]))
    with torch.inference_mode():
        convolve_levels((first, second), kernel, bias)
    kernel.requires_grad_()
    convolve_levels((first, second), kernel, bias).sum().backward()
    assert kernel.grad is not None and kernel.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("conv", "dtype", "splits"),
    [
        (nn.Conv2d(4, 4, 3, padding=1), torch.float32, True),
        (nn.Conv2d(4, 4, 3, padding=1), torch.bfloat16, True),
        (nn.Conv2d(4, 4, 3, padding=1, stride=2), torch.float32, False),
        (nn.Conv2d(4, 4, 3, padding=2, dilation=2), torch.float32, False),
        (nn.Conv2d(4, 4, 3, padding=1, groups=2), torch.float32, False),
    ],
)
def test_only_plain_convolutions_are_split(
    conv: nn.Conv2d, dtype: torch.dtype, splits: bool
) -> None:
    levels = (torch.zeros(1, 2, 8, 8, dtype=dtype), torch.zeros(1, 2, 4, 4, dtype=dtype))
    assert is_split(levels, conv) == splits
    assert conv.to(dtype)(stack(levels)).shape[0] == 1
