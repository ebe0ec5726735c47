"""Random changes of a training image: which part of the photo it shows, and how.

Scale, aspect, flip, rotation and crop are one affine matrix.  Polygons pass it as points, and the
photo is resampled once, straight to the crop: no map is ever turned or resized.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from dataset.colours import Look
from dataset.images import reduction_for, scaled_size


@dataclass(frozen=True)
class Augmentation:
    """How far the random changes go; the defaults are those of FAST for ICDAR 2015.

    scale: range of factors on top of the one that brings the short side to ``short_size``.
    aspect: range of height over width, the area staying as it is; None leaves it alone.
    flip: probability of a horizontal flip.
    rotation: largest angle in degrees, either way, about the centre of the unchanged canvas.
    quarter_turn: probability of a quarter turn on top, either way, of the canvas with the photo.
    blur: probability of a Gaussian blur; blur_radius: range of its standard deviation in pixels.
    brightness, contrast, saturation: factors in 1 +- this, not below 0.
    hue: turns by +- this, 1 being the whole circle, at most 0.5.
    word_crop: probability that the crop is put around one of the photo's words, each of them as
        often as the others, however large it is and whatever stands beside it.
    crop_tries: crops that are drawn in search of one that cuts no word.
    """

    scale: tuple[float, float] = (0.5, 2.0)
    aspect: tuple[float, float] | None = (0.9, 1.1)
    flip: float = 0.5
    rotation: float = 30.0
    quarter_turn: float = 0.0
    blur: float = 0.5
    blur_radius: tuple[float, float] = (0.0, 1.0)
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    word_crop: float = 0.0
    crop_tries: int = 20


UNCHANGED = Augmentation(
    scale=(1.0, 1.0),
    aspect=None,
    flip=0.0,
    rotation=0.0,
    blur=0.0,
    brightness=0.0,
    contrast=0.0,
    saturation=0.0,
    hue=0.0,
)


@dataclass(frozen=True)
class View:
    """What part of a photo a crop shows, and where.

    matrix: (2, 3) float64, takes pixels (x, y) of the photo to pixels of the crop.
    shown: (height, width) of the crop that the canvas covers; right of it and below is padding.
    size: (height, width) of the crop.
    """

    matrix: np.ndarray
    shown: tuple[int, int]
    size: tuple[int, int]

    def move(self, points: np.ndarray) -> np.ndarray:
        """Points (K, 2), x and y in the photo, as points of the crop, float64."""
        return _move(points, self.matrix)

    def outline(self, photo_size: tuple[int, int]) -> np.ndarray:
        """(4, 2) int32: the corner pixels of a photo of (height, width), in the crop."""
        return np.rint(self.move(_corners(photo_size))).astype(np.int32)

    def reduction(self, photo_size: tuple[int, int]) -> int:
        """How many times smaller a photo of (height, width) is to be decoded for this crop."""
        return reduction_for(photo_size, float(np.hypot(*self.matrix[:, :2]).max()))

    def of_reduced(self, reduction: int) -> "View":
        """The same crop, taken from the photo after it was reduced."""
        if reduction == 1:
            return self
        centre = (reduction - 1) / 2  # of the square that became the first pixel
        enlarge = np.array([[reduction, 0, centre], [0, reduction, centre], [0, 0, 1]])
        return replace(self, matrix=self.matrix @ enlarge)

    def take(self, image: np.ndarray, look: Look) -> np.ndarray:
        """The crop (h, w, 3) of the photo (H, W, 3): bilinear, black where there is no photo.

        Colours are changed where there are fewer pixels: in the photo or in the crop.
        """
        part, corner = self._seen_part(image)
        black = 0
        colours_first = part.size < 3 * self.shown[0] * self.shown[1]
        if colours_first:
            part, black = look.recolour(part)
        matrix = self.matrix.copy()
        matrix[:, 2] = _move(corner, self.matrix)
        # OpenCV resamples four channels nearly three times as fast as three.
        four = cv2.cvtColor(part, cv2.COLOR_RGB2RGBA)
        border = (black,) * 4
        four = cv2.warpAffine(
            four, matrix, self.shown[::-1], flags=cv2.INTER_LINEAR, borderValue=border
        )
        crop = cv2.cvtColor(four, cv2.COLOR_RGBA2RGB)
        if not colours_first:
            crop, black = look.recolour(crop)
        return self.pad(look.blur(crop), black)

    def pad(self, shown: np.ndarray, value: int = 0) -> np.ndarray:
        """Fill up right of and below what the canvas covers, to the size of the crop."""
        below, right = self.size[0] - self.shown[0], self.size[1] - self.shown[1]
        if below == right == 0:
            return shown
        filling = (value,) * 3
        return cv2.copyMakeBorder(shown, 0, below, 0, right, cv2.BORDER_CONSTANT, value=filling)

    def _seen_part(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The part of a photo that the crop shows, and the (x, y) of its first pixel."""
        corners = _move(_corners(self.shown), cv2.invertAffineTransform(self.matrix))
        # Bilinear sampling reaches to the next pixel.
        low, high = np.floor(corners.min(axis=0)) - 1, np.ceil(corners.max(axis=0)) + 2
        end = np.array(image.shape[1::-1])
        left, top = np.clip(low, 0, end - 1).astype(int)
        right, bottom = np.clip(high, (left + 1, top + 1), end).astype(int)
        return image[top:bottom, left:right], np.array([left, top])


def choose_view(
    rng: np.random.Generator,
    photo_size: tuple[int, int],
    points: np.ndarray,
    starts: np.ndarray,
    crop_size: tuple[int, int],
    short_size: int,
    change: Augmentation,
) -> View:
    """Draw scale, aspect, flip, angle, quarter turn and crop.

    photo_size: (height, width).  points: (K, 2), the corners of the words that are trained on, one
    word after the other; starts: (N,), where each word begins in ``points``.
    """
    factor = rng.uniform(*change.scale)
    aspect = 1.0 if change.aspect is None else rng.uniform(*change.aspect)
    canvas = scaled_size(*photo_size, factor * short_size / min(photo_size), aspect)
    flip = rng.random() < change.flip
    angle_deg = rng.uniform(-change.rotation, change.rotation)
    matrix = _onto_canvas(photo_size, canvas, flip, angle_deg)
    # Where there are none, nothing is drawn: seeds mean what they did before there were any.
    if change.quarter_turn and rng.random() < change.quarter_turn:
        matrix = _quarter_turned(matrix, canvas, clockwise=rng.random() < 0.5)
        canvas = canvas[::-1]
    low, high = _extents(_move(points, matrix), starts, canvas)
    around_word = change.word_crop and len(low) and rng.random() < change.word_crop
    choose = _crop_around_word if around_word else _choose_crop
    matrix[:, 2] -= choose(rng, canvas, crop_size, low, high, change.crop_tries)
    shown = min(crop_size[0], canvas[0]), min(crop_size[1], canvas[1])
    return View(matrix, shown, crop_size)


def draw_look(rng: np.random.Generator, change: Augmentation) -> Look:
    """Draw blur and colours."""
    blur_px = rng.uniform(*change.blur_radius) if rng.random() < change.blur else 0.0
    reaches = {
        "brightness": change.brightness,
        "contrast": change.contrast,
        "saturation": change.saturation,
    }
    steps = [
        (kind, rng.uniform(max(0.0, 1 - reach), 1 + reach))
        for kind, reach in reaches.items()
        if reach
    ]
    rng.shuffle(steps)
    hue_place = rng.integers(len(steps) + 1)
    turn = rng.uniform(-change.hue, change.hue)
    return Look(tuple(steps[:hue_place]), turn, tuple(steps[hue_place:]), blur_px)


def _corners(size: tuple[int, int]) -> np.ndarray:
    """(4, 2): the corner pixels of an image of (height, width)."""
    bottom, right = size[0] - 1, size[1] - 1
    return np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float64)


def _move(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


def _onto_canvas(
    photo_size: tuple[int, int], canvas: tuple[int, int], flip: bool, angle_deg: float
) -> np.ndarray:
    """(2, 3) matrix: the photo stretched to the canvas, flipped, turned about the canvas's centre.

    Pixels are little squares around whole coordinates, so stretching keeps the corner -0.5, -0.5.
    """
    stretch_y, stretch_x = canvas[0] / photo_size[0], canvas[1] / photo_size[1]
    stretch = np.array(
        [[stretch_x, 0, (stretch_x - 1) / 2], [0, stretch_y, (stretch_y - 1) / 2], [0, 0, 1]]
    )
    if flip:
        stretch[0] = [-stretch_x, 0, canvas[1] - 1 - stretch[0, 2]]
    centre = (canvas[1] - 1) / 2, (canvas[0] - 1) / 2
    return cv2.getRotationMatrix2D(centre, angle_deg, 1.0) @ stretch


def _quarter_turned(matrix: np.ndarray, canvas: tuple[int, int], clockwise: bool) -> np.ndarray:
    """The (2, 3) matrix onto a canvas of (height, width), once that canvas is turned."""
    x, y = matrix
    to_bottom, to_right = [0, 0, canvas[0] - 1], [0, 0, canvas[1] - 1]
    return np.stack([to_bottom - y, x] if clockwise else [y, to_right - x])


def _extents(
    points: np.ndarray, starts: np.ndarray, canvas: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """First and last pixel (x, y) of each word that touches the canvas, (M, 2) int64 each."""
    if not len(starts):
        return np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64)
    end = np.array([canvas[1] - 1, canvas[0] - 1])
    low = np.rint(np.minimum.reduceat(points, starts)).astype(np.int64)
    high = np.rint(np.maximum.reduceat(points, starts)).astype(np.int64)
    touches = ((high >= 0) & (low <= end)).all(axis=1)
    return np.clip(low, 0, end)[touches], np.clip(high, 0, end)[touches]


def _choose_crop(
    rng: np.random.Generator,
    canvas: tuple[int, int],
    crop_size: tuple[int, int],
    low: np.ndarray,
    high: np.ndarray,
    tries: int,
) -> tuple[int, int]:
    """(left, top) of a crop that shows words and, if one is found, cuts none at its edges.

    It begins in a row and a column that are free of words over the whole canvas, as long as there
    are any.  Of crops that cut words at the far edges the last is taken; where no try shows a word,
    as on pages without any, the first.
    """
    free_rows = _free_lines(canvas[0], low[:, 1], high[:, 1])
    free_columns = _free_lines(canvas[1], low[:, 0], high[:, 0])
    tops, bottoms = _draw_spans(rng, free_rows, crop_size[0], tries)
    lefts, rights = _draw_spans(rng, free_columns, crop_size[1], tries)
    inside_rows = (high[:, 1] >= tops[:, None]) & (low[:, 1] <= bottoms[:, None])
    inside_columns = (high[:, 0] >= lefts[:, None]) & (low[:, 0] <= rights[:, None])
    shows_words = (inside_rows & inside_columns).any(axis=1)
    good = np.flatnonzero(shows_words & free_rows[bottoms] & free_columns[rights])
    fair = np.flatnonzero(shows_words)
    chosen = good[0] if len(good) else fair[-1] if len(fair) else 0
    return int(lefts[chosen]), int(tops[chosen])


def _crop_around_word(
    rng: np.random.Generator,
    canvas: tuple[int, int],
    crop_size: tuple[int, int],
    low: np.ndarray,
    high: np.ndarray,
    tries: int,
) -> tuple[int, int]:
    """(left, top) of a crop that shows one word, drawn from all, wherever in the crop it lies.

    A word that is longer than the crop fills it.  Of ``tries`` such crops it is the one that cuts
    the fewest words at its edges, the first of several.
    """
    word = rng.integers(len(low))
    side = np.array([crop_size[1], crop_size[0]])
    end = np.array([canvas[1], canvas[0]])
    # The first pixels from which the crop reaches the word's last one, and up to its first one.
    bounds = np.sort(np.stack([high[word] + 1 - side, low[word]]), axis=0)
    bounds = np.clip(bounds, 0, np.maximum(end - side, 0))
    firsts = rng.integers(bounds[0], bounds[1] + 1, size=(tries, 2))
    lasts = np.minimum(firsts + side, end) - 1
    # (tries, words): whether the crop and the word meet, and whether a part of it lies outside.
    meets = ((high >= firsts[:, None]) & (low <= lasts[:, None])).all(axis=2)
    leaves = ((low < firsts[:, None]) | (high > lasts[:, None])).any(axis=2)
    left, top = firsts[np.argmin((meets & leaves).sum(axis=1))]
    return int(left), int(top)


def _free_lines(length: int, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(length,) bool: rows (or columns) that lie in no word's first..last."""
    steps = np.bincount(first, minlength=length + 1) - np.bincount(last + 1, minlength=length + 1)
    return np.cumsum(steps[:length]) == 0


def _draw_spans(
    rng: np.random.Generator, free: np.ndarray, side: int, tries: int
) -> tuple[np.ndarray, np.ndarray]:
    """First and last lines of ``tries`` crops of ``side``; every possible place can be drawn."""
    places = max(len(free) - side, 0) + 1
    candidates = np.flatnonzero(free[:places])
    if not len(candidates):
        candidates = np.arange(places)
    first = candidates[rng.integers(len(candidates), size=tries)]
    return first, np.minimum(first + side, len(free)) - 1
