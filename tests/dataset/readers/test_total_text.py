"""Total-Text: MATLAB's files and two kinds of text files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import read_file
from dataset.readers.total_text import read_total_text, recognises_total_text
from tests.dataset.readers.mat_files import CELL, chars, mat_file, matrix, numbers
from tests.dataset.readers.reading import FIELD, assert_sound, read_words

SQUARE = "x: [[10 50 50 10]], y: [[20 20 40 40]], ornt: [u'h'], transcriptions: [u'{}']"
POINTS = [[10, 20], [50, 20], [50, 40], [10, 40]]
XS, YS = (10, 50, 50, 10), (20, 20, 40, 40)


def read(tmp_path, content, name="poly_gt_img1.txt"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_words(read_total_text, path)


def polygt(*rows: list[bytes]) -> bytes:
    """A file with these rows of cells; the variable stores them column by column."""
    columns = b"".join(b"".join(column) for column in zip(*rows, strict=True))
    return mat_file(matrix(CELL, (len(rows), len(rows[0])), columns, b"polygt"))


def row(
    text: bytes, xs: bytes | None = None, ys: bytes | None = None, orientation: str = "h"
) -> list[bytes]:
    xs, ys = xs or numbers(*XS), ys or numbers(*YS)
    return [chars("x:"), xs, chars("y:"), ys, text, chars(orientation)]


@pytest.mark.parametrize(
    ("text", "ignored"), [("PETROSAINS", False), ("#", True), ("###", True), ("#tag", False)]
)
def test_both_kinds_of_files_say_the_same(tmp_path, text, ignored):
    from_mat = read(tmp_path, polygt(row(chars(text))), "poly_gt_img1.mat")
    from_text = read(tmp_path, SQUARE.format(text) + "\n")

    for (word,), problems in (from_mat, from_text):
        np.testing.assert_array_equal(word.points, POINTS)
        assert (word.text, word.ignore, word.line, problems) == (text, ignored, 1, [])


@pytest.mark.parametrize("text", ["word", "#"])
@pytest.mark.parametrize(("orientation", "difficult"), [("#", True), ("c", False)])
def test_the_orientation_tells_what_the_scoring_sets_aside(tmp_path, text, orientation, difficult):
    rows = polygt(row(chars(text), orientation=orientation))
    record = SQUARE.replace("u'h'", f"u'{orientation}'").format(text)

    for content, name in ((rows, "poly_gt_img1.mat"), (record, "poly_gt_img1.txt")):
        (word,), _ = read(tmp_path, content, name)
        assert (word.ignore, word.is_difficult) == (text == "#", difficult)


def test_without_an_orientation_the_scoring_sets_aside_what_training_ignores(tmp_path):
    record = SQUARE.replace("ornt: [u'h'], ", "")
    for text in ("word", "#", "ornt: [u'#']"):
        (word,), _ = read(tmp_path, record.format(text))
        assert (word.difficult, word.is_difficult) == (None, text == "#")


@pytest.mark.parametrize("nothing", [chars(""), numbers(), b"\x0e\0\0\0\0\0\0\0"])
def test_a_word_without_a_text_is_a_word(tmp_path, nothing):
    (word,), problems = read(tmp_path, polygt(row(nothing)), "poly_gt_img1.mat")

    assert (word.text, word.ignore, problems) == ("", False, [])


def test_rows_that_are_no_words_are_reported_and_left_out(tmp_path):
    content = polygt(
        row(chars("first")),
        row(chars("word"), xs=chars("10")),
        row(chars("word"), ys=numbers(1, 2, 3)),
        row(numbers(7)),
        row(chars("word"), xs=numbers(), ys=numbers()),
        row(chars("word"), xs=numbers(10, float("nan"), 50, 10)),
        row(chars("last")),
    )

    words, problems = read(tmp_path, content, "poly_gt_img1.mat")

    assert [(word.text, word.line) for word in words] == [("first", 1), ("last", 7)]
    assert problems == [
        ("wrong_type", 2, "x"),
        ("wrong_count", 3, "x 4, y 3"),
        ("wrong_type", 4, "transcription"),
        ("too_few_points", 5, "0"),
        ("not_finite", 6, "10,20,nan,20,50,40,10,40"),
    ]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"not from MATLAB", "not_mat"),
        (mat_file(matrix(CELL, (1, 1), chars("a"), b"rectgt")), "missing_key"),
        (mat_file(matrix(CELL, (1, 1), chars("a"), b"polygt")), "not_mat"),
        (polygt(row(chars("a")))[:-40], "not_mat"),
    ],
)
def test_a_file_without_the_rows_is_one_problem(tmp_path, content, kind):
    words, problems = read(tmp_path, content, "poly_gt_img1.mat")

    assert words == []
    assert [(problem[0], problem[1]) for problem in problems] == [(kind, None)]


def test_a_file_with_no_rows_is_a_page_without_text(tmp_path):
    content = mat_file(matrix(CELL, (0, 6), b"", b"polygt"))

    assert read(tmp_path, content, "poly_gt_img1.mat") == ([], [])


def test_a_record_may_go_over_several_lines(tmp_path):
    content = (
        "x: [[10 50\n  50 10]], y: [[20 20 40\n 40]], ornt: [u'h'],"
        " transcriptions: [u'first']\n\n" + SQUARE.format("second")
    )

    words, problems = read(tmp_path, content)

    assert [(word.text, word.line) for word in words] == [("first", 1), ("second", 5)]
    assert (words[0].points == words[1].points).all()
    assert problems == []


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("[u'two words']", "two words"),
        ("['plain']", "plain"),
        ('[u"HARRY\'S"]', "HARRY'S"),
        ("[u'a]b']", "a]b"),
        ("[u'']", ""),
        ("[]", ""),
        ("[u'#']", "#"),
    ],
)
def test_the_text_of_a_record_stands_in_quotes(tmp_path, written, text):
    (word,), _ = read(tmp_path, SQUARE.replace("[u'{}']", written))

    assert (word.text, word.ignore) == (text, text == "#")


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (SQUARE.replace("y:", "z:"), ("missing_key", 2, "y")),
        (SQUARE.replace("transcriptions", "text"), ("missing_key", 2, "transcriptions")),
        (SQUARE.replace("[[10 50", "[[10 wide"), ("not_a_number", 2, "wide")),
        (SQUARE.replace("[[10 50", "[[10"), ("wrong_count", 2, "x 3, y 4")),
        (SQUARE.replace("[[10 50 50 10]]", "[[10 10 10 10]]"), ("zero_area", 2,
         "10,20,10,20,10,40,10,40")),
        ("x: [[", ("missing_key", 2, "x")),
    ],
)  # fmt: skip
def test_a_record_that_is_no_word_is_reported_and_left_out(tmp_path, record, problem):
    content = "\n".join([SQUARE.format("a"), record, SQUARE.format("b")])

    words, problems = read(tmp_path, content)

    assert [(word.text, word.line) for word in words] == [("a", 1), ("b", 3)]
    assert problems == [problem]


def test_lines_like_those_of_icdar_are_read_as_well(tmp_path):
    words, problems = read(tmp_path, "10,20,50,20,50,40,10,40,a,b\n1,2,30,2,40,9,30,20,1,20,#\n")

    assert [(len(word.points), word.text, word.ignore) for word in words] == [
        (4, "a,b", False),
        (5, "#", True),
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("name", "content", "recognised"),
    [
        ("a.mat", polygt(row(chars("word"))), True),
        ("a.mat", mat_file(matrix(CELL, (1, 1), chars("a"), b"rectgt")), False),
        ("a.mat", b"", False),
        ("a.txt", SQUARE.encode(), True),
        ("a.txt", b"10,20,50,20,50,40,10,40,a\n", False),
        ("a.txt", b"", False),
    ],
)
def test_a_file_is_recognised_by_its_variable_or_its_first_record(
    tmp_path, name, content, recognised
):
    (tmp_path / name).write_bytes(content)

    assert recognises_total_text(tmp_path / name) is recognised


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_matlab_files_give_sound_words_or_problems(tmp_path_factory, data):
    content = bytearray(polygt(row(chars("word")), row(chars("#"))))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("wild") / "poly_gt_img1.mat"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])

    assert_sound(list(read_file(read_total_text, path)))
    assert recognises_total_text(path) in (True, False)


@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.builds(
                "x: [[{}]], y: [[{}]], ornt: [{}], transcriptions: [{}]".format,
                st.lists(FIELD, max_size=6).map(" ".join),
                st.lists(FIELD, max_size=6).map("\n".join),
                FIELD,
                FIELD,
            ),
            max_size=3,
        ).map(lambda records: "\n".join(records).encode("utf-8", "surrogatepass")),
    )
)
@settings(max_examples=150, deadline=None)
def test_no_text_whatever_crashes_the_reader(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("wild") / "poly_gt_img1.txt"
    path.write_bytes(content)

    assert_sound(list(read_file(read_total_text, path)))
    assert recognises_total_text(path) in (True, False)
