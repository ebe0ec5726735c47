"""Five steps of training FAST-tiny against the golden record of the same five steps."""

import json

import numpy as np
import pytest
import torch

from tests.conftest import golden
from tests.models.networks import noise, rule_model
from tests.models.test_losses import golden_batch

TOTAL_WITHIN = (1e-5, 0.01, 0.02, 0.03, 0.04)  # Adam turns rounding into flipped signs


@pytest.fixture(scope="module")
def record():
    """Losses and gradient norms of the steps, and the norms of all tensors after them."""
    golden("train_step_tiny.json")
    _, batch = golden_batch("ordinary_text")
    model = rule_model("tiny").train()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    average = {key: value.detach().clone() for key, value in model.named_parameters()}
    steps, first_gradients = [], {}
    for _ in range(5):
        losses = model.losses(model(noise(21, 2, 3, 64, 96)), batch)
        total = sum(losses[name].mean() for name in ("loss_text", "loss_kernels", "loss_emb"))
        adam.zero_grad()
        total.backward()
        first_gradients = first_gradients or norms(
            {key: value.grad for key, value in model.named_parameters()}
        )
        adam.step()
        for key, value in model.named_parameters():
            average[key].mul_(0.999).add_(value.detach(), alpha=0.001)
        steps.append({**{k: v.detach() for k, v in losses.items()}, "total": total.item()})
    return {
        "steps": steps,
        "grad_l2": first_gradients,
        "param_l2_after": norms(dict(model.named_parameters())),
        "buffer_l2_after": norms(dict(model.named_buffers())),
        "ema_l2_after": norms(average),
    }


@pytest.fixture(scope="module")
def expected():
    return json.loads(golden("train_step_tiny.json").read_text())["float32"]


def norms(tensors):
    return {key: value.detach().double().norm().item() for key, value in tensors.items()}


def test_the_first_step_has_the_golden_losses(record, expected):
    first, wanted = record["steps"][0], expected["losses"][0]
    for name in ("loss_text", "loss_kernels", "loss_emb"):
        assert first[name].mean().item() == pytest.approx(wanted[name], abs=1e-5)
    for name in ("iou_text", "iou_kernel"):
        np.testing.assert_allclose(first[name], wanted[name], rtol=0, atol=1e-3)


def test_the_total_loss_falls_along_the_golden_path(record, expected):
    for step, wanted, within in zip(record["steps"], expected["losses"], TOTAL_WITHIN, strict=True):
        assert step["total"] == pytest.approx(wanted["total"], abs=within)


@pytest.mark.parametrize(
    "what, relative",
    [
        ("grad_l2", 0.01),
        ("param_l2_after", 0.01),
        ("buffer_l2_after", 0.05),
        ("ema_l2_after", 1e-4),
    ],
)
def test_norms_of_gradients_weights_and_averages_match(record, expected, what, relative):
    assert expected[what].keys() <= record[what].keys()
    for key, wanted in expected[what].items():
        assert record[what][key] == pytest.approx(wanted, rel=relative, abs=0), key
