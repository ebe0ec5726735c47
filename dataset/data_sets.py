"""The data sets that a config's ``type`` may name: where they lie and how they are augmented.

Folders and random changes are those of the published FAST.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class DataSet:
    """What a ``type`` stands for, where the config does not say otherwise.

    format: a key of ``dataset.formats.FORMATS``, or "auto".
    folders: split -> (images, labels) below the data root; labels may be a file.
    joined: more (images, labels) that belong to the training images where they are there.
    augment: where the random changes differ from ``dataset.augment.Augmentation``.
    protocol: by which published figures are measured, a key of ``inference.scoring.PROTOCOLS``.
    """

    format: str
    folders: Mapping[str, tuple[str, str]] = field(default_factory=lambda: _NOTHING)
    joined: tuple[tuple[str, str], ...] = ()
    augment: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    protocol: str = "icdar2015"


_IC15 = (
    "ICDAR2015/Challenge4/ch4_{}_images",
    "ICDAR2015/Challenge4/ch4_{}_localization_transcription_gt",
)
_MLT = (
    "ICDAR2017-MLT/ch8_{}_images",
    "ICDAR2017-MLT/ch8_{}_localization_transcription_gt_v2",
)
_TT = ("total_text/Images/{}", "total_text/Groundtruth/Polygon/{}")
_NO_ASPECT: dict[str, Any] = {"aspect": None}
_GENTLE: dict[str, Any] = {
    "scale": (0.7, 1.3),
    "rotation": 10.0,
    "blur": 0.0,
    "brightness": 32 / 255,
    "contrast": 0.0,
    "saturation": 0.5,
    "hue": 0.0,
}


def _places(pair: tuple[str, str], **names: str) -> dict[str, tuple[str, str]]:
    return {split: (pair[0].format(name), pair[1].format(name)) for split, name in names.items()}


# The type whose pictures are drawn, endlessly, instead of being read; it has no row.
DRAWN = "FAST_Drawn"
DATA_SETS: dict[str, DataSet] = {
    "FAST_IC15": DataSet("ic15", _places(_IC15, train="training", test="test")),
    "FAST_IC17MLT": DataSet(
        "mlt",
        _places(_MLT, train="training", test="validation"),
        augment=_GENTLE,
        protocol="icdar2017",
    ),
    "FAST_TT": DataSet(
        "total_text",
        _places(_TT, train="Train", test="Test"),
        augment=_NO_ASPECT,
        protocol="total_text",
    ),
    "FAST_CTW": DataSet(
        "ctw",
        {
            "train": ("CTW1500/train/text_image", "CTW1500/train/text_label_curve"),
            "test": ("CTW1500/test/text_image", "CTW1500/test/text_label_circum"),
        },
        augment=_GENTLE | _NO_ASPECT,
        protocol="ctw1500",
    ),
    "FAST_MSRA": DataSet(
        "msra",
        {
            "train": ("MSRA-TD500/train", "MSRA-TD500/train"),
            "test": ("MSRA-TD500/test", "MSRA-TD500/test"),
        },
        joined=(("HUST-TR400", "HUST-TR400"),),
        augment=_NO_ASPECT,
        protocol="msra_td500",
    ),
    "FAST_Synth": DataSet("synth_text", {"train": ("SynthText", "SynthText/gt.mat")}),
    "FAST_LMDB": DataSet("lmdb"),
    "FAST_Data": DataSet("auto"),
}
