# SPDX-License-Identifier: Apache-2.0
"""Attacks on output, environment and interpreter, against the whole program: cases 176, 177, 184 to 190."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from notation_py.envelope.payload import RESERVED_PREFIX
from tests.simulator.commands import Settings, our_program
from tests.simulator.images import build_image, write_layout
from tests.simulator.pki import make_chain

NASTY = "x\x1b[31mred\x07\rfake line\nsecond\u202ereversed"


@pytest.fixture
def home(tmp_path):
    """A home with a key, a trust store, a policy and an image in a layout."""
    chain = make_chain("EC-256", 2)
    paths = {"key.pem": chain.key_pem(), "chain.pem": chain.pem(), "root.crt": chain.root_pem()}
    for name, data in paths.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    policy = {
        "version": "1.0",
        "trustPolicies": [
            {
                "name": "all",
                "registryScopes": ["*"],
                "signatureVerification": {"level": "strict"},
                "trustStores": ["ca:acme"],
                "trustedIdentities": ["*"],
            }
        ],
    }
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    write_layout(tmp_path / "layout", build_image("attack"), "v1")
    for words in (
        ("key", "add", "--default", "--key-file", "key.pem", "--cert-file", "chain.pem", "k"),
        ("cert", "add", "-t", "ca", "-s", "acme", "root.crt"),
        ("policy", "import", "policy.json"),
        ("sign", "--oci-layout", "layout:v1"),
    ):
        our_program(Settings(tmp_path)).within(tmp_path).done(*words)
    return tmp_path


@pytest.fixture
def ours(home):
    """Our program, working in that home."""
    return our_program(Settings(home)).within(home)


VERIFY = ("verify", "--oci-layout", "--scope", "local/app", "layout:v1")


def test_attack_176_full_disk_is_no_success(ours):
    """A result that cannot be written is a failure. Attack 176."""
    with Path("/dev/full").open("wb") as full:
        running = ours.start(*VERIFY, stdout=full)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "could not be written" in err
    assert "Traceback" not in err


def test_attack_176_closed_pipe_is_no_success(ours):
    """A reader that went away makes the command fail without a traceback. Attack 176."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        running = ours.start(*VERIFY, stdout=write_end)
    finally:
        os.close(write_end)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])
def test_attack_177_signals_leave_a_layout_that_verifies(ours, which):
    """A signal during sign leaves no half-written layout and no traceback. Attack 177."""
    *interpreter, start = ours.words
    ready = replace(
        ours, words=(*interpreter, start.replace("sys.exit", "print('ready', flush=True); sys.exit"))
    )
    for delay in (0.02, 0.1, 0.3):
        running = ready.start("sign", "--oci-layout", "layout:v1")
        assert running.stdout.readline() == "ready\n"
        try:
            running.wait(delay)
        except subprocess.TimeoutExpired:
            running.send_signal(which)
        assert "Traceback" not in running.communicate(timeout=60)[1]
    assert ours(*VERIFY).code == 0


def test_attack_184_control_characters_are_escaped_in_text(ours):
    """Metadata with escape sequences, line ends and bidi marks cannot forge output. Attack 184; R-36."""
    signed = ours("sign", "--oci-layout", "-m", f"note={NASTY}", "--signature-format", "cose", "layout:v1")
    assert signed.code == 0
    shown = ours("inspect", "--oci-layout", "layout:v1")
    for found in (shown, ours(*VERIFY, "-m", f"note={NASTY}")):
        assert found.code == 0
        assert "note" in found.out
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", found.out + found.err)
        assert "\nsecond" not in found.out


def test_attack_184_json_keeps_the_value_exactly(ours):
    """JSON output carries the text as it is, encoded. Attack 184."""
    assert ours("sign", "--oci-layout", "-m", f"note={NASTY}", "layout:v1").code == 0
    document = json.loads(ours("inspect", "-o", "json", "--oci-layout", "layout:v1").out)
    metadata = [signature["userDefinedAttributes"] or {} for signature in document["signatures"]]
    assert NASTY in [entry.get("note") for entry in metadata]


def test_attack_184_error_about_a_nasty_reference_is_one_escaped_line(ours):
    """What the user typed is quoted, not echoed raw. Attack 184."""
    found = ours("verify", f"registry.test/{NASTY}:v1")
    assert found.code == 1
    assert "\x1b" not in found.err
    assert "\r" not in found.err


@pytest.mark.parametrize("key", ["__class__", "__init__", "constructor"])
def test_attack_185_odd_metadata_keys_are_inert(ours, key):
    """Names that mean something to Python mean nothing here. Attack 185."""
    assert ours("sign", "--oci-layout", "-m", f"{key}=x", "layout:v1").code == 0
    assert ours(*VERIFY, "-m", f"{key}=x").code == 0


def test_attack_185_reserved_metadata_is_refused(ours):
    """The specification's prefix is not for users. Attack 185; PAY-006."""
    found = ours("sign", "--oci-layout", "-m", f"{RESERVED_PREFIX}.x=1", "layout:v1")
    assert found.code == 1
    assert "has reserved prefix" in found.err


def test_attack_185_later_duplicates_of_a_key_win(ours):
    """`-m k=1 -m k=2` signs k=2, as in the Go program. Attack 185; PLG-075."""
    assert ours("sign", "--oci-layout", "-m", "k=1", "-m", "k=2", "layout:v1").code == 0
    assert ours(*VERIFY, "-m", "k=2").code == 0
    assert ours(*VERIFY, "-m", "k=1").code == 1


def test_attack_186_no_variable_weakens_the_level(home, ours):
    """No environment variable makes an unsigned artifact verify. Attack 186."""
    write_layout(home / "other", build_image("unsigned"), "v1")
    wishes = {
        f"NOTATION_{name}": value
        for name, value in {
            "LEVEL": "skip",
            "VERIFICATION_LEVEL": "skip",
            "EXPERIMENTAL": "1",
            "PY_LEVEL": "audit",
            "SKIP": "1",
            "PY_HARDENED": "0",
            "INSECURE": "1",
        }.items()
    }
    found = ours.with_environment(**wishes)("verify", "--oci-layout", "--scope", "local/app", "other:v1")
    assert found.code == 1
    assert "no signature is associated" in found.err


def test_attack_186_authorities_of_the_system_are_no_trust_anchors(home, ours):
    """What the operating system trusts for TLS says nothing about signatures. Attack 186; SEC-009."""
    (home / "config" / "truststore" / "x509" / "ca" / "acme" / "root.crt").unlink()
    system = {"SSL_CERT_FILE": str(home / "root.crt"), "REQUESTS_CA_BUNDLE": str(home / "root.crt")}
    found = ours.with_environment(**system)(*VERIFY)
    assert found.code == 1
    assert "no x509 certificates were found in trust store" in found.err


@pytest.mark.parametrize(
    "extra",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "1"},
        {"COLUMNS": "20"},
    ],
    ids=["ascii-locale", "turkish", "half-hour-zone", "hash-seed", "narrow"],
)
def test_attack_189_verdict_and_words_do_not_depend_on_the_locale(ours, extra):
    """The same verdict and the same bytes everywhere. Attack 189."""
    here = ours(*VERIFY)
    there = ours.with_environment(**extra)(*VERIFY)
    assert (there.code, there.out, there.err) == (here.code, here.out, here.err)


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_attack_190_interpreter_switches_do_not_remove_checks(home, option):
    """Checks are no `assert`s: under -O a tampered layout still fails. Attacks 187, 190."""
    program = our_program(Settings(home), [option]).within(home)
    assert program(*VERIFY).code == 0
    for blob in (home / "layout" / "blobs" / "sha256").iterdir():
        if b"jose" not in (data := blob.read_bytes()) and b'"protected"' in data:
            blob.chmod(0o600)
            blob.write_bytes(data.replace(b'"signature":"', b'"signature":"A'))
    assert program(*VERIFY).code == 1


def test_attack_190_modules_in_the_working_directory_are_not_imported(home, ours):
    """A file named like a module of ours in the working directory is not run. Attack 190."""
    entry = home / "bin"
    entry.mkdir()
    script = entry / "notation-py"
    script.write_text("import sys\nfrom notation_py.cli.front import main\nsys.exit(main())\n")
    trap = home / "trap"
    trap.mkdir()
    for name in ("json", "cbor2", "cryptography", "datetime", "hashlib"):
        (trap / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    found = replace(ours, words=(sys.executable, str(script)), directory=trap)(
        *VERIFY[:-1], f"{home / 'layout'}:v1"
    )
    assert "hijacked" not in found.err
    assert found.code == 0


@pytest.mark.parametrize(
    "content",
    [b"\x80\x04\x95\x00", b"!!python/object/apply:os.system ['id']\n", b"PK\x03\x04", b"\x1f\x8b\x08\x00"],
    ids=["pickle", "yaml", "zip", "gzip"],
)
def test_attack_190_other_formats_where_json_is_expected_are_refused(home, ours, content):
    """Only strict JSON is read, nothing is unpacked or evaluated. Attack 190."""
    (home / "odd.json").write_bytes(content)
    found = ours("policy", "import", "--force", "odd.json")
    assert found.code == 1
    assert "Traceback" not in found.err
    (home / "config" / "trustpolicy.oci.json").write_bytes(content)
    assert ours(*VERIFY).code == 1
