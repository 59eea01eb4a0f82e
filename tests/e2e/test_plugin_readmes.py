# SPDX-License-Identifier: Apache-2.0
"""The first signatures that READMEs of plugins show, made as they are shown where no service is needed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import programs
from tests.simulator.commands import Command, Settings, go_program, our_program
from tests.simulator.images import build_image, write_layout
from tests.simulator.plugin_packages import DISTRIBUTIONS, PLUGINS, console_script, installed
from tests.simulator.written_plugin import Step, console_steps

LIBRARIES = {"pkcs11": "pkcs11", "vault": "hvac"}
CERTIFICATE = console_steps((PLUGINS / "README.md").read_text())


def section(name: str, heading: str) -> str:
    """Return what the README of *name* has below *heading*."""
    text = (PLUGINS / name / "README.md").read_text()
    [found] = re.findall(rf"^## {heading}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    return found


def first_signature(name: str) -> str:
    """Return the section of the README of *name* from nothing to a verified signature."""
    return section(name, "From nothing to a verified signature")


def install_step(name: str, client: str) -> Step:
    """Return the command by which the README of *name* has *client* install the program."""
    [found] = [step for step in console_steps(section(name, "Install")) if step.text.startswith(f"{client} ")]
    return found


@dataclass(frozen=True, slots=True)
class Service:
    """What stands behind a README: changes to its commands, shell functions, and the environment."""

    replaced: Mapping[str, str] = field(default_factory=dict)
    functions: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def service_of(name: str, directory: Path) -> Iterator[Service]:
    """Yield what *name* asks for keys; raises ProgramUnavailableError."""
    if name == "vault":
        from tests.simulator.vault_servers import running_server  # needs hvac

        bao = shlex.quote(str(programs.openbao()))
        with running_server("openbao", directory, is_mounted=False) as vault:
            variables = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": vault.token}
            yield Service({}, f'vault() {{ {bao} "$@"; }}\n', variables)
    elif name == "pkcs11":
        yield Service({"/usr/lib/softhsm/libsofthsm2.so": str(programs.softhsm()[0])})
    else:
        yield Service()


@pytest.mark.slow
@pytest.mark.parametrize("route", ["package", "program"])
@pytest.mark.parametrize("name", ["file", "pkcs11", "vault"])
def test_first_signature_is_made_as_shown(name: str, route: str, tmp_path: Path) -> None:
    """PLG-110: keys, certificate, signature and verdict of the README, by either route, in one shell."""
    library = LIBRARIES.get(name)
    if library:
        pytest.importorskip(library, reason=f"{library} is not installed")
    settings = Settings(tmp_path / "settings")
    ours = our_program(settings)
    steps = []
    if route == "package":
        ours = ours.with_environment(PYTHONPATH=installed(tmp_path / "site", name))
    else:
        console_script(tmp_path / ".venv" / "bin", name, name)
        steps = [install_step(name, "notation-py")]
    write_layout(tmp_path / "app", build_image(), "v1")
    key, rest = first_signature(name).split("Then [a certificate for it]")
    steps += [*console_steps(key), *CERTIFICATE, *console_steps(rest)]
    assert sum("notation-py" in step.text for step in steps) == 4 + (route == "program")
    (tmp_path / "service").mkdir()
    try:
        with service_of(name, tmp_path / "service") as service:
            done = in_one_shell(ours.with_environment(**service.environment), service, steps, tmp_path)
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout.split("\036")[1:]
    for step, output in zip(steps, shown, strict=True):
        compare(step, output.partition("\n")[2])


CLIENTS = {"notation-py": "notation", "notation": "notation-py"}


@pytest.mark.interop
@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("client", CLIENTS)
def test_program_is_installed_as_shown(name: str, client: str, go_notation: Path, tmp_path: Path) -> None:
    """PLG-004, PLG-006: by ours and by Go; either finds it, and `hardened` what ours installed."""
    settings = Settings(tmp_path / "settings")
    clients = {"notation-py": our_program(settings), "notation": go_program(go_notation, settings)}
    console_script(tmp_path / ".venv" / "bin", name, name)
    step = install_step(name, client)
    functions = f'notation() {{ {shlex.join(clients["notation"].words)} "$@"; }}\n'
    done = in_one_shell(clients["notation-py"], Service(functions=functions), [step], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    compare(step, done.stdout.partition("\n")[2])
    row = rf"^{name} .* 0\.1\.0 "
    assert re.search(row, clients[CLIENTS[client]].done("plugin", "list").out, re.MULTILINE)
    hardened = clients["notation-py"].with_environment(NOTATION_PY_HARDENED="1")
    found = re.search(row, hardened.done("plugin", "list").out, re.MULTILINE)
    assert (found is not None) is (client == "notation-py")


def in_one_shell(
    ours: Command, service: Service, steps: list[Step], directory: Path
) -> subprocess.CompletedProcess[str]:
    """Return what a shell in *directory* made of *steps*, each output after a mark."""
    script = f'notation-py() {{ {shlex.join(ours.words)} "$@"; }}\n{service.functions}'
    for number, step in enumerate(steps):
        text = step.text
        for old, new in service.replaced.items():
            text = text.replace(old, new)
        script += f"printf '\\036{number}\\n'\n{text} 2>&1 || exit 1\n"
    command = ["bash", "-c", script]
    return subprocess.run(
        command, cwd=directory, env=ours.environment, capture_output=True, text=True, check=False
    )


def compare(step: Step, output: str) -> None:
    assert re.fullmatch(step.pattern, output.strip()), f"{step.text}\n{output}"


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_readme_says_what_has_to_be_known(name: str) -> None:
    """PLG-073, PLG-074: every configuration key, both routes, what has to be permitted, a first signature."""
    text = (PLUGINS / name / "README.md").read_text()
    code = (
        f"import sys; sys.path[:0] = {[str(PLUGINS / name / 'src')]!r}; "
        f"import importlib; m = importlib.import_module('notation_py_plugin_{name.replace('-', '_')}'); "
        "print(*getattr(m, 'KEYS', None) or importlib.import_module(m.__name__ + '.settings').KEYS)"
    )
    keys = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert keys
    assert [key for key in keys if f"`{key}" not in text] == []
    assert f"pip install notation-py-plugin-{name}" in text
    assert re.search(r"permi(?:ssion|t)", text)
    assert f"notation-py sign --plugin {name}" in first_signature(name)
    assert "notation-py verify" in first_signature(name)
