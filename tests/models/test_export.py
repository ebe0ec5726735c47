"""The ONNX graph and docTR's weights compute what the network does."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from models import build_model
from models.export import INPUT, OUTPUT, doctr_weights, kernel_network, onnx_model
from models.fast import FAST
from models.layers import ConvLayer, RepConvLayer
from runtime.messages import UserError
from tests.models.networks import SIZES, model_spec, noise, rule_model


def pixels(*shape: int) -> np.ndarray:
    return np.random.RandomState(3).randint(0, 256, shape).astype(np.uint8)


@torch.no_grad()
def assert_same_kernels(model: FAST, *shapes: tuple[int, ...]) -> None:
    exported = onnx_model(model, {})
    onnx.checker.check_model(exported, full_check=True)
    session = onnxruntime.InferenceSession(exported.SerializeToString())
    for shape in shapes:
        images = pixels(*shape)
        (found,) = session.run([OUTPUT], {INPUT: images.astype(np.float32)})
        wanted = model.eval()(torch.from_numpy(images))[:, :1].numpy()
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


def test_the_onnx_model_gives_the_kernel_logits_of_images_of_any_size_and_number():
    assert_same_kernels(rule_model("tiny"), (1, 3, 64, 96), (2, 3, 96, 32), (1, 3, 70, 101))


def test_the_largest_network_is_exported_as_well():
    assert_same_kernels(rule_model("base"), (1, 3, 64, 64))


def test_every_kind_of_layer_that_a_description_may_name_has_an_onnx_form():
    model = rule_model("tiny")
    model.backbone.first_conv = ConvLayer(3, 6, stride=2, bias=True, act_func="relu6")
    model.backbone.stage1.insert(0, RepConvLayer(6, 6, (3, 5), groups=3, dilation=2))
    model.backbone.stage1.insert(1, ConvLayer(6, 64, (1, 1), use_bn=False, act_func=None))
    model.det_head.blocks = nn.Sequential(RepConvLayer(128, 128, (3, 1)))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.bias, 0, 3)
    assert_same_kernels(model, (1, 3, 64, 64))


def test_the_graph_holds_no_embedding_and_runs_on_onnx_runtime_of_2022():
    exported = onnx_model(rule_model("tiny"), {"format": "x"})
    (final,) = [node for node in exported.graph.node if OUTPUT in node.output]
    weights = {tensor.name: tensor.dims for tensor in exported.graph.initializer}
    assert list(weights[final.input[1]]) == [1, 128, 1, 1]
    assert (exported.ir_version, exported.opset_import[0].version) == (8, 17)
    given = [axis.dim_param or axis.dim_value for axis in
             exported.graph.output[0].type.tensor_type.shape.dim]  # fmt: skip
    assert given == ["batch", 1, "map_height", "map_width"]
    assert [(entry.key, entry.value) for entry in exported.metadata_props] == [("format", "x")]
    assert {node.op_type for node in exported.graph.node} == {
        "Sub", "Div", "Conv", "Relu", "Shape", "Concat", "Resize"
    }  # fmt: skip


@torch.no_grad()
def test_the_kernel_network_is_the_folded_one_without_its_other_outputs():
    model = rule_model("tiny")
    images = noise(4, 1, 3, 64, 64)
    torch.testing.assert_close(kernel_network(model)(images), model.fold()(images)[:, :1])
    assert model.det_head.final.conv.out_channels == 5


def test_docTRs_names_are_given_to_all_weights_of_the_published_sizes():  # noqa: N802
    blocks = {"tiny": (3, 4, 4, 4), "small": (2, 8, 8, 5), "base": (10, 10, 8, 5)}
    for size in SIZES:
        folded = [f"neck.reduction.{level}" for level in range(4)] + ["prob_head.0"]
        for stage, count in enumerate(blocks[size], start=3):
            folded += [f"feat_extractor.{stage}.{block}" for block in range(count)]
        layers = [*(f"{name}.fused_conv" for name in folded), "feat_extractor.0"]
        wanted = {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}
        with torch.device("meta"):  # no values are needed
            weights = doctr_weights(build_model(model_spec(size)), size)
        assert weights.keys() == wanted | {"prob_head.2.weight"}
        assert weights["prob_head.2.weight"].shape[0] == 1


@pytest.mark.parametrize("change", ["layers", "bias", "unknown"])
def test_a_network_that_docTR_does_not_have_is_refused(change):  # noqa: N802
    model, size = rule_model("tiny"), None if change == "unknown" else "tiny"
    if change == "layers":
        model.backbone.stage1[0] = RepConvLayer(64, 64, (3, 1))
    elif change == "bias":
        model.det_head.final = ConvLayer(64, 5, (1, 1), bias=True, use_bn=False, act_func=None)
    with pytest.raises(UserError, match="docTR"):
        doctr_weights(model, size)


@pytest.mark.parametrize("size", SIZES)
@torch.no_grad()
def test_docTRs_own_model_gives_the_same_logits(size, tmp_path):  # noqa: N802
    fast = pytest.importorskip(
        "doctr.models.detection.fast.pytorch", reason="docTR (python-doctr) is not installed"
    )
    model = rule_model(size).eval()
    torch.save(doctr_weights(model, size), tmp_path / "weights.pt")
    build = getattr(fast, f"fast_{size}")
    theirs = fast.reparameterize(build(pretrained_backbone=False, exportable=True).eval())
    theirs.from_pretrained(str(tmp_path / "weights.pt"))
    images = noise(6, 2, 3, 96, 128)
    logits = theirs(images)["logits"]
    ours = nn.functional.interpolate(model(images)[:, :1], size=(96, 128), mode="bilinear")
    assert logits.std() > 0.1
    torch.testing.assert_close(logits, ours, rtol=0, atol=1e-4)
