# SPDX-License-Identifier: Apache-2.0
"""`notation_py.plugin.serve`: programs made of plugins that print, fail, linger and are asked nonsense."""

from __future__ import annotations

import ast
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import notation_py.plugin
from notation_py.plugin.contract import Command
from notation_py.plugin.dispatch import MAX_REQUEST_BYTES

ROOT = Path(__file__).parents[2]
FRONT = Path(notation_py.plugin.__file__)

PROGRAM = """
import sys
{first}
from notation_py.plugin import *

class Demo:
    def metadata(self, config):
        {body}
        return PluginMetadata("demo", "a demo", "1.0.0", "https://demo.example", ("1.0",), (Capability.SIGNATURE_GENERATOR_RAW,))
    def describe_key(self, request):
        raise RequestError(ErrorCode.ACCESS_DENIED, "not you", {{"who": "you"}})

serve({served})
"""  # noqa: E501

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program made from the template with *words*."""

    def run(
        *words: str,
        body: str = "pass",
        first: str = "",
        served: str = "Demo()",
        stdin: bytes = b"{}",
        **options: Any,
    ) -> subprocess.CompletedProcess[bytes]:
        program = tmp_path / "notation-demo"
        program.write_text(PROGRAM.format(first=first, body=body, served=served))
        return subprocess.run(
            [sys.executable, str(program), *words],
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            input=stdin,
            check=False,
            timeout=30,
            **({"capture_output": True} | options),
        )

    return run


def error_of(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """Return the error document; nothing else was said."""
    assert (done.returncode, done.stdout) == (1, b"")
    found: dict[str, Any] = json.loads(done.stderr)
    return found


def test_answer_is_on_standard_output(run: Run) -> None:
    """PLG-020: exit code 0, the JSON document and nothing else."""
    done = run("get-plugin-metadata")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["name"] == "demo"


def test_refusal_is_on_standard_error(run: Run) -> None:
    """PLG-026, PLG-110: exit code 1, the error document and nothing else."""
    error = error_of(run("describe-key", stdin=b'{"contractVersion":"1.0","keyId":"k"}'))
    assert error == {"errorCode": "ACCESS_DENIED", "errorMessage": "not you", "errorMetadata": {"who": "you"}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "expected one argument"),
        (("describe-key", "again"), "expected one argument"),
        (("get-metadata",), "unknown command 'get-metadata'"),
        (("",), "unknown command ''"),
        (("--help",), "unknown command '--help'"),
    ],
    ids=["none", "two", "unknown", "empty", "help"],
)
def test_line_that_is_no_command_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    """PLG-110: a wrong count of arguments or an unknown command; nothing is read, no plugin is made."""
    error = error_of(run(*words, served="lambda: 1 / 0"))
    assert error["errorCode"] == "VALIDATION_ERROR"
    assert said in error["errorMessage"]


NOISE = {
    "print": "print('noise')",
    "unflushed": "sys.stdout.write('noise')",
    "descriptor": "import os; os.write(1, b'noise')",
    "C library": "import ctypes; ctypes.CDLL(None).puts(b'noise')",
    "child": "import subprocess; subprocess.run(['echo', 'noise'])",
    "standard error": "print('noise', file=sys.stderr)",
    "warning": "import warnings; warnings.warn('noise')",
    "at exit": "import atexit; atexit.register(print, 'noise')",
    "at exit fails": "import atexit; atexit.register(lambda: 1 / 0)",
    "closes": "sys.stdout.close()",
    "reads": "assert sys.stdin.read() == ''",
}


@pytest.mark.parametrize("body", NOISE.values(), ids=NOISE)
def test_noise_of_the_plugin_is_kept_off(run: Run, body: str) -> None:
    """PLG-110: whatever writes, neither output holds anything but the answer."""
    done = run("get-plugin-metadata", body=body)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["version"] == "1.0.0"


FAILURES = {
    "exception": ("raise KeyError('hunter2')", "the plugin failed with KeyError"),
    "exit": ("sys.exit('hunter2')", "the plugin failed with SystemExit"),
    "interrupt": ("raise KeyboardInterrupt('hunter2')", "the plugin was ended by KeyboardInterrupt"),
    "recursion": ("self.metadata(config)", "the plugin failed with RecursionError"),
    "no answer": ("return None", "the plugin returned NoneType in place of PluginMetadata"),
}


@pytest.mark.parametrize(("body", "said"), FAILURES.values(), ids=FAILURES)
def test_failure_of_the_plugin_is_an_error_document(run: Run, body: str, said: str) -> None:
    """PLG-110, attack 161: no traceback, and nothing of what the author's code said."""
    done = run("get-plugin-metadata", body=body)
    assert error_of(done) == {"errorCode": "ERROR", "errorMessage": said}
    assert b"hunter2" not in done.stderr


@pytest.mark.parametrize("served", ["Demo", "lambda: Demo()", "Demo()"])
def test_class_function_and_object_can_be_served(run: Run, served: str) -> None:
    """PLG-110: whatever an entry point may name, a program can be."""
    assert run("get-plugin-metadata", served=served).returncode == 0


@pytest.mark.parametrize("served", ["lambda: 1 / 0", "int", "'demo'"])
def test_what_is_no_plugin_is_an_error_document(run: Run, served: str) -> None:
    """PLG-110: a plugin that cannot be made is said so, without a traceback."""
    assert error_of(run("get-plugin-metadata", served=served))["errorCode"] == "ERROR"


REQUESTS = {
    "empty": b"",
    "text": b"hello",
    "list": b"[]",
    "twice": b"{}{}",
    "repeated member": b'{"a":1,"a":2}',
    "not UTF-8": b'{"a":"\xff"}',
    "config of numbers": b'{"pluginConfig":{"a":1}}',
}


@pytest.mark.parametrize("stdin", REQUESTS.values(), ids=REQUESTS)
def test_malformed_request_is_refused(run: Run, stdin: bytes) -> None:
    """PLG-110: VALIDATION_ERROR."""
    assert error_of(run("get-plugin-metadata", stdin=stdin))["errorCode"] == "VALIDATION_ERROR"


def test_request_without_end_is_refused(run: Run) -> None:
    """PLG-022, PLG-110: no more is read than a request may have."""
    error = error_of(run("get-plugin-metadata", stdin=b" " * (MAX_REQUEST_BYTES + (1 << 20))))
    assert error["errorCode"] == "VALIDATION_ERROR"


def test_other_contract_is_refused(run: Run) -> None:
    """PLG-110: UNSUPPORTED_CONTRACT_VERSION."""
    error = error_of(run("describe-key", stdin=b'{"contractVersion":"2.0","keyId":"k"}'))
    assert error["errorCode"] == "UNSUPPORTED_CONTRACT_VERSION"


def test_child_that_stays_does_not_hold_the_outputs(run: Run) -> None:
    """Attack 156: the caller's pipes end with the program, whatever it left behind."""
    started = time.monotonic()
    done = run("get-plugin-metadata", body="import subprocess; subprocess.Popen(['sleep', '6'])")
    assert done.returncode == 0
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_descriptor_is_no_traceback(run: Run, closed: int) -> None:
    """PLG-110: a program without one of its descriptors does not succeed, and does not rave."""
    done = run("get-plugin-metadata", preexec_fn=lambda: os.close(closed))
    assert b"Traceback" not in done.stderr + done.stdout
    assert done.returncode == 1


def test_full_output_is_no_success(run: Run) -> None:
    """PLG-020: an answer that was not taken is not an answer."""
    with Path("/dev/full").open("wb") as full:
        done = run("get-plugin-metadata", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, b"")


def test_author_at_a_terminal_sees_what_is_printed(run: Run) -> None:
    """PLG-110: standard error shows it if that is a terminal; standard output stays clean."""
    ours, theirs = pty.openpty()
    done = run(
        "get-plugin-metadata",
        body="print('look here')",
        capture_output=False,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    assert b"look here" in os.read(ours, 1000)
    os.close(ours)
    assert json.loads(done.stdout)["name"] == "demo"


def test_serving_imports_no_command_line() -> None:
    """A program starts quickly: neither the command line, nor a registry client, nor the shell's rest."""
    code = "import sys, notation_py.plugin; notation_py.plugin.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    unwanted = {"typer", "oras", "requests", "urllib3", "subprocess", "logging", "jsonschema", "asyncio"}
    assert not unwanted & set(done.stdout.split())
    assert not [name for name in done.stdout.split() if name.startswith("notation_py.cli")]


def test_front_says_the_same_to_type_checkers_and_at_run_time() -> None:
    """The static imports, the lazy table and `__all__` of the author's kit say the same, and resolve."""
    block = next(node for node in ast.parse(FRONT.read_text()).body if isinstance(node, ast.If))
    typed = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    lazy = {name for names in notation_py.plugin._ROOMS.values() for name in names}
    assert typed == lazy == set(notation_py.plugin.__all__)
    for name in lazy:
        assert getattr(notation_py.plugin, name).__doc__
    with pytest.raises(AttributeError, match="nonsense"):
        notation_py.plugin.nonsense  # noqa: B018


def test_every_command_has_its_method() -> None:
    """PLG-021: the protocols for authors have a method for each command, named like it."""
    protocols = notation_py.plugin.SignatureGenerator, notation_py.plugin.EnvelopeGenerator
    methods = {name for kind in (*protocols, notation_py.plugin.SignatureVerifier) for name in dir(kind)}
    wanted = {command.replace("-", "_") for command in Command} - {"get_plugin_metadata"}
    assert wanted | {"metadata"} <= methods
