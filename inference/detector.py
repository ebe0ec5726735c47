"""Photos in, words out: the one object that all scripts detect with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dataset.images import resize_for_test, test_size
from inference.timing import StageTimer, stage
from models import build_model
from models.fast import FAST
from models.post_processing import Detection, find_regions, outline_text
from runtime.checkpoint import Checkpoint, read_checkpoint, restore
from runtime.compiling import compiled
from runtime.config import Config, load_config
from runtime.messages import UserError

Size = tuple[int, int]
# About 280 bytes of working memory per pixel: 9 GB at this limit.
MAX_INPUT_PIXELS = 32_000_000


@dataclass(frozen=True, eq=False)
class KernelMaps:
    """What boxes are found in, of images that went through the network together.

    members: their places among the images that were given.  size: their (height, width).
    logits: (n, 1, h / 4, w / 4) in the host's memory, once ``ready`` has happened (None: at once).
    """

    members: list[int]
    size: Size
    logits: Tensor
    ready: torch.cuda.Event | None


class TextDetector:
    """Finds words in photos; owns the pixels' way to the network and the boxes' way back.

    model: in training form; with ``fold`` (the default) a folded copy of it is used and the model
        is left alone.  Without it, the model itself is used and put into eval mode: the caller
        puts it back.
    test_cfg: min_score, min_area, bbox_type and pooling_size, as ``detection_settings`` gives them.
    short_size: the short side in pixels to which photos are resized.
    amp: bf16 autocast, for devices that are fast at it.
    timer: adds up the seconds of the stages; None measures nothing.
    compile_it: run the network through ``torch.compile``, once for images of all sizes.
    """

    def __init__(
        self,
        model: FAST,
        test_cfg: Mapping[str, Any],
        device: torch.device | str = "cpu",
        amp: bool = False,
        *,
        short_size: int = 640,
        fold: bool = True,
        timer: StageTimer | None = None,
        compile_it: bool = False,
    ) -> None:
        self.test_cfg = dict(test_cfg)
        self.device = torch.device(device)
        self.amp = amp
        self.short_size = short_size
        self.timer = timer
        if fold:
            model = model.fold().to(self.device).to(memory_format=torch.channels_last)
        self.model = compiled(model.eval(), any_size=True) if compile_it else model.eval()

    @classmethod
    def from_checkpoint(
        cls,
        config: Config | str | Path,
        checkpoint: Checkpoint | str | Path,
        device: torch.device | str = "cpu",
        amp: bool = False,
        *,
        short_size: int | None = None,
        min_score: float | None = None,
        min_area: float | None = None,
    ) -> "TextDetector":
        """A detector from a config and a checkpoint; what is None is taken from the config.

        Raises UserError where either cannot be read or the weights do not fit the config.
        """
        cfg = config if isinstance(config, Config) else load_config(config)
        if not isinstance(checkpoint, Checkpoint):
            checkpoint = read_checkpoint(checkpoint)
        return cls(
            load_model(cfg, checkpoint),
            detection_settings(cfg, min_score=min_score, min_area=min_area),
            device,
            amp,
            short_size=short_size or configured_short_size(cfg),
        )

    def detect(self, image: np.ndarray) -> list[Detection]:
        """Words of one photo, uint8 (height, width, 3) RGB; corners in pixels of that photo."""
        return self.detect_batch([image])[0]

    def detect_batch(self, images: Sequence[np.ndarray]) -> list[list[Detection]]:
        """Words of several photos of any sizes; the same as one after the other."""
        inputs, sizes = [], []
        for image in images:
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise ValueError(f"uint8 (H, W, 3) wanted, not {image.dtype} {image.shape}")
            height, width = image.shape[:2]
            refuse_too_large(f"{width}x{height}", test_size(height, width, self.short_size))
            resized = resize_for_test(image, self.short_size)
            inputs.append(torch.from_numpy(resized).permute(2, 0, 1))
            sizes.append((height, width))
        return self.detect_resized(inputs, sizes)

    def detect_resized(
        self,
        inputs: Sequence[Tensor],
        original_sizes: Sequence[Size],
        observe: Callable[[Sequence[int], Tensor], None] | None = None,
    ) -> list[list[Detection]]:
        """Words of images that are resized already.

        inputs: uint8 (3, h, w) RGB each, h and w multiples of 32.
        original_sizes: (height, width) in whose pixels the corners are wanted.
        observe: is shown the places of images that went through the network together, and their
            logits, float32 (n, C, h / 4, w / 4).
        Images of one size go through the network together, others by themselves: no image is
        padded, so its words do not depend on its neighbours.
        """
        return self.find_words(self.run_network(inputs, observe), original_sizes)

    def run_network(
        self,
        inputs: Sequence[Tensor],
        observe: Callable[[Sequence[int], Tensor], None] | None = None,
    ) -> list[KernelMaps]:
        """First half of ``detect_resized``, which does not wait for a GPU to finish."""
        same_size: dict[Size, list[int]] = {}
        for index, pixels in enumerate(inputs):
            same_size.setdefault((pixels.shape[1], pixels.shape[2]), []).append(index)
        outputs = []
        for size, members in same_size.items():
            logits = self._logits([inputs[index] for index in members])
            if observe is not None:
                observe(members, logits)
            # One channel at a quarter of the size: less to copy than anything made from it.
            kernels, ready = logits[:, :1].to("cpu", non_blocking=True), None
            if self.device.type == "cuda":
                ready = torch.cuda.Event()
                ready.record(torch.cuda.current_stream(self.device))
            outputs.append(KernelMaps(members, size, kernels, ready))
        return outputs

    def find_words(
        self, outputs: Sequence[KernelMaps], original_sizes: Sequence[Size]
    ) -> list[list[Detection]]:
        """Second half of ``detect_resized``; may run in another thread than the first."""
        words: list[list[Detection]] = [[] for _ in original_sizes]
        for output in outputs:
            if output.ready is not None:
                output.ready.synchronize()
            sizes = [(output.size, original_sizes[index]) for index in output.members]
            for index, found in zip(output.members, self._boxes(output.logits, sizes), strict=True):
                words[index] = found
        return words

    @torch.inference_mode()
    def _logits(self, inputs: Sequence[Tensor]) -> Tensor:
        with stage(self.timer, "network"):
            images = torch.stack(list(inputs)).to(self.device, memory_format=torch.channels_last)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.amp):
                return self.model(images).float()

    def _boxes(self, logits: Tensor, sizes: Sequence[tuple[Size, Size]]) -> list[list[Detection]]:
        with stage(self.timer, "post_processing"):
            regions = find_regions(logits, sizes, self.test_cfg)
        with stage(self.timer, "box_extraction"):
            return outline_text(regions, self.test_cfg)


def load_model(config: Config, checkpoint: Checkpoint) -> FAST:
    """The config's network with the checkpoint's weights, in training form on the CPU.

    Raises UserError for weights that do not fit, or that are of a backbone alone.
    """
    if checkpoint.source == "backbone":
        raise UserError("detect.backbone_only", path=checkpoint.path)
    model = build_model(config.model)
    restore(model, checkpoint)
    return model


def detection_settings(
    config: Config, *, min_score: float | None = None, min_area: float | None = None
) -> dict[str, Any]:
    """``test_cfg`` as the detector wants it; a pooling size that it lacks is the head's."""
    head = config.model.detection_head
    settings = {"pooling_size": head.get("pooling_size", 9), **config.test_cfg}
    given = {"min_score": min_score, "min_area": min_area}
    return settings | {key: value for key, value in given.items() if value is not None}


def configured_short_size(config: Config) -> int:
    """The short side in pixels at which the config tests, 640 where it does not say."""
    return config.get("data", {}).get("test", {}).get("short_size", 640)


def refuse_too_large(name: object, size: Size) -> None:
    """UserError where an image, at its (height, width) for the network, would not fit in memory."""
    height, width = size
    if height * width > MAX_INPUT_PIXELS:
        raise UserError("detect.too_large", name=name, height=height, width=width)
