"""ICDAR 2015 (Incidental Scene Text) and ICDAR 2017 (MLT): one word, one detection."""

from collections.abc import Iterable

import numpy as np

from inference.protocols.overlaps import Overlaps
from inference.protocols.records import ImageScore, Score, image_score, sum_up

MATCH_IOU = 0.5


def icdar(images: Iterable[Overlaps]) -> Score:
    """A match is an IoU over one half; ignored words count neither way, nor what lies in them.

    Matches of all images are divided by all words and by all detections that count.
    """
    return sum_up(map(_score_image, images))


def _score_image(image: Overlaps) -> ImageScore:
    """Match first come, first served: words in file order, for each the detections in theirs."""
    dropped = image.found_inside(image.ignored)
    pairs: dict[int, int] = {}
    taken = set(dropped)
    for w, d in image.pairs_that_may_reach(MATCH_IOU):
        free = not image.ignored[w] and w not in pairs and d not in taken
        if free and image.iou(w, d) > MATCH_IOU:
            pairs[w] = d
            taken.add(d)
    left_out = np.flatnonzero(image.ignored).tolist()
    return image_score(list(pairs.items()), left_out, dropped, len(image.words), len(image.found))
