"""How far a score may be off because these photos happened to be the ones that it was taken on."""

from typing import NamedTuple

import numpy as np

from inference.scoring import harmonic_mean

DRAWS, SEED = 1000, 0
_PERCENTILES = (2.5, 97.5)
# Fewer images can hardly differ from one another, and would make the range look narrow.
_LEAST_IMAGES = 5
# Weights that are held at a time: 32 MB.
_BLOCK = 4_000_000


class Interval(NamedTuple):
    """The middle 95 % of what the bootstrap drew."""

    low: float
    high: float


def resampled_sums(counts: np.ndarray, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """Sums over as many images, drawn with replacement, (draws, C), for counts (images, C).

    Whole images are drawn, for the words of one photo are missed together.
    """
    num_images = len(counts)
    if not num_images:
        return np.zeros((draws, counts.shape[1]))
    rng = np.random.default_rng(seed)
    at_a_time = max(1, _BLOCK // num_images)
    shares = np.full(num_images, 1 / num_images)
    sums = [
        rng.multinomial(num_images, shares, min(at_a_time, draws - start)).astype(np.float64)
        @ counts
        for start in range(0, draws, at_a_time)
    ]
    return np.concatenate(sums)


def rate_intervals(top: np.ndarray, bottom: np.ndarray) -> list[Interval | None]:
    """For each column of counts (images, C) the interval of sum(top) / sum(bottom).

    None where too few images have any of ``bottom``, or where all draws were alike: neither says
    how far the rate may be off.
    """
    columns = top.shape[1]
    sums = resampled_sums(np.concatenate([top, bottom], axis=1))
    intervals: list[Interval | None] = []
    for place, images in enumerate((bottom > 0).sum(axis=0).tolist()):
        drawn = sums[:, columns + place]
        filled = drawn > 0
        low, high = 0.0, 0.0
        if images >= _LEAST_IMAGES and filled.any():
            rates = sums[filled, place] / drawn[filled]
            low, high = np.percentile(rates, _PERCENTILES).tolist()
        intervals.append(Interval(low, high) if low < high else None)
    return intervals


def score_intervals(
    recalled: np.ndarray, truths: np.ndarray, precise: np.ndarray, detections: np.ndarray
) -> tuple[Interval, Interval, Interval]:
    """Of precision, recall and hmean, which are 0 where they have no denominator.

    recalled, truths, precise, detections: (draws,) numerators and denominators.
    """
    recall = _fractions(recalled, truths)
    precision = _fractions(precise, detections)
    hmean = np.array(list(map(harmonic_mean, precision.tolist(), recall.tolist())))
    precision_at, recall_at, hmean_at = (
        Interval(*np.percentile(values, _PERCENTILES).tolist())
        for values in (precision, recall, hmean)
    )
    return precision_at, recall_at, hmean_at


def _fractions(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(len(top)), where=bottom > 0)
