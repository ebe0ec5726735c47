"""The published data sets: their folders, their formats, their random changes."""

from dataclasses import replace

import pytest

from dataset.augment import Augmentation
from dataset.data_sets import DATA_SETS
from dataset.formats import FORMATS

STRONG = Augmentation(
    scale=(0.5, 2.0), aspect=(0.9, 1.1), flip=0.5, rotation=30, blur=0.5, blur_radius=(0.0, 1.0),
    brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1,
)  # fmt: skip
GENTLE = replace(
    STRONG, scale=(0.7, 1.3), rotation=10, blur=0, brightness=32 / 255, contrast=0, saturation=0.5,
    hue=0,
)  # fmt: skip
CHANGES = {
    "FAST_IC15": STRONG,
    "FAST_IC17MLT": GENTLE,
    "FAST_TT": replace(STRONG, aspect=None),
    "FAST_CTW": replace(GENTLE, aspect=None),
    "FAST_MSRA": replace(STRONG, aspect=None),
    "FAST_Synth": STRONG,
    "FAST_LMDB": STRONG,
    "FAST_Data": STRONG,
}
FOLDERS = {
    "FAST_IC15": "ICDAR2015/Challenge4/ch4_test_images",
    "FAST_IC17MLT": "ICDAR2017-MLT/ch8_validation_images",
    "FAST_TT": "total_text/Images/Test",
    "FAST_CTW": "CTW1500/test/text_image",
    "FAST_MSRA": "MSRA-TD500/test",
}


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_random_changes_are_the_published_ones(name):
    assert Augmentation(**DATA_SETS[name].augment) == CHANGES[name]


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_format_of_each_is_one_that_is_read(name):
    assert DATA_SETS[name].format in {*FORMATS, "auto"}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_folders_for_testing_are_the_published_ones(name):
    images, labels = DATA_SETS[name].folders["test"]

    assert images == FOLDERS[name]
    assert labels.split("/")[0] == images.split("/")[0]


def test_what_has_no_images_for_testing_says_so():
    assert set(DATA_SETS["FAST_Synth"].folders) == {"train"}
