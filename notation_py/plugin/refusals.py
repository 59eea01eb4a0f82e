# SPDX-License-Identifier: Apache-2.0
"""For authors of plugins that sign: what nearly every request is refused for, in the same words everywhere.

Spec: plugin-extensibility. Requirements: ALG-001, PLG-027, PLG-051, PLG-073.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

from ..algorithms import SignatureAlgorithm
from ..errors import NotationError
from .contract import ErrorCode, RequestError
from .messages import GenerateSignatureRequest


def refuse(message: str) -> NoReturn:
    """Raise the `RequestError` for a request that cannot be meant, or names what has to be mended first."""
    raise RequestError(ErrorCode.VALIDATION_ERROR, message)


@contextmanager
def refusing() -> Iterator[None]:
    """Let an error of `notation_py` within be a refusal of the request, with its words and its advice."""
    try:
        yield
    except NotationError as error:
        advice = f"; {error.hint}" if error.hint else ""
        raise RequestError(ErrorCode.VALIDATION_ERROR, f"{error.message}{advice}") from error


def check_config(config: Mapping[str, str], known: Collection[str], more: str = "") -> None:
    """Return if the plugin configuration has names of *known* only, so that no slip is passed over.

    Args:
        more: what else to tell whoever wrote another name, such as where secrets come from.

    Raises:
        RequestError: it has another name; what it says there, which may be secret, is not shown.
    """
    unknown = sorted(config.keys() - set(known))
    if unknown:
        told = f", {more}" if more else ""
        refuse(
            f"unknown plugin configuration {unknown[0][:64]!r}; this plugin knows {', '.join(known)}{told}"
        )


def check_algorithm(request: GenerateSignatureRequest, algorithm: SignatureAlgorithm) -> None:
    """Return if *request* is for a key with *algorithm*, the one that its type and size determine.

    Raises:
        RequestError: it is for another.
    """
    if (request.key_spec, request.hash_algorithm) != (algorithm.key_spec, algorithm.hash):
        refuse(f"the key is {algorithm.key_spec}, which goes with {algorithm.name} only")
