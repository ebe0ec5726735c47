"""JSON as label files hold it: whole, or record by record where one file labels many images.

Keys differ a little between the releases of a data set; they are found whatever their case.
"""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import ijson
from ijson.common import ObjectBuilder

from dataset.labels import (
    MAX_COORDINATE_PX,
    BadEntry,
    BadFile,
    ImageLabel,
    Problem,
    Word,
    box_corners,
    number,
    read_entries,
    read_text,
)
from dataset.readers.lines import HEAD_BYTES

_CHUNK_BYTES = 1 << 20
# ijson spells out the whole path to every value: what is nested deeply would fill the memory.
_MAX_DEPTH = 1000
_DEPTH_STEP = 4096
_TOO_DEEP = "not_json", "nested too deeply"
# ijson, where it had to be installed without its parsers in C, lets ValueErrors through.
_PARSE_ERRORS = (ijson.JSONError, ValueError)
_MISSING = object()
Entry = TypeVar("Entry")


def load_json(path: Path) -> Any:
    """What a file holds, in the encodings of ``read_text``.  Raises BadFile for what is no JSON."""
    return parse_json(read_text(path))


def parse_json(text: str) -> Any:
    """Raises BadFile."""
    try:
        return json.loads(text)
    except RecursionError:
        raise BadFile(*_TOO_DEEP) from None
    except ValueError as error:
        raise BadFile("not_json", str(error)) from None


class JsonStream:
    """A JSON object in a file of any size, one record of which is in memory at a time.

    UTF-8 with or without a byte-order mark, CP949, or UTF-16 with a mark.  Raises BadFile for what
    is no JSON, on reaching it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding, may_be_deep = _survey(path)
        if may_be_deep:
            self._refuse_deep()

    def items(self, key: str) -> Iterator[Any]:
        """The elements of the list under ``key``.  Raises BadFile where there is no such list."""
        return self._records(ijson.items, f"{key}.item", key, "start_array")

    def pairs(self, key: str) -> Iterator[tuple[str, Any]]:
        """The keys and values of the object under ``key``, or of the whole one for ``""``.

        Raises BadFile where there is no such object.
        """
        return self._records(ijson.kvitems, key, key, "start_map")

    def values(self, key: str) -> Iterator[Any]:
        """The values of ``pairs``."""
        return (value for _, value in self.pairs(key))

    def _records(
        self, parse: Callable[..., Iterator[Any]], prefix: str, key: str, wanted: str
    ) -> Iterator[Any]:
        empty = True
        for record in self._read(parse, prefix):
            empty = False
            yield record
        if empty:
            begins = (event for at, event, _ in self._read(ijson.parse) if at == key)
            found = next((event for event in begins if event != "map_key"), "")
            if found != wanted:
                raise BadFile("wrong_type" if found else "missing_key", key or "{}")

    def _read(self, parse: Callable[..., Iterator[Any]], *prefix: str) -> Iterator[Any]:
        with self.path.open("rb") as file:
            try:
                yield from parse(_as_utf8(file, self.encoding), *prefix, use_float=True)
            except UnicodeDecodeError:
                raise BadFile("encoding", "") from None
            except _PARSE_ERRORS as error:
                raise BadFile("not_json", _first_line(error)) from None

    def _refuse_deep(self) -> None:
        depth = 0
        for event, _ in self._read(ijson.basic_parse):
            depth += (event[:5] == "start") - (event[:4] == "end_")
            if depth > _MAX_DEPTH:
                raise BadFile(*_TOO_DEEP)


def _first_line(error: Exception) -> str:
    """What is wrong, without the excerpt below it; bytes where that is cut inside a character."""
    message = error.args[0] if error.args else ""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    return text.partition("\n")[0]


def _survey(path: Path) -> tuple[str, bool]:
    """A file's encoding, and whether its brackets may be nested deeply.

    Brackets inside of texts count too, so that only a closer look can tell.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, depth, deepest = "utf-8-sig", 0, 0
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            encoding = "utf-16"
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            for start in range(0, len(chunk), _DEPTH_STEP):
                part = start, start + _DEPTH_STEP
                depth += chunk.count(b"[", *part) + chunk.count(b"{", *part)
                depth -= chunk.count(b"]", *part) + chunk.count(b"}", *part)
                deepest = max(deepest, depth)
            if encoding == "utf-8-sig":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    encoding = "cp949"
    return encoding, deepest > _MAX_DEPTH


def encoding_of(path: Path) -> str:
    """``utf-8-sig``, ``utf-16`` or else ``cp949``, without holding the file in memory."""
    return _survey(path)[0]


def _as_utf8(file: BinaryIO, encoding: str) -> "BinaryIO | _Recoded":
    if encoding != "utf-8-sig":
        return _Recoded(file, encoding)
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    return file


class _Recoded:
    """A file in another encoding, read as UTF-8; reading raises UnicodeDecodeError."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int) -> bytes:
        """What ``size`` bytes of the file, or some more, become; b"" at its end."""
        while size and (chunk := self._file.read(size)):
            if text := self._decoder.decode(chunk):
                return text.encode()
        return self._decoder.decode(b"", final=size > 0).encode()


def peek_text(path: Path) -> str:
    """The first 64 KiB of a text file; "" for one that cannot be opened."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return ""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace")
    try:  # a decoder that may wait for the rest of the last character
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return head.decode("cp949", "replace")


def peek_json(path: Path) -> dict[str, Any]:
    """As much of the object in a file as its first 64 KiB hold; {} where it holds none."""
    builder = ObjectBuilder()
    event = ""
    try:
        for event, value in ijson.basic_parse(peek_text(path).encode("utf-8", "replace")):
            builder.event(event, value)
    except _PARSE_ERRORS:  # the cut, as a rule
        if event == "map_key":
            builder.event("null", None)
    document = getattr(builder, "value", None)  # older builders have none before they begin
    return document if isinstance(document, dict) else {}


def find(record: Mapping[str, Any], *names: str, default: Any = None) -> Any:
    """The value under the first of ``names`` that is there, in any case; else ``default``."""
    for name in names:
        if name in record:
            return record[name]
    key = _in_any_case(tuple(record), names)
    return default if key is None else record[key]


@lru_cache(1024)  # the records of a file have the same keys, nearly always
def _in_any_case(keys: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    lowered = {key.lower(): key for key in keys}
    return next((lowered[name.lower()] for name in names if name.lower() in lowered), None)


def field(
    record: Any,
    *names: str,
    kind: type | tuple[type, ...] = object,
    error: type[BadEntry] | type[BadFile] = BadEntry,
) -> Any:
    """What ``find`` finds, a ``kind``.

    Raises ``error`` where it is missing or of another type; in what is no object, all is missing.
    """
    value = find(record, *names, default=_MISSING) if isinstance(record, dict) else _MISSING
    if value is _MISSING:
        raise error("missing_key", names[0])
    if not isinstance(value, kind):
        raise error("wrong_type", names[0])
    return value


def text_of(record: Mapping[str, Any], *names: str) -> str:
    """A text without the blanks around it; "" where there is none.

    A number stands for its digits; raises BadEntry for anything else.
    """
    value = find(record, *names)
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        raise BadEntry("wrong_type", names[0])
    return _whole(str(value)).strip()


def name_of(record: Mapping[str, Any], *names: str) -> str:
    """What a file about one image calls that image; "" where it does not say."""
    value = find(record, *names)
    return _whole(value) if isinstance(value, str) else ""


def _whole(text: str) -> str:
    """JSON can spell halves of characters, which no file name or text file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def is_true(value: Any) -> bool:
    """Whether a mark is set: true, 1, or a string that says so."""
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1", "yes")
    return isinstance(value, int | float) and value == 1


def size_of(height: Any, width: Any) -> tuple[int, int] | None:
    """(height, width) of an image; None where either is no number of pixels."""
    try:
        sides = _number(height), _number(width)
    except BadEntry:
        return None
    if not all(1 <= side <= MAX_COORDINATE_PX for side in sides):
        return None
    return int(sides[0]), int(sides[1])


def outline_of(value: Any, key: str) -> list[float]:
    """x1, y1, x2, y2, ... out of such a list or one of [x, y]; raises BadEntry for others."""
    if not isinstance(value, list):
        raise BadEntry("wrong_type", key)
    if any(isinstance(point, list) for point in value):
        if not all(isinstance(point, list) and len(point) == 2 for point in value):
            raise BadEntry("wrong_type", key)
        value = [side for point in value for side in point]
    if len(value) % 2:
        raise BadEntry("wrong_type", key)
    return numbers(value)


def box_of(value: Any, key: str) -> list[tuple[float, float]]:
    """The corners of a box [x, y, width, height]; raises BadEntry for anything else."""
    if not isinstance(value, list) or len(value) != 4:
        raise BadEntry("wrong_type", key)
    return box_corners(*numbers(value))


def numbers(values: Iterable[Any]) -> list[float]:
    """Coordinates; raises BadEntry for what is none."""
    return [value if type(value) is float else _number(value) for value in values]


def _number(value: Any) -> float:
    if value is None or isinstance(value, list | dict):
        # What is nested deeply has no text that could be shown.
        raise BadEntry("not_a_number", "null" if value is None else type(value).__name__)
    return number(value)


def read_records(
    path: Path, records: Iterable[Entry], read: Callable[[Entry, int], ImageLabel | None]
) -> Iterator[ImageLabel]:
    """The images that records describe, a record each.

    read: (record, its number from 1) -> its image, or None for a record that is left out on
        purpose.  A record it raises BadEntry for is a problem.
    """
    for line, record in enumerate(records, start=1):
        try:
            label = read(record, line)
        except BadEntry as bad:
            yield refused(path, bad, line)
        else:
            if label is not None:
                yield label


def refused(path: Path, bad: BadEntry, line: int) -> ImageLabel:
    """In place of an image that nothing is known of: what is wrong with its record."""
    kind, detail = bad.args
    return ImageLabel("", (), [Problem(kind, path, line, detail)])


def read_numbered(
    path: Path,
    numbered: Sequence[tuple[int, Entry]],
    parse: Callable[[Entry, int], Word | None],
    image: str,
    size: tuple[int, int] | None = None,
) -> ImageLabel:
    """``read_entries`` of (number, entry), where the entries of an image are not all of a file."""
    label = read_entries(path, numbered, lambda entry, _: parse(entry[1], entry[0]), image, size)
    lines = [number for number, _ in numbered]
    problems = [
        replace(problem, line=lines[problem.line - 1]) for problem in label.problems if problem.line
    ]
    return replace(label, problems=problems)
