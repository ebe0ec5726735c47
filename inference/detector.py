"""Photos in, words out: the one object that all scripts detect with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dataset.images import read_image, resize_for_test, test_size
from inference.thresholds import Thresholds, thresholds_for
from inference.tiling import cut, refuse_too_large, side_for
from inference.timing import StageTimer, stage
from models import build_model
from models.fast import FAST
from models.post_processing import STRIDE, Detection, find_regions, outline_text
from models.receptive_field import receptive_radius_px
from runtime.checkpoint import Checkpoint, network_size, read_checkpoint, restore
from runtime.compiling import compiled
from runtime.config import PROJECT_ROOT, Config, config_from, find_file, load_config
from runtime.messages import UserError
from runtime.provenance import recorded

Size = tuple[int, int]
CONFIG_SECTIONS = ("model", "data", "test_cfg")  # those that detecting depends on
MAX_DESCRIPTION_BYTES = 1 << 20  # of a nas-config; published ones have a hundredth of that


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

        detector = TextDetector.from_checkpoint("finetune_checkpoints/checkpoint_best.pth")
        for word in detector.detect("photo.jpg"):
            print(word.score, word.points.tolist())

    Several threads may detect with one detector at a time, and each finds what it would find
    alone; only a ``timer`` is for one thread.

    model: in training form; with ``fold`` (the default) a folded copy of it is used and the model
        is left alone.  Without it, the model itself is used and put into eval mode: the caller
        puts it back.
    test_cfg: see ``find_text``, as ``detection_settings`` gives it.
    short_size: the short side in pixels to which photos are resized.
    amp: bf16 autocast, for devices that are fast at it.
    timer: adds up the seconds of the stages; None measures nothing.
    compile_it: run the network through ``torch.compile``, once for images of all sizes.
    tile_px: cut images, at the size that the network sees, into tiles of this side at most; None
        cuts only those that would take too much memory.  The words are the same either way.
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
        tile_px: int | None = None,
    ) -> None:
        self.test_cfg = dict(test_cfg)
        self.thresholds = Thresholds(test_cfg["min_score"], test_cfg["min_area"])
        self.device = torch.device(device)
        self.amp = amp
        self.short_size = short_size
        self.timer = timer
        self.tile_px = tile_px
        self._halo_px = receptive_radius_px(model)
        if fold:
            model = model.fold().to(self.device).to(memory_format=torch.channels_last)
        self.model = compiled(model.eval(), any_size=True) if compile_it else model.eval()

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: Checkpoint | str | Path,
        config: Config | str | Path | None = None,
        device: torch.device | str = "cpu",
        amp: bool = False,
        *,
        short_size: int | None = None,
        min_score: float | None = None,
        min_area: float | None = None,
        bbox_type: str | None = None,
        tile_px: int | None = None,
    ) -> "TextDetector":
        """A detector from a checkpoint alone, or with the config that it was trained with.

        config: without one, see ``checkpoint_config``.
        short_size, bbox_type: None takes the config's.  min_score, min_area: see
            ``thresholds_for``.
        Raises UserError where a file cannot be read or the weights do not fit the config.
        """
        if not isinstance(checkpoint, Checkpoint):
            checkpoint = read_checkpoint(checkpoint)
        if config is None:
            config = checkpoint_config(checkpoint)
        cfg = config if isinstance(config, Config) else load_config(config)
        settings = detection_settings(
            cfg, checkpoint.content, min_score=min_score, min_area=min_area
        )
        if bbox_type is not None:
            settings["bbox_type"] = bbox_type
        detector = cls(
            load_model(cfg, checkpoint),
            settings,
            device,
            amp,
            short_size=short_size or configured_short_size(cfg),
            tile_px=tile_px,
        )
        detector.thresholds = thresholds_for(cfg, checkpoint.content, min_score, min_area)
        return detector

    def detect(self, image: np.ndarray | str | Path) -> list[Detection]:
        """Words of one photo; their corners are in pixels of that photo.

        image: uint8 (height, width, 3) RGB, or the path of a file, which is turned upright.
        Raises UserError for a file that cannot be read, and for an image too large even for tiles.
        """
        if isinstance(image, str | Path):
            image = read_image(image)
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
        padded, so its words do not depend on its neighbours.  Very large ones go through it in
        tiles.
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
        for size, members in self._in_groups(same_size):
            images = [inputs[index] for index in members]
            side = side_for(size, self._halo_px, self.tile_px)
            if side is None:
                logits = self._logits(images)
            else:
                logits = self._tiled_logits(images[0], side, kernels_only=observe is None)
            if observe is not None:
                observe(members, logits)
            # One channel at a quarter of the size: less to copy than anything made from it.
            kernels, ready = logits[:, :1].to("cpu", non_blocking=True), None
            if self.device.type == "cuda":
                ready = torch.cuda.Event()
                ready.record(torch.cuda.current_stream(self.device))
            outputs.append(KernelMaps(members, size, kernels, ready))
        return outputs

    def _in_groups(self, same_size: Mapping[Size, list[int]]) -> Iterator[tuple[Size, list[int]]]:
        """Images of one size together, but those that are tiled one by one."""
        for size, members in same_size.items():
            tiled = side_for(size, self._halo_px, self.tile_px) is not None
            yield from ((size, [member]) for member in members) if tiled else [(size, members)]

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

    def _tiled_logits(self, image: Tensor, side: int, kernels_only: bool) -> Tensor:
        """Logits (1, C, h / 4, w / 4) of an image (3, h, w), a tile at a time; C is 1 or all."""
        height, width = image.shape[1:]
        whole: Tensor | None = None
        for tile in cut((height, width), side, self._halo_px):
            logits = self._logits([image[:, tile.seen_rows, tile.seen_columns]])
            if kernels_only:
                logits = logits[:, :1]
            if whole is None:
                whole = logits.new_empty((1, logits.shape[1], height // STRIDE, width // STRIDE))
            (rows, columns), (kept_rows, kept_columns) = tile.place(STRIDE), tile.kept(STRIDE)
            whole[..., rows, columns] = logits[..., kept_rows, kept_columns]
        assert whole is not None
        return whole

    def _boxes(self, logits: Tensor, sizes: Sequence[tuple[Size, Size]]) -> list[list[Detection]]:
        with stage(self.timer, "post_processing"):
            regions = find_regions(logits, sizes, self.test_cfg)
        with stage(self.timer, "box_extraction"):
            return outline_text(regions, self.test_cfg)


def checkpoint_config(checkpoint: Checkpoint, overrides: Sequence[str] = ()) -> Config:
    """The config of a checkpoint that comes without one.

    It is the one that the checkpoint was made with, where the file says so as plain data (no code
    in it is run); else that of the published network whose layers the weights have.
    overrides: as for ``load_config``.
    Raises UserError where neither is to be had.
    """
    stated = recorded(checkpoint.content).get("config")
    size = network_size(checkpoint.weights)
    if isinstance(stated, Mapping) and isinstance(stated.get("model"), Mapping):
        sections = {key: stated[key] for key in CONFIG_SECTIONS if key in stated}
        config = config_from(sections, checkpoint.path, overrides)
        parts = [part for part in config.model.values() if isinstance(part, dict)]
        elsewhere = [part for part in parts if not _is_description(part.get("config"))]
        if size or not elsewhere:
            for part in elsewhere:
                part["config"] = f"config/fast/nas-configs/fast_{size}.config"
            return config
    if size is None:
        raise UserError("detect.no_config", path=checkpoint.path)
    return load_config(PROJECT_ROOT / f"config/_base_/fast_{size}.py", overrides)


def _is_description(path: object) -> bool:
    """Whether an untrusted path is that of a small regular file on this machine."""
    file = find_file(path) if isinstance(path, str) else None
    return file is not None and file.is_file() and file.stat().st_size <= MAX_DESCRIPTION_BYTES


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
    config: Config,
    content: Mapping[str, Any] | None = None,
    *,
    min_score: float | None = None,
    min_area: float | None = None,
) -> dict[str, Any]:
    """``test_cfg`` as the detector wants it; a pooling size that it lacks is the head's.

    content, min_score, min_area: see ``thresholds_for``.  Weights that are still being trained have
    no thresholds of their own: only what is read from a file is given as ``content``.
    """
    head = config.model.detection_head
    thresholds = thresholds_for(config, content, min_score, min_area)
    return {
        "pooling_size": head.get("pooling_size", 9),
        **config.test_cfg,
        **thresholds.kernels,
        "min_score": thresholds.min_score,
        "min_area": thresholds.min_area,
    }


def configured_short_size(config: Config) -> int:
    """The short side in pixels at which the config tests, 640 where it does not say."""
    return config.get("data", {}).get("test", {}).get("short_size", 640)
