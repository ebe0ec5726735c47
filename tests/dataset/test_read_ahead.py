"""Results of several threads, one by one in order."""

import threading

import pytest

from dataset.read_ahead import in_order


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 5, 100])
def test_results_come_in_the_order_of_the_items(workers, count):
    assert list(in_order(lambda item: item * item, range(count), workers)) == [
        item * item for item in range(count)
    ]


def test_items_are_taken_only_a_little_ahead_of_what_is_wanted():
    taken = []
    results = in_order(str, (taken.append(item) or item for item in range(1000)), 2)
    assert [next(results) for _ in range(10)] == list(map(str, range(10)))
    assert len(taken) <= 10 + 4 * 2


def test_several_threads_work_at_once():
    meeting = threading.Barrier(3, timeout=30)
    assert sorted(in_order(lambda _: meeting.wait(), range(3), 3)) == [0, 1, 2]


def test_an_error_comes_out_in_its_place_and_the_threads_end():
    before = threading.active_count()
    results = in_order(lambda item: 1 // item, [1, 1, 0, 1], 2)
    assert [next(results), next(results)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert threading.active_count() == before
