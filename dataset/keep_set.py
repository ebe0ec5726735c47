"""Labelled photos that a detector is scored on, found by a path or in a config."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset.build import build_dataset
from dataset.lmdb_file import is_database
from dataset.text_dataset import TextDataset
from runtime.config import CONFIG_SUFFIXES, Config, find_file, load_config
from runtime.messages import UserError

# What people call the folder of the labels, beside that of the photos.
LABEL_FOLDERS = ("gts", "gt", "labels", "label", "annotations")


def keep_set_data(path: str | Path, shared: Mapping[str, Any]) -> TextDataset:
    """The photos by which a fine-tuned detector shows what it has forgotten.

    path: a config (its ``data.val``, else ``data.test``), a folder of photos with labels of any
        format in it or beside it, or an LMDB file.
    shared: settings for ``build_dataset`` where the config does not say otherwise.
    Raises UserError for what is none of these, or has nothing to score by.
    """
    place = find_file(path)
    if place.is_file() and place.suffix in CONFIG_SUFFIXES:
        return data_to_score(load_config(place), shared)
    if not place.is_dir() and not is_database(place):
        raise UserError("keep.path_missing", path=path, suffixes=", ".join(CONFIG_SUFFIXES))
    return _with_readable_words(photo_data(place, shared))


def photo_data(place: Path, shared: Mapping[str, Any]) -> TextDataset:
    """The photos of a folder or an LMDB, with the labels in it or beside it where there are any."""
    spec = {"type": "FAST_Data", "split": "test", **shared, "img_dir": str(place)}
    data = build_dataset(spec)
    if not data.has_labels:
        beside = (place.resolve().parent / name for name in LABEL_FOLDERS)
        labels = next((folder for folder in beside if folder.is_dir()), None)
        data = build_dataset({**spec, "gt_dir": str(labels)}) if labels else data
    return data


def data_to_score(config: Config, shared: Mapping[str, Any]) -> TextDataset:
    """``data.val`` of a config, else ``data.test``; raises UserError without words to score by."""
    sections = config.get("data", {})
    spec = sections.get("val") or sections.get("test")
    if not spec:
        raise UserError("config.section_missing", path=config.filename, key="data.test")
    granularity = {"granularity": sections["granularity"]}
    return _with_readable_words(build_dataset({"split": "test", **shared, **granularity, **spec}))


def _with_readable_words(data: TextDataset) -> TextDataset:
    folder = data.label_folder or data.image_folder
    if not data.has_labels:
        raise UserError("keep.no_labels", path=folder)
    if data.packed.ignore.all():
        raise UserError("keep.no_words", path=folder, words=len(data.packed))
    return data
