# SPDX-License-Identifier: Apache-2.0
"""A second reader for JWS envelopes: jwcrypto has to come to the same answer.

It is asked only after the strict framing has accepted every byte and the signature was found
good, so it never meets an unframed document, and it can only refuse. There is no second COSE
implementation among the dependencies: for COSE nothing is asked, and the differential tests
compare the framing with a reader of their own.

Spec: RFC 7515 section 5.2. Requirements: JWS-030 to JWS-032, R-14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..algorithms import ALGORITHMS
from ..errors import Outcome, UntrustedError
from .integrity import IntactEnvelope
from .model import EnvelopeFormat, critical_names, time_name

if TYPE_CHECKING:
    from jwcrypto.jws import JWS


def second_opinion(data: bytes, intact: IntactEnvelope) -> None:
    """Return if jwcrypto, too, finds the signature of the JWS envelope *data* good; always for COSE.

    It accepts only RSASSA-PSS salts of the length of the hash, as the COSE path does.

    Args:
        data: the envelope as received. intact: the same, as the first reader understood it.

    Raises:
        UntrustedError: with outcome INTEGRITY: it does not, or it read another payload.
    """
    if intact.envelope.format is not EnvelopeFormat.JWS:
        return
    from jwcrypto.common import JWException  # 20 ms that only this function needs
    from jwcrypto.jwk import JWK

    token = _token(intact)
    try:
        key = JWK.from_pyca(intact.chain.public_key)
        token.deserialize(data.decode("utf-8"), key, intact.envelope.algorithm.jws)
        payload = token.payload
    except (JWException, ValueError, TypeError) as error:
        raise _disagreement("does not find the signature good") from error
    if payload != intact.envelope.payload:
        raise _disagreement("reads another payload")


def _token(intact: IntactEnvelope) -> JWS:
    """Return an unread token that knows the critical names and allows the six algorithms."""
    from jwcrypto.jws import JWS, JWSEHeaderParameter, JWSHeaderRegistry

    signed = intact.signed
    names = {*critical_names(signed), time_name(signed.signing_scheme)}
    names.update(attribute.key for attribute in signed.extended if attribute.critical)
    registry = {
        name: JWSEHeaderParameter("notation", mustprotect=True, supported=True, check_fn=None)
        for name in names
        if name not in JWSHeaderRegistry
    }
    token = JWS(header_registry=registry)
    token.allowed_algs = [row.jws for row in ALGORITHMS]
    return token


def _disagreement(what: str) -> UntrustedError:
    return UntrustedError(
        f"the second reader {what}",
        hint="do not use this signature; please report the envelope to the maintainers of notation-py",
        outcome=Outcome.INTEGRITY,
    )
