"""What was found, for people (report.html, a table on the terminal) and for programs (JSON)."""

import json
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
from runtime.web_page import escaped, jpeg_uri, page, write_whole

# Of each kind: places that are shown with a picture, and places that are listed.
SHOWN, LISTED = 12, 300
_NAME_COLUMNS, _COUNT_COLUMNS = 58, 7
_STYLE = """
.error{color:#b00020} .warning{color:#a05a00} .hint{color:#3a5a8a}
.shots{display:flex;flex-wrap:wrap;gap:1em} figure{width:20em} img{border:1px solid #bbb}
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
        for name, text in contents.items():
            write_whole(folder / name, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("doctor.cannot_write", path=folder, reason=reason) from error
    return folder / "report.html", folder / "report.json"


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
    sets = "".join(f"<p>{escaped(line)}</p>" for line in [*lines, *examination.remarks])
    counts = count_severities(examination.findings)
    total = say("doctor.table.total", **counts) if groups else say("doctor.table.clean")
    progress = tqdm(groups.items(), disable=None, leave=False)
    sections = "".join(_section(kind, findings, parts) for kind, findings in progress)
    body = (
        f"<h1>{escaped(title)}</h1>{sets}<p><b>{escaped(total)}</b></p>"
        f"{_overview(groups)}{sections}"
    )
    return page(title, body, _STYLE)


def _overview(groups: dict[str, list[Finding]]) -> str:
    if not groups:
        return ""
    rows = "".join(
        f'<tr class="{findings[0].severity}">'
        f"<td>{escaped(say('doctor.severity.' + findings[0].severity))}</td>"
        f'<td><a href="#{kind}">{escaped(findings[0].name)}</a></td>'
        f'<td class="n">{len(findings)}</td></tr>'
        for kind, findings in groups.items()
    )
    legend = "".join(
        f'<p class="{severity}">{escaped(say("doctor.severity." + severity))}: '
        f"{escaped(say('doctor.severity.' + severity + '.means'))}</p>"
        for severity in SEVERITIES
    )
    return f"<table>{rows}</table>{legend}"


def _section(kind: str, findings: Sequence[Finding], parts: dict[str, Part]) -> str:
    """A kind: what it is, why it matters, what training does; pictures; the other places."""
    first = findings[0]
    shots = "".join(_shot(finding, parts.get(finding.part)) for finding in findings[:SHOWN])
    others = findings[SHOWN : SHOWN + LISTED]
    listed = "".join(
        f"<li><code>{escaped(one.place)}</code> {escaped(one.found)}</li>" for one in others
    )
    more = len(findings) - SHOWN
    rest = ""
    if more > 0:
        head = escaped(say("doctor.table.more", count=more))
        rest = f"<details><summary>{head}</summary><ul>{listed}</ul></details>"
    return (
        f'<h2 id="{kind}" class="{first.severity}">{escaped(first.name)} ({len(findings)})</h2>'
        f"<p>{escaped(say(f'doctor.{kind}.why'))}</p><p>{escaped(say('doctor.training'))} "
        f'{escaped(say(f"doctor.{kind}.does"))}</p><div class="shots">{shots}</div>{rest}'
    )


def _shot(finding: Finding, part: Part | None) -> str:
    picture = thumbnail(finding, part.dataset) if part else None
    shown = ""
    if picture:
        shown = f'<img alt="{escaped(finding.photo)}" src="{jpeg_uri(picture)}">'
    photo = f" {escaped(finding.photo)}" if finding.photo else ""
    return (
        f"<figure>{shown}<figcaption><code>{escaped(finding.place)}</code>{photo}<br>"
        f"{escaped(finding.found)}</figcaption></figure>"
    )
