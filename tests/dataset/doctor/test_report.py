"""The reports: a page that needs nothing else, JSON, a table."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from dataset.build import build_dataset
from dataset.doctor.examination import Examination
from dataset.doctor.findings import KINDS, Finding
from dataset.doctor.parts import Part
from dataset.doctor.report import html_report, json_report, table_lines, write_reports
from dataset.doctor.thumbnails import thumbnail
from runtime.messages import MESSAGES, UserError, set_language
from tests.dataset.doctor.drawn import DrawnSet, write_picture
from tests.dataset.doctor.test_examination import sow_everything

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Counts tags, and sees to it that they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def examination(tmp_path):
    data = DrawnSet(tmp_path / "data")
    sow_everything(data)
    return data.examine()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_is_whole_and_asks_for_no_other_file(examination, language):
    set_language(language)
    page = Page(html_report(examination, "<title> & more"))

    kinds = {finding.kind for finding in examination.findings}
    assert {attrs["id"] for tag, attrs in page.seen if tag == "h2"} == kinds
    sources = [str(attrs["src"]) for tag, attrs in page.seen if "src" in attrs]
    assert sources and all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert all(str(attrs["href"]).startswith("#") for _, attrs in page.seen if "href" in attrs)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.seen}
    image = Image.open(io.BytesIO(base64.b64decode(sources[0].partition(",")[2])))
    assert max(image.size) <= 2 * 360 + 12


def test_names_are_no_markup(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("<b>&amp;", "nonsense\n")

    text = html_report(data.examine(), "title")

    assert "&lt;b&gt;&amp;amp;" in text
    Page(text)


def test_the_json_holds_every_finding(examination, tmp_path):
    _, path = write_reports(examination, tmp_path / "out", "title")

    report = json.loads(path.read_text("utf-8"))

    assert len(report["findings"]) == len(examination.findings)
    assert sum(report["kinds"].values()) == sum(report["severities"].values())
    (tie,) = [one for one in report["findings"] if one["kind"] == "bow_tie"]
    assert (tie["line"], tie["set"], tie["severity"], tie["photo"]) == (
        3, "train", "error", "bow_tie.jpg",
    )  # fmt: skip
    assert tie["boxes"] == [[[50, 180], [150, 210], [150, 180], [50, 220]]]
    assert report["sets"][0]["images"] == examination.parts[0].dataset.num_images


def test_a_new_report_takes_the_place_of_the_old_and_leaves_nothing_else(examination, tmp_path):
    for _ in range(2):
        write_reports(examination, tmp_path / "out", "title")

    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["report.html", "report.json"]


def test_a_report_that_cannot_be_written_is_a_users_error(examination, tmp_path):
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(UserError) as caught:
        write_reports(examination, tmp_path / "out", "title")

    assert caught.value.key == "doctor.cannot_write"


def test_the_table_names_each_kind_with_its_number_and_first_place(examination):
    set_language("en")
    lines = list(table_lines(examination))

    (row,) = [line for line in lines if line.startswith("[error] malformed lines ")]
    assert re.search(r" 1  .*gt_malformed_line\.txt:3$", row)
    severities = [line[1 : line.index("]")] for line in lines if line.startswith("[")]
    order = ["error", "warning", "hint"]
    assert severities == sorted(severities, key=order.index)


def test_columns_stand_below_one_another_in_korean_too(examination):
    lines = [line for line in table_lines(examination) if ".txt" in line or ".jpg" in line]
    rows = [line for line in lines if line.startswith("[")]

    def columns(text: str) -> int:
        return len(text) + len(re.findall("[가-힣]", text))

    starts = {columns(re.match(r"(.*?\S +\d+)  /", row)[1]) for row in rows}
    assert len(rows) > 20 and len(starts) == 1


def test_nothing_wrong_is_said_in_a_line(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("a")

    assert len(list(table_lines(data.examine()))) == 2
    Page(html_report(data.examine(), "title"))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_says_what_it_is_why_it_matters_and_what_training_does(kind):
    assert {f"doctor.{kind}.{part}" for part in ("name", "found", "why", "does")} <= MESSAGES.keys()


def show(tmp_path, box, about=None):
    """The thumbnail of a box on a black photo of 320 x 240, RGB."""
    data = DrawnSet(tmp_path)
    data.add("a")
    write_picture(data.image("a"), np.zeros((240, 320, 3), np.uint8))
    dataset = build_dataset(data.spec())
    finding = Finding("outside", data.label("a"), 1, about or {}, "train", 0, "a.jpg", (box,))
    return np.asarray(Image.open(io.BytesIO(thumbnail(finding, dataset)))).astype(int)


def red(picture):
    return (picture[..., 0] > 180) & (picture[..., 1] < 100) & (picture[..., 2] < 100)


def test_a_box_outside_is_shown_beside_the_photo(tmp_path):
    picture = show(tmp_path, ((400, 100), (500, 100), (500, 150), (400, 150)))

    # 500 px of width become 360; the photo ends at 320 of them, 230 of the picture.
    columns = np.flatnonzero(red(picture).any(axis=0))
    assert picture.shape[1] == 360
    assert abs(columns.min() - 288) <= 3 and columns.max() >= 356
    assert picture[:, 240:280].min() > 180 and picture[:, :220].max() < 60


def test_a_box_far_away_does_not_shrink_the_photo_to_nothing(tmp_path):
    picture = show(tmp_path, ((90000, 0), (90100, 0), (90100, 50), (90000, 50)))

    assert (picture.max(axis=2) < 60).mean() > 0.2


def test_a_photo_that_has_gone_is_not_shown(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("a")
    dataset = build_dataset(data.spec())
    finding = Finding("huge_box", data.label("a"), 1, {"percent": 95}, "train", 0, "a.jpg")
    data.image("a").unlink()

    assert thumbnail(finding, dataset) is None
    page = html_report(Examination([Part("train", dataset, True)], [finding]), "title")
    assert "<img" not in page and "95" in page
    assert json_report(Examination([], [finding]))["kinds"] == {"huge_box": 1}
