"""Tables that add up to the totals, whatever the protocol."""

import math
from collections import Counter

import numpy as np
import pytest

from inference.evaluate import EvaluationResult, Found
from inference.report.confidence import Interval
from inference.report.summary import summarise
from inference.report.tally import (
    DIMENSIONS,
    Bucket,
    Dimension,
    Table,
    network_scale,
    weak_spots,
)
from inference.scoring import PROTOCOLS, score
from tests.inference.report.faked import (
    FakePhotos,
    box,
    detection,
    fake_labels,
    fake_result,
    scored,
    word,
)

SIZE = 480, 640


@pytest.fixture(scope="module")
def labels():
    return [*fake_labels(40), [], []]


@pytest.fixture(scope="module")
def found(labels):
    # One photo could not be read, and one has no words.
    sizes = [SIZE] * (len(labels) - 3) + [(0, 0), SIZE, SIZE]
    return fake_result(labels, sizes).images


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_table_adds_up_exactly_to_the_totals(labels, found, protocol):
    polygons = [[one.points for one in image.detections] for image in found]
    result = EvaluationResult(found, score(polygons, labels, protocol))
    summary = summarise(FakePhotos(labels, []), result, 640)
    words, detections = result.score.num_truths, result.score.num_detections
    right = sum(len({d for _, d in image.pairs}) for image in result.score.images)

    assert words > 300 and detections > 300 and 0 < result.score.matched < words
    for table in summary.word_tables:
        assert (table.total, table.right) == (words, result.score.matched)
    for table in summary.detection_tables:
        assert (table.total, table.right) == (detections, right)
    assert len(summary.word_tables) == len(summary.detection_tables) == len(DIMENSIONS)
    assert summary.word_fates.total() == words
    assert summary.detection_fates.total() == detections
    assert sum(image.missed for image in summary.images) == words - result.score.matched
    assert sum(image.false for image in summary.images) == detections - right


def test_the_scores_lie_within_their_intervals(labels, found):
    summary = summarise(FakePhotos(labels, []), scored(labels, found), 640)

    for name in ("precision", "recall", "hmean"):
        low, high = getattr(summary, name)
        assert 0 < low < getattr(summary.score, name) < high < 1


def test_words_fall_into_the_buckets_that_they_belong_to():
    # At short side 960 the network sees everything at twice its size.
    labels = [[word(box(100, 100, 60, 10)), word(box(0, 200, 20, 20)), word(box(300, 100, 30, 90))]]
    result = scored(labels, [Found(SIZE, [detection(box(100, 100, 60, 10))])])

    summary = summarise(FakePhotos(labels, []), result, 960)

    tables = {
        table.dimension.name: {one.label: (one.total, one.right) for one in table.buckets}
        for table in summary.word_tables
    }
    assert tables == {
        "height": {"16–24 px": (1, 1), "32–48 px": (1, 0), "≥ 48 px": (1, 0)},
        "height_photo": {"8–12 px": (1, 1), "16–24 px": (1, 0), "24–32 px": (1, 0)},
        "aspect": {"< 0.67": (1, 0), "0.67–1.5": (1, 0), "6–10": (1, 1)},
        "angle": {"< 3°": (2, 1), "≥ 70°": (1, 0)},
        "density": {"2–4": (3, 1)},
        "border": {"< 1 px": (1, 0), "≥ 96 px": (2, 1)},
    }


def test_what_is_not_known_has_a_bucket_of_its_own():
    labels = [[word(box(100, 100, 60, 10))]]
    summary = summarise(FakePhotos(labels, []), scored(labels, [Found((0, 0), [])]), 640)

    by_name = {table.dimension.name: table.buckets for table in summary.word_tables}
    assert [one.label for one in by_name["height"]] == ["알 수 없음(사진을 읽지 못함)"]
    assert [one.label for one in by_name["height_photo"]] == ["8–12 px"]
    assert summary.word_fates == Counter(unread=1)


def test_each_value_is_in_the_bucket_whose_label_holds_it():
    sizes, numbers = Dimension("height", (6, 8), " px"), Dimension("density", (1, 2, 5), whole=True)

    values = np.array([-1, 5.99, 6, 7.99, 8, math.inf, math.nan])
    assert sizes.places(values).tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert sizes.labels() == ["< 6 px", "6–8 px", "≥ 8 px"]
    assert numbers.places(np.array([0.0, 1, 2, 4, 5])).tolist() == [0, 1, 2, 2, 3]
    assert numbers.labels() == ["0", "1", "2–4", "≥ 5"]


@pytest.mark.parametrize(
    ("size", "short_size", "scale"),
    [((480, 640), 960, 2), ((640, 960), 640, 1), ((960, 640), 320, 0.5)],
)
def test_the_network_sees_photos_at_the_scale_of_the_test(size, short_size, scale):
    assert network_scale(size, short_size) == pytest.approx(scale)


def bucket(label: str, total: int, right: int, high: float | None) -> Bucket:
    return Bucket(label, total, right, None if high is None else Interval(0.0, high))


def test_weak_spots_are_surely_worse_and_those_that_cost_most_come_first():
    rows = (
        bucket("good", 800, 640, 0.9),
        bucket("perhaps", 100, 50, 0.8),
        bucket("unknown", 4, 0, None),
        bucket("small", 20, 0, 0.1),
        bucket("large", 100, 20, 0.3),
    )
    table = Table(DIMENSIONS[0], rows)

    assert table.rate == pytest.approx(710 / 1024)
    # 100 * (0.69 - 0.2) words are lost against 20 * 0.69.
    assert [spot.label for _, spot in weak_spots([table])] == ["large", "small"]
    assert [spot.label for _, spot in weak_spots([table], most=1)] == ["large"]


def test_a_result_without_a_score_is_refused():
    with pytest.raises(ValueError, match="without a score"):
        summarise(FakePhotos([], []), EvaluationResult([], None), 640)
