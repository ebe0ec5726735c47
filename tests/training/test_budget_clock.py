"""The clock of a budget, on a machine whose time passes as the test says."""

import os

import pytest

from runtime.schedules import falls_to_zero, learning_rate, timed_rate
from training import budget_clock
from training.budget_clock import BudgetClock, Costs, process_age_s

# 10 s for the end of an epoch, 2.5 + 2 x 5 x 0.5 s for the report, 1.5 s for leaving: 19 s.
COSTS = Costs(photo_s=0.5, photos=16, save_s=2.0, reported=5)


class Machine:
    """A clock to be set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


def clock_on(machine: Machine, costs: Costs = COSTS, **settings: float) -> BudgetClock:
    """Of 120 s, 11 s were over when it was made: 90 s are left for training."""
    return BudgetClock(120, costs, now=machine, **{"age_s": 11.0, **settings})


def test_a_step_that_would_not_end_in_time_is_not_begun(machine):
    clock = clock_on(machine)
    clock.begin()
    clock.expect(4.0)
    assert clock.left_s == 90 - 4
    clock.expect(14.0)  # a tenth of what it took longer
    assert clock.left_s == 90 - 5
    machine.seconds += 85
    clock.agree()
    assert clock.is_up


def test_the_end_is_kept_for_validation_report_and_leaving():
    assert (COSTS.epoch_end_s, COSTS.report_s, COSTS.end_s) == (10.0, 7.5, 19.0)
    assert Costs(0.5, 16, 2.0).end_s == 11.5


def test_the_fraction_goes_from_the_first_step_to_the_last(machine):
    clock = clock_on(machine)
    assert clock.begin() == 11
    fractions = []
    for seconds in (0, 45, 89.5, 90, 95):
        machine.seconds = 1000 + seconds
        clock.agree()
        fractions.append(clock.fraction)
    assert fractions == pytest.approx([0, 0.5, 89.5 / 90, 1, 1], abs=2e-6)
    assert clock.is_up


def test_it_never_goes_back_when_the_end_takes_less_time_than_was_thought(machine):
    clock = clock_on(machine)
    clock.begin()
    machine.seconds += 45
    clock.agree()
    clock.measured(validation_s=4.0, save_s=1.0)  # 5, 2.5 + 2 x 5 x 0.25 and 1.5 s: 11.5 s
    assert clock.left_s == 120 - 11 - 45 - 11.5
    clock.agree()
    assert clock.fraction == pytest.approx(0.5, abs=2e-6)  # and not 45 / 97.5
    machine.seconds += 15
    clock.agree()
    assert clock.fraction == pytest.approx(60 / 97.5, abs=2e-6)


def test_an_end_that_takes_longer_than_was_thought_ends_training_sooner(machine):
    clock = clock_on(machine)
    clock.begin()
    machine.seconds += 60
    clock.measured(validation_s=24.0, save_s=2.0)  # 26, 2.5 + 15 and 1.5 s: 45 of the last 49
    clock.agree()
    assert not clock.is_up
    machine.seconds += 4
    clock.agree()
    assert clock.is_up


def test_a_resumed_run_goes_on_with_what_is_left(machine):
    clock = clock_on(machine, used_s=50, began_s=21)
    assert clock.begin() == 21
    assert clock.left_s == 120 - 19 - 61
    clock.agree()
    assert clock.fraction == pytest.approx(40 / 80, abs=2e-6)


def test_a_run_is_done_when_an_epoch_has_ended_after_the_time_was_up(machine):
    clock = clock_on(machine)
    clock.begin()
    assert clock.used_s(is_done=True) == 11 + 2  # an epoch of many, and saving it
    machine.seconds += 91
    clock.agree()
    assert clock.is_up
    assert clock.used_s(is_done=False) == 102 + 2  # still to be validated
    assert clock.used_s(is_done=True) == 120


def test_all_ranks_see_the_time_of_the_slowest_clock_and_the_wish_of_any_to_stop(
    machine, monkeypatch
):
    first, other = clock_on(machine), clock_on(machine, age_s=29.0)  # 18 s later
    for clock in (first, other):
        clock.began_s = 11
    messages: list[int] = []
    for clock in (first, other):
        monkeypatch.setattr(budget_clock, "any_rank", lambda one: messages.append(one) or one)
        clock.agree(stop=15 if clock is first else 0)
    monkeypatch.setattr(budget_clock, "any_rank", lambda one: max([*messages, one]))
    assert first.agree(15) == other.agree(0) == 15
    messages[0] = 0
    assert first.agree() == other.agree() == 0
    assert first.fraction == other.fraction == pytest.approx(18 / 90, abs=2e-6)


def test_the_report_looks_at_as_many_photos_as_there_is_time_for(machine):
    clock = clock_on(machine, Costs(0.5, 16, 2.0, reported=30))
    machine.seconds += 85  # 24 s are left: 20 without leaving and the page
    assert clock.reported() == 20
    machine.seconds += 30
    assert clock.reported() == 4
    machine.seconds -= 100
    assert clock.reported() == 30


@pytest.fixture
def as_started_by_hand(monkeypatch):
    """No launcher, whatever these tests were started by; this process's number is 7."""
    names = ("RANK", "WORLD_SIZE", "TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT",
             "FAST_LAUNCHED_HERE", "FAST_STARTED_AT")  # fmt: skip
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(budget_clock.os, "getpid", lambda: 7)
    monkeypatch.setattr(budget_clock.os, "getppid", lambda: 3)


class Proc:
    """Of a machine that is up for 1000 s: process 7 was started 100 s ago, process 3 600 s ago."""

    def __init__(self, name: str) -> None:
        self.name = name

    def read_text(self) -> str:
        if self.name == "/proc/uptime":
            return "1000.00 1900.00"
        began_s = {"/proc/7/stat": 900, "/proc/3/stat": 400}[self.name]
        return f"7 (a (name) b) S {'0 ' * 18}{began_s * os.sysconf('SC_CLK_TCK')} 0"


@pytest.mark.parametrize(
    ("environment", "age_s"),
    [
        ({}, 100),
        ({"RANK": "0", "WORLD_SIZE": "2"}, 100),  # the parent may be a daemon
        ({"TORCHELASTIC_RUN_ID": "none"}, 600),
        ({"FAST_LAUNCHED_HERE": "1"}, 600),
        ({"TORCHELASTIC_RUN_ID": "none", "TORCHELASTIC_RESTART_COUNT": "1"}, 100),
        ({"FAST_STARTED_AT": "a while ago"}, 100),
        ({"FAST_STARTED_AT": "1999970"}, 30),  # of the time 2000000
        ({"FAST_STARTED_AT": "1999970", "FAST_LAUNCHED_HERE": "1"}, 30),
        ({"FAST_STARTED_AT": "1999970", "TORCHELASTIC_RESTART_COUNT": "1"}, 100),
    ],
)
def test_the_age_is_that_of_the_launcher_or_of_the_run_script_after_its_installation(
    as_started_by_hand, monkeypatch, environment, age_s
):
    monkeypatch.setattr(budget_clock, "Path", Proc)
    monkeypatch.setattr(budget_clock.time, "time", lambda: 2_000_000.0)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert process_age_s() == pytest.approx(age_s)


def test_the_age_of_a_process_is_a_time(monkeypatch):
    age = process_age_s()
    assert 0 < age < 24 * 3600
    monkeypatch.setattr(budget_clock, "Path", lambda name: (_ for _ in ()).throw(OSError(name)))
    assert 0 <= process_age_s() <= age + 1


@pytest.mark.parametrize("schedule", ["polylr", "cosine", "step", (3, 7)])
def test_a_schedule_in_time_is_that_in_steps(schedule):
    train_cfg = {"lr": 1.0, "epoch": 10, "schedule": schedule, "step_size": 4, "warmup_iters": 8}
    picked = {**train_cfg, "epoch": 4}
    for step in (0, 5, 8, 31, 50, 99):
        expected = learning_rate(step, 100, train_cfg)
        assert timed_rate(step / 100, step, 10, picked) == pytest.approx(expected)


def test_a_warm_up_longer_than_the_run_ends_after_a_tenth_of_the_time():
    train_cfg = {"lr": 1.0, "schedule": (8,), "warmup_iters": 1000}
    rates = [timed_rate(fraction, 9, 10, train_cfg) for fraction in (0.0, 0.05, 0.1, 0.5, 0.8)]
    assert rates == pytest.approx([0.01, 0.5, 1, 1, 0.1])


def test_only_schedules_that_do_are_said_to_fall_to_zero():
    schedules = ("polylr", "poly", "cosine", "step", (3, 7), [3])
    assert list(map(falls_to_zero, schedules)) == [True, True, True, False, False, False]
