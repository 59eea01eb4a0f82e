# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `revocation`: whom a chain's certificates name, what is answered, and what follows.

Answers that age are made by the runner from what a vector says. Those that are wrong in form are files; where
such an answer would be too old on another day, the vector holds at its own moment only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from . import revocation_data as data
from . import stamps
from .envelopes import AUTHENTIC_TIME
from .pki import (
    Edit,
    KeyType,
    TestChain,
    all_of,
    changed,
    fixed_keys,
    key_usage,
    make_chain,
    private_pem,
    with_extension,
    without,
)
from .pki import name as name_of
from .resigned import element, extension
from .revocation_data import CRITICAL, Responder, naming_crl, naming_ocsp, point
from .scene import (
    CRL_URL,
    OCSP_URL,
    SINCE,
    UNTIL,
    by_authority,
    chain,
    edited,
    enveloped,
    pem,
    policy,
    scene,
    store,
)
from .suite import AT, Built, accept, family, refuse
from .timestamps import STAMPED, stamped_scene

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


def _signer(*edits: Edit) -> TestChain:
    """Return leaf and root, the leaf with *edits*."""
    return edited({0: all_of(*edits)}, length=2)


BY_OCSP = _signer(naming_ocsp(OCSP_URL))
BY_CRL = _signer(naming_crl(point(CRL_URL)))
BY_BOTH = _signer(naming_ocsp(OCSP_URL), naming_crl(point(CRL_URL)))


def _files(signer: TestChain) -> dict[str, bytes]:
    """Return certificates and keys of *signer* by the names that `_ocsp` and `_crl` use."""
    words = {1: ("root",), 2: ("leaf", "root"), 3: ("leaf", "intermediate", "root")}[len(signer.certificates)]
    found = {}
    for word, certificate, key in zip(words, signer.certificates, signer.keys, strict=True):
        found[f"{word}.pem"] = pem(certificate).encode()
        found[f"{word}.key"] = private_pem(key)
    return found


def _ocsp(status: str = "good", url: str = OCSP_URL, *, issuer: str = "root", about: str = "leaf", key: str = "", **more: Any) -> Fetch:
    """Return what the responder at *url* answers, made at run time."""
    made = {"issuer": f"{issuer}.pem", "key": f"{key or issuer}.key", "certificate": f"{about}.pem", "status": status}
    return {"url": url, "ocsp": made | more}


def _crl(*revoked: str, url: str = CRL_URL, issuer: str = "root", key: str = "", **more: Any) -> Fetch:
    """Return the CRL at *url*, made at run time, which lists the certificates *revoked*."""
    made: dict[str, Any] = {"issuer": f"{issuer}.pem", "key": f"{key or issuer}.key"}
    if revoked:
        made["certificates"] = [f"{one}.pem" for one in revoked]
    return {"url": url, "crl": made | more}


def _body(url: str, file: str, media_type: str) -> Fetch:
    return {"url": url, "body": file, "media_type": media_type}


def _scene(
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
    form = ("jws", "cose")[next(_turn) % 2]
    known = _files(signer) | dict(files or {})
    used = _named_in(fetches)
    expected = {"fetched": list(fetched), "not_fetched": list(not_fetched)}
    tables: Any = {"fetches": [dict(one) for one in fetches], "expected": {key: value for key, value in expected.items() if value}}
    made = scene(enveloped(form, key_type, chain=signer), form, signer=signer, policy=policy(level), files={name: known[name] for name in used}, **tables)
    if "root.pem" in used:
        made["tables"]["config"]["truststore/x509/ca/acme/root.pem"] = "root.pem"
    if fixed:
        made |= {"at": AT, "clock": "fixed"}
    return made | rest


def _named_in(fetches: Sequence[Fetch]) -> list[str]:
    """Return the files that *fetches* name."""
    found = []
    for one in fetches:
        made = one.get("ocsp") or one.get("crl") or one
        found += [made[key] for key in ("issuer", "key", "certificate", "responder", "body") if key in made]
        found += made.get("certificates", [])
    return sorted(set(found))


def _good(name: str, title: str, signer: TestChain, *fetches: Fetch, attacks: tuple[int, ...] = (), requires: str = "", logged: tuple[str, ...] = (), **rest: Any) -> Built:
    return accept(name, title, attacks=attacks, requires=requires, logged=logged, **_scene(signer, fetches, **rest))


def _bad(name: str, title: str, signer: TestChain, *fetches: Fetch, sound: str, attacks: tuple[int, ...] = (), requires: str = "", **rest: Any) -> Built:
    return refuse(name, title, CHECK, attacks=attacks, requires=requires, sound=sound, **_scene(signer, fetches, **rest))


@family(AREA, "REV-001", "REV-003", "REV-005", "VER-062")
def sources() -> Iterator[Built]:
    """A certificate says who knows about it, by OCSP, by CRL, or not at all."""
    yield _good("neither", "it names neither", chain(), attacks=(83,))
    yield _good("root-alone", "the root names both, and nobody is asked", edited({1: all_of(naming_ocsp(OCSP_URL), naming_crl(point(CRL_URL)))}, length=2), not_fetched=(OCSP_URL, CRL_URL))
    lone = edited({0: naming_ocsp(OCSP_URL)}, length=1)
    yield _good("lone", "a lone certificate names a responder, and nobody is asked", lone, not_fetched=(OCSP_URL,))
    yield _good("ocsp-good", "its responder calls it good", BY_OCSP, _ocsp(), fetched=(OCSP_URL,), requires="REV-026")
    yield _good("crl-good", "its CRL does not list it", BY_CRL, _crl(), fetched=(CRL_URL,), requires="REV-070")
    yield _bad("ocsp-revoked", "its responder calls it revoked", BY_OCSP, _ocsp("revoked"), sound="ocsp-good", requires="REV-027")
    yield _bad("crl-revoked", "its CRL lists it", BY_CRL, _crl("leaf"), sound="crl-good", requires="REV-072")
    yield _bad("ocsp-unreachable", "its responder does not answer", BY_OCSP, sound="ocsp-good", attacks=(82,))
    yield _bad("crl-unreachable", "its CRL is not there", BY_CRL, sound="crl-good", attacks=(82,))
    yield _good("audit-asks", "at audit it is asked for a chain that is trusted", BY_BOTH, _ocsp(), level="audit", fetched=(OCSP_URL,))
    made = _scene(BY_BOTH, (_ocsp("revoked"), _crl("leaf")), level="audit", not_fetched=(OCSP_URL, CRL_URL))
    made["tables"]["config"] = scene(b"", policy=policy("audit"), stores=store("ca", "acme", pem(chain("EC-256", 2, "other").root)))["tables"]["config"]
    yield accept(
        "audit-untrusted",
        "at audit nobody is asked for a chain that is not trusted",
        attacks=(79,),
        requires="REV-009",
        logged=("authenticity", "revocation"),
        note="whoever made the chain chose the servers; its status is unknown, which audit only logs",
        **made,
    )


@family(AREA, "REV-003", "REV-004", "REV-023")
def fallback() -> Iterator[Built]:
    """OCSP is asked first, and CRLs if it gives no answer that counts."""
    good = "both-good"
    yield _good(good, "OCSP says good, and no CRL is asked for", BY_BOTH, _ocsp(), _crl(), fetched=(OCSP_URL,), not_fetched=(CRL_URL,))
    yield _good("ocsp-good-crl-revoked", "OCSP says good, and the CRL that nobody asks for lists it", BY_BOTH, _ocsp(), _crl("leaf"), attacks=(82,), not_fetched=(CRL_URL,))
    yield _bad("ocsp-revoked-crl-good", "OCSP says revoked, and the CRL does not list it", BY_BOTH, _ocsp("revoked"), _crl(), sound=good)
    yield _good("ocsp-unknown-crl-good", "OCSP does not know it, and the CRL does not list it", BY_BOTH, _ocsp("unknown"), _crl(), attacks=(82,), fetched=(OCSP_URL, CRL_URL))
    yield _bad("ocsp-unknown-crl-revoked", "OCSP does not know it, and the CRL lists it", BY_BOTH, _ocsp("unknown"), _crl("leaf"), sound="ocsp-unknown-crl-good", attacks=(82,))
    yield _good("ocsp-unreachable-crl-good", "no responder answers, and the CRL does not list it", BY_BOTH, _crl(), fetched=(OCSP_URL, CRL_URL))
    yield _bad("ocsp-unreachable-crl-revoked", "no responder answers, and the CRL lists it", BY_BOTH, _crl("leaf"), sound="ocsp-unreachable-crl-good")
    yield _bad("both-unreachable", "neither answers", BY_BOTH, sound=good, attacks=(82,))
    yield _good("both-unreachable-permissive", "neither answers, at the level permissive", BY_BOTH, logged=(CHECK,), attacks=(82,), level="permissive")
    yield _good("ocsp-expired-crl-good", "the answer of OCSP has expired, and the CRL does not list it", BY_BOTH, _ocsp(this_update="-9d", next_update="-2d"), _crl(), requires="REV-025")
    yield _bad("ocsp-unknown-alone", "OCSP does not know it, and there is no CRL", BY_OCSP, _ocsp("unknown"), sound="ocsp-good", attacks=(82,))
    two = _signer(naming_ocsp(OCSP_URL, SECOND_OCSP))
    yield _good("second-responder", "the first of two responders does not answer", two, _ocsp(url=SECOND_OCSP), fetched=(OCSP_URL, SECOND_OCSP))
    yield _good("first-responder-good", "the first of two says good, and the second is not asked", two, _ocsp(), _ocsp("revoked", SECOND_OCSP), not_fetched=(SECOND_OCSP,))
    yield _bad("first-responder-unknown", "the first of two does not know it, and the second is not asked", two, _ocsp("unknown"), _ocsp(url=SECOND_OCSP), sound="first-responder-good")
    yield _bad("second-responder-revoked", "the first of two does not answer, and the second says revoked", two, _ocsp("revoked", SECOND_OCSP), sound="second-responder")


@family(AREA, "REV-001", "VER-062")
def intermediates() -> Iterator[Built]:
    """Every certificate but the root is asked about."""
    both = edited({0: naming_ocsp(OCSP_URL), 1: naming_crl(point(MIDDLE_CRL))})
    leaf = _ocsp(issuer="intermediate")
    yield _good("middle-good", "leaf and intermediate are good", both, leaf, _crl(url=MIDDLE_CRL), fetched=(OCSP_URL, MIDDLE_CRL))
    yield _bad("middle-revoked", "the intermediate is revoked", both, leaf, _crl("intermediate", url=MIDDLE_CRL, reason="cACompromise"), sound="middle-good")
    yield _bad("middle-unreachable", "nobody answers about the intermediate", both, leaf, sound="middle-good")
    yield _bad("middle-good-leaf-revoked", "the leaf is revoked", both, _ocsp("revoked", issuer="intermediate"), _crl(url=MIDDLE_CRL), sound="middle-good")
    alone = edited({1: naming_ocsp(MIDDLE_OCSP)})
    yield _good("middle-alone-good", "only the intermediate names a responder", alone, _ocsp(url=MIDDLE_OCSP, about="intermediate"), fetched=(MIDDLE_OCSP,))
    yield _bad("middle-alone-revoked", "only the intermediate names a responder, which says revoked", alone, _ocsp("revoked", MIDDLE_OCSP, about="intermediate"), sound="middle-alone-good")


@family(AREA, "REV-007", "REV-009")
def addresses() -> Iterator[Built]:
    """Only plain http is asked, and no redirect leads to another host."""
    for scheme in ("https", "ldap", "ftp", "file"):
        place = f"{scheme}://ocsp.conformance.test/leaf"
        yield _bad(f"ocsp-{scheme}", f"the responder is at {scheme}", _signer(naming_ocsp(place)), _ocsp(), sound="ocsp-good", attacks=(78,), not_fetched=(place,))
        crl = f"{scheme}://crl.conformance.test/leaf.crl"
        yield _bad(f"crl-{scheme}", f"the CRL is at {scheme}", _signer(naming_crl(point(crl))), _crl(), sound="crl-good", attacks=(78,), not_fetched=(crl,))
    yield _good("ocsp-http-in-capitals", "the scheme of the responder is written HTTP", _signer(naming_ocsp(OCSP_URL.replace("http", "HTTP", 1))), _ocsp())
    moved = {"url": OCSP_URL, "status": 302, "headers": {"Location": SECOND_OCSP}}
    yield _bad("ocsp-redirect", "the responder sends to another host", BY_OCSP, moved, _ocsp(url=SECOND_OCSP), sound="ocsp-good", attacks=(77,), requires="SEC-002", not_fetched=(SECOND_OCSP,))
    moved = {"url": CRL_URL, "status": 301, "headers": {"Location": SECOND_CRL}}
    yield _bad("crl-redirect", "the CRL has moved to another host", BY_CRL, moved, _crl(url=SECOND_CRL), sound="crl-good", attacks=(77,), requires="SEC-002", not_fetched=(SECOND_CRL,))


@family(AREA, "REV-022", "REV-042")
def answers() -> Iterator[Built]:
    """An answer is status 200 with an answer in it."""
    for status in (204, 206, 404, 500, 503):
        yield _bad(f"ocsp-status-{status}", f"the responder answers {status}", BY_OCSP, {**_ocsp(), "status": status}, sound="ocsp-good", attacks=(77,))
        yield _bad(f"crl-status-{status}", f"the CRL is answered with {status}", BY_CRL, {**_crl(), "status": status}, sound="crl-good", attacks=(77,))
    page = {"page.html": b"<html>Please log in.</html>"}
    yield _bad("ocsp-page", "the responder answers a page to log in at", BY_OCSP, _body(OCSP_URL, "page.html", "text/html"), sound="ocsp-good", attacks=(77,), files=page)
    yield _bad("crl-page", "a page to log in at is answered for the CRL", BY_CRL, _body(CRL_URL, "page.html", "text/html"), sound="crl-good", attacks=(77,), files=page)
    yield _bad("ocsp-empty", "the responder answers nothing", BY_OCSP, _body(OCSP_URL, "empty", OCSP_TYPE), sound="ocsp-good", files={"empty": b""})
    yield _bad("crl-empty", "the CRL is empty", BY_CRL, _body(CRL_URL, "empty", CRL_TYPE), sound="crl-good", files={"empty": b""})
    for number, word in ((1, "malformed-request"), (2, "internal-error"), (3, "try-later"), (5, "signature-required"), (6, "unauthorized")):
        refusal = {"refusal.ors": bytes((0x30, 3, 0x0A, 1, number))}
        yield _bad(f"ocsp-{word}", f"the responder answers {word.replace('-', ' ')}", BY_OCSP, _body(OCSP_URL, "refusal.ors", OCSP_TYPE), sound="ocsp-good", attacks=(81,), files=refusal)


@family(AREA, "REV-025", "REV-051")
def freshness() -> Iterator[Built]:
    """An answer counts from the time it was made to the time of the next."""
    yield _bad("ocsp-expired", "the next answer of the responder is due", BY_OCSP, _ocsp(this_update="-9d", next_update="-2d"), sound="ocsp-good", attacks=(81,))
    yield _bad("ocsp-future", "the responder's answer is of tomorrow", BY_OCSP, _ocsp(this_update="+1d", next_update="+9d"), sound="ocsp-good", attacks=(81,))
    yield _good("ocsp-skew", "the responder's clock is a minute ahead", BY_OCSP, _ocsp(this_update="+60s"))
    yield _bad("crl-expired", "the next CRL is due", BY_CRL, _crl(this_update="-9d", next_update="-2d"), sound="crl-good", attacks=(72,))
    yield _bad("crl-expired-revoked", "the next CRL is due, and the old one lists it", BY_CRL, _crl("leaf", this_update="-9d", next_update="-2d"), sound="crl-good", attacks=(72,))
    yield _bad("crl-future", "the CRL is of tomorrow", BY_CRL, _crl(this_update="+1d", next_update="+9d"), sound="crl-good", attacks=(72,))


def _delegate(*edits: Edit, nocheck: bool = True, signer: TestChain = BY_OCSP) -> Responder:
    """Return a responder that the root has appointed for as long as anything here holds."""
    long = changed(not_before=SINCE, not_after=UNTIL)
    return data.responder(signer, 0, long, *edits, nocheck=nocheck)


def _delegated(responder: Responder, status: str = "good") -> tuple[Fetch, dict[str, bytes]]:
    files = {"responder.pem": pem(responder.certificate).encode(), "responder.key": private_pem(responder.key)}
    return _ocsp(status, key="responder", responder="responder.pem"), files


@family(AREA, "REV-024", "REV-029")
def responders() -> Iterator[Built]:
    """An OCSP response is signed by the issuer, or by a responder that the issuer has appointed."""
    right, files = _delegated(_delegate())
    yield _good("responder", "by one that was appointed", BY_OCSP, right, files=files)
    revoked, files = _delegated(_delegate(), "revoked")
    yield _bad("responder-revoked-leaf", "by one that was appointed, and it says revoked", BY_OCSP, revoked, sound="responder", files=files, requires="REV-027")
    yield _bad("other-key", "by another key in the name of the issuer", BY_OCSP, _ocsp(key="leaf"), sound="ocsp-good", attacks=(80,))
    for name, title, edits in (
        ("responder-no-usage", "by one whose certificate is not for OCSP", (without(x509.ExtendedKeyUsage),)),
        ("responder-other-usage", "by one whose certificate is for signing code", (with_extension(x509.ExtendedKeyUsage([Usage.CODE_SIGNING]), critical=False),)),
        ("responder-expired", "by one whose certificate has expired", (changed(not_after=SINCE + DAY),)),
        ("responder-not-yet", "by one whose certificate is not valid yet", (changed(not_before=UNTIL - DAY),)),
        ("responder-of-another", "by one whom another key has appointed", (changed(signing_key=fixed_keys("EC-256")[2]),)),
    ):
        fetch, files = _delegated(_delegate(*edits))
        yield _bad(name, title, BY_OCSP, fetch, sound="responder", attacks=(80,), files=files)
    plain, files = _delegated(_delegate(nocheck=False))
    yield _good("responder-without-nocheck", "by one that names no CRL, and may be revoked", BY_OCSP, plain, files=files)
    listed, files = _delegated(_delegate(naming_crl(point(SECOND_CRL)), nocheck=False))
    yield _good("responder-not-on-crl", "by one that its CRL does not list", BY_OCSP, listed, _crl(url=SECOND_CRL), files=files, fetched=(SECOND_CRL,))
    yield _bad("responder-on-crl", "by one that its CRL lists", BY_OCSP, listed, _crl("responder", url=SECOND_CRL), sound="responder-not-on-crl", attacks=(80,), files=files)
    yield _bad("responder-crl-missing", "by one whose CRL is not there", BY_OCSP, listed, sound="responder-not-on-crl", attacks=(80,), files=files)


@family(AREA, "REV-020", "REV-024")
def about() -> Iterator[Built]:
    """An OCSP response is about the certificate that was asked about."""
    other = chain("EC-256", 2, "other")
    files = {"other.pem": pem(other.leaf).encode(), "other-root.pem": pem(other.root).encode(), "other-root.key": private_pem(other.keys[1])}
    yield _bad("other-certificate", "about another certificate", BY_OCSP, _ocsp(about="other"), sound="ocsp-good", attacks=(80,), files=files)
    yield _bad("other-issuer", "in the name of another issuer", BY_OCSP, _ocsp(issuer="other-root", key="root"), sound="ocsp-good", attacks=(80,), files=files)


@family(AREA, "REV-050")
def list_signers() -> Iterator[Built]:
    """A CRL is signed by the issuer of the certificate, in its name."""
    other = chain("EC-256", 2, "other")
    files = {"other-root.pem": pem(other.root).encode()}
    yield _bad("crl-other-key", "by another key in the name of the issuer", BY_CRL, _crl(key="leaf"), sound="crl-good", attacks=(69,))
    yield _bad("crl-other-name", "by the issuer's key in another name", BY_CRL, _crl(issuer="other-root", key="root"), sound="crl-good", attacks=(69,), files=files)
    silent = edited({0: naming_crl(point(CRL_URL)), 1: with_extension(key_usage("key_cert_sign"), critical=True)}, length=2)
    yield _bad("crl-issuer-may-not", "by an issuer whose key usage lacks cRLSign", silent, _crl(), sound="crl-good", attacks=(69,))


@family(AREA, "REV-071", "REV-072", "REV-073", "REV-074")
def reasons() -> Iterator[Built]:
    """A certificate that is listed is revoked, but for one that was taken off the list."""
    for reason in ("keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn", "certificateHold"):
        yield _bad(f"crl-{reason.lower()}", f"with the reason {reason}", BY_CRL, _crl("leaf", reason=reason), sound="crl-good", attacks=(73,) if reason == "certificateHold" else ())
    yield _good("crl-removefromcrl", "with the reason removeFromCRL", BY_CRL, _crl("leaf", reason="removeFromCRL"), attacks=(73,))
    yield _bad("ocsp-keycompromise", "by OCSP, with the reason keyCompromise", BY_OCSP, _ocsp("revoked", reason="keyCompromise"), sound="ocsp-good")
    yield _bad("revoked-after-signing", "and revoked long after the signature was made", BY_CRL, _crl("leaf", revoked="-1h"), sound="crl-good", requires="REV-075")


@family(AREA, "REV-040", "REV-041")
def points() -> Iterator[Built]:
    """Every distribution point has to be covered, and the places of one are alternatives."""
    alternatives = _signer(naming_crl(point(CRL_URL, SECOND_CRL)))
    yield _good("alternatives-second", "the first of two places does not answer", alternatives, _crl(url=SECOND_CRL))
    yield _bad("alternatives-revoked", "the first of two places does not answer, and the second lists it", alternatives, _crl("leaf", url=SECOND_CRL), sound="alternatives-second")
    both = _signer(naming_crl(point(CRL_URL), point(SECOND_CRL)))
    yield _good("points-good", "two points do not list it", both, _crl(), _crl(url=SECOND_CRL), fetched=(CRL_URL, SECOND_CRL))
    yield _bad("points-one-missing", "one of two points does not answer", both, _crl(), sound="points-good")
    yield _bad("points-second-revoked", "the second of two points lists it", both, _crl(), _crl("leaf", url=SECOND_CRL), sound="points-good")


# --- answers that are files, and hold at one moment -------------------------------------------------------


def _list(
    name: str, title: str, failed: str, *, signer: TestChain = BY_CRL, attacks: tuple[int, ...] = (), requires: str = "", sound: str = "list", delta: bytes | None = None, content: bytes | None = None, **changes: Any
) -> Built:
    """Return the vector of a CRL with *changes*, at the suite's moment; *failed* says whether it is refused."""
    files = {"leaf.crl": data.crl(signer, 0, **changes) if content is None else content}
    fetches = [_body(CRL_URL, "leaf.crl", CRL_TYPE)]
    if delta is not None:
        files["delta.crl"] = delta
        fetches.append(_body(DELTA, "delta.crl", CRL_TYPE))
    more: Any = {"files": files, "fixed": "yes", "key_type": "RSA-2048" if signer is RSA else "EC-256"}
    if failed:
        return _bad(name, title, signer, *fetches, sound=sound, attacks=attacks, requires=requires, **more)
    return _good(name, title, signer, *fetches, attacks=attacks, requires=requires, **more)


def _scope(*members: bytes) -> bytes:
    return element(0x30, *members)


TRUE = b"\xff"


@family(AREA, "REV-042", "REV-051", "REV-052", "REV-053")
def lists() -> Iterator[Built]:
    """A CRL is read strictly, for what it covers."""
    yield _list("list", "one that is right", "")
    yield _list("list-revoked", "one that lists the certificate", "failed", entries=[data.entry(BY_CRL, reason=1)], requires="REV-072")
    yield _list("list-other-serial", "one that lists another certificate", "", entries=[data.entry(4711, reason=1)], attacks=(76,), requires="REV-070")
    yield _list("list-no-next-update", "no time of the next one", "failed", next_update=None, attacks=(72,))
    yield _list("list-next-second", "the second of the next one", "", next_update=AT)
    yield _list("list-next-second-after", "the second after the time of the next one", "failed", next_update=AT - timedelta(seconds=1), attacks=(72,))
    yield _list("list-until-2099", "made 500 days ago, to hold until 2099", "failed", this_update=AT - 500 * DAY, next_update=AT.replace(year=2099), attacks=(72,))
    yield _list("list-version-1", "version 1", "failed", version=None, number=None)
    yield _list("list-sha-1", "signed with SHA-1", "failed", hashed="SHA1", signer=RSA, requires="REV-050", sound="list-rsa")
    yield _list("list-rsa", "by an RSA key", "", signer=RSA)
    yield _list("list-pem", "in PEM", "failed", content=_pem_list())
    yield _list("list-trailing-byte", "a byte behind it", "failed", content=data.crl(BY_CRL, 0) + b"\0", requires="SEC-003")
    yield _list("list-unknown-critical", "an unknown critical extension", "failed", extensions=[extension("1.3.6.1.4.1.99999.3", b"\x05\x00", CRITICAL)], attacks=(76,))
    yield _list("list-unknown", "an unknown extension that is not critical", "", extensions=[extension("1.3.6.1.4.1.99999.3", b"\x05\x00")], attacks=(76,))
    unknown = extension("1.3.6.1.4.1.99999.4", b"\x05\x00", CRITICAL)
    yield _list("entry-unknown-critical", "an unknown critical extension in the entry of the certificate", "failed", entries=[data.entry(BY_CRL, reason=8, extensions=[unknown])], attacks=(76,))
    yield _list("entry-unknown-critical-other", "an unknown critical extension in the entry of another certificate", "", entries=[data.entry(4711, reason=1, extensions=[unknown])], attacks=(76,))
    yield _list("list-is-delta", "a delta CRL in place of a complete one", "failed", base_number=1, number=2, attacks=(73,), requires="REV-061")
    yield _list("scope-here", "for this distribution point", "", scope=_scope(data.point_name(CRL_URL)), attacks=(70,))
    yield _list("scope-elsewhere", "for another distribution point", "failed", scope=_scope(data.point_name("http://crl.conformance.test/other.crl")), attacks=(70,))
    yield _list("scope-users", "for certificates of users", "", scope=_scope(element(0x81, TRUE)), attacks=(70,))
    yield _list("scope-authorities", "for certificates of authorities", "failed", scope=_scope(element(0x82, TRUE)), attacks=(70,))
    yield _list("scope-some-reasons", "for some reasons only", "failed", scope=_scope(element(0x83, b"\x06\x40")), attacks=(70,))
    yield _list("scope-indirect", "for several issuers", "failed", scope=_scope(element(0x84, TRUE)), attacks=(70,), requires="REV-043")
    yield _list("scope-attributes", "for attribute certificates", "failed", scope=_scope(element(0x85, TRUE)), attacks=(70,))


RSA = edited({0: naming_crl(point(CRL_URL))}, "RSA-2048", 2)


def _pem_list() -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return x509.load_der_x509_crl(data.crl(BY_CRL, 0)).public_bytes(Encoding.PEM)


@family(AREA, "REV-060", "REV-061", "REV-063", "REV-073")
def deltas() -> Iterator[Built]:
    """A base CRL that names a delta CRL counts together with it."""

    def delta(**changes: Any) -> bytes:
        return data.crl(BY_CRL, 0, **{"number": 2, "base_number": 1, **changes})

    hold, off = data.entry(BY_CRL, at=AT - 2 * DAY, reason=6), data.entry(BY_CRL, at=AT - DAY, reason=8)
    fresh: Any = {"freshest": [DELTA]}
    yield _list("delta", "an empty one", "", delta=delta(), **fresh)
    yield _list("delta-missing", "one that is not there", "failed", sound="delta", attacks=(73,), **fresh)
    yield _list("delta-revokes", "one that lists the certificate", "failed", delta=delta(entries=[data.entry(BY_CRL, reason=1)]), sound="delta", **fresh)
    yield _list("delta-lifts-hold", "one that takes a hold back", "", delta=delta(entries=[off]), entries=[hold], attacks=(73,), **fresh)
    yield _list("delta-hold-stays", "one that says nothing about a hold", "failed", delta=delta(), entries=[hold], sound="delta-lifts-hold", attacks=(73,), **fresh)
    later = data.entry(BY_CRL, at=AT - timedelta(hours=1), reason=6)
    yield _list("delta-holds-again", "one that holds after the base took a hold back", "failed", delta=delta(entries=[later]), entries=[off], sound="delta-lifts-hold", attacks=(73,), **fresh)
    yield _list(
        "delta-does-not-lift-compromise",
        "one that takes back what is for ever",
        "failed",
        delta=delta(entries=[off]),
        entries=[data.entry(BY_CRL, at=AT - 2 * DAY, reason=1)],
        sound="delta-lifts-hold",
        requires="REV-072",
        **fresh,
    )
    yield _list("delta-newer-base", "one for a newer base", "failed", delta=delta(number=6, base_number=5), sound="delta", attacks=(73,), **fresh)
    yield _list("delta-not-newer", "one that is not newer than the base", "failed", delta=delta(number=1), sound="delta", attacks=(73,), **fresh)
    yield _list("delta-no-indicator", "one that does not say that it is one", "failed", delta=delta(base_number=None), sound="delta", attacks=(73,), **fresh)
    yield _list("delta-no-number", "one without a number", "failed", delta=delta(number=None), sound="delta", attacks=(73,), **fresh)
    yield _list("delta-expired", "one whose time has passed", "failed", delta=delta(this_update=AT - 9 * DAY, next_update=AT - DAY), sound="delta", **fresh)
    yield _list("delta-other-key", "one that another key has signed", "failed", delta=delta(key=BY_CRL.keys[0]), sound="delta", attacks=(69,), **fresh)
    certificate = _signer(naming_crl(point(CRL_URL)), with_extension(x509.FreshestCRL([point(DELTA)]), critical=False))
    yield _list("delta-named-by-certificate", "one that only the certificate names", "failed", signer=certificate, delta=None, requires="REV-062")


@family(AREA, "REV-022", "REV-024", "REV-025", "REV-028")
def responses() -> Iterator[Built]:
    """An OCSP response is read strictly."""

    def made(called: str, title: str, failed: str, attacks: tuple[int, ...] = (81,), requires: str = "", content: bytes | None = None, sound: str = "response", **changes: Any) -> Built:
        files = {"leaf.ors": data.ocsp(BY_OCSP, 0, **changes) if content is None else content}
        fetch = _body(OCSP_URL, "leaf.ors", OCSP_TYPE)
        if failed:
            return _bad(called, title, BY_OCSP, fetch, sound=sound, attacks=attacks, requires=requires, files=files, fixed="yes")
        return _good(called, title, BY_OCSP, fetch, attacks=attacks, requires=requires, files=files, fixed="yes")

    yield made("response", "one that is right", "", ())
    yield made("response-no-next-update", "no time of the next one", "failed", next_update=None)
    yield made("response-next-second", "the second of the next one", "", (), next_update=AT)
    yield made("response-next-second-after", "the second after the time of the next one", "failed", next_update=AT - timedelta(seconds=1))
    yield made("response-twice", "the answer stands twice", "failed", answers=2)
    yield made("response-other-serial", "another serial number", "failed", (80,), serial=4711)
    yield made("response-other-name", "another name of the issuer", "failed", (80,), name=name_of("other").public_bytes())
    yield made("response-trailing-byte", "a byte stands behind it", "failed", content=data.ocsp(BY_OCSP, 0) + b"\0", requires="SEC-003")
    critical = extension("1.3.6.1.4.1.99999.5", b"\x05\x00", CRITICAL)
    yield made("response-critical-answer", "a critical extension of the answer", "failed", (76,), extensions=[critical])
    yield made("response-nonce", "a nonce that nobody sent", "failed", response_extensions=[extension("1.3.6.1.5.5.7.48.1.2", b"\x04\x02ab")], requires="REV-031")
    yield made("response-500-days", "made 500 days ago, to hold until 2099", "failed", this_update=AT - 500 * DAY, next_update=AT.replace(year=2099))


@family(AREA, "REV-027", "REV-071", "REV-075", "VER-061")
def invalidity() -> Iterator[Built]:
    """A date from which a key is invalid is compared with the authentic time of a signing authority."""
    for way, signer, url, kind in (("crl", BY_CRL, CRL_URL, CRL_TYPE), ("ocsp", BY_OCSP, OCSP_URL, OCSP_TYPE)):
        for name, title, at, failed in (("after", "after it", AT - DAY, ""), ("before", "before it", STAMPED - DAY, "failed"), ("equal", "at it", STAMPED, "failed")):
            yield _invalid(f"authority-invalid-{name}-{way}", f"{title}, by {way.upper()}", signer, url, kind, at, failed, "authority")
        yield _invalid(f"x509-invalid-after-{way}", f"after the signing time, which nobody has attested, by {way.upper()}", signer, url, kind, AT - DAY, "failed", "x509")


def _invalid(name: str, title: str, signer: TestChain, url: str, kind: str, at: Any, failed: str, scheme: str) -> Built:
    if kind == CRL_TYPE:
        content = data.crl(signer, 0, entries=[data.entry(signer, reason=4, invalid_from=at)])
    else:
        content = data.ocsp(signer, 0, status="revoked", reason=4, extensions=[extension("2.5.29.24", data.time(at))])
    made = _scene(signer, [_body(url, "answer", kind)], {"answer": content}, fixed="yes")
    if scheme == "authority":
        form = made["format"]
        made["files"][f"signature.{form}"] = by_authority(form, {AUTHENTIC_TIME: "2022-06-01T12:00:00Z"}, chain=signer)
        settings = scene(b"", form, policy=policy(trustStores=["signingAuthority:acme"]), stores=store("signingAuthority", "acme", pem(signer.root)))
        made["tables"]["config"] = settings["tables"]["config"]
    if failed:
        way = name.rpartition("-")[2]
        return refuse(name, title, CHECK, attacks=(74,), sound=f"authority-invalid-after-{way}", **made)
    return accept(name, title, attacks=(74,), **made)


@family(AREA, "TSA-035", "ATTR-018", "VER-061")
def stamped() -> Iterator[Built]:
    """The time of a timestamp is none that a date of invalidity is compared with."""
    for way, signer, url, kind in (("crl", BY_CRL, CRL_URL, CRL_TYPE), ("ocsp", BY_OCSP, OCSP_URL, OCSP_TYPE)):
        good, bad = (data.crl(signer, 0), data.crl(signer, 0, entries=[data.entry(signer, reason=4, invalid_from=AT - DAY)]))
        if way == "ocsp":
            mark = extension("2.5.29.24", data.time(AT - DAY))
            good, bad = data.ocsp(signer, 0), data.ocsp(signer, 0, status="revoked", reason=4, extensions=[mark])
        fixed: Any = {"at": AT, "clock": "fixed"}
        token = {"gen_time": stamps.general_time(STAMPED)}
        fetches = [dict(_body(url, "answer", kind))]
        yield accept(f"stamped-good-{way}", f"not revoked, by {way.upper()}", **stamped_scene(token, signer=signer, files={"answer": good}, fetches=fetches) | fixed)
        yield refuse(
            f"stamped-invalid-after-{way}",
            f"revoked for a time after the timestamp, by {way.upper()}",
            CHECK,
            attacks=(74,),
            sound=f"stamped-good-{way}",
            **stamped_scene(token, signer=signer, files={"answer": bad}, fetches=fetches) | fixed,
        )
    compromised = data.crl(BY_CRL, 0, entries=[data.entry(BY_CRL, reason=1)])
    made = stamped_scene({"gen_time": stamps.general_time(STAMPED)}, signer=BY_CRL, files={"answer": compromised}, fetches=[dict(_body(CRL_URL, "answer", CRL_TYPE))])
    yield refuse("stamped-compromised", "its key was stolen after the timestamp", CHECK, attacks=(75,), sound="stamped-good-crl", **made | {"at": AT, "clock": "fixed"})


# --- of the authority that made a timestamp ---------------------------------------------------------------


@family(AREA, "TSA-032", "TSA-033")
def of_timestamps() -> Iterator[Built]:
    """The authority of a timestamp must not be revoked, whatever the policy says of the signer's revocation."""
    tsa = make_chain("EC-256", 3, subject="tsa", usage=Usage.TIME_STAMPING, not_before=SINCE, not_after=UNTIL, edits={0: naming_ocsp(OCSP_URL)})
    files = {f"{word}.pem": pem(one).encode() for word, one in zip(("tsa", "tsa-issuer"), tsa.certificates[:2], strict=True)} | {"tsa-issuer.key": private_pem(tsa.keys[1])}
    token = {"gen_time": stamps.general_time(STAMPED)}

    def made(*fetches: Fetch, override: Mapping[str, str] | None = None) -> dict[str, Any]:
        named = {name: files[name] for name in _named_in(fetches)}
        return stamped_scene(token, authority=tsa, override=override, files=named, fetches=[dict(one) for one in fetches], expected={"fetched": [OCSP_URL]})

    asked = {"issuer": "tsa-issuer", "about": "tsa"}
    yield accept("tsa-good", "good", requires="REV-003", **made(_ocsp(**asked)))
    yield refuse("tsa-revoked", "revoked", "authenticTimestamp", attacks=(91,), sound="tsa-good", **made(_ocsp("revoked", **asked)))
    yield refuse("tsa-unknown", "unknown", "authenticTimestamp", sound="tsa-good", **made(_ocsp("unknown", **asked)))
    yield refuse("tsa-unreachable", "its responder does not answer", "authenticTimestamp", sound="tsa-good", **made())
    yield refuse("tsa-revoked-skipped", "revoked, where the signer's revocation is skipped", "authenticTimestamp", attacks=(91,), sound="tsa-good", **made(_ocsp("revoked", **asked), override={"revocation": "skip"}))
