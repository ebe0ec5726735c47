"""How fast is training from JPEG files to weights, and how near is that to the device's limit?

On a GPU at the sizes that people train with; on a CPU at a small size, which shows that the script
works and nothing about a GPU.
"""

import argparse
from collections.abc import Iterator

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.command import train
from benchmarks.measure import Row, drawn_photos, time_calls
from benchmarks.steps import Step, batch_of

# Forward and backward at 640 px; it grows with the area.
GFLOP_AT_640 = {"tiny": 301, "small": 335, "base": 416}
NAS = "config/fast/nas-configs/fast_{}.config"


def rows(args: argparse.Namespace) -> Iterator[Row]:
    device = torch.device(args.device)
    on_gpu = device.type == "cuda"
    side, batch = (736, 16) if on_gpu else (128, 4)
    claim = ">= 180" if on_gpu else ""
    yield from whole_run(args, "tiny", side, batch, claim)
    if on_gpu:
        for size in GFLOP_AT_640:
            yield from whole_run(args, size, 640, 16)
    yield from inside_of_a_step(device, *((16, 640) if on_gpu else (2, 128)))


def whole_run(
    args: argparse.Namespace, size: str, side: int, batch: int, claim: str = ""
) -> Iterator[Row]:
    """The train script, from files on, in its second epoch."""
    on_gpu = args.device != "cpu"
    photos = drawn_photos(args.folder, 64)
    parts = ("backbone", "neck", "detection_head")
    finished = train(
        photos, args.folder / f"{size}_{side}", "--epochs", 2, "--batch_size", batch,
        "--device", args.device,
        options=(
            *(f"model.{part}.config={NAS.format(size)}" for part in parts),
            f"data.train.img_size={side}", f"data.train.short_size={side}",
            f"data.train.repeat_times={50 if on_gpu else 1}",
        ),
    )  # fmt: skip
    rate = finished.figure("images_per_s")
    what = f"FAST-{size} at {side} px, batch {batch}"
    yield Row(f"{what}, from files", rate, "images/s", claim)
    yield Row(f"{what}, waiting for data", 100 * finished.figure("data_wait"), "%",
              "<= 5" if on_gpu else "")  # fmt: skip
    tflops = rate * GFLOP_AT_640[size] * (side / 640) ** 2 / 1000
    yield Row(f"{what}, computing", tflops, "TFLOP/s")


def inside_of_a_step(device: torch.device, batch: int, side: int) -> Iterator[Row]:
    """What the time of a step is spent on, against what the device's convolutions can do."""
    on_gpu = device.type == "cuda"
    step = Step(device, "auto", batch_of(batch, side, 12))
    step.run()
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    activities = [ProfilerActivity.CUDA] if on_gpu else []
    with profile(activities=[ProfilerActivity.CPU, *activities]) as profiler:
        step.run()
    own = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    spent = {event.key: getattr(event, own) for event in profiler.key_averages()}
    total = sum(spent.values())
    marks = ("conv", "dgrad", "wgrad", "implicit", "gemm", "cudnn", "mkldnn")
    convolution = sum(us for name, us in spent.items() if any(m in name.lower() for m in marks))
    yield Row("convolutions, of a step", 100 * convolution / total, "%")
    for name in sorted(spent, key=lambda name: -spent[name])[:5]:
        yield Row(f"of a step: {name[:60]}", 100 * spent[name] / total, "%")
    yield Row("convolution ceiling in the step's format", ceiling_tflops(step), "TFLOP/s")
    if on_gpu:
        yield Row("peak memory of a step", torch.cuda.max_memory_allocated() / 1e9, "GB")


def ceiling_tflops(step: Step) -> float:
    """The rate of a large 3 x 3 convolution, forward and backward."""
    size, channels = (160, 256) if step.device.type == "cuda" else (32, 128)
    images = torch.randn(16, channels, size, size, device=step.device, requires_grad=True)
    images = images.to(memory_format=torch.channels_last).to(step.precision)
    conv = torch.nn.Conv2d(channels, channels, 3, padding=1, device=step.device)
    conv = conv.to(memory_format=torch.channels_last).to(step.precision)
    gradient = torch.ones_like(images)

    def forward_and_backward() -> None:
        conv(images).backward(gradient)
        step.finish()

    (timing,) = time_calls(forward_and_backward, rounds=9, warm_up=3)
    operations = 3 * 2 * 16 * size**2 * channels**2 * 9
    return operations / timing.median / 1e12
