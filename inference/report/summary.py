"""All that an error report shows but for the photos: fates, intervals, tables."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from inference.evaluate import EvaluationResult
from inference.report.confidence import Interval, resampled_sums, score_intervals
from inference.report.errors import ImageErrors, find_errors
from inference.report.photos import LabelledPhotos
from inference.report.tally import Table, collect_boxes, sort_into_tables
from inference.scoring import Score
from runtime.messages import say


@dataclass(frozen=True, eq=False)
class Summary:
    """What became of every word and every detection.

    precision, recall, hmean: their intervals.
    word_tables, detection_tables: one for each Dimension, in the same order.
    """

    score: Score
    images: list[ImageErrors]
    precision: Interval
    recall: Interval
    hmean: Interval
    word_fates: Counter[str]
    detection_fates: Counter[str]
    word_tables: list[Table]
    detection_tables: list[Table]


def summarise(photos: LabelledPhotos, result: EvaluationResult, short_size: int) -> Summary:
    """What became of every word and every detection of ``result``, which has been scored."""
    score = result.score
    if score is None:
        raise ValueError("a result without a score has no errors to report")
    images = [
        find_errors(photos.words(index), found.detections, image_score, found.size)
        for index, (found, image_score) in enumerate(zip(result.images, score.images, strict=True))
    ]
    words, detections = collect_boxes(images, short_size)
    num_images, unknown = len(images), say("report.unknown")
    return Summary(
        score,
        images,
        *_intervals(score),
        Counter(words.fate.tolist()),
        Counter(detections.fate.tolist()),
        sort_into_tables(words, num_images, unknown),
        sort_into_tables(detections, num_images, unknown),
    )


def _intervals(score: Score) -> tuple[Interval, Interval, Interval]:
    columns = [
        (one.recall_credit, one.num_truths, one.precision_credit, one.num_detections)
        for one in score.images
    ]
    return score_intervals(*resampled_sums(np.array(columns, np.float64).reshape(-1, 4)).T)
