"""Is there something of the user's to train on?  run_checkpoint_7ep_training.sh asks this.

    python tools/check_own_files.py [arguments of train_checkpoint_7ep.py]

Leaves with 0 if ``checkpoint_7ep.pth`` and the config's training data are there, or if the
arguments name a config or a checkpoint or resume a run; with 10, after saying in two lines what is
missing, if the embedded sample has to do.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset import build_training_data
from runtime import shipped
from runtime.cli import choose_language
from runtime.config import PROJECT_ROOT, find_file, load_config
from runtime.messages import UserError, run_script, tell

CONFIG = "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
CHECKPOINT = "checkpoint_7ep.pth"
SAMPLE_NEEDED = 10


def main() -> int:
    choose_language(sys.argv[1:])
    missing = missing_files(sys.argv[1:])
    if not missing:
        return 0
    tell("sample.missing", paths=", ".join(map(str, missing)))
    tell("sample.instead", config=shipped.CONFIG)
    return SAMPLE_NEEDED


def missing_files(arguments: Sequence[str]) -> list[Path]:
    """What the training would need and cannot find.

    A user who names a config or a checkpoint means it, and hears from the train script about it.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--config")
    parser.add_argument("--checkpoint")
    parser.add_argument("--resume", nargs="?", const="auto")
    parser.add_argument("--cfg-options", "--cfg_options", nargs="+", action="extend", default=[])
    args, _ = parser.parse_known_args(arguments)
    if args.help or args.config or args.checkpoint or args.resume:
        return []
    config = load_config(PROJECT_ROOT / CONFIG, args.cfg_options)
    missing = [] if find_file(CHECKPOINT).exists() else [PROJECT_ROOT / CHECKPOINT]
    try:
        build_training_data(config.data.train)
    except UserError as error:
        # Whatever else is wrong with the data, the train script says it at length.
        if error.key == "data.folder_missing":
            missing.append(Path(str(error.fields["path"])))
    return missing


if __name__ == "__main__":
    run_script(main)
