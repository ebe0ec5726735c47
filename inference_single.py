"""Find the words in a photo, in a folder of photos, or in all that a pattern names.

    python inference_single.py --config CONFIG --checkpoint CHECKPOINT --image photo.jpg

For each photo an overlay image and a JSON are written: the polygons of its words with their scores,
in pixels of the upright photo.
"""

import argparse
import glob
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset.images import IMAGE_SUFFIXES, list_images, read_image, same_form, test_size
from inference.detector import TextDetector, refuse_too_large
from inference.overlay import draw_detections, write_image
from inference.results import image_record, write_json
from models.post_processing import Detection
from runtime import cli
from runtime.checkpoint import read_checkpoint
from runtime.config import load_config
from runtime.messages import UserError, run_script, say, tell

DEFAULT_FOLDER = Path("inference_results")


@dataclass(frozen=True)
class Job:
    """One photo and where its two results go."""

    image: Path
    overlay: Path
    json: Path


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("inference_single.py", "infer")
    add = parser.add_argument
    add("--config", required=True, help=say("cli.config"))
    add("--checkpoint", required=True, help=say("cli.checkpoint"))
    add("--image", required=True, nargs="+", metavar="IMAGE", help=say("infer.image"))
    add("--output", type=Path, help=say("infer.output", default=DEFAULT_FOLDER))
    add("--json", type=Path, help=say("infer.json"))
    add("--min_score", type=cli.FRACTION, metavar="0..1", help=say("cli.min_score"))
    add("--min_area", type=cli.COUNT, metavar="N", help=say("cli.min_area"))
    add("--short_size", type=cli.number(int, 32), metavar="PX", help=say("infer.short_size"))
    cli.add_common_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    device = cli.choose_device(args.device)
    config = load_config(args.config, args.cfg_options)
    jobs = plan_jobs(find_images(args.image), args.output, args.json)
    checkpoint = read_checkpoint(args.checkpoint)
    detector = TextDetector.from_checkpoint(
        config,
        checkpoint,
        device,
        short_size=args.short_size,
        min_score=args.min_score,
        min_area=args.min_area,
    )
    tell("detect.loaded", path=checkpoint.path, source=say(f"detect.source.{checkpoint.source}"))
    failed = 0
    for job in jobs:
        try:
            run_job(job, detector, args)
        except UserError as error:
            if len(jobs) == 1:
                raise
            failed += 1
            tell("error", file=sys.stderr, text=error)
    if failed:
        raise UserError("infer.some_failed", failed=failed, total=len(jobs))
    return 0


def run_job(job: Job, detector: TextDetector, args: argparse.Namespace) -> None:
    """Detect in one photo, write its two results, and say what came out."""
    start_s = time.perf_counter()
    image = read_image(job.image)
    height, width = image.shape[:2]
    refuse_too_large(job.image, test_size(height, width, detector.short_size))
    words = detector.detect(image)
    seconds = time.perf_counter() - start_s
    write_image(job.overlay, draw_detections(image, words))
    record = image_record(str(job.image), (height, width), words)
    settings = {
        "coordinates": "x, y in pixels of the upright image (EXIF rotation applied)",
        "config": args.config,
        "checkpoint": args.checkpoint,
        "short_size": detector.short_size,
        "min_score": detector.test_cfg["min_score"],
        "min_area": detector.test_cfg["min_area"],
    }
    write_json(job.json, settings | record)
    tell_summary(job, words, (height, width), seconds)


def tell_summary(
    job: Job, words: Sequence[Detection], size: tuple[int, int], seconds: float
) -> None:
    height, width = size
    tell("infer.image_done", image=job.image, width=width, height=height, seconds=seconds)
    if words:
        scores = [word.score for word in words]
        tell("infer.words", count=len(words), best=max(scores), worst=min(scores))
    else:
        tell("infer.no_words")
    tell("infer.written", overlay=job.overlay, json=job.json)


def find_images(names: Sequence[str]) -> list[Path]:
    """Files as they are, the images of folders and of patterns in the order of their names.

    Raises UserError for a name behind which there is no image.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name).expanduser()
        if path.is_file():
            matches = [path]
        elif path.is_dir():
            matches = list_images(path)
        else:
            files = map(Path, sorted(glob.glob(str(path), recursive=True)))
            matches = [file for file in files if is_image(file)] or other_unicode_form(path)
        if not matches:
            raise UserError("infer.no_image", name=name)
        found += matches
    return list(dict.fromkeys(found))


def is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def other_unicode_form(path: Path) -> list[Path]:
    """The file whose name differs only in how its Hangul is stored (composed or decomposed)."""
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    return [file for file in siblings if same_form(file.name) == same_form(path.name)][:1]


def plan_jobs(images: Sequence[Path], output: Path | None, json: Path | None) -> list[Job]:
    """Where each photo's results go; never over one of the photos.

    output: for one photo a file, or a folder; for several a folder.  json: for one photo only.
    """
    if len(images) > 1 and json:
        raise UserError("infer.one_json", count=len(images))
    if output and output.suffix and not output.is_dir():
        if len(images) > 1:
            raise UserError("infer.output_folder", count=len(images), path=output)
        jobs = [Job(images[0], output, json or output.with_suffix(".json"))]
    else:
        folder = output or DEFAULT_FOLDER
        jobs = [
            Job(image, folder / f"{name}_result{kind}", json or folder / f"{name}.json")
            for image, name in zip(images, unique_names(images), strict=True)
            for kind in [".png" if image.suffix.lower() == ".png" else ".jpg"]
        ]
    photos = {image.resolve() for image in images}
    for job in jobs:
        for result in (job.overlay, job.json):
            if result.resolve() in photos:
                raise UserError("infer.would_overwrite", path=result)
        if job.overlay.resolve() == job.json.resolve():
            raise UserError("infer.same_file", path=job.json)
    return jobs


def unique_names(images: Sequence[Path]) -> Iterator[str]:
    """A name for the results of each photo: its stem, numbered where that is taken."""
    taken: set[str] = set()
    for image in images:
        name, number = image.stem, 1
        while same_form(name).casefold() in taken:
            number += 1
            name = f"{image.stem}_{number}"
        taken.add(same_form(name).casefold())
        yield name


if __name__ == "__main__":
    run_script(main)
