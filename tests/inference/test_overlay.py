import cv2
import numpy as np
import pytest

from dataset.images import read_image
from inference.overlay import OUTLINE, draw_detections, write_image
from models.post_processing import Detection
from runtime.messages import UserError


def word(*corners: tuple[int, int]) -> Detection:
    return Detection(np.array(corners, np.int32), 0.934)


BOX = word((20, 30), (80, 30), (80, 60), (20, 60))


def test_a_word_is_outlined_and_tinted_and_the_photo_stays_as_it_is():
    image = np.zeros((100, 120, 3), np.uint8)
    drawn = draw_detections(image, [BOX], with_scores=False)
    assert image.max() == 0
    assert drawn.shape == image.shape
    np.testing.assert_allclose(drawn[60, 50], OUTLINE, atol=20)  # edges are smoothed
    np.testing.assert_allclose(drawn[45, 80], OUTLINE, atol=20)
    tint = drawn[45, 50]
    assert 0 < tint[1] < OUTLINE[1]  # translucent green
    np.testing.assert_array_equal(drawn[10, 10], 0)
    np.testing.assert_array_equal(drawn[75, 100], 0)


def test_without_words_the_photo_comes_back_unchanged():
    image = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    np.testing.assert_array_equal(draw_detections(image, []), image)


def test_scores_are_written_beside_their_words():
    image = np.zeros((100, 120, 3), np.uint8)
    flags = draw_detections(image, [BOX]).astype(int) - draw_detections(
        image, [BOX], with_scores=False
    )
    rows, columns = np.nonzero(flags.any(axis=2))
    assert rows.max() <= 31  # above the word
    assert 18 <= columns.min() < 30


@pytest.mark.parametrize("shift", [(-100, 0), (0, -100), (500, 500), (-30, -30)])
def test_words_beyond_the_border_are_drawn_as_far_as_they_show(shift):
    corners = [(20 + shift[0], 30 + shift[1]), (80 + shift[0], 30 + shift[1]), (50 + shift[0], 70)]
    draw_detections(np.zeros((100, 120, 3), np.uint8), [word(*corners)])


def test_contours_of_many_points_and_tiny_photos_can_be_drawn():
    circle = cv2.ellipse2Poly((60, 50), (40, 30), 0, 0, 360, 5).astype(np.int32)
    draw_detections(np.zeros((100, 120, 3), np.uint8), [Detection(circle, 0.9), BOX])
    draw_detections(np.zeros((1, 1, 3), np.uint8), [BOX])


def test_an_image_is_written_under_any_name_and_into_new_folders(tmp_path):
    image = np.zeros((20, 30, 3), np.uint8)
    image[:, :, 0] = 200  # red, to see that the channels are in order
    path = tmp_path / "새 폴더" / "간판 사진.png"
    write_image(path, image)
    np.testing.assert_array_equal(read_image(path), image)


@pytest.mark.parametrize("name", ["picture.xyz", "picture.txt", "picture"])
def test_a_suffix_that_is_no_image_format_is_refused(tmp_path, name):
    with pytest.raises(UserError, match=name):
        write_image(tmp_path / name, np.zeros((4, 4, 3), np.uint8))


def test_a_place_that_cannot_be_written_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"result\.jpg"):
        write_image(tmp_path / "file" / "result.jpg", np.zeros((4, 4, 3), np.uint8))
