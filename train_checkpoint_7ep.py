"""Fine-tune a FAST text detector from a checkpoint.

    python train_checkpoint_7ep.py \
        --config config/fast/ic15/fast_checkpoint_7ep_finetune.py \
        --checkpoint checkpoint_7ep.pth --output_dir ./finetune_checkpoints --epochs 50

With several GPUs visible, one process per GPU is started; ``torchrun`` works as well.  The batch
size is the total over all of them.
"""

import argparse
import copy
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from dataset import Mixture, TextDataset
from dataset.bad_data import BadData
from dataset.checks import Report
from dataset.sampler import EpochSampler
from dataset.steady_loader import SteadyLoader
from inference.detector import TextDetector, configured_short_size, detection_settings
from inference.evaluate import evaluate
from inference.forgetting import (
    forgets_too_much,
    keep_scores,
    refuse_limit_without_keep_set,
)
from inference.validation_loss import ValidationLoss
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
from runtime.config import Config, config_text, find_file, load_config
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
)
from runtime.interruption import (
    TIME_IS_UP,
    Interruption,
    exit_code,
)
from runtime.loss_meter import LossMeter
from runtime.messages import UserError, run_script, say, tell
from runtime.precision import PRECISIONS
from runtime.progress import Progress
from runtime.provenance import seal
from runtime.random_state import random_state, restore_random_state, seed_everything
from runtime.schedules import learning_rate, timed_rate
from runtime.sinks import Sinks
from runtime.waiting import WaitingTime
from runtime.watchdog import Watchdog
from training.bad_steps import dump_batch
from training.budget import (
    cropped_as,
    prepare_budget,
    read_budget,
    refuse_contradictions,
)
from training.budget_clock import BudgetClock
from training.data import prepare_data
from training.epoch_summary import (
    LONG_WAIT,
    describe_epoch,
    describe_forgetting,
    describe_scores,
)
from training.gain_report import write_gain_report
from training.introduction import describe_data, describe_device, describe_problems
from training.learner import Batch, Learner, is_finite, is_out_of_memory
from training.loading import build_loader, worker_count
from training.origin import (
    compare_with_origin,
    describe_origin,
    describe_start,
)
from training.output import prepare_output
from training.resume_command import resume_command, run_command
from training.start import (
    choose_start,
    needs_statistics,
    prepare_learner,
    starting_progress,
    was_finished,
)

CONFIG = "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
CHECKPOINT = "checkpoint_7ep.pth"
OUTPUT_DIR = "./finetune_checkpoints"
MAX_FALLBACKS = 2
WATCHDOG_S = 45.0
TOO_MUCH_BAD_DATA = 254  # among the numbers of signals, as is TIME_IS_UP


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("train_checkpoint_7ep.py", "train")
    add = parser.add_argument
    add("--config", default=CONFIG, help=say("train.help.config"))
    add("--checkpoint", help=say("train.help.checkpoint"))
    add("--output_dir", default=OUTPUT_DIR, help=say("train.help.output_dir"))
    add("--epochs", type=POSITIVE, help=say("train.help.epochs"))
    add("--resume", nargs="?", const="auto", metavar="FILE|auto", help=say("train.help.resume"))
    add("--force", action="store_true", help=say("train.help.force"))
    add("--reset_epoch", action="store_true", help=say("train.help.reset_epoch"))
    add("--batch_size", type=POSITIVE, help=say("train.help.batch_size"))
    add("--accumulate", type=POSITIVE, metavar="N", help=say("train.help.accumulate"))
    add("--lr", type=number(float, 1e-12), help=say("train.help.lr"))
    add("--save_interval", type=POSITIVE, help=say("train.help.save_interval"))
    add("--save_every_iters", type=POSITIVE, metavar="N", help=say("train.help.save_every_iters"))
    add("--budget", type=read_budget, metavar="20m", help=say("train.help.budget"))
    add("--max_minutes", type=number(float, 0.01), help=say("train.help.max_minutes"))
    add("--keep_set", metavar="CONFIG|PATH", help=say("train.help.keep_set"))
    add("--watchdog", type=number(float, 0), default=WATCHDOG_S, metavar="SECONDS",
        help=say("train.help.watchdog"))  # fmt: skip
    add("--amp", choices=PRECISIONS, default="auto", help=say("train.help.amp"))
    add("--compile", action=argparse.BooleanOptionalAction, help=say("train.help.compile"))
    add("--workers", type=COUNT, help=say("train.help.workers"))
    add("--seed", type=COUNT, default=666, help=say("train.help.seed"))
    add("--deterministic", action="store_true", help=say("train.help.deterministic"))
    add("--strict", action="store_true", help=say("train.help.strict"))
    add("--report", action=argparse.BooleanOptionalAction, default=True,
        help=say("train.help.report"))  # fmt: skip
    add_common_arguments(parser)
    return parser.parse_args(arguments)


def configure(args: argparse.Namespace, picks: Sequence[str] = ()) -> Config:
    """The config file, with what the command line says laid over it.

    picks: what a budget asks for, below the command line.
    """
    if args.budget:
        refuse_contradictions(args)
    options = {
        "train_cfg.epoch": args.epochs,
        "train_cfg.lr": args.lr,
        "train_cfg.save_interval": args.save_interval,
        "train_cfg.save_every_iters": args.save_every_iters,
        "train_cfg.accumulate": args.accumulate,
        "data.batch_size": args.batch_size,
    }
    overrides = [f"{key}={value}" for key, value in options.items() if value is not None]
    config = load_config(args.config, [*picks, *args.cfg_options, *overrides])
    for section, key in (("model", None), ("data", "train"), ("data", "batch_size")):
        if section not in config or (key and key not in config[section]):
            name = f"{section}.{key}" if key else section
            raise UserError("config.section_missing", path=args.config, key=name)
    refuse_limit_without_keep_set(config.train_cfg.max_forgetting, args.keep_set)
    args.checkpoint = args.checkpoint or str(find_file(config.train_cfg.pretrain or CHECKPOINT))
    return config


@dataclass
class Run:
    """Everything that a training run holds."""

    args: argparse.Namespace
    config: Config
    ranks: Ranks
    data: Mixture
    validation: TextDataset | None
    keep_set: TextDataset | None
    sampler: EpochSampler
    loader: SteadyLoader
    learner: Learner
    last_good: dict[str, Any]  # of the learner: what to fall back to
    meter: LossMeter
    recent: list[tuple[Tensor, Tensor]]  # images of the steps since the last log line
    bad_data: BadData
    origin: dict[str, Any]  # see ``provenance``
    waiting: WaitingTime
    progress: Progress
    clock: BudgetClock | None
    schedule_epochs: int  # of the whole run as the schedule counts them, whatever a budget picks
    sinks: Sinks
    folder: checkpoints.CheckpointFolder | None
    interruption: Interruption
    watchdog: Watchdog

    @property
    def iterations(self) -> int:
        """Optimizer steps per epoch."""
        return len(self.sampler)

    @property
    def total_steps(self) -> int:
        return self.config.train_cfg.epoch * self.iterations

    def epochs_to_come(self) -> Iterable[int]:
        """Under a budget there is no last one: time ends the run."""
        first = self.progress.epoch + 1
        return count(first) if self.clock else range(first, self.config.train_cfg.epoch + 1)

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        train_cfg, factor = self.config.train_cfg, self.progress.rate_factor
        if self.clock is not None:
            fraction, epochs = self.clock.fraction, self.schedule_epochs
            return timed_rate(fraction, step, epochs, train_cfg) * factor
        return learning_rate(step, self.total_steps, train_cfg) * factor

    def agree(self) -> int:
        """What asks any rank to stop, or 0; from now on all see the same time on the clock."""
        stop = self.interrupted_by()
        return self.clock.agree(stop) if self.clock else any_rank(stop)

    def expect(self, step_s: float) -> None:
        """A step has taken so long, and the next one may."""
        self.interruption.expect(step_s)
        if self.clock is not None:
            self.clock.expect(step_s)

    @property
    def time_is_up(self) -> bool:
        return self.clock is not None and self.clock.is_up

    def samples_left(self) -> int:
        """Samples of the epoch under way that are still to come."""
        return (self.iterations - self.progress.iteration) * self.sampler.batch_size

    def interrupted_by(self) -> int:
        """What asks this rank to stop: a signal's number, TIME_IS_UP, TOO_MUCH_BAD_DATA, or 0."""
        return self.interruption.number or TOO_MUCH_BAD_DATA * self.bad_data.too_many

    def checkpoint(self, learned: dict[str, Any]) -> dict[str, Any]:
        """The content of a checkpoint file: upstream's keys, and what an exact resume needs.

        learned: the learner's state.
        """
        if self.clock is not None:
            self.progress.used_s = self.clock.used_s(is_done=self.progress.iteration == 0)
        # After bad steps the weights may be those that a resumed run, too, has to return from.
        last_good = {"last_good": self.last_good} if self.progress.bad_steps else {}
        return {
            "format_version": checkpoints.FORMAT_VERSION,
            "epoch": self.progress.epoch,
            "iter": self.progress.iteration,
            **learned,
            **last_good,
            "scheduler": {"iterations": self.iterations, "total_steps": self.total_steps},
            "losses": {"sums": self.meter.sums, "steps": self.meter.steps},
            "progress": asdict(self.progress),
            "random_state": gather(random_state()),
            "config": config_text(self.config),
            "provenance": self.origin,
        }


def main() -> int:
    choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    interruption = Interruption(args.max_minutes)
    config = configure(args)
    device = choose_device(args.device)
    gpus = torch.cuda.device_count() if device == torch.device("cuda") else 0
    if gpus > 1 and not launched_by_torchrun():
        return launch_local_ranks(gpus, this_command())
    start = choose_start(args, config)
    if args.resume and start is not None and was_finished(args, config, start):
        # Killed after its last checkpoint: whoever starts runs again until they succeed may stop.
        key = "budget.finished_before" if args.budget else "train.finished_before"
        tell(key, path=args.resume, epoch=start.epoch)
        return 0
    ranks = join_ranks(device)
    try:
        with ExitStack() as resources:
            watchdog = Watchdog(ranks.index, ranks.world, args.watchdog)
            run = prepare(args, config, ranks, start, interruption, watchdog, resources)
            with interruption, watchdog:
                code = train(run)
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise UserError("train.out_of_memory", device=device) from error
        raise
    finally:
        left = leave_ranks()
    if left and args.report and not interruption.number:
        report_gain(run)
    return code


def report_gain(run: Run) -> None:
    """Show what the run has gained; the first rank does so when the others need not wait for it."""
    from_scratch = run.origin["start"] == {}
    if not run.ranks.is_first or from_scratch or run.progress.best is None:
        return
    with run.interruption:
        text = write_gain_report(
            Path(run.args.output_dir),
            run.config,
            run.validation,
            run.origin,
            run.ranks.device,
            run.learner.precision,
            lambda: bool(run.interruption.number),
            run.clock.reported() if run.clock else None,
        )
    tell("train.report", text=text)


def prepare(
    args: argparse.Namespace,
    config: Config,
    ranks: Ranks,
    start: checkpoints.Checkpoint | None,
    interruption: Interruption,
    watchdog: Watchdog,
    resources: ExitStack,
) -> Run:
    """Build every part of the run; all that the user gave is checked before anything is written.

    resources: closes what must be closed in the end.
    """
    seed_everything(args.seed + ranks.index, args.deterministic)
    output = Path(args.output_dir)
    data = prepare_data(config, output, args.seed, args.keep_set, args.strict)
    learner = prepare_learner(args, config, start, ranks, data.training)
    progress = starting_progress(args, start)
    workers, budget = worker_count(args, ranks), None
    schedule_epochs = config.train_cfg.epoch
    if args.budget:
        budget = prepare_budget(args, config, start, data, learner, progress, workers)
        config = configure(args, budget.picks)
        data = replace(data, training=cropped_as(data.training, config.data.train))
    accumulate = config.train_cfg.accumulate
    batch_size = config.data.batch_size * accumulate
    samples = config.train_cfg.get("epoch_samples")
    order = data.training.lasting_order if samples else data.training.weighted_order
    sampler = EpochSampler(
        samples or len(data.training),
        batch_size,
        ranks.index,
        ranks.world,
        args.seed,
        accumulate,
        order(args.seed),
    )
    options = {
        "seed": args.seed,
        "deterministic": args.deterministic,
        "precision": str(learner.precision).removeprefix("torch."),
    }
    if args.budget:
        options["budget_s"] = args.budget
    origin = describe_origin(config, options, data.parts)
    origin |= {"start": describe_start(start), "command": run_command(sys.argv)}
    differences = []
    if args.resume and start is not None:
        differences = compare_with_origin(start, origin, args.force)
    progress.judge_by(data.criterion)
    folder, sinks = prepare_output(args, config, learner, progress, len(sampler), resources)
    bad_data = BadData(data.training.num_images)
    bad_data.load(progress.unreadable)
    data.training.expect_sizes(data.image_sizes())
    kind = config.data.get("cache")
    cache_bytes = data.training.keep_decoded(data.image_sizes(), kind, output) if kind else 0
    run = Run(
        args=args,
        config=config,
        ranks=ranks,
        data=data.training,
        validation=data.validation,
        keep_set=data.keep_set,
        sampler=sampler,
        loader=build_loader(workers, data.training, sampler, ranks, sinks),
        learner=learner,
        last_good={},
        meter=LossMeter(),
        recent=[],
        bad_data=bad_data,
        origin=origin,
        waiting=WaitingTime(),
        progress=progress,
        clock=budget.clock if budget else None,
        schedule_epochs=schedule_epochs,
        sinks=sinks,
        folder=folder,
        interruption=interruption,
        watchdog=watchdog,
    )
    introduce(run, data.reports, cache_bytes, budget.lines if budget else ())
    load_start(run, start)
    for line in differences:
        sinks.line(line)
    resumed = start.content if args.resume and start is not None else {}
    run.last_good = resumed.get("last_good") or learner.state()
    return run


def introduce(
    run: Run, reports: list[Report], cache_bytes: int, budget_lines: Sequence[str]
) -> None:
    """Say what the run is about to do, before the first epoch."""
    args, say_line = run.args, run.sinks.line
    say_line(say("train.ready"))
    say_line(say("train.config", path=args.config))
    say_line(say("train.checkpoint", path=args.resume or args.checkpoint))
    say_line(say("train.output_dir", path=args.output_dir))
    say_line(describe_device(run.ranks, run.learner.precision))
    samples, batch_size = run.sampler.num_samples, run.sampler.batch_size
    for line in describe_data(run.data, run.validation, samples, batch_size, run.iterations):
        say_line(line)
    if run.keep_set is not None:
        say_line(say("keep.data", images=run.keep_set.num_images))
    if cache_bytes:
        say_line(say("train.cache", kind=run.config.data.cache, size=cache_bytes / 1e9))
    say_line(say("train.criterion", criterion=say(f"train.criterion.{run.progress.criterion}")))
    for line in (*describe_problems(reports), *budget_lines):
        say_line(line)
    say_line()


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
        run.learner.split = run.progress.split
        run.meter = LossMeter(**content["losses"])
        if len(content["random_state"]) == run.ranks.world:
            restore_random_state(content["random_state"][run.ranks.index])
        say_line(say("train.loaded.resume"))
    else:
        say_line(say(f"train.loaded.{start.source}"))
        if needs_statistics(run.args, run.config, start, run.ranks.device):
            say_line(say("train.statistics_renewed"))
    say_line(say("train.start_epoch", epoch=run.progress.epoch))
    say_line(say("train.loaded"))
    say_line()


def train(run: Run) -> int:
    """The epochs, until the last one, an early stop or an interruption; gives the exit code."""
    train_cfg, progress = run.config.train_cfg, run.progress
    if stop := score_start(run):
        return interrupted(run, stop)
    if run.clock is not None:
        progress.began_s = run.clock.begin()
    for epoch in run.epochs_to_come():
        if stops_early(run) or is_out_of_time(run):
            break
        run.sinks.line(say("train.epoch_start", epoch=epoch))
        started, samples = time.perf_counter(), run.samples_left()
        if stop := train_one_epoch(run, epoch):
            return interrupted(run, stop)
        seconds = time.perf_counter() - started
        pace = {
            "seconds": seconds,
            "images_per_s": (samples - run.samples_left()) / seconds,
            "data_wait": run.waiting.take() / seconds,
        }
        started = time.perf_counter()
        scores, stop = validate(run)
        if stop:
            return interrupted(run, stop)
        validated = time.perf_counter()
        finish_epoch(run, epoch, pace, scores)
        if run.clock is not None:
            run.clock.measured(validated - started, time.perf_counter() - validated)
    if train_cfg.max_forgetting is not None and progress.best is None:
        latest = f"{run.args.output_dir}/{checkpoints.LATEST}"
        run.sinks.line(say("keep.none_eligible", limit=train_cfg.max_forgetting, latest=latest))
    else:
        run.sinks.line(say("train.done", epoch=progress.best_epoch, folder=run.args.output_dir))
    return 0


def stops_early(run: Run) -> bool:
    """Say so where the run has gone on for too long without a gain, also before it was resumed."""
    progress, patience = run.progress, run.config.train_cfg.early_stop_patience
    if not patience or progress.epochs_without_gain < patience:
        return False
    if progress.best is not None:
        best_epoch = progress.best_epoch
        run.sinks.line(say("train.early_stop", epochs=patience, best_epoch=best_epoch))
    return True


def is_out_of_time(run: Run) -> bool:
    """Whether a budget leaves no time for another epoch; one that is under way has still to end."""
    if run.clock is None:
        return False
    run.clock.agree()
    if run.progress.iteration or not run.time_is_up:
        return False
    if any_rank(run.progress.used_s < run.clock.budget_s):
        save(run)  # the epoch before ended with time to spare: now it is known to be the last
    return True


def train_one_epoch(run: Run, epoch: int) -> int:
    """Train through one epoch, from where it was left; gives what interrupted it, or 0."""
    learner, progress, train_cfg = run.learner, run.progress, run.config.train_cfg
    learner.begin_epoch(epoch, train_cfg.freeze_bn)
    started, first = time.perf_counter(), progress.iteration + 1
    for iteration, micro_batches in enumerated_steps(run, epoch):
        run.watchdog.beat("compute")
        step = (epoch - 1) * run.iterations + iteration - 1
        rate = run.rate(step)
        run.meter.add(learner.step(micro_batches, rate))
        note_images(run, micro_batches)
        progress.iteration = iteration
        if learner.split > progress.split:
            progress.split = learner.split
            run.sinks.line(say("train.split", iteration=iteration, pieces=learner.split))

        if iteration > first:  # which may have started workers and compiled the network
            run.expect(time.perf_counter() - started)
        stop = run.agree()
        logs = iteration % train_cfg.log_interval == 0
        last = iteration == run.iterations or run.time_is_up
        saves = not last and iteration % (train_cfg.save_every_iters or run.iterations) == 0
        if logs or saves or last or stop:
            read_losses(run, epoch)
        if logs:
            log_step(run, step, rate)
        if stop:
            return stop
        if saves:
            save(run)
        if run.time_is_up:
            break
        started = time.perf_counter()
        run.watchdog.beat("data")
    return 0


def note_images(run: Run, micro_batches: Sequence[Batch]) -> None:
    """Remember which images a step saw; count those that could not be read."""
    images = [(batch["index"], batch["unreadable"]) for batch in micro_batches]
    indices, unreadable = (torch.cat(column) for column in zip(*images, strict=True))
    run.recent.append((indices, unreadable))
    run.bad_data.note(indices.tolist(), unreadable.tolist())


def enumerated_steps(run: Run, epoch: int) -> Iterator[tuple[int, list[Batch]]]:
    """The micro-batches of each step of an epoch that is left, the steps numbered from 1.

    On a terminal with a progress bar.
    """
    first = run.progress.iteration
    run.sampler.set_epoch(epoch, first)
    if first == run.iterations or run.time_is_up:
        return
    hidden = not (run.ranks.is_first and sys.stderr.isatty())
    bar = tqdm(
        total=run.iterations, initial=first, disable=hidden, leave=False, unit="batch", ncols=80
    )
    with bar:
        run.watchdog.beat("data")
        batches = run.waiting.around(run.loader.batches(first))
        for iteration in range(first + 1, run.iterations + 1):
            yield iteration, list(islice(batches, run.config.train_cfg.accumulate))
            bar.update()


def read_losses(run: Run, epoch: int) -> None:
    """Bring the losses since the last log line to the host; say what went wrong in them."""
    progress, line = run.progress, run.sinks.line
    steps = run.meter.read()
    first = progress.iteration - len(steps) + 1
    for iteration, (health, (indices, unreadable)) in enumerate(
        zip(steps, run.recent, strict=True), first
    ):
        if unreadable.any():
            names = image_names(run, indices[unreadable])
            line(say("train.bad_image", iteration=iteration, names=names))
        progress.bad_steps = 0 if health.good else progress.bad_steps + 1
        if not health.good:
            names = image_names(run, indices) if health.spoilt_here else ""
            names = ", ".join(filter(None, gather(names)))
            line(say("train.bad_step", iteration=iteration, names=names))
            if health.spoilt_here:
                dump_step(run, epoch, iteration)
    run.recent.clear()
    run.bad_data.merge(gather(run.bad_data.state()))
    progress.unreadable = run.bad_data.state()
    if progress.bad_steps >= run.config.train_cfg.max_bad_steps:
        fall_back(run)


def image_names(run: Run, indices: Tensor) -> str:
    return ", ".join(run.data.image_path(index).name for index in indices.tolist())


def dump_step(run: Run, epoch: int, iteration: int) -> None:
    """Write what this rank saw in a step whose losses or gradients were not finite."""
    try:
        path = dump_batch(
            run.data,
            run.sampler.keys(iteration - 1),
            Path(run.args.output_dir),
            epoch=epoch,
            iteration=iteration,
            rank=run.ranks.index,
        )
    except UserError as error:  # no room for it, say: no reason to end the run
        run.sinks.line(say("train.bad_step_not_written", reason=error))
        return
    if path is not None:
        run.sinks.line(say("train.bad_step_written", path=path))


def fall_back(run: Run) -> None:
    """Return to the last good weights with half the learning rate; the data go on.

    Bad steps leave the weights as they are: it is the steps before them that went astray.
    """
    progress = run.progress
    if progress.fallbacks == MAX_FALLBACKS:
        count = run.config.train_cfg.max_bad_steps
        raise UserError("train.too_many_bad_steps", count=count, fallbacks=MAX_FALLBACKS)
    progress.fallbacks += 1
    progress.bad_steps = 0
    run.learner.load(run.last_good)
    # They may be from before BatchNorm was frozen.
    run.learner.begin_epoch(progress.epoch + 1, run.config.train_cfg.freeze_bn)
    run.sinks.line(say("train.fell_back", factor=progress.rate_factor))


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


def score_start(run: Run) -> int:
    """What the weights of the start can do on the keep set; gives what interrupted it, or 0."""
    if run.keep_set is None or run.progress.keep_start is not None:
        return 0
    scores = keep_scores(averaged_detector(run), run.keep_set, **evaluation_options(run))
    if stop := any_rank(run.interruption.number):
        return stop
    run.progress.keep_start = scores["keep_hmean"]
    run.sinks.line(say("keep.start", **scores))
    return 0


def averaged_detector(run: Run) -> TextDetector:
    """A detector with the averaged weights."""
    averaged = copy.deepcopy(run.learner.model)
    averaged.load_state_dict(run.learner.ema.state_dict())
    return TextDetector(
        averaged,
        detection_settings(run.config),
        run.ranks.device,
        amp=run.learner.precision == torch.bfloat16,
        short_size=configured_short_size(run.config),
    )


def validate(run: Run) -> tuple[dict[str, float], int]:
    """Score the averaged weights on the validation images and the keep set; and what interrupted
    it, or 0.
    """
    scores: dict[str, float] = {}
    if run.validation is None and run.keep_set is None:
        return scores, 0
    detector = averaged_detector(run)
    options = evaluation_options(run)
    if run.validation is not None:
        losses = ValidationLoss(detector.model, run.validation, run.data.pooling_size)
        result = evaluate(detector, run.validation, observe=losses.observe, **options)
        sums = losses.sum_and_count().to(run.ranks.device)
        loss_sum, images = mean_over_ranks(sums).tolist()
        scores["val_loss"] = loss_sum / images if images else float("nan")
        if run.progress.criterion == "hmean" and result.score is not None:
            scores |= {"precision": result.score.precision, "recall": result.score.recall}
            scores["hmean"] = result.score.hmean
    if run.keep_set is not None:
        scores |= keep_scores(detector, run.keep_set, **options)
    return scores, any_rank(run.interruption.number)


def evaluation_options(run: Run) -> dict[str, Any]:
    def stop() -> bool:
        run.watchdog.beat("validate")
        return bool(run.interruption.number)

    ranks = run.ranks
    return {"rank": ranks.index, "world": ranks.world, "progress": ranks.is_first, "stop": stop}


def finish_epoch(run: Run, epoch: int, pace: dict[str, float], scores: dict[str, float]) -> None:
    """Count the epoch, log it and write its checkpoints."""
    progress, train_cfg, line = run.progress, run.config.train_cfg, run.sinks.line
    samples = progress.iteration * run.sampler.batch_size  # fewer where time has cut it off
    means, rate = run.meter.means(), run.learner.optimizer.param_groups[0]["lr"]
    forgets = forgets_too_much(
        scores.get("keep_hmean"), progress.keep_start, train_cfg.max_forgetting
    )
    value = {**means, **scores}[progress.criterion]
    would_be_best = progress.is_better(value)
    best = progress.finish_epoch(value, eligible=not forgets)
    run.origin["metrics"] = {**means, **scores}
    run.meter = LossMeter()

    line()
    for text in describe_epoch(epoch, means, rate, pace):
        line(text)
    if pace["data_wait"] > LONG_WAIT:
        line(say("train.waits_for_data", workers=run.loader.num_workers))
    if len(run.data.sources) > 1:
        for name, images, words in run.data.drawn(run.sampler.samples_of(epoch)[:samples]):
            line(say("train.drawn", name=name, images=images, words=words))
    for text in describe_scores(scores, progress):
        line(text)
    if forgets and would_be_best:
        keep_hmean, limit = scores["keep_hmean"], train_cfg.max_forgetting
        line(describe_forgetting(progress, value, keep_hmean, limit))
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
    started = time.perf_counter()
    run.watchdog.beat("save")
    learned = run.learner.state()
    # A step far too large leaves infinite weights and no gradient that would tell.
    if any_rank(not is_finite(learned)):
        fall_back(run)
        learned = run.learner.state()
    if not run.progress.bad_steps:
        run.last_good = learned
    content = run.checkpoint(learned)  # every rank gives its part
    if run.folder is not None:
        seal(content)
        run.sinks.flush()  # a run that is killed later goes on behind what they hold
        for removed in run.folder.write(content, epoch, best):
            run.sinks.line(say("train.removed", path=removed))
    run.interruption.expect(time.perf_counter() - started)


def interrupted(run: Run, stop: int) -> int:
    """Save where the run stands, say how to go on, and give the exit code."""
    save(run)
    if stop == TOO_MUCH_BAD_DATA:
        raise run.bad_data.refusal(run.data.image_path, Path(run.args.output_dir))
    path = f"{run.args.output_dir}/{checkpoints.LATEST}"
    reason = "train.time_is_up" if stop == TIME_IS_UP else "train.interrupted"
    run.sinks.line()
    run.sinks.line(say(reason, path=path, epoch=run.progress.epoch + 1))
    run.sinks.line(say("train.how_to_resume", command=resume_command(sys.argv)))
    return exit_code(stop)


if __name__ == "__main__":
    run_script(main)
