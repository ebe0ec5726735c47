"""Maps of several sizes, the levels of a pyramid: stacked, and convolved without being stacked.

Enlarging a map and applying one tap of a kernel may change places: the first works on each channel
alone, the second on each pixel.  Here taps come first, while the map is small, and what they give
is enlarged and shifted into place.  In the head of FAST, which is mostly a convolution over a stack
of which three quarters are enlarged maps, that leaves less than half of the arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Levels = tuple[Tensor, ...]  # (N, C_i, H_i, W_i) each; all count at the size of the first

# A line of the enlarged map depends on few lines of the small one.  This many are computed at once:
# with more the matrix is mostly zeros, with fewer the products are too small to be fast.
LINES_OF_A_BLOCK = 40


def resize(maps: Tensor, size: Sequence[int]) -> Tensor:
    """(N, C, h, w) -> (N, C, *size), bilinear; the same tensor where it has that size already."""
    if maps.shape[-2:] == tuple(size):
        return maps
    return F.interpolate(maps, size=tuple(size), mode="bilinear", align_corners=False)


def stack(levels: Levels) -> Tensor:
    """(N, sum of C_i, H_1, W_1)."""
    size = levels[0].shape[-2:]
    return torch.cat([resize(level, size) for level in levels], dim=1)


def is_split(levels: Levels, conv: nn.Conv2d) -> bool:
    """Whether ``convolve_levels`` does what a convolution of our layers does, and in less time.

    It was measured on CPUs, in float32 and in bfloat16.  GPUs are another world, and keep to the
    stack; so does a compiled network, which serves all sizes, while blocks are those of one.
    """
    if torch.compiler.is_compiling():
        return False
    plain = set(conv.stride) == set(conv.dilation) == {conv.groups} == {1}
    return plain and levels[0].device.type == "cpu"


def convolve_levels(levels: Levels, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """What a convolution that keeps the size gives for ``stack(levels)``: (N, O, H_1, W_1).

    kernel: (O, sum of C_i, kh, kw), kh and kw odd.  bias: (O,).
    """
    first, *others = levels
    height, width = first.shape[-2:]
    taps_y, taps_x = kernel.shape[2:]
    own, *parts = kernel.split([level.shape[1] for level in levels], dim=1)
    total = F.conv2d(first, own, bias, padding=(taps_y // 2, taps_x // 2))
    if not others:
        return total
    widened = [_widen(level, part, width) for level, part in zip(others, parts, strict=True)]
    blocks = zip(*(_blocks(height, level.shape[2], taps_y) for level in others), strict=True)
    rows = torch.cat([_heighten(widened, block) for block in blocks], dim=1)
    return total + rows.view(-1, height, width, len(kernel)).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class _Block:
    """Some lines of an enlarged map, shifted by each tap of a kernel.

    weights: (lines, end - first, taps), of the lines first..end of the small map.
    """

    first: int
    end: int
    weights: Tensor


def _widen(level: Tensor, kernel: Tensor, width: int) -> list[Tensor]:
    """(N, C, h, w) -> for each row of the kernel (N, h, width * O): its taps, enlarged along x."""
    pixels = level.permute(0, 2, 3, 1).contiguous()
    (batch, height, small, channels), (out, _, _, taps) = pixels.shape, kernel.shape
    blocks = _blocks(width, small, taps)
    rows = []
    for row in kernel.permute(2, 1, 3, 0):  # (C, kw, O)
        tapped = (pixels @ row.reshape(channels, taps * out)).view(batch * height, small, taps, out)
        columns = [
            block.weights.flatten(1).to(tapped.dtype)
            @ tapped[:, block.first : block.end].flatten(1, 2)
            for block in blocks
        ]
        rows.append(torch.cat(columns, dim=1).view(batch, height, width * out))
    return rows


def _heighten(widened: Sequence[Sequence[Tensor]], blocks: Sequence[_Block]) -> Tensor:
    """(N, lines, W * O): a block of lines, the sum over all levels and all rows of the kernel."""
    lines = [
        row[:, block.first : block.end]
        for rows, block in zip(widened, blocks, strict=True)
        for row in rows
    ]
    weights = [block.weights.transpose(1, 2).flatten(1) for block in blocks]
    return torch.cat(weights, dim=1).to(lines[0].dtype) @ torch.cat(lines, dim=1)


@lru_cache(maxsize=256)
def _blocks(length: int, small: int, taps: int) -> tuple[_Block, ...]:
    """The ``length`` lines that ``small`` ones are enlarged to, in blocks of about one size."""
    # What is kept here is used in training too, even if it was made in inference.
    with torch.inference_mode(False), torch.autocast("cpu", enabled=False), torch.device("cpu"):
        unit = torch.eye(small, dtype=torch.float64)[None]
        enlarged = F.interpolate(unit, size=length, mode="linear", align_corners=False)[0].T
        shifted = F.pad(enlarged, (0, 0, taps // 2, taps // 2)).unfold(0, taps, 1).float()
        parts = shifted.tensor_split(-(-length // LINES_OF_A_BLOCK))
        return tuple(_without_unused(weights) for weights in parts)


def _without_unused(weights: Tensor) -> _Block:
    """weights: (lines, small, taps)."""
    used = weights.any(2).any(0).nonzero()[:, 0]
    first, end = int(used[0]), int(used[-1]) + 1
    return _Block(first, end, weights[:, first:end].contiguous())
