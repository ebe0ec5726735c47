"""What is found before training starts, and what is refused."""

import json
import shutil
import time
from pathlib import Path

import pytest

from dataset import build_dataset
from dataset.checks import check_dataset
from dataset.labels import Problem, describe
from runtime.messages import MESSAGES, UserError, set_language
from tests.conftest import ic15
from tests.dataset.test_text_dataset import LABEL, make, write_label, write_photo

KINDS = sorted(key.removeprefix("data.kind.") for key in MESSAGES if key.startswith("data.kind."))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(1, 5):
        write_photo(tmp_path / "images" / f"img_{number}.jpg")
        write_label(tmp_path / "gts" / f"gt_img_{number}.txt")
    return tmp_path


def kinds(problems) -> list[str]:
    return [problem.kind for problem in problems]


def test_a_sound_data_set_is_summed_up_in_one_line(folder):
    dataset = make(folder)
    report = check_dataset(dataset)

    assert report.problems == ()
    assert (report.images, report.words, report.ignored) == (4, 8, 4)
    (line,) = report.lines()
    assert str(folder / "images") in line
    report.refuse_if_useless(strict=True)


@pytest.mark.parametrize("damage", ["empty", "cut off", "text"])
def test_a_damaged_photo_is_reported_and_left_out(folder, damage):
    path = folder / "images" / "img_2.jpg"
    content = path.read_bytes()
    path.write_bytes(
        {"empty": b"", "cut off": content[: len(content) // 2], "text": b"hello"}[damage]
    )
    dataset = make(folder)

    report = check_dataset(dataset)

    (problem,) = report.problems
    assert (problem.kind, problem.path, problem.line) == ("image_unreadable", path, None)
    assert problem.detail
    assert (report.images, report.words, len(dataset)) == (3, 6, 3)
    assert path not in map(dataset.image_path, range(3))
    assert dataset.problems == [problem]


def test_a_word_outside_its_photo_is_reported_and_left_out(folder):
    label = folder / "gts" / "gt_img_3.txt"
    lines = [
        "-60,10,-10,10,-10,30,-60,30,left",
        "180,10,220,10,220,30,180,30,right",
        "10,-30,50,-30,50,-1,10,-1,above",
        "10,120,50,120,50,150,10,150,below",
        "170,100,220,100,220,150,170,150,partly",
        "-60,-60,400,-60,400,400,-60,400,around",
    ]
    write_label(label, "\n".join(lines))
    dataset = make(folder)

    report = check_dataset(dataset)

    assert kinds(report.problems) == ["outside"] * 4
    assert [problem.line for problem in report.problems] == [1, 2, 3, 4]
    assert {(problem.path, problem.detail) for problem in report.problems} == {(label, "180x120")}
    assert [word.text for word in dataset.words(2)] == ["partly", "around"]


def test_the_photo_is_measured_as_its_exif_rotation_shows_it(folder):
    write_photo(folder / "images" / "img_1.jpg", (120, 180), orientation=6)
    write_label(folder / "gts" / "gt_img_1.txt", "10,150,60,150,60,170,10,170,low\n")

    assert check_dataset(make(folder)).problems == ()
    assert kinds(check_dataset(make(folder, read_type="pil")).problems) == ["outside"]


def test_problems_of_labels_are_in_the_report_too(folder):
    write_label(folder / "gts" / "gt_img_1.txt", f"oops\n{LABEL}")
    write_label(folder / "gts" / "gt_gone.txt")
    (folder / "gts" / "gt_img_2.txt").unlink()

    report = check_dataset(make(folder))

    assert sorted(kinds(report.problems)) == ["missing_image", "missing_label", "too_few_points"]
    assert report.images == 3


def test_checking_twice_finds_nothing_new(folder):
    (folder / "images" / "img_2.jpg").write_bytes(b"")
    dataset = make(folder)

    first, second = check_dataset(dataset), check_dataset(dataset)

    assert first == second


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_report_counts_kinds_and_names_places(folder, language):
    set_language(language)
    label = folder / "gts" / "gt_img_1.txt"
    write_label(label, "oops\n" * 7 + LABEL)
    (folder / "images" / "img_2.jpg").write_bytes(b"")

    lines = list(check_dataset(make(folder)).lines(most_per_kind=5))

    assert "8" in lines[0]
    assert "7" in lines[1]
    assert [str(label) in line for line in lines[2:7]] == [True] * 5
    assert [f"{number}" in line for number, line in enumerate(lines[2:7], 1)] == [True] * 5
    assert "2" in lines[7]
    assert "img_2.jpg" in lines[9]
    assert len(lines) == 10


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_problem_has_its_sentence(kind, language):
    set_language(language)

    assert "a.txt" in describe(Problem(kind, Path("a.txt"), 3, "detail"))


def test_a_strict_run_refuses_any_problem(folder):
    write_label(folder / "gts" / "gt_img_1.txt", f"oops\n{LABEL}")
    report = check_dataset(make(folder))

    report.refuse_if_useless()
    with pytest.raises(UserError, match=r"gt_img_1\.txt"):
        report.refuse_if_useless(strict=True)


@pytest.mark.parametrize(
    ("label", "key"),
    [
        (LABEL.splitlines()[1], "data.all_ignored"),
        ("", "data.no_words"),
        ("broken", "data.no_words"),
        ("900,10,950,10,950,30,900,30,far away", "data.no_words"),
    ],
)
def test_data_that_nothing_can_be_learned_from_is_refused(folder, label, key):
    for path in (folder / "gts").iterdir():
        write_label(path, label)

    with pytest.raises(UserError, match="gts") as caught:
        check_dataset(make(folder)).refuse_if_useless()

    assert caught.value.key == key


def test_a_data_set_whose_every_photo_is_damaged_is_refused(folder):
    for path in (folder / "images").iterdir():
        path.write_bytes(b"")

    with pytest.raises(UserError, match="images") as caught:
        check_dataset(make(folder)).refuse_if_useless()

    assert caught.value.key == "data.no_images"


def test_photos_to_test_on_need_no_words(folder):
    shutil.rmtree(folder / "gts")

    check_dataset(make(folder, split="test", gt_dir=None)).refuse_if_useless()


def test_hundreds_of_photos_are_checked_in_a_moment():
    root = ic15() / "train"
    dataset = make(root, img_dir=root / "images", gt_dir=root / "gts")

    start_s = time.process_time()
    report = check_dataset(dataset)

    assert (report.images, report.problems) == (700, ())
    assert time.process_time() - start_s < 2


def test_what_is_clipped_and_what_is_no_word_is_counted(tmp_path):
    write_photo(tmp_path / "images/1.jpg")
    words = [
        ([10, 10, 30, 20], "word"),
        ([10, 10, 10, 20], "character"),
        ([-5, 60, 30, 20], "word"),
    ]
    annotations = [
        {"image_id": "1", "text": "가", "bbox": box, "attributes": {"class": kind}}
        for box, kind in words
    ]
    image = {"id": "1", "width": 180, "height": 120, "file_name": "1.jpg", "type": "sign"}
    document = {"info": {}, "images": [image], "annotations": annotations, "licenses": []}
    (tmp_path / "labels.json").write_text(json.dumps(document), "utf-8")
    places = {"img_dir": str(tmp_path / "images"), "gt_dir": str(tmp_path / "labels.json")}

    report = check_dataset(build_dataset({"type": "FAST_Data", **places}))

    assert (report.words, report.left_out, report.clipped) == (2, 1, 1)
    set_language("en")
    assert list(report.lines())[1:] == [
        "  entries that are no words (their single characters): 1 (not used)",
        "  words that reach beyond their image: 1 (used up to its edge)",
    ]
