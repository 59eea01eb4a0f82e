# SPDX-License-Identifier: Apache-2.0
"""The authority that stamps new signatures, from `--timestamp-url` and `--timestamp-root-cert`.

Everything that can be wrong with the two is found before a key is used. Imported only when one is given.

Spec: contract/cli.md 5. Requirements: TSA-003, TSA-007, TSA-008, CLI-003.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from ..adapters.files import Links, read_file
from ..adapters.http_timestamper import HttpTimestamper
from ..certificates.certificate import Certificate, check_signed_by
from ..certificates.chain import CertificateChain
from ..certificates.pem import read_certificates
from ..certificates.requirements import Purpose
from ..errors import ConfigurationError, MalformedError, UsageError
from ..reference import go_quote
from ..revocation.chain import Naming, check_chain, refusal
from ..signing.timestamping import Timestamping
from ..timestamp.exchange import NONCE_LIMIT
from .revocation import explain, revocation_sources
from .session import Session
from .tracing import tracer

MAX_FILE_BYTES = 1 << 20


def timestamping(values: Mapping[str, Any], session: Session) -> Timestamping:
    """Return the authority that the flags name, with its root.

    Raises:
        UsageError: an empty flag, or a URL that names no authority.
        ConfigurationError: a file that does not hold one root certificate.
    """
    url, path = values["timestamp_url"], values["timestamp_root_cert"]
    if not url:
        raise UsageError("timestamping: tsa url cannot be empty")
    if not path:
        raise UsageError("timestamping: tsa root certificate path cannot be empty")
    try:
        timestamper = HttpTimestamper(url, trace=tracer(session))
    except UsageError as error:
        raise UsageError(
            f"cannot get http timestamper for timestamping: {error.message}", hint=error.hint
        ) from error
    sources = revocation_sources(session)

    def check_not_revoked(chain: CertificateChain, at: datetime) -> None:
        found = check_chain(chain, sources, at=at)
        explain(found, session, Purpose.TIMESTAMPING)
        error = refusal(found, sources, Purpose.TIMESTAMPING, Naming.ROOT_MOST)
        if error is not None:
            raise error

    return Timestamping(
        timestamper,
        (root_certificate(Path(path)),),
        check_not_revoked,
        lambda: secrets.randbelow(NONCE_LIMIT),
    )


def root_certificate(path: Path) -> Certificate:
    """Return the one root certificate in the file *path*.

    Raises:
        ConfigurationError: no certificate, several, or one that is not a root.
    """
    shown = go_quote(str(path))
    wanted = "Expecting single x509 root certificate in PEM or DER format from the file"
    data, _ = read_file(path, max_bytes=MAX_FILE_BYTES, links=Links.FOLLOWED)
    try:
        found = read_certificates(data)
    except MalformedError as error:
        raise ConfigurationError(error.message, hint=f"look at {path}") from error
    if not found:
        raise ConfigurationError(f"cannot find any certificate from {shown}. {wanted}")
    if len(found) > 1:
        raise ConfigurationError(f"found more than one certificates from {shown}. {wanted}")
    if problem := _why_no_root(found[0]):
        raise ConfigurationError(
            f"failed to check root certificate with error: {problem}",
            hint=f"{path} has to hold the authority's root, which signed itself",
        )
    return found[0]


def _why_no_root(certificate: Certificate) -> str:
    """Return in the Go program's words why *certificate* is no root, or an empty text if it is one."""
    if not certificate.is_ca or "CertSign" not in (certificate.key_usage or {"CertSign"}):
        return "x509: invalid signature: parent certificate cannot sign this kind of certificate"
    try:
        check_signed_by(certificate, certificate)
    except MalformedError:
        is_rsa = isinstance(certificate.x509.public_key(), rsa.RSAPublicKey)
        return "crypto/rsa: verification error" if is_rsa else "x509: ECDSA verification failure"
    return ""
