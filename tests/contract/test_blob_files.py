# SPDX-License-Identifier: Apache-2.0
"""Blobs on a disk and on standard input, read once, and signature files written whole or not at all."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from hashlib import sha384
from pathlib import Path

import pytest

from notation_py.adapters import blob_files
from notation_py.adapters.blob_files import Existing, open_blob, read_signature, write_signature
from notation_py.adapters.files import FileError, FileProblem
from notation_py.digest import HashAlgorithm
from notation_py.errors import ConfigurationError, Outcome

DATA = os.urandom(blob_files.CHUNK_BYTES * 2 + 17)


@pytest.fixture
def blob(tmp_path):
    path = tmp_path / "app.tar"
    path.write_bytes(DATA)
    return path


def test_digest_and_size_come_from_one_reading(blob):
    """Over several chunks, the last one short. BLOB-005, PAY-008, PAY-009."""
    with open_blob(str(blob)) as opened:
        digest, size = opened.digest(HashAlgorithm.SHA384)
    assert (digest.hex, size) == (sha384(DATA).hexdigest(), len(DATA))


@pytest.mark.parametrize("size", [0, 1, blob_files.CHUNK_BYTES - 1, blob_files.CHUNK_BYTES])
def test_chunk_borders_do_not_matter(tmp_path, size):
    """A file that ends where a chunk ends, and an empty one. PAY-009."""
    path = tmp_path / "app.tar"
    path.write_bytes(DATA[:size])
    with open_blob(str(path)) as opened:
        digest, counted = opened.digest(HashAlgorithm.SHA384)
    assert (digest.hex, counted) == (sha384(DATA[:size]).hexdigest(), size)


def test_blob_is_what_was_opened(blob, tmp_path):
    """A file that takes the name afterwards is not read. Attack 178."""
    with open_blob(str(blob)) as opened:
        other = tmp_path / "other"
        other.write_bytes(b"other")
        other.replace(blob)
        digest, _ = opened.digest(HashAlgorithm.SHA384)
    assert digest.hex == sha384(DATA).hexdigest()


@pytest.mark.parametrize("change", ["grown", "shrunk", "rewritten"])
def test_blob_that_changes_while_it_is_read_is_refused(blob, monkeypatch, change):
    """Size or time of the file are others at the end. Attack 178."""
    os.utime(blob, ns=(0, 0))
    changes = {
        "grown": lambda: os.truncate(blob, len(DATA) + 1),
        "shrunk": lambda: os.truncate(blob, 10),
        "rewritten": lambda: os.utime(blob, ns=(0, 1)),
    }

    class Changing:
        """SHA-384 during which somebody changes the file, once."""

        def __init__(self):
            self.state, self.count = sha384(), 0

        def update(self, data):
            self.state.update(data)
            self.count += 1
            if self.count == 1:
                changes[change]()

        def hexdigest(self):
            return self.state.hexdigest()

    monkeypatch.setattr("hashlib.new", lambda _name: Changing())
    with (
        open_blob(str(blob)) as opened,
        pytest.raises(FileError, match="changed while it was read") as caught,
    ):
        opened.digest(HashAlgorithm.SHA384)
    assert caught.value.outcome is Outcome.INTEGRITY


def test_file_that_gives_more_than_its_size_is_refused():
    """Files of /proc have no size: what they give differs from one reading to the next. Attack 178."""
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("no /proc on this system")
    with open_blob(str(path)) as opened, pytest.raises(FileError, match="changed while it was read"):
        opened.digest(HashAlgorithm.SHA256)


def test_link_to_a_blob_is_followed(blob, tmp_path):
    """The user named it; what counts is what is read. BLOB-005."""
    link = tmp_path / "link"
    link.symlink_to(blob)
    with open_blob(str(link)) as opened:
        assert opened.digest(HashAlgorithm.SHA256)[1] == len(DATA)


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "device", "dangling", "socket", "nul"])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path, kind):
    """A FIFO has no writer and /dev/zero no end; neither is opened. Attack 178, SEC-001."""
    path = tmp_path / "app.tar"
    with socket.socket(socket.AF_UNIX) as listening:
        match kind:
            case "directory":
                path.mkdir()
            case "fifo":
                os.mkfifo(path)
            case "device":
                path = Path("/dev/zero")
            case "dangling":
                path.symlink_to("nowhere")
            case "socket":
                listening.bind(str(path))
            case "nul":
                path = Path("a\0b")
        with pytest.raises(FileError) as caught, open_blob(str(path)):
            pass
    missing = kind in {"missing", "dangling"}
    expected = (
        FileProblem.MISSING if missing else FileProblem.OTHER if kind == "nul" else FileProblem.NOT_REGULAR
    )
    assert caught.value.problem is expected
    if expected is FileProblem.NOT_REGULAR:
        assert caught.value.message == f"{path} is not a regular file"
        assert "standard input, with - as the path" in (caught.value.hint or "")


READ = (
    "import sys; from notation_py.adapters.blob_files import open_blob\n"
    "from notation_py.digest import HashAlgorithm; from notation_py.errors import NotationError\n"
    "try:\n"
    "    with open_blob('-') as blob: print(*blob.digest(HashAlgorithm.SHA384))\n"
    "except NotationError as error: sys.exit(error.message)"
)


def read_from(stdin, **arguments):
    return subprocess.run(
        [sys.executable, "-c", READ],
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **arguments,
    )


def test_standard_input_is_a_file_or_a_pipe(blob):
    """A pipe that is filled slowly, and a file from where it stands. BLOB-005."""
    expected = f"sha384:{sha384(DATA).hexdigest()} {len(DATA)}\n"
    with blob.open("rb") as stream:
        assert read_from(stream).stdout == expected
    reading, writing = os.pipe()

    def feed():
        with os.fdopen(writing, "wb") as stream:
            for start in range(0, len(DATA), 100_003):
                stream.write(DATA[start : start + 100_003])
                stream.flush()

    feeder = threading.Thread(target=feed)
    feeder.start()
    with os.fdopen(reading, "rb") as stream:
        assert read_from(stream).stdout == expected
    feeder.join()


def test_standard_input_that_is_a_device_is_refused():
    """/dev/null is what a job without input has, and /dev/zero never ends. Attack 178."""
    for path in (Path(os.devnull), Path("/dev/zero")):
        with path.open("rb") as stream:
            done = read_from(stream)
        assert (done.returncode, done.stderr) == (1, "standard input is no file and no pipe\n")


def test_terminal_is_no_blob():
    """Nobody waits for a person who forgot to redirect the input. Attack 178."""
    leader, follower = os.openpty()
    try:
        assert read_from(follower).stderr == "standard input is no file and no pipe\n"
    finally:
        os.close(leader)
        os.close(follower)


def test_closed_standard_input_is_an_error():
    """Not an empty blob. BLOB-005."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" <&-', sys.executable, READ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "read standard input: bad file descriptor\n"


def test_signature_is_read_through_a_link_and_up_to_a_limit(tmp_path, monkeypatch):
    """A huge file is refused by its size. Attack 178."""
    path = tmp_path / "a.jws.sig"
    path.write_bytes(b"{}")
    (tmp_path / "link").symlink_to(path)
    assert read_signature(tmp_path / "link") == b"{}"
    monkeypatch.setattr(blob_files, "MAX_SIGNATURE_BYTES", 1)
    with pytest.raises(FileError) as caught:
        read_signature(path)
    assert caught.value.outcome is Outcome.LIMIT


def test_huge_signature_file_costs_no_memory(tmp_path):
    """A sparse file of 10 GiB: refused before a byte is read. Attack 178."""
    path = tmp_path / "a.jws.sig"
    with path.open("wb") as stream:
        stream.truncate(10 << 30)
    with pytest.raises(FileError, match="larger than 33554432 bytes"):
        read_signature(path)


def test_signature_file_and_its_directories_are_the_users_own(tmp_path):
    """Mode 0600, new directories 0700. BLOB-003."""
    old = os.umask(0)
    try:
        path = tmp_path / "a" / "b" / "app.tar.jws.sig"
        write_signature(path, b"signature", Existing.KEPT)
    finally:
        os.umask(old)
    assert path.read_bytes() == b"signature"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path.parent, path.parent.parent)] == [0o700] * 2
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_existing_signature_is_replaced_only_if_that_was_agreed(tmp_path):
    """One that appeared while the blob was read stays as it is. BLOB-004."""
    path = tmp_path / "app.tar.jws.sig"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with pytest.raises(
        ConfigurationError, match=r"^failed to write signature to file: open .*: file exists$"
    ):
        write_signature(path, b"new", Existing.KEPT)
    assert path.read_bytes() == b"old"
    write_signature(path, b"new", Existing.REPLACED)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("existing", list(Existing))
def test_signature_is_not_written_through_a_link(tmp_path, existing):
    """What a link in a shared directory points to is not overwritten. BLOB-003, SEC-005."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"old")
    path = tmp_path / "app.tar.jws.sig"
    path.symlink_to(victim)
    with pytest.raises(ConfigurationError, match="failed to write signature to file"):
        write_signature(path, b"new", existing)
    assert victim.read_bytes() == b"old"
    assert path.is_symlink()


def test_signature_goes_to_no_directory_that_is_a_file(tmp_path):
    """The error is about writing, and nothing is left. BLOB-003."""
    (tmp_path / "sigs").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="failed to write signature to file: mkdir"):
        write_signature(tmp_path / "sigs" / "a.jws.sig", b"x", Existing.KEPT)


def test_full_disk_leaves_no_signature(tmp_path):
    """The file is there whole or not at all; here the system takes only a part of it. SEC-005, BLOB-003."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "from notation_py.adapters.blob_files import Existing, write_signature\n"
        "from notation_py.errors import ConfigurationError\n"
        "try: write_signature(Path(sys.argv[1]), b'x' * 100, Existing.KEPT)\n"
        "except ConfigurationError as error: sys.exit(error.message)"
    )
    path = tmp_path / "a.jws.sig"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("failed to write signature to file: write ")
    assert signal.SIGXFSZ
    assert list(tmp_path.iterdir()) == []
