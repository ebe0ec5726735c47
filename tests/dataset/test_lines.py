"""Words into lines: rows, columns, turned and bent ones, and what must stay apart."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset import lines
from dataset.geometry import intersection_area, polygon_area, sweep_area
from dataset.labels import BadEntry, Word, box_corners, make_word
from dataset.lines import group_into_lines
from tests.dataset.pages import draw_page


def box(
    x: float, y: float, width: float, height: float, text: str, line: int = 1, ignore: bool = False
) -> Word:
    return make_word(box_corners(x, y, width, height), text, ignore, line)


def turned(word: Word, degrees: float) -> Word:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Word((word.points @ turn).astype(np.float32), word.text, word.ignore, word.line)


def texts(words: list[Word]) -> list[str]:
    return sorted(line.text for line in group_into_lines(words))


ROW = [
    box(10, 20, 60, 20, "서울", line=3),
    box(80, 20, 40, 20, "시청", line=2),
    box(130, 22, 90, 18, "도서관", line=7),
]
# Spaced by 1.3 heights, words on top of one another.
PARAGRAPH = [
    box(70 * column, 26 * row, 60, 20, f"{row}{column}") for row in range(4) for column in range(3)
]
SIGN = [box(100, 30 * at, 24, 24, syllable, line=at + 1) for at, syllable in enumerate("노래방")]


def test_a_row_of_words_becomes_one_box_with_their_texts_and_the_smallest_line_number():
    (line,) = group_into_lines(ROW)
    assert (line.text, line.line, line.ignore) == ("서울 시청 도서관", 2, False)
    np.testing.assert_allclose(line.points, [(10, 20), (220, 20), (220, 40), (10, 40)], atol=1e-4)
    assert line.points.dtype == np.float32


def test_the_lines_of_a_paragraph_stay_apart():
    assert texts(PARAGRAPH) == [f"{row}0 {row}1 {row}2" for row in range(4)]


def test_columns_of_a_page_stay_apart():
    assert texts([box(0, 0, 60, 20, "왼쪽"), box(60 + 1.8 * 20, 0, 60, 20, "오른쪽")]) == [
        "오른쪽",
        "왼쪽",
    ]


def test_syllables_of_an_upright_sign_are_joined_downwards_without_blanks():
    (line,) = group_into_lines(SIGN[::-1])
    assert line.text == "노래방"
    corners = {tuple(point) for point in line.points.round(3).tolist()}
    assert corners == {(100, 0), (124, 0), (124, 84), (100, 84)}


def test_upright_words_of_a_sign_are_joined_with_blanks():
    words = [box(0, 0, 20, 60, "노래방"), box(0, 72, 20, 55, "영업중"), box(0, 140, 20, 20, "밤")]
    assert texts(words) == ["노래방 영업중 밤"]


def test_a_lone_letter_belongs_to_its_row_and_not_to_the_letters_above_it():
    rows = [
        [box(0, 26 * row, 7, 20, f"{row}."), box(15, 26 * row, 70, 20, f"항목{row}")]
        for row in range(5)
    ]
    assert texts(sum(rows, [])) == [f"{row}. 항목{row}" for row in range(5)]


def test_a_heading_stays_apart_from_the_small_text_beside_it():
    assert texts([box(0, 0, 120, 60, "제목"), box(135, 20, 60, 20, "부제")]) == ["부제", "제목"]


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_pages_may_be_turned_by_any_angle(degrees):
    words = [turned(word, degrees) for word in PARAGRAPH]
    assert texts(words) == [f"{row}0 {row}1 {row}2" for row in range(4)]


def test_a_text_that_stands_on_its_head_is_read_from_its_own_beginning():
    (line,) = group_into_lines([turned(word, 180) for word in ROW])
    assert line.text == "서울 시청 도서관"
    np.testing.assert_allclose(line.points[0], (-10, -20), atol=1e-4)


@pytest.mark.parametrize("first", range(4))
def test_any_corner_may_be_the_first(first):
    words = [
        Word(np.roll(word.points, first, axis=0), word.text, False, word.line)
        for word in PARAGRAPH + SIGN
    ]
    groups = [set(text) for text in texts(words)]
    assert groups == [set(text) for text in texts(PARAGRAPH + SIGN)]


def arc(first: float, last: float, count: int, radius: float = 200.0) -> list[Word]:
    """Words of 40 x 20 around (0, 0), at angles in degrees from the top, clockwise."""
    word = box(-20, -radius - 10, 40, 20, "")
    return [
        Word(turned(word, angle).points, str(number), False, number)
        for number, angle in enumerate(np.linspace(first, last, count), start=1)
    ]


def test_a_bent_row_becomes_a_polygon_along_its_tops_and_bottoms():
    words = arc(-45, 45, 7)
    (line,) = group_into_lines(words)
    assert line.text == "1 2 3 4 5 6 7"
    assert len(line.points) == 4 * len(words)
    np.testing.assert_allclose(line.points[0], words[0].points[0], atol=1e-3)
    np.testing.assert_allclose(line.points[-1], words[0].points[3], atol=1e-3)
    for word in words:
        assert intersection_area(line.points, word.points) == pytest.approx(800, rel=1e-3)
    # Between the circles of their tops and bottoms, a quarter of the way round.
    assert polygon_area(line.points) == pytest.approx(np.pi / 4 * (210**2 - 190**2), rel=0.15)


def test_a_ring_of_words_is_no_line_that_covers_what_it_surrounds():
    words = arc(0, 340, 24)
    assert {line.line for line in group_into_lines(words)} == set(range(1, 25))


def test_upright_boxes_around_a_slanting_text_are_joined():
    slant = np.tan(np.radians(8))
    words = [
        box(100 * at, 100 * at * slant, 90, 20 + 90 * slant, str(at), line=at + 1)
        for at in range(5)
    ]
    (line,) = group_into_lines(words)
    assert line.text == "0 1 2 3 4"
    for word in words:
        shared = intersection_area(line.points, word.points)
        assert shared >= 0.95 * polygon_area(word.points)


def test_words_that_overlap_a_little_share_an_edge_of_the_outline():
    bent = arc(-45, 45, 10)
    (line,) = group_into_lines(bent)
    assert polygon_area(line.points) == pytest.approx(
        sweep_area(line.points, np.array(box_corners(-300, -300, 600, 600), float)), rel=1e-4
    )
    assert len(line.points) < 4 * len(bent)


def test_ignored_words_stay_as_they_are_and_part_no_others_text():
    ignored = box(74, 25, 4, 10, "###", line=1, ignore=True)
    words = [*ROW, ignored, box(230, 20, 40, 20, "###", line=9, ignore=True)]
    grouped = group_into_lines(words)
    assert [line.text for line in grouped] == ["###", "서울 시청 도서관", "###"]
    assert grouped[0] is ignored
    assert [line.ignore for line in grouped] == [True, False, True]


def test_outlines_that_are_no_boxes_stay_as_they_are():
    ring = cv2.ellipse2Poly((250, 30), (40, 40), 0, 180, 360, 20).astype(np.float32)
    hole = cv2.ellipse2Poly((250, 30), (20, 20), 0, 180, 360, 20)[::-1].astype(np.float32)
    bent = Word(np.concatenate([ring, hole]), "굽은", False, 4)
    grouped = group_into_lines([*ROW, bent])
    assert [line.text for line in grouped] == ["서울 시청 도서관", "굽은"]
    assert grouped[1] is bent


def test_a_box_of_many_points_is_joined_like_one_of_four():
    top = [(x, 20) for x in range(230, 300, 10)]
    many = Word(np.array(top + [(x, 40) for x, _ in top[::-1]], np.float32), "앞", False, 8)
    assert texts([*ROW, many]) == ["서울 시청 도서관 앞"]


def test_a_word_alone_and_no_words_at_all_come_back():
    assert group_into_lines([ROW[0]]) == [ROW[0]]
    assert group_into_lines([]) == []


def test_pairs_are_looked_for_in_portions(monkeypatch):
    whole = texts(PARAGRAPH + SIGN)
    monkeypatch.setattr(lines, "_PAIRS_AT_ONCE", 31)
    assert texts(PARAGRAPH + SIGN) == whole


def test_of_a_thousand_pages_nearly_all_lines_come_out_exactly():
    right = total = 0
    for page in range(1000):
        words, truth = draw_page(np.random.default_rng((0, page)))
        found = [set(line.text.split()) for line in group_into_lines(words)]
        right += sum(line in found for line in truth)
        total += len(truth)
    assert total > 8000
    assert right >= 0.99 * total


COORDINATES = st.one_of(
    st.integers(0, 60).map(float), st.floats(-1e6, 1e6, width=32), st.floats(0, 200, width=32)
)


@st.composite
def wild_words(draw: st.DrawFn) -> list[Word]:
    outlines = draw(
        st.lists(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=6), max_size=12)
    )
    words = []
    for number, outline in enumerate(outlines, start=1):
        try:
            words.append(make_word(outline, f"w{number}", draw(st.booleans()), number))
        except BadEntry:
            continue
    return words


@settings(max_examples=300, deadline=None)
@given(wild_words(), st.randoms(use_true_random=False))
def test_every_word_lands_in_one_line_whatever_it_looks_like(words, random):
    grouped = group_into_lines(words)
    assert sorted(sum((line.text.split() for line in grouped), [])) == sorted(
        word.text for word in words
    )
    ignored = {word.text for word in words if word.ignore}
    for line in grouped:
        assert line.ignore == bool(ignored & set(line.text.split()))
        assert np.isfinite(line.points).all() and len(line.points) >= 3
    shuffled = list(words)
    random.shuffle(shuffled)
    again = group_into_lines(shuffled)
    assert [line.text for line in again] == [line.text for line in grouped]
    for one, other in zip(grouped, again, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_words_does_not_matter_and_no_outline_crosses_itself(seed):
    rng = np.random.default_rng(seed)
    words, _ = draw_page(rng)
    grouped = group_into_lines(words)
    again = group_into_lines([words[index] for index in rng.permutation(len(words))])
    for one, other in zip(grouped, again, strict=True):
        assert one.text == other.text
        np.testing.assert_array_equal(one.points, other.points)
    for line in grouped:
        low, high = line.points.min(axis=0) - 1, line.points.max(axis=0) + 1
        around = np.array(box_corners(*low, *(high - low)), float)
        # By the even-odd rule lobes of a crossing outline add up; by the shoelace they cancel out.
        assert sweep_area(line.points.astype(float), around) == pytest.approx(
            polygon_area(line.points), rel=1e-3
        )
