"""Networks for tests: specs of the shipped sizes, and weights that follow from a rule."""

import copy
import functools
import zlib
from typing import Any

import numpy as np
import torch

from models import build_model
from models.fast import FAST
from tests.conftest import PROJECT

SIZES = ("tiny", "small", "base")


def model_spec(size: str = "tiny", config: str | None = None, **head: Any) -> dict[str, Any]:
    """The ``model`` section of a config; ``config`` replaces the nas-config of ``size``."""
    config = config or str(PROJECT / f"config/fast/nas-configs/fast_{size}.config")
    detection_head = {
        "type": "fast_head",
        "config": config,
        "pooling_size": 9,
        "dropout_ratio": 0.0,
        "loss_text": {"type": "DiceLoss", "loss_weight": 0.5},
        "loss_kernel": {"type": "DiceLoss", "loss_weight": 1.0},
        "loss_emb": {"type": "EmbLoss_v1", "feature_dim": 4, "loss_weight": 0.25},
    }
    return {
        "type": "FAST",
        "backbone": {"type": "fast_backbone", "config": config},
        "neck": {"type": "fast_neck", "config": config},
        "detection_head": {**detection_head, **head},
    }


def rule_model(size: str) -> FAST:
    """A network whose weights follow from their names alone; the caller's own copy."""
    return copy.deepcopy(_rule_model(size))


@functools.cache
def _rule_model(size: str) -> FAST:
    model = build_model(model_spec(size))
    model.load_state_dict({key: _ruled(key, old) for key, old in model.state_dict().items()})
    return model


def _ruled(key: str, old: torch.Tensor) -> torch.Tensor:
    draws = np.random.RandomState(zlib.crc32(key.encode()))
    *_, parent, name = key.split(".")
    if name == "num_batches_tracked":
        return torch.zeros_like(old)
    if name == "running_var":
        values = 0.5 + draws.random_sample(old.shape)
    elif name == "weight" and old.dim() == 4:
        values = draws.standard_normal(old.shape) * np.sqrt(2 / old[0].numel())
    elif name == "weight":
        values = (0.5 + draws.random_sample(old.shape)) * (1 if parent == "bn" else 0.5)
    else:
        values = 0.1 * draws.standard_normal(old.shape)
    return torch.from_numpy(values).float()


def noise(seed: int, *shape: int) -> torch.Tensor:
    """Standard normal float32, the same with every version of NumPy."""
    return torch.from_numpy(np.random.RandomState(seed).standard_normal(shape)).float()
