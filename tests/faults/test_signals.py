"""Signals and deadlines at every moment of a run: nothing is lost and nothing is half there."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.test_kill_anywhere import history
from tests.faults.trials import EPOCHS, LATEST, STEPS, Trial
from tests.test_train_script import assert_same_state, load


def assert_goes_on_as_if_nothing_had_been(trials, calm: Path, stopped: Trial) -> None:
    resumed = trials.run(stopped.folder.name, "--resume", "auto")
    assert resumed.code == 0, resumed.output
    for name in (LATEST, "checkpoint_best.pth", "checkpoint_epoch_2.pth"):
        assert_same_state(calm / name, stopped.folder / name)
    assert load(calm / LATEST)["losses"] == resumed.latest["losses"]
    assert history(calm) == history(stopped.folder)


@pytest.mark.parametrize(("name", "code"), [("SIGUSR1", 138), ("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_saves_the_step_under_way_and_the_rest_follows_on_resume(trials, calm, name, code):
    stopped = trials.run(name, faults=[f"ask:name={name},call=9"])
    assert stopped.code == code, stopped.output
    assert "Traceback" not in stopped.output
    assert "⏹️" in stopped.output and "--resume auto" in stopped.output
    assert stopped.steps == 9
    assert_goes_on_as_if_nothing_had_been(trials, calm, stopped)


def test_a_signal_while_an_epoch_is_validated_leaves_only_the_validation_to_be_done(trials, calm):
    stopped = trials.run("validated", faults=["ask:name=SIGTERM,at=validation,call=5"])
    assert stopped.code == 143, stopped.output
    assert (stopped.latest["epoch"], stopped.latest["iter"]) == (1, STEPS)
    assert_goes_on_as_if_nothing_had_been(trials, calm, stopped)


def test_a_second_ctrl_c_leaves_at_once_and_what_is_there_is_whole(trials, calm):
    started = time.monotonic()
    stopped = trials.run("hurried", faults=["ask_twice:step=9"])
    assert stopped.code == 130, stopped.output
    assert time.monotonic() - started < 30
    assert "Traceback" not in stopped.output
    assert stopped.steps == STEPS
    assert not list(stopped.folder.glob(".checkpoint_*"))
    assert_goes_on_as_if_nothing_had_been(trials, calm, stopped)


@pytest.mark.parametrize("moment", ["preparation", "output"])
def test_ctrl_c_before_training_has_begun_leaves_without_a_word_of_python(trials, moment):
    stopped = trials.run(f"early_{moment}", faults=[f"ask:name=SIGINT,at={moment}"])
    assert stopped.code == 130, stopped.output
    assert "Traceback" not in stopped.output
    names = {path.name for path in stopped.folder.glob("*")}
    assert not [name for name in names if name.endswith((".tmp", ".pth", ".lock"))]


def test_ctrl_c_before_a_resumed_run_has_begun_leaves_its_files_as_they_were(trials):
    trials.run("early_resumed", faults=["ask:name=SIGTERM,call=9"])
    before = (trials.folder / "early_resumed" / LATEST).read_bytes()
    stopped = trials.run("early_resumed", "--resume", faults=["ask:name=SIGINT,at=output"])
    assert stopped.code == 130, stopped.output
    assert (stopped.folder / LATEST).read_bytes() == before


def test_a_run_ends_before_its_deadline_says_how_to_go_on_and_does(trials, calm):
    started = time.monotonic()
    stopped = trials.run("in_time", "--max_minutes", 0.1, faults=["slow:seconds=0.5"])
    assert time.monotonic() - started < 6
    assert stopped.code == 0, stopped.output
    assert "⏰" in stopped.output and "--resume auto" in stopped.output
    assert 0 < stopped.steps < EPOCHS * STEPS
    assert_goes_on_as_if_nothing_had_been(trials, calm, stopped)


def test_a_signal_from_outside_ends_a_run_with_workers(trials, calm):
    process, printed = trials.start("outside", "--workers", 1, faults=["slow:seconds=0.1"])
    while "배치 [4/6]" not in printed.read_text(encoding="utf-8"):
        time.sleep(0.01)
    os.kill(process, signal.SIGINT)
    stopped = trials.wait("outside", printed)
    assert stopped.code == 130, stopped.output
    assert stopped.steps in (4, 5, 6)
    assert_goes_on_as_if_nothing_had_been(trials, calm, stopped)
