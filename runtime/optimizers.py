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


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take over a saved optimizer's averages and rate; all else stays as it is configured now.

    Averages that another kind of optimizer has made mean nothing to this one: it begins anew.
    Raises ValueError where they do not fit the parameters.
    """
    groups = optimizer.param_groups
    settings = [
        {key: value for key, value in group.items() if key not in ("params", "lr")}
        for group in groups
    ]
    same_kind = ["betas" in group for group in groups] == [
        "betas" in group for group in state["param_groups"]
    ]
    optimizer.load_state_dict(state if same_kind else {**state, "state": {}})
    for group, own in zip(optimizer.param_groups, settings, strict=True):
        for key in group.keys() - own.keys() - {"params", "lr"}:
            del group[key]  # a setting of the other kind
        group.update(own)
    for parameter, averages in optimizer.state.items():
        for name, value in averages.items():
            if isinstance(value, torch.Tensor) and value.shape not in (parameter.shape, ()):
                raise ValueError(f"{name} has the shape {tuple(value.shape)}")
