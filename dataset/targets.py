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
    margin = 0 if photo is None else pooling_size // 2 + 1
    words = [
        (polygon, number)
        for polygon, number in zip(polygons, numbers, strict=True)
        if _touches(polygon, size)
    ]
    texts, kernels = _draw_layers(
        [polygon for polygon, number in words if number], size, pooling_size, margin
    )
    if photo is None:
        training_masks: np.ndarray = np.ones(size, np.uint8)
    else:
        training_masks = cv2.fillConvexPoly(np.zeros(size, np.uint8), photo, 1)
    gt_instances = np.zeros(size, np.int32)
    for polygon, number in words:
        if number:
            cv2.fillPoly(gt_instances, [polygon], number)
        else:
            cv2.fillPoly(training_masks, [polygon], 0)
    most = max((number for _, number in words), default=0)
    return Targets(texts, kernels, training_masks, gt_instances, most)


def _touches(polygon: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether the polygon's box has a pixel in a map of ``size``."""
    x, y, width, height = cv2.boundingRect(polygon)
    return x < size[1] and y < size[0] and x + width > 0 and y + height > 0


def _draw_layers(
    polygons: Sequence[np.ndarray], size: tuple[int, int], pooling_size: int, margin: int
) -> tuple[np.ndarray, np.ndarray]:
    """(texts, kernels) of the words, uint8 (H, W).

    margin: how many pixels around ``size`` are drawn too, so that its edges erode nothing.
    """
    height, width = size
    texts = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    kernels = np.zeros_like(texts)
    overlaps = np.zeros_like(texts)
    window = np.ones((pooling_size | 1, pooling_size | 1), np.uint8)
    layers = _layers([polygon + np.int32(margin) for polygon in polygons])
    for layer in layers:
        part, corner = _part_around(layer, texts.shape)
        drawing = np.zeros(texts[part].shape, np.uint8)
        if not drawing.size:
            continue
        cv2.fillPoly(drawing, layer, 1, offset=corner)
        overlaps[part] |= texts[part] & drawing
        texts[part] |= drawing
        kernels[part] |= cv2.erode(drawing, window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    if overlaps.any():
        kernels = cv2.subtract(kernels, cv2.dilate(overlaps, np.ones((3, 3), np.uint8)))
    for layer in layers:
        cv2.fillPoly(kernels, [shrink(polygon, KERNEL_RATE) for polygon in layer], 1)
    inner = np.s_[margin : margin + height, margin : margin + width]
    return np.ascontiguousarray(texts[inner]), np.ascontiguousarray(kernels[inner])


def _part_around(
    polygons: Sequence[np.ndarray], size: tuple[int, ...]
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
    points = _padded(polygons)
    low, high = points.min(axis=1), points.max(axis=1)
    apart = (low[:, None] - high[None] >= CLEAR_PX).any(axis=-1)
    first, second = np.nonzero(np.triu(~(apart | apart.T), k=1))
    if not len(first):
        return []
    axes = _normals(points)
    close = ~(_gap_across(points, axes, first, second) | _gap_across(points, axes, second, first))
    return list(zip(first[close].tolist(), second[close].tolist(), strict=True))


def _padded(polygons: Sequence[np.ndarray]) -> np.ndarray:
    """The polygons as one array (N, K, 2) float32; shorter ones repeat their last corner."""
    most = max(map(len, polygons))
    if all(len(polygon) == most for polygon in polygons):
        return np.array(polygons, np.float32)
    rows = [np.pad(polygon, ((0, most - len(polygon)), (0, 0)), "edge") for polygon in polygons]
    return np.array(rows, np.float32)


def _normals(points: np.ndarray) -> np.ndarray:
    """(N, A, 2): unit vectors across the longest edges of each polygon."""
    edges = np.roll(points, -1, axis=1) - points
    lengths = np.linalg.norm(edges, axis=-1)
    longest = np.argsort(-lengths, axis=1)[:, :_AXES, None]
    edges = np.take_along_axis(edges, longest, axis=1)
    lengths = np.take_along_axis(lengths[..., None], longest, axis=1)
    return np.stack([-edges[..., 1], edges[..., 0]], axis=-1) / np.maximum(lengths, 1e-6)


def _gap_across(
    points: np.ndarray, axes: np.ndarray, own: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """(P,) bool: seen along an axis of ``own``, polygon ``other`` begins past ``own``'s end."""
    places = np.einsum("nkc,nac->nak", points, axes)
    low, high = places.min(axis=-1)[own], places.max(axis=-1)[own]
    seen = np.einsum("pkc,pac->pak", points[other], axes[own])
    gap = np.maximum(seen.min(axis=-1) - high, low - seen.max(axis=-1))
    return (gap >= CLEAR_PX).any(axis=-1)
