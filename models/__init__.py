"""Networks and losses; they know tensors, not files of images."""

from typing import TYPE_CHECKING

from runtime.names import handed_on

if TYPE_CHECKING:
    from models.fast import build_model

__all__ = ["build_model"]
__getattr__ = handed_on(__name__, {"build_model": "models.fast"})
