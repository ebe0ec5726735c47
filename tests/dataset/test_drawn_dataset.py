"""The data set without files: endless, the same in any process, and used like the others."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from dataset import build_dataset, build_training_data, prepare_worker
from dataset.checks import check_dataset
from dataset.doctor.examination import examine
from dataset.sampler import EpochSampler
from dataset.show import draw_samples
from tests.dataset.test_text_dataset import write_label, write_photo

SPEC = {"type": "FAST_Drawn", "is_transform": True, "img_size": 128, "num_images": 12}


def make(**changes):
    return build_dataset({**SPEC, **changes})


def same(one, other):
    keys = set(one) - {"index"}
    return all(torch.equal(one[key], other[key]) for key in keys)


def test_an_item_has_the_form_of_those_from_files(tmp_path):
    write_photo(tmp_path / "images/a.png")
    write_label(tmp_path / "gts/gt_a.txt")
    places = {"img_dir": str(tmp_path / "images"), "gt_dir": str(tmp_path / "gts")}
    filed = build_dataset({"type": "FAST_IC15", "img_size": 128, **places})[0]
    drawn = make()[0]
    assert drawn.keys() == filed.keys()
    for key in filed:
        assert drawn[key].dtype == filed[key].dtype
        assert drawn[key].shape == filed[key].shape


def test_an_item_follows_from_the_draw_alone():
    data = make()
    assert same(data[3, 100], data[7, 100])
    assert not same(data[3, 100], data[3, 101])
    assert int(data[7, 100]["index"]) == 7


def test_another_seed_draws_other_items():
    assert not same(make(seed=1)[0], make(seed=2)[0])


def test_without_changes_a_number_always_gives_the_same_picture():
    data = make(is_transform=False)
    assert same(data[3, 100], data[3, 200])


def test_items_are_the_same_whatever_the_number_of_workers():
    data = make()
    batches = [
        list(
            DataLoader(
                data,
                batch_sampler=EpochSampler(len(data), 4, seed=5),
                num_workers=workers,
                worker_init_fn=prepare_worker,
            )
        )
        for workers in (0, 1, 2)
    ]
    assert len(batches[0]) == 3
    for others in batches[1:]:
        for one, other in zip(batches[0], others, strict=True):
            assert all(torch.equal(one[key], other[key]) for key in one)


def test_words_have_targets_and_ignored_ones_are_masked():
    data = make(img_size=256)
    items = [data[0, draw] for draw in range(12)]
    assert sum(int(item["num_instances"]) for item in items) > 15
    assert any((item["training_masks"] == 0).any() for item in items)
    for item in items:
        assert not (item["gt_kernels"] & ~item["gt_texts"]).any()


def test_empty_pictures_have_empty_targets():
    item = make(empty=1.0)[0, 5]
    assert not item["gt_texts"].any()
    assert item["training_masks"].all()
    assert int(item["num_instances"]) == 0


def test_the_other_splits_give_fixed_whole_photos_with_words():
    data = make(split="test", num_images=3, short_size=96)
    again = make(split="test", num_images=3, short_size=96)
    assert data.has_labels
    assert data[1]["imgs"].shape == (3, 96, 96)
    assert torch.equal(data[1]["imgs"], again[1]["imgs"])
    assert data[1]["img_metas"]["org_img_size"] == (128, 128)
    assert [word.text for word in data.words(1)] == [word.text for word in again.words(1)]
    assert len(data.packed) > 3


def test_no_photo_for_testing_is_ever_trained_on():
    train, test = make(), make(split="test", num_images=3, short_size=128)
    seen = {train[0, draw]["imgs"].numpy().tobytes() for draw in range(3)}
    assert not seen & {test[number]["imgs"].numpy().tobytes() for number in range(3)}


def test_the_fingerprint_tells_apart_what_is_drawn_differently():
    prints = [
        make(**changes).fingerprint()["digest"]
        for changes in ({}, {"seed": 1}, {"empty": 0.5}, {"img_size": 160})
    ]
    assert len(set(prints)) == 4
    assert make().fingerprint()["digest"] == prints[0]


def test_there_is_nothing_to_check_and_nothing_to_refuse():
    report = check_dataset(make())
    report.refuse_if_useless(strict=True)
    (line,) = report.lines()
    assert "12" in line
    assert report.sizes.shape == (12, 2)


def test_the_doctor_leaves_it_aside():
    examination = examine({"train": SPEC}, with_fingerprints=False)
    assert examination.findings == []


def test_it_is_mixed_with_others_and_named_in_messages():
    data = build_training_data([SPEC, {**SPEC, "num_images": 5, "weight": 2}], seed=3)
    assert len(data) == 17
    assert int(data[14, 0]["index"]) == 14
    assert data.image_path(14).name == "drawn_000003.png"
    assert data.keep_decoded([np.zeros((12, 2)), np.zeros((5, 2))], "ram", None) == 0
    assert [images for _, images, _ in data.drawn(np.arange(17))] == [12, 5]


def test_its_samples_can_be_shown():
    data = make()
    assert draw_samples([data[0], data[1]]).ndim == 3


@pytest.mark.parametrize("split", ["train", "test"])
def test_words_may_be_grouped_into_lines(split):
    changes = {"split": split, "num_images": 6, "img_size": 256}
    words, lines = make(**changes), make(**changes, granularity="line")
    if split == "test":
        assert 0 < len(lines.packed) < len(words.packed)
        return
    counts = [
        sum(int(data[0, draw]["num_instances"]) for draw in range(6)) for data in (words, lines)
    ]
    assert 0 < counts[1] < counts[0]
