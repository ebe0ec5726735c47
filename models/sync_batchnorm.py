"""BatchNorm over the batches of all ranks, so that a batch means the same on any number of them."""

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
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
        y, mean, variance, size = _NormaliseOverRanks.apply(x, self.weight, self.bias, self.eps)
        self._remember(mean, variance * size / (size - 1))
        return y

    def _remember(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(unbiased_variance, self.momentum)


class _NormaliseOverRanks(torch.autograd.Function):
    """Normalisation by the statistics of all ranks, which meet once on each way.

    Every walk through a map is a fused one of torch's own BatchNorm, in the map's format, with
    statistics in that of the weights: the same in elementary steps takes most of a training step.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(N, C, H, W) -> the normalised maps; mean, variance (C,) and size () over all ranks."""
        _, mean, rate = torch.native_batch_norm(x, weight, bias, None, None, True, 0.0, eps)
        mean, variance = mean.double(), rate.double() ** -2 - eps  # doubles: moments are subtracted
        size = mean.new_full((1,), x.numel() // x.shape[1])
        moments = torch.cat([mean * size, (variance + mean.square()) * size, size])
        dist.all_reduce(moments)
        size = moments[-1]
        mean, square = (moments[:-1] / size).chunk(2)
        variance = square - mean.square()
        mean, variance, size = (part.to(weight.dtype) for part in (mean, variance, size))
        rate = (variance + eps).rsqrt()
        scale = weight * rate
        ctx.save_for_backward(x, weight, mean, rate, size)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance, size)
        return _scale_and_shift(x, scale, bias - mean * scale), mean, variance, size

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight, mean, rate, size = ctx.saved_tensors
        _, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, None, None, mean, rate, True, ctx.eps, (False, True, True)
        )
        shares = torch.cat([of_bias, of_weight])
        dist.all_reduce(shares)
        constant, along = (shares / size).chunk(2)
        # weight * rate * (gradient - constant - along * normalised x), by powers of x
        scale, slope = weight * rate, -along * rate
        of_x = _scale_and_shift(gradient, scale, scale * (-constant - slope * mean))
        of_x += _scale_and_shift(x, scale * slope, torch.zeros_like(scale))
        return of_x, of_weight, of_bias, None


def _scale_and_shift(maps: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """(N, C, H, W) times scale (C,) plus shift (C,), in one walk and in the format of ``maps``."""
    nothing, one = torch.zeros_like(scale), torch.ones_like(scale)
    return F.batch_norm(maps, nothing, one, scale, shift, training=False, eps=0.0)


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
