"""How long does the doctor take for ten thousand labels with their photos?"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from benchmarks.measure import Row, drawn_photos
from runtime.config import PROJECT_ROOT

PHOTOS, DRAWN = 10_000, 20
JPEG_START, COMMENT = b"\xff\xd8", b"\xff\xfe"


def rows(args: argparse.Namespace) -> Iterator[Row]:
    folder = many_photos(args.folder)
    yield Row("examining 10,000 photos and labels", examine(folder), "s", "<= 60")
    yield Row("the same with --fast: headers only", examine(folder, "--fast"), "s", "<= 60")


def examine(folder: Path, *options: str) -> float:
    """Seconds of the whole command; nobody is told what it found."""
    script = PROJECT_ROOT / "tools" / "check_data.py"
    report = folder.parent / "report"
    command = [sys.executable, str(script), str(folder), "--out", str(report), *options]
    started = time.perf_counter()
    subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, check=True)
    return time.perf_counter() - started


def many_photos(folder: Path) -> Path:
    """Drawn photos, each many times over; a comment in the file makes the bytes of each its own."""
    drawn = drawn_photos(folder, DRAWN)
    many = folder / "ten_thousand"
    for part in ("images", "gts"):
        (many / part).mkdir(parents=True, exist_ok=True)
    for number in tqdm(range(PHOTOS), desc="photos", leave=False, disable=None):
        source = f"img_{number % DRAWN + 1}"
        photo = (drawn / "images" / f"{source}.jpg").read_bytes()
        text = b"%08d" % number
        comment = COMMENT + (len(text) + 2).to_bytes(2, "big") + text
        content = JPEG_START + comment + photo.removeprefix(JPEG_START)
        (many / "images" / f"img_{number}.jpg").write_bytes(content)
        label = (drawn / "gts" / f"gt_{source}.txt").read_bytes()
        (many / "gts" / f"gt_img_{number}.txt").write_bytes(label)
    return many
