"""Which thresholds are detected with, and what a file may say about them."""

import math

import pytest

from inference.thresholds import Thresholds, stored_thresholds, thresholds_for
from runtime import messages
from runtime.messages import UserError

CONFIG = {"test_cfg": {"min_score": 0.88, "min_area": 250}}
STORED = {"min_score": 0.7, "min_area": 100.0, "source": "calibrated on val, 9 images, 2026-01-02"}


def test_a_checkpoint_without_thresholds_leaves_those_of_the_config():
    assert thresholds_for(CONFIG, {"epoch": 3}) == Thresholds(0.88, 250, "config")
    assert thresholds_for(CONFIG) == Thresholds(0.88, 250, "config")


def test_the_checkpoint_counts_before_the_config():
    found = thresholds_for(CONFIG, {"thresholds": STORED})
    assert (found.min_score, found.min_area, found.source) == (0.7, 100, STORED["source"])


def test_the_command_line_counts_before_the_checkpoint_for_each_value_alone():
    found = thresholds_for(CONFIG, {"thresholds": STORED}, min_area=0)
    assert (found.min_score, found.min_area) == (0.7, 0)
    assert found.source == f"min_score: {STORED['source']}; min_area: command line"
    found = thresholds_for(CONFIG, {}, min_score=0.0)
    assert (found.min_score, found.min_area) == (0.0, 250)
    assert found.source == "min_score: command line; min_area: config"
    found = thresholds_for(CONFIG, {"thresholds": STORED}, min_score=0.1, min_area=2)
    assert (found.min_score, found.min_area, found.source) == (0.1, 2, "command line")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_line_names_both_values_and_where_they_come_from(language):
    messages.set_language(language)
    line = thresholds_for(CONFIG, {"thresholds": STORED}, min_area=31).line()
    messages.set_language("ko")
    places = {"ko": ("명령줄", "체크포인트"), "en": ("command line", "checkpoint")}[language]
    for part in ("0.7", "31", "calibrated on val, 9 images, 2026-01-02", *places):
        assert part in line
    assert "\n" not in line


HOSTILE = [
    [],
    "0.5",
    7,
    {},
    {"min_score": 0.5},
    {"min_score": "0.5", "min_area": 3},
    {"min_score": True, "min_area": 3},
    {"min_score": math.nan, "min_area": 3},
    {"min_score": 1.01, "min_area": 3},
    {"min_score": -0.1, "min_area": 3},
    {"min_score": 0.5, "min_area": math.inf},
    {"min_score": 0.5, "min_area": 10**400},
    {"min_score": 0.5, "min_area": -1},
    {"min_score": 0.5, "min_area": math.nan},
    {"min_score": 0.5, "min_area": None},
    {"min_score": 0.5, "min_area": 3, "source": b"bytes"},
    {"min_score": 0.5, "min_area": 3, "source": "red \x1b[31m"},
    {"min_score": 0.5, "min_area": 3, "source": "two\nlines"},
    {"min_score": 0.5, "min_area": 3, "source": "x" * 1000},
    {"min_score": 0.5, "min_area": 3, "kernel_score": 1.0},
    {"min_score": 0.5, "min_area": 3, "kernel_score": math.nan},
    {"min_score": 0.5, "min_area": 3, "kernel_score": "0.5"},
    {"min_score": 0.5, "min_area": 3, "kernel_stride": 3},
    {"min_score": 0.5, "min_area": 3, "kernel_stride": 4.0},
    {"min_score": 0.5, "min_area": 3, "kernel_stride": True},
    {"min_score": 0.5, "min_area": 3, "pooling_size": 0},
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_pair_of_thresholds_is_refused_in_one_sentence(value):
    with pytest.raises(UserError) as refused:
        thresholds_for(CONFIG, {"thresholds": value}, min_score=0.5)
    assert "calibrate.py" in str(refused.value)


@pytest.mark.parametrize("value", HOSTILE[:4], ids=range(4))
def test_damaged_thresholds_do_not_matter_where_the_command_line_gives_both(value):
    found = thresholds_for(CONFIG, {"thresholds": value}, min_score=0.5, min_area=9)
    assert (found.min_score, found.min_area) == (0.5, 9)


def test_stored_thresholds_hold_for_the_kernels_that_they_were_chosen_with():
    kernels = {"kernel_score": 0.88, "kernel_stride": 1, "pooling_size": 13}
    assert thresholds_for(CONFIG, {"thresholds": STORED | kernels}).kernels == kernels
    # from before there was a choice
    before = {"kernel_score": 0.5, "kernel_stride": 4}
    assert thresholds_for(CONFIG, {"thresholds": STORED}).kernels == before
    assert thresholds_for(CONFIG, {}).kernels == {}
    both = thresholds_for(CONFIG, {"thresholds": STORED | kernels}, min_score=0.5, min_area=9)
    assert both.kernels == {}


def test_stored_thresholds_without_a_source_come_from_the_checkpoint():
    found = stored_thresholds({"thresholds": {"min_score": 0, "min_area": 0}})
    assert found is not None
    assert (found.min_score, found.min_area, found.source) == (0.0, 0.0, "checkpoint")
