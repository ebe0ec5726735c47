"""LabelMe's shapes."""

import pytest

from dataset.readers.labelme import read_labelme, recognises_labelme
from tests.dataset.readers.json_reading import SQUARE, read_outlines, write_json
from tests.dataset.readers.reading import read_words


def shape(**fields):
    return {"label": "가게", "points": SQUARE, "shape_type": "polygon", **fields}


def document(*shapes):
    about = {"imagePath": "a.jpg", "imageHeight": 480, "imageWidth": 640}
    return {"version": "5.0.1", "shapes": list(shapes), **about}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"shape_type": None},
        {"shape_type": "rectangle", "points": [[10, 20], [50, 40]]},
        {"shape_type": "rectangle", "points": [[50, 20], [10, 40]]},
        {"shape_type": "rectangle"},
        {"shape_type": "rotation"},
    ],
)
def test_a_word_is_a_polygon_or_a_rectangle(tmp_path, fields):
    path = write_json(tmp_path, document(shape(**fields)))

    assert read_outlines(read_labelme, path) == [SQUARE]
    (label,) = read_labelme(path)
    assert (label.image, label.size) == ("a.jpg", (480, 640))


@pytest.mark.parametrize(
    ("fields", "ignored"), [({"label": "###"}, True), ({"difficult": True}, True), ({}, False)]
)
def test_difficult_words_are_ignored(tmp_path, fields, ignored):
    (word,), _ = read_words(read_labelme, write_json(tmp_path, document(shape(**fields))))

    assert word.ignore is ignored


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (shape(shape_type="circle", points=[[1, 2], [3, 4]]), ("wrong_shape", 1, "circle")),
        (shape(shape_type="linestrip"), ("wrong_shape", 1, "linestrip")),
        (shape(points=[[1, 2], [3, 4]]), ("too_few_points", 1, "2")),
        (shape(points=None), ("wrong_type", 1, "points")),
        ({"label": "a"}, ("missing_key", 1, "points")),
        (7, ("missing_key", 1, "points")),
    ],
)
def test_a_shape_that_is_no_word_is_reported(tmp_path, bad, problem):
    words, problems = read_words(read_labelme, write_json(tmp_path, document(bad, shape())))

    assert [(word.text, word.line) for word in words] == [("가게", 2)]
    assert problems == [problem]


def test_a_file_without_shapes_names_the_key(tmp_path):
    assert read_words(read_labelme, write_json(tmp_path, {})) == (
        [],
        [("missing_key", None, "shapes")],
    )


def test_a_photo_inside_the_file_may_stand_before_the_shapes(tmp_path):
    path = write_json(tmp_path, {"imageData": "A" * 100_000, **document(shape())})

    assert recognises_labelme(path)
