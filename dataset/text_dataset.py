"""One data set class for every label format."""

import ctypes
import os
import signal
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from dataset.augment import UNCHANGED, Augmentation, choose_view, draw_look
from dataset.image_cache import CachedPhoto, ImageCache
from dataset.images import IMAGE_SUFFIXES, Photo, list_image_names, reduction_for, same_form
from dataset.labels import FORMATS, Format, Problem, Word
from dataset.packed_names import PackedNames
from dataset.packed_words import PackedWords
from dataset.targets import Targets, draw_polygons
from runtime.config import build_from, find_file
from runtime.messages import UserError

Item = dict[str, Any]
# From malloc.h of the GNU C library, and from Linux's prctl.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_PR_SET_PDEATHSIG = 1


class TextDataset(Dataset[Item]):
    """Photos with labelled words.

    Split "train" gives training items, dicts of tensors, S being ``img_size``:
        imgs uint8 (3, S, S) RGB; gt_texts, gt_kernels, training_masks uint8 (S, S), 0 or 1;
        gt_instances int32 (S, S); num_instances int64 (); index int64 (), the photo's number;
        unreadable bool (), True where the photo could not be read and nothing is to be learned.
    The other splits give whole photos: imgs uint8 (3, h, w) at ``test_size``, and img_metas, a dict
        of filename, img_path, org_img_size (H, W) and img_size (h, w).

    A key is a sample's number, or (number, draw): ``draw`` seeds the random changes, so that a
    sample is the same whichever process makes it.  A number alone is its own draw.
    """

    def __init__(
        self,
        label_format: Format,
        split: str = "train",
        is_transform: bool = False,
        img_size: int | Sequence[int] = 640,
        short_size: int = 640,
        pooling_size: int = 9,
        read_type: str = "cv2",
        repeat_times: int = 1,
        data_root: str = "data",
        img_dir: str | None = None,
        gt_dir: str | None = None,
        augment: Mapping[str, Any] | None = None,
        seed: int = 666,
        **ignored: object,
    ) -> None:
        """Find the photos and read all labels.

        split: "train", "test", "val" or "valid"; names the folders and the kind of items.
        is_transform: change training images at random; without, they are only resized and cropped,
            always at the same place.
        img_size: side of the crops, or (height, width).  short_size: see ``test_size``.
        read_type: "cv2" honours the EXIF rotation, "pil" does not (labels must then fit that).
        repeat_times: how often each photo comes in one pass.
        img_dir, gt_dir: folders, instead of the format's own below ``data_root``; labels are looked
            for beside the photos where only ``img_dir`` is given.
        augment: values for ``Augmentation`` that differ from the format's.
        ignored: other keys that configs for FAST have (report_speed, with_rec).
        """
        self.is_train = split == "train"
        height, width = (img_size, img_size) if isinstance(img_size, int) else img_size
        self.crop_size = height, width
        self.short_size = short_size
        self.pooling_size = pooling_size
        self.apply_exif = read_type == "cv2"
        self.repeat_times = repeat_times
        self.seed = seed
        self.is_transform = is_transform
        settings = {**label_format.augment, **(augment or {})}
        self.change = Augmentation(**settings) if is_transform else UNCHANGED
        self.cache: ImageCache | None = None
        self.image_folder, self.label_folder = _folders(
            label_format, split, data_root, img_dir, gt_dir
        )
        self._find_images_and_labels(label_format)

    def _find_images_and_labels(self, label_format: Format) -> None:
        """Pair photos with label files; photos without one can be tested on, not trained on."""
        images = list_image_names(self.image_folder)
        if not images:
            suffixes = ", ".join(IMAGE_SUFFIXES)
            raise UserError("data.no_images", path=self.image_folder.absolute(), suffixes=suffixes)
        files = _label_files(self.label_folder)
        labels = [_label_of(image, label_format, files) for image in images]
        self.has_labels = any(labels)
        self.problems = self._unpaired(images, labels, files, label_format)
        if self.is_train:
            if not self.has_labels:
                names = ", ".join(_label_names(images[0], label_format))
                raise UserError(
                    "data.no_labelled_images",
                    path=self.label_folder,
                    images=len(images),
                    names=names,
                )
            images = [image for image, label in zip(images, labels, strict=True) if label]
            labels = [label for label in labels if label]
        self._images, self._labels = PackedNames(images), PackedNames(labels)
        words = []
        for index in range(len(images)):
            label = self.label_path(index)
            found, problems = label_format.read(label) if label else ([], [])
            words.append(found)
            self.problems += problems
        self.packed = PackedWords.pack(words)

    def _unpaired(
        self,
        images: Sequence[str],
        labels: Sequence[str],
        files: Mapping[str, str],
        label_format: Format,
    ) -> list[Problem]:
        """Photos without a label, where others have one, and labels without a photo."""
        if not self.has_labels or self.label_folder is None:
            return []
        pairs = zip(images, labels, strict=True)
        problems = [
            Problem("missing_label", self.image_folder / image)
            for image, label in pairs
            if not label
        ]
        used = set(labels)
        before, after = label_format.label_names[0].split("{stem}")
        for name, file in files.items():
            if file not in used and name.startswith(before) and name.endswith(after):
                problems.append(Problem("missing_image", self.label_folder / file))
        return problems

    @property
    def num_images(self) -> int:
        """Photos, each counted once however often it comes in a pass."""
        return len(self._images)

    def __len__(self) -> int:
        return self.num_images * self.repeat_times

    def image_path(self, index: int) -> Path:
        return self.image_folder / self._images[index]

    def label_path(self, index: int) -> Path | None:
        """The label file of a photo; None where it has none."""
        label = self._labels[index]
        return self.label_folder / label if label and self.label_folder else None

    def words(self, index: int) -> list[Word]:
        """The words of a photo, in the order of its label file."""
        return [self.packed.word(number) for number in self.packed.of_image(index)]

    def leave_out(self, images: Collection[int], words: Collection[int]) -> None:
        """Go on without these photos and these words (numbered through all photos)."""
        images, words = set(images), set(words)
        if not images and not words:
            return
        kept = [index for index in range(self.num_images) if index not in images]
        numbers = [[n for n in self.packed.of_image(index) if n not in words] for index in kept]
        self.packed = PackedWords.pack([list(map(self.packed.word, row)) for row in numbers])
        self._images, self._labels = self._images.of(kept), self._labels.of(kept)

    def keep_decoded(self, sizes: np.ndarray, kind: str, folder: Path) -> int:
        """Decode each photo once and keep it, for all processes of this machine; gives the bytes.

        sizes: (photos, 2), height and width of each.  kind, folder: see ``shared_scratch``.
        Photos are kept as small as the largest scale of the random changes allows.
        """
        largest = self.change.scale[1] * self.short_size
        reductions = [
            reduction_for(tuple(size), largest / max(1, min(size))) for size in sizes.tolist()
        ]
        self.cache = ImageCache(sizes, np.array(reductions), kind, folder)
        return self.cache.num_bytes

    def __getitem__(self, key: int | tuple[int, int]) -> Item:
        number, draw = key if isinstance(key, tuple) else (key, key)
        if not 0 <= number < len(self):
            raise IndexError(f"sample {number} of {len(self)}")
        index = number % self.num_images
        if not self.is_train:
            return self._test_item(index)
        return self._training_item(index, draw if self.is_transform else index)

    def _test_item(self, index: int) -> Item:
        path = self.image_path(index)
        photo = Photo.open(path, self.apply_exif)
        resized = photo.for_test(self.short_size)
        meta = {
            "filename": path.name,
            "img_path": str(path),
            "org_img_size": photo.size,
            "img_size": resized.shape[:2],
        }
        return {"imgs": torch.from_numpy(resized).permute(2, 0, 1), "img_metas": meta}

    def _training_item(self, index: int, draw: int) -> Item:
        try:
            return self._crop_and_targets(index, np.random.default_rng((self.seed, draw)))
        except UserError:  # damaged since the check: one photo does not end a run of many hours
            black = np.zeros((*self.crop_size, 3), np.uint8)
            nothing = np.zeros(self.crop_size, np.uint8)
            nobody = np.zeros(self.crop_size, np.int32)
            return _item(
                black, Targets(nothing, nothing, nothing, nobody, 0), index, unreadable=True
            )

    def _photo(self, index: int) -> Photo | CachedPhoto:
        path = self.image_path(index)
        if self.cache is None:
            return Photo.open(path, self.apply_exif)
        return self.cache.photo(index, path, self.apply_exif)

    def _crop_and_targets(self, index: int, rng: np.random.Generator) -> Item:
        photo = self._photo(index)
        points, lengths, ignore = self.packed.outlines(index)
        caring = lengths[~ignore]
        view = choose_view(
            rng,
            photo.size,
            points[np.repeat(~ignore, lengths)],
            np.cumsum(caring) - caring,
            self.crop_size,
            self.short_size,
            self.change,
        )
        reduction = max(view.reduction(photo.size), photo.least_reduction)
        look = draw_look(rng, self.change)
        crop = view.of_reduced(reduction).take(photo.pixels(reduction), look)
        moved = np.rint(view.move(points)).astype(np.int32)
        ends = np.cumsum(lengths).tolist()
        polygons = [moved[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        numbers = np.where(ignore, 0, np.arange(1, len(lengths) + 1)).tolist()
        outline = view.outline(photo.size)
        shown = draw_polygons(polygons, numbers, view.shown, self.pooling_size, outline)
        targets = Targets(
            view.pad(shown.gt_texts),
            view.pad(shown.gt_kernels),
            view.pad(shown.training_masks),
            view.pad(shown.gt_instances),
            shown.num_instances,
        )
        return _item(crop, targets, index)


def _item(crop: np.ndarray, targets: Targets, index: int, unreadable: bool = False) -> Item:
    return {
        "imgs": torch.from_numpy(crop).permute(2, 0, 1),
        "gt_texts": torch.from_numpy(targets.gt_texts),
        "gt_kernels": torch.from_numpy(targets.gt_kernels),
        "training_masks": torch.from_numpy(targets.training_masks),
        "gt_instances": torch.from_numpy(targets.gt_instances),
        "num_instances": torch.tensor(targets.num_instances),
        "index": torch.tensor(index),
        "unreadable": torch.tensor(unreadable),
    }


def prepare_worker(_worker: int = 0) -> None:
    """Set up a process that makes samples; the ``worker_init_fn`` of a ``DataLoader``.

    One thread each, for the processes share the cores.  And memory once used is kept: the C library
    hands blocks as large as images back to the system at once, and having the same pages mapped and
    cleared again for every sample takes a third of the time.  A worker ends with its parent,
    whatever ended that.
    """
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if hasattr(library, "mallopt"):
            library.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
            library.mallopt(_M_TRIM_THRESHOLD, 512 << 20)


def build_dataset(spec: Mapping[str, Any]) -> TextDataset:
    """The data set that a config's ``data.train``, ``data.val`` or ``data.test`` describes."""
    table = {name: partial(TextDataset, row) for name, row in FORMATS.items()}
    return build_from(table, spec)


def _folders(
    label_format: Format, split: str, data_root: str, img_dir: str | None, gt_dir: str | None
) -> tuple[Path, Path | None]:
    """(photos, labels); None where there are no labels, which only training cannot do without."""
    default_images, default_labels = label_format.folders["train" if split == "train" else "test"]
    images = find_file(img_dir or Path(data_root) / default_images)
    if not images.is_dir():
        raise UserError("data.folder_missing", path=images.absolute(), setting="img_dir")
    if img_dir and not gt_dir:
        return images, images
    labels = find_file(gt_dir or Path(data_root) / default_labels)
    if labels.is_dir():
        return images, labels
    if gt_dir or split == "train":
        raise UserError("data.folder_missing", path=labels.absolute(), setting="gt_dir")
    return images, None


def _label_files(folder: Path | None) -> dict[str, str]:
    """Name in composed Unicode -> name as the folder has it."""
    names = [] if folder is None else sorted(os.listdir(folder))
    return {same_form(name): name for name in names}


def _label_names(image: str, label_format: Format) -> list[str]:
    """What the label file of an image may be called."""
    stem = same_form(os.path.splitext(image)[0])
    return [name.format(stem=stem) for name in label_format.label_names]


def _label_of(image: str, label_format: Format, labels: Mapping[str, str]) -> str:
    """The name of an image's label file, empty where there is none."""
    names = _label_names(image, label_format)
    return next((labels[name] for name in names if name in labels), "")
