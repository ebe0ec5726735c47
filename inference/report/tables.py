"""The figures of an error report as HTML: scores, what to look at first, causes, tables."""

from collections import Counter
from collections.abc import Sequence

from inference.report.confidence import Interval
from inference.report.errors import FALSE_CAUSES, MISS_CAUSES, RIGHT
from inference.report.summary import Summary
from inference.report.tally import Bucket, Table, weak_spots
from runtime.messages import say
from runtime.web_page import escaped


def scores(summary: Summary) -> str:
    score = summary.score
    cards = "".join(
        _score_card(name, value, interval)
        for name, value, interval in (
            ("hmean", score.hmean, summary.hmean),
            ("recall", score.recall, summary.recall),
            ("precision", score.precision, summary.precision),
        )
    )
    found, right = summary.word_fates[RIGHT], summary.detection_fates[RIGHT]
    words, detections = score.num_truths, score.num_detections
    lines = (
        say("report.numbers.images", count=len(summary.images)),
        say("report.numbers.words", count=words, right=found, wrong=words - found),
        say("report.numbers.detections", count=detections, right=right, wrong=detections - right),
    )
    numbers = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    return (
        f'<div class="cards">{cards}</div><ul class="numbers">{numbers}</ul>'
        f'<p class="hint">{escaped(say("report.interval.how"))}</p>'
    )


def _score_card(name: str, value: float, interval: Interval) -> str:
    between = say("report.interval", low=interval.low, high=interval.high)
    return (
        f'<div class="card"><div class="name">{escaped(say(f"report.score.{name}"))}</div>'
        f'<div class="value">{value:.3f}</div>{_gauge(value, interval)}'
        f'<div class="hint">{escaped(between)}</div></div>'
    )


def _gauge(rate: float, interval: Interval | None, overall: float | None = None) -> str:
    """A bar from 0 to 1, the interval as a line over it, and a tick where the whole stands."""
    # Precision can be greater than 1 by some protocols.
    bar = '<rect class="{}" width="{:.1f}%" height="8" y="3" rx="2"/>'
    parts = [bar.format("track", 100), bar.format("share", 100 * min(rate, 1.0))]
    if overall is not None:
        x = f"{100 * overall:.1f}%"
        parts.append(f'<line class="overall" x1="{x}" x2="{x}" y1="0" y2="14"/>')
    if interval is not None:
        low, high = (f"{100 * end:.1f}%" for end in interval)
        parts.append(f'<line class="interval" x1="{low}" x2="{high}" y1="7" y2="7"/>')
        parts += [
            f'<line class="interval" x1="{end}" x2="{end}" y1="4" y2="10"/>' for end in (low, high)
        ]
    return f'<svg class="gauge" aria-hidden="true">{"".join(parts)}</svg>'


def weak_points(summary: Summary) -> str:
    """Sentences that say where most is lost."""
    lines = []
    for kind, tables in (
        ("words", summary.word_tables),
        ("detections", summary.detection_tables),
    ):
        for table, bucket in weak_spots(tables):
            numbers = {"total": bucket.total, "right": bucket.right, "rate": bucket.rate}
            name = say(f"report.by.{table.dimension.name}")
            place = {"name": name, "label": bucket.label, "overall": table.rate}
            lines.append(say(f"report.weak.{kind}", **place, **numbers))
    items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    body = f"<ul>{items}</ul>" if lines else f"<p>{escaped(say('report.weak.none'))}</p>"
    return f"<h2>{escaped(say('report.weak.title'))}</h2>{body}"


def causes(summary: Summary) -> str:
    words = _cause_table("miss", MISS_CAUSES, summary.word_fates, "missed")
    detections = _cause_table("false", FALSE_CAUSES, summary.detection_fates, "false")
    merges = [merge for image in summary.images for merge in image.merges]
    splits = [split for image in summary.images for split in image.splits]
    joined = say(
        "report.joined",
        merges=len(merges),
        merged=sum(len(words) for _, words in merges),
        splits=len(splits),
        pieces=sum(len(pieces) for _, pieces in splits),
    )
    return (
        f'<h2 id="causes">{escaped(say("report.causes"))}</h2>'
        f'<div class="pair">{words}{detections}</div><p>{escaped(joined)}</p>'
    )


def _cause_table(kind: str, causes: Sequence[str], fates: Counter[str], colour: str) -> str:
    wrong = sum(fates[cause] for cause in causes)
    rows = "".join(
        f"<tr><th>{escaped(say(f'report.{kind}.{cause}'))}"
        f'<div class="hint">{escaped(say(f"report.{kind}.{cause}.means"))}</div></th>'
        f"{_wrong_cell(fates[cause], wrong, colour)}"
        f'<td class="n">{_percent(fates[cause], wrong)}</td></tr>'
        for cause in causes
        if fates[cause]
    )
    return (
        f"<table><thead><tr><th>{escaped(say(f'report.{kind}'))}</th><th></th><th></th></tr></thead>"
        f"<tbody>{rows}</tbody><tfoot><tr><th>{escaped(say('report.total'))}</th>"
        f'<td class="n">{wrong:,}</td><td class="n">{_percent(wrong, wrong)}</td></tr></tfoot>'
        "</table>"
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "–"


def _wrong_cell(wrong: int, all_wrong: int, colour: str) -> str:
    """A number; the darker part of its cell is its share of all that is wrong."""
    share = 100 * wrong / all_wrong if all_wrong else 0
    return f'<td class="n {colour}" style="background-size:{share:.1f}% 70%">{wrong:,}</td>'


def bucket_tables(summary: Summary) -> str:
    sections = "".join(
        f"<h3>{escaped(say(f'report.by.{words.dimension.name}'))}</h3>"
        f'<p class="hint">{escaped(say(f"report.by.{words.dimension.name}.hint"))}</p>'
        f'<div class="pair">{_table(words, "words", "missed")}'
        f"{_table(detections, 'detections', 'false')}</div>"
        for words, detections in zip(summary.word_tables, summary.detection_tables, strict=True)
    )
    return (
        f'<h2 id="tables">{escaped(say("report.tables"))}</h2>'
        f'<p class="hint">{escaped(say("report.tables.how"))}</p>{sections}'
    )


def _table(table: Table, kind: str, colour: str) -> str:
    """kind: "words" or "detections"."""
    total, right = table.total, table.right
    head = "".join(
        f'<th class="n">{escaped(say(f"report.{kind}.{column}"))}</th>'
        for column in ("total", "right", "wrong", "rate")
    )
    rows = "".join(_row(bucket, total - right, colour, table.rate) for bucket in table.buckets)
    rate = f"{100 * table.rate:.1f}%" if total else "–"
    return (
        f'<table class="buckets" data-table="{kind}-{table.dimension.name}"><thead><tr>'
        f"<th>{escaped(say(f'report.{kind}'))}</th>{head}<th></th></tr></thead>"
        f"<tbody>{rows}</tbody><tfoot><tr><th>{escaped(say('report.total'))}</th>"
        f'<td class="n">{total:,}</td><td class="n">{right:,}</td>'
        f'<td class="n">{total - right:,}</td>'
        f'<td class="n">{rate}</td><td></td></tr></tfoot></table>'
    )


def _row(bucket: Bucket, all_wrong: int, colour: str, overall: float) -> str:
    between = ""
    if bucket.interval:
        low, high = bucket.interval
        between = escaped(say("report.interval", low=low, high=high))
    return (
        f'<tr title="{between}"><th>{escaped(bucket.label)}</th><td class="n">{bucket.total:,}</td>'
        f'<td class="n">{bucket.right:,}</td>'
        f"{_wrong_cell(bucket.total - bucket.right, all_wrong, colour)}"
        f'<td class="n">{100 * bucket.rate:.1f}%</td>'
        f'<td class="plot">{_gauge(bucket.rate, bucket.interval, overall)}</td></tr>'
    )
