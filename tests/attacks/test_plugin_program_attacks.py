# SPDX-License-Identifier: Apache-2.0
"""Programs that must not be run, names that name no program, and what a plugin may see."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pytest

from notation_py.adapters.files import Strictness, open_file
from notation_py.adapters.plugin_programs import MissingPluginError, find_program, program_names
from notation_py.adapters.plugin_records import RECORD_NAME, record_bytes
from notation_py.adapters.plugins import InstalledPlugins
from notation_py.adapters.program_environment import plugin_environment
from notation_py.errors import PluginError
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.contract import Command
from tests.simulator.plugin_programs import (
    is_running,
    metadata,
    places,
    program,
    put_plugin,
    refuse,
    surroundings,
    waited,
    write_program,
)

NAMES = {
    "parent": "../../x",
    "absolute": "/bin/sh",
    "NUL": "a\0b",
    "4096 characters": "a" * 4096,
    "129 characters": "a" * 129,
    "metacharacters": "$(touch x);`id`|&",
    "dot": ".",
    "dots": "..",
    "empty": "",
    "slash": "a/b",
    "backslash": "a\\b",
    "line end": "demo\n",
    "space": "de mo",
    "letters beyond ASCII": "dеmo",  # the second letter is Cyrillic
    "prefix of a choice": "exe:py:demo",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_impossible_name_runs_nothing(name: str, tmp_path: Path) -> None:
    """Attack 153; PLG-005: the name is refused before the disk is touched."""
    put_plugin(tmp_path)
    with pytest.raises(PluginError, match=r"^invalid plugin name "):
        find_program(places(tmp_path).plugins, name, surroundings())
    installed = InstalledPlugins(places(tmp_path), {"PATH": "/bin"}, Strictness.WARN, warn=refuse)
    with pytest.raises(PluginError, match=r"^invalid plugin name "):
        installed.find(name)


def test_path_in_a_name_does_not_lead_to_a_program(tmp_path: Path) -> None:
    """Attack 153; PLG-005: a program outside `plugins` that the name would reach is not found."""
    plugins = places(tmp_path).plugins
    put_plugin(tmp_path)
    for name in ("../x", "a/b", f"{tmp_path}/x"):
        write_program(Path(f"{plugins / name}/notation-{name}"), program())
        with pytest.raises(PluginError, match=r"^invalid plugin name "):
            find_program(plugins, name, surroundings())


def record(path: Path, **others: str) -> None:
    """Write down that *path* is what was installed, and besides files with the digests *others*."""
    digests = {path.name: sha256(path.read_bytes()).hexdigest(), **others}
    (path.parent / RECORD_NAME).write_bytes(record_bytes(digests))


def link(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to("real")


def linked_directory(path: Path) -> None:
    path.parent.rename(path.parents[2] / "elsewhere")
    path.parent.symlink_to(path.parents[2] / "elsewhere")


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o755)


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o755)


def with_bits(bits: int, level: int = 0) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        place = [path, *path.parents][level]
        place.chmod(stat.S_IMODE(place.stat().st_mode) | bits)

    return change


def not_executable(path: Path) -> None:
    path.chmod(0o444)


def changed(path: Path) -> None:
    record(path)
    path.write_bytes(path.read_bytes() + b"# more\n")


def companion_changed(path: Path) -> None:
    write_program(path.with_name("library"), b"bad", 0o644)
    record(path, library=sha256(b"good").hexdigest())


def companion_gone(path: Path) -> None:
    record(path, library=sha256(b"good").hexdigest())


def companion_linked(path: Path) -> None:
    write_program(path.with_name("other"), b"good", 0o644)
    path.with_name("library").symlink_to("other")
    record(path, library=sha256(b"good").hexdigest())


def record_of(text: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        (path.parent / RECORD_NAME).write_text(text)

    return change


UNSAFE = {
    "link": (link, "not a regular file"),
    "linked directory": (linked_directory, "is not a directory"),
    "directory": (directory, "not a regular file"),
    "FIFO": (fifo, "not a regular file"),
    "set-user-ID": (with_bits(stat.S_ISUID), "set-user-ID"),
    "set-group-ID": (with_bits(stat.S_ISGID), "set-user-ID or set-group-ID"),
    "world-writable": (with_bits(0o002), "anybody can change"),
    "world-writable directory": (with_bits(0o002, 1), "anybody can change"),
    "world-writable plugins": (with_bits(0o002, 2), "anybody can change"),
    "world-writable parent of plugins": (with_bits(0o002, 3), "anybody can change"),
    "not executable": (not_executable, "permission denied"),
    "changed since installed": (changed, "is not what was installed"),
    "companion changed": (companion_changed, "library is not what was installed"),
    "companion linked": (companion_linked, "not a regular file"),
    "companion gone": (companion_gone, "no such file"),
    "record without the program": (record_of('{"version":"1","sha256":{}}'), "not in the record"),
    "record of elsewhere": (
        record_of('{"version":"1","sha256":{"notation-demo":"00","../x":"00"}}'),
        "not what was installed|names",
    ),
    "damaged record": (record_of('{"version":"1"'), "cannot be used"),
    "record with twins": (record_of('{"version":"1","version":"1","sha256":{}}'), "duplicate member"),
    "record of another version": (record_of('{"version":"2","sha256":{}}'), "unknown version"),
}


@pytest.mark.parametrize(("change", "said"), UNSAFE.values(), ids=list(UNSAFE))
def test_unsafe_program_is_not_run(change: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    """Attack 155; PLG-004, R-28: whoever else could have made it what it is, it is not started."""
    path = put_plugin(tmp_path, data=program(before=f"touch '{tmp_path}/was-run'"))
    change(path)
    with pytest.raises(PluginError, match=said) as caught:
        plugin_metadata(find_program(places(tmp_path).plugins, "demo", surroundings()), {})
    assert not isinstance(caught.value, MissingPluginError)
    assert caught.value.hint
    assert not (tmp_path / "was-run").exists()


def test_plugins_may_lie_in_a_shared_directory_that_is_sticky(tmp_path: Path) -> None:
    """R-28: nobody else can rename `plugins` there."""
    with_bits(stat.S_ISVTX | 0o002, 3)(put_plugin(tmp_path))
    assert plugin_metadata(find_program(places(tmp_path).plugins, "demo", surroundings()), {}).name == "demo"


@pytest.mark.parametrize("level", [0, 1, 2, 3], ids=["program", "directory", "plugins", "parent of plugins"])
def test_group_writable_program_is_warned_about_and_refused_when_hardened(level: int, tmp_path: Path) -> None:
    """Attack 155; R-28: as with all local files, a warning that names the command, or a refusal."""
    path = put_plugin(tmp_path)
    record(path)
    with_bits(0o020, level)(path)
    warnings: list[str] = []
    plugins = places(tmp_path).plugins
    assert plugin_metadata(find_program(plugins, "demo", surroundings(warn=warnings.append)), {})
    assert len(warnings) == 1
    assert "chmod go-w" in warnings[0]
    with pytest.raises(PluginError, match="can be changed by other users"):
        find_program(plugins, "demo", surroundings(Strictness.HARDENED))


def test_hardened_runs_only_what_was_recorded(tmp_path: Path) -> None:
    """R-28: a plugin that another program installed has no record; hardening asks for one."""
    path = put_plugin(tmp_path)
    plugins = places(tmp_path).plugins
    assert plugin_metadata(find_program(plugins, "demo", surroundings()), {}).name == "demo"
    with pytest.raises(PluginError, match="was not installed by notation-py") as caught:
        find_program(plugins, "demo", surroundings(Strictness.HARDENED))
    assert f"--file {path.parent}" in (caught.value.hint or "")
    record(path)
    assert plugin_metadata(find_program(plugins, "demo", surroundings(Strictness.HARDENED)), {})


def test_program_that_changes_between_check_and_use_is_not_run(tmp_path: Path) -> None:
    """Attack 155: a plugin that was found is looked at again before every run."""
    path = put_plugin(tmp_path)
    found = find_program(places(tmp_path).plugins, "demo", surroundings())
    assert found.run(Command.GET_PLUGIN_METADATA, b"{}").exit_code == 0
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    data = path.read_bytes()
    path.write_bytes(data.replace(b"1.0.0", b"9.0.0"))
    os.utime(path, ns=times)
    with pytest.raises(PluginError, match="has changed since it was checked"):
        found.run(Command.GET_PLUGIN_METADATA, b"{}")
    path.unlink()
    with pytest.raises(PluginError, match="no such file"):
        found.run(Command.GET_PLUGIN_METADATA, b"{}")


def test_program_that_is_swapped_while_it_is_hashed_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 155: what was hashed has to be what is run, not what its name means after it was opened."""
    path = put_plugin(tmp_path)
    record(path)
    other = write_program(tmp_path / "other", program(version="6.6.6"))

    @contextmanager
    def opened(name: Path) -> Iterator[BinaryIO]:
        with open_file(name) as stream:
            other.replace(name)
            yield stream

    monkeypatch.setattr("notation_py.adapters.plugin_records.open_file", opened)
    found = find_program(places(tmp_path).plugins, "demo", surroundings())
    with pytest.raises(PluginError, match="has changed since it was checked"):
        found.run(Command.GET_PLUGIN_METADATA, b"{}")


def test_missing_plugin_says_where_it_was_looked_for(tmp_path: Path) -> None:
    """PLG-001, PLG-002: the name leads to `plugins/NAME/notation-NAME`, in the Go program's words."""
    plugins = places(tmp_path).plugins
    with pytest.raises(MissingPluginError) as caught:
        find_program(plugins, "demo", surroundings())
    assert caught.value.message == (
        f"plugin executable file is either not found or inaccessible: stat {plugins}/demo/notation-demo: "
        "no such file or directory"
    )


def test_only_real_directories_are_candidates(tmp_path: Path) -> None:
    """PLG-003: files and links in `plugins` are not plugins; nor is what we put there ourselves."""
    put_plugin(tmp_path, "b")
    put_plugin(tmp_path, "a")
    plugins = places(tmp_path).plugins
    (plugins / "file").write_text("")
    (plugins / "link").symlink_to("a")
    (plugins / ".notation-py-0011.tmp").mkdir()
    (plugins / "no name").mkdir()
    assert list(program_names(plugins)) == ["a", "b"]
    assert list(program_names(tmp_path / "nowhere")) == []
    with pytest.raises(PluginError, match=r"failed to list plugin: open .*: not a directory"):
        list(program_names(plugins / "file"))


def answer(**changes: object) -> bytes:
    document = {**json.loads(metadata()), **changes}
    return f"#!/bin/sh\ncat <<'END'\n{json.dumps(document)}\nEND\n".encode()


METADATA = {
    "duplicate member": (
        f'#!/bin/sh\necho \'{metadata()[:-1]}, "name": "demo"}}\'\n'.encode(),
        "duplicate member",
    ),
    "contract version": (answer(supportedContractVersions=["2.0"]), "not in the list"),
    "other name": (answer(name="other"), 'must be "notation-other" instead of "notation-demo"'),
    "unknown capability": (answer(capabilities=["EVERYTHING"]), ""),
}


@pytest.mark.parametrize(("data", "said"), METADATA.values(), ids=list(METADATA))
def test_metadata_of_a_real_program_is_checked(data: bytes, said: str, tmp_path: Path) -> None:
    """Attack 157: through a real process; an unknown capability is no error, and gives no power (PLG-041)."""
    put_plugin(tmp_path, data=data)
    found = find_program(places(tmp_path).plugins, "demo", surroundings())
    if not said:
        assert plugin_metadata(found, {}).capabilities == ("EVERYTHING",)
        return
    with pytest.raises(PluginError, match=said):
        plugin_metadata(found, {})


HIDDEN = (
    "NOTATION_USERNAME", "NOTATION_PASSWORD", "NOTATION_PY_KEY_PASSPHRASE", "GITHUB_TOKEN", "CI_JOB_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN", "SYSTEM_ACCESSTOKEN", "DOCKER_AUTH_CONFIG",
    "REGISTRY_PASSWORD", "COSIGN_PASSWORD", "NPM_TOKEN", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "IFS",
    "NOTATION_OTHER_SECRET", "NOTATION_PY_HARDENED",
)  # fmt: skip
SHOWN = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "TMPDIR",
    "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_HEADER",
    "GOOGLE_APPLICATION_CREDENTIALS", "VAULT_ADDR", "VAULT_TOKEN", "BAO_ADDR", "ALIBABA_CLOUD_ROLE_ARN",
    "SOFTHSM2_CONF", "PKCS11_MODULE", "NOTATION_CONFIG", "NOTATION_LIBEXEC", "NOTATION_DE_MO_1_PIN",
)  # fmt: skip


def test_plugin_sees_its_own_variables_and_no_secrets_of_others(tmp_path: Path) -> None:
    """Attack 162; PLG-030, SIG-057: registry password and CI tokens are absent, cloud accounts are there."""
    everything = dict.fromkeys((*HIDDEN, *SHOWN), "value") | {"PATH": os.environ["PATH"]}
    put_plugin(tmp_path, "de-mo.1", b"#!/bin/sh\nexec env\n")
    installed = InstalledPlugins(
        places(tmp_path), everything | {"NOTATION_PY_ENTRY_POINTS": "0"}, Strictness.WARN, warn=refuse
    )
    output = installed.find("de-mo.1").run(Command.GET_PLUGIN_METADATA, b"{}").stdout.decode()
    seen = {line.partition("=")[0] for line in output.splitlines()} - {"PWD", "SHLVL", "_", "OLDPWD"}
    assert seen == {*SHOWN, "NOTATION_PY_PLUGIN_RUN"}


def test_further_variables_have_to_be_granted() -> None:
    """Attack 162; PLG-030: names and prefixes on request, our own secrets not even then."""
    environ = dict.fromkeys(("CI_JOB_JWT", "CI_X", "OTHER", *HIDDEN), "v")
    granted = ("CI_*", "OTHER", "NOTATION_PASSWORD", "NOTATION_*")
    seen = set(plugin_environment(environ, "demo", granted))
    assert seen == {
        "CI_JOB_JWT",
        "CI_JOB_TOKEN",
        "CI_X",
        "OTHER",
        "NOTATION_OTHER_SECRET",
        "NOTATION_PY_HARDENED",
    }
    assert plugin_environment(environ, "py") == {}


AGENT = """(setsid sh -c 'echo $$ >{pid}; exec sleep 300' </dev/null >/dev/null 2>&1 &)
while [ ! -s {pid} ]; do sleep 0.01; done"""


@pytest.mark.parametrize(
    ("command", "stays"), [(Command.GET_PLUGIN_METADATA, False), (Command.DESCRIBE_KEY, True)]
)
def test_agent_is_ended_with_the_question_what_a_plugin_is(
    tmp_path: Path, command: Command, stays: bool
) -> None:
    """R-30, PLG-020: only a command that needs a key may leave an agent of a token behind."""
    pid = tmp_path / "pid"
    put_plugin(tmp_path, data=program(before=AGENT.format(pid=pid)))
    found = find_program(places(tmp_path).plugins, "demo", surroundings())
    assert found.run(command, b"{}").exit_code == 0
    agent = int(pid.read_text())
    try:
        assert waited(lambda: is_running(agent) == stays)
    finally:
        if is_running(agent):
            os.kill(agent, signal.SIGKILL)
