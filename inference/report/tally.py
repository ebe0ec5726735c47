"""Words and detections counted by what they are like; each table adds up to the totals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dataset.images import test_size
from inference.report.confidence import Interval, rate_intervals
from inference.report.errors import IGNORED, RIGHT, ImageErrors
from inference.report.shapes import Shape, shape_of


@dataclass(frozen=True)
class Dimension:
    """Something to sort by.

    edges: bucket i holds values from edges[i - 1] to below edges[i]; one more holds what is not
        known.  whole: the values are numbers of things.
    """

    name: str
    edges: tuple[float, ...]
    unit: str = ""
    whole: bool = False

    def places(self, values: np.ndarray) -> np.ndarray:
        """The bucket of each value."""
        known = ~np.isnan(values)
        return np.where(known, np.digitize(values, self.edges), len(self.edges) + 1)

    def labels(self) -> list[str]:
        """What each bucket but the last holds."""
        first, last = f"< {self.edges[0]:g}{self.unit}", f"≥ {self.edges[-1]:g}{self.unit}"
        if self.whole and self.edges[0] == 1:
            first = "0"
        return [first, *(self._between(*pair) for pair in pairwise(self.edges)), last]

    def _between(self, low: float, high: float) -> str:
        if not self.whole:
            return f"{low:g}–{high:g}{self.unit}"
        return f"{low:g}" if high - low == 1 else f"{low:g}–{high - 1:g}"


DIMENSIONS = (
    Dimension("height", (6, 8, 12, 16, 24, 32, 48), " px"),
    Dimension("height_photo", (8, 12, 16, 24, 32, 48, 96), " px"),
    Dimension("aspect", (0.67, 1.5, 2.5, 4, 6, 10)),
    Dimension("angle", (3, 10, 20, 45, 70), "°"),
    Dimension("density", (1, 2, 5, 10, 20, 50), whole=True),
    Dimension("border", (1, 8, 32, 96), " px"),
)


@dataclass(frozen=True, eq=False)
class Boxes:
    """The words, or the detections, of all images that count.

    image: (N,) the number of its image.  fate: (N,) what became of it.
    values: by the name of a Dimension, (N,) float64, not a number where it is not known.
    """

    image: np.ndarray
    fate: np.ndarray
    values: dict[str, np.ndarray]

    @property
    def right(self) -> np.ndarray:
        return self.fate == RIGHT


@dataclass(frozen=True)
class Bucket:
    """right: of ``total`` so many were found, or were right; interval: of their share."""

    label: str
    total: int
    right: int
    interval: Interval | None

    @property
    def rate(self) -> float:
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True)
class Table:
    """One Dimension; buckets that nothing is in are left out."""

    dimension: Dimension
    buckets: tuple[Bucket, ...]

    @property
    def total(self) -> int:
        return sum(bucket.total for bucket in self.buckets)

    @property
    def right(self) -> int:
        return sum(bucket.right for bucket in self.buckets)

    @property
    def rate(self) -> float:
        return self.right / self.total if self.total else 0.0


def collect_boxes(images: Sequence[ImageErrors], short_size: int) -> tuple[Boxes, Boxes]:
    """All words and all detections that count.

    short_size: see ``test_size``; tells how large the network saw them.
    """
    words, detections = _Rows(), _Rows()
    for number, image in enumerate(images):
        density = sum(fate != IGNORED for fate in image.word_fates)
        scale = network_scale(image.size, short_size)
        for word, fate in zip(image.words, image.word_fates, strict=True):
            words.add(number, fate, shape_of(word.points, image.size), scale, density)
        for one, fate in zip(image.detections, image.detection_fates, strict=True):
            detections.add(number, fate, shape_of(one.points, image.size), scale, density)
    return words.boxes(), detections.boxes()


def network_scale(size: tuple[int, int], short_size: int) -> float:
    """Pixels of the network's input for each of the photo; not a number without a photo."""
    if not all(size):
        return math.nan
    height, width = test_size(*size, short_size)
    return math.sqrt(height / size[0] * width / size[1])


class _Rows:
    """Grows by a box at a time."""

    def __init__(self) -> None:
        self.images: list[int] = []
        self.fates: list[str] = []
        self.values: list[tuple[float, ...]] = []

    def add(self, image: int, fate: str, shape: Shape, scale: float, density: int) -> None:
        """A box, unless it is ignored; scale: of ``network_scale``; density: words in its image."""
        if fate == IGNORED:
            return
        self.images.append(image)
        self.fates.append(fate)
        height_px, aspect, angle_deg, border_px = shape
        seen_px, border_px = height_px * scale, border_px * scale
        self.values.append((seen_px, height_px, aspect, angle_deg, density, border_px))

    def boxes(self) -> Boxes:
        values = np.array(self.values, np.float64).reshape(-1, len(DIMENSIONS))
        by_name = {one.name: values[:, place] for place, one in enumerate(DIMENSIONS)}
        return Boxes(np.array(self.images, np.int64), np.array(self.fates, object), by_name)


def sort_into_tables(boxes: Boxes, num_images: int, unknown: str) -> list[Table]:
    """A table for each Dimension.  unknown: what the bucket without a value is called."""
    labels = [[*dimension.labels(), unknown] for dimension in DIMENSIONS]
    right = boxes.right
    totals, hits = [], []
    for dimension, names in zip(DIMENSIONS, labels, strict=True):
        places = dimension.places(boxes.values[dimension.name])
        totals.append(_counts(boxes.image, places, num_images, len(names)))
        hits.append(_counts(boxes.image[right], places[right], num_images, len(names)))
    # All at once: drawing the images takes longer than adding up what is in them.
    intervals = iter(rate_intervals(np.concatenate(hits, axis=1), np.concatenate(totals, axis=1)))
    tables = []
    for dimension, names, total, hit in zip(DIMENSIONS, labels, totals, hits, strict=True):
        columns = names, total.sum(axis=0).tolist(), hit.sum(axis=0).tolist()
        buckets = [
            Bucket(name, of_all, found, next(intervals))
            for name, of_all, found in zip(*columns, strict=True)
        ]
        tables.append(Table(dimension, tuple(bucket for bucket in buckets if bucket.total)))
    return tables


def _counts(image: np.ndarray, place: np.ndarray, images: int, places: int) -> np.ndarray:
    """(images, places) int64: how many boxes of each image are in each place."""
    flat = np.bincount(image * places + place, minlength=images * places)
    return flat.reshape(images, places)


def weak_spots(tables: Sequence[Table], most: int = 3) -> list[tuple[Table, Bucket]]:
    """The buckets that are surely worse than all together, those that cost most first."""
    surely = [
        (table, bucket)
        for table in tables
        for bucket in table.buckets
        if bucket.interval and bucket.interval.high < table.rate
    ]
    surely.sort(key=lambda spot: (spot[1].rate - spot[0].rate) * spot[1].total)
    return surely[:most]
