"""Label.txt of PaddleOCR and PPOCRLabel."""

import json

import pytest

from dataset.readers.paddle import read_paddle, recognises_paddle
from tests.dataset.readers.json_reading import SQUARE, read_images, read_outlines


def entry(**fields):
    return {"transcription": "가게", "points": SQUARE, "difficult": False, **fields}


def line(name, *entries):
    return f"{name}\t{json.dumps(entries, ensure_ascii=False)}\n"


def write(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "Label.txt"
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_is_an_image_with_its_words(tmp_path, encoding, end):
    content = line("imgs/간판 1.jpg", entry(), entry()) + "\n" + line("b.jpg")
    path = write(tmp_path, content.replace("\n", end), encoding)

    images, problems = read_images(read_paddle, path)

    assert images == {"imgs/간판 1.jpg": [("가게", False, 1), ("가게", False, 1)], "b.jpg": []}
    assert problems == []
    assert read_outlines(read_paddle, path) == [SQUARE, SQUARE]
    assert recognises_paddle(path)


@pytest.mark.parametrize(
    ("fields", "ignored"),
    [
        ({"transcription": "###"}, True),
        ({"transcription": "*"}, True),
        ({"difficult": True}, True),
        ({"transcription": "**"}, False),
        ({"transcription": None}, False),
    ],
)
def test_difficult_and_unreadable_words_are_ignored(tmp_path, fields, ignored):
    images, _ = read_images(read_paddle, write(tmp_path, line("a.jpg", entry(**fields))))

    assert [ignore for _, ignore, _ in images["a.jpg"]] == [ignored]


@pytest.mark.parametrize("bad", ["a.jpg []", "a.jpg\t[", 'a.jpg\t{"points": 1}', "a.jpg\tnothing"])
def test_a_line_of_another_kind_is_shown(tmp_path, bad):
    path = write(tmp_path, line("c.jpg", entry()) + bad + "\n" + line("d.jpg", entry()))

    images, problems = read_images(read_paddle, path)

    assert images == {"c.jpg": [("가게", False, 1)], "d.jpg": [("가게", False, 3)]}
    assert problems == [("not_a_label_line", 2, bad, "")]


def test_a_word_that_is_wrong_is_reported_by_its_line(tmp_path):
    path = write(tmp_path, "\n" + line("a.jpg", entry(points=[[1, 2]]), entry(), 5))

    images, problems = read_images(read_paddle, path)

    assert images == {"a.jpg": [("가게", False, 2)]}
    assert problems == [
        ("too_few_points", 2, "1", "a.jpg"),
        ("missing_key", 2, "points", "a.jpg"),
    ]


def test_bytes_that_are_no_text_are_one_problem(tmp_path):
    path = tmp_path / "Label.txt"
    path.write_bytes(b"a.jpg\t[]\n\x80\xff\x81")

    assert read_images(read_paddle, path)[1] == [("encoding", None, "", "")]
