import json
import shutil
import zipfile
from functools import partial
from pathlib import Path

import pytest
import torch

from tests.inference.bright_model import BOX, bright_model, photo, save_photo, write_config
from tests.inference.command import assert_refused, run, run_here

MISSED = (176, 80, 240, 112)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A name with blanks and Hangul; three photos, one of them another size; one word is missed."""
    folder = tmp_path_factory.mktemp("평가 폴더")
    write_config(folder)
    weights = {f"module.{key}": value for key, value in bright_model().state_dict().items()}
    blind = {key: torch.zeros_like(value) for key, value in weights.items()}
    torch.save({"epoch": 7, "state_dict": blind, "ema": weights}, folder / "checkpoint.pth")
    save_photo(folder / "photos" / "img_1.png")
    save_photo(folder / "photos" / "간판.png")
    save_photo(folder / "photos" / "img_3.png", photo(256, 256, ((64, 64, 192, 128),)))
    (folder / "labels").mkdir()
    write_label(folder, "img_1", BOX)
    write_label(folder, "간판", BOX, MISSED)
    write_label(folder, "img_3", (64, 64, 192, 128))
    return folder


def write_label(folder: Path, stem: str, *boxes: tuple[int, ...]) -> None:
    lines = [f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},글자\n" for x0, y0, x1, y1 in boxes]
    (folder / "labels" / f"gt_{stem}.txt").write_text("".join(lines), encoding="utf-8")


def evaluate(folder: Path, *options: object):
    return run_here("test.py", "config.py", "checkpoint.pth", *options, cwd=folder)


def test_eval_prints_the_score_and_writes_the_submission_and_a_json(folder):
    options = ("--eval", "--worker", 1, "--batch-size", 3)
    finished = run("test.py", "config.py", "checkpoint.pth", *options, cwd=folder)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    for part in ("EMA 상태 딕셔너리 사용", "정밀도(precision): 1.0000", "재현율(recall): 0.7500",
                 "(hmean): 0.8571", "out/submit.zip"):  # fmt: skip
        assert part in finished.stdout
    with zipfile.ZipFile(folder / "out" / "submit.zip") as submission:
        assert sorted(submission.namelist()) == ["res_img_1.txt", "res_img_3.txt", "res_간판.txt"]
        (line,) = submission.read("res_img_1.txt").decode().splitlines()
    assert len([int(number) for number in line.split(",")]) == 8
    content = json.loads((folder / "out" / "submit.json").read_text(encoding="utf-8"))
    assert content["score"] == {
        "precision": 1.0,
        "recall": 0.75,
        "hmean": pytest.approx(6 / 7),
        "matched": 3,
        "num_truths": 4,
        "num_detections": 3,
    }
    assert [image["image"] for image in content["images"]] == ["img_1.png", "img_3.png", "간판.png"]
    assert (content["images"][1]["width"], content["images"][1]["height"]) == (256, 256)
    (word,) = content["images"][0]["words"]
    assert sum(map(list, word["points"]), []) == [int(number) for number in line.split(",")]
    assert 0.99 < word["score"] <= 1


def test_the_protocol_decides_how_to_score_and_the_form_of_the_files(folder):
    finished = evaluate(folder, "--eval", "--protocol", "ctw1500", "--output", "ctw", "--lang=en")
    assert finished.returncode == 0, finished.stderr
    for part in ("Result (CTW1500)", "recall: 0.7500", "by characters", "of 4 words 3 found as one",
                 "1 missed"):  # fmt: skip
        assert part in finished.stdout
    assert {path.name for path in (folder / "ctw").iterdir()} == {"img_1.txt", "img_3.txt",
                                                                 "간판.txt"}  # fmt: skip
    content = json.loads((folder / "ctw.json").read_text(encoding="utf-8"))
    assert content["protocol"] == "ctw1500"
    assert (content["characters"]["one_to_one"], content["characters"]["missed"]) == (3, 1)


def test_the_protocol_follows_the_data_set(folder):
    data_set = "data.test.type=FAST_MSRA", "data.test.format=ic15"
    finished = evaluate(folder, "--eval", "--output", "msra", "--cfg-options", *data_set)
    assert finished.returncode == 0, finished.stderr
    assert "MSRA-TD500" in finished.stdout
    assert ", " in (folder / "msra" / "img_1.txt").read_text()


def test_result_files_do_not_go_into_the_folder_of_the_labels(folder):
    finished = evaluate(folder, "--eval", "--protocol", "ctw1500", "--output", "labels")
    assert_refused(finished, "labels", "--output")


def test_without_eval_files_are_written_and_it_is_said_that_nothing_was_scored(folder):
    finished = evaluate(
        folder, "--output", "결과/files.zip", "--json", "결과/all words.json", "--lang", "en"
    )
    assert finished.returncode == 0, finished.stderr
    assert "add --eval" in finished.stdout
    assert "precision" not in finished.stdout
    assert (folder / "결과" / "files.zip").exists()
    assert json.loads((folder / "결과" / "all words.json").read_text("utf-8"))["score"] is None


def test_the_raw_weights_are_scored_when_asked_for(folder):
    finished = evaluate(folder, "--eval", "--no-ema", "--cpu", "--output", "raw.zip")
    assert finished.returncode == 0, finished.stderr
    assert "(hmean): 0.0000" in finished.stdout
    assert "EMA" not in finished.stdout


@pytest.mark.parametrize("options", [("--amp", "bf16"), ("--amp", "auto"), ("--compile",)])
def test_faster_ways_of_computing_find_the_same(folder, options, monkeypatch):
    # Traced, but not turned into machine code, which takes minutes for all of a network.
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    monkeypatch.setattr(shutil, "which", lambda name: name)
    finished = evaluate(folder, "--eval", *options, "--cpu", "--output", "fast.zip", "--worker", 0)
    assert finished.returncode == 0, finished.stderr
    assert "(hmean): 0.8571" in finished.stdout


def test_the_speed_report_adds_up_and_the_model_is_printed(folder):
    finished = evaluate(
        folder, "--eval", "--report-speed", "--print-model", "--output", "speed.zip", "--lang=en"
    )
    assert finished.returncode == 0, finished.stderr
    assert "RepConvLayer" in finished.stdout
    count = sum(parameter.numel() for parameter in bright_model().parameters())
    assert f"parameters: {count:,}" in finished.stdout
    lines = [line.split() for line in finished.stdout.splitlines() if " ms " in line]
    milliseconds = [float(line[0]) for line in lines]
    assert len(lines) == 6
    assert sum(milliseconds[:5]) == pytest.approx(milliseconds[5], abs=0.06)
    assert all(value >= 0 for value in milliseconds)
    assert "images/s" in " ".join(lines[5])


def test_min_score_min_area_and_cfg_options_take_effect(folder):
    finished = evaluate(
        folder, "--eval", "--min_area", 100_000, "--cfg-options", "test_cfg.result_path=set.zip"
    )
    assert "(recall): 0.0000" in finished.stdout
    assert (folder / "set.zip").exists()
    content = json.loads((folder / "set.json").read_text(encoding="utf-8"))
    assert content["test_cfg"]["min_area"] == 100_000


def test_label_problems_and_unreadable_photos_are_named_beside_the_score(folder, tmp_path):
    save_photo(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff cut off")
    x0, y0, x1, y1 = BOX
    good = f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},ok\n"
    (tmp_path / "gt_a.txt").write_text(good + "1,2,3\n")
    (tmp_path / "gt_b.txt").write_text(good)
    finished = evaluate(
        folder, "--eval", "--lang", "en", "--output", "p.zip",
        "--cfg-options", f"data.test.img_dir={tmp_path}", f"data.test.gt_dir={tmp_path}",
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert "gt_a.txt, line 2" in finished.stdout
    assert "b.jpg" in finished.stdout
    assert "recall: 0.5000" in finished.stdout


def test_the_error_report_shows_the_photos_with_errors(folder):
    finished = evaluate(
        folder, "--eval", "--report", "보고서/out.html", "--report-images", 1, "--lang", "en"
    )
    assert finished.returncode == 0, finished.stderr
    assert "보고서/out.html" in finished.stdout
    page = (folder / "보고서" / "out.html").read_text(encoding="utf-8")
    assert "Error report: checkpoint.pth" in page and "0.857" in page
    assert "1 of 1 images with errors" in page
    assert "<code>간판.png</code><br>1 missed · 0 false · 1 found" in page
    assert "글자 · 32 px · not seen" in page


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["config.py", "checkpoint.pth", "--report", "out.html"], ["out.html", "--eval"]),
        (["config.py"], ["CHECKPOINT", "--help"]),
        (["none.py", "checkpoint.pth"], ["none.py"]),
        (["config.py", "none.pth"], ["none.pth"]),
        (["config.py", "checkpoint.pth", "--min-score", "1.5"], ["--min-score", "1.5"]),
        (["config.py", "checkpoint.pth", "--batch-size", "0"], ["--batch-size"]),
        (["config.py", "checkpoint.pth", "--min-scor", "1"], ["--min-score"]),
        (["config.py", "checkpoint.pth", "--device", "tpu"], ["--device tpu"]),
        (["config.py", "checkpoint.pth", "--device", "cuda:63"], ["--device cuda:63"]),
        (["config.py", "checkpoint.pth", "--lang", "fr"], ["fr", "ko"]),
        (["config.py", "checkpoint.pth", "--cfg-options", "test_cfg.min_scor=1"], ["min_score"]),
        (["config.py", "checkpoint.pth", "--cfg-options", "data.test.img_dir=x"], ["/x. "]),
        (["config.py", "checkpoint.pth", "--output", "config.py/x.zip"], ["config.py"]),
        (
            ["config.py", "checkpoint.pth", "--eval", "--cfg-options", "data.test.gt_dir=photos"],
            ["--eval", "photos", "data.test.gt_dir"],
        ),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(folder, arguments, parts):
    assert_refused(run_here("test.py", *arguments, cwd=folder), *parts)


@pytest.mark.parametrize(("language", "word"), [("ko", "사용법"), ("en", "usage")])
def test_help_teaches_in_both_languages(tmp_path, language, word):
    finished = run_here("test.py", "--help", "--lang", language, cwd=tmp_path)
    assert finished.returncode == 0
    assert finished.stdout.startswith(word)
    assert "finetune_checkpoints/checkpoint_best.pth --eval" in finished.stdout
