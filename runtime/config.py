"""Configuration files: mmcv's Python configs, checked key by key before anything is built.

A config is Python code and is run when it is loaded: load only files that you trust.
"""

import ast
import copy
import logging
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from pprint import pformat
from typing import Any, TypeVar

from runtime.config_schema import DEFAULTS, KNOWN_KEYS, NULLABLE, Rule
from runtime.messages import UserError
from runtime.names import nearest_name

with warnings.catch_warnings():
    # mmcv 1 announces mmcv 2 at every import, and on a machine without a GPU looks for a CUDA
    # compiler: neither is news to somebody who only wants Config.
    warnings.simplefilter("ignore")
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    try:
        from mmcv import Config
    except ImportError:  # mmcv 2, and any Python that mmcv 1 does not build on
        from mmengine import Config

PROJECT_ROOT = Path(__file__).resolve().parents[1]
CONFIG_SUFFIXES = (".py", ".json", ".yaml", ".yml")
Built = TypeVar("Built")


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a config file, apply ``key.key=value`` overrides, check it, and fill in defaults.

    path: looked for in the working directory, then in the project's root.
    overrides: strings such as ``train_cfg.lr=2e-4`` or ``data.train.img_size=(320,480)``; the
        value is a Python literal, or else text.  The key must be one that the tool knows or that
        the file has.
    Raises UserError for a missing or broken file and for keys or values that mean nothing.
    """
    file = find_file(path)
    return _checked(_run_config_file(file), file, overrides)


def config_from(values: Mapping[str, Any], file: Path, overrides: Sequence[str] = ()) -> Config:
    """A config of plain values that stand in ``file``, checked like one that is loaded.

    Nothing is run: a checkpoint's statement of its config needs no trust.
    """
    return _checked(Config(copy.deepcopy(dict(values))), file, overrides)


def _checked(config: Config, file: Path, overrides: Sequence[str]) -> Config:
    """The config with the overrides applied, every key known, and the defaults filled in."""
    for override in overrides:
        _apply_override(config, override)
    _check_section(config, KNOWN_KEYS, prefix="", file=file)
    for section, defaults in DEFAULTS.items():
        config[section] = {**defaults, **config.get(section, {})}
    return config


def find_file(path: str | Path) -> Path:
    """A path as a config names it: absolute, or below the working directory or the project's root.

    Where it is in neither, the path below the working directory is given back, for the error to
    name.
    """
    path = Path(path).expanduser()
    if path.is_absolute() or path.exists():
        return path
    in_project = PROJECT_ROOT / path
    return in_project if in_project.exists() else path


def build_from(
    table: Mapping[str, Callable[..., Built]], spec: Mapping[str, Any], **shared: Any
) -> Built:
    """Call ``table[spec["type"]]`` with the other keys of ``spec`` and with ``shared``.

    spec: never changed.  Raises UserError for a type that is not in the table.
    """
    arguments = dict(spec)
    kind = arguments.pop("type", None)
    if kind not in table:
        raise UserError("config.unknown_type", type=kind, nearest=nearest_name(kind, table))
    return table[kind](**arguments, **shared)


def config_text(config: Config) -> str:
    """The resolved config as Python source that ``load_config`` reads again."""
    sections = config_dict(config).items()
    return "\n".join(f"{key} = {pformat(value, sort_dicts=False)}\n" for key, value in sections)


def config_dict(config: Config) -> dict[str, Any]:
    """The config as plain dicts, lists, numbers and strings."""
    return config._cfg_dict.to_dict()


def _run_config_file(file: Path) -> Config:
    if not file.is_file():
        raise UserError("config.missing", path=file)
    if file.suffix not in CONFIG_SUFFIXES:
        raise UserError("config.suffix", path=file, allowed=", ".join(CONFIG_SUFFIXES))
    if file.suffix == ".py":
        _check_syntax(file)
    logging.getLogger("mmengine").setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Config.fromfile(str(file))
    except Exception as error:  # noqa: BLE001 - a config is the user's own code: anything may come
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        _drop_mmcvs_open_copy(error)
        raise UserError("config.fails", path=file, line=line, reason=_cause(error)) from None


def _drop_mmcvs_open_copy(error: BaseException) -> None:
    """Close the temporary copy that mmcv leaves open when a config fails, without its complaint.

    The copy's folder is gone by then, which Python would report at the end of the script.
    """
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traceback.clear_frames(error.__traceback__)
    sys.unraisablehook = hook


def _cause(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _check_syntax(file: Path) -> None:
    """Refuse a Python config that does not parse: mmcv would not tell the line."""
    try:
        ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise UserError("config.syntax", path=file, line=error.lineno, reason=error.msg) from None
    except ValueError as error:
        raise UserError("config.fails", path=file, line=1, reason=error) from None


def _apply_override(config: Config, override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise UserError("config.override_form", override=override)
    key = key.strip()
    node: Any = config
    rules: Any = KNOWN_KEYS
    for part in key.split(".")[:-1]:
        if isinstance(node, list | tuple):
            node = _numbered(node, part, override)
            rules = rules[0] if isinstance(rules, list) else None
            continue
        rules = rules.get(part) if isinstance(rules, Mapping) else None
        has_part = isinstance(node, Mapping | Config) and part in node
        if not has_part and rules is None:
            raise _unknown_key(override, key, part, node, KNOWN_KEYS)
        if not has_part:
            node[part] = type(config._cfg_dict)()
        node = node[part]
        if isinstance(rules, list) and not isinstance(node, list | tuple):
            rules = rules[0]
    last = key.split(".")[-1]
    if isinstance(rules, list):
        raise UserError("config.which_of_list", override=override, key=key, count=len(node))
    known = isinstance(rules, Mapping) and last in rules
    if not known and not (isinstance(node, Mapping | Config) and last in node):
        raise _unknown_key(override, key, last, node, rules)
    node[last] = _literal(text)


def _numbered(parts: Sequence[Any], number: str, override: str) -> Any:
    """The part of a list that ``number`` names, counted from 0."""
    if not number.isdecimal() or int(number) >= len(parts):
        raise UserError("config.which_of_list", override=override, key=number, count=len(parts))
    return parts[int(number)]


def _unknown_key(where: object, key: str, part: str, node: Any, rules: Any) -> UserError:
    names = {*(rules if isinstance(rules, Mapping) else ())}
    names |= set(node.keys()) if hasattr(node, "keys") else set()
    return UserError("config.unknown_key", path=where, key=key, nearest=nearest_name(part, names))


def _literal(text: str) -> Any:
    words = {"true": True, "false": False, "none": None, "null": None}
    if text.strip().lower() in words:
        return words[text.strip().lower()]
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text


def _check_section(section: Any, rules: Mapping[str, Any], prefix: str, file: Path) -> None:
    """Each key of a section is known and its value is of the kind that the key wants."""
    for name in section:
        value, key = section[name], prefix + name
        rule = rules.get(name)
        if rule is None:
            # At the top of a file, plain values are the user's own variables; sections are not.
            if prefix or isinstance(value, Mapping):
                raise _unknown_key(file, key, name, {}, rules)
        elif isinstance(rule, Rule):
            if not rule.accepts(value):
                raise UserError(
                    "config.bad_value",
                    path=file,
                    key=key,
                    value=repr(value),
                    expected=rule.expected,
                )
        elif value is None and key in NULLABLE:
            continue
        elif isinstance(rule, list) and isinstance(value, list | tuple) and len(value):
            parts = {str(number): part for number, part in enumerate(value)}
            _check_section(parts, dict.fromkeys(parts, rule[0]), key + ".", file)
        elif not isinstance(value, Mapping):
            raise UserError(
                "config.bad_value", path=file, key=key, value=repr(value), expected="dict(...)"
            )
        else:
            _check_section(value, rule[0] if isinstance(rule, list) else rule, key + ".", file)
