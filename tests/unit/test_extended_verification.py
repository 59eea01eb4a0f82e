# SPDX-License-Identifier: Apache-2.0
"""Verification plugins: when one is started, what it takes over, and what its failures mean."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from notation_py.algorithms import BY_KEY_SPEC
from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import formats
from notation_py.envelope.integrity import verify_integrity
from notation_py.envelope.model import (
    VERIFICATION_PLUGIN,
    VERIFICATION_PLUGIN_MIN_VERSION,
    EnvelopeFormat,
    ExtendedAttribute,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.envelope.payload import payload_for
from notation_py.errors import ConfigurationError, MalformedError, Outcome, PluginError, UnavailableError
from notation_py.plugin.contract import Capability
from notation_py.plugin.named import NamedPlugins
from notation_py.plugin.verification_messages import CapabilityResult
from notation_py.trust.level import Validation
from notation_py.verification import signature
from notation_py.verification.demand import plugin_demand
from notation_py.verification.extended import ExtendedVerification
from notation_py.verification.signature import Expectation, Sources, verify_signature
from tests.simulator.fake_plugins import (
    IDENTITY,
    NAME,
    RAW,
    REVOCATION,
    FakePlugin,
    FakePlugins,
    changed,
    raised,
    said,
)
from tests.simulator.fake_trust_store import FakeTrustStore
from tests.simulator.pki import make_chain, with_extension
from tests.simulator.scenario import IDENTITY as POLICY_IDENTITY
from tests.simulator.scenario import Scenario, policy, signer_of

CHAIN = make_chain("EC-256", 3)
STRANGER = make_chain("EC-384", 2)
STORE = FakeTrustStore(ca_acme=(Certificate.parse(CHAIN.ders[-1]),))
LEVELS = ("strict", "permissive", "audit")
CRITICAL = ExtendedAttribute("com.example.check", "value", critical=True)
FAILED = CapabilityResult(success=False, reason="because")


def named(name=NAME, *more, least=None):
    """Return the attributes of a signature that names a plugin."""
    found = [ExtendedAttribute(VERIFICATION_PLUGIN, name, critical=True), *more]
    if least is not None:
        found.append(ExtendedAttribute(VERIFICATION_PLUGIN_MIN_VERSION, least, critical=True))
    return tuple(found)


def envelope(extended=(), chain=CHAIN, format=EnvelopeFormat.JWS, scheme=SigningScheme.X509, expiry=None):  # noqa: A002
    """Return the bytes of an envelope over the scenario's artifact."""
    scenario, signer = Scenario(), signer_of(chain)
    signed = SignedAttributes(scheme, scenario.at - timedelta(days=1), expiry, extended=tuple(extended))
    payload = payload_for(scenario.artifact, {}).to_bytes(format)
    signing = formats.signing_input(format, payload, signed, BY_KEY_SPEC[signer.key_spec()])
    return formats.assemble(signing, signer.sign(signing.message), UnsignedAttributes(None))


def verify(
    data,
    plugin=None,
    level="strict",
    *,
    store=STORE,
    plugins=None,
    config=None,
    media_type="application/jose+json",
    **changes,
):
    """Return the outcome for *data* where *plugin* is installed."""
    scenario = Scenario()
    installed = plugins or FakePlugins(*([plugin] if plugin is not None else []))
    rule = {"level": level, **changes.pop("rule", {})}
    return verify_signature(
        data,
        media_type,
        Expectation(lambda _: scenario.artifact, plugin_config=config or {}),
        policy(signatureVerification=rule, **changes),
        Sources(store, plugins=installed),
        at=scenario.at,
    )


def error_of(outcome, validation):
    """Return the error of the one result for *validation*."""
    [found] = [result for result in outcome.results if result.validation is validation]
    return found.error


def test_signature_that_names_no_plugin_starts_none():
    """Plugins are for signatures that ask for one. PLG-090."""
    plugins = FakePlugins(FakePlugin())
    outcome = verify(envelope(), plugins=plugins)
    assert outcome.accepted
    assert outcome.plugin is None
    assert plugins.sought == []


@pytest.mark.parametrize("format", list(EnvelopeFormat), ids=["jws", "cose"])
def test_plugin_vouches_for_identity_revocation_and_attributes(format):  # noqa: A002
    """Both verdicts come from one question, and the outcome says which plugin gave them.

    PLG-093, PLG-100, PLG-104, ATTR-006, ATTR-015, VER-034, VER-043, VER-060.
    """
    plugin = FakePlugin()
    extended = named(NAME, CRITICAL, ExtendedAttribute("com.example.remark", 7, critical=False))
    outcome = verify(
        envelope(extended, format=format),
        plugin,
        media_type=format.value,
        trustedIdentities=["com.example: anyone"],
    )
    assert outcome.accepted
    assert plugin.commands == ["get-plugin-metadata", "verify-signature"]
    verdict = outcome.plugin
    assert verdict is not None
    assert (verdict.name, verdict.version, verdict.origin) == (NAME, "1.2.3", plugin.origin)
    assert {name: result.success for name, result in verdict.results.items()} == {
        IDENTITY: True,
        REVOCATION: True,
    }
    assert verdict.processed_attributes == ("com.example.check",)
    asked = plugin.asked("verify-signature")["signature"]
    assert asked["unprocessedAttributes"] == ["com.example.check"]
    assert asked["criticalAttributes"]["extendedAttributes"] == {
        "com.example.check": "value",
        "com.example.remark": 7,
    }


def test_verification_that_loses_the_plugin_refuses(monkeypatch):
    """Should a later change ever skip the plugin's step, nothing is accepted. SEC-004, attack 159."""
    monkeypatch.setattr(signature._Examination, "_check_identity", lambda _: None)
    outcome = verify(envelope(named()), FakePlugin())
    assert outcome.word is Outcome.PLUGIN
    assert "which was not asked" in str(outcome.refusal)


def test_request_says_what_the_signature_and_the_policy_say():
    """The whole request of a signature by a signing authority, with an expiry and a least version.

    PLG-023, PLG-100, PLG-106, TP-063.
    """
    scenario, plugin = Scenario(), FakePlugin()
    expiry = scenario.at + timedelta(days=1)
    data = envelope(named(least="1.0.0"), scheme=SigningScheme.X509_SIGNING_AUTHORITY, expiry=expiry)
    store = FakeTrustStore(signingAuthority_acme=(Certificate.parse(CHAIN.ders[-1]),))
    identities = [POLICY_IDENTITY, "com.example.id: anyone"]
    outcome = verify(
        data,
        plugin,
        store=store,
        config={"k": "v"},
        trustStores=["signingAuthority:acme"],
        trustedIdentities=identities,
    )
    assert outcome.accepted
    request = plugin.asked("verify-signature")
    chain = request["signature"].pop("certificateChain")
    assert len(chain) == 3
    assert request == {
        "contractVersion": "1.0",
        "signature": {
            "criticalAttributes": {
                "contentType": "application/vnd.cncf.notary.payload.v1+json",
                "signingScheme": "notary.x509.signingAuthority",
                "expiry": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "authenticSigningTime": (scenario.at - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "verificationPlugin": NAME,
                "verificationPluginMinVersion": "1.0.0",
            },
            "unprocessedAttributes": [],
        },
        "trustPolicy": {
            "trustedIdentities": identities,
            "signatureVerification": [IDENTITY.value, REVOCATION.value],
        },
        "pluginConfig": {"k": "v"},
    }
    assert plugin.asked("get-plugin-metadata") == {"pluginConfig": {"k": "v"}}


@pytest.mark.parametrize("level", LEVELS)
def test_plugin_is_not_started_for_a_chain_that_leads_nowhere(level):
    """Whoever made the signature could name any plugin: not even its metadata is asked for.

    Attack 154; PLG-094, R-06.
    """
    plugin = FakePlugin()
    plugins = FakePlugins(plugin)
    outcome = verify(envelope(named(), STRANGER), plugins=plugins, level=level)
    assert not outcome.accepted
    assert plugin.requests == []
    assert plugins.sought == []
    assert outcome.word is (Outcome.PLUGIN if level == "audit" else Outcome.AUTHENTICITY)
    assert "does not contain any trusted certificate" in str(outcome.refusal)
    assert outcome.refusal is error_of(outcome, Validation.AUTHENTICITY)


def test_plugin_that_was_never_asked_is_no_success():
    """Should the question ever get lost, the signature is refused. SEC-004, attack 159."""
    plugin = FakePlugin()
    intact = verify_integrity(formats.parse(envelope(named()), EnvelopeFormat.JWS), ChainMemo())
    demand = plugin_demand(intact.signed)
    assert demand is not None
    extended = ExtendedVerification(demand, intact, policy(), FakePlugins(plugin), {})
    assert extended.unsettled() is not None
    with pytest.raises(PluginError, match="was not started"):
        extended.check(IDENTITY)
    extended.start()
    assert extended.unsettled() is not None
    extended.check(REVOCATION)
    assert extended.unsettled() is None


@pytest.mark.parametrize("level", LEVELS)
def test_plugin_is_not_started_for_a_changed_envelope(level):
    """Integrity comes first. Attack 154; PLG-094, R-06."""
    plugin = FakePlugin()
    data = envelope(named()).replace(b'"signature":"', b'"signature":"AAAA')
    assert verify(data, plugin, level).word is Outcome.INTEGRITY
    assert plugin.requests == []


def test_revocation_plugin_is_not_asked_about_somebody_else():
    """At audit a wrong identity is only logged, but no plugin is asked then. R-06."""
    plugin = FakePlugin(capabilities=(REVOCATION.value,))
    outcome = verify(
        envelope(named()), plugin, "audit", trustedIdentities=["x509.subject: C=US, ST=WA, O=Other"]
    )
    assert outcome.word is Outcome.PLUGIN
    assert plugin.commands == ["get-plugin-metadata"]


def test_revocation_plugin_is_not_asked_about_an_expired_signature():
    """The question is asked when the first step that needs it is reached. VER-020."""
    plugin = FakePlugin(capabilities=(REVOCATION.value,))
    outcome = verify(envelope(named(), expiry=Scenario().at - timedelta(hours=1)), plugin)
    assert outcome.word is Outcome.EXPIRED
    assert plugin.commands == ["get-plugin-metadata"]


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "/bin/sh",
        "a/b",
        "a\\b",
        "..",
        ".",
        "x" * 4096,
        "a;b",
        "$(x)",
        "a b",
        "a\nb",
        "é",
        "a\u202eb",
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_name_that_no_plugin_has_is_looked_for_nowhere(name, level):
    """Attack 153; PLG-005."""
    plugins = FakePlugins(FakePlugin())
    outcome = verify(envelope(named(name)), plugins=plugins, level=level)
    assert outcome.word is Outcome.PLUGIN
    assert plugins.sought == []


def test_name_with_a_nul_is_refused():
    """Attack 153; PLG-005."""
    signed = SignedAttributes(SigningScheme.X509, Scenario().at, None, extended=named("a\0b"))
    with pytest.raises(PluginError, match="no plugin's name"):
        plugin_demand(signed)


@pytest.mark.parametrize("level", LEVELS)
def test_plugin_that_is_not_installed_refuses(level):
    """Attack 154; PLG-090."""
    outcome = verify(envelope(named("other")), FakePlugin(), level)
    assert outcome.word is Outcome.PLUGIN
    assert 'error while locating the verification plugin "other"' in str(outcome.refusal)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "error", [ConfigurationError("x"), UnavailableError("x")], ids=["config", "unavailable"]
)
def test_no_trouble_with_a_plugin_is_forgiven(error, level):
    """What a level would forgive of others it does not forgive of plugins. PLG-105."""
    for command in ("get-plugin-metadata", "verify-signature"):
        outcome = verify(envelope(named()), FakePlugin(misbehave=raised(command, error)), level)
        assert outcome.word is Outcome.PLUGIN

    class Broken:
        def find(self, _name):
            raise error

    assert verify(envelope(named()), plugins=Broken(), level=level).word is Outcome.PLUGIN


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("command", ["find", "get-plugin-metadata", "verify-signature"])
def test_defect_in_a_plugin_or_round_it_refuses_the_signature(command, level):
    """An exception that nobody meant is a verdict about this signature, never a success. SEC-004."""

    class Broken:
        def find(self, _name):
            raise KeyError("hunter2")

    if command == "find":
        outcome = verify(envelope(named()), plugins=Broken(), level=level)
    else:
        outcome = verify(envelope(named()), FakePlugin(misbehave=raised(command, KeyError("hunter2"))), level)
    assert not outcome.accepted
    assert (outcome.word, outcome.refusal.message) == (Outcome.INTERNAL, "internal error: KeyError")
    assert error_of(outcome, Validation.AUTHENTICITY) is outcome.refusal


GOOD = {"success": True}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("capability", [RAW.value, "SIGNATURE_VERIFIER.LATER"])
def test_plugin_that_verifies_nothing_vouches_for_nothing(capability, level):
    """A signature may name it without a critical attribute, and is refused all the same. PLG-092."""
    plugin = FakePlugin(misbehave=changed("get-plugin-metadata", capabilities=[capability]))
    outcome = verify(envelope(named(NAME)), plugin, level)
    assert not outcome.accepted
    assert outcome.word is Outcome.PLUGIN


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "misbehave",
    [
        changed("get-plugin-metadata", name="other"),
        changed("get-plugin-metadata", version="1.2"),
        changed("get-plugin-metadata", version="v1.2.3"),
        changed("get-plugin-metadata", capabilities=[RAW.value]),
        changed("get-plugin-metadata", capabilities=["SIGNATURE_VERIFIER.LATER"]),
        changed("get-plugin-metadata", supportedContractVersions=["2.0"]),
        changed("verify-signature", processedAttributes=[]),
        changed("verify-signature", verificationResults={IDENTITY: GOOD}),
        changed("verify-signature", verificationResults={REVOCATION: GOOD}),
        changed("verify-signature", verificationResults={}),
        said("verify-signature", stdout=b""),
        said("verify-signature", stdout=b'{"verificationResults":{},"verificationResults":{}}'),
        said("verify-signature", exit_code=1, stderr=b'{"errorCode":"ERROR","errorMessage":"no"}'),
        said("verify-signature", exit_code=-9),
    ],
    ids=["name", "version", "version-v", "no-verifier", "unknown-capability", "contract", "attribute-omitted",
         "no-revocation", "no-identity", "no-results", "nothing", "duplicates", "error", "killed"],
)  # fmt: skip
def test_misbehaving_plugin_refuses_at_every_level(misbehave, level):
    """Attacks 157, 159, 160; PLG-037, PLG-091, PLG-092, PLG-101, PLG-104, PLG-105."""
    outcome = verify(envelope(named(NAME, CRITICAL)), FakePlugin(misbehave=misbehave), level)
    assert not outcome.accepted
    assert outcome.word is Outcome.PLUGIN
    assert outcome.refusal is not None


@pytest.mark.parametrize(
    ("least", "word"),
    [
        ("1.2.3", Outcome.VERIFIED),
        ("1.2.3-rc.1", Outcome.VERIFIED),
        ("1.2.3+later", Outcome.VERIFIED),
        ("0.9.9", Outcome.VERIFIED),
        ("1.2.4", Outcome.PLUGIN),
        ("1.10.0", Outcome.PLUGIN),
        ("2.0.0-alpha", Outcome.PLUGIN),
        ("v1.0.0", Outcome.PLUGIN),
        ("1.0", Outcome.PLUGIN),
        ("", Outcome.PLUGIN),
        (" ", Outcome.PLUGIN),
        ("9" * 5000 + ".0.0", Outcome.PLUGIN),
    ],
    ids=["same", "pre-release", "build", "lower", "patch", "minor", "major", "v", "short", "empty", "blank",
         "huge"],
)  # fmt: skip
def test_plugin_is_no_older_than_the_signature_demands(least, word):
    """Attack 160; PLG-091, ATTR-008."""
    assert verify(envelope(named(least=least)), FakePlugin()).word is word


def test_least_version_without_a_plugin_is_refused():
    """A critical attribute that cannot be processed. PLG-097."""
    lone = (ExtendedAttribute(VERIFICATION_PLUGIN_MIN_VERSION, "1.0.0", critical=True),)
    assert verify(envelope(lone), FakePlugin()).word is Outcome.PLUGIN


@pytest.mark.parametrize(("level", "accepted"), [("strict", False), ("permissive", False), ("audit", True)])
def test_identity_that_the_plugin_refuses_is_an_authenticity_failure(level, accepted):
    """Enforced or logged as the level says. PLG-103."""
    outcome = verify(envelope(named()), FakePlugin(results={IDENTITY: FAILED}), level)
    assert outcome.accepted is accepted
    error = error_of(outcome, Validation.AUTHENTICITY)
    assert error is not None
    assert str(error) == f'trusted identify verification by plugin "{NAME}" failed with reason "because"'
    assert error.outcome is Outcome.AUTHENTICITY


@pytest.mark.parametrize(("level", "accepted"), [("strict", False), ("permissive", True), ("audit", True)])
def test_revocation_that_the_plugin_reports_is_a_revocation_failure(level, accepted):
    """Enforced or logged as the level says. PLG-103."""
    outcome = verify(envelope(named()), FakePlugin(results={REVOCATION: FAILED}), level)
    assert outcome.accepted is accepted
    error = error_of(outcome, Validation.REVOCATION)
    assert error is not None
    assert str(error) == f'revocation check by verification plugin "{NAME}" failed with reason "because"'
    assert error.outcome is Outcome.REVOKED


def test_check_that_the_plugin_does_not_take_over_is_ours():
    """A plugin for identities leaves revocation to us, and the reverse; the trust store is always ours.

    PLG-093, PLG-094.
    """
    location = x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.test/a")], None, None, None)]
    )
    chain = make_chain("EC-256", 2, edits={0: with_extension(location, critical=False)})
    store = FakeTrustStore(ca_acme=(Certificate.parse(chain.ders[-1]),))
    data = envelope(named(), chain)
    other = ["x509.subject: C=US, ST=WA, O=Other"]
    for_identity = FakePlugin(capabilities=(IDENTITY.value,))
    for_revocation = FakePlugin(capabilities=(REVOCATION.value,))
    assert verify(data, FakePlugin(), store=store, trustedIdentities=other).accepted
    assert verify(data, for_revocation, store=store).accepted
    assert verify(data, for_revocation, store=store, trustedIdentities=other).word is Outcome.AUTHENTICITY
    assert verify(data, for_identity, store=store).word is Outcome.REVOCATION_UNKNOWN
    asked = for_identity.asked("verify-signature")["trustPolicy"]["signatureVerification"]
    assert asked == [IDENTITY.value]


SKIPPED = {"override": {"revocation": "skip"}}


def test_revocation_that_the_policy_skips_is_not_asked_for():
    """PLG-095."""
    plugin = FakePlugin()
    outcome = verify(envelope(named()), plugin, rule=SKIPPED)
    assert outcome.accepted
    assert outcome.plugin is not None
    assert list(outcome.plugin.results) == [IDENTITY]
    asked = plugin.asked("verify-signature")["trustPolicy"]["signatureVerification"]
    assert asked == [IDENTITY.value]


@pytest.mark.parametrize("attributes", [(), (CRITICAL,)], ids=["none", "critical"])
def test_plugin_with_nothing_to_check_is_not_asked(attributes):
    """It is not called, and then nobody processes critical attributes. Attacks 21, 159; PLG-096."""
    plugin = FakePlugin(capabilities=(REVOCATION.value,))
    outcome = verify(envelope(named(NAME, *attributes)), plugin, rule=SKIPPED)
    assert outcome.word is (Outcome.PLUGIN if attributes else Outcome.VERIFIED)
    assert plugin.commands == ["get-plugin-metadata"]


def test_result_that_nobody_asked_for_is_told_and_does_not_count():
    """PLG-101."""
    more = changed("verify-signature", verificationResults={IDENTITY: GOOD, REVOCATION: GOOD})
    plugin = FakePlugin(capabilities=(IDENTITY.value,), misbehave=more)
    outcome = verify(envelope(named()), plugin)
    assert outcome.accepted
    assert outcome.plugin is not None
    assert outcome.plugin.unasked == (REVOCATION.value,)
    assert set(outcome.plugin.results) == {IDENTITY}


@pytest.mark.parametrize(
    ("key", "value"),
    [("a", {"b": 1}), ("a", ["b"]), ("a", float("nan")), ("a", b"octets"), (7, "integer label")],
    ids=["object", "array", "nan", "octets", "integer-label"],
)
def test_critical_attribute_that_no_plugin_can_be_told_is_refused(key, value):
    """Only primitives with a name of text. ATTR-015, COSE-020."""
    extended = named(NAME, ExtendedAttribute(key, value, critical=True))
    signed = SignedAttributes(SigningScheme.X509, Scenario().at, None, extended=extended)
    with pytest.raises(MalformedError, match="cannot be told to a plugin"):
        plugin_demand(signed)
    plain = signed._replace(extended=named(NAME, ExtendedAttribute(key, value, critical=False)))
    demand = plugin_demand(plain)
    assert demand is not None
    assert demand.values == {}


def test_only_plugins_that_the_configuration_names_are_found():
    """What hardened verification asks for; what is found has the name that was demanded. R-29, PLG-040."""
    plugins = FakePlugins(FakePlugin())
    assert verify(envelope(named()), plugins=NamedPlugins(plugins, {NAME: NAME})).accepted
    assert (
        verify(envelope(named("alias")), plugins=NamedPlugins(plugins, {"alias": NAME})).word
        is Outcome.PLUGIN
    )
    outcome = verify(envelope(named()), plugins=NamedPlugins(plugins, {"other": NAME}))
    assert outcome.word is Outcome.PLUGIN
    assert "is not named in the configuration" in str(outcome.refusal)
    assert plugins.sought == [NAME, NAME]


def test_names_that_nobody_chose_are_sought_with_a_prefix():
    """A signature cannot choose what kind of plugin its name means. R-06."""
    plugins = FakePlugins()
    chosen = NamedPlugins(plugins, {"a": "py:a"}, prefix="exe:")
    for name in ("a", "b"):
        assert verify(envelope(named(name)), plugins=chosen).word is Outcome.PLUGIN
    assert plugins.sought == ["py:a", "exe:b"]


def test_every_capability_of_a_verifier_has_its_check():
    """A capability that a later contract adds does not go unnoticed here. PLG-041."""
    verifiers = {
        capability for capability in Capability if capability.value.startswith("SIGNATURE_VERIFIER.")
    }
    assert verifiers == {IDENTITY, REVOCATION}


def test_each_verification_asks_anew():
    """Metadata are not remembered from one signature to the next. PLG-031."""
    plugin = FakePlugin()
    plugins = FakePlugins(plugin)
    for _ in range(2):
        assert verify(envelope(named()), plugins=plugins).accepted
    assert plugin.commands == ["get-plugin-metadata", "verify-signature"] * 2


@pytest.mark.parametrize("level", LEVELS)
def test_plugin_that_can_verify_nothing_refuses(level):
    """PLG-091: nobody asks it for anything, and that is no success; here there is no critical attribute."""
    for capabilities in ([RAW.value], ["SIGNATURE_VERIFIER.LATER"]):
        outcome = verify(envelope(named()), FakePlugin(capabilities=tuple(capabilities)), level)
        assert not outcome.accepted
        assert outcome.word is Outcome.PLUGIN
        assert "with signature verification capabilities" in outcome.refusal.message


def test_what_a_plugin_says_is_cut_before_it_is_shown():
    """Megabytes of reasons, and thousands of results that nobody asked for. Attack 184; PLG-101, R-36."""
    more = {f"{number:05}{'x' * 1000}": {"success": True} for number in range(2000)}
    results = {str(IDENTITY): {"success": True, "reason": "r" * 100_000}, str(REVOCATION): {"success": True}}
    plugin = FakePlugin(misbehave=changed("verify-signature", verificationResults={**results, **more}))
    outcome = verify(envelope(named()), plugin)
    assert outcome.accepted
    assert outcome.plugin is not None
    assert outcome.plugin.results[IDENTITY] == CapabilityResult(success=True, reason="r" * 2048)
    assert outcome.plugin.unasked == tuple(name[:128] for name in sorted(more)[:16])
