# SPDX-License-Identifier: Apache-2.0
"""Credential configuration and helpers: the rules of choice, and helpers that misbehave."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import time
from base64 import b64encode
from pathlib import Path

import pytest

from notation_py.adapters.credential_programs import (
    MAX_INPUT,
    MAX_OUTPUT,
    CredentialHelper,
    HelperCredential,
    default_suffix,
)
from notation_py.adapters.credentials import (
    ConfiguredCredentials,
    Credential,
    docker_configuration_path,
)
from notation_py.adapters.docker_configuration import DockerConfiguration
from notation_py.errors import ConfigurationError, NotationError, Outcome, UnavailableError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="helpers are shell scripts here")

SECRET = "hunter2-secret"


def auth(username: str, password: str) -> dict[str, str]:
    return {"auth": b64encode(f"{username}:{password}".encode()).decode()}


class Places:
    """A configuration directory, docker's directory and a PATH of their own."""

    def __init__(self, root: Path) -> None:
        self.own, self.docker, self.programs = root / "notation", root / "docker", root / "bin"
        for directory in (self.own, self.docker, self.programs):
            directory.mkdir()
        self.environ = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "DOCKER_CONFIG": str(self.docker),
            "HOME": str(root),
        }

    def configure(self, directory: Path, **members: object) -> None:
        (directory / "config.json").write_text(json.dumps(members))

    def install(self, suffix: str, script: str) -> Path:
        """Install the helper `docker-credential-<suffix>`, a shell script."""
        program = self.programs / f"docker-credential-{suffix}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    def answers(self, suffix: str, **members: str) -> None:
        self.install(suffix, f"cat > {self.programs}/{suffix}.$1\ncat <<'END'\n{json.dumps(members)}\nEND")

    @property
    def credentials(self) -> ConfiguredCredentials:
        return ConfiguredCredentials(self.own, self.environ, "linux")

    def helper(self, suffix: str, timeout: float = 10) -> CredentialHelper:
        return CredentialHelper(suffix, self.environ, timeout=timeout)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_own_configuration_comes_before_that_of_docker(places: Places) -> None:
    """CLI contract 6.3, SIG-057: one configuration is chosen, whole; there is no second choice."""
    places.configure(places.own, auths={"a.example.com": auth("own", "1")})
    places.configure(
        places.docker, auths={"a.example.com": auth("docker", "2"), "b.example.com": auth("docker", "2")}
    )
    assert places.credentials.credential_for("a.example.com") == Credential("own", "1")
    assert places.credentials.credential_for("b.example.com") is None


def test_configuration_without_credentials_passes_on_to_docker(places: Places) -> None:
    """CLI contract 6.3: settings of another kind, or empty members, configure no credentials."""
    places.configure(places.own, insecureRegistries=["x"], auths={}, credsStore="", credHelpers=None)
    places.configure(places.docker, auths={"a.example.com": auth("docker", "2")})
    assert places.credentials.credential_for("a.example.com") == Credential("docker", "2")


def test_malformed_docker_configuration_is_an_error_only_if_looked_at(places: Places) -> None:
    """CLI contract 6.3: the words of the Go program; docker's file is not opened when notation's decides."""
    (places.docker / "config.json").write_text("{")
    with pytest.raises(
        ConfigurationError, match="create credential store from docker config file: failed to decode"
    ):
        places.credentials.credential_for("a.example.com")
    places.configure(places.own, auths={"a.example.com": auth("own", "1")})
    assert places.credentials.credential_for("a.example.com") == Credential("own", "1")


def test_server_helper_comes_before_the_store_and_both_before_the_file(places: Places) -> None:
    """CLI contract 4.1, 6.3: credHelpers, then credsStore; a helper that knows nothing is the last word."""
    places.answers("one", Username="one", Secret="1")
    places.answers("two", Username="two", Secret="2")
    places.install("none", "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1")
    places.configure(
        places.own,
        credsStore="two",
        credHelpers={"a.example.com": "one", "c.example.com": "none"},
        auths={"a.example.com": auth("file", "3"), "c.example.com": auth("file", "3")},
    )
    assert places.credentials.credential_for("a.example.com") == Credential("one", "1")
    assert places.credentials.credential_for("b.example.com") == Credential("two", "2")
    assert places.credentials.credential_for("c.example.com") is None
    assert (places.programs / "one.get").read_text() == "a.example.com"


def test_token_user_marks_an_identity_token(places: Places) -> None:
    """CLI contract 6.3: the user name `<token>` marks an identity token."""
    places.answers("one", ServerURL="a.example.com", Username="<token>", Secret=SECRET)
    places.configure(places.docker, credsStore="one")
    assert places.credentials.credential_for("a.example.com") == Credential(refresh_token=SECRET)


@pytest.mark.parametrize(
    ("installed", "platform", "expected"),
    [
        (["pass", "docker-credential-pass"], "linux", "pass"),
        (["docker-credential-pass", "docker-credential-secretservice"], "linux", "secretservice"),
        (["pass", "docker-credential-secretservice"], "linux", None),
        (["docker-credential-osxkeychain"], "darwin", "osxkeychain"),
        ([], "linux", None),
    ],
)
def test_system_helper_is_the_last_resort(
    places: Places, installed: list[str], platform: str, expected: str | None
) -> None:
    """CLI contract 6.3 (3): the platform's helper, if it is on PATH."""
    for name in installed:
        (places.programs / name).write_text("#!/bin/sh\n")
        (places.programs / name).chmod(0o755)
    assert default_suffix({"PATH": str(places.programs)}, platform) == expected


def test_docker_directory_follows_the_environment(places: Places) -> None:
    """CLI contract 3: DOCKER_CONFIG, else `.docker` at home."""
    assert docker_configuration_path({"DOCKER_CONFIG": "/d", "HOME": "/h"}) == Path("/d/config.json")
    assert docker_configuration_path({"HOME": "/h"}) == Path("/h/.docker/config.json")
    assert docker_configuration_path({}) is None


LOOKALIKES = [
    "registry.example.com.evil.com",
    "evil-registry.example.com",
    "Registry.example.com",
    "registry.example.com:443",
    "registry.example.com.",
    "http://",
    "https://registry.example.com@evil.com/",
    "https://registry.example.com:8443/v1/",
    "xregistry.example.com",
    "registry.example.co",
    "example.com",
    "*.example.com",
    "https://evil.com/registry.example.com",
]


@pytest.mark.parametrize("key", LOOKALIKES)
def test_attack_183_lookalike_keys_find_nothing(places: Places, key: str) -> None:
    """Attack 183; SIG-057: the exact name, or that host as a URL; nothing that resembles it."""
    places.configure(places.docker, auths={key: auth("user", SECRET)})
    assert places.credentials.credential_for("registry.example.com") is None


@pytest.mark.parametrize(
    "key",
    [
        "https://h.example.com",
        "https://h.example.com/",
        "https://h.example.com/v1/",
        "http://h.example.com/v2/",
    ],
)
def test_attack_183_old_url_keys_are_that_host(places: Places, key: str) -> None:
    """Attack 183: keys written as URLs by older programs name their host, unless an exact key is there."""
    places.configure(places.docker, auths={key: auth("url", "1")})
    assert places.credentials.credential_for("h.example.com") == Credential("url", "1")
    places.configure(places.docker, auths={key: auth("url", "1"), "h.example.com": auth("exact", "2")})
    assert places.credentials.credential_for("h.example.com") == Credential("exact", "2")


def test_attack_183_disagreeing_keys_are_an_error(places: Places) -> None:
    """Attack 183: two entries for one host that differ are not chosen between."""
    places.configure(places.docker, auths={"https://h/": auth("a", "1"), "http://h/": auth("b", SECRET)})
    with pytest.raises(ConfigurationError) as caught:
        places.credentials.credential_for("h")
    assert SECRET not in str(caught.value)


def test_attack_183_missing_helper_is_said_and_not_passed_over(places: Places) -> None:
    """Attack 183; CLI contract 6.3: a configured helper that is missing is an error, in the Go words."""
    places.configure(places.docker, credsStore="absent", auths={"h": auth("file", SECRET)})
    with pytest.raises(UnavailableError) as caught:
        places.credentials.credential_for("h")
    assert caught.value.outcome is Outcome.AUTH
    assert caught.value.message == 'exec: "docker-credential-absent": executable file not found in $PATH'


@pytest.mark.parametrize(
    "entry",
    [
        {"auth": "not base64"},
        {"auth": b64encode(b"no colon").decode()},
        {"auth": b64encode(b"\xff:\xfe").decode()},
        {"auth": 3},
        "text",
        {"identitytoken": []},
    ],
    ids=["alphabet", "colon", "utf-8", "number", "text", "array"],
)
def test_unusable_entry_is_an_error_of_the_file(places: Places, entry: object) -> None:
    """R-01: what cannot be read is said with its place, without its content."""
    places.configure(places.docker, auths={"h": entry})
    with pytest.raises(ConfigurationError, match="auths"):
        places.credentials.credential_for("h")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"identitytoken": "t"} | auth("u", ""), Credential("u", "", "t")),
        ({"registrytoken": "t"}, Credential(access_token="t")),
        ({"username": "u", "password": "p"}, Credential("u", "p")),
        (auth("u", "p:q"), Credential("u", "p:q")),
        ({}, None),
    ],
)
def test_every_kind_of_entry_is_read(places: Places, entry: object, expected: Credential | None) -> None:
    """CLI contract 4.1: the members of docker's format."""
    places.configure(places.docker, auths={"h": entry})
    assert places.credentials.credential_for("h") == expected


def test_secrets_are_in_no_representation(places: Places) -> None:
    """SEC-006, R-36: redaction by construction."""
    places.configure(places.docker, auths={"h": auth("u", SECRET)})
    configuration = DockerConfiguration.load(places.docker / "config.json")
    encoded = auth("u", SECRET)["auth"]
    shown = repr((configuration, Credential("u", SECRET, SECRET, SECRET), HelperCredential("u", SECRET)))
    assert SECRET not in shown
    assert encoded not in shown


# -- helpers


@pytest.mark.parametrize("suffix", ["../x", "a/b", "a b", "a;b", "", "é", "$(x)", "x" * 200, "a\x00", "."])
def test_attack_182_helper_name_is_a_word(places: Places, suffix: str) -> None:
    """Attack 182: a name with other characters starts nothing."""
    (places.programs / "x").write_text(f"#!/bin/sh\ntouch {places.programs}/started\n")
    (places.programs / "x").chmod(0o755)
    with pytest.raises(UnavailableError) as caught:
        places.helper(suffix).credential_for("h")
    assert caught.value.outcome is Outcome.AUTH
    assert not (places.programs / "started").exists()


def test_attack_182_helper_comes_from_absolute_directories_of_path(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 182: the working directory is not searched, whatever PATH says."""
    places.answers("one", Username="u", Secret="s")
    monkeypatch.chdir(places.programs)
    for path in (".", "", "bin", f":{places.own}"):
        with pytest.raises(UnavailableError, match="not found"):
            CredentialHelper("one", {"PATH": path}).credential_for("h")
    places.install("two", "").chmod(0o644)
    with pytest.raises(UnavailableError, match="not found"):
        places.helper("two").credential_for("h")


@pytest.mark.parametrize(
    "script",
    [
        "echo garbage",
        "true",
        "echo '{}'",
        "echo '[]'",
        """echo '{"Username":"u"}'""",
        """echo '{"Username":1,"Secret":"s"}'""",
        """echo '{"Username":"","Secret":""}'""",
        """echo '{"Username":"u","Secret":"s","Secret":"t"}'""",
        """echo '{"ServerURL":"other","Username":"u","Secret":"hunter2-secret"}'""",
        """echo '{"Username":"u","Secret":"hunter2-secret"}'; exit 3""",
        "head -c 300000 /dev/zero",
        "cat /dev/zero",
        "kill -9 $$",
        "echo no >&2; exit 1",
    ],
    ids=[
        "garbage",
        "nothing",
        "empty",
        "array",
        "half",
        "number",
        "blank",
        "duplicate",
        "other-server",
        "status",
        "long",
        "endless",
        "killed",
        "stderr",
    ],
)
def test_attack_182_helper_that_misbehaves_is_auth(places: Places, script: str) -> None:
    """Attack 182; SEC-001: garbage, another server's secret, or too much is no credential."""
    places.install("bad", script)
    with pytest.raises(UnavailableError) as caught:
        places.helper("bad").credential_for("h")
    assert caught.value.outcome is Outcome.AUTH
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("suffix", ["", "../evil", "a/b", "a b", "a\x00", "é", "x" * 129])
def test_attack_182_helper_with_another_name_is_not_looked_for(places: Places, suffix: str) -> None:
    """Attack 182; R-30: the name comes from a file and is part of the path of a program."""
    with pytest.raises(UnavailableError, match="invalid credential helper name") as caught:
        places.helper(suffix)
    assert caught.value.outcome is Outcome.AUTH


@pytest.mark.parametrize("script", ["sleep 60", "exec 1>&-; sleep 60", "sleep 60 & echo '{'; exit 0"])
def test_attack_182_helper_that_hangs_is_ended_with_its_children(places: Places, script: str) -> None:
    """Attack 182; R-30: after the time limit the whole process group is gone."""
    pid_file = places.programs / "pid"
    places.install("slow", f"echo $$ > {pid_file}\n{script}")
    started = time.monotonic()
    with pytest.raises(UnavailableError):
        places.helper("slow", timeout=0.5).credential_for("h")
    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        wait_until_gone(int(pid_file.read_text()))


def wait_until_gone(group: int) -> None:
    """Signal the process group *group* until nobody receives it."""
    for _ in range(100):
        os.killpg(group, 0)
        time.sleep(0.05)


def test_attack_182_environment_is_a_short_list(places: Places) -> None:
    """SIG-057, PLG-030: neither our credentials nor what others put in the environment reaches a helper."""
    places.install("env", f'env > {places.programs}/env.txt; echo \'{{"Username":"u","Secret":"s"}}\'')
    places.environ |= {
        "NOTATION_USERNAME": "u",
        "NOTATION_PASSWORD": SECRET,
        "CI_TOKEN": SECRET,
        "LD_PRELOAD": "",
        "AWS_PROFILE": "p",
        "XDG_RUNTIME_DIR": "/run",
    }
    places.helper("env").credential_for("h")
    names = {line.partition("=")[0] for line in (places.programs / "env.txt").read_text().splitlines()}
    assert {"AWS_PROFILE", "XDG_RUNTIME_DIR", "PATH", "HOME"} <= names
    assert not names & {"NOTATION_USERNAME", "NOTATION_PASSWORD", "CI_TOKEN", "LD_PRELOAD"}


def test_store_and_erase_speak_the_protocol(places: Places) -> None:
    """CLI contract 6.3: `store` with one JSON object, `erase` with the server."""
    places.answers("one")
    places.helper("one").store("a.example.com", "u", SECRET)
    places.helper("one").erase("a.example.com")
    assert json.loads((places.programs / "one.store").read_text()) == {
        "ServerURL": "a.example.com",
        "Username": "u",
        "Secret": SECRET,
    }
    assert (places.programs / "one.erase").read_text() == "a.example.com"


def test_failed_store_does_not_repeat_the_secret(places: Places) -> None:
    """SEC-006, attack 180: a helper that echoes what it was given is not quoted."""
    places.install("echo", "cat; exit 1")
    with pytest.raises(UnavailableError) as caught:
        places.helper("echo").store("h", "u", SECRET)
    assert SECRET not in str(caught.value)


def test_nothing_is_written_by_reading(places: Places) -> None:
    """SIG-057: looking up a credential leaves files as they are."""
    places.configure(places.docker, auths={"h": auth("u", "p")})
    path = places.docker / "config.json"
    before = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
    places.credentials.credential_for("h")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == before
    assert sorted(entry.name for entry in places.own.iterdir()) == []


@pytest.mark.parametrize(
    ("username", "password", "expected"),
    [
        ("u", "p", Credential("u", "p")),
        ("", "p", Credential(refresh_token="p")),
        ("u", "", Credential("u")),
        ("", "", None),
    ],
)
def test_user_and_password_together_mean(username: str, password: str, expected: Credential | None) -> None:
    """SIG-057: an empty user name with a password means an identity token."""
    assert Credential.of_user(username, password) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'{"auths":[]}',
        b'{"auths":{"h":{}},"auths":{}}',
        b"\xff",
        b'{"credsStore":1}',
        b'{"credHelpers":{"h":1}}',
        b"[" * 100_000,
        b" " * (2 << 20),
    ],
)
def test_malformed_configuration_is_one_clear_error(places: Places, data: bytes) -> None:
    """R-01, R-33: no crash, one error that names the file."""
    (places.docker / "config.json").write_bytes(data)
    with pytest.raises(NotationError) as caught:
        places.credentials.credential_for("h")
    assert str(places.docker) in str(caught.value)


@pytest.mark.parametrize("action", ["get", "store", "erase"])
def test_attack_182_helper_that_is_killed_has_not_answered(places: Places, action: str) -> None:
    """Attack 182: what it printed before it was killed counts for nothing."""
    places.install("bad", """echo '{"Username":"u","Secret":"s"}'; kill -9 $$""")
    helper = places.helper("bad")
    actions = {
        "get": lambda: helper.credential_for("h"),
        "store": lambda: helper.store("h", "u", SECRET),
        "erase": lambda: helper.erase("h"),
    }
    with pytest.raises(UnavailableError, match=f"{action} ended with status -9") as caught:
        actions[action]()
    assert caught.value.outcome is Outcome.AUTH


@pytest.mark.parametrize("action", ["get", "store", "erase"])
def test_attack_182_exit_code_that_somebody_else_took_is_no_success(places: Places, action: str) -> None:
    """Attacks 156, 182: where SIGCHLD is ignored, which programs inherit, `subprocess` says 0 for any end."""
    places.install("bad", """echo '{"Username":"u","Secret":"s"}'; exec >&-; sleep 0.2; exit 3""")
    helper = places.helper("bad")
    actions = {
        "get": lambda: helper.credential_for("h"),
        "store": lambda: helper.store("h", "u", SECRET),
        "erase": lambda: helper.erase("h"),
    }
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with pytest.raises(UnavailableError, match="ended, and its exit code is lost") as caught:
            actions[action]()
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert caught.value.outcome is Outcome.AUTH


def test_attack_182_helper_that_names_no_text_as_server(places: Places) -> None:
    """Attack 182: a server that is no text is another server."""
    places.install("bad", """echo '{"ServerURL":5,"Username":"u","Secret":"s"}'""")
    with pytest.raises(UnavailableError, match="answered for another server"):
        places.helper("bad").credential_for("h")


def test_helper_is_asked_in_one_line(places: Places) -> None:
    """R-30: the largest request is sent, a larger one and one of two lines is not."""
    places.install("one", f"""cat > {places.programs}/asked; echo '{{"Username":"u","Secret":"s"}}'""")
    helper = places.helper("one")
    for wrong in ("h\nx", "h\x00", "h" * (MAX_INPUT + 1)):
        with pytest.raises(UnavailableError, match="the request cannot be sent"):
            helper.credential_for(wrong)
    assert not (places.programs / "asked").exists()
    assert helper.credential_for("h" * MAX_INPUT) == HelperCredential("u", "s")
    assert len((places.programs / "asked").read_bytes()) == MAX_INPUT


def test_largest_answer_of_a_helper_is_read(places: Places) -> None:
    """SEC-001: and one byte more is too much."""
    answer = '{"Username":"u","Secret":"s"}'
    for name, size in (("most", MAX_OUTPUT), ("more", MAX_OUTPUT + 1)):
        (places.programs / f"{name}.txt").write_text(answer + " " * (size - len(answer)))
        places.install(name, f"cat {places.programs}/{name}.txt")
    assert places.helper("most").credential_for("h") == HelperCredential("u", "s")
    with pytest.raises(UnavailableError, match="printed more than"):
        places.helper("more").credential_for("h")


def test_helper_that_says_nothing_did_not_answer(places: Places) -> None:
    """R-30: told apart from one that answered and did not end."""
    places.install("slow", "sleep 60")
    with pytest.raises(UnavailableError, match="did not answer within"):
        places.helper("slow", timeout=0.3).credential_for("h")


def test_helper_that_is_no_program_is_auth(places: Places) -> None:
    """Attack 182; R-30: an executable file that the system cannot start."""
    places.install("odd", "")
    path = places.programs / "docker-credential-odd"
    path.write_bytes(b"\x7fELF nothing else")
    with pytest.raises(
        UnavailableError, match="cannot start docker-credential-odd: exec format error"
    ) as caught:
        places.helper("odd").credential_for("h")
    assert caught.value.outcome is Outcome.AUTH
