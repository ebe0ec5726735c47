"""Find the words in photos, PDFs and videos, in folders of them, or in all that a list names.

    python inference_single.py --config CONFIG --checkpoint CHECKPOINT --image photo.jpg

For each image an overlay and a JSON are written: the polygons of its words with their scores, in
pixels of the upright image.  ``--formats`` adds label files of other tools, and crops.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dataset.images import test_size
from inference.inputs import DEFAULT_DPI, DEFAULT_EVERY, Page, find_sources, pages_of
from inference.onnx_detector import OnnxDetector
from inference.outputs import DEFAULT_FOLDER, FORMATS, Labels, PageResult, ResultPaths
from inference.overlay import draw_detections, write_image
from inference.reading_order import in_reading_order, joined_into_lines
from inference.results import image_record, write_json
from inference.thresholds import Thresholds, kernel_settings
from inference.tiling import refuse_too_large
from models.post_processing import OUTLINES, Detection
from runtime import cli
from runtime.messages import UserError, run_script, say, tell


class Detector(Protocol):
    """What this script needs of a detector."""

    short_size: int
    test_cfg: dict[str, Any]
    thresholds: Thresholds

    def detect(self, image: np.ndarray) -> list[Detection]:
        """Words of one photo, uint8 (height, width, 3) RGB; corners in pixels of that photo."""


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("inference_single.py", "infer")
    add = parser.add_argument
    add("--config", help=say("infer.config"))
    add("--checkpoint", required=True, help=say("cli.checkpoint"))
    add("--image", required=True, nargs="+", metavar="IMAGE", help=say("infer.image"))
    add("--output", type=Path, help=say("infer.output", default=DEFAULT_FOLDER))
    add("--json", type=Path, help=say("infer.json"))
    add("--formats", nargs="+", choices=FORMATS, default=[], help=say("infer.formats"))
    add("--order", choices=("found", "reading"), default="found", help=say("infer.order"))
    add("--granularity", choices=("word", "line"), default="word", help=say("infer.granularity"))
    add("--bbox_type", choices=OUTLINES, help=say("infer.bbox_type"))
    add("--min_score", type=cli.FRACTION, metavar="0..1", help=say("cli.min_score"))
    add("--min_area", type=cli.COUNT, metavar="N", help=say("cli.min_area"))
    add("--short_size", type=cli.number(int, 32), metavar="PX", help=say("infer.short_size"))
    add("--tile", type=cli.number(int, 32), metavar="PX", help=say("infer.tile"))
    add("--every", type=cli.POSITIVE, metavar="N", default=DEFAULT_EVERY,
        help=say("infer.every", default=DEFAULT_EVERY))  # fmt: skip
    add("--dpi", type=cli.number(int, 10, 2400), metavar="N", default=DEFAULT_DPI,
        help=say("infer.dpi", default=DEFAULT_DPI))  # fmt: skip
    cli.add_common_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    sources = find_sources(args.image)
    paths = ResultPaths(sources, args.output, args.json, args.formats)
    labels = Labels(args.formats, paths)
    detector = open_detector(args)
    tell("thresholds.line", text=detector.thresholds.line())
    total = failed = 0
    try:
        for page in (page for source in sources for page in pages_of(source, args.dpi, args.every)):
            total += 1
            try:
                run_page(page, detector, paths, labels, args)
            except UserError as error:
                if len(sources) == 1 and page.number is None:
                    raise
                failed += 1
                tell("error", file=sys.stderr, text=error)
    finally:
        labels.close()
    if labels.written:
        tell("infer.labels_written", paths=", ".join(map(str, labels.written)))
    if failed:
        raise UserError("infer.some_failed", failed=failed, total=total)
    return 0


def open_detector(args: argparse.Namespace) -> Detector:
    """The detector of a checkpoint; PyTorch is imported here and nowhere above."""
    if Path(args.checkpoint).suffix.lower() == ".onnx":
        return open_exported(args)
    from inference.detector import TextDetector, checkpoint_config
    from runtime.checkpoint import read_checkpoint
    from runtime.config import load_config

    device = cli.choose_device(args.device)
    config = load_config(args.config, args.cfg_options) if args.config else None
    checkpoint = read_checkpoint(args.checkpoint)
    detector = TextDetector.from_checkpoint(
        checkpoint,
        config or checkpoint_config(checkpoint, args.cfg_options),
        device,
        short_size=args.short_size,
        min_score=args.min_score,
        min_area=args.min_area,
        bbox_type=args.bbox_type,
        tile_px=args.tile,
    )
    tell("detect.loaded", path=checkpoint.path, source=say(f"detect.source.{checkpoint.source}"))
    return detector


def open_exported(args: argparse.Namespace) -> Detector:
    """The detector of an exported model, which needs no PyTorch and holds its own settings."""
    if args.config or args.cfg_options:
        raise UserError("onnx.holds_settings", path=args.checkpoint)
    detector = OnnxDetector.from_file(
        args.checkpoint,
        args.device,
        short_size=args.short_size,
        min_score=args.min_score,
        min_area=args.min_area,
        bbox_type=args.bbox_type,
        tile_px=args.tile,
    )
    tell("detect.loaded", path=args.checkpoint, source=say("onnx.source"))
    return detector


def run_page(
    page: Page, detector: Detector, paths: ResultPaths, labels: Labels, args: argparse.Namespace
) -> None:
    """Detect in one image, write its results, and say what came out."""
    start_s = time.perf_counter()
    image = page.read()
    height, width = image.shape[:2]
    refuse_too_large(page.title, test_size(height, width, detector.short_size))
    words = arranged(detector.detect(image), args.granularity, args.order)
    seconds = time.perf_counter() - start_s
    name = paths.name(page)
    overlay, json = paths.overlay(page, name, (height, width)), paths.json(name)
    write_image(overlay, draw_detections(image, words))
    settings = {
        "coordinates": "x, y in pixels of the upright image (EXIF rotation applied)",
        "config": args.config,
        "checkpoint": args.checkpoint,
        "short_size": detector.short_size,
        "min_score": detector.test_cfg["min_score"],
        "min_area": detector.test_cfg["min_area"],
        **kernel_settings(detector.test_cfg),
        "thresholds_from": detector.thresholds.source,
        "granularity": args.granularity,
        "order": args.order,
    }
    number = {} if page.number is None else {page.source.kind: page.number}
    record = image_record(str(page.source.path), (height, width), words)
    write_json(json, settings | number | record)
    labels.add(PageResult(page, name, image, words))
    tell("infer.image_done", image=page.title, width=width, height=height, seconds=seconds)
    tell_words(words, args.granularity)
    tell("infer.written", overlay=overlay, json=json)


def arranged(words: Sequence[Detection], granularity: str, order: str) -> Sequence[Detection]:
    """Words as they are wanted: joined into lines, in reading order."""
    if granularity == "line":
        return joined_into_lines(words, ordered=order == "reading")
    return in_reading_order(words) if order == "reading" else words


def tell_words(words: Sequence[Detection], granularity: str) -> None:
    if words:
        scores = [word.score for word in words]
        tell(f"infer.{granularity}s", count=len(words), best=max(scores), worst=min(scores))
    else:
        tell("infer.no_words")


if __name__ == "__main__":
    run_script(main)
