# SPDX-License-Identifier: Apache-2.0
"""The plugin `aws-kms` with moto, mended where it is not like AWS: keys, settings, refusals."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.messages import GenerateSignatureRequest
from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, make_chain
from tests.simulator.plugin_routes import InProcess

pytest.importorskip("boto3", reason="boto3 is not installed")
pytest.importorskip("moto.server", reason="moto is not installed")
from tests.simulator.mended_moto import ENVIRONMENT, REGION, FakeKms

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 2, subject=f"kms {kind}") for kind in KEY_TYPES}
SECRET = ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]


def test_plugin_says_what_it_is(plugin: InProcess, kms: FakeKms) -> None:
    """PLG-040, PLG-041: complete metadata with the one capability; no service is asked."""
    assert plugin_metadata(plugin, {}).capabilities == ("SIGNATURE_GENERATOR.RAW",)
    assert kms.calls == []


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_key_of_each_type_signs(
    plugin: InProcess, keys: Mapping[KeyType, str], files: Mapping[KeyType, str], kind: KeyType
) -> None:
    """PLG-045, PLG-050 to PLG-052: described, and a signature over a large payload that verifies."""
    answer = plugin.sign(keys[kind], {"certificate_chain_file": files[kind]}, b"p" * 10_000)
    assert answer.signing_algorithm is BY_KEY_SPEC[KeySpec(kind)]
    assert answer.certificate_chain == CHAINS[kind].ders


@pytest.mark.parametrize("form", ["arn", "id", "alias", "alias arn", "key arn in the key's region"])
def test_key_is_named_as_aws_does(
    plugin: InProcess, kms: FakeKms, keys: Mapping[KeyType, str], config: dict[str, str], form: str
) -> None:
    """PLG-073: every form of key id that AWS KMS takes; the region is the ARN's or the configured one."""
    arn = keys["EC-256"]
    alias = f"alias/release-{form.replace(' ', '_').replace(chr(39), '')}"
    names = {
        "arn": arn,
        "id": arn.rpartition("/")[2],
        "alias": alias,
        "alias arn": f"{arn.rpartition(':')[0]}:{alias}",
        "key arn in the key's region": arn,
    }
    kms.client.create_alias(AliasName=alias, TargetKeyId=arn)
    if form in {"id", "alias", "key arn in the key's region"}:
        config["aws-region"] = REGION
    assert plugin.sign(names[form], config).certificate_chain == CHAINS["EC-256"].ders


def test_alias_that_moved_is_not_used(
    plugin: InProcess, kms: FakeKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-052: an alias that leads elsewhere by now names a key that the certificate is not for."""
    kms.client.create_alias(AliasName="alias/moving", TargetKeyId=keys["EC-256"])
    config["aws-region"] = REGION
    assert plugin.describe("alias/moving", config) is KeySpec.EC_256
    kms.client.update_alias(AliasName="alias/moving", TargetKeyId=keys["EC-384"])
    assert "is not for the key" in plugin.refusal("alias/moving", config).message


def test_endpoint_and_profile_are_configured(
    plugin: InProcess,
    kms: FakeKms,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PLG-073: the profile of AWS's own configuration, and an endpoint of one's own."""
    for name in ("AWS_ENDPOINT_URL_KMS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    profile = tmp_path / "config"
    profile.write_text(f"[profile release]\naws_access_key_id = AKIATEST\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profile))
    config |= {"aws-profile": "release", "aws-kms-endpoint-url": kms.url}
    assert plugin.describe(keys["EC-256"], config) is KeySpec.EC_256


CONFIGURATION = {
    "unknown key": ({"aws-secret": "hunter2"}, "unknown plugin configuration 'aws-secret'"),
    "no chain": ({"certificate_chain_file": ""}, "certificate_chain_file is missing"),
    "chain not there": ({"certificate_chain_file": "/nowhere.pem"}, "no such file or directory"),
    "other region": ({"aws-region": "us-east-1"}, "the key is in eu-central-1, and aws-region is us-east-1"),
    "no region": ({"aws-region": "host/path?"}, "no name of a region"),
    "plain endpoint": ({"aws-kms-endpoint-url": "http://kms.example"}, "no plain https URL"),
    "endpoint with password": ({"aws-kms-endpoint-url": "https://u:hunter2@kms.example"}, "no plain https"),
    "endpoint that is none": ({"aws-kms-endpoint-url": "https://[::1"}, "no plain https URL"),
    "profile not there": ({"aws-profile": "nobody"}, "no such profile"),
}


@pytest.mark.parametrize(("more", "message"), CONFIGURATION.values(), ids=CONFIGURATION)
def test_configuration_that_cannot_be_meant_is_refused(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    more: dict[str, str],
    message: str,
) -> None:
    """PLG-073, PLG-074: VALIDATION_ERROR that says which, and nothing secret."""
    error = plugin.refusal(keys["EC-256"], config | more)
    assert (error.code, message in error.message) == ("VALIDATION_ERROR", True), error.message
    assert "hunter2" not in error.message


KEY_IDS = {
    "signer profile": (
        "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/x",
        "is not that of a key",
    ),
    "another service": ("arn:aws:s3:::bucket", "is not that of a key"),
    "trailing newline": ("arn:aws:kms:eu-central-1:123456789012:key/x\n", "is not that of a key"),
    "path": ("../../etc/passwd", "names no key"),
    "space": ("a key", "names no key"),
    "short name without region": ("alias/release", "the region is missing"),
}


@pytest.mark.parametrize(("key_id", "message"), KEY_IDS.values(), ids=KEY_IDS)
def test_key_id_that_names_no_key_is_refused(
    plugin: InProcess, kms: FakeKms, config: dict[str, str], key_id: str, message: str
) -> None:
    """PLG-027: VALIDATION_ERROR before the service is asked."""
    error = plugin.refusal(key_id, config)
    assert (error.code, message in error.message, kms.calls) == ("VALIDATION_ERROR", True, []), error.message


UNUSABLE = {
    "for encryption": ("RSA_2048", "ENCRYPT_DECRYPT", "is for ENCRYPT_DECRYPT"),
    "other curve": ("ECC_SECG_P256K1", "SIGN_VERIFY", "is ECC_SECG_P256K1, which is not allowed"),
}


@pytest.mark.parametrize(("spec", "usage", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_key_that_cannot_sign_under_the_rules_is_refused(
    plugin: InProcess, kms: FakeKms, config: dict[str, str], spec: str, usage: str, message: str
) -> None:
    """ALG-002: refused by describe-key, with the reason, before anything is signed."""
    error = plugin.refusal(kms.create_other(spec, usage), config)
    assert (error.code, message in error.message, kms.calls) == ("VALIDATION_ERROR", True, ["GetPublicKey"])


def test_certificate_of_another_key_is_refused(
    plugin: InProcess, kms: FakeKms, keys: Mapping[KeyType, str], files: Mapping[KeyType, str]
) -> None:
    """PLG-052: said before anything is signed."""
    error = plugin.refusal(keys["EC-384"], {"certificate_chain_file": files["EC-256"]})
    assert "is not for the key" in error.message
    assert kms.calls == ["GetPublicKey"]


def test_chain_that_others_can_change_is_refused(
    plugin: InProcess, keys: Mapping[KeyType, str], tmp_path: Path
) -> None:
    """R-35: certificates are taken only from a file that nobody else writes."""
    path = tmp_path / "chain.pem"
    path.write_bytes(CHAINS["EC-256"].pem())
    path.chmod(0o666)
    assert "by other users" in plugin.refusal(keys["EC-256"], {"certificate_chain_file": str(path)}).message


def test_algorithm_that_is_not_the_keys_is_refused(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-052: the key determines the algorithm."""
    other = BY_KEY_SPEC[KeySpec.EC_384]
    request = GenerateSignatureRequest(keys["EC-256"], other.key_spec, other.hash, b"payload", config)
    assert plugin.refusal_of(request)["errorCode"] == "VALIDATION_ERROR"


ERRORS = {
    "AccessDeniedException": ("ACCESS_DENIED", 400),
    "ExpiredTokenException": ("ACCESS_DENIED", 400),
    "UnrecognizedClientException": ("ACCESS_DENIED", 400),
    "NotFoundException": ("VALIDATION_ERROR", 400),
    "KMSInvalidStateException": ("VALIDATION_ERROR", 400),
    "KeyUnavailableException": ("TIMEOUT", 500),
    "DependencyTimeoutException": ("TIMEOUT", 503),
    "ThrottlingException": ("THROTTLED", 400),
    "KMSInternalException": ("ERROR", 500),
    "SomethingNewException": ("ERROR", 400),
}


@pytest.mark.parametrize(("name", "code", "status"), [(n, *e) for n, e in ERRORS.items()], ids=ERRORS)
def test_error_of_the_service_keeps_its_meaning(
    plugin: InProcess,
    kms: FakeKms,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    code: str,
    status: int,
) -> None:
    """PLG-027, PLG-032: one of the six codes, the service's name for it, and not its text; soon."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")  # is for programs that may take their time
    kms.fail_next(name, times=10, status=status)
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, f"AWS KMS GetPublicKey: {name}" in error.message) == (code, True), error.message
    assert len(kms.calls) == (3 if status >= 500 or name == "ThrottlingException" else 1)


def test_error_whose_name_is_a_text_is_not_passed_on(
    plugin: InProcess, kms: FakeKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-027, R-36: what stands where the name should be may say anything."""
    kms.fail_next("user signer@team is not allowed", times=1, status=400)
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "GetPublicKey: an error without a name" in error.message) == ("ERROR", True)
    assert "signer" not in error.message


def test_passing_error_is_retried(
    plugin: InProcess, kms: FakeKms, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-027: what passes is not reported."""
    kms.fail_next("ThrottlingException", times=2)
    assert plugin.sign(keys["EC-256"], config).signature


def test_disabled_key_is_refused(plugin: InProcess, kms: FakeKms, config: dict[str, str]) -> None:
    """PLG-027: a key that is switched off is one that cannot be meant."""
    arn = kms.create_key(CHAINS["EC-256"].key, "EC-256")
    kms.client.disable_key(KeyId=arn.rpartition("/")[2])
    error = plugin.refusal(arn, config)
    assert (error.code, "DisabledException" in error.message) == ("VALIDATION_ERROR", True)


def test_service_that_is_not_there_is_said_so(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str]
) -> None:
    """PLG-027: nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        config["aws-kms-endpoint-url"] = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "EndpointConnectionError" in error.message) == ("ERROR", True)


def test_service_that_does_not_answer_is_given_up(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLG-027, PLG-032: TIMEOUT, after the attempts that are allowed."""
    monkeypatch.setattr("notation_py_plugin_aws_kms.service.READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config["aws-kms-endpoint-url"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "did not answer in time" in error.message) == ("TIMEOUT", True)


def test_missing_credentials_are_said_so(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLG-027: ACCESS_DENIED."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, "no credentials were found" in error.message) == ("ACCESS_DENIED", True)


ODD = {
    "public key that is none": ("GetPublicKey", {"PublicKey": "bm9uZQ=="}),
    "key spec of another key": ("GetPublicKey", {"KeySpec": "RSA_2048"}),
    "algorithms of another key": ("GetPublicKey", {"SigningAlgorithms": ["RSASSA_PSS_SHA_256"]}),
    "signature of another key": ("Sign", {"KeyId": "arn:aws:kms:eu-central-1:123456789012:key/other"}),
    "another algorithm": ("Sign", {"SigningAlgorithm": "ECDSA_SHA_512"}),
    "signature that is none": ("Sign", {"Signature": "bm9uZQ=="}),
    "signature with large numbers": ("Sign", {"Signature": "MCcCIgEA" + "A" * 40 + "AAACAQE="}),
}


@pytest.mark.parametrize(("operation", "change"), ODD.values(), ids=ODD)
def test_odd_answer_is_refused(
    plugin: InProcess,
    kms: FakeKms,
    keys: Mapping[KeyType, str],
    config: dict[str, str],
    operation: str,
    change: dict[str, object],
) -> None:
    """PLG-051, PLG-052: an answer that is about something else is no answer."""
    kms.answers[operation] = lambda document: document.update(change)
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, f"{operation}: the answer cannot be understood" in error.message) == ("ERROR", True)


def test_plugin_is_used_by_several_threads(
    plugin: InProcess, keys: Mapping[KeyType, str], files: Mapping[KeyType, str]
) -> None:
    """PLG-110: one object, several requests at once."""
    kinds: list[KeyType] = ["EC-256", "RSA-2048", "EC-384", "RSA-3072"] * 3

    def sign(kind: KeyType) -> bool:
        answer = plugin.sign(keys[kind], {"certificate_chain_file": files[kind]})
        return answer.certificate_chain == CHAINS[kind].ders

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(sign, kinds))


MENDED = {
    "long raw message": ({"Message": b"m" * 4097}, "more than 4096 bytes"),
    "short digest": ({"Message": b"m", "MessageType": "DIGEST"}, "Digest is invalid length"),
}


@pytest.mark.parametrize(("request_", "message"), MENDED.values(), ids=MENDED)
def test_simulated_service_is_as_strict_as_the_real_one(
    kms: FakeKms, keys: Mapping[KeyType, str], request_: dict[str, object], message: str
) -> None:
    """What moto lets pass and AWS does not, the tests' service does not either."""
    kms.failures.clear()
    kms.answers.clear()
    with pytest.raises(kms.client.exceptions.ClientError, match=message):
        kms.client.sign(KeyId=keys["RSA-2048"], SigningAlgorithm="RSASSA_PSS_SHA_256", **request_)
