# SPDX-License-Identifier: Apache-2.0
"""Ten megabytes of malice: what our program's whole process takes before it refuses.

A simulated registry on loopback serves an artifact whose signature, manifest or token was made to cost as
much memory as possible. Every one has to be refused, with an error and not with a crash.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Process, run_process
from benchmarks.report import Row, Table, mebibytes, milliseconds

if TYPE_CHECKING:
    from tests.simulator.registry import Quirks, SimulatedRegistry

SIZE = 10_000_000
LIMIT_MIB = 64.0
JWS, COSE = "application/jose+json", "application/cose"


def tables(*, quick: bool) -> list[Table]:
    """Return the table of hostile input; it takes no rounds, so *quick* makes it shorter only by size."""
    del quick
    rows = []
    for what, prepare in _cases().items():
        run = _refused(prepare)
        peak = run.peak / (1 << 20)
        rows.append(
            Row(what, (mebibytes(run.peak), milliseconds(run.cpu)), round(peak, 1), LIMIT_MIB, " MiB")
        )
    remark = "Peak memory in MiB and CPU in ms of a whole `verify` process, which has refused the artifact."
    return [Table("Hostile input of 10 MB", remark, ("peak", "CPU"), tuple(rows))]


Prepare = Callable[["SimulatedRegistry", "Quirks", dict[str, Any]], None]
"""Puts something hostile into a registry, about the subject whose descriptor it gets as JSON."""


def _cases() -> dict[str, Prepare]:
    nested = b"[],"
    arrays = nested * (SIZE // len(nested))
    parts = b'{"payload":%s,"protected":"e30","header":{"x5c":["AA=="]},"signature":"AA"}'
    return {
        "JWS envelope of empty arrays": _envelope(JWS, b"[" + arrays + b"[]]"),
        "JWS envelope with a payload of base64": _envelope(
            JWS, parts % (b'"' + b"W10s" * (SIZE // 4) + b'"')
        ),
        "JWS envelope of one emoji and text": _envelope(
            JWS, parts % ('"\N{PILE OF POO}'.encode() + b"a" * SIZE + b'"')
        ),
        "COSE envelope of empty arrays": _envelope(COSE, b"\xd2\x84\x9a\x00\x98\x96\x80" + b"\x80" * SIZE),
        "COSE envelope with a payload of bytes": _envelope(
            COSE, b"\xd2\x84\x41\xa0\xa0\x5a" + SIZE.to_bytes(4, "big") + bytes(SIZE) + b"\x41\x00"
        ),
        "signature manifest of 10 MB": _manifest(b'{"padding":[' + arrays + b"[]],"),
        "signature manifest that is longer than listed": _lying_manifest,
        "token reply of 10 MB": _token(b'{"token":"a","padding":[' + arrays + b"[]]}"),
    }


def _envelope(media_type: str, data: bytes) -> Prepare:
    def prepare(registry: SimulatedRegistry, _: Quirks, subject: dict[str, Any]) -> None:
        blob = registry.put_blob(data, media_type)
        registry.put(_signature_manifest(blob.to_json(), subject))

    return prepare


def _manifest(beginning: bytes) -> Prepare:
    def prepare(registry: SimulatedRegistry, _: Quirks, subject: dict[str, Any]) -> None:
        blob = registry.put_blob(b"{}", JWS)
        registry.put(beginning + _signature_manifest(blob.to_json(), subject)[1:])

    return prepare


def _lying_manifest(registry: SimulatedRegistry, quirks: Quirks, subject: dict[str, Any]) -> None:
    from dataclasses import replace

    manifest = registry.put(_signature_manifest(registry.put_blob(b"{}", JWS).to_json(), subject))

    def alter(request: Any, reply: Any) -> Any:
        return replace(reply, body=b"[" * SIZE) if str(manifest.digest) in request.path else reply

    quirks.alter = alter


def _token(body: bytes) -> Prepare:
    def prepare(_: SimulatedRegistry, quirks: Quirks, __: dict[str, Any]) -> None:
        from tests.simulator.registry import Reply

        quirks.anonymous = True
        quirks.token_reply = Reply(200, body, (("Content-Type", "application/json"),))

    return prepare


def _signature_manifest(envelope: dict[str, Any], subject: dict[str, Any]) -> bytes:
    from notation_py.descriptor import Descriptor
    from notation_py.registry.signatures import ManifestForm, build_manifest

    return build_manifest(
        Descriptor.from_json(envelope, at=""),
        Descriptor.from_json(subject, at=""),
        {},
        ManifestForm.ARTIFACT_TYPE,
    )


def _refused(prepare: Prepare) -> Process:
    """Return what refusing cost.

    Raises:
        RuntimeError: it was not refused, or not with an error of ours.
    """
    from tests.simulator.commands import Settings, our_program, statement
    from tests.simulator.images import build_image
    from tests.simulator.pki import make_chain
    from tests.simulator.registry import Quirks, running

    with tempfile.TemporaryDirectory() as name:
        settings = Settings(Path(name))
        settings.trust("bench", make_chain("EC-256", 1))
        settings.policy(statement("bench", stores=["ca:bench"]))
        program = our_program(settings)
        quirks = Quirks()
        with running(quirks) as registry:
            image = build_image()
            subject = registry.put(image.manifest, image.media_type)
            prepare(registry, quirks, subject.plain().to_json())
            reference = f"{registry.host}/bench@{subject.digest}"
            return run_process([*program.words, "verify", reference], program.environment, refusal=True)


if __name__ == "__main__":
    print(json.dumps([(row.what, *row.figures) for row in tables(quick=True)[0].rows], indent=1))
