# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `attributes`: signing schemes, times, critical attributes and expiry, in both formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .envelopes import AUTHENTIC_TIME, DROP, EXPIRY, SCHEME, TIME
from .scene import SIGNED_AT, by_authority, chain, cose, labels, pem, policy, scene, store, with_headers
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "attributes"
FORMS = ("jws", "cose")
NEVER = "2119-01-01T00:00:00Z"
PAST = "2023-06-01T12:00:00Z"
OTHER = "com.example.x"
AUTHORITY: Any = {"policy": policy(trustStores=["signingAuthority:acme"]), "stores": store("signingAuthority", "acme", pem(chain().root))}


def _x509(name: str, title: str, changes: Mapping[str, Any], failed: str = "", attacks: tuple[int, ...] = (), requires: str = "", **rest: Any) -> Iterator[Built]:
    """Yield the vector under `notary.x509` in both formats; an empty *failed* is for one that is accepted."""
    for form in FORMS:
        made = scene(with_headers(form, changes), form, **rest)
        yield _verdict(f"{name}-{form}", title, failed, attacks, requires, f"x509-{form}", made)


def _authority(name: str, title: str, changes: Mapping[str, Any], failed: str = "", attacks: tuple[int, ...] = (), requires: str = "", **rest: Any) -> Iterator[Built]:
    """Yield the vector under `notary.x509.signingAuthority` in both formats."""
    for form in FORMS:
        made = scene(by_authority(form, changes), form, **AUTHORITY, **rest)
        yield _verdict(f"{name}-{form}", title, failed, attacks, requires, f"authority-{form}", made)


def _verdict(name: str, title: str, failed: str, attacks: tuple[int, ...], requires: str, sound: str, made: Mapping[str, Any]) -> Built:
    if failed:
        return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **made)
    return accept(name, title, attacks=attacks, requires=requires, **made)


@family(AREA, "ATTR-001", "SCH-001", "SCH-008")
def schemes() -> Iterator[Built]:
    """There are two signing schemes, and each has its time."""
    yield from _x509("x509", "notary.x509 with a signing time", {}, requires="ATTR-002")
    yield from _authority("authority", "notary.x509.signingAuthority with an authentic signing time", {}, attacks=(23,), requires="ATTR-003 SCH-003 SCH-007")
    yield from _x509("scheme-unknown", "a scheme that does not exist", {SCHEME: "notary.x510"}, "integrity", (23,))
    yield from _x509("scheme-in-capitals", "a scheme in other letter case", {SCHEME: "Notary.X509"}, "integrity", (23,))
    yield from _x509("scheme-empty", "an empty scheme", {SCHEME: ""}, "integrity", (23,))
    yield from _x509("scheme-number", "a scheme that is a number", {SCHEME: 1}, "integrity", (23,))
    yield from _x509("scheme-missing", "no scheme", {SCHEME: DROP, "crit": [OTHER], OTHER: 1}, "integrity", (20,))


@family(AREA, "ATTR-002", "ATTR-003", "JWS-018", "COSE-016")
def scheme_and_time() -> Iterator[Built]:
    """A scheme has its own time, and not the other one's."""
    yield from _x509("x509-both-times", "both times under notary.x509", {AUTHENTIC_TIME: SIGNED_AT}, "integrity", (23,))
    yield from _x509("x509-authentic-time", "the authentic time alone under notary.x509", {AUTHENTIC_TIME: SIGNED_AT, TIME: DROP, "crit": [SCHEME, AUTHENTIC_TIME]}, "integrity", (23,))
    yield from _x509("x509-no-time", "no time under notary.x509", {TIME: DROP}, "integrity", (23,))
    yield from _authority("authority-both-times", "both times under the signing authority scheme", {TIME: SIGNED_AT}, "integrity", (23,))
    yield from _authority("authority-signing-time", "the signing time alone under the signing authority scheme", {TIME: SIGNED_AT, AUTHENTIC_TIME: DROP, "crit": [SCHEME]}, "integrity", (23,))
    yield from _authority("authority-no-time", "no time under the signing authority scheme", {AUTHENTIC_TIME: DROP, "crit": [SCHEME]}, "integrity", (23,))


@family(AREA, "ATTR-013", "JWS-012", "COSE-011")
def critical_list() -> Iterator[Built]:
    """The list of critical attributes names what has to be critical, and nothing that is not there."""
    yield from _x509("crit-missing", "there is no list", {"crit": DROP}, "integrity", (19,))
    yield from _x509("crit-empty", "it is empty", {"crit": []}, "integrity", (19,))
    yield from _x509("crit-text", "it is a text", {"crit": SCHEME}, "integrity", (19,))
    yield from _x509("crit-null", "it is null", {"crit": None}, "integrity", (19,))
    yield from _x509("crit-map", "it is a map", {"crit": {SCHEME: 1}}, "integrity", (19,))
    yield from _x509("crit-twice", "it has a name twice", {"crit": [SCHEME, SCHEME]}, "integrity", (19,), "JWS-014 COSE-013")
    yield from _x509("crit-absent", "it names an attribute that is not there", {"crit": [SCHEME, "com.example.absent"]}, "integrity", (19,), "JWS-015")
    yield from _x509("crit-expiry-absent", "it names an expiry that is not there", {"crit": [SCHEME, EXPIRY]}, "integrity", (19,))
    yield from _x509("crit-without-scheme", "it lacks the signing scheme", {"crit": [OTHER], OTHER: 1}, "integrity", (20,))
    yield from _x509("crit-without-expiry", "it lacks the expiry, which is there", {EXPIRY: NEVER}, "integrity", (20,), "ATTR-004")
    yield from _authority("crit-without-authentic-time", "it lacks the authentic signing time", {"crit": [SCHEME]}, "integrity", (20,))
    for name in ("alg", "cty", "crit"):
        made = scene(with_headers("jws", {"crit": [SCHEME, name]}), "jws")
        yield refuse(f"crit-{name}-jws", f"it names {name}, a header of JWS itself", "integrity", attacks=(19,), requires="JWS-013", sound="x509-jws", **made)
    for label, title in ((1, "the algorithm"), (2, "itself"), (3, "the content type")):
        made = scene(with_headers("cose", {"crit": [SCHEME, label]}), "cose")
        yield refuse(f"crit-{label}-cose", f"it names the label of {title}", "integrity", attacks=(44,), requires="COSE-012", sound="x509-cose", **made)


@family(AREA, "ATTR-006", "VER-034")
def unknown_attributes() -> Iterator[Built]:
    """An attribute that nobody knows is ignored, and refuses the signature if it is critical."""
    yield from _x509("unknown-uncritical", "not critical", {OTHER: {"a": [1, None]}}, attacks=(22,), requires="ATTR-007")
    yield from _x509("unknown-critical", "critical", {OTHER: 1, "crit": [SCHEME, OTHER]}, "integrity", (21,))
    yield from _x509("unknown-critical-null", "critical, and its value is null", {OTHER: None, "crit": [SCHEME, OTHER]}, "integrity", (21,))
    yield from _x509("unknown-critical-audit", "critical, at the level audit", {OTHER: 1, "crit": [SCHEME, OTHER]}, "integrity", (21,), policy=policy("audit"))
    made = scene(cose(protected=labels({99: 1, 2: [SCHEME, 99]})), "cose")
    yield refuse("unknown-critical-label-cose", "critical, under an integer label", "integrity", attacks=(44,), requires="COSE-020", sound="x509-cose", **made)


@family(AREA, "ATTR-004", "ATTR-011", "VER-046")
def expiry() -> Iterator[Built]:
    """A signature may expire, after it was made."""
    yield from _x509("expiry", "in a hundred years", {EXPIRY: NEVER, "crit": [SCHEME, EXPIRY]})
    yield from _authority("expiry-authority", "in a hundred years, by a signing authority", {EXPIRY: NEVER, "crit": [SCHEME, AUTHENTIC_TIME, EXPIRY]})
    yield from _x509("expiry-past", "it has expired", {EXPIRY: PAST, "crit": [SCHEME, EXPIRY]}, "expiry")
    yield from _authority("expiry-past-authority", "it has expired, by a signing authority", {EXPIRY: PAST, "crit": [SCHEME, AUTHENTIC_TIME, EXPIRY]}, "expiry")
    yield from _x509("expiry-at-signing", "at the moment of signing", {EXPIRY: SIGNED_AT, "crit": [SCHEME, EXPIRY]}, "integrity", (25,))
    yield from _x509("expiry-before-signing", "a second before the moment of signing", {EXPIRY: "2022-06-01T11:59:59Z", "crit": [SCHEME, EXPIRY]}, "integrity", (25,))
    made = scene(with_headers("jws", {EXPIRY: "2022-06-01T14:00:00+02:00", "crit": [SCHEME, EXPIRY]}), "jws")
    yield refuse("expiry-at-signing-elsewhere-jws", "at the moment of signing, written with another offset", "integrity", attacks=(25,), sound="expiry-jws", **made)
    for name, title, value in (("text", "text", "tomorrow"), ("date", "a date without time", "2119-01-01")):
        made = scene(with_headers("jws", {"crit": [SCHEME, EXPIRY], "com.example.y": 1} | {EXPIRY: value}), "jws")
        yield refuse(f"expiry-{name}-jws", f"when is {title}", "integrity", attacks=(24,), requires="JWS-017", sound="expiry-jws", **made)


@family(AREA, "VER-046")
def expiry_to_the_second() -> Iterator[Built]:
    """A signature has expired from the second of its expiry on."""
    from datetime import UTC, datetime

    moment = "2026-06-01T12:00:00Z"
    for form in FORMS:
        for name, title, second, failed in (("before", "a second before", 59, ""), ("at", "at that second", 0, "expiry"), ("after", "a second after", 1, "expiry")):
            at = datetime(2026, 6, 1, 11 if second == 59 else 12, 59 if second == 59 else 0, second, tzinfo=UTC)
            made = scene(with_headers(form, {EXPIRY: moment, "crit": [SCHEME, EXPIRY]}), form) | {"at": at, "clock": "fixed"}
            yield _verdict(f"expiry-second-{name}-{form}", title, failed, (), "", f"expiry-second-before-{form}", made)
