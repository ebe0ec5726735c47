"""Both languages say everything, with the same fields."""

import ast
import re
import string
import sys

import pytest

from runtime.messages import MESSAGES, UserError, run_script, say, set_language
from tests.conftest import PROJECT

SOURCES = [
    path
    for folder in ("runtime", "models", "dataset", "inference", "tools", ".")
    for path in sorted((PROJECT / folder).glob("*.py"))
]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_a_message_exists_in_both_languages_with_the_same_fields(key):
    korean, english = MESSAGES[key]["ko"], MESSAGES[key]["en"]
    assert korean.strip() and english.strip()
    assert fields(korean) == fields(english)
    assert not re.search("[가-힣]", english)


def test_every_message_that_the_code_names_exists():
    named = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
                if node.func.id in ("say", "tell", "UserError") and literal:
                    named.add(first.value)
    assert named
    assert named <= MESSAGES.keys()


def test_the_language_chooses_the_sentence():
    assert say("interrupted") == "⏹️ 중단했습니다."
    set_language("en")
    assert say("interrupted") == "⏹️ Interrupted."
    with pytest.raises(ValueError, match="fr"):
        set_language("fr")


def test_a_script_prints_a_users_mistake_in_one_line_and_leaves_with_two(capsys):
    def main():
        raise UserError("checkpoint.empty", path="a.pth")

    with pytest.raises(SystemExit) as left:
        run_script(main)
    assert left.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1 and "a.pth" in output.err


def test_a_scripts_own_exit_code_is_passed_on():
    with pytest.raises(SystemExit) as left:
        run_script(lambda: 7)
    assert left.value.code == 7


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_script(lambda: 1 // 0)
    assert sys.stdout
