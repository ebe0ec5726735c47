"""Every kind of defect is sown into a data set, and exactly that is found."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.doctor.examination import examine
from dataset.doctor.findings import KINDS
from dataset.sample_data import write_sample_data
from runtime.messages import set_language
from tests.conftest import ic15
from tests.dataset.doctor.drawn import HEIGHT, SOUND, WIDTH, DrawnSet, kinds, write_picture

NORMALISED = "0.1,0.1,0.4,0.1,0.4,0.2,0.1,0.2,one\n0.5,0.5,0.9,0.5,0.9,0.6,0.5,0.6,two\n"
# x, y, width, height: together they reach all over the photo of 320 x 240
BOXES = [(20, 30, 60, 20), (240, 30, 60, 20), (100, 200, 80, 25), (230, 180, 70, 30),
         (150, 100, 50, 20), (20, 150, 40, 15)]  # fmt: skip


def line(*points: float, text: str = "word") -> str:
    return ",".join(f"{value:g}" for value in points) + f",{text}\n"


def upright(x1: float, y1: float, x2: float, y2: float) -> str:
    return line(x1, y1, x2, y1, x2, y2, x1, y2)


SWAPPED = "".join(
    line(*(value for x, y in [(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for value in (y, x)))
    for x, y, w, h in BOXES
)
XYWH = "".join(upright(*one) for one in BOXES)
CORNERS = "".join(upright(x, y, 2 * x + w, 2 * y + h) for x, y, w, h in BOXES)

# Defects of a label: kind -> the label, and the line that the finding is to name.
LABELS: dict[str, tuple[str | bytes, int | None]] = {
    "unreadable_label": (b"\x81\xff\x00\xff", None),
    "not_utf8": (SOUND.encode() + "150,200,250,200,250,220,150,220,한글\n".encode("cp949"), 3),
    "malformed_line": (SOUND + "not a word at all\n", 3),
    "coordinate_count": (SOUND + "150,180,250,210,word\n", 3),
    "not_a_number": (SOUND + "150,180,x,180,250,210,150,210,word\n", 3),
    "nan_coordinate": (SOUND + "150,180,nan,180,250,210,150,210,word\n", 3),
    "infinite_coordinate": (SOUND + "150,180,inf,180,250,210,150,210,word\n", 3),
    "huge_coordinate": (SOUND + "150,180,1e9,180,250,210,150,210,word\n", 3),
    "normalised_coordinates": (NORMALISED, 1),
    "swapped_xy": (SWAPPED, None),
    "xywh_as_corners": (XYWH, None),
    "corners_as_xywh": (CORNERS, None),
    "outside": (SOUND + line(400, 180, 450, 180, 450, 200, 400, 200), 3),
    "partly_outside": (SOUND + line(280, 180, 340, 180, 340, 200, 280, 200), 3),
    "negative_coordinate": (SOUND + line(-20, 180, 50, 180, 50, 200, -20, 200), 3),
    "zero_area": (SOUND + line(50, 180, 90, 180, 90, 180, 50, 180), 3),
    "bow_tie": (SOUND + line(50, 180, 150, 210, 150, 180, 50, 220), 3),
    "self_intersecting": (
        SOUND + line(10, 150, 60, 200, 110, 150, 110, 230, 60, 150, 10, 200),
        3,
    ),
    "huge_box": (line(2, 2, 318, 2, 318, 238, 2, 238), 1),
    "duplicate_box": (SOUND + SOUND.splitlines()[0], 3),
    "overlapping_boxes": (SOUND + line(25, 22, 105, 22, 105, 47, 25, 47), 3),
    "under_ignored": (SOUND + line(10, 10, 110, 10, 110, 60, 10, 60, text="###"), 1),
    "tiny_text": (SOUND + line(50, 180, 90, 180, 90, 186, 50, 186), 3),
    "empty_text": (SOUND + line(50, 180, 150, 180, 150, 210, 50, 210, text=""), 3),
    "all_ignored": (line(50, 180, 150, 180, 150, 210, 50, 210, text="###"), 1),
}


def damage(change: Callable[[bytes], bytes]) -> Callable[[DrawnSet, str], Path]:
    def sow(data: DrawnSet, name: str) -> Path:
        data.add(name)
        path = data.image(name)
        path.write_bytes(change(path.read_bytes()))
        return path

    return sow


def sow_missing_image(data: DrawnSet, name: str) -> Path:
    data.add(name)
    data.image(name).unlink()
    return data.label(name)


def sow_missing_label(data: DrawnSet, name: str) -> Path:
    data.add(name, None)
    return data.image(name)


def sow_unreadable_image(data: DrawnSet, name: str) -> Path:
    """A PNG file, by its content, with a byte wrong in its middle."""
    data.add(name)
    path = data.image(name)
    noise = np.random.default_rng(9).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(noise).save(path, "PNG")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    return path


def sow_copy(data: DrawnSet, name: str) -> Path:
    data.add(name)
    data.add(f"{name}b")
    shutil.copy(data.image(name), data.image(f"{name}b"))
    return data.image(f"{name}b")


def sow_near_copy(data: DrawnSet, name: str) -> Path:
    data.add(name)
    data.add(f"{name}b", "")
    pixels = np.asarray(Image.open(data.image(name)).resize((240, 180)))
    return write_picture(data.image(f"{name}b"), pixels, quality=60)


def sow_exif_rotation(data: DrawnSet, name: str) -> Path:
    """Drawn on the photo as it lies in the file, 320 x 240; it is seen as 240 x 320."""
    data.add(name, SOUND + line(250, 20, 310, 20, 310, 40, 250, 40), orientation=6)
    return data.label(name)


FILES: dict[str, Callable[[DrawnSet, str], Path]] = {
    "missing_image": sow_missing_image,
    "missing_label": sow_missing_label,
    "empty_image": damage(lambda content: b""),
    "truncated_image": damage(lambda content: content[: len(content) // 2]),
    "not_an_image": damage(lambda content: b"<html>404 Not Found</html>"),
    "unreadable_image": sow_unreadable_image,
    "duplicate_image": sow_copy,
    "near_duplicate_image": sow_near_copy,
    "exif_rotation": sow_exif_rotation,
}
# Those have tests of their own below.
OF_SETS = {"unusable_set", "set_all_ignored", "image_in_train_and_test",
           "near_image_in_train_and_test", "size_swapped", "size_differs"}  # fmt: skip


def sow_everything(data: DrawnSet) -> set[tuple[str, Path, int | None]]:
    """Sound photos, and each kind of defect once; gives what is to be found, and where."""
    for number in range(3):
        data.add(f"sound_{number}")
    data.add("no_text", "")
    expected = set()
    for kind, (text, at) in LABELS.items():
        data.add(kind, text)
        expected.add((kind, data.label(kind), at))
    for kind, sow in FILES.items():
        expected.add((kind, sow(data, kind), None))
    return expected


def test_a_seed_is_there_for_every_kind():
    assert LABELS.keys() | FILES.keys() | OF_SETS == KINDS.keys()


@pytest.mark.parametrize("workers", [1, 2])
def test_every_kind_of_defect_is_found_where_it_is_and_nothing_else(tmp_path, workers, monkeypatch):
    monkeypatch.setattr("dataset.doctor.examination._IN_THIS_PROCESS", 2)
    data = DrawnSet(tmp_path)
    expected = sow_everything(data)

    found = examine({"train": data.spec()}, workers=workers).findings

    assert {(one.kind, one.path, one.line) for one in found} == expected
    assert Counter(kinds(found)) == Counter(kind for kind, _, _ in expected)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_finding_says_what_was_found(tmp_path, language):
    set_language(language)
    data = DrawnSet(tmp_path)
    sow_everything(data)

    for finding in data.examine().findings:
        assert finding.found and "{" not in finding.found


def test_a_symmetric_bow_tie_has_no_area_and_is_one_all_the_same(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("tie", SOUND + line(50, 180, 150, 210, 150, 180, 50, 210))

    (finding,) = data.examine().findings

    assert (finding.kind, finding.path, finding.line) == ("bow_tie", data.label("tie"), 3)
    assert finding.boxes == (((50, 180), (150, 210), (150, 180), (50, 210)),)


def test_an_outline_of_equal_lobes_crosses_itself_though_it_has_no_area(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("lobes", line(10, 150, 60, 200, 110, 150, 110, 200, 60, 150, 10, 200))

    assert "self_intersecting" in kinds(data.examine().findings)


def test_drawn_photos_have_nothing_wrong(tmp_path):
    write_sample_data(tmp_path / "drawn", 30, seed=3, heights=(0.08, 0.14), negatives=0.2)
    spec = DrawnSet(tmp_path / "drawn").spec(short_size=360)

    findings = examine({"train": spec}).findings

    assert [finding for finding in findings if finding.kind != "all_ignored"] == []


def test_boxes_that_follow_the_exif_rotation_are_sound(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("turned", line(20, 250, 90, 250, 90, 280, 20, 280), orientation=6)

    assert data.examine().findings == []
    # Without the rotation the same box lies below the photo.
    assert kinds(data.examine(read_type="pil").findings) == ["exif_rotation"]


@pytest.mark.parametrize(
    ("size", "kind"),
    [((HEIGHT, WIDTH), None), ((WIDTH, HEIGHT), "size_swapped"), ((480, 640), "size_differs")],
)
def test_the_size_in_the_label_is_compared_with_the_files(tmp_path, size, kind):
    data = DrawnSet(tmp_path)
    data.add("a")
    points = [[20, 20], [100, 20], [100, 45], [20, 45]]
    word = {"points": points, "transcription": "one", "illegibility": False}
    entry = {"img_h": size[0], "img_w": size[1], "words": {"0": word}}
    label = tmp_path / "ufo.json"
    label.write_text(json.dumps({"images": {"a.jpg": entry}}))

    findings = data.examine(type="FAST_Data", format="ufo", gt_dir=str(label)).findings

    assert [(one.kind, one.path, one.photo) for one in findings] == (
        [(kind, label, "a.jpg")] if kind else []
    )


def two_sets(tmp_path: Path) -> tuple[DrawnSet, DrawnSet]:
    train, test = DrawnSet(tmp_path / "train"), DrawnSet(tmp_path / "test", first_seed=100)
    for number in range(2):
        train.add(f"train_{number}")
        test.add(f"test_{number}")
    return train, test


def test_an_image_in_both_training_and_test_is_found(tmp_path):
    train, test = two_sets(tmp_path)
    shutil.copy(train.image("train_1"), test.image("test_0"))
    pixels = np.asarray(Image.open(train.image("train_0")).resize((240, 180)))
    write_picture(test.image("test_1"), pixels, quality=60)
    test.label("test_1").write_text("")

    findings = examine({"test": test.spec(split="test"), "train": train.spec()}).findings

    assert [(one.kind, one.path, one.about["other"], one.part) for one in findings] == [
        ("image_in_train_and_test", test.image("test_0"), str(train.image("train_1")), "test"),
        ("near_image_in_train_and_test", test.image("test_1"), str(train.image("train_0")), "test"),
    ]


def test_validation_and_test_may_share_their_images(tmp_path):
    train, test = two_sets(tmp_path)
    other = test.spec(split="test")

    assert examine({"train": train.spec(), "val": other, "test": other}).findings == []


def test_it_is_said_when_there_are_more_near_duplicates_than_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr("dataset.doctor.copies._MOST_COMPARED", 1)
    data = DrawnSet(tmp_path)
    for name in "abc":
        sow_near_copy(data, name)

    examination = data.examine()

    assert kinds(examination.findings) == ["near_duplicate_image"]
    (remark,) = examination.remarks
    assert " 2" in remark


def test_near_duplicates_are_not_looked_for_in_a_hurry(tmp_path):
    data = DrawnSet(tmp_path)
    sow_near_copy(data, "a")
    sow_copy(data, "b")

    findings = examine({"train": data.spec()}, with_fingerprints=False).findings

    assert kinds(findings) == ["duplicate_image"]


def test_a_set_of_ignored_words_is_told(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("a", LABELS["all_ignored"][0])

    assert kinds(data.examine().findings) == ["set_all_ignored", "all_ignored"]


@pytest.mark.parametrize("text", ["", "nonsense\n"])
def test_a_set_without_a_word_is_told(tmp_path, text):
    data = DrawnSet(tmp_path)
    data.add("a", text)

    found = kinds(data.examine().findings)

    assert found == (["malformed_line"] if text else []) + ["unusable_set"]


def test_photos_are_examined_even_where_no_label_can_be_used(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("a", None)
    FILES["not_an_image"](data, "b")
    data.label("b").unlink()
    (tmp_path / "gts" / "elsewhere.txt").write_text(SOUND)

    assert set(kinds(data.examine().findings)) == {"unusable_set", "not_an_image"}


def test_test_data_that_nobody_named_is_left_aside(tmp_path):
    data = DrawnSet(tmp_path / "train")
    data.add("a")
    usual = {"type": "FAST_IC15", "split": "test", "data_root": str(tmp_path)}

    examination = examine({"train": data.spec(), "test": usual})

    assert examination.findings == []
    (remark,) = examination.remarks
    assert "data.test" in remark


@pytest.mark.parametrize("kind", ["swapped_xy", "xywh_as_corners", "corners_as_xywh"])
def test_a_mistake_in_all_labels_is_told_once_and_its_consequences_never(tmp_path, kind):
    data = DrawnSet(tmp_path)
    for number, text in enumerate(str(LABELS[kind][0]).splitlines(keepends=True)):
        data.add(f"a{number}", text)

    (finding,) = data.examine().findings

    assert (finding.kind, finding.about) == (kind, {"boxes": 6, "images": 6})


def test_labels_without_any_text_miss_none(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("a", SOUND.replace("one", "").replace("two", ""))

    assert data.examine().findings == []


def test_little_is_odd_about_real_photos():
    root = ic15() / "train"
    spec = DrawnSet(root).spec(short_size=640)

    findings = examine({"train": spec}, workers=2).findings

    assert Counter(kinds(findings)) == {
        "overlapping_boxes": 1,
        "under_ignored": 3,
        "tiny_text": 14,
        "all_ignored": 15,
    }
