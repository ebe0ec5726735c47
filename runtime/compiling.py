"""torch.compile, for runs that are long enough to earn its start."""

import shutil
from typing import TypeVar, cast

import torch
from torch import nn

from runtime.messages import UserError

_COMPILERS = ("c++", "g++", "clang++", "cl")
Network = TypeVar("Network", bound=nn.Module)


def compiled(network: Network, any_size: bool = False) -> Network:
    """The network with its forward pass compiled; weights and state dict are those of ``network``.

    any_size: height and width change from call to call, as they do in a test; without it only a
        second size makes the sizes variable, which costs one more compilation.
    Raises UserError where this machine cannot compile.
    """
    if not any(map(shutil.which, _COMPILERS)):
        raise UserError("compile.no_compiler")
    return cast(Network, torch.compile(network, dynamic=True if any_size else None))
