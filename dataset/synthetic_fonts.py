"""Fonts for drawn text, and words rendered in them."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dataset.sample_text import charmap, find_fonts
from dataset.synthetic_words import alphabet
from runtime.messages import UserError

_SUFFIXES = (".ttf", ".otf", ".ttc")
# About as tall as capitals and Hangul are, as a fraction of the size that a font is asked for.
CAPITALS = 0.72


@dataclass(frozen=True)
class Face:
    """A font file that has all Latin letters and digits.

    lacks: characters of ``alphabet()`` that it cannot write.  hangul: whether it has all syllables.
    """

    path: str
    hangul: bool
    lacks: frozenset[str]

    def can_write(self, text: str) -> bool:
        return self.lacks.isdisjoint(text)


@lru_cache(maxsize=4)
def load_faces(folder: str | None = None) -> tuple[Face, ...]:
    """The fonts in a folder and below it, or those of this system (by fontconfig) and matplotlib's.

    Raises UserError where the folder holds none that has the Latin letters.
    """
    files = None
    if folder is not None:
        found = (file for file in Path(folder).rglob("*") if file.suffix.lower() in _SUFFIXES)
        files = tuple(sorted(found))
    faces = tuple(Face(font.path, font.hangul, _lacking(font.path)) for font in find_fonts(files))
    if not faces:
        raise UserError("synthetic.no_fonts", path=folder, suffixes=", ".join(_SUFFIXES))
    return faces


def _lacking(path: str) -> frozenset[str]:
    characters = charmap(Path(path))
    return frozenset(letter for letter in alphabet() if ord(letter) not in characters)


@lru_cache(maxsize=1024)
def _open_font(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px)


@lru_cache(maxsize=8192)
def render(
    path: str, size_px: int, stroke_px: int, text: str
) -> tuple[np.ndarray, int, int, float]:
    """A piece of text as a mask, cropped to its ink.

    stroke_px: by how much the strokes are thickened on each side.
    Gives (h, w) uint8, 255 where ink is; the mask's left and top from the pen on the baseline, in
    pixels; how far the pen moves on.  Ink may be absent: the mask is then 0 high.
    """
    font = _open_font(path, size_px)
    left, top, right, bottom = font.getbbox(text, anchor="ls", stroke_width=stroke_px)
    left, top = int(left) - 1, int(top) - 1
    picture = Image.new("L", (max(1, int(right) - left + 2), max(1, int(bottom) - top + 2)))
    ImageDraw.Draw(picture).text(
        (-left, -top), text, fill=255, font=font, anchor="ls", stroke_width=stroke_px
    )
    mask = np.asarray(picture)
    # Fainter than this no ink is seen.
    rows, columns = (np.flatnonzero((mask > 60).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return mask[:0], 0, 0, font.getlength(text)
    high, low = rows[0], columns[0]
    part = mask[high : rows[-1] + 1, low : columns[-1] + 1]
    return part, left + int(low), top + int(high), font.getlength(text)
