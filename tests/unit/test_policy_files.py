# SPDX-License-Identifier: Apache-2.0
"""Policy files: which one counts, what is refused, how one is installed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness
from notation_py.adapters.policy_files import (
    LegacyFile,
    PolicyKind,
    initial_policy,
    policy_path,
    read_policy,
    read_policy_to_import,
    write_policy,
)
from notation_py.errors import ConfigurationError, MalformedError, Outcome
from notation_py.trust.policy import BlobTrustPolicyDocument, OciTrustPolicyDocument

OCI, BLOB = PolicyKind.OCI, PolicyKind.BLOB
LINK = "https://notaryproject.dev/docs/quickstart/#create-a-trust-policy"


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    config = tmp_path / "config"
    config.mkdir(mode=0o700)
    return Directories(config, config, tmp_path / "cache")


def read(
    directories: Directories, kind: PolicyKind = OCI, warnings: list[str] | None = None
) -> tuple[str, bytes]:
    sink = [] if warnings is None else warnings
    found = read_policy(directories, kind, Strictness.WARN, sink.append)
    return found.path.name, found.data


def test_first_existing_policy_file_counts(directories: Directories) -> None:
    """TP-001: the old name only while the new one does not exist."""
    (directories.config / "trustpolicy.json").write_bytes(b"old")
    assert read(directories) == ("trustpolicy.json", b"old")
    assert read_policy(directories, OCI, Strictness.WARN, print).is_legacy
    (directories.config / "trustpolicy.oci.json").write_bytes(b"new")
    assert read(directories) == ("trustpolicy.oci.json", b"new")
    assert not read_policy(directories, OCI, Strictness.WARN, print).is_legacy


@pytest.mark.parametrize(("old", "warned"), [(b"other", True), (b"new", False), (None, False)])
def test_two_different_policy_files_are_warned_about(old, warned: bool, directories: Directories) -> None:
    """Attack 101: the OCI file wins, the warning names both."""
    (directories.config / "trustpolicy.oci.json").write_bytes(b"new")
    if old is not None:
        (directories.config / "trustpolicy.json").write_bytes(old)
    warnings: list[str] = []
    assert read(directories, warnings=warnings) == ("trustpolicy.oci.json", b"new")
    assert [
        "trustpolicy.oci.json is used" in line and "trustpolicy.json exists" in line for line in warnings
    ] == ([True] if warned else [])


def test_blob_policy_has_no_fallback(directories: Directories) -> None:
    """TP-001 is about OCI policies only."""
    (directories.config / "trustpolicy.json").write_bytes(b"old")
    with pytest.raises(ConfigurationError) as caught:
        read(directories, BLOB)
    assert caught.value.message == f"trust policy is not present. To create a trust policy, see: {LINK}"


MAKE = {
    "link": lambda path: path.symlink_to("trustpolicy.json"),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "fifo": os.mkfifo,
    "directory": Path.mkdir,
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_policy_that_is_no_regular_file_is_refused(make, directories: Directories) -> None:
    """Attack 102; TP-001, TP-002: an error reading the first file is final, the old one is not tried."""
    (directories.config / "trustpolicy.json").write_bytes(b"old")
    make(directories.config / "trustpolicy.oci.json")
    with pytest.raises(ConfigurationError) as caught:
        read(directories)
    assert caught.value.message == (
        "trust policy is not a regular file (symlinks are not supported). "
        f"To create a trust policy, see: {LINK}"
    )
    assert caught.value.outcome is Outcome.CONFIG


def test_policy_that_others_can_change(directories: Directories) -> None:
    """Attack 102; R-33: used with a warning, refused if hardened."""
    path = directories.config / "trustpolicy.oci.json"
    path.write_bytes(b"{}")
    path.chmod(0o666)
    warnings: list[str] = []
    assert read(directories, warnings=warnings)[1] == b"{}"
    assert [f"chmod go-w {path}" in line for line in warnings] == [True]
    with pytest.raises(ConfigurationError, match="can be changed by other users"):
        read_policy(directories, OCI, Strictness.HARDENED, print)


def test_policy_that_others_own(directories: Directories, monkeypatch) -> None:
    """Attack 102: owned by someone else."""
    (directories.config / "trustpolicy.oci.json").write_bytes(b"{}")
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    if own == 0:
        os.chown(directories.config / "trustpolicy.oci.json", 4711, -1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        read_policy(directories, OCI, Strictness.HARDENED, print)


def test_unreadable_policy_names_the_permissions(directories: Directories, monkeypatch) -> None:
    """The text of the Go program; the refusal is simulated, as tests may run as root."""
    path = directories.config / "trustpolicy.oci.json"
    path.write_bytes(b"{}")

    def denied(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(ConfigurationError) as caught:
        read(directories)
    assert caught.value.message == (
        f"unable to read trust policy due to file permissions, please verify the permissions of {path}"
    )


def test_huge_policy_is_a_limit(directories: Directories) -> None:
    """SEC-001."""
    with (directories.config / "trustpolicy.oci.json").open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(ConfigurationError) as caught:
        read(directories)
    assert caught.value.outcome is Outcome.LIMIT


def test_policy_replaced_after_reading_changes_nothing(directories: Directories) -> None:
    """Attack 105: one read, one object; what was validated is what is used."""
    write_policy(directories, OCI, b"first", print)
    found = read_policy(directories, OCI, Strictness.WARN, print)
    write_policy(directories, OCI, b"second", print)
    assert found.data == b"first"


def test_write_keeps_the_bytes_and_is_private(directories: Directories) -> None:
    """CFG-009, SEC-005: verbatim, 0600."""
    data = b'{ "version" : "1.0" }\r\n\n'
    assert write_policy(directories, OCI, data, print) is LegacyFile.ABSENT
    path = policy_path(directories, OCI)
    assert (path.name, path.read_bytes()) == ("trustpolicy.oci.json", data)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_write_deletes_the_old_oci_policy(directories: Directories) -> None:
    """CFG-009: and a blob policy leaves it alone."""
    legacy = directories.config / "trustpolicy.json"
    legacy.write_bytes(b"old")
    assert write_policy(directories, BLOB, b"new", print) is LegacyFile.ABSENT
    assert legacy.exists()
    assert write_policy(directories, OCI, b"new", print) is LegacyFile.DELETED
    assert not legacy.exists()


def test_write_succeeds_when_the_old_policy_cannot_be_deleted(directories: Directories) -> None:
    """A warning, no failure: the new file counts anyway."""
    (directories.config / "trustpolicy.json").mkdir()
    warnings: list[str] = []
    assert write_policy(directories, OCI, b"new", warnings.append) is LegacyFile.KEPT
    assert warnings[0].startswith("failed to delete old trust policy configuration trustpolicy.json: remove ")


def test_write_refuses_a_link(directories: Directories, tmp_path: Path) -> None:
    """Attack 102: the target of the link is not written to."""
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    policy_path(directories, OCI).symlink_to(target)
    with pytest.raises(ConfigurationError, match="failed to write OCI trust policy configuration"):
        write_policy(directories, OCI, b"new", print)
    assert target.read_bytes() == b"precious"


def test_import_reads_what_was_checked(tmp_path: Path) -> None:
    """Attack 105; CLI-012: the bytes that were judged are the bytes that come back."""
    source = tmp_path / "policy.json"
    source.write_bytes(
        initial_policy("p", trust_stores=["ca:x"], trusted_identities=["*"], registry_scopes=["*"])
    )
    judged: list[bytes] = []
    data = read_policy_to_import(OCI, source, judged.append)
    assert judged == [data]
    assert data == source.read_bytes()


def refuse(_: bytes) -> None:
    raise MalformedError("empty version", at="version", hint="add it")


FAULTS = {
    "absent": (
        OCI,
        None,
        "failed to read OCI trust policy configuration: open {path}: no such file or directory",
    ),
    "absent blob": (
        BLOB,
        None,
        "failed to read blob trust policy file: open {path}: no such file or directory",
    ),
    "text": (
        OCI,
        b"hello",
        "failed to parse OCI trust policy configuration: trust policy is not strict JSON: ",
    ),
    "trailing": (OCI, b"{} {}", "failed to parse OCI trust policy configuration: trust policy is not strict"),
    "refused": (BLOB, b"{}", "failed to validate blob trust policy configuration: version: empty version"),
}


@pytest.mark.parametrize(("kind", "data", "message"), FAULTS.values(), ids=FAULTS)
def test_import_refuses_with_one_text_for_each_stage(kind, data, message: str, tmp_path: Path) -> None:
    """CLI-012, TP-006: the stages and their prefixes are those of the Go program."""
    source = tmp_path / "policy.json"
    if data is not None:
        source.write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        read_policy_to_import(kind, source, refuse)
    assert caught.value.message.startswith(message.format(path=source))


def test_initial_blob_policy_is_the_go_programs() -> None:
    """CLI-013: two spaces, no final newline, members in order."""
    data = initial_policy("p", trust_stores=["ca:x"], trusted_identities=["x509.subject: C=US,ST=WA,O=<a>"])
    assert data == (
        b'{\n  "version": "1.0",\n  "trustPolicies": [\n    {\n      "name": "p",\n'
        b'      "signatureVerification": {\n        "level": "strict"\n      },\n'
        b'      "trustStores": [\n        "ca:x"\n      ],\n      "trustedIdentities": [\n'
        b'        "x509.subject: C=US,ST=WA,O=\\u003ca\\u003e"\n      ]\n    }\n  ]\n}'
    )
    assert BlobTrustPolicyDocument.parse(data).policy_named("p")


def test_initial_oci_policy_is_valid() -> None:
    """CLI-013: with scopes it is a policy for OCI artifacts."""
    data = initial_policy("p", trust_stores=["ca:x"], trusted_identities=["*"], registry_scopes=["a.io/b"])
    assert OciTrustPolicyDocument.parse(data)
    assert json.loads(data)["trustPolicies"][0]["registryScopes"] == ["a.io/b"]
