# SPDX-License-Identifier: Apache-2.0
"""Clients for the conformance runner that are wrong in one way each, or right in a trivial one.

Each is a script that shows the help of a client and then does its one thing; the runner has to notice.
"""

from __future__ import annotations

import sys
from pathlib import Path

from notation_py.conformance.processes import Client
from tests.simulator.commands import OURS, ROOT

_START = """\
import os, signal, subprocess, sys, time
words = sys.argv[1:]
if "--help" in words:
    flags = "--debug --max-signatures --user-metadata --signature --media-type --policy-name --output"
    print("Usage:\\n  fake " + " ".join(words[:-1]) + " [flags]\\nFlags: " + flags)
    sys.exit(0)
if words == ["version"]:
    print("fake\\n\\nVersion:     9.9.9")
    sys.exit(0)
def say(text):
    print(text, file=sys.stderr, flush=True)
def ours(*words):
    return subprocess.run([*{ours!r}, *words], env={{**os.environ, "PYTHONPATH": {root!r}}}).returncode
"""

FAKES = {
    "accepts": "print('Successfully verified signature')",
    "refuses": "say('Error: no'); sys.exit(1)",
    "refuses and names integrity": (
        "say('time=1 level=error msg=integrity validation failed. Failure reason: x'); sys.exit(1)"
    ),
    "refuses and names expiry": (
        "say('time=1 level=error msg=expiry validation failed. Failure reason: x'); sys.exit(1)"
    ),
    "traceback": "raise RuntimeError('fake')",
    "panic": "say('panic: fake'); sys.exit(2)",
    "exit code 3": "sys.exit(3)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "time.sleep(600)",
    "internal error": "say('Error: internal error: KeyError'); sys.exit(1)",
    "leaves a process behind": (
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)"
    ),
    "leaves a child behind": "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])",
    "writes outside": "open(os.environ['HOME'] + '/../escaped', 'w').write('x')",
    "honest": "sys.exit(ours(*words))",
    "ignores revocation": (
        "path = os.environ['NOTATION_CONFIG'] + '/trustpolicy.json'\n"
        'text = open(path).read().replace(\'"level": "strict"\','
        ' \'"level": "strict", "override": {"revocation": "skip"}\')\n'
        "open(path, 'w').write(text)\n"
        "sys.exit(ours(*words))"
    ),
    "writes where it is told": "open(os.environ['TARGET'], 'w').write('x')",
    "shows its environment": "print(sorted(os.environ))",
    "removes its directories": "import shutil; shutil.rmtree(os.path.dirname(os.environ['HOME']))",
    "puts a link in their place": (
        "import shutil; root = os.path.dirname(os.environ['HOME']); shutil.rmtree(root)\n"
        "os.symlink('/nonexistent', root)"
    ),
    "endless output": "\nwhile True: print('x' * 65536)",
}


def fake_client(name: str, directory: Path, *, seconds: float = 20.0, kept: tuple[str, ...] = ()) -> Client:
    """Return the client *name*, whose script is written into *directory*."""
    script = directory / f"{name.replace(' ', '-')}.py"
    script.write_text(_START.format(ours=list(OURS), root=str(ROOT)) + FAKES[name] + "\n")
    return Client((sys.executable, str(script)), seconds, kept)
