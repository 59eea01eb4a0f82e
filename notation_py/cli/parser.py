# SPDX-License-Identifier: Apache-2.0
"""The words of a command line, read in the order and with the texts of the Go program's parser.

Works on the generated table alone: no typer, no `re`, no `dataclasses`, so that `--help` and `version`
cost little more than starting Python. Finds the command, reads its flags, checks arguments, required
flags and flag groups; refuses to know what any command does.

Spec: contract/cli.md 2.1 to 2.5. Requirements: CLI-001, CLI-003, CLI-004.
"""

from __future__ import annotations

from . import _table
from .go_values import parse_bool, parse_duration, parse_int, quoted

PROGRAM = "notation-py"
_READERS = {"bool": parse_bool, "int": parse_int, "duration": parse_duration}
_HELP = ("help", "h", "bool", False, False, False)


class Flag:
    """One flag of one command, as the table has it."""

    __slots__ = ("default", "hidden", "kind", "name", "required", "short")

    def __init__(
        self,
        name: str,
        short: str,
        kind: str,
        default: object,
        required: bool,  # noqa: FBT001 - a row of the table
        hidden: bool,  # noqa: FBT001 - likewise
    ) -> None:
        self.name = name
        self.short = short
        self.kind = kind
        self.default = default
        self.required = required
        self.hidden = hidden

    @property
    def key(self) -> str:
        """The name under which handlers find the value: `user_metadata` for `--user-metadata`."""
        return self.name.replace("-", "_")

    @property
    def spelling(self) -> str:
        """The flag as error texts show it: `-d, --debug`."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


class Command:
    """One row of the table: a command, or a group of commands."""

    __slots__ = ("aliases", "arguments", "children", "flags", "groups", "path", "usage")

    def __init__(self, path: str) -> None:
        row = _table.COMMANDS[path]
        self.path = path
        self.usage, self.aliases, self.children, flags, self.groups, self.arguments = row
        self.flags = (*(Flag(*flag) for flag in flags), Flag(*_HELP))

    @property
    def title(self) -> str:
        """The command as a person would type it: `notation-py key add`."""
        return f"{PROGRAM} {self.path}".rstrip()

    def child(self, word: str) -> str | None:
        """Return the path of the sub-command called *word* by its name or an alias."""
        for name in self.children:
            path = f"{self.path} {name}".lstrip()
            if word == name or word in _table.COMMANDS[path][1]:
                return path
        return None


class Request:
    """What one command line asks for.

    Attributes:
        command: the command or group that was found.
        values: every flag's value by `Flag.key`, defaults included; durations in nanoseconds.
        given: the keys of the flags that stand on the line, even with their default value.
        arguments: the positional words that the command uses.
        surplus: positional words that the command does not use.
        wants_help: help was asked for, and nothing else is to be done.
    """

    __slots__ = ("arguments", "command", "given", "surplus", "values", "wants_help")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.values: dict[str, object] = {
            flag.key: flag.default for flag in command.flags if flag.name != "help"
        }
        self.given: set[str] = set()
        self.arguments: tuple[str, ...] = ()
        self.surplus: tuple[str, ...] = ()
        self.wants_help = False


def refused(message: str, hint: str | None = None) -> Exception:
    """Return a `UsageError` saying *message*; the error root is imported only now."""
    from ..errors import UsageError

    return UsageError(message, hint=hint)


def parse(words: list[str]) -> Request:
    """Return what *words*, the line without the program's name, ask for.

    The first failing check decides the error: lookup, flags, help, arguments, empty values, required flags,
    groups.

    Raises:
        UsageError: the line cannot be meant; says why in the Go program's words.
    """
    command, rest = find(words)
    request = Request(command)
    positional = _read_flags(request, rest)
    if request.wants_help:
        return request
    if command.children:
        if positional:
            raise _unknown(command, positional[0])
        request.wants_help = True
        return request
    check(request, positional)
    return request


def check(request: Request, positional: list[str]) -> None:
    """Give *request* its arguments if arguments, flags and groups are as the command wants them.

    Raises:
        UsageError: they are not.
    """
    _check_arguments(request, positional)
    _check_filled(request)
    _check_required(request)
    _check_groups(request)


def find(words: list[str]) -> tuple[Command, list[str]]:
    """Return the command that *words* name, and the words without those names.

    Flags may stand before and between the names. A flag that is boolean wherever it exists takes
    no word with it; any other flag without `=` takes the following one.

    Raises:
        UsageError: the first name is no command.
    """
    command = Command("")
    rest = list(words)
    while command.children:
        place = _first_name(rest)
        if place is None:
            break
        path = command.child(rest[place])
        if path is None:
            if not command.path:
                raise _unknown(command, rest[place])
            break
        del rest[place]
        command = Command(path)
    return command, rest


def _first_name(words: list[str]) -> int | None:
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--":
            return None
        if word and not word.startswith("-"):
            return position
        long = word.startswith("--")
        if "=" not in word and (long or len(word) == 2) and not _is_switch(word.lstrip("-"), long=long):
            position += 1
        position += 1
    return None


def _is_switch(name: str, *, long: bool) -> bool:
    kinds = {
        flag[2]
        for row in _table.COMMANDS.values()
        for flag in (*row[3], _HELP)
        if flag[0 if long else 1] == name
    }
    return kinds == {"bool"}


def _unknown(command: Command, word: str) -> Exception:
    near = suggestions(command, word)
    lines = "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in near) if near else ""
    return refused(
        f"unknown command {quoted(word)} for {quoted(command.title)}{lines}\n"
        f"Run '{command.title} --help' for usage."
    )


def suggestions(command: Command, word: str) -> list[str]:
    """Return the sub-commands of *command* that start with *word* or are at most two letters away."""
    return [name for name in command.children if _resembles(word, name)]


def _nearest(word: str, names: list[str]) -> str | None:
    """Return the one of *names* that *word* begins, or else the one that is fewest letters away."""
    near = [name for name in names if _resembles(word, name)]
    return min(near, key=lambda name: (not name.startswith(word), _distance(word, name)), default=None)


def _resembles(word: str, name: str) -> bool:
    lower = word[:64].lower()
    return name.startswith(lower) or _distance(lower, name) <= 2


def _distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, opposite in enumerate(other, 1):
            change = previous + (letter != opposite)
            previous = row[j]
            row[j] = min(row[j] + 1, row[j - 1] + 1, change)
    return row[-1]


def _read_flags(request: Request, words: list[str]) -> list[str]:
    long = {flag.name: flag for flag in request.command.flags}
    short = {flag.short: flag for flag in request.command.flags if flag.short}
    positional: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            positional += rest
            break
        if word.startswith("--"):
            _read_long(request, long, word, rest)
        elif word.startswith("-") and len(word) > 1:
            _read_short(request, short, word, rest)
        else:
            positional.append(word)
    return positional


def _read_long(request: Request, flags: dict[str, Flag], word: str, rest: list[str]) -> None:
    name, equals, value = word[2:].partition("=")
    if name.startswith("-") or not name:
        raise refused(f"bad flag syntax: {_shown(word)}")
    flag = flags.get(name)
    if flag is None:
        near = _nearest(name, [known for known, flag in flags.items() if not flag.hidden])
        raise refused(f"unknown flag: --{_shown(name)}", f"did you mean --{near}?" if near else None)
    if equals:
        _set(request, flag, value)
    elif flag.kind == "bool":
        _set(request, flag, "true")
    elif rest:
        _set(request, flag, rest.pop(0))
    else:
        raise refused(f"flag needs an argument: --{name}")


def _read_short(request: Request, flags: dict[str, Flag], word: str, rest: list[str]) -> None:
    cluster = word[1:]
    while cluster:
        flag = flags.get(cluster[0])
        if flag is None:
            raise refused(f"unknown shorthand flag: '{_shown(cluster[0])}' in -{_shown(cluster)}")
        if len(cluster) > 2 and cluster[1] == "=":
            _set(request, flag, cluster[2:])
            return
        if flag.kind == "bool":
            _set(request, flag, "true")
            cluster = cluster[1:]
            continue
        if len(cluster) > 1:
            _set(request, flag, cluster[1:])
        elif rest:
            _set(request, flag, rest.pop(0))
        else:
            raise refused(f"flag needs an argument: '{cluster[0]}' in -{cluster}")
        return


def _shown(text: str) -> str:
    return text if text.isprintable() else quoted(text)[1:-1]


def _set(request: Request, flag: Flag, text: str) -> None:
    value: object = text
    reader = _READERS.get(flag.kind)
    if reader is not None:
        try:
            value = reader(text)
        except ValueError as error:
            raise refused(f'invalid argument {quoted(text)} for "{flag.spelling}" flag: {error}') from error
    if flag.name == "help":
        request.wants_help = bool(value)
        return
    if flag.kind == "stringArray":
        earlier = request.values[flag.key] if flag.key in request.given else ()
        value = (*earlier, text)  # type: ignore[misc] # a stringArray's value is a tuple
    request.values[flag.key] = value
    request.given.add(flag.key)


def _check_arguments(request: Request, words: list[str]) -> None:
    least, most, too_few, too_many, unless = request.command.arguments
    if unless and request.values[unless]:
        least = 0
    if len(words) < least:
        raise refused(too_few.format(n=len(words)))
    used = len(words) if most < 0 else most
    if len(words) > used and too_many:
        raise refused(too_many.format(n=len(words), first=quoted(words[0])))
    request.arguments = tuple(words[:used])
    request.surplus = tuple(words[used:])


def _check_filled(request: Request) -> None:
    for name, text in (pair for rule, pair in request.command.groups if rule == "filled"):
        key = name.replace("-", "_")
        is_empty = (
            key in request.given and not request.values[key] if name else request.arguments[:1] == ("",)
        )
        if is_empty:
            raise refused(text)


def _check_required(request: Request) -> None:
    missing = sorted(
        flag.name for flag in request.command.flags if flag.required and flag.key not in request.given
    )
    if missing:
        names = ", ".join(f'"{name}"' for name in missing)
        raise refused(f"required flag(s) {names} not set")


def _check_groups(request: Request) -> None:
    for rule in ("together", "one", "exclusive"):
        members = sorted((group[1] for group in request.command.groups if group[0] == rule), key=" ".join)
        for names in members:
            _check_group(request, rule, names)


def _check_group(request: Request, rule: str, names: tuple[str, ...]) -> None:
    declared = f"[{' '.join(names)}]"
    given = sorted(name for name in names if name.replace("-", "_") in request.given)
    missing = sorted(set(names).difference(given))
    if rule == "together" and given and missing:
        raise refused(
            f"if any flags in the group {declared} are set they must all be set; "
            f"missing [{' '.join(missing)}]"
        )
    if rule == "one" and not given:
        raise refused(f"at least one of the flags in the group {declared} is required")
    if rule == "exclusive" and len(given) > 1:
        raise refused(
            f"if any flags in the group {declared} are set none of the others can be; "
            f"[{' '.join(given)}] were all set"
        )
