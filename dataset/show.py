"""Training samples drawn for people: each crop, and beside it the maps that go with it.

The pictures speak English, in the few words that OpenCV's letters can write.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

# RGB.  Instances next to each other in the list differ; none is near the red of what is ignored.
INSTANCES = np.array(
    [
        (59, 130, 246), (249, 115, 22), (34, 197, 94), (217, 70, 239), (20, 184, 166),
        (244, 114, 182), (139, 92, 246), (132, 204, 22), (14, 165, 233), (180, 120, 60),
    ],
    np.uint8,
)  # fmt: skip
TEXT, KERNEL, IGNORED = (250, 220, 40), (255, 255, 255), (235, 50, 50)
PAPER, INK = (24, 24, 27), (228, 228, 231)
FILL_OPACITY, HATCH_OPACITY, PHOTO_BRIGHTNESS = 0.55, 0.55, 0.6
HATCH_PX = 4
# A picture's side in pixels, about, and that of a crop in it.
PICTURE_PX, TILE_PX = 3000, (160, 480)
GAP_PX, CAPTION_PX, LEGEND_PX = 8, 24, 36


def draw_samples(items: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """A picture, uint8 (H, W, 3) RGB, of one or more items of a training data set.

    Crops stand in a grid that is about square, each with its maps laid over it on its right.
    """
    side = PICTURE_PX / math.sqrt(2 * len(items))
    crops = [_as_array(item, "imgs").transpose(1, 2, 0) for item in items]
    largest = max(max(crop.shape[:2]) for crop in crops)
    side = min(max(side, TILE_PX[0]), max(TILE_PX[1], largest))
    tiles = [
        _tile(number, item, crop, side / largest)
        for number, (item, crop) in enumerate(zip(items, crops, strict=True), start=1)
    ]
    grid = _grid(tiles)
    legend = _legend(grid.shape[1])
    return np.concatenate([_widened(legend, grid), _widened(grid, legend)])


def count_words(item: Mapping[str, Any]) -> int:
    """How many words of an item are to be learned."""
    return len(np.setdiff1d(_as_array(item, "gt_instances"), 0))


def draw_maps(crop: np.ndarray, item: Mapping[str, Any]) -> np.ndarray:
    """The maps of an item over its crop, uint8 (h, w, 3) RGB, which may have another size.

    The photo turns grey; instances are filled, texts and kernels outlined, and hatched is what
    nothing is learned from.
    """
    size = crop.shape[1], crop.shape[0]
    texts, kernels, masks, instances = (
        cv2.resize(_as_array(item, name).astype(np.int32), size, interpolation=cv2.INTER_NEAREST)
        for name in ("gt_texts", "gt_kernels", "training_masks", "gt_instances")
    )
    grey = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    canvas = (grey * PHOTO_BRIGHTNESS).astype(np.uint8)
    _tint(canvas, instances > 0, INSTANCES[instances % len(INSTANCES)], FILL_OPACITY)
    stripes = np.add.outer(*map(np.arange, masks.shape)) // HATCH_PX % 3 == 0
    _tint(canvas, (masks == 0) & stripes, np.broadcast_to(IGNORED, canvas.shape), HATCH_OPACITY)
    _trace(canvas, masks == 0, IGNORED)
    _trace(canvas, texts > 0, TEXT)
    _trace(canvas, kernels > 0, KERNEL)
    return canvas


def _as_array(item: Mapping[str, Any], name: str) -> np.ndarray:
    return np.asarray(item[name])


def _tint(canvas: np.ndarray, where: np.ndarray, colours: np.ndarray, opacity: float) -> None:
    canvas[where] = (1 - opacity) * canvas[where] + opacity * colours[where]


def _trace(canvas: np.ndarray, where: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw along the edges of an area, just inside of it."""
    outlines, _ = cv2.findContours(where.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, outlines, -1, colour, 1)


def _tile(number: int, item: Mapping[str, Any], crop: np.ndarray, scale: float) -> np.ndarray:
    """A crop, its maps on its right, and a line about it below."""
    width, height = (round(side * scale) for side in crop.shape[1::-1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    crop = cv2.resize(np.ascontiguousarray(crop), (width, height), interpolation=way)
    tile = np.full((height + CAPTION_PX, 2 * width + GAP_PX // 2, 3), PAPER, np.uint8)
    tile[:height, :width] = crop
    tile[:height, -width:] = draw_maps(crop, item)
    ignored = (_as_array(item, "training_masks") == 0).mean()
    about = f"{number}   words: {count_words(item)}   ignored: {ignored:.0%}"
    if item["unreadable"]:
        about = f"{number}   unreadable"
    _write(tile, about, 2, height + CAPTION_PX - 6, 0.5)
    return tile


def _grid(tiles: Sequence[np.ndarray]) -> np.ndarray:
    """Tiles of one size in rows, in as many columns as keep the longer side shortest."""
    height, width = (side + GAP_PX for side in tiles[0].shape[:2])
    columns = min(
        range(1, len(tiles) + 1),
        key=lambda columns: max(columns * width, -(-len(tiles) // columns) * height),
    )
    rows = -(-len(tiles) // columns)
    canvas = np.full((rows * height + GAP_PX, columns * width + GAP_PX, 3), PAPER, np.uint8)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        top, left = row * height + GAP_PX, column * width + GAP_PX
        canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return canvas


def _legend(width: int) -> np.ndarray:
    """A line that shows what each kind of mark means; no wider than it must be."""
    height = LEGEND_PX - 2 * GAP_PX
    nothing = np.zeros((height, 2 * height), np.int32)
    blank = {
        "gt_texts": nothing,
        "gt_kernels": nothing,
        "training_masks": nothing + 1,
        "gt_instances": nothing,
    }
    inner = nothing.copy()
    inner[2:-2, 2:-2] = 1
    samples = {
        "instances, a colour each": {"gt_instances": np.arange(2 * height) // 6 + 1 + nothing},
        "text": {"gt_texts": inner},
        "kernel": {"gt_kernels": inner},
        "ignored: nothing is learned here": {"training_masks": nothing},
    }
    canvas = np.full((LEGEND_PX, max(width, 760), 3), PAPER, np.uint8)
    grey, x = np.full((*nothing.shape, 3), 110, np.uint8), GAP_PX
    for text, maps in samples.items():
        canvas[GAP_PX:-GAP_PX, x : x + 2 * height] = draw_maps(grey, blank | maps)
        x += 2 * height + GAP_PX
        x += _write(canvas, text, x, LEGEND_PX - GAP_PX - 4, 0.5) + 3 * GAP_PX
    return canvas


def _write(canvas: np.ndarray, text: str, x: int, y: int, scale: float) -> int:
    """Write a line that begins at (x, y); gives its width in pixels."""
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1, cv2.LINE_AA)
    return cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0]


def _widened(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The picture on paper that is at least as wide as the other."""
    missing = max(0, other.shape[1] - picture.shape[1])
    return cv2.copyMakeBorder(picture, 0, 0, 0, missing, cv2.BORDER_CONSTANT, value=PAPER)
