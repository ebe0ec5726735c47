"""Data that goes bad under a run, as users meet it: with the real commands, from outside."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dataset.bad_data import UNREADABLE_IMAGES
from dataset.sample_data import write_sample_data
from tests.conftest import PROJECT
from tests.dataset.image_bombs import BOMBS
from tests.faults.trials import LATEST
from tests.inference.bright_model import bright_model, save_photo, write_config
from tests.inference.command import assert_refused, run, run_here
from tests.test_train_script import assert_same_state

SCRIPT = "train_checkpoint_7ep.py"
PHOTOS, BATCH, EPOCHS = 60, 4, 2
DATA = f"""
data['batch_size'] = {BATCH}
data['train'] = dict(type='FAST_IC15', split='train', is_transform=True, img_size=64, short_size=64,
                     img_dir='photos/images', gt_dir='photos/gts')
data['val'] = None
train_cfg = dict(lr=1e-3, schedule='polylr', epoch={EPOCHS}, optimizer='Adam', save_interval=9,
                 log_interval=3)
"""
SECOND_EPOCH = "에포크 2 훈련 시작"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    write_sample_data(folder / "photos", PHOTOS, 1, (96, 128))
    return folder / "photos"


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    config = write_config(tmp_path)
    config.write_text(config.read_text(encoding="utf-8") + DATA, encoding="utf-8")
    shutil.copytree(drawn, tmp_path / "photos")
    return tmp_path


def train(
    folder: Path,
    *arguments: object,
    when: str = SECOND_EPOCH,
    disturb: Callable[[int], None] | None = None,
) -> tuple[int, str]:
    """Train, and disturb the process once a line matches ``when``; gives exit code and output."""
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / SCRIPT), "--config", "config.py", "--checkpoint", "none",
         "--device", "cpu", "--amp", "off", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )  # fmt: skip
    lines: list[str] = []
    with process:
        for line in process.stdout:
            lines.append(line)
            if disturb is not None and re.search(when, line):
                disturb(process.pid)
                disturb = None
    output = "".join(lines)
    assert disturb is None, output
    assert "Traceback" not in output
    return process.returncode, output


def warnings_in(output: str) -> set[str]:
    """The names of the photos that were left out."""
    lines = re.findall("⚠️.*건너뜁니다.*", output)
    return set(re.findall(r"img_\d+\.jpg", "".join(lines)))


def test_a_few_photos_that_go_bad_are_left_out_and_the_run_goes_on(folder):
    images = folder / "photos/images"

    def disturb(_: int) -> None:
        (images / "img_1.jpg").unlink()
        os.truncate(images / "img_2.jpg", 400)
        Image.fromarray(np.zeros((50, 70, 3), np.uint8)).save(images / "img_3.jpg")

    code, output = train(folder, "--output_dir", "out", disturb=disturb)

    assert code == 0, output
    assert warnings_in(output) == {"img_1.jpg", "img_2.jpg", "img_3.jpg"}
    progress = torch.load(folder / "out/checkpoint_latest.pth", weights_only=True)["progress"]
    assert progress["unreadable"] == [0, 1, 2]
    assert not (folder / "out" / UNREADABLE_IMAGES).exists()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_folder_that_is_gone_ends_the_run_with_a_list_and_it_goes_on_when_it_is_back(
    folder, workers
):
    images, away = folder / "photos/images", folder / "away"
    options = ("--output_dir", "out", "--workers", workers, "--epochs", 3)

    code, output = train(folder, *options, disturb=lambda _: images.rename(away))

    assert code == 2, output
    last = output.strip().splitlines()[-1]
    assert last.startswith("❌ ") and "--resume auto" in last
    assert str(PHOTOS) in last or "연속" in last
    listed = (folder / "out" / UNREADABLE_IMAGES).read_text().splitlines()
    assert len(listed) >= 4
    assert {Path(name).parent.name for name in listed} == {"images"}
    for name in listed[:10]:
        assert Path(name).name in last

    away.rename(images)
    code, output = train(folder, *options, "--resume", "auto")
    assert code == 0, output
    progress = torch.load(folder / "out/checkpoint_latest.pth", weights_only=True)["progress"]
    assert progress["epoch"] == 3
    assert progress["unreadable"] == []  # the third epoch has drawn all of them


def test_a_share_that_stalls_for_half_a_minute_only_takes_its_time(trials, calm):
    started = time.monotonic()
    trial = trials.run("stalled", faults=["stall:photo=8,seconds=30"])
    assert trial.code == 0, trial.output
    assert time.monotonic() - started > 30
    assert_same_state(calm / LATEST, trial.folder / LATEST)


def kill_workers(pid: int) -> None:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert children
    for child in children:
        os.kill(int(child), signal.SIGKILL)


def test_workers_that_are_killed_change_nothing_about_the_weights(folder):
    options = ("--workers", 2, "--accumulate", 2)
    code, calm = train(folder, "--output_dir", "calm", *options)
    assert code == 0, calm

    code, output = train(
        folder, "--output_dir", "out", *options, when=r"\[6/", disturb=kill_workers
    )

    assert code == 0, output
    assert output.count("데이터 워커가 죽어") == 1
    first, second = (
        torch.load(folder / name / "checkpoint_latest.pth", weights_only=True)
        for name in ("calm", "out")
    )
    assert first["progress"] == second["progress"]
    for part in ("state_dict", "ema"):
        for key, value in first[part].items():
            assert torch.equal(value, second[part][key]), key


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_config(folder)
    torch.save({"ema": bright_model().state_dict()}, folder / "checkpoint.pth")
    return folder


def infer(model: Path, folder: Path, *images: object, start=run_here):
    return start(
        "inference_single.py", "--config", model / "config.py", "--checkpoint",
        model / "checkpoint.pth", "--device", "cpu", "--image", *images, cwd=folder,
    )  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_inference_refuses_a_small_file_that_claims_a_huge_image(model, tmp_path, name):
    (tmp_path / f"bomb.{name}").write_bytes(BOMBS[name])

    finished = infer(model, tmp_path, f"bomb.{name}", start=run if name == "webp" else run_here)

    assert_refused(finished, f"bomb.{name}", "너무 큽니다", "179백만 화소")


def test_inference_goes_on_with_the_photos_beside_it(model, tmp_path):
    save_photo(tmp_path / "sound.png")
    for name, content in BOMBS.items():
        (tmp_path / f"bomb.{name}").write_bytes(content)

    finished = infer(model, tmp_path, tmp_path)

    assert finished.returncode == 2
    assert "단어 1개" in finished.stdout
    assert finished.stderr.count("너무 큽니다") == len(BOMBS)


def test_testing_names_such_files_and_scores_the_others(model, tmp_path):
    for folder in ("photos", "labels"):
        (tmp_path / folder).mkdir()
    save_photo(tmp_path / "photos/sound.png")
    for number, (name, content) in enumerate(BOMBS.items()):
        (tmp_path / f"photos/{number}.{name}").write_bytes(content)

    finished = run_here(
        "test.py", model / "config.py", model / "checkpoint.pth", "--device", "cpu",
        "--worker", 0, cwd=tmp_path,
    )  # fmt: skip

    assert finished.returncode == 0, finished.stderr
    assert (finished.stdout + finished.stderr).count("너무 큽니다") == len(BOMBS)


def test_training_leaves_such_files_out_from_the_start(folder):
    for number, content in enumerate(BOMBS.values(), start=1):
        (folder / f"photos/images/img_{number}.jpg").write_bytes(content)

    code, output = train(folder, "--output_dir", "out", "--epochs", 1)

    assert code == 0, output
    for number in range(1, 1 + len(BOMBS)):
        assert re.search(rf"img_{number}\.jpg.*너무 큽니다", output)
