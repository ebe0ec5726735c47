"""Batches that keep coming when a process that makes them dies."""

import errno
import re
import shutil
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torch.utils.data._utils import signal_handling

from dataset.sampler import EpochSampler, Key
from runtime.messages import UserError, say

Batch = dict[str, Tensor]
# Without a batch in between: a sample or a machine that kills every process will do so again.
MOST_DEATHS = 3
# PyTorch has no class for any of these.
_WORKER_DIED = re.compile(
    r"DataLoader worker \(pid"
    r"|\d+ items of ancdata"
    r"|[Tt]oo many open files"
    r"|[Bb]us error"
    r"|shared memory"
    r"|</?torch_\d+"  # its files in /dev/shm
)
_SHARED_MEMORY = "/dev/shm"


class SteadyLoader:
    """A ``DataLoader`` over the batches of a sampler that outlives its worker processes.

    Which worker makes a batch makes no difference, so that after a death new ones go on with the
    first batch that has not been given out: the batches are the same as without it.
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        sampler: EpochSampler,
        on_restart: Callable[[int, str], object],
        **options: Any,
    ) -> None:
        """options: those of ``DataLoader``, such as num_workers.

        on_restart: is told how many restarts there have been, and what the last one was for.
        """
        self.sampler = sampler
        self.num_workers: int = options.get("num_workers", 0)
        self.restarts = 0
        self._dataset = dataset
        self._on_restart = on_restart
        self._options = options
        self._remaining = _Remaining(sampler)
        self._loader: DataLoader[Batch] | None = None

    def batches(self, first_iteration: int = 0) -> Iterator[Batch]:
        """The batches of the sampler's epoch, from those of ``first_iteration`` on.

        Raises UserError once ``MOST_DEATHS`` deaths have left no time for a single batch.
        """
        self.sampler.set_epoch(self.sampler.epoch, first_iteration)
        given = deaths = 0
        reason = ""
        while deaths < MOST_DEATHS:
            self._remaining.given = given
            iterator: Iterator[Batch] | None = None
            try:
                iterator = self._start()
                while (batch := next(iterator, None)) is not None:
                    given, deaths = given + 1, 0
                    yield batch
                return
            except (RuntimeError, OSError, EOFError) as error:
                if not (self.num_workers and worker_died(error)):
                    raise
                reason = _reason(error)
                # An error that a worker handed over holds the loader in a circle.  The new workers
                # would inherit it, and whichever thread of theirs collected it would try to end it
                # there, which can cost a batch that is just being handed over.
                traceback.clear_frames(error.__traceback__)
            # With its last reference the loader ends the processes that are left.
            self._loader = iterator = None
            deaths += 1
            self.restarts += 1
            if deaths < MOST_DEATHS:
                self._on_restart(self.restarts, reason)
        raise UserError(
            "data.image_workers_died", count=deaths, reason=reason, shm=_free_shared_memory()
        )

    def _start(self) -> Iterator[Batch]:
        if self._loader is None:
            self._loader = DataLoader(self._dataset, batch_sampler=self._remaining, **self._options)
        with _without_raising_signals():
            return iter(self._loader)


class _Remaining:
    """The keys of a sampler's batches, without the first ``given`` of them."""

    def __init__(self, sampler: EpochSampler) -> None:
        self.sampler = sampler
        self.given = 0

    def __iter__(self) -> Iterator[list[Key]]:
        return islice(self.sampler, self.given, None)


@contextmanager
def _without_raising_signals() -> Iterator[None]:
    """Undo what PyTorch does on SIGCHLD when it starts the first workers of a process.

    Its handler raises wherever the main thread happens to be when one dies: in the middle of a step
    of the optimizer, or of writing a checkpoint.  Whoever waits for a batch finds out anyway.
    """
    before = signal.getsignal(signal.SIGCHLD)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and before is not None:
            from_pytorch = getattr(before, "__module__", "") == signal_handling.__name__
            signal.signal(signal.SIGCHLD, signal.SIG_DFL if from_pytorch else before)


def worker_died(error: BaseException) -> bool:
    """Whether a loader's error means that a process died, or could not hand over what it made.

    What a data set raises in a worker comes with that worker's traceback.
    """
    if _WORKER_DIED.search(str(error)):
        return True
    from_data_set = "in DataLoader worker process" in str(error)
    # How it looks when a batch lies in the queue whose maker is gone; and when none can be made.
    maker_is_gone = isinstance(error, ConnectionError | EOFError | FileNotFoundError)
    none_starts = isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN)
    return (maker_is_gone or none_starts) and not from_data_set


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionError | EOFError | FileNotFoundError):
        return say("data.image_worker_gone")
    # What a worker raised is the last line, below its traceback.
    return (str(error).strip() or type(error).__name__).splitlines()[-1]


def _free_shared_memory() -> str:
    try:
        return f"{shutil.disk_usage(_SHARED_MEMORY).free / 1e9:.1f} GB"
    except OSError:
        return "?"
