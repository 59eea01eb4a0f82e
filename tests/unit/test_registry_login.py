# SPDX-License-Identifier: Apache-2.0
"""Logging in and out: the credential is tried, then kept by a helper or not at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from notation_py.adapters.credentials import ConfiguredCredentials, Credential
from notation_py.adapters.login import LoginResult, log_in, log_out
from notation_py.adapters.registry_settings import RegistrySettings, Timeouts
from notation_py.errors import ConfigurationError, NotationError, Outcome, UsageError
from tests.simulator.registry import Quirks, Reply, running
from tests.unit.test_credentials import Places, auth

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="helpers are shell scripts here")

SECRET = "hunter2-secret"
USER = ("someone", SECRET)
SETTINGS = RegistrySettings(timeouts=Timeouts(2, 2, 3))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


@pytest.mark.parametrize("quirks", [Quirks(basic=USER), Quirks(token=USER)], ids=["basic", "token"])
def test_login_stores_what_the_registry_accepts(places: Places, quirks: Quirks) -> None:
    """CLI contract 7.5; SIG-057: tried at the root of the API, then given to the helper, never to a file."""
    places.answers("one")
    places.configure(places.docker, credsStore="one")
    with running(quirks) as registry:
        result = log_in(registry.host, Credential(*USER), places.credentials, SETTINGS)
        assert registry.lines()[0] == "GET /v2/"
    assert result is LoginResult.STORED
    stored = json.loads((places.programs / "one.store").read_text())
    assert stored == {"ServerURL": registry.host, "Username": "someone", "Secret": SECRET}
    assert SECRET not in (places.docker / "config.json").read_text()


def test_identity_token_is_stored_under_the_token_user(places: Places) -> None:
    """CLI contract 6.3: an identity token is kept under `<token>`."""
    places.answers("one")
    places.configure(places.docker, credsStore="one")
    with running(Quirks(identity_token=SECRET)) as registry:
        log_in(registry.host, Credential(refresh_token=SECRET), places.credentials, SETTINGS)
    assert json.loads((places.programs / "one.store").read_text())["Username"] == "<token>"


def test_refused_credential_is_not_stored(places: Places) -> None:
    """CLI contract 7.5: what the registry refuses is kept nowhere."""
    places.answers("one")
    places.configure(places.docker, credsStore="one")
    with running(Quirks(basic=("someone", "else"))) as registry, pytest.raises(NotationError) as caught:
        log_in(registry.host, Credential(*USER), places.credentials, SETTINGS)
    assert caught.value.outcome is Outcome.AUTH
    assert "failed to validate the credentials for" in caught.value.message
    assert SECRET not in str(caught.value)
    assert not (places.programs / "one.store").exists()


def test_login_without_a_helper_saves_nothing(places: Places) -> None:
    """SIG-057: without a helper the login fails and says what is missing; no file is written."""
    with (
        running(Quirks(basic=USER)) as registry,
        pytest.raises(ConfigurationError, match="credentials store is required"),
    ):
        log_in(registry.host, Credential(*USER), places.credentials, SETTINGS)
    assert list(places.own.iterdir()) == list(places.docker.iterdir()) == []


def test_login_with_the_credential_that_is_in_the_file_succeeds(places: Places) -> None:
    """CLI contract 7.5: an identical entry of the chosen file counts; another password does not."""
    with running(Quirks(basic=USER)) as registry:
        places.configure(places.docker, auths={registry.host: auth(*USER)})
        assert (
            log_in(registry.host, Credential(*USER), places.credentials, SETTINGS)
            is LoginResult.ALREADY_IN_FILE
        )
        places.configure(places.docker, auths={registry.host: auth("someone", "old")})
        with pytest.raises(ConfigurationError):
            log_in(registry.host, Credential(*USER), places.credentials, SETTINGS)


@pytest.mark.parametrize("registry", ["", "a/b", "http://a", "user@a", "a b"])
def test_login_to_what_is_no_registry_is_a_usage_error(places: Places, registry: str) -> None:
    """CLI contract 7.5."""
    with pytest.raises(UsageError, match="invalid registry"):
        log_in(registry, Credential(*USER), places.credentials, SETTINGS)


def test_logout_asks_the_helper_to_forget(places: Places) -> None:
    """CLI contract 7.6: the chosen store is told; not to have known is no error."""
    places.install(
        "one", f"cat > {places.programs}/one.$1; echo credentials not found in native keychain; exit 1"
    )
    places.configure(places.docker, credsStore="one")
    log_out("a.example.com", places.credentials)
    assert (places.programs / "one.erase").read_text() == "a.example.com"


def test_logout_takes_the_entry_out_of_the_file_and_nothing_else(places: Places) -> None:
    """CLI contract 4.1, 7.6; SEC-005: unknown members survive; tabs, no final newline; mode kept."""
    path = places.docker / "config.json"
    members = {
        "x": {"y": [1, "<&>"]},
        "auths": {"a": auth("u", SECRET), "https://a/v1/": {}, "ab": auth("v", "w")},
    }
    path.write_text(json.dumps(members))
    path.chmod(0o600)
    log_out("a", places.credentials)
    text = path.read_text()
    assert json.loads(text) == {"x": {"y": [1, "<&>"]}, "auths": {"ab": auth("v", "w")}}
    assert text.startswith('{\n\t"x"')
    assert not text.endswith("\n")
    assert path.stat().st_mode & 0o777 == 0o600
    log_out("a", places.credentials)
    assert path.read_text() == text


def test_logout_from_an_unknown_server_is_fine(places: Places) -> None:
    """CLI contract 7.6: success also when nothing was stored; no file appears."""
    log_out("a.example.com", ConfiguredCredentials(places.own, places.environ, "linux"))
    assert list(places.own.iterdir()) == []


def test_logout_says_which_helper_failed(places: Places) -> None:
    """CLI contract 7.6: a helper's failure is a failure."""
    places.install("one", "echo locked; exit 1")
    places.configure(places.docker, credsStore="one")
    with pytest.raises(
        NotationError, match=r"failed to log out of a: failed to delete the credential for a: .*locked"
    ):
        log_out("a", places.credentials)


def test_login_that_the_helper_does_not_keep_is_none(places: Places) -> None:
    """CLI contract 7.5: accepted by the registry, and then refused by the helper; the secret is not shown."""
    places.install("bad", "cat >/dev/null; exit 1")
    places.configure(places.docker, credsStore="bad")
    with running(Quirks(basic=USER)) as registry, pytest.raises(NotationError) as caught:
        log_in(registry.host, Credential(*USER), places.credentials, SETTINGS)
    assert "failed to store the credentials for" in caught.value.message
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", [199, 201, 204])
def test_login_needs_status_200(places: Places, status: int) -> None:
    """CLI contract 7.5: any other answer of the root says nothing about a credential."""
    places.answers("one")
    places.configure(places.docker, credsStore="one")
    quirks = Quirks(alter=lambda request, reply: Reply(status, b"") if request.path == "/v2/" else reply)
    with running(quirks) as registry, pytest.raises(NotationError):
        log_in(registry.host, Credential(*USER), places.credentials, SETTINGS)
    assert not (places.programs / "one.store").exists()
