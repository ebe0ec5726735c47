"""Colours of drawn text: letters, their outlines and shadows, the boards that they stand on."""

from dataclasses import dataclass

import cv2
import numpy as np

from dataset.sample_backgrounds import random_colour, smooth_noise
from dataset.synthetic_shape import Place
from dataset.synthetic_text import Sheet

Rng = np.random.Generator
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
# Hues that signs are painted in, as red, green, blue, and how often.
_SIGN_COLOURS = np.array(
    [
        (200, 30, 35), (225, 70, 25), (245, 195, 30), (20, 110, 60), (60, 150, 60), (25, 75, 160),
        (20, 35, 85), (60, 150, 210), (110, 60, 35), (110, 25, 60), (235, 225, 200),
        (150, 150, 150),
    ],
    np.float32,
)  # fmt: skip
_SIGN_SHARES = (0.2, 0.07, 0.13, 0.1, 0.06, 0.15, 0.08, 0.05, 0.05, 0.03, 0.05, 0.03)
# Of all text, the share that is too faint to be read.
_FAINT = 0.05


@dataclass(frozen=True)
class Painted:
    """A sheet in colour, with room around it.

    layers: (h, w, 4) uint8, RGB and how opaque it is.  ink: (h, w) uint8, of the letters alone.
    """

    layers: np.ndarray
    ink: np.ndarray


Padding = tuple[int, int, int, int]


def paint_sheet(
    rng: Rng, sheet: Sheet, pad: Padding, behind: np.ndarray, on_board: bool
) -> Painted:
    """Choose colours and draw the sheet in them.

    pad: see ``choose_padding``.  behind: (K, 3) uint8, colours of the scene where it will be.
    """
    left, top, right, bottom = pad
    ink = cv2.copyMakeBorder(sheet.ink, top, bottom, left, right, cv2.BORDER_CONSTANT, value=0)
    faint = rng.random() < _FAINT
    if on_board:
        canvas, cover, ground = _board(rng, ink.shape, behind)
        if rng.random() < 0.25:
            _emblem(rng, canvas, ground, pad, sheet)
        level, unrest = float(ground @ LUMINANCE), 0.0
    else:
        levels = behind @ LUMINANCE
        level, unrest = float(levels.mean()), float(levels.std())
        canvas, cover = np.zeros((*ink.shape, 3), np.uint8), np.zeros_like(ink)
    letters = contrasting(rng, level, behind, faint)
    if not faint and rng.random() < (0.1 if on_board else 0.15 + unrest / 80):
        edge = contrasting(rng, float(letters @ LUMINANCE), behind, faint=False)
        around = _edge(rng, ink, sheet.letter_px)
        canvas = _laid_over(canvas, edge, around) if on_board else _flat(ink.shape, edge)
        cover = np.maximum(cover, around)
    elif not on_board:
        canvas = _flat(ink.shape, letters)
    canvas = _laid_over(canvas, letters, ink)
    if len(sheet.bands) > 1 and rng.random() < 0.2:
        colour = contrasting(rng, level, behind, faint=False)
        _recolour_band(rng, canvas, ink, sheet, pad, colour)
    opaque = ink if on_board or rng.random() < 0.6 else _worn(rng, ink)
    cover = np.maximum(cover, opaque)
    return Painted(np.dstack([canvas, cover]), ink)


def _sign_colour(rng: Rng) -> np.ndarray:
    """(3,) float32: one of the colours that signs have, faded or brightened a little."""
    colour = _SIGN_COLOURS[int(rng.choice(len(_SIGN_COLOURS), p=_SIGN_SHARES))]
    colour = colour * rng.uniform(0.75, 1.15) + rng.normal(0, 10, 3)
    return (colour + (150 - colour) * rng.uniform(0, 0.3)).clip(0, 255).astype(np.float32)


def contrasting(rng: Rng, ground: float, behind: np.ndarray, faint: bool) -> np.ndarray:
    """(3,) float32: a colour that stands out from the luminance ``ground``, or hardly if ``faint``.

    Its hue comes from the scene now and then, as where two signs share their colours; signs are
    black or white most often.
    """
    step = rng.uniform(4, 20) if faint else rng.uniform(55, 235)
    darker = ground - step >= 0 and (ground + step > 255 or rng.random() < 0.5)
    target = float(np.clip(ground + (-step if darker else step), 0, 255))
    kind = rng.random()
    if kind < 0.55:
        colour = np.full(3, target, np.float32) + rng.normal(0, 6, 3).astype(np.float32)
    elif kind < 0.65:
        colour = behind[int(rng.integers(len(behind)))].astype(np.float32) + 1
    else:
        colour = _sign_colour(rng) if kind < 0.95 else random_colour(rng, (60, 255), vivid=0.6)
    colour = np.clip(colour * target / max(1.0, float(colour @ LUMINANCE)), 0, 255)
    # A vivid colour can be too dark for its target once clipped: white is mixed in.
    colour += (255 - colour) * max(0.0, target - float(colour @ LUMINANCE)) / 255
    return colour.clip(0, 255).astype(np.float32)


def choose_padding(rng: Rng, sheet: Sheet, on_board: bool) -> Padding:
    """How much room there is left of, above, right of and below the words, in pixels."""
    around = int(np.ceil(sheet.letter_px * 0.3)) + 2
    if not on_board:
        return (around,) * 4
    wide, high = (sheet.letter_px * rng.uniform(0.25, 1.1, 2)).astype(int) + 2
    extra = (sheet.letter_px * rng.uniform(0, 3, 2) * (rng.random(2) < 0.25)).astype(int)
    return int(wide + extra[0]), int(high), int(wide + extra[1]), int(high)


def _flat(shape: tuple[int, ...], colour: np.ndarray) -> np.ndarray:
    return np.full((*shape, 3), colour.astype(np.uint8))


def _laid_over(canvas: np.ndarray, colour: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """One colour over the canvas (h, w, 3) uint8, where ``cover`` (h, w) uint8 is 255."""
    weight = cover.astype(np.float32) * np.float32(1 / 255)
    return cv2.blendLinear(canvas, _flat(cover.shape, colour), 1 - weight, weight)


def _edge(rng: Rng, ink: np.ndarray, letter_px: float) -> np.ndarray:
    """An outline around the letters, a shadow beside them, or a glow: (h, w) uint8."""
    thick = max(1, round(letter_px * rng.uniform(0.04, 0.12)))
    kind = rng.random()
    if kind < 0.45:
        window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * thick + 1, 2 * thick + 1))
        return cv2.dilate(ink, window)
    angle = rng.uniform(0, 2 * np.pi)
    shift = np.array([[1, 0, thick * np.cos(angle)], [0, 1, thick * np.sin(angle)]], np.float32)
    shadow = cv2.warpAffine(ink, shift, ink.shape[::-1])
    if kind < 0.7:  # letters that stand out from the wall
        return np.maximum(shadow, cv2.warpAffine(ink, shift * [[1, 1, 0.5]], ink.shape[::-1]))
    return cv2.GaussianBlur(shadow, (0, 0), max(0.6, thick * rng.uniform(0.4, 1.2)))


def _worn(rng: Rng, ink: np.ndarray) -> np.ndarray:
    """Paint that the wall shows through, evenly or in patches."""
    noise = smooth_noise(rng, (ink.shape[0], ink.shape[1]), rng.uniform(2, 12))
    left = np.clip(rng.uniform(0.75, 1.0) + noise * rng.uniform(0, 0.18), 0.35, 1)
    return (ink * left).astype(np.uint8)


def _board(
    rng: Rng, shape: tuple[int, ...], behind: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A sign board in colour, how opaque it is (round at its corners), and its colour."""
    kind = rng.random()
    if kind < 0.3:  # white, black and what lies between
        colour = np.full(3, rng.choice((rng.uniform(200, 255), rng.uniform(5, 70))), np.float32)
        colour = (colour + rng.normal(0, 6, 3)).clip(0, 255).astype(np.float32)
    elif kind < 0.4:
        colour = behind[int(rng.integers(len(behind)))].astype(np.float32)
    else:
        colour = _sign_colour(rng) if kind < 0.92 else random_colour(rng, (20, 255), vivid=0.5)
    height, width = shape[:2]
    ramp = np.linspace(rng.uniform(0.85, 1), rng.uniform(0.85, 1), height, dtype=np.float32)
    light = ramp[:, None] + smooth_noise(rng, (height, width), max(shape) / 2) * rng.uniform(
        0, 0.08
    )
    board = (light[..., None] * colour).clip(0, 255).astype(np.uint8)
    thick = max(1, int(height * rng.uniform(0.02, 0.07)))
    if rng.random() < 0.25:
        frame = tuple(map(float, random_colour(rng, (5, 255), vivid=0.3)))
        inset = int(rng.integers(0, thick + 1))
        cv2.rectangle(board, (inset, inset), (width - 1 - inset, height - 1 - inset), frame, thick)
    if rng.random() < 0.15:
        stripe = tuple(map(float, _sign_colour(rng)))
        cv2.rectangle(board, (0, height - thick), (width, height), stripe, -1)
    cover = np.full(
        (height, width), 255 if rng.random() < 0.85 else int(rng.integers(150, 255)), np.uint8
    )
    if rng.random() < 0.25:
        _round_corners(cover, int(height * rng.uniform(0.08, 0.5)))
    return board, cover, colour


def _round_corners(cover: np.ndarray, radius: int) -> None:
    height, width = cover.shape
    radius = min(radius, width // 2)
    opaque = int(cover[0, 0])
    cover[:] = 0
    cv2.rectangle(cover, (radius, 0), (width - 1 - radius, height - 1), opaque, -1)
    cv2.rectangle(cover, (0, radius), (width - 1, height - 1 - radius), opaque, -1)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(cover, (x, y), radius, opaque, -1, cv2.LINE_AA)


def _emblem(rng: Rng, canvas: np.ndarray, ground: np.ndarray, pad: Padding, sheet: Sheet) -> None:
    """A disc, an arrow or a figure beside the words, where the board has room for it."""
    radius = int(min(sheet.letter_px * 0.6, (max(pad[0], pad[2]) - 3) / 2))
    if radius < 3:
        return
    x = pad[0] // 2 if pad[0] > pad[2] else canvas.shape[1] - pad[2] // 2
    y = pad[1] + int(sheet.letter_px / 2)
    colour = tuple(map(float, contrasting(rng, float(ground @ LUMINANCE), ground[None], False)))
    kind = rng.integers(3)
    if kind == 0:
        cv2.circle(canvas, (x, y), radius, colour, int(rng.choice((-1, 2))), cv2.LINE_AA)
    elif kind == 1:
        angle = rng.integers(8) * np.pi / 4
        reach = np.array([np.cos(angle), np.sin(angle)]) * radius
        middle = np.array([x, y])
        ends = np.rint([middle - reach, middle + reach]).astype(int).tolist()
        thick = max(1, radius // 4)
        cv2.arrowedLine(canvas, ends[0], ends[1], colour, thick, cv2.LINE_AA, 0, 0.45)
    else:
        corners = np.array([x, y]) + rng.normal(0, radius * 0.5, (6, 2)).clip(-radius, radius)
        cv2.fillPoly(canvas, [np.rint(corners).astype(np.int32)], colour, cv2.LINE_AA)


def _recolour_band(
    rng: Rng,
    canvas: np.ndarray,
    ink: np.ndarray,
    sheet: Sheet,
    pad: Padding,
    colour: np.ndarray,
) -> None:
    """One line in another colour."""
    start, end = (
        sheet.bands[int(rng.integers(len(sheet.bands)))] + pad[0 if sheet.upright else 1]
    ).tolist()
    part = np.s_[:, max(start, 0) : end] if sheet.upright else np.s_[max(start, 0) : end]
    canvas[part] = _laid_over(np.ascontiguousarray(canvas[part]), colour, ink[part])


def put_up(canvas: np.ndarray, ink_map: np.ndarray, painted: Painted, place: Place) -> None:
    """Draw a painted sheet into the scene, and its letters into the map of all ink.

    canvas: (H, W, 3) uint8.  ink_map: (H, W) uint8.  place: of the painted sheet.
    """
    outline = place.border()
    height, width = ink_map.shape
    left, top = np.maximum(np.floor(outline.min(axis=0)).astype(int), 0).tolist()
    right, bottom = np.minimum(
        np.ceil(outline.max(axis=0)).astype(int) + 1, (width, height)
    ).tolist()
    if right <= left or bottom <= top:
        return
    box = left, top, right, bottom
    warped = place.warp(painted.layers, box)
    part = canvas[top:bottom, left:right]
    weight = warped[..., 3].astype(np.float32) * np.float32(1 / 255)
    above = np.ascontiguousarray(warped[..., :3])
    part[:] = cv2.blendLinear(np.ascontiguousarray(part), above, 1 - weight, weight)
    seen = ink_map[top:bottom, left:right]
    # What stands behind a board is not seen.
    seen[:] = cv2.multiply(seen, 1 - weight, dtype=cv2.CV_8U)
    np.maximum(seen, place.warp(painted.ink, box), out=seen)
