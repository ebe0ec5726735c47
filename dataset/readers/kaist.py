"""KAIST scene text: an XML file an image, with boxes of words and of their characters."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from dataset.labels import (
    IGNORED_TEXT,
    BadFile,
    ImageLabel,
    Word,
    box_corners,
    make_word,
    read_entries,
    read_text,
)
from dataset.readers.json_files import field, find, numbers, peek_text, size_of

# Entities are declared in it, a few lines of which can grow to gigabytes.
_DECLARATION = re.compile("<!DOCTYPE|<!ENTITY")
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,10};)")


def read_kaist(path: Path) -> Iterator[ImageLabel]:
    """Boxes of words, whose texts are spelt by their characters.

    A bare ``&`` among the characters is understood; files with a DOCTYPE are refused.
    """
    images = list(_parse(read_text(path)).iter("image"))
    if not images:
        raise BadFile("missing_key", "image")
    for image in images:
        resolution = image.find("resolution")
        sides = {} if resolution is None else resolution.attrib
        size = size_of(find(sides, "y"), find(sides, "x"))
        name = (image.findtext("imageName") or "").strip()
        yield read_entries(path, image.iter("word"), _parse_word, name, size)


def _parse(text: str) -> ElementTree.Element:
    declaration = _DECLARATION.search(text)
    if declaration:
        raise BadFile("not_json", declaration[0])
    try:
        return ElementTree.fromstring(_BARE_AMPERSAND.sub("&amp;", text))
    except (ElementTree.ParseError, ValueError) as error:
        raise BadFile("not_json", str(error)) from None


def _parse_word(word: ElementTree.Element, line: int) -> Word:
    box = numbers(field(word.attrib, side) for side in ("x", "y", "width", "height"))
    text = "".join(find(character.attrib, "char") or "" for character in word.iter("character"))
    return make_word(box_corners(*box), text.strip(), text.strip() == IGNORED_TEXT, line)


def recognises_kaist(path: Path) -> bool:
    """Whether the head of a file is XML with an image."""
    return bool(re.match(r"\s*<(\?xml|images?\b)", head := peek_text(path))) and "<image" in head
