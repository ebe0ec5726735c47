"""Learning rates as pure functions of the step: nothing to save, nothing to restore."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST_WARMUP = 0.1  # of a run whose length is a time


def _poly(progress: float, epoch: int, train_cfg: Mapping[str, Any]) -> float:
    """(1 - progress)^0.9, the schedule that released FAST checkpoints were trained with."""
    return (1 - progress) ** 0.9


def _cosine(progress: float, epoch: int, train_cfg: Mapping[str, Any]) -> float:
    """Half a cosine from 1 to 0 (Loshchilov & Hutter, SGDR, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def _step(progress: float, epoch: int, train_cfg: Mapping[str, Any]) -> float:
    """Times ``gamma`` after every ``step_size`` epochs."""
    return train_cfg.get("gamma", 0.1) ** (epoch // train_cfg.get("step_size", 20))


SCHEDULES: dict[str, Callable[[float, int, Mapping[str, Any]], float]] = {
    "polylr": _poly,
    "poly": _poly,
    "cosine": _cosine,
    "step": _step,
}


def learning_rate(step: int, total_steps: int, train_cfg: Mapping[str, Any]) -> float:
    """The rate of optimizer step ``step``, counted from 0, of a run of ``total_steps``.

    train_cfg: ``lr``, ``epoch`` (epochs of the whole run), ``schedule`` (a name of SCHEDULES, or a
    tuple of epochs at each of which the rate drops to a tenth) and, where they apply,
    ``step_size``, ``gamma`` and ``warmup_iters`` (steps over which the rate rises linearly).
    """
    epoch = step * train_cfg["epoch"] // total_steps
    return _rate(step / total_steps, epoch, _warmed(step, train_cfg), train_cfg)


def timed_rate(fraction: float, step: int, epochs: int, train_cfg: Mapping[str, Any]) -> float:
    """The rate of step ``step`` of a run whose length is a time, of which ``fraction`` is over.

    fraction: 0 <= fraction <= 1.  epochs: that share the time evenly where the schedule counts
    them.  train_cfg: see ``learning_rate``, but for ``epoch``.  The rate has risen after
    ``warmup_iters`` steps or a tenth of the time, whichever comes first.
    """
    warmed = max(_warmed(step, train_cfg), min(1.0, fraction / LONGEST_WARMUP))
    return _rate(fraction, int(fraction * epochs), warmed, train_cfg)


def falls_to_zero(schedule: str | Sequence[int]) -> bool:
    """Whether the rate falls all the time and ends at 0; else it drops at some epochs."""
    return isinstance(schedule, str) and SCHEDULES[schedule] is not _step


def _warmed(step: int, train_cfg: Mapping[str, Any]) -> float:
    warmup = train_cfg.get("warmup_iters", 0)
    return (step + 1) / warmup if step < warmup else 1.0


def _rate(progress: float, epoch: int, warmed: float, train_cfg: Mapping[str, Any]) -> float:
    schedule = train_cfg["schedule"]
    if isinstance(schedule, str):
        factor = SCHEDULES[schedule](progress, epoch, train_cfg)
    else:
        factor = 0.1 ** sum(epoch >= drop for drop in schedule)
    return train_cfg["lr"] * (factor * warmed)
