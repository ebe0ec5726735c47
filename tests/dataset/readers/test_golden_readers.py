"""Native label files of all benchmarks, and the maps that FAST drew from them."""

import zipfile

import cv2
import numpy as np
import pytest

from dataset.geometry import shrink
from dataset.labels import Word
from dataset.readers.ctw import read_ctw, recognises_ctw
from dataset.readers.icdar import read_ic15, read_mlt, recognises_ic15, recognises_mlt
from dataset.readers.msra import read_msra, recognises_msra
from dataset.readers.synth_text import read_synth_text, recognises_synth_text
from dataset.readers.total_text import read_total_text, recognises_total_text
from dataset.targets import KERNEL_RATE, draw_targets
from tests.conftest import golden
from tests.dataset.test_targets import assert_as_golden

IC15 = (read_ic15, recognises_ic15)
SYNTH = (read_synth_text, recognises_synth_text)
# Name of the maps -> reader, label file, its how many-th image.
CASES = {
    "ic15_0": (*IC15, "ic15/gt_img_1.txt", 0),
    "ic15_round_0": (*IC15, "ic15_round/gt_img_1.txt", 0),
    "ic15_only_ignored_0": (*IC15, "ic15_only_ignored/gt_img_1.txt", 0),
    "mlt_0": (read_mlt, recognises_mlt, "mlt/gt_img_1.txt", 0),
    "tt_0": (read_total_text, recognises_total_text, "tt/poly_gt_img1.mat", 0),
    "ctw_0": (read_ctw, recognises_ctw, "ctw/0001.txt", 0),
    "msra_0": (read_msra, recognises_msra, "msra/IMG_0001.gt", 0),
    "synth_0": (*SYNTH, "synth/gt.mat", 0),
    "synth_1": (*SYNTH, "synth/gt.mat", 1),
}


@pytest.fixture
def label_of(tmp_path):
    with zipfile.ZipFile(golden("readers_files.zip")) as files:
        files.extractall(tmp_path)

    def read_case(name):
        read, recognises, file, place = CASES[name]
        assert recognises(tmp_path / file)
        return list(read(tmp_path / file))[place]

    return read_case


def as_fast_read(word: Word, size: tuple[int, int], by_hash: bool) -> Word:
    """FAST cut coordinates off where this project rounds, after a round trip through floats.

    by_hash: it ignored in IC15 whatever begins with the sign.
    """
    width_height = np.array(size[::-1], np.float64)
    points = np.trunc(word.points.astype(np.float64) / width_height * width_height)
    ignore = word.text.startswith("#") if by_hash else word.ignore
    return Word(points.astype(np.float32), word.text, ignore, word.line)


@pytest.mark.parametrize("pooling_size", [5, 7, 9, 11, 15])
@pytest.mark.parametrize("name", CASES)
def test_the_maps_of_native_files_are_the_golden_ones(label_of, name, pooling_size):
    label = label_of(name)
    maps = np.load(golden("readers.npz"))
    size = maps[f"{name}__gt_instances"].shape
    words = [as_fast_read(word, size, name.startswith("ic15")) for word in label.words]

    targets = draw_targets(words, size, pooling_size)
    instances, kernels = targets.gt_instances, targets.gt_kernels
    if name.startswith("synth"):
        # FAST masked an ignored word of SynthText, and yet drew it, and the clipped kernel of it.
        every = [Word(word.points, word.text, False, word.line) for word in words]
        instances = draw_targets(every, size, pooling_size).gt_instances
        polygons = [word.points.astype(np.int32) for word in words if word.ignore]
        kernels = cv2.fillPoly(kernels.copy(), [shrink(one, KERNEL_RATE) for one in polygons], 1)

    assert label.problems == []
    assert_as_golden(instances, maps[f"{name}__gt_instances"])
    assert_as_golden(targets.training_masks, maps[f"{name}__training_masks"])
    assert_as_golden(kernels, maps[f"{name}__gt_kernels_pool{pooling_size}"])


@pytest.mark.parametrize("name", ["ic15_only_ignored_0", "mlt_0", "tt_0", "ctw_0", "synth_1"])
def test_the_maps_of_words_as_read_are_the_golden_ones(label_of, name):
    maps = np.load(golden("readers.npz"))
    size = maps[f"{name}__gt_instances"].shape

    targets = draw_targets(label_of(name).words, size, 9)

    assert_as_golden(targets.gt_instances, maps[f"{name}__gt_instances"])
    assert_as_golden(targets.training_masks, maps[f"{name}__training_masks"])
    assert_as_golden(targets.gt_kernels, maps[f"{name}__gt_kernels_pool9"])
