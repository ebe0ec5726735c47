"""Optimizers that go on from what another run has saved."""

import copy

import pytest
import torch

from runtime.optimizers import OPTIMIZERS, build_optimizer, load_optimizer


def optimizer(name: str, **settings: float) -> torch.optim.Optimizer:
    """An optimizer of two weights, after a step in which it has made its averages."""
    weights = [torch.nn.Parameter(torch.ones(2, 3)), torch.nn.Parameter(torch.ones(4))]
    train_cfg = {"optimizer": name, "lr": 1e-3, "weight_decay": 0.0, "momentum": 0.9, **settings}
    made = build_optimizer(weights, train_cfg)
    for weight in weights:
        weight.grad = torch.full_like(weight, 2.0)
    made.step()
    return made


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_averages_and_rate_are_taken_over_and_settings_stay_as_configured(name):
    saved = optimizer(name, lr=0.5)
    saved.step()
    made = optimizer(name, lr=0.1, weight_decay=0.01)
    load_optimizer(made, copy.deepcopy(saved.state_dict()))
    (group,) = made.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.5, 0.01)
    for old, new in zip(saved.state.values(), made.state.values(), strict=True):
        for key, value in old.items():
            assert torch.equal(value, new[key]), key


@pytest.mark.parametrize(("old", "new"), [("Adam", "SGD"), ("SGD", "AdamW")])
def test_averages_of_another_kind_are_left_out(old, new):
    made = optimizer(new)
    keys = made.param_groups[0].keys()
    load_optimizer(made, optimizer(old).state_dict())
    assert not made.state
    assert made.param_groups[0].keys() == keys
    made.step()
    assert len(made.state) == 2


def test_averages_that_fit_no_weight_are_refused():
    state = optimizer("Adam").state_dict()
    state["state"][0], state["state"][1] = state["state"][1], state["state"][0]
    with pytest.raises(ValueError, match="shape"):
        load_optimizer(optimizer("Adam"), state)
    state = optimizer("Adam").state_dict()
    state["param_groups"][0]["params"] = [0]
    with pytest.raises(ValueError, match="group"):
        load_optimizer(optimizer("Adam"), state)
