"""How fast this device trains and validates, measured in a few seconds on the run's own data."""

import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import default_collate

from dataset import Mixture, TextDataset
from inference.comparison import spread
from inference.detector import TextDetector
from inference.evaluate import detect_all
from inference.validation_loss import ValidationLoss
from runtime.distributed import any_rank, gather
from training.learner import Learner

_MOST_STEPS = 10
_FEWEST_PHOTOS, _MOST_PHOTOS = 2, 20
_ROUNDS = 4  # through the photos, so that the first ones are spread as well


@dataclass(frozen=True)
class Speed:
    """Seconds for an image in training, all ranks together: a fixed part and one for each pixel.

    reading_s: between two images that the data workers have ready; no crop is faster than that.
    """

    fixed_s: float
    pixel_s: float
    reading_s: float = 0.0

    @classmethod
    def through(cls, points: Sequence[tuple[int, float]], reading_s: float = 0.0) -> "Speed":
        """points: (pixels of a crop, seconds); one is taken to be in proportion to its pixels."""
        (pixels, seconds), *rest = points
        pixel_s = seconds / pixels
        if rest:
            most, longest = rest[-1]
            pixel_s = max(0.0, longest - seconds) / (most - pixels)
        return cls(max(0.0, seconds - pixel_s * pixels), pixel_s, reading_s)

    def image_s(self, size: tuple[int, int]) -> float:
        """size: (height, width) of the crop."""
        return max(self.reading_s, self.fixed_s + self.pixel_s * size[0] * size[1])


def measure_training(
    learner: Learner,
    training: Mixture,
    train_cfg: Mapping[str, Any],
    sides: Sequence[int],
    batch: int,
    workers: int,
    limit_s: float,
) -> Speed:
    """Take steps of a learner of its own; ``learner`` and all random states stay as they are.

    sides: of the square crops to measure, ascending.  batch: samples of one rank.
    workers: processes that read images.  limit_s: the last step begins within this time.
    """
    points, reading_s = [], 0.0
    with _unchanged_random_state(learner.ranks.device):
        spare = Learner(copy.deepcopy(learner.model), learner.ranks, train_cfg, learner.precision)
        spare.begin_epoch(1, train_cfg["freeze_bn"])
        for side in sides:
            data = training.cropped((side, side))
            started = time.perf_counter()
            samples = [data[number % len(data)] for number in range(batch)]
            reading_s = (time.perf_counter() - started) / batch
            step_s = _seconds_per_step(spare, default_collate(samples), limit_s / len(sides))
            if not workers:
                step_s += reading_s * batch
            points.append((side * side, step_s / batch / learner.ranks.world))
    del spare
    if learner.ranks.device.type == "cuda":
        torch.cuda.empty_cache()
    points, reading_s = gather((points, reading_s))[0]  # one plan for all ranks
    return Speed.through(points, reading_s / max(1, workers) / learner.ranks.world)


def _seconds_per_step(learner: Learner, batch: Mapping[str, Any], limit_s: float) -> float:
    began = time.perf_counter()
    learner.step([batch], 0.0)  # the first one allocates, and chooses its algorithms
    _finish(learner.ranks.device)
    started, steps = time.perf_counter(), 0
    # Ranks meet in every step: they take as many.
    while not steps or (
        steps < _MOST_STEPS and not any_rank(time.perf_counter() - began > limit_s)
    ):
        learner.step([batch], 0.0)
        steps += 1
    _finish(learner.ranks.device)
    return (time.perf_counter() - started) / steps


def measure_validation(
    learner: Learner,
    validation: TextDataset,
    test_cfg: Mapping[str, Any],
    pooling_size: int,
    limit_s: float,
) -> float:
    """Seconds for a validation photo on one rank: reading, network, words and losses.

    limit_s: the last photo begins within this time, but for the first two.
    """
    timed = 0

    def is_enough() -> bool:
        """Asked before each photo."""
        nonlocal timed
        stops = timed >= _FEWEST_PHOTOS and time.perf_counter() - started > limit_s
        timed += not stops
        return stops

    with _unchanged_random_state(learner.ranks.device):
        detector = TextDetector(
            learner.model,
            test_cfg,
            learner.ranks.device,
            learner.precision == torch.bfloat16,
            short_size=validation.short_size,
        )
        losses = ValidationLoss(detector.model, validation, pooling_size)
        photos = spread(validation.num_images, _MOST_PHOTOS)
        photos = [photo for first in range(_ROUNDS) for photo in photos[first::_ROUNDS]]
        detect_all(detector, validation, photos[:1], observe=losses.observe)
        started = time.perf_counter()
        detect_all(detector, validation, photos, observe=losses.observe, stop=is_enough)
        seconds = (time.perf_counter() - started) / timed
    return float(gather(seconds)[0])


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def _unchanged_random_state(device: torch.device) -> Iterator[None]:
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield
