"""Examining whole data sets: photos and their words in parallel, then all of them together."""

import multiprocessing
import signal
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dataset.build import build_dataset
from dataset.data_sets import DRAWN
from dataset.doctor.copies import findings_of_copies
from dataset.doctor.data_checks import (
    findings_of_frames,
    findings_of_texts,
    findings_of_whole,
    without_consequences,
)
from dataset.doctor.findings import SEVERITIES, Finding
from dataset.doctor.frames import COUNTS, count_frames, drawn_on_its_side
from dataset.doctor.image_checks import ImageLook, look_at
from dataset.doctor.parts import Part, boxes_of
from dataset.doctor.problems import findings_of_encoding, findings_of_problems
from dataset.doctor.word_checks import Flaw, check_words
from dataset.labels import Word
from dataset.text_dataset import prepare_worker
from runtime.config import find_file
from runtime.messages import UserError, say

_CHUNK = 32
# Fewer photos are examined sooner than processes are started.
_IN_THIS_PROCESS = 96
_MOST_BOXES = 40

Seen = tuple[ImageLook, np.ndarray, list[Finding]]
# What a worker process examines; filled once, when it starts.
_parts: list[Part] = []


@dataclass(frozen=True)
class Examination:
    """What was found in data sets.

    parts: those that could be opened.  remarks: sentences about what was not examined.
    """

    parts: list[Part]
    findings: list[Finding]
    remarks: list[str] = field(default_factory=list)


def examine(
    specs: Mapping[str, Mapping[str, Any]], workers: int = 1, with_fingerprints: bool = True
) -> Examination:
    """Examine data sets: name -> what a config says of it, such as ``data.train``.

    workers: processes.  with_fingerprints: look for near duplicates, for which photos are decoded.
    A terminal shows a progress bar.
    """
    parts, findings, remarks = _open_parts(specs)
    _examine_photos(parts, workers, with_fingerprints, findings)
    for part in parts:
        findings += findings_of_encoding(part)
        findings += findings_of_whole(part)
    findings = _reconsidered(parts, findings)
    copies, not_compared = findings_of_copies(parts)
    if not_compared:
        remarks.append(say("doctor.not_compared", count=not_compared))
    return Examination(parts, sorted(findings + copies, key=_order), remarks)


def _order(finding: Finding) -> tuple[int, str, str, int]:
    severity = SEVERITIES.index(finding.severity)
    return severity, finding.kind, str(finding.path), finding.line or 0


def _open_parts(
    specs: Mapping[str, Mapping[str, Any]],
) -> tuple[list[Part], list[Finding], list[str]]:
    """The data sets, those for training first; why others cannot be opened; which are not there.

    Test data that a config only supposes to be in its usual place need not be there.
    """
    parts: list[Part] = []
    findings: list[Finding] = []
    remarks = []
    for name, spec in specs.items():
        trains = spec.get("split", "train") == "train"
        if spec.get("type") == DRAWN:
            remarks.append(say("doctor.drawn", name=name))
            continue
        # The labels as they were drawn; what training would make of them comes after.
        spec = {**spec, "granularity": "word"}
        try:
            parts.append(Part(name, build_dataset(spec), trains))
        except UserError as error:
            if not trains and not any(spec.get(key) for key in ("img_dir", "gt_dir", "lmdb_path")):
                remarks.append(say("doctor.left_aside", name=name, reason=error))
                continue
            findings.append(_unusable(name, spec, error))
            # Photos without labels, or without any that can be used, can still be looked at.
            with suppress(UserError):
                parts.append(Part(name, build_dataset({**spec, "split": "test"}), trains))
    for part in parts:
        findings += findings_of_problems(part)
    return sorted(parts, key=lambda part: not part.trains), findings, remarks


def _unusable(name: str, spec: Mapping[str, Any], error: UserError) -> Finding:
    named = (spec.get(key) for key in ("lmdb_path", "gt_dir", "img_dir", "data_root"))
    where = find_file(next(filter(None, named), "data"))
    return Finding("unusable_set", where, about={"detail": str(error)}, part=name)


def _examine_photos(
    parts: Sequence[Part], workers: int, with_fingerprints: bool, findings: list[Finding]
) -> None:
    """Fill in what is seen of each photo; what is wrong with it joins ``findings``."""
    chunks = [
        (number, range(start, min(start + _CHUNK, part.dataset.num_images)), with_fingerprints)
        for number, part in enumerate(parts)
        for start in range(0, part.dataset.num_images, _CHUNK)
    ]
    total = sum(part.dataset.num_images for part in parts)
    seen: dict[tuple[int, int], list[Seen]] = {}
    few = workers <= 1 or total < _IN_THIS_PROCESS
    results = _one_by_one(parts, chunks) if few else _in_processes(parts, chunks, workers)
    with tqdm(total=total, unit="img", disable=None, leave=False, file=sys.stderr) as bar:
        for (number, images, _), result in results:
            seen[number, images.start] = result
            bar.update(len(images))
    for number, part in enumerate(parts):
        of_part = [one for key in sorted(seen) if key[0] == number for one in seen[key]]
        part.looks = [look for look, _, _ in of_part]
        counts = [counts for _, counts, _ in of_part]
        part.counts = np.array(counts, np.int64).reshape(-1, len(COUNTS))
        findings += [finding for _, _, found in of_part for finding in found]


Chunk = tuple[int, range, bool]


def _one_by_one(
    parts: Sequence[Part], chunks: Iterable[Chunk]
) -> Iterator[tuple[Chunk, list[Seen]]]:
    for chunk in chunks:
        number, images, with_fingerprints = chunk
        yield chunk, [_examine_photo(parts[number], i, with_fingerprints) for i in images]


def _in_processes(
    parts: Sequence[Part], chunks: Iterable[Chunk], workers: int
) -> Iterator[tuple[Chunk, list[Seen]]]:
    """The same in several processes, in the order in which they are done."""
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    pool = ProcessPoolExecutor(workers, context, _start_worker, (list(parts),))
    try:
        with warnings.catch_warnings():
            # Python warns of forks beside threads; those of PyTorch are idle here.
            warnings.simplefilter("ignore", DeprecationWarning)
            # All processes start with the first of these, before the progress bar has a thread.
            waiting: dict[Future[list[Seen]], Chunk] = {
                pool.submit(_examine_chunk, *chunk): chunk for chunk in chunks
            }
        for done in as_completed(waiting):
            yield waiting.pop(done), done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(parts: list[Part]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    prepare_worker()
    _parts[:] = parts


def _examine_chunk(number: int, images: range, with_fingerprints: bool) -> list[Seen]:
    return [_examine_photo(_parts[number], image, with_fingerprints) for image in images]


def _examine_photo(part: Part, image: int, with_fingerprint: bool) -> Seen:
    """One photo, the evidence that its boxes give, and everything that is wrong with either."""
    dataset = part.dataset
    nothing = np.zeros(len(COUNTS), np.int64)
    path = dataset.image_path(image)
    try:
        with dataset.image_stream(image) as file:
            look = look_at(file, dataset.apply_exif, with_fingerprint)
    except OSError as error:
        look = ImageLook(None, "unreadable_image", error.strerror or str(error))
    if look.size is None:
        about = {"detail": look.detail}
        damaged = Finding(look.damage, path, None, about, part.name, photo=path.name)
        return look, nothing, [damaged]
    words = dataset.words(image)
    counts = count_frames(words, look.size)
    findings = list(_sizes(part, image, look, counts))
    if look.on_its_side:  # such photos have a rule of their own, and are no evidence for others
        counts = nothing
    where = part.label_place(image)
    for flaw in check_words(words, look.size, dataset.short_size, dataset.pooling_size):
        findings.append(_finding(flaw, words, where, part, image))
    return look, counts, findings


def _sizes(part: Part, image: int, look: ImageLook, counts: np.ndarray) -> Iterator[Finding]:
    """Boxes drawn on the photo as it lies in the file, and sizes that are not the photo's."""
    where, size = part.label_place(image), look.size
    assert size is not None
    name = part.dataset.image_name(image)
    about: dict[str, Any] = {"width": size[1], "height": size[0]}
    if look.on_its_side and drawn_on_its_side(counts):
        boxes = boxes_of(part.dataset, image)
        yield Finding("exif_rotation", where, None, about, part.name, image, name, boxes)
    claimed = part.dataset.label_size(image)
    if claimed is not None and claimed != size:
        kind = "size_swapped" if claimed == size[::-1] else "size_differs"
        about = {**about, "label_width": claimed[1], "label_height": claimed[0]}
        yield Finding(kind, where, None, about, part.name, image, name)


def _finding(flaw: Flaw, words: Sequence[Word], where: Path, part: Part, image: int) -> Finding:
    concerned = [words[place] for place in flaw.words[:_MOST_BOXES]]
    boxes = tuple(tuple(map(tuple, word.points.tolist())) for word in concerned)
    name = part.dataset.image_name(image)
    return Finding(flaw.kind, where, concerned[0].line, flaw.about, part.name, image, name, boxes)


def _reconsidered(parts: Sequence[Part], findings: list[Finding]) -> list[Finding]:
    """The findings in the light of the whole data set: evidence and what follows from it."""
    kept = [finding for finding in findings if finding.image is None]
    for part in parts:
        own = [f for f in findings if f.part == part.name and f.image is not None]
        own += findings_of_frames(part)
        kept += without_consequences(part, findings_of_texts(part, own))
    return kept
