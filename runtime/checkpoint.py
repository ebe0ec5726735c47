"""Checkpoints: what is in anybody's files, and whether it fits a model.

``runtime.checkpoint_reading`` opens the files, ``runtime.checkpoint_folder`` writes a run's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from runtime.checkpoint_folder import BEST, LATEST, CheckpointFolder, save_atomically
from runtime.checkpoint_reading import read_content, shown
from runtime.messages import UserError
from runtime.provenance import broken_groups

__all__ = [
    "BEST",
    "FORMAT_VERSION",
    "LATEST",
    "Checkpoint",
    "CheckpointFolder",
    "network_size",
    "read_checkpoint",
    "restore",
    "save_atomically",
]

FORMAT_VERSION = 1
BACKBONE_STARTS = ("first_conv.", "stage1.", "stage2.", "stage3.", "stage4.")
# Blocks in stages 1 to 4 of the three published sizes.
KNOWN_SIZES = {(3, 4, 4, 4): "tiny", (2, 8, 8, 5): "small", (10, 10, 8, 5): "base"}
HALF_TYPES = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    weights: the chosen state dict, keys without ``module.``; what the file has in 16 bit is float32
        here, since the small steps of a training would be lost in 16 bit.
    source: 'ema', 'state_dict', 'weights' (a bare state dict) or 'backbone' (ImageNet weights).
    epoch: finished epochs, None where the file does not say.
    content: the whole file, for resuming.
    """

    path: Path
    weights: dict[str, Tensor]
    source: str
    epoch: int | None
    content: dict[str, Any]


def read_checkpoint(path: str | Path, prefer_ema: bool = True) -> Checkpoint:
    """Read a checkpoint of this tool, of upstream FAST, a bare state dict, or safetensors.

    No code in the file is run.  Raises UserError for whatever is not a readable checkpoint, and
    where the file says what its weights were and they are others.
    """
    path = Path(path)
    content = read_content(path)
    if broken := broken_groups(content):
        raise UserError("checkpoint.not_as_saved", path=path, groups=shown(", ".join(broken)))
    names = ("ema", "state_dict") if prefer_ema else ("state_dict", "ema")
    source = next((name for name in names if isinstance(content.get(name), Mapping)), "weights")
    raw = content if source == "weights" else content[source]
    weights = {
        str(key).removeprefix("module."): value.float() if value.dtype in HALF_TYPES else value
        for key, value in raw.items()
        if isinstance(value, Tensor)
    }
    if not weights:
        raise UserError(
            "checkpoint.no_weights", path=path, keys=shown(", ".join(map(str, content)))
        )
    infinite = [key for key, value in weights.items() if not _is_finite(value)]
    if infinite:
        key, count = shown(infinite[0]), len(infinite)
        raise UserError("checkpoint.not_finite", path=path, key=key, count=count)
    if not any(key.startswith("backbone.") for key in weights):
        in_backbone = {
            f"backbone.{key}": value
            for key, value in weights.items()
            if key.startswith(BACKBONE_STARTS)
        }
        if in_backbone:
            weights, source = in_backbone, "backbone"
    epoch = content.get("epoch") if source in ("ema", "state_dict") else None
    return Checkpoint(path, weights, source, epoch if isinstance(epoch, int) else None, content)


def restore(model: nn.Module, checkpoint: Checkpoint) -> None:
    """Copy a checkpoint's weights into a model; they must fit it exactly.

    Backbone-only weights fill the backbone and leave the rest as it is.
    Raises UserError that says what does not fit and, where it can, which config would.
    """
    wanted = model.state_dict()
    if checkpoint.source == "backbone":
        wanted = {key: value for key, value in wanted.items() if key.startswith("backbone.")}
    weights = checkpoint.weights
    # Files of old PyTorch versions have no batch counters; nothing is computed from them.
    missing = [key for key in wanted.keys() - weights.keys() if "num_batches" not in key]
    extra = weights.keys() - wanted.keys()
    reshaped = [
        key for key in wanted.keys() & weights.keys() if wanted[key].shape != weights[key].shape
    ]
    if missing or extra or reshaped:
        raise _does_not_fit(checkpoint, wanted, len(missing), len(extra), sorted(reshaped))
    model.load_state_dict(weights, strict=False)


def _is_finite(value: Tensor) -> bool:
    if not value.is_floating_point() or not value.numel():
        return True
    return bool(torch.isfinite(value.abs().max()))  # NaN is the maximum of whatever holds it


def network_size(weights: Mapping[str, Tensor]) -> str | None:
    """'tiny', 'small' or 'base', told by the number of blocks in each stage; None for others."""
    blocks: list[set[str]] = [set(), set(), set(), set()]
    for key in weights:
        if match := re.match(r"backbone\.stage([1-4])\.(\d+)\.", key):
            blocks[int(match[1]) - 1].add(match[2])
    return KNOWN_SIZES.get(tuple(map(len, blocks)))  # type: ignore[arg-type]


def _does_not_fit(
    checkpoint: Checkpoint,
    wanted: Mapping[str, Tensor],
    missing: int,
    extra: int,
    reshaped: list[str],
) -> UserError:
    counts = {
        "path": checkpoint.path,
        "missing": missing,
        "extra": extra,
        "reshaped": len(reshaped),
    }
    if any(".fused_conv." in key for key in checkpoint.weights):
        return UserError("checkpoint.deploy_form", **counts)
    found, expected = network_size(checkpoint.weights), network_size(wanted)
    if found and found != expected:
        return UserError("checkpoint.other_size", found=found, expected=expected or "?", **counts)
    example = shown(reshaped[0]) if reshaped else "-"
    return UserError("checkpoint.does_not_fit", example=example, **counts)
