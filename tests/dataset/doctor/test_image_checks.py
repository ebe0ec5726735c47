"""What is seen of one image file."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.doctor.image_checks import look_alike, look_at
from dataset.images import Photo
from tests.dataset.doctor.drawn import picture, write_picture


def encoded(seed: int = 1, kind: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(seed)).save(file, kind, **options)
    return file.getvalue()


def look(content: bytes, **options):
    return look_at(io.BytesIO(content), apply_exif=True, **options)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty_image"),
        (b"<html>404 Not Found</html>", "not_an_image"),
        (encoded()[:-500], "truncated_image"),
        (encoded()[:20], "truncated_image"),
        (encoded(kind="PNG")[:-3000], "truncated_image"),
        (encoded(kind="PNG")[:12], "truncated_image"),
    ],
)
def test_damage_is_told_apart(content, kind, fast):
    seen = look(content, with_fingerprint=not fast)

    assert (seen.size, seen.damage, seen.fingerprint) == (None, kind, None)


def test_a_file_that_is_no_image_is_quoted_as_far_as_it_can_be_shown():
    assert look(b"<html>\x00\xff\n404").detail == "<html> ? 404"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF"])
def test_a_sound_file_is_measured(kind):
    seen = look(encoded(kind=kind))

    assert (seen.size, seen.damage, seen.on_its_side) == ((240, 320), "", False)


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (240, 320)), (3, (240, 320)), (6, (320, 240))]
)
def test_the_size_follows_the_exif_rotation(tmp_path, orientation, size):
    path = write_picture(tmp_path / "a.jpg", picture(1), orientation)

    seen = look(path.read_bytes())
    unturned = look_at(io.BytesIO(path.read_bytes()), apply_exif=False)

    assert (seen.size, seen.on_its_side) == (size, orientation == 6)
    assert unturned.size == (240, 320)


def test_only_equal_files_have_equal_samples():
    assert look(encoded(1)).sample == look(encoded(1)).sample
    assert look(encoded(1)).sample != look(encoded(2)).sample
    assert look(encoded(1)).sample != look(encoded(1) + b"\0").sample


def test_copies_have_fingerprints_that_differ_in_few_bits():
    original = look(encoded(1)).fingerprint
    small = np.asarray(Image.fromarray(picture(1)).resize((200, 150)))
    file = io.BytesIO()
    Image.fromarray((small * 0.9).astype(np.uint8)).save(file, "JPEG", quality=60)

    assert (original ^ look(file.getvalue()).fingerprint).bit_count() <= 3
    assert (original ^ look(encoded(2)).fingerprint).bit_count() > 10


def test_a_flat_image_has_no_fingerprint():
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "white").save(file, "PNG")

    assert look(file.getvalue()).fingerprint is None


def photo(folder: Path, name: str, pixels: np.ndarray, **options) -> Photo:
    return Photo.open(write_picture(folder / name, pixels, **options))


def test_a_smaller_darker_copy_looks_alike_and_a_form_filled_in_otherwise_does_not(tmp_path):
    form = picture(3)
    entry = form.copy()
    entry[100:130, 60:180] = 255 - entry[100:130, 60:180]
    original = photo(tmp_path, "a.jpg", form)
    small = np.asarray(Image.fromarray(form).resize((240, 180)))
    darker = (small * 0.8).astype(np.uint8)

    assert look_alike(original, photo(tmp_path, "b.jpg", darker, quality=60))
    assert not look_alike(original, photo(tmp_path, "c.jpg", entry))
    assert not look_alike(original, photo(tmp_path, "d.jpg", picture(4)))
