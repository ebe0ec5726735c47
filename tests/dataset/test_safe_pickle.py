"""The unpickler that admits data only: equal to Python's for data, and deaf to everything else."""

import builtins
import os
import pickle
import struct
import tracemalloc
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset import safe_pickle
from dataset.labels import BadEntry
from dataset.safe_pickle import MAX_PICKLE_BYTES, load_plain

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.binary(max_size=300)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)
ARRAYS = [
    np.arange(8.0).reshape(2, 4),
    np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
    np.array([[0.25, 0.5]], np.float32),
    np.array([1, 2, 250], np.uint8),
    np.array([True, False]),
    np.array(["가나다", "x"]),
    np.array([b"ab", b"c"]),
    np.array(3.5),
    np.zeros((0,), np.float64),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=60, deadline=None)
@given(value=TREES)
def test_plain_values_are_what_python_itself_reads(protocol, value):
    found = load_plain(pickle.dumps(value, protocol))
    assert found == value
    assert repr(found) == repr(value)  # tuples stay tuples, True is not 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_arrays_of_numbers_and_text_are_what_numpy_wrote(protocol, array):
    found = load_plain(pickle.dumps({"a": array}, protocol))["a"]
    np.testing.assert_array_equal(found, array)
    assert (found.dtype.kind, found.itemsize) == (array.dtype.kind, array.itemsize)
    assert found.shape == array.shape


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("module", [b"numpy.core", b"numpy._core"])
def test_numbers_of_numpy_become_pythons_and_may_come_twice(protocol, module):
    half = np.float32(0.5)
    values = [half, np.int64(-7), np.bool_(True), np.str_("간판"), np.str_(""), half]
    content = pickle.dumps(values, protocol)
    if protocol < 4:  # the length of the name is written down from protocol 4 on
        content = content.replace(b"numpy._core", b"numpy.core").replace(b"numpy.core", module)
    assert load_plain(content) == [0.5, -7, True, "간판", "", 0.5]


def test_the_byte_strings_of_python_2_are_text():
    # pickle.dumps({'words': ['caf\xc3\xa9', "it's"], 'n': 3L, 'raw': '\xff'}, 0 and 2), Python 2.7
    in_lines = (
        b"(dp0\nS'raw'\np1\nS'\\xff'\np2\nsS'words'\np3\n(lp4\nS'caf\\xc3\\xa9'\np5\na"
        b"S\"it's\"\np6\nasS'n'\np7\nL3L\ns."
    )
    binary = (
        b"\x80\x02}q\x00(U\x03rawq\x01U\x01\xffq\x02U\x05wordsq\x03]q\x04(U\x05caf\xc3\xa9q\x05"
        b"U\x04it'sq\x06eU\x01nq\x07\x8a\x01\x03u."
    )
    for content in (in_lines, binary):
        assert load_plain(content) == {"words": ["café", "it's"], "n": 3, "raw": b"\xff"}


class Calls:
    """Pickles to a call of ``function(*arguments)``."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class SetsState:
    def __setstate__(self, state):
        raise AssertionError("a pickle reached a class")


def objects_within(canary: Path) -> np.ndarray:
    array = np.empty(1, object)
    array[0] = Calls(os.system, f"touch {canary}")
    return array


def payloads(canary: Path) -> dict[str, bytes]:
    """Pickles each of which leaves a file behind if it is loaded as Python loads it."""
    touch = f"touch {canary}"
    opens = f"open({str(canary)!r}, 'w').close()"
    command = touch.encode()
    unicode_command = b"X" + struct.pack("<I", len(command)) + command

    def named(module: bytes, name: bytes) -> bytes:
        return b"\x8c" + bytes([len(module)]) + module + b"\x8c" + bytes([len(name)]) + name

    written = {
        "os.system by GLOBAL and REDUCE": b"cos\nsystem\n(" + unicode_command + b"tR.",
        "posix.system by INST": b"(S'" + command + b"'\niposix\nsystem\n.",
        "os.system by OBJ": b"(cos\nsystem\n" + unicode_command + b"o.",
        "os.system by STACK_GLOBAL": (
            b"\x80\x04" + named(b"os", b"system") + b"\x93" + unicode_command + b"\x85R."
        ),
        "a class of subprocess by NEWOBJ": (
            b"\x80\x02csubprocess\nPopen\n(" + b"]" + b"(X\x05\x00\x00\x00touch"
            b"X" + struct.pack("<I", len(str(canary))) + str(canary).encode() + b"et\x81."
        ),
        "getattr of an admitted module": (
            b"\x80\x04" + named(b"numpy", b"f2py.os.system") + b"\x93" + unicode_command + b"\x85R."
        ),
        "an admitted name, then another": (
            b"cnumpy\ndtype\n0cos\nsystem\n(" + unicode_command + b"tR."
        ),
        "a call hidden behind a value that is dropped": (
            b"(cos\nsystem\n(" + unicode_command + b"tR1N."
        ),
        "the state of an array": (
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"
            b"cos\nsystem\n(" + unicode_command + b"tRb."
        ),
    }
    for protocol in PROTOCOLS:
        made = {
            "eval": Calls(eval, opens),
            "exec": Calls(exec, opens),
            "nested call": Calls(getattr, Calls(__import__, "os"), "system"),
            "a call within a list": [{"a": (1, [Calls(os.system, touch)])}],
            "a call as a key": {Calls(os.system, touch): 1},
            "an array of objects": objects_within(canary),
            "open": Calls(open, str(canary), "w"),
            "map of os.system": Calls(list, Calls(map, os.system, [touch])),
            "pickle within a pickle": Calls(
                pickle.loads, pickle.dumps(Calls(os.system, touch), protocol)
            ),
            "numpy.load": Calls(np.load, str(canary)),
            "copyreg": SetsState(),
        }
        written |= {
            f"{name}, protocol {protocol}": pickle.dumps(value, protocol)
            for name, value in made.items()
        }
    return written


@pytest.mark.parametrize("name", payloads(Path("canary")))
def test_a_pickle_that_would_do_something_is_refused_and_does_nothing(name, tmp_path):
    canary = tmp_path / "canary"
    with pytest.raises(BadEntry) as refused:
        load_plain(payloads(canary)[name])
    assert refused.value.args[0] == "pickle_refused"
    assert not canary.exists()


def test_the_canary_sings_where_python_itself_loads_the_pickle(tmp_path):
    canary = tmp_path / "canary"
    for name in ("os.system by GLOBAL and REDUCE", "eval, protocol 4"):
        pickle.loads(payloads(canary)[name])
        assert canary.exists()
        canary.unlink()


def test_nothing_is_imported_or_looked_up(monkeypatch):
    def refuse(name, *rest):
        raise AssertionError(f"imported {name}")

    content = pickle.dumps({"boxes": np.ones((2, 8)), "n": np.float32(1)}, 4)
    monkeypatch.setattr(builtins, "__import__", refuse)
    found = load_plain(content)
    with pytest.raises(BadEntry, match="pickle_refused"):
        load_plain(b"cantigravity\nfly\n.")
    monkeypatch.undo()
    assert found["n"] == 1


@pytest.mark.parametrize(
    "value", [{1, 2}, frozenset([1]), OrderedDict(a=1), 1j, Path("a"), range(3), {(1, 2): 3}]
)
def test_other_types_are_refused(value):
    with pytest.raises(BadEntry, match="pickle_refused"):
        load_plain(pickle.dumps(value, 4))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_list_in_several_places_becomes_several(protocol):
    box, array, inner = [0.5, 1.0], np.ones(3), {"a": (1, [2])}
    found = load_plain(pickle.dumps([box, box, array, array, inner, inner], protocol))
    assert found[:2] == [[0.5, 1.0], [0.5, 1.0]]
    assert found[0] is not found[1]
    np.testing.assert_array_equal(found[2:4], np.ones((2, 3)))
    assert found[4:] == [inner, inner]


def test_lists_that_stand_for_far_more_than_they_hold_are_refused():
    laughs: list = ["ha"]
    nested: tuple = ()
    named: dict = {}
    for _ in range(60):
        laughs, nested = [laughs, laughs], (nested, nested)
        named = {"a": named, "b": named}
    for value in (laughs, nested, named, [np.ones(50_000)] * 4, [list(range(500))] * 4000):
        with pytest.raises(BadEntry, match="pickle_refused"):
            load_plain(pickle.dumps(value, 4))


def test_a_list_in_itself_comes_to_an_end():
    circle: list = []
    circle.append(circle)
    assert load_plain(pickle.dumps(circle, 4)) == [[]]


def test_an_empty_list_that_grows_later_does_not_grow_everywhere():
    # x = []; y = [x] * 3; x gains three elements
    content = b"]q\x00](h\x00h\x00h\x00e0(K\x01K\x02K\x03e."
    assert load_plain(content) == [1, 2, 3]


HUGE = struct.pack("<Q", 1 << 60)


@pytest.mark.parametrize(
    "content",
    [
        b"\x8e" + HUGE + b"abc.",  # BINBYTES8
        b"\x96" + HUGE + b".",  # BYTEARRAY8
        b"\x8d" + HUGE + b"abc.",  # BINUNICODE8
        b"X\xff\xff\xff\xffabc.",
        b"\x8b\xff\xff\xff\x7f1.",  # LONG4
        b"]r\xff\xff\xff\xff.",  # LONG_BINPUT
        b"]p99999999999999999999\n.",
        b"h\x07.",
        b"I" + b"9" * 5000 + b"\n.",
        b"\x80\x09N.",
        b"(" * 1000 + b".",
        b"]" * 1000 + b".",
        b"a.",
        b"e.",
        b"K\x01a.",
        b"(K\x01u.",
        b"S'abc\n.",
        b"S'\\q'\n.",
        b"",
        b"N",
        # an array of 10**12 elements, and one of a million lists without elements
        b"cnumpy.core.numeric\n_frombuffer\n(C\x00cnumpy\ndtype\n(U\x02f8tR(I1000000\nI1000000\nt"
        b"U\x01CtR.",
    ],
)
def test_sizes_that_are_not_there_cost_nothing(content):
    tracemalloc.start()
    try:
        with pytest.raises(BadEntry):
            load_plain(content)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_an_array_of_very_many_empty_rows_has_none():
    content = (
        b"cnumpy.core.numeric\n_frombuffer\n(C\x00cnumpy\ndtype\n(U\x02f8tR"
        b"(I1000000\nI1000000\nI0\ntU\x01CtR."
    )
    assert load_plain(content).tolist() == []


def test_a_number_that_is_no_character_is_refused():
    content = pickle.dumps(np.array(["ab"]), 4).replace(b"a\0\0\0b", b"a\0\0\xffb")
    with pytest.raises(BadEntry):
        load_plain(content)


def test_a_pickle_beyond_all_labels_is_refused_unread():
    with pytest.raises(BadEntry, match="pickle_refused"):
        load_plain(bytes(MAX_PICKLE_BYTES + 1))


@settings(max_examples=400, deadline=None)
@given(content=st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(content):
    try:
        load_plain(content + b".")
    except BadEntry as bad:
        assert bad.args[0] in ("pickle_refused", "pickle_damaged")


STEPS = st.sampled_from(
    [bytes([code]) for code in safe_pickle._STEPS]
    + [b"K\x01", b"C\x03abc", b"\x8c\x02f8", b"h\x00", b"q\x00", b"I7\n", b"J\0\0\0\x40"]
    + [b"cnumpy\ndtype\n", b"cnumpy\nndarray\n", b"c_codecs\nencode\n", b"\x8c\x06latin1"]
    + [b"cnumpy.core.multiarray\n_reconstruct\n", b"cnumpy.core.multiarray\nscalar\n"]
    + [b"cnumpy.core.numeric\n_frombuffer\n", b"c__builtin__\nbytes\n", b"(\x8c\x02f8tR"]
)


@settings(max_examples=1000, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_instructions_in_any_order_are_read_or_refused(steps):
    try:
        load_plain(b"".join(steps) + b".")
    except BadEntry as bad:
        assert bad.args[0] in ("pickle_refused", "pickle_damaged")


WHOLE = pickle.dumps({"bboxes": np.ones((3, 8)), "words": ["a", "b", "c"], "n": np.float64(2)}, 4)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_label_that_was_cut_off_or_changed_is_read_or_refused(data):
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        load_plain(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except BadEntry as bad:
        assert bad.args[0] in ("pickle_refused", "pickle_damaged")


def test_depth_has_no_bound_but_the_length():
    depth = 200_000
    found = load_plain(b"]" * depth + b"a" * (depth - 1) + b".")
    levels = 0
    while found:
        (found,) = found
        levels += 1
    assert levels == depth - 1
