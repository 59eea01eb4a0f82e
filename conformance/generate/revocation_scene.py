# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""Vectors of the area `revocation`: a chain, whom its certificates name, and what is answered.

The other modules of the area say which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from .pki import (
    Edit,
    KeyType,
    TestChain,
    all_of,
    private_pem,
)
from .revocation_data import naming_crl, naming_ocsp, point
from .scene import (
    CRL_URL,
    OCSP_URL,
    edited,
    enveloped,
    pem,
    policy,
    scene,
)
from .suite import AT, Built, accept, refuse

# fmt: off
AREA = "revocation"
CHECK = "revocation"
SECOND_OCSP, SECOND_CRL = "http://ocsp.second.test/leaf", "http://crl.second.test/leaf.crl"
MIDDLE_OCSP, MIDDLE_CRL = "http://ocsp.conformance.test/intermediate", "http://crl.conformance.test/intermediate.crl"
DELTA = "http://crl.conformance.test/leaf-delta.crl"
DAY = timedelta(days=1)
OCSP_TYPE, CRL_TYPE = "application/ocsp-response", "application/pkix-crl"
_turn = count()

Fetch = Mapping[str, Any]


def signer_with(*edits: Edit) -> TestChain:
    """Return leaf and root, the leaf with *edits*."""
    return edited({0: all_of(*edits)}, length=2)


BY_OCSP = signer_with(naming_ocsp(OCSP_URL))
BY_CRL = signer_with(naming_crl(point(CRL_URL)))
BY_BOTH = signer_with(naming_ocsp(OCSP_URL), naming_crl(point(CRL_URL)))


def _files(signer: TestChain) -> dict[str, bytes]:
    """Return certificates and keys of *signer* by the names that `ocsp_answer` and `crl_answer` use."""
    words = {1: ("root",), 2: ("leaf", "root"), 3: ("leaf", "intermediate", "root")}[len(signer.certificates)]
    found = {}
    for word, certificate, key in zip(words, signer.certificates, signer.keys, strict=True):
        found[f"{word}.pem"] = pem(certificate).encode()
        found[f"{word}.key"] = private_pem(key)
    return found


def ocsp_answer(status: str = "good", url: str = OCSP_URL, *, issuer: str = "root", about: str = "leaf", key: str = "", **more: Any) -> Fetch:
    """Return what the responder at *url* answers, made at run time."""
    made = {"issuer": f"{issuer}.pem", "key": f"{key or issuer}.key", "certificate": f"{about}.pem", "status": status}
    return {"url": url, "ocsp": made | more}


def crl_answer(*revoked: str, url: str = CRL_URL, issuer: str = "root", key: str = "", **more: Any) -> Fetch:
    """Return the CRL at *url*, made at run time, which lists the certificates *revoked*."""
    made: dict[str, Any] = {"issuer": f"{issuer}.pem", "key": f"{key or issuer}.key"}
    if revoked:
        made["certificates"] = [f"{one}.pem" for one in revoked]
    return {"url": url, "crl": made | more}


def body_answer(url: str, file: str, media_type: str) -> Fetch:
    """Return what is at *url*: a file of the vector."""
    return {"url": url, "body": file, "media_type": media_type}


def scene_of(
    signer: TestChain,
    fetches: Sequence[Fetch],
    files: Mapping[str, bytes] | None = None,
    *,
    level: str = "strict",
    fetched: Sequence[str] = (),
    not_fetched: Sequence[str] = (),
    fixed: str = "",
    key_type: KeyType = "EC-256",
    **rest: Any,
) -> dict[str, Any]:
    """Return the members of a vector with a signature of *signer*.

    Args:
        fetches: what is at which URL. fetched, not_fetched: what has to be asked for, and must not be.
        fixed: not empty if the vector holds at the suite's moment only. rest: members that replace others.
    """
    form = ("jws", "cose")[next(_turn) % 2]
    known = _files(signer) | dict(files or {})
    used = named_in(fetches)
    expected = {"fetched": list(fetched), "not_fetched": list(not_fetched)}
    tables: Any = {"fetches": [dict(one) for one in fetches], "expected": {key: value for key, value in expected.items() if value}}
    made = scene(enveloped(form, key_type, chain=signer), form, signer=signer, policy=policy(level), files={name: known[name] for name in used}, **tables)
    if "root.pem" in used:
        made["tables"]["config"]["truststore/x509/ca/acme/root.pem"] = "root.pem"
    if fixed:
        made |= {"at": AT, "clock": "fixed"}
    return made | rest


def named_in(fetches: Sequence[Fetch]) -> list[str]:
    """Return the files that *fetches* name."""
    found = []
    for one in fetches:
        made = one.get("ocsp") or one.get("crl") or one
        found += [made[key] for key in ("issuer", "key", "certificate", "responder", "body") if key in made]
        found += made.get("certificates", [])
    return sorted(set(found))


def passes(name: str, title: str, signer: TestChain, *fetches: Fetch, attacks: tuple[int, ...] = (), requires: str = "", logged: tuple[str, ...] = (), **rest: Any) -> Built:
    """Return the vector, which is accepted, at some levels with checks that are only logged."""
    return accept(name, title, attacks=attacks, requires=requires, logged=logged, **scene_of(signer, fetches, **rest))


def fails(name: str, title: str, signer: TestChain, *fetches: Fetch, sound: str, attacks: tuple[int, ...] = (), requires: str = "", **rest: Any) -> Built:
    """Return the vector, which is refused for revocation, as its sibling *sound* is not."""
    return refuse(name, title, CHECK, attacks=attacks, requires=requires, sound=sound, **scene_of(signer, fetches, **rest))
