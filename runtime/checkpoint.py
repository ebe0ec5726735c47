"""Checkpoint files: reading anybody's safely, writing our own so that they are never half there."""

import os
import pickle
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from runtime.messages import UserError

FORMAT_VERSION = 1
BACKBONE_STARTS = ("first_conv.", "stage1.", "stage2.", "stage3.", "stage4.")
# Blocks in stages 1 to 4 of the three published sizes.
KNOWN_SIZES = {(3, 4, 4, 4): "tiny", (2, 8, 8, 5): "small", (10, 10, 8, 5): "base"}
LATEST, BEST = "checkpoint_latest.pth", "checkpoint_best.pth"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    weights: the chosen state dict, keys without ``module.``.
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

    No code in the file is run.  Raises UserError for whatever is not a readable checkpoint.
    """
    path = Path(path)
    _refuse_what_is_no_checkpoint(path)
    content = _load(path)
    names = ("ema", "state_dict") if prefer_ema else ("state_dict", "ema")
    source = next((name for name in names if isinstance(content.get(name), Mapping)), "weights")
    raw = content if source == "weights" else content[source]
    weights = {
        key.removeprefix("module."): value
        for key, value in raw.items()
        if isinstance(value, Tensor)
    }
    if not weights:
        raise UserError("checkpoint.no_weights", path=path, keys=", ".join(map(str, content))[:120])
    broken = [key for key, value in weights.items() if not _is_finite(value)]
    if broken:
        raise UserError("checkpoint.not_finite", path=path, key=broken[0], count=len(broken))
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


def save_atomically(content: dict[str, Any], path: Path) -> None:
    """Write a checkpoint beside ``path``, sync it to disk, and rename it: whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        # torch reports a full disk as a RuntimeError of its zip writer
        raise UserError("checkpoint.cannot_write", path=path, reason=error) from error
    finally:
        temporary.unlink(missing_ok=True)


class CheckpointFolder:
    """The files of one run: ``checkpoint_latest.pth``, ``checkpoint_best.pth``,
    ``checkpoint_epoch_N.pth``.

    keep: how many of the epoch files stay; None keeps all.
    """

    def __init__(self, folder: Path, keep: int | None = None) -> None:
        self.folder = folder
        self.keep = keep
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.glob(".checkpoint_*.tmp"):
                leftover.unlink()
            with tempfile.TemporaryFile(dir=folder):
                pass  # a folder that cannot be written to is better known now than after an epoch
        except OSError as error:
            raise UserError("checkpoint.cannot_write", path=folder, reason=error) from error

    def write(self, content: dict[str, Any], epoch: int | None = None, best: bool = False) -> None:
        """Write ``latest``; give the same file the names of epoch ``epoch`` and of ``best`` too."""
        latest = self.folder / LATEST
        save_atomically(content, latest)
        if best:
            self._same_file(latest, self.folder / BEST)
        if epoch is not None:
            self._same_file(latest, self.epoch_file(epoch))
            self._prune()

    def epoch_file(self, epoch: int) -> Path:
        return self.folder / f"checkpoint_epoch_{epoch}.pth"

    def _same_file(self, source: Path, target: Path) -> None:
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            try:
                os.link(source, temporary)
            except OSError:  # a file system without hard links
                shutil.copyfile(source, temporary)
            temporary.replace(target)
        except OSError as error:
            raise UserError("checkpoint.cannot_write", path=target, reason=error) from error
        finally:
            temporary.unlink(missing_ok=True)

    def _prune(self) -> None:
        if self.keep is None:
            return
        numbered = [
            (int(match[1]), file)
            for file in self.folder.iterdir()
            if (match := re.fullmatch(r"checkpoint_epoch_(\d+)\.pth", file.name))
        ]
        for _, file in sorted(numbered)[: -self.keep]:
            file.unlink()


def _refuse_what_is_no_checkpoint(path: Path) -> None:
    if not path.exists():
        raise UserError("checkpoint.missing", path=path)
    if path.is_dir():
        raise UserError("checkpoint.directory", path=path)
    if path.stat().st_size == 0:
        raise UserError("checkpoint.empty", path=path)
    if not os.access(path, os.R_OK):
        raise UserError("checkpoint.permission", path=path)
    with path.open("rb") as file:
        head = file.read(512).lstrip()
    if head.startswith(b"version https://git-lfs"):
        raise UserError("checkpoint.lfs_pointer", path=path)
    if head[:1] == b"<":
        raise UserError("checkpoint.html", path=path)


def _load(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols, which no user can act on
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # What is no plain data is refused by name, or where it is a pickle newer than torch's own.
        unsafe = re.search(r"GLOBAL ([\w.]+)", str(error))
        with path.open("rb") as file:
            newer_pickle = "Unsupported operand" in str(error) and file.read(1) == b"\x80"
        if unsafe or newer_pickle:
            name = unsafe[1] if unsafe else "pickle"
            raise UserError("checkpoint.unsafe", path=path, name=name) from None
        raise UserError("checkpoint.unreadable", path=path) from None
    except (RuntimeError, OSError, EOFError, SafetensorError, KeyError, ValueError):
        raise UserError("checkpoint.unreadable", path=path) from None
    if not isinstance(content, Mapping):
        raise UserError("checkpoint.no_weights", path=path, keys=type(content).__name__)
    return dict(content)


def _is_finite(value: Tensor) -> bool:
    if not value.is_floating_point() or not value.numel():
        return True
    return bool(torch.isfinite(value.abs().max()))  # NaN is the maximum of whatever holds it


def _size_of(weights: Mapping[str, Tensor]) -> str | None:
    """'tiny', 'small' or 'base', told by the number of blocks in each stage."""
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
    found, expected = _size_of(checkpoint.weights), _size_of(wanted)
    if found and found != expected:
        return UserError("checkpoint.other_size", found=found, expected=expected or "?", **counts)
    example = reshaped[0] if reshaped else "-"
    return UserError("checkpoint.does_not_fit", example=example, **counts)
