"""What a report asks of a data set, and its photos made small enough for a page."""

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from dataset.images import Photo, reduction_for
from dataset.labels import Word

_QUALITY = 78
_LEAST_SIDE_PX = 48
_LEAST_BYTES = 1500
# Smooth photos take so little for a pixel; most take two or three times as much.
_LEAST_BYTES_PER_PIXEL = 0.08


class LabelledPhotos(Protocol):
    """Photos with labels, as a ``TextDataset`` has them."""

    @property
    def num_images(self) -> int: ...

    def image_name(self, index: int) -> str: ...

    def open_photo(self, index: int) -> Photo:
        """Raises UserError for what is no image."""

    def words(self, index: int) -> list[Word]: ...

    def label_path(self, index: int) -> Path | None: ...


class Allowance:
    """Bytes that a number of pictures share; what one leaves over, the others get."""

    def __init__(self, num_bytes: int, pictures: int) -> None:
        self._left = num_bytes
        self._pictures = pictures

    @property
    def _share(self) -> int:
        return max(0, self._left) // max(1, self._pictures)

    @property
    def side_px(self) -> int:
        """More than this the longer side of the next picture will hardly have."""
        return max(_LEAST_SIDE_PX, int((self._share / _LEAST_BYTES_PER_PIXEL) ** 0.5))

    def encode(self, image: np.ndarray) -> bytes | None:
        """The next picture, RGB uint8, as JPEG within its share; None where that is too little."""
        jpeg = jpeg_within(image, self._share)
        self._pictures -= 1
        self._left -= len(jpeg or b"")
        return jpeg


def shrunk(photo: Photo, side_px: int) -> np.ndarray:
    """RGB uint8 with a longer side of ``side_px`` at most; most of it is shrunk while decoding."""
    scale = min(1.0, side_px / max(photo.size))
    pixels = photo.pixels(reduction_for(photo.size, scale))
    return _resized(pixels, side_px)


def jpeg_within(image: np.ndarray, num_bytes: int) -> bytes | None:
    """JPEG of RGB uint8, made smaller until it has no more than ``num_bytes``.

    None where nothing that could be recognised would be left.
    """
    if num_bytes < _LEAST_BYTES:
        return None
    while True:
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        content = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
        if len(content) <= num_bytes:
            return content
        # Bytes grow with the area, headers apart.
        side_px = int(max(image.shape[:2]) * min(0.9, 0.95 * (num_bytes / len(content)) ** 0.5))
        if side_px < _LEAST_SIDE_PX:
            return None
        image = _resized(image, side_px)


def _resized(image: np.ndarray, side_px: int) -> np.ndarray:
    height, width = image.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
