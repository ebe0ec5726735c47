"""Whether a checkpoint can be resumed, and whether the run would still be the same one."""

import dataclasses
import inspect
import random
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from runtime.checkpoint_reading import shown
from runtime.config_schema import DEFAULTS
from runtime.loss_meter import LossMeter
from runtime.messages import UserError, say
from runtime.progress import Progress

# Config keys that do not touch what is computed, as patterns of their dotted names.
_HARMLESS = re.compile(
    r"train_cfg\.(save_interval|save_every_iters|keep_checkpoints|log_interval"
    r"|early_stop_patience|pretrain)|test_cfg\.result_path|data\.cache"
    r"|data\.\w+(\.\d+)?\.report_speed|log_level|default_scope"
)
# Where the data is; the fingerprints tell whether it is still the same.
_PLACES = re.compile(r"data\.\w+(\.\d+)?\.(data_root|img_dir|gt_dir|lmdb_path)")
_RANKS = ("ranks", "world", "world_size")
_FINGERPRINT = ("images", "words", "digest")  # names may come from the folders
_ABSENT = "-"
_SHOWN_CHANGES = 5


@dataclass(frozen=True)
class Change:
    """What differs between the run that wrote a checkpoint and the one that resumes it.

    name: a config key with dots, or ``data[NAME].FIELD`` of a fingerprint; old, new: both values.
    exact: whether the resumed run still equals one that was never interrupted.
    """

    name: str
    old: Any
    new: Any
    exact: bool

    def line(self) -> str:
        key = "checkpoint.differs.harmless" if self.exact else "checkpoint.differs.breaks"
        return say(key, name=shown(self.name), old=shown(self.old), new=shown(self.new))

    def __str__(self) -> str:
        return f"{shown(self.name)}: {shown(self.old, 40)} -> {shown(self.new, 40)}"


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The changes between two provenances, that of the checkpoint and that of this run.

    A file without provenance, or with half of it, gives no changes for what it does not say.  The
    number of ranks does not count.
    """
    found = []
    if isinstance(old.get("data"), list) and isinstance(new.get("data"), list):
        found += _data_changes(old["data"], new["data"])
    same_data = not found and bool(old.get("data"))
    if isinstance(old.get("config"), Mapping) and isinstance(new.get("config"), Mapping):
        before, after = dict(flat(old["config"])), dict(flat(new["config"]))
        absent = dict(flat(DEFAULTS))  # what a key meant before there was one
        for name in [*before, *(name for name in after if name not in before)]:
            values = before.get(name, absent.get(name, _ABSENT)), after.get(name, _ABSENT)
            if values[0] != values[1] and name.rpartition(".")[2] not in _RANKS:
                moved = same_data and _PLACES.fullmatch(name) is not None
                found.append(Change(name, *values, moved or bool(_HARMLESS.fullmatch(name))))
    return found


def flat(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of all keys; sections in a list are numbered, other lists are values."""
    if isinstance(config, Mapping) and config:
        for key, value in config.items():
            yield from flat(value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(config, list | tuple) and any(isinstance(part, Mapping) for part in config):
        for place, value in enumerate(config):
            yield from flat(value, f"{prefix}.{place}")
    else:
        yield prefix, list(config) if isinstance(config, tuple) else config


def _data_changes(old: list[Any], new: list[Any]) -> list[Change]:
    """Sources are compared in their order, which is that in which they are drawn from."""
    found = []
    for place in range(max(len(old), len(new))):
        before, after = (
            sources[place] if place < len(sources) and isinstance(sources[place], Mapping) else {}
            for sources in (old, new)
        )
        name = after.get("name", before.get("name", place))
        for field in _FINGERPRINT:
            values = before.get(field, _ABSENT), after.get(field, _ABSENT)
            if values[0] != values[1]:
                found.append(Change(f"data[{name}].{field}", *values, exact=False))
    return found


def change_lines(found: Iterable[Change]) -> list[str]:
    """A line for each change, those that break an exact resume first."""
    return [change.line() for change in sorted(found, key=lambda change: change.exact)]


def refuse_inexact(found: Iterable[Change], path: str | Path) -> None:
    """Raises UserError, which asks for ``--force``, where a change breaks an exact resume."""
    breaking = [change for change in found if not change.exact]
    if breaking:
        text = "; ".join(map(str, breaking[:_SHOWN_CHANGES]))
        text += "; ..." if len(breaking) > _SHOWN_CHANGES else ""
        count = len(breaking)
        raise UserError("checkpoint.differs.refused", path=path, count=count, changes=text)


def check_resumable(content: Mapping[str, Any], path: str | Path) -> None:
    """Make sure that a run can go on from ``content``, whoever wrote it.

    Raises UserError where a part is missing or of another type than ``Run.state`` of the train
    script writes.
    """
    if not is_resumable(content):
        raise UserError("train.not_resumable", path=path)


def is_resumable(content: Mapping[str, Any]) -> bool:
    """Whether ``content`` has all parts that a run goes on from, each of its own type."""
    return (
        all(_is_count(content.get(name)) for name in ("epoch", "iter"))
        and _is_progress(content.get("progress"))
        and content["progress"].get("epoch", 0) == content["epoch"]
        and _are_losses(content.get("losses"))
        and _is_learned(content)
        and _is_last_good(content.get("last_good"), content["state_dict"])
        and _are_random_states(content.get("random_state"))
        and _is_record(content.get("provenance", {}))
    )


def _is_learned(value: Mapping[str, Any]) -> bool:
    """What ``Learner.load`` takes."""
    return (
        _is_count(value.get("ema_updates"))
        and _are_weights(value.get("state_dict"), value.get("ema"))
        and _is_optimizer(value.get("optimizer"), value["state_dict"])
        and _is_plain(value.get("scaler"))
    )


def _is_last_good(value: Any, weights: Mapping[str, Tensor]) -> bool:
    """An earlier state of the same network, or none."""
    if value is None:
        return True
    shapes = {name: tensor.shape for name, tensor in weights.items()}
    return (
        type(value) is dict
        and _is_learned(value)
        and {name: tensor.shape for name, tensor in value["state_dict"].items()} == shapes
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 53


def _is_progress(value: Any) -> bool:
    """The fields of Progress by name and type; those with a default may be missing."""
    types = typing.get_type_hints(Progress)
    fields = {field.name: field for field in dataclasses.fields(Progress)}
    if type(value) is not dict or not value.keys() <= fields.keys():
        return False
    missing = dataclasses.MISSING
    needed = {
        name
        for name, field in fields.items()
        if field.default is missing and field.default_factory is missing
    }
    numbers = [inner for inner in value.values() if type(inner) is int]
    return (
        needed <= value.keys()
        and all(_has_type(inner, types[name]) for name, inner in value.items())
        and all(number >= 0 for number in numbers)
        and value.get("split", 1) >= 1
    )


def _has_type(value: Any, expected: Any) -> bool:
    """Whether a plain value has the type of an annotation: ``int``, ``float | None``, ..."""
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (list, set):
        return isinstance(value, origin) and all(_has_type(one, arguments[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            _has_type(key, arguments[0]) and _has_type(one, arguments[1])
            for key, one in value.items()
        )
    if arguments:
        return any(_has_type(value, kind) for kind in arguments)
    if expected is int:
        return type(value) is int and abs(value) < 1 << 53
    if expected is float:
        return type(value) in (int, float)
    return expected is Any or isinstance(value, expected)


def _are_losses(value: Any) -> bool:
    """What a LossMeter is made from: a number, or numbers by name, for each of its parameters."""
    known = inspect.signature(LossMeter).parameters
    if type(value) is not dict or not {"sums", "steps"} <= value.keys() <= known.keys():
        return False
    sums, steps = value["sums"], value["steps"]
    return _has_type(sums, dict[str, float]) and _is_count(steps) and _is_plain(value)


def _are_weights(weights: Any, averages: Any) -> bool:
    """The state dict and its average: tensors under the same names, of the same shapes."""
    return (
        type(weights) is dict
        and type(averages) is dict
        and weights.keys() == averages.keys()
        and all(
            isinstance(tensor, Tensor)
            and isinstance(averages[name], Tensor)
            and averages[name].shape == tensor.shape
            for name, tensor in weights.items()
        )
    )


def _is_optimizer(value: Any, weights: Mapping[str, Tensor]) -> bool:
    """Groups of numbered parameters, and for each of these moments of a parameter's shape."""
    if type(value) is not dict or value.keys() != {"state", "param_groups"}:
        return False
    groups, state = value["param_groups"], value["state"]
    if not _has_type(groups, list[dict]) or type(state) is not dict:
        return False
    numbers: list[Any] = []
    for group in groups:
        if type(group.get("params")) is not list or type(group.get("lr")) not in (int, float):
            return False
        numbers += group["params"]
    shapes = {tensor.shape for tensor in weights.values()} | {torch.Size([]), torch.Size([1])}
    moments = [one for entry in state.values() if type(entry) is dict for one in entry.values()]
    return (
        sorted(map(repr, numbers)) == sorted(map(repr, range(len(numbers))))
        and state.keys() <= set(numbers)
        and all(type(entry) is dict for entry in state.values())
        and all(one.shape in shapes for one in moments if isinstance(one, Tensor))
    )


def _is_plain(value: Any) -> bool:
    """A dict of numbers, text, flags, None and dicts of them."""
    return type(value) is dict and all(
        type(key) is str
        and (inner is None or _is_plain(inner) or type(inner) in (int, float, str, bool))
        for key, inner in value.items()
    )


def _is_record(value: Any) -> bool:
    """What ``changes`` looks into, and scores that the resumed run carries on."""
    return type(value) is dict and _is_plain(value.get("metrics", {}))


def _are_random_states(value: Any) -> bool:
    return type(value) is list and all(map(_is_random_state, value))


def _is_random_state(state: Any) -> bool:
    """Whether generators of one's own accept the state, as ``restore_random_state`` sets it."""
    try:
        random.Random().setstate(state["python"])
        name, keys, place, *rest = state["numpy"]
        if not 0 <= place <= len(keys):  # NumPy would read there
            return False
        np.random.RandomState().set_state((name, keys.numpy().astype(np.uint32), place, *rest))  # noqa: NPY002
        torch.Generator().set_state(state["torch"])
        return all(isinstance(one, Tensor) and one.dtype == torch.uint8 for one in state["cuda"])
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError,
            RuntimeError):  # fmt: skip
        return False
