"""FAST, the scene text detector: backbone, neck and head (arXiv 2111.02394)."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from models.architecture import build_part
from models.head import Head, build_head
from models.layers import Layer
from models.neck import Neck, build_neck
from models.textnet import TextNet, build_backbone
from runtime.messages import UserError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class FAST(nn.Module):
    """From images to logits, and from logits to losses."""

    pixel_mean: Tensor
    pixel_std: Tensor

    def __init__(self, backbone: TextNet, neck: Neck, det_head: Head) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = neck
        self.det_head = det_head
        # Not persistent, so that state dicts hold weights alone.
        self.register_buffer("pixel_mean", _pixel_values(IMAGENET_MEAN), persistent=False)
        self.register_buffer("pixel_std", _pixel_values(IMAGENET_STD), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images.

        images: (N, 3, H, W) RGB, either uint8 as read from a file, 0..255, or float that is
            normalised with ImageNet's mean and standard deviation already.
        Gives (N, 1 + feature_dim, H / 4, W / 4), each rounded up: the kernel, and the embedding.
        """
        if images.dtype == torch.uint8:
            images = (images - self.pixel_mean) / self.pixel_std
        return self.det_head(self.neck(self.backbone(images)))

    def losses(self, logits: Tensor, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Losses, already weighted, and IoUs (of no weight) of each sample.

        logits: from ``forward``, any float dtype; computed on in float32 at the targets' size.
        batch: ``gt_texts``, ``gt_kernels``, ``training_masks`` (0 = ignore) of 0 and 1, and
            ``gt_instances`` (0 = background, else the number of the word), each (N, H, W) of any
            dtype; ``num_instances`` (N,), optional, in the host's memory: the largest number in
            each sample, which spares a GPU waiting for it.
        Gives ``loss_text``, ``loss_kernels``, ``loss_emb``, ``iou_text``, ``iou_kernel``: (N,).
        """
        return self.det_head.losses(logits, batch)

    def fold(self) -> "FAST":
        """A copy for inference, in which each layer is a single convolution."""
        model = copy.deepcopy(self)
        for parent in list(model.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, Layer):
                    setattr(parent, name, child.fold())
        return model.eval().requires_grad_(False)


def build_fast(backbone: Any, neck: Any, detection_head: Any) -> FAST:
    """Build the three parts from their specs.  Raises UserError where they do not fit together."""
    built_backbone = build_part(BACKBONES, backbone, "model.backbone")
    built_neck = build_part(NECKS, neck, "model.neck")
    built_head = build_part(HEADS, detection_head, "model.detection_head")
    _check_fit("model.neck", built_neck.in_channels, built_backbone.out_channels)
    _check_fit("model.detection_head", built_head.in_channels, built_neck.out_channels)
    return FAST(built_backbone, built_neck, built_head)


def _pixel_values(shares: tuple[float, float, float]) -> Tensor:
    """Three values of 0..1 as (1, 3, 1, 1) of 0..255."""
    return 255 * torch.tensor(shares).view(1, 3, 1, 1)


def _check_fit(place: str, takes: object, given: object) -> None:
    if takes != given:
        raise UserError("models.parts_do_not_fit", place=place, takes=takes, given=given)


def build_model(spec: Mapping[str, Any]) -> FAST:
    """Build the network that the ``model`` section of a config describes, and leave it as it is."""
    return build_part(MODELS, spec, "model")


BACKBONES = {"fast_backbone": build_backbone}
NECKS = {"fast_neck": build_neck}
HEADS = {"fast_head": build_head}
MODELS = {"FAST": build_fast}
