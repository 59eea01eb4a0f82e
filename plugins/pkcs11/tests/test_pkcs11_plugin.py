# SPDX-License-Identifier: Apache-2.0
"""The plugin `pkcs11` with SoftHSM: keys it finds, certificates it puts together, and what it refuses."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.errors import PluginError
from notation_py.plugin.answers import describe_key, generate_signature, plugin_metadata
from notation_py.plugin.contract import Command, ProgramResult
from notation_py.plugin.dispatch import dispatch
from notation_py.plugin.messages import DescribeKeyRequest, GeneratedSignature, GenerateSignatureRequest
from notation_py_plugin_pkcs11 import Pkcs11Plugin
from tests import programs
from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, make_chain

pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
from tests.simulator.tokens import PIN, VARIABLE, Token, make_token  # noqa: E402 - after the import above

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 3, subject=f"token {kind}") for kind in KEY_TYPES}
OTHER_CURVE = bytes.fromhex("06052b8104000a")  # secp256k1


@dataclass(frozen=True, slots=True)
class InProcess:
    """Implements `PluginRunner` the way an entry point does."""

    plugin: Pkcs11Plugin = field(default_factory=Pkcs11Plugin)
    name: str = "pkcs11"
    origin: str = "here"

    def run(self, command: Command, request: bytes) -> ProgramResult:
        return dispatch(self.plugin, command, request)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where all tokens of this process are: a module reads its configuration once."""
    directory = tmp_path_factory.mktemp("softhsm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(directory / "softhsm2.conf"))
        yield directory


@pytest.fixture(scope="module")
def token(shelf: Path) -> Token:
    """A token with a key of each type, labelled by it, its certificates, and keys that cannot be used."""
    made = make_empty(shelf, "notation")
    for number, (kind, chain) in enumerate(CHAINS.items(), start=1):
        made.put(chain, kind, bytes([number]))
    made.put(make_chain("EC-256", 2, subject="no sign"), "no-sign", b"no-sign", certificates=(), SIGN=False)
    made.put(make_chain("EC-256", 2, subject="a"), "twin", b"a", certificates=())
    made.put(make_chain("EC-384", 2, subject="b"), "twin", b"b", certificates=())
    return made


def make_empty(shelf: Path, label: str) -> Token:
    try:
        made = make_token(shelf, *programs.softhsm(), label)
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    made.reinitialize()
    return made


@pytest.fixture(autouse=True)
def _environment(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTATION_PKCS11_PIN", PIN)
    monkeypatch.setenv("NOTATION_PKCS11_MODULE", str(token.module))


RUNNER = InProcess()
TOKEN = {"token": "notation"}


def describe(key_id: str, config: Mapping[str, str] = TOKEN) -> KeySpec:
    return describe_key(RUNNER, DescribeKeyRequest(key_id, config)).key_spec


def sign(key_id: str, config: Mapping[str, str] = TOKEN, payload: bytes = b"payload") -> GeneratedSignature:
    spec = describe(key_id, config)
    request = GenerateSignatureRequest(key_id, spec, BY_KEY_SPEC[spec].hash, payload, config)
    return generate_signature(RUNNER, request)[0]


def refusal(key_id: str, config: Mapping[str, str] = TOKEN) -> PluginError:
    with pytest.raises(PluginError) as caught:
        sign(key_id, config)
    assert PIN not in caught.value.message
    return caught.value


def test_plugin_says_what_it_is() -> None:
    """PLG-040, PLG-041: complete metadata with the one capability."""
    assert plugin_metadata(RUNNER, {}).capabilities == ("SIGNATURE_GENERATOR.RAW",)


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_key_of_each_type_signs(kind: KeyType) -> None:
    """PLG-045, PLG-050 to PLG-052: described, and a signature that verifies with the chain of the token."""
    answer = sign(kind)
    assert answer.signing_algorithm is BY_KEY_SPEC[KeySpec(kind)]
    assert answer.certificate_chain == CHAINS[kind].ders


def test_token_that_comes_back_at_once_is_found(token: Token, shelf: Path) -> None:
    """PLG-045: SoftHSM leaves a token out while another process has its files; it is asked again."""
    away = shelf / "away"
    (shelf / "tokens").rename(away)
    (shelf / "tokens").mkdir(mode=0o700)
    token.reinitialize()

    def back() -> None:
        (shelf / "tokens").rmdir()
        away.rename(shelf / "tokens")

    coming = Timer(0.1, back)
    coming.start()
    try:
        assert describe("EC-256") is KeySpec.EC_256
    finally:
        coming.join()


URIS = {
    "label": "pkcs11:object=EC-384",
    "id": "pkcs11:id=%05",
    "both": "pkcs11:object=EC-384;id=%05;type=private",
    "token": "pkcs11:token=notation;object=EC-384",
    "model": "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;object=EC-384",
    "module": "pkcs11:object=EC-384?module-path={module}",
    "PIN in a file": "pkcs11:object=EC-384?pin-source=file:{pin}",
    "PIN in a path": "pkcs11:object=EC-384?pin-source={pin}",
}


@pytest.mark.parametrize("uri", URIS.values(), ids=URIS)
def test_key_is_named_by_a_uri(
    uri: str, token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7512: the usual name of a key in a token."""
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)
    if "pin-source" in uri:
        monkeypatch.delenv("NOTATION_PKCS11_PIN")
    config = {} if "pkcs11:token" in uri else TOKEN
    assert describe(uri.format(module=token.module, pin=pin), config) is KeySpec.EC_384


def test_pin_comes_from_a_file_or_another_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-074: the configuration says where the PIN is."""
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)
    monkeypatch.setenv("TEAM_PIN", PIN)
    monkeypatch.delenv("NOTATION_PKCS11_PIN")
    assert describe("EC-256", TOKEN | {"pin_file": str(pin)}) is KeySpec.EC_256
    assert describe("EC-256", TOKEN | {"pin_variable": "TEAM_PIN"}) is KeySpec.EC_256
    pin.chmod(0o644)
    assert "by other users" in refusal("EC-256", TOKEN | {"pin_file": str(pin)}).message


REFUSED = {
    "unknown key": ("nobody", {}, "has no private key with label 'nobody'"),
    "two keys": ("twin", {}, "has 2 private keys with label 'twin'"),
    "not for signing": ("no-sign", {}, "is not for signing"),
    "unknown token": ("EC-256", {"token": "other"}, "0 tokens have token 'other'; .* has 'notation'"),
    "token twice": ("pkcs11:token=notation;object=EC-256", {}, "both name a token"),
    "PIN in the configuration": ("EC-256", {"pin": PIN}, "unknown plugin configuration 'pin'"),
    "PIN in the key id": (f"pkcs11:object=EC-256?pin-value={PIN}", {}, "the key id holds a PIN"),
    "two places of the PIN": ("EC-256", {"pin_file": "/p", "pin_variable": "P"}, "exclude each other"),
    "relative PIN file": ("EC-256", {"pin_file": "pin"}, "not absolute"),
    "PIN from a program": ("pkcs11:object=EC-256?pin-source=%7Ccat", {}, "PIN file is not absolute"),
    "unknown attribute": ("pkcs11:object=EC-256;slot-id=1", {}, "the attribute 'slot-id'"),
    "attribute twice": ("pkcs11:object=a;object=b", {}, "'object' twice"),
    "bad escape": ("pkcs11:object=a%2", {}, "no proper value"),
    "no key": ("pkcs11:token=notation", {}, "names no key"),
    "public key": ("pkcs11:object=EC-256;type=public", {}, "names no private key"),
    "relative module": ("EC-256", {"module": "m.so"}, "is not absolute"),
    "absent module": ("EC-256", {"module": "/nowhere/m.so"}, "no such file"),
    "module that is none": ("EC-256", {"module": __file__}, "cannot be loaded"),
    "absent chain file": ("EC-256", {"certificate_chain_file": "/nowhere/c.pem"}, "no such file"),
}  # fmt: skip


@pytest.mark.parametrize(("key_id", "config", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused(key_id: str, config: dict[str, str], message: str) -> None:
    """PLG-027, PLG-074, PLG-110: VALIDATION_ERROR with a reason that says nothing secret."""
    error = refusal(key_id, TOKEN | config)
    assert re.search(message, error.message), error.message
    assert error.code == "VALIDATION_ERROR"


def test_module_that_others_can_change_is_refused(token: Token, tmp_path: Path) -> None:
    """R-28, R-35: the module becomes part of this process."""
    copy = tmp_path / "module.so"
    copy.write_bytes(token.module.read_bytes())
    copy.chmod(0o666)
    assert "can be changed by other users" in refusal("EC-256", {"module": str(copy)}).message


def test_many_threads_sign(token: Token) -> None:
    """The port demands it: one plugin object, several threads, every signature good."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: sign("RSA-2048", TOKEN, b"%d" % number), range(24)))
    assert len({answer.signature for answer in answers}) == 24


def write(path: Path, *ders: bytes) -> str:
    from notation_py import Certificate
    from notation_py.certificates.pem import write_pem

    path.write_bytes(b"".join(write_pem(Certificate.parse(data)) for data in ders))
    path.chmod(0o644)
    return str(path)


def test_certificates_come_from_a_file(shelf: Path, tmp_path: Path) -> None:
    """CERT-001, PLG-052: in any order, and with others among them; without any there is no signature."""
    chain = make_chain("EC-256", 2, subject="bare")
    made = make_empty(shelf, "bare")
    made.put(chain, "k", b"k", certificates=())
    assert "none of 0 certificates" in refusal("k", {"token": "bare"}).message
    other = write(tmp_path / "other.pem", *CHAINS["EC-384"].ders)
    error = refusal("k", {"token": "bare", "certificate_chain_file": other})
    assert "none of 3 certificates of certificate_chain_file and 0 of the token" in error.message
    leaf, root = chain.ders
    path = write(tmp_path / "c.pem", root, CHAINS["EC-384"].ders[1], leaf)
    config = {"token": "bare", "certificate_chain_file": path}
    assert sign("k", config).certificate_chain == (leaf, root)


def test_issuers_come_from_a_file_when_the_token_has_the_leaf(shelf: Path, tmp_path: Path) -> None:
    """CERT-001: the token often holds the signing certificate alone."""
    chain = make_chain("EC-384", 3, subject="lonely")
    made = make_empty(shelf, "lonely")
    made.put(chain, "k", b"k", certificates=chain.ders[:1])
    error = refusal("k", {"token": "lonely"})
    assert "the certificate of the issuer 'CN=lonely intermediate 1" in error.message
    config = {"token": "lonely", "certificate_chain_file": write(tmp_path / "c.pem", *chain.ders[1:])}
    assert sign("k", config).certificate_chain == chain.ders


def test_two_certificates_of_a_key_have_to_be_chosen_from(shelf: Path, tmp_path: Path) -> None:
    """PLG-052: a renewed certificate beside the old one is not picked by chance."""
    old, new = (make_chain("EC-256", 2, subject=name) for name in ("old", "new"))
    made = make_empty(shelf, "renewed")
    made.put(old, "k", b"k", certificates=(*old.ders, *new.ders))
    assert "2 certificates have the key" in refusal("k", {"token": "renewed"}).message
    config = {"token": "renewed", "certificate_chain_file": write(tmp_path / "c.pem", *new.ders)}
    assert sign("k", config).certificate_chain == new.ders


def test_algorithm_that_is_not_the_keys_is_refused() -> None:
    """PLG-052: the key determines the algorithm."""
    algorithm = BY_KEY_SPEC[KeySpec.EC_384]
    request = GenerateSignatureRequest("EC-256", KeySpec.EC_384, algorithm.hash, b"payload", TOKEN)
    result = RUNNER.run(Command.GENERATE_SIGNATURE, json.dumps(request.to_json()).encode())
    assert json.loads(result.stderr)["errorCode"] == "VALIDATION_ERROR"


def test_key_that_is_none_of_the_six_is_refused_before_signing(shelf: Path) -> None:
    """ALG-002: RSA of 1024 bits and secp256k1, in the words of the rules."""
    made = make_empty(shelf, "odd")
    opened = pkcs11.lib(str(made.module)).get_token(token_label="odd")
    with opened.open(rw=True, user_pin=PIN) as session:
        session.generate_keypair(pkcs11.KeyType.RSA, 1024, label="small", store=True)
        curve = {pkcs11.Attribute.EC_PARAMS: OTHER_CURVE}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
        parameters.generate_keypair(label="koblitz", store=True)
    for label in ("small", "koblitz"):
        assert "is not RSA with 2048" in refusal(label, {"token": "odd"}).message


class Slot:
    """A slot whose token offers *mechanisms*, to see what is chosen."""

    def __init__(self, *mechanisms: Any, flags: Any) -> None:
        self.mechanisms, self.flags = mechanisms, flags

    def get_mechanisms(self) -> tuple[Any, ...]:
        return self.mechanisms

    def get_mechanism_info(self, _mechanism: Any) -> Any:
        return self


@dataclass(frozen=True, slots=True)
class Offering:
    slot: Slot
    label: str = "offering"


@pytest.mark.parametrize("spec", KeySpec)
def test_mechanism_that_the_token_lacks_is_refused_early(spec: KeySpec) -> None:
    """ALG-004, PLG-051: the digest form first, then the one that hashes, else a refusal that names both."""
    from notation_py.plugin import RequestError
    from notation_py_plugin_pkcs11.mechanisms import signings
    from notation_py_plugin_pkcs11.token import OpenToken

    preferred, combined = signings(BY_KEY_SPEC[spec])
    can, cannot = pkcs11.MechanismFlag.SIGN, pkcs11.MechanismFlag.VERIFY

    def chosen(*offered: Any, flags: Any = can) -> Any:
        settings: Any = None
        return OpenToken(Offering(Slot(*offered, flags=flags)), None, settings, None)._signing(
            BY_KEY_SPEC[spec]
        )

    assert chosen(combined.mechanism, preferred.mechanism) == preferred
    assert chosen(combined.mechanism) == combined
    assert combined.input(b"payload") == b"payload"
    for offered, flags in (((pkcs11.Mechanism.RSA_PKCS,), can), ((preferred.mechanism,), cannot)):
        with pytest.raises(RequestError, match=f"cannot make {BY_KEY_SPEC[spec].name}: it has neither CKM_"):
            chosen(*offered, flags=flags)


def test_combined_mechanism_signs_too(token: Token) -> None:
    """PLG-051: what is used for a token that has no mechanism over digests verifies as well."""
    from notation_py_plugin_pkcs11.chain import chain_of_signature
    from notation_py_plugin_pkcs11.mechanisms import signings
    from notation_py_plugin_pkcs11.settings import Settings
    from notation_py_plugin_pkcs11.token import opened

    algorithm = BY_KEY_SPEC[KeySpec.RSA_3072]
    with opened(Settings.of("RSA-3072", TOKEN)) as session:
        signature = session.key()._replace(signing=signings(algorithm)[1]).sign(b"payload")
        stored = session.certificates()
    chain = CHAINS["RSA-3072"].ders
    assert chain_of_signature((), stored, algorithm, b"payload", signature) == chain


def test_module_is_not_loaded_for_metadata(tmp_path: Path) -> None:
    """PLG-040: static facts; the library of tokens is imported with the first key."""
    import subprocess
    import sys

    code = (
        "import sys; from notation_py_plugin_pkcs11 import Pkcs11Plugin; Pkcs11Plugin().metadata({}); "
        "sys.exit('pkcs11' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
