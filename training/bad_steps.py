"""What a step with NaN or infinite values was made of, written down to be looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import default_collate

from dataset import Mixture
from dataset.sampler import Key
from runtime.checkpoint import save_atomically
from runtime.messages import UserError

FOLDER = "bad_steps"
MAX_FILES = 20


def dump_batch(data: Mixture, keys: Sequence[Key], output: Path, **facts: Any) -> Path | None:
    """Write a rank's samples of one step; None where enough of them lie in the folder already.

    The samples are made once more, which gives the same ones: nothing has to be kept for it.
    facts: numbers and texts; ``epoch``, ``iteration`` and ``rank`` name the file.  It also holds
        ``files``, the photos' paths, ``samples``, the keys, and ``batch``, the tensors.
    Raises UserError where it cannot be written.
    """
    folder = output / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("checkpoint.cannot_write", path=folder, reason=error) from error
    if len(list(folder.glob("*.pt"))) >= MAX_FILES:
        return None
    batch = default_collate([data[key] for key in keys])
    files = [str(data.image_path(index)) for index in batch["index"].tolist()]
    name = "epoch_{epoch}_iteration_{iteration}_rank_{rank}.pt".format(**facts)
    samples = [list(key) for key in keys]
    save_atomically({**facts, "files": files, "samples": samples, "batch": batch}, folder / name)
    return folder / name
