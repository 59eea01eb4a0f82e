# SPDX-License-Identifier: Apache-2.0
"""Archives as no tool writes them: zip and tar files put together byte by byte, each with one thing wrong."""

from __future__ import annotations

import gzip
import stat
import struct
import zlib
from dataclasses import dataclass, field, replace

from tests.simulator.plugin_programs import program

EXECUTABLE = stat.S_IFREG | 0o755
PLAIN = stat.S_IFREG | 0o644


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; what is None is what it should be.

    Attributes:
        kind: the type flag of a tar header. size, packed, crc: as announced. local_name: beside the content.
    """

    name: bytes = b"notation-demo"
    data: bytes = field(default_factory=program)
    mode: int = EXECUTABLE
    kind: bytes = b"0"
    method: int = 8
    flags: int = 0
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    made_by: int = 3
    local_name: bytes | None = None
    extra: bytes = b""
    described: bool = False
    header: dict[int, bytes] = field(default_factory=dict)


def packed_content(member: Member) -> bytes:
    if member.method == 0:
        return member.data
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(member.data) + squeeze.flush()


def zip_archive(
    *members: Member,
    before: bytes = b"",
    between: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    shared: bool = False,
) -> bytes:
    """Return a zip archive of *members*.

    Args:
        before, between, after: bytes before the first entry, before the directory, and behind the end record.
        shared: every entry of the directory points at the first one's content.
    """
    output, directory = bytearray(before), bytearray()
    for member in members:
        content = packed_content(member)
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        packed = len(content) if member.packed is None else member.packed
        size = len(member.data) if member.size is None else member.size
        flags = member.flags | (8 if member.described else 0)
        offset = 0 if shared else len(output)
        name = member.name if member.local_name is None else member.local_name
        numbers = (0, 0, 0) if member.described else (crc, packed, size)
        if not shared or not directory:
            output += struct.pack(
                "<4s5H3I2H", b"PK\3\4", 20, flags, member.method, 0, 0, *numbers, len(name), len(member.extra)
            )
            output += name + member.extra + content
            if member.described:
                output += b"PK\7\x08" + struct.pack("<3I", crc, packed, size)
        directory += struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            member.made_by << 8 | 20,
            20,
            flags,
            member.method,
            0,
            0,
            crc,
            packed,
            size,
            len(member.name),
            len(member.extra),
            0,
            0,
            0,
            member.mode << 16,
            offset,
        )
        directory += member.name + member.extra
    output += between
    start = len(output)
    number = len(members) if count is None else count
    output += directory
    output += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, number, number, len(directory), start, len(comment))
    return bytes(output + comment + after)


def tar_header(member: Member) -> bytes:
    """Return the header of *member*; its `header` replaces bytes by place, before the checksum is made."""
    size = len(member.data) if member.size is None else member.size
    header = bytearray(512)
    header[0 : len(member.name[:100])] = member.name[:100]
    header[100:108] = b"%07o\0" % (member.mode & 0o7777)
    header[108:116] = header[116:124] = b"0000000\0"
    header[124:136] = b"%011o\0" % size
    header[136:148] = b"00000000000\0"
    header[156:157] = member.kind
    header[257:265] = b"ustar\x0000"
    for place, value in member.header.items():
        header[place : place + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def tar_entry(member: Member) -> bytes:
    return tar_header(member) + member.data + bytes(-len(member.data) % 512)


def tar_bytes(*members: Member, end: bytes = bytes(1024)) -> bytes:
    """Return a tar archive, not compressed."""
    return b"".join(map(tar_entry, members)) + end


def tar_gz(*members: Member, end: bytes = bytes(1024)) -> bytes:
    """Return a gzipped tar archive of *members*."""
    return gzip.compress(tar_bytes(*members, end=end), mtime=0)


def special(name: bytes, kind: bytes, target: bytes = b"") -> Member:
    """Return a link, device or FIFO for a tar archive."""
    return Member(name, b"", kind=kind, header={157: target})


def pax(*records: tuple[str, str], kind: bytes = b"x") -> Member:
    """Return an extended header that says *records* of the entry behind it."""
    data = b""
    for key, value in records:
        rest = f" {key}={value}\n".encode()
        size = len(rest) + 1
        while len(str(size)) + len(rest) != size:
            size = len(str(size)) + len(rest)
        data += str(size).encode() + rest
    return Member(b"PaxHeaders/x", data, kind=kind)


GOOD = Member()


def named(name: bytes | str, **changes: object) -> Member:
    """Return a small plain file called *name*."""
    encoded = name.encode() if isinstance(name, str) else name
    return replace(Member(encoded, b"text", mode=PLAIN), **changes)
