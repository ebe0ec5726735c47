"""How the words and the detections of an image overlap: what all protocols ask for."""

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dataset.geometry import Outline, common_area
from dataset.labels import Word

IGNORED_SHARE = 0.5
# Rounding must never make a bounding box reject a pair that the exact areas would accept.
_SLACK = 1 + 1e-9


class Overlaps:
    """W words and D detections of an image; what they share is measured when asked for, and once.

    words, found: what is given.  ignored: (W,) bool.
    word_areas (W,), found_areas (D,): in square pixels.
    boxes: (W, D) common area of the upright bounding boxes: never less than that of the polygons.
    """

    def __init__(self, found: Sequence[np.ndarray], words: Sequence[Word]) -> None:
        self.found, self.words = found, words
        self.ignored = np.array([word.ignore for word in words], bool)
        self._found, self._words = _outlines(found), _outlines([word.points for word in words])
        self.found_areas = np.array([outline.area for outline in self._found], np.float64)
        self.word_areas = np.array([outline.area for outline in self._words], np.float64)
        self.boxes = _box_overlap(self._words, self._found) * _SLACK
        self._common: dict[tuple[int, int], float] = {}
        self._numbers = list(range(len(found)))  # of the detections, in ``_common``

    def with_some_found(self, kept: np.ndarray) -> "Overlaps":
        """With the detections ``kept``, a mask (D,), alone; nothing is measured again."""
        some = copy.copy(self)
        places = np.flatnonzero(kept).tolist()
        some.found, some._found = (
            [part[place] for place in places] for part in (self.found, self._found)
        )
        some.found_areas, some.boxes = self.found_areas[kept], self.boxes[:, kept]
        some._numbers = [self._numbers[place] for place in places]
        return some

    def in_whole_pixels(self) -> "Overlaps":
        """The same with coordinates cut off to whole numbers."""
        found = [np.trunc(points) for points in self.found]
        words = [replace(word, points=np.trunc(word.points)) for word in self.words]
        cut = [*found, *(word.points for word in words)]
        given = [*self.found, *(word.points for word in self.words)]
        if all(map(np.array_equal, cut, given)):
            return self
        return Overlaps(found, words)

    def common(self, word: int, found: int) -> float:
        """Area in both, by the even-odd rule."""
        pair = word, self._numbers[found]
        if pair not in self._common:
            self._common[pair] = common_area(self._words[word], self._found[found])
        return self._common[pair]

    def iou(self, word: int, found: int) -> float:
        common = self.common(word, found)
        # Below 0 for some that cross themselves.
        union = self.word_areas[word] + self.found_areas[found] - common
        return common / union if union else 0.0

    def pairs_that_may_reach(self, iou: float) -> list[tuple[int, int]]:
        """(word, detection), in the order of the words, of all pairs that may have this IoU."""
        # I / (A + B - I) >= t is the same as I >= t / (1 + t) * (A + B).
        least = iou / (1 + iou) * (self.word_areas[:, None] + self.found_areas)
        return _places((self.boxes >= least) & (self.boxes > 0))

    def pairs_that_may_touch(self) -> list[tuple[int, int]]:
        """(word, detection), in the order of the words, of all pairs with something in common."""
        return _places(self.boxes > 0)

    def found_inside(self, words: np.ndarray) -> set[int]:
        """Detections of which more than half lies in one of ``words``, a mask (W,)."""
        # A polygon without area lies in nothing.
        perhaps = (self.boxes > IGNORED_SHARE * self.found_areas) & (self.found_areas > 0)
        return {
            found
            for word, found in _places(perhaps & words[:, None])
            if self.common(word, found) / self.found_areas[found] > IGNORED_SHARE
        }


def _outlines(polygons: Sequence[np.ndarray]) -> list[Outline]:
    return [Outline(np.asarray(points, np.float64)) for points in polygons]


def _places(mask: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True))


def _box_overlap(words: Sequence[Outline], found: Sequence[Outline]) -> np.ndarray:
    """(W, D); 0 where an outline has no box."""
    boxes, others = _boxes(words)[:, None], _boxes(found)
    sides = np.minimum(boxes[..., 2:], others[..., 2:]) - np.maximum(
        boxes[..., :2], others[..., :2]
    )
    return np.nan_to_num(sides).clip(min=0).prod(axis=2)


def _boxes(outlines: Sequence[Outline]) -> np.ndarray:
    """(N, 4): left, top, right, bottom."""
    boxes = [(one.left, one.top, one.right, one.bottom) for one in outlines]
    return np.array(boxes, np.float64).reshape(-1, 4)
