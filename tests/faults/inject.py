"""Runs a script with faults in it:

    python -m tests.faults.inject [--ranks N] FAULT... -- SCRIPT ARGUMENTS

FAULT is a row of FAULTS with its arguments, such as ``hang:rank=1,step=3``; without ``rank`` it is
in every rank.  Ranks that torchrun has started anew have none.  A fault says on standard error when
it strikes.
"""

import ctypes
import errno
import functools
import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dataset.text_dataset import TextDataset
from inference.validation_loss import ValidationLoss
from models.fast import FAST
from runtime import checkpoint_folder, sinks
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


def stall(photo: str, seconds: str) -> None:
    """A network share that does not answer for a while: at the n-th photo that is opened."""
    at_call(TextDataset, "open_photo", int(photo), lambda: time.sleep(float(seconds)))


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


def ask(name: str, at: str = "step", call: str = "1") -> None:
    """Asked to stop by the signal of this name, when PLACES[at] is called for the n-th time."""
    at_call(*PLACES[at], int(call), lambda: os.kill(os.getpid(), signal.Signals[name]))


def ask_twice(step: str) -> None:
    """Ctrl-C in a step that never ends, and once more."""

    def hurry() -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
        sleep_for_ever()

    at_call(Learner, "step", int(step), hurry)


def slow(seconds: str) -> None:
    """Every step takes longer."""
    change(Learner, "step", before=lambda *_: time.sleep(float(seconds)))


def memory(samples: str, step: str = "1") -> None:
    """From a step on, no more than so many samples fit into memory at a time."""
    steps = Steps()

    def refuse(model: FAST, logits: Tensor, batch: Any) -> None:
        if logits.requires_grad and steps.number >= int(step) and len(logits) > int(samples):
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    change(FAST, "losses", before=refuse)


SPOILED: dict[str, Callable[[Tensor], Tensor]] = {
    "nan": lambda loss: loss * float("nan"),
    # The root's slope at 0 is infinite, the loss itself is not.
    "slope": lambda loss: (loss - loss.detach()).sqrt(),
    # Finite in float32, though its square is not.
    "huge": lambda loss: loss * 1e25,
}


def spoil(how: str, first: str, last: str = "") -> None:
    """The losses of the steps from ``first`` to ``last`` are no good."""
    steps = Steps()

    def losses(result: dict[str, Tensor]) -> dict[str, Tensor]:
        if result["loss_text"].requires_grad and int(first) <= steps.number <= int(last or first):
            result["loss_text"] = SPOILED[how](result["loss_text"])
        return result

    change(FAST, "losses", after=losses)


def overshoot(step: str) -> None:
    """A step so long that nothing good comes of the weights any more."""

    def stretch(learner: Learner, *_: object) -> None:
        if steps.number == int(step):
            learner.optimizer.step = functools.partial(far, learner, learner.optimizer.step)

    def far(learner: Learner, whole: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        learner.optimizer.param_groups[0]["lr"] = 1e30
        learner.optimizer.step = whole
        whole(*arguments, **options)

    change(Learner, "step", before=stretch)
    steps = Steps()  # counts before that


def show(step: str, file: str) -> None:
    """No fault: writes the batches that a step sees into ``file``."""

    def write(learner: Learner, micro_batches: Any, rate: float) -> None:
        if steps.number == int(step):
            torch.save([dict(batch) for batch in micro_batches], file)

    change(Learner, "step", before=write)
    steps = Steps()  # counts before that


def no_curves() -> None:
    """No fault: spares the half second that drawing them takes after each epoch."""
    sinks.draw_curves = lambda rows, path: None


def disk(kilobytes: str) -> None:
    """The disk that the checkpoints are on has room for so much of them."""

    def refuse(noting: Any, content: Any) -> None:
        folder = Path(noting.file.name).parent
        files = (path.stat() for path in folder.glob("*checkpoint*"))
        used = sum({file.st_ino: file.st_size for file in files}.values())
        if used + len(content) > 1000 * int(kilobytes):
            noting.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise noting.error

    change(checkpoint_folder._Noting, "write", before=refuse)


def limit(kilobytes: str, save: str) -> None:
    """The system lets no file grow larger, from the n-th save on; the 0th is before all."""

    def lower() -> None:
        size = 1000 * int(kilobytes)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    if int(save):
        at_call(checkpoint_folder.CheckpointFolder, "write", int(save), lower)
    else:
        lower()


def full_log(step: str) -> None:
    """The disk that the log is on is full."""

    def fill() -> None:
        opened = [int(name) for name in os.listdir("/proc/self/fd")]
        (log,) = [one for one in opened if _name_of(one).endswith("train.log")]
        os.dup2(os.open("/dev/full", os.O_WRONLY), log)

    at_call(Learner, "step", int(step), fill)


def _name_of(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""  # that of the list itself


def no_privileges() -> None:
    """Nobody's superuser: without capabilities root may only write where the mode allows it."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


# Where a signal may come.
PLACES: dict[str, tuple[object, str]] = {
    "step": (Learner, "step"),
    "validation": (ValidationLoss, "observe"),
    "preparation": (TextDataset, "fingerprint"),
    "output": (checkpoint_folder.CheckpointFolder, "check_room"),
}
FAULTS: dict[str, Callable[..., None]] = {
    "ask": ask,
    "ask_twice": ask_twice,
    "slow": slow,
    "memory": memory,
    "spoil": spoil,
    "overshoot": overshoot,
    "show": show,
    "no_curves": no_curves,
    "disk": disk,
    "limit": limit,
    "full_log": full_log,
    "no_privileges": no_privileges,
    "kill": kill,
    "leave": leave,
    "stop": stop,
    "hang": hang,
    "hang_data": hang_data,
    "stall": stall,
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


def change(
    owner: object,
    name: str,
    before: Callable[..., object] = lambda *_: None,
    after: Callable[[Any], Any] = lambda result: result,
) -> None:
    """Let something happen before each call of ``owner.name``, or to what each gives."""
    whole = getattr(owner, name)

    @functools.wraps(whole)
    def changed(*arguments: Any) -> Any:
        before(*arguments)
        return after(whole(*arguments))

    setattr(owner, name, changed)


class Steps:
    """Counts the steps that the process begins, from 1."""

    def __init__(self) -> None:
        self.number = 0
        change(Learner, "step", before=self._count)

    def _count(self, *_: object) -> None:
        self.number += 1


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
