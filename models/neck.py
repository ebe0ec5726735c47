"""The neck of FAST: the four maps of the backbone, brought to one size and stacked."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.architecture import build_layer, read_architecture
from models.layers import Layer

LEVELS = ("reduce_layer1", "reduce_layer2", "reduce_layer3", "reduce_layer4")


class Neck(nn.Module):
    """Reduces each map to few channels and stacks them all at the size of the first."""

    def __init__(self, reduce_layers: Sequence[Layer]) -> None:
        super().__init__()
        self.reduce_layer1, self.reduce_layer2, self.reduce_layer3, self.reduce_layer4 = (
            reduce_layers
        )
        self.in_channels = tuple(layer.in_channels for layer in reduce_layers)
        self.out_channels = sum(layer.out_channels for layer in reduce_layers)

    def forward(self, maps: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """Four maps (N, C_i, H_i, W_i) -> (N, sum of reduced channels, H_1, W_1)."""
        reduced = [
            self.reduce_layer1(maps[0]),
            self.reduce_layer2(maps[1]),
            self.reduce_layer3(maps[2]),
            self.reduce_layer4(maps[3]),
        ]
        size = reduced[0].shape[-2:]
        return torch.cat([reduced[0], *(resize(level, size) for level in reduced[1:])], dim=1)


def resize(maps: Tensor, size: Sequence[int]) -> Tensor:
    """(N, C, h, w) -> (N, C, *size), bilinear; the same tensor where it has that size already."""
    if maps.shape[-2:] == tuple(size):
        return maps
    return F.interpolate(maps, size=tuple(size), mode="bilinear", align_corners=False)


def build_neck(config: str | Path) -> Neck:
    """Build the neck of a nas-config file."""
    description = read_architecture(config)["neck"]
    return Neck([build_layer(description[level]) for level in LEVELS])
