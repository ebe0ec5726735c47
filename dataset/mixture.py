"""Several data sets trained on as one."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from dataset.build import build_dataset
from dataset.data_sets import DATA_SETS
from dataset.text_dataset import Item, TextDataset
from dataset.weighted_order import WeightedOrder
from runtime.config import find_file


class Mixture(Dataset[Item]):
    """One or more training data sets in a row; keys and items as those of ``TextDataset``.

    An item's ``index`` counts photos through all sources.
    """

    def __init__(self, sources: Sequence[TextDataset], weights: Sequence[float] | None) -> None:
        """weights: each source's share of the draws; None draws all of their samples alike."""
        self.sources = list(sources)
        self.weights = weights

    @property
    def lengths(self) -> list[int]:
        return [len(source) for source in self.sources]

    def __len__(self) -> int:
        return sum(self.lengths)

    def weighted_order(self, seed: int) -> WeightedOrder | None:
        """The order of draws that follows the weights; None where there are none."""
        return None if self.weights is None else WeightedOrder(self.lengths, self.weights, seed)

    def lasting_order(self, seed: int) -> WeightedOrder:
        """For epochs that are no passes: each pass goes on where the last epoch has left it."""
        return self.weighted_order(seed) or WeightedOrder([len(self)], [1.0], seed)

    @property
    def num_images(self) -> int:
        return sum(source.num_images for source in self.sources)

    @property
    def pooling_size(self) -> int:
        return self.sources[0].pooling_size

    def __getitem__(self, key: int | tuple[int, int]) -> Item:
        number, draw = key if isinstance(key, tuple) else (key, key)
        source, number = _locate(number, self.lengths)
        item = self.sources[source][number, draw]
        item["index"] += sum(part.num_images for part in self.sources[:source])
        return item

    def cropped(self, size: tuple[int, int], repeat_times: int | None = None) -> "Mixture":
        """The same data with crops of ``size``, (height, width).

        repeat_times: of every source; None leaves them as they are.
        """
        sources = [copy.copy(source) for source in self.sources]
        for source in sources:
            source.crop_size = size
            source.repeat_times = repeat_times or source.repeat_times
        return Mixture(sources, self.weights)

    def image_path(self, index: int) -> Path:
        source, index = _locate(index, [part.num_images for part in self.sources])
        return self.sources[source].image_path(index)

    def expect_sizes(self, sizes: Sequence[np.ndarray]) -> None:
        """See ``TextDataset.expect_sizes``; sizes: of each source's photos."""
        for source, size in zip(self.sources, sizes, strict=True):
            source.expect_sizes(size)

    def fingerprints(self) -> list[dict[str, Any]]:
        """See ``TextDataset.fingerprint``; one for each source."""
        return [source.fingerprint() for source in self.sources]

    def keep_decoded(self, sizes: Sequence[np.ndarray], kind: str, folder: Path) -> int:
        """See ``TextDataset.keep_decoded``; sizes: of each source's photos."""
        pairs = zip(self.sources, sizes, strict=True)
        return sum(source.keep_decoded(size, kind, folder) for source, size in pairs)

    def drawn(self, samples: np.ndarray) -> list[tuple[str, int, int]]:
        """Name, photos and words of each source that these samples hold, repetitions counted."""
        ends, samples = np.cumsum(self.lengths), np.sort(samples)
        parts = np.split(samples, np.searchsorted(samples, ends[:-1]))
        rows = []
        for source, part, end in zip(self.sources, parts, ends.tolist(), strict=True):
            images = (part - (end - len(source))) % source.num_images
            words = int(np.diff(source.packed.image_starts)[images].sum())
            rows.append((source.name, len(part), words))
        return rows


def _locate(number: int, lengths: Sequence[int]) -> tuple[int, int]:
    """Which of some parts in a row a number falls into, and its number there."""
    for part, length in enumerate(lengths):
        if 0 <= number < length:
            return part, number
        number -= length
    raise IndexError("there is no such sample")


def build_training_data(
    spec: Mapping[str, Any] | Sequence[Mapping[str, Any]], **shared: Any
) -> Mixture:
    """The data that ``data.train`` describes: one data set, or a list of them.

    spec: each may have a ``weight``; without one it counts 1 where others have one.
    shared: what every data set is given that does not say otherwise.
    """
    sources, weights, weighted = [], [], False
    for part in spec if isinstance(spec, Sequence) else [spec]:
        settings = {**shared, **part}
        weight = settings.pop("weight", None)
        weighted |= weight is not None
        found = [build_dataset(settings), *_joined(settings)]
        sources += found
        total = sum(map(len, found))
        weights += [(weight or 1.0) * len(source) / total for source in found]
    return Mixture(sources, weights if weighted else None)


def _joined(settings: Mapping[str, Any]) -> Iterator[TextDataset]:
    """What belongs to the training images of a kind of data set, where it is there."""
    if any(settings.get(key) for key in ("img_dir", "gt_dir", "lmdb_path")):
        return
    row = DATA_SETS.get(settings["type"])
    for images, labels in row.joined if row else ():
        folders = [
            find_file(Path(settings.get("data_root", "data")) / name) for name in (images, labels)
        ]
        if all(folder.is_dir() for folder in folders):
            places = dict(zip(("img_dir", "gt_dir"), map(str, folders), strict=True))
            yield build_dataset({**settings, **places})
