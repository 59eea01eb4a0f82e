# SPDX-License-Identifier: Apache-2.0
"""Private keys and certificate chains in PEM files, loaded for signing.

Accepts PKCS#8, encrypted or not, PKCS#1 and SEC1. The path may be a link unless hardened, as
users keep keys where they like. Knows nothing about envelopes, and never puts content of a
key file or a passphrase into a message.

Spec: signing-and-verification-workflow, Signing. Requirements: SGN-006, ALG-009, SEC-001, R-35;
specs/decisions/0004-key-loading.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..certificates.certificate import Certificate
from ..certificates.pem import read_certificates
from ..errors import ConfigurationError, MalformedError
from .files import FileError, FileProblem, Links, Strictness, Warn, check_owner_and_mode, read_file

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Passphrase = Callable[[], bytes]
"""Asks for the passphrase of an encrypted key; called at most once, and only if it is needed."""

MAX_KEY_BYTES = 256 << 10
MAX_CHAIN_BYTES = 4 << 20

_KEY_BLOCK = re.compile(rb"-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----[^-]*(?:-[^-]+)*-----END \1-----")
_FORMS = "PKCS#8, PKCS#1 or SEC1 in PEM"


def load_key_pair(
    key_path: str,
    certificate_path: str,
    *,
    passphrase: Passphrase | None,
    strictness: Strictness,
    warn: Warn,
) -> tuple[PrivateKey, tuple[Certificate, ...]]:
    """Return the private key and its certificates in file order; the key is the first one's.

    RSA keys are loaded without the primality tests, which take 40 to 270 ms: whoever signs verifies
    each signature with the certificate before releasing it. The order and links of the chain
    are not checked.

    Args:
        passphrase: None if there is nobody to ask.

    Raises:
        ConfigurationError: a file is missing, not regular, or not what it should be; the passphrase is
            missing or wrong; the two do not belong together; with HARDENED also a relative path, a
            link, and a mode or owner that lets others use the key.
    """
    links = Links.REFUSED if strictness is Strictness.HARDENED else Links.FOLLOWED
    files = []
    for name, what, forbidden, limit in (
        (key_path, "private key file", 0o077, MAX_KEY_BYTES),
        (certificate_path, "certificate file", 0o022, MAX_CHAIN_BYTES),
    ):
        path = _checked_path(name, what, strictness, warn)
        data, status = _read(path, what, limit, links)
        check_owner_and_mode(path, status, what=what, strictness=strictness, warn=warn, forbidden=forbidden)
        files.append((path, data))
    (key_file, key_data), (certificate_file, certificate_data) = files
    certificates = _certificates(certificate_file, certificate_data)
    key = _private_key(key_file, key_data, passphrase)
    if key.public_key() != certificates[0].x509.public_key():
        raise ConfigurationError(
            f"private key {key_file} does not match the first certificate of {certificate_file}",
            hint="the certificate file starts with the signing certificate, then its issuers up to the root",
        )
    return key, certificates


def _checked_path(name: str, what: str, strictness: Strictness, warn: Warn) -> Path:
    if not name:
        raise ConfigurationError(f"{what.removesuffix(' file').removeprefix('private ')} path not specified")
    path = Path(name)
    if name.startswith("~") or "$" in name or "%" in name:
        hint = "the key list holds plain absolute paths: ~ and variables are not expanded"
        if not path.exists():
            raise ConfigurationError(f"open {path}: no such file or directory", hint=hint)
    if not path.is_absolute():
        problem = f"{what} {path} depends on the working directory"
        if strictness is Strictness.HARDENED:
            raise ConfigurationError(problem, hint="use an absolute path in the key list")
        warn(f"{problem}; to mend it, use an absolute path in the key list")
    return path


def _read(path: Path, what: str, limit: int, links: Links) -> tuple[bytes, os.stat_result]:
    try:
        return read_file(path, max_bytes=limit, links=links)
    except FileError as error:
        if error.problem is FileProblem.NOT_REGULAR:
            raise ConfigurationError(f"{what} {path} is not a regular file") from error
        raise


def _certificates(path: Path, data: bytes) -> tuple[Certificate, ...]:
    try:
        certificates = read_certificates(data)
    except MalformedError as error:
        raise ConfigurationError(f"certificate file {path}: {error.message}", hint=error.hint) from error
    if not certificates:
        raise ConfigurationError(f"no valid certificate found in {path}")
    return certificates


def _private_key(path: Path, data: bytes, passphrase: Passphrase | None) -> PrivateKey:
    """Return the key of the first private-key block in *data*; other blocks are ignored."""
    block = _KEY_BLOCK.search(data)
    if block is None:
        raise ConfigurationError(f"no private key found in {path}", hint=f"the file holds a key as {_FORMS}")
    encrypted = block[1].startswith(b"ENCRYPTED") or b"4,ENCRYPTED" in block[0]
    secret = _ask(path, passphrase) if encrypted else None
    try:
        key = load_pem_private_key(block[0] + b"\n", secret, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # The library's text is not passed on: what it says about a secret is not ours to show.
        if encrypted and not isinstance(error, UnsupportedAlgorithm):
            text = f"private key {path} cannot be decrypted: wrong passphrase or damaged file"
            raise ConfigurationError(text) from None
        raise ConfigurationError(
            f"private key {path} cannot be read", hint=f"the file holds a key as {_FORMS}"
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ConfigurationError(
            f"private key {path} has an unsupported type",
            hint="use RSA with 2048, 3072 or 4096 bits, or the curve P-256, P-384 or P-521",
        )
    return key


def _ask(path: Path, passphrase: Passphrase | None) -> bytes:
    secret = passphrase() if passphrase is not None else b""
    if not secret:
        raise ConfigurationError(f"private key {path} is encrypted and no passphrase was given")
    return secret


def load_certificates(
    certificate_path: str, *, strictness: Strictness, warn: Warn
) -> tuple[Certificate, ...]:
    """Return the certificates of a PEM or DER file, in file order, at least one; nothing else is checked.

    Raises:
        ConfigurationError: missing, not regular, or without certificates; with HARDENED also a relative
            path, a link, and a mode or owner that lets others change it.
    """
    what = "certificate file"
    path = _checked_path(certificate_path, what, strictness, warn)
    links = Links.REFUSED if strictness is Strictness.HARDENED else Links.FOLLOWED
    data, status = _read(path, what, MAX_CHAIN_BYTES, links)
    check_owner_and_mode(path, status, what=what, strictness=strictness, warn=warn)
    return _certificates(path, data)


def read_passphrase(path: Path, strictness: Strictness, warn: Warn) -> bytes:
    """Return the first line of the file *path*, without its line end.

    Raises:
        ConfigurationError: missing, empty, or with HARDENED readable by others.
    """
    data, status = read_file(path, max_bytes=4096, links=Links.FOLLOWED)
    check_owner_and_mode(
        path, status, what="passphrase file", strictness=strictness, warn=warn, forbidden=0o077
    )
    line = data.partition(b"\n")[0].removesuffix(b"\r")
    if not line:
        raise ConfigurationError(f"passphrase file {path} has an empty first line")
    return line
