"""BatchNorm over the batches of all ranks, so that a batch means the same on any number of them."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class CrossRankBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d whose statistics in training are those of all ranks' samples together.

    On a single process it is BatchNorm2d.  torch's own SyncBatchNorm does the same for GPUs only.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape; every rank must call it, N may differ."""
        if not (self.training and _has_peers()):
            return super().forward(x)
        values = x.to(torch.promote_types(x.dtype, torch.float32))
        ones = values.new_full((1,), x.numel() // x.shape[1])
        sums = _SumOverRanks.apply(torch.cat([values.sum((0, 2, 3)), ones]))
        mean, size = sums[:-1] / sums[-1], sums[-1].detach()
        centred = values - mean[:, None, None]
        variance = _SumOverRanks.apply(centred.square().sum((0, 2, 3))) / size
        self._remember(mean.detach(), variance.detach() * size / (size - 1))
        scale = self.weight * (variance + self.eps).rsqrt()
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    def _remember(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(unbiased_variance, self.momentum)


class _SumOverRanks(torch.autograd.Function):
    """The sum over ranks; each rank's share gets the gradients of all ranks' results."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


def synchronise_batchnorm(model: nn.Module) -> nn.Module:
    """Let every BatchNorm2d of ``model`` work over all ranks; weights, buffers and keys stay."""
    if next(model.parameters()).is_cuda:
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.BatchNorm2d:
                setattr(parent, name, _cross_rank(child))
    return model


def _cross_rank(bn: nn.BatchNorm2d) -> CrossRankBatchNorm2d:
    twin = CrossRankBatchNorm2d(bn.num_features, bn.eps, bn.momentum)
    for name, tensor in (*bn.named_parameters(), *bn.named_buffers()):
        setattr(twin, name, tensor)
    return twin.train(bn.training)


def _has_peers() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
