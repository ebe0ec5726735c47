"""Which number format the network computes in, chosen for the device at hand."""

from pathlib import Path

import torch

PRECISIONS = ("auto", "bf16", "fp16", "off")


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """The dtype for autocast: bfloat16 or float16, or float32 for none.

    name: 'auto' takes bfloat16 where the device computes it in hardware, float16 on older GPUs, and
        float32 on a CPU without bfloat16 units, where emulation would only cost time.
    """
    if name != "auto":
        return {"bf16": torch.bfloat16, "fp16": torch.float16, "off": torch.float32}[name]
    if device.type == "cuda":
        ampere_or_newer = torch.cuda.get_device_capability(device) >= (8, 0)
        return torch.bfloat16 if ampere_or_newer else torch.float16
    return torch.bfloat16 if _cpu_has_bfloat16_units() else torch.float32


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """The context in which the network runs in ``dtype``; float32 changes nothing."""
    enabled = dtype != torch.float32
    return torch.autocast(device.type, dtype=dtype if enabled else torch.bfloat16, enabled=enabled)


def memory_format(device: torch.device, dtype: torch.dtype) -> torch.memory_format:
    """The order of dimensions that convolutions train fastest in.

    Tensor cores and bfloat16 units want the channels last; a CPU's float32 backward pass does not.
    """
    plain_cpu = device.type == "cpu" and dtype == torch.float32
    return torch.contiguous_format if plain_cpu else torch.channels_last


def grad_scaler(device: torch.device, dtype: torch.dtype) -> torch.amp.GradScaler:
    """A scaler that keeps float16 gradients in range and, in every format, skips steps that are
    not finite.

    With formats that need no scaling it stays at 1; skipping happens on the device, without a host
    sync.
    """
    if dtype == torch.float16:
        return torch.amp.GradScaler(device.type)
    return torch.amp.GradScaler(device.type, init_scale=1.0, growth_interval=2**31 - 1)


def _cpu_has_bfloat16_units() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return False
    flags = set(cpuinfo.read_text(encoding="utf-8", errors="replace").split())
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})
