"""The losses: golden values, slow references, and what they must never do."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from models.head import Head, HeadLosses
from models.layers import ConvLayer
from models.losses import (
    LOSSES,
    DiceLoss,
    EmbLoss_v1,
    EmbLoss_v2,
    kth_largest,
    masked_iou,
    max_pool_same,
    select_hard_pixels,
)
from tests.conftest import golden

CASES = (
    "ordinary_text",
    "many_instances",
    "no_text",
    "everything_ignored",
    "one_instance",
    "zero_kernel_instance",
    "heavy_ohem",
    "few_negatives",
    "no_negatives",
    "ohem_ties",
    "ignored_overlap",
)
LOSS_NAMES = ("loss_text", "loss_kernels", "loss_emb")
few = settings(max_examples=40, deadline=None)


def head(emb: Any = None, pooling_size: int = 9, empty_weight: float = 0.0) -> Head:
    """A head with the usual losses; its layers play no part here."""
    emb = emb or EmbLoss_v1(loss_weight=0.25)
    losses = HeadLosses(DiceLoss(0.5), DiceLoss(1.0), emb, pooling_size, empty_weight)
    return Head(ConvLayer(1, 1), [], ConvLayer(1, 5), 0.0, losses)


def golden_batch(case: str) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Logits and targets of a golden case."""
    arrays = np.load(golden("losses.npz"))
    logits = torch.from_numpy(arrays[f"{case}__q"] / 65536).float()
    names = ("gt_instances", "gt_kernels", "training_masks")
    batch = {name: torch.from_numpy(arrays[f"{case}__{name}"]) for name in names}
    batch["gt_texts"] = (batch["gt_instances"] > 0).byte()
    return logits.requires_grad_(), batch


def golden_values(case: str) -> dict[str, Any]:
    cases = json.loads(golden("losses.json").read_text())["cases"]
    return next(values for values in cases if values["name"] == case)


def drawn_batch(seed: int, size: int = 24, count: int = 5, samples: int = 2) -> dict[str, Any]:
    """Random rectangles, some without a kernel, some ignored; numbers may have gaps."""
    rng = np.random.default_rng(seed)
    instances = np.zeros((samples, size, size), np.int32)
    kernels, masks = np.zeros_like(instances), np.ones_like(instances)
    for sample in range(samples):
        for number in range(1, rng.integers(0, count + 1) + 1):
            y, x = rng.integers(0, size - 4, 2)
            h, w = rng.integers(3, size // 2, 2)
            instances[sample, y : y + h, x : x + w] = number
            kernels[sample, y + 1 : y + h - 1, x + 1 : x + w - 1] = rng.random() < 0.8
            if rng.random() < 0.2:
                masks[sample, y : y + h, x : x + w] = 0
    arrays = {
        "gt_texts": instances > 0,
        "gt_kernels": kernels,
        "gt_instances": instances,
        "training_masks": masks,
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def total(losses: dict[str, torch.Tensor]) -> torch.Tensor:
    return sum((losses[name].mean() for name in LOSS_NAMES), torch.zeros(()))


# --- golden values ----------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_losses_and_ious_of_each_sample_match_the_golden_ones(case):
    logits, batch = golden_batch(case)
    wanted = golden_values(case)
    wanted["loss_kernels"] = wanted["loss_kernels_per_sample"]
    for name, values in head().losses(logits, batch).items():
        np.testing.assert_allclose(values.detach(), wanted[name], rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_gradients_match_the_golden_ones(case):
    logits, batch = golden_batch(case)
    total(head().losses(logits, batch)).backward()
    wanted = torch.from_numpy(np.load(golden("losses.npz"))[f"{case}__grad"])
    assert (logits.grad - wanted).norm() <= 1e-4 * wanted.norm()


@pytest.mark.parametrize("case", CASES)
def test_selected_pixels_are_the_golden_ones_bit_for_bit(case):
    logits, batch = golden_batch(case)
    pooled = max_pool_same(logits[:, :1], 9).flatten(1)
    text, mask = batch["gt_texts"].flatten(1) > 0, batch["training_masks"].flatten(1) > 0
    selected = select_hard_pixels(pooled, text, mask).numpy()
    wanted = np.load(golden("losses.npz"))[f"{case}__ohem_selected_packbits"]
    np.testing.assert_array_equal(np.packbits(selected, axis=1), wanted)


@pytest.mark.parametrize("case", CASES)
def test_the_loss_with_background_samples_matches_the_golden_one(case):
    """The golden draw came from NumPy's global generator, one for each sample that needed it."""
    logits, batch = golden_batch(case)
    wanted = golden_values(case)
    state = np.random.RandomState(0)
    draws = [parts is not None and len(parts["labels"]) > 2 for parts in wanted["emb_parts"]]

    class GoldenDraw(EmbLoss_v2):
        def draw(self, background):
            chosen = torch.zeros(len(background), 100, dtype=torch.int64)
            is_background = torch.zeros_like(chosen, dtype=torch.bool)
            for sample, pixels in enumerate(background):
                indices = pixels.nonzero()[:, 0]
                if draws[sample] and len(indices) > 100:
                    indices = indices[state.permutation(len(indices))[:100]]
                indices = indices[:100]
                chosen[sample, : len(indices)] = indices
                is_background[sample, : len(indices)] = True
            return chosen, is_background

    losses = head(GoldenDraw(loss_weight=0.25)).losses(logits, batch)
    actual, expected = losses["loss_emb"].detach(), wanted["loss_emb_v2_npseed0"]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)
    losses["loss_emb"].mean().backward()
    assert logits.grad.norm().item() == pytest.approx(wanted["loss_emb_v2_grad_l2"], rel=1e-4)


# --- slow references, in the words of the definition ----------------------------------------------


def slow_embedding_loss(embedding, instances, kernels, mask) -> float:
    """EmbLoss_v1 of one sample, unweighted, instance by instance in float64."""
    instances = np.where(mask > 0, instances, 0)
    kernel_labels = np.where(kernels > 0, instances, 0)
    labels = sorted(np.unique(kernel_labels))
    if len(labels) == 1:
        return 0.0
    means = [embedding[:, kernel_labels == n].mean(1) if n else np.zeros(4) for n in labels]
    pulls = []
    for label, mean in list(zip(labels, means, strict=True))[1:]:
        distance = np.linalg.norm(embedding[:, instances == label] - mean[:, None], axis=0)
        pulls.append(np.log1p(np.maximum(distance - 0.5, 0) ** 2).mean())
    pairs = [(a, b) for a in means[1:] for b in means[1:] if a is not b]
    pushes = [math.log1p(max(3 - np.linalg.norm(a - b), 0) ** 2) for a, b in pairs]
    lengths = [math.log1p(np.linalg.norm(mean)) for mean in means]
    return np.mean(pulls) + (np.mean(pushes) if pushes else 0) + 0.001 * np.mean(lengths)


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_the_embedding_loss_is_what_its_definition_says(seed):
    batch = drawn_batch(seed)
    torch.manual_seed(seed)
    logits = torch.randn(2, 5, 24, 24)
    actual = head().losses(logits, batch)["loss_emb"]
    for sample in range(2):
        names = ("gt_instances", "gt_kernels", "training_masks")
        maps = [batch[name][sample].numpy() for name in names]
        wanted = 0.25 * slow_embedding_loss(logits[sample, 1:].double().numpy(), *maps)
        assert actual[sample].item() == pytest.approx(wanted, abs=1e-5)


def slow_selection(scores, text, mask):
    """Hard pixels of one sample by sorting."""
    wanted = min(3 * (text & mask).sum(), (~text).sum())
    if wanted == 0:
        return mask
    threshold = np.sort(scores[~text])[-wanted]
    return (text | (scores >= threshold)) & mask


@few
@given(seed=st.integers(0, 2**32 - 1), levels=st.integers(1, 40), share=st.floats(0, 1))
def test_hard_pixels_are_those_that_sorting_finds(seed, levels, share):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-levels, levels, (3, 200)).astype(np.float32) / 4
    text, mask = rng.random((3, 200)) < share, rng.random((3, 200)) < 0.8
    tensors = (torch.from_numpy(array) for array in (scores, text, mask))
    actual = select_hard_pixels(*tensors).numpy()
    for sample in range(3):
        wanted = slow_selection(scores[sample], text[sample], mask[sample])
        np.testing.assert_array_equal(actual[sample], wanted)


@few
@given(
    rows=st.lists(
        st.lists(st.floats(width=32, allow_nan=False), min_size=7, max_size=7), min_size=1
    ),
    rank=st.integers(1, 7),
)
def test_the_kth_largest_is_found_among_any_floats(rows, rank):
    values = torch.tensor(rows, dtype=torch.float32)
    ranks = torch.full((len(rows),), rank)
    expected = values.sort(dim=1, descending=True).values[:, rank - 1]
    assert torch.equal(kth_largest(values, ranks), expected)


@pytest.mark.parametrize("size", [1, 3, 7, 9])
@pytest.mark.parametrize("levels", [3, 10**6])
def test_pooling_equals_the_square_pool_in_values_and_in_who_gets_the_gradient(size, levels):
    torch.manual_seed(size)
    maps = torch.randint(0, levels, (2, 1, 20, 31)).float()
    upstream = torch.randint(1, 9, (2, 1, 20, 31)).float()
    results = []
    for pool in (max_pool_same, lambda x, k: F.max_pool2d(x, k, stride=1, padding=k // 2)):
        leaf = maps.clone().requires_grad_()
        pooled = pool(leaf, size)
        pooled.backward(upstream)
        results.append((pooled.detach(), leaf.grad))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])


@pytest.mark.parametrize("size", [2, 4, 8])
def test_an_even_pool_keeps_the_size_and_shifts_by_half_a_pixel_only(size):
    maps = torch.zeros(1, 1, 21, 21)
    maps[0, 0, 10, 10] = 1
    grown = max_pool_same(maps, size)
    rows, columns = grown[0, 0].nonzero().T
    assert grown.shape == maps.shape and len(rows) == size * size
    for positions in (rows, columns):
        assert abs(positions.float().mean().item() - 10) == 0.5


def test_iou_is_the_mean_over_both_classes_inside_the_mask():
    predicted = torch.tensor([[1, 1, 0, 0, 1, 0]], dtype=torch.bool)
    target = torch.tensor([[1, 0, 0, 0, 1, 1]], dtype=torch.bool)
    mask = torch.tensor([[1, 1, 1, 1, 0, 0]], dtype=torch.bool)
    # Class 1: one of two; class 0: two of three.
    assert masked_iou(predicted, target, mask).item() == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_iou_counts_a_class_that_is_nowhere_as_zero():
    nothing, mask = torch.zeros(1, 5, dtype=torch.bool), torch.ones(1, 5, dtype=torch.bool)
    assert masked_iou(nothing, nothing, mask).item() == pytest.approx(0.5)
    assert masked_iou(nothing, nothing, nothing).item() == 0


def test_dice_by_hand():
    logits = torch.tensor([[0.0, 0.0, 20.0]])
    target = torch.tensor([[True, False, True]])
    mask = torch.tensor([[True, True, False]])
    wanted = 2.0 * (1 - 2 * 0.5 / (0.25 + 0.25 + 0.001 + 1 + 0.001))
    assert DiceLoss(2.0)(logits, target, mask).item() == pytest.approx(wanted)


# --- background samples ---------------------------------------------------------------------------


def test_background_pixels_are_drawn_once_each_and_only_from_the_background():
    background = torch.rand(4, 500, generator=torch.Generator().manual_seed(0)) < 0.6
    background[3] = False
    background[3, 7:20] = True
    chosen, is_background = EmbLoss_v2().draw(background)
    assert chosen.shape == is_background.shape == (4, 100)
    assert is_background[:3].all()
    assert sorted(chosen[3][is_background[3]].tolist()) == list(range(7, 20))
    for sample in range(4):
        assert len(set(chosen[sample].tolist())) == 100
        assert background[sample, chosen[sample][is_background[sample]]].all()


def test_background_pixels_are_drawn_anew_each_time_and_by_the_seed():
    background = torch.ones(1, 5000, dtype=torch.bool)
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(EmbLoss_v2().draw(background)[0].tolist())
    assert draws[0] == draws[1] != draws[2]


def test_an_instance_that_looks_like_background_costs_more_with_background_samples():
    batch = drawn_batch(3)
    logits = torch.zeros(2, 5, 24, 24)
    plain = head(EmbLoss_v1()).losses(logits, batch)["loss_emb"]
    sampled = head(EmbLoss_v2()).losses(logits, batch)["loss_emb"]
    # All distances are 0, so each term is log(10), for pairs and for the background alike.
    torch.testing.assert_close(plain, sampled)
    assert plain.max().item() == pytest.approx(math.log(10))


# --- photos without text --------------------------------------------------------------------------


def empty_batch(height: int, width: int, samples: int = 1) -> dict[str, torch.Tensor]:
    """Nothing to find, nothing ignored."""
    names = ("gt_texts", "gt_kernels", "gt_instances")
    maps = {name: torch.zeros(samples, height, width, dtype=torch.int64) for name in names}
    return {**maps, "training_masks": torch.ones(samples, height, width, dtype=torch.int64)}


def kernel_logits(height: int, width: int, elsewhere: float = -8.0) -> torch.Tensor:
    logits = torch.zeros(1, 5, height, width)
    logits[:, 0] = elsewhere
    return logits


# Of 4 x 4 pixels, the highest one counts; of 4 x 8, the highest two.
LOGIT_OF_3_IN_4 = math.log(3)


def test_the_highest_kernel_of_an_empty_photo_is_punished_and_pushed_down():
    logits = kernel_logits(4, 4)
    logits[0, 0, 1, 3] = LOGIT_OF_3_IN_4
    losses = head(empty_weight=2.0).losses(logits.requires_grad_(), empty_batch(4, 4))
    total(losses).backward()
    # 1 for the overlap that cannot be, as without the term, and twice the square of 0.75.
    assert losses["loss_kernels"].item() == pytest.approx(1 + 2 * 0.5625)
    assert [losses[name].item() for name in ("loss_text", "loss_emb")] == [0.5, 0]
    # Twice the slope of p^2, which is 2p, times the slope of the sigmoid, p (1 - p).
    assert logits.grad[0, 0, 1, 3].item() == pytest.approx(2 * 2 * 0.75 * 0.75 * 0.25)
    assert logits.grad.count_nonzero() == 1


def test_the_mean_is_over_one_pixel_in_16():
    logits = kernel_logits(4, 8)
    logits[0, 0, 1, 1], logits[0, 0, 3, 6], logits[0, 0, 3, 7] = LOGIT_OF_3_IN_4, 0, -1
    losses = head(empty_weight=1.0).losses(logits, empty_batch(4, 8))
    assert losses["loss_kernels"].item() == pytest.approx(1 + (0.5625 + 0.25) / 2)


def test_equal_pixels_are_all_punished_and_the_loss_stays_a_mean():
    logits = kernel_logits(16, 16, elsewhere=0).requires_grad_()
    losses = head(empty_weight=1.0).losses(logits, empty_batch(16, 16))
    total(losses).backward()
    assert losses["loss_kernels"].item() == pytest.approx(1.25)
    torch.testing.assert_close(logits.grad[0, 0], torch.full((16, 16), 2 * 0.5**3 * 0.5 / 256 * 2))


@pytest.mark.parametrize("is_drawn", [False, True], ids=["left out of the maps", "drawn"])
def test_an_ignored_word_is_not_punished_but_what_surrounds_it_is(is_drawn):
    batch = empty_batch(16, 16)
    batch["training_masks"][0, 4:8, 4:12] = 0
    if is_drawn:
        batch["gt_texts"][0, 4:8, 4:12] = batch["gt_instances"][0, 4:8, 4:12] = 1
        batch["gt_kernels"][0, 5:7, 5:11] = 1
    logits = kernel_logits(16, 16)
    logits[0, 0, 5:7, 5:11] = 9  # within four pixels of what surrounds the word
    logits[0, 0, 8:12, :4] = LOGIT_OF_3_IN_4  # one pixel in 16
    losses = head(empty_weight=1.0).losses(logits.requires_grad_(), batch)
    total(losses).backward()
    assert losses["loss_kernels"].item() == pytest.approx(1.5625)
    assert torch.equal(logits.grad[0, 0] > 0, logits[0, 0] == LOGIT_OF_3_IN_4)
    assert logits.grad.count_nonzero() == 16


def test_where_everything_is_ignored_nothing_is_punished():
    batch = empty_batch(16, 16)
    batch["training_masks"].zero_()
    logits = kernel_logits(16, 16, elsewhere=3).requires_grad_()
    losses = head(empty_weight=1.0).losses(logits, batch)
    total(losses).backward()
    assert [losses[name].item() for name in LOSS_NAMES] == [0.5, 1, 0]
    assert not logits.grad.any()


@pytest.mark.parametrize("case", CASES)
def test_punishing_false_alarms_leaves_samples_with_text_as_they_are(case):
    results = []
    for weight in (0.0, 1.0):
        logits, batch = golden_batch(case)
        losses = head(empty_weight=weight).losses(logits, batch)
        total(losses).backward()
        results.append((losses, logits.grad))
    (without, gradient), (with_it, other_gradient) = results
    text = (batch["gt_texts"] > 0) & (batch["training_masks"] > 0)
    has_text = text.flatten(1).any(1)
    for name, values in with_it.items():
        same = has_text if name == "loss_kernels" else slice(None)
        assert torch.equal(values[same], without[name][same]), name
    assert torch.equal(gradient[has_text], other_gradient[has_text])


def slow_penalty(logits, mask) -> float:
    """Mean squared probability of the highest pixels of one sample, by sorting, in float64."""
    logits = np.sort(logits[mask].astype(np.float64))[::-1]
    number = min(max(1, mask.size // 16), len(logits))
    if not number:
        return 0.0
    highest = logits[logits >= logits[number - 1]]
    return float(np.mean((1 / (1 + np.exp(-highest))) ** 2))


@few
@given(seed=st.integers(0, 2**32 - 1), seen=st.sampled_from([0.002, 0.5, 1.0]))
def test_the_penalty_is_what_sorting_gives_and_is_bounded(seed, seen):
    rng = np.random.default_rng(seed)
    batch = drawn_batch(seed, size=24, samples=3)
    for name in ("gt_texts", "gt_kernels", "gt_instances"):
        batch[name][0] = 0
    batch["training_masks"] = torch.from_numpy(rng.random((3, 24, 24)) < seen)
    # With few levels several pixels are equal, the last that counts among them.
    logits = torch.from_numpy(rng.integers(-30, 30, (3, 5, 24, 24)) / 4).float()
    without = head().losses(logits, batch)["loss_kernels"]
    penalty = (head(empty_weight=0.5).losses(logits, batch)["loss_kernels"] - without).tolist()
    mask = batch["training_masks"].numpy()
    for sample, text in enumerate(batch["gt_texts"].numpy() > 0):
        wanted = (
            0.0
            if (text & mask[sample]).any()
            else 0.5 * slow_penalty(logits[sample, 0].numpy(), mask[sample])
        )
        assert penalty[sample] == pytest.approx(wanted, abs=1e-6)
        assert 0 <= penalty[sample] <= 0.5


@pytest.mark.parametrize("empty_weight", [0.0, 1.0])
def test_logits_that_are_not_numbers_show_in_the_loss_of_an_empty_photo(empty_weight):
    logits = kernel_logits(16, 16)
    logits[0, 0, 3, 3] = torch.nan
    losses = head(empty_weight=empty_weight).losses(logits, empty_batch(16, 16))
    assert total(losses).isnan()


# --- inputs of all kinds --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "emb, empty_weight", [("EmbLoss_v1", 0.0), ("EmbLoss_v1", 1.0), ("EmbLoss_v2", 0.0)]
)
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
@pytest.mark.parametrize("kind", ["drawn", "no text", "all ignored", "all text", "all kernel"])
def test_losses_and_gradients_are_finite_for_every_input(emb, empty_weight, scale, kind):
    batch = drawn_batch(1)
    if kind == "no text":
        batch = {name: torch.zeros_like(maps) for name, maps in batch.items()}
        batch["training_masks"] += 1
    elif kind == "all ignored":
        batch["training_masks"].zero_()
    elif kind.startswith("all"):
        batch["gt_instances"] = torch.arange(24).expand(2, 24, 24) // 6 + 1
        batch["gt_texts"] = torch.ones(2, 24, 24)
        batch["gt_kernels"] = torch.ones(2, 24, 24) if kind == "all kernel" else batch["gt_kernels"]
    logits = (scale * torch.randn(2, 5, 6, 6)).requires_grad_()
    losses = head(LOSSES[emb](), empty_weight=empty_weight).losses(logits, batch)
    total(losses).backward()
    assert all(values.isfinite().all() and values.shape == (2,) for values in losses.values())
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("empty", ["gt_texts", "training_masks"])
def test_a_sample_without_countable_text_has_fixed_losses_and_no_gradient(empty):
    batch = drawn_batch(2)
    batch[empty].zero_()
    if empty == "gt_texts":
        batch["gt_instances"].zero_()
        batch["gt_kernels"].zero_()
    logits = torch.randn(2, 5, 24, 24, requires_grad=True)
    losses = head().losses(logits, batch)
    total(losses).backward()
    assert [losses[name].tolist() for name in LOSS_NAMES] == [[0.5, 0.5], [1, 1], [0, 0]]
    assert (logits.grad == 0).all()


def test_a_sample_has_the_same_losses_alone_and_in_company():
    batch = drawn_batch(4, samples=3)
    logits = torch.randn(3, 5, 24, 24)
    together = head().losses(logits, batch)
    for sample in range(3):
        one = slice(sample, sample + 1)
        alone = head().losses(logits[one], {name: maps[one] for name, maps in batch.items()})
        for name, values in alone.items():
            torch.testing.assert_close(values, together[name][one], msg=name)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64, torch.float32])
def test_targets_may_have_any_dtype(dtype):
    batch = drawn_batch(5)
    logits = torch.randn(2, 5, 24, 24)
    expected = head().losses(logits, batch)
    actual = head().losses(logits, {name: maps.to(dtype) for name, maps in batch.items()})
    for name, values in expected.items():
        assert torch.equal(actual[name], values)


def test_telling_the_largest_instance_changes_nothing():
    batch = drawn_batch(6)
    logits = torch.randn(2, 5, 24, 24)
    found = head().losses(logits, batch)["loss_emb"]
    for extra in (0, 30):
        batch["num_instances"] = batch["gt_instances"].amax((1, 2)).long() + extra
        torch.testing.assert_close(head().losses(logits, batch)["loss_emb"], found)


def test_logits_are_brought_to_the_size_of_the_targets():
    batch = drawn_batch(7)
    logits = torch.randn(2, 5, 6, 6)
    large = F.interpolate(logits, size=(24, 24), mode="bilinear", align_corners=False)
    for name, values in head().losses(large, batch).items():
        assert torch.equal(values, head().losses(logits, batch)[name])


def test_losses_are_computed_in_float32_under_autocast():
    batch = drawn_batch(8)
    logits = torch.randn(2, 5, 24, 24).bfloat16()
    expected = head().losses(logits.float(), batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = head().losses(logits, batch)
    for name, values in actual.items():
        assert values.dtype == torch.float32
        assert torch.equal(values, expected[name])


# --- what the losses must never do ----------------------------------------------------------------


class Watch(TorchDispatchMode):
    """Fails on operations that make the host wait for a device; records the largest tensor."""

    WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "equal", "is_nonzero")

    def __init__(self) -> None:
        super().__init__()
        self.largest, self.calls = 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert not name.startswith(self.WAITING), f"{name} waits for the device"
        result = func(*args, **(kwargs or {}))
        self.calls += 1
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, torch.Tensor):
                self.largest = max(self.largest, tensor.numel())
        return result


def watched(emb: Any, batch: dict[str, torch.Tensor], empty_weight: float = 0.0) -> Watch:
    samples, height, width = batch["gt_texts"].shape
    batch["num_instances"] = batch["gt_instances"].amax((1, 2)).long()
    logits = torch.randn(samples, 5, height // 4, width // 4, requires_grad=True)
    with Watch() as watch:
        total(head(emb, empty_weight=empty_weight).losses(logits, batch)).backward()
    assert logits.grad.isfinite().all()
    return watch


def grid_batch(count: int, size: int, samples: int = 2) -> dict[str, torch.Tensor]:
    """``count`` words of 3 x 3 pixels with a kernel of one pixel each."""
    across = size // 4
    number = torch.arange(across * across).view(across, across) + 1
    number = number * (number <= count)
    cell = torch.tensor([[1, 1, 1, 0]] * 3 + [[0] * 4])
    instances = torch.kron(number, cell)
    middle = torch.zeros(4, 4, dtype=torch.int64)
    middle[1, 1] = 1
    kernels = torch.kron((number > 0).long(), middle)
    maps = {"gt_instances": instances, "gt_texts": instances > 0, "gt_kernels": kernels}
    maps["training_masks"] = torch.ones_like(instances)
    return {name: values.expand(samples, -1, -1) for name, values in maps.items()}


@pytest.mark.parametrize("emb", [EmbLoss_v1(), EmbLoss_v2()])
@pytest.mark.parametrize("count", [0, 20])
def test_losses_never_wait_for_the_device(emb, count):
    watched(emb, grid_batch(count, size=32), empty_weight=1.0)


SIZES = (3, 64, 1), (200, 64, 3), (3, 64, 2)  # words, pixels along a side, samples


@pytest.mark.parametrize("emb", [EmbLoss_v1(), EmbLoss_v2()])
@pytest.mark.parametrize("empty_weight", [0.0, 1.0])
def test_the_number_of_operations_depends_on_no_sample_or_instance(emb, empty_weight):
    few_words, many_words, unreadable = (grid_batch(*size) for size in SIZES)
    unreadable["training_masks"] = (~unreadable["gt_texts"]).long()
    batches = few_words, many_words, unreadable
    assert len({watched(emb, batch, empty_weight).calls for batch in batches}) == 1


@pytest.mark.parametrize("emb", [EmbLoss_v1(), EmbLoss_v2()])
def test_two_thousand_words_need_no_more_than_a_number_for_each_pair(emb):
    watch = watched(emb, grid_batch(2000, size=192, samples=1))
    assert watch.largest <= 2001**2


def test_losses_are_plain_settings():
    for loss in LOSSES.values():
        assert dataclasses.is_dataclass(loss)
        assert loss(loss_weight=3.0).loss_weight == 3.0
