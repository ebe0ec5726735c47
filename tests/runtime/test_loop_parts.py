"""The small parts of the training loop: counting progress, reading losses, mending statistics."""

import os
import random
import signal

import numpy as np
import pytest
import torch

from runtime.healthy_buffers import HealthyBuffers
from runtime.interruption import Interruption
from runtime.loss_meter import NAMES, LossMeter
from runtime.precision import choose_precision
from runtime.progress import Progress
from runtime.random_state import random_state, restore_random_state, seed_everything

NAN = float("nan")


def losses(value: float) -> dict[str, torch.Tensor]:
    names = ("loss", "loss_text", "loss_kernels", "loss_emb", "iou_text", "iou_kernel")
    return {name: torch.tensor([value, value]) for name in names}


def test_the_best_epoch_by_hmean_is_the_highest():
    progress = Progress(criterion="hmean")
    assert [progress.finish_epoch(value) for value in (0.0, 0.5, 0.4, 0.6)] == [
        True,
        True,
        False,
        True,
    ]
    assert (progress.epoch, progress.best, progress.best_epoch) == (4, 0.6, 4)


def test_the_best_epoch_by_loss_is_the_lowest_and_never_one_without_a_number():
    progress = Progress(criterion="loss", epoch=4)
    assert [progress.finish_epoch(value) for value in (NAN, 0.9, 0.95)] == [False, True, False]
    assert (progress.best_epoch, progress.epochs_without_gain) == (6, 1)


def test_the_meter_leaves_steps_that_are_not_finite_out_of_its_means():
    meter = LossMeter()
    for value in (1.0, NAN, 3.0):
        meter.add([losses(value)])
    assert meter.read() == [True, False, True]
    assert meter.means() == dict.fromkeys(NAMES, 2.0)
    assert meter.last["loss"] == 3.0
    assert meter.read() == []


def test_a_meter_goes_on_from_saved_sums():
    first = LossMeter()
    first.add([losses(1.0)])
    first.read()
    second = LossMeter(first.sums, first.steps)
    second.add([losses(2.0)])
    second.read()
    assert second.means()["loss"] == 1.5


def test_a_step_of_several_micro_batches_counts_once_with_their_mean():
    meter = LossMeter()
    meter.add([losses(1.0), losses(2.0)])
    assert meter.read() == [True]
    assert (meter.steps, meter.means()["loss_kernel"]) == (1, 1.5)


def test_spoilt_statistics_go_back_to_the_last_healthy_ones():
    spoilt, healthy = torch.tensor([1.0, 2.0]), torch.tensor([3.0])
    buffers = HealthyBuffers([spoilt, healthy, torch.tensor(4)])
    spoilt.fill_(5.0)
    buffers.keep()
    spoilt[0] = NAN
    healthy.fill_(6.0)
    buffers.mend()
    assert spoilt.tolist() == [5.0, 5.0]
    assert healthy.tolist() == [6.0]


def test_a_first_signal_is_noted_and_a_second_ctrl_c_leaves():
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.exit_code == 143
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.exit_code == 130


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
