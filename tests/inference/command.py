"""Running the project's scripts as a user does, in a folder of their own."""

import contextlib
import io
import os
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

from runtime import messages
from tests.conftest import PROJECT


def run(
    script: str, *arguments: object, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script as a command in ``cwd``."""
    settings = {"OMP_NUM_THREADS": "2", "PYTHONIOENCODING": "utf-8", **environment}
    kept = {key: value for key, value in os.environ.items() if key != "FAST_LANG"}
    return subprocess.run(
        [sys.executable, str(PROJECT / script), *map(str, arguments)],
        cwd=cwd,
        env={**kept, **settings},
        capture_output=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )


def run_here(script: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Like ``run``, in this process: spares a start of Python and PyTorch for each wrong input."""
    command = [str(PROJECT / script), *map(str, arguments)]
    messages.set_language("ko")
    output, errors, here, code = io.StringIO(), io.StringIO(), Path.cwd(), None
    with (
        mock.patch.object(sys, "argv", command),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        os.chdir(cwd)
        try:
            runpy.run_path(command[0], run_name="__main__")
        except SystemExit as end:
            code = end.code
        finally:
            os.chdir(here)
    assert isinstance(code, int)
    return subprocess.CompletedProcess(command, code, output.getvalue(), errors.getvalue())


def assert_refused(finished: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Exit code 2 and one sentence on standard error that holds all ``parts``."""
    assert finished.returncode == 2, finished.stdout + finished.stderr
    assert "Traceback" not in finished.stderr
    (sentence,) = finished.stderr.strip().splitlines()
    assert sentence.startswith("❌ ")
    for part in parts:
        assert part in sentence
