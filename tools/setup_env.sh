# shellcheck shell=bash
# Makes .venv in the project's folder and installs requirement files into it.  Sourced, not run:
#
#   source tools/setup_env.sh
#   set_up_environment requirements.txt requirements-dev.txt   # afterwards $VENV_PYTHON runs
#
# PYTHON=/path/to/python3.11 chooses the interpreter; FAST_LANG=en gives the messages in English.
# A file that is installed already is passed over; an interrupted installation goes on where it was.

PROJECT_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$PROJECT_ROOT/.venv"
VENV_PYTHON="$VENV/bin/python"

# note KOREAN ENGLISH: one sentence for the user.
note() {
  if [ "${FAST_LANG:-ko}" = en ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi >&2
}

set_up_environment() {
  if venv_fits && all_installed "$@"; then return; fi
  trap 'note "⏹️ 설치를 중단했습니다. 다시 실행하면 이어서 설치합니다." \
             "⏹️ Installation interrupted; start again to go on."; exit 130' INT
  venv_fits || make_venv
  "$VENV_PYTHON" -c 'import pip' 2>/dev/null || "$VENV_PYTHON" -m ensurepip
  local file
  for file in "$@"; do
    all_installed "$file" || install_file "$file"
  done
  trap - INT
}

# --- the interpreter and .venv ------------------------------------------------------------------

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }
version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

# An existing .venv stays, unless PYTHON asks for another version.
venv_fits() {
  is_recent "$VENV_PYTHON" || return 1
  [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of "$VENV_PYTHON")" ]
}

make_venv() {
  find_python
  if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    note "❌ $PYTHON 에 venv 모듈이 없습니다. 설치한 뒤 다시 실행하세요 (Debian/Ubuntu: sudo apt install python3-venv)." \
         "❌ $PYTHON has no venv module. Install it and start again (Debian/Ubuntu: sudo apt install python3-venv)."
    exit 2
  fi
  local mark="$VENV/.made-by-setup"
  if [ -e "$VENV" ] && [ ! -e "$mark" ]; then
    note "❌ $VENV 의 Python을 쓸 수 없습니다. 직접 만든 폴더라 지우지 않았습니다. 이름을 바꾸거나 지운 뒤 다시 실행하세요." \
         "❌ The Python in $VENV cannot be used. This script did not make that folder, so it stays: rename or remove it, then start again."
    exit 2
  fi
  note "🐍 가상 환경을 만듭니다: .venv (Python $(version_of "$PYTHON"))" \
       "🐍 Making the virtual environment .venv (Python $(version_of "$PYTHON"))"
  # The mark comes first: an environment that was interrupted half made is ours to remove.
  rm -rf "$VENV"
  if ! { mkdir "$VENV" && touch "$mark" && "$PYTHON" -m venv "$VENV"; }; then
    note "❌ $VENV 폴더를 만들지 못했습니다. 쓰기 권한과 디스크 공간을 확인하세요." \
         "❌ $VENV could not be made. Check permissions and disk space."
    exit 2
  fi
}

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.12 python3.11 python3.13 python3.10 python; do
    if is_recent "$candidate"; then
      PYTHON=$candidate
      return
    fi
    # An interpreter that was asked for is never replaced by another one.
    [ -n "${PYTHON:-}" ] && break
  done
  note "❌ Python 3.10 이상이 필요합니다. 설치한 뒤 PYTHON=/경로/python3.11 $0 처럼 지정해 다시 실행하세요." \
       "❌ Python 3.10 or newer is needed. Install it, then start again with PYTHON=/path/to/python3.11 $0"
  exit 2
}

# --- packages ---------------------------------------------------------------------------------------

# What the stamp of a requirement file says when everything in it is installed.
fingerprint() {
  cat "$PROJECT_ROOT/$1" "$PROJECT_ROOT/constraints.txt" "$VENV/pyvenv.cfg" | cksum
}

all_installed() {
  local file
  for file in "$@"; do
    [ "$(cat "$VENV/.installed-$file" 2>/dev/null)" = "$(fingerprint "$file")" ] || return 1
  done
}

# pip splits the values of its variables at blanks, so the constraints are named from their own folder.
pip_install() {
  local -a quiet=()
  [ -t 1 ] || quiet=(--progress-bar off)
  (cd "$PROJECT_ROOT" &&
    PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
      "$VENV_PYTHON" -m pip install --disable-pip-version-check --no-input \
      ${quiet[@]+"${quiet[@]}"} "$@")
}

install_file() {
  local file=$1 wanted="$VENV/.wanted-$1"
  note "📦 $file 의 패키지를 설치합니다. 처음 한 번은 몇 분 걸립니다." \
       "📦 Installing the packages of $file; the first time takes some minutes."
  choose_polygon_library "$file" >"$wanted"
  if ! pip_install -r "$wanted"; then
    note "❌ 패키지를 설치하지 못했습니다. 네트워크와 디스크 공간을 확인하고 다시 실행하면 이어서 설치합니다." \
         "❌ The packages could not be installed. Check network and disk space; starting again goes on from here."
    exit 1
  fi
  fingerprint "$file" >"$VENV/.installed-$file"
}

# Prints the requirement file; where Polygon3 cannot be built, with Shapely in its place.
choose_polygon_library() {
  local polygon log="$VENV/polygon3-build.log"
  polygon=$(sed -n 's/^\(Polygon3[^ #;]*\).*/\1/p' "$PROJECT_ROOT/$1")
  if [ -z "$polygon" ] || pip_install --no-deps "$polygon" >"$log" 2>&1; then
    cat "$PROJECT_ROOT/$1"
    return
  fi
  note "⚠️ Polygon3를 빌드하지 못해 (C 컴파일러가 없을 수 있습니다) 같은 일을 하는 Shapely를 설치합니다. 자세한 내용: $log" \
       "⚠️ Polygon3 could not be built (no C compiler?); Shapely, which does the same work, is installed instead. Details: $log"
  grep -v '^Polygon3' "$PROJECT_ROOT/$1"
  grep '^shapely' "$PROJECT_ROOT/requirements-dev.txt"
}
