"""The page itself: figures first, then photos."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from inference.evaluate import EvaluationResult
from inference.report import suspects
from inference.report.errors import ImageErrors
from inference.report.gallery import KINDS, crop, figures, worst_images
from inference.report.photos import LabelledPhotos
from inference.report.style import SCRIPT, STYLE
from inference.report.summary import summarise
from inference.report.tables import bucket_tables, causes, scores, weak_points
from runtime.messages import UserError, say
from runtime.web_page import escaped, page, write_whole

WORST = 24
MAX_PAGE_BYTES = 19_500_000
_SUSPECTS, _JOINED = 24, 8


def write_report(
    path: Path,
    photos: LabelledPhotos,
    result: EvaluationResult,
    short_size: int,
    about: Mapping[str, object],
    worst: int = WORST,
) -> None:
    """Write the error report of a scored ``result``.

    photos: the data set that was scored.
    short_size: the short side at which the network saw the photos.
    about: what the head of the page says of the run: values of the messages ``report.about.<key>``.
    worst: photos that are shown whole, fewer where they do not fit into ``MAX_PAGE_BYTES``.
    Raises UserError where the page cannot be written.
    """
    text = html_report(photos, result, short_size, about, worst)
    try:
        write_whole(path, text)
    except OSError as error:
        raise UserError("infer.cannot_write", path=path, reason=error.strerror) from error


def html_report(
    photos: LabelledPhotos,
    result: EvaluationResult,
    short_size: int,
    about: Mapping[str, object],
    worst: int = WORST,
) -> str:
    """The page as text; see ``write_report``."""
    summary = summarise(photos, result, short_size)
    title = say("report.title", name=Path(str(about.get("checkpoint", ""))).name)
    before = (
        f"<h1>{escaped(title)}</h1>{_about(about)}{scores(summary)}"
        f"{weak_points(summary)}{causes(summary)}{bucket_tables(summary)}"
    )
    after = _joined(summary.images, photos) + _suspects(summary.images, photos) + SCRIPT
    whole = page(title, before + after, STYLE)
    left = MAX_PAGE_BYTES - len(whole.encode("utf-8", "backslashreplace"))
    return page(title, before + _gallery(summary.images, photos, worst, left) + after, STYLE)


def _about(about: Mapping[str, object]) -> str:
    rows = "".join(
        f"<dt>{escaped(say(f'report.about.{key}'))}</dt><dd>{escaped(value)}</dd>"
        for key, value in about.items()
    )
    return f'<dl class="about">{rows}</dl>'


def _gallery(
    images: Sequence[ImageErrors], photos: LabelledPhotos, worst: int, num_bytes: int
) -> str:
    numbers = worst_images(images, worst)
    switches = "".join(
        f'<button type="button" class="{kind}" data-kind="{kind}" aria-pressed="true">'
        f"{escaped(say(f'report.kind.{kind}'))}</button>"
        for kind in reversed(KINDS)
    )
    head = (
        f'<h2 id="gallery">{escaped(say("report.gallery"))}</h2>'
        f'<p class="hint">{escaped(say("report.gallery.how"))}</p>'
        f'<div class="switches">{switches}</div>'
    )
    wrong = sum(image.missed + image.false > 0 for image in images)
    # Room for the line that says how many there are.
    shown = figures(numbers, images, photos, num_bytes - len(head.encode()) - 1000)
    counted = say("report.gallery.shown", shown=len(shown), images=wrong)
    return f'{head}<p>{escaped(counted)}</p><div class="shots">{"".join(shown)}</div>'


def _joined(images: Sequence[ImageErrors], photos: LabelledPhotos) -> str:
    """The merges of most words and the splits into most pieces, one of an image."""
    merges = _largest([image.merges for image in images])
    splits = _largest([image.splits for image in images])
    shown = [
        (number, images[number].detections[place].points, say("report.joined.merge", count=count))
        for number, place, count in merges
    ]
    shown += [
        (number, images[number].words[place].points, say("report.joined.split", count=count))
        for number, place, count in splits
    ]
    if not shown:
        return ""
    crops = "".join(
        crop(number, images[number], photos, points, caption) for number, points, caption in shown
    )
    return (
        f'<h2 id="joined">{escaped(say("report.joined.title"))}</h2>'
        f'<div class="shots small">{crops}</div>'
    )


def _largest(
    of_images: Sequence[Sequence[tuple[int, tuple[int, ...]]]],
) -> list[tuple[int, int, int]]:
    """(image, place, number of parts) of the largest of each image, the largest of all first."""
    largest = [
        (number, *max(((place, len(parts)) for place, parts in found), key=lambda one: one[1]))
        for number, found in enumerate(of_images)
        if found
    ]
    largest.sort(key=lambda one: -one[2])
    return largest[:_JOINED]


def _suspects(images: Sequence[ImageErrors], photos: LabelledPhotos) -> str:
    candidates = suspects.candidates(images)
    shown = suspects.text_like(candidates, images, photos, _SUSPECTS)
    head = (
        f'<h2 id="suspects">{escaped(say("report.suspects"))}</h2>'
        f'<p class="hint">{escaped(say("report.suspects.how"))}</p>'
    )
    if not shown:
        return f"{head}<p>{escaped(say('report.suspects.none'))}</p>"
    crops = "".join(
        crop(
            one.image,
            images[one.image],
            photos,
            images[one.image].detections[one.detection].points,
            say("report.suspects.one", score=one.score),
        )
        for one in shown
    )
    counted = say("report.suspects.shown", shown=len(shown), candidates=len(candidates))
    return f'{head}<p>{escaped(counted)}</p><div class="shots small">{crops}</div>'
