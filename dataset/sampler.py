"""The order in which samples are seen, the same on any number of processes and workers."""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from runtime.messages import UserError

Key = tuple[int, int]


class EpochSampler(Sampler[list[Key]]):
    """Batches of keys (sample, draw) for a ``DataLoader(batch_sampler=...)``.

    Everything random follows from (seed, epoch) and is carried by the keys, so persistent workers,
    another number of workers and a start in the middle of an epoch give the same samples.

    num_samples: length of the data set.  batch_size: of all processes together.
    rank, world: which process of how many this is; each takes its own part of every batch.
    """

    def __init__(
        self, num_samples: int, batch_size: int, rank: int = 0, world: int = 1, seed: int = 0
    ) -> None:
        if batch_size % world:
            raise UserError("data.batch_not_shared", batch_size=batch_size, world=world)
        if num_samples < 1:
            raise ValueError("a sampler needs samples to draw from")
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.seed = seed
        part = batch_size // world
        self.part = slice(rank * part, (rank + 1) * part)
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
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.num_samples)
        whole = np.resize(order, len(self) * self.batch_size)
        first_draw = self.epoch * len(whole)
        keys = list(zip(whole.tolist(), range(first_draw, first_draw + len(whole)), strict=True))
        for start in range(self.start_iteration * self.batch_size, len(keys), self.batch_size):
            yield keys[start : start + self.batch_size][self.part]
