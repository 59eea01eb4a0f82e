# SPDX-License-Identifier: Apache-2.0
"""Azure Key Vault: what it is asked, in a bounded time, and what its errors mean in words of the contract.

The requests go through the pipeline of Azure's own client, which finds the credential, answers the vault's
challenge and sends a token only to the vault that it is for. The service signs a digest, and answers
ECDSA as r || s. Its own error texts are not passed on: they name tenants and principals.

Spec: Azure Key Vault REST API: sign, get certificate, get secret. Requirements: PLG-027, PLG-050, PLG-051.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Callable
from typing import Any, cast

from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import (
    AzureCliCredential,
    DefaultAzureCredential,
    EnvironmentCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from azure.keyvault.keys import KeyClient
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import load_pem_x509_certificates

from notation_py import Certificate, MalformedError, SignatureAlgorithm
from notation_py.plugin import ErrorCode, RequestError, refuse

from .settings import KeyId

RETRIES, CONNECT_SECONDS, READ_SECONDS, WAIT_SECONDS = 2, 5, 15, 5
"""Three attempts at each request, so that a minute is about the most that a request takes."""

_LIMITS = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS, "retry_total": RETRIES}
_CREDENTIALS: dict[str, Callable[..., TokenCredential]] = {
    "default": DefaultAzureCredential,
    "environment": EnvironmentCredential,
    "workloadid": WorkloadIdentityCredential,
    "managedid": ManagedIdentityCredential,
    "azurecli": AzureCliCredential,
}
_CODES = {
    400: ErrorCode.VALIDATION_ERROR,
    401: ErrorCode.ACCESS_DENIED,
    403: ErrorCode.ACCESS_DENIED,
    404: ErrorCode.VALIDATION_ERROR,
    408: ErrorCode.TIMEOUT,
    409: ErrorCode.VALIDATION_ERROR,
    429: ErrorCode.THROTTLED,
    503: ErrorCode.TIMEOUT,
    504: ErrorCode.TIMEOUT,
}
_WORD = re.compile(r"[A-Za-z0-9.]{1,64}", re.ASCII)

for _name in ("azure", "msal"):  # what they have to say is not for the caller's standard error
    logging.getLogger(_name).addHandler(logging.NullHandler())


class _Retries(RetryPolicy[Any, Any]):
    """Azure's rules for what is tried again, without waiting as long as the service would like."""

    def get_retry_after(self, response: Any) -> float | None:
        wanted: float | None = super().get_retry_after(response)
        return wanted and min(wanted, WAIT_SECONDS)


class KeyVault:
    """The vault at *url* as the credential of type *credential* sees it; asks nothing yet."""

    def __init__(self, url: str, credential: str) -> None:
        try:
            self._client = KeyClient(
                url,
                _CREDENTIALS[credential](**_LIMITS) if credential != "azurecli" else AzureCliCredential(),
                retry_policy=_Retries(retry_total=RETRIES, retry_backoff_max=WAIT_SECONDS),
                connection_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                permit_redirects=False,
            )
        except (ValueError, AzureError) as error:
            raise RequestError(
                ErrorCode.ACCESS_DENIED,
                f"Azure Key Vault: the credential of type {credential} is not configured here",
            ) from error

    def certificate(self, key: KeyId) -> Certificate:
        """Return the certificate of the key's name and version; raises RequestError."""
        answer = self._ask("certificates/get", "GET", f"certificates/{key.name}/{key.version}")
        # A version that is not there is answered with the latest one.
        if not _is_about(answer, "id", "certificates", key):
            refuse(f"there is no version {key.version} of the certificate {key.name}")
        try:
            return Certificate.parse(base64.b64decode(_text(answer, "cer"), validate=True))
        except (ValueError, MalformedError) as error:
            raise _odd("certificates/get") from error

    def bundle(self, key: KeyId) -> tuple[Certificate, ...]:
        """Return the certificates of the secret that belongs to the certificate, in its order, at least one.

        The secret has the private key as well if the vault may export it; it is dropped here.
        """
        answer = self._ask("secrets/get", "GET", f"secrets/{key.name}/{key.version}")
        if not _is_about(answer, "id", "secrets", key):
            refuse(f"there is no version {key.version} of the certificate {key.name}")
        kind = answer.get("contentType")
        if kind not in {"application/x-pkcs12", "application/x-pem-file"}:
            refuse(f"the secret {key.name} holds no certificate")
        value = _text(answer, "value")
        try:
            found = _of_pkcs12(value) if kind == "application/x-pkcs12" else _of_pem(value)
        except (ValueError, MalformedError):
            raise _odd("secrets/get") from None  # the library's text may be about the key
        if not found:
            refuse(f"the secret {key.name} holds no certificate")
        return found

    def sign(self, key: KeyId, algorithm: SignatureAlgorithm, payload: bytes) -> bytes:
        """Return the signature of *key* over *payload*: RSASSA-PSS with salt = hash, or r || s."""
        digest = hashlib.new(algorithm.hash.value, payload).digest()
        answer = self._ask(
            "keys/sign",
            "POST",
            f"keys/{key.name}/{key.version}/sign",
            {"alg": algorithm.jws, "value": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()},
        )
        if not _is_about(answer, "kid", "keys", key):
            raise _odd("keys/sign")
        value = _text(answer, "value")
        try:
            return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise _odd("keys/sign") from error

    def _ask(self, permission: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Return the JSON object with which the service answers; raises RequestError."""
        status, document = self._answer(permission, HttpRequest(method, path, json=body))
        if status != 200:
            code = _CODES.get(status, ErrorCode.ERROR)
            raise RequestError(code, f"Azure Key Vault {permission}: status {status}{_error_word(document)}")
        if not isinstance(document, dict):
            raise _odd(permission)
        return document

    def _answer(self, permission: str, request: HttpRequest) -> tuple[int, object]:
        """Return the status, and the JSON of the body or None; raises RequestError if nobody answers.

        What stands between here and the service answers as well, and not in JSON: its status still counts.
        """
        what = f"Azure Key Vault {permission}"
        try:
            # Its decorator for traces hides what it returns.
            send = cast("Callable[[HttpRequest], HttpResponse]", self._client.send_request)
            answer = send(request)
        except (ServiceRequestTimeoutError, ServiceResponseTimeoutError) as error:
            raise RequestError(ErrorCode.TIMEOUT, f"{what}: the service did not answer in time") from error
        except ClientAuthenticationError as error:
            raise RequestError(ErrorCode.ACCESS_DENIED, f"{what}: no token can be had") from error
        except DecodeError as error:  # the body is not what its type says
            if error.status_code is None:
                raise _odd(permission) from error
            return error.status_code, None
        except AzureError as error:
            raise RequestError(ErrorCode.ERROR, f"{what}: {type(error).__name__}") from error
        except ValueError as error:  # a challenge that asks for a token of somebody else
            raise _odd(permission) from error
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, None


def _error_word(document: object) -> str:
    error = document.get("error") if isinstance(document, dict) else None
    inner = error.get("innererror") if isinstance(error, dict) else None
    for found in (inner, error):
        word = found.get("code") if isinstance(found, dict) else None
        if isinstance(word, str) and _WORD.fullmatch(word):
            return f", {word}"
    return ""


def _is_about(answer: dict[str, Any], member: str, kind: str, key: KeyId) -> bool:
    """Return whether *answer* says that it is about *key*; the host is that of the connection."""
    return _text(answer, member).rstrip("/").endswith(f"/{kind}/{key.name}/{key.version}")


def _text(answer: dict[str, Any], member: str) -> str:
    value = answer.get(member)
    return value if isinstance(value, str) else ""


def _odd(permission: str) -> RequestError:
    return RequestError(ErrorCode.ERROR, f"Azure Key Vault {permission}: the answer cannot be understood")


def _of_pkcs12(value: str) -> tuple[Certificate, ...]:
    held = pkcs12.load_pkcs12(base64.b64decode(value, validate=True), None)
    found = [one.certificate for one in (held.cert, *held.additional_certs) if one is not None]
    return tuple(Certificate.parse(one.public_bytes(Encoding.DER)) for one in found)


def _of_pem(value: str) -> tuple[Certificate, ...]:
    """Return the certificates of *value*; a private key among them is passed over."""
    found = load_pem_x509_certificates(value.encode())
    return tuple(Certificate.parse(one.public_bytes(Encoding.DER)) for one in found)
