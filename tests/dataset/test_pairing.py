"""Which label belongs to which photo."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from dataset.formats import FORMATS
from dataset.pairing import (
    NameTable,
    images_of_labels,
    labels_of_images,
    list_label_names,
    unused_labels,
)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("a/1.jpg", 0),
        ("a/1.JPG", 0),
        ("somewhere/else/a/1.jpg", 0),
        ("b/1.jpg", 1),
        ("1.jpg", None),  # in two folders
        ("2.jpg", 2),
        ("c/2.jpg", 2),
        (unicodedata.normalize("NFD", "가게.png"), 3),
        ("3.jpg", None),
        ("", None),
    ],
)
def test_a_file_is_found_by_as_much_of_its_path_as_is_known(name, number):
    table = NameTable(["a/1.jpg", "b/1.jpg", "a/2.JPG", "가게.png"])

    assert table.find_all([[name]]).tolist() == [-1 if number is None else number]


def test_labels_of_photos_in_folders_are_found_beside_them_or_by_name_alone():
    images = ["x/1.jpg", "y/1.jpg", "y/2.jpg", "3.jpg"]

    found = labels_of_images(images, ["x/gt_1.txt", "y/1.txt", "all/gt_2.txt"], FORMATS["ic15"])

    np.testing.assert_array_equal(found, [0, 1, 2, -1])


def test_a_file_that_two_names_might_mean_belongs_to_neither():
    labels = ["x/gt_1.txt", "gt_2.txt"]

    found = labels_of_images(["x/1.jpg", "y/1.jpg", "y/2.jpg", "z/2.jpg"], labels, FORMATS["ic15"])

    np.testing.assert_array_equal(found, [0, -1, -1, -1])


def test_labels_name_their_images():
    found = images_of_labels(["1.jpg", "2.jpg"], ["2.jpg", "absent.jpg", "data/1.jpg"])

    np.testing.assert_array_equal(found, [1, -1, 0])


def test_only_files_named_like_labels_count_as_unused():
    files = ["gt_1.txt", "gt_2.txt", "readme.txt"]

    assert unused_labels(files, ["gt_1.txt"], FORMATS["ic15"]) == ["gt_2.txt"]


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1,2,3,4,5,6,7,8,word\n")


def test_label_files_are_listed_in_subfolders_only_where_there_are_none_above(tmp_path):
    write(tmp_path, "b/2.txt", "a/1.txt", "a/1.jpg", "a/.hidden")

    assert list_label_names(tmp_path) == ["a/1.txt", "b/2.txt"]
    assert list_label_names(tmp_path, FORMATS["ic15"]) == ["a/1.txt", "b/2.txt"]

    write(tmp_path, "top.txt", "photo.png", "labels.json")

    assert list_label_names(tmp_path) == ["labels.json", "top.txt"]
    assert list_label_names(tmp_path, FORMATS["ic15"]) == ["top.txt"]
