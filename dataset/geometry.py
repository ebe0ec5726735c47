"""Polygons: area, common area, and shrinking.

A polygon is an array (K, 2) of corners, x then y in pixels, either winding, not closed (the last
corner is joined to the first).  Corners may repeat and edges may cross: inside is then what the
even-odd rule says, the rule by which the scoring protocols clip.

The common area of simple outlines comes from Polygon3 (the General Polygon Clipper), which those
protocols use too.  Polygon3 is compiled on installation; where that was not possible, Shapely does
the same work.  Neither sees an outline that crosses or touches itself: Shapely refuses them, and
with such outlines the General Polygon Clipper now and then gives a wrong area or ends the whole
process (a few in a thousand random pairs with corners on a 6 x 6 grid).  ``sweep_area`` measures
those.
"""

import math
from collections.abc import Callable
from functools import cache, cached_property

import numpy as np
import pyclipper

Clipper = Callable[[np.ndarray, np.ndarray], float]
TOUCHING_PX = 1e-6
KEPT_CORNERS = 64


def polygon_area(points: np.ndarray) -> float:
    """Absolute value of the signed (shoelace) area of ``points`` (K, 2), in square pixels.

    The lobes of a bow tie cancel out; fewer than three corners have no area.
    """
    corners = np.asarray(points, np.float64)
    if len(corners) < 3:
        return 0.0
    x, y = (corners[1:] - corners[0]).T
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2


class Outline:
    """A polygon (K, 2) made ready for ``common_area`` with many others.

    area: that of ``polygon_area``.
    """

    def __init__(self, points: np.ndarray) -> None:
        self.area = polygon_area(points)
        self.corners = without_repeats(points)
        self.left = self.top = self.right = self.bottom = math.nan
        if len(self.corners) >= 3:
            self.left, self.top = self.corners.min(axis=0).tolist()
            self.right, self.bottom = self.corners.max(axis=0).tolist()

    @cached_property
    def simple(self) -> bool:
        return is_simple(self.corners)


def intersection_area(a: np.ndarray, b: np.ndarray, clip: Clipper | None = None) -> float:
    """Area in square pixels that lies inside both ``a`` (K, 2) and ``b`` (L, 2), even-odd rule.

    ``clip`` measures two simple outlines; None takes the installed clipper.
    """
    return common_area(Outline(a), Outline(b), clip)


def common_area(a: Outline, b: Outline, clip: Clipper | None = None) -> float:
    """``intersection_area`` of outlines, each of which was made ready once."""
    # Written so that a coordinate that is not a number gives 0 instead of reaching a clipper.
    across = a.left < b.right and b.left < a.right and a.left < a.right and b.left < b.right
    down = a.top < b.bottom and b.top < a.bottom and a.top < a.bottom and b.top < b.bottom
    if not (across and down):
        return 0.0
    if not (a.simple and b.simple):
        return sweep_area(a.corners, b.corners)
    return (clip or installed_clipper())(a.corners, b.corners)


def without_repeats(points: np.ndarray) -> np.ndarray:
    """The corners that are not equal to the next one."""
    differs = points != following(points)
    return points[differs[:, 0] | differs[:, 1]]


def shrink(points: np.ndarray, rate: float, limit_px: int = 20) -> np.ndarray:
    """Pull the outline inwards by Vatti clipping with round joins (PSENet, section 3.4).

    points: (K, 2), rounded to whole pixels first, for the clipper works on integers.
    rate: fraction of its size that the shape keeps, 0 < rate <= 1; 1 moves nothing.
    limit_px: the outline never moves further than this.

    Gives (L, 2) int32: the first piece where the shape falls apart, and the (rounded) polygon
    itself where nothing would be left.
    """
    outline = np.rint(points).astype(np.int32)
    # Words are drawn by the thousand per second: for their few corners plain numbers are quickest.
    corners = outline.tolist()
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))
    perimeter = sum(math.dist(a, b) for a, b in edges)
    area = abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in edges)) / 2
    offset_px = min(int(area * (1 - rate**2) / (perimeter + 0.001) + 0.5), limit_px)
    clipper = pyclipper.PyclipperOffset()
    try:
        clipper.AddPath(corners, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    except pyclipper.ClipperException:  # all corners on one spot
        return outline
    pieces = clipper.Execute(-offset_px)
    return np.array(pieces[0], np.int32) if pieces and len(pieces[0]) >= 3 else outline


def following(corners: np.ndarray) -> np.ndarray:
    """For each corner the next one, the first for the last (np.roll takes ten times as long)."""
    return np.concatenate([corners[1:], corners[:1]])


def is_simple(points: np.ndarray) -> bool:
    """Whether the outline ``points`` (K, 2), K >= 3, surely neither crosses nor touches itself.

    Closer than ``TOUCHING_PX`` is touching, and so are two edges on one line, even far apart.
    """
    corners = np.asarray(points, np.float64)
    x, y = (following(corners) - corners).T
    lengths = np.hypot(x, y)
    if len(corners) <= 4:  # the common case, and the only way in which a triangle is simple
        turns = x * following(y) - y * following(x)
        clear = np.abs(turns) > TOUCHING_PX * lengths
        if clear.all() and abs(np.sign(turns).sum()) == len(corners):
            return True
    # side[i, j]: corner i lies left (+1) or right (-1) of the line through edge j, or on it (0).
    ahead = corners[:, None] - corners
    across = x * ahead[..., 1] - y * ahead[..., 0]
    side = np.sign(across) * (np.abs(across) > TOUCHING_PX * lengths)
    reaches_line = side * following(side) <= 0
    # Only small tables are kept: one of thousands of corners takes as much memory as a photo.
    strangers = _strangers if len(corners) <= KEPT_CORNERS else _strangers.__wrapped__
    meets = reaches_line & reaches_line.T & strangers(len(corners))
    return len(corners) > 3 and not meets.any()


@cache
def _strangers(count: int) -> np.ndarray:
    """(count, count) pairs of edges, each once; not neighbours, which share a corner rightly."""
    pairs = np.triu(np.ones((count, count), bool), k=2)
    pairs[0, -1] = False
    return pairs


@cache
def installed_clipper() -> Clipper:
    """Polygon3 where it is installed, else Shapely."""
    try:
        import Polygon  # noqa: F401
    except ImportError:
        return clip_with_shapely
    return clip_with_polygon3


def clip_with_polygon3(a: np.ndarray, b: np.ndarray) -> float:
    """Area common to two simple polygons, by Polygon3."""
    from Polygon import Polygon

    return (Polygon(a) & Polygon(b)).area()


def clip_with_shapely(a: np.ndarray, b: np.ndarray) -> float:
    """Area common to two simple polygons, by Shapely."""
    import shapely

    return float(shapely.area(shapely.intersection(shapely.polygons(a), shapely.polygons(b))))


def sweep_area(a: np.ndarray, b: np.ndarray) -> float:
    """Area common to any two polygons, even-odd rule, summed over horizontal slabs.

    Between two neighbouring levels at which an edge begins, ends or crosses another, no edges
    change places, and so each piece of a slab is a trapezoid: its height times its middle width.
    """
    start = np.concatenate([a, b]).astype(np.float64)
    end = np.concatenate([following(a), following(b)]).astype(np.float64)
    levels = np.unique(np.concatenate([start[:, 1], crossing_levels(start, end - start)]))
    middles = (levels[1:, None] + levels[:-1, None]) / 2

    (x0, y0), (x1, y1) = start.T, end.T
    spans = (y0 <= middles) != (y1 <= middles)  # (slabs, edges), an even number of each polygon
    with np.errstate(divide="ignore", invalid="ignore"):  # a level edge spans nothing
        x = np.where(spans, x0 + (middles - y0) / (y1 - y0) * (x1 - x0), np.inf)
    order = np.argsort(x, axis=1)
    x = np.take_along_axis(x, order, axis=1)
    counts = np.isfinite(x)
    inside_a = np.cumsum(counts & (order < len(a)), axis=1) % 2 == 1
    inside_b = np.cumsum(counts & (order >= len(a)), axis=1) % 2 == 1
    slab, passed = np.nonzero(inside_a & inside_b)  # never the last edge: both counts end even
    return float(np.diff(levels)[slab] @ (x[slab, passed + 1] - x[slab, passed]))


def crossing_levels(start: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The y at which edges ``start`` + t * ``edges``, 0 <= t <= 1, both (E, 2), cross another."""
    apart = start - start[:, None]
    x, y = edges.T
    turn = np.outer(x, y) - np.outer(y, x)
    with np.errstate(divide="ignore", invalid="ignore"):  # parallel edges do not cross
        t = (apart[..., 0] * y - apart[..., 1] * x) / turn
    edge = np.nonzero((t >= 0) & (t <= 1) & (t.T >= 0) & (t.T <= 1))
    return start[edge[0], 1] + t[edge] * y[edge[0]]
