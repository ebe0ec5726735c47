"""Images too large for the memory, cut into tiles whose maps fit together without a seam.

Each tile is read with so much of the image around it as the network looks at (its halo), and only
the tile itself is kept of what the network answers.  The maps put side by side are those of the
whole image, and boxes are found once, in all of it: no word is cut, none is found twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dataset.images import SIDE_MULTIPLE_PX
from runtime.messages import UserError

Size = tuple[int, int]
# The network works on about 300 bytes per pixel: 2.4 GB at this size.  Larger images are tiled.
MAX_WHOLE_PIXELS = 8_000_000
# The side of what is kept of a tile.  With the halo of FAST-tiny that takes 0.4 GB, with that of
# FAST-base 0.7 GB; smaller tiles would be halo for the most part.
TILE_SIDE_PX = 576
# Half a gigabyte for the resized image and its map alone; tiles do not help beyond.
MAX_INPUT_PIXELS = 128_000_000


@dataclass(frozen=True)
class Tile:
    """A tile on an image at the network's size, all in pixels of that image.

    seen_rows, seen_columns: what the network is shown.  rows, columns: what is kept of it.
    """

    seen_rows: slice
    seen_columns: slice
    rows: slice
    columns: slice

    def kept(self, stride: int) -> tuple[slice, slice]:
        """Rows and columns that are kept of the tile's own map, a cell per ``stride`` pixels."""
        return (
            _cells(self.rows, stride, self.seen_rows.start),
            _cells(self.columns, stride, self.seen_columns.start),
        )

    def place(self, stride: int) -> tuple[slice, slice]:
        """Rows and columns where they belong in the map of the whole image."""
        return _cells(self.rows, stride, 0), _cells(self.columns, stride, 0)


def cut(size: Size, side: int, halo: int) -> Iterator[Tile]:
    """Tiles that cover an image of (height, width), both multiples of 32, exactly once.

    side: no tile is longer, halo not counted.  halo: what is shown around it, where there is image.
    Both are raised to multiples of 32, so that a tile's cells lie on those of the whole image.
    """
    height, width = size
    rows, columns = (list(_stretches(length, side, halo)) for length in (height, width))
    for seen_rows, kept_rows in rows:
        for seen_columns, kept_columns in columns:
            yield Tile(seen_rows, seen_columns, kept_rows, kept_columns)


def side_for(size: Size, halo: int, wanted: int | None = None) -> int | None:
    """The side at which an image of (height, width) is tiled; None: it is run as a whole.

    wanted: what the user asked for; without it only images above MAX_WHOLE_PIXELS are tiled.
    """
    height, width = size
    if wanted is not None:
        return None if max(size) <= _raised(wanted) else wanted
    if height * width <= MAX_WHOLE_PIXELS:
        return None
    # Of a strip that is narrower than a tile with its halo, a longer piece takes as much memory.
    seen = TILE_SIDE_PX + 2 * halo
    longest = seen * seen // min(height, width, seen)
    return (longest - 2 * halo) // SIDE_MULTIPLE_PX * SIDE_MULTIPLE_PX


def refuse_too_large(name: object, size: Size) -> None:
    """UserError where an image, at its (height, width) for the network, is too large for tiles."""
    height, width = size
    if height * width > MAX_INPUT_PIXELS:
        raise UserError("detect.too_large", name=name, height=height, width=width)


def _stretches(length: int, side: int, halo: int) -> Iterator[tuple[slice, slice]]:
    """(seen, kept) of each of the equal stretches that a length is cut into."""
    count = -(-length // _raised(side))
    step = _raised(-(-length // count))
    for start in range(0, length, step):
        end = min(length, start + step)
        seen = slice(max(0, start - _raised(halo)), min(length, end + _raised(halo)))
        yield seen, slice(start, end)


def _raised(length: int) -> int:
    return -(-length // SIDE_MULTIPLE_PX) * SIDE_MULTIPLE_PX


def _cells(pixels: slice, stride: int, origin: int) -> slice:
    return slice((pixels.start - origin) // stride, (pixels.stop - origin) // stride)
