# SPDX-License-Identifier: Apache-2.0
"""Sign one envelope with the key in this process, in a plugin of this process, and in programs.

Every route does all that one `sign` asks of a plugin: what it is, what the key is, the signature, and the
checks of each answer. Providers whose service or library is not here have no rows.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import interleaved
from benchmarks.report import Row, Table

KEY_TYPES = ("RSA-2048", "RSA-3072", "RSA-4096", "EC-256")
MOST = 1.05
"""In-process signing with `file` may cost 5 % more than with the key itself, if it is RSA."""

ROUNDS, QUICK_ROUNDS, RUNS = 60, 2, 9
PASSPHRASE = "of the benchmark"


class Route(NamedTuple):
    """A way to one key: what it is called, and what signs one envelope by it."""

    name: str
    sign: Callable[[], object]


def tables(*, quick: bool) -> list[Table]:
    """Return the table of plugins in this process, and the one of programs."""
    source = str(Path(__file__).parents[1] / "plugins" / "file" / "src")
    if source not in sys.path:
        sys.path.append(source)
    before = os.environ.get("NOTATION_FILE_PASSPHRASE")
    os.environ["NOTATION_FILE_PASSPHRASE"] = PASSPHRASE
    try:
        with tempfile.TemporaryDirectory() as directory:
            place = Path(directory)
            key_types = KEY_TYPES[:1] if quick else KEY_TYPES
            return [
                _in_process(place, key_types, QUICK_ROUNDS if quick else ROUNDS),
                _as_programs(place, 1 if quick else RUNS),
            ]
    finally:
        del os.environ["NOTATION_FILE_PASSPHRASE"]
        if before is not None:
            os.environ["NOTATION_FILE_PASSPHRASE"] = before


def _in_process(place: Path, key_types: tuple[str, ...], rounds: int) -> Table:
    rows = []
    for key_type in key_types:
        key = _write_pair(place / key_type, key_type)
        found = interleaved({"local": _local(key), "file": _file(key)}, rounds)
        ratio = found["file"].ratio_to(found["local"])
        figures = (
            f"{found['local'].least * 1e6:.0f}", f"{found['file'].least * 1e6:.0f}", f"{ratio:.3f}",
            f"{found['file'].median_ratio_to(found['local']):.3f}",
        )  # fmt: skip
        target = MOST if key_type.startswith("RSA") else None
        rows.append(Row(f"file, {key_type}", figures, ratio, target))
    return Table(
        "Sign with a plugin in this process",
        "µs of CPU for one envelope in memory, JWS, two certificates, verified before it is released. Local: "
        "the key in this process. Plugin: asked what it is, what the key is, and for the signature.",
        ("local", "plugin", "ratio", "median ratio"),
        tuple(rows),
    )


def _as_programs(place: Path, runs: int) -> Table:
    rows = []
    for route in _programs(place):
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            route.sign()
            seconds.append(time.perf_counter() - start)
        figures = (f"{min(seconds) * 1e3:.0f}", f"{statistics.median(seconds) * 1e3:.0f}")
        rows.append(Row(route.name, figures))
    return Table(
        "Sign with a plugin program",
        "ms on the clock for one envelope: three processes, one after the other. Most of it is the start of "
        "an interpreter, where there is one.",
        ("least", "median"),
        tuple(rows),
    )


def _write_pair(directory: Path, key_type: Any) -> Path:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    from tests.simulator.pki import make_chain

    chain, single = make_chain(key_type, 2), make_chain(key_type, 1)
    secret = BestAvailableEncryption(PASSPHRASE.encode())
    directory.mkdir(exist_ok=True)
    key = directory / "release.key"
    files = {
        key: chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret),
        directory / "release.crt": chain.pem(),
        directory / "plain.key": single.key_pem(),
        directory / "plain.crt": single.pem(),
    }
    for path, data in files.items():
        path.write_bytes(data)
        path.chmod(0o600)
    return key


def _envelope(signer: Callable[[], Any]) -> Callable[[], object]:
    """Return a function that makes one envelope with the signer that *signer* returns."""
    from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
    from notation_py.envelope.payload import payload_for
    from notation_py.signing.sign import SignOptions, signed_envelope

    payload = payload_for(Descriptor.of(IMAGE_MANIFEST, b'{"schemaVersion":2}'), {})
    options = SignOptions()
    return lambda: signed_envelope(payload, signer(), options, at=datetime.now(UTC))


def _local(key: Path) -> Callable[[], object]:
    from notation_py import LocalSigner, Strictness, load_key_pair

    def warn(line: str) -> None:
        raise RuntimeError(line)

    def passphrase() -> bytes:
        return PASSPHRASE.encode()

    certificates = key.with_suffix(".crt")
    loaded = load_key_pair(
        str(key), str(certificates), passphrase=passphrase, strictness=Strictness.HARDENED, warn=warn
    )
    signer = LocalSigner.of(*loaded)
    return _envelope(lambda: signer)


def _file(key: Path) -> Callable[[], object]:
    from notation_py.plugin.dispatch import dispatch
    from notation_py.signing.plugin_signer import plugin_signer
    from notation_py_plugin_file import FilePlugin

    class InProcess:
        name, origin, plugin = "file", "here", FilePlugin()

        def run(self, command: Any, request: bytes) -> Any:
            return dispatch(self.plugin, command, request)

    runner = InProcess()
    return _envelope(lambda: plugin_signer(runner, str(key), {}, {}))


def _programs(place: Path) -> Iterator[Route]:
    """Yield the programs that are here: our `file`, a shell script, and a Go program."""
    from tests import programs
    from tests.simulator.plugin_packages import install_program
    from tests.simulator.written_plugin import shown_file

    libexec = place / "libexec"
    rsa, ec = (_write_pair(place / key_type, key_type) for key_type in ("RSA-2048", "EC-256"))
    install_program(libexec, "file")
    yield Route("file, RSA-2048", _program(libexec, "file", rsa))
    if shutil.which("openssl"):
        _put(libexec, "shell").write_text(shown_file("notation-shell"))
        yield Route("shell script, RSA-2048", _program(libexec, "shell", rsa.with_name("plain.key")))
    try:
        binary = programs.go_plugin()
    except programs.ProgramUnavailableError:
        return
    shutil.copy(binary, _put(libexec, "golang"))
    yield Route("Go program, EC-256", _program(libexec, "golang", ec.with_name("plain.key")))


def _put(libexec: Path, name: str) -> Path:
    program = libexec / "plugins" / name / f"notation-{name}"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    return program


def _program(libexec: Path, name: str, key: Path) -> Callable[[], object]:
    from notation_py.adapters.files import Strictness
    from notation_py.adapters.plugin_programs import Surroundings, find_program
    from notation_py.adapters.plugin_settings import PluginSettings
    from notation_py.signing.plugin_signer import plugin_signer

    settings = PluginSettings.from_environment(os.environ, Strictness.WARN)
    surroundings = Surroundings(settings, Strictness.WARN, lambda _line: None)

    def signer() -> Any:
        runner = find_program(libexec / "plugins", name, surroundings)
        return plugin_signer(runner, str(key), {}, {})

    return _envelope(signer)
