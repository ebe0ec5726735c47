"""What does a training step consist of, and which ways of computing it are the fastest?

Steps of FAST-tiny on random images with drawn words: losses against the whole, bfloat16 against
float32, compiled against not, the averaging of the weights.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from benchmarks.measure import Row, Timing, time_calls
from dataset.labels import Word
from dataset.targets import draw_targets
from models import build_model
from runtime.config import load_config
from runtime.distributed import Ranks
from runtime.precision import autocast, choose_precision
from training.learner import HOST_KEYS, Learner

CONFIG = "config/fast/sample/fast_tiny_sample.py"
RATE = 1e-4
LOSS_SIDE, STEP_SIDE, STEP_BATCH = 640, 320, 4


def rows(args: argparse.Namespace) -> Iterator[Row]:
    device = torch.device(args.device)
    yield from losses_in_a_step(device)
    yield from number_of_instances(device)
    yield from formats_and_compiling(device, args.compile)


class Step:
    """A training step as the train script makes it."""

    def __init__(
        self, device: torch.device, amp: str, batch: dict[str, Tensor], compile_it: bool = False
    ) -> None:
        torch.manual_seed(0)
        self.config = load_config(CONFIG)
        self.device = device
        self.precision = choose_precision(amp, device)
        model = build_model(self.config.model)
        self.learner = Learner(
            model, Ranks(0, 1, device), self.config.train_cfg, self.precision, compile_it
        )
        self.learner.network.train()
        self.model, self.ema = self.learner.model, self.learner.ema
        self.batch = {
            key: value if key in HOST_KEYS else value.to(device) for key, value in batch.items()
        }

    def run(self) -> None:
        self.advance()
        self.finish()

    def advance(self) -> None:
        """All of a step's work; a GPU is not waited for."""
        self.learner.step([self.batch], RATE)

    def forward(self) -> Tensor:
        with autocast(self.device, self.precision):
            return self.learner.network(self.batch["imgs"])

    def losses(self, logits: Tensor) -> Tensor:
        losses = self.model.losses(logits, self.batch)
        total = losses["loss_text"] + losses["loss_kernels"] + losses["loss_emb"]
        return total.mean()

    def finish(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def batch_of(size: int, side: int, words: int) -> dict[str, Tensor]:
    """Random images with a grid of ``words`` words each."""
    rng = np.random.default_rng(0)
    columns = max(1, int(np.ceil(np.sqrt(words / 2))))
    cell_x, cell_y = side / columns, side / (-(-words // columns))
    corners = np.array([[0.1, 0.15], [0.9, 0.15], [0.9, 0.85], [0.1, 0.85]])
    drawn = [
        Word(
            ((corners + (n % columns, n // columns)) * (cell_x, cell_y)).astype(np.float32),
            "w",
            False,
            n,
        )
        for n in range(words)
    ]
    targets = draw_targets(drawn, (side, side))
    names = ("gt_texts", "gt_kernels", "training_masks", "gt_instances")
    batch = {
        name: torch.from_numpy(getattr(targets, name)).expand(size, -1, -1).contiguous()
        for name in names
    }
    batch["num_instances"] = torch.full((size,), targets.num_instances)
    batch["imgs"] = torch.from_numpy(rng.integers(0, 256, (size, 3, side, side), np.uint8))
    return batch


def losses_in_a_step(device: torch.device) -> Iterator[Row]:
    step = Step(device, "auto", batch_of(2, LOSS_SIDE, 12))
    logits = step.forward().detach().requires_grad_()

    losses_alone = losses_of(step, logits)
    whole, losses, ema = time_calls(step.run, losses_alone, averaging(step), rounds=5, warm_up=1)
    yield Row("a step at 640 px, batch 2", 1e3 * whole.median, "ms", "", whole.spread_ms)
    yield share("losses, forward and backward, of that step", losses, whole, "<= 5")
    yield share("averaging the weights, of that step", ema, whole, "<= 1")


def averaging(step: Step) -> Callable[[], None]:
    def run() -> None:
        step.ema.update()
        step.finish()

    return run


def share(question: str, part: Timing, whole: Timing, claim: str) -> Row:
    spread = 100 * part.least / whole.least, 100 * part.most / whole.most
    return Row(question, 100 * part.median / whole.median, "%", claim, spread)


def number_of_instances(device: torch.device) -> Iterator[Row]:
    works = []
    for words in (2, 200):
        step = Step(device, "auto", batch_of(2, LOSS_SIDE, words))
        logits = torch.randn(2, 5, LOSS_SIDE // 4, LOSS_SIDE // 4, device=device)
        works.append(losses_of(step, logits.requires_grad_()))
    few, many = time_calls(*works, rounds=9)
    spread = many.least / few.least, many.most / few.most
    yield Row("losses with 200 instances over those with 2", many.median / few.median, "times",
              "<= 1.3", spread)  # fmt: skip


def losses_of(step: Step, logits: Tensor) -> Callable[[], None]:
    def run() -> None:
        step.losses(logits).backward()
        step.finish()

    return run


def formats_and_compiling(device: torch.device, with_compiling: bool) -> Iterator[Row]:
    batch = batch_of(STEP_BATCH, STEP_SIDE, 12)
    plain, fast = Step(device, "off", batch), Step(device, "auto", batch)
    steps = [plain, fast]
    if with_compiling:
        steps.append(Step(device, "auto", batch, compile_it=True))
    times = time_calls(*(step.run for step in steps), rounds=7)
    name = str(fast.precision).removeprefix("torch.")
    for label, timing in zip(("float32", name, f"{name}, compiled"), times, strict=False):
        rate = STEP_BATCH / timing.median
        spread = STEP_BATCH / timing.most, STEP_BATCH / timing.least
        yield Row(f"steps at 320 px, batch 4, {label}", rate, "images/s", "", spread)
    # Without units for bfloat16, 'auto' is float32 and there is nothing to win.
    claim = ">= 2.0" if fast.precision != torch.float32 else ""
    yield Row(
        "float32 over --amp auto", times[0].median / times[1].median, "times", claim,
        (times[0].least / times[1].least, times[0].most / times[1].most),
    )  # fmt: skip
    if with_compiling:
        yield Row("not compiled over compiled", times[1].median / times[2].median, "times")
