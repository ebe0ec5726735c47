"""Differences between PyTorch and an exported model are found, and nothing else is."""

import copy
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from inference.detector import TextDetector
from inference.onnx_comparison import SHAPES, compare, difference_picture, worst_iou
from models.post_processing import Detection
from tests.inference.bright_model import bright_model, photo
from tests.inference.exported import SETTINGS, exported_detector


def box(x: int, y: int, width: int = 100, height: int = 50) -> Detection:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return Detection(np.array(corners, np.int32), 0.9)


@pytest.fixture(scope="module")
def reference() -> TextDetector:
    return TextDetector(bright_model(), SETTINGS, short_size=128)


def test_the_worst_pair_counts_whatever_the_order_of_the_words():
    words = [box(0, 0), box(300, 0), box(0, 200)]
    assert worst_iou(words, words[::-1]) == 1
    # 100 x 50, moved by 10 in x: 90 * 50 common of 110 * 50
    assert worst_iou(words, [box(0, 200), box(310, 0), box(0, 0)]) == pytest.approx(90 / 110)
    assert worst_iou([], []) == 1


def test_another_number_of_words_and_words_elsewhere_have_no_iou():
    assert worst_iou([box(0, 0)], []) == 0
    assert worst_iou([box(0, 0)], [box(0, 0), box(300, 0)]) == 0
    assert worst_iou([box(0, 0)], [box(300, 0)]) == 0


def test_words_without_an_area_are_the_same_where_their_corners_are():
    flat = Detection(np.zeros((4, 2), np.int32), 0.9)
    assert worst_iou([flat], [flat]) == 1
    assert worst_iou([flat], [Detection(flat.points + 5, 0.9)]) == 0


def test_the_true_export_is_the_same_in_every_shape(reference):
    compared = compare(reference, exported_detector(), [("a.png", photo()), ("b.png", photo(200))])
    assert (compared.runs, compared.boxes) == (2 * len(SHAPES), 2 * len(SHAPES))
    assert (compared.iou, compared.differing, compared.worst, compared.ties) == (1, 0, None, 0)
    assert compared.largest_gap < 1e-4


class Altered:
    """The exported model, its kernel logits changed by ``change``."""

    def __init__(self, change, **settings):
        self.detector = copy.copy(exported_detector())
        self.detector.test_cfg = self.test_cfg = SETTINGS | settings
        self.short_size, self.find_words = 128, self.detector.find_words
        self.change = change

    def kernel_logits(self, inputs: np.ndarray) -> np.ndarray:
        return self.change(exported_detector().kernel_logits(inputs).copy())


def test_a_model_that_finds_less_differs_and_the_picture_shows_what_it_missed(reference):
    blind = Altered(lambda kernels: kernels - 100)
    compared = compare(reference, blind, [("a.png", photo())])
    assert (compared.differing, compared.iou) == (len(SHAPES), 0)
    assert (compared.worst.name, len(compared.worst.exported)) == ("a.png", 0)
    picture = difference_picture(compared.worst)
    left, right = picture[:, :256], picture[:, -256:]
    red = (picture[..., 0] > 200) & (picture[..., 1] < 100)
    assert picture.shape[1] == 2 * 256 + 8
    assert red[:, :256].any() and not red[:, -256:].any()
    assert (left[28:] != right[28:]).any()


def test_a_model_that_works_for_single_images_only_differs(reference):
    compared = compare(reference, Altered(lambda kernels: kernels[::-1]), [("a.png", photo())])
    assert compared.differing == len(SHAPES)


def settled(value: float, other: float, cell=(10, 40), **settings):
    """PyTorch says ``value`` in a cell beside the word, and the exported model says ``other``."""
    maps = np.full((32, 64), -5, np.float32)
    maps[8:16, 16:40] = 5
    wanted, found = maps.copy(), maps.copy()
    wanted[cell], found[cell] = value, other
    real = TextDetector(bright_model(), SETTINGS | settings, short_size=128)
    kernel_maps = real.run_network([torch.zeros(3, 128, 256, dtype=torch.uint8)])[0]
    answer = replace(kernel_maps, logits=torch.from_numpy(wanted)[None, None])
    told = SimpleNamespace(run_network=lambda inputs: [answer], find_words=real.find_words)
    model = Altered(lambda kernels: np.stack([found, found]), **settings)
    return compare(told, model, [("a.png", photo())], shapes=[1.0])


def test_a_cell_that_rounding_decides_is_a_tie_and_no_difference():
    compared = settled(-2e-5, 3e-5)
    assert (compared.ties, compared.differing, compared.iou) == (1, 0, 1)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_ties_are_looked_for_where_kernels_are_told_apart(stride):
    threshold = math.log(0.88 / 0.12)
    settings = {"kernel_score": 0.88, "kernel_stride": stride}
    cells = (slice(9, 12), slice(40, 43))  # pixels in their middle are no mixture with others
    compared = settled(threshold - 2e-5, threshold + 3e-5, cells, **settings)
    assert compared.ties > 0
    assert (compared.differing, compared.iou) == (0, 1)
    assert settled(-2e-5, 3e-5, cells, **settings).ties == 0


def test_a_cell_that_is_further_off_than_rounding_is_a_difference():
    compared = settled(-0.01, 0.01)
    assert (compared.ties, compared.differing) == (0, 1)
    assert 0.9 < compared.iou < 0.99
