"""Which thresholds score best, told from all that the network found once.

Where kernels are does not depend on the thresholds: these only drop words.  So every word is found,
scored and measured once, and trying thresholds is filtering.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from dataset.labels import Word
from inference.protocols.overlaps import Overlaps
from inference.report.confidence import Interval, resampled_sums
from inference.scoring import PROTOCOLS, ImageScore
from models.post_processing import find_regions, outline_text

Size = tuple[int, int]
SCORES = tuple(round(0.5 + 0.01 * step, 2) for step in range(50))
AREAS = (0, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 700, 1000)
# Where else kernels are looked for: kernel_score, and by how much pooling_size exceeds that of the
# training, to grow back what a higher score cuts off; all of it with a kernel_stride of 1.
TRIED_KERNELS = (
    (0.5, 0),
    (0.62, 0),
    (0.73, 0),
    (0.73, 2),
    (0.82, 2),
    (0.82, 4),
    (0.88, 4),
    (0.92, 6),
)
# A plateau is never wider than what costs half a point of hmean, however noisy few photos are.
MOST_GIVEN_UP = 0.005
FOLDS = 5
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Candidates:
    """All words found in one image.

    outlines: (K, 2) int32 each, in pixels of the original image.  scores: (N,) 0..1.
    areas: (N,) in pixels of the network's input.
    """

    outlines: list[np.ndarray]
    scores: np.ndarray
    areas: np.ndarray

    def kept(self, min_score: float, min_area: float) -> np.ndarray:
        """(N,) True for what passes, as ``find_text`` decides it."""
        return (self.scores >= min_score) & (self.areas >= min_area)


NOTHING = Candidates([], np.zeros(0), np.zeros(0))


class CandidateCollector:
    """Keeps all words of the images whose logits it is shown, by the images' indices."""

    def __init__(self, test_cfg: Mapping[str, Any]) -> None:
        self.settings = {**test_cfg, "min_score": 0.0, "min_area": 0}
        self.found: dict[int, Candidates] = {}

    def observe(self, index: int, logits: Tensor, size: Size, original: Size) -> None:
        """An ``Observer`` for ``inference.evaluate``."""
        regions = find_regions(logits, [(size, original)], self.settings)
        (words,) = outline_text(regions, self.settings)
        self.found[index] = Candidates(
            [word.points for word in words],
            np.array([word.score for word in words], np.float64),
            np.array([region.area_px for region in regions[0].words], np.float64),
        )


def kernel_choices(test_cfg: Mapping[str, Any], trained: int) -> list[dict[str, Any]]:
    """``test_cfg`` as it is, and with each of TRIED_KERNELS.

    trained: the pooling_size of the head.
    """
    others = [
        {"kernel_score": score, "kernel_stride": 1, "pooling_size": trained + growth}
        for score, growth in TRIED_KERNELS
    ]
    return [dict(test_cfg), *({**test_cfg, **other} for other in others)]


@dataclass(frozen=True, eq=False)
class Sweep:
    """What each pair of thresholds gives.

    scores: (S,) and areas: (A,), ascending.
    counts: (images, S, A, 4): credit for recall, words, credit for precision, detections that
        count; see ``ImageScore``.
    """

    scores: np.ndarray
    areas: np.ndarray
    counts: np.ndarray

    def rates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Precision, recall and hmean over all images, (S, A) each."""
        return rates(self.counts.sum(axis=0))

    def of_images(self, images: np.ndarray) -> "Sweep":
        return Sweep(self.scores, self.areas, self.counts[images])

    def place(self, min_score: float, min_area: float) -> tuple[int, int]:
        """Where a pair of thresholds, which must be in the grid, stands in it."""
        score_at = int(np.flatnonzero(self.scores == min_score)[0])
        return score_at, int(np.flatnonzero(self.areas == min_area)[0])

    def at(self, place: tuple[int, int]) -> np.ndarray:
        """(images, 4) the counts at a ``place``."""
        return self.counts[:, place[0], place[1]]


@dataclass(frozen=True)
class Choice:
    """The thresholds chosen, and the ends of the plateaus in whose middle they stand."""

    min_score: float
    min_area: float
    score_plateau: tuple[float, float]
    area_plateau: tuple[float, float]


@dataclass(frozen=True)
class Gain:
    """Against the thresholds so far.

    before, after: hmean on all photos.  interval: where the difference lies in 95 of 100 draws.
    unseen: hmean where each photo is scored with thresholds that others have chosen.
    """

    before: float
    after: float
    interval: Interval
    unseen: float

    @property
    def is_noise(self) -> bool:
        return self.interval.low <= 0 <= self.interval.high


def sweep(
    candidates: Sequence[Candidates],
    truths: Sequence[Sequence[Word]],
    extra: tuple[float, float],
    protocol: str = "icdar2015",
    least: float = SCORES[0],
) -> Sweep:
    """Score every pair of SCORES and AREAS, and those with ``extra`` (score, area) in them.

    least: below which no word's score is, so that scores below it need no trying.
    Most pairs keep the same words of an image: each set of words is scored once.
    """
    scores = np.array(sorted({*(score for score in SCORES if score >= least), extra[0]}))
    areas = np.array(sorted({*AREAS, extra[1]}), np.float64)
    grid = list(product(scores.tolist(), areas.tolist()))
    numbers = np.zeros((len(candidates), len(grid)), int)
    tried: list[Overlaps] = []
    for image, (found, words) in enumerate(zip(candidates, truths, strict=True)):
        overlaps = Overlaps(found.outlines, words)
        known: dict[bytes, int] = {}
        for place, pair in enumerate(grid):
            kept = found.kept(*pair)
            number = known.setdefault(kept.tobytes(), len(tried))
            if number == len(tried):
                tried.append(overlaps.with_some_found(kept))
            numbers[image, place] = number
    counts = np.array([_counts(image) for image in PROTOCOLS[protocol](tried).images], float)
    shape = (len(candidates), len(scores), len(areas), 4)
    return Sweep(scores, areas, counts.reshape(-1, 4)[numbers].reshape(shape))


def _counts(image: ImageScore) -> tuple[float, float, float, float]:
    return image.recall_credit, image.num_truths, image.precision_credit, image.num_detections


def rates(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and hmean of sums (..., 4) as in ``Sweep``; 0 without a denominator."""
    recall = _ratio(sums[..., 0], sums[..., 1])
    precision = _ratio(sums[..., 2], sums[..., 3])
    return precision, recall, _ratio(2 * precision * recall, precision + recall)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom > 0)


def choose(swept: Sweep) -> Choice:
    """The middle of the plateau round the best score, then of that round the best area.

    The best single value is often the edge of a cliff that other photos have a little further on;
    where these photos cannot tell thresholds apart, the middle is the farthest from both cliffs.
    """
    hmean = swept.rates()[2]
    best_score, best_area = np.unravel_index(hmean.argmax(), hmean.shape)
    scores = _plateau(swept.counts[:, :, best_area], int(best_score))
    score_at = sum(scores) // 2
    areas = _plateau(swept.counts[:, score_at], int(best_area))
    area_at = sum(areas) // 2
    return Choice(
        float(swept.scores[score_at]),
        float(swept.areas[area_at]),
        (float(swept.scores[scores[0]]), float(swept.scores[scores[1]])),
        (float(swept.areas[areas[0]]), float(swept.areas[areas[1]])),
    )


def choose_kernels(sweeps: Sequence[Sweep]) -> tuple[int, list[Choice]]:
    """Which of several ways to find kernels scores best with its own choice, and all choices.

    sweeps: of the same images.  The first wins where others are no better.
    """
    choices = [choose(swept) for swept in sweeps]
    hmeans = [
        rates(swept.at(swept.place(choice.min_score, choice.min_area)).sum(axis=0))[2]
        for swept, choice in zip(sweeps, choices, strict=True)
    ]
    return int(np.argmax(hmeans)), choices


def _plateau(counts: np.ndarray, start: int) -> tuple[int, int]:
    """First and last of the values round ``start`` that these images cannot tell from it.

    counts: (images, values, 4).  A value is as good where its hmean is less by no more than the
    standard error of the difference, both being measured on the same images.
    """
    hmean = rates(counts.sum(axis=0))[2]
    drawn = resampled_sums(counts.reshape(len(counts), -1))
    drawn_hmean = rates(drawn.reshape(len(drawn), -1, 4))[2]
    noise = (drawn_hmean[:, [start]] - drawn_hmean).std(axis=0)
    as_good = hmean[start] - hmean <= np.minimum(noise, MOST_GIVEN_UP) + _ROUNDING
    first = last = start
    while first > 0 and as_good[first - 1]:
        first -= 1
    while last + 1 < len(as_good) and as_good[last + 1]:
        last += 1
    return first, last


def measure_gain(
    sweeps: Sequence[Sweep], best: int, choice: Choice, before: tuple[float, float]
) -> Gain:
    """What ``choice``, with the kernels of ``sweeps[best]``, gives over the thresholds ``before``.

    before: (score, area), with the kernels of the first of the sweeps.
    """
    old, new = sweeps[0], sweeps[best]
    new_place = new.place(choice.min_score, choice.min_area)
    pair = np.stack([old.at(old.place(*before)), new.at(new_place)], axis=1)
    drawn = resampled_sums(pair.reshape(len(pair), -1)).reshape(-1, 2, 4)
    drawn_before, drawn_after = rates(drawn)[2].T
    interval = Interval(*np.percentile(drawn_after - drawn_before, (2.5, 97.5)).tolist())
    hmean = rates(pair.sum(axis=0))[2]
    return Gain(float(hmean[0]), float(hmean[1]), interval, _hmean_unseen(sweeps))


def _hmean_unseen(sweeps: Sequence[Sweep]) -> float:
    """Choose on all parts of the images but one, score that one; the sums of all parts."""
    parts = np.arange(len(sweeps[0].counts)) % FOLDS
    total = np.zeros(4)
    for part in np.unique(parts):
        own, others = np.flatnonzero(parts == part), np.flatnonzero(parts != part)
        seen = [swept.of_images(others) for swept in sweeps] if len(others) else sweeps
        best, choices = choose_kernels(seen)
        place = sweeps[best].place(choices[best].min_score, choices[best].min_area)
        total += sweeps[best].at(place)[own].sum(axis=0)
    return float(rates(total)[2])


def draw_curves(
    swept: Sweep, choice: Choice, before: tuple[float, float] | None, path: Path
) -> None:
    """Precision, recall and hmean over each threshold, the other one as chosen, into a PNG.

    before: None where other kernels were found with them.
    The words in it are English: a font with Hangul is not on every machine.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    score_at, area_at = swept.place(choice.min_score, choice.min_area)
    figure = Figure(figsize=(11, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    panels = (
        (left, "min_score", swept.scores, swept.counts[:, :, area_at], choice.score_plateau),
        (right, "min_area", swept.areas, swept.counts[:, score_at], choice.area_plateau),
    )
    chosen = (choice.min_score, choice.min_area)
    olds = before or (None, None)
    for (axes, name, values, counts, plateau), old, new in zip(panels, olds, chosen, strict=True):
        curves = rates(counts.sum(axis=0))
        for label, curve in zip(("precision", "recall", "hmean"), curves, strict=True):
            axes.plot(values, curve, marker="o", markersize=2.5, label=label)
        axes.axvspan(*plateau, alpha=0.15, color="tab:green", label="cannot be told apart")
        axes.axvline(new, color="tab:green", label=f"chosen: {new:g}")
        if old is not None:
            axes.axvline(old, color="grey", linestyle="--", label=f"before: {old:g}")
        axes.set_xlabel(name)
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.suptitle(f"{len(swept.counts)} calibration images")
    figure.savefig(path, format="png", dpi=110)
