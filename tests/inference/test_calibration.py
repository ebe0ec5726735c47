"""Trying thresholds by filtering gives what detecting with each of them would give."""

import numpy as np
import pytest
import torch

from dataset.labels import Word
from inference.calibration import (
    CandidateCollector,
    Candidates,
    choose,
    choose_kernels,
    kernel_choices,
    measure_gain,
    rates,
    sweep,
)
from inference.detector import TextDetector
from inference.scoring import PROTOCOLS, score
from tests.inference.bright_model import bright_model, photo


def square(left: float, top: float, side: float = 20) -> np.ndarray:
    corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
    return np.array(corners, np.int32)


def word(points: np.ndarray, ignore: bool = False) -> Word:
    return Word(points.astype(np.float32), "word", ignore, 1)


def random_images(count: int, seed: int) -> tuple[list[Candidates], list[list[Word]]]:
    rng = np.random.default_rng(seed)
    candidates, truths = [], []
    for _ in range(count):
        places = rng.integers(0, 4, (6, 2)) * 25
        words = [word(square(*place), bool(rng.random() < 0.2)) for place in places[:4]]
        outlines = [square(*(place + rng.integers(-4, 5, 2))) for place in places]
        scores, areas = rng.uniform(0.5, 1, 6).round(2), rng.choice([40, 150, 260, 900], 6)
        candidates.append(Candidates(outlines, scores, areas.astype(float)))
        truths.append(words)
    return candidates, truths


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_pair_of_thresholds_scores_what_the_words_that_are_kept_score(protocol):
    candidates, truths = random_images(8, seed=3)
    swept = sweep(candidates, truths, (0.875, 333.0), protocol)
    for pair in ((0.5, 0.0), (0.7, 150.0), (0.875, 333.0), (0.9, 250.0), (0.99, 1000.0)):
        kept = [
            [
                outline
                for outline, value, area in zip(one.outlines, one.scores, one.areas, strict=True)
                if value >= pair[0] and area >= pair[1]
            ]
            for one in candidates
        ]
        expected = score(kept, truths, protocol)
        place = swept.place(*pair)
        found = [part[place] for part in swept.rates()]
        assert found == pytest.approx([expected.precision, expected.recall, expected.hmean])


def test_scores_that_no_word_is_below_are_not_tried():
    candidates, truths = random_images(2, seed=3)
    swept = sweep(candidates, truths, (0.5, 250.0), least=0.88)
    assert swept.scores.tolist() == [0.5, *(round(0.88 + 0.01 * step, 2) for step in range(12))]


def test_the_network_is_not_needed_again_for_other_thresholds():
    settings = {"min_score": 0.88, "min_area": 250, "bbox_type": "rect", "pooling_size": 9}
    image = photo(boxes=((16, 24, 96, 56), (144, 24, 160, 40)))
    detector = TextDetector(bright_model(), settings, short_size=128)
    collector = CandidateCollector(settings)
    inputs = [torch.from_numpy(image).permute(2, 0, 1)]
    detector.detect_resized(
        inputs,
        [(128, 256)],
        lambda members, logits: collector.observe(5, logits, *[(128, 256)] * 2),
    )
    found = collector.found[5]
    assert found.areas.tolist() == [88 * 40, 24 * 24]
    for min_area in (0, 576, 577, 5000):
        one = TextDetector(bright_model(), {**settings, "min_area": min_area}, short_size=128)
        expected = [word.points.tolist() for word in one.detect(image)]
        kept = np.flatnonzero(found.kept(0.88, min_area))
        assert [found.outlines[place].tolist() for place in kept] == expected


def uniform_images(count: int, scores: tuple[float, float]) -> tuple[list, list]:
    """Photos with a word that is found with the first score, and a false alarm with the second."""
    found = Candidates([square(0, 0), square(90, 90)], np.array(scores), np.array([900.0, 900.0]))
    return [found] * count, [[word(square(0, 0))]] * count


def test_the_middle_of_what_scores_the_same_is_chosen():
    swept = sweep(*uniform_images(10, (0.9, 0.7)), (0.88, 250.0))
    choice = choose(swept)
    assert choice.score_plateau == (0.71, 0.9)
    assert choice.min_score == 0.8
    # 0, 25, ..., 700: the sixth of twelve.
    assert (choice.min_area, choice.area_plateau) == (150, (0, 700))
    assert rates(swept.at(swept.place(0.8, 150.0)).sum(axis=0))[2] == 1


def test_the_gain_is_told_with_what_chance_alone_would_do():
    swept = sweep(*uniform_images(10, (0.9, 0.7)), (0.6, 250.0))
    gain = measure_gain([swept], 0, choose(swept), (0.6, 250.0))
    assert (gain.before, gain.after, gain.unseen) == pytest.approx((2 / 3, 1, 1))
    assert not gain.is_noise
    swept = sweep(*uniform_images(10, (0.9, 0.7)), (0.85, 250.0))
    gain = measure_gain([swept], 0, choose(swept), (0.85, 250.0))
    assert (gain.before, gain.after) == (1, 1)
    assert gain.is_noise


def test_values_that_differ_less_than_chance_count_as_a_plateau():
    """In one photo of 120 the word has a lower score: losing it is within the noise."""
    candidates, truths = uniform_images(120, (0.9, 0.7))
    odd, _ = uniform_images(1, (0.72, 0.7))
    swept = sweep([*candidates[1:], *odd], truths, (0.88, 250.0))
    choice = choose(swept)
    assert choice.score_plateau == (0.71, 0.9)
    assert choice.min_score == 0.8


def test_a_cliff_bounds_the_plateau():
    """In a quarter of the photos the word's score is 0.8: above it hmean falls for good."""
    candidates, truths = uniform_images(30, (0.9, 0.7))
    odd, more = uniform_images(10, (0.8, 0.7))
    choice = choose(sweep([*candidates, *odd], [*truths, *more], (0.88, 250.0)))
    assert choice.score_plateau == (0.71, 0.8)
    assert choice.min_score == 0.75


def test_photos_without_anything_are_no_trouble():
    nothing = Candidates([], np.zeros(0), np.zeros(0))
    swept = sweep([nothing, nothing], [[], [word(square(0, 0))]], (0.88, 250.0))
    choice = choose(swept)
    assert 0.5 <= choice.min_score <= 0.99
    assert measure_gain([swept], 0, choice, (0.88, 250.0)).after == 0


def test_the_kernels_with_the_best_score_are_chosen_and_the_config_wins_a_tie():
    candidates, truths = uniform_images(10, (0.9, 0.7))
    missed = [Candidates([square(90, 90)], np.array([0.9]), np.array([900.0]))] * 10
    good, bad = (sweep(found, truths, (0.6, 250.0)) for found in (candidates, missed))
    best, choices = choose_kernels([bad, good, good])
    choice = choices[best]
    assert (best, choice.min_score) == (1, 0.8)
    gain = measure_gain([bad, good, good], best, choice, (0.6, 250.0))
    assert (gain.before, gain.after, gain.unseen) == pytest.approx((0, 1, 1))
    assert choose_kernels([good, good])[0] == 0


def test_kernels_are_tried_as_configured_and_grown_on_top_of_the_training():
    tried = kernel_choices({"min_score": 0.9, "kernel_score": 0.5, "pooling_size": 13}, trained=9)
    assert tried[0] == {"min_score": 0.9, "kernel_score": 0.5, "pooling_size": 13}
    assert {settings["pooling_size"] for settings in tried[1:]} == {9, 11, 13, 15}
    assert {settings["kernel_stride"] for settings in tried[1:]} == {1}
