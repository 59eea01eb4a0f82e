# SPDX-License-Identifier: Apache-2.0
"""The plugin `azure-kv` with a vault on loopback: certificates, refusals, errors, both routes, and Go."""

from __future__ import annotations

import base64
import http.client
import ssl
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.messages import GenerateSignatureRequest
from tests.simulator.fake_key_vault import TOKEN, VERSION, FakeKeyVault
from tests.simulator.pki import KEY_TYPES, KeyType, PrivateKey, TestChain, changed, make_chain
from tests.simulator.plugin_routes import InProcess

pytest.importorskip("azure.keyvault.keys", reason="azure-keyvault-keys is not installed")
pytest.importorskip("azure.identity", reason="azure-identity is not installed")

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 3, subject=f"kv {kind}") for kind in KEY_TYPES}
CHAIN = CHAINS["EC-256"]


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    path.chmod(0o644)
    return str(path)


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


NOT_ALLOWED: dict[str, tuple[Callable[[], PrivateKey], str]] = {
    "curve of Bitcoin": (lambda: ec.generate_private_key(ec.SECP256K1()), "ecdsa key size 256 bits"),
    "short RSA": (lambda: rsa.generate_private_key(65537, 1024), "rsa key size 1024 bits"),
}


@pytest.mark.parametrize(("made", "what"), NOT_ALLOWED.values(), ids=NOT_ALLOWED)
@pytest.mark.parametrize("source", ["file", "vault"])
def test_key_of_a_type_that_is_not_allowed_is_refused(
    plugin: InProcess,
    vault: FakeKeyVault,
    tmp_path: Path,
    made: Callable[[], PrivateKey],
    what: str,
    source: str,
) -> None:
    """ALG-002: refused by describe-key with the reason, before the service is asked to sign."""
    public_key = made().public_key()
    chain = make_chain("EC-256", 2, edits={0: changed(public_key=public_key)})
    config = {}
    if source == "file":
        config = {"certificate_chain_file": write(tmp_path / "chain.pem", chain.pem())}
    error = plugin.refusal(vault.put("other", chain, form="pem"), config)
    reason = (
        f"{what} is not supported; use RSA with 2048, 3072 or 4096 bits, or the curve P-256, P-384 or P-521"
    )
    assert (error.code, reason in error.message) == ("VALIDATION_ERROR", True), error.message
    assert "keys/sign" not in vault.calls


def test_algorithm_that_is_not_the_keys_is_refused(plugin: InProcess, keys: Mapping[KeyType, str]) -> None:
    """PLG-052: the key determines the algorithm."""
    other = BY_KEY_SPEC[KeySpec.EC_384]
    request = GenerateSignatureRequest(keys["EC-256"], other.key_spec, other.hash, b"payload", {})
    assert plugin.refusal_of(request)["errorCode"] == "VALIDATION_ERROR"


def test_plugin_is_used_by_several_threads(plugin: InProcess, keys: Mapping[KeyType, str]) -> None:
    """PLG-110: one object, several requests at once."""
    kinds: list[KeyType] = ["EC-256", "RSA-2048", "EC-384", "RSA-3072"] * 3

    def sign(kind: KeyType) -> bool:
        return plugin.sign(keys[kind], {}).certificate_chain == CHAINS[kind].ders

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(sign, kinds))
