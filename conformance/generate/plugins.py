# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `plugins`: signatures that name a verification plugin, and what plugins answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from .envelopes import DROP, SCHEME
from .pki import TestChain
from .revocation_data import naming_ocsp
from .scene import OCSP_URL, chain, compact, edited, pem, policy, scene, store, with_headers
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "plugins"
NAME = "com.example.verifier"
PLUGIN, LEAST = "io.cncf.notary.verificationPlugin", "io.cncf.notary.verificationPluginMinVersion"
IDENTITY, REVOCATION = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY", "SIGNATURE_VERIFIER.REVOCATION_CHECK"
OTHER = "com.example.x"
_turn = count()

METADATA = {"name": NAME, "description": "a plugin of the conformance suite", "version": "1.2.0", "url": "https://example.com/verifier", "supportedContractVersions": ["1.0"], "capabilities": [IDENTITY]}
YES = {"success": True}
RESULTS = {"verificationResults": {IDENTITY: YES}, "processedAttributes": []}
OF_PLUGIN = {"trustedIdentities": ["com.example.verifier:signer"]}


def _headers(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers of a signature that names the plugin, with *changes*; all but `DROP` are critical."""
    named = {PLUGIN: NAME} | dict(changes)
    critical = named.pop("crit", [SCHEME, *(key for key, value in named.items() if value is not DROP)])
    return {**named, "crit": critical}


def _scene(
    changes: Mapping[str, Any] | None = None,
    *,
    metadata: Any = None,
    answer: Any = None,
    fails: bool = False,
    installed: bool = True,
    level: str = "strict",
    override: Mapping[str, str] | None = None,
    statement: Mapping[str, Any] | None = None,
    signer: TestChain | None = None,
    stores: Mapping[str, Any] | None = None,
    form: str = "",
    **tables: Any,
) -> dict[str, Any]:
    """Return the members of a vector whose signature names a plugin with these answers."""
    form = form or ("jws", "cose")[next(_turn) % 2]
    envelope = with_headers(form, _headers(changes or {}), chain=signer or chain())
    files = {"metadata.json": _bytes(METADATA if metadata is None else metadata), "answer.json": _bytes(RESULTS if answer is None else answer)}
    plugin: dict[str, Any] = {"get-plugin-metadata": "metadata.json", "verify-signature": "answer.json"}
    if fails:
        plugin["fails"] = ["verify-signature"]
    if installed:
        tables["plugins"] = {NAME: plugin}
    text = policy(level, override=override, **(OF_PLUGIN if statement is None else statement))
    return scene(envelope, form, signer=signer, stores=stores, policy=text, files=files if installed else {}, **tables)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else compact(value)


def _good(name: str, title: str, changes: Mapping[str, Any] | None = None, attacks: tuple[int, ...] = (), requires: str = "", logged: tuple[str, ...] = (), **rest: Any) -> Built:
    return accept(name, title, attacks=attacks, requires=requires, logged=logged, **_scene(changes, **rest))


def _bad(name: str, title: str, failed: str, changes: Mapping[str, Any] | None = None, attacks: tuple[int, ...] = (), requires: str = "", sound: str = "identity-jws", **rest: Any) -> Built:
    return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **_scene(changes, **rest))


def _capable(*capabilities: str, **changes: Any) -> dict[str, Any]:
    return METADATA | {"capabilities": list(capabilities)} | changes


@family(AREA, "PLG-090", "PLG-092", "PLG-093", "PLG-101", "ATTR-017")
def sound() -> Iterator[Built]:
    """A plugin that a signature names takes over what it can do."""
    for form in ("jws", "cose"):
        yield _good(f"identity-{form}", "it knows the signer", form=form)
        yield _good(f"attribute-{form}", "it knows a critical attribute", {OTHER: "value"}, form=form, answer=RESULTS | {"processedAttributes": [OTHER]}, requires="PLG-100 PLG-104 ATTR-006")
    revocable = edited({0: naming_ocsp(OCSP_URL)}, length=2)
    yield _good(
        "revocation",
        "it checks revocation, and nobody else is asked",
        metadata=_capable(REVOCATION),
        answer={"verificationResults": {REVOCATION: YES}, "processedAttributes": []},
        statement={},
        signer=revocable,
        expected={"not_fetched": [OCSP_URL]},
    )
    both = {"verificationResults": {IDENTITY: YES, REVOCATION: YES}, "processedAttributes": []}
    yield _good("both", "it does both", metadata=_capable(IDENTITY, REVOCATION), answer=both, signer=revocable, expected={"not_fetched": [OCSP_URL]})
    yield _good("unknown-capability", "it can do something else besides", metadata=_capable(IDENTITY, "SIGNATURE_VERIFIER.WEATHER"), requires="PLG-041")
    yield _good("unknown-members", "its answers have members that nobody knows", metadata=METADATA | {"mood": "good"}, answer=RESULTS | {"mood": "good"}, requires="PLG-024")
    yield _good(
        "more-results", "it answers more than it was asked", answer={"verificationResults": {IDENTITY: YES, REVOCATION: {"success": False, "reason": "nobody asked"}}, "processedAttributes": []}, requires="PLG-101"
    )
    yield _good("informational-attribute", "an attribute that is not critical need not be processed", {OTHER: "value", "crit": [SCHEME, PLUGIN]}, requires="PLG-104")
    yield _good("configured", "the user has a configuration for it", arguments={"plugin_config": {"region": "west"}}, requires="PLG-106")
    skipping = _scene(metadata=_capable(REVOCATION), statement={}, override={"revocation": "skip"}, fails=True)
    yield accept("not-called", "it only checks revocation, which the policy skips", requires="PLG-095 PLG-096", **skipping)


@family(AREA, "PLG-091", "PLG-037", "ATTR-008")
def versions() -> Iterator[Built]:
    """A signature may demand a version of the plugin."""
    for name, title, version in (("equal", "the same", "1.2.0"), ("lower", "a lower one", "1.1.9"), ("pre-release", "a version before that one", "1.2.0-rc.1"), ("build", "the same with build metadata", "1.2.0+build.7")):
        yield _good(f"version-{name}", title, {LEAST: version}, (160,))
    for name, title, version in (("higher", "a higher one", "1.2.1"), ("next-major", "the next major one", "2.0.0")):
        yield _bad(f"version-{name}", title, "plugin", {LEAST: version}, (160,), sound="version-equal")
    for name, title, malformed in (
        ("with-v", "one with a v in front", "v1.0.0"),
        ("two-parts", "one of two parts", "1.0"),
        ("empty", "an empty one", ""),
        ("blank", "a blank one", " "),
        ("number", "a number", 1),
        ("leading-zero", "one with a zero in front", "01.0.0"),
    ):
        yield _bad(f"version-{name}", title, "integrity", {LEAST: malformed}, (160,), sound="version-equal")
    yield _bad("version-uncritical", "one that is not critical", "integrity", {LEAST: "1.0.0", "crit": [SCHEME, PLUGIN]}, sound="version-equal")
    yield _bad("version-alone", "one, and no plugin is named", "integrity", {PLUGIN: DROP, LEAST: "1.0.0"}, statement={}, sound="version-equal", requires="PLG-097")
    yield _bad("plugin-version-malformed", "one, and the plugin's own is malformed", "plugin", {LEAST: "1.0.0"}, (160,), metadata=METADATA | {"version": "one"}, sound="version-equal")


@family(AREA, "ATTR-008", "PLG-005", "PLG-090", "PLG-097")
def names() -> Iterator[Built]:
    """The plugin is named by a critical text, and is installed."""
    yield _bad("not-installed", "it is not installed", "plugin", installed=False)
    yield _bad("not-installed-audit", "it is not installed, at the level audit", "plugin", installed=False, level="audit", requires="PLG-105")
    yield _bad("name-uncritical", "the name is not critical", "integrity", {"crit": [SCHEME]})
    for name, title, value in (("empty", "empty", ""), ("blank", "blank", " "), ("number", "a number", 1), ("list", "a list", [NAME])):
        yield _bad(f"name-{name}", f"the name is {title}", "integrity", {PLUGIN: value})
    for name, title, path in (
        ("path", "a path to a file above", f"../plugins/{NAME}"),
        ("absolute", "an absolute path", "/bin/true"),
        ("parent", "the directory above", ".."),
        ("shell", "a command", f"{NAME};true"),
        ("long", "of 4096 letters", "a" * 4096),
    ):
        yield _bad(f"name-{name}", f"the name is {title}", "plugin", {PLUGIN: path}, (153,))


@family(AREA, "PLG-035", "PLG-036", "PLG-040", "PLG-041", "PLG-092")
def metadata() -> Iterator[Built]:
    """A plugin says what it is, completely and truly."""
    yield _bad("metadata-other-name", "under another name", "plugin", metadata=METADATA | {"name": "com.example.other"}, attacks=(157,))
    for member in ("name", "version", "url", "supportedContractVersions", "capabilities"):
        yield _bad(f"metadata-no-{member.lower()}", f"without {member}", "plugin", metadata={key: value for key, value in METADATA.items() if key != member}, attacks=(157,))
    yield _bad("metadata-contract-2", "for another contract", "plugin", metadata=METADATA | {"supportedContractVersions": ["2.0"]}, attacks=(157,))
    yield _bad("metadata-no-verifier", "and cannot verify anything", "plugin", metadata=_capable("SIGNATURE_GENERATOR.RAW"))
    yield _bad("metadata-empty", "with nothing", "plugin", metadata=b"", attacks=(156,), requires="PLG-028")
    yield _bad("metadata-not-json", "with no JSON", "plugin", metadata=b"verifier 1.2.0\n", attacks=(156,), requires="PLG-004 PLG-028")
    twice = json.dumps(METADATA).replace("{", '{"version": "9.9.9",', 1).encode()
    yield _bad("metadata-version-twice", "with two versions", "plugin", metadata=twice, attacks=(157,))
    yield _bad("metadata-second-document", "and something else", "plugin", metadata=compact(METADATA) * 2, attacks=(157,))


def _answers(results: Mapping[str, Any], processed: Sequence[str] = ()) -> dict[str, Any]:
    return {"verificationResults": dict(results), "processedAttributes": list(processed)}


@family(AREA, "PLG-101", "PLG-102", "PLG-103", "PLG-104", "PLG-105")
def answers() -> Iterator[Built]:
    """A plugin answers what it was asked, and its refusal counts."""
    no = {"success": False, "reason": "the signer is not known"}
    yield _bad("answer-no", "it does not know the signer", "authenticity", answer=_answers({IDENTITY: no}))
    yield _good("answer-no-audit", "it does not know the signer, at the level audit", answer=_answers({IDENTITY: no}), level="audit", logged=("authenticity",))
    only: Any = {"metadata": _capable(REVOCATION), "statement": {}}
    revoked = _answers({REVOCATION: {"success": False, "reason": "revoked"}})
    yield _bad("answer-revoked", "it says that the signer is revoked", "revocation", answer=revoked, sound="revocation", **only)
    yield _good("answer-revoked-permissive", "it says that the signer is revoked, at the level permissive", answer=revoked, level="permissive", logged=("revocation",), **only)
    yield _bad("answer-missing", "it does not answer what it was asked", "plugin", answer=_answers({}), attacks=(159,))
    yield _bad("answer-one-missing", "it answers one of two things", "plugin", answer=RESULTS, metadata=_capable(IDENTITY, REVOCATION), attacks=(159,), sound="both")
    yield _bad("answer-other", "it answers something else", "plugin", answer=_answers({REVOCATION: YES}), attacks=(159,))
    yield _bad("answer-text", "it answers yes in words", "plugin", answer=_answers({IDENTITY: {"success": "true"}}), attacks=(157,))
    yield _bad("answer-null", "it answers null", "plugin", answer=_answers({IDENTITY: None}), attacks=(157,))
    yield _bad("answer-no-then-yes", "it answers no and yes", "plugin", answer=b'{"verificationResults":{"%s":{"success":false,"success":true}},"processedAttributes":[]}' % IDENTITY.encode(), attacks=(157,))
    yield _bad("answer-not-json", "it answers no JSON", "plugin", answer=b"yes\n", attacks=(156,), requires="PLG-028")
    yield _bad("answer-empty", "it answers nothing", "plugin", answer=b"", attacks=(156,), requires="PLG-028")
    yield _bad("attribute-not-processed", "it does not say that it has processed a critical attribute", "plugin", {OTHER: "value"}, (159,), sound="attribute-jws")
    yield _bad("attribute-not-processed-audit", "it does not say that it has processed a critical attribute, at the level audit", "plugin", {OTHER: "value"}, (159,), level="audit", sound="attribute-jws")
    yield _bad(
        "attribute-list", "its critical attribute is a list, which no plugin is given", "integrity", {OTHER: ["value"]}, answer=RESULTS | {"processedAttributes": [OTHER]}, sound="attribute-jws", requires="ATTR-015"
    )
    yield _bad("attribute-other-processed", "it says that it has processed another attribute", "plugin", {OTHER: "value"}, (159,), answer=RESULTS | {"processedAttributes": ["com.example.y"]}, sound="attribute-jws")
    yield _bad("processed-missing", "it does not say what it has processed", "plugin", answer={"verificationResults": {IDENTITY: YES}}, attacks=(159,))
    fault = {"errorCode": "ERROR", "errorMessage": "the service cannot be reached"}
    yield _bad("fails", "it fails", "plugin", answer=fault, fails=True, requires="PLG-025 PLG-026")
    yield _bad("fails-audit", "it fails, at the level audit", "plugin", answer=fault, fails=True, level="audit")
    yield _bad("fails-without-words", "it fails and says nothing", "plugin", answer=b"", fails=True, attacks=(156,))


@family(AREA, "PLG-096", "ATTR-006")
def skipped() -> Iterator[Built]:
    """A critical attribute refuses a signature whose plugin is not called."""
    yield _bad(
        "attribute-and-skipped",
        "as the policy skips all that it can do",
        "plugin",
        {OTHER: "value"},
        (21,),
        metadata=_capable(REVOCATION),
        statement={},
        override={"revocation": "skip"},
        answer=_answers({}, [OTHER]),
        sound="not-called",
    )


@family(AREA, "PLG-094", "VER-041")
def untrusted() -> Iterator[Built]:
    """No plugin makes up for a chain that is not trusted."""
    stores = store("ca", "acme", pem(chain("EC-256", 2, "other").root))
    yield _bad("untrusted", "it would know the signer", "authenticity", attacks=(154,), stores=stores)
    yield _bad("untrusted-audit", "it would know the signer, at the level audit", "plugin", attacks=(154,), stores=stores, level="audit")
