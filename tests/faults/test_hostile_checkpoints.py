"""Five hundred damaged and malicious checkpoint files: none runs code, hangs, or takes memory.

Each is read in a process that may take 2 GB more than it has; each is refused in one sentence, or
gives exactly the weights that were saved.
"""

import builtins
import io
import json
import os
import pickle
import random
import resource
import struct
import subprocess
import sys
import time
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from runtime.checkpoint import read_checkpoint
from runtime.messages import UserError, set_language
from runtime.provenance import digest, seal
from runtime.random_state import random_state
from tests.conftest import PROJECT

SEED = 20_260
TOTAL, HEADROOM_BYTES, LONGEST_S = 500, 2 << 30, 2.0
MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
SYSTEM = {"protocol_version": VERSION, "little_endian": True, "type_sizes": {"int": 4}}
# Of these kinds, a file may still be read: what was hit is something that nobody needs.
MAY_BE_READ = {"flip_zip", "flip_legacy", "patched_zip", "patched_legacy"}


def our_content() -> dict:
    """What the train script saves, for a small network."""
    torch.manual_seed(SEED)
    model = nn.Sequential(OrderedDict(backbone=nn.Conv2d(3, 16, 3), det_head=nn.Conv2d(16, 5, 3)))
    optimizer = torch.optim.Adam(model.parameters())
    model.det_head(model.backbone(torch.ones(1, 3, 9, 9))).sum().backward()
    optimizer.step()
    content = {
        "format_version": 1,
        "epoch": 3,
        "iter": 0,
        "state_dict": model.state_dict(),
        "ema": {key: value / 2 for key, value in model.state_dict().items()},
        "ema_updates": 12,
        "optimizer": optimizer.state_dict(),
        "progress": {"epoch": 3, "best": 0.5, "best_epoch": 2},
        "random_state": [random_state()],
    }
    seal(content)
    return content


def saved(content, zipped: bool) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


class Storage:
    """Stands for a storage in a pickle made here, whatever it claims to be."""

    def __init__(self, count: int, key: str = "0") -> None:
        self.reference = ("storage", torch.FloatStorage, key, "cpu", count)


class Call:
    """Pickles as the call of ``function``."""

    def __init__(self, function, *arguments) -> None:
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return getattr(value, "reference", None) if isinstance(value, Storage) else None


def pickled(value, protocol: int = 2) -> bytes:
    file = io.BytesIO()
    Pickler(file, protocol).dump(value)
    return file.getvalue()


def tensor(count: int, offset, size, stride) -> Call:
    rebuild = torch._utils._rebuild_tensor_v2
    return Call(rebuild, Storage(count), offset, size, stride, False, OrderedDict())


def in_zip(body: bytes, data: bytes = bytes(16), method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        entries = {"data.pkl": body, "byteorder": b"little", "data/0": data, "version": b"3\n"}
        for name, content in entries.items():
            archive.writestr(f"a/{name}", content)
    return file.getvalue()


def in_legacy(body: bytes, data: bytes = bytes(16), count: int = 4, keys=("0",)) -> bytes:
    head = b"".join(pickle.dumps(value, 2) for value in (MAGIC, VERSION, SYSTEM))
    tail = struct.pack("<q", count) + data if keys else b""
    return head + body + pickle.dumps(list(keys), 2) + tail


def flipped(content: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    return bytes(changed)


def places_of_weights(content: bytes, weights: dict, chance: random.Random) -> int:
    """A place within the bytes of some tensor."""
    value = chance.choice([value for value in weights.values() if value.numel() > 4])
    data = value.contiguous().numpy().tobytes()
    return content.index(data) + chance.randrange(len(data))


def damaged_files(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """(kind, content): flipped bits and cut files of both formats."""
    content = our_content()
    for format_name, whole in (("zip", saved(content, True)), ("legacy", saved(content, False))):
        for _ in range(45):
            group = chance.choice(["state_dict", "ema"])
            place = places_of_weights(whole, content[group], chance)
            yield f"weight_{format_name}", flipped(whole, place, chance.randrange(8))
        for _ in range(60):
            place = chance.randrange(len(whole))
            yield f"flip_{format_name}", flipped(whole, place, chance.randrange(8))
        for _ in range(25):
            yield f"truncated_{format_name}", whole[: chance.randrange(1, len(whole) - 1)]
        for _ in range(8):
            start = chance.randrange(len(whole))
            middle = chance.randbytes(chance.randrange(1, 2000))
            yield f"patched_{format_name}", whole[:start] + middle + whole[start + len(middle) :]


def code_files(chance: random.Random, canary: str) -> Iterator[tuple[str, bytes]]:
    """Pickles that would make the file ``canary``, alone or hidden among weights."""
    weights = {"backbone.weight": tensor(4, 0, (4,), (1,))}
    touch = f"touch {canary}"
    calls = [
        (os.system, touch),
        (eval, f"open({canary!r}, 'w')"),
        (exec, f"open({canary!r}, 'w')"),
        (subprocess.Popen, ["touch", canary]),
        (subprocess.check_output, ["touch", canary]),
        (open, canary, "w"),
        (getattr, builtins, "eval"),
        (__import__, "antigravity"),
        (torch.load, canary),
        (bytearray, 10**12),
    ]
    for function, *arguments in calls:
        evil = Call(function, *arguments)
        if function is getattr:
            evil = Call(getattr, Call(__import__, "builtins"), "eval")
        for protocol in (0, 2, 4):
            yield "code_bare", pickled(evil, protocol)
        yield "code_zip", in_zip(pickled({"ema": weights, "extra": evil}, chance.choice([2, 4])))
        yield "code_legacy", in_legacy(pickled({"ema": weights, "extra": [evil]}))
        name = f"{function.__module__}\n{function.__name__}\n".encode()
        yield "code_instance", in_zip(b"\x80\x02(i" + name + b".")


def zip_files() -> Iterator[tuple[str, bytes]]:
    """Bombs and lies in the zip format itself."""
    weights = pickled({"ema": {"backbone.weight": tensor(4, 0, (4,), (1,))}})
    many = 1 << 20
    bomb = pickled({"ema": {"backbone.weight": tensor(many, 0, (many,), (1,))}})
    yield "zip_deflated", in_zip(bomb, bytes(4 * many), zipfile.ZIP_DEFLATED)
    yield "zip_deflated", in_zip(weights, method=zipfile.ZIP_DEFLATED)
    plain = in_zip(weights)
    for name in (b"a/data.pkl", b"a/data/0", b"a/byteorder"):
        entry = plain.rindex(name) - 46
        for length in (0, 5, 1 << 30, 0xFFFFFFFE, 0xFFFFFFFF):
            sizes = struct.pack("<II", length, length)
            yield "zip_sizes", plain[: entry + 20] + sizes + plain[entry + 28 :]
        for offset in (1, len(plain) - 5, 0xFFFFFFFE):
            moved = plain[: entry + 42] + struct.pack("<I", offset) + plain[entry + 46 :]
            yield "zip_offset", moved
    end = plain.rindex(b"PK\x05\x06")
    for length, offset in ((0, 0), (0xFFFFFFFF, 0xFFFFFFFF), (1 << 30, 0), (40, len(plain))):
        yield "zip_end", plain[: end + 12] + struct.pack("<II", length, offset) + b"\0\0"
    yield "zip_path", plain.replace(b"a/data.pkl", b"../../..pkl")
    yield "zip_order", in_zip(weights).replace(b"little", b"bigend")


def tensor_files(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Tensors that are larger than the file."""
    views = [
        (4, 0, (10**12,), (0,)),
        (4, 0, (10**6, 10**6), (0, 0)),
        (4, 0, (10**12,), (1,)),
        (4, 0, (2, 2), (10**12, 1)),
        (4, 10**12, (1,), (1,)),
        (4, 2, (4,), (1,)),
        (4, 0, (-4,), (1,)),
        (4, 0, (4,), (-1,)),
        (4, -1, (4,), (1,)),
        (4, 0, (2**62, 4), (1, 1)),
        (4, 0, (5,), (0,)),
        (4, 0, (1,) * 5000, (1,) * 5000),
        (4, 0, (4,), (1, 1)),
        (4, 0, [4], [1]),
        (4, 0.0, (4,), (1,)),
        (10**12, 0, (4,), (1,)),
        (-1, 0, (0,), (1,)),
    ]
    for view in views:
        body = pickled({"ema": {"backbone.weight": tensor(*view)}})
        yield "tensor_zip", in_zip(body)
        yield "tensor_legacy", in_legacy(body, count=chance.choice([4, view[0]]))
    four = pickled({"ema": {"backbone.weight": tensor(4, 0, (4,), (1,))}})
    for count in (-1, 3, 5, 10**12, 2**62):
        yield "storage_legacy", in_legacy(four, count=count)
    yield "storage_legacy", in_legacy(four, keys=())
    yield "storage_legacy", in_legacy(four, keys=("0", "1"))


def pickle_files() -> Iterator[tuple[str, bytes]]:
    """Pickles that few bytes make endless, deep, or circular."""
    inside = {
        "deep lists": b"]" * 100_000 + b"a" * 99_999,
        "deep tuples": b")" + b"\x85" * 100_000,
        "deep key": b"}" + b")" + b"\x85" * 100_000 + b"K\x01s",
        "itself": b"]q\x00h\x00a",
        "itself in a dict": b"}q\x00X\x01\0\0\0ah\x00s",
        "doubled lists": b"](]q\x00" + b"".join(
            b"]r" + struct.pack("<I", n + 1) + b"(" + 2 * (b"j" + struct.pack("<I", n)) + b"e"
            for n in range(60)
        ) + b"e",
        "copies without end": b"](ccollections\nOrderedDict\nq\x01]("
            + b"X\x01\0\0\0aN\x86" * 20_000 + b"eq\x02" + b"h\x01h\x02\x85R" * 2_000 + b"e",
        "colliding keys": b"}(" + b"".join(
            b"\x8a\x14" + (n * (2**61 - 1)).to_bytes(20, "little") + b"N" for n in range(1, 30_000)
        ) + b"u",
        "memo far out": b"Nr\xff\xff\xff\xffj\xfe\xff\xff\xff",
        "marks": b"(" * 1_000_000,
        "a class": b"ctorch\nFloatStorage\n)\x81",
        "long text": b"X\xff\xff\xff\xffabc",
        "negative text": b"T\xff\xff\xff\xffabc",
        "empty stack": b"0000",
        "text that is none": b"X\x02\0\0\0\xff\xfe",
        "surrogate": b"X\x03\0\0\0\xed\xa0\x80",
        "unknown instruction": b"\xfe",
    }  # fmt: skip
    for name, body in inside.items():
        yield f"pickle: {name}", in_zip(with_weights(body))
        yield f"pickle: {name}", in_legacy(with_weights(body))
        yield f"pickle: {name}", in_zip(b"\x80\x02" + body + b".")
    count = 1 << 18
    weight = pickled(tensor(count, 0, (count,), (1,)))[2:-1]
    again = b"".join(b"X\x04\0\0\0%04dh\xff" % n for n in range(9999))
    body = b"\x80\x02}(X\x01\0\0\0a" + weight + b"q\xff" + again + b"u."
    yield "pickle: one tensor everywhere", in_zip(body, bytes(4 * count))


def with_weights(body: bytes) -> bytes:
    """A pickle of {"x": what ``body`` pushes, "ema": weights}."""
    weight = pickled(tensor(4, 0, (4,), (1,)))[2:-1]
    ema = b"}X\x0f\0\0\0backbone.weight" + weight + b"s"
    return b"\x80\x02}(X\x01\0\0\0x" + body + b"X\x03\0\0\0ema" + ema + b"u."


def hostile_files(chance: random.Random, canary: str) -> list[tuple[str, bytes]]:
    files = [
        *damaged_files(chance),
        *code_files(chance, canary),
        *zip_files(),
        *tensor_files(chance),
        *pickle_files(),
    ]
    noise = TOTAL - len(files)
    assert noise >= 5
    heads = (b"", b"PK\x03\x04", b"\x80\x02", pickle.dumps(MAGIC, 2), b"\x80\x04\x95")
    return files + [("noise", heads[n % 5] + chance.randbytes(50 * n + 1)) for n in range(noise)]


def read_all(folder: str) -> None:
    """Read the files of a folder under a limit on memory; write what came of it, line by line."""
    set_language("en")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + HEADROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for path in sorted(Path(folder).glob("*.pth")):
        started = time.process_time()
        try:
            checkpoint = read_checkpoint(path)
            outcome = digest(checkpoint.weights)
        except UserError as error:
            outcome = f"{error.key}: {error}"
        seconds = time.process_time() - started
        sys.stdout.write(json.dumps([path.name, outcome, seconds]) + "\n")
        sys.stdout.flush()


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """[(kind, outcome, seconds)], and the canary that no file may have made."""
    folder = tmp_path_factory.mktemp("hostile")
    canary = folder / "canary"
    files = hostile_files(random.Random(SEED), str(canary))
    for number, (_, content) in enumerate(files):
        (folder / f"{number:03}.pth").write_bytes(content)
    code = f"from {__name__} import read_all; read_all({str(folder)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(files) == TOTAL
    return [(kind, *line[1:]) for (kind, _), line in zip(files, lines, strict=True)], canary


@pytest.mark.parametrize("wrapped", [in_zip, in_legacy])
def test_the_files_made_here_are_readable_where_nothing_in_them_is_hostile(tmp_path, wrapped):
    path = tmp_path / "good.pth"
    path.write_bytes(wrapped(with_weights(b"N")))
    found = read_checkpoint(path)
    assert found.source == "ema"
    assert found.weights["backbone.weight"].tolist() == [0.0] * 4


def test_a_pickle_cannot_replace_the_methods_of_what_it_builds(tmp_path):
    ordered = b"ccollections\nOrderedDict\n)R"
    shadow = b"}X\x05\0\0\0itemsK\x01sb"
    whole = with_weights(b"N").replace(b"ema}", b"ema" + ordered + shadow)
    path = tmp_path / "shadowed.pth"
    path.write_bytes(in_zip(whole))
    assert list(read_checkpoint(path).weights) == ["backbone.weight"]


def test_no_file_runs_code(results):
    assert not results[1].exists()


def test_each_file_is_refused_or_gives_the_weights_that_were_saved(results):
    true_weights = digest(dict(our_content()["ema"]))
    for kind, outcome, _ in results[0]:
        refused = outcome.startswith("checkpoint.")
        assert refused or (outcome == true_weights and kind in MAY_BE_READ), (kind, outcome)


def test_each_file_takes_little_time(results):
    assert max(results[0], key=lambda line: line[2])[2] < LONGEST_S


def test_what_names_code_is_called_unsafe(results):
    keys = [outcome.partition(":")[0] for kind, outcome, _ in results[0] if "code_" in kind]
    assert len(keys) == 60
    assert set(keys) == {"checkpoint.unsafe"}


def test_most_flipped_bits_are_noticed(results):
    kinds = Counter(kind for kind, outcome, _ in results[0] if outcome.startswith("checkpoint."))
    assert kinds["weight_zip"] == kinds["weight_legacy"] == 45
    assert kinds["flip_zip"] >= 40 and kinds["flip_legacy"] >= 25
    assert kinds["truncated_zip"] == 25
