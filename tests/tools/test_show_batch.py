"""tools/show_batch.py as a user runs it."""

from pathlib import Path

import numpy as np
import pytest

from dataset import build_training_data
from dataset.images import read_image
from dataset.sample_data import write_sample_data
from dataset.sampler import EpochSampler
from dataset.show import draw_samples
from tests.conftest import PROJECT, ic15
from tests.inference.command import assert_refused, run_here

SCRIPT = "tools/show_batch.py"
CONFIG = PROJECT / "config/fast/sample/fast_tiny_sample.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show") / "내 데이터"
    write_sample_data(folder, 6, seed=1, size=(120, 160))
    return folder


def options(folder: Path) -> list[str]:
    return [
        "--cfg-options",
        f"data.train.img_dir={folder / 'images'}",
        f"data.train.gt_dir={folder / 'gts'}",
    ]


def test_it_draws_the_first_samples_that_a_training_sees(folder, tmp_path):
    out = tmp_path / "그림" / "배치.png"
    shown = run_here(
        SCRIPT, CONFIG, "--num", 4, "--out", out, "--seed", 5, *options(folder), cwd=tmp_path
    )
    assert shown.returncode == 0, shown.stderr
    data = build_training_data(
        {
            "type": "FAST_IC15",
            "is_transform": True,
            "img_size": 256,
            "short_size": 320,
            "img_dir": str(folder / "images"),
            "gt_dir": str(folder / "gts"),
            "augment": {"scale": (0.8, 1.25), "flip": 0.0, "rotation": 5},
        },
        seed=5,
    )
    batches = iter(EpochSampler(len(data), batch_size=2, seed=5))
    items = [data[key] for _ in range(2) for key in next(batches)]
    np.testing.assert_array_equal(read_image(out), draw_samples(items))
    for item in items:
        assert data.image_path(int(item["index"])).name in shown.stdout
    assert "배치.png" in shown.stdout


def test_another_seed_draws_others_and_replaces_the_picture(folder, tmp_path):
    pictures = []
    for seed in (1, 2):
        shown = run_here(SCRIPT, CONFIG, "--num=1", "--seed", seed, *options(folder), cwd=tmp_path)
        assert shown.returncode == 0, shown.stderr
        pictures.append(read_image(tmp_path / "batch.png"))
    assert (pictures[0] != pictures[1]).any()


def test_several_data_sets_are_drawn_as_they_are_mixed(folder, tmp_path):
    config = tmp_path / "mixed.py"
    train = {
        "type": "FAST_IC15",
        "split": "train",
        "is_transform": True,
        "img_size": 64,
        "short_size": 96,
        "img_dir": str(folder / "images"),
        "gt_dir": str(folder / "gts"),
    }
    text = CONFIG.read_text("utf-8")
    parts = [train | {"weight": 3.0}, train | {"weight": 1.0}]
    config.write_text(f"{text}\ndata['train'] = {parts!r}\n", "utf-8")
    shown = run_here(SCRIPT, config, "--num", 8, "--lang", "en", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("(words: ") == 8


def test_mistakes_are_one_sentence(folder, tmp_path):
    missing = tmp_path / "없음"
    assert_refused(run_here(SCRIPT, CONFIG, *options(missing), cwd=tmp_path), "img_dir", "없음")
    assert_refused(run_here(SCRIPT, tmp_path / "no.py", cwd=tmp_path), "no.py")
    assert_refused(run_here(SCRIPT, CONFIG, "--num", 0, *options(folder), cwd=tmp_path), "--num")
    assert_refused(
        run_here(SCRIPT, CONFIG, "--num", 1, "--out", "a.xyz", *options(folder), cwd=tmp_path),
        "a.xyz",
    )


def test_real_photos_are_drawn(tmp_path):
    train = ic15() / "train"
    config = PROJECT / "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
    shown = run_here(SCRIPT, config, "--num", 2, *options(train), cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert len(np.unique(read_image(tmp_path / "batch.png").reshape(-1, 3), axis=0)) > 10_000
