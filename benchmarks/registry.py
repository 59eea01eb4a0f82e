# SPDX-License-Identifier: Apache-2.0
"""Many images: one library process against a loopback registry, beside a loop of the Go program.

The images are signed beforehand with P-256. Our process verifies them by digest with one policy, one
memo and one repository object, in one thread and in several. The Go program is started once per image,
for some of them, and its median is scaled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Runs, processes_in_turn
from benchmarks.report import Row, Table, mebibytes, milliseconds

if TYPE_CHECKING:
    from tests.simulator.pki import TestChain

IMAGES, QUICK_IMAGES = 500, 20
GO_RUNS, QUICK_GO_RUNS = 40, 3
FIRST_LOOK = 5
"""Memory is looked at after a fifth of the images, and after all."""
THREADS = (1, 2, 4)
TIMES_GO = 10.0
GROWTH = 1.05
REPOSITORY = "bench"


def tables(*, quick: bool) -> list[Table]:
    """Return the table of many images; without rows where there is no registry."""
    from tests import programs
    from tests.simulator.commands import Settings, go_program, statement
    from tests.simulator.pki import make_chain
    from tests.simulator.registries import olareg_registry

    images = QUICK_IMAGES if quick else IMAGES
    rows: list[Row] = []
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, chain = Settings(directory), make_chain("EC-256", 3)
        settings.trust("bench", chain)
        settings.policy(
            statement("bench", stores=["ca:bench"], identities=["x509.subject: C=US, ST=WA, O=Notary"])
        )
        try:
            host = stack.enter_context(olareg_registry(directory / "registry")).host
        except programs.ProgramUnavailableError as error:
            print(f"without a registry: {error}", file=sys.stderr)
        else:
            digests = _signed_images(host, chain, images)
            ours = {threads: _verified_apart(settings.config, host, digests, threads) for threads in THREADS}
            rows = _own_rows(ours)
            try:
                go = go_program(programs.notation(), settings)
            except programs.ProgramUnavailableError as error:
                print(f"without the Go program: {error}", file=sys.stderr)
            else:
                count = QUICK_GO_RUNS if quick else GO_RUNS
                command = [*go.words, "verify", f"{host}/{REPOSITORY}@{digests[0]}"]
                runs = processes_in_turn({"go": (command, go.environment)}, count)["go"]
                rows += _rows_beside_go(ours, runs, images, count)
    remark = f"{images} images, each with one P-256 signature, in olareg on loopback. ms for each image."
    return [Table("Many images in one process", remark, ("wall", "CPU", "memory"), tuple(rows))]


Measured = dict[str, Any]


def _own_rows(ours: dict[int, Measured]) -> list[Row]:
    rows = []
    for threads, found in ours.items():
        figures = (
            milliseconds(found["wall"] / found["images"]), milliseconds(found["cpu"] / found["images"]),
            f"{mebibytes(found['early'])} → {mebibytes(found['late'])} MiB",
        )  # fmt: skip
        what = f"notation_py, {threads} thread{'s' if threads > 1 else ''}"
        growth = found["late"] / found["early"]
        rows.append(Row(what, figures, round(growth, 3), GROWTH, " times the memory of a fifth"))
    return rows


def _rows_beside_go(ours: dict[int, Measured], go: Runs, images: int, count: int) -> list[Row]:
    wall, cpu = go.wall, go.cpu.median
    best = min(ours.values(), key=lambda found: found["wall"])
    least = min(ours.values(), key=lambda found: found["cpu"])
    faster = wall / (best["wall"] / images)
    saving = cpu / (least["cpu"] / images)
    return [
        Row(
            f"Go program, median of {count} runs", (milliseconds(wall), milliseconds(cpu), mebibytes(go.peak))
        ),
        Row(
            "times as fast as Go (best thread count)",
            (f"{faster:.1f}", f"{saving:.1f}", ""),
            faster,
            TIMES_GO,
            "",
            "yes",
        ),
    ]


def _signed_images(host: str, chain: TestChain, images: int) -> list[str]:
    """Return the digests of images that the registry holds, each with a signature."""
    from datetime import UTC, datetime

    from notation_py.adapters.registry_settings import RegistrySettings
    from notation_py.adapters.remote import RemoteRepository
    from notation_py.signing.sign import SignOptions, sign_artifact
    from tests.simulator.images import build_image, push_image
    from tests.simulator.scenario import signer_of

    signer, at = signer_of(chain), datetime.now(UTC)
    with RemoteRepository(host, REPOSITORY, RegistrySettings(settle_seconds=0.0)) as repository:

        def signed(number: int) -> str:
            image = push_image(host, REPOSITORY, None, build_image(f"image {number}"))
            sign_artifact(repository, image, signer, SignOptions(), at=at)
            return str(image.digest)

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(signed, range(images)))


def _verified_apart(config: Path, host: str, digests: list[str], threads: int) -> Measured:
    """Return what verifying *digests* cost in a process that does nothing else."""
    order = json.dumps({"config": str(config), "host": host, "digests": digests, "threads": threads})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.registry"],
        input=order,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"verifying {len(digests)} images failed: {done.stderr[-2000:]}")
    found: Measured = json.loads(done.stdout)
    return found


def verify_all(order: dict[str, Any]) -> Measured:
    """Return wall and CPU seconds and resident bytes of verifying every digest of *order*."""
    import time
    from datetime import UTC, datetime

    from notation_py.adapters.registry_settings import RegistrySettings
    from notation_py.adapters.remote import RemoteRepository
    from notation_py.certificates.certificate import Certificate
    from notation_py.trust.memory import MemoryTrustStore
    from notation_py.trust.policy import OciTrustPolicyDocument
    from notation_py.trust.store import TrustStoreType
    from notation_py.verification.artifact import VerifyOptions, verify_artifact
    from notation_py.verification.signature import Sources

    config = Path(order["config"])
    policies = OciTrustPolicyDocument.parse((config / "trustpolicy.json").read_bytes())
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = (config / "truststore" / "x509" / "ca" / "bench" / "root.pem").read_bytes()
    root = Certificate.parse(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
    sources = Sources(MemoryTrustStore.of({(TrustStoreType.CA, "bench"): (root,)}))
    policy, options = policies.policies[0], VerifyOptions()
    digests: list[str] = order["digests"]
    early = 0
    with RemoteRepository(order["host"], REPOSITORY, RegistrySettings()) as repository:

        def verify(digest: str) -> None:
            found = verify_artifact(repository, digest, policy, sources, options, at=datetime.now(UTC))
            if not found.outcome.accepted:
                raise RuntimeError(f"{digest} was not verified")

        start, spent = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(order["threads"]) as pool:
            parts = (digests[: len(digests) // FIRST_LOOK], digests[len(digests) // FIRST_LOOK :])
            for part in parts:
                list(pool.map(verify, part))
                early = early or _resident()
        wall, cpu = time.perf_counter() - start, time.process_time() - spent
    return {"images": len(digests), "wall": wall, "cpu": cpu, "early": early, "late": _resident()}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    json.dump(verify_all(json.load(sys.stdin)), sys.stdout)
