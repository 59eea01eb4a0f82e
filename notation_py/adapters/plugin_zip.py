# SPDX-License-Identifier: Apache-2.0
"""Plugins in zip archives, read so that no two readers could see different files.

Local entries, central directory and end record have to cover the file exactly, in this order, once, and
agree about every entry. Sizes and checksums are those of what really comes out. Only stored and deflated
entries are read.

Spec: the zip file format, sections 4.3 to 4.5; security contract R-31.
Requirements: PLG-006, PLG-007, PLG-009.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ..errors import PluginError
from ..reference import go_quote
from .plugin_staging import MAX_ENTRIES, Staging, check_ratio

MAGIC = b"PK\x03\x04"

_END = struct.Struct("<4s4H2IH")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_DESCRIPTOR = struct.Struct("<3I")
_END_MAGIC, _CENTRAL_MAGIC, _DESCRIPTOR_MAGIC = b"PK\x05\x06", b"PK\x01\x02", b"PK\x07\x08"
_MAX_COMMENT = 0xFFFF
_MAX_CENTRAL_BYTES = MAX_ENTRIES << 10
_STORED, _DEFLATED = 0, 8
_DESCRIBED, _UTF8 = 1 << 3, 1 << 11
_UNDERSTOOD = _DESCRIBED | _UTF8 | 0b110  # the two bits of the deflate level mean nothing to a reader
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_UNIX = {3, 19}
_PIECE = 1 << 16


class _Entry(NamedTuple):
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int


def unpack_zip(stream: BinaryIO, size: int, staging: Staging) -> None:
    """Put the regular files at the root of the archive *stream*, *size* bytes, into *staging*.

    Raises:
        PluginError: the archive is ambiguous, damaged or has something that is no plain file or directory.
        LimitError: too much comes out of it.
    """
    entries, end = _central_directory(stream, size)
    starts = _starts(stream, entries, end)
    wanted = []
    total = 0
    for entry, start in zip(entries, starts, strict=True):
        staging.count_entry()
        if name := _root_file(entry, staging):
            wanted.append((name, entry, start))
            total += entry.size
    staging.check_room(total)
    for name, entry, start in wanted:
        check_ratio(entry.packed, entry.size, staging.source)
        staging.add(name, entry.mode or 0o644, _content(stream, entry, start))


def _central_directory(stream: BinaryIO, size: int) -> tuple[list[_Entry], int]:
    """Return the entries in the order of their places, and where the last one has to end."""
    tail_size = min(size, _END.size + _MAX_COMMENT)
    tail = _at(stream, size - tail_size, tail_size)
    places = [
        place
        for place in _occurrences(tail, _END_MAGIC)
        if len(tail) - place >= _END.size
        and _END.unpack_from(tail, place)[7] == len(tail) - place - _END.size
    ]
    if len(places) != 1:
        raise _refused("there is not exactly one end record")
    _, disk, first_disk, here, count, length, offset, _ = _END.unpack_from(tail, places[0])
    if _END_MAGIC in tail[places[0] + 4 :]:
        raise _refused("its comment holds another end record")
    if disk or first_disk or here != count or count == 0xFFFF or 0xFFFFFFFF in (length, offset):
        raise _refused("it has several parts, or is a zip64 archive")
    if offset + length != size - tail_size + places[0] or length > _MAX_CENTRAL_BYTES:
        raise _refused("its directory is not where the end record says")
    data = _at(stream, offset, length)
    entries = sorted(_entries(data, count), key=lambda entry: entry.offset)
    if not entries:
        raise _refused("it is empty")
    return entries, offset


def _entries(data: bytes, count: int) -> Iterator[_Entry]:
    place = 0
    for _ in range(count):
        if place + _CENTRAL.size > len(data):
            raise _refused("its directory is cut off")
        fields = _CENTRAL.unpack_from(data, place)
        magic, made_by, _, flags, method, _, _, crc, packed, size, name, extra, comment, disk = fields[:14]
        start = place + _CENTRAL.size
        place = start + name + extra + comment
        if magic != _CENTRAL_MAGIC or disk or place > len(data):
            raise _refused("its directory is damaged")
        if 0xFFFFFFFF in (packed, size, fields[16]):
            raise _refused("it is a zip64 archive")
        _check_extra(data[start + name : start + name + extra])
        mode = fields[15] >> 16 if made_by >> 8 in _UNIX else 0
        yield _Entry(data[start : start + name], flags, method, crc, packed, size, fields[16], mode)
    if place != len(data):
        raise _refused("its directory has more than the entries it counts")


def _check_extra(data: bytes) -> None:
    """Return if no extra field gives an entry another size or another name."""
    place = 0
    while place + 4 <= len(data):
        kind, length = struct.unpack_from("<2H", data, place)
        if kind in {_ZIP64, _UNICODE_PATH}:
            raise _refused("an entry has a second size or a second name")
        place += 4 + length


def _starts(stream: BinaryIO, entries: list[_Entry], end: int) -> list[int]:
    """Return where the content of each entry starts; one follows the other, without a gap, up to *end*."""
    starts = []
    place = 0
    for entry in entries:
        header = _at(stream, place, _LOCAL.size)
        magic, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack(header)
        named = _at(stream, place + _LOCAL.size, name + extra)
        if entry.offset != place or magic != MAGIC:
            raise _refused("its entries overlap, or there is something between them")
        _check_extra(named[name:])
        sizes = (crc, packed, size)
        agree = sizes == (entry.crc, entry.packed, entry.size)
        later = flags & _DESCRIBED and sizes == (0, 0, 0)
        if not (agree or later) or (named[:name], flags, method) != (entry.name, entry.flags, entry.method):
            raise _refused("an entry is described in two ways")
        starts.append(place + _LOCAL.size + name + extra)
        place = starts[-1] + entry.packed
        if flags & _DESCRIBED:
            place += _descriptor_size(stream, place, entry)
        if place > end:
            raise _refused("an entry reaches into its directory")
    if place != end:
        raise _refused("there is something between its entries and its directory")
    return starts


def _descriptor_size(stream: BinaryIO, place: int, entry: _Entry) -> int:
    """Return the size of the descriptor behind *entry*, which says the same as the directory."""
    said = _DESCRIPTOR.pack(entry.crc, entry.packed, entry.size)
    found = _at(stream, place, len(_DESCRIPTOR_MAGIC) + len(said))
    for descriptor in (_DESCRIPTOR_MAGIC + said, said):
        if found.startswith(descriptor):
            return len(descriptor)
    raise _refused("an entry is described in two ways")


def _root_file(entry: _Entry, staging: Staging) -> str:
    """Return the name of *entry* if it is a file at the root, else nothing; other kinds are refused."""
    try:
        name = entry.name.decode("utf-8" if entry.flags & _UTF8 else "ascii")
    except UnicodeDecodeError as error:
        raise _refused("a name is not text in a known encoding") from error
    shown = go_quote(name[:256])
    parts = staging.parts(name)
    kind = stat.S_IFMT(entry.mode)
    if entry.flags & ~_UNDERSTOOD or entry.method not in {_STORED, _DEFLATED}:
        raise _refused(f"the entry {shown} is encrypted, or compressed in an unknown way")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _refused(f"the entry {shown} is neither a file nor a directory")
    if name.endswith("/") or kind == stat.S_IFDIR:
        if entry.size or kind == stat.S_IFREG or not name.endswith("/"):
            raise _refused(f"the entry {shown} is both a file and a directory")
        return ""
    return parts[0] if len(parts) == 1 else ""


def _content(stream: BinaryIO, entry: _Entry, start: int) -> Iterator[bytes]:
    """Yield what *entry* holds: exactly the bytes announced, with the checksum announced."""
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
    crc = size = 0
    for piece in _unpacked(stream, start, entry.packed, unpack):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size > entry.size:
            break
        yield piece
    is_whole = unpack is None or (unpack.eof and not unpack.unused_data)
    if size != entry.size or crc != entry.crc or not is_whole:
        raise _refused("an entry is not as large as it says, or damaged")


def _unpacked(stream: BinaryIO, start: int, packed: int, unpack: zlib._Decompress | None) -> Iterator[bytes]:
    place, end = start, start + packed
    while place < end:
        piece = _at(stream, place, min(_PIECE, end - place))
        place += len(piece)
        if unpack is None:
            yield piece
            continue
        more = True
        while more:
            try:
                output = unpack.decompress(piece, _PIECE)
            except zlib.error as error:
                raise _refused("an entry is damaged") from error
            yield output
            if unpack.eof and unpack.unused_data:
                return
            piece = unpack.unconsumed_tail
            more = bool(piece) or len(output) == _PIECE  # what has no room may already have been read


def _at(stream: BinaryIO, place: int, size: int) -> bytes:
    """Return *size* bytes at *place*; raises PluginError if there are fewer."""
    stream.seek(place)
    data = b""
    while len(data) < size and (piece := stream.read(size - len(data))):
        data += piece
    if len(data) < size:
        raise _refused("it is cut off")
    return data


def _occurrences(data: bytes, mark: bytes) -> Iterator[int]:
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def _refused(reason: str) -> PluginError:
    return PluginError(f"the zip archive cannot be used: {reason}", hint="get the package again")
