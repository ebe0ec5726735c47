"""MSRA-TD500: turned boxes of lines, some of them marked as difficult."""

from collections.abc import Iterable

from inference.protocols.overlaps import Overlaps
from inference.protocols.records import ImageScore, Score, image_score, sum_up

MATCH_IOU = 0.5


def msra_td500(images: Iterable[Overlaps]) -> Score:
    """A word is found if a detection has an IoU of one half or more with it.

    Difficult words count if they are found, and do not if they are missed.  One detection may find
    several words, as in the data set's own program, and so precision can be greater than 1.
    """
    return sum_up(map(_score_image, images))


def _score_image(image: Overlaps) -> ImageScore:
    pairs: dict[int, int] = {}
    for w, d in image.pairs_that_may_reach(MATCH_IOU):
        if w not in pairs and image.iou(w, d) >= MATCH_IOU:
            pairs[w] = d
    forgiven = [w for w, word in enumerate(image.words) if word.is_difficult and w not in pairs]
    return image_score(list(pairs.items()), forgiven, (), len(image.words), len(image.found))
