"""What the network is to answer: words drawn as maps (FAST, section 3.3 and figure 4).

The kernel of a word is its region eroded by a square.  No map is made for each word: words that lie
clear of one another share a layer, and a layer is eroded at once, for between two such words a
window always finds background.  Pages need one or two layers, so the cost hardly grows with words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from dataset.geometry import shrink
from dataset.labels import Word

KERNEL_RATE = 0.1
# Two outlines this far apart have a pixel of background between them on every path: a path of
# neighbouring pixels steps at most 1.42, and an outline as drawn strays half a pixel on each side.
CLEAR_PX = 3.0
_AXES = 4


@dataclass(frozen=True)
class Targets:
    """The maps of one image, all (H, W).

    gt_texts: uint8, 1 in words.
    gt_kernels: uint8, 1 in the kernels of words.
    training_masks: uint8, 0 where nothing is to be learned (ignored words, outside the photo).
    gt_instances: int32, 0 or the number of the word that is on top, its place in the list from 1.
    num_instances: no number in ``gt_instances`` is larger.
    """

    gt_texts: np.ndarray
    gt_kernels: np.ndarray
    training_masks: np.ndarray
    gt_instances: np.ndarray
    num_instances: int


def draw_targets(words: Sequence[Word], size: tuple[int, int], pooling_size: int = 9) -> Targets:
    """Draw the targets of a whole image of ``size`` (height, width); outside of it is background.

    pooling_size: side of the eroding square in pixels; an even one acts as the next odd one, for
        only those have a pixel in their middle.
    """
    polygons = [np.rint(word.points).astype(np.int32) for word in words]
    numbers = [0 if word.ignore else number for number, word in enumerate(words, start=1)]
    return draw_polygons(polygons, numbers, size, pooling_size)


def draw_polygons(
    polygons: Sequence[np.ndarray],
    numbers: Sequence[int],
    size: tuple[int, int],
    pooling_size: int,
    photo: np.ndarray | None = None,
) -> Targets:
    """Draw polygons (K, 2) int32, each under its number, or as ignored where that is 0.

    photo: given where ``size`` is that of a crop: the (4, 2) corners of the photo, beyond which
        nothing is learned.  Words then go on behind the edges, as they do behind a crop's.
    """
    # Around a crop so many pixels are drawn, and cut off again: its edges erode nothing, and stay
    # free of the line that OpenCV draws along the edge of a map where a polygon crosses it.
    margin = 0 if photo is None else pooling_size // 2 + 1
    height, width = size[0] + 2 * margin, size[1] + 2 * margin
    words = [
        (polygon + np.int32(margin), number)
        for polygon, number in zip(polygons, numbers, strict=True)
        if _touches(polygon, size)
    ]
    caring = [polygon for polygon, number in words if number]
    texts, kernels = _draw_texts_and_kernels(caring, (height, width), pooling_size)
    if photo is None:
        training_masks: np.ndarray = np.ones((height, width), np.uint8)
    else:
        nowhere = np.zeros((height, width), np.uint8)
        training_masks = cv2.fillConvexPoly(nowhere, photo + np.int32(margin), 1)
    gt_instances = np.zeros((height, width), np.int32)
    for polygon, number in words:
        if number:
            cv2.fillPoly(gt_instances, [polygon], number)
        else:
            cv2.fillPoly(training_masks, [polygon], 0)
    inner = np.s_[margin : height - margin, margin : width - margin]
    most = max((number for _, number in words), default=0)
    return Targets(texts[inner], kernels[inner], training_masks[inner], gt_instances[inner], most)


def _touches(polygon: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether the polygon's box has a pixel in a map of ``size``."""
    x, y, width, height = cv2.boundingRect(polygon)
    return x < size[1] and y < size[0] and x + width > 0 and y + height > 0


def _draw_texts_and_kernels(
    polygons: Sequence[np.ndarray], size: tuple[int, int], pooling_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """(texts, kernels), uint8 (H, W): all words, and what is left of each after erosion."""
    texts, kernels, overlaps = np.zeros((3, *size), np.uint8)
    window = np.ones((pooling_size | 1, pooling_size | 1), np.uint8)
    layers = _layers(polygons)
    for layer in layers:
        part, corner = _part_around(layer, size)
        drawing = np.zeros(texts[part].shape, np.uint8)
        cv2.fillPoly(drawing, layer, 1, offset=corner)
        overlaps[part] |= texts[part] & drawing
        texts[part] |= drawing
        eroded = cv2.erode(drawing, window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        cv2.bitwise_or(kernels[part], eroded, dst=kernels[part])
    if overlaps.any():
        around = cv2.dilate(overlaps, np.ones((3, 3), np.uint8))
        cv2.subtract(kernels, around, dst=kernels)
    for layer in layers:
        cv2.fillPoly(kernels, [shrink(polygon, KERNEL_RATE) for polygon in layer], 1)
    return texts, kernels


def _part_around(
    polygons: Sequence[np.ndarray], size: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[int, int]]:
    """The part of a map that holds the polygons, and the (x, y) by which drawing there is moved."""
    points = np.concatenate(polygons)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0) + 1
    top, left = int(np.clip(top, 0, size[0])), int(np.clip(left, 0, size[1]))
    return np.s_[top : max(top, bottom), left : max(left, right)], (-left, -top)


def _layers(polygons: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    """Distribute polygons over layers such that those of a layer lie ``CLEAR_PX`` apart."""
    if not polygons:
        return []
    neighbours: dict[int, list[int]] = {}
    for first, second in _close_pairs(polygons):
        neighbours.setdefault(second, []).append(first)
    layers: list[list[np.ndarray]] = [[]]
    layer_of: list[int] = []
    for index, polygon in enumerate(polygons):
        taken = {layer_of[other] for other in neighbours.get(index, ())}
        free = next(layer for layer in range(len(taken) + 1) if layer not in taken)
        if free == len(layers):
            layers.append([])
        layers[free].append(polygon)
        layer_of.append(free)
    return layers


def _close_pairs(polygons: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, of polygons between which no straight gap of ``CLEAR_PX`` was found."""
    corners = _stacked(polygons)
    first, second = _pairs_of_close_boxes(corners.min(axis=0), corners.max(axis=0))
    if not len(first):
        return []
    axes = _normals(corners)
    clear = _clear_across(corners, axes, first, second) | _clear_across(
        corners, axes, second, first
    )
    first, second = first[~clear], second[~clear]
    pairs = np.minimum(first, second).tolist(), np.maximum(first, second).tolist()
    return list(zip(*pairs, strict=True))


def _stacked(polygons: Sequence[np.ndarray]) -> np.ndarray:
    """The polygons as one array (K, N, 2) float32; shorter ones repeat their last corner."""
    most = max(map(len, polygons))
    if any(len(polygon) < most for polygon in polygons):
        polygons = [np.pad(one, ((0, most - len(one)), (0, 0)), "edge") for one in polygons]
    # Corners first: numpy takes extremes over a leading axis many times faster than over a last.
    return np.array(polygons, np.float32).transpose(1, 0, 2).copy()


def _pairs_of_close_boxes(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first, second), (P,) each: the boxes low..high (N, 2) less than ``CLEAR_PX`` apart."""
    order = np.argsort(low[:, 1])
    low, high = low[order], high[order]
    # From top to bottom, the boxes that begin before a box ends follow it directly.
    ends = np.searchsorted(low[:, 1], high[:, 1] + CLEAR_PX)
    begins = np.arange(1, len(order) + 1)
    counts = np.maximum(ends - begins, 0)
    first = np.repeat(begins - 1, counts)
    second = np.arange(len(first)) + np.repeat(begins - (np.cumsum(counts) - counts), counts)
    gap = np.maximum(low[first, 0] - high[second, 0], low[second, 0] - high[first, 0])
    close = gap < CLEAR_PX
    return order[first[close]], order[second[close]]


def _normals(corners: np.ndarray) -> np.ndarray:
    """(A, N, 2): unit vectors across the longest edges of each polygon."""
    edges = np.roll(corners, -1, axis=0) - corners
    lengths = np.hypot(edges[..., 0], edges[..., 1])
    longest = np.argsort(-lengths, axis=0)[:_AXES]
    edges = np.take_along_axis(edges, longest[..., None], axis=0)
    lengths = np.take_along_axis(lengths, longest, axis=0)
    return np.stack([-edges[..., 1], edges[..., 0]], axis=-1) / np.maximum(lengths, 1e-6)[..., None]


def _clear_across(
    corners: np.ndarray, axes: np.ndarray, own: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """(P,) bool: along an axis of polygon ``own``, ``other`` lies ``CLEAR_PX`` before or behind."""
    places = _along(corners, axes)
    low, high = places.min(axis=0)[:, own], places.max(axis=0)[:, own]
    seen = _along(corners[:, other], axes[:, own])
    gap = np.maximum(seen.min(axis=0) - high, low - seen.max(axis=0))
    return (gap >= CLEAR_PX).any(axis=0)


def _along(corners: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """(K, A, N): where the corners (K, N, 2) lie along the axes (A, N, 2)."""
    return corners[:, None, :, 0] * axes[..., 0] + corners[:, None, :, 1] * axes[..., 1]
