"""A rank that dies, hangs or is taken away, in runs of the script on two processes."""

import csv
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.watchdog import EXIT_CODE
from tests.conftest import PROJECT
from tests.faults.inject import STRIKES
from tests.test_train_script import FROM_SCRATCH, PHOTOS, SCRIPT, load, write_run_files

DRIVER = "tests.faults.inject"
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc_per_node", "2")
OPTIONS = (*FROM_SCRATCH, "--device", "cpu", "--workers", "0")
STEPS, EPOCHS = 6, 3


@dataclass
class Finished:
    code: int
    output: str
    seconds: float  # from the fault to the end of the whole job


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("랭크")
    write_run_files(folder)
    return folder


def run(folder: Path, *command: str) -> Finished:
    """Modules of Python to run, with what they print on both streams."""
    job = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8",
             "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )  # fmt: skip
    struck, lines = time.monotonic(), []
    with job:
        assert job.stdout is not None
        for line in job.stdout:
            lines.append(line)
            if line.startswith(STRIKES):
                struck = time.monotonic()
    return Finished(job.returncode, "".join(lines), time.monotonic() - struck)


def two_ranks(folder: Path, *faults: str, output: str, options: tuple[str, ...] = ()) -> Finished:
    command = (DRIVER, "--ranks", "2", *faults, "--", SCRIPT, *OPTIONS)
    return run(folder, *command, "--output_dir", output, *options)


def test_a_rank_that_is_killed_ends_the_job_within_a_minute_and_is_named(folder):
    finished = two_ranks(folder, "kill:rank=1,step=3", output="killed")
    assert finished.code == 128 + 9, finished.output
    assert finished.seconds < 60
    assert "❌ 랭크 1이(가) 시그널 SIGKILL" in finished.output
    assert "❌ 다른 랭크가 끝나서" in finished.output
    assert "Traceback" not in finished.output


@pytest.mark.parametrize(
    ("fault", "stage"),
    [("hang:rank=1,step=4", "계산"), ("hang_data:rank=1,sample=7", "데이터 읽기")],
)
def test_a_rank_that_hangs_ends_the_job_and_both_ranks_show_where_they_stand(folder, fault, stage):
    finished = two_ranks(folder, fault, output="hung", options=("--watchdog", "5"))
    assert finished.code == EXIT_CODE, finished.output
    assert finished.seconds < 60
    guilty = finished.output.index(f"⏱️ 랭크 1 (모두 2개): '{stage}'")
    waiting = finished.output.index("⏱️ 랭크 0 (모두 2개): '다른 랭크 기다리기'")
    assert guilty < waiting
    assert "in sleep_for_ever" in finished.output[guilty:waiting]
    assert "in sum_over_ranks" in finished.output[waiting:]


def test_a_rank_that_is_lost_without_a_word_ends_the_job_too(folder):
    finished = two_ranks(folder, "stop:rank=1,step=4", output="lost", options=("--watchdog", "5"))
    assert finished.code == EXIT_CODE, finished.output
    assert finished.seconds < 60
    assert "⏱️ 랭크 0 (모두 2개): '다른 랭크 기다리기'" in finished.output
    assert "❌ 랭크 0이(가) 종료 코드 70" in finished.output


def test_torchrun_starts_the_ranks_anew_and_they_go_on_from_the_last_checkpoint(folder):
    finished = run(folder, *TORCHRUN, "--max_restarts", "1", "-m", DRIVER, "kill:rank=1,step=9",
                   "--", SCRIPT, *OPTIONS, "--output_dir", "restarted")  # fmt: skip
    assert finished.code == 0, finished.output
    assert finished.output.count(STRIKES) == 1
    assert finished.output.count("에포크 1 훈련 시작") == 1
    assert finished.output.count("에포크 2 훈련 시작") == 2
    assert load(folder / "restarted" / "checkpoint_latest.pth")["epoch"] == EPOCHS
    with (folder / "restarted" / "history.csv").open(encoding="utf-8", newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3"]


def photos_of_steps(*files: Path) -> list[list[int]]:
    """The photos that all ranks together saw in each step; one file for each rank."""
    lines = [file.read_text(encoding="utf-8").splitlines() for file in files]
    return [list(map(int, " ".join(parts).split())) for parts in zip(*lines, strict=False)]


@pytest.mark.parametrize(
    ("fault", "options", "code", "saved"),
    [
        ("kill:rank=1,step=10", ("--save_every_iters", "2"), 128 + 9, (1, 2)),
        ("leave:rank=1,step=9", (), 128 + 15, (1, 3)),
    ],
)
def test_what_two_ranks_have_left_of_an_epoch_one_rank_sees_without_gap_or_repetition(
    folder, fault, options, code, saved
):
    output = fault.partition(":")[0] + "_then_alone"
    record = f"record:file={output}."
    first = two_ranks(folder, fault, record, output=output, options=options)
    assert first.code == code, first.output
    latest = load(folder / output / "checkpoint_latest.pth")
    assert (latest["epoch"], latest["iter"]) == saved
    kept = photos_of_steps(folder / f"{output}.0", folder / f"{output}.1")
    kept = kept[: latest["epoch"] * STEPS + latest["iter"]]

    command = (DRIVER, f"record:file={output}.alone.", "--", SCRIPT, *OPTIONS)
    second = run(folder, *command, "--output_dir", output, "--resume", "auto")
    assert second.code == 0, second.output
    steps = kept + photos_of_steps(folder / f"{output}.alone.0")
    assert len(steps) == EPOCHS * STEPS
    for epoch in range(EPOCHS):
        seen = sum(steps[epoch * STEPS : (epoch + 1) * STEPS], [])
        assert sorted(seen) == sorted([*range(PHOTOS)] * 2)
