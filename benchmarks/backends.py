"""How long do the words of a photo take on this CPU, by PyTorch and by ONNX Runtime?

One photo of 960 x 640 at short side 640, decoded already: resizing, network and boxes.  All take
turns, so that a busy moment of the machine meets them all.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from benchmarks.measure import Row, drawn_photos, time_calls
from benchmarks.testing import CHECKPOINT, CONFIG, SHORT_SIZE
from dataset.images import list_images, read_image
from inference.detector import TextDetector, detection_settings, load_model
from inference.onnx_detector import OnnxDetector
from inference.onnx_export import export_metadata, write_onnx
from inference.onnx_int8 import CALIBRATION_PHOTOS, quantise
from inference.thresholds import thresholds_for
from runtime.checkpoint import read_checkpoint
from runtime.config import find_file, load_config
from runtime.precision import choose_precision

PHOTOS, ROUNDS = 24, 15


def rows(args: argparse.Namespace) -> Iterator[Row]:
    path = find_file(args.checkpoint or CHECKPOINT)
    if not path.exists():
        return  # before the sample has run, there is nothing that finds words
    folder = args.photos or drawn_photos(args.folder, PHOTOS)
    photos = [read_image(photo) for photo in list_images(folder / "images")[:CALIBRATION_PHOTOS]]
    config, checkpoint = load_config(CONFIG), read_checkpoint(path)
    model, settings = load_model(config, checkpoint), detection_settings(config, checkpoint.content)
    build = partial(TextDetector, model, settings, short_size=SHORT_SIZE)
    detectors: dict[str, TextDetector | OnnxDetector] = {"PyTorch, float32": build()}
    if choose_precision("auto", torch.device("cpu")) == torch.bfloat16:
        detectors["PyTorch, bfloat16"] = build(amp=True)
        if args.compile:
            detectors["PyTorch, bfloat16, compiled"] = build(amp=True, compile_it=True)
    if args.compile:
        detectors["PyTorch, float32, compiled"] = build(compile_it=True)
    thresholds = thresholds_for(config, checkpoint.content)
    metadata = export_metadata(model, checkpoint, settings, thresholds, SHORT_SIZE)
    with tempfile.TemporaryDirectory() as temporary:
        exported, int8 = (Path(temporary) / f"{name}.onnx" for name in ("float", "int8"))
        write_onnx(exported, model, metadata)
        quantise(exported, int8, photos, SHORT_SIZE)
        detectors["ONNX Runtime, float32"] = OnnxDetector.from_file(exported, "cpu")
        detectors["ONNX Runtime, int8"] = OnnxDetector.from_file(int8, "cpu")
        works: list[Callable[[], object]] = [
            partial(detector.detect, photos[0]) for detector in detectors.values()
        ]
        for name, timing in zip(detectors, time_calls(*works, rounds=ROUNDS), strict=True):
            yield Row(f"words of a 960 x 640 photo, CPU: {name}", 1e3 * timing.median, "ms",
                      spread=timing.spread_ms)  # fmt: skip
