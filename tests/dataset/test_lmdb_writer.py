"""Writing LMDB files: nothing lost, nothing twice, nothing half done, whatever interrupts it."""

import json
import os
import resource
import signal
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset import lmdb_writer
from dataset.labels import Word, make_word
from dataset.lmdb_file import LmdbFile
from dataset.lmdb_store import LmdbImages
from dataset.lmdb_writer import LmdbWriter, Sample, word_records
from dataset.readers.lmdb_labels import read_lmdb
from runtime.messages import UserError
from tests.dataset.lmdb_files import all_records, photo_file

CORNERS = [(1, 2), (9.25, 2), (9.25, 8), (1, 8)]
WORDS = [make_word(CORNERS, "간판", False, 1), make_word(CORNERS, "###", True, 2)]
# Newer Pythons warn of forking beside the threads of a numerical library.
FORKS = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


def sample(number: int, side: int = 40, changed: int = 0, words: Sequence[Word] = WORDS) -> Sample:
    content = np.frombuffer(photo_file(side, side + 1, number), np.uint8)
    stamp = [len(content), 1_700_000_000_000_000_000 + changed]
    return Sample(f"photo {number}.png", stamp, word_records(words), (side, side + 1), content)


SAMPLES = [sample(number) for number in range(10)]


def write(
    out: Path,
    samples: Sequence[Sample] = SAMPLES,
    before: Callable[[int], object] = lambda number: None,
) -> int:
    """Write as the tool does; gives how many records an earlier run had left to keep."""
    with LmdbWriter(out) as writer:
        for item in samples:
            if not writer.keep(item.filename, item.stamp, item.words):
                break
        kept = writer.num_samples
        for number, item in enumerate(samples[kept:], start=kept):
            before(number)
            writer.add(item)
        writer.flush()
        before(len(samples))
        writer.finish()
    return kept


def in_a_child(function: Callable[[], object]) -> int:
    """Call ``function`` in a forked process; gives the signal that ended it, or 0."""
    child = os.fork()
    if child == 0:
        try:
            function()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(autouse=True)
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmdb_writer, "_COMMIT_RECORDS", 3)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, bytes]:
    out = tmp_path_factory.mktemp("whole") / "a.lmdb"
    write(out)
    return all_records(out)


def test_what_was_written_is_read_back(tmp_path):
    out = tmp_path / "새 폴더" / "a.lmdb"
    write(out)
    assert sorted(file.name for file in out.parent.iterdir()) == ["a.lmdb"]
    images = LmdbImages(out)
    assert len(images) == images.declared == 10
    for index, (label, expected) in enumerate(zip(read_lmdb(out), SAMPLES, strict=True)):
        np.testing.assert_array_equal(images.content(index), expected.content)
        assert images.name(index) == expected.filename
        assert label.size == (40, 41)
        assert not label.problems
        for word, original in zip(label.words, WORDS, strict=True):
            np.testing.assert_array_equal(word.points, original.points)
            assert (word.text, word.ignore) == (original.text, original.ignore)


def test_a_record_is_json_with_the_sum_of_its_photo(uninterrupted):
    assert uninterrupted[b"num-samples"] == b"10"
    assert len(uninterrupted) == 21
    photo = uninterrupted[b"image-000000003"]
    assert json.loads(uninterrupted[b"gt-000000003"]) == {
        "filename": "photo 3.png",
        "size": [40, 41],
        "words": [
            {"points": [[1, 2], [9.25, 2], [9.25, 8], [1, 8]], "text": "간판", "ignore": False},
            {"points": [[1, 2], [9.25, 2], [9.25, 8], [1, 8]], "text": "###", "ignore": True},
        ],
        "source": [len(photo), 1_700_000_000_000_000_000, zlib.crc32(photo)],
    }


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=20).filter(
        lambda values: len(values) % 2 == 0
    )
)
def test_points_keep_every_bit_of_theirs(values):
    points = np.array(values, np.float32).reshape(-1, 2)
    (record,) = word_records([Word(points, "", False, 1)])
    found = np.array(json.loads(json.dumps(record["points"])), np.float32)
    np.testing.assert_array_equal(found, points)


@pytest.mark.parametrize("ignore", [False, True])
@pytest.mark.parametrize("difficult", [None, False, True])
def test_what_the_scoring_goes_easy_on_is_written_where_it_differs(ignore, difficult):
    word = Word(np.array([[0, 0], [9, 0], [9, 9]], np.float32), "", ignore, 1, difficult)
    (record,) = word_records([word])
    assert record.get("difficult", record["ignore"]) == word.is_difficult
    assert ("difficult" in record) == (word.is_difficult != ignore)


@FORKS
@pytest.mark.parametrize("at", [0, 1, 5, 10])
def test_a_run_that_was_killed_goes_on_to_the_same_file(tmp_path, uninterrupted, at):
    out = tmp_path / "a.lmdb"
    died = in_a_child(lambda: write(out, before=lambda n: n == at and kill_oneself()))
    assert died == -signal.SIGKILL
    assert [file.name for file in tmp_path.iterdir()] == ["a.lmdb.partial"]
    with pytest.raises(UserError, match="num-samples"):
        LmdbImages(tmp_path / "a.lmdb.partial")
    assert write(out) == (10 if at == 10 else at // 3 * 3)  # commits come every three records
    assert all_records(out) == uninterrupted
    assert [file.name for file in tmp_path.iterdir()] == ["a.lmdb"]


@FORKS
def test_a_run_that_was_killed_while_verifying_writes_nothing_again(tmp_path, uninterrupted):
    out = tmp_path / "a.lmdb"

    def die_verifying():
        with LmdbWriter(out) as writer:
            for item in SAMPLES:
                writer.add(item)
            writer.finish(show=lambda results: [kill_oneself() for _ in results])

    assert in_a_child(die_verifying) == -signal.SIGKILL
    assert write(out) == 10
    assert all_records(out) == uninterrupted


def test_a_run_that_was_stopped_in_order_keeps_all_it_has(tmp_path, uninterrupted):
    out = tmp_path / "a.lmdb"
    with LmdbWriter(out) as writer:
        for item in SAMPLES[:5]:
            writer.add(item)
        writer.flush()
    assert write(out) == 5
    assert all_records(out) == uninterrupted


@pytest.mark.parametrize(
    "changed",
    [
        sample(4, changed=1),
        sample(4, side=41),
        sample(4, words=WORDS[:1]),
        sample(44),
    ],
    ids=["time", "size", "words", "name"],
)
def test_what_has_changed_since_is_written_again_with_all_behind_it(tmp_path, changed):
    samples = [*SAMPLES[:4], changed, *SAMPLES[5:]]
    write(tmp_path / "expected.lmdb", samples)
    with LmdbWriter(tmp_path / "a.lmdb") as writer:
        for item in SAMPLES:
            writer.add(item)
        writer.flush()
    assert write(tmp_path / "a.lmdb", samples) == 4
    assert all_records(tmp_path / "a.lmdb") == all_records(tmp_path / "expected.lmdb")


def test_records_of_a_longer_earlier_run_are_gone(tmp_path):
    with LmdbWriter(tmp_path / "a.lmdb") as writer:
        for item in SAMPLES:
            writer.add(item)
        writer.flush()
    assert write(tmp_path / "a.lmdb", SAMPLES[:2]) == 2
    assert sorted(all_records(tmp_path / "a.lmdb")) == [
        b"gt-000000000",
        b"gt-000000001",
        b"image-000000000",
        b"image-000000001",
        b"num-samples",
    ]


def test_words_are_counted_whether_written_or_kept(tmp_path):
    with LmdbWriter(tmp_path / "a.lmdb") as writer:
        writer.add(SAMPLES[0])
        writer.flush()
    with LmdbWriter(tmp_path / "a.lmdb") as writer:
        assert writer.can_keep
        assert writer.keep(SAMPLES[0].filename, SAMPLES[0].stamp, SAMPLES[0].words)
        assert not writer.can_keep
        writer.add(SAMPLES[1])
        assert (writer.num_samples, writer.num_words, writer.num_ignored) == (2, 4, 2)


def test_the_map_grows_with_what_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(lmdb_writer, "_FIRST_MAP_BYTES", 1 << 16)
    samples = [sample(number, side=120) for number in range(8)]
    assert sum(len(item.content) for item in samples) > 4 << 16
    write(tmp_path / "a.lmdb", samples)
    images = LmdbImages(tmp_path / "a.lmdb")
    for index, item in enumerate(samples):
        np.testing.assert_array_equal(images.content(index), item.content)


@pytest.mark.parametrize("key", ["image", "gt"])
def test_a_record_that_the_disk_changed_is_found_and_written_again(tmp_path, uninterrupted, key):
    out = tmp_path / "a.lmdb"
    partial = tmp_path / "a.lmdb.partial"

    def damage(number: int) -> None:
        if number == 10:
            starts = {record.key: record.start for record in LmdbFile(partial).records()}
            with (partial / "data.mdb").open("r+b") as file:
                file.seek(starts[f"{key}-000000006".encode()] + 20)
                file.write(b"\xff")

    with pytest.raises(UserError) as refused:
        write(out, before=damage)
    assert (refused.value.key, refused.value.fields["count"]) == ("lmdb.not_as_written", 1)
    assert not out.exists()
    assert write(out) == 6
    assert all_records(out) == uninterrupted


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    out = tmp_path / "a.lmdb"
    out.write_text("mine")
    with pytest.raises(UserError, match=r"a\.lmdb") as refused:
        LmdbWriter(out)
    assert refused.value.key == "lmdb.exists"
    assert out.read_text() == "mine"
    assert not (tmp_path / "a.lmdb.partial").exists()


def test_two_writers_do_not_meet(tmp_path):
    with LmdbWriter(tmp_path / "a.lmdb"):
        with pytest.raises(UserError) as refused:
            LmdbWriter(tmp_path / "a.lmdb")
        assert refused.value.key == "lmdb.in_use"
    write(tmp_path / "a.lmdb")


def test_a_library_that_is_missing_is_said_with_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(UserError, match="pip install lmdb"):
        LmdbWriter(tmp_path / "a.lmdb")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as refused:
        LmdbWriter(tmp_path / "file" / "a.lmdb")
    assert refused.value.key == "lmdb.cannot_write"
    (tmp_path / "a.lmdb.partial").mkdir()
    (tmp_path / "a.lmdb.partial" / "data.mdb").write_text("no database" * 1000)
    with pytest.raises(UserError) as refused:
        LmdbWriter(tmp_path / "a.lmdb")
    assert refused.value.key == "lmdb.cannot_write"


@FORKS
def test_a_disk_that_is_full_is_said_and_the_next_run_goes_on(tmp_path, uninterrupted):
    out = tmp_path / "a.lmdb"

    def write_on_a_full_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        try:
            write(out)
        except UserError as error:
            (tmp_path / "said").write_text(error.key)

    assert in_a_child(write_on_a_full_disk) == 0
    # (a file of a few bytes still fits)
    assert (tmp_path / "said").read_text() == "lmdb.cannot_write"
    assert not out.exists()
    assert write(out) in (3, 6, 9)
    assert all_records(out) == uninterrupted


def test_discarding_leaves_nothing(tmp_path):
    with LmdbWriter(tmp_path / "a.lmdb") as writer:
        writer.add(SAMPLES[0])
        writer.discard()
    assert list(tmp_path.iterdir()) == []
