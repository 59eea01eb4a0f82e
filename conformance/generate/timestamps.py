# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `timestamps`: tokens of RFC 3161 over signatures, when they count, and one fault each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from . import stamps
from .envelopes import JWS_NAMES, TOKEN, signature_of, standard
from .pki import (
    Edit,
    KeyType,
    TestChain,
    changed,
    key_usage,
    make_chain,
    with_criticality_flipped,
    with_extension,
    without,
)
from .resigned import element
from .scene import SINCE, UNTIL, by_authority, chain, edited, enveloped, pem, policy, scene, store
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "timestamps"
STAMPED = datetime(2022, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CHECK = "authenticTimestamp"
Changes = Mapping[str, Any] | Callable[[bytes], bytes] | bytes | None
_turn = count()


def _authority(subject: str = "tsa", key_type: KeyType = "EC-256", edits: Mapping[int, Edit] | None = None, length: int = 3) -> TestChain:
    """Return the chain of a timestamping authority."""
    return make_chain(key_type, length, subject=subject, usage=Usage.TIME_STAMPING, not_before=SINCE, not_after=UNTIL, edits=edits)


TSA = _authority()
OTHER = _authority("another tsa")
OLD = edited({}, length=2, not_after=datetime(2023, 1, 1, tzinfo=UTC))
"""A signer whose certificates have expired, but not when the token was made."""


def _enveloped(form: str, changes: Changes, authority: TestChain, signer: TestChain, key_type: KeyType, make: Any) -> bytes:
    """Return an envelope with a token over its own signature, which is right but for *changes*."""
    made: list[bytes] = []

    def sign(key: Any, data: bytes) -> bytes:
        made.append(signature_of(key, data, JWS_NAMES[key_type]))
        return made[-1]

    make(form, chain=signer, sign=sign)
    if changes is None:
        token = None
    elif isinstance(changes, bytes):
        token = changes
    elif callable(changes):
        token = changes(made[0])
    else:
        token = stamps.stamp(**{"message": made[0], "chain": authority, "gen_time": stamps.general_time(STAMPED), **changes})
    unprotected: dict[Any, Any] = {}
    if token is not None:
        unprotected[TOKEN] = standard(token) if form == "jws" else token
    return make(form, chain=signer, sign=sign, unprotected=unprotected)  # type: ignore[no-any-return]


def _make(key_type: KeyType) -> Any:
    return lambda form, **faults: enveloped(form, key_type, **faults)


def stamped_scene(
    changes: Changes = None,
    *,
    form: str = "",
    authority: TestChain = TSA,
    signer: TestChain | None = None,
    root: TestChain | None = None,
    when: str | None = None,
    level: str = "strict",
    key_type: KeyType = "EC-256",
    make: Any = None,
    stores: Mapping[str, Any] | None = None,
    names: tuple[str, ...] = ("ca:acme", "tsa:clock"),
    override: Mapping[str, str] | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """Return the members of a vector whose signature has a token, which is right but for *changes*.

    Args:
        changes: members of the `Stamp`; or a function from the signature to the token; or the token; or None.
        root: the authority that is trusted; the one that has made the token if None.
        when: `verifyTimestamp`. names: trust stores in the policy. make: makes the envelope.
    """
    form = form or ("jws", "cose")[next(_turn) % 2]
    who = signer or chain(key_type)
    there = store("ca", "acme", pem(who.root)) | store("tsa", "clock", pem((root or authority).root)) if stores is None else stores
    return scene(_enveloped(form, changes, authority, who, key_type, make or _make(key_type)), form, stores=there, policy=policy(level, when=when, override=override, trustStores=list(names)), **rest)


def _good(name: str, title: str, changes: Changes, attacks: tuple[int, ...] = (), requires: str = "", logged: tuple[str, ...] = (), **rest: Any) -> Built:
    return accept(name, title, attacks=attacks, requires=requires, logged=logged, **stamped_scene(changes, **rest))


def _bad(name: str, title: str, changes: Changes, attacks: tuple[int, ...] = (), requires: str = "", sound: str = "sound-jws", **rest: Any) -> Built:
    return refuse(name, title, CHECK, attacks=attacks, requires=requires, sound=sound, **stamped_scene(changes, **rest))


@family(AREA, "TSA-020", "TSA-021", "TSA-027", "TSA-031", "VER-050")
def sound() -> Iterator[Built]:
    """A token that an authority of a tsa store has made over the signature."""
    for form in ("jws", "cose"):
        yield _good(f"sound-{form}", "the usual one", {}, form=form, requires="SCH-006")
        yield _good(f"expired-chain-{form}", "the signer's certificates have expired since", {}, form=form, signer=OLD, requires="CERT-010")
    yield _good("accuracy", "with an accuracy", {"accuracy": stamps.accuracy(1, 500, 100)}, requires="TSA-030")
    yield _good("nonce", "with a nonce", {"nonce": 4711})
    yield _good("fraction", "with a fraction of a second", {"gen_time": b"20220601120000.5Z"}, (92,), "TSA-034")
    for name in ("sha384", "sha512"):
        yield _good(f"imprint-{name}", f"the imprint is of {name.upper()}", {"hash": name}, requires="ALG-007")
        yield _good(f"digest-{name}", f"the digest is of {name.upper()}", {"digest": name}, requires="ALG-008")
    yield _good("certificate-hash-sha384", "its certificate is named with SHA-384", {"attributes": _naming(stamps.ess_certificate_id(TSA.ders[0], "sha384"))}, requires="TSA-024")
    yield _good("certificate-hash-alone", "its certificate is named by its hash alone", {"attributes": _naming(stamps.ess_certificate_id(TSA.ders[0], issuer_serial=b""))}, requires="TSA-024")
    yield _good("root-in-token", "the root is in the token too", {"certificates": TSA.ders})
    for key_type in ("RSA-2048", "RSA-4096", "EC-384"):
        authority = _authority(key_type=key_type)
        digest = "sha384" if key_type == "EC-384" else "sha256"
        yield _good(f"authority-{key_type.lower()}", f"the authority has a key of {key_type}", {"digest": digest}, authority=authority, requires="ALG-008 CERT-043")
    yield _good("signer-rsa-3072", "the signer has a key of RSA-3072", {"hash": "sha384"}, key_type="RSA-3072", requires="ALG-007")


def _naming(*certificate_ids: bytes) -> Any:
    return stamps.instead(signing_certificate_v2=stamps.signing_certificate_v2(*certificate_ids))


@family(AREA, "TSA-015", "TSA-016", "TSA-017", "VER-050", "TP-035")
def needed() -> Iterator[Built]:
    """A policy with a tsa store asks for a token, always or of expired chains only."""
    yield _bad("missing", "none, under `always`", None, (94,))
    yield _bad("missing-stated", "none, and `always` is written", None, (94,), when="always")
    yield _good("missing-unexpired", "none, under `afterCertExpiry`, and the chain is valid", None, (94,), when="afterCertExpiry")
    yield _bad("missing-expired", "none, under `afterCertExpiry`, and the chain has expired", None, (94,), when="afterCertExpiry", signer=OLD)
    yield _good("after-expiry", "one, under `afterCertExpiry`, and the chain has expired", {}, when="afterCertExpiry", signer=OLD)
    yield _good("broken-unexpired", "a broken one, under `afterCertExpiry`, and the chain is valid", b"\x30\x00", when="afterCertExpiry")
    yield _bad("broken-expired", "a broken one, under `afterCertExpiry`, and the chain has expired", b"\x30\x00", when="afterCertExpiry", signer=OLD, sound="after-expiry")
    future = edited({0: changed(not_before=datetime(2110, 1, 1, tzinfo=UTC))}, length=2)
    yield _bad("after-expiry-not-yet", "none, under `afterCertExpiry`, and the chain is not valid yet", None, when="afterCertExpiry", signer=future, sound="missing-unexpired", requires="VER-051")
    alone: Any = {"names": ("ca:acme",)}
    yield _good("no-store", "a broken one, and no tsa store is named", b"\x30\x00", **alone)
    yield _bad("no-store-expired", "a right one, no tsa store is named, and the chain has expired", {}, signer=OLD, sound="expired-chain-jws", requires="CERT-010", **alone)
    yield _good("missing-permissive", "none, at the level permissive", None, level="permissive", logged=(CHECK,), requires="TSA-033")
    yield _good("missing-audit", "none, at the level audit", None, level="audit", logged=(CHECK,), requires="TSA-033")


@family(AREA, "TSA-018", "SCH-003", "VER-055")
def signing_authorities() -> Iterator[Built]:
    """A signing authority's time counts, and no token does."""
    names = ("signingAuthority:acme", "tsa:clock")

    def made(form: str, token: Changes, signer: TestChain) -> dict[str, Any]:
        stores = store("signingAuthority", "acme", pem(signer.root)) | store("tsa", "clock", pem(TSA.root))
        return stamped_scene(token, form=form, signer=signer, stores=stores, names=names, make=by_authority)

    for form in ("jws", "cose"):
        yield accept(f"authority-no-token-{form}", "no token", **made(form, None, chain()))
        yield accept(f"authority-broken-token-{form}", "a broken token", **made(form, b"\x30\x00", chain()))
        yield accept(f"authority-expired-{form}", "the chain has expired since", **made(form, None, OLD))
        late = edited({0: changed(not_before=STAMPED + SECOND)}, length=2)
        yield refuse(f"authority-before-{form}", "the time is a second before the validity of the leaf", CHECK, attacks=(62,), sound=f"authority-no-token-{form}", **made(form, None, late))
        early = edited({1: changed(not_after=STAMPED - SECOND)}, length=2)
        yield refuse(f"authority-after-{form}", "the time is a second after the validity of the root", CHECK, attacks=(61, 62), sound=f"authority-no-token-{form}", **made(form, None, early))
        edge = edited({0: changed(not_before=STAMPED, not_after=STAMPED)}, length=2)
        yield accept(f"authority-edge-{form}", "the time is the only second of the validity of the leaf", attacks=(62,), **made(form, None, edge))


def _imprint(hash_name: str, hashed: bytes) -> bytes:
    return element(0x30, stamps.algorithm(stamps.HASH_OIDS[hash_name]), element(0x04, hashed))


def _over(build: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return a token whose imprint is what *build* makes of the signature."""
    return lambda data: stamps.stamp(data, TSA, gen_time=stamps.general_time(STAMPED), imprint=build(data))


@family(AREA, "TSA-021")
def imprints() -> Iterator[Built]:
    """The imprint is the hash of the signature."""
    yield _bad("imprint-other", "of another signature", {"message": b"another signature"}, (85,))
    yield _bad("imprint-short", "a byte is missing", _over(lambda data: _imprint("sha256", hashlib.sha256(data).digest()[:31])), (85,))
    yield _bad("imprint-long", "there is a byte too many", _over(lambda data: _imprint("sha256", hashlib.sha256(data).digest() + b"\0")), (85,))
    yield _bad("imprint-sha-1", "by SHA-1", {"hash": "sha1"}, (85,))
    yield _bad("imprint-other-label", "by SHA-256, and it says SHA-512", _over(lambda data: _imprint("sha512", hashlib.sha256(data).digest())), (85,))
    yield _bad("imprint-of-base64", "of the signature's text", lambda data: stamps.stamp(standard(data).encode(), TSA, gen_time=stamps.general_time(STAMPED)), (85,))


@family(AREA, "TSA-020", "TSA-023", "TSA-026")
def signed_data() -> Iterator[Built]:
    """The token is signed data with one signer, whose attributes say what is signed."""
    yield _bad("signers-two", "there are two signers", {"signers": lambda signer: signer + signer}, (87,))
    yield _bad("signers-none", "there is no signer", {"signers": lambda _: b""}, (87,))
    yield _bad("attributes-none", "there are no signed attributes", {"no_attributes": True}, (87,))
    yield _bad("digest-missing", "the digest is missing", {"attributes": stamps.without("message digest")}, (87,))
    yield _bad("digest-twice", "the digest is there twice", {"attributes": stamps.doubled("message digest")}, (87,))
    wrong = stamps.attribute("message digest", element(0x04, bytes(32)))
    yield _bad("digest-wrong", "the digest is another", {"attributes": stamps.instead(message_digest=wrong)}, (87,))
    yield _bad("type-missing", "the content type is missing", {"attributes": stamps.without("content type")}, (87,))
    yield _bad("type-twice", "the content type is there twice", {"attributes": stamps.doubled("content type")}, (87,))
    data = stamps.attribute("content type", stamps.oid(stamps.ID_DATA))
    yield _bad("type-attribute-data", "the attribute says that it is plain data", {"attributes": stamps.instead(content_type=data)}, (87,))
    yield _bad("type-data", "it is plain data", {"content_type": stamps.ID_DATA}, (87,))
    yield _bad("signed-data-version-4", "its version is 4", {"version": 4}, (93,))
    yield _bad("signer-version-3", "the signer's version is 3", {"signer_version": 3}, (87,), "TSA-025")
    yield _bad("info-version-2", "the version of what is signed is 2", {"info_version": 2}, (93,), "TSA-021")
    yield _bad("digest-sha-1", "the digest is of SHA-1", {"digest": "sha1", "scheme": "ecdsa-with-SHA256"}, (87,), "ALG-008")


@family(AREA, "TSA-020", "SEC-001", "SEC-003")
def encoding() -> Iterator[Built]:
    """The token is one element of bounded size and definite length."""

    def changed_token(edit: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        return lambda data: edit(stamps.stamp(data, TSA, gen_time=stamps.general_time(STAMPED)))

    yield _bad("token-trailing-byte", "a byte stands behind it", changed_token(lambda token: token + b"\0"), (93,))
    yield _bad("token-cut-short", "its last byte is missing", changed_token(lambda token: token[:-1]), (93,))
    yield _bad("token-indefinite", "it has no definite length", changed_token(lambda token: b"\x30\x80" + token[4:] + b"\0\0"), (93,))
    yield _bad("token-1-gib", "it claims to be 1 GiB long", changed_token(lambda token: b"\x30\x84\x40\x00\x00\x00" + token[4:]), (93,))
    yield _bad("token-deep", "it is nested two thousand deep", b"\x30\x80" * 2000 + b"\0\0" * 2000, (93,))
    yield _bad("token-response", "it is the whole response of the authority", changed_token(stamps.granted), (86,), "TSA-010")
    yield _bad("token-empty-sequence", "it is an empty sequence", b"\x30\x00", (93,))
    yield _bad("token-text", "it is text", b"<html>", (93,))


@family(AREA, "TSA-024", "TSA-026")
def naming() -> Iterator[Built]:
    """The signed attributes name the certificate that has signed."""
    first = element(0x30, element(0x04, hashlib.sha1(TSA.ders[0]).digest()))
    old = stamps.attribute("signing certificate", element(0x30, element(0x30, first)))
    yield _bad("named-by-sha-1", "by SHA-1 only, as was done before", {"attributes": lambda found: stamps.without("signing certificate v2")(found) | {"v1": old}}, (88,))
    yield _bad("named-not", "not at all", {"attributes": stamps.without("signing certificate v2")}, (88,))
    yield _bad("named-intermediate", "but name the intermediate", {"attributes": _naming(stamps.ess_certificate_id(TSA.ders[1]))}, (88,))
    yield _bad("named-other", "but name another certificate", {"attributes": _naming(stamps.ess_certificate_id(OTHER.ders[0], issuer_serial=b""))}, (88,))
    yield _bad("named-second", "but behind another certificate", {"attributes": _naming(stamps.ess_certificate_id(OTHER.ders[0]), stamps.ess_certificate_id(TSA.ders[0]))}, (88,))
    yield _bad("named-by-md5", "by MD5", {"attributes": _naming(stamps.ess_certificate_id(TSA.ders[0], "md5"))}, (88,))
    yield _bad("certificate-not-in-token", "but it is not in the token", {"certificates": TSA.ders[1:]}, (88,))
    yield _bad("certificates-none", "but the token has no certificates", {"certificates": ()}, (88,))
    yield _bad("intermediate-not-in-token", "but the way to the root is not in the token", {"certificates": TSA.ders[:1]}, (88,), "TSA-027")
    foreign = make_chain("EC-384", 3, subject="tsa", usage=Usage.TIME_STAMPING)
    yield _bad("signed-by-other-key", "but another key has signed", {"key": foreign.key, "scheme": "ecdsa-with-SHA256"}, (89,))
    yield _bad("signer-points-elsewhere", "but the signer points at another certificate", {"sid": stamps.issuer_and_serial(OTHER.ders[0]), "certificates": (*TSA.ders[:-1], OTHER.ders[0])}, (89,))


@family(AREA, "TSA-022", "TSA-027", "SCH-002", "SCH-005")
def trust() -> Iterator[Built]:
    """The authority leads to a root in a tsa store of the policy."""
    yield _bad("authority-unknown", "to one that is in no store", {}, (90,), root=OTHER)
    yield _bad("authority-beside-trusted", "to one that is in no store, with trusted certificates beside it", {"chain": OTHER, "certificates": (*OTHER.ders, *TSA.ders)}, (89,))
    both = store("ca", "acme", pem(chain().root, TSA.root)) | store("tsa", "clock", pem(OTHER.root))
    yield _bad("authority-in-ca-store", "to one in a store of type ca", {}, (90,), stores=both)
    unnamed = store("ca", "acme", pem(chain().root)) | store("tsa", "clock", pem(OTHER.root)) | store("tsa", "other", pem(TSA.root))
    yield _bad("authority-store-not-named", "to one in a tsa store that is not named", {}, (90,), stores=unnamed)
    yield _good("authority-second-store", "to one in the second of two", {}, stores=unnamed, names=("ca:acme", "tsa:clock", "tsa:other"), requires="TS-014")
    yield _bad("store-missing", "but the store is missing", {}, stores=store("ca", "acme", pem(chain().root)))
    middle = store("ca", "acme", pem(chain().root)) | store("tsa", "clock", pem(TSA.certificates[1]))
    yield _bad("store-intermediate", "but the store has an intermediate", {}, (104,), "TS-010", stores=middle)


@family(AREA, "TSA-028", "TSA-029", "CERT-040", "CERT-041", "CERT-042")
def authority_certificates() -> Iterator[Built]:
    """The authority's certificate is for timestamps and for nothing else."""

    def bad(name: str, title: str, edits: Mapping[int, Edit], requires: str = "") -> Built:
        return _bad(name, title, {}, (90,), requires, authority=_authority(edits=edits))

    two = x509.ExtendedKeyUsage([Usage.TIME_STAMPING, Usage.CODE_SIGNING])
    yield bad("usage-not-critical", "it does not say so critically", {0: with_criticality_flipped(x509.ExtendedKeyUsage)})
    yield bad("usage-two", "it is for signing code as well", {0: with_extension(two, critical=True)})
    yield bad("usage-none", "it does not say so", {0: without(x509.ExtendedKeyUsage)})
    yield bad("usage-other", "it is for signing code", {0: with_extension(x509.ExtendedKeyUsage([Usage.CODE_SIGNING]), critical=True)})
    yield bad("key-usage-none", "it has no key usage", {0: without(x509.KeyUsage)})
    yield bad("key-usage-no-signature", "its key usage lacks digitalSignature", {0: with_extension(key_usage("content_commitment"), critical=True)})
    yield bad("key-usage-cert-sign", "it may sign certificates as well", {0: with_extension(key_usage("digital_signature", "key_cert_sign"), critical=True)})
    yield bad("authority-is-ca", "it says that it is an authority over certificates", {0: with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)})
    yield bad("intermediate-no-ca", "its issuer says that it is none", {1: with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)}, "CERT-020")
    yield bad("intermediate-code-signing", "its issuer is for signing code", {1: with_extension(x509.ExtendedKeyUsage([Usage.CODE_SIGNING]), critical=False)}, "TSA-027")
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.2"), b"\x05\x00")
    yield bad("intermediate-unknown-critical", "its issuer has an unknown critical extension", {1: with_extension(unknown, critical=True)}, "CERT-011 TSA-027")
    yield _good("key-usage-not-critical", "its key usage need not be critical", {}, requires="CERT-041", authority=_authority(edits={0: with_criticality_flipped(x509.KeyUsage)}))


@family(AREA, "TSA-027")
def authority_validity() -> Iterator[Built]:
    """The authority's certificates are valid when the token is made."""
    for position, word in enumerate(("certificate", "issuer", "root")):
        expired = _authority(edits={position: changed(not_after=STAMPED - SECOND)})
        yield _bad(f"authority-expired-{word}", f"its {word} had expired", {}, (91,), authority=expired)
    early = _authority(edits={0: changed(not_before=STAMPED + SECOND)})
    yield _bad("authority-not-yet", "its certificate was not valid yet", {}, (91,), authority=early)
    since = _authority(edits={n: changed(not_after=STAMPED) for n in range(3)})
    yield _good("authority-expired-since", "they have expired since", {}, (91,), authority=since)


@family(AREA, "TSA-030", "TSA-031", "TSA-034")
def time() -> Iterator[Built]:
    """The time of the token, as exactly as it is known, is within the validity of the signer's certificates."""

    def until(position: int, end: datetime) -> TestChain:
        return edited({position: changed(not_after=end)}, length=2)

    short = until(0, STAMPED + 10 * SECOND)
    yield _bad("time-before", "a second before", {}, signer=edited({0: changed(not_before=STAMPED + SECOND)}, length=2), sound="expired-chain-jws")
    yield _bad("time-after", "a second after", {}, signer=until(0, STAMPED - SECOND), sound="expired-chain-jws")
    yield _bad("time-after-root", "a second after the end of the root", {}, signer=until(1, STAMPED - SECOND), sound="expired-chain-jws", requires="CERT-010")
    yield _good("time-last-second", "the last second", {}, (92,), signer=until(0, STAMPED))
    yield _good("window-touches-end", "its accuracy ends with the last second", {"accuracy": stamps.accuracy(10)}, (92,), signer=short)
    yield _bad("window-beyond-end", "its accuracy ends a microsecond later", {"accuracy": stamps.accuracy(10, None, 1)}, (92,), signer=short, sound="window-touches-end")
    begun = edited({0: changed(not_before=STAMPED - 10 * SECOND)}, length=2)
    yield _bad("window-before-begin", "its accuracy begins earlier", {"accuracy": stamps.accuracy(11)}, (92,), signer=begun, sound="window-touches-end")
    yield _bad("baseline-second", "without an accuracy, its policy means a second", {"policy": stamps.BASELINE_POLICY}, (92,), signer=until(0, STAMPED), sound="time-last-second")
    yield _bad("accuracy-huge", "its accuracy is 68 years", {"accuracy": stamps.accuracy(2**31 - 1)}, (92,))
    yield _bad("accuracy-negative", "its accuracy is negative", {"accuracy": stamps.accuracy(-1)}, (92,))
    yield _bad("accuracy-1000-milliseconds", "its accuracy has a thousand milliseconds", {"accuracy": stamps.accuracy(0, 1000)}, (92,))
    for name, title, text in (
        ("local", "it has no zone", b"20220601120000"), ("offset", "it has an offset", b"20220601120000+0100"), ("trailing-zero", "its fraction has a zero at the end", b"20220601120000.50Z"),
        ("comma", "its fraction has a comma", b"20220601120000,5Z"), ("no-seconds", "it has no seconds", b"202206011200Z"), ("leap-second", "it is a leap second", b"20220601120060Z"), ("30-february", "it is on a day that does not exist", b"20220230120000Z"),
        ("future", "it is in the future", b"21190601120000Z"),
    ):  # fmt: skip
        yield _bad(f"time-{name}", title, {"gen_time": text}, (92,))
