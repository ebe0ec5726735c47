"""Which photos thresholds are chosen on."""

from pathlib import Path

import numpy as np
import pytest

from dataset.calibration_split import CalibrationSplit, calibration_split
from runtime.config import load_config
from runtime.messages import UserError
from tests.inference.bright_model import save_photo, write_config

PLACE = "type='FAST_IC15', img_dir={0!r}, gt_dir={0!r}"


def save_photos(folder: Path, count: int, first: int, text: str = "word") -> None:
    for number in range(count):
        image = np.full((32, 64, 3), first + number, np.uint8)
        save_photo(folder / f"img_{number}.png", image)
        (folder / f"gt_img_{number}.txt").write_text(f"0,0,9,0,9,9,0,9,{text}\n")


def split_of(folder: Path, *sections: str, limit: int = 500) -> CalibrationSplit:
    config = write_config(folder)
    lines = "\n".join(f"data[{name!r}] = {spec}" for name, _, spec in
                      (section.partition("=") for section in sections))  # fmt: skip
    config.write_text(config.read_text(encoding="utf-8") + lines + "\n", encoding="utf-8")
    return calibration_split(load_config(config), 64, limit, folder)


def section(name: str, folder: Path, split: str = "test") -> str:
    return f"{name}=dict(split={split!r}, {PLACE.format(str(folder))})"


def names(split: CalibrationSplit) -> list[str]:
    return [part.image_name(index) for part in split.parts for index in range(part.num_images)]


def test_validation_photos_are_taken_whole_where_they_are_others(tmp_path):
    save_photos(tmp_path / "val", 4, 10)
    save_photos(tmp_path / "test", 3, 50)
    split = split_of(tmp_path, section("val", tmp_path / "val"), section("test", tmp_path / "test"))
    assert (split.section, split.num_images, split.shared) == ("data.val", 4, 0)
    assert [len(words) for words in split.words()] == [1, 1, 1, 1]
    assert split.parts[0][0]["imgs"].shape == (3, 64, 128)


def test_a_fifth_of_the_training_photos_does_otherwise_always_the_same(tmp_path):
    save_photos(tmp_path / "train", 20, 10)
    save_photos(tmp_path / "test", 3, 50)
    sections = (
        section("train", tmp_path / "train", "train"),
        section("test", tmp_path / "test"),
    )
    split = split_of(tmp_path, *sections)
    assert (split.section, split.num_images) == ("data.train", 4)
    assert split.parts[0][3]["imgs"].shape == (3, 64, 128)
    again = split_of(tmp_path, *sections)
    assert (names(again), again.digest()) == (names(split), split.digest())
    # A smaller limit takes some of the same.
    fewer = split_of(tmp_path, *sections, limit=2)
    assert len(set(names(fewer)) & set(names(split))) == 2
    assert fewer.digest() != split.digest()


def test_several_sources_of_training_photos_are_one(tmp_path):
    save_photos(tmp_path / "one", 10, 10)
    save_photos(tmp_path / "two", 15, 100)
    save_photos(tmp_path / "test", 3, 50)
    both = ", ".join(
        f"dict(split='train', {PLACE.format(str(tmp_path / name))})" for name in ("one", "two")
    )
    split = split_of(tmp_path, f"train=[{both}]", section("test", tmp_path / "test"))
    assert split.num_images == 5
    assert len(split.words()) == 5


def test_copies_of_test_photos_are_left_out_whatever_their_names(tmp_path):
    save_photos(tmp_path / "val", 4, 10)
    save_photos(tmp_path / "test", 3, 12)  # the pixels of img_2 and img_3 of val
    split = split_of(tmp_path, section("val", tmp_path / "val"), section("test", tmp_path / "test"))
    assert (split.num_images, split.shared) == (2, 2)
    assert set(names(split)) == {"img_0.png", "img_1.png"}


def test_photos_without_a_readable_word_are_no_use(tmp_path):
    save_photos(tmp_path / "val", 4, 10, text="###")
    save_photos(tmp_path / "test", 3, 50)
    sections = section("val", tmp_path / "val"), section("test", tmp_path / "test")
    with pytest.raises(UserError) as refused:
        split_of(tmp_path, *sections)
    assert "data.val" in str(refused.value)
