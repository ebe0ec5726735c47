"""Photos made small enough."""

import cv2
import numpy as np
import pytest

from inference.report.photos import Allowance, jpeg_within, shrunk
from tests.inference.report.faked import FakePhotos, jpeg

NOISE = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)


def size_of(content: bytes) -> tuple[int, ...]:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).shape[:2]


@pytest.mark.parametrize("num_bytes", [2_000, 10_000, 100_000])
def test_a_picture_keeps_within_its_bytes_and_uses_much_of_them(num_bytes):
    content = jpeg_within(NOISE, num_bytes)

    assert num_bytes / 3 < len(content) <= num_bytes
    height, width = size_of(content)
    assert width / height == pytest.approx(4 / 3, rel=0.05)


def test_a_picture_with_room_to_spare_keeps_its_size_and_its_colours():
    red = np.full((40, 60, 3), (200, 30, 40), np.uint8)
    content = jpeg_within(red, 10_000)

    blue, green, red_level = cv2.imdecode(np.frombuffer(content, np.uint8), 1).mean(axis=(0, 1))
    assert size_of(content) == (40, 60)
    assert (red_level, green, blue) == pytest.approx((200, 30, 40), abs=3)


def test_too_few_bytes_give_no_picture():
    assert jpeg_within(NOISE, 1_000) is None
    assert (
        jpeg_within(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8), 1_500) is None
    )


def test_what_one_picture_leaves_the_others_get():
    allowance = Allowance(40_000, 2)
    small = allowance.encode(np.full((40, 60, 3), 90, np.uint8))
    large = allowance.encode(NOISE)

    assert len(small) < 1_500
    assert 20_000 < len(large) <= 40_000 - len(small)


@pytest.mark.parametrize(
    ("side_px", "size"), [(320, (240, 320)), (300, (225, 300)), (999, (480, 640))]
)
def test_a_photo_is_shrunk_to_its_longer_side_and_never_enlarged(side_px, size):
    photo = FakePhotos([[]], [jpeg((480, 640))]).open_photo(0)
    assert shrunk(photo, side_px).shape[:2] == size
