"""The weights that come with this project; pretrained/README.md tells what they are."""

from pathlib import Path

from runtime.messages import UserError

# As in runtime.config, which loads more than those need who have an exported file only.
PROJECT_ROOT = Path(__file__).resolve().parents[1]
# Both are named from the project's root.
WEIGHTS = "pretrained/fast_tiny_synthetic.safetensors"
CONFIG = "config/fast/ic15/fast_tiny_finetune.py"  # fine-tunes them on photos


def missing_checkpoint(path: Path) -> UserError:
    """What is said of a checkpoint that is not there: of the shipped one, where it lies or how to
    get it again; of any other, that the shipped one is there to begin with.
    """
    if path.name != Path(WEIGHTS).name:
        return UserError("checkpoint.missing", path=path, config=CONFIG, shipped=WEIGHTS)
    shipped = PROJECT_ROOT / WEIGHTS
    key = "checkpoint.shipped_elsewhere" if shipped.exists() else "checkpoint.shipped_missing"
    return UserError(key, path=path, shipped=shipped if shipped.exists() else WEIGHTS)
