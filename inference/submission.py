"""Result files in the form that each protocol's own program reads: writing, reading, scoring them.

A submission has a text file for each image, with one polygon a line, in whole pixels.  ICDAR takes
the files in a zip, the other data sets in a folder; their programs leave out images without a file,
and so there is one for every image.  ICDAR 2015's boxes have four corners; its protocol takes any
number, and so a polygon of more corners is written as it is.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from dataset.formats import FORMATS
from dataset.labels import IGNORED_TEXT, Word, describe, read_file
from inference.results import write_bytes
from inference.scoring import Score, check_protocol, score
from models.post_processing import Detection
from runtime.messages import UserError

_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)
_SHARE = re.compile(r"\s*(0(\.\d*)?|1(\.0*)?|\.\d+)\s*", re.ASCII)
_QUOTED = re.compile(r'\s*"(.*)"\s*')
_TRUTH_FIELDS = 8
# Zip keeps the time of each entry; a fixed one makes equal results equal files.
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Form:
    """How a protocol's program wants result files.

    entry: the file of an image; ``{}`` is the image's name without its suffix.
    truth: pattern of a label file's name, whose group is the image's.
    labels: the format of these, a key of ``FORMATS``; "" for the competition's own.
    rows_first: y stands before x.  distinct: no point of a polygon comes twice.
    scored: a line ends with the score, from 0 to 1.
    zipped: the files come in a zip.
    complete: an image without a file counts as one without detections.
    least: numbers in a line.
    """

    entry: str
    truth: str
    labels: str = ""
    separator: str = ","
    rows_first: bool = False
    distinct: bool = False
    scored: bool = False
    zipped: bool = False
    complete: bool = False
    least: int = 6


FORMS: dict[str, Form] = {
    "icdar2015": Form("res_{}.txt", r"gt_(.+)\.txt", zipped=True, complete=True, least=8),
    "icdar2017": Form(
        "res_{}.txt", r"gt_(.+)\.txt", scored=True, zipped=True, complete=True, least=8
    ),
    "total_text": Form("{}.txt", r"poly_gt_(.+)\.(?:mat|txt)", "total_text", rows_first=True),
    "ctw1500": Form("{}.txt", r"(.+)\.txt", "ctw", rows_first=True, distinct=True),
    "msra_td500": Form("{}.txt", r"(.+)\.gt", "msra", separator=", "),
}


def submission_path(path: Path, protocol: str) -> Path:
    """Where ``write_submission`` is to write what a user calls ``path``: a folder or a zip."""
    return path.with_suffix(".zip") if FORMS[protocol].zipped and not path.suffix else path


def refuse_folder(
    path: Path, images: Iterable[str | PurePath], protocol: str, inputs: Iterable[Path | None]
) -> None:
    """Raise UserError for a folder in which ``write_submission`` would do harm.

    That is one of ``inputs``, and one with results of other images: the protocol's program would
    take those for results of this run.
    """
    if _in_a_zip(path, FORMS[protocol]) or not path.is_dir():
        return
    if any(one is not None and one.exists() and path.samefile(one) for one in inputs):
        raise UserError("submission.over_data", path=path)
    ours = {FORMS[protocol].entry.format(PurePath(image).stem) for image in images}
    others = sorted(file.name for file in path.glob("*.txt") if file.name not in ours)
    if others:
        raise UserError("submission.other_results", path=path, name=others[0], count=len(others))


def write_submission(
    results: Iterable[tuple[str | PurePath, Sequence[Detection]]],
    path: Path,
    protocol: str = "icdar2015",
) -> None:
    """Write a submission: a zip for ICDAR and where ``path`` ends with .zip, else a folder.

    results: (image file, its detections); ``img_1.jpg`` becomes the entry ``res_img_1.txt`` or
        ``img_1.txt``, an image without detections an empty one.

    Raises UserError where two images have the same name but for the suffix, or where the files
    cannot be written.
    """
    form = FORMS[protocol]
    entries = _entries(results, form)
    if not _in_a_zip(path, form):
        for entry, content in entries.items():
            write_bytes(path / entry, content)
        return
    archived = io.BytesIO()
    with zipfile.ZipFile(archived, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries.items():
            archive.writestr(zipfile.ZipInfo(entry, _ENTRY_TIME), content)
    write_bytes(path, archived.getvalue())


def score_submission(submission: Path, truths: Path, protocol: str = "icdar2015") -> Score:
    """Score a submission as the protocol's own program does.

    Images come in the order in which the truths list them; where that program leaves out those
    without a result file, so does this.
    """
    check_protocol(protocol)
    form = FORMS[protocol]
    words = read_truths(truths, protocol)
    polygons = read_submission(submission, protocol)
    for stem in polygons:
        if stem not in words:
            entry = form.entry.format(stem)
            raise UserError("submission.unknown_image", path=submission, entry=entry)
    counted = [stem for stem in words if form.complete or stem in polygons]
    found = [polygons.get(stem, []) for stem in counted]
    return score(found, [words[stem] for stem in counted], protocol)


def read_submission(path: Path, protocol: str = "icdar2015") -> dict[str, list[np.ndarray]]:
    """Polygons (K, 2) int64, x then y, of each image of a zip or folder, by the image's stem."""
    form = FORMS[protocol]
    pattern = re.escape(form.entry).replace(r"\{\}", "(.+)")
    polygons = {}
    for entry, text in _read_texts(path):
        name = re.fullmatch(pattern, entry)
        if not name:
            expected = form.entry.format("*")
            raise UserError("submission.entry_name", path=path, entry=entry, expected=expected)
        polygons[name[1]] = [
            _parse_polygon(line, form, f"{path}/{entry}", number) for number, line in _lines(text)
        ]
    return polygons


def read_truths(path: Path, protocol: str = "icdar2015") -> dict[str, list[Word]]:
    """Words of each image, by its stem: ICDAR's from a zip or a folder, others from a folder.

    ICDAR's are read as the competition's own program reads them: four corners, and the text is what
    follows the LAST comma.  (Training reads labels by ``dataset.labels``, which keeps commas.)
    """
    form = FORMS[protocol]
    words = dict(_labels(path, form) if form.labels else _icdar_truths(path, form))
    if not words:
        raise UserError("submission.no_truths", path=path, expected=form.truth)
    return words


def _in_a_zip(path: Path, form: Form) -> bool:
    return form.zipped or path.suffix.lower() == ".zip"


def _entries(
    results: Iterable[tuple[str | PurePath, Sequence[Detection]]], form: Form
) -> Mapping[str, bytes]:
    entries: dict[str, bytes] = {}
    seen: dict[str, str] = {}
    for image, detections in results:
        name = PurePath(image).name
        entry = form.entry.format(PurePath(image).stem)
        if entry in seen:
            raise UserError("submission.same_name", first=seen[entry], second=name)
        seen[entry] = name
        entries[entry] = "".join(_line(detection, form) for detection in detections).encode()
    return entries


def _line(detection: Detection, form: Form) -> str:
    points = detection.points[:, ::-1] if form.rows_first else detection.points
    corners = list(map(tuple, points.tolist()))
    if form.distinct:
        corners = list(dict.fromkeys(corners))
    fields = [str(value) for corner in corners for value in corner]
    if form.scored:
        fields.append(f"{min(1.0, max(0.0, float(detection.score))):.6f}")
    return form.separator.join(fields) + "\n"


def _icdar_truths(path: Path, form: Form) -> Iterator[tuple[str, list[Word]]]:
    for entry, text in _read_texts(path):
        if name := re.fullmatch(form.truth, entry):
            place = f"{path}/{entry}"
            yield name[1], [_parse_truth(line, place, number) for number, line in _lines(text)]


def _labels(path: Path, form: Form) -> Iterator[tuple[str, list[Word]]]:
    try:
        files = sorted(path.iterdir())
    except OSError as error:
        raise UserError("submission.unreadable", path=path, reason=error.strerror) from error
    for file in files:
        if name := re.fullmatch(form.truth, file.name):
            labels = list(read_file(FORMATS[form.labels].read, file))
            for problem in (problem for label in labels for problem in label.problems):
                raise UserError("submission.bad_label", text=describe(problem))
            yield name[1], [word for label in labels for word in label.words]


def _read_texts(path: Path) -> list[tuple[str, str]]:
    """(name, content) of each file of a zip or a folder, in the order of the zip or by name."""
    try:
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.is_file())
            return [(file.name, _decode(file.read_bytes())) for file in files]
        with zipfile.ZipFile(path) as archive:
            return [(name, _decode(archive.read(name))) for name in archive.namelist()]
    except OSError as error:
        raise UserError("submission.unreadable", path=path, reason=error.strerror) from error
    except zipfile.BadZipFile as error:
        raise UserError("submission.not_a_zip", path=path) from error


def _decode(content: bytes) -> str:
    return content.decode("utf-8-sig", errors="replace")


def _lines(text: str) -> list[tuple[int, str]]:
    """(number, line) of each line that is not blank."""
    lines = enumerate(text.replace("\r", "").split("\n"), start=1)
    return [(number, line) for number, line in lines if line.strip()]


def _parse_polygon(line: str, form: Form, path: str, number: int) -> np.ndarray:
    fields = line.split(",")
    scored = not form.scored or _SHARE.fullmatch(fields.pop())
    whole = all(_WHOLE_NUMBER.fullmatch(field) for field in fields)
    if not scored or not whole or len(fields) < form.least or len(fields) % 2:
        key = "submission.bad_scored_line" if form.scored else "submission.bad_line"
        raise UserError(key, path=path, line=number, text=line, least=form.least)
    points = np.array([int(field) for field in fields], np.int64).reshape(-1, 2)
    return points[:, ::-1] if form.rows_first else points


def _parse_truth(line: str, path: str, number: int) -> Word:
    *numbers, text = line.split(",")
    try:
        points = np.array([float(field) for field in numbers[:_TRUTH_FIELDS]], np.float32)
        points = points.reshape(4, 2)
    except ValueError as error:
        raise UserError("submission.bad_truth", path=path, line=number, text=line) from error
    if quoted := _QUOTED.fullmatch(text):
        text = quoted[1]
    return Word(points, text, text == IGNORED_TEXT, number)
