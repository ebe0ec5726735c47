"""The validation loss is the training loss of the same logits on the same targets."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from dataset import build_dataset
from dataset.targets import draw_targets
from inference.validation_loss import ValidationLoss
from tests.inference.bright_model import bright_model, photo, save_photo


@pytest.fixture
def dataset(tmp_path):
    for number in (1, 2):
        save_photo(tmp_path / f"img_{number}.png", photo(64, 128))
        text = "32,16,96,16,96,48,32,48,word\n" if number == 1 else ""
        (tmp_path / f"gt_img_{number}.txt").write_text(text)
    spec = {"type": "FAST_IC15", "split": "test", "img_dir": str(tmp_path), "short_size": 128}
    return build_dataset(spec)


def test_words_are_scaled_to_the_networks_size(dataset):
    model = bright_model()
    losses = ValidationLoss(model, dataset, pooling_size=9)
    logits = torch.full((1, 5, 32, 64), -5.0)
    logits[0, 0, 8:24, 16:48] = 5.0
    losses.observe(0, logits, (128, 256), (64, 128))
    found, count = losses.sum_and_count().tolist()

    (word,) = dataset.words(0)
    doubled = [type(word)(word.points * np.float32(2), word.text, word.ignore, word.line)]
    targets = draw_targets(doubled, (128, 256))
    names = ("gt_texts", "gt_kernels", "training_masks", "gt_instances")
    batch = {name: torch.from_numpy(getattr(targets, name))[None] for name in names}
    expected = model.losses(logits, batch)
    total = expected["loss_text"] + expected["loss_kernels"] + expected["loss_emb"]
    assert (found, count) == (pytest.approx(total.item(), rel=1e-6), 1)


def test_a_photo_without_words_counts_with_the_loss_of_nothing_to_find(dataset):
    losses = ValidationLoss(bright_model(), dataset, pooling_size=9)
    losses.observe(1, torch.full((1, 5, 32, 64), -5.0), (128, 256), (64, 128))
    assert losses.sum_and_count().tolist() == [1.5, 1.0]


def test_false_alarms_in_a_photo_without_words_count_where_training_punishes_them(dataset):
    model = copy.deepcopy(bright_model())
    head = model.det_head
    head.loss_functions = replace(head.loss_functions, empty_weight=2.0)
    losses = ValidationLoss(model, dataset, pooling_size=9)
    losses.observe(1, torch.zeros(1, 5, 32, 64), (128, 256), (64, 128))
    # A probability of 0.5 everywhere: 1.5 as before, and twice its square.
    assert losses.sum_and_count().tolist() == [2.0, 1.0]
