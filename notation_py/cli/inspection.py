# SPDX-License-Identifier: Apache-2.0
"""How signatures are read and shown unverified: a tree and JSON, in the Go program's layout.

Reading is strict; what is shown is not vouched for. Times are UTC in both forms. What `inspect` and
`blob inspect` have in common.

Spec: contract/cli.md 7.4, 7.15. Requirements: CLI-009, PAY-012.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.chain import chain_of
from ..document import write_json
from ..envelope import formats
from ..envelope.model import Envelope, EnvelopeFormat
from ..envelope.payload import Payload
from ..errors import MalformedError
from ..registry.signatures import SIGNATURE_TYPE
from .printable import printable, printable_json

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when there is a timestamp
    from ..timestamp.token import TimestampToken

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Inspection:
    """One signature that could be read: its manifest's digest, or the name of its file, and what it says."""

    name: str
    envelope: Envelope
    certificates: tuple[Certificate, ...]
    payload: Payload


def read_inspection(name: str, data: bytes, format: EnvelopeFormat) -> Inspection:  # noqa: A002  the specification's word
    """Return what the envelope *data*, called *name*, says; nothing is verified.

    Raises:
        MalformedError, UntrustedError: it cannot be read, or its chain breaks a rule.
    """
    envelope = formats.parse(data, format)
    chain = chain_of(envelope.certificate_chain)
    payload = Payload.parse(envelope.payload, envelope.signed.content_type)
    return Inspection(name, envelope, chain.certificates, payload)


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree and what hangs below it."""

    text: str
    children: tuple[Node, ...] = ()


def tree_lines(resolved: str, inspections: Sequence[Inspection]) -> Iterator[str]:
    """Yield the lines of the tree for the artifact *resolved*, escaped for a terminal."""
    signatures = tuple(_signature_node(inspection) for inspection in inspections)
    yield resolved
    yield from _lines(Node(SIGNATURE_TYPE, signatures), "", is_last=True)


def signature_lines(inspection: Inspection) -> Iterator[str]:
    """Yield the lines of the tree for one signature, with its name as the root."""
    root = _signature_node(inspection)
    yield printable(root.text)
    for index, child in enumerate(root.children):
        yield from _lines(child, "", is_last=index == len(root.children) - 1)


def _lines(node: Node, indent: str, *, is_last: bool) -> Iterator[str]:
    yield f"{indent}{'└── ' if is_last else '├── '}{printable(node.text)}"
    below = indent + ("    " if is_last else "│   ")
    for index, child in enumerate(node.children):
        yield from _lines(child, below, is_last=index == len(node.children) - 1)


def _signature_node(inspection: Inspection) -> Node:
    envelope, target = inspection.envelope, inspection.payload.target
    metadata = tuple(Node(f"{name}: {value}") for name, value in sorted(target.annotations.items()))
    return Node(
        inspection.name,
        (
            Node(f"signature algorithm: {envelope.algorithm.name}"),
            Node(f"signature envelope type: {envelope.format.value}"),
            Node("signed attributes", tuple(_signed_nodes(envelope))),
            Node("user defined attributes", metadata or (Node("(empty)"),)),
            Node("unsigned attributes", tuple(_unsigned_nodes(envelope)) or (Node("(empty)"),)),
            Node("certificates", tuple(_certificate_node(entry) for entry in inspection.certificates)),
            Node(
                "signed artifact",
                (
                    Node(f"media type: {target.media_type}"),
                    Node(f"digest: {target.digest}"),
                    Node(f"size: {target.size}"),
                ),
            ),
        ),
    )


def _signed_nodes(envelope: Envelope) -> Iterator[Node]:
    signed = envelope.signed
    yield Node(f"content type: {signed.content_type}")
    yield Node(f"signing scheme: {signed.signing_scheme.value}")
    yield Node(f"signing time: {ansi_c(signed.signing_time)}")
    if signed.expiry is not None:
        yield Node(f"expiry: {ansi_c(signed.expiry)}")
    for attribute in signed.extended:
        yield Node(f"{attribute.key}: {_text(attribute.value)}")


def _unsigned_nodes(envelope: Envelope) -> Iterator[Node]:
    if envelope.unsigned.signing_agent is not None:
        yield Node(f"signing agent: {envelope.unsigned.signing_agent}")
    if envelope.unsigned.timestamp_signature is not None:
        token = _timestamp(envelope.unsigned.timestamp_signature, envelope.signature)
        if isinstance(token, MalformedError):
            yield Node("timestamp signature", (Node(f"error: {_UNREADABLE}: {token.message}"),))
            return
        certificates = tuple(_certificate_node(certificate) for certificate in token.certificates)
        window = f"[{ansi_c(token.info.earliest)}, {ansi_c(token.info.latest)}]"
        yield Node(
            "timestamp signature",
            (Node(f"timestamp: {window}"), Node("certificates", certificates)),
        )


_UNREADABLE = "failed to parse timestamp countersignature"


def _timestamp(data: bytes, signature: bytes) -> TimestampToken | MalformedError:
    """Return what the token *data* says about *signature*, not verified, or why it says nothing."""
    from ..timestamp.token import TimestampToken

    try:
        token = TimestampToken.parse(data)
        token.check_imprint(signature)
    except MalformedError as error:
        return error
    return token


def _certificate_node(certificate: Certificate) -> Node:
    return Node(
        f"SHA256 fingerprint: {certificate.thumbprint}",
        (
            Node(f"issued to: {certificate.subject}"),
            Node(f"issued by: {certificate.issuer}"),
            Node(f"expiry: {ansi_c(certificate.not_after)}"),
        ),
    )


def ansi_c(at: datetime) -> str:
    """Return *at* in UTC in C's layout, such as `Tue Jan 21 09:17:46 2025`, in any locale."""
    utc = at.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]} {_MONTHS[utc.month - 1]} {utc.day:2d} "
        f"{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d} {utc.year:04d}"
    )


def rfc3339(at: datetime) -> str:
    """Return *at* in UTC as RFC 3339, with as many digits of a fraction as it needs."""
    text = at.astimezone(UTC).isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if at.microsecond else text) + "Z"


def _text(value: Any) -> str:
    try:
        return value if isinstance(value, str) else write_json(value)
    except TypeError:  # CBOR has byte strings, times and maps with other keys, at any depth
        return repr(value)


def json_document(media_type: str, inspections: Sequence[Inspection]) -> str:
    """Return the JSON document, indented by two spaces, with a final line end."""
    signatures = [{"digest": inspection.name, **_json(inspection)} for inspection in inspections]
    return printable_json(write_json({"mediaType": media_type, "signatures": signatures}, indent="  ")) + "\n"


def signature_document(inspection: Inspection) -> str:
    """Return the JSON object of one signature in a file, indented by two spaces, with a final line end."""
    return printable_json(write_json(_json(inspection), indent="  ")) + "\n"


def _json(inspection: Inspection) -> dict[str, Any]:
    envelope, target = inspection.envelope, inspection.payload.target
    signed = envelope.signed
    attributes: dict[str, Any] = {str(entry.key): _text(entry.value) for entry in signed.extended}
    attributes |= {  # after the signer's own, which cannot replace one of these
        "contentType": signed.content_type,
        "signingScheme": signed.signing_scheme.value,
        "signingTime": rfc3339(signed.signing_time),
    }
    if signed.expiry is not None:
        attributes["expiry"] = rfc3339(signed.expiry)
    unsigned: dict[str, Any] = {}
    if envelope.unsigned.signing_agent is not None:
        unsigned["signingAgent"] = envelope.unsigned.signing_agent
    if envelope.unsigned.timestamp_signature is not None:
        unsigned["timestampSignature"] = _timestamp_json(
            envelope.unsigned.timestamp_signature, envelope.signature
        )
    return {
        "signatureAlgorithm": envelope.algorithm.name,
        "signatureEnvelopeType": envelope.format.value,
        "signedAttributes": dict(sorted(attributes.items())),
        "userDefinedAttributes": dict(sorted(target.annotations.items())) or None,
        "unsignedAttributes": unsigned,
        "certificates": [_certificate_json(certificate) for certificate in inspection.certificates],
        "signedArtifact": target.plain().to_json(),
    }


def _certificate_json(certificate: Certificate) -> dict[str, Any]:
    return {
        "SHA256Fingerprint": certificate.thumbprint,
        "issuedTo": certificate.subject,
        "issuedBy": certificate.issuer,
        "expiry": rfc3339(certificate.not_after),
    }


def _timestamp_json(data: bytes, signature: bytes) -> dict[str, Any]:
    token = _timestamp(data, signature)
    if isinstance(token, MalformedError):
        return {"error": f"{_UNREADABLE}: {token.message}"}
    return {
        "timestamp": f"[{rfc3339(token.info.earliest)}, {rfc3339(token.info.latest)}]",
        "certificates": [_certificate_json(certificate) for certificate in token.certificates],
    }
