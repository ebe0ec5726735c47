"""Photos that lie in an LMDB file: ``image-000000000``, ``gt-000000000``, ``num-samples``."""

import io
import os
import re
from array import array
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np

from dataset.images import MAX_IMAGE_BYTES, Photo
from dataset.labels import BadEntry, BadFile
from dataset.lmdb_file import LmdbFile
from dataset.lmdb_label import MAX_LABEL_BYTES, decode_label, text_of
from runtime.messages import UserError, say

COUNT_KEY = b"num-samples"
# File systems take names of 255 bytes; results add a few letters.
_MAX_NAME_BYTES = 200
_SAMPLE_KEY = re.compile(rb"(image|gt)-(\d{9})")
_COUNT = re.compile(rb"\d{1,18}")


def image_key(number: int) -> str:
    return f"image-{number:09d}"


def label_key(number: int) -> str:
    return f"gt-{number:09d}"


class LmdbImages:
    """The samples of an LMDB file that have a photo, in the order of their numbers, from 0 or 1 on.

    Safe to use in any number of threads, forked workers and ranks at once, see ``LmdbFile``; takes
    forty bytes of memory a sample.
    declared: what ``num-samples`` says.  found: photos in the file.
    without_image: numbers of the samples that have a label only.
    Raises UserError for a file that is missing, damaged, or no such database.
    """

    def __init__(self, path: str | Path) -> None:
        self.path_of_database = Path(path)
        try:
            self._file = LmdbFile(self.path_of_database)
            self._find_samples()
        except FileNotFoundError:
            raise UserError("lmdb.missing", path=path) from None
        except OSError as error:
            reason = error.strerror or error
            raise UserError("lmdb.unreadable", path=path, reason=reason) from None
        except BadFile as bad:
            raise UserError("lmdb.damaged", path=path, detail=bad.args[1]) from None

    def _find_samples(self) -> None:
        """Note where everything lies: afterwards each photo takes a single read."""
        places = {b"image": array("q"), b"gt": array("q")}
        count = b""
        for key, start, length in self._file.records():
            if match := _SAMPLE_KEY.fullmatch(key):
                places[match[1]].extend((int(match[2]), start, length))
            elif key == COUNT_KEY:
                count = self._file.read(start, min(length, 80)).strip()
        if not _COUNT.fullmatch(count):
            raise self._no_samples(count)
        self.declared = int(count)
        images, labels = (np.array(rows).reshape(-1, 3) for rows in places.values())
        self.found = len(images)
        first = int(not (0 in images[:, 0] or 0 in labels[:, 0]))
        images, labels = (rows[rows[:, 0] < first + self.declared] for rows in (images, labels))
        if not len(images):
            raise self._no_samples(count)
        self._numbers = images[:, 0]
        self._images = images[:, 1:]
        self._labels = np.full_like(self._images, -1)
        _, of_image, of_label = np.intersect1d(images[:, 0], labels[:, 0], return_indices=True)
        self._labels[of_image] = labels[of_label, 1:]
        self.without_image = np.setdiff1d(labels[:, 0], images[:, 0]).tolist()

    def _no_samples(self, count: bytes) -> UserError:
        found = count.decode("ascii", "replace") if count.isalnum() else "-"
        return UserError("lmdb.no_samples", path=self.path_of_database, count=found)

    def __len__(self) -> int:
        return len(self._numbers)

    def key(self, index: int) -> str:
        """The sample's own name in the file, such as ``image-000000012``."""
        return image_key(int(self._numbers[index]))

    def name(self, index: int) -> str:
        """What the photo's file was called, without folders; its key where that is not known.

        A name that no file could have counts as not known.
        """
        try:
            label = decode_label(self.label(index) or b"")
            name = PurePosixPath(text_of(label.get("filename")).replace("\\", "/")).name
        except (BadEntry, BadFile, OSError):
            name = ""
        sound = name.isprintable() and len(name.encode()) <= _MAX_NAME_BYTES
        return name if sound and name not in ("", "..") else self.key(index)

    def path(self, index: int) -> Path:
        """For messages and for names of results."""
        return self.path_of_database / self.name(index)

    def content(self, index: int) -> np.ndarray:
        """The photo's file, still compressed: uint8 (bytes,).  Raises OSError."""
        start, length = self._images[index].tolist()
        if length > MAX_IMAGE_BYTES:
            raise OSError(say("data.damage.too_many_bytes", megabytes=length >> 20))
        content = np.empty(length, np.uint8)
        if length and self._file.read_into(content, start) != length:
            raise OSError(say("data.damage.cut_off"))
        return content

    def stream(self, index: int) -> BinaryIO:
        """The photo's file, of which only what is asked for is read."""
        start, length = self._images[index].tolist()
        return io.BufferedReader(_Part(self._file, start, length))

    def open(self, index: int, apply_exif: bool = True) -> Photo:
        """Raises UserError, naming the photo, for what is no image."""
        path = self.path(index)
        try:
            return Photo.of_content(path, self.content(index), apply_exif)
        except OSError as error:
            raise UserError("data.image_unreadable", path=path, reason=error) from None

    def label(self, index: int) -> bytes | None:
        """The sample's label as it is stored; None where it has none.

        Raises BadEntry for a label longer than any real one, and BadFile for what cannot be read.
        """
        start, length = self._labels[index].tolist()
        if start < 0:
            return None
        if length > MAX_LABEL_BYTES:
            raise BadEntry("label_too_long", f"{length >> 20} MB")
        return self._file.read(start, length)


class _Part(io.RawIOBase):
    """A part of an LMDB file as a file of its own."""

    def __init__(self, file: LmdbFile, start: int, length: int) -> None:
        self._file, self._start, self._length, self._at = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = max(0, min(len(buffer), self._length - self._at))
        place = memoryview(buffer)[:wanted]
        got = self._file.read_into(place, self._start + self._at) if wanted else 0
        self._at += got
        return got
