# SPDX-License-Identifier: Apache-2.0
"""Trust stores in directories: what may be an anchor, and what fails the whole store."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from notation_py.adapters import trust_store
from notation_py.adapters.directories import Directories
from notation_py.adapters.file_changes import LOCK_NAME
from notation_py.adapters.files import Strictness
from notation_py.adapters.trust_store import (
    CachedTrustStore,
    DirectoryTrustStore,
    add_certificate_file,
    delete_certificate,
    delete_store,
    list_certificates,
    read_stored_certificates,
)
from notation_py.certificates.certificate import Certificate
from notation_py.errors import ConfigurationError, NotationError, Outcome, UsageError
from notation_py.trust.store import TrustStoreType
from tests.simulator.pki import changed, make_chain, with_extension

CA, TSA = TrustStoreType.CA, TrustStoreType.TSA
CHAIN = make_chain("EC-256", 3)
ROOT, INTERMEDIATE, LEAF = CHAIN.certificates[2], CHAIN.certificates[1], CHAIN.certificates[0]
SELF_SIGNED_LEAF = make_chain("EC-256", 1).leaf
ADD = "Use command 'notation-py cert add' to create and add trusted certificates to the trust store"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    return Directories(tmp_path / "config", tmp_path / "config", tmp_path / "cache")


def store_of(directories: Directories, name: str = "s", kind: TrustStoreType = CA, **files: bytes) -> Path:
    """Make a store with *files*; `_` in a name stands for a dot."""
    path = directories.trust_store / kind / name
    path.mkdir(parents=True, mode=0o700)
    for file_name, data in files.items():
        (path / file_name.replace("_", ".")).write_bytes(data)
    return path


def load(
    directories: Directories,
    name: str = "s",
    kind: TrustStoreType = CA,
    *,
    strictness: Strictness = Strictness.WARN,
    warn: Callable[[str], None] = lambda _: None,
) -> list[bytes]:
    return [
        found.der for found in DirectoryTrustStore(directories, strictness, warn).certificates(kind, name)
    ]


ACCEPTED = {
    "root as PEM": (pem(ROOT), [ROOT]),
    "root as DER named .pem": (der(ROOT), [ROOT]),
    "intermediate": (pem(INTERMEDIATE), [INTERMEDIATE]),
    "self-signed leaf": (pem(SELF_SIGNED_LEAF), [SELF_SIGNED_LEAF]),
    "two certificates": (pem(ROOT) + pem(INTERMEDIATE), [ROOT, INTERMEDIATE]),
    "two certificates as DER": (der(ROOT) + der(INTERMEDIATE), [ROOT, INTERMEDIATE]),
    "text around": (b"Issuer: me\n" + pem(ROOT) + b"the end\n", [ROOT]),
}


@pytest.mark.parametrize(("data", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_store_gives_anchors_in_file_order(data, expected, directories: Directories) -> None:
    """Attack 104; TS-006, TS-009, TS-012: CAs and self-signed certificates, PEM or DER whatever the name."""
    store_of(directories, a_pem=data)
    assert load(directories) == [der(certificate) for certificate in expected]


REFUSED = {
    "leaf": (pem(LEAF), "is not a CA certificate or self-signed signing certificate"),
    "leaf after a root": (pem(ROOT) + pem(LEAF), "is not a CA certificate"),
    "private key": (CHAIN.key_pem(), "a private key stands where only certificates belong"),
    "key beside a certificate": (pem(ROOT) + CHAIN.key_pem(), "private key"),
    "nothing": (b"", "the file holds no certificate"),
    "text": (b"README", "malformed certificate"),
    "cut short": (pem(ROOT)[:-40], "malformed certificate"),
    "DER with a tail": (der(ROOT) + b"x", "malformed certificate"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_one_unusable_file_fails_the_store(data: bytes, reason: str, directories: Directories) -> None:
    """Attack 104; TS-006, TS-007, TS-009: fail closed, name the file, and never show the key."""
    store_of(directories, a_pem=pem(ROOT), b_pem=data)
    with pytest.raises(ConfigurationError) as caught:
        load(directories)
    assert reason in caught.value.message
    assert "trusted certificate b.pem in trust store s of type ca" in caught.value.message
    assert "PRIVATE KEY" not in caught.value.message


def test_private_key_in_a_store_comes_with_advice(directories: Directories) -> None:
    """Attack 104: key refused with advice."""
    store_of(directories, a_pem=CHAIN.key_pem())
    with pytest.raises(ConfigurationError) as caught:
        load(directories)
    assert "remove the key" in (caught.value.hint or "")


@pytest.mark.parametrize("certificate", [INTERMEDIATE, SELF_SIGNED_LEAF], ids=["intermediate", "leaf"])
def test_timestamping_store_holds_roots_only(certificate, directories: Directories) -> None:
    """TS-010."""
    store_of(directories, kind=TSA, a_pem=pem(certificate))
    with pytest.raises(ConfigurationError, match=r"of type tsa is invalid: .* is not a root CA certificate"):
        load(directories, kind=TSA)


def test_certificate_that_only_claims_to_be_self_issued_is_no_anchor(directories: Directories) -> None:
    """TS-009: the same name twice is not a signature."""
    forged = make_chain("EC-256", 2, edits={0: changed(issuer=LEAF.subject, subject=LEAF.subject)}).leaf
    store_of(directories, a_pem=pem(forged))
    with pytest.raises(ConfigurationError, match="is not a CA certificate"):
        load(directories)


def test_expired_certificates_load(directories: Directories) -> None:
    """TS-009 asks for nothing more: validity is judged at the time of a signature."""
    old = make_chain("EC-256", 2, not_after=make_chain().root.not_valid_before_utc.replace(month=2)).root
    store_of(directories, a_pem=pem(old))
    assert load(directories) == [der(old)]


def test_files_come_in_the_order_of_their_names(directories: Directories) -> None:
    """TS-014: the same answer on every file system."""
    store_of(directories, b_crt=pem(ROOT), a_crt=pem(INTERMEDIATE))
    assert load(directories) == [der(INTERMEDIATE), der(ROOT)]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../ca/s", "a b", "a\n", "ä", "x" * 300])
def test_unsafe_store_name_is_refused(name: str, directories: Directories) -> None:
    """Attack 103; TS-003, R-15: checked before the disk is looked at."""
    store_of(directories, a_pem=pem(ROOT))
    with pytest.raises(ConfigurationError, match="needs to follow"):
        load(directories, name)


@pytest.mark.parametrize("name", ["CON", "absent", "x" * 255])
def test_missing_store_is_an_error_with_advice(name: str, directories: Directories) -> None:
    """Attack 103; TS-004: and it is the message that scripts know."""
    with pytest.raises(ConfigurationError) as caught:
        load(directories, name)
    assert caught.value.message == f'the trust store "{name}" of type "ca" does not exist. {ADD}'


def test_empty_store_is_an_error(directories: Directories) -> None:
    """TS-011: empty is not success."""
    store_of(directories)
    with pytest.raises(ConfigurationError) as caught:
        load(directories)
    assert caught.value.message == f'no x509 certificates were found in trust store "s" of type "ca". {ADD}'


def test_store_that_is_a_link_is_refused(directories: Directories) -> None:
    """Attack 103; TS-004: even to a good store."""
    real = store_of(directories, "real", a_pem=pem(ROOT))
    (real.parent / "s").symlink_to(real)
    with pytest.raises(
        ConfigurationError, match=r"is not a regular directory \(symlinks are not supported\)$"
    ):
        load(directories)


def test_store_that_is_a_file_is_refused(directories: Directories) -> None:
    """TS-004."""
    path = directories.trust_store / CA
    path.mkdir(parents=True)
    (path / "s").write_bytes(pem(ROOT))
    with pytest.raises(ConfigurationError, match="is not a regular directory"):
        load(directories)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("a.pem")], ids=["fifo", "link"])
def test_certificate_that_is_no_regular_file_fails_the_store(make, directories: Directories) -> None:
    """Attack 103; TS-005: the text has no tail of Go's formatting."""
    path = store_of(directories, a_pem=pem(ROOT))
    make(path / "b.pem")
    with pytest.raises(ConfigurationError) as caught:
        load(directories)
    assert caught.value.message == (
        "trusted certificate b.pem in trust store s of type ca is not a regular file "
        "(directories or symlinks are not supported)"
    )


def test_sub_directory_is_ignored_with_a_warning(directories: Directories) -> None:
    """Attack 103; TS-008."""
    path = store_of(directories, a_pem=pem(ROOT))
    (path / "sub").mkdir()
    (path / "sub" / "b.pem").write_bytes(pem(INTERMEDIATE))
    warnings: list[str] = []
    assert load(directories, warn=warnings.append) == [der(ROOT)]
    assert [str(path / "sub") in line for line in warnings] == [True]


def test_too_many_files_are_a_limit(directories: Directories) -> None:
    """Attack 103: 10,000 files."""
    path = store_of(directories)
    for number in range(10_000):
        (path / str(number)).touch()
    with pytest.raises(NotationError) as caught:
        load(directories)
    assert caught.value.outcome is Outcome.LIMIT


def test_huge_file_is_a_limit(directories: Directories) -> None:
    """Attack 103: 1 GiB, refused by its size."""
    path = store_of(directories)
    with (path / "a.pem").open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(NotationError) as caught:
        load(directories)
    assert caught.value.outcome is Outcome.LIMIT


def test_many_large_files_are_a_limit(directories: Directories, monkeypatch) -> None:
    """SEC-001: the store as a whole is bounded, too."""
    monkeypatch.setattr(trust_store, "MAX_STORE_BYTES", len(pem(ROOT)) + 1)
    store_of(directories, a_pem=pem(ROOT), b_pem=pem(ROOT))
    with pytest.raises(NotationError) as caught:
        load(directories)
    assert caught.value.outcome is Outcome.LIMIT


@pytest.mark.parametrize("place", ["store", "file"])
def test_store_that_others_can_change(place: str, directories: Directories) -> None:
    """R-15: a warning with the command, a refusal if hardened."""
    path = store_of(directories, a_pem=pem(ROOT))
    path = path if place == "store" else path / "a.pem"
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    warnings: list[str] = []
    assert load(directories, warn=warnings.append) == [der(ROOT)]
    assert [f"chmod go-w {path}" in line for line in warnings] == [True]
    with pytest.raises(ConfigurationError, match="can be changed by other users"):
        load(directories, strictness=Strictness.HARDENED)


def test_types_do_not_mix(directories: Directories) -> None:
    """TS-002, TS-013: a store of one type is no store of another."""
    store_of(directories, a_pem=pem(ROOT))
    with pytest.raises(ConfigurationError, match="does not exist"):
        load(directories, kind=TrustStoreType.SIGNING_AUTHORITY)


class FakeTrustStore:
    """Counts its calls, and fails the first of each store."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def certificates(self, store_type: TrustStoreType, name: str) -> tuple[Certificate, ...]:
        self.calls.append(f"{store_type}:{name}")
        if len(self.calls) == 1:
            raise ConfigurationError("first")
        return (Certificate.parse(der(ROOT)),)


def test_cached_store_asks_once_for_each_answer() -> None:
    """TS-014: loaded once; a failure is not an answer."""
    source = FakeTrustStore()
    cached = CachedTrustStore(source)
    with pytest.raises(ConfigurationError):
        cached.certificates(CA, "s")
    for kind, name in ((CA, "s"), (CA, "s"), (TSA, "s"), (CA, "t"), (CA, "s")):
        assert len(cached.certificates(kind, name)) == 1
    assert source.calls == ["ca:s", "ca:s", "tsa:s", "ca:t"]


def test_add_copies_the_bytes_into_a_private_store(directories: Directories, tmp_path: Path) -> None:
    """TS-015, SEC-005: same name, same bytes, 0600 in 0700; nothing for the Go program to stumble over."""
    source = tmp_path / "root.crt"
    source.write_bytes(b"# mine\n" + pem(ROOT))
    assert add_certificate_file(directories, CA, "s", source) == (Certificate.parse(der(ROOT)),)
    path = directories.trust_store / "ca" / "s"
    assert names(path) == ["root.crt"]
    assert (path / "root.crt").read_bytes() == source.read_bytes()
    assert stat.S_IMODE((path / "root.crt").stat().st_mode) == 0o600
    assert {stat.S_IMODE(p.stat().st_mode) for p in (path, *path.parents[:4])} == {0o700}
    assert names(directories.config) == [LOCK_NAME, "truststore"]
    assert load(directories, strictness=Strictness.HARDENED) == [der(ROOT)]


def test_add_refuses_a_name_that_is_taken(directories: Directories, tmp_path: Path) -> None:
    """TS-015: the old file stays."""
    source = tmp_path / "root.crt"
    source.write_bytes(pem(ROOT))
    add_certificate_file(directories, CA, "s", source)
    source.write_bytes(pem(INTERMEDIATE))
    with pytest.raises(ConfigurationError, match=r"^certificate already exists in the Trust Store$"):
        add_certificate_file(directories, CA, "s", source)
    assert load(directories) == [der(ROOT)]


ADD_FAULTS = {
    "absent": (None, "open {path}: no such file or directory"),
    "text": (b"hello", "x509: malformed certificate"),
    "empty": (b"", "no valid certificate found in the file"),
    "key": (CHAIN.key_pem(), "a private key stands where only certificates belong"),
}


@pytest.mark.parametrize(("data", "message"), ADD_FAULTS.values(), ids=ADD_FAULTS)
def test_add_refuses_what_is_no_certificate(
    data, message: str, directories: Directories, tmp_path: Path
) -> None:
    """TS-015: nothing is made, not even the store."""
    source = tmp_path / "f.crt"
    if data is not None:
        source.write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        add_certificate_file(directories, CA, "s", source)
    assert caught.value.message == message.format(path=source)
    assert not directories.config.exists()


@pytest.mark.parametrize("name", ["..", ".", "a/b", ""])
def test_changes_refuse_unsafe_store_names(name: str, directories: Directories, tmp_path: Path) -> None:
    """Attack 103; TS-003."""
    source = tmp_path / "f.crt"
    source.write_bytes(pem(ROOT))
    for change in (
        lambda: add_certificate_file(directories, CA, name, source),
        lambda: delete_store(directories, CA, name),
        lambda: delete_certificate(directories, CA, name, "f.crt", print),
    ):
        with pytest.raises(UsageError, match=r"named store name needs to follow \[a-zA-Z0-9_.-\]\+ format"):
            change()


@pytest.mark.parametrize("file_name", ["", ".", "..", "../s/a.pem", "/etc/hostname", "sub/a.pem"])
def test_file_names_stay_inside_their_store(file_name: str, directories: Directories) -> None:
    """R-15: `cert show` and `cert delete` cannot leave the store."""
    store_of(directories, a_pem=pem(ROOT))
    with pytest.raises(UsageError, match="plain file name"):
        read_stored_certificates(directories, CA, "s", file_name)
    with pytest.raises(UsageError, match="plain file name"):
        delete_certificate(directories, CA, "s", file_name, print)


def test_list_goes_by_type_store_and_file(directories: Directories) -> None:
    """Links, sub-directories and files without certificates are left out, as in the Go program."""
    store_of(directories, "b", TSA, a_pem=pem(ROOT))
    store_of(directories, "b", b_pem=pem(LEAF), a_pem=pem(ROOT), empty=b"")
    path = store_of(directories, "a", c_pem=pem(ROOT))
    (path / "link.pem").symlink_to("c.pem")
    (path / "sub").mkdir()
    (path.parent / "link").symlink_to("a")

    def listed(*arguments) -> list[tuple[str, str, str]]:
        found = list_certificates(directories, *arguments)
        return [(entry.store_type.value, entry.store, entry.path.name) for entry in found]

    everything = [("ca", "a", "c.pem"), ("ca", "b", "a.pem"), ("ca", "b", "b.pem"), ("tsa", "b", "a.pem")]
    assert listed() == everything
    assert listed(CA) == everything[:3]
    assert listed(None, "b") == everything[1:]
    assert listed(TSA, "absent") == []


def test_list_of_nothing_is_empty(directories: Directories) -> None:
    """Without a configuration directory there is nothing to list, and none is made."""
    assert list(list_certificates(directories)) == []
    assert not directories.config.exists()


def test_list_fails_on_a_file_that_is_no_certificate(directories: Directories) -> None:
    """TS-007: fail closed."""
    store_of(directories, a_pem=b"x")
    with pytest.raises(ConfigurationError, match="x509: malformed certificate"):
        list(list_certificates(directories))


def test_delete_removes_the_file_and_then_the_empty_store(directories: Directories) -> None:
    """As the Go program's main line."""
    path = store_of(directories, a_pem=pem(ROOT), b_pem=pem(ROOT))
    delete_certificate(directories, CA, "s", "a.pem", print)
    assert names(path) == ["b.pem"]
    delete_certificate(directories, CA, "s", "b.pem", print)
    assert not path.exists()


def test_delete_of_what_is_not_there(directories: Directories) -> None:
    """The texts of `cert delete`."""
    path = store_of(directories) / "a.pem"
    with pytest.raises(ConfigurationError) as caught:
        delete_certificate(directories, CA, "s", "a.pem", print)
    assert caught.value.message == (
        f"failed to delete the certificate file: stat {path}: no such file or directory"
    )
    with pytest.raises(
        ConfigurationError, match=r"failed to delete the named trust store: stat .*/absent: no"
    ):
        delete_store(directories, CA, "absent")


def test_delete_store_takes_all_of_it_and_nothing_else(directories: Directories) -> None:
    """R-34: the store disappears in one step; a link is removed, not followed."""
    other = store_of(directories, "other", a_pem=pem(ROOT))
    path = store_of(directories, a_pem=pem(ROOT))
    (path / "sub").mkdir()
    (path / "link").symlink_to(other)
    assert delete_store(directories, CA, "s") == path
    (path.parent / "link").symlink_to(other)
    delete_store(directories, CA, "link")
    assert names(path.parent) == ["other"]
    assert names(other) == ["a.pem"]
    assert names(directories.config) == [LOCK_NAME, "truststore"]


def test_basic_constraints_decide_what_a_ca_is(directories: Directories) -> None:
    """TS-009: a leaf that its issuer made a CA is an anchor."""
    made = with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = make_chain("EC-256", 2, edits={0: made}).leaf
    store_of(directories, a_pem=pem(certificate))
    assert load(directories) == [der(certificate)]
