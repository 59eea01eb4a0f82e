# SPDX-License-Identifier: Apache-2.0
"""Trust stores in directories: the named certificates that a trust policy may rely on.

A named store is a real directory of regular files; every file counts, and one that cannot be
used fails the whole store. `DirectoryTrustStore` answers the port; the functions below it are
what the `cert` commands do. Knows nothing about policies.

Spec: trust-store-trust-policy, Trust Store. Requirements: TS-001 to TS-015, VER-042, R-15.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from pathlib import Path

from ..certificates.certificate import Certificate
from ..certificates.pem import read_certificates
from ..errors import ConfigurationError, LimitError, MalformedError, UsageError
from ..reference import go_quote
from ..trust.store import TrustStore, TrustStoreType, is_store_name
from .directories import Directories
from .file_changes import TEMPORARY_PREFIX, create_file, exclusive_lock, private_directory, remove_tree
from .files import (
    FileError,
    FileProblem,
    Links,
    Strictness,
    Warn,
    check_owner_and_mode,
    file_error,
    read_file,
)

MAX_FILE_BYTES = 4 << 20
MAX_STORE_BYTES = 32 << 20
MAX_FILES = 5_000

_ADD_HINT = "Use command 'notation-py cert add' to create and add trusted certificates to the trust store"


@dataclass(frozen=True, slots=True)
class DirectoryTrustStore:
    """The trust stores below the configuration directory, read anew at each call.

    Attributes:
        strictness: what files that other users own or can change lead to.
        warn: takes one line for each such file and for each ignored sub-directory.
    """

    directories: Directories
    strictness: Strictness
    warn: Warn

    def certificates(self, store_type: TrustStoreType, name: str) -> tuple[Certificate, ...]:
        """Return the certificates of the store, by file name, then in file order; at least one.

        Raises:
            ConfigurationError: no such store, an unsafe name, a link, a file that is not certificates,
                or a certificate that may not be an anchor. LimitError: too many or too large files.
        """
        directory = self._directory(store_type, name)
        place = f"in trust store {name} of type {store_type}"
        found: list[Certificate] = []
        total = 0
        for file_name in self._file_names(directory, store_type, name):
            data = self._read(directory / file_name, place)
            total += len(data)
            if total > MAX_STORE_BYTES:
                raise LimitError(f"the files {place} have more than {MAX_STORE_BYTES} bytes")
            found += _anchors(data, store_type, file_name, place)
        if not found:
            quoted = f"{go_quote(name)} of type {go_quote(store_type)}"
            raise ConfigurationError(f"no x509 certificates were found in trust store {quoted}. {_ADD_HINT}")
        return tuple(found)

    def _directory(self, store_type: TrustStoreType, name: str) -> Path:
        if not is_store_name(name):
            raise ConfigurationError(
                f"trust store name needs to follow [a-zA-Z0-9_.-]+ format, {go_quote(name)} is invalid"
            )
        quoted = f"{go_quote(name)} of type {go_quote(store_type)}"
        path = self.directories.trust_store / store_type / name
        try:
            status = path.lstat()
        except FileNotFoundError as error:
            raise ConfigurationError(f"the trust store {quoted} does not exist. {_ADD_HINT}") from error
        except (OSError, ValueError) as error:
            reason = file_error("lstat", path, error).message
            raise ConfigurationError(f"failed to access the trust store {quoted}: {reason}") from error
        if not stat.S_ISDIR(status.st_mode):
            raise ConfigurationError(
                f"the trust store {name} of type {store_type} with path {path} is not a regular directory "
                "(symlinks are not supported)"
            )
        check_owner_and_mode(path, status, what="trust store", strictness=self.strictness, warn=self.warn)
        return path

    def _file_names(self, directory: Path, store_type: TrustStoreType, name: str) -> list[str]:
        try:
            with os.scandir(directory) as scan:
                entries = list(islice(scan, MAX_FILES + 1))
        except OSError as error:
            reason = file_error("open", directory, error).message
            quoted = f"{go_quote(name)} of type {go_quote(store_type)}"
            raise ConfigurationError(f"failed to access the trust store {quoted}: {reason}") from error
        if len(entries) > MAX_FILES:
            raise LimitError(f"trust store {directory} has more than {MAX_FILES} files")
        names = []
        for entry in sorted(entries, key=attrgetter("name")):
            if entry.is_dir(follow_symlinks=False):
                self.warn(f"sub-directory {entry.path} of a trust store is ignored")
            else:
                names.append(entry.name)
        return names

    def _read(self, path: Path, place: str) -> bytes:
        try:
            data, status = read_file(path, max_bytes=MAX_FILE_BYTES)
        except FileError as error:
            if error.problem is FileProblem.NOT_REGULAR:
                raise ConfigurationError(
                    f"trusted certificate {path.name} {place} is not a regular file "
                    "(directories or symlinks are not supported)"
                ) from error
            raise ConfigurationError(
                f"failed to read the trusted certificate {path.name} {place}. {error.message}",
                outcome=error.outcome,
            ) from error
        what = "trusted certificate"
        check_owner_and_mode(path, status, what=what, strictness=self.strictness, warn=self.warn)
        return data


def _anchors(data: bytes, store_type: TrustStoreType, name: str, place: str) -> tuple[Certificate, ...]:
    """Return the certificates of one file of a store, each of which may be an anchor (TS-009, TS-010)."""
    try:
        found = read_certificates(data)
    except MalformedError as error:
        raise ConfigurationError(
            f"failed to read the trusted certificate {name} {place}. {error.message}", hint=error.hint
        ) from error
    refused = f"failed to validate the trusted certificate {name} {place}."
    if not found:
        raise ConfigurationError(f"{refused} the file holds no certificate")
    for certificate in found:
        subject = f"certificate with subject {go_quote(certificate.subject)}"
        if not certificate.is_ca and not certificate.is_self_signed:
            raise ConfigurationError(
                f"{refused} {subject} is not a CA certificate or self-signed signing certificate"
            )
        if store_type is TrustStoreType.TSA and not (certificate.is_ca and certificate.is_self_signed):
            raise ConfigurationError(
                f"trusted certificate {name} {place} is invalid: {subject} is not a root CA certificate"
            )
    return found


@dataclass(frozen=True, slots=True)
class CachedTrustStore:
    """A trust store that asks another one once for each name, for the length of one verification run.

    Only answers are kept: a store that failed is asked again.
    """

    source: TrustStore
    _known: dict[tuple[TrustStoreType, str], tuple[Certificate, ...]] = field(default_factory=dict)

    def certificates(self, store_type: TrustStoreType, name: str) -> tuple[Certificate, ...]:
        """Return what the source returned for this store the first time."""
        key = (store_type, name)
        if key not in self._known:
            self._known[key] = self.source.certificates(store_type, name)
        return self._known[key]


@dataclass(frozen=True, slots=True)
class StoredCertificateFile:
    """One file of certificates in a named store."""

    store_type: TrustStoreType
    store: str
    path: Path


def _store_path(directories: Directories, store_type: TrustStoreType, name: str) -> Path:
    if not is_store_name(name):
        raise UsageError("named store name needs to follow [a-zA-Z0-9_.-]+ format")
    return directories.trust_store / store_type / name


def _file_path(directories: Directories, store_type: TrustStoreType, name: str, file_name: str) -> Path:
    if not file_name or file_name in {".", ".."} or Path(file_name).name != file_name:
        raise UsageError(f"certificate fileName must be a plain file name, got {go_quote(file_name)}")
    return _store_path(directories, store_type, name) / file_name


def add_certificate_file(
    directories: Directories, store_type: TrustStoreType, name: str, source: Path
) -> tuple[Certificate, ...]:
    """Copy *source* into the store under its own base name, and return its certificates.

    The file keeps its bytes and appears in the store whole, with mode 0600.

    Raises:
        ConfigurationError: unreadable, no certificates, or the name is taken; nothing was added.
        UsageError: the store name is not allowed.
    """
    target = _store_path(directories, store_type, name)
    source = Path(os.path.abspath(source))  # noqa: PTH100 - Path.absolute keeps `..` in messages
    data, _ = read_file(source, max_bytes=MAX_FILE_BYTES, links=Links.FOLLOWED)
    try:
        certificates = read_certificates(data)
    except MalformedError as error:
        raise ConfigurationError(error.message, hint=error.hint) from error
    if not certificates:
        raise ConfigurationError("no valid certificate found in the file")
    private_directory(directories.config)
    with exclusive_lock(directories.config):
        private_directory(target)
        try:
            create_file(target / source.name, data, mode=0o600, staging=directories.config)
        except FileError as error:
            if error.problem is FileProblem.EXISTS:
                raise ConfigurationError("certificate already exists in the Trust Store") from error
            raise
    return certificates


def list_certificates(
    directories: Directories, store_type: TrustStoreType | None = None, name: str | None = None
) -> Iterator[StoredCertificateFile]:
    """Yield the files that hold certificates, by type, store and file name; None means all.

    Links and sub-directories are left out.

    Raises:
        ConfigurationError: a file cannot be read as certificates.
    """
    for kind in TrustStoreType if store_type is None else (store_type,):
        parent = directories.trust_store / kind
        for store in _names(parent) if name is None else (name,):
            if is_store_name(store) and not (parent / store).is_symlink():
                yield from _stored_files(directories, kind, store)


def _stored_files(
    directories: Directories, store_type: TrustStoreType, store: str
) -> Iterator[StoredCertificateFile]:
    directory = directories.trust_store / store_type / store
    for file_name in _names(directory):
        path = directory / file_name
        if path.is_symlink() or not path.is_file():
            continue
        if read_stored_certificates(directories, store_type, store, file_name):
            yield StoredCertificateFile(store_type, store, path)


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - names are what is wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise file_error("open", directory, error) from error


def read_stored_certificates(
    directories: Directories, store_type: TrustStoreType, name: str, file_name: str
) -> tuple[Certificate, ...]:
    """Return the certificates of one file of a store, without judging them.

    Raises:
        ConfigurationError: missing, a link, or not certificates. UsageError: a name is not allowed.
    """
    path = _file_path(directories, store_type, name, file_name)
    data, _ = read_file(path, max_bytes=MAX_FILE_BYTES)
    try:
        return read_certificates(data)
    except MalformedError as error:
        raise ConfigurationError(error.message, hint=error.hint or f"look at {path}") from error


@contextmanager
def _changing(directories: Directories, path: Path, prefix: str) -> Iterator[None]:
    """Hold the lock over a change of *path*, which must exist."""
    try:
        path.lstat()
        lock = exclusive_lock(directories.config)
    except OSError as error:
        raise ConfigurationError(f"{prefix}: {file_error('stat', path, error).message}") from error
    with lock:
        yield


def delete_certificate(
    directories: Directories, store_type: TrustStoreType, name: str, file_name: str, warn: Warn
) -> None:
    """Delete one file of a store, and the store if nothing is left in it.

    Args:
        warn: takes a line if the emptied store could not be removed, which is no failure.

    Raises:
        ConfigurationError: no such file, or the system refused. UsageError: a name is not allowed.
    """
    path = _file_path(directories, store_type, name, file_name)
    prefix = "failed to delete the certificate file"
    with _changing(directories, path, prefix):
        try:
            path.unlink()
        except OSError as error:
            raise ConfigurationError(f"{prefix}: {file_error('remove', path, error).message}") from error
        if _names(path.parent):
            return
        try:
            path.parent.rmdir()
        except OSError as error:
            reason = file_error("remove", path.parent, error).message
            warn(f"failed to remove the empty trust store directory {path.parent}: {reason}")


def delete_store(directories: Directories, store_type: TrustStoreType, name: str) -> Path:
    """Delete a named store with all it holds, in one step, and return its absolute path.

    Raises:
        ConfigurationError: no such store, or the system refused. UsageError: the name is not allowed.
    """
    path = _store_path(directories, store_type, name)
    prefix = "failed to delete the named trust store"
    with _changing(directories, path, prefix):
        discarded = directories.config / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}.tmp"
        try:
            path.rename(discarded)
        except OSError as error:
            raise ConfigurationError(f"{prefix}: {file_error('rename', path, error).message}") from error
        remove_tree(discarded)
    return path.absolute()
