"""MSRA-TD500's label files (``.gt``), which HUST-TR400 shares: a turned box a line."""

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dataset.labels import BadEntry, ImageLabel, Word, make_word
from dataset.readers.lines import (
    count_numbers,
    head_lines,
    not_a_coordinate,
    read_lines,
    to_numbers,
)

# index, difficult, x, y, width, height, angle
_FIELDS = 7


def read_msra(path: Path) -> Iterator[ImageLabel]:
    """MSRA-TD500: ``index difficult x y width height angle``, between blanks; no texts.

    x, y: the top left of the box before it is turned by ``angle``, in radians and clockwise as seen
    on the screen, about its centre.  Words marked difficult are trained on like the others, as
    FAST's published weights were; only the data set's scoring forgives missing them.
    """
    return read_lines(path, _parse_line)


def recognises_msra(path: Path) -> bool:
    """Whether each line has seven numbers between blanks, the second of them 0 or 1."""
    lines = [line.split() for line in head_lines(path)]
    return bool(lines) and all(
        len(fields) == _FIELDS == count_numbers(fields) and fields[1] in ("0", "1")
        for fields in lines
    )


def _parse_line(line: str, at: int) -> Word:
    fields = line.split()[:_FIELDS]
    run = count_numbers(fields)
    if run < len(fields):
        raise not_a_coordinate(fields[run])
    if run < _FIELDS:
        raise BadEntry("wrong_count", f"{run} / {_FIELDS}")
    _, difficult, x, y, width, height, angle = to_numbers(fields).tolist()
    return make_word(_corners(x, y, width, height, angle), "", False, at, difficult != 0)


def _corners(x: float, y: float, width: float, height: float, angle: float) -> np.ndarray:
    """(4, 2) corners of a box turned about its centre."""
    centre = (x + width / 2, y + height / 2)
    return cv2.boxPoints((centre, (width, height), math.degrees(angle)))
