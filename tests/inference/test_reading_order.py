import cv2
import numpy as np
import pytest

from inference.reading_order import in_reading_order, joined_into_lines, reading_corners
from models.post_processing import Detection


def box(x: float, y: float, width: float, height: float = 20) -> np.ndarray:
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float64)


def row(y: float, left: float, count: int, width: float = 60, gap: float = 10) -> list[np.ndarray]:
    return [box(left + at * (width + gap), y, width) for at in range(count)]


def detections(outlines: list[np.ndarray], degrees: float = 0) -> list[Detection]:
    """Outlines turned counterclockwise about (500, 500), as the detector gives them."""
    matrix = cv2.getRotationMatrix2D((500, 500), degrees, 1)
    found = []
    for number, outline in enumerate(outlines):
        turned = outline @ matrix[:, :2].T + matrix[:, 2]
        corners = cv2.boxPoints(cv2.minAreaRect(turned.astype(np.float32)))
        found.append(Detection(np.rint(corners).astype(np.int32), number / 1000))
    return found


def order_of(outlines: list[np.ndarray], degrees: float = 0) -> list[int]:
    words = detections(outlines, degrees)
    shuffled = [words[at] for at in np.random.default_rng(7).permutation(len(words))]
    return [round(1000 * word.score) for word in in_reading_order(shuffled)]


PARAGRAPH = [*row(100, 100, 6), *row(130, 100, 5), *row(160, 130, 3)]
TWO_COLUMNS = [
    *row(100, 200, 7),  # a heading over both
    *[word for y in (160, 190, 220) for word in row(y, 100, 4)],
    *[word for y in (160, 190, 220) for word in row(y, 420, 4)],
    *row(280, 150, 8),  # and a line below both
]
RECEIPT = [word for y in (100, 130, 160, 190) for word in (box(100, y, 150), box(500, y, 50))]


@pytest.mark.parametrize("degrees", [0, 5, -20, 40, -40, 70, -70])
@pytest.mark.parametrize("page", [PARAGRAPH, TWO_COLUMNS, RECEIPT])
def test_words_come_as_they_are_read_on_a_page_turned_by_any_angle(page, degrees):
    assert order_of(page, degrees) == list(range(len(page)))


def test_text_that_runs_downwards_has_its_next_line_on_the_left():
    assert order_of(PARAGRAPH, -90) == list(range(len(PARAGRAPH)))


def test_columns_that_are_not_level_with_each_other_are_columns_still():
    left = [word for y in range(100, 280, 30) for word in row(y, 100, 4)]
    right = [word for y in range(113, 260, 30) for word in row(y, 420, 4)]
    assert order_of([*left, *right]) == list(range(len(left) + len(right)))


def test_lines_that_touch_are_kept_apart():
    page = [word for y in range(100, 200, 22) for word in row(y, 100, 5)]
    page = [word + np.array([(-2, -4), (2, -4), (2, 4), (-2, 4)]) for word in page]
    assert order_of(page) == list(range(len(page)))


def test_no_words_have_an_order_too_and_one_word():
    assert in_reading_order([]) == []
    assert joined_into_lines([], ordered=True) == []
    assert order_of([box(3, 3, 40)]) == [0]


def test_lines_hold_their_words_and_have_their_mean_score():
    words = detections(PARAGRAPH)
    lines = joined_into_lines(words, ordered=True)
    assert [line.points.min(axis=0).tolist() for line in lines] == [
        [100, 100],
        [100, 130],
        [130, 160],
    ]
    assert [line.points.max(axis=0).tolist() for line in lines] == [
        [510, 120],
        [440, 150],
        [330, 180],
    ]
    assert lines[0].score == pytest.approx(np.mean([0, 1, 2, 3, 4, 5]) / 1000)
    assert lines[0].points.dtype == np.int32
    assert len(joined_into_lines(words)) == 3


@pytest.mark.parametrize(
    ("degrees", "first", "second"),
    [
        (0, (100, 100), (300, 100)),
        (60, (100, 100), (200, -73)),  # climbing
        (-60, (100, 100), (200, 273)),
        (90, (140, -100), (140, 100)),  # read downwards: its top is on the right
        (-90, (100, 100), (100, 300)),
    ],
)
def test_a_word_begins_at_its_top_left_as_it_is_read(degrees, first, second):
    word = box(100, 100, 200, 40)
    matrix = cv2.getRotationMatrix2D((100, 100), degrees, 1)
    turned = word @ matrix[:, :2].T + matrix[:, 2]
    for roll in range(4):
        for winding in (1, -1):
            corners = reading_corners(np.roll(turned, roll, axis=0)[::winding].astype(np.float32))
            np.testing.assert_allclose(corners[:2], (first, second), atol=1)


def test_a_single_tall_syllable_is_read_level_and_a_long_column_downwards():
    np.testing.assert_array_equal(reading_corners(box(0, 0, 20, 28))[0], (0, 0))
    np.testing.assert_array_equal(reading_corners(box(0, 0, 20, 80))[0], (20, 0))
