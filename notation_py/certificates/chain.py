# SPDX-License-Identifier: Apache-2.0
"""The chain an envelope carries: complete, ordered, linked, and fit for its purpose.

The chain is walked as it stands, leaf first; no path is searched for. What holds is
independent of time and of any trust store, so it can be remembered by a `ChainMemo`.
Whether the chain is trusted or currently valid is decided by `verification`.

Spec: signature-specification, Certificate Requirements. Requirements: ATTR-009, CERT-001 to CERT-010, R-12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from ..algorithms import PssSalt, PublicKey, SignatureAlgorithm, verify_primitive
from ..errors import LimitError, MalformedError, Outcome, UntrustedError
from ..reference import go_quote
from .certificate import Certificate, check_signed_by
from .name import check_name
from .requirements import Purpose, check_ca, check_leaf, refused

MAX_CHAIN_LENGTH = 8
"""R-12. Chains met in practice have two to four certificates; each more costs a signature check."""

MAX_REMEMBERED_BYTES = 16_384
"""Of a chain that a `ChainMemo` keeps: three times the usual, so that a flood of them stays small."""


@dataclass(frozen=True, slots=True)
class CertificateChain:
    """A chain for which every rule that does not depend on time or trust holds.

    Attributes:
        certificates: leaf first, self-signed root last.
        public_key, algorithm: the leaf's key and the algorithm it determines.
        not_before, not_after: the span, UTC and inclusive, in which all certificates are valid.
    """

    certificates: tuple[Certificate, ...]
    public_key: PublicKey
    algorithm: SignatureAlgorithm
    not_before: datetime
    not_after: datetime

    def verified(self, message: bytes, signature: bytes) -> VerifiedSignature:
        """Return *signature* as the leaf's over *message*, salt of the hash's length for RSASSA-PSS.

        Raises:
            UntrustedError: it is not, outcome INTEGRITY.
        """
        verify_primitive(self.public_key, self.algorithm, message, signature, PssSalt.HASH_LENGTH)
        return VerifiedSignature(self, message, signature)

    @property
    def leaf(self) -> Certificate:
        """The signing certificate."""
        return self.certificates[0]

    def check_valid_at(self, at: datetime) -> None:
        """Return if every certificate is valid at *at* (CERT-008, CERT-010).

        Raises:
            UntrustedError: with outcome TIMESTAMP: names the first certificate that is not.
        """
        if self.not_before <= at <= self.not_after:
            return
        for certificate in self.certificates:
            if at > certificate.not_after:
                raise UntrustedError(
                    f"verification time is after certificate {go_quote(certificate.subject)} validity "
                    f"period, it was expired at {go_quote(rfc1123(certificate.not_after))}",
                    hint="sign again with a current certificate, or sign with a timestamp",
                    outcome=Outcome.TIMESTAMP,
                )
            if at < certificate.not_before:
                raise UntrustedError(
                    f"verification time is before certificate {go_quote(certificate.subject)} validity "
                    f"period, it will be valid from {go_quote(rfc1123(certificate.not_before))}",
                    hint="check the clock of this machine",
                    outcome=Outcome.TIMESTAMP,
                )


class VerifiedSignature(NamedTuple):
    """A signature that was found good; made by `CertificateChain.verified` and nowhere else."""

    chain: CertificateChain
    message: bytes
    signature: bytes


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rfc1123(at: datetime) -> str:
    """Return *at* in its own zone as messages show it: `Tue, 27 Jun 2023 06:10:00 +0000`, in any locale."""
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02d} {month} {at.year:04d} {at:%H:%M:%S %z}"


def chain_of(ders: Sequence[bytes], purpose: Purpose = Purpose.CODE_SIGNING) -> CertificateChain:
    """Return the chain whose DER certificates are *ders*, leaf first, if all its rules hold.

    Raises:
        MalformedError: with outcome AUTHENTICITY: an unreadable certificate or a broken rule.
        LimitError: more than `MAX_CHAIN_LENGTH` certificates.
    """
    if not ders:
        raise MalformedError("certificate chain is not present")
    if len(ders) > MAX_CHAIN_LENGTH:
        raise LimitError(
            f"certificate chain has {len(ders)} certificates", hint=f"the limit is {MAX_CHAIN_LENGTH}"
        )
    names: set[bytes] = set()
    return checked_chain(tuple([_parsed(data, index, names) for index, data in enumerate(ders)]), purpose)


def _parsed(data: bytes, index: int, names: set[bytes]) -> Certificate:
    """Return a certificate whose two names can be shown; *names* are those that are known to be such."""
    try:
        certificate = Certificate.parse(data)
        for name in (certificate.raw_issuer, certificate.raw_subject):
            if name not in names:
                check_name(name)
                names.add(name)
    except MalformedError as error:
        raise MalformedError(
            f"certificate-chain is invalid, certificate {index}: {error.message}",
            outcome=Outcome.AUTHENTICITY,
        ) from error
    return certificate


def checked_chain(certificates: tuple[Certificate, ...], purpose: Purpose) -> CertificateChain:
    """Return *certificates* as a chain, if its structure and every certificate meet the rules.

    Raises:
        MalformedError: with outcome AUTHENTICITY: CERT-001 to CERT-007 or a rule for one certificate.
    """
    leaf = certificates[0]
    for certificate in certificates:
        if certificate.has_weak_signature:
            raise refused(certificate, "signed with SHA-1 or MD5, which is not allowed")
    if len(certificates) == 1:
        _check_single(leaf)
    else:
        _check_links(certificates)
    public_key, algorithm = check_leaf(leaf, purpose)
    for index, certificate in enumerate(certificates[1:]):
        check_ca(certificate, purpose, below=index)
    return CertificateChain(
        certificates,
        public_key,
        algorithm,
        max(certificate.not_before for certificate in certificates),
        min(certificate.not_after for certificate in certificates),
    )


def _check_single(certificate: Certificate) -> None:
    if not certificate.is_self_issued:
        raise refused(certificate, "invalid self-signed certificate: subject and issuer are not the same")
    try:
        check_signed_by(certificate, certificate)
    except MalformedError as error:
        raise refused(certificate, f"invalid self-signed certificate: {error.message}") from error


def _check_links(certificates: tuple[Certificate, ...]) -> None:
    root = certificates[-1]
    if not root.is_self_signed:
        raise refused(root, "root certificate is invalid or not self-signed")
    for index, (certificate, issuer) in enumerate(pairwise(certificates)):
        if certificate.is_self_signed:
            place = "leaf" if index == 0 else "intermediate"
            raise refused(certificate, f"{place} certificate is self-signed")
        if certificate.raw_issuer != issuer.raw_subject:
            raise refused(certificate, f"certificate is not issued by {go_quote(issuer.subject)}")
        try:
            check_signed_by(certificate, issuer)
        except MalformedError as error:
            raise refused(
                certificate, f"certificate is not issued by {go_quote(issuer.subject)}: {error.message}"
            ) from error


class ChainMemo:
    """Chains already found good, by their exact bytes; at most *capacity* of them, none of them large.

    Holds only what no clock, policy or network can change (CERT-*), never a verdict. Belongs
    to one verifier and is never written to disk. Safe to share between threads: entries are
    immutable and each dictionary operation is atomic; a race costs at most one check done twice.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._chains: dict[tuple[bytes, ...], CertificateChain] = {}
        self._spelled: dict[tuple[str, ...], tuple[bytes, ...]] = {}

    def chain_of(self, ders: tuple[bytes, ...]) -> CertificateChain:
        """Return the code-signing chain of *ders*, checked now or before; raises as `chain_of`."""
        known = self._chains.get(ders)
        if known is not None:
            return known
        chain = chain_of(ders)
        if sum(map(len, ders)) <= MAX_REMEMBERED_BYTES:
            if len(self._chains) >= self._capacity:
                self._chains.clear()
                self._spelled.clear()
            self._chains[ders] = chain
        return chain

    def ders_of(
        self, texts: tuple[str, ...], decode: Callable[[tuple[str, ...]], tuple[bytes, ...]]
    ) -> tuple[bytes, ...]:
        """Return what *decode* makes of *texts*, now or when a chain that is remembered was spelled so.

        Args:
            decode: a function of *texts* alone, with one spelling for one chain; always the same one.
        """
        known = self._spelled.get(texts)
        if known is not None:
            return known
        ders = decode(texts)
        if ders in self._chains:
            self._spelled[texts] = ders
        return ders
