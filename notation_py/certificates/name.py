# SPDX-License-Identifier: Apache-2.0
"""Distinguished names: as a trust policy writes them, as a certificate carries them, as Go prints them.

A name is a mapping of attribute type to value. Both readers refuse what two people could
read differently: repeated types, multi-valued parts, control characters. Names are compared
as decoded attributes, never as text. Which names are trusted is not known here.

Spec: RFC 4514; RFC 5280 section 4.1.2.4; trust-store-trust-policy, Trusted Identities Constraints.
Requirements: TP-064 to TP-070, R-13, R-36.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from ..errors import MalformedError, Outcome
from ..reference import go_quote
from .name_der import BMP_STRING, PRINTABLE, attribute_types, decoded_string, dotted, name_attributes

MAX_NAME_BYTES = 16_384
"""Longest name that is read, as text or DER. Names met in practice stay below 500 bytes."""

_MANDATORY = ("C", "ST", "O")
_OIDS = {  # in the order in which Go prints them (TP-068)
    b"\x55\x04\x05": "SERIALNUMBER",
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x0b": "OU",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x11": "POSTALCODE",
    b"\x55\x04\x09": "STREET",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x06": "C",
}
_TYPES = frozenset(_OIDS.values())
_SINGLE = frozenset({"CN", "SERIALNUMBER"})  # Go keeps the last one

# Patterns are compiled when first used: a policy with `*` and a subject without escapes need none.
_MARK = r"(?s)\\.|[,;+=]"
_ESCAPE = rb"\\(?:([ \"#+,;<=>\\])|([0-9A-Fa-f]{2})|)"
_ESCAPED = str.maketrans({character: "\\" + character for character in ',+"\\<>;'})


class DistinguishedName(NamedTuple):
    """The attributes of a name; order has no meaning. Every name has non-empty `C`, `ST` and `O`.

    Attributes:
        attributes: short type, such as `CN`, to decoded value.
    """

    attributes: Mapping[str, str]

    def __hash__(self) -> int:
        return hash(frozenset(self.attributes.items()))

    def __str__(self) -> str:
        """The name as a trust policy writes it; `parse` gives it back."""
        return ",".join(
            _escaped(kind).replace("=", "\\=") + "=" + _escaped(value).replace("=#", "=\\#")
            for kind, value in self.attributes.items()
        )

    @property
    def go_map(self) -> str:
        """The attributes as Go prints a map: `map["C":"US" "O":"Example"]`."""
        pairs = (f"{go_quote(kind)}:{go_quote(value)}" for kind, value in sorted(self.attributes.items()))
        return f"map[{' '.join(pairs)}]"

    @property
    def unmatchable(self) -> tuple[str, ...]:
        """The attribute types that no certificate's subject can have here (TP-068)."""
        return tuple(kind for kind in self.attributes if kind not in _TYPES)

    def is_subset_of(self, other: DistinguishedName) -> bool:
        """Return whether *other* has every attribute of this name with exactly the same value (TP-067)."""
        return self.attributes.items() <= other.attributes.items()

    @classmethod
    def parse(cls, text: str) -> DistinguishedName:
        """Return the name that a trust policy writes as *text*; `S` counts as `ST` (TP-064, TP-065, TP-070).

        Raises:
            MalformedError: with outcome CONFIG: not of that grammar, a mandatory attribute missing, a type
                twice, an empty value, a multi-valued part, a control character, or a type that is a
                misspelling of a known one.
        """
        if len(text) > MAX_NAME_BYTES:
            raise _refused(f"distinguished name (DN) is longer than {MAX_NAME_BYTES} characters")
        if "=#" in text:
            raise _unsupported(text)
        attributes: dict[str, str] = {}
        for raw_kind, raw_value in _parts(text):
            kind, value = _unescaped(raw_kind, text), _unescaped(raw_value, text)
            kind = "ST" if kind == "S" else kind
            if kind in attributes:
                raise _duplicate(text, kind)
            attributes[kind] = value
        name = cls(_complete(attributes, lambda: text))
        for kind, value in attributes.items():
            _check_part(text, kind, value)
        return name

    @staticmethod
    @lru_cache(maxsize=64)  # one signer signs much: reading the name costs as much as parsing the envelope
    def from_subject(raw_name: bytes) -> DistinguishedName:
        """Return the attributes of the DER Name *raw_name* (TP-068, R-13).

        Raises:
            MalformedError: with outcome AUTHENTICITY: not a Name, an attribute that has no short type or
                occurs twice, a multi-valued part, `=#` or a control character in a value, or a
                mandatory attribute missing. No trusted identity can match such a subject.
        """
        try:
            attributes = _complete(_subject(raw_name), lambda: name_text(raw_name))
            return DistinguishedName(MappingProxyType(attributes))  # shared, so nobody may change it
        except MalformedError as error:
            raise MalformedError(error.message, hint=error.hint, outcome=Outcome.AUTHENTICITY) from error


def find_overlap(names: Sequence[DistinguishedName]) -> tuple[int, int] | None:
    """Return the first two places in *names* of which the first is a subset of the second (TP-069)."""
    tables: dict[frozenset[str], dict[DistinguishedName, int]] = {}
    for index, name in enumerate(names):
        tables.setdefault(frozenset(name.attributes), {}).setdefault(name, index)
    found = []
    for index, name in enumerate(names):
        for kinds in filter(name.attributes.keys().__ge__, tables):
            part = DistinguishedName({kind: name.attributes[kind] for kind in kinds})
            other = tables[kinds].get(part, index)
            if other != index:
                found.append((other, index))
    return min(found, default=None)


# --- the text form ---------------------------------------------------------------------------------


def _parts(text: str) -> Iterator[tuple[str, str]]:
    if not text.strip():
        return
    start, kind = 0, ""
    for mark in re.finditer(_MARK, text):
        if mark.group() == "=" and not kind:
            kind, start = text[start : mark.start()], mark.end()
            if not kind.strip(" "):
                raise _unreadable(text, f"attribute type is missing before character {start}")
        elif mark.group() in {",", ";", "+"}:
            part = _part(text, kind, start, mark.start())
            if mark.group() == "+":
                raise _multi_valued(text)
            yield part
            start, kind = mark.end(), ""
    yield _part(text, kind, start, len(text))


def _part(text: str, kind: str, start: int, end: int) -> tuple[str, str]:
    if not kind:
        raise _unreadable(text, f"incomplete type, value pair {go_quote(text[start:end][:64])}")
    return kind, text[start:end]


def _unescaped(raw: str, text: str) -> str:
    """Return *raw* without outer spaces and escapes; the space after a last backslash stays (TP-065)."""
    trimmed = raw.strip(" ")
    if "\\" not in trimmed:
        return trimmed
    if trimmed[-1] == "\\" and raw[-1] == " ":
        trimmed += " "
    try:
        return re.sub(_ESCAPE, _unescape, trimmed.encode("utf-8")).decode("utf-8")
    except ValueError as error:
        raise _unreadable(text, f"invalid escape in {go_quote(trimmed[:64])}") from error


def _unescape(found: re.Match[bytes]) -> bytes:
    special, pair = found.groups()
    if special is None and pair is None:
        raise ValueError(found.start())
    return bytes(special) if special is not None else bytes.fromhex(pair.decode("ascii"))


def _check_part(text: str, kind: str, value: str) -> None:
    """Refuse what Go accepts and can never match, or matches what nobody meant (TP-070, R-13)."""
    if kind not in _TYPES:
        _check_value(text, "an attribute type", kind)
        if not kind.strip("0123456789."):
            raise _refused(
                f"distinguished name (DN) {go_quote(text)} has an object identifier as attribute: {kind}",
                hint=f"only {', '.join(_OIDS.values())} can be matched",
            )
        if _known_spelling(kind):
            raise _refused(
                f"distinguished name (DN) {go_quote(text)} has unknown RDN attribute {go_quote(kind)}",
                hint=f"attribute types are case-sensitive, write {_known_spelling(kind)}",
            )
    if not value:
        raise _refused(f"distinguished name (DN) {go_quote(text)} has an empty value for {go_quote(kind)}")
    _check_value(text, go_quote(kind), value)


def _known_spelling(kind: str) -> str | None:
    upper = "ST" if kind in {"s", "S"} else kind.upper()
    return upper if upper in _TYPES else None


def _escaped(value: str) -> str:
    """Return *value* with a backslash where Go and RFC 4514 want one."""
    text = value.translate(_ESCAPED)
    if value[-1:] == " " and len(value) > 1:
        text = text[:-1] + "\\ "
    return "\\" + text if value[:1] in {" ", "#"} else text


# --- the DER form ----------------------------------------------------------------------------------


def _subject(raw_name: bytes) -> dict[str, str]:
    if len(raw_name) > MAX_NAME_BYTES:
        raise MalformedError(f"distinguished name (DN) is longer than {MAX_NAME_BYTES} bytes")
    result: dict[str, str] = {}
    for part in name_attributes(raw_name):
        if not part:
            raise MalformedError("part of a distinguished name (DN) has no attribute")
        if len(part) > 1:
            raise _multi_valued(name_text(raw_name))
        oid, element = part[0]
        kind = _OIDS.get(oid)
        if kind is None:
            raise _unsupported(name_text(raw_name), hint=f"the subject has attribute {dotted(oid)}")
        value = decoded_string(element.tag, raw_name[element.content : element.end])
        if kind in result:
            text = name_text(raw_name)
            raise _duplicate(text, kind) if kind in _SINGLE else _multi_valued(text)
        if "=#" in value:
            raise _unsupported(name_text(raw_name))
        if _has_control(value):
            _check_value(name_text(raw_name), go_quote(kind), value)
        result[kind] = value
    return result


def check_name(raw_name: bytes) -> None:
    """Return if `name_text` can show the DER Name *raw_name*, whatever its values are.

    Raises:
        MalformedError: longer than `MAX_NAME_BYTES`, not a Name, or an attribute type that the Go
            library cannot read either.
    """
    if len(raw_name) > MAX_NAME_BYTES:
        raise MalformedError(f"distinguished name (DN) is longer than {MAX_NAME_BYTES} bytes")
    for oid in attribute_types(raw_name):
        if oid not in _OIDS:
            dotted(oid)


def name_text(raw_name: bytes) -> str:
    """Return the DER Name *raw_name* as Go's `pkix.Name.String()` prints it.

    The order is fixed, several values of one type are joined by `+`, the last CN and serial
    number win, and attributes without a short type stand at the end as `OID=#hex`. A value that
    is no string of its type is shown as the hex of its DER. Not for decisions: two names can
    have one text, and control characters are not escaped.

    Raises:
        MalformedError: not a DER Name.
    """
    known: dict[str, list[str]] = {}
    others: list[str] = []
    for part in name_attributes(raw_name):
        for oid, element in part:
            encoded = raw_name[element.start : element.end]
            try:
                value = decoded_string(element.tag, raw_name[element.content : element.end])
            except MalformedError:
                shown, encoding = f"#{encoded.hex()}", encoded
            else:
                value = value.removesuffix("\0") if element.tag == BMP_STRING else value
                shown, encoding = _escaped(value), _go_string(value)
            kind = _OIDS.get(oid)
            if kind is None:
                others.append(f"{dotted(oid)}=#{encoding.hex()}")
            elif kind in _SINGLE:
                known[kind] = [shown] if shown else []
            else:
                known.setdefault(kind, []).append(shown)
    joined = ("+".join(f"{kind}={value}" for value in known.get(kind, ())) for kind in _OIDS.values())
    return ",".join([*filter(None, joined), *reversed(others)])


def _go_string(value: str) -> bytes:
    """Return the DER that Go writes for a string: PrintableString where it can be one, else UTF8String."""
    content = value.encode("utf-8")
    tag = 0x0C if content.translate(None, PRINTABLE) else 0x13
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


# --- refusals, in the Go program's words -------------------------------------------------------------


def _complete(attributes: dict[str, str], text: Callable[[], str]) -> dict[str, str]:
    for kind in _MANDATORY:
        if not attributes.get(kind):
            slips = [name for name in attributes if name != kind and _known_spelling(name) == kind]
            raise _refused(
                f"distinguished name (DN) {go_quote(text())} has no mandatory RDN attribute for "
                f"{go_quote(kind)}, it must contain 'C', 'ST' or 'S', and 'O' RDN attributes at a minimum",
                hint=f"attribute types are case-sensitive, write {kind} for {slips[0]}" if slips else None,
            )
    return attributes


def _check_value(text: str, kind: str, value: str) -> None:
    if _has_control(value):
        raise _refused(f"distinguished name (DN) {go_quote(text)} has a NUL or control character in {kind}")


def _has_control(value: str) -> bool:
    return not value.isprintable() and any(map(_is_control, value))


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff"


def _refused(message: str, hint: str | None = None) -> MalformedError:
    return MalformedError(message, hint=hint, outcome=Outcome.CONFIG)


def _duplicate(text: str, kind: str) -> MalformedError:
    return _refused(
        f"distinguished name (DN) {go_quote(text)} has duplicate RDN attribute for {go_quote(kind)}, "
        "DN can only have unique RDN attributes"
    )


def _multi_valued(text: str) -> MalformedError:
    return _refused(
        f"distinguished name (DN) {go_quote(text)} has multi-valued RDN attributes, "
        "remove multi-valued RDN attributes as they are not supported"
    )


def _unsupported(text: str, hint: str | None = None) -> MalformedError:
    return _refused(
        f"unsupported distinguished name (DN) {go_quote(text)}: "
        'notation does not support x509.subject identities containing "=#"',
        hint=hint,
    )


def _unreadable(text: str, reason: str) -> MalformedError:
    return _refused(
        f"parsing distinguished name (DN) {go_quote(text)} failed with err: {reason}. A valid DN must "
        "contain 'C', 'ST' or 'S', and 'O' RDN attributes at a minimum, and follow RFC 4514 standard"
    )
