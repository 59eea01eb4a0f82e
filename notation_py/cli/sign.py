# SPDX-License-Identifier: Apache-2.0
"""`sign`: one signature for one artifact, stored beside it.

Builds the signer, the target and the options, in that order, and hands them to `signing`. Nothing is
pushed unless the new signature verified.

Spec: contract/cli.md 5, 7.1. Requirements: SGN-001 to SGN-009, CLI-003, CLI-007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..envelope.model import EnvelopeFormat
from ..errors import (
    ConfigurationError,
    LimitError,
    NotationError,
    PluginError,
    RegistryError,
    UnavailableError,
    UsageError,
)
from ..reference import go_quote
from ..registry.signatures import ManifestForm
from ..signing.sign import SignedArtifact, SignOptions, sign_artifact
from ..signing.signer import LocalSigner
from .pairs import parse_pairs
from .session import Session
from .targets import Opener, Target

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when a timestamp is wanted
    from ..signing.timestamping import Timestamping

_FORMATS = {"jws": EnvelopeFormat.JWS, "cose": EnvelopeFormat.COSE}
_NANOSECONDS = 1_000_000_000


def run(values: Mapping[str, Any], session: Session) -> None:
    """Sign the artifact that the first argument names.

    Raises:
        NotationError: no signature was stored; what was and what was not is in the message.
    """
    stamping = _timestamping(values, session)
    signer = _signer(values, session)
    options = replace(_options(values, session), timestamping=stamping)
    target = Opener(values, session).open(values["arguments"][0])
    target.warn_of_tag("sign", session)
    signed = _sign(target, signer, options, session)
    session.say(f"Successfully signed {target.named(signed.target)}")
    session.say(f"Pushed the signature to {target.named(signed.manifest)}")


def _sign(target: Target, signer: LocalSigner, options: SignOptions, session: Session) -> SignedArtifact:
    session.tell(f"Signing {target.resolved} with {signer.certificates[0].subject}")
    try:
        return sign_artifact(target.repository, target.descriptor, signer, options, at=session.at)
    except (RegistryError, UnavailableError, LimitError, ConfigurationError) as error:
        error.message = f"failed to push signature to registry with error: {error.message}"
        error.args = (error.message,)
        raise


def _timestamping(values: Mapping[str, Any], session: Session) -> Timestamping | None:
    if session.given.isdisjoint({"timestamp_url", "timestamp_root_cert"}):
        return None
    from .timestamping import timestamping

    return timestamping(values, session)


def _signer(values: Mapping[str, Any], session: Session) -> LocalSigner:
    if values["plugin"] or values["id"]:
        raise _no_plugins(values["plugin"])
    from ..adapters.key_files import load_key_pair
    from ..adapters.signing_keys import SigningKeyFile
    from .prompt import passphrase_source

    keys = SigningKeyFile(session.directories, session.strictness, session.warn).read()
    key = keys.chosen(values["key"] or None)
    if key.plugin_name:
        raise _no_plugins(key.plugin_name)
    if not key.key_path and not key.certificate_path:
        raise ConfigurationError(
            "unsupported key, either provide a local key and certificate file paths, or a key name in "
            "config.json, check https://notaryproject.dev/docs/user-guides/how-to/notation-config-file/ "
            "for details"
        )
    session.tell(f"Using signing key {key.name}")
    private_key, certificates = load_key_pair(
        key.key_path,
        key.certificate_path,
        passphrase=passphrase_source(session, values["passphrase_file"]),
        strictness=session.strictness,
        warn=session.warn,
    )
    return LocalSigner.of(private_key, certificates)


def _no_plugins(name: str) -> NotationError:
    return PluginError(
        f"signing with the plugin {go_quote(name)} is not supported by this version",
        hint="sign with a local key: notation-py key add --key-file KEY --cert-file CHAIN NAME",
    )


def _options(values: Mapping[str, Any], session: Session) -> SignOptions:
    name = values["signature_format"]
    if "signature_format" not in session.given:
        name = session.configuration.signature_format
    if name not in _FORMATS:
        raise UsageError(
            f"signature format {go_quote(name)} not supported\n"
            'Supported signature envelope formats are "jws" and "cose"'
        )
    seconds, rest = divmod(values["expiry"], _NANOSECONDS)
    if values["expiry"] < 0:
        raise UsageError("expiry duration cannot be a negative value")
    if rest:
        raise UsageError("expiry duration supports minimum granularity of seconds")
    parse_pairs(values["plugin_config"], "plugin-config")
    return SignOptions(
        format=_FORMATS[name],
        expires_in=timedelta(seconds=seconds) if seconds else None,
        user_metadata=parse_pairs(values["user_metadata"], "user-metadata"),
        manifest_form=_manifest_form(session),
    )


def _manifest_form(session: Session) -> ManifestForm:
    """Return the form to write; `NOTATION_PY_MANIFEST_FORM=config-type` is what notation 1.3 reads."""
    name = session.environment.get("NOTATION_PY_MANIFEST_FORM", "")
    try:
        return ManifestForm(name) if name else ManifestForm.ARTIFACT_TYPE
    except ValueError as error:
        raise UsageError(
            f"NOTATION_PY_MANIFEST_FORM is {go_quote(name)}",
            hint=f"use one of {', '.join(form.value for form in ManifestForm)}",
        ) from error
