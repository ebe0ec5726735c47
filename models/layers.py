"""The two layers that FAST is made of, and their folding into single convolutions.

Attribute names are the names of tensors in checkpoints: they are a file format.
"""

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.levels import Levels, convolve_levels, is_split, stack
from models.sync_batchnorm import normalised_sum

ACTIVATIONS: dict[str | None, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "relu6": lambda: nn.ReLU6(inplace=True),
    None: nn.Identity,
}

Maps = Tensor | Levels


class Layer(nn.Module):
    """What a nas-config calls a layer: a convolution, padded to keep size / stride, and company.

    ``forward``: (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride), rounded up.
    Levels, in_channels of them together, count as their stack.
    """

    frozen = False  # see ``freeze_batchnorm``

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels

    def fold(self) -> nn.Module:
        """The same function in eval mode as one convolution; ``self`` may be used up."""
        raise NotImplementedError


class ConvLayer(Layer):
    """A convolution, and BatchNorm and an activation where they are wanted."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, int] = (3, 3),
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        use_bn: bool = True,
        act_func: str | None = "relu",
    ) -> None:
        """kernel_size: (height, width), both odd.  act_func: a key of ACTIVATIONS."""
        super().__init__(in_channels, out_channels)
        self.conv = convolution(
            in_channels, out_channels, kernel_size, stride, dilation, groups, bool(bias)
        )
        self.bn = nn.BatchNorm2d(out_channels) if use_bn else None
        self.act = ACTIVATIONS[act_func]()

    def forward(self, x: Maps) -> Tensor:
        """See Layer."""
        if self.bn is not None and self.frozen:
            kernel, bias = folded(self.conv.weight, self.bn, self.conv.bias, self.bn.weight.dtype)
            return self.act(convolve(x, self.conv, kernel, bias))
        y = convolve(x, self.conv, self.conv.weight, self.conv.bias)
        return self.act(y if self.bn is None else self.bn(y))

    @torch.no_grad()
    def fold(self) -> nn.Module:
        """See Layer."""
        if self.bn is not None:
            kernel, bias = folded(self.conv.weight, self.bn, self.conv.bias, torch.float64)
            self.conv = convolution_like(self.conv, kernel, bias)
            self.bn = None
        return self


class RepConvLayer(Layer):
    """Up to four parallel branches, each with its own BatchNorm, summed before one ReLU.

    The branches are the whole kernel (kh x kw), its middle column (kh x 1) where kw > 1, its
    middle row (1 x kw) where kh > 1, and the input itself where shapes allow.  Being linear, they
    fold into one kh x kw convolution for inference (FAST, arXiv 2111.02394, section 3.2).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, int],
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        """kernel_size: (height, width), both odd."""
        super().__init__(in_channels, out_channels)
        height, width = kernel_size

        def branch(size: tuple[int, int]) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
            conv = convolution(in_channels, out_channels, size, stride, dilation, groups)
            return conv, nn.BatchNorm2d(out_channels)

        self.main_conv, self.main_bn = branch((height, width))
        absent: tuple[nn.Conv2d | None, nn.BatchNorm2d | None] = (None, None)
        self.ver_conv, self.ver_bn = branch((height, 1)) if width > 1 else absent
        self.hor_conv, self.hor_bn = branch((1, width)) if height > 1 else absent
        keeps_shape = in_channels == out_channels and stride == 1
        self.rbr_identity = nn.BatchNorm2d(in_channels) if keeps_shape else None

    def forward(self, x: Maps) -> Tensor:
        """See Layer."""
        if self.frozen:
            return F.relu_(convolve(x, self.main_conv, *self._merged(self.main_bn.weight.dtype)))
        branches = [(self.main_conv, self.main_bn), *self._side_branches()]
        if not isinstance(x, Tensor) and not is_split(x, self.main_conv):
            x = stack(x)  # once for all branches
        maps = (
            (bn, _whole(x) if conv is None else convolve(x, conv, conv.weight, None))
            for conv, bn in branches
        )
        return F.relu_(normalised_sum(maps))

    @torch.no_grad()
    def fold(self) -> nn.Module:
        """See Layer."""
        return FusedConvLayer(convolution_like(self.main_conv, *self._merged(torch.float64)))

    def _merged(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Kernel and bias of the one convolution that all branches in eval mode make up."""
        kernel, bias = folded(self.main_conv.weight, self.main_bn, None, dtype)
        for conv, bn in self._side_branches():
            weight = self._unit_kernel() if conv is None else conv.weight
            part, part_bias = folded(weight, bn, None, dtype)
            rows = (kernel.shape[2] - part.shape[2]) // 2
            columns = (kernel.shape[3] - part.shape[3]) // 2
            kernel = kernel + F.pad(part, (columns, columns, rows, rows))
            bias = bias + part_bias
        return kernel, bias

    def _side_branches(self) -> list[tuple[nn.Conv2d | None, nn.BatchNorm2d]]:
        """Convolution (None: the input as it is) and BatchNorm of each branch beside the main."""
        branches = (
            (self.ver_conv, self.ver_bn),
            (self.hor_conv, self.hor_bn),
            (None, self.rbr_identity),
        )
        return [(conv, bn) for conv, bn in branches if bn is not None]

    def _unit_kernel(self) -> Tensor:
        """The 1 x 1 kernel that gives each channel back."""
        groups = self.main_conv.groups
        unit = torch.eye(self.in_channels // groups, device=self.main_conv.weight.device)
        return unit.repeat(groups, 1)[:, :, None, None]


class FusedConvLayer(nn.Module):
    """The form that a RepConvLayer takes once it is folded."""

    def __init__(self, fused_conv: nn.Conv2d) -> None:
        super().__init__()
        self.fused_conv = fused_conv

    def forward(self, x: Maps) -> Tensor:
        """See Layer."""
        conv = self.fused_conv
        return F.relu_(convolve(x, conv, conv.weight, conv.bias))


def convolution(
    in_channels: int,
    out_channels: int,
    kernel_size: tuple[int, int],
    stride: int,
    dilation: int,
    groups: int,
    bias: bool = False,
) -> nn.Conv2d:
    """A convolution that keeps size / stride, its weights drawn as Kaiming-normal (fan in)."""
    height, width = kernel_size
    padding = (dilation * (height - 1) // 2, dilation * (width - 1) // 2)
    conv = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias
    )
    nn.init.kaiming_normal_(conv.weight)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def convolution_like(conv: nn.Conv2d, kernel: Tensor, bias: Tensor) -> nn.Conv2d:
    """A convolution with the geometry and the dtype of ``conv``, and the given weights."""
    like = copy.deepcopy(conv)
    like.weight = nn.Parameter(kernel.to(conv.weight.dtype))
    like.bias = nn.Parameter(bias.to(conv.weight.dtype))
    return like


def convolve(x: Maps, conv: nn.Conv2d, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """What ``conv`` gives, with this kernel and bias in place of its own."""
    if not isinstance(x, Tensor) and is_split(x, conv):
        return convolve_levels(x, kernel, bias)
    return F.conv2d(_whole(x), kernel, bias, conv.stride, conv.padding, conv.dilation, conv.groups)


def _whole(x: Maps) -> Tensor:
    return x if isinstance(x, Tensor) else stack(x)


def folded(
    kernel: Tensor, bn: nn.BatchNorm2d, bias: Tensor | None, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Kernel and bias, in ``dtype``, of a convolution together with ``bn`` in eval mode."""
    assert bn.running_mean is not None and bn.running_var is not None  # layers here keep them
    scale = bn.weight.to(dtype) / (bn.running_var.to(dtype) + bn.eps).sqrt()
    offset = -bn.running_mean if bias is None else bias - bn.running_mean
    return kernel.to(dtype) * scale[:, None, None, None], bn.bias + offset * scale


def freeze_batchnorm(model: nn.Module) -> None:
    """Let every layer normalise by its running statistics in training as well, and keep them.

    Scales and offsets go on learning.  With the statistics fixed a layer is linear, so that it runs
    as the one convolution that it folds into, with gradients for each branch: the same numbers as
    branch by branch, in about half the time and memory.
    """
    for module in model.modules():
        if isinstance(module, Layer):
            module.frozen = True


LAYERS: dict[str, Callable[..., Layer]] = {
    "ConvLayer": ConvLayer,
    "RepConvLayer": RepConvLayer,
}
