"""What the command lines of all scripts share: the language, number ranges, the device.

``--min-score`` and ``--min_score`` are one option, in whichever way a script declares it.
"""

import argparse
import io
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from runtime.messages import LANGUAGES, UserError, say, set_language
from runtime.names import nearest_name

if TYPE_CHECKING:
    import torch

# argparse's own sentences are English only; each form has one of ours beside it.
_USAGE_ERRORS = (
    (r"the following arguments are required: (?P<names>.+)", "cli.required"),
    (r"argument (?P<name>[^:]+): expected .+", "cli.value_missing"),
    (
        r"argument (?P<name>[^:]+): invalid choice: (?P<value>.+) \(choose from (?P<allowed>.+)\)",
        "cli.invalid_choice",
    ),
    (r"argument (?P<name>[^:]+): (?P<reason>.+)", "cli.invalid_value"),
)


def choose_language(arguments: Sequence[str]) -> None:
    """Set the language before anything is said: ``--lang``, else FAST_LANG, else Korean.

    A language that does not exist changes nothing here; parsing the arguments refuses it.
    Signs that the terminal's encoding lacks are printed as escapes from now on, not as a traceback.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    language = os.environ.get("FAST_LANG", "")
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument == "--lang":
            language = following
        elif argument.startswith("--lang="):
            language = argument.partition("=")[2]
    if language in LANGUAGES:
        set_language(language)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that speaks the chosen language; wrong usage is a UserError.

    area: message keys ``<area>.about`` and ``<area>.examples`` frame the help.
    """

    def __init__(self, program: str, area: str) -> None:
        self._declared: dict[str, str] = {}
        super().__init__(
            prog=program,
            description=say(f"{area}.about"),
            epilog=say(f"{area}.examples"),
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self.add_argument("-h", "--help", action="help", help=say("cli.help"))

    def add_argument(self, *names: str, **settings: Any) -> argparse.Action:
        action = super().add_argument(*names, **settings)
        self._declared.update({name.replace("_", "-"): name for name in action.option_strings})
        return action

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        spelled = None if args is None else [self._as_declared(argument) for argument in args]
        known, unknown = super().parse_known_args(spelled, namespace)
        for argument in unknown:
            if argument.startswith("-"):
                nearest = nearest_name(argument.partition("=")[0], self._declared.values())
                raise UserError("cli.unknown_option", name=argument, nearest=nearest)
            raise UserError("cli.surplus", name=argument, program=self.prog)
        return known, unknown

    def _as_declared(self, argument: str) -> str:
        name, equals, value = argument.partition("=")
        return self._declared.get(name.replace("_", "-"), name) + equals + value

    def error(self, message: str) -> NoReturn:
        for pattern, key in _USAGE_ERRORS:
            if match := re.fullmatch(pattern, message, re.DOTALL):
                raise UserError(key, program=self.prog, **match.groupdict())
        raise UserError("cli.usage", program=self.prog, reason=message)


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the examples and says 'usage' in the chosen language."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or say("cli.usage_prefix"))

    def start_section(self, heading: str | None) -> None:
        titles = {
            "positional arguments": say("cli.positionals"),
            "options": say("cli.options"),
        }
        super().start_section(titles.get(heading or "", heading))


def number(
    kind: Callable[[str], float], low: float, high: float = float("inf")
) -> Callable[[str], float]:
    """A ``type=`` for argparse: an ``int`` or a ``float`` from ``low`` to ``high``."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high or math.isinf(value):
            key = "cli.number_from" if high == float("inf") else "cli.number_between"
            raise argparse.ArgumentTypeError(say(key, value=text, low=low, high=high))
        return value

    return read


POSITIVE = number(int, 1)
COUNT = number(int, 0)
FRACTION = number(float, 0, 1)


def add_common_arguments(parser: Parser) -> None:
    """Add ``--device``, ``--cfg-options`` and ``--lang`` to a script's parser."""
    parser.add_argument(
        "--device", default="auto", metavar="auto|cpu|cuda|cuda:1", help=say("cli.device")
    )
    add_config_arguments(parser)


def add_config_arguments(parser: Parser) -> None:
    """Add ``--cfg-options`` and ``--lang`` to a script's parser."""
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help=say("cli.cfg_options"),
    )
    parser.add_argument("--lang", choices=LANGUAGES, help=say("cli.lang"))


def choose_device(name: str) -> "torch.device":
    """The device for ``--device``: 'auto' (a GPU where there is one), 'cpu', 'cuda' or 'cuda:1'.

    Raises UserError for any other name and for a GPU that is not there.
    """
    import torch  # exported models run on machines that do not have it

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise UserError("cli.device_unknown", name=name)
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError("cli.device_absent", name=name, count=torch.cuda.device_count())
    return device
