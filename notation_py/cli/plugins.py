# SPDX-License-Identifier: Apache-2.0
"""The plugins of this machine as commands use them: found late, traced with `--debug`, secrets masked.

Importing this costs nothing: what finds and runs plugins is loaded when a plugin is wanted.

Spec: contract/cli.md 9, 10; security contract R-29, R-36. Requirements: PLG-030, PLG-090.
"""

from __future__ import annotations

from .session import DEBUG, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..plugin.contract import Command, PluginRunner, Plugins, ProgramResult
    from ..verification.extended import PluginVerdict
    from ..verification.outcome import VerificationOutcome

MAX_TRACED = 16_384
"""Characters of a document that `--debug` shows."""

MAX_NAME, MAX_NAMES = 64, 16
"""Characters of the name of a critical attribute, and how many of them, `verify` shows."""

_JSON_STRING = r'(?s:"(?:[^"\\]|\\.)*+(?:"|\\?\Z))'
"""Up to its end or that of the text, so that each quotation mark is looked at once."""
HIDDEN = "*****"
LEAST_HIDDEN = 4
"""Characters of a value that is also hidden within other text; a shorter one is in too many words."""


class SessionPlugins:
    """Implements `Plugins` with those installed here; nothing is imported before the first is sought."""

    __slots__ = ("_found", "_session")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: Plugins | None = None

    def find(self, name: str) -> PluginRunner:
        """Return the plugin *name*; raises as its port says."""
        if self._found is None:
            self._found = self._installed()
        return traced(self._found.find(name), self._session)

    def _installed(self) -> Plugins:
        from ..adapters.plugins import InstalledPlugins

        session = self._session
        return InstalledPlugins(
            session.directories, session.environment, session.strictness, warn=session.warn
        )


class VerificationPlugins(SessionPlugins):
    """Implements `Plugins` for names in signatures: no package is imported because a signature says so.

    A plugin that is a package has to be named in `config.json`; hardened, every plugin has to be (R-29).
    """

    __slots__ = ()

    def _installed(self) -> Plugins:
        from ..adapters.plugins import PROGRAM
        from ..plugin.named import NamedPlugins

        names = _named(self._session.configuration.verification_plugins)
        is_hardened = self._session.strictness.value == "hardened"
        return NamedPlugins(super()._installed(), names, None if is_hardened else PROGRAM)


def _named(entries: tuple[str, ...]) -> dict[str, str]:
    """Return the entries of `verificationPlugins` by the name that a signature has for them.

    Raises:
        ConfigurationError: an entry names nothing, or two mean one name and not the same plugin.
    """
    from ..adapters.plugins import PACKAGE, PROGRAM
    from ..errors import ConfigurationError
    from ..plugin.contract import is_plugin_name

    names: dict[str, str] = {}
    for entry in entries:
        name = entry.removeprefix(PACKAGE if entry.startswith(PACKAGE) else PROGRAM)
        if not is_plugin_name(name):
            raise ConfigurationError(
                f'"verificationPlugins" in config.json has the entry {entry[:64]!r}, which names no plugin',
                hint="an entry is NAME, exe:NAME or py:NAME",
            )
        if names.setdefault(name, entry) != entry:
            raise ConfigurationError(
                f'"verificationPlugins" in config.json names {names[name]!r} and {entry!r}, and a signature '
                f"that names {name!r} can mean only one",
                hint="keep one of the two",
            )
    return names


def traced(runner: PluginRunner, session: Session) -> PluginRunner:
    """Return *runner*, with `--debug` as one that tells what it is asked and answers."""
    return TracedPlugin(runner, session) if session.verbosity >= DEBUG else runner


class TracedPlugin:
    """Implements `PluginRunner` by writing to the debug log what another is asked and answers."""

    __slots__ = ("_runner", "_session")

    def __init__(self, runner: PluginRunner, session: Session) -> None:
        self._runner = runner
        self._session = session

    @property
    def name(self) -> str:
        """The name of the plugin."""
        return self._runner.name

    @property
    def origin(self) -> str:
        """Where the plugin was found."""
        return self._runner.origin

    def run(self, command: Command, request: bytes) -> ProgramResult:
        """Return what the plugin made of *request*; raises as its port says."""
        from ..errors import PluginError

        session, secrets = self._session, _secrets(request)
        session.trace(f"Plugin {command} request: {_masked(request, secrets)}")
        try:
            result = self._runner.run(command, request)
        except PluginError as error:
            session.trace(
                f"failed to execute the {command} command for plugin {self.name}: "
                f"{_masked(error.message.encode(), secrets)}"
            )
            raise
        if result.exit_code:
            session.trace(
                f"failed to execute the {command} command for plugin {self.name}: exit code "
                f"{result.exit_code}: {_masked(result.stderr, secrets)}"
            )
        else:
            session.trace(f"Plugin {command} response: {_masked(result.stdout, secrets)}")
        return result


def _secrets(request: bytes) -> list[str]:
    """Return the values of the configuration in *request*, also as JSON spells them, long ones first."""
    import json

    try:
        values = [value for value in json.loads(request)["pluginConfig"].values() if isinstance(value, str)]
    except (ValueError, LookupError, TypeError, AttributeError):  # a check asks odd things
        return []
    spelled = {form for text in values for form in (text, json.dumps(text, ensure_ascii=False)[1:-1])}
    return sorted(filter(None, spelled), key=len, reverse=True)


def _masked(text: bytes, secrets: list[str]) -> str:
    """Return *text* on one line, without any of *secrets*: whether one is harmless is not known here.

    In JSON strings they are found however they are spelled; a transformed one, such as its base64, is not
    (attack 161).
    """
    import re

    from .printable import printable

    decoded = text.decode("utf-8", "backslashreplace")
    shown = re.sub(_JSON_STRING, lambda found: _masked_string(found[0], secrets), decoded)
    for secret in secrets:
        if len(secret) >= LEAST_HIDDEN:
            shown = shown.replace(secret, HIDDEN)
    shown = printable(shown.strip())
    return shown if len(shown) <= MAX_TRACED else f"{shown[:MAX_TRACED]}… ({len(shown)} characters)"


def _masked_string(spelled: str, secrets: list[str]) -> str:
    """Return the JSON string *spelled*, as it stands if it holds none of *secrets* or is none."""
    import json

    try:
        value = shown = json.loads(spelled, strict=False) if "\\" in spelled else spelled[1:-1]
    except ValueError:
        return spelled
    for secret in secrets:
        shown = HIDDEN if shown == secret else shown
        shown = shown.replace(secret, HIDDEN) if len(secret) >= LEAST_HIDDEN else shown
    return spelled if shown == value else json.dumps(shown, ensure_ascii=False)


def vouched(verdict: PluginVerdict) -> str:
    """Return one line on what the plugin of an accepted signature vouches for, and what it refuses."""
    from .session import one_line

    good = [str(capability) for capability, result in verdict.results.items() if result.success]
    refused = [str(capability) for capability, result in verdict.results.items() if not result.success]
    names = verdict.processed_attributes
    good += [f"the critical attribute {name[:MAX_NAME]!r}" for name in names[:MAX_NAMES]]
    if len(names) > MAX_NAMES:
        good.append(f"{len(names) - MAX_NAMES} more")
    said = [f"vouches for {', '.join(good)}"] if good else []
    said += [f"refuses {', '.join(refused)}"] if refused else []
    told = " and ".join(said) or "was not asked for anything"
    return one_line(f"Verification plugin {verdict.name} {verdict.version} {told}")


def explain_plugin(outcome: VerificationOutcome, session: Session) -> None:
    """Tell which plugin vouched for what."""
    verdict = outcome.plugin
    if verdict is None:
        return
    named = f"Verification plugin {verdict.name} {verdict.version} ({verdict.origin})"
    for capability, result in verdict.results.items():
        said = "vouches for" if result.success else f"refuses, with the reason {result.reason!r},"
        session.tell(f"{named} {said} {capability}")
    for attribute in verdict.processed_attributes:
        session.tell(f"{named} has processed the critical attribute {attribute!r}")
    if not verdict.results:
        session.tell(f"{named} was not asked for anything")
