"""BatchNorm over ranks: two processes with half the batch each equal one with the whole batch."""

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn

from models.layers import RepConvLayer
from models.sync_batchnorm import CrossRankBatchNorm2d, synchronise_batchnorm

SHARES = (slice(0, 3), slice(3, 4))  # of a batch of four, unequal on purpose


def network() -> nn.Module:
    torch.manual_seed(0)
    branches = RepConvLayer(4, 4, (3, 3))
    block = nn.Sequential(nn.Conv2d(4, 3, 1), nn.BatchNorm2d(3))
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), branches, block)
    for module in batchnorms(model):
        nn.init.uniform_(module.weight, 0.5, 1.5)
        nn.init.normal_(module.bias)
    return model.double()  # so that what should be equal is equal to many digits


def batchnorms(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


def train_once(model: nn.Module, share: slice) -> dict[str, torch.Tensor]:
    """Two forward passes and a backward; what comes of it."""
    generator = torch.Generator().manual_seed(1)
    images = 3 * torch.randn(4, 2, 9, 8, generator=generator, dtype=torch.float64) + 5
    images = images[share].requires_grad_()
    weights = torch.randn(4, 3, 7, 6, generator=generator)[share]
    model.train()
    model(images.detach() * 2)
    out = model(images)
    (out.square() * weights).sum().backward()
    gradients = {f"grad of {key}": value.grad for key, value in model.named_parameters()}
    return {"out": out.detach(), "images": images.grad, **model.state_dict(), **gradients}


def rank_main(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=2)
    result = train_once(synchronise_batchnorm(network()), SHARES[rank])
    torch.save(result, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_two_ranks_with_a_share_each_equal_one_process_with_the_whole_batch(tmp_path):
    mp.spawn(rank_main, args=(str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    for key, whole in train_once(network(), slice(0, 4)).items():
        if key in ("out", "images"):
            actual = torch.cat([first[key], second[key]])
        elif key.startswith("grad of"):
            actual = first[key] + second[key]
        else:
            actual = first[key]
            assert torch.equal(first[key], second[key])
        torch.testing.assert_close(actual, whole, rtol=1e-9, atol=1e-9, msg=key)


def test_keys_weights_and_buffers_stay_the_same_objects():
    model = network()
    before = model.state_dict(keep_vars=True)
    after = synchronise_batchnorm(model).state_dict(keep_vars=True)
    assert list(after) == list(before)
    assert all(after[key] is before[key] for key in before)
    assert [type(bn) for bn in batchnorms(model)] == 6 * [CrossRankBatchNorm2d]


@pytest.mark.parametrize("training", [True, False])
def test_a_single_process_is_untouched(training):
    images = torch.randn(2, 2, 9, 8).double()
    plain, swapped = network().train(training), synchronise_batchnorm(network().train(training))
    assert torch.equal(plain(images), swapped(images))
