"""Where the pixels and the words of a training crop come from."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.augment import UNCHANGED, Augmentation, View, _choose_crop, choose_view, draw_look
from dataset.colours import Look
from dataset.images import reduced, scaled_size

NO_POINTS = np.zeros((0, 2)), np.zeros(0, np.int64)
STILL = Look()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def view_of(
    photo_size: tuple[int, int] = (640, 960),
    crop_size: tuple[int, int] = (640, 640),
    change: Augmentation = UNCHANGED,
    boxes: list[tuple[int, int, int, int]] | None = None,
    seed: int = 0,
    short_size: int = 640,
) -> View:
    points, starts = corners_of(boxes) if boxes else NO_POINTS
    return choose_view(rng(seed), photo_size, points, starts, crop_size, short_size, change)


def corners_of(boxes: list[tuple[int, int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Corners of boxes (left, top, right, bottom), and where each box begins among them."""
    corners = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes]
    return np.array(corners, np.float64).reshape(-1, 2), np.arange(len(boxes)) * 4


def photo(height: int = 96, width: int = 160) -> np.ndarray:
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (np.stack([x, y, 0.5 + 0 * x], axis=-1) * 255).astype(np.uint8)


def test_without_changes_a_photo_of_the_right_size_is_only_cropped():
    image = photo(64, 96)
    view = view_of((64, 96), (64, 64), short_size=64)

    left = -int(view.matrix[0, 2])
    np.testing.assert_allclose(view.matrix, [[1, 0, -left], [0, 1, 0]], atol=1e-12)
    np.testing.assert_array_equal(view.take(image, STILL), image[:, left : left + 64])


def test_enlarging_keeps_pixels_where_resizing_puts_them():
    image = photo(64, 96)
    view = view_of((64, 96), (128, 192), short_size=128)

    resized = cv2.resize(image, (192, 128), interpolation=cv2.INTER_LINEAR)
    inner = np.s_[2:-2, 2:-2]
    taken = view.take(image, STILL)
    assert np.abs(taken[inner].astype(int) - resized[inner]).max() <= 2


def test_a_flip_mirrors_pixels_and_points_alike():
    image = photo(64, 64)
    change = Augmentation(**{**vars(UNCHANGED), "flip": 1.0})
    view = view_of((64, 64), (64, 64), change, short_size=64)

    np.testing.assert_array_equal(view.take(image, STILL), image[:, ::-1])
    np.testing.assert_allclose(view.move(np.array([[0.0, 5.0], [63.0, 7.0]])), [[63, 5], [0, 7]])


def test_the_photo_turns_about_the_centre_of_an_unchanged_canvas():
    change = Augmentation(**{**vars(UNCHANGED), "rotation": 30.0})
    view = view_of((640, 960), (640, 960), change)

    assert view.shown == (640, 960)
    np.testing.assert_allclose(view.move(np.array([[479.5, 319.5]])), [[479.5, 319.5]])
    angle_deg = np.degrees(np.arctan2(view.matrix[0, 1], view.matrix[0, 0]))
    assert 0 < abs(angle_deg) <= 30


def test_a_quarter_turn_goes_either_way_and_takes_the_canvas_along():
    image = photo(64, 96)
    change = replace(UNCHANGED, quarter_turn=1.0)
    turned = set()
    for seed in range(8):
        view = view_of((64, 96), (96, 64), change, seed=seed, short_size=64)
        assert view.shown == (96, 64)
        crop = view.take(image, STILL)
        x, y = np.rint(view.move(np.array([[70.0, 5.0]]))[0]).astype(int)
        np.testing.assert_array_equal(crop[y, x], image[5, 70])
        turned.add(crop.tobytes())
    assert turned == {np.rot90(image, way).tobytes() for way in (1, 3)}


@pytest.mark.parametrize("name", ["quarter_turn", "word_crop"])
def test_what_never_comes_leaves_the_draw_of_a_seed_alone(name):
    change = Augmentation()
    never, rarely = view_of(change=change), view_of(change=replace(change, **{name: 1e-12}))
    assert never.shown == rarely.shown
    np.testing.assert_array_equal(never.matrix[:, :2], rarely.matrix[:, :2])


def test_what_lies_outside_the_photo_is_black():
    change = Augmentation(**{**vars(UNCHANGED), "rotation": 30.0})
    view = view_of((640, 640), (640, 640), change)

    crop = view.take(np.full((640, 640, 3), 200, np.uint8), STILL)
    inside = cv2.fillConvexPoly(np.zeros((640, 640), np.uint8), view.outline((640, 640)), 1)

    edge = cv2.dilate(inside, np.ones((5, 5), np.uint8)) - cv2.erode(
        inside, np.ones((5, 5), np.uint8)
    )
    assert not crop[(inside == 0) & (edge == 0)].any()
    assert (crop[(inside == 1) & (edge == 0)] == 200).all()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_points_land_on_the_pixels_that_they_mark(seed):
    """Three marks are painted on a photo; the crop shows them where their points are moved to."""
    image = np.zeros((200, 300, 3), np.uint8)
    marks = rng(seed).integers([20, 20], [280, 180], size=(3, 2))
    for channel, (x, y) in enumerate(marks):
        image[y - 3 : y + 4, x - 3 : x + 4, channel] = 255
    change = Augmentation(quarter_turn=0.5)
    view = view_of((200, 300), (256, 256), change, seed=seed, short_size=200)

    crop = view.take(image, STILL)

    for channel, (x, y) in enumerate(view.move(marks.astype(float))):
        weights = crop[..., channel].astype(float)
        if min(x, y) > 10 and x < view.shown[1] - 10 and y < view.shown[0] - 10:
            rows, columns = np.mgrid[:256, :256]
            seen = np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()
            np.testing.assert_allclose(seen, [x, y], atol=0.3)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_reading_only_the_part_that_is_seen_changes_nothing(seed):
    image = rng(seed).integers(0, 256, (120, 150, 3), np.uint8)
    view = view_of((120, 150), (96, 128), Augmentation(), seed=seed, short_size=120)

    height, width = view.shown
    whole = cv2.warpAffine(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), view.matrix, (width, height))

    crop = view.take(image, STILL).astype(int)
    assert np.abs(crop[:height, :width] - whole[..., :3]).max() <= 2
    assert not crop[height:].any()
    assert not crop[:, width:].any()


@pytest.mark.parametrize("photo_size", [(1, 1), (2, 500), (700, 3), (40, 40)])
def test_tiny_and_narrow_photos_give_crops_too(photo_size):
    image = np.full((*photo_size, 3), 90, np.uint8)
    for seed in range(5):
        view = view_of(photo_size, (64, 64), Augmentation(), seed=seed, short_size=48)
        assert view.take(image, draw_look(rng(seed), Augmentation())).shape == (64, 64, 3)


@pytest.mark.parametrize("seed", range(20))
def test_a_crop_of_a_reduced_photo_shows_the_same_in_the_same_place(seed):
    large = photo(512, 768)
    change = replace(UNCHANGED, scale=(0.5, 1.0), aspect=(0.9, 1.1), flip=0.5, rotation=30)
    view = view_of((512, 768), (96, 96), change, seed=seed, short_size=128)
    reduction = view.reduction((512, 768))
    assert reduction >= 2

    whole = view.take(large, STILL)
    crop = view.of_reduced(reduction).take(reduced(large, reduction), STILL)

    # Inside of the photo; along its edge a coarser pixel reaches out further into the black.
    shown = (whole.min(axis=2) > 8).astype(np.uint8)
    border = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    inside = cv2.erode(shown, np.ones((9, 9), np.uint8), **border) > 0
    assert inside.any()
    assert np.abs(crop.astype(int) - whole)[inside].max() <= 2


def test_the_scale_and_aspect_are_drawn_as_in_fast():
    """A canvas is the photo at scale x short size, its sides raised to multiples of 32."""
    generator, change = rng(5), Augmentation(flip=0.0, rotation=0.0)
    factor, aspect = generator.uniform(0.5, 2.0), generator.uniform(0.9, 1.1)
    height, width = scaled_size(640, 960, factor, aspect)

    view = view_of((640, 960), (4000, 4000), change, seed=5)

    assert view.shown == (height, width)
    np.testing.assert_allclose(np.diag(view.matrix[:, :2]), [width / 960, height / 640])


def test_crops_begin_and_end_between_words():
    boxes = [(x, y, x + 60, y + 20) for y in range(10, 640, 100) for x in range(10, 960, 120)]
    occupied_x = {x for left, _, right, _ in boxes for x in range(left, right + 1)}
    occupied_y = {y for _, top, _, bottom in boxes for y in range(top, bottom + 1)}

    for seed in range(30):
        left, top = -view_of(crop_size=(320, 320), boxes=boxes, seed=seed).matrix[:, 2].astype(int)
        assert not {left, left + 319} & occupied_x
        assert not {top, top + 319} & occupied_y


def test_a_crop_shows_words_if_a_try_finds_any():
    boxes = [(500, 300, 560, 320)]

    for seed in range(30):
        left, top = -view_of(crop_size=(320, 320), boxes=boxes, seed=seed).matrix[:, 2]
        assert left <= 500
        assert left + 320 > 560
        assert top <= 300
        assert top + 320 > 320


def around_word(boxes: list[tuple[int, int, int, int]], side: int, seed: int) -> tuple[int, int]:
    """(left, top) of a crop of side x side out of 960 x 640, around one of the words in it."""
    change = replace(UNCHANGED, word_crop=1.0)
    view = view_of(crop_size=(side, side), change=change, boxes=boxes, seed=seed)
    left, top = -view.matrix[:, 2].astype(int)
    assert view.shown == (side, side)
    assert 0 <= left <= 960 - side and 0 <= top <= 640 - side
    return left, top


@given(
    left=st.integers(0, 900), top=st.integers(0, 600), width=st.integers(1, 400),
    height=st.integers(1, 300), seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(deadline=None)
def test_a_crop_around_a_word_shows_all_of_it_or_nothing_else(left, top, width, height, seed):
    right, bottom = min(left + width, 959), min(top + height, 639)

    place = around_word([(left, top, right, bottom)], 200, seed)

    for first, low, high in zip(place, (left, top), (right, bottom), strict=True):
        if high - low < 200:
            assert first <= low and high <= first + 199
        else:
            assert low <= first and first + 199 <= high


def test_a_crop_around_a_word_lies_anywhere_around_it():
    places = {around_word([(300, 300, 397, 395)], 100, seed) for seed in range(200)}

    assert places == {(x, y) for x in (298, 299, 300) for y in (296, 297, 298, 299, 300)}


def test_crops_show_large_words_beside_small_ones_as_often():
    """No crop of 200 pixels begins and ends beside the large word, and few begin above it."""
    large, small = (100, 20, 290, 600), (700, 300, 720, 310)
    lefts = np.array([around_word([large, small], 200, seed)[0] for seed in range(300)])

    assert 0.4 < np.mean(lefts <= 290) < 0.6


def test_a_crop_around_a_word_cuts_no_other_where_a_try_finds_a_way():
    words = [(300, 300, 340, 320), (360, 290, 520, 310)]
    cuts = {1: 0, 100: 0}
    for tries in cuts:
        change = replace(UNCHANGED, word_crop=1.0, crop_tries=tries)
        for seed in range(60):
            view = view_of(crop_size=(200, 200), change=change, boxes=words, seed=seed)
            first = -view.matrix[0, 2]
            cuts[tries] += any(x0 < first <= x1 or x0 <= first + 199 < x1 for x0, _, x1, _ in words)
    assert cuts[1] > 20
    assert cuts[100] == 0


def test_every_place_up_to_the_last_is_drawn():
    nothing = np.zeros((0, 2), np.int64)

    places = {_choose_crop(rng(s), (64, 70), (64, 64), nothing, nothing, 20) for s in range(200)}

    assert places == {(left, 0) for left in range(7)}


def test_a_page_without_a_free_row_is_cropped_anywhere():
    low, high = np.array([[0, 0]]), np.array([[639, 639]])

    places = {_choose_crop(rng(s), (640, 640), (320, 320), low, high, 20) for s in range(50)}

    assert len(places) > 30
    assert max(max(place) for place in places) <= 320


def test_a_photo_smaller_than_the_crop_is_filled_up_with_black():
    change = Augmentation(**{**vars(UNCHANGED), "scale": (0.5, 0.5)})
    view = view_of((64, 64), (64, 96), change, short_size=64)

    crop = view.take(np.full((64, 64, 3), 77, np.uint8), STILL)

    assert view.shown == (32, 32)
    assert (crop[:32, :32] == 77).all()
    assert crop.sum() == 32 * 32 * 3 * 77


def test_the_look_follows_its_ranges():
    looks = [draw_look(rng(seed), Augmentation()) for seed in range(300)]

    for look in looks:
        steps = dict(look.before_hue + look.after_hue)
        assert set(steps) == {"brightness", "contrast", "saturation"}
        assert all(0.6 <= factor <= 1.4 for factor in steps.values())
        assert abs(look.hue_turn) <= 0.1
        assert 0 <= look.blur_px <= 1
    assert 0.4 < np.mean([look.blur_px > 0 for look in looks]) < 0.6
    assert len({tuple(name for name, _ in look.before_hue) for look in looks}) == 16


def test_a_look_without_any_change_leaves_the_image():
    image = photo()
    look = draw_look(rng(), UNCHANGED)

    recoloured, black = look.recolour(image)

    np.testing.assert_array_equal(look.blur(recoloured), image)
    assert black == 0


def test_colours_come_out_alike_whether_changed_before_or_after_the_warp():
    """The same crop of the same photo, once small against the crop and once large against it."""
    look = Look((("brightness", 1.2),), 0.05, (("saturation", 0.7),))
    small = photo(48, 48)
    large = cv2.resize(small, (480, 480), interpolation=cv2.INTER_LINEAR)

    first = view_of((48, 48), (96, 96), short_size=96).take(small, look)
    second = view_of((480, 480), (96, 96), short_size=96).take(large, look)

    inner = np.s_[4:-4, 4:-4]
    assert np.abs(first[inner].astype(int) - second[inner]).mean() < 2
