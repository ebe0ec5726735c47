import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from inference.detector import TextDetector
from inference.tiling import MAX_WHOLE_PIXELS, cut, refuse_too_large, side_for
from models import build_model
from models.fast import FAST
from runtime.config import load_config
from runtime.messages import UserError
from tests.conftest import PROJECT
from tests.inference.bright_model import BOX, bounds, bright_model, photo, write_config

SETTINGS = {"min_score": 0.0, "min_area": 10, "bbox_type": "poly", "pooling_size": 9}


@pytest.fixture(scope="module")
def noisy_model(tmp_path_factory) -> FAST:
    """Narrow, with random weights and a map of many odd blobs, which see all of their field."""
    torch.manual_seed(3)
    model = build_model(load_config(write_config(tmp_path_factory.mktemp("model"))).model)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 4:
                parameter.mul_(2.0)
            if name.endswith("bn.bias"):
                parameter.normal_()
        pixels = torch.from_numpy(noise(256, 256)).permute(2, 0, 1)[None]
        kernels = model.eval()(pixels)[:, 0]
        weight = model.det_head.final.conv.weight
        weight[0] = weight[0] / kernels.std()
    return model


def noise(height: int, width: int) -> np.ndarray:
    small = np.random.default_rng(5).integers(0, 256, (height // 16, width // 16, 3), np.uint8)
    return small.repeat(16, axis=0).repeat(16, axis=1)


@pytest.mark.parametrize("size", [(32, 32), (64, 4096), (800, 640), (1056, 2048)])
@pytest.mark.parametrize("halo", [0, 273])
def test_tiles_cover_an_image_exactly_once_with_their_halo_around(size, halo):
    covered = np.zeros(size, int)
    for tile in cut(size, 320, halo):
        covered[tile.rows, tile.columns] += 1
        for kept, seen, length in zip(
            (tile.rows, tile.columns), (tile.seen_rows, tile.seen_columns), size, strict=True
        ):
            assert kept.stop - kept.start <= 320
            assert seen.start % 32 == seen.stop % 32 == 0
            assert kept.start - seen.start >= min(halo, kept.start)
            assert seen.stop - kept.stop >= min(halo, length - kept.stop)
    assert (covered == 1).all()


def test_small_images_are_whole_large_ones_and_wanted_ones_are_tiled():
    assert side_for((2816, 2816), 273) is None  # 7.9 million pixels
    assert side_for((10016, 10016), 273) == 576
    assert side_for((800, 40000), 273) == 1024  # (576 + 2 * 273) ** 2 / 800 - 2 * 273 = 1027
    assert side_for((640, 960), 273, wanted=320) == 320
    assert side_for((640, 960), 273, wanted=960) is None
    assert MAX_WHOLE_PIXELS == 8_000_000


def test_what_is_too_large_for_tiles_is_refused():
    refuse_too_large("a.jpg", (10016, 10016))
    with pytest.raises(UserError, match="a.jpg"):
        refuse_too_large("a.jpg", (128, 1_152_000))


def test_tiled_logits_and_boxes_are_those_of_the_whole_image(noisy_model):
    whole = TextDetector(noisy_model, SETTINGS, short_size=1024)
    tiled = TextDetector(noisy_model, SETTINGS, short_size=1024, tile_px=352)
    image = noise(1024, 1312)
    pixels = torch.from_numpy(image).permute(2, 0, 1)
    (one,), (other,) = whole.run_network([pixels]), tiled.run_network([pixels])
    assert one.logits.shape == other.logits.shape == (1, 1, 256, 328)
    assert one.logits.std() > 0.5
    torch.testing.assert_close(other.logits, one.logits, rtol=1e-4, atol=1e-4)
    words, same = whole.detect(image), tiled.detect(image)
    assert len(words) == len(same) > 10
    for word, again in zip(words, same, strict=True):
        np.testing.assert_array_equal(word.points, again.points)
        assert word.score == pytest.approx(again.score, abs=1e-4)


def test_a_halo_that_is_too_small_shows(noisy_model):
    """That the test above could fail."""
    whole = TextDetector(noisy_model, SETTINGS, short_size=1024)
    tiled = TextDetector(noisy_model, SETTINGS, short_size=1024, tile_px=352)
    tiled._halo_px = 32
    pixels = torch.from_numpy(noise(1024, 1312)).permute(2, 0, 1)
    (one,), (other,) = whole.run_network([pixels]), tiled.run_network([pixels])
    assert (one.logits - other.logits).abs().max() > 1e-2


def test_an_observer_of_tiled_images_sees_all_channels_of_each():
    detector = TextDetector(bright_model(), SETTINGS, short_size=128, tile_px=64)
    seen = []
    images = [torch.from_numpy(photo()).permute(2, 0, 1)] * 2
    detector.detect_resized(images, [(128, 256)] * 2, lambda at, maps: seen.append((at, maps)))
    assert [(list(at), tuple(maps.shape)) for at, maps in seen] == [
        ([0], (1, 5, 32, 64)), ([1], (1, 5, 32, 64)),
    ]  # fmt: skip


def test_words_across_the_seams_of_a_long_strip_are_found_once_and_whole():
    boxes = tuple((x, 32, x + 96, 64) for x in range(40, 11_800, 160))
    strip = photo(128, 12_000, boxes)
    detector = TextDetector(bright_model(), SETTINGS, short_size=128, tile_px=512)
    words = detector.detect(strip)
    found = sorted(bounds(word.points) for word in words)
    assert len(found) == len(boxes)
    grown = np.array(boxes) + (-4, -4, 3, 3)
    assert np.abs(np.array(found) - grown).max() <= 4
    assert BOX[1] == 32


# Tiles that are all black are not run: the peak is that of any tile, and there are 324 of them.
MEASURE = """
import re
import torch
from inference.detector import TextDetector
from inference.overlay import draw_detections
from tests.inference.bright_model import bright_model, photo
settings = {"min_score": 0.88, "min_area": 250, "bbox_type": "rect", "pooling_size": 9}
detector = TextDetector(bright_model(), settings, short_size=10_000)
run = detector._logits
def spare(tile):
    height, width = tile[0].shape[1:]
    return run(tile) if tile[0].any() else torch.full((1, 5, height // 4, width // 4), -10.0)
detector._logits = spare
image = photo(10_000, 10_000, tuple((x, 5000, x + 96, 5032) for x in range(40, 9800, 160)))
words = detector.detect(image)
draw_detections(image, words)
# Not from getrusage: there a process inherits the peak of the one that has started it.
print(len(words), re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def test_a_photo_of_10000_x_10000_pixels_at_full_size_takes_less_than_2_gb():
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    words, peak_kb = map(int, re.findall(r"\d+", done.stdout))
    assert words == 61
    assert peak_kb < 2_000_000
