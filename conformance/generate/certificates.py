# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `certificates`: the chain in the envelope, one fault each; anchored in the root that it has.

The formats take turns, as the rules are the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

from .envelopes import standard
from .pki import (
    Edit,
    PrivateKey,
    TestChain,
    all_of,
    changed,
    fixed_keys,
    key_usage,
    name,
    odd_keys,
    with_criticality_flipped,
    with_extension,
    without,
)
from .resigned import (
    EXTENSIONS,
    ISSUER,
    SERIAL,
    VERSION,
    element,
    object_identifier,
    resigned,
    with_extensions,
)
from .scene import chain, cose, edited, jws, pem, scene, store
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "certificates"
CHAIN = chain("EC-256", 3)
_turn = count()


def _enveloped(form: str, ders: Sequence[bytes], key: PrivateKey, key_type: Any = "EC-256") -> bytes:
    """Return an envelope with the certificates *ders*, signed by *key*."""
    signer = TestChain((key,), ())
    if form == "jws":
        return jws(key_type, chain=signer, unprotected={"x5c": [standard(der) for der in ders]})
    return cose(key_type, chain=signer, unprotected={33: list(ders)})


def _vector(name: str, title: str, ders: Sequence[bytes], key: PrivateKey, root: str, failed: str, attacks: tuple[int, ...], requires: str, sound: str = "three", key_type: Any = "EC-256", **rest: Any) -> Built:  # noqa: PLR0917
    form = ("jws", "cose")[next(_turn) % 2]
    made = scene(_enveloped(form, ders, key, key_type), form, stores=store("ca", "acme", root)) | rest
    if failed:
        return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **made)
    return accept(name, title, attacks=attacks, requires=requires, **made)


def _good(name: str, title: str, signer: TestChain, attacks: tuple[int, ...] = (), requires: str = "", **rest: Any) -> Built:
    return _vector(name, title, signer.ders, signer.key, pem(signer.root), "", attacks, requires, **rest)


def _bad(name: str, title: str, signer: TestChain, attacks: tuple[int, ...] = (), requires: str = "", failed: str = "integrity", **rest: Any) -> Built:
    return _vector(name, title, signer.ders, signer.key, pem(signer.root), failed, attacks, requires, **rest)


def _listed(name: str, title: str, ders: Sequence[bytes], attacks: tuple[int, ...] = (), requires: str = "", root: str = "") -> Built:
    """Return a vector that is refused for the certificates *ders*, of which the first has the good leaf's key."""
    return _vector(name, title, ders, CHAIN.key, root or pem(CHAIN.root), "integrity", attacks, requires)


def _leaf(*edits: Edit) -> TestChain:
    return edited({0: all_of(*edits)})


def _middle(*edits: Edit) -> TestChain:
    return edited({1: all_of(*edits)})


def _root(*edits: Edit) -> TestChain:
    return edited({2: all_of(*edits)})


def _usages(*oids: x509.ObjectIdentifier, critical: bool = False) -> Edit:
    return with_extension(x509.ExtendedKeyUsage(oids), critical=critical)


def _usage(*bits: str) -> Edit:
    return with_extension(key_usage(*bits), critical=True)


def _raw(oid: x509.ObjectIdentifier, value: bytes, *, critical: bool = False) -> Edit:
    return with_extension(x509.UnrecognizedExtension(oid, value), critical=critical)


@family(AREA, "CERT-001", "CERT-003", "CERT-006")
def sound() -> Iterator[Built]:
    """A chain from the leaf to its root."""
    yield _good("three", "with one intermediate", CHAIN)
    yield _good("two", "without an intermediate", chain("EC-256", 2))
    yield _good("five", "with three intermediates", chain("EC-256", 5), requires="CERT-021")
    yield _good("one", "a lone certificate that has signed itself", chain("EC-256", 1), requires="CERT-002")
    yield _good("eight", "with six intermediates", chain("EC-256", 8), (64,))


@family(AREA, "CERT-001", "CERT-003", "CERT-005", "ATTR-009")
def order() -> Iterator[Built]:
    """The chain is complete, in order, and has nothing else."""
    leaf, middle, root = CHAIN.ders
    other, nine = chain("EC-256", 2, "other"), chain("EC-256", 9)
    yield _listed("order-swapped", "intermediate and root have changed places", (leaf, root, middle), (48,))
    yield _listed("order-gap", "the intermediate is missing", (leaf, root), (48,))
    yield _listed("order-no-root", "the root is missing, and the intermediate is in the trust store", (leaf, middle), (48,), root=pem(CHAIN.certificates[1]))
    yield _listed("order-leaf-alone", "only the leaf is there, and it has not signed itself", (leaf,), (48,), "CERT-002")
    yield _listed("order-leaf-twice", "the leaf stands twice", (leaf, leaf, middle, root), (48,))
    yield _listed("order-root-twice", "the root stands twice", (leaf, middle, root, root), (48,), "CERT-004")
    yield _listed("order-other-behind", "an unrelated root stands behind", (leaf, middle, root, other.ders[1]), (48,), "CERT-004")
    yield _listed("order-other-between", "an unrelated certificate stands between", (leaf, middle, other.ders[0], root), (48,))
    yield _listed("order-nine", "there are nine certificates", nine.ders, (64,), "SEC-001", pem(nine.root))


def _same_text_other_type() -> x509.Name:
    """Return the name of the intermediate with its common name in another type of string."""
    attributes = [*CHAIN.certificates[1].subject]
    last = attributes[-1]
    return x509.Name([*attributes[:-1], x509.NameAttribute(last.oid, last.value, _ASN1Type.PrintableString)])


def _broken(der: bytes) -> bytes:
    return der[:-1] + bytes([der[-1] ^ 1])


@family(AREA, "CERT-003")
def links() -> Iterator[Built]:
    """Each certificate names the next as its issuer and is signed by it."""
    leaf, middle, root = CHAIN.ders
    other = fixed_keys("EC-256")[0]
    yield _bad("link-other-issuer", "the leaf names another issuer", _leaf(changed(issuer=name("other"))), (48,))
    yield _bad("link-issuer-in-capitals", "the leaf names its issuer in capitals", _leaf(changed(issuer=name("SIGNER INTERMEDIATE 1"))), (65,))
    yield _bad("link-other-string-type", "the leaf names its issuer in another type of string", _leaf(changed(issuer=_same_text_other_type())), (65,))
    yield _bad("link-other-key", "another key has signed the leaf", _leaf(changed(signing_key=other)), (48,))
    yield _bad("link-middle-other-key", "another key has signed the intermediate", _middle(changed(signing_key=other)), (48,))
    yield _listed("link-broken-leaf", "the signature of the leaf is broken", (_broken(leaf), middle, root), (54,))
    yield _listed("link-broken-middle", "the signature of the intermediate is broken", (leaf, _broken(middle), root), (54,))
    yield _listed("link-broken-root", "the signature of the root is broken, which is in the trust store", (leaf, middle, _broken(root)), (54,), root=_as_pem(_broken(root)))
    lone = chain("EC-256", 1)
    broken = _broken(lone.ders[0])
    yield _vector("lone-broken", "a lone certificate with a broken signature, which is in the trust store", (broken,), lone.key, _as_pem(broken), "integrity", (54,), "CERT-002", "one")
    by_name = edited({0: changed(signing_key=fixed_keys("EC-256")[1])}, length=1)
    yield _bad("lone-by-name", "a lone certificate that is its own issuer by name only", by_name, (54,), "CERT-002", sound="one")
    other_issuer = edited({0: changed(issuer=name("other"))}, length=1)
    yield _bad("lone-other-issuer", "a lone certificate that has signed itself and names another issuer", other_issuer, (54,), "CERT-002", sound="one")


def _as_pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{standard(der)}\n-----END CERTIFICATE-----\n"


@family(AREA, "CERT-006", "CERT-020")
def authorities() -> Iterator[Built]:
    """A certificate that signs others says so in critical basic constraints."""
    no_ca = with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    yield _bad("ca-false", "the intermediate says that it is none", _middle(no_ca), (49,))
    yield _bad("ca-missing", "the intermediate has none", _middle(without(x509.BasicConstraints)), (49,))
    yield _bad("ca-not-critical", "those of the intermediate are not critical", _middle(with_criticality_flipped(x509.BasicConstraints)), (49,))
    yield _bad("ca-root-false", "the root says that it is none", _root(no_ca), (49,))
    yield _bad("ca-root-missing", "the root has none", _root(without(x509.BasicConstraints)), (49,))
    yield _bad("ca-root-not-critical", "those of the root are not critical", _root(with_criticality_flipped(x509.BasicConstraints)), (49,))


@family(AREA, "CERT-022", "CERT-023")
def authority_usage() -> Iterator[Built]:
    """A certificate that signs others has a critical key usage with keyCertSign."""
    yield _bad("ca-usage-missing", "the intermediate has none", _middle(without(x509.KeyUsage)), (49,))
    yield _bad("ca-usage-not-critical", "that of the intermediate is not critical", _middle(with_criticality_flipped(x509.KeyUsage)), (49,))
    yield _bad("ca-usage-without-sign", "that of the intermediate lacks keyCertSign", _middle(_usage("digital_signature", "crl_sign")), (49,), "CERT-006")
    yield _bad("ca-root-usage-missing", "the root has none", _root(without(x509.KeyUsage)), (49,))
    yield _bad("ca-root-usage-not-critical", "that of the root is not critical", _root(with_criticality_flipped(x509.KeyUsage)), (49,))
    yield _bad("ca-root-usage-without-sign", "that of the root lacks keyCertSign", _root(_usage("digital_signature", "crl_sign")), (49,), "CERT-006")
    yield _good("ca-usage-more", "that of the intermediate has other bits as well", _middle(_usage("digital_signature", "key_encipherment", "key_cert_sign", "crl_sign")))


@family(AREA, "CERT-024")
def authority_freedom() -> Iterator[Built]:
    """Key sizes and extended key usages of certificates that sign others are not restricted."""
    yield _good("ca-server-usage", "the intermediate is for TLS servers", _middle(_usages(Usage.SERVER_AUTH)))
    small = odd_keys()[0]
    one = edited({0: changed(signing_key=small), 1: changed(public_key=small.public_key())})
    yield _good("ca-rsa-1024", "the intermediate has an RSA key of 1024 bits", one)


def _path_length(value: int | None) -> Edit:
    return with_extension(x509.BasicConstraints(ca=True, path_length=value), critical=True)


@family(AREA, "CERT-021")
def path_length() -> Iterator[Built]:
    """A path length counts the authorities below."""
    yield _bad("path-root-zero", "the root allows none, and there is an intermediate", _root(_path_length(0)), (50,))
    yield _bad("path-middle-zero", "an intermediate allows none, and there is another", edited({2: _path_length(0)}, length=4), (50,), sound="path-middle-one")
    yield _bad("path-root-one", "the root allows one, and there are two", edited({3: _path_length(1)}, length=4), (50,), sound="path-middle-one")
    yield _good("path-middle-one", "an intermediate allows one, and there is one", chain("EC-256", 4), (50,))
    yield _good("path-unlimited", "there are no limits", edited({1: _path_length(None), 2: _path_length(None)}), (50,))
    yield _good("path-more", "the limits are larger than needed", edited({1: _path_length(5), 2: _path_length(9)}), (50,))
    padding = edited({1: changed(subject=name("signer root")), 0: changed(issuer=name("signer root")), 2: _path_length(0)})
    yield _bad("path-self-issued", "an intermediate with the name of its issuer counts as well", padding, (50,))


@family(AREA, "CERT-030")
def leaf_constraints() -> Iterator[Built]:
    """A signing certificate is no authority."""
    yield _bad("leaf-is-ca", "it says that it is one", _leaf(with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)), (51,))
    yield _good("leaf-is-no-ca", "it says that it is none", _leaf(with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)), (51,))
    yield _good("leaf-is-no-ca-optional", "it says so without being critical", _leaf(with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)), (51,))
    lone = edited({0: all_of(with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True))}, length=1)
    yield _bad("lone-is-ca", "a lone certificate says that it is one", lone, (51,), "CERT-002", sound="one")
    both = edited({0: all_of(with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True), _usage("digital_signature", "key_cert_sign"))}, length=1)
    yield _bad("lone-is-root", "a root signs by itself", both, (51,), "CERT-002", sound="one")


@family(AREA, "CERT-031", "CERT-032")
def leaf_usage() -> Iterator[Built]:
    """A signing certificate has a critical key usage, for signatures only."""
    yield _bad("usage-missing", "there is none", _leaf(without(x509.KeyUsage)), (52,))
    yield _bad("usage-not-critical", "it is not critical", _leaf(with_criticality_flipped(x509.KeyUsage)), (52,))
    yield _bad("usage-without-signature", "it lacks digitalSignature", _leaf(_usage("content_commitment")), (52,))
    yield _good("usage-content-commitment", "it has contentCommitment as well", _leaf(_usage("digital_signature", "content_commitment")), (52,))
    for bit, words in (("key_encipherment", "keyEncipherment"), ("data_encipherment", "dataEncipherment"), ("key_agreement", "keyAgreement"), ("key_cert_sign", "keyCertSign"), ("crl_sign", "cRLSign")):
        yield _bad(f"usage-{bit.replace('_', '-')}", f"it has {words} as well", _leaf(_usage("digital_signature", bit)), (52,))
    oid = x509.KeyUsage.oid
    yield _bad("usage-encipher-only", "it has encipherOnly as well", _leaf(_raw(oid, b"\x03\x02\x00\x81", critical=True)), (52,))
    yield _bad("usage-decipher-only", "it has decipherOnly as well", _leaf(_raw(oid, b"\x03\x03\x07\x80\x80", critical=True)), (52,))


@family(AREA, "CERT-033", "CERT-034")
def leaf_extended_usage() -> Iterator[Built]:
    """A signing certificate may have extended key usages, but for six."""
    yield _good("extended-absent", "there are none", _leaf(without(x509.ExtendedKeyUsage)), (53,))
    yield _good("extended-critical", "code signing, and critical", _leaf(_usages(Usage.CODE_SIGNING, critical=True)), (53,))
    yield _good("extended-unknown-only", "one that nobody knows, alone", _leaf(_usages(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"))), (53,))
    for one, words, oid in (
        ("any", "any", Usage.ANY_EXTENDED_KEY_USAGE), ("server", "TLS servers", Usage.SERVER_AUTH), ("client", "TLS clients", Usage.CLIENT_AUTH),
        ("mail", "mail", Usage.EMAIL_PROTECTION), ("timestamps", "timestamps", Usage.TIME_STAMPING), ("ocsp", "OCSP responses", Usage.OCSP_SIGNING),
    ):  # fmt: skip
        yield _bad(f"extended-{one}", f"code signing and {words}", _leaf(_usages(Usage.CODE_SIGNING, oid)), (53,))
    yield _bad("extended-server-alone", "TLS servers alone", _leaf(_usages(Usage.SERVER_AUTH)), (53,))
    yield _bad("extended-empty", "an empty list", _leaf(_raw(x509.ExtendedKeyUsage.oid, b"\x30\x00")), (53,), "CERT-012")


@family(AREA, "CERT-007")
def old_hashes() -> Iterator[Built]:
    """No certificate of the chain is signed with SHA-1 or MD5."""
    sha1 = changed(hash=hashes.SHA1())
    for position, word in enumerate(("leaf", "intermediate", "root")):
        one = edited({position: sha1}, "RSA-2048")
        yield _bad(f"sha-1-{word}", f"the {word} is, with SHA-1", one, (57,), sound="rsa", key_type="RSA-2048")
    lone = edited({0: sha1}, "RSA-2048", 1)
    yield _bad("sha-1-alone", "a lone certificate is, with SHA-1", lone, (57,), "CERT-002", sound="rsa-alone", key_type="RSA-2048")
    yield _good("rsa", "a chain of RSA keys is not", chain("RSA-2048", 3), (57,), key_type="RSA-2048")
    yield _good("rsa-alone", "a lone certificate with an RSA key is not", chain("RSA-2048", 1), (57,), key_type="RSA-2048")


def _rewritten(edits: Mapping[int, bytes | Callable[[bytes], bytes]], outer: bytes = b"") -> Sequence[bytes]:
    """Return the good chain with fields of its leaf changed, and signed as they then stand."""
    return (resigned(CHAIN.ders[0], CHAIN.keys[1], edits, outer), *CHAIN.ders[1:])


@family(AREA, "CERT-012")
def encoding() -> Iterator[Built]:
    """A certificate is DER, and has each extension once."""
    leaf = CHAIN.ders[0]
    rest = CHAIN.ders[1:]
    yield _listed("der-trailing-byte", "a byte stands behind the leaf", (leaf + b"\0", *rest), (60,), "SEC-003")
    yield _listed("der-trailing-certificate", "a second certificate stands behind the leaf, in one entry", (leaf + leaf, *rest), (60,), "SEC-003")
    yield _listed("der-cut-short", "the last byte of the leaf is missing", (leaf[:-1], *rest), (60,))
    yield _listed("der-empty", "the leaf is empty", (b"", *rest), (60,))
    yield _listed("der-indefinite", "the leaf has no definite length", (b"\x30\x80" + leaf[4:] + b"\0\0", *rest), (60,))
    yield _listed("der-long-length", "the length of the leaf is longer than needed", (b"\x30\x83\x00" + leaf[2:], *rest), (60,))
    yield _listed("der-root-trailing-byte", "a byte stands behind the root", (*CHAIN.ders[:2], CHAIN.ders[2] + b"\0"), (60,))
    yield _listed("algorithms-differ", "the two places of the signature algorithm differ", _rewritten({}, element(0x30, object_identifier("1.2.840.10045.4.3.3"))), (57,))
    yield _listed("extension-twice", "an extension stands twice", _rewritten({EXTENSIONS: with_extensions(lambda found: [*found, found[0]])}), (59,))
    yield _listed("version-1", "a leaf of version 1, which has no extensions", _rewritten({VERSION: b"", EXTENSIONS: b""}), (59,), "CERT-031")
    yield _listed("version-1-extensions", "a leaf of version 1 with extensions", _rewritten({VERSION: b""}), (59,))
    yield _listed("version-4", "a leaf of version 4", _rewritten({VERSION: element(0xA0, b"\x02\x01\x03")}), (59,))
    yield _listed("empty-issuer", "an empty issuer", _rewritten({ISSUER: element(0x30)}), (59,), "CERT-003")
    yield _listed("serial-long-form", "a serial number with a needless zero", _rewritten({SERIAL: b"\x02\x02\x00\x01"}), (59,))


@family(AREA, "CERT-011")
def ignored_extensions() -> Iterator[Built]:
    """Extensions beside the three that count are ignored, critical or not."""
    other = x509.ObjectIdentifier("1.3.6.1.4.1.99999.2")
    yield _good("unknown-leaf", "an unknown one in the leaf", _leaf(_raw(other, b"\x05\x00")), (63,))
    yield _good("unknown-critical-leaf", "an unknown critical one in the leaf", _leaf(_raw(other, b"\x05\x00", critical=True)), (63,))
    yield _good("unknown-critical-intermediate", "an unknown critical one in the intermediate", _middle(_raw(other, b"\x05\x00", critical=True)), (63,))
    yield _good("unknown-critical-root", "an unknown critical one in the root", _root(_raw(other, b"\x05\x00", critical=True)), (63,))
    elsewhere = x509.NameConstraints([x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")]))], None)
    yield _good("name-constraints", "name constraints that exclude the leaf", _middle(with_extension(elsewhere, critical=True)), (63,))
    yield _good("no-key-identifiers", "key identifiers are missing", _leaf(without(x509.AuthorityKeyIdentifier), without(x509.SubjectKeyIdentifier)))


def _until(year: int) -> Edit:
    return lambda draft: replace(draft, not_after=draft.not_after.replace(year=year))


def _since(year: int) -> Edit:
    return lambda draft: replace(draft, not_before=draft.not_before.replace(year=year))


@family(AREA, "CERT-010", "TSA-017", "VER-050")
def validity() -> Iterator[Built]:
    """Without a timestamp every certificate of the chain is valid now."""
    for position, word in enumerate(("leaf", "intermediate", "root")):
        yield _bad(f"expired-{word}", f"the {word} has expired", edited({position: _until(2021)}), (61,), failed="authenticTimestamp")
        yield _bad(f"not-yet-{word}", f"the {word} is not valid yet", edited({position: _since(2110)}), (61,), failed="authenticTimestamp")
    yield _bad("expired-alone", "a lone certificate has expired", edited({0: _until(2021)}, length=1), (61,), failed="authenticTimestamp", sound="one")
    yield _good("outlives-issuer", "a leaf may outlive its issuer", edited({1: _until(2105), 2: _until(2104)}), requires="CERT-009")


@family(AREA, "CERT-010", "TSA-017", "SEC-007")
def validity_to_the_second() -> Iterator[Built]:
    """Validity begins with the first second and ends with the last, both included."""
    from datetime import datetime, timedelta

    from .scene import SINCE, UNTIL

    second = timedelta(seconds=1)
    moments: tuple[tuple[str, str, datetime, str], ...] = (
        ("begin-before", "a second before the first", SINCE - second, "authenticTimestamp"),
        ("begin", "the first second", SINCE, ""),
        ("end", "the last second", UNTIL, ""),
        ("end-after", "a second after the last", UNTIL + second, "authenticTimestamp"),
    )
    for one, title, at, failed in moments:
        fixed: Any = {"at": at, "clock": "fixed"}
        if failed:
            yield _bad(f"validity-{one}", title, CHAIN, (62,), failed=failed, sound="validity-end", **fixed)
        else:
            yield _good(f"validity-{one}", title, CHAIN, (62,), **fixed)
