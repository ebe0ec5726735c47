"""Label files, read into words.

A format is a reader and a row in ``FORMATS``: everything after the reader is shared by all of them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from dataset.geometry import polygon_area

IGNORED_TEXT = "###"
MIN_POINTS = 4
MIN_AREA_PX = 0.5
# Far beyond any photo, and well inside what the drawing routines and the clipper can count.
MAX_COORDINATE_PX = 1_000_000.0

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_NOT_FINITE = re.compile(r"\s*[+-]?(nan|inf|infinity)\s*", re.IGNORECASE)
_GROUPED_NUMBER = re.compile(r"[1-9]\d{0,2}(,\d{3}){1,2}", re.ASCII)


@dataclass(frozen=True, eq=False)
class Word:
    """One labelled word.

    points: (K, 2) float32, x then y in pixels of the image as it is seen (EXIF rotation applied).
    text: the transcription, "" where there is none.
    ignore: neither trained on nor scored (its text is ``###``).
    line: where it stands in the label file, counted from 1.
    """

    points: np.ndarray
    text: str
    ignore: bool
    line: int


@dataclass(frozen=True)
class Problem:
    """Something in the data that training goes around.

    kind: the message ``data.problem.<kind>`` describes it.
    line: counted from 1; None where the whole file is meant.
    detail: what was found there.
    """

    kind: str
    path: Path
    line: int | None = None
    detail: str = ""


class _BadLine(ValueError):
    """A line that is no word: (kind of problem, detail)."""


def read_ic15(path: Path) -> tuple[list[Word], list[Problem]]:
    """Read an ICDAR label file: one word a line, ``x1,y1,x2,y2,...[,text]``.

    A line holds four points or more.  Its coordinates are the leading fields that are numbers; an
    odd last one of these belongs to the text, which may hold commas.  So does a number right behind
    four points that is written with thousands separators, such as ``12,500``, unless it would do
    for a point near the word (which ``1,000`` never does).  ``###`` marks a word as ignored; blank
    lines are skipped.  The file is UTF-8, with or without a byte-order mark, CP949, or UTF-16 with
    a mark.

    Lines that are no words, and files that are no text, are among the problems.
    """
    try:
        text = _decode(path.read_bytes())
    except OSError as error:
        return [], [Problem("label_unreadable", path, detail=error.strerror or str(error))]
    except UnicodeDecodeError:
        return [], [Problem("encoding", path)]
    words, problems = [], []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if not line.strip():
            continue
        try:
            words.append(_parse_line(line, number))
        except _BadLine as bad:
            kind, detail = bad.args
            problems.append(Problem(kind, path, number, detail))
    return words, problems


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp949")


def _parse_line(line: str, number: int) -> Word:
    fields = line.split(",")
    length = _coordinate_count(fields)
    numbers = [float(field) for field in fields[:length]]
    if max(map(abs, numbers)) > MAX_COORDINATE_PX:
        raise _BadLine("not_finite", ",".join(fields[:length]))
    points = np.array(numbers).reshape(-1, 2)
    if polygon_area(points) < MIN_AREA_PX:
        raise _BadLine("zero_area", ",".join(fields[:length]))
    text = _clean_text(",".join(fields[length:]))
    return Word(points.astype(np.float32), text, text == IGNORED_TEXT, number)


def _coordinate_count(fields: Sequence[str]) -> int:
    """How many of the leading fields are coordinates: an even number, eight or more."""
    run = 0
    while run < len(fields) and _NUMBER.fullmatch(fields[run]):
        run += 1
    least = 2 * MIN_POINTS
    if run < least:
        if len(fields) < least or not any(map(_looks_numeric, fields[run + 1 : least])):
            raise _BadLine("too_few_points", str(run // 2))
        kind = "not_finite" if _NOT_FINITE.fullmatch(fields[run]) else "not_a_number"
        raise _BadLine(kind, fields[run].strip())
    if run > least + 1:
        tail = fields[least:run]
        padded = any(group.startswith("0") for group in tail[1:])
        if _GROUPED_NUMBER.fullmatch(",".join(tail)) and (padded or _is_far(fields[: least + 2])):
            return least
    return run - run % 2


def _looks_numeric(field: str) -> bool:
    return bool(_NUMBER.fullmatch(field) or _NOT_FINITE.fullmatch(field))


def _is_far(fields: Sequence[str]) -> bool:
    """Whether the last point lies further from the box of the others than that box is long."""
    points = np.array([float(field) for field in fields]).reshape(-1, 2)
    low, high = points[:-1].min(axis=0), points[:-1].max(axis=0)
    reach = (high - low).max()
    return bool(((points[-1] < low - reach) | (points[-1] > high + reach)).any())


def _clean_text(text: str) -> str:
    """The transcription without what surrounds it: blanks, trailing commas, a pair of quotes."""
    text = text.strip().rstrip(",").rstrip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return text.strip()


@dataclass(frozen=True)
class Format:
    """How a data set lies on the disk and how its labels are read.

    read: label file -> words and problems.
    folders: split -> (images, labels), below the data root.
    label_names: tried in this order; ``{stem}`` is the image's name without its suffix.
    augment: where the data set's random changes differ from ``dataset.augment.Augmentation``.
    """

    read: Callable[[Path], tuple[list[Word], list[Problem]]]
    folders: Mapping[str, tuple[str, str]]
    label_names: tuple[str, ...]
    augment: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


_IC15 = (
    "ICDAR2015/Challenge4/ch4_{}_images",
    "ICDAR2015/Challenge4/ch4_{}_localization_transcription_gt",
)
FORMATS: dict[str, Format] = {
    "FAST_IC15": Format(
        read=read_ic15,
        folders={
            "train": (_IC15[0].format("training"), _IC15[1].format("training")),
            "test": (_IC15[0].format("test"), _IC15[1].format("test")),
        },
        label_names=("gt_{stem}.txt", "{stem}.txt"),
    ),
}
