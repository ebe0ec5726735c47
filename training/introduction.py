"""What a run says before its first epoch."""

from collections.abc import Iterator, Sequence

import torch

from dataset import Mixture, TextDataset
from dataset.checks import Report
from runtime.distributed import Ranks
from runtime.messages import say

PROBLEMS_SHOWN = 10  # of each kind


def describe_device(ranks: Ranks, precision: torch.dtype) -> str:
    if ranks.device.type != "cuda":
        name = say("train.cpu", cores=torch.get_num_threads())
    else:
        name = torch.cuda.get_device_name(ranks.device)
    name = name if ranks.world == 1 else f"{name} x {ranks.world}"
    return say("train.device", device=name, precision=str(precision).removeprefix("torch."))


def describe_data(
    data: Mixture, validation: TextDataset | None, samples: int, batch_size: int, iterations: int
) -> Iterator[str]:
    """Numbers of images, the formats that were found out, and the parts of a mixture."""
    yield say(
        "train.data",
        images=data.num_images,
        samples=samples,
        batch=batch_size,
        iterations=iterations,
    )
    for source in data.sources:
        if source.found_format:
            yield say("train.format", folder=source.label_folder, format=source.found_format)
    weights = data.weights or data.lengths
    if len(data.sources) > 1:
        for source, weight in zip(data.sources, weights, strict=True):
            share = weight / sum(weights)
            yield say("train.source", name=source.name, images=source.num_images, share=share)
    if validation is None:
        yield say("train.no_validation")
    else:
        yield say("train.validation", images=validation.num_images)


def describe_problems(reports: Sequence[Report]) -> Iterator[str]:
    for report in reports:
        yield from report.lines(PROBLEMS_SHOWN)
