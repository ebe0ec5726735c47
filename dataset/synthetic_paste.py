"""Drawn words on real photos: more text of more kinds, where the photo has none."""

from collections.abc import Sequence

import cv2
import numpy as np

from dataset.labels import Word
from dataset.synthetic import Stock, judge, write_on

Rng = np.random.Generator
# Signs keep this far from the photo's own words.
_GAP_PX = 6


def paste_words(
    rng: Rng, crop: np.ndarray, polygons: Sequence[np.ndarray], photo: np.ndarray, stock: Stock
) -> tuple[np.ndarray, list[Word]]:
    """A training crop with drawn words in it, and these words.

    crop: (h, w, 3) uint8, not changed.  polygons: (K, 2) int32 each, all words in it, the ignored
    ones too: nothing is drawn over them.  photo: (4, 2) int32, the corners of the photo in the
    crop; nothing is drawn beyond.
    """
    size = crop.shape[0], crop.shape[1]
    canvas, ink = np.ascontiguousarray(crop.copy()), np.zeros(size, np.uint8)
    free: np.ndarray = cv2.fillConvexPoly(np.zeros(size, np.uint8), photo, 1)
    own: np.ndarray = np.zeros(size, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(own, [polygon], 1)
    own = cv2.dilate(own, np.ones((2 * _GAP_PX + 1, 2 * _GAP_PX + 1), np.uint8))
    words = write_on(rng, canvas, ink, own | (1 - free), stock, int(rng.integers(1, 6)))
    # As soft as photos are; the photo's own pixels stay as they were.
    changed: np.ndarray = (canvas != crop).any(axis=2).astype(np.uint8)
    changed = np.minimum(cv2.dilate(changed, np.ones((3, 3), np.uint8)), 1 - own)
    # As bright as the photo's brightest, too: paper in the dark is not white.
    light = np.clip(np.percentile(crop[::4, ::4], 99) / 235, 0.3, 1.0)
    soft = cv2.convertScaleAbs(cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.3, 1.1)), alpha=light)
    canvas = np.where(changed[..., None] > 0, soft, canvas)
    return canvas, judge(canvas, ink, words, None)
