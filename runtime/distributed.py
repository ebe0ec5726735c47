"""One process per GPU: starting them, joining them, and the few things they tell one another."""

import contextlib
import faulthandler
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from runtime.messages import UserError, tell
from runtime.watchdog import waiting_for_peers

JOIN_S = 60.0  # ranks start together; one that comes later than this does not come
# Exchanges may wait longer, for one rank's validation can take longer than another's; the watchdog
# knows what it waits for and is far quicker.
_EXCHANGE = timedelta(minutes=30)
# The watchdog's limit and all of these make less than a minute.
_NOTICE_S = (
    3.0  # in which the ranks that lost one say so by themselves, before they are asked to end
)
_PATIENCE_S = 8.0
_LEAVE_S = 5.0
_PASSED_ON = (signal.SIGTERM, signal.SIGUSR1)
_LAUNCHED_HERE = "FAST_LAUNCHED_HERE"  # in the environment of ranks of ``launch_local_ranks``


@dataclass(frozen=True)
class Ranks:
    """This process among those of the run: 0 <= index < world, computing on ``device``."""

    index: int
    world: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        return self.index == 0


def launched_by_torchrun() -> bool:
    """Whether somebody (torchrun, or ``launch_local_ranks``) has started this process as a rank."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def child_of_launcher() -> bool:
    """Whether this process's parent was started with the run, by torchrun or a training script.

    Others that set RANK, Slurm's daemon say, may have been there for weeks.
    """
    return "TORCHELASTIC_RUN_ID" in os.environ or _LAUNCHED_HERE in os.environ


def restart_count() -> int:
    """How many times torchrun (``--max_restarts``) has started the ranks anew; else 0."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def launch_local_ranks(world: int, command: Sequence[str]) -> int:
    """Run ``command`` once per rank on this machine and give back the exit code of the first
    failure, or else the first that is not 0.

    SIGTERM and SIGUSR1 are passed on.  When a rank fails, which one and how is said on standard
    error; the others may say what that means to them, are then asked to end, and after a while
    made to.
    """
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        "WORLD_SIZE": str(world),
        _LAUNCHED_HERE: "1",
    }
    ranks: list[subprocess.Popen[bytes]] = []
    asked: set[int] = set()

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked.add(number)
        # A terminal's Ctrl-C reaches the ranks by itself, being sent to the whole group.
        for rank in ranks if number in _PASSED_ON else ():
            if rank.poll() is None:
                rank.send_signal(number)

    previous = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    try:
        for rank in range(world):
            own = {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            ranks.append(subprocess.Popen(command, env={**os.environ, **shared, **own}))
        # Not before: ranks inherit it where the shell has Ctrl-C ignored.
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, pass_on)
        return _wait_for_all(ranks, asked)
    finally:
        for process in ranks:
            process.kill()  # still there only where this process itself has failed
        for number, handler in previous.items():
            signal.signal(number, handler)


def _wait_for_all(ranks: Sequence[subprocess.Popen[bytes]], asked: set[int]) -> int:
    """asked: the signals that the user has sent; a rank that they end has not failed."""
    first_failure, ask_at, deadline = 0, float("inf"), float("inf")
    while True:
        codes = [rank.poll() for rank in ranks]
        as_asked = {code for number in asked for code in (-number, 128 + number)}
        failed = {rank: code for rank, code in enumerate(codes) if code and code not in as_asked}
        if failed and not first_failure:
            _tell_failures(failed)
            # Of several at once a signal, negative here, is the cause: the others lost that rank.
            first_failure = min(failed.values())
            ask_at = time.monotonic() + _NOTICE_S
        if None not in codes:
            break
        if time.monotonic() > ask_at:
            ask_at, deadline = float("inf"), time.monotonic() + _PATIENCE_S
            for rank in ranks:
                rank.terminate()
        if time.monotonic() > deadline:
            for rank in ranks:
                rank.kill()
        time.sleep(0.1)
    code = first_failure or next(filter(None, codes), 0)
    # A rank that a signal ended has a negative code; a shell would say 128 + signal.
    return code if code >= 0 else 128 - code


def _tell_failures(codes: Mapping[int, int]) -> None:
    """codes: by rank; -signal where a signal ended it."""
    for rank, code in codes.items():
        if code >= 0:
            tell("ranks.failed", file=sys.stderr, rank=rank, code=code)
        elif -code == signal.SIGKILL:
            tell("ranks.killed", file=sys.stderr, rank=rank)
        else:
            tell("ranks.signalled", file=sys.stderr, rank=rank, name=signal.Signals(-code).name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def join_ranks(device: torch.device, patience_s: float = JOIN_S) -> Ranks:
    """Join the run that the environment describes; alone, the process is rank 0 of 1.

    On CUDA each rank takes the GPU of its LOCAL_RANK and talks over NCCL, on a CPU over gloo.
    Raises UserError if not all ranks have come after ``patience_s``.
    """
    if not launched_by_torchrun():
        return Ranks(0, 1, device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    store, rank, world = _meet(timedelta(seconds=patience_s))
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        store=dist.PrefixStore("ranks", store),
        rank=rank,
        world_size=world,
        timeout=_EXCHANGE,
    )
    return Ranks(rank, world, device)


def _meet(patience: timedelta) -> tuple[dist.Store, int, int]:
    """The store that all ranks share, with rank and world, once everybody has come to it.

    The patience is for this alone: given to ``init_process_group`` it would hold for all exchanges.
    """
    try:
        store, rank, world = next(dist.rendezvous("env://", timeout=patience))
        # torchrun keeps its store when it starts the ranks anew, with the addresses of dead ones.
        store = dist.PrefixStore(f"start {restart_count()}", store)
        store.set(f"rank {rank} has come", "")
        store.wait([f"rank {other} has come" for other in range(world)], patience)
    except dist.DistError as error:
        raise UserError(
            "ranks.missing",
            rank=os.environ["RANK"],
            world=os.environ["WORLD_SIZE"],
            seconds=patience.total_seconds(),
            address=f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}",
            reason=_first_sentence(error),
        ) from error
    store.set_timeout(_EXCHANGE)
    return store, rank, world


def leave_ranks() -> bool:
    """Close the connection between the ranks, where there is one; never waits for a lost one.

    False where it does not close and this process is to end soon.
    """
    if not dist.is_initialized():
        return True
    leaving = threading.Thread(target=_close_connections, daemon=True)
    leaving.start()
    leaving.join(_LEAVE_S)
    if leaving.is_alive():
        # NCCL may wait for the others for ever, here or once more while the interpreter ends.
        faulthandler.dump_traceback_later(2 * _LEAVE_S, exit=True)
    return not leaving.is_alive()


def _close_connections() -> None:
    with contextlib.suppress(RuntimeError):  # from a connection that is broken already
        dist.destroy_process_group()


@contextmanager
def _with_peers() -> Iterator[None]:
    """Around every exchange: the watchdog knows who is waited for, a lost rank is a UserError."""
    try:
        with waiting_for_peers():
            yield
    except torch.cuda.OutOfMemoryError:
        raise  # this rank's own trouble
    except RuntimeError as error:
        raise UserError("ranks.lost", reason=_first_sentence(error)) from error


def _first_sentence(error: RuntimeError) -> str:
    """What the library says; advice of its own and a trace of C++ may follow."""
    return str(error).partition("\n")[0].partition(". ")[0]


def mean_over_ranks(values: Tensor) -> Tensor:
    """The mean of a small tensor over all ranks."""
    if not dist.is_initialized():
        return values
    values = values.clone()
    sum_over_ranks(values)
    return values / dist.get_world_size()


def sum_over_ranks(values: Tensor) -> None:
    """Add up a tensor over all ranks, in place."""
    if dist.is_initialized():
        with _with_peers():
            dist.all_reduce(values)


def copy_from_first_rank(tensors: Iterable[Tensor]) -> None:
    """Give every rank the first one's values, in place."""
    if dist.is_initialized():
        with _with_peers():
            for tensor in tensors:
                dist.broadcast(tensor, 0)


def any_rank(flag: int) -> int:
    """The largest ``flag`` of all ranks, so that all of them act on it at the same step.

    It goes over gloo, from host to host: asking at every step does not make a GPU wait.
    """
    if not dist.is_initialized():
        return flag
    largest = torch.tensor(flag)
    with _with_peers():
        dist.all_reduce(largest, op=dist.ReduceOp.MAX, group=_host_group())
    return int(largest)


@functools.cache
def _host_group() -> Any:
    return None if dist.get_backend() == "gloo" else dist.new_group(backend="gloo")


def gather(value: Any) -> list[Any]:
    """Every rank's ``value``, in the order of the ranks, on every rank."""
    if not dist.is_initialized():
        return [value]
    values: list[Any] = [None] * dist.get_world_size()
    with _with_peers():
        dist.all_gather_object(values, value)
    return values


def usable_cores(world: int = 1) -> int:
    """CPU cores that this process may use, shared evenly among the ranks of this machine.

    world: the number of ranks, all of them here unless torchrun says how many are.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", world)))


def reading_workers(asked: int | None) -> int:
    """Processes that read photos for a test: as many as were asked for, else a few."""
    return min(4, usable_cores()) if asked is None else asked


def this_command() -> list[str]:
    """The command line of this process, for starting it once more."""
    return [sys.executable, *sys.argv]
