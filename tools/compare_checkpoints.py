"""Show what fine-tuning has changed: two checkpoints on the same labelled photos, as a web page.

    python tools/compare_checkpoints.py CONFIG BEFORE AFTER --output before_after.html

The photos are those of ``data.val``, else ``data.test``.  Training writes the same page when it
ends.
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset.keep_set import data_to_score
from dataset.label_set import LABEL_INDEX
from inference.comparison import ROWS, Comparison, compare
from inference.comparison_page import write_page
from runtime import cli
from runtime.checkpoint import read_checkpoint
from runtime.config import load_config
from runtime.distributed import reading_workers
from runtime.messages import run_script, say, tell
from runtime.precision import choose_precision
from runtime.sinks import CURVE_FILE


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("compare_checkpoints.py", "comparison")
    add = parser.add_argument
    add("config", metavar="CONFIG", help=say("cli.config"))
    add("before", metavar="BEFORE", help=say("comparison.help.before"))
    add("after", metavar="AFTER", help=say("comparison.help.after"))
    add("--output", metavar="HTML", type=Path, default=Path("before_after.html"),
        help=say("comparison.help.output"))  # fmt: skip
    add("--images", metavar="N", type=cli.POSITIVE, help=say("comparison.help.images"))
    add("--amp", choices=("auto", "bf16", "off"), default="off", help=say("test.amp"))
    add("--worker", type=cli.COUNT, metavar="N", help=say("average.help.worker"))
    cli.add_common_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    device = cli.choose_device(args.device)
    config = load_config(args.config, args.cfg_options)
    before, after = read_checkpoint(args.before), read_checkpoint(args.after)
    index_folder = args.output.parent / LABEL_INDEX
    data = data_to_score(config, {"index_folder": index_folder})
    workers = reading_workers(args.worker)
    found = compare(
        config,
        before,
        after,
        data,
        device,
        choose_precision(args.amp, device) == torch.bfloat16,
        most=args.images,
        workers=workers,
        progress=True,
    )
    assert found is not None  # nothing stops it
    tell_figures(found)
    write_page(args.output, found, after.path.parent / CURVE_FILE)
    tell("comparison.written", path=args.output)
    return 0


def tell_figures(found: Comparison) -> None:
    before, after = found.before.figures(), found.after.figures()
    tell("comparison.counted", name=found.data.name, images=len(found.indices),
         words=found.after.score.num_truths)  # fmt: skip
    for name in ROWS:
        fraction = isinstance(before[name], float)
        tell(
            "comparison.line.fraction" if fraction else "comparison.line.count",
            name=say(f"comparison.row.{name}"),
            before=before[name],
            after=after[name],
            change=after[name] - before[name],
        )


if __name__ == "__main__":
    run_script(main)
