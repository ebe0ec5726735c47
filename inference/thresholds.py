"""Below which score and which area a word is dropped, and who has said so.

The command line counts before what ``tools/calibrate.py`` has stored in the checkpoint, and that
before the config.  Nothing here needs PyTorch: an exported model carries its thresholds, too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from models.post_processing import KERNEL_STRIDES, STRIDE
from runtime.messages import UserError, say

COMMAND_LINE, CHECKPOINT, CONFIG = "command line", "checkpoint", "config"
# Areas are in pixels of the network's input, which has fewer than this.
_LARGEST_AREA = 1e9
_LONGEST_TEXT = 300
# Where kernels are found and how far they grow decides what a score is worth.
KERNELS: dict[str, Callable[[Any], bool]] = {
    "kernel_score": lambda value: type(value) is float and 0 < value < 1,
    "kernel_stride": lambda value: type(value) is int and value in KERNEL_STRIDES,
    "pooling_size": lambda value: type(value) is int and 0 < value < 1 << 20,
}
# Of files from before there was a choice.
WITHOUT_KERNELS = {"kernel_score": 0.5, "kernel_stride": STRIDE}


@dataclass(frozen=True)
class Thresholds:
    """What a word must reach to be kept.

    min_score: mean text probability, 0..1.  min_area: pixels of the network's input.
    source: where they come from, in English, for files.
    origins: COMMAND_LINE, CHECKPOINT or CONFIG, of the score and of the area.
    kernels: the settings of KERNELS that a checkpoint's thresholds were chosen with and that hold
        with them; empty where those of the config do.
    """

    min_score: float
    min_area: float
    source: str = CONFIG
    origins: tuple[str, str] = (CONFIG, CONFIG)
    kernels: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def line(self) -> str:
        """The sentence that says which thresholds are used and where they come from."""
        score_from, area_from = (say(f"thresholds.from.{name}") for name in self._keys())
        line = say(
            "thresholds.used",
            min_score=self.min_score,
            min_area=self.min_area,
            score_from=score_from,
            area_from=area_from,
        )
        return f"{line} [{self.source}]" if CHECKPOINT in self.origins else line

    def _keys(self) -> tuple[str, str]:
        score_from, area_from = (name.replace(" ", "_") for name in self.origins)
        return score_from, area_from


def thresholds_for(
    config: Mapping[str, Any],
    content: Mapping[str, Any] | None = None,
    min_score: float | None = None,
    min_area: float | None = None,
) -> Thresholds:
    """The thresholds to detect with.

    content: of a checkpoint file, or of whatever else may hold "thresholds"; None holds none.
    min_score, min_area: from the command line, None where it does not say.
    Raises UserError for stored thresholds that are none, unless the command line makes them
    needless.
    """
    test_cfg = config["test_cfg"]
    stored = None
    if min_score is None or min_area is None:
        stored = stored_thresholds(content or {})
    lower = stored or Thresholds(test_cfg["min_score"], test_cfg["min_area"])
    below = CHECKPOINT if stored else CONFIG
    origins = (
        below if min_score is None else COMMAND_LINE,
        below if min_area is None else COMMAND_LINE,
    )
    names = {below: lower.source, COMMAND_LINE: COMMAND_LINE}
    source = "; ".join(
        [names[origins[0]]]
        if origins[0] == origins[1]
        else [f"min_score: {names[origins[0]]}", f"min_area: {names[origins[1]]}"]
    )
    return Thresholds(
        lower.min_score if min_score is None else min_score,
        lower.min_area if min_area is None else min_area,
        source,
        origins,
        lower.kernels,
    )


def stored_thresholds(content: Mapping[str, Any]) -> Thresholds | None:
    """What a file's "thresholds" say; None for a file without.

    Raises UserError for anything but two numbers in their ranges and a short line of text.
    """
    found = content.get("thresholds")
    if found is None:
        return None
    if isinstance(found, Mapping):
        score, area = found.get("min_score"), found.get("min_area")
        source = found.get("source", CHECKPOINT)
        if _is_number(score, 1) and _is_number(area, _LARGEST_AREA) and _is_line(source):
            try:
                kernels = WITHOUT_KERNELS | kernel_settings(found)
            except ValueError:
                raise UserError("thresholds.damaged") from None
            return Thresholds(float(score), float(area), source, (CHECKPOINT, CHECKPOINT), kernels)
    raise UserError("thresholds.damaged")


def kernel_settings(found: Mapping[str, Any]) -> dict[str, Any]:
    """Those of KERNELS that ``found`` has.  Raises ValueError for a value that none can have."""
    kernels = {name: found[name] for name in KERNELS if name in found}
    for name, value in kernels.items():
        if not KERNELS[name](value):
            raise ValueError(f"{name}={value!r}")
    return kernels


def _is_number(value: Any, largest: float) -> TypeGuard[float]:
    return type(value) in (int, float) and 0 <= value <= largest  # never true of NaN


def _is_line(value: Any) -> bool:
    """Text fit for a terminal: what a file says must not move its cursor."""
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()
