"""Choose min_score and min_area on photos that no score is reported on; the checkpoint keeps them.

    python tools/calibrate.py CONFIG CHECKPOINT
    python tools/calibrate.py CONFIG CHECKPOINT --kernels

The network looks at each photo once.  ``test.py``, ``inference_single.py`` and the export then
detect with the thresholds that the checkpoint holds, unless the command line says otherwise.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset.calibration_split import CalibrationSplit, calibration_split
from inference.calibration import (
    NOTHING,
    CandidateCollector,
    Candidates,
    Choice,
    Gain,
    Sweep,
    choose_kernels,
    draw_curves,
    kernel_choices,
    measure_gain,
    rates,
    sweep,
)
from inference.detector import (
    TextDetector,
    configured_short_size,
    detection_settings,
    load_model,
)
from inference.evaluate import detect_all
from inference.scoring import PROTOCOLS
from inference.thresholds import kernel_settings
from runtime import cli
from runtime.checkpoint import Checkpoint, read_checkpoint, save_atomically
from runtime.config import load_config
from runtime.distributed import reading_workers
from runtime.messages import UserError, run_script, say, tell
from runtime.precision import choose_precision

MOST_IMAGES = 500
TABLE_SCORES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
TABLE_AREAS = (0, 50, 100, 250, 500, 1000)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("calibrate.py", "calibrate")
    add = parser.add_argument
    add("config", metavar="CONFIG", help=say("cli.config"))
    add("checkpoint", metavar="CHECKPOINT", help=say("cli.checkpoint"))
    add("--output", metavar="FILE", type=Path, help=say("calibrate.help.output"))
    add("--curve", metavar="PNG", type=Path, help=say("calibrate.help.curve"))
    add("--kernels", action="store_true", help=say("calibrate.help.kernels"))
    add("--images", metavar="N", type=cli.POSITIVE, default=MOST_IMAGES,
        help=say("calibrate.help.images", default=MOST_IMAGES))  # fmt: skip
    add("--protocol", choices=("auto", *PROTOCOLS), default="auto", help=say("test.protocol"))
    add("--amp", choices=("auto", "bf16", "off"), default="off", help=say("test.amp"))
    add("--worker", type=cli.COUNT, metavar="N", help=say("average.help.worker"))
    cli.add_common_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    device = cli.choose_device(args.device)
    config = load_config(args.config, args.cfg_options)
    state = file_state(Path(args.checkpoint))
    checkpoint = read_checkpoint(args.checkpoint)
    output = args.output or checkpoint.path
    if output.suffix == ".safetensors":
        raise UserError("calibrate.safetensors", path=output)
    curve = args.curve or output.with_name(f"{output.stem}_thresholds.png")
    model = load_model(config, checkpoint)
    short_size = configured_short_size(config)
    split = calibration_split(config, short_size, args.images, output.parent)
    tell_split(split)

    # What the detector itself keeps is not looked at: it keeps next to nothing.
    settings = detection_settings(config, min_score=1.0)
    amp = choose_precision(args.amp, device) == torch.bfloat16
    detector = TextDetector(model, settings, device, amp, short_size=short_size)
    workers = reading_workers(args.worker)
    trained = config.model.detection_head.get("pooling_size", 9)
    kernels = kernel_choices(settings, trained) if args.kernels else [settings]
    candidates = find_candidates(detector, kernels, split, workers)

    started_s = time.perf_counter()
    before = (float(config.test_cfg.min_score), float(config.test_cfg.min_area))
    protocol = split.protocol if args.protocol == "auto" else args.protocol
    sweeps = [  # no word's score is below the kernel_score
        sweep(found, split.words(), before, protocol, each["kernel_score"])
        for found, each in zip(candidates, kernels, strict=True)
    ]
    best, choices = choose_kernels(sweeps)
    choice = choices[best]
    if args.kernels:
        tell_kernels(sweeps, choices, kernels, best)
    comparable = None if best else before  # with other kernels the thresholds are worth another
    tell_tables(sweeps[best], choice, comparable)
    tell_choice(choice, kernels[best] if args.kernels else None)
    tell_gain(measure_gain(sweeps, best, choice, before))
    tell(
        "calibrate.swept",
        pairs=sum(swept.counts[0, ..., 0].size for swept in sweeps),
        protocol=say(f"score.protocol.{protocol}"),
        seconds=time.perf_counter() - started_s,
    )
    refuse_if_changed(checkpoint.path, state)
    save(checkpoint, output, choice, kernels[best], split)
    write_curves(sweeps[best], choice, comparable, curve)
    return 0


def find_candidates(
    detector: TextDetector,
    kernels: Sequence[Mapping[str, Any]],
    split: CalibrationSplit,
    workers: int,
) -> list[list[Candidates]]:
    """For each of the settings all words of each photo; none of a photo that cannot be read."""
    candidates: list[list[Candidates]] = [[] for _ in kernels]
    for part in split.parts:
        collectors = [CandidateCollector(each) for each in kernels]

        def observe(*image: Any, collectors: list[CandidateCollector] = collectors) -> None:
            for collector in collectors:
                collector.observe(*image)

        found = detect_all(
            detector,
            part,
            range(part.num_images),
            workers=workers,
            progress=True,
            observe=observe,
        )
        for image in found.values():
            if image.error:
                tell("test.unreadable", reason=image.error)
        for words, collector in zip(candidates, collectors, strict=True):
            words += [collector.found.get(index, NOTHING) for index in range(part.num_images)]
    return candidates


def tell_split(split: CalibrationSplit) -> None:
    tell(f"calibrate.split.{split.section.partition('.')[2]}", name=split.name,
         images=split.num_images)  # fmt: skip
    if split.shared:
        tell("calibrate.shared", images=split.shared)


def tell_kernels(
    sweeps: Sequence[Sweep],
    choices: Sequence[Choice],
    kernels: Sequence[Mapping[str, Any]],
    best: int,
) -> None:
    """A table of what each way to find kernels gives with thresholds of its own."""
    tell("calibrate.head_kernels")
    tried = zip(sweeps, choices, kernels, strict=True)
    for number, (swept, own, settings) in enumerate(tried):
        at = swept.place(own.min_score, own.min_area)
        value = "{kernel_score:>5g} {kernel_stride:>6} {pooling_size:>4}".format(**settings)
        row = [float(part) for part in rates(swept.at(at).sum(axis=0))]
        tell_row(f"{value} {own.min_score:>6g}", row, (number == best, number == 0))


def tell_tables(swept: Sweep, choice: Choice, before: tuple[float, float] | None) -> None:
    """Two tables: one threshold changes, the other one is as chosen.

    before: thresholds to be marked, None for none.
    """
    old_score, old_area = before or (None, None)
    score_at, area_at = swept.place(choice.min_score, choice.min_area)
    wanted = {*TABLE_SCORES, choice.min_score, old_score}
    rows = rates(swept.counts[:, :, area_at].sum(axis=0))
    tell("calibrate.head_score", min_area=choice.min_area)
    for value, *row in zip(swept.scores.tolist(), *rows, strict=True):
        if value in wanted:
            tell_row(f"{value:g}", row, (value == choice.min_score, value == old_score))
    wanted = {*TABLE_AREAS, choice.min_area, old_area}
    rows = rates(swept.counts[:, score_at].sum(axis=0))
    tell("calibrate.head_area", min_score=choice.min_score)
    for value, *row in zip(swept.areas.tolist(), *rows, strict=True):
        if value in wanted:
            tell_row(f"{value:g}", row, (value == choice.min_area, value == old_area))


def tell_row(value: str, row: list[float], marks: tuple[bool, bool]) -> None:
    precision, recall, hmean = row
    names = ("calibrate.chosen_mark", "calibrate.before_mark")
    notes = [say(name) for name, holds in zip(names, marks, strict=True) if holds]
    note = ", ".join(notes)
    tell("calibrate.row", value=value, precision=precision, recall=recall, hmean=hmean, note=note)


def tell_choice(choice: Choice, kernels: Mapping[str, Any] | None) -> None:
    """kernels: the settings chosen; None where there was no choice."""
    tell("calibrate.chosen", min_score=choice.min_score, min_area=choice.min_area)
    if kernels is not None:
        tell("calibrate.chosen_kernels", **kernel_settings(kernels))
    tell(
        "calibrate.plateau",
        score_from=choice.score_plateau[0],
        score_to=choice.score_plateau[1],
        area_from=choice.area_plateau[0],
        area_to=choice.area_plateau[1],
    )


def tell_gain(gain: Gain) -> None:
    tell(
        "calibrate.gain",
        before=gain.before,
        after=gain.after,
        gain=gain.after - gain.before,
        low=gain.interval.low,
        high=gain.interval.high,
    )
    tell("calibrate.unseen", hmean=gain.unseen, gain=gain.unseen - gain.before)
    if gain.is_noise:
        tell("calibrate.noise")


def file_state(path: Path) -> tuple[int, ...] | None:
    """What changes when somebody writes the file; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def refuse_if_changed(path: Path, state: tuple[int, ...] | None) -> None:
    """A run that is still training may have written newer weights meanwhile."""
    if file_state(path) != state:
        raise UserError("calibrate.changed", path=path)


def save(
    checkpoint: Checkpoint,
    output: Path,
    choice: Choice,
    settings: Mapping[str, Any],
    split: CalibrationSplit,
) -> None:
    """Write the file as it was, and the thresholds; the weights' checksums stay true.

    settings: that words were found with.
    """
    today = date.today().isoformat()
    name = "".join(letter if letter.isprintable() else "?" for letter in split.name[:200])
    thresholds = {
        "min_score": choice.min_score,
        "min_area": choice.min_area,
        **kernel_settings(settings),
        "source": f"calibrated on {name}, {split.num_images} images, {today}",
        "digest": split.digest(),
    }
    make_folder(output)
    save_atomically({**checkpoint.content, "thresholds": thresholds}, output)
    tell("calibrate.saved", path=output)


def write_curves(
    swept: Sweep, choice: Choice, before: tuple[float, float] | None, path: Path
) -> None:
    make_folder(path)
    try:
        draw_curves(swept, choice, before, path)
    except OSError as error:
        raise UserError("infer.cannot_write", path=path, reason=error) from error
    tell("calibrate.curve", path=path)


def make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("infer.cannot_write", path=path, reason=error) from error


if __name__ == "__main__":
    run_script(main)
