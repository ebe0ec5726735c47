"""SynthText's label file: one ``gt.mat`` for all images."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from dataset.labels import (
    IGNORED_TEXT,
    BadFile,
    ImageLabel,
    Problem,
    Word,
    make_word,
    read_entries,
)
from dataset.readers.matlab import Cell, has_cells, open_cells, text_rows

_VARIABLES = ("imnames", "wordBB", "txt")


def read_synth_text(path: Path) -> Iterator[ImageLabel]:
    """SynthText: an image after the other, by what ``imnames``, ``wordBB`` and ``txt`` say of it.

    The strings of ``txt`` hold several words each, between blanks and line ends; a word spelled
    ``###`` is ignored.  Where there are not as many words as boxes, the boxes have no text.
    Raises BadFile.
    """
    with ExitStack() as files:
        opened = [files.enter_context(open_cells(path, name)) for name in _VARIABLES]
        sizes = [int(np.prod(cells.shape, dtype=object)) for cells in opened]
        if len(set(sizes)) > 1:
            sizes_found = ", ".join(map("{} {}".format, _VARIABLES, sizes))
            raise BadFile("not_mat", sizes_found)
        values = zip(*(cells.values for cells in opened), strict=True)
        for at, (name, boxes, texts) in enumerate(values, start=1):
            yield _image_label(path, at, name, boxes, texts)


def recognises_synth_text(path: Path) -> bool:
    """Whether a file has MATLAB's variables with the names of images and the words' boxes."""
    return has_cells(path, "imnames") and has_cells(path, "wordBB")


def _image_label(path: Path, at: int, name_cell: Cell, boxes: Cell, texts: Cell) -> ImageLabel:
    name = "".join(text_rows(name_cell) or ()).strip()
    outlines = _outlines(boxes)
    if not name or outlines is None:
        wrong = "wordBB" if name else "imnames"
        return ImageLabel(name, (), [Problem("wrong_type", path, at, wrong, name)])
    words = " ".join(text_rows(texts) or ()).split()
    problems = []
    if len(words) != len(outlines):
        detail = f"wordBB {len(outlines)}, txt {len(words)}"
        problems.append(Problem("wrong_count", path, at, detail, name))
        words = [""] * len(outlines)
    label = read_entries(path, zip(outlines, words, strict=True), _parse_word, name)
    return ImageLabel(name, label.words, [*problems, *label.problems])


def _outlines(boxes: Cell) -> np.ndarray | None:
    """(words, 4, 2) corners, from (2, 4, words) or, of a single word, (2, 4)."""
    if not isinstance(boxes, np.ndarray):
        return None
    if not boxes.size:
        return np.empty((0, 4, 2))
    if boxes.shape[:2] != (2, 4):
        return None
    return boxes.reshape(2, 4, -1).transpose(2, 1, 0)


def _parse_word(entry: tuple[np.ndarray, str], at: int) -> Word:
    outline, text = entry
    return make_word(outline, text, text == IGNORED_TEXT, at)
