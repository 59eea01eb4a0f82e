# SPDX-License-Identifier: Apache-2.0
"""The trust stores of the Go program's tests: which load, which fail as a whole, and why."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness
from notation_py.adapters.trust_store import DirectoryTrustStore, add_certificate_file
from notation_py.certificates.certificate import Certificate
from notation_py.certificates.pem import read_certificates
from notation_py.errors import ConfigurationError, MalformedError, Outcome
from notation_py.trust.store import TrustStoreType
from tests.conformance.upstream import entries, vector

ENTRIES = entries("trust-stores")
MEMBERS = [entry for entry in ENTRIES if "store" in entry]
ADDED = [entry for entry in ENTRIES if "action" in entry]
STORES = sorted({entry["store"] for entry in MEMBERS})
LINK_TARGET = "GlobalSignRootCA.crt"


def members(store: str) -> list[Any]:
    return [entry for entry in MEMBERS if entry["store"] == store]


def name_of(entry: Any) -> str:
    return "-".join(Path(entry["file"]).parts[-2:])


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    return Directories(tmp_path / "config", tmp_path, tmp_path)


def installed(directories: Directories, store: str) -> Path:
    """Make *store* as upstream has it: files, links in place of their texts, and sub-directories."""
    path = directories.trust_store / store
    path.mkdir(parents=True, mode=0o700)
    for entry in members(store):
        file = path / Path(entry["file"]).name
        if entry.get("link"):
            file.symlink_to(LINK_TARGET)
        else:
            shutil.copyfile(vector(entry["file"]), file)
            file.chmod(0o600)
        if "directory" in entry:
            (path / entry["directory"]).mkdir()
    return path


def read(directories: Directories, store: str, warnings: list[str]) -> tuple[Certificate, ...]:
    kind, _, name = store.partition("/")
    source = DirectoryTrustStore(directories, Strictness.HARDENED, warnings.append)
    return source.certificates(TrustStoreType(kind), name)


@pytest.mark.parametrize("store", STORES)
def test_store_gets_the_verdict_of_its_vector(store, directories) -> None:
    """TS-004 to TS-011: every file counts, none is passed over, and sub-directories are warned about."""
    installed(directories, store)
    warnings: list[str] = []
    verdicts = {entry["expect"] for entry in members(store)}
    assert len(verdicts) == 1
    if verdicts == {"accept"}:
        found = read(directories, store, warnings)
        files = sorted(members(store), key=lambda entry: Path(entry["file"]).name)
        assert found == tuple(
            certificate
            for entry in files
            for certificate in read_certificates(vector(entry["file"]).read_bytes())
        )
        assert len(found) == len(files)
        expected = [entry["warning"] for entry in files if "warning" in entry]
        assert len(warnings) == len(expected)
        assert all(part in warning for part, warning in zip(expected, warnings, strict=True))
        return
    with pytest.raises(ConfigurationError) as caught:
        read(directories, store, warnings)
    assert all(entry["message"] in caught.value.message for entry in members(store))
    assert caught.value.outcome is Outcome.CONFIG


def test_store_that_is_a_link_is_refused(directories) -> None:
    """TS-005: upstream stores the link as a file; a real one to a good store is refused."""
    good = installed(directories, "ca/valid-trust-store")
    link = good.with_name("valid-trust-store_SYMLINK")
    assert vector(f"notation-go/verifier/testdata/truststore/x509/ca/{link.name}/{link.name}").read_text()
    link.symlink_to(good)
    with pytest.raises(ConfigurationError) as caught:
        read(directories, f"ca/{link.name}", [])
    assert "is not a regular directory (symlinks are not supported)" in caught.value.message


def test_store_that_does_not_exist_is_refused(directories) -> None:
    """TS-004: the words of the Go program for the store of invalid_trust_store_trustpolicy.json."""
    with pytest.raises(ConfigurationError) as caught:
        read(directories, "ca/invalid_store", [])
    assert 'the trust store "invalid_store" of type "ca" does not exist' in caught.value.message


@pytest.mark.parametrize("entry", ADDED, ids=name_of)
def test_file_is_added_or_not(entry, directories) -> None:
    """TS-013: whole files of certificates, under a name that is free."""
    source = vector(entry["file"])
    before = directories.trust_store / "ca/test"
    if entry["action"] == "again":
        before.mkdir(parents=True)
        shutil.copyfile(source, before / source.name)
    if entry["expect"] == "accept":
        assert len(add_certificate_file(directories, TrustStoreType.CA, "test", source)) == 1
        assert (before / source.name).read_bytes() == source.read_bytes()
        return
    held = sorted(before.iterdir()) if before.exists() else []
    with pytest.raises(ConfigurationError) as caught:
        add_certificate_file(directories, TrustStoreType.CA, "test", source)
    assert entry["message"] in caught.value.message
    assert (sorted(before.iterdir()) if before.exists() else []) == held


def test_text_is_no_certificate() -> None:
    """TS-009: the file that the Go library's own reader refuses."""
    with pytest.raises(MalformedError) as caught:
        read_certificates(vector("notation-core-go/x509/testdata/invalid").read_bytes())
    assert caught.value.message == "x509: malformed certificate"
