"""Draws photos with text, endlessly and without files: what a detector is pretrained on.

A picture depends on a random generator alone, and on the fonts of the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from dataset.images import Photo, list_image_names
from dataset.labels import IGNORED_TEXT, Word
from dataset.synthetic_camera import Camera
from dataset.synthetic_fonts import Face, load_faces
from dataset.synthetic_paint import choose_padding, paint_sheet, put_up
from dataset.synthetic_scene import add_distractors, add_wires, draw_scene
from dataset.synthetic_shape import Place, box_outline, choose_bend, look_at
from dataset.synthetic_text import Sheet, write_sheet
from runtime.messages import UserError

Rng = np.random.Generator
# Of whatever is drawn: another number draws other pictures from the same seed.
VERSION = 1
# Ranges of the height of capitals in pixels, with the share of the signs that have it.
HEIGHTS_PX = ((6.0, 16.0), (12.0, 36.0), (30.0, 90.0), (80.0, 200.0))
_HEIGHT_SHARES = (0.42, 0.36, 0.17, 0.05)
# What is smaller or fainter on the finished photo cannot be read.
READABLE_PX = 6.0
READABLE_CONTRAST = 13.0
_GRID_PX = 4
# How thick outlines of letters are, of the letters' height.
_OUTLINE = 0.08
# Outlines of bent words have as many points as keep them this near to the curve.
_NEAR_PX, _MOST_POINTS = 0.7, 33


@dataclass(frozen=True)
class Stock:
    """What is drawn with.

    fonts: a folder, or None for the fonts of the system.
    backgrounds: a folder of photos without text, or None for drawn scenes.
    empty: share of the pictures without text.
    """

    fonts: str | None = None
    backgrounds: str | None = None
    empty: float = 0.08

    def check(self) -> None:
        """Raises UserError for a folder without fonts or photos."""
        load_faces(self.fonts)
        if self.backgrounds is not None:
            _photos_in(self.backgrounds)

    def identity(self) -> list[str]:
        """All that a picture depends on besides the seed."""
        faces = sorted(Path(face.path).name for face in load_faces(self.fonts))
        photos = [] if self.backgrounds is None else _photos_in(self.backgrounds)
        return [f"version {VERSION}", f"empty {self.empty}", *faces, "photos", *photos]


@lru_cache(maxsize=4)
def _photos_in(folder: str) -> tuple[str, ...]:
    path = Path(folder)
    names = list_image_names(path, or_below=True) if path.is_dir() else []
    if not names:
        raise UserError("synthetic.no_backgrounds", path=path.absolute())
    return tuple(names)


def draw_photo(rng: Rng, size: tuple[int, int], stock: Stock) -> tuple[np.ndarray, list[Word]]:
    """One picture, uint8 (height, width, 3) RGB, and its words.

    Outlines are clockwise from the top left of the text and may reach beyond the picture's edges.
    What nobody can read is marked as ignored, and its text is ``###``.
    """
    canvas = _background(rng, size, stock)
    camera = Camera.random(rng)
    words, ink = [], np.zeros(size, np.uint8)
    if rng.random() >= stock.empty:
        words = write_on(rng, canvas, ink, np.zeros(size, np.uint8), stock, _how_many(rng))
    add_wires(rng, canvas)
    photo = camera.photograph(rng, canvas)
    return photo, judge(photo, ink, words, camera)


def _how_many(rng: Rng) -> int:
    return int(rng.choice((1, 2, 4, 7, 11, 18), p=(0.08, 0.12, 0.24, 0.26, 0.18, 0.12)))


def _background(rng: Rng, size: tuple[int, int], stock: Stock) -> np.ndarray:
    if stock.backgrounds is None:
        canvas = np.ascontiguousarray(draw_scene(rng, size))
        add_distractors(rng, canvas)
        return canvas
    names = _photos_in(stock.backgrounds)
    photo = Photo.open(Path(stock.backgrounds) / names[int(rng.integers(len(names)))])
    zoom = max(size[0] / photo.size[0], size[1] / photo.size[1]) * rng.uniform(1.0, 1.8)
    reduction = next(
        (r for r in (8, 4, 2) if r * zoom <= 1 and not (photo.size[0] % r or photo.size[1] % r)), 1
    )
    pixels = photo.pixels(reduction)
    zoom *= reduction
    shift = rng.uniform(0, 1, 2) * (np.array(size[::-1]) - zoom * np.array(pixels.shape[1::-1]))
    matrix = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
    canvas = cv2.warpAffine(
        pixels, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return cv2.flip(canvas, 1) if rng.random() < 0.5 else canvas


@dataclass(frozen=True)
class Drawn:
    """A word in the picture.  points: (K, 2) float32.  letter_px: height of its capitals there."""

    points: np.ndarray
    text: str
    letter_px: float


def write_on(
    rng: Rng,
    canvas: np.ndarray,
    ink: np.ndarray,
    taken: np.ndarray,
    stock: Stock,
    num_sheets: int,
) -> list[Drawn]:
    """Draw signs where nothing is yet; gives their words.

    canvas: (H, W, 3) uint8.  ink: (H, W) uint8, where letters are drawn too.
    taken: (H, W) uint8, 1 where no sign may be.
    """
    faces = load_faces(stock.fonts)
    size = ink.shape
    grid = cv2.resize(
        taken * np.uint8(255),
        (size[1] // _GRID_PX + 1, size[0] // _GRID_PX + 1),
        interpolation=cv2.INTER_AREA,
    )
    grid = cv2.dilate((grid > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
    words: list[Drawn] = []
    for _ in range(num_sheets):
        words += _write_sign(rng, canvas, ink, grid, faces)
    return words


def _write_sign(
    rng: Rng, canvas: np.ndarray, ink: np.ndarray, grid: np.ndarray, faces: Sequence[Face]
) -> list[Drawn]:
    size = ink.shape
    low, high = HEIGHTS_PX[int(rng.choice(len(HEIGHTS_PX), p=_HEIGHT_SHARES))]
    letter_px = float(
        np.exp(rng.uniform(np.log(low), np.log(min(high, max(low + 1, 0.4 * min(size))))))
    )
    sheet = write_sheet(rng, faces, letter_px, rng.uniform(0.25, 0.95) * max(size))
    if not sheet.texts:
        return []
    on_board = bool(rng.random() < 0.55)
    pad = choose_padding(rng, sheet, on_board)
    left, top, right, bottom = pad
    shape = sheet.ink.shape[0] + top + bottom, sheet.ink.shape[1] + left + right
    bend = choose_bend(rng, shape, sheet.letter_px)
    place = _find_place(rng, look_at(rng, bend, sheet.enlarge), grid, size)
    if place is None:
        return []
    painted = paint_sheet(rng, sheet, pad, _colours_at(canvas, place), on_board)
    put_up(canvas, ink, painted, place)
    return _words_of(sheet, place, (left, top), size)


def _colours_at(canvas: np.ndarray, place: Place) -> np.ndarray:
    """(20, 3) uint8: the colours of the scene where a sheet will be."""
    outline, (height, width) = place.border(), canvas.shape[:2]
    left, top = np.clip(outline.min(axis=0), 0, (width - 2, height - 2)).astype(int)
    right, bottom = np.clip(outline.max(axis=0), (left + 1, top + 1), (width, height)).astype(int)
    part = canvas[top:bottom, left:right]
    return cv2.resize(part, (5, 4), interpolation=cv2.INTER_AREA).reshape(-1, 3)


def _find_place(rng: Rng, place: Place, grid: np.ndarray, size: tuple[int, ...]) -> Place | None:
    """The sheet put where it fits, made smaller where it must; None where the picture is full."""
    outline = place.border()
    room = np.array(size[::-1], np.float64) - 4
    extent = outline.max(axis=0) - outline.min(axis=0)
    if (extent > room).any():
        place = place.scaled(float((room / extent).min()))
        outline = place.border()
    low = outline.min(axis=0)
    free = room - (outline.max(axis=0) - low)
    cut = rng.random() < 0.1  # as if it went on beyond the picture
    for _ in range(8):
        spot = rng.uniform(-0.15, 1.15, 2) if cut else rng.uniform(0, 1, 2)
        offset = spot * free + 2 - low
        cells = np.rint((outline + offset) / _GRID_PX).astype(np.int32)
        shape = np.zeros_like(grid)
        cv2.fillPoly(shape, [cells], 1)
        cv2.polylines(shape, [cells], True, 1)
        if not (shape & grid).any():
            np.maximum(grid, shape, out=grid)
            return place.shifted(offset)
    return None


def _words_of(
    sheet: Sheet, place: Place, offset: tuple[int, int], size: tuple[int, ...]
) -> list[Drawn]:
    """The outlines of a sheet's words in the picture; those beyond its edges are left out."""
    found = []
    for box, text in zip(sheet.boxes, sheet.texts, strict=True):
        box = box + np.tile(offset, 2)
        outline = _outline(place, box)
        low, high = outline.min(axis=0), outline.max(axis=0)
        if (high < 1).any() or (low > np.array(size[::-1]) - 2).any():
            continue
        area = max(1.0, float((box[2] - box[0]) * (box[3] - box[1])))
        scale = np.sqrt(cv2.contourArea(outline) / area)
        found.append(Drawn(outline, text, float(sheet.letter_px * scale)))
    return found


def _outline(place: Place, box: np.ndarray) -> np.ndarray:
    """(K, 2) float32: a box of the sheet as it is in the picture; four corners where it is flat."""
    if place.bend.is_flat:
        return place.move(box_outline(box, 2)).astype(np.float32)
    per_side = 4
    while True:
        # Every second point of the finer outline lies between two of the coarser one.
        fine = place.move(box_outline(box, 2 * per_side - 1)).reshape(2, -1, 2)
        coarse = fine[:, ::2]
        off = fine[:, 1::2] - (coarse[:, 1:] + coarse[:, :-1]) / 2
        if np.hypot(off[..., 0], off[..., 1]).max() < _NEAR_PX or per_side >= _MOST_POINTS:
            return coarse.reshape(-1, 2).astype(np.float32)
        per_side = 2 * per_side - 1


def judge(
    photo: np.ndarray, ink: np.ndarray, words: Sequence[Drawn], camera: Camera | None
) -> list[Word]:
    """Mark what cannot be read on the finished photo: too small, too blurred, or too faint.

    ink: (H, W) uint8, where the letters were drawn.
    """
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    blur_px = 0.0 if camera is None else camera.blur_px
    judged = []
    for number, word in enumerate(words, start=1):
        faint = _contrast(grey, ink, word) < READABLE_CONTRAST
        hidden = faint or word.letter_px < READABLE_PX + 1.5 * blur_px
        text = IGNORED_TEXT if hidden else word.text
        judged.append(Word(word.points, text, bool(hidden), number))
    return judged


def _contrast(grey: np.ndarray, ink: np.ndarray, word: Drawn) -> float:
    """How far the letters of a word differ from what is around them, 0..255.

    Their outlines and the ground beyond are looked at one by one: of light ones on dark ground the
    mean may well be that of the letters.
    """
    low = np.maximum(np.floor(word.points.min(axis=0)).astype(int) - 1, 0)
    high = np.ceil(word.points.max(axis=0)).astype(int) + 2
    part = np.s_[low[1] : high[1], low[0] : high[0]]
    letters = ink[part]
    reach = 2 * max(1, round(word.letter_px * _OUTLINE)) + 1
    near = cv2.dilate(letters, np.ones((reach, reach), np.uint8))
    levels = [_mean(grey[part], where) for where in (letters, near - letters, 255 - near)]
    in_letters, *around = levels
    if in_letters is None:
        return 0.0
    return max((abs(in_letters - level) for level in around if level is not None), default=0.0)


def _mean(levels: np.ndarray, weights: np.ndarray) -> float | None:
    """The weighted mean of (h, w) uint8; None where all the weights together are below a pixel."""
    total = float(weights.sum())
    return None if total < 255 else float((levels.astype(np.float32) * weights).sum()) / total
