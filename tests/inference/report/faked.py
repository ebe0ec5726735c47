"""Results that no network has found: labels, and detections made out of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from dataset.images import Photo
from dataset.labels import Word
from inference.evaluate import EvaluationResult, Found
from inference.scoring import score
from models.post_processing import Detection
from runtime.messages import UserError

Rng = np.random.Generator


@dataclass
class FakePhotos:
    """Photos in memory, as many as there are lists of words; they share their JPEG files."""

    labels: Sequence[list[Word]]
    files: Sequence[np.ndarray]
    name: str = "img_{}.jpg"
    opened: list[int] = field(default_factory=list)

    @property
    def num_images(self) -> int:
        return len(self.labels)

    def image_name(self, index: int) -> str:
        return self.name.format(index + 1)

    def label_path(self, index: int) -> Path | None:
        return Path("gts") / f"gt_{index + 1}.txt"

    def words(self, index: int) -> list[Word]:
        return self.labels[index]

    def open_photo(self, index: int) -> Photo:
        self.opened.append(index)
        content = self.files[index % len(self.files)]
        if not len(content):
            raise UserError("data.image_missing", path=self.image_name(index))
        return Photo.of_content(Path(self.image_name(index)), content)


def box(left: float, top: float, width: float, height: float, angle_deg: float = 0) -> np.ndarray:
    """Corners clockwise from the top left, turned round the centre."""
    centre = left + width / 2, top + height / 2
    turned = np.deg2rad(angle_deg)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    matrix = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    return corners @ matrix.T + centre


def word(points: np.ndarray, text: str = "word") -> Word:
    return Word(points.astype(np.float32), text, text == "###", 1)


def detection(points: np.ndarray, of_score: float = 0.95) -> Detection:
    return Detection(np.rint(points).astype(np.int32), of_score)


def fake_detections(words: Sequence[Word], size: tuple[int, int], rng: Rng) -> list[Detection]:
    """What a middling network might find: shaken, some missed, merged, cut in two, or not there."""
    found = []
    for one in words:
        draw = rng.random()
        if draw < 0.2 or (one.ignore and draw < 0.6):
            continue
        low, high = one.points.min(axis=0), one.points.max(axis=0)
        points = one.points + rng.normal(0, 0.05 * (high - low).min(), one.points.shape)
        certainty = float(rng.uniform(0.88, 0.99))
        if draw < 0.28:
            middle = (low[0] + high[0]) / 2
            left, right = points.copy(), points.copy()
            left[:, 0] = np.minimum(left[:, 0], middle - 1)
            right[:, 0] = np.maximum(right[:, 0], middle + 1)
            found += [detection(left, certainty), detection(right, certainty)]
        elif draw < 0.36:
            points[:, 0] = low[0] + (points[:, 0] - low[0]) * 2.6
            found.append(detection(points, certainty))
        else:
            found.append(detection(points, certainty))
    for _ in range(rng.poisson(1.0)):
        left, top = rng.uniform(0, 0.9, 2) * size[::-1]
        width, height = rng.uniform(20, 120), rng.uniform(8, 40)
        noise = box(left, top, width, height, rng.uniform(-15, 15))
        found.append(detection(noise, float(rng.uniform(0.88, 0.97))))
    return found


def fake_result(
    labels: Sequence[list[Word]], sizes: Sequence[tuple[int, int]], seed: int = 0
) -> EvaluationResult:
    """A scored result; nothing is found in an image of size (0, 0)."""
    rng = np.random.default_rng(seed)
    found = [
        Found(size, fake_detections(words, size, rng) if all(size) else [])
        for words, size in zip(labels, sizes, strict=True)
    ]
    return scored(labels, found)


def scored(labels: Sequence[list[Word]], found: Sequence[Found]) -> EvaluationResult:
    polygons = [[one.points for one in image.detections] for image in found]
    return EvaluationResult(list(found), score(polygons, labels))


def fake_labels(images: int, seed: int = 0, words: int = 12) -> list[list[Word]]:
    """Words of all sizes and angles in photos of 640 x 480; every fourth is ignored."""
    rng = np.random.default_rng(seed)
    labels = []
    for _ in range(images):
        rows = []
        for _ in range(rng.poisson(words)):
            height = float(rng.lognormal(2.8, 0.6))
            width = height * rng.uniform(0.4, 6)
            corners = box(*rng.uniform(-5, (600, 460)), width, height, rng.normal(0, 15))
            rows.append(word(corners, "###" if rng.random() < 0.25 else "글자 & <b>"))
        labels.append(rows)
    return labels


def jpeg(size: tuple[int, int] = (480, 640), seed: int = 0, noise: int = 40) -> np.ndarray:
    """A JPEG file that is as large as those of photos: coarse blobs and noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256 - noise, (6, 8, 3), np.uint8)
    pixels = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    pixels += rng.integers(0, noise, pixels.shape, np.uint8)
    return cv2.imencode(".jpg", pixels)[1]
