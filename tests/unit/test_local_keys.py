# SPDX-License-Identifier: Apache-2.0
"""Test keys: the shape of the certificate, and pairs that are whole or absent."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from notation_py.adapters import local_keys
from notation_py.adapters.directories import Directories
from notation_py.adapters.file_changes import LOCK_NAME
from notation_py.adapters.files import Strictness
from notation_py.adapters.key_files import load_key_pair
from notation_py.adapters.local_keys import (
    GeneratedPair,
    delete_local_file,
    generate_test_pair,
    local_key_paths,
    store_test_pair,
)
from notation_py.errors import ConfigurationError, UsageError

AT = datetime(2026, 11, 22, 17, 41, 44, 123456, tzinfo=UTC)


@cache
def pair() -> GeneratedPair:
    return generate_test_pair("wabbit", 2048, AT)


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    return Directories(tmp_path / "config", tmp_path / "config", tmp_path / "cache")


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_certificate_has_the_shape_of_the_go_programs() -> None:
    """CLI-011: subject, validity, usage, no basic constraints, SHA-256 with RSA."""
    certificate = pair().certificate
    parsed = certificate.x509
    assert certificate.subject == certificate.issuer == "CN=wabbit,O=Notary,L=Seattle,ST=WA,C=US"
    assert certificate.is_self_signed
    assert certificate.not_before == AT.replace(microsecond=0)
    assert certificate.not_after - certificate.not_before == timedelta(days=1)
    assert parsed.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.11"
    assert [(e.value.__class__, e.critical) for e in parsed.extensions] == [
        (x509.KeyUsage, True),
        (x509.ExtendedKeyUsage, False),
    ]
    usage = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.public_bytes() == bytes.fromhex("03020780")
    purposes = parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CODE_SIGNING]
    assert pair().key_pem.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert "PRIVATE" not in repr(pair())


@pytest.mark.parametrize(
    ("name", "bits", "message"),
    [
        ("a/b", 2048, "name needs to follow [a-zA-Z0-9_.-]+ format"),
        ("", 2048, "name needs to follow [a-zA-Z0-9_.-]+ format"),
        ("..", 2048, "name needs to follow [a-zA-Z0-9_.-]+ format"),
        (
            "a",
            512,
            "crypto/rsa: 512-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
        ),
        ("a", 1024, "rsa key size 1024 bits is not supported"),
        ("a", 8192, "rsa key size 8192 bits is not supported"),
    ],
)
def test_bad_names_and_sizes_are_refused(name: str, bits: int, message: str) -> None:
    """CLI-011, ALG-002."""
    with pytest.raises(UsageError) as caught:
        generate_test_pair(name, bits, AT)
    assert caught.value.message == message


def test_pair_is_stored_with_its_modes(directories: Directories) -> None:
    """CLI-011, R-35; attack 172: key 0600, certificate 0644, directories 0700, under umask 0."""
    old = os.umask(0)
    try:
        key_path, certificate_path = store_test_pair(directories, pair())
    finally:
        os.umask(old)
    assert (key_path, certificate_path) == local_key_paths(directories, "wabbit")
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(certificate_path.stat().st_mode) == 0o644
    assert stat.S_IMODE(directories.local_keys.stat().st_mode) == 0o700
    assert names(directories.local_keys) == ["wabbit.crt", "wabbit.key"]
    assert names(directories.config) == [LOCK_NAME, "localkeys"]
    loaded = load_key_pair(
        str(key_path), str(certificate_path), passphrase=None, strictness=Strictness.HARDENED, warn=print
    )
    assert loaded[1] == (pair().certificate,)


@pytest.mark.parametrize(("suffix", "what"), [(".key", "key"), (".crt", "certificate")])
def test_existing_file_is_never_touched(suffix: str, what: str, directories: Directories) -> None:
    """Attack 172: existing name refused; the other file is not made either."""
    directories.local_keys.mkdir(parents=True)
    path = directories.local_keys / f"wabbit{suffix}"
    path.write_bytes(b"precious")
    with pytest.raises(ConfigurationError) as caught:
        store_test_pair(directories, pair())
    assert caught.value.message == f"failed to write {what} file: open {path.absolute()}: file exists"
    assert path.read_bytes() == b"precious"
    assert names(directories.local_keys) == [path.name]


class KilledError(BaseException):
    """Stands for the end of the process: no handler may clean up after it."""


def killed(*_: object) -> None:
    raise KilledError


@pytest.mark.parametrize("published", [0, 1, 2])
def test_next_run_takes_back_what_a_killed_one_left(published: int, directories, monkeypatch) -> None:
    """Attack 172: killed before, between and after the two names; the next run makes the pair."""
    publish = local_keys._publish
    with monkeypatch.context() as patch:
        patch.setattr(local_keys, "_take_back", lambda *_: None)
        patch.setattr(
            local_keys, "_publish", lambda staging, paths: (publish(staging, paths[:published]), killed())
        )
        with pytest.raises(KilledError):
            store_test_pair(directories, pair())
    assert len([name for name in names(directories.local_keys) if name.startswith("wabbit")]) == published
    store_test_pair(directories, pair())
    assert names(directories.local_keys) == ["wabbit.crt", "wabbit.key"]


def test_failure_between_the_two_names_leaves_neither(directories, monkeypatch) -> None:
    """Attack 172: no half pair."""
    link = Path.hardlink_to

    def second_is_taken(self: Path, target: Path) -> None:
        if self.suffix == ".crt":
            raise FileExistsError(17, "File exists")
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", second_is_taken)
    with pytest.raises(ConfigurationError, match="file exists"):
        store_test_pair(directories, pair())
    assert names(directories.local_keys) == []


def test_delete_local_file_says_whether_there_was_one(tmp_path: Path) -> None:
    """What `cert cleanup-test` reports."""
    path = tmp_path / "f"
    path.write_bytes(b"")
    assert delete_local_file(path) is True
    assert delete_local_file(path) is False
    path.mkdir()
    with pytest.raises(ConfigurationError, match="remove "):
        delete_local_file(path)
