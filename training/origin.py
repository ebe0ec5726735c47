"""Where a run's checkpoints come from, and whether a resumed run is still the same one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dataset import TextDataset
from runtime.checkpoint import LATEST, Checkpoint
from runtime.config import Config, config_dict
from runtime.provenance import provenance
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
    """Lines on what has changed since the checkpoint that is resumed, whose metrics are taken over.

    Raises UserError for what makes it another run, unless ``force`` allows that.
    """
    before = start.content.get("provenance", {})
    origin["metrics"] = before.get("metrics", {})
    found = changes(before, origin)
    if not force:
        refuse_inexact(found, start.path)
    return change_lines(found)


def saved_by_this_job(output: Path) -> bool:
    """Whether torchrun, which has started the ranks anew, finds a checkpoint of its own there.

    The config is written once in a job, before its first checkpoint.
    """
    latest, config = output / LATEST, output / RESOLVED_CONFIG
    return latest.exists() and config.exists() and latest.stat().st_mtime >= config.stat().st_mtime
