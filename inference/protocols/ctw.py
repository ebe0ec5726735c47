"""CTW1500: polygons, IoU of one half or more."""

from collections.abc import Iterable

from inference.protocols.overlaps import Overlaps
from inference.protocols.records import ImageScore, Score, image_score, sum_up

MATCH_IOU = 0.5


def ctw1500(images: Iterable[Overlaps]) -> Score:
    """A detection is right if it covers a word that none before it covered.

    Every word counts, also an ignored one.  A detection that covers several is one right detection,
    and all of these words are then taken, as in the data set's own program.
    """
    return sum_up(map(_score_image, images))


def _score_image(image: Overlaps) -> ImageScore:
    pairs: dict[int, int] = {}
    for w, d in sorted(image.pairs_that_may_reach(MATCH_IOU), key=lambda pair: pair[::-1]):
        if w not in pairs and image.iou(w, d) >= MATCH_IOU:
            pairs[w] = d
    right = float(len(set(pairs.values())))
    return image_score(
        sorted(pairs.items()), (), (), len(image.words), len(image.found), (right, right)
    )
