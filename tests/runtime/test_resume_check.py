"""What has changed since a checkpoint was written, and whether a run can go on from it at all."""

import copy
from collections import OrderedDict
from dataclasses import asdict

import pytest
import torch

from runtime import messages
from runtime.loss_meter import LossMeter
from runtime.messages import UserError
from runtime.progress import Progress
from runtime.random_state import random_state, restore_random_state
from runtime.resume_check import (
    Change,
    change_lines,
    changes,
    check_resumable,
    refuse_inexact,
)

CONFIG = {
    "model": {"type": "FAST", "detection_head": {"dropout_ratio": 0.1}},
    "data": {
        "batch_size": 4,
        "cache": None,
        "train": [{"img_dir": "a", "weight": 1.0}, {"img_dir": "b", "weight": 2.0}],
        "test": {"img_dir": "c", "short_size": 640},
    },
    "train_cfg": {"lr": 1e-4, "schedule": [20, 40], "save_interval": 5, "epoch": 50},
    "test_cfg": {"result_path": "x.zip", "min_score": 0.8},
}
DATA = [
    {"name": "a", "images": 10, "words": 70, "digest": "ab"},
    {"name": "b", "images": 20, "words": 80, "digest": "cd"},
]


def record(data=DATA, **config) -> dict:
    """The provenance of a run; keys of the config are changed by their dotted names."""
    changed = copy.deepcopy(CONFIG)
    for name, value in config.items():
        *sections, last = name.split("__")
        inner = changed
        for section in sections:
            inner = inner[int(section) if section.isdigit() else section]
        inner[last] = value
    return {"config": changed, "data": data}


def test_two_records_of_one_run_have_no_changes():
    assert changes(record(), record()) == []
    assert changes(record(), record(train_cfg__schedule=(20, 40))) == []


@pytest.mark.parametrize(
    ("key", "old", "new", "exact"),
    [
        ("train_cfg.save_interval", 5, 1, True),
        ("train_cfg.keep_checkpoints", None, 3, True),
        ("train_cfg.log_interval", 10, 1, True),
        ("train_cfg.save_every_iters", None, 100, True),
        ("train_cfg.early_stop_patience", None, 9, True),
        ("test_cfg.result_path", "x.zip", "y.zip", True),
        ("data.cache", None, "ram", True),
        ("data.train.1.img_dir", "b", "moved/b", True),  # the fingerprints are the same
        ("train_cfg.ranks", "-", 4, None),
        ("data.train.1.weight", 2.0, 3.0, False),
        ("data.test.short_size", 640, 736, False),
        ("data.batch_size", 4, 8, False),
        ("model.detection_head.dropout_ratio", 0.1, 0.0, False),
        ("train_cfg.lr", 1e-4, 1e-3, False),
        ("train_cfg.schedule", [20, 40], "polylr", False),
        ("train_cfg.epoch", 50, 60, False),
        ("train_cfg.optimizer", "Adam", "SGD", False),
        ("test_cfg.min_score", 0.8, 0.9, False),
        ("train_cfg.save_intervals", "-", 1, False),  # an unknown key may do anything
    ],
)
def test_a_changed_key_is_named_with_both_values_and_whether_it_matters(key, old, new, exact):
    found = changes(record(), record(**{key.replace(".", "__"): new}))
    assert found == ([] if exact is None else [Change(key, old, new, exact)])


def test_a_key_younger_than_the_checkpoint_had_its_default_then():
    assert changes(record(), record(train_cfg__freeze_bn=0)) == []
    found = changes(record(), record(train_cfg__freeze_bn=2))
    assert found == [Change("train_cfg.freeze_bn", 0, 2, exact=False)]


def test_changed_data_breaks_an_exact_resume_and_so_does_where_it_lies():
    data = [DATA[0], {**DATA[1], "words": 81, "digest": "ef"}]
    found = changes(record(), record(data, data__train__1__img_dir="other"))
    assert found == [
        Change("data[b].words", 80, 81, False),
        Change("data[b].digest", "cd", "ef", False),
        Change("data.train.1.img_dir", "b", "other", False),
    ]


def test_a_source_more_is_a_change_of_all_its_fields():
    found = changes(record(DATA[:1]), record())
    assert [change.name for change in found] == [
        "data[b].images", "data[b].words", "data[b].digest",
    ]  # fmt: skip
    assert not any(change.exact for change in found)


@pytest.mark.parametrize("old", [{}, {"config": 3, "data": "x"}, {"data": [3]}])
def test_a_file_without_a_record_gives_no_changes_for_what_it_does_not_say(old):
    assert [
        change for change in changes(old, record()) if not change.name.startswith("data[")
    ] == []
    assert "data" in old or changes(old, record()) == []


def test_changes_are_shown_in_lines_and_refused_unless_forced():
    messages.set_language("en")
    new = record(train_cfg__save_interval=1, train_cfg__lr=1e-3)
    found = changes(record(), new)
    lines = change_lines(found)
    assert lines[0] == "   - train_cfg.lr: 0.0001 -> 0.001"
    assert lines[1].startswith("   - train_cfg.save_interval: 5 -> 1 (")
    with pytest.raises(UserError, match="--force") as caught:
        refuse_inexact(found, "a.pth")
    assert "train_cfg.lr: 0.0001 -> 0.001" in str(caught.value)
    assert "save_interval" not in str(caught.value)
    refuse_inexact([change for change in found if change.exact], "a.pth")


def learned(channels: int = 2) -> dict:
    """The state of a learner."""
    model = torch.nn.Sequential(OrderedDict(backbone=torch.nn.Conv2d(channels, 3, 3)))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, channels, 4, 4)).sum().backward()
    optimizer.step()
    weights = model.state_dict()
    return {
        "state_dict": dict(weights),
        "ema": {key: value.clone() for key, value in weights.items()},
        "ema_updates": 17,
        "optimizer": optimizer.state_dict(),
        "scaler": {"scale": 1.0, "_growth_tracker": 0},
    }


def state() -> dict:
    """What the train script saves."""
    return {
        "epoch": 2,
        "iter": 5,
        **learned(),
        "losses": {"sums": LossMeter().sums, "steps": 3},
        "progress": asdict(Progress(epoch=2, iteration=5, best=0.5)),
        "random_state": [random_state(), random_state()],
    }


def test_the_state_of_a_run_can_be_resumed():
    check_resumable(state(), "a.pth")
    check_resumable({**state(), "last_good": learned()}, "a.pth")
    older = state()
    older["progress"] = {"epoch": 2, "iteration": 0, "criterion": "loss", "best": None}
    check_resumable(older, "a.pth")


def wrong(path: str, value) -> pytest.param:
    return pytest.param(path.split("."), value, id=f"{path}={str(value)[:30]}")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *(wrong(name, 3) for name in state() if name not in ("epoch", "iter", "ema_updates")),
        *(wrong(name, "3") for name in ("epoch", "iter", "ema_updates")),
        wrong("epoch", True),
        wrong("iter", -1),
        wrong("progress.epoch", "2"),
        wrong("progress.epoch", 2.0),
        wrong("progress.best", "0.5"),
        wrong("progress.criterion", None),
        wrong("progress.of_the_future", 1),
        wrong("progress.epoch", 3),  # another one than that of the file
        wrong("progress.fallbacks", -1),
        wrong("progress.split", 0),
        wrong("losses.steps", None),
        wrong("losses.sums", [1.0]),
        wrong("losses.sums.loss", "1"),
        wrong("losses.surplus", 1),
        wrong("ema.backbone.weight", torch.ones(1)),
        wrong("ema.another", torch.ones(1)),
        wrong("state_dict.backbone.bias", 3.0),
        wrong("optimizer.param_groups", {}),
        wrong("optimizer.state", []),
        wrong("optimizer.param_groups.0.params", [0, 0]),
        wrong("optimizer.param_groups.0.params", [0, [1]]),
        wrong("optimizer.param_groups.0.lr", "0.1"),
        wrong("optimizer.state.0", 5),
        wrong("optimizer.state.7", {}),
        wrong("optimizer.state.0.exp_avg", torch.ones(7)),
        wrong("scaler.scale", [1.0]),
        wrong("random_state.0", {}),
        wrong("random_state.1.python", (3, (1, 2), None)),
        wrong("random_state.1.torch", torch.ones(3, dtype=torch.uint8)),
        wrong("random_state.1.cuda", [1]),
        wrong("random_state.1.numpy", ("MT19937", torch.ones(5, dtype=torch.int64), 0, 0, 0.0)),
        wrong("random_state.1.numpy", ("MT19937", torch.ones(624).long(), 10**6, 0, 0.0)),
        wrong("random_state.1.numpy", 4),
        wrong("last_good", {}),
        wrong("last_good", {**learned(), "ema": {}}),
        wrong("last_good", learned(channels=3)),
        wrong("provenance", []),
        wrong("provenance", {"metrics": [1]}),
    ],
)
def test_a_part_of_another_type_is_one_sentence_and_no_traceback(path, value):
    content = state()
    inner, keys = content, list(path)
    if keys[0] in ("ema", "state_dict") and len(keys) > 1:
        keys = [keys[0], ".".join(keys[1:])]
    for key in keys[:-1]:
        inner = inner[int(key) if key.isdigit() else key]
    last = keys[-1]
    inner[int(last) if last.isdigit() else last] = value
    with pytest.raises(UserError) as caught:
        check_resumable(content, "a.pth")
    assert caught.value.key == "train.not_resumable"


@pytest.mark.parametrize("name", state())
def test_a_missing_part_is_one_sentence_and_no_traceback(name):
    content = state()
    del content[name]
    with pytest.raises(UserError):
        check_resumable(content, "a.pth")


def test_looking_at_random_states_moves_no_generator():
    before = random_state()
    check_resumable(state() | {"random_state": [before]}, "a.pth")
    after = random_state()
    restore_random_state(before)
    assert torch.equal(before["numpy"][1], after["numpy"][1])
    assert before["python"] == after["python"]
