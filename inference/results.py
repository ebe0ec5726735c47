"""Detections as JSON, and files written so that a failure is one clear sentence."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.post_processing import Detection
from runtime.messages import UserError


def image_record(
    name: str, size: tuple[int, int], detections: Sequence[Detection]
) -> dict[str, Any]:
    """One image and its words for JSON; ``size``: (height, width), ``points``: x, y, in pixels."""
    height, width = size
    words = [
        {"points": word.points.tolist(), "score": round(float(word.score), 6)}
        for word in detections
    ]
    return {"image": name, "width": width, "height": height, "words": words}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write ``content`` as UTF-8 JSON that a person can read."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    # A file name that is not UTF-8 becomes an escape, which JSON understands.
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, making its folder; UserError where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UserError("infer.cannot_write", path=path, reason=error.strerror) from error
