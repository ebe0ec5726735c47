"""The network in training, with everything that a step changes, on one rank."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from models.fast import FAST
from models.layers import freeze_batchnorm
from models.sync_batchnorm import synchronise_batchnorm
from runtime.blocks import Gradients, Restorable
from runtime.compiling import compiled
from runtime.distributed import Ranks, any_rank, copy_from_first_rank
from runtime.ema import Ema
from runtime.lockstep import LOCKSTEP
from runtime.loss_meter import GIVEN_NAMES
from runtime.messages import UserError
from runtime.optimizers import build_optimizer, load_optimizer
from runtime.precision import autocast, grad_scaler, memory_format

Batch = Mapping[str, Tensor]
# Parts of a batch that stay on the host: asking them never waits for the device.
HOST_KEYS = ("num_instances", "index", "unreadable")
# Large enough for five halvings.
TINY_IMAGE = (1, 3, 64, 64)
_OUT_OF_HOST_MEMORY = "can't allocate memory"


class Learner:
    """Takes optimizer steps; whatever a batch does, weights and averages stay finite.

    All ranks hold the same weights and call the same methods in the same order.
    split: into how many pieces each micro-batch is cut, one after the other, so that it fits into
        memory; more as soon as a rank runs out of it.
    """

    def __init__(
        self,
        model: FAST,
        ranks: Ranks,
        train_cfg: Mapping[str, Any],
        precision: torch.dtype,
        compile_it: bool = False,
    ) -> None:
        self.ranks, self.precision = ranks, precision
        model.backbone.freeze(train_cfg["freeze_stages"])
        model.to(memory_format=memory_format(ranks.device, precision))
        model.to(ranks.device)
        if ranks.world > 1:
            copy_from_first_rank(model.state_dict().values())
            if train_cfg["sync_bn"]:
                synchronise_batchnorm(model)
        self.statistics = Restorable(model.buffers())
        self.model = model
        self.network: nn.Module = compiled(model) if compile_it else model
        self.gradients = Gradients(model.parameters())
        self.optimizer = build_optimizer(model.parameters(), train_cfg)
        self.scaler = grad_scaler(ranks.device, precision)
        self.ema = Ema(model, train_cfg["ema_decay"])
        self.clip_grad = train_cfg["clip_grad"]
        self.split = 1

    def begin_epoch(self, epoch: int, freeze_bn: int) -> None:
        """freeze_bn: the epoch, counted from 1, from which on BatchNorm is frozen; 0 for never.

        What is kept are the averaged statistics: those of the last few batches waver.
        """
        self.network.train()
        if 0 < freeze_bn <= epoch:
            averages = self.ema.state_dict()
            buffers = dict(self.model.named_buffers())
            names = [name for name in buffers if name in averages]
            if self.ranks.world > 1:  # without sync_bn every rank has gathered its own
                copy_from_first_rank(averages[name] for name in names)
            for name in names:
                buffers[name].copy_(averages[name])
            freeze_batchnorm(self.model)

    def step(self, micro_batches: Sequence[Batch], rate: float) -> Tensor:
        """One optimizer step on the mean loss of all samples of all ranks.

        micro_batches: one after the other through the network; as many on every rank, of one size.
        rate: the learning rate.
        Gives this rank's losses, see ``LossMeter.add``.  Raises UserError where not even a single
        sample fits into memory.
        """
        while (losses := self._add_gradients(micro_batches)) is None:
            self._split_further(max(len(batch["imgs"]) for batch in micro_batches))
        return self._update(losses, rate)

    def _add_gradients(self, micro_batches: Sequence[Batch]) -> Tensor | None:
        """Mean losses (GIVEN_NAMES,), their gradients added up; None: some rank lacks memory."""
        samples = sum(len(batch["imgs"]) for batch in micro_batches)
        weight = 1 / (samples * self.ranks.world)
        self.statistics.keep()
        self.gradients.clear()
        sums = []
        for batch in micro_batches:
            for piece in _pieces(batch, self.split):
                losses = self._pass(piece, weight)
                if any_rank(losses is None):
                    self.statistics.restore()
                    return None
                sums.append(losses)
        return torch.stack(sums).sum(0) / samples  # type: ignore[arg-type]

    def _pass(self, batch: Batch, weight: float) -> Tensor | None:
        """Sums of the losses over a batch, their gradients added; None where memory ran out."""
        LOCKSTEP.begin_pass()
        try:
            return self._forward_and_backward(batch, weight)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # Outside of the handler, which holds on to all that the pass had allocated.
        if self.ranks.device.type == "cuda":
            torch.cuda.empty_cache()
        self._catch_up()
        return None

    def _forward_and_backward(self, batch: Batch, weight: float) -> Tensor:
        batch = {
            key: value if key in HOST_KEYS else value.to(self.ranks.device, non_blocking=True)
            for key, value in batch.items()
        }
        with autocast(self.ranks.device, self.precision):
            logits = self.network(batch["imgs"])
        losses = self.model.losses(logits, batch)
        losses["loss"] = losses["loss_text"] + losses["loss_kernels"] + losses["loss_emb"]
        self.scaler.scale(losses["loss"].sum() * weight).backward()
        return torch.stack([losses[name].detach().float().sum() for name in GIVEN_NAMES])

    def _catch_up(self) -> None:
        """Meet the ranks that wait for this one in the pass that it could not finish."""
        if self.ranks.world > 1:
            LOCKSTEP.catch_up()
            image = torch.zeros(TINY_IMAGE, dtype=torch.uint8, device=self.ranks.device)
            with autocast(self.ranks.device, self.precision):
                self.model(image).float().sum().backward()

    def _split_further(self, samples: int) -> None:
        if self.split >= samples:
            raise UserError("train.out_of_memory", device=self.ranks.device)
        self.split = min(2 * self.split, samples)

    def _update(self, losses: Tensor, rate: float) -> Tensor:
        """Let all ranks take the step, or none: where a loss or a gradient is not finite, the
        scaler skips it on the device, and no host has to wait and see.
        """
        finite_loss, finite_gradient = torch.isfinite(losses).all(), self.gradients.finite()
        self.gradients.spoil_unless(finite_loss & finite_gradient)
        self.gradients.exchange()
        healthy = self.gradients.finite()
        self.gradients.spoil_unless(healthy)  # the sum of what each rank could still have borne
        # float16 overflows until its scale has come down: nothing is wrong with such a step.
        scaled = self.scaler.scale(torch.ones_like(losses[0])) > 1
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if self.clip_grad:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip_grad)
        self.scaler.step(self.optimizer)
        # Formats that need no scale keep it at 1, also after a step that was skipped.
        self.scaler.update(None if self.precision == torch.float16 else 1.0)
        self.statistics.restore_unless(healthy)
        self.ema.update()
        flags = torch.stack([finite_loss, finite_gradient | scaled])
        return torch.cat([losses, flags.float()])

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps, copied to the host: the next steps do not change it."""
        return {
            "state_dict": _on_host(self.model.state_dict()),
            "ema": _on_host(self.ema.state_dict()),
            "ema_updates": self.ema.updates,
            "optimizer": _on_host(self.optimizer.state_dict()),
            "scaler": self.scaler.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state`` gave; it is left as it is.

        Raises ValueError where the optimizer's part does not belong to these weights.
        """
        self.model.load_state_dict(state["state_dict"])
        self.ema.load(state["ema"], state["ema_updates"])
        load_optimizer(self.optimizer, _on_host(state["optimizer"]))
        self.scaler.load_state_dict(state["scaler"])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a GPU, or the host, has no memory left to give."""
    if isinstance(error, torch.cuda.OutOfMemoryError | MemoryError):
        return True
    return _OUT_OF_HOST_MEMORY in str(error)


def is_finite(state: Mapping[str, Any]) -> bool:
    """Whether weights and averages in a ``Learner.state`` hold neither NaN nor infinity."""
    tensors = [*state["state_dict"].values(), *state["ema"].values()]
    return all(bool(torch.isfinite(each).all()) for each in tensors)


def _pieces(batch: Batch, split: int) -> Iterator[Batch]:
    """The batch cut into ``split`` pieces, or into single samples where it has fewer."""
    size = -(-len(batch["imgs"]) // split)
    for pieces in zip(*(value.split(size) for value in batch.values()), strict=True):
        yield dict(zip(batch, pieces, strict=True))


def _on_host(value: Any) -> Any:
    """A copy in which every tensor lies in the host's memory and is shared with nobody."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, Mapping):
        return {key: _on_host(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_on_host, value))
    return value
