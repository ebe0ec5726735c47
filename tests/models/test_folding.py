"""Folding a network for inference keeps its function and gives the published deploy form."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from models.layers import ConvLayer, Layer, RepConvLayer, freeze_batchnorm
from tests.conftest import golden
from tests.models.networks import SIZES, noise, rule_model
from tests.models.test_network import TOLERANCE, shapes


def shaken(layer: Layer) -> Layer:
    """The layer in float64 with random BatchNorm settings, in eval mode."""
    torch.manual_seed(0)
    for module in layer.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, -1, 1)
            nn.init.normal_(module.bias)
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    return layer.double().eval()


@pytest.mark.parametrize("size", SIZES)
def test_the_deploy_form_has_the_published_names_and_shapes(size):
    wanted = json.loads(golden(f"state_dict_{size}.json").read_text())["deploy_state_dict"]
    assert shapes(rule_model(size).fold()) == wanted


@pytest.mark.parametrize("size", SIZES)
@torch.no_grad()
def test_the_deploy_form_matches_the_golden_logits(size):
    expected = np.load(golden(f"forward_{size}.npz"))["deploy_det_head_out_slice"]
    logits = rule_model(size).fold()(noise(7, 2, 3, 160, 224))
    np.testing.assert_allclose(logits[:, :, ::4, ::4], expected, rtol=0, atol=TOLERANCE[size])


@torch.no_grad()
def test_the_deploy_form_of_the_whole_network_equals_it_in_double_precision():
    model = rule_model("tiny").double().eval()
    images = noise(5, 1, 3, 64, 96).double()
    torch.testing.assert_close(model.fold()(images), model(images), rtol=0, atol=1e-11)


each_kind_of_layer = pytest.mark.parametrize(
    "layer",
    [
        RepConvLayer(6, 6, (3, 3)),
        RepConvLayer(6, 6, (3, 1)),
        RepConvLayer(6, 6, (1, 3)),
        RepConvLayer(6, 6, (1, 1)),
        RepConvLayer(6, 12, (5, 3), stride=2),
        RepConvLayer(6, 6, (3, 5), groups=3, dilation=2),
        ConvLayer(6, 8, stride=2),
        ConvLayer(6, 8, bias=True, act_func="relu6"),
        ConvLayer(6, 8, (1, 1), use_bn=False, act_func=None),
    ],
    ids=lambda layer: str(layer.__class__.__name__),
)


@each_kind_of_layer
@torch.no_grad()
def test_every_kind_of_layer_folds_into_the_same_function(layer):
    layer = shaken(layer)
    x = noise(9, 2, 6, 13, 14).double()
    expected = layer(x)
    folded = layer.fold()
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(folded(x), expected, rtol=0, atol=1e-12)


def test_folding_leaves_the_network_itself_trainable_and_unchanged():
    model = rule_model("tiny").train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    folded = model.fold()
    assert model.training and all(p.requires_grad for p in model.parameters())
    assert not folded.training and not any(p.requires_grad for p in folded.parameters())
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)


def gradients(layer: Layer, x: torch.Tensor) -> list[torch.Tensor]:
    """Of a sum with uneven weights, by the input and by every parameter."""
    x = x.clone().requires_grad_()
    layer.zero_grad()
    maps = layer(x)
    (maps * torch.linspace(-1, 1, maps.numel(), dtype=maps.dtype).view_as(maps)).sum().backward()
    return [x.grad, *(parameter.grad.clone() for parameter in layer.parameters())]


@each_kind_of_layer
def test_a_frozen_layer_learns_in_training_what_its_branches_in_eval_mode_would(layer):
    layer = shaken(layer)
    x = noise(9, 2, 6, 13, 14).double()
    expected, expected_gradients = layer(x), gradients(layer, x)
    statistics = [buffer.clone() for buffer in layer.buffers()]
    freeze_batchnorm(layer)
    layer.train()
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(gradients(layer, x), expected_gradients, rtol=0, atol=1e-9)
    assert all(map(torch.equal, layer.buffers(), statistics))
