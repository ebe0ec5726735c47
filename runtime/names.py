"""Names that users write and names that packages hand on."""

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def nearest_name(name: object, known: Iterable[str]) -> str:
    """The known name most like ``name``, or all of them where none is alike."""
    known = sorted(known)
    return next(iter(difflib.get_close_matches(str(name), known, n=1)), ", ".join(known))


def handed_on(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's ``__getattr__`` that imports a name's module when the name is first asked for.

    homes: name -> module.  A package whose modules need PyTorch can so be entered without it, for
    those of its modules that do not.
    """

    def look_up(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name]), name)

    return look_up
