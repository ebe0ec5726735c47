"""How far a run has come, and which of its epochs was the best."""

import math
from dataclasses import dataclass

CRITERIA = ("hmean", "val_loss", "loss")


@dataclass
class Progress:
    """Everything that a resumed run needs beside the weights and the optimizer.

    epoch: finished epochs; iteration: finished iterations of the one after them.
    bad_steps: steps in a row whose loss was not finite.
    criterion: what the best epoch is chosen by, one of CRITERIA; best: its value then.
    """

    epoch: int = 0
    iteration: int = 0
    bad_steps: int = 0
    criterion: str = "loss"
    best: float | None = None
    best_epoch: int = 0

    def finish_epoch(self, value: float) -> bool:
        """Count an epoch that ended with ``value``; True where it is the best so far."""
        self.epoch += 1
        self.iteration = 0
        better = self.best is None or (
            value >= self.best if self.criterion == "hmean" else value < self.best
        )
        if better and math.isfinite(value):
            self.best, self.best_epoch = value, self.epoch
            return True
        return False

    @property
    def epochs_without_gain(self) -> int:
        return self.epoch - self.best_epoch
