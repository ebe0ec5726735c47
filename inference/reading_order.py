"""Words in the order in which people read them, and words joined into lines.

Lines come from ``dataset.lines``; the page is turned until most of its lines are level, and what
is left is a matter of upright boxes: blocks from top to bottom, columns from left to right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from dataset.labels import Word
from dataset.lines import Line, box_of, find_lines
from models.post_processing import Detection

# Text in columns is wide for the gap between them; the parts of a table's row are not.
COLUMN_WIDTH_IN_GAPS = 2.0
LEAST_LINES_OF_A_COLUMN = 2
STEEP_DEG, CLEARLY_LONGER = 75.0, 1.5
# A line that reaches over so much of a block's width shows that no columns begin there.
SPANNING = 0.6


def in_reading_order(words: Sequence[Detection]) -> list[Detection]:
    """Words line by line, from the beginning of a line to its end.

    The page may be turned by any angle up to 75 degrees either way; text that runs downwards has
    its next line on the left, as CJK columns have.
    """
    lines = _lines_of(words)
    return [words[member] for index in _order(lines) for member in lines[index].members]


def joined_into_lines(words: Sequence[Detection], ordered: bool = False) -> list[Detection]:
    """The lines that words form: their outlines, and the mean of their words' scores.

    ordered: in reading order, instead of the order of the first word of each.
    """
    lines = _lines_of(words)
    order = _order(lines) if ordered else range(len(lines))
    return [_joined(words, lines[index]) for index in order]


def reading_corners(points: np.ndarray) -> np.ndarray:
    """Corners (4, 2) float32 of a word, clockwise from where its reading begins, at the top.

    points: (K, 2).  Four corners stay themselves; of other outlines it is the smallest rectangle.
    A word is read along its longer side, or where that is not clear along the more level one; to
    the right, or downwards where it stands steeper than 75 degrees.
    """
    corners = points.astype(np.float32)
    if len(corners) != 4 or not cv2.isContourConvex(points.astype(np.int32)):
        origin = corners.min(axis=0)
        corners = cv2.boxPoints(cv2.minAreaRect(corners - origin)) + origin
    x, y = corners.T.astype(np.float64)
    if x @ np.roll(y, -1) < y @ np.roll(x, -1):  # counterclockwise on the screen
        corners = corners[::-1]
    # For each side, the mean of it and of the one across.
    sides = (np.roll(corners, -1, axis=0) - corners).astype(np.float64)
    sides = (sides - np.roll(sides, 2, axis=0)) / 2
    lengths = np.hypot(*sides.T)
    steep = np.abs(sides[:, 1]) > np.sin(np.radians(STEEP_DEG)) * lengths
    forwards = np.where(steep, sides[:, 1], sides[:, 0])
    longer = lengths >= CLEARLY_LONGER * np.roll(lengths, 1)
    if longer.any():
        first = np.where(longer, forwards, -np.inf).argmax()
    else:
        first = np.where(np.abs(sides[:, 0]) >= np.abs(sides[:, 1]), sides[:, 0], -np.inf).argmax()
    return np.roll(corners, -first, axis=0)


def _lines_of(words: Sequence[Detection]) -> list[Line]:
    """Lines of words, whose first sides have to show in which direction they are read."""
    outlines = [
        word.points.astype(np.float32)
        if box_of(word.points) is None
        else reading_corners(word.points)
        for word in words
    ]
    return find_lines([Word(outline, "", False, at) for at, outline in enumerate(outlines)])


def _joined(words: Sequence[Detection], line: Line) -> Detection:
    if len(line.members) == 1:
        return words[line.members[0]]
    score = float(np.mean([words[member].score for member in line.members]))
    return Detection(np.rint(line.outline).astype(np.int32), score)


@dataclass(frozen=True)
class _Boxes:
    """Upright boxes, (N,) each.  top, bottom: of the middle half, for lines may touch."""

    left: np.ndarray
    top: np.ndarray
    right: np.ndarray
    bottom: np.ndarray


def _order(lines: Sequence[Line]) -> list[int]:
    """Places of lines in order of reading."""
    if not lines:
        return []
    lengths = np.array([_length(line) for line in lines])
    x, y = _page_direction(np.array([line.direction for line in lines]), lengths)
    turn = np.array([[x, -y], [y, x]])
    extents = [line.outline.astype(np.float64) @ turn for line in lines]
    left, top = np.array([extent.min(axis=0) for extent in extents]).T
    right, bottom = np.array([extent.max(axis=0) for extent in extents]).T
    quarter = (bottom - top) / 4
    return _blocks(_Boxes(left, top + quarter, right, bottom - quarter), np.arange(len(lines)))


def _length(line: Line) -> float:
    along = line.outline @ line.direction
    return float(along.max() - along.min())


def _page_direction(directions: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The direction (2,) of the line in whose company, within 20 degrees, most text runs."""
    alike = directions @ directions.T >= np.cos(np.radians(20))
    company = alike[(alike @ lengths).argmax()]
    mean = (directions * lengths[:, None])[company].sum(axis=0)
    return mean / np.hypot(*mean)


def _blocks(boxes: _Boxes, members: np.ndarray) -> list[int]:
    """Bands of lines from top to bottom; bands that stand in columns together, column by column."""
    bands = _split(members, boxes.top, boxes.bottom)
    order: list[int] = []
    start = 0
    while start < len(bands):
        columns, end = _columns_from(boxes, bands, start)
        if columns:
            order += [index for column in columns for index in _blocks(boxes, column)]
        else:
            order += _rows(boxes, bands[start])
        start = end
    return order


def _columns_from(
    boxes: _Boxes, bands: Sequence[np.ndarray], start: int
) -> tuple[list[np.ndarray], int]:
    """The columns that as many bands as possible from ``start`` on form, and the band after them.

    No columns and the next band where there are none.
    """
    spanning = SPANNING * _width(boxes, np.concatenate(bands))
    found: list[np.ndarray] = []
    after = limit = start + 1
    for limit in _growing(start + 1, len(bands)):
        parts = _split(np.concatenate(bands[start:limit]), boxes.left, boxes.right)
        if len(parts) == 1 and _width(boxes, parts[0]) > spanning:
            break
        if _are_columns(boxes, parts):
            found, after = parts, limit
    for end in range(limit, after, -1) if found else ():
        parts = _split(np.concatenate(bands[start:end]), boxes.left, boxes.right)
        if _are_columns(boxes, parts):
            return parts, end
    return found, after


def _growing(first: int, last: int) -> Iterator[int]:
    """first .. last in steps that grow: a table would be looked at over and over otherwise."""
    end = first
    while end < last:
        yield end
        end += 1 + (end - first) // 2
    yield last


def _width(boxes: _Boxes, members: np.ndarray) -> float:
    return float(boxes.right[members].max() - boxes.left[members].min())


def _are_columns(boxes: _Boxes, parts: Sequence[np.ndarray]) -> bool:
    """Whether parts that stand side by side are columns of text, and no table."""
    if len(parts) < 2 or min(map(len, parts)) < LEAST_LINES_OF_A_COLUMN:
        return False
    widths = [float(np.median(boxes.right[part] - boxes.left[part])) for part in parts]
    gaps = [
        boxes.left[after].min() - boxes.right[before].max()
        for before, after in zip(parts[:-1], parts[1:], strict=True)
    ]
    return min(widths) >= COLUMN_WIDTH_IN_GAPS * max(gaps)


def _split(members: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[np.ndarray]:
    """Members in groups between which nothing reaches, by the interval low..high of each."""
    members = members[np.argsort(low[members], kind="stable")]
    reach = np.maximum.accumulate(high[members])
    starts = np.flatnonzero(low[members][1:] > reach[:-1]) + 1
    return np.split(members, starts)


def _rows(boxes: _Boxes, members: np.ndarray) -> list[int]:
    """Rows from top to bottom, each from left to right."""
    middle = (boxes.top + boxes.bottom) / 2
    height = boxes.bottom - boxes.top
    left_over = members[np.argsort(middle[members], kind="stable")]
    order: list[int] = []
    while len(left_over):
        first = left_over[0]
        reach = np.minimum(height[first], height[left_over])
        level = middle[left_over] - middle[first] <= reach
        row = left_over[level]
        order += row[np.argsort(boxes.left[row], kind="stable")].tolist()
        left_over = left_over[~level]
    return order
