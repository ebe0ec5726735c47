"""Reads LMDB files without the library that writes them.

That library maps the file into memory and believes every number in it: a file that was cut off or
damaged ends the process (SIGBUS, SIGSEGV) instead of raising anything.  Here every page is checked
before it is followed, and bytes are fetched by position: there is no mapping, no lock and no state
that a forked process or a thread could share by mistake, and what is read does not count as memory
of the process.  Format: page and node layout of LMDB 0.9 (data version 1), 64 bit, little-endian.
"""

import os
import struct
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dataset.labels import BadFile

_MAGIC, _VERSION = 0xBEEFC0DE, 1
# Offsets in a meta page: (magic, version), size of a page, root of the main tree, transaction.
_MARKS_AT, _PAGE_SIZE_AT, _FLAGS_AT, _ROOT_AT, _TRANSACTION_AT = 16, 40, 92, 128, 144
_META_BYTES = 152
_NO_PAGE = (1 << 64) - 1
_BRANCH, _LEAF = 1, 2
_HEADER_BYTES, _NODE_BYTES = 16, 8
_IN_OWN_PAGES = 1


class Record(NamedTuple):
    """A key, and where in the file its value lies."""

    key: bytes
    start: int
    length: int


def data_file(path: Path) -> Path:
    """The file that holds the records: ``path`` itself, or ``data.mdb`` in a folder."""
    return path / "data.mdb" if path.is_dir() else path


def is_database(path: Path) -> bool:
    """Whether ``path`` is named as databases are: a folder that holds one, or a file."""
    return data_file(path).is_file() and data_file(path).suffix in (".mdb", ".lmdb")


class LmdbFile:
    """An LMDB file, open for reading; ``path`` is the file or the folder that holds ``data.mdb``.

    Raises OSError, and BadFile("lmdb_damaged", what) for anything that is no intact database.
    Pickling hands on the path alone; whoever unpickles it opens the file again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(data_file(path), os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        status = os.fstat(self._descriptor)
        self.num_bytes = status.st_size
        self.stamp = (status.st_size, status.st_mtime_ns)
        if hasattr(os, "posix_fadvise"):  # reading ahead of single photos would be wasted
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_RANDOM)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "stamp": self.stamp}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["path"])  # type: ignore[misc]
        if self.stamp != state["stamp"]:
            raise BadFile("lmdb_damaged", "changed")

    def read(self, start: int, length: int) -> bytes:
        """``length`` bytes from ``start`` on."""
        content = os.pread(self._descriptor, length, start)
        if len(content) != length:
            raise BadFile("lmdb_damaged", f"{start + len(content)} < {start + length}")
        return content

    def read_into(self, buffer: Any, start: int) -> int:
        """Fill a writable buffer from ``start`` on; gives the number of bytes read."""
        return os.preadv(self._descriptor, [buffer], start)

    def records(self) -> Iterator[Record]:
        """All records, in the order of their keys; only the pages of the tree are read."""
        page_size, root = self._newest_tree()
        num_pages = self.num_bytes // page_size
        to_visit = [] if root == _NO_PAGE else [root]
        planned = len(to_visit)
        while to_visit:
            number = to_visit.pop()
            if number >= num_pages:
                raise BadFile("lmdb_damaged", f"page {number} of {num_pages}")
            page = self.read(number * page_size, page_size)
            flags, nodes = _nodes(page, number)
            if flags == _LEAF:
                for node in nodes:
                    yield self._record(page, number * page_size, node)
                continue
            children = [_child(page, node) for node in nodes]
            planned += len(children)
            if planned > num_pages:  # a page that leads back to one before it
                raise BadFile("lmdb_damaged", f"page {number}")
            to_visit += reversed(children)

    def _newest_tree(self) -> tuple[int, int]:
        """(size of a page, page of the root): of the two meta pages the later one counts."""
        first = self.read(0, _META_BYTES)
        if struct.unpack_from("<2I", first, _MARKS_AT) != (_MAGIC, _VERSION):
            raise BadFile("lmdb_damaged", "magic")
        (page_size,) = struct.unpack_from("<I", first, _PAGE_SIZE_AT)
        if page_size not in (1 << bits for bits in range(9, 17)):
            raise BadFile("lmdb_damaged", f"page size {page_size}")
        second = self.read(page_size, _META_BYTES)
        if struct.unpack_from("<2I", second, _MARKS_AT) != (_MAGIC, _VERSION):
            raise BadFile("lmdb_damaged", "magic")
        newest = max(
            first, second, key=lambda meta: struct.unpack_from("<Q", meta, _TRANSACTION_AT)
        )
        if struct.unpack_from("<H", newest, _FLAGS_AT) != (0,):
            raise BadFile("lmdb_damaged", "flags")
        return page_size, struct.unpack_from("<Q", newest, _ROOT_AT)[0]

    def _record(self, page: bytes, page_start: int, node: int) -> Record:
        low, high, flags, key_length = struct.unpack_from("<4H", page, node)
        key_end = node + _NODE_BYTES + key_length
        length = low | high << 16
        if flags == _IN_OWN_PAGES:
            if key_end + 8 > len(page):
                raise BadFile("lmdb_damaged", f"node {page_start + node}")
            start = struct.unpack_from("<Q", page, key_end)[0] * len(page) + _HEADER_BYTES
        elif flags or key_end + length > len(page):
            raise BadFile("lmdb_damaged", f"node {page_start + node}")
        else:
            start = page_start + key_end
        if start + length > self.num_bytes:
            raise BadFile("lmdb_damaged", f"{self.num_bytes} < {start + length}")
        return Record(page[node + _NODE_BYTES : key_end], start, length)


def _nodes(page: bytes, number: int) -> tuple[int, tuple[int, ...]]:
    """(branch or leaf, where in the page its nodes begin)."""
    own_number, _, flags, free_from = struct.unpack_from("<Q3H", page)
    count, odd = divmod(free_from - _HEADER_BYTES, 2)
    sound = own_number == number and flags in (_BRANCH, _LEAF) and not odd
    if not sound or not 0 <= count <= (len(page) - _HEADER_BYTES) // 2:
        raise BadFile("lmdb_damaged", f"page {number}")
    nodes = struct.unpack_from(f"<{count}H", page, _HEADER_BYTES)
    if nodes and max(nodes) + _NODE_BYTES > len(page):
        raise BadFile("lmdb_damaged", f"page {number}")
    return flags, nodes


def _child(page: bytes, node: int) -> int:
    low, middle, high = struct.unpack_from("<3H", page, node)
    return low | middle << 16 | high << 32
