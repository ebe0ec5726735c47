"""Files of both of PyTorch's formats are read as torch.load reads them; what is no file is not."""

import os
import socket
import threading
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from runtime.checkpoint_reading import read_content, shown
from runtime.messages import UserError
from runtime.random_state import random_state

DTYPES = (
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
    torch.int16, torch.int8, torch.uint8, torch.bool,
)  # fmt: skip


def everything() -> dict:
    """One of each kind of value that checkpoints hold."""
    base = torch.arange(24.0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    model.to(memory_format=torch.channels_last)
    return {
        **{f"of {dtype}": torch.arange(7).to(dtype) for dtype in DTYPES},
        "state_dict": model.state_dict(),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(0, 3),
        "views": [base[3:9].view(2, 3), base.view(4, 6).t(), base[::5]],
        "numbers": [0, -1, 255, 65_536, -(2**31), 2**62, -(10**30), 0.1, float("inf")],
        "nested": {"list": [[], ()], "tuple": (1, (2, 3), "셋"), 4: {"flag": True, "none": None}},
        "bytes": b"\x00\xff",
        "set": {1, 2},
        "size": torch.Size([2, 3]),
        "ordered": OrderedDict(b=1, a=2),
        "random": random_state(),
    }


def same(one, other) -> bool:
    if isinstance(other, torch.Tensor):
        alike = one.dtype == other.dtype and one.stride() == other.stride()
        return alike and torch.equal(one, other)
    if isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in other)
    if isinstance(other, list | tuple):
        kind = tuple if isinstance(other, tuple) else list
        return type(one) is kind and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("zipped", [True, False])
def test_all_kinds_of_values_are_read_as_torch_reads_them(tmp_path, zipped):
    path = tmp_path / "a.pth"
    torch.save(everything(), path, _use_new_zipfile_serialization=zipped)
    assert same(read_content(path), torch.load(path, weights_only=True))


def test_tensors_that_share_memory_still_do(tmp_path):
    base = torch.arange(6.0)
    torch.save({"whole": base, "part": base[2:4]}, tmp_path / "a.pth")
    content = read_content(tmp_path / "a.pth")
    content["whole"][2] = 7
    assert content["part"].tolist() == [7, 3]


def test_a_type_of_data_that_no_network_here_has_is_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.ones(2).to(torch.float8_e5m2)}, path)
    with pytest.raises(UserError) as caught:
        read_content(path)
    assert caught.value.key == "checkpoint.unreadable"


def test_a_safetensors_header_longer_than_the_file_is_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}" * 20)
    with pytest.raises(UserError) as caught:
        read_content(path)
    assert caught.value.key == "checkpoint.unreadable"


def refused(path) -> str:
    """The key of the message; fails where nothing comes within a second."""
    keys = []

    def read() -> None:
        try:
            read_content(Path(path))
        except UserError as error:
            keys.append(error.key)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(timeout=5)
    assert keys
    return keys[0]


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.pth")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.pth").symlink_to(tmp_path / "folder")
    (tmp_path / "loop.pth").symlink_to(tmp_path / "loop.pth")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        found = {
            name: refused(tmp_path / name)
            for name in ("pipe.pth", "socket", "folder", "link.pth", "loop.pth")
        }
    assert found == {
        "pipe.pth": "checkpoint.no_file",
        "socket": "checkpoint.no_file",
        "folder": "checkpoint.directory",
        "link.pth": "checkpoint.directory",
        "loop.pth": "checkpoint.cannot_open",
    }
    assert refused("/dev/zero") == refused("/dev/null") == "checkpoint.no_file"


def test_a_path_that_no_system_takes_is_a_users_error(tmp_path):
    assert refused(tmp_path / ("a" * 300)) == "checkpoint.cannot_open"
    assert refused("a\0b.pth") == "checkpoint.cannot_open"


def test_text_of_a_file_cannot_move_the_cursor():
    assert shown("a\x1b[2J\nb") == "a?[2J?b"
    assert shown("x" * 500) == "x" * 120
