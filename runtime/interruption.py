"""Signals and deadlines as wishes: the step under way is finished and saved before the run ends."""

import os
import signal
import time
from types import FrameType, TracebackType

TIME_IS_UP = 255  # no signal has this number
_SPARE_S = 2.0


class Interruption:
    """In its ``with`` block a first signal only sets ``number``; a second Ctrl-C leaves at once.

    SIGINT is Ctrl-C, SIGTERM what a preempted machine sends, SIGUSR1 what Slurm can be told to send
    some time before the end (``--signal=USR1@90``).
    number: of the signal, TIME_IS_UP shortly before the deadline, 0 before either.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)

    def __init__(self, minutes: float | None = None) -> None:
        """minutes: from now on until the run must have ended; None for no deadline."""
        self.deadline_s = float("inf") if minutes is None else time.monotonic() + 60 * minutes
        self.needed_s = 0.0
        self._signal = 0

    @property
    def number(self) -> int:
        if self._signal:
            return self._signal
        needed_s = 2 * self.needed_s + _SPARE_S
        return TIME_IS_UP if time.monotonic() + needed_s > self.deadline_s else 0

    def expect(self, seconds: float) -> None:
        """What is done between two looks at ``number`` and before the end may take this long."""
        self.needed_s = max(self.needed_s, seconds)

    def __enter__(self) -> "Interruption":
        self._previous = {number: signal.signal(number, self._note) for number in self.SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._signal and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._signal = self._signal or number


def exit_code(number: int) -> int:
    """128 + signal, as a shell reports it: 130 after Ctrl-C, 143 after SIGTERM; 0 at a deadline."""
    return 0 if number == TIME_IS_UP else 128 + number


def leave_signals_to_the_parent() -> None:
    """For data workers: in a session of their own neither Ctrl-C nor a signal to the whole group
    reaches them, so that only the training process decides; it can still end them itself.
    """
    os.setsid()
