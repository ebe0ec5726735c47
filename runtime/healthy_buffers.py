"""A way back for BatchNorm statistics that a step with NaN or Inf has spoilt."""

from collections.abc import Iterable

import torch
from torch import Tensor


class HealthyBuffers:
    """Keeps a copy of buffers that were last seen finite.

    The optimizer skips a step whose gradients are not finite, but by then the forward pass has
    moved the running statistics, live and averaged.  Training itself does not read them, so they
    may wait for the next log line to be mended.
    """

    def __init__(self, buffers: Iterable[Tensor]) -> None:
        self.buffers = [buffer for buffer in buffers if buffer.is_floating_point()]
        self.copies = [buffer.clone() for buffer in self.buffers]

    @torch.no_grad()
    def keep(self) -> None:
        """All is finite: remember the present values."""
        torch._foreach_copy_(self.copies, self.buffers)

    @torch.no_grad()
    def mend(self) -> None:
        """Something was not finite: put back the values of every buffer that is spoilt."""
        for buffer, copy in zip(self.buffers, self.copies, strict=True):
            buffer.copy_(torch.where(torch.isfinite(buffer).all(), buffer, copy))
