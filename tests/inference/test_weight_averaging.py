"""Interpolated weights, their BatchNorm statistics, and the choice among them."""

from pathlib import Path

import pytest
import torch
from torch import nn

from dataset import build_training_data
from dataset.sample_data import write_sample_data
from dataset.sampler import EpochSampler
from inference.weight_averaging import (
    Mixed,
    choose,
    estimate_batchnorm,
    interpolate,
    training_images,
)
from runtime.messages import UserError


def test_weights_lie_on_the_line_between_the_two_and_counters_are_the_fine_tuned_ones():
    pretrained = {"w": torch.tensor([1.0, -2.0]), "n": torch.tensor(7)}
    finetuned = {"w": torch.tensor([3.0, 2.0]), "n": torch.tensor(90)}
    mixed = interpolate(pretrained, finetuned, 0.25)
    assert mixed["w"].tolist() == [1.5, -1.0]
    assert mixed["n"].item() == 90


def test_the_ends_are_the_checkpoints_to_the_last_bit():
    generator = torch.Generator().manual_seed(1)
    one = {"w": torch.randn(1000, generator=generator)}
    other = {"w": torch.randn(1000, generator=generator)}
    assert torch.equal(interpolate(one, other, 0.0)["w"], one["w"])
    assert torch.equal(interpolate(one, other, 1.0)["w"], other["w"])


def test_batchnorm_statistics_are_the_means_over_the_batches():
    model = nn.Sequential(nn.Dropout(0.9), nn.BatchNorm2d(1, momentum=0.1))
    model[1].running_mean.fill_(50.0)
    batches = [
        torch.tensor([[[[1.0, 3.0]]]]),  # mean 2, unbiased variance 2
        torch.tensor([[[[10.0, 14.0]]]]),  # mean 12, unbiased variance 8
        torch.tensor([[[[4.0, 4.0]]]]),  # mean 4, variance 0
    ]
    estimate_batchnorm(model, batches)
    assert model[1].running_mean.item() == pytest.approx(6.0)
    assert model[1].running_var.item() == pytest.approx(10 / 3)
    assert model[1].momentum == 0.1
    assert not model[1].training


def test_statistics_do_not_depend_on_those_before(folder):
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2))
    batches = [images.float() for images in training_images(data_of(folder), 2, 1, 3)]
    states = []
    for start in (0.0, 9.0):
        model[1].running_mean.fill_(start)
        estimate_batchnorm(model, batches)
        states.append(model[1].running_mean.clone())
    assert torch.equal(*states)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    write_sample_data(folder / "data", 5, seed=1, size=(64, 80))
    return folder / "data"


def data_of(folder: Path):
    return build_training_data(
        {
            "type": "FAST_IC15",
            "is_transform": True,
            "img_size": 32,
            "short_size": 48,
            "img_dir": str(folder / "images"),
            "gt_dir": str(folder / "gts"),
        },
        seed=3,
    )


def test_the_batches_are_the_first_of_a_training_whatever_the_number_of_workers(folder):
    data = data_of(folder)
    batches = training_images(data, 2, 3, 3)
    sampler = EpochSampler(len(data), 2, seed=3)
    keys = []
    for epoch in (1, 2):  # two batches of two fit into an epoch of five photos
        sampler.set_epoch(epoch)
        keys += list(sampler)
    for images, of_batch in zip(batches, keys[:3], strict=True):
        assert torch.equal(images, torch.stack([data[key]["imgs"] for key in of_batch]))
    for images, same in zip(batches, training_images(data, 2, 3, 3, workers=1), strict=True):
        assert torch.equal(images, same)


def test_photos_that_cannot_be_read_are_left_out(tmp_path):
    write_sample_data(tmp_path / "d", 2, seed=1, size=(64, 80))
    data = data_of(tmp_path / "d")
    (tmp_path / "d/images/img_1.jpg").write_bytes(b"no image")
    (images,) = training_images(data, 2, 3, 1)
    assert images.shape == (1, 3, 32, 32)
    (tmp_path / "d/images/img_2.jpg").write_bytes(b"no image")
    with pytest.raises(UserError, match="--bn_batches 0"):
        training_images(data, 2, 3, 1)


def mixtures(*rows: tuple[float, float | None]) -> list[Mixed]:
    """(hmean, keep hmean) at factors 0, 0.1, 0.2, ..."""
    return [Mixed(number / 10, 0.0, 0.0, *row) for number, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("limit", "factor"),
    [(None, 0.3), (1.0, 0.3), (0.2, 0.2), (0.1, 0.1), (0.0, 0.0)],
)
def test_the_best_of_those_within_the_limit_is_chosen(limit, factor):
    rows = mixtures((0.5, 0.9), (0.6, 0.8), (0.7, 0.7), (0.8, 0.1))
    assert choose(rows, limit).factor == factor


def test_of_equally_good_ones_the_nearest_to_the_pretrained_is_chosen():
    assert choose(mixtures((0.5, None), (0.8, None), (0.8, None)), None).factor == 0.1
    assert choose(mixtures((0.5, 0.9), (0.5, 0.95)), 0.0).factor == 0.0
