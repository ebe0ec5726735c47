"""All benchmarks, or some: a table on the screen and the figures as JSON.

    python -m benchmarks.run                         everything, some minutes
    python -m benchmarks.run samples boxes           two questions
    python -m benchmarks.run --device cuda training  on a GPU

RESULTS.md beside this file holds the tables of the machines that were at hand.
"""

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from benchmarks.measure import Row, hardware
from runtime.config import PROJECT_ROOT

QUESTIONS = (
    "samples",
    "drawing",
    "steps",
    "levels",
    "boxes",
    "testing",
    "backends",
    "scoring",
    "start",
    "labels",
    "doctor",
    "scale",
    "training",
    "empty_photos",
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("questions", nargs="*", metavar="QUESTION", help=f"of {', '.join(QUESTIONS)}; default: all")
    add("--photos", type=Path, help="folder with images/ and gts/ (default: drawn photos)")
    add("--checkpoint", type=Path, help="weights of FAST-tiny (default: the sample's best)")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="cpu or cuda")
    add("--compile", action="store_true", help="measure torch.compile too (minutes more)")
    add("--json", type=Path, default=Path("benchmark_results.json"), help="where the JSON goes")
    add("--folder", type=Path, help="where drawn photos are kept (default: a temporary folder)")
    args = parser.parse_args()
    unknown = set(args.questions) - set(QUESTIONS)
    if unknown:
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    return args


def main() -> None:
    args = parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        args.folder = args.folder or Path(temporary)
        args.folder.mkdir(parents=True, exist_ok=True)
        tell(f"{hardware()}; commit {commit()}\n")
        tell("| question | measured | least - most | claim | holds |\n|---|---|---|---|---|")
        records = []
        for question in args.questions or QUESTIONS:
            rows = importlib.import_module(f"benchmarks.{question}").rows(args)
            for row in rows:
                tell(line_of(row))
                records.append({"benchmark": question, **row.record()})
    content = {"hardware": hardware(), "commit": commit(), "rows": records}
    args.json.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")


def line_of(row: Row) -> str:
    return f"| {' | '.join(row.cells())} |"


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def commit() -> str:
    """The short name of the commit that is measured, with a + where files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+"]
    found = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
