"""The head of FAST: logits, and the three losses that it is configured with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.architecture import build_chain, build_layer, build_part, read_architecture
from models.layers import Layer
from models.levels import Levels, resize
from models.losses import (
    LOSSES,
    choose_samples,
    masked_iou,
    max_pool_same,
    select_false_alarms,
    select_hard_pixels,
)

PixelLoss = Callable[..., Tensor]


@dataclass(frozen=True)
class HeadLosses:
    """The losses of a head, each with its weight inside, and how far kernels grow.

    pooling_size: the side, in pixels of the image, of the square that grows a kernel into its text.
    empty_weight: what false alarms weigh, within the kernel loss, in a sample without text; 0 as
        upstream, where such a sample teaches nothing.
    """

    text: PixelLoss
    kernel: PixelLoss
    emb: PixelLoss
    pooling_size: int
    empty_weight: float = 0.0


class Head(nn.Module):
    """Turns features into five maps: channel 0 is the kernel, the others embed each pixel."""

    def __init__(
        self,
        conv: Layer,
        blocks: Sequence[Layer],
        final: Layer,
        dropout_ratio: float,
        losses: HeadLosses,
    ) -> None:
        """dropout_ratio: the share of channels dropped in training, 0 <= ratio < 1."""
        super().__init__()
        self.conv = conv
        self.dropout = nn.Dropout2d(dropout_ratio)
        self.blocks = nn.Sequential(*blocks)
        self.final = final
        self.in_channels = conv.in_channels
        self.loss_functions = losses

    def forward(self, levels: Levels) -> Tensor:
        """(N, C_i, H_i, W_i) each -> logits (N, 1 + feature_dim, H_1, W_1)."""
        return self.final(self.blocks(self.dropout(self.conv(levels))))

    def losses(self, logits: Tensor, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Weighted losses and IoUs of each sample; see ``FAST.losses``."""
        with torch.autocast(logits.device.type, enabled=False):
            logits = logits.to(torch.promote_types(logits.dtype, torch.float32)).contiguous()
            return self._losses(resize(logits, batch["gt_texts"].shape[-2:]), batch)

    def _losses(self, logits: Tensor, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        text, kernel, mask = (
            batch[name].flatten(1) > 0 for name in ("gt_texts", "gt_kernels", "training_masks")
        )
        instances = torch.where(mask, batch["gt_instances"].flatten(1).long(), 0)
        loss = self.loss_functions
        kernel_logits, embedding = logits[:, 0].flatten(1), logits[:, 1:].flatten(2)
        text_logits = max_pool_same(logits[:, :1], loss.pooling_size).flatten(1)
        inside = text & mask
        if loss.empty_weight:
            hard, empty = select_false_alarms(text_logits, kernel_logits, text, mask)
            counted = choose_samples(empty, hard, inside)
            penalty = loss.empty_weight * empty
            loss_kernels = loss.kernel(kernel_logits, kernel, counted, penalty)
        else:
            hard = select_hard_pixels(text_logits, text, mask)
            loss_kernels = loss.kernel(kernel_logits, kernel, inside)
        return {
            "loss_text": loss.text(text_logits, text, hard),
            "loss_kernels": loss_kernels,
            "loss_emb": loss.emb(embedding, instances, kernel, largest_instance(batch)),
            "iou_text": masked_iou(text_logits > 0, text, mask),
            "iou_kernel": masked_iou(kernel_logits > 0, kernel, inside),
        }


def largest_instance(batch: Mapping[str, Tensor]) -> int:
    """The largest number in ``gt_instances``, from ``num_instances`` where the batch has it.

    ``num_instances`` lies in the host's memory; looking for the largest number on a GPU waits.
    """
    if "num_instances" in batch:
        return max(batch["num_instances"].tolist(), default=0)
    return int(batch["gt_instances"].max())


def build_head(
    config: str | Path,
    loss_text: Mapping[str, Any],
    loss_kernel: Mapping[str, Any],
    loss_emb: Mapping[str, Any],
    pooling_size: int = 9,
    dropout_ratio: float = 0.0,
    empty_weight: float = 0.0,
) -> Head:
    """Build the head of a nas-config file with the losses of a config."""
    text = build_part(LOSSES, loss_text, "model.detection_head.loss_text")
    kernel = build_part(LOSSES, loss_kernel, "model.detection_head.loss_kernel")
    emb = build_part(LOSSES, loss_emb, "model.detection_head.loss_emb")
    description = read_architecture(config)["head"]
    blocks = list(description["blocks"]) if "blocks" in description else []
    conv = build_layer(description["conv"])
    *body, final = build_chain([*blocks, description["final"]], channels=conv.out_channels)
    if final.out_channels != 1 + emb.feature_dim:
        raise description["final"].error(
            "models.nas_outputs", given=final.out_channels, wanted=1 + emb.feature_dim
        )
    losses = HeadLosses(text, kernel, emb, pooling_size, empty_weight)
    return Head(conv, body, final, dropout_ratio, losses)
