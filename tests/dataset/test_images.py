"""Finding, reading, measuring and resizing image files."""

import io
import json
import math
import os
import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.images import (
    DECODING_ERRORS,
    MAX_IMAGE_BYTES,
    MAX_PIXELS,
    Photo,
    TooManyPixels,
    image_size,
    list_images,
    read_image,
    reduced,
    reduction_for,
    resize_for_test,
    scaled_size,
    verify_image,
)
from dataset.images import test_size as size_for_test
from runtime.messages import UserError
from tests.conftest import PROJECT, golden, ic15
from tests.dataset import image_bombs
from tests.dataset.image_bombs import BOMBS

ORIENTATION = 0x0112
SHARP_JPEG = {"quality": 98, "subsampling": 0}


# What has to be done to the stored pixels, by the EXIF standard.
UPRIGHT = {
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: np.swapaxes(stored, 0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(np.swapaxes(stored, 0, 1), 2),
    8: lambda stored: np.rot90(stored, 1),
}


def picture(height: int = 24, width: int = 40) -> np.ndarray:
    """A smooth colour picture, each corner of another colour, so that JPEG hardly changes it."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (np.stack([x, y, 1 - x * y], axis=-1) * 255).astype(np.uint8)


def saved(path: Path, image: Image.Image | np.ndarray, **options: object) -> Path:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(path, **options)
    return path


def test_images_are_listed_in_natural_order_whatever_their_letter_case(tmp_path):
    names = ["img_10.jpg", "img_2.JPG", "b.Png", "a.bmp", "c.WEBP", "d.tif", "e.TIFF", "f.jpeg"]
    for name in [*names, "notes.txt", ".hidden.jpg", "Thumbs.db", "no_suffix"]:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()

    listed = [path.name for path in list_images(tmp_path)]

    order = ["a.bmp", "b.Png", "c.WEBP", "d.tif", "e.TIFF", "f.jpeg", "img_2.JPG", "img_10.jpg"]
    assert listed == order


def test_hangul_names_sort_alike_in_both_unicode_forms(tmp_path):
    names = ["가게.jpg", "나무.jpg", "다리.jpg"]
    forms = ["NFD", "NFC", "NFD"]
    for name, form in zip(names, forms, strict=True):
        (tmp_path / unicodedata.normalize(form, name)).write_bytes(b"")

    listed = [unicodedata.normalize("NFC", path.name) for path in list_images(tmp_path)]

    assert listed == names


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "bmp", "webp", "tif"])
@pytest.mark.parametrize("stem", ["plain", "가게 앞"])
def test_ordinary_files_of_every_format_are_read_as_rgb(tmp_path, suffix, stem):
    options = {"webp": {"lossless": True}, "jpg": SHARP_JPEG, "jpeg": SHARP_JPEG}
    path = saved(tmp_path / f"{stem}.{suffix}", picture(), **options.get(suffix, {}))

    image = read_image(path)

    assert (image.dtype, image.shape, image.flags.c_contiguous) == (np.uint8, (24, 40, 3), True)
    close = 6 if suffix.startswith("jp") else 0
    assert np.abs(image.astype(int) - picture()).max() <= close
    assert image_size(path) == verify_image(path) == (24, 40)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_the_exif_rotation_is_honoured(tmp_path, suffix, orientation):
    image = Image.fromarray(picture())
    exif = image.getexif()
    exif[ORIENTATION] = orientation
    path = saved(tmp_path / f"a.{suffix}", image, exif=exif, quality=95)

    result = read_image(path)

    turn = UPRIGHT.get(orientation, lambda stored: stored)
    expected = turn(picture()).astype(int)
    assert result.shape == expected.shape
    assert np.abs(result - expected).mean() < 4
    assert image_size(path) == verify_image(path) == result.shape[:2]


def test_without_exif_the_pixels_come_as_they_are_stored(tmp_path):
    image = Image.fromarray(picture())
    exif = image.getexif()
    exif[ORIENTATION] = 6
    path = saved(tmp_path / "a.png", image, exif=exif)

    np.testing.assert_array_equal(read_image(path, apply_exif=False), picture())
    assert image_size(path, apply_exif=False) == (24, 40)


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", "jpg"), ("L", "png"), ("1", "png"), ("L", "tif")]
)
def test_grey_images_have_three_equal_channels(tmp_path, mode, suffix):
    grey = Image.fromarray(picture()[..., 0]).convert(mode)

    image = read_image(saved(tmp_path / f"a.{suffix}", grey))

    assert np.ptp(image.astype(int), axis=2).max() == 0
    assert np.abs(image[..., 0].astype(int) - np.asarray(grey.convert("L"))).max() <= 4


def test_transparent_parts_are_white(tmp_path):
    rgba = np.dstack([np.zeros((2, 3, 3), np.uint8), np.array([[0, 255, 51]] * 2, np.uint8)])
    rgba[..., 0] = 100

    image = read_image(saved(tmp_path / "a.png", rgba))

    assert image[0].tolist() == [[255, 255, 255], [100, 0, 0], [224, 204, 204]]


@pytest.mark.parametrize("mode", ["LA", "P"])
def test_other_kinds_of_transparency_are_white_too(tmp_path, mode):
    image = Image.new(mode, (4, 4), 0)
    options = {"transparency": 0} if mode == "P" else {}

    assert (read_image(saved(tmp_path / "a.png", image, **options)) == 255).all()


def test_palette_images_show_their_colours(tmp_path):
    palette = Image.fromarray(picture()).quantize(16)

    image = read_image(saved(tmp_path / "a.png", palette))

    np.testing.assert_array_equal(image, np.asarray(palette.convert("RGB")))


def test_cmyk_photos_keep_their_colours(tmp_path):
    path = saved(tmp_path / "a.jpg", Image.fromarray(picture()).convert("CMYK"), quality=98)

    assert np.abs(read_image(path).astype(int) - picture()).mean() < 5


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_images_keep_their_upper_eight_bits(tmp_path, suffix):
    levels = np.array([[0, 255, 256, 32768, 65535]] * 2, np.uint16)

    image = read_image(saved(tmp_path / f"a.{suffix}", levels))

    assert image[0, :, 1].tolist() == [0, 0, 1, 128, 255]


@pytest.mark.parametrize(
    ("levels", "expected"), [([0.0, 0.5, 1.0], [0, 127, 255]), ([0.0, 2.0, 300.0], [0, 2, 255])]
)
def test_float_images_are_fractions_or_levels(tmp_path, levels, expected):
    path = saved(tmp_path / "a.tif", np.array([levels], np.float32))

    assert read_image(path)[0, :, 0].tolist() == expected


def damaged_files() -> dict[str, bytes]:
    files = {}
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF"):
        stream = io.BytesIO()
        noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
        Image.fromarray(noise).save(stream, kind)
        files[f"half a {kind}"] = stream.getvalue()[: len(stream.getvalue()) // 2]
    return files | {
        "an empty file": b"",
        "text": b"<html>not found</html>",
        "noise": bytes(range(256)),
    }


@pytest.mark.parametrize("name", damaged_files())
def test_a_damaged_file_is_named(tmp_path, name):
    path = tmp_path / "broken.jpg"
    path.write_bytes(damaged_files()[name])

    with pytest.raises(UserError, match=r"broken\.jpg"):
        read_image(path)
    with pytest.raises(DECODING_ERRORS):
        verify_image(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"absent\.jpg") as caught:
        read_image(tmp_path / "absent.jpg")

    assert caught.value.key == "data.image_missing"


def test_something_behind_the_end_of_a_photo_does_no_harm(tmp_path):
    path = saved(tmp_path / "a.jpg", picture(), **SHARP_JPEG)
    path.write_bytes(path.read_bytes() + bytes(10_000))

    assert verify_image(path) == (24, 40)
    assert np.abs(read_image(path).astype(int) - picture()).max() <= 6


@pytest.mark.parametrize(
    ("size", "scale", "expected"),
    [
        ((3024, 4032), 640 / 3024, 4),
        ((3024, 4032), 0.125, 8),
        ((3024, 4032), 0.126, 4),
        ((3024, 4032), 0.6, 1),
        ((3022, 4032), 0.2, 2),  # a quarter of 3022 is no whole number
        ((3021, 4032), 0.1, 1),
    ],
)
def test_photos_are_reduced_as_far_as_whole_squares_and_the_scale_allow(size, scale, expected):
    assert reduction_for(size, scale) == expected


@pytest.mark.parametrize("reduction", [2, 4, 8])
def test_a_reduced_image_holds_the_means_of_squares(reduction):
    image = np.random.default_rng(0).integers(0, 256, (16, 32, 3), np.uint8)
    squares = image.reshape(16 // reduction, reduction, 32 // reduction, reduction, 3)
    means = squares.astype(float).mean(axis=(1, 3))
    assert np.abs(reduced(image, reduction) - means).max() <= 0.51


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
@pytest.mark.parametrize("orientation", [1, 6, 7])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_photos_are_decoded_at_a_reduced_size(tmp_path, suffix, orientation, reduction):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"jpg": SHARP_JPEG, "webp": {"lossless": True}}.get(suffix, {})
    path = saved(tmp_path / f"a.{suffix}", picture(64, 96), exif=exif, **options)
    photo = Photo.open(path)

    pixels = photo.pixels(reduction)

    whole = read_image(path)
    assert whole.shape == (*photo.size, 3)
    assert pixels.shape == (photo.size[0] // reduction, photo.size[1] // reduction, 3)
    assert np.abs(pixels.astype(int) - reduced(whole, reduction)).max() <= 4


def test_a_large_photo_is_tested_on_as_it_would_be_from_all_its_pixels(tmp_path):
    path = saved(tmp_path / "a.jpg", picture(512, 768), **SHARP_JPEG)

    read = Photo.open(path).for_test(96)

    assert read.shape == (96, 160, 3)
    assert np.abs(read.astype(int) - resize_for_test(read_image(path), 96)).max() <= 4


def test_sizes_for_testing_are_the_golden_ones():
    cases = json.loads(golden("resize.json").read_text())["scale_aligned_short"]

    for case in cases:
        assert list(size_for_test(*case["hw"], case["short_size"])) == case["out_hw"], case


def test_sizes_of_scaled_images_are_the_golden_ones():
    cases = json.loads(golden("resize.json").read_text())["random_scale"]

    for case in cases:
        rng = np.random.RandomState(case["np_seed"])
        factor = rng.uniform(*case["scales"])
        aspect = rng.uniform(*case["aspects"]) if case["aspects"] else 1.0
        scale = factor * case["short_size"] / min(case["hw"])
        assert list(scaled_size(*case["hw"], scale, aspect)) == case["out_hw"], case


@pytest.mark.parametrize(
    ("size", "short_size", "expected"),
    [((1, 1000), 32, (32, 32000)), ((5, 5), 1, (32, 32)), ((640, 641), 640, (640, 672))],
)
def test_no_side_comes_out_below_one_multiple(size, short_size, expected):
    assert size_for_test(*size, short_size) == expected


def test_resized_pixels_are_the_golden_ones():
    case = json.loads(golden("resize.json").read_text())["pixels"]
    image = np.random.RandomState(17).randint(0, 256, (90, 160, 3)).astype(np.uint8)

    resized = resize_for_test(image, 64)

    assert list(resized.shape[:2]) == case["out_hw"]
    first = np.array(case["resized_first_row_first_4_pixels"])
    assert np.abs(resized[0, :4].astype(int) - first).max() <= 1
    assert np.abs(resized[-1, -1].astype(int) - case["resized_last_pixel"]).max() <= 1
    assert abs(resized.mean() - case["resized_uint8_sum"] / resized.size) < 0.01


def test_real_photos_are_read_as_pillow_reads_them():
    for path in list_images(ic15() / "val" / "images")[:5]:
        with Image.open(path) as stored:
            expected = np.asarray(stored.convert("RGB")).astype(int)
        assert np.abs(read_image(path) - expected).max() <= 2
        assert image_size(path) == verify_image(path) == (640, 960)


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_claims_a_huge_image_is_refused_at_once(tmp_path, name):
    path = tmp_path / f"bomb.{name}"
    path.write_bytes(BOMBS[name])
    started_s = time.thread_time()

    with pytest.raises(
        UserError, match=rf"bomb\.{re.escape(name)}.*\d{{4,}}x\d{{4,}}.*179"
    ) as caught:
        Photo.open(path)
    for measure in (image_size, verify_image):
        with pytest.raises(TooManyPixels, match="179"):
            measure(path)

    assert caught.value.key == "data.image_too_large"
    assert time.thread_time() - started_s < 0.1


# The peak is not getrusage's: there a process inherits that of the one that has started it.
MEASURE = """
import re, resource, sys
from pathlib import Path
from dataset.images import Photo, verify_image
from tests.dataset.image_bombs import BOMBS
def peak_kib():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
for name, content in BOMBS.items():
    Path(name).write_bytes(content)
for name in ["small.png", *BOMBS]:
    for read in (Photo.open, verify_image):
        try:
            read(Path(name))
        except Exception as error:
            print(name, type(error).__name__)
    if name == "small.png":
        before = peak_kib()
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (32 << 20), resource.RLIM_INFINITY))
print(peak_kib() - before, "KiB")
"""


def test_such_files_are_refused_without_memory_for_their_pixels(tmp_path):
    saved(tmp_path / "small.png", picture())
    finished = subprocess.run(
        [sys.executable, "-c", MEASURE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        encoding="utf-8",
    )

    assert finished.stderr == ""
    *errors, memory = finished.stdout.splitlines()
    assert errors == [f"{name} {kind}" for name in BOMBS for kind in ("UserError", "TooManyPixels")]
    assert int(memory.split()[0]) < 8 << 10


@pytest.mark.parametrize("kind", [image_bombs.gif, image_bombs.tiff, image_bombs.bmp])
def test_the_limit_itself_is_borne_without_a_warning(tmp_path, kind):
    path = tmp_path / "large.png"
    side = math.isqrt(MAX_PIXELS)
    path.write_bytes(kind(side, side))
    assert image_size(path) == (side, side)

    path.write_bytes(kind(side, side + 1))
    with pytest.raises(TooManyPixels):
        image_size(path)


def test_a_sound_image_of_a_crafted_header_is_read(tmp_path):
    """The crafted files are refused for their size, and for nothing else."""
    small = {
        "png": image_bombs.png(6, 4),
        "jpg": image_bombs.jpeg(6, 4),
        "bmp": image_bombs.bmp(6, 4),
        "tif": image_bombs.tiff(6, 4),
        "lossless.webp": image_bombs.webp_lossless(6, 4),
        "gif.jpg": image_bombs.gif(6, 4),
    }
    for name, content in small.items():
        (tmp_path / name).write_bytes(content)
        assert image_size(tmp_path / name) == (4, 6)


def test_a_file_larger_than_any_photo_is_not_taken_into_memory(tmp_path):
    path = saved(tmp_path / "long.bmp", picture())
    os.truncate(path, MAX_IMAGE_BYTES + 1)  # a hole, which takes no room on the disk

    with pytest.raises(UserError, match=r"long\.bmp.*1024 MB"):
        Photo.open(path)


def test_what_would_be_handed_to_another_program_is_no_image(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")

    with pytest.raises(UserError) as caught:
        Photo.open(path)

    assert caught.value.key == "data.image_unreadable"
