"""The doctor as a command."""

import json
import os
import signal
from pathlib import Path

import pytest

from dataset.doctor.image_checks import ImageLook
from tests.dataset.doctor.drawn import HEIGHT, SOUND, DrawnSet
from tests.dataset.doctor.test_examination import sow_everything
from tests.inference.command import assert_refused, run, run_here

SCRIPT = "tools/check_data.py"
SIZE = ("--cfg-options", f"data.train.short_size={HEIGHT}")


@pytest.fixture
def data(tmp_path: Path) -> DrawnSet:
    drawn = DrawnSet(tmp_path / "data")
    for number in range(3):
        drawn.add(f"img_{number}")
    return drawn


def report(folder: Path) -> dict:
    return json.loads((folder / "check_data_report" / "report.json").read_text("utf-8"))


def test_a_folder_is_examined_and_mended(tmp_path):
    data = DrawnSet(tmp_path / "data")
    expected = sow_everything(data)

    finished = run(SCRIPT, data.folder, "--fix", "mended", "--strict", *SIZE, cwd=tmp_path)

    assert finished.returncode == 1, finished.stderr
    assert finished.stderr == ""
    found = {(one["kind"], Path(one["path"]), one["line"]) for one in report(tmp_path)["findings"]}
    assert found == expected
    assert "[오류]" in finished.stdout and "mended" in finished.stdout
    assert (tmp_path / "check_data_report" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "mended" / "gts" / "gt_sound_0.txt").read_text() == SOUND


def test_sound_data_leave_with_zero_even_when_strict(data, tmp_path):
    finished = run_here(SCRIPT, data.folder, "--strict", "--fast", *SIZE, cwd=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "✅" in finished.stdout
    assert report(tmp_path)["findings"] == []


def test_without_strict_errors_leave_with_zero(data, tmp_path):
    data.add("img_9", "nonsense\n")

    finished = run_here(SCRIPT, data.folder, "--lang", "en", *SIZE, cwd=tmp_path)

    assert finished.returncode == 0
    assert "[error] malformed lines" in finished.stdout


def test_the_sets_in_a_folder_are_examined_together(data, tmp_path):
    other = DrawnSet(tmp_path / "both" / "valid", first_seed=50)
    other.add("img_0")
    (tmp_path / "data").rename(tmp_path / "both" / "train")

    finished = run_here(SCRIPT, "both", *SIZE, cwd=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert [(one["name"], one["images"]) for one in report(tmp_path)["sets"]] == [
        ("train", 3),
        ("val", 1),
    ]


@pytest.mark.parametrize("named", [True, False])
def test_images_and_labels_may_be_named(data, tmp_path, named):
    images, gts = data.folder / "images", data.folder / "gts"
    if not named:
        for label in gts.iterdir():
            label.rename(images / label.name)
    arguments = ["--gt_dir", gts] if named else []

    finished = run_here(
        SCRIPT, "--img-dir", images, *arguments, "--format", "ic15", *SIZE, cwd=tmp_path
    )

    assert finished.returncode == 0, finished.stderr
    assert report(tmp_path)["kinds"] == {}
    assert report(tmp_path)["sets"][0]["words"] == 6


def test_a_config_names_its_sets(data, tmp_path):
    test = DrawnSet(tmp_path / "test", first_seed=50)
    test.add("img_0", "nonsense\n")
    config = tmp_path / "config.py"
    of_test = {key: test.spec()[key] for key in ("type", "img_dir", "gt_dir")}
    config.write_text(f"data = dict(train=[{data.spec()!r}], test={of_test!r})")

    finished = run_here(SCRIPT, config, cwd=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert [(one["name"], one["images"]) for one in report(tmp_path)["sets"]] == [
        ("train", 3),
        ("test", 1),
    ]
    assert report(tmp_path)["kinds"] == {"malformed_line": 1}


def test_test_data_in_their_usual_place_need_not_be_there(data, tmp_path):
    options = [f"data.train.img_dir={data.folder / 'images'}",
               f"data.train.gt_dir={data.folder / 'gts'}",
               f"data.train.short_size={HEIGHT}"]  # fmt: skip

    finished = run_here(SCRIPT, "--cfg-options", *options, cwd=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "data.test" in finished.stdout
    assert report(tmp_path)["kinds"] == {}


def test_a_path_that_is_not_there_is_a_sentence(tmp_path):
    assert_refused(run_here(SCRIPT, "nowhere", cwd=tmp_path), "nowhere")
    assert not (tmp_path / "check_data_report").exists()


def test_a_mended_copy_does_not_overwrite(data, tmp_path):
    assert_refused(run_here(SCRIPT, data.folder, "--fix", data.folder, cwd=tmp_path), "--fix")


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_nothing_half_written(data, tmp_path, workers, monkeypatch):
    examining, presses = os.getpid(), [signal.SIGINT]

    def press(*_):
        if presses:
            os.kill(examining, presses.pop())
        return ImageLook((HEIGHT, 320))

    monkeypatch.setattr("dataset.doctor.examination._IN_THIS_PROCESS", 2)
    monkeypatch.setattr("dataset.doctor.examination.look_at", press)

    # A shell without job control lets what it starts in the background ignore the key.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        finished = run_here(
            SCRIPT, data.folder, "--fix", "mended", "--workers", workers, cwd=tmp_path
        )
    finally:
        signal.signal(signal.SIGINT, before)

    assert finished.returncode == 130
    assert "Traceback" not in finished.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
