"""Say what a checkpoint file is, where it comes from, and whether it is whole.

    python tools/inspect_checkpoint.py FILE [--json]

Leaves with exit code 2 where FILE is no checkpoint or not what was saved.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from inference.thresholds import stored_thresholds
from runtime import cli
from runtime.checkpoint import Checkpoint, network_size, read_checkpoint
from runtime.checkpoint_reading import shown
from runtime.config_schema import DEFAULTS
from runtime.messages import LANGUAGES, UserError, run_script, say, tell
from runtime.provenance import plain, recorded
from runtime.resume_check import flat, is_resumable

# Buffers of BatchNorm layers, which nobody trains.
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
RECORDS = ("versions", "git", "metrics", "data", "config")
LONGEST_LINE = 200


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = cli.Parser("inspect_checkpoint.py", "checkpoint.inspect")
    add = parser.add_argument
    add("file", metavar="FILE", type=Path, help=say("checkpoint.inspect.help.file"))
    add("--json", action="store_true", help=say("checkpoint.inspect.help.json"))
    add("--lang", choices=LANGUAGES, help=say("cli.lang"))
    return parser.parse_args(arguments)


def main() -> int:
    cli.choose_language(sys.argv[1:])
    args = parse_args(sys.argv[1:])
    found = describe(read_checkpoint(args.file))
    if args.json:
        # Numbers that JSON lacks (NaN of a run without validation) are written as text.
        text = json.dumps(finite(found), ensure_ascii=False, indent=2, allow_nan=False)
        tell("checkpoint.inspect.text", text=text)
        return 0
    for line in report(found):
        tell("checkpoint.inspect.text", text=line)
    return 0


def finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    if isinstance(value, float) and not float("-inf") < value < float("inf"):
        return str(value)
    return value


def describe(checkpoint: Checkpoint) -> dict[str, Any]:
    """Everything that the file says about itself, in plain types; what it lacks is None."""
    content, weights = checkpoint.content, checkpoint.weights
    record = recorded(content)
    seal = content.get("integrity")
    return {
        "path": str(checkpoint.path),
        "kind": kind_of(checkpoint),
        "size": network_size(weights),
        "epoch": checkpoint.epoch,
        "epochs": planned_epochs(content.get("scheduler")),
        "resumable": is_resumable(content),
        "parameters": sum(
            tensor.numel() for key, tensor in weights.items() if not key.endswith(BUFFERS)
        ),
        "file_bytes": checkpoint.path.stat().st_size,
        "weight_bytes": sum(tensor.nbytes for tensor in weights.values()),
        "first_key": next(iter(weights)),
        "verified": sorted(seal) if isinstance(seal, Mapping) else [],
        "thresholds": thresholds_of(content),
        "progress": plain(content.get("progress")),
        "time": plain(record.get("time")),
        "host": plain(record.get("host")),
        **{name: plain(record.get(name)) for name in RECORDS},
    }


def thresholds_of(content: Mapping[str, Any]) -> dict[str, Any] | str | None:
    """What ``tools/calibrate.py`` has stored, or the sentence that says what is wrong with it."""
    try:
        stored = stored_thresholds(content)
    except UserError as error:
        return str(error)
    if stored is None:
        return None
    numbers = {"min_score": stored.min_score, "min_area": stored.min_area}
    return {**numbers, **stored.kernels, "source": stored.source}


def kind_of(checkpoint: Checkpoint) -> str:
    """'run' or 'result' of this tool, 'training', 'released', 'weights', 'backbone', 'foreign'."""
    if checkpoint.source == "backbone":
        return "backbone"
    if not any(key.startswith("backbone.") for key in checkpoint.weights):
        return "foreign"
    if "format_version" in checkpoint.content:
        return "run" if "progress" in checkpoint.content else "result"
    if checkpoint.source == "weights":
        return "weights"
    return "released" if checkpoint.epoch is None else "training"


def planned_epochs(scheduler: Any) -> int | None:
    """How many epochs a run of this tool was to have, by its number of steps."""
    if not isinstance(scheduler, Mapping):
        return None
    steps, iterations = scheduler.get("total_steps"), scheduler.get("iterations")
    if not isinstance(steps, int) or not isinstance(iterations, int) or iterations < 1:
        return None
    return steps // iterations


def report(found: Mapping[str, Any]) -> Iterator[str]:
    """What the file is, in one sentence; then its lines."""
    resumable = "resumable" if found["resumable"] else "not_resumable"
    fields = {name: "?" if found[name] is None else found[name] for name in ("epoch", "epochs")}
    yield say(
        f"checkpoint.inspect.kind.{found['kind']}",
        path=found["path"],
        size=found["size"] or "?",
        key=shown(found["first_key"]),
        resumable=say(f"checkpoint.inspect.{resumable}"),
        **fields,
    )
    yield say(
        "checkpoint.inspect.file",
        file=found["file_bytes"] / 1e6,
        weights=found["weight_bytes"] / 1e6,
        parameters=found["parameters"],
    )
    if found["verified"]:
        yield say("checkpoint.inspect.verified", groups=", ".join(found["verified"]))
    else:
        yield say("checkpoint.inspect.unsealed")
    thresholds = found["thresholds"]
    if thresholds is not None:
        yield line("thresholds", thresholds if isinstance(thresholds, str) else pairs(thresholds))
    yield from record_lines(found)


def record_lines(found: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(found["progress"], dict):
        yield line("progress", pairs(found["progress"]))
    if not any(found[name] for name in RECORDS):
        yield say("checkpoint.inspect.no_provenance")
        return
    host = "" if found["host"] is None else f" ({found['host']})"
    yield line("made", f"{found['time']}{host}")
    for name in ("versions", "git", "metrics"):
        if isinstance(found[name], dict) and found[name]:
            yield line(name, pairs(found[name]))
    for source in found["data"] if isinstance(found["data"], list) else []:
        if isinstance(source, dict):
            yield line("data", pairs(source))
    for key, value in own_settings(found["config"]):
        yield line("config", f"{key} = {value}")


def pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())


def line(name: str, text: str) -> str:
    title = say(f"checkpoint.inspect.{name}")
    return say("checkpoint.inspect.line", name=title, value=shown(text, LONGEST_LINE))


def own_settings(config: Any) -> Iterator[tuple[str, Any]]:
    """The keys that are not as they are by default; of the model, its size has been said."""
    if not isinstance(config, Mapping):
        return
    defaults = dict(flat(plain(DEFAULTS)))
    for key, value in flat({name: part for name, part in config.items() if name != "model"}):
        if key not in defaults or defaults[key] != value:
            yield key, value


if __name__ == "__main__":
    run_script(main)
