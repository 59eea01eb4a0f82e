# SPDX-License-Identifier: Apache-2.0
"""Installing, replacing and removing plugins: which version may follow which, and never half of one."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import signal
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from notation_py.adapters import directory_swap
from notation_py.adapters.directory_swap import RETIRED_PREFIX, exchange_names, recover, replace_directory
from notation_py.adapters.files import FileError, Strictness
from notation_py.adapters.plugin_install import (
    ROOM_NAME,
    Installed,
    Replacing,
    install_plugin,
    is_installed,
    uninstall_plugin,
)
from notation_py.adapters.plugin_package import Package
from notation_py.adapters.plugin_programs import MissingPluginError, find_program
from notation_py.adapters.plugin_records import RECORD_NAME
from notation_py.errors import NotationError, PluginError, UsageError
from notation_py.plugin.answers import plugin_metadata
from tests.simulator.archives import Member, tar_gz
from tests.simulator.plugin_programs import places, program, put_plugin, refuse, surroundings, write_program

KILLS = 60


def unable(_: Path, __: Path) -> bool:
    """Exchange nothing, like a system that cannot."""
    return False


def package(root: Path, version: str = "1.0.0", name: str = "demo", padding: int = 0) -> Package:
    """Return a package whose every file has *version* in it."""
    path = root / f"{name}-{version}.tar.gz"
    path.parent.mkdir(exist_ok=True)
    members = [Member(f"notation-{name}".encode(), program(name, version), mode=0o100755)]
    members += [Member(f"part{n}".encode(), version.encode() + bytes(padding)) for n in range(5)]
    path.write_bytes(tar_gz(*members))
    return Package(path)


def install(root: Path, *, version: str = "1.0.0", replacing: Replacing = Replacing.OLDER) -> Installed:
    return install_plugin(
        package(root / "packages", version), places(root), surroundings(), replacing=replacing
    )


def version_of(root: Path) -> str:
    """Return the version that is installed, all of its files being of that version."""
    found = find_program(places(root).plugins, "demo", surroundings(Strictness.HARDENED))
    version = plugin_metadata(found, {}).version
    parts = {path.read_bytes().rstrip(b"\0") for path in found.path.parent.glob("part*")}
    assert parts == {version.encode()}
    assert len(list(found.path.parent.iterdir())) == 7
    return version


def assert_workshop_is_empty(root: Path) -> None:
    assert [path.name for path in (places(root).libexec / ROOM_NAME).iterdir()] == [".notation-py.lock"]


def test_first_install_and_upgrade(tmp_path: Path) -> None:
    """PLG-006, PLG-012, PLG-013: the files, their modes, their record; and the version that was replaced."""
    assert install(tmp_path) == Installed("demo", "1.0.0", None)
    assert version_of(tmp_path) == "1.0.0"
    assert install(tmp_path, version="1.0.1") == Installed("demo", "1.0.1", "1.0.0")
    assert version_of(tmp_path) == "1.0.1"
    place = places(tmp_path).plugins / "demo"
    record = json.loads((place / RECORD_NAME).read_bytes())["sha256"]
    assert record == {
        path.name: sha256(path.read_bytes()).hexdigest() for path in place.iterdir() if path.name[0] != "."
    }
    assert place.stat().st_mode & 0o7777 == 0o755
    assert_workshop_is_empty(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1.0.0", "1.0.0", "plugin demo with version 1.0.0 already exists"),
        ("1.0.0", "1.0.0+build", "already exists"),
        (
            "1.10.0",
            "1.9.0",
            "The installing plugin version 1.9.0 is lower than the existing plugin version 1.10.0",
        ),
        ("1.0.0", "1.0.0-rc.1", "is lower than"),
        ("1.0.0", "v2.0.0", "is not a valid semantic version"),
        ("v1", "2.0.0", "is not a valid semantic version"),
    ],
    ids=["equal", "build", "lower", "pre-release", "new malformed", "old malformed"],
)
def test_only_newer_versions_replace(old: str, new: str, said: str, tmp_path: Path) -> None:
    """Attack 170; PLG-012, R-32: equal, lower and malformed versions are refused; `--force` takes any."""
    install(tmp_path, version=old)
    with pytest.raises(PluginError, match=said) as caught:
        install(tmp_path, version=new)
    assert "--force" in (caught.value.hint or "")
    assert version_of(tmp_path) == old
    assert_workshop_is_empty(tmp_path)
    assert install(tmp_path, version=new, replacing=Replacing.ANY) == Installed("demo", new, old)
    assert version_of(tmp_path) == new


@pytest.mark.parametrize("data", [b"#!/bin/sh\nexit 1\n", b"garbage"], ids=["fails", "no program"])
def test_broken_plugin_is_replaced_by_force_only(data: bytes, tmp_path: Path) -> None:
    """PLG-012: nobody knows whether the new one is newer."""
    put_plugin(tmp_path, data=data)
    with pytest.raises(PluginError, match="failed to get metadata of existing plugin"):
        install(tmp_path)
    assert install(tmp_path, replacing=Replacing.ANY) == Installed("demo", "1.0.0", "")
    assert version_of(tmp_path) == "1.0.0"


def test_directory_without_a_program_is_no_plugin(tmp_path: Path) -> None:
    """PLG-012: what another program left half-way is replaced without force."""
    write_program(places(tmp_path).plugins / "demo" / "left", b"over")
    assert install(tmp_path).replaced == ""
    assert version_of(tmp_path) == "1.0.0"


def test_link_in_place_of_the_directory_is_left_alone(tmp_path: Path) -> None:
    """Attack 164: nothing is installed through a link."""
    (tmp_path / "elsewhere").mkdir()
    places(tmp_path).plugins.mkdir(parents=True)
    (places(tmp_path).plugins / "demo").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PluginError, match="is not a directory"):
        install(tmp_path, replacing=Replacing.ANY)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_plugin_that_does_not_work_is_not_installed(tmp_path: Path) -> None:
    """PLG-011: the new executable is asked who it is before anything is replaced."""
    install(tmp_path)
    for data, said in (
        (program("other", "2.0.0"), "instead of"),
        (b"#!/bin/sh\nexit 1\n", "without a reason"),
        (b"#!/bin/sh\necho hello\n", "failed to unmarshal"),
        (b"MZ not for this system", "exec format error"),
    ):
        path = write_program(tmp_path / "notation-demo", data)
        with pytest.raises(PluginError, match=rf"failed to get metadata of new plugin: .*{said}") as caught:
            install_plugin(Package(path), places(tmp_path), surroundings(), replacing=Replacing.ANY)
        assert "compatible with linux/" in (caught.value.hint or "")
        assert ".tmp" not in caught.value.message
    assert version_of(tmp_path) == "1.0.0"
    assert_workshop_is_empty(tmp_path)


def test_single_executable(tmp_path: Path) -> None:
    """PLG-006, PLG-010: named for its plugin, executable by its owner, reached through a link if so named."""
    path = write_program(tmp_path / "notation-demo", program(), 0o4775)
    assert install_plugin(Package(path), places(tmp_path), surroundings()).version == "1.0.0"
    installed = places(tmp_path).plugins / "demo" / "notation-demo"
    assert installed.stat().st_mode & 0o7777 == 0o755
    path.chmod(0o644)
    with pytest.raises(PluginError, match="input file notation-demo is not executable"):
        install_plugin(Package(path), places(tmp_path), surroundings())
    with pytest.raises(PluginError, match=r"requires format notation-\{plugin-name\}, but got demo"):
        install_plugin(Package(write_program(tmp_path / "demo", program())), places(tmp_path), surroundings())
    with pytest.raises(FileError, match=r"^stat .*: no such file or directory$"):
        install_plugin(Package(tmp_path / "nowhere"), places(tmp_path), surroundings())
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(PluginError, match="is not a valid file"):
        install_plugin(Package(tmp_path / "fifo"), places(tmp_path), surroundings())


def test_directory_as_a_package(tmp_path: Path) -> None:
    """PLG-010, PLG-013: its regular files; no links, no sub-directories, no old record."""
    source = tmp_path / "source"
    write_program(source / "notation-demo", program())
    write_program(source / "lib.so", b"x", 0o644)
    write_program(source / "docs" / "README", b"x", 0o644)
    (source / "link").symlink_to("/etc/passwd")
    (source / RECORD_NAME).write_text("{}")
    warnings: list[str] = []
    done = install_plugin(Package(source), places(tmp_path), surroundings(warn=warnings.append))
    assert done.name == "demo"
    found = {path.name for path in (places(tmp_path).plugins / "demo").iterdir()}
    assert found == {"notation-demo", "lib.so", RECORD_NAME}
    assert warnings == [f"{source}/link is not a regular file and is not installed"]
    with pytest.raises(UsageError, match="a directory has no SHA256"):
        install_plugin(Package(source, "0" * 64), places(tmp_path), surroundings())


def test_installed_plugin_can_be_taken_over(tmp_path: Path) -> None:
    """R-28: what another program installed gets its record by being installed again from where it is."""
    path = put_plugin(tmp_path)
    install_plugin(Package(path.parent), places(tmp_path), surroundings(), replacing=Replacing.ANY)
    found = find_program(places(tmp_path).plugins, "demo", surroundings(Strictness.HARDENED))
    assert plugin_metadata(found, {}).version == "1.0.0"


def test_uninstall_removes_everything(tmp_path: Path) -> None:
    """PLG-014: the whole directory, also of a broken plugin; an unknown name is an error."""
    install(tmp_path)
    uninstall_plugin("demo", places(tmp_path))
    assert list(places(tmp_path).plugins.iterdir()) == []
    assert_workshop_is_empty(tmp_path)
    for name in ("demo", "other"):
        assert not is_installed(name, places(tmp_path))
        with pytest.raises(MissingPluginError, match=f"^unable to find plugin {name}$"):
            uninstall_plugin(name, places(tmp_path))
    (places(tmp_path).plugins / "broken").mkdir()
    uninstall_plugin("broken", places(tmp_path))
    assert list(places(tmp_path).plugins.iterdir()) == []
    for name in ("..", ".", "", "a/b", "../plugins"):
        with pytest.raises(PluginError, match="invalid plugin name"):
            uninstall_plugin(name, places(tmp_path))


@pytest.mark.parametrize("exchange", [exchange_names, unable], ids=["one step", "two steps"])
def test_upgrades_at_once_end_with_the_newest(exchange: directory_swap.Exchange, tmp_path: Path) -> None:
    """Attack 169; SEC-005: several installers of one plugin; each wins or is told that it is older."""
    packages = [package(tmp_path / "packages", f"1.{number}.0") for number in range(8)]
    random.shuffle(packages)

    def once(one: Package) -> str:
        try:
            return install_plugin(one, places(tmp_path), surroundings(), exchange=exchange).version
        except PluginError as error:
            return "" if "is lower than" in error.message else repr(error)

    with ThreadPoolExecutor(4) as pool:
        done = set(pool.map(once, packages))
    assert "1.7.0" in done
    assert done <= {"", *(f"1.{number}.0" for number in range(8))}
    assert version_of(tmp_path) == "1.7.0"
    assert_workshop_is_empty(tmp_path)


def test_reader_sees_one_version_while_another_is_installed(tmp_path: Path) -> None:
    """Attack 169; R-32: with the exchange there is no moment without a complete plugin."""
    if not _can_exchange(tmp_path):
        pytest.fail("this system cannot exchange two names in one step")
    install(tmp_path, version="1.0.0")
    plugins = places(tmp_path).plugins
    with ThreadPoolExecutor(1) as pool:
        upgrades = pool.submit(lambda: [install(tmp_path, version=f"1.0.{n}") for n in range(1, 25)])
        looks = 0
        while not upgrades.done():
            find_program(plugins, "demo", surroundings(Strictness.HARDENED))
            looks += 1
        upgrades.result()
    assert looks > 100


def _can_exchange(tmp_path: Path) -> bool:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    return exchange_names(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize("present", ["old", "new"])
def test_directory_set_aside_by_a_dead_process_is_put_back_or_removed(present: str, tmp_path: Path) -> None:
    """Attack 169: death between the two steps; the next change brings the old version back."""
    install(tmp_path)
    room = places(tmp_path).libexec / ROOM_NAME
    plugin = places(tmp_path).plugins / "demo"
    if present == "old":
        plugin.rename(room / f"{RETIRED_PREFIX}demo")
    else:
        (room / f"{RETIRED_PREFIX}demo").mkdir()
    uninstalled = places(tmp_path).plugins / "other"
    uninstalled.mkdir()
    uninstall_plugin("other", places(tmp_path))
    assert version_of(tmp_path) == "1.0.0"
    assert_workshop_is_empty(tmp_path)


def test_swap_that_fails_leaves_the_old_directory(tmp_path: Path) -> None:
    """R-32: both ways of replacing put things back when the system refuses."""
    (tmp_path / "room").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").write_text("old")
    for exchange in (unable, exchange_names):
        with pytest.raises(FileError):
            replace_directory(tmp_path / "room" / "absent", tmp_path / "target", exchange)
        assert (tmp_path / "target" / "file").read_text() == "old"
        assert list((tmp_path / "room").iterdir()) == []
    recover(tmp_path / "room", tmp_path)


def upgrade_for_ever(root: Path, run: int, steps: int) -> None:
    """Install one version after another until killed; each one done is a line of the journal."""
    journal = os.open(root / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    exchange = unable if steps == 2 else exchange_names
    for number in range(1, 10_000):
        version = f"{run}.{number}.0"
        install_plugin(
            package(root / "packages", version, padding=40_000),
            places(root),
            surroundings(),
            replacing=Replacing.ANY,
            exchange=exchange,
        )
        os.write(journal, f"{version}\n".encode())


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2], ids=["one step", "two steps"])
def test_killed_installer_leaves_a_complete_version(steps: int, tmp_path: Path) -> None:
    """Attack 169; R-32, R-34, SEC-005: after each death the last version reported, or the next, is whole."""
    install(tmp_path, version="0.0.1")
    journal = tmp_path / "journal"
    journal.touch()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["filelock", "tests.contract.test_plugin_install"])
    for run in range(1, KILLS + 1):
        writer = context.Process(target=upgrade_for_ever, args=(tmp_path, run, steps))
        size = journal.stat().st_size
        writer.start()
        while journal.stat().st_size == size and run % 4 and writer.is_alive():
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.08))
        writer.kill()
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        if steps == 2:  # what the next installer does first; with one step it is never needed
            uninstall_something_else(tmp_path)
        version = version_of(tmp_path)
        done = ["0.0.1", *journal.read_text().split()]
        assert version == done[-1] or is_after(version, done[-1], run)
    assert journal.read_text().count("\n") >= KILLS // 2
    install(tmp_path, version="9999.0.0", replacing=Replacing.ANY)
    assert version_of(tmp_path) == "9999.0.0"
    assert_workshop_is_empty(tmp_path)


def uninstall_something_else(root: Path) -> None:
    (places(root).plugins / "other").mkdir()
    uninstall_plugin("other", places(root))


def is_after(version: str, reported: str, run: int) -> bool:
    """Return whether *version* was being installed when *reported* was the last one done."""
    major, minor, _ = map(int, version.split("."))
    last_major, last_minor, _ = map(int, reported.split("."))
    return (major == last_major and minor == last_minor + 1) or (last_major < major <= run and minor == 1)


def test_full_disk_leaves_the_old_version(tmp_path: Path) -> None:
    """Attack 169: a file that cannot be written; the old version stays, and the next attempt works."""
    install(tmp_path)
    big = package(tmp_path / "packages", "2.0.0", padding=300_000)
    child = multiprocessing.get_context("fork").Process(target=install_with_little_room, args=(tmp_path, big))
    child.start()
    child.join()
    assert child.exitcode == 3
    assert version_of(tmp_path) == "1.0.0"
    assert_workshop_is_empty(tmp_path)
    assert install_plugin(big, places(tmp_path), surroundings()).replaced == "1.0.0"
    assert version_of(tmp_path) == "2.0.0"


def install_with_little_room(root: Path, big: Package) -> None:
    """Install with files limited to 100 kB, and end with 3 if that is refused as it should be."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        install_plugin(big, places(root), surroundings())
    except NotationError as error:
        os._exit(3 if "file too large" in error.message else 4)
    os._exit(5)


def test_plugins_on_another_file_system_are_staged_there(tmp_path: Path) -> None:
    """R-32: one rename is enough only within a file system, so `plugins` itself is used if need be."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        assert Path(memory).stat().st_dev != tmp_path.stat().st_dev
        places(tmp_path).libexec.mkdir()
        places(tmp_path).plugins.symlink_to(memory)
        assert install(tmp_path).version == "1.0.0"
        assert install(tmp_path, version="1.1.0").replaced == "1.0.0"
        assert version_of(tmp_path) == "1.1.0"
        assert [path.name for path in Path(memory).iterdir()] == ["demo"]
        uninstall_plugin("demo", places(tmp_path))
        assert list(Path(memory).iterdir()) == []


def test_hardened_install_needs_no_exception(tmp_path: Path) -> None:
    """R-28: what we install satisfies our own strictest reading."""
    strict = surroundings(Strictness.HARDENED, refuse)
    assert install_plugin(package(tmp_path / "p"), places(tmp_path), strict).version == "1.0.0"
    assert find_program(places(tmp_path).plugins, "demo", strict).name == "demo"


def by_others(room: Path) -> None:
    room.mkdir(mode=0o700, parents=True)
    room.chmod(0o720)


def by_everybody(room: Path) -> None:
    room.mkdir(mode=0o700, parents=True)
    room.chmod(0o1777)


def through_a_link(room: Path) -> None:
    (room.parent / "elsewhere").mkdir(mode=0o700, parents=True)
    room.symlink_to("elsewhere")


@pytest.mark.parametrize("made", [by_others, by_everybody, through_a_link])
def test_workshop_that_others_made_is_not_used(made: Callable[[Path], None], tmp_path: Path) -> None:
    """Attack 175; R-31: who made the place before us could put another program there before it is run."""
    made(places(tmp_path).libexec / ROOM_NAME)
    with pytest.raises(PluginError, match="new plugins cannot be looked at in") as caught:
        install(tmp_path)
    assert str(places(tmp_path).libexec / ROOM_NAME) in (caught.value.hint or "")
    assert list(places(tmp_path).plugins.iterdir()) == []


def test_workshop_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 175; R-31: its owner can rename what is in it, whatever the mode says."""
    install(tmp_path)
    owner = (places(tmp_path).libexec / ROOM_NAME).stat().st_uid
    if owner == 0:
        os.chown(places(tmp_path).libexec / ROOM_NAME, 1, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(PluginError, match="new plugins cannot be looked at in"):
        install(tmp_path, version="2.0.0")
    monkeypatch.undo()
    assert version_of(tmp_path) == "1.0.0"


def test_nothing_is_looked_at_where_everybody_can_rename(tmp_path: Path) -> None:
    """Attack 175; R-28: what could not be run there is not installed there, and not run to be looked at."""
    places(tmp_path).libexec.mkdir()
    places(tmp_path).libexec.chmod(0o777)
    with pytest.raises(PluginError, match=r"anybody can change .* \(mode 0777\)"):
        install(tmp_path)
    places(tmp_path).libexec.chmod(0o1777)
    assert install(tmp_path).version == "1.0.0"
