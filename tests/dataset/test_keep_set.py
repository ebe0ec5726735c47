"""The keep set: found by a config, a folder or a database; refused where nothing can be scored."""

from pathlib import Path

import pytest

from dataset.keep_set import keep_set_data
from dataset.sample_data import write_sample_data
from runtime.messages import UserError
from tests.conftest import PROJECT
from tests.inference.command import run_here

WORD = "10,10,50,10,50,30,10,30,"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """``images`` and ``gts`` of three photos, each with words."""
    write_sample_data(tmp_path / "예전", 3, seed=1, size=(96, 128), negatives=0.0)
    return tmp_path / "예전"


def replace_labels(folder: Path, text: str) -> None:
    for path in (folder / "gts").iterdir():
        path.write_text(text, encoding="utf-8")


def write_config(folder: Path, data: str) -> Path:
    path = folder.parent / "config.py"
    path.write_text(f"data = dict({data})\n", encoding="utf-8")
    return path


def section(folder: Path, name: str, more: str = "") -> str:
    return (
        f"{name}=dict(type='FAST_IC15', split='test', img_dir={str(folder / 'images')!r}, "
        f"gt_dir={str(folder / 'gts')!r}, {more})"
    )


@pytest.mark.parametrize("below", [".", "images"])
def test_labels_are_found_below_the_folder_and_next_to_it(folder, below):
    replace_labels(folder, WORD + "가\n")
    data = keep_set_data(str(folder / below), {"short_size": 64})
    assert data.num_images == len(data.packed) == 3
    assert data[0]["imgs"].shape == (3, 64, 96)


def test_labels_beside_the_photos_are_preferred_to_a_folder_next_to_theirs(folder):
    replace_labels(folder, WORD + "a\n")
    for number in (1, 2, 3):
        (folder / "images" / f"gt_img_{number}.txt").write_text(2 * (WORD + "b\n"))
    assert len(keep_set_data(folder / "images", {}).packed) == 6


def test_a_database_is_a_keep_set(folder, tmp_path):
    replace_labels(folder, WORD + "a\n")
    made = run_here("tools/make_lmdb.py", folder, tmp_path / "keep.lmdb", cwd=PROJECT)
    assert made.returncode == 0, made.stderr
    assert len(keep_set_data(tmp_path / "keep.lmdb", {}).packed) == 3


def test_a_config_gives_its_validation_data_and_else_its_test_data(folder):
    write_sample_data(folder.parent / "b", 2, seed=2, size=(96, 128), negatives=0.0)
    for labels in (folder, folder.parent / "b"):
        replace_labels(labels, WORD + "a\n")
    test = section(folder.parent / "b", "test")
    config = write_config(folder, f"{section(folder, 'val')}, {test}")
    assert keep_set_data(config, {}).num_images == 3
    config = write_config(folder, f"val=None, {test}")
    assert keep_set_data(config, {}).num_images == 2


def test_a_config_has_the_last_word_about_sizes(folder):
    replace_labels(folder, WORD + "a\n")
    shared = {"short_size": 64}
    silent = keep_set_data(write_config(folder, section(folder, "val")), shared)
    explicit = keep_set_data(write_config(folder, section(folder, "val", "short_size=32")), shared)
    assert (silent.short_size, explicit.short_size) == (64, 32)


def test_a_config_says_itself_whether_its_labels_are_words_or_lines(folder):
    replace_labels(folder, WORD + "a\n60,10,100,10,100,30,60,30,b\n")
    config = write_config(folder, section(folder, "val"))
    assert len(keep_set_data(config, {"granularity": "line"}).packed) == 6
    assert len(keep_set_data(folder, {"granularity": "line"}).packed) == 3


def refused(path: Path) -> UserError:
    with pytest.raises(UserError) as error:
        keep_set_data(path, {})
    assert str(path.name) in str(error.value)
    return error.value


def test_what_is_no_data_at_all_is_refused(folder):
    assert refused(folder / "nowhere").key == "keep.path_missing"
    assert refused(folder / "images" / "img_1.jpg").key == "keep.path_missing"
    empty = write_config(folder, "val=None")
    assert refused(empty).key == "config.section_missing"


def test_photos_without_labels_are_refused(folder):
    (folder / "gts").rename(folder / "elsewhere")
    assert refused(folder / "images").key == "keep.no_labels"


@pytest.mark.parametrize("text", [WORD + "###\n", ""])
def test_labels_without_a_readable_word_are_refused(folder, text):
    replace_labels(folder, text)
    with pytest.raises(UserError) as error:
        keep_set_data(write_config(folder, section(folder, "test")), {})
    assert error.value.key == "keep.no_words"
