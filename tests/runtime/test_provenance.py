"""A checkpoint says where it comes from, and notices when its weights are not its own any more."""

import copy
import json
import subprocess
from datetime import datetime, timedelta

import numpy as np
import pytest
import torch

from runtime import provenance as module
from runtime.checkpoint import read_checkpoint
from runtime.checkpoint_folder import save_atomically
from runtime.provenance import broken_groups, digest, git_revision, provenance, seal

DATA = [{"name": "ic15", "images": 10, "words": 70, "digest": "ab12"}]


def test_a_record_is_plain_data_that_a_file_gives_back_unchanged(tmp_path):
    config = {"data": {"train": {"img_size": (640, 640)}}, "train_cfg": {"lr": 1e-4}}
    metrics = {"hmean": np.float64(0.5), "loss": torch.tensor(0.25)}
    record = provenance(config, DATA, metrics)
    assert record["config"]["data"]["train"]["img_size"] == [640, 640]
    assert (record["data"], record["metrics"]) == (DATA, {"hmean": 0.5, "loss": 0.25})
    assert record["versions"]["torch"] == torch.__version__
    assert {"python", "numpy", "torchvision", "opencv"} <= record["versions"].keys()
    age = datetime.now().astimezone() - datetime.fromisoformat(record["time"])
    assert timedelta() <= age < timedelta(minutes=1)
    path = tmp_path / "a.pth"
    save_atomically({"ema": {"backbone.a": torch.ones(1)}, "provenance": record}, path)
    assert torch.load(path, weights_only=True)["provenance"] == record
    assert read_checkpoint(path).content["provenance"] == record
    assert json.loads(json.dumps(record)) == record


@pytest.fixture
def repository(tmp_path):
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init")
    (tmp_path / "a.py").write_text("1")
    git("add", "a.py")
    git("commit", "-m", "first")
    git_revision.cache_clear()
    yield tmp_path, git
    git_revision.cache_clear()


def test_the_revision_says_whether_tracked_files_have_changed(repository):
    folder, git = repository
    (folder / "untracked.txt").write_text("")
    assert git_revision(folder) == {"revision": git("rev-parse", "HEAD"), "changed": False}
    git_revision.cache_clear()
    (folder / "a.py").write_text("2")
    assert git_revision(folder)["changed"] is True


def test_a_variable_of_a_git_hook_does_not_lead_to_another_repository(repository, monkeypatch):
    folder, git = repository
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert len(git_revision(folder)["revision"]) == 40


def test_without_git_or_a_repository_there_is_no_revision(repository, monkeypatch):
    folder, _ = repository
    below = folder / "below"  # within a repository that is somebody else's
    below.mkdir()
    assert git_revision(below) == {}

    def hangs(*arguments, **options):
        raise subprocess.TimeoutExpired("git", options["timeout"])

    monkeypatch.setattr(module.subprocess, "run", hangs)
    assert git_revision(folder) == {}
    git_revision.cache_clear()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "")
    assert git_revision(folder) == {}


def test_git_is_asked_once_per_process(repository, monkeypatch):
    folder, _ = repository
    first = git_revision(folder)
    monkeypatch.setattr(module.subprocess, "run", None)
    assert git_revision(folder) == first


def trained() -> dict:
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.rand(2, 2, 5, 5)).sum().backward()
    optimizer.step()
    return {
        "state_dict": model.state_dict(),
        "ema": {key: value.to(torch.bfloat16) for key, value in model.state_dict().items()},
        "optimizer": optimizer.state_dict(),
        "epoch": 1,
    }


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_is_read_and_saved_again_is_still_as_it_was(tmp_path, zipped):
    content = trained()
    seal(content)
    assert content["integrity"].keys() == {"state_dict", "ema", "optimizer"}
    for number in range(3):
        path = tmp_path / f"{number}.pth"
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        content = read_checkpoint(path).content
        assert broken_groups(content) == []


def test_a_resumed_optimizer_has_the_same_seal():
    content = trained()
    seal(content)
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
    model.load_state_dict(content["state_dict"])
    optimizer = torch.optim.AdamW(model.parameters())
    optimizer.load_state_dict(content["optimizer"])
    again = {"state_dict": model.state_dict(), "optimizer": optimizer.state_dict()}
    seal(again)
    assert again["integrity"].items() <= content["integrity"].items()


def change_a_bit(content):
    content["ema"]["0.weight"].view(torch.int16)[1, 0, 2, 1] ^= 1


def rename(content):
    content["ema"]["0.weights"] = content["ema"].pop("0.weight")


def reshape(content):
    content["ema"]["0.weight"] = content["ema"]["0.weight"].reshape(-1)


def retype(content):
    content["ema"]["0.weight"] = content["ema"]["0.weight"].view(torch.float16)


def drop(content):
    del content["ema"]["0.weight"]


def drop_all(content):
    del content["ema"]


@pytest.mark.parametrize("change", [change_a_bit, rename, reshape, retype, drop, drop_all])
def test_any_change_of_a_group_breaks_its_seal_and_no_other(change):
    content = copy.deepcopy(trained())
    seal(content)
    change(content)
    assert broken_groups(content) == ["ema"]


def test_a_number_of_the_optimizer_is_sealed_too():
    content = trained()
    seal(content)
    content["optimizer"]["param_groups"][0]["lr"] *= 1.0000001
    assert broken_groups(content) == ["optimizer"]


@pytest.mark.parametrize("seal_of_another", [3, {"ema": 1}, {"weights": "ab"}, {1: "ab"}])
def test_a_seal_that_is_none_is_broken(seal_of_another):
    content = {**trained(), "integrity": seal_of_another}
    assert broken_groups(content) in (["integrity"], ["ema"])


def test_a_file_without_a_seal_is_not_broken():
    assert broken_groups({"ema": {}}) == []


def test_the_digest_depends_on_values_and_not_on_order_or_memory():
    one, two = torch.arange(6.0).view(2, 3), torch.ones(2, dtype=torch.bool)
    whole = {"a": one, "b": two, 1: (1, 2)}
    spread = torch.zeros(3, 2).t().copy_(one)
    assert digest(whole) == digest({1: [1, 2], "b": two, "a": spread})
    assert not spread.is_contiguous()
    others = (
        {"a": one, "b": two, "1": (1, 2)},
        {"a": one, "b": two.to(torch.uint8), 1: (1, 2)},
        {"a": two, "b": one, 1: (1, 2)},
        {"a": one, "b": {"b": two}, 1: (1, 2)},
        {"a": one, "b": two, 1: (1, 2.0)},
    )
    assert len({digest(whole), *map(digest, others)}) == 6
