"""Writes labelled photos into an LMDB file that ``dataset.lmdb_store`` reads.

Everything goes into ``<out>.partial``, which becomes ``<out>`` once every record has been read back
and found sound.  A run that was interrupted leaves only the former, and the next one goes on there.
"""

import errno
import fcntl
import os
import shutil
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from dataset.labels import BadEntry, BadFile, Word
from dataset.lmdb_file import data_file
from dataset.lmdb_label import decode_label, encode_label
from dataset.lmdb_store import COUNT_KEY, LmdbImages, image_key, label_key
from dataset.read_ahead import in_order
from runtime.messages import UserError

# The most that an interruption costs, and the most that waits in memory.
_COMMIT_BYTES, _COMMIT_RECORDS = 32 << 20, 500
_FIRST_MAP_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Sample:
    """A photo with its words, ready to be written.

    content: uint8 (bytes,), its file.  size: (height, width).  words: see ``word_records``.
    stamp: what changes when its file does: [bytes, time of change in nanoseconds].
    """

    filename: str
    stamp: Sequence[int]
    words: Sequence[Mapping[str, Any]]
    size: tuple[int, int]
    content: np.ndarray


def word_records(words: Iterable[Word]) -> list[dict[str, Any]]:
    """Words as the label holds them: points in pixels, text, ignore; difficult if it differs."""
    return [
        {"points": _shortest(word.points), "text": word.text, "ignore": word.ignore}
        | ({"difficult": word.difficult} if word.is_difficult != word.ignore else {})
        for word in words
    ]


def _shortest(points: np.ndarray) -> list[list[float]]:
    """float32 points as the numbers with the fewest digits that are the same in float32."""
    values = map(float, points.astype("U32").ravel())
    numbers = [int(value) if value.is_integer() else value for value in values]
    return [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


class LmdbWriter:
    """Writes the records of ``out`` in order; use it in a ``with`` block.

    num_samples: records that are there and as they should be; num_words, num_ignored: the words in
        them, and how many of these are ignored.
    Raises UserError where ``out`` exists, where another process writes it, where the disk is full
    or cannot be written, and where the library is not installed.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = out.with_name(out.name + ".partial")
        self.num_samples = self.num_words = self.num_ignored = 0
        self._lmdb = check_target(out)
        self._label_sums = array("L")
        self._waiting: list[tuple[int, bytes, bytes]] = []
        self._waiting_bytes = 0
        try:
            self.partial.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.partial)
        except BlockingIOError:
            raise UserError("lmdb.in_use", path=self.partial) from None
        except OSError as error:
            raise self._cannot_write(error) from None
        try:
            self._open()
            self._write(lambda records: records.delete(COUNT_KEY))
        except UserError:
            os.close(self._lock)
            raise

    def __enter__(self) -> "LmdbWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
        os.close(self._lock)

    def _open(self) -> None:
        data = data_file(self.partial)
        used = data.stat().st_size if data.exists() else 0
        size = max(_FIRST_MAP_BYTES, 2 * used)
        try:
            # Nobody else writes (see _lock) and nobody reads, so LMDB needs no lock file.
            self._database = self._lmdb.open(str(self.partial), map_size=size, lock=False)
        except self._lmdb.Error as error:
            raise self._cannot_write(error) from None

    def keep(self, filename: str, stamp: Sequence[int], words: Sequence[Mapping[str, Any]]) -> bool:
        """Whether an earlier run wrote just this as the next record, which then stays as it is."""
        with self._database.begin() as records:
            content = records.get(label_key(self.num_samples).encode())
            there = records.get(image_key(self.num_samples).encode()) is not None
        try:
            label = decode_label(content or b"")
        except BadEntry:
            return False
        known = label.get("filename"), label.get("words"), label.get("source", [])[:2]
        if not there or known != (filename, list(words), list(stamp)):
            return False
        self._count(content, words)
        return True

    @property
    def can_keep(self) -> bool:
        """Whether an earlier run wrote anything as the next record."""
        with self._database.begin() as records:
            return records.get(label_key(self.num_samples).encode()) is not None

    def add(self, sample: Sample) -> None:
        """Write the next record; it is safe on the disk after a while, or after ``flush``."""
        content = sample.content.tobytes()
        source = [*sample.stamp, zlib.crc32(content)]
        label = encode_label(sample.filename, sample.size, sample.words, source)
        self._waiting.append((self.num_samples, content, label))
        self._waiting_bytes += len(content)
        self._count(label, sample.words)
        if self._waiting_bytes >= _COMMIT_BYTES or len(self._waiting) >= _COMMIT_RECORDS:
            self.flush()

    def _count(self, label: bytes, words: Sequence[Mapping[str, Any]]) -> None:
        self._label_sums.append(zlib.crc32(label))
        self.num_samples += 1
        self.num_words += len(words)
        self.num_ignored += sum(word["ignore"] for word in words)

    def flush(self) -> None:
        self._write(self._put_waiting)
        self._waiting.clear()
        self._waiting_bytes = 0

    def finish(
        self, workers: int = 1, show: Callable[[Iterator[bool]], Iterable[bool]] = iter
    ) -> None:
        """Complete the file, read every record back, and give it its name.

        workers: threads that read.  show: goes through the results, one a record, for a progress
            bar; what it raises leaves the partial file to the next run.
        Raises UserError for records that are not as they were written, after taking them out.
        """
        self.flush()
        self._write(self._delete_surplus)
        self._write(lambda records: records.put(COUNT_KEY, str(self.num_samples).encode()))
        self._database.close()
        images = LmdbImages(self.partial)
        sound = in_order(lambda index: self._is_sound(images, index), range(len(images)), workers)
        damaged = [index for index, is_sound in enumerate(show(sound)) if not is_sound]
        if damaged or len(images) != self.num_samples:
            self._take_out(damaged)
            raise UserError("lmdb.not_as_written", path=self.partial, count=max(1, len(damaged)))
        try:
            self.partial.rename(self.out)
        except OSError as error:
            raise self._cannot_write(error) from None

    def discard(self) -> None:
        """Remove the partial file."""
        self._database.close()
        shutil.rmtree(self.partial, ignore_errors=True)

    def _is_sound(self, images: LmdbImages, index: int) -> bool:
        try:
            label = images.label(index) or b""
            source = decode_label(label)["source"]
            content = images.content(index).data
        except (BadEntry, BadFile, KeyError, OSError):
            return False
        return zlib.crc32(label) == self._label_sums[index] and zlib.crc32(content) == source[2]

    def _take_out(self, damaged: Iterable[int]) -> None:
        """Leave no damaged record for the next run to keep."""

        def delete(records: Any) -> None:
            for number in damaged:
                records.delete(label_key(number).encode())

        self._open()
        self._write(delete)

    def _put_waiting(self, records: Any) -> None:
        for number, content, label in self._waiting:
            records.put(image_key(number).encode(), content)
            records.put(label_key(number).encode(), label)

    def _delete_surplus(self, records: Any) -> None:
        """Records of an earlier run that had more of them."""
        for key in (image_key(self.num_samples), label_key(self.num_samples)):
            kind = key.partition("-")[0].encode()
            with records.cursor() as cursor:
                there = cursor.set_range(key.encode())
                while there and cursor.key().startswith(kind):
                    there = cursor.delete()

    def _write(self, change: Callable[[Any], object]) -> None:
        """Make a change in one transaction, in a larger map where this one is full."""
        while True:
            try:
                with self._database.begin(write=True) as records:
                    change(records)
                return
            except self._lmdb.MapFullError:
                self._database.set_mapsize(2 * self._database.info()["map_size"])
            except (self._lmdb.Error, OSError) as error:
                raise self._cannot_write(error) from None

    def _cannot_write(self, error: Exception) -> UserError:
        reason = error.strerror if isinstance(error, OSError) else error
        return UserError("lmdb.cannot_write", path=self.partial, reason=reason)


def check_target(out: Path) -> ModuleType:
    """Whether ``out`` can be written, asked before long work; gives the library that writes it.

    Raises UserError where it exists, or where the library is not installed.
    """
    if os.path.lexists(out):
        raise UserError("lmdb.exists", path=out)
    try:
        import lmdb
    except ImportError:
        raise UserError("lmdb.not_installed") from None
    return lmdb


def _lock(folder: Path) -> int:
    """Keep other processes from writing here too; ends with the process, whatever ended that.

    Raises BlockingIOError where one does.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            os.close(descriptor)
            raise
        # Some network file systems lock no folders: the user must see to it there.
    return descriptor
