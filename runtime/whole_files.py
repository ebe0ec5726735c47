"""Files that appear whole or not at all, whoever looks at their folder meanwhile."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write ``path``, making its folder; raises OSError, and then leaves what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
