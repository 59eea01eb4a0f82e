# SPDX-License-Identifier: Apache-2.0
"""What reading from a registry imports, which every `verify` pays for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.simulator.registry import Quirks, running

READING = """
import json, sys
from notation_py.adapters.remote import RemoteRepository
from notation_py.adapters.registry_settings import RegistrySettings
with RemoteRepository(sys.argv[1], "app", RegistrySettings()) as repository:
    image = repository.resolve("v1")
    list(repository.referrers(image, "application/x"))
    repository.fetch(image, max_bytes=100)
print(json.dumps(sorted(sys.modules)))
"""


def test_reading_imports_neither_oras_nor_what_only_pushing_or_logging_in_needs() -> None:
    """Issue 2, numbers: oras stays off the verify path; so do urllib3, and what only TLS or a 401 needs."""
    with running(Quirks()) as registry:
        registry.put(b'{"schemaVersion":2}', tag="v1")
        done = subprocess.run(
            [sys.executable, "-c", READING, registry.host],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
    imported = set(json.loads(done.stdout))
    assert "notation_py.adapters.connections" in imported
    assert not imported & {
        "urllib3", "http.client", "ssl", "oras", "requests", "jsonschema", "jwcrypto", "typer", "rich",
        "subprocess", "asyncio", "filelock", "cryptography",
        "notation_py.adapters.tokens", "notation_py.adapters.challenges",
        "notation_py.adapters.docker_configuration", "notation_py.adapters.credential_programs",
        "notation_py.adapters.oras_registry", "notation_py.adapters.login",
    }  # fmt: skip
