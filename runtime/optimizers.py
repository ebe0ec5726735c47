"""The optimizers that ``train_cfg.optimizer`` can name."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.nn import Parameter

# Fused: one pass over all parameters, and a step that is not finite is skipped on the device
# itself.
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adam": lambda parameters, lr, weight_decay, momentum: torch.optim.Adam(
        parameters, lr, weight_decay=weight_decay, fused=True
    ),
    "AdamW": lambda parameters, lr, weight_decay, momentum: torch.optim.AdamW(
        parameters, lr, weight_decay=weight_decay, fused=True
    ),
    "SGD": lambda parameters, lr, weight_decay, momentum: torch.optim.SGD(
        parameters, lr, momentum=momentum, weight_decay=weight_decay, fused=True
    ),
}


def build_optimizer(
    parameters: Iterable[Parameter], train_cfg: Mapping[str, Any]
) -> torch.optim.Optimizer:
    """Build it from ``train_cfg``: ``optimizer``, ``lr``, ``weight_decay`` and ``momentum``."""
    make = OPTIMIZERS[train_cfg["optimizer"]]
    return make(
        list(parameters),
        lr=train_cfg["lr"],
        weight_decay=train_cfg["weight_decay"],
        momentum=train_cfg["momentum"],
    )
