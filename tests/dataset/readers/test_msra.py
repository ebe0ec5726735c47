"""MSRA-TD500 and HUST-TR400: turned boxes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import read_file
from dataset.readers.msra import read_msra, recognises_msra
from tests.dataset.readers.reading import FIELD, assert_sound, read_words


def read(tmp_path, content):
    path = tmp_path / "IMG_0001.gt"
    path.write_bytes(content.encode())
    return read_words(read_msra, path)


def corners(word) -> list[tuple[int, int]]:
    return sorted((round(float(x)), round(float(y))) for x, y in word.points)


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (0, [(40, 30), (40, 70), (140, 30), (140, 70)]),
        # A quarter of a turn about the middle, (90, 50).
        (math.pi / 2, [(70, 0), (70, 100), (110, 0), (110, 100)]),
        # cos 36.87 degrees = 0.8, sin = 0.6: half the width is (40, 30), half the height (-12, 16).
        (math.atan2(3, 4), [(38, 36), (62, 4), (118, 96), (142, 64)]),
    ],
)
def test_a_box_is_turned_about_its_centre_clockwise_on_the_screen(tmp_path, angle, expected):
    (word,), problems = read(tmp_path, f"0 0 40 30 100 40 {angle}\n")

    assert corners(word) == expected
    assert (word.text, word.ignore, word.line, problems) == ("", False, 1, [])


def test_words_marked_difficult_are_trained_on_and_known_to_the_scoring(tmp_path):
    words, _ = read(tmp_path, "0 1 40 30 100 40 0\r\n1 0 40 90 100 40 0.5\r\n")

    assert [word.ignore for word in words] == [False, False]
    assert [word.difficult for word in words] == [True, False]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1 0 40 30 100 40", ("wrong_count", 2, "6 / 7")),
        ("1,0,40,30,100,40,0", ("not_a_number", 2, "1,0,40,30,100,40,0")),
        ("1 0 40 30 wide 40 0", ("not_a_number", 2, "wide")),
        ("1 0 40 30 nan 40 0", ("not_finite", 2, "nan")),
        ("1 0 40 30 100 40 1e300", ("not_finite", 2, "1,0,40,30,100,40,1e300")),
        ("1 0 40 30 100 0 0", ("zero_area", 2, "40,30,40,30,140,30,140,30")),
    ],
)
def test_a_line_that_is_no_word_is_reported_and_left_out(tmp_path, line, problem):
    words, problems = read(tmp_path, f"0 0 40 30 100 40 0\n{line}\n\n2 0 9 9 100 40 0")

    assert [word.line for word in words] == [1, 4]
    assert problems == [problem]


@pytest.mark.parametrize(
    ("content", "recognised"),
    [
        ("0 0 40 30 100 40 0.000000\n1 1 4 3 10 4 -0.5\n", True),
        ("0 0 40 30 100 40 0.0 word\n", False),
        ("0 2 40 30 100 40 0.0\n", False),
        ("10,20,50,20,50,40,10,40,word\n", False),
        ("", False),
    ],
)
def test_a_file_is_recognised_by_its_seven_numbers(tmp_path, content, recognised):
    path = tmp_path / "IMG_0001.gt"
    path.write_bytes(content.encode())

    assert recognises_msra(path) is recognised


@given(rows=st.lists(st.lists(FIELD, min_size=5, max_size=9), max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_line_whatever_crashes_the_reader(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("wild") / "IMG_0001.gt"
    path.write_bytes("\n".join(map(" ".join, rows)).encode("utf-8", "surrogatepass"))

    assert_sound(list(read_file(read_msra, path)))
    assert recognises_msra(path) in (True, False)


@given(values=st.tuples(*[st.floats(-2e6, 2e6)] * 5))
@settings(max_examples=150, deadline=None)
def test_the_area_of_a_box_is_kept(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("wild") / "IMG_0001.gt"
    path.write_text("0 0 " + " ".join(map(str, values)))

    (label,) = read_file(read_msra, path)

    assert_sound([label])
    for word in label.words:
        sides = np.linalg.norm(np.diff(word.points[:3], axis=0), axis=1)
        expected = sorted(map(abs, values[2:4]))
        np.testing.assert_allclose(sorted(sides), expected, rtol=1e-3, atol=1.0)
