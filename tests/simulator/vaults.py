# SPDX-License-Identifier: Apache-2.0
"""A Vault server with keys whose certificates are ours: the real one as a child process, or another.

    with running_vault(programs.vault(), tmp_path) as vault:
        chain = vault.make_key("EC-256", "release")        # key, certificates, and those in the KV engine

The key is made by the server; the certificates are issued for it by the authorities of `pki`.
"""

from __future__ import annotations

import select
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hvac
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from notation_py import Certificate
from notation_py.certificates.pem import write_pem
from tests.simulator.pki import KeyType, make_chain

TYPES: dict[KeyType, str] = {
    "RSA-2048": "rsa-2048",
    "RSA-3072": "rsa-3072",
    "RSA-4096": "rsa-4096",
    "EC-256": "ecdsa-p256",
    "EC-384": "ecdsa-p384",
    "EC-521": "ecdsa-p521",
}
ADDRESS_VARIABLES = tuple(
    f"{prefix}_{name}"
    for prefix in ("VAULT", "BAO")
    for name in ("ADDR", "TOKEN", "NAMESPACE", "CACERT", "CAPATH", "CLIENT_CERT", "CLIENT_KEY", "SKIP_VERIFY")
)
ENGINES = {"transit": "transit", "team/transit": "transit", "secret": "kv", "team/kv": "kv"}

_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Vault:
    """A server that is ours.

    Attributes:
        token: of its root. authority: PEM file of who issued its certificate, or None without TLS.
    """

    address: str
    token: str
    client: Any

    @classmethod
    def prepared(cls, address: str, token: str, verify: str = "", space: str = "") -> Vault:
        """Return the server at *address*, or its namespace *space*, whose engines are mounted now."""
        client = hvac.Client(url=address, token=token, verify=verify or True, namespace=space or None)
        for path, kind in ENGINES.items():
            options = {"version": "2"} if kind == "kv" else None
            client.sys.enable_secrets_engine(kind, path=path, options=options)
        return cls(address, token, client)

    def make_key(
        self,
        kind: KeyType,
        name: str,
        *,
        transit: str = "transit",
        kv: str = "secret",
        key: str = "",
        store: bool = True,
    ) -> tuple[bytes, ...]:
        """Return the chain, DER, of a new key; unless *store* is off it is in the KV engine under *name*."""
        self.bare_key(TYPES[kind], key or name, transit)
        described = self.client.secrets.transit.read_key(key or name, mount_point=transit)["data"]
        public_key = load_pem_public_key(described["keys"]["1"]["public_key"].encode())
        edits = {0: lambda draft: replace(draft, public_key=public_key)}
        chain = make_chain(kind, 3, subject=f"vault {kind}", edits=edits).ders
        if store:
            self.store(name, chain, kv)
        return chain

    def bare_key(self, kind: str, name: str, transit: str = "transit") -> None:
        """Make a key of the type *kind* of the engine, or of ours."""
        types: dict[str, str] = {**TYPES}
        self.client.secrets.transit.create_key(name, key_type=types.get(kind, kind), mount_point=transit)

    def store(self, name: str, chain: Sequence[bytes], kv: str = "secret") -> None:
        """Put *chain* into the KV engine under *name*, as the Go plugin's helper does."""
        self.client.secrets.kv.v2.create_or_update_secret(
            name, {"certificate": self.pem(chain)}, mount_point=kv
        )

    def rotate(self, name: str) -> None:
        """Give the key *name* another version."""
        self.client.secrets.transit.rotate_key(name)

    def limited_token(self, policy: str, *paths: str) -> str:
        """Return a token that may read and update *paths*, and nothing else."""
        rules = "\n".join(f'path "{path}" {{ capabilities = ["read", "update"] }}' for path in paths)
        self.client.sys.create_or_update_policy(policy, rules)
        answer = self.client.auth.token.create(policies=[policy], no_default_policy=True)
        token: str = answer["auth"]["client_token"]
        return token

    @staticmethod
    def pem(chain: Sequence[bytes]) -> str:
        """Return *chain* as PEM."""
        return b"".join(write_pem(Certificate.parse(data)) for data in chain).decode()


@contextmanager
def running_vault(program: Path, directory: Path, tls: Sequence[Path] = (), ca: str = "") -> Iterator[Vault]:
    """Yield the real server; its store is in memory and ends with the block.

    Args:
        tls: PEM files of a certificate and its key; empty for plain HTTP. ca: who issued it.
    """
    setpriv = shutil.which("setpriv")
    words = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*words, str(program), *map(str, tls)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
        host, _, token = (process.stdout.readline() if ready else b"").decode().strip().partition(" ")
        if not token:
            raise RuntimeError(f"the server did not start: {(directory / 'log').read_text()[-500:]}")
        scheme = "https" if tls else "http"
        yield Vault.prepared(f"{scheme}://{host}", token, ca)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
