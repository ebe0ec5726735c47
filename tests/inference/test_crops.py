import cv2
import numpy as np
import pytest

from inference.crops import cut_out

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))  # top left, clockwise


def word_image(width: int = 90, height: int = 30) -> np.ndarray:
    """Four quarters, each of its own colour."""
    image = np.zeros((height, width, 3), np.uint8)
    left, top = np.s_[: width // 2], np.s_[: height // 2]
    right, bottom = np.s_[width // 2 :], np.s_[height // 2 :]
    for rows, columns, colour in zip(
        (top, top, bottom, bottom), (left, right, right, left), COLOURS, strict=True
    ):
        image[rows, columns] = colour
    return image


def quarters(crop: np.ndarray) -> list[tuple[int, ...]]:
    """The colours in the middles of the quarters, clockwise from the top left."""
    height, width = crop.shape[:2]
    x, y = (width // 4, 3 * width // 4), (height // 4, 3 * height // 4)
    places = ((y[0], x[0]), (y[0], x[1]), (y[1], x[1]), (y[1], x[0]))
    return [tuple(crop[place].tolist()) for place in places]


def placed(corners: np.ndarray, size: tuple[int, int] = (400, 400)) -> np.ndarray:
    word = word_image()
    source = np.array([(0, 0), (90, 0), (90, 30), (0, 30)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    return cv2.warpPerspective(word, matrix, size[::-1])


@pytest.mark.parametrize(
    ("corners", "shape"),
    [
        ([(100, 100), (190, 100), (190, 130), (100, 130)], (30, 90)),
        ([(100, 200), (190, 110), (211, 131), (121, 221)], (30, 127)),  # climbing by 45 degrees
        ([(130, 100), (130, 190), (100, 190), (100, 100)], (30, 90)),  # turned, read downwards
        ([(100, 100), (250, 70), (260, 160), (110, 140)], (90, 153)),  # in perspective
    ],
)
def test_a_word_is_cut_out_level_whatever_its_place(corners, shape):
    outline = np.array(corners)
    image = placed(outline)
    for roll in range(4):
        crop = cut_out(image, np.roll(outline, roll, axis=0))
        assert np.abs(np.subtract(crop.shape[:2], shape)).max() <= 2
        assert quarters(crop) == list(COLOURS)


def test_a_polygon_is_cut_out_by_the_smallest_rectangle_around_it():
    outline = np.array([(100, 100), (145, 95), (190, 100), (190, 130), (145, 125), (100, 130)])
    assert cut_out(np.zeros((200, 300, 3), np.uint8), outline).shape[:2] == (35, 90)


def test_what_lies_outside_repeats_the_border():
    image = np.full((50, 50, 3), 77, np.uint8)
    crop = cut_out(image, np.array([(-20, 10), (40, 10), (40, 30), (-20, 30)]))
    assert crop.shape == (20, 60, 3)
    assert (crop == 77).all()
    away = cut_out(image, np.array([(90, 90), (140, 90), (140, 110), (90, 110)]))
    assert (away == 77).all()


def test_words_in_strips_longer_than_opencv_counts_are_cut_out():
    image = np.zeros((40, 40_000, 3), np.uint8)
    image[10:30, 39_000:39_060] = 200
    crop = cut_out(image, np.array([(39_000, 10), (39_060, 10), (39_060, 30), (39_000, 30)]))
    assert (crop[2:-2, 2:-2] == 200).all()
    line = cut_out(image, np.array([(0, 10), (39_990, 10), (39_990, 30), (0, 30)]))
    assert line.shape == (10, 19_995, 3)  # at half its size
