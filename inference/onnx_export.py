"""Files of a model for use elsewhere, each with all that is needed to use it as here."""

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dataset.images import SIDE_MULTIPLE_PX
from inference.onnx_detector import FORMAT
from inference.thresholds import Thresholds
from models.export import onnx_model
from models.fast import FAST, IMAGENET_MEAN, IMAGENET_STD
from models.post_processing import STRIDE
from models.receptive_field import receptive_radius_px
from runtime import whole_files
from runtime.checkpoint import Checkpoint, network_size
from runtime.messages import UserError
from runtime.provenance import plain, recorded, versions

FLOAT, HALF, INT8 = "float32", "float16", "int8"
# Of a provenance, what may name a folder or a machine of the user's.
PRIVATE = ("host", "command", "start")
PRIVATE_OF_CONFIG = {"train_cfg": "pretrain", "test_cfg": "result_path"}


def export_metadata(
    model: FAST,
    checkpoint: Checkpoint,
    test_cfg: Mapping[str, Any],
    thresholds: Thresholds,
    short_size: int,
) -> dict[str, str]:
    """What an exported file says about itself; numbers and lists are written as JSON.

    ``format`` to ``thresholds_source`` are what a program needs, the rest tells where the file
    comes from.  Of the provenance, the host and whatever names its folders stay at home.
    """
    numbers = {
        "mean": [round(255 * share, 6) for share in IMAGENET_MEAN],
        "std": [round(255 * share, 6) for share in IMAGENET_STD],
        "short_size": short_size,
        "side_multiple": SIDE_MULTIPLE_PX,
        "stride": STRIDE,
        "halo_px": receptive_radius_px(model),
        "pooling_size": test_cfg["pooling_size"],
        "kernel_score": test_cfg["kernel_score"],
        "kernel_stride": test_cfg["kernel_stride"],
        "min_score": thresholds.min_score,
        "min_area": thresholds.min_area,
    }
    provenance = plain(_public(recorded(checkpoint.content), short_size))
    about = {"epoch": checkpoint.epoch, "versions": dict(versions()), "provenance": provenance}
    return {
        "format": FORMAT,
        "input": "RGB, 0..255, normalised with mean and std inside the model",
        "output": "logit of the kernel's probability for each stride x stride pixels",
        **{key: json.dumps(value) for key, value in numbers.items()},
        "bbox_type": test_cfg.get("bbox_type", "rect"),
        "thresholds_source": thresholds.source,
        "precision": FLOAT,
        "checkpoint": checkpoint.path.name,
        "weights": checkpoint.source,
        "network": f"FAST-{network_size(checkpoint.weights) or 'custom'}",
        "exported": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        **{key: json.dumps(value, ensure_ascii=False) for key, value in about.items()},
    }


def _public(record: Mapping[str, Any], short_size: int) -> dict[str, Any]:
    """What a provenance, ``record``, may tell to strangers.

    short_size: for the config, which a detector that is made from the file alone asks for it.
    """
    kept = {key: value for key, value in record.items() if key not in PRIVATE}
    if isinstance(kept.get("data"), list):
        kept["data"] = [_without(part, "name") for part in kept["data"]]
    if isinstance(config := kept.get("config"), Mapping):
        sections = {key: config[key] for key in ("model", "options") if key in config}
        for key, name in PRIVATE_OF_CONFIG.items():
            if key in config:
                sections[key] = _without(config[key], name)
        kept["config"] = {**sections, "data": {"test": {"short_size": short_size}}}
    return kept


def _without(section: Any, name: str) -> Any:
    if not isinstance(section, Mapping):
        return section
    return {key: value for key, value in section.items() if key != name}


def write_onnx(path: Path, model: FAST, metadata: Mapping[str, str]) -> None:
    """Write the network, in training form here, as an ONNX model of one output."""
    import_onnx()
    write_whole(path, onnx_model(model, metadata).SerializeToString())


def import_onnx() -> Any:
    """The module; UserError where it is not installed."""
    try:
        import onnx
    except ImportError:
        raise UserError("onnx.not_installed", package="onnx") from None
    return onnx


def write_safetensors(
    path: Path, weights: Mapping[str, Tensor], metadata: Mapping[str, str], half: bool = False
) -> None:
    """Write weights in training form: with them training can go on.

    half: the kernels of the convolutions as float16, in half the space.
    """
    from safetensors.torch import save

    whole = {key: value.detach().contiguous().cpu() for key, value in weights.items()}
    own = {"input": "weights in training form", "output": "all channels"}
    if half:
        whole = {key: halved(value) for key, value in whole.items()}
        own["precision"] = HALF
    write_whole(path, save(whole, {**metadata, **own}))


def halved(value: Tensor) -> Tensor:
    """A convolution's kernel as float16; anything else, and what float16 cannot hold, as it is.

    float16 has 8 times the precision of bfloat16, and kernels are far from the ends of its range.
    The variances of BatchNorm may lie beyond them; they and other vectors take next to no space.
    """
    if value.dim() < 2 or not value.is_floating_point():
        return value
    return value.half() if value.abs().max() <= torch.finfo(torch.float16).max else value


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    try:
        whole_files.write_whole(path, content)
    except OSError as error:
        raise UserError("infer.cannot_write", path=path, reason=error.strerror) from error
