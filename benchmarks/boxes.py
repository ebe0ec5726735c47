"""What do the boxes of one image cost, from logits to corners, on one core?"""

import argparse
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.measure import Row, one_core, time_calls
from models.post_processing import find_text

SIZE = (736, 1312)
SETTINGS = {"min_score": 0.85, "min_area": 20, "bbox_type": "rect", "pooling_size": 9}
LIMITS_MS = {20: 4, 200: 15}


def rows(_args: argparse.Namespace) -> Iterator[Row]:
    with one_core():
        for words, limit_ms in LIMITS_MS.items():
            logits = logits_with(words)
            found = find_text(logits, [(SIZE, SIZE)], SETTINGS)[0]
            assert len(found) == words, f"{len(found)} words found where {words} were drawn"
            work = partial(find_text, logits, [(SIZE, SIZE)], SETTINGS)
            (timing,) = time_calls(work, rounds=21)
            yield Row(f"boxes of {words} words at 736 x 1312", 1e3 * timing.median, "ms",
                      f"<= {limit_ms}", timing.spread_ms)  # fmt: skip


def logits_with(words: int) -> Tensor:
    """(1, 5, h / 4, w / 4): slanted kernels in a grid, noise everywhere else."""
    height, width = SIZE[0] // 4, SIZE[1] // 4
    rng = np.random.default_rng(words)
    logits = rng.normal(-6, 0.5, (1, 5, height, width)).astype(np.float32)
    columns = 4 if words <= 20 else 10
    lines = -(-words // columns)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for number in range(words):
        centre_x = (number % columns + 0.5) * width / columns
        centre_y = (number // columns + 0.5) * height / lines
        along, slant = x - centre_x, rng.uniform(-0.05, 0.05)
        across = y - centre_y - slant * along
        inside = (np.abs(along) < 0.3 * width / columns) & (np.abs(across) < 0.2 * height / lines)
        logits[0, 0][inside] = 6
    return torch.from_numpy(logits)
