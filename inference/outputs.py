"""Results of detection as files: where they go, and the label formats of other tools."""

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dataset.geometry import polygon_area
from dataset.images import same_form
from dataset.labels import MIN_AREA_PX, MIN_POINTS
from dataset.readers.icdar import parse_ic15_line
from inference.crops import cut_out
from inference.inputs import Page, Source
from inference.overlay import write_image
from inference.results import write_bytes
from models.post_processing import Detection
from runtime.messages import UserError

DEFAULT_FOLDER = Path("inference_results")
COCO_FILE, PADDLE_FILE = "coco.json", "Label.txt"
# What PPOCRLabel writes for a box that nobody has read yet; its button "Re-recognition" fills it.
UNREAD_TEXT = "待识别"
# JPEG counts the pixels of a side with 16 bits.
LONGEST_JPEG_PX = 65_500
_ICDAR_POINTS = 4


@dataclass(frozen=True, eq=False)
class PageResult:
    """What was found on a page.

    name: of its results, unlike that of any other page.
    pixels: uint8 (height, width, 3) RGB, upright.  words: corners in these pixels.
    """

    page: Page
    name: str
    pixels: np.ndarray
    words: Sequence[Detection]


class ResultPaths:
    """Where results go: never over a file that is read, never two to one place.

    output: a file for the overlay of a single photo, or a folder.  json: for a single photo only.
    formats: keys of FORMATS that are written too.
    Raises UserError where that is not to be had.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        output: Path | None = None,
        json: Path | None = None,
        formats: Sequence[str] = (),
    ) -> None:
        self._inputs = {source.path.resolve() for source in sources}
        self._file = output if output and output.suffix and not output.is_dir() else None
        self._json = json
        _refuse_one_file_for_many(sources, self._file, json)
        self.folder = self._file.parent if self._file else output or DEFAULT_FOLDER
        # The JSON of a photo of this name would be the COCO file.
        self._taken = {Path(COCO_FILE).stem} if "coco" in formats else set()
        self._names = {source.path: self._free_name(source.path.stem) for source in sources}
        photos = [source.path for source in sources if source.kind == "photo"]
        for photo in photos:
            self._check_photo(photo)
        folders = [os.path.abspath(photo.parent) for photo in photos]
        if len(photos) < len(sources):
            folders.append(os.path.abspath(self._page_folder))
        self._base = Path(os.path.commonpath(folders))

    def name(self, page: Page) -> str:
        """A name for the results of a page: its file's, numbered where that is taken."""
        name = self._names[page.source.path]
        if page.source.kind == "photo" or page.number is None:
            return name
        return self._free_name(f"{name}_{page.source.kind}_{page.number:04d}")

    def overlay(self, page: Page, name: str, size: tuple[int, int]) -> Path:
        """For the overlay of a page of (height, width)."""
        if self._file:
            return self.checked(self._file)
        lossless = page.source.path.suffix.lower() == ".png" or max(size) > LONGEST_JPEG_PX
        return self.checked(self.folder / f"{name}_result{'.png' if lossless else '.jpg'}")

    def json(self, name: str) -> Path:
        """For the JSON of a page."""
        beside = self._file.with_suffix(".json") if self._file else self.folder / f"{name}.json"
        return self.checked(self._json or beside)

    def labelled_image(self, page: Page, name: str) -> Path:
        """The image file that label files name: a photo itself; of a page a picture is needed."""
        if page.source.kind == "photo":
            return page.source.path
        return self.checked(self._page_folder / f"{name}.png")

    def label_name(self, result: PageResult) -> str:
        """An image as label files name it: its path from the folder that holds all of them."""
        image = self.labelled_image(result.page, result.name)
        return Path(os.path.abspath(image)).relative_to(self._base).as_posix()

    @property
    def label_folder(self) -> str:
        """The name of the folder that holds all labelled images."""
        return self._base.name

    def checked(self, path: Path) -> Path:
        """``path``; UserError where it is that of a file that is read."""
        if path.resolve() in self._inputs:
            raise UserError("infer.would_overwrite", path=path)
        return path

    @property
    def _page_folder(self) -> Path:
        return self.folder / "pages"

    def _free_name(self, stem: str) -> str:
        numbered = (f"{stem}_{number}" for number in itertools.count(2))
        for name in itertools.chain([stem], numbered):
            key = same_form(name).casefold()
            if key not in self._taken:
                self._taken.add(key)
                return name
        raise AssertionError("numbers never end")

    def _check_photo(self, photo: Path) -> None:
        name = self._names[photo]
        overlay = self.overlay(Page(Source(photo, "photo"), None, _nothing), name, (1, 1))
        if overlay.resolve() == self.json(name).resolve():
            raise UserError("infer.same_file", path=self.json(name))


def _nothing() -> np.ndarray:
    raise NotImplementedError


def _refuse_one_file_for_many(
    sources: Sequence[Source], file: Path | None, json: Path | None
) -> None:
    count = len(sources)
    if count > 1 and json:
        raise UserError("infer.one_json", count=count)
    if count > 1 and file:
        raise UserError("infer.output_folder", count=count, path=file)
    if sources[0].kind != "photo" and (file or json):
        raise UserError("infer.pages_need_folder", path=sources[0].path, output=file or json)


class LabelWriter(Protocol):
    """Writes one format.

    written: where, for people.
    """

    written: Path

    def add(self, result: PageResult) -> None:
        """Take up the words of one page."""

    def close(self) -> None:
        """Write what is only written at the end."""


class IcdarFiles:
    """``res_<name>.txt`` for each page, of a word a line: ``x1,y1,x2,y2,...``."""

    def __init__(self, paths: ResultPaths) -> None:
        self._paths = paths
        self.written = paths.folder / "res_*.txt"

    def add(self, result: PageResult) -> None:
        """Write the file of one page."""
        lines = [_icdar_line(points) for points in _outlines(result.words)]
        path = self._paths.checked(self._paths.folder / f"res_{result.name}.txt")
        write_bytes(path, "".join(line + "\n" for line in lines).encode())

    def close(self) -> None:
        """Nothing is left to be written."""


class CocoFile:
    """One JSON for all pages; words have ``segmentation``, ``bbox``, ``area`` and ``score``."""

    def __init__(self, paths: ResultPaths) -> None:
        self._paths = paths
        self.written = paths.checked(paths.folder / COCO_FILE)
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add(self, result: PageResult) -> None:
        """Take up the words of one page."""
        height, width = result.pixels.shape[:2]
        image = len(self._images) + 1
        name = self._paths.label_name(result)
        self._images.append({"id": image, "file_name": name, "width": width, "height": height})
        for word in result.words:
            if not _is_label(word.points):
                continue
            low, high = word.points.min(axis=0), word.points.max(axis=0)
            self._annotations.append(
                {
                    "id": len(self._annotations) + 1,
                    "image_id": image,
                    "category_id": 1,
                    "segmentation": [word.points.ravel().tolist()],
                    "bbox": [*low.tolist(), *(high - low).tolist()],
                    "area": polygon_area(word.points),
                    "iscrowd": 0,
                    "score": round(float(word.score), 6),
                }
            )

    def close(self) -> None:
        """Write the file."""
        content = {
            "images": self._images,
            "annotations": self._annotations,
            "categories": [{"id": 1, "name": "text", "supercategory": "text"}],
        }
        text = json.dumps(content, ensure_ascii=False)
        write_bytes(self.written, text.encode("utf-8", "backslashreplace"))


class PaddleFile:
    """``Label.txt`` of PaddleOCR and PPOCRLabel: ``folder/image``, a TAB, a JSON list of words.

    A file that is there already may hold somebody's corrections, and is never written over.
    """

    def __init__(self, paths: ResultPaths) -> None:
        self._paths = paths
        self.written = paths.checked(paths.folder / PADDLE_FILE)
        self._lines: list[str] = []
        if self.written.exists():
            raise UserError("infer.labels_exist", path=self.written)

    def add(self, result: PageResult) -> None:
        """Take up the words of one page."""
        folder = self._paths.label_folder
        name = f"{folder}/{self._paths.label_name(result)}".removeprefix("/")
        if any(sign in name for sign in "\t\r\n"):
            raise UserError("infer.name_breaks_label", path=result.page.source.path)
        words = [
            {"transcription": UNREAD_TEXT, "points": points.tolist(), "difficult": False}
            for points in _outlines(result.words)
        ]
        self._lines.append(f"{name}\t{json.dumps(words, ensure_ascii=False)}\n")

    def close(self) -> None:
        """Write the file."""
        write_bytes(self.written, "".join(self._lines).encode("utf-8", "surrogateescape"))


class Crops:
    """``crops/<name>/0001.png``: the words of a page, in the order of its JSON."""

    def __init__(self, paths: ResultPaths) -> None:
        self._paths = paths
        self.written = paths.folder / "crops"

    def add(self, result: PageResult) -> None:
        """Write the crops of one page, and remove those that a run before had more."""
        folder = self.written / result.name
        for number, word in enumerate(result.words, start=1):
            path = self._paths.checked(folder / f"{number:04d}.png")
            write_image(path, cut_out(result.pixels, word.points))
        for number in itertools.count(len(result.words) + 1):
            path = folder / f"{number:04d}.png"
            if not path.exists():
                break
            self._paths.checked(path).unlink()

    def close(self) -> None:
        """Nothing is left to be written."""


class Labels:
    """All formats that are wanted, written together.

    Raises UserError at the start for what must not be written over.
    """

    def __init__(self, formats: Sequence[str], paths: ResultPaths) -> None:
        self._paths = paths
        self._writers = [FORMATS[name](paths) for name in dict.fromkeys(formats)]
        self._of_images = not set(formats) <= {"crops"}
        self._pages = 0

    @property
    def written(self) -> list[Path]:
        """What has been written, once closed."""
        return [writer.written for writer in self._writers] if self._pages else []

    def add(self, result: PageResult) -> None:
        """Take up the words of a page; labels of a page of a PDF need a picture of it beside."""
        if self._of_images and result.page.source.kind != "photo":
            write_image(self._paths.labelled_image(result.page, result.name), result.pixels)
        for writer in self._writers:
            writer.add(result)
        self._pages += 1

    def close(self) -> None:
        """Write what is only written at the end; nothing where no page could be read."""
        for writer in self._writers if self._pages else ():
            writer.close()


FORMATS: Mapping[str, Callable[[ResultPaths], LabelWriter]] = {
    "icdar": IcdarFiles,
    "coco": CocoFile,
    "paddle": PaddleFile,
    "crops": Crops,
}


def _outlines(words: Sequence[Detection]) -> Iterator[np.ndarray]:
    return (word.points for word in words if _is_label(word.points))


def _is_label(points: np.ndarray) -> bool:
    """Whether an outline is one that label files may hold; a line of pixels has no area."""
    return len(points) >= MIN_POINTS and polygon_area(points) >= MIN_AREA_PX


def _icdar_line(points: np.ndarray) -> str:
    """``x1,y1,x2,y2,...``, begun at a corner from which all of it reads as coordinates.

    A triangle has its last corner twice, for the format wants four.  Of five corners the last could
    be taken for a number with thousands separators that is the word's text.
    """
    if len(points) < _ICDAR_POINTS:
        points = np.concatenate([points, points[-1:]])
    lines = [
        ",".join(map(str, np.roll(points, -first, axis=0).ravel().tolist()))
        for first in range(len(points) if len(points) == _ICDAR_POINTS + 1 else 1)
    ]
    return next((line for line in lines if not parse_ic15_line(line, 1).text), lines[0])
