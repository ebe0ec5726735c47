"""What became of each word and each detection of an image, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset.labels import Word
from inference.protocols.overlaps import Overlaps
from inference.scoring import ImageScore
from models.post_processing import Detection

RIGHT, IGNORED = "right", "ignored"
# The first that holds is the cause.
MISS_CAUSES = ("unread", "merged", "split", "inexact", "unseen")
FALSE_CAUSES = ("merging", "piece", "duplicate", "inexact", "background")
# A word is covered, and a piece lies in a word, by more than half of itself.
_COVERED = 0.5
# Less of the smaller one in common is no attempt at the word.
_TOUCHED = 0.25


@dataclass(frozen=True, eq=False)
class ImageErrors:
    """One image.

    size: (height, width) in pixels, (0, 0) where the photo could not be read.
    word_fates: of each word RIGHT, IGNORED or one of MISS_CAUSES.
    detection_fates: of each detection RIGHT, IGNORED or one of FALSE_CAUSES.
    merges: (detection, the words that it covers), two words or more.
    splits: (word, the detections that lie in it), two detections or more.
    """

    words: Sequence[Word]
    detections: Sequence[Detection]
    size: tuple[int, int]
    word_fates: tuple[str, ...]
    detection_fates: tuple[str, ...]
    merges: tuple[tuple[int, tuple[int, ...]], ...]
    splits: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def missed(self) -> int:
        return sum(fate not in (RIGHT, IGNORED) for fate in self.word_fates)

    @property
    def false(self) -> int:
        return sum(fate not in (RIGHT, IGNORED) for fate in self.detection_fates)

    @property
    def right(self) -> int:
        return self.word_fates.count(RIGHT)


def find_errors(
    words: Sequence[Word],
    detections: Sequence[Detection],
    score: ImageScore,
    size: tuple[int, int],
) -> ImageErrors:
    """Sort the words and detections of an image by what ``score`` says of them."""
    matched_words = {word for word, _ in score.pairs}
    matched_detections = {detection for _, detection in score.pairs}
    word_counts = _all_but(score.ignored, len(words))
    counts = _all_but(score.dropped, len(detections))
    overlaps = Overlaps([one.points for one in detections], words)
    common = np.zeros(overlaps.boxes.shape)
    for w, d in overlaps.pairs_that_may_touch():
        if word_counts[w] and counts[d]:
            common[w, d] = overlaps.common(w, d)
    word_areas, areas = overlaps.word_areas[:, None], overlaps.found_areas
    covers = (common > 0) & (common > _COVERED * word_areas)
    lies_in = (common > 0) & (common > _COVERED * areas)
    touches = (common > 0) & (common > _TOUCHED * np.minimum(word_areas, areas))
    merging, split = covers.sum(axis=0) > 1, lies_in.sum(axis=1) > 1
    unread = np.full(len(words), size == (0, 0))
    miss_signs = [unread, (covers & merging).any(axis=1), split, touches.any(axis=1)]
    found = np.array([number in matched_words for number in range(len(words))], bool)
    on_found = (touches & found[:, None]).any(axis=0)
    false_signs = [merging, (lies_in & split[:, None]).any(axis=0), on_found, touches.any(axis=0)]
    return ImageErrors(
        words,
        detections,
        size,
        _fates(word_counts, matched_words, MISS_CAUSES, miss_signs),
        _fates(counts, matched_detections, FALSE_CAUSES, false_signs),
        tuple((d, _places(covers[:, d])) for d in _places(merging)),
        tuple((w, _places(lies_in[w])) for w in _places(split)),
    )


def _all_but(left_out: Sequence[int], number: int) -> np.ndarray:
    counts = np.ones(number, bool)
    counts[list(left_out)] = False
    return counts


def _fates(
    counts: np.ndarray, matched: set[int], causes: Sequence[str], signs: Sequence[np.ndarray]
) -> tuple[str, ...]:
    first = np.stack([*signs, np.ones(len(counts), bool)]).argmax(axis=0).tolist()
    return tuple(
        RIGHT if number in matched else causes[cause] if counted else IGNORED
        for number, (cause, counted) in enumerate(zip(first, counts.tolist(), strict=True))
    )


def _places(flags: np.ndarray) -> tuple[int, ...]:
    return tuple(np.flatnonzero(flags).tolist())
