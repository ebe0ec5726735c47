"""Find everything that is wrong with images and labels, before training does.

    python tools/check_data.py CONFIG          data.train, data.val and data.test of a config
    python tools/check_data.py FOLDER --fix OUT

Prints a table and writes report.html and report.json; ``--fix`` writes a cleaned copy.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset.doctor.examination import Examination, examine
from dataset.doctor.findings import count_severities
from dataset.doctor.repair import write_repaired
from dataset.doctor.report import table_lines, write_reports
from dataset.keep_set import LABEL_FOLDERS
from runtime import cli
from runtime.config import CONFIG_SUFFIXES, find_file, load_config
from runtime.distributed import usable_cores
from runtime.messages import UserError, run_script, say, tell

DEFAULT_CONFIG = "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
SECTIONS = ("train", "val", "test")
# What people call the folders of one data set, and its images in them.
SET_FOLDERS = {"train": "train", "training": "train", "val": "val", "valid": "val",
               "validation": "val", "test": "test"}  # fmt: skip
IMAGE_FOLDERS = ("images", "image", "imgs", "img")
# Of a config's data set these say where and what it is; folders that are named have their own.
PLACE_KEYS = ("type", "split", "img_dir", "gt_dir", "lmdb_path", "format", "data_root", "name")

Specs = dict[str, Mapping[str, Any]]


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("check_data.py", "doctor")
    add = parser.add_argument
    add("path", nargs="?", default=DEFAULT_CONFIG, metavar="CONFIG|FOLDER",
        help=say("doctor.help.path", default=DEFAULT_CONFIG))  # fmt: skip
    add("--img_dir", metavar="FOLDER", help=say("doctor.help.img_dir"))
    add("--gt_dir", metavar="FOLDER|FILE", help=say("doctor.help.gt_dir"))
    add("--format", metavar="auto|ic15|...", help=say("doctor.help.format"))
    add("--out", type=Path, default=Path("check_data_report"), metavar="FOLDER",
        help=say("doctor.help.out"))  # fmt: skip
    add("--fix", type=Path, metavar="FOLDER", help=say("doctor.help.fix"))
    add("--workers", type=cli.POSITIVE, metavar="N", help=say("doctor.help.workers"))
    add("--fast", action="store_true", help=say("doctor.help.fast"))
    add("--strict", action="store_true", help=say("doctor.help.strict"))
    cli.add_config_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    specs = data_sets(args)
    examination = examine(specs, args.workers or usable_cores(), not args.fast)
    for line in table_lines(examination):
        tell("doctor.line", text=line)
    title = say("doctor.title", name=args.img_dir or args.path)
    html, json = write_reports(examination, args.out, title)
    tell("doctor.reports", html=html, json=json)
    if args.fix:
        repair(examination, args.fix)
    errors = count_severities(examination.findings)["error"]
    return 1 if args.strict and errors else 0


def data_sets(args: argparse.Namespace) -> Specs:
    """Name -> what ``build_dataset`` needs, from a config, or a folder with the config's sizes."""
    path = find_file(args.path)
    if path.is_dir() or args.img_dir:
        config = load_config(path if path.is_file() else DEFAULT_CONFIG, args.cfg_options)
        train = config.get("data", {}).get("train") or {}
        first = train[0] if isinstance(train, list | tuple) else train
        settings = {key: first[key] for key in first if key not in PLACE_KEYS}
        if args.img_dir:
            places = {"data": places_of(args.img_dir, args.gt_dir)}
        else:
            places = folders_below(path, args.gt_dir)
        return {
            name: {
                "type": "FAST_LMDB" if "lmdb_path" in place else "FAST_Data",
                "split": "test" if name in ("val", "test") else "train",
                **settings,
                **place,
                **({"format": args.format} if args.format else {}),
            }
            for name, place in places.items()
        }
    if path.suffix not in CONFIG_SUFFIXES or not path.is_file():
        raise UserError("doctor.path_missing", path=args.path)
    return of_config(args)


def folders_below(folder: Path, gt_dir: str | None) -> dict[str, dict[str, str]]:
    """The data sets in a folder: an LMDB, its train, val and test, or the folder itself."""
    if (folder / "data.mdb").is_file():
        return {"data": {"lmdb_path": str(folder)}}
    sets = {
        name: folder / below for below, name in SET_FOLDERS.items() if (folder / below).is_dir()
    }
    return {
        name: places_of(str(_first(below, IMAGE_FOLDERS) or below), gt_dir or _text(below))
        for name, below in (sets or {"data": folder}).items()
    }


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _text(folder: Path) -> str | None:
    labels = _first(folder, LABEL_FOLDERS)
    return str(labels) if labels else None


def places_of(img_dir: str, gt_dir: str | None) -> dict[str, str]:
    return {"img_dir": img_dir, **({"gt_dir": gt_dir} if gt_dir else {})}


def of_config(args: argparse.Namespace) -> Specs:
    """The sections of a config that say where data is; ``data.train`` may be a list."""
    config = load_config(args.path, args.cfg_options)
    specs: Specs = {}
    for section in SECTIONS:
        spec = config.get("data", {}).get(section)
        several = spec if isinstance(spec, list | tuple) else [spec] if spec else []
        for number, one in enumerate(several, start=1):
            name = section if len(several) == 1 else f"{section}{number}"
            split = {} if section == "train" else {"split": "test"}
            specs[name] = {**split, **one, **({"format": args.format} if args.format else {})}
    if not specs:
        raise UserError("doctor.no_sets", path=args.path)
    return specs


def repair(examination: Examination, folder: Path) -> None:
    done = write_repaired(examination, folder)
    tell("doctor.fix.title", path=folder)
    for action, count in done.items():
        tell(f"doctor.fix.{action}", count=count)
    tell("doctor.fix.use")


if __name__ == "__main__":
    run_script(main)
