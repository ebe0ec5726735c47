"""How many photos does a user need?  Trains on the first N photos of a folder, for several N.

    python -m benchmarks.small_data my/train my/test --counts 25 100 700 --budget 10m
    python -m benchmarks.small_data my/train my/test --seeds 1 2 3 -- --cfg-options KEY=VALUE

Both folders hold images/ and gts/, with labels for every photo.  Each training starts from the same
weights and takes the same time; what it ends with is scored once on the second folder, with the
thresholds of the config, and chosen by nothing.  What was measured is kept in the JSON file and not
measured again.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.command import TRAIN
from benchmarks.measure import hardware
from benchmarks.samples import data_set
from inference.detector import TextDetector
from inference.evaluate import evaluate
from runtime.checkpoint import LATEST
from runtime.config import PROJECT_ROOT
from runtime.shipped import CONFIG

ORDER_SEED = 0


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.small_data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("train", type=Path, help="photos to train on")
    add("test", type=Path, help="photos to score on")
    add("--counts", type=int, nargs="+", default=[25, 50, 100, 200, 700], metavar="N")
    add("--seeds", type=int, nargs="+", default=[1])
    add("--budget", default="10m", help="of each training (default: %(default)s)")
    add("--config", default=CONFIG)
    add("--json", type=Path, default=Path("small_data.json"), help="where the figures are kept")
    add("--plot", type=Path, default=Path("small_data.png"))
    arguments = sys.argv[1:]
    # argparse would give a list before "--" what belongs behind it.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    args = parser.parse_args(arguments[:end])
    args.options = arguments[end + 1 :]
    available = len(list((args.train / "images").iterdir()))
    if max(args.counts) > available:
        parser.error(f"{args.train} has {available} photos, and --counts asks for more")
    return args


def main() -> None:
    args = parse_args()
    records = json.loads(args.json.read_text(encoding="utf-8")) if args.json.exists() else []
    for seed in args.seeds:
        for count in args.counts:
            if any(is_of(record, args, count, seed) for record in records):
                continue
            records.append(measure(args, count, seed))
            sys.stdout.write(f"{records[-1]}\n")
            args.json.write_text(json.dumps(records, indent=2), encoding="utf-8")
    plot([r for r in records if is_of(r, args, r["photos"], r["seed"])], args.plot)


def is_of(record: dict[str, Any], args: argparse.Namespace, count: int, seed: int) -> bool:
    """Whether a record is of these photos and this seed, and of this very training."""
    wanted = {"photos": count, "seed": seed, "config": args.config, "budget": args.budget,
              "options": args.options}  # fmt: skip
    return all(record[name] == value for name, value in wanted.items())


def measure(args: argparse.Namespace, count: int, seed: int) -> dict[str, Any]:
    """Train on ``count`` photos; precision, recall and hmean on the photos to score on."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        link_photos(args.train, folder, count)
        started = time.perf_counter()
        train(args, folder, seed)
        minutes = (time.perf_counter() - started) / 60
        detector = TextDetector.from_checkpoint(folder / "run" / LATEST, args.config)
        test = data_set(args.test, split="test", short_size=detector.short_size)
        score = evaluate(detector, test).score
    assert score is not None
    return {
        "photos": count,
        "seed": seed,
        "precision": score.precision,
        "recall": score.recall,
        "hmean": score.hmean,
        "min_score": detector.thresholds.min_score,
        "minutes": minutes,
        "config": args.config,
        "budget": args.budget,
        "options": args.options,
        "hardware": hardware(),
    }


def train(args: argparse.Namespace, folder: Path, seed: int) -> None:
    command = [sys.executable, TRAIN, "--config", args.config, "--budget", args.budget]
    command += ["--seed", str(seed), "--output_dir", str(folder / "run"), "--no-report", "--lang"]
    command += ["en", *args.options, "--cfg-options", "data.val=None"]
    command += [f"data.train.img_dir={folder / 'images'}", f"data.train.gt_dir={folder / 'gts'}"]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True)


def link_photos(source: Path, folder: Path, count: int) -> None:
    """Smaller selections lie within larger ones, whatever the seed of the training."""
    images = sorted((source / "images").iterdir())
    random.Random(ORDER_SEED).shuffle(images)
    for name in ("images", "gts"):
        (folder / name).mkdir()
    for image in images[:count]:
        labels = f"gt_{image.stem}.txt"
        (folder / "images" / image.name).symlink_to(image.resolve())
        (folder / "gts" / labels).symlink_to((source / "gts" / labels).resolve(strict=True))


def plot(records: Sequence[dict[str, Any]], path: Path) -> None:
    """hmean over the number of photos: each training as a point, a line through the means."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    counts = sorted({record["photos"] for record in records})
    by_count = [[r["hmean"] for r in records if r["photos"] == count] for count in counts]
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(counts, [sum(hmeans) / len(hmeans) for hmeans in by_count], color="tab:blue")
    axes.plot(
        [record["photos"] for record in records],
        [record["hmean"] for record in records],
        "o",
        color="tab:blue",
    )
    axes.set_xscale("log")
    axes.set_xticks(counts, map(str, counts))
    axes.minorticks_off()
    axes.set_ylim(0, 1)
    axes.set_xlabel("training photos")
    axes.set_ylabel("hmean")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
