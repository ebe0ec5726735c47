"""Label files of every kind that users bring, and those that nobody should."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import Problem, Word, read_file
from dataset.readers.icdar import read_ic15
from runtime.messages import MESSAGES
from tests.conftest import ic15

SQUARE = "10,20,50,20,50,40,10,40"


def read_path(path: Path) -> tuple[list[Word], list[Problem]]:
    (label,) = read_file(read_ic15, path)
    return list(label.words), list(label.problems)


def read(
    tmp_path: Path, content: str | bytes
) -> tuple[list[Word], list[tuple[str, int | None, str]]]:
    path = tmp_path / "gt_img_1.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    words, problems = read_path(path)
    assert all(problem.path == path for problem in problems)
    return words, [(problem.kind, problem.line, problem.detail) for problem in problems]


def test_a_line_holds_four_points_and_a_text(tmp_path):
    (word,), problems = read(tmp_path, f"{SQUARE},Genaxis Theatre\n")

    np.testing.assert_array_equal(word.points, [[10, 20], [50, 20], [50, 40], [10, 40]])
    assert word.points.dtype == np.float32
    assert (word.text, word.ignore, word.line) == ("Genaxis Theatre", False, 1)
    assert problems == []


@pytest.mark.parametrize(
    ("line", "points", "text"),
    [
        (SQUARE, 4, ""),
        (f"{SQUARE},", 4, ""),
        (f"{SQUARE},a,b", 4, "a,b"),
        (f"{SQUARE},a,b,,", 4, "a,b"),
        (f'{SQUARE},"say ""hi"", now"', 4, 'say "hi", now'),
        (f"{SQUARE}, spaced ", 4, "spaced"),
        (" 10 , 20, 50 ,20,50, 40,10 ,40,x", 4, "x"),
        ("10.5,20.25,50,20,50,40,10,4e1,x", 4, "x"),
        ("-10,-20,50,-20,+50,40,-10,40,x", 4, "x"),
        (f"{SQUARE},7", 4, "7"),
        (f"{SQUARE},5,apples", 4, "5,apples"),
        (f"{SQUARE},30,60", 5, ""),
        (f"{SQUARE},30,60,won", 5, "won"),
        (f"{SQUARE},30,60,31,61,32", 6, "32"),
        (f"{SQUARE},12,500", 4, "12,500"),
        (f"{SQUARE},12,500,원", 4, "12,500,원"),
        (f"{SQUARE},1,250,000", 4, "1,250,000"),
        (f"{SQUARE},1,000", 4, "1,000"),
        ("10,20,50,20,50,200,10,120,30,250", 5, ""),
        (f"{SQUARE},nan", 4, "nan"),
        (f"{SQUARE},１２,３４", 4, "１２,３４"),
    ],
)
def test_coordinates_and_text_are_told_apart(tmp_path, line, points, text):
    (word,), problems = read(tmp_path, line)

    assert (len(word.points), word.text, problems) == (points, text, [])


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("###", True),
        (" ### ", True),
        ("###,", True),
        ('"###"', True),
        ("", False),
        ("#1 shop", False),
        ("####", False),
        ("##", False),
        ("a ###", False),
        ("*", False),
    ],
)
def test_only_three_hash_signs_mark_a_word_as_ignored(tmp_path, text, ignored):
    (word,), _ = read(tmp_path, f"{SQUARE},{text}")

    assert word.ignore is ignored


@pytest.mark.parametrize(
    "content",
    [
        f"{SQUARE},가게\n".encode(),
        f"\ufeff{SQUARE},가게\r\n".encode(),
        f"{SQUARE},가게\r".encode(),
        f"{SQUARE},가게".encode("cp949"),
        f"{SQUARE},가게\r\n".encode("utf-16"),
    ],
    ids=["utf-8", "byte-order mark", "carriage return", "cp949", "utf-16"],
)
def test_the_text_is_read_in_every_usual_encoding(tmp_path, content):
    (word,), problems = read(tmp_path, content)

    assert (word.text, problems) == ("가게", [])


def test_blank_lines_count_but_are_no_problem(tmp_path):
    words, problems = read(tmp_path, f"\n{SQUARE},a\n   \n\n{SQUARE},b\n\n")

    assert [(word.line, word.text) for word in words] == [(2, "a"), (5, "b")]
    assert problems == []


@pytest.mark.parametrize("content", ["", "\n", "\ufeff", "\r\n\r\n"])
def test_a_file_without_words_is_a_page_without_text(tmp_path, content):
    assert read(tmp_path, content) == ([], [])


@pytest.mark.parametrize(
    ("line", "kind", "detail"),
    [
        ("hello", "too_few_points", "0"),
        ("1,2,3,4,word", "too_few_points", "2"),
        ("1,2,30,4,30,40,triangle", "too_few_points", "3"),
        ("1,2,30,4,30,40,a triangle, with, commas", "too_few_points", "3"),
        ("1,2,x,4,30,40,1,40,word", "not_a_number", "x"),
        ("1,2,,4,30,40,1,40,word", "not_a_number", ""),
        ("1,2,nan,4,30,40,1,40,word", "not_finite", "nan"),
        ("1,2,-Infinity,4,30,40,1,40,word", "not_finite", "-Infinity"),
        ("1,2,1e400,4,30,40,1,40,word", "not_finite", "1,2,1e400,4,30,40,1,40"),
        ("1,2,2000000,4,30,40,1,40,word", "not_finite", "1,2,2000000,4,30,40,1,40"),
        ("5,5,5,5,5,5,5,5,word", "zero_area", "5,5,5,5,5,5,5,5"),
        ("1,1,9,1,9,1,1,1,word", "zero_area", "1,1,9,1,9,1,1,1"),
    ],
)
def test_a_line_that_is_no_word_is_reported_and_left_out(tmp_path, line, kind, detail):
    words, problems = read(tmp_path, f"{SQUARE},a\n{line}\n{SQUARE},b")

    assert [word.text for word in words] == ["a", "b"]
    assert problems == [(kind, 2, detail)]


def test_a_file_that_is_no_text_is_one_problem(tmp_path):
    assert read(tmp_path, b"\x80\xff\x00\x81") == ([], [("encoding", None, "")])


def test_a_file_that_cannot_be_opened_is_one_problem(tmp_path):
    words, (problem,) = read_path(tmp_path / "absent.txt")

    assert (words, problem.kind, problem.line) == ([], "label_unreadable", None)


@given(content=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_content_whatever_crashes_the_reader(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("wild") / "gt_img_1.txt"
    path.write_bytes(content)

    assert_sound(*read_path(path))


FIELD = st.one_of(
    st.integers(-99999, 99999).map(str),
    st.floats(width=32).map(str),
    st.text(max_size=4),
    st.sampled_from(["", "###", "nan", "1e999", "-0", '"', "1_0", "００"]),
)


@given(rows=st.lists(st.lists(FIELD, max_size=14), max_size=4))
@settings(max_examples=150, deadline=None)
def test_almost_well_formed_lines_become_sound_words_or_problems(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("wild") / "gt_img_1.txt"
    text = "\n".join(map(",".join, rows))
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    assert_sound(*read_path(path))


def assert_sound(words, problems):
    for word in words:
        assert word.points.ndim == 2
        assert len(word.points) >= 4
        assert word.points.shape[1] == 2
        assert np.isfinite(word.points).all()
        assert word.line >= 1
        assert word.ignore == (word.text == "###")
    for problem in problems:
        assert f"data.problem.{problem.kind}" in MESSAGES
        assert f"data.kind.{problem.kind}" in MESSAGES


def test_the_labels_of_the_real_photos_are_read_without_a_problem():
    files = sorted((ic15() / "val" / "gts").iterdir())

    results = [read_path(path) for path in files]

    assert len(files) == 100
    assert not any(problems for _, problems in results)
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in files)
    assert sum(len(words) for words, _ in results) == lines
