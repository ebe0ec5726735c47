"""The embedded sample: what the guide does, on images that are drawn here, in a few minutes.

    python tools/run_sample.py
    python tools/run_sample.py -- --epochs 8        arguments for the fine-tuning

Draws images, fine-tunes the weights that come with this project on them, evaluates before and
after, and draws an overlay: all in a folder of its own, ``sample_run/``.  A second start goes on
behind the last finished stage.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dataset.sample_data import write_sample_data
from runtime import cli, shipped
from runtime.config import PROJECT_ROOT
from runtime.interruption import Interruption
from runtime.messages import LANGUAGES, run_script, say, tell

CONFIG = "config/fast/sample/fast_tiny_sample.py"
# The sets of images: how many, and the seed that they are drawn with.
IMAGE_SETS = {"train": (100, 2), "val": (32, 3)}
# Small, so that a CPU is done within minutes; letters of the sizes that the weights know.
IMAGE_SIZE = (320, 416)
TEXT_HEIGHTS = (0.045, 0.12)
FINETUNING = "finetuning.json"  # the arguments of a fine-tuning that is not finished yet
LAYOUT = {"img_dir": "images", "gt_dir": "gts"}


def main() -> int:
    cli.choose_language(sys.argv[1:])
    parser = cli.Parser("run_sample.py", "sample")
    add = parser.add_argument
    add("--folder", type=Path, default=PROJECT_ROOT / "sample_run", help=say("sample.help.folder"))
    add("--lang", choices=LANGUAGES, help=say("cli.lang"))
    add("train_arguments", nargs=argparse.REMAINDER, help=say("sample.help.train_arguments"))
    args = parser.parse_args(sys.argv[1:])
    if args.lang:
        os.environ["FAST_LANG"] = args.lang
    extra = args.train_arguments
    Sample(_short(args.folder.resolve()), extra[extra[:1] == ["--"] :]).run()
    return 0


class Sample:
    """One sample run in ``folder``; ``extra`` are the user's arguments for the fine-tuning.

    A stage whose product is there is passed over, until one had to be done: what follows it is
    done anew.
    """

    def __init__(self, folder: Path, extra: list[str]) -> None:
        self.folder = folder
        self.extra = extra
        self.anew = False
        self.photos = folder / "photos"
        self.start = _short(PROJECT_ROOT / shipped.WEIGHTS)
        self.output = folder / "finetune_checkpoints"
        if named := _option(extra, "--output_dir"):
            self.output = Path(named).resolve()
        self.best = self.output / "checkpoint_best.pth"

    def run(self) -> None:
        if not self.start.exists():
            raise shipped.missing_checkpoint(self.start)
        tell("sample.start", folder=self.folder)
        self.stage("draw", self.photos / "val", self.draw)
        self.stage("before", self.folder / "before.json", self.evaluate_start)
        self.stage("finetune", self.folder / "finetuned.json", self.finetune)
        self.stage("after", self.folder / "after.json", self.evaluate_best)
        self.stage("overlay", self.folder / "overlay.jpg", self.draw_overlay)
        self.summarise()

    def stage(self, name: str, product: Path, work: Callable[[Path], None]) -> None:
        """Do one stage; ``work`` leaves ``product`` behind as the last thing that it does."""
        self.anew = self.anew or not product.exists() or not self.is_current(name, product)
        tell("sample.stage" if self.anew else "sample.stage_done", name=say(f"sample.stage.{name}"))
        if self.anew:
            work(product)

    def is_current(self, name: str, product: Path) -> bool:
        """Whether a finished stage answers this command line as well."""
        if name != "finetune":
            return True
        return self.best.exists() and json.loads(product.read_text("utf-8")) == self.extra

    def draw(self, last: Path) -> None:
        for name, (count, seed) in IMAGE_SETS.items():
            target, half_done = self.photos / name, self.photos / f"{name}.part"
            if target.exists():
                continue
            shutil.rmtree(half_done, ignore_errors=True)
            write_sample_data(half_done, count, seed, IMAGE_SIZE, TEXT_HEIGHTS)
            half_done.rename(target)
        # A fine-tuning that was stopped on other photos has nothing to go on with.
        (self.folder / FINETUNING).unlink(missing_ok=True)

    def finetune(self, product: Path) -> None:
        """From the shipped weights on, as in the guide; a stopped run goes on where it was."""
        started = self.folder / FINETUNING
        resuming = started.exists() and json.loads(started.read_text("utf-8")) == self.extra
        product.unlink(missing_ok=True)
        if not resuming and self.output.parent == self.folder:
            shutil.rmtree(self.output, ignore_errors=True)
        started.write_text(json.dumps(self.extra), encoding="utf-8")
        self.script(
            "train_checkpoint_7ep.py",
            *("--config", CONFIG, "--checkpoint", self.start, "--output_dir", self.output),
            *self.images("train", "train"),
            *self.images("test", "val"),
            *(("--resume", "auto") if resuming else ()),
            *self.extra,
        )
        started.replace(product)

    def evaluate_start(self, product: Path) -> None:
        self.evaluate(self.start, product)

    def evaluate_best(self, product: Path) -> None:
        self.evaluate(self.best, product)

    def evaluate(self, checkpoint: Path, product: Path) -> None:
        self.script(
            "test.py",
            *(CONFIG, checkpoint, "--eval"),
            *("--output", product.with_suffix(".zip"), "--json", product),
            *self.device(),
            *self.images("test", "val"),
        )

    def draw_overlay(self, product: Path) -> None:
        """On the validation image in which most words were found."""
        images = json.loads((self.folder / "after.json").read_text("utf-8"))["images"]
        fullest = max(images, key=lambda image: len(image["words"]))
        image = self.photos / "val" / "images" / fullest["image"]
        self.script(
            "inference_single.py",
            *("--config", CONFIG, "--checkpoint", self.best, "--image", image),
            *("--output", product, "--json", product.with_suffix(".json")),
            *self.device(),
        )

    def summarise(self) -> None:
        before, after = (
            json.loads((self.folder / name).read_text("utf-8"))["score"]["hmean"]
            for name in ("before.json", "after.json")
        )
        tell("sample.done", start=self.start.name, before=before, after=after)
        tell("sample.files", best=self.best, overlay=self.folder / "overlay.jpg")
        python = _short(Path(sys.executable), start=PROJECT_ROOT)
        tell("sample.your_turn", python=shlex.quote(str(python)), config=shipped.CONFIG)

    def images(self, section: str, name: str) -> list[str]:
        """Options that point ``data.train`` or ``data.test`` to a set of images."""
        folder = self.photos / name
        options = (f"data.{section}.{key}={folder / kind}" for key, kind in LAYOUT.items())
        return ["--cfg-options", *options]

    def device(self) -> list[str]:
        """The user's ``--device``, which all stages use."""
        device = _option(self.extra, "--device")
        return ["--device", device] if device else []

    def script(self, name: str, *arguments: object) -> None:
        """Run a script as a user would; Ctrl-C reaches it, and its failure ends this run too."""
        command = [sys.executable, str(PROJECT_ROOT / name), *map(str, arguments)]
        with Interruption() as wish, subprocess.Popen(command) as process:
            while process.poll() is None:
                try:
                    process.wait(timeout=0.5)
                except subprocess.TimeoutExpired:
                    # A terminal sends Ctrl-C to both of us; a SIGTERM comes here alone.
                    if wish.number == signal.SIGTERM:
                        process.terminate()
        code = process.returncode
        if code < 0:  # ended by a signal
            code = 128 - code
        if code in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            tell("sample.interrupted", file=sys.stderr)
        if code:
            sys.exit(code)


def _option(arguments: list[str], name: str) -> str | None:
    """The value of one option in a command line."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(name, name.replace("_", "-"), dest="value")
    return parser.parse_known_args(arguments)[0].value


def _short(path: Path, start: Path | None = None) -> Path:
    """The path as it is typed in the folder ``start`` (the working directory), if it lies below."""
    start = start or Path.cwd()
    return path.relative_to(start) if path.is_relative_to(start) else path


if __name__ == "__main__":
    run_script(main)
