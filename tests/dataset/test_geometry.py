"""Polygon areas against hand-made numbers, golden numbers, and each other."""

import json
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from dataset import geometry
from dataset.geometry import (
    clip_with_polygon3,
    clip_with_shapely,
    intersection_area,
    is_simple,
    polygon_area,
    shrink,
    sweep_area,
)
from tests.conftest import golden

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]])
BOW_TIE = np.array([[0, 0], [10, 10], [10, 0], [0, 10]])
FAR_SQUARE = SQUARE + 30
LINE = np.array([[0, 0], [10, 10], [0, 0], [10, 10]])


def outlines(rng: np.random.Generator, count: int, corners: int, smallest: float) -> np.ndarray:
    """``count`` rings of corners round random centres: concave where radii differ much."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, (count, corners)), axis=1)
    radii = rng.uniform(smallest, 50, (count, corners))
    centres = rng.uniform(40, 70, (count, 1, 2))
    return centres + radii[..., None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def self_touching(rng: np.random.Generator, count: int) -> np.ndarray:
    """Whole-number hexagons whose fifth corner lies on their first edge, exactly."""
    hexagons = 2 * rng.integers(0, 60, (count, 6, 2))
    hexagons[:, 4] = (hexagons[:, 0] + hexagons[:, 1]) // 2
    return hexagons


def random_pairs(seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """10,000 pairs: convex, concave, self-touching, self-crossing, and mixed kinds."""
    rng = np.random.default_rng(seed)
    kinds = [
        outlines(rng, 4000, 4, smallest=49),
        outlines(rng, 4000, 4, smallest=5),
        np.rint(outlines(rng, 4000, 9, smallest=10)),
        outlines(rng, 4000, 14, smallest=25),
        self_touching(rng, 2000),
        rng.uniform(0, 100, (2000, 6, 2)),
    ]
    polygons = [polygon for kind in kinds for polygon in kind]
    order = rng.permutation(len(polygons)).tolist()
    return ((polygons[i], polygons[j]) for i, j in zip(order[::2], order[1::2], strict=True))


def test_polygon3_and_shapely_agree_on_ten_thousand_random_pairs():
    clipped = []

    def clip(a: np.ndarray, b: np.ndarray) -> float:
        clipped.append(clip_with_shapely(a, b))
        return clipped[-1]

    worst, common = 0.0, 0
    for a, b in random_pairs(seed=1):
        by_polygon3 = clip_with_polygon3(a, b)  # as it is: no short cut for far or crossing ones
        by_shapely = intersection_area(a, b, clip)
        scale = max(polygon_area(a), polygon_area(b), by_shapely)
        worst = max(worst, abs(by_polygon3 - by_shapely) / scale)
        common += by_shapely > 0
    assert worst < 1e-9
    assert common > 8000, "most pairs must overlap, else the test says little"
    assert 4000 < len(clipped) < 7000, "both simple outlines and self-crossing ones must be met"


def test_the_sweep_agrees_with_polygon3_on_outlines_that_cross_themselves():
    rng = np.random.default_rng(2)
    for a, b in rng.uniform(0, 100, (500, 2, 7, 2)):
        assert sweep_area(a, b) == pytest.approx(clip_with_polygon3(a, b), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("clip", [clip_with_polygon3, clip_with_shapely])
def test_areas_and_common_areas_are_the_golden_ones(clip):
    for pair in json.loads(golden("polygon_pairs.json").read_text()):
        a, b = np.array(pair["a"]), np.array(pair["b"])
        assert polygon_area(a) == pair["area_a"]
        assert polygon_area(b) == pair["area_b"]
        assert intersection_area(a, b, clip) == pytest.approx(pair["intersection"], rel=1e-9)
        assert sweep_area(a, b) == pytest.approx(pair["intersection"], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "area"),
    [
        ([[7, 9], [1, 7], [4, 8]], [[4, 9], [2, 3], [3, 6]], 0.0),
        ([[4, 0], [0, 0], [0, 4], [4, 4]], [[2, 2], [6, 2], [6, 6], [2, 6], [2, 2], [6, 2]], 4.0),
        ([[6, 4], [7, 7], [1, 4]], [[1, 0], [3, 5], [7, 4], [7, 5]], None),
        ([[2, 0], [4, 4], [5, 7]], [[6, 7], [3, 2], [2, 1], [3, 1], [1, 7], [4, 1], [0, 6]], None),
    ],
)
def test_outlines_that_end_the_process_inside_polygon3_are_measured(a, b, area):
    common = intersection_area(np.array(a), np.array(b))
    if area is None:  # a slow reference: which of a million points lie inside both
        area = 49 * np.mean(inside(a, grid := grid_points(7)) & inside(b, grid))
    assert common == pytest.approx(area, abs=0.02)


def grid_points(size: int) -> np.ndarray:
    """A million evenly spread points of the square 0..size."""
    steps = (np.arange(1000) + 0.5) * size / 1000
    return np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)


def inside(corners: list[list[int]], points: np.ndarray) -> np.ndarray:
    """Even-odd test by counting the edges to the right of each point."""
    odd = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        spans = (y0 > points[:, 1]) != (y1 > points[:, 1])
        if spans.any():
            odd ^= spans & (points[:, 0] < x0 + (points[:, 1] - y0) * (x1 - x0) / (y1 - y0))
    return odd


def test_a_bow_tie_has_no_shoelace_area_but_covers_something():
    assert polygon_area(BOW_TIE) == 0
    assert intersection_area(BOW_TIE, SQUARE) == pytest.approx(50)
    assert intersection_area(BOW_TIE, BOW_TIE) == pytest.approx(50)


def test_an_outline_walked_twice_covers_nothing_by_the_even_odd_rule():
    assert intersection_area(np.concatenate([SQUARE, SQUARE]), SQUARE) == 0


def test_winding_does_not_matter():
    assert polygon_area(SQUARE[::-1]) == polygon_area(SQUARE) == 100
    assert intersection_area(SQUARE[::-1], SQUARE + 5) == pytest.approx(25)


@pytest.mark.parametrize("other", [FAR_SQUARE, LINE, SQUARE[:2], SQUARE[:0], SQUARE + [10, 0]])
def test_polygons_without_common_area_give_exactly_zero(other):
    assert intersection_area(SQUARE, other) == 0
    assert intersection_area(other, SQUARE) == 0


def test_a_coordinate_that_is_not_a_number_has_no_common_area():
    assert intersection_area(np.array([[0, 0], [10, np.nan], [10, 10]]), SQUARE) == 0


@pytest.mark.parametrize(
    ("points", "simple"),
    [
        (SQUARE, True),
        ([[0, 0], [10, 0], [2, 2], [0, 10]], True),  # concave
        (BOW_TIE, False),
        ([[0, 0], [10, 0], [10, 0], [0, 10]], False),  # a corner twice
        ([[0, 0], [10, 0], [5, 5], [10, 10], [0, 10], [5, 5]], False),  # pinched
        ([[0, 0], [5, 0], [10, 0]], False),  # flat
        ([[0, 0], [10, 0], [5, 0], [5, 5]], False),  # folds back
    ],
)
def test_only_outlines_that_meet_themselves_nowhere_count_as_simple(points, simple):
    assert is_simple(np.array(points)) is simple


def test_shapely_stands_in_only_where_polygon3_cannot_be_imported(monkeypatch):
    assert geometry.installed_clipper.__wrapped__() is clip_with_polygon3
    monkeypatch.setitem(sys.modules, "Polygon", None)  # makes the import fail
    assert geometry.installed_clipper.__wrapped__() is clip_with_shapely


def test_shrinking_gives_the_golden_outlines():
    cases = json.loads(golden("readers.json").read_text())["shrink"]
    for case in cases:
        polygon = np.array(case["polygon"])
        shrunk = shrink(polygon, rate=0.1, limit_px=20)
        assert {*map(tuple, shrunk.tolist())} == {*map(tuple, case["result"])}, case["kind"]
        assert shrunk.dtype == np.int32


def test_shrinking_moves_a_square_by_area_over_perimeter():
    # 100 * 100 * (1 - 0.5 ** 2) / 400 = 18.75 and, rounded, 19 pixels.
    square = np.array([[0, 0], [100, 0], [100, 100], [0, 100]])
    shrunk = shrink(square, rate=0.5)
    assert (shrunk.min(), shrunk.max()) == (19, 81)
    assert (shrink(square, 0.5, limit_px=7).min(), shrink(square, 1.0).min()) == (7, 0)


@pytest.mark.parametrize("points", [LINE, SQUARE * 0, SQUARE[:2]])
def test_a_shape_of_which_nothing_is_left_comes_back_whole(points):
    np.testing.assert_array_equal(shrink(points, rate=0.1), points)
