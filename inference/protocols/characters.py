"""A score by characters, after CLEval (Baek et al., 2020): partly found words count in part.

Where the characters of a word stand is not labelled.  They are taken to lie evenly along its middle
line, as many as its text has; where there is no text, as many squares as fit into the outline.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from dataset.geometry import following
from dataset.labels import Word
from inference.protocols.overlaps import Overlaps
from inference.protocols.records import harmonic_mean

ONE_TO_ONE, SPLIT, MERGED, MISSED, IGNORED = "one_to_one", "split", "merged", "missed", "ignored"
# Of a detection that is to be taken for words, at least this share lies in them (CLEval, 3.2).
LEAST_SHARE = 0.3
# Enough for any line; an outline without a text may be thinner than a hair.
_MOST_ESTIMATED = 100
_MOST_CORNERS = 64


@dataclass(frozen=True)
class CharacterScore:
    """characters: of all words that count.

    one_to_one: words found by a detection of their own.  split: by several detections.  merged: by
    one that other words share.  missed: by none.  Together these are all words that count.
    images: for each image the kind of each of its words, ``IGNORED`` among them.
    """

    precision: float
    recall: float
    hmean: float
    characters: int
    one_to_one: int
    split: int
    merged: int
    missed: int
    images: tuple[tuple[str, ...], ...]


@dataclass
class _Sums:
    """What adds up over the images.  unmatched: the detections that hold no word."""

    recall: float = 0.0
    characters: int = 0
    precision: float = 0.0
    held: float = 0.0
    unmatched: list[np.ndarray] = field(default_factory=list)


def score_characters(images: Sequence[Overlaps]) -> CharacterScore:
    """Score detections by the characters that they hold.

    A word and a detection belong together if its outline holds one of the word's characters, and at
    least ``LEAST_SHARE`` of it lies in the words that it so holds.  Recall is the share of all
    characters that are held, precision the share of what detections hold that they hold alone; a
    detection without a word holds as many characters as fit into it.  Each further piece of a word,
    and each further word of a detection, costs one character.
    """
    words = [word for image in images for word in image.words]
    counts = _character_counts(words)
    centres = _centres([word.points for word in words], counts)
    word_of = np.repeat(np.arange(len(words)), counts)
    sums = _Sums()
    kinds_of_words, first = [], 0
    for image in images:
        low, high = np.searchsorted(word_of, (first, first + len(image.words)))
        kinds = _score_image(image, centres[low:high], word_of[low:high] - first, sums)
        kinds_of_words.append(kinds)
        first += len(image.words)
    total = sums.held + float(_fitting(sums.unmatched).sum())
    precision = sums.precision / total if total else 0.0
    recall = sums.recall / sums.characters if sums.characters else 0.0
    number_of = Counter(kind for kinds in kinds_of_words for kind in kinds)
    return CharacterScore(
        precision,
        recall,
        harmonic_mean(precision, recall),
        sums.characters,
        number_of[ONE_TO_ONE],
        number_of[SPLIT],
        number_of[MERGED],
        number_of[MISSED],
        tuple(kinds_of_words),
    )


def _score_image(
    image: Overlaps, centres: np.ndarray, word_of: np.ndarray, sums: _Sums
) -> tuple[str, ...]:
    """The kinds of an image's words.  centres: (C, 2) of its characters; word_of: (C,) of which."""
    dropped = image.found_inside(image.ignored)
    character, holder = _held(centres, image.found)
    counted = ~image.ignored[word_of[character]] & ~np.isin(holder, list(dropped))
    character, holder = character[counted], holder[counted]
    pair = word_of[character] * len(image.found) + holder
    links = _links(np.unique(pair), image)
    linked = np.isin(pair, [w * len(image.found) + d for w, d in links])
    character, holder = character[linked], holder[linked]

    pieces, shared = Counter(w for w, _ in links), Counter(d for _, d in links)
    holders = np.bincount(character, minlength=len(centres))
    by_word = np.bincount(word_of[holders > 0], minlength=len(image.words)).tolist()
    by_found = np.bincount(holder, 1 / holders[character], minlength=len(image.found)).tolist()
    sums.characters += int((~image.ignored[word_of]).sum())
    sums.recall += sum(max(0, by_word[w] - (count - 1)) for w, count in pieces.items())
    sums.precision += sum(max(0.0, by_found[d] - (count - 1)) for d, count in shared.items())
    sums.held += len(holder)
    sums.unmatched += [
        points for d, points in enumerate(image.found) if d not in shared and d not in dropped
    ]
    kinds = [IGNORED if ignored else MISSED for ignored in image.ignored]
    for w, d in links:
        kinds[w] = SPLIT if pieces[w] > 1 else MERGED if shared[d] > 1 else ONE_TO_ONE
    return tuple(kinds)


def _links(pairs: np.ndarray, image: Overlaps) -> list[tuple[int, int]]:
    """The (word, detection) of ``pairs`` whose detection lies in such words well enough.

    pairs: (N,) word * number of detections + detection.
    """
    candidates = [divmod(pair, len(image.found)) for pair in pairs.tolist()]
    common: defaultdict[int, float] = defaultdict(float)
    for w, d in candidates:
        common[d] += image.common(w, d)
    return [(w, d) for w, d in candidates if common[d] >= LEAST_SHARE * image.found_areas[d] > 0]


def _held(points: np.ndarray, polygons: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Which of ``points`` (P, 2) lie in which polygon: numbers of points, of polygons, (N,) each.

    Even-odd rule: from inside, a ray to the right meets an odd number of edges.
    """
    outlines = [np.asarray(polygon, np.float64).reshape(-1, 2) for polygon in polygons]
    lengths = np.array([len(outline) for outline in outlines], np.int64)
    nobody = np.zeros(0, np.int64)
    if not len(points) or not lengths.sum():
        return nobody, nobody
    starts = np.cumsum(lengths) - lengths
    filled = np.flatnonzero(lengths)
    begin = np.concatenate(outlines)
    end = following(begin)
    end[(starts + lengths - 1)[filled]] = begin[starts[filled]]
    low = np.minimum.reduceat(begin, starts[filled])
    high = np.maximum.reduceat(begin, starts[filled])
    boxed = ((points[:, None] >= low) & (points[:, None] <= high)).all(axis=2)
    point, box = np.nonzero(boxed)
    if not len(point):
        return nobody, nobody
    polygon = filled[box]
    edges = lengths[polygon]
    ends = np.cumsum(edges)
    edge = np.arange(ends[-1]) + np.repeat(starts[polygon] - (ends - edges), edges)
    x, y = np.repeat(points[point], edges, axis=0).T
    (x0, y0), (x1, y1) = begin[edge].T, end[edge].T
    spans = (y0 <= y) != (y1 <= y)
    with np.errstate(divide="ignore", invalid="ignore"):  # a level edge spans nothing
        meets = spans & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    inside = np.add.reduceat(meets, ends - edges, dtype=np.int64) % 2 == 1
    return point[inside], polygon[inside]


def _character_counts(words: Sequence[Word]) -> np.ndarray:
    """(W,) characters of each word, blanks not among them; at least one."""
    counts = np.array([len("".join(word.text.split())) for word in words], np.int64)
    silent = np.flatnonzero(counts == 0)
    counts[silent] = _fitting([words[w].points for w in silent.tolist()])
    return counts


def _fitting(outlines: Sequence[np.ndarray]) -> np.ndarray:
    """(N,) how many squares as high as an outline fit along it."""
    counts = np.ones(len(outlines), np.int64)
    for members, corners, stations in _middle_lines(outlines):
        length = _steps(stations).sum(axis=1)
        area = _areas(corners)
        # The height is the area by the length.
        fit = np.divide(length**2, area, out=np.zeros(len(area)), where=area > 0)
        counts[members] = np.rint(np.nan_to_num(fit)).clip(1, _MOST_ESTIMATED)
    return counts


def _centres(outlines: Sequence[np.ndarray], counts: np.ndarray) -> np.ndarray:
    """(counts.sum(), 2): the middles of the characters, word by word."""
    firsts = np.cumsum(counts) - counts
    centres = np.zeros((int(counts.sum()), 2))
    for members, _, stations in _middle_lines(outlines):
        steps = _steps(stations)
        passed = np.cumsum(steps, axis=1)
        number = counts[members]
        row = np.repeat(np.arange(len(members)), number)
        place = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
        way = (place + 0.5) / number[row] * passed[row, -1]
        step = (passed[row, :-1] <= way[:, None]).sum(axis=1)
        length = steps[row, step]
        behind = way - (passed[row, step] - length)
        part = np.divide(behind, length, out=np.zeros(len(row)), where=length > 0)[:, None]
        start, end = stations[row, step], stations[row, step + 1]
        centres[firsts[members][row] + place] = start + part * (end - start)
    return centres


def _middle_lines(
    outlines: Sequence[np.ndarray],
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Numbers of outlines, their corners (N, K, 2), and their middle lines (N, K / 2, 2).

    A middle line goes from side to side of a band: each of its points lies between two corners.
    Where the band begins is for the labeller to choose; it is where that line is longest.
    """
    groups: dict[int, list[int]] = {}
    even = [_even(np.asarray(points, np.float64).reshape(-1, 2)) for points in outlines]
    for number, corners in enumerate(even):
        groups.setdefault(len(corners), []).append(number)
    for size, members in groups.items():
        corners = np.stack([even[number] for number in members])
        half = size // 2
        best = np.zeros((len(members), half, 2))
        longest = np.full(len(members), -1.0)
        for first in range(half):
            turned = np.roll(corners, -first, axis=1)
            line = (turned[:, :half] + turned[:, : half - 1 : -1]) / 2
            length = _steps(line).sum(axis=1)
            better = length > longest
            best[better], longest[better] = line[better], length[better]
        yield np.array(members), corners, best


def _even(corners: np.ndarray) -> np.ndarray:
    """An even number of corners, 4 to ``_MOST_CORNERS``, round about the same area."""
    if len(corners) < 3:
        return np.zeros((4, 2))
    if len(corners) > _MOST_CORNERS:
        corners = corners[:: math.ceil(len(corners) / _MOST_CORNERS)]
    if len(corners) % 2:
        sides = np.roll(corners, -1, axis=0) - corners
        longest = int(np.hypot(*sides.T).argmax())
        middle = corners[longest] + sides[longest] / 2
        corners = np.insert(corners, longest + 1, middle, axis=0)
    return corners


def _steps(lines: np.ndarray) -> np.ndarray:
    """(N, L - 1) lengths of the steps of lines (N, L, 2)."""
    return np.hypot(*np.moveaxis(np.diff(lines, axis=1), -1, 0))


def _areas(corners: np.ndarray) -> np.ndarray:
    """(N,) shoelace areas of outlines (N, K, 2)."""
    x, y = np.moveaxis(corners - corners[:, :1], -1, 0)
    return np.abs((x[:, :-1] * y[:, 1:] - x[:, 1:] * y[:, :-1]).sum(axis=1)) / 2
