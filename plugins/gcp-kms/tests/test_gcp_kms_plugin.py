# SPDX-License-Identifier: Apache-2.0
"""The plugin `gcp-kms` with a service on loopback: keys, checksums, refusals, errors."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.messages import GenerateSignatureRequest
from notation_py_plugin_gcp_kms.checksum import crc32c
from tests.simulator.pki import KeyType, TestChain, make_chain
from tests.simulator.plugin_routes import InProcess

pytest.importorskip("google.auth", reason="google-auth is not installed")
google_crc32c = pytest.importorskip("google_crc32c", reason="google-crc32c is not installed")
from tests.simulator.fake_cloud_kms import RING, FakeCloudKms  # noqa: E402

ALGORITHMS: dict[KeyType, str] = {
    "RSA-2048": "RSA_SIGN_PSS_2048_SHA256",
    "RSA-4096": "RSA_SIGN_PSS_4096_SHA512",
    "EC-256": "EC_SIGN_P256_SHA256",
    "EC-384": "EC_SIGN_P384_SHA384",
}
CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 2, subject=f"gcp {kind}") for kind in ALGORITHMS}
CHAIN = CHAINS["EC-256"]


def test_plugin_says_what_it_is(plugin: InProcess, kms: FakeCloudKms) -> None:
    """PLG-040, PLG-041: complete metadata with the one capability; no service is asked."""
    assert plugin_metadata(plugin, {}).capabilities == ("SIGNATURE_GENERATOR.RAW",)
    assert kms.calls == []


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_key_of_each_type_signs(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    configs: Mapping[KeyType, dict[str, str]],
    kind: KeyType,
) -> None:
    """PLG-045, PLG-050 to PLG-052: described, and a signature over a large payload that verifies."""
    answer = plugin.sign(keys[kind], configs[kind], b"p" * 100_000)
    assert answer.signing_algorithm is BY_KEY_SPEC[KeySpec(kind)]
    assert answer.certificate_chain == CHAINS[kind].ders


UNUSABLE = {
    "RSA_SIGN_PSS_3072_SHA256": "RSA with 3072 bits has to sign with SHA-384, which Cloud KMS does not offer",
    "RSA_SIGN_PSS_4096_SHA256": "RSA with 4096 bits has to sign with SHA-512",
    "RSA_SIGN_PKCS1_2048_SHA256": "RSA has to sign with PSS",
    "RSA_SIGN_RAW_PKCS1_2048": "RSA has to sign with PSS",
    "RSA_DECRYPT_OAEP_2048_SHA256": "the key is for encryption",
    "EC_SIGN_SECP256K1_SHA256": "ECDSA has to be over P-256 or P-384",
    "EC_SIGN_ED25519": "ECDSA has to be over P-256 or P-384",
    "PQ_SIGN_ML_DSA_65": "the Notary Project does not have it",
}


@pytest.mark.parametrize(("algorithm", "reason"), UNUSABLE.items(), ids=UNUSABLE)
def test_algorithm_that_the_rules_do_not_have_is_refused(
    plugin: InProcess, kms: FakeCloudKms, config: dict[str, str], algorithm: str, reason: str
) -> None:
    """ALG-002: refused by describe-key, with the reason and what to use, before anything is signed."""
    error = plugin.refusal(kms.put("unusable", CHAIN.key, algorithm), config)
    assert (error.code, f"{algorithm}: {reason}; use a key" in error.message) == ("VALIDATION_ERROR", True)
    assert kms.calls == ["getPublicKey"]


KEY_IDS = {
    "no version": (f"{RING}/cryptoKeys/release", "add one: projects/"),
    "version that is no number": (f"{RING}/cryptoKeys/release/cryptoKeyVersions/latest", "is no name"),
    "climbing": (f"{RING}/cryptoKeys/../cryptoKeyVersions/1", "is no name"),
    "query": (f"{RING}/cryptoKeys/release/cryptoKeyVersions/1?alt=media", "is no name"),
    "newline": (f"{RING}/cryptoKeys/release/cryptoKeyVersions/1\n", "is no name"),
    "URL": (f"https://cloudkms.googleapis.com/v1/{RING}/cryptoKeys/r/cryptoKeyVersions/1", "is no name"),
}


@pytest.mark.parametrize(("key_id", "message"), KEY_IDS.values(), ids=KEY_IDS)
def test_key_id_that_names_no_version_is_refused(
    plugin: InProcess, kms: FakeCloudKms, config: dict[str, str], key_id: str, message: str
) -> None:
    """PLG-027: VALIDATION_ERROR before anybody is asked."""
    error = plugin.refusal(key_id, config)
    assert (error.code, message in error.message, kms.calls) == ("VALIDATION_ERROR", True, []), error.message


CONFIGURATION = {
    "unknown key": ({"private_key": "hunter2"}, "unknown plugin configuration 'private_key'"),
    "no chain": ({"certificate_chain_file": ""}, "certificate_chain_file is missing"),
    "chain not there": ({"certificate_chain_file": "/nowhere.pem"}, "no such file or directory"),
    "endpoint of a stranger": ({"endpoint": "https://kms.example"}, "no https URL of a host below"),
    "endpoint that looks like Google": ({"endpoint": "https://evilgoogleapis.com"}, "no https URL of a host"),
    "endpoint in the clear": ({"endpoint": "http://cloudkms.googleapis.com"}, "no https URL of a host below"),
    "endpoint with a user": ({"endpoint": "https://hunter2@cloudkms.googleapis.com"}, "no https URL"),
    "endpoint with a path": ({"endpoint": "https://cloudkms.googleapis.com/x"}, "no https URL"),
    "endpoint that is none": ({"endpoint": "https://[::1"}, "endpoint is no URL"),
}


@pytest.mark.parametrize(("more", "message"), CONFIGURATION.values(), ids=CONFIGURATION)
def test_configuration_that_cannot_be_meant_is_refused(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    more: dict[str, str],
    message: str,
) -> None:
    """PLG-073, PLG-074: VALIDATION_ERROR that says which; a token goes only to Google or this machine."""
    error = plugin.refusal(keys["EC-256"], config | more)
    assert (error.code, message in error.message) == ("VALIDATION_ERROR", True), error.message
    assert "hunter2" not in error.message


def test_certificate_of_another_key_is_refused(
    plugin: InProcess, kms: FakeCloudKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-052: said before anything is signed."""
    assert "is not for the key" in plugin.refusal(keys["EC-384"], config).message
    assert kms.calls == ["getPublicKey"]


def test_algorithm_that_is_not_the_keys_is_refused(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-052: the key determines the algorithm."""
    other = BY_KEY_SPEC[KeySpec.EC_384]
    request = GenerateSignatureRequest(keys["EC-256"], other.key_spec, other.hash, b"payload", config)
    assert plugin.refusal_of(request)["errorCode"] == "VALIDATION_ERROR"


ERRORS = {
    "INVALID_ARGUMENT": (400, "VALIDATION_ERROR"),
    "FAILED_PRECONDITION": (400, "VALIDATION_ERROR"),
    "UNAUTHENTICATED": (401, "ACCESS_DENIED"),
    "PERMISSION_DENIED": (403, "ACCESS_DENIED"),
    "NOT_FOUND": (404, "VALIDATION_ERROR"),
    "CANCELLED": (408, "TIMEOUT"),
    "RESOURCE_EXHAUSTED": (429, "THROTTLED"),
    "INTERNAL": (500, "ERROR"),
    "UNAVAILABLE": (503, "TIMEOUT"),
    "DEADLINE_EXCEEDED": (504, "TIMEOUT"),
}


@pytest.mark.parametrize(("name", "status", "code"), [(n, *e) for n, e in ERRORS.items()], ids=ERRORS)
def test_error_of_the_service_keeps_its_meaning(
    plugin: InProcess,
    kms: FakeCloudKms,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    name: str,
    status: int,
    code: str,
) -> None:
    """PLG-027, PLG-032: one of the six codes, without the service's text, soon, whatever it would like."""
    kms.failures.extend([(status, name, {"Retry-After": "3600"})] * 10)
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, f"getPublicKey: status {status}, {name}" in error.message) == (code, True)
    assert len(kms.calls) == (3 if status == 408 or status >= 429 else 1)


def test_passing_error_is_retried(
    plugin: InProcess, kms: FakeCloudKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-027: what passes is not reported."""
    kms.failures.extend([(503, "UNAVAILABLE", {}), (429, "RESOURCE_EXHAUSTED", {})])
    assert plugin.sign(keys["EC-256"], config).signature


def test_redirect_is_not_followed(
    plugin: InProcess, kms: FakeCloudKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """SEC-001: a token stays where it was sent."""
    kms.failures.append((307, "MOVED", {"Location": "http://127.0.0.1:1/"}))
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "getPublicKey: status 307" in error.message) == ("ERROR", True)


def flipped(document: dict[str, Any], member: str) -> None:
    """Change one bit of the octets in *member*."""
    data = bytearray(base64.b64decode(document[member]))
    data[-1] ^= 1
    document[member] = base64.b64encode(data).decode()


GARBLED = {
    "public key": ("getPublicKey", lambda document: document.update(pem=document["pem"].replace("A", "B"))),
    "checksum of the public key": ("getPublicKey", lambda document: document.update(pemCrc32c="1")),
    "checksum that is a number": ("getPublicKey", lambda document: document.update(pemCrc32c=1)),
    "signature": ("asymmetricSign", lambda document: flipped(document, "signature")),
    "checksum of the signature": ("asymmetricSign", lambda document: document.update(signatureCrc32c="1")),
    "digest not checked": ("asymmetricSign", lambda document: document.update(verifiedDigestCrc32c=False)),
    "digest not mentioned": ("asymmetricSign", lambda document: document.pop("verifiedDigestCrc32c")),
}


@pytest.mark.parametrize(("method", "edit"), GARBLED.values(), ids=GARBLED)
def test_garbled_answer_is_asked_again_and_refused(
    plugin: InProcess,
    kms: FakeCloudKms,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    method: str,
    edit: Any,
) -> None:
    """PLG-051: checksums of what is sent and of what is received, and a limit to patience."""
    kms.answers[method] = edit
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, f"{method}: the checksum was wrong 3 times" in error.message) == ("ERROR", True)
    assert kms.calls.count(method) == 3


def test_answer_that_was_garbled_once_is_right_the_second_time(
    plugin: InProcess, kms: FakeCloudKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-051: what was only the line's fault is no error."""

    def once(document: dict[str, Any]) -> None:
        flipped(document, "signature")
        kms.answers.clear()

    kms.answers["asymmetricSign"] = once
    plugin.sign(keys["EC-256"], config)
    assert kms.calls.count("asymmetricSign") == 2


NONE = base64.b64encode(b"none").decode()
ODD = {
    "another version": ("getPublicKey", {"name": "projects/other"}),
    "algorithm of another key": ("getPublicKey", {"algorithm": "EC_SIGN_P384_SHA384"}),
    "public key that is none": ("getPublicKey", {"pem": "none", "pemCrc32c": str(crc32c(b"none"))}),
    "signature of another version": ("asymmetricSign", {"name": "projects/other"}),
    "signature that is none": (
        "asymmetricSign",
        {"signature": NONE, "signatureCrc32c": str(crc32c(b"none"))},
    ),
    "signature that is no base64": ("asymmetricSign", {"signature": "%"}),
    "signature that is no text": ("asymmetricSign", {"signature": 1}),
}


@pytest.mark.parametrize(("method", "change"), ODD.values(), ids=ODD)
def test_odd_answer_is_refused(
    plugin: InProcess,
    kms: FakeCloudKms,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    method: str,
    change: dict[str, object],
) -> None:
    """PLG-051, PLG-052: an answer that is about something else, or is nothing, is no answer."""
    kms.answers[method] = lambda document: document.update(change)
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, f"{method}: the answer cannot be understood" in error.message) == ("ERROR", True)


def test_answer_without_end_is_refused(
    plugin: InProcess, kms: FakeCloudKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-032: no answer takes more memory than a megabyte."""
    kms.answers["getPublicKey"] = lambda document: document.update(more="m" * (2 << 20))
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "cannot be understood" in error.message) == ("ERROR", True)


def test_missing_credentials_are_said_so(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """PLG-027: ACCESS_DENIED."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "gone.json"))
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "no usable credentials" in error.message) == ("ACCESS_DENIED", True)


def test_token_that_nobody_answers_for_is_said_so(
    plugin: InProcess,
    kms: FakeCloudKms,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """PLG-027: TIMEOUT, since the credentials may be good; the service is not asked."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        account = tmp_path / "account.json"
        account.write_text(kms.account.read_text().replace(kms.url, nowhere))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
        error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "no answer to the wish for a token" in error.message) == ("TIMEOUT", True)
    assert kms.calls == []


def test_netrc_does_not_take_the_place_of_the_token(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SEC-001: credentials of somebody else for this host stay where they are."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert plugin.describe(keys["EC-256"], config) is KeySpec.EC_256


def test_service_that_does_not_answer_is_given_up(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLG-027, PLG-032: TIMEOUT, after the attempts that are allowed."""
    monkeypatch.setattr("notation_py_plugin_gcp_kms.exchange.READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config["endpoint"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "did not answer in time" in error.message) == ("TIMEOUT", True)


def test_service_that_is_not_there_is_said_so(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-027: nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        config["endpoint"] = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "getPublicKey: ConnectionError" in error.message) == ("ERROR", True)


def test_plugin_is_used_by_several_threads(
    plugin: InProcess, keys: Mapping[KeyType, str], configs: Mapping[KeyType, dict[str, str]]
) -> None:
    """PLG-110: one object, several requests at once."""
    kinds: list[KeyType] = ["EC-256", "RSA-2048", "EC-384"] * 4
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda kind: plugin.sign(keys[kind], configs[kind]), kinds)
        assert [answer.certificate_chain for answer in answers] == [CHAINS[kind].ders for kind in kinds]


@pytest.mark.parametrize(
    "data", [b"", b"123456789", bytes(range(256)) * 3], ids=["empty", "digits", "octets"]
)
def test_checksum_is_that_of_the_service(data: bytes) -> None:
    """RFC 3720: CRC-32C, as Google's own library has it."""
    assert crc32c(data) == google_crc32c.value(data)
    assert crc32c(b"123456789") == 0xE3069283
