import builtins
import io
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inference.inputs import find_sources, pages_of
from runtime.messages import UserError
from tests.inference.bright_model import photo, save_photo


def names_of(*names: object) -> list[str]:
    return [source.path.name for source in find_sources([str(name) for name in names])]


def write_pdf(path: Path, pages: int) -> None:
    """Black pages of 288 x 144 points, each with a white area further to the right."""
    images = [
        Image.fromarray(photo(boxes=((32 * at, 32, 32 * at + 64, 64),))) for at in range(pages)
    ]
    images[0].save(path, save_all=True, append_images=images[1:], resolution=64)


def write_video(path: Path, frames: int) -> None:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (256, 128))
    assert video.isOpened()
    for grey in range(frames):
        video.write(np.full((128, 256, 3), 10 * grey, np.uint8))
    video.release()


def test_folders_and_patterns_give_all_that_can_be_looked_at_in_natural_order(tmp_path):
    for name in ("img10.png", "img2.jpg", "Z.PDF", "b.mp4", ".hidden.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert names_of(tmp_path) == ["Z.PDF", "b.mp4", "img2.jpg", "img10.png"]
    assert names_of(tmp_path / "*") == ["Z.PDF", "b.mp4", "img2.jpg", "img10.png"]
    assert names_of(tmp_path / "img*", tmp_path / "img2.jpg") == ["img2.jpg", "img10.png"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_list_names_files_folders_and_patterns_a_line_each(tmp_path, encoding):
    for name in ("사진.png", "f/2.png", "g/3.png"):
        save_photo(tmp_path / name)
    lines = [str(tmp_path / "사진.png"), "", str(tmp_path / "f"), f"  {tmp_path / 'g'}/*.png "]
    (tmp_path / "list.txt").write_bytes("\r\n".join(lines).encode(encoding))
    assert names_of(f"@{tmp_path / 'list.txt'}") == ["사진.png", "2.png", "3.png"]


def test_standard_input_may_hold_the_list(tmp_path, monkeypatch):
    paths = [save_photo(tmp_path / name) for name in ("한 글.png", "b.png")]
    content = "".join(f"{path}\n" for path in paths).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert names_of("-") == ["한 글.png", "b.png"]


def test_a_file_whose_name_begins_like_a_list_is_a_photo(tmp_path, monkeypatch):
    save_photo(tmp_path / "@me.png")
    monkeypatch.chdir(tmp_path)
    assert names_of("@me.png") == ["@me.png"]


def test_lists_that_are_missing_empty_or_no_text_are_refused(tmp_path):
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xff\x81\x00")
    for name in ("none.txt", "empty.txt", "bytes.txt"):
        with pytest.raises(UserError, match=name):
            find_sources([f"@{tmp_path / name}"])


def test_the_pages_of_a_pdf_are_drawn_one_by_one(tmp_path):
    write_pdf(tmp_path / "a.pdf", 3)
    (source,) = find_sources([str(tmp_path / "a.pdf")])
    pages = [(page, page.read()) for page in pages_of(source, dpi=64, every=1)]
    assert [page.number for page, _ in pages] == [1, 2, 3]
    for at, (page, pixels) in enumerate(pages):
        assert pixels.shape == (128, 256, 3)
        assert pixels.dtype == np.uint8
        assert "a.pdf" in page.title and str(page.number) in page.title
        expected = photo(boxes=((32 * at, 32, 32 * at + 64, 64),))
        assert np.abs(pixels.astype(int) - expected).mean() < 8
    (first, *_) = pages_of(source, dpi=128, every=1)
    assert first.read().shape == (256, 512, 3)


def test_colours_of_a_pdf_are_in_the_order_of_rgb(tmp_path):
    Image.new("RGB", (64, 64), (250, 20, 90)).save(tmp_path / "a.pdf", resolution=64)
    (source,) = find_sources([str(tmp_path / "a.pdf")])
    (page,) = pages_of(source, dpi=64, every=1)
    assert np.abs(page.read()[32, 32].astype(int) - (250, 20, 90)).max() < 12


def test_a_pdf_that_is_none_has_one_page_that_says_so(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"<html>")
    (source,) = find_sources([str(tmp_path / "a.pdf")])
    (page,) = pages_of(source, dpi=64, every=1)
    with pytest.raises(UserError, match="a.pdf"):
        page.read()


def test_a_pdf_page_as_large_as_a_house_is_refused_before_it_is_drawn(tmp_path):
    write_pdf(tmp_path / "a.pdf", 1)
    content = (tmp_path / "a.pdf").read_bytes()
    at = content.index(b"/MediaBox")
    end = content.index(b"]", at)
    box = b"/MediaBox [ 0 0 14400 14400".ljust(end - at)[: end - at]
    (tmp_path / "a.pdf").write_bytes(content[:at] + box + content[end:])
    (source,) = find_sources([str(tmp_path / "a.pdf")])
    (page,) = pages_of(source, dpi=200, every=1)
    with pytest.raises(UserError, match="40000x40000"):
        page.read()


def test_without_the_pdf_package_a_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    write_pdf(tmp_path / "a.pdf", 1)
    load = builtins.__import__

    def missing(name: str, *rest: object):
        if name == "pypdfium2":
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    (source,) = find_sources([str(tmp_path / "a.pdf")])
    with pytest.raises(UserError, match="pip install pypdfium2"):
        list(pages_of(source, dpi=64, every=1))


def test_a_tiff_of_several_pages_gives_them_all_and_one_of_a_single_page_is_a_photo(tmp_path):
    pages = [Image.fromarray(np.full((20, 30 + at, 3), 60 * at, np.uint8)) for at in range(3)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    pages[1].save(tmp_path / "b.tif")
    several, one = find_sources([str(tmp_path)])
    read = [(page.number, page.read()) for page in pages_of(several, dpi=64, every=1)]
    assert [(number, pixels.shape) for number, pixels in read] == [
        (1, (20, 30, 3)), (2, (20, 31, 3)), (3, (20, 32, 3)),
    ]  # fmt: skip
    assert [int(pixels.max()) for _, pixels in read] == [0, 60, 120]
    (page,) = pages_of(one, dpi=64, every=1)
    assert (page.number, page.title) == (None, str(tmp_path / "b.tif"))
    assert (page.read() == 60).all()


def test_a_cut_off_page_of_a_tiff_does_not_take_the_others_along(tmp_path):
    pages = [Image.fromarray(np.full((20, 30, 3), 60 * at, np.uint8)) for at in range(2)]
    pages[0].save(
        tmp_path / "a.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw"
    )
    content = bytearray((tmp_path / "a.tif").read_bytes())
    with Image.open(tmp_path / "a.tif") as image:
        image.seek(1)
        (offset,) = image.tag_v2[273]
    content[offset : offset + 12] = b"\xff" * 12
    (tmp_path / "a.tif").write_bytes(content)
    (source,) = find_sources([str(tmp_path)])
    first, second = pages_of(source, dpi=64, every=1)
    assert first.read().shape == (20, 30, 3)
    with pytest.raises(UserError, match="a.tif"):
        second.read()


def test_of_a_video_every_nth_frame_is_taken(tmp_path):
    write_video(tmp_path / "a.avi", 8)
    (source,) = find_sources([str(tmp_path / "a.avi")])
    frames = [(page.number, page.read()) for page in pages_of(source, dpi=64, every=3)]
    assert [number for number, _ in frames] == [1, 4, 7]
    for number, pixels in frames:
        assert pixels.shape == (128, 256, 3)
        assert abs(float(pixels.mean()) - 10 * (number - 1)) < 4


def test_a_video_without_frames_says_so(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    (source,) = find_sources([str(tmp_path / "a.mp4")])
    (page,) = pages_of(source, dpi=64, every=1)
    with pytest.raises(UserError, match="a.mp4"):
        page.read()
