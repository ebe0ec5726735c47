"""Packing labelled photos into an LMDB file with the command, and training on it."""

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from dataset import build_dataset
from dataset.checks import check_dataset
from dataset.sample_data import write_sample_data
from runtime.messages import UserError
from tests.dataset.lmdb_files import all_records, photo_file, users_records, write_records
from tests.inference.command import assert_refused, run, run_here
from tools import make_lmdb

NUM_IMAGES = 8
SETTINGS = {"img_size": 64, "short_size": 64, "pooling_size": 9, "is_transform": True}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "사진"
    write_sample_data(folder, NUM_IMAGES, size=(96, 128), heights=(0.2, 0.3))
    return folder


@pytest.fixture(scope="module")
def packed(drawn: Path) -> Path:
    out = drawn.parent / "사진.lmdb"
    finished = run(
        "tools/make_lmdb.py", drawn / "images", out, "--gt_dir", drawn / "gts", cwd=drawn.parent
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    for part in ("이미지 8장", "문제 없음", "FAST_LMDB", f"lmdb_path={out}"):
        assert part in finished.stdout
    return out


@pytest.fixture
def copied(drawn: Path, tmp_path: Path) -> Path:
    return shutil.copytree(drawn, tmp_path / "data")


def pack(source: Path, out: Path, *options: object, start=run_here):
    return start("tools/make_lmdb.py", source, out, *options, cwd=out.parent)


def folders(data: Path) -> dict[str, object]:
    return {"type": "FAST_IC15", "img_dir": str(data / "images"), "gt_dir": str(data / "gts")}


def database(path: Path) -> dict[str, object]:
    return {"type": "FAST_LMDB", "lmdb_path": str(path)}


def test_photos_are_copied_byte_for_byte_in_their_order(drawn, packed):
    records = all_records(packed)
    assert len(records) == 2 * NUM_IMAGES + 1
    for number in range(NUM_IMAGES):
        name = f"img_{number + 1}.jpg"
        assert records[b"image-%09d" % number] == (drawn / "images" / name).read_bytes()
        label = json.loads(records[b"gt-%09d" % number])
        assert label["filename"] == name
        assert label["size"] == [96, 128]
    assert [file.name for file in packed.iterdir()] == ["data.mdb"]


def test_training_items_are_those_of_the_folders(drawn, packed):
    one, other = (build_dataset(spec | SETTINGS) for spec in (folders(drawn), database(packed)))
    assert one.num_images == other.num_images == NUM_IMAGES
    assert not other.problems
    for key in [(0, 0), (3, 17), (7, 2)]:
        items = one[key], other[key]
        assert items[0].keys() == items[1].keys()
        for name, value in items[0].items():
            assert torch.equal(value, items[1][name]), name
    assert [other.image_name(index) for index in range(3)] == [
        "img_1.jpg",
        "img_2.jpg",
        "img_3.jpg",
    ]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_make_the_same_items_as_one_process(packed, start):
    dataset = build_dataset(database(packed) | SETTINGS)
    alone = [dataset[index] for index in range(NUM_IMAGES)]
    loader = DataLoader(dataset, batch_size=None, num_workers=2, multiprocessing_context=start)
    for item, expected in zip(loader, alone, strict=True):
        assert all(torch.equal(item[name], expected[name]) for name in expected)


def test_a_config_is_packed_by_its_split(drawn, tmp_path):
    config = tmp_path / "config.py"
    config.write_text(f"data = dict(train={folders(drawn)!r}, test={folders(drawn)!r})\n")
    for split in ("train", "test"):
        finished = pack(config, tmp_path / f"{split}.lmdb", "--split", split)
        assert finished.returncode == 0, finished.stderr
    assert all_records(tmp_path / "train.lmdb") == all_records(tmp_path / "test.lmdb")
    assert_refused(pack(config, tmp_path / "val.lmdb", "--split", "val"), "data.val")


def test_a_list_of_data_sets_is_packed_one_by_one(drawn, tmp_path):
    config = tmp_path / "config.py"
    config.write_text(f"data = dict(train=[{folders(drawn)!r}] * 2)\n")
    assert_refused(pack(config, tmp_path / "a.lmdb"), "data.train", "2")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.py"]


def test_broken_photos_and_those_without_a_label_are_left_out_and_listed(copied, tmp_path):
    content = (copied / "images" / "img_3.jpg").read_bytes()
    (copied / "images" / "img_3.jpg").write_bytes(content[: len(content) // 2])
    (copied / "images" / "img_5.jpg").write_bytes(b"")
    (copied / "gts" / "gt_img_6.txt").unlink()
    with (copied / "gts" / "gt_img_7.txt").open("a") as file:
        file.write("1,2,3\n")
    out = tmp_path / "a.lmdb"
    finished = pack(copied / "images", out, "--gt_dir", copied / "gts")
    assert finished.returncode == 0, finished.stderr
    for part in ("이미지 5장", "img_3.jpg", "img_5.jpg", "img_6.jpg", "gt_img_7.txt", "문제 4건"):
        assert part in finished.stdout
    dataset = build_dataset(database(out))
    names = [dataset.image_name(index) for index in range(dataset.num_images)]
    assert names == [f"img_{number}.jpg" for number in (1, 2, 4, 7, 8)]
    assert not check_dataset(dataset).problems


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_goes_on_without_reading_anything_twice(
    copied, packed, tmp_path, monkeypatch, capsys, number, code
):
    (copied / "images" / "img_2.jpg").write_bytes(b"no photo")
    out = tmp_path / "a.lmdb"
    command = ["make_lmdb.py", str(copied / "images"), str(out), "--gt_dir", str(copied / "gts"),
               "--workers", "1"]  # fmt: skip
    monkeypatch.setattr("sys.argv", command)
    read: list[int] = []
    read_sample = make_lmdb.read_sample

    def read_and_interrupt(dataset, index):
        read.append(index)
        if index == 5:
            os.kill(os.getpid(), number)
        return read_sample(dataset, index)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(make_lmdb, "read_sample", read_and_interrupt)
        assert make_lmdb.main() == code
    assert "이어서" in capsys.readouterr().err
    assert not out.exists()
    kept = len(all_records(tmp_path / "a.lmdb.partial")) // 2
    assert kept > 0
    read.clear()
    monkeypatch.setattr(
        make_lmdb, "read_sample", lambda *photo: read.append(photo[1]) or read_sample(*photo)
    )
    assert make_lmdb.main() == 0
    # the broken photo is looked at again, and then what had not been written
    assert read == [1, *range(kept + 1, NUM_IMAGES)]
    assert "img_2.jpg" in capsys.readouterr().out
    fresh = tmp_path / "fresh.lmdb"
    assert pack(copied / "images", fresh, "--gt_dir", copied / "gts").returncode == 0
    assert all_records(out) == all_records(fresh)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.lmdb", "data", "fresh.lmdb"]


def test_a_photo_that_was_mended_between_two_runs_is_packed_in_its_place(
    copied, tmp_path, monkeypatch, packed
):
    content = (copied / "images" / "img_2.jpg").read_bytes()
    status = (copied / "images" / "img_2.jpg").stat()
    (copied / "images" / "img_2.jpg").write_bytes(b"no photo")
    out = tmp_path / "a.lmdb"
    options = "--gt_dir", copied / "gts"

    def stop(*arguments, **settings):
        raise UserError("interrupted")

    with monkeypatch.context() as stopped:
        stopped.setattr("dataset.lmdb_writer.LmdbWriter.finish", stop)
        stopped.setattr("dataset.lmdb_writer._COMMIT_RECORDS", 1)
        assert pack(copied / "images", out, *options).returncode == 2
    (copied / "images" / "img_2.jpg").write_bytes(content)
    os.utime(copied / "images" / "img_2.jpg", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert pack(copied / "images", out, *options).returncode == 0
    assert all_records(out) == all_records(packed)


def test_a_users_database_is_packed_anew_with_labels_that_are_json(tmp_path):
    photo = photo_file(40, 80, kind="JPEG")
    label = {
        "bboxes": [[0.125, 0.25, 0.5, 0.25, 0.5, 0.75, 0.125, 0.75]],
        "words": ["간판"],
        "filename": "a.jpg",
    }
    users = write_records(tmp_path / "users.lmdb", users_records([(photo, label)] * 3, first=1))
    config = tmp_path / "config.py"
    config.write_text(f"data = dict(train={database(users)!r})\n")
    finished = pack(config, tmp_path / "own.lmdb")
    assert finished.returncode == 0, finished.stderr
    records = all_records(tmp_path / "own.lmdb")
    assert records[b"image-000000000"] == photo
    own = json.loads(records[b"gt-000000000"])
    assert (own["filename"], own["size"]) == ("a.jpg", [40, 80])
    assert own["words"] == [
        {"points": [[10, 10], [40, 10], [40, 30], [10, 30]], "text": "간판", "ignore": False}
    ]
    one, other = (build_dataset(database(tmp_path / f"{name}.lmdb")) for name in ("users", "own"))
    np.testing.assert_array_equal(one.words(2)[0].points, other.words(2)[0].points)


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_database_that_is_none_is_said_in_one_sentence(tmp_path, content):
    users = tmp_path / "users.lmdb"
    users.write_bytes(content)
    config = tmp_path / "config.py"
    config.write_text(f"data = dict(train={database(users)!r})\n")
    assert_refused(pack(config, tmp_path / "own.lmdb"), "users.lmdb")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.py", "users.lmdb"]


def test_a_hostile_database_runs_nothing_and_is_refused(tmp_path):
    canary = tmp_path / "canary"
    records = users_records([(photo_file(20, 20), {})])
    command = f"touch {canary}".encode()
    records[b"gt-000000000"] = b"cos\nsystem\n(S'" + command + b"'\ntR."
    users = write_records(tmp_path / "users.lmdb", records)
    config = tmp_path / "config.py"
    config.write_text(f"data = dict(train={database(users)!r})\n")
    assert_refused(pack(config, tmp_path / "own.lmdb"), "os.system")
    assert not canary.exists()


def test_wrong_usage_is_refused_and_leaves_nothing_behind(drawn, packed, tmp_path):
    out = tmp_path / "a.lmdb"
    assert_refused(pack(drawn / "nowhere", out), "nowhere")
    assert_refused(pack(drawn / "images", packed, "--gt_dir", drawn / "gts"), str(packed))
    assert_refused(pack(drawn / "images", out, "--gt_dir", drawn / "none"), "none")
    assert_refused(pack(drawn / "images", out, "--format", "xyz", "--gt_dir", drawn / "gts"), "xyz")
    assert list(tmp_path.iterdir()) == []


def test_photos_that_are_all_broken_leave_no_file(copied, tmp_path):
    for photo in (copied / "images").iterdir():
        photo.write_bytes(b"no photo")
    assert_refused(pack(copied / "images", tmp_path / "a.lmdb", "--gt_dir", copied / "gts"), "8")
    assert [file.name for file in tmp_path.iterdir()] == ["data"]
