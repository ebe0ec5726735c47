"""Does ``model.detection_head.empty_weight`` make photos without text teach?

Trains a narrow FAST-tiny from scratch for some hundred steps on drawn photos, half of them without
text, with and without the term, from the same seeds.  What counts are the areas that each then
finds in photos without text that it has not seen; the score on photos with text shows that the
term does not achieve this by finding less of everything.
"""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import train
from benchmarks.measure import Row
from benchmarks.samples import data_set
from dataset.sample_data import write_sample_data
from inference.detector import TextDetector
from inference.evaluate import EvaluationResult, evaluate
from runtime.config import PROJECT_ROOT, load_config

CONFIG = "config/fast/sample/fast_tiny_sample.py"
LAYERS = PROJECT_ROOT / "config/fast/nas-configs/fast_tiny.config"
CHANNELS = 32
SIZE, HEIGHTS, CROP = (192, 256), (0.07, 0.16), 128
# name: (images, seed, share without text)
PHOTOS = {"train": (160, 21, 0.5), "empty": (100, 22, 1.0), "words": (50, 23, 0.0)}
EPOCHS, BATCH_SIZE = 15, 4
SEEDS = (1, 2, 3)
WEIGHTS = (0.0, 1.0)


def rows(args: argparse.Namespace) -> Iterator[Row]:
    folder = args.folder / "empty_photos"
    for name, (count, seed, negatives) in PHOTOS.items():
        if not (folder / name).exists():
            write_sample_data(folder / name, count, seed, SIZE, HEIGHTS, negatives)
    alarms, hmeans = dict.fromkeys(WEIGHTS, 0), dict.fromkeys(WEIGHTS, 0.0)
    for seed in SEEDS:
        for weight in WEIGHTS:
            detector = trained(args, folder, weight, seed)
            on_empty, on_words = (test(detector, folder / name) for name in ("empty", "words"))
            found = sum(len(image.detections) for image in on_empty.images)
            alarms[weight] += found
            run = f"empty_weight {weight:g}, seed {seed}"
            yield Row(f"{run}: areas in {PHOTOS['empty'][0]} photos without text", found, "areas")
            assert on_words.score is not None
            hmeans[weight] += on_words.score.hmean / len(SEEDS)
            yield Row(f"{run}: hmean on photos with text", on_words.score.hmean, "")
    without, with_it = hmeans.values()
    yield Row("hmean with the term minus that without, mean", with_it - without, "", ">= 0")
    without, with_it = alarms.values()
    yield Row("false alarms with the term over those without", with_it / max(without, 1), "times",
              "<= 0.5")  # fmt: skip


def trained(args: argparse.Namespace, folder: Path, weight: float, seed: int) -> TextDetector:
    """Train, and read back what came out; it has the thresholds of the sample."""
    layers = narrow_layers(folder)
    options = [f"model.{part}.config={layers}" for part in ("backbone", "neck", "detection_head")]
    output = folder / f"weight_{weight:g}_seed_{seed}"
    train(
        folder / "train", output, "--epochs", EPOCHS, "--batch_size", BATCH_SIZE, "--seed", seed,
        "--device", args.device, "--no-report", config=CONFIG,
        options=(
            *options, f"data.train.img_size={CROP}", f"data.train.short_size={SIZE[0]}",
            f"model.detection_head.empty_weight={weight}",
        ),
    )  # fmt: skip
    return TextDetector.from_checkpoint(
        output / "checkpoint_latest.pth",
        load_config(CONFIG, options),
        args.device,
        short_size=SIZE[0],
    )


def narrow_layers(folder: Path) -> Path:
    """FAST-tiny's layers with few channels each, written into the folder."""
    few = re.sub(r'(_channels": )\d{2,}', rf"\g<1>{CHANNELS}", LAYERS.read_text(encoding="utf-8"))
    layers = json.loads(few)
    layers["head"]["conv"]["in_channels"] = 4 * CHANNELS
    path = folder / "layers.config"
    path.write_text(json.dumps(layers), encoding="utf-8")
    return path


def test(detector: TextDetector, folder: Path) -> EvaluationResult:
    return evaluate(detector, data_set(folder, split="test", short_size=SIZE[0]))
