"""From a flat sheet into the scene: bent, seen from an angle, turned."""

from dataclasses import dataclass

import cv2
import numpy as np

Rng = np.random.Generator


@dataclass(frozen=True)
class Bend:
    """What a sheet does before it is seen in perspective.

    Points leave it centred on the sheet: x to the right, y down, in its pixels.
    size: (height, width) of the sheet.
    arc: angle in radians that it spans, positive with its middle on top; 0 is straight.
    wave: amplitude in pixels and number of waves over its width.
    """

    size: tuple[int, int]
    arc: float = 0.0
    wave: tuple[float, float] = (0.0, 1.0)

    @property
    def is_flat(self) -> bool:
        return self.arc == 0 and self.wave[0] == 0

    def forward(self, points: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of the sheet to centred points."""
        x, y = points[..., 0] - (self.size[1] - 1) / 2, points[..., 1] - (self.size[0] - 1) / 2
        if self.arc:
            sign, radius = np.sign(self.arc), self.size[1] / abs(self.arc)
            reach = radius - sign * y
            turn = x / radius
            x, y = reach * np.sin(turn), sign * (radius - reach * np.cos(turn))
        elif self.wave[0]:
            y = y + self._lift(x)
        return np.stack([x, y], axis=-1)

    def backward(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Centred points to pixels of the sheet."""
        if self.arc:
            sign, radius = np.sign(self.arc), self.size[1] / abs(self.arc)
            up = radius - sign * y
            x, y = np.arctan2(x, up) * radius, sign * (radius - np.hypot(x, up))
        elif self.wave[0]:
            y = y - self._lift(x)
        return x + (self.size[1] - 1) / 2, y + (self.size[0] - 1) / 2

    def _lift(self, x: np.ndarray) -> np.ndarray:
        amplitude, waves = self.wave
        return amplitude * np.sin(2 * np.pi * waves * x / self.size[1])


def choose_bend(rng: Rng, size: tuple[int, int], letter_px: float) -> Bend:
    """Straight, mostly; an arc never so tight that its letters would overlap."""
    kind = rng.random()
    height, width = size
    if kind > 0.13 or width < 2.5 * height:
        return Bend(size)
    if kind > 0.04:
        widest = min(2.6, 0.9 * width / height)
        return Bend(size, arc=float(rng.choice((-1, 1)) * rng.uniform(0.3, 1.0) * widest))
    waves = rng.uniform(0.5, 1.5)
    return Bend(size, wave=(float(letter_px * rng.uniform(0.2, 0.8)), float(waves)))


@dataclass(frozen=True)
class Place:
    """Where a sheet is in the scene: ``matrix`` (3, 3) takes centred points to pixels."""

    bend: Bend
    matrix: np.ndarray

    def move(self, points: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of the sheet to pixels of the scene, float64."""
        moved = np.concatenate([self.bend.forward(points), np.ones((*points.shape[:-1], 1))], -1)
        moved = moved @ self.matrix.T
        return moved[..., :2] / moved[..., 2:]

    def shifted(self, offset: np.ndarray) -> "Place":
        shift = np.array([[1, 0, offset[0]], [0, 1, offset[1]], [0, 0, 1]], np.float64)
        return Place(self.bend, shift @ self.matrix)

    def scaled(self, factor: float) -> "Place":
        return Place(self.bend, np.diag([factor, factor, 1.0]) @ self.matrix)

    def warp(self, layers: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
        """The sheet's layers (h, w, C) uint8 as a box of the scene shows them.

        box: left, top, right, bottom.
        """
        left, top, right, bottom = box
        corner = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
        size = right - left, bottom - top
        if self.bend.is_flat:
            height, width = self.bend.size
            centre = np.array([[1, 0, (1 - width) / 2], [0, 1, (1 - height) / 2], [0, 0, 1]])
            return cv2.warpPerspective(layers, corner @ self.matrix @ centre, size)
        inverse = np.linalg.inv(corner @ self.matrix)
        x = np.arange(size[0], dtype=np.float32)
        y = np.arange(size[1], dtype=np.float32)[:, None]
        first, second, third = (row[0] * x + row[1] * y + row[2] for row in inverse)
        map_x, map_y = self.bend.backward(first / third, second / third)
        map_x, map_y = map_x.astype(np.float32), map_y.astype(np.float32)
        return cv2.remap(layers, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)

    def border(self) -> np.ndarray:
        """(K, 2) points around the sheet, in the scene."""
        height, width = self.bend.size
        return self.move(box_outline(np.array([-0.5, -0.5, width - 0.5, height - 0.5]), 9))


def box_outline(box: np.ndarray, per_side: int) -> np.ndarray:
    """Points clockwise along the top of a box (left, top, right, bottom), back along its bottom."""
    along = np.linspace(box[0], box[2], per_side)
    top = np.stack([along, np.full(per_side, box[1])], axis=-1)
    bottom = np.stack([along[::-1], np.full(per_side, box[3])], axis=-1)
    return np.concatenate([top, bottom])


def look_at(rng: Rng, bend: Bend, enlarge: float) -> Place:
    """The sheet seen by a camera that stands anywhere before it."""
    strength = rng.choice((0.35, 1.0, 1.9), p=(0.35, 0.45, 0.2))
    yaw, pitch = np.deg2rad(rng.normal(0, (22, 12)) * strength).clip(-1.15, 0.9)
    spread = rng.choice((2.5, 9, 35), p=(0.6, 0.3, 0.1))
    roll = np.deg2rad(rng.normal(0, spread) + (rng.choice((90, -90)) if rng.random() < 0.03 else 0))
    # Signs on walls beside the camera are seen as the lens foreshortens them.
    away = max(bend.size) * rng.uniform(1.1, 4)
    cos_yaw, sin_yaw, cos_pitch, sin_pitch = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    squeeze = rng.uniform(0.65, 1.35) if rng.random() < 0.35 else 1.0
    slant = rng.normal(0, 0.12) if rng.random() < 0.25 else 0.0
    flat = np.array([[squeeze, slant, 0], [0, 1, 0], [0, 0, 1]])
    view = np.array(
        [
            [cos_yaw, 0, 0],
            [sin_pitch * sin_yaw, cos_pitch, 0],
            [-cos_pitch * sin_yaw / away, sin_pitch / away, 1],
        ]
    )
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    zoom = np.diag([enlarge, enlarge, 1.0])
    return Place(bend, zoom @ turn @ view @ flat)
