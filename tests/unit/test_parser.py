# SPDX-License-Identifier: Apache-2.0
"""The command line is read in the order and with the texts of the Go program's parser."""

from __future__ import annotations

import pytest

from notation_py.cli.go_values import parse_duration, parse_int
from notation_py.cli.parser import Command, Request, check, parse
from notation_py.errors import UsageError

REFERENCE = "r.example/a@sha256:" + "0" * 64
HOUR = 3_600_000_000_000
SPACED = "if any flags in the group [{}] are set "


def refusal(*words: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(list(words))
    return caught.value.message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sign --nope x", "unknown flag: --nope"),
        ("sign --deb x", "unknown flag: --deb"),
        ("sign -z x", "unknown shorthand flag: 'z' in -z"),
        ("sign -dzk x", "unknown shorthand flag: 'z' in -zk"),
        ("sign -d= x", "unknown shorthand flag: '=' in -="),
        ("sign --=x", "bad flag syntax: --=x"),
        ("sign ---d", "bad flag syntax: ---d"),
        ("sign --key", "flag needs an argument: --key"),
        ("sign -k", "flag needs an argument: 'k' in -k"),
        ("sign -dk", "flag needs an argument: 'k' in -k"),
        (
            "verify --max-signatures x a",
            'invalid argument "x" for "--max-signatures" flag: strconv.ParseInt: parsing "x": invalid syntax',
        ),
        (
            "verify --max-signatures 99999999999999999999 a",
            (
                'invalid argument "99999999999999999999" for "--max-signatures" flag: strconv.ParseInt: '
                'parsing "99999999999999999999": value out of range'
            ),
        ),
        (
            "sign --debug=maybe a",
            (
                'invalid argument "maybe" for "-d, --debug" flag: strconv.ParseBool: parsing "maybe": '
                "invalid syntax"
            ),
        ),
        (
            "sign -e x a",
            'invalid argument "x" for "-e, --expiry" flag: time: invalid duration "x"',
        ),
        (
            "sign --expiry 5 a",
            'invalid argument "5" for "-e, --expiry" flag: time: missing unit in duration "5"',
        ),
        (
            "sign --expiry 5d a",
            'invalid argument "5d" for "-e, --expiry" flag: time: unknown unit "d" in duration "5d"',
        ),
        ("cert add x", 'required flag(s) "store", "type" not set'),
        (
            "sign --id x a",
            SPACED.format("id plugin") + "they must all be set; missing [plugin]",
        ),
        (
            "sign --timestamp-root-cert x a",
            SPACED.format("timestamp-url timestamp-root-cert")
            + "they must all be set; missing [timestamp-url]",
        ),
        (
            "sign --id x --plugin y --key z a",
            SPACED.format("key id") + "none of the others can be; [id key] were all set",
        ),
        (
            "sign --oci-layout=false --force-referrers-tag a",
            SPACED.format("oci-layout force-referrers-tag")
            + "none of the others can be; [force-referrers-tag oci-layout] were all set",
        ),
        ("version x", 'unknown command "x" for "notation-py version"'),
        ("completion bash x", 'unknown command "x" for "notation-py completion bash"'),
        ("policy show x y", "accepts 0 arg(s), received 2"),
        (
            "policy import",
            (
                "requires 1 argument but received 0.\nUsage: notation-py policy import "
                "<path-to-policy.json>\nPlease specify a trust policy file location as the argument"
            ),
        ),
        (
            "sign",
            (
                "missing reference to the artifact: use `notation-py sign --help` to see what parameters are "
                "required"
            ),
        ),
        ("login", "no hostname specified"),
        ("key add", "either missing key name or unnecessary parameters passed"),
        ("key add a b", "either missing key name or unnecessary parameters passed"),
        ("key update", "missing key name"),
        ("key delete", "missing key names"),
        ("cert show", "missing certificate file name"),
        ("cert show a b", "show only supports single certificate file"),
        (
            "cert delete",
            (
                "delete requires either the certificate file name that needs to be deleted or --all flag "
                "to delete all certificates in the given named trust store"
            ),
        ),
        ("cert generate-test", "missing certificate common_name"),
        ("cert cleanup-test", "missing certificate common name"),
    ],
    ids=lambda value: value[:48],
)
def test_parse_refuses_with_the_text_of_go(line: str, message: str) -> None:
    """Every row of contract/cli.md 2.4 and every argument text of section 7; CLI-001."""
    assert refusal(*line.split()) == message


@pytest.mark.parametrize(
    ("word", "suggested"),
    [("verson", ["version"]), ("siggn", ["sign"]), ("ins", ["inspect"]), ("xyzzy", [])],
)
def test_unknown_command_comes_with_suggestions(word: str, suggested: list[str]) -> None:
    """An unknown first word names commands within two letters or starting so (cli.md 2.2)."""
    near = "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in suggested) if suggested else ""
    assert refusal(word) == (
        f'unknown command "{word}" for "notation-py"{near}\nRun \'notation-py --help\' for usage.'
    )


@pytest.mark.parametrize("group", ["key", "cert", "certificate", "policy", "completion"])
def test_unknown_word_below_a_group_is_an_error(group: str) -> None:
    """Unlike the Go program, which shows help and exits 0 (deviation CLI-1)."""
    title = "certificate" if group == "cert" else group
    assert refusal(group, "nonsense") == (
        f'unknown command "nonsense" for "notation-py {title}"\nRun \'notation-py {title} --help\' for usage.'
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nope --bad --help", "unknown command"),
        ("key nope --bad", "unknown flag: --bad"),
        ("sign --help --bad", "unknown flag: --bad"),
        ("sign --bad --help", "unknown flag: --bad"),
        ("cert add", "missing certificate path"),
        ("cert delete -t ca", "delete requires"),
        ("cert delete -a", 'required flag(s) "store", "type" not set'),
        ("sign --id x", "missing reference"),
        ("sign --id x --key y a", "if any flags in the group [id plugin]"),
        ("sign --key a --plugin b --id c a", "if any flags in the group [key id]"),
        ("key add --plugin p --key-file k n", "if any flags in the group [key-file cert-file]"),
    ],
    ids=lambda value: value,
)
def test_first_failing_check_decides(line: str, message: str) -> None:
    """Lookup, flags, help, arguments, required flags, together, exclusive (cli.md 2.1)."""
    assert refusal(*line.split()).startswith(message)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("", ""),
        ("--help", ""),
        ("sign -h", "sign"),
        ("sign --help x y z", "sign"),
        ("sign --id x --help", "sign"),
        ("-h sign", "sign"),
        ("key", "key"),
        ("key nonsense --help", "key"),
        ("cert", "certificate"),
        ("certificate add -h", "certificate add"),
    ],
)
def test_help_wins_over_arguments_and_groups(line: str, path: str) -> None:
    """Help is answered once the flags are readable, whatever else is wrong (cli.md 2.1)."""
    request = parse(line.split())
    assert request.wants_help
    assert request.command.path == path


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("ls a", "list"),
        ("cert ls", "certificate list"),
        ("key set a", "key update"),
        ("key ls", "key list"),
        ("-d sign a", "sign"),
        ("--debug key --verbose list", "key list"),
        ("--signature-format cose sign a", "sign"),
        ("key -d list", "key list"),
    ],
)
def test_command_is_found_between_flags_and_by_alias(line: str, path: str) -> None:
    """Flags may stand before and between the names (cli.md 2.2, deviation CLI-2)."""
    assert parse(line.split()).command.path == path


def test_value_of_a_flag_before_the_command_is_not_a_command() -> None:
    """An unknown or valued flag without `=` takes the next word along (cli.md 2.2)."""
    assert refusal("--key", "sign", "verify", "--key").startswith("unknown flag: --key")
    assert refusal("--unknown", "sign", "x").startswith('unknown command "x"')


@pytest.mark.parametrize(
    "line",
    ["-k=v", "-kv", "-k v", "--key v", "--key=v", "-dkv", "-vdk=v", "-k x -k v"],
)
def test_value_is_taken_in_every_spelling(line: str) -> None:
    """Long, short, attached, bundled; the last one counts (cli.md 2.3)."""
    request = parse(["sign", *line.split(), REFERENCE])
    assert request.values["key"] == "v"
    assert "key" in request.given


def test_repeatable_flag_keeps_order_and_commas() -> None:
    """A stringArray is not split at commas (cli.md 2.3)."""
    request = parse(["sign", "-m", "a=1,b=2", "--user-metadata", "c=3", "-dm", "d=4", REFERENCE])
    assert request.values["user_metadata"] == ("a=1,b=2", "c=3", "d=4")
    assert request.values["debug"] is True


def test_double_dash_ends_the_flags() -> None:
    """After `--` every word is an argument, one that looks like a flag too."""
    assert parse(["key", "delete", "--", "-d", "--help"]).arguments == ("-d", "--help")
    assert parse(["key", "delete", "-", "a"]).arguments == ("-", "a")


def test_defaults_are_not_given() -> None:
    """Only what stands on the line counts as set, even with its default value (cli.md 2.4)."""
    plain = parse(["verify", REFERENCE])
    assert plain.values["max_signatures"] == 100
    assert plain.values["user_metadata"] == ()
    assert plain.given == set()
    assert parse(["verify", "--max-signatures=100", REFERENCE]).given == {"max_signatures"}


def test_verify_uses_all_references_and_sign_one() -> None:
    """Words beyond the used ones are kept apart, so that they can be warned about (deviation CLI-5)."""
    assert parse(["verify", "a", "b"]).arguments == ("a", "b")
    request = parse(["sign", "a", "b", "c"])
    assert (request.arguments, request.surplus) == (("a",), ("b", "c"))


def test_unknown_flag_suggests_a_near_one() -> None:
    """The text is Go's, the hint is ours."""
    with pytest.raises(UsageError) as caught:
        parse(["verify", "--max", "3", "a"])
    assert caught.value.hint == "did you mean --max-signatures?"


def test_refusals_show_no_control_character() -> None:
    """Attack: a flag name that moves the cursor; R-36."""
    for words in (["sign", "--\x1b[2J"], ["sign", "-\x1b"], ["\x1b[2J"], ["key", "\u202e"]):
        assert refusal(*words).replace("\n", "").replace("\t", "").isprintable()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("42", 42),
        ("+7", 7),
        ("-7", -7),
        ("0x10", 16),
        ("0X1f", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("1_000", 1000),
        ("0x_1f", 31),
        ("0_7", 7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_int_is_read_in_every_base(text: str, value: int) -> None:
    """Go's base-0 forms (cli.md 2.3)."""
    assert parse_int(text) == value


@pytest.mark.parametrize(
    "text", ["", "+", "-", "1__0", "_1", "1_", "0x", "08", "1.0", " 1", "1 ", "٣", "--1", "1e3", "0b2", "\n1"]
)
def test_int_refuses_other_spellings(text: str) -> None:
    """What Go's parser refuses although Python's `int` may take it."""
    with pytest.raises(ValueError, match="invalid syntax"):
        parse_int(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("24h", 24 * HOUR),
        ("1h30m", HOUR * 3 // 2),
        ("1.5h", HOUR * 3 // 2),
        (".5h", HOUR // 2),
        ("1.h", HOUR),
        ("-1h", -HOUR),
        ("+2s", 2_000_000_000),
        ("300ms", 300_000_000),
        ("1us1µs1μs", 3_000),
        ("1ns", 1),
    ],
)
def test_duration_is_read_as_go_does(text: str, value: int) -> None:
    """Nanoseconds (cli.md 2.3)."""
    assert parse_duration(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid duration"),
        ("-", "invalid duration"),
        ("h", "invalid duration"),
        ("1h ", "unknown unit"),
        (" 1h", "invalid duration"),
        ("1.2.3s", "invalid duration"),
        ("1d", "unknown unit"),
        ("3", "missing unit"),
        ("1h3", "missing unit"),
        (".s", "invalid duration"),
        ("9999999h", "invalid duration"),
        ("9" * 10_000 + "h", "invalid duration"),
    ],
    ids=lambda value: value[:20],
)
def test_duration_refuses_other_spellings(text: str, reason: str) -> None:
    """The three reasons Go gives."""
    with pytest.raises(ValueError, match=reason):
        parse_duration(text)


def test_group_with_one_required_flag() -> None:
    """The text for groups of which one flag is needed, which no command of this version has."""
    command = Command("certificate list")
    command.groups = (("one", ("type", "store")),)
    request = Request(command)
    with pytest.raises(
        UsageError, match=r"^at least one of the flags in the group \[type store\] is required$"
    ):
        check(request, [])
