"""Generated images: repeatable, labelled inside the image, laid out as ICDAR 2015 is."""

import cv2
import numpy as np
import pytest

from dataset.images import read_image
from dataset.readers.icdar import read_ic15
from dataset.sample_data import draw_scene, label_line, write_sample_data
from dataset.sample_text import draw_word, find_fonts
from runtime.messages import UserError

SIZE = (180, 240)


@pytest.fixture(scope="module")
def scenes():
    """Forty small scenes and their words."""
    return [draw_scene(np.random.default_rng((5, number)), SIZE) for number in range(40)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve images on disk, in a folder whose name holds a blank and Hangul."""
    folder = tmp_path_factory.mktemp("data") / "연습 이미지"
    write_sample_data(folder, 12, seed=3, size=SIZE, negatives=0.3)
    return folder


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


def test_the_same_seed_draws_the_same_scene():
    first, words = draw_scene(np.random.default_rng(7), SIZE)
    again, words_again = draw_scene(np.random.default_rng(7), SIZE)
    assert np.array_equal(first, again)
    assert list(map(label_line, words)) == list(map(label_line, words_again))


def test_another_seed_draws_another_scene():
    assert not np.array_equal(
        draw_scene(np.random.default_rng(7), SIZE)[0], draw_scene(np.random.default_rng(8), SIZE)[0]
    )


def test_an_image_depends_on_the_seed_and_its_number_alone(folder, tmp_path):
    write_sample_data(tmp_path / "fewer", 3, seed=3, size=SIZE, negatives=0.3)
    whole = files(folder)
    fewer = files(tmp_path / "fewer")
    assert len(fewer) == 6
    assert fewer == {path: whole[path] for path in fewer}


def test_scenes_are_rgb_images_of_the_size_asked_for(scenes):
    for image, _ in scenes:
        assert image.shape == (*SIZE, 3)
        assert image.dtype == np.uint8
        assert image.std() > 3


def test_every_word_lies_inside_its_image(scenes):
    words = [word for _, found in scenes for word in found]
    assert len(words) > 80
    for word in words:
        assert word.points.shape == (4, 2)
        assert (word.points >= 0).all()
        assert (word.points <= np.array(SIZE[::-1])).all()


def test_corners_run_clockwise_around_a_convex_word(scenes):
    for _, words in scenes:
        for word in words:
            edges = np.roll(word.points, -1, axis=0) - word.points
            following = np.roll(edges, -1, axis=0)
            turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
            assert (turns > 0).all()  # y points down: a positive turn is clockwise


def test_the_first_corner_is_the_top_left_of_the_text():
    upright = 0
    total = 0
    for number in range(40):
        for word in draw_scene(np.random.default_rng((6, number)), SIZE)[1]:
            total += 1
            upright += word.points[0].sum() == word.points.sum(axis=1).min()
    assert upright / total > 0.85  # the others are on signs that stand on their side


def test_letters_are_where_the_label_says(scenes):
    """Inside readable words the image changes more than it does on the whole."""
    inside, outside = [], []
    for image, words in scenes:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        edges = np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.0), cv2.CV_32F))
        mask = np.zeros(SIZE, np.uint8)
        for word in words:
            if not word.ignore:
                cv2.fillPoly(mask, [np.round(word.points).astype(np.int32)], 1)
        if mask.any():
            inside.append(edges[mask == 1].mean())
            outside.append(edges[mask == 0].mean())
    assert np.mean(inside) > 2 * np.mean(outside)


def test_some_words_are_too_small_or_faint_to_read(scenes):
    ignored = [word.ignore for _, words in scenes for word in words]
    assert 0.02 < np.mean(ignored) < 0.6


def test_words_of_different_signs_do_not_overlap(scenes):
    for _, words in scenes:
        covered = np.zeros(SIZE, np.uint8)
        for word in words:
            mask = np.zeros(SIZE, np.uint8)
            centre = word.points.mean(axis=0)
            core = centre + (word.points - centre) * 0.8
            cv2.fillPoly(mask, [np.round(core).astype(np.int32)], 1)
            assert (mask & covered).sum() <= 0.1 * mask.sum()
            covered |= mask


def test_a_scene_without_text_has_no_words():
    image, words = draw_scene(np.random.default_rng(1), SIZE, with_text=False)
    assert words == []
    assert image.shape == (*SIZE, 3)


def test_files_are_laid_out_as_icdar_2015_is(folder):
    names = {str(path) for path in files(folder)}
    images = {f"images/img_{number}.jpg" for number in range(1, 13)}
    labels = {f"gts/gt_img_{number}.txt" for number in range(1, 13)}
    assert {name.replace("\\", "/") for name in names} == images | labels


def test_labels_and_images_are_readable_by_the_data_set(folder):
    counts = []
    for number in range(1, 13):
        (label,) = read_ic15(folder / "gts" / f"gt_img_{number}.txt")
        words, problems = label.words, label.problems
        assert problems == []
        assert all(word.points.shape == (4, 2) for word in words)
        assert read_image(folder / "images" / f"img_{number}.jpg").shape == (*SIZE, 3)
        counts.append(len(words))
    assert 0 in counts  # images without text are good negatives
    assert sum(counts) > 12


def test_an_unreadable_word_is_written_with_three_hash_signs(scenes):
    for _, words in scenes:
        for word in words:
            line = label_line(word)
            assert line.endswith(",###\n") == word.ignore
            assert line.count("\n") == 1


def test_a_folder_that_holds_something_is_never_written_to(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="mine|덮어쓰지"):
        write_sample_data(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_place_of_the_folder_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError):
        write_sample_data(tmp_path / "file" / "below", 1)


def test_fonts_have_all_letters_and_come_in_a_stable_order():
    fonts = find_fonts()
    assert len(fonts) >= 10  # those that matplotlib ships
    assert find_fonts.__wrapped__() == fonts


def test_hangul_is_written_only_in_fonts_that_have_it():
    rng = np.random.default_rng(0)
    latin = "".join(draw_word(rng, hangul=False) for _ in range(300))
    mixed = "".join(draw_word(rng, hangul=True) for _ in range(300))
    assert latin.isascii()
    assert any("가" <= letter <= "힣" for letter in mixed)
