"""Steps in training: accumulated, split for want of memory, skipped when not finite."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from torch import Tensor
from torch.utils.data import default_collate

from dataset import build_dataset
from dataset.sample_data import write_sample_data
from models import build_model
from models.textnet import STAGES
from runtime.config import load_config
from runtime.distributed import Ranks, join_ranks, leave_ranks
from runtime.messages import UserError
from tests.inference.bright_model import write_config
from training.learner import Batch, Learner, is_finite, is_out_of_memory

CPU = torch.device("cpu")
OPTIONS = ("model.detection_head.dropout_ratio=0.0", "train_cfg.lr=1e-4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learner")
    write_config(folder)
    write_sample_data(folder / "photos", 4, 1, (96, 128))
    return folder


def samples(folder: Path) -> list[Batch]:
    data = build_dataset({"type": "FAST_IC15", "img_dir": str(folder / "photos/images"),
                          "gt_dir": str(folder / "photos/gts"), "img_size": 64,
                          "short_size": 64})  # fmt: skip
    return [data[index] for index in range(4)]


def learner(folder: Path, *options: str, ranks: Ranks | None = None) -> Learner:
    """A narrow network that starts from the same weights each time."""
    torch.manual_seed(0)
    config = load_config(folder / "config.py", [*OPTIONS, *options])
    made = Learner(
        build_model(config.model), ranks or Ranks(0, 1, CPU), config.train_cfg, torch.float32
    )
    made.network.train()
    return made


def without_statistics(made: Learner) -> Learner:
    """BatchNorm computes with its running statistics: a sample's gradient is then its own."""
    made.model.eval()
    return made


def gradients(made: Learner) -> dict[str, Tensor]:
    return {
        name: value.grad.clone()
        for name, value in made.model.named_parameters()
        if value.requires_grad
    }


def assert_close(one: dict[str, Tensor], two: dict[str, Tensor]) -> None:
    largest = max(gradient.abs().max() for gradient in one.values())
    for name, gradient in one.items():
        assert (two[name] - gradient).abs().max() <= 4e-6 * largest, name


def fail_once_above(made: Learner, size: int, error: Callable[[], Exception]) -> None:
    """Memory holds no more than ``size`` samples at a time."""
    whole = made.model.losses

    def losses(logits: Tensor, batch: Batch) -> dict[str, Tensor]:
        if len(logits) > size:
            raise error()
        return whole(logits, batch)

    made.model.losses = losses  # type: ignore[method-assign]


def test_accumulated_gradients_are_those_of_the_larger_batch(folder):
    items = samples(folder)
    whole, halves = (without_statistics(learner(folder)) for _ in range(2))
    loss = whole.step([default_collate(items)], 0.0)
    of_halves = halves.step([default_collate(items[:2]), default_collate(items[2:])], 0.0)
    assert_close(gradients(whole), gradients(halves))
    torch.testing.assert_close(loss, of_halves)


@pytest.mark.parametrize(
    "error",
    [
        lambda: torch.cuda.OutOfMemoryError("CUDA out of memory"),
        lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."),
        MemoryError,
    ],
    ids=["cuda", "host", "python"],
)
def test_without_memory_for_a_batch_it_is_split_and_means_the_same(folder, error):
    batch = default_collate(samples(folder))
    whole, split = (without_statistics(learner(folder)) for _ in range(2))
    fail_once_above(split, 1, error)
    torch.testing.assert_close(whole.step([batch], 0.0), split.step([batch], 0.0))
    assert (whole.split, split.split) == (1, 4)
    assert_close(gradients(whole), gradients(split))


def test_a_failed_attempt_leaves_no_trace_in_the_statistics(folder):
    batch = default_collate(samples(folder))
    halves, failing = learner(folder), learner(folder)
    halves.split = 2
    fail_once_above(failing, 2, MemoryError)
    for made in (halves, failing):
        made.step([batch], 1e-3)
    assert failing.split == 2
    for name, value in halves.model.state_dict().items():
        assert torch.equal(value, failing.model.state_dict()[name]), name


def test_from_the_epoch_of_freeze_bn_on_the_averaged_statistics_stay_and_weights_learn(folder):
    made = learner(folder)
    batches = [default_collate(samples(folder))]
    made.begin_epoch(1, freeze_bn=2)
    made.step(batches, 1e-3)
    averages = {key: made.ema.weights[key].clone() for key in made.model.state_dict()}
    live = {key: value.clone() for key, value in made.model.state_dict().items()}
    made.begin_epoch(2, freeze_bn=2)
    made.step(batches, 1e-3)
    for key, value in made.model.state_dict().items():
        if "running" in key:
            assert torch.equal(value, averages[key]) and not torch.equal(value, live[key])
    for key, weights in made.model.named_parameters():
        assert not torch.equal(weights, live[key])


@pytest.mark.parametrize("stages", [1, 4])
def test_frozen_stages_keep_weights_and_statistics_and_all_behind_them_learns(folder, stages):
    made = learner(folder, f"train_cfg.freeze_stages={stages}")
    before = {key: value.clone() for key, value in made.model.state_dict().items()}
    made.begin_epoch(1, freeze_bn=0)
    made.step([default_collate(samples(folder))], 1e-3)
    kept = tuple(f"backbone.{part}." for part in ("first_conv", *STAGES[:stages]))
    for key, value in made.model.state_dict().items():
        same = torch.equal(value, before[key])
        assert same == key.startswith(kept), key


def test_gradients_behind_frozen_stages_are_those_of_the_whole_network(folder):
    batch = default_collate(samples(folder))
    whole, part = (
        without_statistics(learner(folder, f"train_cfg.freeze_stages={stages}"))
        for stages in (0, 2)
    )
    for made in (whole, part):
        made.step([batch], 0.0)
    expected, found = gradients(whole), gradients(part)
    kept = ("backbone.first_conv.", "backbone.stage1.", "backbone.stage2.")
    assert expected.keys() - found.keys() == {key for key in expected if key.startswith(kept)}
    assert_close({key: expected[key] for key in found}, found)


def test_what_does_not_fit_one_by_one_ends_with_advice(folder):
    made = learner(folder)
    fail_once_above(made, 0, MemoryError)
    with pytest.raises(UserError) as refused:
        made.step([default_collate(samples(folder))], 1e-3)
    assert "img_size" in str(refused.value)


def test_other_errors_are_not_taken_for_a_lack_of_memory(folder):
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
    made = learner(folder)
    fail_once_above(made, 0, lambda: RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        made.step([default_collate(samples(folder))], 1e-3)


def spoil_losses(made: Learner, spoil: Callable[[Tensor], Tensor]) -> None:
    whole = made.model.losses

    def losses(logits: Tensor, batch: Batch) -> dict[str, Tensor]:
        result = whole(logits, batch)
        result["loss_text"] = spoil(result["loss_text"])
        return result

    made.model.losses = losses  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("spoil", "flags"),
    [
        (lambda loss: loss * float("nan"), [0.0, 0.0]),
        (lambda loss: loss.detach() + float("inf"), [0.0, 1.0]),
        # The root's slope at 0 is infinite, the loss itself is not.
        (lambda loss: (loss - loss.detach()).sqrt(), [1.0, 0.0]),
    ],
    ids=["nan", "infinite loss", "infinite gradient"],
)
def test_a_step_that_is_not_finite_changes_nothing(folder, spoil, flags):
    batch = default_collate(samples(folder))
    made = learner(folder)
    made.step([batch], 1e-3)
    before = made.state()
    spoil_losses(made, spoil)
    row = made.step([batch], 1e-3)
    assert row[-2:].tolist() == flags
    after = made.state()
    assert_same(before["state_dict"], after["state_dict"])
    assert_same(before["optimizer"]["state"], after["optimizer"]["state"])
    assert is_finite(after)
    assert made.scaler.get_scale() == 1


def test_float16_that_overflows_while_its_scale_comes_down_is_no_bad_step(folder):
    config = load_config(folder / "config.py", OPTIONS)
    torch.manual_seed(0)
    made = Learner(build_model(config.model), Ranks(0, 1, CPU), config.train_cfg, torch.float16)
    made.network.train()
    spoil_losses(made, lambda loss: (loss - loss.detach()).sqrt())
    row = made.step([default_collate(samples(folder))], 1e-3)
    assert row[-2:].tolist() == [1.0, 1.0]
    assert made.scaler.get_scale() == 32768


def test_a_learner_goes_on_from_its_state_and_leaves_the_state_alone(folder):
    batch = default_collate(samples(folder))
    one, two = learner(folder), learner(folder)
    one.step([batch], 1e-3)
    state = one.state()
    kept = one.state()
    two.load(state)
    for made in (one, two):
        made.step([batch], 1e-3)
    assert_same(one.state(), two.state())
    assert_same(state, kept)


def assert_same(one: object, two: object) -> None:
    if isinstance(one, Tensor):
        assert torch.equal(one, two)
    elif isinstance(one, dict):
        assert one.keys() == two.keys()
        for key in one:
            assert_same(one[key], two[key])
    elif isinstance(one, list | tuple):
        for pair in zip(one, two, strict=True):
            assert_same(*pair)
    else:
        assert one == two


def test_infinite_weights_are_seen(folder):
    made = learner(folder)
    assert is_finite(made.state())
    with torch.no_grad():
        next(made.model.parameters()).view(-1)[3] = float("inf")
    assert not is_finite(made.state())


def rank_main(rank: int, world: int, folder: str, fault: str) -> None:
    """Two steps, the first of them with a fault on the last rank; writes what comes of them."""
    torch.set_num_threads(1)
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1",
                   "MASTER_PORT": Path(folder, "port").read_text()}  # fmt: skip
    ranks = join_ranks(CPU)
    made = learner(Path(folder), ranks=ranks)
    items = samples(Path(folder))
    batch = default_collate(items[2 * rank : 2 * rank + 2])
    if rank == world - 1:
        FAULTS[fault](made)
    rows = [made.step([batch], 1e-4) for _ in range(2)]
    torch.save({"rows": rows, "split": made.split, **made.state()}, f"{folder}/{fault}_{rank}.pt")
    leave_ranks()


def none_at_all(made: Learner) -> None:
    pass


def memory_in_losses(made: Learner) -> None:
    fail_once_above(made, 1, MemoryError)


def memory_in_forward(made: Learner) -> None:
    """Memory runs out in the midst of the backbone, between two exchanges of statistics."""
    made.model.backbone.stage2.register_forward_pre_hook(_refuse_pairs)


def memory_in_backward(made: Learner) -> None:
    def hook(module: object, gradient: tuple[Tensor], _: object) -> None:
        _refuse_pairs(module, gradient)

    made.model.backbone.stage2[0].register_full_backward_hook(hook)


def _refuse_pairs(_: object, maps: tuple[Tensor]) -> None:
    if len(maps[0]) > 1:
        raise MemoryError


def nan_in_losses(made: Learner) -> None:
    whole, calls = made.model.losses, iter(range(9))

    def losses(logits: Tensor, batch: Batch) -> dict[str, Tensor]:
        result = whole(logits, batch)
        result["loss_emb"] = result["loss_emb"] * (float("nan") if next(calls) == 0 else 1)
        return result

    made.model.losses = losses  # type: ignore[method-assign]


FAULTS = {each.__name__: each for each in (none_at_all, memory_in_losses, memory_in_forward,
                                           memory_in_backward, nan_in_losses)}  # fmt: skip


def run_two_ranks(folder: Path, fault: str) -> list[dict]:
    from runtime.distributed import _free_port

    (folder / "port").write_text(str(_free_port()))
    mp.spawn(rank_main, args=(2, str(folder), fault), nprocs=2)
    results = [torch.load(folder / f"{fault}_{rank}.pt", weights_only=True) for rank in (0, 1)]
    for key, value in results[0]["state_dict"].items():
        assert torch.equal(value, results[1]["state_dict"][key]), key
    return results


@pytest.mark.parametrize("fault", ["memory_in_losses", "memory_in_forward", "memory_in_backward"])
def test_all_ranks_split_when_one_of_them_lacks_memory(folder, fault):
    first, second = run_two_ranks(folder, fault)
    assert (first["split"], second["split"]) == (2, 2)
    # What one process does that takes pairs of samples, one from each rank's share, in turn.
    alone = learner(folder)
    items = samples(folder)
    batches = [default_collate([items[0], items[2]]), default_collate([items[1], items[3]])]
    for _ in range(2):
        alone.step(batches, 1e-4)
    for key, value in alone.model.state_dict().items():
        if value.is_floating_point():
            difference = (value - first["state_dict"][key]).abs().max()
            assert difference <= 4.1e-4, key  # two steps of Adam, each at most the rate, both ways
            assert torch.isfinite(first["state_dict"][key]).all()


def test_a_loss_that_is_not_finite_on_one_rank_skips_the_step_on_all(folder):
    first, second = run_two_ranks(folder, "nan_in_losses")
    assert first["rows"][0][-2:].tolist() == [1.0, 0.0]  # its gradients went through BatchNorm
    assert second["rows"][0][-2:].tolist() == [0.0, 0.0]
    assert first["rows"][1][-2:].tolist() == second["rows"][1][-2:].tolist() == [1.0, 1.0]
    steps = {int(moments["step"]) for moments in first["optimizer"]["state"].values()}
    assert steps == {1}
    assert is_finite(first) and is_finite(second)
