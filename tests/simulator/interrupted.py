# SPDX-License-Identifier: Apache-2.0
"""Writers that are killed: each repeats one change for ever, and what must hold after its death.

A writer puts a line into its journal when a change has been reported as done. Whatever else was
under way when it was killed may be there or not, but never by half.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness
from notation_py.adapters.key_files import load_key_pair
from notation_py.adapters.layout import LayoutRepository
from notation_py.adapters.local_keys import GeneratedPair, generate_test_pair, store_test_pair
from notation_py.adapters.policy_files import PolicyKind, initial_policy, read_policy, write_policy
from notation_py.adapters.signing_keys import SigningKey, SigningKeyFile
from notation_py.adapters.trust_store import DirectoryTrustStore, add_certificate_file
from notation_py.digest import Digest
from notation_py.registry.repository import fetch_all
from notation_py.registry.signatures import SIGNATURE_TYPE, attach_signature
from notation_py.trust.policy import OciTrustPolicyDocument
from notation_py.trust.store import TrustStoreType
from tests.simulator.images import build_image, write_layout
from tests.simulator.pki import make_chain

IMAGE = build_image()
PADDING = "x" * 20_000


def directories(root: Path) -> Directories:
    return Directories(root / "config", root / "config", root / "cache")


def refuse(line: str) -> None:
    raise AssertionError(line)


def prepare(root: Path) -> None:
    """Make what the writers start from; the key pair is made once, as that takes long."""
    write_layout(root / "layout", IMAGE, "v1")
    (root / "root.crt").write_bytes(make_chain().root_pem())
    pair = generate_test_pair("made", 2048, datetime(2026, 1, 1, tzinfo=UTC))
    (root / "made.key").write_bytes(pair.key_pem)
    (root / "made.der").write_bytes(pair.certificate.der)
    (root / "config").mkdir(mode=0o700)
    (root / "config" / "trustpolicy.json").write_bytes(policy("legacy"))


def policy(name: str) -> bytes:
    return initial_policy(name, trust_stores=["ca:s"], trusted_identities=["*"], registry_scopes=["*"]) + (
        b" " * 50_000
    )


def sign(root: Path, name: str) -> str:
    repository = LayoutRepository(root / "layout")
    envelope = ("application/cose", (name + PADDING).encode())
    return str(attach_signature(repository, envelope, repository.resolve("v1"), {"n": name}).digest)


def check_layout(root: Path, done: list[str]) -> None:
    repository = LayoutRepository(root / "layout", refuse)
    listed = list(repository.referrers(repository.resolve("v1"), SIGNATURE_TYPE))
    assert set(done) <= {str(entry.digest) for entry in listed}
    for entry in listed:
        manifest = json.loads(fetch_all(repository, entry, max_bytes=1 << 20, what="manifest"))
        assert (root / "layout/blobs/sha256" / manifest["layers"][0]["digest"][7:]).exists()
    for blob in (root / "layout/blobs/sha256").iterdir():
        assert Digest.of(blob.read_bytes()).hex == blob.name


def add_key(root: Path, name: str) -> str:
    keys = SigningKeyFile(directories(root), Strictness.HARDENED, refuse)
    keys.add_as_default(SigningKey(name, id=name, plugin_name="p", plugin_config={"padding": PADDING[:2000]}))
    return name


def check_keys(root: Path, done: list[str]) -> None:
    keys = SigningKeyFile(directories(root), Strictness.HARDENED, refuse).read()
    names = [key.name for key in keys.keys]
    assert set(done) <= set(names)
    assert keys.default == (names[-1] if names else None)


def add_certificate(root: Path, name: str) -> str:
    source = root / f"{name}.crt"
    source.write_bytes((root / "root.crt").read_bytes())
    add_certificate_file(directories(root), TrustStoreType.CA, "s", source)
    return source.name


def check_certificates(root: Path, done: list[str]) -> None:
    store = directories(root).trust_store / "ca" / "s"
    names = {path.name for path in store.iterdir()} if store.exists() else set()
    assert set(done) <= names
    assert {(store / name).read_bytes() for name in names} <= {(root / "root.crt").read_bytes()}
    if names:
        found = DirectoryTrustStore(directories(root), Strictness.HARDENED, refuse)
        assert len(found.certificates(TrustStoreType.CA, "s")) == len(names)


def import_policy(root: Path, name: str) -> str:
    write_policy(directories(root), PolicyKind.OCI, policy(name), refuse)
    return name


def check_policy(root: Path, done: list[str]) -> None:
    warnings: list[str] = []
    found = read_policy(directories(root), PolicyKind.OCI, Strictness.HARDENED, warnings.append)
    name = OciTrustPolicyDocument.parse(found.data).policies[0].name
    assert found.data == policy(name)
    assert found.is_legacy == (name == "legacy")
    if done:
        run, number = done[-1].split("-")
        assert name in {done[-1], f"{run}-{int(number) + 1}"} or int(name.split("-")[0]) > int(run)


def store_pair(root: Path, name: str) -> str:
    from notation_py.certificates.certificate import Certificate

    certificate = Certificate.parse((root / "made.der").read_bytes())
    store_test_pair(directories(root), GeneratedPair(name, certificate, (root / "made.key").read_bytes()))
    return name


def check_pairs(root: Path, done: list[str]) -> None:
    """After one more run, as a half pair stays until then; and that run works."""
    done = [*done, store_pair(root, f"after-{len(done)}-{os.urandom(4).hex()}")]
    local = directories(root).local_keys
    keys = {path.stem for path in local.glob("*.key")}
    assert set(done) <= keys
    assert keys == {path.stem for path in local.glob("*.crt")}
    assert list(local.glob(".*")) == []
    for name in keys:
        files = (str(local / f"{name}.key"), str(local / f"{name}.crt"))
        load_key_pair(*files, passphrase=None, strictness=Strictness.HARDENED, warn=refuse)


@dataclass(frozen=True, slots=True)
class Change:
    """A change that may be interrupted, and the check of everything it touches.

    Attributes:
        make: makes the change under a new name; returns what goes into the journal.
        check: raises unless all in the journal is there, and everything there is whole.
    """

    make: Callable[[Path, str], str]
    check: Callable[[Path, list[str]], None]


CHANGES = {
    "sign": Change(sign, check_layout),
    "key add": Change(add_key, check_keys),
    "cert add": Change(add_certificate, check_certificates),
    "policy import": Change(import_policy, check_policy),
    "cert generate-test": Change(store_pair, check_pairs),
}


def repeat(change: str, root: Path, run: int) -> None:
    """Make the change again and again, until killed; each one done is a line of the journal."""
    journal = os.open(root / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in itertools.count():
        done = CHANGES[change].make(root, f"{run}-{number}")
        os.write(journal, f"{done}\n".encode())
