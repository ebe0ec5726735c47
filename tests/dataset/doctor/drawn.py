"""Small data sets for the doctor: photos that look unlike one another, and sound labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from dataset.doctor.examination import Examination, examine
from dataset.doctor.findings import Finding

HEIGHT, WIDTH = 240, 320
SOUND = "20,20,100,20,100,45,20,45,one\n120,100,220,100,220,130,120,130,two\n"


def picture(seed: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    """Coarse blobs, RGB; no two seeds look alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)


def write_picture(path: Path, pixels: np.ndarray, orientation: int = 1, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, **options)
    return path


class DrawnSet:
    """Photos ``images/<name>.jpg`` and labels ``gts/gt_<name>.txt`` in a folder."""

    def __init__(self, folder: Path, first_seed: int = 0) -> None:
        self.folder = folder
        self.seed = first_seed

    def image(self, name: str) -> Path:
        return self.folder / "images" / f"{name}.jpg"

    def label(self, name: str) -> Path:
        return self.folder / "gts" / f"gt_{name}.txt"

    def add(
        self,
        name: str,
        text: str | bytes | None = SOUND,
        size: tuple[int, int] = (HEIGHT, WIDTH),
        orientation: int = 1,
    ) -> None:
        """A photo that looks like no other; text: its label, None for no label file."""
        self.seed += 1
        write_picture(self.image(name), picture(self.seed, size), orientation)
        self.label(name).parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            content = text if isinstance(text, bytes) else text.encode()
            self.label(name).write_bytes(content)

    def spec(self, **options: Any) -> dict[str, Any]:
        """What a config would say of it; at this ``short_size`` photos keep their size."""
        return {
            "type": "FAST_IC15",
            "split": "train",
            "short_size": HEIGHT,
            "img_dir": str(self.folder / "images"),
            "gt_dir": str(self.folder / "gts"),
            **options,
        }

    def examine(self, **options: Any) -> Examination:
        return examine({"train": self.spec(**options)})


def kinds(findings: Sequence[Finding]) -> list[str]:
    return [finding.kind for finding in findings]
