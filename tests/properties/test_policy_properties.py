# SPDX-License-Identifier: Apache-2.0
"""Whatever is fed to the policy readers: valid policies, a refusal of ours, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py.errors import ConfigurationError, MalformedError, NotationError, Outcome, UntrustedError
from notation_py.reference import is_scope
from notation_py.schema import check_schema
from notation_py.trust.level import STRICT, Validation
from notation_py.trust.policy import BlobTrustPolicyDocument, OciTrustPolicyDocument, TrustPolicy

T = TypeVar("T")
READERS = {"oci": OciTrustPolicyDocument, "blob": BlobTrustPolicyDocument}
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=4), max_size=2)
)
LEVELS = st.sampled_from(["strict", "permissive", "audit", "skip", "", "Strict"])
OVERRIDES = st.dictionaries(
    st.sampled_from(["integrity", "authenticity", "authenticTimestamp", "expiry", "revocation", "x"]),
    st.sampled_from(["enforce", "log", "skip", "x"]),
    max_size=2,
)
SCOPES = st.sampled_from(["a/b", "a/c", "a:1/b", "*", "a/*", "a", "A/b", ""])
STORES = st.sampled_from(["ca:a", "ca:b", "signingAuthority:a", "tsa:a", "ca:", "ca:..", "x:a", "a"])
IDENTITIES = st.sampled_from(
    ["*", "x:y", "", "x", "x509.subject:"]
    + [f"x509.subject: C=US,ST=WA,O={value}" for value in ("a", "b", "b,CN=c", "c,X=y", "d,cn=e")]
)
STATEMENTS = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "c", ""])},
    optional={
        "registryScopes": st.lists(SCOPES, max_size=2) | ODD,
        "globalPolicy": st.booleans() | ODD,
        "signatureVerification": st.fixed_dictionaries(
            {"level": LEVELS},
            optional={"override": OVERRIDES | ODD, "verifyTimestamp": st.sampled_from(["always", "", "x"])},
        )
        | ODD,
        "trustStores": st.lists(STORES, max_size=2) | ODD,
        "trustedIdentities": st.lists(IDENTITIES, max_size=2) | ODD,
        "trustedIdentites": ODD,
        "comment": ODD,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"version": st.sampled_from(["1.0"] * 9 + ["", "2.0"]), "trustPolicies": st.lists(STATEMENTS, max_size=3)}
)
GOOD_STATEMENT = st.fixed_dictionaries(
    {
        "signatureVerification": st.fixed_dictionaries(
            {"level": st.sampled_from(["strict", "permissive", "audit"])},
            optional={
                "override": st.dictionaries(
                    st.sampled_from(["authenticity", "authenticTimestamp", "expiry", "revocation"]),
                    st.sampled_from(["enforce", "log"]),
                ),
                "verifyTimestamp": st.sampled_from(["always", "afterCertExpiry"]),
            },
        ),
        "trustStores": st.lists(st.sampled_from(["ca:a", "tsa:b", "signingAuthority:c"]), min_size=1),
        "trustedIdentities": st.sampled_from(
            [["*"], ["x:y"], ["x509.subject: C=US,ST=WA,O=a\\, b", "x509.subject:S=x,C=y,O=z,Q=r"]]
        ),
    }
)


def rendered(policies: tuple[TrustPolicy, ...], own_member: str) -> bytes:
    """Return a document with the same meaning, written from the typed policies alone."""
    statements = []
    for policy in policies:
        override = {
            v.value: a.value for v, a in policy.level.actions.items() if v is not Validation.INTEGRITY
        }
        verification: dict[str, Any] = {
            "level": policy.level.name if policy.level.name != "custom" else STRICT.name,
            "override": override if policy.level.name == "custom" else {},
            "verifyTimestamp": policy.verify_timestamp.value,
        }
        own = list(policy.scopes) if own_member == "registryScopes" else policy.is_global
        statements.append(
            {
                "name": policy.name,
                own_member: own,
                "signatureVerification": verification,
                "trustStores": [f"{kind.value}:{name}" for kind, name in policy.trust_stores],
                "trustedIdentities": [identity.text for identity in policy.trusted_identities],
            }
        )
    return json.dumps({"version": "1.0", "trustPolicies": statements}).encode()


def attempt(action: Callable[..., T], *arguments: Any) -> T | NotationError:
    """Return what *action* returns, or the error of ours that it raises; let any other error through."""
    try:
        return action(*arguments)
    except NotationError as error:
        return error


def assert_oci(data: bytes) -> None:
    document = attempt(OciTrustPolicyDocument.parse, data)
    if isinstance(document, NotationError):
        assert isinstance(document, ConfigurationError)
        assert document.outcome is Outcome.CONFIG
        assert document.hint
        return
    scopes = [scope for policy in document.policies for scope in policy.scopes]
    assert len(scopes) == len(set(scopes)) > 0
    for policy in document.policies:
        assert policy.level.skips_everything is not bool(policy.trust_stores and policy.trusted_identities)
        assert not (policy.level.skips_everything and "*" in policy.scopes)
        assert all(scope == "*" or document.policy_for(scope) is policy for scope in policy.scopes)
    again = OciTrustPolicyDocument.parse(rendered(document.policies, "registryScopes"))
    assert again.policies == document.policies


def assert_blob(data: bytes) -> None:
    document = attempt(BlobTrustPolicyDocument.parse, data)
    if isinstance(document, NotationError):
        assert isinstance(document, ConfigurationError)
        assert document.outcome is Outcome.CONFIG
        assert document.hint
        return
    assert sum(policy.is_global for policy in document.policies) <= 1
    assert all(document.policy_named(policy.name) is policy for policy in document.policies)
    again = BlobTrustPolicyDocument.parse(rendered(document.policies, "globalPolicy"))
    assert again.policies == document.policies


@given(DOCUMENTS | STATEMENTS | ODD)
def test_value_is_a_policy_or_refused(value: Any) -> None:
    """What is accepted keeps every rule and survives being written and read again (TP-005, SEC-003)."""
    data = json.dumps(value).encode()
    assert_oci(data)
    assert_blob(data)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_octets_are_a_policy_or_refused(data: bytes) -> None:
    """No octets make a reader fail otherwise (TP-002, TP-006, SEC-003)."""
    for reader in (OciTrustPolicyDocument, BlobTrustPolicyDocument):
        with pytest.raises(ConfigurationError) as caught:
            reader.parse(data)
        assert caught.value.outcome is Outcome.CONFIG


@given(st.lists(GOOD_STATEMENT, min_size=1, max_size=4))
def test_good_document_is_accepted(members: list[dict[str, Any]]) -> None:
    """Every combination of allowed members, by both readers and schemas (TP-030 to TP-070)."""
    names = [{"name": f"n{index}"} | member for index, member in enumerate(members)]
    scoped = [one | {"registryScopes": [f"a/b{index}"]} for index, one in enumerate(names)]
    for reader, kind, statements in ((assert_oci, "oci", scoped), (assert_blob, "blob", names)):
        value = {"version": "1.0", "trustPolicies": statements}
        data = json.dumps(value).encode()
        assert len(READERS[kind].parse(data).policies) == len(members)
        check_schema(value, f"trustpolicy.{kind}")
        reader(data)


@given(DOCUMENTS)
def test_schema_is_never_stricter_than_the_reader(value: Any) -> None:
    """A policy that the reader takes without a warning conforms to the schema (R-33)."""
    document = attempt(OciTrustPolicyDocument.parse, json.dumps(value).encode())
    error = attempt(check_schema, value, "trustpolicy.oci")
    assert error is None or isinstance(error, MalformedError)
    if isinstance(document, OciTrustPolicyDocument) and not document.warnings:
        assert error is None


@given(st.text(max_size=20) | st.text(alphabet="ab./:-_*@A", max_size=12))
def test_policy_for_answers_or_refuses(name: str) -> None:
    """Only a name that is a scope finds the wildcard; nothing is normalised on the way (TP-026, TP-027)."""
    statement = {
        "name": "n",
        "registryScopes": ["*"],
        "signatureVerification": {"level": "audit"},
        "trustStores": ["ca:a"],
        "trustedIdentities": ["*"],
    }
    data = json.dumps({"version": "1.0", "trustPolicies": [statement]}).encode()
    found = attempt(OciTrustPolicyDocument.parse(data).policy_for, name)
    if is_scope(name):
        assert isinstance(found, TrustPolicy)
    else:
        assert isinstance(found, UntrustedError)
        assert found.outcome is Outcome.POLICY
