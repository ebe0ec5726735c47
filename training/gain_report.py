"""What a run has gained, written down when it ends: its starting weights against its best."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from dataset import TextDataset
from inference.comparison import compare
from inference.comparison_page import write_page
from runtime.checkpoint import BEST, read_checkpoint
from runtime.config import Config
from runtime.messages import UserError, say
from runtime.sinks import CURVE_FILE
from training.origin import starting_weights

REPORT_FILE = "before_after.html"
# The end of training is not held up for long; tools/compare_checkpoints.py takes all photos.
_MOST_ON_GPU, _MOST_ON_CPU = 500, 60


def most_photos(device: torch.device) -> int:
    """How many validation photos a report looks at where nobody says so."""
    return _MOST_ON_GPU if device.type == "cuda" else _MOST_ON_CPU


def write_gain_report(
    output: Path,
    config: Config,
    validation: TextDataset | None,
    origin: Mapping[str, Any],
    device: torch.device,
    precision: torch.dtype,
    stop: Callable[[], bool],
    most: int | None = None,
) -> str:
    """Compare the run's start with its best and write REPORT_FILE; gives a sentence on it.

    output: the run's folder.  origin: its ``provenance``, with the "start" that ``describe_start``
    gives.  stop: once it says True, the report is given up.  most: photos; None for the usual.
    Never raises: the training is done and saved, whatever happens here.
    """
    path = output / REPORT_FILE
    try:
        if validation is None or validation.packed.ignore.all():
            return say("comparison.no_labels")
        before, after = starting_weights(origin), read_checkpoint(output / BEST)
        found = compare(
            config,
            before,
            after,
            validation,
            device,
            precision == torch.bfloat16,
            most=most or most_photos(device),
            stop=stop,
        )
        if found is None:
            return say("comparison.stopped")
        write_page(path, found, output / CURVE_FILE)
    except UserError as error:
        return say("comparison.skipped", reason=error)
    except Exception as error:  # noqa: BLE001 - a report must not make a run of many hours fail
        return say("comparison.skipped", reason=f"{type(error).__name__}: {error}")
    return say("comparison.written", path=path)
