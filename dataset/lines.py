"""Words joined into lines, for those who want lines found instead of words.

A word box does not say in which direction its line goes on: a single syllable is as high as wide.
So every word is read both ways, along either axis of its box; readings that continue one another
are linked, and where a row and a column both claim a word, the one with more evidence keeps it.
That rows are commoner than columns counts only where little else tells, so pages may be turned by
any angle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from dataset.geometry import following, polygon_area
from dataset.labels import Word

# What continues a line, in multiples of the mean height of the two words.
LARGEST_GAP, LARGEST_OVERLAP, LARGEST_OFFSET = 1.25, 0.5, 0.5
LARGEST_HEIGHT_RATIO = 1.7
LARGEST_TURN_DEG = 20.0
# A reading of less length for its height would be thinner than an "l".
LEAST_LENGTH = 0.2
# Evidence for a direction of reading is log(length / height), no more than this; and syllables are
# about square in either direction, some this much off.
LONGEST, SQUARE = 1.5, 0.3
# How often evidence is shared with the words around.
SMOOTHING = 2
# What a neighbour in the line is worth as evidence, and that rows are commoner than columns.
LINK_EVIDENCE, ROW_EVIDENCE = 0.4, 0.1
# Outlines that fill less of the smallest rectangle around them are none themselves.
BOX_FILLING = 0.7
_PAIRS_AT_ONCE = 1 << 22


def group_into_lines(words: Sequence[Word]) -> list[Word]:
    """The lines that the words form, as words of their own; the order of ``words`` is of no matter.

    Rows, turned or gently bent, and columns of upright characters are joined.  A line has the texts
    of its words with blanks between them (none between two characters of a column), the smallest
    of their line numbers, and an outline: the smallest rectangle around them, or for a bent line a
    polygon along their tops and back along their bottoms.

    Ignored words and shapes that are no boxes (bent words are lines already) stay as they are.
    """
    ordered = sorted(words, key=lambda word: (word.line, word.points.tolist(), word.text))
    return [_as_word([ordered[at] for at in line.members], line) for line in find_lines(ordered)]


@dataclass(frozen=True, eq=False)
class Line:
    """Words that continue one another.

    members: their places among the words, in order of reading.
    outline: (K, 2) around them all; of a single word its own.
    direction: (2,), unit vector in which they are read.
    """

    members: list[int]
    outline: np.ndarray
    direction: np.ndarray


def find_lines(ordered: Sequence[Word]) -> list[Line]:
    """The lines of ``group_into_lines`` by the places of their words; every word is in one.

    Of equally good ways to join them the order of the words decides.
    """
    boxes = [None if word.ignore else box_of(word.points) for word in ordered]
    joinable = [index for index, box in enumerate(boxes) if box is not None]
    lines = [
        _single(ordered, index, _longer_axis(_smallest_box(ordered[index].points)))
        for index, box in enumerate(boxes)
        if box is None
    ]
    if joinable:
        corners = np.stack([box for box in boxes if box is not None])
        readings = _Readings.of(corners)
        for rows in _lines_of(readings):
            members = rows % len(joinable)
            places = [joinable[member] for member in members]
            lines += _join(
                ordered, places, corners[members], readings.along[rows], readings.length[rows]
            )
    return sorted(lines, key=lambda line: min(line.members))


def box_of(points: np.ndarray) -> np.ndarray | None:
    """The corners (4, 2) float64, in order, of an outline (K, 2) that is about a box, else None."""
    corners = points.astype(np.float64)
    if len(corners) == 4:
        x, y = (following(corners) - corners).T
        turns = x * following(y) - y * following(x)
        if (turns > 0).all() or (turns < 0).all():
            return corners
    box = _smallest_box(corners)
    return box if polygon_area(corners) > BOX_FILLING * polygon_area(box) else None


@dataclass(frozen=True)
class _Readings:
    """N words, each read along either axis of its box: rows r and r + N are the same word.

    middle, along: (2 N, 2), centre of the word and unit vector of the axis, in either direction.
    length, height: (2 N,), extent along the axis and across it.
    """

    middle: np.ndarray
    along: np.ndarray
    length: np.ndarray
    height: np.ndarray

    @property
    def usable(self) -> np.ndarray:
        """(2 N,) bool: not so thin that it would be no letter."""
        return self.length >= LEAST_LENGTH * self.height

    @classmethod
    def of(cls, corners: np.ndarray) -> "_Readings":
        """corners: (N, 4, 2), in order around each word."""
        a, b, c, d = corners.transpose(1, 0, 2)
        axes = np.concatenate([b + c - a - d, c + d - a - b]) / 2
        length = np.hypot(*axes.T)
        along = axes / length[:, None]
        height = np.abs(_cross(along, np.roll(axes, len(corners), axis=0)))
        return cls(np.tile(corners.mean(axis=1), (2, 1)), along, length, height)


def _lines_of(readings: _Readings) -> list[np.ndarray]:
    """For each line the rows of its readings; every word is in one line, read one way."""
    count = len(readings.length)
    rows = np.arange(count)
    twin = (rows + count // 2) % count
    pairs = _close_words(readings)
    elongation = _elongation(readings, pairs)
    links = _links(readings, pairs)
    alive = np.ones(count, bool)
    # Each time the surest of all lines keeps its words, at least, so this ends.
    while True:
        links = links[:, alive[links].all(axis=0)]
        line = _components(count, links)
        sizes = np.bincount(line, minlength=count)
        evidence = np.bincount(line, elongation, count) + LINK_EVIDENCE * sizes * (sizes > 1)
        # Like a mean of measurements in units of its error: the more there are, the surer.
        strength = (evidence / np.sqrt(np.maximum(sizes, 1)))[line]
        place = np.argsort(np.lexsort((elongation, -line, strength)))
        beaten = alive & alive[twin] & (place < place[twin])
        has_beaten = np.bincount(line, beaten, count)[line] > 0
        dropped = beaten & (~has_beaten[twin] | (line == line[twin]))
        if not dropped.any():
            break
        alive &= ~dropped
    members = rows[alive][np.argsort(line[alive], kind="stable")]
    return np.split(members, np.flatnonzero(np.diff(line[members])) + 1)


def _close_words(readings: _Readings) -> np.ndarray:
    """(2, P): the pairs of words that could be neighbours in a line."""
    count = len(readings.length) // 2
    height = np.where(readings.usable, readings.height, 0.0).reshape(2, count).max(axis=0)
    half = readings.along * readings.length[:, None] / 2
    extent = np.abs(half).reshape(2, count, 2).sum(axis=0)
    reach = extent + height[:, None] / 2 * np.hypot(LARGEST_GAP, LARGEST_OFFSET)
    middle = readings.middle[:count]
    return _meeting_boxes(middle - reach, middle + reach)


def _elongation(readings: _Readings, pairs: np.ndarray) -> np.ndarray:
    """(2 N,): how far a word and those around it are longer along its axis than across, as a log.

    Single letters and bullets say little of themselves, but the words beside them do.
    """
    count = len(readings.length) // 2
    one, other = pairs
    longer = np.log(readings.length / readings.height).clip(-LONGEST, LONGEST)
    longer -= longer.clip(-SQUARE, SQUARE)
    # Twice the angle: an axis has no front, and what speaks for it speaks against the one across.
    x, y = readings.along.T
    axis = np.stack([x * x - y * y, 2 * x * y])
    evidence = longer[:count] * axis[:, :count]
    evidence[0] += ROW_EVIDENCE
    close = 1 + np.bincount(pairs.ravel(), minlength=count)
    for _ in range(SMOOTHING):
        # bincount adds up several times as fast as np.add.at.
        around = [
            np.bincount(one, part[other], count) + np.bincount(other, part[one], count)
            for part in evidence
        ]
        evidence = (evidence + around) / close
    return (np.tile(evidence, 2) * axis).sum(axis=0)


def _links(readings: _Readings, pairs: np.ndarray) -> np.ndarray:
    """(2, L): pairs of rows of which one continues the other; pairs: (2, P), words to look at."""
    count = len(readings.length) // 2
    axes = np.array([[0, 0, count, count], [0, count, 0, count]])
    rows = (pairs[:, :, None] + axes[:, None]).reshape(2, -1)
    rows = rows[:, readings.usable[rows].all(axis=0)]
    return rows[:, _continues(readings, *rows)]


def _meeting_boxes(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(2, P): the pairs i < j of the upright boxes low..high (N, 2) that have points in common."""
    (left, top), (right, bottom) = low.T, high.T
    step = max(1, _PAIRS_AT_ONCE // len(low))
    found = []
    for start in range(0, len(low), step):
        one = np.s_[start : start + step, None]
        meets = (left[one] <= right) & (left <= right[one])
        meets &= (top[one] <= bottom) & (top <= bottom[one])
        found.append(np.array(np.nonzero(np.triu(meets, start + 1))) + np.array([[start], [0]]))
    return np.concatenate(found, axis=1)


def _continues(readings: _Readings, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(P,) bool: whether the readings in the rows ``first`` and ``second`` follow each other."""
    height = readings.height[first], readings.height[second]
    one, other = readings.along[first], readings.along[second]
    cosine = _dot(one, other)
    other = other * np.where(cosine < 0, -1, 1)[:, None]
    one, other = (
        side * readings.length[row, None] for side, row in ((one, first), (other, second))
    )
    line = (one + other) / np.hypot(*(one + other).T)[:, None]
    apart = readings.middle[second] - readings.middle[first]
    order = np.where(_dot(apart, line) < 0, -1, 1)
    # From the end of the one word to the beginning of the other: a bend matters little there.
    between = apart * order[:, None] - (one + other) / 2
    gap, offset = _dot(between, line), np.abs(_cross(line, between))
    mean = (height[0] + height[1]) / 2
    return (
        (np.abs(cosine) >= np.cos(np.radians(LARGEST_TURN_DEG)))
        & (np.maximum(*height) <= LARGEST_HEIGHT_RATIO * np.minimum(*height))
        & (gap <= LARGEST_GAP * mean)
        & (gap >= -LARGEST_OVERLAP * mean)
        & (offset <= LARGEST_OFFSET * mean)
    )


def _components(count: int, links: np.ndarray) -> np.ndarray:
    """(count,): for each row the smallest row that links (2, L) connect it with."""
    root = np.arange(count)
    while True:
        ends = root[links]
        if (ends[0] == ends[1]).all():
            return root
        np.minimum.at(root, ends.max(axis=0), ends.min(axis=0))
        while (root[root] != root).any():
            root = root[root]


def _join(
    ordered: Sequence[Word],
    places: Sequence[int],
    corners: np.ndarray,
    along: np.ndarray,
    length: np.ndarray,
) -> list[Line]:
    """The words at ``places`` as one line; one by one where no sound outline holds them.

    corners: (K, 4, 2).  along, length: (K, 2) and (K,), the readings of the words.
    """
    words = [ordered[place] for place in places]
    along = along * _signs(words, along, length)[:, None]
    if len(words) == 1:
        return [_single(ordered, places[0], along[0])]
    direction = _unit(length @ along)
    order = np.argsort(corners.mean(axis=1) @ direction, kind="stable")
    outline = _outline(_in_reading_order(corners[order], along[order]), direction)
    if outline is None:
        return [_single(ordered, place, direction) for place in sorted(places)]
    return [Line([places[index] for index in order], outline, direction)]


def _single(ordered: Sequence[Word], place: int, direction: np.ndarray) -> Line:
    return Line([place], ordered[place].points, direction)


def _longer_axis(box: np.ndarray) -> np.ndarray:
    """The direction of the longer sides of a box (4, 2), to the right or downwards."""
    sides = box[1] - box[0], box[2] - box[1]
    along = _unit(max(sides, key=lambda side: float(np.hypot(*side))))
    return along if along[np.abs(along).argmax()] > 0 else -along


def _as_word(words: Sequence[Word], line: Line) -> Word:
    """The words of a line, in order of reading, as one."""
    if len(words) == 1:
        return words[0]
    upright = abs(line.direction[1]) > abs(line.direction[0])
    text = _joined_text([word.text for word in words], upright)
    outline = line.outline.astype(np.float32)
    return Word(outline, text, False, min(word.line for word in words))


def _signs(words: Sequence[Word], along: np.ndarray, length: np.ndarray) -> np.ndarray:
    """(K,) 1 or -1, by which the axes of a line's words point forwards.

    Forwards is where the first sides of the outlines run, else to the right, or downwards.
    """
    longest = along[length.argmax()]
    signs = np.where(along @ longest < 0, -1, 1)
    sides = np.array([word.points[1] - word.points[0] for word in words], np.float64)
    run = _dot(sides, along) @ signs
    if abs(run) < length.sum() / 2:
        run = longest[np.abs(longest).argmax()]
    return signs if run > 0 else -signs


def _in_reading_order(corners: np.ndarray, along: np.ndarray) -> np.ndarray:
    """corners (K, 4, 2), reordered: the two tops and the two bottoms of each box, forwards.

    along: (K, 2), each word's direction of reading, whose top lies to the left.
    """
    local = corners - corners.mean(axis=1, keepdims=True)
    forward = np.einsum("kcx,kx->kc", local, along)
    across = np.einsum("kcx,kx->kc", local, _down(along))
    ends = np.argsort(forward, axis=1, kind="stable").reshape(-1, 2, 2)  # back pair, front pair
    heights = np.take_along_axis(across, ends.reshape(-1, 4), axis=1).reshape(-1, 2, 2)
    ends = np.take_along_axis(ends, np.argsort(heights, axis=2, kind="stable"), axis=2)
    order = ends.transpose(0, 2, 1).reshape(-1, 4)
    return np.take_along_axis(corners, order[..., None], axis=1)


def _outline(corners: np.ndarray, direction: np.ndarray) -> np.ndarray | None:
    """A polygon around the words of a line, clockwise from its beginning; None if none is sound.

    corners: (K, 4, 2), tops and bottoms of the words in order of reading.
    """
    box = _smallest_box(corners.reshape(-1, 2))
    top, bottom = (_chain(corners[:, side], direction) for side in (np.s_[:2], np.s_[2:]))
    bent = np.concatenate([top, bottom[::-1]])
    if polygon_area(bent) >= BOX_FILLING * polygon_area(box):
        return _in_reading_order(box[None], direction[None])[0][[0, 1, 3, 2]]
    frame = np.stack([direction, _down(direction)], axis=1)
    return bent if _lies_above(top @ frame, bottom @ frame) else None


def _chain(edges: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """(L, 2): along edges (K, 2, 2), one after the other; where they overlap, to their middle."""
    edges = edges.copy()
    ends, starts = edges[:-1, 1], edges[1:, 0]
    overlap = (starts - ends) @ direction <= 0
    edges[:-1, 1][overlap] = edges[1:, 0][overlap] = ((ends + starts) / 2)[overlap]
    kept = np.ones((len(edges), 2), bool)
    kept[1:, 0] = ~overlap
    return edges[kept]


def _lies_above(top: np.ndarray, bottom: np.ndarray) -> bool:
    """Whether two chains (K, 2), forward and down, run forwards, one over the other.

    A polygon of two such chains never crosses itself.
    """
    start, end = max(top[0, 0], bottom[0, 0]), min(top[-1, 0], bottom[-1, 0])
    for chain in (top, bottom):
        inner = chain[1:-1, 0]
        if (np.diff(chain[:, 0]) <= 0).any() or (inner < start).any() or (inner > end).any():
            return False
    places = np.concatenate([top[:, 0], bottom[:, 0]])
    places = places[(places >= start) & (places <= end)]
    return bool((np.interp(places, *top.T) < np.interp(places, *bottom.T)).all())


def _joined_text(texts: Sequence[str], upright: bool) -> str:
    """Texts with blanks between them, except between two single characters of a column."""
    texts = [text for text in texts if text]
    blanks = [
        "" if upright and len(one) == len(other) == 1 else " " for one, other in pairwise(texts)
    ]
    return "".join(text + blank for text, blank in zip(texts, [*blanks, ""], strict=True))


def _smallest_box(points: np.ndarray) -> np.ndarray:
    """The corners (4, 2) float64 of the rectangle of least area around points (K, 2)."""
    origin = points.min(axis=0)
    return cv2.boxPoints(cv2.minAreaRect((points - origin).astype(np.float32))) + origin


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.hypot(*vector)


def _down(directions: np.ndarray) -> np.ndarray:
    """Where the bottom of a text lies that is read in ``directions`` (..., 2)."""
    return np.stack([-directions[..., 1], directions[..., 0]], axis=-1)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
