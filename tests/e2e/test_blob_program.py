# SPDX-License-Identifier: Apache-2.0
"""Blobs with the real program: streams, files of any size in little memory, hardened, and attacks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import pki
from tests.simulator.blobs import SKIP, blob_statement
from tests.simulator.commands import OURS, Command, Ran, Settings, our_program

BLOB = b"content of a release\n"
LARGE = 300 << 20
KIB_PER_MIB = 1024


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A key, and a policy that trusts it: `p`, the global one."""
    made = Settings(tmp_path / "settings")
    chain = pki.make_chain("EC-256", 2, subject="alice")
    made.add_key("alice", chain)
    made.trust("acme", chain)
    made.blob_policy(blob_statement("p", globalPolicy=True), blob_statement("none", **SKIP))
    return made


@pytest.fixture
def program(settings: Settings, tmp_path: Path) -> Command:
    return our_program(settings).within(tmp_path)


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    path = tmp_path / "app.tar"
    path.write_bytes(BLOB)
    return path


def verdict(ran: Ran) -> dict[str, Any]:
    [only] = ran.json["verifications"]
    return only


def fed(program: Command, data: bytes, *words: str) -> Ran:
    """Return what the program does with *data* on standard input."""
    done = subprocess.run(
        [*program.words, *words],
        input=data,
        env=program.environment,
        cwd=program.directory,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_stream_and_file_are_the_same_blob(program: Command, blob: Path) -> None:
    """What was signed from a pipe is verified as a file, and the other way round (BLOB-005)."""
    data = os.urandom(3_000_000)
    blob.write_bytes(data)
    assert fed(program, data, "blob", "sign", "--signature", "s.jws.sig", "-").code == 0
    assert program("blob", "verify", "-s", "s.jws.sig", "app.tar").code == 0
    program.done("blob", "sign", "app.tar")
    assert fed(program, data, "blob", "verify", "-s", "app.tar.jws.sig", "-").code == 0
    assert fed(program, data + b"\n", "blob", "verify", "-s", "app.tar.jws.sig", "-").code == 1
    ran = fed(program, data, "blob", "verify", "-o", "json", "-s", "app.tar.jws.sig", "-")
    assert verdict(ran)["target"]["digest"] == f"sha256:{sha256(data).hexdigest()}"


def test_stream_that_is_not_wanted_is_not_read(program: Command, blob: Path) -> None:
    """A signature that is no good is refused before a byte of an endless stream is asked for (BLOB-023)."""
    program.done("blob", "sign", "app.tar")
    Path(blob.parent, "bad.jws.sig").write_bytes(b"{}")
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [*program.words, "blob", "verify", "-s", "bad.jws.sig", "-"],
            stdin=reading,
            env=program.environment,
            cwd=program.directory,
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(reading)
        os.close(writing)
    assert done.returncode == 1
    assert b"signature verification failed: " in done.stderr


def test_shell_pipes_reach_the_program(program: Command, blob: Path) -> None:
    """As the documents show it: from another program, by redirection, and not by a FIFO's name (BLOB-005)."""
    environment = {**program.environment, "OURS": " ".join(("exec", *map(_quoted, OURS)))}
    script = (
        'ours() { (eval "$OURS" \'"$@"\'); }\n'
        "cat app.tar | ours blob sign --signature s.jws.sig - &&\n"
        "ours blob verify -s s.jws.sig - < app.tar &&\n"
        "mkfifo fifo && ! ours blob verify -s s.jws.sig fifo\n"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env=environment,
        cwd=program.directory,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Successfully verified signature for -" in done.stdout
    assert done.stderr.startswith(
        "Error: fifo is not a regular file\nHint: to read a stream, give it on standard input"
    )


def _quoted(word: str) -> str:
    from shlex import quote

    return quote(word)


def test_signature_that_appears_meanwhile_is_kept(program: Command, blob: Path) -> None:
    """While the stream is read somebody else writes the file: it is not replaced without a yes (BLOB-004)."""
    reading, writing = os.pipe()
    place = blob.with_name("s.jws.sig")
    running = subprocess.Popen(
        [*program.words, "blob", "sign", "--signature", "s.jws.sig", "-"],
        stdin=reading,
        env=program.environment,
        cwd=program.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reading)
    with os.fdopen(writing, "wb") as stream:
        stream.write(b"x" * (1 << 20))  # more than a pipe holds, so the program has begun to read
        stream.flush()
        place.write_bytes(b"somebody else's")
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (1, "")
    assert err == "Error: failed to write signature to file: open s.jws.sig: file exists\n"
    assert place.read_bytes() == b"somebody else's"
    assert sorted(path.name for path in blob.parent.iterdir()) == ["app.tar", "s.jws.sig", "settings"]


def test_blob_does_not_answer_the_question_about_its_signature(program: Command, blob: Path) -> None:
    """BLOB-004: standard input under another name is the blob as well, and its `y` is nobody's yes."""
    blob.write_bytes(b"y\n")
    kept = blob.with_name("stdin.jws.sig")
    kept.write_bytes(b"kept")
    with blob.open("rb") as stream:
        done = subprocess.run(
            [*program.words, "blob", "sign", "--signature-directory", ".", "/dev/stdin"],
            stdin=stream,
            env=program.environment,
            cwd=program.directory,
            capture_output=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert b"nobody can be asked" in done.stderr
    assert kept.read_bytes() == b"kept"


@pytest.mark.parametrize("name", ["app.jws.sig", "./app.jws.sig", "link"])
def test_blob_is_not_replaced_by_its_signature(program: Command, blob: Path, name: str) -> None:
    """SEC-005: not even with --force: a signature of what is gone is of no use."""
    signed = blob.rename(blob.with_name("app.jws.sig"))
    signed.with_name("link").symlink_to(signed)
    ran = program("blob", "sign", "--force", "--signature", "app.jws.sig", name)
    assert ran.code == 1
    assert "is the blob itself" in ran.err
    assert signed.read_bytes() == BLOB


def test_hardened_mode_reads_signatures_twice(program: Command, settings: Settings, blob: Path) -> None:
    """Signing and verifying under `hardened`, with the second readers on (R-14)."""
    alone = pki.make_chain("EC-256", 1, subject="alone")  # cannot be revoked, so nobody need be asked
    settings.add_key("alone", alone)
    settings.trust("acme", alone)
    hardened = program.with_environment(NOTATION_PY_HARDENED="1")
    for form in ("jws", "cose"):
        hardened.done("blob", "sign", "-k", "alone", "--signature-format", form, "app.tar")
        hardened.done("blob", "verify", "-s", f"app.tar.{form}.sig", "app.tar")
    code = (
        "import sys\n"
        "from notation_py.envelope import second_opinion\n"
        "from notation_py.errors import UntrustedError\n"
        "def refuse(data, intact): raise UntrustedError('the second reader says no')\n"
        "second_opinion.second_opinion = refuse\n"
        "from notation_py.cli.front import main; sys.exit(main())"
    )
    other = Command((sys.executable, "-c", code), hardened.environment, hardened.directory)
    ran = other("blob", "verify", "-s", "app.tar.jws.sig", "app.tar")
    assert ran.code == 1
    assert "the second reader says no" in ran.err


def test_level_skip_reads_nothing(program: Command, blob: Path) -> None:
    """Success, and the JSON says that nothing was looked at (BTP-007)."""
    Path(blob.parent, "any.jws.sig").write_bytes(b"noise")
    ran = program.done(
        "blob", "verify", "--policy-name", "none", "-o", "json", "-s", "any.jws.sig", "app.tar"
    )
    found = verdict(ran)
    assert (found["outcome"], found["signatures"]) == ("SKIPPED", [])
    assert "target" not in found


def test_encrypted_key_and_standard_input_do_not_meet(
    program: Command, settings: Settings, blob: Path
) -> None:
    """Nobody is asked for a passphrase while the blob is on standard input; a variable has it (SGN-006)."""
    from cryptography.hazmat.primitives import serialization

    chain = pki.make_chain("EC-256", 2, subject="alice")
    secret = serialization.BestAvailableEncryption(b"correct horse")
    key = settings.config / "localkeys" / "alice.key"
    key.write_bytes(
        chain.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
    )
    words = ("blob", "sign", "--signature", "s.jws.sig", "-")
    ran = fed(program, b"correct horse\n", *words)
    assert ran.code == 1
    assert "passphrase" in ran.err
    assert not blob.with_name("s.jws.sig").exists()
    given = program.with_environment(NOTATION_PY_KEY_PASSPHRASE="correct horse")
    assert fed(given, BLOB, *words).code == 0
    program.done("blob", "verify", "-s", "s.jws.sig", "app.tar")


@pytest.mark.parametrize(
    ("attack", "words", "outcome"),
    [
        ("other content", (), "INTEGRITY"),
        ("longer content", (), "INTEGRITY"),
        ("media type", ("--media-type", "text/plain"), "INTEGRITY"),
        ("metadata", ("-m", "a=b"), "INTEGRITY"),
        ("directory", (), "CONFIG"),
        ("huge signature", (), "LIMIT"),
        ("signature of another name", (), "USAGE"),
        ("signature that is the blob", (), "INTEGRITY"),
        ("signature is a FIFO", (), "CONFIG"),
        ("blob is a FIFO", (), "CONFIG"),
        ("policy is a link", (), "CONFIG"),
    ],
)
def test_blob_attack_is_refused_with_its_word(
    program: Command, settings: Settings, blob: Path, attack: str, words: tuple[str, ...], outcome: str
) -> None:
    """Each is refused at once, in one line, with the word for a pipeline (attack 178)."""
    program.done("blob", "sign", "app.tar")
    signature = blob.with_name("app.tar.jws.sig")
    changes: dict[str, Callable[[], object]] = {
        "other content": lambda: blob.write_bytes(b"C" + BLOB[1:]),
        "longer content": lambda: blob.write_bytes(BLOB + b"\0"),
        "directory": lambda: (blob.unlink(), blob.mkdir()),
        "huge signature": lambda: os.truncate(signature, 10 << 30),
        "signature of another name": lambda: signature.rename(signature.with_name("app.tar.pgp.sig")),
        "signature that is the blob": lambda: signature.write_bytes(BLOB),
        "signature is a FIFO": lambda: (signature.unlink(), os.mkfifo(signature)),
        "blob is a FIFO": lambda: (blob.unlink(), os.mkfifo(blob)),
        "policy is a link": lambda: _link(settings.config / "trustpolicy.blob.json"),
    }
    changes.get(attack, lambda: None)()
    name = "app.tar.pgp.sig" if attack == "signature of another name" else "app.tar.jws.sig"
    ran = program("blob", "verify", "-o", "json", *words, "-s", name, "app.tar")
    assert ran.code == 1
    assert verdict(ran)["outcome"] == outcome
    assert ran.err.startswith("Error: ")
    assert "Traceback" not in ran.err


def _link(path: Path) -> None:
    real = path.with_name("real.json")
    path.rename(real)
    path.symlink_to(real)


def peak(program: Command, *words: str, stdin: Any = subprocess.DEVNULL) -> int:
    """Return the most memory, in KiB, that the program needed."""
    running = subprocess.Popen(
        [*program.words, *words],
        stdin=stdin,
        env=program.environment,
        cwd=program.directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    return usage.ru_maxrss


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sparse files and KiB in getrusage")
def test_large_blob_needs_no_more_memory_than_a_small_one(program: Command, blob: Path) -> None:
    """Sparse, 300 MiB, by name and as a stream: no more than a few bytes need (BLOB-005, attack 178)."""
    sign, verify = (
        ("blob", "sign", "--force", "app.tar"),
        ("blob", "verify", "-s", "app.tar.jws.sig", "app.tar"),
    )
    small = max(peak(program, *sign), peak(program, *verify))
    os.truncate(blob, LARGE)
    assert max(peak(program, *sign), peak(program, *verify)) - small < 8 * KIB_PER_MIB
    reading, writing = os.pipe()

    def feed() -> None:
        with blob.open("rb") as source, os.fdopen(writing, "wb") as sink:
            while chunk := source.read(1 << 20):
                sink.write(chunk)

    feeder = threading.Thread(target=feed)
    feeder.start()
    used = peak(program, "blob", "verify", "-s", "app.tar.jws.sig", "-", stdin=reading)
    feeder.join()
    os.close(reading)
    assert used - small < 8 * KIB_PER_MIB


def test_plugin_that_makes_envelopes_for_blobs_signs(
    program: Command, settings: Settings, blob: Path
) -> None:
    """A program of the author's kit with `ENVELOPE_FOR_BLOB` alone (PLG-071, PLG-072, BLOB-007)."""
    root = Path(__file__).parents[2]
    plugin = settings.directory / "libexec" / "plugins" / "test-plugin" / "notation-test-plugin"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(
        f"#!{sys.executable}\n"
        f"import sys; sys.path[:0] = [{str(root)!r}]\n"
        "from datetime import UTC, datetime\n"
        "from notation_py.plugin import serve\n"
        "from tests.simulator.fake_plugins import BLOB_ENVELOPE, HonestPlugin\n"
        "serve(HonestPlugin(capabilities=(BLOB_ENVELOPE.value,), at=datetime.now(UTC)))\n"
    )
    plugin.chmod(0o755)
    settings.trust("plugin", pki.make_chain("EC-256", 2))
    settings.blob_policy(blob_statement("p", globalPolicy=True, trustStores=["ca:plugin"]))
    for form in ("jws", "cose"):
        program.done(
            "blob", "sign", "--plugin", "test-plugin", "--id", "key-1", "--signature-format", form, "app.tar"
        )
        ran = program.done("blob", "verify", "-o", "json", "-s", f"app.tar.{form}.sig", "app.tar")
        assert verdict(ran)["target"]["digest"] == f"sha256:{sha256(BLOB).hexdigest()}"


@pytest.mark.parametrize("verb", ["sign", "verify"])
def test_interrupted_command_leaves_nothing(program: Command, blob: Path, verb: str) -> None:
    """Ctrl-C while the blob is read: one line, exit code 1, and no file (BLOB-003, CLI-002)."""
    program.done("blob", "sign", "app.tar")
    before = sorted(path.name for path in blob.parent.iterdir())
    name = "s.jws.sig" if verb == "sign" else "app.tar.jws.sig"
    reading, writing = os.pipe()
    running = subprocess.Popen(
        [*program.words, "blob", verb, "-s", name, "-"],
        stdin=reading,
        env=program.environment,
        cwd=program.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reading)
    with os.fdopen(writing, "wb") as stream:
        stream.write(b"x" * (1 << 20))  # more than a pipe holds, so the program has begun to read
        stream.flush()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (1, "", "Error: interrupted\n")
    assert sorted(path.name for path in blob.parent.iterdir()) == before
