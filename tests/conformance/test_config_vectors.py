# SPDX-License-Identifier: Apache-2.0
"""The key lists and settings of the Go program's tests: what is read from them, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from notation_py.adapters.configuration import read_configuration
from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness
from notation_py.adapters.key_files import load_key_pair
from notation_py.adapters.signing_keys import SigningKeyFile, SigningKeys
from notation_py.errors import ConfigurationError, Outcome
from tests.conformance.upstream import entries, vector
from tests.simulator.commands import OURS, Command

ENTRIES = entries("config")
CONFIGURATIONS = [entry for entry in ENTRIES if entry["document"] == "configuration"]
KEY_LISTS = [entry for entry in ENTRIES if entry["document"] == "keys"]
ACCEPTED_LISTS = [entry for entry in KEY_LISTS if entry["expect"] == "accept"]
MISSPELT = [entry for entry in KEY_LISTS if entry.get("deviation") == "SIGN-2"]
NO_DEFAULT = "default signing key not set. Please set default signing key or specify a key name"


def name_of(entry: Any) -> str:
    return "-".join(Path(entry["file"]).parts[-4:-1])


def placed(entry: Any, directory: Path) -> Directories:
    """Return a configuration directory that holds the file of *entry*."""
    target = directory / ("signingkeys.json" if entry["document"] == "keys" else "config.json")
    shutil.copyfile(vector(entry["file"]), target)
    target.chmod(0o600)
    return Directories(directory, directory, directory)


@pytest.mark.parametrize("entry", CONFIGURATIONS, ids=name_of)
def test_configuration_gives_its_settings(entry, tmp_path) -> None:
    """CFG-005, CFG-007: also where nobody else may change the file."""
    found = read_configuration(placed(entry, tmp_path), Strictness.HARDENED, pytest.fail)
    assert list(found.insecure_registries) == entry["insecure"]
    assert "reg2.io" not in found.insecure_registries
    assert found.signature_format == entry["signatureFormat"]
    assert found.credential_store == entry.get("credentialStore", "")


@pytest.mark.parametrize("entry", KEY_LISTS, ids=name_of)
def test_key_list_gets_the_verdict_of_its_vector(entry, tmp_path) -> None:
    """CFG-006, R-33: names and default in order, or the reason in the words of the Go program."""
    file = SigningKeyFile(placed(entry, tmp_path), Strictness.HARDENED, pytest.fail)
    if entry["expect"] == "refuse":
        with pytest.raises(ConfigurationError) as caught:
            file.read()
        assert entry["message"] in caught.value.message
        assert caught.value.outcome is Outcome.CONFIG
        assert caught.value.hint
        return
    found = file.read()
    assert [key.name for key in found.keys] == entry["names"]
    assert found.default == entry["default"]
    if found.default is None:
        with pytest.raises(ConfigurationError) as caught:
            found.chosen(None)
        assert caught.value.message == NO_DEFAULT
    else:
        assert found.chosen(None).name == found.default


def test_key_list_of_the_go_program_gives_paths_and_plugins() -> None:
    """CFG-008: the three kinds of members that an entry can have."""
    found = SigningKeys.parse(vector("notation-go/config/testdata/valid/signingkeys.json").read_bytes())
    local, plugin = found.named("wabbit-networks"), found.named("external-key")
    assert local.key_path == "/home/demo/.config/notation/localkeys/wabbit-networks.key"
    assert local.certificate_path == "/home/demo/.config/notation/localkeys/wabbit-networks.crt"
    assert (plugin.id, plugin.plugin_name, dict(plugin.plugin_config)) == ("id1", "pluginX", {"key": "value"})


@pytest.mark.parametrize("entry", ACCEPTED_LISTS, ids=name_of)
def test_key_list_is_written_as_it_was_read(entry) -> None:
    """CFG-008: reading the written list again gives the same keys."""
    found = SigningKeys.parse(vector(entry["file"]).read_bytes())
    assert SigningKeys.parse(found.to_bytes()) == found


@pytest.mark.parametrize("entry", MISSPELT, ids=name_of)
@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("invalid", "unsupported key, either provide a local key and certificate file paths"),
        ("empty", "unsupported key, either provide a local key and certificate file paths"),
        ("invalidExternal", "plugin executable file is either not found or inaccessible"),
    ],
)
def test_key_without_files_cannot_sign(entry, key, message, tmp_path) -> None:
    """CFG-006: the list, its slip mended, loads; each key of it is refused when used."""
    mended = vector(entry["file"]).read_text().replace("keypath", "keyPath").replace("certpath", "certPath")
    (tmp_path / "signingkeys.json").write_text(mended)
    ours = Command(OURS, {"NOTATION_CONFIG": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": "."})
    ran = ours("sign", "--key", key, f"localhost/a@sha256:{'0' * 64}")
    assert ran.code == 1
    assert message in ran.err
    assert ran.err.count("Error: ") == 1


@pytest.mark.parametrize(
    ("paths", "message"),
    [(("", "c.crt"), "key path not specified"), (("k.key", ""), "certificate path not specified")],
)
def test_pair_needs_both_paths(paths, message, tmp_path) -> None:
    """SGN-006: a path that is missing is named, in the words of the Go program."""
    files = [str(tmp_path / path) if path else "" for path in paths]
    if files[0]:
        Path(files[0]).write_bytes(b"")
    with pytest.raises(ConfigurationError) as caught:
        load_key_pair(*files, passphrase=None, strictness=Strictness.WARN, warn=lambda _: None)
    assert caught.value.message == message
