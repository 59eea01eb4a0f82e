# SPDX-License-Identifier: Apache-2.0
"""The package front: every public name is there, typed and lazy, and importing the package costs nothing."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import notation_py

FRONT = Path(notation_py.__file__)


def typed_names() -> dict[str, str]:
    """Return name to room of the imports that type checkers read."""
    block = next(node for node in ast.parse(FRONT.read_text()).body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def lazy_names() -> dict[str, str]:
    return {name: room for room, names in notation_py._ROOMS.items() for name in names}


def test_public_names_are_the_same_for_type_checkers_and_at_run_time() -> None:
    """The static imports, the lazy table and `__all__` say the same."""
    assert typed_names() == lazy_names()
    assert sorted(notation_py.__all__) == sorted(lazy_names())
    assert len(set(notation_py.__all__)) == len(notation_py.__all__)


@pytest.mark.parametrize("name", notation_py.__all__)
def test_public_name_resolves_to_what_its_room_defines(name: str) -> None:
    """Each public name can be imported, is the object of its room, and is documented if it is code."""
    found = getattr(notation_py, name)
    room = sys.modules[f"notation_py.{lazy_names()[name]}"]
    assert found is getattr(room, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert inspect.getdoc(found)


def test_unknown_name_is_an_attribute_error() -> None:
    """A name that is not public is refused as any module refuses it, and `dir` lists the public ones."""
    with pytest.raises(AttributeError, match="verify_everything"):
        notation_py.verify_everything  # noqa: B018
    assert set(notation_py.__all__) <= set(dir(notation_py))


def test_star_import_gives_exactly_the_public_names() -> None:
    """`from notation_py import *` binds `__all__`."""
    namespace: dict[str, object] = {}
    exec("from notation_py import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(notation_py.__all__)


def modules_after(statement: str) -> set[str]:
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "name",
    [
        "Sources",
        "RevocationSources",
        "RevocationLimits",
        "ChainRevocation",
        "CertificateRevocation",
        "Attempt",
        "Revocation",
        "CrlBundle",
        "Timestamping",
        "VerifiedTimestamp",
        "VerificationOutcome",
        "SignOptions",
    ],
)
def test_types_of_a_public_value_are_public(name: str) -> None:
    """Whoever makes or reads the value can name the types of its members without looking for rooms."""
    ours = {"CrlNumbers", "SecondOpinion"}  # made by a default, or a plain function type
    ours |= {"Plugins", "PluginVerdict"}  # to be public once plugins are complete
    annotations = inspect.get_annotations(getattr(notation_py, name)).values()
    named = {word for one in annotations for word in re.findall(r"\b[A-Z]\w+", str(one))}
    foreign = {"Callable", "ForwardRef", "Mapping", "None"}
    assert named - foreign - ours - set(notation_py.__all__) == set()


def test_importing_the_package_imports_nothing_else() -> None:
    """The command line pays for the package front on every start, so it costs one module (CLI-001)."""
    assert modules_after("import notation_py") == {"notation_py"}


def test_verifying_imports_no_signing_and_no_command_line() -> None:
    """A program that only verifies loads no key reader, no command line and no HTTP client."""
    loaded = modules_after("from notation_py import verify_artifact, Sources, OciTrustPolicyDocument")
    unwanted = ("notation_py.cli", "notation_py.signing", "notation_py.adapters", "urllib3", "oras", "typer")
    unwanted += ("notation_py.timestamp", "notation_py.revocation.ocsp", "notation_py.revocation.crl")
    assert "notation_py.verification.artifact" in loaded
    assert [name for name in loaded if name.startswith(unwanted)] == []
    assert "cryptography.hazmat.primitives.serialization" not in loaded


def test_names_can_be_asked_for_by_many_threads_at_once() -> None:
    """The first use of a name from several threads gives all of them the same object."""
    code = (
        "import notation_py, sys\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "names = [n for n in notation_py.__all__ if not n.startswith('_')] * 8\n"
        "pool = ThreadPoolExecutor(8)\n"
        "found = list(pool.map(lambda n: id(getattr(notation_py, n)), names))\n"
        "sys.exit(found != found[: len(found) // 8] * 8)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
