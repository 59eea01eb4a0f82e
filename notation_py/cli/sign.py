# SPDX-License-Identifier: Apache-2.0
"""`sign`: one signature for one artifact, stored beside it.

Finds the key, the target and the options, in that order, and hands them to `signing`; a plugin is asked
last. Nothing is pushed unless the new signature verified.

Spec: contract/cli.md 5, 7.1. Requirements: SGN-001 to SGN-009, PLG-070, PLG-073, TSA-011, CLI-003, CLI-007.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..envelope.model import EnvelopeFormat
from ..errors import (
    ConfigurationError,
    LimitError,
    RegistryError,
    UnavailableError,
    UsageError,
)
from ..reference import go_quote
from ..registry.signatures import ManifestForm
from ..signing.sign import SignedArtifact, SignOptions, sign_artifact
from ..signing.signer import EnvelopeSigner, LocalSigner
from .pairs import parse_pairs
from .session import Session
from .targets import Opener, Target

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when a timestamp or a plugin is wanted
    from ..adapters.signing_keys import SigningKey
    from ..signing.plugin_signer import PluginEnvelopeSigner, PluginSigner
    from ..signing.timestamping import Timestamping

    AnySigner = LocalSigner | PluginSigner | PluginEnvelopeSigner

_FORMATS = {"jws": EnvelopeFormat.JWS, "cose": EnvelopeFormat.COSE}
_NANOSECONDS = 1_000_000_000


def run(values: Mapping[str, Any], session: Session) -> None:
    """Sign the artifact that the first argument names.

    Raises:
        NotationError: no signature was stored; what was and what was not is in the message.
    """
    stamping = _timestamping(values, session)
    key = _key(values, session)
    options = replace(_options(values, session), timestamping=stamping)
    target = Opener(values, session).open(values["arguments"][0])
    target.warn_of_tag("sign", session)
    signer = key()
    signed = _sign(target, signer, _fitting(options, signer, session), session)
    session.say(f"Successfully signed {target.named(signed.target)}")
    session.say(f"Pushed the signature to {target.named(signed.manifest)}")


def _sign(target: Target, signer: AnySigner, options: SignOptions, session: Session) -> SignedArtifact:
    by = (
        signer.certificates[0].subject
        if isinstance(signer, LocalSigner)
        else f"plugin {signer.key.metadata.name} {signer.key.metadata.version}"
    )
    session.tell(f"Signing {target.resolved} with {by}")
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


def _key(values: Mapping[str, Any], session: Session) -> Callable[[], AnySigner]:
    """Return what gives the signer: a local key is loaded and a plugin found now."""
    from ..adapters.signing_keys import SigningKey, SigningKeyFile

    if session.given.isdisjoint({"plugin", "id"}):
        keys = SigningKeyFile(session.directories, session.strictness, session.warn).read()
        key = keys.chosen(values["key"] or None)
    else:
        key = SigningKey("", id=values["id"], plugin_name=values["plugin"])
        if not key.id or not key.plugin_name:
            raise UsageError(f"--{'plugin' if key.id else 'id'} cannot be empty")
    if key.plugin_name:
        return _plugin_signer(key, values, session)
    if not key.key_path and not key.certificate_path:
        raise ConfigurationError(
            "unsupported key, either provide a local key and certificate file paths, or a key name in "
            "config.json, check https://notaryproject.dev/docs/user-guides/how-to/notation-config-file/ "
            "for details"
        )
    signer = _local_signer(key, values, session)
    return lambda: signer


def _local_signer(key: SigningKey, values: Mapping[str, Any], session: Session) -> LocalSigner:
    from ..adapters.key_files import load_key_pair
    from .prompt import passphrase_source

    session.tell(f"Using signing key {key.name}")
    private_key, certificates = load_key_pair(
        key.key_path,
        key.certificate_path,
        passphrase=passphrase_source(session, values["passphrase_file"]),
        strictness=session.strictness,
        warn=session.warn,
    )
    return LocalSigner.of(private_key, certificates)


def _plugin_signer(
    key: SigningKey, values: Mapping[str, Any], session: Session
) -> Callable[[], PluginSigner | PluginEnvelopeSigner]:
    from ..signing.plugin_signer import plugin_signer
    from .plugins import SessionPlugins

    given = parse_pairs(values["plugin_config"], "plugin-config")
    runner = SessionPlugins(session).find(key.plugin_name)
    session.tell(f"Using the key {key.id} of plugin {runner.name} ({runner.origin})")
    return lambda: plugin_signer(runner, key.id, key.plugin_config, given)


def _fitting(options: SignOptions, signer: AnySigner, session: Session) -> SignOptions:
    """Return *options* as *signer* can follow them."""
    if isinstance(signer, LocalSigner):
        return options
    if isinstance(signer, EnvelopeSigner) and options.timestamping is not None:
        session.warn_or_refuse(
            f"plugin {signer.key.metadata.name} makes the whole envelope, to which no timestamp can be added",
            "--timestamp-url and --timestamp-root-cert have no effect; have the plugin add a timestamp",
        )
        options = replace(options, timestamping=None)
    return replace(options, signing_agent=signer.key.signing_agent)


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
