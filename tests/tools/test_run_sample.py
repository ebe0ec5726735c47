"""The sample run: its stages in order, none done twice, none lost to an interruption."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from runtime import shipped
from runtime.messages import UserError
from tests.conftest import PROJECT
from tools import run_sample
from tools.run_sample import Sample

TRAIN, TEST, INFER = "train_checkpoint_7ep.py", "test.py", "inference_single.py"
START = PROJECT / shipped.WEIGHTS


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The user is in another folder, so paths are whole."""
    monkeypatch.chdir(tmp_path)


class Recorded(Sample):
    """A sample whose scripts are only written down, and leave behind what the real ones would."""

    def __init__(self, folder: Path, *extra: str, fail_at: int | None = None) -> None:
        super().__init__(folder, list(extra))
        self.calls: list[tuple[str, list[str]]] = []
        self.fail_at = fail_at

    def draw(self, last: Path) -> None:
        (self.photos / "val" / "images").mkdir(parents=True)

    def script(self, name: str, *arguments: object) -> None:
        words = list(map(str, arguments))
        self.calls.append((name, words))
        if len(self.calls) == self.fail_at:
            sys.exit(130)
        if name == TRAIN:
            folder = Path(words[words.index("--output_dir") + 1])
            folder.mkdir(exist_ok=True)
            (folder / "checkpoint_best.pth").write_text("best")
        else:
            images = [{"image": "img_1.jpg", "words": [1, 2]}, {"image": "img_2.jpg", "words": [1]}]
            result = {"score": {"hmean": len(self.calls) / 10}, "images": images}
            Path(words[words.index("--json") + 1]).write_text(json.dumps(result))
            Path(words[words.index("--output") + 1]).write_text("")


def run(folder: Path, *extra: str, fail_at: int | None = None) -> list[tuple[str, list[str]]]:
    sample = Recorded(folder, *extra, fail_at=fail_at)
    if fail_at:
        with pytest.raises(SystemExit):
            sample.run()
    else:
        sample.run()
    return sample.calls


def names(calls: list[tuple[str, list[str]]]) -> list[str]:
    return [name for name, _ in calls]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "샘플 폴더"


def test_it_tests_finetunes_the_shipped_weights_tests_and_draws(folder, capsys):
    calls = run(folder)
    assert names(calls) == [TEST, TRAIN, TEST, INFER]
    assert calls[0][1][1] == str(START)
    assert calls[1][1][calls[1][1].index("--checkpoint") + 1] == str(START)
    assert str(folder / "finetune_checkpoints" / "checkpoint_best.pth") in calls[2][1]
    fullest = folder / "photos" / "val" / "images" / "img_1.jpg"
    assert str(fullest) in calls[3][1]
    assert "0.100 (fast_tiny_synthetic.safetensors) → 0.300" in capsys.readouterr().out


def test_without_the_shipped_weights_one_sentence_says_so_and_nothing_is_begun(
    folder, tmp_path, monkeypatch
):
    for module in (run_sample, shipped):
        monkeypatch.setattr(module, "PROJECT_ROOT", tmp_path)
    with pytest.raises(UserError) as caught:
        run(folder)
    assert caught.value.key == "checkpoint.shipped_missing"
    assert not folder.exists()


def test_a_second_run_does_nothing_again_and_says_the_figures_again(folder, capsys):
    run(folder)
    capsys.readouterr()
    assert run(folder) == []
    said = capsys.readouterr().out
    assert "0.100" in said
    assert "0.300" in said


def test_other_arguments_finetune_anew_from_the_same_checkpoint(folder):
    run(folder)
    (folder / "finetune_checkpoints" / "old").write_text("")
    calls = run(folder, "--epochs", "10")
    assert names(calls) == [TRAIN, TEST, INFER]
    assert calls[0][1][-2:] == ["--epochs", "10"]
    assert "--resume" not in calls[0][1]
    assert not (folder / "finetune_checkpoints" / "old").exists()


def test_an_interrupted_finetuning_is_resumed(folder):
    assert names(run(folder, fail_at=2)) == [TEST, TRAIN]
    calls = run(folder)
    assert names(calls) == [TRAIN, TEST, INFER]
    assert "--resume" in calls[0][1]


def test_a_folder_of_the_users_is_written_to_but_never_emptied(folder, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    run(folder, "--output_dir", str(mine))
    assert (mine / "notes.txt").exists()
    assert (mine / "checkpoint_best.pth").exists()


def test_the_device_that_is_asked_for_is_used_by_every_script(folder):
    for _, words in run(folder, "--device", "cpu"):
        assert words[words.index("--device") + 1] == "cpu"


def test_a_script_that_fails_ends_the_run_with_its_exit_code(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(run_sample, "PROJECT_ROOT", tmp_path)
    (tmp_path / "fails.py").write_text("import sys; sys.exit(2)")
    with pytest.raises(SystemExit) as leaving:
        Sample(folder, []).script("fails.py")
    assert leaving.value.code == 2


def test_a_termination_reaches_the_script_that_runs(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run_sample, "PROJECT_ROOT", tmp_path)
    (tmp_path / "waits.py").write_text("import time; time.sleep(60)")
    threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGTERM)).start()
    started = time.monotonic()
    with pytest.raises(SystemExit) as leaving:
        Sample(folder, []).script("waits.py")
    assert leaving.value.code == 128 + signal.SIGTERM
    assert time.monotonic() - started < 30
    assert "이어서" in capsys.readouterr().err
