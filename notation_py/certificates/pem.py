# SPDX-License-Identifier: Apache-2.0
"""Certificate files: PEM blocks or concatenated DER, read as the Go program reads them.

If the file has one PEM block it is a PEM file and every block must be a certificate,
so that a private key among them is noticed. Otherwise the whole file is DER.

Spec: trust-store-trust-policy, Trust Store; RFC 7468. Requirements: TS-006, TS-007, SGN-006.
"""

from __future__ import annotations

import re

from .. import der
from ..encoding import decode_base64, encode_base64
from ..errors import MalformedError
from .certificate import Certificate

_BEGIN = b"-----BEGIN "
# A body is lines that do not start with five dashes; possessive, so that no byte is looked at twice.
_BLOCK = re.compile(
    rb"^-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*+\r?\n((?:(?!-----)[^\n]*+\n)*+)-----END \1-----[ \t]*+\r?$",
    re.MULTILINE,
)


def read_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Return the certificates of a file, in file order; an empty file has none.

    Raises:
        MalformedError: a block or element that is not a certificate, or neither PEM nor DER.
    """
    blocks = pem_blocks(data)
    if blocks:
        for label, _ in blocks:
            if "PRIVATE KEY" in label:
                raise MalformedError(
                    "a private key stands where only certificates belong",
                    hint="remove the key from the file; trust stores and chains hold certificates only",
                )
        return tuple(Certificate.parse(content) for _, content in blocks)
    try:
        return tuple(Certificate.parse(part) for part in der.split(data))
    except MalformedError as error:
        raise MalformedError("x509: malformed certificate") from error


def pem_blocks(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return label and decoded content of each PEM block; text between blocks is ignored.

    Raises:
        MalformedError: a block that begins but does not end, or is not base64.
    """
    if _BEGIN not in data:
        return ()
    found = [(match[1].decode("ascii"), _block_content(match[2])) for match in _BLOCK.finditer(data)]
    if len(found) != len(re.findall(rb"^-----BEGIN ", data, re.MULTILINE)):
        raise MalformedError("x509: malformed certificate", hint="a PEM block is cut short or damaged")
    return tuple(found)


def _block_content(body: bytes) -> bytes:
    if b":" in body:  # RFC 1421 headers, such as Proc-Type, end at the first empty line
        body = body.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return decode_base64(body.translate(None, b" \t\r\n").decode("ascii", "replace"), at="PEM block")


def write_pem(certificate: Certificate) -> bytes:
    """Return *certificate* as one PEM block with 64 characters a line."""
    text = encode_base64(certificate.der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode("ascii")
