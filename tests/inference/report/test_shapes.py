"""How large, long and tilted boxes are, by hand."""

import math

import numpy as np
import pytest

from inference.report.shapes import equal_rectangle, shape_of
from tests.inference.report.faked import box

PHOTO = 480, 640


@pytest.mark.parametrize("angle_deg", [0, 20, 44, 46, 90])
def test_a_turned_box_keeps_its_height_and_tells_its_angle(angle_deg):
    shape = shape_of(box(200, 200, 80, 20, angle_deg), PHOTO)

    assert shape.height_px == pytest.approx(20)
    assert shape.angle_deg == pytest.approx(angle_deg, abs=0.01)
    assert shape.aspect == pytest.approx(4 if angle_deg <= 45 else 1 / 4, rel=1e-3)


def test_a_word_that_leans_to_the_other_side_has_the_same_angle():
    assert shape_of(box(200, 200, 80, 20, -30), PHOTO).angle_deg == pytest.approx(30, abs=0.01)


@pytest.mark.parametrize("angle_deg", [-10, 10, 80, 100])
def test_a_square_leans_from_the_nearest_axis(angle_deg):
    shape = shape_of(box(200, 200, 30, 30, angle_deg), PHOTO)

    assert shape.angle_deg == pytest.approx(10, abs=0.01)
    assert shape.aspect == pytest.approx(1, abs=1e-6)


def test_a_curved_word_is_as_high_as_its_letters():
    # Half a ring between the radii 90 and 110: 20 px high, pi * 100 px long.
    turns = np.linspace(0, math.pi, 40)
    arc = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    shape = shape_of(np.concatenate([110 * arc, 90 * arc[::-1]]) + 200, PHOTO)

    assert shape.height_px == pytest.approx(20, rel=0.01)
    assert shape.aspect == pytest.approx(math.pi * 100 / 20, rel=0.02)


def test_a_round_shape_counts_as_a_square():
    turns = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    short, long = equal_rectangle(50 * np.stack([np.cos(turns), np.sin(turns)], axis=1))

    assert short == long


@pytest.mark.parametrize(
    ("left", "top", "border_px"), [(3, 100, 3), (100, 5, 5), (600, 100, 0), (100, 470, -10)]
)
def test_the_border_is_the_nearest_of_four(left, top, border_px):
    assert shape_of(box(left, top, 40, 20), PHOTO).border_px == border_px


def test_without_a_photo_the_border_is_not_known():
    assert math.isnan(shape_of(box(0, 0, 40, 20), (0, 0)).border_px)


@pytest.mark.parametrize("points", [[[5, 5]], [[5, 5], [9, 5]], [[5, 5]] * 4])
def test_boxes_without_an_area_have_no_height(points):
    shape = shape_of(np.array(points), PHOTO)

    assert shape.height_px == 0
    assert shape.aspect >= 1
