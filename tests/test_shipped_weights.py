"""The weights that come with this project: there, whole, small, fit to be trained on, and good."""

import runpy

import pytest
import torch

from dataset import build_dataset
from inference import TextDetector
from inference.evaluate import evaluate
from models import build_model
from runtime import shipped
from runtime.checkpoint import network_size, read_checkpoint, restore
from runtime.config import load_config
from runtime.messages import UserError
from tests.conftest import PROJECT

WEIGHTS = PROJECT / shipped.WEIGHTS
CONFIGS = (shipped.CONFIG, "config/fast/sample/fast_tiny_sample.py")
LARGEST_FILE = 28_000_000
# Drawn photos differ with the fonts of the machine; far below what was measured, see the card.
LEAST_HMEAN = 0.3


@pytest.fixture(scope="module")
def checkpoint():
    return read_checkpoint(WEIGHTS)


def test_the_file_is_small_enough_for_a_repository():
    assert WEIGHTS.stat().st_size <= LARGEST_FILE


def test_the_weights_are_float32_once_they_are_read(checkpoint):
    kinds = {value.dtype for value in checkpoint.weights.values()}
    assert kinds == {torch.float32, torch.int64}  # the counters of BatchNorm


@pytest.mark.parametrize("config", CONFIGS)
def test_they_fit_the_configs_that_start_from_them_with_all_branches(checkpoint, config):
    config = load_config(PROJECT / config)
    model = build_model(config.model)
    restore(model, checkpoint)
    assert config.train_cfg.pretrain == shipped.WEIGHTS
    assert network_size(checkpoint.weights) == "tiny"
    branches = {key.split(".")[3] for key in checkpoint.weights if ".stage1.0." in key}
    assert {"main_conv", "ver_conv", "hor_conv"} <= branches
    assert {value.dtype for value in model.parameters()} == {torch.float32}


def test_the_file_names_no_folder_and_no_host_of_its_maker(checkpoint):
    record = checkpoint.content["provenance"]
    assert {"config", "versions", "time"} <= record.keys()
    assert not {"host", "command", "start"} & record.keys()


def test_words_are_found_with_the_file_alone():
    detector = TextDetector.from_checkpoint(WEIGHTS, short_size=320)
    data = build_dataset(
        {"type": "FAST_Drawn", "split": "test", "img_size": 320, "short_size": 320,
         "num_images": 16, "granularity": "word"}
    )  # fmt: skip
    result = evaluate(detector, data)
    assert result.score.hmean > LEAST_HMEAN


@pytest.mark.parametrize("config", CONFIGS)
def test_a_config_finds_them_from_any_folder(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = runpy.run_path(str(PROJECT / "train_checkpoint_7ep.py"), run_name="tested")
    args = script["parse_args"](["--config", config])
    script["configure"](args)
    assert args.checkpoint == str(WEIGHTS)


def test_where_they_are_gone_the_sentence_says_how_to_get_them_again(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "PROJECT_ROOT", tmp_path)
    with pytest.raises(UserError) as caught:
        read_checkpoint(tmp_path / shipped.WEIGHTS)
    assert caught.value.key == "checkpoint.shipped_missing"
    assert f"git checkout -- {shipped.WEIGHTS}" in str(caught.value)


def test_from_another_folder_the_sentence_says_where_they_lie(tmp_path):
    with pytest.raises(UserError) as caught:
        read_checkpoint(tmp_path / shipped.WEIGHTS)
    assert caught.value.key == "checkpoint.shipped_elsewhere"
    assert str(PROJECT / shipped.WEIGHTS) in str(caught.value)


def test_where_another_checkpoint_is_missing_they_are_named_as_a_way_out(tmp_path):
    with pytest.raises(UserError) as caught:
        read_checkpoint(tmp_path / "checkpoint_7ep.pth")
    assert caught.value.key == "checkpoint.missing"
    assert shipped.WEIGHTS in str(caught.value)
    assert f"--config {shipped.CONFIG}" in str(caught.value)
