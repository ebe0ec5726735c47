"""Photos with the boxes of all kinds drawn over them."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from dataset.doctor.thumbnails import draw
from inference.report.errors import FALSE_CAUSES, IGNORED, MISS_CAUSES, RIGHT, ImageErrors
from inference.report.photos import Allowance, LabelledPhotos, jpeg_within, shrunk
from inference.report.shapes import shape_of
from runtime.messages import UserError, say
from runtime.web_page import escaped, jpeg_uri

SIDE_PX = 1024
# The last kind is drawn over the others.
KINDS = (IGNORED, RIGHT, "false", "missed")
_CROP_BYTES = 30_000
# What is told of a photo's text in a label.
_TEXT_SIGNS = 40
_FILLING = "<!-- photo -->"
# Outlines are drawn to a thousandth of the longer side.
_FINENESS = 1000

Window = tuple[float, float, float, float]


def worst_images(images: Sequence[ImageErrors], most: int) -> list[int]:
    """The images with the most misses and false alarms, those with less right first if equal."""
    wrong = [number for number, image in enumerate(images) if image.missed + image.false]
    wrong.sort(key=lambda one: (-images[one].missed - images[one].false, images[one].right))
    return wrong[:most]


def figures(
    numbers: Sequence[int], images: Sequence[ImageErrors], photos: LabelledPhotos, num_bytes: int
) -> list[str]:
    """The photos ``numbers`` with their boxes, as many as fit into ``num_bytes`` of a page.

    The worst come first; what the boxes leave is shared between the photos.
    """
    shells: list[str] = []
    for number in numbers:
        shell = _shell(number, images[number], photos)
        num_bytes -= len(shell.encode("utf-8", "backslashreplace"))
        if num_bytes < 0:
            break
        shells.append(shell)
    # Base64 makes four bytes of three; an <img> around it takes a few more.
    allowance = Allowance((num_bytes - 200 * len(shells)) * 3 // 4, len(shells))
    return [
        shell.replace(_FILLING, _photo(photos, number, allowance))
        for shell, number in zip(shells, numbers, strict=False)
    ]


def _shell(number: int, image: ImageErrors, photos: LabelledPhotos) -> str:
    height, width = image.size
    boxes = overlay(image, (0, 0, width, height)) if all(image.size) else ""
    counts = say("report.gallery.counts", missed=image.missed, false=image.false, right=image.right)
    label = photos.label_path(number)
    place = f' title="{escaped(label)}"' if label else ""
    return (
        f'<figure><div class="photo" tabindex="0">{_FILLING}{boxes}</div>'
        f"<figcaption{place}><code>{escaped(photos.image_name(number))}</code><br>"
        f"{escaped(counts)}</figcaption></figure>"
    )


def _photo(photos: LabelledPhotos, number: int, allowance: Allowance) -> str:
    try:
        side_px = min(SIDE_PX, allowance.side_px)
        jpeg = allowance.encode(shrunk(photos.open_photo(number), side_px))
    except UserError as error:
        return f"<p>{escaped(error)}</p>"
    return "" if jpeg is None else f'<img alt="" src="{jpeg_uri(jpeg)}">'


def crop(
    number: int, image: ImageErrors, photos: LabelledPhotos, points: np.ndarray, caption: str
) -> str:
    """The photo around ``points`` (K, 2) with its boxes; nothing where there is no photo."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    size = np.array(image.size[::-1], np.float64)
    around = np.maximum((high - low).max() / 2, 0.03 * size.max())
    low, high = np.maximum(low - around, 0), np.minimum(high + around, size)
    if (high - low).min() < 1:  # the box lies outside the photo
        return ""
    try:
        pixels = draw(photos.open_photo(number), (low, high), ())
    except UserError:
        return ""
    jpeg = jpeg_within(pixels, _CROP_BYTES)
    if jpeg is None:
        return ""
    name = escaped(photos.image_name(number))
    window = (*low.tolist(), *(high - low).tolist())
    return (
        f'<figure><div class="photo" tabindex="0"><img alt="" src="{jpeg_uri(jpeg)}">'
        f"{overlay(image, window)}</div><figcaption><code>{name}</code><br>{escaped(caption)}"
        "</figcaption></figure>"
    )


def overlay(image: ImageErrors, window: Window) -> str:
    """SVG of the boxes in ``window``: left, top, width and height in pixels of the photo."""
    left, top, width, height = window
    drawn: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for kind, points, told in _boxes(image):
        low, high = points.min(axis=0), points.max(axis=0)
        if (high >= (left, top)).all() and (low <= (left + width, top + height)).all():
            drawn[kind].append(_outline(points, max(image.size) / _FINENESS, told))
    groups = "".join(f'<g class="{kind}">{"".join(drawn[kind])}</g>' for kind in KINDS)
    view = f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}"
    return f'<svg viewBox="{view}" preserveAspectRatio="none">{groups}</svg>'


def _outline(points: np.ndarray, tolerance_px: float, told: str) -> str:
    corners = points
    if len(points) > 4:
        corners = cv2.approxPolyDP(points.astype(np.float32), tolerance_px, True)[:, 0]
    pairs = " ".join(f"{x:.0f},{y:.0f}" for x, y in corners.tolist())
    return f'<polygon points="{pairs}"><title>{escaped(told)}</title></polygon>'


def _boxes(image: ImageErrors) -> Iterator[tuple[str, np.ndarray, str]]:
    """(kind, outline, what it is) of every box; of a word that was found, the detection."""
    for word, fate in zip(image.words, image.word_fates, strict=True):
        if fate == RIGHT:
            continue
        missed = fate in MISS_CAUSES
        told = [word.text[:_TEXT_SIGNS], f"{shape_of(word.points, image.size).height_px:.0f} px"]
        told.append(say(f"report.miss.{fate}" if missed else "report.kind.ignored"))
        yield "missed" if missed else IGNORED, word.points, " · ".join(filter(None, told))
    for one, fate in zip(image.detections, image.detection_fates, strict=True):
        false = fate in FALSE_CAUSES
        told = [f"{one.score:.2f}", say(f"report.false.{fate}" if false else f"report.kind.{fate}")]
        yield "false" if false else fate, one.points, " · ".join(told)
