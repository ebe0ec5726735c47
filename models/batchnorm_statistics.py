"""BatchNorm statistics that fit the weights again, without changing what the network computes."""

from collections.abc import Iterable
from functools import partial

import torch
from torch import Tensor, nn


@torch.no_grad()
def renew_statistics(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Give every BatchNorm2d the statistics of the maps that it meets, in eval mode.

    Scale and offset take up the change, so that the network in eval mode stays the same function;
    in training mode it then is about the same function too.  After training with frozen
    BatchNorm it is another one: weights have moved on, statistics have not.

    batches: of images as ``model`` takes them.  The model's mode stays as it is.
    """
    moments: dict[nn.BatchNorm2d, Tensor] = {}
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(partial(_add_moments, moments)) for norm in norms]
    was_training = model.training
    model.eval()
    try:
        for images in batches:
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
        model.train(was_training)
    for norm, (count, total, squares) in moments.items():
        mean = total / count
        _replace_statistics(norm, mean, squares / count - mean.square())


def _add_moments(
    moments: dict[nn.BatchNorm2d, Tensor], norm: nn.Module, inputs: tuple[Tensor]
) -> None:
    """Number, sum and sum of squares of each channel, (3, C), in doubles: squares cancel."""
    assert isinstance(norm, nn.BatchNorm2d)
    x = inputs[0].double()
    count = torch.full_like(norm.weight, x.numel() // x.shape[1], dtype=torch.float64)
    found = torch.stack([count, x.sum((0, 2, 3)), x.square().sum((0, 2, 3))])
    moments[norm] = moments[norm] + found if norm in moments else found


def _replace_statistics(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    assert norm.running_mean is not None and norm.running_var is not None  # layers here keep them
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    # A channel that never changes has nothing to be divided by.
    variance = variance.clamp(min=0.0)
    norm.bias.copy_(norm.bias + (mean - norm.running_mean) * scale)
    norm.weight.copy_(scale * (variance + norm.eps).sqrt())
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
