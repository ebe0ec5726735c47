"""All labels of a data set, out of however many files, and the index that spares reading them."""

import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dataset.formats import FORMATS
from dataset.labels import Problem, read_file
from dataset.lines import group_into_lines
from dataset.packed_names import PackedNames
from dataset.packed_words import PackedWords, WordPacker

# Raised whenever readers change what they give: indexes written before are then made anew.
_VERSION = 2
# The folder, in that of the results, that spares reading labels again.
LABEL_INDEX = "label_index"
# Fewer bytes and files than these are read again faster than anybody notices.
_INDEXED_FROM_BYTES, _INDEXED_FROM_FILES = 8 << 20, 5_000


@dataclass(frozen=True, eq=False)
class LabelSet:
    """What the label files say of N images.

    files: the label files, below their folder.
    names: of each image as its label file calls it, or, where each image has a label file of its
        own, of that file.
    file_of: (N,) number of the label file that each stands in.
    words: of each image.  sizes: (N, 2) height and width by the file, 0 where it does not say.
    left_out: see ``ImageLabel``, of all together.
    """

    files: PackedNames
    names: PackedNames
    file_of: np.ndarray
    words: PackedWords
    sizes: np.ndarray
    problems: list[Problem]
    left_out: int

    @classmethod
    def empty(cls) -> "LabelSet":
        return _read("ic15", [], [])

    def path(self, folder: Path, label: int) -> Path:
        """The file below ``folder`` that a label stands in."""
        return folder / self.files[int(self.file_of[label])]

    def in_lines(self) -> "LabelSet":
        """The same with words grouped into lines; see ``group_into_lines``."""
        words = self.words
        grouped = (
            group_into_lines([words.word(number) for number in words.of_image(image)])
            for image in range(words.num_images)
        )
        return replace(self, words=PackedWords.pack(grouped))


def read_label_set(
    format_name: str,
    folder: Path,
    files: Sequence[str],
    in_lines: bool = False,
    index_folder: Path | None = None,
) -> LabelSet:
    """Read the label files of these names below ``folder``.

    index_folder: where what was read is kept if it was much, and looked for, so that opening the
        same files again takes a second or two; made anew when a file has changed.
    """
    paths = [folder / file for file in files]
    index = None
    if index_folder is not None:
        fingerprint, much = _fingerprint(format_name, in_lines, paths)
        name = hashlib.blake2b(str(folder.absolute()).encode(), digest_size=6).hexdigest()
        index = index_folder / f"labels_{format_name}_{name}.npz" if much else None
    if index and (kept := _load(index, fingerprint, files)):
        return kept
    label_set = _read(format_name, files, paths)
    label_set = label_set.in_lines() if in_lines else label_set
    if index:
        _save(label_set, index, fingerprint)
    return label_set


def _read(format_name: str, files: Sequence[str], paths: Sequence[Path]) -> LabelSet:
    row = FORMATS[format_name]
    packer = WordPacker()
    left_out = 0
    problems: list[Problem] = []
    names: dict[str, int] = {} if row.labels_many else {file: n for n, file in enumerate(files)}
    sizes = [(0, 0)] * len(names)
    file_of = list(range(len(names)))
    for file_number, path in enumerate(paths):
        beside = os.path.dirname(files[file_number])
        for label in read_file(row.read, path):
            problems += label.problems
            left_out += label.left_out
            if not row.labels_many:
                image = file_number
            elif label.image:
                name = os.path.join(beside, _as_file_name(label.image))
                image = names.setdefault(name, len(names))
            else:
                continue
            if image == len(sizes):
                sizes.append((0, 0))
                file_of.append(file_number)
            sizes[image] = label.size or sizes[image]
            packer.add(image, label.words)
    packer.num_images = len(names)
    return LabelSet(
        PackedNames(files),
        PackedNames(names),
        np.array(file_of, np.int64),
        packer.packed(),
        np.array(sizes, np.int32).reshape(-1, 2),
        problems,
        left_out,
    )


def _as_file_name(name: str) -> str:
    """A name out of a label file, which may hold anything, as one that a disk could have."""
    name = name.replace("\\", "/").replace("\0", "")
    return name.encode("utf-8", "replace").decode()


def _fingerprint(format_name: str, in_lines: bool, paths: Sequence[Path]) -> tuple[str, bool]:
    """What changes whenever a label file does, and whether there is much to read."""
    digest = hashlib.blake2b(f"{_VERSION} {format_name} {in_lines}".encode(), digest_size=16)
    num_bytes = 0
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        num_bytes += status.st_size
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="replace"))
    return digest.hexdigest(), num_bytes >= _INDEXED_FROM_BYTES or len(paths) >= _INDEXED_FROM_FILES


def _save(label_set: LabelSet, path: Path, fingerprint: str) -> None:
    """Write an index; where that cannot be done the labels are simply read again next time."""
    problems = [
        (problem.kind, str(problem.path), problem.line, problem.detail, problem.image)
        for problem in label_set.problems
    ]
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            arrays = {
                "fingerprint": _bytes(fingerprint),
                "names": np.frombuffer(label_set.names.characters, np.uint8),
                "file_of": label_set.file_of,
                "sizes": label_set.sizes,
                "problems": _bytes(json.dumps(problems)),
                "left_out": np.array(label_set.left_out),
                **label_set.words.arrays(),
            }
            np.savez(file, allow_pickle=False, **arrays)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()


def _load(path: Path, fingerprint: str, files: Sequence[str]) -> LabelSet | None:
    """The labels that an index keeps; None where it is missing, damaged or out of date."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if _text(kept["fingerprint"]) != fingerprint:
                return None
            problems = json.loads(_text(kept["problems"]))
            return LabelSet(
                PackedNames(files),
                PackedNames.of_characters(kept["names"].tobytes()),
                kept["file_of"],
                PackedWords(**{part: kept[part] for part in PackedWords.parts()}),
                kept["sizes"],
                [Problem(kind, Path(file), *rest) for kind, file, *rest in problems],
                int(kept["left_out"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)


def _text(array: np.ndarray) -> str:
    return array.tobytes().decode("utf-8", "surrogatepass")
