"""Too little memory for a step is survived, and a long run takes no more than a short one."""

import re
import time
from pathlib import Path

import numpy as np
import pytest

from tests.faults.trials import LATEST, STEPS, Trial, Trials
from tests.test_train_script import assert_same_state, load

# Dropout would draw other numbers after the attempt that failed.
EXACT = ("--cfg-options", "model.detection_head.dropout_ratio=0.0", "train_cfg.log_interval=1")
HALVES = ("--batch_size", 2, "--accumulate", 2)  # what batches of four in two pieces amount to


def said(trial: Trial) -> list[str]:
    """The lines that say into how many pieces batches are cut."""
    return re.findall(r"배치 (\d+): 메모리가 부족하여 배치를 (\d+)조각", trial.output)


def weights_differ_by(first: Path, second: Path) -> float:
    one, two = load(first / LATEST)["state_dict"], load(second / LATEST)["state_dict"]
    return max(float((one[key] - two[key]).abs().max()) for key in one if "num_batches" not in key)


@pytest.fixture(scope="module")
def halves(trials: Trials) -> Trial:
    """A run whose steps are halved from the start, without any lack of memory."""
    return trials.run("halves", *HALVES, "--epochs", 1, *EXACT)


def test_a_step_that_does_not_fit_is_cut_and_the_run_is_the_one_that_was_cut_before(trials, halves):
    short = trials.run("short", "--epochs", 1, *EXACT, faults=["memory:samples=2"])
    assert short.code == halves.code == 0, short.output
    assert said(short) == [("1", "2")]
    assert short.latest["progress"]["split"] == 2
    assert short.losses() == halves.losses()
    assert len(short.losses()) == STEPS
    assert weights_differ_by(short.folder, halves.folder) == 0


def test_memory_that_runs_out_later_changes_nothing_about_the_steps_before(trials, halves):
    # Three whole batches, and then cut by hand: the configured way to the same.
    whole = trials.run("by_hand", "--epochs", 1, *EXACT, faults=["ask:name=SIGTERM,call=3"])
    assert whole.code == 143
    rest = trials.run("by_hand", "--epochs", 1, *HALVES, "--resume", "--force", *EXACT)
    assert rest.code == 0, rest.output

    later = trials.run("later", "--epochs", 1, *EXACT, faults=["memory:samples=2,step=4"])
    assert later.code == 0, later.output
    assert said(later) == [("4", "2")]
    assert later.losses() == whole.losses() + rest.losses()
    assert weights_differ_by(later.folder, rest.folder) == 0
    # BatchNorm looks at two samples in place of four, which is not the same, but nearly.
    for cut, uncut in zip(halves.losses(), whole.losses(), strict=False):
        assert cut[0] == pytest.approx(uncut[0], rel=0.1)


def test_the_pieces_outlive_a_resume_and_nothing_is_said_again(trials):
    faults = ["memory:samples=1,step=2"]
    whole = trials.run("cut", "--epochs", 1, *EXACT, faults=faults)
    assert said(whole) == [("2", "4")]
    stopped = trials.run(
        "cut_again", "--epochs", 1, *EXACT, faults=[*faults, "ask:name=SIGUSR1,call=3"]
    )
    assert (stopped.code, stopped.latest["progress"]["split"]) == (138, 4)
    resumed = trials.run("cut_again", "--epochs", 1, "--resume", *EXACT, faults=faults)
    assert resumed.code == 0, resumed.output
    assert said(resumed) == []
    assert_same_state(whole.folder / LATEST, resumed.folder / LATEST)


def test_memory_that_one_of_two_ranks_lacks_makes_both_cut(trials):
    short = trials.run(
        "one_short", "--epochs", 1, *EXACT, faults=["memory:rank=1,samples=1,step=1"], ranks=2
    )
    assert short.code == 0, short.output
    assert said(short) == [("1", "2")]
    cut = trials.run("both_cut", *HALVES, "--epochs", 1, *EXACT, ranks=2)
    assert cut.code == 0, cut.output
    assert len(short.losses()) == len(cut.losses()) == STEPS
    for one, two in zip(short.losses(), cut.losses(), strict=True):
        assert one == pytest.approx(two, rel=1e-4, abs=1e-4)


def test_what_does_not_fit_one_by_one_ends_with_advice_and_keeps_what_there_is(trials):
    stopped = trials.run("none_fits", faults=["ask:name=SIGTERM,call=9"])
    before = (stopped.folder / LATEST).read_bytes()
    starved = trials.run("none_fits", "--resume", faults=["memory:samples=0,step=2"])
    assert "img_size" in starved.refusal()
    assert (stopped.folder / LATEST).read_bytes() == before


def resident_kb(process: int) -> int | None:
    """The memory that a process and its workers hold; None once one of them has ended."""
    try:
        workers = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        status = [Path(f"/proc/{one}/status").read_text() for one in (process, *workers)]
    except (FileNotFoundError, ProcessLookupError):
        return None
    found = [re.search(r"VmRSS:\s+(\d+) kB", text) for text in status]
    return sum(int(one[1]) for one in found) if all(found) else None


def test_two_thousand_iterations_take_no_more_memory_than_five_hundred(trials):
    iterations, settled = 2000, 500
    process, printed = trials.start(
        "long", "--workers", 1, "--epochs", 1, "--batch_size", 2,
        "--cfg-options", f"data.train.repeat_times={2 * iterations // 12 + 1}", "data.val=None",
        "train_cfg.log_interval=10",
    )  # fmt: skip
    samples = []
    while Path(f"/proc/{process}").exists():
        logged = re.findall(r"배치 \[(\d+)/", printed.read_text(encoding="utf-8"))
        if logged and (memory_kb := resident_kb(process)) is not None:
            samples.append((int(logged[-1]), memory_kb))
        time.sleep(0.05)
    trial = trials.wait("long", printed)
    assert trial.code == 0, trial.output
    late = np.array([sample for sample in samples if sample[0] >= settled])
    assert len(late) > 100 and late[-1, 0] > 0.9 * iterations
    kb_per_iteration = np.polyfit(late[:, 0], late[:, 1], 1)[0]
    assert kb_per_iteration < 2, f"{kb_per_iteration:.2f} KB per iteration"
