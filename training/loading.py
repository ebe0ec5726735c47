"""The processes that read training images while the network computes."""

import argparse

import torch

from dataset import Mixture, prepare_worker
from dataset.sampler import EpochSampler
from dataset.steady_loader import SteadyLoader
from runtime.distributed import Ranks, usable_cores
from runtime.interruption import leave_signals_to_the_parent
from runtime.messages import say
from runtime.sinks import Sinks


def worker_count(args: argparse.Namespace, ranks: Ranks) -> int:
    """Of one rank: what ``--workers`` says, else what the device leaves cores for."""
    if args.workers is not None:
        return int(args.workers)
    # On a CPU the network needs the cores itself; one worker prepares the next batch meanwhile.
    return min(16, usable_cores(ranks.world)) if ranks.device.type == "cuda" else 1


def build_loader(
    workers: int, data: Mixture, sampler: EpochSampler, ranks: Ranks, sinks: Sinks
) -> SteadyLoader:
    """Reads the samples of the sampler with ``workers`` processes, 0 for none."""
    return SteadyLoader(
        data,
        sampler,
        lambda count, reason: sinks.line(say("train.workers_again", count=count, reason=reason)),
        num_workers=workers,
        pin_memory=ranks.device.type == "cuda",
        persistent_workers=workers > 0,
        worker_init_fn=_start_worker,
        # Its own generator: the workers' seeds must not move the one that dropout draws from.
        generator=torch.Generator(),
    )


def _start_worker(worker: int) -> None:
    prepare_worker(worker)
    leave_signals_to_the_parent()
