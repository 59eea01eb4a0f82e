# SPDX-License-Identifier: Apache-2.0
"""The server: what it is asked, in a bounded time, and what its errors mean in the words of the contract.

A digest is signed, by a version of the key that is named in the request and looked for in the answer.
Redirects are not followed: they would take the token along. The server's error texts are not passed on.

Spec: Vault API, transit and KV version 2. Requirements: ALG-004, PLG-027, PLG-050, PLG-051.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import hvac
import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hvac import exceptions

from notation_py import Certificate, KeySpec, MalformedError, SignatureAlgorithm, read_certificates
from notation_py.plugin import ErrorCode, RequestError, refuse

from .settings import CERTIFICATES, VERSION, Settings

_TYPES = {
    "rsa-2048": KeySpec.RSA_2048,
    "rsa-3072": KeySpec.RSA_3072,
    "rsa-4096": KeySpec.RSA_4096,
    "ecdsa-p256": KeySpec.EC_256,
    "ecdsa-p384": KeySpec.EC_384,
    "ecdsa-p521": KeySpec.EC_521,
}
_SIGNATURE = re.compile(r"vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/_-]{1,2048}={0,2})", re.ASCII)

_CODES: dict[type[exceptions.VaultError], tuple[ErrorCode, str]] = {
    exceptions.InvalidRequest: (ErrorCode.VALIDATION_ERROR, "the server refuses the request as invalid"),
    exceptions.Unauthorized: (ErrorCode.ACCESS_DENIED, "the server does not accept the token"),
    exceptions.Forbidden: (ErrorCode.ACCESS_DENIED, "the token is not valid or not permitted to do this"),
    exceptions.InvalidPath: (ErrorCode.VALIDATION_ERROR, "there is nothing at this path"),
    exceptions.RateLimitExceeded: (ErrorCode.THROTTLED, "the server has too much to do"),
    exceptions.VaultNotInitialized: (ErrorCode.ERROR, "the server is not initialised"),
    exceptions.VaultDown: (ErrorCode.TIMEOUT, "the server is sealed or down"),
    exceptions.BadGateway: (ErrorCode.TIMEOUT, "the server cannot be reached through its gateway"),
}


class Service:
    """One server, one key, one token."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def certificates(self) -> tuple[Certificate, ...]:
        """Return the certificates of the secret with the name of the key id; raises RequestError."""
        settings = self._settings
        place = f"{settings.kv}/{settings.secret}"
        with _errors(f"read {place}", f"see {CERTIFICATES} for another place"):
            answer = self._client.secrets.kv.v2.read_secret_version(
                path=settings.secret, mount_point=settings.kv, raise_on_deleted_version=True
            )
        text = _member(_member(_member(answer, "data"), "data"), "certificate")
        try:
            found = read_certificates(text.encode()) if isinstance(text, str) else ()
        except MalformedError as error:
            refuse(f"the member 'certificate' of {place}: {error.message}")
        if not found:
            refuse(f"{place} has no certificates in its member 'certificate'")
        return found

    def version_of(self, leaf: Certificate) -> int | None:
        """Return the version of the key that *leaf* is for; raises RequestError if there is none.

        None stands for the latest version: the token may sign, and not read the key.
        """
        settings = self._settings
        place = f"{settings.transit}/keys/{settings.key}"
        try:
            with _errors(f"read {place}"):
                answer = self._client.secrets.transit.read_key(settings.key, mount_point=settings.transit)
        except RequestError as error:
            if error.code is ErrorCode.ACCESS_DENIED and isinstance(error.__cause__, exceptions.Forbidden):
                return settings.version
            raise
        data = _member(answer, "data")
        kind = _member(data, "type")
        if kind not in _TYPES and kind != "managed_key":
            refuse(
                f"the key {settings.key} is {str(kind)[:32]!r}, which cannot sign here; use one of "
                f"{', '.join(_TYPES)}"
            )
        if kind == "managed_key":
            return settings.version
        return _chosen(data, leaf, settings)

    def sign(self, version: int | None, algorithm: SignatureAlgorithm, payload: bytes) -> bytes:
        """Return the signature of the key over *payload*: RSASSA-PSS with salt = hash, or r || s.

        Args:
            version: of the key, or None for the latest.

        Raises:
            RequestError: the server would not, could not, or did something else.
        """
        settings = self._settings
        digest = hashlib.new(algorithm.hash.value, payload).digest()
        form: dict[str, Any] = (
            {"marshaling_algorithm": "jws"}
            if algorithm.coordinate_size
            else {"signature_algorithm": "pss", "salt_length": "hash"}
        )
        with _errors(f"sign with {settings.transit}/{settings.key}"):
            answer = self._client.secrets.transit.sign_data(
                settings.key,
                hash_input=b64encode(digest).decode("ascii"),
                key_version=version,
                hash_algorithm=f"sha2-{8 * len(digest)}",
                prehashed=True,
                mount_point=settings.transit,
                **form,
            )
        return _signature(_member(_member(answer, "data"), "signature"), version)


@contextmanager
def opened(settings: Settings) -> Iterator[Service]:
    """Yield the server of *settings*, not asked anything yet; its connections are closed afterwards.

    Raises:
        RequestError: there is no token, or the files for TLS cannot be used.
    """
    server = settings.server
    client = hvac.Client(
        url=server.address,
        token=settings.token(),
        cert=server.client,
        verify=server.ca or True,
        timeout=server.seconds,
        allow_redirects=False,
        namespace=server.namespace or None,
    )
    try:
        yield Service(client, settings)
    finally:
        client.adapter.close()


def _chosen(data: Any, leaf: Certificate, settings: Settings) -> int:
    """Return the version in *data*, what the server says of the key, whose public key *leaf* has."""
    versions = _member(data, "keys")
    if not isinstance(versions, Mapping):
        _odd()
    fitting = [
        int(number)
        for number, version in versions.items()
        if str(number).isdecimal() and _is_key_of(_member(version, "public_key"), leaf)
    ]
    if not fitting:
        refuse(f"no version of the key {settings.key} is the one of the signing certificate")
    if settings.version is None:
        return max(fitting)
    if settings.version not in fitting:
        refuse(
            f"{VERSION} is {settings.version}, and the signing certificate is for version {max(fitting)} "
            f"of the key {settings.key}"
        )
    return settings.version


def _is_key_of(pem: Any, leaf: Certificate) -> bool:
    try:
        found = load_pem_public_key(pem.encode())
    except (AttributeError, ValueError, UnsupportedAlgorithm):
        _odd()
    return found == leaf.x509.public_key()


def _signature(text: Any, version: int | None) -> bytes:
    """Return the octets of `vault:vN:…`, if N is *version*; standard base64 and the one of JWS are read."""
    from base64 import urlsafe_b64decode

    match = _SIGNATURE.fullmatch(text) if isinstance(text, str) else None
    if match is None or (version is not None and int(match[1]) != version):
        _odd()
    word = match[2].rstrip("=").translate({ord("+"): "-", ord("/"): "_"})
    try:
        return urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except ValueError:
        _odd()


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping) or name not in value:
        _odd()
    return value[name]


def _odd() -> NoReturn:
    raise RequestError(ErrorCode.ERROR, "the answer of the server cannot be understood")


@contextmanager
def _errors(what: str, hint: str = "") -> Iterator[None]:
    """Let errors of the server and of the way to it become those of the contract, without their texts."""
    try:
        yield
    except exceptions.VaultError as error:
        code, reason = _CODES.get(type(error), (ErrorCode.ERROR, f"{type(error).__name__}"))
        advice = f"; {hint}" if hint and isinstance(error, exceptions.InvalidPath) else ""
        raise RequestError(code, f"cannot {what}: {reason}{advice}") from error
    except requests.Timeout as error:
        raise RequestError(ErrorCode.TIMEOUT, f"cannot {what}: the server did not answer in time") from error
    except requests.exceptions.SSLError as error:
        raise RequestError(
            ErrorCode.ERROR, f"cannot {what}: the server's certificate is not one that is trusted here"
        ) from error
    except (requests.RequestException, OSError) as error:
        raise RequestError(ErrorCode.ERROR, f"cannot {what}: {type(error).__name__}") from error
