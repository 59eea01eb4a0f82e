# SPDX-License-Identifier: Apache-2.0
"""What can sign: a port of two methods, and the local key that implements it.

A signer returns primitive signatures over bytes it is given; it never sees an envelope.
A key service or a hardware module implements the same two methods. A service that makes whole
envelopes implements the other port.

Spec: signature-specification, Algorithm Selection; signing-and-verification-workflow.
Requirements: SGN-004, SGN-006, ALG-009, PLG-051, PLG-065, SCH-009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ..algorithms import (
    BY_KEY_SPEC,
    KeySpec,
    PssSalt,
    algorithm_for,
    ecdsa,
    hash_of,
    pss_padding,
    raw_ecdsa,
)
from ..certificates.certificate import Certificate
from ..certificates.chain import VerifiedSignature
from ..envelope.integrity import IntactEnvelope
from ..envelope.model import EnvelopeFormat, PrimitiveSignature
from ..errors import ConfigurationError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Signer(Protocol):
    """A key that signs bytes and knows its certificate chain."""

    def key_spec(self) -> KeySpec:
        """Return the type of the key, from which the algorithm follows."""

    def sign(self, message: bytes) -> PrimitiveSignature:
        """Return the signature over *message*: RSASSA-PSS with salt = hash, or ECDSA as r || s."""


class VerifyingSigner:
    """The base of signers of this project that verify what their key returns, as `sign` too would.

    It is a class and no protocol: that a signature was verified is not taken from whoever has the right
    methods, only from a signer that was made one on purpose.
    """

    __slots__ = ()

    def sign_verified(self, message: bytes) -> tuple[PrimitiveSignature, VerifiedSignature]:
        """Return the signature over *message*, and that it is one."""
        raise NotImplementedError


class SignedEnvelope(NamedTuple):
    """An envelope that somebody else made: its bytes, what a verifier makes of them, and annotations.

    Attributes:
        annotations: for the signature manifest, beside our own.
    """

    data: bytes
    intact: IntactEnvelope
    annotations: Mapping[str, str]


@runtime_checkable
class EnvelopeSigner(Protocol):
    """A service that makes whole envelopes, with its own attributes and timestamp."""

    def sign_envelope(
        self,
        payload: bytes,
        format: EnvelopeFormat,  # noqa: A002  the specification's word
        expires_in: int | None,
    ) -> SignedEnvelope:
        """Return an intact envelope in *format* over exactly *payload*; *expires_in* in whole seconds."""


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """A private key in this process, with its chain, leaf first, root last."""

    private_key: PrivateKey
    certificates: tuple[Certificate, ...]
    spec: KeySpec

    @classmethod
    def of(cls, private_key: PrivateKey, certificates: tuple[Certificate, ...]) -> LocalSigner:
        """Return the signer, if the key is the leaf's (ALG-009).

        Raises:
            ConfigurationError: no certificate, or the key belongs to another one.
            MalformedError: the key type is not one of the six.
        """
        if not certificates:
            raise ConfigurationError("no valid certificate found in the file")
        public_key = private_key.public_key()
        if public_key != certificates[0].x509.public_key():
            raise ConfigurationError(
                "private key does not match the public key of the first certificate",
                hint="the certificate file starts with the signing certificate; its issuers follow up to "
                "the root",
            )
        return cls(private_key, certificates, algorithm_for(public_key).key_spec)

    def key_spec(self) -> KeySpec:
        """Return the type of the key."""
        return self.spec

    def sign(self, message: bytes) -> PrimitiveSignature:
        """Return the signature over *message* with the certificate chain."""
        algorithm = BY_KEY_SPEC[self.spec]
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            signature = self.private_key.sign(
                message, pss_padding(algorithm, PssSalt.HASH_LENGTH), hash_of(algorithm)
            )
        else:
            signature = raw_ecdsa(self.private_key.sign(message, ecdsa(algorithm)), algorithm)
        return PrimitiveSignature(signature, tuple([certificate.der for certificate in self.certificates]))
