"""A run's checkpoints are whole whenever it is killed, and on a full disk the old ones stay."""

import errno
import functools
import os
import pickle
import resource
import signal
import warnings
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from runtime import checkpoint_folder
from runtime.checkpoint_folder import (
    BEST,
    LATEST,
    CheckpointFolder,
    save_atomically,
    state_bytes,
)
from runtime.messages import UserError


def epochs_in(folder) -> dict[str, int]:
    return {
        path.name: torch.load(path, weights_only=True)["epoch"] for path in sorted(folder.iterdir())
    }


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path):
    path = tmp_path / LATEST
    save_atomically({"epoch": 1}, path)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        save_atomically({"epoch": lambda: None}, path)
    assert epochs_in(tmp_path) == {LATEST: 1}


def test_a_folder_holds_latest_best_and_the_newest_epochs(tmp_path):
    folder = CheckpointFolder(tmp_path / "out", keep=2)
    for epoch in (5, 10, 15):
        folder.write({"epoch": epoch}, epoch, best=epoch == 10)
    assert epochs_in(tmp_path / "out") == {
        BEST: 10,
        "checkpoint_epoch_10.pth": 10,
        "checkpoint_epoch_15.pth": 15,
        LATEST: 15,
    }


def test_temporary_files_of_a_killed_run_are_cleared_away(tmp_path):
    (tmp_path / ".checkpoint_latest.pth.123.tmp").write_bytes(b"half")
    CheckpointFolder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_users_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        CheckpointFolder(tmp_path / "file" / "out")
    assert caught.value.key == "checkpoint.cannot_write"


def in_a_process_of_its_own(work) -> int:
    """Run ``work`` in a child; gives its exit code, or minus the signal that ended it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking with PyTorch's threads
        child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write_and_die(folder: Path, steps: int) -> None:
    """Write epoch 2; this process kills itself before it asks the file system for one more."""
    writer, left = CheckpointFolder(folder), [steps]

    def dying(function):
        def call(*arguments, **options):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    for owner, names in ((os, ("link", "fsync", "open")), (Path, ("replace", "open", "unlink"))):
        for name in names:
            setattr(owner, name, dying(getattr(owner, name)))
    writer.write({"epoch": 2}, epoch=2, best=True)


def test_a_kill_between_any_two_steps_leaves_every_file_whole_and_latest_behind_the_others(
    tmp_path,
):
    """Killed before each call to the file system in turn; then the epoch is simply repeated."""
    for steps in range(40):
        out = tmp_path / str(steps)
        CheckpointFolder(out).write({"epoch": 1}, epoch=1, best=True)
        code = in_a_process_of_its_own(functools.partial(write_and_die, out, steps))
        assert code in (0, -signal.SIGKILL)
        folder = CheckpointFolder(out)
        found = epochs_in(out)
        assert found["checkpoint_epoch_1.pth"] == 1
        assert found[LATEST] in (1, 2) and found.get("checkpoint_epoch_2.pth", 2) == 2
        assert found[LATEST] <= found[BEST]
        folder.write({"epoch": 2}, epoch=2, best=True)
        assert epochs_in(out) == {
            BEST: 2, "checkpoint_epoch_1.pth": 1, "checkpoint_epoch_2.pth": 2, LATEST: 2,
        }  # fmt: skip
        if code == 0:
            break
    assert 8 <= steps < 39


@pytest.fixture
def little_disk(tmp_path, monkeypatch):
    """A disk that ``limit["bytes"]`` of data fit on, counted once however many names they have."""
    limit = {"bytes": 10**9}
    write = checkpoint_folder._Noting.write

    def used() -> int:
        return sum(
            {path.stat().st_ino: path.stat().st_size for path in tmp_path.iterdir()}.values()
        )

    def limited(self, content: bytes) -> int:
        if used() + len(content) > limit["bytes"]:
            self.error = OSError(limit.get("errno", errno.ENOSPC), "full")
            raise self.error
        return write(self, content)

    monkeypatch.setattr(checkpoint_folder._Noting, "write", limited)
    return limit


def content_of(epoch: int) -> dict:
    return {"epoch": epoch, "weights": torch.full((25_000,), float(epoch))}  # 100 kB


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_leaves_the_old_files_and_says_how_much_is_needed(
    tmp_path, little_disk, number
):
    folder = CheckpointFolder(tmp_path)
    folder.write(content_of(1), epoch=1, best=True)
    little_disk |= {"bytes": 150_000, "errno": number}
    with pytest.raises(UserError) as caught:
        folder.write(content_of(2), epoch=2, best=True)
    assert caught.value.key == "checkpoint.no_room"
    assert str(tmp_path / LATEST) in str(caught.value)
    assert caught.value.fields["needed"] == pytest.approx(0.2, abs=0.01)  # 0.1 + 0.1 of overhead
    assert epochs_in(tmp_path) == {"checkpoint_best.pth": 1, "checkpoint_epoch_1.pth": 1, LATEST: 1}


def test_a_full_disk_takes_the_oldest_epochs_where_only_some_are_kept_but_never_the_best(
    tmp_path, little_disk
):
    folder = CheckpointFolder(tmp_path, keep=9)
    for epoch in (1, 2, 3, 4):
        folder.write(content_of(epoch), epoch, best=epoch == 1)
    # Epochs 1 to 4 take 400 kB; two of them have to go for the fifth, and the first is the best.
    little_disk["bytes"] = 330_000
    removed = folder.write(content_of(5), epoch=5)
    assert [path.name for path in removed] == ["checkpoint_epoch_2.pth", "checkpoint_epoch_3.pth"]
    assert epochs_in(tmp_path) == {
        BEST: 1,
        "checkpoint_epoch_1.pth": 1,
        "checkpoint_epoch_4.pth": 4,
        "checkpoint_epoch_5.pth": 5,
        LATEST: 5,
    }


def test_where_nothing_more_can_go_the_disk_is_full(tmp_path, little_disk):
    folder = CheckpointFolder(tmp_path, keep=9)
    folder.write(content_of(1), epoch=1, best=True)
    little_disk["bytes"] = 150_000
    with pytest.raises(UserError) as caught:
        folder.write(content_of(2), epoch=2)
    assert caught.value.key == "checkpoint.no_room"
    assert len(epochs_in(tmp_path)) == 3


def test_a_limit_of_the_system_on_file_sizes_is_a_full_disk(tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.write({"epoch": 1})

    def write_too_much() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        with pytest.raises(UserError) as caught:
            folder.write(content_of(2), epoch=2, best=True)
        assert caught.value.key == "checkpoint.no_room"

    assert in_a_process_of_its_own(write_too_much) == 0
    assert epochs_in(tmp_path) == {LATEST: 1}


def test_without_hard_links_the_names_are_copies(tmp_path, monkeypatch):
    def no_links(source, target):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    CheckpointFolder(tmp_path).write({"epoch": 3}, epoch=3, best=True)
    assert epochs_in(tmp_path) == {BEST: 3, "checkpoint_epoch_3.pth": 3, LATEST: 3}
    assert {path.stat().st_nlink for path in tmp_path.iterdir()} == {1}


def test_the_size_of_a_file_is_estimated_from_its_tensors(tmp_path):
    weights = {f"layer{n}.weight": torch.zeros(1000 + n) for n in range(200)}
    content = {"state_dict": weights, "again": weights, "views": [weights["layer1.weight"][3:9]]}
    torch.save(content, tmp_path / "a.pth")
    size = (tmp_path / "a.pth").stat().st_size
    assert size <= state_bytes(content) <= 1.5 * size


def free(monkeypatch, num_bytes: int) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(
        checkpoint_folder.shutil, "disk_usage", lambda path: usage(10**12, 0, num_bytes)
    )


def test_a_run_whose_epochs_will_not_fit_is_warned_before_it_starts(tmp_path, monkeypatch):
    folder = CheckpointFolder(tmp_path)
    free(monkeypatch, 12_000_000)
    assert folder.check_room(1_000_000, epoch_files=9) is None  # with latest, best, temporary: 12
    assert "10" in folder.check_room(1_000_000, epoch_files=10)
    assert list(tmp_path.iterdir()) == []


def test_files_that_will_be_replaced_need_no_more_room(tmp_path, monkeypatch):
    folder = CheckpointFolder(tmp_path)
    folder.write({"epoch": 1}, best=True)
    folder.write({"epoch": 2})
    free(monkeypatch, 1_000_000)
    assert folder.check_room(1_000_000, epoch_files=0) is None
    assert folder.check_room(1_000_000, epoch_files=1) is not None


@pytest.mark.parametrize("fits", [True, False])
def test_room_is_really_reserved_so_that_a_quota_is_noticed(tmp_path, monkeypatch, fits):
    reserved = []

    def reserve(descriptor: int, start: int, length: int) -> None:
        reserved.append(length)
        if len(reserved) == 3 and not fits:
            raise OSError(errno.EDQUOT, "quota")

    monkeypatch.setattr(os, "posix_fallocate", reserve)
    folder = CheckpointFolder(tmp_path)
    if fits:
        assert folder.check_room(1000, epoch_files=0) is None
    else:
        with pytest.raises(UserError) as caught:
            folder.check_room(1000, epoch_files=0)
        assert caught.value.key == "checkpoint.no_room"
    assert reserved == [1000] * 3
    assert list(tmp_path.iterdir()) == []
