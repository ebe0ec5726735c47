"""Does a test take as long as the slowest of reading, network and boxes, and does it add up?

Goes over real or drawn photos with the checkpoint of the embedded sample, or another FAST-tiny.
"""

import argparse
import time
from collections.abc import Iterator
from functools import partial

import torch

from benchmarks.measure import Row, drawn_photos, time_calls
from benchmarks.samples import data_set
from inference.detector import TextDetector
from inference.evaluate import evaluate
from inference.timing import StageTimer
from runtime.config import find_file, load_config

CONFIG = "config/fast/sample/fast_tiny_sample.py"
CHECKPOINT = "sample_run/finetune_checkpoints/checkpoint_best.pth"
PHOTOS, SHORT_SIZE = 24, 640


def rows(args: argparse.Namespace) -> Iterator[Row]:
    checkpoint = find_file(args.checkpoint or CHECKPOINT)
    if not checkpoint.exists():
        return  # before the sample has run, there is nothing that finds words
    folder = args.photos or drawn_photos(args.folder, PHOTOS)
    data = data_set(folder, split="test", short_size=SHORT_SIZE)
    data.leave_out(range(PHOTOS, data.num_images), ())
    detector = TextDetector.from_checkpoint(
        checkpoint, load_config(CONFIG), args.device, short_size=SHORT_SIZE
    )
    stages, shares = [], []

    def one_after_the_other() -> None:
        timer = detector.timer = StageTimer(torch.device(args.device))
        started = time.perf_counter()
        evaluate(detector, data)
        shares.append(sum(timer.seconds.values()) / (time.perf_counter() - started))
        detector.timer = None
        boxes = timer.seconds["post_processing"] + timer.seconds["box_extraction"]
        stages.append(max(timer.seconds["decode"], timer.seconds["network"], boxes))

    workers = partial(evaluate, detector, data, workers=1)
    serial, overlapped = time_calls(one_after_the_other, workers, rounds=5, warm_up=1)
    slowest = sorted(stages[1:])[len(stages[1:]) // 2]
    rate = PHOTOS / overlapped.median
    yield Row("photos a second at short side 640", rate, "photos/s")
    yield Row("a test over the slowest of its three parts", overlapped.median / slowest, "times",
              "<= 1.15", (overlapped.least / slowest, overlapped.most / slowest))  # fmt: skip
    missing = [100 * (1 - part) for part in shares[1:]]
    yield Row("--report-speed: time outside its stages", sorted(missing)[len(missing) // 2], "%",
              "<= 2", (min(missing), max(missing)))  # fmt: skip
    yield Row("one after the other over overlapped", serial.median / overlapped.median, "times")
