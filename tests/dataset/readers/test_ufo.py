"""UFO: images and words by name."""

import pytest

from dataset.readers.ufo import read_ufo
from tests.dataset.readers.json_reading import SQUARE, read_images, read_outlines, write_json


def word(**fields):
    return {"points": SQUARE, "transcription": "가게", "illegibility": False, **fields}


def document(words):
    return {"images": {"a.b.jpg": {"img_h": 480, "img_w": 640, "words": words}}}


def test_words_are_read_by_image(tmp_path):
    path = write_json(tmp_path, document({"0001": word(), "0002": word(transcription=None)}))

    assert read_images(read_ufo, path) == ({"a.b.jpg": [("가게", False, 1), ("", False, 2)]}, [])
    assert read_outlines(read_ufo, path) == [SQUARE, SQUARE]
    assert [label.size for label in read_ufo(path)] == [(480, 640)]


@pytest.mark.parametrize(
    ("fields", "ignored"),
    [({"illegibility": True}, True), ({"transcription": "###"}, True), ({}, False)],
)
def test_illegible_words_are_ignored(tmp_path, fields, ignored):
    path = write_json(tmp_path, document({"1": word(**fields)}))

    assert [ignore for _, ignore, _ in read_images(read_ufo, path)[0]["a.b.jpg"]] == [ignored]


@pytest.mark.parametrize("words", [{}, []])
def test_an_image_without_words_is_an_image_all_the_same(tmp_path, words):
    assert read_images(read_ufo, write_json(tmp_path, document(words))) == ({"a.b.jpg": []}, [])


def test_what_is_wrong_is_reported_and_the_rest_is_read(tmp_path):
    content = document({"1": word(points=None), "2": 5, "3": word()})
    content["images"] |= {"c.jpg": {}, "d.jpg": None}

    images, problems = read_images(read_ufo, write_json(tmp_path, content))

    assert images == {"a.b.jpg": [("가게", False, 3)]}
    assert problems == [
        ("wrong_type", 1, "points", "a.b.jpg"),
        ("missing_key", 2, "points", "a.b.jpg"),
        ("missing_key", 2, "words", ""),
        ("missing_key", 3, "words", ""),
    ]
