"""Draw labelled images for trying things out: words on signs, in ICDAR layout.

python tools/make_sample_data.py my_folder --images 200
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset.sample_data import TEXT_HEIGHTS, write_sample_data
from runtime import cli
from runtime.messages import LANGUAGES, run_script, say, tell


def main() -> int:
    cli.choose_language(sys.argv[1:])
    parser = cli.Parser("make_sample_data.py", "draw")
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help=say("draw.folder"))
    add("--images", type=cli.POSITIVE, default=100, metavar="N", help=say("draw.images"))
    add("--seed", type=cli.COUNT, default=0, metavar="N", help=say("draw.seed"))
    add("--size", type=cli.number(int, 64), nargs=2, default=(360, 480),
        metavar=("HEIGHT", "WIDTH"), help=say("draw.size"))  # fmt: skip
    add("--heights", type=cli.number(float, 0.005, 0.5), nargs=2, default=TEXT_HEIGHTS,
        metavar=("LOW", "HIGH"), help=say("draw.heights"))  # fmt: skip
    add("--negatives", type=cli.FRACTION, default=0.1, metavar="0..1", help=say("draw.negatives"))
    add("--lang", choices=LANGUAGES, help=say("cli.lang"))
    args = parser.parse_args(sys.argv[1:])
    size, heights = tuple(args.size), tuple(sorted(args.heights))
    write_sample_data(args.folder, args.images, args.seed, size, heights, args.negatives)
    tell("draw.done", count=args.images, folder=args.folder)
    return 0


if __name__ == "__main__":
    run_script(main)
