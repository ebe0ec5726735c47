"""Where the photos of a data set lie."""

from pathlib import Path
from typing import BinaryIO, Protocol

from dataset.images import Photo
from dataset.packed_names import PackedNames


class Photos(Protocol):
    """Photos by number; cheap to hand to a worker process and safe to use in many of them."""

    def __len__(self) -> int: ...

    def name(self, index: int) -> str:
        """What the photo's file is called, folders below the data set's own included."""

    def key(self, index: int) -> str:
        """What labels know the photo by."""

    def path(self, index: int) -> Path:
        """Where the photo is, for messages and for names of results."""

    def open(self, index: int, apply_exif: bool) -> Photo:
        """See ``Photo.open``."""

    def stream(self, index: int) -> BinaryIO:
        """The photo's file; raises OSError."""


class PhotoFolder:
    """Image files in a folder; see ``Photos``."""

    def __init__(self, folder: Path, names: PackedNames) -> None:
        self.folder = folder
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        return self.names[index]

    key = name

    def path(self, index: int) -> Path:
        return self.folder / self.names[index]

    def open(self, index: int, apply_exif: bool) -> Photo:
        return Photo.open(self.path(index), apply_exif)

    def stream(self, index: int) -> BinaryIO:
        return self.path(index).open("rb")
