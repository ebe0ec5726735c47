"""Two checkpoints on the same photos: the figures, the photos shown, and the page."""

import copy
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from dataset import build_dataset
from inference import comparison_page
from inference.comparison import Comparison, compare, spread
from inference.comparison_page import html_page, write_page
from runtime import messages
from runtime.checkpoint import read_checkpoint
from runtime.config import load_config
from runtime.messages import UserError
from tests.inference.bright_model import bright_model, save_photo, write_config

BOXES = ((16, 24, 96, 56), (144, 24, 224, 56), (80, 80, 160, 112))
BRIGHT, DIM, DARK = 240, 200, 0  # found by both networks, by the second only, by none


def save_labelled(folder: Path, name: str, greys: tuple[int, ...], labels: str) -> None:
    """A photo with a box of each grey; labels: one letter each, w a word, i ignored, - none."""
    image = np.zeros((128, 256, 3), np.uint8)
    lines = []
    for (x0, y0, x1, y1), grey, label in zip(BOXES, greys, labels, strict=True):
        image[y0:y1, x0:x1] = grey
        text = {"w": "word", "i": "###"}.get(label)
        lines += [f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},{text}\n"] if text else []
    save_photo(folder / f"{name}.png", image)
    (folder / f"gt_{name}.txt").write_text("".join(lines))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The second network finds what is dimmer: one word more in a, one false alarm more in b."""
    folder = tmp_path_factory.mktemp("비교 <b>")
    config = load_config(write_config(folder))
    photos = folder / "photos"
    save_labelled(photos, "a", (BRIGHT, DIM, BRIGHT), "wwi")
    save_labelled(photos, "b", (BRIGHT, DIM, DARK), "w-w")
    save_labelled(photos, "c", (BRIGHT, DARK, DARK), "w--")
    save_labelled(photos, "d", (DIM, DIM, DARK), "www")
    keen = copy.deepcopy(bright_model())
    with torch.no_grad():
        keen.det_head.final.conv.weight[0, 1] = -10 * 0.8
        picky = copy.deepcopy(keen)
        picky.det_head.final.conv.weight[0, 1] = -10 * 1.8
    record = {"command": "python train.py --lr 1 <x>", "config": {"data": {"batch_size": 3}},
              "versions": {"torch": "9.9"}, "metrics": {"hmean": 0.123456789}}  # fmt: skip
    for name, model in (("before", picky), ("after", keen)):
        content = {"epoch": 3, "ema": model.state_dict(), "state_dict": {}, "provenance": record}
        torch.save(content, folder / f"{name}.pth")
    spec = {"type": "FAST_IC15", "split": "test", "short_size": 128}
    data = build_dataset({**spec, "img_dir": str(photos), "gt_dir": str(photos)})
    sides = (read_checkpoint(folder / f"{name}.pth") for name in ("before", "after"))
    compared = compare(config, *sides, data, torch.device("cpu"))
    assert compared is not None
    return compared


def test_both_sides_have_the_figures_of_their_own_test(found):
    # Words: two in a, two in b, one in c, three in d; eight in all.
    assert found.before.figures() == pytest.approx(
        {"precision": 1, "recall": 3 / 8, "hmean": 6 / 11, "right": 3, "missed": 5, "false": 0}
    )
    assert found.after.figures() == pytest.approx(
        {"precision": 6 / 7, "recall": 6 / 8, "hmean": 0.8, "right": 6, "missed": 2, "false": 1}
    )


def test_photos_are_ranked_by_how_many_errors_they_have_fewer_or_more(found):
    assert [found.data.image_name(index) for index in found.indices] == [
        "a.png", "b.png", "c.png", "d.png",
    ]  # fmt: skip
    assert found.fewer_errors() == [1, -1, 0, 2]
    assert found.largest_gains(12) == [3, 0]
    assert found.largest_losses(12) == [1]
    assert found.largest_gains(1) == [3]


def test_the_interval_holds_the_change_of_hmean(found):
    low, high = found.interval()
    assert low < 0.8 - 6 / 11 < high


def test_photos_are_spread_evenly_where_there_are_too_many():
    assert spread(3, 5) == [0, 1, 2]
    assert spread(10, 5) == [0, 2, 4, 6, 8]
    assert spread(1000, 3) == [0, 333, 666]


def test_a_comparison_that_is_stopped_gives_nothing(found):
    side = found.before.checkpoint
    config = load_config(side.path.parent / "config.py")
    given_up = compare(config, side, side, found.data, torch.device("cpu"), stop=lambda: True)
    assert given_up is None


class Page(HTMLParser):
    """What a page holds, its tags closed in their order."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[str] = []
        self.boxes: list[str] = []
        self.texts: list[str] = []
        self.cells: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(attributes["src"])
        if tag == "g":
            self.kind = attributes["class"]
        if tag == "polygon":
            self.boxes.append(self.kind)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_holds_figures_photos_boxes_and_how_it_was_made(found, language):
    messages.set_language(language)
    text = html_page(found)
    messages.set_language("ko")
    shown = Page(text)
    assert shown.cells == [
        "1.0000", "0.8571", "-0.1429",
        "0.3750", "0.7500", "+0.3750",
        "0.5455", "0.8000", "+0.2545",
        "3", "6", "+3",
        "5", "2", "-3",
        "0", "1", "+1",
    ]  # fmt: skip
    # d, a and b, each before and after.
    assert len(shown.images) == 6
    assert all(image.startswith("data:image/jpeg;base64,") for image in shown.images)
    boxes = {kind: shown.boxes.count(kind) for kind in ("missed", "false", "right", "ignored")}
    # Before 5 missed, 2 right (c is not shown); after 2 missed, 1 false, 5 right.  What lies in
    # the ignored word of a is ignored as well, on both sides.
    assert boxes == {"missed": 7, "false": 1, "right": 7, "ignored": 4}
    whole = "\n".join(shown.texts)
    for part in ("python train.py --lr 1 <x>", "data.batch_size", "torch 9.9", "hmean 0.1235"):
        assert part in whole
    for name in ("gains", "losses"):
        assert messages.MESSAGES[f"comparison.{name}"][language] in whole
    assert "http" not in text.replace("http://www.w3.org", "")


def test_the_page_is_never_larger_than_it_may_be(found, monkeypatch):
    whole = len(html_page(found).encode())
    limit = whole - 4000
    monkeypatch.setattr(comparison_page, "MAX_PAGE_BYTES", limit)
    assert len(html_page(found).encode()) <= limit


def test_the_curve_of_the_run_is_in_the_page_where_there_is_one(found, tmp_path):
    png = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    (tmp_path / "curve.png").write_bytes(png)
    write_page(tmp_path / "한글" / "page.html", found, tmp_path / "curve.png")
    shown = Page((tmp_path / "한글" / "page.html").read_text(encoding="utf-8"))
    assert sum(image.startswith("data:image/png") for image in shown.images) == 1
    write_page(tmp_path / "page.html", found, tmp_path / "nowhere.png")
    assert "image/png" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_one_sentence(found, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as refused:
        write_page(tmp_path / "file" / "page.html", found)
    assert "page.html" in str(refused.value)
