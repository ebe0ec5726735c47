"""A look at a data set before training: what is wrong with it is listed, and left out."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from dataset.images import DECODING_ERRORS, IMAGE_SUFFIXES, damage, verify_image
from dataset.labels import Problem, describe
from dataset.packed_words import PackedWords
from dataset.text_dataset import TextDataset
from runtime.messages import UserError, say

# Reading headers waits for the disk more than it computes.
_THREADS = 8


@dataclass(frozen=True)
class Report:
    """What a check found.

    problems: all of them; everything they name has been left out of the data set.
    images, words, ignored: what is left, the ignored words being among the words.
    left_out: see ``LabelSet``.
    is_drawn: the pictures come from no files, and all that would be checked is true of them.
    clipped: words that reach beyond their image and are used up to its edge.
    sizes: (images, 2), height and width of each that is left; 0 where a test image is unreadable.
    """

    folder: Path
    label_folder: Path | None
    is_train: bool
    problems: tuple[Problem, ...]
    images: int
    words: int
    ignored: int
    left_out: int
    clipped: int
    sizes: np.ndarray = field(compare=False)
    is_drawn: bool = False

    def lines(self, most_per_kind: int | None = None) -> Iterator[str]:
        """The report as sentences: a summary, then for each kind its number and the places."""
        if self.is_drawn:
            yield say("data.check.drawn", images=self.images)
            return
        key = "data.check.problems" if self.problems else "data.check.clean"
        numbers = {"images": self.images, "words": self.words, "ignored": self.ignored}
        yield say(key, folder=self.folder, count=len(self.problems), **numbers)
        if self.left_out:
            yield say("data.check.left_out", count=self.left_out)
        if self.clipped:
            yield say("data.check.clipped", count=self.clipped)
        for kind, count in Counter(problem.kind for problem in self.problems).most_common():
            yield say("data.check.kind", name=say(f"data.kind.{kind}"), count=count)
            of_kind = [problem for problem in self.problems if problem.kind == kind]
            for problem in of_kind[:most_per_kind]:
                yield say("data.check.line", text=describe(problem))
            if most_per_kind is not None and count > most_per_kind:
                yield say("data.check.more", count=count - most_per_kind)

    def refuse_if_useless(self, strict: bool = False) -> None:
        """Raise UserError where training would be in vain; with ``strict`` for any problem."""
        if self.is_drawn:
            return
        if strict and self.problems:
            first = describe(self.problems[0])
            raise UserError("data.strict", count=len(self.problems), first=first)
        if not self.images:
            suffixes = ", ".join(IMAGE_SUFFIXES)
            raise UserError("data.no_images", path=self.folder.absolute(), suffixes=suffixes)
        if not self.is_train:
            return
        path = self.label_folder
        if not self.words:
            raise UserError("data.no_words", path=path, labels=self.images)
        if self.words == self.ignored:
            raise UserError("data.all_ignored", path=path, words=self.words)


def check_dataset(dataset: TextDataset) -> Report:
    """Verify every photo, by its header and its last bytes, and every word's place in it.

    Photos that cannot be read and words outside their photo join the ``problems`` of ``dataset``;
    training data goes on without them, while in a test they count as missed.
    """
    if dataset.is_drawn:
        return _nothing_to_check(dataset)
    with ThreadPoolExecutor(_THREADS) as pool:
        seen = list(pool.map(partial(_verify, dataset), range(dataset.num_images)))
    unreadable = [index for index, size in enumerate(seen) if isinstance(size, Problem)]
    sizes = np.array([(0, 0) if isinstance(size, Problem) else size for size in seen], np.int64)
    sizes = sizes.reshape(-1, 2)
    outside = _words_outside(dataset.packed, sizes)
    dataset.problems += [found for found in seen if isinstance(found, Problem)]
    image_of = dataset.packed.image_of_words()
    for number in outside:
        image = image_of[number]
        where = dataset.label_path(image) or dataset.image_path(image)
        line = int(dataset.packed.lines[number])
        height, width = sizes[image]
        dataset.problems.append(Problem("outside", where, line, f"{width}x{height}"))
    if dataset.is_train:
        dataset.leave_out(unreadable, outside)
        sizes = np.delete(sizes, unreadable, axis=0)
    return Report(
        dataset.image_folder,
        dataset.label_folder,
        dataset.is_train,
        tuple(dataset.problems),
        images=dataset.num_images,
        words=len(dataset.packed),
        ignored=int(dataset.packed.ignore.sum()),
        left_out=dataset.left_out,
        clipped=_count_clipped(dataset.packed, sizes),
        sizes=sizes,
    )


def _nothing_to_check(dataset: TextDataset) -> Report:
    count, words = dataset.num_images, dataset.packed
    return Report(
        dataset.image_folder,
        dataset.label_folder,
        dataset.is_train,
        (),
        images=count,
        words=len(words),
        ignored=int(words.ignore.sum()),
        left_out=0,
        clipped=0,
        sizes=np.tile(dataset.crop_size, (count, 1)),
        is_drawn=True,
    )


def _verify(dataset: TextDataset, index: int) -> tuple[int, int] | Problem:
    try:
        with dataset.image_stream(index) as file:
            return verify_image(file, dataset.apply_exif)
    except DECODING_ERRORS as error:
        path = dataset.image_path(index)
        return Problem("image_unreadable", path, detail=damage(path, error))


def _words_outside(words: PackedWords, sizes: np.ndarray) -> list[int]:
    """Numbers of the words of which nothing lies in their image; sizes: (images, 2), height, width.

    Images of size 0 are not readable, and leave with all their words.
    """
    low, high, edges = _extents_and_edges(words, sizes)
    outside = (high < 0).any(axis=1) | (low >= edges).any(axis=1)
    return np.flatnonzero(outside & edges.any(axis=1)).tolist()


def _count_clipped(words: PackedWords, sizes: np.ndarray) -> int:
    low, high, edges = _extents_and_edges(words, sizes)
    reaches_out = (low < 0).any(axis=1) | (high > edges).any(axis=1)
    return int((reaches_out & edges.any(axis=1)).sum())


def _extents_and_edges(words: PackedWords, sizes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Least and greatest x, y of each word, and the width and height of its image, (W, 2) each."""
    return (*words.extents(), sizes[words.image_of_words(), ::-1])
