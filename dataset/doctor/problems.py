"""What readers report of label files, told apart more finely, and in which encoding they are."""

import codecs
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dataset.doctor.findings import Box, Finding
from dataset.doctor.parts import Part
from dataset.doctor.word_checks import crossing_kind, edges_cross
from dataset.labels import BadFile, Problem, read_text
from dataset.readers.lines import split_lines
from dataset.text_dataset import TextDataset
from runtime.messages import say

_LINE_SUFFIXES = (".txt", ".csv", ".gt")
_TEXT_SUFFIXES = (*_LINE_SUFFIXES, ".json")
_READ_AT_ONCE = 1 << 20
_NORMALISED = 1.05
# What the readers call it -> what the doctor does; anything else is a malformed line or entry.
_PLAIN_KINDS = {
    "too_many_points": "coordinate_count",
    "wrong_count": "coordinate_count",
    "not_a_number": "not_a_number",
    "missing_label": "missing_label",
    "missing_image": "missing_image",
    "image_unreadable": "unreadable_image",
    "encoding": "unreadable_label",
    "label_unreadable": "unreadable_label",
    "label_too_long": "unreadable_label",
    "not_json": "unreadable_label",
    "not_mat": "unreadable_label",
    "pickle_damaged": "unreadable_label",
    "pickle_refused": "unreadable_label",
}
# Kinds for which the reader's own sentence says best what was found.
_IN_A_SENTENCE = ("malformed_line", "coordinate_count", "unreadable_label")


def findings_of_problems(part: Part) -> list[Finding]:
    """What the readers could not use, told apart more finely, and normalised coordinates."""
    finder = _ImageFinder(part.dataset)
    normalised = _normalised_labels(part, finder)
    findings = []
    for problem in part.dataset.problems:
        key = (problem.path, problem.image)
        if problem.kind == "zero_area" and key in normalised:
            continue
        kind, boxes = _kind_of(problem), _boxes_in(problem)
        about = {"detail": _detail(problem, kind)}
        photo = _photo(part, finder.find(problem), problem)
        findings.append(Finding(kind, problem.path, problem.line, about, part.name, *photo, boxes))
    for problems in normalised.values():
        first = problems[0]
        counted: dict[str, Any] = {"count": len(problems), "detail": first.detail[:60]}
        photo = _photo(part, finder.find(first), first)
        kind = "normalised_coordinates"
        findings.append(Finding(kind, first.path, first.line, counted, part.name, *photo))
    return findings


def _photo(part: Part, image: int | None, problem: Problem) -> tuple[int | None, str]:
    """Number and name of the photo that a problem is about, as far as they are known."""
    return image, problem.image if image is None else part.dataset.image_name(image)


def _kind_of(problem: Problem) -> str:
    """The doctor's name for what a reader found; it tells more kinds apart."""
    if problem.kind == "too_few_points":
        return "malformed_line" if problem.detail == "0" else "coordinate_count"
    if problem.kind == "not_finite":
        written = problem.detail.lower()
        if "nan" in written:
            return "nan_coordinate"
        return "infinite_coordinate" if "inf" in written else "huge_coordinate"
    if problem.kind == "zero_area":
        points = points_of(problem)
        if len(points) < 4 or not edges_cross(points[None])[0]:
            return "zero_area"
        return crossing_kind(len(points))
    return _PLAIN_KINDS.get(problem.kind, "malformed_line")


def _detail(problem: Problem, kind: str) -> str:
    """What was found: a value, the line that has no coordinates, or else the reader's sentence."""
    if kind not in _IN_A_SENTENCE:
        return problem.detail
    if kind == "malformed_line" and problem.kind == "too_few_points":
        lines = _lines_of(problem.path)
        if problem.line is not None and problem.line <= len(lines):
            return say("doctor.no_coordinates", line=lines[problem.line - 1].strip()[:60])
    return say(f"data.problem.{problem.kind}", detail=problem.detail)


@lru_cache(maxsize=4)
def _lines_of(path: Path) -> list[str]:
    """The lines of a text file; none of other files."""
    if path.suffix.lower() not in _LINE_SUFFIXES:
        return []
    try:
        return split_lines(read_text(path))
    except (OSError, BadFile):
        return []


def points_of(problem: Problem) -> np.ndarray:
    """(K, 2) the coordinates that a reader quotes; none where it quotes no pairs of numbers."""
    try:
        numbers = np.array([float(value) for value in problem.detail.split(",")])
    except ValueError:
        return np.zeros((0, 2))
    return numbers.reshape(-1, 2) if len(numbers) % 2 == 0 else np.zeros((0, 2))


def _boxes_in(problem: Problem) -> tuple[Box, ...]:
    if problem.kind != "zero_area":
        return ()
    points = points_of(problem)
    return (tuple(map(tuple, points.tolist())),) if len(points) else ()


class _ImageFinder:
    """Which photo of a data set a problem in a label file is about."""

    def __init__(self, dataset: TextDataset) -> None:
        self.by_name: dict[tuple[Path, str], int] = {}
        self.alone: dict[Path, int] = {}
        images_in = Counter(map(dataset.label_path, range(dataset.num_images)))
        for image in range(dataset.num_images):
            path = dataset.label_path(image)
            if path is not None:
                self.by_name[path, dataset.image_name(image)] = image
                if images_in[path] == 1:
                    self.alone[path] = image

    def find(self, problem: Problem) -> int | None:
        """The photo's number; None where the data set has no such photo."""
        alone = self.alone.get(problem.path)
        return self.by_name.get((problem.path, problem.image), alone)


def _normalised_labels(part: Part, finder: _ImageFinder) -> dict[tuple[Path, str], list[Problem]]:
    """Labels all of whose boxes have fractions of the image's sides for coordinates.

    Such boxes cover less than a pixel, so that readers find no area in them.
    """
    flat: dict[tuple[Path, str], list[Problem]] = {}
    for problem in part.dataset.problems:
        if problem.kind == "zero_area":
            flat.setdefault((problem.path, problem.image), []).append(problem)
    return {
        key: problems
        for key, problems in flat.items()
        if all(map(_are_fractions, problems)) and _fits_a_pixel(part, finder.find(problems[0]))
    }


def _fits_a_pixel(part: Part, image: int | None) -> bool:
    """Whether no word of a photo, if it has any, reaches further than fractions do."""
    words = [] if image is None else part.dataset.words(image)
    return all(word.points.max() <= _NORMALISED for word in words)


def _are_fractions(problem: Problem) -> bool:
    points = points_of(problem)
    if not len(points) or points.min() < -0.05 or points.max() > _NORMALISED:
        return False
    return bool((points != np.rint(points)).any())


def findings_of_encoding(part: Part) -> Iterator[Finding]:
    """Label files that are text, yet not UTF-8."""
    unreadable = {problem.path for problem in part.dataset.problems if problem.kind == "encoding"}
    paths = dict.fromkeys(map(part.dataset.label_path, range(part.dataset.num_images)))
    for path in paths:
        if path is None or path in unreadable or path.suffix.lower() not in _TEXT_SUFFIXES:
            continue
        if (line := _first_line_not_utf8(path)) is not None:
            yield Finding("not_utf8", path, line, part=part.name)


def _first_line_not_utf8(path: Path) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    try:
        with path.open("rb") as file:
            while chunk := file.read(_READ_AT_ONCE):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    return lines + chunk[: error.start].count(b"\n")
                lines += chunk.count(b"\n")
    except OSError:  # the reader has said so
        return None
    return None
