"""What is wrong with the words of one image."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.doctor.word_checks import Flaw, check_words, edges_cross, kernel_vanishes
from dataset.geometry import intersection_area, polygon_area
from dataset.labels import Word

SIZE = (240, 320)


def box(x: float, y: float, width: float, height: float) -> list[list[float]]:
    return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]


def words(*outlines: Sequence[Sequence[float]], ignore: Sequence[int] = ()) -> list[Word]:
    return [
        Word(np.array(outline, np.float32), "" if n in ignore else "word", n in ignore, n + 1)
        for n, outline in enumerate(outlines)
    ]


def check(*outlines: Sequence[Sequence[float]], ignore: Sequence[int] = ()) -> list[Flaw]:
    return check_words(words(*outlines, ignore=ignore), SIZE, short_size=240, pooling_size=9)


def named(flaws: Sequence[Flaw]) -> list[tuple[str, tuple[int, ...]]]:
    return [(flaw.kind, flaw.words) for flaw in flaws]


def test_sound_words_have_no_flaw():
    assert check(box(10, 10, 80, 20), box(100, 10, 80, 20), box(10, 60, 30, 100)) == []


def test_no_words_have_no_flaw():
    assert check_words([], SIZE, 240, 9) == []


@pytest.mark.parametrize(
    ("outline", "kind"),
    [
        (box(-60, 10, 50, 20), "outside"),
        (box(320, 10, 50, 20), "outside"),
        (box(10, 240, 50, 20), "outside"),
        (box(-10, 10, 50, 20), "negative_coordinate"),
        (box(10, -3, 50, 20), "negative_coordinate"),
        (box(290, 10, 50, 20), "partly_outside"),
        (box(10, 230, 50, 20), "partly_outside"),
        ([[10, 10], [90, 40], [90, 10], [10, 40]], "bow_tie"),
        ([[10, 10], [90, 10], [10, 40], [90, 40]], "bow_tie"),
        ([[10, 10], [60, 10], [110, 10], [60, 60], [60, 30], [10, 60]], None),
        ([[10, 10], [60, 60], [110, 10], [110, 60], [60, 10], [10, 60]], "self_intersecting"),
        (box(2, 2, 316, 236), "huge_box"),
        (box(10, 10, 60, 6), "tiny_text"),
    ],
)
def test_each_flaw_of_one_word_is_told_by_name(outline, kind):
    flaws = check(box(150, 150, 80, 30), outline)

    if kind == "huge_box":  # it lies over the other word too, of course
        flaws = [flaw for flaw in flaws if flaw.kind != "overlapping_boxes"]
    assert named(flaws) == ([(kind, (1,))] if kind else [])


@pytest.mark.parametrize("outline", [box(-2, -2, 50, 20), box(272, 222, 50, 20)])
def test_two_pixels_beyond_an_edge_are_an_effect_of_rounding(outline):
    assert check(outline) == []


def test_a_box_of_nine_tenths_is_not_yet_huge():
    assert check(box(0, 0, 320, 215)) == []
    assert named(check(box(0, 0, 320, 217))) == [("huge_box", (0,))]


def test_a_large_frame_around_little_is_not_huge():
    assert check([[0, 0], [320, 0], [320, 240]]) == []


def test_a_box_that_is_there_twice_is_named_with_the_first():
    turned = [[90, 30], [10, 30], [10, 10], [90, 10]]

    (flaw,) = check(box(10, 10, 80, 20), box(150, 10, 80, 20), turned)

    assert (flaw.kind, flaw.words, flaw.about) == ("duplicate_box", (2, 0), {"other": 1})


def test_overlaps_are_measured_on_the_outlines():
    (flaw,) = check(box(10, 10, 100, 20), box(30, 10, 100, 20))  # IoU 80 / 120

    assert (flaw.kind, flaw.words) == ("overlapping_boxes", (1, 0))
    assert flaw.about == {"percent": 80, "other": 1}
    assert check(box(10, 10, 100, 20), box(50, 10, 100, 20)) == []  # IoU 60 / 140
    # Side by side along a diagonal: their boxes overlap, they do not.
    assert check([[10, 10], [110, 110], [100, 120], [0, 20]],
                 [[30, 10], [130, 110], [120, 120], [20, 20]]) == []  # fmt: skip


def test_a_word_inside_another_overlaps_it():
    assert named(check(box(10, 10, 200, 50), box(20, 20, 60, 20))) == [
        ("overlapping_boxes", (1, 0))
    ]


def test_a_readable_word_under_an_ignored_one_is_not_learned():
    (flaw,) = check(box(10, 10, 60, 20), box(5, 5, 90, 40), ignore=[1])

    assert (flaw.kind, flaw.words) == ("under_ignored", (0, 1))
    assert flaw.about == {"percent": 100, "other": 2}


def test_an_ignored_word_inside_a_readable_one_takes_little_away():
    assert check(box(10, 10, 100, 40), box(20, 20, 20, 15), ignore=[1]) == []


def test_ignored_words_may_overlap():
    boxes = box(10, 10, 60, 20), box(12, 12, 60, 20), box(150, 100, 60, 20)

    assert check(*boxes, ignore=[0, 1]) == []


@given(st.lists(st.tuples(*[st.integers(0, 150)] * 2, *[st.integers(20, 90)] * 2), max_size=8))
def test_every_pair_that_overlaps_heavily_is_found(boxes):
    outlines = [np.array(box(*one), np.float32) for one in dict.fromkeys(boxes)]
    expected = set()
    for second, b in enumerate(outlines):
        for first, a in enumerate(outlines[:second]):
            common = intersection_area(a, b)
            smaller, both = sorted([polygon_area(a), polygon_area(b)])
            if common >= 0.8 * smaller or common >= 0.5 * (smaller + both - common):
                expected.add((second, first))

    found = {flaw.words for flaw in check(*outlines) if flaw.kind == "overlapping_boxes"}

    assert found == expected


def test_crossings_by_less_than_half_a_pixel_are_rounding():
    thin = np.array(
        [[[0, 0], [100, 0], [100, 0.2], [0, -0.2]], [[0, 0], [100, 0], [0, 9], [99, 9]]]
    )

    assert edges_cross(thin).tolist() == [False, True]


def test_a_kernel_vanishes_below_the_window():
    # As drawn, a box from 10 to 17 covers eight pixels, one to 18 nine.
    assert kernel_vanishes(np.array(box(10, 10, 60, 7), np.float32), 9)
    assert not kernel_vanishes(np.array(box(10, 10, 60, 8), np.float32), 9)
    assert not kernel_vanishes(np.array(box(10, 10, 60, 7), np.float32), 7)


def test_text_is_tiny_at_the_size_of_training():
    small = words(box(10, 10, 200, 20))

    assert check_words(small, SIZE, short_size=240, pooling_size=9) == []
    (flaw,) = check_words(small, SIZE, short_size=80, pooling_size=9)
    assert (flaw.kind, flaw.about) == ("tiny_text", {"count": 1, "thickness": 6.7})


def test_tiny_ignored_words_are_nobodys_business():
    assert check(box(10, 10, 60, 5), box(100, 100, 60, 20), ignore=[0]) == []


def test_a_text_is_missed_only_where_it_is_not_ignored():
    given_words = words(box(10, 10, 80, 20), box(10, 60, 80, 20), ignore=[0])
    silent = Word(given_words[1].points, "", False, 2)

    (flaw,) = check_words([given_words[0], silent], SIZE, 240, 9)

    assert (flaw.kind, flaw.words, flaw.about) == ("empty_text", (1,), {"count": 1})


def test_an_image_of_ignored_words_is_told():
    (flaw,) = check(box(10, 10, 80, 20), box(10, 60, 80, 20), ignore=[0, 1])

    assert (flaw.kind, flaw.about) == ("all_ignored", {"count": 2})


def test_very_long_outlines_are_checked_in_little_memory():
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = np.stack([160 + 70 * np.cos(turn), 120 + 70 * np.sin(turn)], axis=1)

    assert check(ring) == []
    ring[[100, 300]] = ring[[300, 100]]
    assert named(check(ring)) == [("self_intersecting", (0,))]
