"""The deploy form of a network for other programs: as an ONNX graph, and as docTR's weights.

The graph is written node by node from the folded network, which is nothing but convolutions, ReLUs
and three enlargements: ``torch.onnx`` would need tracing, which PyTorch is giving up, or
onnxscript, and its output changes with PyTorch's version.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from models.fast import FAST
from models.head import Head
from models.layers import ConvLayer, FusedConvLayer
from models.neck import LEVELS, Neck, build_neck
from models.textnet import STAGES, TextNet, build_backbone
from runtime.messages import UserError

if TYPE_CHECKING:
    import onnx

INPUT, OUTPUT = "images", "kernel_logits"
# ONNX Runtime from 1.12 on (July 2022) reads both, and so does what else reads ONNX files.
OPSET, IR_VERSION = 17, 8
# Where the parts of the folded network stand in docTR's.
_DOCTR_NAMES = {
    "backbone.first_conv.conv": "feat_extractor.0",
    **{f"backbone.{stage}": f"feat_extractor.{3 + place}" for place, stage in enumerate(STAGES)},
    **{f"neck.{level}": f"neck.reduction.{place}" for place, level in enumerate(LEVELS)},
    "det_head.conv": "prob_head.0",
    "det_head.final.conv": "prob_head.2",
}


def kernel_network(model: FAST) -> FAST:
    """The folded network with the kernel as its only output: (N, 3, H, W) -> (N, 1, h, w)."""
    folded = model.fold()
    final = folded.det_head.final
    conv = final.fused_conv if isinstance(final, FusedConvLayer) else final.conv
    assert isinstance(conv, nn.Conv2d) and conv.groups == 1  # a group would need its own channels
    for name in ("weight", "bias"):
        values = getattr(conv, name)
        if values is not None:
            setattr(conv, name, nn.Parameter(values[:1].clone(), requires_grad=False))
    conv.out_channels = 1
    return folded


def onnx_model(model: FAST, metadata: Mapping[str, str]) -> "onnx.ModelProto":
    """The ONNX model of a network in training form.

    Input ``images``: float32 (batch, 3, height, width), RGB, 0..255, any size; normalised inside.
    Output ``kernel_logits``: float32 (batch, 1, height / 4, width / 4), rounded up.
    """
    from onnx import TensorProto, helper

    network = kernel_network(model)
    graph = _Graph()
    pixels = graph.add("Sub", INPUT, graph.constant("pixel_mean", network.pixel_mean))
    pixels = graph.add("Div", pixels, graph.constant("pixel_std", network.pixel_std))
    maps = _backbone(graph, network.backbone, pixels)
    _head(graph, network.det_head, _neck(graph, network.neck, maps))
    graph.nodes[-1].output[0] = OUTPUT
    sizes: dict[str, list[str | int | None]] = {
        INPUT: ["batch", 3, "height", "width"],
        OUTPUT: ["batch", 1, "map_height", "map_width"],
    }
    wanted, given = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in sizes.items()
    )
    made = helper.make_graph(graph.nodes, "FAST", [wanted], [given], graph.constants)
    exported = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    helper.set_model_props(exported, dict(metadata))
    return exported


class _Graph:
    """Nodes and constants of an ONNX graph; values go by their names."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: Tensor | np.ndarray) -> str:
        from onnx import numpy_helper

        array = values.detach().cpu().numpy() if isinstance(values, Tensor) else values
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node; gives the name of its one output."""
        from onnx import helper

        name = name or f"{kind}_{len(self.nodes)}"
        output = f"{name}.out"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name, **attributes))
        return output


def _backbone(graph: _Graph, backbone: TextNet, pixels: str) -> list[str]:
    value = _chain(graph, [backbone.first_conv], pixels, "backbone.first_conv")
    maps = []
    for stage in STAGES:
        value = _chain(graph, getattr(backbone, stage), value, f"backbone.{stage}")
        maps.append(value)
    return maps


def _neck(graph: _Graph, neck: Neck, maps: Sequence[str]) -> str:
    """The reduced maps, enlarged to the size of the first, as ``F.interpolate`` does it."""
    reduced = [
        _chain(graph, [getattr(neck, level)], value, f"neck.{level}")
        for level, value in zip(LEVELS, maps, strict=True)
    ]
    size = graph.add("Shape", reduced[0], start=2, end=4)
    none = graph.constant("none", np.zeros(0, np.float32))
    stacked = reduced[:1]
    for value in reduced[1:]:
        channels = graph.add("Shape", value, start=0, end=2)
        sizes = graph.add("Concat", channels, size, axis=0)
        stacked.append(graph.add(
            "Resize", value, none, none, sizes,
            mode="linear", coordinate_transformation_mode="half_pixel",
        ))  # fmt: skip
    return graph.add("Concat", *stacked, axis=1)


def _head(graph: _Graph, head: Head, value: str) -> str:
    return _chain(graph, [head.conv, *head.blocks, head.final], value, "det_head")


def _chain(graph: _Graph, layers: Iterable[nn.Module], value: str, name: str) -> str:
    """Layers one after the other; ``name`` begins the names of their nodes."""
    for place, layer in enumerate(layers):
        label = f"{name}.{place}"
        if isinstance(layer, ConvLayer):
            value = _activation(graph, layer.act, _convolution(graph, layer.conv, value, label))
        elif isinstance(layer, FusedConvLayer):
            value = graph.add("Relu", _convolution(graph, layer.fused_conv, value, label))
        else:
            raise NotImplementedError(f"no ONNX form of {type(layer).__name__}")
    return value


def _convolution(graph: _Graph, conv: nn.Conv2d, value: str, name: str) -> str:
    assert not isinstance(conv.padding, str)  # ``convolution`` gives numbers
    inputs = [value, graph.constant(f"{name}.weight", conv.weight)]
    if conv.bias is not None:
        inputs.append(graph.constant(f"{name}.bias", conv.bias))
    return graph.add(
        "Conv",
        *inputs,
        name=name,
        kernel_shape=conv.kernel_size,
        strides=conv.stride,
        pads=(*conv.padding, *conv.padding),
        dilations=conv.dilation,
        group=conv.groups,
    )


def _activation(graph: _Graph, activation: nn.Module, value: str) -> str:
    if isinstance(activation, nn.ReLU):
        return graph.add("Relu", value)
    if isinstance(activation, nn.ReLU6):
        low, high = (
            graph.constant(f"{value}.{limit}", np.array(limit, np.float32)) for limit in (0, 6)
        )
        return graph.add("Clip", value, low, high)
    return value


def doctr_weights(model: FAST, size: str | None) -> dict[str, Tensor]:
    """The weights of docTR's ``reparameterize(fast_<size>())``, of a network in training form.

    size: 'tiny', 'small' or 'base'.
    docTR has the same network, with one output and folded; only the names differ.
    Raises UserError for a network that docTR does not have.
    """
    weights = kernel_network(model).state_dict()
    if size is None or not _is_published(model, size) or "det_head.final.conv.bias" in weights:
        raise UserError("export.not_in_doctr", size=size or "?")
    renamed = {}
    for key, value in weights.items():
        part = next(part for part in _DOCTR_NAMES if key.startswith(f"{part}."))
        renamed[_DOCTR_NAMES[part] + key.removeprefix(part)] = value
    return renamed


def _is_published(model: FAST, size: str) -> bool:
    """Whether backbone and neck are those of the published size, layer by layer."""
    config = f"config/fast/nas-configs/fast_{size}.config"
    with torch.device("meta"):  # shapes alone are wanted
        published = nn.ModuleList([build_backbone(config), build_neck(config)])
    own = nn.ModuleList([model.backbone, model.neck])
    return _shapes(own) == _shapes(published) and len(model.det_head.blocks) == 0


def _shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}
