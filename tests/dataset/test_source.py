"""Where photos and labels are looked for, and what is said where they are not."""

import json
from pathlib import Path

import pytest

from dataset import TextDataset, build_dataset
from runtime.messages import UserError
from tests.dataset.test_text_dataset import write_label, write_photo


def make(**spec: object) -> TextDataset:
    return build_dataset({"type": "FAST_Data", "img_size": 96, "short_size": 96, **spec})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(3):
        write_photo(tmp_path / f"photos/img_{number}.jpg")
    return tmp_path / "photos"


def write_paddle(path: Path, *names: str) -> Path:
    word = {"transcription": "word", "points": [[5, 5], [50, 5], [50, 25], [5, 25]]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{name}\t{json.dumps([word])}\n" for name in names), "utf-8")
    return path


def test_labels_may_be_a_file_anywhere(photos, tmp_path):
    label = write_paddle(tmp_path / "elsewhere/Label.txt", "photos/img_0.jpg", "photos/img_2.jpg")

    dataset = make(img_dir=str(photos), gt_dir=str(label))

    assert [dataset.image_name(n) for n in range(2)] == ["img_0.jpg", "img_2.jpg"]
    assert dataset.label_path(1) == label
    assert [(p.kind, p.path.name) for p in dataset.problems] == [("missing_label", "img_1.jpg")]


def test_a_label_of_a_photo_that_is_not_there_is_named_with_it(photos, tmp_path):
    label = write_paddle(tmp_path / "Label.txt", "img_0.jpg", "img_1.jpg", "img_2.jpg", "gone.jpg")

    (problem,) = make(img_dir=str(photos), gt_dir=str(label)).problems

    assert (problem.kind, problem.path, problem.image) == ("missing_image", label, "gone.jpg")


def test_photos_and_labels_may_lie_in_subfolders(tmp_path):
    for part in ("a", "b"):
        write_photo(tmp_path / f"source/{part}/1.jpg")
        write_label(tmp_path / f"labels/{part}/1.txt")
    write_photo(tmp_path / "source/b/deep/2.jpg")
    write_label(tmp_path / "labels/other/2.txt")

    dataset = make(img_dir=str(tmp_path / "source"), gt_dir=str(tmp_path / "labels"))

    pairs = [(dataset.image_name(n), dataset.label_path(n)) for n in range(3)]
    assert pairs == [
        ("a/1.jpg", tmp_path / "labels/a/1.txt"),
        ("b/1.jpg", tmp_path / "labels/b/1.txt"),
        ("b/deep/2.jpg", tmp_path / "labels/other/2.txt"),
    ]
    assert dataset.problems == []


def test_label_files_of_several_folders_belong_to_the_photos_there(tmp_path):
    for part in ("a", "b"):
        write_photo(tmp_path / f"{part}/1.jpg")
        write_paddle(tmp_path / f"{part}/Label.txt", "1.jpg")

    dataset = make(img_dir=str(tmp_path))

    assert [dataset.label_path(n) for n in range(2)] == [tmp_path / f"{p}/Label.txt" for p in "ab"]
    assert [len(dataset.words(n)) for n in range(2)] == [1, 1]


def test_the_size_that_a_label_file_says_is_kept(photos, tmp_path):
    box = {"text": "가", "bbox": [5, 5, 40, 20]}
    for number in range(3):
        image = {"width": 180, "height": 100 + number, "file_name": f"img_{number}.JPG"}
        document = {"images": [image], "annotations": [box]}
        (tmp_path / "labels").mkdir(exist_ok=True)
        (tmp_path / f"labels/img_{number}.json").write_text(json.dumps(document), "utf-8")

    dataset = make(img_dir=str(photos), gt_dir=str(tmp_path / "labels"))

    assert dataset.format_name == "aihub_outdoor"
    assert dataset.label_size(2) == (102, 180)


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({}, "data.folder_not_named"),
        ({"img_dir": "absent"}, "data.folder_missing"),
        ({"img_dir": "photos", "gt_dir": "absent"}, "data.folder_missing"),
        ({"img_dir": "photos", "gt_dir": "photos", "format": "icdar"}, "data.unknown_format"),
        ({"img_dir": "photos"}, "data.format_not_found"),
        ({"img_dir": "photos", "gt_dir": "broken.json", "format": "coco"}, "data.labels_unusable"),
        ({"lmdb_path": "absent.lmdb"}, "lmdb.missing"),
    ],
)
def test_what_cannot_be_found_is_one_sentence(photos, tmp_path, monkeypatch, spec, key):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.json").write_text("{")

    with pytest.raises(UserError) as raised:
        make(**spec)

    assert raised.value.key == key
    assert str(raised.value)


def test_photos_without_any_labels_can_be_tested_on(photos):
    dataset = make(img_dir=str(photos), split="test")

    assert (dataset.num_images, dataset.has_labels, dataset.format_name) == (3, False, None)
