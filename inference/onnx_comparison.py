"""Does an exported model find what PyTorch finds, on the user's own photos?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from dataset.geometry import intersection_area, polygon_area
from dataset.images import resize_for_test
from inference.detector import TextDetector
from inference.onnx_detector import OnnxDetector
from inference.overlay import draw_detections
from models.post_processing import Detection, enlarge, kernel_threshold, usable_stride

# Of the short side at which the model is to be used; sides then become multiples of 32.
SHAPES = (0.5, 0.75, 1.0, 1.25, 1.5)
LEAST_IOU = 0.99
# Logits above a threshold are text.  Where PyTorch itself comes nearer to it than this, its answer
# may change with the number of threads (sums differ by some 1e-5 with their order): a tie.
TIE = 1e-3
BAD = (239, 68, 68)  # RGB
_BANNER_PX = 28


@dataclass(frozen=True, eq=False)
class Difference:
    """A photo in which the two do not find the same.

    short_side: at which it was looked at.  iou: of the worst pair; 0 where the numbers differ.
    """

    name: str
    image: np.ndarray
    short_side: int
    reference: list[Detection]
    exported: list[Detection]
    iou: float


@dataclass
class Comparison:
    """What came out, over all photos and shapes.

    ties: pixels of the maps that kernels are found in which only rounding puts on two sides.
    largest_gap: between two logits of a cell.  iou: of the worst pair.
    worst: the worst of the differences; None where all is the same.
    """

    runs: int = 0
    boxes: int = 0
    ties: int = 0
    largest_gap: float = 0.0
    iou: float = 1.0
    differing: int = 0
    worst: Difference | None = None

    def add(self, found: Difference) -> None:
        self.iou = min(self.iou, found.iou)
        if found.iou < LEAST_IOU:
            self.differing += 1
            if self.worst is None or found.iou < self.worst.iou:
                self.worst = found


def compare(
    reference: TextDetector,
    exported: OnnxDetector,
    photos: Iterable[tuple[str, np.ndarray]],
    shapes: Sequence[float] = SHAPES,
) -> Comparison:
    """Look for words in each photo at each shape with both; in a batch of two with the exported.

    photos: name, and pixels as uint8 (H, W, 3) RGB.
    """
    result = Comparison()
    threshold = kernel_threshold(exported.test_cfg)
    for name, image in photos:
        size = (image.shape[0], image.shape[1])
        for shape in shapes:
            short_side = round(exported.short_size * shape)
            pixels = resize_for_test(image, short_side)
            kernels = exported.kernel_logits(np.stack([pixels[:, ::-1], pixels]))[1]
            (maps,) = reference.run_network([torch.from_numpy(pixels).permute(2, 0, 1)])
            wanted = maps.logits[0, 0].numpy()
            result.runs += 1
            result.largest_gap = max(result.largest_gap, float(np.abs(kernels - wanted).max()))
            stride = usable_stride(maps.size, exported.test_cfg)
            kernels, wanted = (enlarge(each, maps.size, stride) for each in (kernels, wanted))
            tied = (kernels > threshold) != (wanted > threshold)
            tied &= (np.abs(kernels - threshold) < TIE) & (np.abs(wanted - threshold) < TIE)
            result.ties += int(tied.sum())
            settled = torch.from_numpy(np.where(tied, kernels, wanted))[None, None]
            (words,) = reference.find_words([replace(maps, logits=settled)], [size])
            (found,) = exported.find_words(kernels[None], [(maps.size, size)])
            result.boxes += len(words)
            result.add(Difference(name, image, short_side, words, found, worst_iou(words, found)))
    return result


def worst_iou(reference: Sequence[Detection], exported: Sequence[Detection]) -> float:
    """IoU of the worst pair where each word is paired with its best; 0 for unequal numbers."""
    if len(reference) != len(exported):
        return 0.0
    return min((pair for pair in _best_ious(reference, exported)), default=1.0)


def _best_ious(words: Sequence[Detection], others: Sequence[Detection]) -> list[float]:
    """For each word the best IoU with one of the others that no word before it has taken."""
    free = dict(enumerate(others))
    best = []
    for place, word in enumerate(words):
        # Nearly always word for word the same, in the same order: then nothing is measured.
        same = free.get(place)
        if same is not None and np.array_equal(word.points, same.points):
            del free[place]
            best.append(1.0)
            continue
        ious = {number: _iou(word.points, other.points) for number, other in free.items()}
        nearest = max(ious, key=ious.__getitem__, default=None)
        best.append(0.0 if nearest is None else ious[nearest])
        if nearest is not None:
            del free[nearest]
    return best


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    if np.array_equal(a, b):
        return 1.0
    common = intersection_area(a, b)
    union = polygon_area(a) + polygon_area(b) - common
    return common / union if union > 0 else 0.0


def difference_picture(difference: Difference) -> np.ndarray:
    """PyTorch's words left and the exported model's right, uint8 (H, W, 3) RGB.

    Words without a partner on the other side are red.
    """
    sides = (
        (difference.reference, difference.exported),
        (difference.exported, difference.reference),
    )
    halves = []
    for title, (words, others) in zip(("PyTorch", "ONNX"), sides, strict=True):
        alone = [
            word.points.reshape(-1, 1, 2)
            for word, iou in zip(words, _best_ious(words, others), strict=True)
            if iou < LEAST_IOU
        ]
        drawn = draw_detections(difference.image, words, with_scores=False)
        thickness = max(2, round(min(drawn.shape[:2]) / 250))
        cv2.polylines(drawn, alone, isClosed=True, color=BAD, thickness=thickness)
        banner = np.full((_BANNER_PX, drawn.shape[1], 3), 255, np.uint8)
        text = f"{title}: {len(words)} ({difference.short_side} px)"
        cv2.putText(banner, text, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1, cv2.LINE_AA)
        halves.append(np.vstack([banner, drawn]))
    gap = np.full((halves[0].shape[0], 8, 3), 255, np.uint8)
    return np.hstack([halves[0], gap, halves[1]])
