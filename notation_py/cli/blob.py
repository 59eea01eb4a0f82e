# SPDX-License-Identifier: Apache-2.0
"""`blob sign|verify|inspect`: signatures of files, in files of their own.

The blob is opened first and read once. A signature is written whole or not at all, and after a yes where
there is one already. Standard input, called `-`, is a blob as well; then nobody is left to be asked.

Spec: contract/cli.md 5, 7.13 to 7.15, 8.4, 9, 11, 14. Requirements: BLOB-002 to BLOB-008, BLOB-020 to
BLOB-025, BTP-005 to BTP-007, CLI-005, SGN-001 to SGN-009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..adapters.blob_files import (
    STANDARD_INPUT,
    Existing,
    is_same_file,
    is_standard_input,
    open_blob,
    read_signature,
    write_signature,
)
from ..envelope.blob import check_media_type, format_of_file_name, signature_file_name
from ..envelope.model import EnvelopeFormat
from ..errors import ConfigurationError, NotationError, Outcome, UsageError
from .pairs import parse_pairs
from .session import Session, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:  # each command imports what it needs
    from ..adapters.blob_files import OpenBlob
    from ..verification.outcome import VerificationFailedError
    from .verdict import BlobVerdict


def run_sign(values: Mapping[str, Any], session: Session) -> None:
    """Sign the blob that the first argument names.

    Raises:
        NotationError: there is no new signature file.
    """
    from ..signing.blob import sign_blob
    from . import signing_options
    from .progress import progress

    (name,) = values["arguments"]
    key = signing_options.signing_key(values, session, signing_options.SignedKind.BLOB)
    options = signing_options.sign_options(values, session)
    options = replace(options, timestamping=signing_options.timestamping_asked_for(values, session))
    place = _signature_place(name, values, options.format)
    _check_place(name, place, values)
    with open_blob(name) as blob, progress(session) as shown:
        check_media_type(values["media_type"])
        signer = key()
        session.tell(f"Signing {name} with {signing_options.described(signer)}")
        shown.say(f"Signing {name}")
        signed = sign_blob(
            blob.digest,
            signer,
            signing_options.fitting(options, signer, session),
            media_type=values["media_type"],
            at=session.at,
        )
    session.tell(f"Writing signature to file {place}")
    existing = _agreed(place, values, session)
    if existing is not None:
        write_signature(place, signed.envelope, existing)
        session.say(f"Successfully signed {one_line(name)}")
        session.say(f" Signature file written to {one_line(str(place))}")


def _signature_place(name: str, values: Mapping[str, Any], format: EnvelopeFormat) -> Path:  # noqa: A002  the specification's word
    """Return where the signature file of the blob *name* goes (BLOB-003)."""
    if values["signature"]:
        place = Path(values["signature"])
        said = format_of_file_name(place.name)
        if said is not format:
            raise UsageError(
                f"signature filename {place.name} is for {said.name}, but the signature is {format.name}",
                hint="verifiers take the format from the name: change the name, or --signature-format",
            )
        return place
    if name == STANDARD_INPUT:
        raise UsageError(
            "standard input has no file name, from which that of its signature could be made",
            hint="say where the signature goes, with --signature FILE",
        )
    directory = Path(values["signature_directory"] or Path(name).parent)
    return directory / signature_file_name(Path(name).name, format)


def _check_place(name: str, place: Path, values: Mapping[str, Any]) -> None:
    """Refuse the blob itself, and what would need an answer from standard input when that is the blob."""
    if name != STANDARD_INPUT and is_same_file(name, place):
        raise UsageError(
            f"the signature file {place} is the blob itself",
            hint="give the signature another name, with --signature",
        )
    if is_standard_input(name) and not values["force"] and place.exists():
        raise UsageError(
            f"the signature file {place} already exists, and nobody can be asked while standard input is the "
            "blob",
            hint="replace it with --force",
        )


def _agreed(place: Path, values: Mapping[str, Any], session: Session) -> Existing | None:
    """Return what is to happen to a file that is there, or None if the person wants to keep it."""
    if values["force"]:
        session.warn("existing signature file will be overwritten")
        return Existing.REPLACED
    if not place.exists():
        return Existing.KEPT
    if is_standard_input(values["arguments"][0]):
        return Existing.KEPT  # it came while the blob was read, and stays
    from .prompt import confirmed

    question = "The signature file already exists, do you want to overwrite it?"
    return Existing.REPLACED if confirmed(session, question) else None


def run_verify(values: Mapping[str, Any], session: Session) -> None:
    """Verify the blob that the first argument names.

    Raises:
        NotationError: it did not verify.
    """
    from .verification import check_output, say_verified, warn_of_what_was_forgiven

    if not values["signature"]:
        raise UsageError("filepath of the signature cannot be empty", hint="name it with --signature")
    if values["signature"] == STANDARD_INPUT:
        raise UsageError(
            "the signature cannot be read from standard input",
            hint="a file is needed: its name says the format",
        )
    if "media_type" in session.given and not values["media_type"]:
        raise UsageError("--media-type is set but with empty value")
    if "policy_name" in session.given and not values["policy_name"]:
        raise UsageError(
            "--policy-name is set but with empty value", hint="leave it out to use the global policy"
        )
    check_output(values)
    verdict = _verdict(values, session)
    if values["output"] == "json":
        from .evidence import verification_document

        session.write(verification_document([verdict]))
    if verdict.error is not None or verdict.verified is None:
        raise verdict.error or NotationError("internal error: there is no verdict")
    if values["output"] == "text":
        outcome = verdict.verified.outcome
        warn_of_what_was_forgiven(outcome, session)
        if outcome.logged_failures:
            session.say()
        say_verified(outcome, one_line(verdict.reference), session)


def _verdict(values: Mapping[str, Any], session: Session) -> BlobVerdict:
    from .progress import progress
    from .verdict import BlobVerdict

    (name,) = values["arguments"]
    try:
        with open_blob(name) as blob, progress(session) as shown:
            shown.say(f"Verifying {name}")
            return _judge(blob, values, session)
    except NotationError as error:
        return BlobVerdict(name, None, None, error)


def _judge(blob: OpenBlob, values: Mapping[str, Any], session: Session) -> BlobVerdict:
    from ..adapters.policy_files import PolicyKind
    from ..trust.policy import BlobTrustPolicyDocument
    from ..verification.blob import VerifyBlobOptions, blob_policy, verify_blob
    from ..verification.outcome import VerificationFailedError
    from .verdict import BlobVerdict
    from .verification import explain, installed_policies, minimum_level, verification_sources

    (name,) = values["arguments"]
    minimum = minimum_level(values, session)
    place = Path(values["signature"])
    signature = read_signature(place)
    policies = installed_policies(PolicyKind.BLOB, BlobTrustPolicyDocument.parse, session)
    plugin_config = parse_pairs(values["plugin_config"], "plugin-config")
    user_metadata = parse_pairs(values["user_metadata"], "user-metadata")
    format = format_of_file_name(place.name)  # noqa: A001  the specification's word
    options = VerifyBlobOptions(values["media_type"] or None, user_metadata, plugin_config)
    try:
        options.check()
    except UsageError as error:
        raise _prefixed(error) from error.__cause__
    policy = None
    try:
        policy = blob_policy(policies, values["policy_name"])
        if minimum is not None:
            policy.check_level(minimum)
        session.tell(f"Trust policy {policy.name} at level {policy.level.name} applies to {name}")
        sources = verification_sources(session)
        verified = verify_blob(blob.digest, signature, policy, sources, options, format=format, at=session.at)
        explain((verified.outcome,), policy, session)
        return BlobVerdict(name, policy, verified, None)
    except VerificationFailedError as error:
        explain(error.outcomes, policy, session)
        return BlobVerdict(name, policy, None, _worded(error))
    except NotationError as error:
        return BlobVerdict(name, policy, None, _prefixed(error) if error.outcome is Outcome.POLICY else error)


def _worded(error: VerificationFailedError) -> NotationError:
    """Return *error* in the Go program's words; a broken trust store is its administrator's to mend."""
    refusal = error.outcomes[0].refusal
    return refusal if isinstance(refusal, ConfigurationError) else _prefixed(error)


def _prefixed(error: NotationError) -> NotationError:
    error.message = f"signature verification failed: {error.message}"
    error.args = (error.message,)
    return error


def run_inspect(values: Mapping[str, Any], session: Session) -> None:
    """Show what the signature file that the first argument names says; nothing is verified.

    Raises:
        NotationError: it cannot be read.
    """
    from .inspection import read_inspection, signature_document, signature_lines

    output = values["output"]
    if output not in {"tree", "json"}:
        raise UsageError(f"unrecognized output format {output}", hint="use --output tree or --output json")
    (name,) = values["arguments"]
    format = format_of_file_name(Path(name).name)  # noqa: A001  the specification's word
    data = _read(name)
    try:
        inspection = read_inspection(name, data, format)
    except NotationError as error:
        error.message = f"failed to parse signature: {error.message}"
        error.args = (error.message,)
        raise
    if output == "json":
        session.write(signature_document(inspection))
        return
    for line in signature_lines(inspection):
        session.say(line)


def _read(name: str) -> bytes:
    try:
        return read_signature(Path(name))
    except ConfigurationError as error:
        raise ConfigurationError(
            f"failed to read signature file: {error.message}", hint=error.hint, outcome=error.outcome
        ) from error
