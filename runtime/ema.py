"""An exponential moving average of a model's weights: steadier than the weights themselves."""

import torch
from torch import Tensor, nn


class Ema:
    """Averages every floating-point entry of a model's state dict, in place on its device.

    decay: share of the old average kept per update, 0 <= decay < 1.  With ``warmup`` it starts low
        and rises as (1 + updates) / (10 + updates), so that a short run is not still averaging
        the weights it began with.
    BatchNorm statistics are averaged too: they belong to the averaged weights, not to the live
    ones.
    """

    def __init__(self, model: nn.Module, decay: float, warmup: bool = True) -> None:
        self.decay = decay
        self.warmup = warmup
        self.updates = 0
        self.weights = {key: value.detach().clone() for key, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards the model's present weights."""
        self.updates += 1
        decay = self.decay
        if self.warmup:
            decay = min(decay, (1 + self.updates) / (10 + self.updates))
        live = model.state_dict()
        floating = [key for key, value in live.items() if value.is_floating_point()]
        averages = [self.weights[key] for key in floating]
        torch._foreach_lerp_(averages, [live[key] for key in floating], 1 - decay)
        for key, value in live.items():
            if not value.is_floating_point():
                self.weights[key].copy_(value)

    def state_dict(self) -> dict[str, Tensor]:
        """The averaged weights under the model's own keys."""
        return self.weights

    @torch.no_grad()
    def load(self, weights: dict[str, Tensor], updates: int) -> None:
        """Go on from a saved average that had seen ``updates`` updates."""
        for key, value in self.weights.items():
            value.copy_(weights[key])
        self.updates = updates
