"""Names in labels and databases lead to no file outside of the folders that the user named."""

import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset import TextDataset, build_dataset
from dataset.doctor.examination import examine
from dataset.doctor.repair import write_repaired
from dataset.labels import Word
from inference.submission import write_submission
from tests.dataset.label_writers import Image
from tests.dataset.lmdb_files import photo_file, users_records, write_records
from tests.dataset.test_every_format import EVERY_WRITER
from tests.inference.command import run_here

CORNERS = np.array([(20, 20), (80, 20), (80, 50), (20, 50)], np.float32)
SIZE = (96, 160)
PLACEHOLDER = "named_by_the_label.png"
# {outside}: the folder that must not be reached.
HOSTILE = [
    "../outside/secret.png",
    "../../../../../../../../etc/passwd",
    "{outside}/secret.png",
    "..\\\\outside\\\\secret.png",
    "C:\\\\Windows\\\\secret.png",
    "link/secret.png",
    "img_1.png/../../outside/secret.png",
    "../outside/secret.png\0.png",
    "..",
    ".",
    "",
    "가" * 3000 + ".png",
]

_opened: list[str] | None = None


def _note_opening(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened is not None and isinstance(arguments[0], str | bytes):
        name = arguments[0]
        _opened.append(name.decode(errors="replace") if isinstance(name, bytes) else name)


@pytest.fixture(scope="module", autouse=True)
def watch() -> None:
    """Python has no way to take such a hook away again; without a list it does nothing."""
    sys.addaudithook(_note_opening)


@contextmanager
def openings() -> Iterator[list[str]]:
    """Every file that is opened meanwhile, with the links in its path followed."""
    global _opened
    _opened, found = [], []
    try:
        yield found
    finally:
        opened, _opened = _opened, None
        found += [str(Path(name.replace("\0", "")).resolve()) for name in opened]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos, the labels' folder, and beside them what nobody may touch, with a link to it."""
    for name in ("outside/secret.png", "data/images/img_1.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_bytes(photo_file(*SIZE))
    (tmp_path / "data/labels").mkdir()
    (tmp_path / "data/images/link").symlink_to(tmp_path / "outside")
    return tmp_path


def images(names: Sequence[str]) -> list[Image]:
    return [(name, SIZE, [Word(CORNERS, "word", False, 1)]) for name in names]


def assert_untouched(folder: Path, opened: Sequence[str]) -> None:
    outside = str((folder / "outside").resolve())
    assert [name for name in opened if name.startswith((outside, "/etc/passwd"))] == []
    assert any(str(folder) in name for name in opened)
    assert [path.name for path in (folder / "outside").iterdir()] == ["secret.png"]
    assert sorted(path.name for path in folder.iterdir()) == ["data", "outside"]


def use_everywhere(spec: dict[str, Any], folder: Path) -> TextDataset:
    """Train with a data set, mend it, and pack it; results go into ``data``."""
    dataset = build_dataset({**spec, "img_size": 64, "short_size": 64})
    assert len(dataset) == 1
    for index in range(len(dataset)):
        assert dataset[index]["imgs"].shape == (3, 64, 64)
        assert folder / "data" in dataset.image_path(index).parents
        assert ".." not in dataset.image_path(index).parts
    dataset.fingerprint()
    write_repaired(examine({"train": spec}), folder / "data/mended")
    copies = [path for path in (folder / "data/mended").rglob("*") if path.is_file()]
    assert len(copies) == 2 * dataset.num_images
    paths = [dataset.image_path(index) for index in range(dataset.num_images)]
    write_submission([(path, []) for path in paths], folder / "data/submission.zip")
    with zipfile.ZipFile(folder / "data/submission.zip") as entries:
        assert not any("/" in name or "\\" in name for name in entries.namelist())
    return dataset


def name_hostile(files: Sequence[Path], name: str) -> None:
    """Put a name into label files, in the place of ``PLACEHOLDER``."""
    for path in files:
        written = json.dumps(name, ensure_ascii=False)[1:-1] if path.suffix == ".json" else name
        path.write_text(path.read_text("utf-8").replace(PLACEHOLDER, written), "utf-8")


@pytest.mark.parametrize("hostile", HOSTILE, ids=[name[:40] for name in HOSTILE])
@pytest.mark.parametrize("name", EVERY_WRITER)
def test_no_label_leads_out_of_the_folder(folder, name, hostile):
    hostile, labels = hostile.format(outside=folder / "outside"), folder / "data/labels"
    if name == "synth_text":
        EVERY_WRITER[name](labels, images(["img_1.png", hostile.replace("\0", "")]))
    else:
        EVERY_WRITER[name](labels, images(["img_1.png", PLACEHOLDER]))
        name_hostile(list(labels.iterdir()), hostile)
    spec = {"type": "FAST_Data", "img_dir": str(folder / "data/images"), "format": name}

    with openings() as opened:
        dataset = use_everywhere({**spec, "gt_dir": str(labels)}, folder)

    assert [dataset.image_name(index) for index in range(len(dataset))] == ["img_1.png"]

    assert_untouched(folder, opened)


@pytest.mark.parametrize("hostile", HOSTILE, ids=[name[:40] for name in HOSTILE])
def test_no_database_leads_out_of_the_folder(folder, hostile):
    name = hostile.format(outside=folder / "outside")
    label = {"bboxes": [[0.2, 0.2, 0.6, 0.2, 0.6, 0.6, 0.2, 0.6]], "words": ["a"]}
    sample = photo_file(*SIZE), {**label, "filename": name}
    path = write_records(folder / "data/photos.lmdb", users_records([sample]))
    spec = {"type": "FAST_LMDB", "lmdb_path": str(path)}

    with openings() as opened:
        use_everywhere(spec, folder)
        packed = run_here(
            "tools/make_lmdb.py", path, "packed.lmdb", "--lang", "en", cwd=folder / "data"
        )

    assert packed.returncode == 0, packed.stderr
    again = build_dataset({**spec, "lmdb_path": str(folder / "data/packed.lmdb")})
    assert again.num_images == 1
    assert Path(again.image_name(0)).name == again.image_name(0) != ".."
    assert_untouched(folder, opened)


def test_links_to_other_folders_are_not_followed_among_photos_in_subfolders(folder):
    photos = folder / "data/images"
    (photos / "below").mkdir()
    (photos / "img_1.png").rename(photos / "below" / "img_1.png")
    labels = EVERY_WRITER["paddle"](
        folder / "data/labels", images(["below/img_1.png", "link/secret.png"])
    )

    with openings() as opened:
        dataset = build_dataset(
            {"type": "FAST_Data", "img_dir": str(photos), "gt_dir": str(labels[0].parent)}
        )
        items = [dataset[index] for index in range(len(dataset))]

    assert [dataset.image_name(0), len(items)] == ["below/img_1.png", 1]
    assert [problem.image for problem in dataset.problems] == ["link/secret.png"]
    assert_untouched(folder, opened)
