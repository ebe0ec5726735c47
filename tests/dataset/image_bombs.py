"""Small files whose headers claim to be huge images, in every format that is read."""

import struct
import zlib


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">B2HB", 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\x01\x01\x00\x00\x3f\x00"
    segments = ((b"\xff\xc0", frame), (b"\xff\xda", scan))
    body = b"".join(mark + struct.pack(">H", 2 + len(part)) + part for mark, part in segments)
    return b"\xff\xd8" + body + bytes(100) + b"\xff\xd9"


def bmp(width: int, height: int) -> bytes:
    header = struct.pack("<I2i2H6I", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<I2HI", 154, 0, 0, 54) + header + bytes(100)


def tiff(width: int, height: int) -> bytes:
    """One strip of eight-bit grey."""
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 200), (277, 1),
            (278, height), (279, 100)]  # fmt: skip
    entries = b"".join(struct.pack("<2H2I", tag, 4, 1, value) for tag, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return (b"II*\0" + struct.pack("<I", 8) + directory).ljust(200, b"\0") + bytes(100)


def webp(width: int, height: int) -> bytes:
    """With an extended header, whose canvas has 24 bits a side."""
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + sides
    frame = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + bytes(9)
    body = b"WEBP" + canvas + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    body = b"WEBPVP8L" + struct.pack("<I", 26) + b"\x2f" + struct.pack("<I", bits) + bytes(21)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(width: int, height: int) -> bytes:
    frame = b"," + struct.pack("<4HB", 0, 0, width, height, 0) + b"\x08\x01\x00\x00"
    return b"GIF89a" + struct.pack("<2H3B", width, height, 0x80, 0, 0) + bytes(6) + frame + b";"


# Each with the largest sides that its header can claim, or thereabouts.
BOMBS = {
    "png": png(1_000_000, 1_000_000),
    "jpg": jpeg(65_500, 65_500),
    "bmp": bmp(1_000_000, 1_000_000),
    "tif": tiff(1_000_000, 1_000_000),
    "webp": webp(1 << 20, 1 << 11),
    "lossless.webp": webp_lossless(16_383, 16_383),
    "gif.jpg": gif(65_535, 65_535),
}
