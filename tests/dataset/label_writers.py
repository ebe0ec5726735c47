"""Writes the words of images in every label format, so that readers can be held against each other.

A writer takes a folder and images (name, (height, width), words), and gives back the files that it
wrote there: one for each image, in their order, or one for all of them.  Several formats hold
nothing but upright boxes of whole pixels, and docTR's holds no texts.  An ignored word is written
as each format marks it, which for most is the text ``###``.
"""

import json
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from dataset.labels import IGNORED_TEXT, Word

Image = tuple[str, tuple[int, int], Sequence[Word]]
Writer = Callable[[Path, Sequence[Image]], list[Path]]


def write_ic15(folder: Path, images: Sequence[Image]) -> list[Path]:
    return _write_texts(folder, images, "gt_{}.txt", lambda image: _lines(image, ""))


def write_mlt(folder: Path, images: Sequence[Image]) -> list[Path]:
    return _write_texts(folder, images, "gt_{}.txt", lambda image: _lines(image, "Korean,"))


def write_aihub_wild(folder: Path, images: Sequence[Image]) -> list[Path]:
    """With the single characters of each word, which a reader has to leave out."""
    numbers = count(1)
    records, annotations = [], []
    for number, (name, (height, width), words) in enumerate(images):
        image_id = f"{number:08d}"
        about = {"id": image_id, "width": width, "height": height, "file_name": name}
        records.append({**about, "type": "book"})
        for word in words:
            for text, kind in ((_text(word), "word"), (_text(word)[:1], "character")):
                annotation = {"id": f"{next(numbers):08d}", "image_id": image_id, "text": text}
                shape = {"attributes": {"class": kind}, "bbox": _box(word)}
                annotations.append({**annotation, **shape})
    document = {"info": {"name": "Text in the wild Dataset"}, "images": records}
    return _write_json(folder, {**document, "annotations": annotations, "licenses": []})


def write_aihub_public(folder: Path, images: Sequence[Image]) -> list[Path]:
    return _write_jsons(folder, images, lambda image: _corners_document(image, "Bbox"))


def write_aihub_handwriting(folder: Path, images: Sequence[Image]) -> list[Path]:
    return _write_jsons(folder, images, lambda image: _corners_document(image, "bbox"))


def write_aihub_admin(folder: Path, images: Sequence[Image]) -> list[Path]:
    def document(image: Image) -> Any:
        name, (height, width), words = image
        about = {"image.width": width, "image.height": height, "image.file.name": name}
        return {
            "images": [about],
            "annotations": [
                {"annotation.text": _text(word), "annotation.bbox": _box(word)} for word in words
            ],
        }

    return _write_jsons(folder, images, document)


def write_aihub_outdoor(folder: Path, images: Sequence[Image]) -> list[Path]:
    def document(image: Image) -> Any:
        name, (height, width), words = image
        return {
            "images": [{"id": 1, "width": width, "height": height, "file_name": name}],
            "annotations": [
                {"image_id": 1, "text": "xxx" if word.ignore else word.text, "bbox": _box(word)}
                for word in words
            ],
        }

    return _write_jsons(folder, images, document)


def write_ocr_db(folder: Path, images: Sequence[Image]) -> list[Path]:
    def entry(word: Word) -> Any:
        points = [str(value) for value in _numbers(word)]
        text = {"Description": word.text, "Reading Direction": "LTR"}
        return {"points": points, **text, "Don't Care": "true" if word.ignore else "false"}

    records = [
        {"id": number, "name": name, "objects": [entry(word) for word in words]}
        for number, (name, _, words) in enumerate(images)
    ]
    return _write_json(folder, {"image": records})


def write_kaist(folder: Path, images: Sequence[Image]) -> list[Path]:
    def document(image: Image) -> str:
        name, (height, width), words = image
        about = f'<imageName>{name}</imageName><resolution x="{width}" y="{height}"/>'
        inside = "".join(map(_kaist_word, words))
        return f"<images><image>{about}<words>{inside}</words></image></images>"

    return _write_texts(folder, images, "{}.xml", document)


def write_paddle(folder: Path, images: Sequence[Image]) -> list[Path]:
    def entry(word: Word) -> Any:
        text = "*" if word.ignore else word.text
        return {"transcription": text, "points": _pairs(word), "difficult": word.ignore}

    lines = [
        f"{name}\t{json.dumps([entry(word) for word in words], ensure_ascii=False)}\n"
        for name, _, words in images
    ]
    path = folder / "Label.txt"
    path.write_text("".join(lines), "utf-8")
    return [path]


def write_doctr(folder: Path, images: Sequence[Image]) -> list[Path]:
    """Neither texts nor ignored words can be told."""
    document = {
        name: {"img_dimensions": size, "img_hash": "0", "polygons": list(map(_pairs, words))}
        for name, size, words in images
    }
    return _write_json(folder, document)


def write_labelme(folder: Path, images: Sequence[Image]) -> list[Path]:
    def document(image: Image) -> Any:
        name, (height, width), words = image
        shapes = [
            {"label": _text(word), "points": _pairs(word), "shape_type": "polygon", "flags": {}}
            for word in words
        ]
        about = {"imagePath": name, "imageHeight": height, "imageWidth": width}
        return {"version": "5.0.1", "flags": {}, "shapes": shapes, "imageData": None, **about}

    return _write_jsons(folder, images, document)


def write_coco(folder: Path, images: Sequence[Image]) -> list[Path]:
    numbers = count(1)
    annotations = [
        {
            "id": next(numbers),
            "image_id": number,
            "category_id": 1,
            "segmentation": [_numbers(word)],
            "bbox": _box(word),
            "iscrowd": int(word.ignore),
            "text": word.text,
        }
        for number, (_, _, words) in enumerate(images, start=1)
        for word in words
    ]
    records = [
        {"id": number, "width": width, "height": height, "file_name": name}
        for number, (name, (height, width), _) in enumerate(images, start=1)
    ]
    categories = [{"id": 1, "name": "text"}]
    return _write_json(
        folder, {"images": records, "annotations": annotations, "categories": categories}
    )


def write_coco_text(folder: Path, images: Sequence[Image]) -> list[Path]:
    """The second layout that ``read_coco`` reads."""
    numbers = count(1)
    annotations = {
        str(next(numbers)): {
            "image_id": number,
            "mask": _numbers(word),
            "bbox": _box(word),
            "utf8_string": word.text,
            "legibility": "illegible" if word.ignore else "legible",
        }
        for number, (_, _, words) in enumerate(images, start=1)
        for word in words
    }
    records = {
        str(number): {"id": number, "width": width, "height": height, "file_name": name}
        for number, (name, (height, width), _) in enumerate(images, start=1)
    }
    return _write_json(folder, {"cats": {}, "anns": annotations, "imgs": records})


def write_ufo(folder: Path, images: Sequence[Image]) -> list[Path]:
    def entry(word: Word) -> Any:
        return {
            "points": _pairs(word),
            "transcription": word.text,
            "illegibility": word.ignore,
        }

    records = {
        name: {
            "img_h": height,
            "img_w": width,
            "words": {f"{number:04d}": entry(word) for number, word in enumerate(words)},
        }
        for name, (height, width), words in images
    }
    return _write_json(folder, {"images": records})


WRITERS: dict[str, Writer] = {
    "ic15": write_ic15,
    "mlt": write_mlt,
    "aihub_wild": write_aihub_wild,
    "aihub_public": write_aihub_public,
    "aihub_handwriting": write_aihub_handwriting,
    "aihub_admin": write_aihub_admin,
    "aihub_outdoor": write_aihub_outdoor,
    "ocr_db": write_ocr_db,
    "kaist": write_kaist,
    "paddle": write_paddle,
    "doctr": write_doctr,
    "labelme": write_labelme,
    "coco": write_coco,
    "ufo": write_ufo,
}


def _text(word: Word) -> str:
    return IGNORED_TEXT if word.ignore else word.text


def _pairs(word: Word) -> list[list[float]]:
    return np.asarray(word.points, np.float64).tolist()


def _numbers(word: Word) -> list[float]:
    return [value for point in _pairs(word) for value in point]


def _box(word: Word) -> list[int]:
    """[x, y, width, height] of a word that is an upright box of whole pixels."""
    (left, top), (right, bottom) = word.points.min(axis=0), word.points.max(axis=0)
    return [int(left), int(top), int(right - left), int(bottom - top)]


def _lines(image: Image, script: str) -> str:
    lines = [[f"{value:g}" for value in _numbers(word)] for word in image[2]]
    texts = [script + _text(word) for word in image[2]]
    return "".join(f"{','.join(line)},{text}\n" for line, text in zip(lines, texts, strict=True))


def _corners_document(image: Image, key: str) -> Any:
    """The corners column by column: top left, bottom left, top right, bottom right."""
    name, (height, width), words = image
    entries = []
    for word in words:
        left, top, right, bottom = _box(word)
        right, bottom = left + right, top + bottom
        corners = {"x": [left, left, right, right], "y": [top, bottom, top, bottom]}
        entries.append({"data": _text(word), **corners})
    about = {"identifier": Path(name).stem, "width": width, "height": height}
    return {"Images": about, key: entries}


def _kaist_word(word: Word) -> str:
    box = _kaist_box(_box(word))
    characters = (f"<character {box} char={quoteattr(sign)}/>" for sign in _text(word))
    return f"<word {box}>{''.join(characters)}</word>"


def _kaist_box(box: Sequence[int]) -> str:
    return 'x="{}" y="{}" width="{}" height="{}"'.format(*box)


def _write_json(folder: Path, document: Any) -> list[Path]:
    path = folder / "labels.json"
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return [path]


def _write_jsons(
    folder: Path, images: Sequence[Image], document: Callable[[Image], Any]
) -> list[Path]:
    return _write_texts(
        folder,
        images,
        "{}.json",
        lambda image: json.dumps(document(image), ensure_ascii=False),
    )


def _write_texts(
    folder: Path, images: Sequence[Image], name: str, content: Callable[[Image], str]
) -> list[Path]:
    paths = [folder / name.format(Path(image[0]).stem) for image in images]
    for path, image in zip(paths, images, strict=True):
        path.write_text(content(image), "utf-8")
    return paths
