"""Runs the training script again and again without importing everything again and again.

    python -m tests.faults.zygote

Reads a JSON line {"arguments": [...], "folder": ..., "output": ...} for each run, forks a process
for it, writes the process's number, waits for it and writes its exit code (-N after signal N).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = "train_checkpoint_7ep.py"


class Zygote:
    """The other side of ``python -m tests.faults.zygote``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def start(self, folder: Path, *arguments: object, output: str = "output.txt") -> int:
        """Start the script in ``folder``; gives its process id. What it prints goes to a file."""
        request = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(folder),
            "output": output,
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def wait(self) -> int:
        return int(self.process.stdout.readline())

    def run(self, folder: Path, *arguments: object) -> int:
        self.start(folder, *arguments)
        return self.wait()


@contextmanager
def zygote() -> Iterator[Zygote]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.zygote"],
        cwd=PROJECT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield Zygote(process)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def serve() -> None:
    import matplotlib.figure  # noqa: F401 - imported late by the script
    import torch.utils.tensorboard  # noqa: F401

    import train_checkpoint_7ep  # noqa: F401

    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(request["arguments"], request["folder"], request["output"])
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _run(arguments: Sequence[str], folder: str, output: str) -> None:
    """The script's own ``main``, as the last thing that this process does."""
    import train_checkpoint_7ep
    from runtime.messages import run_script

    os.chdir(folder)
    printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(printed, stream)
    sys.argv = [str(PROJECT / SCRIPT), *arguments]
    code: object = 1
    try:
        run_script(train_checkpoint_7ep.main)
    except SystemExit as leaving:
        code = leaving.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve()
