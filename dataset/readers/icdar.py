"""The ICDAR competitions' label files: a word a line, ``x1,y1,x2,y2,...[,script][,text]``."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataset.labels import IGNORED_TEXT, BadEntry, ImageLabel, Word, make_word
from dataset.readers.lines import (
    clean_text,
    count_numbers,
    head_lines,
    looks_numeric,
    not_a_coordinate,
    read_lines,
    to_numbers,
)

# The numbers of four corners.
_LEAST = 8
_SCRIPTS = frozenset(
    ("Arabic", "Latin", "Chinese", "Japanese", "Korean", "Bangla", "Hindi", "Symbols", "Mixed",
     "None")
)  # fmt: skip
_GROUPED_NUMBER = re.compile(r"[1-9]\d{0,2}(,\d{3}){1,2}", re.ASCII)


def read_ic15(path: Path) -> Iterator[ImageLabel]:
    """ICDAR 2015, and users' own files like it.

    A line holds four points or more.  Its coordinates are the leading fields that are numbers; an
    odd last one of these belongs to the text, which may hold commas.  So does a number right behind
    four points that is written with thousands separators, such as ``12,500``, unless it would do
    for a point near the word (which ``1,000`` never does).  ``###`` marks a word as ignored; blank
    lines are skipped.  The encodings are those of ``read_text``.
    """
    return read_lines(path, parse_ic15_line)


def read_mlt(path: Path) -> Iterator[ImageLabel]:
    """ICDAR 2017 MLT: four points, the script, the text; words without a text are ignored."""
    return read_lines(path, _parse_mlt_line)


def recognises_ic15(path: Path) -> bool:
    """Whether most lines begin with four points."""
    lines = head_lines(path)
    return 2 * sum(_has_corners(line.split(",")) for line in lines) > len(lines)


def recognises_mlt(path: Path) -> bool:
    """Whether each line has the name of a script behind its four points."""
    lines = [line.split(",") for line in head_lines(path)]
    return bool(lines) and all(
        _has_corners(fields) and fields[_LEAST : _LEAST + 1] and fields[_LEAST].strip() in _SCRIPTS
        for fields in lines
    )


def parse_ic15_line(line: str, at: int) -> Word:
    """The word of one line.  Raises BadEntry."""
    fields = line.split(",")
    length = _coordinate_count(fields)
    text = clean_text(",".join(fields[length:]))
    return make_word(to_numbers(fields[:length]), text, text == IGNORED_TEXT, at)


def _parse_mlt_line(line: str, at: int) -> Word:
    fields = line.split(",")
    _coordinate_count(fields[:_LEAST])
    text = clean_text(",".join(fields[_LEAST + 1 :]))
    return make_word(to_numbers(fields[:_LEAST]), text, text in ("", IGNORED_TEXT), at)


def _has_corners(fields: Sequence[str]) -> bool:
    return count_numbers(fields[:_LEAST]) == _LEAST


def _coordinate_count(fields: Sequence[str]) -> int:
    """How many of the leading fields are coordinates: an even number, eight or more."""
    run = count_numbers(fields)
    if run < _LEAST:
        if len(fields) < _LEAST or not any(map(looks_numeric, fields[run + 1 : _LEAST])):
            raise BadEntry("too_few_points", str(run // 2))
        raise not_a_coordinate(fields[run])
    if run > _LEAST + 1:
        tail = fields[_LEAST:run]
        padded = any(group.startswith("0") for group in tail[1:])
        if _GROUPED_NUMBER.fullmatch(",".join(tail)) and (padded or _is_far(fields[: _LEAST + 2])):
            return _LEAST
    return run - run % 2


def _is_far(fields: Sequence[str]) -> bool:
    """Whether the last point lies further from the box of the others than that box is long."""
    points = to_numbers(fields).reshape(-1, 2)
    low, high = points[:-1].min(axis=0), points[:-1].max(axis=0)
    reach = (high - low).max()
    return bool(((points[-1] < low - reach) | (points[-1] > high + reach)).any())
