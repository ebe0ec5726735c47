"""The photos of an LMDB file: their numbering, their bytes, and files that are none."""

import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from torch.utils.data import DataLoader, Dataset

from dataset.images import image_size, read_image, verify_image
from dataset.lmdb_store import LmdbImages
from runtime.messages import UserError
from tests.dataset.lmdb_files import photo_file, users_records, write_records

SIZES = [(20, 30), (32, 48), (64, 40), (21, 33), (40, 40)]
PHOTOS = [photo_file(*size, seed, "JPEG" if seed % 2 else "PNG") for seed, size in enumerate(SIZES)]


def label(filename: object) -> dict[str, object]:
    return {"bboxes": [], "words": [], "filename": filename}


def users_file(path: Path, first: int = 0, **settings: int) -> Path:
    samples = [(photo, label(f"사진/photo {n}.jpg")) for n, photo in enumerate(PHOTOS)]
    return write_records(path, users_records(samples, first, **settings))


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_numbering_begins_at_0_or_at_1(tmp_path, first, protocol):
    images = LmdbImages(users_file(tmp_path / "a.lmdb", first, protocol=protocol))
    assert len(images) == images.declared == images.found == 5
    for index, photo in enumerate(PHOTOS):
        assert images.key(index) == f"image-{index + first:09d}"
        assert images.name(index) == f"photo {index}.jpg"
        content = images.content(index)
        assert content.dtype == np.uint8
        assert content.tobytes() == photo
        assert images.stream(index).read() == photo
        assert images.open(index).size == SIZES[index]


def test_a_photo_is_decoded_as_from_a_file_of_its_own(tmp_path):
    images = LmdbImages(users_file(tmp_path / "a.lmdb"))
    (tmp_path / "photo.jpg").write_bytes(PHOTOS[1])
    np.testing.assert_array_equal(images.open(1).pixels(), read_image(tmp_path / "photo.jpg"))
    assert images.open(1).path.parent == tmp_path / "a.lmdb"


def test_a_file_without_a_folder_around_it_is_read_too(tmp_path):
    path = write_records(tmp_path / "a.mdb", users_records([(PHOTOS[0], label("a"))]), subdir=False)
    assert path.is_file()
    assert LmdbImages(str(path)).content(0).tobytes() == PHOTOS[0]


def test_samples_beyond_num_samples_and_those_without_a_photo_are_not_counted(tmp_path):
    records = users_records([(photo, label("a")) for photo in PHOTOS])
    del records[b"image-000000001"]
    records[b"num-samples"] = b" 4\n"
    images = LmdbImages(write_records(tmp_path / "a.lmdb", records))
    assert [images.key(index) for index in range(len(images))] == [
        "image-000000000",
        "image-000000002",
        "image-000000003",
    ]
    assert (images.declared, images.found, images.without_image) == (4, 4, [1])


def test_other_keys_do_no_harm(tmp_path):
    records = users_records([(PHOTOS[0], label("a"))])
    records |= {b"image-0000000001": b"?", b"image-x": b"?", b"note": b"?", b"gt-": b"?"}
    assert len(LmdbImages(write_records(tmp_path / "a.lmdb", records))) == 1


@pytest.mark.parametrize(
    "filename",
    [None, "", "..", "a/..", "a\0b", "a\nb", 5.0, ["x"], "\ud800\n", b"\xff\x00"],
)
def test_a_name_that_is_none_gives_way_to_the_key(tmp_path, filename):
    records = users_records([(PHOTOS[0], label(filename))])
    images = LmdbImages(write_records(tmp_path / "a.lmdb", records))
    name = images.name(0)
    assert name == ("5.0" if filename == 5.0 else "image-000000000")
    assert images.path(0) == tmp_path / "a.lmdb" / name


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("../../etc/a.jpg", "a.jpg"),
        ("C:\\사진\\b.png", "b.png"),
        ("간판.jpg".encode("cp949"), "간판.jpg"),
    ],
)
def test_folders_are_left_out_of_names(tmp_path, filename, name):
    records = users_records([(PHOTOS[0], label(filename))])
    assert LmdbImages(write_records(tmp_path / "a.lmdb", records)).name(0) == name


def test_a_label_that_is_damaged_or_missing_leaves_the_photo_its_key(tmp_path):
    records = users_records([(PHOTOS[0], label("a")), (PHOTOS[1], label("b"))])
    records[b"gt-000000000"] = b"cos\nsystem\n(S'true'\ntR."
    del records[b"gt-000000001"]
    images = LmdbImages(write_records(tmp_path / "a.lmdb", records))
    assert [images.name(index) for index in range(2)] == ["image-000000000", "image-000000001"]
    assert images.label(1) is None


@pytest.mark.parametrize("count", [b"", b"\0", b"-1", b"0", b"1e9", b"abc", b"9" * 5000, b"\xff"])
def test_num_samples_that_is_no_number_is_said(tmp_path, count):
    records = users_records([(PHOTOS[0], label("a"))])
    records[b"num-samples"] = count
    with pytest.raises(UserError, match=r"a\.lmdb.*num-samples") as refused:
        LmdbImages(write_records(tmp_path / "a.lmdb", records))
    assert refused.value.key == "lmdb.no_samples"
    assert len(str(refused.value)) < 300


def test_an_unfinished_file_or_one_of_something_else_is_said(tmp_path):
    records = users_records([(PHOTOS[0], label("a"))])
    del records[b"num-samples"]
    for number, content in enumerate([records, {}, {b"num-samples": b"3"}]):
        path = write_records(tmp_path / f"{number}.lmdb", content)
        with pytest.raises(UserError) as refused:
            LmdbImages(path)
        assert refused.value.key == "lmdb.no_samples"


def test_what_is_missing_damaged_or_no_database_is_said(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.lmdb").write_text("no database" * 1000)
    whole = users_file(tmp_path / "whole.lmdb") / "data.mdb"
    (tmp_path / "cut.lmdb").write_bytes(whole.read_bytes()[:20_000])
    for name, key in [
        ("nothing.lmdb", "missing"),
        ("folder", "missing"),
        ("text.lmdb", "damaged"),
        ("cut.lmdb", "damaged"),
    ]:
        with pytest.raises(UserError, match=name) as refused:
            LmdbImages(tmp_path / name)
        assert refused.value.key == f"lmdb.{key}"


def test_a_photo_that_is_none_is_named(tmp_path):
    records = users_records([(b"no photo", label("a")), (b"", label("b"))])
    images = LmdbImages(write_records(tmp_path / "a.lmdb", records))
    for index, name in enumerate("ab"):
        with pytest.raises(UserError, match=rf"a\.lmdb/{name}"):
            images.open(index)


def test_only_the_part_of_a_photo_that_is_asked_for_is_read(tmp_path, monkeypatch):
    photo = photo_file(600, 800, kind="JPEG")
    images = LmdbImages(write_records(tmp_path / "a.lmdb", users_records([(photo, label("a"))])))
    read = []
    preadv = os.preadv
    monkeypatch.setattr(
        os, "preadv", lambda *arguments: read.append(preadv(*arguments)) or read[-1]
    )
    with images.stream(0) as file:
        assert image_size(file) == (600, 800)
    assert sum(read) < 20_000 < len(photo) / 5
    with images.stream(0) as file:
        assert verify_image(file) == (600, 800)
    assert sum(read) < 80_000


def test_a_stream_seeks_like_a_file(tmp_path):
    images = LmdbImages(users_file(tmp_path / "a.lmdb"))
    with images.stream(2) as file:
        assert file.seek(-5, os.SEEK_END) == len(PHOTOS[2]) - 5
        assert file.read(100) == PHOTOS[2][-5:]
        assert file.read(1) == b""
        file.seek(3)
        file.seek(4, os.SEEK_CUR)
        assert file.read(2) == PHOTOS[2][7:9]


class Contents(Dataset[bytes]):
    def __init__(self, images: LmdbImages) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> bytes:
        return self.images.content(index).tobytes()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_read_the_same_bytes_however_they_are_started(tmp_path, start):
    images = LmdbImages(users_file(tmp_path / "a.lmdb"))
    assert images.content(0).tobytes() == PHOTOS[0]  # the file is open and in use before they start
    loader = DataLoader(
        Contents(images), batch_size=None, num_workers=2, multiprocessing_context=start
    )
    assert list(loader) == PHOTOS


def test_many_threads_read_the_same_bytes(tmp_path):
    images = LmdbImages(users_file(tmp_path / "a.lmdb"))
    with ThreadPoolExecutor(8) as pool:
        contents = pool.map(lambda n: images.content(n % 5).tobytes(), range(400))
        assert list(contents) == PHOTOS * 80


def test_a_pickled_copy_opens_the_file_anew(tmp_path):
    images = LmdbImages(users_file(tmp_path / "a.lmdb"))
    copy = pickle.loads(pickle.dumps(images))
    assert copy.content(3).tobytes() == PHOTOS[3]
    assert copy.key(3) == images.key(3)


def test_the_projects_own_labels_name_their_photos_too(tmp_path):
    records = users_records([(PHOTOS[0], label("a"))])
    records[b"gt-000000000"] = json.dumps({"filename": "간판.jpg", "words": []}).encode()
    assert LmdbImages(write_records(tmp_path / "a.lmdb", records)).name(0) == "간판.jpg"
