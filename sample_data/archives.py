"""Zip and gzip with the same bytes on every machine: contents are stored, not compressed, and times are fixed."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

_STORED_BLOCK = 65_535


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """A zip with these members in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=(2026, 5, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def gzip_of(content: bytes, name: str) -> bytes:
    """A gzip with the original name inside. Deviates from what gzip programs write: blocks are stored as they are,
    since compressed bytes differ between versions of zlib."""
    out = bytearray(b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name.encode("latin-1") + b"\0")
    for at in range(0, len(content) or 1, _STORED_BLOCK):
        block = content[at : at + _STORED_BLOCK]
        last = at + _STORED_BLOCK >= len(content)
        out += struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block
    return bytes(out + struct.pack("<II", zlib.crc32(content), len(content)))
