# SPDX-License-Identifier: Apache-2.0
"""The header parameters that every COSE message may carry, and that a Notary envelope usually has not.

The Go program refuses an envelope in which one of them is malformed, and so do we. None of them says
anything here: a countersignature is shaped right or not, and is never verified.

Spec: RFC 9052 section 3.1; RFC 9338 section 3.1; RFC 9596 section 2; RFC 8152 section 4.5.
Requirements: COSE-002, R-07.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import MalformedError
from .cbor_budget import check_budget

_ALGORITHM, _CRITICAL = 1, 2
_IV, _PARTIAL_IV = 5, 6
_BYTE_STRINGS = frozenset({4, _IV, _PARTIAL_IV, 9, 12})  # kid and short countersignatures too
_TYPES = frozenset({3, 16})  # content type and type
_COUNTERSIGNATURES = frozenset({7, 11})
_UNPROTECTED_ONLY = _COUNTERSIGNATURES | {9, 12}
_INT64 = 1 << 63

Decode = Callable[[bytes], Any]


def check_parameters(protected: dict[Any, Any], unprotected: dict[Any, Any], decode: Decode) -> None:
    """Return if every common parameter in the two buckets has its type and stands where it may.

    Args:
        protected: header map of distinct integer and text labels; *unprotected* likewise.
        decode: reads the protected header of a countersignature, strictly.

    Raises:
        MalformedError: names the bucket, and the parameter by its label.
    """
    for bucket, place in ((protected, "protected"), (unprotected, "unprotected")):
        for label, value in bucket.items():
            if label in _COUNTERSIGNATURES and bucket is unprotected:
                _check_countersignatures(value, decode)
            elif label in _UNPROTECTED_ONLY and bucket is protected:
                raise MalformedError(f"countersignature {label} is not allowed here", at=place)
            elif label == _CRITICAL and bucket is unprotected:
                raise MalformedError("crit is not allowed here", at=place)
            elif not _is_right(label, value, bucket):
                raise MalformedError(f"header parameter {label} is malformed", at=place)
    ivs = {label for bucket in (protected, unprotected) for label in (_IV, _PARTIAL_IV) if label in bucket}
    if len(ivs) == 2:
        raise MalformedError("IV and Partial IV are both present")


def _is_right(label: object, value: Any, bucket: dict[Any, Any]) -> bool:
    if label in _BYTE_STRINGS:
        return type(value) is bytes
    if label in _TYPES:
        return _is_type(value)
    if label == _ALGORITHM:
        return type(value) in (int, str)
    return label != _CRITICAL or _is_critical(value, bucket)


def _is_critical(value: Any, bucket: dict[Any, Any]) -> bool:
    return (
        type(value) in (list, tuple)
        and len(value) > 0
        and all(type(label) in (int, str) and label in bucket for label in value)
    )


def _is_type(value: Any) -> bool:
    if type(value) is int:
        return 0 <= value < _INT64
    return type(value) is str and value.count("/") == 1 and value == value.strip(" ")


def _check_countersignatures(value: Any, decode: Decode) -> None:
    """Return if *value* is a countersignature, or an array of them."""
    if type(value) is not list or not value:
        raise MalformedError("is neither a countersignature nor an array of them", at="unprotected")
    for entry in value if type(value[0]) is list else [value]:
        _check_countersignature(entry, decode)


def _check_countersignature(value: Any, decode: Decode) -> None:
    match value:
        case [bytes(encoded), dict(unprotected), bytes(signature)] if signature:
            check_budget(encoded, what="header of a countersignature")
            protected = decode(encoded) if encoded else {}
        case _:
            raise MalformedError("has a malformed countersignature", at="unprotected")
    if type(protected) is not dict or not _are_labels(protected) or not _are_labels(unprotected):
        raise MalformedError("has a countersignature with a malformed header", at="unprotected")
    check_parameters(protected, unprotected, decode)


def _are_labels(bucket: dict[Any, Any]) -> bool:
    return all(type(label) is str or (type(label) is int and -_INT64 <= label < _INT64) for label in bucket)
