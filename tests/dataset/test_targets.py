"""The maps that words are drawn as."""

import json
import zipfile

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.geometry import shrink
from dataset.labels import Word
from dataset.readers.icdar import read_ic15
from dataset.targets import _layers, draw_polygons, draw_targets
from tests.conftest import golden

NATIVE = (640, 960)
# OpenCV before 4.12 fills some outlines a few pixels differently.
OPENCV = tuple(int(part) for part in cv2.__version__.split(".")[:2])
PIXELS_OFF = 0 if OPENCV >= (4, 12) else 20


def word(*points: tuple[float, float], ignore: bool = False, line: int = 1) -> Word:
    return Word(np.array(points, np.float32), "###" if ignore else "word", ignore, line)


def box(left: float, top: float, right: float, bottom: float, ignore: bool = False) -> Word:
    return word((left, top), (right, top), (right, bottom), (left, bottom), ignore=ignore)


def polygons_within(low: int, high: int, most: int) -> st.SearchStrategy[list[list[tuple]]]:
    corner = st.tuples(st.integers(low, high), st.integers(low, high))
    return st.lists(st.lists(corner, min_size=4, max_size=7), max_size=most)


def slow_kernels(words: list[Word], size: tuple[int, int], pooling_size: int) -> np.ndarray:
    """The definition, word by word: one map each."""
    kernels, covered = np.zeros(size, np.uint8), np.zeros(size, np.int32)
    polygons = [np.rint(word.points).astype(np.int32) for word in words if not word.ignore]
    for polygon in polygons:
        own = cv2.fillPoly(np.zeros(size, np.uint8), [polygon], 1)
        window = np.ones((pooling_size, pooling_size), np.uint8)
        covered += own
        kernels |= cv2.erode(own, window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    overlap = (covered > 1).astype(np.uint8)
    kernels[cv2.dilate(overlap, np.ones((3, 3), np.uint8)) > 0] = 0
    for polygon in polygons:
        cv2.fillPoly(kernels, [shrink(polygon, 0.1)], 1)
    return kernels


def golden_words(lines: list[str], width: int | None) -> list[Word]:
    """Words as FAST read them: a leading ``#`` ignores, a float round trip may lose a pixel."""
    words = []
    for number, line in enumerate(lines, start=1):
        fields = line.lstrip("\ufeff").split(",")
        points = np.array(fields[:8], np.float64).reshape(4, 2)
        if width:
            scale = np.array([width, NATIVE[0]])
            points = np.trunc(points / scale * scale)
        text = ",".join(fields[8:])
        words.append(Word(points.astype(np.float32), text, text.startswith("#"), number))
    return words


def assert_as_golden(drawn: np.ndarray, expected: np.ndarray) -> None:
    assert drawn.shape == expected.shape
    assert (drawn != expected).sum() <= PIXELS_OFF


@pytest.mark.parametrize("image", [147, 78, 94, 984, 274, 450, 39, 120, 157, 44, 903, 586])
def test_the_maps_of_real_labels_are_the_golden_ones(image):
    case = json.loads(golden("targets.json").read_text())["images"][str(image)]
    maps = np.load(golden("targets.npz"))

    targets = draw_targets(golden_words(case["gt_lines"], NATIVE[1]), NATIVE, 9)

    assert_as_golden(targets.gt_instances, maps[f"gt_instances_{image}"])
    assert_as_golden(targets.gt_texts, maps[f"gt_instances_{image}"] > 0)
    assert_as_golden(targets.gt_kernels, maps[f"gt_kernels_{image}"])
    assert_as_golden(targets.training_masks, maps[f"training_masks_{image}"])


@pytest.mark.parametrize("image", [147, 78, 94, 984, 274, 450, 39, 120, 157, 44, 903, 586])
def test_without_the_float_round_trip_just_the_listed_pixels_differ(image):
    case = json.loads(golden("targets.json").read_text())["images"][str(image)]
    maps = np.load(golden("targets.npz"))

    targets = draw_targets(golden_words(case["gt_lines"], None), NATIVE, 9)

    listed = case["pixels_different_without_the_round_trip"]
    for name in ("gt_instances", "gt_kernels", "training_masks"):
        different = int((getattr(targets, name) != maps[f"{name}_{image}"]).sum())
        assert abs(different - listed[name]) <= PIXELS_OFF, name


@pytest.mark.parametrize("pooling_size", [5, 7, 9, 11, 15])
def test_the_maps_of_odd_labels_are_the_golden_ones(tmp_path, pooling_size):
    """Points outside the image, overlapping and touching words, one of 6 x 6 pixels."""
    with zipfile.ZipFile(golden("readers_files.zip")) as files:
        (tmp_path / "gt.txt").write_bytes(files.read("ic15/gt_img_1.txt"))
    (label,) = read_ic15(tmp_path / "gt.txt")
    words, problems = label.words, label.problems
    # FAST ignored whatever began with the sign.
    words = [Word(w.points, w.text, w.text.startswith("#"), w.line) for w in words]
    maps = np.load(golden("readers.npz"))

    targets = draw_targets(words, (320, 512), pooling_size)

    assert problems == []
    assert_as_golden(targets.gt_instances, maps["ic15_0__gt_instances"])
    assert_as_golden(targets.training_masks, maps["ic15_0__training_masks"])
    assert_as_golden(targets.gt_kernels, maps[f"ic15_0__gt_kernels_pool{pooling_size}"])


def test_a_large_word_keeps_what_a_square_erodes_and_what_clipping_leaves():
    targets = draw_targets([box(10, 10, 109, 29)], (40, 120), 9)

    # 100 x 20 pixels lose 4 on each side; the clipped outline is 99 * 19 / 236 = 8 px inside.
    expected = np.zeros((40, 120), np.uint8)
    expected[14:26, 14:106] = 1
    np.testing.assert_array_equal(targets.gt_kernels, expected)
    assert targets.gt_texts.sum() == 100 * 20
    assert (targets.gt_instances == targets.gt_texts).all()
    assert targets.num_instances == 1


def test_a_word_thinner_than_the_square_still_has_a_kernel():
    targets = draw_targets([box(10, 10, 60, 14)], (40, 120), 9)

    assert targets.gt_kernels.sum() > 0
    assert not (targets.gt_kernels & ~targets.gt_texts).any()


def test_outside_of_a_whole_image_is_background():
    targets = draw_targets([box(-30, -30, 60, 60)], (50, 70), 9)

    # 4 px are lost at the image's own edges; the clipped outline lies 20 px inside the word.
    expected = np.zeros((50, 70), np.uint8)
    expected[4:46, 4:57] = 1
    expected[:41, :41] = 1
    np.testing.assert_array_equal(targets.gt_kernels, expected)
    assert targets.gt_texts[:, :61].all()


def test_ignored_words_are_masked_and_not_drawn():
    targets = draw_targets([box(5, 5, 20, 15, ignore=True), box(30, 5, 60, 25)], (40, 80), 9)

    assert not targets.training_masks[5:16, 5:21].any()
    assert (targets.training_masks == 0).sum() == 11 * 16
    assert set(np.unique(targets.gt_instances)) == {0, 2}
    assert targets.num_instances == 2


def test_no_words_give_empty_maps():
    targets = draw_targets([], (32, 48), 9)

    assert targets.training_masks.all()
    assert not any(m.any() for m in (targets.gt_texts, targets.gt_kernels, targets.gt_instances))
    assert targets.num_instances == 0


def test_maps_have_the_types_and_sizes_that_a_batch_needs():
    targets = draw_targets([box(5, 5, 20, 15)], (33, 47), 9)

    kinds = {
        name: (getattr(targets, name).dtype.name, getattr(targets, name).shape)
        for name in ("gt_texts", "gt_kernels", "training_masks", "gt_instances")
    }
    assert set(kinds.values()) == {("uint8", (33, 47)), ("int32", (33, 47))}
    assert kinds["gt_instances"][0] == "int32"


def test_where_words_overlap_only_the_clipped_outlines_remain():
    words = [box(10, 10, 110, 40), box(90, 10, 190, 40)]

    kernels = draw_targets(words, (60, 200), 9).gt_kernels

    np.testing.assert_array_equal(kernels, slow_kernels(words, (60, 200), 9))
    assert not kernels[20, 100]


def test_an_even_square_erodes_like_the_next_odd_one():
    words = [box(10, 10, 109, 29)]

    even, odd = (draw_targets(words, (40, 120), size) for size in (8, 9))

    np.testing.assert_array_equal(even.gt_kernels, odd.gt_kernels)


def test_more_words_than_a_byte_counts_keep_their_numbers():
    words = [box(x, y, x + 6, y + 6) for y in range(0, 200, 10) for x in range(0, 300, 10)]

    targets = draw_targets(words, (200, 300), 3)

    assert targets.num_instances == len(words) == 600
    assert len(np.unique(targets.gt_instances)) == 601
    assert targets.gt_instances[195, 295] == 600


def test_a_word_goes_on_behind_the_edge_of_a_crop():
    polygon = np.array([[-50, 10], [200, 10], [200, 40], [-50, 40]], np.int32)
    photo = np.array([[-100, -100], [300, -100], [300, 300], [-100, 300]], np.int32)

    targets = draw_polygons([polygon], [1], (60, 80), 9, photo)

    # Eroded above and below, not at the sides of the crop.
    assert targets.gt_kernels[14:37].all()
    assert not targets.gt_kernels[:14].any()
    assert targets.training_masks.all()


@given(polygons=polygons_within(-20, 100, most=5), ignore=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_crop_shows_what_a_larger_map_shows_there(polygons, ignore):
    arrays = [np.array(points, np.int32) for points in polygons]
    numbers = [0 if ignore and index == 0 else index + 1 for index in range(len(arrays))]
    photo = np.array([[-300, -300], [500, -300], [500, 500], [-300, 500]], np.int32)

    crop = draw_polygons(arrays, numbers, (60, 80), 9, photo)
    moved = [polygon + np.int32(100) for polygon in arrays]
    large = draw_polygons(moved, numbers, (300, 300), 9, photo + np.int32(100))

    for name in ("gt_texts", "training_masks", "gt_instances"):
        # OpenCV draws a line that it cuts off a pixel beside the whole line, here and there.
        differs = getattr(crop, name) != getattr(large, name)[100:160, 100:180]
        window = np.ones((3, 3), np.uint8)
        assert not cv2.erode(differs.astype(np.uint8), window, borderValue=0).any(), name
    differs = crop.gt_kernels != large.gt_kernels[100:160, 100:180]
    assert differs.sum() <= 3 * 9 * 9 * len(polygons)


@pytest.mark.parametrize("number", [0, 1])
def test_a_word_that_touches_the_edge_of_a_crop_is_not_smeared_along_it(number):
    polygon = np.array([[-21, 40], [-10, 19], [0, 30], [-11, 50]], np.int32)
    photo = np.array([[-300, -300], [500, -300], [500, 500], [-300, 500]], np.int32)

    targets = draw_polygons([polygon], [number], (60, 80), 9, photo)

    drawn = targets.gt_instances if number else 1 - targets.training_masks
    assert np.argwhere(drawn).tolist() == [[30, 0]]
    assert (targets.gt_texts > 0).tolist() == (targets.gt_instances > 0).tolist()


def test_nothing_is_learned_outside_the_photo():
    photo = np.array([[10, 0], [69, 0], [69, 49], [10, 49]], np.int32)

    targets = draw_polygons([], [], (60, 80), 9, photo)

    assert targets.training_masks[:50, 10:70].all()
    assert targets.training_masks.sum() == 50 * 60


@pytest.mark.parametrize("ignore", [False, True])
def test_words_beyond_the_crop_leave_no_trace(ignore):
    photo = np.array([[-100, -100], [300, -100], [300, 300], [-100, 300]], np.int32)
    polygon = np.array([[90, 10], [200, 10], [200, 40], [90, 40]], np.int32)

    targets = draw_polygons([polygon], [0 if ignore else 5], (60, 80), 9, photo)

    assert targets.num_instances == 0
    assert targets.training_masks.all()
    assert not targets.gt_kernels.any()


@given(polygons=polygons_within(0, 99, most=8), pooling_size=st.sampled_from([1, 3, 9, 15]))
@settings(max_examples=150, deadline=None)
def test_kernels_from_layers_are_those_drawn_word_by_word(polygons, pooling_size):
    words = [word(*points) for points in polygons]

    targets = draw_targets(words, (100, 100), pooling_size)

    np.testing.assert_array_equal(targets.gt_kernels, slow_kernels(words, (100, 100), pooling_size))
    np.testing.assert_array_equal(targets.gt_texts, targets.gt_instances > 0)


@given(seed=st.integers(0, 2**32 - 1), angle_deg=st.floats(0, 90), gap_px=st.floats(0, 5))
@settings(max_examples=60, deadline=None)
def test_turned_lines_of_close_words_are_drawn_exactly(seed, angle_deg, gap_px):
    rng = np.random.default_rng(seed)
    turn = cv2.getRotationMatrix2D((60, 60), angle_deg, 1.0)
    turn[:, 2] += 60  # away from the edges
    words, top = [], 5.0
    for _ in range(5):
        height, left = rng.uniform(4, 22), 0.0
        while left < 110:
            width = rng.uniform(5, 60)
            rows = [
                (left, top),
                (left + width, top),
                (left + width, top + height),
                (left, top + height),
            ]
            words.append(word(*np.array(rows) @ turn[:, :2].T + turn[:, 2]))
            left += width + gap_px
        top += height + gap_px

    kernels = draw_targets(words, (300, 300), 9).gt_kernels

    np.testing.assert_array_equal(kernels, slow_kernels(words, (300, 300), 9))


def test_a_page_of_tilted_lines_needs_few_layers():
    turn = cv2.getRotationMatrix2D((320, 320), 12, 1.0)
    corners = np.array([[0, 0], [70, 0], [70, 14], [0, 14]])
    places = [(x, y) for y in range(0, 600, 22) for x in range(0, 600, 78)]
    polygons = [
        np.rint((corners + place) @ turn[:, :2].T + turn[:, 2]).astype(np.int32) for place in places
    ]

    layers = _layers(polygons)

    assert sum(map(len, layers)) == len(polygons) > 200
    assert len(layers) == 1


def test_coordinates_far_away_do_no_harm():
    far = word((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6))

    targets = draw_targets([far, box(1e5, 0, 1e5 + 20, 9)], (40, 60), 9)

    assert targets.gt_texts.all()
    assert targets.num_instances == 1
