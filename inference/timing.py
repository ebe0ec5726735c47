"""Where the time of a detection goes, measured around the stages and never inside the network."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

STAGES = ("decode", "network", "post_processing", "box_extraction")


class StageTimer:
    """Adds up the seconds of the STAGES.

    On a GPU each stage ends when the device has finished it, so a timer costs some speed;
    detection without one never waits for the device.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside as part of the stage ``name``."""
        self._wait()
        start_s = time.perf_counter()
        yield
        self._wait()
        self.seconds[name] += time.perf_counter() - start_s

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def stage(timer: StageTimer | None, name: str) -> AbstractContextManager[None]:
    """The timer's stage, or nothing at all where nobody measures."""
    return timer.stage(name) if timer else nullcontext()
