"""Where a data set's photos and labels lie, and which label belongs to which photo."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset.data_sets import DataSet
from dataset.formats import FORMATS, Format, find_format
from dataset.images import IMAGE_SUFFIXES, list_image_names
from dataset.label_set import LabelSet, read_label_set
from dataset.labels import Problem, describe
from dataset.lmdb_file import data_file, is_database
from dataset.lmdb_store import LmdbImages
from dataset.packed_names import PackedNames
from dataset.pairing import (
    images_of_labels,
    label_names_of,
    labels_of_images,
    list_label_names,
    names_of_format,
    unused_labels,
)
from dataset.photo_folder import PhotoFolder, Photos
from runtime.config import find_file, nearest_name
from runtime.messages import UserError


@dataclass(frozen=True, eq=False)
class Source:
    """Photos, and the label files that may be theirs.

    label_folder: None where there are no labels, which only training cannot do without.
    label_files: names below it.
    format_name: a key of ``FORMATS``; None where there are no labels.
    """

    photos: Photos
    image_folder: Path
    label_folder: Path | None = None
    label_files: Sequence[str] = ()
    format_name: str | None = None

    def labels(
        self, in_lines: bool, index_folder: Path | None
    ) -> tuple[LabelSet, np.ndarray, list[Problem]]:
        """What the labels say, each photo's number among them (-1: none), and what is wrong.

        in_lines, index_folder: see ``read_label_set``.
        """
        names = PackedNames(self.photos.key(number) for number in range(len(self.photos)))
        if self.label_folder is None or self.format_name is None:
            return LabelSet.empty(), np.full(len(names), -1), []
        pair = self._pair_by_content if self._format.labels_many else self._pair_by_name
        return pair(self.label_folder, names, in_lines, index_folder)

    @property
    def _format(self) -> Format:
        assert self.format_name is not None  # asked only where there are labels
        return FORMATS[self.format_name]

    def _pair_by_name(
        self, folder: Path, names: PackedNames, in_lines: bool, index_folder: Path | None
    ) -> tuple[LabelSet, np.ndarray, list[Problem]]:
        """Each photo has a label file of its own; those that no photo has are not read."""
        label_of = labels_of_images(names, self.label_files, self._format)
        used, numbers = np.unique(label_of[label_of >= 0], return_inverse=True)
        files = [self.label_files[number] for number in used.tolist()]
        label_of[label_of >= 0] = numbers
        labels = read_label_set(self.format_name or "", folder, files, in_lines, index_folder)
        problems = self._without_label(label_of)
        if len(files):
            unused = unused_labels(self.label_files, files, self._format)
            problems += [Problem("missing_image", folder / file) for file in unused]
        return labels, label_of, problems + labels.problems

    def _pair_by_content(
        self, folder: Path, names: PackedNames, in_lines: bool, index_folder: Path | None
    ) -> tuple[LabelSet, np.ndarray, list[Problem]]:
        """A label file says which images it is about; of two labels of one the first counts."""
        files = self.label_files
        labels = read_label_set(self.format_name or "", folder, files, in_lines, index_folder)
        image_of = images_of_labels(names, labels.names)
        label_of = np.full(len(names), -1)
        known = np.flatnonzero(image_of >= 0)[::-1]
        label_of[image_of[known]] = known
        problems = self._without_label(label_of, {problem.image for problem in labels.problems})
        problems += [
            Problem("missing_image", labels.path(folder, label), image=labels.names[label])
            for label in np.flatnonzero(image_of < 0).tolist()
        ]
        return labels, label_of, problems + labels.problems

    def _without_label(self, label_of: np.ndarray, said: Collection[str] = ()) -> list[Problem]:
        """Photos without a label, where others have one, but for those that were ``said`` wrong."""
        if not (label_of >= 0).any():
            return []
        without = np.flatnonzero(label_of < 0).tolist()
        return [
            Problem("missing_label", self.photos.path(number))
            for number in without
            if self.photos.key(number) not in said
        ]

    def nothing_to_train_on(self, problems: Sequence[Problem]) -> UserError:
        """What to say when no photo has a label."""
        if problems:
            return UserError("data.labels_unusable", first=describe(problems[0]))
        names = list(self.label_files[:3])
        if self.format_name and not self._format.labels_many:
            names = label_names_of(self.photos.name(0), self._format)
        folder, images = self.label_folder, len(self.photos)
        names_text = ", ".join(names)
        return UserError("data.no_labelled_images", path=folder, images=images, names=names_text)


def find_source(
    kind: DataSet,
    split: str,
    data_root: str,
    img_dir: str | None,
    gt_dir: str | None,
    format_name: str | None,
) -> Source:
    """Find the photos and the label files; see ``TextDataset`` for what the names mean.

    Raises UserError for folders that are not there and labels of no known format.
    """
    wanted = "train" if split == "train" else "test"
    default_images, default_labels = kind.folders.get(wanted, (None, None))
    images = _folder(img_dir, data_root, default_images, "img_dir")
    if is_database(images):
        return find_database(str(images))
    if not images.is_dir():
        raise UserError("data.folder_missing", path=images.absolute(), setting="img_dir")
    names = PackedNames(list_image_names(images, or_below=True))
    if not len(names):
        suffixes = ", ".join(IMAGE_SUFFIXES)
        raise UserError("data.no_images", path=images.absolute(), suffixes=suffixes)
    photos = PhotoFolder(images, names)
    beside = img_dir is not None and gt_dir is None
    labels = images if beside else _folder(gt_dir, data_root, default_labels, "gt_dir")
    if not labels.exists():
        if gt_dir or split == "train":
            raise UserError("data.folder_missing", path=labels.absolute(), setting="gt_dir")
        return Source(photos, images)
    format_name = format_name or kind.format
    if labels.is_file():
        folder, files = labels.parent, [labels.name]
    else:
        row = FORMATS.get(format_name)
        folder, files = labels, list_label_names(labels, row)
    if format_name == "auto":
        format_name, files = _find_format(folder, files, needed=split == "train" or not beside)
    elif format_name not in FORMATS:
        nearest = nearest_name(format_name, ["auto", *FORMATS])
        raise UserError("data.unknown_format", format=format_name, nearest=nearest)
    return Source(photos, images, folder, files, format_name)


def _folder(named: str | None, data_root: str, default: str | None, setting: str) -> Path:
    if named is None and default is None:
        raise UserError("data.folder_not_named", setting=setting)
    return find_file(named or Path(data_root) / str(default))


def _find_format(folder: Path, files: Sequence[str], needed: bool) -> tuple[str | None, list[str]]:
    """The format of some files, and those of them that are of it."""
    name = find_format([folder / file for file in files])
    if name is None:
        if needed:
            formats = ", ".join(FORMATS)
            raise UserError("data.format_not_found", path=folder.absolute(), formats=formats)
        return None, []
    return name, names_of_format(folder, files, FORMATS[name])


def find_database(lmdb_path: str) -> Source:
    """Photos and labels in a database; see ``LmdbImages``, whose UserErrors it raises."""
    path = find_file(lmdb_path)
    photos = LmdbImages(path)
    file = data_file(path)
    return Source(photos, path, file.parent, [file.name], "lmdb")
