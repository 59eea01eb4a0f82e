# SPDX-License-Identifier: Apache-2.0
"""moto's KMS as a loopback server, with what it does unlike AWS mended; for tests of the plugin `aws-kms`.

    with running_kms() as kms:
        arn = kms.create_key(chain.key, "RSA-2048")

Mended: PSS salts are as long as the hash (moto: as long as possible); a DIGEST is signed as it is (moto
hashes it again) and has to have the hash's length; RAW messages end at 4,096 bytes; a disabled key does not
sign; GetPublicKey says the ARN and the key spec. Keys are the fixed ones of the tests. Not simulated:
permissions, grants, throttling. What a test wants to go wrong it says with `fail_next`.

The tests of the plugin check that each of these took effect, as they reach into moto's insides.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import moto.kms.models
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.core.exceptions import JsonRESTError
from moto.kms.exceptions import ValidationException
from moto.kms.responses import KmsResponse
from moto.server import ThreadedMotoServer

from tests.simulator.pki import KeyType, PrivateKey, make_chain

REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
    "AWS_SECRET_ACCESS_KEY": "a-secret-that-is-none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
"""What the plugin needs to find credentials, and to look nowhere else."""

SPECS: Mapping[KeyType, str] = {
    "RSA-2048": "RSA_2048",
    "RSA-3072": "RSA_3072",
    "RSA-4096": "RSA_4096",
    "EC-256": "ECC_NIST_P256",
    "EC-384": "ECC_NIST_P384",
    "EC-521": "ECC_NIST_P521",
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class FakeKms:
    """The running server.

    Attributes:
        url: of the endpoint, http on loopback.
        failures: error code and status of each answer to come instead of a right one, first first.
        calls: the operations that were asked for.
        answers: an edit of the answers of an operation, by its name.
    """

    url: str
    client: Any
    failures: list[tuple[str, int]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], None]] = field(default_factory=dict)

    def create_key(self, key: PrivateKey, key_type: KeyType) -> str:
        """Return the ARN of a new key that is *key*."""
        return self.create_other(SPECS[key_type], key=key)

    def create_other(self, spec: str, usage: str = "SIGN_VERIFY", key: Any = None) -> str:
        """Return the ARN of a new key of any kind."""
        created = self.client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        if key is not None:
            self.stored(created["KeyId"]).private_key = _FixedKey(key)
        return str(created["Arn"])

    def stored(self, key_id: str) -> Any:
        """Return what moto keeps about a key."""
        return moto.kms.models.kms_backends["123456789012"][REGION].keys[key_id.rpartition("/")[2]]

    def fail_next(self, code: str, times: int = 1, status: int = 400) -> None:
        """Answer the next requests with the error *code*."""
        self.failures.extend([(code, status)] * times)


class _FixedKey:
    """Stands where moto keeps a private key."""

    def __init__(self, key: PrivateKey) -> None:
        self.private_key = key

    def public_key(self) -> bytes:
        return self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def running_kms() -> Iterator[FakeKms]:
    """Yield the service on an ephemeral port; it is gone at the end, and moto as it was."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    kms = FakeKms(url, boto3.client("kms", endpoint_url=url, region_name=REGION, **credentials))
    patches = {
        (KmsResponse, "sign"): _operation(kms, "Sign", _sign),
        (KmsResponse, "get_public_key"): _operation(kms, "GetPublicKey", _get_public_key),
        (moto.kms.models, "generate_private_key"): _fixed_key,
    }
    kept = {place: getattr(*place) for place in patches}
    for place, replacement in patches.items():
        setattr(*place, replacement)
    try:
        yield kms
    finally:
        kms.client.close()
        server.stop()
        for place, original in kept.items():
            setattr(*place, original)


def _fixed_key(spec: str) -> _FixedKey | None:
    """Return the key that a new one of *spec* is: one of the tests, or none, which nobody can sign with."""
    kinds = [kind for kind, name in SPECS.items() if name == spec]
    return _FixedKey(make_chain(kinds[0], 1).key) if kinds else None


def _operation(
    kms: FakeKms, name: str, answer: Callable[[KmsResponse], dict[str, Any]]
) -> Callable[[KmsResponse], Any]:
    def respond(self: KmsResponse) -> Any:
        kms.calls.append(name)
        if kms.failures:
            code, status = kms.failures.pop(0)
            error = JsonRESTError(code, "quoting arn:aws:sts::1:assumed-role/r/s")
            error.code = status
            raise error
        document = answer(self)
        kms.answers.get(name, lambda _: None)(document)
        return json.dumps(document)

    return respond


def _found(response: KmsResponse) -> Any:
    key_id = response._get_param("KeyId")
    response._validate_key_id(key_id)
    return response.kms_backend.describe_key(key_id)


def _get_public_key(response: KmsResponse) -> dict[str, Any]:
    key = _found(response)
    held = key.private_key.public_key() if key.private_key is not None else b"none"
    return {
        "KeyId": key.arn,
        "PublicKey": base64.b64encode(held).decode(),
        "KeySpec": key.key_spec,
        "CustomerMasterKeySpec": key.key_spec,
        "KeyUsage": key.key_usage,
        "SigningAlgorithms": key.signing_algorithms,
    }


def _sign(response: KmsResponse) -> dict[str, Any]:
    key, algorithm = _found(response), response._get_param("SigningAlgorithm")
    if not key.enabled:
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
    if algorithm not in key.signing_algorithms:
        raise JsonRESTError("InvalidKeyUsageException", f"{algorithm} is incompatible with the key.")
    kind, message = response._get_param("MessageType") or "RAW", response._get_param("Message")
    signature = _signature(key.private_key.private_key, algorithm, message, kind)
    signed = base64.b64encode(signature).decode()
    return {"KeyId": key.arn, "Signature": signed, "SigningAlgorithm": algorithm}


def _signature(key: PrivateKey, algorithm: str, message: bytes, kind: str) -> bytes:
    used = _HASHES[algorithm.rpartition("_")[2]]
    if kind == "RAW" and len(message) > 4096:
        raise ValidationException("1 validation error detected: Value at 'message' has more than 4096 bytes")
    if kind == "DIGEST" and len(message) != used.digest_size:
        raise ValidationException(f"Digest is invalid length for algorithm {algorithm}.")
    hashed: Any = utils.Prehashed(used) if kind == "DIGEST" else used
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(hashed))
    form: Any = padding.PKCS1v15()
    if "_PSS_" in algorithm:
        form = padding.PSS(padding.MGF1(used), used.digest_size)
    return key.sign(message, form, hashed)
