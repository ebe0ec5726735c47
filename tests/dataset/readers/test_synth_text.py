"""SynthText: one MATLAB file for all images."""

import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import BadFile, read_file
from dataset.readers.synth_text import read_synth_text, recognises_synth_text
from tests.dataset.readers.mat_files import (
    CELL,
    CHAR,
    DOUBLE,
    chars,
    element,
    mat_file,
    matrix,
    numbers,
)
from tests.dataset.readers.reading import assert_sound

SQUARE = np.array([[10, 20], [50, 20], [50, 40], [10, 40]], float)


def boxes(*outlines: np.ndarray, drop_last_axis: bool = False) -> bytes:
    """(2, 4, words), stored column by column."""
    content = np.stack([outline.T for outline in outlines], axis=-1).ravel(order="F").tobytes()
    shape = (2, 4) if drop_last_axis else (2, 4, len(outlines))
    return matrix(DOUBLE, shape, element(9, content))


def texts(*rows: str) -> bytes:
    width = max(map(len, rows))
    padded = [one.ljust(width) for one in rows]
    columns = "".join("".join(column) for column in zip(*padded, strict=True))
    return matrix(CHAR, (len(rows), width), element(16, columns.encode()))


def gt_mat(*images: tuple[bytes, bytes, bytes], compressed: bool = False) -> bytes:
    """A file with (name, boxes, texts) for each image."""
    names, outlines, words = (b"".join(column) for column in zip(*images, strict=True))
    shape = (1, len(images))
    variables = (
        matrix(CELL, shape, names, b"imnames"),
        matrix(CELL, shape, outlines, b"wordBB"),
        matrix(CELL, shape, words, b"txt"),
    )
    return mat_file(*variables, compressed=compressed)


def read(tmp_path, content):
    path = tmp_path / "gt.mat"
    path.write_bytes(content)
    return list(read_synth_text(path))


@pytest.mark.parametrize("compressed", [False, True])
def test_one_file_labels_image_after_image(tmp_path, compressed):
    content = gt_mat(
        (chars("8/a_1.png"), boxes(SQUARE, SQUARE + 100, SQUARE + 200), texts("two\nlines", "###")),
        (chars("8/b_2.png"), boxes(SQUARE * 2, drop_last_axis=True), texts("single")),
        compressed=compressed,
    )

    first, second = read(tmp_path, content)

    assert (first.image, second.image) == ("8/a_1.png", "8/b_2.png")
    assert [(word.text, word.ignore, word.line) for word in first.words] == [
        ("two", False, 1),
        ("lines", False, 2),
        ("###", True, 3),
    ]
    np.testing.assert_array_equal(first.words[1].points, SQUARE + 100)
    np.testing.assert_array_equal(second.words[0].points, SQUARE * 2)
    assert not first.problems and not second.problems


def test_boxes_without_as_many_texts_are_words_all_the_same(tmp_path):
    (label,) = read(tmp_path, gt_mat((chars("a.png"), boxes(SQUARE, SQUARE + 9), texts("one"))))

    assert [(word.text, word.ignore) for word in label.words] == [("", False)] * 2
    (problem,) = label.problems
    assert (problem.kind, problem.line, problem.image) == ("wrong_count", 1, "a.png")
    assert problem.detail == "wordBB 2, txt 1"


def test_a_box_that_is_no_word_is_reported_with_its_image(tmp_path):
    content = gt_mat((chars("a.png"), boxes(SQUARE, SQUARE * 0, SQUARE * np.nan), texts("a b c")))

    (label,) = read(tmp_path, content)

    assert [word.text for word in label.words] == ["a"]
    assert [(one.kind, one.line, one.image) for one in label.problems] == [
        ("zero_area", 2, "a.png"),
        ("not_finite", 3, "a.png"),
    ]


def test_more_words_than_fast_could_hold_are_all_read(tmp_path):
    outlines = [SQUARE + index for index in range(300)]

    (label,) = read(tmp_path, gt_mat((chars("a.png"), boxes(*outlines), texts("w " * 300))))

    assert len(label.words) == 300


def test_an_image_whose_entry_is_broken_does_not_hide_the_next_one(tmp_path):
    content = gt_mat(
        (chars("a.png"), numbers(1, 2, 3), texts("word")),
        (numbers(1), boxes(SQUARE), texts("word")),
        (chars("c.png"), boxes(SQUARE), texts("word")),
    )

    first, second, third = read(tmp_path, content)

    assert [(one.kind, one.line, one.detail) for one in [*first.problems, *second.problems]] == [
        ("wrong_type", 1, "wordBB"),
        ("wrong_type", 2, "imnames"),
    ]
    assert (third.image, len(third.words)) == ("c.png", 1)


def test_an_image_without_boxes_is_a_page_without_text(tmp_path):
    (label,) = read(tmp_path, gt_mat((chars("a.png"), numbers(), chars(""))))

    assert (label.image, list(label.words), list(label.problems)) == ("a.png", [], [])


@pytest.mark.parametrize("missing", ["imnames", "wordBB", "txt"])
def test_a_variable_that_is_not_there_is_named(tmp_path, missing):
    content = gt_mat((chars("a.png"), boxes(SQUARE), texts("word")))

    with pytest.raises(BadFile) as caught:
        read(tmp_path, content.replace(missing.encode(), b"x" * len(missing)))

    assert caught.value.args == ("missing_key", missing)


def test_variables_for_unequal_numbers_of_images_are_refused(tmp_path):
    name = matrix(CELL, (1, 1), chars("a.png"), b"imnames")
    outlines = matrix(CELL, (1, 2), boxes(SQUARE) * 2, b"wordBB")
    words = matrix(CELL, (1, 1), texts("word"), b"txt")

    with pytest.raises(BadFile) as caught:
        read(tmp_path, mat_file(name, outlines, words))

    assert caught.value.args == ("not_mat", "imnames 1, wordBB 2, txt 1")


def test_a_file_is_recognised_by_its_variables(tmp_path):
    path = tmp_path / "gt.mat"
    path.write_bytes(gt_mat((chars("a.png"), boxes(SQUARE), texts("word")), compressed=True))
    assert recognises_synth_text(path)
    path.write_bytes(mat_file(matrix(CELL, (1, 1), chars("a"), b"polygt")))
    assert not recognises_synth_text(path)
    assert not recognises_synth_text(tmp_path / "absent.mat")


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    path = tmp_path / "gt.mat"
    image = (chars("a.png"), boxes(*[SQUARE] * 50), texts("word " * 50))
    path.write_bytes(gt_mat(*[image] * 400, compressed=True))

    tracemalloc.start()
    labels = sum(1 for _ in read_synth_text(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert labels == 400
    assert peak < 1 << 20


@given(data=st.data(), compressed=st.booleans())
@settings(max_examples=200, deadline=None)
def test_damaged_files_give_sound_words_or_problems(tmp_path_factory, data, compressed):
    image = (chars("a.png"), boxes(SQUARE, SQUARE + 50), texts("two words"))
    content = bytearray(gt_mat(image, image, compressed=compressed))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("wild") / "gt.mat"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])

    assert_sound(
        [label for label, _ in zip(read_file(read_synth_text, path), range(50), strict=False)]
    )
    assert recognises_synth_text(path) in (True, False)


@given(values=st.lists(st.floats(width=32), min_size=8, max_size=8))
@settings(max_examples=100, deadline=None)
def test_numbers_of_any_kind_become_a_sound_word_or_a_problem(tmp_path_factory, values):
    outline = matrix(DOUBLE, (2, 4), element(9, struct.pack("<8d", *values)))
    path = tmp_path_factory.mktemp("wild") / "gt.mat"
    path.write_bytes(gt_mat((chars("a.png"), outline, texts("word"))))

    (label,) = read_file(read_synth_text, path)

    assert_sound([label])
    assert len(label.words) + len(label.problems) == 1
