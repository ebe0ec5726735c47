"""docTR's labels for detection."""

import pytest

from dataset.readers.doctr import read_doctr
from tests.dataset.readers.json_reading import SQUARE, read_images, read_outlines, write_json


def document(polygons):
    return {"a.jpg": {"img_dimensions": [480, 640], "img_hash": "0", "polygons": polygons}}


@pytest.mark.parametrize("polygons", [[SQUARE, SQUARE], {"words": [SQUARE], "lines": [SQUARE]}])
def test_outlines_stand_in_one_list_or_in_one_for_each_class(tmp_path, polygons):
    path = write_json(tmp_path, document(polygons))

    assert read_images(read_doctr, path) == ({"a.jpg": [("", False, 1), ("", False, 2)]}, [])
    assert read_outlines(read_doctr, path) == [SQUARE, SQUARE]
    assert [label.size for label in read_doctr(path)] == [(480, 640)]


def test_a_file_without_images_and_an_image_without_words_are_fine(tmp_path):
    assert read_images(read_doctr, write_json(tmp_path, {})) == ({}, [])
    assert read_images(read_doctr, write_json(tmp_path, document([]))) == ({"a.jpg": []}, [])


def test_what_is_wrong_is_reported_and_the_rest_is_read(tmp_path):
    content = document([[[1, 2], [3, 4]], SQUARE])
    content |= {"b.jpg": {"polygons": {"words": 5}}, "c.jpg": {"polygons": None}, "d.jpg": [1]}

    images, problems = read_images(read_doctr, write_json(tmp_path, content))

    assert images == {"a.jpg": [("", False, 2)]}
    assert problems == [
        ("too_few_points", 1, "2", "a.jpg"),
        ("wrong_type", 2, "polygons", ""),
        ("wrong_type", 3, "polygons", ""),
        ("missing_key", 4, "polygons", ""),
    ]


def test_a_file_of_another_format_is_refused_before_it_is_read(tmp_path):
    path = write_json(tmp_path, {"images": [{"id": 1}], "annotations": []})

    assert read_images(read_doctr, path) == ({}, [("missing_key", None, "polygons", "")])
