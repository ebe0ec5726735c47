#!/usr/bin/env bash
# Format check, lint, types and tests, in an environment that it makes itself.
#
#   ./run_tests.sh                          everything
#   ./run_tests.sh tests/models -k losses   arguments go to pytest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source tools/setup_env.sh
set_up_environment requirements.txt requirements-dev.txt

# All four run, whatever fails, so that one start shows everything there is to mend.
failed=()
check() {
  local name=$1
  shift
  note "▶ $name" "▶ $name"
  "$VENV_PYTHON" -m "$@" || failed+=("$name")
}
check format ruff format --check .
check lint ruff check .
check types mypy
check tests pytest "$@"

if [ "${#failed[@]}" -gt 0 ]; then
  note "❌ 통과하지 못한 검사: ${failed[*]}" "❌ Failed: ${failed[*]}"
  exit 1
fi
