"""SIGKILL at random moments, many of them inside saving: nothing is lost, nothing comes twice."""

import csv
import os
import random
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.faults.zygote import Zygote, zygote
from tests.runtime.test_sinks import scalars
from tests.test_train_script import assert_same_state, load, write_run_files

# FAST_TEST_KILLS=200 takes about five minutes on two cores.
KILLS = int(os.environ.get("FAST_TEST_KILLS", "40"))
EPOCHS, ITERATIONS = 3, 6
OPTIONS = ("--config", "config.py", "--checkpoint", "none", "--device", "cpu", "--epochs", EPOCHS,
           "--workers", 0, "--save_every_iters", 1, "--save_interval", 1,
           "--cfg-options", "train_cfg.log_interval=1", "train_cfg.keep_checkpoints=2")  # fmt: skip
FILES = {
    "checkpoint_latest.pth", "checkpoint_best.pth", "checkpoint_epoch_1.pth",
    "checkpoint_epoch_2.pth", "checkpoint_epoch_3.pth", "config.py", "history.csv",
    "loss_curve.png", "tensorboard", "train.log",
}  # fmt: skip
# What a killed run may leave unfinished: one of each, under a name that the next run cleans up.
UNFINISHED = (r"\.checkpoint_\w+\.pth\.\d+\.tmp", r"history\.tmp", r"loss_curve\.tmp", r"\.lock")
UNTIDY = {".lock", "loss_curve.tmp", "loss_curve.png", "checkpoint_epoch_1.pth"}
TIMES = ("seconds", "images_per_s", "data_wait")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills")
    write_run_files(folder)
    return folder


@pytest.fixture(scope="module")
def script() -> Iterator[Zygote]:
    with zygote() as started:
        yield started


def steps_in(checkpoint: Path) -> int:
    content = load(checkpoint)
    return content["epoch"] * ITERATIONS + content["iter"]


def steps_logged(folder: Path) -> int:
    """The last step of which the log has a line."""
    log = folder / "train.log"
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    found = re.findall(r"에포크 (\d+) 훈련 시작|배치 \[(\d+)/\d+\]", text)
    epoch = step = 0
    for new_epoch, iteration in found:
        epoch = int(new_epoch or epoch)
        step = (epoch - 1) * ITERATIONS + int(iteration) if iteration else step
    return step


def check_after_kill(output: Path) -> None:
    """What lies there opens, and lacks at most the step that was being saved."""
    names = {path.name for path in output.iterdir()} if output.exists() else set()
    unfinished = re.compile("|".join(UNFINISHED))
    strange = [name for name in names - FILES if not unfinished.fullmatch(name)]
    assert strange == []
    assert sum(name.endswith(".tmp") for name in names) <= 3
    for name in ("checkpoint_latest.pth", "checkpoint_best.pth"):
        if name in names:
            content = load(output / name)
            assert all(torch.isfinite(value).all() for value in content["ema"].values())
    if "checkpoint_latest.pth" in names:
        assert steps_in(output / "checkpoint_latest.pth") >= steps_logged(output) - 1


def history(output: Path) -> list[dict[str, str]]:
    with (output / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def assert_same_run(first: Path, second: Path) -> None:
    for name in ("checkpoint_latest.pth", "checkpoint_best.pth", "checkpoint_epoch_3.pth"):
        assert_same_state(first / name, second / name)
    one, two = load(first / "checkpoint_latest.pth"), load(second / "checkpoint_latest.pth")
    assert one["losses"] == two["losses"]
    assert one["scheduler"] == two["scheduler"]
    for state, other in zip(one["random_state"], two["random_state"], strict=True):
        assert state["python"] == other["python"]
        assert torch.equal(state["torch"], other["torch"])
    assert history(first) == history(second)
    for board, name in (("", "train/loss"), ("", "train/lr"), ("epochs", "epoch/val_loss")):
        boards = [output / "tensorboard" / board for output in (first, second)]
        assert scalars(boards[0], name) == scalars(boards[1], name)


@pytest.mark.timeout(1800)
def test_runs_killed_again_and_again_end_as_one_that_never_was(folder, script):
    chance = random.Random(5)
    assert script.run(folder, *OPTIONS, "--output_dir", "whole") == 0
    kills = inside_saving = finished = 0
    whole_s = float("inf")
    while kills < KILLS:
        output, kills_before = f"killed_{finished}", kills
        while True:
            started = time.monotonic()
            process = script.start(folder, *OPTIONS, "--output_dir", output, "--resume", "auto")
            if finished:  # the first one shows how long it takes
                inside_saving += kill_soon(process, folder / output, chance, whole_s)
            code = script.wait()
            if code == 0:
                break
            assert code == -signal.SIGKILL, (folder / "output.txt").read_text(encoding="utf-8")
            kills += 1
            check_after_kill(folder / output)
        if kills == kills_before:  # the machine has become faster: it was over before the kill
            whole_s = min(whole_s, time.monotonic() - started)
        assert_same_run(folder / "whole", folder / output)
        # A run that is killed right after its last checkpoint has no time to tidy up.
        names = {path.name for path in (folder / output).iterdir()}
        assert names - UNTIDY == FILES - UNTIDY
        finished += 1
    assert inside_saving >= KILLS // 10


def kill_soon(process: int, output: Path, chance: random.Random, whole_s: float) -> bool:
    """Kill a run at a random moment, every other time as soon as it is saving from then on.

    True where it was saving.
    """
    time.sleep(chance.uniform(0, whole_s))
    deadline = time.monotonic() + (1 if chance.random() < 0.5 else 0)
    saving = False
    while not saving and time.monotonic() < deadline:
        saving = any(output.glob(".checkpoint_*.tmp"))
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return saving
