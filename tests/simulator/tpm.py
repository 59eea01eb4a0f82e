# SPDX-License-Identifier: Apache-2.0
"""A TPM in software as a PKCS#11 token: swtpm, its resource manager on a bus of their own, tpm2-pkcs11.

    with tpm_token(tmp_path, programs.tpm()) as token:
        token.environment, token.module, token.public_keys["rsa2048"]

Nothing of this TPM is loaded into the test process: its library starts threads that outlive a test.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_public_key

PIN, LABEL = "2468", "tpm"
KEYS = {"rsa2048": "RSA-2048", "rsa3072": "RSA-3072", "ecc256": "EC-256", "ecc384": "EC-384"}
"""What tpm2-pkcs11 makes of the six: its tool knows neither RSA-4096 nor P-521."""

_SECONDS = 60
_PRINT_KEYS = """
import sys
import pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.util.ec import encode_ec_public_key
from pkcs11.util.rsa import encode_rsa_public_key
with pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2]).open(user_pin=sys.argv[3]) as session:
    for key in session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY}):
        encode = encode_rsa_public_key if key.key_type is pkcs11.KeyType.RSA else encode_ec_public_key
        print(key.label, encode(key).hex())
"""


@dataclass(frozen=True, slots=True)
class TpmToken:
    """A token with the keys of `KEYS`; *environment* is what a process needs to use it."""

    module: Path
    environment: Mapping[str, str]
    public_keys: Mapping[str, Any]


@contextmanager
def tpm_token(directory: Path, module: Path) -> Iterator[TpmToken]:
    """Yield a token below *directory*; its processes end with the block."""
    with ExitStack() as stack:
        ports = _free_ports()
        places = {name: directory / name for name in ("state", "store")}
        for place in places.values():
            place.mkdir(mode=0o700)
        server, control = (f"type=tcp,port={port},bindaddr=127.0.0.1" for port in ports)
        words = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={places['state']}", "--server", server]
        _start(stack, directory, [*words, "--ctrl", control, "--flags", "not-need-init,startup-clear"], {})
        bus = f"unix:path={directory}/bus"
        _start(stack, directory, ["dbus-daemon", "--session", "--nofork", f"--address={bus}"], {})
        _wait((directory / "bus").exists)
        environment = {
            "DBUS_SESSION_BUS_ADDRESS": bus,
            "TPM2TOOLS_TCTI": "tabrmd:bus_type=session",
            "TPM2_PKCS11_TCTI": "tabrmd:bus_type=session",
            "TPM2_PKCS11_STORE": str(places["store"]),
        }
        tcti = f"--tcti=swtpm:host=127.0.0.1,port={ports[0]}"
        _start(stack, directory, ["tpm2-abrmd", "--session", "--allow-root", tcti], environment)
        tool = ["tpm2_ptool"]
        _wait(lambda: _succeeds(["tpm2_getrandom", "8"], environment))
        at = [f"--path={places['store']}"]
        _run([*tool, "init", *at], environment)
        names = [f"--label={LABEL}", f"--userpin={PIN}", *at]
        _run([*tool, "addtoken", "--pid=1", "--sopin=13579", *names], environment)
        for key in KEYS:
            _run([*tool, "addkey", f"--algorithm={key}", f"--key-label={key}", *names], environment)
        listed = _run([sys.executable, "-c", _PRINT_KEYS, str(module), LABEL, PIN], environment)
        keys = dict(line.split() for line in listed.splitlines())
        yield TpmToken(module, environment, {name: _public(data) for name, data in keys.items()})


def _public(data: str) -> Any:
    octets = bytes.fromhex(data)
    try:
        return load_der_public_key(octets)
    except ValueError:  # PKCS#1, where the other is SubjectPublicKeyInfo
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        from notation_py.encoding import encode_base64

        text = f"-----BEGIN RSA PUBLIC KEY-----\n{encode_base64(octets)}\n-----END RSA PUBLIC KEY-----\n"
        return load_pem_public_key(text.encode())


def _start(stack: ExitStack, directory: Path, words: Sequence[str], environment: Mapping[str, str]) -> None:
    setpriv = shutil.which("setpriv")
    before = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
    log = stack.enter_context((directory / f"{words[0]}.log").open("wb"))
    process = subprocess.Popen(
        [*before, *words],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    stack.callback(process.wait)
    stack.callback(process.kill)


def _run(words: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        words, env=os.environ | environment, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} failed: {done.stderr[-500:]}")
    return done.stdout


def _succeeds(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    return (
        subprocess.run(words, env=os.environ | environment, capture_output=True, check=False).returncode == 0
    )


def _wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError("the TPM did not start")
        time.sleep(0.1)


def _free_ports() -> tuple[int, int]:
    """Return two ports that were free, the second right after the first, as the TPM's clients expect."""
    for _ in range(50):
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                with socket.create_server(("127.0.0.1", port + 1)):
                    return port, port + 1
            except (OSError, OverflowError):
                continue
    raise RuntimeError("no two free ports in a row")
