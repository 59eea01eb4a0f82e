# SPDX-License-Identifier: Apache-2.0
"""`key add` with local keys: what goes on the list could sign."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.simulator.pki import TestChain as Chain
from tests.simulator.pki import make_chain, without

START = "import sys; sys.argv[0] = 'notation-py'; from notation_py.cli.front import main; sys.exit(main())"
PASSPHRASE = "correct horse"


def add(
    tmp_path: Path, *words: str, encrypted: bool = False, chain: Chain | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    chain = chain or make_chain("EC-256", 3)
    key = tmp_path / "key.pem"
    key.write_bytes(chain.key_pem())
    if encrypted:
        scheme = BestAvailableEncryption(PASSPHRASE.encode())
        key.write_bytes(chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, scheme))
    key.chmod(0o600)
    (tmp_path / "chain.pem").write_bytes(chain.pem())
    return subprocess.run(
        [
            sys.executable,
            "-c",
            START,
            "key",
            "add",
            "--key-file",
            "key.pem",
            "--cert-file",
            "chain.pem",
            "mine",
            *words,
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "NOTATION_CONFIG": str(tmp_path / "config"),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def listed(tmp_path: Path) -> list[str]:
    path = tmp_path / "config" / "signingkeys.json"
    return [key["name"] for key in json.loads(path.read_text())["keys"]] if path.exists() else []


def test_chain_that_may_not_sign_is_refused(tmp_path: Path) -> None:
    """A key whose certificates break a rule is not put on the list (deviation CLI-9)."""
    done = add(tmp_path, chain=make_chain("EC-256", 3, edits={0: without(x509.KeyUsage)}))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: certificate file {tmp_path}/chain.pem: ")
    assert listed(tmp_path) == []


def test_encrypted_key_needs_its_passphrase(tmp_path: Path) -> None:
    """Without anyone to ask there is one error and no entry."""
    done = add(tmp_path, encrypted=True)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"Error: private key {tmp_path}/key.pem is encrypted and no passphrase was given\n"
    )
    assert listed(tmp_path) == []


def test_passphrase_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    """Both ways open the key; neither shows the passphrase."""
    secret = tmp_path / "passphrase"
    secret.write_text(f"{PASSPHRASE}\n")
    secret.chmod(0o600)
    first = add(tmp_path, "--passphrase-file", "passphrase", encrypted=True)
    assert (first.returncode, first.stdout, first.stderr) == (0, "mine\n", "")
    (tmp_path / "config" / "signingkeys.json").unlink()
    second = add(tmp_path, encrypted=True, NOTATION_PY_KEY_PASSPHRASE=PASSPHRASE)
    assert (second.returncode, second.stdout, second.stderr) == (0, "mine\n", "")
    assert listed(tmp_path) == ["mine"]


@pytest.mark.parametrize("hardened", ["0", "1"])
def test_wrong_passphrase_is_never_shown(tmp_path: Path, hardened: str) -> None:
    """A wrong passphrase is one error without the passphrase in it (R-36)."""
    done = add(tmp_path, encrypted=True, NOTATION_PY_KEY_PASSPHRASE="hunter2", NOTATION_PY_HARDENED=hardened)
    assert done.returncode == 1
    assert "wrong passphrase" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert listed(tmp_path) == []
