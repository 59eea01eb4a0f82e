# SPDX-License-Identifier: Apache-2.0
"""Plugins that make envelopes, with one fault each: for artifacts, for blobs, and for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from notation_py.algorithms import KeySpec
from notation_py.plugin.contract import ProgramResult
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GenerateEnvelopeRequest,
    KeyDescription,
)
from tests.simulator.checked_plugins import (
    Broken,
    GoodPlugin,
    answers,
    changed_answer,
    instead,
    mixed_up,
    refusal,
    with_methods,
)
from tests.simulator.fake_plugins import BLOB_ENVELOPE, ENVELOPE
from tests.simulator.pki import NOT_AFTER

_COMMAND = "generate-envelope"
_KINDS = ("application/jose+json", "application/cose")
_WHATS = {ENVELOPE: "an artifact", BLOB_ENVELOPE: "a blob"}

Change = Callable[[GenerateEnvelopeRequest], GenerateEnvelopeRequest]


def _asked(change: Change) -> Callable[..., GeneratedEnvelope]:
    """Return a method that makes the envelope that *change* makes of what was asked."""
    return lambda self, request: GoodPlugin.generate_envelope(self, change(request))


def _payload(old: bytes, new: bytes) -> Callable[..., GeneratedEnvelope]:
    """Return a method that signs another payload."""
    return _asked(lambda request: replace(request, payload=request.payload.replace(old, new)))


def _damaged(self: GoodPlugin, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
    answer = GoodPlugin.generate_envelope(self, request)
    data = bytearray(answer.envelope)
    data[len(data) // 2] ^= 1
    return replace(answer, envelope=bytes(data))


def _damaged_if(when: Callable[[GenerateEnvelopeRequest], bool]) -> Callable[..., GeneratedEnvelope]:
    """Return a method that damages the envelopes that *when* is true of."""
    return lambda self, request: (_damaged if when(request) else GoodPlugin.generate_envelope)(self, request)


def _in_another_form(self: GoodPlugin, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
    """Make the other type of envelope, and say that it is the one that was asked for."""
    if request.envelope_type not in _KINDS:
        return GoodPlugin.generate_envelope(self, request)
    [other] = [kind for kind in _KINDS if kind != request.envelope_type]
    answer = GoodPlugin.generate_envelope(self, replace(request, envelope_type=other))
    return replace(answer, envelope_type=request.envelope_type)


def _describes_a_larger_key(self: GoodPlugin, request: DescribeKeyRequest) -> KeyDescription:
    return replace(GoodPlugin.describe_key(self, request), key_spec=KeySpec.EC_384)


def _maker(requirement: str, method: Callable[..., Any] | None = None, **more: Any) -> Broken:
    if method is not None:
        more["plugin"] = with_methods(generate_envelope=method)
    return Broken(requirement, **{"capabilities": (ENVELOPE,), **more})


def _of_each() -> Iterator[tuple[str, Broken]]:
    """Yield the plugins whose fault shows in one check alone, for artifacts and for blobs."""
    for capability, what in _WHATS.items():
        own: dict[str, Any] = {"capabilities": (capability,)}
        for kind in _KINDS:
            yield (
                f"damages the {kind} envelope over {what}",
                _maker(
                    "PLG-061",
                    _damaged_if(
                        lambda request, kind=kind: (
                            request.envelope_type == kind  # type: ignore[misc]
                            and request.expires_in is None
                            and b":16724" in request.payload
                        )
                    ),
                    alone=f"{kind} envelope over {what}",
                    **own,
                ),
            )
            yield (
                f"forgets the expiry of the {kind} envelope over {what}",
                _maker(
                    "SGN-002",
                    _asked(
                        lambda request, kind=kind: (  # type: ignore[misc]
                            replace(request, expires_in=None) if request.envelope_type == kind else request
                        )
                    ),
                    alone=f"{kind} envelope over {what} that expires",
                    **own,
                ),
            )
        yield (
            f"makes no envelope over {what}",
            _maker(
                "PLG-061",
                misbehave=instead(_COMMAND, refusal("VALIDATION_ERROR")),
                alone=f"at least one type of envelope over {what} is made",
                **own,
            ),
        )
        yield (
            f"mixes envelopes over {what} up",
            _maker(
                "PLG-062",
                plugin=mixed_up("generate_envelope", "payload"),
                alone=f"8 envelopes over {what} at once",
                **own,
            ),
        )
        yield (
            f"refuses unknown members of a request for an envelope over {what}",
            _maker(
                "PLG-024",
                misbehave=answers(
                    _COMMAND, lambda request: "notationPyCheck" in request, refusal("VALIDATION_ERROR")
                ),
                alone=f"generate-envelope over {what} ignores unknown members",
                **own,
            ),
        )


BROKEN_ENVELOPES: Mapping[str, Broken] = {
    **dict(_of_each()),
    "makes another type of envelope": _maker(
        "PLG-060",
        lambda self, request: replace(
            GoodPlugin.generate_envelope(self, request), envelope_type="application/zip"
        ),
    ),
    "lies about the type of envelope": _maker("PLG-061", _in_another_form),
    "damages every envelope": _maker("PLG-061", _damaged),
    "makes envelopes when it likes": _maker("PLG-061", misbehave=instead(_COMMAND, refusal("ERROR"))),
    "fails with envelopes in COSE": _maker(
        "PLG-061",
        misbehave=answers(
            _COMMAND,
            lambda request: request.get("signatureEnvelopeType") == "application/cose",
            refusal("ERROR", "this is no VALIDATION_ERROR"),
        ),
    ),
    "dies of an envelope": _maker("PLG-020", misbehave=instead(_COMMAND, ProgramResult(-9, b"", b""))),
    "answers with a list of envelopes": _maker(
        "PLG-028", misbehave=instead(_COMMAND, ProgramResult(0, b"[]", b""))
    ),
    "leaves out the envelope": _maker("PLG-028", misbehave=changed_answer(_COMMAND, "signatureEnvelope")),
    "changes what is signed": _maker("PLG-062", _payload(b"sha256:e3", b"sha256:00")),
    "adds to what is signed": _maker("PLG-063", _payload(b"}}", b'},"promoted":true}')),
    "expires although nobody asked": _maker(
        "SGN-002", _asked(lambda request: replace(request, expires_in=request.expires_in or 3600))
    ),
    "expires too late": _maker(
        "SGN-002", _asked(lambda request: replace(request, expires_in=request.expires_in and 3601))
    ),
    "signs envelopes with certificates that are over": _maker("SGN-004", at=NOT_AFTER.replace(year=2060)),
    "signs with another key than it describes": _maker(
        "PLG-072", plugin=with_methods(describe_key=_describes_a_larger_key), capabilities=(BLOB_ENVELOPE,)
    ),
}
