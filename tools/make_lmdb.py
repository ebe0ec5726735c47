"""Pack photos and labels of any format into one LMDB file, which trains like the folders.

    python tools/make_lmdb.py CONFIG_OR_FOLDER OUT.lmdb

Photos are copied byte for byte.  An interrupted run goes on where it was when started again.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from tqdm import tqdm

from dataset import TextDataset, build_dataset
from dataset.checks import Report
from dataset.images import DECODING_ERRORS, damage, verify_image
from dataset.labels import Problem
from dataset.lmdb_file import data_file
from dataset.lmdb_writer import LmdbWriter, Sample, check_target, word_records
from dataset.read_ahead import in_order
from runtime import cli
from runtime.config import load_config
from runtime.interruption import Interruption, exit_code
from runtime.messages import UserError, run_script, say, tell

SPLITS = ("train", "test", "val", "valid")
SHOWN_PER_KIND = 10
Item = TypeVar("Item")


class Stopped(Exception):
    """The user wishes to stop; the photo under way has been finished."""


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("make_lmdb.py", "make_lmdb")
    add = parser.add_argument
    add("source", type=Path, metavar="CONFIG_OR_FOLDER", help=say("make_lmdb.source"))
    add("out", type=Path, metavar="OUT.lmdb", help=say("make_lmdb.out"))
    add("--split", choices=SPLITS, default="train", help=say("make_lmdb.split"))
    add("--img_dir", metavar="FOLDER", help=say("make_lmdb.img_dir"))
    add("--gt_dir", metavar="FOLDER", help=say("make_lmdb.gt_dir"))
    add("--format", metavar="NAME", help=say("make_lmdb.format"))
    workers = min(8, os.cpu_count() or 1)
    add("--workers", type=cli.POSITIVE, default=workers, metavar="N", help=say("make_lmdb.workers"))
    cli.add_config_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    check_target(args.out)
    dataset = build_dataset(dataset_spec(args))
    with Interruption() as wish, LmdbWriter(args.out) as writer:
        try:
            broken = write_all(dataset, writer, args.workers, wish)
            if not writer.num_samples:
                writer.discard()
                raise UserError("make_lmdb.nothing", path=args.source, count=len(broken))
            writer.finish(args.workers, partial(bar, wish, "verifying", 0, writer.num_samples))
        except Stopped:
            writer.flush()
            tell("make_lmdb.interrupted", file=sys.stderr, count=writer.num_samples)
            return exit_code(wish.number)
    tell_summary(dataset, args, writer, broken)
    return 0


def dataset_spec(args: argparse.Namespace) -> dict[str, Any]:
    """The data set that the command line describes, as a config would."""
    if args.source.is_dir():
        spec: dict[str, Any] = {"type": "FAST_Data", "img_dir": str(args.source)}
    else:
        data = load_config(args.source, args.cfg_options).data
        section = data.get("val" if args.split == "valid" else args.split)
        if section is None:
            raise UserError("make_lmdb.no_section", path=args.source, split=args.split)
        if not isinstance(section, Mapping):
            count = len(section)
            raise UserError("make_lmdb.several", path=args.source, split=args.split, count=count)
        spec = dict(section)
    named = {"img_dir": args.img_dir, "gt_dir": args.gt_dir, "format": args.format}
    return {**spec, "split": args.split, **{key: value for key, value in named.items() if value}}


def write_all(
    dataset: TextDataset, writer: LmdbWriter, workers: int, wish: Interruption
) -> list[Problem]:
    """Write every labelled photo that can be read; gives what is wrong with the others."""
    labelled = [i for i in range(dataset.num_images) if dataset.label_path(i) is not None]
    broken: list[Problem] = []
    done = keep_written(dataset, labelled, writer, broken, wish)
    read = in_order(partial(read_sample, dataset), labelled[done:], workers)
    for sample in bar(wish, "writing", done, len(labelled), read):
        if isinstance(sample, Problem):
            broken.append(sample)
        else:
            writer.add(sample)
    return broken


def keep_written(
    dataset: TextDataset,
    labelled: Sequence[int],
    writer: LmdbWriter,
    broken: list[Problem],
    wish: Interruption,
) -> int:
    """How many of the photos an interrupted run has dealt with; ``broken`` gains those left out."""
    for done, index in enumerate(labelled):
        if wish.number:
            raise Stopped
        if not writer.can_keep:
            return done
        if writer.keep(dataset.image_name(index), stamp(dataset, index), records(dataset, index)):
            continue
        sample = read_sample(dataset, index)
        if not isinstance(sample, Problem):  # new or changed: all from here on is written anew
            return done
        broken.append(sample)
    return len(labelled)


def read_sample(dataset: TextDataset, index: int) -> Sample | Problem:
    """A photo, found sound, with its words; or what is wrong with it."""
    path = dataset.image_path(index)
    try:
        with dataset.image_stream(index) as file:
            size = verify_image(file, dataset.apply_exif)
            file.seek(0)
            content = np.frombuffer(file.read(), np.uint8)
        changed = stamp(dataset, index)
    except DECODING_ERRORS as error:
        return Problem("image_unreadable", path, detail=damage(path, error))
    name = dataset.image_name(index)
    return Sample(name, changed, records(dataset, index), size, content)


def records(dataset: TextDataset, index: int) -> list[dict[str, Any]]:
    return word_records(dataset.words(index))


def stamp(dataset: TextDataset, index: int) -> list[int]:
    """[bytes, time of change] of the photo's file, or of the database that it lies in."""
    path = dataset.image_path(index)
    status = (path if path.exists() else data_file(path.parent)).stat()
    return [status.st_size, status.st_mtime_ns]


def bar(
    wish: Interruption, stage: str, done: int, total: int, items: Iterator[Item]
) -> Iterator[Item]:
    """The same items, with a progress bar in a terminal, until the user wishes to stop."""
    text = say(f"make_lmdb.{stage}")
    for item in tqdm(items, text, total, initial=done, disable=None, leave=False):
        yield item
        if wish.number:
            raise Stopped


def tell_summary(
    dataset: TextDataset, args: argparse.Namespace, writer: LmdbWriter, broken: list[Problem]
) -> None:
    """What was written, what was not and why, and how to train with it."""
    report = Report(
        dataset.image_folder,
        dataset.label_folder,
        dataset.is_train,
        (*dataset.problems, *broken),
        images=writer.num_samples,
        words=writer.num_words,
        ignored=writer.num_ignored,
        left_out=dataset.left_out,
        clipped=0,
        sizes=np.empty((0, 2), np.int64),
    )
    for line in report.lines(SHOWN_PER_KIND):
        tell("make_lmdb.line", text=line)
    gigabytes = sum(file.stat().st_size for file in args.out.iterdir()) / 1e9
    tell("make_lmdb.done", path=args.out, count=writer.num_samples, gigabytes=gigabytes)
    section = "train" if dataset.is_train else "test"
    tell("make_lmdb.usage", path=args.out.absolute(), section=section)


if __name__ == "__main__":
    run_script(main)
