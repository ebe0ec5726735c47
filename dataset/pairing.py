"""Which label belongs to which photo."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from dataset.formats import Format
from dataset.images import IMAGE_SUFFIXES, same_form

_SEVERAL = -1
# How many of the folders that lie around a file its name may be told with.
_KNOWN_FOLDERS = 2


class NameTable:
    """File names, found again by as much of their path as is known.

    Unicode forms of Hangul and the case of the suffix make no difference (``.JPG``, ``.jpg``).
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {}
        self._by_end: dict[str, int] = {}
        for number, name in enumerate(names):
            key = _key(name)
            self._numbers.setdefault(key, number)
            parts = key.rsplit("/", _KNOWN_FOLDERS + 1)
            for place in range(1, len(parts)):
                end = "/".join(parts[place:])
                if self._by_end.setdefault(end, number) != number:
                    self._by_end[end] = _SEVERAL

    def find_all(self, names: Iterable[Sequence[str]]) -> np.ndarray:
        """The number of the first file that is there under each of some lists of names; -1: none.

        Where none is there by its whole path, leading folders may be missing or differ, as long as
        that leads to one file only and no other names to the same.
        """
        found, sure = [], []
        for candidates in names:
            keys = [_key(name) for name in candidates]
            number = next((self._numbers[key] for key in keys if key in self._numbers), None)
            sure.append(number is not None)
            if number is None:
                number = next((n for n in map(self._nearly, keys) if n != _SEVERAL), _SEVERAL)
            found.append(number)
        numbers, unsure = np.array(found, np.int64), ~np.array(sure, bool)
        guessed = numbers[unsure & (numbers >= 0)]
        _, first, counts = np.unique(numbers, return_index=True, return_counts=True)
        shared = numbers[first[counts > 1]]
        numbers[unsure & np.isin(numbers, np.intersect1d(shared, guessed))] = _SEVERAL
        return numbers

    def _nearly(self, key: str) -> int:
        """The one file whose path ends like this one; -1 where there is none or several."""
        while key:
            number = self._numbers.get(key, self._by_end.get(key))
            if number is not None:
                return number
            key = key.partition("/")[2]
        return _SEVERAL


def _key(name: str) -> str:
    root, suffix = os.path.splitext(same_form(name))
    return root + suffix.lower()


def list_label_names(folder: Path, label_format: Format | None = None) -> list[str]:
    """The label files right in ``folder``, sorted; where there are none, those in its subfolders.

    label_format: with it only files of that format; else all that are neither images nor hidden.
    """
    names = sorted(name for name in os.listdir(folder) if (folder / name).is_file())
    names = names_of_format(folder, names, label_format)
    if not names:
        deep = (
            os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
            for parent, _, files in os.walk(folder)
            for name in files
        )
        names = names_of_format(folder, sorted(deep), label_format)
    return names


def names_of_format(folder: Path, names: Sequence[str], label_format: Format | None) -> list[str]:
    """Those of some files in ``folder`` that may hold labels; see ``list_label_names``."""
    if label_format is not None and not label_format.labels_many:
        suffixes = tuple({os.path.splitext(name)[1] for name in label_format.label_names})
        return [name for name in names if name.lower().endswith(suffixes)]
    others = [
        name
        for name in names
        if not name.lower().endswith(IMAGE_SUFFIXES) and os.path.basename(name)[0] != "."
    ]
    if label_format is None:
        return others
    return [name for name in others if label_format.recognises(folder / name)]


def label_names_of(image: str, label_format: Format) -> list[str]:
    """What the label file of an image may be called, in the image's folder."""
    folder, slash, last = os.path.splitext(image)[0].rpartition("/")
    return [folder + slash + name.format(stem=last) for name in label_format.label_names]


def labels_of_images(
    images: Iterable[str], labels: Sequence[str], label_format: Format
) -> np.ndarray:
    """The number of each image's label file, by its name; -1 where it has none."""
    return NameTable(labels).find_all(label_names_of(image, label_format) for image in images)


def unused_labels(labels: Sequence[str], used: Iterable[str], label_format: Format) -> list[str]:
    """The label files that no image has and that are named as the format's usually are."""
    before, after = label_format.label_names[0].split("{stem}")
    used = set(used)
    return [
        name
        for name in labels
        if name not in used
        and os.path.basename(name).startswith(before)
        and name.lower().endswith(after)
    ]


def images_of_labels(images: Iterable[str], labels: Iterable[str]) -> np.ndarray:
    """The number of the image that each label names; -1 where there is none of that name."""
    return NameTable(images).find_all([label] for label in labels)
