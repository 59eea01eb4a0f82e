# SPDX-License-Identifier: Apache-2.0
"""`sign`: one signature for one artifact, stored beside it, or for an index and each artifact that it lists.

Finds the key, the target and the options, in that order, and hands them to `signing`; a plugin is asked
last. Nothing is pushed unless the new signature verified.

Spec: contract/cli.md 5, 7.1. Requirements: SGN-001 to SGN-009, CLI-003, CLI-007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import (
    ConfigurationError,
    LimitError,
    NotationError,
    RegistryError,
    UnavailableError,
    UsageError,
)
from ..reference import go_quote
from ..registry.signatures import ManifestForm
from ..signing.sign import SignedArtifact, SignOptions, sign_artifact
from . import signing_options
from .progress import progress
from .session import Session
from .targets import Opener, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .signing_options import AnySigner


def run(values: Mapping[str, Any], session: Session) -> None:
    """Sign the artifact that the first argument names, and with `--recursive` all that it lists.

    An index comes after what it lists, so that none is signed before its images.

    Raises:
        NotationError: a signature was not stored; which ones were before it is in the hint.
    """
    stamping = signing_options.timestamping_asked_for(values, session)
    key = signing_options.signing_key(values, session, signing_options.SignedKind.ARTIFACT)
    options = replace(
        signing_options.sign_options(values, session),
        manifest_form=_manifest_form(session),
        timestamping=stamping,
    )
    target = Opener(values, session).open(values["arguments"][0])
    target.warn_of_tag("sign", session)
    targets = target.parts()[::-1] if values["recursive"] else (target,)
    signer = key()
    options = signing_options.fitting(options, signer, session)
    done: list[str] = []
    with progress(session) as shown:
        for part in targets:
            shown.say(f"Signing {part.resolved}, {len(done)} of {len(targets)} done")
            try:
                signed = _sign(part, signer, options, session)
            except NotationError as error:
                raise _one_of(targets, part, done, error) from error
            session.say(f"Successfully signed {part.named(signed.target)}")
            session.say(f"Pushed the signature to {part.named(signed.manifest)}")
            done.append(str(part.descriptor.digest))


def _one_of(
    targets: tuple[Target, ...], failed: Target, done: list[str], error: NotationError
) -> NotationError:
    """Return *error* with what it was about and what had been signed before, if there were several."""
    if len(targets) == 1:
        return error
    error.message = f"{failed.resolved}: {error.message}"
    error.args = (error.message,)
    before = f"signed before that: {', '.join(done)}" if done else "nothing was signed before that"
    error.hint = f"{error.hint}; {before}" if error.hint else before
    return error


def _sign(target: Target, signer: AnySigner, options: SignOptions, session: Session) -> SignedArtifact:
    session.tell(f"Signing {target.resolved} with {signing_options.described(signer)}")
    session.trace(
        f"Sign request: artifact {target.resolved}, signature media type {options.format.value}, "
        f"expiry {options.expires_in or 'none'}, "
        f"user metadata keys [{' '.join(sorted(options.user_metadata))}]"
    )
    try:
        return sign_artifact(target.repository, target.descriptor, signer, options, at=session.at)
    except (RegistryError, UnavailableError, LimitError, ConfigurationError) as error:
        error.message = f"failed to push signature to registry with error: {error.message}"
        error.args = (error.message,)
        raise


def _manifest_form(session: Session) -> ManifestForm:
    """Return the form to write; `NOTATION_PY_MANIFEST_FORM=config-type` is what notation 1.3 reads."""
    name = session.environment.get("NOTATION_PY_MANIFEST_FORM", "")
    try:
        return ManifestForm(name) if name else ManifestForm.ARTIFACT_TYPE
    except ValueError as error:
        raise UsageError(
            f"NOTATION_PY_MANIFEST_FORM is {go_quote(name)}",
            hint=f"use one of {', '.join(form.value for form in ManifestForm)}",
        ) from error
