"""Shares of a weighted mixture: exact, and the same however a run is cut up."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.sampler import EpochSampler
from dataset.weighted_order import WeightedOrder

LENGTHS, WEIGHTS = [5000, 40, 700], [1.0, 2.0, 0.5]


def sources_of(samples: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.cumsum(LENGTHS), samples, side="right")


@pytest.mark.parametrize("first", [0, 137, 98_765])
def test_ten_thousand_draws_match_the_weights_within_a_percent(first):
    samples = WeightedOrder(LENGTHS, WEIGHTS, seed=3).samples(np.arange(first, first + 10_000))

    shares = np.bincount(sources_of(samples)) / 10_000

    np.testing.assert_allclose(shares, np.array(WEIGHTS) / 3.5, atol=0.01)


def test_a_source_is_gone_through_whole_before_anything_of_it_comes_again():
    samples = WeightedOrder(LENGTHS, WEIGHTS, seed=3).samples(np.arange(20_000))

    small = samples[sources_of(samples) == 1]

    for start in range(0, len(small) - 40, 40):
        assert sorted(small[start : start + 40]) == list(range(5000, 5040))
    assert small[:40].tolist() != small[40:80].tolist()
    large = samples[sources_of(samples) == 0]
    assert len(set(large[:5000].tolist())) == 5000


def test_a_draw_is_the_same_whatever_was_drawn_before():
    whole = WeightedOrder(LENGTHS, WEIGHTS, seed=3).samples(np.arange(5000))
    fresh = WeightedOrder(LENGTHS, WEIGHTS, seed=3)

    np.testing.assert_array_equal(fresh.samples(np.arange(4321, 5000)), whole[4321:])
    np.testing.assert_array_equal(fresh.samples(np.arange(10, 20)), whole[10:20])


def test_seeds_have_orders_of_their_own():
    orders = [WeightedOrder(LENGTHS, WEIGHTS, seed).samples(np.arange(100)) for seed in (0, 1)]

    assert orders[0].tolist() != orders[1].tolist()


def sampler(rank: int = 0, world: int = 1) -> EpochSampler:
    return EpochSampler(
        sum(LENGTHS), 8, rank, world, 5, weighted=WeightedOrder(LENGTHS, WEIGHTS, 5)
    )


def batches(one: EpochSampler, epoch: int, start_iteration: int = 0) -> list:
    one.set_epoch(epoch, start_iteration)
    return list(one)


@pytest.mark.parametrize("world", [2, 4])
def test_ranks_share_the_draws_of_one_process(world):
    whole = batches(sampler(), 2)
    parts = [batches(sampler(rank, world), 2) for rank in range(world)]

    for number, batch in enumerate(whole):
        assert [key for part in parts for key in part[number]] == batch


def test_a_resumed_epoch_goes_on_with_the_same_draws():
    assert batches(sampler(), 1, 600) == batches(sampler(), 1)[600:]


def test_the_samples_of_an_epoch_are_those_of_its_batches():
    seen = [sample for batch in batches(sampler(), 1) for sample, _ in batch]

    assert sampler().samples_of(1).tolist() == seen


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=6),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_every_source_is_drawn_whatever_the_weights(lengths, data):
    weights = [data.draw(st.floats(1e-6, 1e6)) for _ in lengths]

    samples = WeightedOrder(lengths, weights, seed=0).samples(np.arange(1000))

    counts = Counter(np.searchsorted(np.cumsum(lengths), samples, side="right").tolist())
    assert set(counts) == set(range(len(lengths)))
    wanted = np.array(weights) / sum(weights) * 1000
    for source, count in counts.items():
        assert count == 1 or count <= wanted[source] + 1
