"""Running means of the losses of an epoch, collected on the device and read at log lines only."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from runtime.distributed import mean_over_ranks

# The sum that is minimised, its parts, and two metrics; and the names that the network gives them.
NAMES = ("loss", "loss_text", "loss_kernel", "loss_emb", "iou_text", "iou_kernel")
GIVEN_NAMES = ("loss", "loss_text", "loss_kernels", "loss_emb", "iou_text", "iou_kernel")


@dataclass(frozen=True)
class StepHealth:
    """Whether a step was good on all ranks, and whether it is this rank's samples that spoilt it.

    A gradient that is not finite reaches the other ranks through BatchNorm; so where some rank's
    losses are not finite, those ranks are to blame.
    """

    good: bool
    spoilt_here: bool


class LossMeter:
    """Adds up the losses of an epoch's steps.

    ``add`` only keeps a reference on the device; ``read`` brings everything to the host, which is
    the one synchronisation between two log lines.  Steps that are not finite are left out of the
    means.
    """

    def __init__(self, sums: Mapping[str, float] | None = None, steps: int = 0) -> None:
        self.sums = dict.fromkeys(NAMES, 0.0) | dict(sums or {})
        self.steps = steps
        self.last = dict.fromkeys(NAMES, float("nan"))
        self._unread: list[Tensor] = []

    def add(self, row: Tensor) -> None:
        """Note one step of this rank.

        row: (8,), means over the rank's samples in the order of NAMES; then 1 or 0, whether the
            losses were finite, and whether their gradients were.
        """
        self._unread.append(row)

    def read(self) -> list[StepHealth]:
        """Bring the steps since the last call to the host; tells of each how it was."""
        if not self._unread:
            return []
        here = torch.stack(self._unread)
        self._unread.clear()
        both = torch.stack([here, mean_over_ranks(here)]).to("cpu", torch.float64)
        finite = torch.isfinite(both[1]).all(1) & (both[1, :, len(NAMES) :] == 1).all(1)
        steps = []
        for good, row_here, row in zip(finite.tolist(), *both.tolist(), strict=True):
            (loss_here, gradient_here), (loss, _) = row_here[len(NAMES) :], row[len(NAMES) :]
            steps.append(StepHealth(good, not (gradient_here if loss == 1 else loss_here)))
            if good:
                self.last = dict(zip(NAMES, row, strict=False))
                self.sums = {name: self.sums[name] + self.last[name] for name in NAMES}
                self.steps += 1
        return steps

    def means(self) -> dict[str, float]:
        """Mean over the good steps read so far; NaN before the first."""
        return {
            name: self.sums[name] / self.steps if self.steps else float("nan") for name in NAMES
        }
