"""Short runs of the training script, with faults in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tests.faults.zygote import Zygote
from tests.test_train_script import load

STEPS, EPOCHS = 6, 3
OPTIONS = ("--config", "config.py", "--checkpoint", "none", "--device", "cpu", "--workers", 0,
           "--amp", "off")  # fmt: skip
LATEST = "checkpoint_latest.pth"


@dataclass
class Trial:
    """A run that has ended."""

    code: int
    output: str
    folder: Path

    @property
    def latest(self) -> dict[str, Any]:
        return load(self.folder / LATEST)

    @property
    def steps(self) -> int:
        """Steps that the latest checkpoint has behind it."""
        return self.latest["epoch"] * STEPS + self.latest["iter"]

    def refusal(self) -> str:
        """The one sentence that an end with exit code 2 comes with."""
        assert self.code == 2, self.output
        assert "Traceback" not in self.output
        (sentence,) = re.findall("❌ .*", self.output)
        return sentence

    def losses(self) -> list[list[float]]:
        """The numbers of each line of losses."""
        lines = re.findall(r"배치 \[\d+/\d+\] (.*)", self.output)
        return [[float(number) for number in re.findall(r"\d+\.\d{4}", line)] for line in lines]


class Trials:
    """Runs in one folder, each with an output folder of its own."""

    def __init__(self, folder: Path, forks: Zygote) -> None:
        self.folder = folder
        self.forks = forks
        self._count = 0

    def start(
        self, name: str, *arguments: object, faults: Sequence[str] = (), ranks: int = 1
    ) -> tuple[int, Path]:
        """Start a run into the output folder ``name``; gives its process and its printed text.

        arguments: of the script, beside OPTIONS.
        faults, ranks: see ``Zygote.start``.
        """
        self._count += 1
        output = f"{self._count}_{name}.txt"
        (self.folder / output).touch()
        process = self.forks.start(
            self.folder, *OPTIONS, "--output_dir", name, *arguments,
            output=output, faults=["no_curves", *faults], ranks=ranks,
        )  # fmt: skip
        return process, self.folder / output

    def wait(self, name: str, printed: Path) -> Trial:
        code = self.forks.wait()
        return Trial(code, printed.read_text(encoding="utf-8"), self.folder / name)

    def run(self, name: str, *arguments: object, **options: Any) -> Trial:
        """Start a run and wait for its end; options: those of ``start``."""
        _, printed = self.start(name, *arguments, **options)
        return self.wait(name, printed)


def assert_finite(folder: Path) -> None:
    """Every file of weights in an output folder holds finite ones only, and there is one."""
    files = sorted(folder.glob("*.pth"))
    assert folder / LATEST in files
    for file in files:
        content = load(file)
        for group in ("state_dict", "ema"):
            for name, value in content[group].items():
                assert torch.isfinite(value).all(), (file, group, name)
