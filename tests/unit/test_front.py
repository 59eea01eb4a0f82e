# SPDX-License-Identifier: Apache-2.0
"""The static front: equal to the declarations, cheap to start, and never wrong about success."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notation_py.cli import _table, generate
from notation_py.cli.dispatch import target

START = "import sys; sys.argv[0] = 'notation-py'; from notation_py.cli.front import main; sys.exit(main())"
LISTED = START.replace("sys.exit(main())", "main(); print(*sys.modules, sep='\\n', file=sys.stderr)")
HERE = Path(generate.__file__).parent

FRONT = {
    "__future__",
    "notation_py",
    "notation_py.cli",
    "notation_py.cli._flags",
    "notation_py.cli._table",
    "notation_py.cli.front",
    "notation_py.cli.go_values",
    "notation_py.cli.parser",
    "notation_py.cli.printable",
    "notation_py.cli.session",
}

HELP = {"notation_py.cli.help", "notation_py.cli._texts", "notation_py.cli._help"}


def run(*words: str, code: str = START, **options: object) -> subprocess.CompletedProcess[str]:
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([sys.executable, "-c", code, *words], text=True, check=False, timeout=60, **options)


def imported(*words: str) -> set[str]:
    """Return the modules a command imports beyond those of a bare interpreter."""
    bare = set(run(code="import sys; print(*sys.modules, sep='\\n')").stdout.split())
    done = run(*words, code=LISTED)
    assert done.returncode == 0
    return {name for name in done.stderr.split("\n") if name and " " not in name} - bare


@pytest.mark.parametrize("name", list(generate.modules()))
def test_generated_module_equals_the_declarations(name: str) -> None:
    """The table the program runs on is the one that typer declares (decision 0002)."""
    assert (HERE / name).read_text() == generate.modules()[name], "run: python -m notation_py.cli.generate"


@pytest.mark.parametrize("path", [path for path, row in _table.COMMANDS.items() if not row[2]])
def test_every_command_has_a_handler_module(path: str) -> None:
    """The dispatch convention names a function that exists; `help` is answered by the front itself."""
    module, function = target(path)
    if path != "help":
        assert f"def {function}(" in (HERE / f"{module}.py").read_text()


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("--help", HELP | {"notation_py.cli._help.program"}),
        ("key --help", HELP | {"notation_py.cli._help.key"}),
        ("verify --help", HELP | {"notation_py.cli._help.verify"}),
        ("help key add", HELP | {"notation_py.cli._help.key"}),
        ("version", {"notation_py._version", "notation_py.cli.dispatch", "notation_py.cli.version"}),
    ],
)
def test_help_and_version_import_nothing_else(line: str, more: set[str]) -> None:
    """Start-up of `--help` and `version` stays near that of a bare interpreter."""
    assert imported(*line.split()) == FRONT | more


@pytest.mark.parametrize("line", ["key list", "certificate list", "sign --help"])
def test_local_commands_import_no_network(line: str) -> None:
    """Commands on local files import no typer, no HTTP, no subprocess, no logging."""
    heavy = {"typer", "oras", "requests", "urllib3", "jsonschema", "jwcrypto", "rich", "ssl", "subprocess"}
    assert not heavy & imported(*line.split())


def test_key_list_needs_no_cryptography() -> None:
    """Reading a list of names does not pay for importing a cryptographic library."""
    assert "cryptography" not in imported("key", "list")


@pytest.mark.parametrize("words", [["version"], ["--help"], ["key", "list"]], ids=" ".join)
def test_full_output_is_a_failure(words: list[str]) -> None:
    """A result that the disk does not take is not success (contract/cli.md 15)."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with full.open("w") as stream:
        done = run(*words, stdout=stream)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the result could not be written to standard output: no space left")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["version"], ["--help"], ["policy", "show"], ["completion", "bash"]], ids=" ".join
)
def test_closed_output_is_a_failure(words: list[str], tmp_path: Path) -> None:
    """With standard output closed there is no success, and no traceback."""
    (tmp_path / "trustpolicy.oci.json").write_text("{}")
    environment = {**os.environ, "NOTATION_CONFIG": str(tmp_path)}
    quoted = " ".join(words)
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -c "$1" {quoted} >&-', sys.executable, START],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_reader_that_went_away_is_a_silent_failure() -> None:
    """A broken pipe ends the program with code 1 and without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("--help", stdout=writing)
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""


def test_interrupt_ends_without_traceback() -> None:
    """Ctrl-C at a prompt is exit code 1 and one line (contract/cli.md 15)."""
    words = ["certificate", "delete", "-t", "ca", "-s", "a", "b"]
    with subprocess.Popen(
        [sys.executable, "-c", START, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == "Are "
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == "Error: interrupted\n"


def test_unexpected_exception_is_one_line_and_a_failure() -> None:
    """A defect shows its type, never its text, which may hold a secret; traceback on request (R-38)."""
    broken = START.replace(
        "sys.exit", "import notation_py.cli.version as v\nv.run = lambda *_: {}['secret']\nsys.exit"
    )
    done = run("version", code=broken)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: internal error: KeyError\nHint: this is a defect of notation-py")
    assert "secret" not in done.stderr
    shown = run("version", code=broken, env={**os.environ, "NOTATION_PY_DEBUG_TRACEBACK": "1"})
    assert shown.returncode == 1
    assert "Traceback" in shown.stderr


def test_secrets_leave_the_environment_first() -> None:
    """Child processes and later code see none of the three variables (contract/cli.md 2.1 step 5, R-37)."""
    names = ("NOTATION_USERNAME", "NOTATION_PASSWORD", "NOTATION_PY_KEY_PASSPHRASE")
    code = START.replace(
        "sys.exit",
        "import os, notation_py.cli.version as v\n"
        f"v.run = lambda values, session: session.say(str([n in os.environ for n in {names!r}]) + "
        "session.secrets.password)\nsys.exit",
    )
    done = run("version", code=code, env={**os.environ, **dict.fromkeys(names, "hidden")})
    assert done.stdout == "[False, False, False]hidden\n"


@pytest.mark.parametrize(
    ("encoding", "word"), [("ascii", "é"), ("latin-1", "├"), ("utf-8", "\udcff")], ids=["é", "├", "bytes"]
)
def test_output_is_utf_8_in_every_locale(encoding: str, word: str) -> None:
    """Text leaves as UTF-8 in any locale; other bytes are escaped (contract/cli.md 2.5)."""
    done = subprocess.run(
        [sys.executable, "-c", START, os.fsencode(word)],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    shown = b"\\udcff" if word == "\udcff" else word.encode()
    assert done.returncode == 1
    assert b'unknown command "' + shown + b'"' in done.stderr


def test_completion_scripts_and_answers(tmp_path: Path) -> None:
    """The four scripts ask this program; it answers with commands, flags and names of keys."""
    for shell in ("bash", "zsh", "fish", "powershell"):
        assert "_NOTATION_PY_COMPLETE" in run("completion", shell).stdout
    assert "_NOTATION_PY_PLAIN" in run("completion", "zsh", "--no-descriptions").stdout
    (tmp_path / "signingkeys.json").write_text('{"keys": [{"name": "alpha"}, {"name": "beta"}]}')

    def asked(*words: str) -> list[str]:
        environment = {
            **os.environ,
            "NOTATION_CONFIG": str(tmp_path),
            "_NOTATION_PY_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(("notation-py", *words)),
            "COMP_CWORD": str(len(words)),
        }
        return run(env=environment).stdout.split()

    assert asked("ver") == ["verify", "version"]
    assert asked("key", "set", "a") == ["alpha"]
    assert asked("sign", "--key", "b") == ["beta"]
    assert asked("sign", "--key", "x") == []
    assert "--user-metadata" in asked("sign", "--us")
    (tmp_path / "signingkeys.json").write_text("not json")
    assert asked("key", "set", "a") == []


def test_question_of_a_shell_is_no_way_around_a_command(tmp_path: Path) -> None:
    """R-39: the variable of an interrupted completion in PowerShell stays, and nothing was verified."""
    environment = {"NOTATION_CONFIG": str(tmp_path), "COMP_WORDS": "notation-py ", "COMP_CWORD": "1"}
    for shell in ("bash", "zsh", "fish", "powershell"):
        asked = {**os.environ, **environment, "_NOTATION_PY_COMPLETE": f"complete_{shell}"}
        done = run("verify", "registry.test/app:v1", env=asked)
        assert (done.returncode, done.stdout) == (1, "")
        assert "trust policy" in done.stderr


def test_typer_tree_reaches_the_same_handlers(tmp_path: Path) -> None:
    """Embedded in a typer program, a command does and refuses what the installed program does."""
    code = "from notation_py.cli.app import app; app(prog_name='notation-py')"
    environment = {**os.environ, "NOTATION_CONFIG": str(tmp_path)}
    made = run("cert", "generate-test", "--default", "tree", code=code, env=environment)
    assert made.stdout.endswith("tree: marked as default signing key\n")
    listed = run("key", "ls", code=code, env=environment)
    assert listed.stdout == run("key", "list", env=environment).stdout
    refused = run("sign", "--id", "x", "a", code=code, env=environment)
    assert refused.returncode == 1
    assert refused.stderr == run("sign", "--id", "x", "a", env=environment).stderr
