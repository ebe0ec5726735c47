"""What is wrong with the words of one image: pure functions of points, texts and the image's size.

Points are (x, y) in pixels, sizes (height, width).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from dataset.geometry import intersection_area, polygon_area
from dataset.labels import Word

# Labelling tools set corners on the edge, or a pixel behind it.
EDGE_TOLERANCE_PX = 2.0
# Edges that cross by less are an effect of rounding.
CROSSING_PX = 0.5
HUGE_SHARE = 0.9
OVERLAP_IOU = 0.5
# Of the smaller of two words, or of a readable word under an ignored one.
COVERED_SHARE = 0.8
# Crossings cost the square of the number of points; no outline drawn by hand has as many.
_MOST_POINTS = 500
_PAIR_ROWS = 256
# A word this many windows thick keeps a kernel whichever way it is turned.
_SURELY_THICK = 1.6


@dataclass(frozen=True)
class Flaw:
    """Something wrong with words.

    kind: a key of ``findings.KINDS``.  words: places in the image's list, the offender first.
    about: see ``Finding``.
    """

    kind: str
    words: tuple[int, ...]
    about: Mapping[str, Any] = field(default_factory=dict)


def check_words(
    words: Sequence[Word], size: tuple[int, int], short_size: int, pooling_size: int
) -> list[Flaw]:
    """Everything that is wrong with the words of an image of ``size``.

    short_size, pooling_size: see ``TextDataset``; they decide which words are too small.
    """
    if not words:
        return []
    scale = short_size / min(size)
    return [
        *places_beyond(words, size),
        *crossing_outlines(words),
        *huge_boxes(words, size),
        *overlaps(words),
        *tiny_words(words, scale, pooling_size),
        *texts_missing(words),
    ]


def extents(words: Sequence[Word]) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest x, y of each word, (W, 2) each."""
    points = np.concatenate([word.points for word in words])
    starts = np.cumsum([0, *(len(word.points) for word in words[:-1])])
    return np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)


def places_beyond(words: Sequence[Word], size: tuple[int, int]) -> Iterator[Flaw]:
    """Words that lie outside, or reach beyond an edge by more than rounding explains."""
    low, high = extents(words)
    end = np.array(size[::-1])
    outside = (high < 0).any(axis=1) | (low >= end).any(axis=1)
    negative = (low < -EDGE_TOLERANCE_PX).any(axis=1) & ~outside
    beyond = (high > end + EDGE_TOLERANCE_PX).any(axis=1) & ~outside & ~negative
    masks = {"outside": outside, "negative_coordinate": negative, "partly_outside": beyond}
    for kind, mask in masks.items():
        for word in np.flatnonzero(mask).tolist():
            corners = [*low[word].tolist(), *high[word].tolist()]
            span = ", ".join(f"{value:g}" for value in corners)
            yield Flaw(kind, (word,), {"box": span, "width": size[1], "height": size[0]})


def crossing_outlines(words: Sequence[Word]) -> Iterator[Flaw]:
    """Words whose edges cross: bow ties of four points, and longer outlines."""
    of_length: dict[int, list[int]] = {}
    for place, word in enumerate(words):
        of_length.setdefault(len(word.points), []).append(place)
    for length, places in sorted(of_length.items()):
        if not 4 <= length <= _MOST_POINTS:
            continue
        step = max(1, 1_000_000 // length**2)
        for start in range(0, len(places), step):
            some = places[start : start + step]
            crosses = edges_cross(np.stack([words[place].points for place in some]))
            for place in np.flatnonzero(crosses).tolist():
                yield Flaw(crossing_kind(length), (some[place],))


def crossing_kind(num_points: int) -> str:
    return "bow_tie" if num_points == 4 else "self_intersecting"


def edges_cross(outlines: np.ndarray) -> np.ndarray:
    """(N,) bool: two edges of an outline (N, K, 2) cross by more than ``CROSSING_PX``."""
    corners = np.asarray(outlines, np.float64)
    edges = np.roll(corners, -1, axis=1) - corners
    lengths = np.maximum(np.hypot(edges[..., 0], edges[..., 1]), 1e-9)
    ahead = corners[:, :, None] - corners[:, None]
    # distance[n, i, j]: how far corner i lies to the left of the line through edge j.
    distance = edges[:, None, :, 0] * ahead[..., 1] - edges[:, None, :, 1] * ahead[..., 0]
    distance /= lengths[:, None]
    following = np.roll(distance, -1, axis=1)
    apart = np.minimum(np.abs(distance), np.abs(following)) > CROSSING_PX
    straddles = (distance * following < 0) & apart
    return (straddles & straddles.transpose(0, 2, 1)).any(axis=(1, 2))


def huge_boxes(words: Sequence[Word], size: tuple[int, int]) -> Iterator[Flaw]:
    """Words that cover nearly the whole image."""
    low, high = extents(words)
    seen = np.clip(high, 0, size[::-1]) - np.clip(low, 0, size[::-1])
    share = seen.prod(axis=1) / (size[0] * size[1])
    for place in np.flatnonzero(share > HUGE_SHARE).tolist():
        covered = min(share[place], polygon_area(words[place].points) / (size[0] * size[1]))
        if covered > HUGE_SHARE:
            yield Flaw("huge_box", (place,), {"percent": round(100 * covered)})


def overlaps(words: Sequence[Word]) -> Iterator[Flaw]:
    """Words that are there twice, and words that lie heavily on one another.

    Two ignored words may overlap as they like: nothing is learned from either.
    """
    first_of: dict[bytes, int] = {}
    unique = []
    for place, word in enumerate(words):
        key = whichever_way_round(word.points)
        first = first_of.setdefault(key, place)
        if first == place:
            unique.append(place)
        else:
            yield Flaw("duplicate_box", (place, first), {"other": words[first].line})
    areas = np.array([polygon_area(words[place].points) for place in unique])
    low, high = extents([words[place] for place in unique])
    ignore = np.array([words[place].ignore for place in unique])
    for first, second in zip(*_pairs_in_question(low, high, areas, ignore), strict=True):
        flaw = _overlap(words, unique[first], unique[second], areas[first], areas[second])
        if flaw:
            yield flaw


def whichever_way_round(points: np.ndarray) -> bytes:
    """The corners to a whole pixel, the same wherever the outline begins and however it runs."""
    whole = np.rint(points).astype(np.int64)
    return whole[np.lexsort(whole.T)].tobytes()


def _pairs_in_question(
    low: np.ndarray, high: np.ndarray, areas: np.ndarray, ignore: np.ndarray
) -> tuple[list[int], list[int]]:
    """Pairs (first < second) whose boxes have enough in common for their outlines to."""
    first, second = [], []
    for start in range(0, len(low), _PAIR_ROWS):
        rows = slice(start, start + _PAIR_ROWS)
        side = np.minimum(high[rows, None], high) - np.maximum(low[rows, None], low)
        common = np.maximum(side, 0).prod(axis=2)
        smaller = np.minimum(areas[rows, None], areas)
        close = (common >= OVERLAP_IOU * smaller) & ~(ignore[rows, None] & ignore)
        i, j = np.nonzero(np.triu(close, k=1 + start))
        first += (i + start).tolist()
        second += j.tolist()
    return first, second


def _overlap(
    words: Sequence[Word], first: int, second: int, first_area: float, second_area: float
) -> Flaw | None:
    common = intersection_area(words[first].points, words[second].points)
    if words[first].ignore != words[second].ignore:
        hidden, above = (second, first) if words[first].ignore else (first, second)
        share = common / max(second_area if words[first].ignore else first_area, 1e-9)
        if share < COVERED_SHARE:
            return None
        about = {"percent": round(100 * share), "other": words[above].line}
        return Flaw("under_ignored", (hidden, above), about)
    share = common / max(min(first_area, second_area), 1e-9)
    iou = common / max(first_area + second_area - common, 1e-9)
    if iou < OVERLAP_IOU and share < COVERED_SHARE:
        return None
    about = {"percent": round(100 * share), "other": words[first].line}
    return Flaw("overlapping_boxes", (second, first), about)


def tiny_words(words: Sequence[Word], scale: float, pooling_size: int) -> Iterator[Flaw]:
    """One flaw for all words of which the eroding window leaves nothing at this scale.

    scale: pixels of the training image per pixel of the photo.
    """
    thickness = {
        place: scale * min(cv2.minAreaRect(word.points)[1])
        for place, word in enumerate(words)
        if not word.ignore
    }
    tiny = [
        place
        for place, thick in sorted(thickness.items(), key=lambda pair: pair[1])
        if (thick < _SURELY_THICK * pooling_size or len(words[place].points) > 4)
        and kernel_vanishes(words[place].points * scale, pooling_size)
    ]
    if tiny:
        yield Flaw(
            "tiny_text",
            tuple(tiny),
            {"count": len(tiny), "thickness": round(thickness[tiny[0]], 1)},
        )


def kernel_vanishes(points: np.ndarray, pooling_size: int) -> bool:
    """Whether erosion by the window leaves nothing of a word (K, 2), as targets are drawn."""
    side = pooling_size | 1
    polygon = np.rint(points).astype(np.int32)
    low = polygon.min(axis=0) - 1
    width, height = (polygon.max(axis=0) - low + 2).tolist()
    drawing = np.zeros((height, width), np.uint8)
    cv2.fillPoly(drawing, [polygon - low], 1)
    eroded = cv2.erode(
        drawing, np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    return not eroded.any()


def texts_missing(words: Sequence[Word]) -> Iterator[Flaw]:
    """Words without a text that are not marked as ignored; and images of ignored words alone."""
    empty = tuple(place for place, word in enumerate(words) if not word.text and not word.ignore)
    if empty:
        yield Flaw("empty_text", empty, {"count": len(empty)})
    if all(word.ignore for word in words):
        yield Flaw("all_ignored", tuple(range(len(words))), {"count": len(words)})
