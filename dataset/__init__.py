"""Photos and their labelled words, as training samples and as whole images."""

from typing import TYPE_CHECKING

from runtime.names import handed_on

if TYPE_CHECKING:
    from dataset.build import build_dataset
    from dataset.mixture import Mixture, build_training_data
    from dataset.text_dataset import TextDataset, prepare_worker

__all__ = ["Mixture", "TextDataset", "build_dataset", "build_training_data", "prepare_worker"]
__getattr__ = handed_on(
    __name__,
    {
        "Mixture": "dataset.mixture",
        "TextDataset": "dataset.text_dataset",
        "build_dataset": "dataset.build",
        "build_training_data": "dataset.mixture",
        "prepare_worker": "dataset.text_dataset",
    },
)
