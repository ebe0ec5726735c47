"""A small FAST whose weights are set by hand so that it finds bright areas.

It has the layers of FAST-tiny, with eight channels each.  Channel 0 carries the brightness through
every layer, from one pixel in four rows and four columns; the head answers with
10 * (brightness - 1).  White is 2.43 by ImageNet's normalisation, and all that is darker than mid
grey is below 0 and cut off by the first ReLU.
"""

import functools
import json
import re
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch

from models import build_model
from models.fast import FAST
from runtime.config import load_config
from tests.conftest import PROJECT

TINY = PROJECT / "config/fast/nas-configs/fast_tiny.config"
CONFIG = """
model = dict(
    type='FAST',
    backbone=dict(type='fast_backbone', config=LAYERS),
    neck=dict(type='fast_neck', config=LAYERS),
    detection_head=dict(
        type='fast_head', config=LAYERS, pooling_size=9, dropout_ratio=0.1,
        loss_text=dict(type='DiceLoss', loss_weight=0.5),
        loss_kernel=dict(type='DiceLoss', loss_weight=1.0),
        loss_emb=dict(type='EmbLoss_v1', feature_dim=4, loss_weight=0.25)))
data = dict(test=dict(type='FAST_IC15', split='test', short_size=128, img_dir='photos',
                      gt_dir='labels'))
test_cfg = dict(min_score=0.88, min_area=250, bbox_type='rect', result_path='out/submit.zip')
"""
BOX = (64, 32, 160, 64)  # x0, y0, x1, y1 of the area that ``photo`` paints white, x1 and y1 outside


def write_config(folder: Path) -> Path:
    """Write ``config.py`` for the model, and the description of its layers, into ``folder``."""
    narrow = re.sub(r'(_channels": )\d{2,}', r"\g<1>8", TINY.read_text(encoding="utf-8"))
    layers = json.loads(narrow)
    layers["head"]["conv"]["in_channels"] = 4 * 8
    (folder / "layers.config").write_text(json.dumps(layers))
    config = folder / "config.py"
    config.write_text(f"LAYERS = {str(folder / 'layers.config')!r}\n{CONFIG}", encoding="utf-8")
    return config


@functools.cache
def bright_model() -> FAST:
    """Shared by the tests of a process: do not change it."""
    with tempfile.TemporaryDirectory() as folder:
        model = build_model(load_config(write_config(Path(folder))).model)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_main = "main_" in name or "first_conv" in name
            if parameter.dim() == 4:
                parameter.zero_()
                if is_main:
                    height, width = parameter.shape[2:]
                    parameter[0, 0, height // 2, width // 2] = 1
            elif name.endswith("bn.weight") or "rbr_identity.weight" in name:
                parameter.fill_(1.0 if is_main else 0.0)
        model.backbone.first_conv.conv.weight[0, :, 1, 1] = 1 / 3
        model.det_head.conv.main_bn.bias[1] = 1
        model.det_head.final.conv.weight[0, 0] = 10
        model.det_head.final.conv.weight[0, 1] = -10
    return model


def photo(height: int = 128, width: int = 256, boxes: tuple[tuple[int, ...], ...] = (BOX,)):
    """Black, with white boxes (x0, y0, x1, y1)."""
    image = np.zeros((height, width, 3), np.uint8)
    for x0, y0, x1, y1 in boxes:
        image[y0:y1, x0:x1] = 255
    return image


def save_photo(path: Path, image: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(path.suffix, photo() if image is None else image)[1].tofile(path)
    return path


def bounds(points: np.ndarray) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of a polygon."""
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
