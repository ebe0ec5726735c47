"""What a camera makes of a scene: light, blur, noise, sharpening, JPEG."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from dataset.sample_backgrounds import smooth_noise

Rng = np.random.Generator
_NOISE_SHEETS, _NOISE_SIDE = 6, 1024


@dataclass(frozen=True)
class Camera:
    """One photo's shortcomings.

    kind: of the blur, "none", "soft", "motion" or "defocus"; blur_px: its spread.
    brightness: mean level that the camera exposes for, 0..255; contrasts are curved by ``gamma``.
    noise: standard deviation at middle grey, 0..255.  quality: of the JPEG, 0 for none.
    """

    kind: str
    blur_px: float
    brightness: float
    gamma: float
    noise: float
    quality: int

    @classmethod
    def random(cls, rng: Rng) -> "Camera":
        kind = str(rng.choice(("none", "soft", "motion", "defocus"), p=(0.4, 0.34, 0.13, 0.13)))
        blur = {"none": 0.0, "soft": 1.2, "motion": 2.2, "defocus": 1.7}[kind]
        dark = rng.random() < 0.15
        return cls(
            kind,
            float(rng.uniform(0.3, max(blur, 0.3))) if blur else 0.0,
            float(rng.uniform(20, 65) if dark else rng.uniform(70, 160)),
            float(rng.uniform(0.8, 1.35)),
            float(rng.uniform(4, 14) if dark else rng.choice((0.0, rng.uniform(1, 7)))),
            int(rng.integers(35, 96)) if rng.random() < 0.75 else 0,
        )

    def photograph(self, rng: Rng, scene: np.ndarray) -> np.ndarray:
        """The scene (H, W, 3) uint8 RGB as it is on the photo."""
        image = self._lit(rng, self._blurred(rng, scene))
        if rng.random() < 0.3:
            image = _bloom(rng, image)
        if rng.random() < 0.2:
            soft = cv2.GaussianBlur(image, (0, 0), 1.0)
            strength = rng.uniform(0.3, 1.2)
            image = cv2.addWeighted(image, 1 + strength, soft, -strength, 0)
        return image if not self.quality else self._compressed(image)

    def _blurred(self, rng: Rng, scene: np.ndarray) -> np.ndarray:
        if self.kind == "none":
            return scene
        if self.kind == "soft":
            return cv2.GaussianBlur(scene, (0, 0), self.blur_px)
        side = 2 * int(np.ceil(self.blur_px * 1.6)) + 1
        kernel = np.zeros((side, side), np.float32)
        if self.kind == "motion":
            turn = rng.uniform(0, np.pi)
            reach = np.array([np.cos(turn), np.sin(turn)]) * (side // 2)
            ends = np.rint([side // 2 - reach, side // 2 + reach]).astype(int).tolist()
            cv2.line(kernel, ends[0], ends[1], 1.0)
        else:
            cv2.circle(kernel, (side // 2, side // 2), round(self.blur_px), 1.0, -1)
        return cv2.filter2D(scene, -1, kernel / kernel.sum())

    def _lit(self, rng: Rng, scene: np.ndarray) -> np.ndarray:
        """Under uneven, tinted light, by a tone curve, with noise that dark parts show most."""
        mean = float(np.mean(cv2.resize(scene, (32, 32), interpolation=cv2.INTER_AREA)))
        # As far as the film goes: a black wall does not become grey.
        gain = np.clip(self.brightness / max(mean, 1.0), 0.3, 2.2)
        tints = rng.uniform(0.92, 1.08, 3) * gain
        levels = np.linspace(0, 1, 256)
        curve = 255 * levels**self.gamma
        black = rng.uniform(0, 14)
        table = np.stack([(black + curve * tint).clip(0, 255) for tint in tints], axis=-1)
        image = cv2.LUT(scene, table.astype(np.uint8)[None])
        size = scene.shape[0], scene.shape[1]
        if rng.random() < 0.7:
            coarse = 1 + smooth_noise(rng, (4, 4), 1.0) * rng.uniform(0, 0.16)
            light = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_LINEAR)
            image = cv2.merge(
                [cv2.multiply(one, light, dtype=cv2.CV_8U) for one in cv2.split(image)]
            )
        if self.noise:
            image = cv2.add(image, _noise(rng, size, self.noise), dtype=cv2.CV_8U)
        return image

    def _compressed(self, image: np.ndarray) -> np.ndarray:
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        content = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
        seen: np.ndarray = cv2.imdecode(content, cv2.IMREAD_COLOR)  # type: ignore[assignment]
        return cv2.cvtColor(seen, cv2.COLOR_BGR2RGB)


def _bloom(rng: Rng, image: np.ndarray) -> np.ndarray:
    """What is brightest shines over its surroundings."""
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    bright = cv2.subtract(small, np.full(4, rng.uniform(180, 235)))
    glow = cv2.GaussianBlur(bright, (0, 0), rng.uniform(2, 7))
    glow = cv2.resize(glow, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.addWeighted(image, 1.0, glow, rng.uniform(1, 4), 0)


@lru_cache(maxsize=_NOISE_SHEETS)
def _noise_sheet(number: int) -> np.ndarray:
    """(side, side, 3) int8: noise of standard deviation 32, finer or coarser, coloured or grey.

    Made once, for drawing noise takes longer than all else that a camera does.
    """
    rng = np.random.default_rng(number)
    grain: np.ndarray = rng.standard_normal((_NOISE_SIDE, _NOISE_SIDE, 3), dtype=np.float32)
    if number % 2:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.8)
    grain += (0.5 * (number % 3)) * grain.mean(axis=2, keepdims=True)
    return (grain * (32 / grain.std())).clip(-127, 127).astype(np.int8)


def _noise(rng: Rng, size: tuple[int, int], strength: float) -> np.ndarray:
    """(H, W, 3) int8 noise; larger images repeat the sheet."""
    sheet = _noise_sheet(int(rng.integers(_NOISE_SHEETS)))
    top, left = rng.integers(0, _NOISE_SIDE, 2)
    rows = (np.arange(size[0]) + top) % _NOISE_SIDE
    columns = (np.arange(size[1]) + left) % _NOISE_SIDE
    part = sheet[rows].take(columns, axis=1)
    return cv2.multiply(part, np.full(4, strength / 32), dtype=cv2.CV_8S)
