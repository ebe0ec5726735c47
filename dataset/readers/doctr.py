"""docTR's ``labels.json`` for detection: images by name, outlines without texts."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from dataset.labels import BadEntry, BadFile, ImageLabel, Word, make_word, read_entries
from dataset.readers.json_files import (
    JsonStream,
    field,
    find,
    outline_of,
    peek_json,
    read_records,
    size_of,
)


def read_doctr(path: Path) -> Iterator[ImageLabel]:
    """Outlines in absolute pixels, in one list or in one for each class."""
    stream = JsonStream(path)
    head = peek_json(path)
    # The images of another format would be built in memory all together, as one "image".
    if head and not _has_polygons(head):
        raise BadFile("missing_key", "polygons")
    yield from read_records(path, stream.pairs(""), partial(_read_image, path))


def _read_image(path: Path, named: tuple[str, Any], _number: int) -> ImageLabel:
    name, image = named
    polygons = field(image, "polygons", kind=(dict, list))
    if isinstance(polygons, dict):
        if not all(isinstance(of_class, list) for of_class in polygons.values()):
            raise BadEntry("wrong_type", "polygons")
        polygons = [polygon for of_class in polygons.values() for polygon in of_class]
    sides = find(image, "img_dimensions")
    size = size_of(*sides) if isinstance(sides, list) and len(sides) == 2 else None
    return read_entries(path, polygons, _parse_polygon, name, size)


def _parse_polygon(polygon: Any, line: int) -> Word:
    return make_word(outline_of(polygon, "polygons"), "", False, line)


def _has_polygons(head: dict[str, Any]) -> bool:
    return any(isinstance(image, dict) and "polygons" in image for image in head.values())


def recognises_doctr(path: Path) -> bool:
    """Whether the head of a file has images by name, with polygons."""
    return _has_polygons(peek_json(path))
