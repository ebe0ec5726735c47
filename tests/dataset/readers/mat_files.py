"""Writes MAT-files of version 5, byte by byte, also such as no program would."""

import struct
import zlib
from collections.abc import Sequence

CELL, CHAR, DOUBLE = 1, 4, 6


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}2I", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def small_element(kind: int, content: bytes, order: str = "<") -> bytes:
    """The short form: up to four bytes within the tag."""
    return struct.pack(f"{order}I", len(content) << 16 | kind) + content.ljust(4, b"\0")


def matrix(
    array_class: int, shape: Sequence[int], content: bytes, name: bytes = b"", order: str = "<"
) -> bytes:
    flags = element(6, struct.pack(f"{order}2I", array_class, 0), order)
    sides = element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, flags + sides + element(1, name, order) + content, order)


def chars(text: str, order: str = "<") -> bytes:
    content = text.encode("utf-16-le" if order == "<" else "utf-16-be")
    return matrix(CHAR, (1, len(text)), element(4, content, order), order=order)


def numbers(*values: float, order: str = "<") -> bytes:
    content = struct.pack(f"{order}{len(values)}d", *values)
    return matrix(DOUBLE, (1, len(values)), element(9, content, order), order=order)


def mat_file(*variables: bytes, compressed: bool = False, order: str = "<") -> bytes:
    mark = b"IM" if order == "<" else b"MI"
    head = b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + struct.pack(f"{order}H", 0x100) + mark
    if compressed:
        packed = [zlib.compress(variable) for variable in variables]
        variables = tuple(struct.pack(f"{order}2I", 15, len(one)) + one for one in packed)
    return head + b"".join(variables)
