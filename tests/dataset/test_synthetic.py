"""Drawn photos: repeatable, labelled tightly, honest about what nobody can read."""

import cv2
import numpy as np
import pytest

from dataset.labels import IGNORED_TEXT
from dataset.synthetic import Drawn, Stock, draw_photo, judge, write_on
from dataset.synthetic_camera import Camera
from dataset.synthetic_fonts import load_faces
from runtime.messages import UserError

SIZE = (256, 320)
SHARP = Camera("none", 0.0, 120.0, 1.0, 0.0, 0)


@pytest.fixture(scope="module")
def photos():
    """Thirty small photos and their words."""
    return [draw_photo(np.random.default_rng((1, number)), SIZE, Stock()) for number in range(30)]


@pytest.fixture(scope="module")
def signs():
    """Letters without a scene: forty times the map of the ink, and the words in it."""
    found = []
    for number in range(40):
        ink = np.zeros(SIZE, np.uint8)
        canvas, taken = np.full((*SIZE, 3), 90, np.uint8), np.zeros(SIZE, np.uint8)
        words = write_on(np.random.default_rng((2, number)), canvas, ink, taken, Stock(), 5)
        found.append((ink, words))
    return found


def is_inside(points):
    return (points >= 3).all() and (points < np.array(SIZE[::-1]) - 3).all()


def test_the_same_random_numbers_draw_the_same_photo(photos):
    image, words = draw_photo(np.random.default_rng((1, 7)), SIZE, Stock())
    assert np.array_equal(image, photos[7][0])
    assert [word.text for word in words] == [word.text for word in photos[7][1]]
    for word, again in zip(words, photos[7][1], strict=True):
        assert np.array_equal(word.points, again.points)


def test_no_two_photos_are_alike(photos):
    assert len({image.tobytes() for image, _ in photos}) == len(photos)


def test_photos_are_rgb_of_the_size_asked_for(photos):
    for image, _ in photos:
        assert image.shape == (*SIZE, 3)
        assert image.dtype == np.uint8


def test_all_ink_lies_in_the_outlines_of_words(signs):
    for ink, words in signs:
        outlined = np.zeros(SIZE, np.uint8)
        for word in words:
            cv2.fillPoly(outlined, [np.rint(word.points).astype(np.int32)], 1)
        # Two pixels around: a warped pixel spreads over its neighbours.
        outlined = cv2.dilate(outlined, np.ones((5, 5), np.uint8))
        assert not ((ink > 127) & (outlined == 0)).any()


def test_an_outline_touches_its_letters_on_every_side(signs):
    checked = 0
    for ink, words in signs:
        for word in words:
            if len(word.points) != 4 or not is_inside(word.points) or word.letter_px < 8:
                continue
            mask = np.zeros(SIZE, np.uint8)
            cv2.fillPoly(mask, [np.rint(word.points).astype(np.int32)], 1)
            y, x = np.nonzero(mask & (ink > 60))
            width = np.linalg.norm(word.points[1] - word.points[0])
            height = np.linalg.norm(word.points[3] - word.points[0])
            flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
            matrix = cv2.getPerspectiveTransform(word.points, flat)
            pixels = np.stack([x, y], -1)[None].astype(np.float32)
            seen = cv2.perspectiveTransform(pixels, matrix)[0]
            assert (seen.min(axis=0) < 3).all()
            assert (seen.max(axis=0) > np.array([width, height]) - 3.5).all()
            checked += 1
    assert checked > 30


def test_some_outlines_are_curved(signs):
    corners = {len(word.points) for _, words in signs for word in words}
    assert corners >= {4, 8}
    assert max(corners) <= 2 * 49


def test_signs_do_not_stand_on_one_another(signs):
    for _, words in signs:
        times = np.zeros(SIZE, np.uint8)
        for word in words:
            mask = np.zeros(SIZE, np.uint8)
            centre = word.points.mean(axis=0)
            core = centre + (word.points - centre) * 0.7
            cv2.fillPoly(mask, [np.rint(core).astype(np.int32)], 1)
            times += mask
        assert times.max() <= 1


def test_nothing_is_written_where_it_may_not_be():
    ink, taken = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    taken[:, :160] = 1
    canvas = np.full((*SIZE, 3), 90, np.uint8)
    words = []
    for number in range(20):
        words += write_on(np.random.default_rng((3, number)), canvas, ink, taken, Stock(), 3)
    assert words
    assert not ink[:, :160].any()
    assert (canvas[:, :160] == 90).all()


def square(level, letter_px=20.0):
    """A grey photo with a square letter of some level, its ink, and the word."""
    grey, ink = np.full((40, 60), 100, np.uint8), np.zeros((40, 60), np.uint8)
    ink[10:30, 20:40], grey[10:30, 20:40] = 255, level
    outline = np.array([[15, 5], [45, 5], [45, 35], [15, 35]], np.float32)
    photo = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    return photo, ink, [Drawn(outline, "word", letter_px)]


@pytest.mark.parametrize(
    ("level", "letter_px", "camera", "hidden"),
    [
        (200, 20, SHARP, False),
        (106, 20, SHARP, True),  # a contrast of 6
        (200, 6, SHARP, False),
        (200, 5.9, SHARP, True),
        # A blur of 2 pixels asks for letters of 6 + 3 pixels.
        (200, 8.9, Camera("soft", 2.0, 120.0, 1.0, 0.0, 0), True),
        (200, 9.1, Camera("soft", 2.0, 120.0, 1.0, 0.0, 0), False),
    ],
)
def test_what_is_too_faint_or_too_small_is_ignored(level, letter_px, camera, hidden):
    (word,) = judge(*square(level, letter_px), camera)
    assert word.ignore == hidden
    assert word.text == (IGNORED_TEXT if hidden else "word")


def test_letters_as_grey_as_outline_and_ground_together_can_be_read():
    """Letters of 100, outlined in 200 on a ground that makes the mean around them 100, too."""
    photo, ink, words = square(100)
    outline = np.zeros((40, 60), bool)
    outline[8:32, 18:42] = True
    outline &= ink == 0
    ground = ink == 0
    ground &= ~outline
    part = np.s_[4:37, 14:47]
    count, rest = outline[part].sum(), ground[part].sum()
    photo[outline], photo[ground] = 200, round(100 - 100 * count / rest)
    assert photo[part][ink[part] == 0].mean() == pytest.approx(100, abs=1)
    assert not judge(photo, ink, words, SHARP)[0].ignore


def test_a_word_that_something_hides_is_ignored():
    photo, ink, words = square(200)
    ink[:] = 0
    assert judge(photo, ink, words, SHARP)[0].ignore


def test_most_words_can_be_read_and_some_cannot(photos):
    ignored = [word.ignore for _, words in photos for word in words]
    assert len(ignored) > 60
    assert 0.03 < np.mean(ignored) < 0.5


def test_there_are_latin_words_numbers_and_hangul_where_a_font_has_it(photos):
    texts = [word.text for _, words in photos for word in words]
    assert any(text.isascii() and text.isalpha() for text in texts)
    assert any(any(letter.isdigit() for letter in text) for text in texts)
    hangul = any("가" <= letter <= "힣" for text in texts for letter in text)
    assert hangul == any(face.hangul for face in load_faces())


def test_an_empty_photo_has_no_words():
    for number in range(5):
        rng = np.random.default_rng((4, number))
        image, words = draw_photo(rng, SIZE, Stock(empty=1.0))
        assert words == []
        assert image.std() > 0


def test_photos_of_a_folder_are_the_backgrounds(tmp_path):
    blue = np.zeros((300, 400, 3), np.uint8)
    blue[..., 0] = 255  # OpenCV writes BGR
    cv2.imwrite(str(tmp_path / "blue.png"), blue)
    stock = Stock(backgrounds=str(tmp_path), empty=1.0)
    image, _ = draw_photo(np.random.default_rng(6), SIZE, stock)
    red, green, blue = image.reshape(-1, 3).mean(axis=0)
    assert blue > 3 * max(red, green)


def test_a_folder_without_photos_is_refused(tmp_path):
    with pytest.raises(UserError) as caught:
        Stock(backgrounds=str(tmp_path)).check()
    assert caught.value.key == "synthetic.no_backgrounds"
