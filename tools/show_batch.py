"""Draw training samples as the network is fed them, with all that it is to learn from them.

    python tools/show_batch.py CONFIG --num 16 --out batch.png

The samples are the first that a training with the same ``--seed`` sees.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset import build_training_data
from dataset.sampler import EpochSampler
from dataset.show import count_words, draw_samples
from inference.overlay import write_image
from runtime import cli
from runtime.config import load_config
from runtime.messages import run_script, say, tell

MOST_SAMPLES = 256


def main() -> int:
    cli.choose_language(sys.argv[1:])
    parser = cli.Parser("show_batch.py", "show")
    add = parser.add_argument
    add("config", metavar="CONFIG", help=say("show.config"))
    add("--num", type=cli.number(int, 1, MOST_SAMPLES), default=16, metavar="N",
        help=say("show.num"))  # fmt: skip
    add("--out", type=Path, default=Path("batch.png"), metavar="IMAGE", help=say("show.out"))
    add("--seed", type=cli.COUNT, default=666, metavar="N", help=say("show.seed"))
    cli.add_config_arguments(parser)
    args = parser.parse_args(sys.argv[1:])
    config = load_config(args.config, args.cfg_options)
    data = build_training_data(
        config.data.train, seed=args.seed, granularity=config.data.granularity
    )
    # The order does not depend on the size of the batches, so one batch of all will do.
    sampler = EpochSampler(
        len(data), args.num, seed=args.seed, weighted=data.weighted_order(args.seed)
    )
    items = [data[key] for key in next(iter(sampler))]
    write_image(args.out, draw_samples(items))
    for number, item in enumerate(items, start=1):
        image = data.image_path(int(item["index"]))
        tell("show.sample", number=number, image=image, words=count_words(item))
    tell("show.done", path=args.out, count=len(items))
    tell("show.legend")
    return 0


if __name__ == "__main__":
    run_script(main)
