"""Memory that processes share: who sees it, and what happens where there is not enough."""

import os

import pytest

from runtime.messages import UserError
from runtime.scratch import KINDS, shared_scratch


@pytest.mark.parametrize("kind", KINDS)
def test_it_begins_with_zeros_and_a_forked_process_writes_into_it(tmp_path, kind):
    memory = shared_scratch(10_000, kind, tmp_path)
    assert memory[:] == bytes(10_000)
    child = os.fork()
    if not child:
        memory[5000] = 7
        os._exit(0)
    os.waitpid(child, 0)
    assert memory[5000] == 7
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_too_much_is_refused_in_one_sentence(tmp_path, kind):
    with pytest.raises(UserError, match=rf"data\.cache='{kind}'.*1000000\.0 GB"):
        shared_scratch(10**15, kind, tmp_path)
    assert list(tmp_path.iterdir()) == []
