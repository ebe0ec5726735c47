"""Total-Text: DetEval (Wolf and Jolion, 2006), which forgives words in pieces and words in one.

For a word and a detection, sigma is the share of the word that they have in common, tau that of the
detection.  The thresholds, and where they are strict, are those of the data set's own program.
"""

from collections.abc import Iterable

import numpy as np

from inference.protocols.overlaps import Overlaps
from inference.protocols.records import ImageScore, Score, image_score, sum_up

LEAST_SIGMA, LEAST_TAU = 0.7, 0.6
# What a word in pieces, or a detection of several words, is worth.
PARTIAL_CREDIT = 0.8


def total_text(images: Iterable[Overlaps]) -> Score:
    """Three passes over each image: one to one, one word to many detections, and the reverse.

    Words with the orientation ``#`` count neither way, nor what lies in them.  Coordinates are cut
    off to whole pixels.  A detection may be counted with two words that nearly coincide, and so
    precision can be greater than 1.
    """
    return sum_up(map(_score_image, images))


def _score_image(image: Overlaps) -> ImageScore:
    image = image.in_whole_pixels()
    ignored = np.array([word.is_difficult for word in image.words], bool)
    dropped = image.found_inside(ignored)
    matching = _Matching(image, ignored, dropped)
    matching.one_to_one()
    matching.one_to_many()
    matching.many_to_one()
    left_out = np.flatnonzero(ignored).tolist()
    credits = matching.recall_credit, matching.precision_credit
    return image_score(
        sorted(matching.pairs), left_out, dropped, len(image.words), len(image.found), credits
    )


class _Matching:
    """One image: what has been matched so far, and what it was worth.

    by_word: word -> {detection: (sigma, tau)} of all that overlap; by_found: the same turned round.
    """

    def __init__(self, image: Overlaps, ignored: np.ndarray, dropped: set[int]) -> None:
        self.recall_credit = self.precision_credit = 0.0
        self.pairs: set[tuple[int, int]] = set()
        self.words_taken: set[int] = set()
        self.found_taken: set[int] = set()
        self.by_word: dict[int, dict[int, tuple[float, float]]] = {}
        self.by_found: dict[int, dict[int, tuple[float, float]]] = {}
        for w, d in image.pairs_that_may_touch():
            common = 0.0 if ignored[w] or d in dropped else image.common(w, d)
            if common > 0:
                sigma = _share(common, float(image.word_areas[w]))
                tau = _share(common, float(image.found_areas[d]))
                self.by_word.setdefault(w, {})[d] = sigma, tau
                self.by_found.setdefault(d, {})[w] = sigma, tau

    def one_to_one(self) -> None:
        """Detections may be counted twice here, and sigma and tau be those of different ones."""
        for w, row in self.by_word.items():
            covering = [d for d, (sigma, _) in row.items() if sigma > LEAST_SIGMA]
            precise = [d for d, (_, tau) in row.items() if tau > LEAST_TAU]
            if len(covering) == len(precise) == 1:
                self._credit([(w, covering[0])], 1.0, 1.0)

    def one_to_many(self) -> None:
        for w, row in self.by_word.items():
            if w in self.words_taken or sum(sigma > 0 for sigma, _ in row.values()) < 2:
                continue
            pieces = {
                d: sigma
                for d, (sigma, tau) in row.items()
                if tau >= LEAST_TAU and d not in self.found_taken
            }
            if sum(pieces.values()) >= LEAST_SIGMA:
                credit = 1.0 if len(pieces) == 1 else PARTIAL_CREDIT
                self._credit([(w, d) for d in pieces], credit, credit * len(pieces))

    def many_to_one(self) -> None:
        for d in sorted(self.by_found):
            column = self.by_found[d]
            if d in self.found_taken or sum(tau > 0 for _, tau in column.values()) < 2:
                continue
            held = {
                w: shares
                for w, shares in column.items()
                # By the threshold of tau, as in the data set's own program.
                if shares[0] >= LEAST_TAU and w not in self.words_taken
            }
            if sum(tau for _, tau in held.values()) < LEAST_TAU:
                continue
            if len(held) > 1:
                credit = PARTIAL_CREDIT
                self._credit([(w, d) for w in held], credit * len(held), credit)
            elif all(sigma >= LEAST_SIGMA for sigma, _ in held.values()):
                self._credit([(w, d) for w in held], 1.0, 1.0)

    def _credit(self, pairs: list[tuple[int, int]], recall: float, precision: float) -> None:
        self.recall_credit += recall
        self.precision_credit += precision
        self.pairs.update(pairs)
        self.words_taken.update(w for w, _ in pairs)
        self.found_taken.update(d for _, d in pairs)


def _share(common: float, area: float) -> float:
    return common / area if area > 0 else 0.0
