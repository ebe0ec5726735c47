"""OCR_DB: polygons whose coordinates are strings."""

import pytest

from dataset.readers.ocr_db import read_ocr_db
from tests.dataset.readers.json_reading import read_images, read_outlines, write_json

POINTS = ["10", "20", "50", "20", "50", "40"]


def entry(**fields):
    return {"points": POINTS, "Description": "가게", "Reading Direction": "LTR", **fields}


def document(*objects):
    return {"image": [{"id": 1, "name": "1.jpg", "objects": list(objects)}]}


def test_a_polygon_is_a_list_of_strings(tmp_path):
    path = write_json(tmp_path, document(entry()))

    assert read_images(read_ocr_db, path) == ({"1.jpg": [("가게", False, 1)]}, [])
    assert read_outlines(read_ocr_db, path) == [[[10, 20], [50, 20], [50, 40]]]


@pytest.mark.parametrize(
    ("mark", "ignored"), [("true", True), ("false", False), (True, True), (None, False)]
)
def test_what_nobody_needs_to_care_about_is_ignored(tmp_path, mark, ignored):
    path = write_json(tmp_path, document(entry(**{"Don't Care": mark})))

    assert read_images(read_ocr_db, path)[0] == {"1.jpg": [("가게", ignored, 1)]}


def test_what_is_wrong_is_reported_for_its_image_and_the_rest_is_read(tmp_path):
    content = document(entry(points=["1", "x"]), entry(points=None), entry())
    content["image"] += [
        {"id": 2, "objects": []},
        {"name": "3.jpg"},
        {"name": "4.jpg", "objects": []},
    ]

    images, problems = read_images(read_ocr_db, write_json(tmp_path, content))

    assert images == {"1.jpg": [("가게", False, 3)], "4.jpg": []}
    assert problems == [
        ("not_a_number", 1, "x", "1.jpg"),
        ("wrong_type", 2, "points", "1.jpg"),
        ("missing_key", 2, "name", ""),
        ("missing_key", 3, "objects", ""),
    ]
