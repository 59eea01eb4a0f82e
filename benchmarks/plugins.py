# SPDX-License-Identifier: Apache-2.0
"""What signing with a plugin costs: beside the same key without one, and by provider and route.

The claim that has a target is about the library: `sign_artifact` of an image in a layout, in a process that
has signed before, with `file` in this process, beside the same key and chain given to `LocalSigner`. Either
signer is made once, before the clock starts: to load a key file and to ask a plugin what it is and what its
key is are done once for any number of signatures. The plugin's signer made anew for each signature, the
whole command and an envelope in memory stand beside it without a target.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Samples, interleaved, processes_in_turn
from benchmarks.report import Row, Table, milliseconds

if TYPE_CHECKING:
    from tests.simulator.provided import Provided

PROVIDERS = ("file", "pkcs11", "aws-kms", "azure-kv", "gcp-kms", "vault")
KEY_TYPES = ("RSA-2048", "RSA-3072", "RSA-4096", "EC-256")
MOST = 1.05
"""To sign and store with `file` in process may cost 5 % more than with the same key, whatever that is."""

ROUNDS, QUICK_ROUNDS = 150, 2
RUNS, QUICK_RUNS = 15, 1
PASSPHRASE = "of the benchmark"
ABSENT = ("-", "-")


def tables(*, quick: bool) -> list[Table]:
    """Return what `file` adds to a command and to a call, and what each provider takes by each route."""
    for name in PROVIDERS:
        source = str(Path(__file__).parents[1] / "plugins" / name / "src")
        if source not in sys.path:
            sys.path.append(source)
    key_types = KEY_TYPES[:1] if quick else KEY_TYPES
    runs = QUICK_RUNS if quick else RUNS
    with TemporaryDirectory() as directory, _variables({"NOTATION_FILE_PASSPHRASE": PASSPHRASE}):
        place = Path(directory)
        return [
            _whole_commands(place / "commands", key_types, runs),
            _in_process(place / "in process", key_types, QUICK_ROUNDS if quick else ROUNDS),
            _by_provider(place / "providers", runs),
        ]


def _whole_commands(place: Path, key_types: tuple[str, ...], runs: int) -> Table:
    rows = []
    for key_type in key_types:
        found = processes_in_turn(_commands(place / key_type, key_type), runs)
        for route in ("py", "exe"):
            ratio = found[route].cpu.ratio_to(found["local"].cpu)
            figures = (
                milliseconds(found["local"].cpu.least), milliseconds(found[route].cpu.least),
                f"{ratio:.3f}", f"{found[route].cpu.median_ratio_to(found['local'].cpu):.3f}",
            )  # fmt: skip
            rows.append(Row(f"{route}:file, {key_type}", figures))
    return Table(
        "`sign` with a plugin, the whole command",
        "ms of CPU, user and system, with its children, least disturbed run; an image in a layout, JWS, an "
        "encrypted key with two certificates. Local: the same files in the key list. What `py:` costs more "
        "is the import of the plugin contract, of what finds packages, and of the plugin.",
        ("local", "plugin", "ratio", "median ratio"),
        tuple(rows),
    )


def _commands(place: Path, key_type: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return `sign` with one key by each route, each with a layout of its own."""
    from tests.simulator.commands import Settings, our_program
    from tests.simulator.images import build_image, write_layout
    from tests.simulator.plugin_packages import install_program, installed

    key = _write_pair(place, key_type)
    settings = Settings(place / "settings")
    install_program(settings.directory / "libexec", "file")
    variables = {"NOTATION_FILE_PASSPHRASE": PASSPHRASE, "NOTATION_PY_KEY_PASSPHRASE": PASSPHRASE}
    ours = our_program(settings).with_environment(PYTHONPATH=installed(place / "site", "file"), **variables)
    ours.done("key", "add", "--key-file", str(key), "--cert-file", str(key.with_suffix(".crt")), "local")
    chosen = {
        "local": ["--key", "local"],
        "py": ["--plugin", "py:file", "--id", str(key)],
        "exe": ["--plugin", "exe:file", "--id", str(key)],
    }
    commands = {}
    for route, words in chosen.items():
        layout = place / "layouts" / route
        image = f"{layout}@{write_layout(layout, build_image(), 'v1').digest}"
        commands[route] = ([*ours.words, "sign", "--oci-layout", *words, image], dict(ours.environment))
    return commands


def _in_process(place: Path, key_types: tuple[str, ...], rounds: int) -> Table:
    rows = []
    for key_type in key_types:
        key = _write_pair(place / key_type, key_type)
        anew = _file(key)
        kept = anew()
        signers = {"local": _local(key), "plugin": lambda kept=kept: kept, "anew": anew}
        stored = _stored(place / "layouts" / key_type, signers, rounds)
        in_memory = interleaved({name: _envelope(one) for name, one in signers.items()}, rounds)
        for what, found, name, target in (
            ("sign and store", stored, "plugin", MOST),
            ("sign and store, signer made anew", stored, "anew", None),
            ("envelope", in_memory, "plugin", None),
            ("envelope, signer made anew", in_memory, "anew", None),
        ):
            median = found[name].median_ratio_to(found["local"])
            figures = (
                f"{found['local'].median * 1e6:.0f}", f"{found[name].median * 1e6:.0f}", f"{median:.3f}",
                f"{found[name].ratio_to(found['local']):.3f}",
            )  # fmt: skip
            rows.append(Row(f"{what}, {key_type}", figures, median, target))
    return Table(
        "Sign with `file` in this process",
        "µs of CPU in a process that has signed before; JWS, two certificates, verified before it is "
        "released. Local: the key in this process. Plugin: asked for the signature; made anew: asked also "
        "what it is and what the key is, for each signature. Sign and store: an image in a layout, from its "
        "descriptor to the stored signature. Medians, as what a file system takes varies more than what is "
        "compared: the ratio is the median of the ratios of signatures made one after the other.",
        ("local", "plugin", "ratio", "least to least"),
        tuple(rows),
    )


def _stored(place: Path, signers: dict[str, Callable[[], Any]], rounds: int) -> dict[str, Samples]:
    """Return the CPU time of signing an image in a layout of its own, round by round, signers in turn.

    Who is first in a round is the next one each time, as the first finds other things in the caches.
    """
    from notation_py import LayoutRepository, SignOptions, sign_artifact
    from tests.simulator.images import build_image, write_layout

    names = list(signers)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        first = turn % len(names)
        for name in (*names[first:], *names[:first]):
            layout = place / name / str(turn)
            image = write_layout(layout, build_image(), "v1")
            start = time.process_time()
            sign_artifact(
                LayoutRepository(layout), image, signers[name](), SignOptions(), at=datetime.now(UTC)
            )
            if turn:
                found[name].append(time.process_time() - start)
    return {name: Samples(tuple(seconds)) for name, seconds in found.items()}


def _by_provider(place: Path, runs: int) -> Table:
    rows = [_provider_row(name, place / name, runs) for name in PROVIDERS]
    for name, sign in _other_programs(place / "others"):
        rows.append(Row(name, (*ABSENT, *_milliseconds(sign, runs))))
    return Table(
        "Signing time by provider and route",
        "ms on the clock for one envelope, with all that one `sign` asks of a plugin: what it is, what the "
        "key is, the signature, and the checks of each answer. In process: after the first. Program: three "
        "processes, one after the other, most of which is the start of an interpreter, where there is one. "
        "The services are those of the tests, on this machine, so it is the plugin that is measured and not "
        "a network.",
        ("in process, least", "median", "program, least", "median"),
        tuple(rows),
    )


def _provider_row(name: str, place: Path, runs: int) -> Row:
    """Return the row of one plugin; one whose service cannot be had here says why."""
    from tests.programs import ProgramUnavailableError
    from tests.simulator.plugin_packages import install_program
    from tests.simulator.provided import provided

    try:
        with provided(name, place) as key, _variables(key.environment):
            install_program(place / "libexec", name)
            here = _envelope(_packaged(name, key))
            there = _envelope(_program(place / "libexec", name, key.key_id, key.config))
            figures = (*_milliseconds(here, max(3, runs)), *_milliseconds(there, runs))
            return Row(f"{name}, {key.service}, RSA-2048", figures)
    except (ProgramUnavailableError, ImportError) as error:
        return Row(f"{name}: skipped, {error}".replace("|", "/"), (*ABSENT, *ABSENT))


def _milliseconds(sign: Callable[[], object], runs: int) -> tuple[str, str]:
    """Return the least and the median time of *runs*, after one that does not count."""
    sign()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        sign()
        seconds.append(time.perf_counter() - start)
    return f"{min(seconds) * 1e3:.1f}", f"{statistics.median(seconds) * 1e3:.1f}"


@contextmanager
def _variables(environment: Mapping[str, str]) -> Iterator[None]:
    """Let the environment have *environment* besides, and only as long."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _write_pair(directory: Path, key_type: Any) -> Path:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    from tests.simulator.pki import make_chain

    chain, single = make_chain(key_type, 2), make_chain(key_type, 1)
    secret = BestAvailableEncryption(PASSPHRASE.encode())
    directory.mkdir(parents=True, exist_ok=True)
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


def _local(key: Path) -> Callable[[], Any]:
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
    return lambda: signer


def _file(key: Path) -> Callable[[], Any]:
    from notation_py_plugin_file import FilePlugin

    return _in_this_process("file", FilePlugin(), str(key), {})


def _packaged(name: str, key: Provided) -> Callable[[], Any]:
    return _in_this_process(name, key.make(), key.key_id, key.config)


def _in_this_process(name: str, plugin: Any, key_id: str, config: Mapping[str, str]) -> Callable[[], Any]:
    from notation_py.plugin.dispatch import dispatch
    from notation_py.signing.plugin_signer import plugin_signer

    class InProcess:
        origin = "here"

        def __init__(self) -> None:
            self.name = name

        def run(self, command: Any, request: bytes) -> Any:
            return dispatch(plugin, command, request)

    runner = InProcess()
    return lambda: plugin_signer(runner, key_id, config, {})


def _other_programs(place: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield plugins in other languages, as far as they are here: a shell script, and a Go program."""
    from tests import programs
    from tests.simulator.written_plugin import shown_file

    libexec = place / "libexec"
    rsa, ec = (_write_pair(place / key_type, key_type) for key_type in ("RSA-2048", "EC-256"))
    if shutil.which("openssl"):
        _put(libexec, "shell").write_text(shown_file("notation-shell"))
        key = str(rsa.with_name("plain.key"))
        yield "a shell script, RSA-2048", _envelope(_program(libexec, "shell", key))
    try:
        binary = programs.go_plugin()
    except programs.ProgramUnavailableError:
        return
    shutil.copy(binary, _put(libexec, "golang"))
    yield "a Go program, EC-256", _envelope(_program(libexec, "golang", str(ec.with_name("plain.key"))))


def _put(libexec: Path, name: str) -> Path:
    program = libexec / "plugins" / name / f"notation-{name}"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    return program


def _program(
    libexec: Path, name: str, key_id: str, config: Mapping[str, str] | None = None
) -> Callable[[], object]:
    from notation_py.adapters.files import Strictness
    from notation_py.adapters.plugin_programs import Surroundings, find_program
    from notation_py.adapters.plugin_settings import PluginSettings
    from notation_py.signing.plugin_signer import plugin_signer

    settings = PluginSettings.from_environment(os.environ.copy(), Strictness.WARN)
    surroundings = Surroundings(settings, Strictness.WARN, lambda _line: None)

    def signer() -> Any:
        runner = find_program(libexec / "plugins", name, surroundings)
        return plugin_signer(runner, key_id, config or {}, {})

    return signer
