"""Compiling a network: the same answers, and one compilation for images of all sizes."""

import shutil

import pytest
import torch
from torch import nn
from torch._dynamo.utils import counters

from runtime.compiling import compiled
from runtime.messages import UserError


@pytest.mark.skipif(shutil.which("g++") is None, reason="this machine has no C++ compiler")
def test_images_of_all_sizes_share_one_compilation():
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()).eval()
    fast = compiled(network, any_size=True)
    before = counters["stats"]["unique_graphs"]
    with torch.inference_mode():
        for size in ((2, 3, 32, 64), (3, 3, 64, 96), (2, 3, 96, 32)):
            images = torch.randn(size)
            torch.testing.assert_close(fast(images), network(images))
    assert counters["stats"]["unique_graphs"] - before == 1


def test_a_machine_without_a_compiler_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"g\+\+"):
        compiled(nn.Identity())
