"""The documents tell the truth: commands, options, files, config keys and quoted messages exist."""

import ast
import functools
import importlib
import re
import runpy
import shlex
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.data_sets import DATA_SETS
from runtime import checkpoint, messages, sinks
from runtime.config import load_config
from runtime.config_schema import KNOWN_KEYS
from runtime.messages import MESSAGES
from tests.conftest import PROJECT
from tests.inference.command import run_here

README, GUIDE, CHANGES = "README.md", "CHECKPOINT_7EP_TRAINING_README.md", "CHANGELOG.md"
CARD = "pretrained/README.md"
DOCUMENTS = (README, GUIDE, CHANGES, CARD)
TRAIN, TEST, INFER = "train_checkpoint_7ep.py", "test.py", "inference_single.py"
SCRIPTS = (
    TRAIN, TEST, INFER, "tools/make_sample_data.py", "tools/make_lmdb.py", "tools/check_data.py",
    "tools/show_batch.py", "tools/run_sample.py", "tools/average_checkpoints.py",
    "tools/inspect_checkpoint.py", "tools/export_onnx.py", "tools/calibrate.py",
    "tools/compare_checkpoints.py",
)  # fmt: skip
RUN_SCRIPT = "./run_checkpoint_7ep_training.sh"
CONFIG = PROJECT / "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
OTHER_PROGRAMS_OPTIONS = {"--logdir", "--signal"}

# Files that the tool writes, or that users bring, under the names that the documents give them.
OUTPUTS = {
    checkpoint.LATEST, checkpoint.BEST, sinks.LOG_FILE, sinks.HISTORY_FILE, sinks.CURVE_FILE,
    "tensorboard/", "finetune_checkpoints/", "sample_run/", "inference_results/", "FAST/",
    "outputs/submit_ic15.zip", "outputs/submit_ic15.json", "checkpoint_7ep.pth", "config.py",
    "report.html", "report.json", "batch.png", "label_index/", "Label.txt", "labels.json", "gt.mat",
    "res_NAME.txt", "coco.json", "crops/", "crops/NAME/0001.png",
    "averaged.pth", "before_after.html", "checkpoint_best_thresholds.png", "bad_steps/",
    "unreadable_images.txt",
}  # fmt: skip
NUMBERED = r"checkpoint_epoch_(\d+|N)\.pth"
USERS_OWN = r"(my_|your_|.*/your_).*|.*[가-힣].*"
# A folder, or a file by its suffix; dots also join the names of keys and modules.
PATH = r".+/|.+\.(py|sh|md|txt|jpg|png|csv|log|json|zip|pth)|.*fast_\w+\.config"

# Messages around another message, and the field that holds it.
AROUND = {
    "error": "text",
    "data.check.line": "text",
    "data.place.file": "text",
    "data.place.line": "text",
    "data.check.kind": "name",
    "train.criterion": "criterion",
    "train.new_best": "criterion",
    "keep.too_much": "criterion",
}


@functools.cache
def text_of(document: str) -> str:
    return (PROJECT / document).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    """The fenced blocks of one language; "" for those that name none."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text_of(document), re.MULTILINE | re.DOTALL)
    return [body for name, body in fenced if name == language]


def inline_code(document: str) -> list[str]:
    prose = re.sub(r"^```.*?^```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def commands(document: str) -> Iterator[tuple[str, list[str]]]:
    """(script, arguments) of every command in the document that starts one of ours."""
    shell = [*blocks(document, "bash"), *inline_code(document)]
    for line in "\n".join(shell).replace("\\\n", " ").splitlines():
        if not re.search(r"(\.py|\.sh)\b.* -", line) or line.startswith("#"):
            continue
        words = shlex.split(line, comments=True)
        for place, word in enumerate(words):
            if word in SCRIPTS or word == RUN_SCRIPT:
                yield (TRAIN if word == RUN_SCRIPT else word), words[place + 1 :]


@functools.cache
def options_of(script: str) -> frozenset[str]:
    """The options in the usage that ``--help`` begins with."""
    shown = run_here(script, "--help", cwd=PROJECT)
    assert shown.returncode == 0
    usage = shown.stdout.partition("\n\n")[0]
    return frozenset({"--help", *re.findall(r"(?<![\w-])--[a-z][\w-]*", usage)})


@functools.cache
def parser_of(script: str):
    return runpy.run_path(str(PROJECT / script), run_name="documented")["parse_args"]


ALL_COMMANDS = [
    (document, *command)
    for document in DOCUMENTS
    for command in commands(document)
    if "--help" not in command[1]
]


def test_the_documents_show_commands_of_every_kind():
    shown = {(document, script) for document, script, _ in ALL_COMMANDS}
    assert shown >= {(document, script) for document in (README, GUIDE) for script in SCRIPTS[:7]}


@pytest.mark.parametrize(("document", "script", "arguments"), ALL_COMMANDS)
def test_a_command_is_understood_by_its_script(document, script, arguments):
    if script not in (TRAIN, TEST, INFER):
        assert {word for word in arguments if word.startswith("--")} <= options_of(script)
        return
    understood = parser_of(script)(arguments)
    load_config(CONFIG, understood.cfg_options)


@pytest.mark.parametrize(
    ("document", "heading", "script", "complete"),
    [
        (README, "## Training", TRAIN, True),
        (README, "## Test", TEST, True),
        (README, "## Inference", INFER, True),
        (GUIDE, "## 빠른 시작", TRAIN, True),
        (GUIDE, "## 성능 평가", TEST, False),
        (GUIDE, "## 추론", INFER, False),
    ],
)
def test_a_table_of_options_lists_those_of_its_script(document, heading, script, complete):
    section = text_of(document).partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`--.*?) \|", section, re.MULTILINE)
    listed = set(re.findall(r"`(--[\w-]+)`", " ".join(cells)))
    assert listed and listed <= options_of(script)
    assert not complete or options_of(script) - listed <= {"--help"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_an_option_in_the_text_exists(document):
    named = re.findall(r"(?<![\w-])--[a-z][\w-]*", "\n".join(inline_code(document)))
    known = OTHER_PROGRAMS_OPTIONS.union(*map(options_of, SCRIPTS))
    assert set(named) <= known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_file_that_is_named_exists_or_is_known_to_be_written(document):
    code = [*inline_code(document), *blocks(document, ""), *blocks(document, "bash")]
    words = re.findall(r"(?<![\w./*<>-])[\w./]*[\w-]+(?:[./][\w-]+)*/?", "\n".join(code))
    paths = {word for word in words if re.fullmatch(PATH, word)}
    assert {path for path in paths if not is_known(path)} == set()


def is_known(path: str) -> bool:
    path, name = path.removeprefix("./"), Path(path).name
    if re.fullmatch(USERS_OWN, path) or re.fullmatch(NUMBERED, name) or {path, name} & OUTPUTS:
        return True
    # The folders of a format's download, whole or a part of their path.
    pairs = [pair for row in DATA_SETS.values() for pair in row.folders.values()]
    if any(path.removeprefix("data/").strip("/") in folder for pair in pairs for folder in pair):
        return True
    return (PROJECT / path).exists() or any(PROJECT.glob(f"config/**/{path}"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_link_leads_somewhere(document):
    headings = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", text_of(document)):
        if target.startswith("#"):
            assert target[1:] in anchors
        elif not target.startswith("https://"):
            assert (PROJECT / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_config_key_that_is_named_exists(document):
    text = "\n".join([*inline_code(document), *blocks(document, "bash")])
    sections = "|".join(("model", "data", "train_cfg", "test_cfg"))
    for key in re.findall(rf"(?<![\w./])(?:{sections})(?:\.[a-z_]+)+", text):
        rules = KNOWN_KEYS
        for part in key.split("."):
            rules = rules[0] if isinstance(rules, list) else rules
            assert part in rules, key
            rules = rules[part]


@pytest.mark.parametrize(
    "block",
    [*blocks(README, "python"), *blocks(GUIDE, "python"), *blocks(CARD, "python")],
    ids=lambda block: block.split("\n")[0],
)
def test_python_in_a_document_is_a_valid_config_or_imports_what_exists(block, tmp_path):
    imports = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        for alias in node.names:
            assert hasattr(importlib.import_module(node.module), alias.name)
    if not imports:
        (tmp_path / "config.py").write_text(block, encoding="utf-8")
        load_config(tmp_path / "config.py")


@functools.cache
def message_lines() -> list[tuple[str, re.Pattern[str]]]:
    """(key, pattern) of each line of each Korean message; messages without words of their own, such
    as "{name}: {reason}", would match anything and are left out.
    """
    found = []
    for key, texts in MESSAGES.items():
        for line in texts["ko"].split("\n"):
            parts = list(string.Formatter().parse(line))
            words = "".join(literal for literal, *_ in parts)
            if key in AROUND or len(re.findall(r"\w", words)) >= 2:
                pattern = "".join(pattern_of(*part[:3], AROUND.get(key)) for part in parts)
                found.append((key, re.compile(pattern)))
    return found


def pattern_of(literal: str, field: str | None, spec: str | None, inner: str | None) -> str:
    """A piece of a message and the field behind it; the field ``inner`` becomes a group."""
    if field is None:
        return re.escape(literal)
    decimals = re.fullmatch(r"\d*\.(\d)f", spec or "")
    value = rf"-?\d+\.\d{{{decimals[1]}}}" if decimals else ".+"
    return re.escape(literal) + (f"(?P<inner>{value})" if field == inner else value)


def is_a_message(line: str) -> bool:
    for key, pattern in message_lines():
        match = pattern.fullmatch(line)
        if match and (key not in AROUND or is_a_message(match["inner"])):
            return True
    return False


@pytest.mark.parametrize("block", blocks(GUIDE, "text"), ids=lambda block: block.split("\n")[0])
def test_output_that_the_guide_quotes_is_what_the_tool_prints(block):
    messages.set_language("ko")
    unknown = [line for line in block.splitlines() if line and not is_a_message(line)]
    assert unknown == []


def test_a_line_that_the_tool_never_prints_is_found():
    assert is_a_message("   - 평균 총 손실: 0.7823")
    assert is_a_message("❌ a.pth: 빈 파일입니다. 체크포인트를 다시 복사하거나 내려받으세요.")
    assert not is_a_message("   - 평균 총 손실: 0.78")
    assert not is_a_message("❌ a.pth: 텅 빈 파일입니다.")
    assert not is_a_message("   - 최고 체크포인트 기준: 날씨")
