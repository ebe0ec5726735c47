"""COCO and COCO-Text."""

import pytest

from dataset.labels import read_file
from dataset.readers.coco import read_coco
from tests.dataset.readers.json_reading import SQUARE, read_images, read_outlines, write_json

BOX = [10, 20, 40, 20]
FLAT = [10, 20, 50, 20, 50, 40, 10, 40]


def image(number, **fields):
    return {"id": number, "file_name": f"{number}.jpg", "height": 480, "width": 640, **fields}


def annotation(number, **fields):
    return {"image_id": number, "bbox": BOX, **fields}


def document(images, annotations):
    return {"images": images, "annotations": annotations}


def test_annotations_are_joined_to_their_images_wherever_they_stand(tmp_path):
    texts = [annotation(2, text="b"), annotation(1, text="a"), annotation(2, text="c")]
    path = write_json(tmp_path, {"annotations": texts, "images": [image(1), image(2), image(3)]})

    images, problems = read_images(read_coco, path)

    assert images == {
        "2.jpg": [("b", False, 1), ("c", False, 3)],
        "1.jpg": [("a", False, 2)],
        "3.jpg": [],
    }
    assert problems == []
    assert {label.size for label in read_coco(path)} == {(480, 640)}


def test_annotations_of_an_image_that_follow_each_other_are_one_piece(tmp_path):
    texts = [annotation(number) for number in (1, 1, 1, 2, 2, 1)]
    path = write_json(tmp_path, document([image(1), image(2)], texts))

    pieces = [(label.image, [word.line for word in label.words]) for label in read_coco(path)]

    assert pieces == [("1.jpg", [1, 2, 3]), ("2.jpg", [4, 5]), ("1.jpg", [6])]


@pytest.mark.parametrize("number", ["7", 7, 7.0])
@pytest.mark.parametrize("other", ["7", 7, 7.0])
def test_an_id_is_the_same_as_a_number_and_as_a_text(tmp_path, number, other):
    path = write_json(
        tmp_path, document([image(7) | {"id": number}], [annotation(other, text="a")])
    )

    assert read_images(read_coco, path) == ({"7.jpg": [("a", False, 1)]}, [])


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        ({}, SQUARE),
        ({"segmentation": []}, SQUARE),
        ({"segmentation": [[]]}, SQUARE),
        ({"segmentation": {"counts": "abc", "size": [480, 640]}}, SQUARE),
        ({"segmentation": [[1, 2, 5, 2, 5, 9]]}, [[1, 2], [5, 2], [5, 9]]),
        ({"segmentation": [1, 2, 5, 2, 5, 9]}, [[1, 2], [5, 2], [5, 9]]),
        ({"segmentation": [[1, 2], [5, 2], [5, 9]]}, [[1, 2], [5, 2], [5, 9]]),
        ({"mask": [1, 2, 5, 2, 5, 9]}, [[1, 2], [5, 2], [5, 9]]),
        ({"polygon": [1, 2, 5, 2, 5, 9]}, [[1, 2], [5, 2], [5, 9]]),
        (
            {"segmentation": [[1, 2, 5, 2, 5, 9], [8, 3, 9, 3, 9, 4]]},
            [[1, 2], [9, 2], [9, 9], [1, 9]],
        ),
    ],
)
def test_a_word_is_its_polygon_the_box_around_several_or_its_box(tmp_path, fields, points):
    path = write_json(tmp_path, document([image(1)], [annotation(1, **fields)]))

    assert read_outlines(read_coco, path) == [points]


@pytest.mark.parametrize(
    ("fields", "ignored"),
    [
        ({"legibility": "illegible"}, True),
        ({"iscrowd": 1}, True),
        ({"ignore": True}, True),
        ({"text": "###"}, True),
        ({"legibility": "legible", "iscrowd": 0, "ignore": 0}, False),
        ({"text": "*"}, False),
    ],
)
def test_illegible_words_and_crowds_are_ignored(tmp_path, fields, ignored):
    path = write_json(tmp_path, document([image(1)], [annotation(1, **fields)]))

    ((_, ignore, _),) = read_images(read_coco, path)[0]["1.jpg"]

    assert ignore is ignored


def test_coco_text_keeps_images_and_annotations_in_objects(tmp_path):
    anns = {
        "11": annotation(2, utf8_string="New", mask=FLAT, legibility="legible"),
        "12": annotation(2, mask=FLAT, legibility="illegible"),
    }
    imgs = {"2": image(2, set="train"), "3": image(3)}
    path = write_json(tmp_path, {"cats": {}, "anns": anns, "imgs": imgs, "imgToAnns": {"2": [11]}})

    images, problems = read_images(read_coco, path)

    assert images == {"2.jpg": [("New", False, 1), ("", True, 2)], "3.jpg": []}
    assert problems == []


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (annotation(1, bbox=None), ("wrong_type", 2, "bbox", "1.jpg")),
        (annotation(1, bbox=[1, None, 3, 4]), ("not_a_number", 2, "null", "1.jpg")),
        (annotation(1, bbox=[1, 2, 0, 4]), ("zero_area", 2, "1,2,1,2,1,6,1,6", "1.jpg")),
        ({"image_id": 1}, ("missing_key", 2, "bbox", "1.jpg")),
        ({"bbox": BOX}, ("missing_key", 2, "image_id", "")),
        (annotation(9), ("missing_image", 2, "9", "")),
        (5, ("missing_key", 2, "image_id", "")),
        (annotation([1]), ("wrong_type", 2, "image_id", "")),
        (annotation(1, segmentation=[[1, 2, 3]]), ("wrong_type", 2, "segmentation", "1.jpg")),
        (annotation(1, segmentation=[[1, 2, 3, 4]]), ("too_few_points", 2, "2", "1.jpg")),
    ],
)
def test_an_annotation_that_is_no_word_is_reported_by_its_number(tmp_path, bad, problem):
    path = write_json(
        tmp_path, document([image(1)], [annotation(1, text="a"), bad, annotation(1, text="c")])
    )

    images, problems = read_images(read_coco, path)

    assert images == {"1.jpg": [("a", False, 1), ("c", False, 3)]}
    assert problems == [problem]


def test_annotations_in_a_row_of_an_image_that_is_not_there_are_one_problem(tmp_path):
    texts = [annotation(9), annotation(9), annotation(1), annotation(9)]
    path = write_json(tmp_path, document([image(1)], texts))

    _, problems = read_images(read_coco, path)

    assert problems == [("missing_image", 1, "9", ""), ("missing_image", 4, "9", "")]


@pytest.mark.parametrize(
    ("bad", "detail"),
    [({"id": 2}, "file_name"), ({"file_name": "2.jpg"}, "id"), (None, "file_name")],
)
def test_an_image_without_name_or_id_is_reported(tmp_path, bad, detail):
    path = write_json(tmp_path, document([image(1), bad], []))

    images, problems = read_images(read_coco, path)

    assert (images, problems) == ({"1.jpg": []}, [("missing_key", 2, detail, "")])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"annotations": []}, ("missing_key", "images")),
        ({"images": []}, ("missing_key", "annotations")),
        ({"images": {}, "annotations": []}, ("wrong_type", "images")),
        ({"anns": {}}, ("missing_key", "imgs")),
        ([], ("missing_key", "images")),
    ],
)
def test_a_file_that_lacks_a_list_is_one_problem(tmp_path, content, problem):
    images, problems = read_images(read_coco, write_json(tmp_path, content))

    assert (images, problems) == ({}, [(problem[0], None, problem[1], "")])


def test_a_file_cut_off_names_no_image_as_one_without_words(tmp_path):
    path = write_json(tmp_path, document([image(1), image(2)], [annotation(1), annotation(2)]))
    path.write_text(path.read_text()[:-40])

    labels = list(read_file(read_coco, path))

    assert [len(label.words) for label in labels if label.image] == []
    assert [problem.kind for label in labels for problem in label.problems] == ["not_json"]
