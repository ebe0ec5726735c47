"""Runs a script with faults in it:

    python -m tests.faults.inject [--ranks N] FAULT... -- SCRIPT ARGUMENTS

FAULT is a row of FAULTS with its arguments, such as ``hang:rank=1,step=3``; without ``rank`` it is
in every rank.  Ranks that torchrun has started anew have none.  A fault says on standard error when
it strikes.
"""

import functools
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataset.text_dataset import TextDataset
from runtime.distributed import launch_local_ranks, restart_count
from runtime.messages import run_script
from training.learner import Learner

PROJECT = Path(__file__).resolve().parents[2]
STRIKES = "fault: "


def kill(step: str) -> None:
    """Ended by the system in the middle of a step, as for want of memory."""
    at_call(Learner, "step", int(step), lambda: os.kill(os.getpid(), signal.SIGKILL))


def leave(step: str) -> None:
    """Told to stop, as by a machine that is taken away."""
    at_call(Learner, "step", int(step), lambda: os.kill(os.getpid(), signal.SIGTERM))


def stop(step: str) -> None:
    """Stopped, its connections open: as a machine that the network has lost."""
    at_call(Learner, "step", int(step), lambda: os.kill(os.getpid(), signal.SIGSTOP))


def hang(step: str) -> None:
    """A step that never ends."""
    at_call(Learner, "step", int(step), sleep_for_ever)


def hang_data(sample: str) -> None:
    """A sample that is never read: the n-th of the process that reads it."""
    at_call(TextDataset, "__getitem__", int(sample), sleep_for_ever)


def record(file: str) -> None:
    """No fault: writes the photos of each finished step into ``file`` followed by the rank."""

    def step(learner: Learner, micro_batches: Any, rate: float) -> Any:
        losses = whole(learner, micro_batches, rate)
        photos = [str(index) for batch in micro_batches for index in batch["index"].tolist()]
        with Path(f"{file}{rank_number()}").open("a", encoding="utf-8") as drawn:
            drawn.write(" ".join(photos) + "\n")
        return losses

    whole = Learner.step
    Learner.step = step


FAULTS: dict[str, Callable[..., None]] = {
    "kill": kill,
    "leave": leave,
    "stop": stop,
    "hang": hang,
    "hang_data": hang_data,
    "record": record,
}


def at_call(owner: object, name: str, call: int, action: Callable[[], object]) -> None:
    """Let something happen when ``owner.name`` is called for the ``call``-th time, from 1."""
    whole, calls = getattr(owner, name), 0

    @functools.wraps(whole)
    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            sys.stderr.write(f"{STRIKES}{name} {call}\n")
            sys.stderr.flush()
            action()
        return whole(*arguments, **options)

    # Never put back: the process runs one script and ends.
    setattr(owner, name, counted)


def sleep_for_ever() -> None:
    while True:
        time.sleep(1)


def rank_number() -> int:
    return int(os.environ.get("RANK", "0"))


def inject(fault: str) -> None:
    """Put a fault into this process, if it is meant for its rank."""
    name, _, listed = fault.partition(":")
    arguments = dict(pair.split("=", 1) for pair in listed.split(",") if pair)
    if int(arguments.pop("rank", rank_number())) == rank_number():
        FAULTS[name](**arguments)


def main() -> int:
    if sys.argv[1] == "--ranks":
        rank = [sys.executable, "-m", "tests.faults.inject", *sys.argv[3:]]
        return launch_local_ranks(int(sys.argv[2]), rank)
    border = sys.argv.index("--")
    faults, (script, *arguments) = sys.argv[1:border], sys.argv[border + 1 :]
    if not restart_count():
        for fault in faults:
            inject(fault)
    sys.argv = [str(PROJECT / script), *arguments]
    code: int = importlib.import_module(Path(script).stem).main()
    return code


if __name__ == "__main__":
    run_script(main)
