"""Runs that are resumed with something changed, and checkpoints that others have made up."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from runtime.provenance import seal
from tests.faults.trials import LATEST, Trial, Trials
from tests.runtime.test_sinks import scalars
from tests.test_train_script import assert_same_state, load

ELSEWHERE = ("data.train.img_dir=moved/images", "data.train.gt_dir=moved/gts")


@pytest.fixture(scope="module")
def begun(trials: Trials) -> Path:
    """The checkpoint of a run that was stopped in its second epoch."""
    stopped = trials.run("begun", faults=["ask:name=SIGTERM,call=9"])
    assert stopped.code == 143, stopped.output
    return stopped.folder / LATEST


def resume(trials: Trials, begun: Path, *arguments: object, name: str = "resumed") -> Trial:
    """Go on with a copy of the run."""
    folder = trials.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(begun.parent, folder)
    return trials.run(name, "--resume", "auto", *arguments)


def assert_left_alone(trial: Trial, begun: Path) -> None:
    for path in begun.parent.iterdir():
        if path.is_file():
            assert (trial.folder / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--lr", 2e-3), "train_cfg.lr: 0.001 -> 0.002"),
        (("--seed", 7), "options.seed: 666 -> 7"),
        (("--epochs", 4), "train_cfg.epoch: 3 -> 4"),
    ],
)
def test_what_has_changed_is_named_and_asks_for_force(trials, begun, arguments, named):
    refused = resume(trials, begun, *arguments)
    sentence = refused.refusal()
    assert named in sentence and "--force" in sentence
    assert_left_alone(refused, begun)


def test_with_force_a_run_goes_on_and_says_what_has_changed(trials, begun):
    options = ("--cfg-options", "train_cfg.weight_decay=0.01", "train_cfg.log_interval=1")
    forced = resume(trials, begun, "--lr", 2e-3, "--force", *options)
    assert forced.code == 0, forced.output
    assert "train_cfg.lr: 0.001 → 0.002" in forced.output
    assert "train_cfg.log_interval: 2 → 1 (결과에 영향 없음)" in forced.output
    rates = dict(scalars(forced.folder / "tensorboard", "train/lr"))
    assert rates[10] == pytest.approx(2e-3 * (1 - 9 / 18) ** 0.9, rel=1e-4)
    (group,) = forced.latest["optimizer"]["param_groups"]
    assert group["weight_decay"] == 0.01


def test_with_force_a_run_grows_longer(trials, begun):
    forced = resume(trials, begun, "--epochs", 4, "--force")
    assert forced.code == 0, forced.output
    assert forced.latest["epoch"] == 4


def test_with_force_another_optimizer_begins_anew(trials, begun):
    options = ("--force", "--cfg-options", "train_cfg.optimizer=SGD")
    there = resume(trials, begun, *options, name="to_sgd")
    assert there.code == 0, there.output
    assert {name for one in there.latest["optimizer"]["state"].values() for name in one} == {
        "momentum_buffer"
    }
    back = trials.run("to_sgd", "--resume", "--force", "--epochs", 4)
    assert back.code == 0, back.output
    steps = {int(one["step"]) for one in back.latest["optimizer"]["state"].values()}
    assert steps == {6}


def test_with_force_the_best_epoch_is_found_anew_where_it_is_judged_in_another_way(trials, begun):
    before = load(begun)["progress"]
    assert before["criterion"] == "hmean" and before["best"] is not None
    options = ("--force", "--cfg-options", "data.val=None")
    forced = resume(trials, begun, *options, name="judged")
    assert forced.code == 0, forced.output
    after = forced.latest["progress"]
    assert after["criterion"] == "loss"
    best = load(forced.folder / "checkpoint_best.pth")
    assert best["epoch"] == after["best_epoch"] >= 2
    assert after["best"] == best["provenance"]["metrics"]["loss"]


def test_harmless_changes_need_no_force_and_change_nothing(trials, calm, begun):
    options = ("--save_interval", 3, "--cfg-options", "train_cfg.log_interval=5",
               "train_cfg.keep_checkpoints=1")  # fmt: skip
    resumed = resume(trials, begun, *options)
    assert resumed.code == 0, resumed.output
    assert_same_state(calm / LATEST, resumed.folder / LATEST)


def test_photos_may_move_but_no_corner_of_a_label(trials, calm, begun):
    moved = trials.folder / "moved"
    shutil.copytree(trials.folder / "photos", moved)
    resumed = resume(trials, begun, "--cfg-options", *ELSEWHERE)
    assert resumed.code == 0, resumed.output
    assert_same_state(calm / LATEST, resumed.folder / LATEST)

    label = next(path for path in sorted((moved / "gts").iterdir()) if path.stat().st_size)
    x, rest = label.read_text(encoding="utf-8").split(",", 1)
    label.write_text(f"{int(x) + 1},{rest}", encoding="utf-8")
    refused = resume(trials, begun, "--cfg-options", *ELSEWHERE)
    sentence = refused.refusal()
    assert ".digest: " in sentence and "--force" in sentence
    assert_left_alone(refused, begun)


def test_a_finished_run_says_so_and_is_left_alone(trials, calm):
    finished = resume(trials, calm / LATEST, name="finished")
    assert finished.code == 0, finished.output
    assert "✅" in finished.output and "--force" in finished.output
    assert_left_alone(finished, calm / LATEST)


def test_a_run_that_has_stopped_early_does_not_begin_again(trials):
    options = ("--lr", 1e-12, "--epochs", 9, "--cfg-options", "train_cfg.early_stop_patience=1",
               "data.val=None", "data.train.is_transform=False")  # fmt: skip
    first = trials.run("early", *options)
    assert first.code == 0, first.output
    assert "⏹️" in first.output
    epoch = first.latest["epoch"]
    again = trials.run("early", *options, "--resume")
    assert again.code == 0, again.output
    assert "⏹️" in again.output and "훈련 시작" not in again.output
    assert again.latest["epoch"] == epoch < 9


def with_progress(**changes: object) -> Callable[[dict], None]:
    return lambda content: content["progress"].update(changes)


def without(key: str) -> Callable[[dict], None]:
    return lambda content: content.pop(key)


def swap_averages(content: dict[str, Any]) -> None:
    """Averages of gradients that have the shape of another weight."""
    state = content["optimizer"]["state"]
    one = next(iter(state))
    shape = state[one]["exp_avg"].shape
    other = next(key for key in state if state[key]["exp_avg"].shape != shape)
    state[one], state[other] = state[other], state[one]


def forget_a_weight(content: dict[str, Any]) -> None:
    """An optimizer with a weight too few."""
    (group,) = content["optimizer"]["param_groups"]
    content["optimizer"]["state"].pop(group["params"].pop(), None)


def other_last_good(content: dict[str, Any]) -> None:
    """Weights to fall back to that are those of another network."""
    names = ("state_dict", "ema", "ema_updates", "optimizer", "scaler")
    content["last_good"] = {name: content[name] for name in names}
    for group in ("state_dict", "ema"):
        content["last_good"][group] = {"backbone.weight": torch.zeros(3)}


HOSTILE: dict[str, Callable[[dict], object]] = {
    "text for a number": with_progress(epoch="1"),
    "a number far too large": with_progress(epoch=1 << 60),
    "another epoch than the file": with_progress(epoch=2),
    "no pieces": with_progress(split=0),
    "fewer returns than none": with_progress(fallbacks=-3),
    "a list for a number": with_progress(iteration=[3]),
    "an unknown field": with_progress(evil=1),
    "no progress": without("progress"),
    "no optimizer": without("optimizer"),
    "no averages": without("ema"),
    "swapped averages": swap_averages,
    "a weight too few": forget_a_weight,
    "another network to fall back to": other_last_good,
    "random numbers out of order": lambda content: content.update(random_state=[{"python": 1}]),
    "losses of text": lambda content: content.update(losses={"sums": {"loss": "x"}, "steps": 1}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_made_up_checkpoint_is_one_sentence(trials, begun, kind):
    content = load(begun)
    HOSTILE[kind](content)
    content.pop("integrity")
    seal(content)
    torch.save(content, trials.folder / "hostile.pth")
    refused = trials.run("hostile", "--resume", "hostile.pth")
    assert "hostile.pth" in refused.refusal()
    assert not refused.folder.exists()
