# SPDX-License-Identifier: Apache-2.0
"""What RFC 5280 would refuse in a chain that the Notary Project rules accept.

The specification ignores every extension but three. Where that is not enough, this finds the
critical extensions that nobody here understands, and the names that a CA in the chain was not
allowed to certify. Only reports: whether to warn or to refuse is decided by the caller.

Spec: RFC 5280 sections 4.2, 4.2.1.10, 6.1; security contract R-14. Requirements: CERT-011, R-04, R-14.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .. import der
from ..errors import MalformedError
from ..reference import go_quote
from .certificate import Certificate
from .chain import CertificateChain
from .extensions import BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE, Extension
from .name import MAX_NAME_BYTES
from .name_der import decoded_string, dotted, name_attributes

_SUBJECT_ALTERNATIVE_NAME = b"\x55\x1d\x11"
_NAME_CONSTRAINTS = b"\x55\x1d\x1e"
_UNDERSTOOD = {
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    EXTENDED_KEY_USAGE,
    _NAME_CONSTRAINTS,
    _SUBJECT_ALTERNATIVE_NAME,  # a code signature is about no host, so any content is as good as another
    b"\x55\x1d\x0e",  # subject key identifier
    b"\x55\x1d\x1f",  # CRL distribution points: `revocation` reads them
    b"\x55\x1d\x20",  # certificate policies: any policy will do
    b"\x55\x1d\x23",  # authority key identifier
}
MAX_COMPARED = 4096
"""Names times subtrees of one constraint; whoever makes a chain chooses both, before anybody trusts it."""

_DIRECTORY_NAME = 0xA4
_PERMITTED, _EXCLUDED = 0xA0, 0xA1


class _Subtrees(NamedTuple):
    """The directory names of a name constraints extension, and whether it has other forms or bounds."""

    permitted: tuple[bytes, ...]
    excluded: tuple[bytes, ...]
    is_complete: bool


def rfc5280_problems(chain: CertificateChain) -> tuple[str, ...]:
    """Return what RFC 5280 has against *chain*, leaf first; empty if nothing.

    Every message is one line that names the certificate. Names are compared as RFC 5280 section 7.1
    wants where a constraint excludes, and byte by byte where it permits: doubt is a problem.
    """
    return tuple(_problems(chain))


def _problems(chain: CertificateChain) -> Iterator[str]:
    for index, certificate in enumerate(chain.certificates):
        for oid, extension in certificate.extensions.items():
            if extension.critical and oid not in _UNDERSTOOD:
                yield _about(certificate, f"critical extension {_shown(oid)} is not understood")
        constraints = certificate.extensions.get(_NAME_CONSTRAINTS)
        if constraints is None:
            continue
        if index == 0:
            yield _about(certificate, "name constraints in a certificate that is no CA")
        else:
            yield from _constraint_problems(certificate, constraints, chain.certificates[:index])


def _constraint_problems(
    authority: Certificate, extension: Extension, below: tuple[Certificate, ...]
) -> Iterator[str]:
    try:
        subtrees = _subtrees(extension.value)
    except MalformedError:
        yield _about(authority, "name constraints cannot be read")
        return
    if not subtrees.is_complete and extension.critical:
        yield _about(authority, "critical name constraints are not only about directory names")
    for index, certificate in enumerate(below):
        if index and certificate.is_self_issued:
            continue  # RFC 5280 section 6.1.3 (b) and (c)
        try:
            names = tuple(_names(certificate))
            if len(names) * (len(subtrees.permitted) + len(subtrees.excluded)) > MAX_COMPARED:
                raise MalformedError("too many names to compare")
            if max(map(len, names), default=0) > MAX_NAME_BYTES:
                raise MalformedError("a name is too long to compare")
            excluded = _is_any_within(names, subtrees.excluded)
        except MalformedError:
            yield _about(certificate, f"name cannot be compared with the constraints of {_quoted(authority)}")
            continue
        if excluded:
            yield _about(certificate, f"name is excluded by {_quoted(authority)}")
        elif subtrees.permitted and not all(
            any(_starts_with(name, base) for base in subtrees.permitted) for name in names
        ):
            yield _about(certificate, f"name is not permitted by {_quoted(authority)}")


def _subtrees(value: bytes) -> _Subtrees:
    found: dict[int, list[bytes]] = {_PERMITTED: [], _EXCLUDED: []}
    is_complete = True
    outer = der.read(value)
    for group in der.children(value, outer):
        if outer.tag != der.SEQUENCE or outer.end != len(value) or group.tag not in found:
            raise MalformedError("not name constraints")
        for subtree in der.children(value, group):
            base, *bounds = der.children(value, subtree) or (subtree,)
            if base.tag == _DIRECTORY_NAME and not bounds:
                found[group.tag].append(value[base.content : base.end])
            else:
                is_complete = False
    return _Subtrees(tuple(found[_PERMITTED]), tuple(found[_EXCLUDED]), is_complete)


def _names(certificate: Certificate) -> Iterator[bytes]:
    """Yield the subject, unless it is empty, and the directory names among the alternative names."""
    if der.children(certificate.raw_subject, der.read(certificate.raw_subject)):
        yield certificate.raw_subject
    alternatives = certificate.extensions.get(_SUBJECT_ALTERNATIVE_NAME)
    if alternatives is not None:
        value = alternatives.value
        for name in der.children(value, der.read(value)):
            if name.tag == _DIRECTORY_NAME:
                yield value[name.content : name.end]


def _starts_with(name: bytes, base: bytes) -> bool:
    """Return whether the parts of *base* are, byte by byte, the first parts of *name*."""
    inner, prefix = der.read(name), der.read(base)
    return name[inner.content : inner.end].startswith(base[prefix.content : prefix.end])


def _is_any_within(names: tuple[bytes, ...], bases: tuple[bytes, ...]) -> bool:
    """Return whether a name starts with the parts of a base when letter case and spacing are ignored."""
    folded = [list(_folded(name)) for name in names] if bases else []
    prefixes = [list(_folded(base)) for base in bases]
    return any(parts[: len(prefix)] == prefix for parts in folded for prefix in prefixes)


def _folded(name: bytes) -> Iterator[frozenset[tuple[bytes, str]]]:
    for part in name_attributes(name):
        yield frozenset(
            (oid, " ".join(decoded_string(value.tag, name[value.content : value.end]).casefold().split()))
            for oid, value in part
        )


def _shown(oid: bytes) -> str:
    try:
        return dotted(oid)
    except MalformedError:
        return oid.hex()


def _quoted(certificate: Certificate) -> str:
    return go_quote(certificate.subject)


def _about(certificate: Certificate, problem: str) -> str:
    return f"certificate with subject {_quoted(certificate)}: {problem}"
