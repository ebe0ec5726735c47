"""The output folder of a run, claimed and checked before the first step."""

import argparse
from contextlib import ExitStack
from pathlib import Path

from runtime import checkpoint as checkpoints
from runtime.checkpoint_folder import state_bytes
from runtime.config import Config, config_text
from runtime.distributed import restart_count
from runtime.messages import UserError, say
from runtime.output_lock import OutputLock
from runtime.progress import Progress
from runtime.sinks import Sinks
from training.learner import Learner
from training.origin import RESOLVED_CONFIG


def prepare_output(
    args: argparse.Namespace,
    config: Config,
    learner: Learner,
    progress: Progress,
    iterations: int,
    resources: ExitStack,
) -> tuple[checkpoints.CheckpointFolder | None, Sinks]:
    """The output folder with the resolved config, and the sinks; on the first rank alone."""
    output = Path(args.output_dir)
    if not learner.ranks.is_first:
        return None, Sinks(output, names=())
    resources.enter_context(OutputLock(output))
    earlier_run = not args.resume and (output / checkpoints.LATEST).exists()
    folder = checkpoints.CheckpointFolder(output, config.train_cfg.keep_checkpoints)
    little_room = _check_room(folder, config, learner, progress)
    try:
        if not restart_count():
            (output / RESOLVED_CONFIG).write_text(config_text(config), encoding="utf-8")
        if not args.resume:
            sinks = Sinks(output)
        else:
            steps = progress.epoch * iterations + progress.iteration
            sinks = Sinks(output, progress.epoch, steps)
    except OSError as error:
        raise UserError("checkpoint.cannot_write", path=output, reason=error) from error
    resources.callback(sinks.close)
    if earlier_run:
        sinks.line(say("train.earlier_run"))
    if little_room:
        sinks.line(little_room)
    return folder, sinks


def _check_room(
    folder: checkpoints.CheckpointFolder, config: Config, learner: Learner, progress: Progress
) -> str | None:
    """A warning, or a refusal to begin, where the disk cannot hold the checkpoints of the run."""
    train_cfg = config.train_cfg
    # Weights, their average, and at most two moments of the optimizer.
    size = 4 * state_bytes(learner.model.state_dict())
    files = (train_cfg.epoch - progress.epoch) // train_cfg.save_interval
    return folder.check_room(size, min(files, train_cfg.keep_checkpoints or files))
