"""CTW1500's label files: a word a line, outlined by 14 points."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

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

_OUTLINE = 28
_BOX = 4
# Stands before the text in the files of the test images.
_TEXT_MARK = "####"
# Offsets written into files may be rounded differently than the box is.
_SLACK_PX = 2


def read_ctw(path: Path) -> Iterator[ImageLabel]:
    """CTW1500: the files for training, those for testing, and any mixture of their lines.

    For training: ``left,top,right,bottom``, then each point's distance ``dx,dy`` from left, top.
    For testing: the points ``x,y`` themselves.  A text may follow both; ``###`` marks a word as
    ignored.  A line that begins with 32 numbers is taken for one of the first kind.
    """
    return read_lines(path, _parse_line)


def recognises_ctw(path: Path) -> bool:
    """Whether each line has 14 points in one of the two ways, and no further ones."""
    lines = [line.split(",") for line in head_lines(path)]
    return bool(lines) and all(map(_is_ctw, lines))


def _parse_line(line: str, at: int) -> Word:
    fields = line.split(",")
    run = count_numbers(fields)
    if run < _OUTLINE:
        if run < len(fields) and any(map(looks_numeric, fields[run + 1 : _OUTLINE])):
            raise not_a_coordinate(fields[run])
        raise BadEntry("wrong_count", f"{run} / {_OUTLINE}")
    length = _BOX + _OUTLINE if run >= _BOX + _OUTLINE else _OUTLINE
    numbers = to_numbers(fields[:length])
    points = numbers[-_OUTLINE:].reshape(-1, 2)
    if length > _OUTLINE:
        points = points + numbers[:2]
    text = clean_text(",".join(fields[length:])).removeprefix(_TEXT_MARK)
    return make_word(points, text, text == IGNORED_TEXT, at)


def _is_ctw(fields: Sequence[str]) -> bool:
    run = count_numbers(fields)
    if run < _BOX + _OUTLINE:
        return run == _OUTLINE
    numbers = np.array([float(field) for field in fields[: _BOX + _OUTLINE]])
    box = numbers[2:_BOX] - numbers[:2]
    offsets = numbers[_BOX:].reshape(-1, 2)
    inside = (offsets >= -_SLACK_PX).all() and (offsets <= box + _SLACK_PX).all()
    return run == _BOX + _OUTLINE and bool(inside)
