# SPDX-License-Identifier: Apache-2.0
"""docs/writing-a-plugin.md, followed to the letter: files written, commands run, outputs compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.simulator.written_plugin import GUIDE, ROOT, steps

pytestmark = pytest.mark.slow


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """Variables for a machine on which notation-py and a package builder are installed; no network."""
    programs = tmp_path / "bin"
    programs.mkdir()
    # A virtual environment sees what is installed for the tests; nothing is fetched, nothing else changed.
    site = tmp_path / "site"
    site.mkdir()
    packages = sysconfig.get_path("purelib")
    (site / "sitecustomize.py").write_text(
        f"import site, sys; site.addsitedir({packages!r}); sys.path.insert(0, {str(ROOT)!r})\n"
    )
    start = "import sys; from notation_py.cli.front import main; sys.exit(main())"
    for name, arguments in (("notation-py", f"-c {shlex.quote(start)}"),):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec python {arguments} "$@"\n')
        program.chmod(0o755)
    return {
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join((str(programs), str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": str(site),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # which says that there is none
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # A program does not see PYTHONPATH; the interpreter of a virtual environment finds its own packages.
        "NOTATION_PY_PLUGIN_ENV": "PYTHONPATH",
    }


def test_guide_works_as_it_stands(tmp_path: Path, shell: dict[str, str]) -> None:
    """PLG-110: the guide's plugin is made and passes the check by both routes; so does the shell script."""
    script = ["exec 2>&1"]
    shown = []
    for step in steps():
        if step.file:
            mark = "end-of-file"
            script.append(f"cat > {step.file} <<'{mark}'\n{step.text}{mark}")
        else:
            script.append(f'{step.text}\nprintf "\\n--- %s ---\\n" "$?"')
            shown.append(step)
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=shell,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    parts = re.split(r"\n--- (\d+) ---\n", done.stdout)
    results = list(zip(parts[::2], map(int, parts[1::2]), strict=False))
    assert len(results) == len(shown) >= 12
    for step, (output, code) in zip(shown, results, strict=True):
        assert re.fullmatch(step.pattern, _trimmed(output)), f"{step.text}\n{output}"
        assert (code != 0) == ("errorCode" in step.output), f"{step.text}\n{output}"


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def test_guide_is_all_there() -> None:
    """The guide shows the four things that are promised: a module, a package, a check, and a shell script."""
    files = [step.file for step in steps() if step.file]
    assert files == ["notation_demo.py", "pyproject.toml", "notation-shell"]
    assert GUIDE.read_text().count("notation-py plugin check") >= 3
