"""How flat sheets are bent and seen: forwards and backwards, and warped as their points move."""

import numpy as np
import pytest

from dataset.synthetic_shape import Bend, Place, box_outline, choose_bend, look_at

SIZE = (40, 200)
BENDS = {
    "flat": Bend(SIZE),
    "arch": Bend(SIZE, arc=1.2),
    "smile": Bend(SIZE, arc=-1.2),
    "wave": Bend(SIZE, wave=(6.0, 1.3)),
}


@pytest.mark.parametrize("bend", BENDS.values(), ids=BENDS)
def test_backward_undoes_forward(bend):
    x, y = np.meshgrid(np.linspace(0, 199, 21), np.linspace(0, 39, 5))
    points = bend.forward(np.stack([x, y], axis=-1))
    back_x, back_y = bend.backward(points[..., 0], points[..., 1])
    np.testing.assert_allclose(back_x, x, atol=1e-6)
    np.testing.assert_allclose(back_y, y, atol=1e-6)


def test_an_arch_keeps_its_middle_and_lowers_its_ends():
    # Over 200 pixels and 1 radian the radius is 200: the ends are 200 * (1 - cos 0.5) lower.
    bend = Bend((41, 200), arc=1.0)
    (x, y), (_, end_y) = bend.forward(np.array([[99.5, 20.0], [199.5, 20.0]]))
    assert (x, y) == pytest.approx((0, 0))
    assert end_y == pytest.approx(200 * (1 - np.cos(0.5)), abs=0.01)


def test_a_smile_raises_its_ends():
    (_, end_y) = Bend((41, 200), arc=-1.0).forward(np.array([199.5, 20.0]))
    assert end_y == pytest.approx(-200 * (1 - np.cos(0.5)), abs=0.01)


@pytest.mark.parametrize("bend", BENDS.values(), ids=BENDS)
def test_pixels_go_where_points_go(bend):
    layers = np.zeros((*SIZE, 1), np.uint8)
    layers[10:17, 150:157] = 255
    place = look_at(np.random.default_rng(3), bend, 1.5).shifted(np.array([220.0, 150.0]))
    warped = place.warp(layers, (0, 0, 440, 300)).reshape(300, 440).astype(float)
    y, x = np.mgrid[:300, :440]
    centre = (warped * x).sum() / warped.sum(), (warped * y).sum() / warped.sum()
    assert np.allclose(centre, place.move(np.array([153.0, 13.0])), atol=0.6)


def test_an_outline_runs_clockwise_from_the_top_left():
    outline = box_outline(np.array([1.0, 2.0, 5.0, 4.0]), 3)
    assert outline.tolist() == [[1, 2], [3, 2], [5, 2], [5, 4], [3, 4], [1, 4]]


def test_sheets_are_seen_from_the_front():
    for number in range(200):
        place = look_at(np.random.default_rng(number), Bend(SIZE), 1.0)
        assert isinstance(place, Place)
        corners = place.move(box_outline(np.array([0.0, 0, 199, 39]), 2))
        edges = np.roll(corners, -1, axis=0) - corners
        following = np.roll(edges, -1, axis=0)
        assert (edges[:, 0] * following[:, 1] > edges[:, 1] * following[:, 0]).all()


def test_some_lines_are_bent_and_tall_sheets_are_not():
    rng = np.random.default_rng(0)
    assert {choose_bend(rng, SIZE, 20.0).is_flat for _ in range(100)} == {True, False}
    assert all(choose_bend(rng, (100, 200), 20.0).is_flat for _ in range(100))
