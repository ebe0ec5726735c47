"""Colours and sharpness, against torchvision's definition of the jitter."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional

from dataset.colours import Look

# Without pure black and white, so that no step is cut off at 0 or 255.
MILD = np.random.default_rng(0).integers(60, 160, (40, 50, 3), np.uint8)
WILD = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)


def torchvision(image: np.ndarray, kind: str, amount: float) -> np.ndarray:
    adjust = getattr(functional, f"adjust_{kind}")
    result = adjust(torch.from_numpy(image).permute(2, 0, 1), amount)
    return result.permute(1, 2, 0).numpy()


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(int) - b)


@pytest.mark.parametrize("kind", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.4])
@pytest.mark.parametrize("image", [MILD, WILD], ids=["mild", "wild"])
def test_each_step_is_that_of_torchvision(kind, factor, image):
    changed, _ = Look(before_hue=((kind, factor),)).recolour(image)

    assert difference(changed, torchvision(image, kind, factor)).max() <= 1


@pytest.mark.parametrize("turn", [-0.5, -0.43, -0.1, -0.02, 0.03, 0.1, 0.25, 0.45, 0.5])
@pytest.mark.parametrize("image", [MILD, WILD], ids=["mild", "wild"])
def test_the_turn_of_the_hue_is_that_of_torchvision(turn, image):
    changed, _ = Look(hue_turn=turn).recolour(image)

    # Hues are kept in steps of two degrees.
    assert difference(changed, torchvision(image, "hue", turn)).mean() < 2
    assert difference(changed.max(axis=2), image.max(axis=2)).max() <= 1


def test_turning_red_by_a_third_gives_green():
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 200

    assert Look(hue_turn=1 / 3).recolour(red)[0][0, 0].tolist() == [0, 200, 0]
    assert Look(hue_turn=-1 / 3).recolour(red)[0][0, 0].tolist() == [0, 0, 200]


@given(
    steps=st.permutations(["brightness", "contrast", "saturation"]),
    factors=st.lists(st.floats(0.8, 1.2), min_size=3, max_size=3),
    place=st.integers(0, 3),
    turn=st.floats(-0.1, 0.1),
)
@settings(max_examples=40, deadline=None)
def test_any_order_of_the_steps_is_that_of_torchvision(steps, factors, place, turn):
    pairs = tuple(zip(steps, factors, strict=True))
    expected = MILD
    for kind, amount in [*pairs[:place], ("hue", turn), *pairs[place:]]:
        expected = torchvision(expected, kind, amount)

    changed, _ = Look(pairs[:place], turn, pairs[place:]).recolour(MILD)

    assert difference(changed, expected).mean() < 2.5


@pytest.mark.parametrize("place", [0, 1, 2])
def test_black_goes_the_way_that_black_pixels_go(place):
    image = WILD.copy()
    image[:5] = 0
    steps = (("contrast", 0.6), ("brightness", 1.3))

    changed, black = Look(steps[:place], 0.1, steps[place:]).recolour(image)

    assert 20 < black < 90
    assert difference(changed[:5], np.full_like(changed[:5], black)).max() <= 1


def test_a_blur_spreads_a_dot_and_keeps_its_sum():
    image = np.zeros((21, 21, 3), np.uint8)
    image[10, 10] = 255

    blurred = Look(blur_px=1.0).blur(image)[..., 0]

    # A Gaussian of one pixel keeps 0.159 of a dot in its middle.
    assert abs(blurred[10, 10] - 0.159 * 255) < 2
    assert abs(int(blurred.sum()) - 255) < 20
    np.testing.assert_array_equal(blurred, blurred.T)


@pytest.mark.parametrize("blur_px", [0.0, 0.1])
def test_a_blur_of_almost_nothing_is_none(blur_px):
    assert Look(blur_px=blur_px).blur(WILD) is WILD
