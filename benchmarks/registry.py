# SPDX-License-Identifier: Apache-2.0
"""Many images: one library process against a loopback registry, beside a loop of the Go program.

The images are signed beforehand with P-256. Our process verifies them by digest with one policy, one
memo and one set of connections, in one thread and in several. The Go program is started once per image,
for some of them, and its median is scaled. All take turns for some rounds, of which the least disturbed
one counts for each. Bare sockets show what the registry itself needs: it spends the
more time on a request, the more is in the repository asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import processes_in_turn
from benchmarks.report import Row, Table, mebibytes, milliseconds

if TYPE_CHECKING:
    from tests.simulator.commands import Command, Settings
    from tests.simulator.pki import TestChain

IMAGES, QUICK_IMAGES = 500, 20
SPREADS = {"in 50 repositories": 50, "in one repository": 1}
ROUNDS, QUICK_ROUNDS = 4, 1
GO_RUNS = 10
"""In each round."""
FIRST_LOOK = 5
"""Memory is looked at after a fifth of the images, and after all."""
THREADS = (1, 2, 4)
TIMES_GO = 10.0
BARE = "the same requests, nothing checked (best thread count)"
GO = f"Go program, median of {GO_RUNS} runs"
GROWTH = 1.05

Measured = dict[str, Any]
Image = tuple[str, str]
"""Repository and digest."""


def tables(*, quick: bool) -> list[Table]:
    """Return a table of many images for each spread; without rows where there is no registry."""
    images = QUICK_IMAGES if quick else IMAGES
    remark = f"{images} images, each with one P-256 signature, in olareg on loopback. ms for each image."
    return [
        Table(
            f"Many images in one process, {where}",
            remark,
            ("wall", "CPU", "memory"),
            tuple(_measured(images, spread, QUICK_ROUNDS if quick else ROUNDS)),
        )
        for where, spread in SPREADS.items()
    ]


def _measured(images: int, spread: int, rounds: int) -> list[Row]:
    from tests import programs
    from tests.simulator.commands import Settings, statement
    from tests.simulator.pki import make_chain
    from tests.simulator.registries import olareg_registry

    rows: list[Row] = []
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, chain = Settings(directory), make_chain("EC-256", 3)
        settings.trust("bench", chain)
        identity = "x509.subject: C=US, ST=WA, O=Notary"
        settings.policy(statement("bench", stores=["ca:bench"], identities=[identity]))
        try:
            host = stack.enter_context(olareg_registry(directory / "registry")).host
            signed = _signed_images(host, chain, images, spread)
            go = _go_or_none(settings)
            found = [_round(settings.config, host, signed, go) for _ in range(rounds)]
            rows = _rows(found)
        except programs.ProgramUnavailableError as error:
            print(f"without a program: {error}", file=sys.stderr)
    return rows


def _go_or_none(settings: Settings) -> Command | None:
    from tests import programs
    from tests.simulator.commands import go_program

    try:
        return go_program(programs.notation(), settings)
    except programs.ProgramUnavailableError as error:
        print(f"without the Go program: {error}", file=sys.stderr)
        return None


def _round(config: Path, host: str, images: list[Image], go: Command | None) -> dict[str, Measured]:
    """Return what everything cost, one after the other."""
    found = {
        f"notation_py, {threads} thread{'s' if threads > 1 else ''}": _measured_apart(
            config, host, images, threads, "verify"
        )
        for threads in THREADS
    }
    bare = [_measured_apart(config, host, images, threads, "ask") for threads in THREADS]
    found[BARE] = min(bare, key=lambda one: float(one["wall"]))
    if go is not None:
        repository, digest = images[0]
        command = [*go.words, "verify", f"{host}/{repository}@{digest}"]
        runs = processes_in_turn({"go": (command, go.environment)}, GO_RUNS)["go"]
        found[GO] = {"wall": runs.wall, "cpu": runs.cpu.median, "late": runs.peak}
    return found


def _rows(rounds: list[dict[str, Measured]]) -> list[Row]:
    """Return a row for each case, of its least disturbed round, and one that compares."""
    least = {what: min((found[what] for found in rounds), key=_wall) for what in rounds[0]}
    rows = []
    for what, found in least.items():
        figures = [milliseconds(found["wall"]), milliseconds(found["cpu"])]
        if what.startswith("notation_py"):
            memory = f"{mebibytes(found['early'])} → {mebibytes(found['late'])} MiB"
            growth = round(found["late"] / found["early"], 3)
            rows.append(Row(what, (*figures, memory), growth, GROWTH, " times the memory of a fifth"))
        else:
            rows.append(Row(what, (*figures, mebibytes(found["late"]) if what == GO else "")))
    if GO in least:
        ours = [found for what, found in least.items() if what.startswith("notation_py")]
        faster = least[GO]["wall"] / min(map(_wall, ours))
        saving = least[GO]["cpu"] / min(found["cpu"] for found in ours)
        figures = [f"{faster:.1f}", f"{saving:.1f}", ""]
        rows.append(
            Row("times as fast as Go (best thread count)", tuple(figures), faster, TIMES_GO, "", "yes")
        )
    return rows


def _wall(found: Measured) -> float:
    return float(found["wall"])


def _signed_images(host: str, chain: TestChain, images: int, spread: int) -> list[Image]:
    """Return images that the registry holds in *spread* repositories, each with a signature."""
    from datetime import UTC, datetime

    from notation_py.adapters.registry_settings import RegistrySettings
    from notation_py.adapters.remote import RemoteRegistry
    from notation_py.signing.sign import SignOptions, sign_artifact
    from tests.simulator.images import build_image, push_image
    from tests.simulator.scenario import signer_of

    signer, at = signer_of(chain), datetime.now(UTC)
    with RemoteRegistry(host, RegistrySettings(settle_seconds=0.0)) as registry:

        def signed(number: int) -> Image:
            name = f"bench{number % spread}"
            image = push_image(host, name, None, build_image(f"image {number}"))
            sign_artifact(registry.repository(name), image, signer, SignOptions(), at=at)
            return name, str(image.digest)

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(signed, range(images)))


def _measured_apart(config: Path, host: str, images: list[Image], threads: int, work: str) -> Measured:
    """Return what *work* on *images* cost for each of them, in a process that does nothing else."""
    order = {"config": str(config), "host": host, "images": images, "threads": threads, "work": work}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.registry"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{work} of {len(images)} images failed: {done.stderr[-2000:]}")
    found: Measured = json.loads(done.stdout)
    return found


def measure_here(order: dict[str, Any]) -> Measured:
    """Return wall and CPU seconds for each image of *order*, and resident bytes early and late."""
    import time

    images: list[Image] = [(name, digest) for name, digest in order["images"]]
    early = 0
    with ExitStack() as stack:
        work = _verifying(order, stack) if order["work"] == "verify" else _asking(order)
        start, spent = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(order["threads"]) as pool:
            for part in (images[: len(images) // FIRST_LOOK], images[len(images) // FIRST_LOOK :]):
                list(pool.map(work, part))
                early = early or _resident()
        wall, cpu = time.perf_counter() - start, time.process_time() - spent
    return {"wall": wall / len(images), "cpu": cpu / len(images), "early": early, "late": _resident()}


def _asking(order: dict[str, Any]) -> Callable[[Image], None]:
    from benchmarks.bare_requests import ask_for

    return lambda image: ask_for(order["host"], *image)


def _verifying(order: dict[str, Any], stack: ExitStack) -> Callable[[Image], None]:
    """Return what verifies one image and raises if it is not signed as it should be."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from notation_py.adapters.registry_settings import RegistrySettings
    from notation_py.adapters.remote import RemoteRegistry
    from notation_py.certificates.certificate import Certificate
    from notation_py.registry.signatures import SIGNATURE_TYPE
    from notation_py.trust.memory import MemoryTrustStore
    from notation_py.trust.policy import OciTrustPolicyDocument
    from notation_py.trust.store import TrustStoreType
    from notation_py.verification.artifact import VerifyOptions, verify_artifact
    from notation_py.verification.signature import Sources

    config = Path(order["config"])
    policies = OciTrustPolicyDocument.parse((config / "trustpolicy.json").read_bytes())
    pem = (config / "truststore" / "x509" / "ca" / "bench" / "root.pem").read_bytes()
    root = Certificate.parse(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
    sources = Sources(MemoryTrustStore.of({(TrustStoreType.CA, "bench"): (root,)}))
    policy, options = policies.policies[0], VerifyOptions()
    settings = RegistrySettings(expected_referrers=SIGNATURE_TYPE)
    registry = stack.enter_context(RemoteRegistry(order["host"], settings))
    repositories = {name: registry.repository(name) for name, _ in order["images"]}

    def verify(image: Image) -> None:
        name, digest = image
        found = verify_artifact(repositories[name], digest, policy, sources, options, at=datetime.now(UTC))
        if not found.outcome.accepted:
            raise RuntimeError(f"{digest} was not verified")

    return verify


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    json.dump(measure_here(json.load(sys.stdin)), sys.stdout)
