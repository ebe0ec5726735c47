"""COCO and COCO-Text: one file for all images."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset.labels import IGNORED_TEXT, ImageLabel, Word, box_corners, make_word
from dataset.readers.annotations import COCO_TEXT_KEYS, layout_of, read_annotations
from dataset.readers.json_files import (
    JsonStream,
    box_of,
    field,
    find,
    is_true,
    outline_of,
    peek_json,
    text_of,
)


def read_coco(path: Path) -> Iterator[ImageLabel]:
    """COCO, its images and annotations being lists, and COCO-Text, where they are objects.

    A word is the polygon of its segmentation; of several polygons (something stands in front of
    the word) the box around them; its bbox where there is no polygon.  Illegible words and crowds
    are ignored.
    """
    stream = JsonStream(path)
    is_coco_text = bool(COCO_TEXT_KEYS & peek_json(path).keys())
    images = stream.values("imgs") if is_coco_text else stream.items("images")
    annotations = stream.values("anns") if is_coco_text else stream.items("annotations")
    yield from read_annotations(path, images, annotations, _parse_annotation)


def _parse_annotation(annotation: Any, line: int) -> Word:
    text = text_of(annotation, "utf8_string", "text", "transcription")
    ignore = (
        text == IGNORED_TEXT
        or find(annotation, "legibility") == "illegible"
        or is_true(find(annotation, "iscrowd"))
        or is_true(find(annotation, "ignore"))
    )
    return make_word(_points(annotation), text, ignore, line)


def _points(annotation: Mapping[str, Any]) -> Any:
    polygons = find(annotation, "segmentation", "polygon", "mask")
    if not isinstance(polygons, list):  # none, or a mask made of pixels
        polygons = []
    if not any(isinstance(polygon, list) for polygon in polygons):
        polygons = [polygons]
    polygons = [polygon for polygon in polygons if polygon]
    if not polygons:
        return box_of(field(annotation, "bbox"), "bbox")
    if len(polygons) == 1:
        return outline_of(polygons[0], "segmentation")
    if all(isinstance(point, list) and len(point) == 2 for point in polygons):
        return outline_of(polygons, "segmentation")
    return _box_around([outline_of(polygon, "segmentation") for polygon in polygons])


def _box_around(outlines: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """The corners of the box around outlines x1, y1, x2, y2, ..."""
    x = [side for outline in outlines for side in outline[::2]]
    y = [side for outline in outlines for side in outline[1::2]]
    return box_corners(min(x), min(y), max(x) - min(x), max(y) - min(y))


def recognises_coco(path: Path) -> bool:
    """Whether the head of a file is COCO's or COCO-Text's."""
    return layout_of(peek_json(path)) == "coco"
