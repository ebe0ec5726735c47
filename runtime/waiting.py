"""How long a loop waits for what it loops over."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


class WaitingTime:
    """Adds up the seconds between asking for an item and having it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, items: Iterable[Item]) -> Iterator[Item]:
        """The same items, with the clock running while they are fetched."""
        started = time.perf_counter()
        for item in items:
            self.seconds += time.perf_counter() - started
            yield item
            started = time.perf_counter()
        self.seconds += time.perf_counter() - started

    def take(self) -> float:
        """The seconds since the last call."""
        seconds, self.seconds = self.seconds, 0.0
        return seconds
