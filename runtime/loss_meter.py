"""Running means of the losses of an epoch, collected on the device and read at log lines only."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from runtime.distributed import mean_over_ranks

# The sum that is minimised, its parts, and two metrics; and the names that the network gives them.
NAMES = ("loss", "loss_text", "loss_kernel", "loss_emb", "iou_text", "iou_kernel")
_GIVEN = ("loss", "loss_text", "loss_kernels", "loss_emb", "iou_text", "iou_kernel")


class LossMeter:
    """Adds up the losses of an epoch's steps.

    ``add`` only keeps a reference on the device; ``read`` brings everything to the host, which is
    the one synchronisation between two log lines.  Steps whose loss is not finite are left out of
    the means.
    """

    def __init__(self, sums: Mapping[str, float] | None = None, steps: int = 0) -> None:
        self.sums = dict.fromkeys(NAMES, 0.0) | dict(sums or {})
        self.steps = steps
        self.last = dict.fromkeys(NAMES, float("nan"))
        self._unread: list[Tensor] = []

    def add(self, parts: Sequence[Mapping[str, Tensor]]) -> None:
        """Note one step.

        parts: for each micro-batch the losses of its samples, as from ``FAST.losses``, and their
            sum under ``loss``; all micro-batches are of one size.
        """
        rows = [
            torch.stack([losses[name].detach().float().mean() for name in _GIVEN])
            for losses in parts
        ]
        self._unread.append(torch.stack(rows).mean(0))

    def read(self) -> list[bool]:
        """Bring the steps since the last call to the host; tells of each whether it was finite."""
        if not self._unread:
            return []
        rows = mean_over_ranks(torch.stack(self._unread)).double().tolist()
        self._unread.clear()
        finite = [bool(torch.isfinite(torch.tensor(row)).all()) for row in rows]
        for row, good in zip(rows, finite, strict=True):
            if good:
                self.last = dict(zip(NAMES, row, strict=True))
                self.sums = {name: self.sums[name] + self.last[name] for name in NAMES}
                self.steps += 1
        return finite

    def means(self) -> dict[str, float]:
        """Mean over the finite steps read so far; NaN before the first."""
        return {
            name: self.sums[name] / self.steps if self.steps else float("nan") for name in NAMES
        }
