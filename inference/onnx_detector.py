"""Photos in, words out, by an exported model: needs ONNX Runtime, and no PyTorch."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset.images import read_image, resize_for_test, test_size
from inference.thresholds import (
    KERNELS,
    WITHOUT_KERNELS,
    Thresholds,
    kernel_settings,
    thresholds_for,
)
from inference.tiling import cut, refuse_too_large, side_for
from models.post_processing import STRIDE, Detection, outline_text, regions_of_kernels
from runtime.messages import UserError
from runtime.shipped import missing_checkpoint

Size = tuple[int, int]
FORMAT = "fast_finetuning/1"
GPU = "CUDAExecutionProvider"


@dataclass(frozen=True)
class ExportedSettings:
    """What an exported file says about the way into the network and out of it.

    short_size: the short side in pixels to which photos are resized.
    halo_px: how far around a pixel the network looks.
    test_cfg: see ``find_text``.
    thresholds: its min_score and min_area once more, and where they come from.
    """

    short_size: int
    halo_px: int
    test_cfg: dict[str, Any]
    thresholds: Thresholds


class OnnxDetector:
    """Finds words as ``TextDetector`` does, with the settings that the file of the model holds.

    Several threads may use one detector.
    """

    def __init__(
        self, session: Any, settings: ExportedSettings, *, tile_px: int | None = None
    ) -> None:
        """session: an ``onnxruntime.InferenceSession``.  tile_px: as for ``TextDetector``."""
        self.session = session
        self.test_cfg = settings.test_cfg
        self.thresholds = settings.thresholds
        self.short_size = settings.short_size
        self.tile_px = tile_px
        self._halo_px = settings.halo_px
        self._input_name = session.get_inputs()[0].name

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        device: str = "auto",
        *,
        short_size: int | None = None,
        min_score: float | None = None,
        min_area: float | None = None,
        bbox_type: str | None = None,
        tile_px: int | None = None,
    ) -> "OnnxDetector":
        """A detector from an ``.onnx`` file of this tool; what is None is as the file says.

        device: 'auto' (a GPU where ONNX Runtime has one), 'cpu', 'cuda' or 'cuda:1'.
        Raises UserError for what is no such file, and where ONNX Runtime or the GPU is missing.
        """
        session = open_session(path, device)
        settings = read_settings(
            path, session.get_modelmeta().custom_metadata_map, min_score, min_area
        )
        if bbox_type is not None:
            settings.test_cfg["bbox_type"] = bbox_type
        detector = cls(session, settings, tile_px=tile_px)
        detector.short_size = short_size or settings.short_size
        return detector

    def detect(self, image: np.ndarray | str | Path) -> list[Detection]:
        """Words of one photo; their corners are in pixels of that photo.

        image: uint8 (height, width, 3) RGB, or the path of a file, which is turned upright.
        Raises UserError for a file that cannot be read, and for an image too large even for tiles.
        """
        return self.detect_batch([read_image(image) if isinstance(image, str | Path) else image])[0]

    def detect_batch(self, images: Sequence[np.ndarray]) -> list[list[Detection]]:
        """Words of several photos of any sizes; those of one size share a run of the network."""
        same_size: dict[Size, list[int]] = {}
        for index, image in enumerate(images):
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise ValueError(f"uint8 (H, W, 3) wanted, not {image.dtype} {image.shape}")
            height, width = image.shape[:2]
            size = test_size(height, width, self.short_size)
            refuse_too_large(f"{width}x{height}", size)
            same_size.setdefault(size, []).append(index)
        words: list[list[Detection]] = [[] for _ in images]
        for size, members in same_size.items():
            inputs = [resize_for_test(images[index], self.short_size) for index in members]
            kernels = self.kernel_logits(np.stack(inputs))
            sizes = [(size, images[index].shape[:2]) for index in members]
            for index, found in zip(members, self.find_words(kernels, sizes), strict=True):
                words[index] = found
        return words

    def kernel_logits(self, inputs: np.ndarray) -> np.ndarray:
        """uint8 (N, h, w, 3) RGB, h and w multiples of 32 -> float32 (N, h / 4, w / 4).

        Very large images go through the network in tiles, one by one.
        """
        count, height, width, _ = inputs.shape
        side = side_for((height, width), self._halo_px, self.tile_px)
        if side is None:
            return self._run(inputs)
        whole = np.empty((count, height // STRIDE, width // STRIDE), np.float32)
        for index in range(count):
            for tile in cut((height, width), side, self._halo_px):
                kernels = self._run(inputs[index : index + 1, tile.seen_rows, tile.seen_columns])
                whole[index][tile.place(STRIDE)] = kernels[0][tile.kept(STRIDE)]
        return whole

    def find_words(
        self, kernels: np.ndarray, sizes: Sequence[tuple[Size, Size]]
    ) -> list[list[Detection]]:
        """Words of images from their ``kernel_logits``; sizes as for ``find_text``."""
        return outline_text(regions_of_kernels(kernels, sizes, self.test_cfg), self.test_cfg)

    def _run(self, inputs: np.ndarray) -> np.ndarray:
        pixels = np.ascontiguousarray(inputs.transpose(0, 3, 1, 2), np.float32)
        (logits,) = self.session.run(None, {self._input_name: pixels})
        return np.asarray(logits)[:, 0]


def open_session(path: str | Path, device: str = "auto") -> Any:
    """An ONNX Runtime session with as many threads as this process may use cores."""
    path = Path(path)
    if not path.is_file():
        raise missing_checkpoint(path)
    onnxruntime = import_onnxruntime()
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _usable_cores()
    options.log_severity_level = 3
    try:
        providers = _providers(onnxruntime.get_available_providers(), device)
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except (
        errors.Fail,
        errors.InvalidArgument,
        errors.InvalidGraph,
        errors.InvalidProtobuf,
        errors.NoModel,
        errors.NoSuchFile,
        errors.NotImplemented,
        errors.RuntimeException,
    ) as error:
        reason = str(error).splitlines()[0][:200]
        raise UserError("onnx.unreadable", path=path, reason=reason) from None


def import_onnxruntime() -> Any:
    """The module; UserError where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        raise UserError("onnx.not_installed", package="onnxruntime") from None
    return onnxruntime


def read_settings(
    path: str | Path,
    metadata: Mapping[str, str],
    min_score: float | None = None,
    min_area: float | None = None,
) -> ExportedSettings:
    """The settings in a file's metadata, thresholds from the command line counting before them.

    Raises UserError where it is not a file of this tool.
    """
    if metadata.get("format") != FORMAT:
        raise UserError("onnx.not_ours", path=path, format=FORMAT)
    try:
        short_size, halo_px = (_count(metadata[key]) for key in ("short_size", "halo_px"))
        told = {
            key: json.loads(metadata[key])
            for key in KERNELS
            if key in metadata or key not in WITHOUT_KERNELS
        }
        kernels = {**WITHOUT_KERNELS, **kernel_settings(told)}
        stored = {key: json.loads(metadata[key]) for key in ("min_score", "min_area")}
        bbox_type, source = metadata["bbox_type"], metadata["thresholds_source"]
    except (KeyError, ValueError):
        raise UserError("onnx.settings_damaged", path=path) from None
    content = {"thresholds": {**stored, "source": source}}
    thresholds = thresholds_for({"test_cfg": stored}, content, min_score, min_area)
    test_cfg = {
        "min_score": thresholds.min_score,
        "min_area": thresholds.min_area,
        "bbox_type": bbox_type,
        **kernels,
    }
    return ExportedSettings(short_size, halo_px, test_cfg, thresholds)


def _count(text: str) -> int:
    number = int(text)
    if not 0 < number < 1 << 20:
        raise ValueError(text)
    return number


def _providers(available: Sequence[str], device: str) -> list[Any]:
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (
        number and not (kind == "cuda" and number.isdigit())
    ):
        raise UserError("cli.device_unknown", name=device)
    if kind == "cuda" and GPU not in available:
        raise UserError("onnx.no_gpu", name=device)
    on_gpu = kind != "cpu" and GPU in available
    gpu = [(GPU, {"device_id": int(number or 0)})] if on_gpu else []
    return [*gpu, "CPUExecutionProvider"]


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
