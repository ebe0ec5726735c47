"""What was found, for people (report.html, a table on the terminal) and for programs (JSON)."""

import base64
import html
import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dataset.doctor.examination import Examination
from dataset.doctor.findings import SEVERITIES, Finding, by_kind, count_severities
from dataset.doctor.parts import Part
from dataset.doctor.thumbnails import thumbnail
from runtime.messages import UserError, say

# Of each kind: places that are shown with a picture, and places that are listed.
SHOWN, LISTED = 12, 300
_NAME_COLUMNS, _COUNT_COLUMNS = 58, 7
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222}
h1{font-size:1.5em} h2{font-size:1.15em;margin:2em 0 .3em;border-top:1px solid #ccc;padding-top:1em}
table{border-collapse:collapse} td,th{padding:.2em .9em .2em 0;text-align:left}
td.n{text-align:right} .error{color:#b00020} .warning{color:#a05a00} .hint{color:#3a5a8a}
.shots{display:flex;flex-wrap:wrap;gap:1em} figure{margin:0;width:20em;overflow-wrap:anywhere}
img{max-width:100%;border:1px solid #bbb} figcaption{font-size:.85em} code{font-size:.9em}
p{margin:.3em 0} details{margin:.5em 0} li{overflow-wrap:anywhere}
"""


def table_lines(examination: Examination) -> Iterator[str]:
    """The summary for a terminal: the data sets, then a line for each kind, the gravest first."""
    for part in examination.parts:
        yield say("doctor.table.set", **_numbers(part))
    yield from examination.remarks
    if not examination.findings:
        yield say("doctor.table.clean")
        return
    yield ""
    yield _row(say("doctor.table.kind"), say("doctor.table.count"), say("doctor.table.first"))
    for kind, findings in by_kind(examination.findings).items():
        first = findings[0]
        name = say(f"doctor.severity.{first.severity}") + " " + say(f"doctor.{kind}.name")
        yield _row(name, str(len(findings)), first.place)
    yield ""
    yield say("doctor.table.total", **count_severities(examination.findings))


def _numbers(part: Part) -> dict[str, Any]:
    words = part.dataset.packed
    return {
        "name": part.name,
        "images": part.dataset.num_images,
        "words": len(words),
        "ignored": int(words.ignore.sum()),
        "folder": part.dataset.image_folder,
        "format": part.dataset.format_name or "-",
    }


def _row(name: str, count: str, place: str) -> str:
    """A line of the table; Hangul and the like take two columns each."""
    name_blanks, count_blanks = _NAME_COLUMNS - _columns(name), _COUNT_COLUMNS - _columns(count)
    return f"{name}{' ' * max(1, name_blanks)}{' ' * count_blanks}{count}  {place}"


def _columns(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)


def write_reports(examination: Examination, folder: Path, title: str) -> tuple[Path, Path]:
    """Write report.html and report.json; gives their paths.

    Both appear whole or not at all.  Raises UserError where they cannot be written.
    """
    contents = {
        "report.html": html_report(examination, title),
        "report.json": json.dumps(json_report(examination), ensure_ascii=False, indent=1),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            _write(folder / name, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("doctor.cannot_write", path=folder, reason=reason) from error
    return folder / "report.html", folder / "report.json"


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # A file name that is not UTF-8 becomes an escape.
        unfinished.write_bytes(text.encode("utf-8", "backslashreplace"))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def json_report(examination: Examination) -> dict[str, Any]:
    """Everything, for programs; ``boxes`` are points x, y in pixels of the photo."""
    groups = by_kind(examination.findings)
    return {
        "sets": [
            {key: str(value) if key == "folder" else value for key, value in _numbers(part).items()}
            for part in examination.parts
        ],
        "remarks": examination.remarks,
        "severities": count_severities(examination.findings),
        "kinds": {kind: len(findings) for kind, findings in groups.items()},
        "findings": [_record(one) for findings in groups.values() for one in findings],
    }


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "set": finding.part,
        "path": str(finding.path),
        "line": finding.line,
        "photo": finding.photo,
        "found": finding.found,
        "about": dict(finding.about),
        "boxes": finding.boxes,
    }


def html_report(examination: Examination, title: str) -> str:
    """One page that needs no other file: pictures are inside, and it asks for nothing elsewhere."""
    groups = by_kind(examination.findings)
    parts = {part.name: part for part in examination.parts}
    lines = [say("doctor.table.set", **_numbers(part)) for part in examination.parts]
    sets = "".join(f"<p>{_text(line)}</p>" for line in [*lines, *examination.remarks])
    counts = count_severities(examination.findings)
    total = say("doctor.table.total", **counts) if groups else say("doctor.table.clean")
    progress = tqdm(groups.items(), disable=None, leave=False)
    sections = "".join(_section(kind, findings, parts) for kind, findings in progress)
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{_text(title)}</h1>{sets}"
        f"<p><b>{_text(total)}</b></p>{_overview(groups)}{sections}</body></html>\n"
    )


def _text(words: object) -> str:
    return html.escape(str(words))


def _overview(groups: dict[str, list[Finding]]) -> str:
    if not groups:
        return ""
    rows = "".join(
        f'<tr class="{findings[0].severity}">'
        f"<td>{_text(say('doctor.severity.' + findings[0].severity))}</td>"
        f'<td><a href="#{kind}">{_text(findings[0].name)}</a></td>'
        f'<td class="n">{len(findings)}</td></tr>'
        for kind, findings in groups.items()
    )
    legend = "".join(
        f'<p class="{severity}">{_text(say("doctor.severity." + severity))}: '
        f"{_text(say('doctor.severity.' + severity + '.means'))}</p>"
        for severity in SEVERITIES
    )
    return f"<table>{rows}</table>{legend}"


def _section(kind: str, findings: Sequence[Finding], parts: dict[str, Part]) -> str:
    """A kind: what it is, why it matters, what training does; pictures; the other places."""
    first = findings[0]
    shots = "".join(_shot(finding, parts.get(finding.part)) for finding in findings[:SHOWN])
    others = findings[SHOWN : SHOWN + LISTED]
    listed = "".join(
        f"<li><code>{_text(one.place)}</code> {_text(one.found)}</li>" for one in others
    )
    more = len(findings) - SHOWN
    rest = ""
    if more > 0:
        head = _text(say("doctor.table.more", count=more))
        rest = f"<details><summary>{head}</summary><ul>{listed}</ul></details>"
    return (
        f'<h2 id="{kind}" class="{first.severity}">{_text(first.name)} ({len(findings)})</h2>'
        f"<p>{_text(say(f'doctor.{kind}.why'))}</p><p>{_text(say('doctor.training'))} "
        f'{_text(say(f"doctor.{kind}.does"))}</p><div class="shots">{shots}</div>{rest}'
    )


def _shot(finding: Finding, part: Part | None) -> str:
    picture = thumbnail(finding, part.dataset) if part else None
    shown = ""
    if picture:
        data = base64.b64encode(picture).decode("ascii")
        shown = f'<img alt="{_text(finding.photo)}" src="data:image/jpeg;base64,{data}">'
    photo = f" {_text(finding.photo)}" if finding.photo else ""
    return (
        f"<figure>{shown}<figcaption><code>{_text(finding.place)}</code>{photo}<br>"
        f"{_text(finding.found)}</figcaption></figure>"
    )
