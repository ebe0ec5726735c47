"""The order of samples, over epochs, processes and interruptions."""

from collections import Counter

import pytest

from dataset.sampler import EpochSampler
from runtime.messages import UserError


def batches(sampler: EpochSampler, epoch: int = 0, start_iteration: int = 0) -> list:
    sampler.set_epoch(epoch, start_iteration)
    return list(sampler)


def test_an_epoch_shows_every_sample_once():
    keys = [key for batch in batches(EpochSampler(12, 4)) for key in batch]

    assert sorted(sample for sample, _ in keys) == list(range(12))


def test_samples_that_fill_no_batch_are_left_out():
    sampler = EpochSampler(14, 4)

    assert len(sampler) == len(batches(sampler)) == 3
    assert all(len(batch) == 4 for batch in batches(sampler))


def test_few_samples_come_several_times_in_one_batch():
    sampler = EpochSampler(3, 8)
    (batch,) = batches(sampler)

    assert len(sampler) == 1
    assert sorted(Counter(sample for sample, _ in batch).values()) == [2, 3, 3]
    assert len({draw for _, draw in batch}) == 8


def test_no_draw_ever_comes_twice():
    sampler = EpochSampler(14, 4)

    draws = [draw for epoch in range(5) for batch in batches(sampler, epoch) for _, draw in batch]

    assert len(set(draws)) == len(draws) == 5 * 12


def test_epochs_and_seeds_have_orders_of_their_own():
    first, second = batches(EpochSampler(40, 4), 0), batches(EpochSampler(40, 4), 1)

    def samples(found):
        return [sample for batch in found for sample, _ in batch]

    assert samples(first) != samples(second)
    assert samples(first) == samples(batches(EpochSampler(40, 4), 0))
    assert samples(first) != samples(batches(EpochSampler(40, 4, seed=1), 0))


@pytest.mark.parametrize("world", [1, 2, 4])
def test_processes_share_every_batch_evenly(world):
    whole = batches(EpochSampler(40, 8, seed=5), epoch=3)
    parts = [batches(EpochSampler(40, 8, rank, world, seed=5), epoch=3) for rank in range(world)]

    for number, batch in enumerate(whole):
        assert [key for part in parts for key in part[number]] == batch


@pytest.mark.parametrize("start", [0, 1, 4, 5])
def test_an_interrupted_epoch_goes_on_where_it_stopped(start):
    sampler = EpochSampler(20, 4)

    assert batches(sampler, 2, start) == batches(sampler, 2)[start:]
    assert len(sampler) == 5


def test_a_batch_that_processes_cannot_share_is_refused():
    with pytest.raises(UserError, match="6"):
        EpochSampler(40, 6, rank=0, world=4)


def test_the_order_is_the_same_for_ever():
    """Pinned: a run that is resumed with a later version sees its samples in the same order."""
    assert batches(EpochSampler(6, 2, seed=666), 1) == PINNED


PINNED = [[(2, 6), (4, 7)], [(3, 8), (1, 9)], [(5, 10), (0, 11)]]
