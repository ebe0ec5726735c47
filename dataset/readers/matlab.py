"""Cell arrays of MATLAB's .mat files (version 5, compressed or not), one cell after the other.

SciPy's reader holds a whole file in memory and follows cells within cells until the process dies;
this one knows only what label files need, and keeps one cell at a time.
"""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from dataset.labels import BadFile

# Rows of characters; numbers as float64; None for any other kind of array.
Cell = list[str] | np.ndarray | None

MAX_CELL_BYTES = 1 << 20
# What a cell costs in memory, whatever is in it.
_CELL_OVERHEAD_BYTES = 200
_HEADER_BYTES = 128
_CHUNK_BYTES = 16 * 1024
_INT32, _MATRIX, _COMPRESSED = 5, 14, 15
_NUMBER_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8",
                 12: "i8", 13: "u8"}  # fmt: skip
_TEXT_TYPES = {1: "utf-8", 2: "utf-8", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MOST_SIDES = 3
_CELL_CLASS, _CHAR_CLASS = 1, 4
_NUMBER_CLASSES = range(6, 16)


@dataclass(frozen=True)
class Cells:
    """A cell array.  values: column by column; raises BadFile where the file does not go on."""

    shape: tuple[int, ...]
    values: Iterator[Cell]


@contextmanager
def open_cells(path: Path, name: str, most_bytes: float = math.inf) -> Iterator[Cells]:
    """The cell array called ``name``; raises BadFile where the file has none.

    most_bytes: BadFile as well where the cells take up more memory than that.
    """
    with path.open("rb") as file:
        order = _byte_order(file.read(_HEADER_BYTES))
        while tag := file.read(8):
            stream, end = _variable(file, tag, order)
            kind, shape, found = _variable_head(stream, order)
            if found == name and kind == _CELL_CLASS:
                yield Cells(shape, _read_cells(stream, order, math.prod(shape), most_bytes))
                return
            file.seek(end)
    raise BadFile("missing_key", name)


def has_cells(path: Path, name: str) -> bool:
    """Whether a file has a cell array of this name, by a look at where its variables begin."""
    try:
        with open_cells(path, name):
            return True
    except (BadFile, OSError):
        return False


def text_rows(cell: Cell) -> list[str] | None:
    """The rows of text in a cell, none where it is empty; None where it holds something else."""
    if isinstance(cell, np.ndarray):
        return None if cell.size else []
    return cell


class _Inflated(io.RawIOBase):
    """What ``length`` compressed bytes of a file stand for."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file, self._left = file, length
        self._unzip = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._unzip.eof:
            packed = self._unzip.unconsumed_tail or self._packed()
            try:
                plain = self._unzip.decompress(packed, len(buffer))
            except zlib.error as error:
                raise BadFile("not_mat", str(error)) from None
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if not packed:
                break
        return 0

    def _packed(self) -> bytes:
        packed = self._file.read(min(self._left, _CHUNK_BYTES))
        self._left -= len(packed)
        return packed


def _byte_order(header: bytes) -> str:
    """How numbers are written: "<" or ">"."""
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    if order is None or struct.unpack(f"{order}H", header[124:126])[0] != 0x100:
        raise BadFile("not_mat", "it is no MAT-file of version 5 (save -v7)")
    return order


def _variable(file: BinaryIO, tag: bytes, order: str) -> tuple[BinaryIO, int]:
    """(the bytes of the matrix behind its tag, where the file goes on after it)."""
    kind, length = _unpack(f"{order}2I", tag)
    end = file.tell() + length
    if kind == _MATRIX:
        return file, end
    if kind != _COMPRESSED:
        raise BadFile("not_mat", f"element of type {kind}")
    stream = io.BufferedReader(_Inflated(file, length))
    if _unpack(f"{order}2I", stream.read(8))[0] != _MATRIX:
        raise BadFile("not_mat", "no matrix is compressed")
    return stream, end


def _variable_head(stream: BinaryIO, order: str) -> tuple[int, tuple[int, ...], str]:
    """(class, shape, name) of the matrix that a stream begins with."""
    flags, shape, name = (_read_element(stream, order) for _ in range(3))
    if len(flags) != 8 or len(shape) % 4:
        raise BadFile("not_mat", "damaged head of a variable")
    sides = struct.unpack(f"{order}{len(shape) // 4}i", shape)
    if min(sides, default=-1) < 0:
        raise BadFile("not_mat", f"variable of size {sides}")
    return flags[0 if order == "<" else 3], sides, name.decode("latin-1")


def _read_element(stream: BinaryIO, order: str) -> bytes:
    """The content of the small element that a stream goes on with."""
    tag = stream.read(8)
    word, length = _unpack(f"{order}2I", tag)
    if word >> 16:
        return tag[4 : 4 + (word >> 16)]
    if length > 1024:
        raise BadFile("not_mat", "damaged head of a variable")
    return stream.read(length + -length % 8)[:length]


def _read_cells(stream: BinaryIO, order: str, count: int, most_bytes: float) -> Iterator[Cell]:
    total = 0
    for _ in range(count):
        kind, length = _unpack(f"{order}2I", stream.read(8))
        total += length + _CELL_OVERHEAD_BYTES
        if kind != _MATRIX or length > MAX_CELL_BYTES or total > most_bytes:
            raise BadFile("not_mat", f"cell of type {kind} and {length} bytes")
        body = stream.read(length)
        if len(body) < length:
            raise BadFile("not_mat", "the file is cut off")
        yield _parse_cell(body, order) if body else np.empty((0, 0))


def _parse_cell(body: bytes, order: str) -> Cell:
    elements = _elements(body, order)
    if len(elements) < 4:
        return None
    (_, flags), (shape_kind, shape_bytes), _, (kind, content) = elements
    sides, rest = divmod(len(shape_bytes), 4)
    if len(flags) != 8 or shape_kind != _INT32 or rest or not 2 <= sides <= _MOST_SIDES:
        return None
    shape = struct.unpack(f"{order}{sides}i", shape_bytes)
    array_class = flags[0 if order == "<" else 3]
    if array_class == _CHAR_CLASS and kind in _TEXT_TYPES:
        return _rows_of_text(content, _TEXT_TYPES[kind], order, shape)
    if array_class in _NUMBER_CLASSES and kind in _NUMBER_TYPES:
        return _numbers(content, np.dtype(order + _NUMBER_TYPES[kind]), shape)
    return None


def _elements(body: bytes, order: str) -> list[tuple[int, bytes]]:
    """The first four elements of a matrix, as (type, content)."""
    elements: list[tuple[int, bytes]] = []
    at = 0
    while len(elements) < 4 and at + 8 <= len(body):
        kind, length = struct.unpack_from(f"{order}2I", body, at)
        if kind >> 16:
            kind, length, start, at = kind & 0xFFFF, kind >> 16, at + 4, at + 8
        else:
            start, at = at + 8, at + 8 + length + -length % 8
        elements.append((kind, body[start : start + length]))
    return elements


def _rows_of_text(content: bytes, coding: str, order: str, shape: tuple[int, ...]) -> Cell:
    if coding in ("utf-16", "utf-32"):
        coding += "-le" if order == "<" else "-be"
    text = content.decode(coding, "replace")
    if shape[0] <= 1 or not text:
        return [text] if text else []
    if math.prod(shape) != len(text):
        return None
    return [text[row :: shape[0]] for row in range(shape[0])]


def _numbers(content: bytes, dtype: np.dtype, shape: tuple[int, ...]) -> Cell:
    if min(shape) < 0 or math.prod(shape) * dtype.itemsize != len(content):
        return None
    return np.frombuffer(content, dtype).astype(np.float64).reshape(shape, order="F")


def _unpack(form: str, content: bytes) -> tuple[int, ...]:
    if len(content) != struct.calcsize(form):
        raise BadFile("not_mat", "the file is cut off")
    return struct.unpack(form, content)
