"""How long does it take to score 500 photos of 40 words each, on one core?

Turned boxes, as a rectangle detector gives, and arcs of 14 points, as curved text has: by every
protocol, each with the score by characters.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from benchmarks.measure import Row, one_core, time_calls
from dataset.labels import Word
from inference.scoring import PROTOCOLS, score_with_characters

IMAGES, LINES, COLUMNS = 500, 10, 4
WIDTH_PX, HEIGHT_PX, SHAKE_PX = 200, 36, 4
IGNORED = 0.2


def rows(args: argparse.Namespace) -> Iterator[Row]:
    with one_core():
        for name, shape in {"boxes": turned_box, "arcs of 14 points": arc}.items():
            rng = np.random.default_rng(0)
            truths = [drawn_words(rng, shape) for _ in range(IMAGES)]
            found = [[shaken(rng, word.points) for word in words] for words in truths]
            works = [partial(score_with_characters, found, truths, key) for key in PROTOCOLS]
            timings = time_calls(*works, rounds=3, warm_up=1)
            for key, timing in zip(PROTOCOLS, timings, strict=True):
                question = f"scoring 500 photos of 40 {name} by {key}"
                yield Row(question, timing.median, "s", "<= 3", (timing.least, timing.most))


def drawn_words(
    rng: np.random.Generator, shape: Callable[[np.random.Generator], np.ndarray]
) -> list[Word]:
    """Words in lines and columns, near enough to their neighbours for boxes to meet."""
    places = [(1.5 * WIDTH_PX * x, 2 * HEIGHT_PX * y) for y in range(LINES) for x in range(COLUMNS)]
    return [
        Word(np.rint(shape(rng) + place).astype(np.float32), "wordword", rng.random() < IGNORED, 1)
        for place in places
    ]


def shaken(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    return np.rint(points + rng.normal(0, SHAKE_PX, 2)).astype(np.int32)


def turned_box(rng: np.random.Generator) -> np.ndarray:
    angle = rng.normal(0, 0.1)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (WIDTH_PX / 2, HEIGHT_PX / 2)
    return corners @ turn


def arc(rng: np.random.Generator) -> np.ndarray:
    x = np.linspace(-WIDTH_PX / 2, WIDTH_PX / 2, 7)
    middle = np.stack([x, rng.uniform(5, 15) * (2 * x / WIDTH_PX) ** 2], axis=1)
    return np.concatenate([middle - (0, HEIGHT_PX / 2), middle[::-1] + (0, HEIGHT_PX / 2)])
