"""The clock of a run under ``--budget``: how far it is, and when training has to end."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from runtime.distributed import any_rank, child_of_launcher, restart_count

# Pieces that the time of training is told in, when ranks agree on it: a millionth.
_PARTS = 1 << 20
# Weight of the latest step in the time of one: a single slow one does not end training sooner.
_LATEST = 0.1
# Set by the run script: when its packages were installed, in seconds since 1970.
STARTED_AT = "FAST_STARTED_AT"
# Leaving: the last lines, the data workers, the interpreter with PyTorch in it.
EXIT_S = 1.5
# The report beside its detections: two checkpoints read, 24 photos and the curves encoded.
REPORT_S = 2.5
FEWEST_REPORTED = 4


@dataclass(frozen=True)
class Costs:
    """Seconds that a run takes beside training, guessed first and measured as it goes on.

    photo_s: for one validation photo on one rank.  photos: that one rank looks at in a validation.
    save_s: for all that follows a validation until the next step.
    reported: photos of the report at the end, each of which is looked at twice; 0 for no report.
    """

    photo_s: float
    photos: int
    save_s: float
    reported: int = 0

    @property
    def epoch_end_s(self) -> float:
        """Between the last step of an epoch and the first of the next."""
        return self.photos * self.photo_s + self.save_s

    @property
    def report_s(self) -> float:
        return REPORT_S + 2 * self.reported * self.photo_s if self.reported else 0.0

    @property
    def end_s(self) -> float:
        """Between the last step of the run and its exit."""
        return self.epoch_end_s + self.report_s + EXIT_S


class BudgetClock:
    """Counts from the start of the process, and goes on from where an earlier one had saved.

    began_s: what the clock showed at the first step, None before it.
    fraction: of the time from there to the last step; all ranks have the same one since ``agree``.
    """

    def __init__(
        self,
        budget_s: float,
        costs: Costs,
        used_s: float = 0.0,
        began_s: float | None = None,
        now: Callable[[], float] = time.monotonic,
        age_s: float | None = None,
    ) -> None:
        """used_s: seconds of earlier processes.  age_s: of this one by now; None looks it up."""
        self.budget_s, self.costs, self.began_s = budget_s, costs, began_s
        self.fraction = 0.0
        self._step_s = 0.0
        self._now = now
        self._zero = now() - used_s - (process_age_s() if age_s is None else age_s)

    @property
    def elapsed_s(self) -> float:
        return self._now() - self._zero

    @property
    def left_s(self) -> float:
        """Until the last step has to begin; validation, report and exit come after it."""
        return self.budget_s - self.costs.end_s - self._step_s - self.elapsed_s

    @property
    def is_up(self) -> bool:
        return self.fraction >= 1

    def begin(self) -> float:
        """The first step is next; gives ``began_s``."""
        if self.began_s is None:
            self.began_s = self.elapsed_s
        return self.began_s

    def agree(self, stop: int = 0) -> int:
        """Let all ranks see the same ``fraction``, the largest of theirs.

        stop: what asks this rank to stop, or 0; gives the largest of all ranks.  Both travel in
        one message, so that the clock costs no exchange of its own.
        """
        parts = int(self._fraction() * _PARTS)
        stop, parts = divmod(any_rank(stop * (_PARTS + 1) + parts), _PARTS + 1)
        self.fraction = parts / _PARTS
        return stop

    def _fraction(self) -> float:
        """It never goes back, also where the end turns out to take less than was thought."""
        passed_s = self.elapsed_s - (self.began_s or 0.0)
        whole_s = passed_s + self.left_s
        return max(self.fraction, 1.0 if self.left_s <= 0 else min(1.0, passed_s / whole_s))

    def expect(self, step_s: float) -> None:
        """A step has taken so long, and the next one may."""
        self._step_s += (step_s - self._step_s) * (_LATEST if self._step_s else 1.0)

    def measured(self, validation_s: float, save_s: float) -> None:
        """An epoch has ended, which took so long."""
        photos = self.costs.photos
        photo_s = validation_s / photos if photos else self.costs.photo_s
        self.costs = replace(self.costs, photo_s=photo_s, save_s=save_s)

    def used_s(self, is_done: bool) -> float:
        """What a checkpoint keeps, which is now to be saved.

        is_done: an epoch has ended, and with it the run where the time is up.  The whole budget
        then, so that a run that is resumed knows that there is nothing left to do.
        """
        # Saving itself takes time, which nobody could write down afterwards.
        return self.budget_s if is_done and self.is_up else self.elapsed_s + self.costs.save_s

    def reported(self) -> int:
        """How many photos the report has time for by now."""
        left_s = self.budget_s - self.elapsed_s - EXIT_S - REPORT_S
        fitting = int(left_s / (2 * self.costs.photo_s)) if self.costs.photo_s else 0
        return max(FEWEST_REPORTED, min(self.costs.reported, fitting))


def process_age_s() -> float:
    """Seconds since this process was started, or the launcher that has started it as a rank; since
    the import of this module where the system does not tell.

    Importing PyTorch is a part of what the user waits for; installing it with the run script is
    not.
    """
    # Not after a restart: what was used before it stands in the checkpoint.
    is_first_start = not restart_count()
    if is_first_start and STARTED_AT in os.environ:
        with suppress(ValueError):
            return max(0.0, time.time() - float(os.environ[STARTED_AT]))
    process = os.getppid() if is_first_start and child_of_launcher() else os.getpid()
    try:
        started = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19])
        up_s = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):  # not Linux
        return time.monotonic() - _IMPORTED
    return max(0.0, up_s - started / os.sysconf("SC_CLK_TCK"))


_IMPORTED = time.monotonic()
