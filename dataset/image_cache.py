"""Photos that are decoded once and then kept, by all processes of a machine together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset.images import Photo, reduced
from runtime.scratch import shared_scratch


@dataclass(frozen=True, eq=False)
class CachedPhoto:
    """What ``Photo`` is, its pixels kept at a reduced size; size: (height, width) unreduced."""

    size: tuple[int, int]
    kept: np.ndarray
    least_reduction: int

    def pixels(self, reduction: int = 1) -> np.ndarray:
        """See ``Photo.pixels``; ``reduction`` is at least ``least_reduction``."""
        return reduced(self.kept, reduction // self.least_reduction)


class ImageCache:
    """The pixels of all photos in one block of shared memory, each filled in when first asked for.

    The block begins with a byte for each photo, 1 once its pixels are there.  Two processes that
    decode the same photo at the same time write the same bytes.
    """

    def __init__(self, sizes: np.ndarray, reductions: np.ndarray, kind: str, folder: Path) -> None:
        """sizes: (photos, 2), height and width.  reductions: (photos,), how each is kept.

        kind, folder: see ``shared_scratch``, whose UserError this raises.
        """
        self.sizes = sizes
        self.reductions = reductions
        kept_bytes = 3 * np.prod(sizes // reductions[:, None], axis=1)
        self.starts = len(sizes) + np.concatenate([[0], np.cumsum(kept_bytes)])
        self.num_bytes = int(self.starts[-1])
        self.block = np.frombuffer(shared_scratch(self.num_bytes, kind, folder), np.uint8)

    def photo(self, index: int, open_photo: Callable[[], Photo]) -> CachedPhoto:
        """A photo by its number; it is opened where it is not kept yet.

        open_photo: gives a photo of the size that was announced, or raises UserError.
        """
        height, width = self.sizes[index].tolist()
        reduction = int(self.reductions[index])
        shape = (height // reduction, width // reduction, 3)
        kept = self.block[self.starts[index] : self.starts[index + 1]].reshape(shape)
        if not self.block[index]:
            kept[:] = open_photo().pixels(reduction)
            self.block[index] = 1
        return CachedPhoto((height, width), kept, reduction)
