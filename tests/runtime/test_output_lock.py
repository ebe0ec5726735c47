"""An output folder belongs to one run, also when many start at once or are killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from runtime import output_lock
from runtime.messages import UserError
from runtime.output_lock import LOCK_FILE, OutputLock
from tests.conftest import PROJECT


def lock_of(folder: Path) -> dict:
    return json.loads((folder / LOCK_FILE).read_text(encoding="utf-8"))


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as caught, OutputLock(folder):
        pass
    assert caught.value.key == "checkpoint.locked"
    return str(caught.value)


def leave_lock(folder: Path, age_s: float = 0.0, **changes) -> None:
    """A lock as a run that is not there any more has left it."""
    with OutputLock(folder):
        owner = {**lock_of(folder), "token": "of somebody else", **changes}
    path = folder / LOCK_FILE
    path.write_text(json.dumps(owner), encoding="utf-8")
    os.utime(path, (time.time() - age_s,) * 2)


def test_a_second_run_is_refused_and_told_who_holds_the_folder(tmp_path):
    with OutputLock(tmp_path / "out"):
        text = refusal(tmp_path / "out")
        assert str(os.getpid()) in text and socket.gethostname() in text and "--output_dir" in text
    assert list((tmp_path / "out").iterdir()) == []
    with OutputLock(tmp_path / "out"):
        pass


def test_an_exception_gives_the_folder_back(tmp_path):
    with pytest.raises(RuntimeError), OutputLock(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_a_lock_that_the_next_one_takes_over_at_once(tmp_path):
    code = f"""
import sys, time
from pathlib import Path
from runtime.output_lock import OutputLock
with OutputLock(Path({str(tmp_path)!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "held\n"
        assert str(run.pid) in refusal(tmp_path)
        run.send_signal(signal.SIGKILL)
    assert lock_of(tmp_path)["pid"] == run.pid
    with OutputLock(tmp_path):
        assert lock_of(tmp_path)["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_another_process_with_the_number_of_the_killed_one_holds_nothing(tmp_path):
    leave_lock(tmp_path, pid=os.getppid(), started=1)
    with OutputLock(tmp_path):
        pass


@pytest.mark.parametrize(("age_s", "lives"), [(0, True), (110, True), (130, False)])
def test_of_another_machine_the_heartbeat_counts(tmp_path, age_s, lives):
    leave_lock(tmp_path, age_s, host="elsewhere", machine="of another boot", pid=1)
    if lives:
        assert "elsewhere" in refusal(tmp_path)
    else:
        with OutputLock(tmp_path):
            assert lock_of(tmp_path)["host"] == socket.gethostname()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_lock_that_says_nothing_is_judged_by_its_heartbeat(tmp_path, content):
    path = tmp_path / LOCK_FILE
    path.write_text(content)
    refusal(tmp_path)
    os.utime(path, (time.time() - 200,) * 2)
    with OutputLock(tmp_path):
        pass


def test_the_heartbeat_goes_on_while_the_folder_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(output_lock, "HEARTBEAT_S", 0.01)
    with OutputLock(tmp_path):
        path = tmp_path / LOCK_FILE
        os.utime(path, (0, 0))
        end = time.monotonic() + 5
        while path.stat().st_mtime == 0 and time.monotonic() < end:
            time.sleep(0.01)
        assert path.stat().st_mtime > time.time() - 5


def test_a_forked_worker_that_ends_leaves_the_lock_alone(tmp_path):
    lock = OutputLock(tmp_path)
    with lock:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside a thread
            child = os.fork()
        if child == 0:
            lock.__exit__(None, None, None)
            os._exit(0)
        os.waitpid(child, 0)
        assert lock_of(tmp_path)["pid"] == os.getpid()
        refusal(tmp_path)


def test_a_folder_that_somebody_else_has_taken_over_is_not_given_back(tmp_path):
    with OutputLock(tmp_path):
        leave = {**lock_of(tmp_path), "token": "of the next run"}
        (tmp_path / LOCK_FILE).write_text(json.dumps(leave))
    assert lock_of(tmp_path) == leave


def test_a_lock_taken_over_between_the_look_and_the_grip_is_put_back(tmp_path, monkeypatch):
    """Where the file system knows no locks, two runs may find the same stale lock."""
    leave_lock(tmp_path, pid=2**22 + 1, started=1)
    lives = OutputLock._lives

    def slowly(self, owner):
        found = lives(self, owner)
        (tmp_path / LOCK_FILE).write_text(json.dumps({"pid": 77, "host": "faster"}))
        return found

    monkeypatch.setattr(OutputLock, "_lives", slowly)
    assert "77" in refusal(tmp_path)
    assert lock_of(tmp_path) == {"pid": 77, "host": "faster"}


@pytest.mark.parametrize("stale", [False, True])
def test_of_many_runs_that_start_at_once_exactly_one_gets_the_folder(tmp_path, stale):
    folder = tmp_path / "out"
    if stale:
        leave_lock(folder, pid=2**22 + 1, started=1)
    code = f"""
import sys
from pathlib import Path
from runtime.messages import UserError
from runtime.output_lock import OutputLock
print("ready", flush=True)
sys.stdin.readline()
try:
    with OutputLock(Path({str(folder)!r})):
        print("held", flush=True)
        sys.stdin.readline()
except UserError as error:
    print(error.key, flush=True)
"""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(8)
    ]
    try:
        assert [run.stdout.readline() for run in runs] == ["ready\n"] * 8
        for run in runs:
            run.stdin.write("go\n")
            run.stdin.flush()
        outcomes = sorted(run.stdout.readline() for run in runs)
    finally:
        for run in runs:
            run.communicate("end\n")
    assert outcomes == ["checkpoint.locked\n"] * 7 + ["held\n"]
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_users_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught, OutputLock(tmp_path / "file" / "out"):
        pass
    assert caught.value.key == "checkpoint.cannot_write"
