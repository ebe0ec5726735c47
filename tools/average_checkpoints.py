"""Average a pretrained and a fine-tuned checkpoint, at the ratio that serves new and old photos.

    python tools/average_checkpoints.py --pretrained checkpoint_7ep.pth \
        --finetuned finetune_checkpoints/checkpoint_best.pth --keep_set FOLDER --max_forgetting 0.02

Each ratio between the two has its BatchNorm statistics taken anew from training data.  The two
ends are the files as they are, with their own statistics: their scores are those that a test of
the files gives, and the pretrained one is the reference that forgetting is measured against.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset import TextDataset, build_training_data
from dataset.keep_set import data_to_score, keep_set_data
from dataset.label_set import LABEL_INDEX
from inference.detector import TextDetector, detection_settings, load_model
from inference.evaluate import evaluate
from inference.forgetting import keep_scores, refuse_limit_without_keep_set
from inference.weight_averaging import (
    Mixed,
    choose,
    estimate_batchnorm,
    interpolate,
    training_images,
)
from models.fast import FAST
from runtime import cli
from runtime.checkpoint import FORMAT_VERSION, Checkpoint, read_checkpoint, save_atomically
from runtime.config import Config, config_text, load_config
from runtime.distributed import reading_workers
from runtime.messages import UserError, run_script, say, tell
from runtime.provenance import seal

DEFAULT_CONFIG = "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
PRETRAINED = "checkpoint_7ep.pth"


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("average_checkpoints.py", "average")
    add = parser.add_argument
    add("--config", default=DEFAULT_CONFIG, help=say("average.help.config"))
    add("--pretrained", metavar="FILE", help=say("average.help.pretrained", default=PRETRAINED))
    add("--finetuned", metavar="FILE", default="finetune_checkpoints/checkpoint_best.pth",
        help=say("average.help.finetuned"))  # fmt: skip
    add("--keep_set", metavar="CONFIG|FOLDER|LMDB", help=say("average.help.keep_set"))
    add("--max_forgetting", type=cli.FRACTION, metavar="0..1",
        help=say("average.help.max_forgetting"))  # fmt: skip
    add("--steps", type=cli.number(int, 2), default=11, metavar="N",
        help=say("average.help.steps"))  # fmt: skip
    add("--output", type=Path, default=Path("averaged.pth"), metavar="FILE",
        help=say("average.help.output"))  # fmt: skip
    add("--bn_batches", type=cli.COUNT, default=20, metavar="N",
        help=say("average.help.bn_batches"))  # fmt: skip
    add("--worker", type=cli.COUNT, metavar="N", help=say("average.help.worker"))
    add("--seed", type=cli.COUNT, default=666, metavar="N", help=say("average.help.seed"))
    cli.add_common_arguments(parser)
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    device = cli.choose_device(args.device)
    config = load_config(args.config, args.cfg_options)
    limit = config.train_cfg.max_forgetting if args.max_forgetting is None else args.max_forgetting
    refuse_limit_without_keep_set(limit, args.keep_set)
    pretrained = read_checkpoint(args.pretrained or config.train_cfg.pretrain or PRETRAINED)
    finetuned = read_checkpoint(args.finetuned)
    old, new = (load_model(config, one).state_dict() for one in (pretrained, finetuned))
    prepare_output(args.output, (pretrained.path, finetuned.path))
    workers = reading_workers(args.worker)
    data, keep_set, batches = read_data(args, config, workers)
    tell(
        "average.start",
        pretrained=pretrained.path,
        finetuned=finetuned.path,
        steps=args.steps,
        images=data.num_images,
    )

    model = load_model(config, finetuned).to(device)
    mixtures: list[Mixed] = []
    weights: dict[str, Tensor] = {}
    tell("average.head_keep" if keep_set else "average.head")
    for step in range(args.steps):
        factor = step / (args.steps - 1)
        model.load_state_dict(interpolate(old, new, factor))
        if batches and 0 < factor < 1:
            estimate_batchnorm(model, batches)
        mixtures.append(score_mixture(config, model, factor, data, keep_set, device, workers))
        tell("average.row_keep" if keep_set else "average.row", **asdict(mixtures[-1]))
        chosen = choose(mixtures, limit)
        if chosen is mixtures[-1]:
            weights = {key: value.cpu().clone() for key, value in model.state_dict().items()}
    save(args.output, config, finetuned, weights, chosen)
    return 0


def prepare_output(path: Path, inputs: Sequence[Path]) -> None:
    """Make the folder to write into; all that could fail at the end is better known now."""
    if path.resolve() in [given.resolve() for given in inputs]:
        raise UserError("average.output_in_use", path=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UserError("checkpoint.cannot_write", path=path, reason=error) from error


def read_data(
    args: argparse.Namespace, config: Config, workers: int
) -> tuple[TextDataset, TextDataset | None, list[Tensor]]:
    """What to score on, the keep set, and the batches that BatchNorm statistics are taken from."""
    shared = {
        "granularity": config.data.granularity,
        "index_folder": args.output.parent / LABEL_INDEX,
    }
    data = data_to_score(config, shared)
    tested = {**shared, "short_size": data.short_size}
    keep_set = keep_set_data(args.keep_set, tested) if args.keep_set else None
    if not args.bn_batches or args.steps == 2:
        return data, keep_set, []
    for key in ("train", "batch_size"):
        if key not in config.data:
            raise UserError("config.section_missing", path=args.config, key=f"data.{key}")
    training = build_training_data(config.data.train, seed=args.seed, **shared)
    batches = training_images(training, config.data.batch_size, args.seed, args.bn_batches, workers)
    return data, keep_set, batches


def score_mixture(
    config: Config,
    model: FAST,
    factor: float,
    data: TextDataset,
    keep_set: TextDataset | None,
    device: torch.device,
    workers: int,
) -> Mixed:
    """How the model, ``factor`` of the way to the fine-tuned one, does on both data sets."""
    detector = TextDetector(model, detection_settings(config), device)
    score = evaluate(detector, data, workers=workers, progress=True).score
    assert score is not None  # the data has labels
    keep = None
    if keep_set is not None:
        kept = keep_scores(detector, keep_set, workers=workers, progress=True)
        keep = kept["keep_hmean"]
    return Mixed(factor, score.precision, score.recall, score.hmean, keep)


def save(
    path: Path, config: Config, finetuned: Checkpoint, weights: dict[str, Tensor], chosen: Mixed
) -> None:
    """Write a checkpoint that all scripts read, and say what is in it."""
    content = {
        "format_version": FORMAT_VERSION,
        "epoch": finetuned.epoch or 0,
        "iter": 0,
        "state_dict": weights,
        "ema": weights,
        "metrics": asdict(chosen),
        "config": config_text(config),
    }
    seal(content)
    save_atomically(content, path)
    tell("average.chosen", factor=chosen.factor, hmean=chosen.hmean)
    if chosen.factor == 0:
        tell("average.pretrained_chosen")
    tell("average.saved", path=path)


if __name__ == "__main__":
    run_script(main)
