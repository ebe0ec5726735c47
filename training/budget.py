"""``--budget 20m``: crop, batch, epochs and learning rate from the data and the device's speed."""

import argparse
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from dataset import Mixture
from inference.detector import detection_settings
from runtime.checkpoint import Checkpoint
from runtime.checkpoint_folder import state_bytes
from runtime.config import Config
from runtime.distributed import gather
from runtime.messages import UserError, say
from runtime.progress import Progress
from runtime.provenance import recorded
from runtime.resume_check import flat
from runtime.schedules import falls_to_zero
from training.budget_clock import FEWEST_REPORTED, BudgetClock, Costs
from training.data import RunData
from training.gain_report import most_photos
from training.learner import Learner
from training.speed import Speed, measure_training, measure_validation

Size = tuple[int, int]

# What is picked, and from what: first guesses, except ENOUGH_CROPS.
CROPS = (224, 320, 448, 640)  # sides in pixels, as far as the photos' short side goes
# A larger crop is taken where the budget still gives so many: in the time that a CPU has, many
# small crops have taught more than few large ones.
ENOUGH_CROPS = 20_000
CPU_BATCH, GPU_BATCH, LARGE_GPU_BATCH = 4, 8, 16
MANY_STEPS = 20_000  # from so many on, the large batch
RATE, RATE_BATCH = 5e-4, 4  # the learning rate grows with the square root of the batch
FEWEST_EPOCHS, MOST_EPOCHS = 4, 20
FEWEST_STEPS = 10  # of an epoch
VALIDATION_SHARE, REPORT_SHARE = 0.15, 0.1  # of the budget, at most
# The last epoch is planned shorter than the others by this much: time cuts it off, and where the
# machine turns out to be faster it goes on, instead of leaving time for nothing else.
SHORT_LAST = 0.25
LEAST_TRAINING = 0.2  # of the budget; with less of it the user has to choose

MINIMUM_S = 60.0
_MEASURING_SHARE, _LONGEST_MEASURING_S = 0.04, 6.0
_VALIDATING_SHARE = 0.02  # of the budget, for measuring validation
_SAVED_BYTES_PER_S = 200e6  # serialised, hashed and synced; with the time for drawing the curves
_OPTION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+)s)?", re.IGNORECASE)
_STORED = re.compile(
    r"data\.batch_size|data\.train(\.\d+)?\.(img_size|repeat_times)"
    r"|train_cfg\.(lr|epoch|epoch_samples|freeze_bn)"
)


def read_budget(text: str) -> float:
    """Seconds, for argparse: ``20m``, ``90s``, ``1h30m``, or a plain number of minutes."""
    try:
        seconds = 60 * float(text)
    except ValueError:
        match = _OPTION.fullmatch(text.strip())
        hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        seconds = 3600.0 * hours + 60 * minutes + rest
    if not MINIMUM_S <= seconds < math.inf:
        raise argparse.ArgumentTypeError(say("budget.form", value=text, seconds=MINIMUM_S))
    return seconds


def refuse_contradictions(args: argparse.Namespace) -> None:
    """Raises UserError for an option that says, like ``--budget``, how long the run is.

    And for ``--compile``, whose time cannot be told before it is over.
    """
    if args.compile:
        raise UserError("budget.compile")
    keys = _given_keys(args)
    contradictions = {
        "--epochs": args.epochs is not None,
        "--max_minutes": args.max_minutes is not None,
        "train_cfg.epoch": "train_cfg.epoch" in keys,
        "train_cfg.epoch_samples": "train_cfg.epoch_samples" in keys,
    }
    for name, is_given in contradictions.items():
        if is_given:
            raise UserError("budget.contradiction", name=name)


def _given_keys(args: argparse.Namespace) -> list[str]:
    return [option.partition("=")[0].strip() for option in args.cfg_options]


@dataclass(frozen=True)
class Given:
    """What the user has chosen, which is not picked any more. size: (height, width) of the crops.

    passes: whether ``repeat_times`` says how long an epoch is.
    """

    size: Size | None = None
    batch: int | None = None
    rate: float | None = None
    passes: bool = False

    @classmethod
    def on_command_line(cls, args: argparse.Namespace, config: Config) -> "Given":
        """config: with the command line laid over it."""
        keys = _given_keys(args)
        in_train = {key.rpartition(".")[2] for key in keys if key.startswith("data.train.")}
        return cls(
            _crop_size(config.data.train) if "img_size" in in_train else None,
            config.data.batch_size if args.batch_size or "data.batch_size" in keys else None,
            config.train_cfg.lr if args.lr or "train_cfg.lr" in keys else None,
            "repeat_times" in in_train,
        )


@dataclass(frozen=True)
class Situation:
    """All that a plan depends on.

    left_s: of the budget of ``budget_s`` by now.  images: photos to train on; samples: of a pass
    through them.  sides: of the crops to choose from, ascending.  on_gpu: where it is trained.
    world: number of ranks.  accumulate: batches of a step.  falls_to_zero: whether the schedule
    does, instead of dropping at some epochs.
    """

    budget_s: float
    left_s: float
    images: int
    samples: int
    sides: Sequence[int]
    speed: Speed
    costs: Costs
    on_gpu: bool = False
    world: int = 1
    accumulate: int = 1
    falls_to_zero: bool = True


@dataclass(frozen=True)
class Plan:
    """What was picked; reasons: for each of crop, batch, epochs and rate, a part of a message key.

    epoch_samples: None where the user has said how long an epoch is.
    """

    size: Size
    batch: int
    rate: float
    epochs: int
    epoch_samples: int | None
    training_s: float
    crops: int
    reasons: Mapping[str, str]

    def picks(self, given: Given, parts: int | None) -> list[str]:
        """The plan as overrides of the config, without what was given.

        parts: how many ``data.train`` lists; None where it is no list.
        """
        each = ["data.train"] if parts is None else [f"data.train.{n}" for n in range(parts)]
        found = [f"train_cfg.epoch={self.epochs}"]
        if given.size is None:
            found += [f"{part}.img_size={self.size[0]}" for part in each]
        if given.batch is None:
            found.append(f"data.batch_size={self.batch}")
        if given.rate is None:
            found.append(f"train_cfg.lr={self.rate}")
        if self.epoch_samples is not None:
            found.append(f"train_cfg.epoch_samples={self.epoch_samples}")
            # In a list it says how often each part comes, compared with the others.
            found += ["data.train.repeat_times=1"] if parts is None else []
        return found


def make_plan(now: Situation, given: Given) -> Plan:
    """Raises UserError where the budget is too short for validation, report and training."""
    epoch_end_s = now.costs.epoch_end_s
    room_s = now.left_s - now.costs.end_s
    if room_s < LEAST_TRAINING * now.budget_s:
        fixed_s = now.budget_s - room_s
        raise UserError("budget.too_short", budget=duration(now.budget_s), fixed=duration(fixed_s))
    validations = int(VALIDATION_SHARE * now.budget_s / max(epoch_end_s, 1e-9))
    validations = max(1, min(validations, MOST_EPOCHS))
    # As if all of them took place: the number of epochs depends on the crop.
    least_s = max(room_s - (validations - 1) * epoch_end_s, room_s / 2)
    size, crop_reason = _pick_crop(now, given, least_s)
    batch, batch_reason = _pick_batch(now, given, least_s / now.speed.image_s(size))
    crops = least_s / now.speed.image_s(size)
    passes = round(crops / now.images)
    epochs = max(FEWEST_EPOCHS, min(passes, MOST_EPOCHS))
    epochs_reason = "passes" if epochs == passes else "bounds"
    steps = int(crops / (batch * now.accumulate) / FEWEST_STEPS)
    if validations < epochs or steps < epochs:
        epochs = max(1, min(validations, steps))
        epochs_reason = "validation" if validations <= steps else "steps"
    training_s = max(room_s - (epochs - 1) * epoch_end_s, least_s)
    crops = training_s / now.speed.image_s(size)
    whole = batch * now.accumulate
    epoch_samples: int | None = math.ceil(crops / (epochs - SHORT_LAST) / whole) * whole
    if given.passes:
        epochs, epoch_samples, epochs_reason = math.ceil(crops / now.samples), None, "given"
    scaled = float(f"{RATE * math.sqrt(batch * now.accumulate / RATE_BATCH):.2g}")
    rate_reason = "given" if given.rate else "batch" if now.falls_to_zero else "drops"
    return Plan(
        size,
        batch,
        given.rate or scaled,
        epochs,
        epoch_samples,
        training_s,
        int(crops),
        {"crop": crop_reason, "batch": batch_reason, "epochs": epochs_reason, "rate": rate_reason},
    )


def _pick_crop(now: Situation, given: Given, seconds: float) -> tuple[Size, str]:
    if given.size is not None:
        return given.size, "given"
    sizes = [(side, side) for side in now.sides]
    fitting = [size for size in sizes if seconds / now.speed.image_s(size) >= ENOUGH_CROPS]
    if not fitting:
        return sizes[0], "small"
    return fitting[-1], "all" if len(fitting) == len(sizes) else "enough"


def _pick_batch(now: Situation, given: Given, crops: float) -> tuple[int, str]:
    """Every rank gets as much of it."""
    if given.batch is not None:
        return given.batch, "given"
    batch, reason = (GPU_BATCH, "gpu") if now.on_gpu else (CPU_BATCH, "cpu")
    if now.on_gpu and crops / LARGE_GPU_BATCH >= MANY_STEPS:
        batch, reason = LARGE_GPU_BATCH, "large"
    return -(-batch // now.world) * now.world, reason


@dataclass(frozen=True)
class Budget:
    """What ``--budget`` makes of a run. picks: overrides of the config; lines: what to say."""

    picks: list[str]
    clock: BudgetClock
    lines: list[str]


def prepare_budget(
    args: argparse.Namespace,
    config: Config,
    start: Checkpoint | None,
    data: RunData,
    learner: Learner,
    progress: Progress,
    workers: int,
) -> Budget:
    """Measure this device and pick; a run that is resumed keeps what it had picked.

    config: as the file and the command line have it.  workers: processes that read images.
    Raises UserError where the budget is too short.
    """
    given, ranks = Given.on_command_line(args, config), learner.ranks
    costs = _first_costs(args, config, start, data, learner)
    stored = stored_picks(start.content) if args.resume and start is not None else []
    clock = BudgetClock(args.budget, costs, progress.used_s, progress.began_s)
    length = duration(args.budget)
    if stored:
        used = duration(progress.used_s)
        return Budget(stored, clock, [say("budget.resumed", budget=length, used=used)])
    sides = _sides(data.training)
    on_gpu = ranks.device.type == "cuda"
    freezes = freezes_batchnorm(args, config, start, learner.ranks.device)
    train_cfg = {**config.train_cfg, "freeze_bn": 1} if freezes else config.train_cfg
    # A GPU is not busy with a small crop, whose time says little of a large one's.
    ends = {sides[0], sides[-1]} if on_gpu else {sides[0]}
    speed = measure_training(
        learner,
        data.training,
        train_cfg,
        [given.size[0]] if given.size else sorted(ends),
        (given.batch or (GPU_BATCH if on_gpu else CPU_BATCH)) // ranks.world or 1,
        workers,
        min(_LONGEST_MEASURING_S, _MEASURING_SHARE * args.budget),
    )
    kept = data.keep_set.num_images if data.keep_set else 0
    kept_s = -(-kept // ranks.world) * costs.photo_s  # looked at before the first step
    now = Situation(
        budget_s=args.budget,
        # One plan for all ranks, each of which has a clock of its own.
        left_s=min(gather(args.budget - clock.elapsed_s - kept_s)),
        images=data.training.num_images,
        samples=len(data.training),
        sides=sides,
        speed=speed,
        costs=costs,
        on_gpu=on_gpu,
        world=ranks.world,
        accumulate=config.train_cfg.accumulate,
        falls_to_zero=falls_to_zero(config.train_cfg.schedule),
    )
    plan = make_plan(now, given)
    parts = None if isinstance(config.data.train, Mapping) else len(config.data.train)
    picks, lines = plan.picks(given, parts), list(describe_plan(plan, now))
    if freezes:
        picks.append("train_cfg.freeze_bn=1")
        lines.append(say("budget.frozen"))
    return Budget(picks, clock, lines)


def freezes_batchnorm(
    args: argparse.Namespace, config: Config, start: Checkpoint | None, device: torch.device
) -> bool:
    """Whether a budget picks ``freeze_bn=1``.

    It does so on a CPU, where there are statistics of the whole detector to keep and nobody has
    said otherwise.
    """
    if device.type == "cuda" or start is None or start.source == "backbone":
        return False
    return "train_cfg.freeze_bn" not in _given_keys(args) and not config.train_cfg.freeze_bn


def _first_costs(
    args: argparse.Namespace,
    config: Config,
    start: Checkpoint | None,
    data: RunData,
    learner: Learner,
) -> Costs:
    """Costs before any was paid: some photos are validated on, and writing is guessed."""
    validated = [part for part in (data.validation, data.keep_set) if part is not None]
    photo_s = 0.0
    if validated:
        photo_s = measure_validation(
            learner,
            validated[0],
            detection_settings(config),
            data.training.pooling_size,
            _VALIDATING_SHARE * args.budget,
        )
    photos = sum(-(-part.num_images // learner.ranks.world) for part in validated)
    # Weights, their average, two moments of the optimizer; in ``latest`` and in ``best``.
    save_s = 8 * state_bytes(learner.model.state_dict()) / _SAVED_BYTES_PER_S
    costs = Costs(photo_s, photos, save_s)
    from_scratch = start is None or (args.resume and recorded(start.content).get("start") == {})
    if not args.report or from_scratch or data.validation is None or data.criterion != "hmean":
        return costs
    most = min(data.validation.num_images, most_photos(learner.ranks.device))
    fitting = int(REPORT_SHARE * args.budget / (2 * photo_s))
    return replace(costs, reported=max(FEWEST_REPORTED, min(most, fitting)))


def _sides(training: Mixture) -> list[int]:
    """Crops no larger than the photos as they are cropped; else those of the config."""
    short_size = min(source.short_size for source in training.sources)
    configured = min(min(source.crop_size) for source in training.sources)
    return [side for side in CROPS if side <= short_size] or [configured]


def stored_picks(content: Mapping[str, Any]) -> list[str]:
    """The picks of the run that wrote a checkpoint; none where it had no budget."""
    made = recorded(content).get("config")
    if not isinstance(made, Mapping) or "options.budget_s" not in (values := dict(flat(made))):
        return []
    return [f"{key}={value!r}" for key, value in values.items() if _STORED.fullmatch(key)]


def is_spent(content: Mapping[str, Any], budget_s: float) -> bool:
    """Whether the run that wrote a checkpoint has used up such a budget."""
    return bool(content["progress"].get("used_s", 0.0) >= budget_s)


def cropped_as(training: Mixture, train: Any) -> Mixture:
    """The training data as ``data.train``, a section or a list of them, has it by now."""
    repeat_times = train.get("repeat_times", 1) if isinstance(train, Mapping) else None
    return training.cropped(_crop_size(train), repeat_times)


def _crop_size(train: Any) -> Size:
    """Of ``data.train``, or of the first section of its list."""
    part = train if isinstance(train, Mapping) else train[0]
    return _size(part.get("img_size", 640))


def describe_plan(plan: Plan, now: Situation) -> Iterator[str]:
    """What was picked, and why."""
    yield say(
        "budget.title",
        budget=duration(now.budget_s),
        images=now.images,
        crop=_shown(plan.size),
        speed=1 / now.speed.image_s(plan.size),
    )
    yield say(
        "budget.time",
        training=duration(plan.training_s),
        crops=plan.crops,
        rest=duration(now.budget_s - plan.training_s),
    )
    fields = {"crop": _shown(plan.size), "batch": plan.batch, "rate": plan.rate}
    for name in ("crop", "batch", "rate"):
        reason = say(f"budget.{name}.{plan.reasons[name]}", enough=ENOUGH_CROPS)
        yield say(f"budget.{name}", value=fields[name], reason=reason)
    yield say(
        "budget.epochs",
        epochs=plan.epochs,
        samples=plan.epoch_samples or now.samples,
        reason=say(f"budget.epochs.{plan.reasons['epochs']}", share=VALIDATION_SHARE),
    )


def duration(seconds: float) -> str:
    """``20m``, ``1h 5m``, ``1m 30s``: as ``--budget`` takes it, but for the blanks."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return " ".join(f"{value}{unit}" for value, unit in parts if value) or "0s"


def _size(value: Any) -> Size:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _shown(size: Size) -> str:
    return str(size[0]) if size[0] == size[1] else f"{size[0]}x{size[1]}"
