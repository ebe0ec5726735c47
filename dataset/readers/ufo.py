"""UFO: one JSON for all images, each under its name, each word under its id."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from dataset.labels import IGNORED_TEXT, ImageLabel, Word, make_word, read_entries
from dataset.readers.json_files import (
    JsonStream,
    field,
    find,
    is_true,
    outline_of,
    peek_json,
    read_records,
    size_of,
    text_of,
)


def read_ufo(path: Path) -> Iterator[ImageLabel]:
    """Polygons; what ``illegibility`` marks is ignored."""
    yield from read_records(path, JsonStream(path).pairs("images"), partial(_read_image, path))


def _read_image(path: Path, named: tuple[str, Any], _number: int) -> ImageLabel:
    name, image = named
    words = field(image, "words", kind=(dict, list))
    entries = words.values() if isinstance(words, dict) else words
    size = size_of(find(image, "img_h"), find(image, "img_w"))
    return read_entries(path, entries, _parse_word, name, size)


def _parse_word(entry: Any, line: int) -> Word:
    points = outline_of(field(entry, "points"), "points")
    text = text_of(entry, "transcription")
    ignore = text == IGNORED_TEXT or is_true(find(entry, "illegibility"))
    return make_word(points, text, ignore, line)


def recognises_ufo(path: Path) -> bool:
    """Whether the head of a file has images by name, with words."""
    images = peek_json(path).get("images")
    image = next(iter(images.values()), None) if isinstance(images, dict) else None
    return isinstance(image, dict) and bool({"words", "img_h"} & image.keys())
