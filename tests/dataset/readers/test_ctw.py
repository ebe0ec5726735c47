"""CTW1500: 14 points a line, as they are or as distances from a box."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import read_file
from dataset.readers.ctw import read_ctw, recognises_ctw
from tests.dataset.readers.reading import FIELD, assert_sound, read_words

# A band of 60 x 20 px: seven points along its top, seven back along its bottom.
BAND = [(x, 0) for x in range(0, 61, 10)] + [(x, 20) for x in range(60, -1, -10)]
OFFSETS = ",".join(f"{x},{y}" for x, y in BAND)
PLACED = ",".join(f"{100 + x},{50 + y}" for x, y in BAND)
BOX = "100,50,160,70"


def read(tmp_path, content):
    path = tmp_path / "1001.txt"
    path.write_bytes(content.encode())
    return read_words(read_ctw, path)


@pytest.mark.parametrize("line", [f"{BOX},{OFFSETS}", PLACED])
def test_both_kinds_of_lines_give_the_same_points(tmp_path, line):
    (word,), problems = read(tmp_path, line + "\n")

    np.testing.assert_array_equal(word.points, np.array(BAND) + (100, 50))
    assert (word.text, word.ignore, word.line, problems) == ("", False, 1, [])


@pytest.mark.parametrize("points", [f"{BOX},{OFFSETS}", PLACED])
@pytest.mark.parametrize(
    ("behind", "text", "ignored"),
    [
        (",Coffee", "Coffee", False),
        (",####Coffee, Tea", "Coffee, Tea", False),
        (",####", "", False),
        (",###", "###", True),
        (",#######", "###", True),
        (",####### 1", "### 1", False),
    ],
)
def test_the_text_behind_the_points_may_have_a_mark_before_it(
    tmp_path, points, behind, text, ignored
):
    (word,), _ = read(tmp_path, points + behind)

    assert (len(word.points), word.text, word.ignore) == (14, text, ignored)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1,2,3,4", ("wrong_count", 2, "4 / 28")),
        ("hello", ("wrong_count", 2, "0 / 28")),
        (PLACED.replace("110", "x"), ("not_a_number", 2, "x")),
        (PLACED.replace("110", "nan"), ("not_finite", 2, "nan")),
        (",".join(["7"] * 28), ("zero_area", 2, ",".join(["7"] * 20))),
    ],
)
def test_a_line_that_is_no_word_is_reported_and_left_out(tmp_path, line, problem):
    words, problems = read(tmp_path, f"{PLACED}\n{line}\n\n{BOX},{OFFSETS}")

    assert [word.line for word in words] == [1, 4]
    assert problems == [problem]


@pytest.mark.parametrize(
    ("content", "recognised"),
    [
        (f"{BOX},{OFFSETS}\r\n{BOX},{OFFSETS}\r\n", True),
        (f"\ufeff{PLACED},####Coffee\n", True),
        (f"{PLACED}\nhello", False),
        # 16 points of a user's own: the later ones are no distances within a box.
        (f"{PLACED},100,60,100,55", False),
        ("100,50,160,50,160,70,100,70,word", False),
        ("", False),
    ],
)
def test_a_file_is_recognised_by_its_14_points(tmp_path, content, recognised):
    path = tmp_path / "1001.txt"
    path.write_bytes(content.encode())

    assert recognises_ctw(path) is recognised


def test_a_file_that_is_not_there_is_not_recognised(tmp_path):
    assert not recognises_ctw(tmp_path / "absent.txt")


@given(rows=st.lists(st.lists(FIELD, min_size=20, max_size=36), max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_line_whatever_crashes_the_reader(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("wild") / "1001.txt"
    path.write_bytes("\n".join(map(",".join, rows)).encode("utf-8", "surrogatepass"))

    assert_sound(list(read_file(read_ctw, path)))
    assert recognises_ctw(path) in (True, False)


@given(numbers=st.lists(st.integers(-(10**7), 10**7), min_size=26, max_size=34))
@settings(max_examples=100, deadline=None)
def test_numbers_alone_become_one_sound_word_or_one_problem(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("wild") / "1001.txt"
    path.write_text(",".join(map(str, numbers)))

    (label,) = read_file(read_ctw, path)

    assert len(label.words) + len(label.problems) == 1
    assert_sound([label])
