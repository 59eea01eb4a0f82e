# SPDX-License-Identifier: Apache-2.0
"""A vector run with a program: its world is built, the client is started once, and what it did is read.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from .answer import Answer, Kind
from .contents import Contents
from .loading import ABOUT_ARTIFACTS
from .loopback import serving
from .processes import Client
from .reading import answer_of
from .registry import VectorRegistry
from .signatures import new_signature_faults
from .vector import REGISTRY, Clock, Vector
from .web import Clock as Now
from .web import VectorWeb
from .words import words_for
from .world import World, build_world

AT = "{at}"
"""In a client's command: the moment of the vector, for a program that sets the clock of another."""

_SPELLINGS = {"cert": "cert(?:ificate)?"}
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class _Ability:
    """What `--help` of one command says."""

    is_there: bool
    flags: frozenset[str]


@dataclass
class Program:
    """A client that is a program, with what is known about its commands."""

    client: Client
    now: Now
    _abilities: dict[str, _Ability] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def takes_clock(self) -> bool:
        """Whether the client's command says where the moment goes."""
        return any(AT in word for word in self.client.words)

    def answer(self, vector: Vector) -> Answer:
        """Return what the client answers to *vector*.

        Raises:
            ConfigurationError: it cannot be started.
        """
        if vector.clock is Clock.FIXED and not self.takes_clock:
            return Answer(
                Kind.NOT_RUN, said=f"the verdict is that of {vector.at:%Y-%m-%d}, and the clock is not"
            )
        with ExitStack() as stack:
            contents = Contents.of(vector) if vector.command in ABOUT_ARTIFACTS else None
            web = VectorWeb(vector, (lambda: vector.at) if self.takes_clock else self.now)
            proxy = stack.enter_context(serving(web.answer))
            host = ""
            if contents is not None:
                registry = VectorRegistry(vector, contents)
                host = f"localhost:{stack.enter_context(serving(registry.answer))}"
                registry.host = host
            made = tempfile.TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True)
            stack.callback(_unlink, Path(made.name))
            root = Path(stack.enter_context(made))
            world = build_world(root, vector, contents, host)
            words = words_for(vector, contents, host)
            ability = self._ability(vector, world, proxy)
            lacking = _lacking(vector, words, ability)
            if lacking:
                return Answer(Kind.NOT_SUPPORTED, said=lacking)
            words = (
                *words[: _after(vector)],
                *["-d"] * ("--debug" in ability.flags),
                *words[_after(vector) :],
            )
            environment = world.environment(proxy, self.client.kept)
            if vector.artifact.place == "layout":
                environment["NOTATION_EXPERIMENTAL"] = "1"
            answer = answer_of(self._client_at(vector.at).run(words, environment, world.work))
            said = answer.said.replace(f"{root}/", "").replace(host or REGISTRY, REGISTRY)
            return _with_facts(replace(answer, said=said), vector, world, web, contents)

    def _client_at(self, at: datetime) -> Client:
        moment = f"{at:%Y-%m-%d %H:%M:%S}"
        return replace(self.client, words=tuple(word.replace(AT, moment) for word in self.client.words))

    def _ability(self, vector: Vector, world: World, proxy: int) -> _Ability:
        """Return what the client's help says about the vector's command; asked once for each command."""
        with self._lock:
            if vector.command not in self._abilities:
                environment = world.environment(proxy, self.client.kept) | {"NOTATION_EXPERIMENTAL": "1"}
                words = (*vector.command.split(), "--help")
                ran = self._client_at(vector.at).run(words, environment, world.work)
                spelled = r"\s+".join(_SPELLINGS.get(word, word) for word in vector.command.split())
                is_there = ran.code == 0 and re.search(rf"\b{spelled}\b", ran.out) is not None
                self._abilities[vector.command] = _Ability(is_there, frozenset(_FLAG.findall(ran.out)))
            return self._abilities[vector.command]


def _unlink(root: Path) -> None:
    """Remove the link that a client may have put in place of its directories."""
    with suppress(OSError):
        if root.is_symlink():
            root.unlink()


def _after(vector: Vector) -> int:
    """Return how many words the command has."""
    return len(vector.command.split())


def _lacking(vector: Vector, words: Iterable[str], ability: _Ability) -> str:
    """Return what the client does not have that *words* need, or nothing."""
    if not ability.is_there:
        return f"`{vector.command} --help` does not show the command"
    for word in words:
        flag = word.partition("=")[0]
        if flag == "--":
            break
        if flag.startswith("--") and flag not in ability.flags:
            return f"`{vector.command} --help` does not show {flag}"
    return ""


def _with_facts(
    answer: Answer, vector: Vector, world: World, web: VectorWeb, contents: Contents | None
) -> Answer:
    """Return *answer* with what can be seen outside the client."""
    has_judged = answer.kind in {Kind.ACCEPT, Kind.REFUSE}
    wanted = (*vector.expected.written, *vector.expected.not_written)
    try:
        strays = world.strays()
        there = {
            path: any((place / path).exists() for place in (world.work, world.config)) for path in wanted
        }
    except OSError as error:
        said = f"left its directories so that they cannot be read: {error.strerror}"
        return replace(answer, kind=Kind.UNTIDY, said=said) if has_judged else answer
    if strays and has_judged:
        answer = replace(answer, kind=Kind.UNTIDY, said=f"wrote {', '.join(strays)} outside its directories")
    answer = replace(answer, asked=tuple(web.asked), there=there)
    if contents is None or vector.artifact.place != "registry":
        return answer
    found = contents.signatures()
    faults = new_signature_faults(contents) if vector.command == "sign" else ()
    return replace(answer, signatures=len(found), faults=tuple(faults))


def version_of(client: Client) -> str:
    """Return what `version` of *client* says its version is, or nothing.

    Raises:
        ConfigurationError: it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-") as root:
        environment = World(Path(root), "").environment(9, client.kept)
        ran = client.run(("version",), environment, Path(root))
    found = re.search(r"^Version:\s+(\S+)", ran.out, re.MULTILINE)
    return found[1] if found and ran.code == 0 else ""
