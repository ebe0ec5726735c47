"""The network: names and shapes of its tensors, its outputs, and what it reads from files."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from models import build_model, layers
from models.layers import ConvLayer, RepConvLayer
from models.levels import stack
from runtime.config import load_config
from runtime.messages import UserError
from tests.conftest import PROJECT, golden
from tests.models.networks import SIZES, model_spec, noise, rule_model

TOLERANCE = {"tiny": 1e-4, "small": 1e-4, "base": 5e-4}


def shapes(model: nn.Module) -> list[list[Any]]:
    dtype = {torch.float32: "float32", torch.int64: "int64"}
    return [[k, list(v.shape), dtype[v.dtype]] for k, v in model.state_dict().items()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("out", [8, 12])  # with a branch for the input itself, and without
@pytest.mark.parametrize("form", ["training", "frozen", "folded"])
def test_a_layer_computes_levels_as_their_stack(form, out, dtype):
    torch.manual_seed(0)
    layer = RepConvLayer(8, out, (3, 3)).to(dtype)
    with torch.no_grad():
        for bn in (module for module in layer.modules() if isinstance(module, nn.BatchNorm2d)):
            bn.running_mean.uniform_(-1, 1)
            bn.running_var.uniform_(0.5, 2)
    layer.frozen = form == "frozen"
    used = layer.fold() if form == "folded" else layer
    levels = (noise(1, 2, 5, 20, 28).to(dtype), noise(2, 2, 3, 10, 14).to(dtype))
    in_levels, in_stack = used(levels), used(stack(levels))
    if dtype == torch.float32:
        torch.testing.assert_close(in_levels, in_stack, rtol=0, atol=1e-4)
    exact = used.double()(stack(tuple(level.double() for level in levels)))
    rounding = (in_stack - exact).abs().mean()
    assert (in_levels - exact).abs().mean() <= 1.5 * rounding


def test_levels_are_stacked_once_for_all_branches(monkeypatch):
    calls = []
    monkeypatch.setattr(layers, "stack", lambda levels: calls.append(1) or stack(levels))
    maps = (noise(1, 2, 5, 20, 28), noise(2, 2, 3, 10, 14))
    RepConvLayer(8, 8, (3, 3), stride=2)(maps)  # of a stride that is not split
    assert len(calls) == 1


@pytest.fixture
def tiny_layers() -> dict[str, Any]:
    """A nas-config of a very small network, for tests to change."""

    def rep(given: int, out: int, stride: int = 1) -> dict[str, Any]:
        return {
            "name": "RepConvLayer",
            "in_channels": given,
            "out_channels": out,
            "kernel_size": [3, 3],
            "stride": stride,
        }

    first = {"name": "ConvLayer", "in_channels": 3, "out_channels": 4, "stride": 2}
    final = {"name": "ConvLayer", "in_channels": 4, "out_channels": 5, "kernel_size": 1}
    return {
        "bn": {"momentum": 0.5, "eps": 0.001},
        "first_conv": first,
        **{f"stage{number}": [rep(4, 4, 2)] for number in (1, 2, 3, 4)},
        "neck": {f"reduce_layer{number}": rep(4, 2) for number in (1, 2, 3, 4)},
        "head": {"conv": rep(8, 4), "final": {**final, "use_bn": False, "act_func": None}},
    }


@pytest.fixture
def build(tmp_path: Path):
    """Write a nas-config (a dict, or text as it is) and build a network from it."""

    def build_from_layers(layers: dict[str, Any] | str) -> nn.Module:
        path = tmp_path / "나의 망.config"
        text = layers if isinstance(layers, str) else json.dumps(layers)
        path.write_text(text, encoding="utf-8")
        return build_model(model_spec(config=str(path)))

    return build_from_layers


@pytest.mark.parametrize("size", SIZES)
def test_names_shapes_and_order_of_tensors_are_those_of_published_checkpoints(size):
    wanted = json.loads(golden(f"state_dict_{size}.json").read_text())["state_dict"]
    model = rule_model(size)
    assert [["module." + key, *rest] for key, *rest in shapes(model)] == wanted


@pytest.mark.parametrize("size", SIZES)
def test_shipped_nas_configs_describe_the_published_architectures(size):
    layers = {name: m for name, m in rule_model(size).named_modules() if hasattr(m, "in_channels")}
    for row in json.loads(golden("architecture.json").read_text())[size]:
        layer = layers[row["path"]]
        conv = layer.main_conv if isinstance(layer, RepConvLayer) else layer.conv
        assert isinstance(layer, RepConvLayer) == (row["kind"] == "rep_conv")
        assert list(conv.kernel_size) == row["kernel_hw"]
        assert conv.stride == (row["stride"],) * 2
        assert (conv.in_channels, conv.out_channels) == (row["in_channels"], row["out_channels"])


@pytest.mark.parametrize("size", SIZES)
@torch.no_grad()
def test_maps_and_logits_match_the_golden_ones(size):
    expected = np.load(golden(f"forward_{size}.npz"))
    model = rule_model(size).eval()
    maps = model.backbone(noise(7, 2, 3, 160, 224))
    levels = model.neck(maps)
    features = stack(levels)
    logits = model.det_head(levels)
    close = {"rtol": 0, "atol": TOLERANCE[size]}
    for number, level in enumerate(maps, start=1):
        wanted = expected[f"stage{number}_chmean"]
        np.testing.assert_allclose(level.double().mean((2, 3)), wanted, **close)
    np.testing.assert_allclose(maps[3][:, ::8], expected["stage4_slice"], **close)
    np.testing.assert_allclose(features.double().mean((2, 3)), expected["neck_chmean"], **close)
    np.testing.assert_allclose(features[:, ::32, ::4, ::4], expected["neck_slice"], **close)
    np.testing.assert_allclose(logits, expected["det_head_out"], **close)


@pytest.mark.parametrize("size", SIZES)
@torch.no_grad()
def test_logits_of_an_odd_size_match_the_golden_ones(size):
    expected = np.load(golden(f"forward_{size}.npz"))["odd_det_head_out"]
    logits = rule_model(size).eval()(noise(11, 1, 3, 90, 118))
    np.testing.assert_allclose(logits, expected, rtol=0, atol=TOLERANCE[size])


@torch.no_grad()
def test_training_normalises_by_the_batch_and_remembers_its_statistics():
    expected = np.load(golden("forward_tiny.npz"))
    model = rule_model("tiny").train()
    logits = model(noise(7, 2, 3, 160, 224))
    np.testing.assert_allclose(logits, expected["train_mode_det_head_out"], rtol=0, atol=1e-4)
    state = model.state_dict()
    remembered = [name for name in expected.files if name.startswith("train_mode_after__")]
    assert remembered
    for name in remembered:
        actual = state[name.removeprefix("train_mode_after__")]
        np.testing.assert_allclose(actual, expected[name], rtol=0, atol=1e-5)
    assert state["backbone.first_conv.bn.num_batches_tracked"] == 1


@torch.no_grad()
def test_raw_pixels_give_the_same_logits_as_normalised_ones(build, tiny_layers):
    model = build(tiny_layers).eval()
    pixels = torch.randint(0, 256, (2, 3, 32, 64), dtype=torch.uint8)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    normalised = (pixels / 255 - mean) / std
    torch.testing.assert_close(model(pixels), model(normalised), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("height, width", [(1, 1), (31, 34), (64, 32), (65, 97)])
@torch.no_grad()
def test_logits_stand_at_a_quarter_of_any_size_rounded_up(build, tiny_layers, height, width):
    logits = build(tiny_layers).eval()(torch.zeros(1, 3, height, width, dtype=torch.uint8))
    assert logits.shape == (1, 5, -(-height // 4), -(-width // 4))


@torch.no_grad()
def test_the_order_of_channels_in_memory_makes_no_difference(build, tiny_layers):
    model = build(tiny_layers).train()
    images = noise(3, 2, 3, 64, 96)
    plain = model(images)
    model.to(memory_format=torch.channels_last)
    last = model(images.contiguous(memory_format=torch.channels_last))
    assert last.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(plain, last, rtol=1e-4, atol=1e-5)


def test_fresh_weights_are_kaiming_normal_and_batchnorm_starts_neutral():
    torch.manual_seed(0)
    layer = RepConvLayer(64, 128, (3, 3))
    assert layer.main_conv.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert (layer.main_bn.weight == 1).all() and (layer.main_bn.bias == 0).all()
    assert layer.main_bn.eps == 1e-5 and layer.main_bn.momentum == 0.1


def test_a_bn_block_in_a_nas_config_changes_nothing(build, tiny_layers):
    model = build(tiny_layers)
    assert {m.eps for m in model.modules() if isinstance(m, nn.BatchNorm2d)} == {1e-5}


def test_building_leaves_the_spec_as_it_was():
    spec = model_spec()
    before = copy.deepcopy(spec)
    build_model(spec)
    assert spec == before


def test_a_config_of_the_config_reader_builds_too(tmp_path):
    path = tmp_path / "config.py"
    path.write_text(f"model = {model_spec()!r}\n", encoding="utf-8")
    model = build_model(load_config(path).model)
    assert model.det_head.loss_functions.emb.feature_dim == 4


def test_nas_config_paths_count_from_the_project_where_the_working_directory_has_none(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    build_model(model_spec(config="config/fast/nas-configs/fast_tiny.config"))


@pytest.mark.parametrize(
    "key, value, mentions",
    [
        ("pooling_sise", 9, ("detection_head.pooling_sise", "pooling_size")),
        ("type", "fast_haed", ("fast_haed", "fast_head")),
        ("loss_text", {"type": "DiceLos"}, ("DiceLos", "DiceLoss")),
        ("loss_text", {"type": "DiceLoss", "weight": 1}, ("loss_text.weight", "loss_weight")),
        ("loss_emb", {"loss_weight": 0.25}, ("detection_head.loss_emb", "EmbLoss_v1")),
        ("loss_emb", {"type": "EmbLoss_v1", "feature_dim": 7}, ("head.final", "5", "8")),
    ],
)
def test_a_setting_that_does_not_exist_is_named_with_its_neighbour(key, value, mentions):
    with pytest.raises(UserError) as error:
        build_model(model_spec(**{key: value}))
    for mention in mentions:
        assert mention in str(error.value)


def test_a_missing_loss_is_named():
    spec = model_spec()
    del spec["detection_head"]["loss_kernel"]
    with pytest.raises(UserError, match="detection_head.loss_kernel"):
        build_model(spec)


def test_parts_of_different_files_that_do_not_fit_are_refused(tmp_path, tiny_layers):
    other = tmp_path / "other.config"
    other.write_text(json.dumps(tiny_layers))
    spec = model_spec()
    spec["neck"]["config"] = str(other)
    with pytest.raises(UserError, match="model.neck"):
        build_model(spec)


def test_layers_of_other_shapes_and_a_head_with_blocks_are_read(build, tiny_layers):
    wide = {"in_channels": 4, "out_channels": 4, "kernel_size": [5, 1]}
    grouped = {**wide, "name": "RepConvLayer", "groups": 2, "dilation": 2}
    tiny_layers["stage2"].append(grouped)
    plain = {"name": "ConvLayer", **wide, "use_bn": False, "bias": True, "act_func": "relu6"}
    tiny_layers["head"]["blocks"] = [grouped, plain]
    model = build(tiny_layers).eval()
    assert model(noise(1, 1, 3, 64, 64)).shape == (1, 5, 16, 16)
    layer = model.backbone.stage2[1]
    assert layer.main_conv.groups == 2 and layer.main_conv.dilation == (2, 2)
    assert layer.ver_conv is None and layer.hor_conv.kernel_size == (1, 1)
    assert isinstance(model.det_head.blocks[1], ConvLayer)
    assert "det_head.blocks.1.conv.bias" in model.state_dict()


def change(layers: dict[str, Any], place: str, **values: Any) -> dict[str, Any]:
    """The layers with other arguments at a place; None takes an argument away."""
    node: Any = layers
    for step in place.split("."):
        node = node[int(step) if step.isdigit() else step]
    for key, value in values.items():
        if value is None:
            del node[key]
        else:
            node[key] = value
    return layers


@pytest.mark.parametrize(
    "place, values, mentions",
    [
        ("first_conv", {"name": "ConvLayr"}, ("first_conv", "ConvLayr", "ConvLayer")),
        ("stage3.0", {"name": None}, ("stage3[0].name",)),
        ("stage3.0", {"name": ["ConvLayer"]}, ("stage3[0]",)),
        ("stage3.0", {"strid": 1}, ("stage3[0]", "strid", "stride")),
        ("stage3.0", {"act_func": "relu"}, ("stage3[0]", "act_func")),
        ("stage3.0", {"kernel_size": None}, ("stage3[0]", "kernel_size")),
        ("stage3.0", {"kernel_size": [3, 4]}, ("stage3[0]", "[3, 4]")),
        ("stage3.0", {"kernel_size": [3]}, ("stage3[0]", "[3]")),
        ("stage3.0", {"stride": 0}, ("stage3[0]", "stride", "0")),
        ("stage3.0", {"groups": 3}, ("stage3[0]", "groups", "3")),
        ("stage3.0", {"in_channels": 8}, ("stage3[0]", "8", "4")),
        ("first_conv", {"in_channels": 1}, ("first_conv", "1", "3")),
        ("first_conv", {"has_shuffle": True}, ("first_conv", "has_shuffle")),
        ("first_conv", {"dropout_rate": 0.5}, ("first_conv", "dropout_rate", "0.5")),
        ("first_conv", {"ops_order": "bn_act_weight"}, ("ops_order", "bn_act_weight")),
        ("first_conv", {"act_func": "swish"}, ("act_func", "swish", "relu6", "null")),
        ("first_conv", {"use_bn": "yes"}, ("use_bn", "yes")),
        ("", {"stage3": []}, ("stage3",)),
        ("", {"stage3": None}, ("stage3",)),
        ("", {"neck": None}, ("neck",)),
        ("neck", {"reduce_layer2": None}, ("neck.reduce_layer2",)),
        ("head", {"final": None}, ("head.final",)),
        ("head", {"blocks": {"a": 1}}, ("head.blocks",)),
    ],
)
def test_a_mistake_in_a_nas_config_is_named_with_file_and_place(
    build, tiny_layers, place, values, mentions
):
    layers = {"all": tiny_layers}
    change(layers, f"all.{place}".rstrip("."), **values)
    with pytest.raises(UserError) as error:
        build(layers["all"])
    for mention in ("나의 망.config", *mentions):
        assert mention in str(error.value)


@pytest.mark.parametrize("text", ['{"first_conv": ', "[]", "", "{'stage1': []}"])
def test_a_nas_config_that_is_no_json_object_is_named_with_its_line(build, text):
    with pytest.raises(UserError, match="나의 망.config, 1"):
        build(text)


def test_a_missing_nas_config_is_named():
    with pytest.raises(UserError, match="fast_huge.config"):
        build_model(model_spec(config="config/fast/nas-configs/fast_huge.config"))


def test_a_folder_in_place_of_a_nas_config_is_named():
    with pytest.raises(UserError, match="nas-configs"):
        build_model(model_spec(config=str(PROJECT / "config/fast/nas-configs")))
