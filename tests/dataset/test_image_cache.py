"""Photos that are decoded once: what is kept, and what is not."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.image_cache import ImageCache
from dataset.images import Photo, read_image, reduced
from runtime.messages import UserError


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = []
    for number, size in enumerate([(32, 48), (64, 40)]):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(paths[-1])
    return paths


def cache_of(folder: Path, kind: str = "ram") -> ImageCache:
    return ImageCache(np.array([(32, 48), (64, 40)]), np.array([1, 2]), kind, folder)


@pytest.mark.parametrize("kind", ["ram", "disk"])
def test_photos_are_read_once_and_kept_as_small_as_asked(tmp_path, photos, kind):
    cache = cache_of(tmp_path, kind)
    expected = [read_image(path) for path in photos]
    for _ in range(2):
        first, second = (
            cache.photo(index, partial(Photo.open, photos[index])) for index in range(2)
        )
        np.testing.assert_array_equal(first.pixels(), expected[0])
        np.testing.assert_array_equal(first.pixels(4), reduced(expected[0], 4))
        np.testing.assert_array_equal(second.pixels(2), reduced(expected[1], 2))
        assert (first.size, second.size) == ((32, 48), (64, 40))
        assert (first.least_reduction, second.least_reduction) == (1, 2)
        for path in photos:
            path.unlink(missing_ok=True)  # the second time round there is nothing to read


def test_the_block_is_as_large_as_the_kept_pixels_and_a_byte_for_each_photo(tmp_path):
    assert cache_of(tmp_path).num_bytes == 2 + 32 * 48 * 3 + 32 * 20 * 3


def test_the_file_on_the_disk_has_no_name(tmp_path):
    cache = cache_of(tmp_path, "disk")
    assert not cache.block.any()
    assert list(tmp_path.iterdir()) == []


def test_a_photo_that_cannot_be_read_is_named_and_not_kept(tmp_path, photos):
    cache = cache_of(tmp_path)
    content = photos[0].read_bytes()
    photos[0].write_bytes(content[:60])
    with pytest.raises(UserError, match=r"0\.png"):
        cache.photo(0, partial(Photo.open, photos[0]))
    photos[0].write_bytes(content)
    np.testing.assert_array_equal(
        cache.photo(0, partial(Photo.open, photos[0])).pixels(), read_image(photos[0])
    )
