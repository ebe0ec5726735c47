"""A cleaned copy of data sets: only what is sure to be right is changed, the originals never.

The copy is in ICDAR 2015 layout (``images/``, ``gts/gt_<name>.txt``), in UTF-8.
"""

import math
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dataset.doctor.data_checks import images_meant_otherwise
from dataset.doctor.examination import Examination
from dataset.doctor.findings import Finding
from dataset.doctor.parts import Part
from dataset.doctor.word_checks import edges_cross, extents, whichever_way_round
from dataset.geometry import polygon_area, without_repeats
from dataset.images import IMAGE_SUFFIXES
from dataset.labels import IGNORED_TEXT, MIN_AREA_PX, BadFile, Word, read_text
from dataset.readers.lines import split_lines
from runtime.messages import UserError

_CORNERS = 4
# Lines and entries that are no words: the copy simply does not have them.
_NO_WORDS = ("malformed_line", "coordinate_count", "not_a_number", "nan_coordinate",
             "infinite_coordinate", "huge_coordinate", "zero_area")  # fmt: skip


def write_repaired(examination: Examination, folder: Path) -> dict[str, int]:
    """Write the cleaned copy; gives how often each ``doctor.fix.<action>`` was taken.

    Of several data sets each gets a folder of its name.  Raises UserError where ``folder`` holds
    something already or cannot be written; it appears only when everything is in it.
    """
    done: Counter[str] = Counter()
    with _appearing(folder) as unfinished:
        for part in examination.parts:
            alone = len(examination.parts) == 1
            target = unfinished if alone else unfinished / part.name
            findings = [one for one in examination.findings if one.part == part.name]
            done += _PartCopy(part, findings, target).write()
    return dict(done)


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes its name at the end, and vanishes when that fails."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError("doctor.fix_in_use", path=folder)
    unfinished = folder.with_name(f".{folder.name}.unfinished-{os.getpid()}")
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("doctor.cannot_write", path=folder, reason=reason) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


class _PartCopy:
    """The cleaned copy of one data set."""

    def __init__(self, part: Part, findings: Sequence[Finding], folder: Path) -> None:
        self.part = part
        self.images, self.gts = folder / "images", folder / "gts"
        self.done: Counter[str] = Counter()
        self.stems: set[str] = set()
        self.of_image: dict[int, list[Finding]] = {}
        for finding in findings:
            if finding.image is not None:
                self.of_image.setdefault(finding.image, []).append(finding)
        self.meant_otherwise = images_meant_otherwise(part, findings)
        self.done["unpaired"] = sum(
            finding.kind in ("missing_image", "missing_label") for finding in findings
        )
        self.done["reencoded"] = sum(finding.kind == "not_utf8" for finding in findings)
        paths = map(part.dataset.image_path, range(part.dataset.num_images))
        self.number_of = {str(path): number for number, path in enumerate(paths)}

    def write(self) -> Counter[str]:
        self.images.mkdir(parents=True)
        self.gts.mkdir()
        numbers = range(self.part.dataset.num_images)
        for image in tqdm(numbers, unit="img", disable=None, leave=False):
            if self._is_kept(image):
                self._write_image(image)
        return +self.done

    def _is_kept(self, image: int) -> bool:
        kinds = {finding.kind for finding in self.of_image.get(image, [])}
        if self.part.looks[image].size is None:
            self.done["unreadable"] += 1
        elif image in self.meant_otherwise or "size_differs" in kinds:
            self.done["meant_otherwise"] += 1
        elif self.part.dataset.label_path(image) is None or "unreadable_label" in kinds:
            self.done["unlabelled"] += 1
        elif self._is_spare(image):
            self.done["copies"] += 1
        else:
            return True
        return False

    def _is_spare(self, image: int) -> bool:
        """Whether the same image is there before, with the same words."""
        for finding in self.of_image.get(image, []):
            if finding.kind == "duplicate_image":
                other = self.number_of.get(finding.about["other"])
                if other is not None and self._lines(other) == self._lines(image):
                    return True
        return False

    def _lines(self, image: int) -> list[str]:
        return sorted(map(label_line, self.part.dataset.words(image)))

    def _write_image(self, image: int) -> None:
        dataset = self.part.dataset
        size = self.part.looks[image].size
        assert size is not None
        findings = self.of_image.get(image, [])
        self.done["no_words"] += sum(finding.kind in _NO_WORDS for finding in findings)
        words = [*dataset.words(image), *self._untied(image)]
        words = repaired_words(sorted(words, key=lambda word: word.line), size, self.done)
        name, stem = self._new_name(dataset.image_name(image))
        with dataset.image_stream(image) as original, (self.images / name).open("wb") as copy:
            shutil.copyfileobj(original, copy, 1 << 20)
        lines = "".join(map(label_line, words))
        (self.gts / f"gt_{stem}.txt").write_text(lines, encoding="utf-8", newline="\n")

    def _new_name(self, name: str) -> tuple[str, str]:
        """A name for the copy of an image, and that without its suffix; no two are the same."""
        stem, suffix = os.path.splitext(name.replace("/", "_"))
        if suffix.lower() not in IMAGE_SUFFIXES:
            stem, suffix = stem + suffix, ".jpg"
        free, number = stem, 2
        while free in self.stems:
            free, number = f"{stem}_{number}", number + 1
        self.stems.add(free)
        return free + suffix, free

    def _untied(self, image: int) -> Iterator[Word]:
        """Bow ties whose lobes cancel out, which the reader took for words without an area.

        Only where the line can be read again: elsewhere their text is not known.
        """
        path = self.part.dataset.label_path(image)
        tied = [one for one in self.of_image.get(image, []) if one.kind == "bow_tie"]
        tied = [one for one in tied if polygon_area(np.array(one.boxes[0])) < MIN_AREA_PX]
        if path is None or not tied:
            return
        if self.part.dataset.format_name != "ic15":
            self.done["no_words"] += len(tied)
            return
        try:
            lines = split_lines(read_text(path))
        except (OSError, BadFile):
            return
        for finding in tied:
            assert finding.line is not None
            text = ",".join(lines[finding.line - 1].split(",")[2 * _CORNERS :]).strip()
            points = np.array(finding.boxes[0], np.float32)
            yield Word(points, text, text == IGNORED_TEXT, finding.line)


def repaired_words(
    words: Sequence[Word], size: tuple[int, int], done: Counter[str] | None = None
) -> list[Word]:
    """The words with their corners in order, cut at the edges of the image, each once.

    size: (height, width).  done: what was done is counted here; see ``write_repaired``.
    """
    done = Counter() if done is None else done
    kept: list[Word] = []
    known: set[tuple[bytes, bool]] = set()
    for word in words:
        if len(word.points) == _CORNERS and edges_cross(word.points[None])[0]:
            word = replace(word, points=_in_order(word.points))
            done["reordered"] += 1
        key = whichever_way_round(word.points), word.ignore
        if key in known:
            done["doubles"] += 1
            continue
        known.add(key)
        low, high = (extent[0] for extent in extents([word]))
        if (low < 0).any() or (high > size[::-1]).any():
            points = clip_to_image(word.points, size)
            outside = len(points) < 3 or polygon_area(points) < MIN_AREA_PX
            done["outside" if outside else "clipped"] += 1
            if outside:
                continue
            word = replace(word, points=points)
        kept.append(word)
    return kept


def _in_order(points: np.ndarray) -> np.ndarray:
    """Four corners (4, 2) in the order in which one meets them going around their middle."""
    apart = points - points.mean(axis=0)
    return points[np.argsort(np.arctan2(apart[:, 1], apart[:, 0]), kind="stable")]


def clip_to_image(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The part (L, 2) float32 of an outline (K, 2) inside an image of (height, width).

    Sutherland and Hodgman's way: the outline is cut along one edge of the image after the other.
    """
    outline = points.astype(np.float64)
    for axis, limit, sign in ((0, 0, 1), (0, size[1], -1), (1, 0, 1), (1, size[0], -1)):
        inside = sign * (outline[:, axis] - limit)
        cut: list[np.ndarray] = []
        for here, there, a, b in zip(
            outline, np.roll(outline, -1, axis=0), inside, np.roll(inside, -1), strict=True
        ):
            if a >= 0:
                cut.append(here)
            if (a < 0) != (b < 0):
                cut.append(here + (there - here) * (a / (a - b)))
        if not cut:
            return np.zeros((0, 2), np.float32)
        outline = np.array(cut)
    inside_all = np.clip(outline, 0, size[::-1])  # what rounding moved by a trillionth
    return without_repeats(inside_all.astype(np.float32))


def label_line(word: Word) -> str:
    """``x1,y1,...,text``, which ``read_ic15`` reads back: four points or more, ignored ``###``."""
    points = word.points.tolist()
    if len(points) == 3:
        points = _with_a_fourth(points)
    # With decimals, a fifth point cannot be taken for a number with thousands separators.
    form = "{:.6g}".format if len(points) == _CORNERS else "{:.2f}".format
    corners = ",".join(form(value) for point in points for value in point)
    return f"{corners},{_quoted(word)}\n"


def _with_a_fourth(points: list[list[float]]) -> list[list[float]]:
    """A triangle with the middle of its longest edge as a fourth point."""
    edges = [math.dist(points[i], points[(i + 1) % 3]) for i in range(3)]
    longest = edges.index(max(edges))
    ends = zip(points[longest], points[(longest + 1) % 3], strict=True)
    middle = [(a + b) / 2 for a, b in ends]
    return [*points[: longest + 1], middle, *points[longest + 1 :]]


def _quoted(word: Word) -> str:
    if word.ignore:
        return IGNORED_TEXT
    text = " ".join(word.text.split())
    if text == IGNORED_TEXT:
        return ""
    if "," in text or '"' in text:
        text = '"' + text.replace('"', '""') + '"'
    return text
