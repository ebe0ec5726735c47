"""What does the head's first convolution cost, with its input stacked and with it in levels?

FAST-tiny's, at the size of a crop for training on a CPU and at that of a photo.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.measure import Row, time_calls
from models.levels import Levels, convolve_levels, stack

CHANNELS, OUT = 128, 128
STRIDES = (4, 8, 16, 32)
CROPS = (4, 320, 320)  # number, height, width
PHOTO = (1, 640, 960)

Convolution = Callable[[Levels, Tensor, Tensor], Tensor]


def rows(args: argparse.Namespace) -> Iterator[Row]:
    kernel = torch.randn(OUT, CHANNELS * len(STRIDES), 3, 3, requires_grad=True)
    bias = torch.zeros(OUT, requires_grad=True)
    for name, shape in (("4 crops of 320 px", CROPS), ("a photo of 960 x 640", PHOTO)):
        for what, work in (("forward", forward), ("forward and backward", step)):
            stacked, split = time_calls(
                *(
                    partial(work, way, levels_of(*shape), kernel, bias)
                    for way in (whole, convolve_levels)
                )
            )
            question = f"the head's first convolution, {name}, {what}"
            yield Row(question, 1e3 * split.median, "ms", spread=split.spread_ms)
            yield Row("the same, input stacked over not", stacked.median / split.median, "times")


def levels_of(number: int, height: int, width: int) -> Levels:
    return tuple(
        torch.randn(number, CHANNELS, height // stride, width // stride, requires_grad=True)
        for stride in STRIDES
    )


def whole(levels: Levels, kernel: Tensor, bias: Tensor) -> Tensor:
    return F.conv2d(stack(levels), kernel, bias, padding=1)


@torch.no_grad()
def forward(way: Convolution, levels: Levels, kernel: Tensor, bias: Tensor) -> None:
    way(levels, kernel, bias)


def step(way: Convolution, levels: Levels, kernel: Tensor, bias: Tensor) -> None:
    way(levels, kernel, bias).square().mean().backward()
