# SPDX-License-Identifier: Apache-2.0
"""The attributes inside a DER Name, as object identifiers and strings.

Finds and decodes; which attributes have a short type, and which values may be trusted, is
decided in `name`. Each string type is held to its own repertoire, as in the Go library.

Spec: RFC 5280 section 4.1.2.4, appendix A; ITU-T X.690 section 8.19. Requirements: TP-068, R-04, SEC-003.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .. import der
from ..errors import MalformedError

BMP_STRING = 0x1E
PRINTABLE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"
"""The repertoire of PrintableString; certificates in the wild use `*` and `&` as well."""


def name_attributes(raw_name: bytes) -> Iterator[tuple[tuple[bytes, der.Element], ...]]:
    """Yield the parts of a Name, each as its attributes: the OID's content octets and the value.

    Raises:
        MalformedError: not a DER Name.
    """
    name = der.read(raw_name)
    if name.tag != der.SEQUENCE or name.end != len(raw_name):
        raise MalformedError("name is not one DER sequence")
    offset = name.content
    while offset < name.end:
        part = der.read(raw_name, offset, name.end)
        if part.tag != der.SET:
            raise MalformedError("part of a name is not a DER set")
        attributes = []
        position = part.content
        while position < part.end:
            attribute = der.read(raw_name, position, part.end)
            kind = der.read(raw_name, attribute.content, attribute.end)
            value = der.read(raw_name, kind.end, attribute.end)
            tags = attribute.tag, kind.tag
            if tags != (der.SEQUENCE, der.OBJECT_IDENTIFIER) or value.end != attribute.end:
                raise MalformedError("attribute of a name is not an object identifier and a value")
            attributes.append((raw_name[kind.content : kind.end], value))
            position = attribute.end
        yield tuple(attributes)
        offset = part.end


def attribute_types(raw_name: bytes) -> list[bytes]:
    """Return the content octets of the identifier of each attribute of a Name, part by part.

    Raises:
        MalformedError: not a DER Name.
    """
    found: list[bytes] = []
    for tag, part in der.contents(der.only(raw_name, der.SEQUENCE)):
        size = len(part)
        # Nearly always: one attribute, whose identifier has three octets, and nothing longer than 127.
        if (
            9 <= size < 0x80
            and tag == der.SET
            and part[:4] == b"0%c\x06\x03" % (size - 2)
            and part[8] == size - 9
            and part[7] & 0x1F != 0x1F
        ):
            found.append(part[4:7])
        elif tag == der.SET:
            found.extend([_attribute_type(*attribute) for attribute in der.contents(part)])
        else:
            raise MalformedError("part of a name is not a DER set")
    return found


def _attribute_type(tag: int, attribute: bytes) -> bytes:
    match der.contents(attribute):
        case [(der.OBJECT_IDENTIFIER, oid), _] if tag == der.SEQUENCE:
            return oid
        case _:
            raise MalformedError("attribute of a name is not an object identifier and a value")


def _printable(content: bytes) -> str:
    if content.translate(None, PRINTABLE + b"*&"):
        raise ValueError("not a PrintableString")
    return content.decode("ascii")


def _numeric(content: bytes) -> str:
    if content.translate(None, b"0123456789 "):
        raise ValueError("not a NumericString")
    return content.decode("ascii")


def _bmp(content: bytes) -> str:
    text = content.decode("utf-16-be")
    if 2 * len(text) != len(content) or any(c >= "\ufffe" or "\ufdd0" <= c <= "\ufdef" for c in text):
        raise ValueError("not a BMPString")
    return text


_STRINGS: Mapping[int, Callable[[bytes], str]] = {
    0x0C: lambda content: content.decode("utf-8"),
    0x12: _numeric,
    0x13: _printable,
    0x14: lambda content: content.decode("latin-1"),  # TeletexString, read as everybody reads it
    0x16: lambda content: content.decode("ascii"),
    0x1C: lambda content: content.decode("utf-32-be"),
    BMP_STRING: _bmp,
}


def decoded_string(tag: int, content: bytes) -> str:
    """Return the text of a string value with DER *tag*.

    Raises:
        MalformedError: not a string type, or octets outside the repertoire of the type.
    """
    try:
        return _STRINGS[tag](content)
    except (KeyError, ValueError) as error:
        raise MalformedError(f"value of a name is not a string of its type (tag {tag:#04x})") from error


def dotted(oid: bytes) -> str:
    """Return the object identifier with content octets *oid* in dotted form.

    Raises:
        MalformedError: not in shortest form, cut short, or an arc of more than 31 bits, as in Go.
    """
    numbers, value, fresh = [], 0, True
    for octet in oid:
        if (fresh and octet == 0x80) or value >= 1 << 24:
            raise MalformedError("object identifier in a name is not in its shortest form or too large")
        value = value << 7 | octet & 0x7F
        fresh = octet < 0x80
        if fresh:
            numbers.append(value)
            value = 0
    if not fresh or not numbers:
        raise MalformedError("object identifier in a name is cut short")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
