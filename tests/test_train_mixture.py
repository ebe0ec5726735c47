"""Training on several data sets at once, as users run it."""

import json
import re
import signal
from pathlib import Path

import pytest

from dataset.sample_data import write_sample_data
from tests.inference.command import assert_refused, run_here
from tests.test_train_script import (
    SCRIPT,
    assert_same_state,
    folder,  # noqa: F401 - a fixture
    send_at,
    start,
)

MIXTURE = """
data['batch_size'] = 4
data['train'] = [
    dict(type='FAST_IC15', split='train', is_transform=True, img_size=64, short_size=64,
         img_dir='photos/images', gt_dir='photos/gts', weight=1, name='photos'),
    dict(type='FAST_Data', split='train', is_transform=True, img_size=64, short_size=64,
         img_dir='receipts', weight=3, repeat_times=5, name='receipts'),
]
train_cfg['epoch'] = 2
"""
MIXED = ("--config", "mixture.py", "--checkpoint", "none")


@pytest.fixture(scope="module")
def mixed(folder: Path) -> Path:  # noqa: F811
    """Twelve photos as ICDAR labels them, and four with PaddleOCR's label file beside them."""
    config = (folder / "config.py").read_text(encoding="utf-8")
    (folder / "mixture.py").write_text(config + MIXTURE, encoding="utf-8")
    write_sample_data(folder / "drawn", 4, 3, (96, 128), negatives=0)
    lines = []
    for image in sorted((folder / "drawn/images").iterdir()):
        words = []
        for line in (folder / f"drawn/gts/gt_{image.stem}.txt").read_text("utf-8").splitlines():
            fields = line.split(",", 8)
            points = [[int(x), int(y)] for x, y in zip(fields[0:8:2], fields[1:8:2], strict=True)]
            words.append({"transcription": fields[8], "points": points, "difficult": False})
        lines.append(f"receipts/{image.name}\t{json.dumps(words, ensure_ascii=False)}\n")
    (folder / "drawn/images").rename(folder / "receipts")
    (folder / "receipts/Label.txt").write_text("".join(lines), encoding="utf-8")
    return folder


def train(mixed: Path, output: str, *arguments: str) -> str:
    process = start(mixed, *MIXED, "--output_dir", output, *arguments)
    printed = process.communicate(timeout=200)[0]
    assert process.returncode == 0, printed
    return printed


def test_a_mixture_is_drawn_by_its_weights_and_counted_by_source(mixed):
    output = train(mixed, "mixed")

    assert "라벨 형식: paddle (receipts에서 알아냄)" in output
    assert "데이터 photos: 이미지 12장, 전체의 25.0%" in output
    assert "데이터 receipts: 이미지 4장, 전체의 75.0%" in output
    drawn = re.findall(r"^   - (photos|receipts): 이미지 (\d+)장, 글자 영역 (\d+)개$", output, re.M)
    assert [name for name, _, _ in drawn] == ["photos", "receipts"] * 2
    # 12 + 4 x 5 samples are eight batches of four.
    assert [int(a[1]) + int(b[1]) for a, b in zip(drawn[::2], drawn[1::2], strict=True)] == [32, 32]
    assert sum(int(images) for name, images, _ in drawn if name == "receipts") > 32


def test_a_mixture_stopped_in_mid_epoch_goes_on_as_if_it_had_not_been(mixed):
    train(mixed, "straight")
    process = start(mixed, *MIXED, "--output_dir", "stopped")
    send_at(process, r"배치 \[2/8\]", signal.SIGINT)
    assert process.returncode == 130

    output = train(mixed, "stopped", "--resume", "auto")

    # Each epoch's line once: that of the first counts what came before the stop as well.
    assert output.count("   - receipts: 이미지") == 2
    latest = "checkpoint_latest.pth"
    assert_same_state(mixed / "straight" / latest, mixed / "stopped" / latest)


def test_a_format_that_does_not_exist_names_the_nearest(mixed):
    options = ("--cfg-options", "data.train.1.format=padle")
    finished = run_here(SCRIPT, *MIXED, "--output_dir", "unwritten", *options, cwd=mixed)

    assert_refused(finished, "padle", "paddle")
    assert not (mixed / "unwritten").exists()
