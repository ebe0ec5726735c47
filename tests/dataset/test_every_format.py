"""The same ten photos with labels in every format give the same training samples."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from dataset import TextDataset, build_dataset
from dataset.formats import FORMATS
from dataset.labels import Word
from dataset.lmdb_writer import LmdbWriter, Sample, word_records
from tests.dataset.label_writers import WRITERS, Image, Writer
from tests.dataset.lmdb_files import users_records, write_records

PHOTOS, SIZE = 10, (96, 160)


def draw_photos(folder: Path) -> list[Image]:
    """Noise, with upright boxes of whole pixels for words; every third photo is of another size."""
    rng = np.random.default_rng(0)
    images: list[Image] = []
    folder.mkdir(parents=True)
    for number in range(PHOTOS):
        height, width = SIZE if number % 3 else (120, 140)
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        PillowImage.fromarray(pixels).save(folder / f"img_{number}.png")
        words = []
        for line in range(1, 1 + number % 4):
            left, top = rng.integers(2, 90), 24 * line - 16
            right, bottom = left + rng.integers(20, 45), top + 14
            corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
            words.append(Word(np.array(corners, np.float32), f"글자{line}", False, line))
        images.append((f"img_{number}.png", (height, width), words))
    return images


def box_of(word: Word) -> tuple[int, int, int, int]:
    return (*word.points.min(axis=0).astype(int), *word.points.max(axis=0).astype(int))  # type: ignore[return-value]


def write_each(folder: Path, images: Sequence[Image], name: str, line) -> None:
    for image, _, words in images:
        lines = "".join(f"{line(word)}\n" for word in words)
        (folder / name.format(Path(image).stem)).write_text(lines, "utf-8")


def ctw_line(word: Word) -> str:
    """The box, then fourteen points from its corner: each corner several times.

    Points between the corners would be rounded on their own when a photo is turned.
    """
    left, top, right, bottom = box_of(word)
    across = [0] * 4 + [right - left] * 3
    points = [(x, 0) for x in across] + [(x, bottom - top) for x in across[::-1]]
    offsets = [value for point in points for value in point]
    return ",".join(map(str, (left, top, right, bottom, *offsets)))


def total_text_line(word: Word) -> str:
    x, y = (" ".join(map(str, row)) for row in word.points.astype(int).T)
    return f"x: [[{x}]], y: [[{y}]], ornt: [u'h'], transcriptions: [u'{word.text}']"


def msra_line(word: Word) -> str:
    left, top, right, bottom = box_of(word)
    return f"{word.line} 0 {left} {top} {right - left} {bottom - top} 0"


def write_synth_text(folder: Path, images: Sequence[Image]) -> None:
    savemat = pytest.importorskip("scipy.io").savemat
    names, boxes, texts = (np.empty((1, len(images)), object) for _ in range(3))
    for number, (image, _, words) in enumerate(images):
        names[0, number] = np.array([image])
        boxes[0, number] = np.array([word.points for word in words]).reshape(-1, 4, 2).T
        texts[0, number] = np.array([word.text for word in words])
    savemat(folder / "gt.mat", {"imnames": names, "wordBB": boxes, "txt": texts})


EVERY_WRITER: dict[str, Writer] = {
    **WRITERS,
    "ctw": lambda folder, images: write_each(folder, images, "{}.txt", ctw_line),
    "total_text": lambda folder, images: write_each(
        folder, images, "poly_gt_{}.txt", total_text_line
    ),
    "msra": lambda folder, images: write_each(folder, images, "{}.gt", msra_line),
    "synth_text": write_synth_text,
}  # type: ignore[dict-item]


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> tuple[Path, list[Image]]:
    folder = tmp_path_factory.mktemp("photos") / "images"
    return folder, draw_photos(folder)


def make(**places: object) -> TextDataset:
    spec = {"type": "FAST_Data", "is_transform": True, "img_size": 96, "short_size": 96}
    return build_dataset({**spec, **places})


@pytest.fixture(scope="module")
def expected(images, tmp_path_factory) -> TextDataset:
    folder, labelled = images
    labels = tmp_path_factory.mktemp("expected")
    WRITERS["ic15"](labels, labelled)
    return make(img_dir=str(folder), gt_dir=str(labels), format="ic15")


def assert_same_samples(dataset: TextDataset, expected: TextDataset) -> None:
    assert dataset.problems == []
    assert dataset.num_images == expected.num_images == PHOTOS
    for number in range(PHOTOS):
        for draw in (0, 1):
            item, same = dataset[number, draw], expected[number, draw]
            assert item["num_instances"] == same["num_instances"]
            for key in ("imgs", "gt_texts", "gt_kernels", "training_masks", "gt_instances"):
                assert torch.equal(item[key], same[key]), key


def test_no_format_is_left_out():
    assert set(EVERY_WRITER) | {"lmdb"} == set(FORMATS)


@pytest.mark.parametrize("name", EVERY_WRITER)
def test_the_same_photos_give_the_same_samples(images, expected, tmp_path, name):
    folder, labelled = images
    EVERY_WRITER[name](tmp_path, labelled)

    dataset = make(img_dir=str(folder), gt_dir=str(tmp_path), format="auto")

    assert dataset.format_name == dataset.found_format == name
    assert_same_samples(dataset, expected)


def test_an_lmdb_of_this_project_gives_them_too(images, expected, tmp_path):
    folder, labelled = images
    with LmdbWriter(tmp_path / "photos.lmdb") as writer:
        for name, size, words in labelled:
            content = np.fromfile(folder / name, np.uint8)
            writer.add(Sample(name, [len(content), 0], word_records(words), size, content))
        writer.finish()

    dataset = make(lmdb_path=str(tmp_path / "photos.lmdb"))

    assert dataset.image_name(3) == "img_3.png"
    assert_same_samples(dataset, expected)


@pytest.mark.parametrize("first", [0, 1])
def test_an_lmdb_of_the_users_gives_them_too(images, expected, tmp_path, first):
    folder, labelled = images
    samples = []
    for name, (height, width), words in labelled:
        boxes = [(word.points / (width, height)).ravel().tolist() for word in words]
        label = {"bboxes": boxes, "words": [word.text for word in words], "filename": name}
        samples.append(((folder / name).read_bytes(), label))
    path = write_records(tmp_path / "users.lmdb", users_records(samples, first))

    assert_same_samples(make(type="FAST_LMDB", lmdb_path=str(path)), expected)
