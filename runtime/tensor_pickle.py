"""Reads the pickles inside PyTorch checkpoints without the power to do anything else.

A pickle is a program that imports and calls what it names.  This machine knows the instructions
that build dicts, lists, tuples, numbers and text, and the few names by which PyTorch describes a
tensor; it imports nothing, whatever the pickle says.  Time and memory are bounded by the length of
the pickle and by the room that its maker grants to storages.
"""

import struct
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
}
_MAX_DIMENSIONS = 16
# What containers and tensors of a file may take together; those of a large run take a tenth.
_MAX_BYTES = 64 << 20
_CONTAINER_BYTES, _TENSOR_BYTES = 100, 1000
# Below it, an integer is its own hash: nobody can make up keys that all fall into one place.
_MAX_KEY = 1 << 60


class Damaged(Exception):
    """What is no pickle of tensors and plain values, or asks for more than a file can hold."""


class UnsafeName(Exception):
    """A pickle names something that is more than data; the text is its full name."""


class Storage(NamedTuple):
    """Memory that tensors view: its bytes, and the type of the elements it was saved with."""

    memory: torch.UntypedStorage
    dtype: torch.dtype


class Storages:
    """The storages of a file, allocated when a pickle names them and filled by the reader later.

    room: how many bytes they may have together.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.by_key: dict[str, Storage] = {}

    def get(self, key: str, dtype: torch.dtype, count: int) -> Storage:
        num_bytes = count * dtype.itemsize
        if count < 0:
            raise Damaged("negative storage")
        known = self.by_key.get(key)
        if known:
            if known.memory.nbytes() != num_bytes:
                raise Damaged("storage of two sizes")
            return Storage(known.memory, dtype)
        self.room -= num_bytes
        if self.room < 0:
            raise Damaged("storages beyond the file")
        storage = Storage(torch.UntypedStorage(num_bytes), dtype)
        self.by_key[key] = storage
        return storage


class _Function(NamedTuple):
    """A name that a pickle may call; what the call does is written here, not there."""

    call: Callable[["Machine", tuple[Any, ...]], Any]


class _StorageType(NamedTuple):
    dtype: torch.dtype


class Machine:
    """Runs pickles of protocol 2 to 5 that stand one after the other in ``content``."""

    def __init__(self, content: bytes, storages: Storages) -> None:
        self.content = content
        self.storages = storages
        self.at = 0
        self.spent = 0
        self.stack: list[Any] = []
        self.outer: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The value of the pickle at ``at``, which moves behind it.

        Raises Damaged or UnsafeName.
        """
        self.stack, self.outer, self.memo = [], [], {}
        content, steps = self.content, _STEPS
        try:
            while (code := content[self.at]) != _STOP:
                self.at += 1
                steps[code](self)
            self.at += 1
            (result,) = self.stack
        except (LookupError, ValueError, TypeError, OverflowError, struct.error) as error:
            raise Damaged(type(error).__name__) from None
        return result

    def take(self, length: int) -> bytes:
        start, self.at = self.at, self.at + length
        if not 0 <= length <= len(self.content) - start:
            raise Damaged("cut off")
        return self.content[start : self.at]

    def take_line(self) -> str:
        end = self.content.index(b"\n", self.at, self.at + 256)
        line = self.content[self.at : end]
        self.at = end + 1
        return line.decode()

    def take_number(self, layout: struct.Struct) -> Any:
        self.at += layout.size
        return layout.unpack_from(self.content, self.at - layout.size)[0]

    def spend(self, num_bytes: int) -> None:
        self.spent += num_bytes
        if self.spent > _MAX_BYTES:
            raise Damaged("more objects than any checkpoint has")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def push_container(self, value: Any) -> None:
        self.spend(_CONTAINER_BYTES)
        self.stack.append(value)

    def pop_to_mark(self) -> list[Any]:
        values, self.stack = self.stack, self.outer.pop()
        return values

    def mark(self) -> None:
        self.spend(_CONTAINER_BYTES)
        self.outer.append(self.stack)
        self.stack = []

    def tuple_of_last(self, count: int) -> None:
        values = self.stack[-count:]
        if len(values) != count:
            raise IndexError
        self.stack[-count:] = []
        self.push_container(tuple(values))

    def append(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise TypeError
        target += values

    def set_items(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict:
            raise TypeError
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[_checked_key(key)] = value

    def name(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError
        full = f"{module}.{name}"
        if full not in _ADMITTED:
            raise UnsafeName(full)
        self.stack.append(_ADMITTED[full])

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(function) is not _Function or type(arguments) is not tuple:
            raise TypeError
        self.stack.append(function.call(self, arguments))

    def build(self) -> None:
        """Attributes of an OrderedDict: PyTorch keeps versions of modules there; not needed."""
        self.stack.pop()
        if type(self.stack[-1]) is not dict:
            raise TypeError

    def find_storage(self) -> None:
        kind, storage_type, key, _, count, *view = self.stack.pop()
        admitted = kind == "storage" and type(storage_type) is _StorageType and view in ([], [None])
        if not admitted or type(key) is not str or type(count) is not int:
            raise TypeError
        self.stack.append(self.storages.get(key, storage_type.dtype, count))


def _checked_key(key: Any) -> Any:
    if type(key) is not str and (type(key) is not int or abs(key) > _MAX_KEY):
        raise TypeError
    return key


def _rebuild_tensor(machine: Machine, arguments: tuple[Any, ...]) -> Tensor:
    """A view of a storage; refused where it would reach, or repeat itself, beyond the storage."""
    storage, offset, size, stride = arguments[:4]
    if type(storage) is not Storage or type(size) is not tuple or type(stride) is not tuple:
        raise TypeError
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or len(size) > _MAX_DIMENSIONS:
        raise Damaged("dimensions")
    if any(type(number) is not int or not 0 <= number < 1 << 48 for number in numbers):
        raise Damaged("size of a tensor")
    room, elements = storage.memory.nbytes() // storage.dtype.itemsize, prod(size)
    end = offset
    if elements:
        end += 1 + sum((count - 1) * step for count, step in zip(size, stride, strict=True))
    if max(elements, end) > room:
        raise Damaged("tensor beyond its storage")
    machine.spend(_TENSOR_BYTES)
    return torch.empty(0, dtype=storage.dtype).set_(storage.memory, offset, size, stride)


def _rebuild_parameter(machine: Machine, arguments: tuple[Any, ...]) -> Tensor:
    if not isinstance(arguments[0], Tensor):
        raise TypeError
    return arguments[0]


def _ordered_dict(machine: Machine, arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """An OrderedDict is a dict; Python 2 gives it its items at once."""
    items = arguments[0] if arguments else []
    if type(items) is not list:
        raise TypeError
    machine.spend(_CONTAINER_BYTES * (1 + len(items)))
    return {_checked_key(key): value for key, value in items}


def _set(machine: Machine, arguments: tuple[Any, ...]) -> set[Any]:
    (items,) = arguments
    if type(items) is not list:
        raise TypeError
    machine.spend(_CONTAINER_BYTES * (1 + len(items)))
    return {_checked_key(item) for item in items}


def _encode(machine: Machine, arguments: tuple[Any, ...]) -> bytes:
    """Bytes, as protocol 2 writes them."""
    text, encoding = arguments
    if type(text) is not str or encoding != "latin1":
        raise TypeError
    machine.spend(_CONTAINER_BYTES + len(text))
    return text.encode("latin-1")


def _size(machine: Machine, arguments: tuple[Any, ...]) -> tuple[int, ...]:
    (numbers,) = arguments
    if type(numbers) is not tuple:
        raise TypeError
    return numbers


def _device(machine: Machine, arguments: tuple[Any, ...]) -> str:
    """The name of a device: everything is read into the memory of the host."""
    machine.spend(_CONTAINER_BYTES)
    return ":".join(map(str, arguments[:2]))[:40]


_ADMITTED: dict[str, Any] = {
    "collections.OrderedDict": _Function(_ordered_dict),
    "builtins.set": _Function(_set),
    "__builtin__.set": _Function(_set),
    "_codecs.encode": _Function(_encode),
    "torch.Size": _Function(_size),
    "torch.device": _Function(_device),
    "torch._utils._rebuild_tensor": _Function(_rebuild_tensor),
    "torch._utils._rebuild_tensor_v2": _Function(_rebuild_tensor),
    "torch._utils._rebuild_parameter": _Function(_rebuild_parameter),
    **{str(dtype): dtype for dtype in DTYPES.values()},
    **{f"torch.{name}Storage": _StorageType(dtype) for name, dtype in DTYPES.items()},
    **{f"torch.cuda.{name}Storage": _StorageType(dtype) for name, dtype in DTYPES.items()},
}


def _fixed(layout: str) -> Callable[[Machine], None]:
    """An instruction that pushes the number behind it."""
    compiled = struct.Struct(layout)
    return lambda machine: machine.push(machine.take_number(compiled))


def _counted(layout: str, made: Callable[[bytes], Any] = bytes.decode) -> Callable[[Machine], None]:
    """An instruction that pushes what is made of the bytes behind it; their number stands first."""
    length = struct.Struct(layout)
    return lambda machine: machine.push(made(machine.take(machine.take_number(length))))


def _remember(layout: str) -> Callable[[Machine], None]:
    number = struct.Struct(layout)

    def step(machine: Machine) -> None:
        machine.memo[machine.take_number(number)] = machine.stack[-1]

    return step


def _recall(layout: str) -> Callable[[Machine], None]:
    number = struct.Struct(layout)
    return lambda machine: machine.push(machine.memo[machine.take_number(number)])


def _memoize(machine: Machine) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _global(machine: Machine) -> None:
    module = machine.take_line()
    machine.name(module, machine.take_line())


def _stack_global(machine: Machine) -> None:
    name = machine.stack.pop()
    machine.name(machine.stack.pop(), name)


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.set_items([key, value])


def _signed(content: bytes) -> int:
    return int.from_bytes(content, "little", signed=True)


_STOP = ord(".")
_STEPS: dict[int, Callable[[Machine], None]] = {
    ord(code): step
    for code, step in {
        # numbers, None, True and False
        "G": _fixed(">d"),
        "J": _fixed("<i"),
        "K": _fixed("<B"),
        "M": _fixed("<H"),
        "\x8a": _counted("<B", _signed),
        "N": lambda machine: machine.push(None),
        "\x88": lambda machine: machine.push(True),
        "\x89": lambda machine: machine.push(False),
        # text; the byte strings of Python 2 are text too
        "X": _counted("<I"),
        "\x8c": _counted("<B"),
        "\x8d": _counted("<Q"),
        "T": _counted("<I"),
        "U": _counted("<B"),
        "B": _counted("<I", bytes),
        "C": _counted("<B", bytes),
        # containers
        "(": Machine.mark,
        ")": lambda machine: machine.push(()),
        "\x85": lambda machine: machine.tuple_of_last(1),
        "\x86": lambda machine: machine.tuple_of_last(2),
        "\x87": lambda machine: machine.tuple_of_last(3),
        "t": lambda machine: machine.push_container(tuple(machine.pop_to_mark())),
        "]": lambda machine: machine.push_container([]),
        "a": lambda machine: machine.append([machine.stack.pop()]),
        "e": lambda machine: machine.append(machine.pop_to_mark()),
        "}": lambda machine: machine.push_container({}),
        "s": _set_item,
        "u": lambda machine: machine.set_items(machine.pop_to_mark()),
        # values that come again
        "q": _remember("<B"),
        "r": _remember("<I"),
        "\x94": _memoize,
        "h": _recall("<B"),
        "j": _recall("<I"),
        # names, calls, storages
        "c": _global,
        "i": _global,
        "\x93": _stack_global,
        "R": Machine.reduce,
        "b": Machine.build,
        "Q": Machine.find_storage,
        # the pickle's own frame
        "\x80": lambda machine: machine.take(1) and None,
        "\x95": lambda machine: machine.take(8) and None,
    }.items()
}
