"""Result files in the form of the ICDAR 2015 competition: writing, reading and scoring them.

A submission is a zip with a file ``res_<stem>.txt`` for each image, of one polygon a line:
``x1,y1,x2,y2,...`` in whole pixels.  The competition's boxes have four corners; its protocol
takes any number, and so a polygon of more corners is written as it is.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

import numpy as np

from dataset.labels import IGNORED_TEXT, Word
from inference.results import write_bytes
from inference.scoring import Score, score
from models.post_processing import Detection
from runtime.messages import UserError

_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)
_QUOTED = re.compile(r'\s*"(.*)"\s*')
_MIN_FIELDS = 8
# Zip keeps the time of each entry; a fixed one makes equal results equal files.
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)


def write_submission(
    results: Iterable[tuple[str | PurePath, Sequence[Detection]]], path: Path
) -> None:
    """Write a submission zip.

    results: (image file, its detections); ``img_1.jpg`` becomes the entry ``res_img_1.txt``, an
        image without detections an empty one.

    Raises UserError where two images have the same name but for the suffix, or where the zip
    cannot be written.
    """
    content = io.BytesIO()
    seen: dict[str, str] = {}
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for image, detections in results:
            name = PurePath(image).name
            entry = f"res_{PurePath(image).stem}.txt"
            if entry in seen:
                raise UserError("submission.same_name", first=seen[entry], second=name)
            seen[entry] = name
            text = "".join(
                ",".join(map(str, detection.points.reshape(-1).tolist())) + "\n"
                for detection in detections
            )
            archive.writestr(zipfile.ZipInfo(entry, _ENTRY_TIME), text.encode())
    write_bytes(path, content.getvalue())


def score_submission(submission: Path, truths: Path, protocol: str = "icdar2015") -> Score:
    """Score a submission zip; images come in the order in which the truths list them."""
    words = read_truths(truths)
    polygons = read_submission(submission)
    for stem in polygons:
        if stem not in words:
            raise UserError("submission.unknown_image", path=submission, entry=f"res_{stem}.txt")
    return score([polygons.get(stem, []) for stem in words], list(words.values()), protocol)


def read_submission(path: Path) -> dict[str, list[np.ndarray]]:
    """Polygons (K, 2) int64, x then y, of each image of a submission zip, by the image's stem."""
    polygons = {}
    for entry, text in _read_texts(path):
        name = re.fullmatch(r"res_(.+)\.txt", entry)
        if not name:
            raise UserError("submission.entry_name", path=path, entry=entry)
        polygons[name[1]] = [
            _parse_polygon(line, f"{path}/{entry}", number) for number, line in _lines(text)
        ]
    return polygons


def read_truths(path: Path) -> dict[str, list[Word]]:
    """Words of each image, by its stem, from a zip or a folder of ``gt_<stem>.txt``.

    They are read as the competition's own program reads them: four corners, and the text is what
    follows the LAST comma.  (Training reads labels by ``dataset.labels``, which keeps commas.)
    """
    words = {}
    for entry, text in _read_texts(path):
        if name := re.fullmatch(r"gt_(.+)\.txt", entry):
            words[name[1]] = [
                _parse_truth(line, f"{path}/{entry}", number) for number, line in _lines(text)
            ]
    if not words:
        raise UserError("submission.no_truths", path=path)
    return words


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


def _parse_polygon(line: str, path: str, number: int) -> np.ndarray:
    fields = line.split(",")
    whole = all(_WHOLE_NUMBER.fullmatch(field) for field in fields)
    if not whole or len(fields) < _MIN_FIELDS or len(fields) % 2:
        raise UserError("submission.bad_line", path=path, line=number, text=line)
    return np.array([int(field) for field in fields], np.int64).reshape(-1, 2)


def _parse_truth(line: str, path: str, number: int) -> Word:
    *numbers, text = line.split(",")
    try:
        points = np.array([float(field) for field in numbers[:_MIN_FIELDS]], np.float32)
        points = points.reshape(4, 2)
    except ValueError as error:
        raise UserError("submission.bad_truth", path=path, line=number, text=line) from error
    if quoted := _QUOTED.fullmatch(text):
        text = quoted[1]
    return Word(points, text, text == IGNORED_TEXT, number)
