"""Precision and recall of detections, by the protocols that published figures use.

A protocol is a function and a row in ``PROTOCOLS``.  It gets what is found and labelled, image by
image, and decides itself how images add up.  Every image counts, also one without detections, and
whatever is found or labelled gives figures, never an error.
"""

from collections.abc import Callable, Sequence

import numpy as np

from dataset.labels import Word
from inference.protocols.characters import CharacterScore, score_characters
from inference.protocols.ctw import ctw1500
from inference.protocols.icdar import icdar
from inference.protocols.msra import msra_td500
from inference.protocols.overlaps import Overlaps
from inference.protocols.records import ImageScore, Score, harmonic_mean
from inference.protocols.total_text import total_text
from runtime.messages import UserError

__all__ = [
    "PROTOCOLS",
    "CharacterScore",
    "ImageScore",
    "Score",
    "harmonic_mean",
    "score",
    "score_with_characters",
]

PROTOCOLS: dict[str, Callable[[Sequence[Overlaps]], Score]] = {
    "icdar2015": icdar,
    # The same arithmetic; the result files differ.
    "icdar2017": icdar,
    "total_text": total_text,
    "ctw1500": ctw1500,
    "msra_td500": msra_td500,
}


def score(
    detections: Sequence[Sequence[np.ndarray]],
    truths: Sequence[Sequence[Word]],
    protocol: str = "icdar2015",
) -> Score:
    """Score detections against labelled words.

    detections: for each image its polygons (K, 2), x then y in the pixels in which the words are.
    truths: for each image, in the same order, its words.
    """
    check_protocol(protocol)
    return PROTOCOLS[protocol](_overlaps(detections, truths))


def score_with_characters(
    detections: Sequence[Sequence[np.ndarray]],
    truths: Sequence[Sequence[Word]],
    protocol: str = "icdar2015",
) -> tuple[Score, CharacterScore]:
    """``score``, and the score by characters: hardly slower, for both measure the same overlaps."""
    check_protocol(protocol)
    images = _overlaps(detections, truths)
    return PROTOCOLS[protocol](images), score_characters(images)


def check_protocol(name: str) -> None:
    """Raises UserError for a protocol that there is not."""
    if name not in PROTOCOLS:
        raise UserError("score.unknown_protocol", name=name, known=", ".join(PROTOCOLS))


def _overlaps(
    detections: Sequence[Sequence[np.ndarray]], truths: Sequence[Sequence[Word]]
) -> list[Overlaps]:
    if len(detections) != len(truths):
        raise ValueError(f"{len(detections)} images of detections, {len(truths)} of words")
    return list(map(Overlaps, detections, truths))
