"""Why words are missed and detections wrong, one small image at a time."""

import pytest

from inference.report.errors import find_errors
from inference.scoring import score
from tests.inference.report.faked import box, detection, word

PHOTO = 480, 640
LEFT, RIGHT = box(100, 100, 60, 20), box(170, 100, 60, 20)


def errors_of(words, found, size=PHOTO, protocol="icdar2015"):
    result = score([[one.points for one in found]], [words], protocol)
    return find_errors(words, found, result.images[0], size)


def test_a_word_found_is_right_and_one_without_a_detection_is_not_seen():
    errors = errors_of([word(LEFT), word(RIGHT)], [detection(LEFT)])

    assert errors.word_fates == ("right", "unseen")
    assert errors.detection_fates == ("right",)
    assert (errors.right, errors.missed, errors.false) == (1, 1, 0)


def test_one_detection_over_two_words_merges_them():
    errors = errors_of([word(LEFT), word(RIGHT)], [detection(box(100, 100, 130, 20))])

    assert errors.word_fates == ("merged", "merged")
    assert errors.detection_fates == ("merging",)
    assert errors.merges == ((0, (0, 1)),)


def test_a_merge_that_matches_the_longer_word_is_counted_all_the_same():
    long, short = box(100, 100, 120, 20), box(225, 100, 20, 20)
    errors = errors_of([word(long), word(short)], [detection(box(100, 100, 145, 20))])

    assert errors.word_fates == ("right", "merged")
    assert errors.detection_fates == ("right",)
    assert errors.merges == ((0, (0, 1)),)


def test_two_detections_in_a_word_split_it():
    halves = [detection(box(100, 100, 29, 20)), detection(box(131, 100, 29, 20))]
    errors = errors_of([word(LEFT)], halves)

    assert errors.word_fates == ("split",)
    assert errors.detection_fates == ("piece", "piece")
    assert errors.splits == ((0, (0, 1)),)


def test_a_detection_that_is_too_short_is_inexact():
    errors = errors_of([word(LEFT)], [detection(box(100, 100, 25, 20))])

    assert errors.word_fates == errors.detection_fates == ("inexact",)


def test_a_second_detection_on_a_word_is_a_duplicate():
    errors = errors_of([word(LEFT)], [detection(LEFT), detection(box(90, 92, 60, 20))])

    assert errors.word_fates == ("right",)
    assert errors.detection_fates == ("right", "duplicate")


def test_a_detection_beside_all_words_is_background():
    errors = errors_of([word(LEFT)], [detection(box(300, 300, 50, 20))])

    assert errors.word_fates == ("unseen",)
    assert errors.detection_fates == ("background",)


def test_a_small_overlap_is_neither_an_attempt_nor_a_duplicate():
    errors = errors_of([word(LEFT)], [detection(box(150, 100, 60, 20))])  # a sixth in common

    assert errors.word_fates == ("unseen",)
    assert errors.detection_fates == ("background",)


def test_ignored_words_and_what_lies_in_them_count_neither_way():
    words = [word(LEFT, "###"), word(RIGHT)]
    found = [detection(LEFT), detection(RIGHT), detection(box(100, 100, 130, 20))]
    errors = errors_of(words, found)

    assert errors.word_fates == ("ignored", "right")
    assert errors.detection_fates == ("ignored", "right", "duplicate")
    assert errors.merges == ()


def test_words_of_a_photo_that_could_not_be_read_say_so():
    assert errors_of([word(LEFT)], [], size=(0, 0)).word_fates == ("unread",)


@pytest.mark.parametrize(
    ("words", "found"), [([], []), ([word(LEFT)], []), ([], [detection(LEFT)])]
)
def test_an_image_may_be_empty_on_either_side(words, found):
    errors = errors_of(words, found)

    assert errors.word_fates == ("unseen",) * len(words)
    assert errors.detection_fates == ("background",) * len(found)


def test_a_protocol_that_forgives_merges_has_its_words_right_and_the_merge_counted():
    words, found = [word(LEFT), word(RIGHT)], [detection(box(100, 100, 130, 20))]
    errors = errors_of(words, found, protocol="total_text")

    assert errors.word_fates == ("right", "right")
    assert errors.detection_fates == ("right",)
    assert errors.merges == ((0, (0, 1)),)


def test_a_protocol_that_ignores_nothing_counts_unreadable_words_too():
    errors = errors_of([word(LEFT, "###")], [], protocol="ctw1500")

    assert errors.word_fates == ("unseen",)
