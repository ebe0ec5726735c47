"""Scores against the golden results of the official program, and by hand."""

import itertools
import json

import numpy as np
import pytest

from dataset.data_sets import DATA_SETS
from dataset.labels import Word
from inference.scoring import PROTOCOLS, harmonic_mean, score
from inference.submission import read_submission, read_truths
from runtime.messages import UserError
from tests.conftest import golden

SUBMISSIONS = [
    "gt_all",
    "gt_care_only",
    "reversed_order",
    "eight_points",
    "jitter1",
    "jitter2",
    "jitter3",
    "jitter4",
    "missing_images",
    "degenerate",
    "empty_files",
    "empty_zip",
]


def box(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def word(points: np.ndarray, ignore: bool = False) -> Word:
    return Word(points.astype(np.float32), "###" if ignore else "word", ignore, line=1)


@pytest.fixture(scope="module")
def truths() -> dict[str, list[Word]]:
    return read_truths(golden("eval_ic15/gt.zip"))


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_scores_as_in_the_official_program(name, truths):
    wanted = json.loads(golden("eval_ic15.json").read_text())["submissions"][name]
    found = read_submission(golden(f"eval_ic15/{name}.zip"))
    result = score([found.get(stem, []) for stem in truths], list(truths.values()))

    figures = (result.precision, result.recall, result.hmean)
    golden_figures = (wanted["precision"], wanted["recall"], wanted["hmean"])
    assert figures == pytest.approx(golden_figures, abs=1e-9)
    totals = wanted["totals"]
    counts = (result.matched, result.num_truths, result.num_detections)
    assert counts == (totals["matched"], totals["gt_care"], totals["det_care"])
    assert sum(map(len, truths.values())) == totals["gt"]

    images = dict(zip(truths, result.images, strict=True))
    for number, record in wanted["per_image"].items():
        image = images[f"img_{number}"]
        assert [list(pair) for pair in image.pairs] == record["pairs"]
        assert list(image.dropped) == record["det_dont_care"]
        assert (image.num_truths, image.num_detections) == (record["gt_care"], record["det_care"])
        figures = (image.precision, image.recall, image.hmean)
        golden_figures = (record["precision"], record["recall"], record["hmean"])
        assert figures == pytest.approx(golden_figures, abs=1e-9)


def test_two_boxes_of_which_one_is_found():
    truths = [[word(box(0, 0, 100, 40)), word(box(200, 0, 300, 40))]]
    result = score([[box(0, 0, 90, 40), box(0, 200, 50, 240), box(0, 300, 50, 340)]], truths)
    assert (result.matched, result.num_truths, result.num_detections) == (1, 2, 3)
    assert (result.precision, result.recall) == (1 / 3, 1 / 2)
    assert result.hmean == pytest.approx(0.4)
    assert result.images[0].pairs == ((0, 0),)


def test_matches_of_all_images_are_summed_before_dividing():
    truths = [[word(box(0, 0, 10, 10))], [word(box(0, 0, 10, 10)), word(box(50, 0, 60, 10))]]
    result = score([[box(0, 0, 10, 10)], []], truths)
    assert (result.precision, result.recall) == (1, 1 / 3)


def test_an_image_without_detections_counts_its_words():
    result = score([[]], [[word(box(0, 0, 10, 10))]])
    assert (result.num_truths, result.precision, result.recall, result.hmean) == (1, 0, 0, 0)


def test_an_image_without_anything_is_right_and_a_false_alarm_there_is_wrong():
    empty, alarmed = score([[], [box(0, 0, 9, 9)]], [[], []]).images
    assert (empty.precision, empty.recall) == (1, 1)
    assert (alarmed.precision, alarmed.recall) == (0, 1)


def test_no_images_at_all_score_zero():
    result = score([], [])
    assert (result.precision, result.recall, result.hmean, result.images) == (0, 0, 0, ())


def test_detections_mostly_in_an_ignored_word_count_neither_way():
    truths = [[word(box(0, 0, 100, 40), ignore=True)]]
    result = score([[box(10, 5, 90, 35), box(60, 0, 160, 40)]], truths)
    assert result.images[0].dropped == (0,)
    assert (result.num_truths, result.num_detections) == (0, 1)


@pytest.mark.parametrize(("right", "matched"), [(50, 0), (51, 1)])
def test_an_overlap_of_one_half_is_not_enough(right, matched):
    assert score([[box(0, 0, right, 40)]], [[word(box(0, 0, 100, 40))]]).matched == matched


ODD_POLYGONS = {
    "nothing": np.zeros((0, 2), int),
    "a point": np.array([[5, 5]]),
    "a line": np.array([[0, 0], [10, 10]]),
    "one point four times": np.full((4, 2), 5),
    "a bow tie": np.array([[0, 0], [100, 40], [100, 0], [0, 40]]),
    "not a number": np.array([[0, 0], [np.nan, 0], [10, 10], [0, 10]]),
    "a box": box(0, 0, 100, 40),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_polygon_whatever_ends_a_protocol_with_an_error(protocol):
    for found, labelled in itertools.product(ODD_POLYGONS.values(), repeat=2):
        for ignore in (False, True):
            result = score([[found, found]], [[word(labelled, ignore)]], protocol)
            figures = (result.precision, result.recall, result.hmean)
            assert all(0 <= figure <= 1 for figure in figures)
            image = result.images[0]
            assert result.num_truths == 1 - len(image.ignored)
            # CTW1500 knows no ignored words, MSRA-TD500 forgives only those that are missed.
            if protocol != "ctw1500" and not image.pairs:
                assert result.num_truths == (not ignore)


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_protocol_of_each_data_set_is_one_that_there_is(name):
    wanted = {"FAST_IC17MLT": "icdar2017", "FAST_TT": "total_text", "FAST_CTW": "ctw1500",
              "FAST_MSRA": "msra_td500"}  # fmt: skip
    assert DATA_SETS[name].protocol == wanted.get(name, "icdar2015")
    assert DATA_SETS[name].protocol in PROTOCOLS


def test_the_harmonic_mean_of_nothing_is_zero():
    assert harmonic_mean(0, 0) == 0
    assert harmonic_mean(1, 0.5) == pytest.approx(2 / 3)


def test_an_unknown_protocol_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match="icdar2015"):
        score([], [], "icdar1999")


def test_detections_and_words_must_be_of_the_same_images():
    with pytest.raises(ValueError, match="1 images of detections, 2 of words"):
        score([[]], [[], []])
