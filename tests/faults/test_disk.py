"""Full disks, folders that cannot be written to, and two runs that want the same one."""

import os
import re
import signal
import socket
import time
from pathlib import Path

from tests.faults.trials import LATEST, OPTIONS, STEPS, Trial, Trials, assert_finite
from tests.inference.command import assert_refused, run_here
from tests.test_train_script import SCRIPT, assert_same_state, load

EVERY_EPOCH = ("--save_interval", 1, "--epochs", 4)
BEST = "checkpoint_best.pth"


def begun(trials: Trials, name: str) -> Trial:
    """A run that was stopped in its second epoch."""
    stopped = trials.run(name, faults=["ask:name=SIGTERM,call=9"])
    assert stopped.code == 143, stopped.output
    return stopped


def kilobytes(calm: Path, checkpoints: float) -> int:
    """The room for so many checkpoints."""
    return round(checkpoints * (calm / LATEST).stat().st_size / 1000)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.pth")}


def assert_ends_like(calm: Path, resumed: Trial) -> None:
    assert resumed.code == 0, resumed.output
    assert_same_state(calm / LATEST, resumed.folder / LATEST)


def test_a_save_that_the_disk_has_no_room_for_leaves_the_old_files_to_the_byte(trials, calm):
    before = files(begun(trials, "full").folder)
    most = kilobytes(calm, 0.5)  # still more than any other file has
    full = trials.run("full", "--resume", faults=[f"limit:kilobytes={most},save=1"])
    sentence = full.refusal()
    assert f"full/{LATEST}" in sentence
    needed = re.search(r"(\d+) MB가 필요", sentence)
    assert needed and 1 <= int(needed[1]) <= 2
    assert files(full.folder) == before
    assert not list(full.folder.glob(".*"))
    assert_ends_like(calm, trials.run("full", "--resume"))


def test_the_oldest_epoch_makes_room_where_their_number_is_bounded(trials, calm):
    room = kilobytes(calm, 3.5)
    options = (*EVERY_EPOCH, "--cfg-options", "train_cfg.keep_checkpoints=9")
    trial = trials.run("makes_room", *options, faults=[f"disk:kilobytes={room}"])
    assert trial.code == 0, trial.output
    (removed,) = re.findall(r"⚠️ 디스크가 가득 차 .*/(checkpoint_epoch_\d\.pth)", trial.output)
    left = {"checkpoint_epoch_1.pth", "checkpoint_epoch_2.pth", "checkpoint_epoch_3.pth",
            "checkpoint_epoch_4.pth", LATEST, BEST} - {removed}  # fmt: skip
    assert set(files(trial.folder)) == left
    assert removed in ("checkpoint_epoch_1.pth", "checkpoint_epoch_2.pth")
    assert trial.latest["epoch"] == 4
    assert_finite(trial.folder)


def test_nothing_is_removed_where_their_number_is_not_bounded(trials, calm):
    room = kilobytes(calm, 3.5)
    trial = trials.run("keeps_all", *EVERY_EPOCH, faults=[f"disk:kilobytes={room}"])
    assert LATEST in trial.refusal()
    assert trial.latest["epoch"] == 3
    assert {f"checkpoint_epoch_{epoch}.pth" for epoch in (1, 2, 3)} < files(trial.folder).keys()
    assert_finite(trial.folder)


def test_too_little_room_is_known_before_the_first_epoch_and_leaves_nothing(trials, calm):
    most = kilobytes(calm, 0.5)
    trial = trials.run("little", faults=[f"limit:kilobytes={most},save=0"])
    sentence = trial.refusal()
    assert "little" in sentence and "MB" in sentence
    assert "훈련 시작" not in trial.output
    assert list(trial.folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_refused_and_stays_as_it_is(trials):
    folder = trials.folder / "read_only"
    folder.mkdir(mode=0o555)
    trial = trials.run("read_only", faults=["no_privileges"])
    assert "read_only" in trial.refusal()
    assert "훈련 시작" not in trial.output
    assert list(folder.iterdir()) == []


def test_files_in_the_way_of_what_a_run_writes_are_one_sentence(trials):
    for name in ("config.py", "tensorboard", "history.csv"):
        folder = trials.folder / f"in_the_way_of_{name}"
        folder.mkdir()
        if name == "tensorboard":
            (folder / name).write_text("")
        else:
            (folder / name).mkdir()
        assert folder.name in trials.run(folder.name).refusal()


def test_a_second_run_is_refused_while_the_first_one_goes_on_unharmed(trials, calm):
    process, printed = trials.start("shared", faults=["slow:seconds=0.05"])
    while "배치 [2/6]" not in printed.read_text(encoding="utf-8"):
        time.sleep(0.01)
    os.kill(process, signal.SIGSTOP)  # so that it is there as long as the second one takes
    try:
        second = run_here(SCRIPT, *OPTIONS, "--output_dir", "shared", cwd=trials.folder)
    finally:
        os.kill(process, signal.SIGCONT)
    assert_refused(second, "shared", str(process), socket.gethostname())
    first = trials.wait("shared", printed)
    assert_ends_like(calm, first)
    assert (first.folder / "train.log").read_text(encoding="utf-8") == first.output
    assert not (first.folder / ".lock").exists()


def test_the_lock_of_a_killed_run_is_taken_over_at_once(trials, calm):
    killed = trials.run("killed", faults=["kill:step=9"])
    assert killed.code == -signal.SIGKILL
    assert (killed.folder / ".lock").exists()
    started = time.monotonic()
    assert_ends_like(calm, trials.run("killed", "--resume"))
    assert time.monotonic() - started < 60
    assert not (killed.folder / ".lock").exists()


def test_a_log_on_a_full_disk_is_one_sentence_and_the_run_can_go_on_later(trials, calm):
    full = trials.run("full_log", faults=["full_log:step=9"])
    assert "full_log" in full.refusal()
    assert full.steps == STEPS
    assert_ends_like(calm, trials.run("full_log", "--resume"))


def test_a_bad_step_that_cannot_be_written_down_ends_no_run(trials):
    folder = trials.folder / "no_dump"
    folder.mkdir()
    (folder / "bad_steps").write_text("a file, and no folder")
    faults = ["spoil:how=nan,first=2"]
    trial = trials.run("no_dump", "--epochs", 1, faults=faults)
    assert trial.code == 0, trial.output
    assert "그 배치를 저장하지 못했습니다" in trial.output
    assert load(folder / LATEST)["epoch"] == 1
