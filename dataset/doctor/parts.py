"""A data set and what was seen of it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dataset.doctor.findings import Box
from dataset.doctor.frames import COUNTS
from dataset.doctor.image_checks import ImageLook
from dataset.text_dataset import TextDataset


@dataclass
class Part:
    """One data set of a config, and what was seen of its photos.

    name: train, val, test.  trains: whether training learns from it, as opposed to testing.
    looks: one for each photo.  counts: (images, 8), see ``count_frames``.
    """

    name: str
    dataset: TextDataset
    trains: bool
    looks: list[ImageLook] = field(default_factory=list)
    counts: np.ndarray = field(default_factory=lambda: np.zeros((0, len(COUNTS)), np.int64))

    def label_place(self, image: int) -> Path:
        """The label file of a photo, or the photo where it has none."""
        return self.dataset.label_path(image) or self.dataset.image_path(image)


def boxes_of(dataset: TextDataset, image: int, most: int = 40) -> tuple[Box, ...]:
    return tuple(tuple(map(tuple, word.points.tolist())) for word in dataset.words(image)[:most])
