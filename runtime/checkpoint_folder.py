"""Writing the checkpoints of a run so that they are never half there, also on a full disk."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from runtime.messages import UserError, say

LATEST, BEST = "checkpoint_latest.pth", "checkpoint_best.pth"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# What a file has besides its tensors' bytes: each one's name, place and alignment, and the rest.
_BYTES_PER_TENSOR, _BYTES_PER_FILE = 700, 100_000


class DiskFullError(Exception):
    """The disk, a quota or a limit on the size of files left no room; nothing was changed."""


def state_bytes(content: Any) -> int:
    """About how many bytes the file of ``content`` will have; never fewer than its tensors need."""
    total, left, seen = _BYTES_PER_FILE, [content], set()
    while left:
        value = left.pop()
        if isinstance(value, Tensor):
            total += _BYTES_PER_TENSOR
            storage = value.untyped_storage()
            if storage.data_ptr() not in seen:
                seen.add(storage.data_ptr())
                total += storage.nbytes()
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
    return total


def save_atomically(content: dict[str, Any], path: Path) -> None:
    """Write a checkpoint beside ``path``, sync it to disk, and rename it: whole or not at all."""
    temporary = _temporary(path)
    try:
        _write_synced(content, temporary)
        temporary.replace(path)
        _sync_folder(path.parent)
    except DiskFullError:
        raise no_room(path, state_bytes(content)) from None
    except OSError as error:
        raise UserError("checkpoint.cannot_write", path=path, reason=error) from error
    finally:
        temporary.unlink(missing_ok=True)


def no_room(path: Path, needed_bytes: int) -> UserError:
    free = shutil.disk_usage(path if path.is_dir() else path.parent).free
    return UserError("checkpoint.no_room", path=path, needed=needed_bytes / 1e6, free=free / 1e6)


class CheckpointFolder:
    """The files of one run: ``checkpoint_latest.pth``, ``checkpoint_best.pth``,
    ``checkpoint_epoch_N.pth``.

    keep: how many of the epoch files stay; None keeps all.
    """

    def __init__(self, folder: Path, keep: int | None = None) -> None:
        self.folder = folder
        self.keep = keep
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.glob(".checkpoint_*.tmp"):
                leftover.unlink()
            with tempfile.TemporaryFile(dir=folder):
                pass  # a folder that cannot be written to is better known now than after an epoch
        except OSError as error:
            raise UserError("checkpoint.cannot_write", path=folder, reason=error) from error

    def check_room(self, bytes_per_file: int, epoch_files: int) -> str | None:
        """Make sure, before the first epoch, that there is room to train in.

        epoch_files: how many files of single epochs the run will leave.
        Gives a warning where those will not fit.  Raises UserError where not even the latest, the
        best and the one being written do.
        """
        files = [self.folder / name for name in (LATEST, BEST)]
        present = len({file.stat().st_ino for file in files if file.exists()})
        missing = 3 - present
        try:
            with ExitStack() as unnamed:
                # Really reserved: a quota is not seen in the number of free bytes.
                for _ in range(missing):
                    file = unnamed.enter_context(tempfile.TemporaryFile(dir=self.folder))
                    os.posix_fallocate(file.fileno(), 0, bytes_per_file)
        except OSError as error:
            if error.errno in _FULL:
                raise no_room(self.folder, missing * bytes_per_file) from error
            raise UserError("checkpoint.cannot_write", path=self.folder, reason=error) from error
        needed = (missing + epoch_files) * bytes_per_file
        free = shutil.disk_usage(self.folder).free
        if needed <= free:
            return None
        return say(
            "checkpoint.little_room",
            path=self.folder,
            files=epoch_files,
            needed=needed / 1e6,
            free=free / 1e6,
        )

    def write(
        self, content: dict[str, Any], epoch: int | None = None, best: bool = False
    ) -> list[Path]:
        """Write ``latest``; give the same file the names of epoch ``epoch`` and of ``best`` too.

        ``latest`` is renamed last: whenever the process is killed, a run resumed from it repeats
        what the other names already hold.  On a full disk the oldest files of epochs make room
        where the run keeps a number of them only; gives those that were removed for that.
        Raises UserError where the file cannot be written; the old ones stay as they are.
        """
        latest, removed = self.folder / LATEST, []
        names = [self.folder / BEST] if best else []
        names += [] if epoch is None else [self.epoch_file(epoch)]
        while True:
            try:
                self._write_once(content, latest, names)
                break
            except DiskFullError:
                oldest = self._oldest_that_frees()
                if oldest is None:
                    raise no_room(latest, state_bytes(content)) from None
                oldest.unlink()
                removed.append(oldest)
            except OSError as error:
                raise UserError("checkpoint.cannot_write", path=latest, reason=error) from error
        if epoch is not None:
            self._prune()
        return removed

    def epoch_file(self, epoch: int) -> Path:
        return self.folder / f"checkpoint_epoch_{epoch}.pth"

    def _write_once(self, content: dict[str, Any], latest: Path, names: list[Path]) -> None:
        temporary = _temporary(latest)
        try:
            _write_synced(content, temporary)
            for name in names:
                _give_name_too(temporary, name)
            temporary.replace(latest)
            _sync_folder(self.folder)
        finally:
            temporary.unlink(missing_ok=True)

    def _epoch_files(self) -> list[Path]:
        """Oldest first."""
        numbered = [
            (int(match[1]), file)
            for file in self.folder.iterdir()
            if (match := re.fullmatch(r"checkpoint_epoch_(\d+)\.pth", file.name))
        ]
        return [file for _, file in sorted(numbered)]

    def _oldest_that_frees(self) -> Path | None:
        """An epoch's file that may go; one that is the best's or the latest's too frees nothing."""
        if self.keep is None:
            return None
        return next((file for file in self._epoch_files() if file.stat().st_nlink == 1), None)

    def _prune(self) -> None:
        if self.keep is not None:
            for file in self._epoch_files()[: -self.keep]:
                file.unlink()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


class _Noting:
    """A file that remembers why writing failed: PyTorch's zip writer tells only that it did."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.error: OSError | None = None
        self.flush = file.flush

    def write(self, content: bytes) -> int:
        try:
            return self.file.write(content)
        except OSError as error:
            self.error = self.error or error
            raise


def _write_synced(content: dict[str, Any], path: Path) -> None:
    """Raises DiskFullError for want of room, else OSError."""

    def write() -> None:
        with path.open("wb", buffering=0) as file:
            noting = _Noting(file)
            try:
                torch.save(content, noting)  # type: ignore[arg-type]
            except RuntimeError as error:
                raise noting.error or OSError(str(error)) from error
            os.fsync(file.fileno())

    _or_disk_full(write)


def _give_name_too(source: Path, target: Path) -> None:
    """Rename a second name of ``source`` to ``target``, or a copy where there are no hard links."""
    temporary = _temporary(target)

    def write() -> None:
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(target)

    try:
        _or_disk_full(write)
    finally:
        temporary.unlink(missing_ok=True)


def _or_disk_full(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError from error
        raise


def _sync_folder(folder: Path) -> None:
    """Bring new names to the disk, where its file system can sync a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)
