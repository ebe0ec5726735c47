"""Runs the training script again and again without importing everything again and again.

    python -m tests.faults.zygote

Reads a JSON line {"arguments": [...], "folder": ..., "output": ..., "faults": [...], "ranks": ...}
for each run, forks a process for each rank of it, writes the first one's number, waits for all and
writes the first exit code that is not 0 (-N after signal N), or 0.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = "train_checkpoint_7ep.py"


class Zygote:
    """The other side of ``python -m tests.faults.zygote``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def start(
        self,
        folder: Path,
        *arguments: object,
        output: str = "output.txt",
        faults: Sequence[str] = (),
        ranks: int = 1,
    ) -> int:
        """Start the script in ``folder``; gives its process id. What it prints goes to a file.

        faults: see ``tests.faults.inject``.
        """
        request = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(folder),
            "output": output,
            "faults": faults,
            "ranks": ranks,
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def wait(self) -> int:
        return int(self.process.stdout.readline())

    def run(self, folder: Path, *arguments: object, **options: Any) -> int:
        self.start(folder, *arguments, **options)
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

    import tests.faults.inject  # noqa: F401
    import train_checkpoint_7ep  # noqa: F401

    # Shells start what they put into the background with Ctrl-C ignored, and so would all runs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for line in sys.stdin:
        request = json.loads(line)
        ranks = _environments(request.pop("ranks"))
        children = [_fork(environment, request) for environment in ranks]
        _say(children[0])
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        _say(next(filter(None, codes), 0))


def _environments(ranks: int) -> list[dict[str, str]]:
    """What torchrun would tell each rank; a process alone is told nothing."""
    if ranks == 1:
        return [{}]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(ranks)}
    return [{**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(ranks)]


def _fork(environment: Mapping[str, str], request: Mapping[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        os.environ |= environment
        _run(**request)
    return child


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _run(arguments: Sequence[str], folder: str, output: str, faults: Sequence[str]) -> None:
    """The script's own ``main``, as the last thing that this process does."""
    import train_checkpoint_7ep
    from runtime.messages import run_script
    from tests.faults.inject import inject

    os.chdir(folder)
    printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(printed, stream)
    sys.argv = [str(PROJECT / SCRIPT), *arguments]
    code: object = 1
    for fault in faults:
        inject(fault)
    try:
        run_script(train_checkpoint_7ep.main)
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:  # noqa: BLE001 - as the interpreter does, which gets no chance to
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve()
