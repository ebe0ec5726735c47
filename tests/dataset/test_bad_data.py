"""Bad photos are counted, taken off when they come back, and listed when there are too many."""

from pathlib import Path

import pytest

from dataset.bad_data import UNREADABLE_IMAGES, BadData, write_list


def note(data: BadData, bad: list[int], good: list[int] | None = None) -> None:
    """Draw the good photos first, so that the row of bad ones is as long as their list."""
    good = good or []
    data.note([*good, *bad], [*[False] * len(good), *[True] * len(bad)])


def test_exactly_the_limit_is_borne_and_one_more_is_not():
    data = BadData(100)

    note(data, [1, 2, 3, 4, 5])
    assert not data.too_many
    note(data, [5, 4])
    assert not data.too_many
    note(data, [6])
    assert data.too_many
    assert not data.none_readable


def test_one_photo_of_a_handful_ends_no_run():
    data = BadData(4)

    note(data, [2, 2], [0])
    assert not data.too_many
    note(data, [3])
    assert data.too_many


def test_a_photo_that_is_read_again_is_taken_off():
    data = BadData(20)
    note(data, [3, 4])
    assert data.too_many

    note(data, [], [3])

    assert data.state() == [4]
    assert not data.too_many


def test_many_draws_in_a_row_without_a_photo_mean_that_the_folder_is_gone():
    data = BadData(1_000_000)

    note(data, list(range(31)), [40])
    assert not data.too_many
    note(data, [], [41])
    note(data, list(range(31)))
    assert not data.too_many
    note(data, [50])
    assert data.too_many and data.none_readable


def test_a_state_goes_through_a_checkpoint_and_does_not_end_the_run_that_resumes():
    data = BadData(40)
    note(data, [9, 3, 7, 3])
    assert data.state() == [3, 7, 9]
    assert data.too_many

    loaded = BadData(40)
    loaded.load(data.state())
    assert loaded.state() == [3, 7, 9]
    assert not loaded.too_many


def test_photos_of_an_earlier_run_count_once_they_have_failed_again(tmp_path):
    data = BadData(40)
    data.load([3, 7, 9])

    note(data, [3, 9], [5])
    assert data.state() == [3, 7, 9] and not data.too_many
    note(data, [30])
    assert data.too_many
    data.refusal(lambda index: Path(f"img_{index}.jpg"), tmp_path)
    listed = (tmp_path / UNREADABLE_IMAGES).read_text().splitlines()
    assert listed == ["img_3.jpg", "img_9.jpg", "img_30.jpg"]
    note(data, [], [7])
    assert data.state() == [3, 9, 30]


def test_photos_that_the_data_no_longer_has_are_not_loaded():
    data = BadData(5)

    data.load([2, 4, 5, 700])

    assert data.state() == [2, 4]


def test_what_any_rank_found_counts_for_all():
    ranks = [BadData(100) for _ in range(3)]
    for rank, bad in zip(ranks, ([1, 2], [2, 3], []), strict=True):
        note(rank, bad)

    states = [rank.state() for rank in ranks]
    for rank in ranks:
        rank.merge(states)

    assert [rank.state() for rank in ranks] == [[1, 2, 3]] * 3


def test_a_photo_that_one_rank_reads_again_is_well_for_all():
    ranks = [BadData(100) for _ in range(2)]
    note(ranks[0], [1, 2])
    for _ in range(2):
        states = [rank.state() for rank in ranks]
        for rank in ranks:
            rank.merge(states)
        note(ranks[1], [7], [1])

    states = [rank.state() for rank in ranks]
    for rank in ranks:
        rank.merge(states)

    assert [rank.state() for rank in ranks] == [[2, 7]] * 2


def test_the_refusal_names_ten_and_writes_all(tmp_path):
    data = BadData(100)
    note(data, list(range(12)), [50])

    error = data.refusal(lambda index: Path(f"/data/img_{index}.jpg"), tmp_path)

    assert error.key == "data.image_too_many_bad"
    text = str(error)
    assert "img_9.jpg" in text and "img_10.jpg" not in text
    assert "12" in text and "100" in text and str(tmp_path / UNREADABLE_IMAGES) in text
    listed = (tmp_path / UNREADABLE_IMAGES).read_text().splitlines()
    assert listed == [f"/data/img_{index}.jpg" for index in range(12)]
    assert [path.name for path in tmp_path.iterdir()] == [UNREADABLE_IMAGES]


def test_a_folder_that_is_gone_has_a_sentence_of_its_own(tmp_path):
    data = BadData(10)
    for _ in range(8):
        note(data, [1, 2, 3, 4])

    error = data.refusal(lambda index: Path(f"img_{index}.jpg"), tmp_path)

    assert error.key == "data.image_none_readable"
    assert "32" in str(error)


def test_names_that_are_no_utf8_are_written_as_the_disk_has_them(tmp_path):
    names = [b"\xb0\xa1.jpg", "가.jpg".encode()]

    write_list([Path(name.decode("utf-8", "surrogateescape")) for name in names], tmp_path)

    assert (tmp_path / UNREADABLE_IMAGES).read_bytes().splitlines() == names


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_list_that_cannot_be_written_hides_no_error(tmp_path, language):
    (tmp_path / "taken").write_text("a file")
    data = BadData(10)
    note(data, [1, 2, 3])

    error = data.refusal(lambda index: Path(f"img_{index}.jpg"), tmp_path / "taken")

    assert "img_3.jpg" in str(error) and UNREADABLE_IMAGES in str(error)
    assert (tmp_path / "taken").read_text() == "a file"
