"""Where a run's lines and numbers go: the terminal, ``train.log``, CSV, TensorBoard, a plot."""

import csv
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from tqdm import tqdm

from runtime.messages import UserError

Scalars = Mapping[str, float]
LOG_FILE, HISTORY_FILE, CURVE_FILE = "train.log", "history.csv", "loss_curve.png"


class Sink(Protocol):
    """Takes a run's output. A new sink is one class with these methods and a row in SINKS."""

    def line(self, text: str) -> None:
        """A line for people to read."""

    def step(self, step: int, scalars: Scalars) -> None:
        """Numbers after optimizer step ``step``, at every log line."""

    def epoch(self, epoch: int, step: int, scalars: Scalars) -> None:
        """Numbers of a whole epoch (from 1), which ended with optimizer step ``step``."""

    def flush(self) -> None:
        """A checkpoint is about to be written: all that came before must be on the disk."""

    def close(self) -> None:
        """The run is over."""


class _Quiet:
    """A sink that ignores everything; the others override what they take."""

    def line(self, text: str) -> None: ...

    def step(self, step: int, scalars: Scalars) -> None: ...

    def epoch(self, epoch: int, step: int, scalars: Scalars) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class Terminal(_Quiet):
    """Standard output; a progress bar on the screen stays below the lines."""

    def __init__(self, folder: Path, finished_epochs: int, finished_steps: int) -> None: ...

    def line(self, text: str) -> None:
        tqdm.write(text, file=sys.stdout)
        sys.stdout.flush()


class LogFile(_Quiet):
    """The same lines in ``train.log``; a resumed run goes on in the same file."""

    def __init__(self, folder: Path, finished_epochs: int, finished_steps: int) -> None:
        mode = "a" if finished_steps else "w"
        self.file = (folder / LOG_FILE).open(mode, encoding="utf-8", buffering=1)

    def line(self, text: str) -> None:
        self.file.write(text + "\n")

    def close(self) -> None:
        self.file.close()


class History(_Quiet):
    """One row of numbers per epoch in ``history.csv`` and, drawn from it, ``loss_curve.png``.

    Rows of epochs that a resumed run does once more are dropped first.  Drawing takes half a second
    and has a thread of its own: training goes on meanwhile.
    """

    COLUMNS = (
        "epoch", "step", "loss", "loss_text", "loss_kernel", "loss_emb", "iou_text", "iou_kernel",
        "val_loss", "precision", "recall", "hmean", "keep_precision", "keep_recall", "keep_hmean",
        "lr", "seconds", "images_per_s", "data_wait",
    )  # fmt: skip

    def __init__(self, folder: Path, finished_epochs: int, finished_steps: int) -> None:
        self.path = folder / HISTORY_FILE
        self.curve = folder / CURVE_FILE
        self.painter = ThreadPoolExecutor(1)
        self.drawing: Future[None] | None = None
        kept = [row for row in self._read() if int(row["epoch"]) <= finished_epochs]
        self._write(kept if finished_steps else [])

    def epoch(self, epoch: int, step: int, scalars: Scalars) -> None:
        row = {"epoch": str(epoch), "step": str(step)}
        row |= {name: f"{scalars[name]:.8g}" for name in self.COLUMNS if name in scalars}
        rows = [*self._read(), row]
        self._write(rows)
        self._finish_drawing()
        self.drawing = self.painter.submit(draw_curves, rows, self.curve)

    def close(self) -> None:
        self._finish_drawing()
        self.painter.shutdown()

    def _finish_drawing(self) -> None:
        """Wait for the curves of the epoch before, and raise what went wrong with them."""
        if self.drawing is not None:
            self.drawing.result()
            self.drawing = None

    def _read(self) -> list[dict[str, str]]:
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _write(self, rows: list[dict[str, str]]) -> None:
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(self.path)


class TensorBoard(_Quiet):
    """Event files in ``tensorboard/``, those of whole epochs in ``tensorboard/epochs``.

    What a resumed run repeats replaces what was there.  For this the two lie apart: a run that is
    stopped while it validates has finished its steps, but not its epoch.
    """

    def __init__(self, folder: Path, finished_epochs: int, finished_steps: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        board = folder / "tensorboard"
        self.steps = SummaryWriter(str(board), purge_step=finished_steps + 1)
        self.epochs = SummaryWriter(str(board / "epochs"), purge_step=finished_epochs + 1)

    def step(self, step: int, scalars: Scalars) -> None:
        for name, value in scalars.items():
            self.steps.add_scalar(f"train/{name}", value, step)

    def epoch(self, epoch: int, step: int, scalars: Scalars) -> None:
        for name, value in scalars.items():
            self.epochs.add_scalar(f"epoch/{name}", value, epoch)
        self.flush()

    def flush(self) -> None:
        self.steps.flush()
        self.epochs.flush()

    def close(self) -> None:
        self.steps.close()
        self.epochs.close()


SINKS = {"terminal": Terminal, "file": LogFile, "history": History, "tensorboard": TensorBoard}


class Sinks:
    """All sinks of a run behind one; ranks other than the first have none and stay silent.

    finished_epochs, finished_steps: how far the run has come already, 0 for a new one.
    """

    def __init__(
        self,
        folder: Path,
        finished_epochs: int = 0,
        finished_steps: int = 0,
        names: tuple[str, ...] = tuple(SINKS),
    ) -> None:
        self.folder = folder
        self.sinks: list[Sink] = [
            SINKS[name](folder, finished_epochs, finished_steps) for name in names
        ]

    def line(self, text: str = "") -> None:
        self._tell_all(lambda sink: sink.line(text))

    def step(self, step: int, scalars: Scalars) -> None:
        self._tell_all(lambda sink: sink.step(step, scalars))

    def epoch(self, epoch: int, step: int, scalars: Scalars) -> None:
        self._tell_all(lambda sink: sink.epoch(epoch, step, scalars))

    def flush(self) -> None:
        self._tell_all(lambda sink: sink.flush())

    def close(self) -> None:
        self._tell_all(lambda sink: sink.close())

    def _tell_all(self, tell: Callable[[Sink], None]) -> None:
        """Raises UserError where a full disk, say, keeps a sink from writing."""
        try:
            for sink in self.sinks:
                tell(sink)
        except OSError as error:
            raise UserError("checkpoint.cannot_write", path=self.folder, reason=error) from error


def draw_curves(rows: list[dict[str, str]], path: Path) -> None:
    """Draw losses, validation and learning rate over the epochs into a PNG.

    The words in it are English: a font with Hangul is not on every machine.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = {
        "loss": ("loss", "loss_text", "loss_kernel", "loss_emb", "val_loss"),
        "validation": ("precision", "recall", "hmean"),
        "keep set": ("keep_precision", "keep_recall", "keep_hmean"),
        "learning rate": ("lr",),
    }
    if not any(row.get("keep_hmean") for row in rows):
        del panels["keep set"]
    figure = Figure(figsize=(4 * len(panels), 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    all_axes = figure.subplots(1, len(panels))
    for axes, (title, names) in zip(all_axes, panels.items(), strict=True):
        for name in names:
            points = [(int(row["epoch"]), float(row[name])) for row in rows if row.get(name)]
            if points:
                axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize="small")
    temporary = path.with_suffix(".tmp")
    figure.savefig(temporary, format="png", dpi=110)
    temporary.replace(path)
