"""The train script as a command, and when it printed what."""

import csv
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from runtime.config import PROJECT_ROOT

TRAIN = str(PROJECT_ROOT / "train_checkpoint_7ep.py")


@dataclass(frozen=True)
class Finished:
    """lines: each line with the second, from the start of the process, at which it came."""

    lines: list[tuple[float, str]]
    history: list[dict[str, str]]

    def figure(self, name: str, epoch: int = -1) -> float:
        """A column of ``history.csv``, of the last epoch unless another is asked for."""
        return float(self.history[epoch][name])


def train(
    folder: Path,
    output: Path,
    *arguments: object,
    config: str = "config/fast/sample/fast_tiny_sample.py",
    options: tuple[str, ...] = (),
    launcher: tuple[str, ...] = (),
    cores: set[int] | None = None,
) -> Finished:
    """Train from scratch, without validation, on the images in ``folder``.

    options: for ``--cfg-options``.  launcher: arguments of Python before the script's name.
    cores: the processor cores that the run may use; None for all.
    """
    command = [sys.executable, *launcher, TRAIN, "--config", config, "--checkpoint", "none"]
    command += ["--output_dir", str(output), *map(str, arguments), "--cfg-options", "data.val=None"]
    command += [f"data.train.img_dir={folder / 'images'}", f"data.train.gt_dir={folder / 'gts'}"]
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores or allowed)  # the child inherits it
    started, lines = time.perf_counter(), []
    try:
        process = subprocess.Popen(
            [*command, *options],
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            env={**os.environ, "FAST_LANG": "en", "PYTHONIOENCODING": "utf-8"},
            encoding="utf-8",
        )
    finally:
        os.sched_setaffinity(0, allowed)
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            lines.append((time.perf_counter() - started, line.rstrip()))
    if process.returncode:
        text = "\n".join(line for _, line in lines[-20:])
        raise RuntimeError(f"the train script ended with {process.returncode}:\n{text}")
    with (output / "history.csv").open(encoding="utf-8", newline="") as file:
        return Finished(lines, list(csv.DictReader(file)))
