"""The label formats that can be read, and how to tell which one a file is of.

A format is a reader and a row in ``FORMATS``: everything after the reader is shared by all of them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset.labels import Reader
from dataset.lmdb_file import is_database
from dataset.readers import (
    aihub,
    coco,
    ctw,
    doctr,
    icdar,
    kaist,
    labelme,
    lmdb_labels,
    msra,
    ocr_db,
    paddle,
    synth_text,
    total_text,
    ufo,
)

# How many label files are looked at to find out their format.
_LOOKED_AT = 8


@dataclass(frozen=True)
class Format:
    """How labels are read.

    read: what is in one file.
    recognises: whether a file looks like one of this format; never raises.
    label_names: what the label file of an image may be called, tried in this order; ``{stem}`` is
        the image's name without its suffix.  None where one file labels many images.
    """

    read: Reader
    recognises: Callable[[Path], bool]
    label_names: tuple[str, ...] = ()

    @property
    def labels_many(self) -> bool:
        return not self.label_names


_TXT = ("gt_{stem}.txt", "{stem}.txt")
_JSON = ("{stem}.json",)
# In the order in which they are tried: a file may pass for one of several formats.
FORMATS: dict[str, Format] = {
    "paddle": Format(paddle.read_paddle, paddle.recognises_paddle),
    "ctw": Format(ctw.read_ctw, ctw.recognises_ctw, ("{stem}.txt",)),
    "total_text": Format(
        total_text.read_total_text,
        total_text.recognises_total_text,
        ("poly_gt_{stem}.mat", "poly_gt_{stem}.txt", "gt_{stem}.mat", "gt_{stem}.txt"),
    ),
    "mlt": Format(icdar.read_mlt, icdar.recognises_mlt, _TXT),
    "ic15": Format(icdar.read_ic15, icdar.recognises_ic15, _TXT),
    "msra": Format(msra.read_msra, msra.recognises_msra, ("{stem}.gt",)),
    "synth_text": Format(synth_text.read_synth_text, synth_text.recognises_synth_text),
    "aihub_wild": Format(aihub.read_aihub_wild, aihub.recognises_aihub_wild),
    "aihub_public": Format(aihub.read_aihub_public, aihub.recognises_aihub_public, _JSON),
    "aihub_handwriting": Format(
        aihub.read_aihub_handwriting, aihub.recognises_aihub_handwriting, _JSON
    ),
    "aihub_admin": Format(aihub.read_aihub_admin, aihub.recognises_aihub_admin, _JSON),
    "aihub_outdoor": Format(aihub.read_aihub_outdoor, aihub.recognises_aihub_outdoor, _JSON),
    "ocr_db": Format(ocr_db.read_ocr_db, ocr_db.recognises_ocr_db),
    "doctr": Format(doctr.read_doctr, doctr.recognises_doctr),
    "labelme": Format(labelme.read_labelme, labelme.recognises_labelme, _JSON),
    "coco": Format(coco.read_coco, coco.recognises_coco),
    "ufo": Format(ufo.read_ufo, ufo.recognises_ufo),
    "lmdb": Format(lmdb_labels.read_lmdb, is_database),
    "kaist": Format(kaist.read_kaist, kaist.recognises_kaist, ("{stem}.xml",)),
}


def find_format(files: Sequence[Path]) -> str | None:
    """The name of the format that most of some label files are of; None where nothing fits."""
    step = -(-len(files) // _LOOKED_AT) or 1
    looked_at = [file for file in files[::step] if file.is_file()]
    votes = Counter(filter(None, map(_format_of, looked_at)))
    return votes.most_common(1)[0][0] if votes else None


def _format_of(file: Path) -> str | None:
    return next((name for name, row in FORMATS.items() if row.recognises(file)), None)
