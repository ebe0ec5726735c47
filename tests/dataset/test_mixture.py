"""Several data sets trained on as one."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dataset import build_training_data
from dataset.sampler import EpochSampler
from tests.dataset.test_text_dataset import write_label, write_photo

SQUARE = "10,10,60,10,60,40,10,40,"


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Three photos with a word each, and two with three words each."""
    folders = [tmp_path / "few", tmp_path / "many"]
    for folder, photos, words in zip(folders, (3, 2), (1, 3), strict=True):
        for number in range(photos):
            write_photo(folder / f"img_{number}.jpg")
            write_label(folder / f"gt_img_{number}.txt", f"{SQUARE}word\n" * words)
    return folders


def spec(folder: Path, **options: object) -> dict:
    return {
        "type": "FAST_IC15",
        "img_dir": str(folder),
        "img_size": 96,
        "short_size": 96,
        **options,
    }


def test_a_single_data_set_is_a_mixture_of_one(folders):
    data = build_training_data(spec(folders[0]), seed=1)

    assert (len(data), data.num_images, data.weights) == (3, 3, None)
    assert data.weighted_order(0) is None
    assert torch.equal(data[1]["imgs"], data.sources[0][1]["imgs"])


def test_numbers_run_through_all_sources(folders):
    data = build_training_data([spec(folders[0], repeat_times=2), spec(folders[1])], seed=1)

    assert (len(data), data.num_images) == (8, 5)
    assert [int(data[number]["index"]) for number in range(8)] == [0, 1, 2, 0, 1, 2, 3, 4]
    assert data.image_path(4) == folders[1] / "img_1.jpg"
    with pytest.raises(IndexError):
        data[8]


def test_a_source_without_a_weight_counts_one_beside_others(folders):
    parts = [spec(folders[0], weight=2), spec(folders[1])]

    data = build_training_data(parts, seed=1)

    assert data.weights == [2, 1.0]
    assert "weight" in parts[0]


def test_what_an_epoch_draws_is_counted_by_source(folders):
    data = build_training_data(
        [spec(folders[0], weight=3, name="scans"), spec(folders[1], weight=1, repeat_times=5)],
        seed=1,
    )
    sampler = EpochSampler(1000, 4, weighted=data.weighted_order(0))
    drawn = data.drawn(sampler.samples_of(0))

    assert drawn == [("scans", 750, 750), (f"{folders[1].parent.name}/many", 250, 750)]


def test_other_crops_of_the_same_data_leave_the_data_as_they_are(folders):
    data = build_training_data([spec(folders[0], repeat_times=2), spec(folders[1])], seed=1)

    wide, once = data.cropped((64, 128)), data.cropped((32, 32), repeat_times=1)

    assert tuple(wide[0]["imgs"].shape) == (3, 64, 128)
    assert (len(wide), len(once), len(data)) == (8, 5, 8)
    assert tuple(data[0]["imgs"].shape) == (3, 96, 96)


def test_a_lasting_order_goes_through_all_before_any_comes_again(folders):
    data = build_training_data([spec(folder) for folder in folders], seed=1)
    sampler = EpochSampler(2, 2, weighted=data.lasting_order(0))

    drawn = np.concatenate([sampler.samples_of(epoch) for epoch in range(5)])

    assert sorted(drawn[:5]) == sorted(drawn[5:]) == [0, 1, 2, 3, 4]


def test_each_source_has_sizes_and_changes_of_its_own(folders):
    parts = [spec(folders[0], is_transform=True, augment={"rotation": 0}), spec(folders[1])]

    first, second = build_training_data(parts, seed=1).sources

    assert (first.change.rotation, first.is_transform, second.is_transform) == (0, True, False)


def test_photos_of_every_source_are_kept_decoded(folders, tmp_path):
    data = build_training_data([spec(folder) for folder in folders], seed=1)
    sizes = [
        np.array([data.sources[n].open_photo(i).size for i in range(c)])
        for n, c in ((0, 3), (1, 2))
    ]
    plain = [data[number] for number in range(5)]

    kept = data.keep_decoded(sizes, "ram", tmp_path)

    assert kept == sum(source.cache.num_bytes for source in data.sources)
    for number in range(5):
        assert torch.equal(data[number]["imgs"], plain[number]["imgs"])


def test_hust_belongs_to_the_training_images_of_msra_where_it_is_there(tmp_path):
    write_photo(tmp_path / "MSRA-TD500/train/IMG_1.JPG")
    write_label(tmp_path / "MSRA-TD500/train/IMG_1.gt", "0 0 10 10 40 20 0.1\n")
    spec = {"type": "FAST_MSRA", "data_root": str(tmp_path), "img_size": 96, "weight": 2}
    alone = build_training_data([spec])
    for number in range(3):
        write_photo(tmp_path / f"HUST-TR400/{number}.jpg")
        write_label(tmp_path / f"HUST-TR400/{number}.gt", "0 1 10 10 40 20 0\n")

    joined = build_training_data([spec])

    assert (alone.num_images, joined.num_images) == (1, 4)
    assert joined.weights == [0.5, 1.5]
    assert {part.format_name for part in joined.sources} == {"msra"}
