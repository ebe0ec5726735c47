"""How many drawn training samples does one core make a second, and what does pasting cost?"""

import argparse
import statistics
import time
from collections.abc import Iterator

from benchmarks.measure import Row, drawn_photos, one_core
from dataset.build import build_dataset
from dataset.text_dataset import TextDataset

# Of draws that follow one another, as training has them; the first fill the caches.
WARM_UP, SAMPLES, TRIALS = 30, 60, 5


def rows(args: argparse.Namespace) -> Iterator[Row]:
    drawn = build_dataset({"type": "FAST_Drawn", "is_transform": True, "img_size": 640})
    folder = args.photos or drawn_photos(args.folder, 50)
    places = {"img_dir": str(folder / "images"), "gt_dir": str(folder / "gts")}
    photos = {"type": "FAST_IC15", "is_transform": True, **places}
    plain, pasted = (build_dataset({**photos, "paste_text": share}) for share in (0.0, 1.0))
    with one_core():
        rates = [rate(drawn, trial) for trial in range(TRIALS + 1)][1:]
        spread = min(rates), max(rates)
        question = "drawn samples with targets at 640 px, one core"
        yield Row(question, statistics.median(rates), "images/s", ">= 15", spread)
        before, after = (
            statistics.median([rate(data, trial) for trial in range(1, 4)])
            for data in (plain, pasted)
        )
        yield Row("pasting words into a sample", 1e3 * (1 / after - 1 / before), "ms")


def rate(data: TextDataset, trial: int) -> float:
    """Samples a second; each trial draws others."""
    first = trial * (WARM_UP + SAMPLES)
    for draw in range(first, first + WARM_UP):
        data[draw % data.num_images, draw]
    started = time.perf_counter()
    for draw in range(first + WARM_UP, first + WARM_UP + SAMPLES):
        data[draw % data.num_images, draw]
    return SAMPLES / (time.perf_counter() - started)
