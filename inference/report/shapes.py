"""What errors are sorted by: how large, long, tilted and near the border a word is."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from dataset.geometry import following, polygon_area

# Shorter words have no long side that could be tilted, only sides that lean from the nearest axis.
_NEARLY_SQUARE = 1.3


class Shape(NamedTuple):
    """A word or a detection.

    height_px: the short side, in pixels of the photo.
    aspect: width / height of a word that lies, below 1 for one that stands.
    angle_deg: between the long side and the horizontal, 0 to 90.
    border_px: from the border of the photo, negative outside it; not a number without a photo.
    """

    height_px: float
    aspect: float
    angle_deg: float
    border_px: float


def shape_of(points: np.ndarray, size: tuple[int, int]) -> Shape:
    """The shape of the outline ``points`` (K, 2) in a photo of (height, width), (0, 0) for none."""
    outline = np.asarray(points, np.float64)
    short, long = equal_rectangle(outline)
    stretch = long / short if short else math.inf if long else 1.0
    angle_deg = _angle_of_long_side(outline)
    if stretch < _NEARLY_SQUARE:
        angle_deg = min(angle_deg, 90 - angle_deg)
    height, width = size
    border_px = math.nan
    if height and width:
        border_px = float(min(outline.min(), *((width, height) - outline.max(axis=0))))
    aspect = 1 / stretch if angle_deg > 45 else stretch
    return Shape(short, aspect, angle_deg, border_px)


def equal_rectangle(outline: np.ndarray) -> tuple[float, float]:
    """Short and long side of the rectangle with the same area and perimeter as (K, 2) points.

    So a curved word is as high as its letters, not as the arch that it makes.
    """
    steps = following(outline) - outline
    half = float(np.hypot(steps[:, 0], steps[:, 1]).sum()) / 2
    area = polygon_area(outline)
    # Rounder than a square: no rectangle has so short a perimeter.
    root = math.sqrt(max(half * half - 4 * area, 0.0))
    return (half - root) / 2, (half + root) / 2


def _angle_of_long_side(outline: np.ndarray) -> float:
    corners = cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32)))
    sides = corners[1:3] - corners[:2]
    x, y = np.abs(sides[np.hypot(sides[:, 0], sides[:, 1]).argmax()]).tolist()
    return math.degrees(math.atan2(y, x))
