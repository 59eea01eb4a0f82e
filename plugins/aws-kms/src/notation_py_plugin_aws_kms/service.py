# SPDX-License-Identifier: Apache-2.0
"""AWS KMS: what it is asked, in a bounded time, and what its errors mean in the words of the contract.

The service signs a digest, so payloads of any size do. It answers ECDSA in ASN.1, which becomes r || s. Its
own error texts are not passed on: they quote requests, and with them names of roles and sessions.

Spec: AWS KMS API, GetPublicKey and Sign. Requirements: ALG-001, PLG-027, PLG-050, PLG-051.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from notation_py import KeySpec, MalformedError, SignatureAlgorithm, algorithm_for, raw_ecdsa
from notation_py.plugin import ErrorCode, RequestError, refuse

from .settings import REGION, Account

ATTEMPTS, CONNECT_SECONDS, READ_SECONDS = 3, 5, 15
"""At most three of each request, so that a minute is the most that a command waits for the service."""

_NAMES = {  # of the service: key spec, signing algorithm
    KeySpec.RSA_2048: ("RSA_2048", "RSASSA_PSS_SHA_256"),
    KeySpec.RSA_3072: ("RSA_3072", "RSASSA_PSS_SHA_384"),
    KeySpec.RSA_4096: ("RSA_4096", "RSASSA_PSS_SHA_512"),
    KeySpec.EC_256: ("ECC_NIST_P256", "ECDSA_SHA_256"),
    KeySpec.EC_384: ("ECC_NIST_P384", "ECDSA_SHA_384"),
    KeySpec.EC_521: ("ECC_NIST_P521", "ECDSA_SHA_512"),
}
_USABLE = frozenset(spec for spec, _ in _NAMES.values())

_CODES = {
    ErrorCode.ACCESS_DENIED: (
        "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException",
        "IncompleteSignature", "IncompleteSignatureException", "InvalidClientTokenId",
        "InvalidGrantTokenException", "InvalidSignatureException", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "NotAuthorized", "OptInRequired", "RequestExpired",
        "SignatureDoesNotMatch", "UnauthorizedException", "UnrecognizedClientException",
    ),
    ErrorCode.THROTTLED: (
        "LimitExceededException", "RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException",
        "TooManyRequestsException",
    ),
    ErrorCode.TIMEOUT: (
        "DependencyTimeoutException", "KeyUnavailableException", "RequestTimeout", "RequestTimeoutException",
        "ServiceUnavailable", "ServiceUnavailableException",
    ),
    ErrorCode.VALIDATION_ERROR: (
        "DisabledException", "InvalidArnException", "InvalidKeyUsageException", "KMSInvalidStateException",
        "NotFoundException", "UnsupportedOperationException", "ValidationError", "ValidationException",
    ),
}  # fmt: skip
_CODE_OF = {name: code for code, names in _CODES.items() for name in names}
_WORD = re.compile(r"[A-Za-z0-9.]{1,64}", re.ASCII)


class KmsKey(NamedTuple):
    """A key that can sign under the rules; *arn* is that of the key itself, whatever alias led there."""

    arn: str
    public_key: Any
    algorithm: SignatureAlgorithm


class _Client(Protocol):
    """What is used of the client that boto3 makes."""

    def get_public_key(self, **request: Any) -> dict[str, Any]: ...
    def sign(self, **request: Any) -> dict[str, Any]: ...


class KeyService:
    """AWS KMS as *account* sees it; asks nothing yet. Safe to use from several threads, not to make."""

    def __init__(self, account: Account) -> None:
        limits = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        with _errors("open the session"):
            session = boto3.session.Session(
                profile_name=account.profile or None, region_name=account.region or None
            )
            self._client: _Client = session.client(
                "kms", endpoint_url=account.endpoint or None, config=limits
            )

    def key(self, key_id: str) -> KmsKey:
        """Return the key that *key_id* names now.

        Raises:
            RequestError: there is none, it must not be asked for, or it cannot sign under the rules.
        """
        with _errors("GetPublicKey"):
            answer = self._client.get_public_key(KeyId=key_id)
        usage, spec = str(answer.get("KeyUsage")), str(answer.get("KeySpec"))
        if usage != "SIGN_VERIFY":
            refuse(f"the key {key_id} is for {usage[:32]}, and signing needs one for SIGN_VERIFY")
        if spec not in _USABLE:
            refuse(
                f"the key {key_id} is {spec[:32]}, which is not allowed; use RSA_2048, RSA_3072, RSA_4096, "
                "ECC_NIST_P256, ECC_NIST_P384 or ECC_NIST_P521"
            )
        with _odd_answers("GetPublicKey"):
            public_key = load_der_public_key(answer["PublicKey"])
            algorithm = algorithm_for(public_key)
            known, signing_algorithm = _NAMES[algorithm.key_spec]
            if known != spec or signing_algorithm not in answer["SigningAlgorithms"]:
                raise ValueError
            return KmsKey(str(answer["KeyId"]), public_key, algorithm)

    def sign(self, key: KmsKey, payload: bytes) -> bytes:
        """Return the signature of *key* over *payload*: RSASSA-PSS with salt = hash, or r || s.

        Raises:
            RequestError: the service would not, could not, or did something else.
        """
        _, signing_algorithm = _NAMES[key.algorithm.key_spec]
        with _errors("Sign"):
            answer = self._client.sign(
                KeyId=key.arn,
                Message=hashlib.new(key.algorithm.hash.value, payload).digest(),
                MessageType="DIGEST",
                SigningAlgorithm=signing_algorithm,
            )
        with _odd_answers("Sign"):
            if (answer["KeyId"], answer["SigningAlgorithm"]) != (key.arn, signing_algorithm):
                raise ValueError
            signature: bytes = answer["Signature"]
            return raw_ecdsa(signature, key.algorithm) if key.algorithm.coordinate_size else signature


@contextmanager
def _odd_answers(operation: str) -> Iterator[None]:
    """Let an answer that is not what *operation* answers become an error that says so."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError, UnsupportedAlgorithm, MalformedError) as error:
        raise RequestError(
            ErrorCode.ERROR, f"AWS KMS {operation}: the answer cannot be understood"
        ) from error


@contextmanager
def _errors(operation: str) -> Iterator[None]:
    """Let errors of AWS's library become those of the contract, without the service's texts."""
    try:
        yield
    except ClientError as error:
        word = str(error.response.get("Error", {}).get("Code", ""))
        known = word if _WORD.fullmatch(word) else "an error without a name"
        raise RequestError(_CODE_OF.get(word, ErrorCode.ERROR), f"AWS KMS {operation}: {known}") from error
    except BotoCoreError as error:
        code, reason = _reason(error)
        raise RequestError(code, f"AWS KMS {operation}: {reason}") from error


def _reason(error: BotoCoreError) -> tuple[ErrorCode, str]:
    match error:
        case ConnectTimeoutError() | ReadTimeoutError():
            return ErrorCode.TIMEOUT, "the service did not answer in time"
        case NoCredentialsError():
            return ErrorCode.ACCESS_DENIED, "no credentials were found where AWS programs look for them"
        case PartialCredentialsError() | CredentialRetrievalError() | SSOError() | TokenRetrievalError():
            return ErrorCode.ACCESS_DENIED, f"the credentials cannot be had: {type(error).__name__}"
        case ProfileNotFound():
            return ErrorCode.VALIDATION_ERROR, "there is no such profile in the AWS configuration"
        case NoRegionError() | InvalidRegionError():
            return ErrorCode.VALIDATION_ERROR, f"the region is missing; use an ARN, {REGION} or AWS_REGION"
        case (
            _
        ):  # the library's names say what they mean: EndpointConnectionError, SSLError, ProxyConnectionError
            return ErrorCode.ERROR, type(error).__name__
