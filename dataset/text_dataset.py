"""One data set class for every label format."""

import copy
import ctypes
import hashlib
import signal
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from dataset.augment import UNCHANGED, Augmentation, View, choose_view, draw_look
from dataset.data_sets import DataSet
from dataset.image_cache import CachedPhoto, ImageCache
from dataset.images import Photo, reduction_for, same_form
from dataset.labels import Word
from dataset.source import Source, find_database, find_source
from dataset.synthetic import Stock
from dataset.synthetic_fonts import load_faces
from dataset.synthetic_paste import paste_words
from dataset.targets import Targets, draw_polygons
from runtime.messages import UserError

Item = dict[str, Any]
# A network share may fail for a moment, and a file be half written: the waits between tries.
RETRY_WAITS_S = (0.1, 0.4)
# What another try changes nothing about.
_LASTING = ("data.image_too_large", "data.image_changed")
# From malloc.h of the GNU C library, and from Linux's prctl.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_PR_SET_PDEATHSIG = 1
# What is pasted follows numbers of its own, so that all else about a sample stays as it is without.
_PASTE = 1


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

    # Whether the pictures come from no files, and there is nothing to check.
    is_drawn = False

    def __init__(
        self,
        kind: DataSet,
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
        lmdb_path: str | None = None,
        format: str | None = None,
        granularity: str = "word",
        augment: Mapping[str, Any] | None = None,
        paste_text: float = 0.0,
        fonts: str | None = None,
        seed: int = 666,
        name: str | None = None,
        index_folder: Path | None = None,
        source: Source | None = None,
        **ignored: object,
    ) -> None:
        """Find the photos and read all labels.

        split: "train", "test", "val" or "valid"; names the folders and the kind of items.
        is_transform: change training images at random; without, they are only resized and cropped,
            always at the same place.
        img_size: side of the crops, or (height, width).  short_size: see ``test_size``.
        read_type: "cv2" honours the EXIF rotation, "pil" does not (labels must then fit that).
        repeat_times: how often each photo comes in one pass.
        img_dir, gt_dir: folders, instead of the kind's own below ``data_root``; ``gt_dir`` may be a
            file; labels are looked for beside the photos where only ``img_dir`` is given.
        lmdb_path: a database of photos and labels, instead of folders.
        format: of the labels, a key of ``FORMATS`` instead of the kind's own, or "auto".
        granularity: "line" groups the words into lines.
        augment: values for ``Augmentation`` that differ from the kind's.
        paste_text: share of the training samples that drawn words are added to, off their own;
            fonts: a folder of fonts to write them in, instead of those of the system.
        name: what the summaries call this data; the name of its folder otherwise.
        index_folder: see ``read_label_set``.
        source: photos and labels, instead of what these keys would find.
        ignored: other keys that configs for FAST have (report_speed, with_rec).
        """
        self.is_train = split == "train"
        height, width = (img_size, img_size) if isinstance(img_size, int) else img_size
        self.crop_size = height, width
        self.short_size = short_size
        self.pooling_size = pooling_size
        self.apply_exif = read_type == "cv2"
        self.protocol = kind.protocol
        self.repeat_times = repeat_times
        self.seed = seed
        self.is_transform = is_transform
        settings = {**kind.augment, **(augment or {})}
        self.change = Augmentation(**settings) if is_transform else UNCHANGED
        self.paste_share = paste_text if is_transform and self.is_train else 0.0
        self.paste_stock = Stock(fonts)
        if self.paste_share:
            load_faces(fonts)
        self.cache: ImageCache | None = None
        self._expected_sizes: np.ndarray | None = None
        # Photos that failed at every try, noted by each process for itself: they get one from then
        # on, or damaged ones would hold up every epoch.
        self._given_up: set[int] = set()
        if source is None:
            source = (
                find_source(kind, split, data_root, img_dir, gt_dir, format)
                if lmdb_path is None
                else find_database(lmdb_path)
            )
        self.name = name or "/".join(source.image_folder.parts[-2:])
        self.photos = source.photos
        self.image_folder, self.label_folder = source.image_folder, source.label_folder
        self.format_name = source.format_name
        # Worth telling: nobody has said it.
        self.found_format = source.format_name if "auto" in (format or kind.format) else None
        self._read_labels(source, granularity == "line", index_folder)

    def _read_labels(self, source: Source, in_lines: bool, index_folder: Path | None) -> None:
        """Pair photos with labels; photos without one can be tested on, not trained on."""
        labels, label_of, self.problems = source.labels(in_lines, index_folder)
        self.left_out = labels.left_out
        self.has_labels = bool((label_of >= 0).any())
        if self.is_train and not self.has_labels:
            raise source.nothing_to_train_on(self.problems)
        # The number of each photo in ``photos``, and of what the labels say of it.
        self._shown = np.flatnonzero((label_of >= 0) | (not self.is_train))
        label_of = label_of[self._shown]
        self.packed = labels.words.of_images(label_of)
        self._label_files = labels.files
        self._file_of = np.where(label_of < 0, -1, np.append(labels.file_of, -1)[label_of])
        self._label_sizes = np.append(labels.sizes, [(0, 0)], axis=0)[label_of]

    @property
    def num_images(self) -> int:
        """Photos, each counted once however often it comes in a pass."""
        return len(self._shown)

    def __len__(self) -> int:
        return self.num_images * self.repeat_times

    def image_name(self, index: int) -> str:
        return self.photos.name(int(self._shown[index]))

    def image_path(self, index: int) -> Path:
        return self.photos.path(int(self._shown[index]))

    def image_stream(self, index: int) -> BinaryIO:
        """A photo's file; raises OSError."""
        return self.photos.stream(int(self._shown[index]))

    def open_photo(self, index: int) -> Photo:
        """A photo with its header read; raises UserError for what is no image."""
        return self.photos.open(int(self._shown[index]), self.apply_exif)

    def label_path(self, index: int) -> Path | None:
        """The label file that a photo stands in; None where it stands in none."""
        file = int(self._file_of[index])
        if file < 0 or self.label_folder is None:
            return None
        return self.label_folder / self._label_files[file]

    def label_size(self, index: int) -> tuple[int, int] | None:
        """(height, width) that the label file says a photo has; None where it does not say."""
        height, width = self._label_sizes[index].tolist()
        return (height, width) if height and width else None

    def words(self, index: int) -> list[Word]:
        """The words of a photo, in the order of its label file."""
        return [self.packed.word(number) for number in self.packed.of_image(index)]

    def leave_out(self, images: Collection[int], words: Collection[int]) -> None:
        """Go on without these photos and these words (numbered through all photos)."""
        kept = np.ones(self.num_images, bool)
        kept[list(images)] = False
        self.packed = self.packed.without(words).of_images(np.flatnonzero(kept))
        self._shown, self._file_of = self._shown[kept], self._file_of[kept]
        self._label_sizes = self._label_sizes[kept]
        if self._expected_sizes is not None:
            self._expected_sizes = self._expected_sizes[kept]

    def whole_photos(self, short_size: int) -> "TextDataset":
        """The same photos and words as the test splits give them, resized to ``short_size``.

        What is left out of the one stays in the other.
        """
        view = copy.copy(self)
        view.is_train, view.short_size, view.repeat_times, view.cache = False, short_size, 1, None
        return view

    def expect_sizes(self, sizes: np.ndarray) -> None:
        """Hold the photos to the sizes that they were checked with: labels fit no others.

        sizes: (photos, 2), height and width of each.  A training photo that has another one when
        it is opened counts as unreadable.
        """
        self._expected_sizes = np.asarray(sizes, np.int32)

    def fingerprint(self) -> dict[str, Any]:
        """What is trained on: its name, the numbers of images and words, and a SHA-256 over it.

        The digest covers the images' names and order, the outlines, what is ignored, and the texts.
        It does not depend on where the folders are.
        """
        names = (same_form(self.photos.key(number)) for number in self._shown.tolist())
        digest = hashlib.sha256(self.packed.digest())
        digest.update("\0".join(names).encode("utf-8", "surrogateescape"))
        return {
            "name": self.name,
            "images": self.num_images,
            "words": len(self.packed),
            "digest": digest.hexdigest(),
        }

    def keep_decoded(self, sizes: np.ndarray, kind: str, folder: Path) -> int:
        """Decode each photo once and keep it, for all processes of this machine; gives the bytes.

        sizes: (photos, 2), height and width of each.  kind, folder: see ``shared_scratch``.
        Photos are kept as small as the largest scale of the random changes allows.  Includes
        ``expect_sizes``.
        """
        self.expect_sizes(sizes)
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
        photo = self.open_photo(index)
        resized = photo.for_test(self.short_size)
        meta = {
            "filename": photo.path.name,
            "img_path": str(photo.path),
            "org_img_size": photo.size,
            "img_size": resized.shape[:2],
        }
        return {"imgs": torch.from_numpy(resized).permute(2, 0, 1), "img_metas": meta}

    def _training_item(self, index: int, draw: int) -> Item:
        """A sample; one in which nothing is to be learned where the photo is damaged.

        One photo does not end a run of many hours.
        """
        waits_s = iter(() if index in self._given_up else RETRY_WAITS_S)
        while True:
            try:
                item = self._crop_and_targets(index, draw)
            except UserError as error:
                wait_s = None if error.key in _LASTING else next(waits_s, None)
                if wait_s is None:
                    self._given_up.add(index)
                    return self._unreadable_item(index)
                time.sleep(wait_s)
            else:
                self._given_up.discard(index)
                return item

    def _unreadable_item(self, index: int) -> Item:
        black = np.zeros((*self.crop_size, 3), np.uint8)
        nothing = np.zeros(self.crop_size, np.uint8)
        nobody = np.zeros(self.crop_size, np.int32)
        return make_item(
            black, Targets(nothing, nothing, nothing, nobody, 0), index, unreadable=True
        )

    def _photo(self, index: int) -> Photo | CachedPhoto:
        if self.cache is None:
            return self._unchanged_photo(index)
        return self.cache.photo(index, partial(self._unchanged_photo, index))

    def _unchanged_photo(self, index: int) -> Photo:
        photo = self.open_photo(index)
        if self._expected_sizes is None:
            return photo
        height, width = self._expected_sizes[index].tolist()
        if photo.size != (height, width):
            sizes = {"new_height": photo.size[0], "new_width": photo.size[1]}
            sizes |= {"height": height, "width": width}
            raise UserError("data.image_changed", path=photo.path, **sizes)
        return photo

    def _crop_and_targets(self, index: int, draw: int) -> Item:
        rng = np.random.default_rng((self.seed, draw))
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
        if self.paste_share:
            crop, pasted = self._paste(crop, polygons, outline, view, draw)
            polygons += [np.rint(word.points).astype(np.int32) for word in pasted]
            last = len(lengths)
            numbers += [
                0 if word.ignore else number for number, word in enumerate(pasted, start=last + 1)
            ]
        shown = draw_polygons(polygons, numbers, view.shown, self.pooling_size, outline)
        targets = Targets(
            view.pad(shown.gt_texts),
            view.pad(shown.gt_kernels),
            view.pad(shown.training_masks),
            view.pad(shown.gt_instances),
            shown.num_instances,
        )
        return make_item(crop, targets, index)

    def _paste(
        self,
        crop: np.ndarray,
        polygons: Sequence[np.ndarray],
        outline: np.ndarray,
        view: View,
        draw: int,
    ) -> tuple[np.ndarray, list[Word]]:
        """Drawn words in a share of the crops; the crop as it is in the others."""
        rng = np.random.default_rng((self.seed, draw, _PASTE))
        if rng.random() >= self.paste_share:
            return crop, []
        height, width = view.shown
        canvas = crop.copy()
        canvas[:height, :width], words = paste_words(
            rng, crop[:height, :width], polygons, outline, self.paste_stock
        )
        return canvas, words


def make_item(crop: np.ndarray, targets: Targets, index: int, unreadable: bool = False) -> Item:
    """A training item of a crop (h, w, 3) uint8 RGB; see ``TextDataset``."""
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
