# SPDX-License-Identifier: Apache-2.0
"""Credentials of the whole program: kept by a helper, sent to one registry, shown to nobody."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.simulator import pki, registries
from tests.simulator.commands import Command, Settings, our_program, statement
from tests.simulator.images import push_image
from tests.simulator.recorder import Recorder, recorder
from tests.simulator.registries import PASSWORD, USER, Access, RunningRegistry

pytestmark = pytest.mark.interop

HELPER = """\
#!/bin/sh
exec {python} {script} {store} "$1"
"""
HELPER_SCRIPT = """\
import json, pathlib, sys
store, verb = pathlib.Path(sys.argv[1]), sys.argv[2]
kept = json.loads(store.read_text()) if store.exists() else {}
asked = sys.stdin.read()
if verb == "store":
    entry = json.loads(asked)
    kept[entry["ServerURL"]] = entry
elif verb == "erase":
    kept.pop(asked.strip(), None)
elif asked.strip() in kept:
    print(json.dumps(kept[asked.strip()]))
else:
    print("credentials not found in native keychain")
    sys.exit(1)
store.write_text(json.dumps(kept))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A key that is trusted, and a credential helper named `trial`."""
    settings = Settings(tmp_path / "settings")
    chain = pki.make_chain("EC-256", 2, subject="login")
    settings.add_key("k", chain)
    settings.trust("s", chain)
    settings.policy(statement("all", stores=["ca:s"]))
    return settings


@pytest.fixture
def program(settings: Settings) -> Command:
    bare = our_program(settings)
    programs_directory = settings.directory / "bin"
    programs_directory.mkdir()
    script = programs_directory / "helper.py"
    script.write_text(HELPER_SCRIPT)
    helper = programs_directory / "docker-credential-trial"
    words = (sys.executable, str(script), str(kept_in(settings)))
    helper.write_text(
        HELPER.format(**dict(zip(("python", "script", "store"), map(shlex.quote, words), strict=True)))
    )
    helper.chmod(0o755)
    write_configuration(settings, credsStore="trial")
    return bare.with_environment(PATH=f"{programs_directory}:{bare.environment['PATH']}")


def kept_in(settings: Settings) -> Path:
    return settings.directory / "kept.json"


def kept(settings: Settings) -> dict[str, dict[str, str]]:
    """Return what the credential helper keeps."""
    path = kept_in(settings)
    return json.loads(path.read_text()) if path.exists() else {}


def write_configuration(settings: Settings, **members: object) -> None:
    path = settings.config / "config.json"
    path.write_text(json.dumps(members))
    path.chmod(0o600)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A registry's directory that holds the image `app`, and the image's digest."""
    directory = tmp_path_factory.mktemp("guarded")
    try:
        with registries.docker_registry(directory) as running:
            return directory, str(push_image(running.host, "app", "v1").digest)
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def guarded(images: tuple[Path, str]) -> Iterator[RunningRegistry]:
    """The registry of `images`, which wants the password of alice."""
    with registries.docker_registry(images[0], Access.PASSWORD) as running:
        yield running


@pytest.fixture
def reference(guarded: RunningRegistry, images: tuple[Path, str]) -> str:
    return f"{guarded.host}/app@{images[1]}"


def log_in(program: Command, host: str, password: str = PASSWORD) -> tuple[int, str, str]:
    ran = program("login", "-u", USER, "--password-stdin", host, stdin=f"{password}\n")
    return ran.code, ran.out, ran.err


def test_login_serves_every_later_command(
    program: Command, settings: Settings, guarded: RunningRegistry, reference: str
) -> None:
    """Refused before, signed and verified after a login, refused after the logout (SIG-056, SIG-057)."""
    refused = program("list", reference)
    assert refused.code == 1
    assert "basic credential not found" in refused.err
    assert log_in(program, guarded.host) == (0, "Login Succeeded\n", "")
    assert kept(settings)[guarded.host]["Secret"] == PASSWORD
    program.done("sign", reference)
    program.done("verify", reference)
    assert program.done("logout", guarded.host).out == "Logout Succeeded\n"
    assert kept(settings) == {}
    assert program("verify", reference).code == 1


def test_login_with_a_wrong_password_keeps_nothing(
    program: Command, settings: Settings, guarded: RunningRegistry
) -> None:
    """The registry refuses; the error says so without the password, and nothing is kept (SEC-006)."""
    code, out, err = log_in(program, guarded.host, "not that one")
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: failed to log in to {guarded.host}: failed to validate the credentials")
    assert "not that one" not in err
    assert kept(settings) == {}


def test_login_without_a_store_is_refused(
    program: Command, settings: Settings, guarded: RunningRegistry
) -> None:
    """No helper is set up: a password goes into no file (SEC-006)."""
    write_configuration(settings, auths={"other.example": {"auth": "YTpi"}})
    before = (settings.config / "config.json").read_bytes()
    code, _, err = log_in(program, guarded.host)
    assert code == 1
    assert "a credentials store is required to securely store the password" in err
    assert (settings.config / "config.json").read_bytes() == before


@pytest.mark.parametrize("words", [["-u", USER, "-p", PASSWORD], []], ids=["flags", "environment"])
def test_a_given_credential_is_used_and_never_shown(
    program: Command, reference: str, words: list[str]
) -> None:
    """Flags or variables serve one command; not even `--debug` shows the secret (SIG-057, SEC-006)."""
    if not words:
        program = program.with_environment(NOTATION_USERNAME=USER, NOTATION_PASSWORD=PASSWORD)
    ran = program.done("list", "--debug", *words, reference)
    assert "*****" in ran.err
    for secret in (PASSWORD, "YWxpY2U6Y29ycmVjdCBob3JzZQ=="):
        assert secret not in ran.out + ran.err


def test_a_credential_goes_to_its_registry_only(
    program: Command, settings: Settings, guarded: RunningRegistry, images: tuple[Path, str]
) -> None:
    """Logged in to one registry, asked for a password by another: nothing is sent there (R-24, SIG-057)."""
    assert log_in(program, guarded.host)[0] == 0
    with recorder(guarded.host) as other:
        ran = program("verify", f"{other.host}/app@{images[1]}")
        assert ran.code == 1
        assert "basic credential not found" in ran.err
        assert sent_credentials(other) == []
        given = program.with_environment(NOTATION_USERNAME=USER, NOTATION_PASSWORD=PASSWORD)
        given.done("list", f"{other.host}/app@{images[1]}")
        assert sent_credentials(other) != []


def sent_credentials(recorded: Recorder) -> list[bytes]:
    """Return the lines with which clients said who they are."""
    lines = [line for sent in recorded.connections for line in bytes(sent).splitlines()]
    return [line for line in lines if line.lower().startswith((b"authorization:", b"cookie:"))]


def test_a_challenge_is_answered_once(
    program: Command, guarded: RunningRegistry, images: tuple[Path, str]
) -> None:
    """After the first refusal every request carries the credential: one more round trip in all (SIG-056)."""
    given = program.with_environment(NOTATION_USERNAME=USER, NOTATION_PASSWORD=PASSWORD)
    with recorder(guarded.host) as recorded:
        reference = f"{recorded.host}/app@{images[1]}"
        given.done("sign", reference)
        recorded.forget()
        given.done("verify", reference)
        methods = [line.split()[0] for line in recorded.requests]
        assert methods == ["HEAD", "GET", "HEAD", "GET", "GET", "GET", "GET"]
        assert len(sent_credentials(recorded)) == 5
        assert recorded.turns == 5
        assert len(recorded.connections) == 1
