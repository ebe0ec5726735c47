"""Label files with a word a line, its numbers first and its text last."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np

from dataset.labels import (
    MAX_COORDINATE_PX,
    BadEntry,
    ImageLabel,
    Word,
    read_entries,
    read_text,
)

# As much of a file as is looked at to tell what format it is of.
HEAD_BYTES = 64 * 1024

_LINE_END = re.compile(r"\r\n|\r|\n")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_NOT_FINITE = re.compile(r"\s*[+-]?(nan|inf|infinity)\s*", re.IGNORECASE)


def read_lines(path: Path, parse: Callable[[str, int], Word]) -> Iterator[ImageLabel]:
    """The words of a file that is about one image; blank lines are skipped.

    parse: (line, its number from 1) -> the word.  The encodings are those of ``read_text``.
    """
    lines = split_lines(read_text(path))
    label = read_entries(path, lines, lambda line, at: parse(line, at) if line.strip() else None)
    yield replace(label, left_out=0)  # a blank line is nothing that could be missed


def split_lines(text: str) -> list[str]:
    """The lines of a text.  ``str.splitlines`` also splits at signs that may stand in a word."""
    return _LINE_END.split(text)


def head_lines(path: Path) -> list[str]:
    """The first lines of a file that are not blank; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return []
    in_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    lines = split_lines(head.decode("utf-16" if in_utf16 else "utf-8-sig", "replace"))
    if len(head) == HEAD_BYTES:
        lines.pop()
    return [line for line in lines if line.strip()]


def count_numbers(fields: Sequence[str]) -> int:
    """How many of the fields are numbers, up to the first that is none."""
    return sum(1 for _ in takewhile(_NUMBER.fullmatch, fields))


def looks_numeric(field: str) -> bool:
    """Whether a field is a number, or one that is not finite."""
    return bool(_NUMBER.fullmatch(field) or _NOT_FINITE.fullmatch(field))


def not_a_coordinate(field: str) -> BadEntry:
    """What is wrong with a field where a coordinate should be."""
    kind = "not_finite" if _NOT_FINITE.fullmatch(field) else "not_a_number"
    return BadEntry(kind, field.strip()[:80])


def to_numbers(fields: Sequence[str]) -> np.ndarray:
    """Fields that are numbers as float64; raises BadEntry for what no coordinate can be."""
    numbers = np.array([float(field) for field in fields])
    if np.abs(numbers).max() > MAX_COORDINATE_PX:
        raise BadEntry("not_finite", ",".join(fields)[:200])
    return numbers


def clean_text(text: str) -> str:
    """The transcription without what surrounds it: blanks, trailing commas, a pair of quotes."""
    text = text.strip().rstrip(",").rstrip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return text.strip()
