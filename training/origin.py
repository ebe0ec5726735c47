"""Where a run's checkpoints come from, and whether a resumed run is still the same one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset import TextDataset
from runtime.checkpoint import LATEST, Checkpoint, read_checkpoint
from runtime.config import Config, config_dict
from runtime.messages import UserError
from runtime.provenance import digest, provenance, recorded
from runtime.resume_check import change_lines, changes, refuse_inexact

RESOLVED_CONFIG = "config.py"


def describe_origin(
    config: Config, options: dict[str, Any], parts: Sequence[TextDataset]
) -> dict[str, Any]:
    """See ``provenance``; ``metrics`` are filled in as they are measured.

    options: what changes the numbers of a run and stands in no config, such as the seed.
    """
    data = [part.fingerprint() for part in parts]
    return provenance({**config_dict(config), "options": options}, data, {})


def compare_with_origin(start: Checkpoint, origin: dict[str, Any], force: bool) -> list[str]:
    """Lines on what has changed since the checkpoint that is resumed.

    Its metrics are taken over, and where it had started from: the run is still the same.
    Raises UserError for what makes it another run, unless ``force`` allows that.
    """
    before = start.content.get("provenance", {})
    origin["metrics"] = before.get("metrics", {})
    first, command = before.get("start"), before.get("command")
    # From a file that anybody may have made: text, or nothing.
    origin["start"] = None
    if isinstance(first, Mapping) and all(isinstance(text, str) for text in first.values()):
        origin["start"] = dict(first)
    origin["command"] = command if isinstance(command, str) else None
    found = changes(before, origin)
    if not force:
        refuse_inexact(found, start.path)
    return change_lines(found)


def describe_start(start: Checkpoint | None) -> dict[str, Any]:
    """What ``starting_weights`` needs to find a run's first weights again; {} from scratch."""
    if start is None:
        return {}
    return {"path": str(start.path.resolve()), "weights": digest(start.weights)}


def starting_weights(origin: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint that the run started from.

    Raises UserError where the run did not say which it was, and where the file is gone or holds
    other weights by now.
    """
    start = origin.get("start")
    if not isinstance(start, Mapping) or not isinstance(start.get("path"), str):
        raise UserError("comparison.start_unknown")
    checkpoint = read_checkpoint(start["path"])
    if digest(checkpoint.weights) != start.get("weights"):
        raise UserError("comparison.start_changed", path=checkpoint.path)
    return checkpoint


def saved_by_this_job(output: Path) -> bool:
    """Whether torchrun, which has started the ranks anew, finds a checkpoint of its own there.

    The config is written once in a job, before its first checkpoint.
    """
    latest, config = output / LATEST, output / RESOLVED_CONFIG
    return latest.exists() and config.exists() and latest.stat().st_mtime >= config.stat().st_mtime


def was_frozen(start: Checkpoint) -> bool:
    """Whether weights were trained with frozen BatchNorm.

    Such weights have moved on while the statistics stayed: normalised by those of a batch, as
    training usually does it, they would be another network.
    """
    config = recorded(start.content).get("config")
    train_cfg = config.get("train_cfg") if isinstance(config, Mapping) else None
    return isinstance(train_cfg, Mapping) and bool(train_cfg.get("freeze_bn"))
