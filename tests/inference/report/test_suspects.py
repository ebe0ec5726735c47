"""Which detections may be text that nobody labelled."""

import cv2
import numpy as np
import pytest

from inference.report.errors import find_errors
from inference.report.suspects import Suspect, candidates, has_strokes, text_like
from inference.scoring import score
from tests.conftest import ic15
from tests.inference.report.faked import FakePhotos, box, detection, jpeg, word

SIZE = 480, 640
LABEL = box(100, 100, 60, 20)


def errors_of(words, found):
    result = score([[one.points for one in found]], [words])
    return find_errors(words, found, result.images[0], SIZE)


def page_with(text: str, points: np.ndarray) -> np.ndarray:
    """A grey page; ``text`` within ``points``, dark."""
    page = np.full((*SIZE, 3), 170, np.uint8)
    left, bottom = points.min(axis=0)[0], points.max(axis=0)[1]
    spot = int(left), int(bottom) - 3
    cv2.putText(page, text, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (30, 30, 60), 2)
    return page


def test_the_surest_false_alarm_far_from_labels_comes_first():
    far, farther = box(300, 300, 60, 20), box(450, 300, 60, 20)
    found = [detection(LABEL, 0.9), detection(far, 0.93), detection(farther, 0.97)]

    assert candidates([errors_of([], []), errors_of([word(LABEL)], found)]) == [
        Suspect(1, 2, 0.97),
        Suspect(1, 1, 0.93),
    ]


def test_less_sure_than_the_median_right_detection_is_no_suspect():
    found = [detection(LABEL, 0.95), detection(box(300, 300, 60, 20), 0.94)]
    assert candidates([errors_of([word(LABEL)], found)]) == []


@pytest.mark.parametrize("text", ["word", "###"])
def test_near_a_label_is_no_suspect_whether_it_is_ignored_or_not(text):
    beside = detection(box(100, 125, 60, 20), 0.99)
    below = detection(box(100, 145, 60, 20), 0.99)

    errors = errors_of([word(LABEL, text)], [beside, below])

    assert [one.detection for one in candidates([errors])] == [1]


def test_letters_have_strokes_and_walls_and_edges_have_not():
    points = box(200, 200, 110, 24)
    noise = np.random.default_rng(0).integers(150, 165, (*SIZE, 3), np.uint8)
    edge = np.full((*SIZE, 3), 40, np.uint8)
    edge[:, 255:] = 220

    assert has_strokes(page_with("EXIT 7", points), points)
    assert not has_strokes(np.full((*SIZE, 3), 90, np.uint8), points)
    assert not has_strokes(noise, points)
    assert not has_strokes(edge, points)


def test_most_labelled_words_of_real_photos_have_strokes_and_few_other_places_have(tmp_path):
    rng = np.random.default_rng(0)
    labelled, elsewhere = [], []
    for path in sorted((ic15() / "val" / "images").iterdir())[:25]:
        image = cv2.imread(str(path))[..., ::-1]
        lines = (ic15() / "val" / "gts" / f"gt_{path.stem}.txt").read_text("utf-8").splitlines()
        for line in lines:
            *numbers, text = line.split(",", 8)
            if text != "###":
                labelled.append(has_strokes(image, np.array(numbers, float).reshape(4, 2)))
        for left, top in rng.uniform(0, 0.9, (5, 2)) * (960, 640):
            elsewhere.append(has_strokes(image, box(left, top, 60, 20)))

    assert len(labelled) > 50 and np.mean(labelled) > 0.85
    assert np.mean(elsewhere) < 0.4


def test_only_what_looks_like_text_is_kept_and_no_more_than_wanted():
    points = box(200, 200, 110, 24)
    files = [cv2.imencode(".jpg", page_with(text, points))[1] for text in ("EXIT 7", "", "TEXT 1")]
    files += [np.zeros(0, np.uint8), files[0]]
    images = [errors_of([], [detection(points)]) for _ in files]
    photos = FakePhotos([[] for _ in files], files)
    found = candidates(images)

    assert [one.image for one in found] == [0, 1, 2, 3, 4]
    assert [one.image for one in text_like(found, images, photos, 3)] == [0, 2, 4]
    assert [one.image for one in text_like(found, images, photos, 1)] == [0]


def test_few_candidates_are_looked_at_for_each_suspect():
    images = [errors_of([], [detection(box(200, 200, 110, 24))]) for _ in range(20)]
    photos = FakePhotos([[] for _ in images], [jpeg(noise=1)])

    text_like(candidates(images), images, photos, 2)

    assert photos.opened == [0, 1, 2, 3, 4, 5]
