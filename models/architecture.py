"""Reading descriptions of networks: nas-config files, and the ``model`` section of a config.

A nas-config is a JSON file with the keys ``first_conv``, ``stage1`` .. ``stage4``, ``neck`` and
``head``; each layer in it is a dict with a ``name`` and the arguments of that layer.  A ``bn``
block is there too in published files; BatchNorm has always run with PyTorch's own settings
whatever it says, so it is not read.
"""

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.layers import ACTIVATIONS, LAYERS, Layer
from runtime.config import build_from, find_file, nearest_name
from runtime.messages import UserError

Built = TypeVar("Built")

# Arguments that published files carry, each with the one value it is supported at.
FIXED_ARGUMENTS = {"has_shuffle": False, "dropout_rate": 0, "ops_order": "weight_bn_act"}
COUNTS = ("in_channels", "out_channels", "stride", "dilation", "groups")
SWITCHES = ("bias", "use_bn")


def build_part(table: Mapping[str, Callable[..., Built]], spec: object, place: str) -> Built:
    """Build what ``spec`` describes: ``table[spec["type"]]`` called with its other keys.

    spec: a mapping, never changed.  place: where it stands in the config, for errors.
    Raises UserError for an unknown type, and for keys that are unknown or missing.
    """
    if not isinstance(spec, Mapping) or "type" not in spec:
        raise UserError("models.no_type", place=place, allowed=", ".join(table))
    if spec["type"] in table:
        takes = inspect.signature(table[spec["type"]]).parameters
        for key in spec:
            if key != "type" and key not in takes:
                raise UserError(
                    "models.unknown_key", key=f"{place}.{key}", nearest=nearest_name(key, takes)
                )
        for key, parameter in takes.items():
            if parameter.default is parameter.empty and key not in spec:
                raise UserError("models.key_missing", key=f"{place}.{key}")
    return build_from(table, spec)


@dataclass(frozen=True)
class Description:
    """A part of a nas-config file that remembers where it stands, so that errors can say it."""

    path: Path
    place: str
    content: Any

    def __getitem__(self, key: str) -> "Description":
        place = f"{self.place}.{key}" if self.place else key
        if not isinstance(self.content, Mapping) or key not in self.content:
            raise UserError("models.nas_missing", path=self.path, key=place)
        return Description(self.path, place, self.content[key])

    def __contains__(self, key: str) -> bool:
        return isinstance(self.content, Mapping) and bool(self.content.get(key))

    def __iter__(self) -> Iterator["Description"]:
        if not isinstance(self.content, list) or not self.content:
            raise self.error("models.nas_not_a_list")
        for number, item in enumerate(self.content):
            yield Description(self.path, f"{self.place}[{number}]", item)

    def error(self, key: str, **fields: object) -> UserError:
        """A UserError that names this file and this place in it."""
        return UserError(key, path=self.path, place=self.place, **fields)


def read_architecture(path: str | Path) -> Description:
    """Open a nas-config file, below the working directory or the project's root.

    Raises UserError where the file is missing, unreadable or no JSON object.
    """
    file = find_file(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UserError("models.nas_file_missing", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("models.nas_unreadable", path=file, reason=error) from None
    except json.JSONDecodeError as error:
        raise UserError("models.nas_json", path=file, line=error.lineno, reason=error.msg) from None
    if not isinstance(content, dict):
        raise UserError("models.nas_json", path=file, line=1, reason=type(content).__name__)
    return Description(file, "", content)


def build_layer(description: Description) -> Layer:
    """Build one layer of a nas-config.  Raises UserError for anything that is not supported."""
    name = description["name"].content
    if name not in tuple(LAYERS):
        raise description.error(
            "models.nas_unknown_layer", name=name, nearest=nearest_name(name, LAYERS)
        )
    takes = inspect.signature(LAYERS[name]).parameters
    arguments: dict[str, Any] = {}
    for key, value in description.content.items():
        if key in takes:
            arguments[key] = _checked(description, key, value)
        elif key in FIXED_ARGUMENTS:
            _refuse_unless(description, key, value, FIXED_ARGUMENTS[key])
        elif key != "name":
            raise description.error(
                "models.nas_unknown_key", argument=key, nearest=nearest_name(key, takes)
            )
    for key, parameter in takes.items():
        if parameter.default is parameter.empty and key not in arguments:
            raise description.error("models.nas_argument_missing", argument=key)
    for key in ("in_channels", "out_channels"):
        if arguments[key] % arguments.get("groups", 1):
            raise _bad_value(description, "groups", arguments["groups"], f"{key} / n")
    return LAYERS[name](**arguments)


def build_chain(descriptions: Iterable[Description], channels: int) -> list[Layer]:
    """Build layers that follow one another, the first of which is given ``channels`` channels.

    Raises UserError where a layer does not take the channels that the one before it gives.
    """
    layers = []
    for description in descriptions:
        layer = build_layer(description)
        if layer.in_channels != channels:
            raise description.error("models.nas_channels", takes=layer.in_channels, given=channels)
        channels = layer.out_channels
        layers.append(layer)
    return layers


def _checked(description: Description, key: str, value: Any) -> Any:
    """The value of a layer's argument, or UserError; a kernel size becomes (height, width)."""
    if key == "kernel_size":
        sizes = [value, value] if isinstance(value, int) else value
        if not isinstance(sizes, list) or len(sizes) != 2:
            raise _bad_value(description, key, value, "3, [3, 3], [3, 1], [1, 3] ...")
        if not all(_is_count(size) and size % 2 for size in sizes):
            raise _bad_value(description, key, value, "1, 3, 5, 7 ...")
        return tuple(sizes)
    if key in COUNTS and not _is_count(value):
        raise _bad_value(description, key, value, "1, 2, 3 ...")
    if key in SWITCHES and not isinstance(value, bool | int):
        raise _bad_value(description, key, value, "true, false")
    if key == "act_func" and value not in tuple(ACTIVATIONS):
        raise _bad_value(description, key, value, ", ".join(map(json.dumps, ACTIVATIONS)))
    return value


def _refuse_unless(description: Description, key: str, value: Any, supported: Any) -> None:
    if value is not None and value != supported:
        raise _bad_value(description, key, value, json.dumps(supported))


def _bad_value(description: Description, key: str, value: Any, allowed: str) -> UserError:
    return description.error("models.nas_bad_value", argument=key, value=value, allowed=allowed)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
