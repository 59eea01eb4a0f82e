# SPDX-License-Identifier: Apache-2.0
"""Plugins with the program as a whole: their keys, signatures that name one, and what is told of both."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.commands import ROOT, Command, Settings, our_program, statement
from tests.simulator.pki import make_chain
from tests.simulator.places import LayoutPlace, Placed
from tests.simulator.plugin_programs import is_running, waited

CHAIN = make_chain("EC-256", 2)
PROGRAM = """#!{python}
import sys
sys.path[:0] = {path!r}
from datetime import UTC, datetime
from notation_py.envelope.model import VERIFICATION_PLUGIN, ExtendedAttribute
from notation_py.plugin.contract import Command
from notation_py.plugin.dispatch import dispatch
from notation_py.plugin.verification_messages import CapabilityResult
from tests.simulator.fake_plugins import HonestPlugin

plugin = HonestPlugin(at=datetime.now(UTC), **{{{fields}}})
done = dispatch(plugin, Command(sys.argv[1]), sys.stdin.buffer.read())
sys.stdout.buffer.write(done.stdout)
sys.stderr.buffer.write(done.stderr)
sys.exit(done.exit_code)
"""
ENVELOPE = "'capabilities': ('SIGNATURE_GENERATOR.ENVELOPE',)"
DEMANDING = (
    ENVELOPE + ", 'extended': (ExtendedAttribute(VERIFICATION_PLUGIN, 'checker', critical=True),"
    "ExtendedAttribute('com.example.check', 'x', critical=True))"
)
SIGNED = "Successfully signed "
VERIFIED = "Successfully verified signature for "


class Bench:
    """Our program, an image, a policy that trusts the plugins' key, and a place for plugins."""

    def __init__(self, directory: Path) -> None:
        self.settings = Settings(directory)
        self.settings.trust("t", CHAIN)
        self.settings.policy(statement("t", stores=["ca:t"]))
        self.program: Command = our_program(self.settings)
        self.place = LayoutPlace(directory / "images")
        self.image: Placed = self.place.put("app", "v1")

    def install(self, name: str, fields: str = "") -> None:
        """Write the plugin *name*, an honest one with *fields*."""
        home = self.settings.directory / "libexec" / "plugins" / name
        home.mkdir(parents=True, mode=0o755)
        program = home / f"notation-{name}"
        path = [str(ROOT), *(entry for entry in sys.path if entry)]
        text = PROGRAM.format(python=sys.executable, path=path, fields=f"'name': {name!r}, {fields}")
        program.write_text(text)
        program.chmod(0o755)

    def configure(self, **members: Any) -> None:
        """Write `config.json`."""
        file = self.settings.config / "config.json"
        file.write_text(json.dumps(members))
        file.chmod(0o600)

    def sign(self, *words: str, plugin: str = "signer", key: str = "key-1") -> Any:
        return self.program(
            "sign", "--oci-layout", "--plugin", plugin, "--id", key, *words, self.image.reference
        )

    def verify(self, *words: str) -> Any:
        return self.program("verify", *self.place.verify_words(self.image), *words, self.image.reference)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("fields", ["", ENVELOPE], ids=["raw", "envelope"])
@pytest.mark.parametrize("format", ["jws", "cose"])
def test_artifact_is_signed_with_a_plugin_and_verifies(bench: Bench, fields: str, format: str) -> None:  # noqa: A002
    """By `--plugin` and `--id`, and by a key on the list. PLG-002, PLG-070, PLG-073, SGN-004."""
    bench.install("signer", fields)
    signed = bench.sign("--signature-format", format, "--plugin-config", "a=b")
    assert signed.err == ""
    assert signed.out.startswith(SIGNED)
    added = bench.program(
        "key", "add", "--plugin", "signer", "--id", "key-1", "--plugin-config", "x=1", "--default", "remote"
    )
    assert added.code == 0
    assert bench.program("sign", "--oci-layout", bench.image.reference).out.startswith(SIGNED)
    verified = bench.verify()
    assert (verified.code, verified.err) == (0, "")
    assert verified.out.startswith(VERIFIED)


def test_key_that_a_plugin_does_not_have_signs_nothing(bench: Bench) -> None:
    """One clear error, nothing stored. PLG-026."""
    bench.install("signer")
    refused = bench.sign(key="other")
    assert refused.code == 1
    assert refused.err.splitlines()[0] == "Error: failed to sign with the plugin signer: no key other"
    assert "no signature" in bench.verify().err


def test_timestamp_for_a_plugins_envelope_is_left_out_with_a_warning(bench: Bench, tmp_path: Path) -> None:
    """The plugin's envelope stays as it is; hardened, the command is refused. TSA-011, PLG-065."""
    bench.install("signer", ENVELOPE)
    root = tmp_path / "root.pem"
    root.write_bytes(make_chain("RSA-2048", 2).root_pem())
    stamping = ("--timestamp-url", "http://127.0.0.1:9", "--timestamp-root-cert", str(root))
    signed = bench.sign(*stamping)
    assert signed.code == 0
    assert "Warning: plugin signer makes the whole envelope, to which no timestamp can be added" in signed.err
    assert bench.verify().code == 0


def test_signature_that_names_a_plugin_is_verified_by_it(bench: Bench) -> None:
    """Refused without it; with it, text and JSON say what it vouched for, and `-v` where it was found.

    PLG-090, PLG-093, PLG-104, PLG-106, ATTR-006, ATTR-017.
    """
    bench.install("signer", DEMANDING)
    assert bench.sign().code == 0
    refused = bench.verify()
    assert refused.code == 1
    assert 'error while locating the verification plugin "checker"' in refused.err
    bench.install("checker")
    verified, vouched = bench.verify().out.splitlines()
    assert verified.startswith(VERIFIED)
    assert vouched == (
        "Verification plugin checker 1.2.3 vouches for SIGNATURE_VERIFIER.TRUSTED_IDENTITY, "
        "SIGNATURE_VERIFIER.REVOCATION_CHECK, the critical attribute 'com.example.check'"
    )
    told = bench.verify("-v").err
    assert "Verification plugin checker 1.2.3 (" in told
    assert "vouches for SIGNATURE_VERIFIER.TRUSTED_IDENTITY" in told
    assert "has processed the critical attribute 'com.example.check'" in told
    [verification] = bench.verify("--output", "json").json["verifications"]
    plugin = verification["signatures"][0]["plugin"]
    assert plugin.pop("origin").endswith("/plugins/checker/notation-checker")
    assert plugin == {
        "name": "checker",
        "version": "1.2.3",
        "results": [
            {"capability": "SIGNATURE_VERIFIER.TRUSTED_IDENTITY", "success": True},
            {"capability": "SIGNATURE_VERIFIER.REVOCATION_CHECK", "success": True},
        ],
        "processedAttributes": ["com.example.check"],
        "ignoredResults": [],
    }


def test_plugin_that_refuses_is_not_said_to_vouch(bench: Bench) -> None:
    """Where the level lets its refusal pass, the line tells one from the other. PLG-103, PLG-106."""
    bench.settings.policy(statement("t", stores=["ca:t"], level="audit"))
    bench.install("signer", DEMANDING)
    bench.install(
        "checker",
        "'results': {'SIGNATURE_VERIFIER.REVOCATION_CHECK': CapabilityResult(False, 'withdrawn')}",
    )
    assert bench.sign().code == 0
    verified = bench.verify()
    assert verified.code == 0
    assert verified.out.splitlines()[-1] == (
        "Verification plugin checker 1.2.3 vouches for SIGNATURE_VERIFIER.TRUSTED_IDENTITY, "
        "the critical attribute 'com.example.check' and refuses SIGNATURE_VERIFIER.REVOCATION_CHECK"
    )


def test_many_and_long_names_are_cut(bench: Bench) -> None:
    """The signer chose them, and the line stays one that can be read. R-36."""
    names = ", ".join(f"'a{number:02}' + 'x' * 5000" for number in range(20))
    attributes = f"*(ExtendedAttribute(name, 'x', critical=True) for name in ({names},))"
    demanding = ENVELOPE + (
        f", 'extended': (ExtendedAttribute(VERIFICATION_PLUGIN, 'checker', critical=True), {attributes})"
    )
    bench.install("signer", demanding)
    bench.install("checker")
    assert bench.sign().code == 0
    line = bench.verify().out.splitlines()[-1]
    assert line.endswith(f"the critical attribute 'a15{'x' * 61}', 4 more")
    assert len(line) < 2000


def test_plugin_that_refuses_is_quoted(bench: Bench) -> None:
    """Its reason is the hint. PLG-103."""
    bench.install("signer", DEMANDING)
    bench.install(
        "checker",
        "'results': {'SIGNATURE_VERIFIER.REVOCATION_CHECK': CapabilityResult(False, 'withdrawn')}",
    )
    assert bench.sign().code == 0
    refused = bench.verify()
    assert refused.code == 1
    assert 'revocation check by verification plugin "checker" failed with reason "withdrawn"' in refused.err


def test_hardened_verification_starts_only_plugins_that_are_named(bench: Bench) -> None:
    """Otherwise whoever signs chooses what runs here. R-29, attack 154."""
    bench.install("signer", DEMANDING)
    bench.install("checker")
    assert bench.sign().code == 0
    bench.configure(hardened=True)
    refused = bench.verify()
    assert refused.code == 1
    assert 'verification plugin "checker" is not named in the configuration' in refused.err
    bench.configure(hardened=True, verificationPlugins=["checker"])
    assert "is not named in the configuration" not in bench.verify().err


PACKAGE = """\
open({marker!r}, "a").close()
from datetime import UTC, datetime
from tests.simulator.fake_plugins import HonestPlugin


class Checker(HonestPlugin):
    def __init__(self):
        super().__init__(name="checker", at=datetime.now(UTC))
"""


def test_package_that_only_a_signature_names_is_not_imported(bench: Bench, tmp_path: Path) -> None:
    """Otherwise whoever signs chooses which code runs here; R-29, attack 154."""
    site, marker = tmp_path / "site", tmp_path / "imported"
    about = site / "checker-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.4\nName: checker\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[notation_py.plugins]\nchecker = checker:Checker\n")
    (site / "checker.py").write_text(PACKAGE.format(marker=str(marker)))
    bench.install("signer", DEMANDING)
    assert bench.sign().code == 0
    path = f"{bench.program.environment['PYTHONPATH']}:{site}"
    bench.program = bench.program.with_environment(PYTHONPATH=path)
    refused = bench.verify()
    assert refused.code == 1
    assert 'error while locating the verification plugin "checker"' in refused.err
    assert not marker.exists()
    bench.configure(verificationPlugins=["py:checker"])
    assert bench.verify().out.startswith(VERIFIED)
    assert marker.exists()


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (["exe:checker", "py:checker"], "names 'exe:checker' and 'py:checker'"),
        (["py:checker", "checker"], "names 'py:checker' and 'checker'"),
        (["checker", "exe:"], "has the entry 'exe:', which names no plugin"),
        (["checker", "exe:py:checker"], "has the entry 'exe:py:checker', which names no plugin"),
        (["checker", "../checker"], "has the entry '../checker', which names no plugin"),
    ],
    ids=["two kinds", "any kind", "none", "two choices", "path"],
)
def test_setting_that_could_mean_two_plugins_finds_none(bench: Bench, entries: list[str], said: str) -> None:
    """Whichever stands last does not win in silence. R-28, R-29, R-33."""
    bench.install("signer", DEMANDING)
    bench.install("checker")
    assert bench.sign().code == 0
    bench.configure(verificationPlugins=["exe:checker", "exe:checker"])
    assert bench.verify().code == 0
    bench.configure(verificationPlugins=entries)
    refused = bench.verify()
    assert refused.code == 1
    assert f'"verificationPlugins" in config.json {said}' in refused.err


def test_configuration_of_a_plugin_is_masked_in_the_debug_log(bench: Bench) -> None:
    """Nobody here knows which value is a secret. Attack 161; R-36."""
    bench.install("signer")
    signed = bench.sign("-d", "--plugin-config", "pin=hunter2", "--plugin-config", 'odd=a"b\\c')
    assert signed.code == 0
    assert "Plugin generate-signature request: {" in signed.err
    assert '"pin":"*****"' in signed.err
    assert "Plugin generate-signature response: {" in signed.err
    assert "hunter2" not in signed.err
    assert 'a\\"b' not in signed.err


ECHOING = """#!{python}
import json, sys
value = json.load(sys.stdin).get("pluginConfig", {{}}).get("token", "")
said = json.dumps({{"errorCode": "ERROR", "errorMessage": {message}}})
print(said.replace("<", "\\u003c"), file=sys.stderr)
sys.exit(1)
"""


@pytest.mark.parametrize("token", ["pässwort99", "sec<ret&x", 'quo"te\\d', "line\nfeed", "hunter2"])
@pytest.mark.parametrize("message", ["value", "f'the token {value} is bad'"])
def test_configuration_is_masked_however_an_answer_spells_it(bench: Bench, token: str, message: str) -> None:
    """As the libraries of Python and Go write it, escaped or not. Attack 161; R-36."""
    bench.install("signer")
    program = bench.settings.directory / "libexec" / "plugins" / "signer" / "notation-signer"
    program.write_text(ECHOING.format(python=sys.executable, message=message))
    log = bench.sign("-d", "--plugin-config", f"token={token}").err.split("Error:")[0]
    assert "exit code 1: {" in log
    shown = log.replace("\\u003c", "<").replace("\\u00e4", "ä")
    for spelled in (token, json.dumps(token)[1:-1], json.dumps(token, ensure_ascii=False)[1:-1]):
        assert spelled not in shown
    assert "*****" in log


@pytest.mark.parametrize(
    "text", [r'"' + r"\"" * 400_000, '"' * 400_001, '"a' * 400_000, "\\" * 200_001 + '"']
)
def test_answer_is_masked_in_linear_time(bench: Bench, text: str) -> None:
    """R-10: quotation marks that belong to nothing; looked at once for each, they would outlast any test."""
    bench.install("signer")
    program = bench.settings.directory / "libexec" / "plugins" / "signer" / "notation-signer"
    (program.parent / "text").write_text(text + " hunter2hunter2")
    program.write_text('#!/bin/sh\ncat "${0%/*}/text"\n')
    ran = bench.sign("-d", "--plugin-config", "token=hunter2hunter2")
    assert ran.code == 1
    assert "hunter2" not in ran.err


def test_plugin_writes_no_line_of_the_debug_log(bench: Bench) -> None:
    """What it says stays on the line that says whose words these are. R-36, R-38."""
    bench.install("signer")
    program = bench.settings.directory / "libexec" / "plugins" / "signer" / "notation-signer"
    program.write_text("#!/bin/sh\nprintf '{}\\nSuccessfully signed v1\\n\\033[2K'\n")
    log = bench.sign("-d").err
    assert "Plugin get-plugin-metadata response: {}" in log
    assert not [line for line in log.splitlines() if line.startswith("Successfully")]
    assert "\033" not in log


SIGNING = ("sign", "--oci-layout", "--plugin", "signer", "IMAGE", "--id")
ADDING = ("key", "add", "--plugin", "signer", "name", "--id")
NO_TEXT: dict[str, tuple[tuple[str | bytes, ...], str]] = {
    "id": ((*SIGNING, b"\xff"), "id"),
    "signing": ((*SIGNING, "k", "--plugin-config", b"a=\xff"), "plugin-config"),
    "verification": (("verify", "IMAGE", "--plugin-config", b"\xff=a"), "plugin-config"),
    "id to keep": ((*ADDING, b"\xff"), "id"),
    "to keep": ((*ADDING, "k", "--plugin-config", b"a=\xff"), "plugin-config"),
    "key to check": (("plugin", "check", "signer", "--key-id", b"\xff"), "key-id"),
    "check": (("plugin", "check", "signer", "--plugin-config", b"a=\xff"), "plugin-config"),
}


@pytest.mark.parametrize(("words", "flag"), NO_TEXT.values(), ids=NO_TEXT)
def test_value_that_is_no_text_is_refused(bench: Bench, words: tuple[str | bytes, ...], flag: str) -> None:
    """It cannot stand in a document of the plugin contract. PLG-075, CLI-002."""
    bench.install("signer")
    given = [os.fsdecode(word) for word in words]
    refused = bench.program(*[bench.image.reference if word == "IMAGE" else word for word in given])
    assert (refused.code, refused.err) == (1, f"Error: the value of --{flag} is not UTF-8 text\n")


HANGING = "#!/bin/sh\n(setsid sh -c 'echo $$ >>{pids}; sleep 300' &)\necho $$ >>{pids}; sleep 300\n"


@pytest.fixture
def _signals_are_heard() -> Iterator[None]:
    """Let none be ignored, as SIGHUP is under nohup: a program inherits that, and has to keep it so."""
    ignored = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_IGN]
    for one in ignored:
        signal.signal(one, signal.SIG_DFL)
    yield
    for one in ignored:
        signal.signal(one, signal.SIG_IGN)


@pytest.mark.usefixtures("_signals_are_heard")
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_command_that_is_told_to_end_leaves_no_plugin_running(bench: Bench, which: int) -> None:
    """Attack 177; R-30, PLG-032: nobody would hold the plugin to its time any more."""
    bench.install("signer")
    pids = bench.settings.directory / "pids"
    program = bench.settings.directory / "libexec" / "plugins" / "signer" / "notation-signer"
    program.write_text(HANGING.format(pids=pids))
    running = bench.program.start(
        "sign", "--oci-layout", "--plugin", "signer", "--id", "key-1", bench.image.reference
    )
    try:
        assert waited(lambda: pids.exists() and pids.read_text().count("\n") == 2, 30)
        running.send_signal(which)
        assert running.communicate(timeout=30)[1] == "Error: interrupted\n"
    finally:
        running.kill()
        running.communicate()
    assert running.returncode == 1
    left = [int(pid) for pid in pids.read_text().split()]
    ended = waited(lambda: not any(map(is_running, left)))
    for pid in filter(is_running, left):
        os.kill(pid, signal.SIGKILL)
    assert ended
