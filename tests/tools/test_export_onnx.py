"""Exporting: what is written, that it is proven before it gets its name, and what int8 costs."""

import json
import os
import shutil
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import pytest
import torch
from safetensors import safe_open

from dataset.images import read_image
from inference import TextDetector, onnx_export
from inference.onnx_detector import OnnxDetector
from inference.thresholds import stored_thresholds
from runtime.checkpoint import read_checkpoint
from runtime.config import config_dict, load_config
from tests.inference.bright_model import bounds, bright_model, photo, save_photo, write_config
from tests.inference.command import assert_refused, run_here

TOOL = "tools/export_onnx.py"
BOX = (64, 32, 160, 64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config, a checkpoint whose EMA weights find bright areas, and two labelled photos."""
    write_config(tmp_path)
    weights = bright_model().state_dict()
    raw = {key: torch.zeros_like(value) for key, value in weights.items()}
    torch.save({"epoch": 3, "state_dict": raw, "ema": weights}, tmp_path / "best.pth")
    for name, box in (("img_1", BOX), ("img_2", (32, 64, 200, 100))):
        save_photo(tmp_path / "photos" / f"{name}.png", photo(boxes=(box,)))
        (x0, y0, x1, y1), label = box, tmp_path / "labels" / f"gt_{name}.txt"
        label.parent.mkdir(exist_ok=True)
        label.write_text(f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},word\n")
    return tmp_path


def export(folder: Path, output: str, *options: object, checkpoint: str = "best.pth"):
    return run_here(TOOL, "config.py", checkpoint, output, *options, "--lang", "en", cwd=folder)


def test_the_averaged_weights_are_exported_checked_and_find_the_words(folder):
    finished = export(folder, "out/model.onnx")
    assert finished.returncode == 0, finished.stderr
    for part in ("EMA", "2 photos", "10 comparisons, 10 boxes", "1.0000", "out/model.onnx written"):
        assert part in finished.stdout
    assert os.listdir(folder / "out") == ["model.onnx"]
    detector = OnnxDetector.from_file(folder / "out" / "model.onnx")
    (word,) = detector.detect(photo())
    np.testing.assert_allclose(bounds(word.points), np.add(BOX, (-4, -4, 3, 3)), atol=2)
    assert detector.thresholds.source == "config" and detector.short_size == 128


def test_thresholds_of_the_checkpoint_and_of_the_command_line_go_into_the_file(folder):
    content = torch.load(folder / "best.pth", weights_only=True)
    stored = {"min_score": 0.7, "min_area": 60, "source": "calibrated on mine"}
    torch.save({**content, "thresholds": stored}, folder / "best.pth")
    finished = export(folder, "model.onnx", "--min_area", 80, "--short_size", 96, "--num", 1)
    assert finished.returncode == 0, finished.stderr
    detector = OnnxDetector.from_file(folder / "model.onnx")
    assert (detector.test_cfg["min_score"], detector.test_cfg["min_area"]) == (0.7, 80)
    assert detector.short_size == 96
    assert "calibrated on mine" in detector.thresholds.source


def test_a_model_that_finds_something_else_keeps_its_name_off_and_shows_it(folder):
    true_export = onnx_export.onnx_model

    def spoiled(model, metadata):
        exported = true_export(model, metadata)
        (mode,) = [
            attribute
            for node in exported.graph.node
            if node.name == "backbone.first_conv.0"
            for attribute in node.attribute
            if attribute.name == "pads"
        ]
        mode.ints[:] = [2, 2, 0, 0]  # all maps move by a pixel, or by two behind strides
        return exported

    with mock.patch.object(onnx_export, "onnx_model", spoiled):
        finished = export(folder, "model.onnx")
    assert finished.returncode == 1
    assert "differs from PyTorch" in finished.stderr and "img_" in finished.stderr
    assert not (folder / "model.onnx").exists()
    assert (folder / "model.unchecked.onnx").exists()
    assert read_image(folder / "model.difference.png").shape[1] == 2 * 256 + 8
    assert export(folder, "model.onnx").returncode == 0
    left = {path.name for path in folder.glob("model.*")}
    assert left == {"model.onnx"}


def test_int8_is_calibrated_scored_and_timed_against_the_exported_model(folder):
    shutil.copytree(folder / "photos", folder / "train")
    finished = export(
        folder, "model.onnx", "--int8", "--cfg-options", "data.train.type=FAST_IC15",
        "data.train.img_dir=train", "data.train.gt_dir=labels",
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert "8 bit values on photos of train" in finished.stdout
    assert "hmean on 2 photos: float32 1.0000, int8 1.0000 (+0.0000)" in finished.stdout
    assert "times as fast" in finished.stdout
    quantised = onnx.load(folder / "model_int8.onnx")
    assert "QuantizeLinear" in {node.op_type for node in quantised.graph.node}
    said = {entry.key: entry.value for entry in quantised.metadata_props}
    assert said["precision"] == "int8" and "onnx.infer" not in said
    (word,) = OnnxDetector.from_file(folder / "model_int8.onnx").detect(photo())
    np.testing.assert_allclose(bounds(word.points), np.add(BOX, (-4, -4, 3, 3)), atol=2)
    assert not list(folder.glob(".*"))


def test_photos_without_labels_do_for_the_comparison_but_not_for_a_score(folder):
    save_photo(folder / "mine" / "사진.jpg")
    (folder / "mine" / "broken.jpg").write_bytes(b"<html>")
    finished = export(folder, "model.onnx", "--images", "mine", "--int8")
    assert finished.returncode == 0, finished.stderr
    assert "5 comparisons" in finished.stdout and "no readable labels" in finished.stdout
    assert "broken.jpg" in finished.stderr


def test_safetensors_hold_the_averaged_weights_and_the_same_metadata(folder):
    kernels = {"kernel_score": 0.8, "kernel_stride": 2, "pooling_size": 13}
    options = [f"test_cfg.{name}={value}" for name, value in kernels.items()]
    assert export(folder, "model.safetensors", "--cfg-options", *options).returncode == 0
    with safe_open(folder / "model.safetensors", "pt") as file:
        said = file.metadata()
    assert json.loads(said["min_score"]) == 0.88 and said["weights"] == "ema"
    read = read_checkpoint(folder / "model.safetensors")
    stored = stored_thresholds(read.content)
    assert stored is not None
    assert (stored.min_score, stored.kernels) == (0.88, kernels)
    wanted = bright_model().state_dict()
    assert read.weights.keys() == wanted.keys()
    assert all(torch.equal(read.weights[key], wanted[key]) for key in wanted)


def test_half_of_the_space_holds_kernels_in_16_bit_and_the_statistics_as_they_are(folder):
    stated = {"config": {"model": config_dict(load_config(folder / "config.py"))["model"]}}
    weights = {key: value.clone() for key, value in bright_model().state_dict().items()}
    variances = next(key for key in weights if key.endswith("running_var"))
    weights[variances][0] = 1e5  # float16 ends at 65504
    content = {"epoch": 3, "state_dict": weights, "provenance": stated}
    torch.save(content, folder / "best.pth")
    exported = export(folder, "half.safetensors", "--half", "--short_size", 96)
    assert exported.returncode == 0, exported.stderr
    with safe_open(folder / "half.safetensors", "pt") as file:
        kinds = {key: file.get_tensor(key).dtype for key in weights}
        assert file.metadata()["precision"] == "float16"
    for key, value in weights.items():
        assert kinds[key] == (torch.float16 if value.dim() == 4 else value.dtype), key
    read = read_checkpoint(folder / "half.safetensors").weights
    assert read[variances][0] == 1e5
    kernel = "backbone.first_conv.conv.weight"
    assert torch.equal(read[kernel], weights[kernel].half().float())
    detector = TextDetector.from_checkpoint(folder / "half.safetensors")
    assert (detector.short_size, detector.thresholds.min_score) == (96, 0.88)


def test_a_kernel_that_16_bit_cannot_hold_stays_in_32():
    kernel = torch.full((1, 1, 1, 1), 7e4)
    assert onnx_export.halved(kernel) is kernel
    assert onnx_export.halved(kernel / 2).dtype == torch.float16


@pytest.mark.parametrize(
    ("output", "options", "parts"),
    [
        ("model.pth", [], [".onnx, .safetensors"]),
        ("model.onnx", ["--doctr"], [".pt, .pth"]),
        ("model.safetensors", ["--int8"], ["--int8"]),
        ("model.onnx", ["--half"], ["--half", ".safetensors"]),
        ("model.pt", ["--doctr"], ["docTR", "tiny"]),
        ("model.onnx", ["--images", "nowhere"], ["--images nowhere"]),
        ("model.onnx", ["--cfg-options", "data.test.img_dir=gone"], ["--images", "gone"]),
        ("best.pth/model.onnx", [], ["best.pth"]),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence_and_nothing_is_written(
    folder, output, options, parts
):
    before = sorted(folder.iterdir())
    assert_refused(export(folder, output, *options), *parts)
    assert sorted(folder.iterdir()) == before


def test_photos_that_cannot_be_read_prove_nothing(folder):
    (folder / "mine").mkdir()
    (folder / "mine" / "broken.jpg").write_bytes(b"<html>")
    finished = export(folder, "model.onnx", "--images", "mine")
    assert finished.returncode == 2 and "nothing was compared" in finished.stderr
    assert not list(folder.glob("model.*"))
