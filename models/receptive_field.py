"""How far around itself a network looks before it answers."""

from collections.abc import Iterable

from torch import nn

from models.fast import FAST


def receptive_radius_px(model: FAST) -> int:
    """Pixels of the input, to each side of a cell's own, that the cell's logits can depend on.

    A piece of an image with so much around it gives, for the piece, the logits of the whole image.
    """
    neck, head = model.neck, model.det_head
    reduce_layers = (
        neck.reduce_layer1, neck.reduce_layer2, neck.reduce_layer3, neck.reduce_layer4
    )  # fmt: skip
    backbone = model.backbone
    stages = (backbone.stage1, backbone.stage2, backbone.stage3, backbone.stage4)
    radius, stride = _through([backbone.first_conv], 0, 1)
    radii = []
    for number, (stage, reduce_layer) in enumerate(zip(stages, reduce_layers, strict=True)):
        radius, stride = _through(stage, radius, stride)
        reduced, _ = _through([reduce_layer], radius, stride)
        if number == 0:
            finest = stride
        # Enlarging a coarser map mixes two of its cells in either direction.
        radii.append(reduced + (stride if stride > finest else 0))
    return _through([head.conv, *head.blocks, head.final], max(radii), finest)[0]


def _through(layers: Iterable[nn.Module], radius: int, stride: int) -> tuple[int, int]:
    """(radius, stride) behind layers, each of one convolution or of several side by side."""
    for layer in layers:
        convolutions = [part for part in layer.modules() if isinstance(part, nn.Conv2d)]
        radius += stride * max(
            conv.dilation[axis] * (conv.kernel_size[axis] // 2)
            for conv in convolutions
            for axis in (0, 1)
        )
        stride *= convolutions[0].stride[0]
    return radius, stride
