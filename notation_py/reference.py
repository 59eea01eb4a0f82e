# SPDX-License-Identifier: Apache-2.0
"""References to artifacts in a registry, and the scopes a trust policy names.

No default registry, no default tag, no expansion: what is not written is not meant.
The grammars are checked piece by piece; no backtracking expression sees input.

Spec: OCI distribution-spec, Pulling manifests; trust-store-trust-policy, registryScopes.
Requirements: SIG-050, SIG-053, TP-021, TP-024, TP-025, TP-026, SEC-003.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from .digest import Digest
from .errors import MalformedError, Outcome

EXPECTING = "Expecting <registry>/<repository>:<tag> or <registry>/<repository>@<digest>"

_ALPHANUMERIC = frozenset(string.ascii_letters + string.digits)
_LOWER = frozenset(string.ascii_lowercase + string.digits)
_DIGITS = frozenset(string.digits)
_TAG_FIRST = _ALPHANUMERIC | {"_"}
_TAG_REST = _TAG_FIRST | {".", "-"}
_SEPARATORS = frozenset({".", "_", "__"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository in a registry and, within it, a tag or a digest."""

    registry: str
    repository: str
    tag: str | None
    digest: Digest | None

    def __str__(self) -> str:
        if self.digest is not None:
            return f"{self.name}@{self.digest}"
        return f"{self.name}:{self.tag}" if self.tag else self.name

    @property
    def name(self) -> str:
        """`registry/repository`: what a trust policy scope is compared with."""
        return f"{self.registry}/{self.repository}"

    @property
    def target(self) -> str:
        """The tag or digest, as it stands in a registry URL."""
        return str(self.digest) if self.digest is not None else self.tag or ""

    def at_digest(self, digest: Digest) -> Reference:
        """Return the same repository at *digest*."""
        return Reference(self.registry, self.repository, None, digest)

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Return the reference written as *text*; a tag before a digest is dropped unread.

        Raises:
            MalformedError: with outcome USAGE: not `registry/repository` followed by a tag or a digest.
        """
        registry, slash, rest = text.partition("/")
        if not slash or not registry or not rest:
            raise _refused(text, "missing registry or repository")
        path, at_sign, digest_text = rest.partition("@")
        digest = None
        tag: str | None = None
        if at_sign:
            path = path.partition(":")[0]
            try:
                digest = Digest.parse(digest_text)
            except MalformedError as error:
                raise _refused(text, f"invalid digest {go_quote(digest_text)}: {error.message}") from error
        else:
            path, colon, tag_text = path.partition(":")
            tag = tag_text if colon else None
        if not is_registry(registry):
            raise _refused(text, f"invalid registry {go_quote(registry)}")
        if not is_repository(path):
            raise _refused(text, f"invalid repository {go_quote(path)}")
        if tag is not None and not is_tag(tag):
            raise _refused(text, f"invalid tag {go_quote(tag)}")
        if tag is None and digest is None:
            raise _refused(text, "no tag or digest")
        return cls(registry, path, tag, digest)


def _refused(text: str, reason: str) -> MalformedError:
    return MalformedError(
        f"{go_quote(text)}: invalid reference: {reason}. {EXPECTING}", outcome=Outcome.USAGE
    )


def is_tag(text: str) -> bool:
    """Return whether *text* is a tag: at most 128 of `[A-Za-z0-9_.-]`, not starting with `.` or `-`."""
    return bool(text) and len(text) <= 128 and text[0] in _TAG_FIRST and _TAG_REST.issuperset(text)


def is_repository(text: str) -> bool:
    """Return whether *text* is a repository path: lower-case components joined by `/`."""
    return all(_is_component(component) for component in text.split("/"))


def _is_component(text: str) -> bool:
    separator = ""
    if not text or text[0] not in _LOWER or text[-1] not in _LOWER:
        return False
    for character in text:
        if character in _LOWER:
            if separator and separator not in _SEPARATORS and separator.strip("-"):
                return False
            separator = ""
        elif character in "._-":
            separator += character
        else:
            return False
    return True


def is_domain(text: str) -> bool:
    """Return whether *text* is `host[:port]` as a scope allows it: dotted labels of letters, digits, `-`."""
    host, colon, port = text.partition(":")
    if colon and not (port and _DIGITS.issuperset(port)):
        return False
    return all(
        label
        and label[0] in _ALPHANUMERIC
        and label[-1] in _ALPHANUMERIC
        and _ALPHANUMERIC.issuperset(label.replace("-", ""))
        for label in host.split(".")
    )


def is_registry(text: str) -> bool:
    """Return whether *text* is `host[:port]` or `[IPv6 literal][:port]`, without user information."""
    if not text.startswith("["):
        return is_domain(text)
    address, bracket, rest = text[1:].partition("]")
    allowed = frozenset(string.hexdigits + ":.")
    return (
        bool(bracket and address)
        and allowed.issuperset(address)
        and (not rest or (rest[0] == ":" and rest[1:].isascii() and rest[1:].isdigit()))
    )


def is_scope(text: str) -> bool:
    """Return whether *text* is a fully qualified repository, as a trust policy scope names it (TP-025)."""
    domain, slash, repository = text.partition("/")
    return bool(slash) and is_domain(domain) and is_repository(repository)


_GO_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def go_quote(text: str) -> str:
    """Return *text* in double quotes with Go's escapes, so that it is safe to show (R-36)."""
    return '"' + "".join(_quoted(character) for character in text) + '"'


def _quoted(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character in _GO_ESCAPES:
        return _GO_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
