"""Where a run begins: the checkpoint, the network that it is restored into, the progress so far."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from dataset import Mixture
from models import build_model
from models.batchnorm_statistics import renew_statistics
from runtime import checkpoint as checkpoints
from runtime.config import Config
from runtime.distributed import Ranks, restart_count
from runtime.messages import UserError
from runtime.precision import choose_precision
from runtime.progress import Progress
from runtime.resume_check import check_resumable
from training.budget import freezes_batchnorm, is_spent
from training.learner import Learner
from training.origin import saved_by_this_job, was_frozen

STATISTICS_IMAGES = 16


def was_finished(args: argparse.Namespace, config: Config, start: checkpoints.Checkpoint) -> bool:
    """Whether the run that is to be resumed has nothing left to do."""
    if args.budget:
        return is_spent(start.content, args.budget)
    return start.epoch == config.train_cfg.epoch


def choose_start(args: argparse.Namespace, config: Config) -> checkpoints.Checkpoint | None:
    """Read the checkpoint that the run starts from; None trains from scratch.

    ``args.resume`` and ``args.reset_epoch`` become what they amount to.
    Raises UserError where the checkpoint cannot be read, or the run makes no sense with it.
    """
    if args.resume and args.reset_epoch:
        raise UserError("train.resume_and_reset")
    if restart_count() and saved_by_this_job(Path(args.output_dir)):
        args.resume, args.reset_epoch = "auto", False
    if args.resume == "auto":
        latest = Path(args.output_dir) / checkpoints.LATEST
        args.resume = str(latest) if latest.exists() else None
    if args.budget:  # which is all there is to the run: epochs of before do not count
        args.reset_epoch = not args.resume
    start: checkpoints.Checkpoint | None = None
    if args.resume:
        start = checkpoints.read_checkpoint(args.resume, prefer_ema=False)
        check_resumable(start.content, args.resume)
    elif args.checkpoint != "none":
        start = checkpoints.read_checkpoint(args.checkpoint)
    if config.train_cfg.freeze_bn == 1 and (start is None or start.source == "backbone"):
        raise UserError("train.frozen_from_scratch")
    if config.train_cfg.freeze_stages and start is None:
        raise UserError("train.stages_from_scratch", stages=config.train_cfg.freeze_stages)
    if start is None:
        return None
    finished = 0 if args.reset_epoch or args.budget else start.epoch or 0
    path, epochs = args.resume or args.checkpoint, config.train_cfg.epoch
    if finished > epochs or (finished == epochs and not args.resume):
        raise UserError("train.already_finished", path=path, epoch=finished, epochs=epochs)
    return start


def starting_progress(args: argparse.Namespace, start: checkpoints.Checkpoint | None) -> Progress:
    """How far the run has come: that of the checkpoint where it resumes, else from 0 on."""
    if args.resume and start is not None:
        progress = Progress(**start.content["progress"])
        if args.keep_set and progress.keep_start is None and start.content["ema_updates"]:
            raise UserError("keep.no_start", path=args.resume)
        return progress
    epoch = 0 if start is None or args.reset_epoch else start.epoch or 0
    return Progress(epoch=epoch, best_epoch=epoch)  # gains are counted from here


def prepare_learner(
    args: argparse.Namespace,
    config: Config,
    start: checkpoints.Checkpoint | None,
    ranks: Ranks,
    data: Mixture,
) -> Learner:
    """The network with the weights that the run starts from, and what trains it.

    data: the training images, for statistics that have to be renewed.
    Raises UserError where the checkpoint does not fit.
    """
    model = build_model(config.model)
    if start is not None:
        checkpoints.restore(model, start)
        if needs_statistics(args, config, start, ranks.device):
            renew_statistics(model, statistics_images(data))
    precision = choose_precision(args.amp, ranks.device)
    learner = Learner(model, ranks, config.train_cfg, precision, compile_it=bool(args.compile))
    if args.resume and start is not None:
        try:
            learner.load(start.content)
        except ValueError as error:
            raise UserError("train.not_resumable", path=args.resume) from error
    return learner


def needs_statistics(
    args: argparse.Namespace, config: Config, start: checkpoints.Checkpoint, device: torch.device
) -> bool:
    """Whether a run begins to normalise by batches from weights that were trained without."""
    if args.resume or config.train_cfg.freeze_bn or not was_frozen(start):
        return False
    return not (args.budget and freezes_batchnorm(args, config, start, device))


def statistics_images(data: Mixture) -> Iterator[Tensor]:
    numbers = range(min(STATISTICS_IMAGES, len(data)))
    return (data[number]["imgs"][None] for number in numbers)
