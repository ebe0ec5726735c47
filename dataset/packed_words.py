"""The words of a whole data set in a few arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset.labels import Word


@dataclass(frozen=True)
class PackedWords:
    """Words as arrays, which cost next to nothing to hand to a worker process and to keep in it.

    Word w has the points ``points[point_starts[w]:point_starts[w + 1]]`` and the text
    ``texts[text_starts[w]:text_starts[w + 1]]``; image i has the words from ``image_starts[i]`` up
    to ``image_starts[i + 1]``.

    points: (P, 2) float32, x then y in pixels.  ignore: (W,) bool.  lines: (W,) int32.
    """

    points: np.ndarray
    point_starts: np.ndarray
    texts: str
    text_starts: np.ndarray
    image_starts: np.ndarray
    ignore: np.ndarray
    lines: np.ndarray

    @classmethod
    def pack(cls, images: Sequence[Sequence[Word]]) -> "PackedWords":
        """Pack the words of each image, in their order."""
        words = [word for image in images for word in image]
        points = [word.points for word in words]
        return cls(
            points=np.concatenate(points) if points else np.zeros((0, 2), np.float32),
            point_starts=np.cumsum([0, *map(len, points)]),
            texts="".join(word.text for word in words),
            text_starts=np.cumsum([0, *(len(word.text) for word in words)]),
            image_starts=np.cumsum([0, *map(len, images)]),
            ignore=np.array([word.ignore for word in words], bool),
            lines=np.array([word.line for word in words], np.int32),
        )

    def __len__(self) -> int:
        return len(self.lines)

    def word(self, number: int) -> Word:
        """One word, by its number through all images."""
        points = self.points[self.point_starts[number] : self.point_starts[number + 1]]
        text = self.texts[self.text_starts[number] : self.text_starts[number + 1]]
        return Word(points, text, bool(self.ignore[number]), int(self.lines[number]))

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
        return np.repeat(np.arange(len(self.image_starts) - 1), np.diff(self.image_starts))
