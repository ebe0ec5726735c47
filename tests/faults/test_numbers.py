"""Losses and gradients that are not finite: left out, written down, and undone when they stay."""

import csv
import re
from pathlib import Path

import pytest
import torch
from torch.utils.data import default_collate

from runtime.config import load_config
from tests.faults.trials import EPOCHS, LATEST, STEPS, Trial, assert_finite
from tests.runtime.test_sinks import scalars
from tests.test_train_script import assert_same_state, load
from training.bad_steps import MAX_FILES

EVERY_LINE = ("--cfg-options", "train_cfg.log_interval=1")
THREE_IN_A_ROW = (*EVERY_LINE, "train_cfg.max_bad_steps=3")
RATE = 1e-3


def skipped(trial: Trial) -> list[tuple[int, set[str]]]:
    """(batch, names of its photos) of each step that was left out."""
    found = re.findall(r"배치 (\d+): 손실이나 기울기가.*\(이미지: (.*)\)", trial.output)
    return [(int(number), set(names.split(", "))) for number, names in found]


def returns(trial: Trial) -> list[str]:
    """By how much each return to good weights lowered the rate."""
    return re.findall(r"↩️ .* 설정의 ([\d.]+)배", trial.output)


def rates(trial: Trial) -> dict[int, float]:
    """The rate that was logged at a step, over that of the schedule: all steps from 1."""
    logged = scalars(trial.folder / "tensorboard", "train/lr")
    planned = {step: RATE * (1 - (step - 1) / (EPOCHS * STEPS)) ** 0.9 for step, _ in logged}
    return {step: rate / planned[step] for step, rate in logged}


def optimizer_steps(content: dict) -> set[int]:
    return {int(moments["step"]) for moments in content["optimizer"]["state"].values()}


@pytest.mark.parametrize("how", ["nan", "slope"])
def test_one_bad_step_is_left_out_and_written_down_as_it_was_seen(trials, how):
    faults = [f"spoil:how={how},first=4", f"show:step=4,file={trials.folder / how}.pt"]
    # The worker has made the batch that the step sees, the process itself the one in the file.
    trial = trials.run(how, "--workers", 1, "--epochs", 1, *EVERY_LINE, faults=faults)
    assert trial.code == 0, trial.output
    ((number, names),) = skipped(trial)
    assert number == 4
    assert optimizer_steps(trial.latest) == {STEPS - 1}
    assert trial.latest["progress"]["fallbacks"] == 0
    assert_finite(trial.folder)

    (file,) = (trial.folder / "bad_steps").iterdir()
    assert file.name == "epoch_1_iteration_4_rank_0.pt"
    written = load(file)
    assert (written["epoch"], written["iteration"], written["rank"]) == (1, 4, 0)
    assert {Path(path).name for path in written["files"]} == names
    assert len(written["samples"]) == 4
    (seen,) = load(trials.folder / f"{how}.pt")
    assert written["batch"].keys() == seen.keys()
    for key, value in seen.items():
        assert torch.equal(written["batch"][key], value), key


def test_what_is_written_down_can_be_made_again_from_its_keys(trials, monkeypatch):
    from dataset import build_training_data

    trial = trials.run("again", "--epochs", 1, *EVERY_LINE, faults=["spoil:how=nan,first=2"])
    (file,) = (trial.folder / "bad_steps").iterdir()
    written = load(file)
    monkeypatch.chdir(trials.folder)
    config = load_config(trial.folder / "config.py")
    data = build_training_data(config.data.train, seed=666, granularity=config.data.granularity)
    items = default_collate([data[tuple(key)] for key in written["samples"]])
    for key, value in items.items():
        assert torch.equal(written["batch"][key], value), key


def test_the_photos_of_the_rank_to_blame_are_named_and_no_others(trials):
    faults = ["spoil:rank=1,how=nan,first=3", *(
        f"show:rank={rank},step=3,file={trials.folder / f'seen_{rank}.pt'}" for rank in (0, 1)
    )]  # fmt: skip
    trial = trials.run("blame", "--epochs", 1, *EVERY_LINE, faults=faults, ranks=2)
    assert trial.code == 0, trial.output
    (seen,) = load(trials.folder / "seen_1.pt")
    names = {f"img_{number + 1}.jpg" for number in seen["index"].tolist()}
    assert skipped(trial) == [(3, names)]
    (file,) = (trial.folder / "bad_steps").iterdir()
    assert file.name == "epoch_1_iteration_3_rank_1.pt"
    written = load(file)
    assert {Path(path).name for path in written["files"]} == names
    for key, value in seen.items():
        assert torch.equal(written["batch"][key], value), key
    assert optimizer_steps(trial.latest) == {STEPS - 1}
    assert_finite(trial.folder)


def test_steps_that_stay_bad_send_the_run_back_with_half_the_rate_and_it_recovers(trials):
    trial = trials.run("recovers", *THREE_IN_A_ROW, faults=["spoil:how=nan,first=8,last=10"])
    assert trial.code == 0, trial.output
    assert [number for number, _ in skipped(trial)] == [2, 3, 4]
    assert returns(trial) == ["0.5"]
    assert trial.latest["progress"]["fallbacks"] == 1
    by_step = rates(trial)
    assert by_step[10] == pytest.approx(1, rel=1e-4)
    assert [by_step[11], by_step[18]] == pytest.approx([0.5, 0.5], rel=1e-4)
    # Three were left out; the one before them is undone, having come after the last save.
    assert optimizer_steps(trial.latest) == {EPOCHS * STEPS - 4}
    assert_finite(trial.folder)
    assert {file.name for file in trial.folder.glob("*.pth")} == {
        LATEST, "checkpoint_best.pth", "checkpoint_epoch_2.pth",
    }  # fmt: skip
    with (trial.folder / "history.csv").open(encoding="utf-8", newline="") as file:
        assert all(float(row["loss"]) < 10 for row in csv.DictReader(file))


def test_after_two_returns_the_run_ends_with_advice_and_sound_files(trials):
    trial = trials.run("gives_up", *THREE_IN_A_ROW, faults=["spoil:how=slope,first=7,last=99"])
    assert "--lr" in trial.refusal()
    assert returns(trial) == ["0.5", "0.25"]
    assert len(skipped(trial)) == 9
    assert_finite(trial.folder)
    latest = trial.latest
    assert latest["epoch"] == 2  # the sixth bad step was the last of the second epoch
    assert latest["progress"]["fallbacks"] == 2
    assert optimizer_steps(latest) == {STEPS}


def test_returns_are_remembered_when_a_run_is_resumed(trials):
    faults = ["spoil:how=nan,first=7,last=99", "ask:name=SIGTERM,call=14"]
    stopped = trials.run("remembers", *THREE_IN_A_ROW, faults=faults)
    assert stopped.code == 143, stopped.output
    assert returns(stopped) == ["0.5", "0.25"]
    progress = stopped.latest["progress"]
    assert (progress["fallbacks"], progress["bad_steps"]) == (2, 2)
    before = (stopped.folder / LATEST).read_bytes()
    last = trials.run("remembers", *THREE_IN_A_ROW, "--resume", faults=["spoil:how=nan,first=1"])
    assert "--lr" in last.refusal()
    assert returns(last) == []
    assert (stopped.folder / LATEST).read_bytes() == before

    (trials.folder / "remembers" / LATEST).write_bytes(before)
    well = trials.run("remembers", *THREE_IN_A_ROW, "--resume")
    assert well.code == 0, well.output
    assert rates(well)[18] == pytest.approx(0.25, rel=1e-4)
    assert_finite(well.folder)


def test_a_resumed_run_returns_to_what_was_good_before_it_was_stopped(trials):
    # A rate of 1e30 at step 7: the weights are useless from then on, though each of them is finite.
    astray = ["overshoot:step=7"]
    options = ("--cfg-options", "train_cfg.log_interval=1", "train_cfg.max_bad_steps=5")
    whole = trials.run("astray", *options, faults=astray)
    assert whole.code == 0, whole.output
    assert returns(whole) == ["0.5"]

    stopped = trials.run("astray_twice", *options, faults=[*astray, "ask:name=SIGTERM,call=9"])
    assert stopped.code == 143, stopped.output
    assert stopped.latest["progress"]["bad_steps"] == 2
    resumed = trials.run("astray_twice", *options, "--resume")
    assert resumed.code == 0, resumed.output
    assert returns(resumed) == ["0.5"]
    assert_same_state(whole.folder / LATEST, resumed.folder / LATEST)
    assert_finite(resumed.folder)


def test_a_gradient_whose_square_is_infinite_is_left_out_too(trials):
    trial = trials.run("huge", "--epochs", 1, *EVERY_LINE, faults=["spoil:how=huge,first=4"])
    assert trial.code == 0, trial.output
    assert [number for number, _ in skipped(trial)] == [4]
    for moments in trial.latest["optimizer"]["state"].values():
        assert all(torch.isfinite(value).all() for value in moments.values())
    assert_finite(trial.folder)


def test_a_rate_far_too_high_leaves_finite_files_and_no_more_than_twenty_batches(trials):
    trial = trials.run("exploded", "--lr", 1e30, "--epochs", 9, *EVERY_LINE)
    assert "--lr" in trial.refusal()
    assert returns(trial) == ["0.5", "0.25"]
    assert len(skipped(trial)) > MAX_FILES
    assert len(list((trial.folder / "bad_steps").iterdir())) == MAX_FILES == 20
    assert_finite(trial.folder)
