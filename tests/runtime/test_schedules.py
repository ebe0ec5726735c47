"""Learning rates against golden numbers and against values worked out by hand."""

import json
import math

import pytest

from runtime.schedules import SCHEDULES, learning_rate
from tests.conftest import golden


def rate(step, total, **train_cfg):
    return learning_rate(step, total, {"lr": 1.0, "epoch": 10, "schedule": "polylr", **train_cfg})


@pytest.mark.parametrize("name", ["polylr", "polylr_ic15_finetune"])
def test_polylr_is_the_rate_that_released_checkpoints_were_trained_with(name):
    case = json.loads(golden("schedule.json").read_text())[name]
    train_cfg = {"lr": case["lr"], "epoch": case["epochs"], "schedule": "polylr"}
    total = case["epochs"] * case["iters_per_epoch"]
    for point in case["points"]:
        step = point["epoch"] * case["iters_per_epoch"] + point["iter"]
        assert learning_rate(step, total, train_cfg) == pytest.approx(point["lr"], rel=1e-12)


def test_a_tuple_of_epochs_divides_the_rate_by_ten_at_each():
    case = json.loads(golden("schedule.json").read_text())["step_tuple"]
    train_cfg = {"lr": case["lr"], "epoch": 600, "schedule": tuple(case["schedule"])}
    for point in case["points"]:
        found = learning_rate(point["epoch"] * 7, 600 * 7, train_cfg)
        assert found == pytest.approx(point["lr"], rel=1e-12)


def test_step_multiplies_by_gamma_after_every_step_size_epochs():
    settings = {"schedule": "step", "step_size": 4, "gamma": 0.5}
    rates = [rate(epoch * 3, 30, **settings) for epoch in range(10)]
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_cosine_falls_from_one_over_a_half_to_zero():
    assert rate(0, 100, schedule="cosine") == 1
    assert rate(50, 100, schedule="cosine") == pytest.approx(0.5)
    assert rate(99, 100, schedule="cosine") == pytest.approx((1 + math.cos(0.99 * math.pi)) / 2)


def test_warm_up_rises_linearly_to_the_schedule():
    warm = [rate(step, 100, schedule="step", step_size=10, warmup_iters=4) for step in range(6)]
    assert warm == [0.25, 0.5, 0.75, 1, 1, 1]


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
def test_every_schedule_stays_between_zero_and_the_full_rate(schedule):
    rates = [rate(step, 57, schedule=schedule) for step in range(57)]
    assert rates[0] == 1
    assert all(0 <= low <= high for high, low in zip(rates, rates[1:], strict=False))
