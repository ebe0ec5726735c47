"""What a run leaves behind for people: lines, a table, event files, curves."""

import csv

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


def test_tensorboard_gets_steps_and_epochs(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    sinks = Sinks(tmp_path)
    sinks.step(10, {"loss": 0.5})
    sinks.epoch(1, 12, {"hmean": 0.25})
    sinks.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("train/loss")] == [(10, 0.5)]
    assert [(event.step, event.value) for event in events.Scalars("epoch/hmean")] == [(12, 0.25)]
