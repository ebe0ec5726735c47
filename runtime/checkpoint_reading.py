"""Opens checkpoint files of any origin: whatever is in them, nothing of it is run.

PyTorch's two formats (zip, and the stream of before 1.6) are read here and not by ``torch.load``:
every size is held against the file before memory is taken or a tensor is touched, and a zip file's
checksums are verified, which ``torch.load`` leaves out.
"""

import json
import os
import stat
import struct
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from runtime.messages import UserError
from runtime.shipped import missing_checkpoint
from runtime.tensor_pickle import DTYPES, Damaged, Machine, Storages, UnsafeName

# The description of all tensors and values of a file, without their numbers; some MB at most.
MAX_DESCRIPTION = 16 << 20
# Of an exported file's metadata, what ``inference.thresholds`` reads in a checkpoint.
THRESHOLDS = ("min_score", "min_area", "kernel_score", "kernel_stride", "pooling_size")
_LEGACY_MAGIC, _LEGACY_VERSION = 0x1950A86A20F9469CFC6C, 1001
_END, _END_64, _ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x01\x02"
_LONGEST_COMMENT, _END_SIZE, _END_64_SIZE = 65_535, 22, 76
_NOT_COMPUTED = 0  # where ``torch.serialization.set_crc32_options(False)`` was set
_ALL_ONES = 0xFFFFFFFF  # the true value stands in the entry's zip64 field
# A tree of values that others walk through: its nodes, its depth, and how often it may repeat data.
_MAX_NODES, _MAX_DEPTH, _MAX_REPEATS = 2_000_000, 40, 8


def read_content(path: Path) -> dict[str, Any]:
    """The values of a checkpoint file: a tree of dicts, lists, plain values and tensors on the CPU.

    All tensors lie within their storages, and the tree has a bounded size and depth.
    Raises UserError for whatever is no such file.
    """
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(512)
        _refuse_what_is_no_checkpoint(path, size, head)
        try:
            if path.suffix == ".safetensors":
                content = _read_safetensors(path, head, size)
            elif head.startswith(b"PK"):
                content = _read_zip(file, size)
            else:
                content = _read_legacy(file, size)
            if isinstance(content, Mapping):
                _check_tree(content, size)
        except UnsafeName as error:
            raise UserError("checkpoint.unsafe", path=path, name=shown(error)) from None
        except (Damaged, SafetensorError, OSError, RuntimeError, MemoryError, ValueError, KeyError,
                struct.error):  # fmt: skip
            raise UserError("checkpoint.unreadable", path=path) from None
    if not isinstance(content, Mapping):
        raise UserError("checkpoint.no_weights", path=path, keys=type(content).__name__)
    return dict(content)


def shown(value: object, length: int = 120) -> str:
    """Text from a file, fit for a terminal: short, and without control characters."""
    text = str(value)[:length]
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _open(path: Path) -> BinaryIO:
    """Open a regular file; anything else could wait for ever, or never end."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UserError("checkpoint.directory", path=path)
        if not stat.S_ISREG(mode):
            raise UserError("checkpoint.no_file", path=path)
        # Should it be exchanged for a pipe just now, opening must not wait for a writer.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except FileNotFoundError:
        raise missing_checkpoint(path) from None
    except PermissionError:
        raise UserError("checkpoint.permission", path=path) from None
    except (OSError, ValueError) as error:
        raise UserError("checkpoint.cannot_open", path=shown(path), reason=error) from None
    return file


def _refuse_what_is_no_checkpoint(path: Path, size: int, head: bytes) -> None:
    if size == 0:
        raise UserError("checkpoint.empty", path=path)
    head = head.lstrip()
    if head.startswith(b"version https://git-lfs"):
        raise UserError("checkpoint.lfs_pointer", path=path)
    if head[:1] == b"<":
        raise UserError("checkpoint.html", path=path)


def _read_safetensors(path: Path, head: bytes, size: int) -> dict[str, Any]:
    """Weights, and what an exported file has in its metadata: thresholds and provenance."""
    (header_bytes,) = struct.unpack_from("<Q", head)
    if header_bytes > min(size, MAX_DESCRIPTION):
        raise Damaged("header")
    weights: dict[str, Tensor] = load_file(path)
    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
    if not {"min_score", "min_area"} <= metadata.keys():
        return weights
    thresholds = {name: json.loads(metadata[name]) for name in THRESHOLDS if name in metadata}
    provenance = json.loads(metadata.get("provenance", "{}"))
    return {
        **weights,
        "thresholds": {**thresholds, "source": metadata.get("thresholds_source", "")},
        "provenance": provenance if isinstance(provenance, dict) else {},
    }


class _Record(NamedTuple):
    """An entry of a zip file: where its local header stands, its length and its checksum."""

    offset: int
    length: int
    crc: int


def _read_zip(file: BinaryIO, size: int) -> Any:
    records = _directory(file, size)
    name = min((name for name in records if name.endswith("/data.pkl")), key=len)
    folder = name.removesuffix("data.pkl")
    if records[name].length > MAX_DESCRIPTION:
        raise Damaged("description")
    order = records.get(f"{folder}byteorder")
    if order and (order.length > 16 or _bytes_of(file, order) != sys.byteorder.encode()):
        raise Damaged("byte order")
    storages = Storages(size)
    content = Machine(_bytes_of(file, records[name]), storages).load()
    for key, storage in storages.by_key.items():
        record = records[f"{folder}data/{key}"]
        if record.length != storage.memory.nbytes():
            raise Damaged("storage of another size")
        _fill(file, record, _memory(storage.memory))
    return content


def _directory(file: BinaryIO, size: int) -> dict[str, _Record]:
    """The entries of a zip file, by name; all stored as they are and together within the file."""
    tail_bytes = min(size, _LONGEST_COMMENT + _END_SIZE + _END_64_SIZE)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    end = tail.rindex(_END)
    length, offset = struct.unpack_from("<II", tail, end + 12)
    if _ALL_ONES in (length, offset):
        length, offset = struct.unpack_from("<QQ", tail, tail.rindex(_END_64, 0, end) + 40)
    if length > MAX_DESCRIPTION or offset > size:
        raise Damaged("directory")
    file.seek(offset)
    directory = file.read(length)
    records, at, total = {}, 0, 0
    while at < len(directory):
        name, record, at = _entry(directory, at)
        total += record.length
        if name in records or ".." in name or record.offset + record.length > size or total > size:
            raise Damaged("entry")
        records[name] = record
    return records


def _entry(directory: bytes, at: int) -> tuple[str, _Record, int]:
    """(name, record, where the next entry begins)"""
    fields = struct.unpack_from("<4s6H3I5H2I", directory, at)
    signature, method, crc, stored, length = fields[0], fields[4], *fields[7:10]
    name_bytes, extra_bytes, comment_bytes, offset = *fields[10:13], fields[16]
    extra_at = at + 46 + name_bytes
    name = directory[at + 46 : extra_at].decode()
    if signature != _ENTRY or method != 0:
        raise Damaged("compressed")
    extra = directory[extra_at : extra_at + extra_bytes]
    length, stored, offset = _wide_values(extra, [length, stored, offset])
    if stored != length:
        raise Damaged("sizes")
    return name, _Record(offset, length, crc), extra_at + extra_bytes + comment_bytes


def _wide_values(extra: bytes, values: list[int]) -> list[int]:
    """Values of an entry; those that are all ones stand, in this order, in its zip64 field."""
    at = 0
    while at + 4 <= len(extra) and _ALL_ONES in values:
        kind, length = struct.unpack_from("<HH", extra, at)
        at += 4
        if kind == 1:
            wide = struct.iter_unpack("<Q", extra[at : at + length // 8 * 8])
            missing = (1 << 63,)
            return [next(wide, missing)[0] if value == _ALL_ONES else value for value in values]
        at += length
    return values


def _bytes_of(file: BinaryIO, record: _Record) -> bytes:
    content = bytearray(record.length)
    _fill(file, record, memoryview(content))
    return bytes(content)


def _fill(file: BinaryIO, record: _Record, memory: memoryview) -> None:
    """Read a record into ``memory`` and verify its checksum."""
    file.seek(record.offset)
    header = file.read(30)
    if header[:4] != b"PK\x03\x04":
        raise Damaged("local header")
    file.seek(sum(struct.unpack_from("<HH", header, 26)), os.SEEK_CUR)
    if file.readinto(memory) != len(memory):  # type: ignore[attr-defined]
        raise Damaged("cut off")
    if record.crc not in (zlib.crc32(memory), _NOT_COMPUTED):
        raise Damaged("checksum")


def _memory(storage: torch.UntypedStorage) -> memoryview:
    return torch.empty(0, dtype=torch.uint8).set_(storage).numpy().data


def _read_legacy(file: BinaryIO, size: int) -> Any:
    """The format before PyTorch 1.6: five pickles, then the storages, one after the other."""
    file.seek(0)
    storages = Storages(size)
    machine = Machine(file.read(MAX_DESCRIPTION), storages)
    if machine.load() != _LEGACY_MAGIC or machine.load() != _LEGACY_VERSION:
        raise Damaged("magic number")
    system = machine.load()
    if type(system) is not dict or system.get("little_endian") != (sys.byteorder == "little"):
        raise Damaged("byte order")
    content, keys = machine.load(), machine.load()
    if type(keys) is not list or set(keys) != storages.by_key.keys():
        raise Damaged("storages")
    file.seek(machine.at)
    for key in keys:
        memory, dtype = storages.by_key[key]
        (count,) = struct.unpack("<q", file.read(8))
        filled = file.readinto(_memory(memory))  # type: ignore[attr-defined]
        if count * dtype.itemsize != memory.nbytes() or filled != memory.nbytes():
            raise Damaged("storage of another size")
    return content


def _check_tree(content: Mapping[Any, Any], size: int) -> None:
    """Refuse values that few bytes make endless: cycles, and lists of lists that repeat one."""
    nodes, data_bytes = 0, 0
    admitted, left = set(DTYPES.values()), [(content, 0)]
    while left:
        value, depth = left.pop()
        inner: Any = ()
        if isinstance(value, Tensor):
            data_bytes += value.nbytes
            if value.dtype not in admitted:
                raise Damaged("data type")
        elif isinstance(value, Mapping):
            inner = value.values()
        elif isinstance(value, list | tuple):
            inner = value
        nodes += 1 + len(inner)
        if nodes > _MAX_NODES or depth > _MAX_DEPTH or data_bytes > _MAX_REPEATS * size:
            raise Damaged("endless")
        left += [(child, depth + 1) for child in inner]
