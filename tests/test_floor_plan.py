"""Imports run downward: scripts, tools, benchmarks, training -> inference -> models, dataset ->
runtime.

Every import counts, also one inside a function.
"""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest

from tests.conftest import PROJECT

# Package -> the packages that its modules may import from, besides itself.
FLOORS = {
    "runtime": set(),
    "models": {"runtime"},
    "dataset": {"runtime"},
    "inference": {"runtime", "models", "dataset"},
    "training": {"runtime", "models", "dataset", "inference"},
    "tools": {"runtime", "models", "dataset", "inference"},
    "benchmarks": {"runtime", "models", "dataset", "inference", "training"},
}
SCRIPTS = ("train_checkpoint_7ep", "test", "inference_single")
FILES = {path.stem: path for path in PROJECT.glob("*.py")} | {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in FLOORS
    for path in (PROJECT / package).rglob("*.py")
}


def imports_of(module: str) -> Iterator[str]:
    """The project's modules that a module names, ``from package import module`` resolved."""
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                found = submodule if submodule in FILES else node.module
                yield from [found] if found in FILES else []


def test_the_scripts_and_the_floors_are_there():
    assert FILES.keys() >= {*SCRIPTS, *FLOORS}


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_imports_from_its_own_floor_and_from_below(module):
    package = module.partition(".")[0]
    # A script may use all packages but the tools and the benchmarks; nothing may use a script.
    allowed = (
        {package, *FLOORS[package]}
        if package in FLOORS
        else FLOORS.keys() - {"tools", "benchmarks"}
    )
    assert {name.partition(".")[0] for name in imports_of(module)} <= allowed


def test_no_modules_import_one_another_in_a_circle():
    TopologicalSorter({module: set(imports_of(module)) for module in FILES}).prepare()
