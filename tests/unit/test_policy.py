# SPDX-License-Identifier: Apache-2.0
"""Trust policy documents: what is read, what is refused and in which words, which statement applies."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from notation_py.errors import ConfigurationError, MalformedError, Outcome, UntrustedError
from notation_py.schema import check_schema
from notation_py.trust.level import LEVELS
from notation_py.trust.policy import (
    MAX_POLICY_BYTES,
    BlobTrustPolicyDocument,
    MalformedPolicyError,
    OciTrustPolicyDocument,
    TrustPolicy,
    VerifyTimestamp,
)
from notation_py.trust.store import TrustStoreType, is_store_name

VECTORS = Path(__file__).parents[2] / "conformance/vectors/trust-policy"
DOCUMENTS = [
    entry for entry in json.loads((VECTORS / "index.json").read_text()) if entry["kind"] != "certificate"
]
STATEMENTS = json.loads((VECTORS / "statements.json").read_text())
READERS = {"oci": OciTrustPolicyDocument, "blob": BlobTrustPolicyDocument}
NOT_QUALIFIED = (
    "make sure it is a fully qualified repository without the scheme, protocol or tag. "
    "For example domain.com/my/repository or a local scope like local/myOCILayout"
)
SEE = "To create a trust policy, see: https://notaryproject.dev/docs/quickstart/#create-a-trust-policy"


def statement(**changes: Any) -> dict[str, Any]:
    """Return a good statement with *changes*; a change to None takes the member away."""
    members = STATEMENTS["statement"] | changes
    return {name: value for name, value in members.items() if value is not None}


def document(*statements: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({"version": "1.0", "trustPolicies": list(statements)} | changes).encode()


def oci(*statements: dict[str, Any]) -> OciTrustPolicyDocument:
    return OciTrustPolicyDocument.parse(document(*statements))


def blob_statement(**changes: Any) -> dict[str, Any]:
    return statement(registryScopes=None, **changes)


def skip(**changes: Any) -> dict[str, Any]:
    verification = {"level": "skip"}
    return statement(signatureVerification=verification, trustStores=None, trustedIdentities=None, **changes)


def level(name: str, **more: Any) -> dict[str, Any]:
    return {"signatureVerification": {"level": name, **more}}


@pytest.mark.parametrize("entry", DOCUMENTS, ids=lambda entry: f"{entry['kind']}-{Path(entry['file']).stem}")
def test_document_gets_the_verdict_of_its_vector(entry: dict[str, str]) -> None:
    """Every trust policy of the Go program's tests; one is refused by TP-028."""
    data = (VECTORS / entry["file"]).read_bytes()
    if entry["expect"] == "accept":
        assert READERS[entry["kind"]].parse(data).warnings == ()
    else:
        with pytest.raises(ConfigurationError) as caught:
            READERS[entry["kind"]].parse(data)
        assert entry["message"] in caught.value.message
        assert caught.value.outcome is Outcome.CONFIG
        assert caught.value.hint


def test_parse_gives_typed_policies() -> None:
    """The example of the requirements, member by member (TP-004, TP-032, TP-034, TP-035, TP-050)."""
    parsed = oci(
        statement(
            name="team",
            signatureVerification={
                "level": "strict",
                "override": {"revocation": "log"},
                "verifyTimestamp": "afterCertExpiry",
            },
            trustStores=["ca:one", "tsa:two", "ca:one", "ca:three"],
            trustedIdentities=["x509.subject: C=US, ST=WA, O=Example\\, Inc., CN=builder", "plugin:x"],
        ),
        skip(name="unsigned", registryScopes=["example.com:5000/base", "local/x"]),
        statement(name="rest", registryScopes=["*"], trustedIdentities=["*"]),
    )
    team, unsigned, rest = parsed.policies
    assert team.level.name == "custom"
    assert team.verify_timestamp is VerifyTimestamp.AFTER_CERT_EXPIRY
    assert team.stores_of(TrustStoreType.CA) == ("one", "three")
    assert team.stores_of(TrustStoreType.SIGNING_AUTHORITY) == ()
    assert [identity.kind for identity in team.trusted_identities] == ["x509.subject", "plugin"]
    assert unsigned.level.name == "skip"
    assert unsigned.scopes == ("example.com:5000/base", "local/x")
    assert rest.verify_timestamp is VerifyTimestamp.ALWAYS
    assert rest.trusted_identities[0].is_wildcard
    assert parsed.warnings == ()


def test_null_members_count_as_absent() -> None:
    """A program in Go writes null for an empty list, and the Go program reads it (TP-011, A-31)."""
    nulls = {"level": "skip", "override": None, "verifyTimestamp": None}
    members = statement(signatureVerification=nulls) | {"trustStores": None, "trustedIdentities": None}
    assert oci(members).policies[0].level.name == "skip"
    blob = BlobTrustPolicyDocument.parse(document(blob_statement() | {"globalPolicy": None}))
    assert not blob.policies[0].is_global


@pytest.mark.parametrize("case", STATEMENTS["cases"], ids=lambda case: str(case["id"]))
@pytest.mark.parametrize("kind", READERS)
def test_statement_is_refused_in_the_words_of_the_go_program(kind: str, case: dict[str, Any]) -> None:
    """Attacks 66, 67 and 98; the prefix names the kind of document, the hint the place.

    TP-010, TP-011, TP-030, TP-033 to TP-035, TP-050, TP-051, TP-060, TP-061, TP-069.
    """
    members = statement(**case["change"])
    if kind == "blob":
        del members["registryScopes"]
    with pytest.raises(ConfigurationError) as caught:
        READERS[kind].parse(document(members))
    assert caught.value.message == f"{kind} trust policy: {case['message']}"
    assert case["place"] in str(caught.value.hint)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (document(statement(), version=None), "has empty version, version must be specified"),
        (document(statement(), version=""), "has empty version, version must be specified"),
        (document(statement(), version="1.1"), 'uses unsupported version "1.1"'),
        (document(), "can not have zero trust policy statements"),
        (b"{}", "has empty version, version must be specified"),
    ],
    ids=["no-version", "empty-version", "unknown-version", "no-statement", "empty"],
)
def test_document_is_refused_in_the_words_of_the_go_program(data: bytes, message: str) -> None:
    """Attack 97, unknown version (TP-003, TP-004)."""
    for kind, reader in READERS.items():
        with pytest.raises(ConfigurationError) as caught:
            reader.parse(data)
        assert caught.value.message == f"{kind} trust policy document {message}"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "not strict JSON", id="empty"),
        pytest.param(b"[]", "trust policy: must be an object", id="array"),
        pytest.param(document(statement()) + b"{}", "trailing data", id="second-document"),
        pytest.param(b"\xef\xbb\xbf" + document(statement()), "not strict JSON", id="byte-order-mark"),
        pytest.param(document(statement())[:-2] + b',"name":"b"}', "not strict JSON", id="cut"),
        pytest.param(
            document(statement()).replace(b'"name": "a"', b'"name":"a","name":"b"'),
            "duplicate member",
            id="duplicate-member",
        ),
        pytest.param(document(statement(), version=1.0), "version: must be a string", id="version-type"),
        pytest.param(
            document(statement(trustStores="ca:x")),
            "trustPolicies[0].trustStores: must be an array",
            id="string-for-array",
        ),
        pytest.param(
            document(statement(), statement(registryScopes=["a/b", 1])),
            "trustPolicies[1].registryScopes[1]: must be a string",
            id="number-in-array",
        ),
        pytest.param(
            document(statement(**level("strict", override={"expiry": None}))),
            "trustPolicies[0].signatureVerification.override['expiry']: must be a string",
            id="null-action",
        ),
        pytest.param(
            document(statement() | {"trustedIdentites": ["*"]}),
            "trustPolicies[0]: unknown member 'trustedIdentites'",
            id="typo",
        ),
        pytest.param(
            document(statement() | {"TrustStores": ["ca:other"]}),
            "trustPolicies[0]: unknown member 'TrustStores'",
            id="letter-case",
        ),
        pytest.param(
            document(statement(**level("strict", overide={}))),
            "trustPolicies[0].signatureVerification: unknown member 'overide'",
            id="typo-inside",
        ),
        pytest.param(document(statement(), Version="1.0"), "unknown member 'Version'", id="typo-outside"),
        pytest.param(b" " * (MAX_POLICY_BYTES + 1), "larger than", id="too-large"),
    ],
)
def test_document_that_is_no_policy_is_malformed(data: bytes, reason: str) -> None:
    """Attack 97; the message is the Go program's, the reason is in the hint (TP-002, TP-006, R-33)."""
    with pytest.raises(MalformedPolicyError) as caught:
        OciTrustPolicyDocument.parse(data)
    assert caught.value.message == f"malformed trust policy. {SEE}"
    assert reason in caught.value.reason
    assert reason in (caught.value.hint or "")
    assert caught.value.outcome is Outcome.CONFIG


def test_misspelt_member_gets_a_suggestion() -> None:
    """Attack 97; R-33."""
    with pytest.raises(MalformedPolicyError) as caught:
        oci(statement() | {"trustedIdentites": ["*"]})
    assert str(caught.value.hint).endswith("did you mean 'trustedIdentities'?")


def test_global_policy_has_to_be_true_or_false() -> None:
    """Attack 97, wrong type; nothing that merely counts as false does (BTP-003)."""
    for value in (0, "", [], "true", 1):
        with pytest.raises(MalformedPolicyError):
            BlobTrustPolicyDocument.parse(document(blob_statement(globalPolicy=value)))


def test_document_warns_of_what_is_probably_not_meant() -> None:
    """Unknown members, no anchors, attributes that nothing can match (TP-006, TP-052, TP-068)."""
    data = document(
        statement(
            trustStores=["tsa:x"],
            trustedIdentities=["x509.subject: C=US,ST=WA,O=Example,E=a@b"],
            globalPolicy=True,
            **level("strict", remark="x"),
        ),
        comment="x",
    )
    assert OciTrustPolicyDocument.parse(data).warnings == (
        "comment: unknown member is ignored",
        "trustPolicies[0].globalPolicy: unknown member is ignored",
        "trustPolicies[0].signatureVerification.remark: unknown member is ignored",
        'trustPolicies[0].trustStores: neither a "ca" nor a "signingAuthority" trust store is named',
        'trustPolicies[0].trustedIdentities[0]: no certificate can match the attribute "E"',
    )


@pytest.mark.parametrize(
    "scope",
    ["example.com/rep", "example.com:8080/rep/rep2", "example.com/rep/subrep/subsub",
     "10.10.10.10:8080/rep/rep2", "domain/rep", "domain:1234/rep", "local/hello-world",
     "EXAMPLE.com/a", "a/b__c", "a/b---c.d_e"],
)  # fmt: skip
def test_scope_is_a_repository_in_full(scope: str) -> None:
    """The accepted scopes of the Go library's tests, and some more of its grammar (TP-024, TP-025)."""
    assert oci(statement(registryScopes=[scope])).policy_for(scope).name == "a"


@pytest.mark.parametrize(
    ("scope", "advice"),
    [
        ("", "write <registry>/<repository>"), ("1:1", ""), ("a,b", ""), ("abcd", ""), ("1111", ""),
        ("1,2", ""),
        ("example.com", ""), ("repository", ""), ("10.10.10.10", ""), ("example.com/", ""), ("/a", ""),
        ("example.com/rep:tag", "remove the tag or digest"), ("example.com/rep/subrep/sub:latest", ""),
        ("rep/rep2:latest", ""), ("10.10.10.10:8080/rep/rep2:latest", ""), ("example.com/a@sha256:00", ""),
        ("https://example.com/a", "remove the scheme"),
        ("example.com/A", "repositories are written in lower case"),
        ("example.com/a/", ""), ("example.com//a", ""), ("example.com./a", ""), ("example.com/a\n", ""),
        ("example.com/../a", ""), ("example.com/%61", ""), ("example.com/а", ""), ("example.com:٣/a", ""),
        ("[::1]:5000/a", ""), ("example.com/a.-b", ""), ("example.com/a___b", ""),
    ],
)  # fmt: skip
def test_scope_that_is_no_repository_is_refused(scope: str, advice: str) -> None:
    """Attack 99; the refused scopes of the Go library's tests, and look-alikes (TP-021, TP-024, TP-025)."""
    with pytest.raises(ConfigurationError) as caught:
        oci(statement(registryScopes=["a/b", scope]))
    assert caught.value.message.startswith("registry scope ")
    assert caught.value.message.endswith(f" is not valid, {NOT_QUALIFIED}")
    assert str(caught.value.hint).startswith(f"trustPolicies[0].registryScopes[1]: {advice}")


@pytest.mark.parametrize("scope", ["example.com/*", "*/", "example*/", "ex*test", "**"])
def test_scope_with_a_wildcard_inside_is_refused(scope: str) -> None:
    """Attack 99; TP-021."""
    with pytest.raises(ConfigurationError) as caught:
        oci(statement(registryScopes=[scope]))
    assert caught.value.message == f'registry scope "{scope}" with wild card(s) is not valid, {NOT_QUALIFIED}'
    assert "list repositories in full" in str(caught.value.hint)


def test_scopes_belong_to_one_statement() -> None:
    """Attack 99; two statements with one scope, two global ones, one scope twice (TP-020 to TP-023)."""
    other = statement(name="b")
    for scopes in (["example.com/a"], ["*"]):
        with pytest.raises(ConfigurationError) as caught:
            oci(statement(registryScopes=scopes), other | {"registryScopes": scopes})
        assert caught.value.message == (
            f'registry scope "{scopes[0]}" is present in multiple oci trust policy statements, '
            "one registry scope value can only be associated with one statement"
        )
        assert caught.value.hint == (
            "see trustPolicies[0].registryScopes[0] and trustPolicies[1].registryScopes[0]"
        )
    with pytest.raises(ConfigurationError, match="present in multiple"):
        oci(statement(registryScopes=["a/b", "a/b"]))
    with pytest.raises(ConfigurationError, match="has zero registry scopes"):
        oci(statement(registryScopes=[]))
    with pytest.raises(ConfigurationError, match="uses wildcard registry scope"):
        oci(statement(registryScopes=["a/b", "*"]))


@pytest.mark.parametrize("kind", READERS)
def test_names_are_unique(kind: str) -> None:
    """Two statements of one name are refused, whatever they say; letter case makes two names (TP-010)."""
    scopes = (None, None) if kind == "blob" else (["a/b"], ["a/c"])
    same, again, other = (
        statement(name=name, registryScopes=scope)
        for name, scope in zip(("same", "same", "Same"), (*scopes, scopes[1]), strict=True)
    )
    with pytest.raises(ConfigurationError) as caught:
        READERS[kind].parse(document(same, again))
    assert f'multiple {kind} trust policy statements use the same name "same"' in caught.value.message
    parsed = READERS[kind].parse(document(same, other))
    assert [policy.name for policy in parsed.policies] == ["same", "Same"]


def test_skip_for_everything_is_refused() -> None:
    """Attack 98; the Go program accepts both (TP-028, BTP-004)."""
    with pytest.raises(ConfigurationError, match=r"skips signature verification for the wildcard") as caught:
        oci(statement(), skip(name="b", registryScopes=["*"]))
    assert str(caught.value.hint).startswith("trustPolicies[1].registryScopes[0]: ")
    with pytest.raises(
        ConfigurationError, match=r"skips signature verification in the global policy"
    ) as caught:
        BlobTrustPolicyDocument.parse(document(skip(registryScopes=None, globalPolicy=True)))
    assert "trustPolicies[0].signatureVerification.level" in str(caught.value.hint)


def policies() -> OciTrustPolicyDocument:
    return oci(
        statement(name="exact", registryScopes=["example.com/a"]),
        statement(name="port", registryScopes=["example.com:443/a"]),
        skip(name="skipped", registryScopes=["host/other"]),
    )


def test_policy_for_prefers_the_exact_scope_to_the_wildcard() -> None:
    """Whatever the order of the statements (TP-027)."""
    some, rest = statement(name="some"), statement(name="rest", registryScopes=["*"])
    for found in (oci(some, rest), oci(rest, some)):
        assert found.policy_for("example.com/a").name == "some"
        assert found.policy_for("example.com/a/b").name == "rest"


@pytest.mark.parametrize(
    "name",
    ["Example.com/a", "example.com./a", "example.com:80/a", "example.com:0443/a", "example.com/a/..",
     "host/../host/other", "host/./other", "host//other", "host/%6fther", "xn--hst-0ra/other", "hоst/other",
     "host:４４３/other", "host/other/", "host/othe", "host/other2", "https://host/other", " host/other",
     "host/other\n", "host/*", "*", "", "host", "host/other@sha256", "[::1]/other"],
)  # fmt: skip
def test_policy_for_compares_exactly(name: str) -> None:
    """Attack 100; TP-026."""
    with pytest.raises(UntrustedError) as caught:
        policies().policy_for(name)
    assert caught.value.outcome is Outcome.POLICY


def test_policy_for_says_that_no_statement_applies() -> None:
    """The message of the Go program, with the artifact that was asked for (TP-027, VER-002)."""
    with pytest.raises(UntrustedError) as caught:
        policies().policy_for("example.com/b", artifact="example.com/b@sha256:00")
    assert caught.value.message == (
        'artifact "example.com/b@sha256:00" has no applicable oci trust policy statement. Trust policy '
        f"applicability for a given artifact is determined by registryScopes. {SEE}"
    )
    assert "example.com/b" in str(caught.value.hint)


def test_policy_for_says_which_name_is_no_scope() -> None:
    """As the Go program does, also where a wildcard would apply (TP-026)."""
    with pytest.raises(UntrustedError) as caught:
        oci(statement(registryScopes=["*"])).policy_for("layout")
    assert caught.value.message == f'registry scope "layout" is not valid, {NOT_QUALIFIED}'


def test_blob_policy_is_chosen_by_name_or_by_being_global() -> None:
    """The global statement does not stand in for a wrong name (BTP-003, BTP-005, BTP-006)."""
    parsed = BlobTrustPolicyDocument.parse(
        document(blob_statement(), blob_statement(name="b", globalPolicy=True))
    )
    assert parsed.policy_named("a").name == "a"
    assert parsed.global_policy().name == "b"
    for name in ("c", "A", ""):
        with pytest.raises(UntrustedError) as caught:
            parsed.policy_named(name)
        assert caught.value.message == f'no applicable blob trust policy with name "{name}"'
        assert caught.value.outcome is Outcome.POLICY


def test_blob_document_needs_at_most_one_global_statement() -> None:
    """None is an error only when it is asked for (BTP-003, BTP-005)."""
    with pytest.raises(UntrustedError) as caught:
        BlobTrustPolicyDocument.parse(document(blob_statement())).global_policy()
    assert caught.value.message == "no global blob trust policy"
    two = document(blob_statement(globalPolicy=True), blob_statement(name="b", globalPolicy=True))
    with pytest.raises(ConfigurationError) as refused:
        BlobTrustPolicyDocument.parse(two)
    assert refused.value.message == (
        "multiple blob trust policy statements have globalPolicy set to true. "
        "Only one trust policy statement can be marked as global policy"
    )


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "a:b", "é", "a\n", "x" * 256])
def test_store_name_that_is_no_directory_name_is_refused(name: str) -> None:
    """Attack 103, the names (TS-003)."""
    assert not is_store_name(name)


@pytest.mark.parametrize("name", ["a", "A-1_b.c", "...", "x" * 255])
def test_store_name_follows_the_pattern(name: str) -> None:
    """Letters, digits and `_.-` (TS-003)."""
    assert is_store_name(name)


@pytest.mark.parametrize("place", ["registryScopes", "trustStores", "trustedIdentities"])
def test_string_that_would_fill_a_message_is_refused(place: str) -> None:
    """Attack 184; messages repeat values, so no value is longer than 4096 characters (R-10)."""
    with pytest.raises(MalformedPolicyError, match=r"^malformed") as caught:
        oci(statement(**{place: ["x" * (1 << 19)]}))
    assert caught.value.reason == "trustPolicies[0]: has a string longer than 4096 characters"


@pytest.mark.parametrize("filling", ["\\ x", "\\2C", "=", " ", "é"])
def test_parse_reads_a_mebibyte_of_identities_in_linear_time(filling: str) -> None:
    """Attack 188; as much as a document can hold, each value as long as it may be (SEC-003)."""
    size = len(json.dumps(filling)) - 2
    texts = [f"x509.subject:C=a,ST=b,O={n},CN=x{filling * (4000 // size)}y" for n in range(250)]
    begun = time.perf_counter()
    assert len(oci(statement(trustedIdentities=texts)).policies[0].trusted_identities) == 250
    assert time.perf_counter() - begun < 3


def test_schema_accepts_what_the_reader_accepts() -> None:
    """The schema is never stricter than the typed reader on the vectors, and both ship (R-33)."""
    accepted = [entry for entry in DOCUMENTS if entry["expect"] == "accept"]
    assert accepted
    for entry in accepted:
        check_schema(json.loads((VECTORS / entry["file"]).read_bytes()), f"trustpolicy.{entry['kind']}")


def test_schema_names_the_place() -> None:
    """The deepest difference, as a path into the document (R-33)."""
    value = json.loads(document(statement(), statement(name="b", registryScopes=["a/b", 7])))
    with pytest.raises(MalformedError) as caught:
        check_schema(value, "trustpolicy.oci")
    assert caught.value.at == "trustPolicies[1].registryScopes[1]"
    assert caught.value.outcome is Outcome.CONFIG


@pytest.mark.parametrize("case", STATEMENTS["cases"][:13], ids=lambda case: str(case["id"]))
def test_schema_refuses_a_broken_statement(case: dict[str, Any]) -> None:
    """The rules that concern one member or two are in the schema as well (R-33)."""
    with pytest.raises(MalformedError):
        check_schema(json.loads(document(statement(**case["change"]))), "trustpolicy.oci")


def test_policy_is_read_without_costly_imports() -> None:
    """Reading a policy stands on the start-up path of verify: no schema library, no certificate library."""
    program = "import sys, notation_py.trust.policy; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"jsonschema", "cryptography", "logging", "importlib.resources"} & set(done.stdout.split())


def test_policies_are_values() -> None:
    """Equal documents give equal policies that cannot be changed (principle: parse once)."""
    one, two = oci(statement()), oci(statement())
    assert one == two
    assert isinstance(one.policies[0], TrustPolicy)
    with pytest.raises(AttributeError):
        one.policies[0].name = "b"  # type: ignore[misc]


def test_check_level_refuses_a_weakened_policy() -> None:
    """Attack 109: a pipeline asks for `strict`, and the file says `permissive` (R-40)."""
    policy = oci(statement(signatureVerification={"level": "permissive"})).policies[0]
    with pytest.raises(UntrustedError, match="weaker than strict in authenticTimestamp, ") as caught:
        policy.check_level(LEVELS["strict"])
    assert caught.value.outcome is Outcome.POLICY
    policy.check_level(LEVELS["permissive"])
