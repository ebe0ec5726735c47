"""The whole page: it stands alone, adds up, and is never too large."""

import base64
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from PIL import Image

from inference.evaluate import Found
from inference.report.page import MAX_PAGE_BYTES, html_report, write_report
from runtime.messages import UserError, set_language
from tests.conftest import ic15
from tests.inference.report.faked import (
    FakePhotos,
    box,
    detection,
    fake_labels,
    fake_result,
    jpeg,
    scored,
    word,
)

VOID = {"meta", "img", "br"}
SIZE = 480, 640
ABOUT = {"checkpoint": "runs/best & last.pth", "data": "photos/<b>", "short_size": 640}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Page(HTMLParser):
    """A page's tags, seen to be closed in order, the cells of its tables and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.table: list[list[str]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]
        if tag == "table":
            self.table = self.tables.setdefault(dict(attrs).get("data-table", ""), [])
        elif tag == "tr":
            self.table.append([])
        elif tag in ("td", "th"):
            self.table[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += "" if self.open[-1:] in (["style"], ["script"]) else data
        if self.open[-1:] in (["td"], ["th"]):
            self.table[-1][-1] += data


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.fixture(scope="module")
def result():
    labels = [*fake_labels(38), [], fake_labels(1, seed=9)[0]]
    sizes = [SIZE] * 39 + [(0, 0)]
    files = [jpeg(seed=seed) for seed in range(40)]
    files[-1] = np.zeros(0, np.uint8)
    return FakePhotos(labels, files), fake_result(labels, sizes)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_is_whole_and_asks_for_no_other_file(result, language):
    set_language(language)
    text = html_report(*result, 640, ABOUT)
    page = Page(text)

    sources = [str(attrs["src"]) for _, attrs in page.seen if "src" in attrs]
    assert len(sources) > 24
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not {"link", "iframe", "object", "base", "image", "use"} & {tag for tag, _ in page.seen}
    assert not any({"href", "srcset", "data"} & attrs.keys() for _, attrs in page.seen)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch|XMLHttp", strip_pictures(text))
    image = Image.open(io.BytesIO(base64.b64decode(sources[0].partition(",")[2])))
    assert image.size == (640, 480)
    assert page.seen[0][1]["lang"] == language
    spoken = "놓친 단어" if language == "ko" else "missed words"
    assert spoken in page.text and ("놓친" in page.text) == (language == "ko")


def strip_pictures(text: str) -> str:
    return re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", text)


def test_every_table_on_the_page_adds_up_to_the_totals_at_its_head(result):
    set_language("en")
    page = Page(html_report(*result, 640, ABOUT))
    score = result[1].score

    assert f"{score.num_truths} words = {score.matched} found" in page.text
    tables = {name: rows for name, rows in page.tables.items() if name}
    assert len(tables) == 12
    for name, (_, *rows, total) in tables.items():
        expected = score.num_truths if name.startswith("words") else score.num_detections
        assert [number(cell) for cell in total[1:4]] == [
            expected, score.matched, expected - score.matched,
        ]  # fmt: skip
        columns = zip(*([number(cell) for cell in row[1:4]] for row in rows), strict=True)
        assert [sum(column) for column in columns] == [number(cell) for cell in total[1:4]]
        for row in rows:
            assert row[4] == f"{100 * number(row[2]) / number(row[1]):.1f}%"
    # The causes stand in two tables below one another.
    causes = page.tables[""]
    totals = [number(row[1]) for row in causes if row[0] == "total"]
    assert totals == [score.num_truths - score.matched, score.num_detections - score.matched]
    assert sum(number(row[1]) for row in causes if row[1] and row[0] != "total") == sum(totals)


def test_names_and_texts_are_no_markup(result):
    text = html_report(*result, 640, ABOUT)

    assert "best &amp; last.pth" in text and "photos/&lt;b&gt;" in text
    assert "글자 &amp; &lt;b&gt;" in text
    assert "<b>" not in text


def test_the_same_result_gives_the_same_page(result):
    assert html_report(*result, 640, ABOUT) == html_report(*result, 640, ABOUT)


def test_as_many_images_are_shown_as_wanted(result):
    set_language("en")
    for wanted in (0, 5):
        text = html_report(*result, 640, ABOUT, worst=wanted)
        assert re.search(rf"<p>{wanted} of \d+ images with errors", text)
        assert text.partition('id="joined"')[0].count("<figure>") == wanted


def test_a_report_of_nothing_but_right_words_says_that_nothing_stands_out():
    set_language("en")
    points = box(10, 10, 80, 30)
    found = [Found(SIZE, [detection(points)])] * 6
    labels = [[word(points)]] * 6

    page = Page(html_report(FakePhotos(labels, [jpeg()]), scored(labels, found), 640, {}))

    assert "No group is clearly worse" in page.text
    assert "0 of 0 images with errors" in page.text


@pytest.fixture(scope="module")
def thousand():
    labels = fake_labels(1000, words=10)
    files = [jpeg(seed=seed, noise=80) for seed in range(4)]
    return FakePhotos(labels, files), fake_result(labels, [SIZE] * 1000)


@pytest.mark.parametrize("worst", [24, 1000])
def test_a_page_of_a_thousand_images_stays_below_twenty_megabytes(thousand, tmp_path, worst):
    write_report(tmp_path / "out.html", *thousand, 640, ABOUT, worst)

    num_bytes = (tmp_path / "out.html").stat().st_size
    assert num_bytes <= MAX_PAGE_BYTES < 20_000_000
    text = (tmp_path / "out.html").read_text("utf-8")
    assert text.count("<figure>") >= worst
    if worst == 1000:
        assert num_bytes > 10_000_000  # the photos are not much smaller than they need to be


def test_a_page_that_cannot_be_written_is_a_users_error(result, tmp_path):
    (tmp_path / "out.html").mkdir()
    with pytest.raises(UserError) as caught:
        write_report(tmp_path / "out.html", *result, 640, ABOUT, 0)
    assert caught.value.key == "infer.cannot_write"


# What a page does after it has loaded, as text for ``--dump-dom``: sizes, and clicks on a button
# and on a photo.
PROBE = """<script>window.onload = () => {
  const box = (one) => one.getBoundingClientRect(), find = (what) => document.querySelector(what);
  const photo = find(".shots .photo"), picture = photo.querySelector("img"), said = {};
  said.page = [document.documentElement.scrollWidth, window.innerWidth];
  said.pictures = [...document.images].every((one) => one.complete && one.naturalWidth > 0);
  said.apart = ["left", "top", "width", "height"].map(
    (side) => Math.abs(box(picture)[side] - box(photo.querySelector("svg"))[side]));
  said.colours = ["missed", "false", "right", "ignored"].map(
    (kind) => getComputedStyle(find("g." + kind + " polygon")).stroke);
  said.before = box(photo).width; photo.click(); said.after = box(photo).width; photo.click();
  find("button.missed").click();
  said.hidden = getComputedStyle(find("g.missed")).display;
  said.shown = getComputedStyle(find("g.false")).display;
  said.pressed = find("button.missed").getAttribute("aria-pressed");
  find("button.missed").click();
  document.title = "said " + JSON.stringify(said);
};</script>"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"none of these browsers is on this machine: {', '.join(BROWSERS)}")
    return found


def browse(browser: str, folder, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--virtual-time-budget=5000", f"--user-data-dir={folder / 'profile'}",
            *options, (folder / "out.html").as_uri(),
        ],
        capture_output=True, encoding="utf-8", timeout=100, check=True,
    )  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("ko", 500), ("en", 1280)])
def test_a_browser_shows_the_page(browser, result, tmp_path, language, width):
    set_language(language)
    text = html_report(*result, 640, ABOUT).replace("</body>", PROBE + "</body>")
    (tmp_path / "out.html").write_text(text, encoding="utf-8")

    dumped = browse(browser, tmp_path, f"--window-size={width},2000", "--dump-dom").stdout

    said = json.loads(re.search(r"<title>said (.*?)</title>", dumped)[1])
    assert said["page"][0] <= said["page"][1]  # nothing sticks out to the right
    assert said["pictures"]
    assert max(said["apart"]) < 1  # boxes lie on their photo
    red, yellow, green, grey = (tuple(map(int, re.findall(r"\d+", one))) for one in said["colours"])
    assert red[0] > 200 > 100 > max(red[1:]) and green[1] > 150 > max(green[0], green[2])
    assert min(yellow[:2]) > 200 > 100 > yellow[2] and np.ptp(grey) < 20
    assert said["after"] > said["before"] or width == 500
    assert (said["hidden"], said["pressed"]) == ("none", "false") and said["shown"] != "none"


def test_boxes_are_painted_over_a_real_photo(browser, tmp_path):
    stems = ["img_701", "img_702", "img_703", "img_704"]
    files = [np.fromfile(ic15() / "val" / "images" / f"{stem}.jpg", np.uint8) for stem in stems]
    labels = [list(real_words(ic15() / "val" / "gts" / f"gt_{stem}.txt")) for stem in stems]
    photos = FakePhotos(labels, files)
    result = fake_result(labels, [(640, 960)] * len(stems), seed=2)
    write_report(tmp_path / "out.html", photos, result, 640, ABOUT)

    shot = tmp_path / "shot.png"
    browse(browser, tmp_path, "--window-size=1280,6000", f"--screenshot={shot}")

    pixels = cv2.imread(str(shot))[..., ::-1]
    assert pixels.shape == (6000, 1280, 3)
    painted = [
        (np.abs(pixels.astype(int) - colour).max(axis=2) < 12).sum()
        for colour in ((255, 42, 42), (255, 210, 31), (34, 197, 94), (195, 200, 208))
    ]
    assert min(painted) > 50


def real_words(path):
    for line in path.read_text("utf-8").splitlines():
        *numbers, text = line.split(",", 8)
        yield word(np.array(numbers, float).reshape(4, 2), text)
