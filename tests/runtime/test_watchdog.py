"""A process that hangs says where and ends; one that is slow, or stopped for a while, does not."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from runtime.watchdog import EXIT_CODE, FIRST_S, PEERS_EXTRA_S, Watchdog, waiting_for_peers
from tests.conftest import PROJECT

# No patience for the first time, which the tests of the limits look at.
BEGIN = """
import ctypes, fcntl, os, sys, threading, time
from runtime import watchdog
from runtime.watchdog import Watchdog
watchdog.FIRST_S = 0.0
"""


def start(code: str, *arguments: object, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + code, *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # No terminal, where somebody can press Ctrl-Z.
        **{"stdin": subprocess.DEVNULL, **options},
    )


def test_a_hang_ends_the_process_and_shows_where_every_thread_stands(tmp_path):
    hanging = start(
        """
def read_the_photo_of_a_dead_disk():
    time.sleep(60)
def draw_the_curve():
    time.sleep(60)
threading.Thread(target=draw_the_curve, daemon=True).start()
with open(sys.argv[1], "w") as file, Watchdog(3, 8, 1.0, file) as dog:
    dog.beat("data")
    read_the_photo_of_a_dead_disk()
""",
        tmp_path / "log",
    )
    errors = hanging.communicate(timeout=20)[1]
    assert hanging.returncode == EXIT_CODE
    first_line = errors.splitlines()[0]
    assert "랭크 3" in first_line and "데이터 읽기" in first_line and "--resume auto" in first_line
    assert "in read_the_photo_of_a_dead_disk" in errors and "in draw_the_curve" in errors
    assert (tmp_path / "log").read_text(encoding="utf-8") == errors


def test_a_hang_that_keeps_python_from_running_ends_the_process_too():
    hanging = start(
        """
watchdog.HARD_HANG_EXTRA_S = 1.0
def hold_the_interpreter():
    ctypes.PyDLL(None).sleep(60)
with Watchdog(0, 1, 1.0) as dog:
    dog.beat("compute")
    time.sleep(0.8)
    hold_the_interpreter()
"""
    )
    errors = hanging.communicate(timeout=20)[1]
    assert hanging.returncode == 1
    assert "in hold_the_interpreter" in errors


def test_a_pipe_that_nobody_reads_keeps_no_hanging_process():
    hanging = start(
        """
watchdog.REPORT_S = 0.5
with Watchdog(0, 1, 1.0) as dog:
    dog.beat("save")
    os.write(2, bytes(fcntl.fcntl(2, fcntl.F_GETPIPE_SZ)))
    os.write(2, b"one more")
"""
    )
    assert hanging.wait(timeout=20) == EXIT_CODE
    hanging.communicate()


def test_beats_keep_a_process_alive_and_its_end_is_its_own():
    working = start(
        """
with Watchdog(0, 1, 1.0) as dog:
    for _ in range(12):
        dog.beat("data")
        time.sleep(0.2)
time.sleep(2)
sys.exit(5)
"""
    )
    assert working.communicate(timeout=20) == ("", "")
    assert working.returncode == 5


def test_the_time_that_a_process_is_stopped_does_not_count():
    working = start(
        """
with Watchdog(0, 1, 5.0) as dog:
    dog.beat("data")
    print("working", flush=True)
    sys.stdin.readline()
""",
        stdin=subprocess.PIPE,
    )
    assert working.stdout.readline() == "working\n"
    working.send_signal(signal.SIGSTOP)
    time.sleep(6)
    working.send_signal(signal.SIGCONT)
    time.sleep(1.5)  # the watchdog looks at the clock meanwhile
    assert working.communicate("\n", timeout=20) == ("", "")
    assert working.returncode == 0


def test_without_a_limit_nothing_watches():
    threads = threading.active_count()
    with Watchdog(0, 1, 0) as dog:
        assert threading.active_count() == threads
        dog.beat("data")
        with waiting_for_peers():
            dog.beat("compute")


def test_a_beat_costs_microseconds():
    dog = Watchdog(0, 1, 45)
    seconds = []
    for _ in range(10):
        started = time.perf_counter()
        for _ in range(1000):
            dog.beat("data")
        seconds.append(time.perf_counter() - started)
    assert min(seconds) / 1000 < 20e-6


def after(dog: Watchdog, *stages: tuple[str, float]) -> Watchdog:
    """The watchdog once each stage has taken so many seconds, in this order."""
    for stage, seconds in stages:
        dog.beat(stage)
        dog.now_s += seconds
    dog.beat("data")
    return dog


@pytest.mark.parametrize(
    ("times_s", "limit_s"),
    [
        ((), FIRST_S),
        ((2,), 45),
        ((30,), 2 * 30),
        ((30, 11), 2 * 30),
        ((30, 13), 5 * 13),
        ((30, 13, 2, 2), 5 * 13),
    ],
)
def test_a_stage_may_take_five_times_its_longest_and_twice_its_first_time(times_s, limit_s):
    dog = after(Watchdog(0, 1, 45), *(("compute", seconds) for seconds in times_s))
    assert dog.limit_for("compute") == limit_s
    assert dog.limit_for("validate") == FIRST_S


def test_a_larger_limit_than_the_first_time_needs_holds_there_too():
    assert Watchdog(0, 1, 3600).limit_for("start") == 3600


def test_who_waits_allows_others_a_first_time_only_in_a_stage_that_is_new_to_itself():
    dog = Watchdog(0, 2, 45)
    dog.beat("compute")
    with dog.waiting():
        assert dog.limit_for("peers") == FIRST_S + PEERS_EXTRA_S
    dog.beat("compute")
    with dog.waiting():
        assert dog.limit_for("peers") == 45 + PEERS_EXTRA_S


def test_who_waits_allows_what_its_longest_stage_may_take():
    dog = after(Watchdog(0, 2, 45), ("compute", 1), ("compute", 20))
    with dog.waiting():
        pass
    dog.beat("compute")
    with dog.waiting():
        assert dog.limit_for("peers") == 5 * 20 + PEERS_EXTRA_S


def test_who_waits_allows_twice_what_it_has_worked_since_the_last_meeting():
    """After a validation of 100 images that took 2 s each: another rank's may be harder."""
    dog = after(Watchdog(0, 2, 45), ("validate", 2))
    with dog.waiting():
        pass
    dog = after(dog, *[("validate", 2)] * 100)
    assert dog.limit_for("validate") == 45
    with dog.waiting():
        assert dog.limit_for("peers") == 2 * 200 + PEERS_EXTRA_S


def test_waiting_does_not_count_as_time_of_the_stage_around_it():
    dog = after(Watchdog(0, 2, 45), ("compute", 1))
    dog.beat("compute")
    dog.now_s += 6
    with dog.waiting():
        dog.now_s += 40
    dog.now_s += 5
    dog.beat("data")
    assert dog.limit_for("compute") == 5 * (6 + 5)


@pytest.mark.parametrize(("waited_s", "reported"), [(1, False), (30, True)])
def test_a_long_wait_that_ends_with_a_lost_peer_is_reported(waited_s, reported, tmp_path, capfd):
    with (tmp_path / "log").open("w+", encoding="utf-8") as file:
        dog = after(Watchdog(1, 2, 45, file), ("compute", 1))
        with pytest.raises(RuntimeError, match="closed"), dog.waiting():
            dog.now_s += waited_s
            raise RuntimeError("connection closed")
        file.seek(0)
        written = file.read()
    assert written == capfd.readouterr().err
    assert ("랭크 1" in written) == ("다른 랭크 기다리기" in written) == reported
    assert ("in test_a_long_wait_that_ends" in written) == reported


HANGING_RANK = """
from runtime import watchdog
from runtime.watchdog import Watchdog
import sys, time
import torch
from runtime import distributed
from runtime.messages import run_script
watchdog.FIRST_S = 0.0
def hang():
    time.sleep(100)
def wait_for_the_other():
    distributed.any_rank(0)
def main():
    ranks = distributed.join_ranks(torch.device("cpu"))
    try:
        with Watchdog(ranks.index, ranks.world, 4.0) as dog:
            distributed.any_rank(0)
            dog.beat("data")
            hang() if ranks.index else wait_for_the_other()
            return 0
    finally:
        distributed.leave_ranks()
run_script(main)
"""


def test_of_two_ranks_the_one_that_hangs_speaks_first_and_both_show_their_place():
    code = "import sys\nfrom runtime.distributed import launch_local_ranks\n"
    code += f"sys.exit(launch_local_ranks(2, [sys.executable, '-c', {HANGING_RANK!r}]))"
    started = time.monotonic()
    launcher = start(code, env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)})
    errors = launcher.communicate(timeout=60)[1]
    assert launcher.returncode == EXIT_CODE
    assert time.monotonic() - started < 40
    guilty = errors.index("⏱️ 랭크 1 (모두 2개): '데이터 읽기'")
    waiting = errors.index("⏱️ 랭크 0 (모두 2개): '다른 랭크 기다리기'")
    assert guilty < waiting
    assert "in hang" in errors and "in wait_for_the_other" in errors
    assert "❌ 랭크 1이(가) 종료 코드 70" in errors
    assert "❌ 다른 랭크가 끝나서" in errors
