# SPDX-License-Identifier: Apache-2.0
"""What can be installed: one executable, a directory, a zip or a tar.gz archive, put into a fresh directory.

A file is copied first, and hashed while being copied; only the copy is looked at after that, so that nothing
can change between check and use. Finds which of the files is the plugin. Runs nothing.

Spec: plugin-extensibility, Plugin lifecycle; security contract R-31; reference behaviours 11.4.
Requirements: PLG-001, PLG-006 to PLG-010, PLG-013.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..errors import PluginError, UsageError
from ..plugin.contract import is_plugin_name
from .file_changes import remove_tree
from .files import Links, Warn, file_error, open_file
from .plugin_programs import PREFIX, SUFFIX
from .plugin_staging import SIZE_LIMIT, Staging, too_large
from .plugin_tar import MAGIC as GZIP_MAGIC
from .plugin_tar import unpack_tar
from .plugin_zip import MAGIC as ZIP_MAGIC
from .plugin_zip import unpack_zip

_PIECE = 1 << 20
_HEX = frozenset("0123456789abcdef")


class Package(NamedTuple):
    """What is to be installed.

    Attributes:
        path: a file or a directory.
        sha256: that the file must have, hex in either letter case, or None.
        file_name: that the file counts as having, if it is a plugin's executable.
        may_execute: whether it counts as executable, whatever its mode.
    """

    path: Path
    sha256: str | None = None
    file_name: str = ""
    may_execute: bool = False


def checked_sha256(text: str) -> str:
    """Return *text*, the SHA-256 of a file in either letter case.

    Raises:
        UsageError: it does not have 64 hexadecimal digits.
    """
    if len(text) != 64 or not _HEX.issuperset(text.lower()):
        raise UsageError(f"invalid SHA256 checksum {text[:80]!r}", hint="a SHA-256 has 64 hexadecimal digits")
    return text


def stage_package(package: Package, room: Path, staging_directory: Path, warn: Warn) -> tuple[str, Staging]:
    """Return the name of the plugin in *package*, and its files, now in *staging_directory*.

    Args:
        room: where temporary files may be made; the caller removes what stays there.
        staging_directory: exists and is empty.

    Raises:
        FileError: it cannot be read. PluginError: it is no plugin, or another one than its checksum says.
        LimitError: too large.
    """
    try:
        kind = package.path.stat()
    except (OSError, ValueError) as error:
        raise file_error("stat", package.path, error) from error
    if stat.S_ISDIR(kind.st_mode):
        if package.sha256 is not None:
            raise UsageError("a directory has no SHA256 checksum", hint="leave out --sha256sum")
        staging = Staging(staging_directory, "directory")
        _stage_directory(package.path, staging, warn)
        return _plugin_of(staging, warn), staging
    if not stat.S_ISREG(kind.st_mode):
        raise PluginError(f"{package.path} is not a valid file")
    copy = room / f".notation-py-{os.urandom(8).hex()}.tmp"
    try:
        mode = _copy(package, copy)
        return _stage_copy(package, copy, mode, staging_directory, warn)
    finally:
        remove_tree(copy)


def _copy(package: Package, copy: Path) -> int:
    """Copy the file of *package*, and return its mode; raises PluginError if it has another SHA-256."""
    with open_file(package.path, Links.FOLLOWED) as stream:
        status = os.fstat(stream.fileno())
        if status.st_size >= SIZE_LIMIT:
            raise too_large("file size")
        try:
            descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as target:
                found = _hashed_copy(stream, target)
        except OSError as error:
            raise file_error("write", copy, error) from error
    if package.sha256 is not None and package.sha256.lower() != found:
        raise PluginError(
            f"plugin SHA-256 checksum does not match user input. Expecting {package.sha256}",
            hint=f"the file has {found}",
        )
    return status.st_mode


def _hashed_copy(source: BinaryIO, target: BinaryIO) -> str:
    """Return the SHA-256 of what was copied from *source* to *target*; raises LimitError."""
    digest = sha256()
    size = 0
    for piece in _pieces(source):
        size += len(piece)
        if size >= SIZE_LIMIT:
            raise too_large("file size")
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


def _stage_copy(
    package: Package, copy: Path, mode: int, staging_directory: Path, warn: Warn
) -> tuple[str, Staging]:
    with open_file(copy) as stream:
        magic = stream.read(len(ZIP_MAGIC))
        stream.seek(0)
        size = os.fstat(stream.fileno()).st_size
        if magic == ZIP_MAGIC:
            staging = Staging(staging_directory, "zip")
            unpack_zip(stream, size, staging)
        elif magic.startswith(GZIP_MAGIC):
            staging = Staging(staging_directory, "tar.gz")
            unpack_tar(stream, size, staging)
        else:
            staging = Staging(staging_directory, "file")
            return _stage_executable(package, stream, mode, staging), staging
    return _plugin_of(staging, warn), staging


def _stage_executable(package: Package, stream: BinaryIO, mode: int, staging: Staging) -> str:
    file_name = package.file_name or package.path.name
    name = plugin_name_of(file_name)
    if not name:
        raise PluginError(
            f"failed to read plugin name from input file {file_name}: invalid plugin executable file name. "
            f"Plugin file name requires format {PREFIX}{{plugin-name}}{SUFFIX}, but got {file_name}"
        )
    if package.may_execute:
        mode = 0o755
    if os.name != "nt" and not mode & stat.S_IXUSR:
        raise PluginError(f"input file {file_name} is not executable", hint=f"run: chmod u+x {package.path}")
    staging.add(file_name, mode, _pieces(stream))
    return name


def _stage_directory(directory: Path, staging: Staging, warn: Warn) -> None:
    """Put the regular files of *directory* into *staging*; directories and records are passed over."""
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError as error:
        raise file_error("open", directory, error) from error
    for entry in entries:
        staging.count_entry()
        if entry.is_dir(follow_symlinks=False) or entry.name.casefold().startswith(".notation-py"):
            continue
        path = Path(entry.path)
        if not entry.is_file(follow_symlinks=False):
            warn(f"{path} is not a regular file and is not installed")
            continue
        staging.parts(entry.name)
        with open_file(path) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            staging.add(entry.name, mode, _pieces(stream))


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def plugin_name_of(file_name: str) -> str:
    """Return the name of the plugin whose executable is called *file_name*, or nothing."""
    if not (file_name.startswith(PREFIX) and file_name.endswith(SUFFIX)):
        return ""
    name = file_name.removeprefix(PREFIX).removesuffix(SUFFIX)
    return name if is_plugin_name(name) else ""


def _plugin_of(staging: Staging, warn: Warn) -> str:
    """Return the name of the one plugin in *staging*, made executable if nothing is (PLG-010)."""
    candidates = [name for name in staging.files if plugin_name_of(name)]
    executable = [name for name in candidates if os.name == "nt" or staging.files[name].mode & stat.S_IXUSR]
    problem = "failed to read plugin from input directory"
    if len(executable) > 1:
        raise PluginError(f"{problem}: found more than one plugin executable files: {', '.join(executable)}")
    if executable:
        return plugin_name_of(executable[0])
    if len(candidates) != 1:
        raise PluginError(
            f"{problem}: no plugin executable file was found",
            hint=f"the package has to hold one executable file named {PREFIX}{{plugin-name}}",
        )
    warn(
        f'found candidate plugin executable file "{candidates[0]}" without executable permission; '
        "the user executable bit is set"
    )
    staging.make_executable(candidates[0])
    return plugin_name_of(candidates[0])
