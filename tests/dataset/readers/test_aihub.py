"""The five shapes of labels that AI-Hub gives."""

import pytest

from dataset.labels import read_file
from dataset.readers.aihub import (
    read_aihub_admin,
    read_aihub_handwriting,
    read_aihub_outdoor,
    read_aihub_public,
    read_aihub_wild,
)
from tests.dataset.readers.json_reading import SQUARE, read_images, read_outlines, write_json
from tests.dataset.readers.reading import read_words

BOX = [10, 20, 40, 20]
WILD_IMAGE = {"id": "00000001", "width": 640, "height": 480, "file_name": "1.jpg", "type": "sign"}


def wild(annotations):
    return {"info": {}, "images": [WILD_IMAGE], "annotations": annotations, "licenses": []}


@pytest.mark.parametrize(
    ("attributes", "texts"),
    [
        ({"attributes": {"class": "word"}}, ["가게"]),
        ({"attributes": {"class": "character"}}, []),
        ({"attributes": [{"class": "word"}]}, ["가게"]),
        ({"attributes": [{"class": "character"}]}, []),
        ({"attributes": [{"color": "red"}, {"class": "character"}]}, []),
        ({"attributes": {}}, ["가게"]),
        ({"attributes": []}, ["가게"]),
        ({"attributes": None}, ["가게"]),
        ({}, ["가게"]),
    ],
)
def test_of_words_and_their_characters_the_words_are_taken(tmp_path, attributes, texts):
    entry = {"image_id": "00000001", "text": "가게", "bbox": BOX, **attributes}
    path = write_json(tmp_path, wild([entry]))

    images, problems = read_images(read_aihub_wild, path)

    assert [text for text, _, _ in images["1.jpg"]] == texts
    assert problems == []
    assert read_outlines(read_aihub_wild, path) == [SQUARE][: len(texts)]


def test_a_wild_word_keeps_the_number_of_its_annotation(tmp_path):
    entries = [
        {"image_id": "00000001", "text": text, "bbox": box, "attributes": {"class": kind}}
        for text, box, kind in [
            ("가", BOX, "character"),
            ("가게", BOX, "word"),
            ("나", None, "character"),
            ("다", [5, 5, 0, 9], "word"),
            ("###", BOX, "word"),
            ("xxx", BOX, "word"),
        ]
    ]
    images, problems = read_images(read_aihub_wild, write_json(tmp_path, wild(entries)))

    assert images == {"1.jpg": [("가게", False, 2), ("###", True, 5), ("xxx", False, 6)]}
    assert problems == [("zero_area", 4, "5,5,5,5,5,14,5,14", "1.jpg")]


@pytest.mark.parametrize(
    ("x", "y", "points"),
    [
        ([10, 10, 50, 50], [20, 40, 20, 40], SQUARE),
        ([10, 50, 50, 10], [20, 20, 40, 40], SQUARE),
        ([50, 10, 50, 10], [40, 40, 20, 20], SQUARE),
        ([10, 50], [20, 40], SQUARE),
        # column by column, the right column one pixel lower
        ([10, 10, 50, 50], [20, 40, 21, 41], [[10, 20], [50, 21], [50, 41], [10, 40]]),
        # an outline already: as it is
        ([12, 50, 48, 10], [20, 24, 40, 38], [[12, 20], [50, 24], [48, 40], [10, 38]]),
        (
            [10, 30, 50, 50, 10],
            [20, 10, 20, 40, 40],
            [[10, 20], [30, 10], [50, 20], [50, 40], [10, 40]],
        ),
    ],
)
@pytest.mark.parametrize(
    ("read", "key"), [(read_aihub_public, "Bbox"), (read_aihub_handwriting, "bbox")]
)
def test_corners_become_an_outline_that_does_not_cross_itself(tmp_path, read, key, x, y, points):
    path = write_json(tmp_path, {"Images": {}, key: [{"data": "a", "x": x, "y": y}]})

    assert read_outlines(read, path) == [points]


@pytest.mark.parametrize("images_key", ["Images", "images"])
@pytest.mark.parametrize("entries_key", ["Bbox", "bbox"])
@pytest.mark.parametrize("wrap", [lambda image: image, lambda image: [image]])
def test_releases_of_public_documents_differ_in_their_keys(tmp_path, images_key, entries_key, wrap):
    image = wrap({"width": 640, "height": 480, "identifier": "IMG_1"})
    entry = {"data": " 신청서 ", "x": [10, 10, 50, 50], "y": [20, 40, 20, 40]}
    path = write_json(tmp_path, {images_key: image, entries_key: [entry]})

    for read in (read_aihub_public, read_aihub_handwriting):
        (label,) = read(path)
        assert (label.image, label.size, label.problems) == ("", (480, 640), [])
        assert [(word.text, word.ignore, word.line) for word in label.words] == [
            ("신청서", False, 1)
        ]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"x": [1, 1, 5, 5]}, ("missing_key", 1, "y")),
        ({"x": [1, 1, 5, 5], "y": None}, ("wrong_type", 1, "y")),
        ({"x": [1, 1, 5, 5], "y": [1, 5, 1]}, ("wrong_type", 1, "y")),
        ({"x": [1, 1, 5, 5], "y": [1, None, 1, 5]}, ("not_a_number", 1, "null")),
        ({"x": [1, 1, 1, 1], "y": [1, 5, 1, 5]}, ("zero_area", 1, "1,1,1,1,1,5,1,5")),
        ({"x": [1, 1], "y": [1, "inf"]}, ("not_finite", 1, "1,1,1,1,1,inf,1,inf")),
        ({"x": [1, 1, 5, 1e200], "y": [1, 5, 1, 5]}, ("not_finite", 1, "1,1,1,5,5,1,1e+200,5")),
        ({"x": [], "y": []}, ("too_few_points", 1, "0")),
        ([], ("missing_key", 1, "x")),
    ],
)
def test_an_entry_whose_corners_are_no_outline_is_reported(tmp_path, entry, problem):
    words, problems = read_words(read_aihub_public, write_json(tmp_path, {"Bbox": [entry]}))

    assert (words, problems) == ([], [problem])


def test_keys_of_administrative_documents_have_dots_inside(tmp_path):
    image = {"image.width": 640, "image.height": 480, "image.file.name": "5350224-0001.jpg"}
    entry = {"annotation.text": "공고", "annotation.bbox": BOX}
    path = write_json(tmp_path, {"images": [image], "annotations": [entry]})

    (label,) = read_aihub_admin(path)

    assert (label.image, label.size, label.problems) == ("5350224-0001.jpg", (480, 640), [])
    assert label.words[0].text == "공고"
    assert label.words[0].points.tolist() == SQUARE


def test_only_outdoors_is_xxx_what_cannot_be_read(tmp_path):
    image = {"width": 640, "height": 480, "file_name": "간판.JPG"}
    entries = [{"text": text, "bbox": BOX} for text in ("간판", "xxx", "###", "XXX")]
    path = write_json(tmp_path, {"images": [image], "annotations": entries})

    (label,) = read_aihub_outdoor(path)
    (other,) = read_aihub_admin(path)

    assert (label.image, label.size) == ("간판.JPG", (480, 640))
    assert [word.ignore for word in label.words] == [False, True, True, False]
    assert [word.ignore for word in other.words] == [False, False, True, False]


@pytest.mark.parametrize(
    ("read", "key"),
    [
        (read_aihub_public, "Bbox"),
        (read_aihub_handwriting, "bbox"),
        (read_aihub_admin, "annotations"),
        (read_aihub_outdoor, "annotations"),
    ],
)
@pytest.mark.parametrize(
    ("content", "kind"),
    [(lambda key: {"Images": {}}, "missing_key"), (lambda key: [], "missing_key"),
     (lambda key: {key: None}, "wrong_type")],
)  # fmt: skip
def test_a_file_without_its_list_of_words_names_the_key(tmp_path, read, key, content, kind):
    path = write_json(tmp_path, content(key))

    (label,) = read_file(read, path)

    assert [(found.kind, found.detail) for found in label.problems] == [(kind, key)]


def test_an_image_without_words_is_an_image_all_the_same(tmp_path):
    path = write_json(tmp_path, {"images": [{"file_name": "a.jpg"}], "annotations": []})

    (label,) = read_aihub_outdoor(path)

    assert (label.image, label.words, label.size) == ("a.jpg", [], None)
