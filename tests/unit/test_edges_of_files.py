# SPDX-License-Identifier: Apache-2.0
"""Local files, settings and records of plugins at their edges; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

import ctypes
import ssl
from collections.abc import Callable
from errno import ENOSYS
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from notation_py.adapters import trust_store
from notation_py.adapters.configuration import remove_login
from notation_py.adapters.directories import Directories
from notation_py.adapters.directory_swap import exchange_names
from notation_py.adapters.docker_configuration import DockerConfiguration
from notation_py.adapters.files import Strictness
from notation_py.adapters.key_files import read_passphrase
from notation_py.adapters.layout import MAX_MANIFEST_BYTES, LayoutRepository
from notation_py.adapters.layout_index import LayoutIndex
from notation_py.adapters.plugin_main import _made, _NotMadeError
from notation_py.adapters.plugin_programs import find_program
from notation_py.adapters.plugin_records import RECORD_NAME, record_bytes
from notation_py.adapters.plugin_settings import TIMEOUT_VARIABLE, PluginSettings
from notation_py.adapters.registry_hosts import is_loopback_address
from notation_py.adapters.tls import _load_client_certificate
from notation_py.adapters.trust_store import MAX_FILES, MAX_STORE_BYTES, DirectoryTrustStore
from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
from notation_py.digest import Digest
from notation_py.errors import ConfigurationError, LimitError, MalformedError, PluginError
from notation_py.trust.store import TrustStoreType
from tests.simulator.pki import make_chain
from tests.simulator.plugin_programs import places, put_plugin, refuse, surroundings

DIGEST = Digest.of(b"x")


@pytest.mark.parametrize("name", ["../x", "sub/x", "", ".", "..", RECORD_NAME])
def test_record_names_files_beside_it(name: str, tmp_path: Path) -> None:
    """Attack 155; R-28: whatever the digest is, a name of elsewhere is no file of the plugin."""
    path = put_plugin(tmp_path)
    for other in (path.parent.parent / "x", path.parent / "sub" / "x"):
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(b"x")
    digests = {path.name: sha256(path.read_bytes()).hexdigest(), name: sha256(b"x").hexdigest()}
    (path.parent / RECORD_NAME).write_bytes(record_bytes(digests))
    with pytest.raises(PluginError, match=r"the record of .* names "):
        find_program(places(tmp_path).plugins, "demo", surroundings())


@pytest.mark.parametrize(
    ("text", "is_good"), [("1", True), ("9999", False), ("0", False), ("01", True), ("", True)]
)
def test_shortest_time_for_a_plugin_is_a_second(text: str, is_good: bool) -> None:
    """R-30: whole seconds from one on."""
    environ = {TIMEOUT_VARIABLE: text}
    if is_good:
        assert PluginSettings.from_environment(environ, Strictness.WARN)
    else:
        with pytest.raises(ConfigurationError, match="is '"):
            PluginSettings.from_environment(environ, Strictness.WARN)


@pytest.mark.parametrize(
    "host", ["127.0.0.x", "127.0.0.\u00b2", "127.0.0.\uff11", "127.0.0.256", "127.0.0.01", "127.0.0"]
)
def test_address_that_only_looks_like_loopback(host: str) -> None:
    """Attack 127; R-26: four decimal parts in ASCII."""
    assert not is_loopback_address(host)
    assert is_loopback_address("127.0.0.255")


def test_space_in_a_directory_is_no_control_character() -> None:
    """Attack 174: a space is allowed, what is below and the delete are not."""
    found = Directories.from_environment({"NOTATION_CONFIG": "/a b"}, "linux")
    assert found.config == Path("/a b")
    for odd in "\x1f\x7f":
        with pytest.raises(ConfigurationError, match="contains a control character"):
            Directories.from_environment({"NOTATION_CONFIG": f"/a{odd}b"}, "linux")


@pytest.mark.parametrize(
    ("members", "says"),
    [("", False), ('"credHelpers":{"a":"b"}', True), ('"credsStore":"b"', True), ('"auths":{"a":{}}', True)],
)
def test_configuration_of_docker_says_something(members: str, says: bool) -> None:
    """Attack 183; SIG-057: then no other configuration is asked."""
    found = DockerConfiguration._parse(Path("config.json"), f"{{{members}}}".encode())
    assert found.says_something is says


def test_login_in_a_broken_file_is_not_removed(tmp_path: Path) -> None:
    """R-33: an error that names the file, which stays as it is."""
    directories = Directories(tmp_path, tmp_path, tmp_path)
    path = directories.configuration_file
    path.write_text('{"auths":[]}')
    with pytest.raises(ConfigurationError, match="failed to decode config file at "):
        remove_login(directories, "r.test")
    assert path.read_text() == '{"auths":[]}'


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_passphrase_is_for_its_owner(mode: int, tmp_path: Path) -> None:
    """Attack 171; R-35: a warning, and when hardened a refusal."""
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n")
    path.chmod(mode)
    warnings: list[str] = []
    assert read_passphrase(path, Strictness.WARN, warnings.append) == b"correct horse"
    assert len(warnings) == 1
    with pytest.raises(ConfigurationError, match=r"passphrase file .* can be used by other users"):
        read_passphrase(path, Strictness.HARDENED, refuse)
    path.chmod(0o600)
    assert read_passphrase(path, Strictness.HARDENED, refuse) == b"correct horse"


def test_manifest_of_a_layout_has_a_size() -> None:
    """Attack 132; R-10: a manifest of 4 MiB is hashed, a larger one is not; other content is."""
    check: Callable[[Descriptor, int], None] = LayoutRepository._check_size
    check(Descriptor(IMAGE_MANIFEST, DIGEST, MAX_MANIFEST_BYTES), MAX_MANIFEST_BYTES)
    check(Descriptor("a/b", DIGEST, MAX_MANIFEST_BYTES + 1), MAX_MANIFEST_BYTES + 1)
    with pytest.raises(LimitError, match="is larger than"):
        check(Descriptor(IMAGE_MANIFEST, DIGEST, MAX_MANIFEST_BYTES + 1), MAX_MANIFEST_BYTES + 1)


@pytest.mark.parametrize("version", [1, 3])
def test_index_of_a_layout_has_a_version(version: int) -> None:
    """Attack 132: an older one as well as a later one."""
    data = b'{"schemaVersion":%d,"manifests":[]}' % version
    with pytest.raises(MalformedError, match="schemaVersion: must be 2"):
        LayoutIndex.parse(data, what="index.json", max_bytes=100)


def test_names_of_nothing_are_not_exchanged(tmp_path: Path) -> None:
    """Attack 169; R-32: what the system refuses for another reason than not knowing how is an error."""
    (tmp_path / "one").mkdir()
    with pytest.raises(OSError, match="No such file or directory"):
        exchange_names(tmp_path / "one", tmp_path / "other")


def test_system_that_cannot_exchange_names_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 169; R-32: then the names are changed one after the other, which is no error."""
    monkeypatch.setattr(ctypes, "get_errno", lambda: ENOSYS)
    assert not exchange_names(tmp_path / "one", tmp_path / "other")


def test_certificates_of_a_store_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 103; R-10: all files together; with a small limit in its place."""
    directories = Directories(tmp_path / "config", tmp_path / "config", tmp_path / "cache")
    place = directories.trust_store / "ca" / "acme"
    place.mkdir(parents=True, mode=0o700)
    pem = make_chain("EC-256", 2).root_pem()
    for name in ("a.pem", "b.pem"):
        (place / name).write_bytes(pem)
    store = DirectoryTrustStore(directories, Strictness.WARN, refuse)
    monkeypatch.setattr(trust_store, "MAX_STORE_BYTES", 2 * len(pem))
    assert len(store.certificates(TrustStoreType.CA, "acme")) == 2
    monkeypatch.setattr(trust_store, "MAX_STORE_BYTES", 2 * len(pem) - 1)
    with pytest.raises(LimitError, match="have more than"):
        store.certificates(TrustStoreType.CA, "acme")


def test_largest_trust_store_is_read(tmp_path: Path) -> None:
    """Attack 103; R-10: as many files and bytes as allowed, and not one more."""
    directories = Directories(tmp_path / "config", tmp_path / "config", tmp_path / "cache")
    place = directories.trust_store / "ca" / "acme"
    place.mkdir(parents=True, mode=0o700)
    pem = make_chain("EC-256", 2).root_pem()
    store = DirectoryTrustStore(directories, Strictness.WARN, refuse)
    for number in range(MAX_FILES):
        (place / f"{number}.pem").write_bytes(pem)
    assert len(store.certificates(TrustStoreType.CA, "acme")) == MAX_FILES
    (place / "more.pem").write_bytes(pem)
    with pytest.raises(LimitError, match=f"more than {MAX_FILES} files"):
        store.certificates(TrustStoreType.CA, "acme")
    assert MAX_FILES * len(pem) <= MAX_STORE_BYTES


class NoPlugin:
    """An author's class without the one method that every plugin has."""


def fails() -> None:
    """Be an author's function that makes nothing."""
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (5, "is no plugin: it has no method 'metadata'"),
        (NoPlugin, "is no plugin: it has no method 'metadata'"),
        (fails, "cannot be started: SystemExit"),
    ],
)
def test_what_an_author_serves_is_a_plugin(make: object, message: str) -> None:
    """PLG-110: or it is said why not, whatever the author's code does."""
    with pytest.raises(_NotMadeError, match=message):
        _made(make)


def test_client_key_with_a_passphrase_is_refused_without_asking(tmp_path: Path) -> None:
    """SIG-055: nobody is asked for a passphrase in the middle of a connection."""
    chain = make_chain("EC-256", 2)
    certificate, key = tmp_path / "client.crt", tmp_path / "client.key"
    certificate.write_bytes(chain.pem())
    secret = BestAvailableEncryption(b"x")
    key.write_bytes(chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    context = ssl.create_default_context()
    with pytest.raises(
        ConfigurationError, match=r"the private key of the client certificate .* is encrypted"
    ):
        _load_client_certificate(context, certificate, key)
