"""Draws labelled images that look a little like street photos, and writes them in ICDAR layout.

The same seed gives the same images on the same machine; another machine may have other fonts.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from dataset.labels import Word
from dataset.sample_backgrounds import Rng, Size, draw_background, random_colour, smooth_noise
from dataset.sample_text import Font, draw_word, find_fonts
from runtime.messages import UserError

# Height of capital letters as a fraction of the image's short side.
TEXT_HEIGHTS = (0.025, 0.14)
# Words below this height, or with less contrast than this after blur, are labelled '###'.
READABLE_PX = 8.0
READABLE_CONTRAST = 40.0
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def write_sample_data(
    folder: Path,
    num_images: int,
    seed: int = 0,
    size: Size = (360, 480),
    heights: tuple[float, float] = TEXT_HEIGHTS,
    negatives: float = 0.1,
    clutter: float = 1.0,
) -> None:
    """Write ``images/img_N.jpg`` and ``gts/gt_img_N.txt`` for N = 1 .. num_images, in a new folder.

    size: (height, width) in pixels.  negatives: share of images without text; their label files
    are empty.  Image N depends on ``seed`` and N alone.  A terminal shows a progress bar.
    Raises UserError where the folder holds something already or cannot be written.
    """
    images, gts = folder / "images", folder / "gts"
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UserError("sample.folder_in_use", path=folder)
        images.mkdir(parents=True, exist_ok=True)
        gts.mkdir()
        for number in tqdm(range(1, num_images + 1), disable=None, leave=False):
            rng = np.random.default_rng((seed, number))
            image, words = draw_scene(rng, size, heights, clutter, rng.random() >= negatives)
            quality = int(rng.integers(50, 96))
            (images / f"img_{number}.jpg").write_bytes(_encode_jpeg(image, quality))
            lines = "".join(map(label_line, words))
            (gts / f"gt_img_{number}.txt").write_text(lines, encoding="utf-8")
    except OSError as error:
        raise UserError("sample.cannot_write", path=folder, reason=error) from error


def label_line(word: Word) -> str:
    """``x1,y1,...,x4,y4,text`` with whole pixels, ``###`` for a word that nobody could read."""
    corners = ",".join(str(round(float(value))) for value in word.points.ravel())
    return f"{corners},{'###' if word.ignore else word.text}\n"


def _encode_jpeg(image: np.ndarray, quality: int) -> bytes:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def draw_scene(
    rng: Rng,
    size: Size = (360, 480),
    heights: tuple[float, float] = TEXT_HEIGHTS,
    clutter: float = 1.0,
    with_text: bool = True,
) -> tuple[np.ndarray, list[Word]]:
    """One image, (height, width, 3) uint8 RGB, and its words.

    heights: range of the letters' height, as fractions of the image's short side.
    clutter: how much else is in the picture; 1 is a busy street, 0 a bare wall.
    Words lie inside the image, their four corners clockwise from the top left of the text.
    """
    canvas = draw_background(rng, size, clutter)
    lens = _Lens.random(rng)
    taken = np.zeros((size[0] // 4 + 1, size[1] // 4 + 1), dtype=np.uint8)
    words: list[Word] = []
    for _ in range(rng.integers(1, 7) if with_text else 0):
        block = _write_block(rng, size, heights)
        quad = _find_place(rng, block, taken, size)
        if quad is not None:
            contrast = _paint_block(rng, canvas, block, quad)
            words += _label_block(block, quad, contrast, lens.blur_px, first_line=len(words) + 1)
    for _ in range(rng.integers(0, 3) if rng.random() < 0.2 else 0):
        _string_wire(rng, canvas)
    return lens.photograph(rng, canvas), words


# --- a block of text, flat ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """A few lines of text before they are put into the scene.

    ink: (h, w) uint8, 255 where letters are.  boxes: (W, 4, 2) float32, the words' corners in it.
    """

    ink: np.ndarray
    boxes: np.ndarray
    texts: tuple[str, ...]
    letter_px: float


@lru_cache(maxsize=2048)
def _open_font(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px)


def _write_block(rng: Rng, size: Size, heights: tuple[float, float]) -> _Block:
    """One to four lines of words in one font, as on a sign, a price tag, a shop front."""
    fonts = find_fonts()
    font = fonts[rng.integers(len(fonts))]
    short = min(size)
    letter_px = max(5.0, short * float(np.exp(rng.uniform(*np.log(heights)))))
    num_lines = int(rng.choice(4, p=(0.5, 0.25, 0.15, 0.1))) + 1
    pad = letter_px * rng.uniform(0.2, 0.9)
    centred, leading = rng.random() < 0.5, rng.uniform(1.5, 2.1)
    lines = [_write_line(rng, font, letter_px, size[1] * 0.85) for _ in range(num_lines)]
    width = max(line.boxes[-1, 2, 0] for line in lines)
    ink = np.zeros((int(2 * pad + letter_px * leading * num_lines), int(width + 2 * pad)), np.uint8)
    boxes = []
    for row, line in enumerate(lines):
        free = width - line.boxes[-1, 2, 0]
        left = int(pad + (free / 2 if centred else 0))
        top = int(pad + row * letter_px * leading)
        part = ink[top : top + line.ink.shape[0], left : left + line.ink.shape[1]]
        np.maximum(part, line.ink[: part.shape[0], : part.shape[1]], out=part)
        boxes.append(line.boxes + (left, top))
    limit = np.array(ink.shape[::-1], dtype=np.float32)
    corners = np.clip(np.concatenate(boxes), 0, limit).astype(np.float32)
    return _Block(ink, corners, sum((line.texts for line in lines), ()), letter_px)


def _write_line(rng: Rng, font: Font, letter_px: float, limit_px: float) -> _Block:
    """Words side by side, as many as fit into ``limit_px`` (always one)."""
    letter_px *= rng.uniform(0.8, 1.2)
    # Capitals are about 0.72 of the size that a font is asked for.
    face = _open_font(font.path, max(6, round(letter_px / 0.72)))
    gap = letter_px * rng.uniform(0.6, 1.1)
    spots: list[tuple[float, str]] = []
    boxes, end = [], 0.0
    margin = max(0.5, letter_px * 0.06)
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        text = draw_word(rng, font.hangul)
        left, top, right, bottom = face.getbbox(text, anchor="ls")
        if spots and end + right - left > limit_px:
            break
        shift = end - left + margin
        spots.append((shift, text))
        box = (end, top - margin, end + right - left + 2 * margin, bottom + margin)
        boxes.append(box)
        end = box[2] + gap
    top = min(box[1] for box in boxes)
    bottom = max(box[3] for box in boxes)
    picture = Image.new("L", (int(end - gap) + 2, int(bottom - top) + 2))
    pen = ImageDraw.Draw(picture)
    for shift, text in spots:
        pen.text((shift, -top), text, fill=255, font=face, anchor="ls")
    flat = np.array(boxes, dtype=np.float32) - (0, top, 0, top)
    corners = flat[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    return _Block(np.asarray(picture), corners, tuple(text for _, text in spots), letter_px)


# --- into the scene -------------------------------------------------------------------------------


def _find_place(rng: Rng, block: _Block, taken: np.ndarray, size: Size) -> np.ndarray | None:
    """Corners of the block in the scene, (4, 2) float32 from its top left; None where it is full.

    taken: (height / 4, width / 4) uint8, 1 where a block stands; the new one is added.
    """
    quad = _tilt(rng, block.ink.shape)
    low, high = quad.min(axis=0), quad.max(axis=0)
    room = np.array(size[::-1]) - 4
    quad = (quad - low) * min(1.0, float((room / (high - low)).min()))
    free = room - quad.max(axis=0)
    for _ in range(6):
        placed = (quad + 2 + rng.uniform(0, 1, 2) * free).astype(np.float32)
        shape = np.zeros_like(taken)
        cv2.fillConvexPoly(shape, np.round(placed / 4).astype(np.int32), 1)
        if not (shape & taken).any():
            np.maximum(taken, cv2.dilate(shape, np.ones((3, 3))), out=taken)
            return placed
    return None


def _tilt(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """The corners of a sheet of ``shape`` (h, w), turned and seen from an angle: (4, 2)."""
    half = np.array(shape[1::-1]) / 2
    quad = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    quad[:, 0] *= rng.uniform(0.7, 1.0) if rng.random() < 0.4 else 1.0
    # The far side of a sheet looks shorter; a short text on a long sheet bends no more than others.
    far = 1 - np.abs(rng.normal(0, 0.1, 2)).clip(0, 0.3)
    sides = rng.integers(0, 2, 2)
    quad[[[0, 3], [1, 2]][sides[0]], 1] *= far[0]
    quad[[[0, 1], [3, 2]][sides[1]], 0] *= far[1]
    quad[:, 1] += quad[:, 0] * rng.normal(0, 0.06)
    spread = rng.choice((3, 12, 40), p=(0.5, 0.35, 0.15))
    turn = np.deg2rad(rng.normal(0, spread) + (rng.choice((90, -90)) if rng.random() < 0.04 else 0))
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return quad @ rotation


def _paint_block(rng: Rng, canvas: np.ndarray, block: _Block, quad: np.ndarray) -> float:
    """Draw a block into its quadrilateral; gives back the contrast of its text, 0..255."""
    left, top = np.floor(quad.min(axis=0)).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 1
    part = canvas[top:bottom, left:right]
    behind = cv2.resize(part, (12, 12), interpolation=cv2.INTER_AREA) @ LUMINANCE
    colours, cover, contrast = _colour_block(rng, block, behind)
    matrix = _homography(block, quad - (left, top))
    shape = part.shape[1::-1]
    sheet = cv2.warpPerspective(colours, matrix, shape, borderMode=cv2.BORDER_REPLICATE)
    part[:] = _mix(part, sheet, cv2.warpPerspective(cover, matrix, shape))
    return contrast


def _mix(below: np.ndarray, above: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """``above`` laid over ``below``, both (h, w, 3) uint8, where ``cover`` (h, w) uint8 is 255."""
    weight = cover.astype(np.float32) / 255
    return cv2.blendLinear(np.ascontiguousarray(below), above, 1 - weight, weight)


def _colour_block(
    rng: Rng, block: _Block, behind: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """The block in colour (h, w, 3) uint8, how opaque it is (h, w) uint8, the contrast of its text.

    behind: luminances of the scene there; text without a board has to stand out from them.
    """
    faint = rng.random() < 0.06
    has_board = rng.random() < 0.6
    board = random_colour(rng, (5, 255), vivid=0.3)
    ground, unrest = float(board @ LUMINANCE), 0.0
    if not has_board:
        ground, unrest = float(behind.mean()), float(behind.std())
    letters, contrast = _contrasting(rng, ground, faint)
    cover, sheet = block.ink, _sheet(block.ink.shape, letters)
    if has_board:
        cover, sheet = np.full_like(cover, 255), _draw_board(rng, cover.shape, board)
    elif not faint and rng.random() < 0.2 + unrest / 60:
        edge = _contrasting(rng, float(letters @ LUMINANCE), faint=False)[0]
        cover, sheet = np.maximum(cover, _edge_of(rng, block)), _sheet(cover.shape, edge)
        unrest = 0.0
    return _mix(sheet, _sheet(cover.shape, letters), block.ink), cover, contrast - unrest


def _sheet(shape: tuple[int, ...], colour: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 in one colour."""
    return np.full((*shape, 3), colour.astype(np.uint8))


def _contrasting(rng: Rng, ground: float, faint: bool) -> tuple[np.ndarray, float]:
    """A colour that stands out from the luminance ``ground``, hardly if ``faint``; and how far."""
    step = rng.uniform(8, 22) if faint else rng.uniform(70, 230)
    darker = ground - step >= 0 and (ground + step > 255 or rng.random() < 0.5)
    target = float(np.clip(ground + (-step if darker else step), 0, 255))
    colour = random_colour(rng, (60, 255), vivid=0.3)
    colour = np.clip(colour * target / max(1.0, float(colour @ LUMINANCE)), 0, 255)
    # A vivid colour can be too dark for its target once clipped: white is mixed in.
    colour += (255 - colour) * max(0.0, target - float(colour @ LUMINANCE)) / 255
    return colour, abs(float(colour @ LUMINANCE) - ground)


def _draw_board(rng: Rng, shape: tuple[int, ...], colour: np.ndarray) -> np.ndarray:
    """A sign board (h, w, 3) uint8: lit a little unevenly, now and then framed."""
    board = _sheet(shape, colour)
    shine = np.clip(smooth_noise(rng, (shape[0], shape[1]), max(shape) / 2) * 60, 0, 255)
    cover = (shine * rng.uniform(0, 0.5)).astype(np.uint8)
    board = _mix(board, _sheet(shape, random_colour(rng)), cover)
    if rng.random() < 0.2:
        thick = max(1, int(shape[0] * rng.uniform(0.02, 0.06)))
        frame = tuple(map(float, random_colour(rng, (5, 255))))
        cv2.rectangle(board, (0, 0), (shape[1] - 1, shape[0] - 1), frame, thick)
    return board


def _edge_of(rng: Rng, block: _Block) -> np.ndarray:
    """An outline around the letters, or a shadow beside them: (h, w) uint8."""
    thick = max(1, round(block.letter_px * 0.07))
    if rng.random() < 0.5:
        return cv2.dilate(block.ink, np.ones((2 * thick + 1, 2 * thick + 1), np.uint8))
    shift = np.array([[1, 0, thick], [0, 1, thick]], dtype=np.float32)
    shadow = cv2.warpAffine(block.ink, shift, block.ink.shape[::-1])
    return cv2.GaussianBlur(shadow, (0, 0), max(0.5, thick / 2))


def _homography(block: _Block, quad: np.ndarray) -> np.ndarray:
    height, width = block.ink.shape
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    return cv2.getPerspectiveTransform(sheet, quad.astype(np.float32))


def _label_block(
    block: _Block, quad: np.ndarray, contrast: float, blur_px: float, first_line: int
) -> list[Word]:
    boxes = cv2.perspectiveTransform(block.boxes, _homography(block, quad))
    sides = np.linalg.norm(boxes - np.roll(boxes, 1, axis=1), axis=-1)
    heights = (sides[:, 0] + sides[:, 2]) / 2  # the edges from corner 4 to 1 and from 2 to 3
    hidden = (heights < READABLE_PX + 3 * blur_px) | (contrast < READABLE_CONTRAST)
    return [
        Word(points=box, text=text, ignore=bool(ignore), line=first_line + place)
        for place, (box, text, ignore) in enumerate(zip(boxes, block.texts, hidden, strict=True))
    ]


def _string_wire(rng: Rng, canvas: np.ndarray) -> None:
    """A thin wire or branch in front of everything."""
    ends = (rng.uniform(0, 1, (2, 2)) * canvas.shape[1::-1]).astype(int).tolist()
    colour = tuple(map(float, random_colour(rng)))
    cv2.line(canvas, ends[0], ends[1], colour, int(rng.integers(1, 4)), cv2.LINE_AA)


# --- the camera -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lens:
    """How blurred a photo is: by a Gaussian or by motion of ``blur_px`` pixels."""

    blur_px: float
    moving: bool

    @classmethod
    def random(cls, rng: Rng) -> "_Lens":
        blur = rng.uniform(0.3, 1.5) if rng.random() < 0.5 else 0.0
        return cls(float(blur), moving=bool(rng.random() < 0.3))

    def photograph(self, rng: Rng, scene: np.ndarray) -> np.ndarray:
        """The scene under uneven, tinted light, blurred, with noise: uint8 of the same shape."""
        size = scene.shape[:2]
        light = 1 + smooth_noise(rng, size, max(size) / 2) * rng.uniform(0, 0.16)
        light *= rng.uniform(0.7, 1.25)
        noise = smooth_noise(rng, size, (1.0, 1.6)[rng.integers(2)]) * rng.uniform(0, 8)
        noise += rng.uniform(-12, 20)
        planes = cv2.split(self._blur(rng, scene))
        tints = rng.uniform(0.92, 1.08, 3)
        lit = [  # CV_8U clips
            cv2.add(cv2.multiply(plane, light, None, tint, cv2.CV_32F), noise, dtype=cv2.CV_8U)
            for plane, tint in zip(planes, tints, strict=True)
        ]
        return cv2.merge(lit)

    def _blur(self, rng: Rng, scene: np.ndarray) -> np.ndarray:
        if self.blur_px == 0:
            return scene
        if not self.moving:
            return cv2.GaussianBlur(scene, (0, 0), self.blur_px)
        length = int(np.ceil(self.blur_px * 3)) | 1
        kernel = np.zeros((length, length), dtype=np.float32)
        turn = rng.uniform(0, np.pi)
        reach = np.array([np.cos(turn), np.sin(turn)]) * (length // 2)
        middle = length // 2
        ends = np.round(np.array([middle - reach, middle + reach])).astype(int).tolist()
        cv2.line(kernel, ends[0], ends[1], 1.0)
        return cv2.filter2D(scene, -1, kernel / kernel.sum())
