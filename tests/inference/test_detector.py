import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from inference import TextDetector as LazyDetector
from inference import detector as detector_module
from inference.detector import TextDetector, detection_settings, load_model
from inference.timing import STAGES, StageTimer
from models import build_model
from runtime.checkpoint import read_checkpoint
from runtime.config import config_dict, load_config
from runtime.messages import UserError
from runtime.provenance import provenance
from tests.inference.bright_model import (
    BOX,
    bounds,
    bright_model,
    photo,
    save_photo,
    write_config,
)

SETTINGS = {"min_score": 0.88, "min_area": 250, "bbox_type": "rect", "pooling_size": 9}


@pytest.fixture(scope="module")
def detector() -> TextDetector:
    return TextDetector(bright_model(), SETTINGS, short_size=128)


def grown(box: tuple[int, ...]) -> np.ndarray:
    """A kernel on whole cells of 4 px grows by 4 px to each side."""
    x0, y0, x1, y1 = box
    return np.array([x0 - 4, y0 - 4, x1 + 3, y1 + 3])


def test_a_white_area_is_found_where_it_was_painted(detector):
    (word,) = detector.detect(photo())
    np.testing.assert_allclose(bounds(word.points), grown(BOX), atol=2)
    assert word.score > 0.99


def test_a_black_photo_has_no_words(detector):
    assert detector.detect(photo(boxes=())) == []


def test_corners_are_in_pixels_of_the_photo_and_not_of_the_network(detector):
    # 256 x 540 becomes 128 x 270, and 270 is raised to 288: x and y are scaled differently.
    image = photo(256, 540, ((128, 64, 320, 128),))
    (word,) = detector.detect(image)
    assert np.abs(bounds(word.points) - grown((128, 64, 320, 128))).max() < 14


def test_photos_of_unlike_sizes_in_one_batch_give_what_each_gives_alone(detector):
    images = [
        photo(),
        photo(200, 256, ((40, 40, 120, 90),)),
        photo(boxes=((16, 16, 100, 40), (120, 80, 220, 110))),
        photo(512, 200, ((20, 100, 180, 160), (40, 300, 150, 420))),
        photo(boxes=()),
        photo(256, 512),  # the size of the first one in the network, but not on the disk
    ]
    together = detector.detect_batch(images)
    for image, words in zip(images, together, strict=True):
        alone = detector.detect(image)
        assert len(words) == len(alone)
        for word, same in zip(words, alone, strict=True):
            np.testing.assert_array_equal(word.points, same.points)
            assert word.score == pytest.approx(same.score, abs=1e-6)
    assert [len(words) for words in together] == [1, 1, 2, 2, 0, 1]


def test_images_of_equal_size_go_through_the_network_together(detector, monkeypatch):
    sizes = []
    forward = detector.model.forward

    def watched(images: torch.Tensor) -> torch.Tensor:
        sizes.append(tuple(images.shape))
        return forward(images)

    monkeypatch.setattr(detector.model, "forward", watched)
    detector.detect_batch([photo(), photo(256, 256), photo()])
    assert sizes == [(2, 3, 128, 256), (1, 3, 128, 128)]


def test_an_empty_batch_gives_an_empty_list(detector):
    assert detector.detect_batch([]) == []


def test_folding_leaves_the_given_model_alone_and_finds_the_same():
    model = copy.deepcopy(bright_model()).train()
    keys = list(model.state_dict())
    folded = TextDetector(model, SETTINGS, short_size=128)
    assert model.training
    assert list(model.state_dict()) == keys
    assert folded.model is not model
    plain = TextDetector(model, SETTINGS, short_size=128, fold=False)
    assert plain.model is model
    assert not model.training
    (word,), (same,) = folded.detect(photo()), plain.detect(photo())
    np.testing.assert_array_equal(word.points, same.points)
    assert word.score == pytest.approx(same.score, abs=1e-5)


def test_bf16_autocast_finds_the_same_box():
    (word,) = TextDetector(bright_model(), SETTINGS, amp=True, short_size=128).detect(photo())
    np.testing.assert_allclose(bounds(word.points), grown(BOX), atol=2)


@pytest.mark.parametrize("image", [np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.float32)])
def test_what_is_no_rgb_photo_is_refused(detector, image):
    with pytest.raises(ValueError, match="uint8"):
        detector.detect(image)


def test_a_photo_too_long_for_the_memory_is_refused_before_it_is_resized(detector, monkeypatch):
    monkeypatch.setattr(detector_module, "resize_for_test", pytest.fail)
    with pytest.raises(UserError, match="--short_size"):
        detector.detect(np.zeros((1, 20_000, 3), np.uint8))


def test_the_timer_counts_stages_and_no_timer_is_needed(detector):
    timed = TextDetector(bright_model(), SETTINGS, short_size=128)
    timed.timer = StageTimer(torch.device("cpu"))
    timed.detect(photo())
    assert set(timed.timer.seconds) == set(STAGES)
    assert timed.timer.seconds["decode"] == 0
    assert timed.timer.seconds["network"] > timed.timer.seconds["box_extraction"] > 0
    assert timed.timer.seconds["post_processing"] > 0


def test_settings_come_from_the_config_with_the_pooling_size_of_the_head(tmp_path):
    pooling = "model.detection_head.pooling_size=5"
    config = load_config(write_config(tmp_path), [pooling])
    settings = detection_settings(config, min_score=0.5)
    assert (settings["pooling_size"], settings["min_score"], settings["min_area"]) == (5, 0.5, 250)
    assert config.test_cfg.min_score == 0.88


def test_a_detector_is_made_from_a_config_and_a_checkpoint(tmp_path):
    write_config(tmp_path)
    torch.save({"ema": bright_model().state_dict()}, tmp_path / "checkpoint.pth")
    detector = TextDetector.from_checkpoint(
        tmp_path / "checkpoint.pth", tmp_path / "config.py", min_area=100
    )
    assert detector.short_size == 128
    assert detector.test_cfg["min_area"] == 100
    assert len(detector.detect(photo())) == 1


def test_backbone_weights_alone_are_refused(tmp_path):
    config = load_config(write_config(tmp_path))
    weights = bright_model().state_dict()
    backbone = {
        key.removeprefix("backbone."): value
        for key, value in weights.items()
        if key.startswith("backbone.")
    }
    torch.save(backbone, tmp_path / "imagenet.pth")
    with pytest.raises(UserError, match="imagenet.pth"):
        load_model(config, read_checkpoint(tmp_path / "imagenet.pth"))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_finds_what_the_cpu_finds(detector):
    on_gpu = TextDetector(bright_model(), SETTINGS, "cuda", short_size=128)
    on_gpu.timer = StageTimer(torch.device("cuda"))
    (word,), (same,) = on_gpu.detect(photo()), detector.detect(photo())
    np.testing.assert_array_equal(word.points, same.points)
    assert word.score == pytest.approx(same.score, abs=1e-4)


def test_a_checkpoint_alone_is_enough(tmp_path):
    config = load_config(write_config(tmp_path))
    # Training adds its options to what it says of the config.
    stated = provenance({**config_dict(config), "options": {"lr": 1}}, [], {})
    content = {"ema": bright_model().state_dict(), "provenance": stated}
    torch.save(content, tmp_path / "checkpoint.pth")
    detector = LazyDetector.from_checkpoint(tmp_path / "checkpoint.pth", bbox_type="poly")
    assert type(detector) is TextDetector
    assert (detector.short_size, detector.test_cfg["bbox_type"]) == (128, "poly")
    save_photo(tmp_path / "photo.png")
    (word,), (same,) = detector.detect(tmp_path / "photo.png"), detector.detect(photo())
    np.testing.assert_array_equal(word.points, same.points)
    np.testing.assert_allclose(bounds(word.points), grown(BOX), atol=2)


def test_a_foreign_checkpoint_of_a_published_size_needs_no_config(tmp_path):
    model = build_model(load_config("config/_base_/fast_tiny.py").model)
    torch.save({"state_dict": model.state_dict()}, tmp_path / "tiny.pth")
    detector = TextDetector.from_checkpoint(tmp_path / "tiny.pth")
    assert detector.short_size == 640
    assert (detector.test_cfg["min_score"], detector.test_cfg["bbox_type"]) == (0.88, "rect")


def test_a_stated_config_whose_layers_are_elsewhere_takes_those_of_the_published_size(tmp_path):
    config = load_config("config/_base_/fast_tiny.py", ["test_cfg.min_score=0.7"])
    stated = provenance(config_dict(config), [], {})
    for part in ("backbone", "neck", "detection_head"):
        stated["config"]["model"][part]["config"] = "/dev/zero"
    weights = build_model(config.model).state_dict()
    torch.save({"state_dict": weights, "provenance": stated}, tmp_path / "tiny.pth")
    detector = TextDetector.from_checkpoint(tmp_path / "tiny.pth")
    assert detector.test_cfg["min_score"] == 0.7


def test_a_checkpoint_that_does_not_tell_its_config_asks_for_one(tmp_path):
    torch.save({"det_head.final.conv.weight": torch.zeros(5, 8, 1, 1)}, tmp_path / "odd.pth")
    with pytest.raises(UserError, match="--config"):
        TextDetector.from_checkpoint(tmp_path / "odd.pth")


def test_threads_that_share_a_detector_find_what_one_finds_alone(detector):
    rng = np.random.default_rng(0)
    images = []
    for _ in range(24):
        x, y = rng.integers(8, 150), rng.integers(8, 80)
        images.append(photo(boxes=((x, y, x + 64, y + 24),)))
    alone = [detector.detect(image) for image in images]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(detector.detect, images))
    for words, same in zip(alone, together, strict=True):
        assert len(words) == len(same) == 1
        np.testing.assert_array_equal(words[0].points, same[0].points)
        assert words[0].score == same[0].score
