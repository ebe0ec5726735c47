"""The small model of ``bright_model`` as exported files, written once for each test process."""

import functools
import tempfile
from pathlib import Path

from inference.onnx_detector import OnnxDetector
from inference.onnx_export import export_metadata, write_onnx
from inference.thresholds import Thresholds
from runtime.checkpoint import Checkpoint
from tests.inference.bright_model import bright_model

SETTINGS = {"min_score": 0.88, "min_area": 250, "bbox_type": "rect", "pooling_size": 9,
            "kernel_score": 0.5, "kernel_stride": 4}  # fmt: skip
_FOLDER = tempfile.TemporaryDirectory()


def metadata(**content: object) -> dict[str, str]:
    """What the file of the model says; ``content``: of the checkpoint that it comes from."""
    model = bright_model()
    checkpoint = Checkpoint(Path("best.pth"), model.state_dict(), "ema", 7, dict(content))
    return export_metadata(model, checkpoint, SETTINGS, Thresholds(0.88, 250, "calibrated"), 128)


@functools.cache
def exported_file() -> Path:
    """Shared by the tests of a process: do not change it."""
    path = Path(_FOLDER.name) / "model.onnx"
    write_onnx(path, bright_model(), metadata())
    return path


@functools.cache
def exported_detector() -> OnnxDetector:
    """Shared by the tests of a process: do not change it."""
    return OnnxDetector.from_file(exported_file(), "cpu")
