"""How long until the first step, and from the last step of one epoch to the first of the next?"""

import argparse
import statistics
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.command import train
from benchmarks.measure import Row
from dataset.sample_data import write_sample_data

RUNS = 3
SMALL_CROPS = ("data.train.img_size=128", "data.train.short_size=192")


def rows(args: argparse.Namespace) -> Iterator[Row]:
    folder = args.folder / "sample"
    if not folder.exists():  # the images of the embedded sample
        write_sample_data(folder, 56, 1, (192, 256), (0.07, 0.16), clutter=0.3)
    first_steps, gaps = [], []
    for run in range(RUNS):
        finished = train(
            folder, args.folder / f"start_{run}", "--epochs", 3, "--device", args.device,
            options=("train_cfg.log_interval=1", *SMALL_CROPS),
        )  # fmt: skip
        steps = [second for second, line in finished.lines if "batch [" in line]
        per_epoch = len(steps) // 3
        waits = [later - earlier for earlier, later in pairwise(steps)]
        usual = statistics.median(waits)
        between = [waits[epoch * per_epoch - 1] - usual for epoch in (1, 2)]
        first_steps.append(steps[0])
        gaps += between
    yield Row("from the start of the process to the first step", statistics.median(first_steps),
              "s", "<= 5", (min(first_steps), max(first_steps)))  # fmt: skip
    yield Row("between two epochs, above the time of a step", statistics.median(gaps), "s",
              "<= 0.5", (min(gaps), max(gaps)))  # fmt: skip
