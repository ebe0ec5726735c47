"""Cell arrays of MAT-files: as SciPy reads them, and files that would bring SciPy down."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import BadFile
from dataset.readers.matlab import MAX_CELL_BYTES, has_cells, open_cells
from tests.dataset.readers.mat_files import (
    CELL,
    CHAR,
    DOUBLE,
    chars,
    element,
    mat_file,
    matrix,
    numbers,
    small_element,
)


def cells_of(tmp_path, content, most_bytes=float("inf")):
    path = tmp_path / "labels.mat"
    path.write_bytes(content)
    with open_cells(path, "cells", most_bytes) as cells:
        return cells.shape, list(cells.values)


def reason_for(tmp_path, content, most_bytes=float("inf")):
    with pytest.raises(BadFile) as caught:
        cells_of(tmp_path, content, most_bytes)
    return caught.value.args


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_texts_and_numbers_are_read_in_both_byte_orders(tmp_path, order, compressed):
    inside = chars("가게", order) + numbers(1.5, -2, order=order)
    content = mat_file(
        matrix(DOUBLE, (1, 1), element(9, bytes(8), order), b"other", order),
        matrix(CELL, (1, 2), inside, b"cells", order),
        compressed=compressed,
        order=order,
    )

    shape, (text, values) = cells_of(tmp_path, content)

    assert (shape, text) == ((1, 2), ["가게"])
    np.testing.assert_array_equal(values, [[1.5, -2]])


def test_arrays_are_stored_column_by_column_and_small_contents_within_their_tag(tmp_path):
    rows = matrix(CHAR, (2, 3), element(16, b"abdecf"))
    bytes_of_integers = matrix(DOUBLE, (2, 2), small_element(2, bytes([1, 2, 3, 4])))
    content = mat_file(matrix(CELL, (2, 1), rows + bytes_of_integers, b"cells"))

    _, (text, values) = cells_of(tmp_path, content)

    assert text == ["adc", "bef"]
    np.testing.assert_array_equal(values, [[1, 3], [2, 4]])


@pytest.mark.parametrize("compressed", [False, True])
def test_what_scipy_writes_is_read_as_scipy_reads_it(tmp_path, compressed):
    scipy_io = pytest.importorskip("scipy.io")
    cells = np.empty((2, 4), object)
    cells[0] = ["x:", np.array([[20, 300, 70000]]), np.array([[1.5, 2], [3, 4]]), "글자 a\nb"]
    cells[1] = [
        np.array(["one", "three"]),
        np.int16([[-3, 5]]),
        "",
        np.arange(24.0).reshape(2, 3, 4),
    ]
    path = tmp_path / "labels.mat"
    variables = {"first": np.arange(9), "cells": cells, "last": np.arange(3)}
    scipy_io.savemat(path, variables, do_compression=compressed)
    expected = scipy_io.loadmat(path, variable_names=["cells"])["cells"]

    with open_cells(path, "cells") as opened:
        values = list(opened.values)

    assert opened.shape == expected.shape
    for value, known in zip(values, expected.ravel(order="F"), strict=True):
        if known.dtype.kind == "U":
            assert [text.rstrip() for text in value] == [text.rstrip() for text in known]
        else:
            np.testing.assert_array_equal(value, known)


def test_other_kinds_of_cells_are_passed_over(tmp_path):
    nested = matrix(CELL, (1, 1), chars("deep"))
    unlike_its_shape = matrix(DOUBLE, (1, 3), element(9, bytes(16)))
    of_40_sides = matrix(DOUBLE, [1] * 40, element(9, bytes(8)))
    no_text = matrix(CHAR, (2, 2), element(16, b"abc"))
    inside = nested + unlike_its_shape + of_40_sides + no_text + chars("end")

    _, values = cells_of(tmp_path, mat_file(matrix(CELL, (1, 5), inside, b"cells")))

    assert values == [None, None, None, None, ["end"]]


def test_cells_within_cells_without_end_do_no_harm(tmp_path):
    content = b""
    for _ in range(2000):
        content = matrix(CELL, (1, 1), content)

    _, values = cells_of(tmp_path, mat_file(matrix(CELL, (1, 1), content, b"cells")))

    assert values == [None]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "not_mat"),
        (b"MATLAB 5.0 MAT-file", "not_mat"),
        (bytes(128), "not_mat"),
        (mat_file(), "missing_key"),
        (mat_file(matrix(CELL, (1, 1), b"", b"others")), "missing_key"),
        (mat_file(matrix(DOUBLE, (1, 1), b"", b"cells")), "missing_key"),
        (mat_file(matrix(CELL, (1, 1), b"", b"cells")), "not_mat"),
        (mat_file(matrix(CELL, (-1, 1), b"", b"cells")), "not_mat"),
        (mat_file(matrix(CELL, (), b"", b"cells")), "not_mat"),
        (mat_file(matrix(CELL, (1 << 30, 1 << 30), chars("a"), b"cells")), "not_mat"),
        (mat_file(element(3, b"abc")), "not_mat"),
        (mat_file() + element(15, b"no zlib at all"), "not_mat"),
        (mat_file(matrix(CELL, (1, 1), element(9, bytes(8)), b"cells")), "not_mat"),
        (mat_file(matrix(CELL, (1, 1), chars("a" * MAX_CELL_BYTES), b"cells")), "not_mat"),
    ],
)
def test_what_is_no_cell_array_is_refused(tmp_path, content, kind):
    assert reason_for(tmp_path, content)[0] == kind
    (tmp_path / "labels.mat").write_bytes(content)
    assert has_cells(tmp_path / "labels.mat", "cells") in (True, False)


def test_a_bomb_goes_off_in_little_memory(tmp_path):
    bomb = matrix(CELL, (1, 100_000), chars("a" * 400_000) * 64, b"cells")
    path = tmp_path / "labels.mat"
    path.write_bytes(mat_file(bomb, compressed=True))
    del bomb
    assert path.stat().st_size < 200_000

    tracemalloc.start()
    with pytest.raises(BadFile), open_cells(path, "cells", most_bytes=4 << 20) as cells:
        list(cells.values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 16 << 20


@given(data=st.data(), compressed=st.booleans())
@settings(max_examples=300, deadline=None)
def test_damaged_files_are_refused_or_read(tmp_path_factory, data, compressed):
    inside = chars("word") + numbers(1, 2, 3) + matrix(CELL, (1, 1), chars("deep"))
    content = bytearray(mat_file(matrix(CELL, (1, 3), inside, b"cells"), compressed=compressed))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(124, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path_factory.mktemp("wild") / "labels.mat"
    path.write_bytes(content)

    try:
        with open_cells(path, "cells") as cells:
            values = [value for value, _ in zip(cells.values, range(10), strict=False)]
    except BadFile as bad:
        assert bad.args[0] in ("not_mat", "missing_key")
    else:
        assert all(isinstance(value, list | np.ndarray | None) for value in values)
