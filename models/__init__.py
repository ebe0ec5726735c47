"""Networks and losses; they know tensors, not files of images."""

from models.fast import build_model

__all__ = ["build_model"]
