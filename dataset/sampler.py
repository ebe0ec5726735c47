"""The order in which samples are seen, the same on any number of processes and workers."""

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
from torch.utils.data import Sampler

from dataset.weighted_order import WeightedOrder
from runtime.messages import UserError

Key = tuple[int, int]


class EpochSampler(Sampler[list[Key]]):
    """Batches of keys (sample, draw) for a ``DataLoader(batch_sampler=...)``.

    Everything random follows from (seed, epoch) and is carried by the keys, so persistent workers,
    another number of workers and a start in the middle of an epoch give the same samples.

    num_samples: length of the data set.  batch_size: samples of one optimizer step, over all
        processes and micro-batches.
    rank, world: which process of how many this is; each takes its own part of every batch.
    accumulate: micro-batches that a process sees in place of each batch, one after the other.
    weighted: chooses the samples instead of a shuffle of all of them.
    """

    def __init__(
        self,
        num_samples: int,
        batch_size: int,
        rank: int = 0,
        world: int = 1,
        seed: int = 0,
        accumulate: int = 1,
        weighted: WeightedOrder | None = None,
    ) -> None:
        if batch_size % (world * accumulate):
            raise UserError(
                "data.batch_not_shared", batch_size=batch_size // accumulate, world=world
            )
        if num_samples < 1:
            raise ValueError("a sampler needs samples to draw from")
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.seed = seed
        self.weighted = weighted
        self.micro_size = batch_size // (world * accumulate)
        self.first, self.accumulate = rank * self.micro_size * accumulate, accumulate
        self.set_epoch(0)

    def set_epoch(self, epoch: int, start_iteration: int = 0) -> None:
        """Choose the epoch that the next pass goes through, and how many batches it leaves out."""
        self.epoch = epoch
        self.start_iteration = start_iteration

    def __len__(self) -> int:
        """Batches of a whole epoch: samples that fill no batch are left to another epoch.

        Fewer samples than one batch holds come several times in the only batch of an epoch.
        """
        return max(1, self.num_samples // self.batch_size)

    def __iter__(self) -> Iterator[list[Key]]:
        order = self._order(self.epoch)
        for iteration in range(self.start_iteration, len(self)):
            yield from self._micro_batches(order, iteration)

    def keys(self, iteration: int) -> list[Key]:
        """This process's samples of one batch of the epoch, ``iteration`` counted from 0."""
        return list(chain.from_iterable(self._micro_batches(self._order(self.epoch), iteration)))

    def _micro_batches(
        self, order: Callable[[np.ndarray], np.ndarray], iteration: int
    ) -> Iterator[list[Key]]:
        first_draw = self._first_draw(self.epoch)
        for micro_batch in range(self.accumulate):
            start = iteration * self.batch_size + self.first + micro_batch * self.micro_size
            places = np.arange(start, start + self.micro_size)
            draws = (first_draw + places).tolist()
            yield list(zip(order(places).tolist(), draws, strict=True))

    def samples_of(self, epoch: int) -> np.ndarray:
        """Every sample that all processes together see in an epoch."""
        return self._order(epoch)(np.arange(len(self) * self.batch_size))

    def _first_draw(self, epoch: int) -> int:
        return epoch * len(self) * self.batch_size

    def _order(self, epoch: int) -> Callable[[np.ndarray], np.ndarray]:
        """What gives the samples at some places of an epoch."""
        if self.weighted is not None:
            weighted, first_draw = self.weighted, self._first_draw(epoch)
            return lambda places: weighted.samples(first_draw + places)
        # One array for the epoch: millions of keys as Python objects would take gigabytes.
        order = np.random.default_rng((self.seed, epoch)).permutation(self.num_samples)
        return lambda places: order[places % self.num_samples]
