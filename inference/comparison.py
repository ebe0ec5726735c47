"""What fine-tuning has changed: two checkpoints on the same labelled photos."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dataset.text_dataset import TextDataset
from inference.detector import TextDetector, detection_settings, load_model
from inference.evaluate import Found, detect_all
from inference.report.confidence import Interval, resampled_sums
from inference.report.errors import ImageErrors, find_errors
from inference.scoring import Score, harmonic_mean, score
from inference.thresholds import Thresholds, thresholds_for
from runtime.checkpoint import Checkpoint
from runtime.config import Config

ROWS = ("precision", "recall", "hmean", "right", "missed", "false")
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two. images: the errors of each photo, in the order of ``Comparison.indices``."""

    checkpoint: Checkpoint
    thresholds: Thresholds
    score: Score
    images: list[ImageErrors]

    def figures(self) -> dict[str, float]:
        """The figures of ROWS: three fractions, then numbers of words and detections."""
        counts = {
            name: sum(getattr(image, name) for image in self.images)
            for name in ("right", "missed", "false")
        }
        fractions = {name: getattr(self.score, name) for name in ("precision", "recall", "hmean")}
        return fractions | counts


@dataclass(frozen=True, eq=False)
class Comparison:
    """Both sides.

    indices: which photos of ``data`` were looked at.  device: on what, for people.
    """

    data: TextDataset
    indices: list[int]
    device: str
    before: Side
    after: Side

    def fewer_errors(self) -> list[int]:
        """By how many misses and false alarms each photo has become better."""
        pairs = zip(self.before.images, self.after.images, strict=True)
        return [old.missed + old.false - new.missed - new.false for old, new in pairs]

    def largest_gains(self, most: int) -> list[int]:
        """Places, in ``indices``, of the photos that have become better, the most so first."""
        return _largest(self.fewer_errors(), most)

    def largest_losses(self, most: int) -> list[int]:
        """Places, in ``indices``, of the photos that have become worse, the most so first."""
        return _largest([-change for change in self.fewer_errors()], most)

    def interval(self) -> Interval:
        """Where the change of hmean lies in 95 of 100 draws of as many photos."""
        counts = np.concatenate([_credits(self.before.score), _credits(self.after.score)], axis=1)
        changes = [_hmean(sums[4:]) - _hmean(sums[:4]) for sums in resampled_sums(counts)]
        return Interval(*np.percentile(changes, _PERCENTILES).tolist())


def compare(
    config: Config,
    before: Checkpoint,
    after: Checkpoint,
    data: TextDataset,
    device: torch.device,
    amp: bool = False,
    *,
    most: int | None = None,
    workers: int = 0,
    progress: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Comparison | None:
    """Detect with both checkpoints, each with its own thresholds, and hold both against the labels.

    most: so many photos, spread evenly over the data set; None takes all.
    stop: asked before each photo; once it says True the comparison is given up and None.
    Raises UserError for weights that do not fit the config.
    """
    indices = spread(data.num_images, most or data.num_images)
    sides = []
    for checkpoint in (before, after):
        detector = TextDetector(
            load_model(config, checkpoint),
            detection_settings(config, checkpoint.content),
            device,
            amp,
            short_size=data.short_size,
        )
        found = detect_all(detector, data, indices, workers=workers, progress=progress, stop=stop)
        if stop() or len(found) < len(indices):
            return None
        thresholds = thresholds_for(config, checkpoint.content)
        sides.append(_side(checkpoint, thresholds, data, indices, [found[one] for one in indices]))
    on_gpu = device.type == "cuda"
    name = torch.cuda.get_device_name(device) if on_gpu else platform.processor() or "CPU"
    return Comparison(data, indices, f"{name}, {'bfloat16' if amp else 'float32'}", *sides)


def spread(count: int, most: int) -> list[int]:
    """At most ``most`` of the numbers from 0 to ``count`` - 1, evenly spread."""
    if count <= most:
        return list(range(count))
    return [place * count // most for place in range(most)]


def _side(
    checkpoint: Checkpoint,
    thresholds: Thresholds,
    data: TextDataset,
    indices: Sequence[int],
    found: Sequence[Found],
) -> Side:
    words = [data.words(index) for index in indices]
    polygons = [[one.points for one in image.detections] for image in found]
    scored = score(polygons, words, data.protocol)
    images = [
        find_errors(labelled, image.detections, image_score, image.size)
        for labelled, image, image_score in zip(words, found, scored.images, strict=True)
    ]
    return Side(checkpoint, thresholds, scored, images)


def _largest(changes: Sequence[int], most: int) -> list[int]:
    places = [place for place, change in enumerate(changes) if change > 0]
    return sorted(places, key=lambda place: -changes[place])[:most]


def _credits(scored: Score) -> np.ndarray:
    """(images, 4): what is divided, and by what, for recall and for precision."""
    rows = [
        (one.recall_credit, one.num_truths, one.precision_credit, one.num_detections)
        for one in scored.images
    ]
    return np.array(rows, np.float64).reshape(-1, 4)


def _hmean(sums: np.ndarray) -> float:
    right, words, exact, detections = sums.tolist()
    return harmonic_mean(exact / detections if detections else 0, right / words if words else 0)
