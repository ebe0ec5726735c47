import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.images import read_image
from dataset.readers.coco import read_coco
from dataset.readers.icdar import read_ic15
from dataset.readers.paddle import read_paddle
from inference.inputs import Page, Source, find_sources
from inference.outputs import FORMATS, UNREAD_TEXT, Labels, PageResult, ResultPaths
from models.post_processing import Detection
from runtime.messages import UserError
from tests.inference.bright_model import save_photo

WORDS = [
    np.array([(10, 10), (60, 12), (59, 30), (9, 28)]),
    np.array([(-4, 40), (60, 40), (60, 61), (-4, 61)]),  # beyond the border
    np.array([(70, 10), (90, 5), (110, 10), (110, 30), (90, 25), (70, 30)]),  # a bent one
    np.array([(70, 40), (90, 40), (80, 60)]),  # a triangle
    # The last corner reads as a number with thousands separators, too.
    np.array([(110, 40), (140, 40), (140, 60), (110, 60), (12, 500)]),
]
FLAT = np.array([(5, 5), (9, 5)])  # a line of pixels


def detections(outlines=(*WORDS, FLAT)) -> list[Detection]:
    return [Detection(points.astype(np.int32), 0.9) for points in outlines]


def photo_page(path: Path) -> Page:
    return Page(Source(path, "photo"), None, lambda: read_image(path))


def same_outline(points: np.ndarray, other: np.ndarray) -> bool:
    """The same corners in the same order, from whichever the outline begins."""
    return any(np.array_equal(np.roll(points, at, axis=0), other) for at in range(len(points)))


@pytest.fixture
def written(tmp_path: Path):
    """Writes the words of two photos in two folders in all formats."""
    photos = [
        save_photo(tmp_path / "사진" / "1.png"),
        save_photo(tmp_path / "사진" / "b" / "1.png"),
    ]
    out = tmp_path / "out"
    sources = find_sources(list(map(str, photos)))
    paths = ResultPaths(sources, out, formats=list(FORMATS))
    labels = Labels(list(FORMATS), paths)
    for photo, words in zip(photos, (detections(), []), strict=True):
        page = photo_page(photo)
        labels.add(PageResult(page, paths.name(page), page.read(), words))
    labels.close()
    assert labels.written == [
        out / "res_*.txt",
        out / "coco.json",
        out / "Label.txt",
        out / "crops",
    ]
    return out


def test_icdar_files_read_back_as_the_same_outlines(written):
    (label,) = read_ic15(written / "res_1.txt")
    assert not label.problems
    assert [word.text for word in label.words] == [""] * 5
    for word, points in zip(label.words, WORDS, strict=True):
        repeated = np.concatenate([points, points[-1:]]) if len(points) == 3 else points
        assert same_outline(word.points, repeated)
    assert (written / "res_1_2.txt").read_bytes() == b""


@pytest.mark.parametrize(
    ("read", "file", "names"),
    [
        (read_coco, "coco.json", ["1.png", "b/1.png"]),
        (read_paddle, "Label.txt", ["사진/1.png", "사진/b/1.png"]),
    ],
)
def test_files_for_all_images_read_back_as_the_same_outlines(written, read, file, names):
    found = {}
    for label in read(written / file):
        assert not label.problems
        found.setdefault(label.image, []).extend(label.words)
    assert set(found) <= set(names)
    assert not found.get(names[1])
    assert len(found[names[0]]) == len(WORDS)
    for word, points in zip(found[names[0]], WORDS, strict=True):
        np.testing.assert_array_equal(word.points, points)
        assert not word.ignore


def test_coco_says_what_other_tools_ask_for(written):
    content = json.loads((written / "coco.json").read_text("utf-8"))
    assert [image["file_name"] for image in content["images"]] == ["1.png", "b/1.png"]
    assert (content["images"][0]["height"], content["images"][0]["width"]) == (128, 256)
    word = content["annotations"][1]
    assert (word["bbox"], word["area"], word["score"]) == ([-4, 40, 64, 21], 64 * 21, 0.9)
    assert {word["category_id"] for word in content["annotations"]} == {1}


def test_paddle_labels_have_the_fields_of_ppocrlabel(written):
    line = (written / "Label.txt").read_text("utf-8").splitlines()[0]
    words = json.loads(line.partition("\t")[2])
    assert words[0] == {
        "transcription": UNREAD_TEXT, "points": WORDS[0].tolist(), "difficult": False,
    }  # fmt: skip


def test_crops_are_numbered_like_the_words_and_those_of_a_run_before_go(written, tmp_path):
    names = sorted(path.name for path in (written / "crops" / "1").iterdir())
    assert names == [f"{number:04d}.png" for number in range(1, 7)]
    assert read_image(written / "crops" / "1" / "0001.png").shape == (18, 50, 3)
    page = photo_page(tmp_path / "사진" / "1.png")
    paths = ResultPaths([page.source], written)
    Labels(["crops"], paths).add(PageResult(page, "1", page.read(), detections()[:2]))
    assert len(list((written / "crops" / "1").iterdir())) == 2


def test_a_label_file_that_may_hold_corrections_is_never_written_over(written, tmp_path):
    before = (written / "Label.txt").read_bytes()
    sources = find_sources([str(tmp_path / "사진")])
    with pytest.raises(UserError, match=r"Label\.txt"):
        Labels(["paddle"], ResultPaths(sources, written))
    assert (written / "Label.txt").read_bytes() == before


def test_where_no_page_was_read_no_label_file_is_written(tmp_path):
    save_photo(tmp_path / "a.png")
    labels = Labels(
        ["coco", "paddle"], ResultPaths(find_sources([str(tmp_path / "a.png")]), tmp_path)
    )
    labels.close()
    assert (labels.written, [path.name for path in tmp_path.iterdir()]) == ([], ["a.png"])


def test_pages_have_names_of_their_own_and_pictures_for_their_labels(tmp_path):
    document = tmp_path / "a.pdf"
    document.write_bytes(b"%PDF")
    photo = save_photo(tmp_path / "a_page_0001.png")
    paths = ResultPaths(
        find_sources([str(document), str(photo)]), tmp_path / "out", formats=["coco"]
    )
    labels = Labels(["coco"], paths)
    pixels = read_image(photo)
    page = Page(Source(document, "page"), 1, lambda: pixels)
    name = paths.name(page)
    assert name == "a_page_0001_2"
    labels.add(PageResult(page, name, pixels, []))
    labels.close()
    (image,) = json.loads((tmp_path / "out" / "coco.json").read_text("utf-8"))["images"]
    assert image["file_name"] == "out/pages/a_page_0001_2.png"
    np.testing.assert_array_equal(read_image(tmp_path / image["file_name"]), pixels)


def test_a_photo_with_the_name_of_the_coco_file_keeps_its_json(tmp_path):
    photo = save_photo(tmp_path / "coco.jpg")
    page = photo_page(photo)
    paths = ResultPaths([page.source], tmp_path / "out", formats=["coco"])
    assert paths.json(paths.name(page)).name == "coco_2.json"
    assert ResultPaths([page.source], tmp_path).name(page) == "coco"


def test_results_never_go_over_what_is_read(tmp_path):
    for name in ("a.png", "a_result.png", "pages/f_frame_0001.png"):
        save_photo(tmp_path / name)
    with pytest.raises(UserError, match="a_result.png"):
        ResultPaths(find_sources([str(tmp_path)]), tmp_path)
    video = Source(tmp_path / "f.mp4", "frame")
    photo = Source(tmp_path / "pages" / "f_frame_0001.png", "photo")
    paths = ResultPaths([photo, video], tmp_path)
    with pytest.raises(UserError, match="f_frame_0001.png"):
        paths.labelled_image(Page(video, 1, lambda: None), "f_frame_0001")


def test_a_picture_too_long_for_jpeg_becomes_a_png(tmp_path):
    page = photo_page(save_photo(tmp_path / "a.jpg"))
    paths = ResultPaths([page.source], tmp_path / "out")
    assert paths.overlay(page, "a", (800, 65_000)).name == "a_result.jpg"
    assert paths.overlay(page, "a", (800, 70_000)).name == "a_result.png"
    assert cv2.imencode(".jpg", np.zeros((1, 65_500, 3), np.uint8))[0]
