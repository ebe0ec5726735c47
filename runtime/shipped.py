"""The weights that come with this project; pretrained/README.md tells what they are."""

from pathlib import Path

from runtime.messages import UserError

# Both are named from the project's root.
WEIGHTS = "pretrained/fast_tiny_synthetic.safetensors"
CONFIG = "config/fast/ic15/fast_tiny_finetune.py"  # fine-tunes them on photos


def missing_checkpoint(path: Path) -> UserError:
    """What is said of a checkpoint that is not there: of the shipped one, how to get it again.

    Of any other, that the shipped one is there to begin with.
    """
    is_shipped = path.name == Path(WEIGHTS).name
    key = "checkpoint.shipped_missing" if is_shipped else "checkpoint.missing"
    return UserError(key, path=path, config=CONFIG, shipped=WEIGHTS)
