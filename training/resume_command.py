"""The command lines that make a run again and go on with it."""

import shlex
import shutil
import sys
from collections.abc import Sequence


def run_command(arguments: Sequence[str]) -> str:
    """A script's command line as the user would type it; ``arguments``: its ``sys.argv``."""
    python = "python" if shutil.which("python") == sys.executable else sys.executable
    return shlex.join([python, *arguments])


def resume_command(arguments: Sequence[str]) -> str:
    """A script's command line with ``--resume auto``, as the user would type it.

    arguments: ``sys.argv`` of the run.
    """
    script, *options = [
        option for option in arguments if option not in ("--reset_epoch", "--reset-epoch")
    ]
    while "--resume" in options:
        place = options.index("--resume")
        given = len(options) > place + 1 and not options[place + 1].startswith("-")
        del options[place : place + 1 + given]
    return run_command([script, *options, "--resume", "auto"])
