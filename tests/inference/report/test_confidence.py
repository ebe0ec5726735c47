"""The bootstrap against a slow one, and against what is known of coins."""

import math

import numpy as np
import pytest

from inference.report import confidence
from inference.report.confidence import (
    Interval,
    rate_intervals,
    resampled_sums,
    score_intervals,
)


def slow_sums(counts: list[list[int]], draws: int, seed: int) -> list[list[int]]:
    """Image by image, as often as each was drawn."""
    rng = np.random.default_rng(seed)
    sums = []
    for _ in range(draws):
        times = rng.multinomial(len(counts), [1 / len(counts)] * len(counts)).tolist()
        drawn = [row for row, often in zip(counts, times, strict=True) for _ in range(often)]
        assert len(drawn) == len(counts)
        sums.append([sum(column) for column in zip(*drawn, strict=True)])
    return sums


@pytest.mark.parametrize("block", [1, 50, 4_000_000])
def test_sums_are_those_of_a_slow_bootstrap_however_many_are_made_at_a_time(monkeypatch, block):
    monkeypatch.setattr(confidence, "_BLOCK", block)
    counts = np.random.default_rng(1).integers(0, 9, (12, 3))

    sums = resampled_sums(counts, draws=40, seed=5)

    assert sums.tolist() == slow_sums(counts.tolist(), 40, 5)


def test_the_same_images_give_the_same_intervals():
    counts = np.random.default_rng(1).integers(0, 9, (30, 2))
    assert np.array_equal(resampled_sums(counts), resampled_sums(counts))


def test_the_interval_of_a_coin_is_as_wide_as_theory_says():
    # One word an image, found in 600 of 1,000: 0.6 +- 1.96 * sqrt(0.6 * 0.4 / 1,000).
    hits = np.repeat([1, 0], [600, 400])[:, None]
    (interval,) = rate_intervals(hits, np.ones_like(hits))

    half = 1.96 * math.sqrt(0.6 * 0.4 / 1000)
    assert interval.low == pytest.approx(0.6 - half, abs=0.004)
    assert interval.high == pytest.approx(0.6 + half, abs=0.004)


def test_words_of_one_image_count_as_one_draw():
    # The same rate, but images are found whole or not at all: wider by the root of ten.
    hits = np.repeat([10, 0], [60, 40])[:, None]
    (interval,) = rate_intervals(hits, np.full_like(hits, 10))

    assert interval.high - interval.low == pytest.approx(2 * 1.96 * math.sqrt(0.24 / 100), rel=0.1)


def test_where_the_spread_cannot_be_seen_there_is_no_interval():
    of_all = np.array([[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [0, 0, 2, 3]])
    hits = np.array([[0, 1, 2, 3], [0, 0, 2, 0], [0, 1, 2, 3], [0, 0, 2, 3], [0, 0, 2, 0]])

    nothing, four_images, all_alike, five_images = rate_intervals(hits, of_all)

    assert nothing is four_images is all_alike is None
    assert 0 <= five_images.low < 9 / 15 < five_images.high <= 1


def test_scores_are_zero_where_nothing_was_found():
    nothing, ten = np.zeros(8), np.full(8, 10.0)

    intervals = score_intervals(nothing, ten, nothing, nothing)

    assert intervals == (Interval(0, 0), Interval(0, 0), Interval(0, 0))


def test_the_interval_of_hmean_is_of_each_draw_and_not_of_the_ends():
    recalled, precise = np.array([2.0, 8.0] * 500), np.array([8.0, 2.0] * 500)
    tens = np.full(1000, 10.0)

    precision, recall, hmean = score_intervals(recalled, tens, precise, tens)

    assert precision == recall == (0.2, 0.8)
    assert hmean == pytest.approx((0.32, 0.32))
