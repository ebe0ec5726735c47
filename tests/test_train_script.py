"""The training script as users run it: trained, killed, resumed, spread over processes, misused."""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import train_checkpoint_7ep
from dataset.images import Photo
from dataset.sample_data import write_sample_data
from runtime.messages import UserError
from runtime.progress import Progress
from tests.conftest import PROJECT
from tests.inference.bright_model import write_config
from tests.inference.command import assert_refused, run_here

SCRIPT = "train_checkpoint_7ep.py"
DATA = """
data['batch_size'] = 4
data['train'] = dict(type='FAST_IC15', split='train', is_transform=True, img_size=64, short_size=64,
                     img_dir='photos/images', gt_dir='photos/gts', repeat_times=2)
data['test'] = dict(type='FAST_IC15', split='test', short_size=64,
                    img_dir='val/images', gt_dir='val/gts')
train_cfg = dict(lr=1e-3, schedule='polylr', epoch=3, optimizer='Adam', save_interval=2,
                 log_interval=2)
"""
PHOTOS = 12  # each comes twice an epoch
FROM_SCRATCH = ("--config", "config.py", "--checkpoint", "none")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A name with blanks and Hangul; a narrow network, 12 photos and 3 for validation."""
    folder = tmp_path_factory.mktemp("훈련 폴더")
    write_run_files(folder)
    return folder


def write_run_files(folder: Path) -> None:
    """A config for a narrow network, and its photos, for runs of seconds."""
    config = write_config(folder)
    config.write_text(config.read_text(encoding="utf-8") + DATA, encoding="utf-8")
    write_sample_data(folder / "photos", PHOTOS, 1, (96, 128))
    write_sample_data(folder / "val", 3, 2, (96, 128))


def start(folder: Path, *arguments: object, command: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """The script as a process of its own, its lines readable while it runs."""
    return subprocess.Popen(
        [sys.executable, *command, str(PROJECT / SCRIPT), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def send_at(process: subprocess.Popen[str], pattern: str, number: signal.Signals) -> str:
    """Send a signal when a line matches; gives all that was printed."""
    lines, sent = [], False
    with process:
        for line in process.stdout:
            lines.append(line)
            if not sent and re.search(pattern, line):
                process.send_signal(number)
                sent = True
    assert sent, "".join(lines)
    return "".join(lines)


@pytest.fixture(scope="module")
def whole_run(folder: Path) -> Path:
    """Three epochs without interruption; gives the output folder."""
    finished = start(folder, *FROM_SCRATCH, "--output_dir", "whole")
    output = finished.communicate(timeout=200)[0]
    assert finished.returncode == 0, output
    (folder / "whole" / "output.txt").write_text(output, encoding="utf-8")
    return folder / "whole"


def load(path: Path) -> dict:
    return torch.load(path, weights_only=True)


def assert_same_state(first: Path, second: Path) -> None:
    """Weights, averages and optimizer of two checkpoints are equal to the last bit."""
    one, two = load(first), load(second)
    assert (one["epoch"], one["iter"]) == (two["epoch"], two["iter"])
    assert one["progress"] == two["progress"]
    assert one["ema_updates"] == two["ema_updates"]
    for part in ("state_dict", "ema"):
        assert one[part].keys() == two[part].keys()
        different = [key for key in one[part] if not torch.equal(one[part][key], two[part][key])]
        assert different == []
    for place, moments in one["optimizer"]["state"].items():
        for name, value in moments.items():
            assert torch.equal(value, two["optimizer"]["state"][place][name])


def test_the_log_is_the_one_of_the_guide(whole_run):
    number = r"\d+\.\d{4}"
    expected = [
        r"🚀 FAST 훈련 초기화 완료",
        r"   - 설정 파일: config\.py",
        r"   - 체크포인트: none",
        r"   - 출력 디렉토리: whole",
        r"📚 에포크 1 훈련 시작\.\.\.",
        rf"   배치 \[2/6\] Loss: {number} \(Avg: {number}\) "
        rf"Text: {number} Kernel: {number} Emb: {number}",
        r"   배치 \[4/6\] .+",
        r"   배치 \[6/6\] .+",
        r"",
        r"📊 에포크 1 완료 \(\d+\.\d초\)",
        rf"   - 평균 총 손실: {number}",
        rf"   - 평균 텍스트 손실: {number}",
        rf"   - 평균 커널 손실: {number}",
        rf"   - 평균 임베딩 손실: {number}",
        r"   - 학습률: 0\.\d{6}",
        r"📚 에포크 2 훈련 시작\.\.\.",
        r"💾 체크포인트 저장: whole/checkpoint_epoch_2\.pth",
        r"📚 에포크 3 훈련 시작\.\.\.",
    ]  # fmt: skip
    lines = (whole_run / "output.txt").read_text(encoding="utf-8").splitlines()
    rest = iter(lines)
    for pattern in expected:
        assert any(re.fullmatch(pattern, line) for line in rest), pattern
    assert (whole_run / "train.log").read_text(encoding="utf-8").splitlines() == lines


def test_a_run_leaves_the_files_of_the_guide(whole_run):
    names = {path.name for path in whole_run.iterdir()}
    assert names == {
        "checkpoint_epoch_2.pth", "checkpoint_latest.pth", "checkpoint_best.pth", "config.py",
        "history.csv", "loss_curve.png", "tensorboard", "train.log", "output.txt",
    }  # fmt: skip
    latest = load(whole_run / "checkpoint_latest.pth")
    assert (latest["epoch"], latest["iter"], latest["format_version"]) == (3, 0, 1)
    assert {"state_dict", "ema", "optimizer", "scheduler", "random_state"} <= latest.keys()
    assert "train_cfg = " in latest["config"]
    assert all(torch.isfinite(value).all() for value in latest["ema"].values())
    with (whole_run / "history.csv").open(encoding="utf-8", newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3"]


def test_a_run_that_was_killed_and_resumed_ends_as_one_that_was_not(folder, whole_run):
    process = start(folder, *FROM_SCRATCH, "--output_dir", "killed")
    send_at(process, r"에포크 2 훈련 시작", signal.SIGKILL)
    assert load(folder / "killed" / "checkpoint_latest.pth")["epoch"] == 1
    resumed = start(folder, *FROM_SCRATCH, "--output_dir", "killed", "--resume", "auto")
    output = resumed.communicate(timeout=200)[0]
    assert resumed.returncode == 0, output
    assert "에포크 1 훈련 시작" not in output
    for name in ("checkpoint_latest.pth", "checkpoint_best.pth"):
        assert_same_state(whole_run / name, folder / "killed" / name)
    assert not list((folder / "killed").glob(".*.tmp"))


def history_without_times(output: Path) -> list[list[str]]:
    return [row.split(",")[:12] for row in (output / "history.csv").read_text().splitlines()]


def test_ctrl_c_in_the_middle_of_an_epoch_saves_and_the_rest_follows_on_resume(folder, whole_run):
    process = start(folder, *FROM_SCRATCH, "--output_dir", "stopped")
    output = send_at(process, r"배치 \[2/6\]", signal.SIGINT)
    assert process.returncode == 130
    assert "Traceback" not in output
    assert "--resume auto" in output
    assert load(folder / "stopped" / "checkpoint_latest.pth")["iter"] > 0
    resumed = start(folder, *FROM_SCRATCH, "--output_dir", "stopped", "--resume")
    assert resumed.communicate(timeout=200)[0]
    assert resumed.returncode == 0
    assert_same_state(whole_run / "checkpoint_latest.pth", folder / "stopped/checkpoint_latest.pth")
    assert history_without_times(whole_run) == history_without_times(folder / "stopped")


def test_sigterm_ends_the_run_with_143(folder):
    process = start(folder, *FROM_SCRATCH, "--output_dir", "terminated")
    send_at(process, r"배치 \[2/6\]", signal.SIGTERM)
    assert process.returncode == 143
    assert (folder / "terminated" / "checkpoint_latest.pth").exists()


def first_losses(output: str) -> list[str]:
    return re.findall(r"배치 \[.+", output)


def numbers_in(line: str) -> list[float]:
    return [float(value) for value in re.findall(r"\d\.\d{4}", line)]


def test_two_processes_give_the_losses_of_one(folder):
    # A low rate: Adam turns the rounding of sums in another order into steps of full size.
    options = (*FROM_SCRATCH, "--epochs", "1", "--lr", "1e-5", "--device", "cpu", "--workers", "0",
               "--amp", "off", "--cfg-options",
               "model.detection_head.dropout_ratio=0.0")  # fmt: skip
    alone = start(folder, *options, "--output_dir", "alone").communicate(timeout=200)[0]
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    together = start(folder, *options, "--output_dir", "together", command=torchrun)
    output = together.communicate(timeout=200)[0]
    assert together.returncode == 0, output
    assert len(first_losses(alone)) == 3
    for one, two in zip(first_losses(alone), first_losses(output), strict=True):
        assert numbers_in(one) == pytest.approx(numbers_in(two), abs=2e-4)


def test_accumulation_counts_steps_and_keeps_the_run_resumable(folder):
    options = ("--checkpoint", "none", "--workers", "0", "--epochs", "2", "--accumulate", "2",
               "--cfg-options", "data.val=None", "train_cfg.clip_grad=1.0")  # fmt: skip
    finished = train_here(folder, *options, "--output_dir", "accumulated")
    assert finished.returncode == 0
    # 24 samples an epoch make three steps of twice four; a line comes with every second step.
    assert re.findall(r"배치 \[(\d/\d)\]", finished.stdout) == ["2/3", "2/3"]
    assert "(배치 8 × 3회)" in finished.stdout


@pytest.mark.parametrize("kind", ["ram", "disk"])
def test_a_cache_changes_no_number_and_leaves_nothing_behind(folder, whole_run, kind):
    output = f"cache_{kind}"
    options = ("--workers", "2", "--cfg-options", f"data.cache={kind}")
    process = start(folder, *FROM_SCRATCH, "--output_dir", output, *options)
    printed = process.communicate(timeout=200)[0]
    assert process.returncode == 0, printed
    assert f"이미지 캐시: {kind}" in printed
    assert_same_state(
        whole_run / "checkpoint_latest.pth", folder / output / "checkpoint_latest.pth"
    )
    names = {path.name for path in (folder / output).iterdir()}
    assert names == {path.name for path in whole_run.iterdir()} - {"output.txt"}


def test_the_workers_end_when_the_run_is_killed(folder):
    process = start(folder, *FROM_SCRATCH, "--output_dir", "orphans", "--workers", "2")
    for line in process.stdout:
        if re.search(r"배치 \[2/6\]", line):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            process.kill()
            break
    process.communicate(timeout=30)
    assert len(children) >= 2
    deadline = time.monotonic() + 20
    while any(is_running(child) for child in children):
        assert time.monotonic() < deadline, children
        time.sleep(0.05)


def is_running(process_id: str) -> bool:
    """Whether the process is there, and not only waiting for its end to be noticed."""
    status = Path(f"/proc/{process_id}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_compiled_run_trains_and_saves_plain_weights(folder, monkeypatch):
    # Traced, but not turned into machine code, which takes minutes for all of a network.
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    monkeypatch.setattr(shutil, "which", lambda name: name)
    options = ("--checkpoint", "none", "--output_dir", "compiled", "--workers", "0")
    finished = train_here(folder, *options, "--epochs", "1", "--compile")
    assert finished.returncode == 0
    latest = load(folder / "compiled" / "checkpoint_latest.pth")
    assert "backbone.first_conv.conv.weight" in latest["state_dict"]


def test_compiling_without_a_compiler_is_one_sentence(folder, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    finished = train_here(folder, "--checkpoint", "none", "--output_dir", "x", "--compile")
    assert_refused(finished, "--compile", "g++")
    assert not (folder / "x").exists()


def train_here(folder: Path, *arguments: object):
    return run_here(SCRIPT, "--config", "config.py", "--device", "cpu", *arguments, cwd=folder)


def test_a_checkpoint_of_epoch_two_goes_on_with_epoch_three(folder, whole_run):
    options = ("--checkpoint", "whole/checkpoint_epoch_2.pth", "--output_dir", "further")
    finished = train_here(folder, *options, "--workers", "0")
    assert finished.returncode == 0
    assert (
        """
📦 체크포인트 로드: whole/checkpoint_epoch_2.pth
   - EMA 상태 딕셔너리 사용
   - 시작 에포크: 2
✅ 체크포인트 로드 완료

📚 에포크 3 훈련 시작...
"""
        in finished.stdout
    )
    assert "에포크 2 훈련" not in finished.stdout


def test_a_checkpoint_that_has_had_all_epochs_names_both_ways_out(folder, whole_run):
    latest = ("--checkpoint", "whole/checkpoint_latest.pth", "--output_dir", "more")
    refused = train_here(folder, *latest)
    assert_refused(refused, "checkpoint_latest.pth", "--epochs", "--reset_epoch")
    assert not (folder / "more").exists()
    again = train_here(folder, *latest, "--reset_epoch", "--epochs", "1", "--workers", "0")
    assert again.returncode == 0
    assert "📚 에포크 1 훈련 시작..." in again.stdout


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--checkpoint", "none.pth"), ("none.pth",)),
        (("--checkpoint", "."), ("폴더",)),
        (("--checkpoint", "none", "--epochs", "0"), ("--epochs",)),
        (("--checkpoint", "none", "--epoch", "3"), ("--epochs",)),
        (("--checkpoint", "none", "--cfg-options", "train_cfg.lrr=1"), ("'lr'",)),
        (("--checkpoint", "none", "--cfg-options", "train_cfg.freeze_bn=1"), ("freeze_bn=0",)),
        (
            ("--checkpoint", "none", "--cfg-options", "train_cfg.freeze_stages=2"),
            ("freeze_stages=0",),
        ),
        (("--cfg-options", "train_cfg.freeze_stages=5"), ("freeze_stages", "0 <= int <= 4")),
        (("--checkpoint", "none", "--cfg-options", "data.train.type=FAST_IC51"), ("FAST_IC15",)),
        (("--checkpoint", "none", "--cfg-options", "data.train.img_dir=nowhere"), ("nowhere",)),
        (("--resume", "nowhere.pth"), ("nowhere.pth",)),
        (("--checkpoint", "none", "--device", "cuda:9"), ("cuda:9",)),
    ],
)
def test_wrong_input_is_one_sentence_and_writes_nothing(folder, arguments, parts):
    if "--device" not in arguments:
        arguments += ("--device", "cpu")
    options = ("--config", "config.py", "--output_dir", "x", *arguments)
    finished = run_here(SCRIPT, *options, cwd=folder)
    assert_refused(finished, *parts)
    assert not (folder / "x").exists()


def test_statistics_of_a_backbone_alone_are_not_kept(folder):
    torch.save({"stage1.0.bn.weight": torch.ones(8)}, folder / "imagenet.pth")
    options = ("--config", "config.py", "--checkpoint", "imagenet.pth", "--output_dir", "x")
    frozen = ("--device", "cpu", "--cfg-options", "train_cfg.freeze_bn=1")
    assert_refused(run_here(SCRIPT, *options, *frozen, cwd=folder), "freeze_bn=0")


def test_weights_from_before_batchnorm_was_frozen_are_frozen_when_a_run_returns_to_them():
    calls: list[tuple[object, ...]] = []
    learner = SimpleNamespace(
        load=lambda state: calls.append(("load", state)),
        begin_epoch=lambda *given: calls.append(("begin", *given)),
    )
    config = SimpleNamespace(train_cfg=SimpleNamespace(max_bad_steps=3, freeze_bn=3))
    sinks = SimpleNamespace(line=lambda text: None)
    progress = Progress(epoch=2, bad_steps=3)
    train_checkpoint_7ep.fall_back(
        SimpleNamespace(
            learner=learner, config=config, sinks=sinks, progress=progress, last_good="of epoch 2"
        )
    )
    assert calls == [("load", "of epoch 2"), ("begin", 3, 3)]
    assert (progress.bad_steps, progress.fallbacks) == (0, 1)


def test_losses_that_stay_not_finite_end_the_run_with_advice(folder):
    options = ("--checkpoint", "none", "--output_dir", "exploded", "--workers", "0")
    finished = train_here(folder, *options, "--lr", "1e30", "--epochs", "9", "--cfg-options",
                          "train_cfg.log_interval=3")  # fmt: skip
    assert finished.returncode == 2
    assert "--lr" in finished.stderr
    assert "유한하지 않아 건너뜁니다" in finished.stdout and ".jpg" in finished.stdout


def test_a_run_without_gain_stops_early(folder):
    options = ("--checkpoint", "none", "--output_dir", "early", "--workers", "0", "--lr", "1e-12")
    finished = train_here(folder, *options, "--epochs", "9", "--cfg-options",
                          "train_cfg.early_stop_patience=1", "data.test.img_dir=None",
                          "data.train.is_transform=False")  # fmt: skip
    assert finished.returncode == 0
    assert "⏹️" in finished.stdout
    assert "📚 에포크 9" not in finished.stdout


@pytest.mark.parametrize("amp", ["bf16", "fp16"])
def test_mixed_precision_trains_and_saves_float32_weights(folder, amp):
    options = ("--checkpoint", "none", "--output_dir", amp, "--workers", "0", "--epochs", "1")
    finished = train_here(folder, *options, "--amp", amp, "--cfg-options", "data.val=None")
    assert finished.returncode == 0
    assert {"bf16": "bfloat16", "fp16": "float16"}[amp] in finished.stdout
    latest = load(folder / amp / "checkpoint_latest.pth")
    floating = [value for value in latest["ema"].values() if value.is_floating_point()]
    assert {value.dtype for value in floating} == {torch.float32}
    assert all(torch.isfinite(value).all() for value in floating)


def test_resuming_where_nothing_was_starts_afresh_and_in_english(folder):
    options = ("--checkpoint", "none", "--output_dir", "fresh", "--workers", "0", "--epochs", "1")
    finished = train_here(folder, *options, "--resume", "auto", "--lang", "en")
    assert finished.returncode == 0
    assert "📚 epoch 1 starts..." in finished.stdout
    assert not re.search("[가-힣]", finished.stdout)


def test_a_photo_that_breaks_after_the_check_ends_no_run(folder, monkeypatch):
    def break_one(path, *arguments):
        if Path(path).name == victim:
            raise UserError("data.image_unreadable", path=path, reason="")
        return whole(path, *arguments)

    whole = Photo.open
    victim = sorted(path.name for path in (folder / "photos/images").iterdir())[0]
    monkeypatch.setattr(Photo, "open", break_one)
    options = ("--checkpoint", "none", "--output_dir", "broken", "--workers", "0", "--epochs", "1")
    finished = train_here(folder, *options, "--cfg-options", "data.val=None")
    assert finished.returncode == 0
    warnings = [line for line in finished.stdout.splitlines() if victim in line]
    assert len(warnings) == 2  # every photo comes twice an epoch
    assert all(line.startswith("⚠️") for line in warnings)
