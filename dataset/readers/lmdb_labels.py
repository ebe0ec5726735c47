"""The labels of an LMDB file, see ``dataset.lmdb_store``.

Two kinds: the pickles that users bring, {"bboxes": [[x1 / width, y1 / height, ...]], "words":
[text], "filename"}, and the project's own JSON, {"filename", "size": [height, width], "words":
[{"points": [[x, y], ...], "text", "ignore", "difficult"?}]} in pixels.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from dataset.images import DECODING_ERRORS, image_size
from dataset.labels import (
    IGNORED_TEXT,
    MAX_POINTS,
    BadEntry,
    BadFile,
    ImageLabel,
    Problem,
    Word,
    make_word,
    number,
    read_entries,
)
from dataset.lmdb_label import decode_label, text_of
from dataset.lmdb_store import LmdbImages, image_key

_MAX_SIDE_PX = 1_000_000
_MAX_WORDS = 20_000
_MAX_DIGITS = 100
_BOXES, _TEXTS = "bboxes", "words"


def read_lmdb(path: Path) -> Iterator[ImageLabel]:
    """The labels of all photos in a database, in their order; see ``read_labels``."""
    return read_labels(LmdbImages(path))


def read_labels(images: LmdbImages, apply_exif: bool = True) -> Iterator[ImageLabel]:
    """The labels of ``images``; the name of an image is its key, such as ``image-000000012``.

    apply_exif: whether the camera's rotation counts in a photo's width and height, which the
        pickled coordinates are fractions of.  Only headers of photos are read.
    Photos without a label are passed over.  A label that cannot be read gives a problem under the
    image name "".  The pickled label of a photo that cannot be measured gives no words, and no
    problem either: whoever verifies the photos will find it.
    """
    path = images.path_of_database
    problems = [Problem("missing_image", path, image=image_key(n)) for n in images.without_image]
    if images.declared != images.found:
        counts = f"{images.declared} / {images.found}"
        problems.append(Problem("sample_count", path, detail=counts))
    if problems:
        yield ImageLabel("", (), problems)
    for index in range(len(images)):
        key = images.key(index)
        try:
            content = images.label(index)
            if content is not None:
                yield _image_label(images, index, decode_label(content), apply_exif)
        except (BadEntry, BadFile) as bad:
            kind, detail = bad.args
            yield ImageLabel("", (), [Problem(kind, path, detail=detail, image=key)])


def _image_label(
    images: LmdbImages, index: int, label: Mapping[str, Any], apply_exif: bool
) -> ImageLabel:
    path, key = images.path_of_database, images.key(index)
    if _BOXES not in label and "size" in label:
        return read_entries(path, _sequence(label, _TEXTS), _parse_word, key, _size_of(label))
    boxes, problems = _sequence(label, _BOXES), []
    try:
        texts = _sequence(label, _TEXTS)
        if len(texts) != len(boxes):
            raise BadEntry("text_count", f"{len(texts)} / {len(boxes)}")
    except BadEntry as bad:  # detection can do without texts
        kind, detail = bad.args
        problems.append(Problem(kind, path, detail=detail, image=key))
        texts = texts[: len(boxes)] if kind == "text_count" else ()
    try:
        with images.stream(index) as file:
            height, width = image_size(file, apply_exif)
    except DECODING_ERRORS:
        return ImageLabel(key, (), problems)

    def parse(entry: tuple[Any, Any], line: int) -> Word:
        box, text = entry
        text = text_of(text)
        # What is beyond the largest number becomes infinite, which ``make_word`` refuses.
        with np.errstate(over="ignore"):
            points = _points(box) * (width, height)
        return make_word(points, text, text == IGNORED_TEXT, line)

    read = read_entries(path, zip_longest(boxes, texts), parse, key, (height, width))
    return ImageLabel(key, read.words, [*problems, *read.problems], read.size)


def _parse_word(entry: Any, line: int) -> Word:
    if not isinstance(entry, dict):
        raise BadEntry("wrong_type", _TEXTS)
    if "points" not in entry:
        raise BadEntry("missing_key", "points")
    text = text_of(entry.get("text"))
    ignore = entry.get("ignore", text == IGNORED_TEXT)
    if not isinstance(ignore, bool):
        raise BadEntry("wrong_type", "ignore")
    difficult = entry.get("difficult")
    if not isinstance(difficult, bool | None):
        raise BadEntry("wrong_type", "difficult")
    return make_word(_points(entry["points"]), text, ignore, line, difficult)


def _sequence(label: Mapping[str, Any], key: str) -> Sequence[Any]:
    if key not in label:
        raise BadEntry("missing_key", key)
    values = label[key]
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list | tuple):
        raise BadEntry("wrong_type", key)
    if len(values) > _MAX_WORDS:
        raise BadEntry("label_too_long", str(len(values)))
    return values


def _points(values: Any) -> np.ndarray:
    """(K, 2) float64 out of x1, y1, x2, y2, ... or of pairs."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list | tuple):
        raise BadEntry("wrong_type", type(values).__name__)
    if len(values) > 2 * MAX_POINTS:
        raise BadEntry("too_many_points", str(len(values) // 2))
    if all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in values):
        values = [value for pair in values for value in pair]
    if len(values) % 2:
        raise BadEntry("wrong_type", str(len(values)))
    return np.array([_number(value) for value in values], np.float64).reshape(-1, 2)


def _number(value: Any) -> float:
    """See ``number``; it would write out a list however deep, and read a text however long."""
    if type(value) is float:
        return value
    if not isinstance(value, int | float | str):
        raise BadEntry("not_a_number", type(value).__name__)
    if isinstance(value, str) and len(value) > _MAX_DIGITS:
        raise BadEntry("not_a_number", value[:_MAX_DIGITS])
    return number(value)


def _size_of(label: Mapping[str, Any]) -> tuple[int, int] | None:
    """(height, width) by the label; None where it does not say."""
    size = label.get("size")
    if not isinstance(size, list) or len(size) != 2:
        return None
    height, width = size
    sound = all(type(side) is int and 0 < side <= _MAX_SIDE_PX for side in size)
    return (height, width) if sound else None
