"""What the tests of faults share: a process to fork from, and a small run that nothing disturbs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.textnet import STAGES
from tests.faults.trials import Trials
from tests.faults.zygote import Zygote, zygote
from tests.test_train_script import write_run_files


@pytest.fixture(scope="session")
def forks() -> Iterator[Zygote]:
    with zygote() as started:
        yield started


@pytest.fixture(scope="session")
def trials(forks: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Trials:
    """A narrow network, photos to train on and three for validation, and a run of theirs."""
    folder = tmp_path_factory.mktemp("trials")
    write_run_files(folder)
    layers = json.loads((folder / "layers.config").read_text(encoding="utf-8"))
    for stage in STAGES:  # one layer in each is enough, and takes half the time
        del layers[stage][1:]
    (folder / "layers.config").write_text(json.dumps(layers), encoding="utf-8")
    return Trials(folder, forks)


@pytest.fixture(scope="session")
def calm(trials: Trials) -> Path:
    """The output folder of the run that nothing disturbs."""
    trial = trials.run("calm")
    assert trial.code == 0, trial.output
    return trial.folder
