"""tools/average_checkpoints.py as a user runs it.

The network finds what is brighter than its threshold, see ``bright_model``.  Pretrained it finds
all words of the keep set, but much beside the words of the new photos; fine-tuning has raised the
threshold until nothing but these is found, and forgot the others.  In between neither is lost.
"""

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from models.fast import FAST
from runtime.checkpoint import read_checkpoint
from tests.inference.bright_model import bright_model, photo, save_photo, write_config
from tests.inference.command import assert_refused, run_here

SCRIPT = "tools/average_checkpoints.py"
BOXES = ((16, 24, 96, 56), (144, 24, 224, 56), (80, 80, 160, 112))
DATA = """
data['test'] = dict(type='FAST_IC15', split='test', short_size=128, img_dir='new', gt_dir='new')
data['batch_size'] = 2
data['train'] = dict(type='FAST_IC15', split='train', is_transform=False,
                     img_size=(128, 256), short_size=128, img_dir='photos', gt_dir='photos')
"""
PAIR = ("--config", "config.py", "--pretrained", "old.pth", "--finetuned", "new.pth",
        "--device", "cpu", "--worker", "0")  # fmt: skip


def paint(*levels: float) -> np.ndarray:
    """A black photo with a box of each brightness, in the units of the network's threshold."""
    image = photo(boxes=())
    for (x0, y0, x1, y1), level in zip(BOXES, levels, strict=False):
        image[y0:y1, x0:x1] = 255 * (0.449 + 0.226 * level)
    return image


def label(folder: Path, name: str, image: np.ndarray, count: int) -> None:
    """Save a photo, the first ``count`` boxes of which are its words."""
    save_photo(folder / f"{name}.png", image)
    lines = (f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},word\n" for x0, y0, x1, y1 in BOXES[:count])
    (folder / f"gt_{name}.txt").write_text("".join(lines))


def with_threshold(threshold: float) -> FAST:
    model = copy.deepcopy(bright_model())
    with torch.no_grad():
        model.det_head.final.conv.weight[0, 1] = -10 * threshold
    return model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = write_config(tmp_path)
    config.write_text(config.read_text(encoding="utf-8") + DATA, encoding="utf-8")
    label(tmp_path / "new", "street", paint(2.4, 1.35, 2.0), count=1)
    label(tmp_path / "예전", "page", paint(2.1, 2.1), count=2)
    for name in ("a", "b"):
        label(tmp_path / "photos", name, paint(2.4, 1.8, 1.3), count=2)
    torch.save(
        {"epoch": 7, "ema": with_threshold(1.0).state_dict(), "state_dict": {}},
        tmp_path / "old.pth",
    )
    torch.save(
        {
            "epoch": 12,
            "ema": with_threshold(2.0).state_dict(),
            "state_dict": bright_model().state_dict(),
        },
        tmp_path / "new.pth",
    )
    return tmp_path


def average(folder: Path, *arguments: object):
    return run_here(SCRIPT, *PAIR, *arguments, cwd=folder)


def rows(output: str) -> list[list[float]]:
    lines = [line.split() for line in output.splitlines() if re.fullmatch(r"[ \d.]+", line)]
    return [[float(value) for value in line] for line in lines if line]


def test_the_ratio_that_serves_both_is_chosen_and_saved(folder):
    options = ("--keep_set", "예전", "--max_forgetting", 0.1, "--bn_batches", 0, "--steps", 5)
    finished = average(folder, *options)
    assert finished.returncode == 0, finished.stderr
    # Thresholds 1, 1.25, 1.5, 1.75, 2; a box is found where it is brighter by 0.2 or more.
    assert rows(finished.stdout) == [
        [0.0, 0.3333, 1.0, 0.5, 1.0],
        [0.25, 0.5, 1.0, 0.6667, 1.0],
        [0.5, 0.5, 1.0, 0.6667, 1.0],
        [0.75, 0.5, 1.0, 0.6667, 1.0],
        [1.0, 1.0, 1.0, 1.0, 0.0],
    ]
    saved = read_checkpoint(folder / "averaged.pth")
    assert (saved.source, saved.epoch) == ("ema", 12)
    assert saved.content["integrity"].keys() == {"state_dict", "ema"}
    assert saved.content["metrics"] == pytest.approx(
        {"factor": 0.25, "precision": 0.5, "recall": 1.0, "hmean": 2 / 3, "keep": 1.0}
    )
    assert saved.weights["det_head.final.conv.weight"][0, 1].item() == -12.5
    for key, value in saved.content["state_dict"].items():
        assert torch.equal(value, saved.weights[key])


def test_without_a_limit_the_best_on_the_new_photos_is_chosen(folder):
    finished = average(folder, "--bn_batches", 0, "--steps", 5)
    assert finished.returncode == 0, finished.stderr
    assert [row[3] for row in rows(finished.stdout)] == [0.5, 0.6667, 0.6667, 0.6667, 1.0]
    saved = read_checkpoint(folder / "averaged.pth").content["metrics"]
    assert (saved["factor"], saved["keep"]) == (1.0, None)


def test_the_limit_of_the_config_counts_where_the_command_line_says_nothing(folder):
    finished = average(folder, "--keep_set", "예전", "--bn_batches", 0, "--steps", 2,
                       "--cfg-options", "train_cfg.max_forgetting=0.5")  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert read_checkpoint(folder / "averaged.pth").content["metrics"]["factor"] == 0.0
    assert "⚠️" in finished.stdout


def test_statistics_are_taken_anew_between_the_ends_but_not_for_these(folder):
    options = ("--keep_set", "예전", "--max_forgetting", 0.1, "--steps", 3)
    plain = rows(average(folder, *options, "--bn_batches", 0).stdout)
    finished = average(folder, *options, "--bn_batches", 2)
    assert finished.returncode == 0, finished.stderr
    table = rows(finished.stdout)
    assert (table[0], table[2]) == (plain[0], plain[2])
    saved = read_checkpoint(folder / "averaged.pth")
    assert saved.content["metrics"]["factor"] == 0.5
    # The first layer hands on the brightness of every other pixel of the training photos.
    pixels = paint(2.4, 1.8, 1.3)[::2, ::2] / 255
    brightness = ((pixels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)).mean(axis=2)
    statistics = {
        name: saved.weights[f"backbone.first_conv.bn.running_{name}"][0].item()
        for name in ("mean", "var")
    }
    expected = {"mean": brightness.mean(), "var": brightness.var()}
    assert statistics == pytest.approx(expected, rel=1e-3)


def test_a_second_run_gives_the_same_to_the_last_bit(folder):
    options = ("--keep_set", "예전", "--max_forgetting", 0.1, "--steps", 3, "--bn_batches", 1)
    files = ("one.pth", "two.pth")
    first, second = (average(folder, *options, "--output", name) for name in files)
    assert rows(first.stdout) == rows(second.stdout)
    one, two = (read_checkpoint(folder / name).weights for name in files)
    assert all(torch.equal(value, two[key]) for key, value in one.items())


def test_the_file_is_read_by_the_scripts_that_read_checkpoints(folder):
    finished = average(folder, "--bn_batches", 0, "--steps", 5, "--output", "out/평균.pth")
    assert finished.returncode == 0, finished.stderr
    tested = run_here("test.py", "config.py", "out/평균.pth", "--eval", "--cpu", "--worker", "0",
                      cwd=folder)  # fmt: skip
    assert tested.returncode == 0, tested.stderr
    assert "(hmean): 1.0000" in tested.stdout
    found = run_here("inference_single.py", "--config", "config.py", "--checkpoint", "out/평균.pth",
                     "--image", "new/street.png", "--device", "cpu", cwd=folder)  # fmt: skip
    assert found.returncode == 0, found.stderr


def test_english_is_spoken_on_request(folder):
    finished = average(folder, "--bn_batches", 0, "--steps", 2, "--lang", "en")
    assert finished.returncode == 0, finished.stderr
    assert not re.search("[가-힣]", finished.stdout)


def narrower(model: FAST) -> dict[str, torch.Tensor]:
    return {key: value[:4] if value.dim() else value for key, value in model.state_dict().items()}


def test_checkpoints_that_do_not_fit_are_refused(folder):
    torch.save({"state_dict": narrower(bright_model())}, folder / "other.pth")
    assert_refused(average(folder, "--finetuned", "other.pth"), "other.pth")
    assert_refused(average(folder, "--pretrained", "other.pth"), "other.pth")
    assert_refused(average(folder, "--pretrained", "nowhere.pth"), "nowhere.pth")
    assert not (folder / "averaged.pth").exists()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--max_forgetting", "0.1"), ("--keep_set",)),
        (("--max_forgetting", "2"), ("--max_forgetting", "0", "1")),
        (("--keep_set", "nowhere"), ("nowhere",)),
        (("--steps", "1"), ("--steps",)),
        (("--output", "new.pth"), ("--output", "new.pth")),
        (("--output", "config.py/averaged.pth"), ("averaged.pth",)),
        (("--cfg-options", "data.train.img_dir=없음"), ("없음",)),
        (("--cfg-options", "data.test=None"), ("config.py",)),
    ],
)
def test_wrong_input_is_one_sentence_and_writes_nothing(folder, arguments, parts):
    before = (folder / "new.pth").read_bytes()
    assert_refused(average(folder, *arguments), *parts)
    assert not (folder / "averaged.pth").exists()
    assert (folder / "new.pth").read_bytes() == before
