"""Reading LMDB files page by page: like the library itself, and safely where that is not safe."""

import itertools
import os
import pickle
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lmdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset.labels import BadFile
from dataset.lmdb_file import LmdbFile
from tests.dataset.lmdb_files import all_records, write_records

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NUMBERS = itertools.count()
PAGE = 4096


def read_all(path: Path) -> dict[bytes, bytes]:
    file = LmdbFile(path)
    return {key: file.read(start, length) for key, start, length in file.records()}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of three levels with values inside and outside of its pages."""
    rng = np.random.default_rng(0)
    records = {
        b"%06d" % number + b"k" * 40: rng.bytes(9000 if number % 100 == 0 else 60)
        for number in range(3000)
    }
    return write_records(tmp_path_factory.mktemp("lmdb") / "large.mdb", records, subdir=False)


def test_a_tree_of_three_levels_is_read_as_the_library_reads_it(large):
    with lmdb.open(str(large), readonly=True, lock=False, subdir=False) as database:
        assert database.stat()["depth"] == 3
    expected = all_records(large)
    found = read_all(large)
    assert list(found) == list(expected)
    assert found == expected


@QUICK
@given(
    changes=st.lists(
        st.lists(
            st.tuples(st.binary(min_size=1, max_size=200), st.binary(max_size=9000), st.booleans()),
            max_size=30,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_was_put_and_deleted_is_read_as_the_library_reads_it(tmp_path, changes):
    path = tmp_path / f"{next(NUMBERS)}.lmdb"
    with lmdb.open(str(path), map_size=1 << 26, lock=False) as database:
        for part in changes:
            with database.begin(write=True) as transaction:
                for key, value, keep in part:
                    transaction.put(key, value) if keep else transaction.delete(key)
    assert read_all(path) == all_records(path)


def test_a_database_without_records_gives_none(tmp_path):
    assert read_all(write_records(tmp_path / "empty.lmdb", {})) == {}


def test_a_file_cut_off_anywhere_is_read_to_the_end_or_refused(large, tmp_path):
    content = large.read_bytes()
    expected = all_records(large)
    file = tmp_path / "cut.mdb"
    refused = 0
    for length in [*range(0, 3 * PAGE, 509), *range(0, len(content), 40_009), len(content) - 1]:
        file.write_bytes(content[:length])
        try:
            assert read_all(file) == expected
        except BadFile as bad:
            assert bad.args[0] == "lmdb_damaged"
            refused += 1
    assert refused > 20


@settings(QUICK, max_examples=200)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_never_ends_the_process(large, tmp_path, data):
    content = bytearray(large.read_bytes())
    pages = len(content) // PAGE
    for _ in range(data.draw(st.integers(1, 8))):
        # Damage where it counts: in the headers and the nodes of some page.
        at = data.draw(st.integers(0, pages - 1)) * PAGE + data.draw(
            st.one_of(st.integers(0, 200), st.integers(0, PAGE - 1))
        )
        content[at] = data.draw(st.integers(0, 255))
    file = tmp_path / "damaged.mdb"
    file.write_bytes(content)
    try:
        assert len(read_all(file)) <= len(content)
    except BadFile as bad:
        assert bad.args[0] == "lmdb_damaged"


@QUICK
@given(content=st.binary(max_size=3 * PAGE))
def test_random_bytes_are_no_database(tmp_path, content):
    file = tmp_path / "random.mdb"
    file.write_bytes(content)
    with pytest.raises(BadFile):
        read_all(file)


def test_pages_that_lead_back_to_one_another_are_refused(large, tmp_path):
    content = bytearray(large.read_bytes())
    meta = max((0, PAGE), key=lambda at: struct.unpack_from("<Q", content, at + 144))
    (root,) = struct.unpack_from("<Q", content, meta + 128)
    (node,) = struct.unpack_from("<H", content, root * PAGE + 16)
    struct.pack_into("<3H", content, root * PAGE + node, root & 0xFFFF, root >> 16, 0)
    file = tmp_path / "circle.mdb"
    file.write_bytes(content)
    with pytest.raises(BadFile):
        read_all(file)


# Newer Pythons warn of forking beside the threads of a numerical library.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_threads_and_forked_processes_share_one_open_file(large):
    expected = all_records(large)
    file = LmdbFile(large)
    records = list(file.records())

    def matches(record):
        return file.read(record.start, record.length) == expected[record.key]

    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            os._exit(0 if all(map(matches, records)) else 1)
        children.append(child)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(matches, records))
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]


def test_a_pickled_file_is_opened_again_and_one_that_has_changed_is_refused(tmp_path):
    path = write_records(tmp_path / "a.lmdb", {b"a": b"1"})
    pickled = pickle.dumps(LmdbFile(path))
    assert len(pickled) < 1000
    assert [record.key for record in pickle.loads(pickled).records()] == [b"a"]
    os.utime(path / "data.mdb", (1, 1))
    with pytest.raises(BadFile):
        pickle.loads(pickled)


def test_the_file_is_closed_with_its_last_reference(large):
    def open_files():
        return len(os.listdir("/proc/self/fd"))

    before = open_files()
    file = LmdbFile(large)
    assert open_files() == before + 1
    del file
    assert open_files() == before
