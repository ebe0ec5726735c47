"""The formats of all tools and portals: they give the same words, and are told apart."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.geometry import polygon_area
from dataset.labels import box_corners, make_word, read_file
from dataset.readers import aihub, coco, doctr, kaist, labelme, ocr_db, paddle, ufo
from tests.dataset.label_writers import WRITERS, write_coco_text
from tests.dataset.readers.reading import assert_sound

READERS = {
    "aihub_wild": (aihub.read_aihub_wild, aihub.recognises_aihub_wild),
    "aihub_public": (aihub.read_aihub_public, aihub.recognises_aihub_public),
    "aihub_handwriting": (aihub.read_aihub_handwriting, aihub.recognises_aihub_handwriting),
    "aihub_admin": (aihub.read_aihub_admin, aihub.recognises_aihub_admin),
    "aihub_outdoor": (aihub.read_aihub_outdoor, aihub.recognises_aihub_outdoor),
    "ocr_db": (ocr_db.read_ocr_db, ocr_db.recognises_ocr_db),
    "kaist": (kaist.read_kaist, kaist.recognises_kaist),
    "paddle": (paddle.read_paddle, paddle.recognises_paddle),
    "doctr": (doctr.read_doctr, doctr.recognises_doctr),
    "labelme": (labelme.read_labelme, labelme.recognises_labelme),
    "coco": (coco.read_coco, coco.recognises_coco),
    "coco_text": (coco.read_coco, coco.recognises_coco),
    "ufo": (ufo.read_ufo, ufo.recognises_ufo),
}
WRITTEN = {**WRITERS, "coco_text": write_coco_text}
NAMES_ITS_IMAGE = set(READERS) - {"aihub_public", "aihub_handwriting"}


def box(x, y, text, ignore=False):
    return make_word(box_corners(x, y, 40, 20), text, ignore, 1)


def some_images(count, words=3):
    return [
        (
            f"간판_{number}.jpg",
            (480, 640),
            [box(10 * n, number % 99, f"말{n}") for n in range(words)],
        )
        for number in range(count)
    ]


IMAGES = [
    (
        "간판 1.jpg",
        (480, 640),
        [box(10, 20, "가게"), box(100, 20, "Cafe & <Bar>"), box(5, 200, "a,b")],
    ),
    ("빈 벽.jpg", (640, 480), []),
    ("간판 2.jpg", (480, 640), [box(30, 40, "12,500원"), box(0, 90, '"'), box(300, 90, "x", True)]),
]


@pytest.mark.parametrize("name", READERS)
def test_every_format_gives_the_words_that_were_written(tmp_path, name):
    read, _ = READERS[name]

    labels = [label for path in WRITTEN[name](tmp_path, IMAGES) for label in read_file(read, path)]

    assert [problem for label in labels for problem in label.problems] == []
    assert {label.size for label in labels} == (
        {None} if name in ("ocr_db", "paddle") else {(480, 640), (640, 480)}
    )
    if name in NAMES_ITS_IMAGE:
        by_name = {label.image: label for label in labels}
        assert set(by_name) == {image for image, _, _ in IMAGES}
        labels = [by_name[image] for image, _, _ in IMAGES]
    for label, (_, _, words) in zip(labels, IMAGES, strict=True):
        assert [word.points.tolist() for word in label.words] == [
            word.points.tolist() for word in words
        ]
        if name != "doctr":
            assert [word.ignore for word in label.words] == [word.ignore for word in words]
            assert [word.text for word in label.words if not word.ignore] == [
                word.text for word in words if not word.ignore
            ]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(
    "images",
    [
        IMAGES[:1],
        IMAGES,
        some_images(1, 1),
        some_images(2, 1),
        some_images(1, 3000),
        some_images(3000),
    ],
    ids=["one", "few", "one word", "two words", "long", "many"],
)
def test_each_format_is_told_from_all_others(tmp_path, written, images):
    path = WRITTEN[written](tmp_path, images)[0]

    recognised = {name for name, (_, recognises) in READERS.items() if recognises(path)}

    assert recognised == {
        "coco": {"coco", "coco_text"},
        "coco_text": {"coco", "coco_text"},
        "ic15": set(),
        "mlt": set(),
    }.get(written, {written})


@pytest.mark.parametrize("recognises", [row[1] for row in READERS.values()], ids=READERS)
def test_what_cannot_be_opened_is_recognised_as_nothing(tmp_path, recognises):
    (tmp_path / "empty.json").touch()

    assert not recognises(tmp_path)
    assert not recognises(tmp_path / "absent.json")
    assert not recognises(tmp_path / "empty.json")


def assert_survives(name, path):
    read, _ = READERS[name]
    labels = list(read_file(read, path))
    assert_sound(labels)
    words = [word for label in labels for word in label.words]
    assert all(polygon_area(word.points) > 0 for word in words)
    assert all(type(word.text) is str and word.text.encode() is not None for word in words)
    assert all(label.size is None or min(label.size) > 0 for label in labels)
    for _, recognises in READERS.values():
        assert recognises(path) in (True, False)


@pytest.mark.parametrize("name", READERS)
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
@settings(max_examples=30, deadline=None)
def test_no_content_whatever_crashes_a_reader(tmp_path_factory, name, content):
    path = tmp_path_factory.mktemp("wild") / "labels"
    path.write_bytes(content)

    assert_survives(name, path)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_file_cut_or_changed_at_any_place_crashes_no_reader(tmp_path_factory, name, data):
    path = WRITTEN[name](tmp_path_factory.mktemp("wild"), IMAGES)[0]
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content)))
    instead = data.draw(
        st.one_of(st.just(b""), st.binary(max_size=4), st.sampled_from([b"]", b"}"]))
    )
    rest = data.draw(st.sampled_from([b"", content[place:], content[place + 1 :]]))
    path.write_bytes(content[:place] + instead + rest)

    assert_survives(name, path)


WILD_VALUES = [
    None, True, False, 0, -1, 7, 1e308, 10**30, 10**400, float("nan"), float("inf"), "", "x", "nan",
    "-inf", "1e999", "7", "\ud800", "###", [], [[]], [None], [1], [1, 2, 3, 4], ["1", "2"] * 4,
    [[1, 2], [3, 4], [5, 9]], [[1, 2], 3], {}, {"x": 1}, {"": {}}, [{}], [[[1]]], "a" * 99,
]  # fmt: skip


def places(tree):
    """Every (container, key) inside a tree of JSON."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    for key in keys:
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from places(tree[key])


@pytest.mark.parametrize("name", sorted(set(READERS) - {"kaist"}))
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_wrong_value_anywhere_in_the_tree_crashes_no_reader(tmp_path_factory, name, data):
    path = WRITTEN[name](tmp_path_factory.mktemp("wild"), IMAGES)[0]
    before, _, text = path.read_text("utf-8").splitlines()[0].rpartition("\t")
    holder = [json.loads(text)]
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(holder))))
        value = deepcopy(data.draw(st.sampled_from(WILD_VALUES)))
        if data.draw(st.booleans()) and isinstance(container, dict):
            container[data.draw(st.sampled_from([key.upper(), "", "id", "bbox"]))] = container.pop(
                key
            )
        else:
            container[key] = value
    before += "\t" if before else ""
    path.write_bytes((before + json.dumps(holder[0])).encode("utf-8", "surrogatepass"))

    assert_survives(name, path)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_wrong_attributes_crash_no_reader_of_xml(tmp_path_factory, data):
    path = WRITTEN["kaist"](tmp_path_factory.mktemp("wild"), IMAGES)[0]
    parts = path.read_text("utf-8").split('"')
    place = data.draw(st.integers(0, len(parts) - 1))
    parts[place] = data.draw(
        st.sampled_from(["", "x", "nan", "1e999", "-5", "<", "&", "&#0;", "7"])
    )
    path.write_text('"'.join(parts), "utf-8")

    assert_survives("kaist", path)
