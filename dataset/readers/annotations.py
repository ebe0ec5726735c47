"""Label files that list images and, apart from them, annotations: COCO and what is like it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from dataset.labels import BadEntry, ImageLabel, Word
from dataset.readers.json_files import field, find, read_numbered, refused, size_of

ParseAnnotation = Callable[[Any, int], Word | None]
COCO_TEXT_KEYS = {"imgs", "anns", "imgToAnns", "cats"}
_SHAPE_KEYS = {"bbox", "segmentation", "polygon", "mask"}
_ANNOTATION_KEYS = {"segmentation", "category_id", "iscrowd", "utf8_string", "legibility"}


def read_annotations(
    path: Path, images: Iterable[Any], annotations: Iterable[Any], parse: ParseAnnotation
) -> Iterator[ImageLabel]:
    """Join annotations to their images; those of one image that follow each other are a piece.

    parse: annotation -> word, like that of ``read_entries``; a word's line is the number of its
        annotation in the file.
    In memory are the images' names and the annotations of one piece.  Images that no annotation
    belongs to come last: while the file goes on, nobody can tell which these are.
    """
    known: dict[str, ImageLabel] = {}
    for number, image in enumerate(images, start=1):
        try:
            known[_id(image, "id")] = _without_words(image)
        except BadEntry as bad:
            yield refused(path, bad, number)
    silent = dict.fromkeys(known)
    numbered = enumerate(annotations, start=1)
    for image_id, group in groupby(numbered, lambda entry: _image_id(entry[1])):
        if image_id in known:
            silent.pop(image_id, None)
            image = known[image_id]
            yield read_numbered(path, list(group), parse, image.image, image.size)
        else:
            first, annotation = next(group)
            yield refused(path, _orphan(annotation), first)
    yield from map(known.__getitem__, silent)


def _without_words(image: Any) -> ImageLabel:
    name = field(image, "file_name", kind=str)
    return ImageLabel(name, (), (), size_of(find(image, "height"), find(image, "width")))


def _id(record: Any, key: str) -> str:
    """An id as text: "7" for 7 and for 7.0, which other tools make of it.  Raises BadEntry."""
    value = field(record, key, kind=(int, float, str))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _image_id(annotation: Any) -> str | None:
    try:
        return _id(annotation, "image_id")
    except BadEntry:
        return None


def _orphan(annotation: Any) -> BadEntry:
    """Why an annotation belongs to no image; said of the first of several in a row."""
    try:
        return BadEntry("missing_image", _id(annotation, "image_id"))
    except BadEntry as bad:
        return bad


def layout_of(document: Mapping[str, Any]) -> str:
    """Of which format a document, or the beginning of a long one, is.

    "coco", "aihub_wild", "aihub_outdoor", "aihub_admin", or "" for none of these.
    """
    if COCO_TEXT_KEYS & document.keys():
        return "coco"
    images, annotations = _objects(document, "images"), _objects(document, "annotations")
    keys = {key for record in [*images, *annotations] for key in record}
    if any(key.startswith(("image.", "annotation.")) for key in keys):
        return "aihub_admin"
    # The last one may be cut off; the shape tends to be what an annotation ends with.
    annotations = [record for record in annotations if _SHAPE_KEYS & record.keys()]
    if annotations:
        return _layout_of_annotations(images, annotations)
    return _layout_of_images(images, document) if images else ""


def _objects(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    records = document.get(key)
    records = records if isinstance(records, list) else []
    return [record for record in records if isinstance(record, dict)]


def _layout_of_annotations(
    images: Sequence[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]]
) -> str:
    keys = {key for record in annotations for key in record}
    if keys & _ANNOTATION_KEYS or "text" not in keys:
        return "coco"
    owners = {_image_id(record) for record in annotations}
    many = len(images) > 1 or len(owners) > 1
    return "aihub_wild" if many or "attributes" in keys else "aihub_outdoor"


def _layout_of_images(images: Sequence[Mapping[str, Any]], document: Mapping[str, Any]) -> str:
    """A set of many images begins with nothing else for long."""
    if "categories" not in document:
        if any("type" in image or isinstance(image.get("id"), str) for image in images):
            return "aihub_wild"
        if len(images) == 1 and "annotations" in document:
            return "aihub_outdoor"
    return "coco"
