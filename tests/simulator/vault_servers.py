# SPDX-License-Identifier: Apache-2.0
"""The real servers that the plugin `vault` can ask: OpenBao, and Vault, which is harder to have.

    with running_server("openbao", tmp_path) as vault:
        chain = vault.make_key("EC-256", "release")

OpenBao is initialised as a server in production is, with one key share, and keeps everything in memory.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import hvac

from tests import programs
from tests.simulator.registries import free_port, started
from tests.simulator.vaults import Vault, running_vault

SERVERS = ("openbao", "vault")

_CONFIG = """\
storage "inmem" {{}}
listener "tcp" {{
  address     = "127.0.0.1:{port}"
  tls_disable = true
}}
api_addr = "http://127.0.0.1:{port}"
"""
_START_SECONDS = 60


def running_server(name: str, directory: Path, *, is_mounted: bool = True) -> AbstractContextManager[Vault]:
    """Return the server *name* of `SERVERS`, in memory, for one block.

    Args:
        directory: for its configuration and its log. is_mounted: whether OpenBao has its engines already.

    Raises:
        ProgramUnavailableError: it cannot be had here.
    """
    if name == "openbao":
        return _running_openbao(programs.openbao(), directory, is_mounted)
    return running_vault(programs.vault(), directory)


@contextmanager
def _running_openbao(program: Path, directory: Path, is_mounted: bool) -> Iterator[Vault]:
    port = free_port()
    config, log = directory / "config.hcl", directory / "log"
    config.write_text(_CONFIG.format(port=port))
    address = f"http://127.0.0.1:{port}"
    with started([str(program), "server", "-config", str(config)], log, {"HOME": str(directory)}) as process:
        client = hvac.Client(url=address)
        _await(process, client, log)
        first = client.sys.initialize(secret_shares=1, secret_threshold=1)
        client.sys.submit_unseal_key(first["keys"][0])
        client.token = first["root_token"]
        _await(process, client, log, ready=True)
        token = first["root_token"]
        yield Vault.prepared(address, token) if is_mounted else Vault(address, token, client)


def _await(process: subprocess.Popen[bytes], client: hvac.Client, log: Path, *, ready: bool = False) -> None:
    """Return once the server answers; with *ready*, once it has taken up its work."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            status = client.sys.read_health_status(method="GET")
        except OSError:  # of requests: nobody listens yet
            time.sleep(0.02)
            continue
        code = 200 if isinstance(status, dict) else status.status_code
        if not ready or code == 200:
            return
        time.sleep(0.02)
    raise RuntimeError(f"OpenBao did not start: {log.read_text()[-500:]}")
