"""Random changes of how a training image looks; where its pixels are stays as it is."""

from dataclasses import dataclass

import cv2
import numpy as np

# Rec. 601 luma, which Pillow and torchvision take for the grey of a colour.
_LUMA = np.array([0.299, 0.587, 0.114, 0.0])
# OpenCV keeps hues as 0..179 and understands those past 179 too, of which a byte holds 76.
_WHOLE_TURN = 180
_LARGEST_TURN = 76 / _WHOLE_TURN

Step = tuple[str, float]


@dataclass(frozen=True)
class Look:
    """One draw of brightness, contrast, saturation, hue (torchvision's ColorJitter) and blur.

    before_hue, after_hue: ("brightness" | "contrast" | "saturation", factor), in order.
    hue_turn: of the colour circle, -0.5 to 0.5.
    blur_px: standard deviation of a Gaussian blur.
    """

    before_hue: tuple[Step, ...] = ()
    hue_turn: float = 0.0
    after_hue: tuple[Step, ...] = ()
    blur_px: float = 0.0

    def recolour(self, image: np.ndarray) -> tuple[np.ndarray, int]:
        """The image (H, W, 3) RGB uint8 in its new colours, and the grey that black became."""
        image, black = _mix(image, 0.0, self.before_hue)
        if round(self.hue_turn * _WHOLE_TURN):
            image = _turn_hue(image, self.hue_turn)
        image, black = _mix(image, black, self.after_hue)
        return image, round(black)

    def blur(self, image: np.ndarray) -> np.ndarray:
        """The image (H, W, 3) uint8, blurred."""
        side = 2 * int(3 * self.blur_px + 0.5) + 1
        return image if side == 1 else cv2.GaussianBlur(image, (side, side), self.blur_px)


def _mix(image: np.ndarray, black: float, steps: tuple[Step, ...]) -> tuple[np.ndarray, float]:
    """Apply linear steps as one matrix; what lies between two of them is not cut off at 255.

    A step keeps ``factor`` of the colour; the rest is black (brightness), the mean grey of the
    image (contrast) or the grey of the colour itself (saturation).

    black: a level of grey that goes the same way.
    """
    if not steps:
        return image, black
    matrix = np.eye(4)
    for kind, factor in steps:
        rest = np.zeros((3, 4))
        if kind == "contrast":
            rest[:, 3] = _LUMA @ matrix @ (*cv2.mean(image)[:3], 1.0)
        elif kind == "saturation":
            rest[:] = _LUMA @ matrix
        matrix[:3] = factor * matrix[:3] + (1 - factor) * rest
    level = float(matrix[0] @ (black, black, black, 1.0))
    return cv2.transform(image, matrix[:3]), min(max(level, 0.0), 255.0)


def _turn_hue(image: np.ndarray, turn: float) -> np.ndarray:
    if abs(turn) > _LARGEST_TURN:
        return _turn_hue(_turn_hue(image, turn / 2), turn / 2)
    # Backwards is forwards with red and blue exchanged.
    forwards = turn > 0
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV if forwards else cv2.COLOR_BGR2HSV)
    # Adding to whole rows, zeros to saturation and value, is faster than striding over the hues.
    step = np.zeros(image.shape[1:], np.uint8)
    step[:, 0] = round(abs(turn) * _WHOLE_TURN)
    hsv += step
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB if forwards else cv2.COLOR_HSV2BGR)
