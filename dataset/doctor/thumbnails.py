"""Small pictures of findings: the photo around the offending box, the box drawn on it."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from dataset.doctor.data_checks import SYSTEMATIC
from dataset.doctor.findings import Box, Finding
from dataset.images import Photo, reduction_for
from dataset.text_dataset import TextDataset
from runtime.messages import UserError

SIDE_PX = 360
_QUALITY = 80
# Around a box so much of the photo is shown, in sides of the box and in sides of the photo.
_AROUND, _AT_LEAST = 1.0, 0.1
# Boxes may lie anywhere; so many sides of the photo beyond its edges are shown at most.
_BEYOND = 1.0
# Lower boxes are drawn with a thin line, which hides less of them.
_THIN_PX = 24
_OFFENDER, _OTHERS, _NOWHERE = (235, 30, 30), (255, 165, 0), (225, 225, 225)


def thumbnail(finding: Finding, dataset: TextDataset) -> bytes | None:
    """JPEG bytes; None where there is no photo to show."""
    if finding.image is None:
        return None
    try:
        photo = dataset.open_photo(finding.image)
        picture = draw(photo, _window(photo.size, finding), finding.boxes)
        if (other := _other_photo(finding)) is not None:
            window = _window(other.size, finding)
            picture = _beside(picture, draw(other, window, ()))
    except UserError:
        return None
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _other_photo(finding: Finding) -> Photo | None:
    """The photo that a copy is a copy of, where it is a file."""
    other = finding.about.get("other")
    if not isinstance(other, str) or not Path(other).is_file():
        return None
    return Photo.open(other)


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    height = max(len(left), len(right))
    sides = [
        cv2.copyMakeBorder(side, 0, height - len(side), 0, 6, cv2.BORDER_CONSTANT, value=_NOWHERE)
        for side in (left, right)
    ]
    return np.hstack(sides)


def _window(size: tuple[int, int], finding: Finding) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest (x, y) of what is shown of a photo of (height, width)."""
    end = np.array(size[::-1], np.float64)
    if not finding.boxes:
        return np.zeros(2), end
    # Where all boxes are in question all are shown, else the first, and how it lies in the photo.
    together = finding.kind in SYSTEMATIC
    boxes = finding.boxes if together else finding.boxes[:1]
    points = np.concatenate([np.array(box, np.float64) for box in boxes])
    low, high = points.min(axis=0), points.max(axis=0)
    if together or (high < 0).any() or (low > end).any():
        low, high = np.minimum(low, 0), np.maximum(high, end)
    else:
        around = np.maximum(_AROUND * (high - low).max(), _AT_LEAST * end.min())
        low, high = low - around, high + around
        low, high = (
            np.maximum(low, np.minimum(points.min(axis=0), 0)),
            np.minimum(high, np.maximum(points.max(axis=0), end)),
        )
    return np.maximum(low, -_BEYOND * end), np.minimum(high, (1 + _BEYOND) * end)


def draw(photo: Photo, window: tuple[np.ndarray, np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
    """RGB uint8, the longer side ``SIDE_PX``: a window of the photo; of the boxes the first red."""
    low, high = window
    scale = SIDE_PX / max(float((high - low).max()), 1.0)
    reduction = reduction_for(photo.size, scale)
    width, height = np.maximum(np.rint((high - low) * scale), 1).astype(int).tolist()
    step = scale * reduction
    matrix = np.array([[step, 0, -low[0] * scale], [0, step, -low[1] * scale]])
    picture = cv2.warpAffine(
        photo.pixels(reduction), matrix, (width, height), flags=cv2.INTER_LINEAR,
        borderValue=_NOWHERE,
    )  # fmt: skip
    for number, box in reversed(list(enumerate(boxes))):
        points = np.rint((np.array(box, np.float64) - low) * scale)
        points = np.clip(points, -10 * SIDE_PX, 10 * SIDE_PX).astype(np.int32)
        colour = _OTHERS if number else _OFFENDER
        thickness = 2 if np.ptp(points, axis=0).min() > _THIN_PX else 1
        cv2.polylines(picture, [points], True, colour, thickness, cv2.LINE_AA)
    return picture
