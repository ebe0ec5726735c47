"""The neck of FAST: the four maps of the backbone, reduced to few channels each."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from models.architecture import build_layer, read_architecture
from models.layers import Layer
from models.levels import Levels

LEVELS = ("reduce_layer1", "reduce_layer2", "reduce_layer3", "reduce_layer4")


class Neck(nn.Module):
    """Reduces each map to few channels; who reads them stacks them at the size of the first."""

    def __init__(self, reduce_layers: Sequence[Layer]) -> None:
        super().__init__()
        self.reduce_layer1, self.reduce_layer2, self.reduce_layer3, self.reduce_layer4 = (
            reduce_layers
        )
        self.in_channels = tuple(layer.in_channels for layer in reduce_layers)
        self.out_channels = sum(layer.out_channels for layer in reduce_layers)

    def forward(self, maps: tuple[Tensor, Tensor, Tensor, Tensor]) -> Levels:
        """Four maps (N, C_i, H_i, W_i) -> four with their reduced channels."""
        return (
            self.reduce_layer1(maps[0]),
            self.reduce_layer2(maps[1]),
            self.reduce_layer3(maps[2]),
            self.reduce_layer4(maps[3]),
        )


def build_neck(config: str | Path) -> Neck:
    """Build the neck of a nas-config file."""
    description = read_architecture(config)["neck"]
    return Neck([build_layer(description[level]) for level in LEVELS])
