# SPDX-License-Identifier: Apache-2.0
"""Command lines for both programs, and the directory and the registry they work on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.simulator import pki
from tests.simulator.commands import Settings, statement
from tests.simulator.images import build_image, write_layout
from tests.simulator.odd_signatures import odd_signature
from tests.simulator.registry import SimulatedRegistry, running


@dataclass(frozen=True, slots=True)
class Line:
    """A command line without the program; `$R`, `$I` and the like stand for what was prepared.

    Attributes:
        known: rows of deviations.md, for both lines of the Go program or as `1.3:ID main-line:ID`.
    """

    words: str
    known: str = ""
    stdin: str = ""

    def __str__(self) -> str:
        return self.words or "(nothing)"

    def resolved(self, names: dict[str, str]) -> Iterator[str]:
        """Yield the words, names replaced."""
        text = self.words
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, names[name])
        yield from shlex.split(text)

    def deviation(self, line: str) -> str:
        """Return the id of the row that says why *line* of the Go program differs, or nothing."""
        for entry in self.known.split():
            which, _, found = entry.rpartition(":")
            if which in {"", line}:
                return found
        return ""


def prepared(directory: Path, stack: ExitStack) -> tuple[Settings, dict[str, str]]:
    """Return settings with keys, trust and a policy, and the names of what lies in a registry."""
    settings = Settings(directory)
    chain = pki.make_chain("EC-256", 2, subject="alice")
    settings.add_key("alice", chain)
    settings.trust("alice", chain)
    registry: SimulatedRegistry = stack.enter_context(running())
    settings.policy(
        statement("app", scopes=[f"{registry.host}/app", "local/app"], stores=["ca:alice"]),
        statement("none", scopes=[f"{registry.host}/none"], level="skip"),
        statement("poor", scopes=[f"{registry.host}/poor"], stores=["ca:missing"]),
    )
    names = {"$R": registry.host}
    for name, oddities in _SIGNATURES.items():
        image = build_image(name)
        for data in image.blobs.values():
            registry.put_blob(data)
        subject = registry.put(image.manifest, image.media_type, name.lower().strip("$"))
        names[name] = str(subject.digest)
        for words in oddities:
            made = odd_signature(subject, chain, frozenset(words), chain)
            for data in made.blobs.values():
                registry.put_blob(data)
            registry.put(made.manifest, made.media_type)
    write_layout(directory / "layout", build_image("layout"), "v1")
    (directory / "noise.crt").write_text("noise")
    (directory / "root.crt").write_bytes(chain.root_pem())
    (directory / "policy.json").write_text('{"version": "1.0", "trustPolicies": []}')
    return settings, names


_SIGNATURES = {
    "$UNSIGNED": (),
    "$SIGNED": ((),),
    "$RICH": (("metadata", "expired", "extended"),),
    "$TAMPERED": (("tampered",),),
    "$NOISE": (("noise",),),
    "$STAMPED": (("broken-stamp",),),
}


def setting(directory: Path, original: Settings) -> Settings:
    """Return the settings of the copy *directory*, whose key list names its own files."""
    settings = Settings(directory)
    keys = settings.config / "signingkeys.json"
    keys.write_text(keys.read_text().replace(str(original.directory), str(directory)))
    return settings


LINES = tuple(
    Line(*row) if isinstance(row, tuple) else Line(row)
    for row in (
        ("", "CLI-26"),
        ("--help", "CLI-26"),
        "version now",
        "nonsense",
        "verson",
        "sing",
        ("key foo", "CLI-1"),
        ("cert foo", "CLI-1"),
        "key --foo",
        ("help nonsense", "CLI-1"),
        "-d version",
        "sign",
        "sign --deb x",
        "sign -x x",
        "sign -k",
        "sign --key",
        "sign -dk",
        "sign -e soon x",
        "sign -e 12 x",
        "sign -e 0 app",
        "sign ---key x",
        "sign --help --deb",
        "verify --max-signatures many x",
        "verify --max-signatures 0 x",
        "verify --max-signatures 1_000 app",
        "list --max-signatures 0 $R/app@$SIGNED",
        "list -d=perhaps x",
        "sign --key a --id b --plugin c x",
        "sign --id b x",
        "sign --timestamp-url u x",
        "sign --timestamp-url '' --timestamp-root-cert r x",
        "sign --timestamp-url u --timestamp-root-cert '' x",
        "sign --timestamp-url ftp://u --timestamp-root-cert root.crt $R/app@$UNSIGNED",
        "sign --timestamp-url http://u.test --timestamp-root-cert noise.crt $R/app@$UNSIGNED",
        "sign --timestamp-url http://u.test --timestamp-root-cert nowhere.crt $R/app@$UNSIGNED",
        ("sign --oci-layout --force-referrers-tag x", "1.3:CLI-10"),
        "sign --key nobody $R/app@$UNSIGNED",
        "sign --signature-format JWS $R/app@$UNSIGNED",
        "sign -m a $R/app@$UNSIGNED",
        "sign -m io.cncf.notary.a=b $R/app@$UNSIGNED",
        "sign -e -1h $R/app@$UNSIGNED",
        "sign -e 300ms $R/app@$UNSIGNED",
        "sign --plugin-config a $R/app@$UNSIGNED",
        "sign --id x --plugin nothing $R/app@$UNSIGNED",
        "sign app",
        "sign $R/app",
        "sign $R/App:v1",
        "sign $R/app@sha256:00",
        "sign $R/app:-v",
        "sign $R/app:nothing",
        ("sign localhost:1/app:v1", "CLI-22"),
        "sign --oci-layout layout",
        "sign --oci-layout :v1",
        "sign --oci-layout nowhere:v1",
        "sign --oci-layout noise.crt:v1",
        "sign --oci-layout layout:v9",
        ("list $R/app@$UNSIGNED", "1.3:CLI-20"),
        ("list $R/app:unsigned", "1.3:CLI-20"),
        "list $R/app@$SIGNED",
        "list --max-signatures 1 $R/app@$SIGNED",
        "list $R/app:nothing",
        "inspect $R/app@$UNSIGNED",
        ("inspect $R/app@$SIGNED", "1.3:CLI-20"),
        ("inspect $R/app:rich", "1.3:CLI-20"),
        ("inspect $R/app@$NOISE", "CLI-25"),
        ("inspect $R/app@$STAMPED", "1.3:CLI-20"),
        ("inspect -o json $R/app@$UNSIGNED", "1.3:CLI-20"),
        ("inspect -o json $R/app@$RICH", "1.3:CLI-20"),
        ("inspect -o json $R/app@$STAMPED", "1.3:CLI-20"),
        ("inspect -o yaml $R/app@$SIGNED", "1.3:CLI-20"),
        "verify $R/app@$UNSIGNED",
        "verify $R/app@$SIGNED",
        ("verify $R/app:signed", "1.3:CLI-20"),
        "verify $R/app@$RICH",
        "verify $R/app@$TAMPERED",
        "verify $R/app@$NOISE",
        "verify $R/none@$UNSIGNED",
        ("verify $R/none:unsigned", "1.3:CLI-20"),
        "verify $R/poor@$SIGNED",
        ("verify $R/else@$SIGNED", "1.3:CLI-20"),
        "verify -m a=b $R/app@$SIGNED",
        "verify -m a $R/app@$SIGNED",
        "verify --oci-layout layout:v1",
        "verify --scope local/app layout:v1",
        "verify --oci-layout --scope local layout:v1",
        "login",
        ("login ''", "CLI-13"),
        "login localhost:1",
        ("login localhost:1", "", "user\n"),
        ("login localhost:1", "", "\n"),
        ("login -u a -p b localhost:1", "CLI-8"),
        ("login a/b -u a -p b", "CLI-8"),
        "logout",
        "logout localhost:1",
        "cert add",
        "cert add x",
        "cert add -t root -s x y",
        "cert add -t '' -s x y",
        "cert add -t ca -s ../x y",
        "cert add -t ca -s x nowhere.crt noise.crt",
        "cert add -t ca -s x root.crt",
        "cert add -t ca -s x root.crt",
        "cert list",
        "cert ls -t ca -s x",
        ("cert list -t root", "CLI-6"),
        "cert show",
        "cert show a b",
        "cert show -t ca -s x ''",
        "cert show -t ca -s x nothing",
        "cert show -t ca -s x root.crt",
        "cert delete -t ca -s x",
        "cert delete -t ca -s x -a root.crt",
        "cert delete -t ca -s x nothing -y",
        ("cert delete -t ca -s x root.crt", "", "n\n"),
        "cert delete -t ca -s x root.crt",
        ("cert delete -t ca -s x root.crt -y", "1.3:CLI-20"),
        "cert delete -t ca -s nothing -ay",
        "cert generate-test",
        "cert generate-test a/b",
        "cert generate-test -b 512 small",
        "key list",
        "key add",
        "key add a b",
        "key add x",
        "key add --plugin p x",
        "key add --plugin '' --id i x",
        "key add --plugin nothing --id i x",
        "key update",
        "key update nobody --default",
        ("key update alice", "CLI-7"),
        "key update alice --default",
        "key delete",
        "key delete nobody",
        ("plugin list", "PLUGIN-20"),
        "plugin install",
        "plugin install --file",
        "plugin install --url",
        "plugin install a",
        "plugin install a b",
        "plugin install --file --url a",
        "plugin install --url https://p.example/p",
        "plugin install --url http://p.example/p --sha256sum 00",
        "plugin install --file nowhere",
        "plugin install --file noise.crt",
        "plugin uninstall",
        "plugin uninstall a b",
        ("plugin uninstall nothing", "CLI-21"),
        ("policy show", "1.3:CLI-20"),
        "policy show x",
        "policy import",
        "policy import a b",
        ("policy import nowhere.json", "1.3:CLI-20"),
        ("policy import policy.json", "1.3:CLI-20"),
        ("policy import noise.crt", "CLI-22"),
        "key delete alice",
    )
)
"""In the order in which they are run: a few change what the later ones find."""
