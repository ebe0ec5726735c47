"""Every sentence a user reads, in Korean (the default) and in English.

``say("key", field=value)`` gives the sentence in the language chosen with ``set_language``;
``tell`` prints it.  ``UserError`` is a mistake that the user can mend: scripts print its one
sentence and leave with exit code 2.
"""

import sys
from collections.abc import Callable
from typing import TextIO

LANGUAGES = ("ko", "en")
_chosen = {"language": "ko"}


def set_language(language: str) -> None:
    """Choose the language of every later message: 'ko' or 'en'."""
    if language not in LANGUAGES:
        raise ValueError(f"language is one of {LANGUAGES}, not {language!r}")
    _chosen["language"] = language


def chosen_language() -> str:
    """The language of the messages: 'ko' or 'en'."""
    return _chosen["language"]


def say(key: str, /, **fields: object) -> str:
    """The message ``key`` in the chosen language, its ``{fields}`` filled in."""
    return MESSAGES[key][_chosen["language"]].format(**fields)


def tell(key: str, /, file: TextIO | None = None, **fields: object) -> None:
    """Print the message ``key`` on standard output, or on ``file``."""
    (file or sys.stdout).write(say(key, **fields) + "\n")


class UserError(Exception):
    """Something the user can mend; its text is one sentence with the next step."""

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields

    def __str__(self) -> str:
        return say(self.key, **self.fields)


def run_script(main: Callable[[], int]) -> None:
    """Run a script's ``main`` and leave with its exit code; a UserError is printed and gives 2."""
    try:
        code = main()
    except UserError as error:
        tell("error", file=sys.stderr, text=error)
        code = 2
    except KeyboardInterrupt:
        tell("interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


MESSAGES: dict[str, dict[str, str]] = {
    # --- shared by all scripts ------------------------------------------------------------------
    "error": {"ko": "❌ {text}", "en": "❌ {text}"},
    "interrupted": {"ko": "⏹️ 중단했습니다.", "en": "⏹️ Interrupted."},
    "cli.usage_prefix": {"ko": "사용법: ", "en": "usage: "},
    "cli.positionals": {"ko": "필수 인자", "en": "arguments"},
    "cli.options": {"ko": "옵션", "en": "options"},
    "cli.help": {"ko": "이 도움말을 보여 주고 끝냅니다.", "en": "show this help and leave"},
    "cli.device": {
        "ko": "계산할 장치. auto는 GPU가 있으면 GPU, 없으면 CPU를 씁니다 (기본값: auto).",
        "en": "where to compute; auto takes a GPU where there is one, else the CPU (default: auto)",
    },
    "cli.cfg_options": {
        "ko": "설정 파일의 값을 바꿉니다. 여러 개를 쓸 수 있습니다. 예: --cfg-options test_cfg.min_score=0.8",
        "en": "change values of the config, several at once; e.g. --cfg-options test_cfg.min_score=0.8",
    },
    "cli.lang": {
        "ko": "메시지의 언어 (기본값: ko, 환경 변수 FAST_LANG으로도 정할 수 있습니다).",
        "en": "language of the messages (default: ko; the environment variable FAST_LANG sets it too)",
    },
    "cli.required": {
        "ko": "꼭 필요한 인자가 빠졌습니다: {names}. '{program} --help'에 예시가 있습니다.",
        "en": "these arguments are missing: {names}. '{program} --help' shows examples.",
    },
    "cli.value_missing": {
        "ko": "{name} 뒤에 값이 필요합니다. '{program} --help'에 예시가 있습니다.",
        "en": "{name} needs a value after it. '{program} --help' shows examples.",
    },
    "cli.invalid_choice": {
        "ko": "{name}에 {value} 값은 쓸 수 없습니다. 가능한 값: {allowed}",
        "en": "{name} cannot be {value}; choose from {allowed}",
    },
    "cli.invalid_value": {"ko": "{name}: {reason}", "en": "{name}: {reason}"},
    "cli.number_from": {
        "ko": "'{value}' 대신 {low} 이상의 수를 쓰세요.",
        "en": "instead of '{value}', give a number of at least {low}.",
    },
    "cli.number_between": {
        "ko": "'{value}' 대신 {low}에서 {high} 사이의 수를 쓰세요.",
        "en": "instead of '{value}', give a number from {low} to {high}.",
    },
    "cli.unknown_option": {
        "ko": "{name} 옵션은 없습니다. 혹시 {nearest}인가요?",
        "en": "there is no option {name}. Did you mean {nearest}?",
    },
    "cli.surplus": {
        "ko": "'{name}' 인자는 쓸 곳이 없습니다. 빈칸이 있는 경로는 따옴표로 묶으세요 ('{program} --help' 참고).",
        "en": "there is no place for the argument '{name}'. Put paths with blanks in quotes (see '{program} --help').",
    },
    "cli.usage": {
        "ko": "명령을 이해하지 못했습니다 ({reason}). '{program} --help'에 예시가 있습니다.",
        "en": "the command was not understood ({reason}). '{program} --help' shows examples.",
    },
    "cli.device_unknown": {
        "ko": "--device {name}: 그런 장치는 없습니다. auto, cpu, cuda, cuda:1 가운데 하나를 쓰세요.",
        "en": "--device {name}: there is no such device. Write auto, cpu, cuda or cuda:1.",
    },
    "cli.device_absent": {
        "ko": "--device {name}: 이 컴퓨터에서 쓸 수 있는 GPU는 {count}개입니다. --device auto를 쓰거나 CUDA용 PyTorch와 드라이버를 확인하세요.",
        "en": "--device {name}: PyTorch finds {count} usable GPUs here. Use --device auto, or check the driver and that PyTorch is built for CUDA.",
    },
    # --- configuration --------------------------------------------------------------------------
    "config.missing": {
        "ko": "설정 파일이 없습니다: {path}. 경로를 확인하세요.",
        "en": "config file not found: {path}. Check the path.",
    },
    "config.suffix": {
        "ko": "{path}: 설정 파일의 확장자는 {allowed} 중 하나여야 합니다.",
        "en": "{path}: a config file ends in one of {allowed}.",
    },
    "config.syntax": {
        "ko": "{path}, {line}번째 줄: 설정 파일의 문법 오류입니다 ({reason}). 그 줄을 고치세요.",
        "en": "{path}, line {line}: the config has a syntax error ({reason}). Mend that line.",
    },
    "config.fails": {
        "ko": "{path}, {line}번째 줄: 설정 파일을 실행하지 못했습니다 ({reason}). 그 줄을 고치세요.",
        "en": "{path}, line {line}: the config could not be run ({reason}). Mend that line.",
    },
    "config.which_of_list": {
        "ko": "{override}: 데이터가 여러 개의 목록입니다. '{key}' 대신 0부터 센 번호를 넣으세요 (모두 {count}개, 예: data.train.0.img_dir=...).",
        "en": "{override}: there is a list of {count} data sets. Say which one by a number from 0 in place of '{key}' (such as data.train.0.img_dir=...).",
    },
    "config.unknown_key": {
        "ko": "{path}: '{key}'라는 설정 항목은 없습니다. 혹시 '{nearest}'인가요?",
        "en": "{path}: there is no setting '{key}'. Did you mean '{nearest}'?",
    },
    "config.unknown_type": {
        "ko": "type='{type}'은(는) 없습니다. 혹시 '{nearest}'인가요?",
        "en": "there is no type='{type}'. Did you mean '{nearest}'?",
    },
    "config.bad_value": {
        "ko": "{path}: {key} = {value} 은(는) 쓸 수 없는 값입니다. 가능한 값: {expected}",
        "en": "{path}: {key} = {value} is not a value it can take; expected {expected}",
    },
    "config.override_form": {
        "ko": "--cfg-options '{override}': '키=값' 형식이어야 합니다. 예: train_cfg.lr=2e-4",
        "en": "--cfg-options '{override}': write key=value, for example train_cfg.lr=2e-4",
    },
    "config.section_missing": {
        "ko": "{path}: '{key}' 항목이 없습니다. config/fast/ic15/fast_checkpoint_7ep_finetune.py를 참고해 추가하세요.",
        "en": "{path}: the section '{key}' is missing. Add it as in config/fast/ic15/fast_checkpoint_7ep_finetune.py.",
    },
    # --- checkpoints ----------------------------------------------------------------------------
    "checkpoint.missing": {
        "ko": "체크포인트 파일이 없습니다: {path}. 경로를 확인하세요 (체크포인트 없이 훈련하려면 --config {config}로 함께 들어 있는 {shipped}에서 시작하거나 --checkpoint none으로 처음부터).",
        "en": "checkpoint not found: {path}. Check the path (to train without one: --config {config} starts from {shipped}, --checkpoint none from scratch).",
    },
    "checkpoint.shipped_elsewhere": {
        "ko": "체크포인트 파일이 없습니다: {path}. 함께 들어 있는 가중치는 {shipped}입니다.",
        "en": "no such checkpoint: {path}; the weights that come with this project are {shipped}.",
    },
    "checkpoint.shipped_missing": {
        "ko": "{path}: 이 프로젝트에 함께 들어 있던 가중치가 없습니다. 저장소에서 {shipped} 파일을 다시 받으세요 (git checkout -- {shipped}).",
        "en": "{path}: the weights that come with this project are not there; get {shipped} from the repository again (git checkout -- {shipped}).",
    },
    "checkpoint.directory": {
        "ko": "{path}: 폴더입니다. 그 안의 체크포인트 파일을 지정하세요.",
        "en": "{path} is a folder; name the checkpoint file in it.",
    },
    "checkpoint.empty": {
        "ko": "{path}: 빈 파일입니다. 체크포인트를 다시 복사하거나 내려받으세요.",
        "en": "{path} is empty; copy or download the checkpoint again.",
    },
    "checkpoint.lfs_pointer": {
        "ko": "{path}: 체크포인트가 아니라 Git LFS 포인터입니다. git lfs pull로 실제 파일을 받으세요.",
        "en": "{path} is a Git LFS pointer, not a checkpoint; fetch the file itself with git lfs pull.",
    },
    "checkpoint.html": {
        "ko": "{path}: 체크포인트가 아니라 웹 페이지(HTML)입니다. 다운로드 링크를 확인하고 다시 받으세요.",
        "en": "{path} is a web page (HTML), not a checkpoint; check the link and download it again.",
    },
    "checkpoint.unsafe": {
        "ko": "{path}: 열면 코드({name})가 실행될 수 있는 파일이라 열지 않았습니다. 가중치만 담아 다시 저장한 파일을 쓰세요.",
        "en": "{path} could run code ({name}) when opened, so it was not; use a file saved with weights only.",
    },
    "checkpoint.unreadable": {
        "ko": "{path}: 손상되었거나 PyTorch 체크포인트가 아닙니다. 파일을 다시 복사하거나 내려받으세요.",
        "en": "{path} is damaged or not a PyTorch checkpoint; copy or download it again.",
    },
    "checkpoint.permission": {
        "ko": "{path}: 읽기 권한이 없습니다. chmod 644 {path} 로 권한을 고치세요.",
        "en": "{path} may not be read; mend it with chmod 644 {path}.",
    },
    "checkpoint.no_weights": {
        "ko": "{path}: 가중치가 없는 파일입니다 (내용: {keys}). 모델 체크포인트를 지정하세요.",
        "en": "{path} holds no weights (it holds: {keys}); name a model checkpoint.",
    },
    "checkpoint.not_finite": {
        "ko": "{path}: 가중치에 NaN 또는 Inf가 있습니다 ({key} 등 {count}개). 그 전에 저장된 체크포인트를 쓰세요.",
        "en": "{path} has NaN or Inf in its weights ({key} and {count} in all); use an earlier checkpoint.",
    },
    "checkpoint.other_size": {
        "ko": "{path}: FAST-{found} 체크포인트인데 설정은 FAST-{expected} 모델입니다 (없는 키 {missing}개, 남는 키 {extra}개, 모양이 다른 키 {reshaped}개). 설정의 backbone, neck, detection_head의 config를 config/fast/nas-configs/fast_{found}.config로 바꾸세요.",
        "en": "{path} is a FAST-{found} checkpoint, the config builds FAST-{expected} ({missing} keys missing, {extra} extra, {reshaped} of another shape); set config of backbone, neck and detection_head to config/fast/nas-configs/fast_{found}.config.",
    },
    "checkpoint.deploy_form": {
        "ko": "{path}: 추론용으로 접힌(fused) 가중치라 훈련 형태의 모델에 맞지 않습니다 (없는 키 {missing}개, 남는 키 {extra}개, 모양이 다른 키 {reshaped}개). 훈련 체크포인트를 쓰세요.",
        "en": "{path} holds folded weights for deployment that do not fit the training form ({missing} keys missing, {extra} extra, {reshaped} of another shape); use a training checkpoint.",
    },
    "checkpoint.does_not_fit": {
        "ko": "{path}: 설정의 모델과 맞지 않는 체크포인트입니다 (없는 키 {missing}개, 남는 키 {extra}개, 모양이 다른 키 {reshaped}개, 예: {example}). 이 체크포인트를 만든 설정을 쓰세요.",
        "en": "{path} does not fit the model of the config ({missing} keys missing, {extra} extra, {reshaped} of another shape, such as {example}); use the config it was made with.",
    },
    "checkpoint.cannot_write": {
        "ko": "{path}: 저장하지 못했습니다 ({reason}). 디스크 공간과 쓰기 권한을 확인하세요.",
        "en": "{path} could not be written ({reason}); check disk space and permissions.",
    },
    "checkpoint.no_file": {
        "ko": "{path}: 일반 파일이 아닙니다 (파이프, 장치 또는 소켓). 체크포인트 파일을 지정하세요.",
        "en": "{path} is no regular file but a pipe, a device or a socket; name a checkpoint file.",
    },
    "checkpoint.cannot_open": {
        "ko": "{path}: 열지 못했습니다 ({reason}). 경로를 확인하세요.",
        "en": "{path} could not be opened ({reason}); check the path.",
    },
    "checkpoint.not_as_saved": {
        "ko": "{path}: 저장된 뒤에 내용이 바뀌었습니다 ({groups}의 해시가 다릅니다). 파일을 다시 복사하거나 다른 체크포인트를 쓰세요.",
        "en": "{path} has changed since it was saved (the hash of {groups} differs); copy it again or use another checkpoint.",
    },
    "checkpoint.no_room": {
        "ko": "{path}: 공간이 모자라 저장할 수 없습니다 ({needed:.0f} MB가 필요한데 {free:.0f} MB가 비어 있습니다. 할당량이나 파일 크기 제한 때문에 더 적을 수도 있습니다). 공간을 비우거나 --output_dir로 다른 디스크를 지정하세요.",
        "en": "{path} does not fit ({needed:.0f} MB are needed and {free:.0f} MB free, or less by a quota or a limit on file sizes); make room or name another disk with --output_dir.",
    },
    "checkpoint.little_room": {
        "ko": "⚠️ {path}: 에포크 체크포인트 {files}개가 다 들어가지 않습니다 ({needed:.0f} MB가 필요한데 {free:.0f} MB가 비어 있습니다). train_cfg.keep_checkpoints로 남길 개수를 정하세요.",
        "en": "⚠️ {path} has no room for all {files} checkpoints of epochs ({needed:.0f} MB are needed, {free:.0f} MB free); bound their number with train_cfg.keep_checkpoints.",
    },
    "checkpoint.locked": {
        "ko": "{path}: 다른 훈련(PID {pid}, 호스트 {host})이 이 출력 폴더를 쓰고 있습니다. 그 훈련이 끝나기를 기다리거나 --output_dir로 다른 폴더를 지정하세요 (더는 돌고 있지 않다면 {lock} 파일을 지우세요).",
        "en": "{path} is in use by another run (PID {pid} on {host}); wait for it to end or name another folder with --output_dir (if it no longer runs, delete {lock}).",
    },
    "checkpoint.differs.breaks": {
        "ko": "   - {name}: {old} → {new}",
        "en": "   - {name}: {old} -> {new}",
    },
    "checkpoint.differs.harmless": {
        "ko": "   - {name}: {old} → {new} (결과에 영향 없음)",
        "en": "   - {name}: {old} -> {new} (does not change the result)",
    },
    "checkpoint.differs.refused": {
        "ko": "{path}: 재개하면 중단 없이 훈련한 것과 결과가 달라지게 하는 변경이 {count}개 있습니다 ({changes}). 원래대로 되돌리거나, 그래도 재개하려면 --force를 붙이세요.",
        "en": "{path}: {count} changes make the resumed run differ from an uninterrupted one ({changes}); undo them, or add --force to resume all the same.",
    },
    "checkpoint.inspect.about": {
        "ko": "체크포인트 파일이 무엇인지, 어디서 왔는지, 온전한지 보여 줍니다.",
        "en": "Show what a checkpoint file is, where it comes from and whether it is whole.",
    },
    "checkpoint.inspect.examples": {
        "ko": """예시:
  python tools/inspect_checkpoint.py finetune_checkpoints/checkpoint_best.pth
  python tools/inspect_checkpoint.py checkpoint_7ep.pth --json""",
        "en": """examples:
  python tools/inspect_checkpoint.py finetune_checkpoints/checkpoint_best.pth
  python tools/inspect_checkpoint.py checkpoint_7ep.pth --json""",
    },
    "checkpoint.inspect.help.file": {"ko": "체크포인트 파일", "en": "the checkpoint file"},
    "checkpoint.inspect.help.json": {
        "ko": "문장 대신 JSON으로 보여 줍니다.",
        "en": "print JSON instead of sentences",
    },
    "checkpoint.inspect.kind.run": {
        "ko": "{path}: 이 도구의 체크포인트, {epochs}에포크 중 {epoch}에포크까지 훈련, FAST-{size}의 EMA 가중치, {resumable}",
        "en": "{path}: checkpoint of this tool after epoch {epoch} of {epochs}, EMA weights of FAST-{size}, {resumable}",
    },
    "checkpoint.inspect.resumable": {"ko": "재개할 수 있음", "en": "can be resumed"},
    "checkpoint.inspect.not_resumable": {"ko": "재개할 수 없음", "en": "cannot be resumed"},
    "checkpoint.inspect.kind.result": {
        "ko": "{path}: 이 도구가 만든 가중치(예: 평균), {epoch}에포크까지 훈련, FAST-{size}, 재개할 수 없음",
        "en": "{path}: weights that this tool made, such as an average, after epoch {epoch}, FAST-{size}, cannot be resumed",
    },
    "checkpoint.inspect.kind.training": {
        "ko": "{path}: 원본 FAST 등의 훈련 체크포인트, {epoch}에포크까지 훈련, FAST-{size} 가중치",
        "en": "{path}: training checkpoint such as those of upstream FAST, after epoch {epoch}, weights of FAST-{size}",
    },
    "checkpoint.inspect.kind.released": {
        "ko": "{path}: 배포된 FAST 체크포인트, FAST-{size} 가중치",
        "en": "{path}: released FAST checkpoint, weights of FAST-{size}",
    },
    "checkpoint.inspect.kind.weights": {
        "ko": "{path}: 가중치만 있는 파일, FAST-{size}",
        "en": "{path}: bare weights of FAST-{size}",
    },
    "checkpoint.inspect.kind.backbone": {
        "ko": "{path}: ImageNet 백본 가중치, FAST-{size}",
        "en": "{path}: ImageNet backbone weights of FAST-{size}",
    },
    "checkpoint.inspect.kind.foreign": {
        "ko": "{path}: FAST가 아닌 다른 네트워크의 가중치 (예: {key})",
        "en": "{path}: weights of another network than FAST (such as {key})",
    },
    "checkpoint.inspect.file": {
        "ko": "   파일 {file:.1f} MB, 가중치 {weights:.1f} MB, 파라미터 {parameters:,}개",
        "en": "   file {file:.1f} MB, weights {weights:.1f} MB, {parameters:,} parameters",
    },
    "checkpoint.inspect.verified": {
        "ko": "   해시 확인: {groups}, 저장된 그대로입니다.",
        "en": "   hashes verified: {groups} are as they were saved.",
    },
    "checkpoint.inspect.unsealed": {
        "ko": "   해시가 없는 파일이라 저장된 그대로인지는 파일 형식의 체크섬으로만 확인했습니다.",
        "en": "   no hashes: only the checksums of the file format, if it has any, were verified.",
    },
    "checkpoint.inspect.text": {"ko": "{text}", "en": "{text}"},
    "checkpoint.inspect.line": {"ko": "   {name}: {value}", "en": "   {name}: {value}"},
    "checkpoint.inspect.progress": {"ko": "진행", "en": "progress"},
    "checkpoint.inspect.made": {"ko": "저장", "en": "saved"},
    "checkpoint.inspect.versions": {"ko": "버전", "en": "versions"},
    "checkpoint.inspect.git": {"ko": "git 리비전", "en": "git revision"},
    "checkpoint.inspect.metrics": {"ko": "점수", "en": "metrics"},
    "checkpoint.inspect.data": {"ko": "데이터", "en": "data"},
    "checkpoint.inspect.config": {"ko": "설정", "en": "config"},
    "checkpoint.inspect.no_provenance": {
        "ko": "   출처 기록이 없는 파일입니다 (이 도구의 예전 버전이나 다른 도구가 만들었습니다).",
        "en": "   no provenance: an older version of this tool made it, or another tool.",
    },
    # --- training -------------------------------------------------------------------------------
    "train.about": {
        "ko": "checkpoint_7ep.pth 같은 체크포인트에서 시작해 FAST 텍스트 검출기를 내 이미지에 파인튜닝합니다.",
        "en": "Fine-tune a FAST text detector on your images, starting from a checkpoint such as checkpoint_7ep.pth.",
    },
    "train.examples": {
        "ko": "예시:\n  # 가이드의 파인튜닝\n  python train_checkpoint_7ep.py --config config/fast/ic15/fast_checkpoint_7ep_finetune.py --checkpoint checkpoint_7ep.pth --output_dir ./finetune_checkpoints --epochs 50\n  # 내 데이터, 설정 파일을 고치지 않고\n  python train_checkpoint_7ep.py --cfg-options data.train.img_dir=내_이미지 data.train.gt_dir=내_라벨\n  # 중단된 훈련 이어 하기\n  python train_checkpoint_7ep.py --resume auto\n  # GPU 네 개 (batch_size는 전체 합계)\n  CUDA_VISIBLE_DEVICES=0,1,2,3 python train_checkpoint_7ep.py --batch_size 16",
        "en": "examples:\n  # the fine-tuning of the guide\n  python train_checkpoint_7ep.py --config config/fast/ic15/fast_checkpoint_7ep_finetune.py --checkpoint checkpoint_7ep.pth --output_dir ./finetune_checkpoints --epochs 50\n  # your own data, without touching the config\n  python train_checkpoint_7ep.py --cfg-options data.train.img_dir=my_images data.train.gt_dir=my_labels\n  # go on with an interrupted run\n  python train_checkpoint_7ep.py --resume auto\n  # four GPUs (batch_size is the total)\n  CUDA_VISIBLE_DEVICES=0,1,2,3 python train_checkpoint_7ep.py --batch_size 16",
    },
    "train.help.config": {
        "ko": "설정 파일 (기본값: %(default)s)",
        "en": "config file (default: %(default)s)",
    },
    "train.help.checkpoint": {
        "ko": "시작할 체크포인트: 이 도구, 원본 FAST, .safetensors 파일. none이면 처음부터 훈련 (기본값: 설정의 train_cfg.pretrain, 없으면 checkpoint_7ep.pth)",
        "en": "checkpoint to start from: of this tool, of upstream FAST, or .safetensors; none trains from scratch (default: train_cfg.pretrain of the config, else checkpoint_7ep.pth)",
    },
    "train.help.output_dir": {
        "ko": "체크포인트, 로그, 그래프를 저장할 폴더 (기본값: %(default)s)",
        "en": "folder for checkpoints, logs and curves (default: %(default)s)",
    },
    "train.help.epochs": {
        "ko": "몇 번째 에포크까지 훈련할지 (기본값: 설정의 train_cfg.epoch)",
        "en": "the epoch to train up to (default: train_cfg.epoch of the config)",
    },
    "train.help.resume": {
        "ko": "중단된 훈련을 그대로 이어 합니다. auto는 출력 폴더의 checkpoint_latest.pth이며, 없으면 새로 시작합니다",
        "en": "go on with an interrupted run as if nothing had happened; auto is checkpoint_latest.pth in the output folder and, where there is none, a fresh start",
    },
    "train.help.reset_epoch": {
        "ko": "체크포인트의 에포크를 무시하고 1에포크부터 파인튜닝",
        "en": "fine-tune from epoch 1, whatever epoch the checkpoint had reached",
    },
    "train.help.batch_size": {
        "ko": "배치 크기, 모든 GPU를 합한 값 (기본값: 설정의 data.batch_size)",
        "en": "batch size, the total over all GPUs (default: data.batch_size of the config)",
    },
    "train.help.lr": {
        "ko": "학습률 (기본값: 설정의 train_cfg.lr)",
        "en": "learning rate (default: train_cfg.lr of the config)",
    },
    "train.help.save_interval": {
        "ko": "몇 에포크마다 checkpoint_epoch_N.pth를 저장할지",
        "en": "save checkpoint_epoch_N.pth every so many epochs",
    },
    "train.help.force": {
        "ko": "설정이나 데이터가 달라져 중단 없는 훈련과 같은 결과가 되지 않더라도 --resume으로 이어 합니다.",
        "en": "resume even where a changed config or changed data make it another run than the uninterrupted one",
    },
    "train.help.save_every_iters": {
        "ko": "에포크 중에도 몇 번의 배치마다 checkpoint_latest.pth를 저장할지 (기본값: 에포크가 끝날 때만)",
        "en": "save checkpoint_latest.pth every so many batches within an epoch too (default: at its end only)",
    },
    "train.help.budget": {
        "ko": "이 시간 안에 명령 전체를 끝냅니다 (20m, 90s, 1h30m, 단위가 없으면 분). 크롭, 배치, 에포크, 학습률과 CPU에서는 BatchNorm 고정까지 데이터의 크기와 장치의 속도에 맞춰 고르며, 명령줄에서 정한 값은 그대로 둡니다",
        "en": "end the whole command within this time (20m, 90s, 1h30m; minutes without a unit): picks crop, batch, epochs, learning rate and, on a CPU, frozen BatchNorm from the size of the data and the speed of the device, but for what you set on the command line",
    },
    "train.help.max_minutes": {
        "ko": "이 시간(분)이 되기 전에 저장하고 끝냅니다. 작업 시간이 정해진 서버에서 쓰고, --resume auto로 이어 합니다.",
        "en": "save and end before so many minutes are over, for servers that grant a fixed time; --resume auto goes on",
    },
    "train.help.amp": {
        "ko": "혼합 정밀도: auto는 장치가 빠르게 계산하는 형식을 고릅니다 (기본값: %(default)s)",
        "en": "mixed precision: auto picks what the device is fast at (default: %(default)s)",
    },
    "train.help.accumulate": {
        "ko": "가중치를 한 번 갱신할 때 모으는 배치의 수: 메모리에 맞는 배치로 N배 큰 배치의 효과를 냅니다 (기본값: 1)",
        "en": "batches per update of the weights: acts like a batch N times as large as memory holds (default: 1)",
    },
    "train.help.compile": {
        "ko": "torch.compile로 네트워크를 미리 컴파일 (시작이 몇 분 늦어지므로 긴 훈련에 쓰세요. 기본값: 사용 안 함)",
        "en": "compile the network with torch.compile (the start takes minutes more: for long runs; default: off)",
    },
    "compile.no_compiler": {
        "ko": "--compile에는 C++ 컴파일러가 필요한데 찾지 못했습니다. 설치하거나 (Debian/Ubuntu: sudo apt install g++) --compile 없이 실행하세요.",
        "en": "--compile needs a C++ compiler, and none was found. Install one (Debian/Ubuntu: sudo apt install g++), or start without --compile.",
    },
    "train.help.workers": {
        "ko": "이미지를 읽는 프로세스의 수 (기본값: GPU에서는 코어 수에 맞춤, CPU에서는 1)",
        "en": "processes that read images (default: by the number of cores on a GPU, 1 on a CPU)",
    },
    "train.help.seed": {
        "ko": "난수 시드 (기본값: %(default)s)",
        "en": "random seed (default: %(default)s)",
    },
    "train.help.deterministic": {
        "ko": "GPU에서도 매번 같은 결과가 나오는 연산만 사용 (느려집니다)",
        "en": "use only repeatable operations on a GPU too (slower)",
    },
    "train.help.strict": {
        "ko": "라벨이나 이미지에 문제가 하나라도 있으면 훈련하지 않음",
        "en": "refuse to train when any label or image has a problem",
    },
    "train.ready": {
        "ko": "🚀 FAST 훈련 초기화 완료",
        "en": "🚀 FAST training is set up",
    },
    "train.config": {
        "ko": "   - 설정 파일: {path}",
        "en": "   - config file: {path}",
    },
    "train.checkpoint": {
        "ko": "   - 체크포인트: {path}",
        "en": "   - checkpoint: {path}",
    },
    "train.output_dir": {
        "ko": "   - 출력 디렉토리: {path}",
        "en": "   - output folder: {path}",
    },
    "train.device": {
        "ko": "   - 장치: {device} ({precision})",
        "en": "   - device: {device} ({precision})",
    },
    "train.cpu": {
        "ko": "CPU, 스레드 {cores}개",
        "en": "CPU, {cores} threads",
    },
    "train.data": {
        "ko": "   - 훈련 데이터: 이미지 {images}장, 에포크당 {samples}개 샘플 (배치 {batch} × {iterations}회)",
        "en": "   - training data: {images} images, {samples} samples an epoch (batch {batch} × {iterations})",
    },
    "train.cache": {
        "ko": "   - 이미지 캐시: {kind}, {size:.1f} GB (첫 에포크 동안 채웁니다)",
        "en": "   - image cache: {kind}, {size:.1f} GB (filled during the first epoch)",
    },
    # --- ranks
    "ranks.missing": {
        "ko": "랭크 {rank}: {seconds:.0f}초 동안 기다렸지만 프로세스 {world}개가 {address}에 모두 모이지 않았습니다. 모든 컴퓨터에서 명령이 시작되었는지, 그 주소와 포트에 서로 연결할 수 있는지 확인하세요. ({reason})",
        "en": "rank {rank}: not all of the {world} processes have come to {address} within {seconds:.0f} s. Make sure that the command was started on every machine, and that all of them can reach this address and port. ({reason})",
    },
    "ranks.lost": {
        "ko": "다른 랭크가 끝나서 이 랭크도 더 나아갈 수 없습니다. 이유는 먼저 끝난 랭크의 메시지에 있습니다. 고친 뒤에 같은 명령에 --resume auto를 붙여 이어서 훈련하세요. ({reason})",
        "en": "another rank has ended, and this one cannot go on without it. The message of the one that ended first says why; once that is mended, go on with the same command and --resume auto. ({reason})",
    },
    "ranks.failed": {
        "ko": "❌ 랭크 {rank}이(가) 종료 코드 {code}(으)로 끝났습니다. 이유는 그 랭크의 메시지에 있습니다. 나머지 랭크를 끝냅니다. --resume auto로 이어서 훈련할 수 있습니다.",
        "en": "❌ rank {rank} has ended with exit code {code}; its own message says why. The other ranks are being ended. --resume auto goes on from the last checkpoint.",
    },
    "ranks.signalled": {
        "ko": "❌ 랭크 {rank}이(가) 시그널 {name}(으)로 끝났습니다. 나머지 랭크를 끝냅니다. --resume auto로 이어서 훈련할 수 있습니다.",
        "en": "❌ signal {name} has ended rank {rank}. The other ranks are being ended. --resume auto goes on from the last checkpoint.",
    },
    "ranks.killed": {
        "ko": "❌ 랭크 {rank}이(가) 시그널 SIGKILL로 끝났습니다. 대개 시스템의 메모리가 모자라서입니다 ('dmesg'가 알려 줍니다). 나머지 랭크를 끝냅니다. --workers나 data.cache를 줄인 뒤에 --resume auto로 이어서 훈련하세요.",
        "en": "❌ signal SIGKILL has ended rank {rank}: usually the system has run out of memory ('dmesg' tells). The other ranks are being ended. Use fewer --workers or no data.cache, and go on with --resume auto.",
    },
    "train.help.watchdog": {
        "ko": "이만큼의 초 동안 아무 진전이 없으면 어디에서 멈췄는지 알리고 끝냅니다. 0은 기다리기만 합니다 (기본값: 45)",
        "en": "say where a run hangs and end it after this many seconds without progress; 0 waits for ever (default: 45)",
    },
    "watchdog.silent": {
        "ko": "⏱️ 랭크 {rank} (모두 {world}개): '{stage}' 단계에서 {seconds:.0f}초 동안 진전이 없어서 끝냅니다. 모든 스레드가 멈춘 곳은 아래와 같습니다. --resume auto로 이어서 훈련하고, 멈춘 것이 아니라 느린 것이면 --watchdog을 늘리세요.",
        "en": "⏱️ rank {rank} of {world} has made no progress for {seconds:.0f} s while {stage}, and ends. Where all of its threads stand follows. Go on with --resume auto; if it was slow rather than hanging, allow more with --watchdog.",
    },
    "watchdog.waited": {
        "ko": "⏱️ 랭크 {rank} (모두 {world}개): '{stage}' 단계에서 {seconds:.0f}초를 기다렸고, 그 가운데 하나가 끝났습니다. 이 랭크의 모든 스레드가 있는 곳은 아래와 같습니다.",
        "en": "⏱️ rank {rank} of {world} has spent {seconds:.0f} s {stage}, and one of them has ended. Where all threads of this rank stand follows.",
    },
    "watchdog.stage.start": {"ko": "시작", "en": "starting"},
    "watchdog.stage.data": {"ko": "데이터 읽기", "en": "reading data"},
    "watchdog.stage.compute": {"ko": "계산", "en": "computing a step"},
    "watchdog.stage.validate": {"ko": "검증", "en": "validating"},
    "watchdog.stage.save": {"ko": "저장", "en": "saving"},
    "watchdog.stage.peers": {"ko": "다른 랭크 기다리기", "en": "waiting for the other ranks"},
    "cache.no_room.ram": {
        "ko": "data.cache='ram'에는 메모리 {needed:.1f} GB가 필요한데 {room:.1f} GB만 비어 있습니다. data.cache=disk를 쓰거나 캐시 없이 훈련하세요.",
        "en": "data.cache='ram' needs {needed:.1f} GB of memory, and {room:.1f} GB are free. Use data.cache=disk, or train without a cache.",
    },
    "cache.no_room.disk": {
        "ko": "data.cache='disk'에는 {path}에 {needed:.1f} GB가 필요한데 {room:.1f} GB만 비어 있습니다. 공간을 비우거나 --output_dir을 다른 디스크로 정하거나 캐시 없이 훈련하세요.",
        "en": "data.cache='disk' needs {needed:.1f} GB in {path}, and {room:.1f} GB are free. Make room, put --output_dir onto another disk, or train without a cache.",
    },
    "train.validation": {
        "ko": "   - 검증 데이터: 이미지 {images}장",
        "en": "   - validation data: {images} images",
    },
    "train.format": {
        "ko": "   - 라벨 형식: {format} ({folder}에서 알아냄)",
        "en": "   - label format: {format} (found out from {folder})",
    },
    "train.source": {
        "ko": "   - 데이터 {name}: 이미지 {images}장, 전체의 {share:.1%}",
        "en": "   - data {name}: {images} images, {share:.1%} of what is drawn",
    },
    "train.drawn": {
        "ko": "   - {name}: 이미지 {images}장, 글자 영역 {words}개",
        "en": "   - {name}: {images} images, {words} words",
    },
    "train.no_validation": {
        "ko": "   - 검증 데이터: 없음 (설정의 data.val에 라벨이 있는 이미지를 지정할 수 있습니다)",
        "en": "   - validation data: none (name labelled images in data.val of the config)",
    },
    "train.criterion": {
        "ko": "   - 최고 체크포인트 기준: {criterion}",
        "en": "   - best checkpoint by: {criterion}",
    },
    "train.criterion.hmean": {
        "ko": "검증 hmean",
        "en": "validation hmean",
    },
    "train.criterion.val_loss": {
        "ko": "검증 손실",
        "en": "validation loss",
    },
    "train.criterion.loss": {
        "ko": "훈련 손실",
        "en": "training loss",
    },
    "train.earlier_run": {
        "ko": "   - 알림: 출력 폴더에 이전 훈련의 checkpoint_latest.pth가 있습니다. 이어 하려면 중단하고 --resume auto를 쓰세요.",
        "en": "   - note: the output folder holds checkpoint_latest.pth of an earlier run; to go on with it, stop and use --resume auto.",
    },
    "train.loading": {
        "ko": "📦 체크포인트 로드: {path}",
        "en": "📦 loading checkpoint: {path}",
    },
    "train.loaded.ema": {
        "ko": "   - EMA 상태 딕셔너리 사용",
        "en": "   - using the EMA state dict",
    },
    "train.loaded.state_dict": {
        "ko": "   - 모델 상태 딕셔너리 사용 (EMA 없음)",
        "en": "   - using the model state dict (no EMA in the file)",
    },
    "train.loaded.weights": {
        "ko": "   - 가중치 딕셔너리 사용",
        "en": "   - using the bare weights",
    },
    "train.loaded.backbone": {
        "ko": "   - 백본 가중치만 사용 (나머지는 새로 초기화)",
        "en": "   - using backbone weights alone (the rest starts anew)",
    },
    "train.loaded.resume": {
        "ko": "   - 훈련 상태 전체 복원 (가중치, EMA, 옵티마이저, 난수)",
        "en": "   - the whole training state is restored (weights, EMA, optimizer, random numbers)",
    },
    "train.start_epoch": {
        "ko": "   - 시작 에포크: {epoch}",
        "en": "   - start epoch: {epoch}",
    },
    "train.loaded": {
        "ko": "✅ 체크포인트 로드 완료",
        "en": "✅ checkpoint loaded",
    },
    "train.from_scratch": {
        "ko": "🌱 체크포인트 없이 처음부터 훈련합니다",
        "en": "🌱 training from scratch, without a checkpoint",
    },
    "train.epoch_start": {
        "ko": "📚 에포크 {epoch} 훈련 시작...",
        "en": "📚 epoch {epoch} starts...",
    },
    "train.step": {
        "ko": "   배치 [{iteration}/{iterations}] Loss: {loss:.4f} (Avg: {mean:.4f}) Text: {text:.4f} Kernel: {kernel:.4f} Emb: {emb:.4f}",
        "en": "   batch [{iteration}/{iterations}] Loss: {loss:.4f} (Avg: {mean:.4f}) Text: {text:.4f} Kernel: {kernel:.4f} Emb: {emb:.4f}",
    },
    "train.epoch_done": {
        "ko": "📊 에포크 {epoch} 완료 ({seconds:.1f}초)",
        "en": "📊 epoch {epoch} done ({seconds:.1f} s)",
    },
    "train.mean_loss": {
        "ko": "   - 평균 총 손실: {value:.4f}",
        "en": "   - mean total loss: {value:.4f}",
    },
    "train.mean_text": {
        "ko": "   - 평균 텍스트 손실: {value:.4f}",
        "en": "   - mean text loss: {value:.4f}",
    },
    "train.mean_kernel": {
        "ko": "   - 평균 커널 손실: {value:.4f}",
        "en": "   - mean kernel loss: {value:.4f}",
    },
    "train.mean_emb": {
        "ko": "   - 평균 임베딩 손실: {value:.4f}",
        "en": "   - mean embedding loss: {value:.4f}",
    },
    "train.rate": {
        "ko": "   - 학습률: {value:.6f}",
        "en": "   - learning rate: {value:.6f}",
    },
    "train.speed": {
        "ko": "   - 속도: {speed:.1f}장/초 (데이터 대기 {wait:.1%})",
        "en": "   - speed: {speed:.1f} images/s (waiting for data {wait:.1%})",
    },
    "train.waits_for_data": {
        "ko": "⚠️ 데이터를 기다리는 시간이 깁니다. --workers를 늘리거나 (지금 {workers}) --cfg-options data.cache=ram (메모리가 모자라면 disk)을 쓰거나, 이미지를 더 빠른 디스크에 두세요.",
        "en": "⚠️ Much time goes into waiting for data. Raise --workers (now {workers}), use --cfg-options data.cache=ram (disk where memory is short), or put the images onto a faster disk.",
    },
    "train.val_loss": {
        "ko": "   - 검증 손실: {value:.4f}",
        "en": "   - validation loss: {value:.4f}",
    },
    "train.scores": {
        "ko": "   - 검증: precision {precision:.4f} recall {recall:.4f} hmean {hmean:.4f}",
        "en": "   - validation: precision {precision:.4f} recall {recall:.4f} hmean {hmean:.4f}",
    },
    "train.saved": {
        "ko": "💾 체크포인트 저장: {path}",
        "en": "💾 checkpoint saved: {path}",
    },
    "train.new_best": {
        "ko": "🏆 최고 체크포인트 갱신: {path} ({criterion} {value:.4f})",
        "en": "🏆 new best checkpoint: {path} ({criterion} {value:.4f})",
    },
    "train.early_stop": {
        "ko": "⏹️ {epochs}에포크 동안 나아지지 않아 훈련을 마칩니다 (최고: 에포크 {best_epoch})",
        "en": "⏹️ no gain for {epochs} epochs, training ends here (best: epoch {best_epoch})",
    },
    "train.done": {
        "ko": "🎉 훈련 완료: 최고 에포크 {epoch}, 결과는 {folder}에 있습니다",
        "en": "🎉 training done: best epoch {epoch}, the results are in {folder}",
    },
    "train.bad_step": {
        "ko": "⚠️ 배치 {iteration}: 손실이나 기울기가 유한하지 않아 건너뜁니다 (이미지: {names})",
        "en": "⚠️ batch {iteration}: loss or gradients are not finite, step skipped (images: {names})",
    },
    "train.bad_step_written": {
        "ko": "   그 배치를 살펴볼 수 있도록 저장했습니다: {path}",
        "en": "   that batch was written down to be looked at: {path}",
    },
    "train.bad_step_not_written": {
        "ko": "   ⚠️ 그 배치를 저장하지 못했습니다: {reason}",
        "en": "   ⚠️ that batch could not be written down: {reason}",
    },
    "train.fell_back": {
        "ko": "↩️ 마지막으로 온전했던 가중치로 되돌리고 학습률을 설정의 {factor:g}배로 낮춥니다",
        "en": "↩️ back to the last good weights, with {factor:g} times the configured learning rate",
    },
    "train.workers_again": {
        "ko": "⚠️ 데이터 워커가 죽어 다시 시작합니다 ({count}번째): {reason}",
        "en": "⚠️ a data worker died; started anew (restart {count}): {reason}",
    },
    "train.removed": {
        "ko": "⚠️ 디스크가 가득 차 가장 오래된 체크포인트를 지웠습니다: {path}",
        "en": "⚠️ the disk is full; the oldest checkpoint was removed: {path}",
    },
    "train.split": {
        "ko": "⚠️ 배치 {iteration}: 메모리가 부족하여 배치를 {pieces}조각으로 나누어 계산합니다. 기울기는 모아서 쓰므로 배치 크기의 효과는 그대로입니다",
        "en": "⚠️ batch {iteration}: out of memory, so batches are computed in {pieces} pieces from now on; their gradients are added up, the effective batch stays the same",
    },
    "train.out_of_memory": {
        "ko": "{device}: 이미지 한 장씩 계산해도 메모리가 부족합니다. data.train.img_size(예: 640 → 512)를 줄이거나, --amp를 켜거나, 같은 장치를 쓰는 다른 프로그램을 끝낸 뒤 --resume auto로 이어 하세요.",
        "en": "{device}: not even a single image at a time fits into memory; lower data.train.img_size (640 → 512, say), use --amp, or end other programs on this device, then go on with --resume auto.",
    },
    "train.bad_image": {
        "ko": "⚠️ 배치 {iteration}: 읽을 수 없는 이미지를 건너뜁니다 ({names})",
        "en": "⚠️ batch {iteration}: unreadable images are left out ({names})",
    },
    "train.too_many_bad_steps": {
        "ko": "학습률을 {fallbacks}번 반으로 낮춘 뒤에도 손실이 {count}번 연속으로 유한하지 않아 훈련을 중단합니다. 더 낮은 --lr이나 --amp off로 다시 시작하고, bad_steps 폴더에 저장된 배치를 확인하세요.",
        "en": "the loss was not finite {count} times in a row, even after halving the learning rate {fallbacks} times; start again with a lower --lr or with --amp off, and look at the batches in the folder bad_steps.",
    },
    "train.already_finished": {
        "ko": "{path}: 이미 {epoch}에포크까지 훈련된 체크포인트라 --epochs {epochs}로는 할 일이 없습니다. --epochs를 {epoch}보다 크게 하거나, --checkpoint {path} --reset_epoch로 1에포크부터 파인튜닝하세요.",
        "en": "{path} has been trained for {epoch} epochs already, so --epochs {epochs} leaves nothing to do; use --epochs above {epoch}, or --checkpoint {path} --reset_epoch to fine-tune from epoch 1.",
    },
    "train.frozen_from_scratch": {
        "ko": "train_cfg.freeze_bn=1은 체크포인트의 BatchNorm 통계를 그대로 쓰므로 --checkpoint none이나 백본만 든 가중치와 함께 쓸 수 없습니다. 검출기 전체의 체크포인트를 지정하거나 train_cfg.freeze_bn=0으로 훈련하세요.",
        "en": "train_cfg.freeze_bn=1 keeps the BatchNorm statistics of a checkpoint, which --checkpoint none and weights of a backbone alone do not have; name a checkpoint of a whole detector, or train with train_cfg.freeze_bn=0.",
    },
    "train.stages_from_scratch": {
        "ko": "train_cfg.freeze_stages={stages}은 백본의 앞쪽 가중치를 체크포인트에 있는 그대로 쓰므로 --checkpoint none과 함께 쓸 수 없습니다. 체크포인트를 지정하거나 train_cfg.freeze_stages=0으로 훈련하세요.",
        "en": "train_cfg.freeze_stages={stages} keeps the weights of the backbone's first stages as a checkpoint has them, and --checkpoint none has none; name a checkpoint, or train with train_cfg.freeze_stages=0.",
    },
    "train.statistics_renewed": {
        "ko": "   - BatchNorm을 고정하고 훈련한 가중치라, 훈련 이미지로 통계를 다시 구했습니다 (고정한 채로 훈련하려면 train_cfg.freeze_bn=1)",
        "en": "   - these weights were trained with frozen BatchNorm: its statistics are renewed from training images (train_cfg.freeze_bn=1 keeps it frozen)",
    },
    "train.finished_before": {
        "ko": "✅ {path}: {epoch}에포크까지 모두 끝난 훈련이라 이어 할 것이 없습니다. 더 훈련하려면 --epochs를 늘리고 --force를 붙이세요.",
        "en": "✅ {path}: all {epoch} epochs are done, there is nothing to go on with. To train longer, raise --epochs and add --force.",
    },
    "train.resume_and_reset": {
        "ko": "--resume과 --reset_epoch는 함께 쓸 수 없습니다. 1에포크부터 다시 하려면 --resume 대신 --checkpoint를 쓰세요.",
        "en": "--resume and --reset_epoch exclude each other; to start from epoch 1 use --checkpoint instead of --resume.",
    },
    "train.not_resumable": {
        "ko": "{path}: 훈련 상태가 없어 이어 할 수 없습니다. --resume 대신 --checkpoint {path}로 시작하세요.",
        "en": "{path} holds no training state to resume; start from it with --checkpoint {path} instead of --resume.",
    },
    "train.interrupted": {
        "ko": "⏹️ 중단 요청을 받아 저장했습니다: {path} (에포크 {epoch} 진행 중)",
        "en": "⏹️ interrupted; saved {path} (in the middle of epoch {epoch})",
    },
    "train.time_is_up": {
        "ko": "⏰ --max_minutes의 시간이 다 되어 저장하고 끝냅니다: {path} (에포크 {epoch} 진행 중)",
        "en": "⏰ the time of --max_minutes is up; saved {path} (in the middle of epoch {epoch})",
    },
    # --- budget
    "budget.form": {
        "ko": "'{value}' 대신 20m, 90s, 1h30m처럼 {seconds:.0f}초 이상의 시간을 쓰세요.",
        "en": "instead of '{value}', give a time of at least {seconds:.0f} s, such as 20m, 90s or 1h30m.",
    },
    "budget.contradiction": {
        "ko": "--budget은 훈련의 길이를 스스로 정하므로 {name}과(와) 함께 쓸 수 없습니다. 둘 중 하나만 쓰세요.",
        "en": "--budget decides by itself how long the run is and excludes {name}; use one of the two.",
    },
    "budget.compile": {
        "ko": "--budget은 컴파일에 걸릴 시간을 미리 알 수 없으므로 --compile과 함께 쓸 수 없습니다. 둘 중 하나만 쓰세요.",
        "en": "--budget cannot tell how long compiling will take and excludes --compile; use one of the two.",
    },
    "budget.too_short": {
        "ko": "--budget {budget}: 준비, 검증, 저장과 보고서에만 {fixed}이(가) 걸려 훈련할 시간이 모자랍니다. --budget을 늘리거나, data.val의 검증 이미지를 줄이거나, --no-report를 쓰세요.",
        "en": "--budget {budget}: setting up, validating, saving and the report alone take {fixed}, which leaves too little for training. Raise --budget, name fewer validation photos in data.val, or use --no-report.",
    },
    "budget.finished_before": {
        "ko": "✅ {path}: 시간 예산을 다 쓴 훈련이라 ({epoch}에포크) 이어 할 것이 없습니다. 더 훈련하려면 --budget을 늘리고 --force를 붙이세요.",
        "en": "✅ {path}: the budget of this run is used up ({epoch} epochs), there is nothing to go on with. To train longer, raise --budget and add --force.",
    },
    "budget.title": {
        "ko": "⏱️ 시간 예산 {budget}: 사진 {images}장, 이 장치에서 {crop}px 크롭 초당 {speed:.1f}장",
        "en": "⏱️ budget {budget}: {images} photos, {speed:.1f} crops of {crop} px a second on this device",
    },
    "budget.time": {
        "ko": "   - 훈련 {training} (크롭 약 {crops}개), 준비와 검증, 저장, 보고서 {rest}",
        "en": "   - training {training} (about {crops} crops); setting up, validation, saving and report {rest}",
    },
    "budget.crop": {
        "ko": "   - 크롭 {value}: {reason}",
        "en": "   - crop {value}: {reason}",
    },
    "budget.batch": {
        "ko": "   - 배치 {value}: {reason}",
        "en": "   - batch {value}: {reason}",
    },
    "budget.rate": {
        "ko": "   - 학습률 {value:g}: {reason}",
        "en": "   - learning rate {value:g}: {reason}",
    },
    "budget.epochs": {
        "ko": "   - 에포크 {epochs} × {samples}장: {reason}",
        "en": "   - epochs {epochs} × {samples} samples: {reason}",
    },
    "budget.crop.given": {"ko": "직접 정한 값", "en": "as you have set it"},
    "budget.crop.small": {
        "ko": "이 시간 안에는 가장 작은 크롭도 {enough}개까지 볼 수 없습니다",
        "en": "even of the smallest there is no time for {enough}",
    },
    "budget.crop.enough": {
        "ko": "{enough}개 이상을 볼 수 있는 가장 큰 크롭",
        "en": "the largest of which there is time for {enough}",
    },
    "budget.crop.all": {
        "ko": "사진의 크기에 맞는 가장 큰 크롭이며, {enough}개 이상을 볼 시간이 있습니다",
        "en": "the largest that the photos are good for, with time for {enough} or more",
    },
    "budget.batch.given": {"ko": "직접 정한 값", "en": "as you have set it"},
    "budget.batch.cpu": {
        "ko": "CPU에서는 작은 배치로 더 자주 갱신합니다",
        "en": "on a CPU small batches give more updates",
    },
    "budget.batch.gpu": {
        "ko": "GPU가 쉬지 않을 만한 크기",
        "en": "what keeps a GPU busy",
    },
    "budget.batch.large": {
        "ko": "갱신할 시간이 넉넉해 크게 잡습니다",
        "en": "large, with time for many updates",
    },
    "budget.rate.given": {"ko": "직접 정한 값", "en": "as you have set it"},
    "budget.rate.batch": {
        "ko": "배치에 맞춘 값이며, 시간이 다 될 때 0에 이르도록 줄입니다",
        "en": "by the batch; it falls to 0 along the schedule until the time is up",
    },
    "budget.rate.drops": {
        "ko": "배치에 맞춘 값이며, 설정 파일의 스케줄을 이 시간에 맞춰 단계마다 낮춥니다",
        "en": "by the batch; it drops as the config's schedule says, whose epochs share the time",
    },
    "budget.epochs.given": {
        "ko": "repeat_times를 직접 정했습니다",
        "en": "you have set repeat_times",
    },
    "budget.epochs.passes": {
        "ko": "에포크마다 데이터를 한 번씩 봅니다",
        "en": "each is a pass through the data",
    },
    "budget.epochs.bounds": {
        "ko": "검증이 너무 드물지도 잦지도 않게 정했습니다",
        "en": "validations neither too rare nor too often",
    },
    "budget.epochs.validation": {
        "ko": "검증과 저장이 시간의 {share:.0%}를 넘지 않게 합니다",
        "en": "validation and saving take at most {share:.0%} of the time",
    },
    "budget.epochs.steps": {
        "ko": "에포크가 너무 짧지 않게 합니다",
        "en": "no epoch is too short",
    },
    "budget.frozen": {
        "ko": "   - BatchNorm 고정 (train_cfg.freeze_bn=1): CPU에서 한 스텝에 걸리는 시간이 절반쯤으로 줄어듭니다",
        "en": "   - BatchNorm frozen (train_cfg.freeze_bn=1): a step on a CPU takes about half the time",
    },
    "budget.resumed": {
        "ko": "⏱️ 시간 예산 {budget}: {used}을(를) 이미 썼으며, 처음에 고른 값으로 이어 합니다",
        "en": "⏱️ budget {budget}: {used} of it are used; going on with what was picked at first",
    },
    "train.how_to_resume": {
        "ko": "   이어 하려면: {command}",
        "en": "   to go on: {command}",
    },
    # --- models ---------------------------------------------------------------------------------
    "models.no_type": {
        "ko": "설정의 {place}에 type이 없습니다. dict(type=...)로 쓰고 다음 중 하나를 고르세요: {allowed}",
        "en": "{place} in the config has no type. Write it as dict(type=...) with one of: {allowed}",
    },
    "models.unknown_key": {
        "ko": "'{key}'라는 설정 항목은 없습니다. 혹시 '{nearest}'인가요?",
        "en": "there is no setting '{key}'. Did you mean '{nearest}'?",
    },
    "models.key_missing": {
        "ko": "설정에 '{key}' 항목이 빠졌습니다. 추가하세요.",
        "en": "the setting '{key}' is missing from the config. Add it.",
    },
    "models.parts_do_not_fit": {
        "ko": "{place}의 입력 채널 {takes}이(가) 앞 부분의 출력 채널 {given}과(와) 다릅니다. 세 부분이 같은 nas-config 파일을 쓰게 하세요.",
        "en": "{place} takes {takes} channels, but the part before it gives {given}. Let all parts use the same nas-config file.",
    },
    "models.nas_file_missing": {
        "ko": "nas-config 파일이 없습니다: {path}. 모델 설정의 config 경로를 확인하세요.",
        "en": "nas-config file not found: {path}. Check the config paths in the model section.",
    },
    "models.nas_unreadable": {
        "ko": "{path}: nas-config 파일을 읽지 못했습니다 ({reason}). UTF-8로 된 JSON 파일인지 확인하세요.",
        "en": "{path}: the nas-config file cannot be read ({reason}). Check that it is a JSON file in UTF-8.",
    },
    "models.nas_json": {
        "ko": "{path}, {line}번째 줄: JSON 객체로 읽을 수 없습니다 ({reason}). 그 줄을 고치세요.",
        "en": "{path}, line {line}: this is not a JSON object ({reason}). Mend that line.",
    },
    "models.nas_missing": {
        "ko": "{path}: '{key}' 항목이 없습니다. nas-config에 추가하세요.",
        "en": "{path}: '{key}' is missing. Add it to the nas-config.",
    },
    "models.nas_argument_missing": {
        "ko": "{path}, {place}: 이 계층에 '{argument}' 항목이 없습니다. 추가하세요.",
        "en": "{path}, {place}: this layer lacks '{argument}'. Add it.",
    },
    "models.nas_not_a_list": {
        "ko": "{path}: '{place}'에는 계층이 하나 이상 든 목록이 필요합니다. [...]로 묶어 쓰세요.",
        "en": "{path}: '{place}' should be a list of at least one layer. Write it as [...].",
    },
    "models.nas_unknown_layer": {
        "ko": "{path}, {place}: '{name}'이라는 계층은 지원하지 않습니다. 혹시 '{nearest}'인가요?",
        "en": "{path}, {place}: there is no layer '{name}'. Did you mean '{nearest}'?",
    },
    "models.nas_unknown_key": {
        "ko": "{path}, {place}: '{argument}'라는 항목은 이 계층에 없습니다. 혹시 '{nearest}'인가요?",
        "en": "{path}, {place}: this layer has no argument '{argument}'. Did you mean '{nearest}'?",
    },
    "models.nas_bad_value": {
        "ko": "{path}, {place}: {argument}에 {value} 값은 쓸 수 없습니다. 가능한 값: {allowed}",
        "en": "{path}, {place}: {argument} cannot be {value}; it may be: {allowed}",
    },
    "models.nas_channels": {
        "ko": "{path}, {place}: 이 계층의 입력 채널은 {takes}인데 앞 계층의 출력 채널은 {given}입니다. 둘을 같게 고치세요.",
        "en": "{path}, {place}: this layer takes {takes} channels, but the one before it gives {given}. Make them equal.",
    },
    "models.nas_outputs": {
        "ko": "{path}, {place}: 출력 채널이 {given}인데 loss_emb의 feature_dim에 1을 더한 {wanted}이어야 합니다. 둘 중 하나를 고치세요.",
        "en": "{path}, {place}: gives {given} channels, but 1 + feature_dim of loss_emb is {wanted}. Change one of the two.",
    },
    "find.unknown_bbox_type": {
        "ko": "test_cfg.bbox_type '{name}'은(는) 없습니다. 다음 중에서 고르세요: {known}.",
        "en": "there is no test_cfg.bbox_type '{name}'; choose one of: {known}.",
    },
    # --- data -----------------------------------------------------------------------------------
    "data.folder_missing": {
        "ko": "폴더가 없습니다: {path}. 설정의 data_root나 {setting}을(를) 확인하세요.",
        "en": "folder not found: {path}. Check data_root or {setting} in the config.",
    },
    "data.no_images": {
        "ko": "{path}: 이미지({suffixes})가 하나도 없습니다. 설정의 img_dir을 확인하세요.",
        "en": "{path}: there is no image ({suffixes}) in it. Check img_dir in the config.",
    },
    "data.no_labelled_images": {
        "ko": (
            "{path}: 이미지 {images}장 중 쓸 수 있는 라벨이 있는 것이 없습니다 (찾은 이름: {names}). "
            "설정의 gt_dir과 라벨 파일의 이름을 확인하고, 다른 형식의 라벨이면 format='auto'로 하세요."
        ),
        "en": (
            "{path}: none of the {images} images has a usable label (looked for {names}). "
            "Check gt_dir in the config and the names of the label files; for labels of another "
            "format set format='auto'."
        ),
    },
    "data.folder_not_named": {
        "ko": "데이터의 위치를 알 수 없습니다. 설정의 데이터에 {setting}을(를) 적으세요.",
        "en": "where the data lies is not said. Name {setting} in the config's data.",
    },
    "data.unknown_format": {
        "ko": "라벨 형식 '{format}'은(는) 없습니다. 가까운 이름: {nearest}.",
        "en": "there is no label format '{format}'. Nearest: {nearest}.",
    },
    "data.format_not_found": {
        "ko": "{path}: 라벨의 형식을 알아낼 수 없습니다. 설정의 format에 형식을 적으세요 (가능: {formats}).",
        "en": "{path}: the format of the labels cannot be told. Name it as format in the config (one of {formats}).",
    },
    "data.labels_unusable": {
        "ko": "쓸 수 있는 라벨이 하나도 없습니다. {first}. 이미지의 이름과 라벨을 확인하세요.",
        "en": "no label is usable. {first}. Check the names of the images and the labels.",
    },
    "data.no_words": {
        "ko": "{path}: 라벨 파일 {labels}개에 읽을 수 있는 글자 영역이 하나도 없습니다. 라벨의 형식을 확인하세요.",
        "en": "{path}: the {labels} label files hold no usable word. Check the format of the labels.",
    },
    "data.all_ignored": {
        "ko": (
            "{path}: 글자 영역 {words}개가 모두 ###(무시)로 표시되어 있어 배울 것이 없습니다. "
            "읽을 수 있는 글자에는 ### 대신 그 글자를 적으세요."
        ),
        "en": (
            "{path}: all {words} words are marked ### (ignored), so there is nothing to learn. "
            "Write the text instead of ### where it can be read."
        ),
    },
    "data.strict": {
        "ko": "데이터에서 문제 {count}건을 찾았습니다 ({first}). 고치거나 --strict 없이 실행하세요.",
        "en": "found {count} problems in the data ({first}). Mend them, or run without --strict.",
    },
    "data.image_missing": {
        "ko": "이미지 파일이 없습니다: {path}. 경로를 확인하세요.",
        "en": "image not found: {path}. Check the path.",
    },
    "data.image_unreadable": {
        "ko": "{path}: 이미지로 읽을 수 없습니다 ({reason}). 파일을 다시 받거나 빼고 실행하세요.",
        "en": "{path}: cannot be read as an image ({reason}). Fetch it again or take it out.",
    },
    "data.image_too_large": {
        "ko": "{path}: 이미지가 {width}x{height} ({megapixels:,.0f}백만 화소)로 너무 큽니다 (최대 {limit:.0f}백만 화소). 줄이거나 나누어서 저장하세요.",
        "en": "{path}: an image of {width}x{height} ({megapixels:,.0f} million pixels) is too large (at most {limit:.0f} million). Save it smaller or in parts.",
    },
    "data.image_changed": {
        "ko": "{path}: 훈련을 시작할 때 {width}x{height}였던 이미지가 이제 {new_width}x{new_height}이므로 라벨과 맞지 않습니다. 원래 이미지를 되돌려 놓거나 훈련을 다시 시작하세요.",
        "en": "{path}: the image was {width}x{height} when training began and is {new_width}x{new_height} now, so its labels do not fit. Put the original back, or start training again.",
    },
    "data.image_too_many_bad": {
        "ko": "훈련 이미지 {total}장 중 {count}장을 읽을 수 없게 되어 훈련을 멈춥니다 ({names}). 전체 목록: {file}. 파일을 되돌려 놓은 뒤 --resume auto로 이어서 훈련하세요.",
        "en": "{count} of the {total} training images have become unreadable, so training stops ({names}). All of them: {file}. Put the files back, then go on with --resume auto.",
    },
    "data.image_none_readable": {
        "ko": "이미지를 연속으로 {count}번 읽지 못해 훈련을 멈춥니다 ({names}). 전체 목록: {file}. 데이터 폴더나 네트워크 드라이브가 연결되어 있는지 확인한 뒤 --resume auto로 이어서 훈련하세요.",
        "en": "{count} images in a row could not be read, so training stops ({names}). All of them: {file}. See whether the data folder or the network share is still there, then go on with --resume auto.",
    },
    "data.image_more": {"ko": "외 {count}장", "en": "and {count} more"},
    "data.image_list_unwritten": {
        "ko": "{path}에 쓸 수 없었습니다 ({reason})",
        "en": "{path} could not be written ({reason})",
    },
    "data.image_worker_gone": {
        "ko": "데이터 프로세스가 갑자기 끝났습니다",
        "en": "a data process ended suddenly",
    },
    "data.image_workers_died": {
        "ko": "데이터를 읽는 프로세스가 {count}번 연속으로 죽었습니다 ({reason}). 메모리나 /dev/shm 공간({shm})이 모자라는 경우가 많습니다. --workers 0이나 더 작은 수로 실행하거나 메모리와 /dev/shm을 늘리세요.",
        "en": "the processes that read the data died {count} times in a row ({reason}). Mostly memory or the space in /dev/shm ({shm}) runs out. Run with --workers 0 or fewer, or give the machine more memory and a larger /dev/shm.",
    },
    "data.damage.empty": {"ko": "빈 파일입니다", "en": "the file is empty"},
    "data.damage.no_image": {"ko": "이미지 형식이 아닙니다", "en": "it is no image"},
    "data.damage.cut_off": {"ko": "파일이 중간에 잘렸습니다", "en": "the file is cut off"},
    "data.damage.too_large": {
        "ko": "{width}x{height} ({megapixels:,.0f}백만 화소)로 너무 큽니다 (최대 {limit:.0f}백만 화소)",
        "en": "{width}x{height} ({megapixels:,.0f} million pixels) is too large (at most {limit:.0f} million)",
    },
    "data.damage.too_many_bytes": {
        "ko": "이미지 하나가 {megabytes} MB입니다",
        "en": "a single image of {megabytes} MB",
    },
    "data.batch_not_shared": {
        "ko": (
            "배치 크기 {batch_size}은(는) 프로세스(GPU) {world}개로 똑같이 나눌 수 없습니다. "
            "{world}의 배수로 정하세요."
        ),
        "en": (
            "a batch of {batch_size} cannot be shared evenly by {world} processes (GPUs). "
            "Make it a multiple of {world}."
        ),
    },
    "data.check.clean": {
        "ko": "데이터 확인: {folder} (이미지 {images}장, 글자 영역 {words}개, 무시 {ignored}개), 문제 없음",
        "en": "data checked: {folder} ({images} images, {words} words, {ignored} of them ignored), no problem",
    },
    "data.check.problems": {
        "ko": "데이터 확인: {folder} (이미지 {images}장, 글자 영역 {words}개, 무시 {ignored}개), 문제 {count}건은 빼고 씁니다",
        "en": "data checked: {folder} ({images} images, {words} words, {ignored} of them ignored), {count} problems left out",
    },
    "data.check.drawn": {
        "ko": "데이터 확인: 그려서 쓰는 이미지 (에포크마다 {images}장), 확인할 파일이 없습니다",
        "en": "data checked: drawn images ({images} an epoch), there are no files to check",
    },
    "synthetic.no_fonts": {
        "ko": "{path}: 영문자와 숫자를 모두 갖춘 글꼴({suffixes})이 없습니다. 설정의 fonts를 확인하거나 None으로 두어 시스템 글꼴을 쓰세요.",
        "en": "{path}: no font ({suffixes}) with all Latin letters and digits in it. Check fonts in the config, or leave it None to use the system's fonts.",
    },
    "synthetic.no_backgrounds": {
        "ko": "{path}: 배경으로 쓸 이미지가 없습니다. 설정의 backgrounds를 확인하거나 None으로 두어 배경도 그려서 쓰세요.",
        "en": "{path}: no image to use as a background. Check backgrounds in the config, or leave it None to have the backgrounds drawn, too.",
    },
    "data.check.left_out": {
        "ko": "  단어가 아닌 항목 (글자 하나씩 표시한 것): {count}건 (쓰지 않습니다)",
        "en": "  entries that are no words (their single characters): {count} (not used)",
    },
    "data.check.clipped": {
        "ko": "  이미지 밖으로 나간 영역: {count}건 (이미지 안의 부분만 씁니다)",
        "en": "  words that reach beyond their image: {count} (used up to its edge)",
    },
    "data.check.kind": {"ko": "  {name}: {count}건", "en": "  {name}: {count}"},
    "data.check.line": {"ko": "    {text}", "en": "    {text}"},
    "data.check.more": {"ko": "    ... 그 밖에 {count}건", "en": "    ... and {count} more"},
    "data.place.file": {"ko": "{path}: {text}", "en": "{path}: {text}"},
    "data.place.line": {"ko": "{path}, {line}번째 줄: {text}", "en": "{path}, line {line}: {text}"},
    "data.place.entry": {
        "ko": "{path}, {line}번째 항목: {text}",
        "en": "{path}, entry {line}: {text}",
    },
    "data.kind.too_many_points": {
        "ko": "점이 너무 많은 영역",
        "en": "outlines of too many points",
    },
    "data.kind.not_json": {
        "ko": "형식이 깨진 라벨 파일",
        "en": "label files that are broken",
    },
    "data.kind.missing_key": {"ko": "필요한 키가 없는 항목", "en": "entries that lack a key"},
    "data.kind.wrong_type": {"ko": "값의 종류가 다른 항목", "en": "entries of the wrong type"},
    "data.problem.too_many_points": {
        "ko": "영역의 점이 너무 많습니다 ({detail}개)",
        "en": "the outline has too many points ({detail})",
    },
    "data.problem.not_json": {
        "ko": "라벨 파일의 형식이 깨져 있습니다 ({detail}). 파일을 다시 만드세요",
        "en": "the label file is broken ({detail}); make it again",
    },
    "data.problem.missing_key": {
        "ko": "'{detail}' 키가 없습니다",
        "en": "the key '{detail}' is missing",
    },
    "data.problem.wrong_type": {
        "ko": "'{detail}' 키의 값이 알맞은 종류가 아닙니다",
        "en": "the value of '{detail}' is not of the right type",
    },
    "data.kind.wrong_shape": {
        "ko": "영역이 아닌 도형",
        "en": "shapes that enclose nothing",
    },
    "data.kind.not_a_label_line": {
        "ko": "경로, 탭, JSON 목록으로 되어 있지 않은 줄",
        "en": "lines that are not a path, a TAB and a JSON list",
    },
    "data.problem.wrong_shape": {
        "ko": "'{detail}' 도형은 글자 영역이 될 수 없습니다. polygon이나 rectangle로 그리세요",
        "en": "a shape of type '{detail}' is no word; draw a polygon or a rectangle",
    },
    "data.problem.not_a_label_line": {
        "ko": "이미지 경로, 탭, JSON 목록으로 된 줄이 아닙니다: {detail}",
        "en": "expected the image's path, a TAB and a JSON list, found: {detail}",
    },
    "data.kind.too_few_points": {"ko": "점이 모자란 줄", "en": "lines with too few points"},
    "data.kind.not_a_number": {"ko": "숫자가 아닌 좌표", "en": "coordinates that are no numbers"},
    "data.kind.not_finite": {"ko": "쓸 수 없는 좌표 값", "en": "coordinates beyond all bounds"},
    "data.kind.zero_area": {"ko": "넓이가 없는 영역", "en": "words without area"},
    "data.kind.outside": {"ko": "이미지 밖의 영역", "en": "words outside the image"},
    "data.kind.encoding": {
        "ko": "글자로 읽을 수 없는 라벨 파일",
        "en": "label files that are no text",
    },
    "data.kind.label_unreadable": {
        "ko": "열 수 없는 라벨 파일",
        "en": "label files that cannot be opened",
    },
    "data.kind.missing_label": {"ko": "라벨이 없는 이미지", "en": "images without a label file"},
    "data.kind.missing_image": {"ko": "이미지가 없는 라벨", "en": "label files without an image"},
    "data.kind.image_unreadable": {"ko": "읽을 수 없는 이미지", "en": "images that cannot be read"},
    "data.kind.not_mat": {
        "ko": "읽을 수 없는 MATLAB 파일",
        "en": "MATLAB files that cannot be read",
    },
    "data.kind.wrong_count": {
        "ko": "값의 개수가 맞지 않는 줄",
        "en": "entries with a wrong number of values",
    },
    "data.problem.not_mat": {
        "ko": "MATLAB 라벨 파일로 읽을 수 없습니다 ({detail})",
        "en": "it cannot be read as a MATLAB label file ({detail})",
    },
    "data.problem.wrong_count": {
        "ko": "값의 개수가 맞지 않습니다: {detail}",
        "en": "the number of values is wrong: {detail}",
    },
    "data.kind.sample_count": {
        "ko": "num-samples와 다른 이미지 수",
        "en": "image counts that differ from num-samples",
    },
    "data.kind.text_count": {
        "ko": "영역 수와 다른 글자 수",
        "en": "labels with more or fewer texts than boxes",
    },
    "data.kind.label_too_long": {"ko": "지나치게 큰 라벨", "en": "labels that are far too long"},
    "data.kind.pickle_refused": {
        "ko": "안전하지 않은 pickle 라벨",
        "en": "pickled labels that are not safe",
    },
    "data.kind.pickle_damaged": {
        "ko": "손상된 pickle 라벨",
        "en": "pickled labels that are damaged",
    },
    "data.problem.sample_count": {
        "ko": "num-samples와 실제 이미지 수가 다릅니다 ({detail}). LMDB를 만든 작업이 끝까지 갔는지 확인하세요",
        "en": "num-samples and the number of images differ ({detail}); see whether the tool that made it came to its end",
    },
    "data.problem.text_count": {
        "ko": "글자와 영역의 수가 다릅니다 ({detail})",
        "en": "it has not as many texts as boxes ({detail})",
    },
    "data.problem.label_too_long": {
        "ko": "이미지 한 장의 라벨로는 지나치게 큽니다 ({detail})",
        "en": "it is far too long for the label of one image ({detail})",
    },
    "data.problem.pickle_refused": {
        "ko": "데이터만 담은 pickle이 아니라서 읽지 않았습니다 ({detail}). 믿을 수 있는 파일이라면 그것을 만든 도구에서 JSON으로 저장하세요",
        "en": "the pickle holds more than plain data and was not read ({detail}); if you trust the file, save its labels as JSON with the tool that made it",
    },
    "data.problem.pickle_damaged": {
        "ko": "JSON도 아니고 온전한 pickle도 아닙니다 ({detail})",
        "en": "it is neither JSON nor an intact pickle ({detail})",
    },
    "data.problem.too_few_points": {
        "ko": "x,y 점이 모자랍니다 ({detail}개뿐입니다)",
        "en": "there are too few points x,y ({detail})",
    },
    "data.problem.not_a_number": {
        "ko": "좌표가 올 자리에 '{detail}'이(가) 있습니다",
        "en": "expected a coordinate, found '{detail}'",
    },
    "data.problem.not_finite": {
        "ko": "좌표로 쓸 수 없는 값이 있습니다: {detail}",
        "en": "no coordinate can have this value: {detail}",
    },
    "data.problem.zero_area": {
        "ko": "영역의 넓이가 0입니다. 점의 순서를 확인하세요: {detail}",
        "en": "the word has no area; check the order of its points: {detail}",
    },
    "data.problem.outside": {
        "ko": "영역이 이미지({detail}) 밖에 있습니다",
        "en": "the word lies outside the image ({detail})",
    },
    "data.problem.encoding": {
        "ko": "UTF-8이나 CP949로 읽을 수 없습니다. UTF-8로 저장하세요",
        "en": "it is neither UTF-8 nor CP949; save it as UTF-8",
    },
    "data.problem.label_unreadable": {
        "ko": "라벨 파일을 열 수 없습니다 ({detail})",
        "en": "the label file cannot be opened ({detail})",
    },
    "data.problem.missing_label": {
        "ko": "라벨 파일이 없습니다. 글자가 없는 이미지라면 빈 라벨 파일을 두세요",
        "en": "it has no label file; give an image without text an empty one",
    },
    "data.problem.missing_image": {
        "ko": "이 라벨에 맞는 이미지가 없습니다",
        "en": "there is no image for this label",
    },
    "data.problem.image_unreadable": {
        "ko": "이미지로 읽을 수 없습니다 ({detail})",
        "en": "it cannot be read as an image ({detail})",
    },
    # --- LMDB -----------------------------------------------------------------------------------
    "lmdb.missing": {
        "ko": "LMDB가 없습니다: {path}. 설정의 lmdb_path를 확인하세요.",
        "en": "LMDB not found: {path}. Check lmdb_path in the config.",
    },
    "lmdb.unreadable": {
        "ko": "{path}: LMDB를 열 수 없습니다 ({reason}). 읽기 권한을 확인하세요.",
        "en": "{path}: the LMDB cannot be opened ({reason}). Check its permissions.",
    },
    "lmdb.damaged": {
        "ko": "{path}: LMDB 파일이 아니거나, 잘렸거나 손상되었습니다 ({detail}). 원본에서 다시 복사하거나 다시 만드세요.",
        "en": "{path} is no LMDB, or was cut off or damaged ({detail}). Copy it again, or make it anew.",
    },
    "lmdb.no_samples": {
        "ko": "{path}: 이미지 LMDB가 아니거나 만드는 중에 멈췄습니다 (num-samples: {count}). image-000000000, gt-000000000, num-samples 키가 필요합니다.",
        "en": "{path} is no LMDB of images, or is unfinished (num-samples: {count}). It needs the keys image-000000000, gt-000000000 and num-samples.",
    },
    "lmdb.not_installed": {
        "ko": "lmdb 패키지가 없습니다. 설치하세요: pip install lmdb",
        "en": "the package lmdb is missing. Install it: pip install lmdb",
    },
    "lmdb.exists": {
        "ko": "{path}: 이미 있습니다. 다른 이름을 정하거나, 필요 없으면 지우고 다시 실행하세요.",
        "en": "{path} exists already. Choose another name, or delete it if you do not need it.",
    },
    "lmdb.in_use": {
        "ko": "{path}: 다른 프로세스가 쓰고 있습니다. 그것이 끝난 뒤에 다시 실행하세요.",
        "en": "{path} is being written by another process. Start again once that has ended.",
    },
    "lmdb.cannot_write": {
        "ko": "{path}: 저장하지 못했습니다 ({reason}). 디스크 공간과 쓰기 권한을 확인하고 같은 명령을 다시 실행하면 이어서 합니다.",
        "en": "{path} could not be written ({reason}). Check disk space and permissions; the same command then goes on from here.",
    },
    "lmdb.not_as_written": {
        "ko": "{path}: 다시 읽어 보니 기록 {count}개가 쓴 것과 다릅니다. 디스크를 확인하고 같은 명령을 다시 실행하면 그 기록부터 다시 씁니다.",
        "en": "{path}: {count} records read back differ from what was written. Check the disk; the same command then writes them again.",
    },
    # --- evaluation and inference ---------------------------------------------------------------
    "test.format": {
        "ko": "라벨 형식: {format} ({folder}에서 알아냄)",
        "en": "label format: {format} (found out from {folder})",
    },
    "test.problem": {"ko": "⚠️ {text}", "en": "⚠️ {text}"},
    "test.more_problems": {
        "ko": "⚠️ 라벨의 문제가 {count}건 더 있습니다.",
        "en": "⚠️ There are {count} more problems with the labels.",
    },
    "detect.loaded": {
        "ko": "📦 체크포인트 로드: {path}\n   - {source}",
        "en": "📦 Checkpoint loaded: {path}\n   - {source}",
    },
    "detect.source.ema": {"ko": "EMA 상태 딕셔너리 사용", "en": "using the EMA state dict"},
    "detect.source.state_dict": {
        "ko": "모델 상태 딕셔너리 사용",
        "en": "using the model's state dict",
    },
    "detect.source.weights": {
        "ko": "가중치만 담긴 파일 사용",
        "en": "using a file of bare weights",
    },
    "detect.backbone_only": {
        "ko": "{path}: 백본 가중치만 있어 글자를 찾을 수 없습니다. 훈련이 끝난 체크포인트(예: checkpoint_best.pth)를 지정하세요.",
        "en": "{path} holds a backbone only and cannot find words; name a trained checkpoint, such as checkpoint_best.pth.",
    },
    "detect.too_large": {
        "ko": "{name}: 이미지가 너무 길거나 커서 조각으로 나누어도 네트워크 입력이 {height}x{width} 픽셀이 됩니다. 이미지를 나누거나 --short_size(또는 설정의 short_size)를 줄이세요.",
        "en": "{name}: the image is so long or large that the network would see {height}x{width} pixels, too many even in tiles. Cut it up, or lower --short_size (short_size in the config).",
    },
    "test.about": {
        "ko": "체크포인트를 데이터셋의 방식으로 평가하고 제출 파일과 결과 JSON을 저장합니다.",
        "en": "Score a checkpoint by the data set's protocol; write the submission files and a JSON of all results.",
    },
    "test.examples": {
        "ko": """예시:
  훈련한 모델을 평가합니다 (정밀도, 재현율, hmean):
    python test.py config/fast/ic15/fast_checkpoint_7ep_finetune.py \\
        finetune_checkpoints/checkpoint_best.pth --eval
  설정 파일을 고치지 않고 내 이미지와 라벨로 평가합니다:
    python test.py CONFIG CHECKPOINT --eval \\
        --cfg-options data.test.img_dir=내_이미지 data.test.gt_dir=내_라벨
  어디에 시간이 걸리는지 봅니다:
    python test.py CONFIG CHECKPOINT --report-speed

설정의 data.test가 가리키는 이미지를 모두 검사합니다. --eval이 없으면 점수 없이 결과 파일만 만듭니다.
잘못된 입력은 한 문장으로 알리고 종료 코드 2로 끝납니다.""",
        "en": """examples:
  score a trained model (precision, recall, hmean):
    python test.py config/fast/ic15/fast_checkpoint_7ep_finetune.py \\
        finetune_checkpoints/checkpoint_best.pth --eval
  score on your own images and labels without editing the config:
    python test.py CONFIG CHECKPOINT --eval \\
        --cfg-options data.test.img_dir=my_images data.test.gt_dir=my_labels
  see where the time goes:
    python test.py CONFIG CHECKPOINT --report-speed

All images that data.test of the config points to are searched. Without --eval only result files are
written. Wrong input is answered with one sentence and exit code 2.""",
    },
    "test.eval": {
        "ko": "라벨과 비교해 정밀도, 재현율, hmean을 출력합니다.",
        "en": "compare with the labels: print precision, recall and hmean",
    },
    "test.output": {
        "ko": "제출 파일의 zip 또는 폴더 (기본값: 설정의 test_cfg.result_path, 없으면 {default}).",
        "en": "zip or folder for the submission files (default: test_cfg.result_path of the config, else {default})",
    },
    "test.json": {
        "ko": "결과 JSON의 경로 (기본값: 제출 파일과 같은 이름의 .json).",
        "en": "where the JSON of all results goes (default: the submission's name with .json)",
    },
    "test.batch_size": {
        "ko": "한 번에 처리할 이미지 수 (기본값: 1). 크기가 다른 이미지가 섞여도 결과는 같습니다.",
        "en": "images per batch (default: 1); images of unlike sizes may mix, results stay the same",
    },
    "test.worker": {
        "ko": "이미지를 읽는 프로세스 수 (기본값: CPU 코어 수, 최대 4). --report-speed에서는 0입니다.",
        "en": "processes that read images (default: CPU cores, at most 4); 0 under --report-speed",
    },
    "test.ema": {
        "ko": "EMA 가중치를 씁니다 (기본값). --no-ema는 평균 내지 않은 가중치를 씁니다.",
        "en": "take the EMA weights (the default); --no-ema takes the weights as they were trained",
    },
    "test.amp": {
        "ko": "혼합 정밀도: auto는 장치에 bfloat16 연산 장치가 있으면 bfloat16으로 계산합니다. 점수가 소수점 셋째 자리에서 달라질 수 있습니다 (기본값: %(default)s)",
        "en": "mixed precision: auto computes in bfloat16 where the device has units for it; scores may differ in the third digit (default: %(default)s)",
    },
    "test.compile": {
        "ko": "torch.compile로 네트워크를 컴파일 (시작이 늦어지므로 이미지가 많을 때 쓰세요)",
        "en": "compile the network with torch.compile (slower to start: for many images)",
    },
    "test.report_speed": {
        "ko": "읽기, 네트워크, 후처리, 상자 추출에 걸린 시간을 표로 보여 줍니다.",
        "en": "show a table of the time for decoding, network, post-processing and box extraction",
    },
    "test.print_model": {"ko": "모델의 구조를 출력합니다.", "en": "print the layers of the model"},
    "test.cpu": {
        "ko": "CPU에서 실행합니다 (--device cpu와 같음).",
        "en": "run on the CPU (as --device cpu)",
    },
    "test.model": {
        "ko": "{model}\n   - 파라미터: {count:,}개",
        "en": "{model}\n   - parameters: {count:,}",
    },
    "test.no_labels": {
        "ko": "--eval: {folder}에 라벨 파일이 없어 점수를 낼 수 없습니다. 설정의 data.test.gt_dir에 라벨 폴더를 지정하거나 --eval 없이 실행하세요.",
        "en": "--eval: there are no label files in {folder} to score by. Set data.test.gt_dir to the folder of labels, or leave out --eval.",
    },
    "test.start": {
        "ko": "🔎 이미지 {images}장을 검사합니다: {folder} ({device})",
        "en": "🔎 Searching {images} images: {folder} ({device})",
    },
    "test.unreadable": {
        "ko": "⚠️ {reason} (검출 결과가 없는 이미지로 계산합니다.)",
        "en": "⚠️ {reason} (It counts as an image without detections.)",
    },
    "test.score": {
        "ko": "📊 평가 결과 ({protocol})\n   - 정밀도(precision): {precision:.4f}\n   - 재현율(recall): {recall:.4f}\n   - 조화 평균(hmean): {hmean:.4f}\n   - 맞은 단어 {matched}개, 정답 {truths}개, 검출 {detections}개",
        "en": "📊 Result ({protocol})\n   - precision: {precision:.4f}\n   - recall: {recall:.4f}\n   - hmean: {hmean:.4f}\n   - {matched} words matched, {truths} labelled, {detections} detected",
    },
    "test.speed.title": {
        "ko": "⏱️ 속도 (이미지 {images}장, 배치 {batch_size}, {device}): 이미지당 시간, 비율",
        "en": "⏱️ Speed ({images} images, batches of {batch_size}, {device}): time per image, share",
    },
    "test.speed.line": {
        "ko": "   {ms:9.2f} ms {percent:5.1f}%  {stage}",
        "en": "   {ms:9.2f} ms {percent:5.1f}%  {stage}",
    },
    "test.speed.total": {
        "ko": "   {ms:9.2f} ms 100.0%  전체 (초당 {rate:.2f}장)",
        "en": "   {ms:9.2f} ms 100.0%  all ({rate:.2f} images/s)",
    },
    "test.speed.decode": {"ko": "읽기 (디코딩과 크기 조정)", "en": "decoding and resizing"},
    "test.speed.network": {
        "ko": "네트워크 (장치로 보내기 포함)",
        "en": "network (with the upload)",
    },
    "test.speed.post_processing": {
        "ko": "후처리 (점수 지도와 영역)",
        "en": "post-processing (score map, regions)",
    },
    "test.speed.box_extraction": {"ko": "상자 추출", "en": "box extraction"},
    "test.speed.other": {"ko": "그 밖 (채점 포함)", "en": "the rest (scoring too)"},
    "test.written": {
        "ko": "💾 결과 저장: {zip}, {json}",
        "en": "💾 Results written: {zip}, {json}",
    },
    "test.not_scored": {
        "ko": "   점수를 계산하지 않았습니다. 라벨이 있으면 --eval을 붙이세요.",
        "en": "   Nothing was scored; add --eval where there are labels.",
    },
    "infer.about": {
        "ko": "사진에서 글자 영역을 찾아 표시한 이미지와 JSON을 저장합니다.",
        "en": "Find the words in photos; write each photo with its words outlined, and a JSON.",
    },
    "infer.examples": {
        "ko": """예시:
  사진 한 장:
    python inference_single.py \\
        --config config/fast/ic15/fast_checkpoint_7ep_finetune.py \\
        --checkpoint finetune_checkpoints/checkpoint_best.pth \\
        --image your_image.jpg
  결과 파일의 이름을 정합니다:
    python inference_single.py --config CONFIG --checkpoint CHECKPOINT \\
        --image 사진.jpg --output 결과.jpg --json 결과.json
  폴더 전체 또는 이름 패턴 (패턴은 따옴표로 묶으세요):
    python inference_single.py --config CONFIG --checkpoint CHECKPOINT --image 사진_폴더
    python inference_single.py --config CONFIG --checkpoint CHECKPOINT \\
        --image '사진_폴더/*.png' --output 결과_폴더
  PDF와 동영상, 그리고 목록 파일에 적힌 것들:
    python inference_single.py --checkpoint CHECKPOINT --image 문서.pdf 영상.mp4 @목록.txt
  PPOCRLabel에서 고칠 라벨과 인식기에 넣을 단어 이미지를, 읽는 순서로:
    python inference_single.py --checkpoint CHECKPOINT --image 사진_폴더 \\
        --formats paddle crops --order reading

글자가 덜 잡히면 --min_score를 낮추고(예: 0.7), 잘못 잡히면 높이세요. 작은 글자는 --short_size를 키우면
더 잘 잡히지만 느려집니다. JSON의 좌표는 바로 세운(EXIF 회전을 적용한) 사진의 픽셀이며, 상자는 사진의
가장자리를 조금 넘을 수 있습니다. 읽지 못한 사진은 알리고 건너뛰며, 끝에 종료 코드 2로 알립니다.""",
        "en": """examples:
  one photo:
    python inference_single.py \\
        --config config/fast/ic15/fast_checkpoint_7ep_finetune.py \\
        --checkpoint finetune_checkpoints/checkpoint_best.pth \\
        --image your_image.jpg
  name the result files:
    python inference_single.py --config CONFIG --checkpoint CHECKPOINT \\
        --image photo.jpg --output result.jpg --json result.json
  a folder, or a pattern (in quotes):
    python inference_single.py --config CONFIG --checkpoint CHECKPOINT --image photos
    python inference_single.py --config CONFIG --checkpoint CHECKPOINT \\
        --image 'photos/*.png' --output results
  PDFs, videos, and what a list names:
    python inference_single.py --checkpoint CHECKPOINT --image paper.pdf film.mp4 @list.txt
  labels to correct in PPOCRLabel, and words for a recogniser, in reading order:
    python inference_single.py --checkpoint CHECKPOINT --image photos \\
        --formats paddle crops --order reading

Words are missed: lower --min_score (say 0.7); false ones: raise it. A larger --short_size finds
smaller words and takes longer. Corners in the JSON are pixels of the upright photo (EXIF rotation
applied) and may lie a little outside it. A photo that cannot be read is reported and skipped; the
exit code is 2 then.""",
    },
    "cli.config": {
        "ko": "설정 파일 (훈련에 쓴 것과 같은 파일).",
        "en": "the config that the model was trained with",
    },
    "cli.checkpoint": {
        "ko": "체크포인트 파일 (.pth, .safetensors, 추론에서는 내보낸 .onnx도).",
        "en": "the checkpoint (.pth, .safetensors, and for inference an exported .onnx)",
    },
    "cli.min_score": {
        "ko": "이 점수보다 낮은 영역은 버립니다 (기본값: 체크포인트에 저장된 값, 없으면 설정의 test_cfg.min_score).",
        "en": "drop regions with a lower score (default: what the checkpoint stores, else test_cfg.min_score of the config)",
    },
    "cli.min_area": {
        "ko": "네트워크 입력에서 이 픽셀 수보다 작은 영역은 버립니다 (기본값: 설정의 test_cfg.min_area).",
        "en": "drop regions of fewer pixels at the network's input (default: test_cfg.min_area)",
    },
    "infer.image": {
        "ko": "사진, PDF, 동영상, 폴더, 따옴표로 묶은 패턴, 목록 파일(@목록.txt), 또는 표준 입력의 목록(-). 여러 개를 쓸 수 있습니다.",
        "en": "a photo, PDF or video, a folder, a pattern in quotes, a list (@list.txt), or a list on standard input (-); several may follow one another",
    },
    "infer.output": {
        "ko": "표시한 이미지의 파일 이름(사진 한 장) 또는 결과 폴더 (기본값: {default}).",
        "en": "a file for the outlined photo (one photo only), or a folder for all results (default: {default})",
    },
    "infer.json": {
        "ko": "JSON 파일의 이름 (사진 한 장일 때만).",
        "en": "a file for the JSON (one photo only)",
    },
    "infer.short_size": {
        "ko": "사진의 짧은 변을 이 픽셀 수로 맞춰 검사합니다 (기본값: 설정의 data.test.short_size).",
        "en": "resize the photo's short side to this many pixels (default: data.test.short_size)",
    },
    "infer.image_done": {
        "ko": "🖼️ {image} ({width}x{height}, {seconds:.2f}초)",
        "en": "🖼️ {image} ({width}x{height}, {seconds:.2f} s)",
    },
    "infer.words": {
        "ko": "   - 단어 {count}개, 점수 최고 {best:.3f} / 최저 {worst:.3f}",
        "en": "   - {count} words, best score {best:.3f}, worst {worst:.3f}",
    },
    "infer.no_words": {
        "ko": "   - 찾은 단어가 없습니다 (--min_score를 낮추면 더 많이 찾습니다).",
        "en": "   - no words found (a lower --min_score finds more)",
    },
    "infer.written": {
        "ko": "   - 저장: {overlay}, {json}",
        "en": "   - written: {overlay}, {json}",
    },
    "infer.no_image": {
        "ko": "--image {name}: 이미지가 없습니다. 경로를 확인하세요 (가능한 형식: jpg, png, bmp, webp, tif, pdf, 동영상).",
        "en": "--image {name}: there is no image there. Check the path (formats: jpg, png, bmp, webp, tif, pdf, videos).",
    },
    "infer.one_json": {
        "ko": "--json은 사진 한 장일 때만 쓸 수 있는데 사진이 {count}장입니다. 대신 --output에 결과 폴더를 지정하세요.",
        "en": "--json goes with one photo, here are {count}. Name a folder for the results with --output.",
    },
    "infer.output_folder": {
        "ko": "--output {path}: 사진이 {count}장이라 파일 하나에 저장할 수 없습니다. 폴더 이름을 지정하세요.",
        "en": "--output {path}: {count} photos do not fit into one file; name a folder.",
    },
    "infer.would_overwrite": {
        "ko": "{path}: 결과가 원본 사진을 덮어쓰게 됩니다. --output과 --json에 다른 이름이나 폴더를 지정하세요.",
        "en": "{path}: the result would overwrite one of the photos. Give --output or --json another name or folder.",
    },
    "infer.same_file": {
        "ko": "{path}: 이미지와 JSON을 같은 파일에 저장할 수 없습니다. --json에 다른 이름을 지정하세요.",
        "en": "{path} cannot be both the image and the JSON; give --json another name.",
    },
    "infer.image_format": {
        "ko": "{path}: 이 확장자로는 이미지를 저장할 수 없습니다. .jpg나 .png를 쓰거나, 폴더라면 먼저 만드세요.",
        "en": "{path}: an image cannot be written under this suffix. Use .jpg or .png; if a folder is meant, make it first.",
    },
    "infer.cannot_write": {
        "ko": "{path}: 저장하지 못했습니다 ({reason}). 쓰기 권한과 디스크 공간을 확인하거나 다른 곳을 지정하세요.",
        "en": "{path} could not be written ({reason}). Check permissions and disk space, or name another place.",
    },
    "infer.some_failed": {
        "ko": "사진 {total}장 가운데 {failed}장을 처리하지 못했습니다. 위의 메시지를 확인하세요. 나머지 결과는 저장했습니다.",
        "en": "{failed} of {total} photos could not be processed, see above; the results of the others are written.",
    },
    # --- any input, any output -------------------------------------------------------------------
    "infer.config": {
        "ko": "설정 파일. 없으면 체크포인트에 적힌 설정을 쓰고, 그것도 없으면 가중치를 보고 정합니다.",
        "en": "the config; without it that which the checkpoint states, or else what its weights tell",
    },
    "infer.formats": {
        "ko": "함께 저장할 형식: icdar(res_이름.txt), coco(coco.json), paddle(PPOCRLabel의 Label.txt), crops(바르게 편 단어 이미지).",
        "en": "formats to write as well: icdar (res_NAME.txt), coco (coco.json), paddle (PPOCRLabel's Label.txt), crops (the words, straightened)",
    },
    "infer.order": {
        "ko": "단어의 순서: found(찾은 순서, 기본값) 또는 reading(읽는 순서).",
        "en": "order of the words: found (default) or reading",
    },
    "infer.granularity": {
        "ko": "word(단어, 기본값) 또는 line(단어를 묶은 줄).",
        "en": "word (default), or line: words grouped into lines",
    },
    "infer.bbox_type": {
        "ko": "결과의 모양: rect(회전 사각형) 또는 poly(다각형) (기본값: 설정의 test_cfg.bbox_type).",
        "en": "outlines: rect (rotated rectangles) or poly (polygons) (default: test_cfg.bbox_type)",
    },
    "infer.tile": {
        "ko": "네트워크가 보는 크기에서 사진을 한 변이 이 픽셀 수인 조각으로 나누어 검사합니다. 결과는 같고 메모리를 적게 씁니다 (기본값: 아주 큰 사진만 나눕니다).",
        "en": "look at the photo, at the size that the network sees, in tiles of this side: the same words in less memory (default: very large photos only)",
    },
    "infer.every": {
        "ko": "동영상에서 몇 프레임마다 한 장을 검사할지 (기본값: {default}).",
        "en": "of how many frames of a video one is looked at (default: {default})",
    },
    "infer.dpi": {
        "ko": "PDF를 그리는 해상도 (기본값: {default}).",
        "en": "dots per inch at which PDFs are drawn (default: {default})",
    },
    "infer.title.page": {"ko": "{path} {number}쪽", "en": "{path}, page {number}"},
    "infer.title.frame": {"ko": "{path} 프레임 {number}", "en": "{path}, frame {number}"},
    "infer.lines": {
        "ko": "   - 줄 {count}개, 점수 최고 {best:.3f} / 최저 {worst:.3f}",
        "en": "   - {count} lines, best score {best:.3f}, worst {worst:.3f}",
    },
    "infer.labels_written": {"ko": "💾 저장: {paths}", "en": "💾 Written: {paths}"},
    "infer.empty_list": {
        "ko": "--image {name}: 목록이 비어 있습니다. 한 줄에 파일 하나씩 적으세요.",
        "en": "--image {name}: the list is empty; write one file a line.",
    },
    "infer.list_unreadable": {
        "ko": "--image @{path}: 목록 파일을 읽지 못했습니다 ({reason}). UTF-8로 저장하고 경로와 권한을 확인하세요.",
        "en": "--image @{path}: the list could not be read ({reason}). Save it as UTF-8 and check its path and permissions.",
    },
    "infer.no_pdfium": {
        "ko": "{path}: PDF를 읽는 pypdfium2 패키지가 없습니다. 설치하세요: pip install pypdfium2",
        "en": "{path}: the package pypdfium2, which reads PDFs, is missing. Install it: pip install pypdfium2",
    },
    "infer.damage.no_frame": {
        "ko": "재생할 수 있는 프레임이 없습니다",
        "en": "no frame of it can be decoded",
    },
    "infer.pages_need_folder": {
        "ko": "{path}: 여러 장이 나오는 파일이라 결과를 {output} 하나에 저장할 수 없습니다. --output에 폴더를 지정하고 --json은 빼세요.",
        "en": "{path} holds several images, which do not fit into {output}. Name a folder with --output, and leave --json out.",
    },
    "infer.labels_exist": {
        "ko": "{path}: 이미 있는 라벨 파일이라 고친 내용이 지워지지 않도록 멈췄습니다. 파일을 옮기거나 --output에 다른 폴더를 지정하세요.",
        "en": "{path} is there already and may hold corrections. Move it away, or name another folder with --output.",
    },
    "infer.name_breaks_label": {
        "ko": "{path}: 이름에 탭이나 줄바꿈이 있어 Label.txt에 적을 수 없습니다. 파일 이름을 바꾸세요.",
        "en": "{path}: a name with a tab or a line break cannot stand in Label.txt. Rename the file.",
    },
    "detect.no_config": {
        "ko": "{path}: 설정이 적혀 있지 않고 FAST tiny/small/base도 아닙니다. 훈련에 쓴 설정 파일을 함께 지정하세요 (--config).",
        "en": "{path} states no config and is not FAST tiny, small or base. Give the config that it was trained with (--config).",
    },
    "score.unknown_protocol": {
        "ko": "평가 방식 '{name}'은(는) 없습니다. 다음 중에서 고르세요: {known}.",
        "en": "there is no scoring protocol '{name}'; choose one of: {known}.",
    },
    "submission.same_name": {
        "ko": "{first}와(과) {second}은(는) 확장자만 달라 제출 파일에서 구별되지 않습니다. 둘 중 하나의 이름을 바꾸세요.",
        "en": "{first} and {second} differ only in their suffix and would share one entry of the submission; rename one of them.",
    },
    "submission.not_a_zip": {
        "ko": "{path}: zip 파일이 아니거나 손상되었습니다. test.py로 제출 파일을 다시 만드세요.",
        "en": "{path} is no zip file, or a damaged one; write the submission again with test.py.",
    },
    "submission.unreadable": {
        "ko": "{path}: 읽을 수 없습니다 ({reason}). 경로와 권한을 확인하세요.",
        "en": "{path} cannot be read ({reason}); check the path and its permissions.",
    },
    "submission.entry_name": {
        "ko": "{path}: 항목 이름 '{entry}'이(가) 잘못되었습니다. '{expected}' 꼴로 바꾸세요(*는 이미지 이름).",
        "en": "{path}: the entry '{entry}' should be called '{expected}', * being the image's name; rename it.",
    },
    "submission.unknown_image": {
        "ko": "{path}: '{entry}'에 해당하는 정답이 없습니다. 항목을 지우거나 정답 폴더를 확인하세요.",
        "en": "{path}: the ground truth has no image for '{entry}'; remove the entry or check the ground truth.",
    },
    "submission.bad_line": {
        "ko": "{path}, {line}번째 줄: 쉼표로 구분한 정수 {least}개 이상(짝수 개)이 있어야 하는데 '{text}'입니다. 줄을 고치거나 지우세요.",
        "en": "{path}, line {line}: expected {least} or more whole numbers (an even count) between commas, found '{text}'. Mend or remove the line.",
    },
    "submission.bad_truth": {
        "ko": "{path}, {line}번째 줄: 숫자 8개와 글자가 쉼표로 구분되어 있어야 하는데 '{text}'입니다. 줄을 고치거나 지우세요.",
        "en": "{path}, line {line}: expected 8 numbers and a transcription between commas, found '{text}'. Mend or remove the line.",
    },
    "submission.no_truths": {
        "ko": "{path}: 이름이 '{expected}' 꼴인 파일이 없습니다. 정답이 들어 있는 zip이나 폴더를 지정하세요.",
        "en": "{path} holds no file with a name like '{expected}'; name the zip or folder with the ground truth.",
    },
    "submission.bad_scored_line": {
        "ko": "{path}, {line}번째 줄: 쉼표로 구분한 정수 {least}개 이상(짝수 개)과 0부터 1까지의 점수가 있어야 하는데 '{text}'입니다. 줄을 고치거나 지우세요.",
        "en": "{path}, line {line}: expected {least} or more whole numbers (an even count) and a score from 0 to 1 between commas, found '{text}'. Mend or remove the line.",
    },
    "submission.bad_label": {
        "ko": "정답을 읽을 수 없습니다. {text} 라벨을 고치세요.",
        "en": "The ground truth cannot be read. {text} Mend the label.",
    },
    "submission.over_data": {
        "ko": "{path}: 평가할 이미지나 라벨이 있는 폴더라 결과 파일을 쓰지 않습니다. --output에 다른 폴더를 지정하세요.",
        "en": "{path} holds the photos or labels to test on, which result files could overwrite; name another folder by --output.",
    },
    "submission.other_results": {
        "ko": "{path}: 이번에 평가하지 않는 이미지의 결과 파일이 {count}개 있습니다(예: {name}). 지우거나 --output에 다른 폴더를 지정하세요.",
        "en": "{path} holds {count} files that are not results of these images, such as {name}; remove them, or name another folder by --output.",
    },
    "score.protocol.icdar2015": {"ko": "ICDAR 2015", "en": "ICDAR 2015"},
    "score.protocol.icdar2017": {"ko": "ICDAR 2017 MLT", "en": "ICDAR 2017 MLT"},
    "score.protocol.total_text": {"ko": "Total-Text, DetEval", "en": "Total-Text, DetEval"},
    "score.protocol.ctw1500": {"ko": "CTW1500", "en": "CTW1500"},
    "score.protocol.msra_td500": {"ko": "MSRA-TD500", "en": "MSRA-TD500"},
    "test.protocol": {
        "ko": "채점 방식. auto는 데이터셋의 방식을 따르고, 내 데이터는 icdar2015로 잽니다 (기본값: %(default)s).",
        "en": "how to score; auto follows the data set, your own data by icdar2015 (default: %(default)s)",
    },
    "test.characters": {
        "ko": "   - 글자 단위 (CLEval 방식): 정밀도 {precision:.4f}, 재현율 {recall:.4f}, 조화 평균 {hmean:.4f}\n   - 단어 {words}개 중 하나로 검출 {one_to_one}개, 나뉘어 검출 {split}개, 합쳐져 검출 {merged}개, 놓침 {missed}개",
        "en": "   - by characters (after CLEval): precision {precision:.4f}, recall {recall:.4f}, hmean {hmean:.4f}\n   - of {words} words {one_to_one} found as one, {split} split, {merged} merged, {missed} missed",
    },
    # --- error report ---------------------------------------------------------------------------
    "test.report": {
        "ko": "--eval과 함께: 놓친 단어와 오검출을 보여 주는 오류 보고서(HTML 파일 하나)를 저장합니다.",
        "en": "with --eval: write the error report, one HTML page of what was missed and found wrongly",
    },
    "test.report_images": {
        "ko": "오류 보고서에 보여 줄, 오류가 가장 많은 이미지의 수 (기본값: %(default)s)",
        "en": "how many of the images with most errors the report shows (default: %(default)s)",
    },
    "test.report_needs_eval": {
        "ko": "--report {path}: 오류 보고서에는 점수가 필요합니다. --eval을 함께 쓰세요.",
        "en": "--report {path}: an error report needs the scores. Add --eval.",
    },
    "test.report_written": {"ko": "🔎 오류 보고서: {path}", "en": "🔎 Error report: {path}"},
    "report.title": {"ko": "오류 보고서: {name}", "en": "Error report: {name}"},
    "report.about.checkpoint": {"ko": "체크포인트", "en": "checkpoint"},
    "report.about.config": {"ko": "설정", "en": "config"},
    "report.about.data": {"ko": "데이터", "en": "data"},
    "report.about.protocol": {"ko": "평가 방식", "en": "protocol"},
    "report.about.short_size": {"ko": "짧은 변(픽셀)", "en": "short side, px"},
    "report.about.thresholds": {"ko": "기준값", "en": "thresholds"},
    "report.score.hmean": {"ko": "조화 평균(hmean)", "en": "hmean"},
    "report.score.recall": {"ko": "재현율(recall)", "en": "recall"},
    "report.score.precision": {"ko": "정밀도(precision)", "en": "precision"},
    "report.interval": {
        "ko": "95% 신뢰 구간 {low:.3f}–{high:.3f}",
        "en": "95% interval {low:.3f}–{high:.3f}",
    },
    "report.interval.how": {
        "ko": "신뢰 구간: 이미지를 같은 수만큼 다시 뽑아 점수 내기를 1,000번 되풀이했을 때 가운데 95%가 놓인 범위입니다(부트스트랩). 이 범위 안의 차이는 어떤 사진을 골랐는지에 따라 생길 수 있습니다.",
        "en": "Interval: the middle 95% of 1,000 scores, each on as many images drawn anew with replacement (bootstrap). A difference within it may come from the choice of photos alone.",
    },
    "report.numbers.images": {"ko": "이미지 {count:,}장", "en": "{count:,} images"},
    "report.numbers.words": {
        "ko": "단어 {count:,}개 = 찾음 {right:,} + 놓침 {wrong:,}",
        "en": "{count:,} words = {right:,} found + {wrong:,} missed",
    },
    "report.numbers.detections": {
        "ko": "검출 {count:,}개 = 맞음 {right:,} + 오검출 {wrong:,}",
        "en": "{count:,} detections = {right:,} right + {wrong:,} false alarms",
    },
    "report.weak.title": {"ko": "먼저 볼 곳", "en": "Where to look first"},
    "report.weak.words": {
        "ko": "{name} ({label}): 단어 {total:,}개 가운데 {right:,}개만 찾았습니다({rate:.0%}, 전체는 {overall:.0%}).",
        "en": "{name} ({label}): {right:,} of {total:,} words were found ({rate:.0%}, against {overall:.0%} of all).",
    },
    "report.weak.detections": {
        "ko": "{name} ({label}): 검출 {total:,}개 가운데 {right:,}개만 맞았습니다({rate:.0%}, 전체는 {overall:.0%}).",
        "en": "{name} ({label}): {right:,} of {total:,} detections are right ({rate:.0%}, against {overall:.0%} of all).",
    },
    "report.weak.none": {
        "ko": "전체보다 뚜렷하게 나쁜 구간이 없습니다.",
        "en": "No group is clearly worse than the whole.",
    },
    "report.causes": {"ko": "무엇이 잘못되었나", "en": "What goes wrong"},
    "report.total": {"ko": "합계", "en": "total"},
    "report.unknown": {"ko": "알 수 없음(사진을 읽지 못함)", "en": "not known (photo unreadable)"},
    "report.miss": {"ko": "놓친 단어", "en": "missed words"},
    "report.miss.unread": {"ko": "읽지 못한 사진", "en": "unreadable photo"},
    "report.miss.unread.means": {
        "ko": "사진을 읽지 못해 단어를 찾을 수 없었습니다.",
        "en": "The photo could not be read, and so nothing was found in it.",
    },
    "report.miss.merged": {"ko": "붙어서 검출됨", "en": "merged"},
    "report.miss.merged.means": {
        "ko": "검출 하나가 단어 두 개 이상을 덮었습니다.",
        "en": "One detection covers two words or more.",
    },
    "report.miss.split": {"ko": "나뉘어 검출됨", "en": "split"},
    "report.miss.split.means": {
        "ko": "단어 하나 안에 검출이 두 개 이상 있습니다.",
        "en": "Two detections or more lie in one word.",
    },
    "report.miss.inexact": {"ko": "영역이 맞지 않음", "en": "inexact"},
    "report.miss.inexact.means": {
        "ko": "검출이 걸쳐 있지만 일치하기에는 모자라거나 넘칩니다.",
        "en": "A detection overlaps it, but is too small, too large or beside it.",
    },
    "report.miss.unseen": {"ko": "검출 없음", "en": "not seen"},
    "report.miss.unseen.means": {
        "ko": "근처에서 아무것도 찾지 못했습니다.",
        "en": "Nothing was found there.",
    },
    "report.false": {"ko": "오검출", "en": "false alarms"},
    "report.false.merging": {"ko": "단어를 붙임", "en": "merges words"},
    "report.false.merging.means": {
        "ko": "단어 두 개 이상을 한꺼번에 덮었습니다.",
        "en": "It covers two words or more.",
    },
    "report.false.piece": {"ko": "단어의 조각", "en": "piece of a word"},
    "report.false.piece.means": {
        "ko": "다른 검출과 함께 한 단어 안에 있습니다.",
        "en": "It lies in a word together with another detection.",
    },
    "report.false.duplicate": {"ko": "중복", "en": "duplicate"},
    "report.false.duplicate.means": {
        "ko": "이미 찾은 단어에 걸쳐 있습니다.",
        "en": "It overlaps a word that was found already.",
    },
    "report.false.inexact": {"ko": "영역이 맞지 않음", "en": "inexact"},
    "report.false.inexact.means": {
        "ko": "놓친 단어에 걸쳐 있지만 일치하기에는 모자라거나 넘칩니다.",
        "en": "It overlaps a missed word, but is too small, too large or beside it.",
    },
    "report.false.background": {"ko": "배경", "en": "background"},
    "report.false.background.means": {
        "ko": "라벨이 없는 곳입니다. 라벨이 빠진 글자일 수도 있습니다(아래 참고).",
        "en": "No word is labelled there; some may be text without a label (see below).",
    },
    "report.joined": {
        "ko": "붙임: 검출 {merges:,}개가 단어 {merged:,}개를 덮었습니다. 나뉨: 단어 {splits:,}개에 검출 {pieces:,}개가 들어 있습니다. 일치한 것도 함께 셉니다.",
        "en": "Merges: {merges:,} detections cover {merged:,} words. Splits: {pieces:,} detections lie in {splits:,} words. Those that match all the same are counted too.",
    },
    "report.tables": {
        "ko": "어떤 단어를 놓치고 무엇을 잘못 찾나",
        "en": "Which words are missed, and which detections are wrong",
    },
    "report.tables.how": {
        "ko": "각 표의 합계는 위의 전체 수와 같습니다. 막대는 비율, 그 위의 선은 95% 신뢰 구간, 점선은 전체 비율이며, 붉은색과 노란색의 너비는 전체 오류에서 차지하는 몫입니다.",
        "en": "Each table adds up to the totals above. Bars are shares, the line over a bar its 95% interval, the dashed tick the share of all; red and yellow are as wide as the part of all errors.",
    },
    "report.words": {"ko": "단어", "en": "words"},
    "report.words.total": {"ko": "모두", "en": "all"},
    "report.words.right": {"ko": "찾음", "en": "found"},
    "report.words.wrong": {"ko": "놓침", "en": "missed"},
    "report.words.rate": {"ko": "재현율", "en": "recall"},
    "report.detections": {"ko": "검출", "en": "detections"},
    "report.detections.total": {"ko": "모두", "en": "all"},
    "report.detections.right": {"ko": "맞음", "en": "right"},
    "report.detections.wrong": {"ko": "오검출", "en": "false"},
    "report.detections.rate": {"ko": "정밀도", "en": "precision"},
    "report.by.height": {"ko": "높이(네트워크 입력)", "en": "Height at the network's size"},
    "report.by.height.hint": {
        "ko": "네트워크가 본 크기에서 잰 단어의 짧은 변입니다. 작은 단어를 놓친다면 short_size를 키워 보세요.",
        "en": "The word's short side in pixels as the network saw it. Where small words are missed, try a larger short_size.",
    },
    "report.by.height_photo": {"ko": "높이(사진)", "en": "Height in the photo"},
    "report.by.height_photo.hint": {
        "ko": "원래 사진에서 잰 단어의 짧은 변입니다.",
        "en": "The word's short side in pixels of the photo.",
    },
    "report.by.aspect": {"ko": "너비 / 높이", "en": "Width / height"},
    "report.by.aspect.hint": {
        "ko": "0.67 아래는 세로로 선 단어, 6 위는 긴 단어나 줄입니다.",
        "en": "Below 0.67 words stand upright; above 6 they are long words or lines.",
    },
    "report.by.angle": {"ko": "기울기", "en": "Angle"},
    "report.by.angle.hint": {
        "ko": "긴 변과 수평선 사이의 각도입니다. 정사각형에 가까우면 가장 가까운 축에서 잽니다.",
        "en": "Between the long side and the horizontal; for nearly square words from the nearest axis.",
    },
    "report.by.density": {"ko": "이미지 한 장의 단어 수", "en": "Words in the image"},
    "report.by.density.hint": {
        "ko": "무시(###)하지 않는 단어만 셉니다. 0은 읽을 단어가 없는 이미지에서 나온 검출입니다.",
        "en": "Ignored words (###) are not counted; 0 are detections in images without a word to find.",
    },
    "report.by.border": {"ko": "사진 가장자리까지의 거리", "en": "Distance from the border"},
    "report.by.border.hint": {
        "ko": "네트워크가 본 크기에서 잰 픽셀 수입니다. 1픽셀 아래는 사진의 가장자리에 닿거나 넘은 것입니다.",
        "en": "In pixels as the network saw them; below 1 px a box touches the border or crosses it.",
    },
    "report.kind.missed": {"ko": "놓친 단어", "en": "missed"},
    "report.kind.false": {"ko": "오검출", "en": "false alarm"},
    "report.kind.right": {"ko": "맞은 검출", "en": "right"},
    "report.kind.ignored": {"ko": "무시", "en": "ignored"},
    "report.gallery": {"ko": "오류가 가장 많은 이미지", "en": "The worst images"},
    "report.gallery.how": {
        "ko": "사진을 누르면 커지고, 상자에 마우스를 올리면 글자와 점수, 원인이 보입니다. 아래 단추로 종류별로 감출 수 있습니다.",
        "en": "Click a photo to enlarge it; hold the mouse over a box for its text, score and cause. The buttons hide and show each kind.",
    },
    "report.gallery.shown": {
        "ko": "오류가 있는 이미지 {images:,}장 가운데 {shown:,}장",
        "en": "{shown:,} of {images:,} images with errors",
    },
    "report.gallery.counts": {
        "ko": "놓침 {missed} · 오검출 {false} · 찾음 {right}",
        "en": "{missed} missed · {false} false · {right} found",
    },
    "report.joined.title": {"ko": "붙거나 나뉜 단어", "en": "Merged and split words"},
    "report.joined.merge": {"ko": "단어 {count}개를 붙임", "en": "{count} words in one"},
    "report.joined.split": {"ko": "한 단어에 검출 {count}개", "en": "{count} detections in a word"},
    "report.suspects": {"ko": "라벨이 빠진 것으로 보이는 글자", "en": "Text that may lack a label"},
    "report.suspects.how": {
        "ko": "점수가 높고, 글자처럼 획이 있으며, 근처에 라벨이 없는 오검출입니다. 정말 글자라면 라벨을 달아야 점수를 믿을 수 있습니다. 읽을 수 없는 글자에는 ###을 다세요.",
        "en": "False alarms with a high score, with strokes as text has them, and far from any label. Where it is text, label it (### if it cannot be read), or the score stays too low.",
    },
    "report.suspects.none": {"ko": "그런 검출이 없습니다.", "en": "There are none."},
    "report.suspects.shown": {
        "ko": "점수가 높고 라벨에서 먼 검출 {candidates:,}개 가운데, 글자로 보이는 {shown:,}개",
        "en": "{shown:,} that look like text, of {candidates:,} sure detections far from labels",
    },
    "report.suspects.one": {"ko": "점수 {score:.2f}", "en": "score {score:.2f}"},
    # --- sample and tools -----------------------------------------------------------------------
    "draw.about": {
        "ko": "글자가 있는 연습용 이미지를 그리고 ICDAR 형식의 라벨과 함께 저장합니다.",
        "en": "Draw images with text for trying things out, and save them with labels in ICDAR layout.",
    },
    "draw.examples": {
        "ko": "예시:\n  python tools/make_sample_data.py 연습_이미지 --images 200 --size 480 640",
        "en": "example:\n  python tools/make_sample_data.py my_folder --images 200 --size 480 640",
    },
    "draw.folder": {
        "ko": "새로 만들 폴더. 그 안에 images와 gts 폴더가 생깁니다",
        "en": "folder to make; it will hold the folders images and gts",
    },
    "draw.images": {
        "ko": "이미지 수 (기본값: %(default)s)",
        "en": "number of images (default: %(default)s)",
    },
    "draw.seed": {
        "ko": "난수 시드. 같은 컴퓨터에서 시드가 같으면 같은 이미지를 그립니다 (기본값: %(default)s)",
        "en": "random seed; the same seed draws the same images on the same machine (default: %(default)s)",
    },
    "draw.size": {
        "ko": "이미지의 높이와 너비, 픽셀 (기본값: 360 480)",
        "en": "height and width of the images in pixels (default: 360 480)",
    },
    "draw.heights": {
        "ko": "글자 높이의 범위, 짧은 변에 대한 비율 (기본값: 0.025 0.14)",
        "en": "range of the letters' height, as fractions of the short side (default: 0.025 0.14)",
    },
    "draw.negatives": {
        "ko": "글자가 없는 이미지의 비율 (기본값: %(default)s)",
        "en": "share of images without text (default: %(default)s)",
    },
    "draw.done": {
        "ko": "✅ 이미지 {count}장을 저장했습니다: {folder}",
        "en": "✅ saved {count} images: {folder}",
    },
    "show.about": {
        "ko": "증강된 훈련 샘플을 네트워크에 들어가는 그대로 그리고, 정답(글자, 커널, 무시 영역)을 겹쳐 보여 줍니다.",
        "en": "Draw augmented training samples as the network is fed them, with texts, kernels and ignored areas laid over.",
    },
    "show.examples": {
        "ko": "예시:\n  python tools/show_batch.py config/fast/ic15/fast_checkpoint_7ep_finetune.py --num 16 --out batch.png",
        "en": "example:\n  python tools/show_batch.py config/fast/ic15/fast_checkpoint_7ep_finetune.py --num 16 --out batch.png",
    },
    "show.config": {
        "ko": "설정 파일. data.train의 데이터를 그립니다",
        "en": "the config; the data of its data.train is drawn",
    },
    "show.num": {
        "ko": "샘플 수 (기본값: %(default)s)",
        "en": "number of samples (default: %(default)s)",
    },
    "show.out": {
        "ko": "저장할 이미지 파일 (기본값: %(default)s)",
        "en": "image file to write (default: %(default)s)",
    },
    "show.seed": {
        "ko": "난수 시드. 훈련의 --seed와 같으면 그 훈련이 처음 보는 샘플을 그립니다 (기본값: %(default)s)",
        "en": "random seed; with that of a training, the first samples that it sees are drawn (default: %(default)s)",
    },
    "show.sample": {
        "ko": "   {number}: {image} (글자 영역 {words}개)",
        "en": "   {number}: {image} (words: {words})",
    },
    "show.done": {
        "ko": "✅ 훈련 샘플 {count}개를 그렸습니다: {path}",
        "en": "✅ drew training samples ({count}): {path}",
    },
    "show.legend": {
        "ko": "   칠한 색: 글자 영역마다 다른 색, 노란 선: 글자, 흰 선: 커널, 빨간 빗금: 학습하지 않는 영역",
        "en": "   fill: a colour for each word; yellow line: text; white line: kernel; red hatching: nothing is learned there",
    },
    "sample.folder_in_use": {
        "ko": "{path}: 이미 다른 파일이 있는 폴더입니다. 덮어쓰지 않도록 새 폴더 이름을 지정하세요.",
        "en": "{path} holds files already; name a new folder, so that nothing is overwritten.",
    },
    "sample.cannot_write": {
        "ko": "{path}: 이미지를 저장하지 못했습니다 ({reason}). 쓰기 권한과 디스크 공간을 확인하세요.",
        "en": "{path}: the images could not be saved ({reason}); check permissions and disk space.",
    },
    "make_lmdb.about": {
        "ko": "어떤 형식의 이미지와 라벨이든 LMDB 하나로 묶습니다. 이미지는 그대로 복사합니다. 중단하면 다음 실행에서 이어서 합니다.",
        "en": "Pack images and labels of any format into one LMDB. Images are copied as they are. An interrupted run goes on when started again.",
    },
    "make_lmdb.examples": {
        "ko": "예시:\n  python tools/make_lmdb.py config/fast/ic15/fast_checkpoint_7ep_finetune.py train.lmdb\n  python tools/make_lmdb.py 내_이미지 train.lmdb --gt_dir 내_라벨",
        "en": "examples:\n  python tools/make_lmdb.py config/fast/ic15/fast_checkpoint_7ep_finetune.py train.lmdb\n  python tools/make_lmdb.py my_images train.lmdb --gt_dir my_labels",
    },
    "make_lmdb.source": {
        "ko": "설정 파일 (그 data.train을 묶음) 또는 이미지 폴더",
        "en": "a config (its data.train is packed) or a folder of images",
    },
    "make_lmdb.out": {
        "ko": "새로 만들 LMDB. 끝날 때까지는 OUT.lmdb.partial에 씁니다",
        "en": "LMDB to make; until it is complete it is called OUT.lmdb.partial",
    },
    "make_lmdb.split": {
        "ko": "설정의 어느 데이터를 묶을지 (기본값: %(default)s)",
        "en": "which data of the config to pack (default: %(default)s)",
    },
    "make_lmdb.img_dir": {"ko": "이미지 폴더를 따로 지정", "en": "folder of the images, instead"},
    "make_lmdb.gt_dir": {
        "ko": "라벨 폴더나 라벨 파일 (기본값: 폴더를 준 경우 이미지와 같은 곳)",
        "en": "folder or file of the labels (default for a folder: beside the images)",
    },
    "make_lmdb.format": {
        "ko": "라벨 형식 (기본값: 설정 파일대로, 폴더이면 자동)",
        "en": "format of the labels (default: the config's; found out for a folder)",
    },
    "make_lmdb.workers": {
        "ko": "이미지를 읽고 확인하는 스레드 수 (기본값: %(default)s)",
        "en": "threads that read and verify images (default: %(default)s)",
    },
    "make_lmdb.no_section": {
        "ko": "{path}: 설정에 data.{split}이(가) 없습니다. --split을 확인하세요.",
        "en": "{path}: the config has no data.{split}. Check --split.",
    },
    "make_lmdb.several": {
        "ko": "{path}: data.{split}에 데이터가 {count}개 있습니다. 하나씩 따로 묶으세요: 설정 파일 대신 이미지 폴더와 --gt_dir을 지정하세요.",
        "en": "{path}: data.{split} lists {count} data sets. Pack them one by one: name the folder of images and --gt_dir instead of the config.",
    },
    "make_lmdb.nothing": {
        "ko": "{path}: 묶을 수 있는 이미지가 없습니다 (라벨이 있고 읽을 수 있는 이미지 0장, 읽을 수 없는 이미지 {count}장).",
        "en": "{path}: there is nothing to pack (no labelled image that can be read; {count} cannot be read).",
    },
    "make_lmdb.writing": {"ko": "쓰기", "en": "writing"},
    "make_lmdb.verifying": {"ko": "확인", "en": "verifying"},
    "make_lmdb.interrupted": {
        "ko": "⏹️ 중단했습니다 ({count}장까지 저장). 같은 명령을 다시 실행하면 이어서 합니다.",
        "en": "⏹️ Interrupted ({count} images are saved). The same command goes on from here.",
    },
    "make_lmdb.line": {"ko": "{text}", "en": "{text}"},
    "make_lmdb.done": {
        "ko": "✅ {path}: 이미지 {count}장 ({gigabytes:.3f} GB)을 쓰고 모두 다시 읽어 확인했습니다.",
        "en": "✅ {path}: {count} images ({gigabytes:.3f} GB) written, and every one read back and verified.",
    },
    "make_lmdb.usage": {
        "ko": "   쓰는 법 - 설정 파일: {section}=dict(type='FAST_LMDB', lmdb_path='{path}', ...)\n   또는: --cfg-options data.{section}.type=FAST_LMDB data.{section}.lmdb_path={path}",
        "en": "   To use it - in a config: {section}=dict(type='FAST_LMDB', lmdb_path='{path}', ...)\n   or: --cfg-options data.{section}.type=FAST_LMDB data.{section}.lmdb_path={path}",
    },
    "sample.missing": {
        "ko": "ℹ️ 훈련에 필요한 것이 없습니다: {paths}",
        "en": "ℹ️ not found, but needed for training: {paths}",
    },
    "sample.instead": {
        "ko": "   대신 내장 샘플을 실행합니다. 위의 것을 준비하고 다시 실행하면 그것으로 훈련합니다. 체크포인트 없이 내 데이터로 훈련하려면 --config {config}를 붙이세요.",
        "en": "   The embedded sample runs instead; once these are there, start again to train on them. To train on your data without a checkpoint, add --config {config}.",
    },
    "sample.about": {
        "ko": "내장 샘플: 함께 들어 있는 가중치와 직접 그린 이미지로 가이드의 모든 단계(파인튜닝, 평가, 추론)를 몇 분 안에 실행합니다.",
        "en": "The embedded sample: every step of the guide (fine-tuning, test, inference) with the weights that come with this project and drawn images, in a few minutes.",
    },
    "sample.examples": {
        "ko": "예시:\n  python tools/run_sample.py\n  python tools/run_sample.py -- --epochs 8",
        "en": "examples:\n  python tools/run_sample.py\n  python tools/run_sample.py -- --epochs 8",
    },
    "sample.help.folder": {
        "ko": "샘플의 파일을 모두 담을 폴더 (기본값: 프로젝트의 sample_run)",
        "en": "folder for all the sample's files (default: sample_run in the project)",
    },
    "sample.help.train_arguments": {
        "ko": "-- 뒤의 인자는 파인튜닝에 그대로 전달됩니다 (train_checkpoint_7ep.py --help 참고)",
        "en": "arguments after -- go to the fine-tuning (see train_checkpoint_7ep.py --help)",
    },
    "sample.start": {
        "ko": "🧪 내장 샘플을 실행합니다. 파일은 모두 {folder}에 저장합니다.",
        "en": "🧪 running the embedded sample; all its files go to {folder}",
    },
    "sample.stage": {"ko": "\n▶ {name}", "en": "\n▶ {name}"},
    "sample.stage_done": {"ko": "✔ {name} (이미 끝났습니다)", "en": "✔ {name} (done before)"},
    "sample.stage.draw": {"ko": "연습용 이미지 그리기", "en": "drawing the images"},
    "sample.stage.before": {"ko": "파인튜닝 전 평가", "en": "test before fine-tuning"},
    "sample.stage.finetune": {"ko": "파인튜닝", "en": "fine-tuning"},
    "sample.stage.after": {"ko": "파인튜닝 후 평가", "en": "test after fine-tuning"},
    "sample.stage.overlay": {"ko": "검출 결과 그리기", "en": "drawing what is found"},
    "sample.interrupted": {
        "ko": "⏹️ 샘플을 중단했습니다. 같은 명령을 다시 실행하면 이어서 진행합니다.",
        "en": "⏹️ the sample was interrupted; the same command goes on from here.",
    },
    "sample.done": {
        "ko": "\n🎉 샘플 완료: 검증 hmean {before:.3f} ({start}) → {after:.3f} (checkpoint_best.pth)",
        "en": "\n🎉 sample done: validation hmean {before:.3f} ({start}) → {after:.3f} (checkpoint_best.pth)",
    },
    "sample.files": {
        "ko": "   - 최고 체크포인트: {best}\n   - 검출 결과: {overlay}",
        "en": "   - best checkpoint: {best}\n   - what it finds: {overlay}",
    },
    "sample.your_turn": {
        "ko": "\n이제 내 데이터로 (이 프로젝트의 폴더에서):\n  1. ./run_checkpoint_7ep_training.sh --config {config} --cfg-options data.train.img_dir=내_이미지 data.train.gt_dir=내_라벨 data.test.img_dir=평가_이미지 data.test.gt_dir=평가_라벨\n  2. {python} test.py {config} finetune_checkpoints/checkpoint_best.pth --eval --cfg-options data.test.img_dir=평가_이미지 data.test.gt_dir=평가_라벨\n  3. {python} inference_single.py --config {config} --checkpoint finetune_checkpoints/checkpoint_best.pth --image 내_사진.jpg\n  checkpoint_7ep.pth에서 시작하려면 이 프로젝트의 폴더에 넣고, 1에서는 --config를 빼고 2와 3에서는 config/fast/ic15/fast_checkpoint_7ep_finetune.py를 쓰세요.",
        "en": "\nNow with your own data (in the folder of this project):\n  1. ./run_checkpoint_7ep_training.sh --config {config} --cfg-options data.train.img_dir=my_images data.train.gt_dir=my_labels data.test.img_dir=test_images data.test.gt_dir=test_labels\n  2. {python} test.py {config} finetune_checkpoints/checkpoint_best.pth --eval --cfg-options data.test.img_dir=test_images data.test.gt_dir=test_labels\n  3. {python} inference_single.py --config {config} --checkpoint finetune_checkpoints/checkpoint_best.pth --image my_photo.jpg\n  To start from checkpoint_7ep.pth, put it into the folder of this project, leave --config out of 1 and use config/fast/ic15/fast_checkpoint_7ep_finetune.py in 2 and 3.",
    },
    # --- export ---------------------------------------------------------------------------------
    "export.about": {
        "ko": "모델을 다른 프로그램에서 쓸 파일(ONNX, safetensors, docTR)로 내보내고, 내 이미지에서 PyTorch와 결과가 같은지 확인합니다.",
        "en": "Write a model for other programs (ONNX, safetensors, docTR), and check on your own photos that it finds what PyTorch finds.",
    },
    "export.examples": {
        "ko": "예시:\n  python tools/export_onnx.py config.py checkpoint_best.pth model.onnx\n  python tools/export_onnx.py config.py checkpoint_best.pth model.onnx --images 내_이미지 --int8\n  python tools/export_onnx.py config.py checkpoint_best.pth model.safetensors --half\n  python tools/export_onnx.py config.py checkpoint_best.pth model.pt --doctr",
        "en": "examples:\n  python tools/export_onnx.py config.py checkpoint_best.pth model.onnx\n  python tools/export_onnx.py config.py checkpoint_best.pth model.onnx --images my_photos --int8\n  python tools/export_onnx.py config.py checkpoint_best.pth model.safetensors --half\n  python tools/export_onnx.py config.py checkpoint_best.pth model.pt --doctr",
    },
    "export.help.output": {
        "ko": "쓸 파일: .onnx, .safetensors(EMA 가중치), --doctr와 함께 .pt",
        "en": "the file to write: .onnx, .safetensors (the EMA weights) or, with --doctr, .pt",
    },
    "export.help.images": {
        "ko": "결과를 비교할 이미지 폴더나 LMDB (기본값: 설정의 data.val, 없으면 data.test)",
        "en": "folder or LMDB of photos to compare on (default: data.val of the config, else data.test)",
    },
    "export.help.num": {
        "ko": "비교할 이미지의 개수. 한 장을 다섯 가지 크기로 봅니다 (기본값: 20)",
        "en": "how many photos to compare on, each in five shapes (default: 20)",
    },
    "export.help.int8": {
        "ko": "OUT_int8.onnx(8비트 정수)도 만들고, hmean을 얼마나 잃고 얼마나 빨라지는지 알려 줍니다",
        "en": "also write OUT_int8.onnx, in 8 bit integers, and say how much hmean it loses and how much faster it is",
    },
    "export.help.half": {
        "ko": ".safetensors의 합성곱 가중치를 16비트(float16)로 저장해 크기를 반으로 줄입니다. 읽을 때는 32비트로 되돌립니다",
        "en": "store the convolutions' weights in a .safetensors file as 16 bit (float16), in half the space; reading turns them back into 32 bit",
    },
    "export.help.doctr": {
        "ko": "docTR의 fast_tiny, fast_small, fast_base가 읽는 가중치를 씁니다",
        "en": "write weights that docTR's fast_tiny, fast_small or fast_base loads",
    },
    "export.help.min_score": {
        "ko": "파일에 저장할 min_score (기본값: 체크포인트에 저장된 값, 없으면 설정의 test_cfg.min_score)",
        "en": "min_score to store in the file (default: what the checkpoint stores, else test_cfg.min_score of the config)",
    },
    "export.help.min_area": {
        "ko": "파일에 저장할 min_area (기본값: 체크포인트에 저장된 값, 없으면 설정의 test_cfg.min_area)",
        "en": "min_area to store in the file (default: what the checkpoint stores, else test_cfg.min_area of the config)",
    },
    "export.help.short_size": {
        "ko": "파일에 저장할, 네트워크가 보는 짧은 변의 픽셀 수 (기본값: 설정의 data.test.short_size)",
        "en": "the photos' short side in pixels to store in the file (default: data.test.short_size of the config)",
    },
    "export.suffix": {
        "ko": "{path}: 내보낼 파일의 확장자는 {allowed} 가운데 하나여야 합니다 (docTR용 .pt에는 --doctr). 이름을 고쳐 다시 실행하세요.",
        "en": "{path}: the name of the file to write must end in one of {allowed} (.pt for docTR takes --doctr); choose another name.",
    },
    "export.int8_needs_onnx": {
        "ko": "{path}: --int8은 .onnx 파일에만 쓸 수 있습니다. 이름을 .onnx로 끝내거나 --int8을 빼세요.",
        "en": "{path}: --int8 is for .onnx files; let the name end in .onnx, or leave --int8 out.",
    },
    "export.half_needs_safetensors": {
        "ko": "{path}: --half는 .safetensors 파일에만 쓸 수 있습니다. 이름을 .safetensors로 끝내거나 --half를 빼세요.",
        "en": "{path}: --half is for .safetensors files; let the name end in .safetensors, or leave --half out.",
    },
    "export.not_in_doctr": {
        "ko": "docTR에는 이 모델(크기: {size})과 층의 구성이 같은 모델이 없습니다. fast_tiny, fast_small, fast_base의 nas-config로 훈련한 체크포인트를 쓰거나 .onnx로 내보내세요.",
        "en": "docTR has no network with the layers of this one (size: {size}); export a checkpoint trained with the published nas-config of fast_tiny, fast_small or fast_base, or export to .onnx.",
    },
    "export.images_missing": {
        "ko": "--images {path}: 이미지 폴더도 LMDB도 아닙니다. 경로를 확인하세요.",
        "en": "--images {path} is neither a folder of photos nor an LMDB; check the path.",
    },
    "export.no_section": {
        "ko": "설정에 data.val도 data.test도 없습니다.",
        "en": "The config has neither data.val nor data.test.",
    },
    "export.no_photos": {
        "ko": "결과를 비교할 이미지가 없습니다. --images로 이미지 폴더를 지정하세요. ({reason})",
        "en": "There are no photos to compare on; name a folder of them with --images. ({reason})",
    },
    "export.none_readable": {
        "ko": "{folder}: 읽을 수 있는 이미지가 없어 결과를 비교하지 못했습니다. --images로 다른 폴더를 지정하세요.",
        "en": "{folder}: no photo can be read, so nothing was compared; name another folder with --images.",
    },
    "export.checking": {
        "ko": "🔍 {folder}의 이미지 {images}장을 크기 {shapes}가지로 PyTorch와 ONNX Runtime에서 비교합니다.",
        "en": "🔍 comparing PyTorch and ONNX Runtime on {images} photos of {folder}, in {shapes} shapes each",
    },
    "export.compared": {
        "ko": "   - {runs}번 비교, 글자 영역 {boxes}개: 가장 낮은 IoU {iou:.4f}, 로짓의 가장 큰 차이 {gap:.1e}, 반올림으로만 갈린 칸 {ties}개",
        "en": "   - {runs} comparisons, {boxes} boxes: lowest IoU {iou:.4f}, largest difference of logits {gap:.1e}, cells decided by rounding alone {ties}",
    },
    "export.differs": {
        "ko": "❌ {path}: {runs}번 가운데 {count}번 PyTorch와 결과가 다릅니다. 가장 다른 이미지는 {name} (PyTorch {reference}개, ONNX {exported}개, IoU {iou:.3f})이고, 그림은 {picture}에 있습니다. 이 파일을 쓰지 마세요. onnxruntime과 torch를 최신 버전으로 바꿔 다시 내보내 보세요.",
        "en": "❌ {path} differs from PyTorch in {count} of {runs} comparisons, most in {name} (PyTorch {reference} boxes, ONNX {exported}, IoU {iou:.3f}); {picture} shows it. Do not use this file; update onnxruntime and torch and export again.",
    },
    "export.done": {
        "ko": "✅ {path} 저장 ({megabytes:.1f} MB)",
        "en": "✅ {path} written ({megabytes:.1f} MB)",
    },
    "export.doctr_done": {
        "ko": "✅ {path} 저장. docTR에서 읽기:\n   from doctr.models.detection.fast.pytorch import fast_{size}, reparameterize\n   model = reparameterize(fast_{size}(pretrained_backbone=False).eval())\n   model.from_pretrained({path!r})\n   입력은 mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)로 정규화합니다. 상자는 docTR의 방식으로 만들어져 여기와 조금 다릅니다.",
        "en": "✅ {path} written; to load it in docTR:\n   from doctr.models.detection.fast.pytorch import fast_{size}, reparameterize\n   model = reparameterize(fast_{size}(pretrained_backbone=False).eval())\n   model.from_pretrained({path!r})\n   Normalise photos with mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225). Boxes are made docTR's way, so they differ a little from those here.",
    },
    "export.calibrating": {
        "ko": "🧮 {folder}의 이미지로 8비트 값의 범위를 정합니다 (최대 {images}장).",
        "en": "🧮 finding the ranges of 8 bit values on photos of {folder} ({images} at most)",
    },
    "export.int8_speed": {
        "ko": "   - 이미지 한 장: float32 {before:.0f} ms, int8 {after:.0f} ms ({times:.2f}배 빠름, 이 컴퓨터의 CPU에서)",
        "en": "   - a photo: float32 {before:.0f} ms, int8 {after:.0f} ms ({times:.2f} times as fast, on the CPU of this machine)",
    },
    "export.int8_score": {
        "ko": "   - 이미지 {images}장의 hmean: float32 {before:.4f}, int8 {after:.4f} ({change:+.4f})",
        "en": "   - hmean on {images} photos: float32 {before:.4f}, int8 {after:.4f} ({change:+.4f})",
    },
    "export.int8_no_labels": {
        "ko": "   - {folder}에 읽을 수 있는 라벨이 없어 int8이 잃는 hmean은 재지 못했습니다. --images로 라벨이 있는 폴더를 지정하세요.",
        "en": "   - {folder} has no readable labels, so the hmean that int8 loses was not measured; name a labelled folder with --images.",
    },
    "onnx.not_installed": {
        "ko": "{package} 패키지가 없습니다. 'pip install {package}'로 설치하고 다시 실행하세요.",
        "en": "The package {package} is not installed; run 'pip install {package}' and start again.",
    },
    "onnx.unreadable": {
        "ko": "{path}: ONNX Runtime이 읽지 못했습니다 ({reason}). 파일을 다시 복사하거나 tools/export_onnx.py로 다시 내보내세요.",
        "en": "{path}: ONNX Runtime cannot read this file ({reason}); copy it again, or export it again with tools/export_onnx.py.",
    },
    "onnx.not_ours": {
        "ko": "{path}: 메타데이터에 format={format}이 없어 이 도구가 내보낸 파일이 아닙니다. tools/export_onnx.py로 내보낸 .onnx를 지정하세요.",
        "en": "{path}: its metadata lacks format={format}, so this tool has not exported it; name an .onnx file from tools/export_onnx.py.",
    },
    "onnx.settings_damaged": {
        "ko": "{path}: 메타데이터의 설정(short_size, min_score 등)이 빠졌거나 잘못되었습니다. tools/export_onnx.py로 다시 내보내세요.",
        "en": "{path}: settings in the metadata (short_size, min_score and so on) are missing or wrong; export it again with tools/export_onnx.py.",
    },
    "onnx.source": {
        "ko": "내보낸 모델(ONNX)과 그 안의 설정 사용",
        "en": "using an exported model (ONNX) and the settings in it",
    },
    "onnx.holds_settings": {
        "ko": "{path}: 내보낸 모델은 설정을 스스로 담고 있습니다. --config와 --cfg-options를 빼고, 바꿀 값은 --min_score, --min_area, --short_size, --bbox_type으로 주세요.",
        "en": "{path}: an exported model holds its own settings; leave out --config and --cfg-options, and change values with --min_score, --min_area, --short_size or --bbox_type.",
    },
    "onnx.no_gpu": {
        "ko": "--device {name}: 설치된 ONNX Runtime은 GPU를 쓰지 못합니다. onnxruntime-gpu를 설치하거나 --device cpu로 실행하세요.",
        "en": "--device {name}: the installed ONNX Runtime cannot use a GPU; install onnxruntime-gpu, or run with --device cpu.",
    },
    # --- thresholds -----------------------------------------------------------------------------
    "thresholds.line": {"ko": "   - {text}", "en": "   - {text}"},
    "thresholds.used": {
        "ko": "임계값: min_score {min_score:g} ({score_from}), min_area {min_area:g} ({area_from})",
        "en": "thresholds: min_score {min_score:g} ({score_from}), min_area {min_area:g} ({area_from})",
    },
    "thresholds.from.command_line": {"ko": "명령줄", "en": "command line"},
    "thresholds.from.checkpoint": {
        "ko": "체크포인트에 저장된 값",
        "en": "stored in the checkpoint",
    },
    "thresholds.from.config": {"ko": "설정 파일", "en": "config"},
    "thresholds.damaged": {
        "ko": "체크포인트에 저장된 임계값(thresholds)이 잘못되었습니다. min_score(0~1)와 min_area(0 이상)가 있어야 합니다. --min_score와 --min_area를 직접 주거나 tools/calibrate.py를 다시 실행하세요.",
        "en": "the thresholds stored in the checkpoint are damaged: min_score (0 to 1) and min_area (0 or more) are wanted; give --min_score and --min_area, or run tools/calibrate.py again.",
    },
    "calibrate.about": {
        "ko": "점수를 보고하지 않는 이미지에서 min_score와 min_area를 골라 체크포인트에 저장합니다. test.py, inference_single.py, 내보내기가 그 값을 그대로 씁니다.",
        "en": "Choose min_score and min_area on photos that no score is reported on, and store them in the checkpoint; test.py, inference_single.py and the export then use them as they are.",
    },
    "calibrate.examples": {
        "ko": "예시:\n  python tools/calibrate.py config/fast/ic15/fast_checkpoint_7ep_finetune.py finetune_checkpoints/checkpoint_best.pth\n  # 원래 파일은 그대로 두고 새 파일에 저장\n  python tools/calibrate.py config/fast/ic15/fast_checkpoint_7ep_finetune.py finetune_checkpoints/checkpoint_best.pth --output calibrated.pth",
        "en": "examples:\n  python tools/calibrate.py config/fast/ic15/fast_checkpoint_7ep_finetune.py finetune_checkpoints/checkpoint_best.pth\n  # leave the file as it is and write another one\n  python tools/calibrate.py config/fast/ic15/fast_checkpoint_7ep_finetune.py finetune_checkpoints/checkpoint_best.pth --output calibrated.pth",
    },
    "calibrate.help.output": {
        "ko": "임계값을 넣은 체크포인트를 쓸 파일 (기본값: 체크포인트 파일 자체)",
        "en": "file to write the checkpoint with its thresholds to (default: the checkpoint itself)",
    },
    "calibrate.help.curve": {
        "ko": "임계값에 따른 정밀도/재현율/hmean 그래프 파일 (기본값: 체크포인트 옆의 *_thresholds.png)",
        "en": "picture of precision, recall and hmean over the thresholds (default: *_thresholds.png beside the checkpoint)",
    },
    "calibrate.help.kernels": {
        "ko": "커널을 찾는 방법(kernel_score, kernel_stride, pooling_size)도 고름. 붙은 단어가 하나로 잡힐 때 씁니다",
        "en": "choose where kernels are found, too (kernel_score, kernel_stride, pooling_size): for neighbouring words that are found as one",
    },
    "calibrate.help.images": {
        "ko": "쓸 이미지의 최대 개수 (기본값: {default})",
        "en": "use at most so many photos (default: {default})",
    },
    "calibrate.split.val": {
        "ko": "🎚️ 임계값을 고를 이미지: {name}, {images}장",
        "en": "🎚️ Thresholds are chosen on {name}, {images} images",
    },
    "calibrate.split.train": {
        "ko": "🎚️ 임계값을 고를 이미지: {name}, {images}장\n   - data.test와 다른 data.val이 없어서 훈련 이미지의 일부(파일 이름의 해시로 고름)를 씁니다. 이미 배운 이미지라 점수가 새 이미지보다 높습니다. 가능하면 data.val을 따로 두세요.",
        "en": "🎚️ Thresholds are chosen on {name}, {images} images\n   - there is no data.val other than data.test, so a part of the training photos (by a hash of their names) has to do; the network knows them and scores higher than on new photos: better keep photos aside as data.val",
    },
    "calibrate.shared": {
        "ko": "   - data.test에도 있는 이미지 {images}장은 뺐습니다.",
        "en": "   - {images} photos that are in data.test as well were left out",
    },
    "calibrate.nothing": {
        "ko": "{path}: 임계값을 고를 이미지가 없습니다 (data.test와 같아서 뺀 이미지: {shared}장). data.test에 없는 라벨된 이미지를 data.val이나 data.train에 지정하세요.",
        "en": "{path}: there are no photos to choose thresholds on ({shared} were left out for being in data.test as well); name labelled photos that are not in data.test as data.val or data.train.",
    },
    "calibrate.safetensors": {
        "ko": "{path}: .safetensors 파일에는 임계값을 저장할 수 없습니다. --output으로 .pth 파일을 지정하세요.",
        "en": "{path}: thresholds cannot be stored in a .safetensors file; name a .pth file with --output.",
    },
    "calibrate.changed": {
        "ko": "{path}: 임계값을 고르는 동안 다른 프로그램이 파일을 새로 썼습니다. 훈련이 끝난 뒤 다시 실행하거나 복사본으로 하세요.",
        "en": "{path} was written anew while thresholds were being chosen; run this again when training has ended, or on a copy.",
    },
    "calibrate.head_kernels": {
        "ko": "\n  kernel_score, kernel_stride, pooling_size, min_score, 정밀도, 재현율, hmean",
        "en": "\n  kernel_score, kernel_stride, pooling_size, min_score, precision, recall, hmean",
    },
    "calibrate.head_score": {
        "ko": "\n  min_score  정밀도  재현율   hmean   (min_area {min_area:g})",
        "en": "\n  min_score  precis. recall   hmean   (min_area {min_area:g})",
    },
    "calibrate.head_area": {
        "ko": "\n  min_area   정밀도  재현율   hmean   (min_score {min_score:g})",
        "en": "\n  min_area   precis. recall   hmean   (min_score {min_score:g})",
    },
    "calibrate.row": {
        "ko": "  {value:>9}  {precision:.4f}  {recall:.4f}  {hmean:.4f}  {note}",
        "en": "  {value:>9}  {precision:.4f}  {recall:.4f}  {hmean:.4f}  {note}",
    },
    "calibrate.chosen_mark": {"ko": "← 선택", "en": "<- chosen"},
    "calibrate.before_mark": {"ko": "← 설정 파일", "en": "<- config"},
    "calibrate.chosen": {
        "ko": "\n✅ 선택: min_score {min_score:g}, min_area {min_area:g}",
        "en": "\n✅ Chosen: min_score {min_score:g}, min_area {min_area:g}",
    },
    "calibrate.chosen_kernels": {
        "ko": "   - 커널: kernel_score {kernel_score:g}, kernel_stride {kernel_stride}, pooling_size {pooling_size}",
        "en": "   - kernels: kernel_score {kernel_score:g}, kernel_stride {kernel_stride}, pooling_size {pooling_size}",
    },
    "calibrate.plateau": {
        "ko": "   - 이 이미지로는 min_score {score_from:g}~{score_to:g}, min_area {area_from:g}~{area_to:g} 사이의 차이를 가릴 수 없어, 점수가 떨어지는 양쪽 끝에서 가장 먼 가운데를 골랐습니다.",
        "en": "   - these photos cannot tell min_score {score_from:g} to {score_to:g} and min_area {area_from:g} to {area_to:g} apart; the middle is the farthest from where the score falls on either side",
    },
    "calibrate.gain": {
        "ko": "   - hmean: 설정 파일의 값으로 {before:.4f}, 고른 값으로 {after:.4f} (차이 {gain:+.4f}, 95% 구간 {low:+.4f}~{high:+.4f})",
        "en": "   - hmean: {before:.4f} with the config's thresholds, {after:.4f} with these (difference {gain:+.4f}, 95 % interval {low:+.4f} to {high:+.4f})",
    },
    "calibrate.unseen": {
        "ko": "   - 고르는 데 쓰지 않은 이미지에서 (5등분 교차 확인): hmean {hmean:.4f} (차이 {gain:+.4f})",
        "en": "   - on photos that had no part in the choice (five parts in turn): hmean {hmean:.4f} (difference {gain:+.4f})",
    },
    "calibrate.noise": {
        "ko": "   ⚠️ 이 차이는 이미지를 다시 뽑을 때 생기는 흔들림보다 작습니다. 나아졌다고 말할 수 없습니다.",
        "en": "   ⚠️ The difference is within what drawing other photos would change: it is no proof of a gain.",
    },
    "calibrate.swept": {
        "ko": "   - 임계값 {pairs}쌍을 {protocol} 방식으로 {seconds:.1f}초에 평가했습니다.",
        "en": "   - {pairs} pairs of thresholds were scored by {protocol} in {seconds:.1f} s",
    },
    "calibrate.saved": {"ko": "💾 임계값 저장: {path}", "en": "💾 Thresholds stored in {path}"},
    "calibrate.curve": {"ko": "📈 그래프: {path}", "en": "📈 Curves: {path}"},
    "checkpoint.inspect.thresholds": {"ko": "임계값", "en": "thresholds"},
    # --- before and after -----------------------------------------------------------------------
    "comparison.about": {
        "ko": "두 체크포인트를 같은 라벨된 이미지에서 비교해 웹 페이지 하나로 보여 줍니다 (훈련이 끝나면 자동으로 만드는 것과 같습니다).",
        "en": "Compare two checkpoints on the same labelled photos, as one web page (the one that training writes when it ends).",
    },
    "comparison.examples": {
        "ko": "예시:\n  python tools/compare_checkpoints.py config/fast/ic15/fast_checkpoint_7ep_finetune.py checkpoint_7ep.pth finetune_checkpoints/checkpoint_best.pth --output 비교.html",
        "en": "example:\n  python tools/compare_checkpoints.py config/fast/ic15/fast_checkpoint_7ep_finetune.py checkpoint_7ep.pth finetune_checkpoints/checkpoint_best.pth --output comparison.html",
    },
    "comparison.help.before": {"ko": "이전 체크포인트", "en": "the earlier checkpoint"},
    "comparison.help.after": {"ko": "나중 체크포인트", "en": "the later checkpoint"},
    "comparison.help.output": {
        "ko": "쓸 HTML 파일 (기본값: before_after.html)",
        "en": "HTML file to write (default: before_after.html)",
    },
    "comparison.help.images": {
        "ko": "비교할 이미지의 최대 개수. 고르게 나누어 고릅니다 (기본값: 전부)",
        "en": "compare on at most so many photos, evenly spread (default: all)",
    },
    "train.report": {"ko": "{text}", "en": "{text}"},
    "train.help.report": {
        "ko": "훈련이 끝나면 시작 가중치와 최고 가중치를 비교한 before_after.html을 씁니다 (기본값: 씀, 끄기: --no-report)",
        "en": "when training ends, write before_after.html: the starting weights against the best ones (default: yes; --no-report turns it off)",
    },
    "comparison.title": {"ko": "파인튜닝 전후 비교: {name}", "en": "Before and after: {name}"},
    "comparison.before": {"ko": "이전", "en": "before"},
    "comparison.after": {"ko": "이후", "en": "after"},
    "comparison.change": {"ko": "변화", "en": "change"},
    "comparison.epoch": {"ko": "에포크 {epoch}", "en": "epoch {epoch}"},
    "comparison.verdict": {
        "ko": "hmean {before:.4f} → {after:.4f} ({change:+.4f}, 95% 구간 {low:+.4f}~{high:+.4f})",
        "en": "hmean {before:.4f} → {after:.4f} ({change:+.4f}, 95 % interval {low:+.4f} to {high:+.4f})",
    },
    "comparison.verdict.up": {
        "ko": "이미지를 다시 뽑아도 나아졌다고 볼 수 있습니다.",
        "en": "The gain is larger than what drawing other photos would change.",
    },
    "comparison.verdict.down": {
        "ko": "나빠졌습니다. 이미지를 다시 뽑아도 그렇습니다.",
        "en": "The score has fallen by more than what drawing other photos would change.",
    },
    "comparison.verdict.noise": {
        "ko": "이 변화는 이미지를 다시 뽑을 때 생기는 흔들림 안에 있어, 이 이미지만으로는 나아졌는지 알 수 없습니다.",
        "en": "The change is within what drawing other photos would change: these photos cannot tell whether it is a gain.",
    },
    "comparison.part": {
        "ko": "검증 이미지 {total:,}장 가운데 고르게 고른 {images:,}장에서 비교했습니다. 전부는 tools/compare_checkpoints.py로 비교하세요.",
        "en": "Compared on {images:,} of {total:,} validation photos, evenly spread; tools/compare_checkpoints.py takes all.",
    },
    "comparison.counted": {
        "ko": "{name}: 이미지 {images:,}장, 단어 {words:,}개",
        "en": "{name}: {images:,} photos, {words:,} words",
    },
    "comparison.row.precision": {"ko": "정밀도 (precision)", "en": "precision"},
    "comparison.row.recall": {"ko": "재현율 (recall)", "en": "recall"},
    "comparison.row.hmean": {"ko": "조화 평균 (hmean)", "en": "hmean"},
    "comparison.row.right": {"ko": "찾은 단어", "en": "words found"},
    "comparison.row.missed": {"ko": "놓친 단어", "en": "words missed"},
    "comparison.row.false": {"ko": "오검출", "en": "false alarms"},
    "comparison.line.fraction": {
        "ko": "   - {name}: {before:.4f} → {after:.4f} ({change:+.4f})",
        "en": "   - {name}: {before:.4f} -> {after:.4f} ({change:+.4f})",
    },
    "comparison.line.count": {
        "ko": "   - {name}: {before:,} → {after:,} ({change:+,})",
        "en": "   - {name}: {before:,} -> {after:,} ({change:+,})",
    },
    "comparison.gains": {"ko": "가장 나아진 이미지", "en": "Photos that have gained most"},
    "comparison.losses": {"ko": "가장 나빠진 이미지", "en": "Photos that have lost most"},
    "comparison.shown": {
        "ko": "{images:,}장 가운데 {shown:,}장 (틀린 것이 줄거나 는 수의 순서)",
        "en": "{shown:,} of {images:,}, by how many errors they have fewer or more",
    },
    "comparison.errors": {"ko": "(오류 {change:+})", "en": "({change:+} errors)"},
    "comparison.curves": {"ko": "훈련 곡선", "en": "Curves of the training"},
    "comparison.made": {"ko": "만든 방법", "en": "How it was made"},
    "comparison.command": {"ko": "다시 만드는 명령", "en": "The command that makes it again"},
    "comparison.device": {"ko": "비교한 장치", "en": "compared on"},
    "comparison.settings": {"ko": "모든 설정", "en": "All settings"},
    "comparison.written": {"ko": "📋 전후 비교: {path}", "en": "📋 Before and after: {path}"},
    "comparison.no_labels": {
        "ko": "📋 라벨이 있는 검증 이미지가 없어 전후 비교를 쓰지 않았습니다 (data.val 또는 data.test).",
        "en": "📋 No before and after: there are no labelled validation photos (data.val or data.test).",
    },
    "comparison.stopped": {
        "ko": "📋 중단 요청으로 전후 비교를 쓰지 않았습니다. tools/compare_checkpoints.py로 나중에 만들 수 있습니다.",
        "en": "📋 No before and after, for a stop was asked for; tools/compare_checkpoints.py makes it later.",
    },
    "comparison.skipped": {
        "ko": "⚠️ 전후 비교를 쓰지 못했습니다 (훈련 결과에는 영향이 없습니다): {reason}",
        "en": "⚠️ The before and after could not be written (the training is not affected): {reason}",
    },
    "comparison.start_unknown": {
        "ko": "이 훈련이 어떤 체크포인트에서 시작했는지 기록이 없습니다. tools/compare_checkpoints.py에 직접 지정하세요.",
        "en": "it is not recorded which checkpoint this run started from; name it to tools/compare_checkpoints.py.",
    },
    "comparison.start_changed": {
        "ko": "{path}: 훈련을 시작할 때와 가중치가 다릅니다. 원래 파일을 tools/compare_checkpoints.py에 지정하세요.",
        "en": "{path} holds other weights than when the run started; name the original file to tools/compare_checkpoints.py.",
    },
    # --- guard against forgetting ---------------------------------------------------------------
    "train.help.keep_set": {
        "ko": "예전에 잘하던 이미지(보존 데이터): 설정 파일, 라벨이 있는 이미지 폴더, LMDB. 검증 때마다 함께 평가해 파인튜닝이 무엇을 잊는지 보여 줍니다 (train_cfg.max_forgetting 참고)",
        "en": "photos that the checkpoint is good at (the keep set): a config, a folder of labelled photos, or an LMDB; scored at each validation to show what fine-tuning forgets (see train_cfg.max_forgetting)",
    },
    "keep.path_missing": {
        "ko": "--keep_set {path}: 설정 파일({suffixes}), 이미지 폴더, LMDB 가운데 아무것도 아닙니다. 경로를 확인하세요.",
        "en": "--keep_set {path} is neither a config ({suffixes}) nor a folder of photos nor an LMDB; check the path.",
    },
    "keep.no_labels": {
        "ko": "{path}: 라벨이 없어 점수를 낼 수 없습니다. 라벨 파일을 이미지 옆이나 나란한 gts 폴더에 두거나, gt_dir을 적은 설정 파일을 지정하세요.",
        "en": "{path} has no labels to score by; put them beside the photos or into a folder gts next to theirs, or name a config that says gt_dir.",
    },
    "keep.no_words": {
        "ko": "{path}: 글자 영역 {words}개 가운데 읽을 수 있는 것이 없어 점수를 낼 수 없습니다. ### 대신 글자를 적거나 다른 데이터를 지정하세요.",
        "en": "{path}: of {words} words none is readable, so there is nothing to score by; write the text instead of ###, or name other data.",
    },
    "keep.limit_without_set": {
        "ko": "max_forgetting={limit}: 무엇을 잊는지 재려면 보존 데이터가 필요합니다. --keep_set에 라벨이 있는 이미지 폴더를 지정하거나 max_forgetting을 빼세요.",
        "en": "max_forgetting={limit} needs photos to measure forgetting on; name labelled ones with --keep_set, or leave max_forgetting out.",
    },
    "keep.no_start": {
        "ko": "{path}: --keep_set 없이 시작한 훈련이라 파인튜닝 전의 점수를 알 수 없습니다. --keep_set 없이 이어 하거나, --resume 대신 --checkpoint로 처음부터 다시 훈련하세요.",
        "en": "{path} is of a run without --keep_set, so the scores before fine-tuning are not known; resume it without --keep_set, or start anew with --checkpoint instead of --resume.",
    },
    "keep.data": {
        "ko": "   - 보존 데이터: 이미지 {images}장",
        "en": "   - keep set: {images} images",
    },
    "keep.start": {
        "ko": "🛡️ 보존 데이터, 파인튜닝 전: precision {keep_precision:.4f} recall {keep_recall:.4f} hmean {keep_hmean:.4f}",
        "en": "🛡️ keep set before fine-tuning: precision {keep_precision:.4f} recall {keep_recall:.4f} hmean {keep_hmean:.4f}",
    },
    "keep.scores": {
        "ko": "   - 보존: precision {keep_precision:.4f} recall {keep_recall:.4f} hmean {keep_hmean:.4f} (시작 대비 {change:+.4f})",
        "en": "   - keep set: precision {keep_precision:.4f} recall {keep_recall:.4f} hmean {keep_hmean:.4f} ({change:+.4f} since the start)",
    },
    "keep.too_much": {
        "ko": "⚠️ {criterion} {value:.4f}(으)로 가장 좋지만, 보존 데이터의 hmean이 {start:.4f}에서 {hmean:.4f}(으)로 허용치 {limit:g}보다 많이 떨어져 최고 체크포인트로 저장하지 않습니다",
        "en": "⚠️ the best so far by {criterion} ({value:.4f}), but not saved as best: on the keep set hmean fell from {start:.4f} to {hmean:.4f}, by more than {limit:g}",
    },
    "keep.none_eligible": {
        "ko": "⚠️ 보존 데이터의 hmean을 {limit:g} 안에서 지킨 에포크가 없어 최고 체크포인트가 없습니다. --lr을 낮추거나 예전 데이터를 data.train에 섞거나, tools/average_checkpoints.py로 {latest}와 시작 체크포인트의 가중치를 평균하세요.",
        "en": "⚠️ no epoch kept the hmean on the keep set within {limit:g}, so there is no best checkpoint; lower --lr, mix older data into data.train, or average {latest} with the checkpoint you started from by tools/average_checkpoints.py.",
    },
    "average.about": {
        "ko": "파인튜닝 전후의 가중치를 여러 비율로 평균하고, 새 데이터를 잘 찾으면서 예전 것을 덜 잊는 비율을 골라 저장합니다 (WiSE-FT).",
        "en": "Average the weights from before and after fine-tuning at several ratios, and save the ratio that does well on new photos without forgetting old ones (WiSE-FT).",
    },
    "average.examples": {
        "ko": "예시:\n  python tools/average_checkpoints.py --pretrained checkpoint_7ep.pth --finetuned finetune_checkpoints/checkpoint_best.pth\n  # 보존 데이터의 hmean이 0.02보다 많이 떨어지지 않는 비율만\n  python tools/average_checkpoints.py --pretrained checkpoint_7ep.pth --finetuned finetune_checkpoints/checkpoint_best.pth --keep_set 예전_이미지 --max_forgetting 0.02",
        "en": "examples:\n  python tools/average_checkpoints.py --pretrained checkpoint_7ep.pth --finetuned finetune_checkpoints/checkpoint_best.pth\n  # only ratios at which hmean on the keep set falls by no more than 0.02\n  python tools/average_checkpoints.py --pretrained checkpoint_7ep.pth --finetuned finetune_checkpoints/checkpoint_best.pth --keep_set my_older_photos --max_forgetting 0.02",
    },
    "average.help.config": {
        "ko": "두 체크포인트의 설정 파일. data.val(없으면 data.test)로 평가하고 data.train으로 BatchNorm 통계를 다시 잽니다 (기본값: %(default)s)",
        "en": "config of both checkpoints; its data.val (else data.test) is scored on, its data.train gives BatchNorm statistics (default: %(default)s)",
    },
    "average.help.pretrained": {
        "ko": "파인튜닝을 시작한 체크포인트 (기본값: 설정의 train_cfg.pretrain, 없으면 {default})",
        "en": "the checkpoint that fine-tuning started from (default: train_cfg.pretrain of the config, else {default})",
    },
    "average.help.finetuned": {
        "ko": "파인튜닝한 체크포인트 (기본값: %(default)s)",
        "en": "the fine-tuned checkpoint (default: %(default)s)",
    },
    "average.help.keep_set": {
        "ko": "예전에 잘하던 이미지(보존 데이터): 설정 파일, 라벨이 있는 이미지 폴더, LMDB",
        "en": "photos that the pretrained checkpoint is good at (the keep set): a config, a folder of labelled photos, or an LMDB",
    },
    "average.help.max_forgetting": {
        "ko": "보존 데이터의 hmean이 이보다 많이 떨어지는 비율은 고르지 않음 (기본값: 설정의 train_cfg.max_forgetting)",
        "en": "do not choose a ratio at which hmean on the keep set falls by more (default: train_cfg.max_forgetting of the config)",
    },
    "average.help.steps": {
        "ko": "0과 1을 포함해 몇 개의 비율을 평가할지 (기본값: %(default)s)",
        "en": "how many ratios to score, 0 and 1 among them (default: %(default)s)",
    },
    "average.help.output": {
        "ko": "저장할 체크포인트 (기본값: %(default)s)",
        "en": "checkpoint to write (default: %(default)s)",
    },
    "average.help.bn_batches": {
        "ko": "비율마다 BatchNorm 통계를 다시 재는 훈련 배치의 수. 0이면 통계도 가중치처럼 평균합니다 (기본값: %(default)s)",
        "en": "batches of training data that BatchNorm statistics are taken from at each ratio; 0 averages the statistics like the weights (default: %(default)s)",
    },
    "average.help.worker": {
        "ko": "이미지를 읽는 프로세스의 수 (기본값: 코어 수에 맞춤)",
        "en": "processes that read images (default: by the number of cores)",
    },
    "average.help.seed": {
        "ko": "BatchNorm 통계를 잴 훈련 배치를 고르는 시드 (기본값: %(default)s)",
        "en": "seed that chooses the batches for BatchNorm statistics (default: %(default)s)",
    },
    "average.output_in_use": {
        "ko": "--output {path}: 평균할 체크포인트를 덮어쓰게 됩니다. 다른 이름을 지정하세요.",
        "en": "--output {path} would replace a checkpoint that is to be averaged; give another name.",
    },
    "average.no_images": {
        "ko": "{path}: BatchNorm 통계를 잴 훈련 이미지를 하나도 읽을 수 없습니다. 파일을 확인하거나 --bn_batches 0을 쓰세요.",
        "en": "{path}: no training photo can be read to take BatchNorm statistics from; check the files, or use --bn_batches 0.",
    },
    "average.start": {
        "ko": "🔀 {pretrained} → {finetuned}: 비율 {steps}개를 이미지 {images}장으로 평가합니다",
        "en": "🔀 {pretrained} → {finetuned}: scoring {steps} ratios on {images} images",
    },
    "average.head": {
        "ko": "   비율  precision  recall   hmean",
        "en": "  ratio  precision  recall   hmean",
    },
    "average.head_keep": {
        "ko": "   비율  precision  recall   hmean  보존 hmean",
        "en": "  ratio  precision  recall   hmean  keep hmean",
    },
    "average.row": {
        "ko": "  {factor:5.3f}     {precision:.4f}  {recall:.4f}  {hmean:.4f}",
        "en": "  {factor:5.3f}     {precision:.4f}  {recall:.4f}  {hmean:.4f}",
    },
    "average.row_keep": {
        "ko": "  {factor:5.3f}     {precision:.4f}  {recall:.4f}  {hmean:.4f}      {keep:.4f}",
        "en": "  {factor:5.3f}     {precision:.4f}  {recall:.4f}  {hmean:.4f}      {keep:.4f}",
    },
    "average.chosen": {
        "ko": "🏆 비율 {factor:.3f}을 골랐습니다 (hmean {hmean:.4f})",
        "en": "🏆 chose the ratio {factor:.3f} (hmean {hmean:.4f})",
    },
    "average.pretrained_chosen": {
        "ko": "⚠️ 파인튜닝 전의 가중치보다 나은 비율이 없어 그 가중치를 그대로 저장합니다. --max_forgetting을 늘리거나 예전 데이터를 섞어 다시 훈련하세요.",
        "en": "⚠️ no allowed ratio is better than the pretrained weights, so these are saved as they are; allow more with --max_forgetting, or train again with older data mixed in.",
    },
    "average.saved": {
        "ko": "💾 평균한 체크포인트 저장: {path}",
        "en": "💾 averaged checkpoint saved: {path}",
    },
    # --- the doctor for labels ------------------------------------------------------------------
    "doctor.about": {
        "ko": "훈련하기 전에 이미지와 라벨의 문제를 모두 찾아 표와 report.html, report.json으로 보여 줍니다.",
        "en": "Find everything that is wrong with images and labels before training: a table, report.html and report.json.",
    },
    "doctor.examples": {
        "ko": "예시:\n  # 설정 파일의 훈련, 검증, 평가 데이터\n  python tools/check_data.py config/fast/ic15/fast_checkpoint_7ep_finetune.py\n  # 폴더 (images와 gts, 또는 그런 폴더가 든 train, val, test)\n  python tools/check_data.py 내_데이터\n  # 이미지와 라벨이 따로 있을 때, 고친 사본도 함께\n  python tools/check_data.py --img_dir 내_이미지 --gt_dir 내_라벨 --fix 고친_데이터",
        "en": "examples:\n  # the training, validation and test data of a config\n  python tools/check_data.py config/fast/ic15/fast_checkpoint_7ep_finetune.py\n  # a folder (with images and gts, or with train, val, test that have these)\n  python tools/check_data.py my_data\n  # images and labels in two places, and a mended copy\n  python tools/check_data.py --img_dir my_images --gt_dir my_labels --fix mended",
    },
    "doctor.help.path": {
        "ko": "설정 파일, 데이터 폴더 또는 LMDB 폴더 (기본값: {default})",
        "en": "a config, a folder of data, or an LMDB folder (default: {default})",
    },
    "doctor.help.img_dir": {
        "ko": "이미지 폴더. 쓰면 이 데이터만 봅니다",
        "en": "folder of images; only this data is then examined",
    },
    "doctor.help.gt_dir": {
        "ko": "라벨 폴더 또는 파일 (기본값: 이미지와 같은 폴더)",
        "en": "folder or file of labels (default: beside the images)",
    },
    "doctor.help.format": {
        "ko": "라벨 형식. auto는 파일을 보고 알아냅니다 (기본값: 폴더는 auto, 설정 파일은 설정대로)",
        "en": "format of the labels; auto finds it out (default: auto for folders, else what the config says)",
    },
    "doctor.help.out": {
        "ko": "보고서를 쓸 폴더 (기본값: %(default)s)",
        "en": "folder for the reports (default: %(default)s)",
    },
    "doctor.help.fix": {
        "ko": "확실히 고칠 수 있는 것을 고친 사본을 쓸 새 폴더. 원본은 그대로 둡니다",
        "en": "new folder for a copy in which all that can be mended for sure is mended; the originals stay as they are",
    },
    "doctor.help.workers": {
        "ko": "이미지를 읽는 프로세스의 수 (기본값: 코어 수)",
        "en": "processes that read images (default: the number of cores)",
    },
    "doctor.help.fast": {
        "ko": "이미지의 헤더만 읽고, 비슷한 이미지는 찾지 않음",
        "en": "read only the headers of images, and look for no near duplicates",
    },
    "doctor.help.strict": {
        "ko": "오류가 하나라도 있으면 종료 코드 1로 끝냄",
        "en": "leave with exit code 1 when there is any error",
    },
    "doctor.line": {"ko": "{text}", "en": "{text}"},
    "doctor.title": {"ko": "데이터 진단: {name}", "en": "data check: {name}"},
    "doctor.path_missing": {
        "ko": "{path}: 그런 설정 파일이나 폴더가 없습니다. 경로를 확인하세요.",
        "en": "{path}: there is no such config or folder. Check the path.",
    },
    "doctor.no_sets": {
        "ko": "{path}: 살펴볼 데이터가 없습니다. data.train, data.val, data.test 가운데 하나를 설정하세요.",
        "en": "{path}: there is no data to examine. Set data.train, data.val or data.test.",
    },
    "doctor.drawn": {
        "ko": "{name}: 그려서 쓰는 이미지이므로 확인할 파일이 없습니다.",
        "en": "{name}: its images are drawn, so there are no files to check.",
    },
    "doctor.left_aside": {
        "ko": "data.{name} 건너뜀: {reason}",
        "en": "data.{name} is passed over: {reason}",
    },
    "doctor.no_coordinates": {
        "ko": "좌표를 찾을 수 없습니다: {line}",
        "en": "no coordinates were found: {line}",
    },
    "doctor.not_compared": {
        "ko": "비슷해 보이는 이미지가 너무 많아 {count}쌍은 비교하지 않았습니다.",
        "en": "so many images look the same that {count} pairs of them were not compared.",
    },
    "doctor.cannot_write": {
        "ko": "{path}: 쓰지 못했습니다 ({reason}). 디스크 공간과 쓰기 권한을 확인하세요.",
        "en": "{path} could not be written ({reason}); check disk space and permissions.",
    },
    "doctor.fix_in_use": {
        "ko": "--fix {path}: 이미 있는 파일을 덮어쓰지 않습니다. 새 폴더의 이름을 정하세요.",
        "en": "--fix {path}: there is something already, which is not overwritten. Name a new folder.",
    },
    "doctor.reports": {
        "ko": "📄 보고서: {html}, {json}",
        "en": "📄 reports: {html}, {json}",
    },
    "doctor.table.set": {
        "ko": "📁 {name}: {folder} (형식 {format}), 이미지 {images}장, 글자 영역 {words}개, 무시 {ignored}개",
        "en": "📁 {name}: {folder} (format {format}), {images} images, {words} words, {ignored} of them ignored",
    },
    "doctor.table.clean": {"ko": "✅ 문제를 찾지 못했습니다.", "en": "✅ Nothing wrong was found."},
    "doctor.table.kind": {"ko": "종류", "en": "kind"},
    "doctor.table.count": {"ko": "건수", "en": "count"},
    "doctor.table.first": {"ko": "첫 번째 위치", "en": "first place"},
    "doctor.table.total": {
        "ko": "오류 {error}건, 경고 {warning}건, 참고 {hint}건",
        "en": "{error} errors, {warning} warnings, {hint} hints",
    },
    "doctor.table.more": {"ko": "그 밖에 {count}건", "en": "{count} more"},
    "doctor.training": {"ko": "훈련에서는:", "en": "Training:"},
    "doctor.severity.error": {"ko": "[오류]", "en": "[error]"},
    "doctor.severity.warning": {"ko": "[경고]", "en": "[warning]"},
    "doctor.severity.hint": {"ko": "[참고]", "en": "[hint]"},
    "doctor.severity.error.means": {
        "ko": "데이터를 잃거나 틀린 것을 배웁니다",
        "en": "data is lost, or something wrong is learned",
    },
    "doctor.severity.warning.means": {
        "ko": "실수로 보이지만 훈련은 그대로 씁니다",
        "en": "looks like a mistake; training goes on with it",
    },
    "doctor.severity.hint.means": {
        "ko": "알아 두면 좋습니다",
        "en": "worth knowing",
    },
    "doctor.fix.title": {"ko": "🔧 고친 사본: {path}", "en": "🔧 mended copy: {path}"},
    "doctor.fix.use": {
        "ko": "   쓰는 법: data.train.type=FAST_IC15 data.train.img_dir=<사본>/images data.train.gt_dir=<사본>/gts",
        "en": "   to use it: data.train.type=FAST_IC15 data.train.img_dir=<copy>/images data.train.gt_dir=<copy>/gts",
    },
    "doctor.fix.clipped": {
        "ko": "   - 이미지의 경계에서 자른 영역: {count}개",
        "en": "   - words cut at the edge of their image: {count}",
    },
    "doctor.fix.outside": {
        "ko": "   - 이미지 밖에 있어 뺀 영역: {count}개",
        "en": "   - words left out, for they lie outside their image: {count}",
    },
    "doctor.fix.reordered": {
        "ko": "   - 점의 순서를 바로잡은 영역: {count}개",
        "en": "   - words whose points were put in order: {count}",
    },
    "doctor.fix.doubles": {
        "ko": "   - 같은 것이 있어 뺀 영역: {count}개",
        "en": "   - words left out, for they were there twice: {count}",
    },
    "doctor.fix.no_words": {
        "ko": "   - 읽을 수 없거나 넓이가 없어 뺀 줄: {count}개",
        "en": "   - lines left out, for they are no words: {count}",
    },
    "doctor.fix.unreadable": {
        "ko": "   - 읽을 수 없어 뺀 이미지: {count}장",
        "en": "   - images left out, for they cannot be read: {count}",
    },
    "doctor.fix.meant_otherwise": {
        "ko": "   - 좌표의 뜻이 달라 뺀 이미지 (직접 고치세요): {count}장",
        "en": "   - images left out, for their coordinates mean something else (mend these yourself): {count}",
    },
    "doctor.fix.unlabelled": {
        "ko": "   - 라벨이 없거나 읽을 수 없어 뺀 이미지: {count}장",
        "en": "   - images left out, for they have no label that can be read: {count}",
    },
    "doctor.fix.unpaired": {
        "ko": "   - 짝이 없어 뺀 이미지와 라벨: {count}개",
        "en": "   - images and labels left out, for they have no counterpart: {count}",
    },
    "doctor.fix.copies": {
        "ko": "   - 같은 것이 있어 뺀 이미지: {count}장",
        "en": "   - images left out, for they were there twice: {count}",
    },
    "doctor.fix.reencoded": {
        "ko": "   - UTF-8로 바꾼 라벨 파일: {count}개",
        "en": "   - label files turned into UTF-8: {count}",
    },
    "doctor.unusable_set.name": {
        "ko": "쓸 수 없는 데이터",
        "en": "data that cannot be used",
    },
    "doctor.unusable_set.found": {
        "ko": "{detail}",
        "en": "{detail}",
    },
    "doctor.unusable_set.why": {
        "ko": "이 데이터로는 훈련이나 평가를 시작할 수 없습니다.",
        "en": "Training or evaluation cannot start with this data.",
    },
    "doctor.unusable_set.does": {
        "ko": "시작하지 않고 이 문장을 보여 줍니다.",
        "en": "it does not start, and says this sentence.",
    },
    "doctor.set_all_ignored.name": {
        "ko": "모두 무시로 표시된 데이터",
        "en": "data whose every word is ignored",
    },
    "doctor.set_all_ignored.found": {
        "ko": "글자 영역 {count}개가 모두 ###(무시)입니다",
        "en": "all {count} words are marked ### (ignored)",
    },
    "doctor.set_all_ignored.why": {
        "ko": "무시된 영역에서는 배우는 것이 없습니다. 글자를 적지 않고 ###만 넣은 라벨이 아닌지 확인하세요.",
        "en": "Nothing is learned from ignored words. See whether ### was written only because nobody typed the texts.",
    },
    "doctor.set_all_ignored.does": {
        "ko": "배울 것이 없으므로 시작하지 않습니다. 평가 점수도 뜻이 없습니다.",
        "en": "it does not start, for there is nothing to learn; a score would mean nothing.",
    },
    "doctor.missing_image.name": {
        "ko": "이미지가 없는 라벨",
        "en": "labels without an image",
    },
    "doctor.missing_image.found": {
        "ko": "이 라벨에 맞는 이미지가 없습니다",
        "en": "there is no image for this label",
    },
    "doctor.missing_image.why": {
        "ko": "라벨을 만든 노력이 쓰이지 않습니다. 이미지의 이름이나 확장자가 바뀌지 않았는지 확인하세요.",
        "en": "The work of labelling is lost. See whether the image has another name or suffix.",
    },
    "doctor.missing_image.does": {
        "ko": "이 라벨을 빼고 갑니다.",
        "en": "it goes on without this label.",
    },
    "doctor.missing_label.name": {
        "ko": "라벨이 없는 이미지",
        "en": "images without a label",
    },
    "doctor.missing_label.found": {
        "ko": "라벨이 없습니다",
        "en": "it has no label",
    },
    "doctor.missing_label.why": {
        "ko": "글자가 없는 이미지라면 빈 라벨 파일을 두어야 배경으로 배웁니다.",
        "en": "An image without text needs an empty label file to be learned as background.",
    },
    "doctor.missing_label.does": {
        "ko": "이 이미지를 빼고 갑니다. 평가에서는 글자가 없는 이미지로 셉니다.",
        "en": "it goes on without this image; an evaluation counts it as an image without text.",
    },
    "doctor.empty_image.name": {
        "ko": "빈 이미지 파일",
        "en": "empty image files",
    },
    "doctor.empty_image.found": {
        "ko": "0바이트입니다",
        "en": "it has no bytes",
    },
    "doctor.empty_image.why": {
        "ko": "복사나 다운로드가 실패한 파일입니다.",
        "en": "A copy or a download failed.",
    },
    "doctor.empty_image.does": {
        "ko": "이 이미지와 라벨을 빼고 갑니다.",
        "en": "it goes on without this image and its label.",
    },
    "doctor.truncated_image.name": {
        "ko": "잘린 이미지 파일",
        "en": "image files that are cut off",
    },
    "doctor.truncated_image.found": {
        "ko": "파일의 끝이 없습니다 ({detail})",
        "en": "the end of the file is missing ({detail})",
    },
    "doctor.truncated_image.why": {
        "ko": "복사나 다운로드가 중간에 끊긴 파일입니다. 다시 받으세요.",
        "en": "A copy or a download broke off. Fetch the file again.",
    },
    "doctor.truncated_image.does": {
        "ko": "이 이미지와 라벨을 빼고 갑니다.",
        "en": "it goes on without this image and its label.",
    },
    "doctor.not_an_image.name": {
        "ko": "이미지가 아닌 파일",
        "en": "files that are no images",
    },
    "doctor.not_an_image.found": {
        "ko": "이미지 형식이 아닙니다. 파일의 시작: '{detail}'",
        "en": "no image format; the file begins with '{detail}'",
    },
    "doctor.not_an_image.why": {
        "ko": "확장자만 이미지인 파일입니다. 다운로드한 오류 페이지일 때가 많습니다.",
        "en": "Only the suffix is that of an image; often it is an error page that was downloaded.",
    },
    "doctor.not_an_image.does": {
        "ko": "이 이미지와 라벨을 빼고 갑니다.",
        "en": "it goes on without this image and its label.",
    },
    "doctor.unreadable_image.name": {
        "ko": "읽을 수 없는 이미지",
        "en": "images that cannot be read",
    },
    "doctor.unreadable_image.found": {
        "ko": "{detail}",
        "en": "{detail}",
    },
    "doctor.unreadable_image.why": {
        "ko": "파일이 손상되었거나 읽기 권한이 없습니다.",
        "en": "The file is damaged, or may not be read.",
    },
    "doctor.unreadable_image.does": {
        "ko": "이 이미지와 라벨을 빼고 갑니다.",
        "en": "it goes on without this image and its label.",
    },
    "doctor.duplicate_image.name": {
        "ko": "똑같은 이미지",
        "en": "images that are there twice",
    },
    "doctor.duplicate_image.found": {
        "ko": "{other} 와(과) 같은 파일입니다",
        "en": "the same file as {other}",
    },
    "doctor.duplicate_image.why": {
        "ko": "같은 이미지를 여러 번 배웁니다. 라벨이 서로 다르면 모순을 배웁니다.",
        "en": "The image is learned more often than others; where the labels differ, a contradiction is learned.",
    },
    "doctor.duplicate_image.does": {
        "ko": "둘 다 그대로 씁니다.",
        "en": "it uses both as they are.",
    },
    "doctor.near_duplicate_image.name": {
        "ko": "거의 같은 이미지",
        "en": "images that look the same",
    },
    "doctor.near_duplicate_image.found": {
        "ko": "{other} 와(과) 거의 같아 보입니다",
        "en": "looks like {other}",
    },
    "doctor.near_duplicate_image.why": {
        "ko": "크기나 압축만 다른 사본일 수 있습니다. 데이터가 보이는 것보다 단조로울 수 있습니다.",
        "en": "It may be a copy of another size or compression; the data is less varied than it seems.",
    },
    "doctor.near_duplicate_image.does": {
        "ko": "둘 다 그대로 씁니다.",
        "en": "it uses both as they are.",
    },
    "doctor.image_in_train_and_test.name": {
        "ko": "훈련과 평가에 함께 있는 이미지",
        "en": "images in both training and test data",
    },
    "doctor.image_in_train_and_test.found": {
        "ko": "훈련 데이터의 {other} 와(과) 같은 파일입니다",
        "en": "the same file as {other} of the training data",
    },
    "doctor.image_in_train_and_test.why": {
        "ko": "훈련한 이미지로 평가하면 점수가 실제보다 높게 나옵니다.",
        "en": "A score on images that were trained on is higher than any real one.",
    },
    "doctor.image_in_train_and_test.does": {
        "ko": "알지 못하고 둘 다 씁니다. 점수를 믿을 수 없게 됩니다.",
        "en": "it uses both without noticing; the score cannot be trusted.",
    },
    "doctor.near_image_in_train_and_test.name": {
        "ko": "훈련과 평가에 함께 있는 듯한 이미지",
        "en": "images that seem to be in both training and test data",
    },
    "doctor.near_image_in_train_and_test.found": {
        "ko": "훈련 데이터의 {other} 와(과) 거의 같아 보입니다",
        "en": "looks like {other} of the training data",
    },
    "doctor.near_image_in_train_and_test.why": {
        "ko": "크기나 압축만 다른 사본이라면 점수가 실제보다 높게 나옵니다.",
        "en": "If it is a copy of another size or compression, the score is higher than any real one.",
    },
    "doctor.near_image_in_train_and_test.does": {
        "ko": "알지 못하고 둘 다 씁니다.",
        "en": "it uses both without noticing.",
    },
    "doctor.unreadable_label.name": {
        "ko": "읽을 수 없는 라벨 파일",
        "en": "label files that cannot be read",
    },
    "doctor.unreadable_label.found": {
        "ko": "{detail}",
        "en": "{detail}",
    },
    "doctor.unreadable_label.why": {
        "ko": "파일이 손상되었거나, 글자 인코딩이나 형식이 다르거나, 읽기 권한이 없습니다.",
        "en": "It is damaged, in an encoding or format that is not known, or may not be read.",
    },
    "doctor.unreadable_label.does": {
        "ko": "이 파일의 라벨을 빼고 갑니다. 이미지는 글자가 없는 것으로 배우므로 꼭 고치세요.",
        "en": "it goes on without these labels, and learns that the image has no text: do mend this.",
    },
    "doctor.not_utf8.name": {
        "ko": "UTF-8이 아닌 라벨 파일",
        "en": "label files that are not UTF-8",
    },
    "doctor.not_utf8.found": {
        "ko": "UTF-8이 아닙니다",
        "en": "not UTF-8",
    },
    "doctor.not_utf8.why": {
        "ko": "CP949(EUC-KR)나 UTF-16으로 저장된 파일입니다. 다른 도구에서는 글자가 깨질 수 있습니다.",
        "en": "It was saved as CP949 (EUC-KR) or UTF-16; other tools may garble its texts.",
    },
    "doctor.not_utf8.does": {
        "ko": "CP949나 UTF-16으로 읽습니다. UTF-8로 저장하면 확실합니다.",
        "en": "it reads the file as CP949 or UTF-16; saved as UTF-8 it is safe.",
    },
    "doctor.malformed_line.name": {
        "ko": "형식이 틀린 줄",
        "en": "malformed lines",
    },
    "doctor.malformed_line.found": {
        "ko": "{detail}",
        "en": "{detail}",
    },
    "doctor.malformed_line.why": {
        "ko": "이 줄의 글자는 라벨이 없는 것과 같습니다.",
        "en": "The word might as well not be labelled.",
    },
    "doctor.malformed_line.does": {
        "ko": "이 줄을 빼고 갑니다. 그 글자를 배경으로 배웁니다.",
        "en": "it goes on without this line, and learns the word as background.",
    },
    "doctor.coordinate_count.name": {
        "ko": "좌표의 수가 틀린 줄",
        "en": "lines with a wrong number of coordinates",
    },
    "doctor.coordinate_count.found": {
        "ko": "{detail}",
        "en": "{detail}",
    },
    "doctor.coordinate_count.why": {
        "ko": "점 네 개(x,y 여덟 개) 이상이 필요합니다. 수가 네 개뿐이면 [x, y, w, h]나 두 꼭짓점일 수 있으니 점 네 개로 바꾸세요.",
        "en": "Four points (eight numbers) or more are needed. Four numbers alone may be [x, y, w, h] or two corners: turn them into four points.",
    },
    "doctor.coordinate_count.does": {
        "ko": "이 줄을 빼고 갑니다. 그 글자를 배경으로 배웁니다.",
        "en": "it goes on without this line, and learns the word as background.",
    },
    "doctor.not_a_number.name": {
        "ko": "숫자가 아닌 좌표",
        "en": "coordinates that are no numbers",
    },
    "doctor.not_a_number.found": {
        "ko": "좌표가 올 자리에 '{detail}'이(가) 있습니다",
        "en": "'{detail}' stands where a coordinate should",
    },
    "doctor.not_a_number.why": {
        "ko": "이 줄의 글자는 라벨이 없는 것과 같습니다.",
        "en": "The word might as well not be labelled.",
    },
    "doctor.not_a_number.does": {
        "ko": "이 줄을 빼고 갑니다. 그 글자를 배경으로 배웁니다.",
        "en": "it goes on without this line, and learns the word as background.",
    },
    "doctor.nan_coordinate.name": {
        "ko": "NaN 좌표",
        "en": "coordinates that are NaN",
    },
    "doctor.nan_coordinate.found": {
        "ko": "좌표가 NaN입니다: {detail}",
        "en": "a coordinate is NaN: {detail}",
    },
    "doctor.nan_coordinate.why": {
        "ko": "라벨을 변환하다가 계산이 잘못된 흔적입니다. 같은 도구로 만든 다른 라벨도 확인하세요.",
        "en": "A conversion went wrong; look at what else it made.",
    },
    "doctor.nan_coordinate.does": {
        "ko": "이 줄을 빼고 갑니다. 그 글자를 배경으로 배웁니다.",
        "en": "it goes on without this line, and learns the word as background.",
    },
    "doctor.infinite_coordinate.name": {
        "ko": "무한대 좌표",
        "en": "coordinates that are infinite",
    },
    "doctor.infinite_coordinate.found": {
        "ko": "좌표가 무한대입니다: {detail}",
        "en": "a coordinate is infinite: {detail}",
    },
    "doctor.infinite_coordinate.why": {
        "ko": "라벨을 변환하다가 0으로 나눈 흔적입니다. 같은 도구로 만든 다른 라벨도 확인하세요.",
        "en": "A conversion divided by zero; look at what else it made.",
    },
    "doctor.infinite_coordinate.does": {
        "ko": "이 줄을 빼고 갑니다. 그 글자를 배경으로 배웁니다.",
        "en": "it goes on without this line, and learns the word as background.",
    },
    "doctor.huge_coordinate.name": {
        "ko": "터무니없이 큰 좌표",
        "en": "coordinates beyond all bounds",
    },
    "doctor.huge_coordinate.found": {
        "ko": "어떤 사진에도 없는 좌표입니다: {detail}",
        "en": "no photo has this coordinate: {detail}",
    },
    "doctor.huge_coordinate.why": {
        "ko": "자릿수나 구분 기호가 틀린 좌표입니다.",
        "en": "A digit or a separator is wrong.",
    },
    "doctor.huge_coordinate.does": {
        "ko": "이 줄을 빼고 갑니다. 그 글자를 배경으로 배웁니다.",
        "en": "it goes on without this line, and learns the word as background.",
    },
    "doctor.exif_rotation.name": {
        "ko": "EXIF 회전과 맞지 않는 라벨",
        "en": "labels that do not follow the EXIF rotation",
    },
    "doctor.exif_rotation.found": {
        "ko": "훈련에서 보는 크기는 {width}x{height}인데, 옆으로 돌려야 영역이 맞습니다",
        "en": "training sees {width}x{height}; the boxes fit only when it is laid on its side",
    },
    "doctor.exif_rotation.why": {
        "ko": "카메라가 회전 표시(EXIF)를 남긴 사진입니다. 라벨 도구와 훈련이 사진을 다른 방향으로 봅니다.",
        "en": "The camera marked the photo as turned (EXIF), and the labelling tool saw it another way than training does.",
    },
    "doctor.exif_rotation.does": {
        "ko": "라벨을 그대로 씁니다. 틀린 자리를 배웁니다. 라벨을 돌리거나, 회전을 무시한 라벨이라면 read_type='pil'을 쓰세요.",
        "en": "it uses the labels as they are and learns wrong places. Turn the labels, or set read_type='pil' where all were drawn without the rotation.",
    },
    "doctor.size_swapped.name": {
        "ko": "가로와 세로가 바뀐 크기",
        "en": "sizes with width and height swapped",
    },
    "doctor.size_swapped.found": {
        "ko": "라벨에는 {label_width}x{label_height}, 파일은 {width}x{height}입니다",
        "en": "the label says {label_width}x{label_height}, the file is {width}x{height}",
    },
    "doctor.size_swapped.why": {
        "ko": "크기를 (세로, 가로)로 적었거나 회전(EXIF)된 사진입니다. 그 크기로 좌표를 바꾸는 도구에서는 틀린 결과가 나옵니다.",
        "en": "The size was written as (height, width), or the photo is turned (EXIF). Tools that scale by it go wrong.",
    },
    "doctor.size_swapped.does": {
        "ko": "파일의 크기를 씁니다. 좌표는 그대로입니다.",
        "en": "it takes the size from the file, and the coordinates as they are.",
    },
    "doctor.size_differs.name": {
        "ko": "파일과 다른 크기",
        "en": "sizes that are not the file's",
    },
    "doctor.size_differs.found": {
        "ko": "라벨에는 {label_width}x{label_height}, 파일은 {width}x{height}입니다",
        "en": "the label says {label_width}x{label_height}, the file is {width}x{height}",
    },
    "doctor.size_differs.why": {
        "ko": "라벨을 만든 뒤 이미지의 크기를 바꾸었거나 다른 이미지의 라벨입니다.",
        "en": "The image was resized after it was labelled, or the label is another image's.",
    },
    "doctor.size_differs.does": {
        "ko": "좌표를 그대로 씁니다. 이미지가 바뀌었다면 틀린 자리를 배웁니다.",
        "en": "it uses the coordinates as they are; if the image was changed it learns wrong places.",
    },
    "doctor.normalised_coordinates.name": {
        "ko": "0과 1 사이의 좌표",
        "en": "coordinates between 0 and 1",
    },
    "doctor.normalised_coordinates.found": {
        "ko": "영역 {count}개의 좌표가 픽셀이 아니라 비율입니다: {detail}",
        "en": "the coordinates of {count} boxes are fractions, not pixels: {detail}",
    },
    "doctor.normalised_coordinates.why": {
        "ko": "이미지 크기로 나눈 좌표입니다. 가로와 세로를 곱해 픽셀로 바꾸세요.",
        "en": "They were divided by the image's size. Multiply them by its width and height.",
    },
    "doctor.normalised_coordinates.does": {
        "ko": "1픽셀보다 작은 영역이므로 모두 빼고 갑니다. 이미지는 글자가 없는 것으로 배웁니다.",
        "en": "it finds no area in such boxes and leaves them all out; the image is learned as one without text.",
    },
    "doctor.swapped_xy.name": {
        "ko": "x와 y가 바뀐 좌표",
        "en": "coordinates with x and y swapped",
    },
    "doctor.swapped_xy.found": {
        "ko": "영역 {boxes}개(이미지 {images}장)가 x와 y를 바꾸어야 이미지에 맞습니다",
        "en": "{boxes} boxes ({images} images) fit their image only with x and y swapped",
    },
    "doctor.swapped_xy.why": {
        "ko": "(y, x)로 적었거나 옆으로 돌린 이미지에 그린 라벨입니다.",
        "en": "They were written as (y, x), or drawn on the image laid on its side.",
    },
    "doctor.swapped_xy.does": {
        "ko": "라벨을 그대로 씁니다. 틀린 자리를 배웁니다.",
        "en": "it uses the labels as they are and learns wrong places.",
    },
    "doctor.xywh_as_corners.name": {
        "ko": "꼭짓점으로 읽힌 [x, y, w, h]",
        "en": "[x, y, w, h] taken for two corners",
    },
    "doctor.xywh_as_corners.found": {
        "ko": "영역 {boxes}개(이미지 {images}장)의 두 번째 꼭짓점이 폭과 높이로 보입니다",
        "en": "the second corner of {boxes} boxes ({images} images) seems to be a width and a height",
    },
    "doctor.xywh_as_corners.why": {
        "ko": "[x, y, w, h]를 [x1, y1, x2, y2]로 여기고 변환한 라벨입니다.",
        "en": "A conversion took [x, y, w, h] for [x1, y1, x2, y2].",
    },
    "doctor.xywh_as_corners.does": {
        "ko": "라벨을 그대로 씁니다. 틀린 자리를 배웁니다.",
        "en": "it uses the labels as they are and learns wrong places.",
    },
    "doctor.corners_as_xywh.name": {
        "ko": "[x, y, w, h]로 읽힌 꼭짓점",
        "en": "two corners taken for [x, y, w, h]",
    },
    "doctor.corners_as_xywh.found": {
        "ko": "영역 {boxes}개(이미지 {images}장)의 폭과 높이가 두 번째 꼭짓점으로 보입니다",
        "en": "width and height of {boxes} boxes ({images} images) seem to be a second corner",
    },
    "doctor.corners_as_xywh.why": {
        "ko": "[x1, y1, x2, y2]를 [x, y, w, h]로 여기고 변환한 라벨입니다.",
        "en": "A conversion took [x1, y1, x2, y2] for [x, y, w, h].",
    },
    "doctor.corners_as_xywh.does": {
        "ko": "라벨을 그대로 씁니다. 틀린 자리를 배웁니다.",
        "en": "it uses the labels as they are and learns wrong places.",
    },
    "doctor.outside.name": {
        "ko": "이미지 밖의 영역",
        "en": "words outside the image",
    },
    "doctor.outside.found": {
        "ko": "영역 {box}이(가) 이미지 {width}x{height} 밖에 있습니다",
        "en": "the box {box} lies outside the image of {width}x{height}",
    },
    "doctor.outside.why": {
        "ko": "다른 이미지의 라벨이거나 이미지의 크기가 바뀌었습니다.",
        "en": "The label is another image's, or the image was resized.",
    },
    "doctor.outside.does": {
        "ko": "이 영역을 빼고 갑니다. 그 글자를 배경으로 배웁니다.",
        "en": "it goes on without this word, and learns it as background.",
    },
    "doctor.partly_outside.name": {
        "ko": "일부가 이미지 밖인 영역",
        "en": "words partly outside the image",
    },
    "doctor.partly_outside.found": {
        "ko": "영역 {box}이(가) 이미지 {width}x{height}의 경계를 넘습니다",
        "en": "the box {box} reaches beyond the image of {width}x{height}",
    },
    "doctor.partly_outside.why": {
        "ko": "라벨을 잘못 그렸거나 이미지를 자른 뒤 라벨을 고치지 않았습니다.",
        "en": "The box was drawn carelessly, or the image was cropped afterwards.",
    },
    "doctor.partly_outside.does": {
        "ko": "이미지 안의 부분만 씁니다.",
        "en": "it uses the part that lies in the image.",
    },
    "doctor.negative_coordinate.name": {
        "ko": "음수 좌표",
        "en": "negative coordinates",
    },
    "doctor.negative_coordinate.found": {
        "ko": "영역 {box}에 음수 좌표가 있습니다 (이미지 {width}x{height})",
        "en": "the box {box} has negative coordinates (image {width}x{height})",
    },
    "doctor.negative_coordinate.why": {
        "ko": "라벨 도구에서 이미지 밖까지 끌었거나 좌표를 잘못 옮겼습니다.",
        "en": "The box was dragged beyond the image, or was moved wrongly.",
    },
    "doctor.negative_coordinate.does": {
        "ko": "이미지 안의 부분만 씁니다.",
        "en": "it uses the part that lies in the image.",
    },
    "doctor.zero_area.name": {
        "ko": "넓이가 없는 영역",
        "en": "words without area",
    },
    "doctor.zero_area.found": {
        "ko": "넓이가 0입니다: {detail}",
        "en": "the area is 0: {detail}",
    },
    "doctor.zero_area.why": {
        "ko": "점이나 선만 있는 영역입니다. 클릭 한 번으로 생긴 상자일 때가 많습니다.",
        "en": "It is a point or a line; often a box that a single click made.",
    },
    "doctor.zero_area.does": {
        "ko": "이 영역을 빼고 갑니다.",
        "en": "it goes on without this word.",
    },
    "doctor.bow_tie.name": {
        "ko": "점의 순서가 틀린 영역 (나비 모양)",
        "en": "points in a wrong order (bow ties)",
    },
    "doctor.bow_tie.found": {
        "ko": "네 점을 이은 변이 서로 엇갈립니다",
        "en": "the edges between its four points cross",
    },
    "doctor.bow_tie.why": {
        "ko": "점을 시계 방향으로 적어야 합니다. 나비 모양이 되어 글자의 일부만 덮습니다.",
        "en": "Points go around the word. This order makes a bow tie that covers only parts of it.",
    },
    "doctor.bow_tie.does": {
        "ko": "엇갈린 모양 그대로 그리거나, 넓이가 0이 되면 빼고 갑니다.",
        "en": "it draws the bow tie as it is, or leaves the word out where its area comes to 0.",
    },
    "doctor.self_intersecting.name": {
        "ko": "스스로 엇갈리는 다각형",
        "en": "outlines that cross themselves",
    },
    "doctor.self_intersecting.found": {
        "ko": "다각형의 변이 서로 엇갈립니다",
        "en": "edges of the outline cross",
    },
    "doctor.self_intersecting.why": {
        "ko": "점이 하나 잘못 놓였거나 순서가 틀렸습니다.",
        "en": "A point is in a wrong place or in a wrong order.",
    },
    "doctor.self_intersecting.does": {
        "ko": "엇갈린 모양 그대로 그립니다. 겹친 부분은 글자가 아닌 것이 됩니다.",
        "en": "it draws the outline as it is; where it folds over itself there is no text.",
    },
    "doctor.huge_box.name": {
        "ko": "이미지를 거의 다 덮는 영역",
        "en": "boxes that cover nearly the whole image",
    },
    "doctor.huge_box.found": {
        "ko": "이미지의 {percent}%를 덮습니다",
        "en": "it covers {percent} % of the image",
    },
    "doctor.huge_box.why": {
        "ko": "글자가 아니라 이미지 전체에 붙인 라벨일 때가 많습니다.",
        "en": "Often a label of the whole image, not of a word.",
    },
    "doctor.huge_box.does": {
        "ko": "이미지 전체를 글자 하나로 배웁니다.",
        "en": "it learns the whole image as one word.",
    },
    "doctor.duplicate_box.name": {
        "ko": "똑같은 영역",
        "en": "boxes that are there twice",
    },
    "doctor.duplicate_box.found": {
        "ko": "{other}번째 줄과 같은 영역입니다",
        "en": "the same box as in line {other}",
    },
    "doctor.duplicate_box.why": {
        "ko": "같은 글자에 라벨이 두 번 달렸습니다.",
        "en": "The word was labelled twice.",
    },
    "doctor.duplicate_box.does": {
        "ko": "두 번 그립니다. 겹친 곳에서는 커널이 가늘어지고, 평가에서는 하나를 놓친 것이 됩니다.",
        "en": "it draws both; where they overlap the kernel becomes thin, and an evaluation counts one as missed.",
    },
    "doctor.overlapping_boxes.name": {
        "ko": "많이 겹치는 영역",
        "en": "heavily overlapping boxes",
    },
    "doctor.overlapping_boxes.found": {
        "ko": "작은 쪽의 {percent}%가 {other}번째 줄의 영역과 겹칩니다",
        "en": "{percent} % of the smaller one is shared with line {other}",
    },
    "doctor.overlapping_boxes.why": {
        "ko": "같은 글자에 라벨이 두 번 달렸거나, 단어와 줄(또는 글자 하나하나)의 라벨이 섞였습니다.",
        "en": "A word was labelled twice, or labels of words are mixed with those of lines or of single characters.",
    },
    "doctor.overlapping_boxes.does": {
        "ko": "겹친 곳에는 커널을 그리지 않으므로 두 영역을 나누어 배우기 어렵습니다.",
        "en": "it draws no kernel where they overlap, so that the two are hardly told apart.",
    },
    "doctor.under_ignored.name": {
        "ko": "무시 영역에 덮인 글자",
        "en": "words under an ignored one",
    },
    "doctor.under_ignored.found": {
        "ko": "{percent}%가 {other}번째 줄의 ###(무시) 영역에 덮여 있습니다",
        "en": "{percent} % of it lies under the ### (ignored) box of line {other}",
    },
    "doctor.under_ignored.why": {
        "ko": "읽을 수 있는 글자인데 무시 영역이 위에 있습니다. 둘 중 하나를 지우세요.",
        "en": "The word can be read, yet an ignored box lies over it. Take one of the two out.",
    },
    "doctor.under_ignored.does": {
        "ko": "무시 영역 안에서는 배우지 않으므로 이 글자를 배우지 못합니다.",
        "en": "it learns nothing inside ignored boxes, and so not this word.",
    },
    "doctor.tiny_text.name": {
        "ko": "너무 작은 글자",
        "en": "tiny text",
    },
    "doctor.tiny_text.found": {
        "ko": "영역 {count}개에 커널이 남지 않습니다. 가장 가는 것은 이 설정의 크기에서 {thickness}픽셀입니다",
        "en": "no kernel is left of {count} words; the thinnest has {thickness} px at this config's size",
    },
    "doctor.tiny_text.why": {
        "ko": "훈련 크기(short_size)에서 커널을 만드는 창(pooling_size)보다 가는 글자입니다.",
        "en": "At the size of training (short_size) these words are thinner than the window that makes kernels (pooling_size).",
    },
    "doctor.tiny_text.does": {
        "ko": "커널로 가는 선 하나만 그립니다. 배우기 어려우므로 short_size를 키우거나 ###로 표시하세요.",
        "en": "it draws a thin line as their kernel, which is hard to learn: raise short_size, or mark such words ###.",
    },
    "doctor.empty_text.name": {
        "ko": "글자가 비어 있는 영역",
        "en": "words without a text",
    },
    "doctor.empty_text.found": {
        "ko": "영역 {count}개에 글자가 적혀 있지 않습니다",
        "en": "{count} words have no text",
    },
    "doctor.empty_text.why": {
        "ko": "다른 영역에는 글자가 있으므로 빠뜨린 것일 수 있습니다. 읽을 수 없는 글자라면 ###로 적으세요.",
        "en": "Other words have one, so it may have been forgotten. Write ### where the word cannot be read.",
    },
    "doctor.empty_text.does": {
        "ko": "읽을 수 있는 글자로 배웁니다. 검출만 하므로 글자의 내용은 쓰지 않습니다.",
        "en": "it learns the word like any readable one; what it says is not used for detection.",
    },
    "doctor.all_ignored.name": {
        "ko": "모두 무시로 표시된 이미지",
        "en": "images whose every word is ignored",
    },
    "doctor.all_ignored.found": {
        "ko": "글자 영역 {count}개가 모두 ###(무시)입니다",
        "en": "all {count} words are marked ### (ignored)",
    },
    "doctor.all_ignored.why": {
        "ko": "이 이미지에서는 배경만 배웁니다.",
        "en": "Only background is learned from this image.",
    },
    "doctor.all_ignored.does": {
        "ko": "그대로 씁니다.",
        "en": "it uses the image as it is.",
    },
}
