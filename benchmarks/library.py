# SPDX-License-Identifier: Apache-2.0
"""Verify and sign one envelope in memory, beside the calls of `cryptography` that it cannot do without.

Envelopes are made here with the test keys, and measured in a process of their own that imports what a
verifier imports. Raw means: the same bytes, keys and paddings, prepared beforehand, and none of our code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from benchmarks.measure import Samples, interleaved
from benchmarks.report import Row, Table, microseconds

KEY_TYPES = ("RSA-2048", "RSA-3072", "RSA-4096", "EC-256", "EC-384", "EC-521")
FORMATS = ("JWS", "COSE")

SEEN_TARGETS = {
    "RSA-2048": 3.0,
    "RSA-3072": 2.0,
    "RSA-4096": 2.0,
    "EC-256": 1.8,
    "EC-384": 1.2,
    "EC-521": 1.2,
}
FIRST_TARGETS = {"RSA-2048": 2.5, "EC-256": 2.0}
GO_MICROSECONDS = {
    ("RSA-2048", "JWS"): 270, ("RSA-2048", "COSE"): 240, ("EC-256", "JWS"): 480, ("EC-256", "COSE"): 440,
    ("RSA-3072", "JWS"): 1050, ("RSA-3072", "COSE"): 870,
}  # fmt: skip
"""The Go library's own envelope code, three certificates, measured once on two shared cores."""

SIGN_SHARE, SIGN_MICROSECONDS = 1.1, 40.0

AT = "2026-06-01T12:00:00+00:00"
ROUNDS, QUICK_ROUNDS = 120, 2


def tables(*, quick: bool) -> list[Table]:
    """Return the tables of verification and of signing."""
    key_types = KEY_TYPES[:1] if quick else KEY_TYPES
    found = {key_type: _measured_apart(key_type, QUICK_ROUNDS if quick else ROUNDS) for key_type in key_types}
    return [_seen_table(found), _first_table(found), _sign_table(found)]


Results = dict[str, dict[str, Samples]]


def _seen_table(found: Results) -> Table:
    rows = []
    for key_type, name, one in _each(found):
        ratio = one["seen"].ratio_to(one["raw one"])
        figures = (
            microseconds(one["raw one"].least), microseconds(one["seen"].least), f"{ratio:.2f}",
            f"{one['seen'].median_ratio_to(one['raw one']):.2f}", microseconds(one["verdict"].least),
        )  # fmt: skip
        rows.append(Row(f"{key_type} {name}", figures, ratio, SEEN_TARGETS[key_type]))
    return Table(
        "Verify an envelope whose chain this verifier has seen",
        "µs of CPU, least disturbed of many short batches. Raw: the one signature check. Verified: bytes to "
        "an intact envelope, integrity complete. Verdict: that, and trust store, identity, expiry, target.",
        ("raw", "verified", "ratio", "median ratio", "verdict"),
        tuple(rows),
    )


def _first_table(found: Results) -> Table:
    rows = []
    for key_type, name, one in _each(found):
        ratio = one["first"].ratio_to(one["raw all"])
        spent = one["first"].least * 1e6
        go = GO_MICROSECONDS.get((key_type, name))
        figures = (microseconds(one["raw all"].least), f"{spent:.0f}", f"{ratio:.2f}", str(go or ""))
        rows.append(Row(f"{key_type} {name}", figures, ratio, FIRST_TARGETS.get(key_type)))
        if go:
            rows.append(
                Row(f"{key_type} {name}, beside Go", ("", f"{spent:.0f}", "", str(go)), spent, go, " µs")
            )
    return Table(
        "Verify an envelope whose chain is new, three certificates",
        "µs of CPU. Raw: the four signature checks it needs. Go: the Go library's envelope code, measured on "
        "another day, so only its order of magnitude can be compared.",
        ("raw", "verified", "ratio", "Go"),
        tuple(rows),
    )


def _sign_table(found: Results) -> Table:
    rows = []
    for key_type, name, one in _each(found):
        raw, signed = one["raw sign"].least * 1e6, one["sign"].least * 1e6
        target = round(raw * SIGN_SHARE + SIGN_MICROSECONDS)
        check = one["sign and check"].least * 1e6 - signed
        figures = (f"{raw:.0f}", f"{signed:.0f}", f"{signed - raw:.0f}", f"{max(check, 0):.0f}")
        rows.append(Row(f"{key_type} {name}", figures, round(signed), target, " µs"))
    return Table(
        "Sign in memory, three certificates",
        "µs of CPU. Signed: payload to envelope bytes; the target is raw + 10 % + 40 µs. Self-check: what "
        "verifying the new envelope costs before it is released, with its chain as new.",
        ("raw", "signed", "more than raw", "self-check"),
        tuple(rows),
    )


def _each(found: Results) -> list[tuple[str, str, dict[str, Samples]]]:
    rows = []
    for key_type, samples in found.items():
        for name in FORMATS:
            prefix = f"{name} "
            one = {
                case.removeprefix(prefix): taken for case, taken in samples.items() if case.startswith(prefix)
            }
            rows.append((key_type, name, one))
    return rows


def _measured_apart(key_type: str, rounds: int) -> dict[str, Samples]:
    """Return the samples of *key_type*, measured in a process that has imported no test code."""
    order = json.dumps({"rounds": rounds, **_material(key_type)})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.library"], input=order, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"measuring {key_type} failed: {done.stderr[-2000:]}")
    return {name: Samples(tuple(seconds)) for name, seconds in json.loads(done.stdout).items()}


def _material(key_type: str) -> dict[str, Any]:
    """Return the key and the chain to measure with, as text."""
    from tests.simulator.pki import make_chain

    chain = make_chain(key_type, 3)  # type: ignore[arg-type]
    return {"key": chain.key_pem().decode(), "chain": [b64encode(data).decode() for data in chain.ders]}


def measure(order: dict[str, Any]) -> dict[str, list[float]]:
    """Return the CPU seconds of each case, round by round."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(order["key"].encode(), None)
    ders = tuple(b64decode(text) for text in order["chain"])
    cases: dict[str, Callable[[], object]] = {}
    for name in FORMATS:
        cases |= {f"{name} {what}": case for what, case in _cases(key, ders, name).items()}
    return {name: list(samples.seconds) for name, samples in interleaved(cases, order["rounds"]).items()}


def _cases(key: Any, ders: tuple[bytes, ...], format_name: str) -> dict[str, Callable[[], object]]:
    from datetime import datetime

    from notation_py.certificates.certificate import Certificate
    from notation_py.certificates.chain import ChainMemo
    from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
    from notation_py.envelope import formats
    from notation_py.envelope.integrity import verify_integrity
    from notation_py.envelope.model import EnvelopeFormat
    from notation_py.envelope.payload import payload_for
    from notation_py.signing.sign import SignOptions, sign_payload, signed_envelope
    from notation_py.signing.signer import LocalSigner
    from notation_py.verification.signature import Expectation, verify_signature

    kind, at = EnvelopeFormat[format_name], datetime.fromisoformat(AT)
    target = Descriptor.of(IMAGE_MANIFEST, b'{"schemaVersion":2}')
    payload, options = payload_for(target, {}), SignOptions(format=kind)
    certificates = tuple(Certificate.parse(data) for data in ders)
    signer = LocalSigner.of(key, certificates)
    data = sign_payload(payload, signer, options, at=at)
    memo = ChainMemo()
    intact = verify_integrity(formats.parse(data, kind, memo), memo)
    policy, sources = _policy_and_sources(certificates[-1])
    expectation = Expectation(lambda _: target)
    raw_one, raw_all, raw_sign = _raw(key, intact)

    def seen() -> object:
        return verify_integrity(formats.parse(data, kind, memo), memo)

    def first() -> object:
        new = ChainMemo()
        return verify_integrity(formats.parse(data, kind, new), new)

    def verdict() -> object:
        return verify_signature(data, kind.value, expectation, policy, sources, at=at)

    if not verdict().accepted:  # type: ignore[attr-defined]
        raise RuntimeError("the measured envelope does not verify")
    return {
        "raw one": raw_one, "seen": seen, "verdict": verdict, "raw all": raw_all, "first": first,
        "raw sign": raw_sign,
        "sign": lambda: sign_payload(payload, signer, options, at=at),
        "sign and check": lambda: signed_envelope(payload, signer, options, at=at),
    }  # fmt: skip


def _policy_and_sources(root: Any) -> tuple[Any, Any]:
    from notation_py.trust.memory import MemoryTrustStore
    from notation_py.trust.policy import OciTrustPolicyDocument
    from notation_py.trust.store import TrustStoreType
    from notation_py.verification.signature import Sources

    statement = {
        "name": "bench", "registryScopes": ["*"], "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:bench"], "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Notary"],
    }  # fmt: skip
    document = json.dumps({"version": "1.0", "trustPolicies": [statement]}).encode()
    store = MemoryTrustStore.of({(TrustStoreType.CA, "bench"): (root,)})
    return OciTrustPolicyDocument.parse(document).policies[0], Sources(store)


Case = Callable[[], object]


def _raw(key: Any, intact: Any) -> tuple[Case, Case, Case]:
    """Return the envelope's signature check, all four checks, and the signature, with everything prepared."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    envelope, chain = intact.envelope, intact.chain
    leaf = chain.certificates[0].x509
    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[
        chain.algorithm.hash.value
    ]
    public_key, message = leaf.public_key(), envelope.signed_bytes
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        half = len(envelope.signature) // 2
        numbers = (
            int.from_bytes(part, "big") for part in (envelope.signature[:half], envelope.signature[half:])
        )
        arguments: tuple[Any, ...] = (utils.encode_dss_signature(*numbers), message, ec.ECDSA(digest))
        signing: tuple[Any, ...] = (message, ec.ECDSA(digest))
    else:
        salt = padding.PSS.AUTO if envelope.format.name == "JWS" else padding.PSS.DIGEST_LENGTH
        arguments = (envelope.signature, message, padding.PSS(padding.MGF1(digest), salt), digest)
        signing = (message, padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH), digest)
    checks = [(public_key.verify, arguments)]
    certificates = [certificate.x509 for certificate in chain.certificates]
    for certificate, issuer in zip(certificates, [*certificates[1:], certificates[-1]], strict=True):
        given = [
            certificate.signature,
            certificate.tbs_certificate_bytes,
            certificate.signature_algorithm_parameters,
        ]
        issuer_key = issuer.public_key()
        if not isinstance(issuer_key, ec.EllipticCurvePublicKey):
            given.append(certificate.signature_hash_algorithm)
        checks.append((issuer_key.verify, tuple(given)))

    def raw_one() -> object:
        return public_key.verify(*arguments)

    def raw_all() -> None:
        for check, given in checks:
            check(*given)

    return raw_one, raw_all, lambda: key.sign(*signing)


if __name__ == "__main__":
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
