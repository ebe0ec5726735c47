"""NumPy's arrays and numbers as pickles hold them: a few names, and what each is called with.

No name that a pickle gives is ever looked up: each admitted one stands for a function of this file,
which checks its arguments.  Arrays of objects are refused, for their elements may be anything.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dataset.labels import BadEntry

_TYPE = re.compile("[<>|=]?(b1|[iu][1248]|f[248]|[SU][0-9]{1,6})")
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True)
class Admitted:
    """What a name in a pickle stands for."""

    make: Callable[..., Any]


class DataType:
    """A NumPy data type; a pickle makes it first and tells its byte order afterwards."""

    def __init__(self, code: Any, *flags: Any) -> None:
        if not isinstance(code, str) or not _TYPE.fullmatch(code):
            raise BadEntry("pickle_refused", f"numpy.dtype({str(code)[:20]})")
        self.type = np.dtype(code)

    def set_state(self, state: Any) -> None:
        """state: (version, byte order, None, None, None, ...); no fields, no arrays in arrays."""
        if not isinstance(state, tuple) or state[2:5] != (None, None, None):
            raise BadEntry("pickle_refused", "numpy.dtype")
        self.type = self.type.newbyteorder(state[1])


def call(function: Any, arguments: Any) -> Any:
    """The pickle's REDUCE."""
    if not isinstance(function, Admitted) or not isinstance(arguments, tuple):
        raise BadEntry("pickle_refused", "REDUCE")
    return function.make(*arguments)


def set_state(target: Any, state: Any) -> None:
    """The pickle's BUILD."""
    if isinstance(target, DataType):
        target.set_state(state)
    elif isinstance(target, np.ndarray) and isinstance(state, tuple):
        _fill(target, *state[-4:])
    else:
        raise BadEntry("pickle_refused", "BUILD")


def _fill(array: np.ndarray, shape: Any, data_type: Any, by_columns: Any, data: Any) -> None:
    """Give an array its contents, in place.

    shape: must fit the number of bytes in ``data``; an array without elements becomes (0,), for
        ``(1000000, 1000000, 0)`` would be as many lists.
    """
    if not isinstance(data_type, DataType):
        raise BadEntry("pickle_refused", "numpy.ndarray")
    content = data.encode() if isinstance(data, str) else bytes(data)
    if any(type(side) is not int or side < 0 for side in shape):
        raise ValueError(shape)
    if math.prod(shape) * data_type.type.itemsize != len(content):
        raise ValueError(shape)
    if data_type.type.kind == "U":
        _check_characters(content, data_type.type)
    sides = tuple(shape) if content else (0,)
    state: Any = (1, sides, data_type.type, bool(by_columns), content)
    array.__setstate__(state)


def _check_characters(content: bytes, data_type: np.dtype) -> None:
    codes = np.frombuffer(content, np.dtype("u4").newbyteorder(data_type.byteorder))
    if codes.max(initial=0) > _LAST_CHARACTER:
        raise ValueError("no character has this code")


def _empty_array(*arguments: Any) -> np.ndarray:
    return np.empty(0, np.uint8)


def _array(data: Any, data_type: Any, shape: Any, order: Any) -> np.ndarray:
    array = _empty_array()
    _fill(array, shape, data_type, order == "F", data)
    return array


def _number(data_type: Any, data: Any = b"") -> Any:
    """A NumPy number or text, as Python's."""
    if isinstance(data_type, DataType) and not data_type.type.itemsize:
        return data_type.type.type().item()
    return _array(data, data_type, (1,), "C")[0].item()


def _encoded(text: Any, encoding: Any) -> bytes:
    """How protocols before 3 write bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise BadEntry("pickle_refused", "_codecs.encode")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


# NumPy 2 moved its modules; pickles of either spelling are about.
_OWN = {
    "multiarray._reconstruct": _empty_array,
    "multiarray.scalar": _number,
    "numeric._frombuffer": _array,
}
ADMITTED = {
    ("numpy", "ndarray"): Admitted(_empty_array),
    ("numpy", "dtype"): Admitted(DataType),
    ("_codecs", "encode"): Admitted(_encoded),
    ("__builtin__", "bytes"): Admitted(_no_bytes),
    ("builtins", "bytes"): Admitted(_no_bytes),
} | {
    (f"numpy.{core}.{module}", name): Admitted(make)
    for core in ("core", "_core")
    for path, make in _OWN.items()
    for module, name in [path.split(".")]
}
