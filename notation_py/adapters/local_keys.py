# SPDX-License-Identifier: Apache-2.0
"""Test keys: a self-signed certificate and its key, made here and stored as one pair.

Both files appear or, as far as any later run can see, neither: they are prepared in a hidden
directory, linked into place, and taken back by the next run if this one was killed in between.
For tests only; nothing here belongs near a production key.

Spec: notation certificate generate-test. Requirements: CLI-011, CFG-004, SEC-005, R-34, R-35.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..certificates.certificate import Certificate
from ..certificates.pem import write_pem
from ..errors import ConfigurationError, UsageError
from ..trust.store import is_store_name
from .directories import Directories
from .file_changes import (
    TEMPORARY_PREFIX,
    create_file,
    exclusive_lock,
    private_directory,
    remove_tree,
    sync_directory,
)
from .files import file_error

_SUBJECT = (
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.ORGANIZATION_NAME, "Notary"),
    (NameOID.LOCALITY_NAME, "Seattle"),
    (NameOID.STATE_OR_PROVINCE_NAME, "WA"),
)


@dataclass(frozen=True, slots=True)
class GeneratedPair:
    """A private key as unencrypted PKCS#8 PEM, and its self-signed certificate."""

    name: str
    certificate: Certificate
    key_pem: bytes = field(repr=False)


def generate_test_pair(name: str, bits: int, at: datetime) -> GeneratedPair:
    """Return a new RSA key of *bits* and a certificate for it, valid for the 24 hours from *at*.

    Raises:
        UsageError: *name* is not `[a-zA-Z0-9_.-]+`, or *bits* is not 2048, 3072 or 4096.
    """
    if not is_store_name(name):
        raise UsageError("name needs to follow [a-zA-Z0-9_.-]+ format")
    if bits < 1024:
        raise UsageError(
            f"crypto/rsa: {bits}-bit keys are insecure "
            "(see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
        )
    if bits not in {2048, 3072, 4096}:
        raise UsageError(f"rsa key size {bits} bits is not supported", hint="use 2048, 3072 or 4096")
    key = rsa.generate_private_key(65537, bits)
    attributes = [x509.NameAttribute(oid, value) for oid, value in _SUBJECT]
    subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    start = at.replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return GeneratedPair(name, Certificate.parse(certificate.public_bytes(Encoding.DER)), pem)


def local_key_paths(directories: Directories, name: str) -> tuple[Path, Path]:
    """Return the absolute paths of the key file and the certificate file of the test key *name*."""
    parent = directories.local_keys.absolute()
    return parent / f"{name}.key", parent / f"{name}.crt"


def store_test_pair(directories: Directories, pair: GeneratedPair) -> tuple[Path, Path]:
    """Create the key file, mode 0600, and the certificate file, mode 0644; return their paths.

    What a killed run left half done, under any name, is taken back first.

    Raises:
        ConfigurationError: a file of either name exists, or the system refused; nothing is left.
    """
    paths = local_key_paths(directories, pair.name)
    contents = (pair.key_pem, write_pem(pair.certificate))
    private_directory(directories.config)
    with exclusive_lock(directories.config):
        private_directory(directories.local_keys)
        staging = directories.local_keys / f"{TEMPORARY_PREFIX}{pair.name}"
        _take_back_abandoned(directories.local_keys)
        _check_absent(paths)
        try:
            private_directory(staging)
            for path, data, mode in zip(paths, contents, (0o600, 0o644), strict=True):
                create_file(staging / path.name, data, mode=mode, staging=staging)
            _publish(staging, paths)
        except BaseException:
            _take_back(staging, paths)
            raise
        _forget(directories, staging)
    return paths


def _check_absent(paths: Sequence[Path]) -> None:
    for path, what in zip(paths, ("key", "certificate"), strict=True):
        if os.path.lexists(path):
            raise ConfigurationError(
                f"failed to write {what} file: open {path}: file exists",
                hint="use another name, or remove the old pair with the command cert cleanup-test",
            )


def _publish(staging: Path, paths: Sequence[Path]) -> None:
    for path in paths:
        staged = staging / path.name
        try:
            path.hardlink_to(staged)
        except FileExistsError as error:
            raise file_error("open", path, error) from error
        except OSError:
            staged.rename(path)  # no hard links on this file system
    sync_directory(staging.parent)


def _take_back(staging: Path, paths: Sequence[Path]) -> None:
    """Undo an unfinished publication: a name that is the same file as the staged one is ours."""
    for path in paths:
        staged = staging / path.name
        if staged.exists() and path.exists() and staged.samefile(path):
            path.unlink()
    remove_tree(staging)


def _take_back_abandoned(local: Path) -> None:
    for staging in local.glob(f"{TEMPORARY_PREFIX}*"):
        name = staging.name.removeprefix(TEMPORARY_PREFIX)
        _take_back(staging, (local / f"{name}.key", local / f"{name}.crt"))


def _forget(directories: Directories, staging: Path) -> None:
    """Commit: once the directory has another name, no later run takes anything back."""
    discarded = directories.config / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}.tmp"
    staging.rename(discarded)
    remove_tree(discarded)


def delete_local_file(path: Path) -> bool:
    """Delete a key or certificate file; return whether there was one.

    Raises:
        FileError: the system refused.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise file_error("remove", path, error) from error
    return True
