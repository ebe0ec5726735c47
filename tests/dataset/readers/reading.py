"""What the tests of the readers share: reading a file as it is used, and what must hold of it."""

from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from dataset.labels import ImageLabel, Reader, Word, read_file
from runtime.messages import MESSAGES

FIELD = st.one_of(
    st.integers(-99999, 99999).map(str),
    st.floats(width=32).map(str),
    st.text(max_size=4),
    st.sampled_from(["", "#", "###", "####", "nan", "-inf", "1e999", "-0", '"', "1_0", "００"]),
)


def read_words(read: Reader, path: Path) -> tuple[list[Word], list[tuple[str, int | None, str]]]:
    """(words, problems as (kind, line, detail)) of a file about one image."""
    labels = list(read_file(read, path))
    words = [word for label in labels for word in label.words]
    problems = [problem for label in labels for problem in label.problems]
    assert all(problem.path == path for problem in problems)
    return words, [(problem.kind, problem.line, problem.detail) for problem in problems]


def assert_sound(labels: list[ImageLabel]) -> None:
    """Whatever was in the file, what comes of it can be trained on, and each problem be said."""
    for label in labels:
        for word in label.words:
            assert word.points.dtype == np.float32
            assert word.points.ndim == 2
            assert len(word.points) >= 3
            assert word.points.shape[1] == 2
            assert np.isfinite(word.points).all()
            assert word.line >= 1
        for problem in label.problems:
            assert f"data.problem.{problem.kind}" in MESSAGES
            assert f"data.kind.{problem.kind}" in MESSAGES
