"""The small parts of the training loop: counting progress, reading losses, noting signals."""

import os
import random
import signal

import numpy as np
import pytest
import torch

from runtime import loss_meter
from runtime.interruption import TIME_IS_UP, Interruption, exit_code
from runtime.loss_meter import NAMES, LossMeter, StepHealth
from runtime.precision import choose_precision
from runtime.progress import Progress
from runtime.random_state import random_state, restore_random_state, seed_everything

NAN = float("nan")


def losses(value: float, finite_gradient: bool = True) -> torch.Tensor:
    """What a step leaves for the meter: losses, and whether they and the gradients are finite."""
    finite_loss = np.isfinite(value)
    return torch.tensor([value] * 6 + [float(finite_loss), float(finite_gradient)])


def test_the_best_epoch_by_hmean_is_the_highest():
    progress = Progress(criterion="hmean")
    assert [progress.finish_epoch(value) for value in (0.0, 0.5, 0.4, 0.6)] == [
        True,
        True,
        False,
        True,
    ]
    assert (progress.epoch, progress.best, progress.best_epoch) == (4, 0.6, 4)


def test_a_best_score_counts_only_against_scores_of_its_own_kind():
    progress = Progress(epoch=4, criterion="hmean", best=0.7, best_epoch=2)
    progress.judge_by("hmean")
    assert (progress.best, progress.best_epoch) == (0.7, 2)
    progress.judge_by("val_loss")
    assert (progress.criterion, progress.best, progress.best_epoch) == ("val_loss", None, 4)
    assert progress.finish_epoch(1.3)


def test_the_best_epoch_by_loss_is_the_lowest_and_never_one_without_a_number():
    progress = Progress(criterion="loss", epoch=4)
    assert [progress.finish_epoch(value) for value in (NAN, 0.9, 0.95)] == [False, True, False]
    assert (progress.best_epoch, progress.epochs_without_gain) == (6, 1)


def test_the_meter_leaves_steps_that_are_not_finite_out_of_its_means():
    meter = LossMeter()
    for value in (1.0, NAN, 3.0):
        meter.add(losses(value))
    assert [step.good for step in meter.read()] == [True, False, True]
    assert meter.means() == dict.fromkeys(NAMES, 2.0)
    assert meter.last["loss"] == 3.0
    assert meter.read() == []


def test_the_meter_sees_losses_and_gradients_that_are_not_finite():
    meter = LossMeter()
    for row in (losses(1.0), losses(NAN, finite_gradient=False), losses(1.0, False)):
        meter.add(row)
    assert meter.read() == [
        StepHealth(good=True, spoilt_here=False),
        StepHealth(good=False, spoilt_here=True),
        StepHealth(good=False, spoilt_here=True),
    ]
    assert meter.steps == 1


def test_the_rank_whose_loss_is_not_finite_is_to_blame(monkeypatch):
    # The other rank's loss is NaN; BatchNorm has handed its gradients on to this one.
    monkeypatch.setattr(loss_meter, "mean_over_ranks", lambda rows: (rows + losses(NAN, False)) / 2)
    meter = LossMeter()
    meter.add(losses(1.0, finite_gradient=False))
    assert meter.read() == [StepHealth(good=False, spoilt_here=False)]


def test_a_meter_goes_on_from_saved_sums():
    first = LossMeter()
    first.add(losses(1.0))
    first.read()
    second = LossMeter(first.sums, first.steps)
    second.add(losses(2.0))
    second.read()
    assert second.means()["loss"] == 1.5


def test_each_return_to_the_last_good_state_halves_the_rate():
    progress = Progress()
    assert progress.rate_factor == 1
    progress.fallbacks = 2
    assert progress.rate_factor == 0.25


def test_a_first_signal_is_noted_and_a_second_ctrl_c_leaves():
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert exit_code(interruption.number) == 143
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 138)]
)
def test_each_signal_has_the_exit_code_that_a_shell_gives_it(number, code):
    with Interruption() as interruption:
        assert interruption.number == 0
        os.kill(os.getpid(), number)
        assert exit_code(interruption.number) == code


def test_time_is_up_as_long_before_the_deadline_as_two_steps_may_take():
    interruption = Interruption(minutes=1)
    interruption.expect(28)  # twice that and two seconds to spare are left
    assert interruption.number == 0
    interruption.expect(20)
    assert interruption.number == 0
    interruption.expect(30)
    assert interruption.number == TIME_IS_UP
    assert exit_code(TIME_IS_UP) == 0


def test_precision_is_what_was_asked_for():
    cpu = torch.device("cpu")
    assert choose_precision("bf16", cpu) == torch.bfloat16
    assert choose_precision("off", cpu) == torch.float32
    assert choose_precision("auto", cpu) in (torch.bfloat16, torch.float32)


def draw_from_each() -> tuple[float, float, float]:
    return random.random(), np.random.random_sample(), torch.rand(1).item()  # noqa: NPY002


def test_random_states_come_back_through_a_checkpoint(tmp_path):
    seed_everything(3)
    torch.save(random_state(), tmp_path / "state.pth")
    drawn = draw_from_each()
    restore_random_state(torch.load(tmp_path / "state.pth", weights_only=True))
    assert draw_from_each() == drawn
