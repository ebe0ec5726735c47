"""What the coordinates of many boxes together say about how they were meant.

One box proves nothing: it may lie anywhere.  When most boxes of an image make no sense as read, and
nearly all of them do when read in another way, they were meant in that other way.
"""

from collections.abc import Sequence

import numpy as np

from dataset.doctor.word_checks import extents
from dataset.labels import Word

COUNTS = ("boxes", "beyond", "turned", "upright", "reversed", "sums", "overrun", "differences")
# How far behind an edge, as a share of the side, a box may reach and still fit.
SLACK = 0.02
FEWEST_BOXES = 3
FEWEST_UPRIGHT = 5
SENSELESS = 0.3
NEARLY_ALL = 0.95


def count_frames(words: Sequence[Word], size: tuple[int, int]) -> np.ndarray:
    """(8,) int64, one number for each of COUNTS, for an image of ``size`` (height, width).

    beyond: boxes whose middle lies outside.  turned: boxes that would fit the image laid on its
    side.  upright: boxes of four corners along the axes; of these, with the first corner a and the
    one across from it b: reversed, b lies left of a or above it; sums, (a, a + b) fits; overrun,
    b lies outside; differences, b - a lies right of a and below, and fits.
    """
    counts = np.zeros(len(COUNTS), np.int64)
    if not words:
        return counts
    low, high = extents(words)
    end = np.array(size[::-1], np.float64)
    middle = (low + high) / 2
    counts[0] = len(words)
    counts[1] = ((middle < 0) | (middle > end)).any(axis=1).sum()
    counts[2] = (_fits(high, end[::-1]) & _fits(-low, 0 * end + SLACK * end.min())).sum()
    quads = [word.points for word in words if len(word.points) == 4]
    if not quads:
        return counts
    corners = np.stack(quads).astype(np.float64)
    corners = corners[_is_upright(corners)]
    a, b = corners[:, 0], corners[:, 2]
    counts[3] = len(corners)
    counts[4] = (b < a).any(axis=1).sum()
    counts[5] = (_fits(a + b, end) & (b > 0).all(axis=1)).sum()
    counts[6] = (~_fits(b, end)).sum()
    counts[7] = (_fits(b - a, end) & (b - a > a).all(axis=1)).sum()
    return counts


def _fits(points: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.all(points <= end * (1 + SLACK), axis=1)


def _is_upright(corners: np.ndarray) -> np.ndarray:
    """(N,) bool: the quads (N, 4, 2) have their edges along the axes, corner by corner."""
    edges = np.abs(np.roll(corners, -1, axis=1) - corners)
    across, along = edges[:, 0::2], edges[:, 1::2]
    flat_first = (across[..., 1] == 0).all(axis=1) & (along[..., 0] == 0).all(axis=1)
    steep_first = (across[..., 0] == 0).all(axis=1) & (along[..., 1] == 0).all(axis=1)
    return flat_first | steep_first


def drawn_on_its_side(counts: np.ndarray) -> bool:
    """Whether the boxes of one image were drawn on it turned by a quarter.

    For photos that a camera marked as turned: there, one box that fits only so is enough.
    """
    count = dict(zip(COUNTS, counts.tolist(), strict=True))
    return count["beyond"] > 0 and count["turned"] == count["boxes"]


def meant_otherwise(counts: np.ndarray) -> str:
    """The kind of mistake that the counts of an image, or the sums over a data set, show; or ""."""
    count = dict(zip(COUNTS, counts.tolist(), strict=True))
    boxes, upright = count["boxes"], count["upright"]
    if (
        boxes >= FEWEST_BOXES
        and count["beyond"] >= max(2, SENSELESS * boxes)
        and count["turned"] >= NEARLY_ALL * boxes
    ):
        return "swapped_xy"
    if upright < FEWEST_UPRIGHT or upright < NEARLY_ALL * boxes:
        return ""
    if count["reversed"] >= SENSELESS * upright and count["sums"] >= NEARLY_ALL * upright:
        return "xywh_as_corners"
    if count["overrun"] >= SENSELESS * upright and count["differences"] >= NEARLY_ALL * upright:
        return "corners_as_xywh"
    return ""
