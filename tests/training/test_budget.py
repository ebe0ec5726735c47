"""What a budget picks, against plans worked out by hand; and whole runs that obey it."""

import argparse
import re
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from dataset import build_training_data
from models import build_model
from runtime.checkpoint import Checkpoint
from runtime.config import load_config
from runtime.distributed import Ranks
from runtime.messages import UserError
from runtime.progress import Progress
from tests.inference.command import assert_refused, run_here
from tests.test_train_script import FROM_SCRATCH, SCRIPT, load, write_run_files
from training import budget, budget_clock, speed
from training.budget import (
    Given,
    Plan,
    Situation,
    describe_plan,
    duration,
    is_spent,
    make_plan,
    prepare_budget,
    read_budget,
    stored_picks,
)
from training.budget_clock import BudgetClock, Costs
from training.data import RunData
from training.learner import Learner
from training.speed import Speed, measure_training, measure_validation

# Validation takes 100 x 0.1 s and 2 s for saving; the report 2.5 s and 2 x 60 x 0.1 s; leaving
# 1.5 s.  28 s in all, and of the 20 minutes 10 s are over: 1162 s are left.
COSTS = Costs(photo_s=0.1, photos=100, save_s=2.0, reported=60)
# 1/64 s for 320 x 320 pixels; that is 0.030625 s for 448 x 448 and 1/16 s for 640 x 640.
NOW = Situation(
    budget_s=1200,
    left_s=1190,
    images=5600,
    samples=5600,
    sides=(224, 320, 448, 640),
    speed=Speed(0.0, 1 / 64 / 320**2),
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
    # training: 63616, 32457 and 15904 crops.  Of the second, that is 5.8 passes through 5600
    # photos; with 5 validations before the last, 1102 s and 35983 crops, for 5 3/4 epochs of 6258.
    assert plan.size == (448, 448)
    assert (plan.batch, plan.rate, plan.epochs, plan.epoch_samples) == (4, 5e-4, 6, 6260)
    assert plan.training_s == pytest.approx(1102)
    assert plan.crops == 35983
    assert plan.reasons == {
        "crop": "enough", "batch": "cpu", "epochs": "passes", "rate": "batch"
    }  # fmt: skip


def test_a_slow_machine_gets_the_smallest_crop_and_a_fast_one_the_largest():
    slow = replace(NOW, speed=Speed(0.0, 1 / 16 / 320**2))  # 15904 of 320 px
    slower = replace(NOW, speed=Speed(0.0, 1 / 4 / 320**2))  # 8114 of the smallest
    fast = replace(NOW, speed=Speed(0.0, 1 / 256 / 320**2))  # 63616 of the largest
    for now, side, reason in ((slow, 224, "enough"), (slower, 224, "small"), (fast, 640, "all")):
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
    assert (plan.crops, plan.epoch_samples) == (
        25208,
        33612,
    )  # 772 / 0.030625; 25208 / 0.75 = 33610.9


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
    shared = ["data.batch_size=4", "train_cfg.lr=0.0005", "train_cfg.epoch_samples=6260"]
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
    for part in ("20m", "사진 5600장", "초당 32.7장", "에포크 6 × 6260장", "0.0005", "0에"):
        assert part in text
    drops = replace(NOW, falls_to_zero=False)
    assert "0에 이르도록" not in "\n".join(describe_plan(make_plan(drops, Given()), drops))


def test_two_crops_tell_the_fixed_part_from_that_of_the_pixels():
    found = Speed.through([(100 * 100, 0.3), (200 * 200, 0.6)])
    assert found.image_s((100, 200)) == pytest.approx(0.4)
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
    assert stored_picks({}) == stored_picks({"provenance": "of somebody else"}) == []
    assert is_spent({"progress": {"used_s": 1200.0}}, 1200)
    assert not is_spent({"progress": {}}, 1200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("시간 예산")
    write_run_files(folder)
    return folder


@pytest.fixture
def prepared(folder, monkeypatch):
    """Prepares a budget of 20 minutes, of which 10 s are over, without measuring anything.

    Gives what was picked, and the situation that the plan was made for.
    """
    monkeypatch.chdir(folder)
    monkeypatch.setattr(budget_clock, "process_age_s", lambda: 10.0)
    monkeypatch.setattr(budget, "measure_training", lambda *_: Speed(0.0, 0.01 / 64**2))
    monkeypatch.setattr(budget, "measure_validation", lambda *_: 10.0)
    situations: list[Situation] = []

    def prepare(
        start: Checkpoint | None = None, kept: int = 0, world: int = 1, **train_cfg: object
    ) -> tuple[list[str], Situation]:
        args = argparse.Namespace(
            budget=1200, resume=None, report=True, cfg_options=[], batch_size=None, lr=None
        )
        config = load_config(
            "config.py", [f"train_cfg.{key}={train_cfg[key]}" for key in train_cfg]
        )
        keep_set = SimpleNamespace(num_images=kept) if kept else None
        data = RunData(build_training_data(config.data.train, seed=1), None, keep_set, [])
        ranks = Ranks(0, world, torch.device("cpu"))
        learner = SimpleNamespace(ranks=ranks, model=torch.nn.Linear(1, 1))
        found = prepare_budget(args, config, start, data, learner, Progress(), workers=0)
        return found.picks, situations[-1]

    def note(now: Situation, given: Given) -> Plan:
        situations.append(now)
        return make_plan(now, given)

    monkeypatch.setattr(budget, "make_plan", note)
    return prepare


def test_one_plan_for_all_ranks_is_made_for_the_one_with_the_least_time(prepared, monkeypatch):
    monkeypatch.setattr(budget, "gather", lambda own: [own, own - 100])
    # Of 7 photos to keep, one rank looks at 4, for 10 s each: 1200 - 10 - 40 - 100 s.
    assert prepared(kept=7, world=2)[1].left_s == pytest.approx(1050, abs=5)


@pytest.mark.parametrize(
    ("source", "freeze_bn", "freezes"),
    [("ema", 0, True), ("backbone", 0, False), (None, 0, False), ("ema", 3, False)],
)
def test_statistics_are_kept_on_a_cpu_where_the_start_has_them(
    prepared, source, freeze_bn, freezes
):
    content = {"provenance": "of somebody else"}
    start = Checkpoint(Path("start.pth"), {}, source, None, content) if source else None
    picks, _ = prepared(start, freeze_bn=freeze_bn)
    assert ("train_cfg.freeze_bn=1" in picks) == freezes


@pytest.mark.parametrize(("schedule", "falls"), [("polylr", True), ("step", False)])
def test_a_plan_knows_whether_the_schedule_falls_to_zero(prepared, schedule, falls):
    assert prepared(schedule=schedule)[1].falls_to_zero == falls


@pytest.mark.parametrize(("limit_s", "photos"), [(0.0, 2), (3.2, 7), (100.0, 20)])
def test_validation_is_measured_on_two_to_twenty_photos_from_everywhere(
    monkeypatch, limit_s, photos
):
    seconds, seen = 0.0, []

    def look(detector, data, indices, *, observe, stop=lambda: False):
        nonlocal seconds
        for index in indices:
            if stop():
                break
            seen.append(index)
            seconds += 0.5

    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: seconds))
    monkeypatch.setattr(speed, "detect_all", look)
    for name in ("TextDetector", "ValidationLoss"):
        monkeypatch.setattr(speed, name, lambda *_, **__: SimpleNamespace(model=None, observe=None))
    ranks = Ranks(0, 1, torch.device("cpu"))
    learner = SimpleNamespace(ranks=ranks, model=None, precision=torch.float32)
    data = SimpleNamespace(num_images=100, short_size=64)
    assert measure_validation(learner, data, {}, 9, limit_s) == 0.5
    first, *timed = seen  # which warms up
    assert first == 0 and len(set(timed)) == len(timed) == photos
    assert timed[:5] == [0, 20, 40, 60, 80][:photos]


def train(folder: Path, *arguments: object):
    options = (*FROM_SCRATCH, "--device", "cpu", "--workers", 0, "--amp", "off")
    return run_here(SCRIPT, *options, *arguments, cwd=folder)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--epochs", 3), "--epochs"),
        (("--max_minutes", 3), "--max_minutes"),
        (("--cfg-options", "train_cfg.epoch=3"), "train_cfg.epoch"),
        (("--compile",), "--compile"),
        (("--budget", "soon"), "1h30m"),
    ],
)
def test_what_contradicts_a_budget_is_refused_in_one_sentence(folder, options, part):
    assert_refused(train(folder, "--budget", "20m", *options), "--budget", part)
    assert not (folder / "finetune_checkpoints").exists()


def test_a_run_that_is_stopped_and_resumed_keeps_its_picks_and_its_budget(folder, monkeypatch):
    seconds = 10
    monkeypatch.setattr("training.budget.MINIMUM_S", 1)
    starts: list[float] = []  # of each command, which is no process of its own here
    monkeypatch.setattr(budget_clock, "process_age_s", lambda: time.monotonic() - starts[-1])
    options = ("--output_dir", "timed", "--budget", f"{seconds}s", "--resume", "auto")
    agree = BudgetClock.agree
    with monkeypatch.context() as stopping:
        stopping.setattr(
            BudgetClock,
            "agree",
            lambda clock, stop=0: agree(clock, 15 if clock.fraction > 0.3 else stop),
        )
        starts.append(time.monotonic())
        stopped = train(folder, *options)
    assert stopped.returncode == 143, stopped.stderr
    config = (folder / "timed" / "config.py").read_text(encoding="utf-8")
    half = load(folder / "timed" / "checkpoint_latest.pth")["progress"]
    assert 0 < half["began_s"] < half["used_s"] < seconds

    starts.append(time.monotonic())
    resumed = train(folder, *options)
    passed_s = time.monotonic() - starts[0]
    assert resumed.returncode == 0, resumed.stderr
    assert config == (folder / "timed" / "config.py").read_text(encoding="utf-8")
    assert "처음에 고른 값으로" in resumed.stdout
    latest = load(folder / "timed" / "checkpoint_latest.pth")
    assert latest["progress"]["used_s"] == seconds
    assert latest["progress"]["began_s"] == half["began_s"]
    # There is little to leave here, for which time was kept.
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
    found = measure_training(learner, data, config.train_cfg, [64], 2, 0, 0.1)
    whole = data.sources[0].whole_photos(64)
    photo_s = measure_validation(learner, whole, {**config.test_cfg, "pooling_size": 9}, 9, 0.5)
    assert torch.equal(state, torch.get_rng_state())
    after = learner.model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert learner.model.training
    assert 0 < found.image_s((64, 64)) < 5 and 0 < photo_s < 5
    assert data.sources[0].crop_size == (64, 64)


def test_an_epoch_is_as_long_as_the_config_says(folder):
    options = ("--output_dir", "cut", "--epochs", 3, "--cfg-options", "train_cfg.epoch_samples=8",
               "data.train.repeat_times=1", "data.val=None")  # fmt: skip
    finished = train(folder, *options)
    assert finished.returncode == 0, finished.stderr
    assert re.search(r"에포크당 8개 샘플 \(배치 4 × 2회\)", finished.stdout)
