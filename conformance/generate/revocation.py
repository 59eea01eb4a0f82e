# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `revocation`: whom a chain's certificates name, what is answered, and what follows.

Answers that age are made by the runner from what a vector says; those that are wrong in form are files, in
`revocation_files`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from . import revocation_data as data
from .pki import (
    Edit,
    TestChain,
    all_of,
    changed,
    fixed_keys,
    key_usage,
    private_pem,
    with_extension,
    without,
)
from .revocation_data import Responder, naming_crl, naming_ocsp, point
from .revocation_scene import (
    AREA,
    BY_BOTH,
    BY_CRL,
    BY_OCSP,
    CHECK,
    CRL_TYPE,
    DAY,
    MIDDLE_CRL,
    MIDDLE_OCSP,
    OCSP_TYPE,
    SECOND_CRL,
    SECOND_OCSP,
    Fetch,
    body_answer,
    crl_answer,
    fails,
    ocsp_answer,
    passes,
    scene_of,
    signer_with,
)
from .scene import (
    CRL_URL,
    OCSP_URL,
    SINCE,
    UNTIL,
    chain,
    edited,
    pem,
    policy,
    scene,
    store,
)
from .suite import Built, accept, family


# fmt: off
@family(AREA, "REV-001", "REV-003", "REV-005", "VER-062")
def sources() -> Iterator[Built]:
    """A certificate says who knows about it, by OCSP, by CRL, or not at all."""
    yield passes("neither", "it names neither", chain(), attacks=(83,))
    yield passes("root-alone", "the root names both, and nobody is asked", edited({1: all_of(naming_ocsp(OCSP_URL), naming_crl(point(CRL_URL)))}, length=2), not_fetched=(OCSP_URL, CRL_URL))
    lone = edited({0: naming_ocsp(OCSP_URL)}, length=1)
    yield passes("lone", "a lone certificate names a responder, and nobody is asked", lone, not_fetched=(OCSP_URL,))
    yield passes("ocsp-good", "its responder calls it good", BY_OCSP, ocsp_answer(), fetched=(OCSP_URL,), requires="REV-026")
    yield passes("crl-good", "its CRL does not list it", BY_CRL, crl_answer(), fetched=(CRL_URL,), requires="REV-070")
    yield fails("ocsp-revoked", "its responder calls it revoked", BY_OCSP, ocsp_answer("revoked"), sound="ocsp-good", requires="REV-027")
    yield fails("crl-revoked", "its CRL lists it", BY_CRL, crl_answer("leaf"), sound="crl-good", requires="REV-072")
    yield fails("ocsp-unreachable", "its responder does not answer", BY_OCSP, sound="ocsp-good", attacks=(82,))
    yield fails("crl-unreachable", "its CRL is not there", BY_CRL, sound="crl-good", attacks=(82,))
    yield passes("audit-asks", "at audit it is asked for a chain that is trusted", BY_BOTH, ocsp_answer(), level="audit", fetched=(OCSP_URL,))
    made = scene_of(BY_BOTH, (ocsp_answer("revoked"), crl_answer("leaf")), level="audit", not_fetched=(OCSP_URL, CRL_URL))
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
    yield passes(good, "OCSP says good, and no CRL is asked for", BY_BOTH, ocsp_answer(), crl_answer(), fetched=(OCSP_URL,), not_fetched=(CRL_URL,))
    yield passes("ocsp-good-crl-revoked", "OCSP says good, and the CRL that nobody asks for lists it", BY_BOTH, ocsp_answer(), crl_answer("leaf"), attacks=(82,), not_fetched=(CRL_URL,))
    yield fails("ocsp-revoked-crl-good", "OCSP says revoked, and the CRL does not list it", BY_BOTH, ocsp_answer("revoked"), crl_answer(), sound=good)
    yield passes("ocsp-unknown-crl-good", "OCSP does not know it, and the CRL does not list it", BY_BOTH, ocsp_answer("unknown"), crl_answer(), attacks=(82,), fetched=(OCSP_URL, CRL_URL))
    yield fails("ocsp-unknown-crl-revoked", "OCSP does not know it, and the CRL lists it", BY_BOTH, ocsp_answer("unknown"), crl_answer("leaf"), sound="ocsp-unknown-crl-good", attacks=(82,))
    yield passes("ocsp-unreachable-crl-good", "no responder answers, and the CRL does not list it", BY_BOTH, crl_answer(), fetched=(OCSP_URL, CRL_URL))
    yield fails("ocsp-unreachable-crl-revoked", "no responder answers, and the CRL lists it", BY_BOTH, crl_answer("leaf"), sound="ocsp-unreachable-crl-good")
    yield fails("both-unreachable", "neither answers", BY_BOTH, sound=good, attacks=(82,))
    yield passes("both-unreachable-permissive", "neither answers, at the level permissive", BY_BOTH, logged=(CHECK,), attacks=(82,), level="permissive")
    yield passes("ocsp-expired-crl-good", "the answer of OCSP has expired, and the CRL does not list it", BY_BOTH, ocsp_answer(this_update="-9d", next_update="-2d"), crl_answer(), requires="REV-025")
    yield fails("ocsp-unknown-alone", "OCSP does not know it, and there is no CRL", BY_OCSP, ocsp_answer("unknown"), sound="ocsp-good", attacks=(82,))
    two = signer_with(naming_ocsp(OCSP_URL, SECOND_OCSP))
    yield passes("second-responder", "the first of two responders does not answer", two, ocsp_answer(url=SECOND_OCSP), fetched=(OCSP_URL, SECOND_OCSP))
    yield passes("first-responder-good", "the first of two says good, and the second is not asked", two, ocsp_answer(), ocsp_answer("revoked", SECOND_OCSP), not_fetched=(SECOND_OCSP,))
    yield fails("first-responder-unknown", "the first of two does not know it, and the second is not asked", two, ocsp_answer("unknown"), ocsp_answer(url=SECOND_OCSP), sound="first-responder-good")
    yield fails("second-responder-revoked", "the first of two does not answer, and the second says revoked", two, ocsp_answer("revoked", SECOND_OCSP), sound="second-responder")


@family(AREA, "REV-001", "VER-062")
def intermediates() -> Iterator[Built]:
    """Every certificate but the root is asked about."""
    both = edited({0: naming_ocsp(OCSP_URL), 1: naming_crl(point(MIDDLE_CRL))})
    leaf = ocsp_answer(issuer="intermediate")
    yield passes("middle-good", "leaf and intermediate are good", both, leaf, crl_answer(url=MIDDLE_CRL), fetched=(OCSP_URL, MIDDLE_CRL))
    yield fails("middle-revoked", "the intermediate is revoked", both, leaf, crl_answer("intermediate", url=MIDDLE_CRL, reason="cACompromise"), sound="middle-good")
    yield fails("middle-unreachable", "nobody answers about the intermediate", both, leaf, sound="middle-good")
    yield fails("middle-good-leaf-revoked", "the leaf is revoked", both, ocsp_answer("revoked", issuer="intermediate"), crl_answer(url=MIDDLE_CRL), sound="middle-good")
    alone = edited({1: naming_ocsp(MIDDLE_OCSP)})
    yield passes("middle-alone-good", "only the intermediate names a responder", alone, ocsp_answer(url=MIDDLE_OCSP, about="intermediate"), fetched=(MIDDLE_OCSP,))
    yield fails("middle-alone-revoked", "only the intermediate names a responder, which says revoked", alone, ocsp_answer("revoked", MIDDLE_OCSP, about="intermediate"), sound="middle-alone-good")


@family(AREA, "REV-007", "REV-009")
def addresses() -> Iterator[Built]:
    """Only plain http is asked, and no redirect leads to another host."""
    for scheme in ("https", "ldap", "ftp", "file"):
        place = f"{scheme}://ocsp.conformance.test/leaf"
        yield fails(f"ocsp-{scheme}", f"the responder is at {scheme}", signer_with(naming_ocsp(place)), ocsp_answer(), sound="ocsp-good", attacks=(78,), not_fetched=(place,))
        crl = f"{scheme}://crl.conformance.test/leaf.crl"
        yield fails(f"crl-{scheme}", f"the CRL is at {scheme}", signer_with(naming_crl(point(crl))), crl_answer(), sound="crl-good", attacks=(78,), not_fetched=(crl,))
    yield passes("ocsp-http-in-capitals", "the scheme of the responder is written HTTP", signer_with(naming_ocsp(OCSP_URL.replace("http", "HTTP", 1))), ocsp_answer())
    moved = {"url": OCSP_URL, "status": 302, "headers": {"Location": SECOND_OCSP}}
    yield fails("ocsp-redirect", "the responder sends to another host", BY_OCSP, moved, ocsp_answer(url=SECOND_OCSP), sound="ocsp-good", attacks=(77,), requires="SEC-002", not_fetched=(SECOND_OCSP,))
    moved = {"url": CRL_URL, "status": 301, "headers": {"Location": SECOND_CRL}}
    yield fails("crl-redirect", "the CRL has moved to another host", BY_CRL, moved, crl_answer(url=SECOND_CRL), sound="crl-good", attacks=(77,), requires="SEC-002", not_fetched=(SECOND_CRL,))


@family(AREA, "REV-022", "REV-042")
def answers() -> Iterator[Built]:
    """An answer is status 200 with an answer in it."""
    for status in (204, 206, 404, 500, 503):
        yield fails(f"ocsp-status-{status}", f"the responder answers {status}", BY_OCSP, {**ocsp_answer(), "status": status}, sound="ocsp-good", attacks=(77,))
        yield fails(f"crl-status-{status}", f"the CRL is answered with {status}", BY_CRL, {**crl_answer(), "status": status}, sound="crl-good", attacks=(77,))
    page = {"page.html": b"<html>Please log in.</html>"}
    yield fails("ocsp-page", "the responder answers a page to log in at", BY_OCSP, body_answer(OCSP_URL, "page.html", "text/html"), sound="ocsp-good", attacks=(77,), files=page)
    yield fails("crl-page", "a page to log in at is answered for the CRL", BY_CRL, body_answer(CRL_URL, "page.html", "text/html"), sound="crl-good", attacks=(77,), files=page)
    yield fails("ocsp-empty", "the responder answers nothing", BY_OCSP, body_answer(OCSP_URL, "empty", OCSP_TYPE), sound="ocsp-good", files={"empty": b""})
    yield fails("crl-empty", "the CRL is empty", BY_CRL, body_answer(CRL_URL, "empty", CRL_TYPE), sound="crl-good", files={"empty": b""})
    for number, word in ((1, "malformed-request"), (2, "internal-error"), (3, "try-later"), (5, "signature-required"), (6, "unauthorized")):
        refusal = {"refusal.ors": bytes((0x30, 3, 0x0A, 1, number))}
        yield fails(f"ocsp-{word}", f"the responder answers {word.replace('-', ' ')}", BY_OCSP, body_answer(OCSP_URL, "refusal.ors", OCSP_TYPE), sound="ocsp-good", attacks=(81,), files=refusal)


@family(AREA, "REV-025", "REV-051")
def freshness() -> Iterator[Built]:
    """An answer counts from the time it was made to the time of the next."""
    yield fails("ocsp-expired", "the next answer of the responder is due", BY_OCSP, ocsp_answer(this_update="-9d", next_update="-2d"), sound="ocsp-good", attacks=(81,))
    yield fails("ocsp-future", "the responder's answer is of tomorrow", BY_OCSP, ocsp_answer(this_update="+1d", next_update="+9d"), sound="ocsp-good", attacks=(81,))
    yield passes("ocsp-skew", "the responder's clock is a minute ahead", BY_OCSP, ocsp_answer(this_update="+60s"))
    yield fails("crl-expired", "the next CRL is due", BY_CRL, crl_answer(this_update="-9d", next_update="-2d"), sound="crl-good", attacks=(72,))
    yield fails("crl-expired-revoked", "the next CRL is due, and the old one lists it", BY_CRL, crl_answer("leaf", this_update="-9d", next_update="-2d"), sound="crl-good", attacks=(72,))
    yield fails("crl-future", "the CRL is of tomorrow", BY_CRL, crl_answer(this_update="+1d", next_update="+9d"), sound="crl-good", attacks=(72,))


def _delegate(*edits: Edit, nocheck: bool = True, signer: TestChain = BY_OCSP) -> Responder:
    """Return a responder that the root has appointed for as long as anything here holds."""
    long = changed(not_before=SINCE, not_after=UNTIL)
    return data.responder(signer, 0, long, *edits, nocheck=nocheck)


def _delegated(responder: Responder, status: str = "good") -> tuple[Fetch, dict[str, bytes]]:
    files = {"responder.pem": pem(responder.certificate).encode(), "responder.key": private_pem(responder.key)}
    return ocsp_answer(status, key="responder", responder="responder.pem"), files


@family(AREA, "REV-024", "REV-029")
def responders() -> Iterator[Built]:
    """An OCSP response is signed by the issuer, or by a responder that the issuer has appointed."""
    right, files = _delegated(_delegate())
    yield passes("responder", "by one that was appointed", BY_OCSP, right, files=files)
    revoked, files = _delegated(_delegate(), "revoked")
    yield fails("responder-revoked-leaf", "by one that was appointed, and it says revoked", BY_OCSP, revoked, sound="responder", files=files, requires="REV-027")
    yield fails("other-key", "by another key in the name of the issuer", BY_OCSP, ocsp_answer(key="leaf"), sound="ocsp-good", attacks=(80,))
    for name, title, edits in (
        ("responder-no-usage", "by one whose certificate is not for OCSP", (without(x509.ExtendedKeyUsage),)),
        ("responder-other-usage", "by one whose certificate is for signing code", (with_extension(x509.ExtendedKeyUsage([Usage.CODE_SIGNING]), critical=False),)),
        ("responder-expired", "by one whose certificate has expired", (changed(not_after=SINCE + DAY),)),
        ("responder-not-yet", "by one whose certificate is not valid yet", (changed(not_before=UNTIL - DAY),)),
        ("responder-of-another", "by one whom another key has appointed", (changed(signing_key=fixed_keys("EC-256")[2]),)),
    ):
        fetch, files = _delegated(_delegate(*edits))
        yield fails(name, title, BY_OCSP, fetch, sound="responder", attacks=(80,), files=files)
    plain, files = _delegated(_delegate(nocheck=False))
    yield passes("responder-without-nocheck", "by one that names no CRL, and may be revoked", BY_OCSP, plain, files=files)
    listed, files = _delegated(_delegate(naming_crl(point(SECOND_CRL)), nocheck=False))
    yield passes("responder-not-on-crl", "by one that its CRL does not list", BY_OCSP, listed, crl_answer(url=SECOND_CRL), files=files, fetched=(SECOND_CRL,))
    yield fails("responder-on-crl", "by one that its CRL lists", BY_OCSP, listed, crl_answer("responder", url=SECOND_CRL), sound="responder-not-on-crl", attacks=(80,), files=files)
    yield fails("responder-crl-missing", "by one whose CRL is not there", BY_OCSP, listed, sound="responder-not-on-crl", attacks=(80,), files=files)


@family(AREA, "REV-020", "REV-024")
def about() -> Iterator[Built]:
    """An OCSP response is about the certificate that was asked about."""
    other = chain("EC-256", 2, "other")
    files = {"other.pem": pem(other.leaf).encode(), "other-root.pem": pem(other.root).encode(), "other-root.key": private_pem(other.keys[1])}
    yield fails("other-certificate", "about another certificate", BY_OCSP, ocsp_answer(about="other"), sound="ocsp-good", attacks=(80,), files=files)
    yield fails("other-issuer", "in the name of another issuer", BY_OCSP, ocsp_answer(issuer="other-root", key="root"), sound="ocsp-good", attacks=(80,), files=files)


@family(AREA, "REV-050")
def list_signers() -> Iterator[Built]:
    """A CRL is signed by the issuer of the certificate, in its name."""
    other = chain("EC-256", 2, "other")
    files = {"other-root.pem": pem(other.root).encode()}
    yield fails("crl-other-key", "by another key in the name of the issuer", BY_CRL, crl_answer(key="leaf"), sound="crl-good", attacks=(69,))
    yield fails("crl-other-name", "by the issuer's key in another name", BY_CRL, crl_answer(issuer="other-root", key="root"), sound="crl-good", attacks=(69,), files=files)
    silent = edited({0: naming_crl(point(CRL_URL)), 1: with_extension(key_usage("key_cert_sign"), critical=True)}, length=2)
    yield fails("crl-issuer-may-not", "by an issuer whose key usage lacks cRLSign", silent, crl_answer(), sound="crl-good", attacks=(69,))


@family(AREA, "REV-071", "REV-072", "REV-073", "REV-074")
def reasons() -> Iterator[Built]:
    """A certificate that is listed is revoked, but for one that was taken off the list."""
    for reason in ("keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn", "certificateHold"):
        yield fails(f"crl-{reason.lower()}", f"with the reason {reason}", BY_CRL, crl_answer("leaf", reason=reason), sound="crl-good", attacks=(73,) if reason == "certificateHold" else ())
    yield passes("crl-removefromcrl", "with the reason removeFromCRL", BY_CRL, crl_answer("leaf", reason="removeFromCRL"), attacks=(73,))
    yield fails("ocsp-keycompromise", "by OCSP, with the reason keyCompromise", BY_OCSP, ocsp_answer("revoked", reason="keyCompromise"), sound="ocsp-good")
    yield fails("revoked-after-signing", "and revoked long after the signature was made", BY_CRL, crl_answer("leaf", revoked="-1h"), sound="crl-good", requires="REV-075")


@family(AREA, "REV-040", "REV-041")
def points() -> Iterator[Built]:
    """Every distribution point has to be covered, and the places of one are alternatives."""
    alternatives = signer_with(naming_crl(point(CRL_URL, SECOND_CRL)))
    yield passes("alternatives-second", "the first of two places does not answer", alternatives, crl_answer(url=SECOND_CRL))
    yield fails("alternatives-revoked", "the first of two places does not answer, and the second lists it", alternatives, crl_answer("leaf", url=SECOND_CRL), sound="alternatives-second")
    both = signer_with(naming_crl(point(CRL_URL), point(SECOND_CRL)))
    yield passes("points-good", "two points do not list it", both, crl_answer(), crl_answer(url=SECOND_CRL), fetched=(CRL_URL, SECOND_CRL))
    yield fails("points-one-missing", "one of two points does not answer", both, crl_answer(), sound="points-good")
    yield fails("points-second-revoked", "the second of two points lists it", both, crl_answer(), crl_answer("leaf", url=SECOND_CRL), sound="points-good")
