"""Words laid out on a flat sheet: lines, columns of Hangul, arcs and waves; ink and outlines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset.synthetic_fonts import CAPITALS, Face, render
from dataset.synthetic_words import LATIN_FALLBACK, draw_text

Rng = np.random.Generator
# Sheets are written no larger than this, in pixels of capitals, and enlarged when they are put up.
LARGEST_WRITTEN_PX = 80.0
# Sizes that text is written in, so that words come out of the cache of ``render`` now and then.
_SIZES_PX = np.unique(np.rint(7 * 1.12 ** np.arange(25)).astype(int))
_MARGIN_PX = 0.5


@dataclass(frozen=True)
class Sheet:
    """Text before it is put into a scene.

    ink: (h, w) uint8, 255 where letters are.
    boxes: (W, 4) float32, left, top, right, bottom of each word's ink in it.
    texts: of each word.  bands: (L, 2) int, the rows or columns of each line.
    letter_px: height of its capitals.  enlarge: by how much it was meant to be larger.
    upright: whether the words stand in columns.
    """

    ink: np.ndarray
    boxes: np.ndarray
    texts: tuple[str, ...]
    bands: np.ndarray
    letter_px: float
    enlarge: float
    upright: bool = False


@dataclass(frozen=True)
class _Style:
    """How a sheet is written.  tracking: more room between letters, of their height."""

    face: Face
    size_px: int
    stroke_px: int
    tracking: float
    stacked: bool

    @property
    def letter_px(self) -> float:
        return self.size_px * CAPITALS


@dataclass(frozen=True)
class _Piece:
    """A word's mask and where it stands; x and y in pixels from where its line or column begins."""

    mask: np.ndarray
    x: float
    y: float


def write_sheet(rng: Rng, faces: Sequence[Face], letter_px: float, room_px: float) -> Sheet:
    """One word to a dozen, in one font.

    letter_px: about how tall capitals are to be.  room_px: the longest that a line may be.
    """
    style, enlarge = _choose_style(rng, faces, letter_px)
    plan = rng.choice(4, p=(0.34, 0.3, 0.24, 0.12))  # a word, a line, some lines, small print
    num_lines = (1, 1, int(rng.integers(2, 5)), int(rng.integers(4, 9)))[plan]
    most = (1, int(rng.integers(2, 5)), int(rng.integers(1, 5)), int(rng.integers(3, 8)))[plan]
    room = room_px / enlarge
    hangul = style.face.hangul and rng.random() < 0.85
    gap = style.letter_px * rng.uniform(0.35, 0.8)
    if style.stacked:
        lines = [_column(rng, style, hangul, room, min(most, 2)) for _ in range(min(num_lines, 2))]
    else:
        wide = rng.random() < 0.1  # as on price lists: what it is, and far off what it costs
        gap *= rng.uniform(3, 8) if wide else 1.0
        lines = [_line(rng, style, hangul, room, most, gap) for _ in range(num_lines)]
    return _assemble(rng, style, [line for line in lines if line], enlarge)


def _choose_style(rng: Rng, faces: Sequence[Face], letter_px: float) -> tuple[_Style, float]:
    """Half of all text is Hangul where a font has it, whatever share of the fonts that is."""
    korean = [face for face in faces if face.hangul]
    pool = korean if korean and rng.random() < 0.55 else faces
    face = pool[int(rng.integers(len(pool)))]
    wanted = letter_px / CAPITALS
    size = int(_SIZES_PX[np.abs(_SIZES_PX - min(wanted, LARGEST_WRITTEN_PX / CAPITALS)).argmin()])
    bold = rng.random() < 0.3 and size > 16
    stroke = int(np.ceil(size * rng.uniform(0.01, 0.05))) if bold else 0
    tracking = rng.choice((0.0, 0.0, 0.0, 0.06, 0.15, 0.35))
    stacked = bool(rng.random() < (0.14 if face.hangul else 0.02))
    return _Style(face, size, stroke, float(tracking), stacked), wanted / size


def _draw_writable(rng: Rng, face: Face, hangul: bool) -> str:
    """A word whose glyphs the font has."""
    for _ in range(5):
        text = draw_text(rng, hangul)
        if face.can_write(text):
            return text
    return LATIN_FALLBACK


def _word(style: _Style, text: str) -> _Piece | None:
    """A word written from left to right; None where the font left it blank."""
    step = style.tracking * style.letter_px
    parts = list(text) if step >= 1 and text.isprintable() else [text]
    return _join(style, parts, step)


def _join(style: _Style, parts: list[str], step: float) -> _Piece | None:
    pen, placed = 0.0, []
    for part in parts:
        mask, left, top, advance = render(style.face.path, style.size_px, style.stroke_px, part)
        if len(mask):
            placed.append((round(pen) + left, top, mask))
        pen += advance + step
    return _composed(placed)


def _composed(placed: list[tuple[int, int, np.ndarray]]) -> _Piece | None:
    """Masks with their left and top as one mask."""
    if not placed:
        return None
    if len(placed) == 1:
        left, top, mask = placed[0]
        return _Piece(mask, left, top)
    left, top = min(one[0] for one in placed), min(one[1] for one in placed)
    right = max(x + mask.shape[1] for x, _, mask in placed)
    bottom = max(y + mask.shape[0] for _, y, mask in placed)
    whole = np.zeros((bottom - top, right - left), np.uint8)
    for x, y, mask in placed:
        part = whole[y - top : y - top + mask.shape[0], x - left : x - left + mask.shape[1]]
        np.maximum(part, mask, out=part)
    return _Piece(whole, left, top)


_Line = list[tuple[_Piece, str]]


def _line(rng: Rng, style: _Style, hangul: bool, room: float, most: int, gap: float) -> _Line:
    """Words side by side on a baseline at y = 0, as many as fit, one at least."""
    words: _Line = []
    end = 0.0
    for _ in range(rng.integers(1, most + 1)):
        text = _draw_writable(rng, style.face, hangul)
        piece = _word(style, text)
        if piece is None:
            continue
        if words and end + piece.mask.shape[1] > room:
            break
        words.append((_Piece(piece.mask, round(end), piece.y), text))
        end += piece.mask.shape[1] + gap
    return words


def _column(rng: Rng, style: _Style, hangul: bool, room: float, most: int) -> _Line:
    """Words below one another, letters stacked around x = 0."""
    words: _Line = []
    step = style.letter_px * rng.uniform(1.15, 1.5)
    pen = 0.0
    for _ in range(rng.integers(1, most + 1)):
        text = _draw_writable(rng, style.face, hangul)[:8]
        if words and pen + len(text) * step > room:
            break
        placed = []
        for letter in text:
            mask, _, top, _ = render(style.face.path, style.size_px, style.stroke_px, letter)
            if len(mask):
                placed.append((-mask.shape[1] // 2, round(pen) + top, mask))
            pen += step
        piece = _composed(placed)
        if piece is not None:
            words.append((piece, text))
        pen += step * 0.6
    return words


def _assemble(rng: Rng, style: _Style, lines: list[_Line], enlarge: float) -> Sheet:
    """Lines one below the other, columns side by side, aligned left, right or centred."""
    align, leading = rng.choice((0.0, 0.5, 1.0), p=(0.45, 0.45, 0.1)), rng.uniform(1.35, 2.0)
    step = style.letter_px * leading
    placed: list[tuple[int, int, np.ndarray]] = []
    texts: list[str] = []
    bands = []
    if not style.stacked:
        longest = max((line[-1][0].x + line[-1][0].mask.shape[1] for line in lines), default=0)
    for number, line in enumerate(lines):
        if style.stacked:
            shift_x, shift_y = round(number * step), 0
        else:
            length = line[-1][0].x + line[-1][0].mask.shape[1]
            shift_x, shift_y = round((longest - length) * align), round(number * step)
        spots = [
            (round(piece.x) + shift_x, round(piece.y) + shift_y, piece.mask) for piece, _ in line
        ]
        placed += spots
        texts += [text for _, text in line]
        axis = 0 if style.stacked else 1
        bands.append(
            (min(s[axis] for s in spots), max(s[axis] + s[2].shape[1 - axis] for s in spots))
        )
    whole = _composed(placed)
    if whole is None:
        blank = np.zeros((0, 4), np.float32)
        return Sheet(np.zeros((1, 1), np.uint8), blank, (), blank[:, :2], style.letter_px, enlarge)
    origin = np.array([whole.x, whole.y])
    boxes = np.array(
        [(x, y, x + mask.shape[1], y + mask.shape[0]) for x, y, mask in placed], np.float32
    ) - np.tile(origin, 2)
    boxes += np.array([-_MARGIN_PX, -_MARGIN_PX, _MARGIN_PX, _MARGIN_PX]) - 0.5
    offset = origin[0] if style.stacked else origin[1]
    return Sheet(
        whole.mask,
        boxes.astype(np.float32),
        tuple(texts),
        np.array(bands) - round(offset),
        style.letter_px,
        enlarge,
        style.stacked,
    )
