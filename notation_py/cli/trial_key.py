# SPDX-License-Identifier: Apache-2.0
"""`certificate generate-test` and `cleanup-test`: a key to try things out with, made and removed as one.

What would stop it half way is looked at before a key is made. Says each step as it happens.

Spec: contract/cli.md 7.8. Requirements: CLI-011, SEC-005, R-34.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..adapters.local_keys import (
    delete_local_file,
    generate_test_pair,
    local_key_paths,
    store_test_pair,
)
from ..adapters.signing_keys import SigningKey, SigningKeyFile
from ..adapters.trust_store import add_certificate_file, delete_certificate
from ..errors import ConfigurationError, NotationError, UsageError
from ..reference import go_quote
from ..trust.store import TrustStoreType, is_store_name
from .prompt import confirmed
from .session import Session


def run_generate(values: Mapping[str, Any], session: Session) -> None:
    """Make a key and its certificate, trust the certificate, and put the key on the list."""
    (name,) = values["arguments"]
    if not is_store_name(name):
        raise UsageError("name needs to follow [a-zA-Z0-9_.-]+ format")
    keys = SigningKeyFile(session.directories, session.strictness, session.warn)
    _check_free(name, keys, session)
    session.say(f"generating RSA Key with {values['bits']} bits")
    pair = generate_test_pair(name, values["bits"], session.at)
    session.say(f"generated certificate expiring on {pair.certificate.not_after:%Y-%m-%dT%H:%M:%SZ}")
    key_path, certificate_path = store_test_pair(session.directories, pair)
    session.say(f"wrote key: {key_path}\nwrote certificate: {certificate_path}")
    add_certificate_file(session.directories, TrustStoreType.CA, name, certificate_path)
    session.say(f"Successfully added {name}.crt to named store {name} of type ca")
    key = SigningKey(name, str(key_path), str(certificate_path))
    if values["default"]:
        keys.add_as_default(key)
    else:
        keys.add(key)
    session.say(f"{name}: added to the key list")
    if values["default"]:
        session.say(f"{name}: marked as default signing key")


def _check_free(name: str, keys: SigningKeyFile, session: Session) -> None:
    hint = f"use another name, or remove what is left with the command certificate cleanup-test {name}"
    if any(key.name == name for key in keys.read().keys):
        raise ConfigurationError(f"signing key with name {go_quote(name)} already exists", hint=hint)
    if _stored(name, session).is_symlink() or _stored(name, session).exists():
        raise ConfigurationError("certificate already exists in the Trust Store", hint=hint)


def _stored(name: str, session: Session) -> Path:
    return session.directories.trust_store / TrustStoreType.CA / name / f"{name}.crt"


def run_cleanup(values: Mapping[str, Any], session: Session) -> None:
    """Remove what `generate-test` made, whatever of it is there, after a yes or with `--yes`."""
    (name,) = values["arguments"]
    if not is_store_name(name):
        raise UsageError("certificate common name must follow [a-zA-Z0-9_.-]+ format")
    key_path, certificate_path = local_key_paths(session.directories, name)
    if not values["yes"]:
        session.say(
            f"The test key {name} and its corresponding certificate will be cleaned up with the following "
            f"changes:\n- Delete certificate {name}.crt from trust store {name} of type ca\n"
            f"- Remove key {name} from the key list\n- Delete key file: {key_path}\n"
            f"- Delete certificate file: {certificate_path}\n"
        )
        if not confirmed(session, "Are you sure you want to continue?"):
            return
    _forget_certificate(name, session)
    _forget_key(name, session)
    for path, what in ((key_path, "key file"), (certificate_path, "certificate file")):
        try:
            found = delete_local_file(path)
        except NotationError as error:
            raise ConfigurationError(f"failed to delete {what} {path}: {error}", hint=error.hint) from error
        session.say(
            f"Successfully deleted {what}: {path}" if found else f"{what.capitalize()} {path} does not exist"
        )
    session.say("Cleanup completed successfully")


def _forget_certificate(name: str, session: Session) -> None:
    place = f"{name}.crt from trust store {name} of type ca"
    if not _stored(name, session).is_symlink() and not _stored(name, session).exists():
        session.say(f"Certificate {name}.crt does not exist in trust store {name} of type ca")
        return
    try:
        delete_certificate(session.directories, TrustStoreType.CA, name, f"{name}.crt", session.warn)
    except NotationError as error:
        raise ConfigurationError(f"failed to delete certificate {place}: {error}", hint=error.hint) from error
    session.say(f"Successfully deleted {place}")


def _forget_key(name: str, session: Session) -> None:
    keys = SigningKeyFile(session.directories, session.strictness, session.warn)
    try:
        if all(key.name != name for key in keys.read().keys):
            session.say(f"Key {name} does not exist in the key list")
            return
        keys.delete((name,))
    except NotationError as error:
        raise ConfigurationError(
            f"failed to remove key {name} from the key list: {error}", hint=error.hint
        ) from error
    session.say(f"Successfully removed key {name} from the key list")
