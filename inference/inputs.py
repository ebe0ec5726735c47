"""What ``--image`` names: photos, folders, patterns, PDFs, TIFF files of many pages, videos, lists.

A name is looked up before anything is detected; pages are read one at a time, when their turn is.
"""

import glob
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from dataset.images import (
    IMAGE_SUFFIXES,
    TooManyPixels,
    count_pages,
    in_natural_order,
    list_images,
    read_image,
    read_page,
    refuse_too_many,
    same_form,
    unreadable,
)
from dataset.labels import BadFile, read_text
from runtime.messages import UserError, say

PDF_SUFFIXES, TIFF_SUFFIXES = (".pdf",), (".tif", ".tiff")
VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp",
)  # fmt: skip
SUFFIXES = (*IMAGE_SUFFIXES, *PDF_SUFFIXES, *VIDEO_SUFFIXES)
DEFAULT_DPI, DEFAULT_EVERY = 200, 30
_POINTS_PER_INCH = 72
# FFmpeg talks about every damaged frame on the terminal; what matters is said by us.
_SILENT = "-8"


@dataclass(frozen=True)
class Source:
    """A file to look for words in.

    kind: 'photo', 'page' (a PDF, or a TIFF file of several pages) or 'frame' (a video).
    """

    path: Path
    kind: str


@dataclass(frozen=True)
class Page:
    """One image of a source.

    number: of the page or of the frame, counted from 1; None for a photo.
    read: gives uint8 (height, width, 3) RGB, upright; raises UserError where that cannot be done.
    """

    source: Source
    number: int | None
    read: Callable[[], np.ndarray]

    @property
    def title(self) -> str:
        """For people: the file and, of several, the page."""
        if self.number is None:
            return str(self.source.path)
        return say(f"infer.title.{self.source.kind}", path=self.source.path, number=self.number)


def find_sources(names: Sequence[str]) -> list[Source]:
    """The files behind names, each once: files as they are, those of folders and of patterns in
    natural order.

    ``@FILE`` stands for the names in a text file, ``-`` for those on standard input, one a line.
    Raises UserError for a name behind which there is nothing to look at.
    """
    plain = [line for name in names for line in _lines_behind(name)]
    if not plain:
        raise UserError("infer.empty_list", name=" ".join(names))
    paths = [path for name in plain for path in _files_behind(name)]
    return [Source(path, _kind(path)) for path in dict.fromkeys(paths)]


def pages_of(source: Source, dpi: int, every: int) -> Iterator[Page]:
    """The images of a source.

    dpi: at which the pages of a PDF are drawn.  every: of how many frames of a video one is taken.
    A source that cannot be opened has one page, whose reading says why.
    """
    if source.kind == "frame":
        return _frames(source, every)
    if source.kind == "photo":
        return iter([Page(source, None, partial(read_image, source.path))])
    if _suffix(source.path) in PDF_SUFFIXES:
        return _pdf_pages(source, dpi)
    numbers = range(1, count_pages(source.path) + 1)
    return (Page(source, number, partial(read_page, source.path, number)) for number in numbers)


def _lines_behind(name: str) -> list[str]:
    if name == "-":
        lines = os.fsdecode(sys.stdin.buffer.read()).splitlines()
    elif name.startswith("@") and not Path(name).exists():
        path = Path(name[1:]).expanduser()
        try:
            lines = read_text(path).splitlines()
        except OSError as error:
            raise UserError("infer.list_unreadable", path=path, reason=error.strerror) from None
        except BadFile:
            reason = say("data.problem.encoding", detail="")
            raise UserError("infer.list_unreadable", path=path, reason=reason) from None
    else:
        return [name]
    return [line.strip() for line in lines if line.strip()]


def _files_behind(name: str) -> list[Path]:
    path = Path(name).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        matches = list_images(path, SUFFIXES)
    else:
        found = map(Path, in_natural_order(glob.glob(str(path), recursive=True)))
        matches = [file for file in found if _suffix(file) in SUFFIXES and file.is_file()]
        matches = matches or _other_unicode_form(path)
    if not matches:
        raise UserError("infer.no_image", name=name)
    return matches


def _other_unicode_form(path: Path) -> list[Path]:
    """The file whose name differs only in how its Hangul is stored (composed or decomposed)."""
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    return [file for file in siblings if same_form(file.name) == same_form(path.name)][:1]


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _kind(path: Path) -> str:
    if _suffix(path) in VIDEO_SUFFIXES:
        return "frame"
    if _suffix(path) in PDF_SUFFIXES or (_suffix(path) in TIFF_SUFFIXES and count_pages(path) > 1):
        return "page"
    return "photo"


def _pdf_pages(source: Source, dpi: int) -> Iterator[Page]:
    try:
        import pypdfium2
    except ImportError:
        raise UserError("infer.no_pdfium", path=source.path) from None
    try:
        document = pypdfium2.PdfDocument(source.path)
        count = len(document)
    except (pypdfium2.PdfiumError, OSError) as error:
        yield Page(source, None, partial(_fail, source.path, error))
        return
    # The document is closed with the last page that knows it.
    for index in range(count):
        yield Page(source, index + 1, partial(_draw_page, source.path, document, index, dpi))


def _draw_page(path: Path, document: Any, index: int, dpi: int) -> np.ndarray:
    """uint8 (height, width, 3) RGB of a page of an open pypdfium2.PdfDocument."""
    scale = dpi / _POINTS_PER_INCH
    try:
        page = document[index]
        # A page of a few bytes may claim to be as large as a house.
        width, height = (int(side * scale) for side in page.get_size())
        refuse_too_many((width, height))
        bitmap = page.render(scale=scale, rev_byteorder=True)
        pixels = bitmap.to_numpy().copy()  # the memory of a bitmap goes with it
    except (RuntimeError, OSError, TooManyPixels) as error:  # PdfiumError is a RuntimeError
        raise unreadable(path, error) from None
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    return np.ascontiguousarray(pixels[:, :, :3])


def _frames(source: Source, every: int) -> Iterator[Page]:
    """Frames 1, 1 + every, ... as far as the video can be decoded."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _SILENT)
    video = cv2.VideoCapture(str(source.path))
    number = 0
    try:
        while video.grab():
            number += 1
            if (number - 1) % every:
                continue
            decoded, frame = video.retrieve()
            if decoded:
                pixels = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
                yield Page(source, number, partial(np.asarray, pixels))
    finally:
        video.release()
    if not number:
        error = OSError(say("infer.damage.no_frame"))
        yield Page(source, None, partial(_fail, source.path, error))


def _fail(path: Path, error: Exception) -> np.ndarray:
    raise unreadable(path, error)
