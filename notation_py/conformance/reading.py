# SPDX-License-Identifier: Apache-2.0
"""From exit code and words of a program to an answer: the table of texts by which checks are known.

The words are those of the Go program, in its debug log where there is one. A text that is not in the table
says nothing about the check; it never changes the verdict, which is the exit code alone.

Spec: CLI contract 2.5, 8, 9; conformance/PROTOCOL.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from .answer import Answer, Kind
from .processes import Ran

_MAX_REASONS = 1000
_MAX_REASON = 4000
"""How many reasons are compared with the table, and how many characters of each."""

_ENFORCED = re.compile(r"\b(\w+) validation failed\. Failure reason: (.*)")
_LOGGED = re.compile(
    r'\b(\w+) validation failed with validation action set to "logged"'
    r'|\b(\w+) was set to "log" and failed with error'
)
_OF_ONE = re.compile(r"failed verification with error: (.*)")
_ERROR = re.compile(r"^Error: (.*(?:\n(?!time=|Hint: |Warning: ).*)*)", re.MULTILINE)
_IN_GENERAL = re.compile(r"failed for all the signatures associated with")
_VALIDATIONS = frozenset({"integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"})

_TEXTS: tuple[tuple[str, str], ...] = (
    (
        "integrity",
        r"unable to parse the digital signature|signature is invalid\. Error|invalid signature\. Error",
    ),
    ("integrity", r"signature envelope format is (?:invalid|malformed)|certificate chain is not present"),
    ("integrity", r"payload content type .* not supported|^json: |is not strict JSON|cannot unmarshal"),
    ("authenticity", r"does not contain any trusted certificate|no trusted certificates are found"),
    ("authenticity", r"does not match the X\.509 trusted identities"),
    ("authenticity", r"trusted identi(?:f|t)y verification by plugin"),
    ("revocation", r"revocation check by verification plugin"),
    ("integrity", r"error while getting plugin minimum version"),
    ("expiry", r"digital signature has expired"),
    ("authenticTimestamp", r"(?:verification time|timestamp can) .* validity period"),
    ("authenticTimestamp", r"timestamp countersignature"),
    ("revocation", r"signing certificate with subject .* (?:is revoked|revocation status is unknown)"),
    ("artifact", r"content descriptor mismatch|signature does not match the given blob"),
    ("artifact", r"payload (?:target|artifact).* (?:mismatch|differs)"),
    ("metadata", r"unable to find specified metadata"),
    ("no-signature", r"no signature is associated with|signature cannot be nil or empty"),
    ("policy", r"has no applicable (?:oci )?trust policy|no (?:global|applicable) blob trust policy"),
    (
        "policy",
        r"trust policy (?:document|statement|is not|has)|malformed trust policy|registry scope .* is",
    ),
    ("policy", r"trust policy statements|failed to (?:validate|parse) .*trust policy"),
    ("trust-store", r"(?:the trust store|in trust store|trusted certificate) .*"),
    ("reference", r"invalid reference"),
    ("registry", r"failed to get manifest descriptor|user input digest|signature manifest|fetch signature"),
    ("registry", r"response status code|unsupported media type|malformed (?:manifest|index)|referrers"),
    ("limit", r"too large|exceeded configured limit|The configured limit|size limit"),
    ("key", r"signing key|unsupported key|default signing key|private key|key pair|signingkeys\.json"),
    ("plugin", r"plugin"),
    ("timestamp", r"timestamp(?:ing)?: |TSA|tsa |timestamping authority"),
    ("input", r"open .*: no such file|failed to read|invalid signature filename|malformed certificate"),
    ("input", r"Failed to add following certificates"),
    ("signing", r"metadata key .* (?:reserved|already)|expiry duration|failed to (?:sign|push)"),
    ("signing", r"generated signature failed"),
    ("registry", r"failed to push signature to registry|redirected (?:to an unusable place|in a circle)"),
    ("registry", r"mismatched digest: expected|the registry sent (?:more than|.* instead)"),
    ("usage", r"unknown (?:flag|command|shorthand)|invalid argument|must be a positive number|flag needs an"),
    (
        "usage",
        r"flags in the group|required flag|unsupported store type|store name needs|could not parse flag",
    ),
    ("usage", r"cannot be empty|signature format .* not supported"),
)
_TABLE = tuple((check, re.compile(pattern)) for check, pattern in _TEXTS)
_CRASHES = re.compile(
    r"^(?:panic: |fatal error: |goroutine \d+ \[|Error: internal error: |Traceback \(most recent call)",
    re.MULTILINE,
)
_REFINED = frozenset({"trust-store", "plugin", "registry", "limit"})
"""What programs report under the name of a validation that came to nothing for it."""


def answer_of(ran: Ran) -> Answer:
    """Return the answer that a process gave by what it did and said."""
    answer = Answer(_kind(ran), said=_said(ran), out=ran.out, seconds=ran.seconds)
    if not answer.kind.is_run:
        return answer
    logged = {one or other for one, other in _LOGGED.findall(ran.err)} & _VALIDATIONS
    failed = _failed(ran.err) if ran.code else set()
    return replace(answer, failed=frozenset(failed), logged=frozenset(logged))


def _failed(text: str) -> set[str]:
    """Return the checks that *text* says refused: by name where it names them, else by the table."""
    named = {reason: check for check, reason in _ENFORCED.findall(text) if check in _VALIDATIONS}
    found = set(named.values())
    for reason in set(islice(_reasons(text), _MAX_REASONS)):
        checks = checks_of(reason[:_MAX_REASON])
        found |= checks & _REFINED if reason in named else checks
    return found


def checks_of(reason: str) -> frozenset[str]:
    """Return the checks that the table knows a sentence like *reason* from."""
    return frozenset(check for check, pattern in _TABLE if pattern.search(reason))


def _reasons(text: str) -> Iterator[str]:
    """Yield why each signature, and the command, failed; a sentence about all signatures is no reason."""
    for pattern in (_ENFORCED, _OF_ONE, _ERROR):
        for match in pattern.finditer(text):
            reason = match[match.re.groups]
            if not _IN_GENERAL.search(reason):
                yield reason


def _kind(ran: Ran) -> Kind:
    if ran.code is None:
        return Kind.HANG
    if ran.code not in {0, 1} or _CRASHES.search(ran.err):
        return Kind.CRASH
    if ran.left_behind:
        return Kind.UNTIDY
    return Kind.ACCEPT if ran.code == 0 else Kind.REFUSE


def _said(ran: Ran) -> str:
    """Return the sentence in which the program says what went wrong."""
    if ran.code is None:
        return f"no end within {ran.seconds:.0f} seconds"
    if ran.left_behind:
        return f"left {ran.left_behind} processes behind"
    crash = _CRASHES.search(ran.err)
    if crash:
        return ran.err[crash.start() :].splitlines()[0]
    if ran.code not in {0, 1}:
        return f"exit code {ran.code}" if ran.code >= 0 else f"ended by signal {-ran.code}"
    reasons = list(_reasons(ran.err))
    return reasons[0].strip() if reasons else "".join(_ERROR.findall(ran.err)[:1]).strip()
