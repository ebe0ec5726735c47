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
    The model's tensors must stay the ones that they are: move or convert it before.
    """

    def __init__(self, model: nn.Module, decay: float, warmup: bool = True) -> None:
        self.decay = decay
        self.warmup = warmup
        self.updates = 0
        live = model.state_dict()  # shares the memory of the model's tensors, now and later
        self.weights = {key: value.clone() for key, value in live.items()}
        # Collected once: walking through all modules costs more than the averaging itself.
        floating = [key for key, value in live.items() if value.is_floating_point()]
        counters = [key for key, value in live.items() if not value.is_floating_point()]
        self._averages, self._live = self._pairs(live, floating)
        self._counters, self._live_counters = self._pairs(live, counters)

    def _pairs(self, live: dict[str, Tensor], keys: list[str]) -> tuple[list[Tensor], list[Tensor]]:
        return [self.weights[key] for key in keys], [live[key] for key in keys]

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the model's present weights."""
        self.updates += 1
        decay = self.decay
        if self.warmup:
            decay = min(decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._averages, self._live, 1 - decay)
        torch._foreach_copy_(self._counters, self._live_counters)

    def state_dict(self) -> dict[str, Tensor]:
        """The averaged weights under the model's own keys."""
        return self.weights

    @torch.no_grad()
    def load(self, weights: dict[str, Tensor], updates: int) -> None:
        """Go on from a saved average that had seen ``updates`` updates."""
        for key, value in self.weights.items():
            value.copy_(weights[key])
        self.updates = updates
