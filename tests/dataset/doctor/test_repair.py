"""The cleaned copy: what is surely right is mended, all else is left out or left alone."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.doctor.examination import examine
from dataset.doctor.findings import KINDS
from dataset.doctor.repair import clip_to_image, label_line, repaired_words, write_repaired
from dataset.geometry import intersection_area, polygon_area
from dataset.labels import Word
from dataset.readers.icdar import read_ic15
from runtime.messages import MESSAGES, UserError
from tests.dataset.doctor.drawn import SOUND, DrawnSet, kinds
from tests.dataset.doctor.test_examination import FILES, LABELS, line, sow_everything
from tests.dataset.lmdb_files import photo_file, users_records, write_records

SIZE = (240, 320)
# What nobody but the user can decide, and what is no mistake.
NOT_MENDED = {"near_duplicate_image", "self_intersecting", "huge_box", "overlapping_boxes",
              "under_ignored", "tiny_text", "empty_text", "all_ignored"}  # fmt: skip


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest()
            for path in files}  # fmt: skip


def word(*points: float, text: str = "word", ignore: bool = False) -> Word:
    return Word(np.array(points, np.float32).reshape(-1, 2), text, ignore, 1)


def test_the_originals_stay_and_the_copy_is_clean(tmp_path):
    data = DrawnSet(tmp_path / "data")
    sow_everything(data)
    before = contents(data.folder)
    examination = data.examine()

    done = write_repaired(examination, tmp_path / "mended")

    assert contents(data.folder) == before
    again = DrawnSet(tmp_path / "mended").examine()
    assert set(kinds(again.findings)) == NOT_MENDED
    assert set(done) == {"clipped", "outside", "reordered", "doubles", "no_words", "unreadable",
                         "meant_otherwise", "unlabelled", "unpaired", "copies",
                         "reencoded"}  # fmt: skip
    assert {f"doctor.fix.{action}" for action in done} <= MESSAGES.keys()
    left_out = {
        "empty_image",
        "truncated_image",
        "not_an_image",
        "unreadable_image",
        "missing_label",
        "unreadable_label",
        "duplicate_imageb",
        "exif_rotation",
        "normalised_coordinates",
        "swapped_xy",
        "xywh_as_corners",
        "corners_as_xywh",
    }
    originals = {path.name for path in (data.folder / "images").iterdir()}
    copies = {path.name for path in (tmp_path / "mended" / "images").iterdir()}
    assert originals - copies == {f"{name}.jpg" for name in left_out}


def test_the_words_of_the_copy_are_those_that_were_sound(tmp_path):
    data = DrawnSet(tmp_path / "data")
    for kind in ("partly_outside", "bow_tie", "not_utf8", "malformed_line", "outside"):
        data.add(kind, LABELS[kind][0])
    tie = line(50, 180, 150, 210, 150, 180, 50, 210, text='a "tie", so to speak')
    data.add("flat_tie", SOUND + tie)

    write_repaired(data.examine(), tmp_path / "mended")

    def lines(name: str) -> list[str]:
        path = tmp_path / "mended" / "gts" / f"gt_{name}.txt"
        return path.read_text("utf-8").splitlines()

    sound = SOUND.splitlines()
    assert lines("partly_outside")[2] == "280,180,320,180,320,200,280,200,word"
    assert lines("bow_tie")[2] == "50,180,150,180,150,210,50,220,word"
    assert lines("not_utf8")[2].endswith(",한글")
    assert lines("malformed_line") == lines("outside") == sound
    assert lines("flat_tie")[2] == '50,180,150,180,150,210,50,210,"a ""tie"", so to speak"'
    (label,) = read_ic15(tmp_path / "mended" / "gts" / "gt_flat_tie.txt")
    assert label.words[2].text == 'a "tie", so to speak'


def test_several_sets_get_a_folder_each(tmp_path):
    train, test = DrawnSet(tmp_path / "a"), DrawnSet(tmp_path / "b", first_seed=50)
    train.add("one")
    test.add("two")
    examination = examine({"train": train.spec(), "test": test.spec(split="test")})

    write_repaired(examination, tmp_path / "mended")

    assert set(contents(tmp_path / "mended")) == {
        "train/images/one.jpg",
        "train/gts/gt_one.txt",
        "test/images/two.jpg",
        "test/gts/gt_two.txt",
    }


def test_names_from_several_folders_do_not_meet(tmp_path):
    data = DrawnSet(tmp_path / "data")
    for name in ("a/img", "b/img", "a_img"):
        data.add(name)
    for name in ("a", "b"):
        label = data.folder / "gts" / f"gt_{name}"
        label.mkdir(parents=True, exist_ok=True)

    write_repaired(data.examine(), tmp_path / "mended")

    images = [path.stem for path in (tmp_path / "mended" / "images").iterdir()]
    labels = [path.stem for path in (tmp_path / "mended" / "gts").iterdir()]
    assert sorted(labels) == sorted(f"gt_{name}" for name in images)


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path):
    data = DrawnSet(tmp_path / "data")
    data.add("a")

    with pytest.raises(UserError) as caught:
        write_repaired(data.examine(), data.folder)

    assert caught.value.key == "doctor.fix_in_use"


def test_an_interrupted_copy_leaves_nothing_behind(tmp_path, monkeypatch):
    data = DrawnSet(tmp_path / "data")
    data.add("a")
    examination = data.examine()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("dataset.doctor.repair.shutil.copyfileobj", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_repaired(examination, tmp_path / "mended")

    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_copy_with_other_words_is_kept(tmp_path):
    data = DrawnSet(tmp_path / "data")
    FILES["duplicate_image"](data, "a")
    data.label("ab").write_text(SOUND.splitlines()[0])

    write_repaired(data.examine(), tmp_path / "mended")

    assert len(list((tmp_path / "mended" / "images").iterdir())) == 2


def test_a_readable_word_and_an_ignored_one_on_one_spot_are_left_to_the_user():
    both = [word(10, 10, 50, 10, 50, 30, 10, 30), word(10, 10, 50, 10, 50, 30, 10, 30, ignore=True)]

    assert len(repaired_words(both, SIZE)) == 2
    assert len(repaired_words([*both, both[0]], SIZE)) == 2


def test_what_is_done_is_counted():
    done: Counter[str] = Counter()
    given_words = [
        word(10, 10, 90, 40, 90, 10, 10, 40),
        word(-10, 10, 50, 10, 50, 30, -10, 30),
        word(400, 10, 450, 10, 450, 30, 400, 30),
    ]

    kept = repaired_words(given_words, SIZE, done)

    assert done == {"reordered": 1, "clipped": 1, "outside": 1}
    assert polygon_area(kept[0].points) == 80 * 30
    assert sorted(kept[1].points.tolist()) == [[0, 10], [0, 30], [50, 10], [50, 30]]


def test_a_turned_word_loses_a_corner_and_keeps_its_slope():
    clipped = clip_to_image(np.array([[-10, 20], [30, -20], [50, 0], [10, 40]], np.float32), SIZE)

    assert sorted(clipped.tolist()) == [[0, 10], [0, 30], [10, 0], [10, 40], [50, 0]]


@given(st.lists(st.floats(-100, 400, width=32), min_size=6, max_size=6))
def test_what_is_left_of_a_triangle_is_what_it_shares_with_the_image(numbers):
    triangle = np.array(numbers, np.float32).reshape(3, 2)
    image = np.array([[0, 0], [320, 0], [320, 240], [0, 240]], np.float32)

    clipped = clip_to_image(triangle, SIZE)

    assert polygon_area(clipped) == pytest.approx(intersection_area(triangle, image), abs=0.5)
    assert not len(clipped) or (clipped.min() >= 0 and (clipped <= (320, 240)).all())


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
OUTLINES = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 2000)), min_size=3, max_size=9, unique=True
).filter(lambda outline: polygon_area(np.array(outline)) > 1)


@given(outline=OUTLINES, text=TEXTS, ignore=st.booleans())
def test_any_word_is_read_back_as_it_was(tmp_path_factory, outline, text, ignore):
    path = tmp_path_factory.getbasetemp() / "gt_back.txt"
    path.write_text(label_line(Word(np.array(outline, np.float32), text, ignore, 1)), "utf-8")

    (label,) = read_ic15(path)

    (back,) = label.words
    assert polygon_area(back.points) == pytest.approx(polygon_area(np.array(outline)))
    assert len(back.points) == max(4, len(outline))
    assert back.ignore == ignore
    if not ignore and text != "###" and text[-1:] != ",":
        assert back.text == " ".join(text.split())


def test_the_kinds_that_are_not_mended_exist():
    assert KINDS.keys() > NOT_MENDED


def test_photos_of_a_database_become_files(tmp_path):
    label = {"bboxes": [[0.1, 0.1, 0.4, 0.1, 0.4, 0.3, 0.1, 0.3]], "words": ["one"]}
    photo = photo_file(240, 320, seed=1)
    records = users_records([(photo, label | {"filename": "a.png"})])
    path = write_records(tmp_path / "data", records)
    spec = {"type": "FAST_LMDB", "split": "train", "lmdb_path": str(path), "short_size": 240}

    write_repaired(examine({"train": spec}), tmp_path / "mended")

    (image,) = (tmp_path / "mended" / "images").iterdir()
    assert image.read_bytes() == photo
    (text,) = (tmp_path / "mended" / "gts").iterdir()
    assert text.stem == f"gt_{image.stem}"
    assert text.read_text() == "32,24,128,24,128,72,32,72,one\n"
