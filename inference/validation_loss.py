"""The training losses on validation images, from the same logits that the boxes come from."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from dataset.targets import draw_targets
from dataset.text_dataset import TextDataset
from models.fast import FAST


class ValidationLoss:
    """Adds up the total loss of the images whose logits it is shown.

    Whole images are looked at, resized as for testing and without augmentation, so the figure can
    be compared between epochs but not with the training loss.
    """

    def __init__(self, model: FAST, dataset: TextDataset, pooling_size: int) -> None:
        self.model = model
        self.dataset = dataset
        self.pooling_size = pooling_size
        self.total = torch.zeros(2, dtype=torch.float64)

    def observe(
        self, index: int, logits: Tensor, size: tuple[int, int], original: tuple[int, int]
    ) -> None:
        """Count one image in; an ``Observer`` for ``inference.evaluate.evaluate``."""
        scale = np.array([size[1] / original[1], size[0] / original[0]], np.float32)
        words = [replace(word, points=word.points * scale) for word in self.dataset.words(index)]
        targets = draw_targets(words, (size[0], size[1]), self.pooling_size)
        batch = {
            name: torch.from_numpy(getattr(targets, name))[None].to(logits.device)
            for name in ("gt_texts", "gt_kernels", "training_masks", "gt_instances")
        }
        batch["num_instances"] = torch.tensor([targets.num_instances])
        losses = self.model.losses(logits, batch)
        loss = losses["loss_text"] + losses["loss_kernels"] + losses["loss_emb"]
        self.total += torch.tensor([loss.item(), 1.0], dtype=torch.float64)

    def sum_and_count(self) -> Tensor:
        """(sum of the losses, number of images), float64, to be added up over processes."""
        return self.total
