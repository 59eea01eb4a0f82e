# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The areas `levels` and `policy-selection`: what a failed check means, and which statement decides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .envelopes import DROP, EXPIRY, SCHEME
from .pki import TestChain, private_pem
from .revocation_data import naming_ocsp
from .scene import (
    OCSP_URL,
    POLICY_FILE,
    REPOSITORY,
    chain,
    document,
    edited,
    enveloped,
    pem,
    policy,
    scene,
    statement,
    store,
    with_headers,
)
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "levels"
SELECTION = "policy-selection"
FORMS = ("jws", "cose")
PAST = "2023-06-01T12:00:00Z"
SKIPPED = "Trust policy is configured to skip signature verification"
SKIP: Any = {"trustStores": DROP, "trustedIdentities": DROP}


def _untrusted(form: str, text: str) -> dict[str, Any]:
    return scene(enveloped(form), form, policy=text, stores=store("ca", "acme", pem(chain("EC-256", 2, "other").root)))


def _unknown_signer(form: str, text: str) -> dict[str, Any]:
    stranger = text.replace("O=Notary", "O=Somebody")
    return scene(enveloped(form), form, policy=stranger)


def _expired(form: str, text: str) -> dict[str, Any]:
    return scene(with_headers(form, {EXPIRY: PAST, "crit": [SCHEME, EXPIRY]}), form, policy=text)


def _old_chain(form: str, text: str) -> dict[str, Any]:
    old = edited({}, length=2, not_after=chain().leaf.not_valid_after_utc.replace(year=2023))
    return scene(enveloped(form, chain=old), form, policy=text, signer=old)


def _revocable() -> TestChain:
    return edited({0: naming_ocsp(OCSP_URL)}, length=2)


def _revoked(form: str, text: str, status: str = "revoked") -> dict[str, Any]:
    signer = _revocable()
    asked = {"issuer": "root.pem", "key": "root.key", "certificate": "leaf.pem", "status": status}
    files = {"root.pem": pem(signer.root).encode(), "root.key": private_pem(signer.keys[1]), "leaf.pem": pem(signer.leaf).encode()}
    stores = {"truststore/x509/ca/acme/root.pem": "root.pem"}
    return scene(enveloped(form, chain=signer), form, policy=text, stores=stores, files=files, fetches=[{"url": OCSP_URL, "ocsp": asked}])


def _tampered(form: str, text: str) -> dict[str, Any]:
    from .envelopes import signature_of
    from .pki import fixed_keys

    envelope = enveloped(form, sign=lambda _key, data: signature_of(fixed_keys("EC-256")[2], data, "ES256"))
    return scene(envelope, form, policy=text)


FAULTS: Mapping[str, tuple[str, str, Any]] = {
    "untrusted": ("authenticity", "a signer below no trusted certificate", _untrusted),
    "unknown-signer": ("authenticity", "a signer whom no identity names", _unknown_signer),
    "expired": ("expiry", "a signature that has expired", _expired),
    "old-chain": ("authenticTimestamp", "a chain that has expired", _old_chain),
    "revoked": ("revocation", "a signer that has been revoked", _revoked),
}


def _judged(name: str, title: str, text: str, fault: str, enforced: str, sound: str, requires: str = "") -> Iterator[Built]:
    """Yield the vector of a *fault* under a policy *text*; *enforced* refuses it, or is empty; formats take turns."""
    check, _, build = FAULTS[fault]
    for form in (FORMS[len(name) % 2],):
        made = build(form, text)
        if enforced:
            yield refuse(f"{name}-{form}", title, check, requires=requires, sound=f"{sound}-{form}", **made)
        else:
            yield accept(f"{name}-{form}", title, logged=(check,), requires=requires, **made)


@family(AREA, "TP-031", "VER-020")
def tables() -> Iterator[Built]:
    """The level says which failures refuse a signature and which are only said."""
    enforced = {"strict": {"authenticity", "expiry", "authenticTimestamp", "revocation"}, "permissive": {"authenticity"}, "audit": set()}
    for level, checks in enforced.items():
        for form in FORMS:
            yield accept(f"{level}-{form}", f"a signature without a fault, at {level}", **_revoked(form, policy(level), "good"))
        for fault, (check, words, _) in FAULTS.items():
            yield from _judged(f"{level}-{fault}", f"{words}, at {level}", policy(level), fault, check if check in checks else "", level, "VER-022")


@family(AREA, "VER-023", "VER-035", "TP-031")
def integrity() -> Iterator[Built]:
    """A signature that is broken is refused at every level but skip."""
    for level in ("strict", "permissive", "audit"):
        for form in FORMS:
            yield refuse(f"{level}-broken-{form}", level, "integrity", sound=f"{level}-{form}", **_tampered(form, policy(level)))


@family(AREA, "TP-032", "TP-034", "VER-020")
def overrides() -> Iterator[Built]:
    """A policy changes what single failures mean."""
    for fault, (check, words, _) in FAULTS.items():
        text = policy(override={check: "log"})
        yield from _judged(f"strict-{fault}-logged", f"{words} is said at strict, where that is asked for", text, fault, "", "strict")
        text = policy("audit", override={check: "enforce"})
        yield from _judged(f"audit-{fault}-enforced", f"{words} is refused at audit, where that is asked for", text, fault, check, "audit")
    for level in ("strict", "audit"):
        for form in FORMS:
            made = _revoked(form, policy(level, override={"revocation": "skip"}))
            made["tables"]["expected"] = {"not_fetched": [OCSP_URL]}
            yield accept(f"{level}-revocation-skipped-{form}", f"nobody is asked about revocation at {level}, where that is asked for", requires="REV-006 VER-060", **made)
    text = policy("permissive", override={"revocation": "enforce", "expiry": "enforce"})
    yield from _judged("permissive-two-enforced", "two that permissive would only say are refused", text, "expired", "expiry", "permissive")


@family(AREA, "VER-003", "TP-011", "BTP-007")
def skipped() -> Iterator[Built]:
    """At the level skip nothing is looked at, and this is said."""
    text = document(statement("skip", registryScopes=[REPOSITORY], **SKIP))
    expected = {"stdout": [SKIPPED], "not_stdout": ["Successfully verified signature"]}
    yield accept("skip-unsigned", "no signature", **scene(signatures=[], form="jws", policy=text, stores={}, expected=expected))
    for form in FORMS:
        made = _tampered(form, text)
        made["tables"]["expected"] = expected
        yield accept(f"skip-broken-{form}", "a broken signature", **made)


@family(AREA, "VER-020", "VER-044", "VER-081")
def several() -> Iterator[Built]:
    """Failures that are only said are said each."""
    for form in FORMS:
        old = edited({}, length=2, not_after=chain().leaf.not_valid_after_utc.replace(year=2023))
        changes = {EXPIRY: PAST, "crit": [SCHEME, EXPIRY]}
        made = scene(with_headers(form, changes, chain=old), form, policy=policy("audit"), stores=store("ca", "acme", pem(chain("EC-256", 2, "other").root)))
        yield accept(f"audit-three-{form}", "three at audit", logged=("authenticity", "expiry", "authenticTimestamp"), **made)
        made = scene(with_headers(form, changes, chain=old), form, policy=policy("permissive"), signer=old)
        yield accept(f"permissive-two-{form}", "two at permissive", logged=("expiry", "authenticTimestamp"), **made)


# --- which statement ------------------------------------------------------------------------------------


def _selected(name: str, title: str, text: str | None, failed: str = "", attacks: tuple[int, ...] = (), requires: str = "", sound: str = "exact", config: Mapping[str, Any] | None = None) -> Built:
    form = "cose" if len(name) % 2 else "jws"
    made = scene(enveloped(form), form, policy=text or "")
    if text is None:
        del made["tables"]["config"][POLICY_FILE]
    made["tables"]["config"].update(config or {})
    if failed:
        return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **made)
    return accept(name, title, attacks=attacks, requires=requires, **made)


TRUSTING: Any = {"trustedIdentities": ["*"]}
DISTRUSTING: Any = {"trustedIdentities": ["x509.subject: C=US, ST=WA, O=Somebody"]}


@family(SELECTION, "TP-026", "TP-027", "VER-002")
def choice() -> Iterator[Built]:
    """The statement for a repository is the one that names it, else the one for everything, else none."""
    here: Any
    everything: Any
    here, everything = {"name": "here", "registryScopes": [REPOSITORY]}, {"name": "rest", "registryScopes": ["*"]}
    yield _selected("exact", "one names it", document(statement(**here)))
    yield _selected("global", "one is for everything", document(statement(**everything)))
    yield _selected("exact-before-global", "one names it, and the one for everything would refuse", document(statement(**everything | DISTRUSTING), statement(**here | TRUSTING)))
    yield _selected("global-is-no-second-try", "one names it and refuses, and the one for everything would not", document(statement(**everything | TRUSTING), statement(**here | DISTRUSTING)), "authenticity")
    other: Any = {"name": "other", "registryScopes": [f"{REPOSITORY}2"]}
    yield _selected("global-behind-other", "one names another repository, and one is for everything", document(statement(**other | DISTRUSTING), statement(**everything | TRUSTING)))
    yield _selected("none", "one names another repository", document(statement(**other)), "policy", (100,))
    parent = REPOSITORY.rpartition("/")[0]
    yield _selected("parent-path", "one names the path above", document(statement(name="above", registryScopes=[parent])), "policy", (100,))
    yield _selected("path-below", "one names a repository below", document(statement(name="below", registryScopes=[f"{REPOSITORY}/tools"])), "policy", (100,))
    yield _selected("another-host", "one names the repository on another host", document(statement(name="else", registryScopes=["registry.example/conformance/app"])), "policy", (100,))
    skip = statement("skip", **other | SKIP)
    yield _selected("skip-of-another", "one skips another repository", document(skip), "policy", (98,))
    yield _selected("one-of-many-scopes", "one names it among others", document(statement(name="many", registryScopes=["registry.example/a", REPOSITORY, "registry.example/b"])))


@family(SELECTION, "TP-001", "TP-002", "TP-005", "VER-001")
def policy_files() -> Iterator[Built]:
    """The policy is one regular file, valid as a whole."""
    good, bad = policy(**TRUSTING), policy(**DISTRUSTING)
    yield _selected("no-file", "there is none", None, "policy", sound="global")
    yield _selected("empty-file", "it is empty", "\n", "policy", (97,), sound="global")
    yield _selected("directory", "it is a directory", None, "policy", (102,), sound="global", config={POLICY_FILE: {"directory": True}})
    linked = {"elsewhere.json": {"text": good}, POLICY_FILE: {"link": "elsewhere.json"}}
    yield _selected("linked", "it is a symbolic link", None, "policy", (102,), sound="global", config=linked)
    other = statement(name="other", registryScopes=["registry.example/app"], trustStores=["acme"])
    yield _selected("bad-statement-elsewhere", "a statement about another repository is wrong", document(statement(), other), "policy", sound="global")
    oci = "trustpolicy.oci.json"
    yield _selected("oci-file", "it has the newer name", None, config={oci: {"text": good}})
    yield _selected("oci-file-first", "both names are there, and the newer one trusts", bad, attacks=(101,), config={oci: {"text": good}})
    yield _selected("oci-file-only", "both names are there, and the newer one does not trust", good, "authenticity", (101,), sound="oci-file-first", config={oci: {"text": bad}})
    yield _selected("oci-file-broken", "both names are there, and the newer one cannot be read", good, "policy", (101,), sound="oci-file-first", config={oci: {"text": "{\n"}})
    yield _selected("blob-file-only", "only the policy for files is there", None, "policy", sound="global", config={"trustpolicy.blob.json": {"text": good.replace('"registryScopes"', '"x"')}})
