# SPDX-License-Identifier: Apache-2.0
"""A directory put in the place of another, so that a reader finds the old one or the new one, whole.

Where the system can exchange two names in one step, it does. Elsewhere the old directory is set aside under a
name that tells where it belongs, and a process that dies in between leaves it to be put back by `recover`.

Spec: security contract R-32, R-34. Requirements: SEC-005.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from errno import EINVAL, ENOSYS, ENOTSUP, EXDEV
from pathlib import Path

from .file_changes import remove_tree, sync_directory
from .files import file_error

RETIRED_PREFIX = ".notation-py-retired-"

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2
_UNABLE = {EINVAL, ENOSYS, ENOTSUP, EXDEV}

Exchange = Callable[[Path, Path], bool]
"""Exchanges two names, or returns False if this system cannot; raises OSError."""


def exchange_names(one: Path, other: Path) -> bool:
    """Return whether *one* and *other* now have each other's content, done in one step; raises OSError."""
    from ctypes import CDLL, c_char_p, c_int, c_uint, get_errno

    names = os.fsencode(one), os.fsencode(other)
    library = CDLL(None, use_errno=True) if sys.platform != "win32" else None
    if sys.platform == "linux" and (call := getattr(library, "renameat2", None)) is not None:
        call.argtypes = (c_int, c_char_p, c_int, c_char_p, c_uint)
        failed = call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    elif sys.platform == "darwin" and (call := getattr(library, "renamex_np", None)) is not None:
        call.argtypes = (c_char_p, c_char_p, c_uint)
        failed = call(names[0], names[1], _RENAME_SWAP)
    else:
        return False
    if not failed:
        return True
    number = get_errno()
    if number in _UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def replace_directory(new: Path, target: Path, exchange: Exchange = exchange_names) -> None:
    """Give the directory *new* the name *target*; what had it before is removed.

    Both lie on one file system; the caller holds the lock of `new.parent` and has called `recover`.

    Raises:
        FileError: the system refused; *target* is as it was.
    """
    try:
        if not os.path.lexists(target):
            new.rename(target)
        elif exchange(new, target):
            remove_tree(new)
        else:
            _replace_in_two_steps(new, target)
    except OSError as error:
        raise file_error("rename", target, error) from error
    sync_directory(target.parent)


def _replace_in_two_steps(new: Path, target: Path) -> None:
    retired = new.parent / f"{RETIRED_PREFIX}{target.name}"
    target.rename(retired)
    try:
        new.rename(target)
    except OSError:
        retired.rename(target)
        raise
    remove_tree(retired)


def recover(room: Path, parent: Path) -> None:
    """Put back into *parent* what was set aside in *room* by a process that died; the caller holds the lock.

    Raises:
        FileError: the system refused.
    """
    for retired in room.glob(f"{RETIRED_PREFIX}*"):
        target = parent / retired.name.removeprefix(RETIRED_PREFIX)
        try:
            if os.path.lexists(target):
                remove_tree(retired)
            else:
                retired.rename(target)
        except OSError as error:
            raise file_error("rename", target, error) from error
