# SPDX-License-Identifier: Apache-2.0
"""The system refuses one call in the middle of something: one error that says which, and no success.

The call itself is replaced, as nothing is refused to an administrator. Found missing by
`python -m tests.mutation`: without the error, a command would have said that it was done.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from errno import EACCES, EBADF, EEXIST, EIO, ENOENT, ENOSPC
from pathlib import Path

import pytest

from notation_py.adapters import plugin_install, plugin_package
from notation_py.adapters.blob_files import OpenBlob, open_blob
from notation_py.adapters.directories import Directories
from notation_py.adapters.directory_swap import RETIRED_PREFIX, recover
from notation_py.adapters.file_changes import create_file, private_directory, write_file
from notation_py.adapters.files import FileError, Links, Strictness, open_file, read_file
from notation_py.adapters.layout import LayoutRepository
from notation_py.adapters.plugin_install import MissingPluginError, Replacing, is_installed, uninstall_plugin
from notation_py.adapters.plugin_package import Package
from notation_py.adapters.plugin_programs import find_program
from notation_py.adapters.plugin_records import RECORD_NAME, read_record
from notation_py.adapters.plugin_staging import Staging
from notation_py.adapters.trust_store import (
    DirectoryTrustStore,
    delete_certificate,
    delete_store,
    list_certificates,
)
from notation_py.descriptor import Descriptor
from notation_py.digest import HashAlgorithm
from notation_py.errors import ConfigurationError, NotationError, PluginError
from notation_py.trust.store import TrustStoreType
from tests.simulator.images import build_image, write_layout
from tests.simulator.pki import make_chain
from tests.simulator.plugin_programs import places, put_plugin, refuse, surroundings, write_program

CA = TrustStoreType.CA
ROOT_PEM = make_chain("EC-256", 2).root_pem()
Refuse = Callable[..., None]


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Return what makes a call on paths with a part in their name fail."""

    def install(owner: object, name: str, part: str, number: int = EACCES) -> None:
        real = getattr(owner, name)

        def call(path: object, *rest: object, **named: object) -> object:
            if part in str(path):
                raise OSError(number, os.strerror(number), str(path))
            return real(path, *rest, **named)

        monkeypatch.setattr(owner, name, call)

    return install


@pytest.fixture
def store(tmp_path: Path) -> Directories:
    """A configuration with the trust store `ca/acme`."""
    directories = Directories(tmp_path / "config", tmp_path / "config", tmp_path / "cache")
    place = directories.trust_store / "ca" / "acme"
    place.mkdir(parents=True, mode=0o700)
    (place / "root.pem").write_bytes(ROOT_PEM)
    return directories


def load(directories: Directories) -> object:
    return DirectoryTrustStore(directories, Strictness.WARN, refuse).certificates(CA, "acme")


TRUST_STORE = {
    "looked at": (
        Path,
        "lstat",
        "acme",
        load,
        "failed to access the trust store .*lstat .*permission denied",
    ),
    "listed": (os, "scandir", "acme", load, "failed to access the trust store .*open .*permission denied"),
    "listed for people": (
        os,
        "listdir",
        "acme",
        lambda found: list(list_certificates(found, CA, "acme")),
        "open .*acme: permission denied",
    ),
    "file deleted": (
        Path,
        "unlink",
        "root.pem",
        lambda found: delete_certificate(found, CA, "acme", "root.pem", refuse),
        "failed to delete the certificate file: remove .*permission denied",
    ),
    "store deleted": (
        Path,
        "rename",
        "acme",
        lambda found: delete_store(found, CA, "acme"),
        "failed to delete the named trust store: rename .*permission denied",
    ),
}


@pytest.mark.parametrize(
    ("owner", "name", "part", "act", "message"), TRUST_STORE.values(), ids=list(TRUST_STORE)
)
def test_trust_store_that_the_system_keeps_to_itself(
    store: Directories, refusing: Refuse, owner: object, name: str, part: str, act: Callable, message: str
) -> None:
    """Attack 103; SEC-004: an error, and what was to be deleted is still there."""
    refusing(owner, name, part)
    with pytest.raises(ConfigurationError, match=message):
        act(store)
    assert (store.trust_store / "ca" / "acme" / "root.pem").exists()


def test_directory_that_cannot_be_made(tmp_path: Path, refusing: Refuse) -> None:
    """R-34: refused by the system, a name that is none, and a file that came first."""
    with pytest.raises(FileError, match=r"mkdir .*: invalid argument"):
        private_directory(tmp_path / "a\0b")
    refusing(Path, "is_dir", "hidden")
    with pytest.raises(FileError, match=r"stat .*hidden: permission denied"):
        private_directory(tmp_path / "hidden")
    refusing(Path, "mkdir", "closed")
    with pytest.raises(FileError, match=r"mkdir .*closed: permission denied"):
        private_directory(tmp_path / "closed")


def test_file_that_came_before_the_directory(tmp_path: Path, refusing: Refuse) -> None:
    """R-34: two at once: whoever comes second sees whether it is a directory."""
    refusing(Path, "mkdir", "taken", EEXIST)
    with pytest.raises(FileError, match=r"mkdir .*taken: not a directory"):
        private_directory(tmp_path / "taken")


@pytest.mark.parametrize(
    ("owner", "name"), [(Path, "lstat"), (Path, "replace")], ids=["looked at", "renamed"]
)
def test_file_that_cannot_be_replaced_stays(
    tmp_path: Path, refusing: Refuse, owner: object, name: str
) -> None:
    """Attack 176; R-34: an error, the old content, and no temporary file."""
    path = tmp_path / "file"
    path.write_text("old")
    if name == "lstat":
        refusing(owner, name, "file")
    else:
        refusing(owner, name, ".tmp")
    with pytest.raises(FileError, match=r"open .*: permission denied"):
        write_file(path, b"new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_new_file_that_cannot_be_written_is_not_left(tmp_path: Path, refusing: Refuse) -> None:
    """Attacks 172, 176: where there are no hard links, and then no space."""
    refusing(os, "link", "")
    path, calls = tmp_path / "file", []
    real = os.fsync

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 1:  # the first is the temporary file
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        real(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(FileError, match=r"write .*file: no space left on device"):
            create_file(path, b"data", mode=0o600, staging=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_file_that_fails_while_it_is_read(tmp_path: Path) -> None:
    """SEC-004: an error of the disk is no end of the file."""
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(FileError, match=r"read .*file: input/output error"), open_file(path):
        raise OSError(EIO, os.strerror(EIO))


def test_link_that_leads_to_itself_is_said(tmp_path: Path) -> None:
    """Attack 102: where links are followed, that is what is wrong with it."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FileError, match="too many levels of symbolic links"):
        read_file(tmp_path / "loop", max_bytes=1, links=Links.FOLLOWED)
    with pytest.raises(FileError, match="not a regular file"):
        read_file(tmp_path / "loop", max_bytes=1)


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    """An image layout."""
    write_layout(tmp_path / "layout", build_image())
    return LayoutRepository(tmp_path / "layout")


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [("replace", ".tmp", "open .*permission denied"), ("mkdir", "ingest", "mkdir .*permission denied")],
)
def test_layout_that_takes_no_blob(
    layout: LayoutRepository, tmp_path: Path, refusing: Refuse, name: str, part: str, message: str
) -> None:
    """Attack 176: a push that the system refuses leaves no temporary file."""
    refusing(Path, name, part)
    with pytest.raises(NotationError, match=message):
        layout.push(Descriptor.of("a/b", b"new"), b"new")
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".tmp")]


def test_layout_is_swept_before_it_is_changed(layout: LayoutRepository, tmp_path: Path) -> None:
    """R-34: what a killed writer left in the directory for new blobs goes."""
    ingest = layout._ingest
    ingest.mkdir(exist_ok=True)
    left = ingest / ".notation-py-0011.tmp"
    left.write_text("half")
    layout.push(Descriptor.of("a/b", b"new"), b"new")
    assert not left.exists()


def test_layout_stores_what_was_described(layout: LayoutRepository) -> None:
    """R-08: content longer or shorter than its descriptor says, with the right digest, is not stored."""
    right = Descriptor.of("a/b", b"new")
    for size in (2, 4):
        with pytest.raises(NotationError, match="content to store: expected"):
            layout.push(Descriptor(right.media_type, right.digest, size), b"new")


@pytest.fixture
def plugins(tmp_path: Path) -> Iterator[Directories]:
    """Directories with the plugin `demo`."""
    put_plugin(tmp_path)
    return places(tmp_path)


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (EACCES, FileError, "unlinkat .*permission denied"),
        (ENOENT, MissingPluginError, "unable to find plugin"),
    ],
)
def test_plugin_that_cannot_be_removed(
    plugins: Directories, refusing: Refuse, number: int, kind: type[Exception], message: str
) -> None:
    """Attack 169; R-32: told apart from one that somebody else removed meanwhile."""
    refusing(Path, "rename", "demo", number)
    with pytest.raises(kind, match=message):
        uninstall_plugin("demo", plugins)
    assert is_installed("demo", plugins)


def test_plugin_directory_that_cannot_be_seen(plugins: Directories, refusing: Refuse) -> None:
    """Attack 155; R-28: neither there nor absent, and nothing is run."""
    refusing(Path, "lstat", "demo")
    with pytest.raises(PluginError, match=r"stat .*permission denied") as caught:
        find_program(plugins.plugins, "demo", surroundings())
    assert not isinstance(caught.value, MissingPluginError)
    refusing(Path, "is_dir", "demo")
    with pytest.raises(PluginError, match=r"failed to check plugin existence: stat .*permission denied"):
        is_installed("demo", plugins)


def test_link_is_no_installed_plugin(plugins: Directories) -> None:
    """Attack 155: nor is a file; a directory is."""
    (plugins.plugins / "linked").symlink_to("demo")
    (plugins.plugins / "file").write_text("")
    assert is_installed("demo", plugins)
    assert not is_installed("linked", plugins)
    assert not is_installed("file", plugins)


@pytest.mark.parametrize(
    ("name", "part", "act"),
    [
        ("mkdir", "libexec", lambda found: plugin_install._shared_directory(found.libexec / "new")),
        ("stat", "libexec", lambda found: plugin_install._device(found.libexec)),
        ("mkdir", ".notation-py-", lambda found: plugin_install._Workshop(found.libexec).fresh_directory()),
    ],
    ids=["plugins", "device", "workshop"],
)
def test_place_for_plugins_that_the_system_refuses(
    plugins: Directories, refusing: Refuse, name: str, part: str, act: Callable
) -> None:
    """R-32: an error before anything is changed."""
    refusing(Path, name, part if part.startswith(".") else str(plugins.libexec))
    with pytest.raises(FileError, match=f"{name} .*: permission denied"):
        act(plugins)


def test_file_in_the_place_of_a_plugin_is_not_replaced(plugins: Directories) -> None:
    """Attack 155; PLG-012: nor is a link, or one that leads nowhere."""
    target = plugins.plugins / "other"
    for make in (
        lambda: target.write_text("x"),
        lambda: target.symlink_to("demo"),
        lambda: target.symlink_to("x"),
    ):
        make()
        with pytest.raises(PluginError, match="is not a directory"):
            plugin_install._replaced(
                "other",
                "1.0.0",
                plugins.plugins,
                surroundings(),
                replacing=Replacing.ANY,
                heard=lambda runner: runner,
            )
        target.unlink()


def test_record_that_is_a_link_is_not_absent(plugins: Directories) -> None:
    """Attack 155; R-28: a plugin without a record is warned about; one with an odd record is not run."""
    place = plugins.plugins / "demo"
    assert read_record(place) is None
    (place / RECORD_NAME).symlink_to("elsewhere")
    with pytest.raises(PluginError, match="not a regular file"):
        read_record(place)


def test_directory_that_was_set_aside_cannot_be_put_back(tmp_path: Path, refusing: Refuse) -> None:
    """Attack 169; R-32: said, and left where it is."""
    room, parent = tmp_path / "room", tmp_path / "parent"
    (room / f"{RETIRED_PREFIX}demo").mkdir(parents=True)
    parent.mkdir()
    refusing(Path, "rename", RETIRED_PREFIX)
    with pytest.raises(FileError, match=r"rename .*demo: permission denied"):
        recover(room, parent)
    assert (room / f"{RETIRED_PREFIX}demo").is_dir()


def _copied(place: Path, _: Staging) -> None:
    plugin_package._copy(Package(place / "package" / "notation-demo"), place / "copy")


def _listed(place: Path, staging: Staging) -> None:
    plugin_package._stage_directory(place / "package", staging, refuse)


def _finished(_: Path, staging: Staging) -> None:
    plugin_install._finish(staging)


@pytest.mark.parametrize(
    ("owner", "name", "part", "act", "message"),
    [
        (os, "open", "copy", _copied, r"write .*copy: permission denied"),
        (os, "scandir", "package", _listed, r"open .*package: permission denied"),
        (os, "open", "staging/notation-demo", _listed, r"write .*notation-demo: permission denied"),
        (Path, "chmod", RECORD_NAME, _finished, r"write .*: permission denied"),
    ],
    ids=["copy", "directory", "file", "record"],
)
def test_package_that_cannot_be_written(
    tmp_path: Path, refusing: Refuse, owner: object, name: str, part: str, act: Callable, message: str
) -> None:
    """Attack 169; R-32: no part of a package counts as the whole."""
    staging = Staging(tmp_path / "staging", "directory")
    write_program(tmp_path / "package" / "notation-demo", b"x")
    staging.directory.mkdir()
    refusing(owner, name, part)
    with pytest.raises(FileError, match=message):
        act(tmp_path, staging)


def test_plugin_whose_directory_cannot_be_looked_at(
    plugins: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 155; R-28: who may change it is not known, so it is not run."""
    real = Path.stat

    def call(path: Path, **named: bool) -> os.stat_result:
        if path == plugins.plugins:
            raise OSError(EACCES, os.strerror(EACCES), str(path))
        return real(path, **named)

    monkeypatch.setattr(Path, "stat", call)
    with pytest.raises(PluginError, match=r"stat .*plugins: permission denied"):
        find_program(plugins.plugins, "demo", surroundings())


def test_blob_that_fails_while_it_is_hashed(tmp_path: Path, refusing: Refuse) -> None:
    """Attack 178: an error of the disk is no end of the blob."""

    class Failing(io.FileIO):
        """A file on a bad disk."""

        def readinto(self, _: object) -> int:
            raise OSError(EIO, os.strerror(EIO))

    (tmp_path / "blob").write_bytes(b"x")
    with (
        Failing(tmp_path / "blob") as stream,
        pytest.raises(FileError, match=r"read blob: input/output error"),
    ):
        OpenBlob("blob", stream).digest(HashAlgorithm.SHA256)


def test_standard_input_that_is_no_blob(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 178: a device, and none at all, are told apart from an empty blob."""
    real = os.fstat
    with Path("/dev/null").open("rb") as device:
        monkeypatch.setattr(os, "fstat", lambda number: real(device.fileno() if number == 0 else number))
        with pytest.raises(FileError, match="standard input is no file and no pipe"), open_blob("-"):
            pass

    def closed(number: int) -> os.stat_result:
        if number == 0:
            raise OSError(EBADF, os.strerror(EBADF))
        return real(number)

    monkeypatch.setattr(os, "fstat", closed)
    with pytest.raises(FileError, match="read standard input: bad file descriptor"), open_blob("-"):
        pass
