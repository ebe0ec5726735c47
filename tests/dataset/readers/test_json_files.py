"""JSON read whole and in a stream: encodings, damage, and values that are not what they should."""

import json

import numpy as np
import pytest

from dataset.labels import BadEntry, BadFile
from dataset.readers.json_files import (
    JsonStream,
    box_of,
    field,
    find,
    is_true,
    load_json,
    numbers,
    outline_of,
    peek_json,
    peek_text,
    size_of,
    text_of,
)

DOCUMENT = {"a": {"x": 1}, "words": [{"text": "가게"}, 2], "empty": [], "none": {}}
ENCODINGS = {
    "utf-8": "utf-8",
    "byte-order mark": "utf-8-sig",
    "cp949": "cp949",
    "utf-16": "utf-16",
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_every_usual_encoding_is_read_whole_streamed_and_at_a_glance(file, encoding):
    file.write_text(json.dumps(DOCUMENT, ensure_ascii=False), encoding)

    assert load_json(file) == DOCUMENT
    assert list(JsonStream(file).items("words")) == [{"text": "가게"}, 2]
    assert list(JsonStream(file).pairs("a")) == [("x", 1)]
    assert [key for key, _ in JsonStream(file).pairs("")] == list(DOCUMENT)
    assert peek_json(file) == DOCUMENT


def test_a_stream_longer_than_its_pieces_is_read_in_every_encoding(file):
    texts = [f"간판{number}" for number in range(120_000)]
    for encoding in ENCODINGS.values():
        file.write_text(json.dumps({"words": texts}, ensure_ascii=False), encoding)

        assert list(JsonStream(file).items("words")) == texts


def test_a_list_without_elements_is_no_problem(file):
    assert list(JsonStream(file).items("empty")) == []
    assert list(JsonStream(file).pairs("none")) == []


@pytest.mark.parametrize(
    ("key", "kind"), [("absent", "missing_key"), ("a", "wrong_type"), ("none", "wrong_type")]
)
def test_a_list_that_is_not_there_is_named(file, key, kind):
    with pytest.raises(BadFile) as caught:
        list(JsonStream(file).items(key))

    assert caught.value.args == (kind, key)


def test_a_file_that_ends_too_early_gives_what_stands_before_and_is_refused(file):
    file.write_text('{"words": [1, 2, {"a": ')
    found = []

    with pytest.raises(BadFile) as caught:
        for item in JsonStream(file).items("words"):
            found.append(item)  # noqa: PERF402

    assert found == [1, 2]
    assert caught.value.args[0] == "not_json"
    assert "\n" not in caught.value.args[1]


@pytest.mark.parametrize("content", ["", "{", "[1, ", "nothing", '{"a": 1} {"b": 2}', "{'a': 1}"])
def test_what_is_no_json_is_refused(file, content):
    file.write_text(content)

    for read in (load_json, lambda path: list(JsonStream(path).items("a"))):
        with pytest.raises(BadFile) as caught:
            read(file)
        assert caught.value.args[0] == "not_json"


def test_bytes_that_are_no_text_are_refused(file):
    file.write_bytes(b'{"a": ["\x80\xff\x81", "\xff"]}')

    for read in (load_json, lambda path: list(JsonStream(path).items("a"))):
        with pytest.raises(BadFile) as caught:
            read(file)
        assert caught.value.args == ("encoding", "")


@pytest.mark.parametrize("opening", ["[", '{"a":', '[[],{"a":['])
def test_json_nested_without_end_is_refused_before_it_fills_the_memory(file, opening):
    file.write_text('{"words": ' + opening * 100_000)

    for read in (load_json, lambda path: list(JsonStream(path).items("words"))):
        with pytest.raises(BadFile) as caught:
            read(file)
        assert caught.value.args[0] == "not_json"
    assert list(peek_json(file)) == ["words"]


def test_brackets_inside_of_texts_are_not_nesting(file):
    texts = ["[" * 3000, "{" * 3000]
    file.write_text(json.dumps({"words": texts}))

    assert list(JsonStream(file).items("words")) == texts


def test_a_glance_takes_no_more_than_the_head_of_a_file(file):
    file.write_text(json.dumps({"words": ["가" * 20, "나" * 20] * 2000}, ensure_ascii=False))

    words = peek_json(file)["words"]

    assert set(words) <= {"가" * 20, "나" * 20}
    # 62 bytes and a separator of two for each
    assert len(words) == 65536 // 64 - 1


def test_a_glance_shows_a_key_whose_value_is_cut_off(file):
    file.write_text(json.dumps({"version": "5", "imageData": "A" * 100_000, "shapes": []}))

    assert peek_json(file) == {"version": "5", "imageData": None}


def test_a_glance_at_nothing_shows_nothing(tmp_path):
    (tmp_path / "list.json").write_text("[1, 2]")

    assert peek_json(tmp_path / "absent.json") == {}
    assert peek_text(tmp_path) == ""
    assert peek_json(tmp_path / "list.json") == {}


def test_keys_are_found_in_any_case_and_exactly_first():
    record = {"Bbox": 1, "bbox": 2, "FILE_NAME": "a.jpg"}

    assert find(record, "bbox") == 2
    assert find(record, "Bbox") == 1
    assert find(record, "absent", "file_name") == "a.jpg"
    assert find(record, "absent") is None


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"y": 1}, ("missing_key", "x")),
        ([1], ("missing_key", "x")),
        (None, ("missing_key", "x")),
        ({"x": None}, ("wrong_type", "x")),
        ({"x": "1"}, ("wrong_type", "x")),
    ],
)
@pytest.mark.parametrize("error", [BadEntry, BadFile])
def test_a_field_that_is_missing_or_of_another_type_is_named(record, problem, error):
    with pytest.raises(error) as caught:
        field(record, "x", "other", kind=list, error=error)

    assert caught.value.args == problem


@pytest.mark.parametrize(
    ("value", "text"), [(" 가게 ", "가게"), (None, ""), (7, "7"), (1.5, "1.5"), ("\ud800a", "?a")]
)
def test_texts_may_be_missing_or_numbers(value, text):
    assert text_of({"text": value}, "text") == text


@pytest.mark.parametrize("value", [True, ["a"], {"a": 1}])
def test_other_things_are_no_text(value):
    with pytest.raises(BadEntry):
        text_of({"text": value}, "text")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("True", True), ("true ", True), (1, True), ("1", True), (False, False),
     ("false", False), (0, False), (None, False), ([1], False), ({}, False), ("", False)],
)  # fmt: skip
def test_marks_are_written_in_several_ways(value, expected):
    assert is_true(value) is expected


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (480, 640, (480, 640)),
        ("480", 640.0, (480, 640)),
        (None, 640, None),
        (0, 640, None),
        ("nan", 640, None),
        (1e300, 640, None),
        ([480], 640, None),
    ],
)
def test_a_size_is_two_numbers_of_pixels_or_unknown(height, width, size):
    assert size_of(height, width) == size


def test_an_outline_is_a_flat_list_or_one_of_pairs():
    assert outline_of([1, "2", 3.5, 4], "points") == [1, 2, 3.5, 4]
    assert outline_of([[1, 2], ["3.5", 4]], "points") == [1, 2, 3.5, 4]


@pytest.mark.parametrize("value", [None, 5, {}, [1, 2, 3], [[1, 2], 3, 4], [[1, 2, 3], [4, 5, 6]]])
def test_what_is_no_outline_is_named_by_its_key(value):
    with pytest.raises(BadEntry) as caught:
        outline_of(value, "points")

    assert caught.value.args == ("wrong_type", "points")


def test_a_box_is_four_numbers():
    np.testing.assert_array_equal(
        box_of([10, 20, 30, 40], "bbox"), [[10, 20], [40, 20], [40, 60], [10, 60]]
    )
    for value in (None, [], [1, 2, 3], {"x": 1}):
        with pytest.raises(BadEntry) as caught:
            box_of(value, "bbox")
        assert caught.value.args == ("wrong_type", "bbox")


@pytest.mark.parametrize(
    ("value", "detail"),
    [(None, "null"), ([1], "list"), ({}, "dict"), (True, "True"), ("x", "x")],
)
def test_a_coordinate_that_is_none_is_shown(value, detail):
    with pytest.raises(BadEntry) as caught:
        numbers([1, value])

    assert caught.value.args == ("not_a_number", detail)
