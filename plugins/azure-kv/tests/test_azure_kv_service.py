# SPDX-License-Identifier: Apache-2.0
"""The plugin `azure-kv` with a service that refuses, fails, answers oddly, or does not answer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.simulator.fake_key_vault import VERSION, FakeKeyVault, running_vault
from tests.simulator.pki import KeyType, make_chain
from tests.simulator.plugin_routes import InProcess

pytest.importorskip("azure.keyvault.keys", reason="azure-keyvault-keys is not installed")
pytest.importorskip("azure.identity", reason="azure-identity is not installed")

CHAIN = make_chain("EC-256", 3, subject="kv EC-256")


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
    "Unauthorized": (401, "ACCESS_DENIED"),
    "Forbidden/KeyDisabled": (403, "ACCESS_DENIED"),
    "KeyNotFound": (404, "VALIDATION_ERROR"),
    "RequestTimeout": (408, "TIMEOUT"),
    "Conflict": (409, "VALIDATION_ERROR"),
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
    passing = status == 408 or status >= 429
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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("permission", ["secrets/get", "keys/sign"])
def test_redirect_within_the_vault_is_not_followed(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault, permission: str, status: int
) -> None:
    """SEC-001: the answer has to come from where it was asked for."""
    vault.moved[permission] = (status, f"{vault.url}/{permission}ter?api-version=7.4")
    error = plugin.refusal(keys["EC-256"], {})
    said = f"{permission}: status {status}"
    assert (error.code, error.message.endswith(said)) == ("ERROR", True), error.message
    assert set(vault.calls) <= {"secrets/get", "keys/sign"}
    assert vault.calls.count(permission) == 1


def test_redirect_to_another_server_is_not_followed(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-001: whoever is named in a redirect is not even connected to."""
    for name in ("READ_SECONDS", "CONNECT_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(f"notation_py_plugin_azure_kv.service.{name}", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        vault.moved["secrets/get"] = (307, f"https://127.0.0.1:{other.getsockname()[1]}/secrets/release/1")
        error = plugin.refusal(keys["EC-256"], {})
        assert (error.code, "secrets/get: status 307" in error.message) == ("ERROR", True), error.message
        with pytest.raises(BlockingIOError):
            other.accept()


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


def test_answer_that_is_late_is_not_waited_for(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLG-027, PLG-032: TIMEOUT after the connection was made, too."""
    for name in ("READ_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(f"notation_py_plugin_azure_kv.service.{name}", 0.2)
    vault.answers["secrets/get"] = lambda _document: time.sleep(1)
    error = plugin.refusal(keys["EC-256"], {})
    assert (error.code, "did not answer in time" in error.message) == ("TIMEOUT", True), error.message
    assert len(vault.calls) == 3


def test_secret_of_another_version_is_refused(
    plugin: InProcess, keys: Mapping[KeyType, str], vault: FakeKeyVault
) -> None:
    """PLG-045, PLG-052: as for certificates, of which the vault answers with the latest one."""
    other = f"https://team.vault.azure.net/secrets/release-EC-256/{VERSION[::-1]}"
    vault.answers["secrets/get"] = lambda document: document.update(id=other)
    error = plugin.refusal(keys["EC-256"], {})
    assert (error.code, f"there is no version {VERSION}" in error.message) == ("VALIDATION_ERROR", True)


def test_nothing_but_the_answer_is_written() -> None:
    """PLG-021: Azure's library has much to say to whoever listens, and by default that is standard error."""
    code = (
        "from contextlib import suppress; from notation_py.plugin import DescribeKeyRequest, RequestError\n"
        "from notation_py_plugin_azure_kv import AzureKeyVaultPlugin\n"
        "key = 'https://127.0.0.1:1/keys/release/1'\n"
        "with suppress(RequestError):\n"
        "    AzureKeyVaultPlugin().describe_key(DescribeKeyRequest(key, {'credential_type': 'environment'}))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "AZURE_CLIENT_ID": "half of it"}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == ("", "")


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
