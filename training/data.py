"""The data that a run trains on, is validated on, and must not forget."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset import Mixture, TextDataset, build_dataset, build_training_data
from dataset.checks import Report, check_dataset
from dataset.keep_set import keep_set_data
from dataset.label_set import LABEL_INDEX
from inference.detector import configured_short_size
from runtime.config import Config
from runtime.messages import UserError


@dataclass(frozen=True)
class RunData:
    """reports: what was found in each part, those of training first; see ``check_dataset``."""

    training: Mixture
    validation: TextDataset | None
    keep_set: TextDataset | None
    reports: list[Report]

    @property
    def parts(self) -> list[TextDataset]:
        return [*self.training.sources, *filter(None, [self.validation, self.keep_set])]

    @property
    def criterion(self) -> str:
        """What the best epoch is chosen by: 'hmean', 'val_loss' or 'loss'."""
        if self.validation is None:
            return "loss"
        return "val_loss" if self.validation.packed.ignore.all() else "hmean"

    def image_sizes(self) -> list[Any]:
        """(photos, 2) of each part of the training data: height and width of each photo."""
        return [report.sizes for report in self.reports[: len(self.training.sources)]]


def prepare_data(
    config: Config, output: Path, seed: int, keep_set: str | None, strict: bool
) -> RunData:
    """Find and check all data.

    output: where an index of very many labels may be kept.  keep_set: a config or a path.
    Raises UserError where there is nothing to train on, or, if ``strict``, for any problem.
    """
    shared = {"granularity": config.data.granularity, "index_folder": output / LABEL_INDEX}
    training = build_training_data(config.data.train, seed=seed, **shared)
    validation = validation_data(config, shared)
    tested = {**shared, "short_size": configured_short_size(config)}
    kept = keep_set_data(keep_set, tested) if keep_set else None
    parts = [*training.sources, *filter(None, [validation, kept])]
    reports = [check_dataset(part) for part in parts]
    for report in reports:
        report.refuse_if_useless(strict)
    return RunData(training, validation, kept, reports)


def validation_data(config: Config, shared: dict[str, Any]) -> TextDataset | None:
    """The labelled images that choose the best epoch: ``data.val``, else ``data.test``.

    ``data.val = None`` asks for no validation at all.
    """
    for name in ("val", "test"):
        if name not in config.data:
            continue
        spec = config.data[name]
        if spec is None:
            return None
        try:
            data = build_dataset({"split": "test", **shared, **spec})
        except UserError:
            if spec.get("img_dir"):
                raise
            continue  # nobody has put images into the format's own folder
        if data.has_labels:
            return data
    return None
