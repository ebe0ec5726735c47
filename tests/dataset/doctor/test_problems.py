"""What the readers report, told apart more finely, with the photo it is about."""

import json
from pathlib import Path

import numpy as np
import pytest

from dataset.doctor.examination import examine
from dataset.doctor.problems import findings_of_problems, points_of
from dataset.labels import Problem
from runtime.messages import MESSAGES, say, set_language
from tests.dataset.doctor.drawn import SOUND, DrawnSet, kinds
from tests.dataset.lmdb_files import photo_file, users_records, write_records


def test_each_finding_shows_what_the_file_says(tmp_path):
    set_language("en")
    data = DrawnSet(tmp_path)
    data.add("a", SOUND + "not a word at all\n10,20,30,40,word\n10,20,x,40,50,60,70,80,word\n")

    found = [(one.kind, one.line, one.found, one.photo) for one in data.examine().findings]

    assert sorted(found, key=lambda one: one[1]) == [
        ("malformed_line", 3, "no coordinates were found: not a word at all", "a.jpg"),
        ("coordinate_count", 4, say("data.problem.too_few_points", detail="2"), "a.jpg"),
        ("not_a_number", 5, "'x' stands where a coordinate should", "a.jpg"),
    ]


def test_a_bow_tie_shows_its_photo_also_where_one_file_labels_many(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("a")
    data.add("b")
    tie = [[50, 180], [150, 210], [150, 180], [50, 210]]
    sound = [[20, 20], [100, 20], [100, 45], [20, 45]]

    def entry(points):
        word = {"points": points, "transcription": "one", "illegibility": False}
        return {"img_h": 240, "img_w": 320, "words": {"0": word}}

    label = tmp_path / "ufo.json"
    images = {"a.jpg": entry(sound), "b.jpg": entry(tie), "gone.jpg": entry(sound)}
    label.write_text(json.dumps({"images": images}))

    findings = data.examine(type="FAST_Data", format="ufo", gt_dir=str(label)).findings

    assert {(one.kind, one.photo, one.image) for one in findings} == {
        ("bow_tie", "b.jpg", 1),
        ("missing_image", "gone.jpg", None),
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_a_database_is_examined_too(tmp_path, workers, monkeypatch):
    monkeypatch.setattr("dataset.doctor.examination._IN_THIS_PROCESS", 1)
    sound = {"bboxes": [[0.1, 0.1, 0.4, 0.1, 0.4, 0.3, 0.1, 0.3]], "words": ["one"]}
    huge = {"bboxes": [[0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]], "words": ["all"]}
    samples = [
        (photo_file(240, 320, seed=1), sound | {"filename": "a.png"}),
        (photo_file(240, 320, seed=2), huge | {"filename": "b.png"}),
        (b"", sound | {"filename": "c.png"}),
    ]
    path = write_records(tmp_path / "data", users_records(samples))
    spec = {"type": "FAST_LMDB", "split": "train", "lmdb_path": str(path), "short_size": 240}

    findings = examine({"train": spec}, workers=workers).findings

    assert sorted(kinds(findings)) == ["empty_image", "huge_box"]


@pytest.mark.parametrize(
    ("encoding", "line"), [("utf-8", None), ("utf-8-sig", None), ("cp949", 2), ("utf-16", 1)]
)
def test_only_labels_that_are_not_utf8_are_told(tmp_path, encoding, line):
    data = DrawnSet(tmp_path)
    data.add("a", SOUND.replace("two", "둘").encode(encoding))

    assert [(one.kind, one.line) for one in data.examine().findings] == (
        [("not_utf8", line)] if line else []
    )


def test_large_label_files_are_searched_piece_by_piece(tmp_path, monkeypatch):
    monkeypatch.setattr("dataset.doctor.problems._READ_AT_ONCE", 7)
    data = DrawnSet(tmp_path)
    data.add("korean", (SOUND + "150,200,250,200,250,220,150,220,한글과 한글\n").encode())
    data.add("old", (SOUND + "150,200,250,200,250,220,150,220,한글\n").encode("cp949"))

    assert [(one.photo, one.line) for one in data.examine().findings] == [("", 3)]


def test_points_are_read_out_of_what_readers_quote():
    quoted = Problem("zero_area", Path("a.txt"), 1, "0.5,1,2e1,-3")

    np.testing.assert_array_equal(points_of(quoted), [[0.5, 1], [20, -3]])
    assert len(points_of(Problem("missing_key", Path("a.txt"), 1, "points"))) == 0


def test_whatever_a_reader_reports_has_a_place_among_the_findings(tmp_path):
    data = DrawnSet(tmp_path)
    data.add("a")
    reported = [key.removeprefix("data.problem.") for key in MESSAGES if "data.problem." in key]
    examination = data.examine()
    part = examination.parts[0]
    part.dataset.problems += [Problem(kind, data.label("a"), 1, "detail") for kind in reported]

    findings = findings_of_problems(part)

    assert len(findings) == len(reported) > 10
    assert all(finding.found for finding in findings)
