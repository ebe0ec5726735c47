"""What the tests share: where the golden numbers and the real photos lie, when they are there."""

from pathlib import Path

import pytest

from runtime import messages

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"


def golden(name: str) -> Path:
    """A file of golden numbers; the test is skipped where the folder is not there."""
    path = SHARED / "golden" / name
    if not path.exists():
        pytest.skip(f"golden numbers are not on this machine: {path}")
    return path


def ic15() -> Path:
    """The folder of real photos; the test is skipped where it is not there."""
    path = SHARED / "ic15"
    if not path.exists():
        pytest.skip(f"the real photos are not on this machine: {path}")
    return path


@pytest.fixture(autouse=True)
def messages_in_korean():
    """Each test starts in the default language, whatever the one before it chose."""
    messages.set_language("ko")
    yield
    messages.set_language("ko")
