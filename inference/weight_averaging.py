"""Weights between two checkpoints of one network: better on new photos, less forgetful of old ones.

WiSE-FT (Wortsman et al. 2022, arXiv 2109.01903): on the straight line from pretrained to fine-tuned
weights there are often some that do the new task as well and the old one almost as before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from dataset.mixture import Mixture
from dataset.sampler import EpochSampler
from dataset.text_dataset import prepare_worker
from inference.forgetting import forgets_too_much
from runtime.messages import UserError

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Mixed:
    """How weights do that are ``factor`` of the way from pretrained to fine-tuned.

    keep: hmean on the keep set, None without one.
    """

    factor: float
    precision: float
    recall: float
    hmean: float
    keep: float | None = None


def interpolate(pretrained: Weights, finetuned: Weights, factor: float) -> dict[str, Tensor]:
    """(1 - factor) * pretrained + factor * finetuned, 0 <= factor <= 1; counters as finetuned's.

    Both are state dicts of one network; 0 and 1 give them back to the last bit.
    """
    return {
        key: (1 - factor) * pretrained[key] + factor * value if value.is_floating_point() else value
        for key, value in finetuned.items()
    }


def training_images(
    data: Mixture, batch_size: int, seed: int, num_batches: int, workers: int = 0
) -> list[Tensor]:
    """The first batches that a training with this seed sees, uint8 (N, 3, S, S) each.

    They are augmented as in training; photos that cannot be read are left out.  Raises UserError
    where no other is there.
    """
    sampler = EpochSampler(len(data), batch_size, seed=seed, weighted=data.weighted_order(seed))

    def keys_of_all_epochs() -> Iterable[list[tuple[int, int]]]:
        for epoch in count(1):
            sampler.set_epoch(epoch)
            yield from sampler

    loader = DataLoader(
        data,
        batch_sampler=list(islice(keys_of_all_epochs(), num_batches)),
        num_workers=workers,
        worker_init_fn=prepare_worker,
    )
    batches = (batch["imgs"][~batch["unreadable"]] for batch in loader)
    readable = [images for images in batches if len(images)]
    if not readable:
        raise UserError("average.no_images", path=data.image_path(0).parent)
    return readable


@torch.no_grad()
def estimate_batchnorm(model: nn.Module, batches: Sequence[Tensor]) -> None:
    """Replace BatchNorm statistics by the means over batches of images; see ``training_images``.

    Those of interpolated weights are no interpolation of the two ends' statistics.  All but
    BatchNorm is in eval mode meanwhile, so that dropout makes nothing random; the model stays in
    eval mode.
    """
    model.eval()
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    device = next(model.parameters()).device
    for norm in norms:
        norm.train()
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
    for images in batches:
        model(images.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.eval()
        norm.momentum = momentum


def choose(mixed: Sequence[Mixed], limit: float | None) -> Mixed:
    """The best hmean among those that do not forget too much; of equals the nearest to pretrained.

    mixed: in the order of their factors, the pretrained weights (factor 0) first.
    limit: see ``forgets_too_much``; without keep scores nothing is forgotten.
    """
    start = mixed[0].keep
    eligible = [one for one in mixed if not forgets_too_much(one.keep, start, limit)]
    return max(eligible, key=lambda one: one.hmean)
