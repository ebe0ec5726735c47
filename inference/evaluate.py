"""Detecting over a whole data set and scoring it, for testing and for validation in training."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from dataset.labels import Word
from dataset.text_dataset import TextDataset
from inference.detector import TextDetector
from inference.scoring import CharacterScore, Score, score, score_with_characters
from inference.tiling import refuse_too_large
from inference.timing import stage
from models.post_processing import Detection
from runtime.distributed import gather
from runtime.messages import UserError

Size = tuple[int, int]
# index of the image, logits (1, C, h / 4, w / 4), size at the network (h, w), original size
Observer = Callable[[int, Tensor, Size, Size], None]


@dataclass(frozen=True)
class Found:
    """What was found in one image. error: why it could not be read, if so."""

    size: tuple[int, int]  # height, width in pixels; (0, 0) if it could not be read
    detections: list[Detection]
    error: UserError | None = None


@dataclass(frozen=True)
class EvaluationResult:
    """images: one Found per image, in the data set's order. score: None without labels.

    characters: the score by characters, where it was asked for.
    """

    images: list[Found]
    score: Score | None
    characters: CharacterScore | None = None

    @property
    def unreadable(self) -> list[UserError]:
        return [image.error for image in self.images if image.error]


def evaluate(
    detector: TextDetector,
    dataset: TextDataset,
    *,
    batch_size: int = 1,
    workers: int = 0,
    rank: int = 0,
    world: int = 1,
    with_score: bool = True,
    by_characters: bool = False,
    protocol: str | None = None,
    progress: bool = False,
    observe: Observer | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> EvaluationResult:
    """Detect in every image of a test data set and, where it has labels, score the result.

    rank, world: each of ``world`` processes takes every world-th image; all get the whole result.
    by_characters: score by characters too.
    protocol: how to score, a key of ``PROTOCOLS``; None for the data set's own.
    observe: is shown each image's logits.
    stop: asked before each batch; once it says True the images that are left count as empty.
    An image that cannot be read counts as one without detections: its words are missed.
    """
    mine = range(rank, dataset.num_images, world)
    found = detect_all(
        detector,
        dataset,
        mine,
        batch_size=batch_size,
        workers=workers,
        progress=progress,
        observe=observe,
        stop=stop,
    )
    everywhere = {index: image for part in gather(found) for index, image in part.items()}
    nothing = Found((0, 0), [])
    images = [everywhere.get(index, nothing) for index in range(dataset.num_images)]
    if not (with_score and dataset.has_labels):
        return EvaluationResult(images, None)
    if not by_characters:
        return EvaluationResult(images, score_images(images, dataset, protocol))
    polygons, words = _polygons(images), _words(dataset)
    scores = score_with_characters(polygons, words, protocol or dataset.protocol)
    return EvaluationResult(images, *scores)


def detect_all(
    detector: TextDetector,
    dataset: TextDataset,
    indices: Sequence[int],
    *,
    batch_size: int = 1,
    workers: int = 0,
    progress: bool = False,
    observe: Observer | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> dict[int, Found]:
    """What is found in the images ``indices`` of a test data set, by index.

    Worker processes read, this thread runs the network, another one finds the boxes in what the
    network said before: together they take about as long as the slowest of them.  With a timer
    one follows the other, so that their times add up.
    """
    loader = DataLoader(
        _Attempts(dataset, indices),
        batch_size=batch_size,
        num_workers=workers,
        collate_fn=list,
        # Its own generator: a validation that is broken off must not move the one that training
        # draws from.
        generator=torch.Generator(),
    )
    found: dict[int, Found] = {}
    under_way: deque[Future[dict[int, Found]]] = deque()
    longest = 0 if detector.timer else 1
    batches = iter(loader)
    # disable=None: a bar on a terminal, nothing in a file.
    bar = tqdm(total=len(indices), disable=None if progress else True, leave=False)
    with bar, ThreadPoolExecutor(1) as box_thread:
        while True:
            with stage(detector.timer, "decode"):
                batch = next(batches, None)
            if batch is None or stop():
                break
            find_boxes = _run_network(detector, batch, observe)
            under_way.append(box_thread.submit(find_boxes))
            while len(under_way) > longest:
                found.update(under_way.popleft().result())
            bar.update(len(batch))
        for boxes in under_way:
            found.update(boxes.result())
    return found


def score_images(
    images: Iterable[Found], dataset: TextDataset, protocol: str | None = None
) -> Score:
    """Score detections, one Found per image in the data set's order; see ``evaluate``."""
    return score(_polygons(images), _words(dataset), protocol or dataset.protocol)


def _polygons(images: Iterable[Found]) -> list[list[np.ndarray]]:
    return [[word.points for word in image.detections] for image in images]


def _words(dataset: TextDataset) -> list[list[Word]]:
    return [dataset.words(index) for index in range(dataset.num_images)]


class _Attempts(Dataset[tuple[int, Any]]):
    """(index, item), or (index, UserError) for an image that cannot be read.

    A worker process cannot raise a UserError: its message would be lost on the way.
    """

    def __init__(self, dataset: TextDataset, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, place: int) -> tuple[int, Any]:
        index = self.indices[place]
        try:
            item = self.dataset[index]
            refuse_too_large(item["img_metas"]["img_path"], item["img_metas"]["img_size"])
        except UserError as error:
            return index, error
        return index, item


def _run_network(
    detector: TextDetector, batch: Sequence[tuple[int, Any]], observe: Observer | None
) -> Callable[[], dict[int, Found]]:
    """Send a batch through the network; what is given back finds its boxes."""
    readable = [(index, item) for index, item in batch if not isinstance(item, UserError)]
    inputs = [item["imgs"] for _, item in readable]
    sizes: list[Size] = [item["img_metas"]["org_img_size"] for _, item in readable]

    def show(members: Sequence[int], logits: Tensor) -> None:
        for member, of_image in zip(members, logits.split(1), strict=True):
            if observe is not None:
                height, width = inputs[member].shape[1:]
                observe(readable[member][0], of_image, (height, width), sizes[member])

    outputs = detector.run_network(inputs, show)

    def find_boxes() -> dict[int, Found]:
        found = {
            index: Found((0, 0), [], item) for index, item in batch if isinstance(item, UserError)
        }
        words = detector.find_words(outputs, sizes)
        for (index, _), size, detections in zip(readable, sizes, words, strict=True):
            found[index] = Found(size, detections)
        return found

    return find_boxes
