# SPDX-License-Identifier: Apache-2.0
"""The plugin `vault` with a server: keys and versions it finds, and everything that it refuses.

Each test that asks a server runs against the real ones, OpenBao and Vault, if they can be had, and against
ours that can misbehave.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.messages import GenerateSignatureRequest
from notation_py_plugin_vault import HcVaultPlugin, VaultPlugin
from tests import programs
from tests.simulator.fake_vault import FakeVault, fake_vault
from tests.simulator.pki import KEY_TYPES, KeyType, make_chain, with_extension
from tests.simulator.plugin_routes import InProcess

pytest.importorskip("hvac", reason="hvac is not installed")
from tests.simulator.vault_servers import SERVERS, running_server
from tests.simulator.vaults import ADDRESS_VARIABLES, TYPES, Vault

CHAIN_FILE = "certificate_chain_file"


@pytest.fixture(scope="module", params=["fake", *SERVERS])
def vault(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """Each server in turn, with transit and KV mounted."""
    if request.param == "fake":
        with fake_vault() as state:
            yield Vault.prepared(state.address, state.root_token)
        return
    try:
        server = running_server(request.param, tmp_path_factory.mktemp("vault"))
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    with server as running:
        yield running


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    """The server that can misbehave, with the key `release`."""
    with fake_vault() as state:
        Vault.prepared(state.address, state.root_token).make_key("EC-256", "release")
        monkeypatch.setenv("VAULT_ADDR", state.address)
        monkeypatch.setenv("VAULT_TOKEN", state.root_token)
        yield state


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ADDRESS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def runner(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """The plugin, pointed at the server; no answer of it may hold the token."""
    monkeypatch.setenv("VAULT_ADDR", vault.address)
    monkeypatch.setenv("VAULT_TOKEN", vault.token)
    return InProcess(VaultPlugin(), "vault", (vault.token,))


def test_plugin_says_what_it_is() -> None:
    """PLG-040, PLG-041: complete metadata with the one capability, under either name."""
    for plugin in (VaultPlugin(), HcVaultPlugin()):
        metadata = plugin_metadata(InProcess(plugin, plugin.name), {})
        assert metadata.capabilities == ("SIGNATURE_GENERATOR.RAW",)


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_key_of_each_type_signs(vault: Vault, runner: InProcess, kind: KeyType) -> None:
    """PLG-045, PLG-050 to PLG-052: salt as long as the hash, r || s, and the chain of the KV engine."""
    chain = vault.make_key(kind, f"each-{kind.lower()}")
    answer = runner.sign(f"each-{kind.lower()}", {})
    assert answer.signing_algorithm is BY_KEY_SPEC[KeySpec(kind)]
    assert answer.certificate_chain == chain


def test_configuration_of_the_go_plugin_is_understood(vault: Vault, runner: InProcess) -> None:
    """PLG-073: kvName, transitName and transitKeyName mean what they mean there."""
    chain = vault.make_key("EC-384", "deep/er", transit="team/transit", kv="team/kv", key="inner")
    config = {"kvName": "team/kv", "transitName": "team/transit", "transitKeyName": "inner"}
    assert runner.sign("deep/er", config).certificate_chain == chain


def test_certificates_come_from_a_file(vault: Vault, runner: InProcess, tmp_path: Path) -> None:
    """PLG-073: then the KV engine is not asked."""
    chain = vault.make_key("EC-256", "in-file", store=False)
    assert "there is nothing at this path" in runner.refusal("in-file", {}).message
    path = tmp_path / "chain.pem"
    path.write_text(Vault.pem(chain))
    path.chmod(0o644)
    assert runner.sign("in-file", {CHAIN_FILE: str(path)}).certificate_chain == chain


def test_version_of_the_certificate_signs_after_a_rotation(vault: Vault, runner: InProcess) -> None:
    """ALG-009, PLG-052: the latest version of the key is not the one that has the certificate."""
    chain = vault.make_key("RSA-2048", "rotated")
    vault.rotate("rotated")
    assert runner.sign("rotated", {}).certificate_chain == chain
    assert runner.sign("rotated", {"keyVersion": "1"}).certificate_chain == chain
    error = runner.refusal("rotated", {"keyVersion": "2"})
    assert "keyVersion is 2, and the signing certificate is for version 1" in error.message


def test_certificate_of_another_key_is_refused_before_signing(vault: Vault, runner: InProcess) -> None:
    """ALG-009: no version of the key has it."""
    vault.make_key("EC-256", "one")
    vault.store("two", vault.make_key("EC-256", "another"))
    vault.bare_key("EC-256", "two")
    assert (
        "no version of the key two is the one of the signing certificate" in runner.refusal("two", {}).message
    )


def test_key_of_another_type_is_refused(vault: Vault, runner: InProcess) -> None:
    """ALG-002: in the words of the rules, before anything is signed."""
    vault.store("edward", vault.make_key("EC-256", "stranger"))
    vault.bare_key("ed25519", "edward")
    assert "is 'ed25519', which cannot sign here" in runner.refusal("edward", {}).message


def test_token_that_may_only_sign_is_enough(
    vault: Vault, runner: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLG-027: what the Go plugin needs; what signed is still checked with the certificate."""
    chain = vault.make_key("RSA-2048", "least")
    paths = ["transit/sign/least", "transit/sign/least/*", "secret/data/least"]
    monkeypatch.setenv("VAULT_TOKEN", vault.limited_token("signer", *paths))
    assert runner.sign("least", {}).certificate_chain == chain
    vault.rotate("least")
    error = runner.refusal("least", {})
    assert "does not verify with the certificate" in error.message
    assert runner.sign("least", {"keyVersion": "1"}).certificate_chain == chain
    monkeypatch.setenv("VAULT_TOKEN", vault.limited_token("reader", "secret/data/least"))
    error = runner.refusal("least", {})
    assert error.code == "ACCESS_DENIED"
    assert "cannot sign with transit/least" in error.message


def test_token_that_is_not_accepted(vault: Vault, runner: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-027: ACCESS_DENIED, and no word of the token."""
    vault.make_key("EC-256", "guarded")
    monkeypatch.setenv("VAULT_TOKEN", "hvs.wrong-token")
    error = runner.refusal("guarded", {})
    assert error.code == "ACCESS_DENIED"
    assert "hvs." not in error.message


@pytest.mark.parametrize("place", ["home", "file", "variable", "bao"])
def test_token_comes_from_the_usual_places(
    vault: Vault, runner: InProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    """PLG-074: the file of the command line, a file or variable that is named, or that of OpenBao."""
    vault.make_key("EC-256", "placed")
    monkeypatch.delenv("VAULT_TOKEN")
    assert runner.refusal("placed", {}).code == "ACCESS_DENIED"
    config: dict[str, str] = {}
    path = tmp_path / (".vault-token" if place == "home" else "token")
    match place:
        case "home" | "file":
            path.write_text(f"{vault.token}\n")
            path.chmod(0o600)
            config = {"token_file": str(path)} if place == "file" else {}
        case "variable":
            monkeypatch.setenv("TEAM_TOKEN", vault.token)
            config = {"token_variable": "TEAM_TOKEN"}
        case "bao":
            monkeypatch.setenv("BAO_TOKEN", vault.token)
    assert runner.describe("placed", config) is KeySpec.EC_256
    if place in {"home", "file"}:
        path.chmod(0o644)
        assert "token file" in runner.refusal("placed", config).message


REFUSED = {
    "token in the configuration": ("release", {"token": "hvs.secret"}, "plugin configuration 'token'"),
    "two places of certificates": ("release", {"kvName": "a", CHAIN_FILE: "/c"}, "exclude each other"),
    "two places of the token": ("release", {"token_file": "/t", "token_variable": "T"}, "exclude each other"),
    "variable not set": ("release", {"token_variable": "NOT_SET"}, "NOT_SET with the token is not set"),
    "relative token file": ("release", {"token_file": "token"}, "not absolute"),
    "key outside": ("../sys/seal", {}, "which names nothing in Vault"),
    "engine outside": ("release", {"transitName": "../sys"}, "which names nothing in Vault"),
    "path in a key": ("release", {"transitKeyName": "a/b"}, "which names nothing in Vault"),
    "version": ("release", {"keyVersion": "latest"}, "use a number from 1"),
    "plain http": ("release", {"address": "http://vault.example:8200"}, "to vault.example unencrypted"),
    "password": ("release", {"address": "https://u:hvs.secret@v.example"}, "no plain https URL"),
    "no URL": ("release", {"address": "vault"}, "no plain https URL"),
    "plain http for what": ("release", {"plain_http": "yes"}, "the only value is 'allow'"),
    "authorities": ("release", {"ca_file": "/nowhere/ca.pem"}, "no such file or directory"),
    "unknown key": ("nobody", {}, "there is nothing at this path"),
}  # fmt: skip


@pytest.mark.parametrize(("key_id", "config", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused(
    fake: FakeVault, key_id: str, config: dict[str, str], message: str
) -> None:
    """PLG-074, PLG-110: VALIDATION_ERROR with a reason, without what might be secret."""
    error = InProcess(VaultPlugin(), "vault", (fake.root_token,)).refusal(key_id, config)
    assert re.search(message, error.message), error.message
    assert error.code == "VALIDATION_ERROR"
    assert "hvs." not in error.message


VARIABLES = {
    "no address": ("VAULT_ADDR", "", "no server is named"),
    "no checks": ("VAULT_SKIP_VERIFY", "true", "would let anybody be the server"),
    "half a client": ("VAULT_CLIENT_CERT", "/c.pem", "belong together"),
    "patience": ("VAULT_CLIENT_TIMEOUT", "forever", "use whole seconds"),
    "line in the token": ("VAULT_TOKEN", "hvs.a\r\nX-Other: b", "not one word"),
    "authorities": ("VAULT_CACERT", "/nowhere.pem", "no such file"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message"), VARIABLES.values(), ids=VARIABLES)
def test_environment_that_cannot_be_meant_is_refused(
    fake: FakeVault, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    """SEC-001: no default in the place of what was set, and nothing is sent."""
    monkeypatch.setenv(name, value)
    fake.requests.clear()
    error = InProcess(VaultPlugin(), "vault").refusal("release", {})
    assert message in error.message
    assert fake.requests == []


def said(document: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps(document).encode()


FAILURES: dict[str, tuple[tuple[int, dict[str, str], bytes], str, str]] = {
    "throttled": ((429, {}, b"{}"), "THROTTLED", "too much to do"),
    "sealed": ((503, {}, b'{"errors": ["Vault is sealed"]}'), "TIMEOUT", "sealed or down"),
    "broken": ((500, {}, b'{"errors": ["hvs.secret"]}'), "ERROR", "InternalServerError"),
    "gateway": ((502, {}, b"<html>"), "TIMEOUT", "gateway"),
    "elsewhere": ((307, {"Location": "http://127.0.0.1:1/x"}, b""), "ERROR", "cannot be understood"),
    "no JSON": ((200, {}, b"hello"), "ERROR", "cannot be understood"),
    "another document": (said({"data": []}), "ERROR", "cannot be understood"),
    "no signature": (said({"data": {"signature": None}}), "ERROR", "cannot be understood"),
    "another form": (said({"data": {"signature": "vault:v1"}}), "ERROR", "cannot be understood"),
    "another version": (said({"data": {"signature": "vault:v2:AAAA"}}), "ERROR", "cannot be understood"),
    "wrong signature": (said({"data": {"signature": "vault:v1:AAAA"}}), "ERROR", "does not verify"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "message"), FAILURES.values(), ids=FAILURES)
def test_failure_of_the_server_is_one_clear_error(
    fake: FakeVault, answer: tuple[int, dict[str, str], bytes], code: str, message: str
) -> None:
    """PLG-027: a code of the contract, and none of the server's words."""
    fake.misbehave = lambda _method, path: answer if "/sign/" in path else None
    error = InProcess(VaultPlugin(), "vault", (fake.root_token,)).refusal("release", {})
    assert (error.code, message in error.message) == (code, True), error.message
    assert "hvs." not in error.message


def test_redirect_does_not_take_the_token_along(fake: FakeVault) -> None:
    """SEC-001: whoever is named in a redirect gets nothing."""
    with fake_vault() as other:
        fake.misbehave = lambda _method, path: (307, {"Location": f"{other.address}/v1/{path}"}, b"")
        assert InProcess(VaultPlugin(), "vault").refusal("release", {}).code == "ERROR"
        assert other.requests == []


def test_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-027, PLG-032: TIMEOUT when it is silent, ERROR when nobody is there."""
    monkeypatch.setenv("VAULT_TOKEN", "hvs.x")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("VAULT_CLIENT_TIMEOUT", "1s")
        assert InProcess(VaultPlugin(), "vault").refusal("release", {}).code == "TIMEOUT"
    assert InProcess(VaultPlugin(), "vault").refusal("release", {}).code == "ERROR"


NAMES = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
SERVER = make_chain(
    "EC-256",
    2,
    subject="vault server",
    usage=ExtendedKeyUsageOID.SERVER_AUTH,
    edits={0: with_extension(NAMES, critical=False)},
)
CLIENT = make_chain("EC-384", 2, subject="vault client", usage=ExtendedKeyUsageOID.CLIENT_AUTH)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def test_server_and_client_prove_who_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-001: an authority that is not named here is not trusted, whatever others name."""
    certificate, key = write(tmp_path / "s.crt", SERVER.pem()), write(tmp_path / "s.key", SERVER.key_pem())
    authority = write(tmp_path / "ca.pem", SERVER.root_pem())
    mine, my_key = write(tmp_path / "c.crt", CLIENT.pem()), write(tmp_path / "c.key", CLIENT.key_pem())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.load_verify_locations(cadata=CLIENT.root_pem().decode())
    tls.verify_mode = ssl.CERT_REQUIRED
    runner = InProcess(VaultPlugin(), "vault")
    with fake_vault(tls) as state:
        monkeypatch.setenv("VAULT_ADDR", state.address)
        monkeypatch.setenv("VAULT_TOKEN", state.root_token)
        assert "is not one that is trusted here" in runner.refusal("release", {}).message
        config = {"ca_file": str(authority)}
        assert runner.refusal("release", config).code == "ERROR"  # the client has no certificate
        assert state.requests == []
        monkeypatch.setenv("VAULT_CLIENT_CERT", str(mine))
        monkeypatch.setenv("VAULT_CLIENT_KEY", str(my_key))
        assert "there is nothing at this path" in runner.refusal("release", config).message
        monkeypatch.setenv("VAULT_CACERT", str(authority))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(mine))
        assert "there is nothing at this path" in runner.refusal("release", {}).message


def test_algorithm_that_is_not_the_keys_is_refused(fake: FakeVault) -> None:
    """PLG-052: the key determines the algorithm."""
    request = GenerateSignatureRequest(
        "release", KeySpec.EC_384, BY_KEY_SPEC[KeySpec.EC_384].hash, b"payload", {}
    )
    document = InProcess(VaultPlugin(), "vault").refusal_of(request)
    assert document["errorCode"] == "VALIDATION_ERROR"
    assert not [path for _, path in fake.requests if "/sign/" in path]


def test_types_of_the_engine_are_those_of_the_rules() -> None:
    """ALG-001: one type of the engine for each of the six."""
    assert sorted(TYPES) == sorted(KEY_TYPES)
