# SPDX-License-Identifier: Apache-2.0
"""Trust policy documents for OCI artifacts and for blobs, and the choice of one statement.

A document is checked as a whole before any of it is used. Selection compares a repository
exactly, then falls back to the global statement, then refuses. Where the file lies and what
a level does is decided elsewhere.

Spec: trust-store-trust-policy, Trust Policy. Requirements: TP-003 to TP-006, TP-020 to TP-028, BTP-002,
BTP-003, BTP-004, BTP-005, BTP-006, VER-001, VER-002, R-33.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..document import check_names, of_type, parse_json
from ..errors import ConfigurationError, MalformedError, Outcome, UntrustedError
from ..reference import go_quote, is_scope
from .statement import (
    WILDCARD_SCOPE,
    Shape,
    TrustPolicy,
    VerifyTimestamp,
    build_policy,
    read_shape,
    warnings_about,
)

__all__ = [
    "MAX_POLICY_BYTES",
    "BlobTrustPolicyDocument",
    "MalformedPolicyError",
    "OciTrustPolicyDocument",
    "TrustPolicy",
    "VerifyTimestamp",
]

MAX_POLICY_BYTES = 1 << 20
"""Largest policy document. Real ones have a few kilobytes."""

TUTORIAL = "To create a trust policy, see: https://notaryproject.dev/docs/quickstart/#create-a-trust-policy"

_FULLY_QUALIFIED = (
    "make sure it is a fully qualified repository without the scheme, protocol or tag. "
    "For example domain.com/my/repository or a local scope like local/myOCILayout"
)


class MalformedPolicyError(ConfigurationError):
    """The file is no trust policy document: not strict JSON, a wrong type, a misspelt member.

    Attributes:
        reason: what is wrong and where, in our own words; the message is the Go program's.
    """

    def __init__(self, reason: str, *, hint: str | None = None) -> None:
        super().__init__(f"malformed trust policy. {TUTORIAL}", hint=f"{reason}; {hint}" if hint else reason)
        self.reason = reason


class OciTrustPolicyDocument(NamedTuple):
    """A valid `trustpolicy.oci.json`.

    Attributes:
        warnings: what is ignored or probably not meant, each with its place.
    """

    policies: tuple[TrustPolicy, ...]
    warnings: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> OciTrustPolicyDocument:
        """Return the document that *data* spells, if every rule holds (TP-005).

        Raises:
            MalformedPolicyError: not JSON of that shape.
            ConfigurationError: a rule is broken; the hint names the place.
        """
        shapes, warnings = _read(data, "oci", "registryScopes")
        policies = tuple(_policies(shapes, "oci"))
        _check_scopes(shapes, policies)
        return cls(policies, (*warnings, *_warnings(policies, shapes)))

    def policy_for(self, reference_name: str, *, artifact: str | None = None) -> TrustPolicy:
        """Return the statement for a repository: the one that names it, else the global one (TP-026, TP-027).

        Args:
            reference_name: `registry/repository`, or the scope that stands for an OCI layout; compared
                exactly, nothing is normalised.
            artifact: the reference to name in the error, if there is more to it.

        Raises:
            UntrustedError: with outcome POLICY: no statement applies, or no scope can be so written.
        """
        if not is_scope(reference_name):
            raise UntrustedError(_scope_refusal(reference_name), outcome=Outcome.POLICY)
        fallback = None
        for policy in self.policies:
            if reference_name in policy.scopes:
                return policy
            if WILDCARD_SCOPE in policy.scopes:
                fallback = policy
        if fallback is None:
            named = go_quote(artifact or reference_name)
            raise UntrustedError(
                f"artifact {named} has no applicable oci trust policy statement. Trust policy applicability "
                f"for a given artifact is determined by registryScopes. {TUTORIAL}",
                hint=f"add the scope {go_quote(reference_name)} to a statement",
                outcome=Outcome.POLICY,
            )
        return fallback


class BlobTrustPolicyDocument(NamedTuple):
    """A valid `trustpolicy.blob.json`.

    Attributes:
        warnings: what is ignored or probably not meant, each with its place.
    """

    policies: tuple[TrustPolicy, ...]
    warnings: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> BlobTrustPolicyDocument:
        """Return the document that *data* spells, if every rule holds.

        Raises:
            MalformedPolicyError: not JSON of that shape.
            ConfigurationError: a rule is broken; the hint names the place.
        """
        shapes, warnings = _read(data, "blob", "globalPolicy")
        policies = tuple(_policies(shapes, "blob"))
        _check_global(shapes, policies)
        return cls(policies, (*warnings, *_warnings(policies, shapes)))

    def policy_named(self, name: str) -> TrustPolicy:
        """Return the statement called *name*; the global one does not stand in for it (BTP-005, BTP-006).

        Raises:
            UntrustedError: with outcome POLICY: there is none.
        """
        for policy in self.policies:
            if policy.name == name:
                return policy
        raise UntrustedError(
            f"no applicable blob trust policy with name {go_quote(name)}",
            hint=f"the policy has {', '.join(go_quote(policy.name) for policy in self.policies)}",
            outcome=Outcome.POLICY,
        )

    def global_policy(self) -> TrustPolicy:
        """Return the statement that applies when no name is given (BTP-005).

        Raises:
            UntrustedError: with outcome POLICY: there is none.
        """
        for policy in self.policies:
            if policy.is_global:
                return policy
        raise UntrustedError(
            "no global blob trust policy",
            hint='name a policy, or set "globalPolicy": true in one statement',
            outcome=Outcome.POLICY,
        )


def _read(data: bytes, kind: str, own_member: str) -> tuple[list[Shape], list[str]]:
    """Return the statements of the document and its warnings, after the rules for the document itself."""
    try:
        document: dict[str, Any] = of_type(
            parse_json(data, what="trust policy", max_bytes=MAX_POLICY_BYTES), dict, at="trust policy"
        )
        unknown = check_names(document, ("version", "trustPolicies"), at="")
        version = document.get("version")
        version = "" if version is None else of_type(version, str, at="version")
        statements = document.get("trustPolicies")
        statements = [] if statements is None else of_type(statements, list, at="trustPolicies")
        shapes = [
            read_shape(statement, own_member, at=f"trustPolicies[{index}]")
            for index, statement in enumerate(statements)
        ]
    except MalformedError as error:
        raise MalformedPolicyError(error.message, hint=error.hint) from error
    if not version:
        raise ConfigurationError(
            f"{kind} trust policy document has empty version, version must be specified",
            hint='add "version": "1.0"',
        )
    if version != "1.0":
        raise ConfigurationError(
            f"{kind} trust policy document uses unsupported version {go_quote(version)}",
            hint='the version this program knows is "1.0"',
        )
    if not shapes:
        raise ConfigurationError(
            f"{kind} trust policy document can not have zero trust policy statements",
            hint="see trustPolicies",
        )
    return shapes, [f"{name[:64]}: unknown member is ignored" for name in unknown]


def _policies(shapes: list[Shape], kind: str) -> Iterator[TrustPolicy]:
    names: set[str] = set()
    for shape in shapes:
        if shape.name in names:
            raise ConfigurationError(
                f"multiple {kind} trust policy statements use the same name {go_quote(shape.name)}, "
                "statement names must be unique",
                hint=f"see {shape.at}.name",
            )
        names.add(shape.name)
        try:
            yield build_policy(shape)
        except ConfigurationError as error:
            raise ConfigurationError(f"{kind} trust policy: {error.message}", hint=error.hint) from error


def _warnings(policies: tuple[TrustPolicy, ...], shapes: list[Shape]) -> Iterator[str]:
    for policy, shape in zip(policies, shapes, strict=True):
        yield from warnings_about(policy, shape)


def _check_scopes(shapes: list[Shape], policies: tuple[TrustPolicy, ...]) -> None:
    """Refuse scopes that are malformed, ambiguous, or switch verification off for everything."""
    places: dict[str, str] = {}
    repeated: tuple[str, str] | None = None
    for shape, policy in zip(shapes, policies, strict=True):
        _check_own_scopes(policy, f"{shape.at}.registryScopes")
        for index, scope in enumerate(policy.scopes):
            place = f"{shape.at}.registryScopes[{index}]"
            if scope in places and repeated is None:
                repeated = scope, f"see {places[scope]} and {place}"
            places.setdefault(scope, place)
    if repeated is not None:
        raise ConfigurationError(
            f"registry scope {go_quote(repeated[0])} is present in multiple oci trust policy statements, "
            "one registry scope value can only be associated with one statement",
            hint=repeated[1],
        )
    for policy in policies:
        if policy.level.skips_everything and WILDCARD_SCOPE in policy.scopes:
            raise ConfigurationError(
                f"oci trust policy: trust policy statement {go_quote(policy.name)} skips signature "
                "verification for the wildcard registry scope '*', which is not allowed",
                hint=f"{places[WILDCARD_SCOPE]}: list the repositories that need no verification",
            )


def _check_own_scopes(policy: TrustPolicy, at: str) -> None:
    statement = f"oci trust policy statement {go_quote(policy.name)}"
    if not policy.scopes:
        raise ConfigurationError(
            f"{statement} has zero registry scopes, it must specify registry scopes with at least one value",
            hint=f'{at}: list repositories, or use the single scope "*"',
        )
    if len(policy.scopes) > 1 and WILDCARD_SCOPE in policy.scopes:
        raise ConfigurationError(
            f"{statement} uses wildcard registry scope '*', "
            "a wildcard scope cannot be used in conjunction with other scope values",
            hint=f"see {at}[{policy.scopes.index(WILDCARD_SCOPE)}]",
        )
    for index, scope in enumerate(policy.scopes):
        if scope != WILDCARD_SCOPE and not is_scope(scope):
            raise ConfigurationError(_scope_refusal(scope), hint=f"{at}[{index}]: {_scope_advice(scope)}")


def _check_global(shapes: list[Shape], policies: tuple[TrustPolicy, ...]) -> None:
    """Refuse a second global statement, and one that switches verification off (BTP-003, BTP-004)."""
    chosen = [(shape, policy) for shape, policy in zip(shapes, policies, strict=True) if policy.is_global]
    if len(chosen) > 1:
        raise ConfigurationError(
            "multiple blob trust policy statements have globalPolicy set to true. "
            "Only one trust policy statement can be marked as global policy",
            hint=f"see {chosen[0][0].at}.globalPolicy and {chosen[1][0].at}.globalPolicy",
        )
    for shape, policy in chosen:
        if policy.level.skips_everything:
            raise ConfigurationError(
                f"blob trust policy: trust policy statement {go_quote(policy.name)} skips signature "
                "verification in the global policy, which is not allowed",
                hint=f"see {shape.at}.signatureVerification.level",
            )


def _scope_refusal(scope: str) -> str:
    wild = " with wild card(s)" if len(scope) > 1 and "*" in scope else ""
    return f"registry scope {go_quote(scope)}{wild} is not valid, {_FULLY_QUALIFIED}"


def _scope_advice(scope: str) -> str:
    if "*" in scope:
        return 'list repositories in full, or use the single scope "*"'
    if "://" in scope:
        return "remove the scheme"
    registry, slash, repository = scope.partition("/")
    if not slash:
        return "write <registry>/<repository>"
    if "@" in repository or ":" in repository:
        return "remove the tag or digest"
    if repository.lower() != repository:
        return "repositories are written in lower case"
    return f"the registry is read as {go_quote(registry)}, the repository as {go_quote(repository)}"
