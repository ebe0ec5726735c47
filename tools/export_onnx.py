"""Write a model for use elsewhere, and prove on your own photos that it finds the same.

    python tools/export_onnx.py CONFIG CHECKPOINT OUT.onnx [--images FOLDER] [--int8]
    python tools/export_onnx.py CONFIG CHECKPOINT OUT.safetensors [--half]
    python tools/export_onnx.py CONFIG CHECKPOINT OUT.pt --doctr

OUT.onnx is there only if ONNX Runtime found with it what PyTorch finds; otherwise the file stays
under the name OUT.unchecked.onnx beside a picture of the worst difference, and the exit code is 1.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset import TextDataset, build_dataset
from dataset.keep_set import photo_data
from dataset.label_set import LABEL_INDEX
from dataset.lmdb_file import is_database
from inference.detector import (
    TextDetector,
    configured_short_size,
    detection_settings,
    load_model,
)
from inference.onnx_comparison import SHAPES, Comparison, compare, difference_picture
from inference.onnx_detector import OnnxDetector, import_onnxruntime
from inference.onnx_export import export_metadata, import_onnx, write_onnx, write_safetensors
from inference.onnx_int8 import (
    CALIBRATION_PHOTOS,
    quantise,
    score_exported,
    seconds_per_photo,
)
from inference.overlay import write_image
from inference.thresholds import thresholds_for
from models.export import doctr_weights
from models.fast import FAST
from runtime import cli
from runtime.checkpoint import network_size, read_checkpoint, save_atomically
from runtime.config import Config, find_file, load_config
from runtime.messages import UserError, run_script, say, tell

DOCTR_SUFFIXES = (".pt", ".pth")


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("export_onnx.py", "export")
    add = parser.add_argument
    add("config", metavar="CONFIG", help=say("cli.config"))
    add("checkpoint", metavar="CHECKPOINT", help=say("cli.checkpoint"))
    add("output", metavar="OUT", type=Path, help=say("export.help.output"))
    add("--images", metavar="FOLDER|LMDB", help=say("export.help.images"))
    add("--num", type=cli.POSITIVE, default=20, metavar="N", help=say("export.help.num"))
    add("--int8", action="store_true", help=say("export.help.int8"))
    add("--half", action="store_true", help=say("export.help.half"))
    add("--doctr", action="store_true", help=say("export.help.doctr"))
    add("--min_score", type=cli.FRACTION, metavar="0..1", help=say("export.help.min_score"))
    add("--min_area", type=cli.COUNT, metavar="N", help=say("export.help.min_area"))
    add("--short_size", type=cli.number(int, 32), metavar="PX", help=say("export.help.short_size"))
    cli.add_config_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    check_output(args)
    config = load_config(args.config, args.cfg_options)
    checkpoint = read_checkpoint(args.checkpoint)
    model = load_model(config, checkpoint)
    tell("detect.loaded", path=checkpoint.path, source=say(f"detect.source.{checkpoint.source}"))
    if args.doctr:
        size = network_size(checkpoint.weights)
        save_atomically(doctr_weights(model, size), args.output)
        tell("export.doctr_done", path=args.output, size=size)
        return 0
    thresholds = thresholds_for(config, checkpoint.content, args.min_score, args.min_area)
    tell("thresholds.line", text=thresholds.line())
    settings = detection_settings(
        config, checkpoint.content, min_score=args.min_score, min_area=args.min_area
    )
    short_size = args.short_size or configured_short_size(config)
    metadata = export_metadata(model, checkpoint, settings, thresholds, short_size)
    if args.output.suffix == ".safetensors":
        write_safetensors(args.output, model.state_dict(), metadata, args.half)
        tell("export.done", path=args.output, megabytes=megabytes(args.output))
        return 0
    reference = TextDetector(model, settings, short_size=short_size)
    return export_onnx(args, config, model, metadata, reference)


def check_output(args: argparse.Namespace) -> None:
    """Whatever could fail at the end for want of a package or by a wrong name, fails now."""
    suffix = args.output.suffix
    wanted = DOCTR_SUFFIXES if args.doctr else (".onnx", ".safetensors")
    if suffix not in wanted:
        raise UserError("export.suffix", path=args.output, allowed=", ".join(wanted))
    if args.int8 and suffix != ".onnx":
        raise UserError("export.int8_needs_onnx", path=args.output)
    if args.half and suffix != ".safetensors":
        raise UserError("export.half_needs_safetensors", path=args.output)
    if suffix == ".onnx":
        import_onnx()
        import_onnxruntime()
    try:
        args.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("infer.cannot_write", path=args.output, reason=error.strerror) from error


def export_onnx(
    args: argparse.Namespace,
    config: Config,
    model: FAST,
    metadata: dict[str, str],
    reference: TextDetector,
) -> int:
    """Write the ONNX file, hold it against PyTorch, quantise it where that is wanted."""
    output: Path = args.output
    data = photos_to_look_at(args, config)
    unchecked = output.with_suffix(".unchecked.onnx")
    write_onnx(unchecked, model, metadata)
    tell("export.checking", images=min(args.num, data.num_images), shapes=len(SHAPES),
        folder=data.image_folder)  # fmt: skip
    exported = OnnxDetector.from_file(unchecked, "cpu")
    compared = compare(reference, exported, readable_photos(data, args.num))
    if compared.runs == 0:
        unchecked.unlink()
        raise UserError("export.none_readable", folder=data.image_folder)
    tell_comparison(compared)
    picture = output.with_suffix(".difference.png")
    if compared.worst is not None:
        write_image(picture, difference_picture(compared.worst))
        worst = compared.worst
        tell("export.differs", file=sys.stderr, path=unchecked, count=compared.differing,
            runs=compared.runs, name=worst.name, reference=len(worst.reference),
            exported=len(worst.exported), iou=worst.iou, picture=picture)  # fmt: skip
        return 1
    unchecked.replace(output)
    picture.unlink(missing_ok=True)  # of an earlier export that did differ
    tell("export.done", path=output, megabytes=megabytes(output))
    if args.int8:
        export_int8(args, config, data, exported)
    return 0


def photos_to_look_at(args: argparse.Namespace, config: Config) -> TextDataset:
    """Of ``--images``, else ``data.val`` or ``data.test``; UserError where there are none."""
    shared = shared_settings(args, config)
    if args.images:
        place = find_file(args.images)
        if not place.is_dir() and not is_database(place):
            raise UserError("export.images_missing", path=args.images)
        data = photo_data(place, shared)
    else:
        spec = config.get("data", {}).get("val") or config.get("data", {}).get("test")
        if not spec:
            raise UserError("export.no_photos", reason=say("export.no_section"))
        try:
            data = build_dataset({"split": "test", **shared, **spec})
        except UserError as error:
            raise UserError("export.no_photos", reason=error) from None
    if data.num_images == 0:
        raise UserError("export.none_readable", folder=data.image_folder)
    return data


def shared_settings(args: argparse.Namespace, config: Config) -> dict[str, Any]:
    return {
        "granularity": config.data.granularity,
        "index_folder": args.output.parent / LABEL_INDEX,
    }


def readable_photos(data: TextDataset, count: int) -> Iterator[tuple[str, np.ndarray]]:
    """``count`` photos spread evenly over the data: name and pixels; what is damaged is named."""
    for index in np.unique(np.linspace(0, data.num_images - 1, count).round().astype(int)).tolist():
        try:
            yield data.image_name(index), data.open_photo(index).pixels()
        except UserError as error:
            tell("test.unreadable", file=sys.stderr, reason=error)


def tell_comparison(compared: Comparison) -> None:
    tell(
        "export.compared",
        runs=compared.runs,
        boxes=compared.boxes,
        iou=compared.iou,
        gap=compared.largest_gap,
        ties=compared.ties,
    )


def export_int8(
    args: argparse.Namespace, config: Config, data: TextDataset, exported: OnnxDetector
) -> None:
    """Write OUT_int8.onnx and say what it loses and gains against OUT.onnx."""
    output = args.output.with_name(f"{args.output.stem}_int8.onnx")
    source = calibration_data(args, config, data)
    tell("export.calibrating", folder=source.image_folder, images=CALIBRATION_PHOTOS)
    images = (image for _, image in readable_photos(source, CALIBRATION_PHOTOS))
    quantise(args.output, output, images, exported.short_size)
    detectors = {"float": exported, "int8": OnnxDetector.from_file(output, "cpu")}
    tell("export.done", path=output, megabytes=megabytes(output))
    some = islice((image for _, image in readable_photos(data, 3)), 3)
    seconds = seconds_per_photo(detectors, some)
    tell("export.int8_speed", before=1000 * seconds["float"], after=1000 * seconds["int8"],
        times=seconds["float"] / seconds["int8"])  # fmt: skip
    if not data.has_labels or data.packed.ignore.all():
        tell("export.int8_no_labels", folder=data.image_folder)
        return
    scores = score_exported(detectors, data)
    before, after = scores["float"].hmean, scores["int8"].hmean
    tell("export.int8_score", images=data.num_images, before=before, after=after,
        change=after - before)  # fmt: skip


def calibration_data(args: argparse.Namespace, config: Config, data: TextDataset) -> TextDataset:
    """The training photos, so that those that are scored on are not calibrated on; else these."""
    spec = config.get("data", {}).get("train")
    first = spec[0] if isinstance(spec, Sequence) and spec else spec
    if args.images or not first:
        return data
    try:
        return build_dataset({"split": "train", **shared_settings(args, config), **first})
    except UserError:  # on this machine there are no training photos
        return data


def megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


if __name__ == "__main__":
    run_script(main)
