# SPDX-License-Identifier: Apache-2.0
"""The key files of the upstream tests: each loads with its own certificates and with no others."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from notation_py.adapters.files import Strictness
from notation_py.adapters.key_files import load_key_pair
from notation_py.errors import ConfigurationError, Outcome
from tests.conformance.upstream import certificates, entries, vector

PAIRS = entries("keys", "pairs.json")
FILES = [entry["file"] for entry in entries("keys")]


def name_of(pair: Any) -> str:
    return f"{Path(pair['key']).name}-{Path(pair['certificates']).name}"


@pytest.mark.parametrize("pair", PAIRS, ids=name_of)
def test_key_and_certificates_belong_together_or_not(pair, tmp_path) -> None:
    """SGN-006: other forms and other certificates are refused; also where nobody else may read the key."""
    key_path = tmp_path / "k"
    shutil.copyfile(vector(pair["key"]), key_path)
    key_path.chmod(0o600)
    chain_path = tmp_path / "c"
    shutil.copyfile(vector(pair["certificates"]), chain_path)
    chain_path.chmod(0o644)
    paths = str(key_path), str(chain_path)
    if pair["expect"] == "accept":
        key, found = load_key_pair(*paths, passphrase=None, strictness=Strictness.HARDENED, warn=pytest.fail)
        assert found == certificates(pair["certificates"])
        assert key.public_key() == found[0].x509.public_key()
        return
    with pytest.raises(ConfigurationError) as caught:
        load_key_pair(*paths, passphrase=None, strictness=Strictness.HARDENED, warn=pytest.fail)
    assert pair["message"] in caught.value.message
    assert caught.value.outcome is Outcome.CONFIG


def test_every_file_of_keys_is_in_a_pair() -> None:
    """No copy lies here without deciding something."""
    used = {name for pair in PAIRS for name in (pair["key"], pair["certificates"])}
    assert set(FILES) == used
