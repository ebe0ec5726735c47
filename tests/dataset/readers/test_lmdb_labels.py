"""Labels in LMDB files: fractions become pixels, and what is wrong is said and gone around."""

import itertools
import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset.labels import ImageLabel
from dataset.lmdb_store import LmdbImages
from dataset.readers.lmdb_labels import read_labels, read_lmdb
from runtime.messages import MESSAGES
from tests.dataset.lmdb_files import photo_file, users_records, write_records

PHOTO = photo_file(40, 80)
BOX = [0.125, 0.25, 0.5, 0.25, 0.5, 0.75, 0.125, 0.75]
CORNERS = [(10, 10), (40, 10), (40, 30), (10, 30)]
NUMBERS = itertools.count()


def read(
    folder: Path, *labels: Any, photo: bytes = PHOTO, first: int = 0, protocol: int = 4
) -> list[ImageLabel]:
    """labels: bytes as they are, anything else pickled."""
    records = users_records([(photo, label) for label in labels], first, protocol)
    for number, label in enumerate(labels, start=first):
        if isinstance(label, bytes):
            records[b"gt-%09d" % number] = label
    path = write_records(folder / f"{next(NUMBERS)}.lmdb", records)
    return list(read_lmdb(path))


def kinds(labels: Sequence[ImageLabel]) -> list[str]:
    return [problem.kind for label in labels for problem in label.problems]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("protocol", range(6))
def test_fractions_become_pixels_of_the_photo(tmp_path, first, protocol):
    label = {"bboxes": [BOX, BOX[2:] + BOX[:2]], "words": ["간판", "###"], "filename": "a.jpg"}
    (found,) = read(tmp_path, label, first=first, protocol=protocol)
    assert found.image == f"image-{first:09d}"
    assert found.size == (40, 80)
    assert not found.problems
    sign, unreadable = found.words
    np.testing.assert_array_equal(sign.points, CORNERS)
    assert sign.points.dtype == np.float32
    assert (sign.text, sign.ignore, sign.line) == ("간판", False, 1)
    np.testing.assert_array_equal(unreadable.points, CORNERS[1:] + CORNERS[:1])
    assert (unreadable.text, unreadable.ignore, unreadable.line) == ("###", True, 2)


@pytest.mark.parametrize(
    "boxes",
    [
        np.array([BOX]),
        [np.array(BOX, np.float32)],
        [[np.float32(value) for value in BOX]],
        (tuple(BOX),),
        [[(x, y) for x, y in zip(BOX[::2], BOX[1::2], strict=True)]],
        np.array([BOX]).reshape(1, 4, 2),
        [[str(value) for value in BOX]],
    ],
    ids=["array", "arrays", "numpy numbers", "tuples", "pairs", "array of pairs", "text"],
)
def test_boxes_come_in_several_shapes(tmp_path, boxes):
    (found,) = read(tmp_path, {"bboxes": boxes, "words": np.array(["a"]), "filename": "a"})
    (word,) = found.words
    np.testing.assert_array_equal(word.points, CORNERS)
    assert word.text == "a"


def test_a_word_may_have_more_than_four_points(tmp_path):
    box = [0.1, 0.1, 0.5, 0.05, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9]
    (found,) = read(tmp_path, {"bboxes": [box], "words": ["a"]})
    np.testing.assert_allclose(
        found.words[0].points, [(8, 4), (40, 2), (72, 4), (72, 36), (8, 36)], rtol=1e-6
    )


def test_fractions_are_of_the_photo_as_its_camera_held_it(tmp_path):
    photo = photo_file(40, 80, kind="JPEG", orientation=6)  # seen upright it is 80 high, 40 wide
    records = users_records([(photo, {"bboxes": [BOX], "words": ["a"]})])
    path = write_records(tmp_path / "a.lmdb", records)
    (upright,) = read_lmdb(path)
    (lying,) = read_labels(LmdbImages(path), apply_exif=False)
    assert (upright.size, lying.size) == ((80, 40), (40, 80))
    np.testing.assert_array_equal(upright.words[0].points, np.multiply(CORNERS, (0.5, 2)))
    np.testing.assert_array_equal(lying.words[0].points, CORNERS)


def test_the_projects_own_labels_hold_pixels(tmp_path):
    label = {
        "filename": "a.jpg",
        "size": [40, 80],
        "words": [
            {"points": CORNERS, "text": "간판", "ignore": False},
            {"points": [[0.5, 0], [9.25, 0], [9, 9]], "text": "x", "ignore": True},
            {"points": CORNERS, "text": "###"},
        ],
    }
    (found,) = read(tmp_path, json.dumps(label).encode())
    assert found.image == "image-000000000"
    assert found.size == (40, 80)
    assert [(word.text, word.ignore, word.line) for word in found.words] == [
        ("간판", False, 1),
        ("x", True, 2),
        ("###", True, 3),
    ]
    np.testing.assert_array_equal(found.words[0].points, CORNERS)
    np.testing.assert_array_equal(found.words[1].points, [(0.5, 0), (9.25, 0), (9, 9)])


def test_the_projects_own_labels_may_hold_what_the_scoring_goes_easy_on(tmp_path):
    marks = [{"difficult": True}, {"difficult": False, "ignore": True}, {}, {"difficult": 1}]
    words = [{"points": CORNERS, "text": "간판", **mark} for mark in marks]
    label = {"filename": "a.jpg", "size": [40, 80], "words": words}
    (found,) = read(tmp_path, json.dumps(label).encode())
    assert [word.is_difficult for word in found.words] == [True, False, False]
    assert [(problem.kind, problem.line) for problem in found.problems] == [("wrong_type", 4)]


def test_a_bad_word_is_left_out_and_its_place_is_said(tmp_path):
    boxes = [
        BOX,
        [0.1, 0.2, 0.3, 0.4],
        [*BOX[:7], "x"],
        [*BOX[:7], float("nan")],
        [0.5] * 8,
        BOX[:7],
        None,
        [[1, 2, 3]] * 4,
        [0.1] * 30_002,
        [*BOX[:7], 1e308],
    ]
    (found,) = read(tmp_path, {"bboxes": boxes, "words": ["가"] * 10})
    assert [word.line for word in found.words] == [1]
    assert [(problem.kind, problem.line) for problem in found.problems] == [
        ("too_few_points", 2),
        ("not_a_number", 3),
        ("not_finite", 4),
        ("zero_area", 5),
        ("wrong_type", 6),
        ("wrong_type", 7),
        ("not_a_number", 8),
        ("too_many_points", 9),
        ("not_finite", 10),
    ]
    assert {problem.image for problem in found.problems} == {"image-000000000"}


@pytest.mark.parametrize(
    ("words", "kind", "texts"),
    [
        (["a"], "text_count", ["a", ""]),
        (["a", "b", "c"], "text_count", ["a", "b"]),
        (None, "missing_key", ["", ""]),
        ("ab", "wrong_type", ["", ""]),
    ],
)
def test_detection_can_do_without_texts(tmp_path, words, kind, texts):
    label = {"bboxes": [BOX, BOX]} | ({} if words is None else {"words": words})
    (found,) = read(tmp_path, label)
    assert [word.text for word in found.words] == texts
    assert kinds([found]) == [kind]


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "pickle_refused"),
        (pickle.dumps({"bboxes": [BOX], "words": ["a"]}, 4)[:-9], "pickle_damaged"),
        (b"", "pickle_damaged"),
        (bytes((4 << 20) + 1), "pickle_refused"),
        (bytes((16 << 20) + 1), "label_too_long"),
        (b'{"size": [1, 2', "not_json"),
        (b'{"a": ' * 100_000, "not_json"),
        (b'{"size": [40, 80]}', "missing_key"),
        (b'{"size": [40, 80], "words": 5}', "wrong_type"),
        ([1, 2], "wrong_type"),
        ({"words": ["a"]}, "missing_key"),
        ({"bboxes": 3.5, "words": ["a"]}, "wrong_type"),
        ({"bboxes": [0] * 20_001, "words": []}, "label_too_long"),
        ({"bboxes": np.array([None, BOX], object), "words": ["a"]}, "pickle_refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "label",
)
def test_a_label_that_cannot_be_read_does_not_keep_the_others_from_being_read(
    tmp_path, label, kind
):
    found = read(tmp_path, label, {"bboxes": [BOX], "words": ["a"]})
    assert [part.image for part in found] == ["", "image-000000001"]
    assert kinds(found) == [kind]
    (problem,) = found[0].problems
    assert problem.image == "image-000000000"
    assert len(problem.detail) <= 100


def test_labels_without_photos_and_photos_without_labels(tmp_path):
    sample = (PHOTO, {"bboxes": [BOX], "words": ["a"]})
    records = users_records([sample] * 4)
    del records[b"image-000000001"], records[b"gt-000000002"]
    records[b"num-samples"] = b"9"
    path = write_records(tmp_path / "a.lmdb", records)
    first, *found = read_lmdb(path)
    assert [part.image for part in found] == ["image-000000000", "image-000000003"]
    assert [(problem.kind, problem.image, problem.detail) for problem in first.problems] == [
        ("missing_image", "image-000000001", ""),
        ("sample_count", "", "9 / 3"),
    ]


def test_a_photo_that_cannot_be_measured_has_no_words(tmp_path):
    (found,) = read(tmp_path, {"bboxes": [BOX], "words": ["a"]}, photo=b"no photo")
    assert (found.image, list(found.words), found.size) == ("image-000000000", [], None)


@pytest.mark.parametrize(
    ("words", "kind"),
    [(["가" * 10_001], "label_too_long"), ([["a"]], "wrong_type"), ([True], None), ([7], None)],
)
def test_texts_are_texts_of_a_bearable_length(tmp_path, words, kind):
    (found,) = read(tmp_path, {"bboxes": [BOX], "words": words})
    assert kinds([found]) == ([kind] if kind else [])


def test_a_number_may_not_be_a_book(tmp_path):
    book = "1" * 1_000_000
    (found,) = read(tmp_path, {"bboxes": [[book] * 8] * 1000, "words": ["a"] * 1000})
    assert set(kinds([found])) == {"not_a_number"}
    assert len(found.problems[0].detail) <= 100


def test_deeply_nested_values_are_no_coordinates(tmp_path):
    depth = 100_000
    pickled = b"\x80\x02}(U\x06bboxes]" + b"]" * depth + b"a" * depth + b"U\x05words]U\x01aau."
    (found,) = read(tmp_path, pickled)
    assert kinds([found]) == ["wrong_type"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=30,
)
LABELS = VALUES | st.fixed_dictionaries(
    {},
    optional={
        "bboxes": VALUES | st.lists(st.lists(st.floats() | VALUES, max_size=12), max_size=4),
        "words": VALUES | st.lists(st.fixed_dictionaries({"points": VALUES, "text": VALUES})),
        "size": VALUES,
        "filename": VALUES,
    },
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(labels=st.lists(LABELS, min_size=1, max_size=6), as_json=st.booleans())
def test_whatever_a_label_holds_it_gives_words_or_problems(tmp_path, labels, as_json):
    if as_json:
        labels = [json.dumps(label, default=str).encode() for label in labels]
    for part in read(tmp_path, *labels):
        assert part.image in ("", *(f"image-{n:09d}" for n in range(6)))
        for word in part.words:
            assert np.isfinite(word.points).all()
            word.text.encode()
        for problem in part.problems:
            assert f"data.problem.{problem.kind}" in MESSAGES
            assert f"data.kind.{problem.kind}" in MESSAGES
            assert len(problem.detail) < 400
