"""Starting one process per rank, and what the ranks tell one another."""

import signal
import subprocess
import sys
import time

import pytest
import torch

from runtime import distributed
from runtime.distributed import (
    any_rank,
    gather,
    join_ranks,
    launch_local_ranks,
    launched_by_torchrun,
    leave_ranks,
    mean_over_ranks,
    restart_count,
    sum_over_ranks,
    usable_cores,
)
from runtime.messages import UserError
from tests.conftest import PROJECT

TALK = """
import sys
import torch
from runtime import distributed
ranks = distributed.join_ranks(torch.device("cpu"))
mean = distributed.mean_over_ranks(torch.tensor([float(ranks.index), 4.0])).tolist()
largest = distributed.any_rank(15 if ranks.index == 1 else 0)
everybody = distributed.gather(f"rank {ranks.index}")
total = torch.tensor([1.0, 10.0 * ranks.index])
distributed.sum_over_ranks(total)
first = torch.tensor([5.0 + ranks.index])
distributed.copy_from_first_rank([first])
total = total.tolist() + first.tolist()
distributed.leave_ranks()
told = (ranks.world, mean, largest, everybody, total)
open(sys.argv[1] + str(ranks.index), "w").write(repr(told))
"""
# What both ranks do until one of them is lost: {exchange} with the other.
LOSE = """
import os, signal, sys, torch
from runtime import distributed, messages
def main():
    ranks = distributed.join_ranks(torch.device("cpu"))
    try:
        for step in range(1000):
            if ranks.index == 1 and step == 20:
                os.kill(os.getpid(), signal.SIGKILL)
            {exchange}
    finally:
        distributed.leave_ranks()
messages.run_script(main)
"""


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def test_ranks_average_agree_and_gather(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    assert launch_local_ranks(2, python(TALK, tmp_path / "rank")) == 0
    expected = (2, [0.5, 4.0], 15, ["rank 0", "rank 1"], [2.0, 10.0, 5.0])
    for rank in range(2):
        assert (tmp_path / f"rank{rank}").read_text() == repr(expected)


def test_a_rank_that_fails_ends_the_others_and_gives_its_exit_code(capfd):
    code = "import os, sys, time\nif os.environ['RANK'] == '1': sys.exit(7)\ntime.sleep(60)"
    started = time.monotonic()
    assert launch_local_ranks(2, python(code)) == 7
    assert time.monotonic() - started < 30
    (sentence,) = capfd.readouterr().err.splitlines()
    assert sentence.startswith("❌ 랭크 1") and "종료 코드 7" in sentence


def test_a_rank_that_lost_another_has_time_to_say_so_before_it_is_asked_to_end(capfd):
    code = "import os, sys, time\nif os.environ['RANK'] == '1': sys.exit(7)\n"
    code += "time.sleep(1.5)\nos.write(2, b'lost it\\n')\ntime.sleep(60)"
    started = time.monotonic()
    assert launch_local_ranks(2, python(code)) == 7
    assert time.monotonic() - started < 30
    assert capfd.readouterr().err.splitlines()[1:] == ["lost it"]


def test_a_rank_that_does_not_end_when_asked_is_made_to(monkeypatch):
    monkeypatch.setattr(distributed, "_PATIENCE_S", 1.0)
    code = "import os, signal, sys, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(1)\n"
    code += "if os.environ['RANK'] == '0': os.abort()\ntime.sleep(60)"
    started = time.monotonic()
    assert launch_local_ranks(2, python(code)) == 128 + signal.SIGABRT
    assert 1.5 < time.monotonic() - started < 20


@pytest.mark.parametrize(
    "exchange",
    [
        "distributed.any_rank(0)",
        "distributed.gather('x')",
        "distributed.sum_over_ranks(torch.ones(3))",
        "distributed.copy_from_first_rank([torch.ones(3)])",
    ],
)
def test_a_rank_that_is_killed_ends_the_job_and_both_say_why(exchange, monkeypatch, capfd):
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    started = time.monotonic()
    assert launch_local_ranks(2, python(LOSE.format(exchange=exchange))) == 128 + signal.SIGKILL
    assert time.monotonic() - started < 30
    sentences = capfd.readouterr().err.splitlines()
    (launcher,) = [sentence for sentence in sentences if "❌ 랭크 1" in sentence]
    assert "SIGKILL" in launcher and "메모리" in launcher
    (other,) = [sentence for sentence in sentences if "❌ 다른 랭크가 끝나서" in sentence]
    assert "--resume auto" in other
    assert not any("Traceback" in sentence for sentence in sentences)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_of_the_user_reaches_every_rank_and_is_no_failure(number):
    """The launcher runs as a process of its own, as the training script does."""
    rank = f"import signal, sys, time\nsignal.signal({number:d}, lambda n, _: sys.exit(128 + n))\n"
    rank += "import os\nos.write(1, b'ready\\n')\ntime.sleep(60)"
    code = "import sys\nfrom runtime.distributed import launch_local_ranks\n"
    code += f"sys.exit(launch_local_ranks(2, [sys.executable, '-c', {rank!r}]))"
    with subprocess.Popen(
        python(code), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None and launcher.stderr is not None
        assert [launcher.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        launcher.send_signal(number)
        assert launcher.wait(timeout=30) == 128 + number
        assert launcher.stderr.read() == ""


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_whose_peers_never_come_says_so(rank, monkeypatch):
    environment = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1",
                   "MASTER_PORT": distributed._free_port()}  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    started = time.monotonic()
    with pytest.raises(UserError, match=f"랭크 {rank}.*127.0.0.1:{environment['MASTER_PORT']}"):
        join_ranks(torch.device("cpu"), patience_s=1.0)
    assert time.monotonic() - started < 20


def test_leaving_waits_for_no_lost_rank_and_neither_does_the_end_of_the_process():
    code = """
import threading, time
from runtime import distributed
distributed._LEAVE_S = 0.5
distributed.dist.is_initialized = lambda: True
distributed.dist.destroy_process_group = lambda: time.sleep(60)
distributed.leave_ranks()
print("left", flush=True)
threading.Thread(target=time.sleep, args=(60,)).start()  # whose end Python waits for
"""
    left = subprocess.run(
        python(code), cwd=PROJECT, capture_output=True, text=True, timeout=20, check=False
    )
    assert (left.stdout, left.returncode) == ("left\n", 1)


@pytest.mark.parametrize(("count", "expected"), [(None, 0), ("2", 2)])
def test_the_restarts_of_torchrun_are_counted(count, expected, monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RESTART_COUNT", raising=False)
    if count is not None:
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", count)
    assert restart_count() == expected


def test_alone_a_process_is_rank_zero_of_one(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    ranks = join_ranks(torch.device("cpu"))
    assert (ranks.index, ranks.world, ranks.is_first) == (0, 1, True)
    assert not launched_by_torchrun()
    assert mean_over_ranks(torch.tensor([3.0])).tolist() == [3.0]
    assert any_rank(2) == 2
    assert gather("x") == ["x"]
    alone = torch.tensor([2.0])
    sum_over_ranks(alone)
    assert alone.tolist() == [2.0]
    leave_ranks()


@pytest.mark.parametrize("world", [1, 3, 1000])
def test_cores_are_shared_among_ranks_and_never_none(world, monkeypatch):
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    assert usable_cores(world) == max(1, usable_cores() // world)
