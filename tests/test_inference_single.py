import json
import os
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from dataset.images import read_image
from dataset.readers.coco import read_coco
from dataset.readers.icdar import read_ic15
from dataset.readers.paddle import read_paddle
from runtime.config import config_dict, load_config
from runtime.provenance import provenance
from tests.inference.bright_model import BOX, bounds, bright_model, photo, save_photo, write_config
from tests.inference.command import assert_refused, run, run_here


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_config(folder)
    torch.save({"ema": bright_model().state_dict()}, folder / "checkpoint.pth")
    return folder


@pytest.fixture
def infer(model_folder: Path, tmp_path: Path):
    def command(
        *options: object,
        config: str = "config.py",
        checkpoint: str = "checkpoint.pth",
        start=run_here,
    ):
        return start(
            "inference_single.py",
            "--config", model_folder / config, "--checkpoint", model_folder / checkpoint,
            *options, cwd=tmp_path,
        )  # fmt: skip

    return command


def words_of(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["words"]


def test_a_photo_gives_an_overlay_a_json_and_a_summary(infer, tmp_path):
    original = save_photo(tmp_path / "사진 1.png").read_bytes()
    finished = infer("--image", "사진 1.png", start=run)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    for part in ("사진 1.png", "256x128", "단어 1개", "inference_results"):
        assert part in finished.stdout
    results = tmp_path / "inference_results"
    content = json.loads((results / "사진 1.json").read_text(encoding="utf-8"))
    assert (content["width"], content["height"], content["short_size"]) == (256, 128, 128)
    assert "EXIF" in content["coordinates"]
    (word,) = content["words"]
    np.testing.assert_allclose(
        bounds(np.array(word["points"])), np.add(BOX, (-4, -4, 3, 3)), atol=2
    )
    assert 0.99 < word["score"] <= 1
    overlay = read_image(results / "사진 1_result.png")
    assert overlay.shape == (128, 256, 3)
    assert (overlay != photo()).any()
    assert (tmp_path / "사진 1.png").read_bytes() == original


def test_result_names_thresholds_and_size_can_be_given(infer, tmp_path):
    save_photo(tmp_path / "photo.JPG")
    finished = infer(
        "--image", "photo.JPG", "--output", "new/결과.jpg", "--json", "words/a.json",
        "--min_score", 0.5, "--min-area", 99_999, "--short_size", 64, "--device", "cpu",
        "--lang", "en",
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert "no words found" in finished.stdout
    assert (tmp_path / "new" / "결과.jpg").exists()
    content = json.loads((tmp_path / "words" / "a.json").read_text(encoding="utf-8"))
    assert content["words"] == []
    assert (content["min_score"], content["min_area"], content["short_size"]) == (0.5, 99_999, 64)
    assert not (tmp_path / "inference_results").exists()


def test_corners_are_those_of_the_upright_photo(infer, tmp_path):
    upright = photo(256, 128, ((32, 64, 96, 96),))
    turned = Image.fromarray(np.rot90(upright, 1).copy())
    exif = Image.Exif()
    exif[274] = 6  # the camera was held so that the file needs a quarter turn clockwise
    turned.save(tmp_path / "phone.png", exif=exif)
    assert infer("--image", "phone.png").returncode == 0
    content = json.loads((tmp_path / "inference_results" / "phone.json").read_text("utf-8"))
    assert (content["width"], content["height"]) == (128, 256)
    (word,) = content["words"]
    np.testing.assert_allclose(bounds(np.array(word["points"])), (28, 60, 99, 99), atol=2)
    assert read_image(tmp_path / "inference_results" / "phone_result.png").shape == (256, 128, 3)


def test_a_folder_is_done_to_its_end_and_broken_photos_are_named(infer, tmp_path):
    save_photo(tmp_path / "photos" / "a.png")
    save_photo(tmp_path / "photos" / "a.jpg", photo(boxes=()))
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"<html>")
    save_photo(tmp_path / "photos" / "z.bmp", photo(200, 300))
    (tmp_path / "photos" / "notes.txt").write_text("no photo")
    finished = infer("--image", "photos", "--output", "out", "--lang", "en")
    assert finished.returncode == 2
    named, summary = finished.stderr.splitlines()
    assert "broken.jpg" in named
    assert "1 of 4" in summary
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a.json", "a_2.json", "a_2_result.png", "a_result.jpg", "z.json", "z_result.jpg",
    ]  # fmt: skip
    assert words_of(tmp_path / "out" / "a.json") == []
    assert len(words_of(tmp_path / "out" / "a_2.json")) == 1


def test_patterns_several_names_and_names_with_brackets_are_taken(infer, tmp_path):
    for name in ("x/1.png", "x/y/2.png", "x/2.jpg", "photo[1].png"):
        save_photo(tmp_path / name)
    (tmp_path / "x" / "list.txt").write_text("")
    finished = infer("--image", "x/**/*", "photo[1].png", "x/1.png")
    assert finished.returncode == 0, finished.stderr
    names = {path.name for path in (tmp_path / "inference_results").glob("*.json")}
    assert names == {"1.json", "2.json", "2_2.json", "photo[1].json"}


def test_hangul_names_are_found_in_either_unicode_form(infer, tmp_path):
    save_photo(tmp_path / unicodedata.normalize("NFD", "한글.png"))
    finished = infer("--image", unicodedata.normalize("NFC", "한글.png"))
    assert finished.returncode == 0, finished.stderr
    assert len(list((tmp_path / "inference_results").iterdir())) == 2


def test_names_and_terminals_that_are_not_utf_8_are_no_obstacle(model_folder, tmp_path):
    name = os.fsdecode(b"\xb0\xa3\xc6\xc7.png")  # CP949, as from an old zip file
    save_photo(tmp_path / name)
    finished = run(
        "inference_single.py",
        "--config", model_folder / "config.py", "--checkpoint", model_folder / "checkpoint.pth",
        "--image", name, cwd=tmp_path, PYTHONIOENCODING="ascii",
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    (file,) = (tmp_path / "inference_results").glob("*.json")
    assert json.loads(file.read_text(encoding="utf-8"))["image"] == name


def test_a_document_and_a_list_give_results_for_each_page_in_every_format(infer, tmp_path):
    pages = [Image.fromarray(photo(boxes=boxes)) for boxes in ((BOX,), ((16, 80, 96, 112),))]
    pages[0].save(tmp_path / "doc.pdf", save_all=True, append_images=pages[1:], resolution=64)
    save_photo(tmp_path / "사진" / "a.png")
    (tmp_path / "사진" / "broken.jpg").write_bytes(b"<html>")
    (tmp_path / "list.txt").write_text("사진\n", encoding="utf-8")
    finished = infer(
        "--image", "doc.pdf", "@list.txt", "--dpi", 64, "--output", "out", "--lang", "en",
        "--formats", "icdar", "coco", "paddle", "crops", "--order", "reading",
    )  # fmt: skip
    assert finished.returncode == 2
    assert "1 of 4" in finished.stderr
    assert "doc.pdf, page 2" in finished.stdout
    out = tmp_path / "out"
    names = ["a", "doc_page_0001", "doc_page_0002"]
    assert sorted(path.stem for path in out.glob("*_result.*")) == [f"{n}_result" for n in names]
    assert json.loads((out / "doc_page_0002.json").read_text("utf-8"))["page"] == 2
    found = {label.image: label.words for label in read_paddle(out / "Label.txt")}
    folder = tmp_path.name
    assert list(found) == [
        *(f"{folder}/out/pages/{name}.png" for name in names[1:]), f"{folder}/사진/a.png",
    ]  # fmt: skip
    for name, words in zip([*names[1:], "a"], found.values(), strict=True):
        (word,) = words_of(out / f"{name}.json")
        np.testing.assert_array_equal(words[0].points, word["points"])
        (same,) = read_ic15(out / f"res_{name}.txt")
        np.testing.assert_array_equal(same.words[0].points, word["points"])
        assert (out / "crops" / name / "0001.png").exists()
    assert [len(label.words) for label in read_coco(out / "coco.json")] == [1, 1, 1]


def test_lines_polygons_and_tiles_can_be_asked_for(infer, tmp_path):
    save_photo(tmp_path / "a.png", photo(boxes=((16, 32, 80, 64), (96, 32, 200, 64))))
    assert infer("--image", "a.png", "--bbox_type", "poly", "--tile", 64).returncode == 0
    words = words_of(tmp_path / "inference_results" / "a.json")
    assert len(words) == 2
    assert all(len(word["points"]) >= 4 for word in words)
    finished = infer("--image", "a.png", "--granularity", "line", "--lang", "en")
    assert "1 lines" in finished.stdout
    (line,) = words_of(tmp_path / "inference_results" / "a.json")
    np.testing.assert_allclose(bounds(np.array(line["points"])), (12, 28, 203, 67), atol=2)


def test_without_a_config_that_of_the_checkpoint_is_used(model_folder, tmp_path):
    config = load_config(model_folder / "config.py")
    content = {
        "ema": bright_model().state_dict(),
        "provenance": provenance(config_dict(config), [], {}),
    }
    torch.save(content, tmp_path / "own.pth")
    save_photo(tmp_path / "a.png")
    finished = run_here(
        "inference_single.py", "--checkpoint", "own.pth", "--image", "a.png",
        "--cfg-options", "test_cfg.min_score=0.5", cwd=tmp_path,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    content = json.loads((tmp_path / "inference_results" / "a.json").read_text("utf-8"))
    assert (content["config"], content["min_score"], len(content["words"])) == (None, 0.5, 1)


@pytest.fixture
def with_photos(tmp_path: Path) -> Path:
    save_photo(tmp_path / "a.jpg")
    save_photo(tmp_path / "b.jpg")
    save_photo(tmp_path / "c.jpg.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    (tmp_path / "film.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()
    cv2.imencode(".png", np.zeros((1, 9000, 3), np.uint8))[1].tofile(tmp_path / "line.png")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ([], ["--image"]),
        (["--image"], ["--image"]),
        (["--image", "none.jpg"], ["none.jpg"]),
        (["--image", "empty"], ["empty"]),
        (["--image", "*.webp"], ["*.webp"]),
        (["--image", "broken.png"], ["broken.png"]),
        (["--image", "line.png"], ["line.png", "--short_size"]),
        (["--image", "a.jpg", "--output", "a.jpg"], ["a.jpg"]),
        (["--image", "a.jpg", "b.jpg", "--output", "c.jpg"], ["c.jpg", "2"]),
        (["--image", "a.jpg", "b.jpg", "--json", "c.json"], ["--json", "2"]),
        (["--image", "a.jpg", "--output", "c.xyz"], ["c.xyz", ".png"]),
        (["--image", "a.jpg", "--output", "c.jpg", "--json", "./c.jpg"], ["c.jpg"]),
        (["--image", "a.jpg", "--output", "b.jpg/c.jpg"], ["b.jpg"]),
        (["--image", "a.jpg", "--short_size", "8"], ["--short_size", "32"]),
        (["--image", "a.jpg", "--min_score", "high"], ["--min_score", "high"]),
        (["--image", "a.jpg", "--device", "cuda:63"], ["--device cuda:63"]),
        (["--image", "a.jpg", "--colour"], ["--colour"]),
        (["--image", "a.jpg", "--formats", "excel"], ["--formats", "excel", "paddle"]),
        (["--image", "@none.txt"], ["none.txt"]),
        (["--image", "film.mp4", "--output", "c.jpg"], ["film.mp4", "c.jpg"]),
        (["--image", "film.mp4"], ["film.mp4"]),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(infer, with_photos, options, parts):
    before = {path: path.stat().st_mtime_ns for path in with_photos.iterdir() if path.is_file()}
    assert_refused(infer(*options), *parts)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_a_missing_config_or_checkpoint_is_refused(infer, with_photos):
    assert_refused(infer("--image", "a.jpg", config="none.py"), "none.py")
    assert_refused(infer("--image", "a.jpg", checkpoint="none.pth"), "none.pth")


@pytest.mark.parametrize(("language", "word"), [("ko", "사용법"), ("en", "usage")])
def test_help_teaches_in_both_languages(tmp_path, monkeypatch, language, word):
    monkeypatch.setenv("FAST_LANG", language)
    finished = run_here("inference_single.py", "--help", cwd=tmp_path)
    assert finished.returncode == 0
    assert finished.stdout.startswith(word)
    assert "--image your_image.jpg" in finished.stdout
