"""Starting one process per rank, and what the ranks tell one another."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from runtime.distributed import (
    any_rank,
    gather,
    join_ranks,
    launch_local_ranks,
    launched_by_torchrun,
    mean_over_ranks,
    usable_cores,
)
from tests.conftest import PROJECT

TALK = """
import sys
import torch
from runtime import distributed
ranks = distributed.join_ranks(torch.device("cpu"))
mean = distributed.mean_over_ranks(torch.tensor([float(ranks.index), 4.0])).tolist()
largest = distributed.any_rank(15 if ranks.index == 1 else 0)
everybody = distributed.gather(f"rank {ranks.index}")
distributed.leave_ranks()
open(sys.argv[1] + str(ranks.index), "w").write(repr((ranks.world, mean, largest, everybody)))
"""


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def test_ranks_average_agree_and_gather(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    assert launch_local_ranks(2, python(TALK, tmp_path / "rank")) == 0
    expected = (2, [0.5, 4.0], 15, ["rank 0", "rank 1"])
    for rank in range(2):
        assert (tmp_path / f"rank{rank}").read_text() == repr(expected)


def test_a_rank_that_fails_ends_the_others_and_gives_its_exit_code():
    code = "import os, sys, time\nif os.environ['RANK'] == '1': sys.exit(7)\ntime.sleep(60)"
    started = time.monotonic()
    assert launch_local_ranks(2, python(code)) == 7
    assert time.monotonic() - started < 30


def test_a_sigterm_reaches_every_rank(tmp_path):
    """The launcher runs as a process of its own, as the training script does."""
    rank = "import signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(143))\n"
    rank += "import os\nos.write(1, b'ready\\n')\ntime.sleep(60)"
    code = "import sys\nfrom runtime.distributed import launch_local_ranks\n"
    code += f"sys.exit(launch_local_ranks(2, [sys.executable, '-c', {rank!r}]))"
    with subprocess.Popen(
        python(code), cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as launcher:
        assert launcher.stdout is not None
        assert [launcher.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        launcher.send_signal(signal.SIGTERM)
        assert launcher.wait(timeout=30) == 143


def test_alone_a_process_is_rank_zero_of_one(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    ranks = join_ranks(torch.device("cpu"))
    assert (ranks.index, ranks.world, ranks.is_first) == (0, 1, True)
    assert not launched_by_torchrun()
    assert mean_over_ranks(torch.tensor([3.0])).tolist() == [3.0]
    assert any_rank(2) == 2
    assert gather("x") == ["x"]


@pytest.mark.parametrize("world", [1, 3, 1000])
def test_cores_are_shared_among_ranks_and_never_none(world, monkeypatch):
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    assert usable_cores(world) == max(1, usable_cores() // world)
