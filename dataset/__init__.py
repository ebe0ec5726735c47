"""Photos and their labelled words, as training samples and as whole images."""

from dataset.text_dataset import TextDataset, build_dataset, prepare_worker

__all__ = ["TextDataset", "build_dataset", "prepare_worker"]
