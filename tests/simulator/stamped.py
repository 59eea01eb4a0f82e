# SPDX-License-Identifier: Apache-2.0
"""Envelopes with a timestamp over their own signature, and the verdict about them, step by step.

data = stamped_envelope(chain, {"gen_time": tsa.general_time(NOW)})
outcome = verdict(data, stamp_policy(), stamp_store(chain), revocation=RevocationSources(fetcher))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from notation_py.algorithms import BY_KEY_SPEC
from notation_py.certificates.certificate import Certificate
from notation_py.envelope import formats
from notation_py.envelope.model import EnvelopeFormat, SignedAttributes, SigningScheme, UnsignedAttributes
from notation_py.envelope.payload import payload_for
from notation_py.revocation.sources import RevocationSources
from notation_py.trust.level import Validation
from notation_py.trust.statement import TrustPolicy
from notation_py.verification.outcome import ValidationResult, VerificationOutcome
from notation_py.verification.signature import Expectation, Sources, verify_signature
from tests.simulator import tsa
from tests.simulator.fake_trust_store import FakeTrustStore
from tests.simulator.pki import NOW, TestChain
from tests.simulator.scenario import Scenario, policy, signer_of

AUTHORITY = tsa.authority()

Token = Mapping[str, Any] | Callable[[bytes], bytes] | bytes | None
"""Changes to the right token, how to make one over a signature, the token itself, or none."""


def stamped_envelope(
    chain: TestChain,
    token: Token = None,
    *,
    scheme: SigningScheme = SigningScheme.X509,
    signed_at: datetime = NOW,
) -> bytes:
    """Return a JWS envelope over the scenario's artifact, with a *token* over its signature."""
    signer = signer_of(chain)
    signed = SignedAttributes(scheme, signed_at, None)
    payload = payload_for(Scenario().artifact, {}).to_bytes(EnvelopeFormat.JWS)
    signing = formats.signing_input(EnvelopeFormat.JWS, payload, signed, BY_KEY_SPEC[signer.key_spec()])
    primitive = signer.sign(signing.message)
    return formats.assemble(signing, primitive, UnsignedAttributes(_token(token, primitive.signature)))


def _token(token: Token, signature: bytes) -> bytes | None:
    if token is None or isinstance(token, bytes):
        return token
    if callable(token):
        return token(signature)
    return tsa.stamp(**{"message": signature, "chain": AUTHORITY, **token})


def stamp_policy(
    level: str = "strict", when: str = "always", override: Mapping[str, str] | None = None, **changes: Any
) -> TrustPolicy:
    """Return a statement that trusts `ca:acme` to sign and `tsa:clock` to stamp, with *changes*."""
    wanted: dict[str, Any] = {"level": level, "verifyTimestamp": when}
    if override:
        wanted["override"] = dict(override)
    return policy(**{"signatureVerification": wanted, "trustStores": ["ca:acme", "tsa:clock"], **changes})


def stamp_store(chain: TestChain, authority: TestChain = AUTHORITY) -> FakeTrustStore:
    """Return stores that trust the root of *chain* to sign and that of *authority* to stamp."""
    signing = (Certificate.parse(chain.ders[-1]),)
    return FakeTrustStore(ca_acme=signing, signingAuthority_acme=signing, tsa_clock=tsa.roots_of(authority))


def verdict(
    data: bytes,
    statement: TrustPolicy,
    store: FakeTrustStore,
    *,
    revocation: RevocationSources | None = None,
    at: datetime = NOW,
) -> VerificationOutcome:
    """Return the verdict about *data* as a signature of the scenario's artifact."""
    expectation = Expectation(lambda _: Scenario().artifact)
    sources = Sources(store, revocation=revocation)
    return verify_signature(data, EnvelopeFormat.JWS.value, expectation, statement, sources, at=at)


def result_of(outcome: VerificationOutcome, validation: Validation) -> ValidationResult:
    """Return the one result for *validation*."""
    [found] = [result for result in outcome.results if result.validation is validation]
    return found
