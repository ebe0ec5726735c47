"""TextNet, the backbone of FAST: a first convolution and four stages."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from models.architecture import build_chain, read_architecture
from models.layers import Layer, freeze_batchnorm

STAGES = ("stage1", "stage2", "stage3", "stage4")


class TextNet(nn.Module):
    """Feature maps at four scales (FAST, arXiv 2111.02394, section 3.3)."""

    def __init__(self, first_conv: Layer, stages: Sequence[Sequence[Layer]]) -> None:
        super().__init__()
        self.first_conv = first_conv
        self.stage1, self.stage2, self.stage3, self.stage4 = (
            nn.Sequential(*stage) for stage in stages
        )
        self.out_channels = tuple(stage[-1].out_channels for stage in stages)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(N, 3, H, W) normalised RGB -> four maps, at 1/4, 1/8, 1/16 and 1/32 of H and W."""
        first = self.stage1(self.first_conv(images))
        second = self.stage2(first)
        third = self.stage3(second)
        return first, second, third, self.stage4(third)

    def freeze(self, stages: int) -> None:
        """Train nothing up to the end of so many of the four stages; 0 leaves all as it is."""
        parts = [self.first_conv, self.stage1, self.stage2, self.stage3, self.stage4]
        for part in parts[: stages + 1] if stages else []:
            part.requires_grad_(False)
            freeze_batchnorm(part)


def build_backbone(config: str | Path) -> TextNet:
    """Build the backbone of a nas-config file."""
    description = read_architecture(config)
    chains = [build_chain([description["first_conv"]], channels=3)]
    for name in STAGES:
        chains.append(build_chain(description[name], channels=chains[-1][-1].out_channels))
    return TextNet(chains[0][0], chains[1:])
