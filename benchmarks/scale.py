"""Does it stay fast and small with a million images, and does a second process help?"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.command import train
from benchmarks.measure import Row, drawn_photos, in_a_fork, time_calls
from benchmarks.samples import data_set
from dataset.images import list_image_names
from dataset.packed_names import PackedNames
from dataset.packed_words import PackedWords
from dataset.photo_folder import PhotoFolder
from dataset.sampler import EpochSampler
from dataset.text_dataset import TextDataset

IMAGES, REPEAT_TIMES, WORDS = 1_000_000, 10, 10


def rows(args: argparse.Namespace) -> Iterator[Row]:
    yield from file_list(args.folder)
    yield from memory_of_a_worker(args.folder)
    yield from order_of_an_epoch()
    yield from two_processes(args.folder)


def file_list(folder: Path) -> Iterator[Row]:
    """A folder with a million names, listed, sorted and packed."""
    many = folder / "many"
    many.mkdir(exist_ok=True)
    have = sum(1 for _ in os.scandir(many))
    for number in tqdm(range(have, IMAGES), desc="files", leave=False, disable=None):
        os.close(os.open(many / f"photo_{number * 7919 % IMAGES}.jpg", os.O_CREAT))
    (timing,) = time_calls(lambda: PackedNames(list_image_names(many)), rounds=3, warm_up=1)
    yield Row("opening a list of a million images", timing.median, "s", "<= 2",
              (timing.least, timing.most))  # fmt: skip


def memory_of_a_worker(folder: Path) -> Iterator[Row]:
    """What a forked worker has for itself after it has looked at many of a million images."""
    data = data_set(drawn_photos(folder, 4))
    names = PackedNames(f"photo_{number}.jpg" for number in range(IMAGES))
    data.photos = PhotoFolder(folder, names)
    data._shown = data._file_of = np.arange(IMAGES)
    data._label_sizes = np.zeros((IMAGES, 2), np.int32)
    data._label_files = PackedNames(f"gt_photo_{number}.txt" for number in range(IMAGES))
    words = IMAGES * WORDS
    data.packed = PackedWords(
        points=np.ones((4 * words, 2), np.float32),
        point_starts=np.arange(words + 1) * 4,
        texts=np.full(4 * words, ord("a"), np.uint8),
        text_starts=np.arange(words + 1) * 4,
        image_starts=np.arange(IMAGES + 1) * WORDS,
        ignore=np.zeros(words, bool),
        lines=np.ones(words, np.int32),
        difficult=np.zeros(words, bool),
    )
    memory = in_a_fork(look_around, data)
    yield Row("private memory of a worker with a million images", memory.private, "MB", "<= 150")


def look_around(data: TextDataset) -> None:
    for number in np.random.default_rng(0).integers(0, IMAGES, 20_000).tolist():
        data.image_path(number)
        data.packed.outlines(number)


def order_of_an_epoch() -> Iterator[Row]:
    """The first batch of an epoch, and of one that goes on at its hundred-thousandth."""
    sampler = EpochSampler(IMAGES * REPEAT_TIMES, 16)
    starts = {
        "first keys of an epoch of ten million samples": 0,
        "first keys when resuming at iteration 100,000": 100_000,
    }
    for question, start in starts.items():
        started = time.perf_counter()
        sampler.set_epoch(1, start)
        next(iter(sampler))
        yield Row(question, time.perf_counter() - started, "s", "<= 2")


def two_processes(folder: Path) -> Iterator[Row]:
    """Images a second of two gloo processes on two cores over one process on one core.

    At the crop size of the guide; the batch is the same, each process takes half of it.
    """
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        return
    photos = drawn_photos(folder, 32)
    common = ("--epochs", 2, "--device", "cpu", "--workers", 0, "--batch_size", 8)
    options = ("data.train.img_size=640", "data.train.short_size=640")
    alone = train(photos, folder / "alone", *common, options=options, cores={cores[0]})
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    questions = {
        True: "two processes on two cores over one on one",
        False: "the same with BatchNorm by process (train_cfg.sync_bn=False)",
    }
    for sync_bn, question in questions.items():
        together = train(
            photos, folder / f"together_{sync_bn}", *common,
            options=(*options, f"train_cfg.sync_bn={sync_bn}"),
            cores=set(cores), launcher=torchrun,
        )  # fmt: skip
        gain = together.figure("images_per_s") / alone.figure("images_per_s")
        yield Row(question, gain, "times", ">= 1.7")
