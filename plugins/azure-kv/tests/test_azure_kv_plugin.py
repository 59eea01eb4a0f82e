# SPDX-License-Identifier: Apache-2.0
"""The plugin `azure-kv` with a vault on loopback: certificates, refusals, errors, both routes, and Go."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.messages import GenerateSignatureRequest
from notation_py_plugin_azure_kv import AzureKeyVaultPlugin
from tests.simulator.fake_key_vault import IDENTITY_SECRET, TOKEN, VERSION, FakeKeyVault, running_vault
from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, changed, make_chain
from tests.simulator.plugin_routes import InProcess, Workbench, workbench

pytest.importorskip("azure.keyvault.keys", reason="azure-keyvault-keys is not installed")
pytest.importorskip("azure.identity", reason="azure-identity is not installed")

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 3, subject=f"kv {kind}") for kind in KEY_TYPES}
CHAIN = CHAINS["EC-256"]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeKeyVault]:
    with running_vault(tmp_path_factory.mktemp("vault")) as running:
        yield running


@pytest.fixture(scope="module")
def keys(vault: FakeKeyVault) -> Mapping[KeyType, str]:
    """The id of a key of each type, with its chain in the vault."""
    return {kind: vault.put(f"release-{kind}", chain) for kind, chain in CHAINS.items()}


@pytest.fixture
def plugin(vault: FakeKeyVault, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    for name, value in vault.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    vault.reset()
    secrets = (TOKEN, IDENTITY_SECRET, "11111111-2222-3333", "PRIVATE KEY")
    return InProcess(AzureKeyVaultPlugin(), "azure-kv", secrets)


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    path.chmod(0o644)
    return str(path)


@pytest.fixture
def issuers(tmp_path: Path) -> str:
    """A file with the issuers of CHAIN, root first, which is not the order of a chain."""
    pem = CHAIN.pem().split(b"-----END CERTIFICATE-----\n")
    return write(tmp_path / "issuers.pem", b"".join(p + b"-----END CERTIFICATE-----\n" for p in pem[2:0:-1]))


def test_plugin_says_what_it_is(plugin: InProcess, vault: FakeKeyVault) -> None:
    """PLG-040, PLG-041: complete metadata with the one capability; no service is asked."""
    assert plugin_metadata(plugin, {}).capabilities == ("SIGNATURE_GENERATOR.RAW",)
    assert vault.calls == []


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_key_of_each_type_signs(plugin: InProcess, keys: Mapping[KeyType, str], kind: KeyType) -> None:
    """PLG-045, PLG-050 to PLG-052: described, and a signature that verifies, with the chain of the vault."""
    answer = plugin.sign(keys[kind], {"credential_type": "managedid"}, b"p" * 100_000)
    assert answer.signing_algorithm is BY_KEY_SPEC[KeySpec(kind)]
    assert answer.certificate_chain == CHAINS[kind].ders


@pytest.mark.parametrize("form", ["pkcs12", "pkcs12 with key", "pem", "pem with key"])
def test_chain_comes_from_the_secret(plugin: InProcess, vault: FakeKeyVault, form: str) -> None:
    """PLG-052: in every form that the vault keeps certificates in; a key among them is dropped."""
    key_id = vault.put("formed", CHAIN, form=form)
    assert plugin.sign(key_id, {}).certificate_chain == CHAIN.ders
    assert set(vault.calls) == {"secrets/get", "keys/sign"}


SEALED = {
    "AES-256": [],
    "3DES": ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
}


@pytest.mark.parametrize("words", SEALED.values(), ids=SEALED)
def test_bundle_is_sealed_with_an_empty_password(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    vault: FakeKeyVault,
    openssl: Path,
    tmp_path: Path,
    words: list[str],
) -> None:
    """PLG-052: a vault encrypts PKCS#12 with the key in it, and gives it away without a password."""
    both = write(tmp_path / "both.pem", CHAIN.key_pem() + CHAIN.pem())
    export = [str(openssl), "pkcs12", "-export", "-in", both, "-passout", "pass:", *words]
    sealed = subprocess.run(export, capture_output=True, check=True).stdout
    value = base64.b64encode(sealed).decode()
    vault.answers["secrets/get"] = lambda document: document.update(value=value)
    assert plugin.sign(keys["EC-256"], {}).certificate_chain == CHAIN.ders


def test_request_names_the_version_of_the_interface(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault
) -> None:
    """PLG-027: the vault wants it, as Azure does; what names none, or an unknown one, is refused."""
    url = urlsplit(keys["EC-256"])
    context = ssl.create_default_context(cafile=vault.authority)
    with closing(http.client.HTTPSConnection(url.netloc, context=context)) as connection:
        for query, status in {"": 400, "?api-version=1": 400, "?api-version=7.4": 200}.items():
            path = url.path.replace("/keys/", "/certificates/")
            connection.request("GET", path + query, headers={"Authorization": f"Bearer {TOKEN}"})
            answer = connection.getresponse()
            assert (answer.status, b"BadParameter" in answer.read()) == (status, status == 400), query
    assert plugin.sign(keys["EC-256"], {}).signature


def test_chain_comes_from_the_certificate_and_a_file(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault, issuers: str
) -> None:
    """PLG-073: `ca_certs` needs certificates/get alone, as with the plugin of that name before."""
    vault.denied.add("secrets/get")
    assert plugin.sign(keys["EC-256"], {"ca_certs": issuers}).certificate_chain == CHAIN.ders
    assert set(vault.calls) == {"certificates/get", "keys/sign"}


def test_self_signed_certificate_needs_no_issuer(plugin: InProcess, vault: FakeKeyVault) -> None:
    """PLG-073: `self_signed` needs certificates/get alone, likewise."""
    alone = make_chain("RSA-2048", 1, subject="alone")
    vault.denied.add("secrets/get")
    key_id = vault.put("alone", alone).replace("/keys/", "/certificates/")
    assert plugin.sign(key_id, {"self_signed": "True"}).certificate_chain == alone.ders


def test_chain_comes_from_a_file_alone(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault, tmp_path: Path
) -> None:
    """PLG-073: with the whole chain in a file only keys/sign is needed."""
    config = {"certificate_chain_file": write(tmp_path / "chain.pem", CHAIN.pem())}
    assert plugin.sign(keys["EC-256"], config).certificate_chain == CHAIN.ders
    assert vault.calls == ["keys/sign"]


CONFIGURATION = {
    "unknown key": ({"client_secret": "hunter2"}, "unknown plugin configuration 'client_secret'"),
    "unknown credential": ({"credential_type": "password"}, "credential_type is 'password'; use one of"),
    "neither true nor false": ({"self_signed": "yes"}, "self_signed is 'yes'; use true or false"),
    "two sources": ({"self_signed": "true", "ca_certs": "/x"}, "ca_certs and self_signed exclude each other"),
    "two files": ({"ca_certs": "/x", "certificate_chain_file": "/y"}, "exclude each other"),
    "file not there": ({"ca_certs": "/nowhere.pem"}, "no such file or directory"),
    "not self-signed": ({"self_signed": "true"}, "the certificate is not self-signed; use ca_certs"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "message"), CONFIGURATION.values(), ids=CONFIGURATION)
def test_configuration_that_cannot_be_meant_is_refused(
    plugin: InProcess, keys: Mapping[KeyType, str], config: dict[str, str], message: str
) -> None:
    """PLG-073, PLG-074: VALIDATION_ERROR that says which, and nothing secret."""
    error = plugin.refusal(keys["EC-256"], config)
    assert (error.code, message in error.message) == ("VALIDATION_ERROR", True), error.message
    assert "hunter2" not in error.message


KEY_IDS = {
    "no version": "https://team.vault.azure.net/keys/release",
    "plain http": f"http://team.vault.azure.net/keys/release/{VERSION}",
    "secret": f"https://team.vault.azure.net/secrets/release/{VERSION}",
    "user in the host": f"https://team.vault.azure.net@evil.example/keys/release/{VERSION}",
    "query": f"https://team.vault.azure.net/keys/release/{VERSION}?x=y",
    "climbing": "https://team.vault.azure.net/keys/../secrets",
    "newline": f"https://team.vault.azure.net/keys/release/{VERSION}\n",
    "name": "release",
}


@pytest.mark.parametrize("key_id", KEY_IDS.values(), ids=KEY_IDS)
def test_key_id_that_names_no_version_is_refused(plugin: InProcess, vault: FakeKeyVault, key_id: str) -> None:
    """PLG-027: VALIDATION_ERROR before anybody is asked."""
    error = plugin.refusal(key_id, {})
    message = "the key id is no URL of one version of a key"
    assert (error.code, message in error.message, vault.calls) == ("VALIDATION_ERROR", True, [])


def test_version_that_is_not_there_is_refused(
    plugin: InProcess, keys: Mapping[KeyType, str], issuers: str
) -> None:
    """PLG-045: the vault answers with the latest version in its place, which is another certificate."""
    key_id = keys["EC-256"].replace(VERSION, VERSION[::-1])
    assert "there is no version" in plugin.refusal(key_id, {"ca_certs": issuers}).message
    assert "404, SecretNotFound" in plugin.refusal(key_id, {}).message


def test_issuer_that_is_missing_is_named(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault, tmp_path: Path
) -> None:
    """CERT-001: a chain ends with its root; what to do is said."""
    root = write(tmp_path / "root.pem", CHAIN.root_pem())
    error = plugin.refusal(keys["EC-256"], {"ca_certs": root})
    assert "kv EC-256 intermediate 1" in error.message
    assert "is missing; add it to ca_certs" in error.message
    leaf_only = TestChain(CHAIN.keys[:1], CHAIN.certificates[:1])
    error = plugin.refusal(vault.put("short", leaf_only, form="pem"), {})
    assert "merge it into the vault, or use ca_certs" in error.message


def test_bundle_with_two_signing_certificates_is_refused(plugin: InProcess, vault: FakeKeyVault) -> None:
    """PLG-052: which certificate signs is never guessed."""
    other = make_chain("EC-256", 2, subject="other")
    both = TestChain(CHAIN.keys, (*CHAIN.certificates, *other.certificates))
    assert "2 issued no other" in plugin.refusal(vault.put("both", both, form="pem"), {}).message


def test_secret_that_holds_no_certificate_is_refused(plugin: InProcess, vault: FakeKeyVault) -> None:
    """PLG-027: VALIDATION_ERROR."""
    assert "holds no certificate" in plugin.refusal(vault.put("text", CHAIN, form="text"), {}).message


def test_certificate_of_another_key_is_refused(plugin: InProcess, vault: FakeKeyVault) -> None:
    """PLG-052: a signature that does not verify with the certificate is not released."""
    key_id = vault.put("swapped", CHAIN, key=CHAIN.keys[1])
    error = plugin.refusal(key_id, {})
    assert (error.code, "does not verify with the certificate" in error.message) == ("ERROR", True)


def test_key_of_a_type_that_is_not_allowed_is_refused(
    plugin: InProcess, vault: FakeKeyVault, tmp_path: Path
) -> None:
    """ALG-002: refused by describe-key, before the service is asked to sign."""
    koblitz = ec.generate_private_key(ec.SECP256K1())
    chain = make_chain("EC-256", 2, edits={0: changed(public_key=koblitz.public_key())})
    config = {"certificate_chain_file": write(tmp_path / "chain.pem", chain.pem())}
    error = plugin.refusal(vault.put("koblitz", CHAIN), config)
    assert (error.code, vault.calls) == ("VALIDATION_ERROR", [])


def test_algorithm_that_is_not_the_keys_is_refused(plugin: InProcess, keys: Mapping[KeyType, str]) -> None:
    """PLG-052: the key determines the algorithm."""
    other = BY_KEY_SPEC[KeySpec.EC_384]
    request = GenerateSignatureRequest(keys["EC-256"], other.key_spec, other.hash, b"payload", {})
    assert plugin.refusal_of(request)["errorCode"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("permission", ["secrets/get", "keys/sign"])
def test_missing_permission_is_named(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault, permission: str
) -> None:
    """PLG-027: ACCESS_DENIED, and which permission is missing."""
    vault.denied.add(permission)
    error = plugin.refusal(keys["EC-256"], {})
    said = f"{permission}: status 403, AccessDenied"
    assert (error.code, said in error.message) == ("ACCESS_DENIED", True), error.message


ERRORS = {
    "BadParameter": (400, "VALIDATION_ERROR"),
    "Forbidden/KeyDisabled": (403, "ACCESS_DENIED"),
    "KeyNotFound": (404, "VALIDATION_ERROR"),
    "Throttled": (429, "THROTTLED"),
    "InternalServerError": (500, "ERROR"),
    "ServiceUnavailable": (503, "TIMEOUT"),
    "GatewayTimeout": (504, "TIMEOUT"),
}


@pytest.mark.parametrize(("name", "status", "code"), [(n, *e) for n, e in ERRORS.items()], ids=ERRORS)
def test_error_of_the_service_keeps_its_meaning(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    vault: FakeKeyVault,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    status: int,
    code: str,
) -> None:
    """PLG-027, PLG-032: one of the six codes, without the service's text, soon, whatever it would like."""
    monkeypatch.setattr("notation_py_plugin_azure_kv.service.WAIT_SECONDS", 0.05)
    passing = status >= 429
    vault.failures.extend([(status, name, {"Retry-After": "3600"} if passing else {})] * 10)
    started = time.monotonic()
    error = plugin.refusal(keys["EC-256"], {})
    word = name.rpartition("/")[2]
    assert (error.code, f"status {status}, {word}" in error.message) == (code, True), error.message
    assert time.monotonic() - started < 10
    assert len(vault.calls) == (3 if passing else 1)


BODIES = {
    "page": ("<h1>try later</h1>", "text/html"),
    "page that says it is JSON": ("<h1>try later</h1>", "application/json"),
    "page that says it is XML": ("<h1>try later", "text/xml"),
    "error that is a text": ('{"status": 503, "error": "Service Unavailable"}', "application/json"),
    "list": ('["try later"]', "application/json"),
    "nothing": ("", "text/plain"),
}


@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES)
def test_error_of_somebody_in_between_keeps_its_meaning(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    vault: FakeKeyVault,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    kind: str,
) -> None:
    """PLG-027: the status decides, whatever the body is."""
    monkeypatch.setattr("notation_py_plugin_azure_kv.service.WAIT_SECONDS", 0.05)
    vault.failures.extend([(503, body, {"Content-Type": kind})] * 3)
    error = plugin.refusal(keys["EC-256"], {})
    assert (error.code, error.message.endswith("secrets/get: status 503")) == ("TIMEOUT", True), error.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(200, *it) for name, it in BODIES.items() if name != "error that is a text"]
    + [(200, "?", "application/octet-stream"), (500, "?", "application/octet-stream")],
)
def test_answer_that_is_no_object_is_refused(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    vault: FakeKeyVault,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: str,
    kind: str,
) -> None:
    """PLG-027, PLG-052: ERROR that says so; whatever the status, if Azure's library reads no such type."""
    monkeypatch.setattr("notation_py_plugin_azure_kv.service.WAIT_SECONDS", 0.05)
    vault.failures.extend([(status, body, {"Content-Type": kind})] * 3)
    error = plugin.refusal(keys["EC-256"], {})
    said = "secrets/get: the answer cannot be understood"
    assert (error.code, said in error.message) == ("ERROR", True), error.message


def test_passing_error_is_retried(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    vault: FakeKeyVault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PLG-027: what passes is not reported, for reading and for signing."""
    monkeypatch.setattr("notation_py_plugin_azure_kv.service.WAIT_SECONDS", 0.05)
    plugin.describe(keys["EC-256"], {})
    vault.failures.extend([(503, "ServiceUnavailable", {}), (429, "Throttled", {"Retry-After": "1"})])
    assert plugin.sign(keys["EC-256"], {}).signature


def test_missing_credential_is_said_so(
    plugin: InProcess, keys: Mapping[KeyType, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLG-027: ACCESS_DENIED, whether the library notices at once or when asked for a token."""
    for kind in ("environment", "workloadid"):
        assert plugin.refusal(keys["EC-256"], {"credential_type": kind}).code == "ACCESS_DENIED"
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    error = plugin.refusal(keys["EC-256"], {"credential_type": "managedid"})
    assert (error.code, "no token can be had" in error.message) == ("ACCESS_DENIED", True)


def test_token_for_another_service_is_not_given(
    plugin: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-001: a server that asks for a token of somebody else gets none."""
    with running_vault(tmp_path) as other:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.authority))
        other.challenge.append("https://management.azure.com")
        error = plugin.refusal(other.put("release", CHAIN), {})
    assert (error.code, "cannot be understood" in error.message, other.calls) == ("ERROR", True, [])


def test_server_that_is_not_trusted_is_not_asked(
    plugin: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-001: TLS is checked, and nothing in the configuration turns that off."""
    monkeypatch.setattr("notation_py_plugin_azure_kv.service.WAIT_SECONDS", 0.05)
    with running_vault(tmp_path) as other:
        error = plugin.refusal(other.put("release", CHAIN), {})
    assert (error.code, "secrets/get: ServiceRequestError" in error.message) == ("ERROR", True), error.message
    assert other.calls == []


def test_service_that_does_not_answer_is_given_up(plugin: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-027, PLG-032: TIMEOUT, after the attempts that are allowed."""
    for name in ("READ_SECONDS", "CONNECT_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(f"notation_py_plugin_azure_kv.service.{name}", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = plugin.refusal(f"https://127.0.0.1:{silent.getsockname()[1]}/keys/release/{VERSION}", {})
    assert (error.code, "did not answer in time" in error.message) == ("TIMEOUT", True), error.message


ODD = {
    "certificate that is none": ("certificates/get", {"cer": "bm9uZQ=="}),
    "certificate that is no base64": ("certificates/get", {"cer": "%"}),
    "secret that is no PKCS#12": ("secrets/get", {"value": "bm9uZQ=="}),
    "signature of another key": ("keys/sign", {"kid": "https://team.vault.azure.net/keys/other/1"}),
    "signature that is no base64": ("keys/sign", {"value": "%"}),
    "signature that is no text": ("keys/sign", {"value": 1}),
}


@pytest.mark.parametrize(("permission", "change"), ODD.values(), ids=ODD)
def test_odd_answer_is_refused(
    plugin: InProcess,
    keys: Mapping[KeyType, str],
    vault: FakeKeyVault,
    issuers: str,
    permission: str,
    change: dict[str, object],
) -> None:
    """PLG-051, PLG-052: an answer that is about something else, or is nothing, is no answer."""
    vault.answers[permission] = lambda document: document.update(change)
    error = plugin.refusal(keys["EC-256"], {"ca_certs": issuers} if permission == "certificates/get" else {})
    assert error.code == "ERROR", error.message


def test_plugin_is_used_by_several_threads(plugin: InProcess, keys: Mapping[KeyType, str]) -> None:
    """PLG-110: one object, several requests at once."""
    kinds: list[KeyType] = ["EC-256", "RSA-2048", "EC-384", "RSA-3072"] * 3

    def sign(kind: KeyType) -> bool:
        return plugin.sign(keys[kind], {}).certificate_chain == CHAINS[kind].ders

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(sign, kinds))


@pytest.fixture
def bench(tmp_path: Path, go_notation: Path, vault: FakeKeyVault) -> Workbench:
    vault.reset()
    return workbench(tmp_path, "azure-kv", go_notation, vault.environment)


SIGNED = [
    ("exe", "RSA-2048", "cose"),
    ("exe", "EC-384", "jws"),
    ("py", "RSA-4096", "jws"),
    ("py", "EC-521", "cose"),
]


@pytest.mark.interop
@pytest.mark.parametrize(("route", "kind", "form"), SIGNED)
def test_go_verifies_what_we_sign(
    bench: Workbench, keys: Mapping[KeyType, str], route: str, kind: KeyType, form: str
) -> None:
    """PLG-050 to PLG-053: by either route, the Go program accepts the signature."""
    placed = bench.image("ours")
    bench.trust(CHAINS[kind])
    bench.sign(route, placed, keys[kind], {"credential_type": "managedid"}, "--signature-format", form)
    bench.verify_with_go(placed)


@pytest.mark.interop
@pytest.mark.parametrize(("kind", "form"), [("RSA-3072", "jws"), ("EC-256", "cose")])
def test_we_verify_what_go_signs_with_our_program(
    bench: Workbench, keys: Mapping[KeyType, str], kind: KeyType, form: str
) -> None:
    """PLG-020, PLG-110: the Go program runs ours and is content; so are we with what it made."""
    placed = bench.image("go")
    bench.trust(CHAINS[kind])
    bench.sign("go", placed, keys[kind], {"credential_type": "managedid"}, "--signature-format", form)
    bench.verify_with_ours(placed)
    bench.verify_with_go(placed)


@pytest.mark.slow
@pytest.mark.parametrize("route", ["py", "exe"])
def test_conformance_check_passes(bench: Workbench, keys: Mapping[KeyType, str], route: str) -> None:
    """PLG-020 to PLG-052, PLG-110: `plugin check` finds nothing, by either route, and skips nothing."""
    assert " passed, 0 failed, 0 skipped" in bench.check(
        route, keys["EC-384"], {"credential_type": "managedid"}
    )
