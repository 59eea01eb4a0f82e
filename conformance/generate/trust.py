# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The areas `trust-stores` and `identities`: whom a policy trusts, where the certificates lie, whose name it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from .pki import TestChain, changed, fixed_keys, make_chain, private_pem
from .resigned import SUBJECT, directory_name, resigned
from .scene import SINCE, UNTIL, by_authority, chain, edited, enveloped, jws, pem, policy, scene, store
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "trust-stores"
IDENTITIES = "identities"
CHAIN = chain("EC-256", 3)


def _vector(name: str, title: str, failed: str, attacks: tuple[int, ...], requires: str, sound: str, made: Mapping[str, Any]) -> Built:
    if failed:
        return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **made)
    return accept(name, title, attacks=attacks, requires=requires, **made)


def _stored(name: str, title: str, stores: Mapping[str, Any], failed: str = "", attacks: tuple[int, ...] = (), requires: str = "", sound: str = "pem", signer: TestChain = CHAIN, **rest: Any) -> Built:
    """Return a vector with a good envelope by *signer* and *stores* in the configuration."""
    form = "cose" if len(name) % 2 else "jws"
    made = scene(enveloped(form, chain=signer), form, stores=stores, **rest)
    return _vector(name, title, failed, attacks, requires, sound, made)


def _file(text: str, file: str = "root.pem") -> dict[str, Any]:
    return store("ca", "acme", text, file)


def _bytes(file: str) -> dict[str, str]:
    return {f"truststore/x509/ca/acme/{file}": file}


ROOT = pem(CHAIN.root)
PLACE = "truststore/x509/ca/acme"


@family(AREA, "TS-001", "TS-006", "TS-007")
def files() -> Iterator[Built]:
    """A store is a directory of certificates, PEM or DER."""
    other = chain("EC-256", 2, "other")
    root = CHAIN.ders[2]
    yield _stored("pem", "PEM in a file called .pem", _file(ROOT))
    yield _stored("crt", "PEM in a file called .crt", _file(ROOT, "root.crt"))
    yield _stored("cer", "PEM in a file called .cer", _file(ROOT, "root.cer"))
    yield _stored("der", "DER in a file called .crt", _bytes("root.crt"), files={"root.crt": root}, attacks=(104,))
    yield _stored("der-called-pem", "DER in a file called .pem", _bytes("root.pem"), files={"root.pem": root}, attacks=(104,))
    yield _stored("two-in-a-file", "another certificate before the right one", _file(pem(other.root) + ROOT), attacks=(104,))
    yield _stored("two-der-in-a-file", "two certificates in DER, one after the other", _bytes("roots.crt"), files={"roots.crt": other.ders[1] + root}, attacks=(104,))
    yield _stored("two-files", "another certificate in another file", _file(pem(other.root), "other.pem") | _file(ROOT))
    yield _stored("text-around", "text before and after the certificate", _file(f"Our root, valid until 2120\n{ROOT}the end\n"), attacks=(104,))
    yield _stored("garbage", "a file that holds no certificate beside the right one", _file(ROOT) | _file("certificate\n", "other.pem"), "authenticity", (104,), "TS-014")
    yield _stored("empty-file", "an empty file beside the right one", _file(ROOT) | _file("", "other.pem"), "authenticity", (104,), "TS-014")
    yield _stored("broken-pem", "a damaged certificate beside the right one", _file(ROOT) | _file(ROOT.replace("MII", "MIA", 1), "other.pem"), "authenticity", (104,), "TS-014")
    key = private_pem(fixed_keys("EC-256")[0]).decode()
    yield _stored("private-key", "a private key beside the certificate", _file(ROOT) | _file(key, "key.pem"), "authenticity", (104,), "TS-014")
    yield _stored("der-and-more", "bytes behind a certificate in DER", _bytes("root.crt"), "authenticity", (104,), files={"root.crt": root + b"\0"}, sound="der")


@family(AREA, "TS-004", "TS-005", "TS-008", "TS-011")
def directories() -> Iterator[Built]:
    """A store is a real directory with regular files."""
    yield _stored("missing", "there is none", {}, "authenticity", (103,))
    yield _stored("empty", "it is empty", {PLACE: {"directory": True}}, "authenticity", (103,))
    yield _stored("a-file", "it is a file", {PLACE: {"text": ROOT}}, "authenticity", (103,))
    elsewhere = {"elsewhere/root.pem": {"text": ROOT}}
    yield _stored("linked", "it is a symbolic link to a directory", elsewhere | {PLACE: {"link": "../../../elsewhere"}}, "authenticity", (103,))
    yield _stored("linked-file", "a file in it is a symbolic link", elsewhere | {f"{PLACE}/root.pem": {"link": "../../../../elsewhere/root.pem"}}, "authenticity", (103,))
    yield _stored("sub-directory", "it has a directory, which is passed over", _file(ROOT) | _file(ROOT, "old/root.pem"), attacks=(103,))
    yield _stored("only-in-sub-directory", "the certificate is in a directory of it", _file(ROOT, "old/root.pem"), "authenticity", (103,))


@family(AREA, "TS-009", "TS-012", "VER-041", "VER-042")
def anchors() -> Iterator[Built]:
    """A certificate of the chain is trusted if the store has the same bytes."""
    yield _stored("root", "the root", _file(ROOT))
    yield _stored("intermediate", "the intermediate, without the root", _file(pem(CHAIN.certificates[1])), attacks=(56,))
    lone = chain("EC-256", 1)
    yield _stored("self-signed", "a lone certificate that has signed itself", _file(pem(lone.root)), signer=lone)
    yield _stored("leaf", "the leaf, which is no authority and has not signed itself", _file(pem(CHAIN.leaf)), "authenticity", (104,))
    other = chain("EC-256", 3, "other")
    yield _stored("other-root", "the root of somebody else", _file(pem(other.root)), "authenticity")
    twin = _twin()
    yield _stored("same-name-other-key", "a root with the same name and another key", _file(pem(twin.root)), "authenticity", (55,), "CERT-003")
    again = edited({2: changed(serial=4711)})
    yield _stored("root-issued-again", "the root with the same name and key, issued again", _file(pem(again.root)), "authenticity", (56,))
    longer = edited({2: changed(not_after=UNTIL.replace(year=2119))})
    yield _stored("root-renewed", "the root with the same name and key and another end", _file(pem(longer.root)), "authenticity", (56,))


def _twin() -> TestChain:
    """Return a chain whose root has the name of the good one, and another key."""
    keys = fixed_keys("EC-256")
    return edited({2: changed(public_key=keys[0].public_key(), signing_key=keys[0])})


@family(AREA, "SCH-002", "SCH-003", "SCH-004", "VER-040")
def kinds() -> Iterator[Built]:
    """Each scheme has its kind of store."""
    anchor = pem(chain().root)
    ca, authority = store("ca", "acme", anchor), store("signingAuthority", "acme", anchor)
    for form in ("jws", "cose"):
        x509_envelope, authority_envelope = enveloped(form), by_authority(form)
        trusts_authority = policy(trustStores=["signingAuthority:acme"])
        yield accept(f"x509-in-ca-{form}", "notary.x509 in a store of type ca", attacks=(68,), **scene(x509_envelope, form, stores=ca))
        yield accept(f"authority-in-authority-{form}", "a signing authority in a store of its type", attacks=(68,), **scene(authority_envelope, form, stores=authority, policy=trusts_authority))
        made = scene(x509_envelope, form, stores=authority, policy=trusts_authority)
        yield refuse(f"x509-in-authority-{form}", "notary.x509 in a store of type signingAuthority", "authenticity", attacks=(68,), sound=f"x509-in-ca-{form}", **made)
        made = scene(authority_envelope, form, stores=ca)
        yield refuse(f"authority-in-ca-{form}", "a signing authority in a store of type ca", "authenticity", attacks=(68,), sound=f"authority-in-authority-{form}", **made)
    tsa = scene(jws(), "jws", stores=store("tsa", "acme", anchor), policy=policy(trustStores=["tsa:acme"]))
    yield refuse("x509-in-tsa", "notary.x509 in a store of type tsa", "authenticity", sound="x509-in-ca-jws", **tsa)


@family(AREA, "TS-013", "TS-014", "SCH-005")
def naming() -> Iterator[Built]:
    """A store counts if the policy names it."""
    other = chain("EC-256", 2, "other")
    two = policy(trustStores=["ca:other", "ca:acme"])
    stores = store("ca", "other", pem(other.root)) | _file(ROOT)
    yield _stored("two-stores", "two are named, and the second has the certificate", stores, policy=two)
    yield _stored("named-twice", "one is named twice", _file(ROOT), policy=policy(trustStores=["ca:acme", "ca:acme"]))
    yield _stored("not-named", "the one with the certificate is not named", stores, "authenticity", policy=policy(trustStores=["ca:other"]), sound="two-stores")
    yield _stored("one-missing", "two are named, and one is missing", _file(ROOT), "authenticity", policy=two, sound="two-stores")
    broken = store("ca", "other", "certificate\n") | _file(ROOT)
    yield _stored("one-broken", "two are named, and one cannot be read", broken, "authenticity", policy=two, sound="two-stores")
    yield _stored("unused-broken", "one that is not named cannot be read", broken)
    unusual = "A.b_c-9"
    yield _stored("unusual-name", "one with every kind of character in its name", store("ca", unusual, ROOT), policy=policy(trustStores=[f"ca:{unusual}"]), requires="TS-003")


def _added(  # noqa: PLR0917
    name: str,
    title: str,
    content: str | bytes,
    failed: str = "",
    attacks: tuple[int, ...] = (),
    kind: str = "ca",
    store_name: str = "acme",
    file: str = "root.pem",
    requires: str = "",
    config: Mapping[str, Any] | None = None,
) -> Built:
    data = content if isinstance(content, bytes) else content.encode()
    tables: dict[str, Any] = {"inputs": [file], "config": dict(config or {}), "arguments": {"store_type": kind, "store": store_name}}
    place = f"truststore/x509/{kind}/{store_name}/{file}"
    tables["expected"] = {} if failed else {"written": [place]}
    return _vector(f"add-{name}", title, failed, attacks, requires, "add-pem", {"command": "cert add", "tables": tables, "files": {file: data}})


@family(AREA, "TS-015", "TS-009")
def adding() -> Iterator[Built]:
    """A certificate is added to a store if the store can still be used then."""
    root = pem(CHAIN.root)
    yield _added("pem", "a root in PEM", root)
    yield _added("der", "a root in DER", CHAIN.ders[2], file="root.crt")
    yield _added("authority", "a root for signing authorities", root, kind="signingAuthority")
    yield _added("tsa", "a root for timestamps", root, kind="tsa", requires="TS-010")
    yield _added("garbage", "a file without a certificate", "certificate\n", "input", requires="TS-006")
    yield _added("unknown-type", "to a kind of store that does not exist", root, "usage", kind="root", requires="TS-002")
    yield _added("type-in-capitals", "to a kind of store in capitals", root, "usage", kind="CA", requires="TS-002")
    yield _added("parent-directory", "to a store called ..", root, "usage", (103,), store_name="..", requires="TS-003")
    yield _added("path-name", "to a store whose name is a path", root, "usage", (103,), store_name="a/b", requires="TS-003")
    there = {f"{PLACE}/root.pem": {"text": pem(chain("EC-256", 2, "other").root)}}
    yield _added("there-already", "under the name of a file that is there", root, "input", config=there)


# --- identities -----------------------------------------------------------------------------------------


def _named(name: str, title: str, identities: str | Sequence[str], failed: str = "", attacks: tuple[int, ...] = (), requires: str = "", sound: str = "subset", signer: TestChain | None = None) -> Built:
    """Return a vector in which a good envelope by *signer* meets a policy that trusts *identities*."""
    trusted = [identities] if isinstance(identities, str) else list(identities)
    form = "cose" if len(name) % 2 else "jws"
    made = scene(enveloped(form, chain=signer or CHAIN), form, signer=signer or CHAIN, policy=policy(trustedIdentities=trusted))
    return _vector(name, title, failed, attacks, requires, sound, made)


SUBJECT_OF = "x509.subject: "


def _called(*attributes: tuple[x509.ObjectIdentifier, str], kinds: Mapping[int, Any] | None = None) -> TestChain:
    """Return a chain whose leaf has exactly these attributes; *kinds* are types of string by place."""
    made = [x509.NameAttribute(oid, value, (kinds or {}).get(n)) for n, (oid, value) in enumerate(attributes)]
    return make_chain("EC-256", 2, subject=x509.Name(made), not_before=SINCE, not_after=UNTIL)


USUAL = ((NameOID.COUNTRY_NAME, "US"), (NameOID.STATE_OR_PROVINCE_NAME, "WA"), (NameOID.ORGANIZATION_NAME, "Notary"))


def _with_raw_subject(subject: bytes) -> TestChain:
    """Return a chain whose leaf has the encoded *subject*."""
    good = chain("EC-256", 2)
    leaf = x509.load_der_x509_certificate(resigned(good.ders[0], good.keys[1], {SUBJECT: subject}))
    return replace(good, certificates=(leaf, good.certificates[1]))


@family(IDENTITIES, "TP-060", "TP-062", "TP-067")
def matching() -> Iterator[Built]:
    """An identity accepts a leaf whose subject has all of its attributes."""
    yield _named("subset", "the subject has more", f"{SUBJECT_OF}C=US, ST=WA, O=Notary")
    yield _named("all", "the subject has the same", f"{SUBJECT_OF}CN=signer, O=Notary, L=Seattle, ST=WA, C=US")
    yield _named("order", "in another order", f"{SUBJECT_OF}O=Notary, C=US, ST=WA")
    yield _named("spaces", "with spaces around", "x509.subject:   C = US ,ST= WA , O =Notary ", requires="TP-065")
    yield _named("semicolons", "with semicolons between", f"{SUBJECT_OF}C=US; ST=WA; O=Notary", requires="TP-065")
    yield _named("state-as-s", "with S for ST", f"{SUBJECT_OF}C=US, S=WA, O=Notary", requires="TP-064 TP-065")
    yield _named("escaped", "with an escaped letter", f"{SUBJECT_OF}C=US, ST=WA, O=Not\\61ry", requires="TP-065")
    yield _named("second", "the second of two", (f"{SUBJECT_OF}C=US, ST=WA, O=Other", f"{SUBJECT_OF}C=US, ST=WA, O=Notary"))
    yield _named("any", "every leaf below the anchor", "*", requires="TP-061")
    yield _named("other-value", "not one with another value", f"{SUBJECT_OF}C=US, ST=WA, O=Other", "authenticity")
    yield _named("value-in-capitals", "not one with the value in capitals", f"{SUBJECT_OF}C=US, ST=WA, O=NOTARY", "authenticity", (65,))
    yield _named("value-beginning", "not one whose value is longer", f"{SUBJECT_OF}C=US, ST=WA, O=Nota", "authenticity")
    yield _named("attribute-more", "not one that lacks an attribute", f"{SUBJECT_OF}C=US, ST=WA, O=Notary, OU=Builders", "authenticity")
    yield _named("of-the-root", "not one for the name of its root", f"{SUBJECT_OF}C=US, ST=WA, O=Notary, CN=signer root", "authenticity")
    yield _named("value-elsewhere", "not one that has the value in another attribute", f"{SUBJECT_OF}C=US, ST=WA, O=signer", "authenticity", (65,))
    yield _named("only-of-plugins", "not if only plugins know the identities", "com.example.plugin:signer", "authenticity", requires="TP-063")
    yield _named("beside-of-plugins", "and identities for plugins do not matter", ("com.example.plugin:signer", f"{SUBJECT_OF}C=US, ST=WA, O=Notary"), requires="TP-063")


@family(IDENTITIES, "TP-067", "TP-068")
def subjects() -> Iterator[Built]:
    """A subject that cannot be compared exactly matches no identity."""
    any_notary = f"{SUBJECT_OF}C=US, ST=WA, O=Notary"
    comma = _called(*USUAL[:2], (NameOID.ORGANIZATION_NAME, "Notary, Inc."))
    yield _named("comma", "a comma in a value, escaped in the identity", f"{SUBJECT_OF}C=US, ST=WA, O=Notary\\, Inc.", signer=comma, requires="TP-066")
    umlaut = _called(*USUAL[:2], (NameOID.ORGANIZATION_NAME, "Notär"))
    yield _named("beyond-ascii", "letters beyond ASCII", f"{SUBJECT_OF}C=US, ST=WA, O=Notär", signer=umlaut)
    homoglyph = _called(*USUAL[:2], (NameOID.ORGANIZATION_NAME, "Nоtary"))
    yield _named("look-alike", "a Cyrillic letter that looks like a Latin one", any_notary, "authenticity", (65,), signer=homoglyph)
    printable = _called(*USUAL, (NameOID.COMMON_NAME, "signer"), kinds={2: _ASN1Type.PrintableString})
    yield _named("printable-string", "another type of string with the same text", any_notary, attacks=(65,), signer=printable)
    wide = _called(*USUAL, kinds={2: _ASN1Type.BMPString})
    yield _named("bmp-string", "a string of two bytes a letter with the same text", any_notary, attacks=(65,), signer=wide)
    space = _called(*USUAL[:2], (NameOID.ORGANIZATION_NAME, "Notary "))
    yield _named("trailing-space", "a space behind the value", any_notary, "authenticity", (65,), signer=space)
    mail = _called(*USUAL, (NameOID.EMAIL_ADDRESS, "signer@example.com"))
    yield _named("mail", "a mail address, which has no short name", any_notary, "authenticity", (65,), signer=mail)
    yield _named("mail-any", "a mail address, where every leaf is accepted", "*", signer=mail, requires="TP-061")
    units = _called(*USUAL, (NameOID.ORGANIZATIONAL_UNIT_NAME, "one"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "two"))
    yield _named("two-units", "two organizational units", any_notary, "authenticity", (65,), signer=units)
    names = _called(*USUAL, (NameOID.COMMON_NAME, "other"), (NameOID.COMMON_NAME, "signer"))
    yield _named("two-common-names", "two common names, of which the last is trusted", f"{any_notary}, CN=signer", "authenticity", (65,), signer=names)
    for short, without in (("c", 0), ("st", 1), ("o", 2)):
        lacking = _called(*(one for n, one in enumerate(USUAL) if n != without), (NameOID.COMMON_NAME, "signer"))
        yield _named(f"without-{short}", f"no {short.upper()}", any_notary, "authenticity", signer=lacking, requires="TP-064")
    both = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Notary"), x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Builders")]
    sets = [*(x509.RelativeDistinguishedName([x509.NameAttribute(*one)]) for one in USUAL[:2]), x509.RelativeDistinguishedName(both)]
    multi = make_chain("EC-256", 2, subject=x509.Name(sets), not_before=SINCE, not_after=UNTIL)
    yield _named("multi-valued", "two attributes in one set", any_notary, "authenticity", (65,), signer=multi)
    nul = _with_raw_subject(directory_name(C="US", ST="WA", O="Notary\0.example"))
    yield _named("nul", "a NUL within the value", any_notary, "authenticity", (65,), signer=nul)
    line = _with_raw_subject(directory_name(C="US", ST="WA", O="Notary", CN="signer\nO=Other"))
    yield _named("line-end", "a line end within another value", any_notary, "authenticity", (65,), signer=line)
