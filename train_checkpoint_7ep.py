"""Fine-tune a FAST text detector from a checkpoint.

    python train_checkpoint_7ep.py \
        --config config/fast/ic15/fast_checkpoint_7ep_finetune.py \
        --checkpoint checkpoint_7ep.pth --output_dir ./finetune_checkpoints --epochs 50

With several GPUs visible, one process per GPU is started; ``torchrun`` works as well.  The batch
size is the total over all of them.
"""

import argparse
import copy
import shlex
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from tqdm import tqdm

from dataset import Mixture, TextDataset, build_dataset, build_training_data, prepare_worker
from dataset.checks import Report, check_dataset
from dataset.label_set import LABEL_INDEX
from dataset.sampler import EpochSampler
from inference.detector import TextDetector, configured_short_size, detection_settings
from inference.evaluate import evaluate
from inference.validation_loss import ValidationLoss
from models import build_model
from models.fast import FAST
from models.sync_batchnorm import synchronise_batchnorm
from runtime import checkpoint as checkpoints
from runtime.cli import (
    COUNT,
    POSITIVE,
    Parser,
    add_common_arguments,
    choose_device,
    choose_language,
    number,
)
from runtime.compiling import compiled
from runtime.config import Config, config_text, load_config
from runtime.distributed import (
    Ranks,
    any_rank,
    gather,
    join_ranks,
    launch_local_ranks,
    launched_by_torchrun,
    leave_ranks,
    mean_over_ranks,
    this_command,
    usable_cores,
)
from runtime.ema import Ema
from runtime.healthy_buffers import HealthyBuffers
from runtime.interruption import Interruption, leave_signals_to_the_parent
from runtime.loss_meter import LossMeter
from runtime.messages import UserError, run_script, say
from runtime.optimizers import build_optimizer
from runtime.precision import (
    PRECISIONS,
    autocast,
    choose_precision,
    grad_scaler,
    memory_format,
)
from runtime.progress import Progress
from runtime.random_state import random_state, restore_random_state, seed_everything
from runtime.schedules import learning_rate
from runtime.sinks import Sinks
from runtime.waiting import WaitingTime

CONFIG = "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
CHECKPOINT = "checkpoint_7ep.pth"
OUTPUT_DIR = "./finetune_checkpoints"
MAX_BAD_STEPS = 10
LONG_WAIT = 0.1  # share of an epoch spent waiting for data from which on a remedy is named
PROBLEMS_SHOWN = 10  # of each kind
# Parts of a batch that stay on the host: asking them never waits for the device.
HOST_KEYS = ("num_instances", "index", "unreadable")
Batch = dict[str, Tensor]


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("train_checkpoint_7ep.py", "train")
    add = parser.add_argument
    add("--config", default=CONFIG, help=say("train.help.config"))
    add("--checkpoint", help=say("train.help.checkpoint"))
    add("--output_dir", default=OUTPUT_DIR, help=say("train.help.output_dir"))
    add("--epochs", type=POSITIVE, help=say("train.help.epochs"))
    add("--resume", nargs="?", const="auto", metavar="FILE|auto", help=say("train.help.resume"))
    add("--reset_epoch", action="store_true", help=say("train.help.reset_epoch"))
    add("--batch_size", type=POSITIVE, help=say("train.help.batch_size"))
    add("--accumulate", type=POSITIVE, metavar="N", help=say("train.help.accumulate"))
    add("--lr", type=number(float, 1e-12), help=say("train.help.lr"))
    add("--save_interval", type=POSITIVE, help=say("train.help.save_interval"))
    add("--amp", choices=PRECISIONS, default="auto", help=say("train.help.amp"))
    add("--compile", action=argparse.BooleanOptionalAction, help=say("train.help.compile"))
    add("--workers", type=COUNT, help=say("train.help.workers"))
    add("--seed", type=COUNT, default=666, help=say("train.help.seed"))
    add("--deterministic", action="store_true", help=say("train.help.deterministic"))
    add("--strict", action="store_true", help=say("train.help.strict"))
    add_common_arguments(parser)
    return parser.parse_args(arguments)


def configure(args: argparse.Namespace) -> Config:
    """The config file, with what the command line says laid over it."""
    options = {
        "train_cfg.epoch": args.epochs,
        "train_cfg.lr": args.lr,
        "train_cfg.save_interval": args.save_interval,
        "train_cfg.accumulate": args.accumulate,
        "data.batch_size": args.batch_size,
    }
    overrides = [f"{key}={value}" for key, value in options.items() if value is not None]
    config = load_config(args.config, [*args.cfg_options, *overrides])
    for section, key in (("model", None), ("data", "train"), ("data", "batch_size")):
        if section not in config or (key and key not in config[section]):
            name = f"{section}.{key}" if key else section
            raise UserError("config.section_missing", path=args.config, key=name)
    args.checkpoint = args.checkpoint or config.train_cfg.pretrain or CHECKPOINT
    return config


@dataclass
class Run:
    """Everything that a training run holds."""

    args: argparse.Namespace
    config: Config
    ranks: Ranks
    data: Mixture
    validation: TextDataset | None
    sampler: EpochSampler
    loader: DataLoader[Batch]
    model: FAST
    network: nn.Module
    precision: torch.dtype
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    ema: Ema
    meter: LossMeter
    buffers: HealthyBuffers
    recent: list[tuple[Tensor, Tensor]]  # images of the steps since the last log line
    waiting: WaitingTime
    progress: Progress
    sinks: Sinks
    folder: checkpoints.CheckpointFolder | None
    interruption: Interruption

    @property
    def iterations(self) -> int:
        """Optimizer steps per epoch."""
        return len(self.sampler)

    @property
    def total_steps(self) -> int:
        return self.config.train_cfg.epoch * self.iterations

    def samples_left(self) -> int:
        """Samples of the epoch under way that are still to come."""
        return (self.iterations - self.progress.iteration) * self.sampler.batch_size

    def state(self) -> dict[str, Any]:
        """The content of a checkpoint file: upstream's keys, and what an exact resume needs."""
        return {
            "format_version": checkpoints.FORMAT_VERSION,
            "epoch": self.progress.epoch,
            "iter": self.progress.iteration,
            "state_dict": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "ema_updates": self.ema.updates,
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "scheduler": {"iterations": self.iterations, "total_steps": self.total_steps},
            "losses": {"sums": self.meter.sums, "steps": self.meter.steps},
            "progress": asdict(self.progress),
            "random_state": gather(random_state()),
            "config": config_text(self.config),
        }


def main() -> int:
    choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    config = configure(args)
    device = choose_device(args.device)
    gpus = torch.cuda.device_count() if device == torch.device("cuda") else 0
    if gpus > 1 and not launched_by_torchrun():
        return launch_local_ranks(gpus, this_command())
    start = choose_start(args, config)
    ranks = join_ranks(device)
    try:
        with Interruption() as interruption:
            run = prepare(args, config, ranks, start, interruption)
            try:
                return train(run)
            finally:
                run.sinks.close()
    finally:
        leave_ranks()


def choose_start(args: argparse.Namespace, config: Config) -> checkpoints.Checkpoint | None:
    """Read the checkpoint that the run starts from; None trains from scratch."""
    if args.resume and args.reset_epoch:
        raise UserError("train.resume_and_reset")
    if args.resume == "auto":
        latest = Path(args.output_dir) / checkpoints.LATEST
        args.resume = str(latest) if latest.exists() else None
    if args.resume:
        start = checkpoints.read_checkpoint(args.resume, prefer_ema=False)
        if "progress" not in start.content:
            raise UserError("train.not_resumable", path=args.resume)
    elif args.checkpoint == "none":
        return None
    else:
        start = checkpoints.read_checkpoint(args.checkpoint)
    finished = 0 if args.reset_epoch else start.epoch or 0
    if finished >= config.train_cfg.epoch:
        path, epochs = args.resume or args.checkpoint, config.train_cfg.epoch
        raise UserError("train.already_finished", path=path, epoch=finished, epochs=epochs)
    return start


def prepare(
    args: argparse.Namespace,
    config: Config,
    ranks: Ranks,
    start: checkpoints.Checkpoint | None,
    interruption: Interruption,
) -> Run:
    """Build every part of the run; all that the user gave is checked before anything is written."""
    seed_everything(args.seed + ranks.index, args.deterministic)
    data, validation, reports = prepare_data(args, config)
    accumulate = config.train_cfg.accumulate
    batch_size = config.data.batch_size * accumulate
    sampler = EpochSampler(
        len(data),
        batch_size,
        ranks.index,
        ranks.world,
        args.seed,
        accumulate,
        data.weighted_order(args.seed),
    )
    precision = choose_precision(args.amp, ranks.device)
    model, network = prepare_network(args, config, start, ranks, precision)
    ema = Ema(model, config.train_cfg.ema_decay)
    progress = starting_progress(args, start)
    progress.criterion = criterion(validation)
    folder, sinks = prepare_output(args, config, ranks, progress, len(sampler))
    kind = config.data.get("cache")
    sizes = [report.sizes for report in reports[: len(data.sources)]]
    cache_bytes = data.keep_decoded(sizes, kind, Path(args.output_dir)) if kind else 0
    run = Run(
        args=args,
        config=config,
        ranks=ranks,
        data=data,
        validation=validation,
        sampler=sampler,
        loader=build_loader(args, data, sampler, ranks),
        model=model,
        network=network,
        precision=precision,
        optimizer=build_optimizer(model.parameters(), config.train_cfg),
        scaler=grad_scaler(ranks.device, precision),
        ema=ema,
        meter=LossMeter(),
        buffers=HealthyBuffers([*model.buffers(), *ema.state_dict().values()]),
        recent=[],
        waiting=WaitingTime(),
        progress=progress,
        sinks=sinks,
        folder=folder,
        interruption=interruption,
    )
    introduce(run, reports, cache_bytes)
    load_start(run, start)
    return run


def prepare_data(
    args: argparse.Namespace, config: Config
) -> tuple[Mixture, TextDataset | None, list[Report]]:
    """Training and validation data, and what was found in each part; see ``check_dataset``."""
    shared = {
        "granularity": config.data.granularity,
        "index_folder": Path(args.output_dir) / LABEL_INDEX,
    }
    data = build_training_data(config.data.train, seed=args.seed, **shared)
    validation = validation_data(config, shared)
    parts = [*data.sources, *filter(None, [validation])]
    reports = [check_dataset(part) for part in parts]
    for report in reports:
        report.refuse_if_useless(args.strict)
    return data, validation, reports


def validation_data(config: Config, shared: dict[str, Any]) -> TextDataset | None:
    """The labelled images that choose the best epoch: ``data.val``, else ``data.test``.

    ``data.val = None`` asks for no validation at all.
    """
    for name in ("val", "test"):
        if name not in config.data:
            continue
        spec = config.data[name]
        if spec is None:
            return None
        try:
            data = build_dataset({"split": "test", **shared, **spec})
        except UserError:
            if spec.get("img_dir"):
                raise
            continue  # nobody has put images into the format's own folder
        if data.has_labels:
            return data
    return None


def prepare_network(
    args: argparse.Namespace,
    config: Config,
    start: checkpoints.Checkpoint | None,
    ranks: Ranks,
    precision: torch.dtype,
) -> tuple[FAST, nn.Module]:
    """The model on its device, and the module to call: the model itself, or all ranks' together."""
    model = build_model(config.model)
    if start is not None:
        checkpoints.restore(model, start)
    model.to(memory_format=memory_format(ranks.device, precision))
    model.to(ranks.device)
    network: nn.Module = model
    if ranks.world > 1:
        if config.train_cfg.sync_bn:
            model = cast(FAST, synchronise_batchnorm(model))
        gpus = [ranks.device.index] if ranks.device.type == "cuda" else None
        with warnings.catch_warnings():
            # The option's new name does not exist before torch 2.15, its old one warns from there.
            warnings.simplefilter("ignore", FutureWarning)
            network = DistributedDataParallel(model, gpus, broadcast_buffers=False)
    return model, compiled(network) if args.compile else network


def prepare_output(
    args: argparse.Namespace, config: Config, ranks: Ranks, progress: Progress, iterations: int
) -> tuple[checkpoints.CheckpointFolder | None, Sinks]:
    """The output folder with the resolved config, and the sinks; on the first rank alone."""
    output = Path(args.output_dir)
    if not ranks.is_first:
        return None, Sinks(output, names=())
    earlier_run = not args.resume and (output / checkpoints.LATEST).exists()
    folder = checkpoints.CheckpointFolder(output, config.train_cfg.keep_checkpoints)
    (output / "config.py").write_text(config_text(config), encoding="utf-8")
    if not args.resume:
        sinks = Sinks(output)
    else:
        steps = progress.epoch * iterations + progress.iteration
        sinks = Sinks(output, progress.epoch, steps)
    if earlier_run:
        sinks.line(say("train.earlier_run"))
    return folder, sinks


def criterion(validation: TextDataset | None) -> str:
    """What the best epoch is chosen by: 'hmean', 'val_loss' or 'loss'."""
    if validation is None:
        return "loss"
    readable = any(
        not word.ignore
        for index in range(validation.num_images)
        for word in validation.words(index)
    )
    return "hmean" if readable else "val_loss"


def build_loader(
    args: argparse.Namespace, data: Mixture, sampler: EpochSampler, ranks: Ranks
) -> DataLoader[Batch]:
    on_gpu = ranks.device.type == "cuda"
    # On a CPU the network needs the cores itself; one worker prepares the next batch meanwhile.
    workers = min(16, usable_cores(ranks.world)) if on_gpu else 1
    workers = workers if args.workers is None else args.workers
    return DataLoader(
        data,
        batch_sampler=sampler,
        num_workers=workers,
        pin_memory=on_gpu,
        persistent_workers=workers > 0,
        worker_init_fn=start_worker,
        # Its own generator: the workers' seeds must not move the one that dropout draws from.
        generator=torch.Generator(),
    )


def start_worker(worker: int) -> None:
    prepare_worker(worker)
    leave_signals_to_the_parent()


def starting_progress(args: argparse.Namespace, start: checkpoints.Checkpoint | None) -> Progress:
    if args.resume and start is not None:
        return Progress(**start.content["progress"])
    return Progress(epoch=0 if start is None or args.reset_epoch else start.epoch or 0)


def introduce(run: Run, reports: list[Report], cache_bytes: int) -> None:
    """Say what the run is about to do, before the first epoch."""
    args, ranks, say_line = run.args, run.ranks, run.sinks.line
    say_line(say("train.ready"))
    say_line(say("train.config", path=args.config))
    say_line(say("train.checkpoint", path=args.resume or args.checkpoint))
    say_line(say("train.output_dir", path=args.output_dir))
    precision = str(run.precision).removeprefix("torch.")
    say_line(say("train.device", device=device_name(ranks), precision=precision))
    say_line(
        say(
            "train.data",
            images=run.data.num_images,
            samples=len(run.data),
            batch=run.sampler.batch_size,
            iterations=run.iterations,
        )
    )
    for line in describe_sources(run.data):
        say_line(line)
    if cache_bytes:
        kind = run.config.data.cache
        say_line(say("train.cache", kind=kind, size=cache_bytes / 1e9))
    if run.validation is None:
        say_line(say("train.no_validation"))
    else:
        say_line(say("train.validation", images=run.validation.num_images))
    say_line(say("train.criterion", criterion=say(f"train.criterion.{run.progress.criterion}")))
    for report in reports:
        for line in report.lines(PROBLEMS_SHOWN):
            say_line(line)
    say_line()


def describe_sources(data: Mixture) -> Iterator[str]:
    """The formats that were found out, and the parts that a mixture is made of."""
    for source in data.sources:
        if source.found_format:
            yield say("train.format", folder=source.label_folder, format=source.found_format)
    weights = data.weights or data.lengths
    if len(data.sources) > 1:
        for source, weight in zip(data.sources, weights, strict=True):
            share = weight / sum(weights)
            yield say("train.source", name=source.name, images=source.num_images, share=share)


def device_name(ranks: Ranks) -> str:
    if ranks.device.type != "cuda":
        name = say("train.cpu", cores=torch.get_num_threads())
    else:
        name = torch.cuda.get_device_name(ranks.device)
    return name if ranks.world == 1 else f"{name} x {ranks.world}"


def load_start(run: Run, start: checkpoints.Checkpoint | None) -> None:
    """Take over the rest of the checkpoint's state, and say what was taken."""
    say_line = run.sinks.line
    if start is None:
        say_line(say("train.from_scratch"))
        say_line()
        return
    say_line(say("train.loading", path=run.args.resume or run.args.checkpoint))
    if run.args.resume:
        content = start.content
        run.ema.load(content["ema"], content["ema_updates"])
        run.optimizer.load_state_dict(content["optimizer"])
        run.scaler.load_state_dict(content["scaler"])
        run.meter = LossMeter(**content["losses"])
        if len(content["random_state"]) == run.ranks.world:
            restore_random_state(content["random_state"][run.ranks.index])
        say_line(say("train.loaded.resume"))
    else:
        say_line(say(f"train.loaded.{start.source}"))
    say_line(say("train.start_epoch", epoch=run.progress.epoch))
    say_line(say("train.loaded"))
    say_line()


def train(run: Run) -> int:
    """The epochs, until the last one, an early stop or an interruption; gives the exit code."""
    train_cfg, progress = run.config.train_cfg, run.progress
    for epoch in range(progress.epoch + 1, train_cfg.epoch + 1):
        run.sinks.line(say("train.epoch_start", epoch=epoch))
        started, samples = time.perf_counter(), run.samples_left()
        if not train_one_epoch(run, epoch):
            return interrupted(run)
        seconds = time.perf_counter() - started
        pace = {
            "seconds": seconds,
            "images_per_s": samples / seconds,
            "data_wait": run.waiting.take() / seconds,
        }
        scores = validate(run)
        if scores is None:
            return interrupted(run)
        finish_epoch(run, epoch, pace, scores)
        patience = train_cfg.early_stop_patience
        if patience and progress.epochs_without_gain >= patience:
            run.sinks.line(say("train.early_stop", epochs=patience, best_epoch=progress.best_epoch))
            break
    run.sinks.line(say("train.done", epoch=progress.best_epoch, folder=run.args.output_dir))
    return 0


def train_one_epoch(run: Run, epoch: int) -> bool:
    """Train through one epoch, from where it was left; False where an interruption ended it."""
    progress, train_cfg = run.progress, run.config.train_cfg
    run.network.train()
    for iteration, micro_batches in enumerated_steps(run, epoch):
        step = (epoch - 1) * run.iterations + iteration - 1
        rate = learning_rate(step, run.total_steps, train_cfg)
        for group in run.optimizer.param_groups:
            group["lr"] = rate

        losses, images = add_gradients(run, micro_batches)
        if train_cfg.clip_grad:
            run.scaler.unscale_(run.optimizer)
            nn.utils.clip_grad_norm_(run.model.parameters(), train_cfg.clip_grad)
        # A step whose gradients are not finite is skipped by the scaler, on the device.
        run.scaler.step(run.optimizer)
        run.scaler.update()
        run.optimizer.zero_grad(set_to_none=True)
        run.ema.update()

        run.meter.add(losses)
        run.recent.append(images)
        progress.iteration = iteration
        stop = any_rank(run.interruption.number)
        if iteration % train_cfg.log_interval == 0 or iteration == run.iterations or stop:
            read_losses(run)
            if iteration % train_cfg.log_interval == 0:
                log_step(run, step, rate)
        if stop:
            run.interruption.number = stop
            return False
    return True


def add_gradients(
    run: Run, micro_batches: Iterator[Batch]
) -> tuple[list[dict[str, Tensor]], tuple[Tensor, Tensor]]:
    """Add up the gradients of a step's micro-batches: those of all its samples' mean loss.

    Gives the losses of each micro-batch's samples, and which images they were and could not be
    read.
    """
    accumulate, parts, images = run.config.train_cfg.accumulate, [], []
    for place, batch in enumerate(micro_batches, start=1):
        images.append((batch["index"], batch["unreadable"]))
        batch = {
            key: value if key in HOST_KEYS else value.to(run.ranks.device, non_blocking=True)
            for key, value in batch.items()
        }
        # The ranks exchange gradients once a step, with the last micro-batch.
        alone = run.ranks.world > 1 and place < accumulate
        with run.network.no_sync() if alone else nullcontext():  # type: ignore[operator]
            with autocast(run.ranks.device, run.precision):
                logits = run.network(batch["imgs"])
            losses = run.model.losses(logits, batch)
            losses["loss"] = losses["loss_text"] + losses["loss_kernels"] + losses["loss_emb"]
            run.scaler.scale(losses["loss"].mean() / accumulate).backward()
        parts.append(losses)
    indices, unreadable = (torch.cat(column) for column in zip(*images, strict=True))
    return parts, (indices, unreadable)


def enumerated_steps(run: Run, epoch: int) -> Iterator[tuple[int, Iterator[Batch]]]:
    """The micro-batches of each step of an epoch that is left, the steps numbered from 1.

    On a terminal with a progress bar.
    """
    first = run.progress.iteration
    run.sampler.set_epoch(epoch, first)
    if first == run.iterations:
        return
    hidden = not (run.ranks.is_first and sys.stderr.isatty())
    bar = tqdm(
        total=run.iterations, initial=first, disable=hidden, leave=False, unit="batch", ncols=80
    )
    with bar:
        batches = run.waiting.around(run.loader)
        for iteration in range(first + 1, run.iterations + 1):
            yield iteration, islice(batches, run.config.train_cfg.accumulate)
            bar.update()


def read_losses(run: Run) -> None:
    """Bring the losses since the last log line to the host; say what went wrong in them."""
    finite = run.meter.read()
    first = run.progress.iteration - len(finite) + 1
    for iteration, (good, (indices, unreadable)) in enumerate(
        zip(finite, run.recent, strict=True), first
    ):
        if unreadable.any():
            names = image_names(run, indices[unreadable])
            run.sinks.line(say("train.bad_image", iteration=iteration, names=names))
        run.progress.bad_steps = 0 if good else run.progress.bad_steps + 1
        if not good:
            names = image_names(run, indices)
            run.sinks.line(say("train.bad_step", iteration=iteration, names=names))
        if run.progress.bad_steps >= MAX_BAD_STEPS:
            raise UserError("train.too_many_bad_steps", count=MAX_BAD_STEPS)
    run.recent.clear()
    if all(finite):
        run.buffers.keep()
    else:
        run.buffers.mend()


def image_names(run: Run, indices: Tensor) -> str:
    return ", ".join(run.data.image_path(index).name for index in indices.tolist())


def log_step(run: Run, step: int, rate: float) -> None:
    last, means = run.meter.last, run.meter.means()
    run.sinks.line(
        say(
            "train.step",
            iteration=run.progress.iteration,
            iterations=run.iterations,
            loss=last["loss"],
            mean=means["loss"],
            text=last["loss_text"],
            kernel=last["loss_kernel"],
            emb=last["loss_emb"],
        )
    )
    run.sinks.step(step + 1, {**last, "lr": rate})


def validate(run: Run) -> dict[str, float] | None:
    """Score the averaged weights on the validation images; None after an interruption."""
    if run.validation is None:
        return {}
    averaged = copy.deepcopy(run.model)
    averaged.load_state_dict(run.ema.state_dict())
    detector = TextDetector(
        averaged,
        detection_settings(run.config),
        run.ranks.device,
        amp=run.precision == torch.bfloat16,
        short_size=configured_short_size(run.config),
    )
    losses = ValidationLoss(averaged, run.validation, run.data.pooling_size)
    result = evaluate(
        detector,
        run.validation,
        rank=run.ranks.index,
        world=run.ranks.world,
        progress=run.ranks.is_first,
        observe=losses.observe,
        stop=lambda: bool(run.interruption.number),
    )
    if any_rank(run.interruption.number):
        return None
    loss_sum, images = mean_over_ranks(losses.sum_and_count().to(run.ranks.device)).tolist()
    scores = {"val_loss": loss_sum / images}
    if run.progress.criterion == "hmean" and result.score is not None:
        scores |= {"precision": result.score.precision, "recall": result.score.recall}
        scores["hmean"] = result.score.hmean
    return scores


def finish_epoch(run: Run, epoch: int, pace: dict[str, float], scores: dict[str, float]) -> None:
    """Count the epoch, log it and write its checkpoints."""
    progress, train_cfg, line = run.progress, run.config.train_cfg, run.sinks.line
    means = run.meter.means()
    rate = run.optimizer.param_groups[0]["lr"]
    best = progress.finish_epoch({**means, **scores}[progress.criterion])
    run.meter = LossMeter()

    line()
    line(say("train.epoch_done", epoch=epoch, seconds=pace["seconds"]))
    line(say("train.mean_loss", value=means["loss"]))
    line(say("train.mean_text", value=means["loss_text"]))
    line(say("train.mean_kernel", value=means["loss_kernel"]))
    line(say("train.mean_emb", value=means["loss_emb"]))
    line(say("train.rate", value=rate))
    line(say("train.speed", speed=pace["images_per_s"], wait=pace["data_wait"]))
    if pace["data_wait"] > LONG_WAIT:
        line(say("train.waits_for_data", workers=run.loader.num_workers))
    if len(run.data.sources) > 1:
        for name, images, words in run.data.drawn(run.sampler.samples_of(epoch)):
            line(say("train.drawn", name=name, images=images, words=words))
    if scores:
        line(say("train.val_loss", value=scores["val_loss"]))
    if "hmean" in scores:
        line(say("train.scores", **scores))
    line()
    run.sinks.epoch(epoch, epoch * run.iterations, {**means, **scores, "lr": rate, **pace})

    folder, save_epoch = run.args.output_dir, epoch % train_cfg.save_interval == 0
    save(run, epoch if save_epoch else None, best)
    if save_epoch:
        line(say("train.saved", path=f"{folder}/checkpoint_epoch_{epoch}.pth"))
    if best:
        what = say(f"train.criterion.{progress.criterion}")
        path = f"{folder}/{checkpoints.BEST}"
        line(say("train.new_best", path=path, criterion=what, value=progress.best))
    line()


def save(run: Run, epoch: int | None = None, best: bool = False) -> None:
    """Write ``latest`` and, where asked for, the files of this epoch and of the best one."""
    state = run.state()  # every rank gives its part
    if run.folder is not None:
        run.folder.write(state, epoch, best)


def interrupted(run: Run) -> int:
    """Save where the run stands, say how to go on, and give the exit code of the signal."""
    save(run)
    path = f"{run.args.output_dir}/{checkpoints.LATEST}"
    run.sinks.line()
    run.sinks.line(say("train.interrupted", path=path, epoch=run.progress.epoch + 1))
    run.sinks.line(say("train.how_to_resume", command=resume_command()))
    return run.interruption.exit_code


def resume_command() -> str:
    """The command line of this run with ``--resume auto``, as the user would type it."""
    options = [
        option for option in sys.argv[1:] if option not in ("--reset_epoch", "--reset-epoch")
    ]
    while "--resume" in options:
        place = options.index("--resume")
        given = len(options) > place + 1 and not options[place + 1].startswith("-")
        del options[place : place + 1 + given]
    python = "python" if shutil.which("python") == sys.executable else sys.executable
    return shlex.join([python, sys.argv[0], *options, "--resume", "auto"])


if __name__ == "__main__":
    run_script(main)
