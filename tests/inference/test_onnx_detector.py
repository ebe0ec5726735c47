"""An exported model finds what PyTorch finds, without PyTorch, by the settings in its file."""

import json
import sys

import numpy as np
import onnx
import pytest
from PIL import Image

from inference.detector import TextDetector
from inference.onnx_detector import FORMAT, OnnxDetector, read_settings
from runtime.messages import UserError
from tests.inference.bright_model import bright_model, photo, save_photo
from tests.inference.command import assert_refused, run, run_here
from tests.inference.exported import SETTINGS, exported_detector, exported_file, metadata

PHOTOS = [
    photo(),
    photo(200, 256, ((40, 40, 120, 90),)),
    photo(512, 200, ((20, 100, 180, 160), (40, 300, 150, 420))),
    photo(boxes=()),
    photo(256, 512),  # the size of the first one in the network, but not on the disk
]


def test_it_finds_the_same_boxes_as_pytorch_in_photos_of_unlike_sizes():
    wanted = TextDetector(bright_model(), SETTINGS, short_size=128).detect_batch(PHOTOS)
    found = exported_detector().detect_batch(PHOTOS)
    assert [len(words) for words in found] == [1, 1, 2, 0, 1]
    for words, same in zip(found, wanted, strict=True):
        assert [word.points.tolist() for word in words] == [word.points.tolist() for word in same]
        assert [word.score for word in words] == pytest.approx([word.score for word in same])


def test_a_file_is_turned_upright_as_the_script_does_it(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # the camera was held so that the file needs a quarter turn clockwise
    upright = photo(256, 128, ((32, 64, 96, 96),))
    Image.fromarray(np.rot90(upright, 1).copy()).save(tmp_path / "phone.png", exif=exif)
    (word,) = exported_detector().detect(tmp_path / "phone.png")
    (same,) = exported_detector().detect(upright)
    np.testing.assert_array_equal(word.points, same.points)


def test_tiles_give_the_boxes_of_the_whole():
    whole = exported_detector()
    tiled = OnnxDetector.from_file(exported_file(), "cpu", tile_px=64)
    image = photo(256, 1024, ((64, 32, 700, 96), (720, 100, 1000, 200)))
    runs = []
    tiled.session = Counted(tiled.session, runs)
    found, wanted = tiled.detect(image), whole.detect(image)
    assert len(runs) > 4 and len(found) == 2
    assert [word.points.tolist() for word in found] == [word.points.tolist() for word in wanted]


class Counted:
    """A session that notes the shapes of what it is given."""

    def __init__(self, session, runs):
        self.session, self.runs = session, runs

    def run(self, outputs, inputs):
        self.runs += [value.shape for value in inputs.values()]
        return self.session.run(outputs, inputs)


def test_images_of_equal_size_go_through_the_network_together():
    detector, shapes = OnnxDetector.from_file(exported_file(), "cpu"), []
    detector.session = Counted(detector.session, shapes)
    detector.detect_batch([photo(), photo(256, 256), photo()])
    assert shapes == [(2, 3, 128, 256), (1, 3, 128, 128)]


def test_what_is_given_counts_before_what_the_file_says():
    as_stored = OnnxDetector.from_file(exported_file(), "cpu")
    assert as_stored.test_cfg == SETTINGS and as_stored.short_size == 128
    assert as_stored.thresholds.source == "calibrated"
    given = OnnxDetector.from_file(
        exported_file(), "cpu", short_size=64, min_score=0.5, min_area=9, bbox_type="poly"
    )
    assert given.test_cfg == SETTINGS | {"min_score": 0.5, "min_area": 9, "bbox_type": "poly"}
    assert (given.short_size, given.thresholds.source) == (64, "command line")
    (word,) = given.detect(photo())
    assert word.points.shape[1] == 2


def test_the_file_says_all_that_a_program_needs_and_where_it_comes_from():
    record = {"host": "my-machine", "command": "/home/me/train", "start": {"path": "/home/me"},
              "time": "2026", "metrics": {"hmean": 0.5},
              "data": [{"name": "me/photos", "images": 7}], "config": {
                  "model": {"type": "FAST"}, "data": {"train": "/home/me"}, "data_root": "/home/me",
                  "train_cfg": {"lr": 1e-3, "pretrain": "/home/me/x.pth"},
                  "test_cfg": {"min_area": 9, "result_path": "/home/me/x.zip"}}}  # fmt: skip
    said = metadata(provenance=record)
    assert json.loads(said["mean"]) == [123.675, 116.28, 103.53]
    assert json.loads(said["std"]) == [58.395, 57.12, 57.375]
    numbers = {key: json.loads(said[key]) for key in ("short_size", "side_multiple", "stride",
               "pooling_size", "min_score", "min_area", "epoch", "kernel_score",
               "kernel_stride")}  # fmt: skip
    assert numbers == {"short_size": 128, "side_multiple": 32, "stride": 4, "pooling_size": 9,
                       "kernel_score": 0.5, "kernel_stride": 4,
                       "min_score": 0.88, "min_area": 250, "epoch": 7}  # fmt: skip
    told = {key: said[key] for key in ("format", "bbox_type", "thresholds_source", "checkpoint",
            "weights", "precision", "network")}  # fmt: skip
    assert told == {"format": FORMAT, "bbox_type": "rect", "thresholds_source": "calibrated",
                    "checkpoint": "best.pth", "weights": "ema", "precision": "float32",
                    "network": "FAST-tiny"}  # fmt: skip
    made = json.loads(said["provenance"])
    assert made == {
        "time": "2026",
        "metrics": {"hmean": 0.5},
        "data": [{"images": 7}],
        "config": {
            "model": {"type": "FAST"},
            "train_cfg": {"lr": 1e-3},
            "test_cfg": {"min_area": 9},
            "data": {"test": {"short_size": 128}},
        },
    }
    assert "numpy" in json.loads(said["versions"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("short_size", None),
        ("short_size", "0"),
        ("pooling_size", None),
        ("pooling_size", "9.5"),
        ("min_score", "["),
        ("kernel_score", "1"),
        ("kernel_stride", "8"),
        ("kernel_stride", "3"),
    ],
)
def test_a_file_whose_settings_are_damaged_is_refused(key, value):
    said = metadata()
    said.pop(key)
    with pytest.raises(UserError, match=r"m\.onnx.*export_onnx\.py"):
        read_settings("m.onnx", said if value is None else {**said, key: value})


def test_kernels_are_found_as_the_file_says_and_in_older_files_as_they_always_were():
    said = metadata() | {"kernel_score": "0.8", "kernel_stride": "1"}
    found = read_settings("m.onnx", said).test_cfg
    assert (found["kernel_score"], found["kernel_stride"]) == (0.8, 1)
    del said["kernel_score"], said["kernel_stride"]
    found = read_settings("m.onnx", said).test_cfg
    assert (found["kernel_score"], found["kernel_stride"]) == (0.5, 4)


def test_thresholds_out_of_their_range_are_refused_unless_others_are_given():
    said = metadata() | {"min_score": "7"}
    with pytest.raises(UserError, match="--min_score"):
        read_settings("m.onnx", said)
    assert read_settings("m.onnx", said, 0.5, 9).test_cfg["min_score"] == 0.5


def test_a_file_that_this_tool_has_not_exported_is_refused(tmp_path):
    foreign = onnx.load(exported_file())
    del foreign.metadata_props[:]
    onnx.save(foreign, tmp_path / "foreign.onnx")
    with pytest.raises(UserError, match=FORMAT):
        OnnxDetector.from_file(tmp_path / "foreign.onnx")


def test_what_is_no_onnx_file_is_refused(tmp_path):
    for content in (b"", b"<html>", exported_file().read_bytes()[:2000]):
        (tmp_path / "a.onnx").write_bytes(content)
        with pytest.raises(UserError, match=r"a\.onnx"):
            OnnxDetector.from_file(tmp_path / "a.onnx")
    with pytest.raises(UserError, match=r"absent\.onnx"):
        OnnxDetector.from_file(tmp_path / "absent.onnx")


def test_without_onnx_runtime_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match="pip install onnxruntime"):
        OnnxDetector.from_file(exported_file())


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "cuda:1"])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(UserError, match=f"--device {device}"):
        OnnxDetector.from_file(exported_file(), device)


@pytest.mark.parametrize("image", [np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.float32)])
def test_what_is_no_rgb_photo_is_refused(image):
    with pytest.raises(ValueError, match="uint8"):
        exported_detector().detect(image)


def test_inference_runs_where_neither_pytorch_nor_mmcv_can_be_imported(tmp_path):
    for name in ("torch", "torchvision", "mmcv", "mmengine", "onnx"):
        folder = tmp_path / "absent" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(f"raise ModuleNotFoundError('No module named {name}')")
    save_photo(tmp_path / "사진.png")
    finished = run(
        "inference_single.py", "--checkpoint", exported_file(), "--image", "사진.png",
        cwd=tmp_path, PYTHONPATH=str(tmp_path / "absent"),
    )  # fmt: skip
    assert (finished.returncode, finished.stderr) == (0, "")
    written = (tmp_path / "inference_results" / "사진.json").read_text(encoding="utf-8")
    content = json.loads(written)
    (word,) = TextDetector(bright_model(), SETTINGS, short_size=128).detect(photo())
    assert [found["points"] for found in content["words"]] == [word.points.tolist()]
    assert (content["short_size"], content["min_score"]) == (128, 0.88)
    assert (tmp_path / "inference_results" / "사진_result.png").exists()


def test_a_config_beside_an_exported_model_is_refused(tmp_path):
    save_photo(tmp_path / "a.png")
    finished = run_here(
        "inference_single.py", "--checkpoint", exported_file(), "--image", "a.png",
        "--config", "config.py", cwd=tmp_path,
    )  # fmt: skip
    assert_refused(finished, "model.onnx", "--config")
