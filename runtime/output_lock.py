"""One run per output folder: two would overwrite each other's checkpoints and logs."""

import fcntl
import json
import os
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from runtime.messages import UserError

LOCK_FILE = ".lock"
HEARTBEAT_S = 10.0
# Without a sign of life for so long, a run on another machine is taken for dead.
SILENCE_S = 120.0
_MOST_BYTES = 4096


class OutputLock:
    """Holds an output folder while the ``with`` block lasts.

    Raises UserError where another run holds it, or where the folder cannot be written to.  A lock
    that a killed run has left is taken over: at once on the same machine, whose processes can be
    asked for, else when its heartbeat (the time of the file, renewed by a thread) has stopped.
    Processes that the run forks neither renew nor remove the lock.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / LOCK_FILE
        self.owner: dict[str, Any] = {}
        self._ended = threading.Event()

    def __enter__(self) -> "OutputLock":
        self.owner = {**_this_process(), "token": secrets.token_hex(8)}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _one_at_a_time(self.folder):
                while not self._create():
                    self._clear_or_refuse()
        except OSError as error:
            raise UserError("checkpoint.cannot_write", path=self.path, reason=error) from error
        self._ended.clear()
        threading.Thread(target=self._keep_alive, name="output lock", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.owner["pid"] != os.getpid():
            return
        self._ended.set()
        if _read(self.path) == self.owner:
            self.path.unlink(missing_ok=True)

    def _create(self) -> bool:
        """Write the lock file; False where there is one."""
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.owner, file)
        return True

    def _clear_or_refuse(self) -> None:
        owner = _read(self.path)
        if owner is None:
            return  # removed just now
        if self._lives(owner):
            raise self._refusal(owner)
        # Where the file system knows no locks, somebody may have taken over since the look at it.
        aside = self.path.with_name(f"{LOCK_FILE}.{self.owner['token']}")
        with suppress(FileNotFoundError):
            self.path.rename(aside)
            moved = _read(aside)
            if moved != owner:
                aside.rename(self.path)
                raise self._refusal(moved or {})
            aside.unlink()

    def _refusal(self, owner: dict[str, Any]) -> UserError:
        pid, host = owner.get("pid", "?"), owner.get("host", "?")
        return UserError("checkpoint.locked", path=self.folder, pid=pid, host=host, lock=self.path)

    def _lives(self, owner: dict[str, Any]) -> bool:
        same_machine = all(owner.get(key) == self.owner[key] for key in ("host", "machine"))
        if same_machine and self.owner["machine"] and isinstance(owner.get("pid"), int):
            return _start_time(owner["pid"]) == owner.get("started")
        with tempfile.TemporaryFile(dir=self.folder) as now:  # the clock of the file's own server
            try:
                silence = os.fstat(now.fileno()).st_mtime - self.path.stat().st_mtime
            except FileNotFoundError:
                return False
        return silence < SILENCE_S

    def _keep_alive(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            with suppress(OSError):
                os.utime(self.path)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """No two processes of this machine are in here for one folder; others where locks reach."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[str, Any] | None:
    """What a lock file says; {} where it is half written or no lock, None where it is gone."""
    try:
        with path.open("rb") as file:
            owner = json.loads(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _this_process() -> dict[str, Any]:
    """Names of hosts and numbers of processes may come again; the start of both does not."""
    pid = os.getpid()
    return {
        "pid": pid,
        "host": socket.gethostname(),
        "machine": _machine(),
        "started": _start_time(pid),
    }


def _machine() -> str:
    """This boot of the machine and the container whose process numbers are meant, or ""."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _start_time(pid: int) -> int | None:
    """When the process started, in ticks since the machine did; None where there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name of the program, in parentheses, may hold spaces and parentheses itself.
    state, *fields = status.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])
