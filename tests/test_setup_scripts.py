"""The shell scripts: an environment is made once, trouble is one sentence, arguments arrive.

A stand-in for Python takes the place of the real one, so that nothing is downloaded: it keeps a
diary of how it was called.
"""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime import shipped
from tests.conftest import PROJECT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are for bash")

RUN, TESTS = "run_checkpoint_7ep_training.sh", "run_tests.sh"
# Answers for "-c" questions, makes a .venv out of itself, "installs" by writing to the diary.
STAND_IN = """#!/usr/bin/env bash
diary="{diary}"
case "$1 $2" in
  "-c "*%*version_info*) echo "{version}" ;;
  "-c "*version_info*) exit {too_old} ;;
  "-c "*ensurepip*) exit {no_venv} ;;
  "-c "*) exit 0 ;;
  "-m venv")
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    echo "version = {version}" >"$3/pyvenv.cfg"
    echo "venv" >>"$diary"
    ;;
  "-m pip")
    echo "constraint $PIP_CONSTRAINT $PIP_BUILD_CONSTRAINT in $PWD" >>"$diary"
    case "$*" in
      *Polygon3*) echo "polygon" >>"$diary"; exit {no_polygon} ;;
      *) echo "install" >>"$diary"; exit {no_network} ;;
    esac
    ;;
  *check_own_files.py*) exit {own_files} ;;
  *)
    [ -z "${{FAST_STARTED_AT:-}}" ] || echo "since $FAST_STARTED_AT" >>"$diary"
    printf '%s|' "${{1##*/}}" "${{@:2}}" >>"$diary"
    echo "in $PWD" >>"$diary"
    exit {code}
    ;;
esac
"""


# Exit codes of the stand-in; 0 is "all is well".
QUESTIONS = ("too_old", "no_venv", "no_polygon", "no_network", "own_files", "code")


class Project:
    """A copy of the scripts in a folder named with a blank and Hangul, and a stand-in Python."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "내 프로젝트 폴더"
        (self.root / "tools").mkdir(parents=True)
        for name in (RUN, TESTS, "tools/setup_env.sh", "constraints.txt", "requirements.txt",
                     "requirements-dev.txt"):  # fmt: skip
            shutil.copy(PROJECT / name, self.root / name)
        self.diary = tmp_path / "diary"
        self.python = tmp_path / "bin with blank" / "python3"
        self.python.parent.mkdir()
        self.answers = {**dict.fromkeys(QUESTIONS, 0), "version": "3.11.7"}

    def start(
        self, *arguments: str, script: str = RUN, cwd: Path | None = None, **answers: object
    ) -> subprocess.CompletedProcess[str]:
        values = {**self.answers, **answers, "diary": self.diary}
        self.python.write_text(STAND_IN.format(**values), encoding="utf-8")
        self.python.chmod(self.python.stat().st_mode | stat.S_IEXEC)
        if (self.root / ".venv" / "bin").exists():
            shutil.copy(self.python, self.root / ".venv" / "bin" / "python")
        environment = {**os.environ, "PYTHON": str(self.python), "LC_ALL": "C.UTF-8"}
        environment.pop("FAST_LANG", None)
        environment.update(answers.get("environment", {}))
        return subprocess.run(
            [str(self.root / script), *arguments],
            cwd=cwd or self.root,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    def entries(self) -> list[str]:
        lines = self.diary.read_text("utf-8").splitlines() if self.diary.exists() else []
        self.diary.unlink(missing_ok=True)
        return lines

    def kinds(self) -> list[str]:
        return [line for line in self.entries() if line in ("venv", "polygon", "install")]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.mark.parametrize("script", [RUN, TESTS, "tools/setup_env.sh", ".ci/run"])
def test_the_scripts_are_sound_bash(script):
    subprocess.run(["bash", "-n", PROJECT / script], check=True)


@pytest.mark.parametrize("script", [RUN, TESTS, ".ci/run"])
def test_the_scripts_may_be_executed(script):
    assert os.access(PROJECT / script, os.X_OK)


def test_a_first_start_makes_the_environment_and_trains(project):
    result = project.start("--epochs", "10")
    assert result.returncode == 0, result.stderr
    entries = project.entries()
    assert [line for line in entries if " " not in line] == ["venv", "polygon", "install"]
    assert entries[-1] == (
        "train_checkpoint_7ep.py|--config|config/fast/ic15/fast_checkpoint_7ep_finetune.py|"
        "--output_dir|./finetune_checkpoints|--epochs|10|"
        f"in {project.root}"
    )
    assert "가상 환경을 만듭니다" in result.stderr


def test_the_time_of_a_budget_begins_after_the_installation(project):
    before = int(time.time())
    project.start("--budget", "20m")
    (since,) = (line.split()[1:] for line in project.entries() if line.startswith("since"))
    assert before <= int(since[0]) <= time.time()
    project.start(own_files=10)  # the sample, whose training comes after other stages
    assert not [line for line in project.entries() if line.startswith("since")]


def test_a_second_start_installs_nothing_and_says_nothing(project):
    project.start()
    project.entries()
    result = project.start()
    assert project.kinds() == []
    assert result.stderr == ""


def test_constraints_reach_pip_by_a_name_without_blanks(project):
    project.start()
    constraints = [line for line in project.entries() if line.startswith("constraint")]
    assert constraints == [f"constraint constraints.txt constraints.txt in {project.root}"] * 2


def test_changed_requirements_are_installed_at_the_next_start(project):
    project.start()
    project.entries()
    with (project.root / "requirements.txt").open("a") as file:
        file.write("one-more-package\n")
    project.start()
    assert project.kinds() == ["polygon", "install"]


def test_an_installation_that_failed_is_taken_up_again(project):
    result = project.start(no_network=1)
    assert result.returncode == 1
    assert "네트워크" in result.stderr
    project.entries()
    assert project.start().returncode == 0
    assert project.kinds() == ["polygon", "install"]


def test_without_a_compiler_shapely_takes_the_place_of_polygon3(project):
    result = project.start(no_polygon=1)
    assert result.returncode == 0
    assert "Shapely" in result.stderr
    installed = (project.root / ".venv" / ".wanted-requirements.txt").read_text("utf-8")
    assert "\nshapely>=" in installed
    assert "\nPolygon3" not in installed
    assert "\ntorch>=" in installed
    project.entries()
    project.start(no_polygon=1)
    assert project.kinds() == []


def test_an_old_python_is_one_sentence_and_exit_2(project):
    result = project.start(too_old=1)
    assert result.returncode == 2
    assert result.stderr.startswith("❌ Python 3.10 이상이 필요합니다")
    assert not (project.root / ".venv").exists()


def test_a_python_without_venv_is_one_sentence_and_exit_2(project):
    result = project.start(no_venv=1)
    assert result.returncode == 2
    assert "python3-venv" in result.stderr
    assert not (project.root / ".venv").exists()


def test_an_environment_of_another_python_version_is_made_anew(project):
    project.start()
    project.entries()
    # The stand-in in .venv keeps answering 3.11.7: only the one that is asked for is newer.
    old = (project.root / ".venv" / "bin" / "python").read_text("utf-8")
    other = project.python.parent / "python3.12"
    other.write_text(old.replace("3.11.7", "3.12.1"), encoding="utf-8")
    other.chmod(0o755)
    project.start(environment={"PYTHON": str(other)})
    assert project.kinds() == ["venv", "polygon", "install"]


def test_an_environment_of_the_users_own_is_never_removed(project):
    (project.root / ".venv").mkdir()
    (project.root / ".venv" / "mine").write_text("")
    result = project.start()
    assert result.returncode == 2
    assert "지우지 않았습니다" in result.stderr
    assert (project.root / ".venv" / "mine").exists()


def test_an_environment_that_was_interrupted_half_made_is_made_again(project):
    (project.root / ".venv").mkdir()
    (project.root / ".venv" / ".made-by-setup").write_text("")
    assert project.start().returncode == 0
    assert project.kinds() == ["venv", "polygon", "install"]


def test_from_another_folder_the_projects_files_are_named_from_its_own(project, tmp_path):
    project.start("--config", "mine.py", cwd=tmp_path)
    root = project.root
    assert project.entries()[-1] == (
        f"train_checkpoint_7ep.py|--config|{root}/config/fast/ic15/fast_checkpoint_7ep_finetune.py|"
        f"--output_dir|{root}/finetune_checkpoints|"
        f"--config|mine.py|in {tmp_path}"
    )


def test_the_sample_runs_where_something_is_missing_and_gets_the_arguments(project):
    project.start("--epochs", "10", own_files=10)
    assert project.entries()[-1] == f"run_sample.py|--|--epochs|10|in {project.root}"


def test_a_broken_config_ends_the_start_with_its_exit_code(project):
    assert project.start(own_files=2).returncode == 2
    assert not any("train_checkpoint" in line for line in project.entries())


def test_the_exit_code_is_that_of_the_training(project):
    assert project.start(code=130).returncode == 130


@pytest.mark.parametrize("arguments", [("--lang", "en"), ("--lang=en",)])
def test_messages_are_english_where_english_is_asked_for(project, arguments):
    result = project.start(*arguments)
    assert "Making the virtual environment" in result.stderr


def test_run_tests_installs_both_files_and_runs_all_four_checks(project):
    result = project.start("tests/models", "-k", "losses", script=TESTS)
    assert result.returncode == 0
    entries = [line for line in project.entries() if not line.startswith("constraint")]
    assert entries[:4] == ["venv", "polygon", "install", "install"]
    checks = [line.removesuffix(f"in {project.root}") for line in entries[4:]]
    assert checks == [
        "-m|ruff|format|--check|.|",
        "-m|ruff|check|.|",
        "-m|mypy|",
        "-m|pytest|tests/models|-k|losses|",
    ]


def test_run_tests_goes_on_behind_a_failed_check_and_fails_at_the_end(project):
    result = project.start(script=TESTS, code=1)
    assert result.returncode == 1
    assert len([line for line in project.entries() if line.startswith("-m|")]) == 4
    assert "format lint types tests" in result.stderr


# --- is there something of the user's to train on? ------------------------------------------------


def check_own_files(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROJECT / "tools" / "check_own_files.py"), *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def test_what_is_missing_is_said_in_two_lines():
    if (PROJECT / "checkpoint_7ep.pth").exists():
        pytest.skip("this checkout holds a checkpoint of its own")
    result = check_own_files("--epochs", "10")
    assert result.returncode == 10
    assert len(result.stdout.splitlines()) == 2
    assert "checkpoint_7ep.pth" in result.stdout
    assert f"--config {shipped.CONFIG}" in result.stdout
    assert result.stderr == ""


def test_a_named_checkpoint_is_left_to_the_train_script_even_where_it_is_missing():
    assert check_own_files("--checkpoint", "no such file.pth").returncode == 0


def test_a_setting_that_does_not_exist_is_an_error_and_no_reason_for_the_sample():
    result = check_own_files("--cfg-options", "train_cfg.learning=1")
    assert result.returncode == 2
    assert "learning" in result.stderr
