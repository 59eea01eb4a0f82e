# SPDX-License-Identifier: Apache-2.0
"""How to sign, as the flags, the settings and the key list say: key, format, expiry, metadata, timestamp.

What `sign` and `blob sign` have in common. A local key is loaded and a plugin found at once; the plugin is
asked last, when everything else is known to be there. Knows no target and signs nothing.

Spec: contract/cli.md 5. Requirements: SGN-001, SGN-002, SGN-006, SGN-008, SGN-009, PLG-070, PLG-071,
PLG-073, TSA-011, CLI-003.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from ..envelope.model import EnvelopeFormat
from ..errors import ConfigurationError, UsageError
from ..reference import go_quote
from ..signing.sign import SignOptions
from ..signing.signer import EnvelopeSigner, LocalSigner
from .pairs import parse_pairs, text_of
from .session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when a timestamp or a plugin is wanted
    from ..adapters.signing_keys import SigningKey
    from ..signing.plugin_signer import PluginEnvelopeSigner, PluginSigner
    from ..signing.timestamping import Timestamping

    AnySigner = LocalSigner | PluginSigner | PluginEnvelopeSigner

FORMATS = {"jws": EnvelopeFormat.JWS, "cose": EnvelopeFormat.COSE}
_NANOSECONDS = 1_000_000_000


class SignedKind(Enum):
    """What is signed, which decides what a plugin has to be able to do."""

    ARTIFACT = auto()
    BLOB = auto()


def timestamping_asked_for(values: Mapping[str, Any], session: Session) -> Timestamping | None:
    """Return how to have the signature stamped, if the line says so."""
    if session.given.isdisjoint({"timestamp_url", "timestamp_root_cert"}):
        return None
    from .timestamping import timestamping

    return timestamping(values, session)


def signing_key(values: Mapping[str, Any], session: Session, kind: SignedKind) -> Callable[[], AnySigner]:
    """Return what gives the signer: a local key is loaded and a plugin found now."""
    from ..adapters.signing_keys import SigningKey, SigningKeyFile

    if session.given.isdisjoint({"plugin", "id"}):
        keys = SigningKeyFile(session.directories, session.strictness, session.warn).read()
        key = keys.chosen(values["key"] or None)
    else:
        key = SigningKey("", id=text_of(values["id"], "id"), plugin_name=values["plugin"])
        if not key.id or not key.plugin_name:
            raise UsageError(f"--{'plugin' if key.id else 'id'} cannot be empty")
    if key.plugin_name:
        return _plugin_signer(key, values, session, kind)
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
    key: SigningKey, values: Mapping[str, Any], session: Session, kind: SignedKind
) -> Callable[[], PluginSigner | PluginEnvelopeSigner]:
    from ..signing.plugin_signer import plugin_blob_signer, plugin_signer
    from .plugins import SessionPlugins

    given = parse_pairs(values["plugin_config"], "plugin-config")
    runner = SessionPlugins(session).find(key.plugin_name)
    session.tell(f"Using the key {key.id} of plugin {runner.name} ({runner.origin})")
    make = plugin_blob_signer if kind is SignedKind.BLOB else plugin_signer
    return lambda: make(runner, key.id, key.plugin_config, given)


def fitting(options: SignOptions, signer: AnySigner, session: Session) -> SignOptions:
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


def described(signer: AnySigner) -> str:
    """Return who signs, for people."""
    if isinstance(signer, LocalSigner):
        return signer.certificates[0].subject
    return f"plugin {signer.key.metadata.name} {signer.key.metadata.version}"


def sign_options(values: Mapping[str, Any], session: Session) -> SignOptions:
    """Return format, expiry and metadata as the line and the settings say.

    Raises:
        UsageError: a value that cannot be meant.
    """
    name = values["signature_format"]
    if "signature_format" not in session.given:
        name = session.configuration.signature_format
    if name not in FORMATS:
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
        format=FORMATS[name],
        expires_in=timedelta(seconds=seconds) if seconds else None,
        user_metadata=parse_pairs(values["user_metadata"], "user-metadata"),
    )
