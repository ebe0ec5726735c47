"""What benchmarks report: rows, claims, and the command that prints them."""

import json
import subprocess
import sys

import pytest

from benchmarks.measure import Row, short, time_calls
from tests.conftest import PROJECT


@pytest.mark.parametrize(
    ("value", "claim", "holds"),
    [(3.0, "<= 3.0", True), (3.01, "<= 3.0", False), (2.0, ">= 1.7", True), (9.0, "", None)],
)
def test_a_claim_holds_up_to_its_limit(value, claim, holds):
    assert Row("speed", value, "times", claim).holds is holds


def test_a_row_shows_its_figures_as_a_line_of_a_table():
    row = Row("a sample", 2.7183, "times", "<= 2.5", (2.5, 123.4))
    assert row.cells() == ["a sample", "2.72 times", "2.5 - 123", "<= 2.5", "**no**"]
    assert [short(value) for value in (0.01234, 99.94, 1234.5)] == ["0.0123", "99.9", "1234"]


def test_works_are_timed_in_turns_and_the_warm_up_does_not_count():
    calls = []
    timings = time_calls(lambda: calls.append("a"), lambda: calls.append("b"), rounds=3, warm_up=1)
    assert calls == ["a", "b"] * 4
    assert all(0 <= timing.least <= timing.median <= timing.most for timing in timings)


def test_the_command_prints_a_table_and_writes_json(tmp_path):
    result = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks.run", "boxes", "--json", str(result)]
    finished = subprocess.run(
        command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=200, check=False
    )
    assert finished.returncode == 0, finished.stderr
    content = json.loads(result.read_text(encoding="utf-8"))
    assert [row["benchmark"] for row in content["rows"]] == ["boxes", "boxes"]
    for row in content["rows"]:
        assert f"| {row['question']} | " in finished.stdout


def test_a_question_that_does_not_exist_is_refused(tmp_path):
    command = [sys.executable, "-m", "benchmarks.run", "weather"]
    finished = subprocess.run(
        command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=200, check=False
    )
    assert finished.returncode == 2
    assert "weather" in finished.stderr
