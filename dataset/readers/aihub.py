"""AI-Hub, Korea's public data portal: five sets, five shapes of JSON.

Releases of a set differ a little in their keys; one that is missing is reported by its usual name.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dataset.geometry import is_simple
from dataset.labels import (
    IGNORED_TEXT,
    MAX_COORDINATE_PX,
    BadEntry,
    BadFile,
    ImageLabel,
    Word,
    box_corners,
    make_word,
    read_entries,
)
from dataset.readers.annotations import layout_of, read_annotations
from dataset.readers.json_files import (
    JsonStream,
    box_of,
    field,
    find,
    load_json,
    name_of,
    numbers,
    peek_json,
    size_of,
    text_of,
)

_UNREADABLE = "xxx"
_NAME_KEYS = ("file_name", "image.file.name")


def read_aihub_wild(path: Path) -> Iterator[ImageLabel]:
    """Text in the wild (한국어 글자체 이미지): one file for all images.

    Words and their single characters are both annotated; the characters are left out.
    """
    stream = JsonStream(path)
    images, annotations = stream.items("images"), stream.items("annotations")
    yield from read_annotations(path, images, annotations, _parse_wild)


def read_aihub_public(path: Path) -> Iterator[ImageLabel]:
    """OCR 데이터 (공공; 금융 및 물류): a file an image, corners under ``Bbox``."""
    yield _read_image(path, "Bbox", _parse_corners)


def read_aihub_handwriting(path: Path) -> Iterator[ImageLabel]:
    """대용량 손글씨 OCR 데이터: a file an image, corners under ``bbox``."""
    yield _read_image(path, "bbox", _parse_corners)


def read_aihub_admin(path: Path) -> Iterator[ImageLabel]:
    """공공행정문서 OCR: a file an image, boxes under ``annotations``, dots inside the keys."""
    yield _read_image(path, "annotations", _parse_box)


def read_aihub_outdoor(path: Path) -> Iterator[ImageLabel]:
    """야외 실제 촬영 한글 이미지: a file an image, boxes; ``xxx`` is an unreadable text."""
    parse = partial(_parse_box, ignored=(IGNORED_TEXT, _UNREADABLE))
    yield _read_image(path, "annotations", parse)


def _read_image(
    path: Path, entries_key: str, parse: Callable[[Any, int], Word | None]
) -> ImageLabel:
    """Raises BadFile where the list of entries is missing."""
    document = load_json(path)
    entries = field(document, entries_key, kind=list, error=BadFile)
    image = _first_object(find(document, "images", "image"))
    height = find(image, "height", "image.height")
    width = find(image, "width", "image.width")
    return read_entries(path, entries, parse, name_of(image, *_NAME_KEYS), size_of(height, width))


def _first_object(value: Any) -> dict[str, Any]:
    return next(_objects(value), {})


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The object, or the objects in a list: releases differ in which of both they write."""
    return (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict))


def _parse_wild(annotation: Any, line: int) -> Word | None:
    box = field(annotation, "bbox")
    kinds = [find(attributes, "class") for attributes in _objects(find(annotation, "attributes"))]
    if not all(kind in (None, "word") for kind in kinds):
        return None
    text = text_of(annotation, "text")
    return make_word(box_of(box, "bbox"), text, text == IGNORED_TEXT, line)


def _parse_box(annotation: Any, line: int, ignored: Sequence[str] = (IGNORED_TEXT,)) -> Word:
    box = field(annotation, "annotation.bbox", "bbox")
    text = text_of(annotation, "annotation.text", "text")
    return make_word(box_of(box, "bbox"), text, text in ignored, line)


def _parse_corners(entry: Any, line: int) -> Word:
    x = numbers(field(entry, "x", kind=list))
    y = numbers(field(entry, "y", kind=list))
    if len(x) != len(y):
        raise BadEntry("wrong_type", "y")
    text = text_of(entry, "data")
    return make_word(_ring(x, y), text, text == IGNORED_TEXT, line)


def _ring(x: Sequence[float], y: Sequence[float]) -> Any:
    """The outline through corners that may be listed column by column, as these sets do it.

    Clockwise from the top left for upright boxes; corners that make an outline stay as they are.
    """
    if len(x) in (2, 4) and len(set(x)) <= 2 and len(set(y)) <= 2:
        return box_corners(min(x), min(y), max(x) - min(x), max(y) - min(y))
    points = np.array([x, y]).T
    sound = bool((np.abs(points) <= MAX_COORDINATE_PX).all())
    if len(points) != 4 or not sound or is_simple(points):
        return points
    across, down = (points - points.mean(axis=0)).T
    return points[np.argsort(np.arctan2(down, across), kind="stable")]


def recognises_aihub_wild(path: Path) -> bool:
    """Whether the head of a file is that of Text in the wild."""
    return layout_of(peek_json(path)) == "aihub_wild"


def recognises_aihub_public(path: Path) -> bool:
    """Whether the head of a file has corners under ``Bbox``."""
    return isinstance(peek_json(path).get("Bbox"), list)


def recognises_aihub_handwriting(path: Path) -> bool:
    """Whether the head of a file has corners under ``bbox``."""
    return isinstance(peek_json(path).get("bbox"), list)


def recognises_aihub_admin(path: Path) -> bool:
    """Whether the head of a file has keys such as ``image.width``."""
    return layout_of(peek_json(path)) == "aihub_admin"


def recognises_aihub_outdoor(path: Path) -> bool:
    """Whether the head of a file has texts and boxes of one image."""
    return layout_of(peek_json(path)) == "aihub_outdoor"
