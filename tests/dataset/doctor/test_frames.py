"""Coordinates that were meant in another way, judged by many boxes together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.doctor.frames import count_frames, drawn_on_its_side, meant_otherwise
from dataset.labels import Word, box_corners

SIZE = (240, 320)
# x, y, width, height, all over an image of 320 x 240
BOXES = [(20, 20, 60, 20), (240, 30, 60, 20), (100, 200, 80, 25), (230, 180, 70, 30),
         (150, 100, 50, 20), (20, 150, 40, 15)]  # fmt: skip


def quads(*corners) -> list[Word]:
    return [Word(np.array(one, np.float32), "word", False, 1) for one in corners]


def upright(x1, y1, x2, y2):
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]


SOUND = quads(*(box_corners(*one) for one in BOXES))
WRONG = {
    "swapped_xy": quads(*([(y, x) for x, y in box_corners(*one)] for one in BOXES)),
    "xywh_as_corners": quads(*(upright(*one) for one in BOXES)),
    "corners_as_xywh": quads(*(upright(x, y, x + x + w, y + y + h) for x, y, w, h in BOXES)),
}


def test_sound_boxes_were_meant_as_they_are():
    assert meant_otherwise(count_frames(SOUND, SIZE)) == ""


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_each_way_of_misreading_is_known(kind):
    assert meant_otherwise(count_frames(WRONG[kind], SIZE)) == kind


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_a_single_box_proves_nothing(kind):
    assert [meant_otherwise(count_frames([word], SIZE)) for word in WRONG[kind]] == [""] * 6


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_images_with_few_boxes_give_evidence_together(kind):
    counts = sum(count_frames([word], SIZE) for word in WRONG[kind])

    assert meant_otherwise(counts) == kind


def test_boxes_that_begin_at_their_lower_right_corner_are_sound():
    words = quads(*(box_corners(*one)[2:] + box_corners(*one)[:2] for one in BOXES))

    assert meant_otherwise(count_frames(words, SIZE)) == ""


def test_labels_of_another_image_are_no_swapped_ones():
    far = quads(*(box_corners(x + 300, y + 300, w, h) for x, y, w, h in BOXES))

    assert meant_otherwise(count_frames(far, SIZE)) == ""


@given(
    st.lists(
        st.tuples(st.integers(0, 250), st.integers(0, 200), st.integers(5, 70), st.integers(5, 40)),
        max_size=30,
    )
)
def test_boxes_inside_their_image_are_never_accused(boxes):
    assert meant_otherwise(count_frames(quads(*(box_corners(*one) for one in boxes)), SIZE)) == ""


def test_on_a_photo_marked_as_turned_one_box_is_enough():
    assert drawn_on_its_side(count_frames(quads(box_corners(250, 20, 60, 20)), (320, 240)))
    assert not drawn_on_its_side(count_frames(quads(box_corners(20, 20, 60, 20)), (320, 240)))
    assert not drawn_on_its_side(count_frames(quads(box_corners(900, 20, 60, 20)), (320, 240)))


def test_no_words_give_no_evidence():
    assert not count_frames([], SIZE).any()
