"""Many file names in one block of memory."""

import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np


class PackedNames:
    """A list of names that costs their bytes alone.

    A million Python strings take 100 MB, and a worker process that only looks at them ends up with
    a copy of its own: counting references writes into the memory that it shares with its parent.
    """

    def __init__(self, names: Iterable[str]) -> None:
        # No file name holds a zero, so that each can end with one.
        self._keep(os.fsencode("".join(f"{name}\0" for name in names)))

    @classmethod
    def of_characters(cls, characters: bytes) -> "PackedNames":
        """The names whose ``characters`` these are."""
        names = cls(())
        names._keep(characters)
        return names

    def _keep(self, characters: bytes) -> None:
        self.characters = characters
        self.ends = np.flatnonzero(np.frombuffer(bytearray(characters), np.uint8) == 0)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(f"name {index} of {len(self)}")
        start = self.ends[index - 1] + 1 if index else 0
        return os.fsdecode(self.characters[start : self.ends[index]])

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))

    def of(self, indices: Sequence[int]) -> "PackedNames":
        """The names with these numbers, in this order."""
        return PackedNames(self[index] for index in indices)
