"""The inspector says in one sentence what a file is, and what it knows about itself."""

import json
from collections import OrderedDict
from dataclasses import asdict

import pytest
import torch
from torch import nn

from runtime.progress import Progress
from runtime.provenance import provenance, seal
from runtime.random_state import random_state
from tests.inference.command import run_here

TOOL = "tools/inspect_checkpoint.py"
BLOCKS = {"tiny": (3, 4, 4, 4), "small": (2, 8, 8, 5), "base": (10, 10, 8, 5)}


def network(size: str) -> nn.Module:
    """As many blocks as the network has, each a single number; one BatchNorm in the head."""
    stages = OrderedDict(
        (f"stage{stage}", nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(count))))
        for stage, count in enumerate(BLOCKS[size], start=1)
    )
    backbone = nn.Sequential(stages)
    return nn.Sequential(OrderedDict(backbone=backbone, det_head=nn.BatchNorm1d(1)))


def of_this_tool() -> dict:
    model = network("tiny")
    config = {
        "model": {"type": "FAST"},
        "data": {"granularity": "word", "batch_size": 8},
        "train_cfg": {"lr": 1e-4, "epoch": 50, "save_interval": 2},
    }
    data = [{"name": "ic15", "images": 10, "words": 70, "digest": "ab12"}]
    content = {
        "format_version": 1,
        "epoch": 7,
        "iter": 0,
        "state_dict": model.state_dict(),
        "ema": {key: value.clone() for key, value in model.state_dict().items()},
        "ema_updates": 70,
        "optimizer": torch.optim.Adam(model.parameters()).state_dict(),
        "scaler": {},
        "scheduler": {"iterations": 10, "total_steps": 500},
        "losses": {"sums": {"loss": 0.0}, "steps": 0},
        "progress": asdict(Progress(epoch=7, best=0.5, best_epoch=6)),
        "random_state": [random_state()],
        "provenance": provenance(config, data, {"hmean": 0.5, "val_loss": float("nan")}),
    }
    seal(content)
    return content


def inspect(tmp_path, content, *options: str):
    torch.save(content, tmp_path / "a.pth")
    return run_here(TOOL, tmp_path / "a.pth", *options, cwd=tmp_path)


def test_a_checkpoint_of_this_tool_is_described_in_one_sentence(tmp_path):
    shown = inspect(tmp_path, of_this_tool(), "--lang", "en")
    first, *lines = shown.stdout.splitlines()
    assert shown.returncode == 0
    assert first.endswith(
        "a.pth: checkpoint of this tool after epoch 7 of 50, EMA weights of FAST-tiny, "
        "can be resumed"
    )
    text = "\n".join(lines)
    assert "17 parameters" in text  # 15 blocks, and the scale and shift of the BatchNorm
    for part in ("hmean 0.5", f"torch {torch.__version__}", "name ic15", "digest ab12",
                 "train_cfg.save_interval = 2", "data.batch_size = 8"):  # fmt: skip
        assert part in text
    # as by default
    assert "train_cfg.lr" not in text and "granularity" not in text


def test_korean_is_the_default(tmp_path):
    assert "50에포크 중 7에포크까지" in inspect(tmp_path, of_this_tool()).stdout


def test_all_of_it_is_there_as_json(tmp_path):
    shown = inspect(tmp_path, of_this_tool(), "--json")
    found = json.loads(shown.stdout)
    wanted = {"kind": "run", "size": "tiny", "epoch": 7, "epochs": 50, "resumable": True}
    assert wanted.items() <= found.items()
    assert found["verified"] == ["ema", "optimizer", "state_dict"]
    assert found["metrics"] == {"hmean": 0.5, "val_loss": "nan"}
    assert found["config"]["train_cfg"]["lr"] == 1e-4


def test_what_cannot_be_resumed_is_said_so(tmp_path):
    content = of_this_tool()
    del content["random_state"]
    assert "cannot be resumed" in inspect(tmp_path, content, "--lang", "en").stdout


@pytest.mark.parametrize(
    ("wrap", "sentence"),
    [
        (lambda weights: {"epoch": 4, "state_dict": weights}, "upstream FAST, after epoch 4"),
        (
            lambda weights: {"format_version": 1, "epoch": 4, "ema": weights},
            "weights that this tool made, such as an average, after epoch 4, FAST-small",
        ),
        (lambda weights: {"ema": weights}, "released FAST checkpoint, weights of FAST-small"),
        (lambda weights: weights, "bare weights of FAST-small"),
        (
            lambda weights: {
                key.removeprefix("backbone."): value
                for key, value in weights.items()
                if "backbone" in key
            },
            "ImageNet backbone weights of FAST-small",
        ),
        (lambda weights: {"encoder\x1b[2J": torch.ones(1)}, "weights of another network"),
    ],
)
def test_files_of_other_origin_are_told_apart(tmp_path, wrap, sentence):
    shown = inspect(tmp_path, wrap(network("small").state_dict()), "--lang", "en")
    assert (shown.returncode, sentence in shown.stdout.splitlines()[0]) == (0, True)
    assert "no provenance" in shown.stdout and "\x1b" not in shown.stdout


def test_a_file_that_is_not_what_was_saved_or_no_checkpoint_leaves_with_two(tmp_path):
    content = of_this_tool()
    content["ema"]["det_head.bias"] += 1
    shown = inspect(tmp_path, content)
    assert shown.returncode == 2 and "ema" in shown.stderr and not shown.stdout
    (tmp_path / "a.pth").write_text("text")
    assert run_here(TOOL, tmp_path / "a.pth", cwd=tmp_path).returncode == 2


def test_records_of_other_types_than_ours_are_passed_over(tmp_path):
    for record in (3, {"config": 3, "data": {}, "git": [], "metrics": "x"}, {"data": [1]}):
        content = {**of_this_tool(), "provenance": record, "scheduler": {"iterations": 0}}
        shown = inspect(tmp_path, content)
        assert shown.returncode == 0, shown.stderr
