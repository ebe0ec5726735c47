"""LMDB files as users' tools write them, and small photos to put in."""

import io
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import lmdb
import numpy as np
from PIL import Image

ORIENTATION_TAG = 0x0112


def write_records(path: Path, records: Mapping[bytes, bytes], subdir: bool = True) -> Path:
    with (
        lmdb.open(str(path), map_size=1 << 28, subdir=subdir, lock=False) as database,
        database.begin(write=True) as transaction,
    ):
        for key, value in records.items():
            transaction.put(key, value)
    return path


def all_records(path: Path) -> dict[bytes, bytes]:
    with (
        lmdb.open(str(path), readonly=True, lock=False, subdir=path.is_dir()) as database,
        database.begin() as transaction,
    ):
        return dict(transaction.cursor())


def users_records(
    samples: Iterable[tuple[bytes, object]], first: int = 0, protocol: int = 4
) -> dict[bytes, bytes]:
    """What users' tools write for (photo's file, label) pairs."""
    records = {}
    number = first
    for number, (photo, label) in enumerate(samples, start=first):
        records[b"image-%09d" % number] = photo
        records[b"gt-%09d" % number] = pickle.dumps(label, protocol)
    records[b"num-samples"] = str(number + 1 - first).encode()
    return records


def photo_file(
    height: int, width: int, seed: int = 0, kind: str = "PNG", orientation: int = 1
) -> bytes:
    """A photo of noise; orientation: as EXIF has it."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, exif=exif)
    return file.getvalue()
