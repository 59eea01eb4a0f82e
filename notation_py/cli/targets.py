# SPDX-License-Identifier: Apache-2.0
"""From the reference on the command line to a repository and what it names there.

The composition of ports for artifacts: a registry or an OCI image layout, with the credentials,
TLS files and traces that flags and settings ask for. A tag is resolved once, here, and everything
after works on the digest.

Spec: contract/cli.md 6.1 to 6.4. Requirements: SIG-050 to SIG-055, TP-029, CLI-003, CLI-004, R-26, R-27.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..descriptor import Descriptor
from ..errors import MalformedError, NotationError, NotFoundError, Outcome, RegistryError
from ..reference import Reference, go_quote
from ..registry.repository import Repository
from .session import Session
from .tracing import TracedRepository

_EXPECTING_LAYOUT = "Expecting <file_path>:<tag> or <file_path>@<digest>"
_TAG_RISKS = {
    "sign": "tags are mutable and a tag reference can point to a different artifact than the one signed",
    "verify": "resolved digest may not point to the same signed artifact, as tags are mutable",
}


@dataclass(frozen=True, slots=True)
class Target:
    """An artifact that was asked for, and what it is.

    Attributes:
        place: `registry/repository` or the path of the layout. asked: the tag or digest on the line.
        scope: what a trust policy scope is compared with. descriptor: the artifact, resolved once.
    """

    repository: Repository
    place: str
    asked: str
    scope: str
    descriptor: Descriptor

    @property
    def resolved(self) -> str:
        """The artifact by digest, as every result names it."""
        return self.named(self.descriptor)

    @property
    def scoped(self) -> str:
        """The artifact as a trust policy sees it: in a layout by the scope, not by the path."""
        return f"{self.scope}@{self.descriptor.digest}"

    def parts(self) -> tuple[Target, ...]:
        """Return this artifact and, if it is an index, everything it lists, each once, an index first.

        Raises:
            NotationError: a manifest is not there, or not what the index says, or is too much.
        """
        from ..registry.platforms import artifacts_of

        others = artifacts_of(self.repository, self.descriptor)[1:]
        return (self, *(replace(self, asked=str(one.digest), descriptor=one) for one in others))

    def named(self, content: Descriptor) -> str:
        """Return *content* of the same repository, by digest."""
        return f"{self.place}@{content.digest}"

    @property
    def is_by_tag(self) -> bool:
        """Whether the user gave a tag, which may point elsewhere tomorrow."""
        return ":" not in self.asked

    def warn_of_tag(self, verb: str, session: Session) -> None:
        """Warn if the artifact was named by a tag.

        Raises:
            UsageError: it is about to be signed, and the strictness is HARDENED.
        """
        if not self.is_by_tag:
            return
        risk = _TAG_RISKS.get(verb, _TAG_RISKS["verify"])
        message = (
            f"Always {verb} the artifact using digest(@sha256:...) rather than a tag(:{self.asked}) "
            f"because {risk}."
        )
        if verb == "sign" and session.strictness.value == "hardened":
            from ..errors import UsageError

            raise UsageError(message, hint=f"sign {self.resolved} if that is what you mean")
        session.warn(message)


class Opener:
    """Opens what references name, with one set of connections for the whole run."""

    def __init__(self, values: Mapping[str, Any], session: Session) -> None:
        self._values = values
        self._session = session
        self._opened: dict[str, Repository] = {}

    def open(self, text: str, *, scope: str = "") -> Target:
        """Return what the reference *text* names, resolved.

        Args:
            scope: stands for the repository in trust policies, for OCI layouts.

        Raises:
            MalformedError: not a reference. NotFoundError, RegistryError, UnavailableError: not to be had.
        """
        if self._values["oci_layout"]:
            path, asked = split_layout_reference(text)
            repository = self._repository(path, lambda: self._layout(path))
            place, full = path, ""
        else:
            reference = Reference.parse(text)
            repository = self._repository(reference.name, lambda: self._remote(reference))
            place, asked, scope, full = reference.name, reference.target, reference.name, f"{reference}: "
        self._session.trace(f"Resolving {asked} in {place}")
        return Target(repository, place, asked, scope or place, _resolve(repository, asked, full))

    def _repository(self, name: str, make: Any) -> Repository:
        if name not in self._opened:
            made = make()
            self._opened[name] = TracedRepository(made, self._session) if self._session.is_debugging else made
        return self._opened[name]

    def _layout(self, path: str) -> Repository:
        from pathlib import Path

        from ..adapters.layout import LayoutRepository

        return LayoutRepository(Path(path), self._session.warn)

    def _remote(self, reference: Reference) -> Repository:
        from .registries import open_repository

        return open_repository(reference, self._values, self._session)


def split_layout_reference(text: str) -> tuple[str, str]:
    """Return path and tag or digest of `<path>@<digest>` or `<path>:<tag>` (SIG-054).

    Raises:
        MalformedError: with outcome USAGE: one of the two is missing.
    """
    path, separator, target = text.rpartition("@")
    if not separator:
        path, separator, target = text.rpartition(":")
        if len(path) == 1 and path.isalpha() and target[:1] in {"\\", "/"}:
            path, separator, target = text, "", ""  # a Windows drive is not a path with a tag
    if not separator or not target:
        reason = "missing tag or digest"
    elif not path:
        reason = "missing oci-layout file path"
    else:
        return path, target
    raise MalformedError(
        f"{go_quote(text)}: invalid reference: {reason}. {_EXPECTING_LAYOUT}", outcome=Outcome.USAGE
    )


def _resolve(repository: Repository, asked: str, prefix: str) -> Descriptor:
    try:
        descriptor = repository.resolve(asked)
    except NotFoundError as error:
        raise NotFoundError(
            f"failed to get manifest descriptor: {prefix}not found",
            hint=error.hint or "check the spelling of the repository and of the tag or digest",
        ) from error
    except NotationError as error:
        error.message = f"failed to get manifest descriptor: {error.message}"
        error.args = (error.message,)
        raise
    if ":" in asked and str(descriptor.digest) != asked:
        raise RegistryError(
            f"user input digest {asked} does not match the resolved digest {descriptor.digest}",
            hint="the registry answered with another artifact; do not use it",
        )
    return descriptor
