"""Fine-tuning that ruins what the checkpoint could do: shown, and kept from being the best.

The checkpoint finds all that is bright.  In the new photos the words are dark, and training on them
at a high rate makes it blind to bright ones: a domain shift in miniature.
"""

import csv
import re
from pathlib import Path

import pytest
import torch

from runtime.progress import Progress
from tests.inference.bright_model import BOX, bright_model, photo, save_photo, write_config
from tests.inference.command import assert_refused, run_here

SCRIPT = "train_checkpoint_7ep.py"
DATA = """
data['batch_size'] = 2
data['train'] = dict(type='FAST_IC15', split='train', is_transform=False, img_size=(128, 256),
                     short_size=128, img_dir='new', gt_dir='new')
data['test'] = dict(type='FAST_IC15', split='test', short_size=128, img_dir='new', gt_dir='new')
train_cfg = dict(lr=0.2, epoch=2, schedule='step', save_interval=9, log_interval=9, ema_decay=0.0)
"""


def line(box: tuple[int, ...]) -> str:
    x0, y0, x1, y1 = box
    return f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},word\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("잊음")
    config = write_config(folder)
    config.write_text(config.read_text(encoding="utf-8") + DATA, encoding="utf-8")
    for number in (1, 2):
        for name, image in (("old", photo()), ("new", 255 - photo())):
            save_photo(folder / name / f"img_{number}.png", image)
            (folder / name / f"gt_img_{number}.txt").write_text(line(BOX))
    torch.save({"state_dict": bright_model().state_dict(), "epoch": 7}, folder / "bright.pth")
    return folder


def train(folder: Path, output: str, *arguments: object, limit: float | None = None):
    options = () if limit is None else (f"train_cfg.max_forgetting={limit}",)
    return run_here(
        SCRIPT, "--config", "config.py", "--checkpoint", "bright.pth", "--output_dir", output,
        "--device", "cpu", "--workers", "0", "--amp", "off", *arguments,
        "--cfg-options", *options, "model.detection_head.dropout_ratio=0.0", cwd=folder,
    )  # fmt: skip


def progress_of(path: Path) -> dict:
    return torch.load(path, weights_only=True)["progress"]


FROM_EPOCH_1 = ("--keep_set", "old", "--reset_epoch")


def test_an_epoch_that_forgets_is_not_the_best_and_the_log_says_why(folder):
    finished = train(folder, "guarded", *FROM_EPOCH_1, limit=0.1)
    assert finished.returncode == 0, finished.stderr
    assert "파인튜닝 전: precision 1.0000 recall 1.0000 hmean 1.0000" in finished.stdout
    assert (
        len(re.findall(r"   - 보존: .* hmean 0\.0000 \(시작 대비 -1\.0000\)", finished.stdout)) == 2
    )
    assert "1.0000에서 0.0000(으)로 허용치 0.1보다" in finished.stdout
    assert "🏆" not in finished.stdout and "🎉" not in finished.stdout
    assert "tools/average_checkpoints.py" in finished.stdout
    assert not (folder / "guarded" / "checkpoint_best.pth").exists()
    progress = progress_of(folder / "guarded" / "checkpoint_latest.pth")
    assert (progress["keep_start"], progress["best"]) == (1.0, None)
    with (folder / "guarded" / "history.csv").open(encoding="utf-8", newline="") as file:
        assert [row["keep_hmean"] for row in csv.DictReader(file)] == ["0", "0"]


@pytest.mark.parametrize("limit", [None, 1.0])
def test_without_a_limit_or_within_it_forgetting_is_only_shown(folder, limit):
    finished = train(folder, f"shown {limit}", *FROM_EPOCH_1, limit=limit)
    assert finished.returncode == 0, finished.stderr
    assert "(시작 대비 -1.0000)" in finished.stdout
    assert (folder / f"shown {limit}" / "checkpoint_best.pth").exists()


def test_a_resumed_run_measures_against_the_weights_that_the_first_one_began_with(folder):
    first = train(folder, "resumed", *FROM_EPOCH_1, "--epochs", "1", limit=0.1)
    assert first.returncode == 0, first.stderr
    second = train(folder, "resumed", "--keep_set", "old", "--resume", "--force", limit=0.1)
    assert second.returncode == 0, second.stderr
    assert "파인튜닝 전" not in second.stdout
    assert "(시작 대비 -1.0000)" in second.stdout
    assert progress_of(folder / "resumed" / "checkpoint_latest.pth")["keep_start"] == 1.0


def test_a_run_without_a_keep_set_cannot_be_resumed_with_one(folder):
    first = train(folder, "plain", "--reset_epoch", "--epochs", "1")
    assert first.returncode == 0, first.stderr
    assert "보존" not in first.stdout
    refused = train(folder, "plain", "--keep_set", "old", "--resume", "--force")
    assert_refused(refused, "checkpoint_latest.pth", "--keep_set")


def test_a_limit_without_a_keep_set_is_refused_before_anything_is_written(folder):
    assert_refused(train(folder, "x", "--reset_epoch", limit=0.1), "--keep_set")
    assert_refused(train(folder, "x", "--reset_epoch", "--keep_set", "nowhere"), "nowhere")
    assert not (folder / "x").exists()


def test_a_run_whose_epochs_all_forget_ends_after_its_patience_and_not_before(folder):
    """Epochs are counted from where the run starts, not from the first of the checkpoint."""
    options = ("--keep_set", "old", "--epochs", "12")
    finished = train(folder, "impatient", *options, "--cfg-options",
                     "train_cfg.early_stop_patience=2", limit=0.1)  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert re.findall(r"에포크 (\d+) 훈련 시작", finished.stdout) == ["8", "9"]


def test_an_epoch_that_is_not_eligible_is_no_gain():
    progress = Progress(criterion="hmean")
    assert progress.finish_epoch(0.5)
    assert progress.is_better(0.9)
    assert not progress.finish_epoch(0.9, eligible=False)
    assert (progress.best, progress.best_epoch, progress.epochs_without_gain) == (0.5, 1, 1)
    assert progress.finish_epoch(0.6)
    assert (progress.best, progress.best_epoch, progress.epochs_without_gain) == (0.6, 3, 0)
