"""What a run leaves behind for people: lines, a table, event files, curves."""

import csv
import errno
import time
from pathlib import Path

import pytest

from runtime.messages import UserError
from runtime.sinks import CURVE_FILE, HISTORY_FILE, LOG_FILE, Sinks


def rows(folder):
    with (folder / HISTORY_FILE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_lines_go_to_the_terminal_and_to_the_log(tmp_path, capsys):
    sinks = Sinks(tmp_path)
    sinks.line("📚 에포크 5 훈련 시작...")
    sinks.close()
    assert capsys.readouterr().out == "📚 에포크 5 훈련 시작...\n"
    assert (tmp_path / LOG_FILE).read_text(encoding="utf-8") == "📚 에포크 5 훈련 시작...\n"


def test_an_epoch_is_a_row_and_the_curve_is_redrawn(tmp_path):
    sinks = Sinks(tmp_path)
    sinks.epoch(1, 10, {"loss": 0.5, "hmean": 0.25, "lr": 1e-4})
    sinks.close()
    first_curve = (tmp_path / CURVE_FILE).read_bytes()
    sinks = Sinks(tmp_path, 1, 10)
    sinks.epoch(2, 20, {"loss": 0.4, "hmean": 0.75, "lr": 5e-5})
    sinks.close()
    assert [(row["epoch"], row["loss"], row["hmean"]) for row in rows(tmp_path)] == [
        ("1", "0.5", "0.25"),
        ("2", "0.4", "0.75"),
    ]
    assert first_curve.startswith(b"\x89PNG")
    assert (tmp_path / CURVE_FILE).read_bytes() != first_curve


def width_px(png: bytes) -> int:
    return int.from_bytes(png[16:20], "big")


def test_scores_on_the_keep_set_are_columns_and_a_panel_of_their_own(tmp_path):
    sinks = Sinks(tmp_path)
    sinks.epoch(1, 10, {"loss": 0.5, "hmean": 0.25})
    sinks.close()
    without = width_px((tmp_path / CURVE_FILE).read_bytes())
    sinks = Sinks(tmp_path, 1, 10)
    keep = {"keep_precision": 0.9, "keep_recall": 0.6, "keep_hmean": 0.72}
    sinks.epoch(2, 20, {"loss": 0.4, "hmean": 0.5, **keep})
    sinks.close()
    assert [[row[name] for name in keep] for row in rows(tmp_path)] == [
        ["", "", ""],
        ["0.9", "0.6", "0.72"],
    ]
    assert width_px((tmp_path / CURVE_FILE).read_bytes()) * 3 == without * 4


def test_a_resumed_run_repeats_no_row_and_goes_on_in_the_log(tmp_path):
    first = Sinks(tmp_path)
    first.line("one")
    for epoch in (1, 2, 3):
        first.epoch(epoch, epoch * 10, {"loss": 1 / epoch})
    first.close()
    resumed = Sinks(tmp_path, finished_epochs=2, finished_steps=20)
    resumed.line("two")
    resumed.epoch(3, 30, {"loss": 0.1})
    resumed.close()
    assert [(row["epoch"], row["loss"]) for row in rows(tmp_path)] == [
        ("1", "1"),
        ("2", "0.5"),
        ("3", "0.1"),
    ]
    assert (tmp_path / LOG_FILE).read_text() == "one\ntwo\n"


def test_a_new_run_starts_the_table_and_the_log_anew(tmp_path):
    first = Sinks(tmp_path)
    first.line("old")
    first.epoch(1, 10, {"loss": 1.0})
    first.close()
    Sinks(tmp_path).close()
    assert rows(tmp_path) == []
    assert (tmp_path / LOG_FILE).read_text() == ""


def scalars(folder: Path, name: str) -> list[tuple[int, float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


def test_tensorboard_gets_steps_and_epochs(tmp_path):
    sinks = Sinks(tmp_path)
    sinks.step(10, {"loss": 0.5})
    sinks.epoch(1, 12, {"hmean": 0.25})
    sinks.close()
    assert scalars(tmp_path / "tensorboard", "train/loss") == [(10, 0.5)]
    assert scalars(tmp_path / "tensorboard" / "epochs", "epoch/hmean") == [(1, 0.25)]


@pytest.mark.parametrize(("finished_epochs", "finished_steps"), [(0, 0), (1, 12), (1, 20), (1, 24)])
def test_tensorboard_shows_what_is_done_again_once(tmp_path, finished_epochs, finished_steps):
    steps = range(4, 25, 4)
    first = Sinks(tmp_path, names=("tensorboard",))
    for step in steps:
        first.step(step, {"loss": 0.5})
        if step % 12 == 0:
            first.epoch(step // 12, step, {"hmean": 0.25})
    first.flush()  # and then it is killed
    time.sleep(1.1)  # event files are ordered by the second that they were made in
    again = Sinks(tmp_path, finished_epochs, finished_steps, names=("tensorboard",))
    for step in steps:
        if step > finished_steps:
            again.step(step, {"loss": 0.5})
    for epoch in (1, 2):
        if epoch > finished_epochs:
            again.epoch(epoch, 12 * epoch, {"hmean": 0.25})
    again.close()
    assert scalars(tmp_path / "tensorboard", "train/loss") == [(step, 0.5) for step in steps]
    assert scalars(tmp_path / "tensorboard" / "epochs", "epoch/hmean") == [(1, 0.25), (2, 0.25)]


def test_a_sink_that_cannot_write_ends_the_run_with_a_sentence(tmp_path):
    sinks = Sinks(tmp_path, names=("file",))
    (log,) = sinks.sinks
    log.file.close()
    log.file = FullDisk()
    with pytest.raises(UserError) as refused:
        sinks.line("a line")
    assert str(tmp_path) in str(refused.value)


class FullDisk:
    def write(self, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")
