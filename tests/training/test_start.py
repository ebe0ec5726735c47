"""What a run takes from the checkpoint that it starts from."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from runtime.checkpoint import Checkpoint
from runtime.config import load_config
from tests.conftest import PROJECT
from training.start import needs_statistics

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("frozen_before", "freezes", "resumes", "budget", "expected"),
    [
        (3, 0, None, None, True),
        (3, 1, None, None, False),
        (0, 0, None, None, False),
        (3, 0, "auto", None, False),
        (3, 0, None, 600.0, False),  # which freezes on a CPU
    ],
)
def test_statistics_are_renewed_where_frozen_weights_meet_batches(
    frozen_before, freezes, resumes, budget, expected
):
    made = {"config": {"train_cfg": {"freeze_bn": frozen_before}}}
    start = Checkpoint(Path("x.pth"), {}, "ema", 1, {"provenance": made})
    config = load_config(PROJECT / "config/fast/sample/fast_tiny_sample.py",
                         [f"train_cfg.freeze_bn={freezes}"])  # fmt: skip
    args = SimpleNamespace(resume=resumes, budget=budget, cfg_options=[])
    assert needs_statistics(args, config, start, CPU) is expected
