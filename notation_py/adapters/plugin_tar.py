# SPDX-License-Identifier: Apache-2.0
"""Plugins in gzipped tar archives, read one header at a time.

Regular files and directories under their own short names; whatever could name a file twice, make a link or
a device, or continue behind the end is refused. Directories are passed over, files lose theirs.

Spec: POSIX pax, ustar interchange format; RFC 1952; security contract R-31.
Requirements: PLG-006, PLG-007, PLG-009.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ..errors import PluginError
from ..reference import go_quote
from .plugin_staging import SIZE_LIMIT, Staging, check_ratio, too_large

MAGIC = b"\x1f\x8b"

_BLOCK = 512
_PIECE = 1 << 16
_MAX_PAX_BYTES = 1 << 16
_OVERHEAD = 2 << 20
"""Bytes of headers and padding that may come on top of the files."""

_OCTAL = re.compile(rb" *([0-7]+)[ \0]*")
_PAX_RECORD = re.compile(rb"([1-9][0-9]{0,5}) ([^=\n]+)=")
_HARMLESS = re.compile(
    r"(?:[acm]time|[ug]id|[ug]name|comment|SCHILY\.(?:dev|ino|nlink|fflags|xattr\..*)|LIBARCHIVE\..*)"
)
_REGULAR, _DIRECTORY, _PAX = {b"0", b"\0"}, b"5", {b"x", b"g"}


def unpack_tar(stream: BinaryIO, size: int, staging: Staging) -> None:
    """Put the regular files of the archive *stream*, *size* bytes, into *staging*, all at one level.

    Raises:
        PluginError: the archive is ambiguous, damaged or has something that is no plain file or directory.
        LimitError: too much comes out of it.
    """
    unpacked = _Gunzip(stream, size, staging.source)
    while header := _header(unpacked):
        staging.count_entry()
        length = _number(header[124:136])
        kind = header[156:157]
        if kind in _PAX:
            _check_pax(unpacked, length)
            continue
        name = _name(header)
        parts = staging.parts(name)
        is_directory = kind == _DIRECTORY or (kind == b"\0" and name.endswith("/"))
        if kind not in _REGULAR and not is_directory:
            raise _refused(f"the entry {go_quote(name[:256])} is neither a file nor a directory")
        if is_directory:
            if length:
                raise _refused(f"the directory {go_quote(name[:256])} has content")
            continue
        if not parts or name.endswith("/"):
            raise _refused(f"the entry {go_quote(name[:256])} is both a file and a directory")
        staging.check_room(length)
        staging.add(parts[-1], _number(header[100:108]), unpacked.pieces(length))
        unpacked.exactly(-length % _BLOCK)
    _check_rest(unpacked)


class _Gunzip:
    """The one gzip member that *stream* has to be, unpacked piece by piece."""

    def __init__(self, stream: BinaryIO, size: int, source: str) -> None:
        self._stream = stream
        self._size = size
        self._source = source
        self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._packed = b""
        self._buffer = bytearray()
        self._total = 0

    def exactly(self, count: int) -> bytes:
        """Return the next *count* bytes; raises PluginError if there are fewer."""
        data = self.at_most(count)
        if len(data) < count:
            raise _refused("it is cut off")
        return data

    def at_most(self, count: int) -> bytes:
        """Return the next *count* bytes, or as many as there are."""
        while len(self._buffer) < count and self._more():
            pass
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def pieces(self, count: int) -> Iterator[bytes]:
        """Yield the next *count* bytes in pieces; raises PluginError if there are fewer."""
        while count:
            piece = self.exactly(min(count, _PIECE))
            count -= len(piece)
            yield piece

    def _more(self) -> bool:
        """Unpack some more, and return whether there was any; raises PluginError, LimitError."""
        while not self._unpack.eof:
            self._packed = self._packed or self._stream.read(_PIECE)
            if not self._packed:
                raise _refused("it is cut off")
            try:
                piece = self._unpack.decompress(self._packed, _PIECE)
            except zlib.error as error:
                raise _refused("it is damaged") from error
            self._packed = self._unpack.unconsumed_tail
            if piece:
                self._take(piece)
                return True
        if self._unpack.unused_data or self._packed or self._stream.read(1):
            raise _refused("something follows its end")
        return False

    def _take(self, piece: bytes) -> None:
        self._total += len(piece)
        if self._total >= SIZE_LIMIT + _OVERHEAD:
            raise too_large("total file size")
        check_ratio(self._size, self._total, self._source)
        self._buffer += piece


def _header(unpacked: _Gunzip) -> bytes:
    """Return the next header, or nothing at the end mark; raises PluginError."""
    header = unpacked.exactly(_BLOCK)
    if not any(header):
        return b""
    if sum(header[:148]) + sum(header[156:]) + 8 * 0x20 != _number(header[148:156]):
        raise _refused("it holds no tar archive, or a damaged one")
    return header


def _check_rest(unpacked: _Gunzip) -> None:
    """Return if there is nothing but zeros until the end, at least the second half of the end mark."""
    rest = unpacked.exactly(_BLOCK)
    while rest:
        if any(rest):
            raise _refused("something follows its end")
        rest = unpacked.at_most(_PIECE)


def _number(field: bytes) -> int:
    found = _OCTAL.fullmatch(field)
    if found is None:
        raise _refused("a header has a malformed number")
    return int(found[1], 8)


def _name(header: bytes) -> str:
    name, _, rest = header[:100].partition(b"\0")
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    if rest.strip(b"\0"):
        raise _refused("a name has two ends")
    try:
        return (prefix + b"/" + name if prefix else name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused("a name is not UTF-8") from error


def _check_pax(unpacked: _Gunzip, length: int) -> None:
    """Pass over an extended header of *length* bytes that says nothing about names and sizes."""
    if length > _MAX_PAX_BYTES:
        raise _refused("an extended header is too large")
    data = unpacked.exactly(length)
    unpacked.exactly(-length % _BLOCK)
    while data:
        found = _PAX_RECORD.match(data)
        size = int(found[1]) if found else 0
        if found is None or not found.end() < size <= len(data) or data[size - 1 : size] != b"\n":
            raise _refused("an extended header is malformed")
        keyword = found[2].decode("utf-8", "replace")
        if not _HARMLESS.fullmatch(keyword):
            raise _refused(f"an extended header gives an entry another {go_quote(keyword[:64])}")
        data = data[size:]


def _refused(reason: str) -> PluginError:
    return PluginError(f"the tar.gz archive cannot be used: {reason}", hint="get the package again")
