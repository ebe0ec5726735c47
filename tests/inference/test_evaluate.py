from pathlib import Path

import numpy as np
import pytest

from dataset import build_dataset
from dataset.text_dataset import TextDataset
from inference.detector import TextDetector
from inference.evaluate import evaluate
from tests.inference.bright_model import BOX, bright_model, photo, save_photo

SETTINGS = {"min_score": 0.88, "min_area": 250, "bbox_type": "rect", "pooling_size": 9}
SECOND_BOX = (16, 80, 120, 112)


def line(box: tuple[int, ...], text: str = "word") -> str:
    x0, y0, x1, y1 = box
    return f"{x0},{y0},{x1},{y0},{x1},{y1},{x0},{y1},{text}\n"


@pytest.fixture(scope="module")
def detector() -> TextDetector:
    return TextDetector(bright_model(), SETTINGS, short_size=128)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five photos: a hit, a hit and a miss, a false alarm, one of another size, an empty one."""
    images = [
        (photo(), line(BOX)),
        (photo(), line(BOX) + line(SECOND_BOX)),
        (photo(boxes=(BOX, SECOND_BOX)), line(BOX)),
        (photo(256, 256, ((64, 64, 192, 128),)), line((64, 64, 192, 128))),
        (photo(boxes=()), ""),
    ]
    (tmp_path / "labels").mkdir()
    for number, (image, label) in enumerate(images, start=1):
        save_photo(tmp_path / "photos" / f"img_{number}.png", image)
        (tmp_path / "labels" / f"gt_img_{number}.txt").write_text(label)
    return tmp_path


def dataset_of(folder: Path) -> TextDataset:
    return build_dataset(
        {
            "type": "FAST_IC15",
            "split": "test",
            "short_size": 128,
            "img_dir": str(folder / "photos"),
            "gt_dir": str(folder / "labels"),
        }
    )


def test_the_score_is_that_of_all_images_together(detector, folder):
    result = evaluate(detector, dataset_of(folder))
    # 4 of 5 words are found; of 5 detections one is a false alarm.
    assert (result.score.matched, result.score.num_truths, result.score.num_detections) == (4, 5, 5)
    assert result.score.precision == pytest.approx(0.8)
    assert result.score.recall == pytest.approx(0.8)
    assert [image.size for image in result.images] == [(128, 256)] * 3 + [(256, 256), (128, 256)]
    assert [len(image.detections) for image in result.images] == [1, 1, 2, 1, 0]
    assert result.unreadable == []


def test_batch_size_and_workers_change_nothing(detector, folder):
    dataset = dataset_of(folder)
    one_by_one = evaluate(detector, dataset)
    together = evaluate(detector, dataset, batch_size=3, workers=1)
    assert together.score == one_by_one.score
    for image, same in zip(together.images, one_by_one.images, strict=True):
        for word, same_word in zip(image.detections, same.detections, strict=True):
            np.testing.assert_array_equal(word.points, same_word.points)


def test_an_image_that_cannot_be_read_counts_as_one_without_detections(detector, folder):
    (folder / "photos" / "img_1.png").write_bytes(b"no image")
    result = evaluate(detector, dataset_of(folder), batch_size=2, workers=1)
    assert [len(image.detections) for image in result.images] == [0, 1, 2, 1, 0]
    assert (result.score.matched, result.score.num_truths) == (3, 5)
    (error,) = result.unreadable
    assert "img_1.png" in str(error)


def test_an_image_too_long_for_the_memory_counts_as_one_without_detections(
    detector, folder, monkeypatch
):
    monkeypatch.setattr("inference.tiling.MAX_INPUT_PIXELS", 128 * 200)
    result = evaluate(detector, dataset_of(folder))
    assert [len(image.detections) for image in result.images] == [0, 0, 0, 1, 0]
    assert ["img_1.png" in str(error) for error in result.unreadable] == [True, False, False, False]


def test_there_is_no_score_without_labels_and_none_where_none_is_wanted(detector, folder):
    dataset = dataset_of(folder)
    assert evaluate(detector, dataset, with_score=False).score is None
    for label in (folder / "labels").iterdir():
        label.unlink()
    result = evaluate(detector, dataset_of(folder))
    assert result.score is None
    assert len(result.images) == 5


def test_the_protocol_is_the_data_sets_unless_another_is_asked_for(detector, folder):
    # By CTW1500 an ignored word has to be found like any other.
    (folder / "labels" / "gt_img_5.txt").write_text(line(BOX, "###"))
    dataset = dataset_of(folder)
    assert dataset.protocol == "icdar2015"
    assert evaluate(detector, dataset).score.num_truths == 5
    assert evaluate(detector, dataset, protocol="ctw1500").score.num_truths == 6
    dataset.protocol = "ctw1500"
    assert evaluate(detector, dataset).score.num_truths == 6


def test_characters_are_scored_where_that_is_asked_for(detector, folder):
    dataset = dataset_of(folder)
    result = evaluate(detector, dataset, by_characters=True)
    assert evaluate(detector, dataset).characters is None
    assert result.score == evaluate(detector, dataset).score
    # Four of five words of four characters are found.
    assert (result.characters.characters, result.characters.recall) == (20, 0.8)
    assert (result.characters.one_to_one, result.characters.missed) == (4, 1)


def test_an_observer_sees_the_logits_of_every_image(detector, folder):
    seen = {}

    def observe(index, logits, size, original):
        seen[index] = (tuple(logits.shape), tuple(size), tuple(original))

    evaluate(detector, dataset_of(folder), batch_size=5, observe=observe)
    wide = ((1, 5, 32, 64), (128, 256), (128, 256))
    square = ((1, 5, 32, 32), (128, 128), (256, 256))
    assert seen == {0: wide, 1: wide, 2: wide, 3: square, 4: wide}


def test_when_told_to_stop_the_images_that_are_left_count_as_empty(detector, folder):
    answers = iter([False, False, True])
    result = evaluate(detector, dataset_of(folder), stop=lambda: next(answers))
    assert [len(image.detections) for image in result.images] == [1, 1, 0, 0, 0]


def test_two_processes_share_the_images_and_both_get_the_whole_result(
    detector, folder, monkeypatch
):
    dataset = dataset_of(folder)
    alone = evaluate(detector, dataset)
    parts = []
    monkeypatch.setattr("inference.evaluate.gather", lambda part: parts.append(part) or [part])
    for rank in (0, 1):
        evaluate(detector, dataset, rank=rank, world=2)
    assert [sorted(part) for part in parts] == [[0, 2, 4], [1, 3]]
    monkeypatch.setattr("inference.evaluate.gather", lambda part: [parts[0], part])
    assert evaluate(detector, dataset, rank=1, world=2).score == alone.score
