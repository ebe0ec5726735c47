"""One image file: whether it can be read, how large it is, how it is turned, what it looks like."""

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass
from typing import BinaryIO

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from dataset.images import DECODING_ERRORS, Photo, open_header, verify_image

# What image files begin with; one that begins so and is no image has lost its end.
_FIRST_BYTES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"RIFF", b"II*\0", b"MM\0*")
_SAMPLED = 64 << 10
_HASH_SIDE = 8
# A grey level by which neighbouring parts must differ on average: flat images all look alike.
_LEAST_CONTRAST = 4.0
_COMPARED_SIDE = 256
_COMPARED_BLOCK = 32
# In grey levels, of the block that differs most: recompressed and resized copies stay below.
_SAME_LOOK = 10.0


@dataclass(frozen=True)
class ImageLook:
    """size: (height, width) as training sees the photo, None where it cannot be read.

    damage: a kind of finding, "" for a sound file; detail: what is wrong with it.
    on_its_side: the camera marked the photo as turned by a quarter.
    sample: equal for files of the same bytes, and hardly ever for others.
    fingerprint: 64 bits that differ in few places for photos that look alike; None where that is
        not to be told.
    """

    size: tuple[int, int] | None
    damage: str = ""
    detail: str = ""
    on_its_side: bool = False
    sample: bytes = b""
    fingerprint: int | None = None


def look_at(file: BinaryIO, apply_exif: bool, with_fingerprint: bool = True) -> ImageLook:
    """Read an image file's header and its ends, and for the fingerprint, its pixels, much reduced.

    apply_exif: see ``Photo``.
    """
    try:
        head, sample = _sample(file)
        if not head:
            return ImageLook(None, "empty_image")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # very large images, odd metadata: no news here
            return _look_at(file, apply_exif, with_fingerprint, sample)
    except UnidentifiedImageError:
        cut_off = head.startswith(_FIRST_BYTES)
        return ImageLook(None, "truncated_image" if cut_off else "not_an_image", _shown(head))
    except DECODING_ERRORS as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        cut_off = any(word in reason.lower() for word in ("truncated", "premature", "too short"))
        return ImageLook(None, "truncated_image" if cut_off else "unreadable_image", reason)


def _look_at(file: BinaryIO, apply_exif: bool, with_fingerprint: bool, sample: bytes) -> ImageLook:
    file.seek(0)
    size = verify_image(file, apply_exif)
    file.seek(0)
    with open_header(file) as header:
        on_its_side = _orientation(header) >= 5
        fingerprint = _fingerprint(header) if with_fingerprint else None
    return ImageLook(size, on_its_side=on_its_side, sample=sample, fingerprint=fingerprint)


def _sample(file: BinaryIO) -> tuple[bytes, bytes]:
    """The first bytes of a file, and a hash of its length and of both its ends."""
    head = file.read(_SAMPLED)
    length = file.seek(0, io.SEEK_END)
    file.seek(max(len(head), length - _SAMPLED))
    digest = hashlib.blake2b(struct.pack("<Q", length), digest_size=16)
    digest.update(head)
    digest.update(file.read(_SAMPLED))
    return head, digest.digest()


def _shown(head: bytes) -> str:
    """How a file that is no image begins, as far as that can be shown."""
    text = head[:40].decode("ascii", "replace").replace("\ufffd", "?")
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()


def _orientation(header: Image.Image) -> int:
    if header.format != "TIFF" and not header.info.get("exif"):
        return 1
    orientation = header.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def _fingerprint(header: Image.Image) -> int | None:
    """Which of two neighbouring parts is brighter, for 8 x 8 pairs of them (a difference hash)."""
    header.draft("L", (_COMPARED_SIDE, _COMPARED_SIDE))
    upright = ImageOps.exif_transpose(header)
    grey = np.asarray(upright.convert("L"))
    small = cv2.resize(grey, (_HASH_SIDE + 1, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    steps = np.diff(small.astype(np.int16), axis=1)
    if np.abs(steps).mean() < _LEAST_CONTRAST:
        return None
    return int.from_bytes(np.packbits(steps > 0).tobytes(), "big")


def look_alike(first: Photo, second: Photo) -> bool:
    """Whether two photos show the same but for brightness, size and compression.

    Wherever they differ much is enough to tell them apart: forms with other entries are no copies.
    Raises UserError for what cannot be decoded.
    """
    a, b = _compared(first), _compared(second)
    difference = np.abs(a - b)
    side = _COMPARED_SIDE // _COMPARED_BLOCK
    blocks = difference.reshape(side, _COMPARED_BLOCK, side, _COMPARED_BLOCK).mean(axis=(1, 3))
    return bool(blocks.max() < _SAME_LOOK)


def _compared(photo: Photo) -> np.ndarray:
    """(256, 256) float32: grey levels with mean 0 and a standard deviation of 50."""
    grey = cv2.cvtColor(photo.for_test(_COMPARED_SIDE), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_COMPARED_SIDE, _COMPARED_SIDE), interpolation=cv2.INTER_AREA)
    levels = cv2.GaussianBlur(small.astype(np.float32), (0, 0), 1.0)
    return (levels - levels.mean()) * (50 / max(float(levels.std()), 1.0))
