"""The words of a whole data set in a few arrays."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from dataset.labels import Word

# How texts are kept as bytes; label files may hold halves of surrogate pairs.
_ENCODING = "utf-8", "surrogatepass"


@dataclass(frozen=True, eq=False)
class PackedWords:
    """Words as arrays, which cost next to nothing to hand to a worker process and to keep in it.

    Word w has the points ``points[point_starts[w]:point_starts[w + 1]]`` and the text
    ``texts[text_starts[w]:text_starts[w + 1]]``; image i has the words from ``image_starts[i]`` up
    to ``image_starts[i + 1]``.

    points: (P, 2) float32, x then y in pixels.  texts: uint8, UTF-8.  ignore: (W,) bool.
    lines: (W,) int32.  difficult: (W,) bool, ``Word.is_difficult``.
    """

    points: np.ndarray
    point_starts: np.ndarray
    texts: np.ndarray
    text_starts: np.ndarray
    image_starts: np.ndarray
    ignore: np.ndarray
    lines: np.ndarray
    difficult: np.ndarray

    @classmethod
    def pack(cls, images: Iterable[Sequence[Word]]) -> "PackedWords":
        """Pack the words of each image, in their order; they are asked for one image at a time."""
        packer = WordPacker()
        for number, words in enumerate(images):
            packer.add(number, words)
            packer.num_images = number + 1
        return packer.packed()

    def arrays(self) -> dict[str, np.ndarray]:
        return {part: getattr(self, part) for part in self.parts()}

    @classmethod
    def parts(cls) -> list[str]:
        """The names of the arrays."""
        return [part.name for part in fields(cls)]

    def digest(self) -> bytes:
        """A SHA-256 of what training sees: outlines, texts, ignore flags; not places in files."""
        digest = hashlib.sha256()
        counts = self.image_starts, self.point_starts, self.text_starts
        for values in (*map(np.diff, counts), self.points, self.ignore, self.texts):
            form = values.dtype.newbyteorder("<")
            digest.update(f"{values.shape} {form.str} ".encode())
            digest.update(np.ascontiguousarray(values, form).data)
        return digest.digest()

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def num_images(self) -> int:
        return len(self.image_starts) - 1

    def word(self, number: int) -> Word:
        """One word, by its number through all images."""
        points = self.points[self.point_starts[number] : self.point_starts[number + 1]]
        text = self.texts[self.text_starts[number] : self.text_starts[number + 1]]
        return Word(
            points,
            text.tobytes().decode(*_ENCODING),
            bool(self.ignore[number]),
            int(self.lines[number]),
            bool(self.difficult[number]),
        )

    def of_image(self, image: int) -> range:
        """The numbers of an image's words."""
        return range(int(self.image_starts[image]), int(self.image_starts[image + 1]))

    def outlines(self, image: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """An image's points, one word after the other; each word's number of points; its ignore."""
        words = self.of_image(image)
        starts = self.point_starts[words.start : words.stop + 1]
        points = self.points[starts[0] : starts[-1]]
        return points, np.diff(starts), self.ignore[words.start : words.stop]

    def extents(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest x, y of each word, (W, 2) each."""
        if not len(self):
            return self.points, self.points
        starts = self.point_starts[:-1]
        return np.minimum.reduceat(self.points, starts), np.maximum.reduceat(self.points, starts)

    def image_of_words(self) -> np.ndarray:
        """(W,) the image that each word stands in."""
        return np.repeat(np.arange(self.num_images), np.diff(self.image_starts))

    def of_images(self, images: np.ndarray) -> "PackedWords":
        """The words of these images, in this order; image -1 stands for one without words."""
        absent = images < 0
        counts = np.diff(self.image_starts)[images] if self.num_images else np.zeros(len(images))
        counts = np.where(absent, 0, counts).astype(np.int64)
        starts = self.image_starts[np.where(absent, 0, images)]
        return self._chosen(_ranges(starts, counts), counts)

    def without(self, words: Iterable[int]) -> "PackedWords":
        """All images, without the words of these numbers."""
        kept = np.ones(len(self), bool)
        kept[np.fromiter(words, np.int64)] = False
        counts = np.bincount(self.image_of_words()[kept], minlength=self.num_images)
        return self._chosen(np.flatnonzero(kept), counts)

    def _chosen(self, words: np.ndarray, counts: np.ndarray) -> "PackedWords":
        """The words of these numbers, dealt out to images in turn, ``counts`` of them to each."""
        point_counts = np.diff(self.point_starts)[words]
        text_counts = np.diff(self.text_starts)[words]
        return PackedWords(
            points=self.points[_ranges(self.point_starts[words], point_counts)],
            point_starts=_starts(point_counts),
            texts=self.texts[_ranges(self.text_starts[words], text_counts)],
            text_starts=_starts(text_counts),
            image_starts=_starts(counts),
            ignore=self.ignore[words],
            lines=self.lines[words],
            difficult=self.difficult[words],
        )


class WordPacker:
    """Packs words as they come, the images in any order and in any number of pieces.

    num_images: how many images there are, those without words included.
    """

    def __init__(self) -> None:
        self.num_images = 0
        self._points, self._point_counts = array("f"), array("q")
        self._texts, self._text_counts = bytearray(), array("q")
        self._image_of, self._ignore, self._lines = array("q"), bytearray(), array("i")
        self._difficult = bytearray()

    def add(self, image: int, words: Sequence[Word]) -> None:
        for word in words:
            text = word.text.encode(*_ENCODING)
            self._points.frombytes(np.ascontiguousarray(word.points, np.float32).tobytes())
            self._point_counts.append(len(word.points))
            self._texts += text
            self._text_counts.append(len(text))
            self._image_of.append(image)
            self._ignore.append(word.ignore)
            self._lines.append(word.line)
            self._difficult.append(word.is_difficult)

    def packed(self) -> PackedWords:
        """What was added, image by image; words of one image keep their order."""
        image_of = np.frombuffer(self._image_of, np.int64)
        counts = np.bincount(image_of, minlength=self.num_images)
        words = PackedWords(
            points=np.array(self._points, np.float32).reshape(-1, 2),
            point_starts=_starts(np.frombuffer(self._point_counts, np.int64)),
            texts=np.frombuffer(self._texts, np.uint8).copy(),
            text_starts=_starts(np.frombuffer(self._text_counts, np.int64)),
            image_starts=_starts(counts),
            ignore=np.frombuffer(self._ignore, np.uint8).astype(bool),
            lines=np.array(self._lines, np.int32),
            difficult=np.frombuffer(self._difficult, np.uint8).astype(bool),
        )
        if (np.diff(image_of) >= 0).all():
            return words
        return words._chosen(np.argsort(image_of, kind="stable"), counts)


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The numbers from each start on, ``counts`` of them, one range after the other."""
    ends = np.cumsum(counts)
    offsets = np.repeat(starts - (ends - counts), counts)
    return offsets + np.arange(len(offsets))
