"""OCR_DB (jmml): one JSON for all images, each with its objects."""

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


def read_ocr_db(path: Path) -> Iterator[ImageLabel]:
    """Polygons of any length; what ``Don't Care`` marks is ignored."""
    yield from read_records(path, JsonStream(path).items("image"), partial(_read_image, path))


def _read_image(path: Path, image: Any, _number: int) -> ImageLabel:
    name = field(image, "name", kind=str)
    objects = field(image, "objects", kind=list)
    return read_entries(
        path, objects, _parse_object, name, size_of(find(image, "height"), find(image, "width"))
    )


def _parse_object(entry: Any, line: int) -> Word:
    points = outline_of(field(entry, "points"), "points")
    text = text_of(entry, "Description")
    ignore = text == IGNORED_TEXT or is_true(find(entry, "Don't Care"))
    return make_word(points, text, ignore, line)


def recognises_ocr_db(path: Path) -> bool:
    """Whether the head of a file has a list called ``image``."""
    return isinstance(peek_json(path).get("image"), list)
