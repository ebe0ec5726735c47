"""Photos with their boxes, and how many of them a page holds."""

import re

import numpy as np
import pytest

from inference.report.errors import find_errors
from inference.report.gallery import crop, figures, overlay, worst_images
from inference.scoring import score
from runtime.messages import set_language
from tests.inference.report.faked import (
    FakePhotos,
    box,
    detection,
    fake_labels,
    fake_result,
    jpeg,
    word,
)

SIZE = 480, 640
WORDS = [
    word(box(10, 10, 40, 20), "seen"),
    word(box(100, 10, 40, 20), 'a<b> & "c"'),
    word(box(200, 10, 40, 20), "###"),
]
FOUND = [detection(box(11, 10, 40, 20), 0.91), detection(box(300, 300, 40, 20), 0.97)]


def errors_of(words, found, size=SIZE):
    result = score([[one.points for one in found]], [words])
    return find_errors(words, found, result.images[0], size)


def many(number: int):
    labels = fake_labels(number, words=30)
    result = fake_result(labels, [SIZE] * number)
    images = [
        find_errors(words, found.detections, image, SIZE)
        for words, found, image in zip(labels, result.images, result.score.images, strict=True)
    ]
    return images, FakePhotos(labels, [jpeg(seed=seed) for seed in range(3)])


def test_each_kind_of_box_is_drawn_once_with_what_it_is():
    set_language("en")
    drawn = overlay(errors_of(WORDS, FOUND), (0, 0, 640, 480))

    groups = dict(re.findall(r'<g class="(\w+)">(.*?)</g>', drawn))
    assert list(groups) == ["ignored", "right", "false", "missed"]
    assert "<title>a&lt;b&gt; &amp; &quot;c&quot; · 20 px · not seen</title>" in groups["missed"]
    assert '<polygon points="100,10 140,10 140,30 100,30">' in groups["missed"]
    assert "<title>0.97 · background</title>" in groups["false"]
    assert "<title>0.91 · right</title>" in groups["right"]
    assert "<title>### · 20 px · ignored</title>" in groups["ignored"]
    assert all(text.count("<polygon") == 1 for text in groups.values())


def test_a_window_shows_the_boxes_in_it_alone():
    drawn = overlay(errors_of(WORDS, FOUND), (90, 0, 60, 40))

    assert 'viewBox="90 0 60 40"' in drawn
    assert drawn.count("<polygon") == 1


def test_a_fine_contour_is_drawn_with_few_corners():
    turns = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = 300 + 100 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    drawn = overlay(errors_of([word(ring)], []), (0, 0, 640, 480))

    (points,) = re.findall('points="(.*?)"', drawn)
    assert 12 < len(points.split()) < 60


def test_the_worst_images_have_most_errors_and_the_one_with_less_right_leads():
    one_missed = errors_of(WORDS[:1], [])
    one_missed_one_right = errors_of(WORDS[:2], FOUND[:1])
    one_missed_one_false = errors_of(WORDS[:1], FOUND[1:])
    perfect = errors_of(WORDS[:1], FOUND[:1])
    images = [perfect, one_missed_one_right, one_missed, one_missed_one_false]

    assert worst_images(images, 9) == [3, 2, 1]
    assert worst_images(images, 2) == [3, 2]
    assert worst_images(images, 0) == []


@pytest.mark.parametrize("num_bytes", [30_000, 100_000, 3_000_000])
def test_figures_keep_within_their_bytes_and_the_worst_come_first(num_bytes):
    images, photos = many(30)
    shown = figures(worst_images(images, 30), images, photos, num_bytes)

    assert sum(len(one.encode()) for one in shown) <= num_bytes
    expected = worst_images(images, 30)[: len(shown)]
    names = [re.search("<code>(.*?)</code>", one)[1] for one in shown]
    assert names == [photos.image_name(number) for number in expected]
    # Boxes alone are about 5 kB an image.
    photos_shown = sum("<img" in one for one in shown)
    assert len(shown) > 0 and (len(shown) < 30) == (num_bytes < 300_000)
    assert photos_shown == 30 if num_bytes == 3_000_000 else photos_shown < 30


def test_a_photo_that_cannot_be_read_says_why():
    set_language("en")
    unread = errors_of(WORDS, [], (0, 0))
    photos = FakePhotos([WORDS], [np.zeros(0, np.uint8)], name="gone & lost.jpg")

    (shown,) = figures([0], [unread], photos, 100_000)

    assert "<img" not in shown and "<svg" not in shown
    assert shown.count("gone &amp; lost.jpg") == 2
    assert "2 missed" in shown


def test_a_crop_shows_what_is_around_a_box():
    photos = FakePhotos([WORDS], [jpeg()])
    errors = errors_of(WORDS, FOUND)

    shown = crop(0, errors, photos, WORDS[1].points, "caption <x>")

    # The box reaches from 100 to 140 and 10 to 30; half its length is shown around it.
    assert 'viewBox="80 0 80 50"' in shown
    assert "caption &lt;x&gt;" in shown and "data:image/jpeg;base64," in shown


@pytest.mark.parametrize("points", [box(700, 10, 40, 20), box(10, -90, 40, 20)])
def test_there_is_no_crop_of_a_box_outside_the_photo(points):
    errors = errors_of([], [detection(points)])
    assert crop(0, errors, FakePhotos([[]], [jpeg()]), points, "") == ""


def test_there_is_no_crop_of_a_photo_that_has_gone():
    errors = errors_of(WORDS, FOUND)
    gone = FakePhotos([WORDS], [np.zeros(0, np.uint8)])
    assert crop(0, errors, gone, WORDS[1].points, "") == ""
