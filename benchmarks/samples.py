"""What does a training sample cost?

A crop of 640 x 640 with all random changes and targets, against decoding the same JPEG photos.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measure import Row, drawn_photos, in_a_fork, one_core, time_calls
from dataset import build_dataset, prepare_worker
from dataset.images import Photo
from dataset.sample_data import draw_scene
from dataset.text_dataset import TextDataset

PHOTOS = 60
PHONE_SIZE = (3024, 4032)


def rows(args: argparse.Namespace) -> Iterator[Row]:
    folder = args.photos or drawn_photos(args.folder, PHOTOS)
    data = data_set(folder)
    with one_core():
        prepare_worker()  # what the processes do that make samples in training
        yield from sample_cost(data)
        yield from many_words(args.folder)
        yield from phone_photos(args.folder)
        yield from cached(data, args.folder)
    yield from worker_memory(data)


def data_set(folder: Path, **changes: object) -> TextDataset:
    spec = {
        "type": "FAST_IC15",
        "split": "train",
        "is_transform": True,
        "img_size": 640,
        "short_size": 640,
        "img_dir": str(folder / "images"),
        "gt_dir": str(folder / "gts"),
    }
    return build_dataset(spec | changes)


def every_photo(data: TextDataset, what: Callable[[int], object]) -> None:
    for index in range(min(PHOTOS, data.num_images)):
        what(index)


def decode(data: TextDataset, index: int) -> None:
    Photo.open(data.image_path(index), data.apply_exif).pixels()


def sample(data: TextDataset, index: int) -> None:
    data[index, index]


def sample_cost(data: TextDataset) -> Iterator[Row]:
    works = [partial(every_photo, data, partial(work, data)) for work in (decode, sample)]
    decoding, whole = time_calls(*works)
    count = min(PHOTOS, data.num_images)
    yield Row("decoding a photo", 1e3 * decoding.median / count, "ms")
    yield Row("a training sample, decoding included", 1e3 * whole.median / count, "ms")
    yield Row(
        "a training sample over decoding its photo",
        whole.median / decoding.median,
        "times",
        "<= 3.0",
        (whole.least / decoding.least, whole.most / decoding.most),
    )


def many_words(folder: Path) -> Iterator[Row]:
    """Photos of one size and content with 12 and with 200 labelled words."""
    data = [data_set(page_of_words(folder, words)) for words in (12, 200)]
    works = [partial(every_photo, part, partial(sample, part)) for part in data]
    few, many = time_calls(*works)
    spread = (many.least / few.least, many.most / few.most)
    yield Row("a sample with 200 words over one with 12", many.median / few.median, "times",
              "<= 1.6", spread)  # fmt: skip


def page_of_words(folder: Path, words: int, photos: int = 20) -> Path:
    """1280 x 720 photos, as ICDAR's are, with ``words`` little boxes in rows."""
    target = folder / f"words_{words}"
    for number in range(photos):
        rng = np.random.default_rng(number)
        image, _ = draw_scene(rng, (720, 1280))
        save(target / "images" / f"img_{number}.jpg", image)
        lines = []
        for place in rng.permutation(240)[:words].tolist():
            x, y = 10 + place % 12 * 105, 10 + place // 12 * 35
            lines.append(f"{x},{y},{x + 80},{y},{x + 80},{y + 20},{x},{y + 20},word\n")
        label = target / "gts" / f"gt_img_{number}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text("".join(lines), encoding="utf-8")
    return target


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    path.write_bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes())


def phone_photos(folder: Path) -> Iterator[Row]:
    """A 12-megapixel photo at the size of a test with short side 640."""
    path = folder / "phone.jpg"
    if not path.exists():
        save(path, draw_scene(np.random.default_rng(1), PHONE_SIZE)[0])
    whole, small = time_calls(
        lambda: Photo.open(path).pixels(), lambda: Photo.open(path).pixels(reduction=4)
    )
    yield Row("decoding 12 megapixels whole", 1e3 * whole.median, "ms", "", whole.spread_ms)
    yield Row("decoding them at a quarter", 1e3 * small.median, "ms", "", small.spread_ms)
    yield Row("whole over reduced decoding", whole.median / small.median, "times", ">= 3.0")


def cached(data: TextDataset, folder: Path) -> Iterator[Row]:
    """A sample of a photo that is kept decoded, over one that is read from its file."""
    sizes = np.array([Photo.open(data.image_path(i)).size for i in range(data.num_images)])
    kept = data_set(data.image_folder.parent)
    kept.keep_decoded(sizes, "ram", folder)
    works = [partial(every_photo, part, partial(sample, part)) for part in (data, kept)]
    fresh, cached_ones = time_calls(*works)
    yield Row("a cached sample over an uncached one", cached_ones.median / fresh.median, "times")


def worker_memory(data: TextDataset) -> Iterator[Row]:
    """Of a process forked as a ``DataLoader`` forks it, after it has made many samples.

    Most of what is resident are torch's libraries, which all processes share.
    """
    memory = in_a_fork(make_many_samples, data)
    yield Row("memory that a worker adds", memory.private, "MB", "<= 400")
    yield Row("a worker's resident memory, torch's libraries included", memory.resident, "MB",
              "<= 400")  # fmt: skip


def make_many_samples(data: TextDataset) -> None:
    prepare_worker()
    for draw in range(200):
        data[draw % data.num_images, draw]
