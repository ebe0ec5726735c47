"""Drawn words on real photos: with labels, never over the photo's own words, off by default."""

import cv2
import numpy as np
import pytest
import torch

from dataset import build_dataset
from dataset.synthetic import Stock
from dataset.synthetic_paste import paste_words

OWN = np.array([[20, 30], [140, 30], [140, 80], [20, 80]], np.int32)
IGNORED = np.array([[150, 150], [220, 150], [220, 190], [150, 190]], np.int32)


@pytest.fixture
def data(tmp_path):
    """A data set of one photo with a word and an ignored one, and a given share of pasting."""
    rng = np.random.default_rng(0)
    noise = rng.integers(80, 130, (240, 320, 3), np.uint8)
    for folder in ("images", "gts"):
        (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / "images/a.png"), noise)
    lines = [
        ",".join([*map(str, polygon.ravel()), text])
        for polygon, text in ((OWN, "own"), (IGNORED, "###"))
    ]
    (tmp_path / "gts/gt_a.txt").write_text("\n".join(lines))
    places = {"img_dir": str(tmp_path / "images"), "gt_dir": str(tmp_path / "gts")}

    def make(**changes):
        spec = {"type": "FAST_IC15", "is_transform": True, "img_size": 192, "short_size": 240}
        return build_dataset({**spec, **places, **changes})

    return make


def differ(one, other):
    return not torch.equal(one["imgs"], other["imgs"])


def test_nothing_is_pasted_by_default(data):
    plain, off = data(), data(paste_text=0.0)
    assert not any(differ(plain[0, draw], off[0, draw]) for draw in range(5))


def test_a_share_of_the_samples_changes_and_the_others_stay_as_they_were(data):
    plain, pasted = data(), data(paste_text=0.5)
    changed = [differ(plain[0, draw], pasted[0, draw]) for draw in range(40)]
    assert 10 <= sum(changed) <= 30


def test_a_draw_pastes_the_same_words_again(data):
    one, other = data(paste_text=1.0)[0, 9], data(paste_text=1.0)[0, 9]
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_pasted_words_are_learned_and_own_words_stay(data):
    plain, pasted = data(), data(paste_text=1.0)
    more = 0
    for draw in range(15):
        before, after = plain[0, draw], pasted[0, draw]
        own = before["gt_texts"] > 0
        assert (after["gt_texts"][own] == 1).all()
        assert torch.equal(after["gt_instances"][own], before["gt_instances"][own])
        assert (after["training_masks"] <= before["training_masks"]).all()
        more += int(after["num_instances"]) > int(before["num_instances"])
    # In crops as small as these many signs find no room, or are too small to be read.
    assert more >= 5


def test_nothing_is_drawn_over_words_or_beyond_the_photo():
    photo = np.array([[0, 0], [299, 0], [299, 299], [0, 299]], np.int32)
    crop = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    pasted = 0
    kept = cv2.fillPoly(np.zeros((300, 400), np.uint8), [OWN, IGNORED], 1) > 0
    kept[:, 300:] = True
    for number in range(15):
        rng = np.random.default_rng(number)
        after, words = paste_words(rng, crop, [OWN, IGNORED], photo, Stock())
        assert np.array_equal(after[kept], crop[kept])
        pasted += len(words)
    assert pasted > 15


def test_whole_photos_for_testing_are_left_alone(data):
    plain, asked = data(split="test"), data(split="test", paste_text=1.0)
    assert not differ(plain[0], asked[0])
