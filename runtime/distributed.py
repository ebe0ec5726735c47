"""One process per GPU: starting them, joining them, and the few things they tell one another."""

import functools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


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


def launch_local_ranks(world: int, command: Sequence[str]) -> int:
    """Run ``command`` once per rank on this machine and give back the first exit code that is not
    0.

    Signals are passed on; when one rank fails the others are asked to end, and after a while made
    to.
    """
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        "WORLD_SIZE": str(world),
    }
    ranks = [
        subprocess.Popen(
            command, env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
        )
        for rank in range(world)
    ]

    def pass_on(number: int, frame: FrameType | None) -> None:
        for rank in ranks:
            if rank.poll() is None:
                rank.send_signal(number)

    # A terminal's Ctrl-C reaches the ranks by itself, being sent to the whole group.
    previous = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        return _wait_for_all(ranks)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _wait_for_all(ranks: Sequence[subprocess.Popen[bytes]], patience_s: float = 30) -> int:
    first_failure, deadline = 0, float("inf")
    while None in (codes := [rank.poll() for rank in ranks]):
        if any(codes) and not first_failure:
            first_failure = next(filter(None, codes))
            deadline = time.monotonic() + patience_s
            for rank in ranks:
                rank.terminate()
        if time.monotonic() > deadline:
            for rank in ranks:
                rank.kill()
        time.sleep(0.1)
    code = first_failure or next(filter(None, codes), 0)
    # A rank that a signal ended has a negative code; a shell would say 128 + signal.
    return code if code >= 0 else 128 - code


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def join_ranks(device: torch.device) -> Ranks:
    """Join the run that the environment describes; alone, the process is rank 0 of 1.

    On CUDA each rank takes the GPU of its LOCAL_RANK and talks over NCCL, on a CPU over gloo.
    """
    if not launched_by_torchrun():
        return Ranks(0, 1, device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Ranks(dist.get_rank(), dist.get_world_size(), device)


def leave_ranks() -> None:
    """Close the connection between the ranks, where there is one."""
    if dist.is_initialized():
        dist.destroy_process_group()


def mean_over_ranks(values: Tensor) -> Tensor:
    """The mean of a small tensor over all ranks."""
    if not dist.is_initialized():
        return values
    values = values.clone()
    dist.all_reduce(values)
    return values / dist.get_world_size()


def any_rank(flag: int) -> int:
    """The largest ``flag`` of all ranks, so that all of them act on it at the same step.

    It goes over gloo, from host to host: asking at every step does not make a GPU wait.
    """
    if not dist.is_initialized():
        return flag
    largest = torch.tensor(flag)
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
    dist.all_gather_object(values, value)
    return values


def usable_cores(world: int = 1) -> int:
    """CPU cores that this process may use, shared evenly among the ranks of this machine.

    world: the number of ranks, all of them here unless torchrun says how many are.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", world)))


def this_command() -> list[str]:
    """The command line of this process, for starting it once more."""
    return [sys.executable, *sys.argv]
