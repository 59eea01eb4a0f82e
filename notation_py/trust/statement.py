# SPDX-License-Identifier: Apache-2.0
"""One statement of a trust policy: its members, their rules, and the typed policy they make.

The shape of a statement is read first and its rules are checked after that, so that a
document that is no policy at all is told apart from a policy that is wrong. Refusals use the
Go program's words; the exact place stands in the hint.

Spec: trust-store-trust-policy, Trust Policy Properties.
Requirements: TP-010, TP-011, TP-030 to TP-070, BTP-002, SCH-005, R-33, R-40.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn

from ..document import check_names, of_type, string_map, strings
from ..errors import ConfigurationError, MalformedError, Outcome, UntrustedError
from ..reference import go_quote
from .identity import TrustedIdentity, overlapping_identities
from .level import VerificationLevel, level_named
from .store import TrustStoreType, is_store_name

WILDCARD_SCOPE = "*"

MAX_VALUE = 4096
"""Longest string in a statement, in characters: values are repeated in messages."""


class VerifyTimestamp(StrEnum):
    """When a timestamp has to vouch for the signing time (TP-035)."""

    ALWAYS = "always"
    AFTER_CERT_EXPIRY = "afterCertExpiry"


class TrustPolicy(NamedTuple):
    """A statement for which every rule holds.

    Attributes:
        trust_stores: type and name, each pair once, in the order of the document.
        scopes: repositories or `*`; empty in a blob policy.
        is_global: whether a blob policy applies when no name is given; false in an OCI policy.
    """

    name: str
    level: VerificationLevel
    verify_timestamp: VerifyTimestamp
    trust_stores: tuple[tuple[TrustStoreType, str], ...]
    trusted_identities: tuple[TrustedIdentity, ...]
    scopes: tuple[str, ...] = ()
    is_global: bool = False

    def stores_of(self, store_type: TrustStoreType) -> tuple[str, ...]:
        """Return the names of the stores of *store_type* (TS-014)."""
        return tuple(name for kind, name in self.trust_stores if kind is store_type)

    def check_level(self, minimum: VerificationLevel) -> None:
        """Return if no validation is treated more weakly than at *minimum* (R-40).

        Raises:
            UntrustedError: with outcome POLICY: one is; the policy may have been weakened.
        """
        weaker = self.level.weaker_than(minimum)
        if weaker:
            raise UntrustedError(
                f"trust policy {go_quote(self.name)} has the level {self.level.name}, which is weaker than "
                f"{minimum.name} in {', '.join(weaker)}",
                hint="find out who weakened the trust policy, or ask for a lower level",
                outcome=Outcome.POLICY,
            )


class Shape(NamedTuple):
    """The members of a statement, of the right types and otherwise unchecked; `at` is its place."""

    at: str
    name: str
    level: str
    override: Mapping[str, str]
    verify_timestamp: str
    trust_stores: tuple[str, ...]
    trusted_identities: tuple[str, ...]
    scopes: tuple[str, ...]
    is_global: bool
    unknown: tuple[str, ...]


_MEMBERS = frozenset({"name", "signatureVerification", "trustStores", "trustedIdentities"})
_VERIFICATION_MEMBERS = frozenset({"level", "override", "verifyTimestamp"})


def read_shape(value: Any, own_member: str, *, at: str) -> Shape:
    """Return the members of the statement *value*; an absent or null one is empty.

    Args:
        own_member: the member that only this kind of policy has.

    Raises:
        MalformedError: a member of another type, or a name one slip away from a known one.
    """
    source: dict[str, Any] = of_type(value, dict, at=at)
    inner = f"{at}.signatureVerification"
    verification: dict[str, Any] = of_type(_or(source, "signatureVerification", {}), dict, at=inner)
    unknown = [f"{at}.{name[:64]}" for name in check_names(source, _MEMBERS | {own_member}, at=at)]
    unknown += [f"{inner}.{name[:64]}" for name in check_names(verification, _VERIFICATION_MEMBERS, at=inner)]
    own = {own_member: source.get(own_member)}
    shape = Shape(
        at=at,
        name=of_type(_or(source, "name", ""), str, at=f"{at}.name"),
        level=of_type(_or(verification, "level", ""), str, at=f"{inner}.level"),
        override=string_map(_or(verification, "override", {}), at=f"{inner}.override"),
        verify_timestamp=of_type(
            _or(verification, "verifyTimestamp", ""), str, at=f"{inner}.verifyTimestamp"
        ),
        trust_stores=strings(_or(source, "trustStores", []), at=f"{at}.trustStores"),
        trusted_identities=strings(_or(source, "trustedIdentities", []), at=f"{at}.trustedIdentities"),
        scopes=strings(_or(own, "registryScopes", []), at=f"{at}.registryScopes"),
        is_global=of_type(_or(own, "globalPolicy", default=False), bool, at=f"{at}.globalPolicy"),
        unknown=tuple(unknown),
    )
    single = (shape.name, shape.level, shape.verify_timestamp, *shape.override, *shape.override.values())
    listed = (*shape.trust_stores, *shape.trusted_identities, *shape.scopes)
    if any(len(text) > MAX_VALUE for text in (*single, *listed)):
        raise MalformedError(f"has a string longer than {MAX_VALUE} characters", at=at)
    return shape


def _or(source: Mapping[str, Any], name: str, default: Any) -> Any:
    value = source.get(name)
    return default if value is None else value


def build_policy(shape: Shape) -> TrustPolicy:
    """Return the policy that *shape* describes, if every rule of a statement holds.

    Scopes are kept as they stand: their rules span the document.

    Raises:
        ConfigurationError: a rule is broken; the message lacks the prefix for the kind of document.
    """
    if not shape.name:
        raise ConfigurationError(
            "a trust policy statement is missing a name, every statement requires a name",
            hint=f"{shape.at}.name: give it a name that is unique in the document",
        )
    level = _level(shape)
    timestamp = _verify_timestamp(shape)
    if level.skips_everything:
        if shape.trust_stores or shape.trusted_identities:
            _refuse(
                shape,
                "is set to skip signature verification but configured with trust stores and/or trusted "
                "identities, remove them if signature verification needs to be skipped",
                ".signatureVerification.level",
            )
    elif not shape.trust_stores or not shape.trusted_identities:
        _refuse(
            shape,
            "is either missing trust stores or trusted identities, both must be specified",
            ".trustedIdentities" if shape.trust_stores else ".trustStores",
        )
    return TrustPolicy(
        name=shape.name,
        level=level,
        verify_timestamp=timestamp,
        trust_stores=tuple(dict.fromkeys(_stores(shape))),
        trusted_identities=_identities(shape),
        scopes=shape.scopes,
        is_global=shape.is_global,
    )


def warnings_about(policy: TrustPolicy, shape: Shape) -> Iterator[str]:
    """Yield what is probably not meant in a statement that breaks no rule (TP-006, TP-052)."""
    for place in shape.unknown:
        yield f"{place}: unknown member is ignored"
    kinds = {kind for kind, _ in policy.trust_stores}
    if policy.trust_stores and not kinds & {TrustStoreType.CA, TrustStoreType.SIGNING_AUTHORITY}:
        yield f'{shape.at}.trustStores: neither a "ca" nor a "signingAuthority" trust store is named'
    for index, identity in enumerate(policy.trusted_identities):
        for kind in identity.name.unmatchable if identity.name else ():
            place = f"{shape.at}.trustedIdentities[{index}]"
            yield f"{place}: no certificate can match the attribute {go_quote(kind)}"


def _level(shape: Shape) -> VerificationLevel:
    place = ".signatureVerification.level"
    try:
        level = level_named(shape.level)
        for kind, action in shape.override.items():
            place = f".signatureVerification.override[{go_quote(kind)}]"
            level.overridden({kind: action})
        return level.overridden(shape.override)
    except MalformedError as error:
        _refuse(shape, f"has invalid signatureVerification: {error.message}", place, error.hint, error)


def _verify_timestamp(shape: Shape) -> VerifyTimestamp:
    text = shape.verify_timestamp
    try:
        return VerifyTimestamp(text) if text else VerifyTimestamp.ALWAYS
    except ValueError as error:
        allowed = " or ".join(go_quote(option.value) for option in VerifyTimestamp)
        _refuse(
            shape,
            f"has invalid signatureVerification: verifyTimestamp must be {allowed}, but got {go_quote(text)}",
            ".signatureVerification.verifyTimestamp",
            cause=error,
        )


def _stores(shape: Shape) -> Iterator[tuple[TrustStoreType, str]]:
    for index, text in enumerate(shape.trust_stores):
        place, value = f".trustStores[{index}]", go_quote(text)
        kind, colon, name = text.partition(":")
        if not colon:
            _refuse(
                shape,
                f"has malformed trust store value {value}. "
                "The required format is <TrustStoreType>:<TrustStoreName>",
                place,
            )
        try:
            store_type = TrustStoreType(kind)
        except ValueError as error:
            _refuse(
                shape,
                f"uses an unsupported trust store type {go_quote(kind)} in trust store value {value}",
                place,
                f"write one of {', '.join(TrustStoreType)}",
                error,
            )
        if not is_store_name(name):
            _refuse(
                shape,
                f"uses an unsupported trust store name {go_quote(name)} in trust store value {value}. "
                "Named store name needs to follow [a-zA-Z0-9_.-]+ format",
                place,
            )
        yield store_type, name


def _identities(shape: Shape) -> tuple[TrustedIdentity, ...]:
    texts = shape.trusted_identities
    if len(texts) > 1 and "*" in texts:
        _refuse(
            shape,
            "uses a wildcard trusted identity '*', a wildcard identity cannot be used in conjunction with "
            "other values",
            f".trustedIdentities[{texts.index('*')}]",
        )
    identities = []
    for index, text in enumerate(texts):
        try:
            identities.append(TrustedIdentity.parse(text))
        except MalformedError as error:
            _refuse(shape, f"has {error.message}", f".trustedIdentities[{index}]", error.hint, error)
    overlap = overlapping_identities(identities)
    if overlap is not None:
        one, other = (identity.text for identity in overlap)
        _refuse(
            shape,
            f"has overlapping x509 trustedIdentities, {go_quote(one)} overlaps with {go_quote(other)}",
            f".trustedIdentities[{texts.index(other)}]",
            "the first accepts every certificate that the second accepts, keep one of them",
        )
    return tuple(identities)


def _refuse(
    shape: Shape, message: str, place: str, advice: str | None = None, cause: Exception | None = None
) -> NoReturn:
    where = shape.at + place
    raise ConfigurationError(
        f"trust policy statement {go_quote(shape.name)} {message}",
        hint=f"{where}: {advice}" if advice else f"see {where}",
    ) from cause
