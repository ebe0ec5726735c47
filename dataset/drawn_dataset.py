"""A data set without files: every sample is a picture that was never drawn before."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np

from dataset.data_sets import DataSet
from dataset.images import Photo
from dataset.label_set import LabelSet
from dataset.labels import Problem, Word
from dataset.lines import group_into_lines
from dataset.packed_names import PackedNames
from dataset.packed_words import PackedWords
from dataset.source import Source
from dataset.synthetic import Stock, draw_photo
from dataset.targets import draw_polygons
from dataset.text_dataset import Item, TextDataset, make_item

# The place that messages name; nothing lies there.
NOWHERE = Path("drawn")
# Whole photos come from a stream of random numbers of their own: none is ever trained on.
_WHOLE_PHOTOS = 1


class DrawnPhotos:
    """Pictures of (height, width), numbered and fixed; see ``Photos``."""

    def __init__(self, count: int, size: tuple[int, int], stock: Stock, seed: int) -> None:
        self.count, self.size, self.stock, self.seed = count, size, stock, seed

    def __len__(self) -> int:
        return self.count

    def name(self, index: int) -> str:
        return f"drawn_{index + 1:06d}.png"

    key = name

    def path(self, index: int) -> Path:
        return NOWHERE / self.name(index)

    def open(self, index: int, apply_exif: bool) -> Photo:
        return Photo.of_content(self.path(index), self._content(index), apply_exif)

    def stream(self, index: int) -> BinaryIO:
        return io.BytesIO(self._content(index).tobytes())

    def draw(self, index: int) -> tuple[np.ndarray, list[Word]]:
        rng = np.random.default_rng((self.seed, index, _WHOLE_PHOTOS))
        return draw_photo(rng, self.size, self.stock)

    def _content(self, index: int) -> np.ndarray:
        bgr = cv2.cvtColor(self.draw(index)[0], cv2.COLOR_RGB2BGR)
        return cv2.imencode(".png", bgr)[1]


@dataclass(frozen=True, eq=False)
class _DrawnSource(Source):
    """Labels that are drawn along with the pictures; training needs none ahead of time."""

    photos: DrawnPhotos
    image_folder: Path = NOWHERE
    with_words: bool = True

    def labels(
        self, in_lines: bool, index_folder: Path | None
    ) -> tuple[LabelSet, np.ndarray, list[Problem]]:
        count = len(self.photos)
        words = PackedWords.pack(
            self.photos.draw(number)[1] if self.with_words else () for number in range(count)
        )
        names = PackedNames(self.photos.name(number) for number in range(count))
        nowhere, unsaid = np.full(count, -1), np.zeros((count, 2), np.int64)
        labels = LabelSet(PackedNames([]), names, nowhere, words, unsaid, [], 0)
        return labels.in_lines() if in_lines else labels, np.arange(count), []


class DrawnDataset(TextDataset):
    """Training items are drawn at ``img_size`` from (seed, draw); keys and items as its parent's.

    Two draws of one sample have nothing in common, so that training never runs out of pictures: a
    sample's number only says how many make an epoch.  Without ``is_transform``, and in the other
    splits, a number always gives the same picture.
    """

    is_drawn = True

    def __init__(
        self,
        split: str = "train",
        num_images: int = 10_000,
        fonts: str | None = None,
        backgrounds: str | None = None,
        empty: float = Stock.empty,
        img_size: int | tuple[int, int] = 640,
        seed: int = 666,
        granularity: str = "word",
        name: str | None = None,
        **settings: Any,
    ) -> None:
        """num_images: how many make an epoch.  fonts, backgrounds, empty: see ``Stock``.

        settings: those of ``TextDataset``; what concerns files and random changes has no effect.
        Raises UserError for a folder without fonts or photos.
        """
        self.stock = Stock(fonts, backgrounds, empty)
        self.stock.check()
        size = (img_size, img_size) if isinstance(img_size, int) else (img_size[0], img_size[1])
        photos = DrawnPhotos(num_images, size, self.stock, seed)
        self.in_lines = granularity == "line"
        super().__init__(
            DataSet("drawn"),
            split,
            img_size=img_size,
            seed=seed,
            granularity=granularity,
            name=name or str(NOWHERE),
            source=_DrawnSource(photos, with_words=split != "train"),
            **{**settings, "augment": None, "paste_text": 0.0},
        )

    def fingerprint(self) -> dict[str, Any]:
        """See ``TextDataset.fingerprint``; what is drawn follows from seed, fonts and photos."""
        found = super().fingerprint()
        identity = [f"seed {self.seed}", f"size {self.crop_size}", *self.stock.identity()]
        text = "\0".join([found["digest"], *identity])
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
        return {**found, "digest": digest.hexdigest()}

    def keep_decoded(self, sizes: np.ndarray, kind: str, folder: Path) -> int:
        """There is nothing to keep: no picture comes twice."""
        return 0

    def _crop_and_targets(self, index: int, draw: int) -> Item:
        rng = np.random.default_rng((self.seed, draw))
        image, words = draw_photo(rng, self.crop_size, self.stock)
        if self.in_lines:
            words = group_into_lines(words)
        polygons = [np.rint(word.points).astype(np.int32) for word in words]
        numbers = [0 if word.ignore else number for number, word in enumerate(words, start=1)]
        bottom, right = self.crop_size[0] - 1, self.crop_size[1] - 1
        outline = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.int32)
        targets = draw_polygons(polygons, numbers, self.crop_size, self.pooling_size, outline)
        return make_item(image, targets, index)
