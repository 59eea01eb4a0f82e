# SPDX-License-Identifier: Apache-2.0
"""From a parsed envelope to an intact one: the signature covers it and the chain is well made.

`IntactEnvelope` is made here and nowhere else, so a function that takes one cannot be
given unverified content. Intact does not mean trusted, current or about the right target.

Spec: trust-store-trust-policy, Validate Integrity. Requirements: VER-031 to VER-035, ALG-005, JWS-033,
COSE-035, PAY-012, R-06.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..algorithms import PssSalt, verify_primitive
from ..certificates.chain import CertificateChain, ChainMemo, VerifiedSignature
from ..errors import MalformedError
from .model import Envelope, EnvelopeFormat, SignedAttributes, SigningScheme
from .payload import Payload

_SALTS = {EnvelopeFormat.JWS: PssSalt.ANY, EnvelopeFormat.COSE: PssSalt.HASH_LENGTH}
"""The reference's JWS path accepts any salt, its COSE path only the hash length (A-29)."""


@dataclass(frozen=True, slots=True)
class IntactEnvelope:
    """An envelope whose signature, header rules, chain rules and payload form all hold."""

    envelope: Envelope
    chain: CertificateChain
    payload: Payload

    @property
    def signed(self) -> SignedAttributes:
        """The signed attributes."""
        return self.envelope.signed

    @property
    def scheme(self) -> SigningScheme:
        """The signing scheme, which selects the trust store type (SCH-001)."""
        return self.envelope.signed.signing_scheme


def verify_integrity(
    envelope: Envelope, memo: ChainMemo, verified: VerifiedSignature | None = None
) -> IntactEnvelope:
    """Return *envelope* as intact, once nothing in it contradicts its signature or the rules.

    Args:
        verified: a signature that is not verified again if it is this one: same key, message and octets.

    Raises:
        MalformedError, UntrustedError, LimitError: one does; outcome INTEGRITY, or AUTHENTICITY for
            certificates that break a rule.
    """
    chain = memo.chain_of(envelope.certificate_chain)
    if envelope.algorithm is not chain.algorithm:
        raise MalformedError(
            f"signature algorithm {envelope.algorithm.name} does not match the signing certificate, "
            f"whose key determines {chain.algorithm.name}"
        )
    if verified is None or not _is_of(envelope, chain, verified):
        verify_primitive(
            chain.public_key,
            chain.algorithm,
            envelope.signed_bytes,
            envelope.signature,
            _SALTS[envelope.format],
        )
    envelope.signed.check_times()
    return IntactEnvelope(envelope, chain, Payload.parse(envelope.payload, envelope.signed.content_type))


def _is_of(envelope: Envelope, chain: CertificateChain, verified: VerifiedSignature) -> bool:
    return (
        verified.message == envelope.signed_bytes
        and verified.signature == envelope.signature
        and verified.chain.leaf.der == chain.leaf.der
    )
