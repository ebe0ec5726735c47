"""tools/compare_checkpoints.py as a user runs it."""

import copy
import re
from pathlib import Path

import pytest
import torch

from tests.inference.bright_model import BOX, bright_model, save_photo, write_config
from tests.inference.command import assert_refused, run_here

SCRIPT = "tools/compare_checkpoints.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos with a word each, which the network of before.pth does not see."""
    write_config(tmp_path)
    x0, y0, x1, y1 = BOX
    (tmp_path / "labels").mkdir()
    for name in ("a", "b"):
        save_photo(tmp_path / "photos" / f"{name}.png")
        line = f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},word\n"
        (tmp_path / "labels" / f"gt_{name}.txt").write_text(line, encoding="utf-8")
    blind = copy.deepcopy(bright_model())
    with torch.no_grad():
        blind.det_head.final.conv.weight[0, 1] = -100
    torch.save({"epoch": 7, "ema": blind.state_dict()}, tmp_path / "before.pth")
    torch.save({"epoch": 9, "ema": bright_model().state_dict()}, tmp_path / "after.pth")
    return tmp_path


def compare(folder: Path, *arguments: object, before: str = "before.pth"):
    files = ("config.py", before, "after.pth", "--device", "cpu", "--worker", 0)
    return run_here(SCRIPT, *files, *arguments, cwd=folder)


def test_the_figures_are_printed_and_the_page_is_written(folder):
    finished = compare(folder, "--output", "결과/비교.html")
    assert finished.returncode == 0, finished.stderr
    for part in ("(hmean): 0.0000 → 1.0000 (+1.0000)", "0 → 2 (+2)", "2 → 0 (-2)"):
        assert part in finished.stdout
    page = (folder / "결과" / "비교.html").read_text(encoding="utf-8")
    assert page.count("<img") == 4
    assert '<html lang="ko">' in page


def test_fewer_photos_and_english_on_request(folder):
    finished = compare(folder, "--images", 1, "--lang", "en")
    assert finished.returncode == 0, finished.stderr
    assert not re.search("[가-힣]", finished.stdout)
    assert "1 photos" in finished.stdout
    page = (folder / "before_after.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page
    assert not re.search("[가-힣]", page)
    assert "1 of 2 validation photos" in page


@pytest.mark.parametrize(
    ("before", "arguments", "part"),
    [
        ("nowhere.pth", (), "nowhere.pth"),
        ("before.pth", ("--images", "0"), "--images"),
        ("before.pth", ("--cfg-options", "data.test.gt_dir=photos"), "photos"),
        ("before.pth", ("--output", "config.py/page.html"), "config.py"),
    ],
)
def test_wrong_input_is_one_sentence(folder, before, arguments, part):
    assert_refused(compare(folder, *arguments, before=before), part)
