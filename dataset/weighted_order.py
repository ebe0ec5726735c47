"""The order in which a weighted mixture of data sets is drawn from."""

import functools
from collections.abc import Sequence

import numpy as np

_BLOCK = 1000


class WeightedOrder:
    """Which sample each draw takes, so that every source has its share of the draws.

    Each run of a thousand draws holds every source as often as its weight says, in an order of its
    own, and each source is gone through whole before any of its samples comes again.  Draw n is
    the same whatever was drawn before, so that it does not matter where a run was resumed and how
    many processes share it.
    """

    def __init__(self, lengths: Sequence[int], weights: Sequence[float], seed: int) -> None:
        """lengths: samples of each source, numbered one source after the other.

        weights: of any size, all above 0; a source gets at least one draw in a thousand.
        """
        self.lengths = list(lengths)
        self.starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self.counts = _shares_of(_BLOCK, weights)
        self.seed = seed
        self._block = functools.lru_cache(maxsize=4)(self._draw_block)
        # Two: a batch may lie across the end of a pass.
        self._pass = functools.lru_cache(maxsize=2 * len(self.lengths))(self._draw_pass)

    def samples(self, draws: np.ndarray) -> np.ndarray:
        """The sample that each of these draws takes."""
        sources, turns = (np.empty(len(draws), np.int64) for _ in range(2))
        blocks = draws // _BLOCK
        for block in np.unique(blocks).tolist():
            chosen = blocks == block
            order, turn = self._block(block)
            places = draws[chosen] % _BLOCK
            sources[chosen] = order[places]
            turns[chosen] = turn[places] + block * self.counts[order[places]]
        samples = np.empty(len(draws), np.int64)
        for source in np.unique(sources).tolist():
            chosen = sources == source
            length = self.lengths[source]
            passes, places = np.divmod(turns[chosen], length)
            found = np.empty(len(places), np.int64)
            for number in np.unique(passes).tolist():
                found[passes == number] = self._pass(source, number)[places[passes == number]]
            samples[chosen] = self.starts[source] + found
        return samples

    def _draw_block(self, block: int) -> tuple[np.ndarray, np.ndarray]:
        """The source of each draw of a block, and how often it came before within the block."""
        order = np.repeat(np.arange(len(self.counts)), self.counts)
        np.random.default_rng((self.seed, 1, block)).shuffle(order)
        turn = np.empty(_BLOCK, np.int64)
        for source, count in enumerate(self.counts.tolist()):
            turn[order == source] = np.arange(count)
        return order, turn

    def _draw_pass(self, source: int, number: int) -> np.ndarray:
        """The order in which a source is gone through for the ``number``-th time."""
        rng = np.random.default_rng((self.seed, 2, source, number))
        return rng.permutation(self.lengths[source])


def _shares_of(total: int, weights: Sequence[float]) -> np.ndarray:
    """Whole numbers, one or more each, that add up to ``total`` and are nearest to the weights."""
    exact = np.asarray(weights, np.float64) / sum(weights) * total
    counts = np.maximum(np.floor(exact).astype(np.int64), 1)
    while counts.sum() != total:
        step = 1 if counts.sum() < total else -1
        gap = (exact - counts) * step
        gap[(counts == 1) & (step < 0)] = -np.inf
        counts[np.argmax(gap)] += step
    return counts
