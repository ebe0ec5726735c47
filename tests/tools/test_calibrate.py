"""tools/calibrate.py as a user runs it.

The network answers 10 * (brightness - 1), see ``bright_model``: a box of brightness 1.3 has a score
of about 0.95, one of 1.15 about 0.81.  The first are words, the others are none.
"""

import json
import math
import os
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from inference.detector import TextDetector
from inference.thresholds import thresholds_for
from runtime.checkpoint import read_checkpoint
from runtime.config import load_config
from runtime.provenance import digest
from tests.inference.bright_model import bright_model, photo, save_photo, write_config
from tests.inference.command import assert_refused, run_here

SCRIPT = "tools/calibrate.py"
WORD, NO_WORD, SPECK = (16, 24, 96, 56), (144, 24, 224, 56), (80, 88, 92, 96)
DATA = """
data['test'] = dict(type='FAST_IC15', split='test', short_size=128, img_dir='test', gt_dir='test')
data['val'] = dict(type='FAST_IC15', split='test', short_size=64, img_dir='val', gt_dir='val')
data['train'] = dict(type='FAST_IC15', split='train', is_transform=True, img_size=64,
                     short_size=64, img_dir='train', gt_dir='train')
test_cfg['min_score'] = 0.6
"""


def pixel(level: float) -> int:
    return int(255 * (0.449 + 0.226 * level))


def score_of(value: int) -> float:
    """What the network gives a grey box: the normalised value, averaged over the colours."""
    normalised = (value / 255 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225]
    return 1 / (1 + math.exp(-10 * (normalised.mean() - 1)))


def save_labelled(folder: Path, name: str, seed: int) -> None:
    """A photo unlike the others with one word, one box that is none, and one word too small."""
    image = photo(boxes=())
    for (x0, y0, x1, y1), level in ((WORD, 1.3), (NO_WORD, 1.15), (SPECK, 1.3)):
        image[y0:y1, x0:x1] = pixel(level)
    image[0, 0] = seed
    save_photo(folder / f"{name}.png", image)
    x0, y0, x1, y1 = WORD
    (folder / f"gt_{name}.txt").write_text(f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},word\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = write_config(tmp_path)
    config.write_text(config.read_text(encoding="utf-8") + DATA, encoding="utf-8")
    for place, start in (("test", 10), ("val", 20), ("train", 30)):
        for number in range(3):
            save_labelled(tmp_path / place, f"img_{number}", start + number)
    weights = bright_model().state_dict()
    content = {"epoch": 7, "state_dict": weights, "ema": weights, "losses": (1, [2.5, None])}
    content["integrity"] = {name: digest(content[name]) for name in ("state_dict", "ema")}
    torch.save(content, tmp_path / "model.pth")
    return tmp_path


def test_the_kernels_that_thresholds_were_chosen_for_are_stored_and_obeyed(folder):
    kernels = {"kernel_score": 0.8, "kernel_stride": 2, "pooling_size": 13}
    chosen_with = [f"test_cfg.{name}={value}" for name, value in kernels.items()]
    finished = calibrate(folder, "--cfg-options", *chosen_with)
    assert finished.returncode == 0, finished.stderr
    checkpoint = read_checkpoint(folder / "model.pth")
    assert {name: checkpoint.content["thresholds"][name] for name in kernels} == kernels
    settings = TextDetector.from_checkpoint(checkpoint, folder / "config.py").test_cfg
    assert {name: settings[name] for name in kernels} == kernels


def calibrate(folder: Path, *arguments: object):
    options = ("--device", "cpu", "--worker", 0, *arguments)
    return run_here(SCRIPT, "config.py", "model.pth", *options, cwd=folder)


def test_thresholds_between_words_and_what_is_none_are_stored_and_obeyed(folder):
    before = read_checkpoint(folder / "model.pth").content
    finished = calibrate(folder)
    assert finished.returncode == 0, finished.stderr
    content = read_checkpoint(folder / "model.pth").content
    thresholds = content.pop("thresholds")
    assert 0.82 < thresholds["min_score"] < 0.95
    assert 16 * 20 < thresholds["min_area"] <= 1000
    assert re.fullmatch(
        r"calibrated on data\.val \(.*val\), 3 images, \d{4}-\d\d-\d\d", thresholds["source"]
    )
    assert re.fullmatch("[0-9a-f]{64}", thresholds["digest"])
    # All else is as it was, to the last bit.
    assert content.keys() == before.keys()
    assert digest(content) == digest(before)
    assert "data.val" in finished.stdout
    # Each photo gives one of three found words right before, one of one after.
    assert "0.5000" in finished.stdout
    assert "1.0000" in finished.stdout

    tested = run_here("test.py", "config.py", "model.pth", "--eval", "--cpu", "--worker", 0,
                      cwd=folder)  # fmt: skip
    assert tested.returncode == 0, tested.stderr
    assert "(hmean): 1.0000" in tested.stdout
    (line,) = [line for line in tested.stdout.splitlines() if "임계값" in line]
    assert thresholds["source"] in line
    assert f"{thresholds['min_score']:g}" in line
    found = run_here("inference_single.py", "--config", "config.py", "--checkpoint", "model.pth",
                     "--image", "test/img_0.png", "--device", "cpu", cwd=folder)  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert thresholds["source"] in found.stdout
    record = json.loads((folder / "inference_results" / "img_0.json").read_text("utf-8"))
    assert (record["kernel_score"], record["kernel_stride"], record["pooling_size"]) == (0.5, 4, 9)
    assert (record["min_score"], record["min_area"], record["thresholds_from"]) == tuple(
        thresholds[name] for name in ("min_score", "min_area", "source")
    )
    assert len(record["words"]) == 1
    tested = run_here("test.py", "config.py", "model.pth", "--eval", "--cpu", "--worker", 0,
                      "--min-score", 0.6, "--min-area", 250, cwd=folder)  # fmt: skip
    assert "(hmean): 0.5000" in tested.stdout


def test_kernels_that_keep_neighbours_apart_are_chosen_stored_and_obeyed(folder):
    # Two words with a bridge of low probability between them: one kernel at 0.5.
    for place in ("val", "test"):
        for number in range(3):
            image = photo(boxes=())
            image[24:56, 16:144] = pixel(1.08)
            image[24:56, 16:72] = image[24:56, 88:144] = pixel(1.3)
            image[0, 0] = number + 10 * (place == "val")
            save_photo(folder / place / f"img_{number}.png", image)
            (folder / place / f"gt_img_{number}.txt").write_text(
                "16,24,72,24,72,56,16,56,a\n88,24,144,24,144,56,88,56,b\n"
            )
    finished = calibrate(folder, "--kernels", "--lang", "en")
    assert finished.returncode == 0, finished.stderr
    thresholds = read_checkpoint(folder / "model.pth").content["thresholds"]
    assert thresholds["kernel_score"] > score_of(pixel(1.08)) > 0.5
    assert "0.0000 with the config's thresholds, 1.0000 with these" in finished.stdout
    assert f"kernels: kernel_score {thresholds['kernel_score']:g}" in finished.stdout
    tested = run_here("test.py", "config.py", "model.pth", "--eval", "--cpu", "--worker", 0,
                      cwd=folder)  # fmt: skip
    assert "(hmean): 1.0000" in tested.stdout


def test_the_middle_of_the_plateau_is_taken(folder):
    assert calibrate(folder).returncode == 0
    thresholds = read_checkpoint(folder / "model.pth").content["thresholds"]
    # Of the grid 0.50, 0.51, ... those between the two kinds of boxes part words from the rest.
    first = math.ceil(100 * score_of(pixel(1.15)))
    last = math.floor(100 * score_of(pixel(1.3)))
    assert last - first > 10
    assert thresholds["min_score"] == (first + last) // 2 / 100
    # Grown by 4 pixels on each side the speck has 16 x 20, a word 40 x 88: 400, 500, 700 and
    # 1000 of the grid lie between.
    assert thresholds["min_area"] == 500


def test_a_curve_is_drawn_beside_the_checkpoint_or_where_it_is_wanted(folder):
    assert calibrate(folder).returncode == 0
    picture = cv2.imdecode(np.fromfile(folder / "model_thresholds.png", np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[1] > picture.shape[0] > 300
    assert calibrate(folder, "--curve", "그림/곡선.png").returncode == 0
    assert (folder / "그림" / "곡선.png").stat().st_size > 10_000


def test_another_file_gets_the_thresholds_on_request(folder):
    before = (folder / "model.pth").read_bytes()
    finished = calibrate(folder, "--output", "out/보정.pth", "--lang", "en")
    assert finished.returncode == 0, finished.stderr
    assert not re.search("[가-힣]", finished.stdout.replace("보정", ""))
    assert (folder / "model.pth").read_bytes() == before
    assert "thresholds" in read_checkpoint(folder / "out" / "보정.pth").content
    assert (folder / "out" / "보정_thresholds.png").exists()


def test_photos_that_are_tested_on_have_no_part_in_the_choice(folder):
    shutil.copy(folder / "test" / "img_0.png", folder / "val" / "img_1.png")
    finished = calibrate(folder)
    assert finished.returncode == 0, finished.stderr
    source = read_checkpoint(folder / "model.pth").content["thresholds"]["source"]
    assert "data.val" in source
    assert "2 images" in source
    assert "1장은 뺐습니다" in finished.stdout


def test_validation_on_the_test_photos_makes_way_for_training_photos(folder):
    same = ("--cfg-options", "data.val.img_dir=test", "data.val.gt_dir=test")
    finished = calibrate(folder, *same)
    assert finished.returncode == 0, finished.stderr
    assert "data.train" in finished.stdout
    source = read_checkpoint(folder / "model.pth").content["thresholds"]["source"]
    assert "data.train" in source
    assert "1 images" in source  # a fifth of three


def test_nothing_is_stored_where_all_photos_are_tested_on(folder):
    before = (folder / "model.pth").read_bytes()
    everywhere = [f"data.{part}.{kind}=test" for part in ("val", "train") for kind in
                  ("img_dir", "gt_dir")]  # fmt: skip
    assert_refused(calibrate(folder, "--cfg-options", *everywhere), "config.py", "data.test")
    assert (folder / "model.pth").read_bytes() == before


def test_a_checkpoint_that_is_written_meanwhile_is_left_alone(folder, monkeypatch):
    import inference.calibration as calibration

    choose = calibration.choose

    def train_on(swept):
        os.utime(folder / "model.pth", (1, 1))
        return choose(swept)

    monkeypatch.setattr(calibration, "choose", train_on)
    assert_refused(calibrate(folder), "model.pth")
    assert "thresholds" not in read_checkpoint(folder / "model.pth").content


def test_damaged_thresholds_are_refused_by_the_scripts_and_shown_by_the_inspector(folder):
    content = torch.load(folder / "model.pth", weights_only=True)
    torch.save({**content, "thresholds": {"min_score": math.nan}}, folder / "bad.pth")
    tested = run_here("test.py", "config.py", "bad.pth", "--cpu", "--worker", 0, cwd=folder)
    assert_refused(tested, "calibrate.py")
    found = run_here("inference_single.py", "--config", "config.py", "--checkpoint", "bad.pth",
                     "--image", "test/img_0.png", "--device", "cpu", cwd=folder)  # fmt: skip
    assert_refused(found, "calibrate.py")
    shown = run_here("tools/inspect_checkpoint.py", "bad.pth", cwd=folder)
    assert shown.returncode == 0
    assert "calibrate.py" in shown.stdout
    # Calibrating anew mends it.
    run_here(SCRIPT, "config.py", "bad.pth", "--device", "cpu", "--worker", 0, cwd=folder)
    mended = read_checkpoint(folder / "bad.pth").content
    found = thresholds_for(load_config(folder / "config.py"), mended)
    assert found.origins == ("checkpoint", "checkpoint")
    shown = run_here("tools/inspect_checkpoint.py", "bad.pth", cwd=folder)
    assert "calibrated on data.val" in shown.stdout


def test_a_safetensors_file_needs_another_name_to_write_to(folder):
    from safetensors.torch import save_file

    save_file({key: value.clone() for key, value in bright_model().state_dict().items()},
              folder / "model.safetensors")  # fmt: skip
    options = ("--device", "cpu", "--worker", 0)
    refused = run_here(SCRIPT, "config.py", "model.safetensors", *options, cwd=folder)
    assert_refused(refused, "model.safetensors", "--output")
    written = run_here(SCRIPT, "config.py", "model.safetensors", *options, "--output", "a.pth",
                       cwd=folder)  # fmt: skip
    assert written.returncode == 0, written.stderr
    checkpoint = read_checkpoint(folder / "a.pth")
    assert checkpoint.source == "weights"
    assert set(checkpoint.weights) == set(bright_model().state_dict())
    assert 0.82 < checkpoint.content["thresholds"]["min_score"] < 0.95
