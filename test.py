"""Score a checkpoint on labelled photos by the data set's protocol, and write the result files.

    python test.py CONFIG CHECKPOINT --eval

Written are the submission, a zip or a folder as the protocol wants it (``test_cfg.result_path`` of
the config, or ``--output``), and a JSON of all words with their scores.  ``--report-speed`` adds
where the time went.
"""

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dataset import build_dataset
from dataset.label_set import LABEL_INDEX
from dataset.labels import describe
from dataset.text_dataset import TextDataset
from inference.detector import TextDetector, configured_short_size, detection_settings, load_model
from inference.evaluate import EvaluationResult, evaluate
from inference.report.page import WORST, write_report
from inference.results import image_record, write_json
from inference.scoring import PROTOCOLS, CharacterScore, Score
from inference.submission import refuse_folder, submission_path, write_submission
from inference.thresholds import thresholds_for
from inference.timing import STAGES, StageTimer
from runtime import cli
from runtime.checkpoint import read_checkpoint
from runtime.config import Config, load_config
from runtime.distributed import reading_workers
from runtime.messages import UserError, run_script, say, tell
from runtime.precision import choose_precision

DEFAULT_RESULT = "outputs/submit_ic15.zip"
SHOWN_PROBLEMS = 5


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("test.py", "test")
    add = parser.add_argument
    add("config", metavar="CONFIG", help=say("cli.config"))
    add("checkpoint", metavar="CHECKPOINT", help=say("cli.checkpoint"))
    add("--eval", action="store_true", help=say("test.eval"))
    add("--protocol", choices=("auto", *PROTOCOLS), default="auto", help=say("test.protocol"))
    add("--output", metavar="PATH", type=Path, help=say("test.output", default=DEFAULT_RESULT))
    add("--json", metavar="FILE", type=Path, help=say("test.json"))
    add("--min-score", type=cli.FRACTION, metavar="0..1", help=say("cli.min_score"))
    add("--min-area", type=cli.COUNT, metavar="N", help=say("cli.min_area"))
    add("--batch-size", type=cli.POSITIVE, metavar="N", default=1, help=say("test.batch_size"))
    add("--worker", type=cli.COUNT, metavar="N", help=say("test.worker"))
    add("--ema", action=argparse.BooleanOptionalAction, default=True, help=say("test.ema"))
    add("--amp", choices=("auto", "bf16", "off"), default="off", help=say("test.amp"))
    add("--compile", action="store_true", help=say("test.compile"))
    add("--report", metavar="HTML", type=Path, help=say("test.report"))
    add("--report-images", type=cli.COUNT, metavar="N", default=WORST,
        help=say("test.report_images"))  # fmt: skip
    add("--report-speed", action="store_true", help=say("test.report_speed"))
    add("--print-model", action="store_true", help=say("test.print_model"))
    add("--cpu", action="store_true", help=say("test.cpu"))
    cli.add_common_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    if args.report and not args.eval:
        raise UserError("test.report_needs_eval", path=args.report)
    device = cli.choose_device("cpu" if args.cpu else args.device)
    config = load_config(args.config, args.cfg_options)
    output = args.output or Path(config.test_cfg.get("result_path", DEFAULT_RESULT))
    dataset = build_test_dataset(config, args.eval, output.parent / LABEL_INDEX)
    protocol = dataset.protocol if args.protocol == "auto" else args.protocol
    output = submission_path(output, protocol)
    names = [dataset.image_name(index) for index in range(dataset.num_images)]
    refuse_folder(output, names, protocol, (dataset.image_folder, dataset.label_folder))
    checkpoint = read_checkpoint(args.checkpoint, prefer_ema=args.ema)
    model = load_model(config, checkpoint)
    tell("detect.loaded", path=checkpoint.path, source=say(f"detect.source.{checkpoint.source}"))
    if args.print_model:
        count = sum(parameter.numel() for parameter in model.parameters())
        tell("test.model", model=model, count=count)
    thresholds = thresholds_for(config, checkpoint.content, args.min_score, args.min_area)
    tell("thresholds.line", text=thresholds.line())
    detector = TextDetector(
        model,
        detection_settings(
            config, checkpoint.content, min_score=args.min_score, min_area=args.min_area
        ),
        device,
        choose_precision(args.amp, device) == torch.bfloat16,
        short_size=configured_short_size(config),
        compile_it=args.compile,
    )
    detector.thresholds = thresholds
    # In the speed report nothing runs beside anything else, so that the stages add up to the whole.
    workers = reading_workers(args.worker)
    if args.report_speed:
        workers = 0
        warm_up(detector)
        detector.timer = StageTimer(device)

    tell("test.start", images=dataset.num_images, folder=dataset.image_folder, device=device)
    start_s = time.perf_counter()
    result = evaluate(
        detector,
        dataset,
        batch_size=args.batch_size,
        workers=workers,
        with_score=args.eval,
        by_characters=args.eval,
        protocol=protocol,
        progress=True,
    )
    wall_s = time.perf_counter() - start_s
    for error in result.unreadable:
        tell("test.unreadable", reason=error)
    if result.score:
        tell_problems(dataset)
        tell_score(result.score, protocol)
    if result.characters:
        tell_characters(result.characters)
    if detector.timer:
        tell_speed(detector.timer, wall_s, dataset.num_images, args.batch_size)
    write_results(args, output, protocol, dataset, result, detector)
    if args.report:
        about = {
            "checkpoint": args.checkpoint,
            "config": args.config,
            "data": dataset.image_folder,
            "protocol": say(f"score.protocol.{protocol}"),
            "short_size": detector.short_size,
            "thresholds": thresholds.line(),
        }
        write_report(args.report, dataset, result, detector.short_size, about, args.report_images)
        tell("test.report_written", path=args.report)
    return 0


def build_test_dataset(config: Config, labels_needed: bool, index_folder: Path) -> TextDataset:
    """``data.test`` of the config; UserError without images, or without the labels to score by."""
    spec = config.get("data", {}).get("test")
    if spec is None:
        raise UserError("config.section_missing", path=config.filename, key="data.test")
    shared = {"granularity": config.data.granularity, "index_folder": index_folder}
    dataset = build_dataset({"split": "test", **shared, **spec})
    if dataset.found_format:
        tell("test.format", folder=dataset.label_folder, format=dataset.found_format)
    if labels_needed and not dataset.has_labels:
        raise UserError("test.no_labels", folder=dataset.label_folder or dataset.image_folder)
    return dataset


def tell_problems(dataset: TextDataset) -> None:
    """The first few things wrong with the labels: they change the score."""
    for problem in dataset.problems[:SHOWN_PROBLEMS]:
        tell("test.problem", text=describe(problem))
    if len(dataset.problems) > SHOWN_PROBLEMS:
        tell("test.more_problems", count=len(dataset.problems) - SHOWN_PROBLEMS)


def warm_up(detector: TextDetector) -> None:
    """Let the libraries load and choose their routines before the clock runs."""
    side = detector.short_size
    for _ in range(2):
        detector.detect(np.zeros((side, side, 3), np.uint8))


def tell_score(score: Score, protocol: str) -> None:
    tell(
        "test.score",
        protocol=say(f"score.protocol.{protocol}"),
        precision=score.precision,
        recall=score.recall,
        hmean=score.hmean,
        matched=score.matched,
        truths=score.num_truths,
        detections=score.num_detections,
    )


def tell_characters(characters: CharacterScore) -> None:
    figures = without_images(characters)
    words = sum(figures[kind] for kind in ("one_to_one", "split", "merged", "missed"))
    tell("test.characters", words=words, **figures)


def without_images(score: Score | CharacterScore) -> dict[str, Any]:
    """The figures of all images together."""
    return {
        field.name: getattr(score, field.name)
        for field in dataclasses.fields(score)
        if field.name != "images"
    }


def tell_speed(timer: StageTimer, wall_s: float, images: int, batch_size: int) -> None:
    """A table of milliseconds per image whose lines add up to the last."""
    seconds = {name: timer.seconds[name] for name in STAGES}
    seconds["other"] = wall_s - sum(seconds.values())
    tell("test.speed.title", images=images, batch_size=batch_size, device=timer.device)
    for name, spent_s in seconds.items():
        tell(
            "test.speed.line",
            ms=1000 * spent_s / images,
            percent=100 * spent_s / wall_s,
            stage=say(f"test.speed.{name}"),
        )
    tell("test.speed.total", ms=1000 * wall_s / images, rate=images / wall_s)


def write_results(
    args: argparse.Namespace,
    output: Path,
    protocol: str,
    dataset: TextDataset,
    result: EvaluationResult,
    detector: TextDetector,
) -> None:
    paths = [dataset.image_path(index) for index in range(dataset.num_images)]
    found = [image.detections for image in result.images]
    write_submission(zip(paths, found, strict=True), output, protocol)
    content: dict[str, Any] = {
        "config": args.config,
        "checkpoint": args.checkpoint,
        "test_cfg": detector.test_cfg,
        "thresholds_from": detector.thresholds.source,
        "short_size": detector.short_size,
        "protocol": protocol,
        "score": result.score and without_images(result.score),
        "characters": result.characters and without_images(result.characters),
        "images": [
            image_record(path.name, image.size, image.detections)
            for path, image in zip(paths, result.images, strict=True)
        ],
    }
    json_path = args.json or output.with_suffix(".json")
    write_json(json_path, content)
    tell("test.written", zip=output, json=json_path)
    if not result.score:
        tell("test.not_scored")


if __name__ == "__main__":
    run_script(main)
