"""Photos to choose thresholds on: labelled, and not among those whose score is reported."""

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset.build import build_dataset
from dataset.label_set import LABEL_INDEX
from dataset.labels import Word
from dataset.mixture import build_training_data
from dataset.text_dataset import TextDataset
from runtime.config import Config
from runtime.messages import UserError

TRAINING_SHARE = 0.2


@dataclass(frozen=True)
class CalibrationSplit:
    """One or more parts, each of whole photos.

    section: 'data.val' or 'data.train', where the photos come from.
    shared: how many photos were left out because ``data.test`` has them, too.
    protocol: by which ``data.test`` is scored; their own where there is none.
    """

    section: str
    parts: tuple[TextDataset, ...]
    shared: int
    protocol: str

    @property
    def name(self) -> str:
        return f"{self.section} ({' + '.join(part.name for part in self.parts)})"

    @property
    def num_images(self) -> int:
        return sum(part.num_images for part in self.parts)

    def words(self) -> list[list[Word]]:
        """The words of each photo, part after part."""
        return [part.words(index) for part in self.parts for index in range(part.num_images)]

    def digest(self) -> str:
        """SHA-256 over the names and labels of the photos."""
        digests = "".join(part.fingerprint()["digest"] for part in self.parts)
        return hashlib.sha256(digests.encode()).hexdigest()


def calibration_split(
    config: Config, short_size: int, limit: int, index_folder: Path
) -> CalibrationSplit:
    """``data.val`` without what ``data.test`` has, too; else a fifth of the training photos.

    short_size: to which the photos are resized, whatever their section says.
    limit: at most so many photos.  Which ones is told by a hash of their names: it is the same in
        every run, and does not follow the order in which they were taken.
    Raises UserError where no photo with a readable word is left.
    """
    sections = config.get("data", {})
    shared = {"granularity": sections["granularity"], "index_folder": index_folder / LABEL_INDEX}
    reported = _built(sections.get("test"), shared)
    left_out = 0
    validation = _built(sections.get("val"), shared)
    if validation is not None:
        split = _split("data.val", [validation], reported, short_size, limit)
        if _has_readable_words(split):
            return split
        left_out = split.shared
    if not sections.get("train"):
        raise UserError("calibrate.nothing", path=config.filename, shared=left_out)
    training = build_training_data(sections["train"], seed=0, **shared)
    wanted = max(1, round(TRAINING_SHARE * training.num_images))
    split = _split("data.train", training.sources, reported, short_size, min(limit, wanted))
    if not _has_readable_words(split):
        raise UserError("calibrate.nothing", path=config.filename, shared=split.shared)
    return split


def _built(spec: Any, shared: dict[str, Any]) -> TextDataset | None:
    """None where the config names no such photos, or none lie in the format's own folder."""
    if not spec:
        return None
    try:
        return build_dataset({"split": "test", **shared, **spec})
    except UserError:
        if spec.get("img_dir") or spec.get("lmdb_path"):
            raise
        return None


def _split(
    section: str,
    sources: Sequence[TextDataset],
    reported: TextDataset | None,
    short_size: int,
    limit: int,
) -> CalibrationSplit:
    parts = [source.whole_photos(short_size) for source in sources]
    ranked = sorted(
        (_rank(part, index), number, index)
        for number, part in enumerate(parts)
        for index in range(part.num_images)
        if part.label_path(index) is not None
    )
    known = _Photos(reported)
    chosen: set[tuple[int, int]] = set()
    shared = 0
    for _, number, index in ranked:
        if len(chosen) == limit:
            break
        if known.has(parts[number], index):
            shared += 1
        else:
            chosen.add((number, index))
    for number, part in enumerate(parts):
        others = {index for index in range(part.num_images) if (number, index) not in chosen}
        part.leave_out(others, ())
    protocol = (reported or parts[0]).protocol
    kept = tuple(part for part in parts if part.num_images)
    return CalibrationSplit(section, kept, shared, protocol)


def _rank(part: TextDataset, index: int) -> bytes:
    return hashlib.sha256(part.image_name(index).encode("utf-8", "surrogateescape")).digest()


def _has_readable_words(split: CalibrationSplit) -> bool:
    return any(not part.packed.ignore.all() for part in split.parts)


class _Photos:
    """Photos by their bytes: a copy is known under whatever name."""

    def __init__(self, data: TextDataset | None) -> None:
        self._of_length: dict[int, list[tuple[TextDataset, int]]] = {}
        photos = [] if data is None else [(data, index) for index in range(data.num_images)]
        for photo in photos:
            self._of_length.setdefault(_length(*photo), []).append(photo)
        self._digest = functools.cache(_digest)

    def has(self, data: TextDataset, index: int) -> bool:
        """Files are read only where others of the same length are there."""
        alike = self._of_length.get(_length(data, index), [])
        return bool(alike) and _digest(data, index) in {self._digest(*photo) for photo in alike}


def _length(data: TextDataset, index: int) -> int:
    try:
        with data.image_stream(index) as file:
            return file.seek(0, os.SEEK_END)
    except OSError:
        return -1  # the evaluation says why it cannot be read


def _digest(data: TextDataset, index: int) -> bytes:
    try:
        with data.image_stream(index) as file:
            return hashlib.sha256(file.read()).digest()
    except OSError:
        return str(data.image_path(index)).encode("utf-8", "surrogateescape")
