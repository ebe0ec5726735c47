"""Total-Text's label files: MATLAB's, and the two kinds of text files made of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dataset.labels import (
    IGNORED_TEXT,
    BadEntry,
    BadFile,
    ImageLabel,
    Word,
    make_word,
    number,
    read_entries,
    read_text,
)
from dataset.readers.icdar import parse_ic15_line
from dataset.readers.lines import head_lines, read_lines, split_lines
from dataset.readers.matlab import Cell, has_cells, open_cells, text_rows

_IGNORED = ("#", IGNORED_TEXT)
_VARIABLE = "polygt"
# A row of the variable: "x:", x, "y:", y, the text, the orientation.
_X, _Y, _TEXT, _ORIENTATION, _LEAST_COLUMNS = 1, 3, 4, 5, 5
# The orientation that the data set's scoring takes for "do not care".
_SET_ASIDE = "#"
# Hundreds of times what the densest photo of the set needs.
_MOST_BYTES = 64 << 20
_RECORD_START = re.compile(r"\s*x:\s*\[")
_COORDINATES = {axis: re.compile(rf"\b{axis}:\s*\[\[([^][]*)\]\]") for axis in "xy"}
_TURNED = re.compile(r"\bornt:\s*\[\s*[ub]?['\"]?([^][]*?)['\"]?\s*\]")
_QUOTED = re.compile(r"[ub]?(['\"])(.*)\1", re.DOTALL)


def read_total_text(path: Path) -> Iterator[ImageLabel]:
    """Total-Text; a text ``#`` marks a word as ignored, and so does ``###``.  An orientation ``#``
    marks it as difficult.

    A ``.mat`` file has a row for each word in its variable ``polygt``.  A text file has records
    ``x: [[1 2 ...]], y: [[3 4 ...]], ornt: [u'c'], transcriptions: [u'text']``, which may go over
    several lines, or lines like those of ICDAR 2015.  Raises BadFile.
    """
    if path.suffix.lower() == ".mat":
        yield _read_mat(path)
        return
    lines = split_lines(read_text(path))
    if any(map(_RECORD_START.match, lines)):
        # What is empty there is the rest of a record, and nothing that could be missed.
        yield replace(read_entries(path, _records(lines), _parse_record), left_out=0)
    else:
        yield from read_lines(path, _parse_plain_line)


def recognises_total_text(path: Path) -> bool:
    """Whether a file is MATLAB's with the variable, or begins with a record."""
    if path.suffix.lower() == ".mat":
        return has_cells(path, _VARIABLE)
    return any(map(_RECORD_START.match, head_lines(path)[:1]))


def _read_mat(path: Path) -> ImageLabel:
    with open_cells(path, _VARIABLE, _MOST_BYTES) as cells:
        if len(cells.shape) != 2 or cells.shape[1] < _LEAST_COLUMNS:
            raise BadFile("not_mat", f"{_VARIABLE} of size {cells.shape}")
        values = list(cells.values)
        rows = cells.shape[0]
    return read_entries(path, (values[row::rows] for row in range(rows)), _parse_row)


def _parse_row(row: Sequence[Cell], at: int) -> Word:
    text = text_rows(row[_TEXT])
    if text is None:
        raise BadEntry("wrong_type", "transcription")
    turned = text_rows(row[_ORIENTATION]) if len(row) > _ORIENTATION else None
    difficult = None if turned is None else "".join(turned).strip() == _SET_ASIDE
    xs, ys = _numbers(row[_X], "x"), _numbers(row[_Y], "y")
    return _word(xs, ys, "".join(text).strip(), at, difficult)


def _numbers(cell: Cell, key: str) -> np.ndarray:
    if not isinstance(cell, np.ndarray):
        raise BadEntry("wrong_type", key)
    return cell.ravel(order="F")


def _records(lines: Sequence[str]) -> list[str]:
    """Each record at the place of its first line; the other places are empty."""
    starts = sorted({0, *(at for at, line in enumerate(lines) if _RECORD_START.match(line))})
    records = [""] * len(lines)
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        records[start] = "\n".join(lines[start:end])
    return records


def _parse_record(record: str, at: int) -> Word | None:
    if not record.strip():
        return None
    xs, ys = (_coordinates(record, axis) for axis in "xy")
    shape, key, text = record.partition("transcriptions:")
    if not key:
        raise BadEntry("missing_key", "transcriptions")
    turned = _TURNED.search(shape)
    difficult = turned[1] == _SET_ASIDE if turned else None
    text = text.strip().removeprefix("[").removesuffix("]").strip()
    quoted = _QUOTED.fullmatch(text)
    return _word(xs, ys, (quoted[2] if quoted else text).strip(), at, difficult)


def _coordinates(record: str, axis: str) -> np.ndarray:
    found = _COORDINATES[axis].search(record)
    if not found:
        raise BadEntry("missing_key", axis)
    return np.array([number(field) for field in found[1].replace(",", " ").split()])


def _parse_plain_line(line: str, at: int) -> Word:
    word = parse_ic15_line(line, at)
    return Word(word.points, word.text, word.text in _IGNORED, at)


def _word(xs: np.ndarray, ys: np.ndarray, text: str, at: int, difficult: bool | None) -> Word:
    if len(xs) != len(ys):
        raise BadEntry("wrong_count", f"x {len(xs)}, y {len(ys)}")
    return make_word(np.stack([xs, ys], axis=1), text, text in _IGNORED, at, difficult)
