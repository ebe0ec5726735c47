"""Memory that the ranks of one machine and all their workers share, and that vanishes with them."""

import mmap
import os
import shutil
import tempfile
from pathlib import Path

from runtime.distributed import gather
from runtime.messages import UserError

KINDS = ("ram", "disk")
_CGROUP = Path("/sys/fs/cgroup")


def shared_scratch(num_bytes: int, kind: str, folder: Path) -> mmap.mmap:
    """``num_bytes`` zeros that every rank of this machine, and what it forks, can read and write.

    kind: 'ram' for memory, 'disk' for a file without a name in ``folder``.  Both are gone when the
        last process that has them open ends, whatever ended it.
    All ranks must call this together.  Raises UserError where there is not room enough.
    """
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    file = _new_file(num_bytes, kind, folder) if local_rank == 0 else -1
    # The first rank of each machine makes the file; the others open it through that process.
    makers = gather(f"/proc/{os.getpid()}/fd/{file}")
    if local_rank:
        rank = int(os.environ["RANK"])
        file = os.open(makers[rank - local_rank], os.O_RDWR)
    memory = mmap.mmap(file, num_bytes)
    gather(None)  # nobody closes the file before all have it
    os.close(file)
    return memory


def _new_file(num_bytes: int, kind: str, folder: Path) -> int:
    room = _free_memory() if kind == "ram" else shutil.disk_usage(folder).free
    if num_bytes > room:
        raise _no_room(num_bytes, room, kind, folder)
    if kind == "ram":
        file = os.memfd_create("images")
        os.truncate(file, num_bytes)
        return file
    with tempfile.TemporaryFile(dir=folder) as unnamed:
        # Reserved now: a disk that fills up later would kill whoever writes into the mapping.
        try:
            os.posix_fallocate(unnamed.fileno(), 0, num_bytes)
        except OSError as error:
            raise _no_room(num_bytes, room, kind, folder) from error
        return os.dup(unnamed.fileno())


def _free_memory() -> int:
    """Bytes that this process may still take, by the system's count and its container's."""
    pages = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                pages = int(line.split()[1]) * 1024
    limit, used = _CGROUP / "memory.max", _CGROUP / "memory.current"
    if limit.exists() and used.exists() and (most := limit.read_text().strip()) != "max":
        pages = min(pages, int(most) - int(used.read_text()))
    return pages


def _no_room(num_bytes: int, room: int, kind: str, folder: Path) -> UserError:
    needed_gb, room_gb = num_bytes / 1e9, room / 1e9
    return UserError(f"cache.no_room.{kind}", needed=needed_gb, room=room_gb, path=folder)
