"""What a protocol says of each image and of all together."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ImageScore:
    """One image.

    pairs: (index of the word, index of the detection) of each match.
    dropped: indices of the detections that lie in ignored words and so count neither way.
    num_truths, num_detections: how many are left to count.
    precision, recall: of this image alone; recall is 1 where there is no word to find, and
        precision is then 1 if nothing was found.
    ignored: indices of the words that do not count.  The others are found, if they stand in a pair,
        or missed.
    recall_credit, precision_credit: what is divided by ``num_truths`` and ``num_detections``.
    """

    precision: float
    recall: float
    hmean: float
    pairs: tuple[tuple[int, int], ...]
    dropped: tuple[int, ...]
    num_truths: int
    num_detections: int
    ignored: tuple[int, ...] = ()
    recall_credit: float = 0.0
    precision_credit: float = 0.0


@dataclass(frozen=True)
class Score:
    """All images; the fractions are 0 where they have no denominator.

    matched: words that stand in a pair.
    num_truths, num_detections: those that count, without ignored words and what lies in them.
    """

    precision: float
    recall: float
    hmean: float
    matched: int
    num_truths: int
    num_detections: int
    images: tuple[ImageScore, ...]


def harmonic_mean(precision: float, recall: float) -> float:
    """2 p r / (p + r), and 0 where both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def image_score(
    pairs: Sequence[tuple[int, int]],
    ignored: Collection[int],
    dropped: Collection[int],
    num_words: int,
    num_found: int,
    credits: tuple[float, float] | None = None,
) -> ImageScore:
    """An image with ``num_words`` words and ``num_found`` detections, all counted.

    credits: for recall and precision; None where each pair counts one in both.
    """
    num_truths, num_detections = num_words - len(ignored), num_found - len(dropped)
    recall_credit, precision_credit = credits or (float(len(pairs)), float(len(pairs)))
    if num_truths:
        recall = recall_credit / num_truths
        precision = precision_credit / num_detections if num_detections else 0.0
    else:
        recall, precision = 1.0, float(num_detections == 0)
    return ImageScore(
        precision,
        recall,
        harmonic_mean(precision, recall),
        tuple(pairs),
        tuple(sorted(dropped)),
        num_truths,
        num_detections,
        tuple(sorted(ignored)),
        recall_credit,
        precision_credit,
    )


def sum_up(images: Iterable[ImageScore]) -> Score:
    """All images: the credits of all are divided by the words and the detections of all."""
    images = tuple(images)
    num_truths = sum(image.num_truths for image in images)
    num_detections = sum(image.num_detections for image in images)
    recall_credit = sum(image.recall_credit for image in images)
    precision_credit = sum(image.precision_credit for image in images)
    recall = recall_credit / num_truths if num_truths else 0.0
    precision = precision_credit / num_detections if num_detections else 0.0
    return Score(
        precision,
        recall,
        harmonic_mean(precision, recall),
        sum(len({word for word, _ in image.pairs}) for image in images),
        num_truths,
        num_detections,
        images,
    )
