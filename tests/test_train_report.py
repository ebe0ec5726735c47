"""What the training script leaves for showing around: its start against its best."""

import csv
import re
import shutil
from pathlib import Path

import pytest
import torch

from dataset import build_dataset
from dataset.sample_data import write_sample_data
from runtime.checkpoint import read_checkpoint
from runtime.config import load_config
from runtime.messages import say
from tests.inference.bright_model import BOX, bright_model, save_photo, write_config
from tests.inference.command import run_here
from training.gain_report import REPORT_FILE, write_gain_report

SCRIPT = "train_checkpoint_7ep.py"
DATA = """
data['batch_size'] = 4
data['train'] = dict(type='FAST_IC15', split='train', is_transform=True, img_size=64, short_size=64,
                     img_dir='photos/images', gt_dir='photos/gts')
data['test'] = dict(type='FAST_IC15', split='test', short_size=128,
                    img_dir='val/images', gt_dir='val/gts')
train_cfg = dict(lr=1e-3, schedule='polylr', epoch=1, optimizer='Adam')
test_cfg['min_score'] = 0.6
test_cfg['min_area'] = 30
"""
THRESHOLDS = {"min_score": 0.7, "min_area": 40.0, "source": "calibrated on val"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one epoch from a calibrated checkpoint, in the folder out."""
    folder = tmp_path_factory.mktemp("훈련 보고")
    config = write_config(folder)
    config.write_text(config.read_text(encoding="utf-8") + DATA, encoding="utf-8")
    write_sample_data(folder / "photos", 4, 1, (96, 128))
    for name in ("a", "b", "c"):
        save_validation_photo(folder / "val", name)
    weights = bright_model().state_dict()
    torch.save({"ema": weights, "state_dict": weights, "thresholds": THRESHOLDS},
               folder / "base.pth")  # fmt: skip
    finished = train(folder, "--checkpoint", "base.pth", "--output_dir", "out")
    assert finished.returncode == 0, finished.stderr
    (folder / "output.txt").write_text(finished.stdout, encoding="utf-8")
    return folder


def save_validation_photo(folder: Path, name: str) -> None:
    """A photo with two words, only one of which the network sees."""
    save_photo(folder / "images" / f"{name}.png")
    (folder / "gts").mkdir(exist_ok=True)
    lines = [
        f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},word\n"
        for x0, y0, x1, y1 in (BOX, (176, 80, 240, 112))
    ]
    (folder / "gts" / f"gt_{name}.txt").write_text("".join(lines))


def train(folder: Path, *arguments: object):
    options = ("--config", "config.py", "--device", "cpu", "--workers", 0, "--amp", "off")
    return run_here(SCRIPT, *options, *arguments, cwd=folder)


def page_of(output: Path) -> str:
    return (output / REPORT_FILE).read_text(encoding="utf-8")


def figures(page: str, name: str) -> list[float]:
    """Before, after and change in a row of the table."""
    row = re.search(rf"<th>{re.escape(say(f'comparison.row.{name}'))}</th>(.*?)</tr>", page)
    assert row is not None
    return [float(number) for number in re.findall(r">([-+\d.]+)<", row[1])]


def test_a_run_ends_with_the_start_against_the_best(folder):
    page = page_of(folder / "out")
    assert f"out/{REPORT_FILE}" in (folder / "output.txt").read_text(encoding="utf-8")
    with (folder / "out" / "history.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    for name in ("precision", "recall", "hmean"):
        assert figures(page, name)[1] == pytest.approx(float(row[name]), abs=6e-5)
    tested = run_here("test.py", "config.py", "base.pth", "--eval", "--cpu", "--worker", 0,
                      cwd=folder)  # fmt: skip
    hmean = re.search(r"hmean[^\d]*([\d.]+)", tested.stdout)
    assert hmean is not None
    assert float(hmean[1]) == 0.6667
    assert figures(page, "hmean")[0] == pytest.approx(float(hmean[1]), abs=6e-5)
    assert "data:image/png" in page  # the curves
    for part in ("--checkpoint base.pth", "base.pth", "train_cfg.lr", "torch"):
        assert part in page
    assert len(page.encode()) < 5_000_000


def test_thresholds_of_the_start_are_not_carried_into_new_weights(folder):
    for name in ("latest", "best"):
        content = read_checkpoint(folder / "out" / f"checkpoint_{name}.pth").content
        assert "thresholds" not in content
    # The start, however, is compared with its own.
    assert "calibrated on val" in page_of(folder / "out")
    assert "min_score 0.7" in page_of(folder / "out")


def test_a_resumed_run_is_still_compared_with_its_first_start(folder):
    shutil.copytree(folder / "out", folder / "longer")
    (folder / "longer" / REPORT_FILE).unlink()
    latest = folder / "longer" / "checkpoint_latest.pth"
    calibrated = torch.load(latest, weights_only=True) | {"thresholds": THRESHOLDS}
    torch.save(calibrated, latest)
    finished = train(folder, "--output_dir", "longer", "--resume", "--epochs", 2, "--force")
    assert finished.returncode == 0, finished.stderr
    before = figures(page_of(folder / "out"), "hmean")[0]
    page = page_of(folder / "longer")
    assert figures(page, "hmean")[0] == before
    assert f"{folder / 'base.pth'}" in page
    assert "--checkpoint base.pth" in page
    assert "thresholds" not in read_checkpoint(latest).content


def test_a_run_from_scratch_and_one_that_is_told_so_write_none(folder):
    finished = train(folder, "--checkpoint", "none", "--output_dir", "scratch")
    assert finished.returncode == 0, finished.stderr
    finished = train(folder, "--checkpoint", "base.pth", "--output_dir", "quiet", "--no-report")
    assert finished.returncode == 0, finished.stderr
    assert not (folder / "scratch" / REPORT_FILE).exists()
    assert not (folder / "quiet" / REPORT_FILE).exists()


def report_again(folder: Path, **changes: object) -> str:
    """Write the report of the run once more, into a folder of its own."""
    again = folder / "again"
    shutil.rmtree(again, ignore_errors=True)
    shutil.copytree(folder / "out", again)
    (again / REPORT_FILE).unlink()
    config = load_config(folder / "config.py")
    spec = {"type": "FAST_IC15", "split": "test", "short_size": 128}
    data = build_dataset(
        {**spec, "img_dir": str(folder / "val/images"), "gt_dir": str(folder / "val/gts")}
    )
    origin = read_checkpoint(folder / "out" / "checkpoint_latest.pth").content["provenance"]
    arguments = {"validation": data, "origin": origin, "stop": lambda: False, **changes}
    cpu = torch.device("cpu")
    text = write_gain_report(again, config, device=cpu, precision=torch.float32, **arguments)
    if changes:
        assert not (again / REPORT_FILE).exists()
    return text


def test_what_keeps_the_report_from_being_written_is_said_and_harms_nothing(folder):
    assert REPORT_FILE in report_again(folder)
    assert "data.val" in report_again(folder, validation=None)
    assert "compare_checkpoints" in report_again(folder, stop=lambda: True)
    assert "compare_checkpoints" in report_again(folder, origin={})
    gone = {"start": {"path": str(folder / "gone.pth"), "weights": ""}}
    assert "gone.pth" in report_again(folder, origin=gone)
    other = {"start": {"path": str(folder / "base.pth"), "weights": "other"}}
    assert "base.pth" in report_again(folder, origin=other)


def test_an_error_of_the_program_itself_does_not_fail_the_run(folder):
    def fail() -> bool:
        raise ZeroDivisionError("impossible")

    assert "ZeroDivisionError" in report_again(folder, stop=fail)
