"""Where a checkpoint comes from, and whether its weights are still those that were saved."""

import functools
import hashlib
import json
import os
import platform
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

PROJECT_ROOT = Path(__file__).resolve().parents[1]
GROUPS = ("state_dict", "ema", "optimizer", "last_good")
_GIT_SECONDS = 5


def recorded(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The provenance in a checkpoint's content; empty where a stranger's file has none of ours."""
    found = content.get("provenance")
    return found if isinstance(found, Mapping) else {}


def provenance(
    config: Mapping[str, Any], data: list[dict[str, Any]], metrics: Mapping[str, Any]
) -> dict[str, Any]:
    """What a checkpoint says about its making, in plain types.

    config: the resolved config; data: a fingerprint of each source ({"name", "images", "words",
    "digest"}); metrics: the scores of the last finished epoch.
    """
    return {
        "versions": dict(versions()),
        "git": dict(git_revision()),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "config": plain(config),
        "data": plain(data),
        "metrics": plain(metrics),
    }


def plain(value: Any) -> Any:
    """``value`` as dicts with text keys, lists, numbers, text, True, False and None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic | Tensor):
        return value.item()
    return value if type(value) in (str, int, float, bool, type(None)) else str(value)


@functools.cache
def versions() -> Mapping[str, str]:
    """Of this tool, Python and the libraries that the numbers of a run depend on."""
    found = {
        "fast_finetuning": _own_version(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # a class of its own, which no checkpoint may hold
        "torchvision": _installed("torchvision"),
        "numpy": np.__version__,
        "opencv": _installed("opencv-python", "opencv-python-headless", "opencv-contrib-python"),
    }
    return {name: version for name, version in found.items() if version}


def _own_version() -> str:
    """The newest release that the changelog names."""
    changelog = PROJECT_ROOT / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8") if changelog.is_file() else ""
    release = re.search(r"^## \[(\d[\w.]*)\]", text, re.MULTILINE)
    return release[1] if release else ""


def _installed(*names: str) -> str:
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""


@functools.cache
def git_revision(root: Path = PROJECT_ROOT) -> Mapping[str, Any]:
    """{"revision": ..., "changed": whether tracked files differ}; empty where git cannot say."""
    if not (root / ".git").exists():  # the revision of a repository around it would say nothing
        return {}
    try:
        revision = _git(root, "rev-parse", "HEAD").strip()
        changed = bool(_git(root, "status", "--porcelain", "--untracked-files=no").strip())
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return {"revision": revision, "changed": changed}


def _git(root: Path, *arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # Reading must not lock the index: somebody may be committing.
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_GIT_SECONDS,
        check=True,
    )
    return done.stdout


def seal(content: dict[str, Any]) -> None:
    """Add ``integrity``: the SHA-256 of each of GROUPS that ``content`` has."""
    content["integrity"] = {name: digest(content[name]) for name in GROUPS if name in content}


def broken_groups(content: Mapping[str, Any]) -> list[str]:
    """The groups that are not as they were when sealed; of files without a seal, none."""
    if "integrity" not in content:
        return []
    sealed = content["integrity"]
    if not isinstance(sealed, Mapping) or not sealed.keys() <= set(GROUPS):
        return ["integrity"]
    return [
        name
        for name, expected in sealed.items()
        if name not in content or digest(content[name]) != expected
    ]


def digest(value: Any) -> str:
    """SHA-256 over the structure, names, types, shapes and bytes of a tree of values and tensors.

    It does not depend on the order of keys, on the device, or on how tensors lie in memory.
    """
    sha = hashlib.sha256()
    for token, tensor in _tokens(value):
        sha.update(b"%d:%s" % (len(token), token))
        if tensor is not None and tensor.numel():
            contiguous = tensor.detach().cpu().contiguous()
            sha.update(contiguous.reshape(-1).view(torch.uint8).numpy().data)
    return sha.hexdigest()


def _tokens(value: Any) -> Iterator[tuple[bytes, Tensor | None]]:
    """The tree in a fixed order; behind a tensor's name, type and shape come its bytes."""
    left = [("", value)]
    token: list[Any]
    while left:
        name, value = left.pop()
        if isinstance(value, Tensor):
            token, tensor = ["tensor", name, str(value.dtype), list(value.shape)], value
        elif isinstance(value, Mapping):
            # Keys of several types are told apart: 1 and "1" are two.
            inner = {json.dumps(key): child for key, child in value.items()}
            token, tensor = ["dict", name, len(inner)], None
            left += sorted(inner.items(), key=lambda item: item[0], reverse=True)
        elif isinstance(value, list | tuple):
            token, tensor = ["list", name, len(value)], None
            left += reversed([(str(place), child) for place, child in enumerate(value)])
        else:
            token, tensor = ["value", name, repr(value)], None
        yield json.dumps(token).encode(), tensor
