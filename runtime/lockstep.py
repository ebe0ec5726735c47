"""Keeps the ranks together when one of them fails in the middle of a pass through the network.

A pass makes the same exchanges on every rank, in the same order: statistics of BatchNorm on the way
forward and on the way back.  A rank that runs out of memory has made only the first few, and the
others wait for it.  It catches up with a pass over a tiny image, in which the exchanges that it has
made already are left out.
"""

import torch
from torch import Tensor

from runtime.distributed import sum_over_ranks


class Lockstep:
    """Counts the exchanges of a pass."""

    def __init__(self) -> None:
        self.made = self.left_out = 0

    def begin_pass(self) -> None:
        self.made = self.left_out = 0

    def catch_up(self) -> None:
        """The next exchanges, as many as were made since ``begin_pass``, are not made again."""
        self.left_out = self.made

    @torch.compiler.disable
    def exchange(self, values: Tensor) -> None:
        """Add up ``values`` over all ranks, in place."""
        if self.left_out:
            self.left_out -= 1
            return
        sum_over_ranks(values)
        self.made += 1


# One network is trained in a process, and its layers cannot be handed anything on the way.
LOCKSTEP = Lockstep()
