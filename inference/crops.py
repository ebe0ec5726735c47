"""Words cut out of a photo and straightened for a recogniser: level, and read to the right."""

from math import ceil

import cv2
import numpy as np

from inference.reading_order import reading_corners

# OpenCV counts the pixels that it warps with 16 bits.
_LONGEST_PX = 32_000


def cut_out(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """One word of an image as uint8 (height, width, 3), its perspective taken out.

    image: uint8 (height, width, 3).  points: (K, 2); four corners become those of the crop, any
        other outline is cut out by the smallest rectangle around it, which keeps bent words whole.
    Words that run downwards are turned by a quarter, their tops to the left.  Parts outside of the
    image repeat its border.
    """
    corners = reading_corners(points)
    piece, corners = _surroundings(image, corners)
    top, right, bottom, left = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    width, height = max(1, round(float(max(top, bottom)))), max(1, round(float(max(left, right))))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    return cv2.warpPerspective(
        piece, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _surroundings(image: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of the image around corners (4, 2), and the corners in its pixels."""
    limits = np.array(image.shape[1::-1])
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - 2, 0, limits - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 3, low + 1, limits)
    step = ceil(max(*(high - low), *np.ptp(corners, axis=0)) / _LONGEST_PX)
    piece = image[low[1] : high[1] : step, low[0] : high[0] : step]
    return np.ascontiguousarray(piece), ((corners - low) / step).astype(np.float32)
