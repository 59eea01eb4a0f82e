# SPDX-License-Identifier: Apache-2.0
"""Revocation checks of three certificates against slow servers, and the verification of a timestamp.

The servers are on loopback and wait before each answer, so time on the wall counts here, beside one such
request of the same run. Who asks one after the other waits for the sum; who asks at once waits once.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Samples, interleaved
from benchmarks.report import Row, Table, microseconds, milliseconds

DELAY = 0.1
ROUNDS, QUICK_ROUNDS = 15, 2
STAMP_ROUNDS, QUICK_STAMP_ROUNDS = 80, 2
ROUND_TRIPS = 1.3
"""Times one delayed request: below two there was no waiting for one answer before the next question."""
STAMP_KEYS = ("RSA-2048", "EC-256")
METHODS = ("OCSP", "CRL")
AT = "2026-06-01T12:00:00+00:00"


def tables(*, quick: bool) -> list[Table]:
    """Return the tables of revocation checks and of timestamps."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    stamp_rounds = QUICK_STAMP_ROUNDS if quick else STAMP_ROUNDS
    return [_revocation_table(rounds), _stamp_table(STAMP_KEYS[:1] if quick else STAMP_KEYS, stamp_rounds)]


# --- revocation ---------------------------------------------------------------------------------------


def _revocation_table(rounds: int) -> Table:
    rows = []
    for method in METHODS:
        rows += _revocation_rows(method, rounds)
    return Table(
        "Ask about a chain of three certificates",
        f"ms on the wall, median of {rounds}; every server waits {DELAY * 1000:.0f} ms before it answers. "
        "Two certificates are asked about, as nobody asks about a root. The unit is one such request "
        "alone, in turn with the checks. A new cache directory for each cold check, and one that is filled "
        "for all warm ones.",
        ("wall", "requests", "times one request"),
        tuple(rows),
    )


def _revocation_rows(method: str, rounds: int) -> list[Row]:
    """Return the rows for chains whose certificates name OCSP responders, or CRLs."""
    with _published(method) as (chain, server, settings), tempfile.TemporaryDirectory() as directory:
        check, place = _checker(chain, settings), Path(directory)
        one_url = _one_url(chain, method)
        check(place / "warm")
        cases: dict[str, Callable[[int], object]] = {
            "one request": lambda _: _ask_one(settings, one_url),
            "cold": lambda turn: check(place / f"cold{turn}"),
            "warm": lambda _: check(place / "warm"),
        }
        taken: dict[str, list[float]] = {name: [] for name in cases}
        asked: dict[str, int] = {}
        for turn in range(rounds):
            for name, case in cases.items():
                before, start = len(server.asked), time.perf_counter()
                case(turn)
                taken[name].append(time.perf_counter() - start)
                asked[name] = len(server.asked) - before
    unit = statistics.median(taken["one request"])
    names = ["one request", "cold", "warm"] if method == "CRL" else ["one request", "cold"]
    return [
        _revocation_row(method, name, statistics.median(taken[name]), asked[name], unit) for name in names
    ]


def _revocation_row(method: str, name: str, seconds: float, asked: int, unit: float) -> Row:
    ratio = seconds / unit
    figures = (milliseconds(seconds), str(asked), f"{ratio:.2f}")
    match name:
        case "cold":
            return Row(f"{method}, nothing known", figures, round(ratio, 3), ROUND_TRIPS, " requests of time")
        case "warm":
            return Row(f"{method}, cached", figures, asked, 0, " requests")
        case _:
            return Row(f"{method}, one request alone", figures)


@contextmanager
def _published(method: str) -> Iterator[tuple[Any, Any, Any]]:
    """Yield a chain of three, the server that answers for it slowly, and rules that allow to ask it."""
    from notation_py.adapters.addresses import AddressRules
    from tests.simulator import revocation_authority as authority
    from tests.simulator.pki import make_chain
    from tests.simulator.revocation_servers import CRL_TYPE, OCSP_TYPE, Reply, web_server

    with web_server() as server:
        edits: dict[int, Any] = {}
        for position in (0, 1):
            url = server.url(f"/{position}")
            edits[position] = (
                authority.naming_ocsp(url) if method == "OCSP" else authority.naming_crl(authority.point(url))
            )
        chain = make_chain("EC-256", 3, edits=edits)
        for position in (0, 1):
            answer = (authority.ocsp if method == "OCSP" else authority.crl)(chain, position)
            kind = OCSP_TYPE if method == "OCSP" else CRL_TYPE
            server.publish(f"/{position}*", Reply(answer, kind=kind, delay=DELAY))
        yield chain, server, AddressRules.parse(server.place)


def _checker(chain: Any, rules: Any) -> Callable[[Path], None]:
    """Return what checks the chain with a cache directory, as a process that knows nothing else would."""
    from notation_py.adapters.crl_cache import DirectoryCrlCache
    from notation_py.adapters.http_fetcher import HttpFetcher
    from notation_py.certificates.chain import chain_of
    from notation_py.certificates.requirements import Purpose
    from notation_py.revocation.chain import check_chain
    from notation_py.revocation.sources import RevocationSources

    parsed, at = chain_of(chain.ders, Purpose.CODE_SIGNING), datetime.fromisoformat(AT)

    def check(directory: Path) -> None:
        sources = RevocationSources(HttpFetcher(rules), DirectoryCrlCache(directory))
        found = check_chain(parsed, sources, at=at)
        if not found.is_good or found.lacking_information:
            raise RuntimeError(f"not good: {[entry.status for entry in found.certificates]}")

    return check


def _one_url(chain: Any, method: str) -> str:
    """Return a URL that is asked for in the check of the leaf."""
    from notation_py.certificates.certificate import Certificate
    from notation_py.revocation.locations import crl_distribution_points, ocsp_servers
    from notation_py.revocation.ocsp_response import ocsp_request, request_url

    leaf, issuer = (Certificate.parse(data) for data in chain.ders[:2])
    if method == "CRL":
        return crl_distribution_points(leaf)[0].urls[0]
    server = ocsp_servers(leaf)[0]
    return request_url(server, ocsp_request(leaf, issuer)) or server


def _ask_one(rules: Any, url: str) -> None:
    from notation_py.adapters.http_fetcher import HttpFetcher
    from notation_py.fetch import FetchLimit

    HttpFetcher(rules).get(url, FetchLimit(1 << 20, 5.0))


# --- timestamps ---------------------------------------------------------------------------------------


def _stamp_table(key_types: tuple[str, ...], rounds: int) -> Table:
    rows = []
    for key_type in key_types:
        taken = _stamps_apart(key_type, rounds)
        ratio = taken["verified"].ratio_to(taken["raw"])
        figures = (
            microseconds(taken["raw"].least), microseconds(taken["verified"].least), f"{ratio:.2f}",
            f"{taken['verified'].median_ratio_to(taken['raw']):.2f}",
        )  # fmt: skip
        rows.append(Row(f"authority of three {key_type} certificates", figures))
    return Table(
        "Verify a timestamp",
        "µs of CPU. Raw: the four signature checks it cannot do without, one of the token and three of "
        "certificates. Verified: from the bytes of the token to a trusted time. Nothing is remembered "
        "between tokens.",
        ("raw", "verified", "ratio", "median ratio"),
        tuple(rows),
    )


def _stamps_apart(key_type: str, rounds: int) -> dict[str, Samples]:
    """Return the samples of *key_type*, measured in a process that has imported no test code."""
    from tests.simulator import tsa

    chain = tsa.authority(key_type)
    message = b"a primitive signature"
    order = {
        "rounds": rounds, "message": _text(message), "token": _text(tsa.stamp(message, chain)),
        "chain": [_text(data) for data in chain.ders],
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.revocation"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"measuring timestamps of {key_type} failed: {done.stderr[-2000:]}")
    return {name: Samples(tuple(seconds)) for name, seconds in json.loads(done.stdout).items()}


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def measure(order: dict[str, Any]) -> dict[str, list[float]]:
    """Return the CPU seconds of each case, round by round."""
    from notation_py.certificates.certificate import Certificate
    from notation_py.timestamp.countersignature import verify_countersignature
    from notation_py.timestamp.token import TimestampToken

    data, message, at = b64decode(order["token"]), b64decode(order["message"]), datetime.fromisoformat(AT)
    ders = [b64decode(text) for text in order["chain"]]
    roots = (Certificate.parse(ders[-1]),)

    def verified() -> object:
        return verify_countersignature(TimestampToken.parse(data), message, roots, at=at)

    cases = {"raw": _raw_checks(data, ders), "verified": verified}
    return {name: list(taken.seconds) for name, taken in interleaved(cases, order["rounds"]).items()}


def _raw_checks(token: bytes, ders: list[bytes]) -> Callable[[], None]:
    """Return the signature checks of *token* and of its certificates, with keys and bytes prepared."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding

    from notation_py.timestamp.signer import only_signer
    from notation_py.timestamp.token import TimestampToken

    certificates = [x509.load_der_x509_certificate(data) for data in ders]
    signer = only_signer(TimestampToken.parse(token))
    key = certificates[0].public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        checks: list[tuple[Any, ...]] = [
            (key.verify, signer.signature, signer.signed_attributes, ec.ECDSA(hashes.SHA256()))
        ]
    else:
        given = (signer.signature, signer.signed_attributes, padding.PKCS1v15(), hashes.SHA256())
        checks = [(key.verify, *given)]  # type: ignore[union-attr]
    for one, issuer in zip(certificates, [*certificates[1:], certificates[-1]], strict=True):
        arguments: list[Any] = [one.signature, one.tbs_certificate_bytes, one.signature_algorithm_parameters]
        if not isinstance(key, ec.EllipticCurvePublicKey):
            arguments.append(one.signature_hash_algorithm)
        checks.append((issuer.public_key().verify, *arguments))  # type: ignore[union-attr]

    def run() -> None:
        for check, *arguments in checks:
            check(*arguments)

    return run


if __name__ == "__main__":
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
