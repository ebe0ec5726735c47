"""What is in everybody's checkpoints, and whether it fits a model."""

import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from runtime.checkpoint import Checkpoint, read_checkpoint, restore
from runtime.messages import UserError
from runtime.provenance import seal


class TwoParts(nn.Module):
    """A stand-in with the names of a FAST model."""

    def __init__(self, blocks: tuple[int, int, int, int] = (3, 4, 4, 4)) -> None:
        super().__init__()
        self.backbone = nn.Module()
        self.backbone.first_conv = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        for stage, count in enumerate(blocks, start=1):
            layers = nn.Sequential(*(nn.Conv2d(4, 4, 1) for _ in range(count)))
            setattr(self.backbone, f"stage{stage}", layers)
        self.det_head = nn.Conv2d(4, 5, 1)


def prefixed(weights):
    return {f"module.{key}": value for key, value in weights.items()}


def doubled(weights):
    return {key: value * 2 for key, value in weights.items()}


def saved(tmp_path: Path, content, name="a.pth") -> Path:
    torch.save(content, tmp_path / name)
    return tmp_path / name


def test_an_upstream_training_checkpoint_gives_its_ema_and_its_epoch(tmp_path):
    weights = TwoParts().state_dict()
    content = {
        "epoch": 4,
        "iter": 0,
        "state_dict": prefixed(weights),
        "optimizer": {},
        "ema": prefixed(doubled(weights)),
    }
    found = read_checkpoint(saved(tmp_path, content))
    assert (found.source, found.epoch) == ("ema", 4)
    assert torch.equal(found.weights["det_head.weight"], weights["det_head.weight"] * 2)
    raw = read_checkpoint(tmp_path / "a.pth", prefer_ema=False)
    assert raw.source == "state_dict"
    assert torch.equal(raw.weights["det_head.weight"], weights["det_head.weight"])


def test_a_release_with_the_ema_alone_has_no_epoch(tmp_path):
    found = read_checkpoint(saved(tmp_path, {"ema": prefixed(TwoParts().state_dict())}))
    assert (found.source, found.epoch) == ("ema", None)


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_bare_weights_are_read_from_either_kind_of_file(tmp_path, suffix):
    weights = TwoParts().state_dict()
    path = tmp_path / f"a.{suffix}"
    save_file(weights, path) if suffix == "safetensors" else torch.save(weights, path)
    found = read_checkpoint(path)
    assert (found.source, found.epoch) == ("weights", None)
    model = TwoParts()
    restore(model, found)
    assert torch.equal(model.state_dict()["det_head.bias"], weights["det_head.bias"])


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_weights_in_16_bit_are_trained_on_in_32(tmp_path, kind):
    weights = {key: value.to(kind) if value.dim() > 1 else value
               for key, value in TwoParts().state_dict().items()}  # fmt: skip
    save_file(weights, tmp_path / "a.safetensors")
    found = read_checkpoint(tmp_path / "a.safetensors").weights
    assert found["det_head.weight"].dtype == torch.float32
    assert torch.equal(found["det_head.weight"], weights["det_head.weight"].float())
    counter = found["backbone.first_conv.1.num_batches_tracked"]
    assert counter.dtype == torch.int64


def test_imagenet_weights_fill_the_backbone_and_leave_the_rest_alone(tmp_path):
    source, model = TwoParts(), TwoParts()
    head = model.det_head.weight.clone()
    classifier = {"head.weight": torch.zeros(10, 4)}
    path = saved(tmp_path, {"state_dict": source.backbone.state_dict() | classifier})
    found = read_checkpoint(path)
    restore(model, found)
    assert found.source == "backbone"
    assert torch.equal(model.backbone.stage1[0].weight, source.backbone.stage1[0].weight)
    assert torch.equal(model.det_head.weight, head)


class Runs:
    """An object whose pickle runs a shell command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return (os.system, (self.command,))


def truncated_checkpoint(tmp_path):
    whole = saved(tmp_path, {"ema": TwoParts().state_dict()}, "whole.pth").read_bytes()
    return whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "checkpoint.empty"),
        (b"<!DOCTYPE html><html>404</html>", "checkpoint.html"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "checkpoint.lfs_pointer"),
        (b"not a checkpoint at all", "checkpoint.unreadable"),
        (truncated_checkpoint, "checkpoint.unreadable"),
    ],
)
def test_what_is_no_checkpoint_is_one_clear_sentence(tmp_path, content, key):
    path = tmp_path / "체크포인트.pth"
    path.write_bytes(content(tmp_path) if callable(content) else content)
    with pytest.raises(UserError) as caught:
        read_checkpoint(path)
    assert caught.value.key == key
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_truncated_file_is_unreadable_whatever_its_suffix(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    weights = TwoParts().state_dict()
    save_file(weights, path) if suffix == "safetensors" else torch.save(weights, path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UserError) as caught:
        read_checkpoint(path)
    assert caught.value.key == "checkpoint.unreadable"


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path, key in ((tmp_path / "none.pth", "missing"), (tmp_path, "directory")):
        with pytest.raises(UserError) as caught:
            read_checkpoint(path)
        assert caught.value.key == f"checkpoint.{key}"


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path, protocol):
    canary = tmp_path / "canary"
    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(Runs(f"touch {canary}"), protocol))
    with pytest.raises(UserError) as caught:
        read_checkpoint(path)
    assert caught.value.key == "checkpoint.unsafe"
    assert not canary.exists()


def test_code_hidden_in_a_torch_file_is_named(tmp_path):
    canary = tmp_path / "canary"
    path = saved(tmp_path, {"ema": TwoParts().state_dict(), "extra": Runs(f"touch {canary}")})
    with pytest.raises(UserError, match="system") as caught:
        read_checkpoint(path)
    assert caught.value.key == "checkpoint.unsafe"
    assert not canary.exists()


def test_weights_that_are_not_finite_are_refused(tmp_path):
    weights = TwoParts().state_dict()
    weights["det_head.bias"][0] = float("nan")
    with pytest.raises(UserError) as caught:
        read_checkpoint(saved(tmp_path, weights))
    assert caught.value.key == "checkpoint.not_finite"
    assert "det_head.bias" in str(caught.value)


def test_a_checkpoint_of_another_size_names_both_and_the_way_out(tmp_path):
    tiny = read_checkpoint(saved(tmp_path, TwoParts((3, 4, 4, 4)).state_dict()))
    with pytest.raises(UserError) as caught:
        restore(TwoParts((10, 10, 8, 5)), tiny)
    text = str(caught.value)
    assert "FAST-tiny" in text and "FAST-base" in text and "fast_tiny.config" in text
    assert "36" in text  # 18 more layers, each a weight and a bias


def test_weights_of_another_network_count_what_is_missing_and_extra():
    foreign = Checkpoint(Path("x.pth"), {"encoder.weight": torch.zeros(1)}, "weights", None, {})
    model = TwoParts()
    with pytest.raises(UserError) as caught:
        restore(model, foreign)
    assert caught.value.key == "checkpoint.does_not_fit"
    counted = [key for key in model.state_dict() if "num_batches" not in key]
    assert caught.value.fields["missing"] == len(counted)
    assert caught.value.fields["extra"] == 1


def test_weights_that_are_not_those_that_were_saved_are_refused_and_named(tmp_path):
    content = {"state_dict": TwoParts().state_dict(), "ema": TwoParts().state_dict()}
    seal(content)
    assert read_checkpoint(saved(tmp_path, content)).source == "ema"
    content["ema"]["det_head.bias"][0] += 1e-6
    with pytest.raises(UserError, match="ema") as caught:
        read_checkpoint(saved(tmp_path, content))
    assert caught.value.key == "checkpoint.not_as_saved"
