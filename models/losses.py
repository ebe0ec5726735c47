"""The losses of FAST, the pixels that they count, and the IoU that is shown beside them.

Everything here works on whole batches: no loop over samples or instances, no shape that depends
on the data, and hence nothing that makes a GPU wait for the host.  Maps are flattened: B samples
of P pixels each.  Every result is per sample, (B,), and finite for finite logits, on images
without text or with everything ignored too.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

EPSILON = 1e-6
# Pixels without a label take part in sums by label too, since shapes may not depend on the data.
# They are dealt to this many rows that nobody reads: on a GPU a single row would be a queue.
UNREAD_ROWS = 1024
# A crop without text has no words to measure its hard pixels by: one in this many is taken, three
# times the text of a crop that has 2 % of it.  Far fewer would weigh more than the pixels of words.
PIXELS_PER_HARD_ONE = 16


@dataclass(frozen=True)
class DiceLoss:
    """One minus twice the overlap over the sum of squares (V-Net, arXiv 1606.04797)."""

    loss_weight: float = 1.0

    def __call__(
        self, logits: Tensor, target: Tensor, mask: Tensor, penalty: Tensor | None = None
    ) -> Tensor:
        """The weighted loss of each sample, (B,).

        logits: (B, P) float.  target, mask: (B, P) bool; only pixels of the mask count.
        penalty: (B,) float, what the mean squared probability of the mask's pixels weighs beside
            the overlap, which has no gradient where there is nothing to overlap with.
        """
        # Selecting is several times as fast on a CPU as multiplying by a mask.
        probability = torch.where(mask, logits.sigmoid(), 0)
        target = target & mask
        overlap = torch.where(target, probability, 0).sum(1)
        energy = probability.square().sum(1)
        squares = energy + 0.001 + count(target) + 0.001
        loss = 1 - 2 * overlap / squares
        if penalty is not None:
            loss = loss + penalty * energy / count(mask).clamp(min=1)
        return self.loss_weight * loss


@dataclass(frozen=True)
class EmbLoss_v1:
    """Pulls pixels to the mean of their instance and pushes the means of instances apart.

    The aggregation and discrimination losses of PAN (arXiv 1908.05900, section 3.4), with a small
    pull of every mean to the origin.
    """

    feature_dim: int = 4
    loss_weight: float = 1.0
    delta_pull: float = 0.5
    delta_push: float = 1.5

    def __call__(
        self, embedding: Tensor, instances: Tensor, kernels: Tensor, num_instances: int
    ) -> Tensor:
        """The weighted loss of each sample, (B,).

        embedding: (B, feature_dim, P) float.
        instances: (B, P) int64, 0 where there is no text or it is ignored, else the number of the
            word, at most ``num_instances``.
        kernels: (B, P) bool; the mean of an instance is that of its kernel's pixels.
        """
        labels = Labels(embedding, instances, kernels, num_instances)
        loss = self.pull(embedding, labels) + self.push(embedding, labels) + self.shrink(labels)
        return self.loss_weight * torch.where(labels.number > 1, loss, 0)

    def pull(self, embedding: Tensor, labels: "Labels") -> Tensor:
        """Mean over instances of the mean over pixels, which are pulled from delta_pull on."""
        distance = length(embedding - labels.at_pixels(labels.means))
        pull = (distance - self.delta_pull).relu().square().log1p()
        num_pulled = (labels.number - 1).clamp(min=1)[:, None]
        share = labels.counted / (labels.num_pixels.clamp(min=1) * num_pulled)
        return (pull * labels.at_pixels(share[:, None])[:, 0]).sum(1)

    def push(self, embedding: Tensor, labels: "Labels") -> Tensor:
        """Mean over pairs of instances: means nearer than twice delta_push repel each other."""
        total, num_pairs = self.push_pairs(labels)
        return total / num_pairs.clamp(min=1)

    def push_pairs(self, labels: "Labels") -> tuple[Tensor, Tensor]:
        """Sum of the push over the ordered pairs of each sample, and the number of pairs."""
        push = self.repulsion(distances(labels.means, labels.means))
        pair = labels.counted[:, :, None] & labels.counted[:, None, :]
        pair = pair & ~torch.eye(pair.shape[1], dtype=torch.bool, device=pair.device)
        return torch.where(pair, push, 0).sum((1, 2)), pair.sum((1, 2))

    def repulsion(self, distance: Tensor) -> Tensor:
        """Zero from twice delta_push on."""
        return (2 * self.delta_push - distance).relu().square().log1p()

    def shrink(self, labels: "Labels") -> Tensor:
        """A thousandth of the mean of log(1 + |mean|) over labels, the background's 0 included."""
        norms = torch.where(labels.present, length(labels.means).log1p(), 0)
        return 0.001 * norms.sum(1) / labels.number.clamp(min=1)


@dataclass(frozen=True)
class EmbLoss_v2(EmbLoss_v1):
    """EmbLoss_v1 that pushes instances away from a few pixels of the background as well."""

    num_background: int = 100

    def push(self, embedding: Tensor, labels: "Labels") -> Tensor:
        """Mean over pairs of instances, and one term for each instance and the background."""
        total, num_terms = self.push_pairs(labels)
        chosen, is_background = self.draw(labels.instances == 0)
        chosen = chosen[:, None].expand(-1, embedding.shape[1], -1)
        push = self.repulsion(distances(embedding.gather(2, chosen), labels.means))
        num_chosen = count(is_background)[:, None]
        push = (push * is_background[:, :, None]).sum(1) / num_chosen.clamp(min=1)
        has_term = labels.counted & (num_chosen > 0) & (labels.number > 2)[:, None]
        total = total + torch.where(has_term, push, 0).sum(1)
        return total / (num_terms + count(has_term)).clamp(min=1)

    def draw(self, background: Tensor) -> tuple[Tensor, Tensor]:
        """Draw pixels of the background without repetition, all of them where they are few.

        background: (B, P) bool.  Gives indices of pixels (B, K), and whether each is background.
        """
        order = torch.rand(background.shape, device=background.device) + background.float()
        number = min(self.num_background, background.shape[1])
        key, chosen = order.topk(number, dim=1, sorted=False)
        return chosen, background.gather(1, chosen) & (key >= 1)


class Labels:
    """What an embedding loss knows about the instances of a batch; L = num_instances + 1.

    instances: (B, P) int64.  num_pixels: (B, L) pixels of each instance.
    present: (B, L) bool, labels that have a pixel of their own among kernels (label 0: outside).
    counted: (B, L) bool, the present labels without the smallest one, which stands for the
        background.  Where no pixel is background it is an instance; released weights were
        trained like that.
    number: (B,) of present labels.
    means: (B, C, L) mean embedding over each kernel, zero for label 0 and for absent ones.
    """

    def __init__(
        self, embedding: Tensor, instances: Tensor, kernels: Tensor, num_instances: int
    ) -> None:
        self.instances = instances
        self.size = num_instances + 1
        unread = torch.arange(instances.shape[1], device=instances.device) % UNREAD_ROWS + self.size
        self.rows = torch.where(instances > 0, instances, unread)
        kernel_labels = torch.where(kernels, instances, 0)
        kernel_rows = torch.where(kernel_labels > 0, kernel_labels, unread)
        ones = torch.ones((), dtype=embedding.dtype, device=embedding.device)
        ones = ones.expand(instances.shape)
        self.num_pixels = self._sum_by(self.rows, ones[:, None])[:, 0]
        num_kernel_pixels = self._sum_by(kernel_rows, ones[:, None])
        self.means = self._sum_by(kernel_rows, embedding) / num_kernel_pixels.clamp(min=1)
        self.present = num_kernel_pixels[:, 0] > 0
        self.present[:, 0] = (kernel_labels == 0).any(1)
        self.number = count(self.present)
        self.counted = self.present & (self.present.cumsum(1) > 1)

    def at_pixels(self, values: Tensor) -> Tensor:
        """(B, C, L) values of labels -> (B, C, P), the value of each pixel's label, 0 for none."""
        values = F.pad(values, (0, UNREAD_ROWS))
        return values.gather(2, self.rows[:, None].expand(-1, values.shape[1], -1))

    def _sum_by(self, rows: Tensor, values: Tensor) -> Tensor:
        """(B, P) rows and (B, C, P) values -> (B, C, L) sums of the values in each row."""
        sums = values.new_zeros((*values.shape[:2], self.size + UNREAD_ROWS))
        sums = sums.scatter_add(2, rows[:, None].expand_as(values), values)
        return sums[:, :, : self.size]


def select_hard_pixels(scores: Tensor, text: Tensor, mask: Tensor) -> Tensor:
    """The pixels that the text loss counts: all text, and three times as many hard others.

    scores: (B, P) logits.  text, mask: (B, P) bool; gives (B, P) bool.  The hardest pixels are
    those with the highest scores outside text; all that equal the last of them are taken.  Ignored
    pixels use up the quota as well, as they did when the released weights were trained.  Without
    text the selection is the whole mask.
    """
    with torch.no_grad():
        wanted = torch.minimum(3 * count(text & mask), count(~text))
        return mask & _hardest(scores, text, wanted)


def select_false_alarms(
    text_scores: Tensor, kernel_scores: Tensor, text: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    """As ``select_hard_pixels``, but without countable text the pixels that look most like kernels.

    text_scores, kernel_scores: (B, P) logits.  text, mask: (B, P) bool.
    Gives the selection, (B, P) bool, and which samples have no text inside their mask, (B,) bool.
    In those, one in PIXELS_PER_HARD_ONE is selected, and all that equal the last of them.
    Kernels are looked at as they are: grown ones would reach out of ignored words into what
    surrounds them, and these words, which may well be text, would be unlearned.
    """
    with torch.no_grad():
        num_text = count(text & mask)
        empty = num_text == 0
        num_alarms = max(1, text.shape[1] // PIXELS_PER_HARD_ONE)
        wanted = torch.where(empty, num_alarms, torch.minimum(3 * num_text, count(~text)))
        # One selection for both kinds of samples: it is the dearest part of the losses.
        scores = text_scores.lerp(kernel_scores, empty.to(text_scores.dtype)[:, None])
        return mask & _hardest(scores, choose_samples(empty, ~mask, text), wanted), empty


def _hardest(scores: Tensor, passed_over: Tensor, wanted: Tensor) -> Tensor:
    """What is passed over, and the wanted number (B,) of other pixels; all where it is 0."""
    threshold = kth_largest(scores.masked_fill(passed_over, -torch.inf), wanted.clamp(min=1))
    threshold = torch.where(wanted == 0, -torch.inf, threshold)
    # Not ">=": a score that is not a number counts, and shows in the loss.
    return passed_over | ~(scores < threshold[:, None])


def choose_samples(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """(B, P) of the rows of ``yes`` where ``condition`` (B,) holds, else of ``no``.

    Copying rows takes a CPU a fraction of what ``torch.where`` takes.
    """
    rows = torch.arange(len(condition), device=condition.device)
    return torch.cat([no, yes]).index_select(0, rows + len(rows) * condition)


def kth_largest(values: Tensor, rank: Tensor) -> Tensor:
    """The rank-th largest value of each row, exactly, for ranks that only the device knows.

    values: (B, P), compared as float32.  rank: (B,) integers from 1 to P.  A radix selection:
    floats order like integers once the negative ones are flipped, and the two halves of their bits
    are found one after the other from histograms.  It costs a fraction of sorting.
    """
    bits = values.float().contiguous().view(torch.int32)
    keys = _flip_negative(bits)
    high, low = (keys >> 16) + 0x8000, keys & 0xFFFF
    high_digit, rank = _digit_of_rank(high, torch.ones_like(high), rank[:, None])
    low_digit, _ = _digit_of_rank(low, (high == high_digit).int(), rank)
    key = ((high_digit - 0x8000) * 0x10000 + low_digit).int()
    return _flip_negative(key).view(torch.float32)[:, 0].to(values.dtype)


def _flip_negative(bits: Tensor) -> Tensor:
    """Bits of float32 as int32 -> int32 in the same order as the floats, and back."""
    return torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)


def _digit_of_rank(digits: Tensor, weights: Tensor, rank: Tensor) -> tuple[Tensor, Tensor]:
    """The 16-bit digit that holds the rank-th largest, and the rank among that digit's holders.

    digits, weights: (B, P) int32.  rank: (B, 1).  Gives two (B, 1) int64.
    """
    rows = torch.arange(len(digits), dtype=torch.int32, device=digits.device)[:, None] * 0x10000
    histogram = torch.zeros(len(digits) * 0x10000, dtype=torch.int32, device=digits.device)
    histogram.index_add_(0, (digits + rows).flatten(), weights.flatten())
    histogram = histogram.view(len(digits), 0x10000)
    at_or_above = histogram.flip(1).cumsum(1).flip(1)
    digit = count(at_or_above >= rank)[:, None] - 1
    above = (at_or_above - histogram).gather(1, digit)
    return digit, rank - above


def masked_iou(predicted: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean IoU of the two classes over the mask's pixels; a class absent from both counts 0.

    predicted, target, mask: (B, P) bool; gives (B,) float32.
    """
    predicted, target = predicted & mask, target & mask
    both, either = count(predicted & target), count(predicted | target)
    size = count(mask)
    return 0.5 * (both / (either + EPSILON) + (size - either) / (size - both + EPSILON))


def max_pool_same(maps: Tensor, size: int) -> Tensor:
    """(B, C, H, W) -> the same shape, each pixel the largest of the size x size square around it.

    An even square reaches one pixel further right and down.  Rows first, then columns: the
    same values as in one go, and the same pixel, the first of equals, that gets the gradient.
    """
    before, after = (size - 1) // 2, size // 2
    padded = F.pad(maps, (before, after, before, after), value=-torch.inf)
    return F.max_pool2d(F.max_pool2d(padded, (1, size), stride=1), (size, 1), stride=1)


def length(vectors: Tensor) -> Tensor:
    """(B, C, P) -> (B, P) Euclidean lengths; the gradient of a zero vector is 0, not NaN."""
    return _Length.apply(vectors)


class _Length(torch.autograd.Function):
    """Several times as fast on a CPU as ``norm``, which walks along the short dimension, and as the
    gradients of square, sum and root one by one.
    """

    @staticmethod
    def forward(ctx: Any, vectors: Tensor) -> Tensor:
        least = torch.finfo(vectors.dtype).tiny
        lengths = vectors.square().sum(1).clamp_(min=least).sqrt_()
        ctx.save_for_backward(vectors, lengths)
        return lengths

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        vectors, lengths = ctx.saved_tensors
        return vectors * (gradient / lengths)[:, None]


def distances(first: Tensor, second: Tensor) -> Tensor:
    """(B, C, K), (B, C, L) -> (B, K, L) Euclidean distances, with gradient 0 where they are 0."""
    return torch.cdist(first.mT, second.mT, compute_mode="donot_use_mm_for_euclid_dist")


def count(pixels: Tensor) -> Tensor:
    """(B, P) bool -> (B,) int64."""
    return pixels.sum(1)


LOSSES = {"DiceLoss": DiceLoss, "EmbLoss_v1": EmbLoss_v1, "EmbLoss_v2": EmbLoss_v2}
