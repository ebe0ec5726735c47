"""Precision and recall of detections, by the protocols that published figures use.

A protocol is a function and a row in ``PROTOCOLS``.  It gets the polygons found and the words
labelled, image by image, and decides itself how images add up.  Every image counts, also one
without detections, and whatever is found or labelled gives figures from 0 to 1, never an error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dataset.geometry import intersection_area, polygon_area
from dataset.labels import Word
from runtime.messages import UserError

MATCH_IOU = 0.5
IGNORED_SHARE = 0.5
# Rounding must never make a bounding box reject a pair that the exact areas would accept.
_SLACK = 1 + 1e-9


@dataclass(frozen=True)
class ImageScore:
    """One image.

    pairs: (index of the word, index of the detection) of each match, in the order of the words.
    dropped: indices of the detections that lie in ignored words and so count neither way.
    num_truths, num_detections: how many are left to count.
    precision, recall: of this image alone; recall is 1 where there is no word to find, and
        precision is then 1 if nothing was found.
    """

    precision: float
    recall: float
    hmean: float
    pairs: tuple[tuple[int, int], ...]
    dropped: tuple[int, ...]
    num_truths: int
    num_detections: int


@dataclass(frozen=True)
class Score:
    """All images; the fractions are 0 where they have no denominator.

    num_truths, num_detections: those that count, without ignored words and what lies in them.
    """

    precision: float
    recall: float
    hmean: float
    matched: int
    num_truths: int
    num_detections: int
    images: tuple[ImageScore, ...]


def score(
    detections: Sequence[Sequence[np.ndarray]],
    truths: Sequence[Sequence[Word]],
    protocol: str = "icdar2015",
) -> Score:
    """Score detections against labelled words.

    detections: for each image its polygons (K, 2), x then y in the pixels in which the words are.
    truths: for each image, in the same order, its words.
    """
    if protocol not in PROTOCOLS:
        raise UserError("score.unknown_protocol", name=protocol, known=", ".join(PROTOCOLS))
    if len(detections) != len(truths):
        raise ValueError(f"{len(detections)} images of detections, {len(truths)} of words")
    return PROTOCOLS[protocol](detections, truths)


def icdar2015(
    detections: Sequence[Sequence[np.ndarray]], truths: Sequence[Sequence[Word]]
) -> Score:
    """ICDAR 2015, Incidental Scene Text: one word, one detection, IoU over one half.

    Matches of all images are divided by all words and by all detections that count.
    """
    images = tuple(map(_score_image, detections, truths))
    matched = sum(len(image.pairs) for image in images)
    num_truths = sum(image.num_truths for image in images)
    num_detections = sum(image.num_detections for image in images)
    precision = matched / num_detections if num_detections else 0.0
    recall = matched / num_truths if num_truths else 0.0
    return Score(
        precision,
        recall,
        harmonic_mean(precision, recall),
        matched,
        num_truths,
        num_detections,
        images,
    )


PROTOCOLS: dict[
    str, Callable[[Sequence[Sequence[np.ndarray]], Sequence[Sequence[Word]]], Score]
] = {"icdar2015": icdar2015}


def harmonic_mean(precision: float, recall: float) -> float:
    """2 p r / (p + r), and 0 where both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def _score_image(detections: Sequence[np.ndarray], words: Sequence[Word]) -> ImageScore:
    """Match first come, first served: words in file order, for each the detections in theirs."""
    found = [np.asarray(points, np.float64) for points in detections]
    labelled = [word.points.astype(np.float64) for word in words]
    found_areas = np.array([polygon_area(points) for points in found])
    areas = np.array([polygon_area(points) for points in labelled])
    overlap = _box_overlap(labelled, found)  # never less than the common area
    ignored = np.array([word.ignore for word in words], bool)

    # A polygon without area lies in nothing, and its overlap is never worth a look.
    perhaps_inside = (overlap * _SLACK > IGNORED_SHARE * found_areas) & (found_areas > 0)
    dropped = {
        int(d)
        for w, d in zip(*np.nonzero(perhaps_inside & ignored[:, None]), strict=True)
        if intersection_area(labelled[w], found[d]) / found_areas[d] > IGNORED_SHARE
    }
    # I / (A + B - I) > t is the same as I > t / (1 + t) * (A + B).
    least = MATCH_IOU / (1 + MATCH_IOU) * (areas[:, None] + found_areas)
    perhaps_match = (overlap * _SLACK > least) & ~ignored[:, None]
    pairs: dict[int, int] = {}
    taken = set(dropped)
    for w, d in zip(*(axis.tolist() for axis in np.nonzero(perhaps_match)), strict=True):
        if w in pairs or d in taken:
            continue
        common = intersection_area(labelled[w], found[d])
        union = areas[w] + found_areas[d] - common  # below 0 for some that cross themselves
        if union != 0 and common / union > MATCH_IOU:
            pairs[w] = d
            taken.add(d)
    return _image_score(pairs, dropped, int((~ignored).sum()), len(found) - len(dropped))


def _image_score(
    pairs: dict[int, int], dropped: set[int], num_truths: int, num_detections: int
) -> ImageScore:
    if num_truths:
        recall = len(pairs) / num_truths
        precision = len(pairs) / num_detections if num_detections else 0.0
    else:
        recall, precision = 1.0, float(num_detections == 0)
    return ImageScore(
        precision,
        recall,
        harmonic_mean(precision, recall),
        tuple(pairs.items()),
        tuple(sorted(dropped)),
        num_truths,
        num_detections,
    )


def _box_overlap(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> np.ndarray:
    """(len(a), len(b)): common area of the upright bounding boxes of each pair of polygons."""
    a_low, a_high = _bounds(a)
    b_low, b_high = _bounds(b)
    sides = np.minimum(a_high[:, None], b_high) - np.maximum(a_low[:, None], b_low)
    return sides.clip(min=0).prod(axis=2)


def _bounds(polygons: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest x, y of each polygon, (N, 2) both; a polygon without corners is at 0."""
    corners = [points if len(points) else np.zeros((1, 2)) for points in polygons]
    low = np.array([points.min(axis=0) for points in corners]).reshape(-1, 2)
    high = np.array([points.max(axis=0) for points in corners]).reshape(-1, 2)
    return low, high
