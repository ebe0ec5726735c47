"""All labels of a data set, and the index that spares reading them again."""

import os
from pathlib import Path

import numpy as np
import pytest

from dataset import label_set
from dataset.label_set import LabelSet, read_label_set


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gts").mkdir()
    write(tmp_path / "gts/gt_1.txt", "0,0,30,0,30,10,0,10,one\n35,0,60,0,60,10,35,10,two\nbad\n")
    write(tmp_path / "gts/gt_2.txt", "")
    return tmp_path


@pytest.fixture
def everything_is_much(monkeypatch):
    monkeypatch.setattr(label_set, "_INDEXED_FROM_FILES", 1)


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def read(folder: Path, **options: object) -> LabelSet:
    files = sorted(path.name for path in (folder / "gts").iterdir())
    return read_label_set("ic15", folder / "gts", files, index_folder=folder / "index", **options)


def texts(labels: LabelSet) -> list[list[str]]:
    words = labels.words
    return [[words.word(n).text for n in words.of_image(i)] for i in range(words.num_images)]


def test_each_file_has_its_words_and_problems(folder):
    labels = read(folder)

    assert list(labels.names) == ["gt_1.txt", "gt_2.txt"]
    assert texts(labels) == [["one", "two"], []]
    assert [(p.kind, p.path.name, p.line) for p in labels.problems] == [
        ("too_few_points", "gt_1.txt", 3)
    ]
    assert not (folder / "index").exists()


def test_words_can_be_grouped_into_lines(folder):
    assert texts(read(folder, in_lines=True)) == [["one two"], []]


def forbid_reading(monkeypatch):
    monkeypatch.setattr(label_set, "_read", lambda *_: pytest.fail("the files were read again"))


def test_much_is_read_once(folder, everything_is_much, monkeypatch):
    first = read(folder)
    forbid_reading(monkeypatch)

    again = read(folder)

    assert list(again.names) == list(first.names)
    assert list(again.files) == list(first.files)
    assert texts(again) == texts(first)
    assert again.problems == first.problems
    for part, array in first.words.arrays().items():
        np.testing.assert_array_equal(again.words.arrays()[part], array)


@pytest.mark.parametrize("change", ["content", "time", "new file", "lines"])
def test_an_index_that_is_out_of_date_is_made_anew(folder, everything_is_much, change):
    read(folder)
    path = folder / "gts/gt_2.txt"
    if change == "content":
        write(path, "0,0,30,0,30,10,0,10,new\n")
    if change == "time":
        os.utime(path, ns=(0, 0))
    if change == "new file":
        write(folder / "gts/gt_3.txt", "0,0,30,0,30,10,0,10,new\n")

    found = texts(read(folder, in_lines=change == "lines"))

    assert (
        found
        == {
            "content": [["one", "two"], ["new"]],
            "time": [["one", "two"], []],
            "new file": [["one", "two"], [], ["new"]],
            "lines": [["one two"], []],
        }[change]
    )


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_damaged_index_is_made_anew(folder, everything_is_much, keep):
    read(folder)
    (index,) = (folder / "index").iterdir()
    index.write_bytes(index.read_bytes()[:keep])

    assert texts(read(folder)) == [["one", "two"], []]


def test_an_index_that_cannot_be_written_is_done_without(folder, everything_is_much):
    write(folder / "index", "a file where the folder should be")

    assert texts(read(folder)) == [["one", "two"], []]


def test_no_unfinished_index_is_left(folder, everything_is_much):
    read(folder)

    assert [path.suffix for path in (folder / "index").iterdir()] == [".npz"]
