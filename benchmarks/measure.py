"""What all benchmarks share: timing, the rows that they give, the photos that they read."""

import multiprocessing
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import torch

from dataset.sample_data import write_sample_data

PHOTO_SIZE = (640, 960)


@dataclass(frozen=True)
class Row:
    """One measured figure.

    claim: what must hold, such as ``<= 3.0``, or empty where the figure is only reported.
    spread: the smallest and largest of the repetitions, where there were several.
    """

    question: str
    value: float
    unit: str
    claim: str = ""
    spread: tuple[float, float] | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the claim is true; None without one."""
        if not self.claim:
            return None
        sign, limit = self.claim.split()
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}

    def cells(self) -> list[str]:
        """The row of a table: question, figure, spread, claim, and whether it holds."""
        spread = "" if self.spread is None else " - ".join(map(short, self.spread))
        holds = {True: "yes", False: "**no**", None: ""}[self.holds]
        return [self.question, f"{short(self.value)} {self.unit}", spread, self.claim, holds]


def short(value: float) -> str:
    """Three significant digits, whole numbers from a hundred on."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


@dataclass(frozen=True)
class Timing:
    """Seconds of one call: the median of several, the least and the most."""

    median: float
    least: float
    most: float

    @property
    def spread_ms(self) -> tuple[float, float]:
        return 1e3 * self.least, 1e3 * self.most


def time_calls(*works: Callable[[], object], rounds: int = 7, warm_up: int = 2) -> list[Timing]:
    """Time several pieces of work in turns, so that a busy moment of the machine meets them all."""
    seconds: list[list[float]] = [[] for _ in works]
    for round_number in range(warm_up + rounds):
        for work, of_work in zip(works, seconds, strict=True):
            started = time.perf_counter()
            work()
            if round_number >= warm_up:
                of_work.append(time.perf_counter() - started)
    return [Timing(statistics.median(part), min(part), max(part)) for part in seconds]


@contextmanager
def one_core() -> Iterator[None]:
    """Everything inside runs on a single core."""
    cores, threads, cv_threads = (
        os.sched_getaffinity(0),
        torch.get_num_threads(),
        cv2.getNumThreads(),
    )
    os.sched_setaffinity(0, {max(cores)})
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        torch.set_num_threads(threads)
        cv2.setNumThreads(cv_threads)


class Memory(NamedTuple):
    """Megabytes of a process: its own, all that it has at the end, and the most that it had."""

    private: float
    resident: float
    peak: float


def in_a_fork(work: Callable[[Any], object], argument: Any) -> Memory:
    """What a forked process needs to do ``work(argument)``."""
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    process = context.Process(target=_work_and_weigh, args=(work, argument, answers))
    process.start()
    process.join()
    return answers.get()


def _work_and_weigh(work: Callable[[Any], object], argument: Any, answers: Any) -> None:
    work(argument)
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answers.put(Memory(sizes["Private_Clean"] + sizes["Private_Dirty"], sizes["Rss"], peak))


def drawn_photos(folder: Path, count: int) -> Path:
    """A folder with ``images`` and ``gts``, drawn at the size of ICDAR 2015's photos."""
    target = folder / f"photos_{count}"
    if not target.exists():
        write_sample_data(target, count, seed=5, size=PHOTO_SIZE)
    return target


def hardware() -> str:
    """The processor, its cores and, where there is one, the GPU."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        flags = next((line.split() for line in lines if line.startswith("flags")), [])
        bf16 = ", bfloat16 units" if {"avx512_bf16", "amx_bf16"} & set(flags) else ""
        name = (found[0] if found else name) + bf16
    cores = len(os.sched_getaffinity(0))
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{name}, {cores} cores{gpu}; torch {torch.__version__}"
