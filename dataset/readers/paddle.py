"""PaddleOCR and PPOCRLabel: ``Label.txt``, a line an image: its path, a TAB, a JSON list."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from dataset.labels import (
    IGNORED_TEXT,
    BadEntry,
    BadFile,
    ImageLabel,
    Word,
    make_word,
)
from dataset.readers.json_files import (
    encoding_of,
    field,
    find,
    is_true,
    outline_of,
    parse_json,
    peek_text,
    read_numbered,
    read_records,
    text_of,
)
from dataset.readers.lines import split_lines

_IGNORED = (IGNORED_TEXT, "*")
_LINE = re.compile(r"[^\t]+\t\s*\[\s*[]{]")


def read_paddle(path: Path) -> Iterator[ImageLabel]:
    """``###``, ``*`` and what is marked as difficult are ignored; a word's line is its image's.

    The encodings are those of ``read_text``; one line at a time is in memory.
    """
    with path.open(encoding=encoding_of(path)) as file:
        try:
            yield from read_records(path, file, partial(_read_line, path))
        except UnicodeError:
            raise BadFile("encoding", "") from None


def _read_line(path: Path, line: str, at: int) -> ImageLabel | None:
    if not line.strip():
        return None
    name, _, content = line.partition("\t")
    try:
        entries = parse_json(content)
    except BadFile:
        entries = None
    if not isinstance(entries, list):
        raise BadEntry("not_a_label_line", line.strip()[:80])
    return read_numbered(path, [(at, entry) for entry in entries], _parse_entry, name.strip())


def _parse_entry(entry: Any, line: int) -> Word:
    points = outline_of(field(entry, "points"), "points")
    text = text_of(entry, "transcription")
    ignore = text in _IGNORED or is_true(find(entry, "difficult"))
    return make_word(points, text, ignore, line)


def recognises_paddle(path: Path) -> bool:
    """Whether the first line of a file is a path, a TAB, and a list of objects or of nothing."""
    lines = (line for line in split_lines(peek_text(path)) if line.strip())
    return bool(_LINE.match(next(lines, "")))
