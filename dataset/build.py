"""Data sets by the ``type`` that a config gives."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dataset.data_sets import DATA_SETS, DRAWN
from dataset.drawn_dataset import DrawnDataset
from dataset.text_dataset import TextDataset
from runtime.config import build_from


def build_dataset(spec: Mapping[str, Any]) -> TextDataset:
    """The data set that a config's ``data.train``, ``data.val`` or ``data.test`` describes."""
    table: dict[str, Callable[..., TextDataset]] = {
        name: partial(TextDataset, row) for name, row in DATA_SETS.items()
    }
    table[DRAWN] = DrawnDataset
    return build_from(table, spec)
