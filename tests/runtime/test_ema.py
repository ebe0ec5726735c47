"""The averaged weights, against averages worked out by hand."""

import pytest
import torch
from torch import nn

from runtime.ema import Ema


def model_with_weight(value: float) -> nn.Module:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    with torch.no_grad():
        model[0].weight.fill_(value)
    return model


def test_each_update_keeps_the_decays_share_of_the_average():
    model = model_with_weight(0.0)
    ema = Ema(model, decay=0.9, warmup=False)
    with torch.no_grad():
        model[0].weight.fill_(1.0)
    ema.update()
    assert ema.state_dict()["0.weight"].item() == pytest.approx(0.1)
    ema.update()
    assert ema.state_dict()["0.weight"].item() == pytest.approx(0.19)


def test_the_warm_up_lets_a_short_run_forget_the_weights_it_began_with():
    model = model_with_weight(0.0)
    ema = Ema(model, decay=0.999)
    with torch.no_grad():
        model[0].weight.fill_(1.0)
    ema.update()  # decay is min(0.999, 2 / 11)
    assert ema.state_dict()["0.weight"].item() == pytest.approx(1 - 2 / 11)
    ema.update()  # 3 / 12
    assert ema.state_dict()["0.weight"].item() == pytest.approx(1 - 2 / 11 * 3 / 12)


def test_batchnorm_statistics_are_averaged_and_counters_copied():
    model = model_with_weight(1.0)
    ema = Ema(model, decay=0.5, warmup=False)
    with torch.no_grad():
        model[1].running_mean.fill_(4.0)
        model[1].num_batches_tracked.fill_(7)
    ema.update()
    assert ema.state_dict()["1.running_mean"].item() == 2.0
    assert ema.state_dict()["1.num_batches_tracked"].item() == 7


def test_an_average_that_is_loaded_goes_on_where_it_was():
    model = model_with_weight(0.0)
    first, second = Ema(model, decay=0.999), Ema(model, decay=0.999)
    with torch.no_grad():
        model[0].weight.fill_(1.0)
    for _ in range(3):
        first.update()
    second.load({key: value.clone() for key, value in first.state_dict().items()}, first.updates)
    first.update()
    second.update()
    assert torch.equal(first.state_dict()["0.weight"], second.state_dict()["0.weight"])
