"""What the doctor finds, and how grave each kind is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.messages import say

# Data is lost or something wrong is learned; something looks like a mistake; worth knowing.
SEVERITIES = ("error", "warning", "hint")

# Kind -> severity.  ``doctor.<kind>.name``, ``.found``, ``.why`` and ``.does`` say what it is, what
# was found in one place, why it matters and what training does about it.
KINDS: dict[str, str] = {
    # a whole data set
    "unusable_set": "error",
    "set_all_ignored": "error",
    # which label belongs to which image
    "missing_image": "error",
    "missing_label": "warning",
    # image files
    "empty_image": "error",
    "truncated_image": "error",
    "not_an_image": "error",
    "unreadable_image": "error",
    "duplicate_image": "warning",
    "near_duplicate_image": "hint",
    "image_in_train_and_test": "error",
    "near_image_in_train_and_test": "warning",
    # label files
    "unreadable_label": "error",
    "not_utf8": "warning",
    "malformed_line": "error",
    "coordinate_count": "error",
    "not_a_number": "error",
    "nan_coordinate": "error",
    "infinite_coordinate": "error",
    "huge_coordinate": "error",
    # what the coordinates of an image, or of all images, are taken for
    "exif_rotation": "error",
    "size_swapped": "warning",
    "size_differs": "error",
    "normalised_coordinates": "error",
    "swapped_xy": "error",
    "xywh_as_corners": "error",
    "corners_as_xywh": "error",
    # boxes
    "outside": "error",
    "partly_outside": "warning",
    "negative_coordinate": "warning",
    "zero_area": "error",
    "bow_tie": "error",
    "self_intersecting": "error",
    "huge_box": "warning",
    "duplicate_box": "warning",
    "overlapping_boxes": "warning",
    "under_ignored": "warning",
    "tiny_text": "hint",
    # transcriptions
    "empty_text": "hint",
    "all_ignored": "hint",
}

Box = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or may be.

    kind: a key of KINDS.
    path, line: the file, and the line or entry counted from 1; None where the whole file is meant.
    about: what was found there, the fields of ``doctor.<kind>.found``.
    part: which data set of the config: train, val, test.
    image: number of the photo in that data set, to show it; None where there is none to show.
    photo: what the photo is called.
    boxes: points (x, y) in pixels of the photo; the offending box comes first.
    """

    kind: str
    path: Path
    line: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""
    image: int | None = None
    photo: str = ""
    boxes: tuple[Box, ...] = ()

    @property
    def severity(self) -> str:
        return KINDS[self.kind]

    @property
    def place(self) -> str:
        """``path:line``, which editors and terminals open at a click.

        With the photo, where the file is not named after it and so may be about many.
        """
        place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        apart = self.photo and Path(self.photo).stem not in self.path.name
        return f"{place} ({self.photo})" if apart else place

    @property
    def name(self) -> str:
        return say(f"doctor.{self.kind}.name")

    @property
    def found(self) -> str:
        return say(f"doctor.{self.kind}.found", **self.about)


def by_kind(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each kind that occurs, errors first, in the order of KINDS."""
    groups: dict[str, list[Finding]] = {
        kind: [] for severity in SEVERITIES for kind in KINDS if KINDS[kind] == severity
    }
    for finding in findings:
        groups[finding.kind].append(finding)
    return {kind: group for kind, group in groups.items() if group}


def count_severities(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each severity, 0 included."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in SEVERITIES}
