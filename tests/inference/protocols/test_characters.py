"""The score by characters, by hand."""

import itertools

import numpy as np
import pytest

from dataset.labels import Word
from inference.protocols.characters import CharacterScore
from inference.scoring import score, score_with_characters
from tests.inference.test_scoring import ODD_POLYGONS, box, word


def of(found: list, words: list[Word]) -> CharacterScore:
    return score_with_characters([found], [words])[1]


def named(text: str, points: np.ndarray, ignore: bool = False) -> Word:
    return Word(points.astype(np.float32), text, ignore, line=1)


WIDE = named("abcdefgh", box(0, 0, 160, 20))
FOUR_AND_FOUR = [named("abcd", box(0, 0, 80, 20)), named("efgh", box(80, 0, 160, 20))]


def test_a_word_found_by_a_box_of_its_own_is_right():
    result = of([box(0, 0, 160, 20)], [WIDE])
    assert (result.precision, result.recall, result.hmean, result.characters) == (1, 1, 1, 8)
    assert (result.one_to_one, result.split, result.merged, result.missed) == (1, 0, 0, 0)


@pytest.mark.parametrize(("right", "held"), [(160, 8), (109, 5), (51, 3), (49, 2), (11, 1)])
def test_a_part_of_a_word_counts_as_the_characters_in_it(right, held):
    # Their middles lie at 10, 30, 50, ... 150.
    result = of([box(0, 0, right, 20)], [WIDE])
    assert (result.recall, result.precision) == (held / 8, 1)
    assert result.one_to_one == 1


def test_a_split_word_costs_a_character():
    result = of([box(0, 0, 80, 20), box(80, 0, 160, 20)], [WIDE])
    assert (result.recall, result.precision) == (7 / 8, 1)
    assert (result.one_to_one, result.split, result.merged, result.missed) == (0, 1, 0, 0)


def test_merged_words_cost_a_character_of_precision():
    result = of([box(0, 0, 160, 20)], FOUR_AND_FOUR)
    assert (result.recall, result.precision) == (1, 7 / 8)
    assert (result.one_to_one, result.split, result.merged, result.missed) == (0, 0, 2, 0)


def test_what_two_detections_hold_is_shared_between_them():
    result = of([box(0, 0, 160, 20), box(0, 0, 160, 20)], [WIDE])
    assert (result.recall, result.precision) == (7 / 8, 8 / 16)
    assert result.split == 1


def test_a_false_alarm_counts_as_many_characters_as_fit_into_it():
    result = of([box(0, 0, 160, 20), box(0, 100, 100, 120)], [WIDE])
    assert result.precision == pytest.approx(8 / (8 + 5))


def test_a_word_without_text_has_as_many_characters_as_fit_into_it():
    result = of([box(0, 0, 59, 20)], [named("", box(0, 0, 160, 20))])
    assert (result.characters, result.recall) == (8, 3 / 8)


def test_blanks_are_no_characters():
    assert of([], [named("a b c", box(0, 0, 100, 20))]).characters == 3


def test_a_detection_that_lies_mostly_elsewhere_finds_nothing():
    whole_page = box(0, 0, 400, 400)
    result = of([whole_page], FOUR_AND_FOUR)
    assert (result.recall, result.missed) == (0, 2)
    # Three tenths of a detection are enough: 160 x 20 of 160 x 66.
    assert of([box(0, 0, 160, 66)], FOUR_AND_FOUR).merged == 2
    assert of([box(0, 0, 160, 67)], FOUR_AND_FOUR).missed == 2


def test_ignored_words_and_what_lies_in_them_count_neither_way():
    blurred = named("###", box(0, 100, 160, 120), ignore=True)
    result = of([box(0, 0, 160, 20), box(0, 100, 80, 120)], [WIDE, blurred])
    assert (result.precision, result.recall, result.characters) == (1, 1, 8)
    assert result.images == (("one_to_one", "ignored"),)


def test_an_arc_is_followed_along_its_middle():
    angles = np.linspace(np.pi, 0, 7)
    ring = np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    arc = np.concatenate([120 * ring, 80 * ring[::-1]]) + 200
    spot = np.array([[-8, -8], [8, -8], [8, 8], [-8, 8]])
    # The third of five characters stands at the top; the middle of the chord holds none.
    top = of([spot + (200, 100)], [named("abcde", arc)])
    assert (top.recall, top.one_to_one) == (1 / 5, 1)
    assert of([spot + (200, 200)], [named("abcde", arc)]).missed == 1
    for start in range(14):
        turned = of([spot + (200, 100)], [named("abcde", np.roll(arc, start, axis=0))])
        assert turned.recall == top.recall


@pytest.mark.parametrize("start", range(4))
def test_it_does_not_matter_with_which_corner_an_outline_begins(start):
    for left, bottom in ((160, 20), (20, 160)):
        corners = np.roll(box(0, 0, left, bottom), start, axis=0)
        assert of(
            [box(0, 0, 59 if left > 20 else 20, 59)], [named("abcdefgh", corners)]
        ).recall == (3 / 8)


@pytest.mark.parametrize("corners", [3, 5, 64, 65, 200])
def test_an_outline_may_have_any_number_of_corners(corners):
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    disc = 50 * np.stack([np.cos(angles), np.sin(angles)], axis=1) + 60
    result = of([disc], [named("", disc)])
    assert (result.characters, result.recall, result.precision) == (1, 1, 1)


def test_images_add_up_before_dividing():
    twice = score_with_characters([[box(0, 0, 160, 20)], []], [[WIDE], [WIDE, *FOUR_AND_FOUR]])[1]
    assert (twice.recall, twice.precision, twice.characters) == (8 / 24, 1, 24)
    assert twice.images == (("one_to_one",), ("missed",) * 3)


def test_the_main_score_is_the_same_beside_it():
    truths = [[word(box(0, 0, 100, 40)), word(box(200, 0, 300, 40), ignore=True)]]
    found = [[box(0, 0, 90, 40), box(205, 0, 300, 40)]]
    assert score_with_characters(found, truths, "total_text")[0] == score(
        found, truths, "total_text"
    )


def test_no_polygon_whatever_ends_it_with_an_error():
    for found, labelled in itertools.product(ODD_POLYGONS.values(), repeat=2):
        for text in ("", "word"):
            result = of([found, found], [named(text, labelled)])
            assert 0 <= result.recall <= 1
            assert 0 <= result.precision <= 1
    nothing = score_with_characters([], [])[1]
    assert (nothing.precision, nothing.recall, nothing.hmean, nothing.images) == (0, 0, 0, ())
