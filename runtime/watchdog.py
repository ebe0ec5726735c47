"""An end for a rank that hangs: it says where it stands and leaves, so that the job can go on anew.

A rank that hangs makes all others wait for it.  The others allow themselves a little longer, so
that the one to blame speaks first; when its end breaks their connection to it, they print where
they have waited, too.
"""

import faulthandler
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal, TextIO

from runtime.messages import say

# What a rank is doing, each with a name in messages.py; "peers" is waiting for other ranks.
Stage = Literal["start", "data", "compute", "validate", "save", "peers"]

EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h
FIRST_S = 600.0  # for the first time in a stage: workers start, the network is compiled
PEERS_EXTRA_S = 4.0
HARD_HANG_EXTRA_S = 8.0
REPORT_S = 5.0
_LOOK_S = 0.5
_MOST_PER_LOOK_S = 2.0
_STDERR = 2  # as a number: whatever stands for sys.stderr need not be a file


class Watchdog:
    """Ends the process with EXIT_CODE when, in the ``with`` block, no ``beat`` comes for too long.

    Too long is ``limit_s``, or five times what the stage has taken at most, twice what it took the
    first time, FIRST_S until then.  A rank that waits for others allows what its own longest stage
    may take, and twice what it has worked since they met last.

    now_s: seconds that the watching thread has seen; those of a suspended system or a stopped
        process do not count.
    """

    def __init__(self, rank: int, world: int, limit_s: float, file: TextIO | None = None) -> None:
        """limit_s: 0 watches nothing.  file: an open file that gets the report as well."""
        self.rank, self.world, self.limit_s, self.file = rank, world, limit_s, file
        self.now_s = 0.0
        # The stage and when it was entered or last shown alive; one object, for two threads use it.
        self._last: tuple[Stage, float] = ("start", 0.0)
        self._begun_s = self._waited_s = self._met_s = self._worked_s = 0.0
        self._allowed_s: dict[Stage, float] = {}
        self._longest_s = 0.0
        self._outer: Stage = "start"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        if self.limit_s:
            _in_force.append(self)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.limit_s:
            _in_force.remove(self)
            self._done.set()
            self._thread.join()
            faulthandler.cancel_dump_traceback_later()

    def beat(self, stage: Stage) -> None:
        """The rank is alive and begins with ``stage``, or with the next part of it."""
        now_s, ended = self.now_s, self._last[0]
        if ended != "start":
            self._learn(ended, now_s - self._begun_s - self._waited_s)
        self._begun_s, self._waited_s = now_s, 0.0
        self._last = (stage, now_s)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around what waits for the other ranks, in the middle of any stage.

        A RuntimeError inside means that one of them is lost; a long wait for it is reported.
        """
        self._outer = self._last[0]
        begun_s = self.now_s
        self._worked_s = begun_s - self._met_s
        self._last = ("peers", begun_s)
        try:
            yield
        except RuntimeError:
            if self.now_s - begun_s > self.limit_s / 2:
                self._report("watchdog.waited", "peers", self.now_s - begun_s)
            raise
        finally:
            self._met_s = self.now_s
            self._waited_s += self._met_s - begun_s
            self._learn("peers", self._met_s - begun_s)
            self._last = (self._outer, self._met_s)

    def limit_for(self, stage: Stage) -> float:
        """Seconds without a beat in ``stage`` that are too many."""
        waits = stage == "peers"
        if (self._outer if waits else stage) not in self._allowed_s:
            allowed_s = FIRST_S
        elif waits:
            allowed_s = max(self._longest_s, 2 * self._worked_s)
        else:
            allowed_s = self._allowed_s[stage]
        return max(self.limit_s, allowed_s) + PEERS_EXTRA_S * waits

    def _learn(self, stage: Stage, took_s: float) -> None:
        known_s = self._allowed_s.get(stage, 0.0)
        allowed_s = max(known_s, (5 if stage in self._allowed_s else 2) * took_s)
        self._allowed_s[stage] = allowed_s
        self._longest_s = max(self._longest_s, allowed_s)

    def _watch(self) -> None:
        looked_s = time.monotonic()
        while not self._done.wait(_LOOK_S):
            elapsed_s = time.monotonic() - looked_s
            looked_s += elapsed_s
            # More is no silence of the stage: the whole process was stopped, by Ctrl-Z for example.
            self.now_s += min(elapsed_s, _MOST_PER_LOOK_S)
            stage, since_s = self._last
            left_s = self.limit_for(stage) - (self.now_s - since_s)
            if left_s < 0:
                self._end(stage, self.now_s - since_s)
            # Should something keep Python from running this thread again, a timer in C reports. It
            # counts the time of a Ctrl-Z, so it ends nothing where somebody may have pressed that.
            faulthandler.dump_traceback_later(
                left_s + HARD_HANG_EXTRA_S, exit=not os.isatty(0), file=_STDERR
            )

    def _end(self, stage: Stage, silent_s: float) -> None:
        # A full pipe that nobody reads would keep the report, and with it the process, for ever.
        ending = threading.Timer(REPORT_S, os._exit, [EXIT_CODE])
        ending.daemon = True
        ending.start()
        try:
            self._report("watchdog.silent", stage, silent_s)
        finally:
            os._exit(EXIT_CODE)

    def _report(self, key: str, stage: Stage, silent_s: float) -> None:
        stage_name = say(f"watchdog.stage.{stage}")
        text = say(key, rank=self.rank, world=self.world, seconds=silent_s, stage=stage_name)
        for file in (_STDERR,) if self.file is None else (_STDERR, self.file.fileno()):
            os.write(file, f"{text}\n".encode())
            faulthandler.dump_traceback(file, all_threads=True)


# The watchdogs whose ``with`` block is running: one, or none.
_in_force: list[Watchdog] = []


def waiting_for_peers() -> AbstractContextManager[None]:
    """``waiting`` of the watchdog in force, where there is one: around exchanges of the ranks."""
    return _in_force[-1].waiting() if _in_force else nullcontext()
