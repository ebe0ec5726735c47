"""A run knows the weights that it started from, also when it is resumed."""

from pathlib import Path

import pytest
import torch

from runtime.checkpoint import Checkpoint, read_checkpoint
from runtime.messages import UserError
from training.origin import (
    compare_with_origin,
    describe_start,
    starting_weights,
    was_frozen,
)


def resumed(before: dict) -> dict:
    """The origin of a run that is resumed from a checkpoint with the provenance ``before``."""
    checkpoint = Checkpoint(Path("latest.pth"), {}, "ema", 1, {"provenance": before})
    origin = {"start": {"path": "latest.pth", "weights": "x"}, "command": "resumed"}
    compare_with_origin(checkpoint, origin, force=True)
    return origin


def test_the_start_is_found_again_by_its_path_and_its_weights(tmp_path):
    path = tmp_path / "시작.pth"
    torch.save({"backbone.a": torch.ones(3)}, path)
    origin = {"start": describe_start(read_checkpoint(path))}
    assert torch.equal(starting_weights(origin).weights["backbone.a"], torch.ones(3))
    torch.save({"backbone.a": torch.zeros(3)}, path)
    with pytest.raises(UserError) as refused:
        starting_weights(origin)
    assert "시작.pth" in str(refused.value)


def test_a_resumed_run_takes_over_where_its_first_part_had_started():
    first = {"path": "/a/base.pth", "weights": "ab"}
    origin = resumed({"start": first, "command": "python train.py"})
    assert (origin["start"], origin["command"]) == (first, "python train.py")
    assert resumed({"start": {}})["start"] == {}  # from scratch


@pytest.mark.parametrize(
    "start", [None, 3, "text", [1], {"path": 3}, {"path": torch.ones(2), "weights": "x"}]
)
def test_a_start_that_the_file_does_not_tell_is_unknown(start):
    origin = resumed({"start": start, "command": torch.ones(2)})
    assert (origin["start"], origin["command"]) == (None, None)
    with pytest.raises(UserError):
        starting_weights(origin)


@pytest.mark.parametrize(
    ("provenance", "expected"),
    [
        (None, False),
        ([1], False),
        ({}, False),
        ({"config": {"train_cfg": {"freeze_bn": 0}}}, False),
        ({"config": {"train_cfg": {"freeze_bn": 3}}}, True),
    ],
)
def test_weights_tell_whether_they_were_trained_with_frozen_batchnorm(provenance, expected):
    start = Checkpoint(Path("x.pth"), {}, "ema", 1, {"provenance": provenance})
    assert was_frozen(start) is expected
