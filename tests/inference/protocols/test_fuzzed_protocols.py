"""A thousand images of words and detections, scored by a slow reference too.

The reference is written from the definitions, loop by loop, and shares nothing with the project:
areas come of cutting polygons into triangles with a sign, and cutting these by one another.  Where
a share is a threshold to nine digits, fractions decide; only upright boxes may come so close, for
with others the data sets' own programs leave it to rounding.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from dataset.labels import Word
from inference.scoring import PROTOCOLS, score

IMAGES = 1000
Points = list[tuple[float, float]]


@dataclass
class Picture:
    words: list[Points]
    ignore: list[bool]
    difficult: list[bool]
    found: list[Points]


@dataclass
class Table:
    """areas of words and of detections, and what each pair has in common, [word][detection]."""

    words: list[float]
    found: list[float]
    common: list[list[float]]

    def iou(self, w: int, d: int) -> float:
        union = self.words[w] + self.found[d] - self.common[w][d]
        return self.common[w][d] / union if union > 0 else 0.0


@dataclass
class Sums:
    recall: float
    precision: float
    words: int
    found: int


def signed_area(points: Points) -> float:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*points, points[0]])) / 2


def triangles(points: Points) -> list[Points]:
    return [[points[0], second, third] for second, third in pairwise(points[1:])]


def left_of(points: Points, start: tuple[float, float], end: tuple[float, float]) -> Points:
    """The part of a convex polygon that lies left of a line (Sutherland and Hodgman)."""

    def side(point: tuple[float, float]) -> float:
        return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (
            point[0] - start[0]
        )

    kept: Points = []
    for here, there in pairwise([*points, *points[:1]]):
        before, behind = side(here), side(there)
        if before >= 0:
            kept.append(here)
        if before * behind < 0:
            t = before / (before - behind)
            kept.append((here[0] + t * (there[0] - here[0]), here[1] + t * (there[1] - here[1])))
    return kept


def common_of_triangles(a: Points, b: Points) -> float:
    part = a
    for start, end in pairwise([*b, b[0]]):
        part = left_of(part, start, end)
        if len(part) < 3:
            return 0
    return abs(signed_area(part))


def apart(a: Points, b: Points) -> bool:
    return any(
        max(p[axis] for p in one) <= min(p[axis] for p in other)
        for axis in (0, 1)
        for one, other in ((a, b), (b, a))
    )


def common_area(a: Points, b: Points) -> float:
    """Of simple polygons, concave ones too: triangles outside a polygon count with a minus."""
    if apart(a, b):
        return 0
    total: float = 0
    for first in triangles(a):
        for second in triangles(b):
            signs = signed_area(first), signed_area(second)
            if 0 in signs or apart(first, second):
                continue
            ahead = [
                one if sign > 0 else one[::-1]
                for one, sign in zip((first, second), signs, strict=True)
            ]
            common = common_of_triangles(*ahead)
            total += common if (signs[0] > 0) == (signs[1] > 0) else -common
    return abs(total)


def exactly(points: Points) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(x), Fraction(y)) for x, y in points]


def is_close(common: float, a: Points, b: Points) -> bool:
    areas = abs(signed_area(a)), abs(signed_area(b))
    shares = [common / area for area in (*areas, sum(areas) - common)]
    return any(abs(share - limit) < 1e-9 for share in shares for limit in (0.5, 0.6, 0.7))


def is_upright(points: Points) -> bool:
    return len(points) == len({x for x, _ in points}) * len({y for _, y in points}) == 4


def table_of(picture: Picture) -> Table | None:
    """None where rounding decides."""
    common = [[common_area(word, found) for found in picture.found] for word in picture.words]
    for w, word in enumerate(picture.words):
        for d, found in enumerate(picture.found):
            if is_close(common[w][d], word, found):
                if not (is_upright(word) and is_upright(found)):
                    return None
                common[w][d] = float(common_area(exactly(word), exactly(found)))
    areas = [[abs(signed_area(one)) for one in part] for part in (picture.words, picture.found)]
    return Table(*areas, common)


def inside_ignored(table: Table, ignored: list[bool]) -> set[int]:
    dropped = set()
    for d, area in enumerate(table.found):
        for w, set_aside in enumerate(ignored):
            if set_aside and table.common[w][d] / area > 0.5:
                dropped.add(d)
    return dropped


def icdar(table: Table, picture: Picture) -> Sums:
    dropped = inside_ignored(table, picture.ignore)
    matched: dict[int, int] = {}
    for w in range(len(table.words)):
        for d in range(len(table.found)):
            if picture.ignore[w] or d in dropped or w in matched or d in matched.values():
                continue
            if table.iou(w, d) > 0.5:
                matched[w] = d
    words = picture.ignore.count(False)
    return Sums(len(matched), len(matched), words, len(table.found) - len(dropped))


def ctw(table: Table, picture: Picture) -> Sums:
    covered: set[int] = set()
    right = 0
    for d in range(len(table.found)):
        hit = False
        for w in range(len(table.words)):
            if w not in covered and table.iou(w, d) >= 0.5:
                covered.add(w)
                hit = True
        right += hit
    return Sums(right, right, len(table.words), len(table.found))


def msra(table: Table, picture: Picture) -> Sums:
    hits = misses = 0
    for w in range(len(table.words)):
        if any(table.iou(w, d) >= 0.5 for d in range(len(table.found))):
            hits += 1
        elif not picture.difficult[w]:
            misses += 1
    return Sums(hits, hits, hits + misses, len(table.found))


def total_text(table: Table, picture: Picture) -> Sums:
    dropped = inside_ignored(table, picture.difficult)
    words = [w for w in range(len(table.words)) if not picture.difficult[w]]
    found = [d for d in range(len(table.found)) if d not in dropped]
    sigma = {(w, d): table.common[w][d] / table.words[w] for w in words for d in found}
    tau = {(w, d): table.common[w][d] / table.found[d] for w in words for d in found}
    recall = precision = 0.0
    word_taken = dict.fromkeys(words, False)
    found_taken = dict.fromkeys(found, False)
    for w in words:
        covering = [d for d in found if sigma[w, d] > 0.7]
        precise = [d for d in found if tau[w, d] > 0.6]
        if len(covering) == 1 and len(precise) == 1:
            recall, precision = recall + 1, precision + 1
            word_taken[w] = found_taken[covering[0]] = True
    for w in words:
        if word_taken[w] or sum(sigma[w, d] > 0 for d in found) < 2:
            continue
        pieces = [d for d in found if tau[w, d] >= 0.6 and not found_taken[d]]
        if len(pieces) == 1:
            if sigma[w, pieces[0]] >= 0.7:
                recall, precision = recall + 1, precision + 1
                word_taken[w] = found_taken[pieces[0]] = True
        elif sum(sigma[w, d] for d in pieces) >= 0.7:
            recall, precision = recall + 0.8, precision + 0.8 * len(pieces)
            word_taken[w] = True
            found_taken.update(dict.fromkeys(pieces, True))
    for d in found:
        if found_taken[d] or sum(tau[w, d] > 0 for w in words) < 2:
            continue
        held = [w for w in words if sigma[w, d] >= 0.6 and not word_taken[w]]
        if len(held) == 1:
            if tau[held[0], d] >= 0.6 and sigma[held[0], d] >= 0.7:
                recall, precision = recall + 1, precision + 1
                word_taken[held[0]] = found_taken[d] = True
        elif sum(tau[w, d] for w in held) >= 0.6:
            recall, precision = recall + 0.8 * len(held), precision + 0.8
            word_taken.update(dict.fromkeys(held, True))
            found_taken[d] = True
    return Sums(recall, precision, len(words), len(found))


REFERENCES = {
    "icdar2015": icdar,
    "icdar2017": icdar,
    "total_text": total_text,
    "ctw1500": ctw,
    "msra_td500": msra,
}


def upright(left: int, top: int, width: int, height: int) -> np.ndarray:
    return np.array([[0, 0], [width, 0], [width, height], [0, height]]) + (left, top)


def drawn_word(rng: np.random.Generator, place: int) -> np.ndarray:
    """A box, a turned box, or an arc of eight points; neighbours in a row, in whole pixels."""
    width, height = rng.integers(30, 61), rng.integers(10, 21)
    left, top = 64 * (place % 3) + rng.integers(0, 8), 30 * (place // 3) + rng.integers(0, 8)
    box = upright(left, top, 2 * (width // 2), height)
    kind = rng.integers(0, 4)
    if kind == 0:
        middle, angle = box.mean(axis=0), rng.uniform(-0.5, 0.5)
        turn = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
        return np.rint((box - middle) @ turn + middle)
    if kind == 1:
        x = np.linspace(left, left + width, 4)
        y = top + 6 * np.sin(np.linspace(0, np.pi, 4))
        edge = np.stack([x, y], axis=1)
        return np.rint(np.concatenate([edge, edge[::-1] + (0, height)]))
    return box


def detections_of(rng: np.random.Generator, word: np.ndarray, other: np.ndarray) -> list:
    low, high = word.min(axis=0), word.max(axis=0)
    (left, top), (width, height) = low.astype(int), (high - low).astype(int)
    kind = rng.integers(0, 9)
    if kind == 0:
        return []
    if kind == 1:  # half of a box: an IoU of exactly one half
        return [upright(left, top, width // 2, height)]
    if kind == 2:  # in pieces
        cut = int(rng.integers(width // 4, 3 * width // 4))
        return [upright(left, top, cut, height), upright(left + cut, top, width - cut, height)]
    if kind == 3:  # with its neighbour
        low, high = np.minimum(low, other.min(axis=0)), np.maximum(high, other.max(axis=0))
        return [upright(*low.astype(int), *(high - low).astype(int))]
    moved = word + rng.integers(-6, 7, 2)
    return [moved, moved + 1] if kind == 4 else [moved]


def drawn_picture(rng: np.random.Generator) -> Picture:
    words = [drawn_word(rng, place) for place in range(rng.integers(0, 6))]
    found = [
        points
        for place, word in enumerate(words)
        for points in detections_of(rng, word, words[place - 1])
    ]
    if rng.random() < 0.3:  # a false alarm
        found.append(upright(*rng.integers(0, 160, 2), *rng.integers(8, 60, 2)))
    order = rng.permutation(len(found))
    return Picture(
        [list(map(tuple, word.tolist())) for word in words],
        (rng.random(len(words)) < 0.2).tolist(),
        (rng.random(len(words)) < 0.2).tolist(),
        [list(map(tuple, found[place].tolist())) for place in order],
    )


@pytest.fixture(scope="module")
def pictures() -> list[tuple[Picture, Table]]:
    rng = np.random.default_rng(2026)
    drawn = []
    while len(drawn) < IMAGES:
        picture = drawn_picture(rng)
        table = table_of(picture)
        drawn += [] if table is None else [(picture, table)]
    return drawn


def words_of(picture: Picture) -> list[Word]:
    kinds = zip(picture.words, picture.ignore, picture.difficult, strict=True)
    return [
        Word(np.array(points, np.float32), "", ignore, 1, difficult)
        for points, ignore, difficult in kinds
    ]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_thousand_images_score_as_in_a_slow_reference(protocol, pictures):
    found = [[np.array(points) for points in picture.found] for picture, _ in pictures]
    truths = [words_of(picture) for picture, _ in pictures]

    result = score(found, truths, protocol)

    wanted = [REFERENCES[protocol](table, picture) for picture, table in pictures]
    for image, sums in zip(result.images, wanted, strict=True):
        assert (image.num_truths, image.num_detections) == (sums.words, sums.found)
        assert image.recall_credit == pytest.approx(sums.recall, abs=1e-9)
        assert image.precision_credit == pytest.approx(sums.precision, abs=1e-9)
    recall = sum(sums.recall for sums in wanted) / sum(sums.words for sums in wanted)
    precision = sum(sums.precision for sums in wanted) / sum(sums.found for sums in wanted)
    hmean = 2 * precision * recall / (precision + recall)
    figures = (result.precision, result.recall, result.hmean)
    assert figures == pytest.approx((precision, recall, hmean), abs=1e-9)


def test_the_images_hold_every_case_that_the_protocols_tell_apart(pictures):
    tables = [table for _, table in pictures]
    ious = [t.iou(w, d) for t in tables for w in range(len(t.words)) for d in range(len(t.found))]
    assert ious.count(0.5) >= 10
    pairs = [(table, picture) for picture, table in pictures]
    credits = [total_text(*pair).recall % 1 for pair in pairs]
    assert sum(0.1 < credit < 0.9 for credit in credits) >= 100
    assert sum(icdar(*pair).recall != ctw(*pair).recall for pair in pairs) >= 50
    assert sum(msra(*pair).words != len(pair[0].words) for pair in pairs) >= 50


def test_the_reference_measures_what_is_known():
    square, corner = [(0, 0), (4, 0), (4, 4), (0, 4)], [(2, 2), (6, 2), (6, 6), (2, 6)]
    notched = [(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)]  # a square without a triangle of 4 x 3 / 2
    assert common_area(square, corner) == common_area(corner, square[::-1]) == 4
    assert common_area(notched, square) == 16 - 6
    assert common_area(square, [(4, 0), (8, 0), (8, 4)]) == 0
