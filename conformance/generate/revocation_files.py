# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `revocation`: answers that are files, and dates that are compared with other times.

Where such an answer would be too old on another day, the vector holds at its own moment only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from . import revocation_data as data
from . import stamps
from .envelopes import AUTHENTIC_TIME
from .pki import (
    TestChain,
    make_chain,
    private_pem,
    with_extension,
)
from .pki import name as name_of
from .resigned import element, extension
from .revocation_data import CRITICAL, naming_crl, naming_ocsp, point
from .revocation_scene import (
    AREA,
    BY_CRL,
    BY_OCSP,
    CHECK,
    CRL_TYPE,
    DAY,
    DELTA,
    OCSP_TYPE,
    Fetch,
    body_answer,
    fails,
    named_in,
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
    by_authority,
    edited,
    pem,
    policy,
    scene,
    store,
)
from .suite import AT, Built, accept, family, refuse
from .timestamps import STAMPED, stamped_scene


# fmt: off
def _list(
    name: str, title: str, failed: str, *, signer: TestChain = BY_CRL, attacks: tuple[int, ...] = (), requires: str = "", sound: str = "list", delta: bytes | None = None, content: bytes | None = None, **changes: Any
) -> Built:
    """Return the vector of a CRL with *changes*, at the suite's moment; *failed* says whether it is refused."""
    files = {"leaf.crl": data.crl(signer, 0, **changes) if content is None else content}
    fetches = [body_answer(CRL_URL, "leaf.crl", CRL_TYPE)]
    if delta is not None:
        files["delta.crl"] = delta
        fetches.append(body_answer(DELTA, "delta.crl", CRL_TYPE))
    more: Any = {"files": files, "fixed": "yes", "key_type": "RSA-2048" if signer is RSA else "EC-256"}
    if failed:
        return fails(name, title, signer, *fetches, sound=sound, attacks=attacks, requires=requires, **more)
    return passes(name, title, signer, *fetches, attacks=attacks, requires=requires, **more)


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
    certificate = signer_with(naming_crl(point(CRL_URL)), with_extension(x509.FreshestCRL([point(DELTA)]), critical=False))
    yield _list("delta-named-by-certificate", "one that only the certificate names", "failed", signer=certificate, delta=None, requires="REV-062")


@family(AREA, "REV-022", "REV-024", "REV-025", "REV-028")
def responses() -> Iterator[Built]:
    """An OCSP response is read strictly."""

    def made(called: str, title: str, failed: str, attacks: tuple[int, ...] = (81,), requires: str = "", content: bytes | None = None, sound: str = "response", **changes: Any) -> Built:
        files = {"leaf.ors": data.ocsp(BY_OCSP, 0, **changes) if content is None else content}
        fetch = body_answer(OCSP_URL, "leaf.ors", OCSP_TYPE)
        if failed:
            return fails(called, title, BY_OCSP, fetch, sound=sound, attacks=attacks, requires=requires, files=files, fixed="yes")
        return passes(called, title, BY_OCSP, fetch, attacks=attacks, requires=requires, files=files, fixed="yes")

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
    made = scene_of(signer, [body_answer(url, "answer", kind)], {"answer": content}, fixed="yes")
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
        fetches = [dict(body_answer(url, "answer", kind))]
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
    made = stamped_scene({"gen_time": stamps.general_time(STAMPED)}, signer=BY_CRL, files={"answer": compromised}, fetches=[dict(body_answer(CRL_URL, "answer", CRL_TYPE))])
    yield refuse("stamped-compromised", "its key was stolen after the timestamp", CHECK, attacks=(75,), sound="stamped-good-crl", **made | {"at": AT, "clock": "fixed"})


# --- of the authority that made a timestamp ---------------------------------------------------------------


@family(AREA, "TSA-032", "TSA-033")
def of_timestamps() -> Iterator[Built]:
    """The authority of a timestamp must not be revoked, whatever the policy says of the signer's revocation."""
    tsa = make_chain("EC-256", 3, subject="tsa", usage=Usage.TIME_STAMPING, not_before=SINCE, not_after=UNTIL, edits={0: naming_ocsp(OCSP_URL)})
    files = {f"{word}.pem": pem(one).encode() for word, one in zip(("tsa", "tsa-issuer"), tsa.certificates[:2], strict=True)} | {"tsa-issuer.key": private_pem(tsa.keys[1])}
    token = {"gen_time": stamps.general_time(STAMPED)}

    def made(*fetches: Fetch, override: Mapping[str, str] | None = None) -> dict[str, Any]:
        named = {name: files[name] for name in named_in(fetches)}
        return stamped_scene(token, authority=tsa, override=override, files=named, fetches=[dict(one) for one in fetches], expected={"fetched": [OCSP_URL]})

    asked = {"issuer": "tsa-issuer", "about": "tsa"}
    yield accept("tsa-good", "good", requires="REV-003", **made(ocsp_answer(**asked)))
    yield refuse("tsa-revoked", "revoked", "authenticTimestamp", attacks=(91,), sound="tsa-good", **made(ocsp_answer("revoked", **asked)))
    yield refuse("tsa-unknown", "unknown", "authenticTimestamp", sound="tsa-good", **made(ocsp_answer("unknown", **asked)))
    yield refuse("tsa-unreachable", "its responder does not answer", "authenticTimestamp", sound="tsa-good", **made())
    yield refuse("tsa-revoked-skipped", "revoked, where the signer's revocation is skipped", "authenticTimestamp", attacks=(91,), sound="tsa-good", **made(ocsp_answer("revoked", **asked), override={"revocation": "skip"}))
