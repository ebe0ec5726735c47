"""What a run says of an epoch."""

from collections.abc import Iterator, Mapping

from inference.forgetting import describe_keep_scores
from runtime.messages import say
from runtime.progress import Progress

LONG_WAIT = 0.1  # share of an epoch spent waiting for data from which on a remedy is named
Numbers = Mapping[str, float]


def describe_epoch(epoch: int, means: Numbers, rate: float, pace: Numbers) -> Iterator[str]:
    """means: of the losses; rate: the last; pace: seconds, images_per_s and data_wait."""
    yield say("train.epoch_done", epoch=epoch, seconds=pace["seconds"])
    yield say("train.mean_loss", value=means["loss"])
    yield say("train.mean_text", value=means["loss_text"])
    yield say("train.mean_kernel", value=means["loss_kernel"])
    yield say("train.mean_emb", value=means["loss_emb"])
    yield say("train.rate", value=rate)
    yield say("train.speed", speed=pace["images_per_s"], wait=pace["data_wait"])


def describe_scores(scores: Numbers, progress: Progress) -> Iterator[str]:
    """The validation's scores and those on the keep set, as far as there are any."""
    if "val_loss" in scores:
        yield say("train.val_loss", value=scores["val_loss"])
    if "hmean" in scores:
        yield say("train.scores", **scores)
    if "keep_hmean" in scores and progress.keep_start is not None:
        yield describe_keep_scores(scores, progress.keep_start)


def describe_forgetting(
    progress: Progress, value: float, keep_hmean: float, max_forgetting: float
) -> str:
    """The best epoch so far, with ``value``, is not taken for what it has forgotten."""
    return say(
        "keep.too_much",
        criterion=say(f"train.criterion.{progress.criterion}"),
        value=value,
        start=progress.keep_start,
        hmean=keep_hmean,
        limit=max_forgetting,
    )
