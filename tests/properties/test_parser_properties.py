# SPDX-License-Identifier: Apache-2.0
"""Whatever stands on the command line, the parser answers with a request or with one error of ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notation_py.cli import _table
from notation_py.cli.go_values import parse_duration, parse_int
from notation_py.cli.help import help_screen
from notation_py.cli.parser import Command, Request, parse
from notation_py.cli.printable import printable, printable_lines
from notation_py.errors import UsageError

FLAGS = sorted(
    {f"--{flag[0]}" for row in _table.COMMANDS.values() for flag in row[3]} | {"--help", "-h", "--"}
)
SHORTS = sorted({f"-{flag[1]}" for row in _table.COMMANDS.values() for flag in row[3] if flag[1]})
NAMES = sorted({word for path in _table.COMMANDS for word in path.split()} | {"ls", "cert", "set"})
WORDS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(FLAGS),
    st.sampled_from(SHORTS),
    st.builds("{}={}".format, st.sampled_from(FLAGS + SHORTS), st.text(max_size=6)),
    st.builds("{}{}".format, st.sampled_from(SHORTS), st.text(max_size=4)),
    st.text(max_size=12),
    st.text(alphabet="-=dkvmhe\x00\udc80 \n", max_size=8),
)


@given(st.lists(WORDS, max_size=8))
def test_parser_raises_nothing_but_usage_errors(words: list[str]) -> None:
    """A request is complete and typed; an error is one line group without control characters (R-36, R-38)."""
    message = "none"
    try:
        request = parse(words)
    except UsageError as error:
        message = error.message
        request = Request(Command(""))
    assert message
    assert message.replace("\n", "").replace("\t", "").isprintable()
    assert set(request.given) <= set(request.values)
    assert all(isinstance(word, str) for word in (*request.arguments, *request.surplus))
    for flag in request.command.flags:
        if flag.name != "help":
            kinds = {"bool": bool, "int": int, "duration": int, "stringArray": tuple, "string": str}
            assert type(request.values[flag.key]) is kinds[flag.kind]


@given(st.sampled_from(sorted(_table.COMMANDS)), st.lists(WORDS, max_size=4))
def test_words_after_the_names_do_not_change_the_command(path: str, rest: list[str]) -> None:
    """Once the names of a command without sub-commands are read, nothing later is taken for one."""
    command = Command(path)
    if command.children:
        return
    try:
        request = parse([*path.split(), *rest])
    except UsageError:
        return
    assert request.command.path == path


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_int_reads_back_what_go_would_print(number: int) -> None:
    """Decimal, hexadecimal and octal spellings of one number mean the same."""
    sign, digits = ("-", -number) if number < 0 else ("", number)
    assert {
        parse_int(f"{sign}{digits}"),
        parse_int(f"{sign}{digits:#x}"),
        parse_int(f"{sign}{digits:#o}"),
    } == {number}


@given(st.text(alphabet="0123456789.hmsunµ+-_x ", max_size=12))
def test_values_raise_nothing_but_value_errors(text: str) -> None:
    """Integers and durations are numbers or a `ValueError` with Go's words."""
    for read in (parse_int, parse_duration):
        reason = "time: "
        try:
            number = read(text)
        except ValueError as error:
            reason, number = str(error), 0
        assert isinstance(number, int)
        assert reason.startswith(("strconv.ParseInt: ", "time: "))


@given(st.text())
def test_printable_text_is_printable(text: str) -> None:
    """No control, invisible or undecodable character is left; printable text is unchanged (R-36)."""
    assert printable(text).isprintable()
    assert printable_lines(text).replace("\n", "").replace("\t", "").isprintable()
    if text.isprintable():
        assert printable(text) == printable_lines(text) == text


@given(st.sampled_from(sorted(_table.COMMANDS)), st.text(max_size=8))
def test_help_of_every_command_can_be_shown(path: str, default: str) -> None:
    """Every flag has its help; a default from a file does not break the screen."""
    screen = help_screen(Command(path), {"signature-format": default})
    assert "\nUsage:\n" in screen
    assert screen.endswith("\n")
