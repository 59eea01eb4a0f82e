# SPDX-License-Identifier: Apache-2.0
"""The plugin `file`: keys it takes, keys it refuses, and both routes to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.errors import PluginError
from notation_py.plugin.answers import describe_key, generate_signature, plugin_metadata
from notation_py.plugin.contract import Command, ProgramResult
from notation_py.plugin.dispatch import dispatch
from notation_py.plugin.messages import DescribeKeyRequest, GenerateSignatureRequest
from notation_py_plugin_file import FilePlugin
from tests.simulator.pki import KEY_TYPES, KeyType, PrivateKey, make_chain

PASSPHRASE = "correct horse"


@dataclass(frozen=True, slots=True)
class InProcess:
    """Implements `PluginRunner` the way an entry point does."""

    plugin: FilePlugin
    name: str = "file"
    origin: str = "here"

    def run(self, command: Command, request: bytes) -> ProgramResult:
        return dispatch(self.plugin, command, request)


@pytest.fixture
def file() -> InProcess:
    return InProcess(FilePlugin())


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTATION_FILE_PASSPHRASE", PASSPHRASE)


def encrypted(key: PrivateKey, passphrase: str = PASSPHRASE) -> bytes:
    secret = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def write_pair(directory: Path, key_type: KeyType = "EC-256", passphrase: str = PASSPHRASE) -> Path:
    """Return the path of an encrypted key file with its chain beside it."""
    chain = make_chain(key_type, 2)
    write(directory / "release.crt", chain.pem())
    return write(directory / "release.key", encrypted(chain.key, passphrase))


def describe(file: InProcess, key: Path | str, config: Mapping[str, str] | None = None) -> KeySpec:
    return describe_key(file, DescribeKeyRequest(str(key), config or {})).key_spec


def test_plugin_says_what_it_is(file: InProcess) -> None:
    """PLG-040, PLG-041: the metadata is complete and names the one capability."""
    assert plugin_metadata(file, {}).capabilities == ("SIGNATURE_GENERATOR.RAW",)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_key_of_each_type_signs(file: InProcess, tmp_path: Path, key_type: KeyType) -> None:
    """PLG-045, PLG-050 to PLG-052: each key is described, and its signature verifies with its chain."""
    key = write_pair(tmp_path, key_type)
    spec = describe(file, key)
    assert spec == key_type
    request = GenerateSignatureRequest(str(key), spec, BY_KEY_SPEC[spec].hash, b"payload")
    answer, _verified = generate_signature(file, request)
    assert answer.signing_algorithm is BY_KEY_SPEC[spec]
    assert answer.certificate_chain == make_chain(key_type, 2).ders


def test_passphrase_comes_from_a_file(file: InProcess, tmp_path: Path) -> None:
    """PLG-074: a configuration names the file with the passphrase."""
    key = write_pair(tmp_path, passphrase="in a file")
    config = {"passphrase_file": str(write(tmp_path / "pass", b"in a file\n"))}
    assert describe(file, key, config) is KeySpec.EC_256


def test_passphrase_file_that_others_can_read_is_refused(file: InProcess, tmp_path: Path) -> None:
    """PLG-074, R-35: even where the program around would only warn."""
    key = write_pair(tmp_path, passphrase="in a file")
    passphrase = write(tmp_path / "pass", b"in a file\n")
    passphrase.chmod(0o644)
    with pytest.raises(PluginError, match="by other users") as caught:
        describe(file, key, {"passphrase_file": str(passphrase)})
    assert caught.value.code == "VALIDATION_ERROR"


def test_passphrase_comes_from_another_variable(
    file: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLG-074: a configuration names the variable with the passphrase."""
    monkeypatch.setenv("TEAM_PASSPHRASE", "of the team")
    key = write_pair(tmp_path, passphrase="of the team")
    assert describe(file, key, {"passphrase_variable": "TEAM_PASSPHRASE"}) is KeySpec.EC_256


def test_certificates_come_from_another_file(file: InProcess, tmp_path: Path) -> None:
    """PLG-073: a configuration names the certificate file."""
    key = write_pair(tmp_path)
    chain = (tmp_path / "release.crt").rename(tmp_path / "chain.pem")
    with pytest.raises(PluginError, match=r"release\.crt: no such file or directory"):
        describe(file, key)
    assert describe(file, key, {"certificate_chain_file": str(chain)}) is KeySpec.EC_256


REFUSED = {
    "absent": ("gone.key", {}, "no such file or directory"),
    "relative": ("release.key", {}, "release.key: no such file or directory"),
    "plain": ("PLAIN", {}, "is not encrypted"),
    "passphrase in the configuration": ("KEY", {"passphrase": "hunter2"}, "unknown plugin configuration"),
    "both places": ("KEY", {"passphrase_file": "/a", "passphrase_variable": "B"}, "exclude each other"),
    "variable not set": ("KEY", {"passphrase_variable": "NOT_SET"}, "the variable NOT_SET is not set"),
    "wrong passphrase": ("KEY", {"passphrase_variable": "PATH"}, "wrong passphrase or damaged file"),
}  # fmt: skip


@pytest.mark.parametrize(("key", "config", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused(
    file: InProcess, tmp_path: Path, key: str, config: dict[str, str], message: str
) -> None:
    """PLG-074, PLG-110: VALIDATION_ERROR, with a reason that says nothing secret."""
    path = write_pair(tmp_path)
    if key == "PLAIN":
        path = write(tmp_path / "release.key", make_chain("EC-256", 2).key_pem())
    elif key != "KEY":
        path = Path(key)
    with pytest.raises(PluginError, match=message) as caught:
        describe(file, path, config)
    assert caught.value.code == "VALIDATION_ERROR"
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize("name", ["release.key", "release.crt"])
def test_file_that_others_can_change_is_refused(file: InProcess, tmp_path: Path, name: str) -> None:
    """R-35: a key that others can use is nobody's signature."""
    key = write_pair(tmp_path)
    (tmp_path / name).chmod(0o666)
    with pytest.raises(PluginError, match="by other users"):
        describe(file, key)


def test_key_is_opened_once(file: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLG-110: in process, what opens a key is needed once, as long as no file changes."""
    key = write_pair(tmp_path)
    assert describe(file, key) is KeySpec.EC_256
    monkeypatch.delenv("NOTATION_FILE_PASSPHRASE")
    assert describe(file, key) is KeySpec.EC_256
    write_pair(tmp_path)
    with pytest.raises(PluginError, match="NOTATION_FILE_PASSPHRASE is not set"):
        describe(file, key)


def test_key_is_read_again_after_a_change(file: InProcess, tmp_path: Path) -> None:
    """A key that was kept is not used once its file says something else."""
    key = write_pair(tmp_path)
    assert describe(file, key) is KeySpec.EC_256
    write_pair(tmp_path, "EC-384")
    assert describe(file, key) is KeySpec.EC_384
    key.unlink()
    with pytest.raises(PluginError, match="no such file"):
        describe(file, key)


def test_algorithm_that_is_not_the_keys_is_refused(file: InProcess, tmp_path: Path) -> None:
    """PLG-052: the key determines the algorithm."""
    key = write_pair(tmp_path)
    request = GenerateSignatureRequest(str(key), KeySpec.EC_384, BY_KEY_SPEC[KeySpec.EC_384].hash, b"payload")
    result = file.run(Command.GENERATE_SIGNATURE, json.dumps(request.to_json()).encode())
    assert json.loads(result.stderr)["errorCode"] == "VALIDATION_ERROR"
