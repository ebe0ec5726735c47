"""Pages of word boxes whose true lines are known, for measuring how well words are grouped.

Lengths are in multiples of the letter height of a block; a page is turned as a whole at the end.
"""

from collections.abc import Callable

import numpy as np

from dataset.labels import Word

Rng = np.random.Generator
# A line of a flat page: (left, top, right, bottom) of its words.
Box = tuple[float, float, float, float]
Line = list[Box]

WORD_GAP = (0.15, 0.8)
COLUMN_GAP = (1.8, 4.0)
SPACING = (1.15, 2.2)
# Tops and bottoms move by this, together 20 % of the height: ascenders and descenders.
STICKING_OUT = 0.1
CORNER_JITTER = 0.04


def draw_page(rng: Rng) -> tuple[list[Word], list[set[str]]]:
    """Words in random order, each with a text of its own, and the texts of each line."""
    angle = rng.uniform(-np.pi / 6, np.pi / 6) if rng.random() < 0.6 else 0.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    jitter = CORNER_JITTER if rng.random() < 0.8 else 0.0
    first_corner = int(rng.integers(4)) if rng.random() < 0.3 else 0
    scale = rng.uniform(8, 60)
    outlines, lines = [], []
    for line in _blocks(rng):
        lines.append({f"w{len(outlines) + place}" for place in range(len(line))})
        for left, top, right, bottom in line:
            corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
            corners += jitter * min(right - left, bottom - top) * rng.uniform(-1, 1, (4, 2))
            outlines.append(np.roll(corners @ turn, first_corner, axis=0) * scale)
    words = [
        Word(outlines[number].astype(np.float32), f"w{number}", False, at)
        for at, number in enumerate(rng.permutation(len(outlines)), start=1)
    ]
    return words, lines


def _blocks(rng: Rng) -> list[Line]:
    """One to five blocks of text, each with a letter height of its own, clear of one another."""
    kinds: list[Callable[[Rng], list[Line]]] = [_paragraphs, _sign, _upright_sign, _spaced_letters]
    placed: list[tuple[float, float, float, float, float]] = []
    lines: list[Line] = []
    for _ in range(rng.integers(1, 6)):
        kind = kinds[rng.choice(len(kinds), p=[0.4, 0.25, 0.25, 0.1])]
        size = rng.choice([1.0, rng.uniform(0.5, 3.0)])
        block = [[tuple(size * edge for edge in box) for box in line] for line in kind(rng)]
        boxes = np.array([box for line in block for box in line])
        (left, top), (right, bottom) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        for _ in range(30):
            x, y = rng.uniform(0, 60, 2)
            place = (x + left, y + top, x + right, y + bottom, size)
            if all(_apart(place, other) for other in placed):
                placed.append(place)
                lines += [[(a + x, b + y, c + x, d + y) for a, b, c, d in line] for line in block]
                break
    return lines


def _apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """As far as columns are, in letters of the larger block."""
    gap = max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
    return gap >= COLUMN_GAP[0] * max(a[4], b[4])


def _row(rng: Rng, lengths: np.ndarray, x: float, middle: float) -> Line:
    line = []
    for length in lengths:
        top, bottom = 0.5 + rng.uniform(-STICKING_OUT, STICKING_OUT, 2)
        line.append((x, middle - top, x + length, middle + bottom))
        x += length + rng.uniform(*WORD_GAP)
    return line


def _word_lengths(rng: Rng, count: int, hangul: bool) -> np.ndarray:
    """Hangul words of one to five syllables, or Latin words of one to nine letters."""
    if hangul:
        return rng.choice([1, 2, 3, 4, 5], count, p=[0.15, 0.3, 0.3, 0.15, 0.1]) * 0.92
    return rng.integers(1, 10, count) * rng.uniform(0.3, 0.55)


def _paragraphs(rng: Rng) -> list[Line]:
    """One or two columns of ragged lines, some with a heading or with bullets."""
    hangul, spacing, lines, x = rng.random() < 0.6, rng.uniform(*SPACING), [], 0.0
    for _ in range(rng.integers(1, 3)):
        width, column = rng.uniform(6, 18), []
        bullets = rng.random() < 0.2
        for row in range(rng.integers(2, 9)):
            lengths = _word_lengths(rng, 8, hangul)
            if bullets:
                lengths[0] = rng.uniform(0.5, 0.9)
            fitting = np.cumsum(lengths + np.mean(WORD_GAP)) < width * rng.uniform(0.5, 1)
            lengths = lengths[: max(1 + bullets, fitting.sum())]
            start = x if bullets else x + rng.choice([0.0, rng.uniform(0, 2)])
            column.append(_row(rng, lengths, start, row * spacing))
        lines += column
        x = max(line[-1][2] for line in column) + rng.uniform(*COLUMN_GAP)
    return lines


def _sign(rng: Rng) -> list[Line]:
    """Up to three short rows, one above the other, centred or not."""
    hangul, spacing, lines = rng.random() < 0.6, rng.uniform(1.3, SPACING[1]), []
    centred = rng.random() < 0.5
    for row in range(rng.integers(1, 4)):
        lengths = _word_lengths(rng, int(rng.integers(1, 4)), hangul)
        # A lone syllable above another one would be a column.
        lengths[0] = max(lengths[0], 1.8)
        line = _row(rng, lengths, 0.0, row * spacing)
        shift = line[-1][2] / 2 if centred else 0.0
        lines.append([(a - shift, b, c - shift, d) for a, b, c, d in line])
    return lines


def _spaced_letters(rng: Rng) -> list[Line]:
    """A single row of syllables, each labelled alone."""
    syllables = np.full(rng.integers(2, 7), rng.uniform(0.85, 1.0))
    return [_row(rng, syllables, 0.0, 0.0)]


def _upright_sign(rng: Rng) -> list[Line]:
    """One or two columns of syllables, each labelled alone, or of upright words."""
    lines, x = [], 0.0
    alone, gaps = rng.random() < 0.7, (0.05, 0.45)
    for _ in range(rng.choice([1, 2], p=[0.8, 0.2])):
        y, column = 0.0, []
        for _ in range(rng.integers(2, 9) if alone else rng.integers(2, 4)):
            syllables = 1 if alone else rng.integers(2, 5)
            height = syllables * 0.95 * (1 + rng.uniform(-0.2, 0.2) / syllables)
            left, right = 0.5 + rng.uniform(-STICKING_OUT, STICKING_OUT, 2)
            column.append((x - left, y, x + right, y + height))
            y += height + rng.uniform(*(gaps if alone else WORD_GAP))
        lines.append(column)
        x += 1 + rng.uniform(*COLUMN_GAP)
    return lines
