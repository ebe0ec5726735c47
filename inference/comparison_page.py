"""Before and after as one web page: figures, photos with boxes, curves, how it was made."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dataset.text_dataset import TextDataset
from inference.comparison import ROWS, Comparison
from inference.report.errors import ImageErrors
from inference.report.gallery import KINDS, overlay
from inference.report.photos import Allowance, shrunk
from inference.report.style import SCRIPT, STYLE
from runtime.messages import UserError, say
from runtime.provenance import recorded
from runtime.resume_check import flat
from runtime.web_page import escaped, jpeg_uri, page, write_whole

SHOWN = 12
SIDE_PX = 640
MAX_PAGE_BYTES = 4_900_000
_LARGEST_CURVE_BYTES = 500_000
_FRACTIONS = ("precision", "recall", "hmean")
_FILLING = "<!-- photo -->"
_EXTRA_STYLE = """
.verdict { font-size: 1.1em; margin: 1em 0 } .figures { width: auto }
.figures td, .figures th { padding: .3em 1.4em .3em 0 }
.better { color: #15803d } .worse { color: #b91c1c }
.legend span { margin-right: 1.2em }
.legend span::before { content: ""; display: inline-block; width: .75em; height: .75em;
  border-radius: 2px; margin-right: .4em; background: var(--kind) }
.change { margin: 0 0 1.8em; break-inside: avoid }
.change .two { display: grid; grid-template-columns: 1fr 1fr; gap: .8em; margin-top: .3em }
.change.large .two { grid-template-columns: 1fr }
pre { background: #f2f3f5; padding: .8em; border-radius: 4px; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .88em }
"""


def write_page(path: Path, comparison: Comparison, curve: Path | None = None) -> None:
    """Write the page in the chosen language.

    curve: a picture of the run's losses and scores, left out where it is not there.
    Raises UserError where the page cannot be written.
    """
    try:
        write_whole(path, html_page(comparison, _read_curve(curve)))
    except OSError as error:
        raise UserError("infer.cannot_write", path=path, reason=error.strerror) from error


def html_page(comparison: Comparison, curve_png: bytes | None = None) -> str:
    """The page as text, no larger than MAX_PAGE_BYTES."""
    checkpoint = comparison.after.checkpoint
    title = say("comparison.title", name=checkpoint.path.name)
    record = recorded(checkpoint.content)
    head = (
        f"<h1>{escaped(title)}</h1>{_verdict(comparison)}{_figures(comparison)}{_sides(comparison)}"
    )
    tail = f"{_curve(curve_png)}{_how_made(record, comparison.device)}{SCRIPT}"
    style = STYLE + _EXTRA_STYLE
    left = MAX_PAGE_BYTES - len(page(title, head + tail, style).encode("utf-8", "backslashreplace"))
    return page(title, head + _gallery(comparison, left) + tail, style)


def _read_curve(path: Path | None) -> bytes | None:
    if path is None or not path.is_file() or path.stat().st_size > _LARGEST_CURVE_BYTES:
        return None
    return path.read_bytes()


def _verdict(comparison: Comparison) -> str:
    before, after = comparison.before.score.hmean, comparison.after.score.hmean
    interval = comparison.interval()
    fields = {"before": before, "after": after, "change": after - before}
    told = say("comparison.verdict", **fields, low=interval.low, high=interval.high)
    key = "up" if interval.low > 0 else "down" if interval.high < 0 else "noise"
    lines = [
        f'<p class="verdict">{escaped(told)}<br>{escaped(say(f"comparison.verdict.{key}"))}</p>'
    ]
    total, looked_at = comparison.data.num_images, len(comparison.indices)
    if looked_at < total:
        lines.append(f"<p>{escaped(say('comparison.part', images=looked_at, total=total))}</p>")
    return "".join(lines)


def _figures(comparison: Comparison) -> str:
    """The table: a row for each of ROWS."""
    before, after = comparison.before.figures(), comparison.after.figures()
    heads = "".join(
        f'<th class="n">{escaped(say(f"comparison.{name}"))}</th>'
        for name in ("before", "after", "change")
    )
    rows = "".join(_figure_row(name, before[name], after[name]) for name in ROWS)
    images, words = len(comparison.indices), comparison.after.score.num_truths
    counted = say("comparison.counted", name=comparison.data.name, images=images, words=words)
    return (
        f'<table class="figures"><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody>'
        f'</table><p class="hint">{escaped(counted)}</p>'
    )


def _figure_row(name: str, before: float, after: float) -> str:
    form = "{:.4f}" if name in _FRACTIONS else "{:,}"
    signed = form.replace(":", ":+")
    change = after - before
    good = change < 0 if name in ("missed", "false") else change > 0
    kind = ("better" if good else "worse") if change else ""
    cells = (form.format(before), form.format(after))
    numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    return (
        f"<tr><th>{escaped(say(f'comparison.row.{name}'))}</th>{numbers}"
        f'<td class="n {kind}">{signed.format(change)}</td></tr>'
    )


def _sides(comparison: Comparison) -> str:
    """What the two files are."""
    rows = []
    for name, side in (("before", comparison.before), ("after", comparison.after)):
        checkpoint = side.checkpoint
        epoch = "" if checkpoint.epoch is None else say("comparison.epoch", epoch=checkpoint.epoch)
        told = (str(checkpoint.path), epoch, side.thresholds.line())
        text = " · ".join(filter(None, told))
        rows.append((say(f"comparison.{name}"), text))
    return _definitions(rows)


def _definitions(rows: Iterable[tuple[str, object]]) -> str:
    items = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in rows)
    return f'<dl class="about">{items}</dl>' if items else ""


def _gallery(comparison: Comparison, num_bytes: int) -> str:
    """Both lists of photos in ``num_bytes``; what the boxes leave is shared between the photos."""
    legend = "".join(
        f'<span class="{kind}">{escaped(say(f"report.kind.{kind}"))}</span>'
        for kind in reversed(KINDS)
    )
    changes = comparison.fewer_errors()
    lists = (
        ("gains", comparison.largest_gains(SHOWN), sum(change > 0 for change in changes)),
        ("losses", comparison.largest_losses(SHOWN), sum(change < 0 for change in changes)),
    )
    parts, shown = [f'<p class="legend">{legend}</p>'], []
    for key, places, total in lists:
        told = say("comparison.shown", shown=len(places), images=total)
        parts.append(f'<h2 id="{key}">{escaped(say(f"comparison.{key}"))}</h2>')
        parts.append(f"<p>{escaped(told)}</p>")
        for place in places:
            shown.append((len(parts), comparison.indices[place]))
            parts.append(_pair(comparison, place, changes[place]))
    left = num_bytes - sum(len(part.encode("utf-8", "backslashreplace")) for part in parts)
    # Base64 makes four bytes of three, each photo comes twice, and an <img> takes a few more.
    allowance = Allowance((left - 200 * len(shown)) * 3 // 8, len(shown))
    for number, index in shown:
        parts[number] = parts[number].replace(_FILLING, _photo(comparison.data, index, allowance))
    return "".join(parts)


def _pair(comparison: Comparison, place: int, change: int) -> str:
    """One photo twice, with the boxes of both sides; the photo itself is still to be filled in."""
    sides = "".join(
        _boxes(side.images[place], say(f"comparison.{name}"))
        for name, side in (("before", comparison.before), ("after", comparison.after))
    )
    name = escaped(comparison.data.image_name(comparison.indices[place]))
    counted = escaped(say("comparison.errors", change=-change))
    return (
        f'<figure class="change"><code>{name}</code> {counted}<div class="two">{sides}</div>'
        "</figure>"
    )


def _boxes(image: ImageErrors, name: str) -> str:
    height, width = image.size
    boxes = overlay(image, (0, 0, width, height)) if all(image.size) else ""
    counts = say("report.gallery.counts", missed=image.missed, false=image.false, right=image.right)
    return (
        f'<div><div class="photo" tabindex="0">{_FILLING}{boxes}</div>'
        f"<figcaption>{escaped(name)}: {escaped(counts)}</figcaption></div>"
    )


def _photo(data: TextDataset, index: int, allowance: Allowance) -> str:
    try:
        jpeg = allowance.encode(shrunk(data.open_photo(index), SIDE_PX))
    except UserError as error:
        return f"<p>{escaped(error)}</p>"
    return "" if jpeg is None else f'<img alt="" src="{jpeg_uri(jpeg)}">'


def _curve(png: bytes | None) -> str:
    if png is None:
        return ""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<h2 id="curves">{escaped(say("comparison.curves"))}</h2>'
        f'<img alt="" src="data:image/png;base64,{data}">'
    )


def _how_made(record: Mapping[str, Any], device: str) -> str:
    """The command, the environment, the data and all settings, as the file says."""
    parts = [f'<h2 id="made">{escaped(say("comparison.made"))}</h2>']
    command = record.get("command")
    if isinstance(command, str):
        parts.append(f"<p>{escaped(say('comparison.command'))}</p><pre>{escaped(command)}</pre>")
    environment = list(_environment(record))
    if not environment:
        parts.append(f"<p>{escaped(say('checkpoint.inspect.no_provenance'))}</p>")
    parts.append(_definitions([*environment, (say("comparison.device"), device)]))
    settings = record.get("config")
    if isinstance(settings, Mapping):
        rows = _definitions((name, value) for name, value in flat(settings))
        summary = escaped(say("comparison.settings"))
        parts.append(f"<details><summary>{summary}</summary>{rows}</details>")
    return "".join(parts)


def _environment(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("versions", "git", "metrics"):
        values = record.get(name)
        if isinstance(values, Mapping) and values:
            text = ", ".join(f"{key} {_short(value)}" for key, value in values.items())
            yield say(f"checkpoint.inspect.{name}"), text
    sources = record.get("data")
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, Mapping):
            text = ", ".join(f"{key} {value}" for key, value in source.items())
            yield say("checkpoint.inspect.data"), text
    if "time" in record:
        yield say("checkpoint.inspect.made"), f"{record['time']} ({record.get('host', '-')})"


def _short(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value
