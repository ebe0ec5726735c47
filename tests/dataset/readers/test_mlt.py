"""ICDAR 2017 MLT, and how it is told from ICDAR 2015."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import read_file
from dataset.readers.icdar import read_ic15, read_mlt, recognises_ic15, recognises_mlt
from tests.dataset.readers.reading import FIELD, assert_sound, read_words

SQUARE = "10,20,50,20,50,40,10,40"


def read(tmp_path, content):
    path = tmp_path / "gt_img_1.txt"
    path.write_bytes(content.encode())
    return read_words(read_mlt, path)


@pytest.mark.parametrize(
    ("behind", "text", "ignored"),
    [
        (",Latin,Hello", "Hello", False),
        (",Korean,가게", "가게", False),
        (",Chinese,文本,x", "文本,x", False),
        (",Latin,12,500", "12,500", False),
        (",Symbols,#1", "#1", False),
        (",None,###", "###", True),
        (",Latin,", "", True),
        (",Latin", "", True),
        ("", "", True),
    ],
)
def test_the_text_stands_behind_the_script(tmp_path, behind, text, ignored):
    (word,), problems = read(tmp_path, f"\ufeff{SQUARE}{behind}\r\n")

    assert (len(word.points), word.text, word.ignore, problems) == (4, text, ignored, [])


@pytest.mark.parametrize(
    ("content", "is_mlt", "is_ic15"),
    [
        (f"{SQUARE},Latin,Hello\n{SQUARE},None,###\n", True, True),
        (f"\ufeff{SQUARE}, Korean ,가게\r\n", True, True),
        (f"{SQUARE},Latin,Hello\n{SQUARE},Hello\n", False, True),
        (f"{SQUARE}\n", False, True),
        (f"hello\n{SQUARE},a\n{SQUARE},b\n", False, True),
        (f"hello\n{SQUARE},a\n", False, False),
        ("1 0 40 30 100 40 0\n", False, False),
        ("", False, False),
    ],
)
def test_files_are_recognised_by_their_lines(tmp_path, content, is_mlt, is_ic15):
    path = tmp_path / "gt_img_1.txt"
    path.write_bytes(content.encode())

    assert (recognises_mlt(path), recognises_ic15(path)) == (is_mlt, is_ic15)


@pytest.mark.parametrize("coding", ["utf-16", "cp949"])
def test_other_encodings_are_recognised_as_well(tmp_path, coding):
    path = tmp_path / "gt_img_1.txt"
    path.write_bytes(f"{SQUARE},Korean,가게\n".encode(coding))

    assert recognises_mlt(path)


def test_only_the_head_of_a_large_file_is_looked_at(tmp_path):
    path = tmp_path / "gt_img_1.txt"
    path.write_text(f"{SQUARE},Latin,Hello\n" * 3000 + "something else\n" * 30000)

    assert recognises_mlt(path)


@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.lists(st.lists(FIELD, min_size=6, max_size=12).map(",".join), max_size=4).map(
            lambda rows: "\n".join(rows).encode("utf-8", "surrogatepass")
        ),
    )
)
@settings(max_examples=150, deadline=None)
def test_no_content_whatever_crashes_the_readers(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("wild") / "gt_img_1.txt"
    path.write_bytes(content)

    assert_sound(list(read_file(read_mlt, path)))
    assert_sound(list(read_file(read_ic15, path)))
    assert {recognises_mlt(path), recognises_ic15(path)} <= {True, False}
