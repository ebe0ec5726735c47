"""Image files: finding, reading, measuring and resizing them.

Images are RGB, uint8, (height, width, 3).  Training and inference share this file, so that a
network sees the same pixels in both.
"""

import io
import os
import re
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from runtime.messages import UserError, say

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
SIDE_MULTIPLE_PX = 32
# Twice a scan of A3 at 600 dpi, half a gigabyte once decoded, and where Pillow draws the line too:
# a file of a few bytes may claim more pixels than any machine can hold.
MAX_PIXELS = 178_956_970
# No photo is as large; a damaged file that claims one must not take all memory.
MAX_IMAGE_BYTES = 1 << 30
# Pillow's own limit comes with a warning from half of that on, and without the image's size.
Image.MAX_IMAGE_PIXELS = None

# What suffixes promise, and what is about under wrong ones.  Others stay closed: Pillow would hand
# EPS to Ghostscript.
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM")
_ORIENTATION = ExifTags.Base.Orientation
_WIDTH_TAG, _HEIGHT_TAG = 256, 257
# What libraries raise on damaged files.
DECODING_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    MemoryError,
    UnidentifiedImageError,
    Image.DecompressionBombError,
    cv2.error,
)
_DIGITS = re.compile("[0-9]+")
# By how much libjpeg can shrink a photo while it decodes it, and OpenCV's bits for that, which it
# names together with the bit for (blue, green, red) or without it.
_REDUCED = {
    1: 0,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
# Each format's last bytes; a file that lacks them was cut off, or has something behind it.
_LAST_BYTES = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
_TAIL = 4096
_WEBP_HEADER = 30


class TooManyPixels(ValueError):
    """An image of (width, height) that is larger than ``MAX_PIXELS``; one of DECODING_ERRORS."""

    @property
    def numbers(self) -> dict[str, object]:
        width, height = self.args
        size = {"width": width, "height": height, "megapixels": width * height / 1e6}
        return {**size, "limit": MAX_PIXELS / 1e6}

    def __str__(self) -> str:
        return say("data.damage.too_large", **self.numbers)


def list_images(folder: Path, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> list[Path]:
    """The image files right in ``folder``, hidden ones left out, in natural order of their names.

    suffixes: which files are meant, in lower case.
    The order (``img_2`` before ``img_10``) is the same on every machine, whichever Unicode form the
    file system gives Hangul names in.
    """
    return [folder / name for name in in_natural_order(_files_right_in(folder, suffixes))]


def list_image_names(folder: Path, or_below: bool = False) -> list[str]:
    """The names of ``list_images``; a million of them take a second or two.

    or_below: where no image lies right in ``folder``, give those in its subfolders, with their
        path from there.
    """
    names = _files_right_in(folder, IMAGE_SUFFIXES)
    if or_below and not names:
        parents = (parent for parent, _, _ in os.walk(folder))
        names = [
            os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
            for parent in parents
            for name in _files_right_in(parent, IMAGE_SUFFIXES)
        ]
    return in_natural_order(names)


def in_natural_order(names: Iterable[str]) -> list[str]:
    """Names, or paths, sorted by the numbers in them."""
    return sorted(sorted(names), key=_natural_order)


def _files_right_in(folder: str | Path, suffixes: tuple[str, ...]) -> list[str]:
    with os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            if entry.name.lower().endswith(suffixes) and entry.name[0] != "." and entry.is_file()
        ]


def _natural_order(name: str) -> str:
    """What sorts names by the numbers in them: every number with leading zeros."""
    return _DIGITS.sub(_with_zeros, same_form(name))


def _with_zeros(digits: re.Match[str]) -> str:
    return digits[0].zfill(20)


def same_form(name: str) -> str:
    """The name in composed Unicode (NFC): Hangul names from a Mac are decomposed (NFD)."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def read_image(path: str | Path, apply_exif: bool = True) -> np.ndarray:
    """Read an image file as RGB uint8 (H, W, 3); see ``Photo``, whose UserErrors it raises."""
    return Photo.open(path, apply_exif).pixels()


def count_pages(path: str | Path) -> int:
    """Pages of a TIFF file; 1 for every other file, and for what cannot be read."""
    try:
        with open(path, "rb") as file, open_header(file) as header:
            return getattr(header, "n_frames", 1) if header.format == "TIFF" else 1
    except DECODING_ERRORS:
        return 1


def read_page(path: str | Path, number: int) -> np.ndarray:
    """Page ``number``, counted from 1, of a TIFF file, as ``read_image`` gives the first."""
    try:
        with open(path, "rb") as file, open_header(file) as header:
            header.seek(number - 1)
            refuse_too_many(header.size)
            return _read_with_pillow(header, apply_exif=True)
    except DECODING_ERRORS as error:
        raise unreadable(Path(path), error) from None


@dataclass(frozen=True, eq=False)
class Photo:
    """An image file whose header has been read, and whose pixels have not yet been decoded.

    apply_exif: turn the photo as its camera held it.  (TIFF files are always turned.)
    size: (height, width) of its pixels.
    Transparent parts show white, as on a page; 16 bit images keep their upper eight bits.
    """

    path: Path
    apply_exif: bool
    size: tuple[int, int]
    content: np.ndarray
    header: Image.Image
    least_reduction = 1

    @classmethod
    def open(cls, path: str | Path, apply_exif: bool = True) -> "Photo":
        """Raises UserError, naming the file, for what is missing or no image."""
        path = Path(path)
        try:
            if (num_bytes := path.stat().st_size) > MAX_IMAGE_BYTES:
                raise OSError(say("data.damage.too_many_bytes", megabytes=num_bytes >> 20))
            content = np.fromfile(path, np.uint8)
        except FileNotFoundError:
            raise UserError("data.image_missing", path=path) from None
        except OSError as error:
            raise unreadable(path, error) from None
        return cls.of_content(path, content, apply_exif)

    @classmethod
    def of_content(cls, path: Path, content: np.ndarray, apply_exif: bool = True) -> "Photo":
        """A photo whose file, named ``path`` in messages, has been read: uint8 (bytes,)."""
        try:
            header = open_header(io.BytesIO(content.data))
            return cls(path, apply_exif, _size(header, apply_exif), content, header)
        except DECODING_ERRORS as error:
            raise unreadable(path, error) from None

    def pixels(self, reduction: int = 1) -> np.ndarray:
        """RGB uint8 (H / reduction, W / reduction, 3); each pixel is the mean of a square.

        reduction: 1, 2, 4 or 8, and a divisor of both sides; JPEG files are decoded at that size,
            which spares most of the work.
        Raises UserError, naming the file, for what is damaged or cut off.
        """
        try:
            image = self._decode(reduction)
        except DECODING_ERRORS as error:
            raise unreadable(self.path, error) from None
        return reduced(image, reduction * image.shape[0] // self.size[0])

    def _decode(self, reduction: int) -> np.ndarray:
        """The pixels, upright and either reduced or not."""
        plain = _is_plain(self.header) and _ends_well(self.header.format, self.content)
        if plain:
            image = _decode(self.content, reduction if self.header.format == "JPEG" else 1)
            if image is not None:
                return _turn(image, _orientation(self.header)) if self.apply_exif else image
        return _read_with_pillow(self.header, self.apply_exif)

    def for_test(self, short_size: int) -> np.ndarray:
        """The photo at ``test_size``, as ``resize_for_test`` makes it."""
        reduction = reduction_for(self.size, short_size / min(self.size))
        return _resized(self.pixels(reduction), test_size(*self.size, short_size))


def reduction_for(size: tuple[int, int], scale: float) -> int:
    """How many times smaller a photo of (height, width) may be decoded and still be shrunk after.

    scale: of what is made of the photo.  Only divisors of both sides count, so that pixels of the
    reduced photo are whole squares of its pixels.
    """
    for reduction in (8, 4, 2):
        if reduction * scale <= 1 and size[0] % reduction == size[1] % reduction == 0:
            return reduction
    return 1


def reduced(image: np.ndarray, reduction: int) -> np.ndarray:
    """The image with the mean of each square of ``reduction`` pixels as one pixel."""
    if reduction == 1:
        return image
    height, width = image.shape[:2]
    return cv2.resize(
        image, (width // reduction, height // reduction), interpolation=cv2.INTER_AREA
    )


def unreadable(path: Path, error: BaseException) -> UserError:
    """The UserError that names a file which raised ``error``, one of ``DECODING_ERRORS``."""
    if isinstance(error, TooManyPixels):
        return UserError("data.image_too_large", path=path, **error.numbers)
    return UserError("data.image_unreadable", path=path, reason=damage(path, error))


def open_header(file: BinaryIO) -> Image.Image:
    """An image whose header has been read, and nothing else.

    Raises one of ``DECODING_ERRORS``: what has no image header, and TooManyPixels before anything
    is decoded or memory for it is asked for.
    """
    # Pillow creates the decoder of WebP, and that its canvas, before it looks at the size.
    refuse_too_many(_webp_size(file.read(_WEBP_HEADER)))
    file.seek(0)
    header = Image.open(file, formats=_formats())
    refuse_too_many(header.size)
    return header


@cache
def _formats() -> tuple[str, ...]:
    """Those of ``_FORMATS`` that this Pillow can read."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def refuse_too_many(size: tuple[int, int]) -> None:
    """TooManyPixels for a (width, height) of more than ``MAX_PIXELS``."""
    if size[0] * size[1] > MAX_PIXELS:
        raise TooManyPixels(*size)


def _webp_size(start: bytes) -> tuple[int, int]:
    """(width, height) that the first bytes of a WebP file say; (0, 0) for anything else."""
    if start[:4] != b"RIFF" or start[8:12] != b"WEBP" or len(start) < _WEBP_HEADER:
        return 0, 0
    number = int.from_bytes
    kind = start[12:16]
    if kind == b"VP8X":
        return number(start[24:27], "little") + 1, number(start[27:30], "little") + 1
    if kind == b"VP8L":
        bits = number(start[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return number(start[26:28], "little") & 0x3FFF, number(start[28:30], "little") & 0x3FFF


def image_size(source: str | Path | BinaryIO, apply_exif: bool = True) -> tuple[int, int]:
    """(height, width) of what ``read_image`` gives, from the file's header alone.

    Raises one of ``DECODING_ERRORS`` for what has no image header.
    """
    if isinstance(source, str | Path):
        with open(source, "rb") as opened:
            return image_size(opened, apply_exif)
    with open_header(source) as header:
        return _size(header, apply_exif)


def verify_image(source: str | Path | BinaryIO, apply_exif: bool = True) -> tuple[int, int]:
    """(height, width) like ``image_size``; raises one of ``DECODING_ERRORS`` for a cut file too.

    Only a file that does not end as its format says is decoded to find out.
    """
    if isinstance(source, str | Path):
        with open(source, "rb") as opened:
            return verify_image(opened, apply_exif)
    file = source
    with open_header(file) as header:
        size = _size(header, apply_exif)
        file.seek(0, io.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL))
        if not _ends_well(header.format, file.read()):
            file.seek(0)
            with open_header(file) as whole:
                whole.load()
        return size


def test_size(height: int, width: int, short_size: int) -> tuple[int, int]:
    """The (height, width) at which the network sees an image: multiples of 32, none below.

    The short side becomes ``short_size``; then each side is raised to the next multiple.
    """
    return scaled_size(height, width, short_size / min(height, width))


def scaled_size(height: int, width: int, scale: float, aspect: float = 1.0) -> tuple[int, int]:
    """(height, width) times ``scale``, each raised to a multiple of 32.

    aspect: by how much the height grows against the width, the area staying as it is.
    """
    stretch = aspect**0.5
    return _raised(height * (scale * stretch)), _raised(width * (scale / stretch))


def _raised(side: float) -> int:
    whole = int(side + 0.5)
    return max(SIDE_MULTIPLE_PX, -(-whole // SIDE_MULTIPLE_PX) * SIDE_MULTIPLE_PX)


def resize_for_test(image: np.ndarray, short_size: int) -> np.ndarray:
    """The image (H, W, 3) at ``test_size``, bilinear, uint8.

    Where it is at least twice too large, means of squares come first: single pixels picked out of
    a large photo would tear thin strokes apart.
    """
    size = (image.shape[0], image.shape[1])
    reduction = reduction_for(size, short_size / min(size))
    return _resized(reduced(image, reduction), test_size(*size, short_size))


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)


# pytest would take the name for a test where a test file imports it.
test_size.__test__ = False  # type: ignore[attr-defined]


def _is_plain(header: Image.Image) -> bool:
    """Whether OpenCV, the faster decoder, gives the colours that Pillow would."""
    plain = header.format in _LAST_BYTES and header.mode in ("RGB", "L")
    return plain and "transparency" not in header.info


def _decode(content: np.ndarray, reduction: int) -> np.ndarray | None:
    """The pixels as they lie in the file, by OpenCV; None where it cannot read them."""
    flags = _REDUCED[reduction] | cv2.IMREAD_IGNORE_ORIENTATION
    if hasattr(cv2, "IMREAD_COLOR_RGB"):  # from OpenCV 4.11 on
        return cv2.imdecode(content, flags | cv2.IMREAD_COLOR_RGB)
    image = cv2.imdecode(content, flags | cv2.IMREAD_COLOR)
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _ends_well(kind: str | None, content: np.ndarray | bytes) -> bool:
    last = _LAST_BYTES.get(kind or "")
    return last is not None and last in bytes(content[-_TAIL:])


def _read_with_pillow(header: Image.Image, apply_exif: bool) -> np.ndarray:
    header.load()
    turn = apply_exif and header.format != "TIFF"  # loading a TIFF file turns it already
    image = ImageOps.exif_transpose(header) if turn else header
    if image.mode == "F" or image.mode.startswith("I"):
        return cv2.cvtColor(_to_eight_bits(np.asarray(image)), cv2.COLOR_GRAY2RGB)
    if "transparency" in image.info or image.mode.endswith(("A", "a")):
        image = image.convert("RGBA")
        page = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(page, image)
    return np.array(image.convert("RGB"))


def _to_eight_bits(levels: np.ndarray) -> np.ndarray:
    """Grey levels of any depth as uint8: floats up to 1 are fractions, integers over 255 16 bit."""
    top = levels.max(initial=0)
    if levels.dtype.kind == "f":
        levels = np.nan_to_num(levels) * (255 if top <= 1 else 1)
    elif top > 255:
        levels = levels >> 8
    return np.clip(levels, 0, 255).astype(np.uint8)


def _orientation(header: Image.Image) -> int:
    """EXIF orientation, 1 (upright) to 8; anything else in the file counts as 1."""
    if not header.info.get("exif") and header.format != "PNG":
        return 1
    orientation = header.getexif().get(_ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def _turn(image: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation: 2-4 flip or turn by 180 degrees, 5-8 transpose first."""
    if orientation == 1:
        return image
    if orientation >= 5:
        image = cv2.transpose(image)
    # What is left after the transposition: flipped left-right, turned, or flipped upside down.
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return image if flip is None else cv2.flip(image, flip)


def _size(header: Image.Image, apply_exif: bool) -> tuple[int, int]:
    if isinstance(
        header, TiffImagePlugin.TiffImageFile
    ):  # Pillow turns them itself, some versions only when loading
        width, height = header.tag_v2[_WIDTH_TAG], header.tag_v2[_HEIGHT_TAG]
        turned = header.tag_v2.get(_ORIENTATION, 1) in range(5, 9)
    else:
        width, height = header.size
        turned = apply_exif and _orientation(header) >= 5
    return (width, height) if turned else (height, width)


def damage(path: str | Path, error: BaseException) -> str:
    """What is wrong with a file that raised ``error``, one of ``DECODING_ERRORS``: a few words."""
    if isinstance(error, UnidentifiedImageError):
        empty = Path(path).exists() and Path(path).stat().st_size == 0
        return say("data.damage.empty" if empty else "data.damage.no_image")
    lines = (str(error).strip() or type(error).__name__).splitlines()
    return say("data.damage.cut_off") if "truncated" in lines[0].lower() else lines[0]
