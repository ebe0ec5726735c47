import pytest
import torch

from models import build_model
from models.receptive_field import receptive_radius_px
from runtime.config import load_config
from tests.conftest import PROJECT


@pytest.mark.parametrize(("size", "radius"), [("tiny", 273), ("small", 397), ("base", 445)])
def test_the_radius_is_the_same_before_and_after_folding(size, radius):
    model = build_model(load_config(PROJECT / f"config/_base_/fast_{size}.py").model)
    assert receptive_radius_px(model) == receptive_radius_px(model.fold()) == radius


def test_a_cell_depends_on_no_pixel_beyond_the_radius_and_on_some_close_to_it():
    torch.manual_seed(0)
    model = build_model(load_config(PROJECT / "config/_base_/fast_tiny.py").model).fold()
    radius = receptive_radius_px(model)
    images = torch.randn(1, 3, 32, 1024, requires_grad=True)
    # Without activations nothing is cut off on the way, so every path shows.
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.forward = lambda x: x  # type: ignore[method-assign]
    cell = 128
    model(images)[0, 0, 4, cell].backward()
    touched = images.grad.abs().sum(dim=(0, 1, 2)).nonzero()
    reach = (touched - 4 * cell).abs().max().item()
    assert radius - 64 <= reach <= radius
