"""Photos and their labelled words, as training samples and as whole images."""

from dataset.mixture import Mixture, build_training_data
from dataset.text_dataset import TextDataset, build_dataset, prepare_worker

__all__ = ["Mixture", "TextDataset", "build_dataset", "build_training_data", "prepare_worker"]
