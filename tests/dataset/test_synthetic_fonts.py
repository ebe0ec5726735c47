"""Fonts for drawn text: found, looked through for missing glyphs, and rendered."""

import shutil
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from dataset.synthetic_fonts import load_faces, render
from dataset.synthetic_text import write_sheet
from dataset.synthetic_words import draw_text
from runtime.messages import UserError

BUNDLED = Path(matplotlib.get_data_path(), "fonts", "ttf")


@pytest.fixture
def latin(tmp_path):
    """The only font of a folder, which has no Hangul."""
    folder = tmp_path / "below"
    folder.mkdir()
    shutil.copy(BUNDLED / "DejaVuSans.ttf", folder)
    load_faces.cache_clear()
    yield tmp_path
    load_faces.cache_clear()


def test_without_a_folder_there_are_the_fonts_that_matplotlib_brings():
    names = {Path(face.path).name for face in load_faces()}
    assert "DejaVuSans.ttf" in names


def test_a_folder_is_looked_through_with_all_below_it(latin):
    (face,) = load_faces(str(latin))
    assert Path(face.path).name == "DejaVuSans.ttf"
    assert not face.hangul


def test_a_font_says_what_it_cannot_write(latin):
    (face,) = load_faces(str(latin))
    assert face.can_write("₩1,000")
    assert not face.can_write("1,000원")


def test_a_font_without_hangul_is_not_asked_for_it(latin):
    faces, rng = load_faces(str(latin)), np.random.default_rng(1)
    texts = [text for _ in range(60) for text in write_sheet(rng, faces, 20, 400).texts]
    assert len(texts) > 60
    assert not any("가" <= letter <= "힣" for text in texts for letter in text)


def test_a_folder_without_fonts_is_refused(tmp_path):
    with pytest.raises(UserError) as caught:
        load_faces(str(tmp_path))
    assert caught.value.key == "synthetic.no_fonts"


def test_a_mask_ends_where_its_ink_ends(latin):
    (face,) = load_faces(str(latin))
    mask, _, top, advance = render(face.path, 40, 0, "H")
    # A capital of 40 px in DejaVu Sans is 0.729 of that high, and stands on the baseline.
    assert abs(mask.shape[0] - 29) <= 1
    assert abs(top + mask.shape[0]) <= 1
    assert mask.shape[1] <= advance
    for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        assert side.max() > 60


def test_what_leaves_no_ink_is_no_mask(latin):
    (face,) = load_faces(str(latin))
    assert len(render(face.path, 20, 0, " ")[0]) == 0


def test_korean_words_are_of_many_kinds():
    rng = np.random.default_rng(2)
    texts = [draw_text(rng, hangul=True) for _ in range(600)]
    hangul = [text for text in texts if any("가" <= letter <= "힣" for letter in text)]
    assert len(hangul) > 350
    assert len(set(hangul)) > 250
    assert any(text.endswith("원") and text[0].isdigit() for text in texts)
    assert all(text.strip() == text and text for text in texts)


def test_latin_words_are_ascii_and_of_many_kinds():
    rng = np.random.default_rng(3)
    texts = [draw_text(rng, hangul=False) for _ in range(600)]
    assert all(text.isascii() and " " not in text for text in texts)
    for sign in ("www.", "%", "-", ":", "."):
        assert any(sign in text for text in texts)
