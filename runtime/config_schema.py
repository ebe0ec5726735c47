"""Every key that a config may have, with the values that it may take and the defaults.

A new key is one more line here: a config that names it loads, any other name is refused with the
nearest one.  Rules in a list are for a section, or for each of several in a list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime.optimizers import OPTIMIZERS
from runtime.schedules import SCHEDULES


@dataclass(frozen=True)
class Rule:
    """What a key's value must be; ``expected`` says it in signs that need no translation."""

    accepts: Callable[[Any], bool]
    expected: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _int_from(low: int, high: float = float("inf")) -> Rule:
    text = f"int >= {low}" if high == float("inf") else f"{low} <= int <= {high}"
    return Rule(lambda value: _is_int(value) and low <= value <= high, text)


def _number(low: float, high: float = float("inf"), above: bool = False) -> Rule:
    def accepts(value: Any) -> bool:
        return _is_number(value) and low <= value <= high and not (above and value == low)

    top = "" if high == float("inf") else f" <= {high:g}"
    return Rule(accepts, f"{low:g} {'<' if above else '<='} number{top}")


def _pair(rule: Rule, or_single: bool = False) -> Rule:
    def accepts(value: Any) -> bool:
        if or_single and rule.accepts(value):
            return True
        return isinstance(value, list | tuple) and len(value) == 2 and all(map(rule.accepts, value))

    return Rule(accepts, f"({rule.expected}, {rule.expected})")


def _choice(*names: Any) -> Rule:
    return Rule(lambda value: value in names, " | ".join(map(repr, names)))


def _optional(rule: Rule) -> Rule:
    return Rule(lambda value: value is None or rule.accepts(value), f"{rule.expected} | None")


TEXT = Rule(lambda value: isinstance(value, str) and value != "", "'text'")
FLAG = Rule(lambda value: isinstance(value, bool), "True | False")
SIZE = _int_from(32)
PROBABILITY = _number(0, 1)
INNER_SHARE = Rule(lambda value: _is_number(value) and 0 < value < 1, "0 < number < 1")
ANYTHING = Rule(lambda value: True, "")

SCHEDULE = Rule(
    lambda value: (
        value in SCHEDULES
        or (isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_int, value)))
    ),
    " | ".join(map(repr, SCHEDULES)) + " | (epoch, epoch, ...)",
)

_LAYERS = {"type": TEXT, "config": TEXT}
_LOSS = {"type": TEXT, "loss_weight": _number(0), "feature_dim": _int_from(1)}
_AUGMENT = {
    "scale": _pair(_number(0, above=True)),
    "aspect": _optional(_pair(_number(0, above=True))),
    "flip": PROBABILITY,
    "rotation": _number(0, 180),
    "quarter_turn": PROBABILITY,
    "word_crop": PROBABILITY,
    "blur": PROBABILITY,
    "blur_radius": _pair(_number(0)),
    "brightness": _number(0),
    "contrast": _number(0),
    "saturation": _number(0),
    "hue": _number(0, 0.5),
    "crop_tries": _int_from(1),
}
_DATASET = {
    "type": TEXT,
    "split": _choice("train", "test", "val", "valid"),
    "is_transform": FLAG,
    "img_size": _pair(SIZE, or_single=True),
    "short_size": SIZE,
    "pooling_size": _int_from(1),
    "read_type": _choice("cv2", "pil"),
    "repeat_times": _int_from(1),
    "report_speed": FLAG,
    "with_rec": FLAG,
    "data_root": TEXT,
    "img_dir": _optional(TEXT),
    "gt_dir": _optional(TEXT),
    "lmdb_path": _optional(TEXT),
    "format": _optional(TEXT),
    "name": _optional(TEXT),
    "weight": _number(0, above=True),
    "augment": _AUGMENT,
    "paste_text": PROBABILITY,
    "num_images": _int_from(1),
    "fonts": _optional(TEXT),
    "backgrounds": _optional(TEXT),
    "empty": PROBABILITY,
    "seed": _int_from(0),
}

KNOWN_KEYS: dict[str, Any] = {
    "model": {
        "type": TEXT,
        "backbone": _LAYERS,
        "neck": _LAYERS,
        "detection_head": {
            **_LAYERS,
            "pooling_size": _int_from(1),
            "dropout_ratio": PROBABILITY,
            "empty_weight": _number(0),
            "loss_text": _LOSS,
            "loss_kernel": _LOSS,
            "loss_emb": _LOSS,
        },
    },
    "data": {
        "batch_size": _int_from(1),
        "cache": _optional(_choice("ram", "disk")),
        "granularity": _choice("word", "line"),
        "train": [_DATASET],
        "val": _DATASET,
        "test": _DATASET,
    },
    "train_cfg": {
        "lr": _number(0, above=True),
        "schedule": SCHEDULE,
        "epoch": _int_from(1),
        "epoch_samples": _optional(_int_from(1)),
        "optimizer": _choice(*OPTIMIZERS),
        "weight_decay": _number(0),
        "momentum": _number(0, 1),
        "step_size": _int_from(1),
        "gamma": _number(0, 1, above=True),
        "warmup_iters": _int_from(0),
        "pretrain": _optional(TEXT),
        "save_interval": _int_from(1),
        "save_every_iters": _optional(_int_from(1)),
        "keep_checkpoints": _optional(_int_from(1)),
        "log_interval": _int_from(1),
        "ema_decay": PROBABILITY,
        "early_stop_patience": _optional(_int_from(1)),
        "max_forgetting": _optional(PROBABILITY),
        "sync_bn": FLAG,
        "freeze_bn": _int_from(0),
        "freeze_stages": _int_from(0, 4),
        "accumulate": _int_from(1),
        "clip_grad": _optional(_number(0, above=True)),
        "max_bad_steps": _int_from(1),
        "use_ex": FLAG,
    },
    "test_cfg": {
        "min_score": PROBABILITY,
        "min_area": _number(0),
        "kernel_score": INNER_SHARE,
        "kernel_stride": Rule(lambda value: _is_int(value) and value in (1, 2, 4), "1 | 2 | 4"),
        "bbox_type": _choice("rect", "poly"),
        "result_path": TEXT,
        "pooling_size": _int_from(1),
    },
    # mmcv adds these to what it loads
    "log_level": ANYTHING,
    "default_scope": ANYTHING,
}

# Sections that a config may set to None: there is no such data.
NULLABLE = ("data.val",)

DEFAULTS: dict[str, dict[str, Any]] = {
    "data": {"granularity": "word"},
    "train_cfg": {
        "lr": 1e-4,
        "schedule": "polylr",
        "epoch": 50,
        "optimizer": "Adam",
        "weight_decay": 0.0,
        "momentum": 0.9,
        "step_size": 20,
        "gamma": 0.1,
        "warmup_iters": 0,
        "pretrain": None,
        "save_interval": 5,
        "save_every_iters": None,
        "keep_checkpoints": None,
        "log_interval": 10,
        "ema_decay": 0.999,
        "early_stop_patience": None,
        "max_forgetting": None,
        "sync_bn": True,
        "freeze_bn": 0,
        "freeze_stages": 0,
        "accumulate": 1,
        "clip_grad": None,
        "max_bad_steps": 10,
    },
    "test_cfg": {
        "min_score": 0.88,
        "min_area": 250,
        "kernel_score": 0.5,
        "kernel_stride": 4,
        "bbox_type": "rect",
    },
}
