"""How far a run has come, and which of its epochs was the best."""

import math
from dataclasses import dataclass, field

CRITERIA = ("hmean", "val_loss", "loss")


@dataclass
class Progress:
    """Everything that a resumed run needs beside the weights and the optimizer.

    epoch: finished epochs; iteration: finished iterations of the one after them.
    bad_steps: steps in a row whose loss or gradients were not finite.
    fallbacks: how often such steps have sent the run back to its last good state.
    split: pieces that each micro-batch is cut into to fit into memory.
    keep_start: hmean of the starting weights on the keep set, None without one.
    unreadable: numbers of the photos that could not be read any more.
    used_s: seconds of a ``--budget`` that are over; began_s: those before the first step.
    criterion: what the best epoch is chosen by, one of CRITERIA; best: its value then.
    """

    epoch: int = 0
    iteration: int = 0
    bad_steps: int = 0
    fallbacks: int = 0
    split: int = 1
    keep_start: float | None = None
    unreadable: list[int] = field(default_factory=list)
    criterion: str = "loss"
    best: float | None = None
    best_epoch: int = 0
    used_s: float = 0.0
    began_s: float | None = None

    def judge_by(self, criterion: str) -> None:
        """Choose the best epoch by ``criterion`` from now on: scores of another do not compare."""
        if criterion != self.criterion:
            self.criterion, self.best, self.best_epoch = criterion, None, self.epoch

    def is_better(self, value: float) -> bool:
        """Whether an epoch that ended with ``value`` would be the best so far."""
        if not math.isfinite(value):
            return False
        if self.best is None:
            return True
        return value >= self.best if self.criterion == "hmean" else value < self.best

    def finish_epoch(self, value: float, eligible: bool = True) -> bool:
        """Count an epoch that ended with ``value``; True where it is the best so far.

        eligible: whether it may be the best at all.
        """
        better = eligible and self.is_better(value)
        self.epoch += 1
        self.iteration = 0
        if better:
            self.best, self.best_epoch = value, self.epoch
        return better

    @property
    def rate_factor(self) -> float:
        """Each return to the last good state halves the learning rate."""
        return 0.5**self.fallbacks

    @property
    def epochs_without_gain(self) -> int:
        return self.epoch - self.best_epoch
