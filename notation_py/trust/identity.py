# SPDX-License-Identifier: Apache-2.0
"""Trusted identities: which signing certificates a policy accepts below its anchors.

The built-in kind is the subject of the leaf certificate; other kinds are kept for
verification plugins and never match here. No identity that can be checked is a refusal.

Spec: trust-store-trust-policy, Trusted Identities. Requirements: TP-060 to TP-063, TP-067, TP-069, R-13.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..certificates.name import DistinguishedName, find_overlap
from ..errors import MalformedError, Outcome, UntrustedError
from ..reference import go_quote

WILDCARD = "*"
X509_SUBJECT = "x509.subject"


class TrustedIdentity(NamedTuple):
    """One entry of `trustedIdentities`.

    Attributes:
        text: the entry as the policy writes it.
        kind: what stands before the colon, or `*` for any signing certificate.
        name: the subject that has to match, for the kind `x509.subject` only.
    """

    text: str
    kind: str
    name: DistinguishedName | None

    @property
    def is_wildcard(self) -> bool:
        """Whether every certificate that chains to an anchor is meant: the entry is `*` and nothing else."""
        return self.text == WILDCARD

    @classmethod
    def parse(cls, text: str) -> TrustedIdentity:
        """Return the identity that a policy writes as *text*.

        Raises:
            MalformedError: with outcome CONFIG: empty, no colon, or an `x509.subject` that is no name.
        """
        if not text:
            raise _refused("an empty trusted identity")
        if text == WILDCARD:
            return cls(text, WILDCARD, None)
        kind, colon, value = text.partition(":")
        if not colon:
            raise _refused(
                f"trusted identity {go_quote(text)} missing separator",
                hint='write "x509.subject: C=…, ST=…, O=…" or the single value "*"',
            )
        if kind != X509_SUBJECT:
            return cls(text, kind, None)
        if not value:
            raise _refused(f"trusted identity {go_quote(text)} without an identity value")
        try:
            return cls(text, kind, DistinguishedName.parse(value))
        except MalformedError as error:
            raise _refused(
                f"trusted identity {go_quote(text)} with invalid identity value: {error.message}", error.hint
            ) from error


def overlapping_identities(
    identities: Sequence[TrustedIdentity],
) -> tuple[TrustedIdentity, TrustedIdentity] | None:
    """Return the first two of *identities* of which the first accepts whatever the second does (TP-069)."""
    named = [(identity, identity.name) for identity in identities if identity.name is not None]
    found = find_overlap([name for _, name in named])
    return None if found is None else (named[found[0]][0], named[found[1]][0])


def check_identities(identities: Iterable[TrustedIdentity], raw_subject: bytes, *, policy_name: str) -> None:
    """Return if one of *identities* accepts the signing certificate (TP-061, TP-063, TP-067).

    Says nothing about the chain: that it leads to an anchor is checked before.

    Args:
        raw_subject: the DER Name of the leaf's subject.

    Raises:
        UntrustedError: none of them does, none of them can be checked here, or the subject is one
            that no identity can match (TP-068).
    """
    identities = tuple(identities)
    if any(identity.is_wildcard for identity in identities):
        return
    names = [identity.name for identity in identities if identity.name is not None]
    if not names:
        raise UntrustedError(
            f"no x509 trusted identities are configured in the trust policy {go_quote(policy_name)}"
        )
    try:
        subject = DistinguishedName.from_subject(raw_subject)
    except MalformedError as error:
        raise UntrustedError(
            "error while parsing the certificate subject from the digital signature. "
            f"error : {go_quote(error.message)}",
            hint=error.hint or 'such a certificate can only be trusted by the identity "*"',
        ) from error
    if not any(name.is_subset_of(subject) for name in names):
        trusted = " ".join(name.go_map for name in names)
        raise UntrustedError(
            "signing certificate from the digital signature does not match the X.509 trusted identities "
            f"[{trusted}] defined in the trust policy {go_quote(policy_name)}",
            hint=f"the signing certificate is {go_quote(str(subject))}",
        )


def _refused(message: str, hint: str | None = None) -> MalformedError:
    return MalformedError(message, hint=hint, outcome=Outcome.CONFIG)
