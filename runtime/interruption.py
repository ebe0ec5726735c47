"""Ctrl-C and SIGTERM as wishes: the step under way is finished and saved before the run ends."""

import os
import signal
from types import FrameType, TracebackType


class Interruption:
    """In its ``with`` block a first signal only sets ``number``; a second Ctrl-C leaves at once."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.number = 0

    @property
    def exit_code(self) -> int:
        """128 + signal, as a shell reports it: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + self.number

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
        if self.number and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.number = self.number or number


def leave_signals_to_the_parent() -> None:
    """For data workers: in a session of their own neither Ctrl-C nor a signal to the whole group
    reaches them, so that only the training process decides; it can still end them itself.
    """
    os.setsid()
