"""Training samples as pictures: what is drawn where."""

import numpy as np
import pytest
import torch

from dataset import show
from dataset.labels import Word
from dataset.show import count_words, draw_maps, draw_samples
from dataset.targets import draw_targets

BOXES = [(10, 10, 50, 30), (60, 10, 90, 30)]
IGNORED = (10, 50, 90, 80)


def item(size: tuple[int, int] = (100, 100), unreadable: bool = False) -> dict:
    """A grey crop with two words and an ignored one."""
    words = [
        Word(np.array([(a, b), (c, b), (c, d), (a, d)], np.float32), "", box == IGNORED, 1)
        for box in [*BOXES, IGNORED]
        for a, b, c, d in [box]
    ]
    targets = draw_targets(words, size)
    return {
        "imgs": torch.full((3, *size), 100, dtype=torch.uint8),
        "gt_texts": torch.from_numpy(targets.gt_texts),
        "gt_kernels": torch.from_numpy(targets.gt_kernels),
        "training_masks": torch.from_numpy(targets.training_masks),
        "gt_instances": torch.from_numpy(targets.gt_instances),
        "num_instances": torch.tensor(targets.num_instances),
        "index": torch.tensor(0),
        "unreadable": torch.tensor(unreadable),
    }


@pytest.fixture
def drawn() -> np.ndarray:
    return draw_maps(np.full((100, 100, 3), 100, np.uint8), item())


def test_texts_and_kernels_are_outlined_and_instances_filled_each_in_its_colour(drawn):
    for number, (left, top, right, bottom) in enumerate(BOXES, start=1):
        assert tuple(drawn[top, left + 10]) == tuple(drawn[top + 5, right]) == show.TEXT
        # The kernel is the word less 4 pixels all around.
        assert (
            tuple(drawn[top + 4, left + 10]) == tuple(drawn[bottom - 4, left + 10]) == show.KERNEL
        )
        fill = 0.45 * (100 * show.PHOTO_BRIGHTNESS) + 0.55 * show.INSTANCES[number]
        np.testing.assert_allclose(drawn[top + 2, left + 10], fill, atol=1)
        np.testing.assert_allclose(drawn[top + 10, left + 10], fill, atol=1)


def test_what_is_ignored_is_hatched_and_the_rest_is_the_photo_in_grey(drawn):
    left, top, right, bottom = IGNORED
    inside = drawn[top + 1 : bottom, left + 1 : right].reshape(-1, 3)
    red = inside[:, 0] > inside[:, 1] + 30
    assert 0.25 < red.mean() < 0.45
    assert (inside[~red] == 60).all()
    assert (drawn[35:48] == 60).all()
    assert (drawn[:, 93:] == 60).all()


def test_maps_are_laid_over_a_crop_of_another_size():
    large = draw_maps(np.full((300, 300, 3), 100, np.uint8), item())
    assert tuple(large[30, 60]) == show.TEXT
    assert tuple(large[42, 60]) == show.KERNEL
    assert (large[105:144] == 60).all()


def test_only_words_to_be_learned_are_counted():
    assert count_words(item()) == 2


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (2, 1, 2), (16, 3, 6)])
def test_a_grid_of_pairs_is_about_square(count, columns, rows):
    picture = draw_samples([item()] * count)
    side = show.TILE_PX[1]
    pair = 2 * side + show.GAP_PX // 2 + show.GAP_PX, side + show.CAPTION_PX + show.GAP_PX
    height, width = picture.shape[:2]
    assert width == columns * pair[0] + show.GAP_PX
    assert height == rows * pair[1] + show.GAP_PX + show.LEGEND_PX


def test_the_crop_itself_stands_beside_its_maps_unchanged():
    sample = item((640, 640))
    levels = np.random.default_rng(0).integers(0, 256, (3, 640, 640), np.uint8)
    sample["imgs"] = torch.from_numpy(levels)
    picture = draw_samples([sample])
    top, left = show.LEGEND_PX + show.GAP_PX, show.GAP_PX
    plain = picture[top : top + 640, left : left + 640]
    np.testing.assert_array_equal(plain, levels.transpose(1, 2, 0))
    beside = picture[top : top + 640, left + 640 + show.GAP_PX // 2 :][:, :640]
    np.testing.assert_array_equal(beside, draw_maps(plain, sample))


def test_many_samples_make_no_picture_without_end():
    assert max(draw_samples([item()] * 150).shape) < 5000


def test_crops_that_are_not_square_and_samples_that_could_not_be_read_are_drawn():
    readable, unreadable = (draw_samples([item((96, 160), flag)]) for flag in (False, True))
    assert readable.shape == unreadable.shape
    assert readable.shape[0] < readable.shape[1] / 2
    changed = (readable != unreadable).any(axis=(1, 2)).nonzero()[0]
    assert changed.min() >= readable.shape[0] - show.CAPTION_PX - show.GAP_PX
