"""BatchNorm over the batches of all ranks, so that a batch means the same on any number of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from runtime.lockstep import LOCKSTEP


class CrossRankBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d whose statistics in training are those of all ranks' samples together.

    On a single process it is BatchNorm2d.  torch's own SyncBatchNorm does the same for GPUs only,
    and would wait for ever for a rank that has run out of memory; see ``runtime.lockstep``.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape; every rank must call it, N may differ."""
        return _sum_over_ranks([self], [x]) if self.meets_peers else super().forward(x)

    @property
    def meets_peers(self) -> bool:
        return self.training and _has_peers()

    def remember(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(unbiased_variance, self.momentum)


def normalised_sum(branches: Iterable[tuple[nn.Module, Tensor]]) -> Tensor:
    """The sum of what each BatchNorm makes of its maps, all (N, C, H, W).

    Over several processes the branches' statistics travel in one message: a message takes as long
    as a small convolution, however little is in it.
    """
    branches = iter(branches)
    bn, maps = next(branches)
    if isinstance(bn, CrossRankBatchNorm2d) and bn.meets_peers:
        bns, all_maps = zip((bn, maps), *branches, strict=True)
        return _sum_over_ranks(bns, all_maps)
    total: Tensor = bn(maps)
    for bn, maps in branches:
        # In place, to spare a map per branch: the gradient of BatchNorm needs no output.
        total += bn(maps)
    return total


def _sum_over_ranks(bns: Sequence[CrossRankBatchNorm2d], maps: Sequence[Tensor]) -> Tensor:
    parameters = [parameter for bn in bns for parameter in (bn.weight, bn.bias)]
    total, means, variances, size = _NormaliseOverRanks.apply(bns[0].eps, *maps, *parameters)
    for bn, mean, variance in zip(bns, means, variances * size / (size - 1), strict=True):
        bn.remember(mean, variance)
    return total


class _NormaliseOverRanks(torch.autograd.Function):
    """Normalisation of parallel branches by the statistics of all ranks, and the branches' sum.

    The ranks meet once on each way.  Every walk through a map is a fused one of torch's own
    BatchNorm, in the map's format, with statistics in that of the weights: the same in elementary
    steps takes most of a training step.
    """

    @staticmethod
    def forward(ctx: Any, eps: float, *branches: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Maps (N, C, H, W) of all B branches, then the weight (C,) and bias (C,) of each.

        Gives the sum; mean and variance (B, C) and the number of pixels () over all ranks.
        """
        maps, weights, biases = _by_kind(branches)
        # Given running statistics to write to, torch keeps to their format: that of the weights.
        spare = torch.zeros_like(weights[0]), torch.ones_like(weights[0])
        local = [torch.batch_norm_update_stats(x, *spare, 0.0) for x in maps]
        mean, variance = (torch.stack(part).double() for part in zip(*local, strict=True))
        size = mean.new_full((1, mean.shape[1]), maps[0].numel() // maps[0].shape[1])
        moments = torch.cat([mean * size, (variance + mean.square()) * size, size])  # in doubles
        LOCKSTEP.exchange(moments)
        size = moments[-1, 0]
        mean, square = (moments[:-1] / size).chunk(2)
        variance = square - mean.square()
        mean, variance, size = (part.to(weights[0].dtype) for part in (mean, variance, size))
        rate = (variance + eps).rsqrt()
        scale = torch.stack(weights) * rate
        shift = torch.stack(biases) - mean * scale
        ctx.save_for_backward(*maps, *weights, mean, rate, size)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance, size)
        total = _scale_and_shift(maps[0], scale[0], shift[0])
        for x, *factors in zip(maps[1:], scale[1:], shift[1:], strict=True):
            total += _scale_and_shift(x, *factors)
        return total, mean, variance, size

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        *maps_and_weights, mean, rate, size = ctx.saved_tensors
        count = len(mean)
        maps, weights = maps_and_weights[:count], maps_and_weights[count:]
        of_weights = []
        for x, weight, branch_mean, branch_rate in zip(maps, weights, mean, rate, strict=True):
            _, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
                gradient, x, weight, None, None,
                branch_mean, branch_rate, True, ctx.eps, (False, True, True),
            )  # fmt: skip
            of_weights.append(of_weight)
        shares = torch.stack([*of_weights, of_bias])  # the bias of a sum: the same in each branch
        LOCKSTEP.exchange(shares)
        *along, constant = shares / size
        # weight * rate * (gradient - constant - along * normalised x), by powers of x
        scale = torch.stack(weights) * rate
        slope = -scale * torch.stack(along) * rate
        shift = -scale * constant - slope * mean
        slope = slope.to(gradient.dtype)[..., None, None]
        of_maps = [
            _scale_and_shift(gradient, *factors).addcmul_(x, along_x)
            for x, along_x, *factors in zip(maps, slope, scale, shift, strict=True)
        ]
        of_parameters = [part for of_weight in of_weights for part in (of_weight, of_bias)]
        return None, *of_maps, *of_parameters


def _by_kind(branches: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], ...]:
    """Maps, weights and biases, out of all maps followed by weight and bias of each branch."""
    count = len(branches) // 3
    return branches[:count], branches[count::2], branches[count + 1 :: 2]


def _scale_and_shift(maps: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """(N, C, H, W) times scale (C,) plus shift (C,), in one walk and in the format of ``maps``."""
    nothing, one = torch.zeros_like(scale), torch.ones_like(scale)
    return F.batch_norm(maps, nothing, one, scale, shift, training=False, eps=0.0)


def synchronise_batchnorm(model: nn.Module) -> nn.Module:
    """Let every BatchNorm2d of ``model`` work over all ranks; weights, buffers and keys stay."""
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
