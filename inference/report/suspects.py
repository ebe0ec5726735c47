"""Text that nobody seems to have labelled: sure detections far from every label."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from inference.report.errors import RIGHT, ImageErrors
from inference.report.photos import LabelledPhotos
from runtime.messages import UserError

# So many candidates are looked at for each suspect that is shown.
_LOOKED_AT = 3
# Strokes: a line across the word, at this height in pixels, ...
_CROP_HEIGHT_PX = 16
_MAX_CROP_WIDTH_PX = 512
# ... changes between dark and light so often, by so many grey levels.
_LEAST_CHANGES, _LEAST_CONTRAST = 3.0, 24.0


@dataclass(frozen=True)
class Suspect:
    """A detection, by the number of its image and its own."""

    image: int
    detection: int
    score: float


def candidates(images: Sequence[ImageErrors]) -> list[Suspect]:
    """False alarms that no label is near and of which the network is sure, the surest first.

    Sure is as sure as of the median detection that is right.
    """
    right = [
        one.score
        for image in images
        for one, fate in zip(image.detections, image.detection_fates, strict=True)
        if fate == RIGHT
    ]
    least = float(np.median(right)) if right else 0.0
    found = [
        Suspect(number, place, float(image.detections[place].score))
        for number, image in enumerate(images)
        for place in _far_from_labels(image)
        if image.detections[place].score >= least
    ]
    return sorted(found, key=lambda one: (-one.score, one.image, one.detection))


def _far_from_labels(image: ImageErrors) -> Iterator[int]:
    """Background detections without a label, ignored or not, within their own short side."""
    words = np.array(
        [[*word.points.min(axis=0), *word.points.max(axis=0)] for word in image.words]
    ).reshape(-1, 4)
    for place, fate in enumerate(image.detection_fates):
        if fate != "background":
            continue
        points = image.detections[place].points
        low, high = points.min(axis=0), points.max(axis=0)
        around = float((high - low).min())
        near = (words[:, :2] <= high + around).all(axis=1)
        near &= (words[:, 2:] >= low - around).all(axis=1)
        if not near.any():
            yield place


def text_like(
    found: Sequence[Suspect], images: Sequence[ImageErrors], photos: LabelledPhotos, most: int
) -> list[Suspect]:
    """Those of the first few that show strokes, ``most`` of them."""
    kept: list[Suspect] = []
    for one in found[: _LOOKED_AT * most]:
        if len(kept) == most:
            break
        try:
            pixels = photos.open_photo(one.image).pixels()
        except UserError:
            continue
        if has_strokes(pixels, images[one.image].detections[one.detection].points):
            kept.append(one)
    return kept


def has_strokes(image: np.ndarray, points: np.ndarray) -> bool:
    """Whether what lies within ``points`` (K, 2) of an RGB image changes as text does."""
    grey = cv2.cvtColor(_straightened(image, points), cv2.COLOR_RGB2GRAY)
    threshold, dark = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    light_levels, dark_levels = grey[dark == 0], grey[dark == 1]
    if not len(light_levels) or not len(dark_levels):
        return False
    middle = dark[len(dark) // 4 : -(len(dark) // 4)]
    changes = float((middle[:, 1:] != middle[:, :-1]).sum(axis=1).mean())
    contrast = float(light_levels.mean() - dark_levels.mean())
    return changes >= _LEAST_CHANGES and contrast >= _LEAST_CONTRAST


def _straightened(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The smallest rectangle round ``points``, its long side across, small."""
    corners = cv2.boxPoints(cv2.minAreaRect(points.astype(np.float32)))
    short, long = np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[1]))
    if short > long:
        corners, short, long = np.roll(corners, 1, axis=0), long, short
    width = int(np.clip(_CROP_HEIGHT_PX * long / max(short, 1), 2, _MAX_CROP_WIDTH_PX))
    wanted = np.array([[0, _CROP_HEIGHT_PX], [0, 0], [width, 0]], np.float32)
    matrix = cv2.getAffineTransform(corners[:3].astype(np.float32), wanted)
    return cv2.warpAffine(
        image, matrix, (width, _CROP_HEIGHT_PX), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
