"""Tensors that lie in one block of memory: what is done to all of them is one operation."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import Parameter

from runtime.distributed import sum_over_ranks

_ALIGNMENT = 16  # elements; vectorised kernels want 64 bytes


def _block_for(tensors: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """A block of zeros for tensors of one dtype and device, and a view of it in each one's form."""
    starts, end = [], 0
    for tensor in tensors:
        starts.append(end)
        end += -(-tensor.numel() // _ALIGNMENT) * _ALIGNMENT
    block = tensors[0].new_zeros(end)
    pairs = zip(tensors, starts, strict=True)
    return block, [block.as_strided(each.shape, each.stride(), start) for each, start in pairs]


class Gradients:
    """The gradients of all parameters; ``backward`` adds to them until they are cleared."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        with torch.no_grad():
            self.block, views = _block_for(trained)
        for parameter, view in zip(trained, views, strict=True):
            parameter.grad = view
        self.limit = torch.finfo(self.block.dtype).max ** 0.5

    def clear(self) -> None:
        self.block.zero_()

    def finite(self) -> Tensor:
        """bool (), on the device: no gradient is NaN, infinite, or so large that its square is.

        Adam would divide by the average of such squares for good: the weight never moved again.
        """
        # A tenth of the time of isfinite or of a norm; NaN is passed on and fails to compare.
        least, most = torch.aminmax(self.block)
        return (least > -self.limit) & (most < self.limit)

    def spoil_unless(self, healthy: Tensor) -> None:
        """Make one gradient NaN where ``healthy``, bool (), is False: no rank takes the step."""
        self.block[:1] += torch.where(healthy, 0.0, torch.nan)

    def exchange(self) -> None:
        """Add up the gradients of all ranks, in one message."""
        sum_over_ranks(self.block)


class Restorable:
    """Buffers that can be put back to what they were.

    The optimizer skips a step whose gradients are not finite, but by then the forward pass has
    moved the running statistics of BatchNorm.
    """

    def __init__(self, buffers: Iterable[Tensor]) -> None:
        """buffers: keep their values and move into a block for each dtype."""
        by_dtype: dict[torch.dtype, list[Tensor]] = {}
        for buffer in buffers:
            by_dtype.setdefault(buffer.dtype, []).append(buffer)
        self.blocks = [_moved_to_block(same) for same in by_dtype.values()]
        self.copies = [block.clone() for block in self.blocks]

    def keep(self) -> None:
        """Remember the present values."""
        torch._foreach_copy_(self.copies, self.blocks)

    def restore(self) -> None:
        torch._foreach_copy_(self.blocks, self.copies)

    def restore_unless(self, healthy: Tensor) -> None:
        """Put the values back where ``healthy``, bool () on the device, is False."""
        for block, copy in zip(self.blocks, self.copies, strict=True):
            torch.where(healthy, block, copy, out=block)


@torch.no_grad()
def _moved_to_block(buffers: Sequence[Tensor]) -> Tensor:
    block, views = _block_for(buffers)
    for buffer, view in zip(buffers, views, strict=True):
        view.copy_(buffer)
        buffer.data = view
    return block
