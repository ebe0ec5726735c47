"""What the tests of the readers of JSON share."""

import json
from pathlib import Path
from typing import Any

from dataset.labels import Reader, read_file

SQUARE = [[10, 20], [50, 20], [50, 40], [10, 40]]


def write_json(folder: Path, document: Any) -> Path:
    path = folder / "labels.json"
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def read_images(
    read: Reader, path: Path
) -> tuple[dict[str, list[tuple[str, bool, int]]], list[tuple[str, int | None, str, str]]]:
    """({image: [(text, ignore, line)]}, [(kind, line, detail, image)]), pieces joined."""
    images: dict[str, list[tuple[str, bool, int]]] = {}
    problems = []
    for label in read_file(read, path):
        problems += [
            (found.kind, found.line, found.detail, found.image) for found in label.problems
        ]
        if label.image:
            words = [(word.text, word.ignore, word.line) for word in label.words]
            images.setdefault(label.image, []).extend(words)
    return images, problems


def read_outlines(read: Reader, path: Path) -> list[list[list[float]]]:
    """The points of each word in a file."""
    return [word.points.tolist() for label in read(path) for word in label.words]
