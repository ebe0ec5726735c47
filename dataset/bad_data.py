"""Photos that go bad while training runs: counted, until it is no use to go on."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from runtime.messages import UserError, say
from runtime.whole_files import write_whole

UNREADABLE_IMAGES = "unreadable_images.txt"
_NAMED = 10
# In a handful of photos one is many of them.
_ALWAYS_BORNE = 1


class BadData:
    """The photos of a run that could not be read when they were last drawn.

    num_images: photos of the data set.
    limit: the share of them that may be bad.  in_a_row: so many draws without a readable photo
        between them mean that the folder itself is gone.
    """

    def __init__(self, num_images: int, limit: float = 0.05, in_a_row: int = 32) -> None:
        self.num_images = num_images
        self.limit = limit
        self.in_a_row = in_a_row
        self.row = 0
        self._bad: set[int] = set()
        # Of these, the ones that only an earlier run has seen fail: they may be back.
        self._suspected: set[int] = set()
        self._merged: frozenset[int] = frozenset()

    def note(self, indices: Sequence[int], unreadable: Sequence[bool]) -> None:
        """Count the draws of a step: which photos, and which of them could not be read.

        A photo that is read again is bad no longer.
        """
        for index, is_bad in zip(indices, unreadable, strict=True):
            self.row = self.row + 1 if is_bad else 0
            self._suspected.discard(index)
            if is_bad:
                self._bad.add(index)
            else:
                self._bad.discard(index)

    @property
    def none_readable(self) -> bool:
        """Whether the last draws all failed."""
        return self.row >= self.in_a_row

    @property
    def too_many(self) -> bool:
        """Whether training had better stop."""
        borne = max(self.limit * self.num_images, _ALWAYS_BORNE)
        return self.none_readable or len(self._bad - self._suspected) > borne

    def state(self) -> list[int]:
        """The bad photos, in order; what a checkpoint keeps."""
        return sorted(self._bad)

    def load(self, state: Iterable[int]) -> None:
        """Go on from the ``state`` of an earlier run, the same on every rank.

        Its photos do not count as too many until they have failed again: whoever resumes has put
        them back, as ``refusal`` told him to.
        """
        self._merged = frozenset(index for index in state if 0 <= index < self.num_images)
        self._bad, self._suspected = set(self._merged), set(self._merged)
        self.row = 0

    def merge(self, states: Sequence[Iterable[int]]) -> None:
        """Take over what all ranks have found since they were merged last.

        states: of each rank, its own included.  A photo is bad that any rank could not read; one
        that was bad is well again when any rank has read it.
        """
        ranks = [set(state) for state in states]
        still = self._merged.intersection(*ranks)
        self._bad = set().union(*ranks) - (self._merged - still)
        self._merged = frozenset(self._bad)
        self._suspected &= self._bad

    def refusal(self, image_path: Callable[[int], Path], folder: Path) -> UserError:
        """Why training stops; writes the whole list into ``folder``.

        image_path: gives a photo's file by its number.
        """
        paths = [image_path(index) for index in sorted(self._bad - self._suspected)]
        names = [path.name for path in paths[:_NAMED]]
        if len(paths) > _NAMED:
            names.append(say("data.image_more", count=len(paths) - _NAMED))
        found = {"names": ", ".join(names), "file": write_list(paths, folder)}
        if self.none_readable:
            return UserError("data.image_none_readable", count=self.row, **found)
        total = self.num_images
        return UserError("data.image_too_many_bad", count=len(paths), total=total, **found)


def write_list(paths: Iterable[Path], folder: Path) -> str:
    """Write paths, one a line, as ``UNREADABLE_IMAGES``; gives the file, or why there is none.

    Whoever reads the folder meanwhile sees the whole list or none.
    """
    path = folder / UNREADABLE_IMAGES
    try:
        write_whole(path, b"".join(os.fsencode(path) + b"\n" for path in paths))
    except OSError as error:
        return say("data.image_list_unwritten", path=path, reason=error.strerror or error)
    return str(path)
