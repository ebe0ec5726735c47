"""What label files say of images: words, and what is wrong with them.

The records, and the checks that every reader shares; the readers are in ``dataset.readers``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dataset.geometry import polygon_area
from runtime.messages import say

IGNORED_TEXT = "###"
MIN_POINTS = 3
MIN_AREA_PX = 0.5
# Far beyond any photo, and well inside what the drawing routines and the clipper can count.
MAX_COORDINATE_PX = 1_000_000.0
# More points than any outline has, and few enough for all that is done with them.
MAX_POINTS = 10_000
# Files that are written in lines; problems in all others are numbered by entry.
_LINE_SUFFIXES = (".txt", ".gt", ".csv")
Entry = TypeVar("Entry")


@dataclass(frozen=True, eq=False)
class Word:
    """One labelled word.

    points: (K, 2) float32, x then y in pixels of the image as it is seen (EXIF rotation applied).
    text: the transcription, "" where there is none.
    ignore: neither trained on nor scored (unreadable; its text is often ``###``).
    line: where it stands in the label file, counted from 1: the line, or in files that are not
        written in lines the entry.
    difficult: what the data set's own scoring goes easy on and training does not: the mark
        "difficult" of MSRA-TD500, the orientation ``#`` of Total-Text.  None where the data set has
        no such mark.
    """

    points: np.ndarray
    text: str
    ignore: bool
    line: int
    difficult: bool | None = None

    @property
    def is_difficult(self) -> bool:
        """The data set's mark; ``ignore`` where it has none."""
        return self.ignore if self.difficult is None else self.difficult


@dataclass(frozen=True)
class Problem:
    """Something in the data that training goes around.

    kind: the message ``data.problem.<kind>`` describes it.
    line: line or entry, counted from 1; None where the whole file is meant.
    detail: what was found there.
    image: which image it is about, in files that label many.
    """

    kind: str
    path: Path
    line: int | None = None
    detail: str = ""
    image: str = ""


@dataclass(frozen=True, eq=False)
class ImageLabel:
    """What a label file says of one image.

    image: the image's name in the file; "" in a file that is about one image alone.
    size: (height, width) of the image by the file, None where it does not say.
    left_out: entries that are no words and are meant to be none, such as the single characters
        that some files hold beside each word.
    """

    image: str
    words: Sequence[Word]
    problems: Sequence[Problem] = ()
    size: tuple[int, int] | None = None
    left_out: int = 0


# Label file -> what it says, image by image; an image may come in several pieces, anywhere.
# Raises BadFile where nothing more can be read.
Reader = Callable[[Path], Iterator[ImageLabel]]


class BadEntry(ValueError):
    """An entry that is no word: (kind of problem, detail)."""


class BadFile(ValueError):
    """A file that does not hold what it should: (kind of problem, detail)."""


def make_word(
    points: Any, text: str, ignore: bool, line: int, difficult: bool | None = None
) -> Word:
    """A word out of what a file says, once that has been found sound.

    points: (K, 2) numbers.  Raises BadEntry for too few points, for numbers that are not finite or
    absurdly large, and for an outline without an area.
    """
    outline = np.asarray(points, np.float64).reshape(-1, 2)
    if not MIN_POINTS <= len(outline) <= MAX_POINTS:
        raise BadEntry("too_few_points" if len(outline) < MIN_POINTS else "too_many_points",
                       str(len(outline)))  # fmt: skip
    if not (np.abs(outline) <= MAX_COORDINATE_PX).all():
        raise BadEntry("not_finite", written(outline))
    if polygon_area(outline) < MIN_AREA_PX:
        raise BadEntry("zero_area", written(outline))
    return Word(outline.astype(np.float32), text, ignore, line, difficult)


def box_corners(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    """The corners of an upright box, clockwise from its top left."""
    right, bottom = x + width, y + height
    return [(x, y), (right, y), (right, bottom), (x, bottom)]


def number(value: Any) -> float:
    """A coordinate: a number, or a string that is one.  Raises BadEntry for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadEntry("not_a_number", str(value)[:80])
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise BadEntry("not_a_number", str(value)[:80]) from None


def written(points: np.ndarray) -> str:
    """Coordinates as a label file writes them: ``x1,y1,x2,y2,...``."""
    return ",".join(f"{value:g}" for value in points.ravel().tolist()[:20])


def read_entries(
    path: Path,
    entries: Iterable[Entry],
    parse: Callable[[Entry, int], Word | None],
    image: str = "",
    size: tuple[int, int] | None = None,
) -> ImageLabel:
    """Parse the entries of an image, numbered from 1; what BadEntry is raised for is a problem.

    parse: (entry, its number) -> a word, or None for an entry that is left out on purpose.
    """
    words: list[Word] = []
    problems: list[Problem] = []
    left_out = 0
    for line, entry in enumerate(entries, start=1):
        try:
            word = parse(entry, line)
        except BadEntry as bad:
            kind, detail = bad.args
            problems.append(Problem(kind, path, line, detail, image))
        else:
            words += [] if word is None else [word]
            left_out += word is None
    return ImageLabel(image, words, problems, size, left_out)


def read_text(path: Path) -> str:
    """A text file: UTF-8 with or without a byte-order mark, CP949, or UTF-16 with a mark.

    Raises BadFile for anything else.
    """
    content = path.read_bytes()
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("cp949")
    except UnicodeDecodeError:
        raise BadFile("encoding", "") from None


def describe(problem: Problem) -> str:
    """Where the problem is, and what it is."""
    text = say(f"data.problem.{problem.kind}", detail=problem.detail)
    path = f"{problem.path}: {problem.image}" if problem.image else problem.path
    if problem.line is None:
        return say("data.place.file", path=path, text=text)
    place = "line" if problem.path.suffix.lower() in _LINE_SUFFIXES else "entry"
    return say(f"data.place.{place}", path=path, line=problem.line, text=text)


def read_file(read: Reader, path: Path) -> Iterator[ImageLabel]:
    """What ``read`` makes of a file, the reason why it could not go on being the last problem."""
    try:
        yield from read(path)
    except BadFile as bad:
        kind, detail = bad.args
        yield ImageLabel("", (), [Problem(kind, path, detail=detail)])
    except OSError as error:
        reason = error.strerror or str(error)
        yield ImageLabel("", (), [Problem("label_unreadable", path, detail=reason)])
