"""Many file names in one block of memory."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.packed_names import PackedNames

NAMES = ["img_1.jpg", "", "가게 앞.jpg", os.fsdecode(b"\xff broken.jpg"), "b"]


def test_names_come_back_as_they_were():
    packed = PackedNames(NAMES)

    assert list(packed) == NAMES
    assert (len(packed), packed[2]) == (5, NAMES[2])
    assert list(packed.of([4, 0])) == ["b", "img_1.jpg"]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))))
def test_any_names_come_back(names):
    assert list(PackedNames(names)) == names


@pytest.mark.parametrize("index", [-1, 5])
def test_a_number_without_a_name_is_an_index_error(index):
    with pytest.raises(IndexError, match=str(index)):
        PackedNames(NAMES)[index]


def test_a_name_costs_its_bytes_and_nine_more():
    packed = PackedNames(f"img_{number:06}.jpg" for number in range(10_000))

    assert sys.getsizeof(packed.characters) + packed.ends.nbytes < 10_000 * (15 + 8) + 1000
