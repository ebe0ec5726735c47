"""What counts as forgetting too much, and the scores that say so."""

from pathlib import Path

import pytest

from dataset.keep_set import keep_set_data
from inference.detector import TextDetector
from inference.forgetting import (
    describe_keep_scores,
    forgets_too_much,
    keep_scores,
    refuse_limit_without_keep_set,
)
from runtime.messages import UserError
from tests.inference.bright_model import BOX, bright_model, photo, save_photo

SETTINGS = {"min_score": 0.88, "min_area": 250, "bbox_type": "rect", "pooling_size": 9}


def line(box: tuple[int, ...]) -> str:
    x0, y0, x1, y1 = box
    return f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},word\n"


def test_the_scores_are_those_of_the_keep_sets_words(tmp_path: Path):
    missed = (16, 80, 120, 112)
    for number, label in enumerate((line(BOX), line(BOX) + line(missed)), start=1):
        save_photo(tmp_path / f"img_{number}.png", photo())
        (tmp_path / f"gt_img_{number}.txt").write_text(label)
    data = keep_set_data(tmp_path, {"short_size": 128})
    detector = TextDetector(bright_model(), SETTINGS)
    # Both photos' bright word is found, the third word is not there.
    assert keep_scores(detector, data) == pytest.approx(
        {"keep_precision": 1.0, "keep_recall": 2 / 3, "keep_hmean": 0.8}
    )


def test_the_line_says_how_much_is_lost():
    scores = {"keep_precision": 0.9, "keep_recall": 0.6, "keep_hmean": 0.72}
    assert describe_keep_scores(scores, 0.8) == (
        "   - 보존: precision 0.9000 recall 0.6000 hmean 0.7200 (시작 대비 -0.0800)"
    )
    assert "+0.0200" in describe_keep_scores(scores, 0.7)


@pytest.mark.parametrize(
    ("hmean", "start", "limit", "too_much"),
    [
        (0.70, 0.80, 0.10, False),  # 0.8 - 0.1 is more than 0.7 in floating point
        (0.699, 0.80, 0.10, True),
        (0.95, 0.80, 0.0, False),
        (0.80, 0.80, 0.0, False),
        (0.79, 0.80, 0.0, True),
        (0.0, 1.0, 1.0, False),
        (0.0, 1.0, None, False),
        (None, None, 0.0, False),
    ],
)
def test_a_loss_of_more_than_the_limit_is_too_much(hmean, start, limit, too_much):
    assert forgets_too_much(hmean, start, limit) is too_much


def test_a_limit_needs_photos_to_measure_forgetting_on():
    with pytest.raises(UserError, match="--keep_set"):
        refuse_limit_without_keep_set(0.0, None)
    refuse_limit_without_keep_set(0.1, "photos")
    refuse_limit_without_keep_set(None, None)
