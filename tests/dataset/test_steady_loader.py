"""Batches go on, the same and in the same order, when the processes that make them die."""

import multiprocessing
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset
from torch.utils.data._utils import signal_handling
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from dataset.sampler import EpochSampler, Key
from dataset.steady_loader import MOST_DEATHS, SteadyLoader, worker_died
from runtime.messages import UserError

SAMPLES, BATCH = 24, 4


@pytest.fixture(autouse=True)
def quick_watch(monkeypatch):
    """PyTorch looks whether its workers live every five seconds."""
    monkeypatch.setattr(_MultiProcessingDataLoaderIter._try_get_data, "__defaults__", (0.2,))


class Deadly(Dataset[dict[str, Any]]):
    """Its items are their keys; some kill the process that makes them, for a number of times."""

    def __init__(self, folder: Path, place: int = -1, times: int = 1, how: str = "kill") -> None:
        self.folder, self.place, self.times, self.how = folder, place, times, how

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, key: Key) -> dict[str, torch.Tensor]:
        sample, draw = key
        died = len(list(self.folder.iterdir()))
        if draw % SAMPLES == self.place and died < self.times:
            (self.folder / f"{died}").touch()
            if self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "exit":
                os._exit(1)
            raise RuntimeError(self.how)
        return {"sample": torch.tensor(sample), "draw": torch.tensor(draw)}


def loader_of(dataset: Deadly, restarts: list[tuple[int, str]], **options: Any) -> SteadyLoader:
    accumulate = options.pop("accumulate", 1)
    sampler = EpochSampler(SAMPLES, BATCH * accumulate, seed=5, accumulate=accumulate)
    sampler.set_epoch(3)

    def note(count: int, reason: str) -> None:
        restarts.append((count, reason))

    return SteadyLoader(dataset, sampler, note, **options)


def drawn(loader: SteadyLoader, first_iteration: int = 0) -> list[list[list[int]]]:
    return [
        [batch["sample"].tolist(), batch["draw"].tolist()]
        for batch in loader.batches(first_iteration)
    ]


def undisturbed(tmp_path: Path, first: int = 0, **options: Any) -> list[list[list[int]]]:
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    return drawn(loader_of(Deadly(folder), [], **options), first)


@pytest.fixture
def deaths(tmp_path: Path) -> Path:
    (tmp_path / "deaths").mkdir()
    return tmp_path / "deaths"


@pytest.mark.parametrize("how", ["kill", "exit", "received 0 items of ancdata"])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_death_changes_nothing(tmp_path, deaths, how, workers, persistent, accumulate):
    restarts: list[tuple[int, str]] = []
    # The third of four samples of the third micro-batch.
    dataset = Deadly(deaths, place=10, how=how)
    loader = loader_of(
        dataset,
        restarts,
        num_workers=workers,
        persistent_workers=persistent,
        accumulate=accumulate,
    )

    batches = drawn(loader)

    assert batches == undisturbed(tmp_path, accumulate=accumulate)
    assert [len(part) for part in batches[0]] == [BATCH, BATCH]
    assert [count for count, _ in restarts] == [1]
    assert re.search("worker|데이터 프로세스" if how in ("kill", "exit") else how, restarts[0][1])


def test_the_next_epoch_goes_on_with_the_new_workers(tmp_path, deaths):
    restarts: list[tuple[int, str]] = []
    others = set(multiprocessing.active_children())
    loader = loader_of(Deadly(deaths, place=10), restarts, num_workers=2, persistent_workers=True)
    drawn(loader)
    workers = set(multiprocessing.active_children()) - others

    loader.sampler.set_epoch(4)
    second = drawn(loader)

    assert set(multiprocessing.active_children()) - others == workers
    assert len(workers) == 2
    assert len(restarts) == 1
    assert sorted(sum((samples for samples, _ in second), [])) == list(range(SAMPLES))
    assert sum((draws for _, draws in second), []) == list(range(4 * SAMPLES, 5 * SAMPLES))


@pytest.mark.parametrize("how", ["kill", "received 0 items of ancdata"])
def test_of_the_old_workers_none_is_left_when_the_new_ones_start(deaths, how):
    others = set(multiprocessing.active_children())
    found: list[set[Any]] = []

    class Counting(SteadyLoader):
        def _start(self) -> Any:
            iterator = super()._start()
            found.append(set(multiprocessing.active_children()) - others)
            return iterator

    sampler = EpochSampler(SAMPLES, BATCH)
    dataset = Deadly(deaths, place=10, how=how)
    loader = Counting(dataset, sampler, lambda count, reason: None, num_workers=2)
    drawn(loader)

    assert [len(workers) for workers in found] == [2, 2]
    assert not found[0] & found[1]


def test_an_epoch_may_begin_anywhere_and_be_disturbed_after(tmp_path, deaths):
    restarts: list[tuple[int, str]] = []
    # The second micro-batch of the last step: the step has already given one of its two.
    dataset = Deadly(deaths, place=22)
    loader = loader_of(dataset, restarts, num_workers=1, accumulate=2)

    batches = drawn(loader, 1)

    assert batches == undisturbed(tmp_path, accumulate=2)[2:]
    assert len(restarts) == 1


def test_a_worker_that_dies_during_a_step_disturbs_only_the_wait_for_the_next_batch(
    tmp_path, deaths
):
    restarts: list[tuple[int, str]] = []
    loader = loader_of(Deadly(deaths), restarts, num_workers=2, persistent_workers=True)
    batches, found = loader.batches(), []
    found.append(next(batches))
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGKILL)
    ended_s = time.monotonic() + 0.5
    while time.monotonic() < ended_s:  # the step, during which SIGCHLD comes
        sum(range(1000))
    found += batches

    expected = undisturbed(tmp_path)
    assert [[batch["sample"].tolist(), batch["draw"].tolist()] for batch in found] == expected
    assert restarts


def test_a_loader_before_it_leaves_nothing_that_raises(deaths):
    signal_handling._SIGCHLD_handler_set = False
    sampler = EpochSampler(SAMPLES, BATCH)
    list(iter(DataLoader(Deadly(deaths), batch_sampler=sampler, num_workers=1)))
    assert callable(signal.getsignal(signal.SIGCHLD))

    batches = loader_of(Deadly(deaths), [], num_workers=1).batches()
    next(batches)

    assert signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL
    batches.close()


def test_idle_workers_that_die_between_epochs_are_replaced(tmp_path, deaths):
    restarts: list[tuple[int, str]] = []
    loader = loader_of(Deadly(deaths), restarts, num_workers=1, persistent_workers=True)
    expected = drawn(loader)
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGKILL)
        child.join()

    assert drawn(loader) == expected
    assert len(restarts) == 1


@pytest.mark.parametrize("times", [MOST_DEATHS - 1, MOST_DEATHS])
def test_a_sample_that_kills_again_and_again_ends_the_run_with_advice(tmp_path, deaths, times):
    restarts: list[tuple[int, str]] = []
    loader = loader_of(Deadly(deaths, place=2, times=times), restarts, num_workers=1)

    if times < MOST_DEATHS:
        assert len(drawn(loader)) == SAMPLES // BATCH
    else:
        with pytest.raises(UserError, match=r"--workers 0.*/dev/shm") as caught:
            drawn(loader)
        assert caught.value.key == "data.image_workers_died"
    assert [count for count, _ in restarts] == [1, 2]


def test_deaths_with_batches_between_them_are_borne(tmp_path, deaths):
    class DeadlyOncePerBatch(Deadly):
        def __getitem__(self, key: Key) -> dict[str, torch.Tensor]:
            flag = self.folder / f"{key[1] // BATCH}"
            if not flag.exists():
                flag.touch()
                os._exit(1)
            return super().__getitem__(key)

    restarts: list[tuple[int, str]] = []
    loader = loader_of(DeadlyOncePerBatch(deaths), restarts, num_workers=1, prefetch_factor=1)

    assert drawn(loader) == undisturbed(tmp_path)
    assert [count for count, _ in restarts] == list(range(1, 1 + SAMPLES // BATCH))


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_of_the_data_itself_is_not_swallowed(deaths, workers):
    restarts: list[tuple[int, str]] = []
    loader = loader_of(Deadly(deaths, place=2, how="a mistake"), restarts, num_workers=workers)

    with pytest.raises(RuntimeError, match="a mistake"):
        drawn(loader)

    assert restarts == []


def test_the_generators_move_as_with_a_plain_loader(deaths):
    options = {"num_workers": 1, "persistent_workers": True}

    def plain(generator: torch.Generator) -> Any:
        sampler = EpochSampler(SAMPLES, BATCH)
        return DataLoader(Deadly(deaths), batch_sampler=sampler, generator=generator, **options)

    class Steady:
        def __init__(self, generator: torch.Generator) -> None:
            self.loader = loader_of(Deadly(deaths), [], generator=generator, **options)

        def __iter__(self) -> Any:
            return self.loader.batches()

    states = []
    before = torch.random.get_rng_state()
    for make in (plain, Steady):
        generator = torch.Generator()
        loader = make(generator)
        assert [len(list(iter(loader))) for _ in range(2)] == [SAMPLES // BATCH] * 2
        states.append(generator.get_state().tolist())
        del loader
    assert states[0] == states[1]
    assert torch.equal(torch.random.get_rng_state(), before)


WRAPPED = "Caught {0} in DataLoader worker process 0.\nOriginal Traceback ...\n{0}: {1}"


@pytest.mark.parametrize(
    ("error", "died"),
    [
        (RuntimeError("DataLoader worker (pid(s) 7) exited unexpectedly"), True),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Bus error. "), True),
        (RuntimeError("received 0 items of ancdata"), True),
        (RuntimeError("Too many open files. Communication with the workers is"), True),
        (OSError(24, "Too many open files"), True),
        (RuntimeError(WRAPPED.format("RuntimeError", "unable to write to </torch_7_1_0>")), True),
        (RuntimeError("unable to open shared memory object </torch_7_1_0>"), True),
        (ConnectionResetError(104, "Connection reset by peer"), True),
        (EOFError(), True),
        (FileNotFoundError(2, "No such file or directory"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (FileNotFoundError(WRAPPED.format("FileNotFoundError", "a.jpg")), False),
        (EOFError(WRAPPED.format("EOFError", "")), False),
        (RuntimeError(WRAPPED.format("RuntimeError", "index out of range")), False),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False),
        (OSError(28, "No space left on device"), False),
    ],
)  # fmt: skip
def test_deaths_are_told_from_other_errors(error, died):
    assert worker_died(error) is died
