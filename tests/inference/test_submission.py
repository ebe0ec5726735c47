"""Submissions written, read back, and read as the official program reads them."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from inference.scoring import PROTOCOLS
from inference.submission import (
    FORMS,
    read_submission,
    read_truths,
    refuse_folder,
    score_submission,
    submission_path,
    write_submission,
)
from models.post_processing import Detection
from runtime.messages import UserError, set_language
from tests.conftest import golden

QUAD = np.array([[1, 2], [30, 2], [30, 12], [-1, 12]], np.int32)
PENTAGON = np.array([[0, 0], [9, 0], [12, 4], [9, 9], [0, 9]], np.int32)


def write_zip(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_each_image_has_a_file_of_whole_numbers_without_scores(tmp_path):
    path = tmp_path / "new folder" / "submit.zip"
    words = [Detection(QUAD, 0.9), Detection(PENTAGON, 0.8)]
    write_submission([(Path("photos/img_1.jpg"), words), ("img_2.v2.PNG", [])], path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["res_img_1.txt", "res_img_2.v2.txt"]
        assert archive.read("res_img_1.txt") == b"1,2,30,2,30,12,-1,12\n0,0,9,0,12,4,9,9,0,9\n"
        assert archive.read("res_img_2.v2.txt") == b""


def test_a_submission_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "submit.zip"
    write_submission([("간판 1.jpg", [Detection(QUAD, 0.9), Detection(PENTAGON, 0.5)])], path)
    first, second = read_submission(path)["간판 1"]
    np.testing.assert_array_equal(first, QUAD)
    np.testing.assert_array_equal(second, PENTAGON)


WORDS = [Detection(QUAD, 0.9), Detection(np.concatenate([PENTAGON, PENTAGON[:1]]), 0.8)]
LINES = {
    "icdar2015": ["1,2,30,2,30,12,-1,12", "0,0,9,0,12,4,9,9,0,9,0,0"],
    "icdar2017": ["1,2,30,2,30,12,-1,12,0.900000", "0,0,9,0,12,4,9,9,0,9,0,0,0.800000"],
    "total_text": ["2,1,2,30,12,30,12,-1", "0,0,0,9,4,12,9,9,9,0,0,0"],
    # Without points that come again.
    "ctw1500": ["2,1,2,30,12,30,12,-1", "0,0,0,9,4,12,9,9,9,0"],
    "msra_td500": ["1, 2, 30, 2, 30, 12, -1, 12", "0, 0, 9, 0, 12, 4, 9, 9, 0, 9, 0, 0"],
}


def test_every_protocol_has_a_form():
    assert FORMS.keys() == PROTOCOLS.keys() == LINES.keys()


@pytest.mark.parametrize("protocol", FORMS)
@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_a_submission_has_the_form_of_its_protocol(tmp_path, protocol, suffix):
    path = submission_path(tmp_path / f"submit{suffix}", protocol)
    write_submission([("photos/간판.jpg", WORDS), ("b.png", [])], path, protocol)
    entries = [FORMS[protocol].entry.format(stem) for stem in ("간판", "b")]
    if suffix or protocol.startswith("icdar"):
        with zipfile.ZipFile(tmp_path / "submit.zip") as archive:
            assert archive.namelist() == entries
            texts = [archive.read(entry).decode() for entry in entries]
    else:
        assert {file.name for file in path.iterdir()} == set(entries)
        texts = [(path / entry).read_text() for entry in entries]
    assert texts == ["".join(line + "\n" for line in LINES[protocol]), ""]
    first, second = read_submission(path, protocol)["간판"]
    np.testing.assert_array_equal(first, QUAD)
    np.testing.assert_array_equal(second[: len(PENTAGON)], PENTAGON)


def test_names_with_braces_keep_them(tmp_path):
    write_submission([("a{}b{0}.jpg", [])], tmp_path, "ctw1500")
    assert list(read_submission(tmp_path, "ctw1500")) == ["a{}b{0}"]


def test_a_folder_with_results_of_other_images_is_refused(tmp_path):
    write_submission([("1.jpg", []), ("2.jpg", [])], tmp_path / "submit", "ctw1500")
    refuse_folder(tmp_path / "submit", ["1.jpg", "2.jpg", "3.jpg"], "ctw1500", [tmp_path, None])
    refuse_folder(tmp_path / "missing", [], "ctw1500", [])
    with pytest.raises(UserError, match=r"1.*2\.txt"):
        refuse_folder(tmp_path / "submit", ["1.jpg"], "ctw1500", [])


def test_result_files_never_go_among_photos_or_labels(tmp_path):
    with pytest.raises(UserError, match=str(tmp_path)):
        refuse_folder(tmp_path, ["1.jpg"], "ctw1500", [tmp_path / "gone", tmp_path])
    refuse_folder(tmp_path, ["1.jpg"], "icdar2015", [tmp_path])


@pytest.mark.parametrize("line", ["0,0,9,0,9,9,0,9", "0,0,9,0,9,9,0,9,1.1", "0,0,9,0,0.5"])
def test_a_line_of_mlt_without_a_score_is_an_error(tmp_path, line):
    path = write_zip(tmp_path / "submit.zip", {"res_a.txt": line})
    with pytest.raises(UserError, match=r"res_a\.txt"):
        read_submission(path, "icdar2017")


def test_images_without_a_result_file_count_only_for_icdar(tmp_path):
    label = "0,0,30,0,30,10,0,10"
    quad = Detection(np.array([[0, 0], [30, 0], [30, 10], [0, 10]]), 1.0)
    write_submission([("1.jpg", [quad])], tmp_path / "submit.zip")
    truths = {"gt_1.txt": label + ",a", "gt_2.txt": label + ",b"}
    result = score_submission(tmp_path / "submit.zip", write_zip(tmp_path / "gt.zip", truths))
    assert (len(result.images), result.recall) == (2, 0.5)
    write_submission([("1.jpg", [quad])], tmp_path / "submit", "msra_td500")
    (tmp_path / "gt").mkdir()
    for stem in "12":
        (tmp_path / "gt" / f"{stem}.gt").write_text("0 0 0 0 30 10 0\n")
    result = score_submission(tmp_path / "submit", tmp_path / "gt", "msra_td500")
    assert (len(result.images), result.recall) == (1, 1)


def test_truths_that_cannot_be_read_are_named_with_their_line(tmp_path):
    (tmp_path / "1.gt").write_text("0 0 0 0 30 10 0\n1 0 0 0\n")
    with pytest.raises(UserError, match=r"1\.gt.*2"):
        read_truths(tmp_path, "msra_td500")
    with pytest.raises(UserError, match="missing"):
        read_truths(tmp_path / "missing", "ctw1500")
    with pytest.raises(UserError, match="poly_gt_"):
        read_truths(tmp_path, "total_text")


def test_equal_results_make_equal_files(tmp_path):
    for name in ("a.zip", "b.zip"):
        write_submission([("img_1.jpg", [Detection(QUAD, 0.9)])], tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_two_images_that_would_share_an_entry_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"img_1\.jpg.*img_1\.png"):
        write_submission([("img_1.jpg", []), ("img_1.png", [])], tmp_path / "submit.zip")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_an_error_of_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError):
        write_submission([], tmp_path / "file" / "submit.zip")


def test_edge_cases_end_as_in_the_official_program(tmp_path):
    cases = json.loads(golden("eval_ic15.json").read_text())["edge_cases"]
    assert len(cases) == 20
    for case in cases:
        truths = write_zip(tmp_path / "gt.zip", case["gt_files"])
        submission = write_zip(tmp_path / "submit.zip", case["det_files"])
        if case["error"]:
            with pytest.raises(UserError):
                score_submission(submission, truths)
            continue
        result = score_submission(submission, truths)
        figures = {"precision": result.precision, "recall": result.recall, "hmean": result.hmean}
        assert figures == pytest.approx(case["result"], abs=1e-9), case["note"]
        for image, record in zip(result.images, case["per_image"].values(), strict=True):
            assert [list(pair) for pair in image.pairs] == record["pairs"], case["note"]
            assert list(image.dropped) == record["det_dont_care"], case["note"]


def test_truths_of_a_folder_are_those_of_a_zip(tmp_path):
    files = {"gt_img_1.txt": "\ufeff0,0,9,0,9,9,0,9,a,b\r\n\r\n", "gt_img_2.txt": "", "readme": "?"}
    folder = tmp_path / "gt"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    for path in (folder, write_zip(tmp_path / "gt.zip", files)):
        words = read_truths(path)
        assert list(words) == ["img_1", "img_2"]
        assert (words["img_1"][0].text, words["img_1"][0].line) == ("b", 1)
        assert len(words["img_1"]) == 1


def test_the_line_of_a_mistake_is_named_in_both_languages(tmp_path):
    path = write_zip(tmp_path / "submit.zip", {"res_img_1.txt": "0,0,9,0,9,9,0,9\n\n1,2,3"})
    with pytest.raises(UserError) as caught:
        read_submission(path)
    assert "submit.zip/res_img_1.txt, 3번째 줄" in str(caught.value)
    set_language("en")
    assert "submit.zip/res_img_1.txt, line 3" in str(caught.value)


@pytest.mark.parametrize("line", ["0,0,9,0,9,9,0", "0,0,9,0,9,9,0,x,text", "###"])
def test_a_truth_without_eight_numbers_is_an_error(tmp_path, line):
    with pytest.raises(UserError, match=r"gt_img_1\.txt"):
        read_truths(write_zip(tmp_path / "gt.zip", {"gt_img_1.txt": line}))


@pytest.mark.parametrize("read", [read_submission, read_truths])
def test_files_that_are_no_zip_or_not_there_are_errors_of_one_sentence(tmp_path, read):
    (tmp_path / "page.zip").write_text("<html>")
    (tmp_path / "truncated.zip").write_bytes(
        write_zip(tmp_path / "whole.zip", {"res_a.txt": "", "gt_a.txt": ""}).read_bytes()[:40]
    )
    for name in ("page.zip", "truncated.zip", "missing.zip"):
        with pytest.raises(UserError, match=name):
            read(tmp_path / name)


def test_a_folder_without_truths_is_an_error(tmp_path):
    with pytest.raises(UserError, match="gt_"):
        read_truths(tmp_path)
