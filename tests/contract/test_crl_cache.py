# SPDX-License-Identifier: Apache-2.0
"""CRLs on disk: the Go program's format, many writers at once, and what goes wrong with disks."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from notation_py.adapters.crl_cache import DirectoryCrlCache
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.chain import check_chain
from notation_py.revocation.sources import RevocationSources
from notation_py.revocation.status import Status
from tests.simulator.commands import ROOT
from tests.simulator.pki import NOW
from tests.simulator.revocation_authority import FakeFetcher, crl, crl_url, entry, parsed, revocable_chain

URL = "http://localhost:10086/leaf.crl"
NAME = "eaf8bbfe35f6c2c8b136081de9a994f9515752b2e30b9a6889ae3128ea97656c"
DISCARDED = "CRL cache error discarded. Enable debug log through '-d' for error details."
BUNDLE = CrlBundle(b"base list", b"delta list")


class Told:
    """A cache in *directory*, and what it told."""

    def __init__(self, directory: Path) -> None:
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.cache = DirectoryCrlCache(directory, self.warnings.append, self.notes.append)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "crl"


@pytest.fixture
def told(directory: Path) -> Told:
    return Told(directory)


def test_bundle_is_kept_in_the_go_programs_form_and_place(directory: Path, told: Told) -> None:
    """REV-080, CFG-003; R-20: nobody else can read it, or the directories on the way."""
    told.cache.store(URL, CrlBundle(b"base list"))
    assert (directory / NAME).read_bytes() == b'{"baseCRL":"YmFzZSBsaXN0"}'
    told.cache.store(URL, BUNDLE)
    assert (directory / NAME).read_bytes() == b'{"baseCRL":"YmFzZSBsaXN0","deltaCRL":"ZGVsdGEgbGlzdA=="}'
    assert [path.name for path in directory.iterdir()] == [NAME]
    modes = {
        path: stat.S_IMODE(path.stat().st_mode) for path in (directory.parent, directory, directory / NAME)
    }
    assert list(modes.values()) == [0o700, 0o700, 0o600]
    assert told.cache.load(URL) == BUNDLE
    assert told.warnings == []


def test_bundle_is_found_by_its_own_url_only(told: Told) -> None:
    """REV-080: nothing is kept is no failure."""
    assert told.cache.load(URL) is None
    told.cache.store(URL, BUNDLE)
    assert told.cache.load(URL + "?") is None
    assert told.cache.load("") is None
    assert told.cache.load("http://ä\ud800/\0../..") is None
    assert told.warnings == []


def test_use_of_the_cache_is_noted_in_the_go_programs_words(directory: Path, told: Told) -> None:
    """REV-082; cli 9: what `-d` shows."""
    told.cache.load(URL)
    told.cache.store(URL, BUNDLE)
    (directory / NAME).write_bytes(b"{")
    told.cache.load(URL)
    failed = f'failed to get crl bundle from file cache with key "{URL}": CRL cache file is not strict JSON'
    assert told.notes[:-1] == [
        f'Retrieving crl bundle from file cache with key "{URL}" ...',
        f'CRL file cache miss. Key "{URL}" does not exist',
        f'Storing crl bundle to file cache with key "{URL}" ...',
        f'Retrieving crl bundle from file cache with key "{URL}" ...',
    ]
    assert told.notes[-1].startswith(failed)


GOOD = {"baseCRL": "YmFzZQ==", "deltaCRL": "ZGVsdGE="}
BROKEN = {
    "empty": b"",
    "cut short": json.dumps(GOOD).encode()[:-3],
    "garbage": bytes(range(256)),
    "a list": b"[]",
    "null": b"null",
    "no base": b'{"deltaCRL":"ZGVsdGE="}',
    "empty base": b'{"baseCRL":""}',
    "null base": b'{"baseCRL":null}',
    "empty delta": b'{"baseCRL":"YmFzZQ==","deltaCRL":""}',
    "null delta": b'{"baseCRL":"YmFzZQ==","deltaCRL":null}',
    "number": b'{"baseCRL":7}',
    "two bases": b'{"baseCRL":"YmFzZQ==","baseCRL":"YmFzZQ=="}',
    "other letter case": b'{"basecrl":"YmFzZQ=="}',
    "another member": b'{"baseCRL":"YmFzZQ==","more":""}',
    "two documents": b'{"baseCRL":"YmFzZQ=="}{"baseCRL":"YmFzZQ=="}',
    "base64url": b'{"baseCRL":"-_-_"}',
    "line ends": b'{"baseCRL":"YmFz\\nZQ=="}',
    "no padding": b'{"baseCRL":"YmFzZQ"}',
    "tail bits": b'{"baseCRL":"YmFzZR=="}',
    "nested": b"[" * 100_000,
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_file_counts_as_nothing(directory: Path, told: Told, fault: str) -> None:
    """Attack 84; REV-082: with one warning, and a new list mends it."""
    directory.mkdir(parents=True)
    (directory / NAME).write_bytes(BROKEN[fault])
    assert told.cache.load(URL) is None
    assert told.cache.load(URL) is None
    assert told.warnings == [DISCARDED]
    told.cache.store(URL, BUNDLE)
    assert told.cache.load(URL) == BUNDLE


def _link(path: Path) -> None:
    target = path.parent / "target"
    target.write_bytes(json.dumps(GOOD).encode())
    path.symlink_to(target)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


ODD: dict[str, Callable[[Path], None]] = {"symbolic link": _link, "pipe": os.mkfifo, "a gigabyte": _huge}


@pytest.mark.parametrize("kind", ODD)
def test_odd_file_counts_as_nothing_and_is_replaced(directory: Path, told: Told, kind: str) -> None:
    """Attack 84; R-20: a link is not followed, for reading or for writing."""
    directory.mkdir(parents=True)
    ODD[kind](directory / NAME)
    assert told.cache.load(URL) is None
    assert told.warnings == [DISCARDED]
    told.cache.store(URL, BUNDLE)
    assert told.cache.load(URL) == BUNDLE
    assert (directory / NAME).lstat().st_mode == stat.S_IFREG | 0o600
    if kind == "symbolic link":
        assert json.loads((directory / "target").read_bytes()) == GOOD


def test_directory_where_a_file_should_be_is_left_alone(directory: Path, told: Told) -> None:
    """Attack 84; REV-082: nothing is left behind, and one line is said."""
    (directory / NAME).mkdir(parents=True)
    assert told.cache.load(URL) is None
    told.cache.store(URL, BUNDLE)
    assert told.warnings == [DISCARDED]
    assert [path.name for path in directory.iterdir()] == [NAME]


def test_cache_that_cannot_be_made_is_said_once(directory: Path, told: Told) -> None:
    """Attack 84; REV-082; cli 7: in the Go program's words."""
    directory.parent.parent.joinpath("cache").write_bytes(b"a file")
    assert told.cache.load(URL) is None
    told.cache.store(URL, BUNDLE)
    told.cache.store(URL, BUNDLE)
    assert len(told.warnings) == 1
    assert told.warnings[0].startswith("failed to create crl file cache: mkdir ")


def test_list_that_no_reader_would_take_is_not_kept(directory: Path, told: Told) -> None:
    """R-10: 32 MiB is too large, and nothing is too small; the largest that is fetched is kept."""
    for base, delta in ((b"", None), (b"base", b""), (bytes(32 << 20), None), (b"base", bytes(32 << 20))):
        told.cache.store(URL, CrlBundle(base, delta))
        assert list(directory.iterdir()) == []
    assert told.warnings == [DISCARDED]
    largest = CrlBundle(bytes((32 << 20) - 1), bytes((32 << 20) - 1))
    told.cache.store(URL, largest)
    assert told.cache.load(URL) == largest


def test_file_of_a_killed_writer_goes_and_that_of_a_living_one_stays(directory: Path, told: Told) -> None:
    """R-20: temporary files of either program, an hour old, are removed by the next writer."""
    directory.mkdir(parents=True)
    for name, age in (("notation-123", 7200), ("notation-456", 60), ("other", 7200)):
        (directory / name).write_bytes(b"half")
        now = (directory / name).stat().st_mtime
        os.utime(directory / name, (now - age, now - age))
    told.cache.store(URL, BUNDLE)
    assert {path.name for path in directory.iterdir()} == {"notation-456", "other", NAME}


def test_two_hundred_writers_and_their_readers_never_meet_half_a_list(directory: Path) -> None:
    """REV-084; R-20: what is read is always one of the bundles that were written, and nothing is left."""
    told = Told(directory)
    bundles = [CrlBundle(bytes([n]) * 50_000, bytes([255 - n]) * 50_000) for n in range(200)]
    told.cache.store(URL, bundles[0])

    def write_and_read(bundle: CrlBundle) -> CrlBundle | None:
        told.cache.store(URL, bundle)
        return told.cache.load(URL)

    with ThreadPoolExecutor(200) as pool:
        assert set(pool.map(write_and_read, bundles)) <= set(bundles)
    assert [path.name for path in directory.iterdir()] == [NAME]
    assert told.warnings == []


CHILD = """
import os, resource, sys
from pathlib import Path
from notation_py.adapters.crl_cache import DirectoryCrlCache
from notation_py.revocation.cache import CrlBundle

word, url, place = sys.argv[1:]
cache = DirectoryCrlCache(Path(place), lambda line: print("warning:", line))
if word == "write":
    whole = [CrlBundle(b"%d" % n * 90_000, b"%d" % (9 - n) * 90_000) for n in range(10)]
    sys.stdin.read()
    for turn in range(30):
        cache.store(url, whole[turn % 10])
        if cache.load(url) not in whole:
            print("half a bundle")
else:
    if word == "unprivileged" and os.geteuid() == 0:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
    if word == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    print(cache.load(url))
    cache.store(url, CrlBundle(b"n" * 90_000))
    print(cache.load(url))
"""


def child(word: str, directory: Path, place: str = "crl") -> subprocess.Popen[str]:
    """Start a process that uses the cache at *place* beside *directory*."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, word, URL, place],
        cwd=directory.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def test_two_processes_at_once_never_meet_half_a_list(directory: Path, told: Told) -> None:
    """REV-084; R-20."""
    directory.mkdir(parents=True)
    children = [child("write", directory), child("write", directory)]
    outputs = [process.communicate("", timeout=60)[0] for process in children]
    assert outputs == ["", ""]
    assert [path.name for path in directory.iterdir()] == [NAME]
    assert told.cache.load(URL) is not None


@pytest.mark.parametrize("word", ["unprivileged", "full"])
def test_disk_that_takes_nothing_leaves_the_old_list(directory: Path, told: Told, word: str) -> None:
    """Attack 84; REV-082: a directory that is read-only, a disk without room; nothing half-written stays."""
    told.cache.store(URL, CrlBundle(b"old"))
    before = (directory / NAME).read_bytes()
    (directory / NAME).chmod(0o644)
    directory.parent.chmod(0o755)
    directory.chmod(0o555)
    output = child(word, directory).communicate("", timeout=60)[0]
    old = "CrlBundle(base=b'old', delta=None)"
    assert output.splitlines() == [old, f"warning: {DISCARDED}", old]
    directory.chmod(0o700)
    assert [path.name for path in directory.iterdir()] == [NAME]
    assert (directory / NAME).read_bytes() == before


def test_directory_that_cannot_be_entered_is_no_error(directory: Path, told: Told) -> None:
    """Attack 84; REV-082."""
    directory.mkdir(parents=True)
    directory.parent.chmod(0o755)
    directory.chmod(0o600)
    output = child("unprivileged", directory, "crl/below").communicate("", timeout=60)[0]
    directory.chmod(0o700)
    assert output.splitlines() == [f"warning: {DISCARDED}", "None", "None"]
    assert list(directory.iterdir()) == told.warnings == []


def test_cache_on_another_file_system_works(tmp_path: Path, told: Told) -> None:
    """Attack 84: the temporary file lies beside the final one, wherever that is."""
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        elsewhere = tmp_path
    place = elsewhere / f"notation-py-test-{os.getpid()}"
    place.mkdir(mode=0o700)
    try:
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache" / "crl").symlink_to(place)
        told.cache.store(URL, BUNDLE)
        assert told.cache.load(URL) == BUNDLE
        assert [path.name for path in place.iterdir()] == [NAME]
        assert told.warnings == []
    finally:
        for path in place.iterdir():
            path.unlink()
        place.rmdir()


# --- with the checks that use it ------------------------------------------------------------------

CHAIN = revocable_chain(2, crl=True)
OTHER = revocable_chain(2, crl=True, subject="other")
LIST = crl(CHAIN, 0)
REVOKING = crl(CHAIN, 0, entries=[entry(CHAIN, 0)])
PLACE = sha256(crl_url(0).encode()).hexdigest()


def spelt(base: bytes) -> bytes:
    from base64 import b64encode

    return b'{"baseCRL":"' + b64encode(base) + b'"}'


SPOILED: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(spelt(LIST)[:100]),
    "garbage": lambda path: path.write_bytes(b"\x00" * 100),
    "list of another issuer": lambda path: path.write_bytes(spelt(crl(OTHER, 0))),
    "half a list": lambda path: path.write_bytes(spelt(LIST[:-1])),
    "expired list": lambda path: path.write_bytes(spelt(crl(CHAIN, 0, next_update=NOW.replace(hour=0)))),
    "symbolic link": _link,
    "pipe": os.mkfifo,
    "directory": Path.mkdir,
}


@pytest.mark.parametrize("kept", SPOILED)
@pytest.mark.parametrize("published", [LIST, REVOKING], ids=["good", "revoked"])
def test_spoiled_cache_changes_no_verdict(directory: Path, told: Told, kept: str, published: bytes) -> None:
    """Attack 84; REV-081 to REV-083: what cannot be used is fetched again, and the new list decides."""
    directory.mkdir(parents=True)
    SPOILED[kept](directory / PLACE)
    fetcher = FakeFetcher({crl_url(0): published})
    found = check_chain(parsed(CHAIN), RevocationSources(fetcher, told.cache), at=NOW)
    assert found.certificates[0].status is (Status.GOOD if published == LIST else Status.REVOKED)
    assert fetcher.asked == [crl_url(0)]
    is_well_formed = "list" in kept
    assert told.warnings == ([] if is_well_formed else [DISCARDED])
    if kept != "directory":
        assert told.cache.load(crl_url(0)) == CrlBundle(published)


def test_warm_cache_asks_nobody(told: Told) -> None:
    """REV-080: and a second process needs the network as little."""
    cold = FakeFetcher({crl_url(0): LIST})
    for fetcher in (cold, FakeFetcher(), FakeFetcher()):
        found = check_chain(parsed(CHAIN), RevocationSources(fetcher, told.cache), at=NOW)
        assert found.certificates[0].status is Status.GOOD
    assert cold.asked == [crl_url(0)]
    assert told.warnings == []
