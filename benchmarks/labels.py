"""How long does it take to read label files, and to open one that has been read before?

An AI-Hub file of 100,000 images as the portal has it: about a gigabyte of JSON, in which each word
stands with its single characters.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from benchmarks.measure import Row, in_a_fork
from dataset.build import build_dataset
from dataset.label_set import LabelSet, read_label_set

IMAGES, WORDS, CHARACTERS = 100_000, 19, 3


def rows(args: argparse.Namespace) -> Iterator[Row]:
    folder = args.folder / "aihub"
    file = folder / "labels.json"
    if not file.exists():
        write_aihub(folder)
    size_mb = file.stat().st_size / 1e6
    yield Row("an AI-Hub file of 100,000 images", size_mb, "MB")
    index = args.folder / "label_index"
    for kept in index.glob("*.npz"):
        kept.unlink()
    started = time.perf_counter()
    memory = in_a_fork(partial(read, index=index), folder)
    seconds = time.perf_counter() - started
    yield Row("reading and indexing it", seconds, "s")
    yield Row("the same, a second", size_mb / seconds, "MB/s")
    yield Row("the most memory of the process meanwhile", memory.peak, "MB", "<= 1500")
    spec = {"type": "FAST_Data", "img_dir": str(folder / "images"), "gt_dir": str(file)}
    started = time.perf_counter()
    build_dataset({**spec, "index_folder": index})
    yield Row(
        "opening it again, with its list of images", time.perf_counter() - started, "s", "<= 2"
    )


def read(folder: Path, index: Path) -> LabelSet:
    return read_label_set("aihub_wild", folder, ["labels.json"], index_folder=index)


def write_aihub(folder: Path) -> None:
    """The label file and its images, which are empty: only their names matter here."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    unfinished = folder / "unfinished"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write('{"info": {"name": "Text in the wild Dataset"}, "images": [')
        for number in range(IMAGES):
            name = f"{number:08d}.jpg"
            record = {"id": f"{number:08d}", "width": 1920, "height": 1080, "type": "sign",
                      "file_name": name}  # fmt: skip
            file.write((", " if number else "") + json.dumps(record))
            os.close(os.open(folder / "images" / name, os.O_CREAT))
        file.write('], "annotations": [')
        for number in tqdm(range(IMAGES), desc="annotations", leave=False, disable=None):
            write_annotations(file, number)
        file.write('], "licenses": []}')
    unfinished.rename(folder / "labels.json")


def write_annotations(file: TextIO, image: int) -> None:
    for word in range(WORDS):
        for part in range(1 + CHARACTERS):
            kind = "character" if part else "word"
            left, width = 40 * part, 40 if part else 40 * CHARACTERS
            annotation = {
                "id": f"{(image * WORDS + word) * (1 + CHARACTERS) + part:010d}",
                "image_id": f"{image:08d}",
                "text": "간판글"[part - 1] if part else "간판글",
                "attributes": {"class": kind},
                "bbox": [100 + left, 60 * word, width, 50],
            }
            file.write((", " if image or word or part else "") + json.dumps(annotation))
