# SPDX-License-Identifier: Apache-2.0
"""Where a certificate says that its revocation is published: OCSP responders and CRL distribution points.

URLs are text here, whatever their scheme: whether one may be asked is the fetcher's rule. An extension
that cannot be read is an error and never "no information", because it may name a responder.

Spec: RFC 5280 sections 4.2.1.13, 4.2.1.15, 4.2.2.1.
Requirements: REV-003, REV-040, REV-041, REV-060, REV-062.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import der
from ..certificates.certificate import Certificate
from ..certificates.extensions import Extensions
from ..errors import LimitError, MalformedError

CRL_DISTRIBUTION_POINTS = b"\x55\x1d\x1f"
FRESHEST_CRL = b"\x55\x1d\x2e"
AUTHORITY_INFORMATION_ACCESS = b"\x2b\x06\x01\x05\x05\x07\x01\x01"
_OCSP = b"\x2b\x06\x01\x05\x05\x07\x30\x01"

MAX_LOCATIONS = 16
"""Of one kind in one certificate or CRL; those met in practice have one to four."""

_URI = 0x86  # [6] in GeneralName
_FULL_NAME = 0xA0


class DistributionPoint(NamedTuple):
    """One place for CRLs, which has to be covered; its URLs are alternatives.

    Attributes:
        urls: in the order of the certificate. names: the DER of every general name it has, URLs included.
    """

    urls: tuple[str, ...]
    names: tuple[bytes, ...]


def ocsp_servers(certificate: Certificate) -> tuple[str, ...]:
    """Return the URLs of the OCSP responders that *certificate* names, in its order.

    Raises:
        MalformedError: an authority information access that cannot be read. LimitError: too many URLs.
    """
    access = certificate.extensions.get(AUTHORITY_INFORMATION_ACCESS)
    if access is None:
        return ()
    found = []
    for tag, entry in der.contents(der.only(access.value, der.SEQUENCE)):
        match der.contents(entry):
            case [(der.OBJECT_IDENTIFIER, method), (place, location)] if tag == der.SEQUENCE:
                if method == _OCSP and place == _URI:
                    found.append(_url(location))
            case _:
                raise MalformedError("authority information access is malformed")
    return tuple(_bounded(found))


def crl_distribution_points(certificate: Certificate) -> tuple[DistributionPoint, ...]:
    """Return the distribution points of *certificate* that have a URL; raises as `ocsp_servers`."""
    return _points(certificate.extensions, CRL_DISTRIBUTION_POINTS)


def freshest_crl_urls(extensions: Extensions) -> tuple[str, ...]:
    """Return the URLs of delta CRLs that a CRL with these *extensions* names; raises as `ocsp_servers`."""
    points = _points(extensions, FRESHEST_CRL)
    return tuple(_bounded([url for point in points for url in point.urls]))


def _points(extensions: Extensions, identifier: bytes) -> tuple[DistributionPoint, ...]:
    extension = extensions.get(identifier)
    if extension is None:
        return ()
    entries = der.contents(der.only(extension.value, der.SEQUENCE))
    if not entries:
        raise MalformedError("no CRL distribution point in the extension for them")
    points = [_point(tag, entry) for tag, entry in entries]
    _bounded([url for point in points for url in point.urls])
    return tuple(point for point in points if point.urls)


def _point(tag: int, entry: bytes) -> DistributionPoint:
    """Read `SEQUENCE { [0] name?, [1] reasons?, [2] cRLIssuer? }`; the CRL itself shows what it covers."""
    parts = der.contents(entry) if tag == der.SEQUENCE else [(0, b"")]
    tags = [part for part, _ in parts]
    places = [part & 0x1F for part in tags]
    if not set(tags) <= {0xA0, 0x81, 0xA2} or places != sorted(set(places)):
        raise MalformedError("CRL distribution point is malformed")
    names = point_names(parts[0][1]) if tags[:1] == [0xA0] else ()
    return DistributionPoint(tuple(_url(name[1]) for name in map(_opened, names) if name[0] == _URI), names)


def point_names(content: bytes) -> tuple[bytes, ...]:
    """Return the DER of each general name in the content octets of a `[0] DistributionPointName`.

    A name relative to the issuer of the CRL is none of them.

    Raises:
        MalformedError: not one choice of the two. An empty list is read; the Go program takes it for none.
    """
    match der.contents(content):
        case [(0xA0, names)]:
            return der.split(names)
        case [(0xA1, name)] if name:
            return ()
        case _:
            raise MalformedError("name of a CRL distribution point is malformed")


def _opened(name: bytes) -> tuple[int, bytes]:
    ((tag, content),) = der.contents(name)
    return tag, content


def _url(content: bytes) -> str:
    """Return an IA5String as text; a control character or a foreign letter would only deceive a reader."""
    if not content or not all(0x20 <= octet < 0x7F for octet in content):
        raise MalformedError("URL of revocation data is not printable ASCII")
    return content.decode("ascii")


def _bounded(urls: list[str]) -> list[str]:
    if len(urls) > MAX_LOCATIONS:
        raise LimitError(f"more than {MAX_LOCATIONS} URLs of revocation data in one extension")
    return urls
