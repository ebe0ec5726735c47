"""Exported models in 8 bit integers, calibrated on photos, and what that costs and brings."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from dataset.images import resize_for_test
from dataset.text_dataset import TextDataset
from inference.onnx_detector import OnnxDetector, import_onnxruntime
from inference.onnx_export import INT8, import_onnx, write_whole
from inference.scoring import Score, score
from runtime.messages import UserError

# Pictures differ more from one another than parts of one: few are enough for the ranges of values.
CALIBRATION_PHOTOS = 24
_TIMED_PHOTOS, _ROUNDS, _WARM_UP = 3, 5, 1


def quantise(source: Path, target: Path, images: Iterable[np.ndarray], short_size: int) -> None:
    """Write ``source`` with weights and maps in 8 bits, but for the last convolution.

    images: uint8 (H, W, 3) RGB; the network is run on each for the ranges of its maps.
    """
    onnx = import_onnx()
    import_onnxruntime()
    from onnxruntime import quantization

    class Photos(quantization.CalibrationDataReader):
        """Hands the photos to the calibration, one at a time."""

        def __init__(self) -> None:
            self.left = iter(images)

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self.left, None)
            if image is None:
                return None
            pixels = resize_for_test(image, short_size).transpose(2, 0, 1)[None]
            return {name: np.ascontiguousarray(pixels, np.float32)}

    model = onnx.load(source)
    name = model.graph.input[0].name
    last = [node.name for node in model.graph.node if node.op_type == "Conv"][-1]
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        with _without_advice():
            quantization.quantize_static(
                model,
                temporary,
                Photos(),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=["Conv", "Resize", "Concat"],
                nodes_to_exclude=[last],  # what comes out of it is held against thresholds
                per_channel=True,
                # Processors without VNNI add pairs of products in 16 bits, which 8 bit weights
                # overflow, and the file may be used on one: 7 bits are right everywhere.
                reduce_range=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )
        quantised = onnx.load(temporary)
    finally:
        temporary.unlink(missing_ok=True)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    onnx.helper.set_model_props(quantised, {**metadata, "precision": INT8})
    write_whole(target, quantised.SerializeToString())


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep back ONNX Runtime's advice to preprocess: there is nothing in our graphs to fold."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def score_exported(detectors: Mapping[str, OnnxDetector], data: TextDataset) -> dict[str, Score]:
    """The score of each detector on labelled photos; one that cannot be read has no detections."""
    found: dict[str, list[list[np.ndarray]]] = {name: [] for name in detectors}
    for index in range(data.num_images):
        try:
            image = data.open_photo(index).pixels()
        except UserError:
            image = None
        for name, detector in detectors.items():
            words = [] if image is None else detector.detect(image)
            found[name].append([word.points for word in words])
    truths = [data.words(index) for index in range(data.num_images)]
    return {name: score(words, truths) for name, words in found.items()}


def seconds_per_photo(
    detectors: Mapping[str, OnnxDetector], images: Iterable[np.ndarray]
) -> dict[str, float]:
    """Median seconds for the words of a photo, the detectors taking turns on the same photos."""
    seconds: dict[str, list[float]] = {name: [] for name in detectors}
    photos = list(images)[:_TIMED_PHOTOS]
    for turn in range(_WARM_UP + _ROUNDS):
        for image in photos:
            for name, detector in detectors.items():
                start_s = time.perf_counter()
                detector.detect(image)
                if turn >= _WARM_UP:
                    seconds[name].append(time.perf_counter() - start_s)
    return {name: median(times) for name, times in seconds.items()}
