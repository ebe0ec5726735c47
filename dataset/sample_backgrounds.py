"""Backgrounds for generated images: walls, floors, foliage and things that only look like text."""

from collections.abc import Callable

import cv2
import numpy as np

Image = np.ndarray
Rng = np.random.Generator
Size = tuple[int, int]


def draw_background(rng: Rng, size: Size, clutter: float = 1.0) -> Image:
    """A scene without any text: (height, width, 3) uint8 RGB.

    One surface fills the image, others stand in it in perspective, shapes clutter it (``clutter``
    scales how many, 0 or more); often all of it is out of focus, as what lies behind a sign is.
    """
    canvas = _surface(rng, size)
    for _ in range(rng.integers(0, int(4 * clutter) + 1)):
        _hang_surface(rng, canvas)
    for _ in range(rng.integers(0, int(13 * clutter) + 1)):
        _CLUTTER[rng.integers(len(_CLUTTER))](rng, canvas)
    if rng.random() < 0.5:
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.5, 2.5))
    return canvas


def random_colour(
    rng: Rng, value: tuple[float, float] = (25, 240), vivid: float = 0.1
) -> np.ndarray:
    """(3,) float32 RGB, dull as most things are or, with the probability ``vivid``, strong.

    value: range of the brightest channel, 0..255.
    """
    hue, bright = rng.uniform(0, 6), rng.uniform(*value)
    saturation = rng.beta(1.1, 4.0) if rng.random() > vivid else rng.uniform(0.5, 1.0)
    ramp = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return (bright * (1 - saturation * (1 - ramp))).astype(np.float32)


def smooth_noise(rng: Rng, size: Size, cell_px: float) -> np.ndarray:
    """(height, width) float32 around 0, of strength 1, in soft cells of ``cell_px`` pixels."""
    rows, columns = (max(2, int(side / cell_px) + 1) for side in size)
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    return cv2.resize(grid, size[::-1], interpolation=cv2.INTER_CUBIC)


# --- surfaces -------------------------------------------------------------------------------------


def _surface(rng: Rng, size: Size) -> Image:
    """A textured sheet: one of the kinds below says, from 0 to 1, which of two colours shows."""
    kind = _SURFACES[rng.integers(len(_SURFACES))]
    grain = smooth_noise(rng, size, (1.5, 3.0, 6.0)[rng.integers(3)]) * rng.uniform(0, 0.12)
    shade = np.clip((kind(rng, size) + grain) * 255, 0, 255).astype(np.uint8)
    first, second = random_colour(rng), random_colour(rng)
    if rng.random() < 0.6:  # one material: the second colour is a shade of the first
        second = first * rng.uniform(0.55, 1.5)
    ramp = np.linspace(first, second.clip(0, 255), 256).astype(np.uint8)
    return cv2.LUT(cv2.merge([shade] * 3), ramp[None])


def _plain(rng: Rng, size: Size) -> np.ndarray:
    return 0.5 + smooth_noise(rng, size, min(size) / rng.uniform(1, 4)) * 0.3


def _gradient(rng: Rng, size: Size) -> np.ndarray:
    (left, right), (top, bottom) = rng.uniform(0, 0.5, (2, 2))
    rows = np.linspace(top, bottom, size[0], dtype=np.float32)[:, None]
    return rows + np.linspace(left, right, size[1], dtype=np.float32)


def _patches(rng: Rng, size: Size) -> np.ndarray:
    """Foliage, stone, rust: two colours in ragged patches of several sizes."""
    cell = rng.uniform(4, 40)
    noise = smooth_noise(rng, size, cell) + 0.6 * smooth_noise(rng, size, max(2, cell / 4))
    return np.clip(0.5 + noise * rng.uniform(0.4, 2), 0, 1)


def _courses(rng: Rng, size: Size) -> np.ndarray:
    """Bricks, tiles, planks, shutters, windows: cells of differing shade with joints between."""
    high, long = rng.uniform(6, 60), rng.uniform(6, 90)
    if rng.random() < 0.3:  # planks or shutters run through
        long = 4.0 * max(size)
    joint = rng.uniform(0.03, 0.3)
    y, x = np.arange(size[0], dtype=np.float32) / high, np.arange(size[1], dtype=np.float32) / long
    bond = rng.choice((0, 0.5)) * (y.astype(np.int32) % 2)
    along = x + bond[:, None].astype(np.float32)
    cells = rng.uniform(0, rng.uniform(0.1, 0.8), (int(y[-1]) + 1, int(along.max()) + 1))
    shade = cells.astype(np.float32)[y.astype(np.int32)[:, None], along.astype(np.int32)]
    in_joint = ((y % 1) < joint)[:, None] | ((along % 1) < joint * high / long)
    return np.where(in_joint, np.float32(1), shade)


_SURFACES: tuple[Callable[[Rng, Size], np.ndarray], ...] = (
    _plain, _plain, _gradient, _patches, _patches, _courses, _courses,
)  # fmt: skip


def _hang_surface(rng: Rng, canvas: Image) -> None:
    """Put one more surface into the scene, as a quadrilateral seen at an angle."""
    height, width = canvas.shape[:2]
    flat = _surface(rng, (height // 2, width // 2))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    spread = rng.uniform(0.25, 1.1, 2) * (width, height)
    quad = corners * spread + rng.uniform(-0.3, 0.8, 2) * (width, height)
    quad += rng.normal(0, 0.12, (4, 2)) * spread
    source = corners * (width // 2, height // 2)
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), quad.astype(np.float32))
    cv2.warpPerspective(
        flat, matrix, (width, height), dst=canvas, borderMode=cv2.BORDER_TRANSPARENT
    )


# --- clutter --------------------------------------------------------------------------------------


def _paint(rng: Rng) -> tuple[float, ...]:
    return tuple(map(float, random_colour(rng, (10, 255), vivid=0.25)))


def _spot(rng: Rng, canvas: Image) -> tuple[int, int]:
    return int(rng.integers(canvas.shape[1])), int(rng.integers(canvas.shape[0]))


def _length(rng: Rng, canvas: Image, low: float, high: float) -> int:
    """A random length in pixels, given as fractions of the image's short side."""
    return max(1, int(min(canvas.shape[:2]) * rng.uniform(low, high)))


def _pole(rng: Rng, canvas: Image) -> None:
    thick = _length(rng, canvas, 0.004, 0.05)
    cv2.line(canvas, _spot(rng, canvas), _spot(rng, canvas), _paint(rng), thick, cv2.LINE_AA)


def _disc(rng: Rng, canvas: Image) -> None:
    axes = (_length(rng, canvas, 0.01, 0.2), _length(rng, canvas, 0.01, 0.2))
    thick = int(rng.choice((-1, -1, 2, 4)))
    turn = rng.uniform(0, 180)
    cv2.ellipse(canvas, _spot(rng, canvas), axes, turn, 0, 360, _paint(rng), thick, cv2.LINE_AA)


def _shard(rng: Rng, canvas: Image) -> None:
    points = np.array(_spot(rng, canvas)) + rng.normal(0, _length(rng, canvas, 0.02, 0.25), (5, 2))
    cv2.fillConvexPoly(canvas, cv2.convexHull(points.astype(np.int32)), _paint(rng), cv2.LINE_AA)


def _person(rng: Rng, canvas: Image) -> None:
    x, y = _spot(rng, canvas)
    head = _length(rng, canvas, 0.02, 0.09)
    body = (x, y + 5 * head), (2 * head, 4 * head)
    cv2.ellipse(canvas, *body, 0, 0, 360, _paint(rng), -1, cv2.LINE_AA)
    cv2.circle(canvas, (x, y), head, _paint(rng), -1, cv2.LINE_AA)


def _fence(rng: Rng, canvas: Image) -> None:
    """Bars side by side, leaning a little: the shape of text without its letters."""
    x, y = _spot(rng, canvas)
    high, step = _length(rng, canvas, 0.03, 0.3), _length(rng, canvas, 0.01, 0.04) + 2
    lean, paint, thick = int(rng.normal(0, high / 8)), _paint(rng), int(rng.integers(1, step))
    for bar in range(rng.integers(3, 14)):
        left = x + bar * step
        cv2.line(canvas, (left, y), (left + lean, y + high), paint, thick, cv2.LINE_AA)


def _arrow(rng: Rng, canvas: Image) -> None:
    start = np.array(_spot(rng, canvas))
    tip = start + rng.normal(0, _length(rng, canvas, 0.05, 0.2), 2).astype(int)
    thick = _length(rng, canvas, 0.006, 0.02)
    cv2.arrowedLine(canvas, start.tolist(), tip.tolist(), _paint(rng), thick, cv2.LINE_AA, 0, 0.4)


_CLUTTER: tuple[Callable[[Rng, Image], None], ...] = (
    _pole, _pole, _disc, _disc, _shard, _shard, _shard, _person, _fence, _arrow,
)  # fmt: skip
