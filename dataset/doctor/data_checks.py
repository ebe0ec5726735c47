"""What is wrong with a data set as a whole, and what that means for what else was found in it."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from dataset.doctor.findings import Finding
from dataset.doctor.frames import COUNTS, meant_otherwise
from dataset.doctor.parts import Part, boxes_of
from runtime.messages import UserError

# Mistakes after which what is said of single boxes means nothing.
SYSTEMATIC = (
    "exif_rotation",
    "normalised_coordinates",
    "swapped_xy",
    "xywh_as_corners",
    "corners_as_xywh",
)
# What such mistakes make of boxes that were drawn well.
CONSEQUENCES = (
    "outside",
    "partly_outside",
    "negative_coordinate",
    "zero_area",
    "bow_tie",
    "huge_box",
    "duplicate_box",
    "overlapping_boxes",
    "under_ignored",
    "tiny_text",
)


def findings_of_frames(part: Part) -> Iterator[Finding]:
    """Coordinates that were meant otherwise, in all labels or in those of single images."""
    with_boxes = np.flatnonzero(part.counts[:, 0])
    if not len(with_boxes):
        return
    kind = meant_otherwise(part.counts.sum(axis=0))
    if kind and len(with_boxes) > 1:
        images = with_boxes.tolist()
        yield _meant_otherwise(part, kind, _clearest(part.counts, kind), images)
        return
    for image in with_boxes.tolist():
        if kind := meant_otherwise(part.counts[image]):
            yield _meant_otherwise(part, kind, image, [image])


def _meant_otherwise(part: Part, kind: str, shown: int, images: Sequence[int]) -> Finding:
    about = {"boxes": int(part.counts[images, 0].sum()), "images": len(images)}
    dataset = part.dataset
    return Finding(kind, part.label_place(shown), None, about, part.name, shown,
                   dataset.image_name(shown), boxes_of(dataset, shown))  # fmt: skip


def _clearest(counts: np.ndarray, kind: str) -> int:
    evidence = {"swapped_xy": "beyond", "xywh_as_corners": "reversed", "corners_as_xywh": "overrun"}
    return int(counts[:, COUNTS.index(evidence[kind])].argmax())


def without_consequences(part: Part, findings: Iterable[Finding]) -> list[Finding]:
    """Leave out what is said of single boxes where all boxes were meant otherwise."""
    findings = list(findings)
    hit = images_meant_otherwise(part, findings)
    return [
        finding
        for finding in findings
        if finding.kind not in CONSEQUENCES or finding.image not in hit
    ]


def images_meant_otherwise(part: Part, findings: Iterable[Finding]) -> set[int]:
    """The photos of a data set whose labels cannot be taken as they stand."""
    hit: set[int] = set()
    for finding in findings:
        if finding.part == part.name and finding.kind in SYSTEMATIC and finding.image is not None:
            everywhere = finding.about.get("images", 1) > 1
            hit.update(range(part.dataset.num_images) if everywhere else (finding.image,))
    return hit


def findings_of_texts(part: Part, findings: Iterable[Finding]) -> list[Finding]:
    """Without the missing texts where texts are the exception: such labels need none."""
    findings = list(findings)
    empty = sum(finding.about["count"] for finding in findings if finding.kind == "empty_text")
    reading = ~part.dataset.packed.ignore
    if empty * 2 > reading.sum():
        return [finding for finding in findings if finding.kind != "empty_text"]
    return findings


def findings_of_whole(part: Part) -> Iterator[Finding]:
    """Training data from which nothing can be learned."""
    dataset = part.dataset
    where = dataset.label_folder or dataset.image_folder
    words = len(dataset.packed)
    if part.trains and not words:
        error = UserError("data.no_words", path=where, labels=dataset.num_images)
        yield Finding("unusable_set", where, about={"detail": str(error)}, part=part.name)
    elif words and dataset.packed.ignore.all():
        yield Finding("set_all_ignored", where, about={"count": words}, part=part.name)
