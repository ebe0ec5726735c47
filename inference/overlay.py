"""Detections drawn over their photo, for people to look at."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from inference.results import write_bytes
from models.post_processing import Detection
from runtime.messages import UserError

OUTLINE, LABEL = (34, 197, 94), (255, 255, 255)  # RGB
FILL_OPACITY = 0.18


def draw_detections(
    image: np.ndarray, detections: Sequence[Detection], with_scores: bool = True
) -> np.ndarray:
    """A copy of ``image``, uint8 (height, width, 3) RGB, with every word outlined.

    with_scores: write each word's score beside its topmost corner.
    """
    canvas = np.ascontiguousarray(image).copy()
    outlines = [word.points.reshape(-1, 1, 2).astype(np.int32) for word in detections]
    tinted = canvas.copy()
    for outline in outlines:
        cv2.fillPoly(tinted, [outline], OUTLINE)
    cv2.addWeighted(tinted, FILL_OPACITY, canvas, 1 - FILL_OPACITY, 0, dst=canvas)
    thickness = max(1, round(min(image.shape[:2]) / 400))
    cv2.polylines(
        canvas, outlines, isClosed=True, color=OUTLINE, thickness=thickness, lineType=cv2.LINE_AA
    )
    if with_scores:
        for word in detections:
            _write_score(canvas, word)
    return canvas


def _write_score(canvas: np.ndarray, word: Detection) -> None:
    """White digits on a small green flag that stays inside the picture."""
    height, width = canvas.shape[:2]
    scale = max(0.35, min(height, width) / 1600)
    text = f"{word.score:.2f}"
    (text_w, text_h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    x, y = map(int, word.points[word.points[:, 1].argmin()])
    x = max(0, min(x, width - text_w - 4))
    y = max(text_h + 4, min(y, height))
    cv2.rectangle(canvas, (x, y - text_h - 4), (x + text_w + 4, y), OUTLINE, cv2.FILLED)
    cv2.putText(
        canvas, text, (x + 2, y - 2), cv2.FONT_HERSHEY_SIMPLEX, scale, LABEL, 1, cv2.LINE_AA
    )


def write_image(path: Path, image: np.ndarray) -> None:
    """Write a uint8 RGB image in the format of the path's suffix; folders are made as needed.

    Raises UserError for a suffix that is no image format and for a place that cannot be written.
    """
    try:
        encoded, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    except cv2.error:
        encoded = False
    if not encoded:
        raise UserError("infer.image_format", path=path)
    write_bytes(path, data.tobytes())
