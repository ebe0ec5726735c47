"""From logits to words: kernels are found, grown back to words, scored and outlined (FAST, 3.2).

The network is trained on kernels, words eroded by a square of ``pooling_size`` pixels; growing by
the same square undoes that.  No map here is as fine as the image where a coarser one says the
same, each is made once for an image, and a word costs as much as the rows that it covers.

A network that has not been trained for long draws its kernels too large, and those of neighbours
touch.  With a ``kernel_score`` above 0.5 they come apart, with a ``kernel_stride`` below 4 the gap
need not be as wide as a pixel of the network's output, and a larger ``pooling_size`` makes up for
what is cut off.

NumPy and OpenCV do all of it: PyTorch's logits and those of an exported model take the same way,
and nothing here needs PyTorch to be installed.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from runtime.messages import UserError

if TYPE_CHECKING:
    from torch import Tensor

Size = tuple[int, int]
STRIDE = 4  # pixels of the network's input for each pixel of its output
KERNEL_STRIDES = (1, 2, 4)
# Half a gigabyte of maps.  Kernels of larger images are looked for in larger pixels.
MOST_KERNEL_PIXELS = 16_000_000


@dataclass(frozen=True, eq=False)
class Detection:
    """One word found.

    points: (K, 2) int32, x then y in pixels of the original image: four corners of a rectangle, or
        a contour.  They may lie outside the image.
    score: mean text probability, 0..1.
    """

    points: np.ndarray
    score: float


class Region(NamedTuple):
    """A word as a set of cells: those labelled so, rows ``first_run`` to before ``end_run``."""

    label: int
    first_run: int
    end_run: int
    area_px: int
    score: float


@dataclass(frozen=True, eq=False)
class Regions:
    """The words of one image on a grid of cells, before they are outlined.

    labels: (rows, columns) float32, for each cell the word that covers it; 0 is background.
    row_edges, column_edges: cell i covers pixels edges[i] to before edges[i + 1] of the network's
        input.
    runs: (R, 3) row, first column and column after the last, of each stretch of cells in one row
        that belong to one word; those of a word stand together.
    scale: (x, y) factors from the network's input to the original image.
    """

    labels: np.ndarray
    row_edges: np.ndarray
    column_edges: np.ndarray
    runs: np.ndarray
    words: list[Region]
    scale: tuple[float, float]


def find_text(
    logits: "Tensor", sizes: Sequence[tuple[Size, Size]], test_cfg: Mapping[str, Any]
) -> list[list[Detection]]:
    """Words of each image of a batch.

    logits: (N, C, h, w), any device and float type; channel 0 is the kernel logit.
    sizes: for each image (height, width) of the network's input and (height, width) of the
        original image, in whose pixels the words are given.
    test_cfg: ``min_score`` and ``min_area`` (in pixels of the network's input), below which words
        are dropped; ``bbox_type`` 'rect' (default) or 'poly'; ``pooling_size`` (default 9);
        ``kernel_score`` (default 0.5), the probability above which a pixel belongs to a kernel, so
        that a ``min_score`` below it drops nothing; ``kernel_stride`` (default 4), the side in
        pixels of the input of each pixel in which kernels are looked for, see ``enlarge``.

    Words come in the order in which OpenCV numbers their kernels.
    """
    return outline_text(find_regions(logits, sizes, test_cfg), test_cfg)


def find_regions(
    logits: "Tensor", sizes: Sequence[tuple[Size, Size]], test_cfg: Mapping[str, Any]
) -> list[Regions]:
    """First half of ``find_text``: kernels grown, scored and filtered."""
    return regions_of_kernels(logits[:, 0].detach().float().cpu().numpy(), sizes, test_cfg)


def regions_of_kernels(
    kernels: Iterable[np.ndarray], sizes: Sequence[tuple[Size, Size]], test_cfg: Mapping[str, Any]
) -> list[Regions]:
    """``find_regions`` for kernel logits as arrays, float32 (h, w) each."""
    return [
        _regions_of_image(kernel, *size, test_cfg)
        for kernel, size in zip(kernels, sizes, strict=True)
    ]


def outline_text(regions: Sequence[Regions], test_cfg: Mapping[str, Any]) -> list[list[Detection]]:
    """Second half of ``find_text``: regions to polygons in the original image."""
    bbox_type = test_cfg.get("bbox_type", "rect")
    if bbox_type not in OUTLINES:
        raise UserError("find.unknown_bbox_type", name=bbox_type, known=", ".join(OUTLINES))
    outline = OUTLINES[bbox_type]
    # The cast truncates towards zero, as published results were made.
    return [
        [
            Detection((polygon * image.scale).astype(np.int32), word.score)
            for polygon, word in zip(outline(image), image.words, strict=True)
        ]
        for image in regions
    ]


def _regions_of_image(
    kernel: np.ndarray, input_size: Size, original_size: Size, test_cfg: Mapping[str, Any]
) -> Regions:
    height, width = input_size
    stride = usable_stride(input_size, test_cfg)
    kernel = enlarge(kernel, input_size, stride)
    radius_px = test_cfg.get("pooling_size", 9) // 2
    numbered = number_kernels(kernel, kernel_threshold(test_cfg))
    labels, scores = grow(*numbered, radius_px, stride)
    row_edges = _cell_edges(height, kernel.shape[0], radius_px, stride)
    column_edges = _cell_edges(width, kernel.shape[1], radius_px, stride)
    scale = original_size[1] / width, original_size[0] / height

    runs, run_labels, run_areas, run_scores = _runs(labels, scores, row_edges, column_edges)
    first = np.flatnonzero(np.diff(run_labels, prepend=0))
    if not len(first):
        return Regions(labels, row_edges, column_edges, runs, [], scale)
    end = np.append(first[1:], len(runs))
    areas = np.add.reduceat(run_areas, first)
    means = np.add.reduceat(run_scores, first) / areas
    kept = (areas >= test_cfg["min_area"]) & (means >= test_cfg["min_score"])
    fields = (part[kept].tolist() for part in (run_labels[first], first, end, areas, means))
    words = list(map(Region, *fields))
    return Regions(labels, row_edges, column_edges, runs, words, scale)


def usable_stride(input_size: Size, test_cfg: Mapping[str, Any]) -> int:
    """``kernel_stride``, doubled until the map has no more than MOST_KERNEL_PIXELS."""
    stride: int = test_cfg.get("kernel_stride", STRIDE)
    while stride < STRIDE and input_size[0] * input_size[1] > MOST_KERNEL_PIXELS * stride**2:
        stride *= 2
    return stride


def enlarge(kernel: np.ndarray, input_size: Size, stride: int) -> np.ndarray:
    """Kernel logits (h, w) with a pixel for each ``stride`` x ``stride`` pixels of the input.

    Bilinear between the pixels' middles; a map that has this size already stays as it is.
    """
    columns, rows = max(1, input_size[1] // stride), max(1, input_size[0] // stride)
    if kernel.shape == (rows, columns):
        return kernel
    return cv2.resize(kernel, (columns, rows), interpolation=cv2.INTER_LINEAR)


def kernel_threshold(test_cfg: Mapping[str, Any]) -> float:
    """The logit that a kernel's pixels exceed: that of the probability ``kernel_score``."""
    least = test_cfg.get("kernel_score", 0.5)
    return math.log(least / (1 - least))


def number_kernels(kernel: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Connected kernels (8 neighbours) and their probabilities, of logits ``kernel`` (h, w).

    threshold: the logit that a kernel's pixels exceed.
    Gives (numbers from 1, probabilities), both (h, w) float32 and 0 in the background.
    """
    inside = kernel > threshold
    _, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    scores = np.zeros_like(kernel)
    scores[inside] = 1 / (1 + np.exp(-kernel[inside]))
    return labels.astype(np.float32), scores


def grow(
    labels: np.ndarray, scores: np.ndarray, radius_px: int, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give each pixel of the input the largest number and probability within ``radius_px``.

    So the larger number wins where two words meet, also over the other's own kernel.  Both maps
    (h, w) have cells of ``stride`` x ``stride`` pixels; the grown ones have the cells of
    ``_cell_offsets``.

    Published FAST takes windows of ``pooling_size // 2 + 1`` cells of 2 x 2 pixels.  For pooling
    sizes 5, 9 and 13 that is this very map.  For 7, 11 and 15 its windows are even, which moves and
    stretches words by up to a pixel; here they grow as much in total and evenly to all sides.
    """
    grown_labels, grown_scores = (
        _grow_along(_grow_along(cells, radius_px, stride, axis=0), radius_px, stride, axis=1)
        for cells in (labels, scores)
    )
    return grown_labels, grown_scores


def _grow_along(cells: np.ndarray, radius_px: int, stride: int, axis: int) -> np.ndarray:
    """The same along one axis, whose length is multiplied by the number of cells in a stride."""
    grown = []
    for start, end in pairwise(_cell_offsets(radius_px, stride)):
        before, after = (radius_px - start + stride - 1) // stride, (end - 1 + radius_px) // stride
        size, centre = (before + 1 + after, 1), (0, before)  # a column's height, its x and y
        if axis == 1:
            size, centre = size[::-1], centre[::-1]
        grown.append(cv2.dilate(cells, np.ones(size, np.uint8), anchor=centre))
    shape = list(cells.shape)
    shape[axis] *= len(grown)
    return np.stack(grown, axis=axis + 1).reshape(shape)


def _cell_offsets(radius_px: int, stride: int) -> list[int]:
    """Where a stretch of ``stride`` pixels is cut so that each part has the same pixels in reach.

    What lies within ``radius_px`` changes at that distance from the border of a stretch: of 4
    pixels, 9 and 17 need no cut, 5 and 13 one in the middle, 7, 11 and 15 two.
    """
    return sorted({0, radius_px % stride, -radius_px % stride, stride})


def _cell_edges(pixels: int, stretches: int, radius_px: int, stride: int) -> np.ndarray:
    """First pixel of each cell and, last, the number of pixels.

    Inputs are multiples of 4; any other is covered evenly, as by nearest-neighbour enlargement.
    """
    offsets = np.array(_cell_offsets(radius_px, stride)[:-1])
    starts = (stride * np.arange(stretches)[:, None] + offsets).ravel()
    return -(-np.append(starts, stride * stretches) * pixels // (stride * stretches))  # ceil


def _runs(
    labels: np.ndarray, scores: np.ndarray, row_edges: np.ndarray, column_edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Stretches of one label within a row, by label and then row.

    Gives runs (R, 3) as in ``Regions``; their labels; their areas in pixels; the sums of their
    pixels' scores.
    """
    flat = np.pad(labels, ((0, 0), (0, 1))).ravel()  # a column of background ends each row
    change = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    start, end = change[flat[change] > 0], change[flat[change - 1] > 0]
    if flat[0] > 0:
        start = np.append(0, start)
    run_labels = flat[start].astype(np.int64)
    row, first = np.divmod(start, labels.shape[1] + 1)
    runs = np.stack([row, first, first + end - start], axis=1)

    heights = np.diff(row_edges)[row]
    areas = heights * (column_edges[runs[:, 2]] - column_edges[first])
    inside = labels > 0
    weighted = scores[inside] * np.broadcast_to(np.diff(column_edges), labels.shape)[inside]
    begin = np.cumsum(end - start) - (end - start)
    sums = heights * np.add.reduceat(weighted, begin, dtype=np.float64) if len(begin) else areas
    order = np.argsort(run_labels, kind="stable")
    return runs[order], run_labels[order], areas[order], sums[order]


def smallest_rectangles(regions: Regions) -> list[np.ndarray]:
    """Corners (4, 2) of the smallest rectangle round each word's pixels, in the network's input.

    Sides are scaled by (area of the word / area of the rectangle) ** (1/4): half-way, by the
    geometric mean, to a rectangle with the area of the word.
    """
    row, start, end = regions.runs.T
    left, right = regions.column_edges[start], regions.column_edges[end] - 1
    top, bottom = regions.row_edges[row], regions.row_edges[row + 1] - 1
    # The first and last pixel of the top and bottom row of each run span all of it.
    extremes = np.array([left, top, right, top, left, bottom, right, bottom], np.int32)
    extremes = np.ascontiguousarray(extremes.T).reshape(-1, 2)
    rectangles = []
    for word in regions.words:
        pixels = extremes[4 * word.first_run : 4 * word.end_run]
        centre, (width, height), angle = cv2.minAreaRect(pixels)
        flat = width * height == 0
        stretch = 1.0 if flat else (word.area_px / (width * height)) ** 0.25
        rectangles.append(cv2.boxPoints((centre, (width * stretch, height * stretch), angle)))
    return rectangles


def largest_contours(regions: Regions) -> list[np.ndarray]:
    """Outer contour (K, 2) of each word, of its largest piece where another word cuts it up."""
    contours = []
    for word in regions.words:
        row, start, end = regions.runs[word.first_run : word.end_run].T
        rows, columns = slice(row.min(), row.max() + 1), slice(start.min(), end.max())
        mask = (regions.labels[rows, columns] == word.label).astype(np.uint8)
        mask = mask.repeat(np.diff(regions.row_edges)[rows], axis=0)
        mask = mask.repeat(np.diff(regions.column_edges)[columns], axis=1)
        corner = regions.column_edges[columns.start], regions.row_edges[rows.start]
        pieces, _ = cv2.findContours(
            mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=tuple(map(int, corner))
        )
        contours.append(max(pieces, key=cv2.contourArea)[:, 0])
    return contours


OUTLINES: dict[str, Callable[[Regions], list[np.ndarray]]] = {
    "rect": smallest_rectangles,
    "poly": largest_contours,
}
