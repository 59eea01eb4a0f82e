# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The areas `policies` and `blob-policies`: trust policy documents that can be used, and those that cannot.

A document is imported, which checks it as a whole and changes nothing if it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .envelopes import DROP
from .scene import IDENTITY, document, statement
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "policies"
BLOBS = "blob-policies"
STRICT = {"level": "strict"}
SKIP: Any = {"signatureVerification": {"level": "skip"}, "trustStores": DROP, "trustedIdentities": DROP, "registryScopes": ["registry.example/base"]}
STAGES = {"trustpolicy.json", "trustpolicy.oci.json", "trustpolicy.blob.json"}


def _import(name: str, title: str, content: str | bytes, failed: str, attacks: tuple[int, ...], requires: str, command: str) -> Built:
    data = content if isinstance(content, bytes) else content.encode()
    tables: dict[str, Any] = {"inputs": ["policy.json"]}
    if failed:
        tables["expected"] = {"not_written": sorted(STAGES)}
        return refuse(name, title, failed, attacks=attacks, requires=requires, sound="sound", command=command, tables=tables, files={"policy.json": data})
    return accept(name, title, attacks=attacks, requires=requires, command=command, tables=tables, files={"policy.json": data})


def _good(name: str, title: str, content: str | bytes, attacks: tuple[int, ...] = (), requires: str = "") -> Built:
    return _import(name, title, content, "", attacks, requires, "policy import")


def _bad(name: str, title: str, content: str | bytes, attacks: tuple[int, ...] = (), requires: str = "") -> Built:
    return _import(name, title, content, "policy", attacks, requires, "policy import")


def _one(level: str = "strict", **members: Any) -> str:
    return document(statement(level, **members))


def _verification(**members: Any) -> str:
    """Return a document whose statement has *members* in signatureVerification."""
    return _one(signatureVerification=STRICT | members)


def _scoped(*scopes: str) -> str:
    return _one(registryScopes=list(scopes))


def _trusting(*identities: str) -> str:
    return _one(trustedIdentities=list(identities))


def _subject(text: str) -> str:
    return _trusting(f"x509.subject: {text}")


GOOD = _one()
BLOB: Any = {"registryScopes": DROP}


@family(AREA, "TP-003", "TP-004", "TP-005")
def documents() -> Iterator[Built]:
    """A policy document has version 1.0 and statements."""
    yield _good("sound", "one statement", GOOD)
    yield _good("two-statements", "two statements, one of them for everything", document(statement(), statement(name="app", registryScopes=["registry.example/app"])))
    yield _bad("version-missing", "no version", document(statement(), version=DROP), (97,))
    yield _bad("version-empty", "an empty version", document(statement(), version=""), (97,))
    yield _bad("version-2", "version 2.0", document(statement(), version="2.0"), (97,))
    yield _bad("version-number", "a version that is a number", document(statement(), version=1.0), (97,))
    yield _bad("statements-missing", "no statements", document(trustPolicies=DROP))
    yield _bad("statements-empty", "an empty list of statements", document())
    yield _bad("statements-object", "an object in place of the list", document(trustPolicies=statement()), (97,))
    yield _bad("one-bad-of-two", "a bad statement behind a good one", document(statement(), statement(name="app", registryScopes=["registry.example/app"], trustStores=["acme"])))


@family(AREA, "TP-002", "TP-006")
def strictness() -> Iterator[Built]:
    """A policy document is strict JSON with one meaning."""
    yield _good("unknown-member", "a member that nobody knows, which is ignored", document(statement(description="for everybody"), comment="made by hand"))
    yield _bad("not-json", "no JSON at all", "version: 1.0\n", (190,))
    yield _bad("empty", "an empty file", "", (97,))
    yield _bad("array", "an array", f"[{GOOD}]", (97,))
    yield _bad("comment", "a comment", GOOD.replace("{", "{ // our policy", 1), (97,))
    yield _bad("trailing-comma", "a comma behind the last member", GOOD.replace("]\n}", "],\n}"), (97,))
    yield _bad("second-document", "another document behind it", GOOD + GOOD, (97,))
    yield _bad("byte-order-mark", "a byte order mark", b"\xef\xbb\xbf" + GOOD.encode(), (97,))
    yield _bad("utf-16", "UTF-16", GOOD.encode("utf-16"), (97,))
    yield _bad("invalid-utf-8", "a name that is no UTF-8", GOOD.encode().replace(b'"images"', b'"im\xffges"'), (97,))
    yield _bad("version-twice", "the version twice", GOOD.replace("{", '{"version": "1.0",', 1), (97,))
    yield _bad("level-twice", "the level twice", GOOD.replace('"level": "strict"', '"level": "audit", "level": "strict"'), (97,))
    yield _bad("stores-twice", "the trust stores twice", GOOD.replace('"trustStores"', '"trustStores": ["ca:other"], "trustStores"'), (97,))
    yield _bad("typo", "verifyTimestmap for verifyTimestamp", _verification(verifyTimestmap="afterCertExpiry"), (97,))
    yield _bad("other-case", "Override for override", _verification(Override={"expiry": "log"}), (97,))
    yield _bad("nested-100", "a member nested a hundred deep", GOOD.replace("{", '{"x": ' + "[" * 100 + "]" * 100 + ",", 1), (6,), "SEC-003")


@family(AREA, "TP-010")
def names() -> Iterator[Built]:
    """A statement has a name of its own."""
    other: Any = {"registryScopes": ["registry.example/app"]}
    yield _bad("name-missing", "there is none", _one(name=DROP))
    yield _bad("name-empty", "it is empty", _one(name=""))
    yield _bad("name-number", "it is a number", _one(name=1), (97,))
    yield _bad("name-twice", "two statements have one", document(statement(), statement(**other)))
    yield _good("name-other-case", "two differ in letter case only", document(statement(), statement(name="Images", **other)))


@family(AREA, "TP-020", "TP-021", "TP-025")
def scopes() -> Iterator[Built]:
    """A scope is a repository, fully named, or everything."""
    for one, title, scope in (
        ("port", "with a port", "registry.example:5000/app"), ("address", "with an address", "10.0.0.1:80/r"), ("deep", "with a long path", "registry.example/a/b-c/d__e/f.g"),
        ("local", "of an image layout", "local/app"), ("capital-host", "with capitals in the host", "Registry.Example/app"),
    ):  # fmt: skip
        yield _good(f"scope-{one}", title, _scoped(scope))
    yield _bad("scope-missing", "there is none", _one(registryScopes=DROP))
    yield _bad("scope-none", "the list is empty", _scoped())
    yield _bad("scope-text", "a text in place of the list", _one(registryScopes="*"), (97,))
    yield _bad("scope-wildcard-and-other", "everything, and a repository", _scoped("*", "registry.example/app"), (99,))
    for one, title, scope in (
        ("empty", "empty", ""), ("host-only", "a host alone", "registry.example"), ("tag", "with a tag", "registry.example/app:v1"), ("digest", "with a digest", f"registry.example/app@sha256:{'ab' * 32}"),
        ("scheme", "with a scheme", "https://registry.example/app"), ("capital-repository", "with capitals in the repository", "registry.example/App"), ("trailing-slash", "with a slash at the end", "registry.example/app/"),
        ("wildcard-inside", "with a wildcard inside", "registry.example/*"), ("wildcard-host", "with a wildcard in the host", "*.example/app"), ("space", "with a space", "registry.example/app "),
        ("parent", "with a parent directory", "registry.example/a/../b"), ("port-letters", "with letters for a port", "registry.example:http/app"), ("user", "with a user", "alice@registry.example/app"),
    ):  # fmt: skip
        yield _bad(f"scope-{one}", title, _scoped(scope), (99,), "TP-024")


@family(AREA, "TP-025", "SEC-003")
def long_scopes() -> Iterator[Built]:
    """A scope is read in linear time, whatever it looks like."""
    yield _bad("scope-almost-a-path", "many parts, and a letter that none may have", _scoped("registry.example/" + "a/" * 4000 + "A"), (188,))
    yield _bad("scope-almost-a-name", "many separators, and a letter that none may have", _scoped("registry.example/" + "a-" * 4000 + "!"), (188,))
    yield _bad("scope-almost-a-host", "many labels, and a letter that none may have", _scoped("a." * 4000 + "!/app"), (188,))
    yield _good("scope-long", "many parts", _scoped("registry.example/" + "/".join(["a"] * 500)), (188,))


@family(AREA, "TP-022", "TP-023")
def ambiguity() -> Iterator[Built]:
    """A scope belongs to one statement."""
    app: Any = {"registryScopes": ["registry.example/app"]}
    yield _bad("two-global", "two statements are for everything", document(statement(), statement(name="other")), (99,))
    yield _bad("scope-in-two", "two statements have one repository", document(statement(**app), statement(name="other", **app)), (99,))
    yield _bad("scope-in-one-twice", "a statement has a repository twice", _scoped("registry.example/app", "registry.example/app"), (99,))
    yield _good("scopes-nested", "a repository below another one's", document(statement(**app), statement(name="other", registryScopes=["registry.example/app/tools"])))


@family(AREA, "TP-030", "TP-032", "TP-033", "TP-034", "TP-035")
def verification() -> Iterator[Built]:
    """How a signature is verified is a level, and perhaps changes to it."""
    for level in ("strict", "permissive", "audit"):
        yield _good(f"level-{level}", f"the level {level}", _one(level))
    yield _good("level-skip", "the level skip, for one repository", _one(**SKIP), requires="TP-011")
    yield _bad("verification-missing", "there is none", _one(signatureVerification=DROP))
    yield _bad("level-missing", "there is no level", _one(signatureVerification={}))
    yield _bad("level-empty", "the level is empty", _one(""))
    yield _bad("level-unknown", "the level is unknown", _one("relaxed"))
    yield _bad("level-other-case", "the level is written Strict", _one("Strict"))
    yield _bad("level-number", "the level is a number", _one(signatureVerification={"level": 1}), (97,))
    for kind in ("authenticity", "authenticTimestamp", "expiry", "revocation"):
        yield _good(f"override-{kind.lower()}-log", f"{kind} is logged", _one(override={kind: "log"}))
    yield _good("override-revocation-skip", "revocation is skipped", _one(override={"revocation": "skip"}))
    yield _good("override-stronger", "expiry is enforced at the level audit", _one("audit", override={"expiry": "enforce"}))
    yield _good("override-empty", "no change", _one(override={}))
    yield _bad("override-integrity", "integrity is logged", _one(override={"integrity": "log"}), (98,))
    for kind in ("authenticity", "authenticTimestamp", "expiry"):
        yield _bad(f"override-{kind.lower()}-skip", f"{kind} is skipped", _one(override={kind: "skip"}), (98,))
    yield _bad("override-unknown", "something unknown is logged", _one(override={"signature": "log"}))
    yield _bad("override-other-case", "Expiry is logged", _one(override={"Expiry": "log"}))
    yield _bad("override-unknown-action", "expiry is ignored", _one(override={"expiry": "ignore"}))
    yield _bad("override-of-skip", "expiry is logged at the level skip", _one(**SKIP | {"signatureVerification": {"level": "skip", "override": {"expiry": "log"}}}), (98,))
    yield _bad("override-list", "the changes are a list", _verification(override=["expiry"]), (97,))
    for when in ("always", "afterCertExpiry", ""):
        yield _good(f"when-{when.lower() or 'empty'}", f"timestamps count {when or 'as usual'}", _one(when=when))
    yield _bad("when-unknown", "timestamps count never", _one(when="never"))
    yield _bad("when-other-case", "timestamps count aftercertexpiry", _one(when="aftercertexpiry"))


@family(AREA, "TP-011", "TP-028")
def skipping() -> Iterator[Built]:
    """The level skip trusts nobody and is not for everything; every other level trusts somebody."""
    yield _bad("skip-with-stores", "skip names a trust store", _one(**SKIP | {"trustStores": ["ca:acme"]}))
    yield _bad("skip-with-identities", "skip names an identity", _one(**SKIP | {"trustedIdentities": ["*"]}))
    yield _good("skip-with-empty-lists", "skip has empty lists", _one(**SKIP | {"trustStores": [], "trustedIdentities": []}))
    yield _bad("skip-global", "skip is for everything", _one(**SKIP | {"registryScopes": ["*"]}), (98,))
    yield _bad("stores-missing", "strict names no trust store", _one(trustStores=DROP), requires="TP-051")
    yield _bad("stores-empty", "strict has an empty list of trust stores", _one(trustStores=[]), requires="TP-051")
    yield _bad("identities-missing", "strict names no identity", _one(trustedIdentities=DROP))
    yield _bad("identities-empty", "strict has an empty list of identities", _one("audit", trustedIdentities=[]))


@family(AREA, "TP-050", "TS-002", "TS-003")
def stores() -> Iterator[Built]:
    """A trust store is named by its type and its name."""
    yield _good("store-types", "all three types", _one(trustStores=["ca:acme", "signingAuthority:acme", "tsa:acme"]))
    yield _good("store-tsa-only", "one for timestamps alone, with which nothing will verify", _one(trustStores=["tsa:acme"]), requires="TP-052")
    yield _good("store-unusual-name", "every kind of character", _one(trustStores=["ca:A.b_c-9"]))
    yield _good("store-twice", "one of them twice", _one(trustStores=["ca:acme", "ca:acme"]), requires="TS-014")
    for one, title, text in (
        ("without-type", "no type", "acme"), ("unknown-type", "an unknown type", "root:acme"), ("type-in-capitals", "a type in capitals", "CA:acme"), ("without-name", "no name", "ca:"),
        ("space", "a space in the name", "ca:our store"), ("slash", "a slash in the name", "ca:a/b"), ("colon", "a colon in the name", "ca:a:b"), ("parent", "the name of the parent directory", "ca:.."),
        ("itself", "the name of the directory itself", "ca:."), ("umlaut", "a letter beyond ASCII", "ca:märz"), ("line-end", "a line end behind the name", "ca:acme\n"), ("empty", "nothing", ""),
    ):  # fmt: skip
        yield _bad(f"store-{one}", title, _one(trustStores=[text]), (103,))
    yield _bad("store-number", "a number", _one(trustStores=[1]), (97,))


@family(AREA, "TP-060", "TP-062", "TP-064", "TP-065")
def identities() -> Iterator[Built]:
    """A trusted identity is a subject with country, state and organization, or everybody."""
    for one, title, text in (
        ("state-as-s", "S for ST", "C=US, S=WA, O=Notary"), ("semicolons", "semicolons between", "C=US; ST=WA; O=Notary"), ("escaped-comma", "an escaped comma", "C=US, ST=WA, O=Notary\\, Inc."),
        ("hexadecimal", "a letter as hexadecimal digits", "C=US, ST=WA, O=Not\\61ry"), ("equals-in-value", "an equals sign in a value", "C=US, ST=WA, O=a=b"), ("no-spaces", "no spaces", "C=US,ST=WA,O=Notary"),
    ):  # fmt: skip
        yield _good(f"identity-{one}", title, _subject(text), requires="TP-066")
    yield _good("identity-any", "everybody", _trusting("*"), requires="TP-061")
    yield _good("identity-of-plugin", "a prefix that only plugins know", _trusting(IDENTITY, "com.example.plugin:signer"), requires="TP-063")
    for one, title, text in (
        ("without-c", "no country", "ST=WA, O=Notary"), ("without-st", "no state", "C=US, O=Notary"), ("without-o", "no organization", "C=US, ST=WA"), ("empty-o", "an empty organization", "C=US, ST=WA, O="),
        ("empty-ou", "an empty unit", "C=US, ST=WA, O=Notary, OU="), ("twice", "an attribute twice", "C=US, ST=WA, O=Notary, O=Other"), ("st-and-s", "ST and S", "C=US, ST=WA, S=WA, O=Notary"), ("multi-valued", "two attributes in one", "C=US, ST=WA, O=Notary+OU=a"),
        ("hash", "an encoded value", "C=US, ST=WA, O=#0c064e6f74617279"), ("open-comma", "a comma that is not escaped", "C=US, ST=WA, O=Notary, Inc."), ("unknown-escape", "an unknown escape", "C=US, ST=WA, O=Not\\ary"),
        ("lone-escape", "a backslash at the end", "C=US, ST=WA, O=Notary\\"), ("lower-case", "attributes in lower case", "c=US, st=WA, o=Notary"), ("without-type", "a value without an attribute", "C=US, ST=WA, =Notary"), ("empty-subject", "an empty subject", ""),
    ):  # fmt: skip
        yield _bad(f"identity-{one}", title, _subject(text), (66,), "TP-070" if one.startswith("empty-ou") else "")
    for one, title, texts in (
        ("empty", "nothing", [""]), ("without-prefix", "a subject without its prefix", ["C=US, ST=WA, O=Notary"]), ("any-and-other", "everybody, and somebody", ["*", IDENTITY]), ("number", "a number", [1]),
    ):  # fmt: skip
        yield _bad(f"identity-{one}", title, _one(trustedIdentities=texts), (97 if one == "number" else 66,), "TP-061")


@family(AREA, "TP-069")
def overlaps() -> Iterator[Built]:
    """No identity accepts all that another one does."""
    yield _bad("overlap-equal", "two are equal", _trusting(IDENTITY, IDENTITY), (67,))
    yield _bad("overlap-order", "two are equal but for the order", _trusting(IDENTITY, "x509.subject: O=Notary, C=US, ST=WA"), (67,))
    yield _bad("overlap-subset", "one has an attribute more", _trusting(IDENTITY, f"{IDENTITY}, OU=builders"), (67,))
    yield _good("overlap-none", "two have an attribute more, each another", _trusting(f"{IDENTITY}, OU=builders", f"{IDENTITY}, L=Seattle"), (67,))


# --- blobs ------------------------------------------------------------------------------------------------


def _blob(name: str, title: str, content: str, failed: str = "", attacks: tuple[int, ...] = (), requires: str = "") -> Built:
    return _import(name, title, content, failed, attacks, requires, "blob policy import")


def _blob_statement(level: str = "strict", **members: Any) -> dict[str, Any]:
    return statement(level, **BLOB | {"name": "releases"} | members)


def _for_blobs(*statements: Mapping[str, Any], **members: Any) -> str:
    return document(*statements, **members)


@family(BLOBS, "BTP-002")
def blob_documents() -> Iterator[Built]:
    """A policy for files has the rules of one for images, but for scopes."""
    bad = "policy"
    yield _blob("sound", "one statement", _for_blobs(_blob_statement()))
    yield _blob("two-statements", "two statements", _for_blobs(_blob_statement(), _blob_statement(name="drafts")))
    yield _blob("version-2", "version 2.0", _for_blobs(_blob_statement(), version="2.0"), bad, (97,))
    yield _blob("version-missing", "no version", _for_blobs(_blob_statement(), version=DROP), bad, (97,))
    yield _blob("statements-empty", "no statements", _for_blobs(), bad)
    yield _blob("name-empty", "an empty name", _for_blobs(_blob_statement(name="")), bad, requires="TP-010")
    yield _blob("name-twice", "two statements of one name", _for_blobs(_blob_statement(), _blob_statement()), bad, requires="TP-010")
    yield _blob("level-unknown", "an unknown level", _for_blobs(_blob_statement("relaxed")), bad, requires="TP-030")
    yield _blob("override-integrity", "integrity is logged", _for_blobs(_blob_statement(override={"integrity": "log"})), bad, (98,), "TP-034")
    yield _blob("stores-missing", "no trust store", _for_blobs(_blob_statement(trustStores=DROP)), bad, requires="TP-011")
    yield _blob("store-parent", "a store with the name of the parent directory", _for_blobs(_blob_statement(trustStores=["ca:.."])), bad, (103,), "TS-003")
    yield _blob("identity-without-st", "an identity without a state", _for_blobs(_blob_statement(trustedIdentities=["x509.subject: C=US, O=Notary"])), bad, (66,), "TP-064")
    yield _blob("overlap", "identities that overlap", _for_blobs(_blob_statement(trustedIdentities=[IDENTITY, f"{IDENTITY}, OU=builders"])), bad, (67,), "TP-069")
    twice = _for_blobs(_blob_statement()).replace('"level": "strict"', '"level": "audit", "level": "strict"')
    yield _blob("level-twice", "the level twice", twice, bad, (97,), "TP-006")
    yield _blob("not-json", "no JSON", "version: 1.0\n", bad, (190,), "TP-006")
    yield _blob("typo", "globalPolcy for globalPolicy", _for_blobs(_blob_statement(globalPolcy=True)), bad, (97,), "TP-006")


@family(BLOBS, "BTP-003", "BTP-004", "BTP-007")
def blob_global() -> Iterator[Built]:
    """One statement for files may be for all that are not named, but not to skip them."""
    skip: Any = {"signatureVerification": {"level": "skip"}, "trustStores": DROP, "trustedIdentities": DROP}
    yield _blob("global", "one is", _for_blobs(_blob_statement(), _blob_statement(name="rest", globalPolicy=True)))
    yield _blob("global-false", "none is, and it says so", _for_blobs(_blob_statement(globalPolicy=False)))
    yield _blob("global-two", "two are", _for_blobs(_blob_statement(globalPolicy=True), _blob_statement(name="rest", globalPolicy=True)), "policy", (99,))
    yield _blob("global-text", "a text says so", _for_blobs(_blob_statement(globalPolicy="true")), "policy", (97,))
    yield _blob("skip", "one that is named skips", _for_blobs(_blob_statement(**skip)))
    yield _blob("skip-global", "the one for all skips", _for_blobs(_blob_statement(globalPolicy=True, **skip)), "policy", (98,))
    yield _blob("skip-with-stores", "one that skips names a trust store", _for_blobs(_blob_statement(**skip | {"trustStores": ["ca:acme"]})), "policy", requires="TP-011")
