"""What a budget picks, against plans worked out by hand; and whole runs that obey it."""

import argparse
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dataset import build_training_data
from models import build_model
from runtime.config import load_config
from runtime.distributed import Ranks
from runtime.messages import UserError
from tests.inference.command import assert_refused, run_here
from tests.test_train_script import FROM_SCRATCH, SCRIPT, load, write_run_files
from training import budget_clock
from training.budget import (
    Given,
    Situation,
    describe_plan,
    duration,
    is_spent,
    make_plan,
    read_budget,
    stored_picks,
)
from training.budget_clock import BudgetClock, Costs
from training.learner import Learner
from training.speed import Speed, measure_training, measure_validation

# Validation takes 100 x 0.1 s and 2 s for saving; the report 2.5 s and 2 x 60 x 0.1 s; leaving
# 1.5 s.  28 s in all, and of the 20 minutes 10 s are over: 1162 s are left.
COSTS = Costs(photo_s=0.1, photos=100, save_s=2.0, reported=60)
# 0.125 s for 320 x 320 pixels; that is 0.245 s for 448 x 448 and 0.5 s for 640 x 640.
NOW = Situation(
    budget_s=1200,
    left_s=1190,
    images=700,
    samples=700,
    sides=(320, 448, 640),
    speed=Speed(0.0, 0.125 / 320**2),
    costs=COSTS,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20m", 1200), ("90s", 90), ("1h", 3600), ("1h30m", 5400), ("20", 1200), ("1.5", 90),
     ("2H5m10s", 7510), ("60s", 60), ("20min", 1200)],
)  # fmt: skip
def test_a_budget_is_hours_minutes_seconds_or_a_number_of_minutes(text, seconds):
    assert read_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "59s", "soon", "-5", "5x", "m", "nan", "inf", "1m1h"])
def test_what_is_no_budget_of_a_minute_or_more_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="1h30m"):
        read_budget(text)


def test_a_duration_is_shown_as_the_option_takes_it():
    shown = [duration(seconds) for seconds in (0.2, 90, 1200, 3900, 3661)]
    assert shown == ["0s", "1m 30s", "20m", "1h 5m", "1h 1m 1s"]


def test_the_largest_crop_with_enough_of_them_and_an_epoch_for_each_pass():
    plan = make_plan(NOW, Given())
    # 15 validations fill 15 % of 1200 s.  With 14 of them before the last, 994 s are left for
    # training: 7952, 4057 and 1988 crops.  Of the second, that is 5.8 passes through 700 photos;
    # with 5 validations before the last, 1102 s and 4497 crops, for 5 3/4 epochs of 782.3.
    assert plan.size == (448, 448)
    assert (plan.batch, plan.rate, plan.epochs, plan.epoch_samples) == (4, 5e-4, 6, 784)
    assert plan.training_s == pytest.approx(1102)
    assert plan.crops == 4497
    assert plan.reasons == {
        "crop": "enough", "batch": "cpu", "epochs": "passes", "rate": "batch"
    }  # fmt: skip


def test_a_slow_machine_gets_the_smallest_crop_and_a_fast_one_the_largest():
    slow = replace(NOW, speed=Speed(0.0, 0.5 / 320**2))  # 1988 of the smallest
    fast = replace(NOW, speed=Speed(0.0, 0.03 / 320**2))  # 8283 of the largest
    for now, side, reason in ((slow, 320, "small"), (fast, 640, "all")):
        plan = make_plan(now, Given())
        assert (plan.size, plan.reasons["crop"]) == ((side, side), reason)


def test_few_photos_do_not_make_too_many_epochs_and_many_not_too_few():
    cheap = replace(NOW, costs=replace(COSTS, photos=10))
    for images, epochs in ((20, 20), (100_000, 4)):
        plan = make_plan(replace(cheap, images=images), Given())
        assert (plan.epochs, plan.reasons["epochs"]) == (epochs, "bounds")


def test_many_validation_photos_are_looked_at_less_often_but_once():
    # 62 s for an end of an epoch: twice within 180 s.  402 s are more than that: once.
    for photos, epochs in ((600, 2), (4000, 1)):
        now = replace(NOW, costs=replace(COSTS, photos=photos))
        plan = make_plan(now, Given())
        assert (plan.epochs, plan.reasons["epochs"]) == (epochs, "validation")
    # The only epoch is planned to be cut off at 3/4: 1190 - 402 - 14.5 - 1.5 = 772 s.
    assert plan.training_s == pytest.approx(772)
    assert (plan.crops, plan.epoch_samples) == (3151, 4204)  # 772 / 0.245; 3151 / 0.75 = 4201.4


def test_a_budget_that_validation_eats_up_is_refused_with_what_it_takes():
    now = replace(NOW, costs=replace(COSTS, photos=9600))  # 962 s, of 1190: 212 s to train
    with pytest.raises(UserError) as refused:
        make_plan(now, Given())
    assert "20m" in str(refused.value) and "16m 28s" in str(refused.value)
    assert "--no-report" in str(refused.value)


def test_what_is_given_is_obeyed_and_not_picked():
    given = Given(size=(320, 480), batch=6, rate=1e-3, passes=True)
    plan = make_plan(NOW, given)
    assert (plan.size, plan.batch, plan.rate, plan.epoch_samples) == ((320, 480), 6, 1e-3, None)
    assert set(plan.reasons.values()) == {"given"}
    assert plan.picks(given, None) == [f"train_cfg.epoch={plan.epochs}"]


def test_a_plan_becomes_overrides_for_each_part_of_the_training_data():
    plan = make_plan(NOW, Given())
    shared = ["data.batch_size=4", "train_cfg.lr=0.0005", "train_cfg.epoch_samples=784"]
    assert plan.picks(Given(), None) == [
        "train_cfg.epoch=6", "data.train.img_size=448", *shared, "data.train.repeat_times=1"
    ]  # fmt: skip
    parts = ["data.train.0.img_size=448", "data.train.1.img_size=448"]
    assert plan.picks(Given(), 2) == ["train_cfg.epoch=6", *parts, *shared]


def test_a_gpu_gets_larger_batches_shared_evenly_among_ranks_with_a_higher_rate():
    gpu = replace(NOW, on_gpu=True)
    plan = make_plan(gpu, Given())
    assert (plan.batch, plan.rate) == (8, 7.1e-4)  # 5e-4 x sqrt(2)
    assert make_plan(replace(gpu, world=3), Given()).batch == 9
    plan = make_plan(replace(gpu, speed=Speed(0.002, 0.0)), Given())  # 497,000 crops
    assert (plan.batch, plan.rate, plan.reasons["batch"]) == (16, 1e-3, "large")


def test_the_plan_is_told_with_its_reasons():
    text = "\n".join(describe_plan(make_plan(NOW, Given()), NOW))
    for part in ("20m", "사진 700장", "448px 크롭 초당 4.1장", "에포크 6 × 784장", "0.0005"):
        assert part in text


def test_two_crops_tell_the_fixed_part_from_that_of_the_pixels():
    speed = Speed.through([(100 * 100, 0.3), (200 * 200, 0.6)])
    assert speed.image_s((100, 200)) == pytest.approx(0.4)
    assert Speed.through([(100 * 100, 0.3)]).image_s((100, 200)) == pytest.approx(0.6)
    assert Speed.through([(100 * 100, 0.3)], reading_s=1.0).image_s((100, 200)) == 1.0


def test_picks_are_read_back_from_a_run_that_had_a_budget():
    config = {
        "data": {"batch_size": 4, "train": {"img_size": 448, "repeat_times": 1, "type": "X"}},
        "train_cfg": {"lr": 5e-4, "epoch": 6, "epoch_samples": 784, "optimizer": "Adam"},
        "options": {"budget_s": 1200.0},
    }
    assert sorted(stored_picks({"provenance": {"config": config}})) == [
        "data.batch_size=4", "data.train.img_size=448", "data.train.repeat_times=1",
        "train_cfg.epoch=6", "train_cfg.epoch_samples=784", "train_cfg.lr=0.0005",
    ]  # fmt: skip
    assert stored_picks({"provenance": {"config": {**config, "options": {}}}}) == []
    assert stored_picks({}) == []
    assert is_spent({"progress": {"used_s": 1200.0}}, 1200)
    assert not is_spent({"progress": {}}, 1200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("시간 예산")
    write_run_files(folder)
    return folder


def train(folder: Path, *arguments: object):
    options = (*FROM_SCRATCH, "--device", "cpu", "--workers", 0, "--amp", "off")
    return run_here(SCRIPT, *options, *arguments, cwd=folder)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--epochs", 3), "--epochs"),
        (("--max_minutes", 3), "--max_minutes"),
        (("--cfg-options", "train_cfg.epoch=3"), "train_cfg.epoch"),
        (("--budget", "soon"), "1h30m"),
    ],
)
def test_what_contradicts_a_budget_is_refused_in_one_sentence(folder, options, part):
    assert_refused(train(folder, "--budget", "20m", *options), "--budget", part)
    assert not (folder / "finetune_checkpoints").exists()


def test_a_run_that_is_stopped_and_resumed_keeps_its_picks_and_its_budget(folder, monkeypatch):
    seconds = 10
    monkeypatch.setattr("training.budget.MINIMUM_S", 1)
    monkeypatch.setattr(budget_clock, "process_age_s", lambda: 0.0)  # that of all the tests
    options = ("--output_dir", "timed", "--budget", f"{seconds}s", "--resume", "auto")
    agree = BudgetClock.agree
    with monkeypatch.context() as stopping:
        stopping.setattr(
            BudgetClock,
            "agree",
            lambda clock, stop=0: agree(clock, 15 if clock.fraction > 0.3 else stop),
        )
        started = time.monotonic()
        stopped = train(folder, *options)
    assert stopped.returncode == 143, stopped.stderr
    config = (folder / "timed" / "config.py").read_text(encoding="utf-8")
    half = load(folder / "timed" / "checkpoint_latest.pth")["progress"]
    assert 0 < half["began_s"] < half["used_s"] < seconds

    resumed = train(folder, *options)
    passed_s = time.monotonic() - started
    assert resumed.returncode == 0, resumed.stderr
    assert config == (folder / "timed" / "config.py").read_text(encoding="utf-8")
    assert "처음에 고른 값으로" in resumed.stdout
    latest = load(folder / "timed" / "checkpoint_latest.pth")
    assert latest["progress"]["used_s"] == seconds
    assert latest["progress"]["began_s"] == half["began_s"]
    # Reserved for leaving, of which there is little here; and twice some time to read the data.
    assert seconds - 4 < passed_s < seconds + 3
    picked = load_config(folder / "timed" / "config.py")
    assert picked.data.train.img_size == 64  # the photos' short side, whatever the budget
    assert picked.train_cfg.lr == 5e-4

    again = train(folder, *options)
    assert again.returncode == 0
    assert "시간 예산을 다 쓴" in again.stdout
    assert_refused(train(folder, *options[:2], "--resume", "--budget", "1h"), "budget_s")


def test_measuring_leaves_the_weights_as_they_were(folder, monkeypatch):
    config = load_config(folder / "config.py")
    monkeypatch.chdir(folder)
    data = build_training_data(config.data.train, seed=1)
    ranks = Ranks(0, 1, torch.device("cpu"))
    learner = Learner(build_model(config.model), ranks, config.train_cfg, torch.float32)
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    state = torch.get_rng_state()
    speed = measure_training(learner, data, config.train_cfg, [64], 2, 0, 0.1)
    whole = data.sources[0].whole_photos(64)
    photo_s = measure_validation(learner, whole, {**config.test_cfg, "pooling_size": 9}, 9)
    assert torch.equal(state, torch.get_rng_state())
    after = learner.model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert learner.model.training
    assert 0 < speed.image_s((64, 64)) < 5 and 0 < photo_s < 5
    assert data.sources[0].crop_size == (64, 64)


def test_an_epoch_is_as_long_as_the_config_says(folder):
    options = ("--output_dir", "cut", "--epochs", 3, "--cfg-options", "train_cfg.epoch_samples=8",
               "data.train.repeat_times=1", "data.val=None")  # fmt: skip
    finished = train(folder, *options)
    assert finished.returncode == 0, finished.stderr
    assert re.search(r"에포크당 8개 샘플 \(배치 4 × 2회\)", finished.stdout)
