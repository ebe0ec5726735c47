"""The data set: pairing of files, items for training and testing, and what workers need."""

import errno
import pickle
import shutil
import time
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from dataset import TextDataset, build_dataset, prepare_worker, text_dataset
from dataset.packed_words import PackedWords
from dataset.sampler import EpochSampler
from runtime.messages import UserError
from tests.conftest import ic15

MAPS = ("gt_texts", "gt_kernels", "training_masks", "gt_instances")
LABEL = "20,30,80,30,80,50,20,50,word\n100,60,150,60,150,80,100,80,###\n"


def write_photo(path: Path, size: tuple[int, int] = (120, 180), orientation: int = 1) -> None:
    """A noisy photo of size (height, width) as stored, with an EXIF orientation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = np.random.default_rng(len(path.name)).integers(0, 256, (*size, 3), np.uint8)
    image = Image.fromarray(levels)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)


def write_label(path: Path, text: str = LABEL) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos with labels; the last has no text."""
    for number, label in enumerate([LABEL, LABEL.splitlines()[0], ""], start=1):
        write_photo(tmp_path / "images" / f"img_{number}.jpg")
        write_label(tmp_path / "gts" / f"gt_img_{number}.txt", label)
    return tmp_path


def make(folder: Path, **options: Any) -> TextDataset:
    spec = {
        "type": "FAST_IC15",
        "split": "train",
        "is_transform": True,
        "img_size": 96,
        "short_size": 96,
        "img_dir": str(folder / "images"),
        "gt_dir": str(folder / "gts"),
    }
    return build_dataset(spec | options)


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return all(torch.equal(first[key], second[key]) for key in first)


def test_a_training_item_has_what_the_network_learns_from(folder):
    item = make(folder)[0]

    assert {key: (value.dtype, tuple(value.shape)) for key, value in item.items()} == {
        "imgs": (torch.uint8, (3, 96, 96)),
        "gt_texts": (torch.uint8, (96, 96)),
        "gt_kernels": (torch.uint8, (96, 96)),
        "training_masks": (torch.uint8, (96, 96)),
        "gt_instances": (torch.int32, (96, 96)),
        "num_instances": (torch.int64, ()),
        "index": (torch.int64, ()),
        "unreadable": (torch.bool, ()),
    }
    assert item["gt_texts"].max() == 1
    assert not item["unreadable"]


def test_a_type_names_its_own_folders(tmp_path):
    images = tmp_path / "ICDAR2015/Challenge4/ch4_training_images"
    labels = tmp_path / "ICDAR2015/Challenge4/ch4_training_localization_transcription_gt"
    write_photo(images / "img_1.jpg")
    write_label(labels / "gt_img_1.txt")

    dataset = build_dataset({"type": "FAST_IC15", "split": "train", "data_root": str(tmp_path)})

    assert (dataset.num_images, dataset.has_labels, dataset.problems) == (1, True, [])
    assert dataset.image_path(0) == images / "img_1.jpg"


def test_an_unknown_type_names_the_nearest():
    with pytest.raises(UserError, match="FAST_IC15"):
        build_dataset({"type": "FAST_IC51"})


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("img_1.JPG", "gt_img_1.txt"),
        ("img_1.png", "img_1.txt"),
        ("my.photo.jpeg", "gt_my.photo.txt"),
        (unicodedata.normalize("NFD", "가게.jpg"), unicodedata.normalize("NFC", "gt_가게.txt")),
        (unicodedata.normalize("NFC", "가게.jpg"), unicodedata.normalize("NFD", "gt_가게.txt")),
    ],
)
def test_a_label_is_found_by_the_name_of_its_photo(tmp_path, image, label):
    write_photo(tmp_path / "images" / image)
    write_label(tmp_path / "gts" / label)

    dataset = make(tmp_path)

    assert [word.text for word in dataset.words(0)] == ["word", "###"]
    assert dataset.label_path(0) == tmp_path / "gts" / label


def test_labels_may_lie_beside_the_photos(folder):
    for label in (folder / "gts").iterdir():
        label.rename(folder / "images" / label.name)

    dataset = make(folder, gt_dir=None)

    assert (dataset.num_images, dataset.problems) == (3, [])


def test_words_come_as_they_are_labelled(folder):
    word, ignored = make(folder).words(0)

    np.testing.assert_array_equal(word.points, [[20, 30], [80, 30], [80, 50], [20, 50]])
    assert (word.text, word.ignore, word.line) == ("word", False, 1)
    assert (ignored.text, ignored.ignore, ignored.line) == ("###", True, 2)


def test_an_empty_label_file_makes_a_negative(folder):
    item = make(folder)[2]

    assert not item["gt_texts"].any()
    assert item["num_instances"] == 0
    assert item["training_masks"].any()


def test_a_photo_without_a_label_is_a_problem_and_not_trained_on(folder):
    (folder / "gts" / "gt_img_2.txt").unlink()

    dataset = make(folder)

    assert [problem.kind for problem in dataset.problems] == ["missing_label"]
    assert [dataset.image_path(index).name for index in range(2)] == ["img_1.jpg", "img_3.jpg"]


def test_a_label_without_a_photo_is_a_problem(folder):
    (folder / "images" / "img_2.jpg").unlink()

    dataset = make(folder)

    assert [(p.kind, p.path.name) for p in dataset.problems] == [("missing_image", "gt_img_2.txt")]


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"img_dir": "nowhere"}, "data.folder_missing"),
        ({"gt_dir": "nowhere"}, "data.folder_missing"),
        ({"img_dir": None, "data_root": "nowhere"}, "data.folder_missing"),
    ],
)
def test_a_folder_that_is_not_there_is_named(folder, options, key):
    with pytest.raises(UserError, match="nowhere") as caught:
        make(folder, **options)

    assert caught.value.key == key


def test_a_folder_without_photos_is_refused(folder):
    for path in (folder / "images").iterdir():
        path.unlink()

    with pytest.raises(UserError, match="images"):
        make(folder)


def test_training_without_any_label_is_refused_and_says_what_was_looked_for(folder):
    for path in (folder / "gts").iterdir():
        path.unlink()

    with pytest.raises(UserError, match=r"gt_img_1\.txt"):
        make(folder)


def test_photos_can_be_tested_on_without_labels(folder):
    for path in (folder / "gts").iterdir():
        path.unlink()

    dataset = make(folder, split="test")

    assert (dataset.num_images, dataset.has_labels, dataset.problems) == (3, False, [])
    assert dataset.words(0) == []


def test_a_test_item_is_a_whole_photo(folder):
    item = make(folder, split="test")[1]

    assert item["imgs"].dtype == torch.uint8
    assert tuple(item["imgs"].shape) == (3, 96, 160)
    assert item["img_metas"] == {
        "filename": "img_2.jpg",
        "img_path": str(folder / "images" / "img_2.jpg"),
        "org_img_size": (120, 180),
        "img_size": (96, 160),
    }


@pytest.mark.parametrize(("read_type", "size"), [("cv2", (180, 120)), ("pil", (120, 180))])
def test_the_reader_decides_over_the_exif_rotation(tmp_path, read_type, size):
    write_photo(tmp_path / "images" / "img_1.jpg", (120, 180), orientation=6)

    dataset = make(tmp_path, split="test", read_type=read_type, gt_dir=None)

    assert dataset[0]["img_metas"]["org_img_size"] == size


def test_photos_come_as_often_as_the_config_says(folder):
    dataset = make(folder, repeat_times=10)

    assert (len(dataset), dataset.num_images) == (30, 3)
    assert [int(dataset[key]["index"]) for key in (0, 4, 29)] == [0, 1, 2]
    with pytest.raises(IndexError):
        dataset[30]


def test_the_draw_decides_over_a_sample(folder):
    dataset = make(folder, repeat_times=2)

    assert same(dataset[1], dataset[(1, 1)])
    assert same(dataset[(1, 7)], dataset[(4, 7)])
    assert not same(dataset[(1, 7)], dataset[(1, 8)])
    assert not same(dataset[(1, 7)], make(folder, seed=1)[(1, 7)])


def test_without_transform_a_photo_always_gives_the_same_crop(folder):
    dataset = make(folder, is_transform=False, repeat_times=2)

    assert same(dataset[(0, 5)], dataset[(3, 17)])


@pytest.mark.parametrize("workers", [1, 2])
def test_samples_do_not_depend_on_who_makes_them(folder, workers):
    dataset = make(folder, repeat_times=4)

    def batches(count: int) -> list[dict[str, Any]]:
        sampler = EpochSampler(len(dataset), 4, seed=3)
        sampler.set_epoch(2)
        start = prepare_worker if count else None
        return list(
            DataLoader(dataset, batch_sampler=sampler, num_workers=count, worker_init_fn=start)
        )

    alone, together = batches(0), batches(workers)

    assert len(alone) == len(together) == 3
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))
    assert tuple(alone[0]["imgs"].shape) == (4, 3, 96, 96)


def test_a_photo_that_breaks_during_training_teaches_nothing(folder):
    dataset = make(folder)
    (folder / "images" / "img_1.jpg").write_bytes(b"gone")

    item = dataset[0]

    assert item["unreadable"]
    assert item["index"] == 0
    assert not any(item[name].any() for name in ("imgs", *MAPS))
    assert {key: value.shape for key, value in item.items()} == {
        key: value.shape for key, value in dataset[1].items()
    }


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """The seconds that were waited between tries, in a test that does not wait itself."""
    slept: list[float] = []
    monkeypatch.setattr(text_dataset.time, "sleep", slept.append)
    return slept


class Failing:
    """In the place of ``np.fromfile``: raises for so many calls, and reads from then on."""

    def __init__(self, monkeypatch, times: int, error: Exception) -> None:
        self.left, self.calls, self.error, self.read = times, 0, error, np.fromfile
        monkeypatch.setattr(np, "fromfile", self)

    def __call__(self, *arguments: Any) -> np.ndarray:
        self.calls += 1
        self.left -= 1
        if self.left >= 0:
            raise self.error
        return self.read(*arguments)


@pytest.mark.parametrize("code", [errno.ESTALE, errno.EIO, errno.ENOENT, errno.ETIMEDOUT])
@pytest.mark.parametrize(("times", "waited"), [(0, []), (1, [0.1]), (2, [0.1, 0.4])])
def test_a_share_that_fails_for_a_moment_changes_nothing(
    folder, monkeypatch, waits, code, times, waited
):
    dataset = make(folder)
    expected = dataset[(0, 7)]
    Failing(monkeypatch, times, OSError(code, "share"))

    assert same(dataset[(0, 7)], expected)
    assert waits == waited


def test_a_photo_that_is_half_written_is_waited_for(folder, monkeypatch):
    dataset = make(folder)
    expected = dataset[0]
    path = folder / "images" / "img_1.jpg"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(text_dataset.time, "sleep", lambda _: path.write_bytes(whole))

    assert same(dataset[0], expected)


def test_a_photo_that_fails_at_every_try_is_tried_once_from_then_on(folder, monkeypatch, waits):
    dataset = make(folder)
    failing = Failing(monkeypatch, 5, OSError(errno.EIO, "share"))

    assert [bool(dataset[(0, draw)]["unreadable"]) for draw in range(4)] == [True] * 3 + [False]
    assert failing.calls == 3 + 1 + 1 + 1
    assert waits == [0.1, 0.4]


def test_a_photo_that_has_come_back_gets_every_try_again(folder, monkeypatch, waits):
    dataset = make(folder)
    Failing(monkeypatch, 3, OSError(errno.EIO, "share"))
    assert [bool(dataset[0]["unreadable"]) for _ in range(2)] == [True, False]
    Failing(monkeypatch, 2, OSError(errno.EIO, "share"))

    assert not dataset[0]["unreadable"]
    assert waits == [0.1, 0.4, 0.1, 0.4]


@pytest.mark.parametrize("cached", [False, True])
def test_a_photo_of_another_size_than_was_checked_teaches_nothing(folder, waits, cached):
    dataset = make(folder)
    sizes = np.array([(120, 180)] * 3)
    if cached:
        dataset.keep_decoded(sizes, "ram", folder)
    else:
        dataset.expect_sizes(sizes)
    first = folder / "images" / "img_1.jpg"
    shutil.copy(first, folder / "kept.jpg")
    write_photo(first, (120, 181))

    assert [bool(dataset[index]["unreadable"]) for index in range(3)] == [True, False, False]
    assert waits == []
    shutil.copy(folder / "kept.jpg", first)
    assert not dataset[0]["unreadable"]


def test_both_sizes_of_a_changed_photo_are_said(folder):
    dataset = make(folder)
    dataset.expect_sizes(np.array([(120, 180), (180, 120), (120, 180)]))

    with pytest.raises(UserError, match=r"img_2\.jpg.*120x180.*180x120") as caught:
        dataset._photo(1)

    assert caught.value.key == "data.image_changed"


def test_sizes_follow_the_photos_when_some_are_left_out(folder):
    dataset = make(folder)
    dataset.expect_sizes(np.array([(1, 1), (120, 180), (120, 180)]))

    dataset.leave_out(images=[0], words=[])

    assert [bool(dataset[index]["unreadable"]) for index in range(2)] == [False, False]


def test_a_fingerprint_counts_and_names_what_is_trained_on(folder):
    found = make(folder, name="signs").fingerprint()

    assert len(bytes.fromhex(found.pop("digest"))) == 32
    assert found == {"name": "signs", "images": 3, "words": 3}


def test_a_fingerprint_is_the_same_wherever_and_in_whatever_order_the_files_lie(folder, tmp_path):
    other = tmp_path / "other"
    for name in sorted((f"{i}" for i in (3, 1, 2)), reverse=True):
        for path in (f"images/img_{name}.jpg", f"gts/gt_img_{name}.txt"):
            (other / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / path, other / path)

    assert make(other).fingerprint()["digest"] == make(folder).fingerprint()["digest"]


def add_a_photo(folder: Path) -> None:
    write_photo(folder / "images" / "img_4.jpg")
    write_label(folder / "gts" / "gt_img_4.txt", "")


def rename_a_photo(folder: Path) -> None:
    (folder / "images" / "img_3.jpg").rename(folder / "images" / "img_9.jpg")
    (folder / "gts" / "gt_img_3.txt").rename(folder / "gts" / "gt_img_9.txt")


def relabel(text: str) -> Any:
    return lambda folder: write_label(folder / "gts" / "gt_img_1.txt", text)


@pytest.mark.parametrize(
    "change",
    [
        add_a_photo,
        rename_a_photo,
        relabel(LABEL.replace("20,30", "20,31")),
        relabel(LABEL.replace("word", "ward")),
        relabel(LABEL.replace("###", "legible")),
        relabel("".join(LABEL.splitlines(keepends=True)[::-1])),
        relabel(LABEL.splitlines()[0]),
    ],
    ids=["photo", "name", "corner", "text", "ignored", "order", "one word less"],
)
def test_any_change_of_the_data_changes_the_fingerprint(folder, change):
    before = make(folder).fingerprint()["digest"]

    change(folder)

    assert make(folder).fingerprint()["digest"] != before


def test_the_same_words_on_other_photos_have_another_fingerprint(folder):
    first, second = (folder / "gts" / f"gt_img_{number}.txt" for number in (2, 3))
    before = make(folder).fingerprint()["digest"]

    first.rename(folder / "kept")
    second.rename(first)
    (folder / "kept").rename(second)

    assert make(folder).fingerprint()["digest"] != before


def test_seven_million_words_are_fingerprinted_in_two_seconds(folder):
    dataset = make(folder)
    words, rng = 7_000_000, np.random.default_rng(0)
    counts = np.arange(0, 1 + words)
    dataset.packed = PackedWords(
        points=rng.random((4 * words, 2), np.float32),
        point_starts=4 * counts,
        texts=np.zeros(5 * words, np.uint8),
        text_starts=5 * counts,
        image_starts=np.array([0, words // 2, words, words]),
        ignore=np.zeros(words, bool),
        lines=np.zeros(words, np.int32),
        difficult=np.zeros(words, bool),
    )
    started_s = time.thread_time()

    assert dataset.fingerprint()["words"] == words
    assert time.thread_time() - started_s < 2


def test_the_changes_can_be_set_one_by_one(folder):
    dataset = make(folder, augment={"flip": 0.0, "scale": (1, 1)})

    assert (dataset.change.flip, dataset.change.scale, dataset.change.rotation) == (
        0.0,
        (1, 1),
        30.0,
    )


def test_keys_of_published_configs_are_accepted(folder):
    assert len(make(folder, report_speed=False, with_rec=False)) == 3


@pytest.mark.parametrize("img_size", [64, (64, 64), [64, 64]])
def test_the_crop_may_be_given_as_a_side_or_as_two(folder, img_size):
    assert tuple(make(folder, img_size=img_size)[0]["imgs"].shape) == (3, 64, 64)


def test_a_data_set_travels_to_a_worker_in_few_bytes(folder):
    for number in range(4, 54):
        (folder / "images" / f"img_{number}.jpg").hardlink_to(folder / "images" / "img_1.jpg")
        write_label(folder / "gts" / f"gt_img_{number}.txt", LABEL * 20)
    dataset = make(folder)

    content = pickle.dumps(dataset)

    # Forty words on each: less than 60 bytes a word, and the names of the files.
    assert len(content) < 60 * 40 * 50 + 53 * 2 * (len(str(folder)) + 30)
    assert same(pickle.loads(content)[3], dataset[3])


def test_photos_and_words_can_be_left_out(folder):
    dataset = make(folder)

    dataset.leave_out(images=[1], words=[0])

    assert [dataset.image_path(index).name for index in range(2)] == ["img_1.jpg", "img_3.jpg"]
    assert [word.text for word in dataset.words(0)] == ["###"]
    assert dataset.words(1) == []


@pytest.mark.parametrize("points", [4, 5, 14])
def test_words_of_any_number_of_points_are_drawn(folder, points):
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    circle = np.stack([90 + 40 * np.cos(angles), 60 + 40 * np.sin(angles)], axis=-1)
    line = ",".join(str(round(value, 1)) for value in circle.ravel())
    write_label(folder / "gts" / "gt_img_1.txt", f"{line},round\n")

    item = make(folder, is_transform=False)[0]

    assert int(item["gt_texts"].sum()) > 900
    assert item["num_instances"] == 1


def test_real_photos_give_sound_samples():
    root = ic15() / "val"
    spec = {"type": "FAST_IC15", "is_transform": True, "img_size": 320, "short_size": 640}
    dataset = build_dataset(spec | {"img_dir": root / "images", "gt_dir": root / "gts"})

    shows_text = 0
    for key in range(30):
        item = dataset[key]
        texts, kernels, instances = item["gt_texts"], item["gt_kernels"], item["gt_instances"]
        assert torch.equal(texts > 0, instances > 0)
        assert not (kernels > texts).any()
        assert instances.max() <= item["num_instances"]
        shows_text += bool(texts.any())
    assert shows_text > 15
