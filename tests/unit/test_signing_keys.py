# SPDX-License-Identifier: Apache-2.0
"""The key list: bytes of the Go program, strict reading, changes that lose nothing."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from notation_py.adapters.directories import Directories
from notation_py.adapters.file_changes import LOCK_NAME
from notation_py.adapters.files import Strictness
from notation_py.adapters.signing_keys import SigningKey, SigningKeyFile, SigningKeys
from notation_py.errors import ConfigurationError, MalformedError

GO_FILE = b"""{
    "default": "k1",
    "keys": [
        {
            "name": "k1",
            "keyPath": "/abs/\\u003ck1\\u003e.key",
            "certPath": "/abs/k1.crt"
        },
        {
            "name": "k2",
            "id": "remote-id",
            "pluginName": "com.example.plugin",
            "pluginConfig": {
                "a": "b",
                "c": "d"
            }
        }
    ]
}
"""
K1 = SigningKey("k1", "/abs/<k1>.key", "/abs/k1.crt")
K2 = SigningKey("k2", id="remote-id", plugin_name="com.example.plugin", plugin_config={"c": "d", "a": "b"})


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    return Directories(tmp_path / "config", tmp_path / "config", tmp_path / "cache")


@pytest.fixture
def key_file(directories: Directories) -> SigningKeyFile:
    return SigningKeyFile(directories, Strictness.WARN, lambda _: None)


def content(directories: Directories, data: bytes) -> Path:
    directories.config.mkdir(mode=0o700, exist_ok=True)
    directories.signing_keys_file.write_bytes(data)
    return directories.signing_keys_file


def test_list_reads_and_writes_the_bytes_of_the_go_program() -> None:
    """CFG-006, CFG-007."""
    keys = SigningKeys.parse(GO_FILE)
    assert keys == SigningKeys("k1", (K1, K2))
    assert keys.to_bytes() == GO_FILE
    assert SigningKeys().to_bytes() == b'{\n    "keys": []\n}\n'


@pytest.mark.parametrize("data", [b"{}", b'{"keys":null}', b'{"default":null,"keys":[]}'])
def test_list_without_keys_is_empty(data: bytes) -> None:
    """CFG-006: what Go reads as nothing is nothing."""
    assert SigningKeys.parse(data) == SigningKeys()


FAULTS = {
    "empty name": (b'{"keys":[{"name":""}]}', "key name cannot be empty"),
    "no name": (b'{"keys":[{"id":"x"}]}', "key name cannot be empty"),
    "same name twice": (b'{"keys":[{"name":"a"},{"name":"a"}]}', "multiple keys with name 'a' found"),
    "empty default": (b'{"default":"","keys":[]}', "default key name cannot be empty"),
    "unknown default": (b'{"default":"a","keys":[]}', "default key 'a' not found"),
    "truncated": (GO_FILE[:100], "not strict JSON"),
    "empty file": (b"", "not strict JSON"),
    "two documents": (b'{"keys":[]}{"keys":[]}', "not strict JSON"),
    "same member twice": (b'{"keys":[],"keys":[]}', "duplicate member 'keys'"),
    "other case": (b'{"Keys":[]}', "unknown member 'Keys'"),
    "slip": (b'{"keys":[{"name":"a","keypath":"/x"}]}', "unknown member 'keypath'"),
    "wrong type": (b'{"keys":[{"name":1}]}', "keys[0].name: must be a string"),
    "config of numbers": (b'{"keys":[{"name":"a","pluginConfig":{"a":1}}]}', "must be a string"),
    "array": (b"[]", "must be an object"),
}


@pytest.mark.parametrize(("data", "message"), FAULTS.values(), ids=FAULTS)
def test_list_is_read_strictly(data: bytes, message: str, directories, key_file) -> None:
    """Attack 173; CFG-006, R-33: CONFIG, with the texts of the Go program where it has one."""
    content(directories, data)
    with pytest.raises(MalformedError):
        SigningKeys.parse(data)
    with pytest.raises(ConfigurationError) as caught:
        key_file.read()
    assert caught.value.message.startswith("malformed signingkeys.json: ")
    assert message in caught.value.message


def test_list_that_is_a_link_is_refused(directories, key_file, tmp_path: Path) -> None:
    """CFG-007: for reading and for changing."""
    (tmp_path / "real").write_bytes(GO_FILE)
    directories.config.mkdir()
    directories.signing_keys_file.symlink_to(tmp_path / "real")
    for use in (key_file.read, lambda: key_file.set_default("k2")):
        with pytest.raises(ConfigurationError) as caught:
            use()
        assert caught.value.message == (
            f'"{directories.signing_keys_file}" is not a regular file (symlinks are not supported)'
        )
    assert (tmp_path / "real").read_bytes() == GO_FILE


def test_missing_list_is_empty_and_reading_makes_nothing(directories, key_file) -> None:
    """CFG-007."""
    assert key_file.read() == SigningKeys()
    assert not directories.config.exists()


def test_list_that_others_can_change(directories) -> None:
    """R-33: who can change the list chooses the key that signs."""
    content(directories, GO_FILE).chmod(0o666)
    warnings: list[str] = []
    assert SigningKeyFile(directories, Strictness.WARN, warnings.append).read().default == "k1"
    assert ["chmod go-w" in line for line in warnings] == [True]
    with pytest.raises(ConfigurationError, match="can be changed by other users"):
        SigningKeyFile(directories, Strictness.HARDENED, warnings.append).read()


def test_add_appends_and_is_private(directories, key_file) -> None:
    """CFG-006, CFG-007, SEC-005."""
    key_file.add_as_default(K1)
    key_file.add(K2)
    assert directories.signing_keys_file.read_bytes() == GO_FILE
    assert stat.S_IMODE(directories.signing_keys_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directories.config.stat().st_mode) == 0o700
    assert {path.name for path in directories.config.iterdir()} == {LOCK_NAME, "signingkeys.json"}


@pytest.mark.parametrize(
    ("key", "message"),
    [(K1, 'signing key with name "k1" already exists'), (SigningKey(""), "key name cannot be empty")],
    ids=["taken", "empty"],
)
def test_add_refuses(key: SigningKey, message: str, directories, key_file) -> None:
    """CFG-006: names are unique and not empty; the file is untouched."""
    content(directories, GO_FILE)
    with pytest.raises(ConfigurationError) as caught:
        key_file.add(key)
    assert caught.value.message == message
    assert directories.signing_keys_file.read_bytes() == GO_FILE


def test_set_default(directories, key_file) -> None:
    """CFG-006: an existing key, or an error."""
    content(directories, GO_FILE)
    key_file.set_default("k2")
    assert key_file.read().default == "k2"
    with pytest.raises(ConfigurationError, match=r"^signing key k3 not found$"):
        key_file.set_default("k3")
    assert key_file.read().default == "k2"


def test_delete_clears_the_default_and_says_so(directories, key_file) -> None:
    """CFG-008."""
    content(directories, GO_FILE)
    assert key_file.delete(["k2"]) is None
    assert key_file.delete(["k1"]) == "k1"
    assert directories.signing_keys_file.read_bytes() == b'{\n    "keys": []\n}\n'


@pytest.mark.parametrize("names", [["k1", "absent"], ["k1", "k1"]], ids=["absent", "twice"])
def test_delete_takes_all_or_none(names: list[str], directories, key_file) -> None:
    """CFG-008: nothing is saved if one name is not there."""
    content(directories, GO_FILE)
    with pytest.raises(ConfigurationError, match="not found"):
        key_file.delete(names)
    assert directories.signing_keys_file.read_bytes() == GO_FILE


def test_change_keeps_members_of_later_versions(directories, key_file) -> None:
    """R-33: unknown is not wrong, and not ours to drop."""
    content(directories, b'{"keys":[{"name":"a","rotation":{"days":3}}],"vendor":[1]}')
    key_file.add_as_default(SigningKey("b", id="x", plugin_name="p"))
    document = json.loads(directories.signing_keys_file.read_bytes())
    assert document["vendor"] == [1]
    assert document["keys"][0] == {"name": "a", "rotation": {"days": 3}}


def test_chosen_key() -> None:
    """The name, else the default, else an error."""
    keys = SigningKeys("k1", (K1, K2))
    assert keys.chosen(None) == K1
    assert keys.chosen("k2") == K2
    with pytest.raises(ConfigurationError, match=r"^signing key k3 not found$"):
        keys.chosen("k3")
    with pytest.raises(ConfigurationError, match="default signing key not set"):
        SigningKeys(None, (K1,)).chosen(None)
    with pytest.raises(ConfigurationError, match="key name cannot be empty"):
        keys.chosen("")


WRITER = """
import sys
from pathlib import Path
from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness
from notation_py.adapters.signing_keys import SigningKey, SigningKeyFile
config = Path(sys.argv[1])
keys = SigningKeyFile(Directories(config, config, config), Strictness.HARDENED, print)
for number in range(10):
    keys.add(SigningKey(f"{sys.argv[2]}-{number}", id="x", plugin_name="p"))
"""


def test_parallel_processes_lose_no_key(directories, key_file) -> None:
    """Attack 173; R-34: every key that was reported added is there."""
    command = [sys.executable, "-c", WRITER, str(directories.config)]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    names = {key.name for key in key_file.read().keys}
    assert names == {f"{writer}-{number}" for writer in range(4) for number in range(10)}
