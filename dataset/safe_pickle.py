"""Reads pickles that hold data, and refuses those that would do something.

A pickle is a program: the standard unpickler imports and calls whatever it names, and its memory
and time have no bounds.  This one knows only the instructions that build lists, dicts, tuples,
numbers, text and bytes, and NumPy's arrays and numbers through ``dataset.pickled_numpy``; it
imports and calls nothing else, whatever the pickle says.
"""

import codecs
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from dataset.labels import BadEntry
from dataset.pickled_numpy import ADMITTED, call, set_state

# Ten times the label of the fullest page.
MAX_PICKLE_BYTES = 4 << 20
# Digits of a number in text; any coordinate has fewer.
_MAX_DIGITS = 200
_MAX_PROTOCOL = 5
_MAX_COPIED, _MAX_COPIED_DEPTH = 1_000_000, 50
_CONTAINERS = (list, dict, tuple, np.ndarray)
# What Python 2 writes in its byte strings for what is not printed as it is.
_ESCAPE = re.compile(rb"""\\(?:[\\'"nrt]|x[0-9a-f]{2})""")


def load_plain(content: bytes) -> Any:
    """What a pickle of protocol 0 to 5 holds: a tree of plain values.

    Numbers of NumPy become Python's; its arrays stay arrays.  The byte strings of Python 2 become
    text where they are UTF-8.  Time and memory are bounded by the length of ``content``.
    Raises BadEntry: "pickle_refused" for what is more than data or too long, "pickle_damaged" for
    what is no pickle or was cut off.
    """
    if len(content) > MAX_PICKLE_BYTES:
        raise BadEntry("pickle_refused", f"{len(content) >> 20} MB")
    try:
        return _Machine(content).run()
    except BadEntry:
        raise
    except (IndexError, KeyError, ValueError, TypeError, OverflowError, struct.error) as error:
        raise BadEntry("pickle_damaged", type(error).__name__) from None


class _Machine:
    """The stack machine that a pickle is a program for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.copied = 0

    def run(self) -> Any:
        content, steps = self.content, _STEPS
        while (code := content[self.at]) != _STOP:
            self.at += 1
            step = steps.get(code)
            if step is None:
                raise BadEntry("pickle_refused", f"opcode {bytes([code])!r}")
            step(self)
        (result,) = self.stack
        return result

    def take(self, length: int) -> bytes:
        start, self.at = self.at, self.at + length
        if not 0 <= length <= len(self.content) - start:
            raise IndexError
        return self.content[start : self.at]

    def take_line(self) -> bytes:
        end = self.content.index(b"\n", self.at)
        line = self.content[self.at : end]
        self.at = end + 1
        return line

    def take_counted(self, layout: str) -> bytes:
        """Bytes behind their number, which is written in ``layout``."""
        (length,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return self.take(length)

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError
        return self.stack.pop()

    def pop_to_mark(self) -> list[Any]:
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def pop_last(self, count: int) -> list[Any]:
        return [self.pop() for _ in range(count)][::-1]

    def remember(self, number: int) -> None:
        if not 0 <= number < len(self.content):
            raise IndexError
        self.memo[number] = self.stack[-1]

    def recall(self, number: int) -> None:
        """Push what was remembered, a copy of lists and the like.

        In a pickle one list may stand in several places, or in itself; some bytes could thus mean
        more values than anybody can walk through.  Copies are trees, and their number is bounded.
        """
        self.stack.append(self._copied(self.memo[number], 0))

    def _copied(self, value: Any, depth: int) -> Any:
        if not isinstance(value, _CONTAINERS):
            return value
        self.copied += value.nbytes if isinstance(value, np.ndarray) else 1 + len(value)
        if self.copied > _MAX_COPIED or depth > _MAX_COPIED_DEPTH:
            raise BadEntry("pickle_refused", "memo")
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, dict):
            return {key: self._copied(inner, depth + 1) for key, inner in value.items()}
        return type(value)(self._copied(inner, depth + 1) for inner in value)

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
            if not isinstance(key, str | bytes):
                raise BadEntry("pickle_refused", f"{type(key).__name__} as key")
            target[key] = value

    def name(self, module: Any, name: Any) -> None:
        admitted = isinstance(module, str) and isinstance(name, str)
        if not admitted or (module, name) not in ADMITTED:
            raise BadEntry("pickle_refused", f"{module}.{name}"[:80] if admitted else "name")
        self.push(ADMITTED[module, name])

    def reduce(self) -> None:
        function, arguments = self.pop_last(2)
        self.push(call(function, arguments))

    def build(self) -> None:
        state = self.pop()
        set_state(self.stack[-1], state)


def _integer(text: bytes) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError
    return int(text)


def _integer_line(machine: _Machine) -> None:
    line = machine.take_line()
    machine.push({b"00": False, b"01": True}[line] if line in (b"00", b"01") else _integer(line))


def _float_line(machine: _Machine) -> None:
    machine.push(float(machine.take_line()[:_MAX_DIGITS]))


def _quoted_line(machine: _Machine) -> None:
    line = machine.take_line().strip()
    quote, inside, end = line[:1], line[1:-1], line[-1:]
    plain = _ESCAPE.sub(b"", inside)
    if len(line) < 2 or quote != end or quote not in b"'\"" or quote in plain or b"\\" in plain:
        raise ValueError
    machine.push(_text_or_bytes(inside.decode("unicode_escape").encode("latin-1")))


def _text_or_bytes(content: bytes) -> str | bytes:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")


def _global_line(machine: _Machine) -> None:
    module, name = machine.take_line(), machine.take_line()
    machine.name(module.decode("utf-8", "replace"), name.decode("utf-8", "replace"))


def _protocol(machine: _Machine) -> None:
    if machine.take(1)[0] > _MAX_PROTOCOL:
        raise ValueError


def _fixed(layout: str) -> Callable[[_Machine], None]:
    """An instruction that pushes the number behind it."""
    length = struct.calcsize(layout)
    return lambda machine: machine.push(struct.unpack(layout, machine.take(length))[0])


def _counted(
    layout: str, made: Callable[[bytes], Any] = lambda content: content
) -> Callable[[_Machine], None]:
    """An instruction that pushes what is made of the bytes behind it."""
    return lambda machine: machine.push(made(machine.take_counted(layout)))


def _tuple(count: int) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(tuple(machine.pop_last(count)))


def _dict_from_mark(machine: _Machine) -> None:
    values = machine.pop_to_mark()
    machine.push({})
    machine.set_items(values)


def _little_endian(machine: _Machine, length: int) -> int:
    return int.from_bytes(machine.take(length), "little")


_STOP = ord(".")
_STEPS: dict[int, Callable[[_Machine], None]] = {
    ord(code): step
    for code, step in {
        # numbers, None, True and False
        "G": _fixed(">d"),
        "J": _fixed("<i"),
        "K": _fixed("<B"),
        "M": _fixed("<H"),
        "I": _integer_line,
        "L": lambda machine: machine.push(_integer(machine.take_line().rstrip(b"L"))),
        "\x8a": _counted("<B", lambda content: int.from_bytes(content, "little", signed=True)),
        "F": _float_line,
        "N": lambda machine: machine.push(None),
        "\x88": lambda machine: machine.push(True),
        "\x89": lambda machine: machine.push(False),
        # text and bytes
        "X": _counted("<I", _text),
        "\x8c": _counted("<B", _text),
        "\x8d": _counted("<Q", _text),
        "V": lambda machine: machine.push(codecs.decode(machine.take_line(), "raw_unicode_escape")),
        "B": _counted("<I"),
        "C": _counted("<B"),
        "\x8e": _counted("<Q"),
        "\x96": _counted("<Q"),
        "S": _quoted_line,
        "T": _counted("<I", _text_or_bytes),
        "U": _counted("<B", _text_or_bytes),
        # containers
        "(": lambda machine: machine.marks.append(len(machine.stack)),
        "]": lambda machine: machine.push([]),
        "l": lambda machine: machine.push(machine.pop_to_mark()),
        "a": lambda machine: machine.append([machine.pop()]),
        "e": lambda machine: machine.append(machine.pop_to_mark()),
        "}": lambda machine: machine.push({}),
        "d": _dict_from_mark,
        "s": lambda machine: machine.set_items(machine.pop_last(2)),
        "u": lambda machine: machine.set_items(machine.pop_to_mark()),
        ")": lambda machine: machine.push(()),
        "t": lambda machine: machine.push(tuple(machine.pop_to_mark())),
        "\x85": _tuple(1),
        "\x86": _tuple(2),
        "\x87": _tuple(3),
        "0": lambda machine: machine.pop(),
        "1": lambda machine: machine.pop_to_mark(),
        # values that come again
        "p": lambda machine: machine.remember(_integer(machine.take_line())),
        "q": lambda machine: machine.remember(machine.take(1)[0]),
        "r": lambda machine: machine.remember(_little_endian(machine, 4)),
        "\x94": lambda machine: machine.remember(len(machine.memo)),
        "g": lambda machine: machine.recall(_integer(machine.take_line())),
        "h": lambda machine: machine.recall(machine.take(1)[0]),
        "j": lambda machine: machine.recall(_little_endian(machine, 4)),
        # NumPy's arrays and numbers
        "c": _global_line,
        "\x93": lambda machine: machine.name(*machine.pop_last(2)),
        "R": lambda machine: machine.reduce(),
        "b": lambda machine: machine.build(),
        # the pickle's own frame
        "\x80": _protocol,
        "\x95": lambda machine: machine.take(8) and None,
    }.items()
}
