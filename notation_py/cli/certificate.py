# SPDX-License-Identifier: Apache-2.0
"""`certificate add|list|show|delete`: the files of the trust store.

Names are checked before the disk is touched. Says what is in a certificate, never whether it is
trusted for something.

Spec: contract/cli.md 7.8. Requirements: TS-001 to TS-003, CLI-001, CLI-014.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ..adapters.trust_store import (
    add_certificate_file,
    delete_certificate,
    delete_store,
    list_certificates,
    read_stored_certificates,
)
from ..certificates.certificate import Certificate
from ..errors import ConfigurationError, NotationError, UsageError
from ..reference import go_quote
from ..trust.store import TrustStoreType, is_store_name
from .columns import columns
from .prompt import confirmed
from .session import Session, one_line

_RULE = "-" * 80
_HEADINGS = ("STORE TYPE", "STORE NAME", "CERTIFICATE")


def _store_type(text: str) -> TrustStoreType:
    if not text:
        raise UsageError("store type cannot be empty")
    try:
        return TrustStoreType(text)
    except ValueError as error:
        raise UsageError(
            f"unsupported store type: {one_line(text)}", hint=f"use one of {', '.join(TrustStoreType)}"
        ) from error


def _store(values: Mapping[str, Any]) -> tuple[TrustStoreType, str]:
    kind = _store_type(values["type"])
    name: str = values["store"]
    if not is_store_name(name):
        raise UsageError("named store name needs to follow [a-zA-Z0-9_.-]+ format")
    return kind, name


def run_add(values: Mapping[str, Any], session: Session) -> None:
    """Copy files of certificates into a named store; what could be added stays, the rest is the error."""
    kind, name = _store(values)
    added, failed = [], []
    for path in values["arguments"]:
        try:
            add_certificate_file(session.directories, kind, name, Path(path))
            added.append(one_line(path))
        except NotationError as error:
            failed.append(f"{one_line(path)}, with error {go_quote(str(error))}")
    place = f"named store {name} of type {kind}"
    if added:
        lines = "\n".join(added)
        session.say(f"Successfully added following certificates to {place}:\n{lines}")
    if failed:
        lines = "\n".join(failed)
        raise UsageError(f"Failed to add following certificates to {place}:\n{lines}\n")


def run_list(values: Mapping[str, Any], session: Session) -> None:
    """Write the files of the trust store as a table, or nothing if there are none."""
    kind = _store_type(values["type"]) if values["type"] else None
    name = values["store"] or None
    try:
        files = list(list_certificates(session.directories, kind, name))
    except NotationError as error:
        place = "stored" if kind or name else "stored in the trust store"
        place += f" in the named store {name}" if name else ""
        place += f" of type {kind}" if kind else ""
        raise ConfigurationError(
            f"failed to list all certificates {place}, with error: {error}", hint=error.hint
        ) from error
    if files:
        rows = [_HEADINGS, *((file.store_type, file.store, file.path.name) for file in files)]
        session.say("\n".join(columns(rows)))


def run_show(values: Mapping[str, Any], session: Session) -> None:
    """Write the details of every certificate of a file."""
    kind, name = _store(values)
    (file_name,) = values["arguments"]
    if not file_name:
        raise UsageError("certificate fileName cannot be empty")
    try:
        certificates = read_stored_certificates(session.directories, kind, name, file_name)
    except NotationError as error:
        raise ConfigurationError(
            f"failed to show details of certificate {file_name}, with error: {error}", hint=error.hint
        ) from error
    session.say("Certificate details")
    for certificate in certificates:
        session.say(f"{_RULE}\n{_details(certificate)}")


def _details(certificate: Certificate) -> str:
    return "\n".join(
        (
            f"Issuer: {one_line(certificate.issuer)}",
            f"Subject: {one_line(certificate.subject)}",
            f"Valid from: {_moment(certificate.not_before)}",
            f"Valid to: {_moment(certificate.not_after)}",
            f"IsCA: {str(certificate.is_ca).lower()}",
            f"SHA256 Thumbprint: {certificate.thumbprint}",
        )
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} +0000 UTC"


def run_delete(values: Mapping[str, Any], session: Session) -> None:
    """Delete one file of a named store, or the whole store, after a yes or with `--yes`."""
    kind, name = _store(values)
    file_name = values["arguments"][0] if values["arguments"] else ""
    place = f"{go_quote(name)} of type {go_quote(kind)}"
    if values["all"]:
        if file_name:
            raise UsageError(
                "cannot delete a single certificate file when --all flag is set. "
                "use --help flag for more details"
            )
        question = f"Are you sure you want to delete all certificates in {place}?"
    else:
        if not file_name:
            raise UsageError("to delete a specific certificate, certificate fileName cannot be empty")
        question = f"Are you sure you want to delete {go_quote(file_name)} in {place}?"
    if not values["yes"] and not confirmed(session, question):
        return
    if values["all"]:
        session.say(f"Successfully deleted {delete_store(session.directories, kind, name)}")
        return
    delete_certificate(session.directories, kind, name, file_name, session.warn)
    session.say(f"Successfully deleted {one_line(file_name)} from trust store {name} of type {kind}")
