"""LabelMe: a JSON file an image, with shapes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataset.labels import (
    IGNORED_TEXT,
    BadEntry,
    BadFile,
    ImageLabel,
    Word,
    box_corners,
    make_word,
    read_entries,
)
from dataset.readers.json_files import (
    field,
    find,
    is_true,
    load_json,
    name_of,
    outline_of,
    peek_json,
    size_of,
    text_of,
)

_NO_OUTLINES = ("circle", "line", "linestrip", "mask", "point", "points")


def read_labelme(path: Path) -> Iterator[ImageLabel]:
    """Polygons, and rectangles by two opposite corners; other shapes are problems."""
    document = load_json(path)
    shapes = field(document, "shapes", kind=list, error=BadFile)
    size = size_of(find(document, "imageHeight"), find(document, "imageWidth"))
    yield read_entries(path, shapes, _parse_shape, name_of(document, "imagePath"), size)


def _parse_shape(shape: Any, line: int) -> Word:
    points: Any = field(shape, "points")
    kind = find(shape, "shape_type")
    if kind in _NO_OUTLINES:
        raise BadEntry("wrong_shape", kind)
    points = outline_of(points, "points")
    if len(points) == 4 and kind != "polygon":
        left, top, right, bottom = points
        points = box_corners(
            min(left, right), min(top, bottom), abs(right - left), abs(bottom - top)
        )
    text = text_of(shape, "label")
    ignore = text == IGNORED_TEXT or is_true(find(shape, "difficult"))
    return make_word(points, text, ignore, line)


def recognises_labelme(path: Path) -> bool:
    """Whether the head of a file has shapes, or the image that may stand before them."""
    return bool({"shapes", "imagePath", "imageData"} & peek_json(path).keys())
