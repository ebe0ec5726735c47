"""What fine-tuning may cost: scores on photos that the detector was good at before."""

from collections.abc import Callable, Mapping

from dataset.text_dataset import TextDataset
from inference.detector import TextDetector
from inference.evaluate import evaluate
from runtime.messages import UserError, say

# A difference of exactly the limit is allowed, whatever rounding made of it.
_ROUNDING = 1e-9


def keep_scores(
    detector: TextDetector,
    data: TextDataset,
    *,
    workers: int = 0,
    rank: int = 0,
    world: int = 1,
    progress: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, float]:
    """Precision, recall and hmean on the keep set; every rank calls it and gets all of them.

    workers, rank, world, progress, stop: see ``evaluate``; once stopped, the figures mean nothing.
    """
    result = evaluate(
        detector, data, workers=workers, rank=rank, world=world, progress=progress, stop=stop
    )
    assert result.score is not None  # a keep set has labels
    return {
        "keep_precision": result.score.precision,
        "keep_recall": result.score.recall,
        "keep_hmean": result.score.hmean,
    }


def describe_keep_scores(scores: Mapping[str, float], start: float) -> str:
    """A line with ``keep_scores`` and the change of hmean against ``start``, where it began."""
    return say("keep.scores", **scores, change=scores["keep_hmean"] - start)


def forgets_too_much(hmean: float | None, start: float | None, limit: float | None) -> bool:
    """Whether the keep set's hmean fell from ``start`` by more than ``limit``.

    Without a limit, or without scores to hold it against, nothing is too much.
    """
    if hmean is None or start is None or limit is None:
        return False
    return hmean < start - limit - _ROUNDING


def refuse_limit_without_keep_set(limit: float | None, keep_set: object) -> None:
    """Raise UserError for ``max_forgetting`` without photos to measure forgetting on."""
    if limit is not None and not keep_set:
        raise UserError("keep.limit_without_set", limit=limit)
