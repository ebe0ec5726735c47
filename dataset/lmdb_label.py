"""The label of a photo in an LMDB file: JSON, or the pickle of another tool."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dataset.labels import BadEntry
from dataset.safe_pickle import load_plain

# More than any label holds, and little enough to take into memory.
MAX_LABEL_BYTES = 16 << 20
_MAX_CHARACTERS = 10_000
_JSON_BEGINS = b"{"  # as no pickle does


def decode_label(content: bytes) -> Mapping[str, Any]:
    """The label as a dict; raises BadEntry for what is none."""
    if content.lstrip()[:1] == _JSON_BEGINS:
        try:
            label = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise BadEntry("not_json", str(error)[:80]) from None
    else:
        label = load_plain(content)
    if not isinstance(label, dict):
        raise BadEntry("wrong_type", "gt")
    return {text_of(key): value for key, value in label.items()}


def text_of(value: Any) -> str:
    """Text out of what a label may hold in its place; raises BadEntry for anything else."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            value = value.decode("cp949", "replace")
    if not isinstance(value, str | int | float):
        raise BadEntry("wrong_type", type(value).__name__)
    if isinstance(value, str) and len(value) > _MAX_CHARACTERS:
        raise BadEntry("label_too_long", str(len(value)))
    # Halves of surrogate pairs could be neither printed nor written.
    return str(value).encode("utf-8", "replace").decode()


def encode_label(
    filename: str, size: tuple[int, int], words: Sequence[Mapping[str, Any]], source: Sequence[int]
) -> bytes:
    """The project's own label: JSON that ``decode_label`` reads and ``read_lmdb`` understands."""
    label = {"filename": filename, "size": size, "words": words, "source": source}
    return json.dumps(label, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
