"""Images that are there twice, in one data set or in several."""

from collections.abc import Iterator, Sequence

import numpy as np

from dataset.doctor.findings import Finding
from dataset.doctor.image_checks import ImageLook, look_alike
from dataset.doctor.parts import Part
from runtime.messages import UserError

_READ_AT_ONCE = 1 << 20
# Bits of 64 in which the fingerprints of copies differ at most, so that of four parts of 16 bits
# at least one is equal.
_FEW_BITS = 3
_PARTS = 4
_MOST_OF_A_PART = 400
_MOST_COMPARED = 1000


def findings_of_copies(parts: Sequence[Part]) -> tuple[list[Finding], int]:
    """Images that are there twice: the same bytes, or the same look.

    Also gives how many pairs were not compared, because there are more of them than anybody reads.
    """
    places = [(part, image) for part in parts for image in range(len(part.looks))]
    looks = [part.looks[image] for part, image in places]
    findings: list[Finding] = []
    copies = set()
    for first, second in _equal_samples(looks):
        if _same_bytes(places, first, second):
            copies.add(second)
            kinds = "duplicate_image", "image_in_train_and_test"
            findings += _copy(places, first, second, *kinds)
    alike = close_fingerprints(
        [None if number in copies else look.fingerprint for number, look in enumerate(looks)]
    )
    for first, second in alike[:_MOST_COMPARED]:
        if _look_alike(places[first], places[second]):
            kinds = "near_duplicate_image", "near_image_in_train_and_test"
            findings += _copy(places, first, second, *kinds)
    return findings, max(0, len(alike) - _MOST_COMPARED)


def _copy(
    places: Sequence[tuple[Part, int]], first: int, second: int, within: str, across: str
) -> Iterator[Finding]:
    """That one image is a copy of another; nothing where both are in different sets for tests."""
    (other, other_image), (part, image) = places[first], places[second]
    if part is not other and not part.trains and not other.trains:
        return
    kind = within if part.trains == other.trains else across
    about = {"other": str(other.dataset.image_path(other_image))}
    path, name = part.dataset.image_path(image), part.dataset.image_name(image)
    yield Finding(kind, path, None, about, part.name, image, name)


def _equal_samples(looks: Sequence[ImageLook]) -> Iterator[tuple[int, int]]:
    first_of: dict[bytes, int] = {}
    for number, look in enumerate(looks):
        if look.sample and (first := first_of.setdefault(look.sample, number)) != number:
            yield first, number


def _same_bytes(places: Sequence[tuple[Part, int]], first: int, second: int) -> bool:
    """Whether two files are equal all through; the sample saw only their ends."""
    (part, image), (other, other_image) = places[first], places[second]
    try:
        with part.dataset.image_stream(image) as a, other.dataset.image_stream(other_image) as b:
            while (chunk := a.read(_READ_AT_ONCE)) == b.read(_READ_AT_ONCE):
                if not chunk:
                    return True
    except OSError:
        pass
    return False


def _look_alike(first: tuple[Part, int], second: tuple[Part, int]) -> bool:
    (part, image), (other, other_image) = first, second
    try:
        return look_alike(part.dataset.open_photo(image), other.dataset.open_photo(other_image))
    except UserError:
        return False


def close_fingerprints(fingerprints: Sequence[int | None]) -> list[tuple[int, int]]:
    """Pairs whose fingerprints differ in few bits, the closest first.

    Equal fingerprints are paired with the first of them only.  Where a part of the fingerprint is
    shared by very many, as on scans of one form, it tells nothing and is passed over.
    """
    numbers = [number for number, value in enumerate(fingerprints) if value is not None]
    if not numbers:
        return []
    values = np.array([fingerprints[number] for number in numbers], np.uint64)
    distinct, first, group = np.unique(values, return_index=True, return_inverse=True)
    equal = np.flatnonzero(first[group] != np.arange(len(values)))
    pairs = {(int(first[group[second]]), int(second)): 0 for second in equal}
    for part in range(_PARTS):
        keys = (distinct >> np.uint64(16 * part)) & np.uint64(0xFFFF)
        order = np.argsort(keys, kind="stable")
        for run in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1):
            if 1 < len(run) <= _MOST_OF_A_PART:
                differing = _bits(distinct[run][:, None] ^ distinct[run])
                for i, j in zip(*np.nonzero(np.triu(differing <= _FEW_BITS, k=1)), strict=True):
                    pair = sorted((int(first[run[i]]), int(first[run[j]])))
                    pairs[pair[0], pair[1]] = int(differing[i, j])
    ordered = sorted(pairs, key=lambda pair: (pairs[pair], pair))
    return [(numbers[a], numbers[b]) for a, b in ordered]


def _bits(values: np.ndarray) -> np.ndarray:
    """How many bits are set in each of the uint64 ``values``."""
    as_bytes = values[..., None].view(np.uint8)
    return np.unpackbits(as_bytes, axis=-1).sum(axis=-1)
