"""The training step that is measured does what the train script's does."""

import pytest
import torch

from benchmarks.steps import Step, batch_of


def test_a_step_changes_weights_and_averages():
    step = Step(torch.device("cpu"), "off", batch_of(1, 64, 2))
    before = [
        tensor.clone() for tensor in (*step.model.parameters(), *step.ema.state_dict().values())
    ]

    step.advance()

    after = [*step.model.parameters(), *step.ema.state_dict().values()]
    changed = [not torch.equal(one, other) for one, other in zip(before, after, strict=True)]
    assert sum(changed) > len(changed) / 2


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("amp", ["off", "bf16"])
def test_nothing_in_a_step_waits_for_the_gpu(amp):
    step = Step(torch.device("cuda"), amp, batch_of(2, 128, 4))
    step.run()  # libraries choose their routines
    torch.cuda.set_sync_debug_mode("error")
    try:
        step.advance()
    finally:
        torch.cuda.set_sync_debug_mode("default")
